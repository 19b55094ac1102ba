#!/usr/bin/python3
"""Accounts of the console are made, shut and given roles with samlingd, beside a centre that serves and without: each once, by whom
it was stands in the audit log, no tablet hears of it, and a restore undoes nothing of it."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from rig import need  # noqa: E402

REFUSED, USAGE = 1, 2
DAY_S = 24 * 3600


def refused(centre, *words, code=REFUSED):
    """What it said, in both languages."""
    said = []
    for lang in ("en", "nb"):
        got, out, err = centre.seen(*map(str, words), "--lang", lang)
        need(got == code and not out and err, f"samlingd {' '.join(map(str, words))}: exit {got}: {out} {err}")
        said.append(err)
    need(said[0] != said[1], f"one language: {said}")
    return said[0]


def accounts(centre):
    return {row["name"]: row for row in centre("account", "list")}


def asked(centre, sql):
    with centre.read() as db:
        return db.execute(sql).fetchall()


def invited(tap, centre, clinic, kari):
    with tap.test("an invitation is a link that is told once"):
        one = centre("account", "invite", "Root", "--role", "admin")
        need((one["name"], one["link"][:8]) == ("root", "https://"), f"{one}")
        match = re.fullmatch(rf"https://127\.0\.0\.1:{centre.port}/invitation#([0-9a-f]{{32}})", one["link"])
        need(match, one["link"])
        left = one["expires_s"] - asked(centre, "SELECT max(at_s) FROM audit")[0][0]
        need(abs(left - DAY_S) <= 5, f"good for {left} s")
        need(accounts(centre)["root"]["state"] == "invited", f"{accounts(centre)}")
        need(match[1] not in centre("audit", "list", parse=False) and match[1] not in centre.log(), "the code is in a log")
        need("root" in refused(centre, "account", "invite", "root", "--role", "auditor"), "twice")
    with tap.test("with a clinic, a user, days, another host and a picture"):
        code, out, err = centre.seen("account", "invite", "kari.b", "--role", "coordinator", "--clinic", "Porsgrunn", "--user", "Kari",
                                     "--to", "2099-12-31", "--host", "samling.example", "--port", "443", "--qr", "--lang", "en")
        need(code == 0 and "https://samling.example:443/invitation#" in out and "\u2580" in out, f"exit {code}: {out} {err}")
        page = centre("account", "show", "KARI.B")
        need(page["roles"] == [{"role": "coordinator", "org": clinic, "from": page["roles"][0]["from"], "to": "2099-12-31"}],
             f"{page}")
        need((page["user_id"], page["state"]) == (kari, "invited"), f"{page}")
        for lang, words in (("en", ("coordinator at Porsgrunn until 31 Dec 99", "Kari", "invited")),
                            ("nb", ("koordinator ved Porsgrunn til 31. des 99", "Kari", "invitert"))):
            for verb in (("account", "show", "kari.b"), ("account", "list")):
                code, out, err = centre.seen(*verb, "--lang", lang)
                need(code == 0 and words[0] in out and words[2] in out, f"{verb}: {out} {err}")
    with tap.test("what makes no sense is refused"):
        refused(centre, "account", "invite", "9lives", "--role", "admin")
        refused(centre, "account", "invite", "a b", "--role", "admin")
        refused(centre, "account", "invite", "x" * 41, "--role", "admin")
        refused(centre, "account", "invite", "ola", "--role", "king")
        refused(centre, "account", "invite", "ola", "--role", "none")
        refused(centre, "account", "invite", "ola", "--role", "admin", "--clinic", "Nowhere")
        refused(centre, "account", "invite", "ola", "--role", "admin", "--user", "Nobody")
        refused(centre, "account", "invite", "ola", "--role", "admin", "--from", "2027-02-01", "--to", "2027-01-31")
        refused(centre, "account", "invite", "ola", code=USAGE)
        refused(centre, "account", "show", "ola")
        refused(centre, "account", "role", "give", "root", "--role", "admin", code=USAGE)
        need(set(accounts(centre)) == {"root", "kari.b"}, f"{accounts(centre)}")


def changed(tap, centre):
    with tap.test("roles come and go"):
        centre("account", "role", "add", "kari.b", "--role", "auditor")
        centre("account", "role", "add", "kari.b", "--role", "auditor", "--to", "2098-01-01")    # the same with other days
        need([r["role"] for r in centre("account", "show", "kari.b")["roles"]] == ["coordinator", "auditor"], "two")
        need(centre("account", "show", "kari.b")["roles"][1]["to"] == "2098-01-01", "its days")
        centre("account", "role", "remove", "kari.b", "--role", "auditor")
        need("auditor" in refused(centre, "account", "role", "remove", "kari.b", "--role", "auditor"), "twice")
        need("coordinator" in refused(centre, "account", "role", "remove", "kari.b", "--role", "coordinator"), "elsewhere")
        need(len(centre("account", "show", "kari.b")["roles"]) == 1, "one is left")
    with tap.test("shut, and open again; a new link makes the old one void"):
        before = asked(centre, "SELECT invite FROM account WHERE name = 'root'")
        need(centre("account", "disable", "root")["state"] == "disabled", "disabled")
        refused(centre, "account", "disable", "root")
        need("enable root" in refused(centre, "account", "reset", "root"), "a link for one that is shut")
        need(asked(centre, "SELECT length(invite) FROM account WHERE name = 'root'") == [(0,)], "its link is void")
        need(centre("account", "enable", "root")["state"] == "invited", "never taken")
        refused(centre, "account", "enable", "root")
        refused(centre, "account", "unlock", "root")
        centre("account", "reset", "root")
        need(asked(centre, "SELECT invite FROM account WHERE name = 'root'") != before, "another code")
    with tap.test("each of it stands in the audit log, with whoever did it"):
        lines = [row[0] for row in asked(centre, "SELECT text FROM audit WHERE kind = 10 ORDER BY no")]
        for what in ("name=root invited role=1 org=0", "granted role=5", "took away role=5", "name=root disabled", "name=root enabled",
                     "name=root reset"):
            need(any(what in line for line in lines), f"{what}: {lines}")
        actors = {row[0] for row in asked(centre, "SELECT actor FROM audit WHERE kind = 10")}
        need(actors and all("uid=" in actor for actor in actors), f"{actors}")
        centre("account", "role", "add", "root", "--role", "auditor", "--operator", "Vakt 2")
        need(" as Vakt 2" in asked(centre, "SELECT actor FROM audit WHERE kind = 10 ORDER BY no DESC")[0][0], "--operator")


def kept_apart(tap, centre, tablet):
    with tap.test("no tablet hears of it: no op was made, and nothing changed that syncs"):
        tablet.sync()
        before = asked(centre, "SELECT max(first_csn + count) FROM push")
        sums = asked(centre, "SELECT id, rows, sum FROM scope ORDER BY id")
        centre("account", "invite", "per", "--role", "physiotherapist", "--clinic", "Porsgrunn")
        centre("account", "disable", "per")
        need(asked(centre, "SELECT max(first_csn + count) FROM push") == before, "an op")
        need(asked(centre, "SELECT id, rows, sum FROM scope ORDER BY id") == sums, "a row")
        tablet.sync()
        need({row["name"] for row in tablet.done("users")["users"]} == {"Kari"}, "users of the tablet")


def restored(tap, centre):
    """The same with and without the journal."""
    with tap.test("a restore brings back no account that was shut since, and no link that was void"):
        file = centre("backup")["file"]
        centre("account", "reset", "kari.b")
        now = asked(centre, "SELECT name, state, stamp, hex(invite) FROM account ORDER BY id")
        centre("account", "disable", "root")
        centre("account", "invite", "late", "--role", "auditor")
        kept = asked(centre, "SELECT name, state, stamp, hex(invite) FROM account ORDER BY id")
        need(now != kept, "something is to be lost")
        centre.stop()
        centre("restore", file)
        centre.start()
        need(asked(centre, "SELECT name, state, stamp, hex(invite) FROM account ORDER BY id") == kept, "not what it was")
        need(accounts(centre)["root"]["state"] == "disabled", f"{accounts(centre)}")
    with tap.test("the store verifies, and rebuilds to itself; verbs work without a serving centre"):
        need(centre.seen("verify")[0] == 0, "verify")
        centre.stop()
        need(centre("rebuild")["changed"] == 0, "rebuild")
        need(centre("account", "enable", "root")["state"] == "invited", "enable")
        need(centre("account", "show", "late")["roles"][0]["role"] == "auditor", "show")


def main():
    tap = rig.Tap()
    with rig.folder() as root:
        centre = rig.Centre(os.path.join(root, "centre"))
        try:
            centre.start()
            clinic = centre.clinic()
            kari = centre.user(clinic, "Kari")
            tablet = centre.tablet(os.path.join(root, "tablet"), clinic)
            invited(tap, centre, clinic, kari)
            changed(tap, centre)
            kept_apart(tap, centre, tablet)
            restored(tap, centre)
        finally:
            centre.kill()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
