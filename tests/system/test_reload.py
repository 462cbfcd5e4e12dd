#!/usr/bin/python3
"""A changed rule book is taken over between two turns, or refused with every error; nothing that was
under way is lost, and nothing goes to whom the rule book does not name any more."""

import json
import os
import signal
import threading
import time

import harness
from audit import DEAD, DELIVERED, DROPPED, WAITING, Audit, Ledger, wait_settled
from book import RULES, rep, standard, write_book
from events import account, event, opened
from receiver import Answer, Receiver

BOTH = [{"name": "both", "match": ["event = issue.opened"], "heads_up": "now", "service": "now"}]
HOOK = {"name": "big billing", "match": ["event = issue.opened", "amount >= 10"], "heads_up": "now"}


class Reloading(harness.Corridor):
    def begin(self, **changes):
        self.book = standard(self.folder, self.receiver, **changes)
        self.start(**changes)

    def change(self, **changes):
        self.book = standard(self.folder, self.receiver, **{**self.book, **changes})
        self.daemon.write_book(self.book)

    def reload(self, **changes):
        """Changes the rule book and has it taken over; the receipt."""
        self.change(**changes)
        return self.ask()

    def ask(self):
        return self.publisher.publish(event("rulebook.reloaded", None, by="ann"))[0]

    def reload_well(self, **changes):
        receipt = self.reload(**changes)
        self.assertEqual(receipt["status"], "accepted", receipt)
        return receipt

    def ledger(self):
        return Ledger(self.daemon.ledger)

    def audit(self, requests=None, **more):
        return Audit(self.daemon.ledger, self.publisher.receipts,
                     self.receiver.requests if requests is None else requests, **more).found


class TestTaking(Reloading):
    def test_a_good_one_is_in_force(self):
        self.begin(rules=[{"name": "nothing yet", "heads_up": "no", "service": "no"}])
        self.publish(opened("R-1", "xyz"))
        receipt = self.reload_well(rules=BOTH, reps=self.book["reps"] + [
            rep("sam", "service", self.receiver.url("/sam"))])
        self.assertRegex(receipt["answer"]["say"],
                         r"^the rule book of .*headsup\.conf is in force: 1 rule, 3 reps$")
        self.publish(account("xyz", service="sam"), opened("R-2", "xyz"))
        self.assertEqual(self.wait("/sam")[0].json["subject"], "R-2", "a new lane carries")
        self.assertEqual(self.wait("/rich")[0].json["subject"], "R-2")
        wait_settled(self.daemon.ledger)
        self.assertEqual(self.audit(book=self.book), [])
        self.assertIn("in force", self.ledger().events[1]["receipt"].decode())

    def test_a_bad_one_is_refused_with_every_error(self):
        self.begin(rules=BOTH)
        self.change(rules=[{"name": "odd", "match": ["event = issue.opened", "colour = red"], "heads_up": "soon"}],
                    tiers=[{"name": "major", "match": ["account.value >= much"]}])
        receipt = self.ask()
        self.assertEqual((receipt["status"], receipt["code"]), ("refused", "bad_rulebook"), receipt)
        self.assertIn("3 errors", receipt["message"])
        self.assertEqual(len(receipt["errors"]), 3, receipt)
        for error in receipt["errors"]:
            self.assertRegex(error, r"headsup\.conf:\d+: ")
            self.assertIn(error, self.daemon.log())
        self.assertIn("colour", json.dumps(receipt["errors"]))
        self.publish(opened("R-1", "xyz"))
        self.assertEqual(self.wait("/rich")[0].notice["reason"]["rule"], "both", "the old one stays")
        self.assertEqual([row["type"] for row in self.ledger().events], ["issue.opened"])
        self.assertEqual(self.reload_well(rules=BOTH, tiers=None)["seq"], 2)

    def test_what_is_in_the_files_is_what_counts(self):
        """A file that cannot be parsed, one that is gone, a secret that is gone."""
        self.begin(rules=BOTH)
        for text in ("reps: ( { id = ", ""):
            with open(self.daemon.conf, "w", encoding="utf-8") as out:
                out.write(text)
            self.assertEqual(self.ask()["code"], "bad_rulebook")
        os.unlink(self.daemon.conf)
        self.assertEqual(self.ask()["code"], "bad_rulebook")
        reps = [rep("rich", "sales", self.receiver.url("/rich"), secret_file="no.such.secret"), self.book["reps"][1]]
        self.assertIn("no.such.secret", json.dumps(self.reload(reps=reps)["errors"]))
        self.publish(opened("R-1", "xyz"))
        self.wait("/rich")

    def test_many_errors_fit_the_receipt(self):
        self.begin()
        rules = [{"name": f"rule {number}", "match": [f"no_such_field_{number} = {'x' * 60}"]} for number in range(900)]
        receipt = self.reload(rules=rules)
        self.assertEqual(receipt["code"], "bad_rulebook")
        self.assertLess(len(json.dumps(receipt)), 64 * 1024)
        self.assertRegex(receipt["errors"][-1], r"^and \d+ more, in the log of headsupd$")
        left_out = int(receipt["errors"][-1].split()[1])
        self.assertEqual(len(receipt["errors"]) - 1 + left_out, 900)
        self.assertIn("no_such_field_899", self.daemon.log())

    def test_the_command(self):
        self.begin()
        self.change(rules=BOTH)
        self.assertIn("is in force: 1 rule, 2 reps", self.daemon.client("reload"))
        self.assertEqual(json.loads(self.daemon.client("reload", "--json"))["status"], "accepted")
        self.change(rules=[{"name": "odd", "match": ["colour = red"]}])
        for endpoint in ([], ["-e", self.daemon.endpoint]):
            done = self.daemon.client_run("reload", *endpoint)
            self.assertEqual(done.returncode, 1, done)
            self.assertRegex(done.stderr, r"error: .*headsup\.conf:\d+: .*colour")
        self.daemon.stop()
        self.assertEqual(self.daemon.client_run("reload", "-e", self.daemon.endpoint, "--patience", "1").returncode, 3)

    def test_sighup(self):
        self.begin(rules=[{"name": "nothing yet", "heads_up": "no", "service": "no"}])
        self.change(rules=BOTH)
        self.daemon.process.send_signal(signal.SIGHUP)
        harness.eventually(lambda: "is in force" in self.daemon.log())
        self.publish(opened("R-1", "xyz"))
        self.wait("/rich")
        row = self.ledger().events[0]
        self.assertEqual((row["type"], row["source"]), ("rulebook.reloaded", "/headsup/signal"))
        self.change(rules=[{"name": "odd", "match": ["colour = red"]}])
        self.daemon.process.send_signal(signal.SIGHUP)
        harness.eventually(lambda: "is refused with 1 error" in self.daemon.log())
        self.assertRegex(self.daemon.log(), r"headsup\.conf:\d+: .*colour")
        self.publish(opened("R-2", "xyz"))
        self.wait("/rich", 2)
        refused = self.publisher.publish(event("rulebook.reloaded", None, source="/headsup/signal"))[0]
        self.assertEqual(refused["status"], "refused")

    def test_what_needs_a_restart_is_said(self):
        self.begin()
        receipt = self.reload_well(ledger=f"sqlite:{self.folder}/other.db",
                                   intake={"bind": [f"ipc://{self.folder}/elsewhere"]}, rules=BOTH)
        self.assertEqual(len(receipt["warnings"]), 2, receipt)
        for name in ("ledger", "intake.bind"):
            self.assertRegex(json.dumps(receipt["warnings"]), f"{name}: the change needs a restart")
        self.publish(opened("R-1", "xyz"))
        self.wait("/rich")
        self.assertFalse(os.path.exists(f"{self.folder}/other.db"))
        # it is still measured by what is in use
        self.assertEqual(len(self.ask()["warnings"]), 2)
        receipt = self.reload_well(ledger=f"sqlite:{self.folder}/ledger.db",
                                   intake={"bind": [f"ipc://{self.folder}/intake"]})
        self.assertNotIn("warnings", receipt)

    def test_a_new_age_rings(self):
        """H4: the alarms of what is open already follow the new rules."""
        self.begin()
        self.publish(opened("R-1", "xyz"))
        self.reload_well(rules=[{"name": "old", "match": ["age >= 2s"], "heads_up": "now"}])
        told = self.wait("/rich", seconds=15)[0]
        self.assertEqual(told.notice["reason"]["rule"], "old")

    def test_under_load(self):
        """Twenty reloads while events stream in: good ones that change lanes, rules and reps, and bad
        ones."""
        reps = [rep("rich", "sales", self.receiver.url("/rich")), rep("pat", "service", self.receiver.url("/pat"))]
        self.begin(rules=BOTH, reps=reps)
        stop, receipts, failures = threading.Event(), [], []

        def stream():
            publisher, number = harness.Publisher(self.daemon.endpoint), 0
            try:
                while not stop.is_set():
                    batch = [opened(f"R-{number + i}", "xyz", id=f"load{number + i}") for i in range(16)]
                    receipts.extend(publisher.publish(*batch))
                    number += 16
                    time.sleep(0.01)
            except Exception as failure:  # told below
                failures.append(failure)
            finally:
                publisher.close()

        streaming = threading.Thread(target=stream)
        streaming.start()
        done = []
        for number in range(20):
            reps[1]["webhook"]["concurrency"] = 1 + number % 3
            reps[0]["webhook"]["url"] = self.receiver.url(f"/rich{number % 2}")
            more = [rep(f"new-{number}", "service", self.receiver.url("/new"))]
            if number % 5 == 4:
                self.assertEqual(self.reload(reps=reps, rules=[{"name": "x", "match": ["?"]}])["status"], "refused")
            else:
                done.append(self.reload_well(reps=reps + more, rules=BOTH + [HOOK]))
            time.sleep(0.2)
        stop.set()
        streaming.join()
        self.assertEqual(failures, [])
        self.assertEqual({receipt["status"] for receipt in receipts}, {"accepted"})
        wait_settled(self.daemon.ledger, 60 * harness.PATIENCE)
        self.assertEqual(self.ledger().fates()[DELIVERED], 2 * len(receipts))
        self.publisher.receipts += receipts
        self.assertEqual(self.audit(), [])
        self.assertLess(len(self.daemon.children()), 2, "the courier went on")
        self.assertNotIn("starting it again", self.daemon.log())


class TestLanes(Reloading):
    def free_url(self, path):
        return f"http://127.0.0.1:{harness.free_port()}{path}"

    def attempts(self, who):
        return [row["attempts"] for row in self.ledger().notices if row["rep"] == who]

    def test_a_changed_endpoint_is_used_at_once(self):
        """The old one is dead and the schedule is long: the new one gets all that waits."""
        self.begin(rules=BOTH, courier={"retry": ["1h"]},
                   reps=[rep("rich", "sales", self.free_url("/dead")), rep("pat", "service", self.receiver.url("/pat"))])
        for number in range(10):
            self.publish(opened(f"R-{number}", "xyz"))
        harness.eventually(lambda: max(self.attempts("rich")) == 1, what="a failed attempt")
        self.reload_well(reps=[rep("rich", "sales", self.receiver.url("/rich")), self.book["reps"][1]])
        got = self.wait("/rich", 10)
        self.assertEqual(len({request.id for request in got}), 10)
        wait_settled(self.daemon.ledger)
        self.assertEqual(self.audit(book=self.book), [])

    def test_an_endpoint_that_hangs_is_changed(self):
        """What the old one has not answered goes to the new one; what it says afterwards is not held
        against it."""
        self.begin(rules=BOTH, reps=[
            rep("rich", "sales", self.receiver.url("/old"), timeout="2s"), rep("pat", "service", self.receiver.url("/pat"))])
        self.receiver.always("/old", Answer(410, wait=1.0))
        for number in range(5):
            self.publish(opened(f"R-{number}", "xyz"))
        self.wait("/old")
        self.reload_well(reps=[rep("rich", "sales", self.receiver.url("/rich"), format="slack"), self.book["reps"][1]])
        self.wait("/rich", 5)
        wait_settled(self.daemon.ledger)
        self.assertEqual(len(self.receiver.at("/old")), 1)
        for request in self.receiver.at("/rich"):
            self.assertIn("blocks", request.json, "rendered anew, in the new format")
        self.assertNotIn("closed", self.daemon.client("status"))

    def test_a_closed_and_a_paused_lane_open_again(self):
        for status in (410, 401):
            with self.subTest(status):
                self.setUp()
                self.begin(rules=BOTH)
                self.receiver.always("/rich", status)
                self.publish(opened("R-1", "xyz"), opened("R-2", "xyz"))
                self.wait("/admin")
                harness.eventually(lambda: sum(self.attempts("rich")) == len(self.receiver.at("/rich")))
                tried = len(self.receiver.at("/rich"))
                self.reload_well(rules=BOTH + [HOOK])  # the same endpoint: it stays as it is
                self.publish(opened("R-3", "xyz"))
                self.wait("/pat", 3)
                time.sleep(0.3)
                self.assertEqual(len(self.receiver.at("/rich")), tried)
                self.reload_well(reps=[rep("rich", "sales", self.receiver.url("/new")), self.book["reps"][1]])
                self.wait("/new", 3)
                wait_settled(self.daemon.ledger)
                listed = self.daemon.client("status")
                self.assertNotIn("closed", listed)
                self.assertNotIn("paused", listed)
                self.daemon.kill()

    def test_a_pause_by_a_person_outlives_a_changed_endpoint(self):
        self.begin(rules=BOTH)
        self.daemon.client("pause", "rich")
        self.publish(opened("R-1", "xyz"))
        self.reload_well(reps=[rep("rich", "sales", self.receiver.url("/new")), self.book["reps"][1]])
        self.reload_well(reps=[rep("dana", "sales", self.receiver.url("/dana")), self.book["reps"][1]],
                         default={"sales": "dana", "service": "pat"})
        self.wait("/dana", 1)  # the lane is gone, and with it what it kept
        self.reload_well(reps=[rep("rich", "sales", self.receiver.url("/new")), self.book["reps"][1]],
                         default={"sales": "rich", "service": "pat"})
        self.publish(opened("R-2", "xyz"))
        self.wait("/pat", 2)
        time.sleep(0.5)
        self.assertEqual(self.receiver.at("/rich") + self.receiver.at("/new"), [])
        self.assertIn("paused", self.daemon.client("lanes"))
        self.daemon.client("resume", "rich")
        self.assertEqual([request.json["subject"] for request in self.wait("/new")], ["R-2"])
        wait_settled(self.daemon.ledger)

    def test_a_pause_after_a_reload_takes_hold_at_once(self):
        self.begin(rules=BOTH)
        self.reload_well(reps=[rep("rich", "sales", self.receiver.url("/new")), self.book["reps"][1]])
        self.daemon.client("pause", "rich")
        self.publish(opened("R-1", "xyz"))
        self.wait("/pat")
        time.sleep(0.3)
        self.assertEqual(self.receiver.at("/new"), [])
        self.daemon.client("resume", "rich")
        self.wait("/new")

    def gone(self, first="sam", **more):
        """Sam has notices waiting at a dead address; gives the reps without Sam."""
        keep = [rep("rich", "sales", self.receiver.url("/rich")), rep("pat", "service", self.receiver.url("/pat")),
                rep("lee", "service", self.receiver.url("/lee"))]
        self.begin(rules=BOTH, courier={"retry": ["1h"]},
                   reps=keep + [rep(first, "service", self.free_url("/sam"))], **more)
        self.publish(account("xyz", service=first, sales="rich"), account("abc", service=first, sales="rich"))
        for number in range(6):
            self.publish(opened(f"R-{number}", "xyz" if number % 2 else "abc"))
        harness.eventually(lambda: max(self.attempts(first)) == 1, what="a failed attempt")
        self.publish(account("abc", service="lee"))
        return keep

    def check_heirs(self, **how):
        """What was Sam's goes to the account's new person, or to the default one; never to nobody."""
        self.assertEqual({r.json["subject"] for r in self.wait("/lee", 3)}, {"R-0", "R-2", "R-4"})
        self.assertEqual({r.json["subject"] for r in self.wait("/pat", 3)}, {"R-1", "R-3", "R-5"})
        wait_settled(self.daemon.ledger)
        rows = [row for row in self.ledger().notices if row["role"] == 0 and row["lane"]]
        self.assertEqual(len(rows), 6)
        for row in rows:
            self.assertRegex(row["why"], r"the rule book has no sam any more, so it goes to (lee|pat)")
        self.assertRegex(self.daemon.log(), "notices waited for lane sam")
        self.assertEqual(self.audit(book=self.book, **how), [])

    def test_a_rep_who_is_gone(self):
        self.reload_well(reps=self.gone())
        self.check_heirs()

    def test_a_rep_who_is_gone_at_a_restart(self):
        keep = self.gone()
        self.daemon.stop()
        self.change(reps=keep)
        self.daemon.start()
        self.check_heirs()

    def test_a_rep_who_goes_while_a_request_hangs(self):
        keep = [rep("rich", "sales", self.receiver.url("/rich")), rep("pat", "service", self.receiver.url("/pat"))]
        self.begin(rules=BOTH, reps=keep + [rep("sam", "service", self.receiver.url("/sam"))])
        self.receiver.always("/sam", Answer(500, wait=1.0))
        self.publish(account("xyz", service="sam"))
        for number in range(20):
            self.publish(opened(f"R-{number}", "xyz"))
        self.wait("/sam")
        self.reload_well(reps=keep)
        self.wait("/pat", 20)
        wait_settled(self.daemon.ledger)
        self.assertEqual(len(self.receiver.at("/sam")), 1, "nothing more goes to who is gone")
        taken = [request for request in self.receiver.requests if request.status == 200]
        self.assertEqual(self.audit(taken, book=self.book), [])
        # and back again: a lane of that name starts anew
        self.receiver.always("/sam", 200)
        self.reload_well(reps=keep + [rep("sam", "service", self.receiver.url("/sam"))])
        self.publish(opened("R-back", "xyz"))
        self.assertEqual(self.wait("/sam", 2)[-1].json["subject"], "R-back")

    def test_a_dead_letter_of_a_rep_who_is_gone_is_sent_again(self):
        keep = [rep("rich", "sales", self.receiver.url("/rich")), rep("pat", "service", self.receiver.url("/pat"))]
        self.begin(rules=BOTH, reps=keep + [rep("sam", "service", self.receiver.url("/sam"))])
        self.receiver.always("/sam", 400)
        self.publish(account("xyz", service="sam"), opened("R-1", "xyz"))
        harness.eventually(lambda: self.ledger().fates()[DEAD] == 1)
        self.reload_well(reps=keep)
        self.daemon.client("retry", "--all")
        self.wait("/pat")
        wait_settled(self.daemon.ledger, also=lambda fates: not fates[DEAD])

    def test_a_fallback_that_is_gone(self):
        """It goes back to the rep's own webhook."""
        sales = rep("rich", "sales", self.receiver.url("/rich"))
        self.begin(rules=BOTH, courier={"retry": ["1h"]},
                   reps=[{**sales, "fallback": {"url": self.free_url("/f")}}, rep("pat", "service", self.receiver.url("/pat"))])
        self.receiver.script("/rich", 400)
        self.publish(opened("R-1", "xyz"))
        harness.eventually(lambda: [row["attempts"] for row in self.ledger().notices
                                    if row["lane"] == "rich.fallback"] == [1])
        self.reload_well(reps=[sales, self.book["reps"][1]])
        self.wait("/rich", 2)
        wait_settled(self.daemon.ledger)

    def test_an_admin_who_is_gone(self):
        self.begin(rules=BOTH, admin={"webhook": {"url": self.free_url("/admin")}})
        self.receiver.script("/rich", 400)
        self.publish(opened("R-1", "xyz"))
        harness.eventually(lambda: self.ledger().fates()[WAITING] == 1)
        self.reload_well(admin=None)
        wait_settled(self.daemon.ledger)
        dropped, = [row for row in self.ledger().notices if row["fate"] == DROPPED]
        self.assertIn("no webhook for the admin", dropped["answer"])

    def test_the_courier_dies_at_a_reload(self):
        """The next courier knows the lanes as they are."""
        keep = self.gone()
        self.daemon.kill_courier()
        self.reload_well(reps=keep)
        self.check_heirs(crashed=True)


if __name__ == "__main__":
    harness.main()
