"""What every lint check needs: the project's files, and C source without its comments and strings."""

import os
import re
import subprocess

CODE_FOLDERS = ("common", "daemon", "client")
NOT_OURS = re.compile(r"(^|/)(\.git|__pycache__|build[^/]*)(/|$)")


def tracked_files(root):
    """Every file of the project, as paths from its root: git's list, or a walk where there is no git."""
    if os.path.isdir(os.path.join(root, ".git")):
        listed = subprocess.run(
            ["git", "-c", "safe.directory=*", "-C", root, "ls-files", "-z", "-co", "--exclude-standard"],
            capture_output=True, check=False)
        if listed.returncode == 0:
            names = listed.stdout.decode().split("\0")
            return sorted(name for name in names if name and os.path.isfile(os.path.join(root, name)))
    found = []
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.relpath(os.path.join(folder, name), root)
            if not NOT_OURS.search(path):
                found.append(path)
    return sorted(found)


def c_files(root, folders=CODE_FOLDERS):
    """The C sources and headers under those folders."""
    return [path for path in tracked_files(root)
            if path.endswith((".c", ".h")) and path.split("/")[0] in folders]


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def blank(text):
    """C text with comments, strings and character constants blanked; every line keeps its number."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def includes(text):
    """(line, path, is_ours) of each include."""
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if match:
            yield number, match.group(2), match.group(1) == '"'


def functions(text):
    """(name, first line, last line) of each function body: clang-format puts the braces of one, and of
    nothing else, alone into the first column, which the format check holds."""
    lines = blank(text).splitlines()
    for number, line in enumerate(lines, 1):
        if line.rstrip() != "{":
            continue
        first = number - 1
        while first > 1 and lines[first - 1][:1] in (" ", "\t"):
            first -= 1
        head = " ".join(lines[first - 1:number - 1])
        match = re.search(r"(\w+)\s*\(", head)
        last = number
        while last < len(lines) and lines[last - 1].rstrip() != "}":
            last += 1
        yield (match.group(1) if match else "?"), first, last
