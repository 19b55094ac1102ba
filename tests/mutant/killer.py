"""Killers: the programs that may notice a mutant, linked anew with its one object and run with limits of their own."""
import hashlib
import os
import re
import resource
import subprocess
import time

MEMORY_BYTES_MAX = 4 << 30
FILE_BYTES_MAX = 512 << 20
IDLE_S, WALL_S_MAX = 30, 600
SLOWER_TIMES, SLOWER_S = 4, 4  # a mutant may need so many times the processor time of the original, and so much more


RUNNING = set()  # sessions of programs under way


def stop_all():
    """For whoever is stopped in the middle: nothing goes on by itself."""
    for session in list(RUNNING):
        try:
            os.killpg(session, 9)
        except ProcessLookupError:
            pass


class Ran:
    def __init__(self, code, seconds, said):
        self.code, self.seconds, self.said = code, seconds, said


def limits(cpu_s):
    def set_them():
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
        resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES_MAX, FILE_BYTES_MAX))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return set_them


def run_limited(command, place, cpu_s, wall_s, env=None):
    """Runs a program with its own folder for what it leaves behind; code 124 if it was stopped for its time."""
    log, began = f"{place}/log", time.monotonic()
    with open(log, "wb") as out:
        child = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, preexec_fn=limits(int(cpu_s) + 1),
                                 env={**os.environ, "TMPDIR": f"{os.path.abspath(place)}/tmp",
                                      "SAM_MUTANT_FOLDERS": f"{os.path.abspath(place)}/folders", **(env or {})})
        RUNNING.add(child.pid)
        code, cpu = waited(child, began + wall_s)
        RUNNING.discard(child.pid)
    with open(log, "rb") as f:
        f.seek(max(0, os.path.getsize(log) - 20000))
        said = f.read().decode("utf-8", "replace")
    return Ran(124 if code in (-24, -9) else code, cpu, said)


def ticks(pid):
    """The processor time that a process has had."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            return sum(int(n) for n in f.read().rsplit(")", 1)[1].split()[11:13])
    except (OSError, IndexError):
        return 0


def waited(child, end):
    """How it ended, and the processor time that it took; 124: it stood still for IDLE_S, or the end came. A busy machine makes it slow
    but does not stop it, so what counts against it is its own processor time (limits) and standing still."""
    pause, moved, had, status = 0.005, time.monotonic(), 0, 0
    try:
        while True:
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            now, has = time.monotonic(), ticks(child.pid)
            if has > had:
                moved, had = now, has
            if pid or now > end or now - moved > IDLE_S:
                break
            time.sleep(pause)
            pause = min(2 * pause, 0.1)
    finally:
        try:
            os.killpg(child.pid, 9)  # what it started and left goes with it: it has a session of its own
        except ProcessLookupError:
            pass
        if not pid:
            _, _, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status) if pid else 124
    return child.returncode, usage.ru_utime + usage.ru_stime


def digest_of(paths, *words):
    h = hashlib.sha256()
    for path in sorted(paths):
        with open(path, "rb") as f:
            h.update(path.encode() + b"\0" + f.read())
    for word in words:
        h.update(b"\0" + word.encode())
    return h.hexdigest()[:16]


class Killer:
    """One program with its arguments.
    name       as it is told            program    whose objects are linked: "unit/test_merge"
    seconds    of processor time that it takes, with the counters of reach.py
    objects    its own                  libraries  what else it is linked with
    sources    files that make it another killer when they change"""

    slower_times = SLOWER_TIMES

    def __init__(self, name, program, build, objects, libraries, sources, arguments=(), reach_arguments=None, order=0):
        self.name, self.program, self.objects, self.libraries = name, program, objects, libraries
        self.arguments = list(arguments)
        self.reach_arguments = self.arguments if reach_arguments is None else list(reach_arguments)
        self.order = order
        self.sources = sources
        self.digest = digest_of(sources, name, *self.arguments)
        self.seconds, self.reached = 0.0, {}

    def linked(self, tools, changed, out, more=(), keep=False):
        """The program with changed objects, which are given as such: out of an archive the linker might take the original's instead."""
        if not (keep and os.path.exists(out)):
            command = tools.link + list(more) + ["-o", out + ".new"] + self.objects + changed + \
                ["-Wl,-S", "-Wl,--start-group"] + self.libraries[0] + ["-Wl,--end-group"] + self.libraries[1]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            os.rename(out + ".new", out)
        return out

    def comes_to(self, mutant, file):
        """Does it run a line of the mutant's statement? Of a table, whose lines are no code: any line of its object."""
        reached = self.reached.get(file)
        if not reached or not mutant.lines:
            return bool(reached)
        return any(line in reached for line in range(mutant.lines[0], mutant.lines[1] + 1))

    def notices(self, program, place):
        """Runs it on the mutant; what it said when it failed, else None."""
        cpu_s = self.slower_times * self.seconds + SLOWER_S
        ran = run_limited([program] + self.arguments, place, cpu_s, WALL_S_MAX)
        if ran.code == 0:
            return None
        return "stopped: stands still, or more than %d s" % cpu_s if ran.code == 124 else self.why(ran)

    @staticmethod
    def why(ran):
        for pattern in (r"VIOLATION.*", r"^not ok .*", r"ev=assert .*", r"^\[ *FAILED *\] [a-z_].*", r"^.*: error: .*"):
            hit = re.search(pattern, ran.said, re.M)
            if hit:
                return hit[0][:160]
        return f"exit code {ran.code}"


class Simulator(Killer):
    """Looks for so many seconds; it stops by itself, so what it takes says nothing of how long a mutant may take. It draws
    its worlds by chance, so it is asked of every file that is in it, whatever lines reach.py saw."""

    def comes_to(self, mutant, file):
        return bool(self.reached.get(file))

    def notices(self, program, place):
        seconds = int(self.arguments[self.arguments.index("--seconds") + 1])
        ran = run_limited([program] + self.arguments, place, 4 * seconds + 60, WALL_S_MAX)
        if ran.code == 0:
            return None
        return "stopped" if ran.code == 124 else self.why(ran)


class Swept(Killer):
    """A program in which every call that may fail fails once (tests/swept/fault.h), wrapped by the linker as its objects name __real_."""

    slower_times = 2  # it is slow, and its places are counted: what goes on for ever is found soon enough

    def __init__(self, name, program, build, objects, libraries, *rest, **more):
        super().__init__(name, program, build, objects, (libraries[0], wraps(objects) + libraries[1]), *rest, **more)


def wraps(objects):
    said = subprocess.run(["nm", "-u"] + objects, check=True, stdout=subprocess.PIPE, text=True).stdout
    names = sorted(set(re.findall(r"^ *U __real_(\w+)", said, re.M)))
    if not names:
        raise SystemExit(f"not ok mutants: nothing is wrapped by {objects}")
    return ["-Wl,--wrap=" + name for name in names]
