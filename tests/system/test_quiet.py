#!/usr/bin/python3
"""Gathering, hours, and the big mutes the small, through the real programs: what is held comes once, at
its moment, whatever happens to the daemon and to the rule book meanwhile, or says why it does not."""

import json
import time

import harness
from audit import DROPPED, GATHERED, HELD, Audit, Ledger, wait_settled
from book import rep, standard
from events import account, event, opened

ALL = [{"name": "fire", "match": ["data.note = fire"], "heads_up": "now", "service": "no", "priority": "urgent"},
       {"name": "all", "match": ["event =~ ^issue"], "heads_up": "now", "service": "no"}]


class TestQuiet(harness.Corridor):
    def begin(self, wait="1s", again="2s", **changes):
        self.changes = {"rules": ALL, "gather": {"wait": wait, "again": again}, **changes}
        self.start(**self.changes)

    def reload(self, **changes):
        self.changes.update(changes)
        self.daemon.write_book(standard(self.folder, self.receiver, **self.changes))
        self.publish(event("rulebook.reloaded", None, by="ann"))

    def fates(self):
        return Ledger(self.daemon.ledger).fates()

    def settle(self, **more):
        """Waits until nothing waits and audits; the rows."""
        wait_settled(self.daemon.ledger, 20 * harness.PATIENCE)
        ledger = Ledger(self.daemon.ledger)
        book = standard(self.folder, self.receiver, **self.changes)
        self.assertEqual(Audit(ledger, self.publisher.receipts, self.receiver.requests, book=book, **more).found, [])
        sums = json.loads(self.daemon.client("status", "--json"))
        self.assertTrue(sums["balance"]["balanced"], sums)
        return ledger.notices

    def test_a_flood_is_one_message(self):
        self.begin(again="1h")
        self.publish(opened("Q-1", "xyz", amount=10),
                     *[event("issue.updated", "Q-1", amount=20 + number) for number in range(60)])
        receipt = self.publish(event("issue.updated", "Q-1", note="the last"))[0]
        self.assertIn("held_until", receipt["decisions"][0])
        self.assertEqual(self.fates()[HELD], 62)
        held = json.loads(self.daemon.client("notices", "--held", "--json"))
        self.assertEqual(len(held), 50)  # as many as it lists
        self.assertIn("held until", self.daemon.client("why", receipt["id"]))
        message = self.wait("/rich")[0]
        notices = self.settle()
        self.assertEqual(len(self.receiver.at("/rich")), 1)
        self.assertIn("Why now: the first word of it; 62 events in one message.", message.notice["body"])
        self.assertIn("$79.00", message.notice["body"])
        self.assertIn("the last", message.notice["body"])
        self.assertEqual(message.notice["events"][0]["id"], notices[0]["event"] and self.publisher.receipts[0]["id"])
        self.assertEqual(len(message.notice["events"]), 51)
        self.assertEqual(self.fates()[GATHERED], 61)
        self.assertIn(f"with notice {notices[0]['num']}", self.daemon.client("why", receipt["id"]))

    def test_the_next_says_what_changed(self):
        self.begin(wait="200ms", again="1s")
        self.publish(opened("Q-1", "xyz", amount=10))
        first = self.wait("/rich")[0]
        self.publish(event("issue.planned", "Q-1", plan="a credit note"))
        second = self.wait("/rich", 2)[1]
        self.assertIn("Why now: changed since the last message: the plan.", second.notice["body"])
        self.assertIn("changed since the last message", second.notice["reason"]["why"])
        self.assertGreater(second.at - first.at, 0.7)
        self.settle()

    def test_what_is_resolved_meanwhile_never_comes(self):
        self.begin()
        resolved = self.publish(opened("Q-1", "xyz"), event("issue.resolved", "Q-1", by="pat"),
                                opened("Q-2", "xyz"))[1]
        self.wait("/rich")
        self.settle()
        self.assertEqual([request.json["subject"] for request in self.receiver.at("/rich")], ["Q-2"])
        self.assertEqual(self.fates()[DROPPED], 2)
        why = self.daemon.client("why", resolved["id"])
        self.assertIn("resolved meanwhile", why)
        self.assertIn("So nobody was told", why)

    def test_kill_9_while_held(self):
        self.begin(wait="2s")
        self.publish(opened("Q-1", "xyz"), event("issue.updated", "Q-1", amount=5))
        for _ in range(3):
            self.daemon.kill()
            self.daemon.start()
        self.assertEqual(self.receiver.at("/rich"), [])
        self.wait("/rich")
        self.settle(crashed=True)
        self.assertEqual(len(self.receiver.at("/rich")), 1)
        self.assertEqual(len(self.receiver.at("/rich")[0].notice["events"]), 2)

    def test_a_reload_while_held(self):
        self.begin(wait="2s", again="0s")
        self.publish(opened("Q-1", "xyz"))
        reps = [rep("rich", "sales", self.receiver.url("/elsewhere")), rep("pat", "service", self.receiver.url("/pat"))]
        self.reload(reps=reps)
        self.assertEqual(self.wait("/elsewhere")[0].json["subject"], "Q-1", "the lane as the book has it then")
        self.publish(opened("Q-2", "xyz"))
        reps[0] = rep("dana", "sales", self.receiver.url("/dana"))
        self.reload(reps=reps, default={"service": "pat", "sales": "dana"}, gather=None)
        message = self.wait("/dana")[0]
        self.assertEqual(message.json["subject"], "Q-2", "its rep is gone, and nothing gathers any more")
        self.assertIn("it was held for rich, and goes to dana", message.notice["reason"]["why"])
        wait_settled(self.daemon.ledger)
        self.assertEqual(self.receiver.at("/rich"), [])

    def test_what_is_urgent_carries_what_is_held(self):
        self.begin(wait="1h")
        self.publish(opened("Q-1", "xyz"), event("issue.updated", "Q-1", note="fire"))
        message = self.wait("/rich")[0]
        self.assertEqual(len(message.notice["events"]), 2)
        self.assertIn("2 events in one message", message.notice["body"])
        self.settle()

    def test_hours(self):
        hour = time.gmtime(time.time() + 2 * 3600).tm_hour
        hours = f"{hour:02}:00-{hour:02}:30"
        reps = [{**rep("rich", "sales", self.receiver.url("/rich")), "hours": hours},
                rep("pat", "service", self.receiver.url("/pat"))]
        self.begin(gather=None, reps=reps)
        held, fire = self.publish(opened("Q-1", "xyz"), opened("Q-2", "xyz", note="fire"))
        self.assertRegex(held["decisions"][0]["held_until"], rf"T{hour:02}:00:00Z$")
        self.assertNotIn("held_until", fire["decisions"][0])
        self.assertEqual(self.wait("/rich")[0].json["subject"], "Q-2")
        self.assertIn(f"hours: rich is told {hours} (UTC)", self.daemon.client("why", held["id"]))
        explained = self.daemon.client("explain", "issue.updated", "subject=Q-1", "amount=7")
        self.assertIn("held until", explained)
        self.assertIn("joins what is held", explained)
        explained = json.loads(self.daemon.client("explain", "--json", "issue.updated", "subject=Q-1", "note=fire"))
        self.assertEqual((explained["decisions"][0]["fate"], explained["decisions"][0]["quiet"]),
                         ("waiting", "the first word of it; 2 events in one message"))
        self.assertEqual(self.fates()[HELD], 1)
        self.reload(reps=[rep("rich", "sales", self.receiver.url("/rich")), reps[1]])
        self.assertEqual(self.fates()[HELD], 1, "it keeps its moment")
        self.publish(event("issue.updated", "Q-1", note="fire"))
        self.wait("/rich", 2)
        self.settle()

    def test_the_big_mutes_the_small(self):
        self.begin(gather=None)
        self.publish(account("xyz", name="XYZ Co."), opened("BIG", "xyz"), opened("SMALL", "xyz", severity="minor"))
        self.wait("/rich")
        why = self.daemon.client("why", self.publisher.receipts[-1]["id"])
        self.assertIn("the big mutes the small", why)
        self.assertIn("BIG stands open", why)
        self.assertIn("kept for the digest", why)
        explained = self.daemon.client("explain", "issue.updated", "subject=SMALL", "amount=7")
        self.assertIn("BIG of the same account", explained.replace("\n", " "))
        self.assertEqual(len(self.receiver.at("/rich")), 1)


if __name__ == "__main__":
    harness.main()
