#!/usr/bin/python3
"""Backups sealed to a key that the centre does not have: taken while tablets push, they hold every op that was acknowledged before
they began; nothing of the store can be read in them; with the key the centre goes back to them, and with another key, or when they
are cut or changed, it stays as it is and says why."""
import os
import shutil
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402
from rig import need  # noqa: E402

WORDS = ["present", "notified", "no-show"]
NAME = "Zacharias Åsgård"


def run(*words, cwd=None):
    done = subprocess.run([rig.SAMLINGD, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, timeout=rig.CALL_S,
                          check=False, cwd=cwd, env=rig.clean_environment())
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def whole(path):
    with open(path, "rb") as file:
        return file.read()


def keys(tap, path):
    away = os.path.join(path, "away")
    os.mkdir(away)
    with tap.test("a pair of keys is made, apart, and never replaced"):
        for name in ("key", "other"):
            code, _, error = run("backup", "key", name, cwd=away)
            need(code == 0, error)
        need(os.stat(os.path.join(away, "key")).st_mode & 0o777 == 0o600, "others may read it")
        code, _, error = run("backup", "key", os.path.join(away, "key"))
        need(code == 1 and "exists" in error, f"exit {code}: {error}")
    return away


class Pusher(threading.Thread):
    """A tablet that marks and syncs until it is told to end. acked: what the centre had acknowledged when it was last heard."""

    def __init__(self, tablet, session, people):
        super().__init__()
        self.tablet, self.session, self.people = tablet, session, people
        self.over, self.rounds, self.wrong = threading.Event(), 0, None

    def run(self):
        try:
            while not self.over.is_set():
                self.tablet.mark(self.session, {p: WORDS[self.rounds % 3] for p in self.people})
                self.tablet.sync(codes=(rig.OK, rig.ATTENTION, rig.WAITING))
                self.rounds += 1
        except rig.Failed as wrong:
            self.wrong = wrong


def under_load(tap, centre, tablets, key, path):
    """Returns a sealed backup and what had been acknowledged when it was begun."""
    sealed, acked = os.path.join(path, "carried.sealed"), {}
    with tap.test("sealed while tablets push: it can be taken, and they go on"):
        shutil.copy(key + ".pub", centre.home)
        pub = os.path.join(centre.home, "key.pub")
        session = tablets[0].sessions(next(iter(tablets[0].groups().values())))[0]
        people = [int(line["participant"]) for line in tablets[0].done("sheet", "--session", session)["lines"]]
        pushers = [Pusher(tablet, session, people) for tablet in tablets]
        for pusher in pushers:
            pusher.start()
        try:
            for _ in range(12):
                said = centre("backup", "--encrypt", pub)
                need(said["sealed"] == 1 and said["file"].endswith(".db.sealed"), said)
            with centre.read() as db:
                acked.update(rig.watermarks(db))
            rounds = [pusher.rounds for pusher in pushers]
            said = centre("backup", sealed, "--encrypt", pub)
            while any(pusher.is_alive() and pusher.rounds < before + 2 for pusher, before in zip(pushers, rounds)):
                pass
        finally:
            for pusher in pushers:
                pusher.over.set()
            for pusher in pushers:
                pusher.join(60)
        for pusher in pushers:
            need(not pusher.wrong and pusher.rounds > 5, f"{pusher.rounds} rounds: {pusher.wrong}")
        tap.figure("rounds of pushes meanwhile", [pusher.rounds for pusher in pushers])
        tap.figure("bytes of the sealed backup", os.stat(sealed).st_size)
        need(said["file"] == sealed and os.stat(sealed).st_mode & 0o777 == 0o600, said)
    with tap.test("nothing of the store can be read in it, and no plain copy is left"):
        for file in [sealed] + [os.path.join(centre.home, "backup", n) for n in os.listdir(os.path.join(centre.home, "backup"))]:
            need(file.endswith(".sealed"), f"{file} is left")
            data = whole(file)
            need(b"SQLite format" not in data and NAME.encode() not in data and b"CREATE TABLE" not in data, f"{file} can be read")
        need(centre("status")["backup_age_s"] < 60, "status does not see it")
        need(all(d["safe"] == 0 for d in centre.devices().values()), "tablets may let go of what only sealed backups hold")
    return sealed, acked


def restored(tap, centre, tablets, sealed, acked, key, other):
    with tap.test("without its key, with another one, cut short or changed it is refused, and the store stays"):
        need(centre.stop() == 0, "it did not end well")
        before = whole(centre.store)
        data = whole(sealed)
        for name, bytes_, words, why in (("none", data, (), "--key"), ("other", data, ("--key", other), "another key"),
                                         ("public", data, ("--key", key + ".pub"), "no secret key"),
                                         ("half", data[:len(data) // 2], ("--key", key), "cut short"),
                                         ("head", data[:100], ("--key", key), "cut short"),
                                         ("less", data[:-1], ("--key", key), "cut short"),
                                         ("more", data + b"x", ("--key", key), "cut short"),
                                         ("changed", data[:-500] + bytes([data[-500] ^ 1]) + data[-499:], ("--key", key), "changed")):
            file = os.path.join(centre.path, name)
            with open(file, "wb") as out:
                out.write(bytes_)
            code, _, error = run("restore", file, *words, "--home", centre.home)
            need(code == 1 and why in error, f"{name}: exit {code}: {error}")
            need(whole(centre.store) == before, f"{name}: the store is another one")
            left = [n for n in os.listdir(os.path.dirname(centre.store)) if "opened" in n or ".tmp" in n]
            need(not left, f"{name}: {left} is left")
    with tap.test("with its key the centre goes back to it: whole, with all that was acknowledged before, and tablets send the rest"):
        code, said, error = run("restore", sealed, "--key", key, "--home", centre.home)
        need(code == 0 and "Restored" in said, f"exit {code}: {error}")
        left = [n for n in os.listdir(os.path.dirname(centre.store)) if "opened" in n]
        need(not left, f"{left} is left")
        with centre.read() as db:
            need(rig.integrity(db) == "ok", "the store is damaged")
            there = rig.watermarks(db)
        missing = {no: (there.get(no), had) for no, had in acked.items() if no > 1 and there.get(no, (0, 0))[0] < had[0]}
        need(acked and not missing, f"acknowledged before it began, and not in it: {missing}")
        code, said, error = run("verify", "--rebuild", "--home", centre.home)
        need(code == 0, said + error)
        centre.start()
        for _ in range(2):
            for tablet in tablets:
                tablet.sync(codes=(rig.OK, rig.ATTENTION))
        for tablet in tablets:
            need(tablet.status()["waiting"] == 0, "a tablet still waits")
        with centre.read() as db:
            rig.csn_gapless(db)
            for tablet in tablets:
                there = rig.ops_at_centre(db, tablet.no)
                need(len(tablet.logged()) > 50, "few ops were made")
                need(set(tablet.logged()) <= set(there), f"tablet {tablet.no} has ops that are not at the centre")
        need(run("verify", "--home", centre.home)[0] == 0, "it does not verify")


def refusing(tap, centre, path, away):
    with tap.test("a key that is none, a place that is taken, a killed process: said, and nothing is left lying"):
        folder = os.path.join(centre.home, "backup")
        wrong = os.path.join(path, "wrong.pub")
        with open(wrong, "w", encoding="ascii") as file:
            file.write("ssh-ed25519 AAAA\n")
        before = sorted(os.listdir(folder))
        for key, why in ((wrong, "no public key"), (os.path.join(away, "key"), "no public key"), ("/nowhere", "cannot be read")):
            code, _, error = run("backup", "--encrypt", key, "--home", centre.home)
            need(code == 1 and why in error, f"exit {code}: {error}")
        taken = os.path.join(path, "taken")
        with open(taken, "w", encoding="ascii") as file:
            file.write("mine")
        code, _, error = run("backup", taken, "--encrypt", os.path.join(away, "key.pub"), "--home", centre.home)
        need(code == 1 and whole(taken) == b"mine", f"exit {code}: {error}")
        need(sorted(os.listdir(folder)) == before, f"left: {set(os.listdir(folder)) - set(before)}")
        with open(os.path.join(folder, "sealing-1-1.db"), "w", encoding="ascii") as file:
            file.write("of a process that was killed")
        code, _, error = run("backup", "--encrypt", "key.pub", "--home", centre.home, cwd=away)     # a path from here
        need(code == 0 and not os.path.exists(os.path.join(folder, "sealing-1-1.db")), f"exit {code}: {error}")
    with tap.test("the seven newest sealed ones are kept, and the plain ones beside them"):
        for _ in range(8):
            centre("backup", "--encrypt", os.path.join(away, "key.pub"))
        centre("backup")
        names = os.listdir(folder)
        need(sum(n.endswith(".sealed") for n in names) == 7 and sum(n.endswith(".db") for n in names) == 1, sorted(names))


def main():
    tap = rig.Tap()
    with rig.folder() as path, rig.Centre(os.path.join(path, "centre")) as centre:
        clinic = centre.clinic()
        group, _ = centre.group(clinic, "Bevegelse", 11, weekday=1)
        centre("participant", "add", NAME, "--group", group)
        centre.user(clinic)
        tablets = [centre.tablet(os.path.join(path, f"tablet{i}"), clinic) for i in range(2)]
        for tablet in tablets:
            tablet.sync()
        away = keys(tap, path)
        key = os.path.join(away, "key")
        sealed, acked = under_load(tap, centre, tablets, key, path)
        restored(tap, centre, tablets, sealed, acked, key, os.path.join(away, "other"))
        refusing(tap, centre, path, away)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
