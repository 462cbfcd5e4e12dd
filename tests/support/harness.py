"""Runs the real headsupd and headsup for the system tests, each test in a folder of its own. It ends
only what it started, by process id."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import zmq

from book import standard, write_book
from events import encode
from receiver import Receiver

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("HEADSUP_BUILD") or os.path.join(ROOT, "build")
HEADSUPD = os.path.join(BUILD, "daemon", "headsupd")
HEADSUP = os.path.join(BUILD, "client", "headsup")
SLOW_DISK = os.path.join(BUILD, "tests", "system", "slow_disk.so")
HELD_DISK = os.path.join(BUILD, "tests", "system", "held_disk.so")
GARBLED_PAIR = os.path.join(BUILD, "tests", "system", "garbled_pair.so")
CANNOT_RUN = 77  # Meson's word for a skipped test


def sanitized():
    """Whether the build watches its own memory, and so needs more of it, and more time."""
    try:
        with open(os.path.join(BUILD, "meson-info", "intro-buildoptions.json"), encoding="utf-8") as file:
            return any(option["name"] == "b_sanitize" and option["value"] != "none"
                       for option in json.load(file))
    except OSError:
        return False


PATIENCE = 4.0 if sanitized() else 1.0
STANDSTILL_MS = 500  # of the courier's loop, see check_loop()
RARE_STALLS = 5


class Publisher:
    """A stock DEALER. Requests may be many at once; replies come in any order but per connection in turn."""

    def __init__(self, endpoint):
        self._socket = zmq.Context.instance().socket(zmq.DEALER)
        self._socket.linger = 0
        self._socket.sndhwm = self._socket.rcvhwm = 0
        self._socket.connect(endpoint)
        self.receipts = []  # all that were ever got, for the audit

    def send(self, *frames):
        self._socket.send_multipart([b"", *(encode(frame) for frame in frames)])

    def receive(self, seconds=10.0):
        """The frames of the next reply as values; None where none came in time."""
        if not self._socket.poll(int(seconds * PATIENCE * 1000)):
            return None
        frames = [json.loads(frame) for frame in self._socket.recv_multipart()[1:]]
        for frame in frames:
            self.receipts += frame if isinstance(frame, list) else [frame]
        return frames

    def ask(self, *frames, seconds=10.0):
        """Sends one request and gives its reply."""
        self.send(*frames)
        reply = self.receive(seconds)
        assert reply is not None, "no reply came"
        return reply

    def publish(self, *events, seconds=10.0):
        """Each event in a frame of its own; their receipts."""
        return self.ask(*events, seconds=seconds)

    def close(self):
        self._socket.close()


class Daemon:
    """One headsupd on a folder."""

    def __init__(self, folder, book):
        self.folder = folder
        self.endpoint = book["intake"]["bind"][0]
        self.conf = os.path.join(folder, "headsup.conf")
        self.ledger = os.path.join(folder, "ledger.db")
        self.log_path = os.path.join(folder, "log")
        self.process = None
        self.preload = None  # a library that headsupd runs with
        self.descriptors = None  # how many it may have
        self.run_by = []  # the command that runs it with fewer rights
        self.book = book
        self.write_book(book)

    def write_book(self, book):
        with open(self.conf, "w", encoding="utf-8") as out:
            out.write(write_book(book))

    def environment(self):
        ours = {name: value for name, value in os.environ.items() if not name.startswith("HEADSUP_")}
        return {**ours, "RUNTIME_DIRECTORY": self.folder}

    def launch(self):
        """Starts it without waiting for anything."""
        more = {"LD_PRELOAD": self.preload} if self.preload else {}
        with open(self.log_path, "ab") as log:
            few = ["prlimit", f"--nofile={self.descriptors}"] if self.descriptors else []
            self.process = subprocess.Popen([*self.run_by, *few, HEADSUPD, "-c", self.conf], stderr=log, stdout=log,
                                            stdin=subprocess.DEVNULL, env={**self.environment(), **more})

    def start(self, seconds=15.0):
        """Starts it and waits until it answers."""
        self.launch()
        asker = Publisher(self.endpoint)
        asker.send(b"{}")  # is refused, and so answers without a trace
        deadline = time.monotonic() + seconds * PATIENCE
        try:
            while asker.receive(0.1 / PATIENCE) is None:
                assert self.process.poll() is None, f"headsupd ended by itself:\n{self.log()}"
                assert time.monotonic() < deadline, f"headsupd does not answer:\n{self.log()}"
        finally:
            asker.close()
        return self

    def stop(self, seconds=10.0):
        """Asks it to end; its exit status."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds * PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"headsupd did not end within {seconds * PATIENCE:g} s of SIGTERM:\n"
                                 f"{self.log()}") from None

    def kill(self):
        """kill -9 of the desk."""
        if self.process is not None:
            if self.process.poll() is None:
                self.process.kill()
            self.process.wait()

    def children(self):
        """The process ids of its children (the courier)."""
        pid = self.process.pid
        try:
            with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
                return [int(word) for word in file.read().split()]
        except OSError:
            return []

    def kill_courier(self):
        killed = self.children()
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        return killed

    def memory_kib(self):
        """Resident memory of the desk."""
        return process_kib(self.process.pid)

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def client(self, *arguments, text=None, status=0, seconds=60.0):
        """Runs headsup with the same rule book; its standard output. status None: any is right."""
        done = self.client_run(*arguments, text=text, seconds=seconds)
        assert status is None or done.returncode == status, (
            f"headsup {' '.join(arguments)}: exit {done.returncode}, not {status}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def client_run(self, *arguments, text=None, seconds=60.0):
        name, rest = arguments[0], arguments[1:]
        return subprocess.run([HEADSUP, name, "-c", self.conf, *rest], input=text, capture_output=True,
                              text=True, timeout=seconds * PATIENCE, check=False, env=self.environment())


def process_kib(pid, field="VmRSS"):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        for line in file:
            if line.startswith(field + ":"):
                return int(line.split()[1])
    return 0


def eventually(condition, seconds=10.0, what="what was waited for"):
    """Waits until condition() is true; gives its value."""
    deadline = time.monotonic() + seconds * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"{what} did not come within {seconds * PATIENCE:g} s"
        time.sleep(0.02)


class Corridor(unittest.TestCase):
    """A test with a receiver, a folder and a daemon on it; start() it when the rule book is right."""

    maxDiff = None
    descriptors = None  # of headsupd, where they are to be few
    run_by = ()  # likewise

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="headsup-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.receiver = Receiver()
        self.addCleanup(self.receiver.close)
        self.daemon = None

    def start(self, **changes):
        """Starts headsupd with the standard rule book, changed."""
        self.daemon = Daemon(self.folder, standard(self.folder, self.receiver, **changes))
        self.daemon.descriptors = self.descriptors
        self.daemon.run_by = self.run_by
        self.addCleanup(self.check_log, self.daemon)
        self.addCleanup(self.daemon.kill)
        self.daemon.start()
        self.publisher = self.connect()
        return self.daemon

    def check_log(self, daemon):
        """No sanitizer had a word to say."""
        for word in ("Sanitizer", "runtime error:"):
            self.assertNotIn(word, daemon.log())

    def check_loop(self):
        """No receiver made the courier's loop stand still. That costs what a receiver is waited for, a second
        at least in these tests, or time for each one who misbehaves; what a machine does to a loop is shorter,
        or rare."""
        if sanitized():
            return
        stalls = [line for line in self.daemon.log().splitlines() if "the loop stood still" in line]
        print(*stalls, sep="\n", end="\n" * bool(stalls), flush=True)
        self.assertLessEqual(len(stalls), RARE_STALLS)
        for line in stalls:
            self.assertLess(int(re.search(r"still for (\d+) ms", line)[1]), STANDSTILL_MS, line)

    def connect(self):
        publisher = Publisher(self.daemon.endpoint)
        self.addCleanup(publisher.close)
        return publisher

    def publish(self, *events):
        """Publishes and expects each to be accepted; the receipts."""
        receipts = self.publisher.publish(*events)
        for receipt in receipts:
            self.assertEqual(receipt["status"], "accepted", receipt)
        return receipts

    def wait(self, path, count=1, seconds=10.0, where=None):
        return self.receiver.wait(count, path, seconds * PATIENCE, where)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main():
    """Runs the calling script's tests; says 77 where none of them could run."""
    for program in (HEADSUPD, HEADSUP):
        if not os.path.exists(program):
            print(f"not built: {program} (HEADSUP_BUILD names the build folder)", file=sys.stderr)
            sys.exit(1)
    result = unittest.main(exit=False, verbosity=2, module="__main__").result
    if result.testsRun and len(result.skipped) == result.testsRun:
        print("skipped: " + "; ".join(sorted({why for _, why in result.skipped})))
        sys.exit(CANNOT_RUN)
    sys.exit(0 if result.wasSuccessful() else 1)
