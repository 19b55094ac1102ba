#!/usr/bin/env python3
"""Runs the fuzz targets: each from the committed corpus (tests/fuzz/corpus/NAME) and from what earlier runs have found
(build/fuzz/corpus/NAME, which is kept), for so many seconds or executions.

    tests/fuzz/run.py [--seconds N | --runs N [--longest SECONDS]] [-j JOBS] [--seed N] NAME...
    tests/fuzz/run.py --minimise NAME...          the committed corpus anew, out of all that was found

One line for each target:

    ok fuzz frame: 10000000 executions in 312 s (32051/s, 41025/s of the processor), 818 edges, 1204 features, corpus 212 files,
                   seed 7, last new edge at execution 3200111 (32 %): no new edge in the last fifth

The last words are one of three: "no new edge in the last fifth" (with the last one before it, or "no new edge in this run"), or "STILL
FINDING new edges". A run that is cut off by --longest says so of what it did.

Edges are the points of the program that were reached (libFuzzer's cov), features also how often and in which order (ft). "not ok" is a
crash, a leak, an input that takes seconds, or a claim of the target that does not hold: the input is kept under build/fuzz/crash and the
command that repeats it is printed. The fuzzer's own log stands under build/fuzz/log/NAME."""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("SAM_BUILD", ROOT / "build"))
FUZZ = BUILD / "fuzz"
KEPT = ROOT / "tests" / "fuzz" / "corpus"
FILES_MAX, BYTES_MAX = 250, 24_000  # of one target's committed corpus
SPARE_SECONDS = 120  # for starting, and for going through the corpus

# What an input may be long, and what one may take: a parser that needs a second for this little is broken.
OPTIONS = {
    "frame": (2048, 5), "message": (1024, 5), "session_centre": (2048, 5), "session_tablet": (2048, 5), "csv": (1024, 5),
    "config": (1024, 5), "http": (1024, 5), "websocket": (1024, 5), "login": (512, 5), "invite": (512, 5),
    "intake": (1024, 5), "cert": (2048, 5), "admin": (1024, 5), "metrics": (5000, 5),
    "journal": (1024, 20), "sealed": (512, 20), "restart": (512, 20), "tablet": (1024, 20),  # these write files
}
OPTIONS_ELSE = (2048, 5)


def options(name):
    """The fuzzer's options for a target, whoever starts it."""
    long_max, seconds = OPTIONS.get(name, OPTIONS_ELSE)
    out = [f"-max_len={long_max}", f"-timeout={seconds}", "-malloc_limit_mb=64", "-rss_limit_mb=1024", "-print_final_stats=1"]
    words = ROOT / "tests" / "fuzz" / f"{name}.dict"
    return out + ([f"-dict={words}"] if words.exists() else [])


def environment():
    env = dict(os.environ)
    env["ASAN_OPTIONS"] = "abort_on_error=1:detect_leaks=1:allocator_may_return_null=0:quarantine_size_mb=16"
    env["UBSAN_OPTIONS"] = "print_stacktrace=1"
    return env


class Log:
    """What a run printed, read line by line: where the last new edge was met."""

    def __init__(self):
        self.edges = self.features = self.executions = self.last_new = self.corpus = 0
        self.began = False

    def line(self, text):
        found = re.match(r"#(\d+)\s+(\w+)\s+cov: (\d+) ft: (\d+) corp: (\d+)", text)
        if found:
            at, what, edges, features, corpus = found.groups()
            if int(edges) > self.edges and self.began:
                self.last_new = int(at)
            self.began = self.began or what == "INITED"
            self.edges, self.features, self.corpus = int(edges), int(features), int(corpus)
        found = re.match(r"stat::number_of_executed_units:\s+(\d+)", text)
        if found:
            self.executions = int(found.group(1))


def ended(process, limit):
    """(exit code, seconds of the processor); TimeoutError: it was killed"""
    until = time.monotonic() + limit if limit else None
    while True:
        pid, status, used = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, used.ru_utime + used.ru_stime
        if until and time.monotonic() > until:
            process.kill()
            process.wait()
            raise TimeoutError
        time.sleep(0.1)


def crash_of(name, text):
    found = re.findall(r"Test unit written to (\S+)", text)
    return found[-1] if found else None


def verdict(name, log, seconds, cpu_seconds, seed):
    """The line of a target that went through."""
    rate, cpu_rate = (int(log.executions / s) if s else 0 for s in (seconds, cpu_seconds))
    part = 100 * log.last_new / log.executions if log.executions else 0
    edge = f"last new edge at execution {log.last_new} ({part:.0f} %)" if log.last_new else "no new edge in this run"
    edge += ": no new edge in the last fifth" if part < 80 else ": STILL FINDING new edges"
    return (f"ok fuzz {name}: {log.executions} executions in {seconds:.0f} s ({rate}/s, {cpu_rate}/s of the processor), {log.edges} edges, "
            f"{log.features} features, corpus {log.corpus} files, seed {seed}, {edge}")


def run(name, args):
    program, grown = FUZZ / name, FUZZ / "corpus" / name
    log_path, crash = FUZZ / "log" / name, FUZZ / "crash"
    seconds_max = args.longest if args.runs else args.seconds
    for folder in (grown, log_path.parent, crash):
        folder.mkdir(parents=True, exist_ok=True)
    for stale in crash.glob(f"{name}-*"):
        stale.unlink()
    command = [str(program), *options(name), f"-artifact_prefix={crash}/{name}-", f"-seed={args.seed}",
               *([f"-runs={args.runs}"] if args.runs else []), *([f"-max_total_time={seconds_max}"] if seconds_max else []), str(grown)]
    if (KEPT / name).is_dir():
        command.append(str(KEPT / name))
    began, log = time.monotonic(), Log()
    limit = seconds_max + SPARE_SECONDS if seconds_max else None
    with open(log_path, "wb") as out:
        try:
            code, cpu_seconds = ended(subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=environment()), limit)
        except TimeoutError:
            return f"not ok fuzz {name}: it did not end by itself: {log_path}"
    seconds = time.monotonic() - began
    text = log_path.read_text(errors="replace")
    for line in text.splitlines():
        log.line(line)
    if code == 0 and log.executions:
        return verdict(name, log, seconds, cpu_seconds, args.seed)
    why = re.search(r"(does not hold: .*|SUMMARY: .*|ERROR: libFuzzer: .*)", text)
    told = why.group(1) if why else f"it ended with {code}"
    kept = crash_of(name, text)
    return f"not ok fuzz {name}: {told}; repeat: {program} {kept or command[-1]} (log: {log_path}, seed {args.seed})"


def minimise(name):
    """A small set of inputs that reaches every edge that any of them reaches becomes the committed corpus, as far as its bounds go: where
    it is too much, the shortest ones are kept."""
    made = FUZZ / "minimised" / name
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    from_where = [str(p) for p in (KEPT / name, FUZZ / "corpus" / name) if p.is_dir()]
    command = [str(FUZZ / name), "-set_cover_merge=1", "-use_counters=0", *options(name), str(made), *from_where]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment(), check=True)
    own = sorted((KEPT / name).glob("own-*")) if (KEPT / name).is_dir() else []
    texts = [p.read_bytes() for p in own]
    files = sorted((p for p in made.iterdir() if p.read_bytes() not in texts), key=lambda p: p.stat().st_size)
    # short ones first, but some of the long ones too: they are the ones that go deep
    order = files[::2] + files[1::2][::-1]
    (KEPT / name).mkdir(parents=True, exist_ok=True)
    for old in (KEPT / name).iterdir():
        if old not in own:
            old.unlink()
    count, size = len(own), sum(p.stat().st_size for p in own)
    for path in order:
        if count < FILES_MAX and size + path.stat().st_size <= BYTES_MAX:
            count, size = count + 1, size + path.stat().st_size
            shutil.copyfile(path, KEPT / name / path.name[:16])
    return f"ok corpus {name}: {count} files, {size} bytes, out of {len(files) + len(own)}"


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    p.add_argument("--seconds", type=int, default=60)
    p.add_argument("--runs", type=int, default=0)
    p.add_argument("--longest", type=int, default=0, help="with --runs: seconds of one target; 0: as long as it takes")
    p.add_argument("-j", "--jobs", type=int, default=1)
    p.add_argument("--seed", type=int, default=0, help="0: another one each time")
    p.add_argument("--minimise", action="store_true")
    p.add_argument("names", nargs="+")
    args = p.parse_args()
    args.seed = args.seed or int.from_bytes(os.urandom(3), "little") + 1
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=args.jobs) as pool:
        work = [pool.submit(minimise, n) if args.minimise else pool.submit(run, n, args) for n in args.names]
        for done in concurrent.futures.as_completed(work):
            line = done.result()
            print(line, flush=True)
            bad |= not line.startswith("ok ")
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
