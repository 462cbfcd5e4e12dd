"""The checker of the promises P1 to P6 and P9 (DESIGN, "The promises, as checks"). It reads three records,
what the publisher got, the ledger, and what the receivers got, and says where they do not agree. It is
code of its own on purpose: it shares nothing with what it checks but the schema."""

import collections
import json
import sqlite3

WAITING, DELIVERED, DEAD, DIGEST, UNSENT, DROPPED, HELD, GATHERED = range(8)
SERVICE, SALES, ADMIN = range(3)
TEST = 12  # the kind of a notice


class Ledger:
    """The ledger's rows, read beside a running daemon or without one; never written."""

    def __init__(self, path):
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA query_only = 1")
        connection.execute("BEGIN")  # one moment for all that follows
        self.prefix = next((value for name, value in connection.execute("SELECT name, value FROM meta")
                            if "prefix" in name), "")
        self.events = list(connection.execute(
            "SELECT seq, source, id, type, subject, issue, bytes, receipt FROM events ORDER BY seq"))
        self.notices = [*map(dict, connection.execute("SELECT * FROM notices ORDER BY num")),
                        *self.unsaid(connection)]
        self.issues = {row["num"]: row for row in connection.execute("SELECT * FROM issues")}
        self.accounts = {row["key"]: row for row in connection.execute("SELECT * FROM accounts")}
        connection.close()

    @staticmethod
    def unsaid(connection):
        """The decisions that tell nobody, as if they were notices: each stands in its event's row."""
        for event in connection.execute("SELECT seq, issue, received_ms, unsaid FROM events WHERE unsaid <> ''"):
            for place, decision in enumerate(json.loads(event["unsaid"])):
                yield {"num": -(event["seq"] * 16 + place), "event": event["seq"], "issue": event["issue"],
                       "fate": UNSENT, "lane": None, "carrier": None, "quiet": None, "words": None,
                       "created_ms": event["received_ms"], "due_ms": event["received_ms"],
                       "done_ms": event["received_ms"], "attempts": 0, **decision}

    def notice_id(self, notice):
        return f"{self.prefix}_{notice['num']}" if not self.prefix.endswith("_") else \
            f"{self.prefix}{notice['num']}"

    def fates(self):
        return collections.Counter(notice["fate"] for notice in self.notices)


def ok(request):
    return 200 <= request.status < 300


class Audit:
    """found: every disagreement, each in a line that begins with the promise's name."""

    def __init__(self, ledger, receipts=(), requests=(), book=None, crashed=False, settled=True,
                 all_issue_events_told=True):
        self.ledger = ledger if isinstance(ledger, Ledger) else Ledger(ledger)
        self.receipts, self.requests, self.book = list(receipts), list(requests), book
        self.crashed, self.settled, self.all_issue_events_told = crashed, settled, all_issue_events_told
        self.by_num = {notice["num"]: notice for notice in self.ledger.notices}
        self.by_id = {self.ledger.notice_id(notice): notice for notice in self.ledger.notices}
        self.events_by_seq = {event["seq"]: event for event in self.ledger.events}
        self.asked = collections.defaultdict(list)
        for request in self.requests:
            self.asked[request.id].append(request)
        self.found = []
        for check in (self.no_loss, self.fates_stand, self.one_decision_once, self.nothing_unbidden,
                      self.bounded_duplicates, self.balance, self.liveness):
            check()

    def say(self, promise, words):
        self.found.append(f"{promise}: {words}")

    def no_loss(self):
        """P1, P2: what was acknowledged is on disk, under the number that the receipt gave."""
        stored = {(event["source"], event["id"]): event["seq"] for event in self.ledger.events}
        if len(stored) != len(self.ledger.events):
            self.say("P1", "an event stands twice in the ledger")
        for receipt in self.receipts:
            if receipt["status"] not in ("accepted", "duplicate"):
                continue
            seq = stored.get((receipt["source"], receipt["id"]))
            if seq is None:
                self.say("P1", f"acknowledged, not in the ledger: {receipt['source']} {receipt['id']}")
            elif receipt["status"] == "accepted" and receipt["seq"] != seq:
                self.say("P2", f"{receipt['id']} was acknowledged as {receipt['seq']} and is {seq}")

    def fates_stand(self):
        """P1: each notice has a fate and a reason; what is said to be delivered has arrived."""
        for notice in self.ledger.notices:
            name = self.ledger.notice_id(notice)
            if not notice["rule"] or not notice["why"]:
                self.say("P1", f"{name} has no reason on record")
            final = notice["fate"] in (DELIVERED, DEAD, DROPPED, GATHERED)
            if final != bool(notice["done_ms"]) and notice["fate"] not in (DIGEST, UNSENT):
                self.say("P1", f"{name}: fate {notice['fate']}, done at {notice['done_ms']}")
            if notice["fate"] == DELIVERED and self.requests and not any(map(ok, self.asked[name])):
                self.say("P1", f"{name} is called delivered and never arrived")
            if notice["fate"] == HELD and (notice["lane"] or not notice["quiet"]):
                self.say("P1", f"{name} is held for lane {notice['lane']}, because {notice['quiet']}")
            if notice["fate"] == GATHERED:
                self.carried(name, notice)

    def carried(self, name, notice):
        """P1: what another notice told is about the same issue, for the same role, and that one was to go out."""
        carrier = self.by_num.get(notice["carrier"])
        if carrier is None or carrier["fate"] not in (WAITING, DELIVERED, DEAD, DIGEST, DROPPED):
            self.say("P1", f"{name} was gathered by {notice['carrier']}, which is no notice that goes out")
        elif (carrier["issue"], carrier["role"]) != (notice["issue"], notice["role"]):
            self.say("P3", f"{name} was gathered by one about another issue or for the other role")

    def one_decision_once(self):
        """P1, P4: no event decides the same thing about the same person twice; F1: none decides nothing."""
        told = collections.Counter((notice["event"], notice["rep"], notice["kind"], notice["lane"])
                                   for notice in self.ledger.notices if notice["event"] is not None)
        for key, count in told.items():
            if count > 1:
                self.say("P4", f"event {key[0]} told {key[1]} the same {count} times")
        deciding = {notice["event"] for notice in self.ledger.notices}
        for event in self.ledger.events:
            if self.all_issue_events_told and event["type"].startswith("issue."):
                if event["seq"] not in deciding:
                    self.say("P1", f"event {event['seq']} ({event['type']}) decided nothing")

    def own_reps(self, notice):
        """The ids of those who may hear of a notice's issue or account."""
        event = self.events_by_seq.get(notice["event"])
        issue = self.ledger.issues.get(notice["issue"])
        key = issue["account"] if issue else event["subject"] if event else None
        account = self.ledger.accounts.get(key)
        people = {}
        default = self.book["default"] if self.book else {}
        known = {rep["id"]: rep["role"] for rep in self.book["reps"]} if self.book else None
        for role, name in ((SERVICE, "service"), (SALES, "sales")):
            own = account[name] if account else None
            people[role] = own if own and (known is None or known.get(own) == name) else default.get(name)
        return people

    def may_hear(self, notice):
        """Whether the notice's rep is the account's own, or stands in for him and says so."""
        own = self.own_reps(notice)[notice["role"]]
        stand_in = next((rep.get("stand_in") for rep in self.book["reps"] if rep["id"] == own and "away" in rep),
                        None)
        return notice["rep"] == own or (notice["rep"] == stand_in
                                        and f"{stand_in} stands in for {own}" in notice["why"])

    def nothing_unbidden(self):
        """P3: each request has an event and a reason behind it, and went to the account's own rep."""
        paths = {}
        if self.book:
            for rep in self.book["reps"]:
                paths[rep["id"]] = rep["webhook"]["url"]
                if "fallback" in rep:
                    paths[rep["id"] + ".fallback"] = rep["fallback"]["url"]
            if "admin" in self.book:
                paths["admin"] = self.book["admin"]["webhook"]["url"]
        for name, requests in self.asked.items():
            notice = self.by_id.get(name)
            if notice is None:
                self.say("P3", f"a request with id {name!r} has no notice behind it")
                continue
            if notice["role"] != ADMIN:
                if notice["event"] not in self.events_by_seq:
                    self.say("P3", f"{name} has no event behind it")
                if self.is_test(notice):
                    self.asked_for(name, notice)
                elif self.book and not self.may_hear(notice):
                    self.say("P3", f"{name} went to {notice['rep']}, who is nobody of that account")
            for request in requests:
                lanes = (notice["lane"], notice["rep"], f"{notice['rep']}.fallback")
                if paths and not any(paths.get(lane, "").endswith(request.path) for lane in lanes):
                    self.say("P3", f"{name} for {notice['rep']} went to {request.path}")
                self.payload(name, notice, request)

    def payload(self, name, notice, request):
        """What a generic payload says of itself agrees with the ledger."""
        try:
            said = json.loads(request.body)
        except ValueError:
            self.say("P3", f"{name}: the body is no JSON")
            return
        if not isinstance(said, dict) or said.get("type") != "headsup.notice":
            return
        if said.get("id") != name or said["data"].get("to") != notice["rep"]:
            self.say("P3", f"{name} calls itself {said.get('id')} to {said['data'].get('to')}")

    def is_test(self, notice):
        event = self.events_by_seq.get(notice["event"])
        return event is not None and event["type"] == "notice.test_requested"

    def asked_for(self, name, notice):
        """P3: a test goes to whom its event names, and is about no issue."""
        asked = json.loads(self.events_by_seq[notice["event"]]["bytes"])["data"]["rep"]
        if notice["rep"] != asked or notice["issue"] is not None or notice["kind"] != TEST:
            self.say("P3", f"{name} is a test for {asked}, and went to {notice['rep']} about {notice['issue']}")

    def bounded_duplicates(self):
        """P4: after a 2xx nothing more, but for what was in flight at a crash."""
        if self.crashed:
            return
        for name, requests in self.asked.items():
            if any(map(ok, requests[:-1])):
                self.say("P4", f"{name} was sent again after it had been taken")

    def balance(self):
        """P5: accepted events = those stored, each with the fate of what it caused."""
        accepted = {(receipt["source"], receipt["id"]) for receipt in self.receipts
                    if receipt["status"] in ("accepted", "duplicate")}
        stored = {(event["source"], event["id"]) for event in self.ledger.events}
        if self.receipts and not self.crashed and accepted != stored:
            self.say("P5", f"{len(accepted)} events acknowledged, {len(stored)} stored")
        for event in self.ledger.events:
            receipt = json.loads(event["receipt"])
            if receipt.get("seq") != event["seq"]:
                self.say("P5", f"event {event['seq']} keeps a receipt for {receipt.get('seq')}")

    def liveness(self):
        """P6: when the faults have stopped, nothing waits."""
        fates = self.ledger.fates()
        waiting = fates[WAITING] + fates[HELD]
        if self.settled and waiting:
            self.say("P6", f"{waiting} notices still wait")


def early_retries(requests, schedule_s, jitter=0.2, slack_s=0.05):
    """P6: the retries of each notice that came before their time."""
    found, by_id = [], collections.defaultdict(list)
    for request in requests:
        by_id[request.id].append(request.at)
    for name, times in by_id.items():
        for number, (first, second) in enumerate(zip(times, times[1:])):
            least = schedule_s[min(number, len(schedule_s) - 1)] * (1 - jitter) - slack_s
            if second - first < least:
                found.append(f"P6: try {number + 2} of {name} came after {second - first:.2f} s, before {least:.2f}")
    return found


def leaks(secrets, texts):
    """P9: which secrets stand in which of the named texts."""
    return [f"P9: a secret stands in {name}" for name, text in texts.items() for secret in secrets
            if secret in text]


def wait_settled(ledger_path, seconds=30.0, also=lambda fates: True):
    """Waits until nothing waits or is held any more in the ledger; the fates."""
    import time
    deadline = time.monotonic() + seconds
    while True:
        connection = sqlite3.connect(f"file:{ledger_path}?mode=ro", uri=True, timeout=10)
        fates = collections.Counter(dict(connection.execute(
            "SELECT fate, count(*) FROM notices GROUP BY fate").fetchall()))
        fates[UNSENT] += connection.execute(
            "SELECT coalesce(sum(json_array_length(unsaid)), 0) FROM events").fetchone()[0]
        connection.close()
        if not fates[WAITING] and not fates[HELD] and also(fates):
            return fates
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds:g} s the fates are {dict(fates)}")
        time.sleep(0.05)
