#!/usr/bin/python3
"""The settings of a centre: a file with a fault serves nothing and says where, and a setting that is changed has an effect that
somebody outside can see. The log is logfmt whatever happens, and names nobody."""
import json
import os
import re
import select
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from pace import Pace  # noqa: E402
from rig import HOST, OK, WAITING, need  # noqa: E402

NAMES = ["Zacharias", "Åsgård", "Deltaker", "Fysio", "Nettbrettet"]     # of people, places and things: none of them in the log
LOGFMT = re.compile(r'(?:[a-z_]+=(?:"(?:[^"\\\x00-\x1f\x7f]|\\.)*"|[^" =\\\x00-\x1f\x7f]*)(?: |$))+')


def run(*words, env=None):
    done = subprocess.run([rig.SAMLINGD, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, timeout=rig.CALL_S,
                          check=False, env={**rig.clean_environment(), **(env or {})})
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def write(centre, text):
    with open(os.path.join(centre.home, "samling.conf"), "w", encoding="utf-8") as file:
        file.write(text)


def serve_fails(centre, *options):
    """serve ends by itself before it listens: its exit code and what it said."""
    return run("serve", "--home", centre.home, "--port", "0", "--bind", HOST, *options)


def printed(tap, centre):
    with tap.test("init writes the commented file, which changes nothing and has every setting"):
        with open(os.path.join(centre.home, "samling.conf"), encoding="utf-8") as file:
            text = file.read()
        mode = os.stat(os.path.join(centre.home, "samling.conf")).st_mode & 0o777
        need(mode == 0o600, f"its mode is {mode:o}")
        code, page, _ = run("config")
        need(code == 0 and page == text, "samlingd config prints another one")
        keys = [row["key"] for row in json.loads(run("config", "--json")[1])]
        need(keys == re.findall(r"^#([a-z-]+) = ", text, re.M) and len(keys) > 20, f"{len(keys)} keys")
        code, said, _ = run("config", "check", "--home", centre.home)
        need(code == 0 and "nothing is wrong; 0 settings" in said, said)
        code, page, _ = run("config", "--lang", "nb")
        need(code == 0 and "Enhet: sekunder. Minst 1, høyst 600" in page and "Unit:" not in page, "not in bokmål")


def refused(tap, centre):
    with tap.test("a file with faults is told line by line, and nothing is served"):
        write(centre, "port = 7400\nporrt = 1\nidle-seconds = 100000\nport = 7401\n" + "#" * 300 + "\n")
        code, said, _ = run("config", "check", "--home", centre.home)
        lines = re.findall(r"line (\d+)", said.replace("stands in line 1", ""))
        need(code == 2 and lines == ["2", "3", "4", "5"], f"exit {code}: {said}")
        code, said, error = serve_fails(centre)
        need(code == 2 and "ready" not in said, f"exit {code}: {said}")
        need(all(f"samling.conf line {n}: " in error for n in (2, 3, 4, 5)), error)
        report = json.loads(run("config", "check", "--home", centre.home, "--json")[1])
        need(report["count"] == 4 and [f["line"] for f in report["wrong"]] == [2, 3, 4, 5], report)
    with tap.test("an option beyond its bound, a file that is not there, one that is too large, and one of noise are refused"):
        write(centre, "")
        other = os.path.join(centre.path, "other.conf")
        for options, word in ((("--max-connections", "100001"), "100000"), (("--config", other), "other.conf"),
                              (("--metrics-bind", "0.0.0.0"), "127."), (("--ping-seconds", "120"), "idle-seconds")):
            code, said, error = serve_fails(centre, *options)
            need(code == 2 and word in error and "ready" not in said, f"{options}: exit {code}: {error}")
        with open(other, "wb") as file:
            file.write(b"# \n" * 30000)
        code, _, error = serve_fails(centre, "--config", other)
        need(code == 2 and "other.conf" in error, f"exit {code}: {error}")
        with open(other, "wb") as file:
            file.write(os.urandom(4000))
        code, _, error = serve_fails(centre, "--config", other)
        need(code == 2 and "line 1" in error, f"exit {code}: {error}")


def open_lines(port, count, want):
    """How many of ${count} connections that say nothing are still open, a little later than ${want} of them are."""
    ends = [socket.create_connection((HOST, port), 5) for _ in range(count)]
    end_s = time.monotonic() + rig.START_S
    while len(select.select(ends, [], [], 0)[0]) < count - want and time.monotonic() < end_s:
        time.sleep(0.01)
    time.sleep(0.3)
    alive = 0
    for end in ends:
        end.setblocking(False)
        try:
            alive += end.recv(1) != b""
        except BlockingIOError:
            alive += 1
        except ConnectionError:
            pass
        end.close()
    return alive


def effective(tap, centre, tablet):
    with tap.test("connections-per-address = 1 closes the second one at once; 0 does not"):
        for limit, want in ((1, 1), (3, 3), (0, 5)):
            write(centre, f"connections-per-address = {limit}  # of this test\n")
            centre.restart()
            alive = open_lines(centre.port, 5, want)
            need(alive == want, f"with {limit}, {alive} of 5 stayed open")
        need(tablet("sync")[0] == OK, "the tablet cannot sync")
    with tap.test("handshake-seconds = 1 ends a silent connection after a second, and an option goes before the file"):
        for options, least, most in (((), 0.8, 3.5), (("--handshake-seconds", "4"), 3.6, 7)):
            write(centre, "handshake-seconds = 1\n")
            centre.restart(*options)
            with Pace() as pace, socket.create_connection((HOST, centre.port), 10) as end:
                since = time.monotonic()
                end.settimeout(rig.CALL_S)
                need(end.recv(1) == b"", "it said something")
                took = time.monotonic() - since
            need(least < took < most * pace.worst(), f"{options}: it took {took:.1f} s")
    with tap.test("below the disk's floor nothing is taken in, the tablet keeps it, and status says so"):
        write(centre, "disk-floor-mb = 1048576\ndisk-floor-percent = 100\n")
        centre.restart()
        session = tablet.sessions(next(iter(tablet.groups().values())))[0]
        people = [int(line["participant"]) for line in tablet.done("sheet", "--session", session)["lines"]]
        tablet.mark(session, {p: "present" for p in people})
        code, _ = tablet("sync")
        need(code == WAITING and tablet.status()["waiting"] == len(people), f"exit {code}, {tablet.status()['waiting']} waiting")
        status = centre("status")
        need(status["read_only"] == 1 and status["pushes_refused"] > 0 and status["ops"] == centre_ops(centre), status)
        need("less than disk-floor-mb" in centre("status", parse=False), "people are not told")
        centre("backup")
        write(centre, "")
        centre.restart()
        tablet.sync()
        need(tablet.status()["waiting"] == 0 and centre("status")["read_only"] == 0, "it was not sent")


def centre_ops(centre):
    with centre.read() as db:
        return db.execute("SELECT coalesce(sum(count), 0) FROM push").fetchone()[0]


def serve_log(centre, *options, env=None, journal=False):
    """The lines that a start and an end write."""
    read, write_end = os.pipe()
    stat = os.fstat(write_end)
    extra = {"JOURNAL_STREAM": f"{stat.st_dev}:{stat.st_ino}"} if journal else {}
    server = subprocess.Popen([rig.SAMLINGD, "serve", "--home", centre.home, "--port", "0", "--bind", HOST, *options],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=write_end,
                              env={**rig.clean_environment(), **extra, **(env or {})})
    os.close(write_end)
    need(any(line.startswith(b"ready") for line in iter(server.stdout.readline, b"")), "it does not start")
    with socket.create_connection((HOST, int(open(os.path.join(centre.home, "port"), encoding="ascii").read()))) as end:
        end.sendall(b"GET / HTTP/1.1\r\n\r\n\x00\xff" * 10)
        end.settimeout(5)
        try:
            while end.recv(100):
                pass
        except OSError:
            pass
    server.terminate()
    server.wait(20)
    server.stdout.close()
    with os.fdopen(read, "rb") as file:
        return file.read().decode().splitlines()


def logged(tap, centre):
    with tap.test("log-level picks the lines"):
        counts = {level: len(serve_log(centre, "--log-level", level)) for level in ("debug", "info", "warn", "error")}
        need(counts["debug"] > counts["info"] > counts["warn"] and counts["error"] == 0, counts)
    with tap.test("the time stands before a line, but not where the journal reads it; log-time says otherwise"):
        for options, journal, timed in (((), False, True), ((), True, False), (("--log-time", "yes"), True, True),
                                        (("--log-time", "no"), False, False)):
            lines = serve_log(centre, *options, journal=journal)
            need(lines, "no line")
            for line in lines:
                need(("time=20" in line) == timed, f"{options} {journal}: {line}")
                need(bool(re.match(r"<[3467]>", line)) == journal, line)
        lines = serve_log(centre, env={"JOURNAL_STREAM": "1:2"})
        need(all(line.startswith("time=") for line in lines), "another stream counted as the journal's")


def all_logfmt(tap, centre):
    with tap.test("every line of everything that happened here is logfmt and names nobody"):
        with open(centre.log_path, encoding="utf-8") as file:
            lines = file.read().splitlines()
        need(len(lines) > 20, f"only {len(lines)} lines")
        for line in lines:
            need(LOGFMT.fullmatch(line) and " level=" in line and " ev=" in line, f"not logfmt: {line}")
            for name in NAMES:
                need(name not in line, f"names somebody: {line}")


def main():
    tap = rig.Tap()
    with rig.folder() as path:
        centre = rig.Centre(os.path.join(path, "centre"))
        printed(tap, centre)
        refused(tap, centre)
        write(centre, "log-level = debug\n")
        centre.start()
        try:
            clinic = centre.clinic("Åsgård")
            group, _ = centre.group(clinic, "Deltaker", 4, weekday=1)
            centre.user(clinic, "Zacharias")
            centre("participant", "add", "Zacharias \"Fysio\" [0;31m", "--group", group)
            tablet = centre.tablet(os.path.join(path, "tablet"), clinic, label="Nettbrettet", user="Zacharias")
            tablet.sync()
            effective(tap, centre, tablet)
            centre("device", "revoke", tablet.no)
            tablet("sync")
            centre.stop()
            logged(tap, centre)
            all_logfmt(tap, centre)
        finally:
            centre.kill()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
