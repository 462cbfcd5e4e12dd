#!/usr/bin/python3
"""The checker and the receiver prove themselves: each planted fault is found, and sound records pass."""

import json
import os
import re
import shutil
import sqlite3
import tempfile
import types
import unittest

from audit import Audit, early_retries, leaks
from harness import ROOT
from receiver import is_signed, signature

BOOK = {"default": {"service": "pat", "sales": "rich"}, "reps": [
    {"id": id, "role": role, "webhook": {"url": f"http://127.0.0.1:1/{id}"}}
    for id, role in (("pat", "service"), ("sam", "service"), ("rich", "sales"), ("olga", "sales"))]}
NOTICE = dict(role=1, kind=0, fate=1, urgent=0, rep="rich", lane="rich", rule="r", why="w", created_ms=1,
              due_ms=1, done_ms=2, attempts=1, status=200)
UNSAID = dict(role=0, kind=1, urgent=0, rep="sam", rule="r", why="w")


def schema():
    """The tables as the ledger makes them."""
    def read(name):
        with open(os.path.join(ROOT, "common", "ledger", name), encoding="utf-8") as file:
            return file.read()
    text = read("sql.c").replace("IS_OPEN", re.search(r"#define IS_OPEN (.*)", read("sql.h")).group(1))
    names = re.search(r"sql_migrations\[\] = \{(.*?)\};", text, re.DOTALL).group(1).split(",")
    made = "".join(re.search(name.strip() + r"\[\] =(.*?)\";\n", text, re.DOTALL).group(1) + '"' for name in names)
    return "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', made))


class TestAudit(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="headsup-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.path = os.path.join(self.folder, "ledger.db")
        connection = sqlite3.connect(self.path)
        connection.executescript(schema())
        self.insert(connection, "meta", name="notice_prefix", value="hn_abcdefgh")
        self.insert(connection, "accounts", num=1, key="xyz", service="sam", sales="rich", terms_at_ms=0,
                    kickoff_at_ms=0)
        self.insert(connection, "issues", num=1, key="I-1", account="xyz", state=0, hop=0, opened_at_ms=1,
                    state_at_ms=1, updated_at_ms=1, transfers=0, reopened=0, demands=0, plan_due_ms=0,
                    opening_known=1)
        self.receipts = []
        for seq in (1, 2):
            receipt = {"id": f"e{seq}", "source": "/s", "status": "accepted", "seq": seq}
            self.receipts.append(receipt)
            self.insert(connection, "events", seq=seq, source="/s", id=f"e{seq}", type="issue.opened",
                        time_ms=1, received_ms=1, issue=1, bytes=b"{}", receipt=json.dumps(receipt).encode(),
                        unsaid=json.dumps([UNSAID]) if seq == 1 else None)
            self.insert(connection, "notices", num=seq * 2, event=seq, issue=1, **NOTICE)
        # as ledgers before version 8 had them
        self.insert(connection, "notices", num=5, event=2, issue=1, **{**NOTICE, **UNSAID, "lane": None,
                                                                       "fate": 4, "done_ms": 1})
        connection.commit()
        connection.close()
        self.requests = [self.request("hn_abcdefgh_2"), self.request("hn_abcdefgh_4")]

    @staticmethod
    def insert(connection, table, **row):
        connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
                           list(row.values()))

    @staticmethod
    def request(id, path="/rich", status=200, to="rich", at=0.0):
        body = json.dumps({"type": "headsup.notice", "id": id, "data": {"to": to}}).encode()
        return types.SimpleNamespace(id=id, path=path, status=status, body=body, at=at, headers={})

    def change(self, sql):
        connection = sqlite3.connect(self.path)
        connection.execute(sql)
        connection.commit()
        connection.close()

    def promises(self, book=BOOK, **more):
        """The names of the promises that the records break."""
        found = Audit(self.path, self.receipts, self.requests, book=book, **more).found
        return sorted({words.split(":")[0] for words in found})

    def test_sound_records_pass(self):
        self.assertEqual(self.promises(), [])

    def test_planted_in_the_ledger(self):
        for promise, sql in (
                ("P1", "DELETE FROM notices WHERE event = 2"),
                ("P1", "UPDATE notices SET why = '' WHERE num = 5"),
                ("P1", "UPDATE events SET unsaid = replace(unsaid, '\"w\"', '\"\"')"),
                ("P4", "UPDATE events SET unsaid = replace(unsaid, ']', ',') || ltrim(unsaid, '[')"),
                ("P1", "UPDATE notices SET done_ms = 0 WHERE num = 4"),
                ("P4", "UPDATE notices SET event = 1 WHERE num = 4"),
                ("P6", "UPDATE notices SET fate = 0, done_ms = 0 WHERE num = 4"),
                ("P6", "UPDATE notices SET fate = 6, done_ms = 0, lane = NULL, quiet = 'q' WHERE num = 4"),
                ("P1", "UPDATE notices SET fate = 6, done_ms = 0, quiet = 'q' WHERE num = 4"),
                ("P1", "UPDATE notices SET fate = 6, done_ms = 0, lane = NULL WHERE num = 4"),
                ("P1", "UPDATE notices SET fate = 7, carrier = 3 WHERE num = 5"),
                ("P3", "UPDATE notices SET fate = 7, carrier = 4 WHERE num = 5"),
                ("P3", "UPDATE notices SET rep = 'olga', lane = 'olga' WHERE num = 4"),
                ("P3", "UPDATE accounts SET sales = 'olga'"),
                ("P5", "UPDATE events SET receipt = CAST('{\"seq\": 1}' AS BLOB) WHERE seq = 2")):
            with self.subTest(sql):
                self.setUp()
                self.change(sql)
                self.assertIn(promise, self.promises())

    def test_a_lost_event(self):
        self.receipts.append({**self.receipts[0], "id": "e3", "seq": 3})
        self.assertEqual(self.promises(), ["P1", "P5"])

    def test_a_receipt_with_another_number(self):
        self.receipts[1]["seq"] = 9
        self.assertEqual(self.promises(), ["P2"])

    def test_delivered_and_never_arrived(self):
        del self.requests[1]
        self.assertEqual(self.promises(), ["P1"])

    def test_an_unbidden_request(self):
        self.requests.append(self.request("hn_abcdefgh_99"))
        self.assertEqual(self.promises(), ["P3"])

    def test_a_request_to_somebody_else(self):
        self.requests[1].path = "/olga"
        self.assertEqual(self.promises(), ["P3"])
        self.requests[1] = self.request("hn_abcdefgh_4", to="olga")
        self.assertEqual(self.promises(), ["P3"])

    def test_a_stand_in_says_for_whom(self):
        book = {**BOOK, "reps": [{**rep, "away": [{}], "stand_in": "olga"} if rep["id"] == "rich" else rep
                                 for rep in BOOK["reps"]]}
        self.requests[1] = self.request("hn_abcdefgh_4", path="/olga", to="olga")
        self.change("UPDATE notices SET rep = 'olga', lane = 'olga', why = 'w; olga stands in for rich'"
                    " WHERE num = 4")
        self.assertEqual(self.promises(book=book), [])
        self.assertEqual(self.promises(), ["P3"])
        self.change("UPDATE notices SET why = 'w' WHERE num = 4")
        self.assertEqual(self.promises(book=book), ["P3"])

    def test_twice_without_a_crash(self):
        self.requests.append(self.request("hn_abcdefgh_4"))
        self.assertEqual(self.promises(), ["P4"])
        self.assertEqual(self.promises(crashed=True), [])

    def test_an_early_retry(self):
        tries = [self.request("hn_abcdefgh_2", at=at) for at in (0.0, 0.9, 3.0)]
        self.assertEqual(early_retries(tries, [1.0, 2.0]), [])
        self.assertEqual(len(early_retries(tries, [2.0])), 1)

    def test_a_leak(self):
        self.assertEqual(leaks(["whsec_abc"], {"the log": "all is well"}), [])
        self.assertEqual(len(leaks(["whsec_abc"], {"the log": "sent with whsec_abc"})), 1)

    def test_signatures_by_the_published_example(self):
        secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
        right = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        self.assertEqual(signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body), right)
        request = types.SimpleNamespace(
            id="msg_p5jXN8AQM9LWM0D4loKWxJek", body=body, at=1614265330.0,
            headers={"webhook-timestamp": "1614265330", "webhook-signature": "v1,AAAA " + right})
        self.assertTrue(is_signed(request, secret))
        request.body = body + b" "
        self.assertFalse(is_signed(request, secret))
        request.body, request.at = body, 1614265330.0 + 301
        self.assertFalse(is_signed(request, secret))


if __name__ == "__main__":
    unittest.main(verbosity=2)
