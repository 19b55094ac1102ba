#!/usr/bin/python3
"""A centre that goes back to a backup, by every way there is: what the tablets had been told is safe comes back, nothing
that the coordinators decided comes undone, and no number means two things."""
import datetime
import os
import shutil
import sqlite3
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from rig import ATTENTION, GONE, NOT_JOINED, OK, WAITING, need  # noqa: E402

PEOPLE = 12
WORDS = ["present", "notified", "no-show", "not-expected"]
CASE, QUARANTINED = 4, 5
ENTITY_ATTENDANCE = 8


class Room:
    """A centre with one group and some tablets that see each other's marks: ${expected} is what each row should say, as long
    as every mark was made by somebody who had seen the one before it."""

    def __init__(self, path, tablets=2):
        self.path = path
        self.centre = rig.Centre(os.path.join(path, "centre"))
        self.centre.start()
        self.clinic = self.centre.clinic()
        weekday = datetime.datetime.now(datetime.timezone.utc).date().isoweekday()
        self.group, self.people = self.centre.group(self.clinic, "Bevegelse", PEOPLE, weekday=weekday)
        self.centre.user(self.clinic, "Kari")
        self.tablets = []
        self.joined = 0
        for _ in range(tablets):
            self.join()
        self.sessions = self.tablets[0].sessions(self.group)
        need(len(self.sessions) >= 8, f"{len(self.sessions)} sessions are planned")
        self.expected = {}

    def join(self, sync=True):
        self.joined += 1
        tablet = self.centre.tablet(os.path.join(self.path, f"tablet{self.joined}"), self.clinic)
        if sync:
            tablet.sync()
        self.tablets.append(tablet)
        return tablet

    def mark(self, tablet, session, word, people=None):
        people = people or self.people
        tablet.mark(session, {p: word for p in people})
        self.expected.update({(session, p): rig.PRESENCE[word] for p in people})

    def rounds(self, tablets, sessions, first, count):
        """Sheet after sheet, everybody reads before anybody writes; returns how many marks were made."""
        marks = 0
        for i in range(first, first + count):
            tablet = tablets[i % len(tablets)]
            tablet.sync()
            for k, session in enumerate(sessions):
                for at, person in enumerate(self.people):
                    self.expected[(session, person)] = rig.PRESENCE[WORDS[(i + k + at) % 4]]
                tablet.mark(session, {p: rig.PRESENCE_WORD[self.expected[(session, p)]] for p in self.people})
                marks += len(self.people)
            tablet.sync()
        return marks

    def sync_all(self, tablets=None, codes=(OK,), times=2):
        for _ in range(times):
            for tablet in tablets or self.tablets:
                tablet.sync(codes=codes)

    def whole(self, tablets=None, codes=(OK,)):
        """Every op that was ever saved stands at the centre once, and all tablets show what the centre has."""
        tablets = tablets or self.tablets
        for tablet in tablets:
            status = tablet.status()
            need(status["waiting"] == 0, lambda: f"tablet {tablet.no} still has {status['waiting']} waiting")
            need(status["exit"] in codes, lambda: f"tablet {tablet.no}: status says {status['exit']}")
        with self.centre.read() as db:
            need(rig.integrity(db) == "ok", "the store is damaged")
            rig.csn_gapless(db)
            for tablet in tablets:
                there = {seq: op[1:] for seq, op in rig.ops_at_centre(db, tablet.no).items()}
                saved = tablet.logged()
                missing = [seq for seq in saved if there.get(seq) != saved[seq]]
                need(not missing, lambda: f"tablet {tablet.no}: {len(missing)} of {len(saved)} ops are not at the centre: {missing[:5]}")
            table, sums = rig.attendance(db), rig.centre_sums(db)
        for tablet in tablets:
            for session in self.sessions:
                want = {p: rig.PRESENCE_WORD[v] for (s, p), v in table.items() if s == session}
                shown = tablet.sheet(session)
                need(shown == want, lambda: f"tablet {tablet.no} shows {shown} in session {session}, the centre has {want}")
            with tablet.read() as db:
                counted = rig.tablet_sums(db)
                need(counted == sums, lambda: f"tablet {tablet.no} holds {counted}, the centre {sums}")
        return table

    def as_expected(self, table):
        wrong = {key: (table.get(key), value) for key, value in self.expected.items() if table.get(key) != value}
        need(not wrong, lambda: f"{len(wrong)} rows are not what was saved last: {list(wrong.items())[:3]}")
        extra = set(table) - set(self.expected)
        need(not extra, lambda: f"rows that nobody saved: {list(extra)[:3]}")

    def ids(self):
        """Every number that the centre has given away."""
        out = set()
        with self.centre.read() as db:
            for table in ("participant", "user", "groups", "session", "org_unit"):
                out |= {(table, row[0]) for row in db.execute(f"SELECT id FROM {table}")}
            out |= {("device", row[0]) for row in db.execute("SELECT device_no FROM device")}
        return out

    def close(self):
        self.centre.kill()


# ---- the ways back

def by_restore(centre, journal=True):
    """samlingd backup, and later samlingd restore."""
    file = centre("backup")["file"]

    def back():
        centre.stop()
        if not journal:
            shutil.rmtree(os.path.join(centre.home, "journal"))
        centre("restore", file)
        centre.start()
    return back


def by_hand(centre):
    """The files copied away and back while nothing runs."""
    away = os.path.join(centre.path, "away")
    os.makedirs(away)
    data = os.path.dirname(centre.store)
    centre.stop()
    for name in os.listdir(data):
        if name.startswith("samling.db"):
            shutil.copyfile(os.path.join(data, name), os.path.join(away, name))
    centre.start()

    def back():
        centre.stop()
        for name in os.listdir(data):
            if name.startswith("samling.db"):
                os.unlink(os.path.join(data, name))
        for name in os.listdir(away):
            shutil.copyfile(os.path.join(away, name), os.path.join(data, name))
        centre.start()
    return back


def row_candidates(db, session, person):
    """How many values of the presence of one row nobody has replaced."""
    query = "SELECT count(*) FROM candidate WHERE entity = ? AND key1 = ? AND key2 = ? GROUP BY unit ORDER BY 1 DESC LIMIT 1"
    row = db.execute(query, (ENTITY_ATTENDANCE, session, person)).fetchone()
    return row[0] if row else 0


def open_cases(db):
    return db.execute("SELECT count(*) FROM conflict_case WHERE open = 1").fetchone()[0]


def verdicts(db, device_no):
    """seq -> kind, of what is not simply applied"""
    return dict(db.execute("SELECT seq, kind FROM verdict WHERE device_no = ?", (device_no,)).fetchall())


# ---- scenarios

def lost_future(room, back_of):
    """Two tablets and a third that hears of nothing; a backup; 500 ops and more, console work, a tablet that joins and one that
    is taken away; then back. Returns what the lost future held."""
    first, second, quiet, taken = room.tablets
    room.rounds([first, second], room.sessions[:2], 0, 2)
    room.mark(taken, room.sessions[6], "present")
    taken.sync()
    room.sync_all()
    back = back_of(room.centre)
    before = room.ids()

    made = room.rounds([first, second], room.sessions[:5], 2, 4)            # on rows that were there, and on new ones
    room.centre.restart()                                                   # one more epoch that will be lost
    made += room.rounds([first, second], room.sessions[:5], 6, 5)
    need(made >= 500, f"only {made} marks")
    person = int(room.centre("participant", "add", "Deltaker etter", "--group", room.group)[0]["id"])
    room.centre("user", "add", "--clinic", room.clinic, "--name", "Ola")
    room.centre("group", "add", "--clinic", room.clinic, "--name", "Mestring", "--weekday", 3)
    late = room.join()
    late.user = "Ola"
    room.mark(late, room.sessions[5], "notified", [person] + room.people[:3])
    late.sync()
    room.centre("device", "revoke", taken.no)
    room.sync_all([first, second])
    for tablet in (first, second, late):
        need(tablet.status()["waiting"] == 0, "not everything was acked before the loss")
    # on top of the lost future, seen and not sent
    contested = (room.sessions[7], room.people[0])
    second.mark(contested[0], {contested[1]: "no-show"})
    room.centre.restart()                                                   # and another
    first.sync()
    lost = room.ids() - before
    with room.centre.read() as db:
        far = rig.csn_gapless(db)
    back()
    with room.centre.read() as db:
        near = rig.csn_gapless(db)
    need(near < far - 500, f"the restore took back {far - near} changes only")
    return {"lost": lost, "person": person, "late": late, "contested": contested, "far": far}


def decisions_hold(room, future):
    """What the coordinators did after the backup."""
    people = {int(row["id"]) for row in room.centre("participant", "list", "--group", room.group)}
    need(future["person"] in people, "a participant who was added after the backup is gone")
    need("Ola" in {row["name"] for row in room.centre("user", "list")}, "a user who was added after the backup is gone")
    need("Mestring" in {row["name"] for row in room.centre("group", "list")}, "a group that was added after the backup is gone")
    devices = room.centre.devices()
    need(devices.get(future["late"].no, {}).get("state") == "active", "the tablet that joined after the backup is not active")
    need(devices[room.tablets[3].no]["state"] == "revoked", "a revocation came undone")
    gone = future["lost"] - room.ids()
    need(not gone, lambda: f"numbers of the lost future are not back: {list(gone)[:4]}")


def new_numbers(room, future):
    """Nothing that is minted now may have meant something else in the lost future."""
    known = room.ids()
    room.centre("participant", "add", "--count", 40, "--prefix", "Ny", "--group", room.group)
    room.centre("user", "add", "--clinic", room.clinic, "--name", "Ny bruker")
    room.centre("group", "add", "--clinic", room.clinic, "--name", "Ny gruppe", "--weekday", 5)
    tablet = room.join()
    twice = (room.ids() - known) & future["lost"]
    need(not twice, lambda: f"given twice: {list(twice)[:4]}")
    need(("device", tablet.no) not in future["lost"], "a device number was given twice")
    names = {row["participant"]: row["name"] for row in tablet.done("sheet", "--session", room.sessions[5])["lines"]}
    need(names.get(str(future["person"])) == "Deltaker etter", f"WRONG PATIENT: {names.get(str(future['person']))}")


def reuse_is_harmless(room, future):
    """Two values of one row by authors who could not have seen each other, though the csn of one lies within the base of the
    other: both stay, a person decides."""
    session, person = future["contested"]
    quiet, second = room.tablets[2], room.tablets[1]
    quiet.mark(session, {person: "present"})
    quiet.sync()
    with room.centre.read() as db:
        csn = max(op[0] for op in rig.ops_at_centre(db, quiet.no).values())
    need(csn <= future["far"], "no csn was used again, so nothing was tried")
    second.sync(codes=(OK, ATTENTION))
    with room.centre.read() as db:
        live = row_candidates(db, session, person)
        said = verdicts(db, second.no)
    need(live == 2, f"{live or 1} values are kept where two authors had not seen each other")
    need(CASE in said.values(), f"nobody is told: {said}")
    room.expected[(session, person)] = rig.PRESENCE["present"]      # present before absent, until a person decides


def revoked_stays_out(room):
    taken = room.tablets[3]
    marks = len(taken.logged())
    code, said = taken("sync")
    need(code == GONE, f"the revoked tablet's sync: exit {code}: {said}")
    need(said["report"]["rows_received"] == 0, "the revoked tablet was sent rows")
    need(marks, "the revoked tablet had nothing")
    room.tablets.remove(taken)


def both_ways(tap, name, root, back_of):
    room = Room(os.path.join(root, name), tablets=4)
    try:
        with tap.test(f"{name}: a loss is noticed and made good"):
            future = lost_future(room, back_of)
            decisions_hold(room, future)
            revoked_stays_out(room)
            reuse_is_harmless(room, future)
            with_case = (OK, ATTENTION)
            room.sync_all(codes=with_case)
            room.as_expected(room.whole(codes=with_case))
            with room.centre.read() as db:
                cases = [kind for tablet in room.tablets for kind in verdicts(db, tablet.no).values()]
            need(cases == [CASE, CASE], f"verdicts other than that one case, told to both who disagree: {cases}")
        with tap.test(f"{name}: no number is given twice"):
            new_numbers(room, future)
        with tap.test(f"{name}: and everything goes on"):
            first, second = room.tablets[:2]
            for tablet in (first, second):
                room.rounds([tablet], room.sessions[3:6], 20, 1) if tablet is first else None
            room.sync_all(codes=(OK, ATTENTION))
            room.as_expected(room.whole(codes=(OK, ATTENTION)))
    finally:
        room.close()


def one_stays_away(tap, root):
    """One tablet comes back long after the others have sent theirs again and made new marks."""
    room = Room(os.path.join(root, "away"), tablets=3)
    try:
        with tap.test("away: a tablet that comes much later brings its ops back too"):
            first, second, away = room.tablets
            room.rounds([first, second, away], room.sessions[:2], 0, 3)
            room.sync_all()
            back = by_restore(room.centre)
            made = room.rounds([first, away, second], room.sessions[:5], 3, 9)      # each corrects what it has seen
            need(made >= 500, f"only {made} marks")
            room.mark(away, room.sessions[6], "no-show")                            # of these nobody else knows
            away.sync()
            alone = room.people[:4]
            room.mark(away, room.sessions[7], "notified", alone)                    # and these it has not sent
            back()
            room.sync_all([first, second])
            room.rounds([second, first], room.sessions[5:6], 1, 4)
            room.mark(first, room.sessions[6], "present", room.people[:2])          # over rows that are not there just now
            room.sync_all([first, second])
            for tablet in (first, second):
                need(tablet.status()["waiting"] == 0, "the others wait")
            away.sync(codes=(OK, ATTENTION))
            room.sync_all(codes=(OK, ATTENTION))
            table = room.whole(codes=(OK, ATTENTION))
            room.as_expected(table)
            with room.centre.read() as db:
                for person in room.people[:2]:
                    need(row_candidates(db, room.sessions[6], person) == 2, "a value that its successor had not seen went silently")
                said = [verdicts(db, tablet.no) for tablet in room.tablets]
            need([k for one in said for k in one.values()] == [CASE] * 4 and not said[1], f"verdicts: {said}")
        with tap.test("away: a mark made after having seen both closes the case"):
            room.rounds([second], room.sessions[6:7], 0, 1)
            room.sync_all(codes=(OK, ATTENTION))
            room.as_expected(room.whole(codes=(OK, ATTENTION)))
            with room.centre.read() as db:
                need(row_candidates(db, room.sessions[6], room.people[0]) == 0, "the case is still open")
                need(open_cases(db) == 0, "a case is still open")
    finally:
        room.close()


def twice(tap, root):
    """Back to the same backup a second time, and from one lost future into another."""
    room = Room(os.path.join(root, "twice"), tablets=2)
    try:
        with tap.test("twice: two losses in a row"):
            room.rounds(room.tablets, room.sessions[:2], 0, 2)
            back = by_restore(room.centre)
            room.rounds(room.tablets, room.sessions[:3], 2, 3)
            back()
            room.sync_all(room.tablets[:1])                 # the first has sent again, the second has not yet
            room.rounds(room.tablets[:1], room.sessions[3:5], 1, 2)
            back()
            room.sync_all()
            room.rounds(room.tablets, room.sessions[:4], 1, 2)
            room.sync_all(codes=(OK, ATTENTION))
            room.as_expected(room.whole(codes=(OK, ATTENTION)))
    finally:
        room.close()


def without_journal(tap, root):
    room = Room(os.path.join(root, "journal"), tablets=3)
    try:
        with tap.test("no journal: ops are taken and no row is sent until the devices are confirmed"):
            first, second, _ = room.tablets
            room.rounds([first, second], room.sessions[:2], 0, 2)
            room.sync_all()
            back = by_restore(room.centre, journal=False)
            made = room.rounds([first, second], room.sessions[:5], 2, 9)
            need(made >= 500, f"only {made} marks")
            late = room.join()
            room.mark(late, room.sessions[5], "present")
            late.sync()
            known = room.ids()
            back()
            need(room.centre("status")["drain_only"] == 1, "the centre does not know that it lacks decisions")
            need(late.no not in room.centre.devices(), "the device that joined later is known, so nothing was tried")
            for tablet in (first, second):
                code, said = tablet("sync")
                need(code == WAITING, f"while draining sync says {code}: {said}")
                need(said["report"]["rows_received"] == 0, "rows were sent")
            for tablet in (first, second):
                need(tablet.status()["waiting"] == 0, f"{tablet.status()['waiting']} ops were not taken")
        with tap.test("no journal: a device that joined after the backup is known again as pending, by its ticket"):
            code, said = late("sync")
            need(code == NOT_JOINED and said["state"] == "pending", f"exit {code}, {said['state']}: {said.get('error')}")
            need(room.centre.devices()[late.no]["state"] == "pending", "the centre does not list it as pending")
            need(said["report"]["rows_received"] == 0, "rows were sent")
        with tap.test("no journal: after the confirmation all goes on"):
            room.centre("device", "confirm")
            need(room.centre("status")["drain_only"] == 0, "still drain-only")
            room.centre("device", "approve", late.no, room.centre.devices()[late.no]["digits"])
            room.sync_all()
            room.as_expected(room.whole())
            new = room.join()
            need(("device", new.no) not in known, "a device number was given twice")
            room.centre.restart()
            need(room.centre("status")["drain_only"] == 0, "drain-only again after a restart")
            room.sync_all()
    finally:
        room.close()


def under_load(tap, root):
    """Backups while marks are being pushed."""
    room = Room(os.path.join(root, "load"), tablets=3)
    try:
        with tap.test("load: a backup holds every op that was acked before it began"):
            stop, trouble = threading.Event(), []
            acked = {tablet.no: 0 for tablet in room.tablets}       # as the tablets have been told

            def work(at, tablet):
                try:
                    session = room.sessions[at]                     # one sheet each
                    turn = 0
                    while not stop.is_set():
                        turn += 1
                        room.mark(tablet, session, WORDS[turn % 4])
                        acked[tablet.no] = int(tablet.sync()["saved"])
                except rig.Failed as wrong:
                    trouble.append(wrong)

            threads = [threading.Thread(target=work, args=pair) for pair in enumerate(room.tablets)]
            for thread in threads:
                thread.start()
            taken = []
            for i in range(5):
                told = dict(acked)
                file = os.path.join(root, f"under-load-{i}.db")
                room.centre("backup", file)
                taken.append((told, file))
                stop.wait(0.3)
            stop.set()
            for thread in threads:
                thread.join()
            need(not trouble, lambda: trouble[0])
            need(len({tuple(told.values()) for told, _ in taken}) > 2, "hardly anything was pushed meanwhile")
            for told, file in taken:
                db = sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)
                try:
                    need(rig.integrity(db) == "ok", "integrity_check of a backup failed")
                    rig.csn_gapless(db)
                    for no, seq in told.items():
                        held = rig.ops_at_centre(db, no)
                        need(all(s in held for s in range(1, seq + 1)), f"the backup holds {len(held)} of {seq} acked ops of device {no}")
                finally:
                    db.close()
            tap.figure("ops acked before each of the backups", [sum(told.values()) for told, _ in taken])
        with tap.test("load: such a backup restores"):
            room.centre.stop()
            room.centre("restore", taken[2][1])
            room.centre.start()
            room.sync_all()
            room.as_expected(room.whole())
    finally:
        room.close()


def main():
    tap = rig.Tap()
    with rig.folder() as root:
        both_ways(tap, "restore", root, by_restore)
        both_ways(tap, "by hand", root, by_hand)
        one_stays_away(tap, root)
        twice(tap, root)
        without_journal(tap, root)
        under_load(tap, root)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
