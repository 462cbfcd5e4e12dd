#!/usr/bin/python3
"""The demo's reps: a small webhook receiver that prints each message as its rep would read it. The first
request for Sam finds the receiver out of order (503), as happens.

    receiver.py PORT-FILE        prints to standard output until it is ended
"""

import http.server
import json
import sys
import textwrap
import threading
import time

PEOPLE = {"/rich": "Rich Alvarez, sales", "/dana": "Dana Whitlock, sales",
          "/pat": "Pat Okafor, service", "/sam": "Sam Lindqvist, service"}
WIDTH = 78


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    out_of_order = {"/sam"}
    printing = threading.Lock()

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        with self.printing:
            status = self.take(body)
        self.send_response_only(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def take(self, body):
        """Prints the message; the status to answer with."""
        who = PEOPLE.get(self.path, self.path)
        if self.path in self.out_of_order:
            self.out_of_order.discard(self.path)
            print(f"    ({who}: the receiver is out of order just now, 503)", flush=True)
            return 503
        said = json.loads(body)["data"]
        title = f" {who}, {time.strftime('%H:%M:%S')} · {said['kind'].replace('_', ' ')} "
        lines = [said["headline"], *said["body"].splitlines()]
        print(f"    ┌─{title:─<{WIDTH - 3}}┐")
        for line in lines:
            for part in textwrap.wrap(line, WIDTH - 4) or [""]:
                print(f"    │ {part:<{WIDTH - 4}} │")
        print(f"    └{'─' * (WIDTH - 2)}┘", flush=True)
        return 200

    def log_message(self, *_):
        pass


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.daemon_threads = True
    with open(sys.argv[1], "w", encoding="ascii") as out:
        out.write(f"{server.server_address[1]}\n")
    server.serve_forever()


if __name__ == "__main__":
    main()
