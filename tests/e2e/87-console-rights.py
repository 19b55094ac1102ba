#!/usr/bin/python3
"""Goal: who may do what holds at every address of the console: route.def × right.def × (the own clinic, a sibling, a foreign one, the whole centre)
× every role, and nobody. An address that this test knows no question for fails it, and whoever may not is told nothing."""
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from browser import Browser, logged_in, taken  # noqa: E402
from rig import ATTENTION, OK, ROOT, need  # noqa: E402

SECRET = "Hemmelig"             # in every name of the clinic that is asked for
PERSON = "Deltaker"             # in every name of a person there; nobody has consented to anything
ROLES = ("admin", "coordinator", "physiotherapist", "nav-adviser", "auditor")
PASSED = (200, 400, 409)        # the right was there; a body that is none is refused after that


def table(path, pattern):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return re.findall(pattern, file.read(), re.MULTILINE)


def routes():
    return table("server/console/route.def", r'^ROUTE\((\w+), "([^"]+)", (\w+), (\w+), (\w+), (\w+)\)')


def rights():
    """right -> role -> NO, YES or CONSENT"""
    rows = table("server/console/right.def", r"^RIGHT\((\w+),\s*(\w+),\s*(\w+),\s*(\w+),\s*(\w+),\s*(\w+)\)")
    return {row[0]: dict(zip(ROLES, row[1:])) for row in rows}


class World:
    """Three clinics: the one that is asked for and its sibling under one trust, and one of another trust."""

    def __init__(self, root):
        self.centre = centre = rig.Centre(os.path.join(root, "centre"))
        centre.start()
        trusts = [centre("clinic", "add", name, "--kind", "hf")["id"] for name in ("Foretak en", "Foretak to")]
        self.clinic, self.sibling, self.foreign = [
            centre("clinic", "add", name, "--parent", trust)["id"]
            for name, trust in ((f"{SECRET} klinikk", trusts[0]), ("Søsken", trusts[0]), ("Fremmed", trusts[1]))]
        self.trust = trusts[0]
        self.names = {self.clinic: f"{SECRET} klinikk", self.sibling: "Søsken", self.foreign: "Fremmed", self.trust: "Foretak en"}
        self.user = centre.user(self.clinic, f"Kari {SECRET}")
        day = time.gmtime()
        self.group, self.people = centre.group(self.clinic, f"{SECRET} gruppe", 3, weekday=day.tm_wday + 1, first=time.strftime("%Y-%m-%d", day))
        user = f"Kari {SECRET}"
        tablets = [centre.tablet(os.path.join(root, name), self.clinic, f"{SECRET} {name}", user=user) for name in ("one", "two")]
        self.device = tablets[0].no
        for tablet in tablets:
            tablet.sync()
        self.session = self.one("SELECT id FROM session WHERE group_id = ? AND day = ?", self.group, int(time.time()) // 86400)
        for tablet, word in zip(tablets, ("present", "no-show")):
            tablet.mark(self.session, {self.people[0]: word})
        for tablet in tablets:
            tablet.sync(codes=(OK, ATTENTION))
        self.case = centre("case", "list")[0]["no"]
        self.figure = centre("figure", "freeze", "--clinic", self.clinic, "--month", time.strftime("%Y-%m", day))["no"]
        self.put_aside(tablets[1])

    def put_aside(self, tablet):
        """What a tablet that was shut out sends still."""
        tablet.mark(self.session, {self.people[1]: "present"})
        self.centre("device", "revoke", tablet.no)
        tablet("sync")
        self.aside = self.centre("quarantine", "list")[0]["csn"]

    def one(self, sql, *values):
        with self.centre.read() as db:
            return db.execute(sql, values).fetchone()[0]


def questions_of_groups(world):
    clinic, group, person = f"/api/clinic/{world.clinic}", f"/api/group/{world.group}", world.people[1]
    return {
        ("GET", "/api/groups"): ("/api/groups", None, "LIST"),
        ("GET", "/api/group/{id}"): (group, None, "CLINIC"),
        ("POST", "/api/clinic/{id}/group"): (f"{clinic}/group", {}, "CLINIC"),
        ("POST", "/api/group/{id}/plan"): (f"{group}/plan", {}, "CLINIC"),
        ("POST", "/api/group/{id}/leader/{id}"): (f"{group}/leader/{world.user}", {}, "CLINIC"),
        ("POST", "/api/group/{id}/leader/{id}/remove"): (f"{group}/leader/{world.user}/remove", None, "CLINIC"),
        ("POST", "/api/session/{id}/cancel"): (f"/api/session/{world.session}/cancel", {}, "CLINIC"),
        ("POST", "/api/sessions/restore"): ("/api/sessions/restore", {"sessions": f"{world.session}"}, "CLINIC"),
        ("POST", "/api/clinic/{id}/day/{id}/cancel"): (f"{clinic}/day/20000/cancel", {}, "CLINIC"),
        ("POST", "/api/participants"): ("/api/participants", {"name": PERSON, "walkins": ""}, "LIST"),
        ("GET", "/api/participant/{id}"): (f"/api/participant/{person}", None, "CLINIC"),
        ("POST", "/api/group/{id}/participant"): (f"{group}/participant", {}, "CLINIC"),
        ("POST", "/api/group/{id}/participant/{id}"): (f"{group}/participant/{person}", {}, "CLINIC"),
        ("POST", "/api/group/{id}/participant/{id}/move"): (f"{group}/participant/{person}/move?to={world.group}", {}, "CLINIC"),
        ("GET", "/api/group/{id}/participant/{id}/completion"): (f"{group}/participant/{person}/completion", None, "CLINIC"),
        ("POST", "/api/participant/{id}/link/{id}"): (f"/api/participant/{person}/link/{world.people[2]}", {}, "CLINIC"),
        ("POST", "/api/participant/{id}/unlink"): (f"/api/participant/{person}/unlink", {}, "CLINIC"),
        ("POST", "/api/participant/{id}/shut"): (f"/api/participant/{person}/shut", {}, "CLINIC"),
        ("POST", "/api/participant/{id}/open"): (f"/api/participant/{person}/open", {}, "CLINIC"),
        ("POST", "/api/clinic/{id}/import"): (f"{clinic}/import", "navn;gruppe\nA;ingen\n", "CLINIC"),
        ("GET", "/api/clinic/{id}/sheets"): (f"{clinic}/sheets", None, "CLINIC"),
        ("GET", "/api/group/{id}/sheet"): (f"{group}/sheet", None, "CLINIC"),
        ("POST", "/api/group/{id}/sheet"): (f"{group}/sheet", "session;participant;presence\n", "CLINIC"),
    }


def questions(world):
    """What is asked of the clinic: (method, pattern) -> (address, body). LIST: it answers everybody who has the right anywhere, each with
    what is his; CENTRE: it belongs to the whole centre."""
    return {
        ("GET", "/api/overview"): ("/api/overview", None, "LIST"),
        ("GET", "/api/case/{id}"): (f"/api/case/{world.case}", None, "CLINIC"),
        ("GET", "/api/cases"): ("/api/cases", None, "LIST"),
        ("GET", "/api/cases/news"): (f"/api/cases/news?no={world.case}", None, "CLINIC"),
        ("POST", "/api/case/{id}/decision"): (f"/api/case/{world.case}/decision", {}, "CLINIC"),
        ("POST", "/api/case/{id}/present"): (f"/api/case/{world.case}/present", {}, "CLINIC"),
        ("POST", "/api/case/{id}/link"): (f"/api/case/{world.case}/link", {}, "CLINIC"),
        ("POST", "/api/case/{id}/unlink"): (f"/api/case/{world.case}/unlink", {}, "CLINIC"),
        ("GET", "/api/quarantine"): ("/api/quarantine", None, "LIST"),
        ("GET", "/api/quarantine/{id}"): (f"/api/quarantine/{world.aside}", None, "CLINIC"),
        ("POST", "/api/quarantine/{id}/retry"): (f"/api/quarantine/{world.aside}/retry", {}, "CLINIC"),
        ("POST", "/api/quarantine/{id}/close"): (f"/api/quarantine/{world.aside}/close", {}, "CLINIC"),
        ("POST", "/api/quarantine/{id}/reopen"): (f"/api/quarantine/{world.aside}/reopen", None, "CLINIC"),
        ("GET", "/api/attendance"): (f"/api/attendance?group={world.group}", None, "CLINIC"),
        ("GET", "/api/attendance/groups"): ("/api/attendance/groups", None, "LIST"),
        ("GET", "/api/attendance/completion"): (f"/api/attendance/completion?group={world.group}", None, "CLINIC"),
        ("GET", "/api/attendance/{id}/{id}"): (f"/api/attendance/{world.session}/{world.people[0]}", None, "CLINIC"),
        ("POST", "/api/attendance/{id}/{id}"): (f"/api/attendance/{world.session}/{world.people[0]}", {}, "CLINIC"),
        ("GET", "/api/figures"): ("/api/figures", None, "LIST"),
        ("GET", "/api/figure/{id}"): (f"/api/figure/{world.figure}", None, "CLINIC"),
        ("POST", "/api/figure/{id}/withdraw"): (f"/api/figure/{world.figure}/withdraw", {}, "CLINIC"),
        ("POST", "/api/figures/clinic/{id}"): (f"/api/figures/clinic/{world.clinic}", {}, "CLINIC"),
        ("POST", "/api/figures/group/{id}"): (f"/api/figures/group/{world.group}", {}, "CLINIC"),
        **questions_of_groups(world),
        ("GET", "/api/tablets"): ("/api/tablets", None, "LIST"),
        ("GET", "/api/tablet/{id}"): (f"/api/tablet/{world.device}", None, "CLINIC"),
        ("GET", "/api/tablet/{id}/lost"): (f"/api/tablet/{world.device}/lost", None, "CLINIC"),
        ("POST", "/api/tablet/{id}/approve"): (f"/api/tablet/{world.device}/approve", {}, "CLINIC"),
        ("POST", "/api/tablet/{id}/revoke"): (f"/api/tablet/{world.device}/revoke", {}, "CLINIC"),
        ("POST", "/api/tablet/{id}/drain"): (f"/api/tablet/{world.device}/drain", {}, "CLINIC"),
        ("POST", "/api/tablet/{id}/unlock"): (f"/api/tablet/{world.device}/unlock", {}, "CLINIC"),
        ("POST", "/api/clinic/{id}/tablet"): (f"/api/clinic/{world.clinic}/tablet", {}, "CLINIC"),
        ("POST", "/api/log"): ("/api/log", {}, "CENTRE"),
        ("GET", "/api/log/check"): ("/api/log/check", None, "CENTRE"),
        ("GET", "/api/log/seen/{id}"): (f"/api/log/seen/{world.people[0]}", None, "CLINIC"),
        ("GET", "/api/participant/{id}/seen"): (f"/api/participant/{world.people[0]}/seen", None, "CLINIC"),
        ("GET", "/api/erasures"): ("/api/erasures", None, "LIST"),
        ("POST", "/api/erasure/{id}"): (f"/api/erasure/{world.people[0]}", {}, "CLINIC"),
        ("POST", "/api/erasure/{id}/confirm"): (f"/api/erasure/{world.people[0]}/confirm", None, "CLINIC"),
        ("POST", "/api/erasure/{id}/withdraw"): (f"/api/erasure/{world.people[0]}/withdraw", None, "CLINIC"),
    }


def held(world, page, role, where):
    """The account has this role there, and no other."""
    at = ["--clinic", world.names[where]] if where else []
    world.centre("account", "role", "add", "anne", "--role", role, *at)
    if world.role:
        world.centre("account", "role", "remove", "anne", *world.role)
    world.role = ["--role", role, *at]
    page.get("/api/session")


def judge(status, said, right, where, world, kind):
    """What is wrong with that answer; None: nothing. ${right}: the role's; ${where} None: the whole centre."""
    here = where in (None, world.clinic, world.trust)
    tells, names = SECRET in said, PERSON in said
    if right == "NO":
        return None if status == 403 and not tells else f"{status}, not 403"
    if right == "CONSENT" and names:
        return "it names somebody who has not consented"
    if kind == "LIST":
        return None if status == 200 and (here or not tells) else f"{status}, tells {tells}"
    if where is None or (here and kind == "CLINIC"):
        return None if status in (*PASSED, *((404,) if right == "CONSENT" else ())) else f"{status}, though it may"
    return None if status == 404 and not tells else f"{status}, not 404, tells {tells}"


def matrix(tap, world):
    table_of, asks, wrong, count = rights(), questions(world), [], 0
    page = None
    with tap.test("every address has a question here"):
        need(len(routes()) > 10 and len(table_of) > 15, "the tables are not read")
        missing = [f"{method} {pattern}" for method, pattern, right, *_ in routes()
                   if right not in ("NONE", "SESSION") and (method, pattern) not in asks]
        need(not missing, f"no question for {missing}")
    with tap.test("nobody without a session, and nobody whose session is over, gets further than what is public"):
        nobody = Browser(world.centre.port)
        for method, pattern, right, where, *_ in routes():
            if right == "NONE":
                continue
            address, body, _ = asks.get((method, pattern), (pattern, None, ""))
            for sid in (None, "0" * 64):
                status, said = nobody.ask(method, address, body, sid=sid)
                need(status == 401 and SECRET not in f"{said}", f"{method} {address}: {status} {said}")
                count += 1
    with tap.test("every role at the own clinic, a sibling, a foreign one and the whole centre: what right.def says, and else nothing is told"):
        app, _ = taken(world.centre, "anne", "--role", "auditor")
        world.role = ["--role", "auditor"]
        page = logged_in(world.centre, "anne", app.code())
        for role in ROLES:
            for where in (world.clinic, world.sibling, world.foreign, world.trust, None):
                if world.role != ["--role", role, *(["--clinic", world.names[where]] if where else [])]:
                    held(world, page, role, where)
                for (method, pattern), (address, body, kind) in asks.items():
                    right = next(row[2] for row in routes() if row[:2] == (method, pattern))
                    status, said = page.ask(method, address, body)
                    fault = judge(status, f"{said}", table_of[right][role], where, world, kind)
                    count += 1
                    if fault:
                        wrong.append(f"{role} at {world.names.get(where, 'the whole centre')}: {method} {address}: {fault}")
        need(not wrong, f"{len(wrong)} of {count}: {wrong[:12]}")
    tap.figure("questions", count)
    with tap.test("with a session, but without the page's token or from another site, nothing is changed"):
        held(world, page, "coordinator", None)
        for (method, _), (address, body, kind) in asks.items():
            if method == "POST":
                for how in ({"token": False}, {"site": "cross-site"}):
                    status, said = page.ask(method, address, body, **how)
                    need(status == 403 and SECRET not in f"{said}", f"{address}: {status} {said}")


def main():
    tap = rig.Tap()
    with rig.folder() as root:
        world = World(root)
        try:
            matrix(tap, world)
        finally:
            world.centre.kill()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
