"""Real processes and real files for the end-to-end tests: a centre and tablets on the command line. What they print, their stores,
a line between them and what a kill has hit are rooms of their own, and found here too: tests say rig.Line, rig.Wal, rig.need."""
import contextlib
import json
import os
import sqlite3
import subprocess
import threading

from kill import Wal, judging, lock_held, process_state, stop_and_look  # noqa: F401
from line import Line  # noqa: F401
from stores import (  # noqa: F401
    attendance, centre_sums, copied, copy_store, csn_gapless, fields, inflate, integrity, key_parts, mix, ops_at_centre,
    stamp, tablet_noted_sums, tablet_sums, varint, watermarks)
from tap import (  # noqa: F401
    ATTENTION, BUILD, BUSY, CALL_S, CLOCK, ERROR, Failed, GONE, HOST, NOT_FOUND, NOT_JOINED, NO_LIMITS, OK, ROOT,
    SAMLING, SAMLINGD, SPLIT_S, START_S, Tap, U64, USAGE, WAITING, clean_environment, folder, need, seed_from, text)


# ---- the centre

def seen(command):
    """(exit code, output, error) of a command, as people get it."""
    done = subprocess.run([*map(str, command)], stdin=subprocess.DEVNULL, capture_output=True, timeout=CALL_S, check=False,
                          env=clean_environment())
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class Centre:
    """with Centre(FOLDER) as centre: centre("clinic", "add", "Porsgrunn")["id"]

    The folder holds home/ (as samlingd makes it) and serve.log. The port is chosen at the first start and then kept."""

    def __init__(self, path, init=True):
        os.makedirs(path, exist_ok=True)
        self.path = path
        self.home = os.path.join(path, "home")
        self.store = os.path.join(self.home, "data", "samling.db")
        self.log_path = os.path.join(path, "serve.log")
        self.port = 0
        self.server = None
        if init:
            self("init", "--host", HOST, parse=False)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()

    def __call__(self, *words, parse=True):
        """Runs a verb (beside or without the server); what it answered, as JSON unless ${parse} is False."""
        command = [SAMLINGD, *map(str, words), "--home", self.home] + (["--json"] if parse else [])
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=CALL_S, check=False,
                              env=clean_environment())
        need(done.returncode == 0, lambda: f"samlingd {' '.join(map(str, words))}: exit {done.returncode}: {text(done.stderr)}")
        return json.loads(done.stdout.decode()) if parse else done.stdout.decode()

    def seen(self, *words):
        """As the coordinator sees it: (exit code, output, error)."""
        return seen([SAMLINGD, *words, "--home", self.home])

    def start(self, *options, limits=NO_LIMITS):
        """Runs serve and waits until it has said that it is ready. ${limits}: () for those that the centre has by itself."""
        command = [SAMLINGD, "serve", "--home", self.home, "--bind", HOST, "--port", str(self.port), *limits, *options]
        with open(self.log_path, "ab") as log:
            self.server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                                           env=clean_environment())
        timer = threading.Timer(START_S, self.server.kill)
        timer.start()
        line = b""
        for line in self.server.stdout:         # "ready ADDRESS PORT"
            if line.startswith(b"ready "):
                break
        timer.cancel()
        need(line.startswith(b"ready "), lambda: f"the server does not start: {self.log()}")
        self.port = int(line.split()[2])

    def kill(self):
        """kill -9; returns once the process is gone. False: it was gone before."""
        if not self.server:
            return False
        alive = self.server.poll() is None
        self.server.kill()
        self.server.wait()
        self.server.stdout.close()
        self.server = None
        return alive

    def need_alive(self):
        code = self.server.poll() if self.server else "not started"
        need(code is None, lambda: f"the server has ended by itself ({code}): {self.log(400)}")

    def stop(self):
        """SIGTERM; the server's exit code."""
        if not self.server:
            return None
        self.server.terminate()
        try:
            code = self.server.wait(START_S)
        except subprocess.TimeoutExpired as hung:
            self.kill()
            raise Failed("the server does not end after SIGTERM") from hung
        self.server.stdout.close()
        self.server = None
        return code

    def restart(self, *options):
        self.stop()
        self.start(*options)

    def log(self, last=3000):
        try:
            with open(self.log_path, "rb") as file:
                return file.read()[-last:].decode(errors="replace")
        except OSError:
            return ""

    def rss_kib(self):
        with open(f"/proc/{self.server.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))

    # -- making a small world

    def clinic(self, name="Porsgrunn"):
        return self("clinic", "add", name)["id"]

    def group(self, clinic, name, people, weekday=2, first=None):
        """A weekly group with sessions and ${people} persons: (id, ids of the persons)."""
        when = ["--first", first] if first else []
        group = self("group", "add", "--clinic", clinic, "--name", name, "--weekday", weekday, *when)["id"]
        rows = self("participant", "add", "--count", people, "--prefix", f"Deltaker {name}", "--group", group) if people else []
        return group, [int(row["id"]) for row in rows]

    def user(self, clinic, name="Kari"):
        return self("user", "add", "--clinic", clinic, "--name", name)["id"]

    def invite(self, clinic, label="tablet", port=None):
        """${port}: another than the server's own, for a line between the two."""
        return self("device", "invite", clinic, "--label", label, "--host", HOST, "--port", port or self.port)["invite"]

    def devices(self):
        """device_no -> what device list tells"""
        return {int(row["device_no"]): row for row in self("device", "list")}

    def tablet(self, path, clinic, label="tablet", port=None, user="Kari", approve=True):
        """A tablet with a store in ${path} that has joined and, if wanted, been approved with its six digits."""
        tablet = Tablet(path, user)
        code, said = tablet("join", self.invite(clinic, label, port), "--label", label)
        need(code in (OK, NOT_JOINED) and said.get("state") == "pending", lambda: f"join: exit {code}: {said}")
        tablet.no = int(tablet.status()["device_no"])
        if approve:
            self("device", "approve", tablet.no, said["digits"])
        return tablet

    def read(self):
        """The store, as a copy."""
        return copied(self.store)


# ---- tablets

class Tablet:
    """A store that samling works on: tablet("status") is (exit code, what it printed as JSON)."""

    def __init__(self, path, user="Kari"):
        os.makedirs(path, exist_ok=True)
        self.path = path
        self.home = os.path.join(path, "store")
        self.key = os.path.join(path, "data.key")
        self.store = os.path.join(self.home, "tablet.db")
        self.log = os.path.join(path, "saved.log")      # what mark --log witnesses
        self.user = user
        self.no = 0

    def command(self, *words):
        return [SAMLING, "--store", self.home, "--key-file", self.key, "--user", self.user, "--json", "--lang", "en", *map(str, words)]

    def __call__(self, *words, given=None):
        """${given}: text on its standard input."""
        done = subprocess.run(self.command(*words), input=(given or "").encode(), capture_output=True, timeout=CALL_S, check=False,
                              env=clean_environment())
        need(done.returncode >= 0, lambda: f"samling {words[0]} died of signal {-done.returncode}: {text(done.stderr)}")
        try:
            return done.returncode, json.loads(done.stdout.decode())
        except ValueError as wrong:
            raise Failed(f"samling {words[0]}: exit {done.returncode}, no JSON: {text(done.stdout)} {text(done.stderr)}") from wrong

    def seen(self, *words):
        """As the physiotherapist sees it: (exit code, output, error)."""
        return seen([SAMLING, "--store", self.home, "--key-file", self.key, "--user", self.user, *words])

    def begin(self, *words, given=None):
        """The same without waiting for the end: a process to kill or to finish()."""
        process = subprocess.Popen(self.command(*words), stdin=subprocess.PIPE if given is not None else subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=clean_environment())
        if given is not None:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(given.encode())
                process.stdin.close()
        return process

    def done(self, *words, given=None, codes=(OK,)):
        """What it printed; anything but one of ${codes} is a failure."""
        code, said = self(*words, given=given)
        need(code in codes, lambda: f"samling {' '.join(map(str, words[:4]))}: exit {code}: {said.get('error') or said}")
        return said

    def status(self):
        return self("status")[1]

    def sync(self, *options, codes=(OK,)):
        return self.done("sync", *options, codes=codes)

    def groups(self):
        """name -> id"""
        return {row["name"]: int(row["id"]) for row in self.done("groups")["groups"]}

    def sessions(self, group):
        """ids in order of their days"""
        return [int(row["id"]) for row in self.done("sessions", group)["sessions"]]

    def sheet(self, session):
        """participant -> presence, of those who are marked"""
        lines = self.done("sheet", "--session", session)["lines"]
        return {int(row["participant"]): row["presence"] for row in lines if row["state"] != "none"}

    def mark(self, session, marks, log=True, codes=(OK,)):
        """Saves ${marks} (participant -> word) in one command."""
        return self.done(*self.mark_words(session, log), given=mark_lines(marks), codes=codes)

    def mark_words(self, session, log=True):
        return ["mark", "--session", session, "--from", "-"] + (["--log", self.log] if log else [])

    def logged(self):
        """seq -> (session, participant, presence), as witnessed outside the store"""
        return read_log(self.log)

    def read(self):
        """The store, as a copy."""
        return copied(self.store)


PRESENCE = {"unknown": 0, "present": 1, "notified": 2, "no-show": 3, "not-expected": 4}
PRESENCE_WORD = {value: word for word, value in PRESENCE.items()}


def mark_lines(marks):
    return "".join(f"{participant};{word}\n" for participant, word in marks.items())


def read_log(path):
    out = {}
    try:
        with open(path, encoding="ascii") as file:
            whole = file.read()
    except FileNotFoundError:
        return out
    for line in whole.split("\n")[:-1]:         # what has no newline yet was cut before its fsync
        seq, session, participant, presence = map(int, line.split())
        need(seq not in out, lambda: f"seq {seq} was saved twice")
        out[seq] = (session, participant, presence)
    return out
