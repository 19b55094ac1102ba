"""What every end-to-end test needs: where things are, exit codes, the lines that it prints, a folder."""
import contextlib
import os
import random
import shutil
import sqlite3
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("SAM_BUILD", "build"))
SAMLINGD = os.path.join(BUILD, "samlingd")
SAMLING = os.path.join(BUILD, "samling")
HOST = "127.0.0.1"
NO_LIMITS = ("--handshake-rate", "0", "--joins-per-minute", "0", "--ops-per-day", "0")    # all tablets share one address here
U64 = (1 << 64) - 1
CALL_S = 60         # no verb or command takes longer
START_S = 30        # nor does a start
SPLIT_S = 0.0001

# exit codes of samling
OK, ERROR, USAGE, NOT_JOINED, ATTENTION, WAITING, NOT_FOUND, CLOCK, BUSY, GONE = range(10)


class Failed(Exception):
    """Something that must hold does not."""


def need(holds, why):
    if not holds:
        raise Failed(why() if callable(why) else why)


# ---- what a test prints

class Tap:
    """Lines "ok NAME" and "not ok NAME why"; end() is the exit code. ${again}: the command that repeats a failure."""

    def __init__(self, again=""):
        self.again = again
        self.failed = 0

    def ok(self, name):
        print("ok", name, flush=True)

    def not_ok(self, name, why):
        self.failed += 1
        print("not ok", name, " ".join(str(why).split()), flush=True)
        if self.again:
            self.say(f"again with: {self.again}")

    def say(self, text):
        print("#", text, flush=True)

    def figure(self, name, value):
        self.say(f"{name}: {value}")

    @contextlib.contextmanager
    def test(self, name):
        """What goes wrong inside is printed and counted; the program goes on."""
        try:
            yield
        except (Failed, OSError, sqlite3.Error, subprocess.SubprocessError, KeyError, ValueError) as wrong:
            self.not_ok(name, f"{type(wrong).__name__}: {wrong}" if not isinstance(wrong, Failed) else wrong)
        else:
            self.ok(name)

    def end(self):
        return 1 if self.failed else 0


@contextlib.contextmanager
def folder(prefix="samling-", in_memory=False):
    """A scratch folder that goes away again, whatever happens; SAM_KEEP=1 keeps it. ${in_memory}: where fsync costs nothing, if
    there is such a place."""
    place = "/dev/shm" if in_memory and os.access("/dev/shm", os.W_OK) else None
    path = tempfile.mkdtemp(prefix=prefix, dir=place)
    try:
        yield path
    finally:
        if not os.environ.get("SAM_KEEP"):
            shutil.rmtree(path, ignore_errors=True)


def clean_environment():
    drop = ("SAMLING_HOME", "SAMLING_KEY_FILE", "SAMLING_USER", "LC_ALL", "LC_MESSAGES", "LANG", "COLUMNS")
    return {name: value for name, value in os.environ.items() if name not in drop}


def text(data):
    return " ".join(data.decode(errors="replace").split())[-600:]


def seed_from(arguments):
    """The seed given, or a new one."""
    return arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(1 << 32)
