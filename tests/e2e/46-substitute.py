#!/usr/bin/python3
"""A substitute without an account works on two tablets without a network: whoever has an account vouches, the substitute marks at
once, and a coordinator says afterwards who it was. What was said stays under whoever said it, and is shown by the name."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from rig import ATTENTION, NOT_FOUND, OK, USAGE, need  # noqa: E402

REFUSED = 1
NAMED = "Vikar Solberg"
REAL = "Kari Solberg"


def ask(centre, *words):
    """(exit code, output, error) of a verb, as a person sees them."""
    done = subprocess.run([rig.SAMLINGD, *map(str, words), "--home", centre.home], stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=rig.CALL_S, check=False, env=rig.clean_environment())
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def told(centre, *words):
    code, out, err = ask(centre, *words)
    need(code == 0, f"samlingd {' '.join(map(str, words))}: exit {code}: {out} {err}")
    return out


def refused(centre, *words):
    code, out, err = ask(centre, *words)
    need(code == REFUSED and not out, f"samlingd {' '.join(map(str, words))}: exit {code}: {out} {err}")
    return err


def by(tablet, user, *words):
    """(exit code, what it printed) of a command in another's name."""
    holder, tablet.user = tablet.user, user
    try:
        return tablet(*words)
    finally:
        tablet.user = holder


def users(tablet):
    return {int(row["id"]): row for row in tablet.done("users")["users"]}


def vouched(tap, a, b, session, people):
    """The two ids: each tablet's substitute, who marked one person."""
    with tap.test("a substitute for whom somebody vouches marks at once, without a network"):
        one = a.done("user", "vouch", NAMED, "--role", "nurse")
        other = b.done("user", "vouch", NAMED)
        need((one["role"], other["role"]) == ("nurse", "physiotherapist"), f"{one} {other}")
        ids = int(one["user"]), int(other["user"])
        row = users(a)[ids[0]]
        need((row["provisional"], row["shown_as"], row["name"]) == (True, None, NAMED), f"{row}")
        need(int(row["vouched_by"]) == int(one["vouched_by"]), f"{row}")
        for tablet, word in ((a, "present"), (b, "no-show")):
            code, said = by(tablet, NAMED, "mark", "--session", session, f"{people[0]}={word}")
            need(code == OK and said["saved"] == 1, f"exit {code}: {said}")
    with tap.test("nobody vouches twice, and no substitute does"):
        for tablet in (a, b):
            code, said = tablet("user", "vouch", NAMED)
            need(code == NOT_FOUND, f"twice: exit {code}: {said}")
            code, said = by(tablet, NAMED, "user", "vouch", "Second")
            need(code == NOT_FOUND, f"by a substitute: exit {code}: {said}")
            need(tablet("user", "vouch")[0] == USAGE and tablet("user", "who", "Second")[0] == USAGE, "without a name")
            need(tablet("user", "vouch", "Second", "--role", "pilot")[0] == USAGE, "as a pilot")
            need(len([row for row in users(tablet).values() if row["provisional"]]) == 1, f"{users(tablet)}")
    return ids


def looked_at(tap, centre, a, b, ids):
    with tap.test("the coordinator sees both, and who vouched"):
        for tablet in (a, b, a):
            tablet.sync(codes=(OK, ATTENTION))
        rows = {int(row["id"]): row for row in centre("user", "list") if row["substitute"] == "open"}
        need(set(rows) == set(ids), f"{rows}")
        need(centre("status")["substitutes"] == 2, "status counts them")
        for lang, words in (("en", ("vouched for by Kari", "SUBSTITUTE")), ("nb", ("gått god for av Kari", "VIKAR"))):
            out = told(centre, "user", "list", "--lang", lang)
            need(all(word in out for word in words), out)
        need("who they are: 2" in told(centre, "status", "--lang", "en"), "status in words")
        need("hvem er: 2" in told(centre, "status", "--lang", "nb"), "status i ord")
        page = told(centre, "case", "show", 1, "--lang", "en")
        need(page.count(f"{NAMED} (substitute)") >= 2, page)


def linked(tap, centre, a, b, ids, kari):
    one, other = ids
    with tap.test("what makes no sense is refused"):
        need("number" in refused(centre, "user", "link", NAMED, kari, "--lang", "en"), "two of one name")
        need("account" in refused(centre, "user", "link", kari, one, "--lang", "en"), "who has an account")
        need("substitute" in refused(centre, "user", "link", one, other, "--lang", "en"), "to a substitute")
        refused(centre, "user", "link", one, one)
        refused(centre, "user", "link", one, 17)
        refused(centre, "user", "unlink", one)
    with tap.test("linked to one user, both are shown by that name everywhere"):
        real = centre.user(centre("clinic", "list")[0]["id"], REAL)
        for who in ids:
            centre("user", "link", who, real)
        refused(centre, "user", "link", one, real)
        need(centre("status")["substitutes"] == 0, "status still counts them")
        need(f"is {REAL}" in told(centre, "user", "list", "--lang", "en"), "the list")
        page = told(centre, "case", "show", 1, "--lang", "en")
        need(page.count(f"{REAL} (as substitute {NAMED})") >= 2, page)
        page = told(centre, "case", "show", 1, "--lang", "nb")
        need(f"{REAL} (som vikar {NAMED})" in page, page)
        for tablet in (a, b):
            tablet.sync(codes=(OK, ATTENTION))
            for who in ids:
                row = users(tablet)[who]
                need((int(row["shown_as"]), row["real_name"], row["name"]) == (int(real), REAL, NAMED), f"{row}")
        code, out, err = a.seen("users", "--lang", "nb")
        need(code == 0 and f"er {REAL}" in out, f"{out} {err}")
    with tap.test("it can be taken back"):
        centre("user", "unlink", other)
        need(centre("status")["substitutes"] == 1, "status")
        need(centre("user", "list")[-1]["substitute"] in ("no", "open"), "list")
        b.sync(codes=(OK, ATTENTION))
        need(users(b)[other]["shown_as"] is None, f"{users(b)[other]}")


def whole(tap, centre):
    with tap.test("the store verifies, and rebuilds to itself"):
        told(centre, "verify")
        centre.stop()
        need('"changed":0' in told(centre, "rebuild", "--json").replace(" ", ""), "rebuild")


def main():
    tap = rig.Tap()
    with rig.folder() as root:
        centre = rig.Centre(os.path.join(root, "centre"))
        try:
            centre.start()
            clinic = centre.clinic()
            group, people = centre.group(clinic, "Bevegelse", 2)
            kari = centre.user(clinic, "Kari")
            a, b = [centre.tablet(os.path.join(root, f"tablet{i}"), clinic, f"Gym {i}") for i in range(2)]
            for tablet in (a, b):
                tablet.sync()
            ids = vouched(tap, a, b, a.sessions(group)[0], people)
            looked_at(tap, centre, a, b, ids)
            linked(tap, centre, a, b, ids, kari)
            whole(tap, centre)
        finally:
            centre.kill()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
