#!/usr/bin/python3
"""Goal: attendance in the console: groups with their share, one group's sheet, everything that was said of one mark, and saying it otherwise in the
account's name, which reaches every tablet. What somebody read before is no leave to overwrite what came since. Another clinic, another role and
NAV see what is theirs and no more, and the access log says who was shown to whom."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from browser import Browser, logged_in, refused, taken  # noqa: E402
from rig import ATTENTION, OK, need  # noqa: E402

EMPTY = dict.fromkeys(("seen", "presence", "evidence", "code", "late", "left-early", "by-video", "reason"), "")
MARKUP = "<img src=x onerror=alert(1)>"
PRESENT, NOTIFIED, NO_SHOW = 1, 2, 3
LATE, DISPUTED = 1, 8


def say(page, session, person, **said):
    return page.post(f"/api/attendance/{session}/{person}", {**EMPTY, **{name.replace("_", "-"): str(value) for name, value in said.items()}})


def somebody(centre, name, *how, source):
    app, _ = taken(centre, name, *how, source=source)
    return logged_in(centre, name, app.code(), source)


def ok(got):
    status, said = got
    need(status == 200, lambda: f"{status} {said}")
    return said


def sheet(page, group, **query):
    return ok(page.get(f"/api/attendance?group={group}" + "".join(f"&{name}={value}" for name, value in query.items())))


def cell(seen, person, session):
    """[place, presence, evidence, flags, reason, minutes, case]; None: nothing follows"""
    place = next(i for i, one in enumerate(seen["sessions"]) if one["id"] == str(session))
    row = next(one for one in seen["people"] if one["id"] == str(person))
    return next((one for one in row["cells"] if one[0] == place), None)


def sql(centre, words, *values):
    with centre.read() as db:
        return db.execute(words, values).fetchall()


def accesses(centre):
    return sql(centre, "SELECT actor, participant, group_id, count, resource, action, purpose FROM access_log ORDER BY audit_no, part")


def lists(tap, centre, page, nils, w):
    with tap.test("the groups of somebody's own clinics, with their figures, and filters that hold"):
        seen = ok(page.get("/api/attendance/groups"))
        need([one["name"] for one in seen["groups"]] == ["Bevegelse", MARKUP] and seen["next"] is None, f"{seen['groups']}")
        first = seen["groups"][0]
        need(first["clinic"] == "Porsgrunn" and first["present"] == 1 and first["known"] == 2 and first["unrecorded"] == 0, f"{first}")
        need([one["name"] for one in seen["clinics"]] == ["Porsgrunn"], f"{seen['clinics']}")
        need([one["name"] for one in ok(nils.get("/api/attendance/groups"))["groups"]] == ["Skiengruppa"], "another clinic")
        for query, count in ((f"clinic={w.clinic}", 2), (f"clinic={w.other}", 0), ("type=1", 1), ("type=2", 0), ("evening=1", 1), ("leader=1", 0),
                             (f"after={w.group}", 1 if w.markup > w.group else 0)):
            seen = ok(page.get(f"/api/attendance/groups?{query}"))
            need(len(seen["groups"]) == count, lambda q=query, s=seen: f"{q}: {s['groups']}")
        for query in ("type=x", "evening=2", "from=20000&to=20401", "from=5&to=4", "clinic=-1", "clinic=1%20OR%201"):
            refused(page.get(f"/api/attendance/groups?{query}"), 400)


def sheets(tap, centre, page, others, w):
    with tap.test("a group's sheet, and the access log says that it was shown"):
        seen = sheet(page, w.group)
        need(seen["may_change"] and seen["all"] and len(seen["people"]) == 4, f"{seen['people']}")
        need(cell(seen, w.people[0], w.session)[1:4] == [PRESENT, 2, LATE] and cell(seen, w.people[1], w.session)[1:3] == [NO_SHOW, 2], f"{seen}")
        need(cell(seen, w.people[2], w.session)[1:] == [0, -1], "nothing said")
        today = next(one for one in seen["sessions"] if one["id"] == str(w.session))
        need((today["present"], today["known"], today["unknown"], today["enrolled"]) == (1, 2, 2, 4), f"{today}")
        need(accesses(centre)[-1][1:6] == (0, w.group, 4, "attendance", 1), f"{accesses(centre)[-1]}")
        need(sheet(page, w.markup)["people"][0]["name"] == MARKUP, "as it is, for a page that sets text")
        done = ok(page.get(f"/api/attendance/completion?group={w.group}"))
        need(sorted(int(one["participant"]) for one in done) == sorted(w.people) and all(one["group_id"] == w.group for one in done), f"{done}")
    with tap.test("of another clinic, of another role, without a session: nothing, and nothing is told"):
        before = len(accesses(centre))
        for other, want in others:
            for path in (f"/api/attendance?group={w.group}", f"/api/attendance/completion?group={w.group}", f"/api/attendance/{w.session}/{w.people[0]}"):
                need("Bevegelse" not in f"{refused(other.get(path), want)}", path)
            refused(say(other, w.session, w.people[0], presence="no-show"), want)
        need(len(accesses(centre)) == before, "something was noted")
        for path in ("/api/attendance?group=5", "/api/attendance/5/6", f"/api/attendance/{w.session}/{w.far[0]}", f"/api/attendance/{w.far_session}/{w.far[0]}"):
            refused(page.get(path), 404)
        for path in ("/api/attendance", "/api/attendance?group=0", f"/api/attendance?group={w.group}&from=x", "/api/attendance/completion"):
            refused(page.get(path), 400)
        need(cell(sheet(page, w.group), w.people[0], w.session)[1] == PRESENT, "it was changed")


def changes(tap, centre, page, tablets, w):
    a, b = tablets
    with tap.test("words that are none are refused in words, and nothing is kept"):
        for body, want in (({}, 400), ({"presence": "present"}, 400)):
            refused(page.post(f"/api/attendance/{w.session}/{w.people[0]}", body), want)
        for said in ({}, {"presence": "perhaps"}, {"presence": "--json"}, {"presence": "present", "seen": 10 ** 9}, {"presence": "present", "late": "maybe"},
                     {"presence": "no-show", "code": 100}, {"presence": "present", "reason": "x" * 300}, {"presence": "present", "seen": "x"}):
            status, told = say(page, w.session, w.people[2], **said)
            need(status in (400, 409), lambda s=said, t=told: f"{s}: {t}")
        status, told = say(page, w.session, w.far[0], presence="present")
        need(status == 409 and "Bevegelse" in told["said"] and "Skien" not in told["said"], f"{told}")
        status, told = say(page, w.later, w.people[2], presence="present")
        need(status == 409 and told["said"], f"{told}")
        need(cell(sheet(page, w.group), w.people[2], w.session)[1:] == [0, -1], "it was kept")
    with tap.test("said otherwise: in the account's name, with why, and on the tablets at their next sync"):
        seen = sheet(page, w.group)
        told = ok(say(page, w.session, w.people[0], presence="notified", evidence="self", code=7, reason="ringte; --force", seen=seen["csn"]))
        need(told["case"] == 0 and told["participant"] == w.people[0], f"{told}")
        now = cell(sheet(page, w.group), w.people[0], w.session)
        need(now[1:5] == [NOTIFIED, 3, 0, 7], f"late is gone too: {now}")
        row = [one for one in accesses(centre) if one[5] == 2][-1]
        need(row[0].endswith(" kari.b") and row[1] == w.people[0] and row[4] == "attendance" and row[6] == "ringte; --force", f"{row}")
        for tablet in tablets:
            tablet.sync(codes=(OK, ATTENTION))
            need(tablet.sheet(w.session)[w.people[0]] == "notified", f"{tablet.sheet(w.session)}")
    with tap.test("what came since the page was read is not overwritten: both stand, and a person is asked"):
        seen = sheet(page, w.group)
        a.mark(w.session, {w.people[3]: "present"})
        a.sync(codes=(OK, ATTENTION))
        told = ok(say(page, w.session, w.people[3], presence="no-show", seen=seen["csn"]))
        need(told["case"] > 0, f"{told}")
        now = cell(sheet(page, w.group), w.people[3], w.session)
        need(now[1] == PRESENT and now[3] & DISPUTED and now[6] == told["case"], f"{now}")
        b.sync(codes=(OK, ATTENTION))
        told = ok(say(page, w.session, w.people[3], presence="no-show", seen=sheet(page, w.group)["csn"]))
        need(told["case"] == 0 and cell(sheet(page, w.group), w.people[3], w.session)[1:4] == [NO_SHOW, 2, 0], "an informed word ends it")


def pasts(tap, centre, page, w):
    with tap.test("everything that was ever said of one mark: by whom, where, when, and what became of it"):
        said = ok(page.get(f"/api/attendance/{w.session}/{w.people[3]}"))["said"]
        need([one["presence"] for one in said] == [PRESENT, NO_SHOW, NO_SHOW], f"{said}")
        need([one["stands"] for one in said] == [False, False, True], f"{said}")
        need(said[0]["device"] == "one" and said[0]["who"] == "Kari" and said[0]["case"] > 0 and said[1]["device_no"] == 1, f"{said}")
        need([one["csn"] for one in said] == sorted(one["csn"] for one in said) and all(one["received_s"] > 0 and one["claimed_s"] > 0 for one in said), f"{said}")
        need(accesses(centre)[-1][1:6] == (w.people[3], 0, 0, "attendance", 1), f"{accesses(centre)[-1]}")
        need(ok(page.get(f"/api/attendance/{w.session}/{w.people[2]}"))["said"] == [], "nobody said anything")
    with tap.test("people who are linked are one: what was said of both"):
        centre("participant", "link", w.people[1], w.people[3])
        said = ok(page.get(f"/api/attendance/{w.session}/{w.people[1]}"))["said"]
        need(len(said) == 4 and ok(page.get(f"/api/attendance/{w.session}/{w.people[3]}"))["said"] == said, f"{said}")
        need(str(w.people[1]) not in [one["id"] for one in sheet(page, w.group)["people"]], "shown as the other one")


def narrow(tap, centre, nav, w):
    with tap.test("NAV sees those who consented, and no figure that would tell of the others"):
        need(ok(nav.get("/api/attendance/groups"))["groups"] == [], "nobody has consented")
        need(sheet(nav, w.group)["people"] == [], "nobody has consented")
        tablet = w.tablets[0]
        tablet.done("consent", w.names[2], "nav", "granted")
        tablet.sync(codes=(OK, ATTENTION))
        listed = ok(nav.get("/api/attendance/groups"))["groups"]
        need([one["name"] for one in listed] == ["Bevegelse"] and not {"present", "known", "unrecorded"} & set(listed[0]), f"{listed}")
        seen = sheet(nav, w.group)
        need([one["id"] for one in seen["people"]] == [str(w.people[2])] and not seen["all"] and not seen["may_change"], f"{seen['people']}")
        need(all(not {"present", "known", "enrolled", "headcount"} & set(one) for one in seen["sessions"]), f"{seen['sessions'][0]}")
        refused(nav.get(f"/api/attendance/completion?group={w.group}"), 404)
        refused(nav.get(f"/api/attendance/{w.session}/{w.people[2]}"), 404)
        refused(say(nav, w.session, w.people[2], presence="present"), 403)
        need(accesses(centre)[-1][2:4] == (w.group, 1), f"{accesses(centre)[-1]}")


def verb(tap, centre, w):
    with tap.test("the verb in a terminal: in words, refused in words where the session is cancelled"):
        code, out, err = centre.seen("attendance", "set", w.later, w.people[2], "--presence", "notified", "--reason", "ringte")
        need(code == 0 and "Bevegelse" in out, f"{code} {out}{err}")
        need(centre.seen("attendance", "set", w.later, w.people[2])[0] == 2, "no presence")
        centre("session", "cancel", w.later, "--reason", 3)
        code, out, err = centre.seen("attendance", "set", w.later, w.people[2], "--presence", "no-show")
        need(code == 1 and str(w.later) in err, f"{code} {out}{err}")
    with tap.test("and all of it is as it should be"):
        need("wrong" not in f"{centre('verify', '--rebuild', parse=False)}", "verify")


class World:
    """Two groups of one clinic, one of another; today's session has two marks."""

    def __init__(self, centre, root):
        day = time.gmtime()
        weekday, first = day.tm_wday + 1, time.strftime("%Y-%m-%d", day)
        self.clinic, self.other = centre.clinic(), centre.clinic("Skien")
        centre.user(self.clinic, "Kari")
        self.group, self.people = centre.group(self.clinic, "Bevegelse", 4, weekday=weekday, first=first)
        self.markup = centre("group", "add", "--clinic", self.clinic, "--name", MARKUP, "--kind", "mastery", "--weekday", weekday, "--first", first,
                             "--start", "17:00", "--end", "18:00")["id"]
        centre("participant", "add", MARKUP, "--group", self.markup)
        far, self.far = centre.group(self.other, "Skiengruppa", 1, weekday=weekday, first=first)
        self.names = [row[0] for row in sql(centre, "SELECT name FROM participant p JOIN enrolment e ON e.participant = p.id WHERE e.group_id = ? ORDER BY p.id", self.group)]
        days = sql(centre, "SELECT id FROM session WHERE group_id = ? ORDER BY day", self.group)
        self.session, self.later = days[0][0], days[1][0]
        self.far_session = sql(centre, "SELECT id FROM session WHERE group_id = ? ORDER BY day", far)[0][0]
        self.tablets = [centre.tablet(os.path.join(root, name), self.clinic, name) for name in ("one", "two")]
        for tablet in self.tablets:
            tablet.sync()
        self.tablets[0].mark(self.session, {self.people[1]: "no-show"})
        self.tablets[0].done("mark", "--session", self.session, f"{self.names[0]}=present", "--late")
        for tablet in self.tablets:
            tablet.sync()


def main():
    tap = rig.Tap()
    with rig.folder() as root:
        centre = rig.Centre(os.path.join(root, "centre"))
        try:
            centre.start()
            w = World(centre, root)
            page = somebody(centre, "kari.b", "--role", "coordinator", "--clinic", "Porsgrunn", source="127.0.0.2")
            nils = somebody(centre, "nils.b", "--role", "physiotherapist", "--clinic", "Skien", source="127.0.0.3")
            nav = somebody(centre, "nina.n", "--role", "nav-adviser", "--clinic", "Porsgrunn", source="127.0.0.5")
            others = [(nils, 404), (somebody(centre, "siri", "--role", "auditor", source="127.0.0.4"), 403), (Browser(centre.port), 401)]
            lists(tap, centre, page, nils, w)
            sheets(tap, centre, page, others, w)
            changes(tap, centre, page, w.tablets, w)
            pasts(tap, centre, page, w)
            narrow(tap, centre, nav, w)
            verb(tap, centre, w)
        finally:
            centre.kill()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
