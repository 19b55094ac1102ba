#!/usr/bin/python3
"""Goal: the console's HTTP on the one TLS port answers each malformed request with the status that is documented, says exactly the
headers it should, cuts off who is slow, and neither an honest browser nor a syncing tablet notices any of it."""
import os
import re
import socket
import ssl
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))
import rig  # noqa: E402
from pace import Pace, stretched  # noqa: E402
from rig import ATTENTION, HOST, OK, need  # noqa: E402

EVIL = "127.0.0.2"
H = b"Host: localhost\r\n"
END = b"\r\n"
SECURITY = {
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "geolocation=(), camera=(), microphone=()",
}


class Line:
    """One TLS connection to the console."""

    def __init__(self, port, source=HOST, alpn=("http/1.1",), timeout_s=8):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols(list(alpn))
        plain = socket.create_connection((HOST, port), timeout_s, (source, 0))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.end = context.wrap_socket(plain, server_hostname="localhost")
        self.held = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end.close()

    def send(self, data):
        self.end.sendall(data)

    def more(self):
        """False: the other side has ended it."""
        try:
            part = self.end.recv(65536)
        except (ssl.SSLError, ConnectionError):
            return False
        self.held += part
        return bool(part)

    def until(self, mark):
        while mark not in self.held:
            need(self.more(), lambda: f"ended before {mark!r}: {self.held[:200]!r}")
        got, self.held = self.held.split(mark, 1)
        return got

    def answer(self, head_only=False):
        """(status, headers in lower case, body)"""
        lines = self.until(b"\r\n\r\n").decode().split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, value = line.split(": ", 1)
            need(name.lower() not in headers, f"{name} twice")
            headers[name.lower()] = value
        length = 0 if head_only else int(headers.get("content-length", 0))
        while len(self.held) < length:
            need(self.more(), "the body is cut")
        body, self.held = self.held[:length], self.held[length:]
        return int(lines[0].split()[1]), headers, body

    def ended(self, within_s=rig.START_S):
        self.end.settimeout(within_s)
        try:
            while self.more():
                pass
        except TimeoutError:
            return False
        return True


def ask(port, data, source=HOST, **how):
    with Line(port, source) as line:
        line.send(data)
        return line.answer(**how)


def get(path, *headers, verb=b"GET"):
    return verb + b" " + path + b" HTTP/1.1\r\n" + H + b"".join(h + END for h in headers) + END


def post(*headers, body=b""):
    return b"POST /api/status HTTP/1.1\r\n" + H + b"".join(h + END for h in headers) + END + body


def chunked(body):
    return post(b"Transfer-Encoding: chunked", body=body)


G = b"GET / HTTP/1.1\r\n"
# what is sent, and the one status that is right; after each of them the connection must be over
MALFORMED = (
    # the line
    (b"\r\n" + get(b"/"), 400), (b" " + get(b"/"), 400), (b"GET  / HTTP/1.1\r\n", 400), (b"GET /  HTTP/1.1\r\n", 400),
    (b"GET / HTTP/1.1 \r\n", 400), (b"GET /\r\n", 400), (b"GET\r\n", 400), (b"GET / http/1.1\r\n", 400), (b"GET / HTTP/1.10\r\n", 400),
    (b"GET / HTTP/1.0\r\n" + H + END, 505), (b"GET / HTTP/2.0\r\n", 505), (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    (b"GET / HTTP/1.1\n", 400), (b"GET / HTTP/1.1\rx", 400), (b"G(T / HTTP/1.1\r\n", 400), (b"GET\t/ HTTP/1.1\r\n", 400),
    (b"GET /\0 HTTP/1.1\r\n", 400), (b"GET /\x01 HTTP/1.1\r\n", 400), (b"GET /\x7f HTTP/1.1\r\n", 400), (b"GET /\xe6 HTTP/1.1\r\n", 400),
    (b"GET /a#b HTTP/1.1\r\n", 400), (b"GET a HTTP/1.1\r\n", 400), (b"GET * HTTP/1.1\r\n", 400),
    (b"GET http://localhost/ HTTP/1.1\r\n" + H + END, 400), (b"GET https://other/ HTTP/1.1\r\n" + H + END, 400),
    (b"GET https://localhost:1/ HTTP/1.1\r\n" + H + END, 400), (b"GET https:// HTTP/1.1\r\n" + H + END, 400),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400), (b"GET /" + b"a" * 4100, 414), (b"a" * 5000, 414),
    # the headers
    (G + END, 400), (G + b"Host:\r\n\r\n", 400), (G + H + H + END, 400), (G + H + b"hOST: other\r\n\r\n", 400),
    (G + b"Host: a b\r\n\r\n", 400), (G + b"Host: a/b\r\n\r\n", 400), (G + b"Host: u@a\r\n\r\n", 400), (G + b"Host : a\r\n\r\n", 400),
    (G + H + b"X\t: a\r\n\r\n", 400), (G + H + b" X: a\r\n\r\n", 400), (G + H + b"X: a\r\n b\r\n\r\n", 400),
    (G + H + b"X: a\r\n\tb\r\n\r\n", 400), (G + b" \r\n" + H + END, 400), (G + H + b": a\r\n\r\n", 400), (G + H + b"X\r\n\r\n", 400),
    (G + H + b"X(: a\r\n\r\n", 400), (G + H + b"X: a\nY: b\r\n\r\n", 400), (G + H + b"X: a\rY: b\r\n\r\n", 400), (G + H + b"\n", 400),
    (G + H + b"X: \0\r\n\r\n", 400), (G + H + b"X: \x1b\r\n\r\n", 400), (G + H + b"X: \x7f\r\n\r\n", 400),
    (G + H + b"X: a\r\n" * 64 + END, 431), (G + H + b"X: " + b"a" * 16400, 431), (G + b"X" * 20000, 431),
    # how long the body is
    (post(b"Content-Length: 1", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"), 400),
    (post(b"Transfer-Encoding: chunked", b"Content-Length: 1", body=b"0\r\n\r\n"), 400),
    (post(b"Content-Length: 1", b"Content-Length: 1", body=b"x"), 400), (post(b"Content-Length: 1", b"Content-Length: 2", body=b"x"), 400),
    (post(b"Content-Length: 1, 1", body=b"x"), 400), (post(b"Content-Length: +1", body=b"x"), 400), (post(b"Content-Length: -1"), 400),
    (post(b"Content-Length: 0x1", body=b"x"), 400), (post(b"Content-Length: 1a", body=b"x"), 400), (post(b"Content-Length:"), 400),
    (post(b"Content-Length: 99999999999999999999"), 413),
    (post(b"Transfer-Encoding: gzip"), 400), (post(b"Transfer-Encoding: gzip, chunked"), 400), (post(b"Transfer-Encoding: identity"), 400),
    (post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"), 400), (post(b"Transfer-Encoding: Chunked"), 400),
    (post(b"Transfer-Encoding: chunked;q=1"), 400), (post(b"Transfer-Encoding: \x0bchunked"), 400), (post(b"Transfer-Encoding:"), 400),
    (post(b"Transfer-Encoding : chunked"), 400), (post(b"Expect: 200-ok"), 417),
    # methods that are none of ours
    (b"TRACE / HTTP/1.1\r\n" + H + END, 405), (b"CONNECT localhost:443 HTTP/1.1\r\n" + H + END, 405), (b"OPTIONS * HTTP/1.1\r\n" + H + END, 405),
    (b"BREW / HTTP/1.1\r\n" + H + END, 405), (b"get / HTTP/1.1\r\n" + H + END, 405), (b"PROPFIND / HTTP/1.1\r\n" + H + END, 405),
)
# where a route takes no body, none may come: said before it has come
BODIES = (
    (post(b"Content-Length: 5", body=b"hello"), 405), (chunked(b"5\r\nhello\r\n0\r\n\r\n"), 405),
    (get(b"/api/status", b"Content-Length: 5") + b"hello", 413), (get(b"/api/status", b"Transfer-Encoding: chunked") + b"5\r\nhello\r\n0\r\n\r\n", 413),
    (get(b"/api/status", b"Transfer-Encoding: chunked") + b"5;x=y\r\nhello\r\n", 400), (get(b"/api/status", b"Transfer-Encoding: chunked") + b"5 \r\n", 400),
    (get(b"/api/status", b"Transfer-Encoding: chunked") + b"0\r\nX: y\r\n\r\n", 400), (get(b"/api/status", b"Transfer-Encoding: chunked") + b"fffffffff\r\n", 400),
    (get(b"/api/status", b"Transfer-Encoding: chunked") + b"0\n\n", 400), (get(b"/api/status", b"Transfer-Encoding: chunked") + b"\r\n", 400),
    (get(b"/nothing", b"Content-Length: 100000000") + b"hello", 404), (get(b"/api/overview", b"Content-Length: 3") + b"abc", 401),
)


def malformed(tap, centre, honest):
    port = centre.port
    with tap.test(f"{len(MALFORMED) + len(BODIES)} malformed requests get their status, and the connection ends"):
        for data, want in MALFORMED + BODIES:
            with Line(port, EVIL) as line:
                line.send(data)
                status, headers, body = line.answer()
                need(status == want, lambda: f"{data[:70]!r}: {status}, not {want}")
                need(headers.get("connection") == "close" and line.ended(), lambda: f"{data[:70]!r}: goes on")
                need("server" not in headers and (not body or b"samling" in body or b'"en"' in body), lambda: f"{data[:70]!r}: {body!r}")
        honest.check()
    with tap.test("nothing behind a refused request is taken for a request"):
        smuggled = post(b"Content-Length: 4", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + get(b"/api/status"))
        with Line(port, EVIL) as line:
            line.send(smuggled)
            need(line.answer()[0] == 400 and line.ended() and line.held == b"", lambda: f"also: {line.held[:100]!r}")


def addresses(tap, port):
    with tap.test("404, 405 with Allow, HEAD, 401; JSON below /api/ and a page in both languages elsewhere"):
        with Line(port) as line:
            for data, want in ((get(b"/"), 200), (get(b"/nothing"), 404), (get(b"/api/nothing"), 404), (get(b"//"), 404), (get(b"/../etc"), 404),
                               (get(b"/%2e%2e/"), 404), (get(b"/web/none.js"), 404), (get(b"/web/a/b"), 404), (get(b"/web/"), 404),
                               (get(b"/", verb=b"DELETE"), 405), (get(b"/api/status", verb=b"PUT"), 405), (get(b"/api/overview"), 401),
                               (get(b"/api/events"), 401), (get(b"/api/overview", b"Cookie: __Host-sid=" + b"0" * 64), 401)):
                line.send(data)     # all on one connection
                status, headers, body = line.answer()
                need(status == want, lambda: f"{data[:40]!r}: {status}, not {want}")
                need("connection" not in headers, f"{data[:40]!r}: it ends")
                need((headers.get("allow") == "GET, HEAD") == (want == 405), f"{data[:40]!r}: {headers.get('allow')}")
                kind = "application/json" if b" /api/" in data else "text/html; charset=utf-8"
                need(headers["content-type"] == kind, f"{data[:40]!r}: {headers['content-type']}")
                if want != 200 and kind == "application/json":
                    need(b'"en":"' in body and b'"nb":"' in body, body)
                if want == 404 and kind != "application/json":
                    need("Det finnes ingen slik side.".encode() in body and b"There is no such page." in body, body)
            line.send(get(b"/nothing", verb=b"HEAD"))
            need(line.answer(head_only=True)[0] == 404, "HEAD of nothing")
            line.send(get(b"/api/status", verb=b"HEAD") + get(b"/api/status"))
            head, whole = line.answer(head_only=True), line.answer()
            need(head[0] == whole[0] == 200 and head[1]["content-length"] == str(len(whole[2])), f"HEAD {head}, GET {whole}")


def headers_exact(tap, port):
    with tap.test("exactly these headers on data, on errors, on the page and on assets"):
        for path, status, more in ((b"/api/status", 200, {"cache-control": "no-store"}), (b"/api/overview", 401, {"cache-control": "no-store"}),
                                   (b"/nothing", 404, {"cache-control": "no-store"}), (b"/", 200, {"cache-control": "no-cache"})):
            got, headers, body = ask(port, get(path))
            date, etag = headers.pop("date"), headers.pop("etag", None)
            want = {**SECURITY, **more, "content-type": headers["content-type"], "content-length": str(len(body))}
            need(got == status and headers == want, lambda: f"{path}: {set(headers.items()) ^ set(want.items())}")
            need(re.fullmatch(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (\w{3}) \d{4} \d\d:\d\d:\d\d GMT", date), date)
            need((etag is not None) == (path == b"/"), f"{path}: ETag {etag}")
    with tap.test("the page loads, each file that it names may be kept for ever, and 304 where it is the same"):
        _, _, page = ask(port, get(b"/"))
        need(b"<title>samling</title>" in page and b"{{" not in page, page)
        names = re.findall(rb'"(/web/[a-z.]+\?v=[0-9a-f]{16})"', page)
        need(len(names) == 5, names)
        with Line(port) as line:
            for name in names:
                line.send(get(name))
                status, headers, body = line.answer()
                need(status == 200 and body and headers["cache-control"] == "public, max-age=31536000, immutable", f"{name}: {headers}")
                need(b"://" not in body.replace(b"http://www.w3.org/2000/svg", b""), f"{name} names another place")
                line.send(get(name, b"If-None-Match: " + headers["etag"].encode()))
                again = line.answer(head_only=True)
                need(again[0] == 304 and again[1]["etag"] == headers["etag"] and "content-length" not in again[1], again)
                line.send(get(name.split(b"?")[0] + b"?v=0000000000000000"))
                need(line.answer()[1]["cache-control"] == "no-cache", "kept under another hash")
            types = [ask(port, get(name))[1]["content-type"] for name in names]
        need(sorted(types) == ["application/json"] * 2 + ["image/svg+xml", "text/css; charset=utf-8", "text/javascript; charset=utf-8"], types)


def pipelined(tap, port):
    with tap.test("requests in one piece are answered in order; one byte at a time is the same"):
        with Line(port) as line:
            line.send(b"".join(get(b"/api/status") + get(b"/n%d" % i) for i in range(100)))
            for i in range(200):
                need(line.answer()[0] == (404 if i % 2 else 200), f"answer {i}")
            for byte in get(b"/api/status"):
                line.send(bytes([byte]))
            need(line.answer()[0] == 200, "byte by byte")
            line.send(get(b"/api/status", b"Connection: close") + get(b"/"))
            need(line.answer()[1]["connection"] == "close" and line.ended() and not line.held, "it goes on after close")
    with tap.test("a thousand requests, then the connection ends"):
        with Line(port) as line:
            for i in range(1000):
                line.send(get(b"/api/status"))
                last = line.answer()
                need((last[1].get("connection") == "close") == (i == 999), f"request {i + 1}")
            need(line.ended(), "it goes on")
    with tap.test("who waits for 100 Continue is told at once that it would be in vain"):
        with Line(port) as line:
            line.send(get(b"/nothing", b"Expect: 100-continue", b"Content-Length: 5"))
            need(line.answer()[0] == 404 and line.ended(), "it waits for the body")
    with tap.test("a browser that would rather speak h2 gets http/1.1; a client without ALPN is let go"):
        with Line(port, alpn=("h2", "http/1.1")) as line:
            need(line.end.selected_alpn_protocol() == "http/1.1", line.end.selected_alpn_protocol())
            line.send(get(b"/api/status"))
            need(line.answer()[0] == 200, "h2")
        try:
            with Line(port, alpn=("h2",)) as line:
                need(False, "h2 alone was taken")
        except ssl.SSLError:
            pass


class Honest:
    """A browser that asks all the time, and a tablet that syncs: each must succeed, and soon."""

    def __init__(self, centre, tablet, session, people):
        self.centre, self.tablet, self.session, self.people = centre, tablet, session, people
        self.marks = 0

    def check(self):
        with Pace() as pace:
            since = time.monotonic()
            need(ask(self.centre.port, get(b"/api/status"))[0] == 200, "the honest browser got nothing")
            browser_s = time.monotonic() - since
            self.syncs()
            tablet_s = time.monotonic() - since
        need(browser_s < 1 * pace.worst(), f"the browser waited {browser_s:.1f} s")
        need(tablet_s < 5 * pace.worst(), f"the tablet waited {tablet_s:.1f} s")

    def syncs(self):
        self.tablet.mark(self.session, {self.people[self.marks % len(self.people)]: "present"})
        self.marks += 1
        said = self.tablet.sync(codes=(OK, ATTENTION))
        need(int(said["waiting"]) == 0, f"the tablet: {said}")


def slow(tap, centre, honest):
    port, over, lock = centre.port, {}, threading.Lock()

    def run(name, data, drip=b"", pause_s=0.5, limit_s=40.0):
        since, status = time.monotonic(), "closed"
        try:
            with Line(port, EVIL, timeout_s=limit_s) as line:
                line.send(data)
                line.end.settimeout(pause_s)
                while time.monotonic() - since < limit_s:
                    try:
                        if not line.more() or b"\r\n\r\n" in line.held:
                            break
                    except TimeoutError:
                        if drip:
                            line.send(drip)
                if line.held:
                    status = line.answer()[0]
        except (OSError, rig.Failed) as wrong:
            status = f"closed {wrong}"
        with lock:
            over[name] = (status, time.monotonic() - since)

    with tap.test("who is slow is cut off at the documented time, and nobody else notices"):
        cases = (("nothing", b"", b"", 10, 408), ("half a head", b"GET / HT", b"", 10, 408), ("a drip of header", G + H + b"X: ", b"a", 10, 408),
                 ("a head in time, no body", b"POST /api/late HTTP/1.1\r\n" + H + b"Content-Length: 5\r\n\r\n", b"", 0, 404),
                 ("between requests", get(b"/api/status"), b"", 0, 200))
        threads = [threading.Thread(target=run, args=(name, data, drip)) for name, data, drip, _, _ in cases]
        with Pace() as pace:
            for thread in threads:
                thread.start()
            while any(thread.is_alive() for thread in threads):
                honest.check()
                time.sleep(1)
        for name, _, _, after_s, want in cases:
            status, took_s = over[name]
            need(status == want, f"{name}: {status} after {took_s:.1f} s")
            need(after_s - 0.1 <= took_s < after_s + 2.5 * pace.worst(), f"{name}: after {took_s:.1f} s, not {after_s}")
    with tap.test("an idle connection ends after 15 s, without a word"):
        with Pace() as pace, Line(port, timeout_s=20) as line:
            line.send(get(b"/api/status"))
            line.answer()
            since = time.monotonic()
            need(line.ended(rig.CALL_S) and line.held == b"", f"said {line.held!r}")
            took_s = time.monotonic() - since
        need(14.9 < took_s < 15 + 2.5 * pace.worst(), f"after {took_s:.1f} s")
    with tap.test("who never reads is closed, and costs a bounded number of bytes"):
        before_kib = centre.rss_kib()
        lines = [Line(port, EVIL) for _ in range(8)]
        wanted = get(re.findall(rb'"(/web/style[^"]+)"', ask(port, get(b"/"))[2])[0]) * 400
        for line in lines:
            line.end.settimeout(0.3)
            try:
                while True:
                    line.send(wanted)
            except (OSError, ssl.SSLError):
                pass
        honest.check()
        grown_kib = centre.rss_kib() - before_kib
        need(grown_kib < 16 * 1024, f"{grown_kib} KiB for 8 connections")
        tap.figure("KiB for a connection that does not read", grown_kib // 8)
        files = len(os.listdir(f"/proc/{centre.server.pid}/fd"))
        end = time.monotonic() + 45
        while len(os.listdir(f"/proc/{centre.server.pid}/fd")) > files - 8 and time.monotonic() < end:
            time.sleep(0.5)
        need(len(os.listdir(f"/proc/{centre.server.pid}/fd")) <= files - 8, "they are open after 45 s")
        for line in lines:
            line.end.close()


def crowds(tap, centre, honest):
    port = centre.port
    with tap.test("one address has 64 connections, the others are let in all the same"):
        lines, refused = [], 0
        for _ in range(80):
            try:
                line = Line(port, EVIL)
                line.send(get(b"/api/status"))
                line.answer()
                lines.append(line)
            except (OSError, ssl.SSLError, rig.Failed):
                refused += 1
        need(len(lines) == 64 and refused == 16, f"{len(lines)} in, {refused} refused")
        honest.check()
        for line in lines:
            line.end.close()


def settings(tap, centre):
    with tap.test("limits are settings"):
        centre.restart("--http-head-kb", "1", "--http-headers", "8", "--http-line-kb", "1", "--http-idle-seconds", "1", "--http-requests", "2")
        port = centre.port
        need(ask(port, get(b"/" + b"a" * 1100))[0] == 414, "line")
        need(ask(port, get(b"/", b"X: " + b"a" * 1100))[0] == 431, "head")
        need(ask(port, get(b"/", *[b"X: a"] * 8))[0] == 431, "headers")
        need(ask(port, get(b"/", *[b"X: a"] * 7))[0] == 200, "as many as may be")
        with Line(port) as line:
            line.send(get(b"/") * 2)
            need("connection" not in line.answer()[1] and line.answer()[1]["connection"] == "close", "requests")
        with Line(port) as line:
            line.send(get(b"/"))
            line.answer()
            since = time.monotonic()
            need(line.ended(rig.CALL_S) and time.monotonic() - since < 3 * stretched(), "idle")
        centre.restart("--console-connections", "3")
        lines = [Line(port) for _ in range(3)]
        for line in lines:
            line.send(get(b"/api/status"))
            line.answer()
        with Line(port) as fourth:
            need(fourth.ended() and not fourth.held, "a fourth connection")
        lines[0].send(get(b"/"))
        need(lines[0].answer()[0] == 200, "one of the three")
        need(centre.stop() == 0, "it did not end well")


def main():
    tap = rig.Tap()
    with rig.folder() as path, rig.Centre(os.path.join(path, "centre")) as centre:
        clinic = centre.clinic("Åsgård")
        _, people = centre.group(clinic, "Rygg", 6, weekday=1)
        centre.user(clinic)
        tablet = centre.tablet(os.path.join(path, "tablet"), clinic)
        tablet.sync()
        session = tablet.sessions(next(iter(tablet.groups().values())))[0]
        honest = Honest(centre, tablet, session, people)
        honest.check()
        files = len(os.listdir(f"/proc/{centre.server.pid}/fd"))
        malformed(tap, centre, honest)
        addresses(tap, centre.port)
        headers_exact(tap, centre.port)
        pipelined(tap, centre.port)
        slow(tap, centre, honest)
        crowds(tap, centre, honest)
        with tap.test("afterwards nothing is left open"):
            end = time.monotonic() + 20
            while len(os.listdir(f"/proc/{centre.server.pid}/fd")) > files and time.monotonic() < end:
                time.sleep(0.2)
            need(len(os.listdir(f"/proc/{centre.server.pid}/fd")) <= files, "descriptors")
            centre.need_alive()
            need("level=error" not in centre.log(1 << 20), "errors in the log")
        settings(tap, centre)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
