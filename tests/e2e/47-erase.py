#!/usr/bin/python3
"""A person is erased: one user of the centre's machine asks, another confirms. What was said of them is gone from the store, from the
journal and from the tablets; a tablet that was offline is taken in and told; a backup from before, restored, does not bring it back.
Of everybody else nothing is lost."""
import os
import shutil
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from rig import ATTENTION, OK, need  # noqa: E402

REFUSED, USAGE = 1, 2
NAME = "Zebrafink Hemmelig"
NOTE = "Zebrafinken synger i trappa"
WHY = "vedtak 12/26"
OTHER_UID = 65534


def ask(centre, *words, uid=None, lang="en"):
    """(exit code, output, error) of a verb, as a person sees them; ${uid}: asked by that user of the machine."""
    who = {"user": uid, "group": uid, "extra_groups": []} if uid else {}
    done = subprocess.run([rig.SAMLINGD, *map(str, words), "--home", centre.home, "--lang", lang], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=rig.CALL_S, check=False, env=rig.clean_environment(), **who)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def told(centre, *words, **how):
    code, out, err = ask(centre, *words, **how)
    need(code == 0, f"samlingd {' '.join(map(str, words))}: exit {code}: {out} {err}")
    return out


def refused(centre, *words, code=REFUSED, **how):
    got, out, err = ask(centre, *words, **how)
    need(got == code and not out, f"samlingd {' '.join(map(str, words))}: exit {got}: {out} {err}")
    return err


def opened_to_others(centre):
    """Another user of the machine may ask, as a member of the group would on a real one."""
    for path in (centre.path, centre.home, os.path.dirname(centre.path)):
        os.chmod(path, 0o755)
    for folder, _, names in os.walk(centre.home):
        for name in names:
            if name.endswith(".sock"):
                os.chmod(folder, 0o755)
                os.chmod(os.path.join(folder, name), 0o666)


def others_can_ask(centre):
    try:
        return ask(centre, "clinic", "list", uid=OTHER_UID)[0] == 0
    except (PermissionError, OSError):
        return False


def files_with(centre, word):
    found = []
    for folder, _, names in os.walk(centre.home):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path) and "backup" not in path:
                with open(path, "rb") as file:
                    if word.encode() in file.read():
                        found.append(name)
    return found


def rows_of(centre, person):
    with sqlite3.connect(f"file:{centre.store}?mode=ro", uri=True) as db:
        return sum(db.execute(f"SELECT count(*) FROM {table} WHERE participant = ?", (person,)).fetchone()[0]
                   for table in ("attendance", "enrolment", "note", "score_response", "consent"))


class World:
    def __init__(self, root, centre):
        self.centre = centre
        self.clinic = centre.clinic()
        self.group, self.people = centre.group(self.clinic, "Rygg", 3)
        self.person = int(centre("participant", "add", NAME, "--group", self.group)[0]["id"])
        centre.user(self.clinic)
        self.a = centre.tablet(os.path.join(root, "a"), self.clinic)
        self.b = centre.tablet(os.path.join(root, "b"), self.clinic)
        for tablet in (self.a, self.b):
            tablet.sync()
        self.session = self.a.sessions(self.group)[0]
        self.a.mark(self.session, {self.person: "present", self.people[0]: "present"})
        self.a.done("note", self.person, NOTE)
        self.a.sync()
        self.backup = centre("backup")["file"]
        self.b.mark(self.session, {self.person: "no-show", self.people[1]: "present"})      # of the person: a case
        self.b.sync(codes=(OK, ATTENTION))
        self.a.sync(codes=(OK, ATTENTION))
        self.b.mark(self.session, {self.people[2]: "present"}, log=False)                   # kept on the tablet, with …
        self.b.done("note", self.person, NOTE + " igjen")                                   # … what comes late


def asked(tap, world):
    centre, person = world.centre, world.person
    with tap.test("one asks, and nothing is erased yet"):
        refused(centre, "erase", person, code=USAGE)
        refused(centre, "erase", "nobody", "--reason", WHY)
        refused(centre, "erase", "confirm", person)
        out = told(centre, "erase", NAME, "--reason", WHY)
        need(NAME in out and f"erase confirm {person}" in out, out)
        need(rows_of(centre, person) > 2, "rows are gone before anybody confirmed")
        need(WHY in told(centre, "erase", "list") and "asked" in told(centre, "erase", "list"), told(centre, "erase", "list"))
    with tap.test("whoever asked cannot confirm; what was asked can be taken back, and be asked again"):
        need("another person" in refused(centre, "erase", "confirm", person), "another reason")
        told(centre, "erase", "withdraw", person)
        refused(centre, "erase", "confirm", person)
        told(centre, "erase", person, "--reason", WHY)
        need(rows_of(centre, person) > 2, "rows are gone")


def confirmed(tap, world):
    centre, person = world.centre, world.person
    with tap.test("another user of the machine confirms, and it is gone from the store and from the journal"):
        need(len(files_with(centre, NOTE)) >= 1 and len(files_with(centre, NAME)) >= 2, "it was never there")
        told(centre, "erase", "confirm", person, uid=OTHER_UID)
        need(rows_of(centre, person) == 0, "rows are left")
        need(not files_with(centre, NOTE) and not files_with(centre, NAME), f"{files_with(centre, NOTE)} {files_with(centre, NAME)}")
        need("slettet" in told(centre, "erase", "list", lang="nb"), told(centre, "erase", "list", lang="nb"))
        need("erased" in refused(centre, "innsyn", person, "--reason", WHY), "innsyn finds something")
        need(WHY in told(centre, "audit", "list") or "Erased" in told(centre, "audit", "list"), told(centre, "audit", "list"))
    with tap.test("all that is left verifies, and is what the facts say"):
        told(centre, "verify", "--rebuild")
        need(not [c for c in centre("case", "list") if str(person) in str(c)], f"{centre('case', 'list')}")


def on_the_tablets(tap, world):
    centre, a, b, person = world.centre, world.a, world.b, world.person
    with tap.test("a tablet lets go of the person and keeps everybody else"):
        a.sync(codes=(OK, ATTENTION))
        people = {int(line["participant"]) for line in a.done("sheet", "--session", world.session)["lines"]}
        need(person not in people and set(world.people) <= people, f"{people}")
        need(a.sheet(world.session) == {world.people[0]: "present", world.people[1]: "present"}, f"{a.sheet(world.session)}")
    with tap.test("one that was offline sends all it has; what it says of the person is not kept, and it is told so"):
        b.sync(codes=(OK, ATTENTION))
        need(b.status()["waiting"] == 0, f"{b.status()}")
        need(b.sheet(world.session)[world.people[2]] == "present", f"{b.sheet(world.session)}")
        need("erased" in b.seen("attention", "--lang", "en")[1], b.seen("attention", "--lang", "en"))
        need(not files_with(centre, NOTE), f"{files_with(centre, NOTE)}")
        need(centre("quarantine", "list") == [], f"{centre('quarantine', 'list')}")
        told(centre, "verify", "--rebuild")


def restored(tap, world):
    centre, person = world.centre, world.person
    with tap.test("a backup from before does not bring the person back, nor do the tablets that send again what it lacks"):
        need(rows_of(centre, person) == 0, "rows are left before the restore")
        centre.stop()
        told(centre, "restore", world.backup)
        centre.start()
        need(rows_of(centre, person) == 0, "the person is back")
        need(not files_with(centre, NOTE) or files_with(centre, NOTE) == ["samling.db.before"], f"{files_with(centre, NOTE)}")
        for tablet in (world.a, world.b, world.a):
            tablet.sync(codes=(OK, ATTENTION))
        need(rows_of(centre, person) == 0, "the tablets brought the person back")
        sheet = {world.people[0]: "present", world.people[1]: "present", world.people[2]: "present"}
        need(world.a.sheet(world.session) == sheet == world.b.sheet(world.session), f"{world.a.sheet(world.session)} {world.b.sheet(world.session)}")
        told(centre, "verify", "--rebuild")


def main():
    tap = rig.Tap()
    with rig.folder() as root, rig.Centre(os.path.join(root, "centre")) as centre:
        world = World(root, centre)
        asked(tap, world)
        opened_to_others(centre)
        if os.geteuid() != 0 or not others_can_ask(centre):
            print("skip another user of the machine confirms only root can ask as somebody else, who must be able to read the program", flush=True)
            return tap.end()
        confirmed(tap, world)
        on_the_tablets(tap, world)
        restored(tap, world)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
