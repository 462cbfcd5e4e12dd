#!/usr/bin/python3
"""The commands about lanes: how they stand, and how a person stops one and lets it go on."""

import base64
import json
import os
import pty
import re
import subprocess
import time

import harness
from audit import WAITING, Audit, Ledger, wait_settled
from book import SECRET, rep, secret_file
from events import opened
from receiver import Answer, is_signed, signature


class TestLanesCommand(harness.Corridor):
    def begin(self, **changes):
        self.start(**{"courier": {"retry": ["300ms", "600ms", "1s"]}, **changes})

    def open_one(self, key="L-1"):
        self.publish(opened(key, "xyz"))

    def lanes(self):
        return {lane["lane"]: lane for lane in json.loads(self.daemon.client("lanes", "--json"))}

    def waiting(self):
        return Ledger(self.daemon.ledger).fates()[WAITING]

    def audit(self, **more):
        receipts = self.publisher.receipts if not more.get("crashed") else []
        return [found for found in Audit(self.daemon.ledger, receipts, self.receiver.requests, **more).found
                if "events acknowledged" not in found]  # the command line publishes too

    def test_lanes_are_those_of_the_rule_book_and_of_the_ledger(self):
        self.begin()
        lanes = self.lanes()
        self.assertEqual(list(lanes), ["rich", "pat", "admin"])
        self.assertEqual((lanes["pat"]["rep"], lanes["pat"]["format"], lanes["pat"]["host"]),
                         ("pat", "generic", "127.0.0.1"))
        self.assertEqual((lanes["pat"]["state"], lanes["pat"]["waiting"], lanes["pat"]["last_answer_at"]),
                         ("open", 0, None))
        self.receiver.script("/pat", Answer(200, body=b"thank you"))
        self.open_one()
        pat = harness.eventually(lambda: self.lanes()["pat"]["last_answer_at"] and self.lanes()["pat"])
        self.assertEqual((pat["last_status"], pat["last_answer"]), (200, "thank you"))
        self.daemon.stop()
        self.daemon.write_book({**self.book_without_rich()})
        lanes = self.lanes()
        self.assertEqual(lanes["pat"]["state"], "open")
        self.assertEqual(lanes["dana"]["host"], "127.0.0.1")
        words = self.daemon.client("lanes")
        self.assertIn("LANE", words)

    def book_without_rich(self):
        from book import standard
        book = standard(self.folder, self.receiver)
        book["reps"][0] = rep("dana", "sales", self.receiver.url("/dana"))
        book["default"]["sales"] = "dana"
        return book

    def test_a_lane_that_left_the_rule_book_is_listed_while_something_is_in_it(self):
        self.begin()
        self.receiver.script("/pat", 400)
        self.open_one()
        harness.eventually(self.dead, what="the dead letter")
        for lane in ("pat", "rich"):
            self.daemon.client("pause", lane, "--why", "moves house")
        self.daemon.stop()
        book = self.book_without_rich()
        book["reps"][1] = rep("paula", "service", self.receiver.url("/paula"))
        book["default"]["service"] = "paula"
        self.daemon.write_book(book)
        self.assertEqual(list(self.lanes()), ["dana", "paula", "admin", "pat"])
        self.assertEqual([lane["lane"] for lane in json.loads(self.daemon.client("status", "--json"))["lanes"]
                          if lane["state"] == "paused"], ["pat"])
        words = self.daemon.client("lanes")
        self.assertNotIn("headsup resume", words)
        self.assertRegex(words, r"\npat: paused by .*: moves house; the rule book has no such lane any more\n")
        words = self.daemon.client("status")
        self.assertRegex(words, r"\npat +paused .* not in the rule book; moves house")
        self.assertNotIn("rich", words)

    def test_a_failing_lane_shows_what_waits_and_when_it_is_due(self):
        self.begin(courier={"retry": ["1h"]})
        self.receiver.always("/pat", Answer(503, body=b"come back"))
        self.open_one()
        pat = harness.eventually(lambda: self.lanes()["pat"]["last_answer_at"] and self.lanes()["pat"])
        self.assertEqual((pat["waiting"], pat["last_status"], pat["last_answer"]), (1, 503, "come back"))
        self.assertIsNotNone(pat["oldest_waiting_since"])
        self.assertGreater(pat["next_due_at"], pat["last_answer_at"])

    def test_a_paused_lane_keeps_its_queue_over_a_restart_and_a_retry(self):
        self.begin()
        said = self.daemon.client("pause", "pat", "--why", "moves house")
        self.assertIn("pat is paused", said)
        for number in range(3):
            self.open_one(f"L-{number}")
        time.sleep(0.5)
        self.assertEqual(self.receiver.at("/pat"), [])
        pat = self.lanes()["pat"]
        self.assertEqual((pat["state"], pat["why"], pat["waiting"], pat["next_due_at"]),
                         ("paused", "moves house", 3, None))
        self.assertTrue(pat["by"])
        self.assertIn("moves house", self.daemon.client("lanes"))
        self.daemon.stop()
        self.daemon.start()
        self.daemon.client("retry", "--all")
        self.publisher.publish({"specversion": "1.0", "id": "r1", "source": "/test", "type": "headsup.notice.retried",
                                "data": {"all": True}})
        time.sleep(0.5)
        self.assertEqual(self.receiver.at("/pat"), [])
        self.assertEqual(self.lanes()["pat"]["state"], "paused")
        self.assertIn("pat is open", self.daemon.client("resume", "pat"))
        self.wait("/pat", 3)
        wait_settled(self.daemon.ledger)
        self.assertEqual(self.audit(), [])
        self.assertEqual(self.lanes()["pat"]["state"], "open")
        self.assertIsNone(self.lanes()["pat"]["by"])

    def test_a_pause_takes_back_what_the_courier_has_in_hand(self):
        self.begin()
        self.receiver.always("/pat", Answer(wait=0.4))
        for number in range(20):
            self.open_one(f"L-{number:02}")
        self.wait("/pat", 1)
        self.daemon.client("pause", "pat")
        time.sleep(1.0)
        came = len(self.receiver.at("/pat"))
        self.assertLess(came, 10)
        time.sleep(1.0)
        self.assertEqual(len(self.receiver.at("/pat")), came, "sent although the lane is paused")
        self.assertEqual(self.waiting(), 20 - came)
        self.receiver.always("/pat", 200)
        self.daemon.client("resume", "pat")
        requests = self.wait("/pat", 20)
        wait_settled(self.daemon.ledger)
        arrived = [request.json["subject"] for request in requests]
        self.assertEqual(arrived, sorted(arrived))
        self.assertEqual(self.audit(), [])

    def test_what_an_answer_paused_is_tried_again_at_start_and_resumed_by_hand(self):
        self.begin()
        self.receiver.script("/pat", 401, 401)
        self.open_one()
        harness.eventually(lambda: self.lanes()["pat"]["state"] == "paused")
        self.assertIsNone(self.lanes()["pat"]["by"])
        self.daemon.stop()
        self.daemon.start()
        self.wait("/pat", 2)
        harness.eventually(lambda: self.lanes()["pat"]["state"] == "paused")
        self.daemon.client("resume", "pat")
        self.wait("/pat", 3)
        wait_settled(self.daemon.ledger)

    def test_a_test_goes_the_way_of_every_notice(self):
        self.begin(reps=[rep("rich", "sales", self.receiver.url("/rich"),
                             secret_file=secret_file(self.folder)),
                         {**rep("dana", "sales", self.receiver.url("/dana"), format="slack"), "mention": "<@U0DANA>"},
                         rep("pat", "service", self.receiver.url("/pat"))])
        self.receiver.script("/rich", Answer(200, body=b"got it"))
        said = self.daemon.client("send-test", "rich")
        request, = self.wait("/rich", 1)
        self.assertTrue(is_signed(request, SECRET))
        self.assertIn(f"{request.id} test to rich: delivered, answered 200: got it", said)
        self.assertEqual(request.notice["kind"], "test")
        self.assertTrue(request.notice["headline"].startswith("[TEST] "), request.notice)
        self.assertEqual(request.notice["reason"]["law"], "a test was asked for")
        self.assertEqual(self.daemon.client("send-test", "dana", "--kind", "escalation", status=0).count("\n"), 1)
        slack, = self.wait("/dana", 1)
        self.assertTrue(slack.json["text"].startswith("[TEST] Test Customer (major) asks for you"), slack.json)
        self.assertIn("<@U0DANA>", [block.get("text", {}).get("text") for block in slack.json["blocks"]])
        self.daemon.client("send-test", "admin", status=0)
        self.wait("/admin", 1)
        told = [json.loads(line) for line in self.daemon.client("send-test", "pat", "--all", "--json").splitlines()]
        self.assertEqual([line["kind"] for line in told],
                         ["heads_up", "owner", "escalation", "handed_over", "stand_firm", "kick_off", "review",
                          "check_in", "meeting", "digest", "dead_letter", "source_silent"])
        self.assertEqual({line["fate"] for line in told}, {"delivered"})
        self.assertEqual(len({request.notice["headline"] + request.notice["body"]
                              for request in self.receiver.at("/pat")}), len(told))
        for request in self.receiver.at("/pat"):
            self.assertTrue(request.notice["headline"].startswith("[TEST] "), request.notice)
            self.assertEqual((request.notice["kind"], request.notice["issue"]["key"]), ("test", "TEST-1"))
        ledger = Ledger(self.daemon.ledger)
        self.assertEqual((ledger.issues, ledger.accounts), ({}, {}))
        self.assertEqual(self.audit(book=self.daemon.book), [])
        self.daemon.client("status", "--audit")

    def test_a_test_says_what_went_wrong(self):
        self.begin()
        self.receiver.script("/rich", Answer(400, body=b"no such channel"), Answer(503, body=b"later"))
        self.assertIn("dead, answered 400: no such channel", self.daemon.client("send-test", "rich", status=1))
        self.assertIn("not taken, tried again later, answered 503: later",
                      self.daemon.client("send-test", "rich", status=1))
        self.wait("/rich", 3)
        self.daemon.client("pause", "rich")
        self.assertIn("not sent; lane rich is paused, so it waits for: headsup resume rich",
                      self.daemon.client("send-test", "rich", status=1))
        done = self.daemon.client_run("send-test", "nobody")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no rep 'nobody'", done.stderr)
        self.receiver.script("/pat", Answer(404, body=b"no such channel"))
        self.assertRegex(self.daemon.client("send-test", "pat", status=1),
                         "test to pat: not taken, answered 404: no such channel; "
                         "lane pat is paused, so it waits for: headsup resume pat\n")
        self.assertEqual(len(self.receiver.at("/pat")), 1)
        done = self.daemon.client_run("send-test", "rich", "--kind", "shout")
        self.assertEqual(done.returncode, 1)
        self.assertIn("heads_up, owner", done.stderr)

    def with_fallback(self, **more):
        return [rep("rich", "sales", self.receiver.url("/rich")),
                {**rep("pat", "service", self.receiver.url("/pat"), **more),
                 "fallback": {"url": self.receiver.url("/pat2")}}]

    def test_a_test_says_that_the_fallback_took_it(self):
        self.begin(reps=self.with_fallback())
        self.receiver.script("/pat", Answer(400, wait=0.3), Answer(404, wait=0.3))
        said = self.daemon.client("send-test", "pat")
        self.assertRegex(said, r"^(\w+) test to pat by pat\.fallback: delivered, answered 200: ok; "
                               r"why not by pat: headsup why \1\n$")
        self.assertIn("lane pat gave up on it", self.daemon.client("why", said.split()[0]))
        for _ in ("the one that pauses the lane", "the next"):
            self.assertRegex(self.daemon.client("send-test", "pat"),
                             r"test to pat by pat\.fallback: delivered, answered 200: ok; "
                             r"lane pat is paused: headsup resume pat\n$")
        self.assertEqual(json.loads(self.daemon.client("send-test", "pat", "--json"))["lane"], "pat.fallback")
        self.receiver.script("/pat2", Answer(503, body=b"later"), 200, Answer(403, body=b"no"))
        self.assertIn("by pat.fallback: not taken, tried again later, answered 503: later; lane pat is paused",
                      self.daemon.client("send-test", "pat", status=1))
        self.wait("/pat2", 6)
        self.assertIn("by pat.fallback: not taken, answered 403: no; "
                      "lane pat.fallback is paused, so it waits for: headsup resume pat.fallback",
                      self.daemon.client("send-test", "pat", status=1))
        self.assertIn("to pat: not sent; lane pat is paused, so it waits for: headsup resume pat\n",
                      self.daemon.client("send-test", "pat", status=1))

    def test_patience_with_tests_grows_with_their_number_and_the_rate(self):
        self.begin(reps=self.with_fallback(rate_per_minute=12))
        ours, theirs = pty.openpty()
        tests = subprocess.Popen([harness.HEADSUP, "send-test", "-c", self.daemon.conf, "pat", "--all"],
                                 stdout=subprocess.DEVNULL, stderr=theirs, env=self.daemon.environment())
        os.close(theirs)
        shown = ""
        while "at most" not in shown:
            shown += os.read(ours, 4096).decode()
        tests.terminate()
        tests.wait(10)
        os.close(ours)
        seconds = int(re.search(r"[01] of 12 have an answer, waiting (\d+) s more at most", shown)[1])
        self.assertTrue(80 <= seconds <= 90, shown)

    def dead(self):
        return json.loads(self.daemon.client("notices", "--dead", "--json"))

    def test_dead_letters_say_of_what_they_died_and_are_sent_again_by_it(self):
        self.begin(courier={"retry": ["10ms"]})
        self.receiver.script("/pat", Answer(400, body=b"no such channel"), Answer(422, body=b"too long"), 500, 500)
        for number in range(3):
            self.open_one(f"L-{number}")
        harness.eventually(lambda: len(self.dead()) == 3)
        self.assertEqual({(letter["reason"], letter["attempts"], letter["answer"]) for letter in self.dead()},
                         {("refused with 400", 1, "no such channel"), ("refused with 422", 1, "too long"),
                          ("500 after 2 tries", 2, "ok")})
        words = self.daemon.client("notices", "--dead")
        for word in ("REASON", "SAID", "DIED", "refused with 422", "too long"):
            self.assertIn(word, words)
        self.assertIn("no dead letters", self.daemon.client("retry", "--status", "404"))
        self.assertIn("no dead letters", self.daemon.client("retry", "--since", "2030-01-01T00:00:00Z"))
        self.assertIn("no dead letters", self.daemon.client("retry", "--lane", "rich", "--since", "1h"))
        self.assertEqual(len(self.receiver.at("/pat")), 4)
        self.assertIn("1 dead letter to send again", self.daemon.client("retry", "--status", "422"))
        self.wait("/pat", 5)
        self.assertIn("2 dead letters to send again", self.daemon.client("retry", "--since", "1h"))
        self.wait("/pat", 7)
        wait_settled(self.daemon.ledger)
        self.assertEqual(self.dead(), [])
        self.assertEqual(self.daemon.client_run("retry", "--since", "soon").returncode, 2)
        self.assertEqual(self.daemon.client_run("retry", "--status", "high").returncode, 2)
        self.assertEqual(self.daemon.client_run("retry").returncode, 2)
        self.assertEqual(self.daemon.client_run("retry", "--all", "--lane", "pat").returncode, 2)

    def test_dead_letters_say_in_which_lane_they_died(self):
        reps = self.with_fallback()
        self.begin(reps=reps)
        self.receiver.script("/pat", 400)
        self.receiver.script("/pat2", 400)
        self.open_one()
        harness.eventually(self.dead, what="the dead letter")
        words = self.daemon.client("notices", "--dead")
        self.assertRegex(words, r"TO +LANE ")
        self.assertRegex(words, r"pat +pat\.fallback ")
        self.assertIn("no dead letters in lane pat; there are in lane pat.fallback: 1",
                      self.daemon.client("retry", "--lane", "pat"))
        for typed, said in (("pat.falback", "; did you mean 'pat.fallback'?"), ("admn", "; did you mean 'admin'?"),
                            ("nolane", "\n")):
            done = self.daemon.client_run("retry", "--lane", typed)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn(f"neither the rule book nor any dead letter has a lane '{typed}'{said}", done.stderr)
        self.daemon.stop()
        self.daemon.write_book({**self.daemon.book, "reps": [reps[0], rep("pat", "service", self.receiver.url("/pat"))]})
        self.daemon.start()
        self.assertIn("no dead letters", self.daemon.client("retry", "--lane", "pat.fallback", "--status", "404"))
        self.assertIn("1 dead letter to send again", self.daemon.client("retry", "--lane", "pat.fallback"))

    def test_two_secrets_sign_while_they_change(self):
        new = "whsec_" + base64.b64encode(b"another secret of 24 bytes and more").decode()
        path = secret_file(self.folder, secret=f"{new}\n{SECRET}")
        self.begin(reps=[rep("rich", "sales", self.receiver.url("/rich"), secret_file=path),
                         rep("pat", "service", self.receiver.url("/pat"))])
        self.daemon.client("send-test", "rich")
        request, = self.wait("/rich", 1)
        given = request.headers["webhook-signature"].split(" ")
        self.assertEqual(len(given), 2)
        self.assertEqual(given[0], signature(new, request.id, request.headers["webhook-timestamp"], request.body))
        self.assertTrue(is_signed(request, new))
        self.assertTrue(is_signed(request, SECRET))
        self.assertFalse(is_signed(request, "whsec_" + base64.b64encode(b"x" * 24).decode()))
        self.assertNotIn("whsec_", self.daemon.log())

    def test_a_lane_that_is_not_there_is_refused_in_words(self):
        self.begin()
        done = self.daemon.client_run("pause", "nobody")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no lane 'nobody'", done.stderr)
        self.assertEqual(self.daemon.client_run("pause").returncode, 2)


if __name__ == "__main__":
    harness.main()
