#!/usr/bin/python3
"""What receivers can answer, and what becomes of the notice and of its lane."""

import json
import time

import harness
from audit import DEAD, DELIVERED, DIGEST, WAITING, Audit, Ledger, early_retries, wait_settled
from book import rep
from events import demand, opened
from receiver import Answer

QUICK = {"retry": ["300ms", "600ms", "1s"]}


class TestLanes(harness.Corridor):
    def begin(self, **changes):
        self.start(**{"courier": QUICK, **changes})

    def open_one(self, key="L-1"):
        self.publish(opened(key, "xyz"))

    def fates(self):
        return Ledger(self.daemon.ledger).fates()

    def audit(self, **more):
        return Audit(self.daemon.ledger, self.publisher.receipts, self.receiver.requests, **more).found

    def test_503_is_tried_again_under_the_same_id(self):
        self.begin()
        self.receiver.script("/pat", 503, 503)
        self.open_one()
        requests = self.wait("/pat", 3)
        self.assertEqual(len({request.id for request in requests}), 1)
        wait_settled(self.daemon.ledger)
        self.assertEqual(early_retries(requests, [0.3, 0.6, 1.0]), [])
        self.assertEqual(self.audit(), [])

    def test_retry_after_holds_the_whole_lane(self):
        self.begin()
        self.receiver.script("/pat", Answer(429, {"Retry-After": "2"}))
        self.open_one("L-1")
        first, = self.wait("/pat", 1)
        harness.eventually(lambda: [notice["attempts"] for notice in Ledger(self.daemon.ledger).notices
                                    if notice["rep"] == "pat"] == [1], what="the attempt on record")
        self.open_one("L-2")
        requests = self.wait("/pat", 3)
        self.assertGreater(requests[1].at - first.at, 1.9)
        wait_settled(self.daemon.ledger)
        self.assertEqual(self.audit(), [])

    def test_400_is_a_dead_letter_at_once_and_can_be_sent_again(self):
        self.begin()
        self.receiver.script("/pat", 400)
        self.open_one("L-1")
        self.open_one("L-2")
        self.wait("/pat", 2)
        harness.eventually(lambda: self.fates()[DEAD] == 1 and self.fates()[DELIVERED] >= 1)
        dead = self.dead_letters()
        self.assertEqual(len(dead), 1)
        self.assertIn("400", json.dumps(dead))
        self.daemon.client("retry", dead[0]["notice"])
        again = self.wait("/pat", 3)[-1]
        self.assertEqual(again.id, dead[0]["notice"])
        wait_settled(self.daemon.ledger, also=lambda fates: not fates[DEAD])
        self.assertEqual(self.dead_letters(), [])

    def dead_letters(self):
        listed = self.daemon.client("notices", "--dead", "--json").strip()
        if not listed.startswith("["):
            return [json.loads(line) for line in listed.splitlines()]
        return json.loads(listed)

    def test_the_admin_is_told_of_an_outage_not_of_each_letter(self):
        self.begin()
        for number, status in enumerate((400, 400, 422, 200, 400, 400)):  # it takes some and not others
            self.receiver.script("/pat", status)
            self.open_one(f"L-{number}")
            self.wait("/pat", number + 1)
        harness.eventually(lambda: self.fates()[DEAD] == 5, what="the last of the dead letters")
        wait_settled(self.daemon.ledger)
        told = [request.notice for request in self.receiver.at("/admin")]
        dead = [letter["notice"] for letter in self.dead_letters()]  # the latest first
        self.assertEqual([notice["kind"] for notice in told], ["dead_letter"])
        self.assertIn(f"lane pat has a dead letter: {dead[-1]}, last answer 400", told[0]["headline"])
        for notice in told:
            self.assertEqual((notice["account"], notice["issue"]), (None, None))
            for word in ("xyz", "L-", "charged"):
                self.assertNotIn(word, notice["headline"] + notice["body"])
        self.assertEqual(self.audit(), [])

    def test_trouble_of_the_admins_own_lane_is_in_the_log(self):
        self.begin()
        self.receiver.always("/admin", 404)
        self.receiver.script("/pat", 400)
        self.open_one()
        harness.eventually(lambda: "lane admin is paused: its receiver answered 404" in self.daemon.log())
        self.assertEqual(len(self.receiver.at("/admin")), 1)
        lane, = [lane for lane in json.loads(self.daemon.client("lanes", "--json")) if lane["lane"] == "admin"]
        self.assertEqual(lane["why"], "answered 404: ok")

    def test_resume_sends_what_was_to_be_tried_much_later(self):
        self.begin(courier={"retry": ["1h", "2h"]})
        self.receiver.script("/pat", 503)
        for number in range(4):
            self.open_one(f"L-{number}")
        self.wait("/pat", 4)
        harness.eventually(lambda: self.fates()[WAITING] == 1 and self.fates()[DELIVERED] >= 3)
        self.assertIn("what waits for it goes out", self.daemon.client("resume", "pat"))
        self.assertEqual(self.wait("/pat", 5)[-1].json["subject"], "L-0")
        wait_settled(self.daemon.ledger)
        self.assertEqual(Audit(self.daemon.ledger, requests=self.receiver.requests).found, [])

    def test_after_an_outage_all_goes_out_in_its_order(self):
        self.begin(courier={"retry": ["1h", "2h"]})
        self.receiver.always("/pat", 503)
        for number in range(12):
            self.open_one(f"L-{number}")
        self.wait("/pat", 5)
        self.receiver.always("/pat", 200)
        self.wait("/pat", 12, seconds=30, where=lambda request: request.status == 200)
        wait_settled(self.daemon.ledger)
        arrived = [int(request.json["subject"][2:]) for request in self.receiver.at("/pat") if request.status == 200]
        self.assertEqual(sorted(arrived), list(range(12)))
        self.assertEqual(arrived[1:], sorted(arrived[1:]), "behind the one that found out")

    def test_retry_of_some_opens_no_other_lane(self):
        self.begin(rules=[{"name": "both", "heads_up": "now", "service": "now"}])
        self.receiver.always("/pat", 410)
        self.receiver.script("/rich", 400)
        self.open_one()
        harness.eventually(lambda: self.fates()[DEAD] == 1)
        harness.eventually(lambda: "lane pat is closed" in self.daemon.log())
        self.assertIn("1 dead letter", self.daemon.client("retry", "--status", "400"))
        self.wait("/rich", 2)
        self.open_one("L-2")
        self.wait("/rich", 3)
        self.assertEqual(len(self.receiver.at("/pat")), 1)

    def test_the_schedule_has_an_end(self):
        self.begin()
        self.receiver.always("/pat", 500)
        self.open_one()
        harness.eventually(lambda: self.fates()[DEAD] == 1, 20)
        self.assertEqual(len(self.receiver.at("/pat")), 1 + len(QUICK["retry"]))
        self.wait("/admin", 1, where=lambda request: request.notice["kind"] == "dead_letter")

    def test_a_refusal_of_the_lane_pauses_it_and_keeps_its_queue(self):
        for status in (401, 302):
            with self.subTest(status):
                self.setUp()
                self.begin()
                self.receiver.always("/pat", Answer(status, {"Location": self.receiver.url("/elsewhere")}))
                for number in range(5):
                    self.open_one(f"L-{number}")
                told = self.wait("/admin")[0].notice
                self.assertIn("pat", told["headline"] + told["body"])
                self.assertNotIn("xyz", json.dumps(told), "the admin's notice names the lane, never the case")
                time.sleep(1.0)
                # one more may have been on its way to the courier already
                self.assertLessEqual(len(self.receiver.at("/pat")), 2)
                self.assertEqual(self.receiver.at("/elsewhere"), [])
                self.assertEqual(self.fates()[WAITING], 5)
                self.assertIn("paused", self.daemon.client("status"))
                self.daemon.kill()

    def test_an_endpoint_may_say_what_its_answers_mean(self):
        self.begin(reps=[rep("rich", "sales", self.receiver.url("/rich")),
                         rep("pat", "service", self.receiver.url("/pat"),
                             answers=[{"status": "404", "do": "again"}, {"status": "409", "do": "delivered"},
                                      {"status": "503", "do": "close"}, {"status": "5xx", "do": "dead"}])])
        self.receiver.script("/pat", 404, 200, 409, 500, 503)
        for number in range(5):
            self.open_one(f"L-{number}")
            time.sleep(0.05)
        harness.eventually(lambda: "closed" in self.daemon.client("status"), what="a lane that is closed")
        said = [(request.json["subject"], request.status) for request in self.receiver.at("/pat")]
        self.assertEqual(len(said), 5)
        self.assertEqual({status for _, status in said}, {404, 200, 409, 500, 503})
        fates = self.fates()
        self.assertEqual((fates[DEAD], fates[WAITING]), (1, 2), fates)
        self.assertEqual(self.dead_letters()[0]["status"], 500)

    def begin_with_expiry(self):
        self.begin(reps=[rep("rich", "sales", self.receiver.url("/rich"), expire_after="1s"),
                         rep("pat", "service", self.receiver.url("/pat"))],
                   rules=[{"name": "demands", "match": ["event = issue.escalation_requested"], "escalate": True},
                          {"name": "both", "heads_up": "now", "service": "now"}],
                   courier={"retry": ["700ms"] * 5})

    def expired(self):
        return [notice for notice in Ledger(self.daemon.ledger).notices if notice["fate"] == DIGEST]

    def test_stale_news_is_for_the_digest_and_what_must_be_done_is_not(self):
        self.begin_with_expiry()
        self.daemon.client("pause", "rich")
        for number in range(300):
            self.publisher.send(opened(f"L-{number}", "xyz"))
        for _ in range(300):
            self.publisher.receive()
        self.publish(demand("L-7"))
        harness.eventually(lambda: len(self.expired()) == 300, what="the last of the stale news")
        for notice in self.expired():
            self.assertEqual((notice["rep"], notice["lane"], notice["kind"]), ("rich", None, 0))
            self.assertIn("longer than 1 second, so it is for the digest", notice["why"])
            self.assertGreater(notice["due_ms"], time.time() * 1000)
        self.daemon.client("resume", "rich")
        came = self.wait("/rich", 1)
        wait_settled(self.daemon.ledger)
        self.assertEqual([request.notice["kind"] for request in came], ["escalation"])
        self.assertEqual([found for found in self.audit() if "events acknowledged" not in found], [])

    def test_what_was_tried_long_enough_is_for_the_digest(self):
        self.begin_with_expiry()
        self.receiver.always("/rich", 503)
        self.open_one("L-1")
        harness.eventually(lambda: len(self.expired()) == 1, what="the stale news")
        self.assertEqual(len(self.receiver.at("/rich")), 2)
        self.receiver.always("/rich", 200)
        self.open_one("L-2")
        wait_settled(self.daemon.ledger)
        self.assertEqual(self.receiver.at("/rich")[-1].json["subject"], "L-2")

    def test_410_closes_the_lane(self):
        self.begin()
        self.receiver.always("/pat", 410)
        self.open_one("L-1")
        self.wait("/admin")
        self.open_one("L-2")
        time.sleep(1.0)
        self.assertEqual(len(self.receiver.at("/pat")), 1)
        self.assertIn("closed", self.daemon.client("status"))

    def test_a_hanging_receiver_delays_no_other(self):
        self.begin(rules=[{"name": "both", "heads_up": "now", "service": "now"}])
        self.receiver.always("/pat", Answer(hang=True))
        started = time.time()
        for number in range(200):
            self.publisher.send(opened(f"L-{number}", "xyz"))
        for _ in range(200):
            self.assertEqual(self.publisher.receive()[0]["status"], "accepted")
        self.wait("/rich", 200, seconds=15)
        self.assertLess(time.time() - started, 10 * harness.PATIENCE)
        self.assertLessEqual(len(self.receiver.at("/pat")), 2)

    def test_order_within_a_lane(self):
        self.begin()
        self.receiver.script("/pat", 503)
        for number in range(30):
            self.open_one(f"L-{number}")
        requests = self.wait("/pat", 31, seconds=20)
        arrived = [request.json["subject"] for request in requests if request.status == 200]
        self.assertEqual(len(set(arrived)), 30)
        arrived.remove(requests[0].json["subject"])  # that was refused once comes when its time does
        self.assertEqual(arrived, sorted(arrived, key=lambda key: int(key[2:])))

    def test_cut_connections_and_slow_and_huge_answers(self):
        self.begin()
        self.receiver.script("/pat", Answer(reset=True), Answer(wait=1.0),
                             Answer(body=b"x" * 3_000_000), Answer(500, body=b"\x00\xff<secret>" * 1000))
        self.open_one("L-1")
        self.open_one("L-2")
        self.open_one("L-3")
        wait_settled(self.daemon.ledger, 30)
        self.assertEqual(len({request.json["subject"] for request in self.receiver.at("/pat")}), 3)
        self.assertEqual([found for found in self.audit() if not found.startswith("P4")], [])
        self.assertNotIn("<secret>" * 3, self.daemon.log())

    def test_private_addresses_are_refused(self):
        self.begin(reps=[rep("rich", "sales", "https://10.1.2.3/hook"),
                         rep("pat", "service", self.receiver.url("/pat"))],
                   rules=[{"name": "both", "heads_up": "now", "service": "now"}])
        self.open_one()
        self.wait("/pat")
        told = self.wait("/admin")[0].notice
        self.assertIn("rich", told["headline"] + told["body"])
        self.assertNotIn("/hook", self.daemon.log())

    def test_an_endpoint_that_is_not_there(self):
        self.begin(reps=[rep("rich", "sales", f"http://127.0.0.1:{harness.free_port()}/rich"),
                         rep("pat", "service", self.receiver.url("/pat"))],
                   rules=[{"name": "both", "heads_up": "now", "service": "now"}])
        self.open_one()
        self.wait("/pat")
        harness.eventually(lambda: self.fates()[DEAD] == 1, 20)
        self.assertEqual(len(self.dead_letters()), 1)


if __name__ == "__main__":
    harness.main()
