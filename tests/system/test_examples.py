#!/usr/bin/python3
"""Every command of headsup that the README, a manual page, the cookbook or --help shows does what it is shown
for, against the real daemon."""

import json
import os
import re
import shlex
import shutil
import subprocess

import harness
from events import account, encode, opened

PAGES = ["README.md", "client/headsup.1.scd", "conf/headsup.conf.5.scd", "conf/cookbook/known_outage.test"]
MADE_UP = "hn_kq3v9x2a_17"  # the id of a notice that no ledger has


def commands(text):
    """The commands in lines of their own, or in the README's backquotes: without what stands around them in a
    shell."""
    text = text.replace("\\\\\n", "\\\n").replace("\\\n", " ")
    for found in re.findall(r"^(?:#|\t| )*(?:[\w-]+ \| )?(headsup .*)$|`(headsup [^`]* [^`]*)`", text, re.MULTILINE):
        for part in re.split(r" && | \| ", (found[0] or found[1]).replace("\\\\", "\\")):
            words = shlex.split(re.split(r" > |  # ", part)[0], comments=False)
            if words[0] == "headsup" and not re.search(r"^headsup - |[\[…]| FILE", part):
                yield words[1:]


class TestExamples(harness.Corridor):
    def prepare(self):
        """What the examples take for granted."""
        self.start()
        self.publish(account("xyz", value=300000),
                     opened("INV-7", "xyz", id="charge-2291", source="/home-office/billing", amount=18250))
        names = {"crm-export.csv": b"key,name\nxyz,XYZ Co.\n"}
        for name in ("today.jsonl", "billing.jsonl", "events.jsonl", "event.json"):
            names[name] = encode(opened("F-" + name, "xyz", id=name)) + b"\n"
        for name, content in names.items():
            with open(os.path.join(self.folder, name), "wb") as file:
                file.write(content)
        shutil.copy(self.daemon.conf, os.path.join(self.folder, "new.conf"))
        for name in ("headsup.conf", "headsup.test"):
            shutil.copy(os.path.join(harness.ROOT, "conf", name), os.path.join(self.folder, "example." + name))
        with open(os.path.join(self.folder, "example.headsup.test"), "r+", encoding="utf-8") as file:
            text = file.read().replace('rules = "headsup.conf"', 'rules = "example.headsup.conf"')
            file.seek(0)
            file.write(text)

    def try_out(self, words):
        places = {"/etc/headsup/headsup.conf": "headsup.conf", "/etc/headsup/headsup.test": "example.headsup.test"}
        environment = {**self.daemon.environment(), "HEADSUP_CONF": self.daemon.conf}
        done = subprocess.run([harness.HEADSUP, *(places.get(word, word) for word in words)], cwd=self.folder,
                              input=json.dumps(opened("P-1", "xyz")) + "\n", capture_output=True, text=True,
                              timeout=60 * harness.PATIENCE, check=False, env=environment)
        self.assertEqual(done.returncode, 1 if MADE_UP in words else 0, done.stdout + done.stderr)

    def test_each_does_what_it_is_shown_for(self):
        self.prepare()
        shown = []
        for page in PAGES:
            with open(os.path.join(harness.ROOT, page), encoding="utf-8") as file:
                shown += commands(file.read())
        listed = subprocess.run([harness.HEADSUP, "--help"], capture_output=True, text=True, check=True).stdout
        for name in re.findall(r"(?m)^  ([a-z-]+)  ", listed):
            words = subprocess.run([harness.HEADSUP, name, "--help"], capture_output=True, text=True, check=False).stdout
            shown += commands(words.split("For example:")[-1])
        self.assertGreater(len(shown), 40)
        for words in shown:
            with self.subTest(" ".join(words)):
                self.try_out(words)


if __name__ == "__main__":
    harness.main()
