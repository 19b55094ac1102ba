#!/usr/bin/python3
"""Goal: what two tablets say differently is decided in the console: the page's values, the decision in the account's name, on every tablet at
its next sync; nobody of another clinic sees or decides it, and who looked is in the access log before the answer."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from browser import Browser, logged_in, refused, taken  # noqa: E402
from rig import ATTENTION, OK, need  # noqa: E402

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


def main():
    tap = rig.Tap()
    with rig.folder() as root:
        centre = rig.Centre(os.path.join(root, "centre"))
        try:
            centre.start()
            clinic, other = centre.clinic(), centre.clinic("Skien")
            centre.user(clinic, "Kari")
            centre.user(other, "Nils")
            day = time.gmtime()
            group, people = centre.group(clinic, "Bevegelse", 3, weekday=day.tm_wday + 1, first=time.strftime("%Y-%m-%d", day))
            tablets = [centre.tablet(os.path.join(root, name), clinic, name) for name in ("one", "two")]
            for tablet in tablets:
                tablet.sync()
            session = one(centre, "SELECT id FROM session WHERE group_id = ? AND day = ?", group, int(time.time()) // 86400)[0][0]
            for tablet, word in zip(tablets, ("present", "no-show")):
                tablet.mark(session, {people[0]: word})
            for tablet in tablets:
                tablet.sync(codes=(OK, ATTENTION))
            page = somebody(centre, "kari.b", "--role", "coordinator", "--clinic", "Porsgrunn", source="127.0.0.2")
            others = [(somebody(centre, "nils.b", "--role", "coordinator", "--clinic", "Skien", source="127.0.0.3"), 404),
                      (somebody(centre, "siri", "--role", "auditor", source="127.0.0.4"), 403), (Browser(centre.port), 401)]
            decided(tap, centre, page, others, session, people[0], tablets)
        finally:
            centre.kill()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
