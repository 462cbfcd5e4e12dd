#!/usr/bin/python3
"""Sources that are watched, through the real daemon: the admin is told, and headsup status."""

import json

import harness
from audit import UNSENT, Audit, Ledger, wait_settled
from events import opened


class TestSources(harness.Corridor):
    SOURCES = [{"name": "/test/billing", "silent_after": "1s"}, {"name": "/test/credit", "silent_after": "1h"}]

    def silent(self):
        return [source["source"] for source in json.loads(self.daemon.client("status", "--json"))["silent_sources"]]

    def test_a_source_that_falls_silent(self):
        self.start(sources=self.SOURCES)
        notice = self.wait("/admin")[-1].notice
        self.assertEqual((notice["kind"], notice["account"], notice["issue"]), ("source_silent", None, None))
        self.assertIn("no event came from /test/billing for 1 second: none ever came", notice["headline"])
        self.assertIn("see whether it runs", notice["body"])
        self.assertEqual(self.silent(), ["/test/billing"])
        self.assertRegex(self.daemon.client("status"), r"(?m)^silent +/test/billing: never heard since 20")
        self.assertIn("no event came from /test/billing", self.daemon.log())
        self.publish(opened("S-1", "xyz"))
        self.assertEqual(len(self.wait("/admin", 2)), 2)
        self.assertIn("the last one came at", self.receiver.at("/admin")[1].notice["headline"])
        self.assertRegex(self.daemon.client("status"), r"(?m)^silent +/test/billing: last heard 20")
        self.daemon.stop()
        self.daemon.start()
        self.connect()
        self.publish(opened("S-2", "xyz", source="/test/credit"))
        wait_settled(self.daemon.ledger)
        self.assertEqual(len(self.receiver.at("/admin")), 2)  # told already, and not heard since
        self.assertEqual([found for found in Audit(self.daemon.ledger, [], self.receiver.requests).found
                          if "events acknowledged" not in found], [])

    def test_without_a_webhook_the_log_and_the_record_say_it(self):
        self.start(sources=self.SOURCES[:1], admin=None)
        harness.eventually(lambda: "no event came from /test/billing" in self.daemon.log())
        self.assertIn("the rule book has no webhook for the admin", self.daemon.log())
        notice, = harness.eventually(lambda: Ledger(self.daemon.ledger).notices)  # the log was before the commit
        self.assertEqual((notice["rep"], notice["fate"], notice["rule"]), ("admin", UNSENT, "law: a source fell silent"))
        self.assertEqual(self.silent(), ["/test/billing"])


if __name__ == "__main__":
    harness.main()
