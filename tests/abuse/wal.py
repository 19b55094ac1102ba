#!/usr/bin/python3
"""The write-ahead log under a reader that stays: somebody's sqlite3 with a transaction open in the store's file, a console page that nobody
reads, an export into a pipe that nobody reads. Pushes go on. Proves that no reader of the centre's own holds the log back; that a foreign
one is warned of, that pushes do not wait for it, that the log has an end, behind which the centre says "come again" instead of filling
the disk; and that all is as before when the reader has gone.

    make abuse T=wal WAL_MB=300     how much is pushed under each reader, at most
Reads: MB of the log, ms of a push and what the centre says, reader by reader."""
import os
import sqlite3
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import abuse  # noqa: E402
import client  # noqa: E402
import rig  # noqa: E402
from client import pb  # noqa: E402
from rig import need  # noqa: E402

WAL_MB = abuse.number("WAL_MB", 300)
SOFT_MB, HARD_MB = 64, 256          # writer.c: the log is cut above the one; above the other nothing is taken in
OWN_MAX_MB = SOFT_MB + 32           # with readers of the centre's own only
PUSH_MAX_S = 2.0
OPS = 256
MB = 1 << 20


def batch(world, device, i):
    """Notes: 2 KB each, so that the log grows."""
    for k in range(OPS):
        device.write(pb.Note(id=device.mint(), participant=world.people[(i + k) % len(world.people)], author=world.user, role=0, day=20000,
                             visibility=0, text=os.urandom(900).hex()), world.user, kind=pb.CREATE)


def pushes(world, device, mb, until=None):
    """Pushes until so much has been written, or ${until}(): (seconds of each, the most MB of the log, how it was refused)."""
    times, most, refused, i = [], 0, None, 0
    sent = 0
    while sent < mb * MB and refused is None and not (until and until()):
        batch(world, device, i)
        i += 1
        sent += OPS * 4096          # a note in the log: its row, its batch, indexes; about two pages
        since = time.monotonic()
        try:
            if not device.link:
                device.hello()
            device.push()
        except client.Refused as wrong:
            refused = wrong.error
            device.close()
        times.append(time.monotonic() - since)
        most = max(most, world.wal_bytes() / MB)
    return times, most, refused


def metric(world, name):
    text = world.centre("metrics", parse=False)
    return float(next(line.split()[1] for line in text.splitlines() if line.startswith(name + " ")))


def figures(tap, name, times, most):
    tap.figure(f"{name}: the log at most, MB; pushes; p50/p99/most ms",
               f"{most:.1f}; {len(times)}; {abuse.percentile(times, .5) * 1e3:.0f}/{abuse.percentile(times, .99) * 1e3:.0f}/{max(times) * 1e3:.0f}")


def calm(tap, world, device):
    with tap.test("without a stuck reader the log stays small"):
        times, most, refused = pushes(world, device, min(WAL_MB, 100))
        figures(tap, "calm", times, most)
        need(not refused and most < OWN_MAX_MB, f"{most:.0f} MB {refused}")


def page_never_read(tap, world, device):
    with tap.test("a console page that is never read does not hold the log back"):
        page = abuse.browser.logged_in(world.centre, "ola", world.app.code())
        page.line.close()
        lines = []
        for _ in range(8):
            line = abuse.dial(world.centre.port, rig.HOST, small=True)
            line = abuse.tls_context("http/1.1").wrap_socket(line, server_hostname="localhost")
            line.sendall((f"GET /api/people?group={world.group} HTTP/1.1\r\nHost: localhost\r\nCookie: __Host-sid={page.sid}\r\n\r\n"
                          f"GET /api/overview HTTP/1.1\r\nHost: localhost\r\nCookie: __Host-sid={page.sid}\r\n\r\n").encode() * 40)
            lines.append(line)
        times, most, refused = pushes(world, device, min(WAL_MB, 120))
        for line in lines:
            line.close()
        figures(tap, "a page", times, most)
        need(not refused and most < OWN_MAX_MB and max(times) < PUSH_MAX_S, f"{most:.0f} MB, {max(times):.1f} s {refused}")


def fill_never_read(tap, world, device):
    with tap.test("a first fill that is never read does not hold the log back"):
        deaf = world.tablet("deaf")
        deaf.link = client.Link.__new__(client.Link)
        line = abuse.dial(world.centre.port, rig.HOST, small=True)
        deaf.link.socket = abuse.tls_context("samling/1").wrap_socket(line, server_hostname="localhost")
        deaf.link.data, deaf.link.log, deaf.link.timeout_s, deaf.link.sent_bytes, deaf.link.received_bytes = bytearray(), [], 20, 0, 0
        deaf.hello()
        deaf.link.send(client.PULL, deaf.pull_message())
        deaf.link.send(client.SNAP_GET, pb.SnapGet(scope=world.group))
        times, most, refused = pushes(world, device, min(WAL_MB, 120))
        deaf.close()
        figures(tap, "a fill", times, most)
        need(not refused and most < OWN_MAX_MB and max(times) < PUSH_MAX_S, f"{most:.0f} MB, {max(times):.1f} s {refused}")


def export_never_read(tap, world, device):
    with tap.test("an export into a pipe that nobody reads does not hold the log back"):
        command = [rig.SAMLINGD, "export", "attendance", "--reason", "abuse", "--plain", "--home", world.centre.home]
        export = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)
        times, most, refused = pushes(world, device, min(WAL_MB, 120))
        waits = export.poll() is None
        export.stdout.close()
        export.terminate()
        export.wait()
        figures(tap, "an export" + (", which waited" if waits else ", which was over"), times, most)
        need(not refused and most < OWN_MAX_MB and max(times) < PUSH_MAX_S, f"{most:.0f} MB, {max(times):.1f} s {refused}")


def foreign_reader(tap, world, device):
    """Somebody looks into the file and goes to lunch."""
    stuck = sqlite3.connect(f"file:{world.centre.store}?mode=ro", uri=True, isolation_level=None)
    stuck.execute("BEGIN")
    stuck.execute("SELECT count(*) FROM session").fetchone()
    honest = abuse.Honest(world)
    honest.start()
    honest.here.send("begin")
    honest.here.recv()
    times, most, refused = pushes(world, device, WAL_MB)
    now = honest.stop_measure()
    honest.end()
    figures(tap, "a foreign reader", times, most)
    tap.figure("a foreign reader: honest p50/p99 ms", abuse.told(now))
    with tap.test("a foreign reader: no push waits for it"):
        need(max(times) < PUSH_MAX_S, f"{max(times):.1f} s")
    with tap.test("a foreign reader: the log and the figures say so"):
        need(world.logged("wal_held_back") >= 1, "the log does not say it")
        need(metric(world, "samling_wal_bytes") > SOFT_MB * MB, "the figure does not show it")
        need(int(world.status()["wal_held_kb"]) > SOFT_MB * 1024, f"{world.status()}")
    if WAL_MB > HARD_MB * 1.1:
        with tap.test(f"a foreign reader: above {HARD_MB} MB pushes are told to come again, and reading goes on"):
            need(refused and refused.code == pb.READ_ONLY and refused.retry_after_s, f"{most:.0f} MB, {refused}")
            need(most < HARD_MB + 32, f"{most:.0f} MB")
            need(metric(world, "samling_read_only") == 1, "the figure does not show it")
            fresh = client.Device(device.host, device.port, device.pin, key=device.key)
            fresh.device_no, fresh.ops, fresh.chains, fresh.acked_seq, fresh.counter = device.device_no, device.ops, device.chains, device.acked_seq, device.counter
            fresh.hello()
            fresh.run()
            device.counter = fresh.counter
            fresh.close()
    stuck.close()
    with tap.test("when the reader has gone: the log is cut, and what waited is taken in"):
        since = time.monotonic()
        while world.wal_bytes() > OWN_MAX_MB * MB or metric(world, "samling_read_only"):
            need(time.monotonic() - since < 90, f"{world.wal_bytes() / MB:.0f} MB after 90 s")
            time.sleep(0.5)
        tap.figure("when the reader has gone: cut after, s", round(time.monotonic() - since, 1))
        device.hello()
        device.push()
        need(device.acked_seq == len(device.ops), f"{device.acked_seq} of {len(device.ops)}")
        if most > SOFT_MB:
            need(world.logged("wal_freed") >= 1, "the log does not say it")


def main():
    tap = rig.Tap()
    with abuse.World("--ops-per-day", "0") as world:
        device = world.tablet("writer")
        device.hello()
        calm(tap, world, device)
        page_never_read(tap, world, device)
        fill_never_read(tap, world, device)
        export_never_read(tap, world, device)
        foreign_reader(tap, world, device)
        world.centre.need_alive()
        with tap.test("the store is whole"):
            world.centre.stop()
            with world.centre.read() as db:
                need(rig.integrity(db) == "ok", "integrity")
                need(rig.watermarks(db)[device.device_no][0] == len(device.ops), "ops are missing")
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
