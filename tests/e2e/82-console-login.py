#!/usr/bin/python3
"""Goal: a coordinator gets into the console with a browser and sees the own clinics, at once as tablets sync; and nobody else does:
not without the second step, without the page's token, with an old id, behind wrong tries, or with a role that sees no clinic."""
import base64
import hashlib
import hmac
import http.client
import json
import os
import re
import socket
import ssl
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from rig import HOST, need  # noqa: E402

STEP_S = 30
PASSWORD = "tre blå stoler i gangen"
COOKIE = re.compile(r"__Host-sid=([0-9a-f]{64}); Path=/; Secure; HttpOnly; SameSite=Strict")
GONE = "__Host-sid=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict"


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    made.set_alpn_protocols(["http/1.1"])
    return made


def six_digits(secret, step):
    """RFC 6238 with SHA-1 over RFC 4226."""
    mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1).digest()
    at = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 10 ** 6:06d}"


class App:
    """An authenticator: each code once, so that the next one may be of the next 30 seconds already, as the centre allows."""

    def __init__(self, secret):
        self.secret = secret
        self.used = 0

    def code(self):
        while True:
            now = int(time.time()) // STEP_S
            step = max(now - 1, self.used + 1)
            if step <= now + 1:
                self.used = step
                return six_digits(self.secret, step)
            time.sleep(0.2)


class Browser:
    """One line to the console, with its cookie and the token of its page."""

    def __init__(self, port, source=HOST):
        self.line = http.client.HTTPSConnection(HOST, port, timeout=10, context=context(), source_address=(source, 0))
        self.sid, self.token, self.headers = None, None, {}

    def ask(self, verb, path, body=None, token=True, quiet=False, site="same-origin", sid=None):
        """(status, the answer)"""
        headers = {"Sec-Fetch-Site": site}
        sid = sid or self.sid
        if sid:
            headers["Cookie"] = f"other=1; __Host-sid={sid}"
        if self.token and token:
            headers["X-Samling-Token"] = self.token
        if quiet:
            headers["X-Samling-Quiet"] = "1"
        if body is not None:
            headers["Content-Type"] = "application/json"
        self.line.request(verb, path, None if body is None else json.dumps(body), headers)
        answer = self.line.getresponse()
        data = answer.read()
        self.headers = dict(answer.getheaders())
        set_cookie = self.headers.get("Set-Cookie")
        if set_cookie == GONE:
            self.sid = None
        elif set_cookie:
            match = COOKIE.fullmatch(set_cookie)
            need(match, set_cookie)
            self.sid = match[1]
        said = json.loads(data)
        if "token" in said:
            self.token = said["token"]
        return answer.status, said

    def get(self, path, **how):
        return self.ask("GET", path, **how)

    def post(self, path, body=None, **how):
        return self.ask("POST", path, body, **how)


def refused(got, want):
    status, said = got
    need(status == want, lambda: f"{status}, not {want}: {said}")
    need(said["en"] and said["nb"] and said["en"] != said["nb"], f"{said}")
    return said


def code_of(centre, name, *how):
    return re.search(r"/invitation#([0-9a-f]{32})$", centre("account", "invite", name, *how)["link"])[1]


def taken(centre, name, *how, source=HOST):
    """An account whose holder has taken the invitation: (app, recovery codes)"""
    page, code = Browser(centre.port, source), code_of(centre, name, *how)
    need(page.post("/api/invitation", {"code": code}) == (200, {"name": name}), name)
    status, told = page.post("/api/invitation/begin", {"code": code, "password": PASSWORD})
    need(status == 200 and told["name"] == name and told["qr"].startswith("<svg ") and told["qr"].endswith("</svg>\n"), lambda: f"{status} {told}"[:300])
    need(told["secret"] in told["uri"] and told["uri"].startswith("otpauth://totp/"), told["uri"])
    app = App(told["secret"])
    status, told = page.post("/api/invitation/finish", {"code": code, "word": app.code()})
    need(status == 200 and len(set(told["codes"])) == 10, f"{status} {told}")
    need(page.sid is None, "whoever takes an invitation is not in yet")
    refused(page.post("/api/invitation", {"code": code}), 409)
    return app, told["codes"]


def logged_in(centre, name, word, source=HOST):
    page = Browser(centre.port, source)
    status, said = page.post("/api/login", {"name": name, "password": PASSWORD})
    need(status == 200 and said["state"] == "half" and page.sid, f"{status} {said}")
    half = page.sid
    status, said = page.post("/api/login/second", {"word": word})
    need(status == 200 and said["state"] == "open" and page.sid != half, f"{status} {said}")
    return page


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
        need(named == set(texts["nb"]) == set(texts["en"]), lambda: f"{named ^ set(texts['nb'])}")
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


class Events:
    """A stream of news."""

    def __init__(self, centre, page):
        plain = socket.create_connection((HOST, centre.port), 10)
        self.end = context().wrap_socket(plain)
        self.end.sendall(f"GET /api/events HTTP/1.1\r\nHost: localhost\r\nCookie: __Host-sid={page.sid}\r\n\r\n".encode())
        self.held = b""
        self.until(b"retry: 5000\n\n", 5)
        need(self.held.startswith(b"HTTP/1.1 200"), self.held)

    def until(self, mark, within_s):
        """How long it took."""
        since = time.monotonic()
        while mark not in self.held:
            left = within_s - (time.monotonic() - since)
            need(left > 0, lambda: f"no {mark!r} within {within_s} s: {self.held[-200:]!r}")
            self.end.settimeout(left)
            try:
                part = self.end.recv(4096)
            except TimeoutError:
                continue
            need(part, lambda: f"ended: {self.held[-200:]!r}")
            self.held += part
        took_s = time.monotonic() - since
        return took_s

    def ends(self, within_s):
        self.end.settimeout(within_s)
        try:
            while self.end.recv(4096):
                pass
        except TimeoutError:
            return False
        except (ssl.SSLError, ConnectionError):
            pass
        return True


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
        tap.figure("news_after_sync_s", round(events.until(b"event: changed\n", 1), 3))
        seen = page.get("/api/overview", quiet=True)[1]["clinics"][0]
        need(seen["groups"][0]["marked"] == 2, f"{seen}")
    with tap.test("a backup is seen"):
        centre("backup")
        need(abs(page.get("/api/overview")[1]["backup_s"] - time.time()) < 120, "backup")
    return events


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
        need(events.ends(1), "it goes on")
        refused(Browser(centre.port).get("/api/overview", sid=other.sid), 401)


def ways_out(tap, centre, page, events):
    with tap.test("logging out ends the session, its cookie and its stream of news"):
        sid = page.sid
        need(page.post("/api/logout") == (200, {"state": "none"}) and page.headers["Set-Cookie"] == GONE, f"{page.headers}")
        need(events.ends(1), "the stream goes on")
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
