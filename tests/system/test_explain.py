#!/usr/bin/python3
"""headsup explain says beforehand what headsupd then does; headsup check says who would hear what; headsup
why says why nobody was told."""

import hashlib
import json
import os
import unittest

import harness
from book import RULES, rep, standard, write_book
from events import account, demand, event, now, opened

BIG = "big billing trouble at a major account"


class Explain(harness.Corridor):
    def explain(self, *arguments, text=None, status=0):
        return self.daemon.client("explain", *arguments, text=text, status=status)

    def told(self, *arguments, text=None):
        return json.loads(self.explain("--json", *arguments, text=text))

    def decisions(self, told):
        return [{"rule": decision["rule"], "when": decision["when"], "action": decision["kind"] or "none",
                 "to": decision["to"] if decision["kind"] else None} for decision in told["decisions"]]

    def offline(self):
        """Only a rule book: no daemon, no ledger."""
        self.daemon = harness.Daemon(self.folder, standard(self.folder, self.receiver))
        return self.daemon


class TestOnTheLedger(Explain):
    def snapshot(self):
        """What the ledger's file holds: reading may touch the -shm, and writes nothing."""
        found = {}
        for name in ("ledger.db", "ledger.db-wal"):
            with open(os.path.join(self.folder, name), "rb") as file:
                found[name] = hashlib.sha256(file.read()).hexdigest()
        return found

    def agrees(self, what):
        """What explain says of an event is what the daemon then does with it."""
        words = json.dumps(what)
        told = self.told("-", text=words)
        receipt, = self.publish(what)
        self.assertEqual(told["receipt"], receipt)
        self.assertEqual(self.decisions(told), receipt["decisions"])
        for decision in told["decisions"]:
            if decision["when"] == "now":
                sent = self.wait("/" + decision["to"], where=lambda request, what=what: what["id"] in request.body.decode())
                self.assertEqual(sent[0].json["data"]["headline"], decision["headline"])
                self.assertEqual(sent[0].json["data"]["body"], decision["body"])
        return told

    def test_it_says_beforehand_what_the_daemon_does(self):
        self.start()
        self.agrees(account("xyz", name="XYZ Co.", value=300000))
        self.agrees(event("account.terms_agreed", "xyz", summary="net 45", agreed_by="rich"))
        told = self.agrees(opened("INV-7", "xyz", amount=18250))
        self.assertEqual(told["tier"], "major")
        self.assertEqual(told["stopped_by"], BIG)
        self.agrees(opened("INV-8", "xyz", amount=5))
        self.agrees(event("issue.updated", "INV-7", note="still wrong"))
        self.assertEqual(self.agrees(demand("INV-7"))["laws"][-1]["law"], "one hop")
        told = self.agrees(demand("INV-7"))
        self.assertEqual(told["laws"][-1]["law"], "stand firm")
        self.assertEqual(told["issue"]["hop"], 1)
        told = self.agrees(opened("N-1", "nobody", amount=20000))
        self.assertEqual(told["receipt"]["unknown"], "account")
        self.agrees(event("issue.resolved", "INV-7", resolution="paid back"))

    def test_it_writes_nothing(self):
        self.start()
        self.publish(account("xyz", value=300000), opened("INV-7", "xyz", amount=18250))
        self.wait("/rich")
        self.wait("/pat")
        harness.eventually(lambda: not json.loads(self.daemon.client("notices", "--waiting", "--json")))
        before, status = self.snapshot(), self.daemon.client("status", "--json")
        for _ in range(3):
            self.explain("issue.opened", "subject=INV-8", "account=xyz", "category=billing", "summary=x", "amount=20000")
            self.explain("account.updated", "subject=new", "name=New")
        self.assertEqual(self.snapshot(), before)
        self.assertEqual(self.daemon.client("status", "--json"), status)
        self.daemon.client("show", "INV-8", status=1)

    def test_it_works_while_the_daemon_is_down(self):
        self.start()
        self.publish(account("xyz", value=300000))
        self.daemon.stop()
        self.assertIn("Tier: major", self.explain("issue.opened", "subject=I", "account=xyz", "category=billing",
                                                  "summary=x"))

    def test_an_event_on_record_is_said_so(self):
        self.start()
        what = opened("INV-7", "xyz", amount=5)
        receipt, = self.publish(what)
        words = self.explain("-", text=json.dumps(what))
        self.assertIn(f"on record already, as event {receipt['seq']}", words)
        self.assertEqual(self.told("-", text=json.dumps(what))["known_seq"], receipt["seq"])


class TestTheCaseOnTheLedger(Explain):
    def test_the_issue_and_the_account_that_are_named(self):
        self.start()
        self.publish(account("xyz", value=300000), account("tiny", value=5), opened("INV-7", "xyz", amount=18250),
                     opened("INV-8", "tiny", amount=5), demand("INV-7"))
        told = self.told("issue.escalation_requested", "--issue", "INV-7", "demand=more")
        self.assertEqual([law["law"] for law in told["laws"]][-1], "stand firm")
        told = self.told("issue.escalation_requested", "--issue", "INV-8", "demand=more")
        self.assertEqual([told["issue"]["hop"], told["laws"][-1]["law"]], [1, "one hop"])
        # an event out of a file, on another case than its own
        words = json.dumps(opened("NEW-1", "nobody", amount=18250))
        self.assertEqual(self.told("-", text=words)["tier"], None)
        self.assertEqual(self.told("-", "--account", "xyz", text=words)["tier"], "major")
        self.assertEqual(self.told("-", "--issue", "INV-8", text=words)["tier"], None)
        self.assertEqual(self.told("account.billed", "--account", "xyz", "bill=1")["tier"], "major")
        done = self.daemon.client_run("explain", "--issue", "key=INV-7", "issue.closed")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--issue KEY", done.stderr)

    def test_an_issue_that_comes_of_an_age(self):
        rules = RULES[:1] + [{"name": "a week", "match": ["age >= 7d"], "escalate": True},
                             {"name": "three days", "match": ["age >= 3d"], "heads_up": "now"}] + RULES[1:]
        self.start(rules=rules)
        self.publish(opened("INV-8", "tiny", amount=5, time=now(minutes=-60)))
        for at, rule in (("+3d", "three days"), ("+7d", "a week"), (now(minutes=5 * 24 * 60), "three days")):
            told = self.told("--issue", "INV-8", "--at", at)
            self.assertEqual([one["rule"] for one in told["decisions"] if one["to"] == "rich"], [rule], at)
        # an age is reached when it is over
        self.assertIn("yes  age >= 3d  (3 days)", self.explain("--issue", "INV-8", "--at", "+3d"))
        self.assertIn("no   age >= 7d  (6 days)", self.explain("--issue", "INV-8", "--at", "+6d 23h"))
        self.assertEqual(self.told("--issue", "INV-8", "--at", "+1h")["decisions"][0]["when"], "no")
        words = self.explain("--issue", "INV-8")
        self.assertIn("alarm.rang INV-8", words)
        self.assertNotIn("Receipt", words)
        self.assertIn("no issue NONE on record", self.daemon.client_run("explain", "--issue", "NONE").stderr)
        self.assertEqual(self.daemon.client_run("explain").returncode, 2)


class TestOffline(Explain):
    def test_what_is_supposed_of_the_account(self):
        self.offline()
        event_words = ("issue.opened", "subject=I", "account=xyz", "category=billing", "summary=x", "amount=20000")
        told = self.told("--offline", "--account", "value=600", "--account", "group_value=300000", "--account",
                         "terms=net 45", *event_words)
        self.assertEqual(told["receipt"]["terms"]["summary"], "net 45")
        self.assertIn("Terms: net 45", told["decisions"][1]["body"])
        self.offline().write_book(standard(self.folder, self.receiver, tiers=[
            {"name": "major", "match": ["account.group_value >= 300000"]}]))
        for value, tier in (("300000", "major"), ("299999.99", None)):
            told = self.told("--offline", "--account", "value=600", "--account", "group_value=" + value, *event_words)
            self.assertEqual(told["tier"], tier)
            self.assertEqual(told["tiers"][0]["matchers"][0]["saw"], f"{float(value):.2f}")

    def test_what_is_supposed_of_the_issue(self):
        rules = [{"name": "three days", "match": ["age >= 3d"], "heads_up": "now"}]
        self.offline().write_book(standard(self.folder, self.receiver, rules=rules))
        issue = ("--issue", "category=billing", "--issue", "amount=50")
        told = self.told("--offline", *issue, "--issue", "age=4d", "issue.updated", "subject=I-1", "note=again")
        self.assertEqual([told["issue"]["key"], told["issue"]["amount"], told["decisions"][0]["rule"]],
                         ["I-1", "50.00", "three days"])
        told = self.told("--offline", *issue, "--issue", "age=2d", "issue.updated", "subject=I-1", "note=again")
        self.assertEqual(told["decisions"][0]["rule"], "unsaid")
        # no event: its alarm
        told = self.told("--offline", *issue, "--issue", "key=I-2", "--at", "+3d")
        self.assertEqual([told["issue"]["key"], told["decisions"][0]["rule"]], ["I-2", "three days"])
        told = self.told("--offline", *issue, "--issue", "key=I-2", "issue.updated", "note=again")
        self.assertEqual(told["issue"]["key"], "I-2")
        for arguments, words, status in ((("--issue", "agee=3d"), "did you mean age?", 2),
                                         (("--issue", "age=old"), "a span such as 3d", 2),
                                         (("--issue", "age=3d"), "category is missing", 1)):
            done = self.daemon.client_run("explain", "--offline", *arguments)
            self.assertEqual(done.returncode, status, done.stderr)
            self.assertIn(words, done.stderr)

    def test_the_words_fit_a_terminal_and_say_all(self):
        self.offline()
        words = self.explain("--offline", "--account", "name=XYZ Co.", "--account", "value=300000",
                             "--at", "2026-11-22T08:30:00Z", "issue.opened", "subject=INV-7", "account=xyz",
                             "category=billing", "summary=" + "charged twice " * 30, "amount=18250")
        for line in words.splitlines():
            self.assertLessEqual(len(line), 80, line)
        for part in ("issue.opened INV-7, received 2026-11-22 08:30:00Z",
                     "Tier: major",
                     "      yes  account.value >= 250000  (300000.00)",
                     "  1. the customer asks for someone higher: no",
                     "      no   event = issue.escalation_requested  (issue.opened)",
                     f"  2. {BIG}: yes",
                     "      => to sales now; to service now",
                     "  Trying stopped here; 2 rules below were not tried.",
                     "the service rep is pat, the default one",
                     "  sales (rich): heads_up, now",
                     "Receipt, as the publisher would get it",
                     "Notice to Rich Alvarez (sales), now: heads_up",
                     "XYZ Co. (major): charged twice",
                     "No explanation given to the client yet."):
            self.assertIn(part, words)
        self.assertFalse(os.path.exists(self.daemon.ledger))

    def test_what_no_rule_says(self):
        self.offline()
        words = self.explain("--offline", "issue.closed", "subject=INV-7")
        self.assertIn("No rule stopped the trying: all 4 were tried.", words)
        self.assertIn("  sales (rich): not told\n      by unsaid\n", words)
        self.assertIn("the issue is not on record", words)
        words = self.explain("--offline", "account.billed", "subject=xyz", "amount=5")
        self.assertIn("Nobody would be told.", words)
        self.assertIn("a record tells nobody", words)
        self.assertIn("An order to the service itself",
                      self.explain("--offline", "silence.lifted", "subject=x"))

    def test_an_account_out_of_a_file(self):
        self.offline()
        path = os.path.join(self.folder, "account.json")
        with open(path, "w", encoding="utf-8") as out:
            json.dump({"key": "xyz", "value": 100, "tier": "major"}, out)
        told = self.told("--offline", "--account", path, "--account", "name=A = B", "issue.opened", "subject=I",
                         "account=xyz", "category=billing", "summary=x")
        self.assertTrue(told["tier_on_record"])
        self.assertTrue(told["decisions"][1]["headline"].startswith("A = B (major)"))
        self.assertFalse(told["rules"][3]["matched"] and told["rules"][2]["matched"])

    def test_events_out_of_files(self):
        self.offline()
        path = os.path.join(self.folder, "event.json")
        for text in (json.dumps(opened("I", "xyz")), json.dumps([opened("I", "xyz")], indent=2),
                     json.dumps(opened("I", "xyz"), indent=2)):
            with open(path, "w", encoding="utf-8") as out:
                out.write(text)
            self.assertEqual(self.told("--offline", path)["event"]["subject"], "I")

    def test_what_is_wrong_is_told(self):
        self.offline()
        one = json.dumps(opened("I", "xyz")) + "\n"
        for arguments, text, status, words in (
                (["isue.opened"], None, 1, "did you mean issue.opened?"),
                (["-"], "", 1, "no event"),
                (["-"], one + one, 1, "several events"),
                (["-"], "{}", 1, "specversion"),
                (["issue.opened"], None, 1, "subject is missing"),
                (["issue.opened", "x"], None, 2, "no KEY=VALUE"),
                (["--at", "noon", "-"], one, 2, "--at wants a moment"),
                (["--account", "teir=x", "-"], one, 2, "did you mean tier?"),
                (["--account", "value=much", "-"], one, 1, "/data/value"),
                (["--account", "/nowhere.json", "-"], one, 1, "No such file")):
            done = self.daemon.client_run("explain", "--offline", *arguments, text=text)
            self.assertEqual(done.returncode, status, (arguments, done.stdout, done.stderr))
            self.assertIn(words, done.stderr)
        done = self.daemon.client_run("explain", "issue.closed", "subject=I")
        self.assertEqual(done.returncode, 1)
        self.assertIn("--offline", done.stderr)
        done = self.daemon.client_run("explain", "--account", "key=x", "issue.closed", "subject=I")
        self.assertEqual(done.returncode, 2)

    def test_hostile_words_stay_words(self):
        self.offline()
        words = self.explain("--offline", "-", text=json.dumps(opened("I", "x", explanation="e\u0085\u001b[2J", summary="a\nb\tc")))
        self.assertNotRegex(words, "[\x00-\x09\x0b-\x1f\x7f\u0080-\u009f]")


class TestCheck(Explain):
    def check(self, *arguments, status=0, **changes):
        self.offline().write_book(standard(self.folder, self.receiver, **changes))
        return self.daemon.client("check", *arguments, status=status)

    def test_who_would_hear_what(self):
        reps = standard(self.folder, self.receiver)["reps"] + [rep("dana", "sales", "https://hooks.example.com/s3cret")]
        words = self.check(reps=reps)
        self.assertRegex(words, r"rich +Rich Alvarez +sales +127\.0\.0\.1 +by default, and by name")
        self.assertRegex(words, r"dana +Dana +sales +hooks\.example\.com +only by name")
        self.assertNotIn("s3cret", words)
        self.assertIn("3 reps, 1 tier, 4 rules", words)
        self.assertIn("  4. small things\n      when event = issue.opened\n"
                      "      => to sales in the digest; to service now\n", words)
        self.assertIn("  What no rule says of an issue: sales not told, service in the digest.\n", words)
        self.assertTrue(words.endswith("headsup.conf: 0 errors, 0 warnings\n"), words)
        told = json.loads(self.check("--json", reps=reps))
        self.assertEqual([(one["id"], one["default"]) for one in told["summary"]["reps"]],
                         [("rich", True), ("pat", True), ("dana", False)])
        self.assertEqual(told["summary"]["rules"][0]["escalate"], True)
        self.assertNotIn("s3cret", json.dumps(told))

    def test_when_and_how_much_of_it(self):
        reps = standard(self.folder, self.receiver)["reps"]
        reps[0].update(hours="mon-fri 07:30-18:30", zone="America/Chicago", digest="08:30")
        more = {"reps": reps, "gather": {"wait": "90s", "again": "5m"}, "sources": [{"name": "/s", "silent_after": "1d 12h"}]}
        words = " ".join(self.check(**more).split())
        self.assertIn("rich: mon-fri 07:30-18:30, and at any hour of what is urgent; the digest at 08:30 (America/Chicago)", words)
        self.assertIn("pat: at any hour; the digest at 08:00 (UTC)", words)
        self.assertIn("Notices about one issue gather for 1 minute 30 seconds, and the next message about it comes "
                      "5 minutes later at the earliest.", words)
        self.assertIn("The admin hears of a source from which no event came: /s for 1 day 12 hours", words)
        told = json.loads(self.check("--json", **more))["summary"]
        self.assertEqual([(one["digest"], one["hours"], one["zone"]) for one in told["reps"]],
                         [("08:30", "mon-fri 07:30-18:30", "America/Chicago"), ("08:00", None, "UTC")])
        self.assertEqual(told["gather"], {"wait_ms": 90000, "again_ms": 300000})
        self.assertEqual(told["sources"], [{"name": "/s", "silent_after_ms": 36 * 3600 * 1000}])
        for gather in (None, {"wait": "0s"}):
            self.assertIn("Nothing gathers", self.check(gather=gather))
        self.assertIn("The log tells of a source", self.check(**more, admin=None))

    def test_strict_makes_warnings_count(self):
        never = RULES + [{"name": "odd", "match": ["event = issue.closed", "amount >= 10", "amount < 5"], "heads_up": "now"}]
        for arguments, status in (((), 0), (("--strict",), 1), (("--json",), 0), (("--json", "--strict"), 1)):
            self.assertIn("rule 'odd' never matches", self.check(*arguments, rules=never, status=status))
        self.check("--strict", status=0)
        words = self.check("--quiet", rules=never)
        self.assertEqual(len(words.splitlines()), 2, words)

    def test_a_wrong_book_has_no_summary(self):
        told = json.loads(self.check("--json", status=1, rules=[{"name": "x", "heads_up": "often"}]))
        self.assertIsNone(told["summary"])
        self.assertTrue(told["errors"])


class TestWhy(Explain):
    def test_why_was_nobody_told(self):
        self.start(rules=[{"name": "quiet please", "match": ["category = billing"], "heads_up": "no", "service": "no"}])
        self.publish(opened("Q-1", "xyz", id="silent"), account("xyz", id="record"),
                     event("notice.retried", None, id="order", all=True))
        words = self.daemon.client("why", "silent")
        self.assertIn("sales (rich): not told\n      rule: quiet please: category = billing (billing)", words)
        self.assertIn("So nobody was told; each line above has its reason.", words)
        self.assertIn("a record tells nobody", self.daemon.client("why", "record"))
        self.assertIn("So nobody was told", self.daemon.client("why", "order"))
        self.assertFalse(json.loads(self.daemon.client("why", "silent", "--json"))[0]["told"])
        self.publish(opened("Q-2", "xyz", id="loud", category="shipment"))
        self.assertTrue(json.loads(self.daemon.client("why", "loud", "--json"))[0]["told"])
        self.assertNotIn("nobody", self.daemon.client("why", "loud"))


if __name__ == "__main__":
    harness.main()
