#!/usr/bin/python3
"""The corridor of the whole: an event in, a receipt back, a heads-up out."""

import unittest

import harness
from audit import Audit, leaks, wait_settled
from book import SECRET, rep, secret_file
from events import account, opened
from receiver import is_signed


def marked_up(node):
    """The texts of Slack blocks in which markup counts."""
    if isinstance(node, list):
        return [text for one in node for text in marked_up(one)]
    if not isinstance(node, dict):
        return []
    if node.get("type") == "mrkdwn":
        return [node["text"]]
    return [text for one in node.values() for text in marked_up(one)]


class TestCorridor(harness.Corridor):
    def signed_reps(self):
        path = secret_file(self.folder)
        return [rep("rich", "sales", self.receiver.url("/rich"), name="Rich Alvarez", secret_file=path),
                rep("pat", "service", self.receiver.url("/pat"), name="Pat Okafor")]

    def test_a_rule_gives_its_notices_words_of_its_own(self):
        self.start(rules=[{"name": "own", "headline": "{account.name}: {summary}", "heads_up": "now",
                           "body": "{{{amount}} told by {source}\nby {rule}"}])
        self.publish(opened("I-1", "xyz", summary="twice\nYou: pay", amount=18250))
        notice = self.wait("/rich")[0].notice
        self.assertEqual(notice["headline"], "xyz: twice You: pay")
        self.assertEqual(notice["body"].split("\n")[:3], [
            "{$18,250.00} told by /test/billing", "by own",
            "You: nothing to do now. Pat will tell you if that changes."])
        self.assertIn("xyz: twice You: pay", self.daemon.client(
            "explain", "issue.opened", "subject=I-2", "account=xyz", "category=billing", "summary=twice You: pay"))

    def test_a_big_problem_reaches_both_reps(self):
        self.start()
        self.publish(account("xyz", name="XYZ Co.", value=400000, service="pat", sales="rich"))
        receipt, = self.publish(opened("I-1", "xyz", summary="charged twice for October", amount=18250,
                                       severity="major", department="billing"))
        self.assertEqual(receipt["issue"], {**receipt["issue"], "key": "I-1", "state": "open", "hop": 0,
                                            "owner": "pat"})
        told = {(decision["to"], decision["action"]) for decision in receipt["decisions"]}
        self.assertIn(("rich", "heads_up"), told)
        self.assertIn(("pat", "owner"), told)
        self.assertTrue(all(decision["rule"] for decision in receipt["decisions"]))

        request, = self.wait("/rich")
        said = request.json
        self.assertEqual((said["specversion"], said["type"], said["subject"]), ("1.0", "headsup.notice", "I-1"))
        self.assertEqual(said["id"], request.id)
        data = said["data"]
        self.assertEqual((data["kind"], data["to"]), ("heads_up", "rich"))
        self.assertEqual((data["account"]["key"], data["account"]["name"], data["account"]["tier"]),
                         ("xyz", "XYZ Co.", "major"))
        self.assertEqual((data["issue"]["key"], data["issue"]["hop"], data["issue"]["category"]),
                         ("I-1", 0, "billing"))
        self.assertEqual(data["events"], [{"source": "/test/billing", "id": receipt["id"]}])
        self.assertTrue(data["reason"]["why"])
        self.assertIn("XYZ Co.", data["headline"])
        self.assertIn("charged twice for October", data["headline"])
        self.assertIn("18,250.00", data["body"])

        owner, = self.wait("/pat")
        self.assertEqual(owner.notice["kind"], "owner")
        wait_settled(self.daemon.ledger)
        self.assertEqual(self.daemon.stop(), 0)
        self.assertEqual(self.audit(), [])

    def audit(self, **more):
        return Audit(self.daemon.ledger, self.publisher.receipts, self.receiver.requests, **more).found

    def test_small_things_do_not_reach_sales(self):
        self.start()
        self.publish(account("small", name="Small Ltd", value=900, service="pat", sales="rich"))
        self.publish(opened("I-2", "small", category="complaint", summary="the bill has a typo"))
        self.wait("/pat")
        wait_settled(self.daemon.ledger)
        self.assertEqual(self.receiver.at("/rich"), [])

    def test_requests_are_signed_and_the_secret_stays_one(self):
        self.start(reps=self.signed_reps())
        self.publish(account("xyz", name="XYZ Co.", value=400000))
        self.publish(opened("I-3", "xyz", amount=20000))
        request, = self.wait("/rich")
        self.assertTrue(is_signed(request, SECRET), request.headers)
        self.assertFalse(is_signed(request, "whsec_" + "A" * 32))
        self.assertEqual(request.headers["content-type"].split(";")[0], "application/cloudevents+json")
        wait_settled(self.daemon.ledger)
        status = self.daemon.client("status") + self.daemon.client("notices", "--json")
        self.daemon.stop()
        with open(self.daemon.ledger, "rb") as file:
            stored = file.read().decode("latin-1")
        self.assertEqual(leaks([SECRET, SECRET.removeprefix("whsec_"), "/rich\""],
                               {"the log": self.daemon.log(), "the ledger": stored, "status": status}), [])

    def test_slack_gets_blocks_and_customer_text_stays_text(self):
        self.start(reps=[rep("rich", "sales", self.receiver.url("/rich"), format="slack"),
                         rep("pat", "service", self.receiver.url("/pat"))])
        self.publish(account("xyz", name="<!channel> & Co", value=400000))
        self.publish(opened("I-4", "xyz", summary="see <https://evil.example|here> & <@U123>", amount=20000))
        request, = self.wait("/rich")
        self.assertEqual(request.headers["content-type"].split(";")[0], "application/json")
        said = request.json
        self.assertTrue(said["text"])
        self.assertTrue(said["blocks"])
        for text in [said["text"], *marked_up(said["blocks"])]:  # in plain_text nothing is markup
            for control in ("<!channel", "<@U123", "<https://evil"):
                self.assertNotIn(control, text)

    def test_unknown_accounts_go_to_the_default_reps(self):
        self.start()
        receipt, = self.publish(opened("I-5", "nobody-knows-it", summary="who are you?"))
        self.assertEqual(receipt["issue"]["owner"], "pat")
        request, = self.wait("/pat")
        self.assertEqual(request.notice["account"]["key"], "nobody-knows-it")


if __name__ == "__main__":
    harness.main()
