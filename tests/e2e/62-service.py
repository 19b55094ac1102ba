#!/usr/bin/python3
"""As a service: the manager hears READY when tablets can come and not before, signs of life while the loop and the write thread get
on, none while the write thread hangs, and STOPPING at the end. The units shut the process in as far as they say."""
import contextlib
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from rig import HOST, need  # noqa: E402

UNITS = os.path.join(rig.ROOT, "server", "systemd")
EXPOSURE_MAX = 1.5
WATCHDOG_S = 0.9


class Manager:
    """A socket as a service manager has it, and what came in: [(time, text)]"""

    def __init__(self, name):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(name.replace("@", "\0", 1))
        self.heard = []
        self.at_ready = None            # called when READY comes, before anything else is read
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        with contextlib.suppress(OSError):
            while True:
                text = self.socket.recv(4096).decode()
                if text == "READY=1" and self.at_ready:
                    self.at_ready()
                self.heard.append((time.monotonic(), text))

    def count(self, text, since=0.0, until=float("inf")):
        return sum(t == text and since <= at <= until for at, t in self.heard)

    def wait(self, text, count=1, seconds=10):
        end = time.monotonic() + seconds
        while self.count(text) < count and time.monotonic() < end:
            time.sleep(0.005)
        need(self.count(text) >= count, f"{text} did not come: {[t for _, t in self.heard]}")


@contextlib.contextmanager
def environment(**values):
    """For the processes that are started inside."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def started(centre, name, **values):
    manager = Manager(name)
    answers = []
    centre.stop()

    def knock():
        with socket.socket() as s:
            answers.append(s.connect_ex((HOST, centre.port)))
    manager.at_ready = knock
    with environment(NOTIFY_SOCKET=name, **values):
        centre.start()
    manager.wait("READY=1")
    need(answers == [0], f"at READY the port answered {answers}")
    return manager


def told(tap, centre, path):
    with tap.test("READY comes when the port answers, STOPPING at SIGTERM; by path and by abstract name"):
        for name in (os.path.join(path, "notify"), f"@samling-test-{os.getpid()}"):
            manager = started(centre, name)
            need(manager.heard[0][1] == "READY=1" and manager.count("WATCHDOG=1") == 0, manager.heard)
            need(manager.count("STOPPING=1") == 0, "it stops already")
            need(centre.stop() == 0, "it did not end well")
            manager.wait("STOPPING=1")
            need([t for _, t in manager.heard] == ["READY=1", "STOPPING=1"], manager.heard)
    with tap.test("a start that fails is never ready; a manager that is gone, or no socket, does no harm or is said"):
        name = os.path.join(path, "notify2")
        manager = Manager(name)
        with environment(NOTIFY_SOCKET=name), socket.create_server((HOST, centre.port)):
            with contextlib.suppress(rig.Failed):
                centre.start()
            centre.kill()
        need(manager.count("READY=1") == 0, manager.heard)
        manager.socket.close()
        with environment(NOTIFY_SOCKET=name):
            centre.start()
        need(centre.stop() == 0, "it did not end well")
        for wrong in ("relative", "/" + "a" * 200):
            with environment(NOTIFY_SOCKET=wrong), contextlib.suppress(rig.Failed):
                centre.start()
                need(False, f"it started with {wrong}")
            centre.kill()


def watched(tap, centre, tablet, path):
    name = os.path.join(path, "notify3")
    with tap.test("signs of life come three times in a span; for another process they do not"):
        manager = started(centre, name, WATCHDOG_USEC=str(int(WATCHDOG_S * 1e6)), WATCHDOG_PID="1")
        time.sleep(WATCHDOG_S)
        need(manager.count("WATCHDOG=1") == 0, "they came for process 1")
        centre.stop()
        manager.socket.close()
        os.unlink(name)
        manager = started(centre, name, WATCHDOG_USEC=str(int(WATCHDOG_S * 1e6)))
        since = time.monotonic()
        time.sleep(3 * WATCHDOG_S)
        count = manager.count("WATCHDOG=1", since)
        need(6 <= count <= 12, f"{count} in three spans")
    with tap.test("they stop while the write thread hangs, though the loop answers, and come again afterwards"):
        tablet.sync()
        session = tablet.sessions(next(iter(tablet.groups().values())))[0]
        people = [int(line["participant"]) for line in tablet.done("sheet", "--session", session)["lines"]]
        tablet.mark(session, {p: "present" for p in people})
        lock = sqlite3.connect(centre.store, isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")         # no transaction of the centre's can begin now
        sync = tablet.begin("sync")
        end = time.monotonic() + rig.CALL_S
        while "ev=stuck" not in centre.log():           # as soon as the tablet's push is with the write thread, and a while after that
            need(time.monotonic() < end, "the log does not say that it hangs")
            time.sleep(0.02)
        since = time.monotonic()
        time.sleep(1.5 * WATCHDOG_S)
        with socket.create_connection((HOST, centre.port), rig.CALL_S):
            pass
        need(manager.count("WATCHDOG=1", since) == 0, "signs of life from a process that hangs")
        lock.execute("ROLLBACK")
        lock.close()
        before = manager.count("WATCHDOG=1")
        manager.wait("WATCHDOG=1", before + 3)
        need("ev=gets_on_again" in centre.log(), "the log does not say so")
        sync.wait(30)
        tablet.sync()
        need(tablet.status()["waiting"] == 0, "it was not sent")
    with tap.test("a long verb is no hanging"):
        since = time.monotonic()
        centre("verify", parse=False)
        time.sleep(WATCHDOG_S)
        need(manager.count("WATCHDOG=1", since) >= 2, "no signs of life")


def units(tap, path):
    names = sorted(n for n in os.listdir(UNITS) if n.endswith(".service"))
    if not shutil.which("systemd-analyze"):
        print("skip the units are shut in systemd-analyze is not here", flush=True)
        return
    with tap.test(f"the units are shut in: exposure at most {EXPOSURE_MAX}"):
        need(len(names) >= 2, names)
        for name in names:
            text = open(os.path.join(UNITS, name), encoding="utf-8").read().replace("@PREFIX@", "/usr")
            unit = os.path.join(path, name)
            with open(unit, "w", encoding="utf-8") as file:
                file.write(text)
            done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", unit], capture_output=True,
                                  timeout=60, check=False)
            match = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout.decode(errors="replace"))
            need(match, f"{name}: {rig.text(done.stdout + done.stderr)}")
            need(float(match[1]) <= EXPOSURE_MAX, f"{name}: {match[1]}")
            tap.figure(name, match[1])
    with tap.test("every line of every unit is one that systemd knows"):
        for name in sorted(os.listdir(UNITS)):
            if not name.endswith((".service", ".timer")):
                continue
            unit = os.path.join(path, name)
            with open(os.path.join(UNITS, name), encoding="utf-8") as source, open(unit, "w", encoding="utf-8") as file:
                file.write(source.read().replace("@PREFIX@/bin/samlingd", "/bin/true").replace("@PREFIX@", "/usr"))
        for name in sorted(os.listdir(UNITS)):
            if name.endswith((".service", ".timer")):
                done = subprocess.run(["systemd-analyze", "verify", "--man=no", os.path.join(path, name)], capture_output=True,
                                      timeout=60, check=False)
                said = [line for line in (done.stdout + done.stderr).decode().splitlines() if "samling" in line]
                need(not said, f"{name}: {said}")


def expanded(name):
    """The system calls of one of systemd's sets, with those of the sets in it."""
    out = set()
    done = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager", name], capture_output=True, timeout=60, check=True)
    for line in done.stdout.decode().splitlines()[1:]:
        word = line.strip()
        if word.startswith("@"):
            out |= expanded(word)
        elif word and not word.startswith("#"):
            out.add(word)
    return out


def filtered(unit):
    """What the unit's SystemCallFilter lines let through."""
    allowed = set()
    for line in open(os.path.join(UNITS, unit), encoding="utf-8"):
        if line.startswith("SystemCallFilter="):
            words = line.strip().split("=", 1)[1]
            calls = set().union(*(expanded(w) if w.startswith("@") else {w} for w in words.lstrip("~").split()))
            allowed = allowed - calls if words.startswith("~") else allowed | calls
    return allowed


def free_port():
    with socket.create_server((HOST, 0)) as s:
        return s.getsockname()[1]


def system_calls(tap, centre, tablet, path):
    if not shutil.which("strace") or not shutil.which("systemd-analyze"):
        print("skip the system calls of a day's work are those that the unit allows strace or systemd-analyze is not here", flush=True)
        return
    with tap.test("the system calls of a day's work are those that the unit allows"):
        trace, port = os.path.join(path, "trace"), free_port()
        centre.stop()
        server = subprocess.Popen(["strace", "-f", "-qq", "-o", trace, rig.SAMLINGD, "serve", "--home", centre.home, "--bind", HOST,
                                   "--port", str(centre.port), "--metrics-port", str(port), "--no-qr"], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=rig.clean_environment())
        need(any(line.startswith(b"ready") for line in iter(server.stdout.readline, b"")), "it does not start under strace")
        session = tablet.sessions(next(iter(tablet.groups().values())))[0]
        people = [int(line["participant"]) for line in tablet.done("sheet", "--session", session)["lines"]]
        tablet.mark(session, {p: "no-show" for p in people})
        tablet.sync()
        centre("backup", "key", os.path.join(path, "key"), parse=False)
        for words in (("backup",), ("backup", "--encrypt", os.path.join(path, "key.pub")), ("verify",), ("status",), ("rebuild",),
                      ("cert", "show"), ("device", "list")):
            centre(*words, parse=False)
        with socket.create_connection((HOST, port), 5) as end:
            end.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
            need(end.recv(100).startswith(b"HTTP/1.1 200"), "no figures")
        with open(f"/proc/{server.pid}/task/{server.pid}/children", encoding="ascii") as file:
            os.kill(int(file.read().split()[0]), 15)
        server.wait(30)
        server.stdout.close()
        with open(trace, encoding="utf-8", errors="replace") as file:
            calls = set(re.findall(r"^\d+ +([a-z_0-9]+)\(", file.read(), re.M))
        need({"fdatasync", "accept4", "sendto"} & calls and len(calls) > 40, f"only {sorted(calls)}")
        # SQLite gives files away only where it is run by root, which the unit never does
        outside = calls - filtered("samlingd.service") - ({"fchown"} if os.geteuid() == 0 else set())
        need(not outside, f"the unit refuses {sorted(outside)}")
        tap.figure("different system calls", len(calls))
        centre.start()


def main():
    tap = rig.Tap()
    with rig.folder() as path, rig.Centre(os.path.join(path, "centre")) as centre:
        clinic = centre.clinic()
        centre.group(clinic, "Bevegelse", 6, weekday=1)
        centre.user(clinic)
        tablet = centre.tablet(os.path.join(path, "tablet"), clinic)
        told(tap, centre, path)
        watched(tap, centre, tablet, path)
        units(tap, path)
        system_calls(tap, centre, tablet, path)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
