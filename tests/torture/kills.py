#!/usr/bin/python3
"""Goal: kill -9 by the thousand: of tablets in marks, pushes and first fills, of the centre in pushes and first fills, and of its verbs.

The worlds of tests/e2e/20-kills.py, smaller and several side by side, their files in memory (kill -9 takes nothing from the page cache;
power losses are the simulator's and tests/faults' part): what is checked after each kill and at the end of each world is written there.
Then verbs are killed on that centre's store: backup, restore, rebuild, participant add and import; each is done whole or not at all,
the store verifies after each, and a backup that has its name can be restored.

A world has its own seed: seed, seed + 1, …; its line says how to play it again, and --seed goes on where an earlier run ended.

  kills.py [--kills N] [--jobs J] [--seed S]       make torture KILLS=5000
"""
import argparse
import collections
import importlib.util
import json
import os
import random
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lib"))
import rig  # noqa: E402
from rig import need  # noqa: E402

SMALL = {"PEOPLE": 240, "OUTBOX": 200}
WORLD_KILLS = 200           # of each world: tablets, centre and verbs together
MANY = 400                  # persons that a killed verb was to make


def worlds_module():
    spec = importlib.util.spec_from_file_location("kills_20", os.path.join(HERE, "..", "e2e", "20-kills.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name, value in SMALL.items():
        setattr(module, name, value)
    return module


# ---- verbs

class Verbs:
    """Kills verbs on the store of a world that has come to rest."""

    def __init__(self, world):
        self.world, self.centre, self.dice = world, world.centre, world.dice
        self.count = world.count
        self.backup = os.path.join(world.folder, "kept.db")
        self.new = os.path.join(world.folder, "new.db")
        self.table = os.path.join(world.folder, "people.csv")
        self.wal = rig.Wal(self.centre.store)
        self.took = {}

    def persons(self):
        with self.centre.read() as db:
            need(rig.integrity(db) == "ok", "the store is damaged")
            return db.execute("SELECT count(*) FROM participant").fetchone()[0]

    def words(self, verb):
        if verb == "backup":
            if os.path.exists(self.new):
                os.unlink(self.new)
            return ("backup", self.new)
        if verb == "restore":
            return ("restore", self.backup)
        if verb == "import":
            with open(self.table, "w", encoding="utf-8") as file:
                number = self.dice.randrange(1 << 30)
                file.write("navn;gruppe\n" + "".join(f"Deltaker {number}-{i};G0\n" for i in range(MANY)))
            return ("participant", "import", self.table, "--save")
        if verb == "participant":
            return ("participant", "add", "--count", MANY, "--prefix", "Ny", "--group", "G0")
        return (verb,)

    def begin(self, verb):
        return subprocess.Popen([rig.SAMLINGD, *map(str, self.words(verb)), "--home", self.centre.home], stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=rig.clean_environment())

    def one(self, verb):
        if verb not in self.took:
            at = time.monotonic()
            need(self.begin(verb).wait(rig.CALL_S) == 0, f"{verb} does not work at all")
            self.took[verb] = time.monotonic() - at
            self.verified(verb)             # a start: what a restore took back comes again out of the journal
        before = self.persons()
        process = self.begin(verb)
        time.sleep(self.dice.uniform(0, self.took[verb]))
        process.kill()
        code = process.wait(rig.CALL_S)
        need(code in (0, -9), f"{verb} ended by itself: exit {code}")
        if code == -9:
            self.count["verb"] += 1
            self.count["verb_" + verb] += 1
            self.count["verb_tail"] += self.wal.frames_behind() > 0
        self.check(verb, before, code)

    def verified(self, verb):
        said, out, err = self.centre.seen("verify")
        need(said == 0, lambda: f"after a kill of {verb}: verify: exit {said}: {out}{err}")

    def check(self, verb, before, code):
        if verb == "backup" and os.path.exists(self.new):
            with rig.copied(self.new) as db:
                need(rig.integrity(db) == "ok", "a backup that has its name is damaged")
                need(db.execute("SELECT count(*) FROM participant").fetchone()[0] == before, "a backup that has its name lacks rows")
        self.verified(verb)
        now = self.persons()
        if verb in ("participant", "import"):
            need(now - before in ((MANY,) if code == 0 else (0, MANY)), f"{verb}: {now - before} of {MANY} persons are there")
        else:                                           # of a restore too: with its journal nothing that was decided is lost
            need(now == before, f"{verb}: {before} persons were there, {now} are")

    def play(self, kills):
        self.centre.stop()
        self.centre("backup", self.backup)
        goal = self.count["verb"] + kills
        while self.count["verb"] < goal:
            self.one(self.dice.choice(("backup", "restore", "rebuild", "participant", "import")))


# ---- one world

def world_play(seed, kills):
    """What it counted, as JSON on stdout; a failure is an exception."""
    module = worlds_module()

    class Quiet:
        def figure(self, *_):
            pass

    tablets, verbs = kills * 45 // 100, kills * 10 // 100
    centre = kills - tablets - verbs
    with rig.folder("samling-kills-", in_memory=True) as folder:
        world = module.World(folder, seed, Quiet())
        try:
            world.populate()
            world.tablets_in_marks_and_pushes(tablets - tablets // 4)
            world.tablets_in_first_fills(tablets // 4)
            world.server_in_pushes(centre - centre // 4)
            world.server_in_first_fills(centre // 4)
            world.settle()
            for check in (world.check_ops, world.check_rows, world.check_tablets, world.check_sheets):
                check()
            world.count["ops"] = sum(len(writer.saved) for writer in world.writers)
            world.count["judged"] = len(world.crashed)
            Verbs(world).play(verbs)
        finally:
            world.centre.kill()
    print(json.dumps(world.count))


# ---- many

def again(seed, kills):
    return f"tests/torture/kills.py --world {seed} --kills {kills}"


def many(given, seed):
    """Worlds side by side until there have been enough kills; what they counted together, and how many failed."""
    total, failed, running, begun = collections.Counter(), 0, {}, 0
    share = min(WORLD_KILLS, max(40, given.kills // given.jobs))
    while begun < given.kills or running:
        while begun < given.kills and len(running) < given.jobs and not failed:
            command = [sys.executable, __file__, "--world", str(seed), "--kills", str(share)]
            running[subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)] = seed
            begun, seed = begun + share, seed + 1
        if not running:
            break
        ended = next((process for process in running if process.poll() is not None), None)
        if not ended:
            time.sleep(0.05)
            continue
        one, (out, error) = running.pop(ended), ended.communicate()
        if ended.returncode == 0:
            total.update(json.loads(out.decode().splitlines()[-1]))
            print(f"# world {one}: {given.kills if begun > given.kills else begun} kills begun; again with: {again(one, share)}", flush=True)
        else:
            failed += 1
            print(f"not ok kills world {one}: {rig.text(error)}\n# again with: {again(one, share)}", flush=True)
    return total, failed, seed


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--kills", type=int, default=5000)
    words.add_argument("--jobs", type=int, default=2 * (os.cpu_count() or 1))
    words.add_argument("--seed", type=int)
    words.add_argument("--world", type=int, help="this world alone")
    given = words.parse_args()
    if given.world is not None:
        world_play(given.world, given.kills)
        return 0
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(1 << 30)
    print(f"# again with: tests/torture/kills.py --kills {given.kills} --jobs {given.jobs} --seed {seed}", flush=True)
    at = time.monotonic()
    c, failed, after = many(given, seed)
    took = time.monotonic() - at
    kills = c["tablet"] + c["server"] + c["verb"]
    print(f"# {kills / took:.1f} kills/s in {took:.0f} s; goes on with: --seed {after}")
    within = c["tablet_tail"] + c["server_open"] + c["verb_tail"]
    print(f"# tablets: {c['mark']} in marks, {c['push']} in pushes, {c['fill']} in first fills, {c['tablet_tail']} within a write; "
          f"centre: {c['server_push']} in pushes, {c['server_fill']} in first fills, {c['server_open']} in an open transaction; verbs: "
          + ", ".join(f"{c[name]} {name[5:]}" for name in sorted(c) if name.startswith("verb_") and name != "verb_tail"))
    if failed:
        return 1
    if not within:
        print("not ok kills: none has hit a write")
        return 1
    print(f"ok kills: {kills} kills (centre {c['server']}, tablets {c['tablet']}, verbs {c['verb']}), {within} within a write, "
          f"0 lost, 0 doubled of {c['ops']} ops saved")
    return 0


if __name__ == "__main__":
    sys.exit(main())
