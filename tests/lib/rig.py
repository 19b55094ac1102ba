"""Real processes and real files for the end-to-end tests: a centre, tablets on the command line, their stores read from
copies, a line between them that can be cut, and the lines that the tests print."""
import contextlib
import fcntl
import json
import os
import random
import select
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import tempfile
import threading
import time
import zlib

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("SAM_BUILD", "build"))
SAMLINGD = os.path.join(BUILD, "samlingd")
SAMLING = os.path.join(BUILD, "samling")
HOST = "127.0.0.1"
NO_LIMITS = ("--handshake-rate", "0", "--joins-per-minute", "0", "--ops-per-day", "0")    # all tablets share one address here
U64 = (1 << 64) - 1
CALL_S = 60         # no verb or command takes longer
START_S = 30        # nor does a start
SPLIT_S = 0.0001

# exit codes of samling
OK, ERROR, USAGE, NOT_JOINED, ATTENTION, WAITING, NOT_FOUND, CLOCK, BUSY, GONE = range(10)


class Failed(Exception):
    """Something that must hold does not."""


def need(holds, why):
    if not holds:
        raise Failed(why() if callable(why) else why)


# ---- what a test prints

class Tap:
    """Lines "ok NAME" and "not ok NAME why"; end() is the exit code. ${again}: the command that repeats a failure."""

    def __init__(self, again=""):
        self.again = again
        self.failed = 0

    def ok(self, name):
        print("ok", name, flush=True)

    def not_ok(self, name, why):
        self.failed += 1
        print("not ok", name, " ".join(str(why).split()), flush=True)
        if self.again:
            self.say(f"again with: {self.again}")

    def say(self, text):
        print("#", text, flush=True)

    def figure(self, name, value):
        self.say(f"{name}: {value}")

    @contextlib.contextmanager
    def test(self, name):
        """What goes wrong inside is printed and counted; the program goes on."""
        try:
            yield
        except (Failed, OSError, sqlite3.Error, subprocess.SubprocessError, KeyError, ValueError) as wrong:
            self.not_ok(name, f"{type(wrong).__name__}: {wrong}" if not isinstance(wrong, Failed) else wrong)
        else:
            self.ok(name)

    def end(self):
        return 1 if self.failed else 0


@contextlib.contextmanager
def folder(prefix="samling-", in_memory=False):
    """A scratch folder that goes away again, whatever happens; SAM_KEEP=1 keeps it. ${in_memory}: where fsync costs nothing, if
    there is such a place."""
    place = "/dev/shm" if in_memory and os.access("/dev/shm", os.W_OK) else None
    path = tempfile.mkdtemp(prefix=prefix, dir=place)
    try:
        yield path
    finally:
        if not os.environ.get("SAM_KEEP"):
            shutil.rmtree(path, ignore_errors=True)


def clean_environment():
    drop = ("SAMLING_HOME", "SAMLING_KEY_FILE", "SAMLING_USER", "LC_ALL", "LC_MESSAGES", "LANG", "COLUMNS")
    return {name: value for name, value in os.environ.items() if name not in drop}


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


# ---- stores, from the outside

class copied:
    """with copied(STORE) as db: a copy of the database file and its log, opened; the original is only read."""

    def __init__(self, store):
        self.store = store
        self.db = self.path = None

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="samling-copy-")
        target = os.path.join(self.path, "copy.db")
        copy_store(self.store, target)
        self.db = sqlite3.connect(target)
        return self.db

    def __exit__(self, *_):
        self.db.close()
        shutil.rmtree(self.path, ignore_errors=True)


def copy_store(store, target):
    """The file and its write-ahead log. While a process writes there, the copy is tried again until nothing moved meanwhile."""
    for _ in range(50):
        before = stamp(store)
        for end in ("", "-wal"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(target + end)
            with contextlib.suppress(FileNotFoundError):
                shutil.copyfile(store + end, target + end)
        if stamp(store) == before:
            return
        time.sleep(0.02)
    raise Failed(f"{os.path.basename(store)} is never at rest")


def stamp(store):
    out = []
    for end in ("", "-wal"):
        try:
            s = os.stat(store + end)
            out.append((s.st_ino, s.st_size, s.st_mtime_ns))
        except FileNotFoundError:
            out.append(None)
    return out


def integrity(db):
    return db.execute("PRAGMA integrity_check(1)").fetchone()[0]


def mix(entity, key, csn):
    """One row's part of a scope's checksum (proto/README.md, 7)."""
    def splitmix64(x):
        x = (x + 0x9E3779B97F4A7C15) & U64
        x = ((x ^ x >> 30) * 0xBF58476D1CE4E5B9) & U64
        x = ((x ^ x >> 27) * 0x94D049BB133111EB) & U64
        return x ^ x >> 31
    s = splitmix64(entity)
    for part in key:
        s = splitmix64(s ^ part & U64)
    return splitmix64(s ^ csn & U64)


def tablet_sums(db):
    """scope -> (rows, sum), counted from a tablet's rows and not from what it noted about them."""
    parts = key_parts()
    out = {}
    for scope, slot in db.execute("SELECT id, slot FROM scope").fetchall():
        rows = db.execute("SELECT entity, csn, k1, k2, k3, k4 FROM row WHERE slot = ?", (slot,)).fetchall()
        total = sum(mix(entity, key[:parts.get(entity, 1)], csn) for entity, csn, *key in rows)
        out[scope] = (len(rows), total & U64)
    return out


def tablet_noted_sums(db):
    return {scope: (rows, total & U64) for scope, rows, total in db.execute("SELECT id, rows, sum FROM scope")}


def centre_sums(db):
    return {scope: (rows, total & U64) for scope, rows, total in db.execute("SELECT id, rows, sum FROM scope WHERE listed = 1")}


_parts = {}


def key_parts():
    """Number in the oneof of Row -> how many parts the key has, of the entities where that is not one."""
    many = {"Attendance": 2, "Enrolment": 2, "Ruling": 3, "ExerciseSet": 4, "Consent": 2, "SessionLeader": 2, "GroupLeader": 2}
    if not _parts:
        with open(os.path.join(ROOT, "proto", "samling.proto"), encoding="utf-8") as file:
            schema = file.read()
        row = schema[schema.index("message Row {"):]
        for line in row[:row.index("\n}")].split("\n"):
            words = line.replace(";", "").split()
            if len(words) >= 4 and words[0] in many and words[2] == "=":
                _parts[int(words[3])] = many[words[0]]
        need(len(_parts) >= 4, "the schema has no Attendance, Enrolment, ExerciseSet and Consent in Row")
    return _parts


# ---- ops as the centre keeps them

def fields(data):
    """A protobuf message: (number, value); value is int or bytes."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        kind = tag & 7
        if kind == 0:
            value, at = varint(data, at)
        elif kind == 1:
            value, at = int.from_bytes(data[at:at + 8], "little"), at + 8
        elif kind == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        elif kind == 5:
            value, at = int.from_bytes(data[at:at + 4], "little"), at + 4
        else:
            raise Failed(f"wire type {kind}")
        yield tag >> 3, value


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at += 1
        shift += 7
        if byte < 128:
            return value, at


def inflate(raw, deflated):
    return zlib.decompressobj(-15).decompress(raw) if deflated else raw


def ops_at_centre(db, device_no):
    """seq -> (csn, session, participant, presence) of a device's attendance ops, out of the batches as they came. A seq that
    stands there twice is a failure."""
    out = {}
    query = "SELECT first_csn, first_seq, count, skip, deflated, raw FROM push WHERE device_no = ? ORDER BY first_csn"
    for first_csn, first_seq, count, skip, deflated, raw in db.execute(query, (device_no,)):
        body = inflate(raw, deflated)[:-16] if deflated else raw
        ops = [value for number, value in fields(body) if number == 4]
        need(len(ops) == skip + count, f"device {device_no}: a batch of {len(ops)} ops is noted as {skip} + {count}")
        for i, op in enumerate(ops[skip:]):
            need(first_seq + i not in out, f"device {device_no}: seq {first_seq + i} stands at the centre twice")
            row = next((dict(fields(value)) for number, value in fields(op) if number == 8), {})
            out[first_seq + i] = (first_csn + i, row.get(1), row.get(2), row.get(3, 0))
    return out


def attendance(db):
    """(session, participant) -> presence, from the centre's table"""
    return {(s, p): v for s, p, v in db.execute("SELECT session, participant, presence FROM attendance WHERE dead <= 0")}


def watermarks(db):
    """device_no -> (acked_seq, acked_csn)"""
    return {no: (seq, csn) for no, seq, csn in db.execute("SELECT device_no, acked_seq, acked_csn FROM device")}


def csn_gapless(db):
    """The number of csns given; every one of them belongs to exactly one batch, or it is a failure."""
    at = 1
    for first, count in db.execute("SELECT first_csn, count FROM push ORDER BY first_csn"):
        need(first == at, f"csn {at} was expected, the next batch starts at {first}")
        at = first + count
    return at - 1


# ---- a line between tablet and centre

class Line:
    """Forwards bytes to a port; may be cut after a number of bytes, or carry one byte at a time.

    plan(cut_up=N): up to N bytes go up (all connections of the plan together), then both ways are reset, or closed where
    reset is False; cut_down likewise. split: every byte travels in a segment of its own. keep: seen("up"), seen("down") are
    the bytes. up and down count what has been forwarded since plan()."""

    def __init__(self, port):
        self.to = port
        self.lock = threading.Lock()
        self.plan()
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((HOST, 0))
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def plan(self, cut_up=None, cut_down=None, split=False, reset=True, keep=False):
        with self.lock:
            self.run = {"up": 0, "down": 0, "limit": {"up": cut_up, "down": cut_down}, "split": split, "reset": reset, "cut": False,
                        "open": 0, "seen": {"up": bytearray(), "down": bytearray()} if keep else None}

    def seen(self, way):
        return bytes(self.run["seen"][way])

    @property
    def up(self):
        return self.run["up"]

    @property
    def down(self):
        return self.run["down"]

    @property
    def was_cut(self):
        return self.run["cut"]

    def settle(self, seconds=5):
        """Waits until no connection of the plan is open any more."""
        end = time.monotonic() + seconds
        while self.run["open"] and time.monotonic() < end:
            time.sleep(0.0005)

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            run = self.run
            with self.lock:
                run["open"] += 1
            threading.Thread(target=self.carry, args=(near, run), daemon=True).start()

    def carry(self, near, run):
        far = None
        try:
            if not run["cut"]:
                far = socket.create_connection((HOST, self.to), 10)
                for end in (near, far):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.pump(near, far, run)
        except OSError:
            pass
        finally:
            hard = run["cut"] and run["reset"]
            for end in (near, far):
                if end:
                    if hard:
                        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    end.close()
            with self.lock:
                run["open"] -= 1

    @staticmethod
    def pump(near, far, run):
        ways = {near: (far, "up"), far: (near, "down")}
        poll = select.poll()
        by_no = {end.fileno(): end for end in ways}
        for no in by_no:
            poll.register(no, select.POLLIN)
        if 0 in run["limit"].values():
            run["cut"] = True
            return
        while by_no:
            for no, _ in poll.poll(30000) or [(None, 0)]:
                if no is None:
                    return
                end = by_no[no]
                other, way = ways[end]
                limit = run["limit"][way]
                room = 65536 if limit is None else limit - run[way]
                data = end.recv(min(room, 65536))
                if not data:
                    poll.unregister(no)
                    del by_no[no]
                    with contextlib.suppress(OSError):
                        other.shutdown(socket.SHUT_WR)
                    continue
                if run["split"]:
                    for i in range(len(data)):
                        other.sendall(data[i:i + 1])
                        time.sleep(SPLIT_S)     # else they meet again before the reader wakes up
                else:
                    other.sendall(data)
                run[way] += len(data)
                if run["seen"]:
                    run["seen"][way] += data
                if limit is not None and run[way] >= limit:
                    run["cut"] = True
                    return

    def close(self):
        self.listener.close()


# ---- what a kill has hit

class Wal:
    """Reads a store's write-ahead log after its process was killed: was a transaction half written?

    Frames behind the last commit frame that carry the log's salts and continue its checksum belong to a transaction whose
    writing had begun and whose commit had not. What an earlier kill left there is not counted again."""

    def __init__(self, store):
        self.path = store + "-wal"
        self.known = None       # (salts, frames that were checked, checksum there, last commit)
        self.tail = None        # what lay behind the last commit

    @staticmethod
    def checksum(data, seed, order):
        s0, s1 = seed
        words = struct.unpack(f"{order}{len(data) // 4}I", data)
        for i in range(0, len(words), 2):
            s0 = (s0 + words[i] + s1) & 0xFFFFFFFF
            s1 = (s1 + words[i + 1] + s0) & 0xFFFFFFFF
        return s0, s1

    def frames_behind(self):
        """Number of frames of an unfinished transaction that was not there at the last call."""
        try:
            with open(self.path, "rb") as file:
                return self.scan(file)
        except FileNotFoundError:
            self.known = self.tail = None
            return 0

    def scan(self, file):
        head = file.read(32)
        if len(head) < 32:
            return 0
        magic, _, page, _, salt1, salt2, sum1, sum2 = struct.unpack(">8I", head)
        order = ">" if magic & 1 else "<"
        salts, at, check, commit = (salt1, salt2), 0, (sum1, sum2), 0
        if self.known and self.known[0] == salts:   # the checked part grows only, up to the last commit
            at, check, commit = self.known[1], self.known[2], self.known[1]
        at_commit = check
        file.seek(32 + at * (24 + page))
        while len(frame := file.read(24 + page)) == 24 + page:
            _, size, f1, f2, c1, c2 = struct.unpack(">6I", frame[:24])
            check = self.checksum(frame[24:], self.checksum(frame[:8], check, order), order)
            if (f1, f2) != salts or check != (c1, c2):
                break
            at += 1
            last = check
            if size:
                commit, at_commit = at, check
        behind = at - commit
        self.known = (salts, commit, at_commit)
        tail = (salts, commit, at, last) if behind else None
        new = tail if tail != self.tail else None
        self.tail = tail
        return behind if new else 0


def stop_and_look(process, shm):
    """Stops a process (SIGSTOP) and tells whether it holds the store's write lock just then: whether a transaction is open.
    To be killed next."""
    process.send_signal(signal.SIGSTOP)
    end = time.monotonic() + 2
    while process_state(process.pid) not in "TtZX" and time.monotonic() < end:
        pass
    return lock_held(process.pid, shm)


def lock_held(pid, shm):
    """Does the process hold the store's write lock? Byte 120 of the shared memory file is SQLite's WAL_WRITE_LOCK."""
    try:
        with open(shm, "rb") as file:
            ask = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 120, 1, 0)
            kind, _, _, _, holder = struct.unpack("hhqqi4x", fcntl.fcntl(file.fileno(), fcntl.F_GETLK, ask))
    except FileNotFoundError:
        return False
    return kind != fcntl.F_UNLCK and holder == pid


def process_state(pid):
    """Of its threads the one that still runs, if any does."""
    states = ""
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/stat", encoding="utf-8", errors="replace") as file:
                states += file.read().rsplit(")", 1)[1].split()[0]
    return next((s for s in states if s not in "TtZX"), states[:1] or "X")


def judging(store):
    """The op that the judge had in hand when the process ended, or None: (device_no, seq, attempts)."""
    with contextlib.suppress(OSError, struct.error):
        with open(store + ".judging", "rb") as file:
            device_no, seq, attempts, active = struct.unpack("<4Q", file.read(32))
        return (device_no, seq, attempts) if active else None
    return None


def text(data):
    return " ".join(data.decode(errors="replace").split())[-600:]


def seed_from(arguments):
    """The seed given, or a new one."""
    return arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(1 << 32)
