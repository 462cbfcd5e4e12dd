"""A small tree without a fault, and for each check the faults that it must find in it."""

import os

SOUND = {
    "README.md": """# A house

## The map

    common/
      base/      text
      verdict/   decides
    daemon/      serves
    client/      asks
    tests/       proves
""",
    ".clang-format": None,  # the project's own
    "common/base/text.h": "// Text that grows.\n#pragma once\n\nint text_size(void);\n",
    "common/base/text.c": '#include "common/base/text.h"\n\nint text_size(void)\n{\n    return 0;\n}\n',
    "common/verdict/verdict.c": '#include "common/base/text.h"\n\n// exit(1), goto, "sleep(" here is only told\n'
                                'static int decide(void)\n{\n    return text_size();\n}\n',
    "daemon/main.c": '#include <stdlib.h>\n\n#include "common/base/text.h"\n\n'
                     'int main(void)\n{\n    exit(text_size());\n}\n',
    "client/main.c": 'const struct command publish_command = {\n    .name = "publish",\n};\n\n'
                     'const struct command issues_command = {\n    .name = "issues",\n};\n',
    "client/headsup.1.scd": "headsup(1)\n\n# COMMANDS\n\n*publish* [FILE]\n\n*issues*\n",
    "daemon/headsupd.8.scd": "headsupd(8)\n",
    "tests/run": "#!/bin/sh\n",
}

# check: (file, what is put in place of what, or appended where the old text is None)
FAULTS = {
    "layering": [
        ("common/base/text.c", None, '#include "common/verdict/verdict.h"\n'),
        ("common/verdict/verdict.c", None, '#include "daemon/pair.h"\n'),
        ("daemon/main.c", None, '#include "client/main.h"\n'),
        ("daemon/main.c", None, "#include <sqlite3.h>\n"),
        ("client/main.c", None, "#include <curl/curl.h>\n"),
        ("common/verdict/verdict.c", None, "#include <time.h>\n"),
        ("common/verdict/verdict.c", "return text_size()", "return time(0)"),
        ("common/verdict/verdict.c", "return text_size()", 'return fopen("a", "r") != 0'),
        ("common/verdict/verdict.c", "return text_size()", 'log_info("decided"); return 0'),
        ("common/base/text.c", None, '#include "text.h"\n'),
    ],
    "banned_calls": [
        ("common/base/text.c", "return 0;", "return atoi(0);"),
        ("common/base/text.c", "return 0;", "strcpy(a, b);"),
        ("common/base/text.c", "return 0;", "free(json_dumps(a, 0));"),
        ("common/base/text.c", "return 0;", "exit(1);"),
        ("common/base/text.c", "return 0;", "goto out;"),
        ("common/base/text.c", None, "typedef struct text text_t;\n"),
    ],
    "format": [("common/base/text.c", "    return 0;", "  return  0;")],
    "lengths": [
        ("common/base/text.c", "    return 0;\n", "    one();\n" * 60),
        ("common/base/text.c", None, "// more\n" * 600),
        ("common/base/text.h", None, "// more\n" * 120),
    ],
    "headers": [
        ("common/base/text.h", "// Text that grows.\n", ""),
        ("common/base/text.h", "#pragma once\n", ""),
    ],
    "readme_map": [
        ("README.md", "verdict/ ", "verdicts/"),
        ("README.md", "    client/      asks\n", ""),
    ],
    "man_pages": [
        ("client/headsup.1.scd", "*issues*\n", ""),
        ("client/main.c", '.name = "issues"', '.name = "isues"'),
    ],
    "machine_paths": [
        ("README.md", None, "see /wo" "rk/main\n"),
        ("tests/run", None, "cd /ho" "me/somebody/headsup\n"),
    ],
}


def plant(root, clang_format, fault=None):
    """Writes the sound tree below root, with one fault or none."""
    for path, text in SOUND.items():
        if text is None:
            text = clang_format
        if fault and fault[0] == path:
            assert fault[1] is None or fault[1] in text, f"{path} has no {fault[1]!r}"
            text = text + fault[2] if fault[1] is None else text.replace(fault[1], fault[2])
        full = os.path.join(root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as out:
            out.write(text)
