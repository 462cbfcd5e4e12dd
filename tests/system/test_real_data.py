#!/usr/bin/python3
"""A year of a real company's incidents through the whole house, where those records are at hand: the
folder that HEADSUP_DATA names, or shared/data beside the project."""

import collections
import csv
import json
import os
import random

import harness
from audit import DELIVERED, Audit, Ledger, wait_settled
from book import rep, standard

DATA = os.environ.get("HEADSUP_DATA") or os.path.join(harness.ROOT, "..", "shared", "data")
ACCOUNTS = os.path.join(DATA, "accounts.csv")
INCIDENTS = os.path.join(DATA, "events-incidents.jsonl")
SAMPLE = 200


class TestRealData(harness.Corridor):
    def setUp(self):
        if not (os.path.exists(ACCOUNTS) and os.path.exists(INCIDENTS)):
            self.skipTest(f"no real records at {DATA}: the replay was skipped")
        super().setUp()

    def real_book(self):
        """Everybody whom the account list names is a rep."""
        with open(ACCOUNTS, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        roles = {row[role]: role for row in rows for role in ("sales", "service")}
        reps = [rep(id, role, self.receiver.url(f"/{id}"), concurrency=2) for id, role in sorted(roles.items())]
        return len(rows), standard(
            self.folder, self.receiver, reps=reps,
            default={"service": "service-east", "sales": "donn-cantrell"},
            tiers=[{"name": "major", "match": ["account.value >= 150000"]},
                   {"name": "major", "match": ["account.group_value >= 400000"]}])

    def replay(self, events):
        """Publishes the file; how many receipts have which status."""
        receipts = [json.loads(line) for line in
                    self.daemon.client("publish", INCIDENTS, seconds=240).splitlines()]
        self.assertEqual(len(receipts), events)
        return receipts, collections.Counter(receipt["status"] for receipt in receipts)

    def test_a_replay(self):
        accounts, book = self.real_book()
        with open(INCIDENTS, "rb") as file:
            events = sum(1 for _ in file)
        self.start(**book)
        self.daemon.client("accounts", "import", ACCOUNTS)
        listed = self.daemon.client("accounts", "list", "--json")
        self.assertGreaterEqual(listed.count('"key"'), accounts)

        first, statuses = self.replay(events)
        self.assertEqual(statuses, {"accepted": events})
        wait_settled(self.daemon.ledger, 120)
        before = Ledger(self.daemon.ledger)
        arrived = len(self.receiver.requests)
        self.assertGreater(before.fates()[DELIVERED], 1000)

        again, statuses = self.replay(events)
        self.assertEqual(statuses, {"duplicate": events})
        wait_settled(self.daemon.ledger, 60)
        after = Ledger(self.daemon.ledger)
        self.assertEqual(len(after.notices), len(before.notices))
        self.assertEqual(len(self.receiver.requests), arrived)

        self.explained(after)
        self.daemon.client("status", "--audit")
        imported = [json.loads(event["receipt"]) for event in after.events[:accounts]]
        self.assertEqual(self.daemon.stop(), 0)
        self.assertEqual(Audit(after, imported + first + again, self.receiver.requests, book=book).found, [])
        self.print_sums(after)

    def explained(self, ledger):
        """headsup why tells of each notice whom it was for and by which rule."""
        told = [notice for notice in ledger.notices if notice["fate"] == DELIVERED]
        for notice in random.Random(7).sample(told, min(SAMPLE, len(told))):
            words = self.daemon.client("why", ledger.notice_id(notice))
            self.assertIn(notice["rule"], words)
            self.assertIn(notice["rep"], words)

    def print_sums(self, ledger):
        fates = ledger.fates()
        print(f"{len(ledger.events)} events, {len(ledger.issues)} issues, {len(ledger.notices)} decisions: "
              f"{fates[DELIVERED]} delivered, {fates[3]} for digests, {fates[4]} to nobody", flush=True)


if __name__ == "__main__":
    harness.main()
