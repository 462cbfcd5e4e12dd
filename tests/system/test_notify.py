#!/usr/bin/python3
"""The daemon as systemd sees it (Type=notify, WatchdogSec=): the test plays systemd's socket."""

import os
import signal
import socket
import time

import harness
from audit import Ledger
from book import standard
from events import opened

WATCHDOG_S = 1.0


class Notified(harness.Daemon):
    """A headsupd whose $NOTIFY_SOCKET is ours."""

    def __init__(self, folder, book, address, watchdog=True):
        super().__init__(folder, book)
        self.more = {"NOTIFY_SOCKET": address}
        if watchdog:
            self.more["WATCHDOG_USEC"] = str(int(WATCHDOG_S * 1e6))

    def environment(self):
        return {**super().environment(), **self.more}


class TestNotify(harness.Corridor):
    def begin(self, abstract=False, watchdog=True):
        path = f"{self.folder}/notify"
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self.addCleanup(self.listener.close)
        self.listener.bind(f"\0{path}" if abstract else path)
        self.heard = []  # (when, lines)
        self.daemon = Notified(self.folder, standard(self.folder, self.receiver), f"@{path}" if abstract else path,
                               watchdog)
        self.addCleanup(self.check_log, self.daemon)
        self.addCleanup(self.daemon.kill)
        self.daemon.launch()

    def listen(self, until, seconds=15.0):
        """Hears what comes until a message has that line; gives its lines."""
        deadline = time.monotonic() + seconds * harness.PATIENCE
        while True:
            left = deadline - time.monotonic()
            self.assertGreater(left, 0, f"{until} did not come; heard {self.heard}\n{self.daemon.log()}")
            self.listener.settimeout(left)
            try:
                lines = self.listener.recv(4096).decode().split("\n")
            except socket.timeout:
                continue
            self.heard.append((time.monotonic(), lines))
            if until in lines:
                return lines

    def hear_rest(self):
        """The lines that were sent already."""
        self.listener.settimeout(0.2)
        lines = []
        try:
            while True:
                lines += self.listener.recv(4096).decode().split("\n")
        except socket.timeout:
            return lines

    def test_ready_means_that_it_takes_events(self):
        for abstract in (False, True):
            with self.subTest(abstract=abstract):
                self.setUp()
                self.begin(abstract)
                self.assertTrue(any(line.startswith("STATUS=") for line in self.listen("READY=1")))
                self.publisher = self.connect()
                self.publish(opened("N-1", "xyz"))
                self.daemon.kill()

    def test_a_daemon_that_cannot_start_is_never_ready(self):
        self.begin()
        self.listen("READY=1")
        self.daemon.stop()
        with open(self.daemon.conf, "a", encoding="utf-8") as out:
            out.write('colour = "red";\n')
        self.listen("STOPPING=1")
        self.hear_rest()
        self.daemon.launch()
        self.assertEqual(self.daemon.process.wait(10 * harness.PATIENCE), 1)
        self.assertEqual(self.hear_rest(), [])

    def test_the_watchdog_is_fed_in_time(self):
        self.begin()
        self.listen("READY=1")
        self.publisher = self.connect()
        for number in range(6):
            self.listen("WATCHDOG=1", 2 * WATCHDOG_S)
            if number % 2:
                self.publish(opened(f"N-{number}", "xyz"))
        times = [at for at, lines in self.heard if "WATCHDOG=1" in lines]
        for before, after in zip(times, times[1:]):
            self.assertLess(after - before, WATCHDOG_S * (1 if harness.PATIENCE == 1 else 2))
            self.assertGreater(after - before, 0.2 * WATCHDOG_S, "no more often than it must")

    def test_a_daemon_that_hangs_feeds_no_watchdog(self):
        self.begin()
        self.listen("WATCHDOG=1")
        self.daemon.process.send_signal(signal.SIGSTOP)
        time.sleep(WATCHDOG_S)
        self.listener.settimeout(0.01)
        with self.assertRaises(socket.timeout):  # what came before it hung may wait
            for _ in range(3):
                self.listener.recv(4096)
        self.daemon.process.send_signal(signal.SIGCONT)
        self.listen("WATCHDOG=1")

    def test_nobody_asked_for_a_watchdog(self):
        for more in ({}, {"WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"}):
            with self.subTest(more):
                self.setUp()
                self.begin(watchdog=False)
                self.daemon.kill()
                self.daemon.more.update(more)
                self.daemon.launch()
                self.listen("READY=1")
                time.sleep(1.2 * WATCHDOG_S)
                self.daemon.stop()
                self.listen("STOPPING=1")
                self.assertNotIn("WATCHDOG=1", [line for _, lines in self.heard for line in lines])

    def reloads(self, act):
        """act, and what is heard of it: RELOADING, stamped, and then READY."""
        before = time.monotonic_ns() // 1000
        result = act()
        stamp, = [line for line in self.listen("RELOADING=1") if line.startswith("MONOTONIC_USEC=")]
        self.assertLessEqual(before, int(stamp.split("=")[1]))
        self.assertLessEqual(int(stamp.split("=")[1]), time.monotonic_ns() // 1000)
        self.listen("READY=1")
        return result

    def test_a_reload_says_so_good_or_bad(self):
        self.begin()
        self.listen("READY=1")
        self.assertIn("in force", self.reloads(lambda: self.daemon.client("reload")))
        self.reloads(lambda: self.daemon.process.send_signal(signal.SIGHUP))
        self.daemon.write_book({**standard(self.folder, self.receiver), "colour": "red"})
        self.reloads(lambda: self.daemon.client("reload", "-e", self.daemon.endpoint, status=1))
        self.reloads(lambda: self.daemon.process.send_signal(signal.SIGHUP))
        self.assertEqual(len(Ledger(self.daemon.ledger).events), 2)

    def test_stopping_is_said_once_and_first(self):
        self.begin()
        self.listen("READY=1")
        self.daemon.process.send_signal(signal.SIGTERM)
        self.daemon.process.send_signal(signal.SIGTERM)
        self.listen("STOPPING=1")
        self.assertEqual(self.daemon.stop(), 0)
        rest = self.hear_rest()
        self.assertNotIn("STOPPING=1", rest)
        self.assertNotIn("READY=1", rest)

    def test_the_courier_says_nothing(self):
        """NotifyAccess=main: only the desk speaks, and it alone is the main process."""
        self.begin()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.listen("WATCHDOG=1")
        for _ in range(3):
            _, ancillary, _, _ = self.listener.recvmsg(4096, 256)
            for _, kind, data in ancillary:
                if kind == socket.SCM_CREDENTIALS:
                    self.assertEqual(int.from_bytes(data[:4], "little"), self.daemon.process.pid)

    def test_a_socket_that_is_gone_disturbs_nobody(self):
        self.begin()
        self.listen("READY=1")
        self.listener.close()
        os.unlink(f"{self.folder}/notify")
        self.publisher = self.connect()
        self.publish(opened("N-1", "xyz"))
        self.assertIn("in force", self.daemon.client("reload"))
        self.assertEqual(self.daemon.stop(), 0)


if __name__ == "__main__":
    harness.main()
