"""What a kill has hit: frames of a write-ahead log, locks, and whether a process judged an op."""
import contextlib
import fcntl
import os
import signal
import struct
import time


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
