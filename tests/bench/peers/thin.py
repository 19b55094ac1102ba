"""A thin line with real TCP on it: two network namespaces, a TUN device in each, and between them this process, which lets packets wait and
loses some.

The model, each way by itself: a queue of QUEUE packets in front of a modem that sends ${kbit_s}; then ${rtt_ms}/2 of flight; each packet is
lost with the chance ${loss}, drawn from ${seed}, after it has taken its time at the modem. What TCP makes of that (slow start, timeouts,
retransmissions) is the kernel's own doing at both ends. Needs to be root, in a user namespace at least (unshare -r), and /dev/net/tun."""
import collections
import ctypes
import fcntl
import os
import random
import struct
import subprocess
import threading
import time

NEAR, FAR = "10.77.0.1", "10.77.0.2"
QUEUE, MTU = 50, 1500
CLONE_NEWNET, TUNSETIFF, TUN_NO_PI = 0x40000000, 0x400454ca, 0x1001
libc = ctypes.CDLL(None, use_errno=True)


def must(code):
    if code:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


class End:
    """A namespace of its own with one address; enter: for a child process, before it runs."""

    def __init__(self, address):
        self.address, self.wrong = address, None
        maker = threading.Thread(target=self.make)      # a namespace belongs to a thread
        maker.start()
        maker.join()
        if self.wrong:
            raise self.wrong

    def make(self):
        try:
            must(libc.unshare(CLONE_NEWNET))
            self.tun = os.open("/dev/net/tun", os.O_RDWR)
            fcntl.ioctl(self.tun, TUNSETIFF, struct.pack("16sH", b"line0", TUN_NO_PI))
            for words in (f"addr add {self.address}/24 dev line0", f"link set line0 mtu {MTU} up", "link set lo up"):
                subprocess.run(["ip", *words.split()], check=True, capture_output=True)
            self.space = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        except (OSError, subprocess.SubprocessError) as wrong:
            self.wrong = wrong

    def enter(self):
        must(libc.setns(self.space, CLONE_NEWNET))


class Way:
    """From one end to the other."""

    def __init__(self, line, source, sink, seed):
        self.line, self.source, self.sink = line, source, sink
        self.chance = random.Random(seed)
        self.queue, self.more = collections.deque(), threading.Condition()
        self.free_at = 0.0
        self.bytes = self.packets = self.lost = 0
        for work in (self.read, self.write):
            threading.Thread(target=work, daemon=True).start()

    def read(self):
        while True:
            packet = os.read(self.source, 65536)
            if packet[0] >> 4 != 4:     # what IPv6 says to itself
                continue
            now = time.monotonic()
            with self.more:
                self.bytes += len(packet)
                self.packets += 1
                if not self.line.on:
                    due = now
                else:
                    waiting = sum(1 for due, _ in self.queue if due - self.line.flight_s > now)
                    lost = self.chance.random() < self.line.loss
                    if waiting >= QUEUE:
                        self.lost += 1
                        continue
                    self.free_at = max(self.free_at, now) + len(packet) * 8 / self.line.bit_s
                    if lost:
                        self.lost += 1
                        continue
                    due = self.free_at + self.line.flight_s
                self.queue.append((due, packet))
                self.more.notify()

    def write(self):
        while True:
            with self.more:
                while not self.queue:
                    self.more.wait()
                due, packet = self.queue.popleft()
            pause = due - time.monotonic()
            if pause > 0:
                time.sleep(pause)
            os.write(self.sink, packet)


class Thin:
    """on: whether it is thin just now; while it is not, packets pass at once."""

    def __init__(self, rtt_ms=600, kbit_s=20, loss=0.02, seed=1):
        self.flight_s, self.bit_s, self.loss, self.on = rtt_ms / 2000, kbit_s * 1000, loss, False
        self.near, self.far = End(NEAR), End(FAR)
        self.up = Way(self, self.near.tun, self.far.tun, seed * 2)
        self.down = Way(self, self.far.tun, self.near.tun, seed * 2 + 1)

    def least_s(self, records):
        """No sync of so many records is faster: there and back once, and a byte for each."""
        return 2 * self.flight_s + records * 8 / self.bit_s if self.on else 0.0

    def zero(self):
        for way in (self.up, self.down):
            way.bytes = way.packets = way.lost = 0
