#!/usr/bin/python3
"""The wire: stock sockets, many requests in flight, replies shaped like their requests."""

import json

import zmq

import harness
from audit import Audit, wait_settled
from events import demand, opened


class TestWire(harness.Corridor):
    def test_a_stock_req_socket_does(self):
        self.start()
        event = opened("W-1", "xyz")
        # The five lines of the README.
        socket = zmq.Context.instance().socket(zmq.REQ)
        socket.linger = 0
        socket.connect(self.daemon.endpoint)
        socket.send_json(event)
        receipt = socket.recv_json() if socket.poll(10000) else None
        socket.close()
        self.assertEqual((receipt["id"], receipt["source"], receipt["status"], receipt["seq"]),
                         (event["id"], event["source"], "accepted", 1))

    def test_an_array_is_answered_with_an_array(self):
        self.start()
        batch = [opened(f"W-{number}", "xyz") for number in range(20)]
        reply = self.publisher.ask(batch)
        self.assertEqual([receipt["id"] for receipt in reply[0]], [event["id"] for event in batch])

    def test_frames_and_arrays_mixed(self):
        self.start()
        one, two, three = opened("W-1", "xyz"), opened("W-2", "xyz"), demand("W-2")
        reply = self.publisher.ask(one, [two, b"".decode() or three], [])
        self.assertEqual(len(reply), 3)
        self.assertEqual(reply[0]["id"], one["id"])
        self.assertEqual([receipt["id"] for receipt in reply[1]], [two["id"], three["id"]])
        self.assertEqual(reply[2] if isinstance(reply[2], list) else [], [])

    def test_one_bad_event_does_not_spoil_its_batch(self):
        self.start()
        reply, = self.publisher.ask([opened("W-1", "xyz"), {"specversion": "1.0"}, opened("W-2", "xyz")])
        self.assertEqual([receipt["status"] for receipt in reply], ["accepted", "refused", "accepted"])

    def test_many_in_flight(self):
        self.start(rules=[{"name": "nobody", "heads_up": "no", "service": "no"}])
        count, window, sent, got = 3000, 256, 0, 0
        ids = set()
        while got < count:
            while sent < count and sent - got < window:
                self.publisher.send(opened(f"M-{sent % 50}", "xyz", id=f"m{sent}"))
                sent += 1
            for receipt in self.publisher.receive() or self.fail("no reply came"):
                self.assertEqual(receipt["status"], "accepted")
                ids.add(receipt["id"])
                got += 1
        self.assertEqual(len(ids), count)
        self.assertEqual(Audit(self.daemon.ledger, self.publisher.receipts).found, [])

    def test_two_publishers_at_once_each_get_their_own(self):
        self.start()
        others = [self.connect() for _ in range(8)]
        for round_number in range(20):
            for number, other in enumerate(others):
                other.send(opened("W-1", "xyz", id=f"p{number}-{round_number}"))
        for number, other in enumerate(others):
            for round_number in range(20):
                self.assertEqual(other.receive()[0]["id"], f"p{number}-{round_number}")

    def test_a_correlated_req_gets_its_envelope_back(self):
        self.start()
        socket = zmq.Context.instance().socket(zmq.REQ)
        socket.linger = 0
        socket.setsockopt(zmq.REQ_CORRELATE, 1)
        socket.setsockopt(zmq.REQ_RELAXED, 1)
        socket.connect(self.daemon.endpoint)
        socket.send_json(opened("W-9", "xyz"))
        self.assertTrue(socket.poll(10000))
        self.assertEqual(socket.recv_json()["status"], "accepted")
        socket.close()

    def test_unknown_members_are_kept(self):
        self.start()
        event = {**opened("W-7", "xyz", shoe_size=46), "traceparent": "00-aa-bb-01"}
        self.publish(event)
        wait_settled(self.daemon.ledger)
        self.daemon.stop()
        ledger = Audit(self.daemon.ledger).ledger
        self.assertEqual(json.loads(ledger.events[0]["bytes"]), event)


if __name__ == "__main__":
    harness.main()
