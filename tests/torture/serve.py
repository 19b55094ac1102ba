#!/usr/bin/python3
"""Goal: samlingd serve on a disk that fails, at any call for a file, answers for nothing that is not on the disk.

The shipped server under build/torture/shim.so, a tablet that pushes to it over TLS, and
  start    the nth call of its start fails with EIO: it ends by itself or serves
  push     the nth call while a tablet pushes fails with EIO, once
  fsync    the nth fsync or fdatasync while a tablet pushes fails with EIO, once and for ever: where it was the commit's, the server ends
           with exit code 70 and its next start recovers
  full     from the nth call on every write finds no room: the server stays, nothing is acked that is not there, and without a restart
           it takes up work again when there is room
until the story runs without meeting the failure. After each run everything that the tablet saved is at the centre once, no ack has been
taken back, and `samlingd verify` finds nothing wrong.

  serve.py [--every K] [--seed S] [--at N] [STORY …]
"""
import argparse
import collections
import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import files  # noqa: E402
from files import rig  # noqa: E402
from rig import need  # noqa: E402
from shim import FILES, SYNCS, Shim  # noqa: E402

EIO, ENOSPC = 5, 28
EXIT_STORAGE = 70
PRELOAD = ("LD_PRELOAD", "TORTURE_STATE", "TORTURE_FOLDER")


class Run:
    """One run: a fresh copy of the world, a server under the shim, a tablet with ops that wait."""

    def __init__(self, world, shim):
        self.world, self.shim = world, shim
        world.fresh()
        self.centre, self.tablet = world.centre, world.tablet
        self.centre.port = world.port
        self.told = 0

    def start(self, shim=True):
        environment = self.shim.environment()
        os.environ.update({name: environment[name] for name in PRELOAD} if shim else {})
        try:
            self.centre.start()
        finally:
            for name in PRELOAD:
                os.environ.pop(name, None)

    def mark(self, word):
        people = self.world.people
        self.tablet.mark(self.world.session, dict.fromkeys(people, word), log=False)

    def sync(self):
        code, said = self.tablet("sync")
        need(code in (rig.OK, rig.ATTENTION, rig.WAITING, rig.ERROR), lambda: f"sync: exit {code}: {said}")
        return code

    def acked(self):
        status = self.tablet.status()
        acked = int(status["saved"]) - int(status["waiting"])
        need(acked >= self.told, f"acked fell from {self.told} to {acked}")
        self.told = acked
        return int(status["waiting"])

    def ended(self):
        """The server's exit code, or None while it lives."""
        try:
            return self.centre.server.wait(0.05)
        except subprocess.TimeoutExpired:
            return None

    def alive_again(self):
        """Starts it where it has ended, which only a failed disk may make it do."""
        code = self.ended()
        if code is None:
            return None
        need(code == EXIT_STORAGE, lambda: f"the server ended with {code}: {self.centre.log(600)}")
        self.centre.kill()
        self.start(shim=False)
        return code

    def finish(self):
        """Everything gets through, and is there once."""
        self.sync()
        need(self.sync() in (rig.OK, rig.ATTENTION), "it does not get through although the disk is well again")
        need(self.acked() == 0, "something still waits")
        self.centre.stop()
        self.world.sound()
        with self.centre.read() as db:
            held = rig.ops_at_centre(db, int(self.tablet.status()["device_no"]))
            need(len(held) == self.told, f"{self.told} ops were saved, the centre has {len(held)}")


def start(run, arm, _):
    arm()
    try:
        run.start()
    except rig.Failed:
        code = run.ended()
        need(code is not None and code > 0, lambda: f"it neither serves nor ends: {code}")
        run.centre.kill()
    run.shim.disarm()
    if run.centre.server and run.ended() is not None:
        need(run.ended() == EXIT_STORAGE, f"it ended with {run.ended()}")
        run.centre.kill()
    if not run.centre.server:
        run.start(shim=False)
    run.mark("present")


def push(run, arm, count):
    run.start()
    run.mark("no-show")
    arm()
    run.sync()
    run.shim.disarm()
    run.acked()
    count["ended"] += run.alive_again() is not None


def full(run, arm, count):
    run.start()
    run.mark("notified")
    arm()
    run.sync()
    run.sync()
    need(run.ended() is None, lambda: f"a full disk ended the server: {run.centre.log(600)}")
    waits = run.acked()
    run.shim.disarm()
    count["refused"] += waits > 0


STORIES = {
    "start": (start, (FILES, EIO), (False,)),
    "push": (push, (FILES, EIO), (False,)),
    "fsync": (push, (SYNCS, EIO), (False, True)),
    "full": (full, (FILES, ENOSPC), (True,)),
}


def one(world, shim, name, at, ever, count):
    """Returns how often it was met."""
    story, (kind, error), _ = STORIES[name]
    run = Run(world, shim)
    try:
        story(run, lambda: shim.arm(kind, at, ever, error), count)
        hits = shim.hits()
        run.finish()
    finally:
        shim.disarm()
        run.centre.kill()
    return hits


def sweep(world, shim, name, given, dice):
    count, wrong = collections.Counter(), 0
    one(world, shim, name, 0, False, collections.Counter())
    places = shim.count()
    every = min(given.every, max(1, places // 4))
    for ever in STORIES[name][2]:
        at = 0
        while at < places + 40:
            at = given.at or at + 1 + dice.randrange(every)
            count["runs"] += 1
            try:
                hits = one(world, shim, name, at, ever, count)
            except (rig.Failed, OSError, subprocess.SubprocessError) as why:
                hits, wrong = 1, wrong + 1
                print(f"not ok torture serve {name}: at {at}, {'for ever' if ever else 'once'}: {' '.join(str(why).split())}\n"
                      f"    repeat: tests/torture/serve.py --at {at} {name}", flush=True)
            count["met"] += hits > 0
            if given.at or not hits:
                break
    if name == "fsync" and not given.at and not count["ended"]:
        print("not ok torture serve fsync: no failed fsync has ended the server", flush=True)
        wrong += 1
    if not wrong:
        print(f"ok torture serve {name}: {places} places{' (a sample)' if every > 1 else ''}: {count['runs']} runs, {count['met']} with a failure, "
              f"{count['ended']} ended with {EXIT_STORAGE}, {count['refused']} left waiting; 0 lost, 0 doubled", flush=True)
    return wrong == 0


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--every", type=int, default=1)
    words.add_argument("--seed", type=int)
    words.add_argument("--at", type=int, default=0)
    words.add_argument("story", nargs="*")
    given = words.parse_args()
    seed = rig.seed_from(given)
    print(f"# again with: tests/torture/serve.py --every {given.every} --seed {seed} {' '.join(given.story)}", flush=True)
    ok = True
    with rig.folder(in_memory=True) as folder:
        world = files.World(folder)
        with Shim(world.at, os.path.join(folder, "state")) as shim:
            for name in given.story or STORIES:
                ok &= sweep(world, shim, name, given, random.Random(seed))
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
