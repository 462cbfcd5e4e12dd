"""The checks. Each takes the root of a tree and yields what it finds as "file:line: words"."""

import os
import re
import statistics
import subprocess

from source import blank, c_files, functions, includes, read, tracked_files

# ---- layering: DESIGN's "downwards only", and foreign libraries behind our names

LAYERS = ["base", "event", "rulebook", "verdict", "ledger", "desk"]

FOREIGN = {  # header: where it may be included
    r"zmq\.h": r"daemon/(intake/\w+|pair|turn|main|desk|courier/\w+)\.c|client/(libheadsup|publisher)[\w/]*\.[ch]",
    r"sqlite3\.h": r"common/ledger/\w+\.[ch]",
    r"libconfig\.h": r"common/rulebook/\w+\.[ch]",
    r"curl/.*": r"daemon/courier/\w+\.[ch]",
    r"pcre2\.h": r"common/rulebook/\w+\.c",
    r"libsmartcols(/.*)?\.h": r"client/\w+\.[ch]",
    r"csv\.h": r"client/\w+\.c",
    r"sodium(/.*)?\.h": r"common/ledger/\w+\.c|daemon/(\w+/)?\w+\.c|client/(\w+/)?\w+\.c",
}

# What does I/O, tells the time or rolls dice stays out of what only decides.
PURE = ("event", "verdict")
IMPURE_HEADERS = re.compile(
    r"(fcntl|unistd|poll|dirent|netdb|time|signal|syslog|spawn|pthread|threads)\.h"
    r"|sys/(socket|stat|time|epoll|mman|wait|ioctl|random|uio|file|select)\.h|arpa/.*|netinet/.*"
    r"|common/base/file\.h")
IMPURE_CALLS = re.compile(
    r"(?<![\w.>])(fopen|fdopen|freopen|open|openat|read|write|pread|pwrite|printf|puts|fprintf|fputs|perror|time"
    r"|clock|clock_gettime|gettimeofday|localtime_r|random|rand_r|getrandom|getentropy|getenv|log_error|log_warning"
    r"|log_info|log_debug|clock_\w+)\s*\(")


def layer_of(path):
    parts = path.split("/")
    return parts[1] if parts[0] == "common" and len(parts) > 2 else parts[0]


def allowed(layer, other):
    """Whether code of one layer may include a header of another."""
    if layer == other:
        return True
    if layer in LAYERS:
        return other in LAYERS and LAYERS.index(other) < LAYERS.index(layer)
    return other in LAYERS


def foreign(path, header):
    """Words where that foreign header does not belong into that file, else None."""
    for pattern, where in FOREIGN.items():
        if re.fullmatch(pattern, header) and not re.fullmatch(where, path):
            return f"<{header}> stands behind our own names and is not included here"
    return None


def layering(root):
    for path in c_files(root):
        text, layer = read(root, path), layer_of(path)
        for line, header, ours in includes(text):
            pure = layer in PURE and IMPURE_HEADERS.fullmatch(header)
            if ours and "/" in header and not allowed(layer, layer_of(header)):
                yield f"{path}:{line}: {layer} may not include {header}: layers go downwards only"
            elif ours and "/" not in header and header not in ("config.h",):
                yield f"{path}:{line}: \"{header}\" is not written from the project's root"
            elif not ours and foreign(path, header):
                yield f"{path}:{line}: {foreign(path, header)}"
            elif pure:
                yield f"{path}:{line}: {layer} is pure: no {header}"
        if layer in PURE:
            for line, words in enumerate(blank(text).splitlines(), 1):
                for match in IMPURE_CALLS.finditer(words):
                    yield f"{path}:{line}: {layer} is pure: no {match.group(1)}()"


# ---- calls and words that our C does without

BANNED = re.compile(r"(?<![\w.>])(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|atof|gets|alloca|system|sleep"
                    r"|rand|srand|localtime|gmtime|ctime|asctime|strncpy|strncat|mktemp|tmpnam"
                    r"|json_dumps)\s*\(")
# What json_dumps() gives is jansson's, and the desk's jansson has memory of its own: json_out.h writes JSON.
# srand() seeds the dice that libzmq takes for its connection ids: without it two of them may meet.
BANNED_EXCEPT = {"srand": r"daemon/(main|desk|intake/\w+)\.c", "json_dumps": r"(client|tests)/.*"}


def banned_calls(root):
    for path in c_files(root):
        text = blank(read(root, path))
        mains = [(first, last) for name, first, last in functions(text) if name == "main"]
        for line, words in enumerate(text.splitlines(), 1):
            for match in BANNED.finditer(words):
                name = match.group(1)
                if not re.fullmatch(BANNED_EXCEPT.get(name, "$^"), path):
                    yield f"{path}:{line}: {name}() is banned"
            if re.search(r"(?<![\w.>])exit\s*\(", words):
                if not any(first <= line <= last for first, last in mains):
                    yield f"{path}:{line}: exit() outside main()"
            if re.search(r"\bgoto\b", words):
                yield f"{path}:{line}: no goto: cleanup_with() does it"
            if re.search(r"\btypedef\s+(struct|union|enum)\b", words):
                yield f"{path}:{line}: a struct keeps its name: no typedef"


# ---- the format

def format(root):
    paths = c_files(root, ("common", "daemon", "client", "tests"))
    for start in range(0, len(paths), 40):
        run = subprocess.run(["clang-format", "--dry-run", "-Werror", *paths[start:start + 40]],
                             cwd=root, capture_output=True, text=True, check=False)
        if run.returncode:
            yield from (line for line in run.stderr.splitlines() if ": error: " in line)


# ---- how long things may be

SOURCE_LINES, HEADER_LINES, FUNCTION_LINES, FUNCTION_MEDIAN = 600, 120, 60, 15
PUBLIC_HEADERS = ("client/libheadsup/headsup.h", "client/headsup.h")


def lengths(root):
    sizes = []
    for path in c_files(root, ("common", "daemon", "client", "tests")):
        text = read(root, path)
        lines = len(text.splitlines())
        most = HEADER_LINES if path.endswith(".h") else SOURCE_LINES
        if lines > most and path not in PUBLIC_HEADERS:
            yield f"{path}:{lines}: {lines} lines, {most} at most"
        if path.startswith("tests/"):
            continue
        for name, first, last in functions(text):
            sizes.append(last - first + 1)
            if last - first + 1 > FUNCTION_LINES:
                yield f"{path}:{first}: {name}() has {last - first + 1} lines, {FUNCTION_LINES} at most"
    if sizes and statistics.median(sizes) > FUNCTION_MEDIAN:
        yield f"common:0: the median function has {statistics.median(sizes)} lines, {FUNCTION_MEDIAN} at most"


# ---- headers say what they own

def headers(root):
    for path in c_files(root):
        if not path.endswith(".h"):
            continue
        lines = read(root, path).splitlines()
        if not lines or not lines[0].startswith(("//", "/*")):
            yield f"{path}:1: a header opens with what it owns"
        if "#pragma once" not in lines and not any(line.startswith("#ifndef ") for line in lines):
            yield f"{path}:1: no #pragma once"


# ---- README's map

def readme_map(root):
    """Each folder that README's map names is there, and each folder of the code is in the map."""
    path = os.path.join(root, "README.md")
    if not os.path.exists(path):
        yield "README.md:0: there is none"
        return
    named, parents, inside = set(), [], False
    for number, line in enumerate(read(root, "README.md").splitlines(), 1):
        if line.startswith("#"):
            inside = "map" in line.lower()
        match = re.match(r"^( {4,})([\w.-]+)/(\s|$)", line) if inside else None
        if not match:
            continue
        depth = (len(match.group(1)) - 4) // 2
        parents = parents[:depth] + [match.group(2)]
        folder = "/".join(parents)
        named.add(folder)
        if not os.path.isdir(os.path.join(root, folder)):
            yield f"README.md:{number}: the map names {folder}/, which is not there"
    for folder in sorted({os.path.dirname(file) for file in c_files(root)} | set(tops(root))):
        if folder not in named:
            yield f"README.md:0: the map does not name {folder}/"


def tops(root):
    return {path.split("/")[0] for path in tracked_files(root)
            if "/" in path and not path.startswith(".")}


# ---- a manual page for each command

COMMAND = re.compile(r'^const struct command (\w+)_command = \{\s*\.name = "([a-z][a-z-]*)"', re.MULTILINE)


def command_names(root):
    """(file, command) of each struct command of the client."""
    for path in c_files(root, ("client",)):
        for match in COMMAND.finditer(read(root, path)):
            yield path, match.group(2)


def man_pages(root):
    pages = {path: read(root, path) for path in tracked_files(root) if path.endswith(".scd")}
    commands = list(command_names(root))
    if not commands:
        yield "client:0: no command was found"
    for path, name in commands:
        own = any(os.path.basename(page) == f"headsup-{name}.1.scd" for page in pages)
        # In a page for all: the command stands in bold at the head of its paragraph or heading.
        told = re.compile(rf"^\s*(#+\s*)?(\*headsup\*\s+|\*headsup )?\*?{re.escape(name)}\b", re.MULTILINE)
        if not own and not any(told.search(text) for page, text in pages.items()
                               if os.path.basename(page) == "headsup.1.scd"):
            yield f"{path}:0: headsup {name} has no manual page"
    for program in ("headsupd.8.scd", "headsup.1.scd"):
        if not any(os.path.basename(page) == program for page in pages):
            yield f"{program}:0: the manual page is missing"


# ---- nothing of the machine that it was made on

MACHINE = re.compile(r"/(wo" r"rk|fa" r"rm|ro" r"ot)/[a-z.]|/ho" r"me/(?!office)[a-z]+/|/tmp/b-[a-z]")


def machine_paths(root):
    for path in tracked_files(root):
        for number, line in enumerate(read(root, path).splitlines(), 1):
            match = MACHINE.search(line)
            if match:
                yield f"{path}:{number}: a path of somebody's machine: {match.group()}"


ALL = (layering, banned_calls, format, lengths, headers, readme_map, man_pages, machine_paths)
