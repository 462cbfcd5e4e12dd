#!/usr/bin/python3
"""Names that cannot be looked up, that hang, and that come to mean another address: a DNS server of the
test's own, in a network and a file tree of its own (unshare), so that nothing of the machine's is touched."""

import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading

import harness
from audit import DELIVERED, WAITING, Ledger
from book import rep, standard
from events import opened
from zoo import Zoo

INSIDE = "HEADSUP_TEST_NAMES"
OURS = "10.9.9.1"  # of the network of our own
TYPE_A, REFUSED, NO_SUCH_NAME, BROKEN = 1, 5, 3, 2


class Names:
    """Answers questions for addresses on UDP port 53. table: by name, what to say: an address, a code, or
    None to say nothing."""

    def __init__(self, table):
        self.table, self.asked = table, []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 53))
        self.socket.settimeout(0.1)
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while self.table is not None:
            try:
                question, peer = self.socket.recvfrom(1500)
            except TimeoutError:
                continue
            answer = self._answer(question)
            if answer:
                self.socket.sendto(answer, peer)

    def _answer(self, question):
        labels, at = [], 12
        while question[at]:
            labels.append(question[at + 1:at + 1 + question[at]].decode())
            at += 1 + question[at]
        asked_for = struct.unpack(">H", question[at + 1:at + 3])[0]
        name = ".".join(labels)
        self.asked.append(name)
        said = self.table.get(name, NO_SUCH_NAME)
        if said is None:
            return None
        code = said if isinstance(said, int) else 0
        records = [said] if code == 0 and asked_for == TYPE_A else []
        head = question[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, len(records), 0, 0)
        return head + question[12:at + 5] + b"".join(
            b"\xc0\x0c" + struct.pack(">HHIH", TYPE_A, 1, 1, 4) + socket.inet_aton(address) for address in records)

    def close(self):
        self.table = None
        self.thread.join()
        self.socket.close()


class TestDns(harness.Corridor):
    def setUp(self):
        super().setUp()
        self.zoo = Zoo(address=OURS)
        self.addCleanup(self.zoo.close)
        self.names = Names({"good.test": OURS, "hangs.test": None, "broken.test": BROKEN,
                            "refused.test": REFUSED, "metadata.test": "169.254.169.254", "inside.test": "10.1.2.3",
                            "loop.test": "127.0.0.1"})
        self.addCleanup(self.names.close)

    def begin(self, hosts):
        reps = standard(self.folder, self.receiver)["reps"]
        for host in hosts:
            reps.append(rep(host.split(".")[0], "service", f"http://{host}:{self.zoo.port}/ok",
                            insecure=True, allow=[OURS], timeout="3s", connect_timeout="1s"))
        self.start(reps=reps, courier={"retry": ["300ms", "1h"]},
                   rules=[{"name": "service", "match": ["event = issue.opened"], "service": "now"}])
        for host in hosts:
            self.publisher.publish({"specversion": "1.0", "id": host, "source": "/test", "subject": host,
                                    "type": "headsup.account.updated", "data": {"service": host.split(".")[0]}})

    def notice(self, host):
        return next(notice for notice in Ledger(self.daemon.ledger).notices
                    if notice["rep"] == host.split(".")[0] and notice["issue"])

    def tried(self, host, attempts):
        harness.eventually(lambda: self.notice(host)["attempts"] >= attempts, 20, f"{attempts} tries of {host}")
        return self.notice(host)

    def states(self):
        return {lane["lane"]: lane["state"] for lane in json.loads(self.daemon.client("lanes", "--json"))}

    def test_a_name_that_leads_nowhere_costs_its_own_lane_alone(self):
        hosts = ["hangs.test", "broken.test", "refused.test", "unknown.test"]
        self.begin(hosts)
        self.publish(*(opened(host, host) for host in hosts))
        for number in range(30):
            self.publish(opened(f"P-{number}", "nobody-knows"))
        times = [request.at for request in self.wait("/pat", 30, 5)]
        self.assertLess(times[-1] - times[0], 3 * harness.PATIENCE)
        for host in hosts:
            notice = self.tried(host, 2)
            self.assertEqual((notice["fate"], notice["status"]), (WAITING, 0), notice["answer"])
            self.assertRegex(notice["answer"], "(?i)resol")
        self.check_loop()

    def test_a_name_that_leads_where_it_may_not_stops_its_lane(self):
        hosts = ["metadata.test", "inside.test", "loop.test"]
        self.begin(hosts)
        self.publish(*(opened(host, host) for host in hosts))
        for host in hosts:
            self.tried(host, 1)
            self.assertEqual(self.states()[host.split(".")[0]], "paused", host)
        self.assertEqual(self.zoo.requests, [])

    def test_a_name_that_comes_to_mean_what_it_may_not_is_judged_anew(self):
        self.begin(["good.test"])
        self.publish(opened("G-1", "good.test"))
        self.zoo.wait_for("ok", 1, 5 * harness.PATIENCE)
        self.names.table["good.test"] = "169.254.169.254"
        self.daemon.kill_courier()  # what it knew of the name goes with it
        self.publish(opened("G-2", "good.test"))
        harness.eventually(lambda: self.states()["good"] == "paused", what="a lane that is paused")
        self.assertEqual(len(self.zoo.requests), 1)

    def test_a_name_that_is_mended_is_found(self):
        self.names.table["late.test"] = None
        self.begin(["late.test"])
        self.publish(opened("L-1", "late.test"))
        self.tried("late.test", 1)
        self.names.table["late.test"] = OURS
        self.daemon.client("resume", "late")
        harness.eventually(lambda: self.notice("late.test")["fate"] == DELIVERED, 20, "the notice")


def alone():
    """Runs this script in a network and a file tree of its own."""
    with tempfile.TemporaryDirectory() as folder:
        conf = os.path.join(folder, "resolv.conf")
        with open(conf, "w", encoding="ascii") as out:
            out.write("nameserver 127.0.0.1\noptions timeout:1 attempts:2\n")
        inner = f'ip link set lo up && ip address add {OURS} dev lo && mount --bind {conf} /etc/resolv.conf && exec "$@"'
        done = subprocess.run(["unshare", "-rnm", "sh", "-c", inner, "sh", sys.executable, *sys.argv],
                              env={**os.environ, INSIDE: "1"}, check=False)
        return done.returncode


if __name__ == "__main__":
    if INSIDE in os.environ:
        harness.main()
    if subprocess.run(["unshare", "-rnm", "true"], capture_output=True, check=False).returncode:
        print("skipped: this machine allows no network of its own (unshare)")
        sys.exit(harness.CANNOT_RUN)
    sys.exit(alone())
