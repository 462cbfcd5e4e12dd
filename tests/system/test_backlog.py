#!/usr/bin/python3
"""A queue of many notices for one dead endpoint costs nobody else time or memory, in whichever way it is
dead. The queue is written into the ledger while no daemon runs."""

import sqlite3
import time

import harness
from audit import DIGEST, Ledger
from book import rep, standard
from events import account, opened

QUEUE = 100_000
GROWTH_KIB = 48 * 1024


class TestBacklog(harness.Corridor):
    def begin(self, role="service", **more):
        self.receiver.always("/dead", 404)
        reps = standard(self.folder, self.receiver)["reps"]
        dead = rep("dead", role, f"http://127.0.0.1:{harness.free_port()}/")
        reps.append({**dead, **more})
        self.start(reps=reps, courier={"retry": ["1s"] * 10},
                   rules=[{"name": "those of the dead", "match": ["event = issue.opened", "account = a-dead"],
                           "heads_up": "now" if role == "sales" else "no", "service": "now"},
                          {"name": "service", "match": ["event = issue.opened"], "service": "now"}])
        self.publish(account("a-dead", **{role: "dead"}), account("a-pat", service="pat"))

    def fill(self):
        """A queue for the dead lane, made of one notice of its own."""
        self.daemon.stop()
        ledger = sqlite3.connect(self.daemon.ledger)
        columns = [row[1] for row in ledger.execute("PRAGMA table_info(notices)") if row[1] != "num"]
        ledger.execute(f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {QUEUE}) "
                       f"INSERT INTO notices ({', '.join(columns)}) SELECT {', '.join(columns)} FROM n, notices "
                       "WHERE num = (SELECT max(num) FROM notices WHERE rep = 'dead' AND fate = 0)")
        ledger.commit()
        ledger.close()
        self.daemon.start()

    def times(self, name, count=60):
        """How long a notice to the healthy lane takes, ascending."""
        sent = {}
        for number in range(count):
            sent[f"{name}-{number}"] = time.time()
            self.publish(opened(f"{name}-{number}", "a-pat"))
            time.sleep(0.02)
        requests = self.wait("/pat", count, where=lambda request: request.json["subject"] in sent)
        return sorted(request.at - sent[request.json["subject"]] for request in requests)

    def kib(self):
        return [harness.process_kib(pid) for pid in (self.daemon.process.pid, *self.daemon.children())]

    def waiting(self, lane):
        ledger = sqlite3.connect(f"file:{self.daemon.ledger}?mode=ro", uri=True, timeout=10)
        count, = ledger.execute("SELECT count(*) FROM notices WHERE fate = 0 AND lane = ?", (lane,)).fetchone()
        ledger.close()
        return count

    def compare(self, before, after):
        """The middle one and the slow ones are what they were, but for what a busy machine does."""
        for what, place in (("median", len(before) // 2), ("tenth slowest", -len(before) // 10)):
            self.assertLess(after[place], 2 * before[place] + 0.03 * harness.PATIENCE,
                            f"{what}: {before[place]:.4f} s alone, {after[place]:.4f} s beside the queue")

    def check_it_costs_nobody(self, stop=None):
        self.publish(opened("D-1", "a-dead"))
        alone, before = self.times("alone"), self.kib()
        if stop:
            stop()
        self.fill()
        beside = self.times("beside")
        self.assertGreaterEqual(self.waiting("dead"), QUEUE)
        self.compare(alone, beside)
        self.check_growth(before)

    def check_growth(self, before):
        """A sanitizer keeps what was freed for a while, so it shows nothing of what is held."""
        if not harness.sanitized():
            for kib_before, kib_after in zip(before, self.kib()):
                self.assertLess(kib_after - kib_before, GROWTH_KIB)

    def test_an_endpoint_that_is_not_there(self):
        self.begin()
        self.check_it_costs_nobody()

    def test_a_lane_that_a_person_paused(self):
        self.begin()
        self.check_it_costs_nobody(lambda: self.daemon.client("pause", "dead"))

    def test_a_queue_whose_news_goes_stale(self):
        """What asks for something stays, and is not looked at over and over; what tells is for the digest."""
        for role in ("service", "sales"):
            with self.subTest(role):
                self.setUp()
                self.begin(role, webhook={"url": f"http://127.0.0.1:{harness.free_port()}/",
                                          "expire_after": "1s" if role == "service" else "10s"})
                self.check_it_costs_nobody()
        harness.eventually(lambda: not self.waiting("dead"), 60, "the last of the stale news")
        self.assertGreaterEqual(Ledger(self.daemon.ledger).fates()[DIGEST], QUEUE)

    def test_a_closed_lane_gives_its_queue_to_the_fallback(self):
        """And the fallback sends it, while the healthy lane has its own."""
        self.begin(webhook={"url": self.receiver.url("/dead")}, fallback={"url": self.receiver.url("/second")})
        self.publish(opened("D-1", "a-dead"))
        self.wait("/second", 1)
        self.daemon.client("pause", "dead.fallback")
        self.publish(opened("D-2", "a-dead"))
        alone, before = self.times("alone"), self.kib()
        self.fill()
        self.receiver.always("/dead", 410)
        self.receiver.always("/second", 503)
        self.daemon.client("resume", "dead.fallback")
        beside = self.times("beside", 100)
        harness.eventually(lambda: self.waiting("dead.fallback") >= QUEUE, 60, "the whole queue in the fallback")
        self.compare(alone, beside)
        self.check_growth(before)


if __name__ == "__main__":
    harness.main()
