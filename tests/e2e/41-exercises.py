#!/usr/bin/python3
"""A physiotherapist writes down what people did, set by set, on two tablets without a network: by the name of the exercise, as
people say sets. What is no set is refused and nothing of that command is saved; what two tablets say of one set is a case that
names the exercise."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from rig import NOT_FOUND, OK, USAGE, need  # noqa: E402

ONE, OTHER = "Deltaker Bevegelse 001", "Deltaker Bevegelse 002"
GROUP = "Bevegelse"


def sets(tablet, *words):
    """(exercise, set) -> (times, tenths of a kilogram, seconds, metres) of one person"""
    return {(row["exercise"], row["set"]): (row["reps"], row["load_hg"], row["duration_s"], row["distance_m"])
            for row in tablet.done("exercise", "list", GROUP, *words)["sets"]}


def written_down(tap, a):
    with tap.test("sets are written down by the name of the exercise, as people say them"):
        done = a.done("exercise", GROUP, ONE, "knebøy", "8x20", "8×22,5kg", "6 x 25")
        need([(row["set"], row["reps"], row["load_hg"]) for row in done["sets"]] == [(1, 8, 200), (2, 8, 225), (3, 6, 250)], f"{done}")
        a.done("exercise", GROUP, ONE, "Treadmill", "3min", "--pain", "2", "--adapted")
        a.done("exercise", GROUP, ONE, "21", "400m")
        a.done("exercise", GROUP, ONE, "1234", "45s", "12", "8x30s", "--side", "venstre", "--stopped")
        need(sets(a, ONE) == {(1, 1): (8, 200, None, None), (1, 2): (8, 225, None, None), (1, 3): (6, 250, None, None),
                              (22, 1): (None, None, 180, None), (21, 1): (None, None, None, 400), (1234, 1): (None, None, 45, None),
                              (1234, 2): (12, None, None, None), (1234, 3): (8, None, 30, None)}, f"{sets(a, ONE)}")
        need(a.status()["waiting"] == 8, f"{a.status()}")
    with tap.test("more sets come behind those that are there; --set changes one"):
        need([row["set"] for row in a.done("exercise", GROUP, ONE, "Knebøy", "5x25")["sets"]] == [4], "it did not go on at 4")
        a.done("exercise", GROUP, ONE, "Knebøy", "9x20", "--set", "1")
        need(sets(a, ONE)[(1, 1)] == (9, 200, None, None) and sets(a, ONE)[(1, 2)] == (8, 225, None, None), f"{sets(a, ONE)}")
    with tap.test("people read them in their language"):
        for lang, squat, done, pain in (("nb", "Knebøy", "8 × 22,5 kg", "smerte 2"), ("en", "Squat", "8 × 22.5 kg", "pain 2")):
            code, out, err = a.seen("exercise", "list", GROUP, ONE, "--lang", lang)
            need(code == OK and all(word in out for word in (squat, done, pain)), f"{out} {err}")
        code, out, err = a.seen("exercise", GROUP, ONE, "knebøy", "10x20", "--set", "1", "--lang", "nb")
        need(code == OK and "(var 9 × 20 kg)" in out, f"{out} {err}")


def refused(tap, a):
    with tap.test("what is no set is refused, and nothing of that command is saved"):
        before = a.status()["saved"]
        for word in ("8x", "x20", "8x20x20", "eight", "8x20kgs", "-3", "8x20,", "45s x 3s", "1,5", "", "9999999999999999999"):
            code, out, err = a.seen("exercise", GROUP, OTHER, "knebøy", "8x20", word, "--lang", "nb")
            need(code == USAGE and not out and "er ikke noe sett" in err, f"{word!r}: {code} {out} {err}")
        for words in (("8x501",), ("501",), ("3h",), ("121min",), ("8x20", "--pain", "11"), ("8x20", "--side", "up"), ("8x20", "--set", "21"),
                      ("1",) * 21, ("8x20", "8x20", "--set", "20")):
            need(a("exercise", GROUP, OTHER, "knebøy", *words)[0] == USAGE, f"{words} was taken")
        need(a.status()["saved"] == before and not sets(a, OTHER), f"{a.status()}")
    with tap.test("an exercise that nobody knows, or that could be two, is told"):
        for word, text in (("hopping", "samling exercises"), ("Armhev", "2")):
            code, out, err = a.seen("exercise", GROUP, OTHER, word, "8", "--lang", "nb")
            need(code == NOT_FOUND and text in err, f"{word}: {code} {out} {err}")
        need(a("exercise", GROUP, OTHER, "999", "8")[0] == NOT_FOUND, "a code that is in no list was taken")
        code, out, err = rig.seen([rig.SAMLING, "exercises", "--lang", "en"])
        need(code == OK and "Sit to stand" in out, f"{out} {err}")


def two_say(tap, centre, a, b):
    with tap.test("they come to the centre, and to the other tablet"):
        for tablet in (a, b, a):
            tablet.sync()
        need(sets(b, ONE) == sets(a, ONE) and len(sets(b, ONE)) == 9, f"{sets(b, ONE)}")
    with tap.test("two say two things of one set: a case that names the exercise"):
        a.done("exercise", GROUP, OTHER, "utfall", "8x10")
        b.done("exercise", GROUP, OTHER, "utfall", "10x10")
        for tablet in (a, b):
            tablet("sync")
        code, out, err = centre.seen("case", "show", "1", "--lang", "nb")
        need(code == 0 and "Utfall, sett 1" in out, f"{out} {err}")
        with centre.read() as db:
            need(db.execute("SELECT count(*) FROM conflict_case").fetchone() == (1,), "more than one case")
    with tap.test("the store verifies"):
        need(centre.seen("verify")[0] == 0, "verify")


def main():
    tap = rig.Tap()
    with rig.folder() as root:
        centre = rig.Centre(os.path.join(root, "centre"))
        try:
            centre.start()
            clinic = centre.clinic()
            centre.group(clinic, GROUP, 2)
            centre.user(clinic, "Kari")
            a, b = [centre.tablet(os.path.join(root, f"tablet{i}"), clinic, f"Gym {i}") for i in range(2)]
            for tablet in (a, b, a):
                tablet.sync()
            written_down(tap, a)
            refused(tap, a)
            two_say(tap, centre, a, b)
        finally:
            centre.kill()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
