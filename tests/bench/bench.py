#!/usr/bin/env python3
"""What samling costs, measured in one run beside what plain SQLite can do: tab-separated lines `name value unit`.

Pushes: eight tablets in eight clinics with full outboxes, PUSH of 100, TLS, FULL sync, all acked; before and after, the two
floors with the median commit size that the server really used. Pulls: a fresh tablet fills a clinic. Bytes are those of
frames, before TLS. SESSIONS (default 500) x 40 marks a tablet sets the size."""
import json
import os
import shutil
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("SAM_BUILD", "build"))
WORK = os.path.join(BUILD, "bench", "work")
SAMLINGD = os.path.join(BUILD, "samlingd")
TABLETS, PEOPLE = 8, 40
SESSIONS = int(os.environ.get("SESSIONS", "500"))
TICK = os.sysconf("SC_CLK_TCK")
STARTED = []        # processes, so that none of them outlives a benchmark that fails


def line(name, value, unit):
    print(f"{name}\t{value:.3f}\t{unit}" if isinstance(value, float) else f"{name}\t{value}\t{unit}", flush=True)


def note(text):
    print(f"# {text}", file=sys.stderr, flush=True)


class Centre:
    """Serves from a new home in WORK, or from one that is there; ${wrap}: a command that runs it, ${host}: where it is reached, ${enter}:
    called in its process first."""

    def __init__(self, name, home=None, wrap=(), host="127.0.0.1", enter=None):
        self.home = home or os.path.join(WORK, name)
        if not home:
            self.verb("init", *(["--host", host] if enter else []))
        os.makedirs(WORK, exist_ok=True)
        self.log = open(os.path.join(WORK, name + ".log"), "w")
        self.process = subprocess.Popen(
            [*wrap, SAMLINGD, "serve", "--home", self.home, "--port", "0", "--bind", host, "--no-qr", "--max-connections", "4096",
             "--handshakes", "4096", "--handshakes-per-address", "4096", "--handshake-seconds", "120", "--idle-seconds", "600",
             "--handshake-rate", "0", "--joins-per-minute", "0", "--ops-per-day", "0", "--connections-per-address", "0"],
            stdout=self.log, stderr=self.log, preexec_fn=enter)
        STARTED.append(self.process)
        for _ in range(600):
            time.sleep(0.05)
            if "ready " in open(self.log.name).read():
                break
        self.port = int(open(os.path.join(self.home, "port")).read())
        self.start_rss = self.rss()

    def verb(self, *words):
        r = subprocess.run([SAMLINGD, *words, "--home", self.home], capture_output=True, text=True)
        if r.returncode:
            raise SystemExit(f"bench: samlingd {' '.join(words)}: {r.stderr.strip()}")
        return r.stdout.strip()

    def __call__(self, *words):
        return json.loads(self.verb(*map(str, words), "--json"))

    def rss(self):
        for row in open(f"/proc/{self.process.pid}/status"):
            if row.startswith("VmRSS"):
                return int(row.split()[1]) / 1024

    def cpu_s(self):
        part = open(f"/proc/{self.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(part[11]) + int(part[12])) / TICK

    def status(self):
        return self("status")

    def clinic(self, number, people):
        name = f"Klinikk {number}"
        self.verb("clinic", "add", name)
        self.verb("user", "add", "--clinic", name, "--name", f"Fysioterapeut {number}", "--role", "physiotherapist")
        self.verb("group", "add", "--clinic", name, "--code", f"B{number}", "--name", f"Bevegelse {number}", "--kind", "movement", "--capacity", "40")
        self.verb("participant", "add", "--group", f"B{number}", "--count", str(people), "--prefix", f"Deltaker {number}-")
        return name

    def invite(self, clinic):
        return next(w for w in self.verb("device", "invite", clinic).split() if w.startswith("https://"))

    def approve_all(self):
        for d in self("device", "list"):
            if d["state"] == "pending":
                self.verb("device", "approve", str(d["device_no"]), str(d["digits"]).zfill(6))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        self.log.close()


class Load:
    """Tablets of tests/bench/load.c; ${more}: its SEED and DAY."""

    def __init__(self, centre, name, invites, sessions, *more, enter=None):
        folder = os.path.join(WORK, name)
        os.makedirs(folder)
        words = [os.path.join(BUILD, "bench", "load"), folder, str(len(invites)), str(sessions), *map(str, more)]
        self.p = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=enter)
        STARTED.append(self.p)
        for i in invites:
            self.p.stdin.write(i + "\n")
        self.say("join")
        centre.approve_all()

    def say(self, word):
        self.p.stdin.write(word + "\n")
        self.p.stdin.flush()
        part = self.p.stdout.readline().split("\t")
        got = {part[i]: float(part[i + 1]) for i in range(0, len(part) - 1, 2)}
        if not got or got["failed"]:
            raise SystemExit(f"bench: tablets failed at {word}: {part}")
        return got

    def quit(self):
        self.p.stdin.write("quit\n")
        self.p.stdin.close()
        self.p.wait(30)


def end_all():
    for process in STARTED:
        if process.poll() is None:
            process.kill()


def floor(kind, ops, per_commit):
    path = os.path.join(WORK, f"floor-{kind}.db")
    for end in ("", "-wal", "-shm"):
        if os.path.exists(path + end):
            os.remove(path + end)
    out = subprocess.run([os.path.join(BUILD, "bench", "floor"), kind, path, str(ops), str(per_commit)], capture_output=True, text=True, check=True)
    return float(out.stdout)


def push_round(number):
    centre = Centre(f"push{number}")
    invites = [centre.invite(centre.clinic(i, PEOPLE)) for i in range(TABLETS)]
    load = Load(centre, f"tablets{number}", invites, SESSIONS)
    saved = load.say("fill")["saved"]
    before = centre.status()
    cpu = centre.cpu_s()
    got = load.say("push")
    cpu = centre.cpu_s() - cpu
    after = centre.status()
    if got["acked"] != saved or after["ops"] - before["ops"] != saved:
        raise SystemExit(f"bench: {saved} saved, {got['acked']} acked, {after['ops'] - before['ops']} at the centre")
    rate = saved / got["acked_s"]
    per_commit = max(int(after["group_ops_median"]), 1)
    load.quit()
    return centre, rate, per_commit, cpu / saved * 1e6, saved


def bench_push():
    centre, rate, per_commit, _, saved = push_round(1)
    note(f"first round: {rate:.0f} records/s, median commit {per_commit} ops")
    centre.stop()
    fixed, tables = [floor("fixed", int(saved), per_commit)], [floor("tables", int(saved), per_commit)]
    centre, rate, per_commit, cpu, saved = push_round(2)
    fixed.append(floor("fixed", int(saved), per_commit))
    tables.append(floor("tables", int(saved), per_commit))
    line("push_records_s", round(rate), "1/s")
    line("commit_ops_median", per_commit, "ops")
    line("floor_records_s", round(statistics.mean(fixed)), "1/s")
    line("floor_same_tables_records_s", round(statistics.mean(tables)), "1/s")
    line("push_ratio", rate / statistics.mean(fixed), "")
    line("push_ratio_same_tables", rate / statistics.mean(tables), "")
    line("server_cpu_us_per_record", cpu, "us")
    return centre


def bench_pull(centre):
    rates = []
    for i in range(3):
        load = Load(centre, f"pull{i}", [centre.invite("Klinikk 0")], 0)
        got = load.say("pull")
        rates.append(got["rows"] / got["seconds"])
        rows = int(got["rows"])
        load.quit()
    line("pull_rows", rows, "rows")
    line("pull_records_s", round(statistics.median(rates)), "1/s")


def bench_bytes():
    """One clinic of 12 people and nine planned sessions; 100 taps, then one, then nothing; then one more past a watcher."""
    centre = Centre("bytes")
    name = "Klinikk B"
    today = str(time.gmtime().tm_wday + 1)
    centre.verb("clinic", "add", name)
    centre.verb("user", "add", "--clinic", name, "--name", "Fysioterapeut B", "--role", "physiotherapist")
    centre.verb("group", "add", "--clinic", name, "--code", "BB", "--name", "Bevegelse B", "--kind", "movement", "--weekday", today, "--start", "10:00",
                "--end", "11:00")
    centre.verb("participant", "add", "--group", "BB", "--count", "12", "--prefix", "Deltaker")
    load = Load(centre, "bytes-tablet", [centre.invite(name)], 0)
    load.say("idle")
    hundred, idle, one = load.say("hundred"), load.say("idle"), load.say("one")
    if hundred["acked"] != 100 or one["acked"] != 1 or idle["acked"] != 0:
        raise SystemExit(f"bench: acked {hundred['acked']}, {one['acked']}, {idle['acked']}")
    line("bytes_per_record_100", (hundred["up"] - idle["up"]) / 100, "B")
    line("bytes_one_record", round(one["up"] - idle["up"]), "B")
    line("bytes_idle_sync", round(idle["up"] + idle["down"]), "B")
    load.quit()
    proxy = Proxy(centre.port)
    watched = Load(centre, "watched", [centre.invite(name).replace(f":{centre.port}/", f":{proxy.port}/")], 0)
    watched.say("idle")
    watched.say("hundred")
    proxy.turns = 0
    if watched.say("one")["acked"] != 1:
        raise SystemExit("bench: the watched mark was not acked")
    line("round_trips_warm_sync", proxy.turns, "")
    watched.quit()
    proxy.close()
    centre.stop()


class Proxy:
    """Forwards one port and counts answers: how often application data turns from up to down after the handshake."""

    def __init__(self, target):
        self.target, self.turns, self.open = target, 0, True
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while self.open:
            try:
                a, _ = self.listener.accept()
            except OSError:
                return
            b = socket.create_connection(("127.0.0.1", self.target))
            last = {"way": None}
            for way, src, dst in (("up", a, b), ("down", b, a)):
                threading.Thread(target=self.pump, args=(way, src, dst, last), daemon=True).start()

    def pump(self, way, src, dst, last):
        pending = b""
        while True:
            try:
                got = src.recv(65536)
            except OSError:
                got = b""
            if not got:
                break
            pending += got
            while len(pending) >= 5 and len(pending) >= 5 + int.from_bytes(pending[3:5], "big"):
                kind, pending = pending[0], pending[5 + int.from_bytes(pending[3:5], "big"):]
                if kind == 23:  # application data
                    if way == "down" and last["way"] == "up":
                        self.turns += 1
                    last["way"] = way
            dst.sendall(got)
        for s in (src, dst):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.open = False
        self.listener.close()


def tls():
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.check_hostname = False
    c.verify_mode = ssl.CERT_NONE
    c.set_alpn_protocols(["samling/1"])
    return c


def bench_connections():
    centre = Centre("connections")
    line("rss_start_mb", centre.start_rss, "MB")
    context = tls()
    held = []
    for _ in range(1000):
        held.append(context.wrap_socket(socket.create_connection(("127.0.0.1", centre.port)), server_hostname="localhost"))
    time.sleep(0.5)
    line("rss_1000_conns_mb", centre.rss(), "MB")
    for s in held:
        s.close()
    time.sleep(0.5)
    # handshakes: two processes for four seconds
    code = ("import socket,ssl,sys,time\n"
            "c=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT);c.check_hostname=False;c.verify_mode=ssl.CERT_NONE;c.set_alpn_protocols(['samling/1'])\n"
            "n=0;end=time.time()+4\n"
            "while time.time()<end:\n"
            "    s=c.wrap_socket(socket.create_connection(('127.0.0.1',int(sys.argv[1]))),server_hostname='localhost');s.close();n+=1\n"
            "print(n)")
    ps = [subprocess.Popen([sys.executable, "-c", code, str(centre.port)], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    line("handshakes_s", sum(int(p.communicate()[0]) for p in ps) / 4, "1/s")
    centre.stop()


def main():
    shutil.rmtree(WORK, ignore_errors=True)
    os.makedirs(WORK)
    centre = bench_push()
    bench_pull(centre)
    centre.stop()
    bench_bytes()
    bench_connections()
    shutil.rmtree(WORK, ignore_errors=True)


if __name__ == "__main__":
    main()
