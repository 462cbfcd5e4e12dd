"""Receivers that misbehave on command: raw sockets on loopback, a thread a connection. The first part of a
request's path says how, and what follows it what with: /status/503, /retry/120, /hang."""

import random
import socket
import ssl
import struct
import threading
import time
import urllib.parse
import warnings

from receiver import Request

# How a plain answer looks: status, body, more header lines.
PLAIN = {
    "ok": (200, "ok", ""), "created": (202, "", ""), "bad": (400, "no such field", ""),
    "auth": (401, "who are you", ""), "forbidden": (403, "", ""), "missing": (404, "", ""),
    "gone": (410, "moved away", ""), "moved": (302, "", "Location: /ok/redirected\r\n"),
    "metadata": (307, "", "Location: http://169.254.169.254/latest/meta-data/\r\n"),
    "busy": (503, "come back", "Retry-After: 7\r\n"), "slow_down": (429, "", ""),
    "past": (503, "", "Retry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\n"),
    "conflict": (409, "", ""), "large": (413, "", ""), "teapot": (418, "", ""),
    "echo": (404, "no {path} here\r\n\x1b[31mred", ""), "odd": (799, "", ""),
    "zipped": (200, "not gzip at all", "Content-Encoding: gzip\r\n"),
    "cookies": (200, "", "Set-Cookie: a=b\r\nStrict-Transport-Security: max-age=99999999\r\n"
                         "Alt-Svc: h2=\"127.0.0.2:443\"\r\n"),
}

# What is sent and then cut, whatever was asked.
CUT = {
    "early": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
    "garbage": b"220 mail.example.com ESMTP\r\n",
    "binary": bytes(range(256)) * 64,
    "http09": b"<html>ok</html>\n",
    "half_line": b"HTTP/1.",
    "half_headers": b"HTTP/1.1 200 OK\r\nContent-Ty",
    "no_chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n",
    "wide_chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\nok",
    "cut_chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nok",
    "trailers": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-A\r\n\r\n2\r\nok\r\n0\r\nX-A: b\r\n\r\n",
    "half_second": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Ty",
    "minus": b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nok",
    "two_lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 7\r\n\r\nok",
    "nul": b"HTTP/1.1 200 OK\r\nX-\0Odd: a\0b\r\nContent-Length: 2\r\n\r\nok",
    "switch": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    "two_answers": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n",
    "nothing": b"",
}

WHOLE = ("trailers", "two_answers")  # those of them that are an answer all the same

MOODS = ["ok"] * 30 + ["slow_ok", "closes", "retry", "reset", "early", "nothing", "garbage", "status"]


def reset(connection):
    """Cuts a connection so that the other end notices."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class Zoo:
    """Listens at once. requests: all that were read, in order, each with the number of its connection.
    greeting "slam" cuts each connection at once, "deaf" accepts none. tls: an ssl.SSLContext; "never": no greeting of TLS is ever answered."""

    def __init__(self, address="127.0.0.1", greeting=None, tls=None):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.listener = socket.create_server((address, 0), family=family, backlog=0 if greeting == "deaf" else 1024)
        self.address, self.port = self.listener.getsockname()[:2]
        self.requests = []
        self.lock = threading.Lock()
        self.closing = threading.Event()
        self.connections = self.open = self.most_open = 0
        self.dice = random.Random(7)
        self._greeting, self._tls = greeting, tls
        if greeting != "deaf":
            threading.Thread(target=self._accept, daemon=True).start()

    def url(self, way):
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}/{way.lstrip('/')}"

    def seen(self, way):
        """The requests whose path begins so."""
        with self.lock:
            return [request for request in self.requests if request.path.startswith("/" + way)]

    def bodies(self, way):
        return [request.body for request in self.seen(way)]

    def wait_for(self, way, count, within=3.0):
        until = time.monotonic() + within
        while len(self.bodies(way)) < count:
            assert time.monotonic() < until, f"{count} requests did not come to {way}"
            time.sleep(0.005)

    def close(self):
        self.closing.set()
        self.listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
                self.open += 1
                self.most_open = max(self.most_open, self.open)
                number = self.connections
            threading.Thread(target=self._serve, args=(connection, number), daemon=True).start()

    def _serve(self, connection, number):
        try:
            if self._greeting == "slam":
                reset(connection)
            elif self._tls == "never":
                self.closing.wait(60)
            else:
                if self._tls:
                    connection = self._tls.wrap_socket(connection, server_side=True)
                self._converse(connection, number)
        except (OSError, ValueError):
            pass
        finally:
            with self.lock:
                self.open -= 1
            connection.close()

    def _converse(self, connection, number):
        stream = connection.makefile("rb")
        served = 0
        while True:
            line = stream.readline().split()
            if len(line) < 3:
                return
            headers = {}
            while header := stream.readline().strip():
                name, value = header.decode().split(":", 1)
                headers[name.lower()] = value.strip()
            path = line[1].decode()
            way, _, rest = path.lstrip("/").partition("/")
            if way == "half_request":
                return reset(connection)
            request = Request(path, headers, stream.read(int(headers.get("content-length", 0))), 0)
            with self.lock:
                request.connection = number
                self.requests.append(request)
            served += 1
            if not self._answer(connection, request, way.split("?")[0], rest.split("?")[0], served):
                return

    def _answer(self, connection, request, way, rest, served):
        """True where the connection is kept."""
        if way in PLAIN:
            status, words, more = PLAIN[way]
            return self.send(connection, request, status, words.replace("{path}", request.path), more)
        if way in CUT:
            request.status = 200 if way in WHOLE else 0
            connection.sendall(CUT[way])
            return False
        return getattr(self, "way_" + way)(connection, request, rest, served)

    def send(self, connection, request, status, words="", more=""):
        request.status = status
        length = "" if status in (204, 304) or status < 200 else f"Content-Length: {len(words)}\r\n"
        connection.sendall(f"HTTP/1.1 {status} Words\r\n{length}{more}\r\n{words}".encode())
        return status >= 200

    def way_status(self, connection, request, rest, served):
        return self.send(connection, request, int(rest), "so it is" if int(rest) >= 200 else "")

    def way_retry(self, connection, request, rest, served):
        value = urllib.parse.unquote(rest)
        return self.send(connection, request, 429, "", f"Retry-After: {value}\r\n")

    def way_hang(self, connection, request, rest, served):
        """Says nothing until the other end gives up."""
        seconds = rest.split("/")[0]
        connection.settimeout(float(seconds) if seconds.isdigit() else 8)
        connection.recv(1)

    def way_reset(self, connection, request, rest, served):
        reset(connection)

    def way_once(self, connection, request, rest, served):
        """The first request on a connection is answered, the second is read and then reset."""
        return self.send(connection, request, 200) if served == 1 else reset(connection)

    def way_closes(self, connection, request, rest, served):
        """Keeps the connection by its words, and closes it all the same."""
        self.send(connection, request, 200)
        return False

    def way_huge(self, connection, request, rest, served):
        """A gigabyte, or until nobody takes it; rest: the status."""
        request.status = int(rest or 200)
        connection.sendall(f"HTTP/1.1 {request.status} Words\r\n\r\n".encode())
        for _ in range(16384):
            connection.sendall(b"x" * 65536)

    def way_headers(self, connection, request, rest, served):
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for _ in range(100000):
            connection.sendall(b"X-More: " + b"x" * 1000 + b"\r\n")

    def way_one_header(self, connection, request, rest, served):
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-More: ")
        for _ in range(16384):
            connection.sendall(b"x" * 65536)

    def way_continue(self, connection, request, rest, served):
        for _ in range(100000):
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _drip(self, connection, bytes_each):
        for byte in bytes_each:
            connection.sendall(bytes([byte]))
            if self.closing.wait(0.1):
                return

    def way_drip(self, connection, request, rest, served):
        self._drip(connection, b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000)

    def way_drip_headers(self, connection, request, rest, served):
        self._drip(connection, b"HTTP/1.1 200 OK\r\nX-More: " + b"x" * 1000)

    def way_moody(self, connection, request, rest, served):
        """Mostly takes it; each request is a throw of the same dice. rest: the status of some."""
        with self.lock:
            mood = self.dice.choice(MOODS)
        return self._answer(connection, request, mood, "0" if mood == "retry" else rest, served)

    def way_slow_ok(self, connection, request, rest, served):
        time.sleep(0.3)
        return self.send(connection, request, 200, "ok")


def tls_context(certificate, key, most=None):
    """A server's context; most: the newest version of TLS that it speaks."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if most:
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings(action="ignore"):  # old on purpose
            context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
            context.maximum_version = most
    return context
