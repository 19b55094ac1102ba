#!/usr/bin/python3
"""Tables leave the centre as CSV. The form for people is what a spreadsheet in Norway opens, in both languages, and nothing in it is
run; the plain form read back is what the store holds. Removed rows stay behind, linked people are one, a row in an open case says so.
A file appears whole or not at all, is nobody else's to read and replaces none unasked; a large table goes through a little memory,
and whoever asks for one and does not take it holds nobody up."""
import argparse
import csv
import datetime
import io
import os
import random
import sqlite3
import stat
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "stranger"))
import client  # noqa: E402
import rig  # noqa: E402
from client import pb  # noqa: E402
from rig import OK, USAGE, need  # noqa: E402

REFUSED, UNKNOWN = 1, 70
TODAY = datetime.date.today()
DAY = (TODAY - datetime.date(1970, 1, 1)).days
NAMES = ["=cmd|' /C calc'!A0", "+47 900 00 000", "-1", "@x", 'Ola "O" Nordmann', "Kari, Lise", "kari lise"]
PSFS = 3
SIGNS = "=+-@,;\"' \u00e5\u00d8\uff1d\u2028|!()<>&%$#0aZ\\\N{GRINNING FACE}"

# Columns and values as a person would write them down; in braces what is another number each time.
PEOPLE = {
    ("attendance", "nb"): '''\
Dato;Samling;Start;Gruppekode;Gruppe;Klinikk;Deltaker;Navn;Fødselsår;Oppmøte;Grunnlag;Årsakskode;Minutter;Kom;Gikk;Kom sent;Gikk tidlig;På video;Samlingen er;I en åpen sak
{day};{s};10:00;"'=STYRKE";"Styrke; ""mandag""";"Porsgrunn";{p0};"'=cmd|' /C calc'!A0";1980;Møtt;ført enkeltvis;;45;10:05;;ja;;;Planlagt;nei
{day};{s};10:00;"'=STYRKE";"Styrke; ""mandag""";"Porsgrunn";{p1};"'+47 900 00 000";1980;Ikke møtt;ført enkeltvis;2;;;;;;;Planlagt;nei
{day};{s};10:00;"'=STYRKE";"Styrke; ""mandag""";"Porsgrunn";{p2};"'-1";1980;Møtt;ført enkeltvis;;;;;;;;Planlagt;ja
{day};{s};10:00;"'=STYRKE";"Styrke; ""mandag""";"Porsgrunn";{p5};"Kari, Lise";1980;Møtt;ført enkeltvis;;;;;;;;Planlagt;nei
''',
    ("attendance", "en"): '''\
Date;Session;Start;Group code;Group;Clinic;Participant;Name;Year of birth;Attendance;Basis;Reason code;Minutes;Came at;Left at;Late;Left early;By video;Session is;In an open case
{day};{s};10:00;"'=STYRKE";"Styrke; ""mandag""";"Porsgrunn";{p0};"'=cmd|' /C calc'!A0";1980;Present;marked one by one;;45;10:05;;yes;;;Planned;no
{day};{s};10:00;"'=STYRKE";"Styrke; ""mandag""";"Porsgrunn";{p1};"'+47 900 00 000";1980;No-show;marked one by one;2;;;;;;;Planned;no
{day};{s};10:00;"'=STYRKE";"Styrke; ""mandag""";"Porsgrunn";{p2};"'-1";1980;Present;marked one by one;;;;;;;;Planned;yes
{day};{s};10:00;"'=STYRKE";"Styrke; ""mandag""";"Porsgrunn";{p5};"Kari, Lise";1980;Present;marked one by one;;;;;;;;Planned;no
''',
    ("participants", "nb"): '''\
Deltaker;Navn;Fødselsår;Kjønn;Kommune;Språk;Tolk;Sperret adresse;I bruk;Møtte uanmeldt;I en åpen sak
{p0};"'=cmd|' /C calc'!A0";1980;;;;;;ja;;nei
{p1};"'+47 900 00 000";1980;;;;;;ja;;nei
{p2};"'-1";1980;;;;;;ja;;nei
{p3};"'@x";1980;;;;;;ja;;nei
{p4};"Ola ""O"" Nordmann";1980;;;;;;ja;;nei
{p5};"Kari, Lise";1980;;;;;;ja;;nei
''',
    ("sets", "nb"): '''\
Dato;Samling;Gruppekode;Gruppe;Klinikk;Deltaker;Navn;Fødselsår;Øvelse;Sett;Repetisjoner;Vekt (kg);Sekunder;Meter;Side;Tilpasset;Smerte;Stoppet på grunn av smerte
'''.replace("smerte\n", "smerte;I en åpen sak\n") + '''\
{day};{s};"'=STYRKE";"Styrke; ""mandag""";"Porsgrunn";{p0};"'=cmd|' /C calc'!A0";1980;Skulderpress;1;8;12,5;;;venstre;nei;3;;nei
{day};{s};"'=STYRKE";"Styrke; ""mandag""";"Porsgrunn";{p0};"'=cmd|' /C calc'!A0";1980;4711;1;;100;90;;;;;ja;nei
''',
    ("scores", "nb"): '''\
Dato;Besvart skjema;Deltaker;Navn;Fødselsår;Skjema;Versjon av skjemaet;Tidspunkt;Måte;Spørsmål;Besvart;Svar;0 betyr;Språk;Nettbrettet ble holdt av;Erstatter;Gjelder;Har skår;Hvorfor ikke;Skår;Sum;Av svar;Retning;Regelversjon;I en åpen sak
{day};{f};{p5};"Kari, Lise";1980;psfs;1;Start;fylt ut av deltakeren;3;2;"3 4 -";dårligst;"nb";deltakeren;;ja;ja;;3,5;7;2;høyere er bedre;1;nei
''',
    ("consents", "en"): '''\
Participant;Name;Year of birth;Purpose;Consent;Date;Method code;Version of the text;In an open case
{p0};"'=cmd|' /C calc'!A0";1980;research;Granted;{day};1;2;no
''',
    ("enrolments", "en"): '''\
Group code;Group;Clinic;Participant;Name;Year of birth;Enrolment;Planned sessions;First day;Last day;Reason code of the end;In an open case
{p_rows}''',
}
PLAIN = {
    "attendance": '''\
day,session,start_min,group_code,group_name,clinic,participant,name,birth_year,presence,presence_word,evidence,evidence_word,reason,minutes,arrived_min,left_min,late,left_early,by_video,session_status,session_status_word,open_case
{day},{s},600,=STYRKE,"Styrke; ""mandag""",Porsgrunn,{p0},=cmd|' /C calc'!A0,1980,1,Present,2,marked one by one,,45,605,,1,,,0,Planned,0
{day},{s},600,=STYRKE,"Styrke; ""mandag""",Porsgrunn,{p1},+47 900 00 000,1980,3,No-show,2,marked one by one,2,,,,,,,0,Planned,0
{day},{s},600,=STYRKE,"Styrke; ""mandag""",Porsgrunn,{p2},-1,1980,1,Present,2,marked one by one,,,,,,,,0,Planned,1
{day},{s},600,=STYRKE,"Styrke; ""mandag""",Porsgrunn,{p5},"Kari, Lise",1980,1,Present,2,marked one by one,,,,,,,,0,Planned,0
''',
    "sets": '''\
day,session,group_code,group_name,clinic,participant,name,birth_year,exercise,exercise_word,set_no,reps,load_kg,duration_s,distance_m,side,side_word,adapted,pain,stopped,open_case
{day},{s},=STYRKE,"Styrke; ""mandag""",Porsgrunn,{p0},=cmd|' /C calc'!A0,1980,12,Shoulder press,1,8,12.5,,,1,left,0,3,,0
{day},{s},=STYRKE,"Styrke; ""mandag""",Porsgrunn,{p0},=cmd|' /C calc'!A0,1980,4711,,1,,100,90,,,,,,1,0
''',
}


def run(centre, *words, lang="nb"):
    """(exit code, bytes out, text on standard error)"""
    done = subprocess.run([rig.SAMLINGD, *map(str, words), "--home", centre.home, "--lang", lang], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=rig.CALL_S, check=False, env=rig.clean_environment())
    return done.returncode, done.stdout, done.stderr.decode()


def export(centre, *words, lang="nb"):
    code, out, err = run(centre, "export", *words, "--reason", "kvartalsrapport", lang=lang)
    need(code == OK, f"export {words}: exit {code}: {err}")
    return out


def table(centre, name, *words):
    """The plain form, read back: a dictionary for each row."""
    return list(csv.DictReader(io.StringIO(export(centre, name, "--plain", *words).decode("utf-8"), newline=""), strict=True))


def device(centre, clinic, label):
    made = client.Device.invited(centre.invite(clinic, label), label)
    centre("device", "approve", made.device_no, made.digits)
    made.sync()
    return made


class World:
    def __init__(self, centre):
        self.centre = centre
        self.clinic = centre.clinic()
        self.group = centre("group", "add", "--clinic", self.clinic, "--name", 'Styrke; "mandag"', "--code", "=STYRKE", "--weekday",
                            TODAY.isoweekday(), "--first", TODAY.isoformat(), "--last", TODAY.isoformat())["id"]
        added = centre("participant", "add", *NAMES, "--group", self.group, "--birth-year", 1980)
        self.people = [int(row["id"]) for row in added]
        self.user = centre.user(self.clinic)
        self.a, self.b = device(centre, self.clinic, "a"), device(centre, self.clinic, "b")
        self.session = next(key[0] for key in self.a.of(9))
        self.form = self.a.mint()
        self.fill()

    def mark(self, tablet, person, presence, **more):
        tablet.write(pb.Attendance(session=self.session, participant=person, presence=presence, evidence=pb.TAPPED, **more), self.user)

    def fill(self):
        a, b, people = self.a, self.b, self.people
        self.mark(a, people[0], pb.PRESENT, minutes=45, arrived_min=605, late=1)
        self.mark(a, people[1], pb.NO_SHOW, reason=2)
        self.mark(a, people[2], pb.PRESENT)
        self.mark(b, people[2], pb.NO_SHOW)
        self.mark(a, people[3], pb.PRESENT)
        a.write(pb.Attendance(session=self.session, participant=people[3]), self.user, kind=pb.TOMBSTONE)
        self.mark(b, people[6], pb.PRESENT)         # who is linked to the one before
        a.write(pb.ExerciseSet(session=self.session, participant=people[0], exercise=12, set_no=1, reps=8, load_hg=125, side=1,
                               adapted=0, pain=3), self.user)
        a.write(pb.ExerciseSet(session=self.session, participant=people[0], exercise=4711, set_no=1, load_hg=1000, duration_s=90,
                               stopped=1), self.user)                                       # a clinic's own
        a.write(pb.Consent(participant=people[0], purpose=2, state=1, day=DAY, method=1, text_version=2), self.user)
        a.write(pb.ScoreResponse(id=self.form, participant=people[6], instrument=self.psfs(), version=1, occasion=0, day=DAY, mode=0, items=3,
                                 answered=2, answers="3,4,-", scale_0_means=1, language="nb", held_by=1), self.user, kind=pb.CREATE)
        a.sync()
        b.sync()
        self.centre("participant", "link", people[6], people[5])

    @staticmethod
    def psfs():
        said = subprocess.run([rig.SAMLING, "instruments", "psfs", "--json", "--store", "/nowhere"], capture_output=True, check=True)
        return rig.json.loads(said.stdout)["instruments"][0]["number"]

    def text(self, template):
        """The expected bytes."""
        ids = {f"p{i}": person for i, person in enumerate(self.people)}
        rows = "".join(f'"\'=STYRKE";"Styrke; ""mandag""";"Porsgrunn";{person};{name};1980;Attending;;{TODAY.isoformat()};;;no\n'
                       for person, name in zip(self.people, ['"\'=cmd|\' /C calc\'!A0"', '"\'+47 900 00 000"', '"\'-1"', '"\'@x"',
                                                             '"Ola ""O"" Nordmann"', '"Kari, Lise"']))
        filled = template.format(day=TODAY.isoformat(), s=self.session, f=self.form, p_rows=rows, **ids)
        return filled.replace("\n", "\r\n").encode()


def golden(tap, world):
    centre = world.centre
    for (name, lang), template in PEOPLE.items():
        with tap.test(f"{name} for people, {lang}, is what a person wrote down"):
            got, want = export(centre, name, lang=lang), b"\xef\xbb\xbf" + world.text(template)
            need(got == want, lambda got=got, want=want: f"\n{got.decode()}\nand not\n{want.decode()}")
    for name, template in PLAIN.items():
        with tap.test(f"{name} in the plain form is the same in both languages, and what a person wrote down"):
            got, want = export(centre, name, "--plain"), world.text(template)
            need(got == want == export(centre, name, "--plain", lang="en"), lambda got=got, want=want: f"\n{got.decode()}\nand not\n{want.decode()}")
    with tap.test("tables are called by their names in either language"):
        need(export(centre, "oppmøte") == export(centre, "attendance"), "another table")


def chosen(tap, world):
    centre = world.centre
    with tap.test("days and groups choose rows"):
        other = centre("group", "add", "--clinic", world.clinic, "--name", "Nakke", "--weekday", 1)["id"]
        tomorrow = (TODAY + datetime.timedelta(1)).isoformat()
        for name, rows in (("attendance", 4), ("sets", 2), ("scores", 1), ("consents", 1)):
            need(len(table(centre, name, "--from", TODAY, "--until", TODAY)) == rows, f"{name} of today")
            need(len(table(centre, name, "--from", tomorrow)) == 0, f"{name} from tomorrow on")
            need(len(table(centre, name, "--group", other)) == 0, f"{name} of the other group")
            need(len(table(centre, name, "--group", "=STYRKE")) == rows, f"{name} of the group")
        need(len(table(centre, "participants", "--group", other)) == 0, "nobody takes part in it")
    with tap.test("what makes no sense is refused, and nothing goes out"):
        for words in (("attendance",), ("nothing", "--reason", "x"), ("sets", "sets", "--reason", "x"), ("sets", "scores", "--reason", "x"),
                      ("participants", "--from", TODAY, "--reason", "x"), ("sets", "--from", "2026-13-01", "--reason", "x"),
                      ("sets", "--reason", ""), ("sets", "--reason", "a\nb")):
            code, out, err = run(centre, "export", *words)
            need(code in (REFUSED, USAGE) and not out and err, f"{words}: {code} {out} {err}")


def files(tap, world, root):
    centre = world.centre
    path, folder = os.path.join(root, "ut.csv"), os.path.join(root, "ut")
    with tap.test("a file is whole, one's own, and replaces none unasked"):
        code, out, err = run(centre, "export", "attendance", "--reason", "x", "--to", path)
        need(code == OK and b"oppm\xc3\xb8te: 4 rader" in out, f"{code} {out} {err}")
        with open(path, "rb") as file:
            need(file.read() == export(centre, "attendance"), "the file is another one")
        need(stat.S_IMODE(os.stat(path).st_mode) == 0o600, "others may read it")
        code, _, err = run(centre, "export", "sets", "--reason", "x", "--to", path)
        need(code == REFUSED and "--force" in err, f"{code} {err}")
        need(run(centre, "export", "sets", "--reason", "x", "--to", path, "--force")[0] == OK, "not with --force")
        with open(path, "rb") as file:
            need(file.read() == export(centre, "sets"), "it was not replaced")
        need(sorted(os.listdir(root)) == ["centre", "ut.csv"], f"{os.listdir(root)}")
    with tap.test("several tables go into a folder, all or none"):
        os.mkdir(folder)
        code, out, err = run(centre, "export", "attendance", "sets", "scores", "--reason", "x", "--to", folder, "--json")
        need(code == OK and [row["rows"] for row in rig.json.loads(out)["tables"]] == [4, 2, 1], f"{code} {out} {err}")
        need(sorted(os.listdir(folder)) == ["attendance.csv", "scores.csv", "sets.csv"], f"{os.listdir(folder)}")
        os.remove(os.path.join(folder, "attendance.csv"))
        code, _, err = run(centre, "export", "attendance", "sets", "--reason", "x", "--to", folder)
        need(code == REFUSED and "sets.csv" not in os.listdir(root) and sorted(os.listdir(folder)) == ["scores.csv", "sets.csv"],
             f"{code} {err} {os.listdir(folder)}")
    with tap.test("a disk that is full leaves no file and no success"):
        need(run(centre, "export", "attendance", "--reason", "x", "--to", "/dev/full")[0] == REFUSED, "a device is no file")
        with open("/dev/full", "wb") as full:
            done = subprocess.run([rig.SAMLINGD, "export", "attendance", "--reason", "x", "--home", centre.home], stdout=full,
                                  stderr=subprocess.PIPE, timeout=rig.CALL_S, check=False)
        need(done.returncode == REFUSED, f"{done}")
    with tap.test("without a serving centre it is the same"):
        served = {name: export(centre, name, "--plain") for name in PLAIN}
        centre.stop()
        need(served == {name: export(centre, name, "--plain") for name in PLAIN}, "another table")
        centre.start()


def read_back(tap, world, seed):
    centre, luck = world.centre, random.Random(seed)
    names = {"".join(luck.choice(SIGNS) for _ in range(luck.randint(1, 40))) for _ in range(400)}
    names = sorted(name for name in names if not name.startswith("--"))
    added = centre("participant", "add", "--group", world.group, *names)
    world.a.sync()
    for row in added:
        if luck.random() < 0.7:
            world.mark(world.a, int(row["id"]), luck.choice((1, 2, 3, 4)), **{name: luck.randrange(top) for name, top in (
                ("minutes", 600), ("arrived_min", 1440), ("left_min", 1440), ("late", 2), ("by_video", 2)) if luck.random() < 0.5})
    world.a.sync()
    with tap.test("the plain form read back is what the store holds, whatever people are called"):
        with centre.read() as db:
            db.row_factory = sqlite3.Row
            held = {row["id"]: row["name"] for row in db.execute("SELECT id, name FROM participant WHERE dead <= 0")}
            marks = {(row["session"], row["participant"]): dict(row) for row in db.execute("SELECT * FROM attendance WHERE dead <= 0")}
        del held[world.people[6]]
        need({int(row["participant"]): row["name"] for row in table(centre, "participants")} == held, "names")
        rows = table(centre, "attendance")
        need(len(rows) == len(marks), f"{len(rows)} of {len(marks)}")
        for row in rows:
            mark = marks[int(row["session"]), int(row["participant"])]
            for name in ("presence", "evidence", "reason", "minutes", "arrived_min", "left_min", "late", "left_early", "by_video"):
                need(row[name] == ("" if mark[name] is None else str(mark[name])), f"{name}: {row} {mark}")
            need(row["name"] == held[mark["participant"]], f"{row}")
    with tap.test("the form for people read back has the same names, with an apostrophe where a spreadsheet would run them"):
        text = export(centre, "participants").decode("utf-8-sig")
        got = {int(row["Deltaker"]): row["Navn"] for row in csv.DictReader(io.StringIO(text, newline=""), delimiter=";", strict=True)}
        need(got == {key: ("'" if name[0] in "=+-@\uff1d" else "") + name for key, name in held.items()}, "names")
        need(not any(cell.startswith(tuple("=+-@\t\r")) for row in csv.reader(io.StringIO(text, newline=""), delimiter=";") for cell in row),
             "a cell that is run")


ROWS = 150_000


def grow(store, session):
    """Rows of attendance as rebuild would never make them: for their number only."""
    with sqlite3.connect(store) as db:
        db.executemany("INSERT INTO attendance (session, participant, presence, evidence, scope, csn, dead) VALUES (?, ?, 1, 2, 0, 1, 0)",
                       ((session, 10**12 + i) for i in range(ROWS)))
    db.close()


def large(tap, world):
    centre = world.centre
    centre.stop()
    grow(centre.store, world.session)
    centre.start()
    with tap.test("a large table goes through a little memory"):
        export(centre, "sets")
        before, start = centre.rss_kib(), time.monotonic()
        lines = export(centre, "attendance", "--plain").count(b"\r\n")
        grown = centre.rss_kib() - before
        need(lines > ROWS and grown < 24 * 1024, f"{lines} lines, {grown} KiB more")
        tap.figure("rows_a_second", round(lines / (time.monotonic() - start)))
        tap.figure("server_grew_kib", grown)
    with tap.test("whoever does not take it holds nobody up"):
        slow = subprocess.Popen([rig.SAMLINGD, "export", "attendance", "--reason", "x", "--home", centre.home], stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL)
        need(slow.stdout.read(3) == b"\xef\xbb\xbf", "it began")
        start = time.monotonic()
        centre("participant", "add", "Ny", "--group", world.group)
        need(time.monotonic() - start < 5, "the write thread waited")
        slow.kill()
        slow.wait()
        slow.stdout.close()
        need(centre("status")["devices"] == 2, "it serves on")
    with tap.test("a centre that is stopped in the middle says so, and no file is left"):
        path = os.path.join(os.path.dirname(centre.home), "halv.csv")
        fifo = subprocess.Popen([rig.SAMLINGD, "export", "attendance", "--reason", "x", "--home", centre.home], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)
        need(fifo.stdout.read(3) == b"\xef\xbb\xbf", "it began")
        need(centre.stop() == 0, "the centre does not end")
        out, err = fifo.communicate(timeout=rig.CALL_S)
        need(fifo.returncode == UNKNOWN and err and out.count(b"\r\n") < ROWS and not os.path.exists(path), f"{fifo.returncode} {err}")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--seed", type=int)
    seed = rig.seed_from(arguments.parse_args())
    tap = rig.Tap(f"tests/e2e/38-export.py --seed {seed}")
    with rig.folder() as root:
        centre = rig.Centre(os.path.join(root, "centre"))
        try:
            centre.start()
            world = World(centre)
            golden(tap, world)
            chosen(tap, world)
            files(tap, world, root)
            read_back(tap, world, seed)
            with tap.test("the store verifies"):
                need(run(centre, "verify", "--rebuild")[0] == OK, f"{run(centre, 'verify', '--rebuild')}")
            large(tap, world)
        finally:
            centre.kill()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
