#!/usr/bin/python3
"""Goal: figures that were reported stay as they were, and when a tablet that was away comes back whoever asks sees which session moved and exactly
who said what: the same from the verb and in the console. Each of a clinic's figures is for who sees all of its people; freezing and withdrawing
for who reports. Who was shown is in the access log."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from browser import Browser, logged_in, refused, taken  # noqa: E402
from rig import ATTENTION, OK, need  # noqa: E402

MONTH = time.strftime("%Y-%m", time.gmtime())
TERTIAL = f"{MONTH[:4]}-{(int(MONTH[5:]) - 1) // 4 + 1}"
MARKUP = "<img src=x onerror=alert(1)> --json"
SUMS = ("held", "cancelled", "unsaid", "recorded", "expected", "known", "present", "no-show")


def ok(got):
    status, said = got
    need(status == 200, lambda: f"{status} {said}")
    return said


def somebody(centre, name, *how, source):
    app, _ = taken(centre, name, *how, source=source)
    return logged_in(centre, name, app.code(), source)


def sql(centre, words, *values):
    with centre.read() as db:
        return db.execute(words, values).fetchall()


def freeze(page, kind, number, **said):
    return page.post(f"/api/figures/{kind}/{number}", {"month": "", "tertial": "", "title": "", **said})


def kept(centre):
    return sql(centre, "SELECT f.*, s.* FROM figure f LEFT JOIN figure_session s ON s.no = f.no ORDER BY f.no, s.session")


def sums(seen):
    return {one["what"]: (one["then"], one["now"]) for one in seen["sums"]}


class World:
    def __init__(self, centre, root):
        day = time.gmtime()
        weekday, first = day.tm_wday + 1, time.strftime("%Y-%m-%d", day)
        self.clinic, self.other = centre.clinic(), centre.clinic("Skien")
        centre.user(self.clinic, "Kari")
        self.group, self.people = centre.group(self.clinic, "Bevegelse", 5, weekday=weekday, first=first)
        self.far, _ = centre.group(self.other, "Skiengruppa", 1, weekday=weekday, first=first)
        self.session = sql(centre, "SELECT id FROM session WHERE group_id = ? ORDER BY day", self.group)[0][0]
        self.here, self.away = [centre.tablet(os.path.join(root, name), self.clinic, name) for name in ("here", "away")]
        for tablet in (self.here, self.away):
            tablet.sync()


def freezing(tap, centre, page, w):
    with tap.test("frozen in the console, for a month of a clinic and for a tertial of a group; the list says so, and nothing of it names a person"):
        w.here.mark(w.session, {w.people[0]: "present", w.people[1]: "no-show"})
        w.away.mark(w.session, {w.people[1]: "present", w.people[2]: "present", w.people[3]: "notified"})  # and does not send
        w.here.sync(codes=(OK, ATTENTION))
        one = ok(freeze(page, "clinic", w.clinic, month=MONTH, title=MARKUP))
        need([one[name] for name in SUMS] == [1, 0, 0, 0, 5, 2, 1, 1], f"{one}")
        two = ok(freeze(page, "group", w.group, tertial=TERTIAL))
        need((one["no"], two["no"]) == (1, 2), f"{one} {two}")
        seen = ok(page.get("/api/figures"))
        need([(row["no"], row["clinic"], row["group"]) for row in seen["figures"]] == [(2, "Porsgrunn", "Bevegelse"), (1, "Porsgrunn", "")], f"{seen}")
        need(seen["figures"][1]["title"] == MARKUP and seen["figures"][1]["made_by"].endswith(" kari.b") and seen["figures"][1]["may_change"], f"{seen}")
        need([row["name"] for row in seen["clinics"]] == ["Porsgrunn"] and [row["name"] for row in seen["groups"]] == ["Bevegelse"], f"{seen}")
        need(ok(page.get("/api/figures?after=2"))["figures"][0]["no"] == 1, "the next page")
        need([row["text"] for row in centre("audit", "list", "--last", 40) if "figure=1" in row["text"]], "no line of the audit log")
        need(not sql(centre, "SELECT 1 FROM access_log WHERE resource = 'attendance'"), "nobody was shown")
        same = ok(page.get("/api/figure/1"))
        need(same["sessions"] == [] and same["said"] == [] and same["differ"] == 0, f"{same}")
    with tap.test("words that are none are refused in words, and nothing is kept"):
        before = kept(centre)
        for body in ({}, {"month": MONTH}, {"month": 1, "tertial": "", "title": ""}):
            refused(page.post(f"/api/figures/clinic/{w.clinic}", body), 400)
        for said in ({}, {"month": "2026-13"}, {"month": "x"}, {"tertial": "2026-4"}, {"month": MONTH, "tertial": TERTIAL}, {"month": "2170-01"}, {"month": "2168-12"}, {"month": "2169-01"},
                     {"month": "--json"}, {"month": MONTH, "title": "x" * 201}):
            status, told = freeze(page, "clinic", w.clinic, **said)
            need(status in (400, 409) and told["said"], lambda s=said, t=told: f"{s}: {t}")
        for path in ("/api/figures?after=x", "/api/figures?after=0"):
            refused(page.get(path), 400)
        for number in (w.group, 5):
            refused(freeze(page, "clinic", number, month=MONTH), 404)
        need(kept(centre) == before, "something was kept")


def moved(tap, centre, page, w):
    with tap.test("a tablet that was away sends: the figure stands, and what moved it is named, op by op"):
        before = kept(centre)
        frozen_s = sql(centre, "SELECT made_s FROM figure WHERE no = 1")[0][0]
        w.away.sync(codes=(OK, ATTENTION))
        case = centre("case", "list")[0]["no"]
        seen = ok(page.get("/api/figure/1"))
        need(kept(centre) == before, "it was changed")
        need(sums(seen)["present"] == (1, 3) and sums(seen)["no-show"] == (1, 0) and sums(seen)["known"] == (2, 4), f"{sums(seen)}")
        need(len(seen["sessions"]) == 1 and seen["sessions"][0]["session"] == w.session, f"{seen['sessions']}")
        need((seen["sessions"][0]["then_present"], seen["sessions"][0]["now_present"]) == (1, 3), f"{seen['sessions']}")
        said = seen["said"]
        need(sorted(one["participant"] for one in said) == sorted(w.people[1:4]), f"{said}")
        need(all(one["device_no"] == w.away.no and one["who"].startswith("Kari, ") and one["kind"] == "mark" and one["at"] == 0 for one in said), f"{said}")
        need(all(one["claimed_s"] <= frozen_s <= one["received_s"] for one in said), f"{frozen_s} {said}")
        need([one["case"] for one in said if one["participant"] == w.people[1]] == [case], f"{case} {said}")
    with tap.test("the verb says the same, in words too, and each look is in the access log"):
        verb = centre("figure", "compare", 1)
        for name in ("sums", "sessions", "differ", "no", "first", "last"):
            need(verb[name] == seen[name], lambda n=name: f"{n}: {verb[n]} {seen[n]}")
        need([one["csn"] for one in verb["said"]] == [one["csn"] for one in said] and verb["said"][0]["value"] in ("present", "notified"), f"{verb['said']}")
        code, out, err = centre.seen("figure", "compare", 1)
        need(code == 0 and out.count("Kari, tablet") == 3 and "+2" in out and f"case {case}" in out, f"{code} {out}{err}")
        rows = sql(centre, "SELECT actor, participant, resource FROM access_log ORDER BY audit_no, part")
        need({row[1] for row in rows if row[0].endswith(" kari.b")} >= set(w.people[1:4]) and rows[-1][2] == "attendance", f"{rows}")
    with tap.test("a decision, somebody who left, and two who are one person: each is named with its case or link"):
        centre("case", "decide", case, "--take", 1)
        centre("participant", "enrol", w.people[4], "--group", w.group, "--status", "discontinued", "--end", f"{MONTH}-01")
        centre("participant", "link", w.people[3], w.people[2])
        seen = ok(page.get("/api/figure/2"))
        need([one["kind"] for one in seen["said"]] == ["mark"] * 4 + ["enrolment", "link"], f"{seen['said']}")
        need(seen["said"][3]["case"] == case and seen["said"][3]["device_no"] == 1, f"{seen['said'][3]}")
        need(seen["said"][4]["participant"] == w.people[4] and seen["said"][5]["participant"] == w.people[3], f"{seen['said']}")
        norsk = page.ask("GET", "/api/figure/2", lang="nb")[1]
        need([one["value"] for one in norsk["said"]] != [one["value"] for one in seen["said"]], f"{norsk['said']}")


def rights(tap, centre, page, others, w):
    with tap.test("of another clinic, of another role, without a session: no figure, no freezing, and nothing is told of it"):
        before = kept(centre), len(sql(centre, "SELECT 1 FROM access_log"))
        for other, see, do in others:
            said = [refused(other.get("/api/figure/1"), see), refused(other.post("/api/figure/1/withdraw", {"reason": "no"}), do),
                    refused(freeze(other, "clinic", w.clinic, month=MONTH), do), refused(freeze(other, "group", w.group, month=MONTH), do)]
            status, listed = other.get("/api/figures")
            need(status == see or (status == 200 and listed["figures"] == []), f"{status} {listed}")
            need("Bevegelse" not in f"{said} {listed}" and "Porsgrunn" not in f"{said} {listed}", f"{said} {listed}")
        refused(page.get("/api/figure/99"), 404)
        need((kept(centre), len(sql(centre, "SELECT 1 FROM access_log"))) == before, "something was kept")
    with tap.test("a physiotherapist of the clinic sees it and freezes none"):
        anne = somebody(centre, "anne", "--role", "physiotherapist", "--clinic", "Porsgrunn", source="127.0.0.6")
        need(ok(anne.get("/api/figure/1"))["no"] == 1, "not seen")
        listed = ok(anne.get("/api/figures"))
        need(listed["clinics"] == [] and not any(one["may_change"] for one in listed["figures"]), f"{listed}")
        refused(freeze(anne, "clinic", w.clinic, month=MONTH), 403)
        refused(anne.post("/api/figure/1/withdraw", {"reason": "no"}), 403)


def withdrawn(tap, centre, page):
    with tap.test("withdrawn with a reason it stays in the list, and its sessions as they were"):
        before = sql(centre, "SELECT * FROM figure_session")
        status, said = page.post("/api/figure/1/withdraw", {"reason": ""})
        need(status == 400 and said["said"], f"{status} {said}")
        need(ok(page.post("/api/figure/1/withdraw", {"reason": "feil klinikk --json"}))["state"] == "withdrawn", "state")
        need(page.post("/api/figure/1/withdraw", {"reason": "igjen"})[0] == 409, "twice")
        seen = ok(page.get("/api/figure/1"))
        need(seen["withdrawn_why"] == "feil klinikk --json" and seen["withdrawn_by"].endswith(" kari.b"), f"{seen}")
        need([one["withdrawn"] for one in ok(page.get("/api/figures"))["figures"]] == [False, True], "the list")
        need(sql(centre, "SELECT * FROM figure_session") == before, "its sessions")
    with tap.test("in a terminal: list, show, what is wrong; and all of it is as it should be"):
        need([(row["no"], row["state"]) for row in centre("figure", "list")] == [(2, ""), (1, "withdrawn")], "list")
        need(len(centre("figure", "show", 1)["sessions"]) == 1, "show")
        for words, code in ((("show", "9"), 1), (("compare", "x"), 1), (("freeze", "--month", MONTH), 2), (("freeze", "--clinic", "Porsgrunn"), 2),
                            (("withdraw", "2"), 2)):
            need(centre.seen("figure", *words)[0] == code, f"{words}")
        need("wrong" not in f"{centre('verify', '--rebuild', parse=False)}", "verify")


def crowded(tap, centre, page, w):
    with tap.test("more people than a screen: each of them is in the access log by name"):
        group, people = centre.group(w.clinic, "Stor", 30, weekday=time.gmtime().tm_wday + 1, first=time.strftime("%Y-%m-%d", time.gmtime()))
        no = ok(freeze(page, "group", group, month=MONTH))["no"]
        w.here.sync(codes=(OK, ATTENTION))
        session = sql(centre, "SELECT id FROM session WHERE group_id = ? ORDER BY day", group)[0][0]
        w.here.mark(session, dict.fromkeys(people, "present"))
        w.here.sync(codes=(OK, ATTENTION))
        before = sql(centre, "SELECT max(audit_no) FROM access_log")[0][0]
        seen = ok(page.get(f"/api/figure/{no}"))
        need(sorted(one["participant"] for one in seen["said"]) == sorted(people), f"{seen['said']}")
        rows = sql(centre, "SELECT participant, resource, actor FROM access_log WHERE audit_no > ?", before)
        need(sorted(row[0] for row in rows) == sorted(people) and {row[1] for row in rows} == {"attendance"}, f"{rows}")
        need(all(row[2].endswith(" kari.b") for row in rows), f"{rows}")


def main():
    tap = rig.Tap()
    with rig.folder() as root:
        centre = rig.Centre(os.path.join(root, "centre"))
        try:
            centre.start()
            w = World(centre, root)
            page = somebody(centre, "kari.b", "--role", "coordinator", "--clinic", "Porsgrunn", source="127.0.0.2")
            others = [(somebody(centre, "nils.b", "--role", "coordinator", "--clinic", "Skien", source="127.0.0.3"), 404, 404),
                      (somebody(centre, "nav", "--role", "nav-adviser", "--clinic", "Porsgrunn", source="127.0.0.4"), 404, 403),
                      (somebody(centre, "siri", "--role", "auditor", source="127.0.0.5"), 403, 403), (Browser(centre.port), 401, 401)]
            freezing(tap, centre, page, w)
            moved(tap, centre, page, w)
            rights(tap, centre, page, others, w)
            withdrawn(tap, centre, page)
            crowded(tap, centre, page, w)
        finally:
            centre.kill()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
