"""What is compared, each behind the same words: samling as it is shipped, express-pouchdb with PouchDB, and plain SQLite as a floor.

${people} of GYM makes a clinic whose one group has a plan, of which marks are tapped one by one. tablets(sessions, where): one in each clinic, or
only there; ${port}: of a proxy. ${wrap}, ${host}, ${enter}: as bench.Centre takes them."""
import os
import subprocess
import time

import bench
import pouch

PEOPLE, GYM, SEED = 40, 12, 7


class Samling:
    """build/samlingd over TLS with its own library's tablets (load.c): a connection for each sync, a full handshake each time."""
    name = "samling"

    def __init__(self, name, clinics, people, wrap=(), host="127.0.0.1", enter=None):
        self.server = bench.Centre(name, None, wrap, host, enter)
        self.clinics, self.base = [self.clinic_make(self.server, i, people) for i in range(clinics)], name
        self.made = 0

    @staticmethod
    def clinic_make(centre, number, people):
        """With ${people} of GYM: nine planned sessions, as a gym has them."""
        if people != GYM:
            return centre.clinic(number, people)
        name, verb = f"Klinikk {number}", centre.verb
        verb("clinic", "add", name)
        verb("user", "add", "--clinic", name, "--name", f"Fysioterapeut {number}", "--role", "physiotherapist")
        verb("group", "add", "--clinic", name, "--code", f"B{number}", "--name", f"Bevegelse {number}", "--kind", "movement", "--weekday",
             str(time.gmtime().tm_wday + 1), "--start", "10:00", "--end", "11:00")
        verb("participant", "add", "--group", f"B{number}", "--count", str(people), "--prefix", "Deltaker")
        return name

    def tablets(self, sessions, where=None, port=None, enter=None):
        invites = [self.server.invite(name) for name in (self.clinics if where is None else [self.clinics[where]])]
        if port:
            invites = [one.replace(f":{self.server.port}/", f":{port}/") for one in invites]
        self.made += 1
        return bench.Load(self.server, f"{self.base}-tablets-{self.made}", invites, sessions, SEED, enter=enter)

    def stop(self):
        self.server.stop()


class Pouch:
    """express-pouchdb 4.2 on LevelDB with PouchDB 9 tablets, over Node's own TLS; a database for each clinic, a document for each mark."""
    name = "pouchdb"

    def __init__(self, name, clinics, people, wrap=(), host="127.0.0.1", enter=None, tls=True):
        self.server = pouch.Server(name, clinics, tls, wrap, host, enter)
        self.count, self.people = clinics, people

    def tablets(self, sessions, where=None, port=None, enter=None):
        urls = [self.server.url(i, port) for i in (range(self.count) if where is None else [where])]
        return pouch.Tablets(urls, self.people, sessions, SEED, enter)

    def stop(self):
        self.server.stop()


PEERS = (Samling, Pouch)


def floor(records, per_commit=500, wrap=()):
    """(records/s, CPU µs per record, MB resident) of one SQLite process that nobody talks to."""
    path = os.path.join(bench.WORK, "floor.db")
    for end in ("", "-wal", "-shm"):
        if os.path.exists(path + end):
            os.remove(path + end)
    words = [*wrap, os.path.join(bench.BUILD, "bench", "floor"), "fixed", path, str(records), str(per_commit)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        rate = float(process.stdout.read())
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"bench: floor: {process.returncode}")
    return rate, (used.ru_utime + used.ru_stime) / records * 1e6, used.ru_maxrss / 1024


def floor_pull(records):
    """Rows of one of eight clinics, read back in order of their change by its index: records/s."""
    import sqlite3
    db = sqlite3.connect(os.path.join(bench.WORK, "floor.db"))
    began = time.perf_counter()
    rows = db.execute("SELECT * FROM attendance WHERE scope = 2 ORDER BY csn").fetchall()
    took = time.perf_counter() - began
    db.close()
    if len(rows) * 8 != records:
        raise SystemExit(f"bench: {len(rows)} rows of {records} are one clinic's?")
    return len(rows) / took
