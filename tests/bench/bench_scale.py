#!/usr/bin/env python3
"""The whole former Norwegian scheme in one centre: 258 000 participants, twelve sessions each, about 3.1 million marks.

    make bench-scale [PERCENT=1]      build/bench/scale.tsv, scale.md, scale.svg; PERCENT may be a list: 1,10
CLINICS clinics of GROUPS groups of nine; persons come in by `samlingd participant import`, marks by tablets of load.c over TLS, WAVE at a
time. At each share: what loading costs, the file, a fresh tablet's first fill, a warm sync, a coordinator's group page, backup, verify, the
start. From three shares the law of growth: the slope of logarithms, 0 constant, 1 linear. What is one clinic's ought to be constant."""
import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", name) for name in ("bench", "bench/peers", "lib")]
import bench  # noqa: E402
from bench import BUILD, Centre, Load, note  # noqa: E402
bench.WORK = os.path.join(BUILD, "bench", "scale-work")
import report  # noqa: E402
from browser import logged_in, taken  # noqa: E402
from peer import GYM, Samling  # noqa: E402
from rig import need  # noqa: E402

PARTICIPANTS, CLINICS, GROUPS, SESSIONS, SEED = 258000, 800, 36, 12, 7
WAVE, DAY_S, WARM, PAGES, FILLS = 16, 86400, 60, 60, 3
WHO = "samling"


def people_of(clinic):
    return PARTICIPANTS * (clinic + 1) // CLINICS - PARTICIPANTS * clinic // CLINICS


def sheet_make(clinic):
    """A spreadsheet as a clinic sends it."""
    path = os.path.join(bench.WORK, "people.csv")
    with open(path, "w", encoding="utf-8") as file:
        file.write("Navn;Gruppe;Fødselsår\n")
        for i in range(people_of(clinic)):
            file.write(f"Deltaker {clinic + 1}-{i + 1:03d};K{clinic + 1}-G{i % GROUPS + 1};{1940 + (clinic * 7 + i * 13) % 50}\n")
    return path


def people_make(centre, clinics):
    """Seconds that the import took, and all of it."""
    began, imported = time.monotonic(), 0.0
    for i in range(clinics):
        name = f"Klinikk {i + 1}"
        centre.verb("clinic", "add", name)
        centre.verb("user", "add", "--clinic", name, "--name", f"Fysioterapeut {i + 1}", "--role", "physiotherapist")
        path, since = sheet_make(i), time.monotonic()
        centre.verb("participant", "import", path, "--save", "--clinic", name, "--make-groups")
        imported += time.monotonic() - since
        if i % 100 == 99:
            note(f"{i + 1} clinics, {time.monotonic() - began:.0f} s")
    return imported, time.monotonic() - began


def wave(centre, folder, clinics):
    """Tablets of some clinics: (marks and sessions saved, seconds until all were acked)"""
    today = int(time.time()) // DAY_S
    tablets = Load(centre, folder, [centre.invite(f"Klinikk {i + 1}") for i in clinics], GROUPS * SESSIONS, SEED, today - SESSIONS - 1)
    saved = tablets.say("fill")["saved"]
    got = tablets.say("push")
    need(got["acked"] == saved, f"{saved} saved, {got['acked']} acked")
    tablets.quit()
    shutil.rmtree(folder)
    return int(saved), got["acked_s"]


def marks_load(centre, figures, clinics):
    """The tablets' own stores lie in memory: what their disks cost is not asked here."""
    folder = tempfile.mkdtemp(prefix="samling-scale-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    before = centre.status()["ops"]
    cpu_s, saved, acked_s, began = centre.cpu_s(), 0, 0.0, time.monotonic()
    for first in range(0, clinics, WAVE):
        more, took_s = wave(centre, os.path.join(folder, "wave"), range(first, min(first + WAVE, clinics)))
        saved, acked_s = saved + more, acked_s + took_s
        if first // WAVE % 5 == 4:
            note(f"{saved} records, {time.monotonic() - began:.0f} s")
    os.rmdir(folder)
    need(centre.status()["ops"] >= before + saved, "not every record is at the centre")
    marks = sum(people_of(i) for i in range(clinics)) * SESSIONS
    need(saved == marks + clinics * GROUPS * SESSIONS, f"{saved} records, {marks} marks")
    figures.add("push_records_s", WHO, saved / acked_s, "1/s")
    figures.add("load_cpu_us_per_record", WHO, (centre.cpu_s() - cpu_s) / saved * 1e6, "us")
    figures.add("load_s", WHO, time.monotonic() - began, "s")
    return marks


def file_measure(centre, figures, marks):
    size = os.path.getsize(os.path.join(centre.home, "data", "samling.db"))
    journal = os.path.join(centre.home, "journal")
    figures.add("marks", WHO, marks, "1")
    figures.add("file_mb", WHO, size / 1e6, "MB")
    figures.add("bytes_per_mark", WHO, size / marks, "B")
    figures.add("journal_mb", WHO, sum(os.path.getsize(os.path.join(journal, name)) for name in os.listdir(journal)) / 1e6, "MB")
    figures.add("rss_loaded_mb", WHO, centre.rss(), "MB")


def fill_measure(centre, figures, clinics):
    for i in range(FILLS):
        where = clinics * (2 * i + 1) // (2 * FILLS)
        fresh = Load(centre, f"fresh-{clinics}-{i}", [centre.invite(f"Klinikk {where + 1}")], 0)
        got = fresh.say("pull")
        fresh.quit()
        need(got["rows"] >= people_of(where) * SESSIONS, f"{got['rows']} rows")
        for name, value, unit in (("first_fill_s", got["seconds"], "s"), ("first_fill_kb", got["down"] / 1e3, "kB"), ("first_fill_rows", got["rows"], "1")):
            figures.add(name, WHO, value, unit)


def warm_measure(centre, figures, clinics):
    """A clinic of one planned group beside the others; one mark at a time, a connection each."""
    name = Samling.clinic_make(centre, 9999, GYM)
    tablet = Load(centre, f"warm-{clinics}", [centre.invite(name)], 0)
    for word in ("idle", "hundred"):
        tablet.say(word)
    cpu_s = centre.cpu_s()
    for _ in range(WARM):
        figures.add("warm_sync_ms", WHO, tablet.say("one")["seconds"] * 1000, "ms")
    figures.add("warm_sync_cpu_ms", WHO, (centre.cpu_s() - cpu_s) / WARM * 1000, "ms")
    tablet.quit()


def page_measure(centre, figures, clinics):
    group = next(one["id"] for one in centre("group", "list", "--clinic", f"Klinikk {clinics // 2 + 1}"))
    app, _ = taken(centre, f"bench{os.getpid()}", "--role", "coordinator")
    page = logged_in(centre, f"bench{os.getpid()}", app.code())
    today, took = int(time.time()) // DAY_S, []
    for _ in range(PAGES):
        began = time.perf_counter()
        status, said = page.get(f"/api/attendance?group={group}&from={today - 84}&to={today}")
        took.append((time.perf_counter() - began) * 1000)
        need(status == 200, f"{status} {said}")
    figures.add("page_p50_ms", WHO, statistics.median(took), "ms")
    figures.add("page_p95_ms", WHO, sorted(took)[int(PAGES * 0.95)], "ms")


def timed(figures, name, work):
    began = time.monotonic()
    work()
    figures.add(name, WHO, time.monotonic() - began, "s")


def start_measure(centre, figures):
    """Stops it, and starts it three times."""
    centre.stop()
    for _ in range(3):
        began = time.monotonic()
        with subprocess.Popen([bench.SAMLINGD, "serve", "--home", centre.home, "--port", "0", "--bind", "127.0.0.1", "--no-qr"], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True) as process:
            bench.STARTED.append(process)
            line = next((row for row in process.stdout if row.startswith("ready ")), None)
            took_s = time.monotonic() - began
            need(line, "the centre does not start")
            figures.add("start_s", WHO, took_s, "s")
            figures.add("rss_start_mb", WHO, status_mb(process.pid), "MB")
            process.terminate()


def status_mb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1]) / 1024


def point(percent):
    """All figures of one share."""
    figures, clinics = report.Figures(), max(1, round(CLINICS * percent / 100))
    centre = Centre(f"scale-{percent}")
    imported, made = people_make(centre, clinics)
    people = sum(people_of(i) for i in range(clinics))
    note(f"{percent} %: {clinics} clinics, {clinics * GROUPS} groups, {people} persons in {made:.1f} s")
    figures.add("participants", WHO, people, "1")
    figures.add("import_s", WHO, imported, "s")
    figures.add("import_persons_s", WHO, people / imported, "1/s")
    marks = marks_load(centre, figures, clinics)
    note(f"{percent} %: {marks} marks, {figures.median('push_records_s', WHO):.0f} records/s")
    file_measure(centre, figures, marks)
    fill_measure(centre, figures, clinics)
    warm_measure(centre, figures, clinics)
    page_measure(centre, figures, clinics)
    timed(figures, "backup_s", lambda: centre.verb("backup"))
    timed(figures, "verify_s", lambda: centre.verb("verify"))
    start_measure(centre, figures)
    shutil.rmtree(centre.home)
    return figures


# what is said of each figure, and how it may grow at most: 0 as one clinic's, 1 as the whole store's
ROWS = (("participants", "participants", ""), ("marks", "marks of attendance", ""), ("import_persons_s", "persons imported, 1/s", 0),
        ("push_records_s", "records pushed, 1/s", 0), ("load_cpu_us_per_record", "server CPU for a record, µs", 0), ("file_mb", "store, MB", 1),
        ("bytes_per_mark", "store for a mark, bytes", 0), ("journal_mb", "journal, MB", 1), ("rss_loaded_mb", "server memory after loading, MB", 0),
        ("first_fill_s", "first fill of a clinic, s", 0), ("first_fill_kb", "first fill, kB down", 0), ("first_fill_rows", "first fill, rows", 0),
        ("warm_sync_ms", "warm sync of one mark, ms", 0), ("warm_sync_cpu_ms", "warm sync, server CPU, ms", 0), ("page_p50_ms", "a group's page, p50, ms", 0),
        ("page_p95_ms", "a group's page, p95, ms", 0), ("backup_s", "backup, s", 1), ("verify_s", "verify, s", 1), ("start_s", "start until ready, s", 0),
        ("rss_start_mb", "server memory at start, MB", 0))


def write(points):
    """points: {percent: Figures}"""
    folder = os.path.join(BUILD, "bench")
    percents = sorted(points)
    rows, panels, lines = [], [], []
    for name, said, _ in ROWS:
        values = [points[p].median(name, WHO) for p in percents]
        exponent = report.slope([(p, v) for p, v in zip(percents, values)])
        law = "" if name in ("participants", "marks") else report.law(exponent)
        rows.append([said, *map(report.shown, values), "" if exponent is None else f"{exponent:.2f}", law])
        panels.append((said, list(zip([points[p].median("marks", WHO) for p in percents], values))))
        lines += [f"{name}.{p}\t{v:.6g}\t{points[p].units.get(name, '')}\n" for p, v in zip(percents, values)]
        if exponent is not None:
            lines.append(f"{name}.exponent\t{exponent:.3f}\t\n")
    with open(os.path.join(folder, "scale.tsv"), "w", encoding="utf-8") as file:
        file.writelines(lines)
    with open(os.path.join(folder, "scale.md"), "w", encoding="utf-8") as file:
        file.write("# The whole scheme in one centre\n\n" + report.table(["", *(f"{p:g} %" for p in percents), "exponent", "grows"], rows))
    with open(os.path.join(folder, "scale.svg"), "w", encoding="utf-8") as file:
        file.write(report.lines("samling as the store grows", ("Sizes below each panel are marks of attendance; both axes are logarithmic; size^x is the fitted law.",),
                                [one for one in panels if one[0] not in ("participants", "marks of attendance")]))


def main():
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("percent", nargs="?", default="1,10,100", help="of the whole scheme, one or several: 1,10,100")
    shutil.rmtree(bench.WORK, ignore_errors=True)
    os.makedirs(bench.WORK)
    points = {}
    try:
        for percent in map(float, parse.parse_args().percent.split(",")):
            began = time.monotonic()
            points[percent] = point(percent)
            note(f"{percent:g} %: {time.monotonic() - began:.0f} s in all")
            write(points)
    finally:
        bench.end_all()
    shutil.rmtree(bench.WORK, ignore_errors=True)
    with open(os.path.join(BUILD, "bench", "scale.md"), encoding="utf-8") as file:
        print(file.read(), end="")


if __name__ == "__main__":
    main()
