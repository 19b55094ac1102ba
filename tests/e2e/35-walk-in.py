#!/usr/bin/python3
"""Two tablets without a network write down the same walk-in; a coordinator is asked once, reads who said what, and makes them one:
one line on every tablet. It can be taken back, and the store verifies and rebuilds to itself."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from rig import ATTENTION, OK, need  # noqa: E402

REFUSED, USAGE = 1, 2
COLUMNS = 80


def ask(centre, *words):
    """(exit code, output, error) of a verb, as a person sees them."""
    done = subprocess.run([rig.SAMLINGD, *map(str, words), "--home", centre.home], stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=rig.CALL_S, check=False, env=rig.clean_environment())
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def refused(centre, *words, code=REFUSED):
    got, out, err = ask(centre, *words)
    need(got == code and not out, f"samlingd {' '.join(map(str, words))}: exit {got}: {out} {err}")
    return err


def sync_all(*tablets):
    for tablet in tablets:
        tablet.sync(codes=(OK, ATTENTION))


def names(tablet, session):
    """participant -> (name, presence), of those who are marked"""
    lines = tablet.done("sheet", "--session", session)["lines"]
    return {int(row["participant"]): (row["name"], row["presence"]) for row in lines if row["state"] != "none"}


def written_down(tap, centre, a, b, session):
    with tap.test("two tablets without a network write down one walk-in"):
        said = [tablet.done("walk-in", "--session", session, name, *more)
                for tablet, name, more in ((a, "Kari Ny", ()), (b, "kari ny", ("--birth-year", "1971")))]
        one, other = (int(row["participant"]) for row in said)
        need([row["presence"] for row in said] == ["present"] * 2, f"{said}")
        need(names(a, session) == {one: ("Kari Ny", "present")}, f"{names(a, session)}")
        need(a("walk-in", "--session", session)[0] == USAGE, "a walk-in without a name")
        need(a("walk-in", "--session", session, "Kari", "--birth-year", "1700")[0] == USAGE, "born in 1700")
        sync_all(a, b, a)
        need(names(a, session) == names(b, session) and len(names(a, session)) == 2, f"{names(a, session)} {names(b, session)}")
    with tap.test("the coordinator is asked once, and told who said what"):
        rows = centre("case", "list")
        need([row["rule"] for row in rows] == ["same-person"], f"{rows}")
        no = rows[0]["no"]
        page = centre("case", "show", no)
        need({row["participant"]: (row["walk_in"], row["birth_year"], row["marks"]) for row in page["people"]} ==
             {one: (1, 0, 1), other: (1, 1971, 1)}, f"{page}")
        for lang, words in (("en", ("Same person?", "walk-in / walk-in")), ("nb", ("Én person?", "uanmeldt / "))):
            code, out, err = ask(centre, "case", "list", "--lang", lang)
            need(code == 0 and all(word in out for word in words), f"{out} {err}")
            need(all(len(line) <= COLUMNS for line in out.splitlines()[:-1]), out)
        code, out, err = ask(centre, "case", "show", no, "--lang", "en")
        need(code == 0 and all(part in out for part in ("Kari Ny", "born 1971", "Bevegelse", "Present", "Gym 1",
                               f"samlingd participant link {other} {one} --seen {page['seen']}",
                               f"samlingd participant link {one} {other} --seen {page['seen']}",
                               f"samlingd case decide {no} --stand --seen {page['seen']}")), f"{out} {err}")
    return one, other, no, page["seen"]


def linked(tap, centre, a, b, session, one, other, no, seen):
    with tap.test("what makes no sense is refused"):
        need("same" in refused(centre, "participant", "link", one, one), "a person linked to itself")
        refused(centre, "participant", "link", one, 17)
        refused(centre, "participant", "unlink", one)
        refused(centre, "case", "decide", no, "--held", code=USAGE)
        refused(centre, "participant", "link", one, other, "--seen", 10**9)
    with tap.test("linked, they are one line on every tablet, and the case is closed"):
        centre("participant", "link", other, one, "--note", "samme fødselsår", "--seen", seen)
        need(centre("case", "list") == [], "the case is still open")
        sync_all(a, b)
        for tablet in (a, b):
            need(names(tablet, session) == {one: ("Kari Ny", "present")}, f"{names(tablet, session)}")
        with centre.read() as db:
            need(db.execute("SELECT participant FROM attendance WHERE dead <= 0").fetchall() == [(one,)], "not one row")
        refused(centre, "participant", "link", one, other)
        refused(centre, "participant", "link", other, one)
        need("since change" in refused(centre, "participant", "unlink", other, "--seen", seen), "an old page")
    with tap.test("a mark on the one line is the same for all"):
        b.mark(session, {one: "no-show"}, log=False)
        sync_all(b, a)
        need(names(a, session) == {one: ("Kari Ny", "no-show")}, f"{names(a, session)}")


def parted(tap, centre, a, b, session, one, other):
    with tap.test("unlinked, each has again what was said"):
        centre("participant", "unlink", other)
        need([row["rule"] for row in centre("case", "list")] == ["same-person"], "nobody is asked again")
        sync_all(a, b)
        for tablet in (a, b):
            need(names(tablet, session) == {one: ("Kari Ny", "no-show"), other: ("kari ny", "present")},
                 f"{names(tablet, session)}")
    with tap.test("they may stand as two"):
        centre("case", "decide", centre("case", "list")[0]["no"], "--stand")
        need(centre("case", "list") == [], "the case is still open")


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
            group, _ = centre.group(clinic, "Bevegelse", 2)
            centre.user(clinic, "Kari")
            a, b = [centre.tablet(os.path.join(root, f"tablet{i}"), clinic, f"Gym {i}") for i in range(2)]
            sync_all(a, b)
            session = a.sessions(group)[0]
            one, other, no, seen = written_down(tap, centre, a, b, session)
            linked(tap, centre, a, b, session, one, other, no, seen)
            parted(tap, centre, a, b, session, one, other)
            whole(tap, centre)
        finally:
            centre.kill()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
