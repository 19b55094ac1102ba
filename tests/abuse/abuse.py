"""What the abuse of a live server needs: a small world with honest people in it, who measure how long they wait, and a look at what
the server costs meanwhile.

    with World(options) as world:               a centre with the limits that it has by itself, but for ${options}
        honest = Honest(world)                  a tablet and a coordinator in a process of their own: they push, pull, load pages, and
        honest.start()                          come anew, until told to stop
        calm = honest.measure(5)                {what: sorted seconds} of five seconds
        ratio(tap, "name", calm, honest.measure(10))

What the honest ones wait is measured in a process of its own, so that the abuser's work in this one is not taken for theirs."""
import multiprocessing
import os
import re
import resource
import socket
import ssl
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
for place in ("lib", "stranger"):
    sys.path.insert(0, os.path.join(os.path.dirname(HERE), place))
import browser  # noqa: E402
import client  # noqa: E402
import rig  # noqa: E402
from client import pb  # noqa: E402

CROWD = os.path.join(rig.BUILD, "abuse", "crowd")
NO_RATE = ("--handshake-rate", "0")
PAUSE_S = 0.05          # between two acts of an honest one
ANEW_EVERY = 20         # acts, then a new line


def number(name, other):
    """A size given by make."""
    return int(os.environ.get(name, other))


def descriptors_raise():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def address(i, net=10):
    """The ith of many addresses of loopback."""
    return f"127.{net + i // 62500}.{i // 250 % 250}.{1 + i % 250}"


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))] if values else float("nan")


# ---- the world

class World:
    def __init__(self, *options, people=40):
        self.options, self.people_count = options, people
        self.stack = rig.folder(prefix="samling-abuse-")

    def __enter__(self):
        self.folder = self.stack.__enter__()
        self.centre = rig.Centre(os.path.join(self.folder, "centre"))
        self.centre.start(*self.options, limits=())
        self.clinic = self.centre.clinic()
        self.group, self.people = self.centre.group(self.clinic, "Bevegelse", self.people_count)
        self.user = self.centre.user(self.clinic)
        self.app = browser.taken(self.centre, "ola", "--role", "admin")[0]
        with self.centre.read() as db:
            self.session = db.execute("SELECT min(id) FROM session").fetchone()[0]
        return self

    def __exit__(self, *_):
        self.centre.kill()
        return self.stack.__exit__(None, None, None)

    def tablet(self, label="T", source=rig.HOST):
        device = client.Device.invited(self.centre.invite(self.clinic, label), label=label, source=source)
        self.centre("device", "approve", device.device_no, "--yes")
        return device

    def mark(self, device, i):
        """One op."""
        return device.write(pb.Attendance(session=self.session, participant=self.people[i % len(self.people)], presence=1 + i // 7 % 3,
                                          evidence=pb.TAPPED), self.user)

    def status(self):
        return self.centre("status")

    # -- what the server costs

    def rss_kib(self):
        return self.centre.rss_kib()

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.centre.server.pid}/fd"))

    def cpu_s(self):
        with open(f"/proc/{self.centre.server.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wal_bytes(self):
        try:
            return os.stat(self.centre.store + "-wal").st_size
        except OSError:
            return 0

    def wait_descriptors(self, want, within_s):
        """Seconds until no more than ${want} are open; None: they are not."""
        since = time.monotonic()
        while time.monotonic() - since < within_s:
            if self.descriptors() <= want:
                return time.monotonic() - since
            time.sleep(0.2)
        return None

    def logged(self, event):
        """How many lines say that."""
        with open(self.centre.log_path, encoding="utf-8", errors="replace") as file:
            return sum(f"ev={event} " in line or line.endswith(f"ev={event}\n") for line in file)

    def pin(self):
        return client.Invite.parse(self.centre.invite(self.clinic, "pin")).pin


# ---- honest people

class Honest:
    """One tablet that keeps its line, one that comes anew, one coordinator who does both."""

    def __init__(self, world, source=rig.HOST, patience_s=30):
        self.world, self.source, self.patience_s = world, source, patience_s
        self.kept, self.anew = world.tablet("honest", source), world.tablet("anew", source)
        self.page = browser.logged_in(world.centre, "ola", world.app.code(), source)
        self.process = None

    def start(self):
        self.page.line.close()
        self.kept.close()
        self.anew.close()
        self.here, there = multiprocessing.Pipe()
        self.process = multiprocessing.get_context("fork").Process(target=self.live, args=(there,), daemon=True)
        self.process.start()
        there.close()

    def measure(self, seconds):
        """Whatever was measured so far is forgotten; then so many seconds are."""
        self.here.send("begin")
        self.here.recv()
        time.sleep(seconds)
        return self.stop_measure()

    def stop_measure(self):
        self.here.send("tell")
        return self.here.recv()

    def end(self):
        self.here.send("end")
        self.here.recv()
        self.process.join()

    # -- in the process of its own

    def live(self, pipe):
        self.found, self.acts = {}, 0
        while True:
            while pipe.poll():
                word = pipe.recv()
                if word in ("begin", "end"):
                    self.found = {}
                pipe.send({what: sorted(values) for what, values in self.found.items()})
                if word == "end":
                    return
            self.act()
            time.sleep(PAUSE_S)

    def timed(self, what, act):
        since = time.monotonic()
        try:
            act()
        except Exception as wrong:      # whatever it is, whoever waits for it has not got it
            self.found.setdefault("failed", []).append(f"{what}: {type(wrong).__name__}: {wrong}")
            return False
        self.found.setdefault(what, []).append(time.monotonic() - since)
        return True

    def act(self):
        self.acts += 1
        if not self.kept.link:
            self.kept.hello()
        self.world.mark(self.kept, self.acts)
        if not (self.timed("push", self.kept.push) and self.timed("pull", self.kept.pull)):
            self.kept.close()
        self.timed("page", lambda: self.load(self.page))
        if self.acts % ANEW_EVERY == 0:
            self.timed("tablet anew", self.come)
            self.page.line.close()
            self.timed("page anew", lambda: self.load(self.page))

    def come(self):
        self.anew.close()
        link = client.Link(self.anew.host, self.anew.port, self.anew.pin, source=self.source, timeout_s=self.patience_s)
        self.anew.link = link
        self.world.mark(self.anew, self.acts)
        self.anew.hello(link)
        self.anew.push()
        self.anew.close()

    def load(self, page):
        page.last = time.monotonic()
        status, _ = page.get("/api/overview")
        rig.need(status == 200, f"the overview: {status}")


def told(found):
    """p50/p99 in ms of each, as text."""
    return ", ".join(f"{what} {percentile(found[what], .5) * 1e3:.1f}/{percentile(found[what], .99) * 1e3:.1f}"
                     for what in ("push", "pull", "page", "tablet anew", "page anew") if found.get(what))


def ratio(tap, name, calm, now):
    """Prints what the honest ones waited, beside the same without abuse; returns the worst p99 of those who were in, in s."""
    tap.figure(f"{name}: p50/p99 ms", told(now))
    tap.figure(f"{name}: the same in calm", told(calm))
    for what in ("push", "pull", "page", "tablet anew", "page anew"):
        if calm.get(what) and now.get(what):
            tap.figure(f"{name}: {what}, times calm, p50 and p99", f"{percentile(now[what], .5) / percentile(calm[what], .5):.1f} "
                       f"{percentile(now[what], .99) / percentile(calm[what], .99):.1f} ({len(now[what])} of {len(calm[what])} in calm)")
    for line in now.get("failed", [])[:5]:
        tap.figure(f"{name}: failed", line)
    return worst(now)


def worst(found):
    """The worst p99 of those who were in, in s."""
    return max((percentile(found[what], .99) for what in ("push", "pull", "page") if found.get(what)), default=float("inf"))


# ---- lines of abusers

def tls_context(alpn):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if alpn:
        context.set_alpn_protocols([alpn])
    return context


def dial(port, source, small=False):
    """A TCP line; ${small}: that takes as little as can be."""
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if small:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    plain.settimeout(20)
    plain.bind((source, 0))
    plain.connect((rig.HOST, port))
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return plain


def client_hello(alpn="samling/1"):
    """The bytes of one, without a line."""
    into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    end = tls_context(alpn).wrap_bio(into, out)
    try:
        end.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()


def limits_of(world):
    """{key: number} of the settings that hold by themselves."""
    code, text, _ = rig.seen([rig.SAMLINGD, "config", "--lang", "en"])
    rig.need(code == 0, text)
    return {key: int(value) for key, value in re.findall(r"^#?\s*([a-z-]+)\s*=\s*(\d+)$", text, re.M)}
