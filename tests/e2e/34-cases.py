#!/usr/bin/python3
"""What tablets say differently becomes a case, is shown in plain words, is decided once by somebody who has read it, and reaches
every tablet; what was put aside can be looked at, let rest and taken in; verify finds what was changed behind the centre's
back, and rebuild puts it right."""
import os
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from rig import ATTENTION, OK, PRESENCE, need  # noqa: E402

REFUSED, USAGE = 1, 2
COLUMNS = 80
PLANNED, HELD, CANCELLED = range(3)


def ask(centre, *words):
    """(exit code, output, error) of a verb, as a person sees them."""
    done = subprocess.run([rig.SAMLINGD, *map(str, words), "--home", centre.home], stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=rig.CALL_S, check=False, env=rig.clean_environment())
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def refused(centre, *words, code=REFUSED):
    """The verb must refuse, and nothing may change; what it said."""
    before = changes(centre)
    got, out, err = ask(centre, *words)
    need(got == code and not out, f"samlingd {' '.join(map(str, words))}: exit {got}: {out} {err}")
    need(changes(centre) == before, "a refused verb has changed something")
    return err


def changes(centre):
    with centre.read() as db:
        return db.execute("SELECT max(first_csn + count - 1) FROM push").fetchone()[0]


def cases(centre, *options):
    return {row["no"]: row for row in centre("case", "list", *options)}


def open_one(centre):
    """The one case that is open: (number, what case show tells)"""
    rows = cases(centre)
    need(len(rows) == 1, f"open cases: {rows}")
    no = next(iter(rows))
    return no, centre("case", "show", no)


def take(page, value):
    """Which K the value has on the page."""
    return next(row["take"] for row in page["values"] if row["value"].startswith(value))


def notices(tablet):
    code, said = tablet("attention")
    need(code in (OK, ATTENTION), f"attention: exit {code}")
    return {int(row["seq"]): row for row in said["notices"]}


def told_people(tablet, lang):
    """attention as a person sees it."""
    words = [word for word in tablet.command("attention") if word not in ("--json", "--lang", "en")] + ["--lang", lang]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=rig.CALL_S, check=False,
                          env=rig.clean_environment())
    return done.stdout.decode().splitlines()


def sync_all(*tablets):
    for tablet in tablets:
        tablet.sync(codes=(OK, ATTENTION))


def status_of(tablet, group, session):
    rows = tablet.done("sessions", group)["sessions"]
    return next(row["status"] for row in rows if int(row["id"]) == session)


class Room:
    """A centre, a clinic with two users, a group and three tablets."""

    def __init__(self, root, name):
        self.centre = rig.Centre(os.path.join(root, name))
        self.centre.start()
        clinic = self.centre.clinic()
        self.group, self.people = self.centre.group(clinic, "Bevegelse", 6)
        self.centre.user(clinic, "Kari")
        self.centre.user(clinic, "Ola")
        self.tablets = [self.centre.tablet(os.path.join(root, name, f"tablet{i}"), clinic, f"Gym {i}", user=("Kari", "Ola", "Ola")[i])
                        for i in range(3)]
        sync_all(*self.tablets)
        self.sessions = self.tablets[0].sessions(self.group)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.centre.kill()

    def disagree(self, session, person, first, second):
        """Two tablets say different things about one person, neither having seen the other's."""
        a, b, _ = self.tablets
        a.mark(session, {person: first})
        b.mark(session, {person: second})
        sync_all(a, b, a)


# ---- a value that two said differently

def told(tap, room):
    centre, (a, b, _) = room.centre, room.tablets
    session, person = room.sessions[0], room.people[0]
    with tap.test("two who disagree make one case, which both tablets name"):
        room.disagree(session, person, "present", "no-show")
        no, page = open_one(centre)
        need(cases(centre)[no]["field"] == "presence" and page["key2"] == person, f"{page}")
        need([row["value"].split(",")[0] for row in page["values"]] == ["present", "no-show"], f"{page['values']}")
        need([row["device_no"] for row in page["values"]] == [a.no, b.no], f"{page['values']}")
        need("Kari" in page["values"][0]["who"] and "Ola" in page["values"][1]["who"], f"{page['values']}")
        need([row["shown"] for row in page["values"]] == [1, 0], "present is shown until it is decided")
        for tablet in (a, b):
            rows = notices(tablet)
            need([(row["kind"], row["case"]) for row in rows.values()] == [("case", str(no))], f"{rows}")
            need(tablet("status")[0] == ATTENTION, "status keeps quiet about it")
        need(centre("status")["cases"] == 1, "status of the centre")
    with tap.test("it is told in words, in both languages, in 80 columns"):
        for lang, words in (("en", ("Present / No-show", "Attendance")), ("nb", ("Møtt / Ikke møtt", "Oppmøte"))):
            code, out, err = ask(centre, "case", "list", "--lang", lang)
            need(code == 0 and all(word in out for word in words), f"{out} {err}")
            table = out.splitlines()[:-1]       # behind it stands a command, with the folder's name in it
            need(all(len(line) <= COLUMNS for line in table), f"{max(map(len, table))} columns: {out}")
            code, out, err = ask(centre, "case", "show", no, "--lang", lang)
            need(code == 0 and f"samlingd case decide {no} --take 2 --seen {page['seen']}" in out, f"{out} {err}")
            wide = [line for line in out.splitlines() if len(line) > COLUMNS and not line.startswith("  samlingd")]
            need(not wide, f"too wide: {wide}")
    with tap.test("and on the tablets, with what is shown meanwhile"):
        for lang, head, shown in (("en", f"   1  Case {no}: attendance of Deltaker Bevegelse", "Shown for now: Present. Also registered: No-show."),
                                  ("nb", f"   1  Sak {no}: oppmøte for Deltaker Bevegelse", "Vises foreløpig: Møtt. Også ført: Ikke møtt.")):
            for tablet in (a, b):
                lines = told_people(tablet, lang)
                need(lines[0].startswith(head) and shown in lines[2] and max(map(len, lines)) <= COLUMNS, f"{lines}")
    return no, page


def decided(tap, room, no, page):
    centre, (a, b, c) = room.centre, room.tablets
    session, person = room.sessions[0], room.people[0]
    with tap.test("what does not fit is refused and changes nothing"):
        refused(centre, "case", "decide", no, code=USAGE)
        refused(centre, "case", "decide", no, "--take", 1, "--stand", code=USAGE)
        refused(centre, "case", "decide", no, "--held", code=USAGE)
        refused(centre, "case", "decide", no, "--take", 3)
        refused(centre, "case", "decide", no, "--set", "presence=perhaps")
        refused(centre, "case", "decide", no, "--set", "minutes=5")
        refused(centre, "case", "decide", no + 1, "--take", 1)
        refused(centre, "case", "decide", no, "--take", 1, "--seen", page["seen"] + 1000)
    with tap.test("a decision from an old page is refused, and says what is new"):
        c.mark(session, {person: "notified"})
        c.sync(codes=(OK, ATTENTION))
        said = refused(centre, "case", "decide", no, "--take", 2, "--seen", page["seen"])
        need("Notified absence" in said and f"tablet {c.no}" in said, said)
        need(no in cases(centre), "the case is closed")
    with tap.test("a decision closes the case and reaches every tablet"):
        _, page = open_one(centre)
        need(len(page["values"]) == 3, f"{page['values']}")
        centre("case", "decide", no, "--take", take(page, "no-show"), "--seen", page["seen"], "--note", "asked the clinic")
        need(not cases(centre) and cases(centre, "--all")[no]["state"] == "closed", "it is still open")
        sync_all(a, b, c)
        for tablet in room.tablets:
            need(tablet.sheet(session)[person] == "no-show", f"tablet {tablet.no}: {tablet.sheet(session)}")
        need([row["kind"] for row in notices(a).values()] == ["merged"], "who was overruled is told")
        need(not notices(b), "who was right needs not look again")
        a.done("attention", "--seen", "all")
        need(a("attention")[0] == OK, "what was seen is told again")
    with tap.test("a closed case is corrected only by somebody who has read it"):
        said = refused(centre, "case", "decide", no, "--set", "presence=present")
        need(f"case show {no}" in said, said)
        page = centre("case", "show", no)
        need([row["value"].split(",")[0] for row in page["earlier"]] == ["present", "no-show", "notified"], f"{page['earlier']}")
        centre("case", "decide", no, "--set", "presence=not-expected", "--set", "reason=3", "--seen", page["seen"])
        sync_all(a, b)
        need(b.sheet(session)[person] == "not-expected", f"{b.sheet(session)}")
    with tap.test("two who decide from the same page: the second one is refused"):
        room.disagree(session, room.people[1], "present", "notified")
        second, page = open_one(centre)
        centre("case", "decide", second, "--take", 1, "--seen", page["seen"])
        said = refused(centre, "case", "decide", second, "--take", 2, "--seen", page["seen"])
        need("the centre" in said and "Present" in said, said)
    with tap.test("an edit by somebody who has seen all values closes a case by itself"):
        room.disagree(session, room.people[2], "present", "no-show")
        sync_all(c)
        c.mark(session, {room.people[2]: "no-show"})
        sync_all(c)
        need(not cases(centre), f"{cases(centre)}")


def snow_day(tap, room):
    centre, (a, b, _) = room.centre, room.tablets
    session = room.sessions[-1]
    with tap.test("cancelled at the centre and held on a tablet: one case, which shows who was there and answers for both"):
        a.done("session", "held", session)
        a.mark(session, {room.people[0]: "present"})
        centre("session", "cancel", session, "--reason", 3)
        sync_all(a)
        no, page = open_one(centre)
        need(cases(centre)[no]["field"] == "status", f"{page}")
        code, said, err = ask(centre, "case", "show", no)
        need(code == OK and "answers for that too" in said and said.count("Present") == 1, f"{said} {err}")
        b.mark(session, {room.people[1]: "present"})
        sync_all(b)
        said = refused(centre, "case", "decide", no, "--take", take(page, "cancelled"), "--seen", page["seen"])
        need("2 present" in said, said)
        page = centre("case", "show", no)
        centre("case", "decide", no, "--take", take(page, "cancelled"), "--seen", page["seen"])
        need(not cases(centre), f"{cases(centre)}")
        sync_all(a, b)
        need(status_of(a, room.group, session) == "cancelled", "it is not decided")


def other_fields(tap, room):
    centre, (a, b, _) = room.centre, room.tablets
    session, person = room.sessions[4], room.people[5]
    with tap.test("minutes are a case of their own, and so is a session's status"):
        for tablet, minutes in ((a, 45), (b, 60)):
            tablet.done("mark", "--session", session, f"{person}=present", "--minutes", minutes)
        a.done("session", "cancel", session, "--reason", 2)
        b.done("session", "held", session)
        sync_all(a, b, a)
        rows = {row["field"] or row["rule"]: row for row in cases(centre).values()}
        need(set(rows) == {"minutes", "status"}, f"{rows}")      # it is shown as cancelled, yet somebody was there: one question
        need(rows["minutes"]["values"] == "45 min / 60 min" and rows["status"]["values"] == "cancelled / held", f"{rows}")
        centre("case", "decide", rows["minutes"]["no"], "--set", "minutes=50", "--set", "arrived_min=10:05")
        page = centre("case", "show", rows["status"]["no"])
        centre("case", "decide", rows["status"]["no"], "--take", take(page, "held"), "--seen", page["seen"])
        sync_all(a, b)
        need(not cases(centre) and status_of(a, room.group, session) == "held", "it is not decided")
        line = next(row for row in a.done("sheet", "--session", session)["lines"] if int(row["participant"]) == person)
        need((line["minutes"], line["arrived"], line["presence"]) == (50, "10:05", "present"), f"{line}")


# ---- rules across rows

def ruled(tap, room):
    centre, (a, b, c) = room.centre, room.tablets
    one, other, third = room.sessions[1:4]
    with tap.test("cancelled but attended: it took place"):
        a.done("session", "cancel", one)
        b.mark(one, {room.people[0]: "present"})
        sync_all(a, b)
        no, page = open_one(centre)
        need(page["rule"] == "attended" and page["sessions"][0]["present"] == 1, f"{page}")
        refused(centre, "case", "decide", no, "--take", 1, code=USAGE)
        centre("case", "decide", no, "--held", "--seen", page["seen"])
        sync_all(a, b)
        need(not cases(centre) and status_of(b, room.group, one) == "held", status_of(b, room.group, one))
    with tap.test("cancelled but attended: it may stand, until somebody says more"):
        a.done("session", "cancel", other)
        b.mark(other, {room.people[0]: "present"})
        sync_all(a, b)
        no, page = open_one(centre)
        centre("case", "decide", no, "--stand", "--seen", page["seen"])
        need(not cases(centre), "it does not stand")
        b.mark(other, {room.people[1]: "present"})
        sync_all(b)
        need(list(cases(centre)) == [no], "what came later is covered by a decision that could not know it")
        said = refused(centre, "case", "decide", no, "--stand", "--seen", page["seen"])
        need("2 present" in said, said)
        centre("case", "decide", no, "--stand")
        need(not cases(centre), "it does not stand")
    with tap.test("two extra sessions on a day: one is removed, or one is cancelled"):
        day = next(row["day"] for row in a.done("sessions", room.group)["sessions"] if int(row["id"]) == third)
        ids = []
        for ahead, how in ((1, "--remove"), (2, "--cancelled")):
            at = sqlite3.connect(":memory:").execute("SELECT date(?, ?)", (day, f"+{ahead} days")).fetchone()[0]
            ids = [int(t.done("session", "add", room.group, at)["session"]) for t in (a, b)]
            sync_all(a, b)
            no, page = open_one(centre)
            need(page["rule"] == "same-day" and [row["session"] for row in page["sessions"]] == sorted(ids), f"{page}")
            refused(centre, "case", "decide", no, how, third)
            centre("case", "decide", no, how, ids[1], "--seen", page["seen"])
            need(not cases(centre), f"{how} leaves it open")
            sync_all(a, b, c)
            left = [int(row["id"]) for row in c.done("sessions", room.group)["sessions"]]
            need(ids[0] in left and (ids[1] in left) == (how == "--cancelled"), f"{how}: {left}")
        need(status_of(c, room.group, ids[1]) == "cancelled", "the second one is not cancelled")


# ---- put aside

def aside(tap, room):
    centre, (a, b, c) = room.centre, room.tablets
    session = room.sessions[5]
    with tap.test("what a revoked tablet sends is put aside, and shown with its bytes"):
        a.mark(session, {room.people[4]: "present"})
        sync_all(a)
        c.mark(session, {room.people[i]: "no-show" for i in range(5)})
        centre("device", "revoke", c.no)
        c("sync")
        rows = centre("quarantine", "list")
        need(len(rows) == 5 and {row["device_no"] for row in rows} == {c.no}, f"{rows}")
        need(all("no-show" in row["values"] for row in rows), f"{rows}")
        with centre.read() as db:
            raw, deflated = db.execute("SELECT raw, deflated FROM push WHERE device_no = ? ORDER BY first_csn DESC", (c.no,)).fetchone()
        body = rig.inflate(raw, deflated)
        need(bytes.fromhex(centre("quarantine", "show", rows[0]["csn"])["bytes"]) in body, "these are not its bytes")
        need(centre("status")["quarantined"] == 5, "status")
        code, out, _ = ask(centre, "quarantine", "list", "--lang", "nb")
        need(code == 0 and "Nettbrettet var sperret" in out and "Ikke møtt" in out, out)
    first, second = rows[0]["csn"], rows[1]["csn"]
    with tap.test("it may rest, and be looked at again"):
        refused(centre, "quarantine", "close", first, code=USAGE)
        centre("quarantine", "close", first, "--note", "twice in the list")
        need([row["csn"] for row in centre("quarantine", "list")] == [row["csn"] for row in rows[1:]], "it is still listed")
        need({row["csn"]: row["state"] for row in centre("quarantine", "list", "--all")}[first] == "closed", "it is gone")
        need(centre("quarantine", "show", first)["note"] == "twice in the list", "the note is gone")
        refused(centre, "quarantine", "reopen", second)
        centre("quarantine", "reopen", first)
        need(len(centre("quarantine", "list")) == 5, "it does not come back")
    with tap.test("taken in it counts, once, and a disagreement becomes a case"):
        said = centre("quarantine", "retry", first)
        need([row["verdict"] for row in said] == ["applied"], f"{said}")
        refused(centre, "quarantine", "retry", first)
        said = centre("quarantine", "retry", "--device", c.no)
        need(sorted(row["verdict"] for row in said) == ["applied"] * 3 + ["case"], f"{said}")
        sync_all(a, b)
        marks = b.sheet(session)
        need(all(marks[p] == "no-show" for p in room.people[:4]) and marks[room.people[4]] == "present", f"{marks}")
        no, page = open_one(centre)
        need({row["device_no"] for row in page["values"]} == {a.no, c.no}, f"{page['values']}")
        centre("case", "decide", no, "--stand", "--seen", page["seen"])
        need(not cases(centre) and not centre("quarantine", "list"), "something is left")
        refused(centre, "quarantine", "retry", "--device", c.no)


# ---- trust

def audited(tap, room):
    centre = room.centre
    with tap.test("the audit log says who asked what, in numbers and without names"):
        centre("participant", "list")
        centre("user", "add", "--clinic", "Porsgrunn", "--name", "Ny Bruker")
        refused(centre, "user", "add", "--clinic", "Nowhere", "--name", "Ny Bruker")
        lines = centre("audit", "list", "--last", 1000)
        verbs = [row for row in lines if row["kind"] in ("verb", "access") and not row["actor"].startswith("device ")]     # seen on a tablet
        need(verbs[-1]["text"] == "user add --clinic --name" and verbs[-2]["text"] == "participant list", f"{verbs[-2:]}")
        need(all(f"uid={os.getuid()}" in row["actor"] for row in verbs), "somebody else was it")
        need(any(row["text"].endswith('"asked the clinic"') for row in verbs), "the note is missing")
        need(not any(word in row["text"] + row["actor"] for row in lines for word in ("Bruker", "Deltaker", "Porsgrunn")), "names")
        need([row["no"] for row in lines] == list(range(lines[0]["no"], lines[0]["no"] + len(lines))), "numbers are missing")
        need(len(centre("audit", "list", "--after", lines[-1]["no"])) == 1, "reading the log leaves no line")


def verified(tap, room, root):
    centre = room.centre
    with tap.test("verify and rebuild find nothing, while it serves and when it does not"):
        said = centre("verify", "--rebuild")
        need(said["wrong"] == 0 and said["tables"] > 10 and said["ops"] == changes(centre), f"{said}")
        need(centre("rebuild")["changed"] == 0, "rebuild ends otherwise")
        tablet = room.tablets[0]
        sync_all(tablet)
        anchor = tablet.status()["audit_anchor"]
        need(centre("verify", "--anchor", anchor)["wrong"] == 0, "what a tablet was told does not fit")
        centre.kill()
        need(centre("verify", "--rebuild")["wrong"] == 0, "after a kill")
        need(centre("rebuild")["changed"] == 0, "after a kill")
    saved = os.path.join(root, "saved.db")
    rig.copy_store(centre.store, saved)
    for what, change, event in TAMPERED:
        with tap.test(f"verify finds {what}"):
            tampered(centre, saved, change)
            code, out, err = ask(centre, "verify", "--rebuild", "--anchor", anchor, "--json")
            need(code == REFUSED and f"ev={event}" in out, f"exit {code}: {out} {err}")
            code, out, err = ask(centre, "verify", "--rebuild", "--anchor", anchor)
            need(code == REFUSED and "What is wrong" in out, f"exit {code}: {out} {err}")
    with tap.test("verify tells what it can of a file that is damaged"):
        tampered(centre, saved, "UPDATE push SET deflated = deflated")
        with sqlite3.connect(centre.store) as db:
            page, root_page = db.execute("PRAGMA page_size").fetchone()[0], db.execute(
                "SELECT rootpage FROM sqlite_master WHERE name = 'attendance'").fetchone()[0]
        db.close()
        with open(centre.store, "r+b") as file:
            file.seek((root_page - 1) * page)
            file.write(b"\x55" * page)
        code, out, err = ask(centre, "verify")
        need(code == REFUSED and "the database file is damaged" in out, f"exit {code}: {out} {err}")
    with tap.test("rebuild puts right what was derived, and names the table"):
        tampered(centre, saved, "UPDATE attendance SET presence = 4 WHERE presence = 1")
        code, out, err = ask(centre, "rebuild")
        need(code == 0 and "table=attendance" in out, f"exit {code}: {out} {err}")
        need(centre("verify", "--rebuild")["wrong"] == 0, "it is not right yet")
    with tap.test("words that are no anchor are refused"):
        for word in ("1", "1:", ":1", "x:1", "1:xyz", "1:00000000000000000", "0:1", "-1:1"):
            code, _, err = ask(centre, "verify", "--anchor", word)
            need(code == USAGE and "--anchor" in err, f"{word}: exit {code}: {err}")


TAMPERED = (
    ("a value that was changed in a table", "UPDATE attendance SET presence = 4 WHERE presence = 1", "rebuilt"),
    ("a verdict that went away", "DELETE FROM verdict WHERE csn = (SELECT min(csn) FROM verdict)", "rebuilt"),
    ("a case that was closed by hand", "UPDATE conflict_case SET open = 1 WHERE no = 1", "case_state"),
    ("an audit line that was changed", "UPDATE audit SET actor = 'nobody' WHERE no = 3", "audit_entry"),
    ("an audit line that was taken out", "DELETE FROM audit WHERE no = 4", "audit_gap"),
    ("an audit log that was cut", "DELETE FROM audit WHERE no > 5", "audit_cut"),
    ("a push that was changed", "UPDATE push SET received_s = received_s + 60 WHERE first_csn = (SELECT max(first_csn) FROM push)", "audit_facts"),
    ("a scope whose sum was changed", "UPDATE scope SET sum = sum + 1 WHERE rows > 0", "scope_sum"),
)


def tampered(centre, saved, change):
    """The saved store, put back and changed behind the centre's back."""
    for end in ("", "-wal", "-shm"):
        if os.path.exists(centre.store + end):
            os.unlink(centre.store + end)
    rig.copy_store(saved, centre.store)
    with sqlite3.connect(centre.store) as db:
        db.execute("PRAGMA journal_mode = DELETE")
        need(db.execute(change).rowcount > 0, f"nothing to change: {change}")
        db.commit()
    db.close()


def main():
    tap = rig.Tap()
    with rig.folder() as root:
        with Room(root, "room") as room:
            decided(tap, room, *told(tap, room))
            other_fields(tap, room)
            snow_day(tap, room)
            ruled(tap, room)
            aside(tap, room)
            audited(tap, room)
            verified(tap, room, root)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
