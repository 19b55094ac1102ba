#!/usr/bin/python3
"""Goal: groups, participants, the import and the week's sheets in the console: what a coordinator of a clinic sees and changes there reaches the
tablet at its next sync; of other clinics nothing is shown and nothing is named; who was shown stands in the access log."""
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from browser import Browser, logged_in, refused, taken  # noqa: E402
from rig import GONE, OK, need  # noqa: E402

TODAY = int(time.time()) // 86400
WEEKDAY = (TODAY + 3) % 7 + 1
XSS = "<img src=x onerror=alert(1)> Čáhppes Ánde \"--json'"
PLAN = dict.fromkeys(("name", "code", "kind", "weekday", "start", "end", "first", "last", "capacity", "intervention"), "")
SET = {**PLAN, "active": "", "seen": "", "preview": ""}
ADD = dict.fromkeys(("name", "birth-year", "planned", "start"), "")
ENROL = dict.fromkeys(("status", "planned", "start", "end", "seen"), "")
LINK = {"note": "", "seen": ""}


def day(number):
    return time.strftime("%Y-%m-%d", time.gmtime(number * 86400))


def rows(centre, sql, *values):
    with centre.read() as db:
        return db.execute(sql, values).fetchall()


def somebody(centre, name, *how, source):
    app, _ = taken(centre, name, *how, source=source)
    return logged_in(centre, name, app.code(), source)


def fine(got):
    status, said = got
    need(status == 200, lambda: f"{status} {said}")
    return said


def logged(centre):
    return rows(centre, "SELECT actor, resource, participant, group_id, count FROM access_log ORDER BY audit_no, part")


def grown(centre):
    return rows(centre, "SELECT (SELECT count(*) FROM push), (SELECT count(*) FROM access_log), (SELECT count(*) FROM audit)")


class World:
    """Two clinics, a tablet in the first, and who asks."""

    def __init__(self, centre, root):
        self.centre = centre
        self.clinic, self.other = centre.clinic(), centre.clinic("Skien")
        self.kari, self.nils = centre.user(self.clinic, "Kari"), centre.user(self.other, "Nils")
        tomorrow = WEEKDAY % 7 + 1
        self.group, self.people = centre.group(self.clinic, "Bevegelse", 3, weekday=tomorrow, first=day(TODAY))
        self.second, _ = centre.group(self.clinic, "Mestring", 0, weekday=tomorrow, first=day(TODAY))
        self.foreign, self.strangers = centre.group(self.other, "Fremmed", 2, weekday=tomorrow, first=day(TODAY))
        self.third, self.todays = centre.group(self.clinic, "I dag", 3, weekday=WEEKDAY, first=day(TODAY))
        self.tablet = centre.tablet(os.path.join(root, "tablet"), self.clinic, "Sal 1")
        self.tablet.sync()
        self.page = somebody(centre, "kari.b", "--role", "coordinator", "--clinic", "Porsgrunn", source="127.0.0.2")
        self.physio = somebody(centre, "nils.b", "--role", "physiotherapist", "--clinic", "Porsgrunn", source="127.0.0.3")
        self.nav = somebody(centre, "ida.nav", "--role", "nav-adviser", "--clinic", "Porsgrunn", source="127.0.0.4")
        self.admin = somebody(centre, "root", "--role", "admin", source="127.0.0.5")
        self.nobody = Browser(centre.port)

    def sessions(self, group=None):
        return rows(self.centre, "SELECT id, day, status FROM session WHERE group_id = ? AND dead <= 0 ORDER BY day, id", group or self.group)


def lists(tap, w):
    with tap.test("groups: those of the clinics that one sees, with plan, leaders and figures; others are not named"):
        fine(w.page.post(f"/api/group/{w.group}/leader/{w.kari}", {"role": ""}))
        said = fine(w.page.get("/api/groups"))
        need([one["id"] for one in said["clinics"]] == [str(w.clinic)] and "Fremmed" not in f"{said}", f"{said}")
        group = next(one for one in said["clinics"][0]["groups"] if one["id"] == str(w.group))
        need((group["leaders"], group["attending"], group["weekday"]) == ("Kari", 3, WEEKDAY % 7 + 1), f"{group}")
        need(group["next_day"] == TODAY + 1 and said["clinics"][0]["change"], f"{group}")
        need(not fine(w.physio.get("/api/groups"))["clinics"][0]["change"], "a physiotherapist changes groups")
        need(fine(w.nav.get("/api/groups"))["clinics"][0]["groups"][0]["attending"] is None, "NAV is told how many")
        said = fine(w.page.get(f"/api/groups?clinic={w.other}"))
        need(not any(one["groups"] for one in said["clinics"]) and "Fremmed" not in f"{said}", "another clinic")
    with tap.test("one group: who is in it, and the access log says that it was shown; NAV sees whoever consented"):
        said = fine(w.page.get(f"/api/group/{w.group}"))
        need([int(one["id"]) for one in said["people"]] == sorted(w.people), f"{said}")
        need([one["name"] for one in said["leaders"]] == ["Kari"] and "Nils" not in f"{said['staff']}", f"{said['staff']}")
        need(logged(w.centre)[-1][0].endswith(" kari.b") and logged(w.centre)[-1][1:] == ("enrolment", 0, w.group, 3), f"{logged(w.centre)[-1]}")
        need(fine(w.nav.get(f"/api/group/{w.group}"))["people"] == [], "NAV sees who did not consent")
        need(logged(w.centre)[-1][1:] == ("enrolment", 0, w.group, 0), f"{logged(w.centre)[-1]}")


def closed(tap, w):
    """Every address: another clinic, another role, nobody."""
    stranger = w.strangers[0]
    file = "navn;gruppe\nA;Fremmed\n"
    changes = [(f"/api/clinic/{w.other}/group", {**PLAN, "days": "", "name": "X"}), (f"/api/group/{w.foreign}/plan", {**SET, "name": "X"}),
               (f"/api/group/{w.foreign}/leader/{w.nils}", {"role": ""}), (f"/api/group/{w.group}/leader/{w.nils}", {"role": ""}),
               (f"/api/session/{w.sessions(w.foreign)[0][0]}/cancel", {"reason": "1"}),
               ("/api/sessions/restore", {"sessions": f"{w.sessions(w.foreign)[0][0]}"}),
               (f"/api/clinic/{w.other}/day/{TODAY + 1}/cancel", {"reason": "1", "save": "1"}),
               (f"/api/group/{w.foreign}/participant", {**ADD, "name": "X"}),
               (f"/api/group/{w.group}/participant/{stranger}", ENROL), (f"/api/group/{w.foreign}/participant/{w.people[0]}", ENROL),
               (f"/api/group/{w.group}/participant/{w.people[0]}/move?to={w.foreign}", {"date": "", "preview": ""}),
               (f"/api/group/{w.foreign}/participant/{stranger}/move?to={w.group}", {"date": "", "preview": ""}),
               (f"/api/participant/{w.people[0]}/link/{stranger}", LINK), (f"/api/participant/{stranger}/link/{w.people[0]}", LINK),
               (f"/api/participant/{stranger}/unlink", LINK), (f"/api/participant/{stranger}/shut", LINK), (f"/api/participant/{stranger}/open", LINK)]
    files = [f"/api/clinic/{w.other}/import?save=1", f"/api/group/{w.foreign}/sheet"]
    reads = [f"/api/group/{w.foreign}", f"/api/participant/{stranger}", f"/api/group/{w.foreign}/participant/{stranger}/completion",
             f"/api/group/{w.group}/participant/{stranger}/completion", f"/api/clinic/{w.other}/sheets", f"/api/group/{w.foreign}/sheet"]
    with tap.test("another clinic's: not there, nothing kept, nobody named"):
        before = grown(w.centre)
        said = [refused(w.page.post(path, body), 404) for path, body in changes]
        said += [refused(w.page.ask("POST", path, file), 404) for path in files] + [refused(w.page.get(path), 404) for path in reads]
        need("Fremmed" not in f"{said}" and "Nils" not in f"{said}", f"{said}")
        need(grown(w.centre) == before, f"{before} became {grown(w.centre)}")
    with tap.test("another role, or nobody: refused, whatever the clinic"):
        for path, body in changes:
            refused(w.physio.post(path, body), 403)
            refused(w.nav.post(path, body), 403)
            refused(w.nobody.post(path, body), 401)
        for path in (*reads, "/api/groups"):
            refused(w.admin.get(path), 403)
            refused(w.nobody.get(path), 401)
        refused(w.physio.ask("POST", files[0], file), 403)
        refused(w.nav.ask("POST", files[1], file), 403)
        refused(w.admin.post("/api/participants", {"name": "De", "walkins": ""}), 403)
        need(fine(w.nav.post("/api/participants", {"name": "Deltaker", "walkins": ""}))["people"] == [], "NAV finds who did not consent")
        need(grown(w.centre)[0][0] == before[0][0], "something was kept")
    with tap.test("words that are none: 400, and nothing is kept"):
        for path, body in changes[:1] + changes[4:5]:
            refused(w.page.post(path.replace(str(w.other), str(w.clinic)), {}), 400 if "clinic" in path else 404)
        for body in ({"sessions": f"{w.sessions()[0][0]} x"}, {"sessions": ""}, {"sessions": "--json"}, {"sessions": "18446744073709551617"}):
            refused(w.page.post("/api/sessions/restore", body), 400)
        for name in ("", "D", "  d "):
            refused(w.page.post("/api/participants", {"name": name, "walkins": ""}), 400)
        refused(w.page.post(f"/api/clinic/{w.clinic}/day/99999999999/cancel", {"reason": "1", "save": ""}), 400)
        refused(w.page.get("/api/groups?clinic=x"), 400)


def plans(tap, w):
    with tap.test("a new group with signs in its name comes to the tablet; a wrong one is refused in words"):
        said = fine(w.page.post(f"/api/clinic/{w.clinic}/group", {**PLAN, "days": "", "name": XSS, "code": "xss", "weekday": "1", "start": "09:00", "end": "10:00"}))
        need(rows(w.centre, "SELECT name FROM groups WHERE id = ?", said["id"]) == [(XSS,)], f"{said}")
        status, no = w.page.post(f"/api/clinic/{w.clinic}/group", {**PLAN, "days": "", "name": "X", "start": "11:00", "end": "10:00"})
        need(status == 409 and no["said"], f"{status} {no}")
    with tap.test("another weekday: a preview changes nothing; then what lies ahead moves, and moves back"):
        before, seen = w.sessions(), fine(w.page.get(f"/api/group/{w.group}"))["seen"]
        ahead = [one for one in before if one[1] > TODAY]
        change = {**SET, "weekday": str((WEEKDAY + 1) % 7 + 1), "seen": seen}
        said = fine(w.page.post(f"/api/group/{w.group}/plan", {**change, "preview": "1"}))
        need(said["preview"] == 1 and said["cancelled"] == len(ahead) and said["added"] >= 8 and w.sessions() == before, f"{said}")
        made = fine(w.page.post(f"/api/group/{w.group}/plan", change))
        need({name: made[name] for name in ("cancelled", "added")} == {name: said[name] for name in ("cancelled", "added")}, f"{made}")
        stands = [one for one in w.sessions() if one[1] > TODAY and one[2] == 0]
        need(len(stands) == made["added"] and all((one[1] + 3) % 7 + 1 == (WEEKDAY + 1) % 7 + 1 for one in stands), f"{stands}")
        status, no = w.page.post(f"/api/group/{w.group}/plan", change)
        need(status == 409 and no["said"], f"changed meanwhile: {status} {no}")
        back = fine(w.page.post(f"/api/group/{w.group}/plan", {**SET, "weekday": str(WEEKDAY % 7 + 1)}))
        need(back["restored"] == len(ahead), f"{back}")
        need([one for one in w.sessions() if one[2] == 0 and one[1] > TODAY] == ahead, f"{w.sessions()}")
    with tap.test("other times, a last day and none again; the name stays the code's neighbour"):
        said = fine(w.page.post(f"/api/group/{w.group}/plan", {**SET, "start": "12:30", "end": "13:30", "last": day(TODAY + 20), "name": "Bevegelse 2"}))
        need(said["timed"] > 0 and said["cancelled"] > 0, f"{said}")
        need(rows(w.centre, "SELECT name, code, start_min, last_day, weekday FROM groups WHERE id = ?", w.group) ==
             [("Bevegelse 2", "Bevegelse", 750, TODAY + 20, WEEKDAY % 7 + 1)], "the row")
        said = fine(w.page.post(f"/api/group/{w.group}/plan", {**SET, "last": "none", "name": "Bevegelse"}))
        need(said["restored"] > 0 and rows(w.centre, "SELECT last_day FROM groups WHERE id = ?", w.group) == [(None,)], f"{said}")
        need({one[0] for one in rows(w.centre, "SELECT start_min FROM session WHERE group_id = ? AND day > ? AND status = 0", w.group, TODAY)} == {750}, "times")


def snow(tap, w):
    with tap.test("a snow day: told first, then cancelled on the tablet, and taken back"):
        path = f"/api/clinic/{w.clinic}/day/{TODAY + 1}/cancel"
        before = w.sessions()
        told = fine(w.page.post(path, {"reason": "3", "save": ""}))
        need(told["saved"] == 0 and told["cancelled"] == 2 and w.sessions() == before, f"{told}")
        made = fine(w.page.post(path, {"reason": "3", "save": "1"}))
        ids = [row["session"] for row in made["sessions"] if not row["left"]]
        need(made["saved"] == 1 and len(ids) == 2, f"{made}")
        w.tablet.sync()
        need(next(one for one in w.sessions() if one[1] == TODAY + 1)[2] == 2, f"{w.sessions()}")
        status, no = w.page.post(f"/api/session/{ids[0]}/cancel", {"reason": "1"})
        need(status == 409 and no["said"], f"{status} {no}")
        need(fine(w.page.post("/api/sessions/restore", {"sessions": " ".join(map(str, ids))}))["restored"] == 2, "restore")
        need(w.sessions() == before, f"{w.sessions()}")
        need(w.page.post("/api/sessions/restore", {"sessions": str(ids[0])})[0] == 409, "restored twice")
    with tap.test("one session alone"):
        fine(w.page.post(f"/api/session/{ids[0]}/cancel", {"reason": "7"}))
        need(rows(w.centre, "SELECT status, reason FROM session WHERE id = ?", ids[0]) == [(2, 7)], "cancel")
        fine(w.page.post("/api/sessions/restore", {"sessions": str(ids[0])}))


def found(page, name, walkins=""):
    return fine(page.post("/api/participants", {"name": name, "walkins": walkins}))


def persons(tap, w):
    with tap.test("somebody is added with the name that was typed; found by small letters and words in any order, once in the access log"):
        made = fine(w.page.post(f"/api/group/{w.group}/participant", {**ADD, "name": XSS, "birth-year": "1961", "planned": "10"}))
        person = made[0]["id"]
        hits = found(w.page, "ČÁHPPES  ánde")["people"]
        need([(one["id"], one["name"], one["birth_year"]) for one in hits] == [(str(person), XSS, 1961)], f"{hits}")
        need(hits == found(w.page, "ánde čáh")["people"] and logged(w.centre)[-1][1:] == ("participant", 0, 0, 1), f"{logged(w.centre)[-1]}")
        need(found(w.page, "Fremmed")["people"] == [] and logged(w.centre)[-1][1:] == ("participant", 0, 0, 0), "another clinic's")
        for name in ("", "x" * 121, "a\nb"):
            need(w.page.post(f"/api/group/{w.group}/participant", {**ADD, "name": name})[0] in (400, 409), f"{name!r}")
    with tap.test("one participant: enrolments, and the access log; enrolled once more, and said how it stands"):
        said = fine(w.page.get(f"/api/participant/{person}"))
        need(said["name"] == XSS and [(one["group"], one["status"], one["planned"]) for one in said["enrolments"]] == [(str(w.group), 4, 10)], f"{said}")
        need(logged(w.centre)[-1][1:] == ("participant", person, 0, 0), f"{logged(w.centre)[-1]}")
        fine(w.page.post(f"/api/group/{w.second}/participant/{person}", {**ENROL, "status": "waiting-list"}))
        fine(w.page.post(f"/api/group/{w.second}/participant/{person}", {**ENROL, "status": "discontinued", "end": day(TODAY)}))
        need(rows(w.centre, "SELECT status, end_day FROM enrolment WHERE group_id = ? AND participant = ?", w.second, person) == [(6, TODAY)], "enrolment")
        stands = rows(w.centre, "SELECT status, end_day FROM enrolment WHERE group_id = ? AND participant = ?", w.second, person)
        fine(w.page.post(f"/api/group/{w.second}/participant/{person}", {**ENROL, "planned": "12"}))
        fine(w.page.post(f"/api/group/{w.second}/participant/{person}", ENROL))
        need(rows(w.centre, "SELECT status, end_day FROM enrolment WHERE group_id = ? AND participant = ?", w.second, person) == stands,
             "who was out came back because another field was saved")
        status, no = w.page.post(f"/api/group/{w.second}/participant/{person}", {**ENROL, "status": "--json"})
        need(status == 409 and no["said"], f"{status} {no}")
    with tap.test("how a course stands, of this group alone"):
        said = fine(w.page.get(f"/api/group/{w.group}/participant/{person}/completion"))
        need(len(said) == 1 and said[0]["group_id"] == w.group and said[0]["verdict"] == "cannot-be-said", f"{said}")
    with tap.test("a move: told first, then done; both groups are the account's"):
        path = f"/api/group/{w.group}/participant/{w.people[0]}/move?to={w.second}"
        before = rows(w.centre, "SELECT count(*) FROM push")
        told = fine(w.page.post(path, {"date": day(TODAY + 1), "preview": "1"}))
        need(told["moved"] == 0 and rows(w.centre, "SELECT count(*) FROM push") == before, f"{told}")
        need(fine(w.page.post(path, {"date": day(TODAY + 1), "preview": ""}))["moved"] == 1, "moved")
        need(rows(w.centre, "SELECT status FROM enrolment WHERE participant = ? ORDER BY group_id", w.people[0]) == [(6,), (4,)], "enrolments")
        fine(w.page.post(f"/api/group/{w.second}/participant/{w.people[0]}/move?to={w.group}", {"date": day(TODAY + 2), "preview": ""}))
        need(w.page.post(path.replace(f"to={w.second}", "to="), {"date": "", "preview": ""})[0] == 400, "to nowhere")


def walkin(tap, w):
    with tap.test("a walk-in of the tablet is found, linked with somebody of the list, and given back"):
        session = rows(w.centre, "SELECT id FROM session WHERE group_id = ? AND day = ?", w.third, TODAY)[0][0]
        w.tablet.sync()
        code, said = w.tablet("walk-in", "Innom Ålesund", "--session", str(session))
        need(code == OK, f"{code} {said}")
        w.tablet.sync()
        hits = found(w.page, "", "1")["people"]
        need([one["name"] for one in hits] == ["Innom Ålesund"] and hits[0]["provisional"], f"{hits}")
        guest = int(hits[0]["id"])
        seen = fine(w.page.get(f"/api/participant/{guest}"))
        need([(one["day"], one["presence"]) for one in seen["days"]] == [(TODAY, 1)], f"{seen}")
        fine(w.page.post(f"/api/participant/{guest}/link/{w.people[1]}", {"note": "samme person", "seen": seen["seen"]}))
        said = fine(w.page.get(f"/api/participant/{w.people[1]}"))
        need([one["id"] for one in said["linked"]] == [str(guest)] and said["days"], f"{said}")
        need(fine(w.page.get(f"/api/participant/{guest}"))["shown_as"] == str(w.people[1]), "shown as")
        need(found(w.page, "", "1")["people"] == [], "still waiting")
        status, no = w.page.post(f"/api/participant/{guest}/link/{w.people[2]}", {"note": "", "seen": seen["seen"]})
        need(status == 409 and no["said"], f"said meanwhile: {status} {no}")
        fine(w.page.post(f"/api/participant/{guest}/unlink", LINK))
        need([one["id"] for one in found(w.page, "", "1")["people"]] == [str(guest)], "given back")
        w.tablet.sync()


def shut(tap, w):
    with tap.test("of a record that is shut the page shows who and in which groups, and nothing that was written down"):
        one = w.people[1]
        before = fine(w.page.get(f"/api/participant/{one}"))
        need(not before["shut"], f"{before}")
        w.centre("participant", "shut", str(one), "--note", "ønsker det")
        said = fine(w.page.get(f"/api/participant/{one}"))
        need(said["shut"] and said["days"] == [] and said["episodes"] == [], f"{said}")
        need(said["name"] == before["name"] and said["enrolments"] == before["enrolments"], f"{said}")
        need([hit["shut"] for hit in found(w.page, before["name"])["people"]] == [True], "the search")
        status, no = w.page.post(f"/api/participant/{one}/open", {"note": "", "seen": before["seen"]})
        need(status == 409 and no["said"], f"opened from a page on which it was not shut yet: {status} {no}")
        fine(w.page.post(f"/api/participant/{one}/open", {"note": "ønsker det", "seen": said["seen"]}))
        need(fine(w.page.get(f"/api/participant/{one}"))["days"] == before["days"], "it is not open again")
        status, no = w.page.post(f"/api/participant/{one}/open", LINK)
        need(status == 409 and no["said"], f"opened twice: {status} {no}")
        fine(w.page.post(f"/api/participant/{one}/shut", {"note": "", "seen": before["seen"]}))
        need(fine(w.page.get(f"/api/participant/{one}"))["days"] == [], "it is not shut")
        w.centre("participant", "open", str(one))
    with tap.test("who is linked with somebody whose record is shut has one that is shut"):
        guest = int(found(w.page, "", "1")["people"][0]["id"])
        w.centre("participant", "shut", str(guest))
        hit = found(w.page, "", "1")["people"][0]
        need(hit["shut"] and hit["last_day"] is None, f"{hit}")
        said = fine(w.page.get(f"/api/participant/{guest}"))
        fine(w.page.post(f"/api/participant/{guest}/link/{one}", {"note": "samme person", "seen": said["seen"]}))
        need(fine(w.page.get(f"/api/participant/{one}"))["shut"], "the other is open")
        need(rows(w.centre, "SELECT count(*) FROM participant WHERE shut = 1") == [(2,)], "rows")
        w.tablet.sync()
        need(w.tablet("note", "list", before["name"])[0] == GONE, "shown on the tablet")
        w.centre("participant", "open", str(guest))
        need(rows(w.centre, "SELECT count(*) FROM participant WHERE shut = 1") == [(0,)], "not both were opened")
        fine(w.page.post(f"/api/participant/{guest}/unlink", LINK))


FILE = "Navn;Gruppe;Født;Merknad\r\nČáhppes Máhtte;Bevegelse;1970;x\r\nOla Å;mestring;;\r\n;Bevegelse;;\r\nKari;Fremmed;;\r\n"


def imports(tap, w):
    path = f"/api/clinic/{w.clinic}/import"

    def size():
        return rows(w.centre, "SELECT (SELECT count(*) FROM participant), (SELECT count(*) FROM enrolment), (SELECT count(*) FROM groups)")

    with tap.test("a spreadsheet: its columns, a preview that changes nothing, and what is refused by row; groups of other clinics are none"):
        before = size()
        look = fine(w.page.ask("POST", f"{path}?look=1", FILE))
        need([(one["heading"], one["taken_as"]) for one in look["columns"]] ==
             [("Navn", "name"), ("Gruppe", "group"), ("Født", "birth-year"), ("Merknad", "")], f"{look}")
        said = fine(w.page.ask("POST", path, FILE))
        need((said["saved"], said["persons"], said["refused_count"]) == (0, 2, 2) and size() == before, f"{said}")
        need([(row["row"], row["reason"]) for row in said["refused"]] == [(4, "no-name"), (5, "unknown-group")], f"{said}")
        need(logged(w.centre)[-1][1:] == ("participant", 0, 0, 2), f"{logged(w.centre)[-1]}")
    with tap.test("taken in; the same once more adds nobody; Windows-1252 and other headings are read"):
        need(fine(w.page.ask("POST", f"{path}?save=1", FILE))["persons"] == 2, "saved")
        need([one["name"] for one in found(w.page, "máhtte")["people"]] == ["Čáhppes Máhtte"], "found")
        after = size()
        again = fine(w.page.ask("POST", f"{path}?save=1", FILE))
        need((again["persons"], again["there"]) == (0, 2) and size() == after, f"{again}")
        other = "Hvem er det,Sted\nPål Ø,Bevegelse\n".encode("cp1252")
        need(w.page.ask("POST", path, other)[0] == 409, "no column of names")
        said = fine(w.page.ask("POST", f"{path}?name=Hvem%20er%20det&group=Sted", other))
        need(said["persons"] == 1, f"{said}")
    with tap.test("what is no spreadsheet, or too large, or another form, is told in words"):
        for text in ("", "navn;gruppe\n".encode("utf-16"), b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "--save"):
            status, no = w.page.ask("POST", path, text)
            need(status == 409 and no["said"], f"{text!r}: {status} {no}")
        need("no row of headings" in w.page.ask("POST", path, "")[1]["said"], "an empty file")
        refused(w.page.post(path, {}), 415)
        for query in ("?save=2", "?name=%zz", "?name=%00", "?name=%ff"):
            refused(w.page.ask("POST", path + query, FILE), 400)
        big = Browser(w.centre.port)
        big.sid, big.token = w.page.sid, w.page.token
        need(big.ask("POST", path, b"a" * ((8 << 20) + 1))[0] == 413, "too large")
        need(size() == after, f"{after} became {size()}")


def sheets(tap, w):
    header = "session;participant;presence\n"
    session = rows(w.centre, "SELECT id FROM session WHERE group_id = ? AND day = ?", w.third, TODAY)[0][0]

    def sheet(page):
        return next(one for one in fine(page.get(f"/api/clinic/{w.clinic}/sheets"))["groups"] if one["id"] == str(w.third))

    with tap.test("the week on paper: names and sessions, with what is recorded; NAV sees who consented; the access log has each group"):
        said = sheet(w.page)
        need([one["id"] for one in said["sessions"]] == [str(session)] and said["change"], f"{said}")
        need([one["name"] for one in said["people"]][:2] == ["Deltaker I dag 001", "Deltaker I dag 002"], f"{said}")
        need(said["people"] == fine(w.page.get(f"/api/group/{w.third}/sheet"))["groups"][0]["people"], "one group")
        need(logged(w.centre)[-1][1:4] == ("attendance", 0, w.third), f"{logged(w.centre)[-1]}")
        need(sheet(w.nav)["people"] == [] and not sheet(w.nav)["change"], "NAV")
        need(fine(w.page.get(f"/api/group/{w.third}/sheet?day={TODAY - 70}"))["groups"][0]["sessions"] == [], "another week")
    with tap.test("typed in: saved as of a list; what a tablet recorded meanwhile is not written over, but told"):
        one, two, three = w.todays
        w.tablet.mark(session, {one: "no-show"})
        w.tablet.sync()
        typed = f"{header}{session};{one};present\n{session};{two};present\n{session};{three};notified\n"
        said = fine(w.page.ask("POST", f"/api/group/{w.third}/sheet", typed))
        need((said["saved"], said["same"], said["refused_count"]) == (2, 0, 0), f"{said}")
        need([(row["participant"], row["presence"]) for row in said["kept"]] == [(one, 3)], f"{said}")
        need(rows(w.centre, "SELECT participant, presence, evidence FROM attendance WHERE session = ? AND participant IN (?, ?, ?) ORDER BY participant",
                  session, *w.todays) == [(one, 3, 2), (two, 1, 0), (three, 2, 0)], "marks")
        need({row[2] for row in logged(w.centre)[-3:]} == set(w.todays), f"{logged(w.centre)[-3:]}")
        said = fine(w.page.ask("POST", f"/api/group/{w.third}/sheet", typed))
        need((said["saved"], said["same"], said["kept_count"]) == (0, 2, 1), f"{said}")
        w.tablet.sync()
        need(w.tablet.sheet(session)[two] == "present", f"{w.tablet.sheet(session)}")
    with tap.test("typed wrong: each row is refused with its reason, and the others are saved"):
        ahead = next(one[0] for one in w.sessions(w.third) if one[1] > TODAY)
        foreign = w.sessions(w.foreign)[0][0]
        wrong = [f"{ahead};{two};present", f"{foreign};{two};present", f"{session};{w.strangers[0]};present", f"{session};{two};unknown",
                 f"{session};{two};<b>", f"x;{two};present"]
        before = rows(w.centre, "SELECT count(*) FROM push")
        said = fine(w.page.ask("POST", f"/api/group/{w.third}/sheet", header + "\n".join(wrong)))
        need((said["saved"], [row["row"] for row in said["refused"]]) == (0, [2, 3, 4, 5, 6, 7]), f"{said}")
        need(len({row["text"] for row in said["refused"]}) == 4 and rows(w.centre, "SELECT count(*) FROM push") == before, f"{said}")
        need(w.page.ask("POST", f"/api/group/{w.third}/sheet", "a;b\n1;2\n")[0] == 409, "other columns")


LONG = {"attendance", "session", "enrolment", "member", "push", "access_log", "audit", "exercise_set"}


def plans_of_statements(tap, centre):
    """Every statement of these pages, as stmt.def has it."""
    with open(os.path.join(rig.ROOT, "server/store/stmt.def"), encoding="utf-8") as file:
        ours = file.read().split("store_group_list.c", 1)[1].split("*/", 1)[1].split("/*", 1)[0]
    found = re.findall(r'^SAM_STMT\((\w+), ((?:"[^"]*"\s*)+)\)', ours, re.MULTILINE)
    with tap.test("no statement of theirs reads a long table from end to end"):
        need(len(found) >= 15, f"{len(found)} statements")
        with centre.read() as db:
            for name, quoted in found:
                sql = "".join(re.findall(r'"([^"]*)"', quoted))
                tables = {alias: table for table, alias in re.findall(r"(?:FROM|JOIN) (\w+) (\w+)", sql)}
                count = max([int(n) for n in re.findall(r"\?(\d)", sql)] or [sql.count("?")])
                steps = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", [1] * count)]
                scanned = {tables.get(step.split()[1], step.split()[1]) for step in steps if step.startswith("SCAN")}
                need(not scanned & LONG, f"{name}: {steps}")


def main():
    tap = rig.Tap()
    with rig.folder() as root:
        centre = rig.Centre(os.path.join(root, "centre"))
        try:
            centre.start()
            w = World(centre, root)
            plans_of_statements(tap, centre)
            lists(tap, w)
            closed(tap, w)
            plans(tap, w)
            snow(tap, w)
            persons(tap, w)
            walkin(tap, w)
            shut(tap, w)
            imports(tap, w)
            sheets(tap, w)
        finally:
            centre.kill()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
