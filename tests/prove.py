#!/usr/bin/python3
"""The long forms of all harnesses on one commit, and a ledger of what they said: `make prove`.

    prove.py [STEP[=SIZE]...]      all steps, or some: sim=50000 fuzz=10000000 torture=5000 …
    prove.py --sum                 what the ledger of this commit adds up to; runs nothing

Each step is a target of the Makefile. What it prints is kept in build/prove/COMMIT/STEP-n.log; each volume that it names becomes a line of
build/prove/COMMIT/ledger.tsv: when, step, size, volume, number. Runs of one commit add up, so it may be stopped and gone on with: seeds go on
where the last run ended. A tree with changes that are not committed is refused. At the end the sums stand beside their goals, and one that
is missed, a step that failed, or a violation makes the exit code 1.
"""
import collections
import os
import re
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get("SAM_BUILD", "build")
FIRST_SEED = 1_000_000_000
SIM_SEEDS = 10_000          # in one run: a ledger line every few minutes

# step -> size by itself, how it is run, what it says
STEPS = {
    "cover": (0, ["make", "-s", "cover"], ()),
    "whole": (0, ["sh", "-c", "SAM_WHOLE=1 make -s e2e T=21-line-cuts && SAM_WHOLE=1 make -s e2e T=20-kills && SAM_WHOLE=1 make -s unit T=test_migrate"],
              ((r"^# (?:tablet|centre) kills: (\d+)", "kills", 1),)),
    "controls": (0, ["make", "-s", "sim-controls"], ((r"^ok control ", "controls caught", None),)),
    "mutants": (0, ["make", "-s", "mutants", "COUNT={size}"],
                ((r"^ok mutants: (\d+) made", "mutants", 1), (r"^ok mutants: \d+ made, (\d+) killed", "mutants killed", 1),
                 (r"^ok mutants: .* (\d+) equivalent", "mutants equivalent", 1))),
    "torture": (5000, ["make", "-s", "torture", "EVERY=25", "KILLS={size}"],
                ((r"^ok kills: (\d+) kills", "kills", 1), (r"^ok torture .*?(\d+) runs", "faults injected", 1))),
    "power": (5000, ["node", "tests/wasm/power.js", "{build}", "--crashes", "{size}"], ((r"^ok power: (\d+) cuts", "power losses", 1),)),
    "sim": (50_000, ["{build}/sim/sim", "--seeds", "{size}", "--from", "{from}"],
            ((r"^(\d+) worlds in ", "seeds", 1), (r"^disks: (\d+) power losses", "power losses", 1), (r"^disks: .*?, (\d+) kills", "simulated kills", 1),
             (r"^rare (\S+) +(\d+)", "rare {0}", 2), (r"^(?:not )?ok sim: .* (\d+) violations and stalls", "violations and stalls", 1))),
    "fuzz": (10_000_000, ["make", "-s", "fuzz", "RUNS={size}", "LONGEST=1200", "JOBS=2"],
             ((r"^ok fuzz (\S+): .*last new edge at execution (\d+)", "edge {0}", 2), (r"^ok fuzz (\S+): (\d+) executions", "fuzz {0}", 2))),
    "abuse": (0, ["make", "-s", "abuse"], ()),
}
GOALS = {"seeds": 50_000, "power losses": 200_000, "kills": 5_000}
FUZZ_TARGETS, FUZZ_EXECUTIONS = 6, 10_000_000
MUTANTS_KILLED = 0.95


def output(*words):
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


class Ledger:
    """What one commit was put through."""

    def __init__(self):
        self.commit = output("git", "rev-parse", "--short=12", "HEAD")
        self.folder = os.path.join(ROOT, BUILD, "prove", self.commit)
        self.path = os.path.join(self.folder, "ledger.tsv")
        os.makedirs(self.folder, exist_ok=True)

    def add(self, step, size, volume, number):
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}\t{step}\t{size}\t{volume}\t{number}\n")

    def lines(self):
        if not os.path.exists(self.path):
            return
        with open(self.path, encoding="utf-8") as file:
            for line in file:
                _, _, _, volume, number = line.rstrip("\n").split("\t")
                yield volume, int(number)

    def sums(self):
        sums = collections.Counter()
        for volume, number in self.lines():
            sums[volume] += number
        return sums

    def quiet(self):
        """The fuzz targets that are at their goal: enough executions, and no new edge in the last fifth of all of them, run after run."""
        done, edge = collections.Counter(), collections.Counter()
        for volume, number in self.lines():
            kind, _, name = volume.partition(" ")
            if kind == "edge":  # stands before its run
                edge[name] = done[name] + number
            elif kind == "fuzz":
                done[name] += number
        return sorted(name for name in done if done[name] >= FUZZ_EXECUTIONS and edge[name] <= 0.8 * done[name])

    def log(self, step):
        number = 1
        while os.path.exists(os.path.join(self.folder, f"{step}-{number}.log")):
            number += 1
        return os.path.join(self.folder, f"{step}-{number}.log")


def kept(since):
    """What the programs of tests/run.sh have said since then, each in a log of its own."""
    folder, lines = os.path.join(ROOT, BUILD, "test"), []
    for name in sorted(os.listdir(folder) if os.path.isdir(folder) else []):
        path = os.path.join(folder, name)
        if name.endswith(".log") and os.path.getmtime(path) >= since:
            with open(path, encoding="utf-8", errors="replace") as log:
                lines += log.read().splitlines()
    return lines


def run(ledger, step, size):
    """One run of a step; True: it succeeded."""
    _, command, volumes = STEPS[step]
    words = {"size": size, "build": BUILD, "from": FIRST_SEED + ledger.sums()["seeds"]}
    command = [word.format(**words) for word in command]
    path, began, since = ledger.log(step), time.monotonic(), time.time()
    print(f"# {' '.join(command)} > {os.path.relpath(path, ROOT)}", flush=True)
    with open(path, "w", encoding="utf-8") as log:
        code = subprocess.run(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, check=False).returncode
    with open(path, encoding="utf-8", errors="replace") as log:
        lines = log.read().splitlines() + kept(since)
    bad = [line for line in lines if line.startswith(("not ok", "VIOLATION"))]
    for line in lines:
        for pattern, volume, group in volumes:
            found = re.search(pattern, line)
            if found:
                ledger.add(step, size, volume.format(*found.groups()), found.group(group) if group else 1)
    ledger.add(step, size, f"runs of {step}", 1)
    if code or bad:
        ledger.add(step, size, "failed runs", 1)
    for line in bad[:10]:
        print(f"  {line}")
    said = [line for line in lines if line.startswith("ok ") or re.match(r"\d+ passed", line)]
    print(f"  {'failed, exit code ' + str(code) if code or bad else 'done'} in {time.monotonic() - began:.0f} s: {said[-1] if said else ''}", flush=True)
    return not code and not bad


def summary(ledger):
    sums, missed = ledger.sums(), 0
    print(f"\ncommit {ledger.commit}: {os.path.relpath(ledger.path, ROOT)}")
    never = [volume for volume in sums if volume.startswith("rare ") and not sums[volume]]
    print(f"  rare states that were never met: {', '.join(never) or 'none'}")
    for volume in sorted(volume for volume in sums if not volume.startswith(("rare ", "edge "))):
        goal = GOALS.get(volume)
        short = goal is not None and sums[volume] < goal
        missed += short
        print(f"  {volume:28} {sums[volume]:>14}" + (f"   goal {goal}{', not reached' if short else ''}" if goal else ""))
    full = ledger.quiet()
    print(f"  {'fuzz targets at goal':28} {len(full):>14}   goal {FUZZ_TARGETS} with {FUZZ_EXECUTIONS} executions and no new edge in the last fifth: "
          f"{', '.join(full) or 'none'}")
    judged = sums["mutants"] - sums["mutants equivalent"]
    killed = sums["mutants killed"] / judged if judged else 0.0
    print(f"  {'mutants killed':28} {100 * killed:>13.1f}%   goal {100 * MUTANTS_KILLED:.0f} %")
    wrong = sums["failed runs"] + sums["violations and stalls"]
    missed += any(sums[volume] < goal for volume, goal in GOALS.items() if volume not in sums)
    missed += len(never)
    missed += len(full) < FUZZ_TARGETS or killed < MUTANTS_KILLED
    print(f"{'ok' if not missed and not wrong else 'not ok'} prove: {wrong} failures, {missed} goals not reached")
    return missed == 0 and wrong == 0


def main():
    ledger = Ledger()
    if "--sum" in sys.argv[1:]:
        sys.exit(not summary(ledger))
    if output("git", "status", "--porcelain", "--untracked-files=no"):
        sys.exit("prove: there are changes that are not committed; what is shown must be a commit")
    asked = [word.partition("=") for word in sys.argv[1:]] or [(step, "", "") for step in STEPS]
    for step, _, size in asked:
        if step not in STEPS or (size and not size.isdigit()):
            sys.exit(f"prove: {step}: a step is one of {', '.join(STEPS)}, or STEP=SIZE")
    for step, _, size in asked:
        left = int(size) if size else STEPS[step][0]
        if step != "sim":
            run(ledger, step, left)
            continue
        while left > 0 and run(ledger, step, min(left, SIM_SEEDS)):
            left -= SIM_SEEDS
    sys.exit(not summary(ledger))


if __name__ == "__main__":
    main()
