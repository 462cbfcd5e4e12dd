#!/usr/bin/python3
"""A rep's second webhook: what goes there when the first is dead, and what does not."""

import json
import os
import time
import unittest

import harness
from audit import DEAD, DELIVERED, WAITING, Audit, Ledger, wait_settled
from book import rep, standard
from events import opened
from receiver import Answer


class TestFallback(harness.Corridor):
    def begin(self, **changes):
        reps = standard(self.folder, self.receiver)["reps"]
        reps[1] = {**rep("pat", "service", self.receiver.url("/pat"), name="Pat Okafor"),
                   "fallback": {"url": self.receiver.url("/pat2")}}
        self.start(**{"courier": {"retry": ["300ms", "600ms"]}, "reps": reps, **changes})

    def begin_with_a_dead_letter(self):
        """In the fallback; the first is well again."""
        self.begin()
        self.receiver.always("/pat", 400)
        self.receiver.always("/pat2", 400)
        self.open_some(0, 1)
        harness.eventually(lambda: Ledger(self.daemon.ledger).fates()[DEAD] == 1)
        self.receiver.always("/pat", 200)

    def open_some(self, first, last):
        for number in range(first, last):
            self.publish(opened(f"L-{number:02}", "xyz"))

    def keys(self, path):
        return [request.json["subject"] for request in self.receiver.at(path)]

    def states(self):
        return {lane["lane"]: lane["state"] for lane in json.loads(self.daemon.client("lanes", "--json"))}

    def whys(self):
        return [notice["why"] for notice in Ledger(self.daemon.ledger).notices
                if notice["lane"] == "pat.fallback"]

    def settled(self):
        wait_settled(self.daemon.ledger)
        self.assertEqual(Audit(self.daemon.ledger, requests=self.receiver.requests,
                               book=self.daemon.book).found, [])

    def test_a_dead_lane_gives_all_that_waits_to_the_fallback_in_order(self):
        for status, state in ((404, "paused"), (410, "closed")):
            with self.subTest(status):
                self.setUp()
                self.begin()
                self.receiver.always("/pat", Answer(status, wait=0.3))
                self.open_some(0, 8)
                self.wait("/pat2", 8)
                self.open_some(8, 12)
                self.wait("/pat2", 12)
                self.settled()
                self.assertEqual(self.keys("/pat2"), [f"L-{number:02}" for number in range(12)])
                self.assertLessEqual(len(self.receiver.at("/pat")), 2)
                self.assertEqual(self.states()["pat"], state)
                for why in self.whys():
                    self.assertIn(f"lane pat is {state}, so it goes to the fallback", why)
                told, = self.wait("/admin", 1)
                self.assertIn("what waits goes to the fallback", told.notice["headline"])
                self.daemon.stop()

    @unittest.skipIf(harness.sanitized(), "nothing can be loaded before the sanitizer")
    def test_what_comes_while_a_lane_dies_does_not_pass_what_it_had_in_hand(self):
        """On a slow disk, so that the turn that records the lane's end takes in events too."""
        self.assertTrue(os.path.exists(harness.SLOW_DISK))
        self.begin()
        self.daemon.stop()
        self.daemon.preload = harness.SLOW_DISK
        self.daemon.start()
        self.receiver.always("/pat", Answer(404, wait=0.3))
        for number in range(24):
            self.publisher.send(opened(f"L-{number:02}", "xyz"))
            time.sleep(0.025)
        self.wait("/pat2", 24, seconds=30.0)
        self.settled()
        self.assertEqual(self.keys("/pat2"), [f"L-{number:02}" for number in range(24)])

    def test_a_closed_lane_stays_so_over_a_restart_and_its_fallback_is_used(self):
        self.begin()
        self.receiver.always("/pat", 410)
        self.open_some(0, 1)
        self.wait("/pat2", 1)
        self.daemon.stop()
        self.daemon.start()
        self.open_some(1, 3)
        self.wait("/pat2", 3)
        self.assertEqual(len(self.receiver.at("/pat")), 1)
        self.receiver.always("/pat", 200)
        self.daemon.client("resume", "pat")
        self.open_some(3, 5)
        self.wait("/pat", 3)
        self.settled()
        self.assertEqual(self.keys("/pat")[1:], ["L-03", "L-04"])

    def test_what_a_person_paused_waits_for_that_person(self):
        self.begin()
        self.daemon.client("pause", "pat", "--why", "moves house")
        self.open_some(0, 3)
        time.sleep(0.5)
        self.assertEqual(self.receiver.requests, [])
        self.daemon.client("resume", "pat")
        self.wait("/pat", 3)
        self.settled()
        self.assertEqual(self.receiver.at("/pat2"), [])

    def test_a_queue_waits_where_both_are_dead_and_goes_to_the_first_that_lives(self):
        self.begin()
        self.receiver.always("/pat", 403)
        self.receiver.always("/pat2", 403)
        self.open_some(0, 3)
        harness.eventually(lambda: self.states()["pat.fallback"] == "paused", what="a fallback that is paused")
        self.open_some(3, 5)
        time.sleep(0.5)
        self.assertEqual(Ledger(self.daemon.ledger).fates()[WAITING], 5)
        self.receiver.always("/pat2", 200)
        self.daemon.client("resume", "pat.fallback")
        self.wait("/pat2", 5, where=lambda request: request.status == 200)
        self.settled()
        self.assertEqual([request.json["subject"] for request in self.receiver.at("/pat2")
                          if request.status == 200], [f"L-{number:02}" for number in range(5)])

    def test_a_queue_comes_back_where_the_first_lives_again_and_the_fallback_does_not(self):
        self.begin()
        self.receiver.always("/pat", 403)
        self.receiver.always("/pat2", 404)
        self.open_some(0, 3)
        harness.eventually(lambda: self.states()["pat.fallback"] == "paused", what="a fallback that is paused")
        self.receiver.always("/pat", 200)
        self.daemon.client("resume", "pat")
        self.wait("/pat", 3, where=lambda request: request.status == 200)
        self.settled()
        self.assertEqual([request.json["subject"] for request in self.receiver.at("/pat") if request.status == 200],
                         [f"L-{number:02}" for number in range(3)])
        self.assertEqual(sum("lane pat.fallback is paused, so it goes back to the first" in notice["why"]
                             for notice in Ledger(self.daemon.ledger).notices), 3)

    def test_a_dead_letter_begins_anew_at_the_first(self):
        self.begin_with_a_dead_letter()
        for words in (["--lane", "pat.fallback"], ["--all"]):
            with self.subTest(words):
                before, before_there = len(self.receiver.at("/pat")), len(self.receiver.at("/pat2"))
                self.assertIn("1 dead letter", self.daemon.client("retry", *words))
                self.wait("/pat", before + 1)
                self.settled()
                self.assertEqual(len(self.receiver.at("/pat2")), before_there)
                self.receiver.script("/pat", 400)
                self.receiver.script("/pat2", 400)
                self.open_some(before, before + 1)
                harness.eventually(lambda: Ledger(self.daemon.ledger).fates()[DEAD] == 1)

    def test_a_dead_letter_of_a_fallback_that_is_no_more(self):
        self.begin_with_a_dead_letter()
        self.daemon.write_book(standard(self.folder, self.receiver))
        self.daemon.client("reload")
        self.daemon.client("retry", "--lane", "pat.fallback")
        self.wait("/pat", 2, seconds=3.0)

    def test_a_notice_that_is_given_up_goes_to_the_fallback_and_says_so(self):
        self.begin()
        self.receiver.script("/pat", 400)
        self.receiver.script("/pat2", 200, 500, 500, 500)
        self.open_some(0, 1)
        self.wait("/pat2", 1)
        self.settled()
        self.assertIn("lane pat gave up on it, last answer 400", self.whys()[0])
        self.receiver.script("/pat", 400)
        self.open_some(1, 2)
        harness.eventually(lambda: Ledger(self.daemon.ledger).fates()[DEAD] == 1, what="the dead letter")
        self.wait("/admin", 2)
        harness.eventually(lambda: Ledger(self.daemon.ledger).fates()[DELIVERED] == 3, what="all but that one")


if __name__ == "__main__":
    harness.main()
