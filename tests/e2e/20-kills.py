#!/usr/bin/python3
"""Goal: kill -9 of the centre and of tablets, at any instant, loses nothing that was saved or acked and doubles nothing.

Real processes, real files, seeded random instants: half of them anywhere within the command at hand, half of them aimed at
a transaction that is being written. The witness is a file outside the stores: `samling mark --log` adds a line for each mark,
fsynced, only after the save has returned. At the end
  - each device's ops at the centre are exactly those it saved, 1 … n, in content too, and its watermark is n;
  - the attendance table holds the last of them for each person and session, and nothing else;
  - all tablets have 0 waiting, and their rows and checksums are those of the centre.
After each kill of a tablet the store must hold all marks of its command or none, and all that the witness names; after each
kill of the centre its watermark must not lie below what a tablet was told.
"""
import argparse
import collections
import os
import random
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from rig import need  # noqa: E402

WRITERS = 3
PEOPLE = 700            # in each of the groups; tablet i marks group i, so no two tablets mark the same person
OUTBOX = 400            # ops that wait on a tablet when a push is to be killed
SYNC = ("sync", "--quiet")
QUARANTINED, CRASHED = 5, 8


class Writer:
    """A tablet that marks its own group, and what it must have saved."""

    def __init__(self, world, tablet, group, people):
        self.world, self.tablet, self.group, self.people = world, tablet, group, people
        self.sessions = []
        self.saved = {}         # seq -> (session, participant, presence)
        self.told = 0           # seq up to which the centre has acked
        self.wal = rig.Wal(tablet.store)
        self.unlogged = 0       # ops saved by a command that was killed before the witness had them

    def plan(self, count):
        dice = self.world.dice
        session = dice.choice(self.sessions)
        return session, {p: dice.choice(list(rig.PRESENCE)) for p in dice.sample(self.people, count)}

    def reconcile(self, session, marks):
        """After the end of a command, by itself or not: all of it is saved, or nothing. True: saved."""
        status = self.tablet.status()
        saved, before = int(status["saved"]), len(self.saved)
        need(saved in (before, before + len(marks)),
             lambda: f"device {self.tablet.no}: {saved - before} of {len(marks)} marks of one command are saved")
        for participant, word in marks.items() if saved > before else ():
            self.saved[len(self.saved) + 1] = (session, participant, rig.PRESENCE[word])
        self.waits(status)
        mend(self.tablet.log)
        logged = self.tablet.logged()
        wrong = [seq for seq, what in logged.items() if self.saved.get(seq) != what]
        need(not wrong, lambda: f"device {self.tablet.no}: logged as saved, but not in the store: {wrong[:5]}")
        if saved > before and saved not in logged:
            self.unlogged += len(marks)
        return saved > before

    def waits(self, status=None):
        """Ops waiting, as the store says; what it knows to be acked never falls."""
        status = status or self.tablet.status()
        acked = int(status["saved"]) - int(status["waiting"])
        need(acked >= self.told, lambda: f"device {self.tablet.no}: acked fell from {self.told} to {acked}")
        self.told = acked
        return int(status["waiting"])

    def fill_outbox(self):
        while self.waits() < OUTBOX:
            session, marks = self.plan(OUTBOX)
            self.tablet.mark(session, marks)
            self.reconcile(session, marks)


def mend(log):
    """A last line without its end was never fsynced: it goes, so that the next one stands by itself."""
    if os.path.exists(log):
        with open(log, "rb+") as file:
            data = file.read()
            file.truncate(data.rfind(b"\n") + 1)


class World:
    def __init__(self, folder, seed, tap):
        self.folder, self.tap = folder, tap
        self.dice = random.Random(seed)
        self.centre = rig.Centre(os.path.join(folder, "centre"))
        self.wal = rig.Wal(self.centre.store)
        self.count = collections.Counter()
        self.readers = []
        self.extra = 0

    def populate(self):
        self.centre.start()
        self.clinic = self.centre.clinic()
        groups = [self.centre.group(self.clinic, f"G{i}", PEOPLE) for i in range(WRITERS)]
        self.centre.user(self.clinic)
        self.writers = []
        for i, (group, people) in enumerate(groups):
            tablet = self.centre.tablet(os.path.join(self.folder, f"writer-{i}"), self.clinic, f"writer {i}")
            tablet.sync()
            writer = Writer(self, tablet, group, people)
            writer.sessions = tablet.sessions(group)
            for session in writer.sessions[:2]:         # so that a first fill has thousands of rows
                marks = dict.fromkeys(people, "present")
                tablet.mark(session, marks)
                writer.reconcile(session, marks)
            tablet.sync()
            self.writers.append(writer)

    def reader(self):
        """A tablet that has joined and has everything still to fetch."""
        self.extra += 1
        tablet = self.centre.tablet(os.path.join(self.folder, f"reader-{self.extra}"), self.clinic, f"reader {self.extra}")
        tablet.wal = rig.Wal(tablet.store)
        self.readers.append(tablet)
        return tablet

    # -- tablets

    def took(self, make, run, times=3):
        """Median seconds of a command that nothing disturbs."""
        out = []
        for _ in range(times):
            what = make()
            start = time.monotonic()
            run(what)
            out.append(time.monotonic() - start)
        return statistics.median(out)

    def kill_tablet(self, process, store, took, kind):
        """Kills at a random instant; False: it had ended by itself."""
        end = time.monotonic() + self.dice.uniform(0.001, took * 1.02)
        if self.dice.random() < 0.5:                    # aimed: once its log has grown by some frames, or shortly after
            frames, log = self.dice.choice((1, 1, 2, 3, 4, 6, 8, 12, 16, 32)), store + "-wal"
            late = self.dice.choice((0, self.dice.uniform(0, 0.004)))
            begun, end = size(log), time.monotonic() + took
            while process.poll() is None and size(log) < begun + frames * 4120 and time.monotonic() < end:
                pass
            end = time.monotonic() + late
        while (left := end - time.monotonic()) > 0 and process.poll() is None:
            time.sleep(min(left, 0.005) if left > 0.0005 else 0)
        process.kill()
        code = process.wait(rig.CALL_S)
        if code != -9:
            need(code == rig.OK, lambda: f"{kind}: it ended by itself, exit {code}")
            return False
        self.count["tablet"] += 1
        self.count[kind] += 1
        return True

    def tablets_in_marks_and_pushes(self, kills):
        mark_s = self.took(lambda: None, lambda _: self.mark_once())
        push_s = self.took(lambda: self.writers[0].fill_outbox(), lambda _: self.writers[0].tablet.sync())
        self.tap.figure("a mark of 400 takes", f"{mark_s * 1000:.0f} ms, a push of as many {push_s * 1000:.0f} ms")
        goal, tries = self.count["tablet"] + kills, 0
        while self.count["tablet"] < goal:
            tries += 1
            need(tries < 4 * kills + 20, "the commands end before they can be killed")
            writer = self.dice.choice(self.writers)
            if self.dice.random() < 0.4:
                session, marks = writer.plan(OUTBOX)
                process = writer.tablet.begin(*writer.tablet.mark_words(session), given=rig.mark_lines(marks))
                killed = self.kill_tablet(process, writer.tablet.store, mark_s, "mark")
                self.count["tablet_tail"] += writer.wal.frames_behind() > 0
                before = writer.unlogged
                saved = writer.reconcile(session, marks)
                self.count["tablet_unlogged"] += killed and writer.unlogged > before
                self.count["tablet_logged"] += killed and saved and writer.unlogged == before
                need(saved or killed, "a mark ended without saving")
            else:
                writer.fill_outbox()
                process = writer.tablet.begin(*SYNC)
                self.kill_tablet(process, writer.tablet.store, push_s, "push")
                self.count["tablet_tail"] += writer.wal.frames_behind() > 0
                writer.waits()
            self.watermark_holds(writer)
            if self.dice.random() < 0.1:                # and sometimes it gets through
                writer.tablet.sync()

    def mark_once(self):
        writer = self.writers[1]
        session, marks = writer.plan(OUTBOX)
        writer.tablet.mark(session, marks)
        writer.reconcile(session, marks)

    def watermark_holds(self, writer):
        self.centre.need_alive()
        row = self.centre.devices()[writer.tablet.no]
        need(int(row["sent"]) >= writer.told,
             lambda: f"device {writer.tablet.no}: told that {writer.told} are acked, the centre has {row['sent']}")

    def tablets_in_first_fills(self, kills):
        fill_s = self.took(self.reader, lambda tablet: tablet.sync())
        rows = sum(rows for rows, _ in self.sums().values())
        self.tap.figure("a first fill takes", f"{fill_s * 1000:.0f} ms for {rows} rows")
        goal, tries = self.count["tablet"] + kills, 0
        while self.count["tablet"] < goal:
            tries += 1
            need(tries < 4 * kills + 20, "the fills end before they can be killed")
            tablet = self.reader()
            while self.kill_tablet(tablet.begin(*SYNC), tablet.store, fill_s, "fill"):
                self.count["tablet_tail"] += tablet.wal.frames_behind() > 0
                status = tablet.status()
                self.count["half_filled"] += status["scopes_filled"] < status["scopes"]
                if self.count["tablet"] >= goal:
                    break

    def sums(self):
        with self.centre.read() as db:
            return rig.centre_sums(db)

    # -- the centre

    def kill_server(self, took, kind):
        """Kills at a random instant and looks at what it hit; starts it again."""
        server, shm = self.centre.server, self.centre.store + "-shm"
        aimed, looks = self.dice.random() < 0.5, self.dice.random() < 0.5
        end = time.monotonic() + self.dice.uniform(0.001, took)
        rest = self.dice.uniform(0, 0.004)
        if aimed:                                       # a while after its next transaction has begun
            end = time.monotonic() + took
            while not rig.lock_held(server.pid, shm) and time.monotonic() < end:
                pass
            end = time.monotonic() + rest
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, 0.002) if left > 0.0005 else 0)
        locked = rig.stop_and_look(server, shm) if looks else False
        self.centre.need_alive()
        self.centre.kill()
        behind = self.wal.frames_behind() > 0
        judged = rig.judging(self.centre.store)
        judging = judged is not None and judged != self.judged
        self.judged = judged
        self.count["server"] += 1
        self.count[kind] += 1
        self.count["server_looked"] += looks
        self.count["server_lock"] += locked
        self.count["server_tail"] += behind
        self.count["server_judging"] += judging
        self.count["server_open"] += locked or behind or judging

    judged = None

    def tablets_end(self, processes):
        """(A tablet that has not been in touch since its approval still says that it is not approved.)"""
        for process in processes:
            code = process.wait(rig.CALL_S)
            need(code in (rig.OK, rig.WAITING, rig.ATTENTION, rig.NOT_JOINED), lambda: f"sync beside a killed centre: exit {code}")

    def nothing_acked_is_lost(self):
        """From the killed store itself, before anything has opened it again."""
        with self.centre.read() as db:
            marks = rig.watermarks(db)
            if self.dice.random() < 0.1:
                need(rig.integrity(db) == "ok", "the killed store is damaged")
        for writer in self.writers:
            writer.waits()
            acked = marks[writer.tablet.no][0]
            need(acked >= writer.told,
                 lambda: f"device {writer.tablet.no}: told that {writer.told} are acked, the killed store has {acked}")

    def server_in_pushes(self, kills):
        def all_sync(_):
            self.tablets_end([writer.tablet.begin(*SYNC) for writer in self.writers])
        took = self.took(self.fill_outboxes, all_sync)
        self.tap.figure("three pushes at once take", f"{took * 1000:.0f} ms")
        for _ in range(kills):
            self.fill_outboxes()
            processes = [writer.tablet.begin(*SYNC) for writer in self.writers]
            self.kill_server(took, "server_push")
            self.tablets_end(processes)
            self.nothing_acked_is_lost()
            self.centre.start()
            if self.dice.random() < 0.1:
                self.dice.choice(self.writers).tablet.sync(codes=(rig.OK, rig.ATTENTION))

    def fill_outboxes(self):
        for writer in self.writers:
            writer.fill_outbox()

    def server_in_first_fills(self, kills):
        took = self.took(self.reader, lambda tablet: tablet.sync())
        tablet = None
        for _ in range(kills):
            tablet = tablet or self.reader()
            writer = self.dice.choice(self.writers)     # one that pushes beside it
            writer.fill_outbox()
            processes = [tablet.begin(*SYNC), writer.tablet.begin(*SYNC)]
            self.kill_server(took, "server_fill")
            self.tablets_end(processes)
            self.nothing_acked_is_lost()
            self.centre.start()
            status = tablet.status()
            self.count["server_half_filled"] += status["scopes_filled"] < status["scopes"]
            if status["scopes"] and status["scopes"] == status["scopes_filled"]:
                tablet = None

    # -- how it ends

    def settle(self):
        for _ in range(2):
            for tablet in [writer.tablet for writer in self.writers] + self.readers:
                tablet.sync(codes=(rig.OK, rig.ATTENTION))
        self.centre.restart()

    def check_ops(self):
        self.crashed = set()
        with self.centre.read() as db:
            need(rig.integrity(db) == "ok", "the centre's store is damaged")
            rig.csn_gapless(db)
            marks = rig.watermarks(db)
            self.rows = rig.attendance(db)
            for no, seq, kind, reason in db.execute("SELECT device_no, seq, kind, reason FROM verdict").fetchall():
                need((kind, reason) == (QUARANTINED, CRASHED), lambda: f"device {no} seq {seq}: verdict {kind}, reason {reason}")
                self.crashed.add((no, seq))
            total = 0
            for writer in self.writers:
                no = writer.tablet.no
                held = {seq: what[1:] for seq, what in rig.ops_at_centre(db, no).items()}
                missing = [seq for seq in writer.saved if seq not in held]
                need(not missing, lambda: f"device {no}: {len(missing)} saved ops are not at the centre, first {missing[:3]}")
                need(held == writer.saved, f"device {no}: the centre holds other ops than were saved")
                need(marks[no][0] == len(writer.saved), lambda: f"device {no}: watermark {marks[no][0]}, saved {len(writer.saved)}")
                logged = writer.tablet.logged()
                need(all(held.get(seq) == what for seq, what in logged.items()), f"device {no}: the witness names other ops")
                total += len(held)
        self.tap.figure("ops saved, and at the centre once each", total)

    def check_rows(self):
        want = {}
        for writer in self.writers:
            for seq in sorted(writer.saved):
                session, participant, presence = writer.saved[seq]
                if (writer.tablet.no, seq) not in self.crashed:
                    want[session, participant] = presence
        wrong = [key for key in want.keys() | self.rows.keys() if want.get(key) != self.rows.get(key)]
        need(not wrong, lambda: f"{len(wrong)} rows of {len(want)} differ, first {wrong[:3]}")

    def check_tablets(self):
        sums = self.sums()
        for tablet in [writer.tablet for writer in self.writers] + self.readers:
            status = tablet.status()
            need(status["waiting"] == 0, lambda: f"device {tablet.no}: {status['waiting']} wait")
            with tablet.read() as db:
                need(rig.integrity(db) == "ok", f"device {tablet.no}: its store is damaged")
                counted, noted = rig.tablet_sums(db), rig.tablet_noted_sums(db)
            need(counted == noted == sums, lambda: f"device {tablet.no}: rows {counted}, noted {noted}, centre {sums}")

    def check_sheets(self):
        some = self.readers[:2] + [writer.tablet for writer in self.writers]
        for tablet in some:
            for writer in self.writers:
                for session in writer.sessions:
                    want = {p: rig.PRESENCE_WORD[v] for (s, p), v in self.rows.items() if s == session}
                    need(tablet.sheet(session) == want, f"device {tablet.no}: the sheet of session {session} is not the centre's")


def size(path):
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--seed", type=int)
    words.add_argument("--kills", type=int, default=250 if os.environ.get("SAM_WHOLE") else 120, metavar="N",
                       help="of tablets, and as many of the centre (120; with SAM_WHOLE=1 250)")
    given = words.parse_args()
    seed = rig.seed_from(given)
    tap = rig.Tap(f"tests/e2e/20-kills.py --seed {seed} --kills {given.kills}")
    tap.figure("seed", seed)
    fills = given.kills * 3 // 10
    begun = time.monotonic()
    with rig.folder() as folder:
        world = World(folder, seed, tap)
        try:
            steps = [("a centre, three tablets and their marks", world.populate),
                     ("kills of tablets in marks and pushes", lambda: world.tablets_in_marks_and_pushes(given.kills - fills)),
                     ("kills of tablets in first fills", lambda: world.tablets_in_first_fills(fills)),
                     ("kills of the centre in pushes", lambda: world.server_in_pushes(given.kills - fills)),
                     ("kills of the centre in first fills", lambda: world.server_in_first_fills(fills)),
                     ("everyone gets through", world.settle),
                     ("every saved op is at the centre, once, as it was saved", world.check_ops),
                     ("the attendance table is the last of them", world.check_rows),
                     ("all tablets: 0 waiting, rows and checksums of the centre", world.check_tablets),
                     ("all sheets are the centre's", world.check_sheets)]
            for name, step in steps:
                at = time.monotonic()
                with tap.test(name):
                    step()
                tap.figure("seconds", f"{time.monotonic() - at:.1f}")
                if tap.failed:
                    tap.say(f"the server: {world.centre.server and world.centre.server.poll()}; {world.centre.log(1500)}")
                    break
            else:
                figures(tap, world)
        finally:
            world.centre.kill()
    tap.figure("seconds in all", f"{time.monotonic() - begun:.0f}")
    return tap.end()


def figures(tap, world):
    c = world.count
    tap.figure("tablet kills", f"{c['tablet']} ({c['mark']} in marks, {c['push']} in pushes, {c['fill']} in first fills)")
    tap.figure("  of these in an open transaction, frames behind the log's last commit", c["tablet_tail"])
    tap.figure("  of these between the commit and the witness, between it and the exit", f"{c['tablet_unlogged']}, {c['tablet_logged']}")
    tap.figure("  of these with a first fill half done", c["half_filled"])
    tap.figure("centre kills", f"{c['server']} ({c['server_push']} in pushes, {c['server_fill']} in first fills)")
    tap.figure("  of these in an open transaction", c["server_open"])
    tap.figure("    write lock held", f"{c['server_lock']} of {c['server_looked']} looked at")
    tap.figure("    an op in the judge's hand", c["server_judging"])
    tap.figure("    frames behind the log's last commit", c["server_tail"])
    tap.figure("  of these with a first fill half done", c["server_half_filled"])
    tap.figure("ops put aside because the judge ended on them twice", len(world.crashed))
    with tap.test("kills have hit open transactions, at both ends"):
        need(c["tablet_tail"] > 0 and c["server_open"] > 0, "none did")


if __name__ == "__main__":
    sys.exit(main())
