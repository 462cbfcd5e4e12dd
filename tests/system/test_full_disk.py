#!/usr/bin/python3
"""A disk that fills: publishers are told to come again, and nothing that was acknowledged is lost."""

import os
import shutil
import subprocess
import time
import unittest

import harness
from audit import Audit, wait_settled
from events import opened

DISK_MIB = 24


def mount(folder):
    """A small disk in memory; why it cannot be had, or None."""
    if os.geteuid() != 0 or not shutil.which("mount"):
        return "only root may mount a small disk"
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", folder],
                          capture_output=True, text=True, check=False)
    return f"no small disk can be mounted here: {done.stderr.strip()}" if done.returncode else None


class TestFullDisk(harness.Corridor):
    def begin(self, **intake):
        self.disk = os.path.join(self.folder, "disk")
        os.mkdir(self.disk)
        why = mount(self.disk)
        if why:
            self.skipTest(why)
        self.addCleanup(subprocess.run, ["umount", "-l", self.disk], check=False)
        self.start(ledger=f"sqlite:{self.disk}/ledger.db", **intake)
        self.daemon.ledger = os.path.join(self.disk, "ledger.db")

    def fill(self, leave_kib):
        """Leaves that much free; gives the path of what fills it."""
        path = os.path.join(self.disk, "ballast")
        free = os.statvfs(self.disk).f_bavail * os.statvfs(self.disk).f_frsize
        with open(path, "wb") as out:
            out.write(b"\0" * max(0, free - leave_kib * 1024))
        return path

    def publish_until(self, status, most=400, size=30000):
        """Publishes until a receipt has that status; gives it."""
        for number in range(most):
            event = opened(f"D-{number}", "xyz", filling="x" * size)
            receipt, = self.publisher.ask(event, seconds=20)
            if receipt["status"] == status:
                return event, receipt
            time.sleep(0.01)
        self.fail(f"no receipt was {status}")

    def come_through(self):
        """Unavailable while it is full, accepted once there is room, and the records agree."""
        event, receipt = self.publish_until("unavailable")
        self.assertTrue(receipt["message"])
        self.assertIsNone(self.daemon.process.poll(), self.daemon.log())
        os.unlink(os.path.join(self.disk, "ballast"))

        def accepted():
            return self.publisher.ask(event, seconds=20)[0]["status"] in ("accepted", "duplicate")
        harness.eventually(accepted, 20, "an accepted receipt after space was freed")
        wait_settled(self.daemon.ledger)
        self.assertEqual(self.daemon.stop(), 0)
        self.assertEqual(Audit(self.daemon.ledger, self.publisher.receipts, self.receiver.requests).found, [])

    def test_below_the_low_water_mark(self):
        self.begin(min_free_mib=8)
        self.publish(opened("D-first", "xyz"))
        self.fill(leave_kib=9 * 1024)
        self.come_through()

    def test_to_the_last_byte(self):
        self.begin(min_free_mib=0)
        self.publish(opened("D-first", "xyz"))
        self.fill(leave_kib=2 * 1024)
        self.come_through()


if __name__ == "__main__":
    harness.main()
