#!/usr/bin/python3
"""Ten thousand idle TLS connections, held for minutes: first such as have said nothing yet, then such as have greeted, two and more of each
tablet. Proves that each costs what the manual says, that memory does not grow while they only stay, and that honest people among them
wait no longer than PROOF.md allows.

    make abuse T=idle IDLE=10000 IDLE_SECONDS=300       as root, for the descriptors; with few of them a part is opened, and it says so
Reads: MB in the first and in the last minute and MB for a thousand; honest p50/p99 beside the same in calm."""
import os
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import abuse  # noqa: E402
import client  # noqa: E402
import rig  # noqa: E402
from client import HELLO  # noqa: E402
from rig import need  # noqa: E402

IDLE = abuse.number("IDLE", 10000)
SECONDS = abuse.number("IDLE_SECONDS", 300)
MB_MAX = 600                # at ten thousand; PROOF.md, I15
FLAT = 1.02                 # the last minute beside the first
P99_MAX_S = 0.25
EACH = 16                   # lines of one tablet: the hard maximum of connections-per-device
ADDRESSES = 1000
WINDOW = 48                 # in the making: below what the centre holds of one address
OPEN_S = 900
OPTIONS = ("--max-connections", "20000", "--handshakes", "20000", "--handshakes-per-address", "1000", "--handshake-rate", "0", "--handshake-seconds", "600",
           "--connections-per-device", str(EACH), "--joins-per-minute", "0")


class Crowd:
    """Processes that hold connections: net by net."""

    def __init__(self, world, count, net, words=None):
        command = [abuse.CROWD, "hold", str(world.centre.port), world.pin().hex(), "samling/1", str(count), str(ADDRESSES), str(net), str(WINDOW)]
        self.count, self.last = count, {}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdin.write("".join(line.hex() + "\n" for line in words or []).encode() + b"\n")
        self.process.stdin.flush()
        os.set_blocking(self.process.stdout.fileno(), False)
        self.held = b""

    def look(self):
        """{word: number} as it said last."""
        self.held += self.process.stdout.read() or b""
        *lines, self.held = self.held.split(b"\n")
        if lines:
            words = lines[-1].decode().split()
            self.last = dict(zip(words[::2], map(int, words[1::2])))
        need(self.process.poll() is None, "the crowd has ended by itself")
        return self.last

    def wait_open(self):
        since = time.monotonic()
        while self.look().get("open", 0) < self.count:
            need(time.monotonic() - since < OPEN_S, lambda: f"after {OPEN_S} s: {self.last}")
            time.sleep(0.5)
        return time.monotonic() - since

    def end(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
        self.process.stdin.close()


def greetings(world, tablets, count):
    """HELLOs of all tablets, round by round, so that their counters rise as they come."""
    out = []
    while len(out) < count:
        for tablet in tablets:
            out.append(client.frame(HELLO, tablet.hello_body(last_seq=0, acked_seq=0)))
    return out[:count]


def held(tap, world, name, crowd, calm_kib, honest, calm):
    """While they stay: memory, minute by minute, and the honest."""
    with tap.test(f"{name}: all {crowd.count} are open"):
        tap.figure(f"{name}: opened, s", round(crowd.wait_open(), 1))
    minute_s = min(60, max(2, SECONDS // 3))
    samples, since = [], time.monotonic()
    honest.here.send("begin")
    honest.here.recv()
    while time.monotonic() - since < SECONDS:
        samples.append((time.monotonic() - since, world.rss_kib()))
        crowd.look()
        time.sleep(1)
    now = honest.stop_measure()
    first = statistics.median(kib for at, kib in samples if at < minute_s)
    last = statistics.median(kib for at, kib in samples if at >= SECONDS - minute_s)
    with tap.test(f"{name}: memory is flat, and below {MB_MAX} MB for ten thousand"):
        tap.figure(f"{name}: MB before, in the first {minute_s} s, in the last", f"{calm_kib / 1024:.1f} {first / 1024:.1f} {last / 1024:.1f}")
        tap.figure(f"{name}: MB for 1000", f"{(last - calm_kib) / 1024 / crowd.count * 1000:.2f}")
        need(last <= first * FLAT + 1024, f"{first} KiB, then {last} KiB")
        need(last / 1024 < MB_MAX * max(crowd.count, 1000) / 10000 + calm_kib / 1024, f"{last / 1024:.0f} MB")
    with tap.test(f"{name}: nobody was let go, and the honest wait less than {P99_MAX_S} s at p99"):
        need(crowd.look()["ended"] == 0 and crowd.last["open"] == crowd.count, lambda: f"{crowd.last}")
        worst = abuse.ratio(tap, name, calm, now)
        need(worst <= P99_MAX_S and not now.get("failed"), f"{worst:.3f} s, {now.get('failed', [])[:1]}")


def emptied(tap, world, name, files):
    with tap.test(f"{name}: when they go, so do their descriptors"):
        took = world.wait_descriptors(files + 4, 60)
        need(took is not None, f"{world.descriptors()} descriptors, {files} before")
        tap.figure(f"{name}: MB afterwards", round(world.rss_kib() / 1024, 1))


def main():
    tap = rig.Tap()
    count = min(IDLE, abuse.descriptors_raise() - 1024)
    if count < IDLE:
        tap.say(f"{count} of {IDLE}: there are no descriptors for more (ulimit -n)")
    with abuse.World(*OPTIONS) as world:
        tablets = [world.tablet(f"idle {i}", abuse.address(i, 50)) for i in range((count + EACH - 1) // EACH)]
        honest = abuse.Honest(world)
        honest.start()
        calm = honest.measure(8)
        files, kib = world.descriptors(), world.rss_kib()
        crowd = Crowd(world, count, 100)
        held(tap, world, "before HELLO", crowd, kib, honest, calm)
        crowd.end()
        emptied(tap, world, "before HELLO", files)
        crowd = Crowd(world, count, 101, greetings(world, tablets, count))
        held(tap, world, "after HELLO", crowd, kib, honest, calm)
        with tap.test("after HELLO: each was welcomed, and answers the centre's PINGs"):
            need(crowd.last["frames"] >= count * (1 + SECONDS // 60), f"{crowd.last}")
            need(int(world.status()["serving"]["connections"] if isinstance(world.status().get("serving"), dict) else world.status()["connections"]) >= count,
                 f"{world.status()}")
        crowd.end()
        emptied(tap, world, "after HELLO", files)
        honest.end()
        world.centre.need_alive()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
