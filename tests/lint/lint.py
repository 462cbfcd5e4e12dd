#!/usr/bin/python3
"""Holds the project to its own rules, by machine.

    lint.py CHECK               prints what it finds; exit status 1 where that is anything
    lint.py --prove CHECK       shows that the check finds each planted fault, and nothing in a sound tree
    lint.py --list
"""

import os
import sys
import tempfile

import checks
import faults

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CHECKS = {check.__name__: check for check in checks.ALL}


def prove(check):
    """The ways in which a check fails to be one."""
    with open(os.path.join(ROOT, ".clang-format"), encoding="utf-8") as file:
        clang_format = file.read()
    with tempfile.TemporaryDirectory() as tree:
        faults.plant(tree, clang_format)
        for found in check(tree):
            yield f"found in a sound tree: {found}"
    for fault in faults.FAULTS[check.__name__]:
        with tempfile.TemporaryDirectory() as tree:
            faults.plant(tree, clang_format, fault)
            if not list(check(tree)):
                yield f"not found: {fault[0]} with {fault[2][:60]!r}"


def main(arguments):
    if arguments == ["--list"]:
        print("\n".join(CHECKS))
        return 0
    proving = arguments[:1] == ["--prove"]
    names = arguments[1:] if proving else arguments
    if len(names) != 1 or names[0] not in CHECKS:
        print(__doc__, file=sys.stderr)
        return 2
    check = CHECKS[names[0]]
    found = list(prove(check) if proving else check(ROOT))
    for words in found:
        print(words)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
