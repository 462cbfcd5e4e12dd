"""A receiver for very many lanes: one loop holds all of their connections, over many addresses of loopback."""

import asyncio
import collections
import threading


class _Connection(asyncio.Protocol):
    """One connection, read just so far as to know which lane asks and where the request ends."""

    def __init__(self, crowd):
        self._crowd, self._bytes = crowd, b""

    def connection_made(self, transport):
        self._transport = transport
        self._crowd.transports.add(transport)
        self._crowd.most_open = max(self._crowd.most_open, self._crowd.open)

    def connection_lost(self, error):
        self._crowd.transports.discard(self._transport)

    def data_received(self, data):
        self._bytes += data
        head, end, rest = self._bytes.partition(b"\r\n\r\n")
        if not end:
            return
        size = int(next(line.split(b":")[1] for line in head.split(b"\r\n")
                        if line.lower().startswith(b"content-length:")))
        if len(rest) >= size:
            self._bytes = rest[size:]
            self._crowd.asked[head.split(b" ", 2)[1].decode().lstrip("/")] += 1
            if self._crowd.answers_after is not None:
                asyncio.get_running_loop().call_later(self._crowd.answers_after, self._answer)

    def _answer(self):
        self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


class Crowd:
    """Listens at once, at so many addresses. answers_after: seconds until each request is answered; None: it
    never is. asked: how often each lane asked; open, most_open: connections."""

    def __init__(self, port, answers_after=None, addresses=50):
        self.port, self.answers_after, self.addresses = port, answers_after, addresses
        self.asked = collections.Counter()
        self.transports = set()
        self.most_open = 0
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(self._loop.create_server(
            lambda: _Connection(self), [self._address(number) for number in range(addresses)], port, backlog=1024))
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def _address(self, number):
        return f"127.0.1.{1 + number % self.addresses}"

    def url(self, number):
        """Where that lane sends; the lanes take turns on the addresses."""
        return f"http://{self._address(number)}:{self.port}/{number}"

    @property
    def open(self):
        return len(self.transports)

    def close(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._server.close()
        for transport in list(self.transports):
            transport.abort()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()
