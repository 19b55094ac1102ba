#!/usr/bin/python3
"""Figures for a monitoring system: the text format of Prometheus, the same by verb and by port, true, about nobody; and a port
that gives nothing else to anybody, however it is asked."""
import math
import os
import re
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from pace import Pace  # noqa: E402
from rig import ATTENTION, HOST, OK, need  # noqa: E402

SAMPLE = re.compile(r'([a-z_]+)(?:\{([a-z]+)="([^"\\\n]*)"\})? (\S+)')
NAMES = ["Zacharias", "Åsgård", "Deltaker", "Nettbrettet"]


def free_port():
    with socket.create_server((HOST, 0)) as s:
        return s.getsockname()[1]


def parsed(text):
    """(name, label value or None) -> number; what is not of the format is a failure."""
    out, types, name = {}, {}, None
    need(text.endswith("\n") and "\n\n" not in text, "lines are not whole")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name = line.split(" ", 3)[2]
            need(name not in types and len(line.split(" ", 3)[3]) > 3, f"again, or without help: {line}")
            types[name] = None
        elif line.startswith("# TYPE "):
            _, _, typed, kind = line.split(" ")
            need(typed == name and types[name] is None and kind in ("gauge", "counter", "histogram"), line)
            need((kind == "counter") == name.endswith("_total"), f"a counter ends in _total: {line}")
            types[name] = kind
        else:
            match = SAMPLE.fullmatch(line)
            need(match, f"not a sample: {line}")
            family = re.sub("_(bucket|sum|count)$", "", match[1]) if types[name] == "histogram" else match[1]
            need(family == name and types[name], f"a sample outside its family: {line}")
            need((match[1], match[3]) not in out, f"twice: {line}")
            out[match[1], match[3]] = float(match[4])
    return out


def histogram_fits(m, name):
    buckets = [(float(le), n) for (family, le), n in m.items() if family == name + "_bucket"]
    counts = [n for _, n in buckets]
    need(buckets == sorted(buckets) and counts == sorted(counts) and math.isinf(buckets[-1][0]), f"{name}: {buckets}")
    need(counts[-1] == m[name + "_count", None], f"{name}: {counts}")


def exchange(port, data, wait=8):
    """What one connection answers to these bytes, until it ends."""
    with socket.create_connection((HOST, port), wait) as end:
        end.settimeout(wait)
        got = b""
        try:
            end.sendall(data)
            while part := end.recv(65536):
                got += part
        except ConnectionError:
            pass
        return got


def status_of(answer):
    match = re.match(rb"HTTP/1\.1 (\d{3}) [A-Za-z ]+\r\n", answer)
    return int(match[1]) if match else None


def scrape(port):
    answer = exchange(port, b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: text/plain\r\n\r\n")
    head, body = answer.split(b"\r\n\r\n", 1)
    need(status_of(answer) == 200 and b"text/plain; version=0.0.4" in head, head)
    need(f"Content-Length: {len(body)}".encode() in head, head)
    return body.decode()


def true_figures(tap, centre, tablets, port):
    with tap.test("the figures are those of status, by verb and by port"):
        status = centre("status")
        for text in (centre("metrics", parse=False), scrape(port), centre("metrics")["text"]):
            m = parsed(text)
            for name, figure in (("ops_total", "ops"), ("pushes_total", "pushes"), ("cases_open", "cases"), ("csn", "csn"),
                                 ("quarantine_waiting", "quarantined"), ("read_only", "read_only"), ("drain_only", "drain_only"),
                                 ("acks_total", "acks"), ("store_bytes", "file_bytes"), ("serving", "serving")):
                need(m["samling_" + name, None] == status[figure], lambda: f"{name}: {m['samling_' + name, None]}, {status[figure]}")
            need(m["samling_devices", "active"] == len(tablets) and m["samling_devices", "pending"] == 0, "devices")
            need(sum(m["samling_verdicts", k] for k in ("applied", "merged", "same", "superseded", "case", "quarantined",
                                                        "held_back", "lost")) == sum(d["sent"] for d in centre.devices().values()),
                 "the verdicts do not add up to what was sent")
            need(m["samling_cases_open", None] > 0 and m["samling_verdicts", "case"] > 0, "no case")
            need(m["samling_commit_seconds_count", None] > 0 and m["samling_commit_seconds_sum", None] > 0, "no commit")
            need(m["samling_device_contact_age_seconds", None] < 120, "contact")
            need(m["samling_build_info", status["version"]] == 1, "version")
            need(0 < m["samling_disk_free_bytes", None] <= m["samling_disk_size_bytes", None], "disk")
            histogram_fits(m, "samling_commit_seconds")
            for name in NAMES:
                need(name not in text, f"names somebody: {name}")
    with tap.test("the age of the backup is endless until there is one"):
        need(math.isinf(parsed(scrape(port))["samling_backup_age_seconds", None]), "there is one")
        centre("backup")
        need(parsed(scrape(port))["samling_backup_age_seconds", None] < 60, "it is old")
        before = parsed(scrape(port))
        tablets[0].sync(codes=(OK, ATTENTION))
        after = parsed(scrape(port))
        need(after["samling_connections_accepted_total", None] == before["samling_connections_accepted_total", None] + 1, "accepted")
        shrunk = [k for k in after if k[0].endswith(("_total", "_count", "_bucket")) and after[k] < before[k]]
        need(not shrunk, f"counters went back: {shrunk}")


ASKED = (
    (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 404),
    (b"GET /metrics/ HTTP/1.1\r\n\r\n", 404),
    (b"GET /metrics?a=1 HTTP/1.1\r\n\r\n", 404),
    (b"GET /../../etc/passwd HTTP/1.0\r\n\r\n", 404),
    (b"GET http://localhost/metrics HTTP/1.1\r\n\r\n", 404),
    (b"POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", 405),
    (b"HEAD /metrics HTTP/1.1\r\n\r\n", 405),
    (b"get /metrics HTTP/1.1\r\n\r\n", 405),
    (b"TRACE /metrics HTTP/1.1\r\n\r\n", 405),
    (b"GET /metrics HTTP/2.0\r\n\r\n", 400),
    (b"GET /metrics HTTP/1.1 \r\n\r\n", 400),
    (b"GET  /metrics HTTP/1.1\r\n\r\n", 400),
    (b"GET /metrics\r\n\r\n", 400),
    (b"\r\n\r\n", 400),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(40), 400),
    (b"GET /met\0rics HTTP/1.1\r\n\r\n", 400),
    (b"GET /metr\xe6cs HTTP/1.1\r\n\r\n", 400),
    (b"GET /metrics HTTP/1.1\r\nX: " + b"a" * 5000 + b"\r\n\r\n", 431),
    (b"GET /" + b"a" * 5000, 431),
    (b"GET /metrics HTTP/1.0\r\n\r\n", 200),
)


def refusing(tap, centre, port):
    with tap.test("whatever else is asked is refused and the connection closed"):
        for data, want in ASKED:
            answer = exchange(port, data)
            need(status_of(answer) == want, lambda: f"{data[:60]}: {answer[:80]}, not {want}")
            need((b"samling_" in answer) == (want == 200), f"{data[:60]}: figures")
            need((b"Allow: GET" in answer) == (want == 405), f"{data[:60]}: Allow")
    with tap.test("one byte at a time, and two requests in one piece, get one answer"):
        with socket.create_connection((HOST, port), 8) as end:
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in b"GET /metrics HTTP/1.1\r\n\r\n":
                end.sendall(bytes([byte]))
                time.sleep(0.002)
            end.settimeout(8)
            got = b""
            while part := end.recv(65536):
                got += part
        need(status_of(got) == 200, got[:80])
        answer = exchange(port, b"GET /metrics HTTP/1.1\r\n\r\n" * 2)
        need(answer.count(b"HTTP/1.1 200") == 1, "two answers")
    with tap.test("many who say nothing keep nobody out, and cost nothing for ever"):
        silent = [socket.create_connection((HOST, port), 8) for _ in range(40)]
        with Pace() as pace:
            since = time.monotonic()
            with socket.create_connection((HOST, port), 8) as hang_up:
                hang_up.sendall(b"GET /met")
            need("samling_csn" in scrape(port), "they keep others out")
            scraped = time.monotonic() - since
            silent[-1].settimeout(rig.CALL_S)
            need(status_of(silent[-1].recv(4096)) == 408, "the last one was not told that it is too slow")
            took = time.monotonic() - since
        need(scraped < 2 * pace.worst(), f"they keep others out for {scraped:.1f} s")
        need(4 < took < 7 * pace.worst(), f"after {took:.1f} s")
        for end in silent:
            end.close()
        need("samling_csn" in scrape(port), "no figures any more")
        files = len(os.listdir(f"/proc/{centre.server.pid}/fd"))
        end = time.monotonic() + 15
        while len(os.listdir(f"/proc/{centre.server.pid}/fd")) > 40 and time.monotonic() < end:
            time.sleep(0.2)
        need(len(os.listdir(f"/proc/{centre.server.pid}/fd")) <= 40, f"{files} files are open")
        centre.need_alive()


def at_start(tap, centre, port):
    with tap.test("off unless a port is named; a port that is taken or an address others reach ends the start"):
        need(centre.stop() == 0, "it did not end well with the port open")
        centre.start()
        with socket.socket() as s:
            need(s.connect_ex((HOST, port)) != 0, "the port is open")
        log = centre.log(100000)
        need("for=metrics" not in log, "it was tried")
        centre.stop()
        with socket.create_server((HOST, port)):
            try:
                centre.start("--metrics-port", str(port))
                need(False, "it started on a port that is taken")
            except rig.Failed as wrong:
                need("does not start" in str(wrong) and "figures" in str(wrong), str(wrong))
        centre.kill()
        centre.start("--metrics-port", str(port), "--metrics-bind", "127.8.8.8")
        with socket.create_connection(("127.8.8.8", port), 5):
            pass


def main():
    tap = rig.Tap()
    with rig.folder() as path, rig.Centre(os.path.join(path, "centre")) as centre:
        clinic = centre.clinic("Åsgård")
        centre.group(clinic, "Deltaker", 6, weekday=1)
        centre.user(clinic, "Zacharias")
        port = free_port()
        centre.restart("--metrics-port", str(port))
        tablets = [centre.tablet(os.path.join(path, f"t{i}"), clinic, label="Nettbrettet", user="Zacharias") for i in range(2)]
        for tablet in tablets:
            tablet.sync()
        session = tablets[0].sessions(next(iter(tablets[0].groups().values())))[0]
        people = [int(line["participant"]) for line in tablets[0].done("sheet", "--session", session)["lines"]]
        for tablet, word in zip(tablets, ("present", "no-show")):
            tablet.mark(session, {p: word for p in people})
        for tablet in tablets:
            tablet.sync(codes=(OK, ATTENTION))
        true_figures(tap, centre, tablets, port)
        refusing(tap, centre, port)
        at_start(tap, centre, port)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
