#!/usr/bin/python3
"""The demo with a history: what samlingd demo --seed says of its store is true, the store verifies and rebuilds to itself, a tablet
that joins gets all of its clinic's groups, and make demo plays its Tuesday to the end in both languages, with sums that balance."""
import datetime
import glob
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from rig import OK, need  # noqa: E402

REFUSED, USAGE = 1, 2
CLINICS, GROUPS, PARTICIPANTS, DAYS = 8, 40, 400, 365
DEMO = os.path.join(rig.ROOT, "tests", "demo.py")
MAKING_S = 60       # also on a slow machine, whose disk takes its time for each day's commit


def demo(centre, *words):
    """(exit code, output, error) of samlingd demo."""
    done = subprocess.run([rig.SAMLINGD, "demo", *map(str, words), "--home", centre.home], stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=MAKING_S, check=False, env=rig.clean_environment())
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def today():
    return datetime.datetime.now(datetime.timezone.utc).date()


def made(tap, centre, day):
    with tap.test("what makes no sense is refused, and nothing is made"):
        ahead = today() + datetime.timedelta(2)
        for words, code in ((("--seed", 0), USAGE), (("--clinics", 41), USAGE), (("--groups", 0), USAGE), (("--days", 27), USAGE),
                            (("--until", "1.1.2026"), USAGE), (("--until", ahead), REFUSED), (("--participants", 400, "--groups", 3), REFUSED)):
            got, out, err = demo(centre, *words)
            need(got == code and err and not out and not os.path.exists(centre.home), f"demo {words}: exit {got}: {out} {err}")
    with tap.test("a year of eight clinics, as it says and as it stands in the tables"):
        code, out, err = demo(centre, "--seed", 1, "--until", day, "--host", rig.HOST, "--json")
        need(code == 0, f"exit {code}: {err}")
        said = json.loads(out)
        need((said["clinics"], said["groups"], said["participants"]) == (CLINICS, GROUPS, PARTICIPANTS), f"{said}")
        tap.figure("made in ms", said["ms"])
        tap.figure("ops", said["changes"])
        tap.figure("store bytes", os.path.getsize(centre.store))
        counted(centre, said, day)
    with tap.test("a second one into the same folder is refused"):
        code, _, err = demo(centre, "--seed", 1)
        need(code == REFUSED and err, f"exit {code}")


def small(tap, root):
    with tap.test("without a word about how large: a few groups that begin today"):
        centre = rig.Centre(os.path.join(root, "small"), init=False)
        code, out, err = demo(centre)
        need(code == 0, f"exit {code}: {out} {err}")
        with centre.read() as db:
            first = (today() - datetime.date(1970, 1, 1)).days
            days = {row[0] for row in db.execute("SELECT start_day FROM enrolment")}
            need(days and days <= {first - 1, first}, f"{days}, today is {first}")      # midnight may have passed


def counted(centre, said, day):
    with centre.read() as db:
        def one(sql, *values):
            return db.execute(sql, values).fetchone()[0]
        until = (day - datetime.date(1970, 1, 1)).days
        need(one("SELECT count(*) FROM org_unit") == CLINICS and one("SELECT count(*) FROM groups") == GROUPS, "clinics, groups")
        need(one("SELECT count(*) FROM participant WHERE provisional IS NULL") == PARTICIPANTS, "participants")
        for status, name in ((1, "held"), (2, "cancelled")):
            need(one("SELECT count(*) FROM session WHERE status = ? AND day < ?", status, until) == said[name], name)
        need(one("SELECT count(*) FROM session WHERE day < ?", until) == said["sessions"] > GROUPS * DAYS / 7 * 0.7, "sessions")
        need(one("SELECT count(*) FROM attendance WHERE dead <= 0") == said["marks"], "marks")
        need(one("SELECT count(*) FROM exercise_set WHERE dead <= 0") == said["sets"] > said["marks"], "sets")
        need(one("SELECT count(*) FROM score_response") == said["forms"] > 4 * PARTICIPANTS, "forms")
        need(one("SELECT count(*) FROM conflict_case WHERE open = 1") == said["cases"] >= 3, "cases")
        need(0.70 < said["present"] / said["marks"] < 0.88, f"{said['present']} of {said['marks']}")
        need(one("SELECT count(DISTINCT kind) FROM groups") == 3 and one("SELECT count(*) FROM groups WHERE start_min >= 960") >= CLINICS,
             "kinds, evenings")
        need(one("SELECT count(DISTINCT status) FROM enrolment") >= 7, "enrolments")
        need({row[0] for row in db.execute("SELECT DISTINCT reason FROM session WHERE status = 2")} >= {1, 2, 3}, "reasons")
        need(one("SELECT count(*) FROM verdict WHERE kind IN (5, 6, 7)") == 0, "something was put aside, held or lost")
        silent = one("SELECT count(*) FROM device WHERE waiting > 0 AND last_seen_s < ? - 30 * 86400", until * 86400)
        need(silent == 1, f"{silent} tablets are silent")
        names = [row[0] for row in db.execute("SELECT name FROM participant WHERE provisional IS NULL")]
        need(len(set(names)) == PARTICIPANTS and all(name.split()[1].endswith("sen") for name in names), "names")


def whole(tap, centre):
    with tap.test("it verifies, and rebuilds to itself"):
        said = centre("verify", "--rebuild")
        need(said["wrong"] == 0 and said["tables"] > 10, f"{said}")
        need(centre("rebuild")["changed"] == 0, "rebuild ends otherwise")
        need(centre("verify")["wrong"] == 0, "after the rebuild")


def first_sync(tap, root, centre):
    with tap.test("a tablet that joins gets its clinic's groups, whole, and can mark today's people"):
        centre.start()
        tablet = centre.tablet(os.path.join(root, "tablet"), "Testnes", user="Fysioterapeut 1 Testnes")
        said = tablet.sync(codes=(OK,))
        tap.figure("rows of a first sync", said["report"]["rows_received"])
        tap.figure("bytes of a first sync", said["report"]["bytes_down"])
        with tablet.read() as db:
            own, noted = rig.tablet_sums(db), rig.tablet_noted_sums(db)
        with centre.read() as db:
            at_centre = rig.centre_sums(db)
        need(len(own) == 6 and own == noted, f"{own} {noted}")
        need(all(at_centre[scope] == sums for scope, sums in own.items() if sums[0]), "other rows than the centre's")
        groups = tablet.groups()
        need(len(groups) == GROUPS // CLINICS, f"{groups}")
        group = groups["Bevegelsesgruppe tirsdag"]
        rows = tablet.done("sessions", group)["sessions"]
        need(any(row["status"] == "held" for row in rows) and any(row["status"] == "planned" for row in rows), f"{rows}")
        coming = next(row for row in rows if row["day"] >= str(today()) and row["status"] == "planned")
        people = [int(row["participant"]) for row in tablet.done("sheet", "--session", coming["id"])["lines"]]
        need(len(people) >= 3, f"{people}")
        tablet.mark(int(coming["id"]), {person: "present" for person in people}, log=False)
        tablet.sync()
        need(centre("verify", "--rebuild")["wrong"] == 0, "after a new tablet")
    centre.stop()


STORY = {"en": ("Neither mark is lost", "is decided: Present", "It balances.", "All of it is as it should be.", "1 merged"),
         "nb": ("Ingen av dem er borte", "er avgjort: Møtt", "Det går opp.", "Alt er som det skal være.", "1 flettet")}


def played(tap, root, lang):
    with tap.test(f"make demo plays its Tuesday: {lang}"):
        place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else root
        figures = os.path.join(root, f"figures.{lang}")
        environment = {**rig.clean_environment(), "TMPDIR": place, "LANG": "nb_NO.UTF-8" if lang == "nb" else "C"}
        before = set(glob.glob(os.path.join(place, "samling-demo-*")))
        done = subprocess.run([sys.executable, DEMO, "--json", figures], capture_output=True, timeout=2 * MAKING_S, check=False, env=environment)
        out = done.stdout.decode()
        need(done.returncode == 0, f"exit {done.returncode}: {done.stderr.decode()} {out[-500:]}")
        with open(figures, encoding="utf-8") as file:
            said = json.load(file)
        need(said["saved"] == said["sent"] > 20 and said["lost"] == 0 and said["verify"] == 0, f"{said}")
        need(said["case"] not in said["open"] and len(said["open"]) >= 3, f"{said}")
        need(datetime.date.fromisoformat(said["day"]).weekday() == 1, f"{said}")
        need(all(words in out for words in STORY[lang]), f"{out}")
        need(out.count(said["person"]) >= 6 and len(out.splitlines()) < 100, f"{len(out.splitlines())} lines: {out}")
        need(set(glob.glob(os.path.join(place, "samling-demo-*"))) <= before, "it does not clean up behind it")


def main():
    tap = rig.Tap()
    with rig.folder() as root:
        centre = rig.Centre(os.path.join(root, "centre"), init=False)
        try:
            small(tap, root)
            made(tap, centre, today())
            whole(tap, centre)
            first_sync(tap, root, centre)
        finally:
            centre.kill()
        for lang in STORY:
            played(tap, root, lang)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
