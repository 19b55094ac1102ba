#!/usr/bin/python3
"""Spreadsheets come in: persons at the centre, attendance on a tablet without a network. What cannot be taken is refused by its
row, a preview changes nothing, and the same file again adds nothing. With a published sheet of 1 500 bookings where it lies
beside the project, and always with small Norwegian ones."""
import collections
import csv
import datetime
import json
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from rig import ATTENTION, OK, USAGE, need  # noqa: E402

ROWS = 10           # exit code of samling import: some rows were refused
BOOKINGS = os.path.join(rig.ROOT, os.pardir, "shared", "data", "fitness_class_2212.csv")
GROUPS = {"Strength", "HIIT", "Yoga", "Aqua", "Cycling"}
BY_COLUMN = ("--group", "category", "--person", "booking_id", "--day", "day_of_week")
LISTED = 0          # evidence: from the list
TODAY = datetime.date.today()


def ask(centre, *words, code=0):
    """What a verb says as JSON, also where it refuses rows."""
    done = subprocess.run([rig.SAMLINGD, *map(str, words), "--home", centre.home, "--lang", "en", "--json"],
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=rig.CALL_S, check=False, env=rig.clean_environment())
    need(done.returncode == code, lambda: f"samlingd {words}: exit {done.returncode}: {rig.text(done.stdout + done.stderr)}")
    return json.loads(done.stdout.decode()) if done.stdout else done.stderr.decode()


def write(folder, name, content, encoding="utf-8"):
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.write(content.encode(encoding))
    return path


def refused(said):
    return {row["row"]: row["reason"] for row in said["refused"]}


def at_centre(centre):
    """(group, presence) -> marks, as the store has them; and group -> what they rest on."""
    with centre.read() as db:
        rows = db.execute("SELECT g.name, a.presence, a.evidence FROM attendance a JOIN session s ON s.id = a.session "
                          "JOIN groups g ON g.id = s.group_id WHERE a.dead <= 0").fetchall()
    evidence = {name: {row[2] for row in rows if row[0] == name} for name, _, _ in rows}
    return collections.Counter((name, presence) for name, presence, _ in rows), evidence


def size(centre):
    """What grows when the centre says something: persons, enrolments, groups, ops."""
    with centre.read() as db:
        return [db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                for table in ("participant", "enrolment", "groups", "push")]


# ---- small sheets of persons

PERSONS = ("\r\n".join(["Navn;Gruppe;Fødselsår;Merknad",
                        "Deltaker Å;Bevegelse;1961;\"første\r\nandre; tredje\"",
                        "Deltaker Ø;bevegelse;;",
                        ";Bevegelse;1970;uten navn",
                        "Deltaker Æ;Svømming;;",
                        "Deltaker Æ;Bevegelse;71;",
                        "deltaker  å;Bevegelse;1961;gjentatt",
                        "Deltaker Å;Bevegelse;1962;en annen?",
                        "",
                        "Deltaker \"Æ\";Bevegelse;;",
                        "Deltaker Æ;Bevegelse",
                        "\"Deltaker Æ\";\"Bevegelse\";1980;\"sa \"\"nei\"\"\""]) + "\r\n")
PERSONS_REFUSED = {4: "no-name", 5: "unknown-group", 6: "birth-year", 8: "differs", 10: "unreadable", 11: "unreadable"}


def persons(tap, centre, folder, encoding):
    path = write(folder, f"personer-{encoding}.csv", PERSONS, encoding)
    before = size(centre)
    with tap.test(f"persons: a preview in {encoding} says what would be made and changes nothing"):
        said = ask(centre, "participant", "import", path, code=1)
        need(refused(said) == PERSONS_REFUSED, f"{said['refused']}")
        need((said["saved"], said["persons"], said["twice"], said["ops"]) == (0, 3, 1, 6), f"{said}")
        need(said["not_imported"] == "Merknad", said["not_imported"])
        need(size(centre) == before, f"{before} became {size(centre)}")


def persons_saved(tap, centre, folder, group):
    path = write(folder, "personer.csv", PERSONS, "cp1252")
    with tap.test("persons: saved, and the same file again adds nothing"):
        said = ask(centre, "participant", "import", path, "--save", code=1)
        need((said["saved"], said["persons"], said["ops"]) == (1, 3, 6), f"{said}")
        names = {row["name"]: row["birth_year"] for row in centre("participant", "list", "--group", group)}
        need(names == {"Deltaker Å": 1961, "Deltaker Ø": 0, "Deltaker Æ": 1980}, f"{names}")
        before = size(centre)
        said = ask(centre, "participant", "import", path, "--save", code=1)
        need((said["persons"], said["there"], said["ops"]) == (0, 4, 0), f"{said}")
        need(refused(said) == {**PERSONS_REFUSED, 8: "other-birth-year"}, f"{said['refused']}")
        need(size(centre) == before, f"{before} became {size(centre)}")
    with tap.test("persons: the audit log says that it was asked, and no names"):
        lines = json.dumps(centre("audit", "list", "--last", "50"), ensure_ascii=False)
        need("participant import --save" in lines and "Deltaker" not in lines, lines)
    with tap.test("persons: columns that are not found, and files that are none, are told"):
        need("--name" in ask(centre, "participant", "import", path, "--name", "Etternavn", code=1), "the column is not named")
        need("UTF-16" in ask(centre, "participant", "import", write(folder, "u.csv", PERSONS, "utf-16"), code=1), "UTF-16")
        need("cannot be read" in ask(centre, "participant", "import", os.path.join(folder, "none.csv"), code=1), "no file")
        need("8 MB" in ask(centre, "participant", "import", write(folder, "big.csv", "x" * (8 << 20 | 1)), code=1), "8 MB")
        broken = write(folder, "nul.csv", "navn;gruppe\nA\0B;Bevegelse\n")
        need(refused(ask(centre, "participant", "import", broken, code=1)) == {2: "unreadable"}, "a NUL")
        need("--clinic" in ask(centre, "participant", "import", path, "--make-groups", code=1), "groups of no clinic")


# ---- a small sheet of attendance

def attendance_sheet(day):
    before = day - datetime.timedelta(days=3)
    return "\n".join(["Gruppe;Deltaker;Dato;Oppmøte;Vekt",
                      f"Bevegelse;deltaker å;{day.isoformat()};x;80",
                      f"Bevegelse;Deltaker Ø;{day.day}.{day.month}.{day.year};nei;",
                      f"Bevegelse;Deltaker Æ;{day.isoformat()};;",
                      f"bevegelse;Deltaker Å;{before.isoformat()};Møtt;",
                      f"Bevegelse;Deltaker Ø;{before.isoformat()};\"ja\";\"en\nto\"",
                      f"Bevegelse;Deltaker Ø;{before.isoformat()};0;",
                      f"Bevegelse;Deltaker Ø;{before.isoformat()};1;",
                      f"Bevegelse;Deltaker Ny;{before.isoformat()};ja;",
                      f"Bevegelse;Deltaker Borte;{before.isoformat()};nei;",
                      f"Svømming;Deltaker Å;{day.isoformat()};1;",
                      "Bevegelse;Deltaker Å;onsdag;1;",
                      f"Bevegelse;Deltaker Å;{(day + datetime.timedelta(days=2)).isoformat()};1;",
                      "Bevegelse;Deltaker Å;2020-01-01;1;",
                      f"Bevegelse;Deltaker Å;{day.isoformat()};kanskje;"]) + "\n"


SHEET_REFUSED = {7: "differs", 9: "not-in-group", 10: "not-in-group", 11: "unknown-group", 12: "no-week", 13: "future",
                 14: "past", 15: "attended"}


def attendance(tap, centre, tablet, folder, group):
    path = write(folder, "oppmote.csv", attendance_sheet(TODAY), "utf-8-sig")
    planned = tablet.done("sessions", group)["sessions"]
    with tap.test("attendance: a preview changes nothing"):
        said = tablet.done("import", path, codes=(ROWS,))
        need(refused(said) == SHEET_REFUSED, f"{said['refused']}")
        need((said["marks"], said["present"], said["saved"]) == (4, 3, 0), f"{said}")
        need((said["twice"], said["blank"], said["sessions"], said["sessions_made"]) == (1, 1, 2, 1), f"{said}")
        need(said["not_imported"] == "Vekt", said["not_imported"])
        need(tablet.status()["saved"] == 0 and tablet.done("sessions", group)["sessions"] == planned, "something was saved")
    with tap.test("attendance: saved without a network, in the planned session and in one that is made"):
        said = tablet.done("import", path, "--save", codes=(ROWS,))
        need((said["marks"], said["saved"], tablet.status()["saved"]) == (4, 4, 5), f"{said}")
        now = tablet.done("sessions", group)["sessions"]
        need(len(now) == len(planned) + 1, f"{now}")
        again = tablet.done("import", path, "--save", codes=(ROWS,))
        need((again["marks"], again["there"], again["saved"], again["sessions_made"]) == (0, 4, 0, 0), f"{again}")
        need(tablet.status()["saved"] == 5, "the same file saved something")
    with tap.test("attendance: who is not in the group and came can be a walk-in, once"):
        said = tablet.done("import", path, "--save", "--walk-in", codes=(ROWS,))
        need(refused(said) == {**{r: why for r, why in SHEET_REFUSED.items() if r != 9}, 10: "absent-stranger"}, f"{said['refused']}")
        need((said["walk_ins"], said["saved"]) == (1, 1), f"{said}")
        said = tablet.done("import", path, "--save", "--walk-in", codes=(ROWS,))
        need((said["walk_ins"], said["there"], said["saved"]) == (0, 5, 0), f"{said}")
    with tap.test("attendance: what is marked by hand is not changed by a list"):
        session = next(int(row["id"]) for row in planned if row["day"] == TODAY.isoformat())
        tablet.done("mark", "--session", session, "Deltaker Ø=notified")
        said = tablet.done("import", path, "--save", codes=(ROWS,))
        need(refused(said) == {**{r: why for r, why in SHEET_REFUSED.items() if r != 9}, 3: "marked-otherwise"}, f"{said['refused']}")
        need(said["saved"] == 0 and "notified" in tablet.sheet(session).values(), "the mark is gone")
    with tap.test("attendance: what is wrong with the command is told"):
        need(tablet("import", path, "--week", "2026-W54")[0] == USAGE, "week 54")
        need(tablet("import", path, "--person", "Pasient")[0] == USAGE, "a column that is not there")
        need(tablet("import", os.path.join(folder, "none.csv"))[0] == rig.ERROR, "no file")
    with tap.test("attendance: it arrives at the centre"):
        tablet.sync(codes=(OK, ATTENTION))
        marks, _ = at_centre(centre)
        need(marks == {("Bevegelse", 1): 4, ("Bevegelse", 2): 1}, f"{marks}")


# ---- 1 500 bookings that nobody here made

def bookings():
    with open(BOOKINGS, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def expected(rows):
    """(group, presence) -> marks, counted without samling."""
    return collections.Counter((row["category"], 1 if row["attended"] == "1" else 3) for row in rows if row["category"] in GROUPS)


def bookings_persons(tap, centre, clinic, rows):
    words = ("participant", "import", BOOKINGS, "--name", "booking_id", "--group", "category", "--clinic", clinic, "--make-groups")
    wrong = {i for i, row in enumerate(rows, 2) if row["category"] not in GROUPS and row["category"] == ""}
    with tap.test("bookings: the persons of five groups"):
        before = size(centre)
        said = ask(centre, *words, code=1)
        need(size(centre) == before, "the preview made something")
        need((said["saved"], said["persons"], said["groups_made"], said["ops"]) == (0, 1487, 5, 2979), f"{said}")
        need(set(refused(said)) == wrong and set(refused(said).values()) == {"no-group"} and len(wrong) == 13, f"{said['refused']}")
        need({row["group"] for row in said["warnings"]} == GROUPS, f"{said['warnings']}")
        need("weight" in said["not_imported"], said["not_imported"])
        started = time.monotonic()
        said = ask(centre, *words, "--save", code=1)
        tap.figure("seconds for 1 487 persons", round(time.monotonic() - started, 2))
        need((said["saved"], said["persons"], said["groups_made"]) == (1, 1487, 5), f"{said}")
    with tap.test("bookings: the same persons again are there"):
        before = size(centre)
        said = ask(centre, *words, "--save", code=1)
        need((said["persons"], said["groups_made"], said["there"], said["ops"]) == (0, 0, 1487, 0), f"{said}")
        need(size(centre) == before, f"{before} became {size(centre)}")


def bookings_attendance(tap, centre, tablet, rows):
    year, week, _ = (TODAY - datetime.timedelta(days=7)).isocalendar()
    words = ("import", BOOKINGS, *BY_COLUMN, "--week", f"{year}-W{week:02}")
    start = tablet.status()["saved"]
    sessions = 0
    with tap.test("bookings: the preview"):
        said = tablet.done(*words, codes=(ROWS,))
        sessions = said["sessions_made"]
        need((said["marks"], said["present"], said["saved"], len(said["refused"])) == (1487, 452, 0, 13), f"{said}")
        need(tablet.status()["saved"] == start, "the preview saved something")
    with tap.test("bookings: stopped in the middle, and gone on with"):
        process = tablet.begin(*words, "--save")
        end = time.monotonic() + 30
        while process.poll() is None and time.monotonic() < end and not part_saved(tablet):
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        process.wait(30)
        part = tablet.status()["saved"] - start
        tap.figure("saved when it was stopped", part)
        started = time.monotonic()
        said = tablet.done(*words, "--save", codes=(ROWS,))
        tap.figure("seconds for the other marks", round(time.monotonic() - started, 2))
        need(tablet.status()["saved"] - start == 1487 + sessions, f"{part} + {said['saved']} of {1487 + sessions}")
    with tap.test("bookings: the same file again saves nothing"):
        said = tablet.done(*words, "--save", codes=(ROWS,))
        need((said["marks"], said["there"], said["saved"]) == (0, 1487, 0), f"{said}")
        need(tablet.status()["saved"] - start == 1487 + sessions, "something was saved")
    with tap.test("bookings: 1 487 arrive, per group as the sheet has them"):
        tablet.sync("--deadline", "60", codes=(OK, ATTENTION))
        marks, evidence = at_centre(centre)
        need(all(evidence[group] == {LISTED} for group in GROUPS), f"{evidence}")
        got = collections.Counter({key: n for key, n in marks.items() if key[0] in GROUPS})
        need(got == expected(rows), f"{got} and not {expected(rows)}")
        total = collections.Counter(presence for key, n in got.items() for presence in [key[1]] * n)
        tap.figure("present, no-show", (total[1], total[3]))
        need(total == {1: 452, 3: 1035}, f"{total}")
    with tap.test("bookings: nor does it after the sync"):
        said = tablet.done(*words, "--save", codes=(ROWS,))
        need((said["marks"], said["there"], said["saved"], said["sessions_made"]) == (0, 1487, 0, 0), f"{said}")


def part_saved(tablet):
    """Is there a mark on the tablet's disk? Seen from outside: the log of its store has grown."""
    try:
        return os.path.getsize(tablet.store + "-wal") > 100000
    except OSError:
        return False


def whole(tap, centre):
    with tap.test("the store verifies, and rebuilds to itself"):
        centre.stop()
        code = subprocess.run([rig.SAMLINGD, "verify", "--rebuild", "--home", centre.home], stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=rig.CALL_S, check=False, env=rig.clean_environment())
        need(code.returncode == 0, f"verify: {rig.text(code.stdout + code.stderr)}")


def main():
    tap = rig.Tap()
    with rig.folder() as root:
        centre = rig.Centre(os.path.join(root, "centre"))
        try:
            clinic = centre.clinic()
            group, _ = centre.group(clinic, "Bevegelse", 0, weekday=TODAY.isoweekday(), first=TODAY.isoformat())
            centre.user(clinic, "Kari")
            persons(tap, centre, root, "cp1252")        # beside no server
            centre.start()
            persons(tap, centre, root, "utf-8-sig")     # through one
            persons_saved(tap, centre, root, group)
            tablet = centre.tablet(os.path.join(root, "tablet"), clinic)
            tablet.sync(codes=(OK, ATTENTION))
            attendance(tap, centre, tablet, root, group)
            if os.path.exists(BOOKINGS):
                rows = bookings()
                bookings_persons(tap, centre, clinic, rows)
                tablet.sync("--deadline", "60", codes=(OK, ATTENTION))
                bookings_attendance(tap, centre, tablet, rows)
            else:
                print("skip bookings the published sheet of 1 500 bookings does not lie beside the project: ../shared/data", flush=True)
            whole(tap, centre)
        finally:
            centre.kill()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
