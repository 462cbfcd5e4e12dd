#!/usr/bin/python3
"""What headsupd will not start on, in words; and how it ends when asked to."""

import os
import sqlite3
import subprocess
import time

import harness
from audit import WAITING, Ledger
from book import standard
from events import opened
from receiver import Answer


class TestRefusals(harness.Corridor):
    def refuses(self, *words, **changes):
        """headsupd ends by itself, with other than 0, and says each of the words."""
        daemon = harness.Daemon(self.folder, standard(self.folder, self.receiver, **changes))
        return self.ends(daemon, *words)

    def ends(self, daemon, *words):
        before = os.path.getsize(daemon.log_path) if os.path.exists(daemon.log_path) else 0
        daemon.launch()
        self.addCleanup(daemon.kill)
        try:
            status = daemon.process.wait(15 * harness.PATIENCE)
        except subprocess.TimeoutExpired:
            daemon.kill()
            self.fail(f"headsupd started all the same:\n{daemon.log()}")
        self.assertGreater(status, 0, daemon.log())
        said = daemon.log()[before:]
        for word in words:
            self.assertIn(word, said)
        self.assertNotIn("Sanitizer", said)
        return said

    def test_a_second_daemon_on_the_same_ledger(self):
        self.start()
        second = harness.Daemon(os.path.join(self.folder), standard(
            self.folder, self.receiver, intake={"bind": [f"ipc://{self.folder}/other"]}))
        second.log_path = os.path.join(self.folder, "second.log")
        self.ends(second, "ledger.db")
        self.publish(opened("X-1", "xyz"))  # the first is none the worse

    def test_a_ledger_that_is_none(self):
        path = os.path.join(self.folder, "ledger.db")
        with open(path, "wb") as out:
            out.write(b"this is no ledger at all " * 4000)
        self.refuses("ledger.db")
        with open(path, "rb") as file:
            self.assertTrue(file.read().startswith(b"this is no ledger"), "it must stay as it was")

    def test_another_programs_database(self):
        connection = sqlite3.connect(os.path.join(self.folder, "ledger.db"))
        connection.execute("CREATE TABLE recipes (name TEXT)")
        connection.commit()
        connection.close()
        self.refuses("ledger.db")

    def test_a_ledger_from_the_future(self):
        self.start()
        self.daemon.stop()
        connection = sqlite3.connect(self.daemon.ledger)
        connection.execute("PRAGMA user_version = 9999")
        connection.commit()
        connection.close()
        self.refuses("9999")

    def test_a_damaged_ledger(self):
        self.start()
        for number in range(50):
            self.publish(opened(f"X-{number}", "xyz", note="x" * 3000))
        self.daemon.kill()
        connection = sqlite3.connect(self.daemon.ledger)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        with open(self.daemon.ledger, "r+b") as file:
            size = os.path.getsize(self.daemon.ledger)
            for page in range(1, size // 4096):
                file.seek(page * 4096)
                file.write(b"\xa5" * 512)
        open(self.daemon.ledger + "-wal", "ab").close()
        daemon = self.daemon
        daemon.launch()
        try:  # found at start, or by the first event; never a receipt from it, never silence
            daemon.process.wait(3 * harness.PATIENCE)
        except subprocess.TimeoutExpired:
            other = self.connect()
            other.send(opened("X-0", "xyz"))
            reply = other.receive(5)
            self.assertTrue(reply is None or reply[0]["status"] == "unavailable", reply)
        self.assertIn("ledger", daemon.log())

    def test_a_ledger_in_no_folder_and_one_that_is_a_folder(self):
        self.refuses("/nowhere", ledger=f"sqlite:{self.folder}/nowhere/ledger.db")
        os.mkdir(os.path.join(self.folder, "ledger.db"))
        self.refuses("ledger.db")

    def test_a_typo_is_named_with_its_place_and_the_right_word(self):
        said = self.refuses("headsup.conf:", "categry", "category",
                            rules=[{"name": "billing", "match": ["categry = billing"], "heads_up": "now"}])
        self.assertIn("billing", said)
        self.refuses("headsup.conf:", "heads_upp", "heads_up",
                     rules=[{"name": "one", "match": ["event = issue.opened"], "heads_upp": "now"}])
        self.refuses("headsup.conf:", "courrier", courrier={})
        self.refuses("headsup.conf:", "sometimes",
                     rules=[{"name": "one", "match": ["event = issue.opened"], "heads_up": "sometimes"}])

    def test_every_error_is_told_at_once(self):
        said = self.refuses("categry", "nobody-of-that-name",
                            rules=[{"name": "one", "match": ["categry = billing"]}],
                            default={"service": "nobody-of-that-name", "sales": "rich"})
        self.assertIn("headsup.conf:", said)

    def test_a_file_that_libconfig_cannot_read_or_that_is_not_there(self):
        daemon = harness.Daemon(self.folder, standard(self.folder, self.receiver))
        with open(daemon.conf, "a", encoding="utf-8") as out:
            out.write("rules = ( {\n")
        self.ends(daemon, "headsup.conf:")
        os.unlink(daemon.conf)
        self.ends(daemon, "headsup.conf")

    def test_tcp_without_curve(self):
        self.refuses("curve", intake={"bind": ["tcp://127.0.0.1:7117"]})

    def test_a_webhook_without_tls(self):
        reps = standard(self.folder, self.receiver)["reps"]
        reps[0]["webhook"]["url"] = "http://hooks.example.com/T000/B000/XXXX"
        said = self.refuses("headsup.conf", "rich", reps=reps)
        self.assertNotIn("T000", said)

    def test_a_secret_that_others_can_read(self):
        path = os.path.join(self.folder, "open.secret")
        with open(path, "w", encoding="ascii") as out:
            out.write("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
        os.chmod(path, 0o644)
        reps = standard(self.folder, self.receiver)["reps"]
        reps[0]["webhook"]["secret_file"] = path
        said = self.refuses("open.secret", reps=reps)
        self.assertNotIn("MfKQ9r8", said)

    def test_sigterm_ends_it_in_order(self):
        self.start()
        self.publish(opened("X-1", "xyz"))
        couriers = self.daemon.children()
        started = time.monotonic()
        self.assertEqual(self.daemon.stop(), 0)
        self.assertLess(time.monotonic() - started, 5 * harness.PATIENCE)
        self.assertFalse(any(os.path.exists(f"/proc/{pid}") for pid in couriers))
        self.assertFalse(os.path.exists(self.daemon.ledger + "-wal")
                         and os.path.getsize(self.daemon.ledger + "-wal"), "the ledger is whole in one file")

    def test_sigterm_when_an_outcome_is_just_in(self):
        """It is put on record at once: nothing else will come for which it could wait."""
        for number in range(24):
            self.start()
            self.publish(opened(f"X-{number}", "xyz"))
            self.wait("/pat", count=number + 1)
            started = time.monotonic()
            self.assertEqual(self.daemon.stop(), 0)
            self.assertLess(time.monotonic() - started, 5 * harness.PATIENCE)
            self.assertEqual(Ledger(self.daemon.ledger).fates()[WAITING], 0)

    def test_sigterm_while_a_receiver_hangs(self):
        self.start()
        self.receiver.always("/pat", Answer(hang=True))
        self.publish(opened("X-1", "xyz"))
        self.wait("/pat")
        self.assertEqual(self.daemon.stop(20), 0)

    def test_usage(self):
        for arguments in ([], ["-c"], ["-x"], ["one", "two"]):
            done = subprocess.run([harness.HEADSUPD, *arguments], capture_output=True, text=True, check=False,
                                  timeout=20, env={**os.environ, "HEADSUP_CONF": "/nonexistent"})
            self.assertNotEqual(done.returncode, 0, arguments)
            self.assertTrue(done.stderr)


if __name__ == "__main__":
    harness.main()
