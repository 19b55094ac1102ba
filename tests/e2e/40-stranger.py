#!/usr/bin/python3
"""Goal: a tablet written from the specification alone and the C tablet are two tablets of one clinic: each marks, both
sync, each sees the other's marks, and what they hold is what the centre holds, by its checksums."""
import datetime
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "stranger"))
sys.path.insert(0, os.path.join(ROOT, "tests", "golden"))
import check  # noqa: E402
import client  # noqa: E402
import transcript  # noqa: E402
from centre import SAMLING, Centre  # noqa: E402
from client import pb  # noqa: E402

PRESENCE = {"present": pb.PRESENT, "notified": pb.NOTIFIED_ABSENCE, "no-show": pb.NO_SHOW}


class CTablet:
    """The command line tablet with a store of its own."""

    def __init__(self, centre, clinic, user):
        self.folder = tempfile.mkdtemp(prefix="samling-tablet-")
        self.user = user
        self("join", centre.invite(clinic, "C"), exits=(0, 3))
        number = max(row["device_no"] for row in centre("device", "list") if row["label"] == "C" or row["state"] == "pending")
        centre("device", "approve", str(number), "--yes")

    def __call__(self, *words, exits=(0,)):
        command = [SAMLING, "--store", os.path.join(self.folder, "store"), "--key-file", os.path.join(self.folder, "key"), "--lang", "en",
                   "--user", str(self.user), "--json", *words]
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
        if done.returncode not in exits:
            raise AssertionError(f"samling {' '.join(words)}: exit {done.returncode}: {done.stdout.decode()} {done.stderr.decode()}")
        return json.loads(done.stdout)

    def sheet(self, session):
        """{participant: presence number} of the marked ones."""
        lines = self("sheet", "--session", str(session))["lines"]
        return {int(line["participant"]): PRESENCE[line["presence"]] for line in lines if line["presence"] in PRESENCE}

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def marks_of(device, session):
    return {key[1]: row.presence for key, row in device.of(8).items() if key[0] == session}


def scopes_at_centre(centre):
    """{scope: (rows, sum)} as the centre's store has them."""
    store = sqlite3.connect(f"file:{os.path.join(centre.home, 'data', 'samling.db')}?mode=ro", uri=True, timeout=10)
    try:
        return {row[0]: (row[1], row[2] & client.U64) for row in store.execute("SELECT id, rows, sum FROM scope")}
    finally:
        store.close()


class Story:
    def __init__(self, centre):
        self.centre = centre
        today = datetime.date.today()
        self.clinic = centre("clinic", "add", "Porsgrunn")["id"]
        self.groups = [centre("group", "add", "--clinic", str(self.clinic), "--name", name, "--weekday", str(today.isoweekday()),
                              "--first", today.isoformat())["id"] for name in ("Rygg", "Nakke")]
        self.people = [row["id"] for row in centre("participant", "add", "--count", "12", "--group", str(self.groups[0]))]
        centre("participant", "enrol", *(str(person) for person in self.people[:3]), "--group", str(self.groups[1]))
        self.user = centre("user", "add", "--clinic", str(self.clinic), "--name", "Kari")["id"]
        self.stranger = centre.tablet(self.clinic, "stranger")
        self.tablet = CTablet(centre, self.clinic, self.user)
        self.stranger.sync()
        self.tablet("sync")
        self.session = min((row.day, key[0]) for key, row in self.stranger.of(9).items() if row.group == self.groups[0])[1]

    def mark(self, people, presence):
        for person in people:
            row = pb.Attendance(session=self.session, participant=person, presence=presence, evidence=pb.TAPPED)
            self.stranger.write(row, self.user)

    def test_fill(self):
        """The stranger's first fill holds what the centre holds, scope by scope."""
        mine = {scope: self.stranger.sums(scope) for scope in self.stranger.scopes}
        theirs = {scope: sums for scope, sums in scopes_at_centre(self.centre).items() if scope in mine}
        assert mine == theirs, f"{mine} at the stranger, {theirs} at the centre"
        assert set(mine) == {self.clinic, *self.groups}, "its clinic and the groups of it"
        assert len(self.stranger.of(12)) == 12 and len(self.stranger.of(10)) == 15

    def test_both_mark(self):
        """Six marks of each, offline; then both sync; each sees all twelve."""
        self.mark(self.people[:6], pb.PRESENT)
        for person in self.people[6:]:
            self.tablet("mark", "--session", str(self.session), str(person), "notified")
        self.stranger.sync()
        self.tablet("sync")
        self.stranger.sync()
        want = {person: pb.PRESENT if i < 6 else pb.NOTIFIED_ABSENCE for i, person in enumerate(self.people)}
        assert marks_of(self.stranger, self.session) == want, f"stranger: {marks_of(self.stranger, self.session)}"
        assert self.tablet.sheet(self.session) == want, f"C: {self.tablet.sheet(self.session)}"

    def test_informed_change(self):
        """Whoever has seen the other's mark may change it: no case, the same on both."""
        self.mark([self.people[8]], pb.NO_SHOW)
        self.stranger.sync()
        self.tablet("sync")
        self.tablet("mark", "--session", str(self.session), str(self.people[1]), "no-show")
        self.tablet("sync")
        self.stranger.sync()
        mine = marks_of(self.stranger, self.session)
        assert mine == self.tablet.sheet(self.session)
        assert mine[self.people[8]] == pb.NO_SHOW and mine[self.people[1]] == pb.NO_SHOW
        assert not self.stranger.verdicts, f"{self.stranger.verdicts}"
        assert self.centre.status()["cases"] == 0

    def test_dispute(self):
        """Neither had seen the other: both see the same value, and the later one is told of a case."""
        person = self.people[10]
        self.mark([person], pb.PRESENT)
        self.tablet("mark", "--session", str(self.session), str(person), "no-show")
        self.tablet("sync", exits=(0, 4))
        self.stranger.sync()
        self.tablet("sync", exits=(0, 4))
        verdict = self.stranger.verdicts.get(len(self.stranger.ops))
        assert verdict and verdict.kind == pb.CASE, f"{verdict}"
        mine = marks_of(self.stranger, self.session)
        assert mine == self.tablet.sheet(self.session) and mine[person] == pb.PRESENT

    def test_session_of_each(self):
        """A session that one makes is on the other's list with its id."""
        day = (datetime.date.today() - datetime.date(1970, 1, 1)).days + 1
        row = pb.Session(id=self.stranger.mint(), group=self.groups[1], day=day, planned=0, status=pb.PLANNED, start_min=600, end_min=660)
        self.stranger.write(row, self.user, kind=pb.CREATE)
        self.stranger.sync()
        self.tablet("sync", exits=(0, 4))
        listed = [int(session["id"]) for session in self.tablet("sessions", str(self.groups[1]))["sessions"]]
        assert row.id in listed, f"{row.id} in {listed}"

    def test_copy_is_found(self):
        """The counter of a copied store, and then its history, do not fit: STALE first, FORK later."""
        other = client.Device(self.stranger.host, self.stranger.port, self.stranger.pin, key=self.stranger.key)
        other.device_no = self.stranger.device_no
        try:
            other.hello()
        except client.Refused as refused:
            assert refused.code == pb.FORK, f"{refused}"
            assert refused.error.expected == 1 and client.of_fixed(refused.error.chain[0]) == self.stranger.chains[1]
        else:
            raise AssertionError("a copy was welcomed")
        finally:
            other.close()
        self.stranger.sync()    # answers STALE by itself

    def test_restart(self):
        """After a restart of the centre nothing is sent twice and the sums still agree."""
        ops = self.centre.status()["ops"]
        assert self.centre.stop() == 0
        self.centre.start()
        self.stranger.sync()
        self.tablet("sync", exits=(0, 4))
        assert self.centre.status()["ops"] == ops

    def test_sums(self):
        """At the end the stranger's checksums are the centre's in every scope, and it never had to repair one."""
        self.stranger.sync()
        mine = {scope: self.stranger.sums(scope) for scope in self.stranger.scopes}
        theirs = {scope: sums for scope, sums in scopes_at_centre(self.centre).items() if scope in mine}
        assert mine == theirs, f"{mine} at the stranger, {theirs} at the centre"
        assert self.stranger.repairs == 0
        again = self.tablet("sync", exits=(0, 4))["report"]
        assert again["rows_received"] == 0, f"the C tablet still receives: {again}"
        self.stranger.connect()
        self.stranger.hello()
        assert all(self.stranger.verify().values())
        self.stranger.close()


def pinned(differences):
    assert not differences, f"{differences} differences"


def attempt(name, act):
    try:
        act()
    except Exception as error:      # each test is reported, the others go on
        print(f"not ok {name}: {type(error).__name__}: {error}")
        return 1
    print(f"ok {name}")
    return 0


def main():
    bad = attempt("pinned messages", lambda: pinned(check.check()))
    bad += attempt("pinned transcript", lambda: pinned(transcript.check()))
    with Centre() as centre:
        story = Story(centre)
        for name in ("fill", "both_mark", "informed_change", "dispute", "session_of_each", "copy_is_found", "restart", "sums"):
            bad += attempt(name.replace("_", " "), getattr(story, f"test_{name}"))
        if bad:
            print(centre.log())
        story.tablet.close()
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
