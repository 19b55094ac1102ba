#!/usr/bin/python3
"""Whoever opens somebody's record on a tablet stands in the centre's access log, under the same chain as everybody else: also when the
tablet has been without coverage for weeks, also when it was copied or killed, and once only. Nothing of it comes down to a tablet."""
import os
import shutil
import sqlite3
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from rig import ATTENTION, NOT_FOUND, OK, USAGE, need  # noqa: E402

ONE, OTHER = "Deltaker Bevegelse 001", "Deltaker Bevegelse 002"
ACCESS = 29


def log(centre, *words):
    """The rows that came from tablets."""
    return [row for row in centre("access", "list", "--last", 1000, *words) if row["csn"]]


def keys(rows):
    return [(row["device_no"], row["actor"], row["resource"], row["action"], row["purpose"], row["offline"]) for row in rows]


def opened(tap, centre, a, person):
    with tap.test("a record that was opened without coverage is in the log, with device, user and both times"):
        centre.stop()
        before = int(time.time())
        for verb in ("score", "note", "contact", "work", "activity", "consent"):
            a.done(verb, "list", ONE)
        session = a.sessions("Bevegelse")[0]
        a.done("exercise", "list", "--session", session, ONE)
        a.done("exertion", "list", "--session", session, ONE)
        status = a.status()
        need(status["waiting"] == 0 and status["waiting_access"] == 8, f"{status}")
        centre.start()
        a.sync()
        need(a.status()["waiting_access"] == 0, "they wait on")
        told = log(centre, "--participant", person)
        want = ("score", "note", "contact", "work", "activity", "consent", "set", "exertion")
        need(keys(told) == [(a.no, "Kari", what, "seen", "treatment", told[0]["offline"]) for what in want], f"{told}")
        need(all(before <= row["claimed_s"] <= row["at_s"] <= int(time.time()) for row in told), f"{told}")
        need({row["participant"] for row in told} == {person}, f"{told}")
    with tap.test("people read it: who, on which tablet, what, why"):
        code, out, err = centre.seen("access", "list", "--lang", "nb")
        need(code == OK and f"nettbrett {a.no}, " in out and "besvarte skjemaer" in out and "behandling" in out and "Kari" in out,
             f"{out} {err}")


def sittings(tap, centre, a):
    with tap.test("the same opened again in one sitting is one line; another reason, user or person is another"):
        count = len(log(centre))
        a.done("score", "list", OTHER)
        a.done("score", "list", OTHER)
        a.done("score", "list", OTHER, "--why", "nødsituasjon")
        a.user = "Nils"
        a.done("score", "list", OTHER)
        a.user = "Kari"
        a.sync()
        a.done("score", "list", OTHER)      # it was sent meanwhile
        a.sync()
        told = log(centre)[count:]
        need([(row["actor"], row["purpose"], row["offline"]) for row in told] ==
             [("Kari", "treatment", 0), ("Kari", "emergency", 0), ("Nils", "treatment", 0)], f"{told}")
    with tap.test("nobody opens a record without saying who it is"):
        a.user = ""
        need(a("score", "list", OTHER)[0] == USAGE and a("consent", "list", OTHER)[0] == USAGE, "somebody unnamed reads it")
        a.user = "Nobody"
        need(a("work", "list", OTHER)[0] == NOT_FOUND, "somebody unknown reads it")
        a.user = "Kari"
        need(a("work", "list", OTHER, "--why", "curious")[0] == USAGE, "for no reason")
        need(a.status()["waiting_access"] == 0, "something was written all the same")


def lists(tap, centre, a, group):
    with tap.test("a group's sheet is one line, whoever stands there; its members find it, others do not"):
        session = a.sessions("Bevegelse")[0]
        count = len(log(centre))
        a.done("sheet", "--session", session)
        a.user = ""
        a.done("sheet", "--session", session)
        a.user = "Kari"
        a.sync()
        told = log(centre)[count:]
        need([(row["actor"], row["user_id"] > 0, row["resource"], row["participant"], row["group"], row["count"]) for row in told] ==
             [("Kari", True, "sheet", 0, group, 3), ("", False, "sheet", 0, group, 3)], f"{told}")
        need(len(log(centre, "--participant", ONE)) == len([r for r in log(centre) if r["participant"] == 0]) + 8, "of a member")
        need(log(centre, "--participant", "Nabo") == [], "of somebody else")
        code, out, err = centre.seen("access", "list", "--lang", "en")
        need("nobody was named" in out, f"{out} {err}")


def consents(tap, centre, a, b):
    with tap.test("a consent is given and withdrawn on the tablet; withdrawn holds over a grant that had not seen it"):
        a.done("consent", ONE, "research", "granted", "--date", "2026-11-20", "--method", "1", "--text-version", "3")
        a.done("consent", ONE, "sms", "gitt")
        for tablet in (a, b):
            tablet.sync()
        a.done("consent", ONE, "forskning", "trukket tilbake", "--date", "2026-11-21")
        b.done("consent", ONE, "research", "granted", "--date", "2026-11-22")
        for tablet in (b, a, b):
            tablet.sync(codes=(OK, ATTENTION))      # the grant did not hold: its author is told
        told = b.done("consent", "list", ONE)["consents"]
        need([(row["purpose"], row["consent"], row["day"], row["method"]) for row in told][0] ==
             ("research", "withdrawn", "2026-11-21", None) and told[1]["purpose"] == "sms" and told[1]["consent"] == "granted", f"{told}")
        code, out, err = b.seen("consent", "list", ONE, "--lang", "nb")
        need(code == OK and "Trukket tilbake" in out and "forskning" in out and "Gitt" in out, f"{out} {err}")
        with centre.read() as db:
            need(db.execute("SELECT purpose, state FROM consent ORDER BY purpose").fetchall() == [(2, 2), (3, 1)], "at the centre")
    with tap.test("whoever had seen the withdrawal may register a new grant"):
        b.done("consent", ONE, "research", "granted")
        b.sync(codes=(OK, ATTENTION))
        need(b.done("consent", "list", ONE)["consents"][0]["consent"] == "granted", "it stays withdrawn")
    with tap.test("what is no consent is not saved"):
        for words in (("research",), ("none", "granted"), ("research", "none"), ("fun", "granted"), ("research", "perhaps"),
                      ("sms", "granted", "--method", "10"), ("sms", "granted", "--text-version", "1000"), ("sms", "granted", "--date", "x")):
            need(a("consent", ONE, *words)[0] == USAGE, f"{words} was taken")
        need(a("consent", "Nobody", "sms", "granted")[0] == NOT_FOUND, "of nobody")


def upward_only(tap, centre, tablets, root):
    with tap.test("nothing of it is on a tablet, and it waits for no run"):
        for tablet in tablets:
            tablet.sync(codes=(OK, ATTENTION))
            with tablet.read() as db:
                need(db.execute("SELECT count(*) FROM row WHERE entity = ?", (ACCESS,)).fetchone() == (0,), "rows came down")
                need(db.execute("SELECT count(*) FROM op WHERE entity = ? AND shown = 1", (ACCESS,)).fetchone() == (0,), "it is kept for ever")
            need({row["about"] for row in tablet.done("attention", codes=(OK, ATTENTION))["notices"]} <= {"consent"}, "somebody is asked")
    with tap.test("a copy of the tablet says it once"):
        a = tablets[0]
        a.done("note", "list", OTHER, "--why", "quality")
        shutil.copytree(a.path, os.path.join(root, "twin"))
        twin = rig.Tablet(os.path.join(root, "twin"))
        a.done("note", "list", OTHER, "--why", "administration")
        twin.done("note", "list", OTHER, "--why", "coordination")
        count = len(log(centre))
        a.sync()
        for _ in range(3):
            twin("sync")
        told = sorted(row["purpose"] for row in log(centre)[count:])
        need(told == ["administration", "coordination", "quality"], f"{told}")


def innsyn(tap, centre, person):
    with tap.test("the person is told: in the log, not among what was registered"):
        told = centre("innsyn", person, "--reason", "spurt")
        need(sum(1 for row in told["access"] if row["csn"]) >= 9, f"{told['access']}")
        need(not any(row["table"] == "access" for row in told["history"]), "an opening is told as something registered")


def shut_out(tap, centre, b, person):
    with tap.test("of a tablet that was shut out it is put aside with the rest, and counts when it is taken in"):
        centre("device", "revoke", b.no)
        b.done("score", "list", OTHER, "--why", "quality")
        count = len(log(centre))
        b("sync")
        need(len(log(centre)) == count, "it was taken in at once")
        aside = centre("quarantine", "list")
        need(len(aside) == 1, f"{aside}")
        told = centre("innsyn", OTHER, "--reason", "spurt")
        need(any(row["table"] == "access" for row in told["history"]), "what was put aside is not told")
        centre("quarantine", "retry", aside[0]["csn"])
        need(len(log(centre)) == count + 1 and log(centre)[-1]["device_no"] == b.no, f"{log(centre)[-1]}")


TAMPERED = [("UPDATE access_log SET claimed_s = claimed_s - 1 WHERE csn = {csn}", "access_facts"),
            ("UPDATE access_log SET csn = csn + 100000 WHERE csn = {csn}", "access_entry"),
            ("UPDATE access SET resource = 12 WHERE csn = {csn}", "access_entry"),
            ("DELETE FROM access WHERE csn = {csn}", "access_entries"),
            ("DELETE FROM access_log WHERE csn = {csn}", "access_entry")]


def whole(tap, centre):
    with tap.test("the store verifies, and rebuilds to itself without a line more"):
        code, out, err = centre.seen("verify")
        need(code == 0, f"verify: {out} {err}")
        count = len(log(centre))
        centre.stop()
        code, out, err = centre.seen("rebuild", "--json")
        need(code == 0 and '"changed":0' in out.replace(" ", ""), f"rebuild: {out} {err}")
        need(len(log(centre)) == count, "the log has other lines")
    path = os.path.join(centre.home, "data", "samling.db")
    for sql, want in TAMPERED:
        with tap.test(f"a changed log does not verify: {sql.split(' WHERE')[0]}"):
            db = sqlite3.connect(path)
            csn, = db.execute("SELECT min(csn) FROM access_log WHERE csn > 0").fetchone()
            kept = [(name, db.execute(f"SELECT * FROM {name} WHERE csn = ?", (csn,)).fetchall()) for name in ("access_log", "access")]
            db.execute(sql.format(csn=csn))
            db.commit()
            code, out, err = centre.seen("verify", "--json")
            need(code != 0 and f"ev={want} " in out, f"exit {code}: {out} {err}")
            db.execute("DELETE FROM access_log WHERE csn IN (?, ?)", (csn, csn + 100000))
            db.execute("DELETE FROM access WHERE csn = ?", (csn,))
            for name, rows in kept:
                for row in rows:
                    db.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(row))})", row)
            db.commit()
            db.close()
    with tap.test("and as it was, it does"):
        need(centre.seen("verify")[0] == 0, "it was not put back")


def main():
    tap = rig.Tap()
    with rig.folder() as root:
        centre = rig.Centre(os.path.join(root, "centre"))
        try:
            centre.start()
            clinic = centre.clinic()
            group, people = centre.group(clinic, "Bevegelse", 3)
            other = centre("group", "add", "--clinic", clinic, "--name", "Nakke", "--weekday", 1)["id"]
            centre("participant", "add", "Nabo", "--group", other)
            centre.user(clinic, "Kari")
            centre.user(clinic, "Nils")
            a, b = [centre.tablet(os.path.join(root, f"tablet{i}"), clinic, f"Gym {i}") for i in range(2)]
            for tablet in (a, b):
                tablet.sync()
            opened(tap, centre, a, people[0])
            sittings(tap, centre, a)
            lists(tap, centre, a, group)
            consents(tap, centre, a, b)
            upward_only(tap, centre, (a, b), root)
            innsyn(tap, centre, people[0])
            shut_out(tap, centre, b, people[1])
            whole(tap, centre)
        finally:
            centre.kill()
    tap.end()


if __name__ == "__main__":
    main()
