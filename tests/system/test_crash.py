#!/usr/bin/python3
"""kill -9 of the desk, of the courier, of both, again and again while events stream in. Afterwards the
three records must agree: nothing that was acknowledged is lost, and what came twice bears the same id."""

import os
import random
import threading
import time
import unittest
import unittest.mock

import harness
from audit import DELIVERED, GATHERED, Audit, Ledger, wait_settled
from book import standard
from events import account, demand, opened
from receiver import Answer

EVENTS = 2000


class Stream(threading.Thread):
    """Publishes until each event is acknowledged, as a patient home-office system does."""

    def __init__(self, endpoint, events, window=64):
        super().__init__(daemon=True)
        self.endpoint, self.events, self.window = endpoint, events, window
        self.receipts, self.failure = [], None
        self.open = {event["id"]: event for event in events}

    def run(self):
        try:
            while self.open:
                self.publish_round()
        except Exception as failure:  # told by join()
            self.failure = failure

    def publish_round(self):
        """Sends what is not acknowledged yet, a window at a time, until a reply stays out."""
        publisher = harness.Publisher(self.endpoint)
        try:
            for start in range(0, len(self.open), self.window):
                for event in list(self.open.values())[:self.window]:
                    publisher.send(event)
                    time.sleep(0.0005)
                for _ in range(min(self.window, len(self.open))):
                    reply = publisher.receive(1.0)
                    if reply is None:
                        return
                    self.take(reply[0])
        finally:
            publisher.close()

    def take(self, receipt):
        assert receipt["status"] != "refused", receipt
        if receipt["status"] in ("accepted", "duplicate"):
            self.receipts.append(receipt)
            self.open.pop(receipt["id"], None)

    def finish(self, seconds):
        self.join(seconds * harness.PATIENCE)
        assert self.failure is None, self.failure
        assert not self.is_alive(), f"{len(self.open)} events were never acknowledged"


class TestCrash(harness.Corridor):
    def begin(self, **changes):
        changes["courier"] = {"retry": ["200ms"] * 20}
        self.book = standard(self.folder, self.receiver, **changes)
        self.start(**changes)
        self.publish(account("xyz", name="XYZ Co.", value=400000, service="pat", sales="rich"))
        events = []
        for number in range(EVENTS // 2):
            key = f"C-{number % 300}"
            events.append(opened(key, "xyz", id=f"o{number}", amount=number * 37))
            events.append(demand(key, id=f"d{number}"))
        self.stream = Stream(self.daemon.endpoint, events)
        self.stream.start()

    def end(self):
        """Waits for calm and audits; every event acknowledged must have an answer by now."""
        self.stream.finish(120)
        wait_settled(self.daemon.ledger, 60 * harness.PATIENCE)
        time.sleep(0.3)
        self.assertEqual(self.daemon.stop(), 0)
        found = Audit(self.daemon.ledger, self.publisher.receipts + self.stream.receipts,
                      self.receiver.requests, book=self.book, crashed=True).found
        self.assertEqual(found, [])

    def pause(self):
        time.sleep(random.uniform(0.05, 0.6))

    def test_the_desk_dies(self):
        self.begin()
        for _ in range(6):
            self.pause()
            self.daemon.kill()
            self.daemon.start()
        self.end()

    def test_the_desk_dies_while_notices_are_held(self):
        self.begin(gather={"wait": "300ms", "again": "700ms"})
        for _ in range(5):
            self.pause()
            self.daemon.kill()
            self.daemon.start()
        self.end()
        self.assertGreater(Ledger(self.daemon.ledger).fates()[GATHERED], 0)

    def test_the_courier_dies(self):
        self.begin()
        for _ in range(6):
            self.pause()
            killed = harness.eventually(self.daemon.kill_courier, what="a courier")
            harness.eventually(lambda: self.daemon.children() and self.daemon.children() != killed,
                               what="the next courier")
            self.assertIsNone(self.daemon.process.poll(), self.daemon.log())
        self.end()

    def test_both_die(self):
        self.begin()
        for _ in range(5):
            self.pause()
            self.daemon.kill_courier()
            self.daemon.kill()
            self.daemon.start()
        self.end()

    @unittest.skipIf(harness.sanitized(), "nothing can be loaded before the sanitizer")
    def test_a_receipt_means_on_disk(self):
        """On a slow disk, killed in the moment in which the receipt arrives."""
        self.assertTrue(os.path.exists(harness.SLOW_DISK))
        self.start()
        for number in range(8):
            self.daemon.stop() if number == 0 else self.daemon.kill()
            self.daemon.preload = harness.SLOW_DISK
            self.daemon.start()
            self.publish(*[opened(f"S-{number}-{part}", "xyz") for part in range(3)])
            self.daemon.kill()
        self.daemon.preload = None
        self.daemon.start()
        wait_settled(self.daemon.ledger)
        self.daemon.stop()
        self.assertEqual(Audit(self.daemon.ledger, self.publisher.receipts, self.receiver.requests,
                               crashed=True).found, [])

    def start_held(self):
        """A daemon whose disk is held while the file that it gives is there."""
        hold = os.path.join(self.folder, "hold")
        with unittest.mock.patch.dict(os.environ, {"HELD_DISK": hold}):
            self.start()
            self.daemon.stop()
            self.daemon.preload = harness.HELD_DISK
            self.daemon.start()
        return hold

    def hold(self, path, words=""):
        with open(path + ".new", "w", encoding="ascii") as file:
            file.write(words)
        os.rename(path + ".new", path)

    @unittest.skipIf(harness.sanitized(), "nothing can be loaded before the sanitizer")
    def test_nobody_is_told_before_the_disk_has_it(self):
        hold = self.start_held()
        self.publish(opened("B-1", "xyz"))
        self.wait("/pat")
        for count in (1, 20, 150):  # the desk waits, hands over meanwhile, or goes on
            wait_settled(self.daemon.ledger)
            before = len(self.receiver.requests)
            self.hold(hold)
            events = [opened(f"B-{count}-{number}", "xyz") for number in range(count)]
            self.publisher.send(*events)
            self.publisher.send(opened("B-0", "xyz"), events[0])
            self.publisher.send(b"{}")  # what stores nothing waits its turn too
            self.assertIsNone(self.publisher.receive(0.5))
            self.assertEqual(len(self.receiver.requests), before)
            os.unlink(hold)
            replies = [self.publisher.receive(10.0) for _ in range(3)]
            self.assertEqual([[receipt["status"] for receipt in reply] for reply in replies],
                             [["accepted"] * count, ["accepted", "duplicate"], ["refused"]])
            harness.eventually(lambda: len(self.receiver.requests) > before, what="the webhook")
        wait_settled(self.daemon.ledger)
        self.daemon.stop()
        self.assertEqual(Audit(self.daemon.ledger, self.publisher.receipts, self.receiver.requests).found, [])

    @unittest.skipIf(harness.sanitized(), "nothing can be loaded before the sanitizer")
    def test_a_sync_that_fails_ends_the_daemon_without_a_word(self):
        self.fail_a_sync(1)

    @unittest.skipIf(harness.sanitized(), "nothing can be loaded before the sanitizer")
    def test_a_sync_that_fails_beside_the_desk_does_so_too(self):
        self.fail_a_sync(20)

    def fail_a_sync(self, count):
        hold = self.start_held()
        self.publish(opened("B-1", "xyz"))
        wait_settled(self.daemon.ledger)
        time.sleep(0.2)  # the delivery's sync comes a little later
        before = len(self.receiver.requests)
        self.hold(hold, "broken")
        self.publisher.send(*[opened(f"B-{number}", "xyz") for number in range(count)])
        self.assertNotEqual(self.daemon.process.wait(10 * harness.PATIENCE), 0)
        self.assertIsNone(self.publisher.receive(0.2))
        self.assertEqual(len(self.receiver.requests), before)
        self.assertIn("the ledger's disk failed in a sync: Input/output error", self.daemon.log())
        os.unlink(hold)
        self.daemon.start()  # the lost event is asked for again
        self.assertEqual(self.publish(opened("B-2", "xyz"))[0]["status"], "accepted")
        self.wait("/pat")

    @unittest.skipIf(harness.sanitized(), "nothing can be loaded before the sanitizer")
    def test_a_delivery_is_synced_though_nothing_comes_after_it(self):
        hold = self.start_held()
        self.receiver.script("/pat", Answer(wait=0.5))
        self.publish(opened("B-1", "xyz"))
        self.hold(hold, "broken")
        self.assertNotEqual(self.daemon.process.wait(10 * harness.PATIENCE), 0)
        self.assertIn("the ledger's disk failed in a sync: Input/output error", self.daemon.log())
        self.assertEqual([notice["fate"] for notice in Ledger(self.daemon.ledger).notices if notice["rep"] == "pat"],
                         [DELIVERED])

    @unittest.skipIf(harness.sanitized(), "nothing can be loaded before the sanitizer")
    def test_a_dead_letter_is_told_when_the_disk_has_it(self):
        hold = self.start_held()
        self.receiver.script("/pat", Answer(status=400, wait=0.5))
        self.publish(opened("B-1", "xyz"))
        self.hold(hold)
        self.wait("/pat")
        time.sleep(1)
        self.assertEqual(self.receiver.at("/admin"), [])
        os.unlink(hold)
        self.wait("/admin")

    @unittest.skipIf(harness.sanitized(), "nothing can be loaded before the sanitizer")
    def test_a_courier_that_talks_nonsense_is_ended_and_nothing_stays_in_its_hand(self):
        order = os.path.join(self.folder, "garble")
        with unittest.mock.patch.dict(os.environ, {"GARBLED_PAIR": order}):
            self.start()
            self.daemon.stop()
            self.daemon.preload = harness.GARBLED_PAIR
            self.daemon.start()
        first, = harness.eventually(self.daemon.children, what="a courier")
        with open(order, "wb"):
            pass
        self.publish(opened("G-1", "xyz"))
        self.wait("/pat")
        harness.eventually(lambda: not os.path.exists(order), what="the nonsense")
        harness.eventually(lambda: self.daemon.children() not in ([], [first]), what="another courier")
        self.publish(opened("G-2", "xyz"))
        wait_settled(self.daemon.ledger, 20)
        self.daemon.stop()
        self.assertIn("the courier says what cannot be read; ending it", self.daemon.log())
        self.assertEqual(Audit(self.daemon.ledger, self.publisher.receipts, self.receiver.requests,
                               crashed=True).found, [])

    def test_no_courier_outlives_its_desk(self):
        self.start()
        couriers = self.daemon.children()
        self.assertEqual(len(couriers), 1)
        self.daemon.kill()
        harness.eventually(lambda: not any(alive(pid) for pid in couriers), what="the courier's end")

    def test_what_waits_is_sent_after_a_restart(self):
        self.start(courier={"retry": ["500ms"] * 20})
        self.receiver.always("/pat", 503)
        for number in range(20):
            self.publish(opened(f"R-{number}", "xyz"))
        self.wait("/pat")
        self.assertEqual(self.daemon.stop(), 0)
        self.receiver.always("/pat", 200)
        self.daemon.start()
        wait_settled(self.daemon.ledger, 30)
        taken = {request.json["subject"] for request in self.receiver.at("/pat") if request.status == 200}
        self.assertEqual(len(taken), 20)
        self.daemon.stop()
        self.assertEqual(Audit(self.daemon.ledger, self.publisher.receipts, self.receiver.requests).found, [])


def alive(pid):
    """Whether the process runs (a zombie does not)."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


if __name__ == "__main__":
    seed = int(os.environ.get("HEADSUP_SEED") or time.time_ns() % 10**9)
    print(f"HEADSUP_SEED={seed}", flush=True)
    random.seed(seed)
    harness.main()
