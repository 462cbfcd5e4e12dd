#!/usr/bin/python3
"""Reads Meson's test log, prints each suite's result with what the failed tests said, and appends one
line a test (passed, failed or skipped) to the tally.   tally.py PART TESTLOG TALLY"""

import collections
import json
import sys

FATES = {"OK": "passed", "EXPECTEDFAIL": "passed", "SKIP": "skipped"}
LAST_LINES = 60


def read(path):
    with open(path, encoding="utf-8") as log:
        for line in log:
            test = json.loads(line)
            suite, _, name = test["name"].rpartition(" / ")
            yield suite.rpartition(":")[2] or "other", name, test


def main(part, log, tally):
    suites = collections.defaultdict(collections.Counter)
    failures, skips = [], []
    with open(tally, "a", encoding="utf-8") as out:
        for suite, name, test in read(log):
            fate = FATES.get(test["result"], "failed")
            suites[suite][fate] += 1
            out.write(fate + "\n")
            if fate == "failed":
                failures.append((suite, name, test))
            elif fate == "skipped":
                skips.append((suite, name, test))
    for suite, fates in sorted(suites.items()):
        words = ", ".join(f"{count} {fate}" for fate, count in sorted(fates.items(), reverse=True))
        print(f"{part:<12} {suite:<28} {words}")
    for suite, name, test in skips:
        said = (test.get("stdout") or test.get("stderr") or "").strip().splitlines()
        why = [line for line in said if "skip" in line.lower()]
        print(f"  skipped: {suite}/{name}: {why[-1] if why else 'no reason given'}")
    for suite, name, test in failures:
        print(f"\n---- {part}: {suite}/{name}: {test['result']} (exit {test['returncode']})")
        said = (test.get("stdout") or "") + (test.get("stderr") or "")
        print("\n".join(said.splitlines()[-LAST_LINES:]))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
