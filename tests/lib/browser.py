"""The console as a browser asks it, without one: a line with its cookie and token, accounts and their second step, the stream of news."""
import base64
import hashlib
import hmac
import http.client
import json
import re
import socket
import ssl
import struct
import time

from rig import HOST, need

STEP_S = 30
NEARLY_OVER_S = 10                      # what is left of a step whose code may be a step too old when it arrives
QUIET_S = 5                             # an open line that nobody asked on; the centre ends it after three times that
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
            now, into_s = divmod(int(time.time()), STEP_S)
            step = max(now - 1 if into_s < STEP_S - NEARLY_OVER_S else now, self.used + 1)
            if step <= now + 1:
                self.used = step
                return six_digits(self.secret, step)
            time.sleep(0.2)


class Browser:
    """One line to the console, with its cookie and the token of its page."""

    def __init__(self, port, source=HOST):
        self.line = http.client.HTTPSConnection(HOST, port, timeout=10, context=context(), source_address=(source, 0))
        self.sid, self.token, self.headers = None, None, {}
        self.last = time.monotonic()

    def ask(self, verb, path, body=None, token=True, quiet=False, site="same-origin", sid=None, lang=None):
        """(status, the answer); ${body}: an object, or a spreadsheet as text or bytes"""
        headers = {"Sec-Fetch-Site": site}
        sid = sid or self.sid
        if sid:
            headers["Cookie"] = f"other=1; __Host-sid={sid}"
        if self.token and token:
            headers["X-Samling-Token"] = self.token
        if lang:
            headers["Accept-Language"] = lang
        if quiet:
            headers["X-Samling-Quiet"] = "1"
        if body is not None:
            headers["Content-Type"] = "application/json"
        if isinstance(body, (str, bytes)):
            headers["Content-Type"] = "text/csv"
            body = body if isinstance(body, bytes) else body.encode()
        elif body is not None:
            body = json.dumps(body)
        if time.monotonic() - self.last > QUIET_S:
            self.line.close()               # the next question opens another, as in a browser
        self.line.request(verb, path, body, headers)
        answer = self.line.getresponse()
        data = answer.read()
        self.last = time.monotonic()
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
