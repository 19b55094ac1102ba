#!/usr/bin/env python3
"""What the console costs on a large centre, and what it costs the tablets: tab-separated lines `name value unit`.

CLINICS (default 80; 800 is the demo × 100: 4 000 groups, 40 000 persons, 5 million marks) x 5 groups x 10 persons x 125 weeks, taken in as
tablets say it (fill.c). Then, over TLS as a browser asks: each page's answers, of ROUNDS (default 60); what Chromium needs to paint the
matrix of 40 persons x 57 sessions (400 days); and records that tablets push a second while ten coordinators ask once a second each, against none, in
RUNS interleaved pairs. KEEP=1 leaves the store in build/bench/console for another run."""
import contextlib
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", "lib"), os.path.join(ROOT, "tests", "bench")]
import bench  # noqa: E402
from bench import BUILD, Centre, Load, line, note  # noqa: E402
from browser import logged_in, taken  # noqa: E402
from tap import Failed, need  # noqa: E402

KEPT = os.path.join(BUILD, "bench", "console")
CLINICS, ROUNDS, RUNS = (int(os.environ.get(name, usual)) for name, usual in (("CLINICS", "80"), ("ROUNDS", "60"), ("RUNS", "5")))
GROUPS, PERSONS, WEEKS = 5, 10, 125
TABLETS, SESSIONS, COORDINATORS, TRIES = 4, 1200, 10, 5


def filled():
    """The home of a large centre, its large group, and what pages ask about it."""
    home, told = os.path.join(KEPT, "home"), os.path.join(KEPT, "told")
    if not os.path.exists(told):
        shutil.rmtree(KEPT, ignore_errors=True)
        os.makedirs(KEPT)
        words = [os.path.join(BUILD, "bench", "fill"), home, str(CLINICS), str(GROUPS), str(PERSONS), str(WEEKS)]
        out = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout
        with open(told, "w", encoding="ascii") as file:
            file.write(out)
    with open(told, encoding="ascii") as file:
        figures = [row.rstrip("\n").split("\t") for row in file]
    for name, value, unit in figures[1:]:
        line(name, int(value), unit)
    group = int(figures[0][1])
    db = sqlite3.connect(os.path.join(home, "data", "samling.db"))
    clinic, = db.execute("SELECT org FROM groups WHERE id = ?", (group,)).fetchone()
    person, = db.execute("SELECT participant FROM enrolment WHERE group_id = ?", (group,)).fetchone()
    session, = db.execute("SELECT id FROM session WHERE group_id = ? ORDER BY day LIMIT 1", (group,)).fetchone()
    db.close()
    return home, group, questions(group, clinic, person, session)


def questions(group, clinic, person, session):
    """name -> what its page asks for: (address, body or None)"""
    today = int(time.time()) // 86400
    weeks = f"from={today - 399}&to={today}"      # as many days as one question may span: 57 sessions
    return {
        "overview": ("/api/overview", None),
        "attendance_of_clinic": (f"/api/attendance/groups?clinic={clinic}", None),
        "attendance_of_all": ("/api/attendance/groups", None),
        "matrix": (f"/api/attendance?group={group}&{weeks}", None),
        "completion": (f"/api/attendance/completion?group={group}", None),
        "mark": (f"/api/attendance/{session}/{person}", None),
        "cases": ("/api/cases", None),
        "quarantine": ("/api/quarantine", None),
        "figures": ("/api/figures", None),
        "tablets": ("/api/tablets", None),
        "groups_of_clinic": (f"/api/groups?clinic={clinic}", None),
        "group": (f"/api/group/{group}", None),
        "participants": ("/api/participants", {"name": "deltaker g1-1-2", "walkins": ""}),
        "participant": (f"/api/participant/{person}", None),
        "sheet": (f"/api/group/{group}/sheet", None),
        "erasures": ("/api/erasures", None),
    }


LOG = {"log": ("/api/log", {"before": "", "who": "", "kind": "", "text": "", "from_s": "", "to_s": ""})}


# ---- pages

def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def ask(page, question):
    address, body = question
    status, said = page.get(address) if body is None else page.post(address, body)
    need(status == 200, f"{address}: {status} {said}")


def warm(page, question):
    """The first answer, from a disk that nobody has read; how often the centre said that it would take too long, TRIES: it never came."""
    for late in range(TRIES):
        try:
            ask(page, question)
            return late
        except Failed as wrong:
            if ": 503 " not in str(wrong):
                raise
    return TRIES


def bench_pages(page, names):
    """The worst 95th percentile of ROUNDS answers each."""
    worst = 0
    for name, question in names.items():
        took, late = [], warm(page, question)
        if late:
            line(f"page_{name}_refused", late, "1")
        if late == TRIES:
            continue
        for _ in range(ROUNDS):
            began = time.perf_counter()
            ask(page, question)
            took.append((time.perf_counter() - began) * 1000)
        worst = max(worst, percentile(took, 0.95))
        line(f"page_{name}_p50_ms", statistics.median(took), "ms")
        line(f"page_{name}_p95_ms", percentile(took, 0.95), "ms")
    return worst


def bench_paint(centre, page, group):
    """From the last byte of the answer until the matrix stands on the screen."""
    words = ["node", os.path.join(ROOT, "tests", "console", "paint.js"), f"https://127.0.0.1:{centre.port}", page.sid, str(group)]
    for row in subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines():
        name, value, unit = row.split("\t")
        line(name, float(value), unit)


# ---- pushes, with and without coordinators

class Coordinators:
    """Sessions that each ask once a second, whatever is the next page."""

    def __init__(self, pages, names):
        self.pages, self.names, self.over, self.asked = pages, list(names.values()), threading.Event(), [0] * len(pages)
        self.threads = [threading.Thread(target=self.ask, args=(i,), daemon=True) for i in range(len(pages))]
        for thread in self.threads:
            thread.start()

    def ask(self, number):
        self.pages[number].line.close()     # it was quiet for long; the next request opens another one
        time.sleep(number / len(self.pages))
        while not self.over.wait(1):
            with contextlib.suppress(Failed):    # too late, which is counted above
                ask(self.pages[number], self.names[(number + self.asked[number]) % len(self.names)])
            self.asked[number] += 1

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join()
        return sum(self.asked)


def push_rate(centre, number):
    first = os.getpid() * 1000 + number * TABLETS      # a store that was kept has those of earlier runs
    invites = [centre.invite(centre.clinic(first + i, 40)) for i in range(TABLETS)]
    load = Load(centre, f"console-{number}", invites, SESSIONS)
    saved = load.say("fill")["saved"]
    return load, saved


def bench_push(centre, pages, names):
    """Each pair: the same number of records by tablets of their own, once alone and once beside the coordinators, in turns."""
    ratios, asked, number = [], 0, 0
    for pair in range(RUNS):
        rate = {}
        for beside in ((False, True), (True, False))[pair % 2]:
            load, saved = push_rate(centre, number)
            number += 1
            others = Coordinators(pages, names) if beside else None
            time.sleep(1.5 if beside else 0.2)
            got = load.say("push")
            asked += others.end() if others else 0
            need(got["acked"] == saved, f"{saved} saved, {got['acked']} acked")
            rate[beside] = saved / got["acked_s"]
            load.quit()
        ratios.append(rate[True] / rate[False])
        note(f"pair {pair + 1}: {rate[False]:.0f} records/s alone, {rate[True]:.0f} beside {COORDINATORS} coordinators")
    line("push_beside_coordinators_ratio", statistics.median(ratios), "")
    line("push_coordinators_asked", asked, "1")


def main():
    home, group, names = filled()
    shutil.rmtree(bench.WORK, ignore_errors=True)
    centre = Centre("console", home)
    try:
        pages = []
        for i in range(COORDINATORS + 1):
            name = f"bench{os.getpid()}.{i}"
            app, _ = taken(centre, name, "--role", "coordinator" if i < COORDINATORS else "admin")
            pages.append(logged_in(centre, name, app.code()))
        admin = pages.pop()
        line("page_worst_p95_ms", max(bench_pages(pages[0], names), bench_pages(admin, LOG)), "ms")
        bench_paint(centre, pages[0], group)
        bench_push(centre, pages, names)
    finally:
        centre.stop()
        shutil.rmtree(bench.WORK, ignore_errors=True)
        if not os.environ.get("KEEP"):
            shutil.rmtree(KEPT, ignore_errors=True)


if __name__ == "__main__":
    main()
