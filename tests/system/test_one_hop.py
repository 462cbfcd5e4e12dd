#!/usr/bin/python3
"""The one-hop law through the wire: service, then sales, and nobody after that."""

import harness
from audit import Audit, wait_settled
from book import rep, standard
from events import account, demand, event, opened


class TestOneHop(harness.Corridor):
    def reps(self):
        people = [("rich", "sales"), ("pat", "service"), ("olga", "sales"), ("sam", "service")]
        return [rep(id, role, self.receiver.url(f"/{id}")) for id, role in people]

    def begin(self):
        self.book = standard(self.folder, self.receiver, reps=self.reps())
        self.start(reps=self.reps())
        self.publish(account("xyz", name="XYZ Co.", value=1000, service="sam", sales="olga"))
        self.publish(opened("H-1", "xyz", category="complaint", summary="nobody calls back"))
        self.wait("/sam")

    def kinds(self, path, count):
        return [request.notice["kind"] for request in self.wait(path, count)]

    def test_a_demand_moves_the_issue_once(self):
        self.begin()
        receipt, = self.publish(demand("H-1"))
        self.assertEqual((receipt["issue"]["hop"], receipt["issue"]["owner"]), (1, "olga"))
        self.assertEqual(self.kinds("/olga", 1), ["escalation"])
        self.assertEqual(self.kinds("/sam", 2), ["owner", "handed_over"])
        self.nobody_else()

    def test_a_second_demand_is_stand_firm_with_one_answer(self):
        self.begin()
        self.publish(demand("H-1"))
        for number in range(3):
            receipt, = self.publish(demand("H-1", "Then I want the owner of the company"))
            self.assertEqual(receipt["issue"]["hop"], 1)
            self.assertTrue(receipt["answer"])
            sales = self.wait("/olga", 2 + number)[-1].notice
            service = self.wait("/sam", 3 + number)[-1].notice
            self.assertEqual((sales["kind"], service["kind"]), ("stand_firm", "stand_firm"))
            self.assertEqual(sales["body"], service["body"])
        self.nobody_else()

    def test_hand_offs_past_the_limit_end_at_sales_too(self):
        self.begin()
        for number in range(12):
            self.publish(event("issue.transferred", "H-1", to=f"department-{number}"))
        self.publish(event("issue.reopened", "H-1"), demand("H-1"))
        self.nobody_else()
        ledger = Audit(self.daemon.ledger).ledger
        self.assertEqual({issue["hop"] for issue in ledger.issues.values()}, {1})

    def test_a_stand_in_hears_what_the_absent_rep_would_and_is_not_a_hop(self):
        reps = self.reps()
        reps[2].update(stand_in="rich", away=[{"from": "2026-01-01", "until": "2099-12-31"}])
        self.book = standard(self.folder, self.receiver, reps=reps)
        self.start(reps=reps)
        self.publish(account("xyz", name="XYZ Co.", value=1000, service="sam", sales="olga"))
        self.publish(opened("H-1", "xyz", category="complaint", summary="nobody calls back"))
        for number in range(2):
            receipt, = self.publish(demand("H-1"))
            self.assertEqual(receipt["issue"]["owner"], "olga")
            self.assertEqual([d.get("stands_in_for") for d in receipt["decisions"] if d["to"] == "rich"], ["olga"])
        notices = [request.notice for request in self.wait("/rich", 2)]
        self.assertEqual([notice["kind"] for notice in notices], ["escalation", "stand_firm"])
        self.assertIn("Rich stands in for Olga.", notices[0]["body"])
        self.assertIn("Rich stands in for Olga.", self.wait("/sam", 3)[-1].notice["body"])
        wait_settled(self.daemon.ledger)
        for path in ("/olga", "/pat", "/admin"):
            self.assertEqual(self.receiver.at(path), [], path)
        self.assertEqual(Audit(self.daemon.ledger, self.publisher.receipts, self.receiver.requests,
                               book=self.book).found, [])

    def nobody_else(self):
        """Only the account's own two people heard of it, and all that they got is accounted for."""
        wait_settled(self.daemon.ledger)
        for path in ("/rich", "/pat", "/admin"):
            self.assertEqual(self.receiver.at(path), [], path)
        self.assertEqual(Audit(self.daemon.ledger, self.publisher.receipts, self.receiver.requests,
                               book=self.book).found, [])

    def test_unknown_accounts_have_the_default_two(self):
        self.begin()
        self.publish(opened("H-2", "unheard-of", summary="help"), demand("H-2"), demand("H-2"))
        self.assertEqual(self.kinds("/rich", 2), ["escalation", "stand_firm"])
        self.assertEqual(self.kinds("/pat", 3), ["owner", "handed_over", "stand_firm"])

    def test_a_demand_about_an_issue_that_nobody_knows(self):
        self.begin()
        receipt, = self.publish(demand("never-opened"))
        self.assertEqual((receipt["issue"]["hop"], receipt["issue"]["owner"]), (1, "rich"))
        self.assertEqual(self.kinds("/rich", 1), ["escalation"])

    def test_a_third_level_is_refused(self):
        for changes in ({"reps": [*self.reps(), rep("boss", "director", self.receiver.url("/boss"))]},
                        {"default": {"service": "pat", "sales": "rich", "director": "rich"}},
                        {"rules": [{"name": "up", "match": ["issue.hop = 2"], "escalate": True}]}):
            with self.subTest(next(iter(changes))):
                daemon = harness.Daemon(self.folder, standard(self.folder, self.receiver, **changes))
                daemon.launch()
                self.addCleanup(daemon.kill)
                self.assertNotEqual(daemon.process.wait(10 * harness.PATIENCE), 0)
                self.assertIn(daemon.conf, daemon.log())


if __name__ == "__main__":
    harness.main()
