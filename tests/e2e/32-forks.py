#!/usr/bin/python3
"""Copies and old images of a tablet's store: each goes on under a number of its own, and every op that was saved on any of
them ends at the centre once."""
import collections
import datetime
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from rig import ATTENTION, GONE, OK, need  # noqa: E402

PEOPLE = 12
SAME, CASE, QUARANTINED = 2, 4, 5
CHAINS_MAX = 512        # chain hashes that the centre names at a time


def today():
    return datetime.datetime.now(datetime.timezone.utc).date()


class Room:
    """One group and two tablets. Every op that is saved says something that no other op says, so that it can be found again
    under whatever number and id it arrives: no (session, person, word) is used twice."""

    def __init__(self, path):
        self.path = path
        self.centre = rig.Centre(os.path.join(path, "centre"))
        self.centre.start()
        self.clinic = self.centre.clinic()
        self.group, self.people = self.centre.group(self.clinic, "Bevegelse", PEOPLE, weekday=today().isoweekday())
        self.centre.user(self.clinic, "Kari")
        self.tablet = self.centre.tablet(os.path.join(path, "first"), self.clinic)
        self.tablet.sync()
        self.other = self.centre.tablet(os.path.join(path, "other"), self.clinic)
        self.other.sync()
        self.sessions = self.tablet.sessions(self.group)
        self.rows = [(s, p) for s in self.sessions for p in self.people]
        self.saved = collections.Counter()      # (session, person, presence) -> times saved; extra sessions by their day
        self.days = {}                          # day -> id of the extra session, as it was first
        self.next_day = 1

    def copy(self, tablet, name):
        """The folder with store, key and witness, copied while nothing runs on it."""
        path = os.path.join(self.path, name)
        shutil.copytree(tablet.path, path)
        twin = rig.Tablet(path)
        twin.no = tablet.no
        return twin

    def mark(self, tablet, count):
        """${count} ops on rows of their own."""
        for start in range(0, count, PEOPLE):
            todo = self.rows[:min(PEOPLE, count - start)]
            del self.rows[:len(todo)]
            need(todo, "no rows are left")
            for session in {s for s, _ in todo}:
                tablet.mark(session, {p: "present" for s, p in todo if s == session})
            self.saved.update((s, p, 1) for s, p in todo)

    def extra(self, tablet, people):
        """An extra session on a day of its own, with marks; returns its day."""
        while any(s["day"] == self.day() for s in tablet.done("sessions", self.group)["sessions"]):
            self.next_day += 1
        day = self.day()
        self.next_day += 1
        self.days[day] = int(tablet.done("session", "add", self.group, day)["session"])
        self.mark_extra(tablet, day, people)
        return day

    def day(self):
        return (today() + datetime.timedelta(days=self.next_day)).isoformat()

    def mark_extra(self, tablet, day, people, word="present"):
        here = [int(s["id"]) for s in tablet.done("sessions", self.group)["sessions"] if s["day"] == day]
        need(len(here) == 1, f"{len(here)} sessions on {day}")
        tablet.mark(here[0], {p: word for p in people})
        self.saved.update((day, p, rig.PRESENCE[word]) for p in people)

    def sync(self, *tablets, codes=(OK,)):
        for _ in range(2):
            for tablet in tablets:
                tablet.sync(codes=codes)
        for tablet in tablets:
            status = tablet.status()
            tablet.no = int(status["device_no"])
            need(status["waiting"] == 0, f"{status['waiting']} ops wait on number {tablet.no}")

    def once(self, quarantined=0):
        """Each op that was saved counts once, and no other does."""
        with self.centre.read() as db:
            need(rig.integrity(db) == "ok", "the store is damaged")
            rig.csn_gapless(db)
            same = set(db.execute("SELECT device_no, seq FROM verdict WHERE kind = ?", (SAME,)))
            bad = db.execute("SELECT device_no, seq, reason FROM verdict WHERE kind = ?", (QUARANTINED,)).fetchall()
            need(len(bad) == quarantined, f"{len(bad)} ops in quarantine: {bad[:4]}")
            epoch = datetime.date(1970, 1, 1)
            day_of = {no: (epoch + datetime.timedelta(days=day)).isoformat()
                      for no, day in db.execute("SELECT id, day FROM session WHERE planned = 0")}
            need(len(set(day_of.values())) == len(day_of), f"an extra session came twice: {day_of}")
            there = collections.Counter()
            for no in self.centre.devices():
                for seq, (_, session, person, presence) in rig.ops_at_centre(db, no).items():
                    if session is not None and (no, seq) not in same:
                        there[(day_of.get(session, session), person, presence)] += 1
        need(set(self.days) == set(day_of.values()), f"extra sessions at the centre {sorted(day_of.values())}, made {sorted(self.days)}")
        lacking, surplus = self.saved - there, there - self.saved
        need(not lacking, lambda: f"{sum(lacking.values())} saved ops are not at the centre: {list(lacking)[:3]}")
        need(not surplus, lambda: f"{sum(surplus.values())} ops count more than once, or were never saved: {list(surplus)[:3]}")

    def alike(self, *tablets):
        """All show what the centre has."""
        with self.centre.read() as db:
            table, sums = rig.attendance(db), rig.centre_sums(db)
        for tablet in tablets:
            with tablet.read() as db:
                need(rig.tablet_sums(db) == sums, f"the rows of number {tablet.no} are not the centre's")
            for session in tablet.sessions(self.group):
                want = {p: rig.PRESENCE_WORD[v] for (s, p), v in table.items() if s == session}
                need(tablet.sheet(session) == want, f"number {tablet.no} shows {tablet.sheet(session)} instead of {want}")

    def numbers(self, *tablets):
        """Each has a number of its own, and the centre lists them all as active."""
        numbers = [tablet.no for tablet in tablets]
        need(len(set(numbers)) == len(numbers), f"numbers {numbers}")
        devices = self.centre.devices()
        for no in numbers:
            need(devices.get(no, {}).get("state") == "active", f"number {no} is listed as {devices.get(no)}")
        need(len(devices) == len(numbers), f"{len(devices)} devices are listed: {sorted(devices)}, not {sorted(numbers)}")


def clone(tap, root):
    room = Room(os.path.join(root, "clone"))
    try:
        first, other = room.tablet, room.other
        with tap.test("clone: two copies go on side by side"):
            room.mark(first, 10)
            first.sync()
            room.mark(first, 6)                                     # saved, not sent, when the copy is made
            twin = room.copy(first, "twin")
            room.mark(first, 8)
            room.extra(first, room.people[:3])
            room.mark(twin, 9)
            room.extra(twin, room.people[3:7])
            room.sync(first, twin, other)
            room.numbers(first, other, twin)
            room.once()
            room.alike(first, twin, other)
        with tap.test("clone: in turns, syncing each time"):
            for _ in range(4):
                room.mark(twin, 2)
                room.sync(twin)
                room.mark(first, 3)
                room.sync(first)
            room.extra(first, room.people[:1])
            room.extra(twin, room.people[1:2])
            room.sync(first, twin, other)
            room.numbers(first, other, twin)
            room.once()
            room.alike(first, twin, other)
        with tap.test("clone: a copy of the copy"):
            third = room.copy(twin, "third")
            room.mark(third, 4)
            room.extra(third, room.people[5:8])
            room.sync(third)
            room.mark(twin, 4)
            room.sync(twin, third, first, other)
            room.numbers(first, other, twin, third)
            room.once()
            room.alike(first, twin, third, other)
        with tap.test("clone: the same row on two copies that did not see each other is a case, not a loss"):
            session, person = room.rows.pop()
            first.mark(session, {person: "no-show"})
            twin.mark(session, {person: "present"})
            room.saved.update([(session, person, rig.PRESENCE["no-show"]), (session, person, rig.PRESENCE["present"])])
            room.sync(first, twin, third, other, codes=(OK, ATTENTION))
            with room.centre.read() as db:
                need(db.execute("SELECT count(*) FROM candidate").fetchone()[0] == 2, "one of the two values is gone")
            room.once()
            room.alike(first, twin, third, other)
        with tap.test("clone: revoking the first number takes all that came of it"):
            room.centre("device", "revoke", first.no)
            devices = room.centre.devices()
            states = {tablet.no: devices[tablet.no]["state"] for tablet in (first, twin, third, other)}
            need(states == {first.no: "revoked", twin.no: "revoked", third.no: "revoked", other.no: "active"}, f"{states}")
            for tablet in (first, twin, third):
                code, said = tablet("sync")
                need(code == GONE and said["report"]["rows_received"] == 0, f"number {tablet.no}: exit {code}")
                need(tablet.status()["state"] == "wiped", "it is not erased")
            other.sync()
    finally:
        room.centre.kill()


def image(tap, root, name, after, ahead, extra):
    """An old image is put back: it was taken with ops saved and not sent, which the original sent later. ${after}: ops that the
    original made then; ${ahead}: ops made on the image; ${extra}: an extra session among what was not sent."""
    room = Room(os.path.join(root, name))
    try:
        first, other = room.tablet, room.other
        with tap.test(f"image: {name}"):
            room.mark(first, 7)
            first.sync()
            room.mark(first, 5)
            day = room.extra(first, room.people[:3]) if extra else None
            back = room.copy(first, "image")
            if after:
                room.mark(first, after)
            room.sync(first)
            room.mark(back, ahead)
            if extra:
                room.mark_extra(back, day, room.people[3:6])        # in the session that the original has sent
                room.extra(back, room.people[6:8])
            room.sync(back, other)
            room.once()
            room.alike(back, other)
            need(back.no != first.no or not after, "an old image goes on under the number of the original")
            devices = room.centre.devices()
            need(devices[back.no]["state"] == "active", f"{devices[back.no]}")
        with tap.test(f"image: {name}: the original comes back after all"):
            room.mark(first, 4)
            room.sync(first, back, other)
            room.numbers(first, back, other)
            room.once()
            room.alike(first, back, other)
    finally:
        room.centre.kill()


def long_ago(tap, root):
    """The image is older than what the centre names at a time."""
    room = Room(os.path.join(root, "long"))
    try:
        first, other = room.tablet, room.other
        with tap.test("image: from more ops ago than the centre names at a time"):
            days = [room.extra(first, room.people) for _ in range(6)]
            for day in days:
                for word in ("notified", "no-show", "not-expected", "unknown"):
                    room.mark_extra(first, day, room.people, word)
            for word in ("notified", "no-show", "not-expected"):
                for session in room.sessions[:6]:
                    first.mark(session, {p: word for p in room.people})
                    room.saved.update((session, p, rig.PRESENCE[word]) for p in room.people)
            late = room.extra(first, room.people[:2])
            need(first.status()["waiting"] > CHAINS_MAX, "not enough ops")
            back = room.copy(first, "image")
            room.mark(first, 8)
            room.sync(first)
            room.mark(back, 20)
            room.mark_extra(back, late, room.people[2:5])
            room.sync(back, other)
            room.once()
            room.sync(first, back, other)
            room.alike(first, back, other)
    finally:
        room.centre.kill()


def fork_and_restore(tap, root):
    """The copy joins after a backup, and the centre goes back to it."""
    room = Room(os.path.join(root, "restored"))
    try:
        first, other = room.tablet, room.other
        with tap.test("restore: a number that was forked after the backup is known again"):
            room.mark(first, 10)
            first.sync()
            file = room.centre("backup")["file"]
            twin = room.copy(first, "twin")
            room.mark(first, 12)
            room.sync(first)
            room.mark(twin, 14)
            room.extra(twin, room.people[:4])
            room.sync(twin, other)
            room.centre.stop()
            room.centre("restore", file)
            room.centre.start()
            room.mark(twin, 3)
            room.sync(twin, first, other)
            room.numbers(first, twin, other)
            room.once()
            room.alike(first, twin, other)
        with tap.test("restore: a copy that speaks before the original, under its old number"):
            file = room.centre("backup")["file"]
            late = room.copy(first, "late")
            room.mark(first, 9)
            room.sync(first)
            room.centre.stop()
            room.centre("restore", file)
            room.centre.start()
            room.mark(late, 4)
            room.sync(late)
            room.sync(first, twin, other)
            room.sync(late, first, twin, other)
            room.numbers(late, first, twin, other)
            room.once()
            room.alike(late, first, twin, other)
    finally:
        room.centre.kill()


def fork_pending(tablet):
    with tablet.read() as db:
        row = db.execute("SELECT value FROM meta WHERE name = 'fork_parent'").fetchone()
    return bool(row and row[0])


def cut_and_restore(tap, root):
    """The line is cut when the copy knows that it is one and has no number yet; then the centre goes back behind the fork."""
    room = Room(os.path.join(root, "cut"))
    try:
        first, other = room.tablet, room.other
        with tap.test("restore: a fork that was found before the loss, and is joined after it"):
            room.mark(first, 5)
            first.sync()
            file = room.centre("backup")["file"]
            room.mark(first, 12)
            first.sync()
            twin = room.copy(first, "twin")
            room.mark(first, 3)
            room.sync(first)
            room.mark(twin, 4)
            for size in range(60, 600, 5):
                twin("sync", "--bytes", size)
                if fork_pending(twin):
                    break
            need(fork_pending(twin), "the line was never cut at that place")
            room.centre.stop()
            room.centre("restore", file)
            room.centre.start()
            for _ in range(3):
                twin("sync")
            room.sync(first, twin, other)
            room.numbers(first, twin, other)
            room.once()
            room.alike(first, twin, other)
    finally:
        room.centre.kill()


def image_and_restore(tap, root):
    """Only the image is left of a tablet, and the centre goes back behind the ops that the two had in common."""
    room = Room(os.path.join(root, "left"))
    try:
        first, other = room.tablet, room.other
        with tap.test("restore: ops that the image has from before the fork come back by it"):
            room.mark(first, 10)
            first.sync()
            file = room.centre("backup")["file"]
            room.mark(first, 12)
            day = room.extra(first, room.people[:3])
            first.sync()
            back = room.copy(first, "image")
            kept = room.saved.copy()
            room.mark(first, 3)                                     # these go with the tablet
            room.sync(first)
            room.saved = kept
            room.mark(back, 2)
            room.mark_extra(back, day, room.people[5:6])
            room.sync(back, other)
            need(back.no != first.no, "the image has no number of its own")
            room.centre.stop()
            room.centre("restore", file)
            room.centre.start()
            room.mark_extra(back, day, room.people[6:7])
            room.sync(back, other)
            room.once()
            room.alike(back, other)
        with tap.test("restore: and once only, when the original is found again"):
            room.saved.update((s, p, v) for s, p, v in list(first.logged().values())[-3:])
            room.sync(first, back, other)
            room.numbers(first, back, other)
            room.once()
            room.alike(first, back, other)
    finally:
        room.centre.kill()


def main():
    tap = rig.Tap()
    with rig.folder() as root:
        clone(tap, root)
        image(tap, root, "nothing new on either", 0, 0, False)
        image(tap, root, "the original went further", 20, 4, True)
        image(tap, root, "the image went further", 4, 20, True)
        image(tap, root, "only the image went on", 0, 9, True)
        long_ago(tap, root)
        fork_and_restore(tap, root)
        cut_and_restore(tap, root)
        image_and_restore(tap, root)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
