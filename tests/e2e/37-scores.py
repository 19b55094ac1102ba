#!/usr/bin/python3
"""A physiotherapist enters forms on two tablets without a network: each is checked and scored there, comes to the centre, and stands
there with the same sum, count and rule version. What does not fit is refused with the reason, a correction takes the place of what
it corrects, two directions are never one number, and a coordinator may say which of several counts."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from rig import CLOCK, NOT_FOUND, OK, USAGE, need  # noqa: E402

REFUSED = 1
COLUMNS = 120
ONE, OTHER = "Deltaker Bevegelse 001", "Deltaker Bevegelse 002"


def people_see(program, *words):
    """(exit code, output, error) of a command, as a person sees them."""
    done = subprocess.run([program, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, timeout=rig.CALL_S, check=False,
                          env=rig.clean_environment())
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def ask(centre, *words):
    return people_see(rig.SAMLINGD, *words, "--home", centre.home)


def at_tablet(tablet, *words, lang="nb"):
    return people_see(rig.SAMLING, "--store", tablet.home, "--key-file", tablet.key, "--user", tablet.user, "--lang", lang, *words)


def enter(tablet, *words):
    return tablet.done("score", *words)["form"]


def scored(tablet, person):
    """form -> what the tablet shows of it"""
    return {row["id"]: row for row in tablet.done("score", "list", person)["forms"]}


def sync_all(*tablets):
    for tablet in tablets + tablets:
        tablet.sync()


def on_the_tablet(tap, a, b):
    with tap.test("a form is scored where it is answered"):
        start = enter(a, ONE, "psfs", "3", "4", "-", "--scale-0", "worst", "--occasion", "baseline", "--language", "nb",
                      "--held-by", "person", "--mode", "self")
        need((start["score"], start["sum"], start["count"], start["rule_version"], start["better"], start["state"]) ==
             ("3.5", 7, 2, 1, "higher", "waiting"), f"{start}")
        need((start["answers"], start["language"], start["held_by"], start["scale_0_means"]) == ("3,4,-", "nb", "person", "worst"),
             f"{start}")
        turned = enter(b, ONE, "psfs", "7,6,5", "--scale-0", "best", "--occasion", "baseline")
        need((turned["score"], turned["better"]) == ("6", "lower"), f"{turned}")
    with tap.test("for people with a decimal comma in Norwegian, and a point in English"):
        for lang, number in (("nb", "3,5"), ("en", "3.5")):
            code, out, err = at_tablet(a, "score", "list", ONE, lang=lang)
            need(code == OK and f" {number} " in out and "psfs" in out and all(len(line) <= COLUMNS for line in out.splitlines()),
                 f"{out} {err}")
    with tap.test("a scale that is told in tenths is typed as people say it"):
        for i, (word, units, score) in enumerate((("4", "40", "4"), ("11.5", "115", "11.5"), ("0", "0", "0"), ("0.5", "5", "0.5"))):
            form = enter(b, OTHER, "borg-cr10", word, "--occasion", ("start", "midway", "end", "3m")[i])
            need((form["answers"], form["score"]) == (units, score), f"{word}: {form}")
        for word in ("11.55", "11,5", "15.1", "4.", ".5", "4.x", "99999"):
            need(b("score", OTHER, "borg-cr10", word, "--occasion", "6m")[0] == USAGE, word)
        code, out, err = people_see(rig.SAMLING, "instruments", "borg-cr10", "--lang", "nb")
        need(code == OK and "0\u201315 (0,1)" in out, out)
    with tap.test("what does not fit is not saved, and says why"):
        for why, words in (("antall spørsmål", ("psfs", "3", "4", "--scale-0", "worst")),
                           ("utenfor", ("psfs", "3", "4", "11", "--scale-0", "worst")),
                           ("hva 0 betyr", ("psfs", "3", "4", "5")), ("hva 0 betyr", ("pain-rest", "3", "--scale-0", "worst")),
                           ("ikke svar", ("pain-rest", "tre"))):
            code, out, err = at_tablet(a, "score", ONE, *words, "--occasion", "start")
            need(code == USAGE and not out and why in err, f"{words}: {code} {out} {err}")
        need(a("score", ONE, "pain-rest", "3")[0] == USAGE, "without an occasion")
        need(a("score", ONE, "no-such", "3", "--occasion", "end")[0] == USAGE, "of a form that nobody knows")
        need(a("score", "Deltaker", "pain-rest", "3", "--occasion", "end")[0] == NOT_FOUND, "of two people")
        need(a("score", ONE, "pain-rest", "3", "--occasion", "later")[0] == USAGE, "at no occasion")
        need(a.status()["waiting"] == 1, f"{a.status()}")
    with tap.test("a clock that is not trusted picks no day"):
        os.environ["SAMLING_TEST_CLOCK"] = "0"
        try:
            need(a("score", ONE, "pain-rest", "3", "--occasion", "end")[0] == CLOCK, "it picked one")
            need(enter(a, OTHER, "80", "1", "2", "--occasion", "end", "--date", "2026-10-06")["why"] == "unknown", "an own form")
        finally:
            del os.environ["SAMLING_TEST_CLOCK"]
    with tap.test("the forms that are known are told without a store"):
        code, out, err = people_see(rig.SAMLING, "instruments", "--lang", "nb", "--store", os.path.join(a.path, "nowhere"))
        need(code == OK and "psfs" in out and "prosent" in out, f"{out} {err}")
        code, out, err = people_see(rig.SAMLING, "instruments", "psfs", "--lang", "en")
        need(code == OK and "licence" in out and "pain-rest" not in out, f"{out} {err}")
        need(people_see(rig.SAMLING, "instruments", "no-such")[0] == NOT_FOUND, "a form that nobody knows")
    return start["id"], turned["id"]


def at_the_centre(tap, centre, a, b, start, turned):
    with tap.test("it stands at the centre with the same sum, count and rule version, and on the other tablet"):
        sync_all(a, b)
        with centre.read() as db:
            rows = db.execute("SELECT sum, count, valid, why, rule_version FROM score WHERE response = ?", (start,)).fetchall()
            facts = db.execute("SELECT scale_0_means, language, held_by FROM score_response WHERE id = ?", (start,)).fetchall()
        need(rows == [(7, 2, 1, 0, 1)] and facts == [(1, "nb", 1)], f"{rows} {facts}")
        need({key: row["score"] for key, row in scored(b, ONE).items()} == {start: "3.5", turned: "6"}, f"{scored(b, ONE)}")
        need({key: row["primary"] for key, row in scored(a, ONE).items()} == {start: False, turned: True}, "a complete one counts")
        need([row["why"] for row in centre("score", "list", OTHER) if row["form"] == "80"] == ["unknown"], "an own form is kept")
    with tap.test("a coordinator says which counts"):
        need("score list" in ask(centre, "score", "primary", 17, "--lang", "en")[2], "a form that is not there")
        centre("score", "primary", start, "--note", "samme dag, den første gjelder")
        need({str(row["id"]): row["counts"] for row in centre("score", "list", ONE)} == {start: "yes", turned: "no"},
             f"{centre('score', 'list', ONE)}")


def seen_by(centre, person):
    return next(row["seen"] for row in centre("score", "list", person))


def old_pages(tap, centre, a, b):
    """Two coordinators read one page; the first decides, the second knows nothing of that."""
    with tap.test("a choice from a page on which something is missing changes nothing"):
        first = enter(a, OTHER, "pain-rest", "3", "--occasion", "start")["id"]
        second = enter(b, OTHER, "pain-rest", "4", "--occasion", "start")["id"]
        sync_all(a, b)
        page = seen_by(centre, OTHER)
        code, out, err = ask(centre, "score", "list", OTHER, "--lang", "en")
        need(code == 0 and f"score primary {second} --seen {page}" in out and f"primary {first}" not in out, f"{out} {err}")
        centre("score", "primary", second, "--seen", page)
        code, out, err = ask(centre, "score", "primary", first, "--seen", page, "--lang", "en")
        need(code == REFUSED and f"since change {page}" in err and "score list" in err, f"{code} {out} {err}")
        counts = {str(row["id"]): row["counts"] for row in centre("score", "list", OTHER)}
        need((counts[first], counts[second]) == ("no", "yes"), f"{counts}")
        page = seen_by(centre, OTHER)
        enter(a, OTHER, "pain-activity", "5", "--occasion", "start")
        enter(a, ONE, "pain-rest", "5", "--occasion", "start")
        sync_all(a)
        centre("score", "primary", first, "--seen", page)       # other forms and other people are nobody's news
        page = seen_by(centre, OTHER)
        enter(a, OTHER, "pain-rest", "5", "--occasion", "start")
        sync_all(a)
        need(ask(centre, "score", "primary", second, "--seen", page)[0] == REFUSED, "a third form came")
        need(ask(centre, "score", "primary", second, "--seen", 10 ** 9)[0] == REFUSED, "a page of the future")
        centre("score", "primary", second, "--seen", seen_by(centre, OTHER))


def changed(tap, centre, a, b, start, turned):
    with tap.test("the change since the start is told where both can be compared, and else why not"):
        end = enter(a, ONE, "psfs", "5", "6", "5", "--scale-0", "worst", "--occasion", "end")["id"]
        later = enter(b, ONE, "psfs", "1", "2", "1", "--scale-0", "best", "--occasion", "3m")["id"]
        sync_all(a, b)
        rows = {str(row["id"]): row for row in centre("score", "list", ONE)}
        need((rows[end]["score"], rows[end]["change"], rows[end]["change_counts"]) == ("5.33", "1.83", 0), f"{rows[end]}")
        need((rows[later]["change"], rows[later]["compared"]) == ("", "direction"), f"{rows[later]}")
        need(rows[start]["compared"] == rows[turned]["compared"] == "", f"{rows}")
        code, out, err = ask(centre, "score", "list", ONE, "--lang", "nb")
        need(code == 0 and "1,83" in out and "ikke sammenlignet" in out and "5,33" in out, f"{out} {err}")
    with tap.test("a correction takes the place of what it corrects"):
        again = enter(b, ONE, "psfs", "6", "6", "5", "--scale-0", "worst", "--occasion", "end", "--replaces", end)["id"]
        a.done("score", "remove", turned)
        sync_all(b, a)
        rows = {str(row["id"]): row for row in centre("score", "list", ONE)}
        need((rows[end]["counts"], rows[end]["score"], rows[again]["counts"]) == ("corrected", "5.33", "yes"), f"{rows}")
        need((rows[again]["score"], rows[again]["change"], rows[again]["change_counts"]) == ("5.67", "2.17", 1), f"{rows[again]}")
        need(turned not in rows and scored(b, ONE).get(turned) is None, "what was removed is still there")
        need(scored(a, ONE)[end]["replaced_by"] == again, f"{scored(a, ONE)[end]}")
        code, _, err = ask(centre, "score", "primary", end, "--lang", "en")
        need(code == REFUSED and "corrected" in err, err)


def whole(tap, centre):
    with tap.test("the store verifies, and rebuilds to itself"):
        code, out, err = ask(centre, "verify")
        need(code == 0, f"verify: {out} {err}")
        centre.stop()
        code, out, err = ask(centre, "rebuild", "--json")
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
            a, b = [centre.tablet(os.path.join(root, f"tablet{i}"), clinic, f"Gym {i}") for i in range(2)]
            sync_all(a, b)
            start, turned = on_the_tablet(tap, a, b)
            at_the_centre(tap, centre, a, b, start, turned)
            changed(tap, centre, a, b, start, turned)
            old_pages(tap, centre, a, b)
            whole(tap, centre)
        finally:
            centre.kill()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
