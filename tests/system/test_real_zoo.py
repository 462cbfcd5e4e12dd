#!/usr/bin/python3
"""Real incidents to forty receivers of mixed temper, where those records are at hand (see test_real_data.py):
each notice ends delivered, parked or dead for a reason, the books balance, and nobody else hears a word."""

import collections
import itertools
import json
import os

import harness
from audit import DEAD, DELIVERED, WAITING, Audit, Ledger
from book import rep, standard
from events import account, event
from zoo import Zoo

DATA = os.environ.get("HEADSUP_DATA") or os.path.join(harness.ROOT, "..", "shared", "data")
INCIDENTS = os.path.join(DATA, "events-incidents.jsonl")
EVENTS = 4000

# By turns, a rep each.
TEMPERS = ["ok", "moody/503", "slow_ok", "moody/400", "ok", "closes", "moody/429", "missing", "gone", "hang/9"]
HANGING = [f"{role}{number}" for role in ("service", "sales") for number in (9, 19)]


class TestRealZoo(harness.Corridor):
    def setUp(self):
        if not os.path.exists(INCIDENTS):
            self.skipTest(f"no real records at {DATA}: the replay was skipped")
        super().setUp()
        self.zoo = Zoo()
        self.addCleanup(self.zoo.close)

    def temper(self, number):
        return TEMPERS[number % len(TEMPERS)]

    def people(self):
        """Twenty of each role; the second half of the receivers that are gone for good has a fallback."""
        for number, role in itertools.product(range(20), ("service", "sales")):
            name = f"{role}{number}"
            one = rep(name, role, self.zoo.url(f"{self.temper(number)}?{name}"), timeout="1s", concurrency=4)
            if number >= 10 and self.temper(number) in ("missing", "gone"):
                one["fallback"] = {"url": self.zoo.url(f"ok?{name}.fallback")}
            yield one

    def replay(self):
        with open(INCIDENTS, encoding="utf-8") as file:
            events = [json.loads(line) for line in itertools.islice(file, EVENTS)]
        keys = sorted({one["data"]["account"] for one in events if one["data"].get("account")})
        accounts = [account(key, service=f"service{number % 20}", sales=f"sales{number % 20}",
                            value=str(300000 if number % 2 else 1000)) for number, key in enumerate(keys)]
        for first in range(0, len(accounts + events), 200):
            for receipt in self.publisher.publish(*(accounts + events)[first:first + 200], seconds=60):
                self.assertEqual(receipt["status"], "accepted", receipt)

    def lanes(self):
        return {lane["lane"]: lane["state"] for lane in json.loads(self.daemon.client("lanes", "--json"))}

    def at_rest(self):
        """Nothing waits but where the lane stands still, or its receiver hangs."""
        states = self.lanes()
        return all(states[notice["lane"]] != "open" or notice["lane"] in HANGING
                   for notice in Ledger(self.daemon.ledger).notices if notice["fate"] == WAITING)

    def test_a_replay_to_receivers_of_every_temper(self):
        people = list(self.people())
        self.start(reps=people, default={"service": "service0", "sales": "sales0"}, unsaid={"service": "no"},
                   courier={"retry": ["200ms", "400ms", "800ms"]},
                   rules=[{"name": "all", "match": ["event = issue.opened"], "heads_up": "now", "service": "now"},
                          {"name": "small steps", "heads_up": "digest", "service": "digest"}])
        self.replay()
        harness.eventually(self.at_rest, 90, "the end of all that can be sent")
        for lane in HANGING:  # its breaker would take hours over it
            self.publish(event("lane.paused", None, lane=lane))
        ledger, states = Ledger(self.daemon.ledger), self.lanes()
        for notice in ledger.notices:
            if notice["fate"] == DEAD:
                self.assertTrue(notice["status"] or notice["answer"], ledger.notice_id(notice))
        fates = collections.Counter((self.temper(int("".join(filter(str.isdigit, notice["rep"])))), notice["fate"])
                                    for notice in ledger.notices if notice["rep"] != "admin")
        for temper in ("ok", "slow_ok", "closes"):
            self.assertFalse(fates[temper, DEAD] + fates[temper, WAITING], temper)
        self.assertGreater(fates["moody/400", DEAD], 0)
        for name, state in (("service7", "paused"), ("service8", "closed"), ("service17", "paused")):
            self.assertEqual(states[name], state)
        for number in (17, 18):  # what has a fallback keeps nothing
            self.assertFalse([notice for notice in ledger.notices if notice["lane"] == f"service{number}"
                              and notice["fate"] == WAITING])
        self.assertEqual(Audit(ledger, self.publisher.receipts, self.zoo.requests + self.receiver.requests,
                               book=self.daemon.book, settled=False).found, [])
        self.daemon.client("status", "--audit")
        self.check_loop()
        print(f"{len(ledger.events)} events, {len(ledger.notices)} decisions: {ledger.fates()[DELIVERED]} delivered, "
              f"{ledger.fates()[DEAD]} dead, {ledger.fates()[WAITING]} parked, {len(self.zoo.requests)} requests",
              flush=True)


if __name__ == "__main__":
    harness.main()
