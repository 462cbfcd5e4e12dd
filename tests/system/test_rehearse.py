#!/usr/bin/python3
"""headsup rehearse says of a changed rule book what the daemon would really have done with it."""

import collections
import csv
import json
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree

import harness
from audit import DELIVERED, Ledger, wait_settled
from book import RULES, rep, standard, write_book
from events import account, event, now, opened

DATA = os.environ.get("HEADSUP_DATA") or os.path.join(harness.ROOT, "..", "shared", "data")
ACCOUNTS = os.path.join(DATA, "accounts.csv")
INCIDENTS = os.path.join(DATA, "events-incidents.jsonl")
PART = 1500 if harness.sanitized() else 100000  # of the real records, at most
MANY = 20000 if harness.sanitized() else 200000
CAP_KIB = 64 * 1024  # of each process, whatever the feed
DIGEST, UNSENT = 3, 4
KINDS = ["heads_up", "owner", "escalation", "handed_over", "stand_firm", "kick_off", "review", "check_in",
         "meeting", "digest", "dead_letter", "source_silent", "test"]


def far_hour():
    """An hour for digests that no test lives to see."""
    return f"{(time.gmtime().tm_hour + 12) % 24:02}:00"


def happened(ledger):
    """What a real run decided and delivered: {(rep, rule, kind): [now, digest, sent]}."""
    sums = collections.defaultdict(lambda: [0, 0, 0])
    for notice in ledger.notices:
        if notice["fate"] != UNSENT and notice["kind"] != KINDS.index("digest"):
            key = (notice["rep"], notice["rule"], KINDS[notice["kind"]])
            sums[key][notice["fate"] == DIGEST] += 1
            sums[key][2] += notice["fate"] == DELIVERED
    return dict(sums)


def rehearsed(told, side):
    sums = {(row["rep"], row["rule"], row["kind"]):
            [row[f"{what}_{side}"] for what in ("now", "digest", "sent")] for row in told["rules"]}
    return {key: counts for key, counts in sums.items() if any(counts)}


class Rehearse(harness.Corridor):
    def write(self, name, what):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(what if isinstance(what, str) else write_book(what))
        return path

    def book(self, **changes):
        changes.setdefault("reps", [rep("rich", "sales", self.receiver.url("/rich"), name="Rich Alvarez"),
                                    rep("pat", "service", self.receiver.url("/pat"), name="Pat Okafor")])
        for person in changes["reps"]:
            person["digest"] = far_hour()
        return standard(self.folder, self.receiver, **changes)

    def offline(self, **changes):
        """Only a rule book: no daemon, no ledger."""
        self.daemon = harness.Daemon(self.folder, self.book(**changes))

    def rehearse(self, *arguments, text=None, status=0):
        return self.daemon.client("rehearse", *arguments, text=text, status=status, seconds=300)

    def told(self, *arguments, text=None):
        return json.loads(self.rehearse("--json", *arguments, text=text))


class TestTheLedger(Rehearse):
    OTHER = [{"name": "large", "match": ["event = issue.opened", "amount >= 15000"], "heads_up": "now"},
             {"name": "many at once", "match": ["account.open_issues > 3"], "heads_up": "now", "service": "digest"},
             {"name": "passed around once", "match": ["event = issue.transferred", "transfers > 1"],
              "escalate": True},
             {"name": "the rest", "match": [r"event =~ ^issue\."], "heads_up": "no", "service": "digest"}]

    def test_its_sums_are_those_of_two_real_runs(self):
        if not (os.path.exists(ACCOUNTS) and os.path.exists(INCIDENTS)):
            self.skipTest(f"no real records at {DATA}: the rehearsal of them was skipped")
        with open(ACCOUNTS, encoding="utf-8", newline="") as file:
            roles = {row[role]: role for row in csv.DictReader(file) for role in ("sales", "service")}
        reps = [rep(id, role, self.receiver.url(f"/{id}"), concurrency=2) for id, role in sorted(roles.items())]
        with open(INCIDENTS, encoding="utf-8") as file:
            events = self.write("events.jsonl", "".join(line for _, line in zip(range(PART), file)))
        common = {"reps": reps, "default": {"service": "service-east", "sales": "donn-cantrell"},
                  "tiers": [{"name": "major", "match": ["account.value >= 150000"]},
                            {"name": "major", "match": ["account.group_value >= 400000"]}]}

        runs = {}
        for side, rules in (("after", self.OTHER), ("before", RULES)):
            folder = os.path.join(self.folder, side)
            os.mkdir(folder)
            book = {**self.book(**common, rules=rules), "ledger": f"sqlite:{folder}/ledger.db",
                    "intake": {"bind": [f"ipc://{folder}/intake"]}}
            self.daemon = harness.Daemon(folder, book)
            self.addCleanup(self.daemon.kill)
            self.daemon.start()
            self.daemon.client("accounts", "import", ACCOUNTS)
            self.daemon.client("publish", "--quiet", events, seconds=240)
            wait_settled(self.daemon.ledger, 120)
            runs[side] = self.daemon
        # beside the daemon that runs on the one ledger
        told = self.told("--rules", runs["after"].conf)
        for side, daemon in runs.items():
            real = happened(Ledger(daemon.ledger))
            self.assertGreater(len(real), 5)
            self.assertEqual(rehearsed(told, side), real)
            by_rep = collections.Counter()
            for (who, _, _), (at_once, digest, _) in real.items():
                by_rep[who] += at_once + digest
            self.assertEqual({row["rep"]: row[f"now_{side}"] + row[f"digest_{side}"] for row in told["reps"]
                              if row["rep"] in by_rep}, dict(by_rep))
            self.assertEqual(daemon.stop(), 0)
        self.assertEqual(told["unexplained"], 0)
        self.assertEqual(told["refused"], 0)
        self.assertFalse(told["same"])
        self.assertGreater(told["differences_count"], 100)
        self.assertEqual(len(told["differences"]), 20)

    def test_ages_ring_at_their_own_moments(self):
        """They come true some seconds after the issues are opened; one is resolved before."""
        def rules(age):
            return [{"name": "old", "match": [f"age >= {age}"], "heads_up": "now", "service": "no"},
                    {"name": "rest", "heads_up": "no", "service": "digest"}]

        self.start(**self.book(rules=rules("1h 6s")))
        new = self.write("new.conf", self.book(rules=rules("2d")))
        self.publish(*(opened(f"I-{number}", "xyz", time=now(-60)) for number in range(4)))
        self.publish(event("issue.resolved", "I-0", by="pat"))
        self.wait("/rich", 3, 30)
        wait_settled(self.daemon.ledger, 30)
        told = self.told("--rules", new)
        real = happened(Ledger(self.daemon.ledger))
        self.assertEqual(real["rich", "old", "heads_up"], [3, 0, 3])
        self.assertEqual(rehearsed(told, "before"), real)
        self.assertEqual(rehearsed(told, "after"), {("pat", "rest", "owner"): [0, 5, 0]})
        self.assertEqual([(row["type"], row["issue"], row["before"]["rep"], row["after"])
                          for row in told["differences"] if row["before"]],
                         [("alarm.rang", f"I-{number}", "rich", None) for number in (1, 2, 3)])

    def test_what_gathers_is_one_message(self):
        rules = [{"name": "all", "heads_up": "now", "service": "no"}]
        self.start(**self.book(rules=rules, gather={"wait": "3s", "again": "1h"}))
        new = self.write("new.conf", self.book(rules=rules, gather={"wait": "0s"}))
        self.publish(opened("I-1", "xyz"), event("issue.updated", "I-1", note="again"), opened("I-2", "xyz"),
                     event("issue.resolved", "I-2"))
        self.wait("/rich", 1, 30)
        wait_settled(self.daemon.ledger, 30)
        told = self.told("--rules", new)
        real = happened(Ledger(self.daemon.ledger))
        self.assertEqual(real["rich", "all", "heads_up"], [4, 0, 1])
        self.assertEqual(rehearsed(told, "before"), real)
        self.assertEqual(rehearsed(told, "after"), {("rich", "all", "heads_up"): [4, 0, 4]})
        self.assertEqual(told["differences"][0]["before"]["when"], "held")

    def test_what_was_before_counts_for_how_things_stand_only(self):
        self.start(**self.book())
        self.publish(account("xyz", name="XYZ Co.", value=300000))
        self.publish(opened("I-1", "xyz", amount=20000), opened("I-2", "xyz"))
        self.publish(*(event("issue.transferred", "I-1", to="credit") for _ in range(2)))
        self.publish(event("issue.closed", "I-2"))
        time.sleep(0.05)
        since = now()
        time.sleep(0.05)
        self.publish(event("issue.transferred", "I-1", to="billing"))
        new = self.write("new.conf", self.book(rules=RULES[:1]))
        told = self.told("--rules", new, "--since", since)
        self.assertEqual((told["events"], told["earlier_events"]), (1, 4))  # nothing of I-2
        self.assertEqual({key: counts[:2] for key, counts in rehearsed(told, "before").items()},
                         {("rich", "passed around", "escalation"): [1, 0],
                          ("pat", "passed around", "handed_over"): [1, 0]})
        self.assertEqual(told["from"], since)
        # all of it
        self.assertEqual(self.told("--rules", new)["events"], 7)

    def test_it_leaves_the_ledger_alone(self):
        self.start(**self.book())
        self.publish(opened("I-1", "xyz", amount=20000))
        wait_settled(self.daemon.ledger, 30)
        before = Ledger(self.daemon.ledger)
        words = self.rehearse("--rules", self.daemon.conf)
        self.assertIn("Nothing would have changed.", words)
        empty = os.path.join(self.folder, "empty.jsonl")
        with open(empty, "w", encoding="utf-8"):
            pass
        words = self.rehearse("--rules", self.daemon.conf, empty)
        self.assertTrue(words.endswith("There was no event to rehearse.\n"), words)
        after = Ledger(self.daemon.ledger)
        self.assertEqual((before.events, before.notices), (after.events, after.notices))

    def test_orders_and_its_own_events_are_left_out(self):
        self.start(**self.book())
        self.publish(opened("I-1", "xyz"))
        self.daemon.client("pause", "rich")
        self.daemon.client("resume", "rich")
        self.daemon.client("send-test", "rich")
        self.daemon.client("reload")
        told = self.told("--rules", self.daemon.conf)
        self.assertEqual((told["events"], told["left_out"], told["refused"]), (1, 4, 0))
        self.assertTrue(told["same"])


class TestAFile(Rehearse):
    FEW = [{"name": "large", "match": ["event = issue.opened", "amount >= 1000"], "heads_up": "now", "service": "no"},
           {"name": "rest", "heads_up": "digest", "service": "no"}]

    def lines(self, *events):
        return "".join(json.dumps(what) + "\n" for what in events)

    def day(self, number, hour=8):
        return f"2026-03-{number:02}T{hour:02}:00:00Z"

    def test_the_clock_is_that_of_the_events(self):
        self.offline(rules=[{"name": "old", "match": ["age >= 2d"], "heads_up": "now", "service": "no"},
                            {"name": "rest", "heads_up": "no", "service": "no"}])
        new = self.write("new.conf", self.book(rules=self.FEW))
        feed = self.write("feed.jsonl", self.lines(
            opened("I-1", "xyz", amount=2000, time=self.day(1)), opened("I-2", "xyz", time=self.day(2)),
            event("issue.resolved", "I-2", time=self.day(3)), event("issue.resolved", "I-1", time=self.day(9)),
            opened("I-3", "xyz", time=self.day(8, 9)),  # late: it comes on the ninth
            event("lane.paused", None, time=self.day(9), lane="rich")))
        told = self.told("--rules", new, feed)
        self.assertEqual((told["events"], told["late"], told["left_out"]), (5, 1, 1))
        self.assertEqual((told["from"], told["until"]), (self.day(1), self.day(9)))
        # by its age on the third, and again when it is resolved on the ninth
        self.assertEqual(rehearsed(told, "before"), {("rich", "old", "heads_up"): [2, 0, 2]})
        self.assertEqual({key: counts[:2] for key, counts in rehearsed(told, "after").items()},
                         {("rich", "large", "heads_up"): [1, 0], ("rich", "rest", "heads_up"): [0, 4],
                          ("rich", "law: the daily digest", "digest"): [0, 0]})
        self.assertIn("1 out of order", self.rehearse("--rules", new, feed))

    def test_bad_lines_are_told_and_passed_over(self):
        self.offline()
        new = self.write("new.conf", self.book(rules=self.FEW))
        text = (self.lines(opened("I-1", "xyz", id="one", time=self.day(1))) + "{\"half\": \n\n[]\n{\"type\": 1}\n" +
                "x" * (1024 * 1024 + 1) + "\n" +
                self.lines(opened("I-2", "xyz", time=self.day(2)), opened("I-1", "xyz", id="one", time=self.day(1)),
                           opened("I-3", "xyz", time="2999-01-01T00:00:00Z"),
                           opened("I-4", "xyz", source="/headsup/alarm", time=self.day(2))))
        done = self.daemon.client_run("rehearse", "--json", "--rules", new, "-", text=text)
        self.assertEqual(done.returncode, 0, done.stderr)
        told = json.loads(done.stdout)
        self.assertEqual((told["refused"], told["duplicate"], told["until"]), (5, 1, self.day(2)))
        for line in (2, 5, 6, 9, 10):
            self.assertIn(f"standard input:{line}: refused: ", done.stderr)
        self.assertEqual(done.stderr.count("\n"), 5)

    def test_the_accounts(self):
        """Of a CSV file, or as the ledger has them."""
        rules = [{"name": "major", "match": ["account.tier = major"], "heads_up": "now", "service": "no"},
                 {"name": "rest", "heads_up": "no", "service": "no"}]
        feed = self.write("feed.jsonl", self.lines(*(opened(f"I-{key}", key, time=self.day(2))
                                                     for key in ("xyz", "abc", "new"))))
        people = [rep(id, "sales", self.receiver.url("/" + id)) for id in ("rich", "dana")]
        self.start(**self.book(rules=rules, reps=[*people, rep("pat", "service", self.receiver.url("/pat"))]))
        self.publish(account("xyz", name="XYZ Co.", value=300000), account("abc", value=300, sales="dana"),
                     event("account.kickoff_held", "xyz", by="rich"),
                     event("account.terms_agreed", "xyz", summary="net 45"))
        told = self.told("--rules", self.daemon.conf, feed)
        self.assertEqual((told["events"], told["earlier_events"], told["refused"]), (3, 4, 0))
        self.assertEqual(rehearsed(told, "before"), {("rich", "major", "heads_up"): [1, 0, 1]})
        csv_file = self.write("accounts.csv", "key,value,sales\nabc,400000,dana\nxyz,much,\n" + "k" * 300 + ",1,\n")
        done = self.daemon.client_run("rehearse", "--json", "--rules", self.daemon.conf, "--accounts", csv_file, feed)
        self.assertEqual(done.returncode, 0, done.stderr)
        told = json.loads(done.stdout)
        self.assertEqual((told["events"], told["earlier_events"], told["refused"]), (3, 2, 1))
        self.assertEqual(rehearsed(told, "after"), {("dana", "major", "heads_up"): [1, 0, 1]})
        self.assertIn("accounts.csv:3: value 'much' is no amount", done.stderr)
        self.assertIn("feed.jsonl:the accounts: refused: ", done.stderr)
        # of the ledger, the accounts are its own
        self.daemon.client("rehearse", "--rules", self.daemon.conf, "--accounts", csv_file, status=2)

    def test_the_words(self):
        self.offline()
        new = self.write("new.conf", self.book(rules=self.FEW))
        feed = self.write("feed.jsonl", self.lines(
            *(opened(f"I-{number}", "xyz", amount=900 + number * 50, time=self.day(number))
              for number in range(1, 9))))
        words = self.rehearse("--rules", new, "--show", "2", feed)
        for part in ("8 events, 2026-03-01 08:00:00Z to 2026-03-08 08:00:00Z (7 days)",
                     "- Rich Alvarez would have heard 7 more at once (7 instead of 0)",
                     "- Pat Okafor would have heard", "Notices that differ: 15, here the first 2",
                     "issue.opened I-1 of xyz", "    before: pat, owner at once, by small things",
                     "    after:  pat not told, by rest"):
            self.assertIn(part, words)
        self.assertNotIn("\x1b", words)

    def test_the_picture(self):
        """Well formed, whatever the people are called; never over another file."""
        names = ["</text><script>alert(1)</script>", "a&b \"c\" 'd' \u2028\u202e\ufffe", "Zoë Ångström " * 3]
        people = [rep(f"s-{number}", "sales", self.receiver.url("/"), name=name) for number, name in enumerate(names)]
        self.offline(reps=[*people, rep("pat", "service", self.receiver.url("/pat"))],
                     default={"service": "pat", "sales": "s-0"})
        new = self.write("n&w.conf", {**self.daemon.book, "rules": self.FEW})
        feed = self.write("feed.jsonl", self.lines(
            *(account(f"a-{number}", sales=f"s-{number}", time=self.day(1)) for number in range(3)),
            *(opened(f"I-{number}", f"a-{number % 3}", amount=900 + number * 50, time=self.day(number))
              for number in range(1, 9))))
        for name in ("it.svg", "it.html"):
            path = os.path.join(self.folder, name)
            self.rehearse("--rules", new, feed, "--picture", path)
            with open(path, encoding="utf-8") as file:
                words = file.read()
            tree = xml.etree.ElementTree.fromstring(words[words.index("<svg"):words.index("</svg>") + 6])
            self.assertEqual({node.tag.split("}")[1] for node in tree.iter()},
                             {"svg", "title", "style", "rect", "text", "path"})
            texts = [node.text for node in tree.iter() if node.tag.endswith("text")]
            self.assertIn("</text><script>alert(1)<…", texts)
            self.assertIn("after: " + new, texts)
            self.assertNotIn("<script", words)
            done = self.daemon.client_run("rehearse", "--rules", new, feed, "--picture", path)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn("--force replaces it", done.stderr)
            self.rehearse("--rules", new, feed, "--picture", path, "--force")
        self.rehearse("--rules", new, feed, "--picture", "it.png", status=2)
        self.rehearse("--rules", new, feed, "--force", status=2)
        self.rehearse("--rules", new, feed, "--picture", self.folder + "/none/it.svg", status=1)

    def test_a_refused_book_and_a_wrong_command_line(self):
        self.offline()
        bad = self.write("bad.conf", self.book(rules=[{"name": "a", "match": ["nothing = 1"]},
                                                      {"name": "b", "match": ["amuont > 1"]}]))
        done = self.daemon.client_run("rehearse", "--rules", bad, self.daemon.conf)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.count("error: "), 2, done.stderr)
        self.assertIn("amount", done.stderr)
        for arguments, status in ((("feed",), 2), (("--rules", self.daemon.conf, "--since", "2d", "-"), 2),
                                  (("--rules", self.daemon.conf, "--since", "nonsense"), 2),
                                  (("--rules", self.daemon.conf, "--show", "-1", "-"), 2),
                                  (("--rules", self.daemon.conf, self.folder + "/none"), 1),
                                  (("--rules", self.daemon.conf, self.folder), 1),
                                  (("--rules", self.daemon.conf), 1)):  # there is no ledger
            done = self.daemon.client_run("rehearse", *arguments, text="")
            self.assertEqual(done.returncode, status, (arguments, done.stderr))
            self.assertNotEqual(done.stderr, "")

    def test_nothing_at_all(self):
        self.offline()
        told = self.told("--rules", self.daemon.conf, "-", text="")
        self.assertEqual((told["events"], told["same"], told["refused"]), (0, True, 0))


class TestMuch(Rehearse):
    """More than memory should hold."""

    def setUp(self):
        super().setUp()
        self.offline(rules=[{"name": "old", "match": ["age >= 3d"], "heads_up": "now", "service": "no"},
                            {"name": "rest", "heads_up": "digest", "service": "now"}])
        self.new = self.write("new.conf", self.book(rules=TestAFile.FEW))
        self.feed = os.path.join(self.folder, "feed.jsonl")
        with open(self.feed, "w", encoding="utf-8") as out:
            for number in range(MANY):
                moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1700000000 + number * 30))
                issue = number // 4
                kind, data = (("opened", {"account": f"a-{issue % 500}", "category": "billing", "amount": issue % 2000,
                                          "summary": "charged twice for the same delivery"}) if number % 4 == 0 else
                              ("transferred", {"to": "credit"}) if number % 4 < 3 else ("resolved", {"by": "pat"}))
                out.write(f'{{"specversion":"1.0","id":"{number}","source":"/test","type":"headsup.issue.{kind}",'
                          f'"subject":"I-{issue}","time":"{moment}","data":{json.dumps(data)}}}\n')

    def begin(self, feed, **more):
        environment = {**self.daemon.environment(), "TMPDIR": self.temporary()}
        return subprocess.Popen([harness.HEADSUP, "rehearse", "-c", self.daemon.conf, "--rules", self.new, "--json",
                                 feed], stdout=subprocess.PIPE, env=environment, **more)

    def temporary(self):
        path = os.path.join(self.folder, "tmp")
        os.makedirs(path, exist_ok=True)
        return path

    def children(self, pid):
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]

    def test_memory_stays_flat(self):
        process = self.begin(self.feed)
        self.addCleanup(process.kill)
        most = collections.Counter()
        while process.poll() is None:
            for pid in (process.pid, *self.children(process.pid)):
                try:
                    most[pid] = max(most[pid], harness.process_kib(pid, "VmHWM"))
                except OSError:
                    pass  # it ended meanwhile
            time.sleep(0.2)
            self.assertEqual(os.listdir(self.temporary()), [])
        told = json.loads(process.stdout.read())
        process.stdout.close()
        self.assertEqual((process.returncode, told["events"]), (0, MANY))
        self.assertEqual(len(most), 3)
        if not harness.sanitized():
            self.assertLess(max(most.values()), CAP_KIB)
        print(f"{MANY} events: at most {max(most.values())} KiB in each process", file=sys.stderr)

    def test_ctrl_c_leaves_nothing(self):
        process = self.begin("-", stdin=subprocess.PIPE, start_new_session=True)
        self.addCleanup(process.kill)
        with open(self.feed, "rb") as file:
            process.stdin.write(file.read())
        process.stdin.close()
        children = harness.eventually(lambda: len(self.children(process.pid)) == 2 and self.children(process.pid))
        process.send_signal(signal.SIGINT)  # to it alone: its children go with it
        self.assertEqual(process.wait(20), -signal.SIGINT)
        process.stdout.close()
        harness.eventually(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in children))
        self.assertEqual(os.listdir(self.temporary()), [])

    def test_a_child_that_dies_is_told(self):
        process = self.begin(self.feed, stderr=subprocess.PIPE)
        children = harness.eventually(lambda: len(self.children(process.pid)) == 2 and self.children(process.pid))
        os.kill(children[0], signal.SIGKILL)
        out, words = process.communicate(timeout=60)
        self.assertEqual((process.returncode, out), (1, b""))
        self.assertIn(b"a trial ended before its end", words)


if __name__ == "__main__":
    harness.main()
