#!/usr/bin/python3
"""Goal: a tablet in a browser speaks through the WebSocket /sync what others speak over TCP: everything arrives exactly once, nobody
else's page and no broken frame gets in, and limits, pokes, silence, revocation and the end are as on TCP."""
import datetime
import os
import re
import struct
import sys
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, "lib"), os.path.join(TESTS, "stranger")]
import client  # noqa: E402
import rig  # noqa: E402
import websocket  # noqa: E402
from client import pb  # noqa: E402
from pace import Pace  # noqa: E402
from rig import HOST, need  # noqa: E402
from websocket import BINARY, CLOSE, CUT, MORE, PING, PONG, TEXT, Ended, Socket, frame, greeting  # noqa: E402

NOTES = 400             # of 1400 letters: more than what may wait for a line
SOON_S = 20             # nothing that must happen takes longer
ENDS_S = 1.0            # a revoked tablet's line is closed within this time
IDLE_S = 3
FAST = ("--ping-seconds", "1", "--idle-seconds", str(IDLE_S), "--handshake-seconds", "2")


def soon(holds, why, within_s=SOON_S):
    end = time.monotonic() + within_s
    while not holds():
        need(time.monotonic() < end, why)
        time.sleep(0.02)


class Room:
    """A clinic with a group, a tablet in a browser, and one of the command line beside it."""

    def __init__(self, centre, path):
        self.centre = centre
        today = datetime.date.today()
        self.clinic = centre.clinic("Porsgrunn")
        self.group, self.people = centre.group(self.clinic, "Rygg", 12, weekday=today.isoweekday(), first=today.isoformat())
        self.user = centre.user(self.clinic, "Kari")
        self.browser = self.device("browser")
        self.tablet = centre.tablet(os.path.join(path, "tablet"), self.clinic)
        self.browser.sync()
        self.tablet.sync()
        self.session = min((row.day, key[0]) for key, row in self.browser.of(9).items() if row.group == self.group)[1]

    def device(self, label):
        made = websocket.Device.invited(self.centre.invite(self.clinic, label), label)
        self.centre("device", "approve", made.device_no, made.digits)
        return made

    def mark(self, device, person, presence=pb.PRESENT):
        device.write(pb.Attendance(session=self.session, participant=person, presence=presence, evidence=pb.TAPPED), self.user)

    def ops(self):
        return self.centre("status")["ops"]


# ---- a sync

def sums_agree(device):
    device.connect()
    device.hello()
    need(all(device.verify().values()), "sums differ")
    device.close()


def syncs(tap, room):
    device, people = room.browser, room.people
    with tap.test("it fills, marks and syncs; the tablet on TCP sees its marks, and it the other's"):
        for person in people[:6]:
            room.mark(device, person)
        device.sync()
        room.tablet.mark(room.session, {person: "notified" for person in people[6:]})
        room.tablet.sync()
        device.sync()
        mine = {key[1]: row.presence for key, row in device.of(8).items() if key[0] == room.session}
        need(mine == {p: pb.PRESENT if i < 6 else pb.NOTIFIED_ABSENCE for i, p in enumerate(people)}, mine)
        room.tablet.sync()
        need(sorted(room.tablet.sheet(room.session)) == sorted(people), room.tablet.sheet(room.session))
        need(device.repairs == 0, "a scope had to be repaired")
        sums_agree(device)
    with tap.test("what was acknowledged on a line that broke is sent again and taken once"):
        ops = room.ops()
        room.mark(device, people[0], pb.NO_SHOW)
        device.connect()
        device.hello()
        device.link.send(client.PUSH, device.push_body(len(device.ops), device.ops[-1:]))
        device.close()                      # without having read the ACK
        device.sync()
        need(room.ops() == ops + 1, f"{room.ops() - ops} ops of one")
    with tap.test("messages of one byte, and whole frames in 256 fragments, are the same stream"):
        for cut in (1, 7, CUT):
            device.cut = cut
            room.mark(device, people[1], pb.PRESENT if cut % 2 else pb.NO_SHOW)
            device.sync()
        device.cut = 0
        device.connect()
        data = client.frame(client.HELLO, device.hello_body())
        device.link.socket.send(BINARY, data[:1], fin=False)
        for at in range(1, 200):
            device.link.socket.send(MORE, data[at:at + 1] if at < len(data) - 1 else b"", fin=False)
            if at == 50:
                device.link.socket.send(PING, b"between")
        device.link.socket.send(MORE, data[200:] if len(data) > 200 else data[-1:])
        device.welcomed(device.link.expect(client.WELCOME))
        need(device.link.pongs == 1, f"{device.link.pongs} pongs")
        device.close()
    with tap.test("frames that follow the greeting without waiting for its answer are read"):
        with Socket(room.centre.port, behind=frame(BINARY, client.frame(client.HELLO, device.hello_body()))) as line:
            opcode, payload = line.frame()
            need(opcode == BINARY and client.unframe(payload)[0] == client.WELCOME, f"{opcode} {payload[:20]!r}")
    with tap.test("a lot goes up in pushes of 64 KiB, and down to another browser that takes its messages slowly"):
        for i in range(NOTES):
            text = os.urandom(700).hex()
            device.write(pb.Note(id=device.mint(), participant=people[i % 12], author=room.user, role=0, day=20000, text=text, visibility=0),
                         room.user, kind=pb.CREATE)
        device.connect()
        device.hello()
        device.push(bytes_max=60000)
        tap.figure("bytes of the pushes", device.link.sent_bytes)
        device.close()
        device.sync()
        fresh = room.device("fresh")
        fresh.connect(room=4096, slow_s=0.02)
        fresh.hello()
        fresh.pull()
        tap.figure("bytes of the fill, messages", f"{fresh.link.received_bytes}, {fresh.link.messages}")
        need(fresh.link.received_bytes > 2 * 65536 and len(fresh.of(20)) == NOTES, f"{len(fresh.of(20))} notes")
        need(all(fresh.verify().values()), "sums differ")
        fresh.close()


# ---- joining

def joins(tap, room):
    with tap.test("an invite is a web address of the app, and its code joins as a person types it, without the pin"):
        said = room.centre("device", "invite", room.clinic, "--label", "typed", "--host", HOST, "--port", room.centre.port)
        invite = client.Invite.parse(said["invite"])
        need(said["invite"].startswith(f"https://{HOST}:{room.centre.port}/tablet/#pin="), said["invite"])
        need(said["code"] == client.spoken(invite.code) and len(said["code"]) == 19 and not any(invite.code[10:]), said)
        device = websocket.Device(HOST, room.centre.port, label="typed")
        device.join(invite.code)
        room.centre("device", "approve", device.device_no, device.digits)
        need(device.sync().state == pb.ACTIVE and device.sums() == room.browser.sums(), "not in")
    with tap.test("the code stands beside the QR, in both languages, and not where a program reads the invite"):
        for lang, word in (("en", "Without a camera"), ("nb", "Uten kamera")):
            _, out, _ = room.centre.seen("device", "invite", str(room.clinic), "--qr", "--lang", lang)
            last = out.rstrip().split("\n")[-1]
            need(last.startswith(word) and re.search(r"/tablet/ .* [0-9A-Z]{4}(-[0-9A-Z]{4}){3}$", last), last)
        _, out, _ = room.centre.seen("device", "invite", str(room.clinic))
        need(out.count("\n") == 1 and out.startswith("https://"), out)


# ---- greetings

def greetings(tap, room):
    port = room.centre.port
    good = f"https://{HOST}:{port}"
    table = (
        ("no Origin", {"Origin": None}, 403), ("another origin", {"Origin": "https://evil.example"}, 403),
        ("another port", {"Origin": f"https://{HOST}:{port + 1}"}, 403), ("http", {"Origin": f"http://{HOST}:{port}"}, 403),
        ("null", {"Origin": "null"}, 403), ("an origin with more behind it", {"Origin": good + "/"}, 403),
        ("an origin and one more", {"Origin": good + f" {good}"}, 403), ("capital letters", {"Origin": good.upper()}, 403),
        ("no version", {"Sec_WebSocket_Version": None}, 426), ("version 8", {"Sec_WebSocket_Version": "8"}, 426),
        ("versions 13, 8", {"Sec_WebSocket_Version": "13, 8"}, 426), ("no Upgrade", {"Upgrade": None}, 426), ("h2c", {"Upgrade": "h2c"}, 426),
        ("no Connection", {"Connection": None}, 426), ("keep-alive", {"Connection": "keep-alive"}, 426),
        ("no key", {"Sec_WebSocket_Key": None}, 400), ("an empty key", {"Sec_WebSocket_Key": ""}, 400),
        ("15 bytes", {"Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAA"}, 400), ("17 bytes", {"Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAAA="}, 400),
        ("no base64", {"Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAA!A=="}, 400), ("bits too many", {"Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAB=="}, 400),
        ("no protocol", {"Sec_WebSocket_Protocol": None}, 400), ("another protocol", {"Sec_WebSocket_Protocol": "samling.2, chat"}, 400),
        ("a body", {"Content_Length": "5"}, 413))
    with tap.test(f"{len(table)} greetings that are none get their status; in 426 stands what it should have been"):
        for name, changes, want in table:
            status, headers = greeting(port, **changes)
            need(status == want, f"{name}: {status}, not {want}")
            need("sec-websocket-accept" not in headers, f"{name}: {headers}")
            if want == 426:
                need(headers["upgrade"] == "websocket" and headers["sec-websocket-version"] == "13", f"{name}: {headers}")
        for line, want in (("POST /sync HTTP/1.1", 405), ("HEAD /sync HTTP/1.1", 426), ("GET /sync HTTP/1.0", 505), ("GET /sync/ HTTP/1.1", 404)):
            need(greeting(port, line)[0] == want, f"{line}: {greeting(port, line)[0]}, not {want}")
    with tap.test("one that is good but for a cookie, other offers and extensions is answered without any of them"):
        status, headers = greeting(port, Cookie="__Host-sid=" + "0" * 64, Sec_WebSocket_Protocol="chat, samling.1",
                                   Sec_WebSocket_Extensions="permessage-deflate", Sec_Fetch_Site="same-origin")
        need(status == 101 and headers["sec-websocket-protocol"] == "samling.1", f"{status} {headers}")
        need("sec-websocket-extensions" not in headers and "set-cookie" not in headers and "content-length" not in headers, headers)
        need(headers["connection"] == "Upgrade", headers)


# ---- frames

def code_of(port, *frames):
    with Socket(port) as line:
        try:
            for data in frames:
                line.raw(data)
        except OSError:             # it was closed before all of it was sent
            pass
        return line.code()


def frames(tap, room):
    port = room.centre.port
    full = bytes(65536)
    table = (
        ("text", 1003, frame(TEXT, b"hello")), ("an empty text", 1003, frame(TEXT)), ("text, in fragments", 1003, frame(TEXT, b"h", fin=False)),
        ("not masked", 1002, frame(BINARY, b"hello", mask=False)), ("a ping that is not masked", 1002, frame(PING, mask=False)),
        ("reserved bit 1", 1002, frame(BINARY, b"x", rsv=4)), ("reserved bit 2", 1002, frame(BINARY, b"x", rsv=2)),
        ("reserved bit 3", 1002, frame(PING, b"x", rsv=1)), ("a kind that is none", 1002, frame(3, b"x")), ("a control that is none", 1002, frame(11, b"x")),
        ("nothing to go on with", 1002, frame(MORE, b"x")), ("a message in a message", 1002, frame(BINARY, fin=False), frame(BINARY, b"x")),
        ("a ping of 126 bytes", 1002, frame(PING, bytes(126))), ("a ping in fragments", 1002, frame(PING, b"x", fin=False)),
        ("a Close of one byte", 1002, frame(CLOSE, b"\x03")), ("Close 1005", 1002, frame(CLOSE, struct.pack(">H", 1005))),
        ("Close 999", 1002, frame(CLOSE, struct.pack(">H", 999))),
        ("65 537 bytes", 1009, frame(BINARY, full + b"x")), ("4 GiB announced", 1009, frame(BINARY, b"x" * 64, length=1 << 32)),
        ("2^63 announced", 1002, frame(BINARY, b"x" * 64, length=1 << 63)),
        ("65 537 bytes in fragments", 1009, frame(BINARY, b"\xff", fin=False), frame(MORE, full)),
        ("fragments that never end", 1009, frame(BINARY, fin=False), *[frame(MORE, fin=False)] * 300))
    with tap.test(f"{len(table)} frames that are none end with the code that says why"):
        for name, want, *data in table:
            got = code_of(port, *data)
            need(got == want, f"{name}: {got}, not {want}")
    with tap.test("each is one line of the log, with its code and their number"):
        lines = [line for line in room.centre.log(1 << 20).split("\n") if "ev=websocket_refused" in line]
        need(len(lines) == len(table), f"{len(lines)} lines of {len(table)}")
        need(f"count={len(table)}" in lines[-1] and "code=1009" in lines[-1], lines[-1])
    with tap.test("what is no frame of the conversation is answered with ERROR, then Close"):
        with Socket(port) as line:
            line.send(BINARY, b"GET / HTTP/1.1\r\n\r\n")
            opcode, payload = line.frame()
            need(opcode == BINARY and client.unframe(payload)[0] == client.ERROR, f"{opcode} {payload!r}")
            need(line.code() == 1000, "no Close")
    with tap.test("a ping is answered with its bytes, a pong with nothing, and a Close with itself"):
        for code, payload in ((1000, struct.pack(">H", 1000) + b"bye"), (1001, struct.pack(">H", 1001)), (4000, struct.pack(">H", 4000)), (0, b"")):
            with Socket(port) as line:
                for sent in (b"", b"x" * 125):
                    line.send(PING, sent)
                    need(line.frame() == (PONG, sent), "pong")
                line.send(PONG, b"nobody asked")
                line.send(BINARY)
                line.send(CLOSE, payload)
                need(line.code() == code, f"{code}")


# ---- as on TCP

def until(device, kind):
    """The next frame of this kind, POKE and PING too."""
    end = time.monotonic() + SOON_S
    while not any(got == kind for got, _ in device.link.log):
        need(time.monotonic() < end, f"no {client.KIND_NAMES[kind]}")
        try:
            device.link.receive(0.1)
        except TimeoutError:
            pass


def goes(link):
    """How the line ends: "bye 1000", "1000", or "" without a word."""
    said = []
    try:
        while True:
            opcode, payload = link.socket.frame(time.monotonic() + SOON_S)
            if opcode == BINARY and client.unframe(payload)[0] == client.BYE:
                said.append("bye")
            elif opcode == CLOSE:
                said.append(str(struct.unpack(">H", payload[:2])[0]))
    except Ended:
        return " ".join(said)


def as_on_tcp(tap, room):
    centre, device = room.centre, room.browser
    with tap.test("news of another tablet are a POKE"):
        device.sync()
        device.hello()
        device.pull()
        device.link.log.clear()
        room.tablet.mark(room.session, {room.people[3]: "no-show"})
        room.tablet.sync(codes=(rig.OK, rig.ATTENTION))
        until(device, client.POKE)
        device.close()
    with tap.test("of three lines of one device the oldest hears BYE and Close"):
        links = []
        for _ in range(3):
            device.link = None
            device.hello()
            links.append(device.link)
        need(goes(links[0]) == "bye 1000", "the oldest stays")
        for link in links[1:]:
            link.send(client.PING, pb.Ping(number=7))
            need(link.socket.frame()[0] == BINARY, "a newer one is closed")
            link.socket.close()
        device.link = None
    with tap.test("revoke closes the line within a second, the tablet's ops go aside, and it is told to erase itself"):
        taken = room.device("taken")
        taken.sync()
        rows = len(taken.rows)
        taken.hello()
        with Pace() as pace:
            began = time.monotonic()
            centre("device", "revoke", taken.device_no)
            need(goes(taken.link) == "", "it was told something")
            took_s = time.monotonic() - began
        need(took_s < (ENDS_S + 1) * pace.worst(), f"after {took_s:.1f} s")
        tap.figure("closed after revoke began, ms", round(1000 * took_s))
        taken.close()
        room.mark(taken, room.people[2])
        need(taken.sync().state == pb.REVOKED and rows, "not revoked")
        need(centre.devices()[taken.device_no]["quarantined"] == 1, centre.devices()[taken.device_no])
        taken.hello()
        taken.link.send(client.PULL, taken.pull_message())
        need(taken.link.receive()[0] == client.WIPE, "no WIPE")
        need(goes(taken.link) == "1000", "no Close behind it")
        taken.close()
    with tap.test("who does not take what he is sent is closed, and costs a bounded number of bytes"):
        centre.restart("--stall-seconds", "2")
        before_kib, lines = centre.rss_kib(), [Socket(centre.port) for _ in range(4)]
        flood = frame(PING, bytes(125)) * 400
        for line in lines:
            line.end.settimeout(0.5)
            try:
                while True:
                    line.end.sendall(flood)
            except OSError:
                pass
        grown_kib = centre.rss_kib() - before_kib
        tap.figure("KiB for a line that takes no pong", grown_kib // 4)
        need(grown_kib < 8 * 1024, f"{grown_kib} KiB for four lines")
        soon(lambda: centre("status")["connections"] == 0, "they are open")
        for line in lines:
            line.close()


def times(tap, room):
    centre, device = room.centre, room.browser
    centre.restart(*FAST)
    with tap.test("without HELLO the line ends after the time of a handshake"):
        with Socket(centre.port) as line:
            began = time.monotonic()
            need(line.code() is None, "it was told something")
            need(1.9 < time.monotonic() - began < SOON_S, f"after {time.monotonic() - began:.1f} s")
    with tap.test("a quiet line is asked whether it is alive, and stays as long as it answers"):
        device.hello()
        began, pings = time.monotonic(), 0
        while pings < 3 or time.monotonic() - began < IDLE_S + 1:    # longer than it may be silent
            need(time.monotonic() - began < SOON_S, f"{pings} pings in {SOON_S} s")
            try:
                device.link.receive(0.5)
            except TimeoutError:
                pass
            pings = sum(kind == client.PING for kind, _ in device.link.log)
    with tap.test("who does not answer hears BYE and Close"):
        need(goes(device.link) == "bye 1000", "another end")
        device.close()


def limits(tap, room):
    centre = room.centre
    with tap.test("one address has 64 lines that have not said HELLO, and tablets on TCP come in beside them"):
        centre.restart()
        lines, refused = [], 0
        for _ in range(70):
            try:
                lines.append(Socket(centre.port))
            except (OSError, Ended):
                refused += 1
        need((len(lines), refused) == (64, 6), f"{len(lines)} in, {refused} refused")
        room.tablet.mark(room.session, {room.people[4]: "present"})
        room.tablet.sync(codes=(rig.OK, rig.ATTENTION))
        for line in lines:
            line.close()
    with tap.test("a device's HELLO frees its place"):
        centre.restart("--console-per-address", "2")
        devices = [room.device(f"place {i}") for i in range(2)]
        for device in devices:
            device.hello()
        with Socket(centre.port), Socket(centre.port):
            try:
                Socket(centre.port).close()
                need(False, "a third one")
            except (OSError, Ended):
                pass
        for device in devices:
            device.link.send(client.PING, pb.Ping(number=1))
            until(device, client.PING)
            device.close()


def ends(tap, room):
    with tap.test("a centre that stops says BYE and Close"):
        room.browser.hello()
        need(room.centre.stop() == 0, "it did not end well")
        need(goes(room.browser.link) == "bye 1000", "another end")
        need("level=error" not in room.centre.log(1 << 20), "errors in the log")


def main():
    tap = rig.Tap()
    with rig.folder() as path, rig.Centre(os.path.join(path, "centre")) as centre:
        room = Room(centre, path)
        syncs(tap, room)
        joins(tap, room)
        greetings(tap, room)
        frames(tap, room)
        as_on_tcp(tap, room)
        times(tap, room)
        limits(tap, room)
        ends(tap, room)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
