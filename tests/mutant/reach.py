"""Which killer comes to which line: the critical files built once with gcc's counters, every killer run once with them.

A killer that never runs a mutant's line cannot notice it, so it is not asked; and how many seconds each needs says who is asked first.
What was learned is kept as long as the product and the killer stay as they are.
"""
import gzip
import json
import os
import shutil
import subprocess
import threading

from killer import digest_of, run_limited

LIMIT_S = 600


class Reach:
    def __init__(self, build, tools, files, killers, digest):
        self.build, self.tools, self.files, self.killers, self.digest = build, tools, files, killers, digest
        self.lock = threading.Lock()
        self.work = f"{build}/reach"
        self.object = f"{self.work}/{digest}"

    def compiled(self):
        """The critical files with counters."""
        objects = [f"{self.object}/{file[:-2].replace('/', '-')}.o" for file in self.files]
        if not os.path.exists(f"{self.object}/done"):
            shutil.rmtree(self.work, ignore_errors=True)
            os.makedirs(self.object)
            for file, out in zip(self.files, objects):
                subprocess.run(self.tools.cc_plain + self.tools.flags + ["-O0", "--coverage", "-c", "-o", out, file], check=True)
            open(f"{self.object}/done", "w", encoding="ascii").close()
        return objects

    def of(self, killer):
        """{"seconds": n, "ok": bool, "lines": {file: [lines]}}"""
        kept = f"{self.build}/reach-kept/{killer.digest}-{self.digest}.json"
        if os.path.exists(kept):
            with open(kept, encoding="utf-8") as f:
                return json.load(f)
        learned = self.learn(killer)
        os.makedirs(os.path.dirname(kept), exist_ok=True)
        with open(kept + ".new", "w", encoding="utf-8") as f:
            json.dump(learned, f)
        os.rename(kept + ".new", kept)
        return learned

    def learn(self, killer):
        name = killer.name.replace("/", "-").replace(" ", "-")
        place = f"{self.object}/run-{name}"
        shutil.rmtree(place, ignore_errors=True)
        os.makedirs(f"{place}/tmp")
        with self.lock:
            out = f"{self.object}/{killer.program.replace('/', '-')}-{digest_of(killer.objects)}"
            program = killer.linked(self.tools, self.compiled(), out, ["--coverage"], keep=True)
        env = {"GCOV_PREFIX": os.path.abspath(place), "GCOV_PREFIX_STRIP": "0"}
        ran = run_limited([program] + killer.reach_arguments, place, LIMIT_S, LIMIT_S, env)
        lines = self.lines(place)
        shutil.rmtree(place, ignore_errors=True)
        return {"seconds": ran.seconds, "ok": ran.code == 0, "why": ran.said[-400:], "lines": lines}

    def lines(self, place):
        """Of all counters below a place: which lines ran."""
        counters = []
        for folder, _, names in os.walk(place):
            counters += [f"{folder}/{n}" for n in names if n.endswith(".gcda")]
        reached = {}
        for counter in counters:
            shutil.copy(f"{self.object}/{os.path.basename(counter)[:-5]}.gcno", os.path.dirname(counter))
            subprocess.run(["gcov", "--json-format", os.path.basename(counter)], cwd=os.path.dirname(counter), check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for folder, _, names in os.walk(place):
            for name in names:
                if name.endswith(".gcov.json.gz"):
                    with gzip.open(f"{folder}/{name}") as f:
                        self.add(reached, json.load(f))
        return {file: sorted(lines) for file, lines in reached.items()}

    def add(self, reached, told):
        for file in told["files"]:
            if file["file"] in self.files:
                lines = reached.setdefault(file["file"], set())
                lines.update(line["line_number"] for line in file["lines"] if line["count"])
