"""How many times the disk was waited for before an ack came back: strace writes each fsync and fdatasync of a server to a file, before the
server goes on, so what stands there when the ack is read happened before it."""
import os
import re

import bench

DONE = re.compile(r"\b(fsync|fdatasync|sync_file_range|msync)\b.* = 0$", re.MULTILINE)


class Trace:
    """wrap: the words before a command; count(): syncs of files that have ended so far."""

    def __init__(self, name):
        self.path = os.path.join(bench.WORK, name + ".strace")
        self.wrap = ("strace", "-D", "-f", "--seccomp-bpf", "-qq", "-e", "trace=fsync,fdatasync,sync_file_range,msync", "-e", "signal=none", "-o", self.path)

    def count(self):
        with open(self.path, encoding="ascii", errors="replace") as file:
            return len(DONE.findall(file.read()))


def pushes(tablets, trace, count):
    """(pushes that were acked without any sync between being sent and acked, syncs in all) of ${count} pushes of one record each."""
    bare, first = 0, trace.count()
    for _ in range(count):
        before = trace.count()
        if tablets.say("one")["acked"] != 1:
            raise SystemExit("bench: the mark was not acked")
        bare += trace.count() == before
    return bare, trace.count() - first
