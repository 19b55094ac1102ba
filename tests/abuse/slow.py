#!/usr/bin/python3
"""Slow senders and those who never read, five hundred and more of them at once, at the limits that the centre has by itself: on TCP, in
TLS, in HTTP, on a WebSocket, in frames before and after HELLO. Proves that an honest tablet and an honest coordinator go on, on the lines
that they have and on new ones; that each abuser is let go when the settings say so; that memory is bounded and nothing is left open.

    make abuse T=slow SLOW_EACH=32 SLOW_SECONDS=20      of each kind; of measuring
Reads: the honest ones' p50/p99 beside the same in calm; of each kind when the centre ended it: first, last, beside what is due."""
import os
import selectors
import ssl
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import abuse  # noqa: E402
import client  # noqa: E402
import rig  # noqa: E402
import websocket  # noqa: E402
from client import pb  # noqa: E402
from rig import need  # noqa: E402

EACH = abuse.number("SLOW_EACH", 32)
SECONDS = abuse.number("SLOW_SECONDS", 20)
P99_MAX_S = 0.25            # of those who have a line; PROOF.md, I15
ANEW_MAX_S = 5.0            # of those who come anew
GROWN_KIB_EACH = 768        # of one that never reads: kernel apart, what the server itself holds for it
SLACK_S = 4.0               # ticks of a second, and a machine that others use too
NOW, HANDSHAKE_S, HELD_S, STALL_S, BODY_S = 0, 10, 20, 30, 20
HOST = b"Host: localhost\r\n"
NOTE_BYTES = 1900


class Line:
    """One abuser: what it says first, what it adds each second, whether it reads."""

    def __init__(self, kind, port, source):
        self.kind, self.at, self.ended_s, self.sent = kind, time.monotonic(), None, 0
        self.plain = abuse.dial(port, source, small=not kind.reads)
        self.end = self.plain
        if kind.alpn:
            self.end = abuse.tls_context(kind.alpn).wrap_socket(self.plain, server_hostname="localhost", do_handshake_on_connect=False)
            self.plain = self.end       # the other has given its descriptor away
            self.end.settimeout(25)
            self.end.do_handshake()
        self.first = kind.first(self) if callable(kind.first) else kind.first
        self.end.setblocking(False)
        self.at = time.monotonic()
        self.say(self.first)

    def say(self, data):
        while data and self.ended_s is None:
            try:
                n = self.end.send(data[:8192])
            except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                return
            except OSError:
                self.over()
                return
            data = data[n:]

    def drip(self):
        """One byte more of what never ends."""
        if self.ended_s is None and self.kind.drip:
            at = self.sent % len(self.kind.drip)
            self.sent += 1
            self.say(self.kind.drip[at:at + 1])

    def look(self):
        """Reads away what came, if it is one that reads."""
        try:
            while True:
                part = self.end.recv(65536)
                if not part:
                    self.over()
                    return
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except OSError:
            self.over()

    def over(self):
        if self.ended_s is None:
            self.ended_s = time.monotonic() - self.at


class Kind:
    """${due_s}: when the centre ends it; None: it is one of the proved and may stay. ${held}: it may have waited for its turn first."""

    def __init__(self, name, due_s, first=b"", drip=b"", alpn=None, reads=True, held=False, half_close=False):
        self.name, self.due_s, self.first, self.drip, self.alpn, self.reads = name, due_s, first, drip, alpn, reads
        self.held, self.half_close = held, half_close


class Devices:
    """Tablets of the abusers, each with two lines."""

    def __init__(self, world, count):
        self.all = [world.tablet(f"evil {i}", abuse.address(i, 20)) for i in range(count)]
        self.next = 0

    def greeting(self, line):
        """A HELLO on this line, answered: the device."""
        device = self.all[self.next // 2 % len(self.all)]
        self.next += 1
        link = client.Link.__new__(client.Link)
        link.socket, link.data, link.log, link.timeout_s = line.end, bytearray(), [], 20
        link.sent_bytes = link.received_bytes = 0
        device.link = link
        need(device.hello().state == pb.ACTIVE, "an abuser's tablet is not active")
        device.link = None
        return device


def kinds(devices):
    slow_frame = client.varint(60000) + bytes([client.HELLO]) + bytes(500)
    push_head = client.varint(60000) + bytes([client.PUSH])
    request = b"GET / HTTP/1.1\r\n" + HOST
    upgrade = websocket.request(websocket.headers_of(1))

    def greeted(then):
        def first(line):
            device = devices.greeting(line)
            return then(device) if callable(then) else then
        return first

    def fills(device):
        return client.frame(client.PULL, device.pull_message().SerializeToString()) + b"".join(
            client.frame(client.SNAP_GET, pb.SnapGet(scope=scope).SerializeToString()) for scope in devices.scopes) * 4

    def pings(_):
        return b"".join(client.frame(client.PING, pb.Ping(number=i).SerializeToString()) for i in range(60000))

    def upgraded(line):
        line.end.sendall(websocket.request(websocket.headers_of(line.end.getpeername()[1])))
        line.end.settimeout(20)
        held = b""
        while b"\r\n\r\n" not in held:
            part = line.end.recv(1)
            need(part, "the WebSocket is refused")
            held += part
        need(held.startswith(b"HTTP/1.1 101"), held[:60])
        return websocket.frame(websocket.BINARY, client.varint(60000)[:1], fin=False)

    # those who have proved who they are: first, as long as others let them in
    yield Kind("frames: a byte a second of a PUSH", None, greeted(push_head), bytes(1), "samling/1")
    yield Kind("frames: a PUSH of 4 GiB after HELLO", NOW, greeted(client.varint(1 << 32) + b"\x02"), b"", "samling/1")
    yield Kind("frames: never reads a first fill", STALL_S, greeted(fills), b"", "samling/1", reads=False)
    yield Kind("frames: never reads the answers to PINGs", STALL_S, greeted(pings), b"", "samling/1", reads=False)
    # http and the WebSocket
    yield Kind("http: a header byte by byte", HANDSHAKE_S, request + b"X: ", b"a", "http/1.1")
    yield Kind("http: a body byte by byte", BODY_S, b"POST /api/login HTTP/1.1\r\n" + HOST + b"Sec-Fetch-Site: same-origin\r\n"
               b"Content-Type: application/json\r\nContent-Length: 900\r\n\r\n", b" ", "http/1.1")
    yield Kind("http: says nothing", HANDSHAKE_S, b"", b"", "http/1.1")
    yield Kind("http: never reads pages", STALL_S, lambda line: b"GET " + devices.asset + b" HTTP/1.1\r\n" + HOST + b"\r\n", b"", "http/1.1", reads=False)
    yield Kind("http: never reads, and asks on", STALL_S, lambda line: (b"GET " + devices.asset + b" HTTP/1.1\r\n" + HOST + b"\r\n") * 400, b"",
               "http/1.1", reads=False)
    yield Kind("http: half closed", NOW, request + b"\r\n", b"", "http/1.1", half_close=True)
    yield Kind("websocket: the greeting byte by byte", HANDSHAKE_S, upgrade[:100], b"a", "http/1.1")
    yield Kind("websocket: a message byte by byte before HELLO", HANDSHAKE_S, upgraded, websocket.frame(websocket.MORE, b"\x00", fin=False), "http/1.1")
    # frames before HELLO
    yield Kind("frames: says nothing", HANDSHAKE_S, b"", b"", "samling/1", held=True)
    yield Kind("frames: a HELLO byte by byte", HANDSHAKE_S, slow_frame, b"\x00", "samling/1", held=True)
    yield Kind("frames: 4 GiB before HELLO", NOW, client.varint(1 << 32) + b"\x01", b"", "samling/1", held=True)
    # TLS and TCP
    hello = abuse.client_hello()
    yield Kind("tcp: says nothing", HANDSHAKE_S, held=True)
    yield Kind("tls: a ClientHello byte by byte", HANDSHAKE_S, hello[:5], hello[5:5 + 40], held=True)
    yield Kind("tls: half a handshake", HANDSHAKE_S, hello, held=True)
    yield Kind("tls: change cipher spec, 20000 times", NOW, hello + b"\x14\x03\x03\x00\x01\x01" * 20000, held=True)
    yield Kind("tls: 20000 empty handshake records", NOW, b"\x16\x03\x01\x00\x00" * 20000, held=True)


def fill_material(world, devices):
    """Notes enough that a first fill is some megabytes which do not get smaller by being packed."""
    writer = devices.all[0]
    for i in range(400):
        writer.write(pb.Note(id=writer.mint(), participant=world.people[i % len(world.people)], author=world.user, role=0, day=20000, visibility=0,
                             text=os.urandom(NOTE_BYTES // 2).hex()), world.user, kind=pb.CREATE)
    writer.sync()
    need(len(writer.of(20)) >= 300, lambda: f"{len(writer.of(20))} notes came back: {list(writer.verdicts.values())[:1]}")
    devices.scopes = list(writer.scopes)


def asset_of(world):
    page = client.Link(rig.HOST, world.centre.port, alpn=("http/1.1",))
    page.raw(b"GET / HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
    held = b""
    while part := page.socket.recv(65536):
        held += part
    page.close()
    at = held.index(b"/web/app.js?v=")
    return held[at:held.index(b'"', at)]


class Watch:
    """Looks at all abusers all the time, also while more of them come: each second each says its byte; what the centre ends is noted at once."""

    def __init__(self):
        self.lines, self.waiting, self.second = [], selectors.DefaultSelector(), time.monotonic()

    def add(self, line):
        self.lines.append(line)
        if line.kind.reads and line.ended_s is None:
            self.waiting.register(line.plain, selectors.EVENT_READ, line)

    def step(self, wait_s):
        for key, _ in self.waiting.select(wait_s):
            key.data.look()
            if key.data.ended_s is not None:
                self.waiting.unregister(key.data.plain)
        if time.monotonic() - self.second < 1:
            return
        self.second = time.monotonic()
        for line in self.lines:
            open_before = line.ended_s is None
            line.drip()
            if open_before and line.ended_s is not None and line.kind.reads:
                self.waiting.unregister(line.plain)

    def until(self, end):
        while time.monotonic() < end:
            self.step(0.2)


def begin(world, watch, kind, number):
    lines = []
    for i in range(EACH):
        try:
            line = Line(kind, world.centre.port, abuse.address(number * EACH + i, 30))
        except (OSError, client.Closed) as wrong:
            raise rig.Failed(f"{kind.name}: the {i + 1}th does not get in: {wrong}") from wrong
        if kind.half_close:
            line.plain.shutdown(1)
        lines.append(line)
        watch.add(line)
        watch.step(0)
    return lines


def ended_in_time(tap, of_kind):
    kind = of_kind[0].kind
    with tap.test(f"{kind.name}: " + ("stays as long as it says something" if kind.due_s is None else f"ended after {kind.due_s} s")):
        times = sorted(line.ended_s for line in of_kind if line.ended_s is not None)
        if kind.due_s is None:
            need(not times, f"{len(times)} of {len(of_kind)} were ended")
            return
        need(len(times) == len(of_kind), lambda: f"{len(of_kind) - len(times)} of {len(of_kind)} are still open")
        tap.figure(f"{kind.name}, s", f"{times[0]:.1f} to {times[-1]:.1f}")
        least = 0 if kind.held or kind.due_s == NOW else kind.due_s - 1
        need(least <= times[0] and times[-1] <= kind.due_s + (HELD_S if kind.held else 0) + SLACK_S, f"{times[0]:.1f} to {times[-1]:.1f} s")


def deaf_are_gone(tap, world, lines, others):
    """Those who do not read cannot see their end: the centre's descriptors do."""
    with tap.test("who never reads is gone from the centre"):
        took = world.wait_descriptors(others, 40)
        need(took is not None, f"{world.descriptors()} descriptors, {others} are for others")


def main():
    tap = rig.Tap()
    abuse.descriptors_raise()
    with abuse.World() as world:
        devices = Devices(world, 2 * EACH)
        fill_material(world, devices)
        devices.asset = asset_of(world)
        honest = abuse.Honest(world)
        honest.start()
        calm = honest.measure(8)
        files, kib = world.descriptors(), world.rss_kib()
        lines, watch = [], Watch()
        with tap.test("abusers of every kind are there"):
            for number, kind in enumerate(kinds(devices)):
                lines.append(begin(world, watch, kind, number))
        everyone = [line for of_kind in lines for line in of_kind]
        tap.figure("abusers", len(everyone))
        honest.here.send("begin")
        honest.here.recv()
        watch.until(time.monotonic() + SECONDS)
        now = honest.stop_measure()
        grown, most = world.rss_kib() - kib, EACH * len(lines) * 64 + 16 * 1024
        with tap.test("an honest tablet and an honest coordinator notice little on the lines that they have"):
            worst = abuse.ratio(tap, f"among {len(everyone)} abusers", calm, now)
            need(worst <= P99_MAX_S, f"p99 {worst:.3f} s")
        with tap.test("who comes anew gets in soon"):
            anew = [time_s for what in ("tablet anew", "page anew") for time_s in now.get(what, [])]
            need(anew and not now.get("failed") and max(anew) <= ANEW_MAX_S, f"{now.get('failed', [])[:2]} {max(anew, default=0):.1f} s at most")
        with tap.test("memory is bounded"):
            tap.figure("grown by, KiB", f"{grown} of at most {most}; {world.descriptors()} descriptors, {files} before")
            need(grown <= most, f"{grown} KiB")
        watch.until(time.monotonic() + max(0, HANDSHAKE_S + HELD_S + SLACK_S + 6 - SECONDS))
        stay = sum(line.kind.due_s is None for line in everyone)
        deaf_are_gone(tap, world, everyone, files + stay + 4)
        for of_kind in lines:
            if of_kind[0].kind.reads:
                ended_in_time(tap, of_kind)
        for line in everyone:
            line.plain.close()
        with tap.test("nothing is left open, and the honest are as before"):
            need(world.wait_descriptors(files + 2, 10) is not None, f"{world.descriptors()} descriptors, {files} before")
            after = honest.measure(4)
            need(not after.get("failed"), after.get("failed"))
            abuse.ratio(tap, "afterwards", calm, after)
        honest.end()
        world.centre.need_alive()
        for event in ("tls_failed", "conversation_over", "web_full", "other_protocol"):
            tap.figure(f"log: {event}", world.logged(event))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
