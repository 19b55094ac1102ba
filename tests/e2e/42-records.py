#!/usr/bin/python3
"""What a physiotherapist writes down of a person beside attendance and forms, on two tablets without a network: it comes to the
centre as it was written, nothing of it is ever changed, and nobody reads what is not theirs to read."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from rig import GONE, NOT_FOUND, OK, USAGE, need  # noqa: E402

ONE, OTHER = "Deltaker Bevegelse 001", "Deltaker Bevegelse 002"
LONG = "æ" * 1000       # 2000 bytes


def notes(tablet, person):
    return tablet.done("note", "list", person)["notes"]


def note_by_note(tap, centre, a, b):
    with tap.test("notes are saved as they were written"):
        a.done("note", ONE, "Verre i trapp.\nTåler knebøy med støtte.", "--subject", "Kne", "--date", "2026-11-20")
        a.done("note", ONE, "-", given=LONG + "\n")
        b.done("note", ONE, "Redd for å miste jobben", "--role-only")
        told = notes(a, ONE)
        need([(row["subject"], row["text"], row["visibility"], row["author_name"], row["role"], row["state"]) for row in told] ==
             [("Kne", "Verre i trapp.\nTåler knebøy med støtte.", "team", "Kari", "physiotherapist", "waiting"),
              (None, LONG, "team", "Kari", "physiotherapist", "waiting")], f"{told}")
        need(told[0]["day"] == "2026-11-20", f"{told[0]}")
    with tap.test("people read them line by line"):
        code, out, err = a.seen("note", "list", ONE, "--lang", "nb")
        need(code == OK and "    Verre i trapp.\n    Tåler knebøy med støtte.\n" in out and "Fysioterapeut" in out, f"{out} {err}")
    with tap.test("what is too long, empty, or would steer a terminal is not saved"):
        before = a.status()["saved"]
        for words in ((LONG + "æ",), ("",), ("tekst", "--subject", "e" * 121), ("rødt \x1b[31m",), ("tekst", "--date", "i går")):
            need(a("note", ONE, *words)[0] == USAGE, f"{words[0][:20]!r} was taken")
        need(a("note", ONE, "-", given=LONG + "æ")[0] == USAGE, "standard input has no end")
        need(a("note", "Nobody", "tekst")[0] == NOT_FOUND and a("note", ONE, "tekst", "--replaces", "17")[0] == NOT_FOUND, "of nobody")
        need(a.status()["saved"] == before, f"{a.status()}")
    with tap.test("they stand at the centre and on the other tablet, in one order"):
        for tablet in (a, b, a):
            tablet.sync()
        need([row["text"] for row in notes(a, ONE)] == [row["text"] for row in notes(b, ONE)] and len(notes(a, ONE)) == 3, f"{notes(a, ONE)}")
        with centre.read() as db:
            need(db.execute("SELECT count(*), sum(length(CAST(text AS BLOB)) = 2000) FROM note").fetchone() == (3, 1), "at the centre")
    with tap.test("what is for one role is not read by another"):
        a.user = "Nils"
        need(len(notes(a, ONE)) == 2, "another role reads it")
        a.user = "Kari"
    with tap.test("a correction is a note of its own; what was entered in error goes"):
        first = notes(a, ONE)[0]["id"]
        again = a.done("note", ONE, "Verre ned trapp.", "--replaces", first)["note"]
        wrong = b.done("note", OTHER, "feil person")["note"]
        b.done("note", "remove", wrong)
        for tablet in (a, b, a):
            tablet.sync()
        told = {row["id"]: row for row in notes(b, ONE)}
        need(told[first]["replaced_by"] == again and told[again]["replaces"] == first and told[first]["text"].startswith("Verre i"), f"{told}")
        need(notes(a, OTHER) == [], f"{notes(a, OTHER)}")


def contacts(tap, centre, a, b):
    with tap.test("a contact is written down, and changed by what is said of it"):
        first = a.done("contact", ONE, "--minutes", "30", "--mode", "telefon", "--sector", "somatikk", "--date", "2026-11-18")["contact"]
        b.done("contact", ONE, "--with", "NAV", "--work", "--role", "nav-adviser", "--minutes", "45", "--mode", "video")
        told = a.done("contact", "list", ONE)["contacts"]
        need([(row["day"], row["minutes"], row["mode"], row["with"], row["role"], row["sector"], row["work_focus"]) for row in told] ==
             [("2026-11-18", 30, "phone", "person", "physiotherapist", "somatic", False)], f"{told}")
        a.done("contact", ONE, first, "--work")
        for tablet in (a, b, a):
            tablet.sync()
        told = b.done("contact", "list", ONE)["contacts"]
        need(len(told) == 2 and [row["work_focus"] for row in told] == [True, True] and told[0]["minutes"] == 30, f"{told}")
        code, out, err = a.seen("contact", "list", ONE, "--lang", "nb")
        need(code == OK and all(word in out for word in ("telefon", "somatikk", "IA-veileder", "arbeid var tema")), f"{out} {err}")
    with tap.test("what is out of range, or of no such contact, is not saved"):
        for words in (("--minutes", "481"), ("--mode", "pigeon"), ("--with", "nobody"), ("--date", "x"), ("abc",)):
            need(a("contact", ONE, *words)[0] == USAGE, f"{words} was taken")
        need(a("contact", ONE, "17", "--work")[0] == NOT_FOUND, "a contact that is not there")
    with tap.test("two change one contact: a case, and both accounts stay"):
        a.done("contact", ONE, first, "--minutes", "40")
        b.done("contact", ONE, first, "--minutes", "50")
        for tablet in (a, b):
            tablet("sync")
        code, out, err = centre.seen("case", "show", "1", "--lang", "nb")
        need(code == 0 and "40" in out and "50" in out, f"{out} {err}")
        with centre.read() as db:
            need(db.execute("SELECT count(*) FROM conflict_case").fetchone() == (1,), "not one case")
        need([row["disputed"] for row in b.done("contact", "list", ONE)["contacts"]].count(True) == 1, "it is not shown as disputed")


def work(tap, a, b):
    with tap.test("how it stands with work is never changed, only corrected"):
        first = a.done("work", ONE, "sykmeldt", "--employed", "ja", "--sick-leave", "60", "--working", "40", "--date", "2026-11-01")["work"]
        again = a.done("work", ONE, "sick-leave", "--employed", "yes", "--sick-leave", "50", "--working", "50", "--date", "2026-11-01",
                       "--replaces", first)["work"]
        for tablet in (a, b, a):
            tablet("sync")
        told = {row["id"]: row for row in b.done("work", "list", ONE)["work"]}
        need((told[first]["status"], told[first]["sick_leave_percent"], told[first]["replaced_by"]) == ("sick-leave", 60, again), f"{told}")
        need((told[again]["employed"], told[again]["working_percent"], told[again]["replaced_by"]) == ("yes", 50, None), f"{told}")
        code, out, err = b.seen("work", "list", ONE, "--lang", "nb")
        need(code == OK and "sykmeldt" in out and "50 %" in out and f"erstattet av {again}" in out, f"{out} {err}")
        for words in (("lazy",), ("working", "--sick-leave", "101"), ("working", "--employed", "perhaps")):
            need(a("work", ONE, *words)[0] == USAGE, f"{words} was taken")


def exertion(tap, a, b):
    with tap.test("two ratings of one moment both stay, and the person's own counts"):
        session = b.sessions("Bevegelse")[0]
        a.done("exertion", "--session", session, ONE, "13")
        b.done("exertion", "--session", session, ONE, "15", "--self")
        a.done("exertion", "--session", session, ONE, "3,5", "--scale", "cr10", "--moment", "etter")
        for tablet in (a, b, a):
            tablet("sync")
        told = a.done("exertion", "list", "--session", session)["ratings"]
        need(sorted((row["moment"], row["scale"], row["value_tenths"], row["evidence"], row["primary"]) for row in told) ==
             [("after", "cr10", 35, "tapped", True), ("peak", "rpe", 130, "tapped", False), ("peak", "rpe", 150, "self", True)], f"{told}")
        code, out, err = a.seen("exertion", "list", "--session", session, ONE, "--lang", "nb")
        need(code == OK and "3,5" in out and "på det tyngste" in out, f"{out} {err}")
    with tap.test("what is no rating on that scale is not saved"):
        for words in (("5",), ("21",), ("13,5",), ("x",), ("15,1", "--scale", "cr10"), ("3,55", "--scale", "cr10"), ("",), ("13", "--moment", "never")):
            need(a("exertion", "--session", session, ONE, *words)[0] == USAGE, f"{words} was taken")


def activities(tap, a, b):
    with tap.test("activities in the person's own words are frozen; other words take their place"):
        first = a.done("activity", ONE, "1", "Gå i trapp med handleposer", "--icf", "d4551")["activity"]
        again = a.done("activity", ONE, "1", "Gå i trapp", "--replaces", first)["activity"]
        for tablet in (a, b, a):
            tablet("sync")
        told = {row["id"]: row for row in b.done("activity", "list", ONE)["activities"]}
        need((told[first]["number"], told[first]["words"], told[first]["icf"], told[first]["replaced_by"]) ==
             (1, "Gå i trapp med handleposer", "d4551", again) and told[again]["replaced_by"] is None, f"{told}")
        for words in (("0", "x"), ("6", "x"), ("1", ""), ("1", "å" * 101)):
            need(a("activity", ONE, *words)[0] == USAGE, f"{words} was taken")


def leaders(tap, a, b):
    with tap.test("a substitute leads beside whoever leads already"):
        session = a.sessions("Bevegelse")[0]
        a.done("leader", "add", "--session", session, "Kari")
        b.done("leader", "add", "--session", session, "Nils", "--role", "fysioterapeut")
        for tablet in (a, b, a):
            tablet("sync")
        told = a.done("leader", "list", "--session", session)["leaders"]
        need([(row["name"], row["role"]) for row in told] == [("Kari", "physiotherapist"), ("Nils", "physiotherapist")], f"{told}")
        a.done("leader", "remove", "--session", session, "Kari")
        for tablet in (a, b):
            tablet("sync")
        need([row["name"] for row in b.done("leader", "list", "--session", session)["leaders"]] == ["Nils"], "the other went, too")
        need(a("leader", "add", "--session", session, "Nobody")[0] == NOT_FOUND, "nobody leads")


def leaving(tap, centre, a, b):
    with tap.test("somebody leaves a group: off its lists at once, on the other tablet after a sync"):
        told = a.done("enrolment", "end", OTHER, "Bevegelse", "avbrutt", "--reason", "3")
        day = told["end"]
        need((told["status"], told["reason"]) == ("discontinued", 3), f"{told}")
        told = a.done("enrolment", "list", OTHER)["enrolments"]
        need([(row["group_name"], row["status"], row["end"], row["reason"], row["state"], row["disputed"]) for row in told] ==
             [("Bevegelse", "discontinued", day, 3, "waiting", False)], f"{told}")
        session = a.sessions("Bevegelse")[-1]
        names = [line["name"] for line in a.done("sheet", "--session", session)["lines"]]
        need(OTHER not in names and ONE in names, f"{names}")
        need(OTHER in [line["name"] for line in b.done("sheet", "--session", session)["lines"]], "gone there, too")
        for tablet in (a, b):
            tablet("sync")
        need(OTHER not in [line["name"] for line in b.done("sheet", "--session", session)["lines"]], "still on the list")
        with centre.read() as db:
            need(db.execute("SELECT status, end_reason FROM enrolment WHERE end_day IS NOT NULL").fetchall() == [(6, 3)], "at the centre")
        code, out, err = b.seen("enrolment", "list", OTHER, "--lang", "nb")
        need(code == OK and "Avbrutt" in out and day in out, f"{out} {err}")
    with tap.test("what is no way to leave is not saved"):
        for words in (("attending",), ("completed", "--reason", "100"), ("completed", "--date", "x"), ("completed", "--date", "2026-01-01")):
            need(a("enrolment", "end", ONE, "Bevegelse", *words)[0] == USAGE, f"{words} was taken")
        need(a("enrolment", "end", ONE, "Fremmed", "completed")[0] == NOT_FOUND and a("enrolment", "begin", ONE)[0] == USAGE, "of no group")


def shut(tap, centre, a, b):
    lists = ("note", "contact", "work", "activity", "score")
    with tap.test("a record that is shut is shown for a reason only, and the log has no line of what was not shown"):
        need(a.done("record", "shut", ONE)["shut"] is True, "not shut")
        a.done("record", "shut", ONE)
        before = a.status()["saved"]
        for verb in lists:
            code, told = a(verb, "list", ONE)
            need(code == GONE and told["error"]["name"] == "ESTATE", f"{verb}: {code} {told}")
        code, out, err = a.seen("note", "list", ONE, "--lang", "nb")
        need(code == GONE and "Journalen er sperret" in err and not out, f"{out} {err}")
        need(a.status()["saved"] == before, "a line of what nobody saw")
        need(len(a.done("note", "list", ONE, "--why", "nødsituasjon")["notes"]) > 0, "not in an emergency")
        need(len(a.done("contact", "list", ONE, "--why", "own-request")["contacts"]) > 0, "not for the person")
    with tap.test("work goes on, and the other tablet follows"):
        a.done("note", ONE, "skrevet etter at journalen ble sperret")
        for tablet in (a, b):
            tablet("sync")
        for verb in lists:
            need(b(verb, "list", ONE)[0] == GONE, f"{verb} is shown on the other")
        session = a.sessions("Bevegelse")[0]
        need(ONE in [line["name"] for line in b.done("sheet", "--session", session)["lines"]], "off the list")
        with centre.read() as db:
            person, = db.execute("SELECT id FROM participant WHERE shut = 1").fetchone()
            need(db.execute("SELECT count(*) FROM access WHERE participant = ? AND purpose IN (5, 6)", (person,)).fetchone() == (2,), "the log")
    with tap.test("only the centre opens it again"):
        need(centre("participant", "open", str(person), "--note", "ønsker det")["shut"] == 0, "not opened")
        b("sync")
        need(len(b.done("note", "list", ONE)["notes"]) > 0, "still shut")
        code, out, err = centre.seen("participant", "open", str(person), "--lang", "nb")
        need(code == 1 and "ikke sperret" in err, f"{code} {out} {err}")


def whole(tap, centre):
    with tap.test("the store verifies, and rebuilds to itself"):
        code, out, err = centre.seen("verify")
        need(code == 0, f"verify: {out} {err}")
        centre.stop()
        code, out, err = centre.seen("rebuild", "--json")
        need(code == 0 and '"changed":0' in out.replace(" ", ""), f"rebuild: {out} {err}")


def main():
    tap = rig.Tap()
    with rig.folder() as root:
        centre = rig.Centre(os.path.join(root, "centre"))
        try:
            centre.start()
            clinic = centre.clinic()
            centre.group(clinic, "Bevegelse", 2)
            centre.user(clinic, "Kari")
            centre("user", "add", "--clinic", clinic, "--name", "Nils", "--role", "nav-adviser")
            a, b = [centre.tablet(os.path.join(root, f"tablet{i}"), clinic, f"Gym {i}") for i in range(2)]
            for tablet in (a, b, a):
                tablet.sync()
            note_by_note(tap, centre, a, b)
            contacts(tap, centre, a, b)
            work(tap, a, b)
            exertion(tap, a, b)
            activities(tap, a, b)
            leaders(tap, a, b)
            leaving(tap, centre, a, b)
            shut(tap, centre, a, b)
            whole(tap, centre)
        finally:
            centre.kill()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
