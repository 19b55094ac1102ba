#!/usr/bin/python3
"""Taking a tablet away: at once, with what it still holds kept for a person to look at and not a byte of a record more for
it; and emptying one without taking it away."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from pace import Pace  # noqa: E402
from rig import ATTENTION, GONE, OK, WAITING, need  # noqa: E402

QUARANTINED = 5
ENDS_S = 1.0        # an open connection is closed within this time


def room_of(root, name):
    centre = rig.Centre(os.path.join(root, name))
    centre.start()
    clinic = centre.clinic()
    group, people = centre.group(clinic, "Bevegelse", 8)
    centre.user(clinic, "Kari")
    tablets = [centre.tablet(os.path.join(root, name, f"tablet{i}"), clinic) for i in range(3)]
    for tablet in tablets:
        tablet.sync()
    return centre, group, people, tablets


def quarantined(db, device_no):
    return {seq for seq, in db.execute("SELECT seq FROM verdict WHERE device_no = ? AND kind = ?", (device_no, QUARANTINED))}


def connections(centre):
    return centre("status")["connections"]


def wait_for(holds, seconds, why):
    end = time.monotonic() + seconds
    while not holds():
        need(time.monotonic() < end, why)
        time.sleep(0.01)


def closes_at_once(tap, root):
    centre, group, people, (taken, other, _) = room_of(root, "open")
    try:
        session = taken.sessions(group)[0]
        with tap.test("revoke closes an open connection within a second"):
            taken.mark(session, {p: "present" for p in people[:4]})
            stays = taken.begin("sync", "--stay", "60")
            wait_for(lambda: centre.devices()[taken.no]["sent"] == 4, rig.CALL_S, "what waited before was not taken")
            need(connections(centre) == 1, "the tablet does not stay connected")
            with Pace() as pace:
                began = time.monotonic()
                centre("device", "revoke", taken.no)
                returned = time.monotonic()
                wait_for(lambda: connections(centre) == 0, rig.CALL_S, f"{connections(centre)} connections are open")
                closed_s = time.monotonic() - returned
            need(closed_s < ENDS_S * pace.worst(), f"closed {closed_s:.1f} s after revoke had returned")
            stays.wait(rig.CALL_S)
            tap.figure("revoke returned after, ms", round(1000 * (returned - began)))
        with tap.test("what happens after a revoke never reaches the tablet"):
            other.mark(session, {people[7]: "no-show"})
            other.sync()
            with taken.read() as db:
                rows = db.execute("SELECT count(*) FROM row").fetchone()[0]
            code, said = taken("sync")
            need(said["report"]["rows_received"] == 0, f"{said['report']['rows_received']} rows came")
            need(code == GONE, f"exit {code}: {said}")
            need(rows > 0, "there was nothing on the tablet")
        with tap.test("with nothing waiting the tablet erases itself"):
            erased(centre, taken)
        with tap.test("the others go on"):
            other.mark(session, {people[0]: "notified"})
            other.sync()
            need(centre.devices()[other.no]["state"] == "active", "another tablet was touched")
    finally:
        centre.kill()


def erased(centre, tablet):
    row = centre.devices()[tablet.no]
    need(row["state"] == "wiped", f"the centre does not know: {row}")
    status = tablet.status()
    need(status["state"] == "wiped", f"state {status['state']}")
    with tablet.read() as db:
        left = {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("row", "op", "scope", "stage", "notice")}
        names = {name for name, in db.execute("SELECT name FROM meta")}
    need(not any(left.values()), f"left behind: {left}")
    need(not names & {"key", "ticket", "code", "fork_key"}, f"keys left behind: {names}")
    code, said = tablet("groups")
    need(code == GONE or not said.get("groups"), f"groups are still shown: {said}")


def waiting_ops(tap, root):
    """A tablet that was without a network while it was taken away."""
    centre, group, people, (taken, other, third) = room_of(root, "waiting")
    try:
        session = taken.sessions(group)[0]
        with tap.test("ops of a revoked tablet are acked, kept and not applied"):
            taken.mark(session, {people[0]: "present"})
            taken.sync()
            taken.mark(session, {p: "no-show" for p in people[:6]})
            centre("device", "revoke", taken.no)
            code, said = taken("sync")
            need(code == GONE, f"exit {code}: {said}")
            need(said["report"]["ops_acked"] == 6, f"{said['report']['ops_acked']} of 6 were acked")
            need(said["report"]["rows_received"] == 0, "rows were sent")
            with centre.read() as db:
                need(len(rig.ops_at_centre(db, taken.no)) == 7, "ops are lost")
                need(quarantined(db, taken.no) == set(range(2, 8)), f"in quarantine: {quarantined(db, taken.no)}")
                need(rig.attendance(db) == {(session, people[0]): rig.PRESENCE["present"]}, "something of it was applied")
            row = centre.devices()[taken.no]
            need((row["sent"], row["applied"], row["quarantined"]) == (7, 1, 6), f"the list says {row}")
        with tap.test("and it erases itself once they are there"):
            erased(centre, taken)
        with tap.test("revoked between saving and sending, many ops, several pushes"):
            words = ["present", "notified", "no-show", "not-expected"]
            days = third.sessions(group) * 20
            for i, at in enumerate(days):
                if i == len(days) // 2:
                    third.sync("--bytes", "1500", codes=(OK, WAITING, ATTENTION))   # cut off: some or all are on their way
                    before = len(third.logged())
                third.mark(at, {p: words[i % 4] for p in people})
            saved = len(third.logged())
            need(saved - before > 600, f"only {saved - before} ops, which is one push")
            centre("device", "revoke", third.no)
            for _ in range(4):
                if third("sync")[1]["state"] == "wiped":
                    break
            with centre.read() as db:
                there = rig.ops_at_centre(db, third.no)
                need(len(there) == saved, f"{len(there)} of {saved} ops are at the centre")
                late = quarantined(db, third.no)
                need(len(late) >= saved - before and late == set(range(saved - len(late) + 1, saved + 1)), f"{len(late)} of {saved} in quarantine")
            erased(centre, third)
        with tap.test("a revoked tablet cannot save any more, nor join as what it was"):
            code, said = taken("mark", "--session", session, f"{people[0]}=present")
            need(code != OK, f"it saved: {said}")
            code, said = taken("sync")
            need(code != OK, f"it synced: {said}")
        with tap.test("a restart of the centre changes nothing"):
            centre.restart()
            need(centre.devices()[taken.no]["state"] in ("revoked", "wiped"), f"{centre.devices()[taken.no]}")
            other.sync()
    finally:
        centre.kill()


def drained(tap, root):
    centre, group, people, (tablet, other, _) = room_of(root, "drain")
    try:
        session = tablet.sessions(group)[0]
        with tap.test("drain takes what a tablet has and sends it nothing"):
            tablet.mark(session, {p: "present" for p in people[:5]})
            centre("device", "drain", tablet.no)
            other.mark(session, {people[7]: "no-show"})
            other.sync()
            said = tablet.sync(codes=(OK, WAITING))
            need(said["waiting"] == 0 and said["report"]["ops_acked"] == 5, f"{said}")
            need(said["report"]["rows_received"] == 0, "rows were sent")
            need(said["state"] == "draining", said["state"])
            with centre.read() as db:
                want = {(session, p): 1 for p in people[:5]} | {(session, people[7]): rig.PRESENCE["no-show"]}
                need(rig.attendance(db) == want, f"{rig.attendance(db)}")
                need(not quarantined(db, tablet.no), "what a draining tablet sends counts")
        with tap.test("a draining tablet can still save and send"):
            tablet.mark(session, {people[5]: "notified"})
            said = tablet.sync(codes=(OK, WAITING))
            need(said["waiting"] == 0 and said["report"]["rows_received"] == 0, f"{said}")
        with tap.test("approved again it gets what it missed"):
            centre("device", "approve", tablet.no)
            tablet.sync()
            other.sync()
            need(tablet.sheet(session) == other.sheet(session) and len(tablet.sheet(session)) == 7, f"{tablet.sheet(session)}")
    finally:
        centre.kill()


def main():
    tap = rig.Tap()
    with rig.folder() as root:
        closes_at_once(tap, root)
        waiting_ops(tap, root)
        drained(tap, root)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
