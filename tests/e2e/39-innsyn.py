#!/usr/bin/python3
"""A person asks what is stored about them and who saw it. Everything is told, under every number the person has, also what was changed
later, what did not count, what was entered in error and what was put aside; of others nothing. Whoever looks at what is stored about
people stands in the access log before the answer is there, and a log that was tampered with does not verify."""
import datetime
import json
import os
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "stranger"))
import client  # noqa: E402
import rig  # noqa: E402
from client import pb  # noqa: E402
from rig import OK, USAGE, need  # noqa: E402

REFUSED = 1
TODAY = datetime.date.today()
DAY = (TODAY - datetime.date(1970, 1, 1)).days
QUARANTINED, ACCESS = 5, 8
NOTE = "sover bedre\n\u00e5pner seg " + "mer " * 400 + "slutt"
ASKED = "pasienten ba om det"


def run(centre, *words, lang="nb", env=None):
    """(exit code, output, error) as a person sees them"""
    done = subprocess.run([rig.SAMLINGD, *map(str, words), "--home", centre.home, "--lang", lang], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=rig.CALL_S, check=False, env={**rig.clean_environment(), **(env or {})})
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def log(centre, *words):
    return centre("access", "list", "--last", 1000, *words)


def device(centre, clinic, label):
    made = client.Device.invited(centre.invite(clinic, label), label)
    centre("device", "approve", made.device_no, made.digits)
    made.sync()
    return made


class World:
    """Ola, who is also on the list as "ola n."; Kari and ten others. Tablets a and b, and c, which is shut out."""

    def __init__(self, centre):
        self.centre = centre
        self.clinic = centre.clinic()
        self.group = centre("group", "add", "--clinic", self.clinic, "--name", "Rygg", "--weekday", TODAY.isoweekday(),
                            "--first", TODAY.isoformat(), "--last", TODAY.isoformat())["id"]
        self.other = centre("group", "add", "--clinic", self.clinic, "--name", "Nakke", "--weekday", 1)["id"]
        ids = [int(row["id"]) for row in centre("participant", "add", "Ola Nordmann", "ola n.", "Kari Hemmelig", "--group", self.group,
                                                "--birth-year", 1971)]
        self.ola, self.again, self.kari = ids
        self.stranger = int(centre("participant", "add", "Nabo Ukjent", "--group", self.other)[0]["id"])
        self.user = centre.user(self.clinic, "Fysio Berg")
        self.a, self.b, self.c = [device(centre, self.clinic, label) for label in ("Sal 1", "Sal 2", "Sal 3")]
        self.session = next(key[0] for key, row in self.a.of(9).items() if row.group == self.group)
        self.fill()

    def mark(self, tablet, person, presence, **more):
        tablet.write(pb.Attendance(session=self.session, participant=person, presence=presence, evidence=pb.TAPPED, **more), self.user)

    def fill(self):
        a, b, c = self.a, self.b, self.c
        form = pb.ScoreResponse(id=a.mint(), participant=self.again, instrument=3, version=1, occasion=0, day=DAY, mode=0, items=3, answered=2,
                                answers="3,4,-", scale_0_means=1, language="nb", held_by=1)
        self.form = form.id
        self.mark(a, self.ola, pb.PRESENT, minutes=41)
        self.mark(b, self.ola, pb.NO_SHOW, reason=7)                                              # a case
        self.mark(a, self.kari, pb.NO_SHOW, reason=63)                                            # somebody else's
        a.write(pb.ExerciseSet(session=self.session, participant=self.ola, exercise=12, set_no=1, reps=8, load_hg=333), self.user)
        a.write(pb.ExerciseSet(session=self.session, participant=self.ola, exercise=12, set_no=2, reps=499), self.user)
        a.write(pb.Consent(participant=self.ola, purpose=2, state=1, day=DAY, text_version=77), self.user)
        a.write(form, self.user, kind=pb.CREATE)
        note = pb.Note(id=a.mint(), participant=self.ola, author=self.user, role=0, day=DAY, text=NOTE, visibility=0)
        removed = pb.Note(id=a.mint(), participant=self.ola, author=self.user, role=0, day=DAY, text="feil person", visibility=0)
        a.write(note, self.user, kind=pb.CREATE)
        a.write(removed, self.user, kind=pb.CREATE)
        a.write(pb.Note(id=removed.id), self.user, kind=pb.TOMBSTONE)
        a.sync()
        b.sync()
        a.sync()
        a.write(pb.ExerciseSet(session=self.session, participant=self.ola, exercise=12, set_no=2), self.user, kind=pb.TOMBSTONE)
        a.write(pb.Consent(participant=self.ola, purpose=2, state=2, day=DAY), self.user)
        a.sync()
        self.mark(c, self.again, pb.NOTIFIED_ABSENCE, reason=99)
        self.centre("device", "revoke", c.device_no)
        try:
            c.sync()
        except (client.Refused, client.Closed):
            pass
        self.centre("participant", "link", self.again, self.ola)


def told(tap, world):
    centre = world.centre
    with tap.test("for the patient, in plain words and in both languages"):
        need(NOTE in run(centre, "innsyn", world.ola, "--reason", ASKED)[1], "a long note is cut")
        for lang, words in (("nb", ("Det som er lagret om Ola Nordmann", "Også ført under nummer", "Når du har møtt", "Møtt", "41 min", "Fysio Berg",
                                    "Sal 1", "Sal 2", "33,3 kg", "skår 3,5", "sover bedre", "feil person", "Trukket tilbake", "Fjernet som feilført", "ikke avgjort ennå",
                                    "Hvem som har sett", "lagt til side", ASKED)),
                            ("en", ("What is stored about Ola Nordmann", "Present", "No-show", "33.3 kg", "score 3.5", "Withdrawn",
                                    "Removed as entered in error", "not decided yet", "Who has seen", "put aside"))):
            code, out, err = run(centre, "innsyn", world.ola, "--reason", ASKED, lang=lang)
            need(code == OK, f"{code} {err}")
            for word in words:
                need(word in out, f"{lang}: no {word!r} in\n{out}")
            need("499" in out, f"{lang}: what the removed set was is not told\n{out}")
            need("Granted" in out or "Gitt" in out, f"{lang}: what was agreed to before is not told\n{out}")
    with tap.test("the same whichever number is asked for"):
        def facts(person):
            said = json.loads(run(centre, "innsyn", person, "--reason", "x", "--json")[1])
            return {name: said[name] for name in ("participant", "name", "rows", "scores", "cases", "history")}
        need(facts(world.ola) == facts(world.again), "another answer")
    with tap.test("nothing about anybody else"):
        for words in ((), ("--json",)):
            out = run(centre, "innsyn", world.ola, "--reason", ASKED, *words)[1]
            need("Hemmelig" not in out and "63" not in [cell for cell in out.split()] and str(world.kari) not in out, f"{out}")


def machine(tap, world):
    centre = world.centre
    with tap.test("for another system, with every op that names the person"):
        said = centre("innsyn", "Ola Nordmann", "--reason", ASKED)
        rows, history = said["rows"], said["history"]
        presence = [(row["value"], int(row["shown"]), int(row["disputed"])) for row in rows
                    if row["table"] == "attendance" and row["field"] == "presence"]
        need(sorted(presence) == [("no-show", 0, 1), ("present", 1, 1)], f"{presence}")
        need({row["who"].split(",")[0] for row in rows if row["table"] == "exercise_set"} == {"Fysio Berg"}, f"{rows}")
        need([(row["score"], row["sum"]) for row in said["scores"]] == [("3.5", 7)], f"{said['scores']}")
        need([int(row["open"]) for row in said["cases"] if row["rule"] == "unit"] == [1], f"{said['cases']}")
        consents = [row["values"] for row in history if row["table"] == "consent"]
        need(len(consents) == 2 and "77" in consents[0], f"{consents}")
        need([row["kind"] for row in history if row["table"] == "exercise_set"] == ["set", "set", "removed"], f"{history}")
        need(any(NOTE in row["values"] for row in history if row["table"] == "note"), "a long note is cut in the history")
        need([row["kind"] for row in history if row["table"] == "note"] == ["create", "create", "removed"], f"{history}")
        need([row["value"] for row in rows if row["table"] == "note" and row["field"] == "text"] == [NOTE], f"{rows}")
        aside = [row for row in history if int(row["verdict"]) == QUARANTINED]
        need(len(aside) == 1 and int(aside[0]["key2"]) == world.again, f"{aside}")
        need({(int(row["device_no"]), int(row["seq"])) for row in history if int(row["device_no"]) == world.b.device_no} ==
             {(world.b.device_no, 1)}, f"{history}")
    with tap.test("to a file of one's own"):
        path = os.path.join(os.path.dirname(centre.home), "innsyn.txt")
        code, out, err = run(centre, "innsyn", world.ola, "--reason", ASKED, "--to", path)
        need(code == OK and out.strip() == path and os.stat(path).st_mode & 0o777 == 0o600, f"{code} {out} {err}")
        with open(path, encoding="utf-8") as file:
            need("Det som er lagret om Ola Nordmann" in file.read(), "not in the file")
        need(run(centre, "innsyn", world.ola, "--reason", ASKED, "--to", path)[0] == REFUSED, "it was replaced unasked")
    with tap.test("not without a reason, and not of somebody who is not there"):
        before = len(log(centre))
        need(run(centre, "innsyn", world.ola)[0] == USAGE, "without a reason")
        need(run(centre, "innsyn", world.ola, "--reason", "x" * 201)[0] == REFUSED, "a reason without end")
        need(run(centre, "innsyn", "Ingen", "--reason", "x")[0] == REFUSED, "nobody")
        need(len(log(centre)) == before + 1, "what was refused stands in the log")       # the list of before itself
    with tap.test("without a serving centre it is the same"):
        served = centre("innsyn", world.ola, "--reason", ASKED)["history"]
        centre.stop()
        need(centre("innsyn", world.ola, "--reason", ASKED)["history"] == served, "another answer")
        centre.start()


def logged(tap, world):
    centre = world.centre
    case = centre("case", "list")[0]["no"]
    aside = centre("quarantine", "list")[0]["csn"]
    ola, again, kari = world.ola, world.again, world.kari
    sheet = os.path.join(os.path.dirname(centre.home), "liste.csv")
    with open(sheet, "w", encoding="utf-8") as file:
        file.write("navn;gruppe\nNy Deltaker;Rygg\n")
    verbs = [(("participant", "list"), "participant", "seen", {0}), (("participant", "list", "--group", world.group), "participant", "seen", {0}),
             (("case", "list"), "case", "seen", {0}), (("case", "show", case), "case", "seen", {ola}),
             (("quarantine", "list"), "quarantine", "seen", {0}), (("quarantine", "show", aside), "quarantine", "seen", {again}),
             (("score", "list", again), "score", "seen", {again}), (("score", "primary", world.form), "score", "changed", {ola}),
             (("participant", "enrol", kari, ola, "--group", world.other), "enrolment", "changed", {kari, ola}),
             (("participant", "unlink", again), "link", "changed", {again, ola}), (("participant", "link", again, ola), "link", "changed", {again, ola}),
             (("innsyn", kari, "--reason", "x"), "everything", "taken out", {kari}),
             (("access", "list", "--participant", kari), "access", "seen", {kari}),
             (("export", "scores", "--reason", "x", "--to", os.path.join(os.path.dirname(centre.home), "x.csv")), "scores", "taken out", {0}),
             (("quarantine", "close", aside, "--note", "gammelt"), "quarantine", "changed", {0}),
             (("quarantine", "reopen", aside), "quarantine", "changed", {0}),
             (("case", "decide", case, "--take", 1), "case", "changed", {ola}),
             (("participant", "import", sheet), "participant", "seen", {0}),
             (("participant", "import", sheet, "--save"), "participant", "changed", {0}),
             (("participant", "add", "Ny", "--group", world.group), "participant", "changed", None)]
    with tap.test("every verb that shows or changes what is stored about people says so, and of whom"):
        for words, resource, action, people in verbs:
            last = log(centre)[-1]["no"]
            code, _, err = run(centre, *words, "--json", "--operator", "Vakt 2")
            need(code == OK, f"{words}: exit {code}: {err}")
            rows = [row for row in log(centre) if row["no"] > last and row["resource"] != "access" or words[0] == "access" and row["no"] > last + 1]
            need(rows and {row["resource"] for row in rows} == {resource} and {row["action"] for row in rows} == {action}, f"{words}: {rows}")
            need(people is None or {int(row["participant"]) for row in rows} == people, f"{words}: {rows}")
            need(all(row["actor"].endswith(" as Vakt 2") and f"uid={os.getuid()}" in row["actor"] for row in rows), f"{rows}")
            need(len({row["no"] for row in rows}) == 1, f"{words}: one line for a call: {rows}")
    with tap.test("a list says of which group, and how many"):
        rows = [row for row in log(centre) if row["resource"] == "participant" and row["action"] == "seen"]
        need([(int(row["group"]), int(row["count"])) for row in rows][:2] == [(0, 4), (int(world.group), 2)], f"{rows}")
    with tap.test("why and who: --reason on any verb, and who called sudo"):
        centre("case", "list", "--reason", "vaktskifte")
        need(log(centre)[-1]["purpose"] == "vaktskifte", f"{log(centre)[-1]}")
        code, out, err = run(centre, "--reason", "nattlig", "backup", os.path.join(os.path.dirname(centre.home), "natt.db"))
        need(code == OK and os.path.exists(os.path.join(os.path.dirname(centre.home), "natt.db")), f"{code} {out} {err}")
        need(any(row["text"].endswith('"nattlig"') for row in centre("audit", "list", "--last", 5)), "of what is about nobody too")
        if os.getuid() == 0:
            run(centre, "case", "list", env={"SUDO_USER": "kari"})
            need(log(centre)[-1]["actor"] == "root uid=0 as kari", f"{log(centre)[-1]}")
        need(run(centre, "case", "list", "--operator", "")[0] == USAGE and run(centre, "case", "list", "--operator", "x" * 41)[0] == USAGE,
             "any name")
    with tap.test("the log can be asked for a person, a user, a day"):
        need({int(row["participant"]) for row in log(centre, "--participant", world.stranger)} == {0, world.stranger}, "others'")
        need(all("Vakt 2" in row["actor"] for row in log(centre, "--user", "Vakt 2")) and log(centre, "--user", "Vakt 2"), "others")
        need(log(centre, "--since", (TODAY + datetime.timedelta(2)).isoformat()) == [], "of the day after tomorrow")
        need(len(centre("access", "list", "--last", 3)) == 3, "not the last three")
    with tap.test("a list of a group is in the log of those on it, and of no others"):
        numbers = [row["no"] for row in log(centre) if int(row["group"]) == int(world.group)]
        mine = [row["no"] for row in centre("innsyn", world.kari, "--reason", "x")["access"]]
        others = [row["no"] for row in centre("innsyn", world.stranger, "--reason", "x")["access"]]
        need(numbers and set(numbers) <= set(mine) and not set(numbers) & set(others), f"{numbers} {mine} {others}")


def refuses_without_log(tap, world):
    centre = world.centre
    with tap.test("what cannot be logged is not shown"):
        centre.stop()
        with sqlite3.connect(centre.store) as db:
            db.execute("CREATE TRIGGER full BEFORE INSERT ON access_log BEGIN SELECT RAISE(ABORT, 'no room'); END")
        db.close()
        for serving in (False, True):
            if serving:
                centre.start()
            for words in (("participant", "list"), ("innsyn", world.ola, "--reason", "x"), ("export", "participants", "--reason", "x")):
                code, out, err = run(centre, *words)
                need(code == REFUSED and not out and "Ola" not in err, f"serving {serving}: {words}: {code} {out} {err}")
        centre.stop()
        with sqlite3.connect(centre.store) as db:
            db.execute("DROP TRIGGER full")
        db.close()
        centre.start()


TAMPERED = [("UPDATE access_log SET actor = 'nobody' WHERE audit_no = {no}", "access_facts"),
            ("UPDATE access_log SET participant = participant + 1 WHERE audit_no = {no}", "access_facts"),
            ("UPDATE access_log SET purpose = 'noe annet' WHERE audit_no = {no}", "access_facts"),
            ("UPDATE access_log SET at_s = at_s - 1 WHERE audit_no = {no}", "access_facts"),
            ("DELETE FROM access_log WHERE audit_no = {no}", "access_facts"),
            ("UPDATE access_log SET audit_no = 1 WHERE audit_no = {no}", "access_strays"),
            ("DELETE FROM audit WHERE no = {no}", "access_strays")]


def verified(tap, world):
    centre = world.centre
    with tap.test("it verifies, and rebuilds to itself"):
        code, out, err = run(centre, "verify", "--rebuild")
        need(code == OK, f"{out} {err}")
    centre.stop()
    with sqlite3.connect(centre.store) as db:
        no = db.execute("SELECT max(no) FROM audit WHERE kind = ? AND no IN (SELECT audit_no FROM access_log WHERE participant > 0)",
                        (ACCESS,)).fetchone()[0]
    db.close()
    for sql, event in TAMPERED:
        with tap.test(f"does not verify: {sql.split(' WHERE')[0]}"):
            with sqlite3.connect(centre.store) as db:
                kept = [db.execute(f"SELECT * FROM {name} WHERE {column} IN (1, {no})").fetchall()
                        for name, column in (("access_log", "audit_no"), ("audit", "no"))]
                db.execute(sql.format(no=no))
            db.close()
            code, out, err = run(centre, "verify", "--json")
            with sqlite3.connect(centre.store) as db:
                for rows, (name, column) in zip(kept, (("access_log", "audit_no"), ("audit", "no"))):
                    db.execute(f"DELETE FROM {name} WHERE {column} IN (1, {no})")
                    db.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(rows[0])) if rows else '?'})", rows)
            db.close()
            need(code == REFUSED and f"ev={event}" in out, f"{code} {out} {err}")
    with tap.test("and does again as it was"):
        need(run(centre, "verify")[0] == OK, f"{run(centre, 'verify')}")


def main():
    tap = rig.Tap()
    with rig.folder() as root:
        centre = rig.Centre(os.path.join(root, "centre"))
        try:
            centre.start()
            world = World(centre)
            told(tap, world)
            machine(tap, world)
            logged(tap, world)
            refuses_without_log(tap, world)
            verified(tap, world)
        finally:
            centre.kill()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
