#!/usr/bin/python3
"""Goal: the tablet app comes from the centre itself, below /tablet/, with headers of its own, packed for whoever takes that, kept
for ever where its name says so; and a thin line that takes its bytes slowly, but takes them, is not cut off."""
import gzip
import http.client
import os
import re
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
import websocket  # noqa: E402
from browser import context  # noqa: E402
from rig import BUILD, HOST, need  # noqa: E402

APP = os.path.join(BUILD, "tablet")
HEADERS = {
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "content-security-policy": "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; font-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types samling",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), geolocation=(), microphone=()",
    "vary": "Accept-Encoding",
}
TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
         ".wasm": "application/wasm", ".webmanifest": "application/manifest+json", ".svg": "image/svg+xml", ".png": "image/png",
         ".json": "application/json", ".woff2": "font/woff2"}
THIN_BYTES_PER_S = 2500         # 20 kbit/s
THIN_S = 15


class Page:
    def __init__(self, port):
        self.line = http.client.HTTPSConnection(HOST, port, timeout=10, context=context())

    def ask(self, path, verb="GET", **headers):
        """(status, headers in lower case, body)"""
        self.line.request(verb, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = self.line.getresponse()
        body = answer.read()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body


def files(tap, page):
    names = sorted(os.listdir(APP))
    with tap.test(f"{len(names)} files of the app come packed, as they are, by HEAD, and not at all where they are known"):
        need("index.html" in names, names)
        for name in names:
            with open(os.path.join(APP, name), "rb") as file:
                whole = file.read()
            packed = page.ask("/tablet/" + name, Accept_Encoding="br, gzip;q=0.5")
            plain = page.ask("/tablet/" + name)
            need(packed[0] == plain[0] == 200, f"{name}: {packed[0]}, {plain[0]}")
            need(gzip.decompress(packed[2]) == plain[2] == whole, f"{name}: other bytes")
            need(packed[1]["content-encoding"] == "gzip" and "content-encoding" not in plain[1], f"{name}: {packed[1]}")
            kept = "public, max-age=31536000, immutable" if re.search(r"-([0-9A-Z]{8}|[0-9a-f]{12})\.[a-z0-9]+$", name) else "no-cache"
            for status, headers, body in (packed, plain):
                want = {**HEADERS, "cache-control": kept, "content-type": TYPES[os.path.splitext(name)[1]], "content-length": str(len(body))}
                got = {key: value for key, value in headers.items() if key not in ("date", "etag", "content-encoding")}
                need(got == want, lambda: f"{name}: {set(got.items()) ^ set(want.items())}")
                need(re.fullmatch('"[0-9a-f]{32}(-gz)?"', headers["etag"]), headers["etag"])
                again = page.ask("/tablet/" + name, If_None_Match=headers["etag"])
                need(again[0] == 304 and not again[2] and again[1]["cache-control"] == kept, f"{name}: {again}")
                need(page.ask("/tablet/" + name, If_None_Match=headers["etag"].replace('"', '"0', 1))[0] == 200, f"{name}: another ETag")
            need(packed[1]["etag"] != plain[1]["etag"], f"{name}: one ETag for two forms")
            for how, was in (({"Accept_Encoding": "gzip"}, packed), ({}, plain)):
                head = page.ask("/tablet/" + name, "HEAD", **how)
                need(head[0] == 200 and not head[2] and head[1]["content-length"] == was[1]["content-length"], f"{name}: {head}")
            for never in ("identity", "gzip;q=0", "gzip; q=0.000, *", "br", "x"):
                need(page.ask("/tablet/" + name, Accept_Encoding=never)[2] == whole, f"{name}: packed for {never}")


def addresses(tap, page):
    with tap.test("the page is the folder's, its folder's name leads to it, and there is nothing beside the files"):
        need(page.ask("/tablet/")[2] == page.ask("/tablet/index.html")[2], "another page")
        status, headers, body = page.ask("/tablet")
        need(status == 308 and headers["location"] == "/tablet/" and not body, f"{status} {headers}")
        for path in ("/tablet/none.js", "/tablet/index.htm", "/tablet/a/b", "/tablet//", "/tablet/%69ndex.html", "/tablet/../"):
            need(page.ask(path)[0] == 404, f"{path}: {page.ask(path)[0]}")
        for verb in ("POST", "PUT", "DELETE"):
            need(page.ask("/tablet/", verb)[0] == 405, verb)
            page.line.close()
    with tap.test("the console keeps headers of its own"):
        _, headers, _ = page.ask("/")
        need("wasm" not in headers["content-security-policy"] and headers["permissions-policy"] == "geolocation=(), camera=(), microphone=()", headers)


def thin(tap, centre):
    with tap.test("a line of 20 kbit/s is not cut off while it takes anything; one that takes nothing is"):
        centre.restart("--stall-seconds", "5", "--http-idle-seconds", "2")  # what is on its way all the time is no silence
        _, _, page = Page(centre.port).ask("/")
        names = re.findall(rb'"(/web/[a-z.]+\?v=[0-9a-f]{16})"', page)
        wanted = b"".join(b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % name for name in names)    # all of it fits into the kernel's queue
        plain = socket.socket()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        plain.connect((HOST, centre.port))
        line = plain.dup()          # below TLS, whose records of 16 KiB would be taken at once
        end = context().wrap_socket(plain)
        end.sendall(wanted)
        began, taken = time.monotonic(), 0
        while time.monotonic() - began < THIN_S:
            taken += len(line.recv(THIN_BYTES_PER_S // 10))
            time.sleep(0.1)
        need(taken > THIN_BYTES_PER_S * THIN_S // 3, f"{taken} bytes came")
        need(centre("status")["connections"] >= 1, "it was cut off")
        tap.figure("bytes taken at 20 kbit/s", taken)
        last = time.monotonic() + 20
        while centre("status")["connections"] > 0:
            need(time.monotonic() < last, "one that takes nothing stays")
            time.sleep(0.2)
        line.close()
        end.close()


def main():
    tap = rig.Tap()
    with rig.folder() as path, rig.Centre(os.path.join(path, "centre")) as centre:
        page = Page(centre.port)
        files(tap, page)
        addresses(tap, page)
        page.line.close()
        thin(tap, centre)
        with tap.test("a tablet's line opens beside it"):
            with websocket.Socket(centre.port) as line:
                need(line.status == 101, line.status)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
