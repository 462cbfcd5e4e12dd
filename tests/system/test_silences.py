#!/usr/bin/python3
"""Silences, by the commands: set, listed, explained, known after a restart, lifted."""

import json

import harness
from audit import Audit, wait_settled
from events import demand, opened


class TestSilences(harness.Corridor):
    def silence(self, *arguments, **more):
        return self.daemon.client("silence", *arguments, **more)

    def silences(self):
        return json.loads(self.daemon.client("silences", "--json"))

    def test_a_silence_from_its_beginning_to_its_end(self):
        self.start()
        self.assertEqual(self.silences(), [])
        said = self.silence("move", "--match", "category = billing", "--match", "source =~ ^/test/", "--until", "+2h",
                            "--comment", "billing moves")
        self.assertIn("silence move holds until ", said)
        listed, = self.silences()
        self.assertEqual((listed["silence"], listed["match"], listed["comment"]),
                         ("move", "category = billing and source =~ ^/test/", "billing moves"))
        self.assertTrue(listed["by"])
        words = self.daemon.client("silences")
        for part in ("SILENCE", "UNTIL", "move", "category = billing and"):
            self.assertIn(part, words)
        receipt, = self.publish(opened("S-1", "xyz"))
        self.assertEqual({decision["rule"] for decision in receipt["decisions"]}, {"silence: move"})
        words = self.daemon.client("why", str(receipt["seq"]))
        self.assertIn("silence: move", words)
        self.assertIn("billing moves", words)
        self.assertIn("So nobody was told", words)
        self.assertIn("silence: move", self.daemon.client(
            "explain", "issue.opened", "source=/test/billing", "subject=S-2", "account=xyz", "category=billing",
            "summary=s"))
        self.daemon.stop()
        self.daemon.start()
        self.connect()
        self.publish(opened("S-3", "xyz"))
        wait_settled(self.daemon.ledger)
        self.assertEqual(self.receiver.requests, [])
        self.publish(demand("S-3"))  # what moves an issue is told all the same
        self.assertEqual([self.wait(path)[-1].notice["kind"] for path in ("/rich", "/pat")],
                         ["escalation", "handed_over"])
        self.assertIn("silence move is lifted", self.silence("--lift", "move"))
        self.assertEqual(self.silences(), [])
        self.publish(opened("S-4", "xyz"))
        self.assertEqual(self.wait("/pat", 2)[-1].notice["kind"], "owner")
        wait_settled(self.daemon.ledger)
        self.assertEqual([found for found in Audit(self.daemon.ledger, [], self.receiver.requests).found
                          if "events acknowledged" not in found], [])

    def test_what_is_wrong_is_said(self):
        self.start()
        good = ("--match", "amount > 5", "--until", "+1h", "--comment", "c")
        for words, arguments, status in (
                ("did you mean 'amount'?", ("x", "--match", "amuont > 5", *good[2:]), 1),
                ("a silence ends in the future", ("x", *good[:2], "--until", "2020-01-01", *good[4:]), 1),
                ("+2h", ("x", *good[:2], "--until", "+soon", *good[4:]), 2),
                ("+2h", ("x", *good[:2], "--until", "2h", *good[4:]), 2),
                ("+2h", ("x", *good[:2], "--until", "-2h", *good[4:]), 2),
                ("wants --match, --until and --comment", ("x", *good[:4]), 2),
                ("no silence 'x' holds", ("x", "--lift"), 1)):
            with self.subTest(words=words):
                run = self.daemon.client_run("silence", *arguments)
                self.assertEqual(run.returncode, status)
                self.assertIn(words, run.stderr)
        self.assertEqual(self.silences(), [])


if __name__ == "__main__":
    harness.main()
