#!/usr/bin/python3
"""Every way of misbehaving that a receiver has, all at once: what becomes of the notice, of its lane, of a
healthy lane beside it, and of the daemon's memory and descriptors."""

import collections
import json
import os
import ssl
import time

import harness
from audit import DEAD, DELIVERED, WAITING, Audit, Ledger
from book import rep, standard
from certificates import Authority
from events import account, opened
from zoo import Zoo, tls_context

RULES = [{"name": "service hears of issues", "match": ["event = issue.opened"], "heads_up": "no", "service": "now"}]
GROWTH_KIB = 64 * 1024  # of what a process may take more than before

# What the receiver does: the fate of the notice, its last status, a word of the answer, the lane's state.
WAYS = {
    "ok": (DELIVERED, 200, "ok", "open"),
    "slow_ok": (DELIVERED, 200, "ok", "open"),
    "closes": (DELIVERED, 200, "", "open"),
    "cookies": (DELIVERED, 200, "", "open"),
    "zipped": (DELIVERED, 200, "not gzip", "open"),
    "trailers": (DELIVERED, 200, "ok", "open"),
    "two_answers": (DELIVERED, 200, "ok", "open"),
    "huge": (DELIVERED, 200, "xxx", "open"),
    "huge/500": (WAITING, 500, "xxx", "open"),
    "huge/422": (DEAD, 422, "xxx", "open"),
    "metadata": (WAITING, 307, "", "paused"),
    "moved": (WAITING, 302, "", "paused"),
    "retry/2": (WAITING, 429, "", "open"),
    "retry/0": (WAITING, 429, "", "open"),
    "retry/99999999999999999999": (WAITING, 429, "", "open"),
    "retry/Wed,%2021%20Oct%202015%2007:28:00%20GMT": (WAITING, 429, "", "open"),
    "retry/Wed,%2021%20Oct%202099%2007:28:00%20GMT": (WAITING, 429, "", "open"),
    "retry/tomorrow": (WAITING, 429, "", "open"),
    **{way: (WAITING, 0, word, "open") for way, word in {
        "hang": "timed out", "drip": "timed out", "drip_headers": "timed out", "reset": "", "nothing": "",
        "half_request": "", "headers": "too long", "one_header": "", "continue": "too long", "early": "",
        "garbage": "", "binary": "", "http09": "HTTP/0.9", "half_line": "", "half_headers": "cut off",
        "half_second": "cut off", "no_chunk": "", "wide_chunk": "", "cut_chunk": "", "minus": "",
        "two_lengths": "", "nul": "", "switch": ""}.items()},
}


def lane_of(way):
    return "z-" + "".join(letter if letter.isalnum() else "-" for letter in way)


def fate_of(status):
    """DESIGN, section 7, once more."""
    if 200 <= status < 300:
        return DELIVERED, "open"
    if status == 410:
        return WAITING, "closed"
    if status in (401, 403, 404, 407) or 300 <= status < 400:
        return WAITING, "paused"
    if status in (408, 409, 425, 429) or status >= 500:
        return WAITING, "open"
    return (WAITING, "open") if status < 200 else (DEAD, "open")


class TestZoo(harness.Corridor):
    def serve(self, **more):
        zoo = Zoo(**more)
        self.addCleanup(zoo.close)
        return zoo

    def begin(self, lanes, courier=None):
        """lanes: a rep each, by the url or what else its webhook has. Pat's is the healthy one."""
        reps = standard(self.folder, self.receiver)["reps"]
        for name, webhook in lanes.items():
            webhook = webhook if isinstance(webhook, dict) else {"url": webhook}
            reps.append(rep(name, "service", **{"timeout": "2s", "connect_timeout": "1s", **webhook}))
        self.start(reps=reps, rules=RULES, unsaid={"service": "no"}, courier=courier or {"retry": ["1h"]})
        self.many([account("healthy", service="pat"), *(account(name, service=name) for name in lanes)])
        self.kib = {pid: harness.process_kib(pid) for pid in self.processes()}

    def processes(self):
        return [self.daemon.process.pid, *self.daemon.children()]

    def many(self, events):
        for first in range(0, len(events), 100):
            for receipt in self.publisher.publish(*events[first:first + 100], seconds=30):
                self.assertEqual(receipt["status"], "accepted", receipt)

    def poke(self, lanes, count=1):
        """An issue each for these lanes' accounts."""
        self.many([opened(f"{name}-{number}", name) for number in range(count) for name in lanes])

    def healthy(self, count=60, pause=0.03):
        """The healthy lane gets its notices one after the other; how long each took, ascending."""
        sent = {}
        for number in range(count):
            key = f"H-{len(self.receiver.at('/pat'))}-{number}"
            sent[key] = time.time()
            self.publish(opened(key, "healthy"))
            time.sleep(pause)
        requests = self.wait("/pat", count, where=lambda request: request.json["subject"] in sent)
        return sorted(request.at - sent[request.json["subject"]] for request in requests)

    def notices(self):
        """The one notice of each lane of the zoo."""
        return {notice["rep"]: notice for notice in Ledger(self.daemon.ledger).notices
                if notice["issue"] and notice["rep"].startswith("z-")}

    def settled(self, count):
        """Each was tried, or needs not to be."""
        def tried():
            notices = self.notices()
            return len(notices) == count and all(notice["attempts"] or notice["status"] or
                                                 notice["answer"] for notice in notices.values())
        harness.eventually(tried, 30, "a try of each notice")

    def states(self):
        return {lane["lane"]: lane["state"] for lane in json.loads(self.daemon.client("lanes", "--json"))}

    def check(self, expected):
        """expected: by lane, what became of its notice, and how the lane stands."""
        notices, states = self.notices(), self.states()
        for lane, (fate, status, words, state) in expected.items():
            with self.subTest(lane):
                notice = notices[lane]
                self.assertEqual((notice["fate"], notice["status"], states[lane]), (fate, status, state),
                                 notice["answer"])
                self.assertIn(words, notice["answer"] or "")

    def bounds(self):
        """What the processes may take, and the loop's own word."""
        for pid, before in self.kib.items():
            grown = harness.process_kib(pid) - before
            self.assertLess(grown, GROWTH_KIB * harness.PATIENCE, f"process {pid} grew by {grown} KiB")
        self.check_loop()

    def audit(self, requests):
        found = Audit(self.daemon.ledger, self.publisher.receipts, self.receiver.requests + requests,
                      settled=False).found
        self.assertEqual(found, [])

    def test_all_ways_at_once(self):
        zoo = self.serve()
        self.begin({lane_of(way): zoo.url(way) for way in WAYS})
        self.poke([lane_of(way) for way in WAYS])
        times = self.healthy()
        self.assertLess(times[-1], 1.0 * harness.PATIENCE, times)
        self.settled(len(WAYS))
        self.check({lane_of(way): expected for way, expected in WAYS.items()})
        self.assertEqual(zoo.seen("ok/redirected"), [])
        for way in WAYS:  # one attempt is one request, whatever became of it
            self.assertLessEqual(len([request for request in zoo.requests if request.path == "/" + way]), 1, way)
        self.bounds()
        self.audit([request for request in zoo.requests if request.status])

    def test_every_status(self):
        zoo = self.serve()
        lanes = {f"z-{status}": status for status in range(100, 600)}
        self.begin({lane: zoo.url(f"status/{status}") for lane, status in lanes.items()})
        self.poke(lanes)
        self.settled(len(lanes))
        self.check({lane: (fate_of(status)[0], status if status >= 200 else 0, "", fate_of(status)[1])
                    for lane, status in lanes.items()})
        self.assertEqual(len(zoo.requests), len(lanes))
        self.bounds()
        self.audit(zoo.requests)

    def test_no_way_in(self):
        """Connections that are refused, cut, never taken; and TLS of every wrong kind."""
        ours, theirs = Authority(self.folder, "ours"), Authority(self.folder, "theirs")
        good, past = ours.sign("good"), ours.sign("past", days=-1)
        other, stranger = ours.sign("other", subject="IP:127.0.0.9"), theirs.sign("stranger")
        lanes = {
            "z-good": self.serve(tls=tls_context(*good)).url("ok"),
            "z-past": self.serve(tls=tls_context(*past)).url("ok"),
            "z-other": self.serve(tls=tls_context(*other)).url("ok"),
            "z-stranger": self.serve(tls=tls_context(*stranger)).url("ok"),
            "z-old": self.serve(tls=tls_context(*good, most=ssl.TLSVersion.TLSv1_1)).url("ok"),
            "z-mute": self.serve(tls="never").url("ok"),
            "z-plain": self.serve().url("ok").replace("http:", "https:"),
        }
        lanes = {name: {"url": url, "ca_file": ours.file} for name, url in lanes.items()}
        lanes |= {"z-slam": self.serve(greeting="slam").url("ok"), "z-deaf": self.serve(greeting="deaf").url("ok"),
                  "z-six": self.serve(address="::1").url("ok"),
                  "z-nobody": f"http://127.0.0.1:{harness.free_port()}/"}
        self.begin(lanes)
        self.poke(lanes)
        times = self.healthy()
        self.assertLess(times[-1], 1.0 * harness.PATIENCE, times)
        self.settled(len(lanes))
        expected = {name: (WAITING, 0, "", "open") for name in lanes}
        expected["z-good"] = expected["z-six"] = (DELIVERED, 200, "ok", "open")
        expected["z-past"] = expected["z-stranger"] = (WAITING, 0, "certificate", "open")
        expected["z-other"] = (WAITING, 0, "127.0.0.1", "open")
        expected["z-mute"] = expected["z-deaf"] = (WAITING, 0, "time", "open")
        self.check(expected)
        self.bounds()

    def test_more_connections_than_there_may_be(self):
        """Many lanes of many connections, all of which hang: a lane has no more than its own, all of them
        no more than the courier may, and a healthy lane is delivered all the while."""
        zoo = self.serve()
        lanes = {f"z-{number}": {"url": zoo.url(f"hang/20/{number}"), "concurrency": 64, "timeout": "4s"}
                 for number in range(40)}
        self.begin(lanes)
        courier = self.daemon.children()[0]
        self.poke(lanes, count=80)
        harness.eventually(lambda: zoo.open >= 512, 20, "hundreds of connections")
        times = self.healthy(count=30)
        self.assertLess(times[-1], 1.0 * harness.PATIENCE, times)
        by_lane = collections.Counter(request.path for request in zoo.requests)
        self.assertLessEqual(zoo.most_open, 1024 + 8)
        self.assertLessEqual(max(by_lane.values()), 64 + 64)
        self.assertLess(len(os.listdir(f"/proc/{courier}/fd")), 2 * 1024 + 64)
        self.bounds()

    def test_more_lanes_that_hang_than_there_may_be_connections(self):
        """Where each lane hangs with its one request, those that do not hang have the rest for themselves."""
        zoo = self.serve()
        self.descriptors = 256  # for 96 requests at once
        lanes = {f"z-{number}": {"url": zoo.url("hang/20"), "timeout": "1s"} for number in range(150)}
        self.begin(lanes, courier={"retry": ["100ms"] * 32})
        self.poke(lanes)
        zoo.wait_for("hang", 150, 20)  # each was tried: they are known to hang
        times = self.healthy(count=60)
        self.assertLess(times[-1], 0.7 * harness.PATIENCE, times)
        harness.eventually(lambda: zoo.open > 48, 20, "the lanes that hang, once more")
        self.assertLess(zoo.most_open, 97)
        self.bounds()


if __name__ == "__main__":
    harness.main()
