#!/usr/bin/python3
"""Goal: a tablet whose program is older than the centre's goes on with all that it knows. It is sent no row that it could not name, its
checksums agree at once and it fills nothing twice, whatever newer tablets write, change and remove; upgraded, it holds all of it."""
import datetime
import os
import sqlite3
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "stranger"))
import client  # noqa: E402
from centre import Centre  # noqa: E402
from client import SINCE, pb  # noqa: E402

TODAY = (datetime.date.today() - datetime.date(1970, 1, 1)).days
NOTE, CONTACT, EXERTION, LEADER = 20, 21, 23, 27


def need(good, what):
    if not good:
        raise AssertionError(what)


class Story:
    def __init__(self, centre):
        self.centre = centre
        today = datetime.date.today()
        self.clinic = centre("clinic", "add", "Porsgrunn")["id"]
        self.groups = [centre("group", "add", "--clinic", str(self.clinic), "--name", name, "--weekday", str(today.isoweekday()),
                              "--first", today.isoformat())["id"] for name in ("Rygg", "Nakke")]
        self.people = [row["id"] for row in centre("participant", "add", "--count", "6", "--group", str(self.groups[0]))]
        centre("participant", "enrol", str(self.people[0]), str(self.people[1]), "--group", str(self.groups[1]))
        self.user = centre("user", "add", "--clinic", str(self.clinic), "--name", "Kari")["id"]
        self.newer = centre.tablet(self.clinic, "newer")
        self.older = [centre.tablet(self.clinic, f"schema {schema}", schema=schema) for schema in (1, 2)]
        self.newer.sync()
        self.session = min((row.day, key[0]) for key, row in self.newer.of(9).items() if row.group == self.groups[0])[1]

    # -- what the newer tablet writes

    def create(self, row):
        self.newer.write(row, self.user, kind=pb.CREATE)
        return row.id

    def note(self, person, text):
        return self.create(pb.Note(id=self.newer.mint(), participant=person, author=self.user, role=1, day=TODAY, text=text))

    def rating(self, person):
        return self.create(pb.Exertion(id=self.newer.mint(), session=self.session, participant=person, scale=0, moment=1,
                                       value_tenths=130, evidence=pb.TAPPED))

    def mark(self, tablet, person, presence):
        tablet.write(pb.Attendance(session=self.session, participant=person, presence=presence, evidence=pb.TAPPED), self.user)

    def write_all(self):
        self.notes = [self.note(person, f"Verre i trapp {i}.") for i, person in enumerate(self.people) for _ in range(3)]
        self.ratings = [self.rating(person) for person in self.people]
        self.contact = self.create(pb.Contact(id=self.newer.mint(), participant=self.people[0], day=TODAY, minutes=30))
        self.create(pb.WorkStatus(id=self.newer.mint(), participant=self.people[1], day=TODAY, status=1))
        self.create(pb.PsfsActivity(id=self.newer.mint(), participant=self.people[1], ordinal=1, words="Gå i trapp"))
        self.newer.write(pb.SessionLeader(session=self.session, user=self.user, role=1), self.user)
        self.mark(self.newer, self.people[0], pb.PRESENT)
        self.newer.sync()

    # -- what must be so

    def agrees(self, tablet):
        """It synced without a repair, was sent nothing it does not know, and each of its scopes has the centre's sum."""
        tablet.connect()
        tablet.hello()
        told = tablet.verify()
        tablet.close()
        need(told and all(told.values()), f"{tablet.label}: sums that differ: {told}")
        need(tablet.repairs == 0, f"{tablet.label}: {tablet.repairs} repairs")
        need(tablet.unknown == 0, f"{tablet.label}: {tablet.unknown} rows came that it cannot know")
        mine = {place: row for place, row in tablet.rows.items()}
        want = {place: row for place, row in self.newer.rows.items() if SINCE[place[0]] <= tablet.schema}
        need(mine == want, f"{tablet.label}: {sorted(set(mine) ^ set(want))[:5]} differ")

    def sync_older(self):
        for tablet in self.older:
            tablet.sync()
            self.agrees(tablet)

    def test_first_fill(self):
        """A first fill beside notes, contacts, ratings and leaders."""
        self.write_all()
        need(len(self.newer.of(NOTE)) == 18 and len(self.newer.of(EXERTION)) == 6 and len(self.newer.of(LEADER)) == 1, "not written")
        self.sync_older()
        need(all(len(tablet.of(12)) == 6 and len(tablet.of(8)) == 1 for tablet in self.older), "the rows that it knows")

    def test_nothing_but_newer(self):
        """A run in which nothing happened but what it does not know."""
        self.note(self.people[0], "Tåler knebøy med støtte.")
        self.newer.sync()
        self.sync_older()

    def test_changed_and_removed(self):
        """Changed, removed, and marks of both sides between."""
        self.newer.write(pb.Contact(id=self.contact, work_focus=1), self.user)
        self.newer.write(pb.Note(id=self.notes[0]), self.user, kind=pb.TOMBSTONE)
        self.newer.write(pb.Exertion(id=self.ratings[0]), self.user, kind=pb.TOMBSTONE)
        self.newer.write(pb.SessionLeader(session=self.session, user=self.user), self.user, kind=pb.TOMBSTONE)
        self.mark(self.newer, self.people[1], pb.PRESENT)
        self.mark(self.older[1], self.people[2], pb.NO_SHOW)
        self.newer.sync()
        self.older[1].sync()
        self.newer.sync()
        need(not self.newer.of(LEADER) and len(self.newer.of(NOTE)) == 18, "not removed")
        self.sync_older()
        need(all(len(tablet.of(8)) == 3 for tablet in self.older), "marks of both")

    def test_moved(self):
        """A person enters another group with all that was written of them."""
        self.centre("participant", "enrol", str(self.people[3]), "--group", str(self.groups[1]))
        self.newer.sync()
        self.sync_older()

    def test_centre_counts_all(self):
        """What the centre itself keeps of each scope counts every row, as the newer tablet does."""
        store = sqlite3.connect(f"file:{os.path.join(self.centre.home, 'data', 'samling.db')}?mode=ro", uri=True, timeout=10)
        kept = {row[0]: (row[1], row[2] & client.U64) for row in store.execute("SELECT id, rows, sum FROM scope")}
        store.close()
        self.agrees(self.newer)
        for scope in self.newer.scopes:
            need(self.newer.sums(scope) == kept[scope], f"scope {scope:x}")
        need(self.older[1].sums(self.groups[0])[0] < kept[self.groups[0]][0], "nothing was left out")

    def test_upgraded(self):
        """The same tablets with the newer program hold all of it."""
        for tablet in self.older:
            tablet.upgrade()
        self.sync_older()
        need(all(len(tablet.of(NOTE)) == 18 for tablet in self.older), "the notes")


def attempt(name, act):
    try:
        act()
    except Exception as error:      # each test is reported, the others go on
        print(f"not ok {name}: {type(error).__name__}: {error}")
        return 1
    print(f"ok {name}")
    return 0


def main():
    bad = 0
    with Centre() as centre:
        story = Story(centre)
        for name in ("first_fill", "nothing_but_newer", "changed_and_removed", "moved", "centre_counts_all", "upgraded"):
            bad += attempt(name.replace("_", " "), getattr(story, f"test_{name}"))
        if bad:
            print(centre.log())
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
