#!/usr/bin/env python3
"""samling beside express-pouchdb and plain SQLite: the same attendance records, one machine, one run, in turns (A B C A B C), medians.

    make bench-peers [QUICK=1]     build/bench/peers.tsv, peers.md, peers.svg
Eight tablets in eight clinics push until everything is durable (or what the peer calls so), a fresh one pulls a clinic, one record and
nothing are synced, bytes are counted by a proxy of ours, a strace counts how often the disk was waited for before an ack, and a session of
twelve goes over a line of 20 kbit/s. Both servers speak TLS; what favours a peer is said in the table's notes. --only NAME,… of push, warm,
acks, thin; --no-peers leaves npm's part out. Ratios are what counts: nothing here passes or fails by a time."""
import argparse
import os
import shutil
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", "bench"), os.path.join(ROOT, "tests", "bench", "peers")]
import bench  # noqa: E402
from bench import BUILD, note  # noqa: E402
bench.WORK = os.path.join(BUILD, "bench", "peers-work")
import acks  # noqa: E402
import peer  # noqa: E402
import report  # noqa: E402
from peer import GYM, PEOPLE, Pouch, Samling  # noqa: E402
from thin import FAR, Thin  # noqa: E402
from wire import Wire  # noqa: E402

CLINICS = 8
figures = report.Figures()


# ---- many records

def push_round(make, number, sessions):
    world = make(f"push-{make.name}-{number}", CLINICS, PEOPLE)
    tablets = world.tablets(sessions)
    saved = tablets.say("fill")["saved"]
    cpu_s = world.server.cpu_s()
    got = tablets.say("push")
    cpu_s = world.server.cpu_s() - cpu_s
    if got["acked"] != saved:
        raise SystemExit(f"bench: {saved} saved, {got['acked']} acked by {make.name}")
    figures.add("push_records_s", make.name, saved / got["acked_s"], "1/s")
    figures.add("server_cpu_us_per_record", make.name, cpu_s / saved * 1e6, "us")
    figures.add("server_rss_mb", make.name, world.server.rss(), "MB")
    tablets.quit()
    fresh = world.tablets(0, 0)
    got = fresh.say("pull")
    if got["rows"] < saved / CLINICS:
        raise SystemExit(f"bench: {got['rows']} rows came of {saved / CLINICS} from {make.name}")
    figures.add("pull_records_s", make.name, got["rows"] / got["seconds"], "1/s")
    fresh.quit()
    world.stop()
    return int(saved)


def bench_push(peers, rounds, sessions):
    for number in range(rounds):
        for make in peers:
            saved = push_round(make, number, sessions)
            note(f"round {number + 1}, {make.name}: {figures.taken['push_records_s', make.name][-1]:.0f} records/s pushed, "
                 f"{figures.taken['pull_records_s', make.name][-1]:.0f} pulled")
        records = saved // 800 * 800
        rate, cpu_us, rss_mb = peer.floor(records)
        for name, value in (("push_records_s", rate), ("server_cpu_us_per_record", cpu_us), ("server_rss_mb", rss_mb),
                            ("pull_records_s", peer.floor_pull(records))):
            figures.add(name, "floor", value)
    figures.add("push_records", "all", saved, "records")


# ---- one record, and none

def gyms(peers):
    """For each peer a world of two clinics: a tablet of one stands straight before the centre, the other's goes past a proxy."""
    for make in peers:
        world = make(f"gym-{make.name}", 2, GYM)
        straight = world.tablets(0, 0)
        wire = Wire(world.server.port)
        watched = world.tablets(0, 1, wire.port)
        yield make, world, straight, watched, wire


def measure_wire(make, tablets, wire, words, times, kept):
    """Bytes each way and turns of a word, as the line sees them; the library's own count of them beside, where it keeps one."""
    for _ in range(times):
        wire.zero()
        got = tablets.say(words)
        time.sleep(0.05)     # the last bytes of a connection that ends
        for name, value, unit in (("wire_up", wire.up, "B"), ("wire_down", wire.down, "B"), ("round_trips", wire.turns, "1"),
                                  ("connections", wire.connections, "1")):
            figures.add(f"{kept}_{name}", make.name, value, unit)
        if wire.up < got.get("up", 0) or wire.down < got.get("down", 0) or not wire.turns:
            raise SystemExit(f"bench: the proxy saw {wire.up} and {wire.down} bytes, {make.name} sent more")
        if got.get("up"):
            figures.add(f"{kept}_bytes_up", make.name, got["up"], "B")
            figures.add(f"{kept}_bytes_down", make.name, got["down"], "B")


def plain_bytes(times):
    """What PouchDB says, without TLS around it: bytes and requests."""
    world = Pouch("plain-pouchdb", 1, GYM, tls=False)
    wire = Wire(world.server.port, tls=False)
    tablets = world.tablets(0, 0, wire.port)
    tablets.say("idle")
    for word, kept, count in (("hundred", "hundred", 1), ("one", "one", times), ("idle", "nothing", times)):
        for _ in range(count):
            wire.zero()
            tablets.say(word)
            figures.add(f"{kept}_bytes_up", Pouch.name, wire.up, "B")
            figures.add(f"{kept}_bytes_down", Pouch.name, wire.down, "B")
            figures.add(f"{kept}_requests", Pouch.name, wire.requests, "1")
    tablets.quit()
    wire.close()
    world.stop()


def bench_warm(peers, times):
    rooms = list(gyms(peers))
    for make, world, straight, watched, wire in rooms:
        straight.say("idle")
        straight.say("hundred")
        watched.say("idle")
        measure_wire(make, watched, wire, "hundred", 1, "hundred")
        measure_wire(make, watched, wire, "one", times, "one")
        measure_wire(make, watched, wire, "idle", times, "nothing")
    for _ in range(times):
        for word, name in (("one", "one_ms"), ("idle", "nothing_ms")):
            for make, world, straight, watched, wire in rooms:
                figures.add(name, make.name, straight.say(word)["seconds"] * 1000, "ms")
    if Pouch in peers:
        plain_bytes(times)
    for make, world, straight, watched, wire in rooms:
        up = figures.median("hundred_bytes_up", make.name) - figures.median("nothing_bytes_up", make.name)
        figures.add("bytes_per_record", make.name, up / 100, "B")
        both = figures.median("hundred_wire_up", make.name) + figures.median("hundred_wire_down", make.name)
        figures.add("wire_bytes_per_record", make.name, both / 100, "B")
        straight.quit()
        watched.quit()
        wire.close()
        world.stop()


# ---- what an ack means

def bench_acks(peers, count):
    for make in peers:
        trace = acks.Trace(f"acks-{make.name}")
        world = make(f"acks-{make.name}", 1, GYM, wrap=trace.wrap)
        tablets = world.tablets(0)
        tablets.say("idle")
        tablets.say("hundred")
        bare, syncs = acks.pushes(tablets, trace, count)
        figures.add("acks_without_fsync", make.name, bare / count * 100, "%")
        figures.add("fsyncs_per_push", make.name, syncs / count, "1")
        if make is Samling and bare:
            raise SystemExit(f"bench: {bare} of {count} acks of samling came before the disk was waited for")
        note(f"{make.name}: {syncs} fsyncs in {count} pushes of one record; {bare} acks came without one")
        tablets.quit()
        world.stop()
    trace = acks.Trace("acks-floor")
    peer.floor(count, 1, trace.wrap)
    figures.add("fsyncs_per_push", "floor", trace.count() / count)


# ---- the thin line

def bench_thin(peers, times):
    line = Thin()
    rooms = []
    for make in peers:
        world = make(f"thin-{make.name}", 1, GYM, host=FAR, enter=line.far.enter)
        tablets = world.tablets(0, enter=line.near.enter)
        for word in ("idle", "hundred", "session"):
            tablets.say(word)
        rooms.append((make, world, tablets))
    line.on = True
    for turn in range(times):
        for make, world, tablets in rooms:
            if make is Pouch:
                tablets.say("again")
            thin_once(line, make, tablets, "thin_session", turn)
            if make is Pouch:     # samling connects anew for each sync; PouchDB may find its connection open
                thin_once(line, make, tablets, "thin_session_open", turn)
    for make, world, tablets in rooms:
        line.on = False
        tablets.quit()
        world.stop()


def thin_once(line, make, tablets, name, turn):
    line.zero()
    got = tablets.say("session")
    if got["acked"] != GYM:
        raise SystemExit(f"bench: {got['acked']} of {GYM} marks were acked")
    if got["durable_s"] < line.least_s(GYM):
        raise SystemExit(f"bench: {got['durable_s']:.3f} s is less than the line allows: it is not thin")
    figures.add(name + "_s", make.name, got["durable_s"], "s")
    figures.add(name + "_wire_bytes", make.name, line.up.bytes + line.down.bytes, "B")
    note(f"thin line {turn + 1}, {make.name}, {name}: {got['durable_s']:.2f} s, {line.up.lost + line.down.lost} packets lost")
    time.sleep(2)     # what is under way still


# ---- what is written

ROWS = (("push_records_s", "push until acked, 8 tablets at once", "higher", "records/s"), ("pull_records_s", "a fresh tablet pulls a clinic", "higher", "records/s"),
        ("server_cpu_us_per_record", "server CPU for a record pushed", "lower", "µs"), ("server_rss_mb", "server memory afterwards", "lower", "MB"),
        ("bytes_per_record", "bytes up for a record, 100 a batch, TLS aside", "lower", "B"),
        ("wire_bytes_per_record", "the same both ways with TLS and all", "lower", "B"),
        ("one_ms", "warm sync of one record", "lower", "ms"), ("one_bytes_up", "– bytes up", "lower", "B"), ("one_bytes_down", "– bytes down", "lower", "B"),
        ("one_wire_up", "– bytes up with TLS", "lower", "B"), ("one_wire_down", "– bytes down with TLS", "lower", "B"),
        ("one_round_trips", "– answers waited for, TLS aside", "lower", "1"),
        ("one_requests", "– requests", "lower", "1"), ("nothing_ms", "sync of nothing", "lower", "ms"), ("nothing_bytes_up", "– bytes up", "lower", "B"),
        ("nothing_bytes_down", "– bytes down", "lower", "B"), ("nothing_round_trips", "– answers waited for, TLS aside", "lower", "1"),
        ("nothing_requests", "– requests", "lower", "1"), ("thin_session_s", "thin line: a session of 12 from tap to durable, new connection", "lower", "s"),
        ("thin_session_open_s", "– connection open already", "lower", "s"), ("thin_session_wire_bytes", "– bytes both ways", "lower", "B"),
        ("fsyncs_per_push", "fsyncs for a push of one record", "", "1"), ("acks_without_fsync", "acks that came before any fsync", "lower", "%"))
CHART = ("push_records_s", "pull_records_s", "server_cpu_us_per_record", "server_rss_mb", "bytes_per_record", "one_ms", "one_round_trips", "nothing_ms",
         "thin_session_s")
WHO = ("samling", "pouchdb", "floor")
NOTES = (
    "samling: build/samlingd and its own library's tablets; a new TLS connection with a full handshake for every sync.",
    "pouchdb: express-pouchdb 4.2 on LevelDB, PouchDB 9 tablets under Node over Node's TLS. In its favour: local stores in memory, "
    "connections kept open, only the routes that replication needs.",
    "floor: plain SQLite in one process, op log + row + 2 indexes, synchronous=FULL, 500 a commit; no network, nothing judged.",
    "Acks. samling: after the commit that holds the record has been fsynced. pouchdb: after LevelDB's write() to the page cache. "
    "floor: COMMIT under FULL.",
    "Thin line: real TCP over two TUN devices; 600 ms round trip, 20 kbit/s each way, each packet lost with a chance of 2 %.")


def write(quick):
    folder = os.path.join(BUILD, "bench")
    figures.write_lines(os.path.join(folder, "peers.tsv"))
    rows = []
    for name, said, _, unit in ROWS:
        values = [figures.median(name, who) for who in WHO]
        if values[0] is None and values[1] is None:
            continue
        ratio = f"{values[1] / values[0]:.3g}" if values[0] and values[1] else ""
        rows.append([f"{said}, {unit}" if unit != "1" else said, *map(report.shown, values), ratio])
    quick_note = "A quick run: the volumes are small.\n\n" if quick else ""
    with open(os.path.join(folder, "peers.md"), "w", encoding="utf-8") as file:
        file.write("# samling beside others\n\n" + quick_note + report.table(["median", *WHO, "pouchdb / samling"], rows) + "\n")
        file.write("\n".join("- " + one for one in NOTES) + "\n")
    panels = [(said.replace("– ", "one record: "), better, unit if unit != "1" else "times", {who: figures.median(name, who) for who in WHO if figures.has(name, who)})
              for name, said, better, unit in ROWS if name in CHART and figures.has(name, "samling")]
    with open(os.path.join(folder, "peers.svg"), "w", encoding="utf-8") as file:
        file.write(report.bars("samling beside express-pouchdb and plain SQLite", wrapped(NOTES), panels))


def wrapped(notes, width=118):
    import textwrap
    return [row for one in notes for row in textwrap.wrap(one, width)]


def smoke():
    """Seconds, and nothing of npm: the parts that measure samling still do, and what they check holds."""
    parts = {"push": lambda: bench_push((Samling,), 1, 3), "warm": lambda: bench_warm((Samling,), 3),
             "acks": lambda: bench_acks((Samling,), 5) if shutil.which("strace") else "strace is not installed",
             "thin": lambda: bench_thin((Samling,), 1)}
    failed, allowed = 0, os.getuid() == 0 and os.path.exists("/dev/net/tun")
    for name, part in parts.items():
        shutil.rmtree(bench.WORK, ignore_errors=True)
        os.makedirs(bench.WORK)
        try:
            skipped = part() if name != "thin" or allowed else "no namespaces or TUN devices here"
            print(f"skip bench-peers-{name} {skipped}" if skipped else f"ok bench-peers-{name}", flush=True)
        except (SystemExit, OSError, ValueError) as wrong:
            failed = 1
            print(f"not ok bench-peers-{name}: {wrong}", flush=True)
        finally:
            bench.end_all()
    shutil.rmtree(bench.WORK, ignore_errors=True)
    return failed


def main():
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("--quick", action="store_true", help="small volumes, few rounds")
    parse.add_argument("--only", default="push,warm,acks,thin")
    parse.add_argument("--smoke", action="store_true", help="does it work? samling alone, a few of each, as tests/run.sh counts them")
    parse.add_argument("--no-peers", action="store_true", help="samling and the floor alone: nothing of npm is needed")
    asked = parse.parse_args()
    if asked.smoke:
        return smoke()
    parts, peers = asked.only.split(","), (Samling,) if asked.no_peers else (Samling, Pouch)
    shutil.rmtree(bench.WORK, ignore_errors=True)
    os.makedirs(bench.WORK)
    try:
        if "push" in parts:
            bench_push(peers, *((1, 10) if asked.quick else (3, 125)))
        if "warm" in parts:
            bench_warm(peers, 5 if asked.quick else 31)
        if "acks" in parts:
            bench_acks(peers, 10 if asked.quick else 100)
        if "thin" in parts:
            bench_thin(peers, 3 if asked.quick else 9)
        write(asked.quick)
    finally:
        bench.end_all()
    shutil.rmtree(bench.WORK, ignore_errors=True)
    with open(os.path.join(BUILD, "bench", "peers.md"), encoding="utf-8") as file:
        print(file.read(), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
