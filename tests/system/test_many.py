#!/usr/bin/python3
"""As many lanes as a rule book may have, each with a notice to send at the same time: to receivers that hang,
and to receivers that take their time."""

import collections
import os
import sqlite3
import time

import harness
from audit import DELIVERED, UNSENT, WAITING, Ledger
from book import rep, standard
from crowd import Crowd
from events import account, opened

LANES, DESCRIPTORS = (1000, 512) if harness.sanitized() else (10_000, 4096)  # 10,000 reps are the most there may be
RULES = [{"name": "service hears of issues", "match": ["event = issue.opened"], "heads_up": "no", "service": "now"}]
MOST_AT_ONCE = min(1024, (DESCRIPTORS - 64) // 2)  # requests of the courier; and as many connections are kept open
UNKNOWN_AT_ONCE = MOST_AT_ONCE * 7 // 8  # of lanes of which it does not know that they answer
HANGS = 1.25 * harness.PATIENCE  # until it gives up on one
MOST_KIB = 160 * 1024  # of a process


class TestMany(harness.Corridor):
    descriptors = DESCRIPTORS

    def begin(self, answers_after, timeout, count=LANES, **more):
        self.crowd = Crowd(harness.free_port(), answers_after, **more)
        self.addCleanup(self.crowd.close)
        reps = standard(self.folder, self.receiver)["reps"]
        self.lanes = [f"m-{number}" for number in range(count - len(reps))]
        reps += [rep(name, "service", self.crowd.url(number), timeout=f"{timeout * 1000:.0f}ms")
                 for number, name in enumerate(self.lanes)]
        self.start(reps=reps, rules=RULES, unsaid={"service": "no"}, courier={"retry": ["1h"]}, admin=None)
        self.courier, = self.daemon.children()
        self.many([account("healthy", service="pat"), *(account(name, service=name) for name in self.lanes)])

    def many(self, events):
        """Publishes them as fast as they are taken."""
        frames = [events[first:first + 250] for first in range(0, len(events), 250)]
        for frame in frames:
            self.publisher.send(frame)
        for _ in frames:
            for receipt in self.publisher.receive(30)[0]:
                self.assertEqual(receipt["status"], "accepted", receipt)

    def poke(self, prefix=""):
        """A notice for each lane of the crowd."""
        self.many([opened(prefix + name, name) for name in self.lanes])

    def notices(self):
        return [notice for notice in Ledger(self.daemon.ledger).notices
                if notice["rep"].startswith("m-") and notice["fate"] != UNSENT]

    def healthy(self, name):
        """How long one notice of the healthy lane takes."""
        sent = time.monotonic()
        self.publish(opened(name, "healthy"))
        self.wait("/pat", 1, 30, where=lambda request: request.json["subject"] == name)
        return time.monotonic() - sent

    def bounds(self):
        """What the processes took at most, and the loop's own word."""
        for pid in (self.daemon.process.pid, self.courier):
            most = harness.process_kib(pid, "VmHWM")
            self.assertLess(most, MOST_KIB * harness.PATIENCE, f"process {pid} took {most} KiB")
        self.assertLess(len(os.listdir(f"/proc/{self.courier}/fd")), 2 * MOST_AT_ONCE + 64)
        self.assertLess(len(os.listdir(f"/proc/{self.daemon.process.pid}/fd")), 64)
        self.check_loop()

    def fill(self, queue):
        """So many more notices for each lane of the crowd, all due at once."""
        ledger = sqlite3.connect(self.daemon.ledger)
        columns = [row[1] for row in ledger.execute("PRAGMA table_info(notices)") if row[1] != "num"]
        ledger.execute("UPDATE notices SET due_ms = created_ms WHERE fate = 0 AND lane LIKE 'm-%'")
        ledger.execute(f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {queue}) "
                       f"INSERT INTO notices ({', '.join(columns)}) SELECT {', '.join(columns)} FROM n, notices "
                       "WHERE fate = 0 AND lane LIKE 'm-%'")
        ledger.commit()
        ledger.close()

    def each_asked_once(self):
        self.assertEqual(self.crowd.asked, {str(number): 1 for number in range(len(self.lanes))})

    def test_all_of_them_hang(self):
        """They time out by the hundred, for rounds on end; one that answers waits for none of that."""
        self.begin(None, HANGS)
        self.healthy("H-before")
        self.poke()
        harness.eventually(lambda: self.crowd.open >= UNKNOWN_AT_ONCE // 2, 10, "hundreds of connections")
        times = []
        while len(self.crowd.asked) < len(self.lanes):
            times.append(self.healthy(f"H-{len(times)}"))
        self.assertLess(max(times), HANGS)
        self.assertLessEqual(self.crowd.most_open, UNKNOWN_AT_ONCE * 2)  # the end of one is seen late
        harness.eventually(lambda: all(notice["attempts"] for notice in self.notices()), 20, "each try on record")
        found = collections.Counter((notice["fate"], notice["attempts"], notice["status"]) for notice in self.notices())
        self.assertEqual(found, {(WAITING, 1, 0): len(self.lanes)})
        for notice in self.notices():
            self.assertIn("timed out", notice["answer"])
        self.each_asked_once()
        self.bounds()

    def test_one_host_for_many_hangs_of_late(self):
        """Each of them was answered before, and so might take any place."""
        self.begin(0, HANGS, count=LANES * 3 // 10, addresses=1)
        self.healthy("H-before")
        self.poke()
        harness.eventually(lambda: len(self.crowd.asked) == len(self.lanes), 20, "an answer to each lane")
        self.crowd.answers_after = None
        self.poke("again-")
        harness.eventually(lambda: self.crowd.open >= MOST_AT_ONCE // 2, 10, "hundreds of connections")
        self.assertLess(max(self.healthy(f"H-{number}") for number in range(50)), HANGS)
        self.bounds()

    def test_many_hang_with_a_queue_each_after_a_restart(self):
        """Neither is all of it in memory, nor are those first that are on record as hanging."""
        self.begin(None, HANGS, count=LANES * 15 // 100)
        self.healthy("H-before")
        self.poke()
        harness.eventually(lambda: all(notice["attempts"] for notice in self.notices()), 20, "each try on record")
        self.daemon.kill()
        self.fill(256)
        self.daemon.start()
        self.courier, = self.daemon.children()
        self.assertLess(max(self.healthy(f"H-{number}") for number in range(50)), HANGS)
        self.bounds()

    def test_all_of_them_take_their_time(self):
        self.begin(0.05, 15)
        self.poke()
        harness.eventually(lambda: len(self.crowd.asked) == len(self.lanes), 30, "a request of each lane")
        harness.eventually(lambda: all(notice["fate"] == DELIVERED for notice in self.notices()), 20,
                           "each delivery on record")
        self.assertEqual(len(self.notices()), len(self.lanes))
        self.assertLessEqual(self.crowd.most_open, 2 * MOST_AT_ONCE)
        self.each_asked_once()
        self.bounds()


if __name__ == "__main__":
    harness.main()
