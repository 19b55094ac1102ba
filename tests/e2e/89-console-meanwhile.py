#!/usr/bin/python3
"""Goal: nobody's work is changed behind somebody's back by a coordinator's click, and nobody reaches beyond the own clinic through a person whom two
clinics share: each story here once went wrong."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from browser import Events, logged_in, refused, taken  # noqa: E402
from rig import ATTENTION, OK, need  # noqa: E402

TODAY = int(time.time()) // 86400
ENROL = dict.fromkeys(("status", "planned", "start", "end", "seen"), "")
ATTENDING, DISCONTINUED, PLANNED, CANCELLED = 4, 6, 0, 2
SECRET = "Hemmelig journalnotat"


def fine(got):
    need(got[0] == 200, lambda: f"{got}")
    return got[1]


def rows(centre, sql, *values):
    with centre.read() as db:
        return db.execute(sql, values).fetchall()


def somebody(centre, name, clinic, source):
    app, _ = taken(centre, name, "--role", "coordinator", "--clinic", clinic, source=source)
    return logged_in(centre, name, app.code(), source)


def old_pages(tap, w):
    address, person = f"/api/group/{w.group}/participant/{w.people[0]}", w.people[0]
    with tap.test("an enrolment saved from an old page leaves what another coordinator said meanwhile"):
        seen = fine(w.kari.get(f"/api/participant/{person}"))["seen"]
        fine(w.siri.post(address, {**ENROL, "status": "discontinued"}))
        status, said = w.kari.post(address, {**ENROL, "planned": "12", "seen": seen})
        need(status == 200, f"{status} {said}")
        need(rows(w.centre, "SELECT status, planned_sessions, end_day FROM enrolment WHERE group_id = ? AND participant = ?", w.group, person) ==
             [(DISCONTINUED, 12, TODAY)], "it came back, or was not kept")
        status, said = w.kari.post(address, {**ENROL, "planned": "13", "seen": "99999999"})
        need(status == 409 and said["said"], f"{status} {said}")
    with tap.test("a group that gets another name or size leaves a session cancelled that a tablet had cancelled, without a reason"):
        session = rows(w.centre, "SELECT id FROM session WHERE group_id = ? AND day > ? ORDER BY day", w.group, TODAY)[0][0]
        w.tablet.done("session", "cancel", session)
        w.tablet.sync()
        plan = dict.fromkeys(("name", "code", "kind", "weekday", "start", "end", "first", "last", "capacity", "active", "intervention", "seen", "preview"), "")
        group = fine(w.kari.get(f"/api/group/{w.group}"))
        said = fine(w.kari.post(f"/api/group/{w.group}/plan", {**plan, "capacity": "13", "seen": group["seen"]}))
        need(said.get("restored", 0) == 0, f"{said}")
        need(rows(w.centre, "SELECT status FROM session WHERE id = ?", session) == [(CANCELLED,)], "it takes place again")


def shared(tap, w):
    person = w.theirs[0]
    with tap.test("who shares a person with another clinic does not erase that one, nor see who looked"):
        w.centre("participant", "enrol", person, "--group", w.group)
        need(fine(w.kari.get(f"/api/participant/{person}"))["name"], "she is in the group")
        refused(w.kari.post(f"/api/erasure/{person}", {"reason": "asked for it"}), 404)
        refused(w.kari.get(f"/api/participant/{person}/seen"), 404)
        need(rows(w.centre, "SELECT count(*) FROM erase_request") == [(0,)], "it was asked for")
        fine(w.kari.post(f"/api/erasure/{w.people[1]}", {"reason": "asked for it"}))


def closed_book(tap, w, root):
    with tap.test("a note that was put aside is not read by who decides about it"):
        lost = w.centre.tablet(os.path.join(root, "lost"), w.clinic, "Sal 3")
        lost.sync()
        lost.done("note", w.people[2], SECRET)
        w.centre("device", "revoke", lost.no)
        lost("sync")
        waiting = fine(w.kari.get("/api/quarantine"))
        csn = rows(w.centre, "SELECT csn FROM verdict WHERE kind = 5 AND closed = 0")[0][0]
        shown = fine(w.kari.get(f"/api/quarantine/{csn}"))
        need(SECRET not in f"{waiting} {shown}" and shown["fields"] == [], f"{shown}")


def many_looks(tap, w):
    with tap.test("lists of other people push no line about somebody out of who has seen that one"):
        auditor, _ = taken(w.centre, "rita", "--role", "auditor", source="127.0.0.9")
        page = logged_in(w.centre, "rita", auditor.code(), "127.0.0.9")
        fine(w.siri.get(f"/api/participant/{w.people[3]}"))
        for _ in range(1010):
            fine(w.kari.post("/api/participants", {"name": "Deltaker", "walkins": ""}))
        lines = fine(page.get(f"/api/log/seen/{w.people[3]}"))["lines"]
        need(any("siri.b" in f"{line}" for line in lines), f"{len(lines)} lines, none is hers")
    with tap.test("one session has some streams of news, and others get theirs"):
        held = [Events(w.centre, w.kari) for _ in range(8)]
        status, _ = w.kari.get("/api/events")
        need(status == 503, f"{status}")
        held.append(Events(w.centre, w.siri))


class World:
    def __init__(self, root):
        self.centre = centre = rig.Centre(os.path.join(root, "centre"))
        centre.start()
        self.clinic, self.other = centre.clinic(), centre.clinic("Skien")
        centre.user(self.clinic)
        centre.user(self.other, "Nils")
        weekday = (TODAY + 3 + 2) % 7 + 1       # the day after tomorrow's
        self.group, self.people = centre.group(self.clinic, "Bevegelse", 4, weekday=weekday)
        self.foreign, self.theirs = centre.group(self.other, "Fremmed", 2, weekday=weekday)
        self.tablet = centre.tablet(os.path.join(root, "tablet"), self.clinic)
        self.tablet.sync(codes=(OK, ATTENTION))
        self.kari = somebody(centre, "kari.b", "Porsgrunn", "127.0.0.2")
        self.siri = somebody(centre, "siri.b", "Porsgrunn", "127.0.0.3")


def main():
    tap = rig.Tap()
    with rig.folder() as root:
        w = World(root)
        try:
            old_pages(tap, w)
            shared(tap, w)
            closed_book(tap, w, root)
            many_looks(tap, w)
        finally:
            w.centre.kill()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
