"""Drives build/torture/shim.so: what of a program's calls fails, and how many there were."""
import mmap
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
import rig  # noqa: E402

SHIM = os.path.join(rig.BUILD, "torture", "shim.so")
FILES, MEMORY, SYNCS = 0, 1, 2


class Shim:
    """with Shim(FOLDER, STATE_FILE) as shim: run(command, env=shim.environment())"""

    def __init__(self, folder, state):
        self.folder, self.path = folder, state
        with open(state, "wb") as file:
            file.write(bytes(4096))
        self.file = open(state, "r+b")
        self.map = mmap.mmap(self.file.fileno(), 4096)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.map.close()
        self.file.close()

    def arm(self, kind=FILES, at=0, ever=False, error=0):
        self.map[0:56] = struct.pack("<7q", 0, kind, at, ever, error, 0, 0)
        self.map[0:8] = struct.pack("<q", 1)

    def disarm(self):
        self.map[0:8] = struct.pack("<q", 0)

    def count(self):
        return struct.unpack("<q", self.map[40:48])[0]

    def hits(self):
        return struct.unpack("<q", self.map[48:56])[0]

    def environment(self):
        return {**rig.clean_environment(), "LD_PRELOAD": SHIM, "TORTURE_STATE": self.path, "TORTURE_FOLDER": self.folder}
