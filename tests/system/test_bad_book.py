#!/usr/bin/python3
"""Rule books that nobody should have written: words with a line, quickly, in little memory; and the daemon
keeps its last good one."""

import os
import resource
import subprocess
import time

import harness
from book import standard, write_book
from events import event, opened

SECONDS, MEMORY = 10.0, 512 * 1024 * 1024
PEOPLE = """reps: ( { id = "pat"; name = "Pat"; role = "service"; webhook: { url = "https://h/"; }; },
{ id = "rich"; name = "Rich"; role = "sales"; webhook: { url = "https://h/"; }; } );
default: { service = "pat"; sales = "rich"; };
"""
LAW = "above the sales rep there is nobody"


def rule(words):
    return PEOPLE + "rules: (\n{ name = \"one\";\n " + words + " } );\n"


def people(rich, pat=""):
    return PEOPLE.replace('role = "sales";', f'role = "sales";\n{rich}').replace(
        'role = "service";', f'role = "service"; {pat}')


TEXTS = {  # what is written, the line that is told (0: none), and words of what is told
    "a file half written": (PEOPLE[:-20], 3, "a bracket is opened here and never closed"),
    "an empty file": ("", 0, "'reps' is missing"),
    "two reps of one id": (PEOPLE.replace('"rich"', '"pat"', 1), 2, "the id 'pat' is taken by the rep at "),
    "a zone that does not exist": (people('zone = "America/Chicaco";'), 3, "did you mean 'America/Chicago'?"),
    "a stand-in circle": (people('stand_in = "dana"; },\n{ id = "dana"; name = "Dana"; role = "sales";\n'
                                 'stand_in = "rich";'), 3, "rich -> dana -> rich"),
    "a pattern that is none": (rule('match = [ "summary =~ (" ];'), 6, "the pattern is wrong at its byte 1"),
    "escalate to a manager": (rule('escalate = "manager";'), 6, LAW),
    "a heads-up to the manager": (rule('heads_up = "manager";'), 6, LAW),
    "a rule to a manager": (rule('manager = "ann";'), 6, LAW),
    "a rule to somebody": (rule('to = "ann";'), 6, "'to' is no setting"),
    "a rep who is a manager": (PEOPLE.replace('"sales"', '"manager"', 1), 2, LAW),
    "bytes that are no UTF-8": (PEOPLE.encode() + b'currency = "\xff\xfe";\n', 4, "this line is not UTF-8"),
}


class TestBadBook(harness.Corridor):
    def path(self, name="bad.conf"):
        return os.path.join(self.folder, name)

    def write(self, text):
        with open(self.path(), "wb") as out:
            out.write(text if isinstance(text, bytes) else text.encode())
        return self.path()

    def check(self, path):
        """The words of headsup check; quickly, and within bounds."""
        started = time.monotonic()
        done = subprocess.run([harness.HEADSUP, "check", "-c", path], capture_output=True, text=True, timeout=60,
                              check=False, preexec_fn=None if harness.sanitized() else lambda: resource.setrlimit(
                                  resource.RLIMIT_AS, (MEMORY, MEMORY)))
        self.assertLess(time.monotonic() - started, SECONDS * harness.PATIENCE)
        self.assertEqual(done.returncode, 1, done.stderr)
        return done.stdout + done.stderr

    def test_texts(self):
        for name, (text, line, words) in TEXTS.items():
            with self.subTest(name):
                told = self.check(self.write(text))
                self.assertIn(words, told)
                self.assertIn(f"bad.conf:{line}: " if line else "bad.conf: ", told)

    def test_what_is_no_file(self):
        os.mkdir(self.path("folder"))
        os.mkfifo(self.path("fifo"))
        os.symlink("/dev/zero", self.path("device"))
        os.symlink("loop", self.path("loop"))
        for name in ("folder", "fifo", "device", "loop", "gone"):
            with self.subTest(name):
                told = self.check(self.path(name))
                self.assertIn(f"{name}: the file cannot be read: ", told)
                told = self.check(self.write(f"{PEOPLE}@include \"{name}\"\n"))
                self.assertIn("bad.conf:4: the file cannot be read: ", told)

    def test_far_too_many_rules(self):
        lines = "".join(f'{"," if i else ""}{{ name = "r{i}"; }}\n' for i in range(100000))
        self.assertIn("bad.conf:4: 'rules' has 100000 members; it must have at least 0 and at most ",
                      self.check(self.write(f"{PEOPLE}rules: (\n{lines});\n")))
        self.assertIn("larger than", self.check(self.write(f"{PEOPLE}rules: (\n{lines * 10});\n")))

    def test_a_pattern_that_backtracks_for_ever(self):
        """It is good as a rule; what it costs an event is bounded, and it does not hold."""
        rules = [{"name": f"evil {i}", "match": [r"summary =~ ^(a+)+$"], "heads_up": "now", "continue": True}
                 for i in range(20)]
        self.start(rules=rules)
        started = time.monotonic()
        receipt, = self.publish(opened("B-1", "xyz", summary="a" * 4000 + "!"))
        self.assertLess(time.monotonic() - started, SECONDS * harness.PATIENCE)
        self.assertEqual({decision["rule"] for decision in receipt["decisions"]}, {"unsaid"})

    def test_the_daemon_keeps_its_last_good_one(self):
        self.start()
        good = write_book(standard(self.folder, self.receiver))
        for name, (text, _line, words) in TEXTS.items():
            with self.subTest(name):
                with open(self.daemon.conf, "wb") as out:
                    out.write(text if isinstance(text, bytes) else text.encode())
                receipt, = self.publisher.publish(event("rulebook.reloaded", None))
                self.assertEqual(receipt["code"], "bad_rulebook")
                self.assertTrue(any(words in error for error in receipt["errors"]), receipt["errors"])
        for make in (os.mkdir, os.mkfifo, lambda path: os.symlink("/dev/zero", path)):
            os.unlink(self.daemon.conf)
            make(self.daemon.conf)
            self.assertEqual(self.publisher.publish(event("rulebook.reloaded", None))[0]["code"], "bad_rulebook")
            (os.rmdir if os.path.isdir(self.daemon.conf) else os.unlink)(self.daemon.conf)
            with open(self.daemon.conf, "w", encoding="utf-8") as out:
                out.write(good)
        self.publish(opened("B-1", "xyz"))
        self.assertEqual(self.wait("/pat")[0].notice["kind"], "owner")
        self.assertEqual(self.publisher.publish(event("rulebook.reloaded", None))[0]["status"], "accepted")


if __name__ == "__main__":
    harness.main()
