"""A webhook receiver that tells what it got: HTTP on loopback, a thread a connection, each path's answers
scripted beforehand. It checks signatures by the published Standard Webhooks rule, with code of its own."""

import base64
import collections
import hashlib
import hmac
import http.server
import json
import socket
import struct
import threading
import time


class Request:
    """One request as it came."""

    def __init__(self, path, headers, body, status):
        self.path, self.headers, self.body, self.status = path, headers, body, status
        self.at = time.time()

    @property
    def id(self):
        return self.headers.get("webhook-id", "")

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def notice(self):
        """What a generic notice says: its data."""
        return self.json["data"]


class Answer:
    """What to answer. wait: seconds before it; reset: the connection is cut without one; hang: never."""

    def __init__(self, status=200, headers=None, body=b"ok", wait=0.0, reset=False, hang=False):
        self.status, self.headers, self.body = status, headers or {}, body
        self.wait, self.reset, self.hang = wait, reset, hang


OK = Answer()


def as_answer(what):
    return what if isinstance(what, Answer) else Answer(status=what)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        receiver = self.server.receiver
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        answer = receiver.next_answer(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        receiver.record(Request(self.path, headers, body, 0 if answer.reset or answer.hang else answer.status))
        if answer.hang:
            receiver.closing.wait()
            self.close_connection = True
            return
        if answer.wait:
            receiver.closing.wait(answer.wait)
        if answer.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
            return
        self.respond(answer)

    def respond(self, answer):
        try:
            self.send_response_only(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)
        except OSError:
            self.close_connection = True

    do_GET = do_POST

    def log_message(self, *_):
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        pass  # a sender that was killed leaves its connections cut


class Receiver:
    """Listens at once. requests: all that came, in order. tls: an ssl.SSLContext, for https."""

    def __init__(self, tls=None):
        self._changed = threading.Condition()
        self.requests = []
        self.closing = threading.Event()
        self._scripts = collections.defaultdict(collections.deque)
        self._always = {}
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.receiver = self
        self._tls = tls
        if tls:  # each connection greets in its own thread
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True,
                                                  do_handshake_on_connect=False)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def url(self, path):
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}{path}"

    def script(self, path, *answers):
        """The next answers of that path, one a request; afterwards its standing answer."""
        with self._changed:
            self._scripts[path].extend(as_answer(answer) for answer in answers)

    def always(self, path, answer):
        """The standing answer of that path (200 where nothing was said)."""
        with self._changed:
            self._always[path] = as_answer(answer)

    def next_answer(self, path):
        with self._changed:
            script = self._scripts[path]
            return script.popleft() if script else self._always.get(path, OK)

    def record(self, request):
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()

    def at(self, path):
        """The requests of one path so far."""
        with self._changed:
            return [request for request in self.requests if request.path == path]

    def wait(self, count, path=None, seconds=10.0, where=None):
        """Waits until so many requests (of that path, that satisfy where) came; gives them, or raises."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while True:
                found = [request for request in self.requests
                         if (path is None or request.path == path) and (where is None or where(request))]
                left = deadline - time.monotonic()
                if len(found) >= count:
                    return found
                if left <= 0:
                    raise AssertionError(f"{len(found)} of {count} requests came to {path or 'the receiver'}"
                                         f" within {seconds:g} s")
                self._changed.wait(left)

    def close(self):
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()


def signature(secret, notice_id, timestamp, body):
    """The v1 signature by Standard Webhooks 1.0.0; secret as written, whsec_ and all."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{notice_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def is_signed(request, secret, tolerance=300):
    """Whether a request bears a signature by that secret, fresh as of when it came."""
    stamp = request.headers.get("webhook-timestamp", "")
    if not stamp.isdigit() or abs(request.at - int(stamp)) > tolerance:
        return False
    right = signature(secret, request.id, stamp, request.body)
    return any(hmac.compare_digest(right, given)
               for given in request.headers.get("webhook-signature", "").split())
