#!/usr/bin/python3
"""TLS to receivers: whom the courier trusts, what it shows of itself, and by which way it goes."""

import json
import os
import socket
import ssl
import struct
import threading

import harness
from book import rep, standard
from certificates import Authority
from receiver import Receiver


class Proxy:
    """A proxy that tunnels where CONNECT asks; asked: where to."""

    def __init__(self):
        self.asked = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near):
        head = b""
        while b"\r\n\r\n" not in head:
            head += near.recv(4096)
        self.asked.append(head.decode())
        host, port = head.split()[1].decode().rsplit(":", 1)
        far = socket.create_connection((host, int(port)))
        near.sendall(b"HTTP/1.1 200 Established\r\n\r\n")
        threading.Thread(target=self._pass, args=(far, near), daemon=True).start()
        self._pass(near, far)

    @staticmethod
    def _pass(source, target):
        try:
            while piece := source.recv(65536):
                target.sendall(piece)
        except OSError:
            pass
        target.close()

    def close(self):
        self._listener.close()


class SecondVersion:
    """Speaks HTTP/2 and nothing else, and no more of it than an answer of 200 needs."""

    PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    DATA, HEADERS, SETTINGS = 0, 1, 4
    END_OF_STREAM, END_OF_HEADERS, ACK = 1, 4, 1
    STATUS_200 = b"\x88"  # as the table of HPACK has it
    WEBHOOK_ID = b"\x88\xf0\x58\xe7\x39\xfa\xac\x69\x3f"  # as the first request names it

    def __init__(self, context):
        context.set_alpn_protocols(["h2"])
        self.context = context
        self.bodies = []  # (number of the connection, body)
        self.heads = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
                self.connections += 1
                with self.context.wrap_socket(near, server_side=True) as stream:
                    self._serve(stream, stream.makefile("rb"))
            except OSError:
                if self._listener.fileno() < 0:
                    return

    @staticmethod
    def _frame(kind, flags, stream, payload=b""):
        return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload

    def _serve(self, near, stream):
        assert stream.read(len(self.PREFACE)) == self.PREFACE
        near.sendall(self._frame(self.SETTINGS, 0, 0))
        body = b""
        while head := stream.read(9):
            size, kind, flags = int.from_bytes(head[:3]), head[3], head[4]
            number, payload = int.from_bytes(head[5:9]), stream.read(size)
            if kind == self.SETTINGS and not flags & self.ACK:
                near.sendall(self._frame(self.SETTINGS, self.ACK, 0))
            elif kind == self.DATA:
                body += payload
            elif kind == self.HEADERS:
                self.heads.append(payload)
            if kind in (self.DATA, self.HEADERS) and flags & self.END_OF_STREAM:
                self.bodies.append((self.connections, body))
                body = b""
                near.sendall(self._frame(self.HEADERS, self.END_OF_STREAM | self.END_OF_HEADERS, number,
                                         self.STATUS_200))

    def close(self):
        self._listener.close()


class TestTls(harness.Corridor):
    def setUp(self):
        super().setUp()
        self.authority = Authority(self.folder, "ours")

    def serve(self, certificate, key, client_ca=None):
        """A receiver with that certificate; it demands one of its callers where client_ca is given."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        if client_ca:
            context.load_verify_locations(client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
        receiver = Receiver(context)
        self.addCleanup(receiver.close)
        return receiver

    def begin(self, receiver, url=None, **webhook):
        self.start(courier={"retry": ["1h"]},
                   reps=[rep("rich", "sales", url or receiver.url("/rich"), **webhook),
                         rep("pat", "service", self.receiver.url("/pat"))])

    def send_test(self):
        done = self.daemon.client_run("send-test", "rich", "--json")
        told = json.loads(done.stdout)
        self.assertEqual(done.returncode, 0 if told["fate"] == "delivered" else 1)
        return told

    def refused(self, receiver, words):
        """The attempt failed in those words, and will be made again."""
        told = self.send_test()
        self.assertEqual((told["fate"], told["attempts"], told["status"]), ("waiting", 1, 0), told)
        self.assertIn(words, told["answer"])
        self.assertEqual(receiver.requests, [])

    def test_our_own_authority_is_trusted_where_it_is_named(self):
        receiver = self.serve(*self.authority.sign("good"))
        self.begin(receiver, ca_file=self.authority.file)
        self.assertEqual(self.send_test()["fate"], "delivered")
        self.assertEqual(len(receiver.requests), 1)

    def test_http_2_is_spoken_where_the_receiver_does_on_one_connection(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.authority.sign("second"))
        receiver = SecondVersion(context)
        self.addCleanup(receiver.close)
        self.begin(None, url=f"https://127.0.0.1:{receiver.port}/rich", ca_file=self.authority.file)
        for _ in range(3):
            self.assertEqual(self.send_test()["fate"], "delivered")
        self.assertEqual([number for number, _ in receiver.bodies], [1, 1, 1])
        self.assertIn(receiver.WEBHOOK_ID, receiver.heads[0])  # a header of its own
        for _, body in receiver.bodies:
            self.assertEqual(json.loads(body)["data"]["kind"], "test")

    def test_an_unknown_authority_is_not_trusted(self):
        receiver = self.serve(*self.authority.sign("good"))
        self.begin(receiver)
        self.refused(receiver, "certificate")

    def test_another_authority_is_not_trusted(self):
        receiver = self.serve(*self.authority.sign("good"))
        self.begin(receiver, ca_file=Authority(self.folder, "theirs").file)
        self.refused(receiver, "certificate")

    def test_another_authority_is_taken_over_by_a_reload(self):
        receiver = self.serve(*self.authority.sign("good"))
        self.begin(receiver, ca_file=Authority(self.folder, "theirs").file)
        self.refused(receiver, "certificate")
        self.daemon.write_book(standard(self.folder, self.receiver, courier={"retry": ["1h"]}, reps=[
            rep("rich", "sales", receiver.url("/rich"), ca_file=self.authority.file),
            rep("pat", "service", self.receiver.url("/pat"))]))
        self.daemon.client("reload")
        harness.eventually(lambda: len(receiver.requests) == 1, what="what waited for its next try")
        self.assertEqual(self.send_test()["fate"], "delivered")

    def test_a_certificate_that_is_past_is_refused(self):
        receiver = self.serve(*self.authority.sign("past", days=-1))
        self.begin(receiver, ca_file=self.authority.file)
        self.refused(receiver, "expired")

    def test_a_certificate_of_another_name_is_refused(self):
        receiver = self.serve(*self.authority.sign("other", subject="DNS:other.example"))
        self.begin(receiver, ca_file=self.authority.file)
        self.refused(receiver, "127.0.0.1")

    def test_a_client_certificate_is_shown_where_it_is_demanded(self):
        receiver = self.serve(*self.authority.sign("good"), client_ca=self.authority.file)
        certificate, key = self.authority.sign("headsup", subject="DNS:headsup.example")
        self.begin(receiver, ca_file=self.authority.file, client_cert_file=certificate, client_key_file=key)
        self.assertEqual(self.send_test()["fate"], "delivered")

    def test_without_a_client_certificate_such_a_receiver_takes_nothing(self):
        receiver = self.serve(*self.authority.sign("good"), client_ca=self.authority.file)
        self.begin(receiver, ca_file=self.authority.file)
        self.refused(receiver, "")

    def test_a_key_that_fits_no_certificate_stops_the_lane(self):
        receiver = self.serve(*self.authority.sign("good"), client_ca=self.authority.file)
        certificate, _ = self.authority.sign("headsup")
        _, other = self.authority.sign("other")
        self.begin(receiver, ca_file=self.authority.file, client_cert_file=certificate, client_key_file=other)
        self.assertEqual(self.send_test()["fate"], "waiting")
        lanes = {lane["lane"]: lane for lane in json.loads(self.daemon.client("lanes", "--json"))}
        self.assertEqual(lanes["rich"]["state"], "paused")
        self.assertIsNone(lanes["rich"]["by"])

    def test_a_proxy_is_used_where_it_is_named(self):
        receiver = self.serve(*self.authority.sign("good"))
        proxy = Proxy()
        self.addCleanup(proxy.close)
        self.begin(receiver, ca_file=self.authority.file, proxy=f"http://127.0.0.1:{proxy.port}")
        self.assertEqual(self.send_test()["fate"], "delivered")
        asked, = proxy.asked
        self.assertTrue(asked.startswith(f"CONNECT 127.0.0.1:{receiver.port} "), asked)
        self.assertIn("\r\nUser-Agent: headsup/", asked)
        self.assertTrue(receiver.requests[-1].headers["user-agent"].startswith("headsup/"))
        self.assertNotIn("webhook-", asked.lower())

    def test_a_proxy_leads_to_no_forbidden_address(self):
        proxy = Proxy()
        self.addCleanup(proxy.close)
        self.begin(None, url="https://10.1.2.3/rich", proxy=f"http://127.0.0.1:{proxy.port}")
        self.assertIn("private range", self.send_test()["answer"])
        self.assertEqual(proxy.asked, [])

    def test_the_environment_names_no_proxy(self):
        receiver = self.serve(*self.authority.sign("good"))
        proxy = Proxy()
        self.addCleanup(proxy.close)
        os.environ["https_proxy"] = os.environ["all_proxy"] = f"http://127.0.0.1:{proxy.port}"
        self.addCleanup(os.environ.pop, "https_proxy")
        self.addCleanup(os.environ.pop, "all_proxy")
        self.begin(receiver, ca_file=self.authority.file)
        self.assertEqual(self.send_test()["fate"], "delivered")
        self.assertEqual(proxy.asked, [])


if __name__ == "__main__":
    harness.main()
