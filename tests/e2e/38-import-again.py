#!/usr/bin/python3
"""A sheet of attendance is imported again: after kill -9 in the middle, as next week's longer one, after marks by hand, on a second
tablet that had no network either. Nobody is marked twice, nobody who walked in becomes two persons, nothing is changed behind
anybody's back, and what two tablets made twice is a case. Sheets as large as they may be are read in seconds."""
import argparse
import collections
import datetime
import os
import random
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from rig import ATTENTION, OK, USAGE, need  # noqa: E402

ROWS = 10           # exit code of samling import: some rows were refused
TODAY = datetime.date.today()
DAYS = 12           # sessions of the sheet that is killed
PEOPLE = 40
GUESTS = 5
KILLS = 12
LARGE = 100000      # rows, as many as a sheet may have


def day(back):
    return (TODAY - datetime.timedelta(days=back)).isoformat()


def sheet(folder, name, rows, encoding="utf-8"):
    path = os.path.join(folder, name)
    with open(path, "w", encoding=encoding, newline="") as file:
        file.write("Gruppe;Deltaker;Dato;Tid;Oppmøte\r\n" + "".join(";".join(row) + "\r\n" for row in rows))
    return path


def reasons(said):
    return {row["row"]: row["reason"] for row in said["refused"]}


def marks_at_centre(centre, group):
    """(day, name, presence) -> how often it stands there"""
    with centre.read() as db:
        return collections.Counter(db.execute(
            "SELECT s.day, p.name, a.presence FROM attendance a JOIN session s ON s.id = a.session JOIN participant p ON p.id = a.participant "
            "WHERE s.group_id = ? AND a.dead <= 0 AND s.dead <= 0", (group,)).fetchall())


def persons(centre, like):
    with centre.read() as db:
        return [name for name, in db.execute("SELECT name FROM participant WHERE name LIKE ? AND dead <= 0 ORDER BY name", (like,))]


def world_rows(days):
    """Everybody of the group and some guests, each day."""
    rows = []
    for back in days:
        rows += [("Drept", f"Deltaker Drept {n:03}", day(back), "", "x" if n % 3 else "nei") for n in range(1, PEOPLE + 1)]
        rows += [("drept", f"Gjest {n}", day(back), "", "ja") for n in range(GUESTS)]
    return rows


# ---- killed

def written(tablet):
    """When the store's log was last written: it is with each slice that is saved."""
    try:
        return os.stat(tablet.store + "-wal").st_mtime_ns
    except OSError:
        return 0


def kill_once(tablet, words, dice, writes):
    """kill -9 when the store's log has been seen to be written so often, and a little later. False: it had ended by itself."""
    last = written(tablet)
    process = tablet.begin(*words)
    end = time.monotonic() + 20
    while process.poll() is None and writes and time.monotonic() < end:
        now = written(tablet)
        writes -= now != last
        last = now
        time.sleep(0.0002)
    time.sleep(dice.random() * 0.002)
    was_running = process.poll() is None
    process.kill()
    process.wait()
    return was_running


def killed(tap, centre, tablet, folder, group, dice):
    path = sheet(folder, "drept.csv", world_rows(range(DAYS)))
    words = ("import", path, "--save", "--walk-in")
    wanted = DAYS * (PEOPLE + GUESTS)
    hits, saved = 0, []
    with tap.test(f"killed {KILLS} times in the middle, and gone on with: each mark once, each guest one person"):
        for i in range(KILLS):
            hits += kill_once(tablet, words, dice, dice.randrange(1, 6))
            saved.append(int(tablet.status()["saved"]))
        need(saved == sorted(saved), f"{saved}")
        tap.figure("kills that hit it", hits)
        need(hits > KILLS // 3, f"only {hits} kills hit it")
        tap.figure("saved after each kill", saved)
        said = tablet.done(*words)
        need(said["refused_count"] == 0, f"{said}")
        again = tablet.done(*words)
        need((again["marks"], again["there"], again["saved"], again["sessions_made"]) == (0, wanted, 0, 0), f"{again}")
        ops = DAYS - 1 + wanted + GUESTS        # one session is planned; a guest is made once
        need(int(tablet.status()["saved"]) == ops, f"{tablet.status()['saved']} ops and not {ops}")
    with tap.test("… and so at the centre"):
        tablet.sync("--deadline", "60", codes=(OK, ATTENTION))
        marks = marks_at_centre(centre, group)
        need(len(marks) == wanted and set(marks.values()) == {1}, f"{len(marks)} of {wanted}, {marks.most_common(3)}")
        need(persons(centre, "Gjest%") == [f"Gjest {n}" for n in range(GUESTS)], f"{persons(centre, 'Gjest%')}")


def longer(tap, centre, tablet, folder):
    rows = world_rows(range(DAYS)) + [("Drept", "gjest  1", day(DAYS), "", "1"), ("Drept", "Gjest 2", day(DAYS + 1), "", "1"),
                                      ("Drept", "Gjest 2", day(DAYS), "", "0")]
    with tap.test("next week's sheet has the guests of the last one: the same persons"):
        path = sheet(folder, "lengre.csv", rows)
        said = tablet.done("import", path, "--save", "--walk-in", codes=(ROWS,))
        need((said["walk_ins"], said["saved"], said["sessions_made"]) == (2, 2, 2), f"{said}")
        need(reasons(said) == {len(rows) + 1: "absent-stranger"}, f"{said['refused']}")
        tablet.sync(codes=(OK, ATTENTION))
        need(persons(centre, "Gjest%") == [f"Gjest {n}" for n in range(GUESTS)], f"{persons(centre, 'Gjest%')}")
        again = tablet.done("import", path, "--save", "--walk-in", codes=(ROWS,))
        need((again["marks"], again["saved"]) == (0, 0), f"{again}")


def by_hand(tap, tablet, folder, group):
    rows = [("Drept", "Deltaker Drept 001", day(20), "", "ja"), ("Drept", "Deltaker Drept 002", day(20), "", "nei")]
    path = sheet(folder, "hand.csv", rows)
    with tap.test("marked by hand between two imports: as the hand says"):
        tablet.done("import", path, "--save")
        session = next(int(row["id"]) for row in tablet.done("sessions", group)["sessions"] if row["day"] == day(20))
        tablet.done("mark", "--session", session, "Deltaker Drept 001=no-show", "Deltaker Drept 002=unknown")
        before, saved = tablet.sheet(session), tablet.status()["saved"]
        said = tablet.done("import", path, "--save", codes=(ROWS,))
        need(reasons(said) == {2: "marked-otherwise", 3: "marked-otherwise"}, f"{said}")
        need(tablet.sheet(session) == before and tablet.status()["saved"] == saved, "the hand's mark is gone")


def one_session_of_two_times(tap, tablet, folder):
    """A session without a time fits every time of the day: two times in the sheet would both be that one."""
    with tap.test("two times in the sheet and one session that has none: not guessed which is meant"):
        rows = [("Uten", "Deltaker Uten 001", day(0), "10:00", "ja"), ("Uten", "Deltaker Uten 001", day(0), "14:00", "nei")]
        path = sheet(folder, "tider.csv", rows)
        saved = tablet.status()["saved"]
        said = tablet.done("import", path, "--save", codes=(ROWS,))
        need(reasons(said) == {2: "vague-time", 3: "vague-time"}, f"{said}")
        need(tablet.status()["saved"] == saved, "something was saved")
        said = tablet.done("import", sheet(folder, "tid.csv", rows[:1]), "--save")
        need((said["saved"], said["sessions_made"]) == (1, 0), f"{said}")


def two_tablets(tap, centre, a, b, folder, group):
    rows = [("Begge", f"Deltaker Begge {n:03}", day(back), "", "x" if n % 2 else "nei") for back in (0, 1, 2) for n in range(1, 6)]
    rows += [("Begge", "Gjest Begge", day(0), "", "ja")]
    path = sheet(folder, "begge.csv", rows)
    with tap.test("imported on two tablets without a network: the planned session once, each made twice is a case, so is the guest"):
        for tablet in (a, b):
            said = tablet.done("import", path, "--save", "--walk-in")
            need((said["saved"], said["sessions_made"]) == (16, 2), f"{said}")
        for tablet in (a, b, a, b):
            tablet.sync(codes=(OK, ATTENTION))
        marks = marks_at_centre(centre, group)
        planned = [n for (when, name, _), n in marks.items() if when == (TODAY - datetime.date(1970, 1, 1)).days and "Gjest" not in name]
        need(planned == [1] * 5, f"{marks}")
        with centre.read() as db:
            cases = collections.Counter(rule for rule, in db.execute("SELECT rule FROM conflict_case WHERE open = 1"))
        need(cases == {3: 2, 5: 1}, f"{cases}")
    with tap.test("… and again on both after the sync it adds nothing"):
        for tablet in (a, b):
            saved = tablet.status()["saved"]
            said = tablet.done("import", path, "--save", "--walk-in", codes=(ROWS,))
            need(said["saved"] == said["sessions_made"] == 0 and tablet.status()["saved"] == saved, f"{said}")
            need(collections.Counter(reasons(said).values()) == {"ambiguous-session": 10, "ambiguous-person": 1}, f"{reasons(said)}")


# ---- large and odd files

def processor_s(process):
    """What a process that runs has used."""
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as file:
        words = file.read().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def measured(command, beside=None):
    """(exit code, seconds of the processor, MiB at most, what it said in words); ${beside}: the process that works for it"""
    before_s = processor_s(beside) if beside else 0
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=rig.clean_environment()) as process:
        said = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    took_s = used.ru_utime + used.ru_stime + (processor_s(beside) - before_s if beside else 0)
    return process.returncode, round(took_s, 2), used.ru_maxrss // 1024, said.decode(errors="replace")


def large(tap, centre, tablet, folder):
    names = [f"Deltaker Drept {n:03}" for n in range(1, PEOPLE + 1)]
    rows = [("Drept", names[i % PEOPLE], day(i // PEOPLE % 80), f"{8 + i // (80 * PEOPLE) % 12:02}:{i % 2 * 30:02}", "ja")
            for i in range(LARGE)]
    path = sheet(folder, "stor.csv", rows)
    with tap.test("100 000 rows are judged in seconds and within 200 MiB"):
        code, seconds, size, said = measured(tablet.command("import", path))
        tap.figure("tablet: exit code, seconds, MiB", (code, seconds, size))
        need(code in (OK, ROWS) and seconds < 20 and size < 200, said[-600:])
        path = sheet(folder, "navn.csv", [("Drept", f"Ny {i}", "", "", "") for i in range(LARGE)])
        code, seconds, size, said = measured([rig.SAMLINGD, "participant", "import", path, "--home", centre.home], centre.server)
        tap.figure("centre: exit code, seconds, MiB", (code, seconds, size))
        need(code == 0 and seconds < 20 and size < 300, said[-600:])
        with open(os.path.join(folder, "tider2.csv"), "w", encoding="utf-8") as file:   # as many sessions as rows
            file.write("group,person,day,time,attended\n")
            for i in range(LARGE):
                file.write(f"Drept,{names[i % PEOPLE]},{day(i // 1440 % 80)},{i // 60 % 24:02}:{i % 60:02},1\n")
        code, seconds, size, said = measured(tablet.command("import", file.name))
        tap.figure("tablet, a session for each row: exit code, seconds, MiB", (code, seconds, size))
        need(code == ROWS and '"too-many-sessions"' in said and seconds < 20 and size < 200, said[-600:])


def odd(tap, centre, tablet, folder):
    def made(name, head, size):
        path = os.path.join(folder, name)
        with open(path, "wb") as file:
            file.write(head)
            file.truncate(size)
        return path
    head = b"group,person,day,attended\n"
    with tap.test("100 MB, NUL bytes, lines of 1 MB, folders, and files that are not there are told and cost little"):
        for path, word in ((made("hundre.csv", head, 100 << 20), "8 MB"), (folder, "directory"), (os.path.join(folder, "none"), "No such file"),
                           (made("nul.csv", head, 1 << 20), "1 rows"), (made("tom.csv", b"", 0), "headings")):
            for command in (tablet.command("import", path), [rig.SAMLINGD, "participant", "import", path, "--name", "person", "--home", centre.home, "--lang", "en"]):
                command = [w for w in command if w != "--json"]
                code, seconds, size, said = measured(command)
                need(code in (USAGE, ROWS, rig.ERROR) and word in said and seconds < 5 and size < 64, f"{command[0]} {path}: {code} {seconds} s {size} MiB {said[-300:]}")
        with open(os.path.join(folder, "lang.csv"), "wb") as file:
            file.write(head + b"Drept," + b"x" * (1 << 20) + b",2020-01-01,1\n" + b'Drept,"' + b"y" * (1 << 20) + b"\nDrept,Z,1970-01-01,1\n")
        code, seconds, size, said = measured([w for w in tablet.command("import", file.name) if w != "--json"])
        need(code in (ROWS, USAGE) and "Row 2 refused" in said and seconds < 10 and size < 128, f"{code} {seconds} {size} {said[-300:]}")


# ---- at the centre

def lives_again(tap, centre, folder):
    """An enrolment that was deleted and is said again lives: dead < 0."""
    path = sheet(folder, "der.csv", [("Begge", f"Deltaker Begge {n:03}", "", "", "") for n in range(1, 6)])
    with tap.test("persons whose row lives again after it was deleted are there"):
        with rig.sqlite3.connect(centre.store) as db:
            db.execute("UPDATE enrolment SET dead = -1 WHERE participant = (SELECT id FROM participant WHERE name = 'Deltaker Begge 001')")
            db.execute("UPDATE participant SET dead = -1 WHERE name = 'Deltaker Begge 002'")
        said = centre("participant", "import", path)
        need((said["there"], said["persons"]) == (5, 0), f"{said}")


def start(centre, group, minute):
    """What no verb does: sessions that say no time."""
    centre.stop()
    with rig.sqlite3.connect(centre.store) as db:
        db.execute(f"UPDATE session SET start_min = {minute} WHERE group_id = ?", (group,))
    centre.start()


def linked(tap, centre, folder):
    """Two of a sheet who turn out to be one person: the sheet still has both names."""
    path = sheet(folder, "koblet.csv", [("Begge", f"Deltaker Begge {n:03}", "", "", "") for n in range(1, 6)])
    with tap.test("who is shown as somebody else since the last import is there"):
        with centre.read() as db:
            ids = [db.execute("SELECT id FROM participant WHERE name = ?", (f"Deltaker Begge {n:03}",)).fetchone()[0] for n in (3, 4)]
        centre("participant", "link", *ids)
        said = centre("participant", "import", path, "--save")
        need((said["there"], said["persons"]) == (5, 0), f"{said}")
        centre("participant", "unlink", ids[0])
        said = centre("participant", "import", path, "--save")
        need((said["there"], said["persons"]) == (5, 0), f"{said}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int)
    arguments = parser.parse_args()
    seed = rig.seed_from(arguments)
    dice = random.Random(seed)
    tap = rig.Tap(f"tests/e2e/38-import-again.py --seed {seed}")
    with rig.folder() as root:
        centre = rig.Centre(os.path.join(root, "centre"))
        try:
            centre.start()
            clinic = centre.clinic()
            groups = [centre.group(clinic, name, people, weekday=TODAY.isoweekday(), first=TODAY.isoformat())[0]
                      for name, people in (("Drept", PEOPLE), ("Begge", 5), ("Uten", 1))]
            centre.user(clinic, "Kari")
            a, b = [centre.tablet(os.path.join(root, f"tablet{i}"), clinic, f"Gym {i}") for i in range(2)]
            start(centre, groups[2], "NULL")
            for tablet in (a, b):
                tablet.sync(codes=(OK, ATTENTION))
            killed(tap, centre, a, root, groups[0], dice)
            longer(tap, centre, a, root)
            by_hand(tap, a, root, groups[0])
            one_session_of_two_times(tap, a, root)
            two_tablets(tap, centre, a, b, root, groups[1])
            large(tap, centre, a, root)
            odd(tap, centre, a, root)
            linked(tap, centre, root)
            with tap.test("the store verifies, and rebuilds to itself"):
                start(centre, groups[2], 600)
                centre.stop()
                centre("verify", "--rebuild", parse=False)
            lives_again(tap, centre, root)
        finally:
            centre.kill()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
