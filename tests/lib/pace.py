"""How busy the machine is while something is measured on it, so that a bound in seconds holds for the server and not for its neighbours.

    with Pace() as pace:
        took_s = …
    need(took_s < 1 * pace.worst(), …)

A thread works a few milliseconds now and then and looks how long it had to wait for a processor to do so. worst() is the longest of these
beside the work itself: 1 on a machine where nobody else works, so that the bound is what it says; 10 where ten want each processor."""
import hashlib
import threading
import time

WORK = bytes(1 << 20)       # hashed in some milliseconds, without the interpreter's lock
PAUSE_S = 0.1


def stretched():
    """How many times longer than its work a little work takes just now, at least 1."""
    began, worked = time.monotonic(), time.thread_time()
    for _ in range(4):
        hashlib.sha256(WORK).digest()
    return max(1.0, (time.monotonic() - began) / max(1e-4, time.thread_time() - worked))


class Pace:
    def __init__(self):
        self.seen, self.over = [stretched()], threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)

    def look(self):
        while not self.over.wait(PAUSE_S):
            self.seen.append(stretched())

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def worst(self):
        return max([*self.seen, stretched()])
