#!/usr/bin/python3
"""The courier alone, against receivers that misbehave in every way we know of.

courier_driver plays the desk: it binds the pair, runs the courier, and takes commands in lines.
usage: test_courier.py PATH_OF_COURIER_DRIVER
"""
import base64
import hashlib
import hmac
import ipaddress
import os
import queue
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

from zoo import Zoo

DRIVER = sys.argv[1]
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Courier:
    def __init__(self, folder):
        self.endpoint = f"ipc://{folder}/pair"
        self.process = subprocess.Popen([DRIVER, self.endpoint], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.outcomes = {}
        self.lines = queue.Queue()
        self.alive = 0
        self.ended = None
        self.pid = None
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            words = line.rstrip("\n").split(" ", 7)
            if words[0] == "outcome":
                self.outcomes[int(words[1])] = dict(
                    lane=words[2], result=words[3], status=int(words[4]), retry=int(words[5]),
                    took=int(words[6]), answer=words[7], at=time.monotonic())
            elif words[0] == "alive":
                self.alive += 1
            elif words[0] == "hello":
                self.pid = int(words[1])
            elif words[0] == "ended":
                self.ended = int(words[1])
            else:
                self.lines.put(line)

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def lane(self, name, url, secret="-", insecure=0, private=0, concurrency=1, gap=0,
             timeout=1000, connect=1000):
        self.say(f"lane {name} {url} {secret} {insecure} {private} {concurrency} {gap} {timeout} "
                 f"{connect}")

    def job(self, num, lane, body="{}", late=False):
        """late: as one that the desk handed over before it heard of any failure."""
        self.say(f"{'late' if late else 'job'} {num} {lane} hn_{num} {body}")

    def outcome(self, num, within=4.0):
        until = time.monotonic() + within
        while num not in self.outcomes:
            if time.monotonic() > until:
                raise AssertionError(f"no outcome of job {num} within {within} s")
            time.sleep(0.005)
        return self.outcomes[num]

    def end(self):
        self.process.stdin.close()
        return self.process.wait(timeout=5)


def expect(outcome, result, status=None, words=None):
    assert outcome["result"] == result, f"expected {result}: {outcome}"
    assert status is None or outcome["status"] == status, f"expected {status}: {outcome}"
    assert words is None or words in outcome["answer"], f"expected {words!r}: {outcome}"


# path: result, status, words of the answer, longest time in ms
WAYS = {
    "ok": ("delivered", 200, "ok"),
    "created": ("delivered", 202, ""),
    "bad": ("refused", 400, "no such field"),
    "large": ("refused", 413, ""),
    "teapot": ("refused", 418, ""),
    "auth": ("pause", 401, "who are you"),
    "forbidden": ("pause", 403, ""),
    "missing": ("pause", 404, ""),
    "moved": ("pause", 302, ""),
    "gone": ("gone", 410, "moved away"),
    "busy": ("again", 503, "come back"),
    "slow_down": ("again", 429, ""),
    "past": ("again", 503, ""),
    "conflict": ("again", 409, ""),
    "odd": ("again", 799, ""),
    "hang": ("again", 0, "timed out"),
    "reset": ("again", 0, ""),
    "nothing": ("again", 0, ""),
    "huge": ("delivered", 200, "xxx"),
    "huge/422": ("refused", 422, "xxx"),
    "one_header": ("again", 0, ""),
    "drip_headers": ("again", 0, "timed out"),
    "metadata": ("pause", 307, ""),
    "zipped": ("delivered", 200, "not gzip"),
    "cookies": ("delivered", 200, ""),
    "binary": ("again", 0, ""),
    "trailers": ("delivered", 200, "ok"),
    "half_second": ("again", 0, "cut off in its headers"),
    "http09": ("again", 0, "HTTP/0.9"),
    "half_line": ("again", 0, ""),
    "half_headers": ("again", 0, "cut off in its headers"),
    "no_chunk": ("again", 0, ""),
    "wide_chunk": ("again", 0, ""),
    "cut_chunk": ("again", 0, ""),
    "minus": ("again", 0, ""),
    "two_lengths": ("again", 0, ""),
    "nul": ("again", 0, ""),
    "switch": ("again", 0, ""),
    "two_answers": ("delivered", 200, "ok"),
    "headers": ("again", 0, "headers are too long"),
    "continue": ("again", 0, "headers are too long"),
    "drip": ("again", 0, "timed out"),
    "early": ("again", 0, ""),
    "garbage": ("again", 0, ""),
}


def test_each_answer_has_its_result(courier, receiver):
    for num, way in enumerate(WAYS):
        courier.lane(f"way.{way}", receiver.url(way))
        courier.job(num, f"way.{way}")
    for num, (way, (result, status, words)) in enumerate(WAYS.items()):
        outcome = courier.outcome(num)
        expect(outcome, result, status, words)
        assert outcome["took"] < 2000, outcome
        assert outcome["retry"] == {"busy": 7000, "past": 0}.get(way, -1), outcome
        assert len([r for r in receiver.seen(way) if r.path == "/" + way]) == 1, way
    assert not receiver.bodies("ok/redirected"), "a redirect was followed"


def test_no_connection(courier, receiver):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        courier.lane("nobody", f"http://127.0.0.1:{unused.getsockname()[1]}/")
        courier.job(100, "nobody")
        expect(courier.outcome(100), "again", 0, "onnect")


def test_headers_and_signature(courier, receiver):
    courier.lane("signed", receiver.url("ok/signed"), secret=SECRET)
    courier.job(110, "signed", '{"a":"b c"}')
    expect(courier.outcome(110), "delivered", 200)
    headers, body = receiver.seen("ok/signed")[0].headers, receiver.seen("ok/signed")[0].body
    assert body == b'{"a":"b c"}'
    assert headers["content-type"] == "application/json", headers
    assert headers["webhook-id"] == "hn_110", headers
    assert headers["user-agent"].startswith("headsup/"), headers
    assert "expect" not in headers and "accept-encoding" not in headers, headers
    stamp = headers["webhook-timestamp"]
    assert abs(int(stamp) - time.time()) < 5, headers
    key = base64.b64decode(SECRET[len("whsec_"):])
    signed = f"hn_110.{stamp}.".encode() + body
    proof = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == "v1," + proof, headers
    courier.lane("unsigned", receiver.url("ok/unsigned"))
    courier.job(111, "unsigned")
    expect(courier.outcome(111), "delivered", 200)
    assert "webhook-signature" not in receiver.seen("ok/unsigned")[0].headers
    courier.lane("badly", receiver.url("ok/badly"), secret="whsec_!")
    courier.job(112, "badly")
    expect(courier.outcome(112), "pause", 0, "secret")
    assert not receiver.bodies("ok/badly")


def test_each_lane_has_its_own_settings(courier, receiver):
    """Handles are set for a lane and used again. There are more lanes here than handles are kept."""
    lanes = [f"own_{number}" for number in range(100)]
    for lane in lanes:
        courier.lane(lane, receiver.url(f"ok/{lane}/"))
    for turn in range(3):
        for number, lane in enumerate(lanes):
            courier.job(10000 + 100 * turn + number, lane, f"{lane} {turn}")
        for number in range(100):
            expect(courier.outcome(10000 + 100 * turn + number), "delivered", 200)
    for lane in lanes:
        assert receiver.bodies(f"ok/{lane}/") == [f"{lane} {turn}".encode() for turn in range(3)], lane
    courier.lane(lanes[0], receiver.url("hang"), timeout=100)
    courier.lane(lanes[1], "http://example.com/hook")
    courier.job(10300, lanes[0])
    courier.job(10301, lanes[1])
    expect(courier.outcome(10300), "again", 0, "timed out")
    assert courier.outcome(10300)["took"] < 900, courier.outcome(10300)
    expect(courier.outcome(10301), "pause", 0, "not supported or disabled")


def test_a_large_body_needs_no_leave(courier, receiver):
    body = "x" * 2_000_000
    courier.lane("large", receiver.url("ok/large"))
    courier.job(115, "large", body)
    expect(courier.outcome(115), "delivered", 200)
    assert len(receiver.bodies("ok/large")[0]) == len(body)
    assert "expect" not in receiver.seen("ok/large")[0].headers


def test_one_attempt_is_one_post(courier, receiver):
    """libcurl repeats a POST by itself where a kept connection is reset; the courier does not."""
    receiver = Zoo()  # one to which no connection is open yet
    courier.lane("once", receiver.url("once"))
    courier.job(120, "once", "first")
    expect(courier.outcome(120), "delivered", 200)
    courier.job(121, "once", "second")
    expect(courier.outcome(121), "again", 0, "connection was lost")
    assert receiver.bodies("once") == [b"first", b"second"], receiver.bodies("once")
    courier.lane("closes", receiver.url("closes"))
    for num in range(122, 127):
        courier.job(num, "closes", str(num))
        assert courier.outcome(num)["result"] in ("delivered", "again"), courier.outcome(num)
        time.sleep(0.02)
    expect(courier.outcome(126), "delivered", 200)
    bodies = receiver.bodies("closes")
    assert len(bodies) == len(set(bodies)), bodies


def test_connections_are_kept(courier, receiver):
    courier.lane("kept", receiver.url("ok/kept"))
    for num in range(130, 140):
        courier.job(num, "kept")
    for num in range(130, 140):
        expect(courier.outcome(num), "delivered", 200)
    assert len({request.connection for request in receiver.seen("ok/kept")}) == 1


def test_order_and_concurrency(courier, receiver):
    courier.lane("order", receiver.url("ok/order"))
    courier.lane("wide", receiver.url("slow_ok/wide"), concurrency=4, timeout=3000)
    for num in range(140, 160):
        courier.job(num, "order", str(num))
    began = time.monotonic()
    for num in range(160, 168):
        courier.job(num, "wide")
    for num in range(140, 168):
        expect(courier.outcome(num), "delivered", 200)
    assert receiver.bodies("ok/order") == [str(n).encode() for n in range(140, 160)]
    took = time.monotonic() - began
    assert 0.55 < took < 2.4, f"eight of 0.3 s, four at once, took {took}"


def test_rate_gap(courier, receiver):
    """From before the first is sent to behind the last are three gaps at least, however busy the machine."""
    courier.lane("gap", receiver.url("ok/gap"), gap=150)
    began = time.monotonic()
    for num in range(170, 174):
        courier.job(num, "gap")
    took = courier.outcome(173)["at"] - began
    assert 0.45 <= took < 3.0, took


def test_what_waits_behind_a_failure_goes_back(courier, receiver):
    for num, way in enumerate(("busy", "auth", "gone")):
        lane = f"behind.{way}"
        courier.lane(lane, receiver.url(f"{way}/behind"))
        for i in range(3):
            courier.job(200 + 10 * num + i, lane, late=True)
        assert courier.outcome(200 + 10 * num)["result"] in ("again", "pause", "gone")
        # those that waited, and one that was on its way: it must not pass them
        courier.job(203 + 10 * num, lane, late=True)
        for i in (1, 2, 3):
            expect(courier.outcome(200 + 10 * num + i), "untried", 0, "earlier")
        assert len(receiver.bodies(f"{way}/behind")) == 1
    courier.lane("hung", receiver.url("hang/behind"), timeout=500)
    for num in range(240, 250):
        courier.job(num, "hung")
    expect(courier.outcome(240), "again", 0, "timed out")
    for num in range(241, 250):
        expect(courier.outcome(num), "untried", 0, "earlier")
    assert len(receiver.bodies("hang/behind")) == 1
    courier.lane("on", receiver.url("bad/on"))
    for num in range(250, 255):
        courier.job(num, "on")
    for num in range(250, 255):
        expect(courier.outcome(num), "refused", 400)


def test_a_lane_changes(courier, receiver):
    courier.lane("change", receiver.url("ok/before"))
    courier.job(260, "change")
    expect(courier.outcome(260), "delivered")
    courier.lane("change", receiver.url("ok/after"), secret=SECRET)
    courier.job(261, "change")
    expect(courier.outcome(261), "delivered")
    assert len(receiver.bodies("ok/before")) == 1 and len(receiver.bodies("ok/after")) == 1
    assert "webhook-signature" in receiver.seen("ok/after")[0].headers
    courier.job(262, "no_such_lane")
    expect(courier.outcome(262), "untried", 0, "no such lane")


def test_a_lane_that_changes_or_is_shut_gives_back_what_waits(courier, receiver):
    for base, act in ((2600, lambda: courier.lane("waits", receiver.url("ok/after_wait"))),
                      (2610, lambda: courier.say("shut waits"))):
        courier.lane("waits", receiver.url("hang/waits"), timeout=700)
        for num in range(base, base + 5):
            courier.job(num, "waits")
        receiver.wait_for("hang/waits", 1 + (base > 2600))
        act()
        for num in range(base + 1, base + 5):
            expect(courier.outcome(num, within=0.5), "untried", 0, "the lane was")
        expect(courier.outcome(base), "again", 0, "timed out")
        courier.job(base + 5, "waits")
        if base == 2600:
            expect(courier.outcome(base + 5), "delivered")
        else:
            expect(courier.outcome(base + 5), "untried", 0, "no such lane")
    assert len(receiver.bodies("hang/waits")) == 2 and len(receiver.bodies("ok/after_wait")) == 1
    # shut while one runs, and opened again before that ends: the lane stays
    courier.lane("waits", receiver.url("hang/again"), timeout=500)
    courier.job(2620, "waits")
    receiver.wait_for("hang/again", 1)
    courier.say("shut waits")
    courier.lane("waits", receiver.url("ok/again"))
    courier.job(2621, "waits")
    expect(courier.outcome(2620), "again", 0, "timed out")
    # the courier gives back what waits behind a failure, as ever
    assert courier.outcome(2621)["result"] in ("untried", "delivered")
    courier.job(2622, "waits")
    expect(courier.outcome(2622), "delivered")


def test_forbidden_addresses(courier, receiver):
    began = time.monotonic()
    port = receiver.port
    courier.lane("ten", "http://10.0.0.5/hook", insecure=1)
    courier.lane("meta", "http://169.254.169.254/latest", insecure=1)
    courier.lane("inside", "http://inside.test/hook", insecure=1)
    courier.lane("rebound", f"http://rebound.test:{port}/ok/rebound", insecure=1, private=1)
    courier.lane("mapped", f"http://[::ffff:10.0.0.5]:{port}/", insecure=1)
    courier.lane("zero", f"http://0.0.0.0:{port}/ok/zero", insecure=1, private=1)
    courier.lane("plain", "http://example.com/hook")
    courier.lane("user", f"http://a:b@127.0.0.1:{port}/ok/user")
    courier.lane("file", "file:///etc/passwd", insecure=1)
    courier.lane("local", f"http://localhost:{port}/ok/local")
    courier.lane("short", f"http://127.1:{port}/ok/short")
    words = {"ten": "10.0.0.5 is in a private range; name its network in allow, or set private = true, if that is meant",
             "meta": "link-local", "inside": "10.0.0.5 is in a private range",
             "rebound": "this machine", "mapped": "private range", "zero": "unspecified",
             "plain": "", "user": "", "file": ""}
    for num, lane in enumerate(words):
        courier.job(300 + num, lane)
    for num, lane in enumerate(words):
        expect(courier.outcome(300 + num), "pause", 0, words[lane])
    assert time.monotonic() - began < 1.0, "an address that is forbidden was tried"
    courier.job(320, "local")
    courier.job(321, "short")
    expect(courier.outcome(320), "delivered", 200)
    expect(courier.outcome(321), "delivered", 200)
    for way in ("rebound", "zero", "user"):
        assert not receiver.bodies("ok/" + way), way


def own_private_address():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("10.255.255.255", 9))  # sends nothing
        except OSError:
            return None
        address = ipaddress.ip_address(probe.getsockname()[0])
    inner = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
    return str(address) if any(address in ipaddress.ip_network(net) for net in inner) else None


def test_a_kept_connection_is_judged_too(courier, receiver):
    """What one lane may reach, another does not reach by the connection that is left open."""
    address = own_private_address()
    if not address:
        print("# this machine has no private address: the kept connection is left out")
        return
    inner = Zoo(address)
    courier.lane("may", inner.url("ok/may"), insecure=1, private=1, concurrency=100)
    for num in range(10400, 10500):  # so that all handles that are kept are the lane's
        courier.job(num, "may")
    for num in range(10400, 10500):
        expect(courier.outcome(num), "delivered", 200)
    courier.lane("maynot", inner.url("ok/maynot"), insecure=1)
    courier.job(331, "maynot")
    expect(courier.outcome(331), "pause", 0, "private = true")
    assert not inner.bodies("ok/maynot")


def test_no_part_of_the_url_is_told(courier, receiver):
    courier.lane("echo", receiver.url("echo/T0000SECRET/hooktoken99?sig=verysecret"))
    courier.job(340, "echo")
    outcome = courier.outcome(340)
    expect(outcome, "pause", 404, "no /echo/")
    for secret in ("T0000SECRET", "hooktoken99", "verysecret", "\x1b"):
        assert secret not in outcome["answer"], outcome
    courier.lane("unreachable", "http://127.0.0.1:9/T0000SECRET/hooktoken99")
    courier.job(341, "unreachable")
    assert "T0000SECRET" not in courier.outcome(341)["answer"]


def test_other_lanes_do_not_wait(courier, receiver):
    """Twenty lanes hang, three names hang in their lookup, and one lane has done before they have."""
    for num in range(20):
        courier.lane(f"stuck{num}", receiver.url("hang/stuck"), timeout=5000)
        courier.job(400 + num, f"stuck{num}")
    for num in range(3):
        courier.lane(f"lookup{num}", "https://hangs.test/hook", timeout=1000, connect=600)
        courier.job(430 + num, f"lookup{num}")
    time.sleep(0.2)
    courier.lane("quick", receiver.url("ok/quick"))
    longest = 0
    for num in range(450, 550):
        courier.job(num, "quick")
        expect(courier.outcome(num), "delivered", 200)
        longest = max(longest, courier.outcome(num)["took"])
        time.sleep(0.008)
    assert 400 not in courier.outcomes, "the quick lane was held up"
    assert longest < 2000, f"one took {longest} ms: it waited for a lookup, of 4 s"
    for num in range(3):
        expect(courier.outcome(430 + num), "again", 0)
        assert courier.outcome(430 + num)["took"] < 1500, courier.outcome(430 + num)
    for num in range(20):
        expect(courier.outcome(400 + num, within=20.0), "again", 0, "timed out")


def test_tls(courier, receiver, folder):
    courier.lane("notls", f"https://127.0.0.1:{receiver.port}/ok/notls")
    courier.job(600, "notls")
    expect(courier.outcome(600), "again", 0)
    if not shutil.which("openssl"):
        print("# no openssl: the untrusted certificate is left out")
        return
    key, certificate = f"{folder}/key.pem", f"{folder}/certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", certificate,
                    "-days", "2", "-subj", "/CN=localhost"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = socket.create_server(("127.0.0.1", 0))
    got = []

    def serve():
        connection, _ = listener.accept()
        try:
            with context.wrap_socket(connection, server_side=True) as stream:
                got.append(stream.recv(100))
        except (OSError, ssl.SSLError):
            pass

    threading.Thread(target=serve, daemon=True).start()
    courier.lane("untrusted", f"https://127.0.0.1:{listener.getsockname()[1]}/")
    courier.job(601, "untrusted")
    expect(courier.outcome(601), "again", 0, "certificate")
    assert not got, "a notice went to a receiver that nobody vouches for"


def test_hung_lookups_are_bounded(courier, receiver):
    """Each leaves a thread behind; past the bound the next ones fail at once, and only they."""
    for num in range(64):
        courier.lane(f"hung{num}", "https://hangs.test/hook", connect=200)
        courier.job(620 + num, f"hung{num}")
    for num in range(64):
        expect(courier.outcome(620 + num), "again", 0)
    courier.lane("one_more", "https://hangs.test/hook", connect=200)
    courier.lane("literal", receiver.url("ok/literal"))
    courier.lane("local", f"http://localhost:{receiver.port}/ok/local")
    courier.job(690, "one_more")
    courier.job(691, "literal")
    courier.job(692, "local")
    expect(courier.outcome(690), "again", 0, "too many name lookups hang")
    expect(courier.outcome(691), "delivered", 200)
    expect(courier.outcome(692), "delivered", 200)


def test_signals_do_not_stop_it(courier, receiver):
    before = courier.alive
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        os.kill(courier.pid, number)
    time.sleep(1.3)
    assert courier.alive > before, "it says ALIVE no more"
    assert courier.ended is None


def test_stop(courier, receiver):
    """Running ones get until the deadline, the unstarted go back at once."""
    courier.lane("ends", receiver.url("slow_ok/ends"), timeout=3000)
    courier.lane("never", receiver.url("hang/never"), timeout=5000)
    for num in range(700, 703):
        courier.job(num, "ends")
        courier.job(num + 10, "never")
    time.sleep(0.1)
    began = time.monotonic()
    courier.say("stop 900")
    for num in (701, 702, 711, 712):
        expect(courier.outcome(num), "untried", 0, "stops")
        assert 710 not in courier.outcomes
    courier.job(720, "ends")
    expect(courier.outcome(720), "untried", 0, "stops")
    expect(courier.outcome(700), "delivered", 200)
    expect(courier.outcome(710), "again", 0, "stopped while sending")
    assert courier.process.wait(timeout=5) == 0
    took = time.monotonic() - began
    assert 0.8 < took < 4.0, f"the stop took {took}"


def test_it_dies_with_the_desk(folder):
    courier = Courier(folder)
    until = time.monotonic() + 3
    while not courier.pid and time.monotonic() < until:
        time.sleep(0.01)
    courier.process.kill()
    courier.process.wait()
    until = time.monotonic() + 3
    while time.monotonic() < until:
        try:
            with open(f"/proc/{courier.pid}/stat") as stat:
                if stat.read().rsplit(")", 1)[1].split()[0] == "Z":
                    return
        except FileNotFoundError:
            return
        time.sleep(0.02)
    raise AssertionError("the courier lives on without its desk")


def test_the_pair_is_for_one_user(folder):
    courier = Courier(folder)
    until = time.monotonic() + 3
    while not courier.pid and time.monotonic() < until:
        time.sleep(0.01)
    assert os.stat(f"{folder}/pair").st_mode & 0o777 == 0o600
    assert courier.end() == 0


def run(test, folder, courier=None, receiver=None):
    names = test.__code__.co_varnames[:test.__code__.co_argcount]
    have = {"folder": folder, "courier": courier, "receiver": receiver}
    began = time.monotonic()
    try:
        test(**{name: have[name] for name in names})
    except Exception as error:  # each test is reported, whatever went wrong in it
        print(f"not ok - {test.__name__}: {error!r}", flush=True)
        return False
    print(f"ok - {test.__name__} ({time.monotonic() - began:.2f} s)", flush=True)
    return True


def main():
    tests = [value for name, value in globals().items() if name.startswith("test_")]
    alone = [t for t in tests if "courier" not in t.__code__.co_varnames[:3]]
    shared = [t for t in tests if t not in alone]
    fine = True
    with tempfile.TemporaryDirectory() as folder:
        receiver = Zoo()
        courier = Courier(folder)
        for test in shared:  # test_stop is the last of them
            fine = run(test, folder, courier, receiver) and fine
        if courier.ended is None:
            courier.process.kill()
    for test in alone:
        with tempfile.TemporaryDirectory() as folder:
            fine = run(test, folder) and fine
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
