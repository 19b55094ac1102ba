#!/usr/bin/python3
"""Mutants: do the tests notice when one place of the code on which the promises rest says something else?

Every comparison, condition, constant, verdict, return and statement of effect in the files of tests/critical.txt, and every cell of the
tables below them, can be changed (source.py, table.py). A seeded sample, spread over the nouns, is compiled one by one into the programs
that come to the changed line (reach.py), likeliest first (order.py): unit tests, laws and stories, then the simulator for some seconds,
then what is slow, and at last programs in which every call fails once (tests/swept), which see an error that is swallowed; until one
notices. `make mutants` calls it, which says in the environment how to compile and link.

  mutant.py --seed 1 --count 150       the sample; --count 0: all
  mutant.py --list [PART OF ID]        names what could be changed, and how
  mutant.py --only PART OF ID          these, whatever the sample
  mutant.py --file PATH                only those of one file

What is printed, and build/mutant/log: one line a mutant
  killed  ID  by KILLER after N s: why            a test failed, was stopped for its time, or the program fell
  same    ID  the object code is the original's   counted as equivalent
  equal   ID  why (equivalent.txt)                was run, nobody noticed, and nobody could
  alive   ID                                      nobody noticed: a gap. build/mutant/alive.diff has all of them
  (one that does not compile does not count)
and last `ok mutants: …`: killed / (made - equivalent) is at least 95 %.

Results are kept under build/mutant/kept by what was compiled, the product's sources and the tests: a run that was cut off goes on.
"""
import argparse
import difflib
import glob
import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import equivalent
import table
from killer import Killer, Simulator, Swept, digest_of, stop_all
from order import SWEPT_ORDER, Order, swallows
from reach import Reach

SHARE_WANTED = 0.95
LEFT_OUT = {"unit/test_migrate": "two minutes of old schemas"}
SLOW_S = 15  # a killer that needs longer is asked after the simulator
SWEPT_S_MAX, SWEPT_ELSE_S_MAX = 60, 20  # so long all that are swept may take about a mutant that may swallow an error, or another; one is asked
LEFT_OUT_MAX = 8  # swept ones that fail by themselves
PRODUCT = ("proto", "server", "client-sdk")


class Tools:
    """How the Makefile compiles and links."""

    def __init__(self):
        words = {k: shlex.split(os.environ[f"MUTANT_{k}"]) for k in ("CC", "FLAGS", "LINK", "LIBS_TEST", "LIBS_SIM", "LIBS", "LIBS_CMOCKA",
                                                                     "SIM_OBJECTS", "SIM_WRAP", "STORY_OBJECTS", "SWEPT", "SWEPT_OBJECTS")}
        self.cc = [w for w in words["CC"] if w not in ("-g", "ccache")] + ["-w"]
        self.cc_plain = [w for w in self.cc if not w.startswith(("-O", "-D_FORTIFY"))]
        self.flags, self.link, self.words = words["FLAGS"], words["LINK"] + ["-Wl,--wrap=mkdtemp"], words
        self.archives = {"test": words["LIBS_TEST"], "sim": words["LIBS_SIM"]}


def nouns(root):
    """{file: noun} of tests/critical.txt, and of the tables."""
    found = {}
    with open(f"{root}/tests/critical.txt", encoding="ascii") as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                noun, *files = line.split()
                found.update((file, noun) for file in files)
    found.update((file, noun) for file, (noun, _) in table.TABLES.items())
    return found


def object_of(file):
    return table.TABLES[file][1] if file in table.TABLES else file


def enumerate_all(tools, files):
    import source  # libclang

    flags = [w for w in tools.cc + tools.flags if w.startswith(("-D", "-I", "-std", "-isystem"))]
    found = []
    for file in files:
        found += table.mutants_of(".", file) if file in table.TABLES else source.mutants_of(".", file, flags)
    return found


def sample(mutants, noun_of, seed, count):
    """So many, the nouns in turn, each noun's in an order by chance that a change elsewhere in the sources leaves as it is."""
    heaps, seen = {}, {}
    for m in mutants:
        text = f"{m.file} {m.function} {m.line_text} {m.kind} {m.change()}"
        seen[text] = seen.get(text, 0) + 1
        rank = hashlib.sha256(f"{seed} {seen[text]} {text}".encode()).digest()
        heaps.setdefault(noun_of[m.file], []).append((rank, m))
    for noun, heap in heaps.items():
        heaps[noun] = [m for _, m in sorted(heap, key=lambda pair: pair[0])]
    chosen, turn = [], sorted(heaps)
    while turn and (len(chosen) < count or count == 0):
        for noun in list(turn):
            chosen.append(heaps[noun].pop())
            if not heaps[noun]:
                turn.remove(noun)
    return chosen[:count] if count else chosen


def with_headers(path, known=None):
    """A test's file and the tests' own headers that it includes."""
    known = set() if known is None else known
    if path not in known and os.path.exists(path):
        known.add(path)
        with open(path, encoding="utf-8") as f:
            for header in re.findall(r'^#include "(tests/[^"]+)"', f.read(), re.M):
                with_headers(header, known)
    return known


def killers_of(tools, build, sim_seconds):
    common = glob.glob("tests/lib/*.c")
    libraries = (tools.archives["test"], tools.words["LIBS_CMOCKA"] + tools.words["LIBS"])
    folder = f"{build}/mutant/folder.o"
    found = []
    for path in sorted(glob.glob("tests/unit/test_*.c") + glob.glob("tests/laws/test_*.c")):
        program = path[len("tests/") : -2]
        if program in LEFT_OUT or not os.path.exists(f"{build}/{program}"):
            continue
        found.append(Killer(program, program, build, [f"{build}/obj/tests/{program}.o", folder], libraries, with_headers(path) | set(common)))
    stories = glob.glob("tests/scenario/*.[ch]") + glob.glob("tests/lib/*.[ch]")
    for path in sorted(set(glob.glob("tests/scenario/*.txt"))):
        found.append(Killer(f"story {os.path.basename(path)[:-4]}", "scenario/stories", build, tools.words["STORY_OBJECTS"] + [folder],
                            libraries, stories + [path], [path], order=1))
        with open(path, encoding="utf-8") as f:
            found[-1].text = f.read()
    sim_libraries = (tools.archives["sim"], tools.words["SIM_WRAP"] + tools.words["LIBS"])
    found.append(Simulator("simulator", "sim/sim", build, tools.words["SIM_OBJECTS"] + [folder], sim_libraries,
                           glob.glob("tests/sim/*.[ch]") + glob.glob("tests/lib/*.[ch]"), ["--seconds", str(sim_seconds), "--jobs", "1", "--first"],
                           ["--seconds", "25", "--jobs", "1"], order=2))
    return found + swept_of(tools, build, found)


def swept_of(tools, build, killers):
    """The same tests once more, linked as section "coverage" of the Makefile links them: each call fails once."""
    swept, missing = set(glob.glob("tests/swept/*.[ch]")), set(tools.words["SWEPT"]) - {k.program for k in killers}
    if missing:
        raise SystemExit(f"not ok mutants: swept, but not among the tests: {sorted(missing)}")
    return [Swept(f"swept {k.name}", f"swept/{k.program}", build, k.objects + tools.words["SWEPT_OBJECTS"], k.libraries,
                  set(k.sources) | swept, k.arguments, order=SWEPT_ORDER) for k in killers if k.program in tools.words["SWEPT"]]


class Run:
    def __init__(self, tools, build, options):
        self.tools, self.build, self.options = tools, build, options
        self.work = f"{build}/mutant"
        self.noun_of = nouns(".")
        self.product = digest_of([p for d in PRODUCT for e in ("c", "h", "def", "sql", "proto", "options")
                                  for p in glob.glob(f"{d}/**/*.{e}", recursive=True)], " ".join(tools.cc + tools.flags))
        self.original, self.lock, self.done, self.total = {}, threading.Lock(), 0, 0
        self.order = Order()
        self.listed = equivalent.read(os.path.join(os.path.dirname(os.path.abspath(__file__)), "equivalent.txt"))
        os.makedirs(f"{self.work}/kept", exist_ok=True)

    # ---- before the first mutant

    def prepare(self):
        subprocess.run(self.tools.cc + ["-c", "-o", f"{self.work}/folder.o", "tests/mutant/folder.c"], check=True)
        self.killers = killers_of(self.tools, self.build, self.options.sim_seconds)
        files = sorted({object_of(f) for f in self.noun_of})
        reach = Reach(self.work, self.tools, files, self.killers, self.product)
        reach.compiled()
        left_out = []
        with ThreadPoolExecutor(self.options.jobs) as pool:
            for killer, learned in zip(self.killers, pool.map(reach.of, self.killers)):
                if not learned["ok"] and killer.order == SWEPT_ORDER:
                    left_out.append(killer)  # a story that compares two plays by ids: see sweep_intake.c
                    continue
                if not learned["ok"]:
                    raise SystemExit(f"not ok mutants: {killer.name} fails without any mutant: {learned['why']}")
                killer.seconds, killer.reached = learned["seconds"], {f: set(lines) for f, lines in learned["lines"].items()}
                killer.late = {2: 1, SWEPT_ORDER: 3}.get(killer.order, 2 if killer.seconds > SLOW_S else 0)
        self.killers = [k for k in self.killers if k not in left_out]
        if left_out:
            print("left out, since they fail without any mutant: " + ", ".join(k.name for k in left_out), flush=True)
        if len(left_out) > LEFT_OUT_MAX:
            raise SystemExit("not ok mutants: too many are left out")
        self.tests = digest_of([], *sorted(k.digest for k in self.killers))

    # ---- one mutant

    def assembled(self, file, source, place):
        """The assembler text of an object made from a file's changed source; None: it does not compile."""
        unit = object_of(file)
        for path in {file, unit}:
            os.makedirs(f"{place}/{os.path.dirname(path)}", exist_ok=True)
        if unit != file:
            shutil.copy(unit, f"{place}/{unit}")
        with open(f"{place}/{file}", "w", encoding="latin-1") as f:
            f.write(source)
        ran = subprocess.run(self.tools.cc + [f"-I{place}"] + self.tools.flags + ["-S", "-o", f"{place}/it.s", f"{place}/{unit}"],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.remove(f"{place}/{file}")
        if ran.returncode:
            return None
        with open(f"{place}/it.s", "rb") as f:
            return f.read().replace(place.encode(), b"")

    def source_of(self, file):
        with open(file, encoding="latin-1") as f:
            return f.read()

    def original_of(self, file, place):
        with self.lock:
            if file not in self.original:
                self.original[file] = self.assembled(file, self.source_of(file), place)
            return self.original[file]

    def one(self, mutant):
        place = f"{self.work}/work/{os.getpid()}-{threading.get_ident()}"
        shutil.rmtree(place, ignore_errors=True)
        os.makedirs(f"{place}/tmp")
        began = time.monotonic()
        original = self.original_of(mutant.file, place)
        code = self.assembled(mutant.file, mutant.applied(self.source_of(mutant.file)), place)
        if code is None:
            result = {"end": "none"}
        elif code == original:
            result = {"end": "same"}
        else:
            result = self.kept(mutant, code) or self.hunt(mutant, code, place)
        shutil.rmtree(place, ignore_errors=True)
        result["seconds"] = result.get("seconds", time.monotonic() - began)
        self.tell(mutant, result)
        return mutant, result

    def key(self, mutant, code):
        return f"{self.work}/kept/{hashlib.sha256(code + mutant.file.encode()).hexdigest()[:24]}-{self.product}.json"

    def kept(self, mutant, code):
        """What is known of these very bytes: a kill holds as long as its killer is what it was, a survival as long as all are."""
        try:
            with open(self.key(mutant, code), encoding="utf-8") as f:
                known = json.load(f)
        except FileNotFoundError:
            return None
        if known["end"] == "killed":
            holds = any(k.name == known["by"] and k.digest == known["digest"] for k in self.killers)
        else:
            holds = known["tests"] == self.tests
        if holds:
            self.order.learn(mutant.file, known["asked"], known.get("by"))
        return known if holds else None

    def keep(self, mutant, code, result):
        path = self.key(mutant, code)
        with open(f"{path}.{threading.get_ident()}", "w", encoding="utf-8") as f:
            json.dump(result, f)
        os.rename(f"{path}.{threading.get_ident()}", path)

    def hunt(self, mutant, code, place):
        began, unit, linked = time.monotonic(), object_of(mutant.file), {}
        subprocess.run(["as", "-o", f"{place}/it.o", f"{place}/it.s"], check=True)
        asked, result, swept_s = [], {"end": "alive"}, 0.0
        noun, swept_s_max = self.noun_of[mutant.file], SWEPT_S_MAX if swallows(mutant) else SWEPT_ELSE_S_MAX
        for killer in self.order.of(mutant, noun, [k for k in self.killers if k.comes_to(mutant, unit)]):
            if killer.late == 2 and not self.order.named(mutant, noun, killer):
                continue  # slow, and about something else
            if killer.late == 3:
                if not mutant.lines or (swept_s and swept_s + killer.seconds > swept_s_max):
                    continue  # a table's cell does not fail
                swept_s += killer.seconds
            asked.append(killer.name)
            if killer.program not in linked:
                linked[killer.program] = killer.linked(self.tools, [f"{place}/it.o"], f"{place}/{killer.program.replace('/', '-')}")
            why = killer.notices(linked[killer.program], place)
            self.sweep(place)
            if why:
                result = {"end": "killed", "by": killer.name, "digest": killer.digest, "why": why}
                break
        result.update(asked=asked, tests=self.tests, seconds=time.monotonic() - began)
        self.keep(mutant, code, result)
        self.order.learn(mutant.file, asked, result.get("by"))
        return result

    def sweep(self, place):
        """What the killer left behind."""
        path = f"{place}/folders"
        if os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                for folder in f.read().split():
                    shutil.rmtree(folder, ignore_errors=True)
            os.remove(path)

    # ---- what is told

    def tell(self, mutant, result):
        end, change = result["end"], mutant.change()
        if end == "alive" and self.listed.why(mutant):
            end = result["end"] = "equal"
        if end == "killed":
            text = f"by {result['by']} after {result['seconds']:.1f} s: {result['why']}"
            if self.listed.why(mutant):
                text, result["wrong"] = text + " - and equivalent.txt says that nobody can", True
        else:
            text = {"same": "the object code is the original's", "equal": self.listed.why(mutant) or "",
                    "none": "does not compile", "alive": f"{len(result.get('asked', []))} killers in {result['seconds']:.1f} s"}[end]
        with self.lock:
            self.done += 1
            line = f"{end:7} {mutant.id} in {mutant.function} [{change[:90]}] {text}"
            print(f"{self.done}/{self.total} {line}", flush=True)
            with open(f"{self.work}/log", "a", encoding="utf-8") as f:
                f.write(line + "\n")

    def diff(self, mutant):
        was = self.source_of(mutant.file)
        lines = difflib.unified_diff(was.splitlines(), mutant.applied(was).splitlines(), mutant.id, mutant.function, n=1, lineterm="")
        return "\n".join(lines) + "\n"

    def all(self, mutants):
        """Two at a time; one that does not compile is replaced by the next in its noun's turn."""
        ends = {"killed": [], "same": [], "equal": [], "alive": [], "none": [], "wrong": []}
        open(f"{self.work}/log", "w", encoding="utf-8").close()
        self.total = len(mutants)
        with ThreadPoolExecutor(self.options.jobs) as pool:
            for mutant, result in pool.map(self.one, mutants):
                ends[result["end"]].append(mutant)
                if result.get("wrong"):
                    ends["wrong"].append(mutant)
        return ends


def sum_up(run, ends):
    made = sum(len(ends[e]) for e in ("killed", "same", "equal", "alive"))
    equal, killed = len(ends["same"]) + len(ends["equal"]), len(ends["killed"])
    share = killed / (made - equal) if made > equal else 1.0
    with open(f"{run.work}/alive.diff", "w", encoding="utf-8") as f:
        f.writelines(run.diff(m) for m in ends["alive"])
    for m in ends["alive"]:
        print(run.diff(m), end="")
    for m in ends["wrong"]:
        print(f"not ok mutants: {m.id} was noticed: equivalent.txt is wrong about it")
    good = share >= SHARE_WANTED and not ends["wrong"]
    print(f"{'ok' if good else 'not ok'} mutants: {made} made, {killed} killed ({100 * share:.1f} %), {equal} equivalent, {len(ends['alive'])} alive"
          f" (seed {run.options.seed}; {len(ends['none'])} more do not compile)")
    return 0 if good else 1


def options_read():
    p = argparse.ArgumentParser()
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--count", type=int, default=150)
    p.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    p.add_argument("--sim-seconds", type=int, default=20)
    p.add_argument("--file")
    p.add_argument("--only")
    p.add_argument("--list", nargs="?", const="")
    return p.parse_args()


def stopped(number, _):
    stop_all()
    os._exit(128 + number)


def main():
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stopped)
    options, tools, build = options_read(), Tools(), os.environ.get("SAM_BUILD", "build")
    os.makedirs(f"{build}/mutant", exist_ok=True)
    run = Run(tools, build, options)
    every = enumerate_all(tools, [f for f in run.noun_of if options.file in (None, f)])
    if options.list is not None:
        for m in every:
            if options.list in m.id:
                print(f"{m.id} in {m.function}: {m.change()}")
        return 0
    gone = run.listed.gone(every) if not options.file else []
    for entry in gone:
        print(f"not ok mutants: equivalent.txt line {entry.line_no}: there is no such mutant")
    chosen = [m for m in every if options.only in m.id] if options.only else sample(every, run.noun_of, options.seed, options.count)
    print(f"{len(every)} mutants can be made; {len(chosen)} are, seed {options.seed}", flush=True)
    run.prepare()
    return sum_up(run, run.all(chosen)) or (1 if gone else 0)


if __name__ == "__main__":
    sys.exit(main())
