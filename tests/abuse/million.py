#!/usr/bin/python3
"""A million tiny ops from one approved tablet: once with a day's share that is large enough, then at the share that the centre has by
itself. Proves that all are acknowledged, or refused with a time to come again; that the centre's memory does not grow with them; that the
file grows by what an op is worth; and that another tablet and a coordinator go on meanwhile.

    make abuse T=million TINY_OPS=1000000
Reads: ops a second, bytes of the file for each, memory before and after, honest p50/p99 beside the same in calm."""
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import abuse  # noqa: E402
import client  # noqa: E402
import rig  # noqa: E402
from client import pb  # noqa: E402
from rig import need  # noqa: E402

OPS = abuse.number("TINY_OPS", 1000000)
SHARE = 20000               # ops-per-day by itself
PUSH_OPS = 512
AHEAD = 4
GROWN_KIB_MAX = 96 * 1024   # SQLite's cache is 64 MiB of it
BYTES_EACH_MAX = 400
P99_MAX_S = 1.0             # of the honest: a push may wait for two commits of 2048 tiny ops each


class Flood:
    """One tablet whose ops are made as they are sent: it keeps nothing of them."""

    def __init__(self, world, label):
        self.world, self.device = world, world.tablet(label)
        self.device.hello()
        self.sent = self.acked = 0
        self.chain = bytes(8)
        base = self.device.csn
        # what is tapped to and fro all day: present, not present, of each person
        self.ops = [self.device.op_bytes(pb.Attendance(session=world.session, participant=person, presence=1 + i % 3, evidence=pb.TAPPED), world.user,
                                         base_csn=base) for i in range(3) for person in world.people]

    def push(self):
        ops = [self.ops[(self.sent + i) % len(self.ops)] for i in range(PUSH_OPS)]
        body = pb.Push(first_seq=self.sent + 1, op=ops)
        before = self.chain
        for op in ops:
            self.chain = client.chain_step(self.chain, op)
        body.chain = client.as_fixed(self.chain)
        data = body.SerializeToString()
        tail = client.struct.pack("<QQQ", self.device.device_no, body.first_seq, len(ops)) + before + self.chain
        self.device.link.send(client.PUSH, data + client.mac(self.device.key, b"push", client.PUSH, data, tail))
        self.sent += PUSH_OPS

    def run(self, count):
        """Until so many are acknowledged, or it is told to come again: that ERROR, or None."""
        while self.acked < count:
            while self.sent < count and self.sent - self.acked < AHEAD * PUSH_OPS:
                self.push()
            kind, message = self.device.link.receive(60)
            if kind == client.ACK:
                self.acked = message.seq
            elif kind == client.ERROR:
                return message
            else:
                raise rig.Failed(f"{client.KIND_NAMES[kind]} for a PUSH")
        return None


def store_bytes(world):
    return os.stat(world.centre.store).st_size + world.wal_bytes()


def million(tap):
    with abuse.World("--ops-per-day", "10000000") as world:
        honest = abuse.Honest(world)
        honest.start()
        calm = honest.measure(6)
        flood = Flood(world, "flood")
        kib, size, cpu_s = world.rss_kib(), store_bytes(world), world.cpu_s()
        honest.here.send("begin")
        honest.here.recv()
        since = time.monotonic()
        refused = flood.run(OPS)
        took_s = time.monotonic() - since
        now = honest.stop_measure()
        with tap.test(f"{OPS} ops of one tablet are acknowledged"):
            need(refused is None and flood.acked >= OPS, f"{flood.acked} of {OPS}: {refused}")
            with world.centre.read() as db:
                need(rig.watermarks(db)[flood.device.device_no][0] == flood.acked, "the store has another number")
            tap.figure("ops a second; CPU of the centre, us for each", f"{flood.acked / took_s:.0f}; {(world.cpu_s() - cpu_s) * 1e6 / flood.acked:.1f}")
        with tap.test("the centre's memory does not grow with them"):
            tap.figure("MB before and after", f"{kib / 1024:.1f} {world.rss_kib() / 1024:.1f}")
            need(world.rss_kib() - kib < GROWN_KIB_MAX, f"{world.rss_kib() - kib} KiB")
        with tap.test(f"the file grows by less than {BYTES_EACH_MAX} bytes for each"):
            each = (store_bytes(world) - size) / flood.acked
            tap.figure("bytes of the file for each; the log at the end, MB", f"{each:.1f}; {world.wal_bytes() / 1048576:.1f}")
            need(each < BYTES_EACH_MAX or flood.acked < 50000, f"{each:.0f}")
        with tap.test("another tablet and a coordinator go on meanwhile"):
            worst = abuse.ratio(tap, "among them", calm, now)
            need(worst <= max(P99_MAX_S, 10 * abuse.worst(calm)) and not now.get("failed"), f"{worst:.3f} s {now.get('failed', [])[:1]}")
        honest.end()
        world.centre.need_alive()


def share(tap):
    with abuse.World() as world, tap.test("at the share of a day: that is taken, the rest is told when to come again, and the line stays"):
        flood = Flood(world, "share")
        refused = flood.run(2 * SHARE)
        need(refused and refused.code == pb.QUOTA and 0 < refused.retry_after_s <= 86400, f"{refused}")
        need(SHARE <= flood.acked < SHARE + AHEAD * PUSH_OPS, f"{flood.acked} were taken")
        with world.centre.read() as db:
            need(rig.watermarks(db)[flood.device.device_no][0] == flood.acked, "more was taken than was said")
        other = world.tablet("other")
        world.mark(other, 0)
        other.sync()
        need(other.acked_seq == 1, "another tablet has no share of its own")
        tap.figure("at the share: taken, then", f"{flood.acked}, come again in {refused.retry_after_s} s")


def main():
    tap = rig.Tap()
    share(tap)
    million(tap)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
