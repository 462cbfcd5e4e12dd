#!/usr/bin/python3
"""What strangers and broken programs send: refused in words or dropped, and it costs no memory."""

import json

import harness
from audit import Audit
from events import event, opened


def raw(**changes):
    """A sound event with attributes replaced; None takes one out."""
    made = {**opened("B-1", "xyz"), **changes}
    return {name: value for name, value in made.items() if value is not None}


def with_data(**changes):
    made = opened("B-1", "xyz")
    made["data"].update(changes)
    return made


class TestBadInput(harness.Corridor):
    def refused(self, frame, code=None):
        reply = self.publisher.ask(frame)
        receipt = reply[0][0] if isinstance(reply[0], list) else reply[0]
        self.assertEqual(receipt["status"], "refused", (frame[:200] if isinstance(frame, bytes) else frame, receipt))
        self.assertTrue(receipt["message"])
        if code:
            self.assertEqual(receipt["code"], code, receipt)
        return receipt

    def test_what_is_no_event(self):
        self.start()
        for frame in (b"{", b"nonsense", b"\x00", b"[1,2", b'{"a":1}{"b":2}', b"NaN", b'{"id":"a",}'):
            with self.subTest(frame):
                self.refused(frame)
        for frame in (b"1", b'"text"', b"null", b"true", [1], [[opened("B-1", "xyz")]]):
            with self.subTest(frame):
                self.refused(frame)
        self.still_well()

    def test_attributes(self):
        self.start()
        for changes in ({"specversion": None}, {"specversion": "0.3"}, {"specversion": 1.0}, {"id": None},
                        {"id": ""}, {"id": 7}, {"id": "x" * 5000}, {"source": None}, {"source": ""},
                        {"source": ["a"]}, {"type": None}, {"type": 5}, {"type": "headsup.issue.opend"},
                        {"type": "something.else"}, {"subject": None}, {"subject": ""}, {"subject": {}},
                        {"time": "yesterday"}, {"time": "2026-02-30T00:00:00Z"}, {"time": 17},
                        {"datacontenttype": "text/xml"}, {"data": "text"}, {"data": [1]}):
            with self.subTest(changes):
                self.refused(raw(**changes))
        self.still_well()

    def test_data(self):
        self.start()
        for changes in ({"account": 5}, {"summary": ["a"]}, {"category": {}}, {"amount": "much"},
                        {"amount": 10**20}, {"amount": 1.005}, {"amount": True}, {"severity": "huge"},
                        {"summary": "x" * 100000}, {"account": "y" * 3000}):
            with self.subTest(str(changes)[:60]):
                self.refused(with_data(**changes))
        for missing in ("account", "category", "summary"):
            with self.subTest(missing=missing):
                made = opened("B-1", "xyz")
                del made["data"][missing]
                receipt = self.refused(made)
                self.assertIn(missing, receipt["message"] + receipt.get("path", ""))
        self.still_well()

    def test_bytes_that_json_does_not_allow(self):
        self.start()
        sound = json.dumps(opened("B-1", "xyz")).encode()
        self.refused(sound.replace(b"charged twice", b"charged \xff\xfe"), "bad_utf8")
        self.refused(sound.replace(b"charged twice", b"charged \xc0\xaf"), "bad_utf8")
        self.refused(sound.replace(b'"data": {', b'"id": "again", "data": {'), "duplicate_key")
        self.refused(sound.replace(b'"charged twice"', b"1e999"))
        self.refused(sound.replace(b"charged twice", b"charged \x01"))
        self.refused(b"[" * 10000 + b"]" * 10000)
        self.refused(b'{"a":' * 10000 + b"1" + b"}" * 10000)
        self.refused(sound.replace(b'"charged twice"', b"[" * 2000 + b"]" * 2000), "too_deep")
        self.still_well()

    def test_far_moments_and_amounts_do_no_harm(self):
        self.start()
        for time in ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "1969-07-20T20:17:40Z",
                     "2026-01-01T00:00:00+14:00", "2016-12-31T23:59:60Z"):
            with self.subTest(time):
                receipt, = self.publisher.ask(opened(f"B-{time[:4]}", "xyz", time=time))
                self.assertIn(receipt["status"], ("accepted", "refused"))
        receipt, = self.publisher.ask(opened("B-big", "xyz", amount=999999999999.99))
        self.assertIn(receipt["status"], ("accepted", "refused"))
        for name in (b'"amount": 1e308', b'"amount": -1e18', b'"amount": 123456789012345678901234567890'):
            sound = json.dumps(opened("B-1", "xyz", amount=1)).encode()
            self.refused(sound.replace(b'"amount": 1', name))
        self.still_well()

    def test_the_same_id(self):
        self.start()
        first = opened("B-1", "xyz", id="same")
        receipt, = self.publish(first)
        again, = self.publisher.ask(first)
        self.assertEqual(again["status"], "duplicate")
        self.assertEqual((again["id"], again["source"]), (first["id"], first["source"]))
        self.assertIn(str(receipt["seq"]), json.dumps(again))
        reordered = json.dumps(dict(reversed(list(first.items()))), indent=3).encode()
        self.assertEqual(self.publisher.ask(reordered)[0]["status"], "duplicate")
        other = {**first, "data": {**first["data"], "summary": "charged three times"}}
        self.refused(other, "id_reused")
        elsewhere, = self.publish({**first, "source": "/another/system"})
        self.assertNotEqual(elsewhere["seq"], receipt["seq"])
        both = self.publisher.ask([event("issue.updated", "B-1", id="twin", note="a")] * 2)[0]
        self.assertEqual([one["status"] for one in both], ["accepted", "duplicate"])

    def test_floods_grow_no_memory(self):
        self.start(rules=[{"name": "nobody", "heads_up": "no", "service": "no"}])
        for number in range(300):
            self.publisher.ask(opened(f"F-{number}", "xyz"))
        before = self.daemon.memory_kib()
        for _ in range(5):
            self.send_aside(b'{"a":"' + b"x" * 10_000_000 + b'"}')
            self.send_aside(*[b"{}"] * 10_000)
            self.send_aside(*[b"[" + b"{}," * 5000 + b"{}]"])
            self.send_aside(*[b'{"a":"' + b"x" * 60_000 + b'"}'] * 400)
        self.still_well()
        if not harness.sanitized():
            self.assertLess(self.daemon.memory_kib() - before, 64 * 1024)

    def send_aside(self, *frames):
        """Sends from a connection of its own; what comes back, if anything, refuses."""
        other = self.connect()
        other.send(*frames)
        for frame in other.receive(3 / harness.PATIENCE) or []:
            for receipt in frame if isinstance(frame, list) else [frame]:
                self.assertEqual(receipt["status"], "refused")
        other.close()

    def test_envelopes_without_an_end(self):
        self.start()
        for frames in ((b"no empty frame",), (b"a",) * 20, (b"x" * 300, b"", b"{}"), (b"",), (b"", b"")):
            with self.subTest(frames[0][:20]):
                other = self.connect()
                other._socket.send_multipart(frames)
                other.receive(0.3)
                other.close()
        self.still_well()

    def still_well(self):
        """The daemon lives, takes a good event from a new connection, and kept nothing of the bad."""
        self.assertIsNone(self.daemon.process.poll(), self.daemon.log())
        other = self.connect()
        receipt, = other.ask(opened("B-good", "xyz"))
        self.assertEqual(receipt["status"], "accepted")
        accepted = self.publisher.receipts + other.receipts
        self.assertEqual(Audit(self.daemon.ledger, accepted, settled=False).found, [])


if __name__ == "__main__":
    harness.main()
