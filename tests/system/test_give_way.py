#!/usr/bin/python3
"""Where both want a processor: while many events come the desk has it before the courier, and at no other time."""

import os
import time
import unittest

import harness
from events import opened


def niceness(pid):
    return os.getpriority(os.PRIO_PROCESS, pid)


def may_take_back():
    """Whether this machine lets a process lower its niceness; tried in a child, which keeps it to itself."""
    child = os.fork()
    if child == 0:
        try:
            os.nice(1)
            os.nice(-1)
            os._exit(0)
        except OSError:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


MAY = may_take_back()


class TestGiveWay(harness.Corridor):
    published = 0

    def publish_more(self, count):
        """A turn of so many events."""
        self.published += 1
        self.publish(*(opened(f"{self.published}-{number}", "xyz") for number in range(count)))

    def above_ours(self):
        return niceness(self.daemon.children()[0]) - niceness(self.daemon.process.pid)

    def becomes(self, above, count):
        """It does by turns of so many events, before long."""
        def is_so():
            self.publish_more(count)
            return self.above_ours() == above
        harness.eventually(is_so, what=f"a courier {above} nicer than its desk")

    @unittest.skipUnless(MAY, "needs CAP_SYS_NICE or RLIMIT_NICE")
    def test_the_desk_goes_first_while_many_come(self):
        self.start()
        self.publish_more(1)
        self.assertEqual(self.above_ours(), 0)
        self.becomes(10, 32)
        self.becomes(0, 1)
        self.becomes(10, 32)

    @unittest.skipUnless(MAY, "needs CAP_SYS_NICE or RLIMIT_NICE")
    def test_the_next_courier_does_too(self):
        self.start()
        self.becomes(10, 32)
        first = self.daemon.kill_courier()
        harness.eventually(lambda: self.daemon.children() not in ([], first), what="the next courier")
        self.assertEqual(self.above_ours(), 0)
        self.becomes(10, 32)

    def test_what_cannot_be_taken_back_is_not_begun(self):
        self.run_by = ["setpriv", "--bounding-set=-sys_nice", "--inh-caps=-sys_nice", "prlimit", "--nice=0"]
        self.start()
        for _ in range(3):
            self.publish_more(32)
            self.assertLessEqual(self.above_ours(), 1)
        self.assertEqual(self.daemon.log().count("give way"), 1)


if __name__ == "__main__":
    harness.main()
