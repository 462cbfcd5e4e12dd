#!/usr/bin/python3
"""The command line: against a daemon that is played here, with every bad habit, and against the real one."""

import contextlib
import csv
import json
import os
import pty
import re
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

import zmq

import harness
from events import opened

COMMANDS = ["publish", "event", "accounts", "issues", "show", "why", "notices", "retry", "lanes", "pause",
            "resume", "send-test", "silence", "silences", "check", "test", "explain", "rehearse", "reload", "status"]


class PlayedDaemon:
    """A ROUTER that keeps what it accepts, in order, as headsupd would; habit(event, count) says what else
    it does: None accepts, "drop" keeps silent, "lose" stores and keeps silent, a dict is the receipt."""

    def __init__(self, endpoint, habit=None):
        self.endpoint = endpoint
        self.habit = habit or (lambda event, count: None)
        self.stored, self.events, self.connections = [], {}, set()
        self.count = 0
        self.start()

    def start(self):
        self._running = True
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def stop(self):
        self._running = False
        self._thread.join()

    def _serve(self):
        socket = zmq.Context.instance().socket(zmq.ROUTER)
        socket.linger = 0
        socket.sndhwm = socket.rcvhwm = 0
        socket.bind(self.endpoint)
        while self._running:
            if not socket.poll(10):
                continue
            for _ in range(1000):
                try:
                    frames = socket.recv_multipart(zmq.NOBLOCK)
                except zmq.Again:
                    break
                self._answer(socket, frames)
        socket.close()

    def _answer(self, socket, frames):
        empty = frames.index(b"")
        envelope, requests = frames[:empty + 1], frames[empty + 1:]
        self.connections.add(frames[0])
        receipts = [self._receipt(request) for request in requests]
        if None not in receipts:
            socket.send_multipart(envelope + [json.dumps(receipt).encode() for receipt in receipts])

    def _receipt(self, request):
        self.count += 1
        try:
            event = json.loads(request)
        except ValueError:
            return {"id": None, "source": None, "status": "refused", "code": "malformed", "message": "no JSON"}
        habit = self.habit(event, self.count)
        if habit == "drop":
            return None
        if isinstance(habit, dict):
            return {"id": event["id"], "source": event["source"], **habit}
        key = (event["source"], event["id"])
        status = "duplicate" if key in self.events else "accepted"
        if status == "accepted":
            self.events[key] = event
            self.stored.append(event["id"])
        if habit == "lose":
            return None
        receipt = {"id": event["id"], "source": event["source"], "status": status, "seq": len(self.stored)}
        if status == "duplicate":
            receipt["first"] = {"id": event["id"], "status": "accepted", "seq": 1, "decisions": []}
        return receipt


class Client(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="headsup-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.endpoint = f"ipc://{self.folder}/intake"
        self.played = None

    def play(self, habit=None):
        self.played = PlayedDaemon(self.endpoint, habit)
        self.addCleanup(self.played.stop)
        return self.played

    def run_client(self, *arguments, text=None, status=0):
        done = subprocess.run([harness.HEADSUP, "-e", self.endpoint, *arguments], input=text,
                              capture_output=True, text=True, timeout=90, check=False)
        self.assertEqual(done.returncode, status, f"{arguments}\n{done.stdout[:2000]}\n{done.stderr[:2000]}")
        return done

    def file(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8", newline="") as out:
            out.write(text)
        return path

    @staticmethod
    def lines(count, **more):
        return "".join(json.dumps({"specversion": "1.0", "id": f"e{number}", "source": "/test",
                                   "type": "headsup.issue.updated", "subject": "I-1", **more}) + "\n"
                       for number in range(count))

    @staticmethod
    def ids(count):
        return [f"e{number}" for number in range(count)]

    def receipts(self, done):
        return [json.loads(line) for line in done.stdout.splitlines()]


class TestPublish(Client):
    def test_all_arrive_in_order_with_receipts_in_order(self):
        self.play()
        done = self.run_client("publish", "--window", "256", "-", text=self.lines(5000))
        self.assertEqual(self.played.stored, self.ids(5000))
        self.assertEqual([receipt["id"] for receipt in self.receipts(done)], self.ids(5000))
        self.assertEqual(done.stderr, "5,000 events: 5,000 accepted, 0 duplicate, 0 refused\n")
        again = self.run_client("publish", "--quiet", text=self.lines(5000))
        self.assertEqual(again.stdout, "")
        self.assertIn("5,000 duplicate", again.stderr)

    def test_what_is_lost_is_sent_again_in_order(self):
        lost = {700: "lose", 701: "drop"}
        self.play(lambda event, count: lost.get(count))
        done = self.run_client("publish", "--window", "100", text=self.lines(1500))
        self.assertEqual([receipt["id"] for receipt in self.receipts(done)], self.ids(1500))
        self.assertEqual(sorted(self.played.stored), sorted(self.ids(1500)))
        self.assertEqual(len(self.played.connections), 2)

    def test_a_daemon_that_dies_loses_nothing_and_no_order(self):
        played = self.play()
        publisher = subprocess.Popen([harness.HEADSUP, "publish", "-e", self.endpoint, "--window", "32"],
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        lines = self.lines(4000).encode().splitlines(keepends=True)

        def feed():
            for number, line in enumerate(lines):
                publisher.stdin.write(line)
                if number % 1000 == 500:
                    publisher.stdin.flush()
                    played.stop()
                    time.sleep(0.2)
                    played.start()
            publisher.stdin.close()

        feeder = threading.Thread(target=feed)
        feeder.start()
        out = publisher.stdout.read()
        self.assertEqual(publisher.wait(60), 0, publisher.stderr.read())
        feeder.join()
        publisher.stdout.close()
        publisher.stderr.close()
        self.assertEqual(played.stored, self.ids(4000))
        self.assertEqual([json.loads(line)["id"] for line in out.splitlines()], self.ids(4000))
        self.assertGreater(len(played.connections), 1)

    def test_unavailable_is_asked_again_and_keeps_its_order(self):
        full = {"until": None}

        def habit(_event, count):
            if count == 200:
                full["until"] = time.monotonic() + 1.5
            if full["until"] and time.monotonic() < full["until"]:
                return {"status": "unavailable", "message": "the disk is full"}
            return None

        played = self.play(habit)
        done = self.run_client("publish", "--window", "64", text=self.lines(1000))
        self.assertEqual(played.stored, self.ids(1000))
        self.assertEqual({receipt["status"] for receipt in self.receipts(done)}, {"accepted"})
        self.assertLess(played.count, 1000 + 64 + 8)  # one at a time while it is full

    def test_patience_ends_with_three(self):
        done = self.run_client("publish", "--patience", "1", text=self.lines(3), status=3)
        self.assertEqual([receipt["status"] for receipt in self.receipts(done)], ["unsent"] * 3)
        self.assertIn("3 unsent", done.stderr)
        self.assertIn("is headsupd running?", done.stderr)
        with open(os.path.join(self.folder, "intake"), "wb"):  # in the place of a socket
            done = self.run_client("event", "x", "--patience", "1", status=3)
        self.assertIn("nobody takes connections there", done.stderr)
        self.play(lambda event, count: {"status": "unavailable", "message": "the disk is full"})
        done = self.run_client("publish", "--patience", "1", text=self.lines(1), status=3)
        self.assertEqual(self.receipts(done)[0]["status"], "unavailable")
        self.assertIn("cannot store anything for now", done.stderr)

    def test_refusals_are_told_with_their_line(self):
        self.play(lambda event, count: {"status": "refused", "code": "missing", "path": "/data",
                                        "message": "it wants \u001b[2Jdata"} if event["id"] == "e1" else None)
        path = self.file("some.jsonl", self.lines(3) + "rubbish\n\n" + "x" * (1 << 20) + "x\n")
        done = self.run_client("publish", "--quiet", path, status=1)
        self.assertIn(f"{path}:2: refused: it wants  [2Jdata; at /data\n", done.stderr)
        self.assertIn(f"{path}:4: refused: no JSON\n", done.stderr)
        self.assertIn(f"{path}:5: an empty line", done.stderr)
        self.assertIn(f"{path}:6: refused: longer than 1 MiB", done.stderr)
        self.assertIn("5 events: 2 accepted, 0 duplicate, 3 refused", done.stderr)
        self.assertEqual(len(self.receipts(done)), 2)

    def test_an_array_and_an_event_over_lines(self):
        played = self.play()
        events = [json.loads(line) for line in self.lines(3).splitlines()]
        self.run_client("publish", text=json.dumps(events, indent=2))
        self.assertEqual(played.stored, self.ids(3))
        self.run_client("publish", text=json.dumps({**events[0], "id": "pretty"}, indent=2))
        self.assertEqual(played.stored[-1], "pretty")

    def test_receipts_come_while_the_input_is_still_open(self):
        self.play()
        publisher = subprocess.Popen([harness.HEADSUP, "publish", "-e", self.endpoint], stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for line in self.lines(3).encode().splitlines(keepends=True):
            publisher.stdin.write(line)
            publisher.stdin.flush()
            self.assertEqual(json.loads(publisher.stdout.readline())["id"], json.loads(line)["id"])
        publisher.stdin.close()
        self.assertEqual(publisher.wait(10), 0)
        publisher.stdout.close()

    @staticmethod
    def read_all(terminal):
        """All that was written to it: one read gives what has come by then, and 4 KB at most."""
        pieces = []
        with contextlib.suppress(OSError):  # so says a terminal that nobody has open any more
            while piece := os.read(terminal, 65536):
                pieces.append(piece)
        return b"".join(pieces)

    def test_progress_stands_on_a_terminal_only(self):
        self.play(lambda event, count: time.sleep(0.001))
        ours, theirs = pty.openpty()
        done = subprocess.run([harness.HEADSUP, "publish", "-e", self.endpoint], input=self.lines(1000).encode(),
                              stdout=subprocess.PIPE, stderr=theirs, timeout=60, check=True)
        os.close(theirs)
        shown = self.read_all(ours).decode()
        os.close(ours)
        self.assertEqual(len(done.stdout.splitlines()), 1000)
        self.assertRegex(shown, r"[0-9,]+ published, [0-9,]+/s, 0 refused")
        self.assertTrue(shown.endswith("1,000 events: 1,000 accepted, 0 duplicate, 0 refused\r\n"), shown[-200:])

    @unittest.skipIf(harness.sanitized(), "a sanitizer has a memory of its own")
    def test_memory_stays_flat(self):
        self.play()
        path = self.file("many.jsonl", self.lines(60000, data={"note": "x" * 500}))
        publisher = subprocess.Popen([harness.HEADSUP, "publish", "-e", self.endpoint, "--window", "1024", path],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        most = 0
        while publisher.poll() is None:
            most = max(most, harness.process_kib(publisher.pid, "VmHWM"))
            time.sleep(0.02)
        self.assertEqual(publisher.returncode, 0)
        self.assertEqual(len(self.played.stored), 60000)
        self.assertGreater(most, 0)
        self.assertLess(most, 24 * 1024)


class TestEvent(Client):
    def test_words_become_an_event(self):
        played = self.play()
        done = self.run_client("event", "issue.opened", "subject=INV-7", "account=xyz", "category=billing",
                               "summary=charged = twice", "amount=18250", "severity:=\"major\"", "extra:={\"a\": [1]}",
                               "so \"named\"\\=x", "and\n\"so\":=1")
        event, = played.events.values()
        self.assertEqual(event["type"], "headsup.issue.opened")
        self.assertEqual(event["subject"], "INV-7")
        self.assertRegex(event["id"], r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
        self.assertRegex(event["source"], r"^/headsup/cli/\w+")
        self.assertRegex(event["time"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d")
        self.assertEqual(event["data"], {"account": "xyz", "category": "billing", "summary": "charged = twice",
                                         "amount": "18250", "severity": "major", "extra": {"a": [1]},
                                         "so \"named\"\\": "x", "and\n\"so\"": 1})
        self.assertIn("accepted: event 1 is on disk", done.stdout)

    def test_attributes_and_numbers(self):
        played = self.play()
        self.run_client("event", "headsup.issue.concession_requested", "id=1", "source=/me", "percent=5.5", "kind=discount",
                        "time=2026-11-22T08:00:00Z")
        event = played.events[("/me", "1")]
        self.assertEqual(event["data"], {"percent": 5.5, "kind": "discount"})
        self.assertEqual(event["time"], "2026-11-22T08:00:00Z")
        self.assertEqual(event["type"], "headsup.issue.concession_requested")

    def test_the_receipt_in_words(self):
        self.play(lambda event, count: {
            "status": "accepted", "seq": 9, "unknown": "account",
            "issue": {"key": "INV-7", "state": "open", "hop": 1, "owner": "rich"},
            "decisions": [{"rule": "big", "action": "heads_up", "to": "rich", "when": "now"},
                          {"rule": "unsaid", "action": "none", "to": "pat", "when": "no"}],
            "answer": {"say": "Stand firm.\nNobody says otherwise.", "limit": "law: one hop"},
            "terms": {"summary": "net 45\u0007", "agreed_by": "rich", "agreed_at": "2026-03-03T00:00:00Z",
                      "link": "https://example.com/t"}})
        done = self.run_client("event", "issue.escalation_requested", "subject=INV-7")
        self.assertEqual(done.stdout, """accepted: event 9 is on disk
no such account is on record; the event counts all the same
issue INV-7: open, with sales (rich)
  rich: heads_up, now  [big]
  pat: not told  [unsaid]
answer:
  Stand firm.
  Nobody says otherwise.
  because of: law: one hop
terms: net 45\x20
  agreed by rich on 2026-03-03T00:00:00Z
  https://example.com/t
""")

    def test_refused_and_wrong(self):
        self.play(lambda event, count: {"status": "refused", "code": "missing", "message": "no account", "path": "/data"})
        done = self.run_client("event", "issue.opened", "a=b", status=1)
        self.assertEqual(done.stderr, "refused: no account\n  missing, at /data\n")
        self.assertEqual(json.loads(self.run_client("event", "--json", "x", status=1).stdout)["code"], "missing")
        for wrong in (["event"], ["event", "x", "novalue"], ["event", "x", "a:=nojson"], ["event", "x", "a=1", "a=2"],
                      ["event", "x", "=1"], ["event", "x", "id=1", "id=2"]):
            self.run_client(*wrong, status=2)

    def test_a_dry_run_publishes_nothing(self):
        played = self.play()
        event = json.loads(self.run_client("event", "-n", "account.surveyed", "subject=xyz", "score=9").stdout)
        self.assertEqual(event["data"], {"score": 9})
        self.assertEqual(played.count, 0)


class TestImport(Client):
    CSV = ("name,Key,unknown,value\r\n"
           "\"XYZ, Co.\",xyz,1,250000\r\n"
           "No key,,1,5\r\n"
           "Bad value,bad,1,\"250,000\"\r\n"
           "short,s\r\n"
           "open\"quote,q,1,2\r\n"
           "\"Två\nrader\",two,1,\r\n")

    def test_rows_become_events_and_bad_ones_are_told(self):
        played = self.play()
        path = self.file("accounts.csv", self.CSV)
        done = self.run_client("accounts", "import", path, status=1)
        events = list(played.events.values())
        self.assertEqual([event["subject"] for event in events], ["xyz", "two"])
        self.assertEqual(events[0]["data"], {"name": "XYZ, Co.", "value": "250000"})
        self.assertEqual(events[1]["data"], {"name": "Två\nrader"})
        for line, words in ((1, "warning: the column 'unknown' is ignored"), (3, "no key"),
                            (4, "value '250,000' is no amount"), (5, "2 cells; the header line has 4"),
                            (6, "a quote out of place")):
            self.assertIn(f"{path}:{line}: {words}", done.stderr)
        self.assertIn("6 events: 2 accepted, 0 duplicate, 4 refused", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_twice_is_a_duplicate_unless_again(self):
        played = self.play()
        path = self.file("accounts.csv", "key,name\nxyz,XYZ\nabc,ABC\n")
        other = self.file("turned.csv", "name;key\nXYZ;xyz\nABC;abc\n")
        self.assertIn("2 accepted", self.run_client("accounts", "import", path).stderr)
        self.assertIn("2 duplicate", self.run_client("accounts", "import", path).stderr)
        self.assertIn("2 duplicate", self.run_client("accounts", "import", other).stderr)
        self.assertEqual(len(played.stored), 2)
        self.assertIn("2 accepted", self.run_client("accounts", "import", path, "--again").stderr)

    def test_headers_that_cannot_be(self):
        self.play()
        for text, words in (("name\nx\n", "no column key"), ("key,key\nx,y\n", "twice the column key"),
                            ("", "no header line")):
            done = self.run_client("accounts", "import", self.file("bad.csv", text), status=1)
            self.assertIn(words, done.stderr)
        self.run_client("accounts", "import", os.path.join(self.folder, "none.csv"), status=1)
        self.run_client("accounts", "improt", "x", status=2)


class TestUsage(Client):
    def test_each_command_helps(self):
        overview = self.run_client("--help").stdout
        for command in COMMANDS:
            self.assertRegex(overview, rf"\n  {command} +\w")
            text = self.run_client(command, "--help").stdout
            self.assertIn(f"Usage: headsup {command}", text)
            self.assertIn("For example:\n  ", text)
            self.assertLessEqual(max(map(len, text.splitlines())), 100)
        self.assertEqual(len(re.findall(r"^  [a-z-]+ +[a-z]", overview, re.M)), len(COMMANDS))
        self.assertRegex(self.run_client("--version").stdout, r"^headsup \d+\.\d+\.\d+\n$")

    def test_wrong_usage_says_what_was_meant(self):
        self.assertIn("did you mean notices?", self.run_client("notcies", status=2).stderr)
        self.assertIn("did you mean --window?", self.run_client("publish", "--widnow", "3", status=2).stderr)
        for wrong in ([], ["show"], ["publish", "--window", "0"], ["publish", "--window", "4097"],
                      ["publish", "a", "b"], ["retry"], ["retry", "x", "--all"], ["notices", "--dead", "--waiting"]):
            self.run_client(*wrong, status=2)

    def test_an_endpoint_that_cannot_be(self):
        done = self.run_client("-e", "nonsense", "event", "x", status=2)
        self.assertIn("cannot use the endpoint 'nonsense'", done.stderr)

    def test_a_rule_book_with_errors(self):
        path = self.file("book.conf", "reps = ();\nnonsense = 3;\n")
        done = self.run_client("-c", path, "check", status=1)
        self.assertRegex(done.stdout, rf"(?m)^error: .*nonsense(.|\n)*^{path}: \d+ errors?, \d+ warnings?$")
        self.assertTrue(json.loads(self.run_client("-c", path, "check", "--json", status=1).stdout)["errors"])
        self.assertRegex(self.run_client("-c", path, "status", status=1).stderr, r"the rule book \S+ has \d+ error")
        self.run_client("check", os.path.join(self.folder, "none.conf"), status=1)

    def test_the_library_shows_its_own_names_only(self):
        library = os.path.join(harness.BUILD, "client", "libheadsup", "libheadsup.so")
        names = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True)
        found = [line.split()[-1] for line in names.stdout.splitlines()]
        self.assertIn("headsup_publisher_open", found)
        if not harness.sanitized():
            self.assertEqual([name for name in found if not name.startswith("headsup_publisher_")], [])


class TestAgainstTheRealOne(harness.Corridor):
    """Reads of a real ledger, written by a real daemon."""

    def tell(self):
        self.start()
        path = os.path.join(self.folder, "accounts.csv")
        with open(path, "w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows([["key", "name", "value"], ["xyz", "XYZ Co.", "300000"]])
        self.daemon.client("accounts", "import", path)
        self.daemon.client("event", "account.terms_agreed", "subject=xyz", "summary=net 45", "agreed_by=rich")
        self.daemon.client("event", "issue.opened", "subject=INV-7", "account=xyz", "category=billing", "id=first",
                           "source=/test", "summary=charged twice", "amount=18250")
        self.wait("/rich")
        self.wait("/pat")

    def test_the_reads_tell_the_story(self):
        self.tell()
        harness.eventually(lambda: not json.loads(self.daemon.client("notices", "--waiting", "--json")))
        account, = json.loads(self.daemon.client("accounts", "list", "--json"))
        self.assertEqual((account["key"], account["name"], account["value"]), ("xyz", "XYZ Co.", "300000.00"))
        self.assertIn("terms: net 45", self.daemon.client("accounts", "show", "xyz"))
        issue, = json.loads(self.daemon.client("issues", "--open", "--account", "xyz", "--json"))
        self.assertEqual((issue["key"], issue["amount"], issue["hop"]), ("INV-7", "18250.00", 0))
        self.assertRegex(self.daemon.client("issues"), r"INV-7 +xyz +open +service +pat +billing")
        self.assertEqual(json.loads(self.daemon.client("issues", "--account", "abc", "--json")), [])
        story = json.loads(self.daemon.client("show", "INV-7", "--json"))
        self.assertEqual(story["events"][0]["event"]["event"]["data"]["summary"], "charged twice")
        self.assertEqual({decision["to"]: decision["fate"] for decision in story["events"][0]["decisions"]},
                         {"rich": "delivered", "pat": "delivered"})
        self.assertIn("big billing trouble at a major account", self.daemon.client("show", "INV-7"))
        self.assertIn("no issue INV-8", self.daemon.client_run("show", "INV-8").stderr)
        self.daemon.client("show", "INV-8", status=1)

    def test_why_answers_for_events_and_notices(self):
        self.tell()
        notice = next(row for row in json.loads(self.daemon.client("notices", "--rep", "rich", "--json"))
                      if row["issue"] == "INV-7")
        for asked in ([notice["notice"]], ["first"], ["/test", "first"]):
            words = self.daemon.client("why", *asked)
            self.assertIn("sales (rich): heads_up", words)
            self.assertIn("big billing trouble at a major account", words)
        self.assertNotIn("service (pat)", self.daemon.client("why", notice["notice"]))
        self.assertIn("service (pat)", self.daemon.client("why", "first"))
        self.assertEqual(json.loads(self.daemon.client("why", "first", "--json"))[0]["event"]["id"], "first")
        self.daemon.client("why", "nothing", status=1)
        self.daemon.client("why", "hn_zzzzzzzz_1", status=1)

    def test_status_balances(self):
        self.tell()
        status = json.loads(self.daemon.client("status", "--audit", "--json"))
        self.assertTrue(status["balance"]["balanced"])
        self.assertEqual(status["events"], 3)
        self.assertIn("events    3:", self.daemon.client("status", "--audit"))

    def test_a_dead_letter_goes_out_again(self):
        self.start()
        self.receiver.always("/rich", 422)
        self.publish(opened("D-1", "xyz", amount=20000, category="billing"))
        self.daemon.client("event", "issue.escalation_requested", "subject=D-1")
        dead = harness.eventually(lambda: json.loads(self.daemon.client("notices", "--dead", "--json")))
        self.receiver.always("/rich", 200)
        self.assertIn("no dead letters", self.daemon.client("retry", "--lane", "pat"))
        self.assertIn(f"{len(dead)} dead letter", self.daemon.client("retry", "--lane", "rich"))
        harness.eventually(lambda: not json.loads(self.daemon.client("notices", "--dead", "--json")))
        self.assertIn("is no dead letter", self.daemon.client_run("retry", dead[0]["notice"]).stderr)
        self.daemon.client("retry", "hn_zzzzzzzz_1", status=1)

    def test_the_real_one_takes_many(self):
        self.start(rules=[{"name": "nobody", "heads_up": "no", "service": "no"}])
        lines = "".join(json.dumps(opened(f"M-{number % 50}", "xyz", id=f"m{number}")) + "\n" for number in range(5000))
        done = self.daemon.client_run("publish", "--window", "1024", text=lines + "{\"a\":\n" + "y" * 600000 + "\n")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("5,002 events: 5,000 accepted, 0 duplicate, 2 refused", done.stderr)
        self.assertEqual([json.loads(line)["id"] for line in done.stdout.splitlines()][:5000],
                         [f"m{number}" for number in range(5000)])


if __name__ == "__main__":
    harness.main()
