#!/usr/bin/python3
"""Goal: what a person has to decide is decided in the console: the queue, each kind of case with what there is to know, the decision in the
account's name, on every tablet at its next sync; nobody of another clinic sees or decides it, and who looked is in the access log before
the answer. What was put aside too. Names are markup, and stay data."""
import calendar
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from browser import Browser, logged_in, refused, taken  # noqa: E402
from rig import ATTENTION, OK, need  # noqa: E402

ATTENDED, SAME_DAY, SAME_PERSON = 2, 3, 5   # proto/model/rule.h
REVOKED = 5                                 # REASON_DEVICE_REVOKED
GROUP = "Bevegelse <img onerror=alert()>"
WALK_IN, LABEL = "Eva <b>Ny</b>", "three</td><script>alert(2)</script>"
EMPTY = dict.fromkeys(("seen", "note", "take", "set", "stand", "held", "cancelled", "remove"), "")


def decide(page, no, **said):
    return page.post(f"/api/case/{no}/decision", {**EMPTY, **{name: str(value) for name, value in said.items()}})


def somebody(centre, name, *how, source):
    app, _ = taken(centre, name, *how, source=source)
    return logged_in(centre, name, app.code(), source)


def one(centre, sql, *values):
    with centre.read() as db:
        return db.execute(sql, values).fetchall()


def decided(tap, centre, page, others, session, person, tablets):
    with tap.test("a case stands there in the page's language, with both values, and the access log says who looked"):
        no = centre("case", "list")[0]["no"]
        status, seen = page.get(f"/api/case/{no}")
        need(status == 200 and seen["state"] == "open" and len(seen["values"]) == 2, f"{status} {seen}")
        status, norsk = page.ask("GET", f"/api/case/{no}", lang="nb")
        need(sorted(row["value"] for row in seen["values"]) != sorted(row["value"] for row in norsk["values"]), f"{norsk}")
        rows = one(centre, "SELECT actor, participant, resource, user_id FROM access_log ORDER BY audit_no")
        need(rows[-1][0].endswith(" kari.b") and rows[-1][1:3] == (person, "case"), f"{rows}")
    with tap.test("of another clinic, of another role, without a session: not seen and not decided, and nothing is told of it"):
        before = one(centre, "SELECT count(*) FROM push, access_log")
        for other, want in others:
            said = [refused(other.get(f"/api/case/{no}"), want), refused(decide(other, no, take=1, seen=seen["seen"]), want)]
            need("Bevegelse" not in f"{said}", f"{said}")
        need(one(centre, "SELECT count(*) FROM push, access_log") == before, "something was kept")
        refused(page.get("/api/case/999"), 404)
    with tap.test("words that are none are refused in words, and nothing is kept"):
        for body, want in (({}, 400), ({"take": "1"}, 400)):
            refused(page.post(f"/api/case/{no}/decision", body), want)
        refused(decide(page, no, take="--stand", seen=seen["seen"]), 400)
        status, said = decide(page, no, take="9", seen=seen["seen"])
        need(status == 409 and "9" not in said and said["said"], f"{status} {said}")
        status, said = decide(page, no, seen=seen["seen"])
        need(status in (400, 409) and said["said"], f"{status} {said}")
        need(centre("case", "list")[0]["no"] == no, "it is decided")
    with tap.test("decided by who is in, with a note, and both tablets have it at their next sync"):
        take = next(row["take"] for row in seen["values"] if row["value"].startswith("Present"))
        status, said = decide(page, no, take=take, seen=seen["seen"], note="she called --json")
        need(status == 200 and said["state"] == "closed", f"{status} {said}")
        for tablet in tablets:
            tablet.sync(codes=(OK, ATTENTION))
            need(tablet.sheet(session)[person] == "present", f"{tablet.sheet(session)}")
        lines = [row for row in centre("audit", "list", "--last", 20) if "case decide" in row["text"]]
        need(len(lines) == 1 and lines[0]["actor"].endswith(" kari.b") and "she called" in lines[0]["text"], f"{lines}")


# ---- the queue

def queue(page, **query):
    status, said = page.get("/api/cases?" + "&".join(f"{name}={value}" for name, value in query.items()))
    need(status == 200, f"{status} {said}")
    return said


def shown(page, no):
    status, said = page.get(f"/api/case/{no}")
    need(status == 200, f"{status} {said}")
    return said


def open_no(page, rule):
    """The number of the one open case of that rule."""
    got = queue(page, state="open")
    rows = got["cases"]
    while got["more"]:
        got = queue(page, state="open", after=rows[-1]["no"])
        rows += got["cases"]
    rows = [row for row in rows if row["rule"] == rule]
    need(len(rows) == 1, f"{rule}: {rows}")
    return rows[0]["no"]


def sync_all(*tablets):
    for tablet in tablets:
        tablet.sync(codes=(OK, ATTENTION))


def disagree(world, session, people, first="present", second="no-show"):
    a, b, _ = world.tablets
    a.mark(session, dict.fromkeys(people, first))
    b.mark(session, dict.fromkeys(people, second))
    sync_all(a, b, a)


def listed(tap, world):
    page, (session, other) = world.page, world.sessions[5:7]
    with tap.test("the queue: the oldest first, by pages, with what it is about, its values and its clinic; noted as a list"):
        disagree(world, session, world.people)
        disagree(world, other, world.people[:25])
        first = queue(page, state="open")
        need(len(first["cases"]) == 50 and first["more"] and first["open"] == 55, f"{len(first['cases'])} {first['open']}")
        rest = queue(page, state="open", after=first["cases"][-1]["no"], clinic=world.clinic)
        numbers = [row["no"] for row in first["cases"] + rest["cases"]]
        need(numbers == sorted(numbers) and len(set(numbers)) == 55 and not rest["more"], f"{numbers}")
        row = first["cases"][0]
        need(row["group"] == GROUP and row["person"].startswith(f"Deltaker {GROUP}") and row["clinic"] == str(world.clinic), f"{row}")
        need(row["day"] > 20000 and abs(row["opened_s"] - time.time()) < 120, f"{row}")
        need([[(one["column"], one["value"]) for one in value][0] for value in row["values"]] == [("attendance.presence", 1), ("attendance.presence", 3)], f"{row}")
        need(first["clinics"] == [{"id": str(world.clinic), "name": "Porsgrunn", "open": 55}], f"{first['clinics']}")
        log = one(world.centre, "SELECT actor, participant, resource, count FROM access_log ORDER BY audit_no DESC LIMIT 2")
        need([entry[1:] for entry in log] == [(0, "case", 5), (0, "case", 50)] and log[0][0].endswith(" kari.b"), f"{log}")
    with tap.test("what is new is told without a name and without a line in any log"):
        before = one(world.centre, "SELECT (SELECT count(*) FROM audit), (SELECT count(*) FROM access_log)")
        status, news = page.get("/api/cases/news")
        need(status == 200 and news["open"] == 55 and news["stamp"] == first["stamp"] and set(news) == {"open", "aside", "stamp"}, f"{news}")
        need(page.get(f"/api/cases/news?no={row['no']}")[1]["decide"] is True, "decide")
        need(world.physio.get(f"/api/cases/news?no={row['no']}")[1]["decide"] is False, "a physiotherapist decides nothing")
        need(one(world.centre, "SELECT (SELECT count(*) FROM audit), (SELECT count(*) FROM access_log)") == before, "noted")
    with tap.test("of another clinic nothing, to other roles nothing, and what is no question is none"):
        need(queue(world.other, state="open")["cases"] == [] and queue(world.other, state="open")["open"] == 0, "another clinic's cases")
        for query, want in ((f"clinic={world.clinic}", 404), ("state=all", 400), ("state=", 400), ("after=x", 400), ("after=-1", 400), ("clinic=0", 400)):
            refused(world.other.get(f"/api/cases?{query}"), want)
        for path in ("/api/cases", "/api/cases/news", "/api/quarantine"):
            refused(world.auditor.get(path), 403)
            refused(Browser(world.centre.port).get(path), 401)
        refused(world.other.get(f"/api/cases/news?no={row['no']}"), 404)
        refused(world.physio.get("/api/quarantine"), 403)
        need(len(queue(world.physio, state="open")["cases"]) == 50, "a physiotherapist of the clinic sees them")
        refused(decide(world.physio, row["no"], take=1, seen=1), 403)


def at_once(tap, world):
    page, centre, session, (a, b, c) = world.page, world.centre, world.sessions[5], world.tablets
    no = next(row["no"] for row in queue(page, state="open")["cases"])
    with tap.test("all of one session, from a page that is old by then: none is decided, and it is said what came"):
        seen = shown(page, no)
        need(seen["same_session"] == 30 and seen["what"] == "Attendance" and "registration" in seen["why"], f"{seen}")
        c.mark(session, {world.people[29]: "notified"})
        c.sync(codes=(OK, ATTENTION))
        status, said = page.post(f"/api/case/{no}/present", {"seen": str(seen["seen"]), "note": ""})
        need(status == 409 and "Notified absence" in said["said"] and "samlingd" not in said["said"], f"{status} {said}")
        need(queue(page, state="open")["open"] == 55, "some are decided")
    with tap.test("all of one session: whoever was registered as present by anybody, each by an op of its own; the others stay"):
        disagree(world, world.sessions[7], world.people[:2], "notified")
        disagree(world, world.sessions[7], world.people[2:5])
        no = max_no(world)
        seen = shown(page, no)
        need(seen["same_session"] == 3, f"{seen}")
        before = one(centre, "SELECT coalesce(sum(count), 0) FROM push WHERE device_no = 1")[0][0]
        for body, want in (({}, 400), ({"seen": "1", "note": "", "all": "1"}, 400), ({"seen": "x", "note": ""}, 400)):
            refused(page.post(f"/api/case/{no}/present", body), want)
        for other, want in ((world.other, 404), (world.physio, 403)):
            refused(other.post(f"/api/case/{no}/present", {"seen": "1", "note": ""}), want)
        status, said = page.post(f"/api/case/{no}/present", {"seen": str(seen["seen"]), "note": "the list on the wall"})
        need(status == 200 and (said["decided"], said["left"]) == (3, 2), f"{status} {said}")
        need(one(centre, "SELECT sum(count) FROM push WHERE device_no = 1")[0][0] == before + 3, "ops")
        need({row[0] for row in one(centre, "SELECT participant FROM access_log ORDER BY audit_no DESC, part LIMIT 3")} == set(world.people[2:5]), "access")
        sync_all(a, b)
        sheet = b.sheet(world.sessions[7])
        need([sheet[person] for person in world.people[2:5]] == ["present"] * 3, f"{sheet}")
        status, said = page.post(f"/api/case/{no}/present", {"seen": str(seen["seen"]), "note": ""})
        need(status == 409 and said["said"], f"{status} {said}")
    with tap.test("what is decided stands among the decided, the last one first, and is decided again"):
        closed = queue(page, state="closed")["cases"]
        need([row["no"] for row in closed[:3]] and {row["no"] for row in closed[:3]} >= {no}, f"{closed[:3]}")
        need(queue(page, state="closed", after=closed[1]["no"])["cases"] == closed[2:], "the pages")
        seen = shown(page, no)
        need(seen["state"] == "closed" and len(seen["earlier"]) == 2 and seen["values"][0]["device"] == "the centre", f"{seen}")
        kinds = {one_of["field"]: (one_of["kind"], one_of["now"]) for one_of in seen["fields"]}
        need(kinds == {"presence": ("word", "1"), "reason": ("number", "")} and len(seen["choices"]) == 5, f"{seen['fields']}")
        status, said = decide(page, no, set="presence=4\nreason=7", seen=seen["seen"], note="she had moved")
        need(status == 200 and said["value"].startswith("Not expected"), f"{status} {said}")
        told = shown(page, no)["decisions"]
        need([(row["how"], row["value"].split(",")[0], row["note"]) for row in told] == [("set", "Not expected", "she had moved"), ("present", "Present", "the list on the wall")], f"{told}")
        need(all(row["actor"].endswith(" kari.b") and abs(row["at_s"] - time.time()) < 120 for row in told), f"{told}")
        sync_all(a)
        need(a.sheet(world.sessions[7])[seen["key2"]] == "not-expected", "the tablet")


# ---- each kind

def minutes(tap, world):
    page, (a, b, _), session, person = world.page, world.tablets, world.sessions[1], world.people[0]
    with tap.test("minutes: a third value with a time, field by field, and what is no value is refused"):
        for tablet, said in ((a, 45), (b, 60)):
            tablet.done("mark", "--session", session, f"{person}=present", "--minutes", said)
        sync_all(a, b, a)
        no = next(row["no"] for row in queue(page, state="open", after=max_no(world) - 1)["cases"])
        seen = shown(page, no)
        need({row["field"]: row["kind"] for row in seen["fields"]} == {"minutes": "minutes", "arrived_min": "clock", "left_min": "clock"}, f"{seen['fields']}")
        for wrong in ("minutes=601", "arrived_min=25:00", "presence=1", "<script>", "minutes=50\n--stand"):
            status, said = decide(page, no, set=wrong, seen=seen["seen"])
            need(status == 409 and said["said"], f"{wrong}: {status} {said}")
        status, said = decide(page, no, set="minutes=50\narrived_min=10:05", seen=seen["seen"])
        need(status == 200, f"{status} {said}")
        sync_all(a)
        line = next(row for row in a.done("sheet", "--session", session)["lines"] if int(row["participant"]) == person)
        need((line["minutes"], line["arrived"]) == (50, "10:05"), f"{line}")


def max_no(world):
    return one(world.centre, "SELECT max(no) FROM conflict_case")[0][0]


def status_of(world, session):
    rows = world.tablets[0].done("sessions", world.group)["sessions"]
    return next(row["status"] for row in rows if int(row["id"]) == session)


def sessions(tap, world):
    page, (a, b, _), (one_day, other_day) = world.page, world.tablets, world.sessions[2:4]
    with tap.test("held or cancelled: who was there and who says so stand beside it, and who comes meanwhile refuses the decision"):
        a.done("session", "cancel", one_day, "--reason", 2)
        b.done("session", "held", one_day)
        b.mark(one_day, {world.people[0]: "present"})
        sync_all(a, b, a)
        no = max_no(world)
        seen = shown(page, no)
        need(seen["table"] == "session" and [(row["person"], row["table"], row["user"]) for row in seen["proofs"]] == [(world.name(0), "attendance", "Kari")], f"{seen['proofs']}")
        b.mark(one_day, {world.people[1]: "present"})
        sync_all(b)
        held = next(row["take"] for row in seen["values"] if row["value"].startswith("Held"))
        status, said = decide(page, no, take=held, seen=seen["seen"])
        need(status == 409 and "2 present" in said["said"], f"{status} {said}")
        status, said = decide(page, no, take=held, seen=shown(page, no)["seen"])
        sync_all(a)
        need(status == 200 and status_of(world, one_day) == "held", f"{status} {said}")
    with tap.test("cancelled, but people were there: it may stand, with a reason that is shown, and be decided otherwise later"):
        a.done("session", "cancel", other_day)
        b.mark(other_day, {world.people[0]: "present"})
        sync_all(a, b)
        no = open_no(page, ATTENDED)
        need(queue(page, state="open", after=no - 1)["cases"][0]["present"] == 1, "present")
        seen = shown(page, no)
        need(seen["rule"] == "attended" and len(seen["proofs"]) == 1 and seen["sessions"][0]["device_no"] == a.no and "cancelled" in seen["why"], f"{seen}")
        status, said = decide(page, no, stand=1, seen=seen["seen"], note="the wrong list")
        need(status == 200, f"{status} {said}")
        seen = shown(page, no)
        need(seen["state"] == "closed" and seen["holds"] == 1 and [(row["how"], row["note"]) for row in seen["decisions"]] == [("stand", "the wrong list")], f"{seen}")
        status, said = decide(page, no, held=1, seen=seen["seen"])
        sync_all(a)
        need(status == 200 and status_of(world, other_day) == "held" and shown(page, no)["holds"] == 0, f"{status} {said}")
    with tap.test("two sessions on one day: both, or one was cancelled or entered in error"):
        day = next(row["day"] for row in a.done("sessions", world.group)["sessions"] if int(row["id"]) == world.sessions[4])
        ids = [int(tablet.done("session", "add", world.group, day_after(day))["session"]) for tablet in (a, b)]
        sync_all(a, b)
        no = open_no(page, SAME_DAY)
        seen = shown(page, no)
        need([row["session"] for row in seen["sessions"]] == sorted(ids) and all(row["status"] == "planned" and row["user"] == "Kari" for row in seen["sessions"]), f"{seen}")
        status, said = decide(page, no, remove=world.sessions[0], seen=seen["seen"])
        need(status == 409, f"a session of another day: {status} {said}")
        status, said = decide(page, no, remove=ids[1], seen=seen["seen"])
        sync_all(a)
        left = a.sessions(world.group)
        need(status == 200 and ids[0] in left and ids[1] not in left, f"{status} {said} {left}")


def day_after(day):
    return time.strftime("%Y-%m-%d", time.gmtime(calendar.timegm(time.strptime(day, "%Y-%m-%d")) + 86400))


def link(page, no, way="link", **said):
    return page.post(f"/api/case/{no}/{way}", {name: str(value) for name, value in {"note": "", **said}.items()})


def people(tap, world):
    page, (a, b, _), session = world.page, world.tablets, world.sessions[4]
    with tap.test("two who may be one person: both with where they were marked; linked, parted again, and let be two"):
        for tablet in (a, b):
            tablet.done("walk-in", "--session", session, WALK_IN)
        sync_all(a, b)
        no = open_no(page, SAME_PERSON)
        seen = shown(page, no)
        need([(row["name"], row["walk_in"], row["shown_as"]) for row in seen["people"]] == [(WALK_IN, 1, 0)] * 2, f"{seen}")
        need(len(seen["marks"]) == 2 and {row["participant"] for row in seen["marks"]} == {row["participant"] for row in seen["people"]}, f"{seen['marks']}")
        one_id, other_id = [row["participant"] for row in seen["people"]]
        for body in ({"loser": one_id, "winner": world.people[0]}, {"loser": one_id, "winner": one_id}, {"loser": "--json", "winner": other_id}):
            refused(link(page, no, seen=seen["seen"], **body), 400)
        refused(page.post(f"/api/case/{no}/link", {}), 400)
        for other, want in ((world.other, 404), (world.physio, 403), (world.auditor, 403)):
            refused(link(other, no, loser=one_id, winner=other_id, seen=seen["seen"]), want)
        status, said = link(page, no, loser=one_id, winner=other_id, seen=seen["seen"], note="asked them")
        need(status == 200, f"{status} {said}")
        seen = shown(page, no)
        need(seen["state"] == "closed" and [row["shown_as"] for row in seen["people"]] == [other_id, 0], f"{seen}")
        status, said = link(page, no, "unlink", loser=one_id, seen=seen["seen"])
        need(status == 200 and open_no(page, SAME_PERSON) == no, f"{status} {said}")
        status, said = decide(page, no, stand=1, seen=shown(page, no)["seen"])
        need(status == 200, f"{status} {said}")
        seen = shown(page, no)
        need(seen["holds"] == 1 and [row["how"] for row in seen["decisions"]] == ["stand", "link"], f"{seen}")


# ---- what was put aside

def put_aside(page, state="open", **query):
    status, said = page.get(f"/api/quarantine?state={state}" + "".join(f"&{name}={value}" for name, value in query.items()))
    need(status == 200, f"{status} {said}")
    return said


def aside(tap, world):
    page, centre, (_, _, c), session = world.page, world.centre, world.tablets, world.sessions[0]
    with tap.test("what a tablet that was shut out still sends: listed with whose it is and why, shown without its bytes"):
        c.mark(session, {person: "notified" for person in world.people[10:14]})
        centre("device", "revoke", c.no)
        c("sync")
        got = put_aside(page)
        rows = got["asides"]
        need(len(rows) == got["aside"] == 4 and [row["no"] for row in rows] == sorted(row["no"] for row in rows), f"{got}")
        need(rows[0]["person"] == world.name(10) and rows[0]["group"] == GROUP and rows[0]["device"] == LABEL and rows[0]["reason"] == REVOKED, f"{rows[0]}")
        need(one(centre, "SELECT participant, resource, count FROM access_log ORDER BY audit_no DESC LIMIT 1") == [(0, "quarantine", 4)], "access")
        no = rows[0]["no"]
        status, said = page.get(f"/api/quarantine/{no}")
        need(status == 200 and "bytes" not in said and "Notified absence" in [row["value"] for row in said["fields"]] and said["state"] == "open", f"{said}")
        need(put_aside(page, clinic=world.clinic)["asides"] == rows and put_aside(world.other)["asides"] == [], "by clinic")
        need([row["no"] for row in put_aside(page, after=no)["asides"]] == [row["no"] for row in rows[1:]], "by page")
    with tap.test("of another clinic, of another role, and with words that are none: nothing is told and nothing kept"):
        before = one(centre, "SELECT count(*) FROM push")
        for path, body in (("retry", {"all": ""}), ("close", {"all": "", "note": "x"}), ("reopen", None)):
            for other, want in ((world.other, 404), (world.physio, 403), (world.auditor, 403), (Browser(centre.port), 401)):
                refused(other.post(f"/api/quarantine/{no}/{path}", body), want)
            if body:
                refused(page.post(f"/api/quarantine/{no}/{path}", {**body, "more": ""}), 400)
                refused(page.post(f"/api/quarantine/{no}/{path}", {**body, "all": "2"}), 400)
            refused(page.post(f"/api/quarantine/999999/{path}", body), 404)
        refused(world.other.get(f"/api/quarantine/{no}"), 404)
        refused(world.other.get(f"/api/quarantine?clinic={world.clinic}"), 404)
        status, said = page.post(f"/api/quarantine/{no}/close", {"note": "", "all": ""})
        need(status == 400 and said["said"] and one(centre, "SELECT count(*) FROM push") == before, f"{status} {said}")
    with tap.test("it may rest with a reason, is taken out again, and is taken in: one, and all of the tablet"):
        status, said = page.post(f"/api/quarantine/{no}/close", {"note": "twice on paper --json", "all": ""})
        need(status == 200 and len(said) == 1, f"{status} {said}")
        need([row["no"] for row in put_aside(page, "closed")["asides"]] == [no] and put_aside(page)["aside"] == 3, "it does not rest")
        need(page.get(f"/api/quarantine/{no}")[1]["note"] == "twice on paper --json", "the reason")
        status, said = page.post(f"/api/quarantine/{no}/reopen")
        need(status == 200 and put_aside(page)["aside"] == 4, f"{status} {said}")
        status, said = page.post(f"/api/quarantine/{no}/retry", {"all": ""})
        need(status == 200 and said[0]["verdict"] == "applied", f"{status} {said}")
        status, said = page.post(f"/api/quarantine/{rows[1]['no']}/retry", {"all": "1"})
        need(status == 200 and [row["verdict"] for row in said] == ["applied"] * 3 and put_aside(page)["aside"] == 0, f"{status} {said}")
        a = world.tablets[0]
        sync_all(a)
        sheet = a.sheet(session)
        need([sheet[person] for person in world.people[10:14]] == ["notified"] * 4, f"{sheet}")


class World:
    """Two clinics, one with a group, thirty persons and three tablets; and who looks at it."""

    def __init__(self, root):
        self.centre = centre = rig.Centre(os.path.join(root, "centre"))
        centre.start()
        self.clinic, skien = centre.clinic(), centre.clinic("Skien")
        centre.user(self.clinic, "Kari")
        centre.user(skien, "Nils")
        day = time.gmtime()
        self.group, self.people = centre.group(self.clinic, GROUP, 30, weekday=day.tm_wday + 1, first=time.strftime("%Y-%m-%d", day))
        self.tablets = [centre.tablet(os.path.join(root, name), self.clinic, label) for name, label in (("one", "one"), ("two", "two"), ("three", LABEL))]
        sync_all(*self.tablets)
        self.sessions = self.tablets[0].sessions(self.group)

    def name(self, at):
        return one(self.centre, "SELECT name FROM participant WHERE id = ?", self.people[at])[0][0]

    def look(self):
        """Who looks at it."""
        here = ("--clinic", "Porsgrunn")
        self.page = somebody(self.centre, "kari.b", "--role", "coordinator", *here, source="127.0.0.2")
        self.other = somebody(self.centre, "nils.b", "--role", "coordinator", "--clinic", "Skien", source="127.0.0.3")
        self.auditor = somebody(self.centre, "siri", "--role", "auditor", source="127.0.0.4")
        self.physio = somebody(self.centre, "ola.f", "--role", "physiotherapist", *here, source="127.0.0.5")


def main():
    tap = rig.Tap()
    with rig.folder() as root:
        world = World(root)
        try:
            session = world.sessions[0]
            for tablet, word in zip(world.tablets, ("present", "no-show")):
                tablet.mark(session, {world.people[0]: word})
            sync_all(*world.tablets)
            world.look()
            others = [(world.other, 404), (world.auditor, 403), (Browser(world.centre.port), 401)]
            decided(tap, world.centre, world.page, others, session, world.people[0], world.tablets[:2])
            for part in (listed, at_once, minutes, sessions, people, aside):
                part(tap, world)
        finally:
            world.centre.kill()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
