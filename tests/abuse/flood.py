#!/usr/bin/python3
"""Floods of handshakes, at the limits that the centre has by itself: two processes open connections as fast as they can, from one
address and from many, whole handshakes and half ones. Proves that an honest tablet and a coordinator on their own address go on and that
one who comes anew gets through; that the limits hold; that everything is as before when it is over.

    make abuse T=flood FLOOD_SECONDS=30
Reads: handshakes a second that the centre made, CPU for each, who was refused, what the log grew by, honest p50/p99."""
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import abuse  # noqa: E402
import rig  # noqa: E402
from rig import need  # noqa: E402

SECONDS = abuse.number("FLOOD_SECONDS", 30)
PROCESSES = 2
P99_MAX_S = 0.25
CALM_TIMES = 10             # or so many times the calm p99, on a machine that others use too
ANEW_MAX_S = 10.0           # a tablet's own patience ends after 30 s
LOG_KIB_PER_S_MAX = 64
RATE, BURST = 5, 20         # handshake-rate, handshake-burst


def flood(world, mode, alpn, addresses, window):
    """So many seconds of it; what both processes counted."""
    pin, all_of_them = world.pin().hex(), []
    for i in range(PROCESSES):
        net = 100 if addresses == 1 else 100 + i
        command = [abuse.CROWD, mode, str(world.centre.port), pin, alpn, str(SECONDS), str(addresses), str(net), str(window)]
        all_of_them.append(subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
                                            preexec_fn=lambda: os.nice(15)))    # they would not be on this machine
    total = {}
    for process in all_of_them:
        words = process.communicate(timeout=SECONDS + 60)[0].decode().splitlines()[-1].split()
        for word, number in zip(words[::2], words[1::2]):
            total[word] = total.get(word, 0) + int(number)
    return total


def one_flood(tap, world, honest, calm, name, mode, alpn, addresses, window):
    log_bytes, cpu_s, kib = os.stat(world.centre.log_path).st_size, world.cpu_s(), world.rss_kib()
    honest.here.send("begin")
    honest.here.recv()
    since = time.monotonic()
    total = flood(world, mode, alpn, addresses, window)
    took_s = time.monotonic() - since
    now = honest.stop_measure()
    shaken, cpu_s = total["shaken"], world.cpu_s() - cpu_s
    log_kib = (os.stat(world.centre.log_path).st_size - log_bytes) / 1024
    tap.figure(f"{name}: handshakes, a second; refused", f"{shaken} {shaken / took_s:.0f}; {total['refused']}")
    tap.figure(f"{name}: CPU of the centre, s; ms for each handshake", f"{cpu_s:.1f}; {cpu_s * 1e3 / max(1, shaken):.2f}")
    tap.figure(f"{name}: the log grew by, KiB a second", f"{log_kib / took_s:.1f}")
    with tap.test(f"{name}: the honest on their lines wait less than {P99_MAX_S} s at p99, or {CALM_TIMES} times what they do in calm"):
        worst = abuse.ratio(tap, name, calm, now)
        need(worst <= max(P99_MAX_S, CALM_TIMES * abuse.worst(calm)), f"{worst:.3f} s, {abuse.worst(calm):.3f} s in calm")
    with tap.test(f"{name}: who comes anew from another address gets through within {ANEW_MAX_S:.0f} s"):
        anew = now.get("tablet anew", []) + now.get("page anew", [])
        need(anew and not now.get("failed") and max(anew) < ANEW_MAX_S, f"{now.get('failed', [])[:2]} {max(anew, default=0):.1f} s")
    if addresses == 1:
        with tap.test(f"{name}: the rate of one address holds"):
            need(shaken <= BURST + RATE * (took_s + 2), f"{shaken} in {took_s:.0f} s")
    with tap.test(f"{name}: memory and log stay small"):
        need(world.rss_kib() - kib < 64 * 1024, f"{world.rss_kib() - kib} KiB more")
        need(log_kib / took_s < LOG_KIB_PER_S_MAX, f"{log_kib / took_s:.0f} KiB a second")
    return total


def resets(tap, world, files):
    with tap.test("when it is over nothing is left of it"):
        need(world.wait_descriptors(files + 2, 30) is not None, f"{world.descriptors()} descriptors, {files} before")
        status = world.status()
        tap.figure("refused since the start", status.get("refused"))
    with tap.test(f"the address that flooded may have a burst again after {BURST / RATE:.0f} s"):
        time.sleep(BURST / RATE + 1)
        done = 0
        for _ in range(BURST // 2):
            since = time.monotonic()
            line = abuse.dial(world.centre.port, "127.100.0.1")
            line = abuse.tls_context("samling/1").wrap_socket(line, server_hostname="localhost")
            line.close()
            done += time.monotonic() - since < 1
        need(done == BURST // 2, f"{done} of {BURST // 2} within a second")


def main():
    tap = rig.Tap()
    abuse.descriptors_raise()
    with abuse.World() as world:
        honest = abuse.Honest(world)
        honest.start()
        calm = honest.measure(10)
        files = world.descriptors()
        one_flood(tap, world, honest, calm, "one address", "flood", "samling/1", 1, 32)
        one_flood(tap, world, honest, calm, "250 addresses", "flood", "samling/1", 250, 128)
        one_flood(tap, world, honest, calm, "250 addresses, as browsers", "flood", "http/1.1", 250, 128)
        one_flood(tap, world, honest, calm, "2500 addresses", "flood", "samling/1", 1250, 400)
        one_flood(tap, world, honest, calm, "2500 addresses, half handshakes", "half", "samling/1", 1250, 400)
        resets(tap, world, files)
        after = honest.measure(5)
        with tap.test("the honest are as before"):
            abuse.ratio(tap, "afterwards", calm, after)
            need(not after.get("failed"), after.get("failed"))
        honest.end()
        world.centre.need_alive()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
