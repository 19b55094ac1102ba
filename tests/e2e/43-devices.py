#!/usr/bin/python3
"""What becomes of tablets, as a coordinator sees it: one that was copied and shut out is shown whole, one that is not heard from is
named with what nobody has recorded since, and a day that is cancelled reaches the tablets, except for what took place."""
import datetime
import os
import re
import shutil
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from rig import need  # noqa: E402

FOUND = 1       # exit code of device lost: there are some
COLUMNS = 80
DAY_S = 86400


def ask(centre, *words, lang="en"):
    """(exit code, output, error), as a person sees them"""
    done = subprocess.run([rig.SAMLINGD, *map(str, words), "--home", centre.home, "--lang", lang], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=rig.CALL_S, check=False, env=rig.clean_environment())
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def date(days):
    return (datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=days)).isoformat()


def nowhere(tap, centre, clinic, root):
    with tap.test("what cannot be asked for is no host of an invite, an account, a centre or its start, in both languages"):
        for host in ("[::1]", "https://centre.example", "centre.example:7311", "a b", "", "n" * 254):
            for words in (("device", "invite", clinic), ("account", "invite", "kari", "--role", "admin")):
                code, out, err = ask(centre, *words, "--host", host)
                need(code == 1 and not out and f'"{host}" is not the name or address of a machine' in err, f"{code} {out} {err}")
        for verb in ("init", "serve"):
            done = subprocess.run([rig.SAMLINGD, verb, "--host", "a b", "--home", os.path.join(root, "none"), "--lang", "nb"], stdin=subprocess.DEVNULL,
                                  capture_output=True, timeout=rig.CALL_S, check=False, env=rig.clean_environment())
            need(done.returncode == 1 and "«a b» er ikke navnet på" in done.stderr.decode(), f"{verb}: {done}")
        need(not os.path.exists(os.path.join(root, "none")), "a folder was made")
        need(centre("device", "invite", clinic, "--host", "2001:db8::1", "--port", 443)["invite"].startswith("https://[2001:db8::1]:443/tablet/#"), "IPv6")


def copied(tap, centre, tablet, session, people):
    """The tablet is copied, both mark and sync; both are locked out."""
    with tap.test("a tablet and its copy are shown with what became of what they sent, and with each other"):
        shutil.copytree(tablet.path, tablet.path + "-copy")
        copy = rig.Tablet(tablet.path + "-copy")
        tablet.mark(session, {people[0]: "present"})
        copy.mark(session, {people[1]: "no-show"})
        for one in (tablet, copy, tablet, copy):
            one.sync()
        copy.no = int(copy.status()["device_no"])
        need(copy.no != tablet.no, "the copy was not found")
        shown = centre("device", "show", copy.no)
        parts = ("applied", "merged", "same", "superseded", "case", "quarantined", "held", "lost")
        need(shown["sent"] == sum(shown[part] for part in parts) > 0, f"{shown}")
        need(shown["parent"] == tablet.no and [row["device_no"] for row in shown["kin"]] == [tablet.no], f"{shown}")
        need(shown["key"] != shown["kin"][0]["key"], f"{shown}")
        need(shown["app"].startswith("samling ") and shown["model"].startswith("Linux "), f"{shown}")
        need(all((row["app"], row["model"]) == (shown["app"], shown["model"]) for row in centre("device", "list") if row["app"]), "the list")
    with tap.test("a tablet and its copy are opened by codes of their own, in both languages; with no number the verb asks for it"):
        told = {no: centre("device", "unlock", no, "--number", 1) for no in (tablet.no, copy.no)}
        need(all((row["device_no"], row["number"]) == (no, 1) for no, row in told.items()), f"{told}")
        need(told[tablet.no]["code"] != told[copy.no]["code"] and re.fullmatch("[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}", told[copy.no]["code"]), f"{told}")
        for lang, word in (("en", "device"), ("nb", "nettbrett")):
            code, out, _ = ask(centre, "device", "unlock", copy.no, "--number", "1", lang=lang)
            need((code, out) == (0, f"{word} {copy.no}, {'code' if lang == 'en' else 'kode'} 1: {told[copy.no]['code']}\n"), out)
            code, out, err = ask(centre, "device", "unlock", copy.no, lang=lang)
            need(code == 1 and not out and f"device unlock {copy.no} --number N" in err, err)
        need(ask(centre, "device", "unlock", copy.no, "--number", "0")[0] == 2 and ask(centre, "device", "unlock", "999", "--number", "1")[0] == 1, "not a number")
        need(any("device unlock" in row["text"] for row in centre("audit", "list")), "not in the log")
    with tap.test("who had it become what it is stands in its history"):
        centre("device", "revoke", tablet.no)     # and all copies of it
        need(ask(centre, "device", "unlock", copy.no, "--number", "2")[0] == 1, "a tablet that is shut out is opened")
        history = centre("device", "show", tablet.no)["history"]
        need([row["state"] for row in history] == ["pending", "active", "revoked"], f"{history}")
        need([row["by"] for row in history] == ["device", "centre", "centre"], f"{history}")
        need(all("uid=" in row["who"] for row in history[1:]), f"{history}")
        code, out, err = ask(centre, "device", "show", tablet.no, lang="nb")
        need(code == 0 and "sperret" in out and all(len(line) <= COLUMNS + 40 for line in out.splitlines()), f"{out} {err}")


def lost(tap, centre, tablet, group, name):
    """Five weeks go by for the store: what it has heard is moved back, with nobody serving."""
    with tap.test("nobody is missed who was heard from"):
        code, out, err = ask(centre, "device", "lost")
        need(code == 0 and "7 days" in out, f"{code} {out} {err}")
    centre.stop()
    with sqlite3.connect(centre.store) as db:
        db.execute("UPDATE device SET last_seen_s = last_seen_s - ?, joined_s = joined_s - ? WHERE device_no = ?",
                   (35 * DAY_S, 35 * DAY_S, tablet.no))
    db.close()
    centre.start()
    with tap.test("a tablet that is not heard from is named, with what nobody has recorded since"):
        code, out, err = ask(centre, "device", "lost")
        need(code == FOUND and f"Tablet {tablet.no} (" in out and "35 days ago" in out and name in out, f"{code} {out} {err}")
        need(out.count(f"  {name}, 3 on the list") == 2, out)
        need("Kari" in out, f"who wrote on it last: {out}")
        code, out, err = ask(centre, "status", lang="nb")
        need(code == 0 and "samlingd device lost" in out and f"{tablet.no} (" in out, f"{code} {out} {err}")
    with tap.test("what is recorded, or cancelled, is missed no longer"):
        missed = [row for row in centre("session", "list", "--group", group, "--from", date(-30), "--to", date(-1), "--unrecorded")]
        need(len(missed) == 2, f"{missed}")
        centre("session", "cancel", missed[0]["id"], "--reason", 4)
        code, out, err = ask(centre, "device", "lost")
        need(code == FOUND and out.count(f"  {name}, 3 on the list") == 1, f"{out} {err}")
    with tap.test("it comes back, and is lost no longer"):
        tablet.sync()
        need(ask(centre, "device", "lost")[0] == 0, "it is still lost")


def snow(tap, centre, clinic, tablet, other, today):
    """Two groups have a session today; one meets, on a tablet that has no network."""
    day = date(0)
    with tap.test("a day is cancelled after a look, and the tablets hear of it"):
        need(ask(centre, "day", "cancel", clinic, day)[0] == 2, "without a reason")
        seen = centre("day", "cancel", clinic, day, "--reason", 7)
        need(seen["saved"] == 0 and seen["cancelled"] == len(today), f"{seen}")
        held = next(iter(today))
        tablet.mark(held, {person: "present" for person in today[held]})        # and is not sent yet
        done = centre("day", "cancel", clinic, day, "--reason", 7, "--save")
        need(done["saved"] == 1 and done["cancelled"] == len(today), f"{done}")
        other.sync()
        stands = {int(row["id"]): row["status"] for group in other.groups() for row in other.done("sessions", group)["sessions"]}
        need(all(stands[session] == "cancelled" for session in today), f"{stands}")
    with tap.test("one group met all the same: one case about its session, however many were there"):
        before = len(centre("case", "list"))
        tablet.sync(codes=(rig.OK, rig.ATTENTION))
        cases = centre("case", "list")
        need(len(cases) == before + 1, f"{cases}")
        again = centre("day", "cancel", clinic, day, "--reason", 7, "--save")
        need(again["cancelled"] == 0 and {row["left"] for row in again["sessions"]} == {"cancelled"}, f"{again}")
        centre("case", "decide", cases[-1]["no"], "--held")
        other.sync()
        again = centre("day", "cancel", clinic, day, "--reason", 7)
        need(sorted(row["left"] for row in again["sessions"]) == ["cancelled", "held"], f"{again}")
    with tap.test("the list of tablets and that of sessions fit a screen, in both languages"):
        for words in (("device", "list"), ("session", "list", "--from", date(-30), "--to", date(30))):
            for lang in ("en", "nb"):
                code, out, err = ask(centre, *words, lang=lang)
                need(code == 0 and all(len(line) <= COLUMNS for line in out.splitlines()), f"{words}: {out} {err}")


def whole(tap, centre):
    with tap.test("the store verifies, and rebuilds to itself"):
        code, out, err = ask(centre, "verify", "--rebuild")
        need(code == 0, f"verify: {out} {err}")
    with tap.test("a store of an earlier version is derived anew at the start, which the log tells, and is whole again"):
        centre.stop()
        with sqlite3.connect(centre.store) as db:
            db.execute("DELETE FROM push_about")
            db.execute("UPDATE meta SET value = 37 WHERE name = 'derived'")
        db.close()
        centre.start()
        need(re.search(r"ev=upgrade derived=37 to=\d+ ops=\d+", centre.log(1 << 20)), centre.log())
        with centre.read() as db:
            need(db.execute("SELECT count(*) FROM push_about").fetchone()[0] > 0, "no batch is noted")
        code, out, err = ask(centre, "verify", "--rebuild")
        need(code == 0, f"verify: {out} {err}")


def main():
    tap = rig.Tap()
    with rig.folder() as root:
        centre = rig.Centre(os.path.join(root, "centre"))
        try:
            centre.start()
            clinic = centre.clinic("Sandnessjøen")
            centre.user(clinic, "Kari")
            weekday = datetime.date.fromisoformat(date(0)).isoweekday()
            groups = [centre.group(clinic, name, 3, weekday=weekday) for name in ("Bevegelse", "Mestring")]
            course = centre("group", "add", "--clinic", clinic, "--name", "Kurs", "--days", f"{date(-20)},{date(-13)}")["id"]
            for person in groups[0][1]:
                centre("participant", "enrol", person, "--group", course)
            first, copy_of, other = [centre.tablet(os.path.join(root, f"tablet{i}"), clinic, f"Gym {i}") for i in range(3)]
            for tablet in (first, copy_of, other):
                tablet.sync()
            today = {int(row["id"]): groups[i][1] for i in range(2)
                     for row in first.done("sessions", groups[i][0])["sessions"] if row["day"] == date(0)}
            need(len(today) == 2, f"{today}")
            ahead = [s for s in first.sessions(groups[0][0]) if s not in today]
            nowhere(tap, centre, clinic, root)
            copied(tap, centre, copy_of, ahead[0], groups[0][1])
            first.mark(ahead[1], {groups[0][1][0]: "present"})
            first.sync()
            lost(tap, centre, first, course, "Kurs")
            snow(tap, centre, clinic, first, other, today)
            whole(tap, centre)
        finally:
            centre.kill()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
