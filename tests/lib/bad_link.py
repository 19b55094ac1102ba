"""What a peer may send that is no good, below the ops: bytes, TLS, greetings, joins, and the slow and greedy ones. Each function makes
one row of the table in e2e/50-bad-input.py: a function of the world that returns the outcome."""
import datetime
import os
import socket
import sqlite3
import ssl
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "stranger"))
import client  # noqa: E402
from client import Closed, HELLO, JOIN, Link, PING, PULL, Refused, frame, pb  # noqa: E402

EVIL = "127.0.0.2"      # where bad input comes from: limits per address must not meet the honest tablet


class World:
    def __init__(self, centre):
        self.centre = centre
        self.kept = []          # sockets that stay open until the honest tablet has synced
        self.taken = 0          # ops of the table that the server must have taken
        self.quarantined = 0
        today = datetime.date.today()
        plan = ["--weekday", str(today.isoweekday()), "--first", today.isoformat()]
        self.clinic = centre("clinic", "add", "Porsgrunn")["id"]
        self.group = centre("group", "add", "--clinic", str(self.clinic), "--name", "Rygg", *plan)["id"]
        # the honest tablet marks the first six, all others the last six
        self.people = [row["id"] for row in centre("participant", "add", "--count", "12", "--group", str(self.group))]
        self.user = centre("user", "add", "--clinic", str(self.clinic), "--name", "Kari")["id"]
        self.foreign_clinic = centre("clinic", "add", "Sandnessjøen")["id"]
        self.foreign_group = centre("group", "add", "--clinic", str(self.foreign_clinic), "--name", "Nakke", *plan)["id"]
        self.foreign_person = centre("participant", "add", "--count", "1", "--group", str(self.foreign_group))[0]["id"]
        self.foreign_user = centre("user", "add", "--clinic", str(self.foreign_clinic), "--name", "Ola")["id"]
        self.honest = centre.tablet(self.clinic, "honest")
        self.honest.sync()
        self.session = min(self.honest.of(9))[0]
        foreign = centre.tablet(self.foreign_clinic, "foreign")
        foreign.sync()
        self.foreign_session = min(foreign.of(9))[0]
        self.writer = self.tablet()     # sends ops that are well wrapped and bad inside
        self.writer.sync()
        self.honest_ops = 0

    def tablet(self, approve=True):
        return self.centre.tablet(self.clinic, "evil", EVIL, approve)

    def link(self, **options):
        link = Link("127.0.0.1", self.centre.port, source=EVIL, **options)
        self.kept.append(link.socket)
        return link

    def tcp(self, source=EVIL):
        plain = socket.create_connection(("127.0.0.1", self.centre.port), 5, (source, 0))
        plain.settimeout(5)
        self.kept.append(plain)
        return plain

    def greeted(self):
        """A fresh tablet on an open connection."""
        device = self.tablet()
        device.connect()
        self.kept.append(device.link.socket)
        device.hello()
        return device

    def honest_sync(self):
        """Empty, or what went wrong."""
        tablet = self.honest
        mark = pb.Attendance(session=self.session, participant=self.people[self.honest_ops % 6],
                             presence=1 + self.honest_ops // 6 % 2, evidence=pb.TAPPED)
        seq = tablet.write(mark, self.user)
        self.honest_ops += 1
        try:
            tablet.sync()
        except Exception as error:      # whatever it is, it belongs in the report
            return f"{type(error).__name__}: {error}"
        if tablet.acked_seq != seq:
            return f"op {seq} is not acknowledged"
        if seq in tablet.verdicts:
            return f"op {seq}: {tablet.verdicts[seq]}"
        shown = tablet.rows[(8, (self.session, mark.participant))]
        return "" if shown.presence == mark.presence else "the mark did not come back"

    def let_go(self):
        for sock in self.kept:
            try:
                sock.close()
            except OSError:
                pass
        self.kept = []


# ---- outcomes

def outcome(link, timeout_s=5):
    """What comes next: "ERROR BAD_MAC", "WELCOME", "closed", "silent"."""
    try:
        kind, message = link.receive(timeout_s)
    except Closed:
        return "closed"
    except TimeoutError:
        return "silent"
    name = client.KIND_NAMES[kind]
    return f"ERROR {pb.ErrorCode.Name(message.code)}" if kind == client.ERROR else name


def ended(link):
    """An answer after which the connection must be over."""
    first = outcome(link)
    if first.startswith("ERROR"):
        after = outcome(link)
        return first if after == "closed" else f"{first}, then {after}"
    return first


def plain_outcome(sock, timeout_s=5):
    """Without TLS: the other side must end it; what it says before does not matter."""
    sock.settimeout(timeout_s)
    try:
        while sock.recv(4096):
            pass
    except TimeoutError:
        return "silent"
    except OSError:
        pass
    return "closed"


# ---- rows of the table: each makes a function of the world that returns the outcome

def tcp_says(data, close_sending=False):
    def act(world):
        sock = world.tcp()
        try:
            sock.sendall(data)
            if close_sending:
                sock.shutdown(socket.SHUT_WR)
        except OSError:
            return "closed"
        return plain_outcome(sock)
    return act


def tcp_waits(data):
    def act(world):
        world.tcp().sendall(data)
        return "waits"
    return act


def tls_with(data=b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", **options):
    def act(world):
        try:
            link = world.link(**options)
        except (ssl.SSLError, OSError):
            return "closed"
        try:
            link.raw(data)
        except (ssl.SSLError, OSError):
            return "closed"
        return plain_outcome(link.socket)
    return act


def says(data):
    """Raw bytes on a fresh connection, before any HELLO."""
    def act(world):
        link = world.link()
        link.raw(data)
        return ended(link)
    return act


def says_then_eof(data):
    def act(world):
        link = world.link()
        link.raw(data)
        link.socket.close()
        return "closed"
    return act


def says_greeted(make):
    """Raw bytes, made from the greeted tablet, on its open connection."""
    def act(world):
        device = world.greeted()
        data = make(device) if callable(make) else make
        device.link.raw(data)
        return ended(device.link)
    return act


def asks_greeted(kind, message, open_after=False):
    """One request on an open connection; what is answered first."""
    def act(world):
        device = world.greeted()
        device.link.send(kind, message(world) if callable(message) else message)
        return outcome(device.link) if open_after else ended(device.link)
    return act


def hello_with(sealed_by=None, garble=None, **changes):
    def act(world):
        device = world.tablet()
        body = device.hello_message(**changes).SerializeToString()
        proof = client.mac(sealed_by or device.key, b"hello", HELLO, body)
        data = body + proof
        link = world.link()
        link.send(HELLO, garble(body, proof) if garble else data)
        return ended(link)
    return act


def hello_again(world):
    """The very bytes of a HELLO that was answered."""
    device = world.tablet()
    data = frame(HELLO, device.hello_body())
    first = world.link()
    first.raw(data)
    if outcome(first) != "WELCOME":
        return "the first was refused"
    first.close()
    link = world.link()
    link.raw(data)
    return ended(link)


def hello_behind(world):
    device = world.greeted()
    device.close()
    device.counter = -1
    link = world.link()
    link.send(HELLO, device.hello_body())
    return ended(link)


def join_with(mac_key=None, **changes):
    def act(world):
        invite = client.Invite.parse(world.centre.invite(world.clinic))
        fields = dict(protocol=1, schema=1, code=invite.code, key=os.urandom(32), label="evil")
        fields.update({name: value(world) if callable(value) else value for name, value in changes.items()})
        body = pb.Join(**fields).SerializeToString()
        proof = client.mac(mac_key, b"hello", JOIN, body) if mac_key else bytes(16)
        link = world.link()
        link.send(JOIN, body + proof)
        return ended(link)
    return act


def join_used(world):
    invite = client.Invite.parse(world.centre.invite(world.clinic))
    client.Device(invite.host, invite.port, invite.pin, source=EVIL).join(invite.code)
    try:
        client.Device(invite.host, invite.port, invite.pin, source=EVIL).join(invite.code)
    except Refused as refused:
        return str(refused).split()[0]
    return "JOINED"


def join_expired(world):
    invite = client.Invite.parse(world.centre.invite(world.clinic))
    store = sqlite3.connect(os.path.join(world.centre.home, "data", "samling.db"), timeout=10)
    store.execute("UPDATE invite SET expires_s = 1000 WHERE used_by IS NULL OR used_by = 0")
    store.commit()
    store.close()
    try:
        client.Device(invite.host, invite.port, invite.pin, source=EVIL).join(invite.code)
    except Refused as refused:
        return str(refused).split()[0]
    return "JOINED"


def join_race(world):
    """Two tablets on one code at one moment: one joins."""
    invite = client.Invite.parse(world.centre.invite(world.clinic))
    links = [world.link(), world.link()]
    bodies = [client.Device("", 0).join_body(invite.code) for _ in links]
    threads = [threading.Thread(target=link.send, args=(JOIN, body)) for link, body in zip(links, bodies)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return " and ".join(sorted(outcome(link) for link in links))


def join_same_key(world):
    """The answer was lost: the same code with the same key is answered alike."""
    invite = client.Invite.parse(world.centre.invite(world.clinic))
    device = client.Device(invite.host, invite.port, invite.pin, source=EVIL)
    device.join(invite.code)
    number = device.device_no
    device.join(invite.code)
    return "the same number" if device.device_no == number else "another number"


def join_label_not_utf8(world):
    """Whatever becomes of it, the coordinator's list must stay readable."""
    invite = client.Invite.parse(world.centre.invite(world.clinic))
    body = pb.Join(protocol=1, schema=1, code=invite.code, key=os.urandom(32)).SerializeToString() + b"\x2a\x04a\xff\xfe\x80"
    link = world.link()
    link.send(JOIN, body + bytes(16))
    outcome(link)
    try:
        world.centre("device", "list")
    except UnicodeDecodeError:
        return "the list is broken"
    return "the list is readable"


# ---- slow and greedy ones

def byte_by_byte(world):
    device = world.tablet()
    link = world.link()
    for byte in frame(HELLO, device.hello_body()):
        link.raw(bytes([byte]))
        time.sleep(0.002)
    return outcome(link)


def half_frame(world):
    device = world.tablet()
    link = world.link()
    link.raw(frame(HELLO, device.hello_body())[:-5])
    return "waits" if outcome(link, 0.3) == "silent" else "answered"


def many_half_open(world):
    for i in range(30):
        try:
            world.tcp(f"127.0.0.{10 + i % 3}").sendall(b"\x16\x03\x01")
        except OSError:
            pass
    return "waits"


def many_idle_tls(world):
    for i in range(12):
        try:
            world.kept.append(Link("127.0.0.1", world.centre.port, source=f"127.0.0.{20 + i}").socket)
        except (OSError, ssl.SSLError):
            pass
    return "waits"


def never_reads(world):
    """Asks again and again and reads nothing: its answers must not pile up in the server."""
    device = world.greeted()
    device.link.socket.settimeout(1)
    data = frame(PING, pb.Ping(number=1).SerializeToString()) * 2000
    try:
        for _ in range(400):
            device.link.socket.sendall(data)
    except (OSError, ssl.SSLError):
        pass
    return "waits"


def ten_pulls(world):
    device = world.greeted()
    device.link.raw(frame(PULL) * 12)
    got = outcome(device.link)
    while got in ("SCOPES", "SCOPE_END", "VERDICTS", "CHANGES"):
        got = outcome(device.link)
    return got
