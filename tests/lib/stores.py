"""Stores of centre and tablets from the outside: copies, sums, ops and rows, read with SQL alone."""
import contextlib
import os
import shutil
import sqlite3
import tempfile
import time
import zlib

from tap import Failed, ROOT, U64, need


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
    out, seen = {}, set()
    query = "SELECT first_csn, first_seq, count, skip, deflated, raw FROM push WHERE device_no = ? ORDER BY first_csn"
    for first_csn, first_seq, count, skip, deflated, raw in db.execute(query, (device_no,)):
        body = inflate(raw, deflated)[:-16] if deflated else raw
        ops = [value for number, value in fields(body) if number == 4]
        need(len(ops) == skip + count, f"device {device_no}: a batch of {len(ops)} ops is noted as {skip} + {count}")
        for i, op in enumerate(ops[skip:]):
            need(first_seq + i not in seen, f"device {device_no}: seq {first_seq + i} stands at the centre twice")
            seen.add(first_seq + i)
            row = next((dict(fields(value)) for number, value in fields(op) if number == 8), None)
            if row is not None:
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
