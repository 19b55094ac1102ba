#!/usr/bin/python3
"""What a physiotherapist writes down of a person beside attendance and forms, on two tablets without a network: it comes to the
centre as it was written, nothing of it is ever changed, and nobody reads what is not theirs to read."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from rig import NOT_FOUND, OK, USAGE, need  # noqa: E402

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
            whole(tap, centre)
        finally:
            centre.kill()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
