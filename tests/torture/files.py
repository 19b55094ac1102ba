#!/usr/bin/python3
"""Goal: where the disk fails the shipped programs, at any call for a file, nothing that was said to be done is missing, nothing that was
refused is half there, and nothing is damaged.

Each story is a command of build/samlingd or build/samling on a copy of a small centre with a tablet. The 1st, 2nd, 3rd … call for a
file below that folder fails with EIO or ENOSPC, or the nth allocation fails (--kind memory), once and from then on for ever, until the
story runs without meeting the failure (build/torture/shim.so). After each run: the program ended by itself, with an exit code of its
manual; it has called nothing damaged, missing or another's that only could not be read; without failures `samlingd verify` finds nothing wrong; what exit code 0 promises is there; and after any other code the story
is told again, without failures, and then it is there, once.

  files.py [--kind EIO|ENOSPC|memory] [--every K] [--seed S] [--at N --ever|--once] [STORY …]
"""
import argparse
import os
import random
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from rig import need  # noqa: E402
from shim import FILES, MEMORY, Shim  # noqa: E402

KINDS = {"EIO": (FILES, 5), "ENOSPC": (FILES, 28), "memory": (MEMORY, 0)}
WRONG_MAX = 12
# What is said of a store, a key or a version that are as they should be: whoever hears it acts on it.
FALSEHOODS = ("ERR_EAUTH", "ERR_ECORRUPT", "ERR_EVERSION", "CLI_NO_STORE", "CLI_KEY_MISSING", "CLI_KEY_OPEN", "CLI_KEY_SIZE", "CLI_INVITE_DEAD",
              "ADM_NO_CENTRE", "ADM_OTHER_CENTRE", "CHECK_BAD", "CHECK_CORRUPT", "CENTRE_ECORRUPT", "CENTRE_ENOTFOUND", "CENTRE_EVERSION")
TEXT = re.compile(r'^SAM_TEXT\((\w+), "(.*)", "(.*)"\)$', re.MULTILINE)
UNKNOWN = 70        # of a verb: whether it was done is not known; all of it, or nothing


class World:
    """A centre and a tablet that has joined, at rest in FOLDER/base; each run has a copy in FOLDER/run."""

    def __init__(self, folder):
        self.folder, self.at = folder, os.path.join(folder, "run")
        self.falsehoods = falsehoods()
        with rig.Centre(self.at) as centre:
            clinic = centre.clinic()
            self.group, self.people = centre.group(clinic, "G1", 5)
            centre.user(clinic)
            tablet = centre.tablet(os.path.join(self.at, "tablet"), clinic)
            tablet.sync()
            self.session = tablet.sessions(self.group)[0]
            tablet.mark(self.session, {self.people[0]: "present"}, log=False)
            tablet.sync()
            self.clinic, self.port = clinic, centre.port
            centre.stop()
        centre("backup", os.path.join(self.at, "kept.db"))
        centre("backup", "key", os.path.join(self.at, "seal"))
        with open(os.path.join(self.at, "people.csv"), "w", encoding="utf-8") as file:
            file.write("navn;gruppe\nDeltaker 101;G1\nDeltaker 102;G1\n")
        shutil.move(self.at, os.path.join(folder, "base"))

    def fresh(self):
        shutil.rmtree(self.at, ignore_errors=True)
        shutil.copytree(os.path.join(self.folder, "base"), self.at)
        self.centre = rig.Centre(self.at, init=False)
        self.tablet = rig.Tablet(os.path.join(self.at, "tablet"))

    def people_count(self):
        with self.centre.read() as db:
            return db.execute("SELECT count(*) FROM participant").fetchone()[0]

    def saved(self):
        return int(self.tablet.status()["saved"])

    def sound(self):
        """What is there verifies: the centre by its own verb, the tablet by SQLite."""
        code, out, err = self.centre.seen("verify")
        need(code == 0, lambda: f"verify: exit {code}: {rig.text((out + err).encode())}")
        with self.tablet.read() as db:
            need(rig.integrity(db) == "ok", "the tablet's store is damaged")


def centre_words(world, *words):
    return [rig.SAMLINGD, *map(str, words), "--home", world.centre.home]


class Story:
    """words(world): the command. before(world): a figure of what is there. done(world, before): is it there now? codes: those that the
    manual knows besides 0. begun(world): what was refused stands there and cannot be taken away on such a disk: it must be sound."""

    def __init__(self, words, before=lambda world: None, done=lambda world, before: True, codes=(1, 2), begun=None):
        self.words, self.before, self.done, self.codes, self.begun = words, before, done, codes, begun


def more_people(number):
    return lambda world, before: world.people_count() - before == number


def init_done(world, _):
    home = os.path.join(world.at, "new")
    code, out, err = rig.seen([rig.SAMLINGD, "verify", "--home", home])
    need(code == 0, lambda: f"the new centre: verify: exit {code}: {rig.text((out + err).encode())}")
    return True


def backup_done(world, _):
    path = os.path.join(world.at, "new.db")
    with rig.copied(path) as db:
        return rig.integrity(db) == "ok" and db.execute("SELECT count(*) FROM participant").fetchone()[0] == 5


def sealed_done(world, _):
    return os.path.getsize(os.path.join(world.at, "new.sealed")) > 4096


STORIES = {
    "init": Story(lambda w: [rig.SAMLINGD, "init", "--host", rig.HOST, "--home", os.path.join(w.at, "new")], done=init_done,
                  begun=lambda w: os.path.exists(os.path.join(w.at, "new", "data", "samling.db"))),
    "participant": Story(lambda w: centre_words(w, "participant", "add", "--count", 2, "--prefix", "Ny", "--group", w.group),
                         World.people_count, more_people(2)),
    "import": Story(lambda w: centre_words(w, "participant", "import", os.path.join(w.at, "people.csv"), "--save"),
                    World.people_count, more_people(2)),
    "invite": Story(lambda w: centre_words(w, "device", "invite", w.clinic, "--host", rig.HOST, "--port", 7)),
    "export": Story(lambda w: centre_words(w, "export", "attendance", "--reason", "prøve")),
    "backup": Story(lambda w: centre_words(w, "backup", os.path.join(w.at, "new.db")), done=backup_done),
    "sealed": Story(lambda w: centre_words(w, "backup", os.path.join(w.at, "new.sealed"), "--encrypt", os.path.join(w.at, "seal.pub")),
                    done=sealed_done),
    "restore": Story(lambda w: centre_words(w, "restore", os.path.join(w.at, "kept.db"))),
    "rebuild": Story(lambda w: centre_words(w, "rebuild")),
    "verify": Story(lambda w: centre_words(w, "verify")),
    "mark": Story(lambda w: w.tablet.command("mark", "--session", w.session, f"{w.people[1]}=present", f"{w.people[2]}=no-show"),
                  World.saved, lambda w, before: w.saved() - before == 2, codes=(1, 2, 6, 8, 9)),
    "status": Story(lambda w: w.tablet.command("status"), codes=(1, 3, 4, 5, 8, 9)),
}


def falsehoods():
    """The longest piece without a gap of each of those sentences, in both languages."""
    found = {}
    for name in ("text.def", "text_centre.def"):
        with open(os.path.join(rig.ROOT, "proto", "base", name), encoding="utf-8") as file:
            for word, *said in TEXT.findall(file.read()):
                if word in FALSEHOODS:
                    found[word] = [max(re.split(r"%\w+", one), key=len) for one in said]
    need(len(found) == len(FALSEHOODS), f"no such text: {set(FALSEHOODS) - set(found)}")
    return [(word, piece) for word, pieces in found.items() for piece in pieces]


def run(command, shim):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=rig.CALL_S, check=False, env=shim.environment())
    return done.returncode, rig.text(done.stderr + done.stdout)


def play(world, story, shim, kind, at, ever):
    """One run; returns (was it met, exit code)."""
    world.fresh()
    before = story.before(world)
    shim.arm(kind[0], at, ever, kind[1])
    code, said = run(story.words(world), shim)
    shim.disarm()
    hits = shim.hits()
    need(code in (0, UNKNOWN, *story.codes), lambda: f"exit {code}: {said}")
    need(code == 0 or hits or not at, lambda: f"exit {code} without a failure: {said}")
    need(code == 0 or said or story.words(world)[-1] == "status", lambda: f"exit {code} without a word")
    for word, piece in world.falsehoods:
        need(piece not in said, lambda: f"exit {code}, and it is not so ({word}): {said}")
    world.sound()
    if code == 0:
        need(story.done(world, before), "exit 0, and it is not done")
        return hits > 0, code
    if code == UNKNOWN and story.done(world, before):
        return hits > 0, code
    if story.begun and story.begun(world):
        story.done(world, before)
        return hits > 0, code
    done = subprocess.run(story.words(world), stdin=subprocess.DEVNULL, capture_output=True, timeout=rig.CALL_S, check=False,
                          env=rig.clean_environment())
    need(done.returncode == 0, lambda: f"once more, without failures: exit {done.returncode}: {rig.text(done.stderr)}")
    world.sound()
    need(story.done(world, before), lambda: f"exit {code}, then told again: it is not there just once; it had said: {said}")
    return hits > 0, code


def places(world, story, shim, kind):
    world.fresh()
    shim.arm(kind[0])
    code, said = run(story.words(world), shim)
    shim.disarm()
    need(code == 0, lambda: f"without a failure: exit {code}: {said}")
    return shim.count()


def sweep(world, name, shim, given, dice):
    story, kind = STORIES[name], KINDS[given.kind]
    runs = met = refused = wrong = 0
    total = places(world, story, shim, kind)
    every = min(given.every, max(1, total // 3))
    for ever in (False, True):
        if given.at and ever != given.ever:
            continue
        at = 0
        while at <= total + 20:
            at = given.at or at + 1 + dice.randrange(every)
            try:
                hit, code = play(world, story, shim, kind, at, ever)
            except (rig.Failed, OSError, subprocess.SubprocessError) as why:
                hit, code = True, 1
                wrong += 1
                if wrong <= WRONG_MAX:
                    print(f"not ok torture {given.kind} {name}: at {at}, {'for ever' if ever else 'once'}: {' '.join(str(why).split())}\n"
                          f"    repeat: tests/torture/files.py --kind {given.kind} --at {at} {'--ever' if ever else '--once'} {name}", flush=True)
            runs, met, refused = runs + 1, met + hit, refused + (code != 0)
            if given.at or not hit:
                break
    if not wrong:
        print(f"ok torture {given.kind} samlingd/samling {name}: {total} places, once and for ever{' (a sample)' if every > 1 else ''}: "
              f"{runs} runs, {met} with a failure, {refused} refused; 0 lost, 0 doubled, 0 damaged", flush=True)
    return wrong == 0


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--kind", choices=KINDS, default="EIO")
    words.add_argument("--every", type=int, default=1)
    words.add_argument("--seed", type=int)
    words.add_argument("--at", type=int, default=0)
    words.add_argument("--ever", action="store_true")
    words.add_argument("--once", dest="ever", action="store_false")
    words.add_argument("story", nargs="*")
    given = words.parse_args()
    seed = rig.seed_from(given)
    print(f"# again with: tests/torture/files.py --kind {given.kind} --every {given.every} --seed {seed} {' '.join(given.story)}", flush=True)
    ok = True
    with rig.folder(in_memory=True) as folder:
        world = World(folder)
        with Shim(world.at, os.path.join(folder, "state")) as shim:
            for name in given.story or STORIES:
                ok &= sweep(world, name, shim, given, random.Random(seed))
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
