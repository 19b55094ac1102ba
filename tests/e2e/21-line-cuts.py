#!/usr/bin/python3
"""Goal: wherever the line between tablet and centre is cut, the next sync ends as if it had not been.

One centre's and one tablet's store are prepared so that the tablet's next sync has everything in it: marks to push, another
tablet's changes to fetch, a verdict (both marked the same person), and a small first fill (a new
group). Each try starts from copies of both: a line forwards exactly N bytes one way and then cuts both ways, the tablet
syncs again over the whole line, and both stores must be what they are without a cut: rows, csns, ops, verdicts, checksums,
the sheet, nothing waiting. N runs over every byte of the sync, TLS handshake included; all are cut with a reset, every 8th
also with an orderly close. (In make test an eighth of the bytes, others each time; SAM_WHOLE=1: each of them.) Then the same sync once more with each byte in a segment of its own. A second, large sync (several
PUSH frames, a first fill in many chunks) is cut at bytes evenly spread over it, and then twice at different bytes.
"""
import argparse
import multiprocessing
import os
import random
import shutil
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from rig import need  # noqa: E402

CLOSE_STEP = 8
WHOLE = bool(os.environ.get("SAM_WHOLE"))
STEP = 1 if WHOLE else 8                    # of the small sync every so many bytes, from ...
FIRST = random.randrange(STEP)              # ... this one on: drawn before the workers part
LARGE_CUTS = 200 if WHOLE else 60           # of the large sync, in each direction
APPLICATION_DATA = 23   # TLS record type
WAYS = ("up", "down")
SMALL = {"people": 24, "own": 12, "others": 13, "sessions": 1, "new": 10}      # how much there is of everything
LARGE = {"people": 599, "own": 400, "others": 200, "sessions": 3, "new": 1500}
ANY = (rig.OK, rig.NOT_JOINED, rig.ATTENTION, rig.WAITING)


class World:
    """The prepared stores, a line, and a centre that is started afresh on a copy for every try."""

    def __init__(self, folder, size):
        self.folder, self.size = folder, size
        self.centre = rig.Centre(os.path.join(folder, "centre"))
        self.line = None
        self.prepare()
        self.saved = os.path.join(folder, "saved")
        shutil.copytree(self.centre.home, os.path.join(self.saved, "home"))
        shutil.copytree(self.tablet.home, os.path.join(self.saved, "store"))

    def prepare(self):
        centre, size = self.centre, self.size
        centre.start()
        self.line = rig.Line(centre.port)
        clinic = centre.clinic()
        group, people = centre.group(clinic, "Ball", size["people"])
        centre.user(clinic)
        self.tablet = centre.tablet(os.path.join(self.folder, "tablet"), clinic, port=self.line.port)
        other = centre.tablet(os.path.join(self.folder, "other"), clinic)
        self.tablet.sync()
        other.sync()
        self.sessions = self.tablet.sessions(group)[:size["sessions"]]
        own, others = people[:size["own"]], people[size["own"] - 1:][:size["others"]]     # one person is marked by both
        for session in self.sessions:
            other.mark(session, dict.fromkeys(others, "present"))
            self.tablet.mark(session, dict.fromkeys(own, "no-show"))
        other.sync()
        centre.group(clinic, "Vann", size["new"])
        self.line.settle()
        need(centre.stop() == 0, "the centre does not end well")

    def reset(self):
        """Both as they were prepared, the centre running."""
        self.centre.kill()
        for name, path in (("home", self.centre.home), ("store", self.tablet.home)):
            shutil.rmtree(path)
            shutil.copytree(os.path.join(self.saved, name), path)
        self.centre.start()
        self.line.to = self.centre.port

    def sync(self, codes, **plan):
        self.line.plan(**plan)
        self.tablet.sync(codes=codes)
        self.line.settle()

    def whole(self, **plan):
        """The sync without a cut: its exit code and the end of both stores."""
        self.reset()
        self.line.plan(keep=True, **plan)
        self.code, said = self.tablet("sync")
        need(self.code in (rig.OK, rig.ATTENTION), lambda: f"the whole sync: exit {self.code}: {said}")
        self.line.settle()
        self.said = said
        self.seen = {way: self.line.seen(way) for way in WAYS}
        self.sync((self.code,))     # the second one that those who were cut do, too
        return self.state()

    def attempt(self, *cuts):
        """A sync that is cut (perhaps a second one that is cut, too), and a whole one after it."""
        met = 0
        self.reset()
        for way, count, reset in cuts:
            self.sync(ANY, **{f"cut_{way}": count, "reset": reset})
            met += self.line.was_cut
        self.sync((self.code,))
        self.centre.need_alive()
        return met, self.state()

    def state(self):
        """What both stores must agree on with the reference, name -> value."""
        state = {}
        with self.centre.read() as db:
            state["ops"] = rig.ops_at_centre(db, self.tablet.no)
            state["csns"] = rig.csn_gapless(db)
            state["watermarks"] = rig.watermarks(db)
            state["centre sums"] = rig.centre_sums(db)
            for table in ("attendance", "session", "enrolment", "participant", "member", "candidate"):
                state[f"centre {table}"] = sorted(map(repr, db.execute(f"SELECT * FROM {table}")))
            state["verdicts"] = sorted(db.execute("SELECT csn, at_csn, device_no, seq, kind, reason FROM verdict"))
        with self.tablet.read() as db:
            state["tablet sums"] = rig.tablet_sums(db)
            need(state["tablet sums"] == rig.tablet_noted_sums(db), "the tablet's rows are not those it noted")
            need(state["tablet sums"] == state["centre sums"], lambda: f"sums: {state['tablet sums']}, centre {state['centre sums']}")
            rows = "SELECT s.id, r.entity, r.k1, r.k2, r.csn FROM row AS r JOIN scope AS s ON s.slot = r.slot"
            state["tablet rows"] = sorted(db.execute(rows))
            state["tablet scopes"] = sorted(db.execute("SELECT id, since_csn, csn, rows, window_day, fill_slot FROM scope"))
            state["tablet ops"] = sorted(db.execute("SELECT seq, entity, k1, k2, scope, chain, csn, lost_csn, shown FROM op"))
            state["notices"] = sorted(db.execute("SELECT seq, kind, reason, entity, k1, k2, seen FROM notice"))
            state["aside"] = (db.execute("SELECT count(*) FROM stage").fetchone()[0],
                              db.execute("SELECT count(*) FROM row WHERE slot NOT IN (SELECT slot FROM scope)").fetchone()[0])
        status = self.tablet.status()
        state["waiting"] = status["waiting"], status["saved"], status["attention"], status["scopes"], status["scopes_filled"]
        state["sheets"] = [self.tablet.sheet(session) for session in self.sessions]
        return state

    def close(self):
        self.centre.kill()
        self.line.close()


def same(state, want):
    for name, value in want.items():
        need(state[name] == value, lambda: f"{name}: {state[name]!r:.300} instead of {value!r:.300}")


def application_from(data):
    """Offset of the first TLS record of application data."""
    at = 0
    while at + 5 <= len(data):
        if data[at] == APPLICATION_DATA:
            return at
        at += 5 + int.from_bytes(data[at + 3:at + 5], "big")
    return at


def small_cuts(seen):
    """Tries: each a list of (way, bytes, reset?)."""
    out = []
    for way in WAYS:
        counts = range(FIRST, len(seen[way]) + 1, STEP)
        out += [[(way, n, True)] for n in counts] + [[(way, n, False)] for n in counts[::CLOSE_STEP]]
    return out


def large_cuts(seen):
    out = []
    for way in WAYS:
        step = len(seen[way]) / LARGE_CUTS
        out += [[(way, int(i * step), True)] for i in range(LARGE_CUTS)]
    first = {way: application_from(seen[way]) for way in WAYS}
    for i in range(LARGE_CUTS // 4):            # down, in two places
        place = first["down"] + int((len(seen["down"]) - first["down"]) * i * 4 / LARGE_CUTS)
        out.append([("down", place, True), ("down", first["down"] + (place * 7 + 11) % (len(seen["down"]) - first["down"]), True)])
    return out


PARTS = {"small": (SMALL, small_cuts), "large": (LARGE, large_cuts)}


def work(number, workers, part, only, results):
    """One worker: its own world, every workers-th try."""
    try:
        with rig.folder(in_memory=True) as folder:
            world = World(folder, PARTS[part][0])
            try:
                want = world.whole()
                if number == 0:
                    results.put(("reference", {"said": world.said, "state": want,
                                               "bytes": {way: (len(data), application_from(data)) for way, data in world.seen.items()}}))
                for cuts in (only or PARTS[part][1](world.seen))[number::workers]:
                    try:
                        met, state = world.attempt(*cuts)
                        same(state, want)
                        results.put(("done", cuts, met))
                    except (rig.Failed, OSError) as wrong:
                        results.put(("wrong", cuts, str(wrong)))
                if number == 0 and part == "small":
                    split(world, want, results)
            finally:
                world.close()
    except Exception as wrong:      # pylint: disable=broad-except  # told, instead of leaving the parent to wait
        results.put(("broken", f"{type(wrong).__name__}: {wrong}"))
    results.put(("end",))


def split(world, want, results):
    try:
        same(world.whole(split=True), want)
        results.put(("split", sum(map(len, world.seen.values()))))
    except (rig.Failed, OSError) as wrong:
        results.put(("split wrong", str(wrong)))


def whole_sync_has_everything(tap, part, reference):
    said, state, size = reference["said"]["report"], reference["state"], PARTS[part][0]
    with tap.test(f"the {part} sync has pushes, changes, verdicts and a first fill in it"):
        ops = size["own"] * size["sessions"]
        need(said["ops_sent"] == said["ops_acked"] == ops, f"ops: {said}")
        need(len(state["tablet scopes"]) == 3 and said["rows_received"] > 2 * size["new"], f"the new group is not there: {said}")
        need(all(len(sheet) == size["own"] + size["others"] - 1 for sheet in state["sheets"]), "the other tablet's marks are not there")
        need(state["notices"], "no verdict came")
        need(state["waiting"][0] == 0, "something waits")
    for way, (total, first) in reference["bytes"].items():
        tap.figure(f"bytes {way}", f"{total}, of these {first} before the first record of application data")


def word_of(cuts):
    return ",".join(f"{way}:{n}{'' if reset else ':close'}" for way, n, reset in cuts)


def cuts_of(word):
    parts = [one.split(":") for one in word.split(",")]
    return [(part[0], int(part[1]), part[2:] != ["close"]) for part in parts]


def run(tap, part, workers, only):
    results = multiprocessing.Queue()
    processes = [multiprocessing.Process(target=work, args=(i, workers, part, only, results)) for i in range(workers)]
    for process in processes:
        process.start()
    done, told, ends = [], {"wrong": [], "broken": [], "split": [], "split wrong": []}, 0
    while ends < workers:
        what, *rest = results.get(timeout=120)
        if what == "end":
            ends += 1
        elif what == "reference":
            whole_sync_has_everything(tap, part, rest[0])
        elif what == "done":
            done.append(rest)
        else:
            told[what].append(rest)
    for process in processes:
        process.join()
    tell(tap, part, done, told)
    if part == "small":
        name = "every byte in a segment of its own: the same end"
        if told["split"]:
            tap.ok(name)
            tap.figure("segments", told["split"][0][0])
        else:
            tap.not_ok(name, told["split wrong"] or "it did not run")


def tell(tap, part, done, told):
    name = f"cut at {'every byte' if WHOLE else 'every fourth byte'}: the same end" if part == "small" else "cut all over a large sync, once and twice: the same end"
    for cuts, why in told["wrong"][:5]:
        tap.not_ok(f"cut at {word_of(cuts)}", why)
        tap.say(f"again with: tests/e2e/21-line-cuts.py --part {part} --only {word_of(cuts)}")
    for why, in told["broken"]:
        tap.not_ok("a worker", why)
    if not told["wrong"] and not told["broken"]:
        tap.ok(name)
    for way in WAYS:
        own = [cuts for cuts, _ in done if cuts[0][0] == way]
        resets = sum(cuts[0][2] for cuts in own)
        twice = sum(len(cuts) > 1 for cuts in own)
        tap.figure(f"cuts {way}", f"{resets} with a reset, {len(own) - resets} with a close, {twice} of these twice")
    met = sum(met for _, met in done)
    tap.figure("cuts that met the line in use", f"{met} of {sum(len(cuts) for cuts, _ in done)}; {len(told['wrong'])} ended otherwise")


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--workers", type=int, default=max(2, os.cpu_count() or 2))
    words.add_argument("--part", choices=PARTS, action="append")
    words.add_argument("--only", action="append", metavar="WAY:N[:close][,…]", help="just this try; may be repeated")
    given = words.parse_args()
    only = [cuts_of(word) for word in given.only or []]
    tap = rig.Tap()
    for part in given.part or PARTS:
        begun = time.monotonic()
        run(tap, part, min(given.workers, len(only)) if only else given.workers, only)
        tap.figure("seconds", f"{time.monotonic() - begun:.0f}")
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
