#!/usr/bin/python3
"""Goal: a coordinator gets into the console with a browser and sees the own clinics, at once as tablets sync; and nobody else does:
not without the second step, without the page's token, with an old id, behind wrong tries, or with a role that sees no clinic."""
import http.client
import json
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from browser import GONE, PASSWORD, STEP_S, Browser, Events, code_of, context, logged_in, refused, six_digits, taken  # noqa: E402
from pace import Pace  # noqa: E402
from rig import HOST, need  # noqa: E402


def pages(tap, centre):
    with tap.test("the page and its modules are served, and name the texts of the catalogue: those and all of those"):
        line = http.client.HTTPSConnection(HOST, centre.port, timeout=10, context=context())

        def served(path):
            line.request("GET", path)
            answer = line.getresponse()
            data = answer.read().decode()
            need(answer.status == 200 and "Set-Cookie" not in answer.headers, f"{path}: {answer.status}")
            return data

        shell = served("/")
        need(served("/invitation") == shell, "the same shell")
        texts = {lang: json.loads(served(re.search(rf'"(/web/text\.{lang}\.json\?v=[0-9a-f]+)"', shell)[1])) for lang in ("nb", "en")}
        modules, todo = {}, {re.search(r'src="/web/(app\.js)\?', shell)[1]}
        while todo:
            name = todo.pop()
            modules[name] = served(f"/web/{name}")
            todo |= set(re.findall(r'from "\./([a-z]+\.js)"', modules[name])) - set(modules)
        named = set(re.findall(r"WEB_[A-Z_]+", " ".join(modules.values())))
        said = {lang: {name for name in texts[lang] if name.startswith("WEB_")} for lang in texts}
        need(named == said["nb"] == said["en"], lambda: f"{named ^ said['nb']}")
        sets = {lang: {name: len(texts[lang][name]) for name in texts[lang] if isinstance(texts[lang][name], list)} for lang in texts}
        need(sets["nb"] == sets["en"] and sets["nb"]["PRESENCE"] == 5, f"{sets}")
        need(not re.search(r"innerHTML|insertAdjacentHTML|document\.write|eval\(|style=|onclick", " ".join(modules.values()) + shell), "markup out of texts")


def invitations(tap, centre):
    with tap.test("an invitation that is none, a poor password and wrong digits are refused, each in its own words"):
        page, code = Browser(centre.port, "127.0.0.3"), code_of(centre, "ola", "--role", "admin")
        refused(page.post("/api/invitation", {"code": "0" * 32}), 409)
        refused(page.post("/api/invitation", {"code": "x"}), 409)
        refused(page.post("/api/invitation", {"kode": code}), 400)
        refused(page.post("/api/invitation", {"code": code, "more": "1"}), 400)
        refused(page.post("/api/invitation", {"code": code}, site="cross-site"), 403)
        said = [refused(page.post("/api/invitation/begin", {"code": code, "password": word}), 400)["en"]
                for word in ("short", "x" * 300, "ola12345", "passord123")]
        need(len(set(said)) >= 3, f"{said}")
        refused(page.post("/api/invitation/finish", {"code": code, "word": "123456"}), 409)     # nothing was begun
        _, told = page.post("/api/invitation/begin", {"code": code, "password": PASSWORD})
        right = six_digits(told["secret"], int(time.time()) // STEP_S)
        wrong = f"{(int(right) + 1) % 10 ** 6:06d}"
        refused(page.post("/api/invitation/finish", {"code": code, "word": wrong}), 401)
        need(centre("account", "show", "ola")["state"] == "invited", "it was taken")
        late = refused([page.post("/api/invitation", {"code": "1" * 32}) for _ in range(25)][-1], 429)
        need(0 < late["retry_s"] <= 900 and page.headers["Retry-After"] == str(late["retry_s"]), f"{late} {page.headers}")


def ways_in(tap, centre, app, codes):
    with tap.test("both steps, and then a session; its id is another one after each step, and its cookie is for nobody else"):
        page = Browser(centre.port)
        need(page.get("/api/session") == (200, {"state": "none"}), "nobody")
        refused(page.get("/api/overview"), 401)
        refused(page.post("/api/login", {"name": "root", "password": PASSWORD + "!"}), 401)
        refused(page.post("/api/login", {"name": "nobody", "password": PASSWORD}), 401)
        refused(page.post("/api/login", {"name": "root", "password": PASSWORD}, site="cross-site"), 403)
        status, said = page.post("/api/login", {"name": "ROOT", "password": PASSWORD})
        need(status == 200 and said["state"] == "half", f"{said}")
        half = page.sid
        refused(page.get("/api/overview"), 401)
        refused(page.post("/api/login/second", {"word": "000000"}, token=False), 403)
        refused(page.post("/api/login/second", {"word": "no digits"}), 401)
        status, said = page.post("/api/login/second", {"word": app.code()})
        need(status == 200 and said["state"] == "open" and said["name"] == "root" and len(said["token"]) == 64, f"{said}")
        need([role["org"] for role in said["roles"]] == [None] and said["roles"][0]["en"] != said["roles"][0]["nb"], f"{said}")
        refused(Browser(centre.port).get("/api/overview", sid=half), 401)
        need(Browser(centre.port).get("/api/overview", sid=page.sid)[0] == 200, "the cookie alone is what counts for reading")
        need(page.get("/api/session")[1]["state"] == "open", "open")
    with tap.test("a recovery code in place of the digits, once"):
        again = logged_in(centre, "root", codes[0].upper().replace("-", " "))
        need(again.get("/api/overview")[0] == 200, "in")
        third = Browser(centre.port)
        third.post("/api/login", {"name": "root", "password": PASSWORD})
        refused(third.post("/api/login/second", {"word": codes[0]}), 401)
    with tap.test("nothing is changed without the page's token, nor from another site"):
        refused(page.post("/api/logout", token=False), 403)
        refused(page.post("/api/logout", site="cross-site"), 403)
        page.token, kept = "0" * 64, page.token
        refused(page.post("/api/logout"), 403)
        page.token = kept
        refused(page.post("/api/login/unlock", {"password": PASSWORD}, token=False), 403)
        need(page.get("/api/overview")[0] == 200, "it goes on")
    with tap.test("the password asked for again is judged, and gives another id"):
        refused(page.post("/api/login/unlock", {"password": "wrong"}), 401)
        before = page.sid
        need(page.post("/api/login/unlock", {"password": PASSWORD})[0] == 200 and page.sid != before, "another id")
        refused(Browser(centre.port).get("/api/overview", sid=before), 401)
    return page


def overview(tap, centre, page, clinic, session, people, tablet):
    with tap.test("the overview: tablets, today's groups, what waits; in it nobody is named"):
        status, seen = page.get("/api/overview")
        need(status == 200 and seen["whole"] and seen["backup_s"] is None, f"{seen}")
        need([row["name"] for row in seen["clinics"]] == ["Porsgrunn", "Skien"], f"{seen}")
        here = seen["clinics"][0]
        need((here["id"], here["tablets"], len(here["devices"])) == (str(clinic), 1, 1), f"{here}")
        device = here["devices"][0]
        need((device["no"], device["label"], device["state"], device["waiting"]) == (tablet.no, "Sal 1", 3, 0), f"{device}")
        need(abs(device["last_contact_s"] - time.time()) < 60, f"{device}")
        need([(row["name"], row["marked"], row["persons"], row["status"]) for row in here["groups"]] == [("Sal", 0, 3, 0)], f"{here}")
        need("Deltaker" not in json.dumps(seen) and "Kari" not in json.dumps(seen), f"{seen}")
    with tap.test("a tablet's sync is news within a second, and the overview knows it"):
        events = Events(centre, page)
        tablet.mark(session, {person: "present" for person in people[:2]})
        tablet.sync()
        with Pace() as pace:
            took_s = events.until(b"event: changed\n", rig.CALL_S)
        need(took_s < 1 * pace.worst(), f"after {took_s:.1f} s")
        tap.figure("news_after_sync_s", round(took_s, 3))
        seen = page.get("/api/overview", quiet=True)[1]["clinics"][0]
        need(seen["groups"][0]["marked"] == 2, f"{seen}")
    with tap.test("a backup is seen"):
        centre("backup")
        need(abs(page.get("/api/overview")[1]["backup_s"] - time.time()) < 120, "backup")
    return events


def ends_soon(events):
    with Pace() as pace:
        began = time.monotonic()
        need(events.ends(rig.CALL_S), "the stream goes on")
        took_s = time.monotonic() - began
    need(took_s < 1 * pace.worst(), f"the stream goes on for {took_s:.1f} s")


def roles(tap, centre, clinic):
    with tap.test("somebody of one clinic sees that one alone; an auditor sees none"):
        app, _ = taken(centre, "kari.b", "--role", "coordinator", "--clinic", "Porsgrunn", source="127.0.0.4")
        one = logged_in(centre, "kari.b", app.code(), "127.0.0.4")
        status, seen = one.get("/api/overview")
        need(status == 200 and not seen["whole"] and [row["id"] for row in seen["clinics"]] == [str(clinic)], f"{seen}")
        app, _ = taken(centre, "siri", "--role", "auditor", source="127.0.0.5")
        other = logged_in(centre, "siri", app.code(), "127.0.0.5")
        refused(other.get("/api/overview"), 403)
    with tap.test("a role that is taken away holds no more at the next look, and the id is another one"):
        centre("account", "role", "add", "kari.b", "--role", "auditor")
        centre("account", "role", "remove", "kari.b", "--role", "coordinator", "--clinic", "Porsgrunn")
        before = one.sid
        refused(one.get("/api/overview"), 403)
        need(one.sid != before, "the same id")
        need(one.get("/api/session")[1]["state"] == "open", "still in")
    with tap.test("an account that is disabled is out within a second, and so is its stream of news"):
        events = Events(centre, other)
        centre("account", "disable", "siri")
        ends_soon(events)
        refused(Browser(centre.port).get("/api/overview", sid=other.sid), 401)


def ways_out(tap, centre, page, events):
    with tap.test("logging out ends the session, its cookie and its stream of news"):
        sid = page.sid
        need(page.post("/api/logout") == (200, {"state": "none"}) and page.headers["Set-Cookie"] == GONE, f"{page.headers}")
        ends_soon(events)
        refused(Browser(centre.port).get("/api/overview", sid=sid), 401)
    with tap.test("five wrong passwords, and the account waits; another one does not"):
        page = Browser(centre.port, "127.0.0.6")
        for _ in range(5):
            refused(page.post("/api/login", {"name": "root", "password": "wrong"}), 401)
        late = refused(page.post("/api/login", {"name": "root", "password": PASSWORD}), 429)
        need(0 < late["retry_s"] <= 900 and page.headers["Retry-After"] == str(late["retry_s"]), f"{late} {page.headers}")
        need(page.post("/api/login", {"name": "kari.b", "password": PASSWORD})[0] == 200, "another account")
        centre("account", "unlock", "root")
        need(page.post("/api/login", {"name": "root", "password": PASSWORD})[0] == 200, "unlocked")
    with tap.test("a restart ends all sessions; the centre ends by itself while somebody logs in"):
        page = Browser(centre.port, "127.0.0.7")
        page.post("/api/login", {"name": "root", "password": PASSWORD})
        page.line.request("POST", "/api/login", json.dumps({"name": "root", "password": PASSWORD}),
                          {"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"})
        need(centre.stop() == 0, "stop")
        centre.start()
        refused(Browser(centre.port).get("/api/overview", sid=page.sid), 401)
    with tap.test("no password, code or id stands in the log or in the audit log"):
        for text in (centre.log(1 << 24), centre("audit", "list", parse=False)):
            for secret in (PASSWORD, page.sid, page.token):
                need(secret not in text, "a secret is written down")


def main():
    tap = rig.Tap()
    with rig.folder() as root:
        centre = rig.Centre(os.path.join(root, "centre"))
        try:
            centre.start()
            clinic = centre.clinic()
            centre.clinic("Skien")
            centre.user(clinic, "Kari")
            day = time.gmtime()
            _, people = centre.group(clinic, "Sal", 3, weekday=day.tm_wday + 1, first=time.strftime("%Y-%m-%d", day))
            tablet = centre.tablet(os.path.join(root, "tablet"), clinic, "Sal 1")
            tablet.sync()
            with centre.read() as db:
                session = db.execute("SELECT id FROM session WHERE day = ?", (int(time.time()) // 86400,)).fetchone()[0]
            pages(tap, centre)
            invitations(tap, centre)
            app, codes = taken(centre, "root", "--role", "admin")
            page = ways_in(tap, centre, app, codes)
            events = overview(tap, centre, page, clinic, session, people, tablet)
            roles(tap, centre, clinic)
            ways_out(tap, centre, page, events)
        finally:
            centre.kill()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
