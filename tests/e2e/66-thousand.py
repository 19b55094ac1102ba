#!/usr/bin/python3
"""A thousand connections at the limits that the centre has by itself: five hundred tablets with two each, from as many addresses.
All stay open, everything that they send is acknowledged once, memory and descriptors stay below what the service unit gives; whoever
comes above the limit waits and gets in when somebody leaves."""
import os
import re
import resource
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lib"))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "stranger"))
import client  # noqa: E402
import rig  # noqa: E402
from client import pb  # noqa: E402
from rig import need  # noqa: E402

TABLETS, EACH = 500, 2
UNIT = os.path.join(rig.ROOT, "server", "systemd", "samlingd.service")


def unit_limit(name):
    """A number of the service unit, in bytes where it has a suffix."""
    with open(UNIT, encoding="utf-8") as file:
        number, suffix = re.search(rf"^{name}=(\d+)([KMG]?)$", file.read(), re.M).groups()
    return int(number) << {"": 0, "K": 10, "M": 20, "G": 30}[suffix]


def address(i):
    return f"127.{1 + i // 250}.0.{1 + i % 250}"


def descriptors(centre):
    return len(os.listdir(f"/proc/{centre.server.pid}/fd"))


def join_all(centre, clinic):
    """Tablets that have joined by invites and were approved."""
    tablets = []
    for i in range(TABLETS):
        tablets.append(client.Device.invited(centre.invite(clinic, f"T{i}"), label=f"T{i}", source=address(i)))
        centre("device", "approve", tablets[-1].device_no, "--yes")
    return tablets


def greet(tablet):
    """One more connection of this tablet, greeted; the link."""
    tablet.link = None
    need(tablet.hello().state == pb.ACTIVE, "a tablet that was approved is not active")
    return tablet.link


def answers(link):
    """It answers a PING of ours. False: the centre has closed it."""
    end = time.monotonic() + rig.CALL_S
    try:
        link.send(client.PING, pb.Ping(number=7))
        while True:
            found = client.unframe(link.data)
            if not found:
                link.read_more(end)
                continue
            kind, body, used = found
            del link.data[:used]
            if kind == client.PING and pb.Ping.FromString(body).reply:
                return True
            if kind in (client.BYE, client.ERROR):
                return False
    except TimeoutError:
        raise
    except (client.Closed, OSError):
        return False


def main():
    tap = rig.Tap()
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
    with rig.folder() as root:
        centre = rig.Centre(os.path.join(root, "centre"))
        links = []
        try:
            centre.start(limits=())
            clinic = centre.clinic()
            _, people = centre.group(clinic, "Bevegelse", 20)
            user = centre.user(clinic)
            began = time.monotonic()
            tablets = join_all(centre, clinic)
            tap.figure("joined and approved, s", round(time.monotonic() - began, 1))
            thousand(tap, centre, tablets, links)
            all_write(tap, centre, tablets, people, user)
            within_limits(tap, centre, links)
            above(tap, tablets, links)
        finally:
            for link in links:
                link.close()
            centre.kill()
    return tap.end()


def thousand(tap, centre, tablets, links):
    before = descriptors(centre)
    with tap.test("a thousand connections are open and greeted, from five hundred tablets"):
        began = time.monotonic()
        tap.figure("resident memory before, KiB", centre.rss_kib())
        for _ in range(EACH):
            links.extend(greet(tablet) for tablet in tablets)
        tap.figure("greeted, s", round(time.monotonic() - began, 1))
        need(descriptors(centre) >= before + len(links), f"{descriptors(centre)} descriptors, {before} before")


def all_write(tap, centre, tablets, people, user):
    with tap.test("what all of them send is acknowledged, and is there once"):
        with centre.read() as db:
            session = db.execute("SELECT min(id) FROM session").fetchone()[0]
        for i, tablet in enumerate(tablets):
            tablet.write(pb.Attendance(session=session, participant=people[i % len(people)], presence=pb.PRESENT, evidence=pb.TAPPED), user)
            tablet.push()
        with centre.read() as db:
            acked, rows = rig.watermarks(db), db.execute("SELECT count(*) FROM attendance").fetchone()
        need(all(acked[tablet.device_no][0] == 1 for tablet in tablets) and rows == (len(people),), f"{rows}")


def within_limits(tap, centre, links):
    with tap.test("memory and descriptors stay below what the service unit gives"):
        kib, files = centre.rss_kib(), descriptors(centre)
        tap.figure("with all of them", f"{kib} KiB resident, {files} descriptors")
        need(kib * 1024 < unit_limit("MemoryMax") and files < unit_limit("LimitNOFILE"), f"{kib} KiB, {files}")
    with tap.test("all of them are alive"):
        for i, link in enumerate(links):
            need(answers(link), f"connection {i} of {len(links)} does not answer")


def above(tap, tablets, links):
    with tap.test("a tablet that comes once more than it may loses its oldest connection, and nobody else any"):
        links.append(greet(tablets[0]))
        gone = [i for i, link in enumerate(links) if not answers(link)]
        need(gone == [0], f"gone: {gone[:10]} of {len(links)}")


if __name__ == "__main__":
    sys.exit(main())
