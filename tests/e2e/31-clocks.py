#!/usr/bin/python3
"""Tablets whose clocks stand in 1970 and in 2106: every mark lands under the session that was meant, nothing is lost, refused
or put into another order, and a clock that cannot be right picks no date by itself."""
import datetime
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from rig import CLOCK, OK, need  # noqa: E402

DAY = 86400
CLOCKS = {"1970": 3600, "2106": (1 << 32) + 3600}       # seconds since 1970; the second no longer fits into 32 bits
WORDS = ["present", "notified", "no-show", "not-expected"]


class Shifted(rig.Tablet):
    """A tablet with a clock of its own."""

    clock = None

    def command(self, *words):
        command = super().command(*words)
        return command if self.clock is None else ["/usr/bin/env", f"SAMLING_TEST_CLOCK={self.clock}", *command]


def shifted(centre, path, clinic, clock):
    """Joined, approved and filled under that clock, from its first start on."""
    tablet = Shifted(path)
    tablet.clock = clock
    said = tablet.done("join", centre.invite(clinic), codes=(OK, rig.NOT_JOINED))
    tablet.no = int(tablet.status()["device_no"])
    centre("device", "approve", tablet.no, said["digits"])
    tablet.sync()
    return tablet


def sheet_of(tablet, *words):
    code, said = tablet("sheet", *words)
    return code, (int(said["session"]["id"]) if code == OK else None), said


def ops_in_order(db, tablet):
    """What it saved, in the order in which it was saved, is what the centre took, in that order."""
    there = rig.ops_at_centre(db, tablet.no)
    saved = tablet.logged()
    need({seq: op[1:] for seq, op in there.items()} == saved, f"{len(saved)} were saved, {len(there)} are there, or others")
    csns = [there[seq][0] for seq in sorted(there)]
    need(csns == sorted(csns), "taken in another order than saved")
    need(not db.execute("SELECT count(*) FROM verdict WHERE device_no = ?", (tablet.no,)).fetchone()[0], "not all were simply applied")


def wrong_from_the_start(tap, centre, clinic, group, people, honest, tablets):
    sessions = honest.sessions(group)
    expected = {}
    with tap.test("marks of both, and of a right clock, land under the sessions that were meant"):
        for i, (who, tablet) in enumerate(list(tablets.items()) + [("now", honest)]):
            need(tablet.sessions(group) == sessions, f"the tablet in {who} has other sessions")
            for k, session in enumerate(sessions):
                marks = {p: WORDS[(i + k + at) % 4] for at, p in enumerate(people) if at % 3 == i}
                tablet.mark(session, marks)
                expected.update({(session, p): rig.PRESENCE[word] for p, word in marks.items()})
            tablet.sync()
        with centre.read() as db:
            need(rig.attendance(db) == expected, "the centre's table is another")
            for tablet in (*tablets.values(), honest):
                ops_in_order(db, tablet)
    with tap.test("corrections follow each other as they were made, whatever the clocks say"):
        session, person = sessions[0], people[0]
        turns = [tablets["2106"], tablets["1970"], honest, tablets["1970"], tablets["2106"], honest, tablets["1970"]]
        for i, tablet in enumerate(turns):
            tablet.sync()
            tablet.mark(session, {person: WORDS[i % 4]})
            tablet.sync()
            with centre.read() as db:
                shown = rig.attendance(db)[(session, person)]
            need(shown == rig.PRESENCE[WORDS[i % 4]], f"turn {i}: the centre shows {shown}")
        expected[(session, person)] = rig.PRESENCE[WORDS[(len(turns) - 1) % 4]]
    with tap.test("all show the same in the end, and nothing waits or needs anybody"):
        for tablet in (*tablets.values(), honest):
            tablet.sync()
        for session in sessions:
            want = {p: rig.PRESENCE_WORD[v] for (s, p), v in expected.items() if s == session}
            for who, tablet in (*tablets.items(), ("now", honest)):
                need(tablet.sheet(session) == want, f"the tablet in {who} shows {tablet.sheet(session)} instead of {want}")
    with tap.test("extra sessions keep the day that was named"):
        day = (datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=3)).isoformat()
        for who, tablet in tablets.items():
            extra = int(tablet.done("session", "add", group, day)["session"])
            tablet.mark(extra, {people[1]: "present"})
            tablet.sync()
            with centre.read() as db:
                found = db.execute("SELECT day, planned, scope FROM session WHERE id = ?", (extra,)).fetchone()
                want = datetime.date.fromisoformat(day).toordinal() - datetime.date(1970, 1, 1).toordinal()
                need(found is not None and found[:2] == (want, 0) and found[2] != 0, f"{who}: the session is {found}")
                need(rig.attendance(db).get((extra, people[1])) == 1, f"{who}: the mark is not under it")


def no_silent_date(tap, centre, group, tablets):
    for who, tablet in tablets.items():
        sessions = tablet.sessions(group)
        with tap.test(f"a tablet in {who} picks no session by itself"):
            status = tablet.status()
            need(status["clock_suspect"], f"{status}")
            code, _, said = sheet_of(tablet, group)
            need(code == CLOCK and said["error"]["name"] == "ECLOCK", f"sheet: exit {code}: {said}")
            need([int(row["id"]) for row in said["candidates"]] == sessions, "it does not say which there are")
            before = tablet.status()["saved"]
            code, said = tablet("mark", group, "--all", "present")
            need(code == CLOCK, f"mark: exit {code}: {said}")
            need(tablet.status()["saved"] == before, "it saved under a date that nobody named")
        with tap.test(f"a tablet in {who} takes a session or a date that is named"):
            code, found, said = sheet_of(tablet, "--session", sessions[2])
            need((code, found) == (OK, sessions[2]), f"--session: exit {code}: {said.get('error')}")
            code, found, said = sheet_of(tablet, group, "--date", said["session"]["day"])
            need((code, found) == (OK, sessions[2]), f"--date: exit {code}: {said.get('error')}")
    with tap.test("the centre's list shows how far off they are"):
        devices = centre.devices()
        for who, tablet in tablets.items():
            skew, want = int(devices[tablet.no]["skew_s"]), CLOCKS[who] - int(time.time())
            need(abs(skew - want) < 60, f"{who}: {skew} s, it is {want} s")
            said = int(tablet.status()["clock_skew_s"])
            need(abs(said - want) < 60, f"{who}: the tablet says {said} s")


def jumps(tap, centre, clinic, group, people, root):
    """A right clock that goes wrong on the way, between saving and sending, and comes right again."""
    tablet = shifted(centre, os.path.join(root, "jumps"), clinic, None)
    sessions = tablet.sessions(group)
    with tap.test("a right clock picks the session nearest to now"):
        code, found, said = sheet_of(tablet, group)
        need((code, found) == (OK, sessions[0]), f"exit {code}, session {found}")
    with tap.test("a clock that jumps between saving and sending loses nothing, and waits for nothing"):
        for i, clock in enumerate([CLOCKS["2106"], CLOCKS["1970"], None, 0, CLOCKS["2106"], CLOCKS["1970"], None]):
            tablet.clock = clock
            tablet.mark(sessions[i % 5], {p: WORDS[(i + at) % 4] for at, p in enumerate(people)})
            if i % 3 == 2:
                tablet.clock = CLOCKS["1970"]
                tablet.sync()
        status = tablet.status()
        need(0 <= status["retry_in_s"] <= 900, f"the retry is armed for {status['retry_in_s']} s")
        tablet.clock = None
        tablet.sync()
        with centre.read() as db:
            ops_in_order(db, tablet)
            need(len(rig.ops_at_centre(db, tablet.no)) == 7 * len(people), "an op is missing")
    with tap.test("a clock set back after the last contact is noticed without the centre"):
        tablet.clock = int(time.time()) - 2 * DAY
        code, found, said = sheet_of(tablet, group)
        need(code == CLOCK, f"exit {code}, session {found}")
        tablet.clock = CLOCKS["2106"]
        code, found, said = sheet_of(tablet, group)
        need(code == CLOCK, f"2106: exit {code}, session {found}")
    with tap.test("a clock that is right again is believed at once, and one that is an hour off all the time"):
        tablet.clock = None
        tablet.sync()
        need(sheet_of(tablet, group)[:2] == (OK, sessions[0]), f"{sheet_of(tablet, group)}")
        tablet.clock = int(time.time()) + 3600
        tablet.sync()
        need(sheet_of(tablet, group)[:2] == (OK, sessions[0]), "an hour is too much")
    with tap.test("the window of a tablet does not move with its clock"):
        tablet.clock = CLOCKS["2106"]
        tablet.sync()
        need(tablet.sessions(group) == sessions, "sessions went away")
        with tablet.read() as db, centre.read() as there:
            need(rig.tablet_sums(db) == rig.centre_sums(there), "its rows are not the centre's")


def main():
    tap = rig.Tap()
    with rig.folder() as root:
        with rig.Centre(os.path.join(root, "centre")) as centre:
            clinic = centre.clinic()
            group, people = centre.group(clinic, "Bevegelse", 9, weekday=datetime.datetime.now(datetime.timezone.utc).date().isoweekday())
            centre.user(clinic, "Kari")
            honest = shifted(centre, os.path.join(root, "now"), clinic, None)
            tablets = {who: shifted(centre, os.path.join(root, who), clinic, at) for who, at in CLOCKS.items()}
            no_silent_date(tap, centre, group, tablets)
            wrong_from_the_start(tap, centre, clinic, group, people, honest, tablets)
            jumps(tap, centre, clinic, group, people, root)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
