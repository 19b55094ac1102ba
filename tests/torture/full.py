#!/usr/bin/python3
"""Goal: a disk that is really full, 8 MB of tmpfs, loses nothing: the centre and the tablet on it say no in plain words, keep what they
had, and take up work again when there is room; then everything has arrived, once.

As root, for the mount; else it is skipped. The tablet that fills the centre lies elsewhere, one more lies on the small disk.
"""
import argparse
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from rig import need  # noqa: E402

PEOPLE, BALLAST = 400, "ballast"


class Small:
    """A tmpfs of 8 MB, mounted in ${path}."""

    def __init__(self, path):
        self.path = path
        os.makedirs(path)

    def __enter__(self):
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=0700", "tmpfs", self.path], capture_output=True, check=False)
        self.mounted = done.returncode == 0
        self.why = rig.text(done.stderr)
        return self

    def __exit__(self, *_):
        if self.mounted:
            subprocess.run(["umount", "-l", self.path], check=False)

    def fill(self, leave=0):
        """Until nothing more goes in; then ${leave} bytes are given back."""
        path = os.path.join(self.path, BALLAST)
        with open(path, "ab", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass
            if leave:
                file.truncate(max(0, file.tell() - leave))

    def room(self):
        os.unlink(os.path.join(self.path, BALLAST))


class World:
    def __init__(self, folder, small):
        self.folder, self.small = folder, small
        self.centre = rig.Centre(os.path.join(small.path, "centre"))
        self.centre.log_path = os.path.join(folder, "serve.log")
        self.saved = 0

    def populate(self):
        self.centre.start()
        clinic = self.centre.clinic()
        self.group, self.people = self.centre.group(clinic, "G1", PEOPLE)
        self.centre.user(clinic)
        self.far = self.centre.tablet(os.path.join(self.folder, "far"), clinic)
        self.near = self.centre.tablet(os.path.join(self.small.path, "near"), clinic)
        for tablet in (self.far, self.near):
            tablet.sync()
        self.session = self.far.sessions(self.group)[0]

    def mark(self, tablet, word):
        return tablet("mark", "--session", self.session, "--from", "-", given=rig.mark_lines(dict.fromkeys(self.people, word)))

    def centre_full(self):
        """The centre's disk is full: what is pushed waits on the tablet, and nobody is told that it is safe."""
        before = self.far.status()
        code, said = self.mark(self.far, "present")
        need(code == rig.OK, lambda: f"the tablet elsewhere cannot save: {said}")
        self.small.fill()
        for _ in range(3):
            code, said = self.far("sync")
            need(code in (rig.WAITING, rig.ERROR), lambda: f"a sync with a full centre: exit {code}: {said}")
        status = self.far.status()
        acked = int(status["saved"]) - int(status["waiting"])
        with self.centre.read() as db:
            held = rig.watermarks(db)[self.far.no][0]
        need(acked <= held, f"the tablet was told that {acked} ops are safe, the full centre has {held}")
        need(int(status["waiting"]) > 0, f"all went into a full disk: {before} {status}")
        code, out, err = self.centre.seen("participant", "add", "--count", "1", "--prefix", "Ny", "--group", str(self.group))
        need(code == 1 and (out + err).strip(), f"a verb on a full disk: exit {code}: {out}{err}")
        self.centre.need_alive()

    def tablet_full(self):
        """The tablet's disk is full: it says that nothing was saved, and nothing is."""
        expected, refused = int(self.near.status()["saved"]), 0
        for word in ("present", "no-show", "notified") * 40:
            code, said = self.mark(self.near, word)
            need(code in (rig.OK, rig.ERROR), lambda: f"mark: exit {code}: {said}")
            need(code == rig.OK or said.get("error"), lambda: f"not saved, and no word of it: {said}")
            expected += PEOPLE if code == rig.OK else 0
            refused += code != rig.OK
            if refused == 3:
                break
        need(refused == 3, "the disk never became full")
        self.tablet_said = said["error"]
        self.small.room()                   # on a disk without a single page to spare not even a look is possible
        saved = int(self.near.status()["saved"])
        need(saved == expected, f"{expected} ops were called saved, {saved} are")
        self.small.fill()

    def room_again(self):
        self.small.room()
        end = time.monotonic() + rig.CALL_S
        while self.centre("status")["read_only"]:       # it looks every few seconds
            need(time.monotonic() < end, "the centre does not see that there is room")
            time.sleep(0.1)
        for _ in range(3):
            for tablet in (self.far, self.near):
                tablet.sync(codes=(rig.OK, rig.ATTENTION, rig.WAITING))
        self.mark(self.near, "present")
        for tablet in (self.near, self.far):
            tablet.sync(codes=(rig.OK, rig.ATTENTION))
        self.centre.need_alive()

    def check(self):
        code, out, err = self.centre.seen("verify")
        need(code == 0, f"verify: exit {code}: {out}{err}")
        with self.centre.read() as db:
            need(rig.integrity(db) == "ok", "the centre's store is damaged")
            rig.csn_gapless(db)
            sums, marks = rig.centre_sums(db), rig.watermarks(db)
            for tablet in (self.far, self.near):
                status = tablet.status()
                ops = rig.ops_at_centre(db, tablet.no)
                need(status["waiting"] == 0 and marks[tablet.no][0] == int(status["saved"]) == len(ops),
                     f"device {tablet.no}: {status['saved']} saved, {len(ops)} at the centre, {status['waiting']} wait")
                self.saved += len(ops)
        for tablet in (self.far, self.near):
            with tablet.read() as db:
                need(rig.integrity(db) == "ok" and rig.tablet_sums(db) == sums, f"device {tablet.no} is not in step")


def main():
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    tap = rig.Tap("tests/torture/full.py")
    with rig.folder() as folder, Small(os.path.join(folder, "small")) as small:
        if not small.mounted:
            print(f"skip torture full disk: no tmpfs can be mounted: {small.why}")
            return 77
        world = World(folder, small)
        try:
            for name, step in (("a centre and a tablet on a disk of 8 MB", world.populate),
                               ("a full disk at the centre: nothing is acked that is not there", world.centre_full),
                               ("room again", world.room_again),
                               ("filled up once more, little by little", lambda: small.fill(leave=512 << 10)),
                               ("a full disk under the tablet: it says so, and nothing is half saved", world.tablet_full),
                               ("room again: all goes on", world.room_again),
                               ("everything that was saved is at the centre, once; both verify", world.check)):
                with tap.test(f"torture full disk: {name}"):
                    step()
                if tap.failed:
                    tap.say(world.centre.log(1500))
                    break
            else:
                tap.figure("the tablet said", world.tablet_said)
                tap.figure("ops", f"{world.saved} saved, 0 lost, 0 doubled")
        finally:
            world.centre.kill()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
