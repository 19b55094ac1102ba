"""A line between tablet and centre that can be cut, held and split at any byte."""
import contextlib
import select
import socket
import threading
import time

from tap import HOST, SPLIT_S


class Line:
    """Forwards bytes to a port; may be cut after a number of bytes, or carry one byte at a time.

    plan(cut_up=N): up to N bytes go up (all connections of the plan together), then both ways are reset, or closed where
    reset is False; cut_down likewise. split: every byte travels in a segment of its own. keep: seen("up"), seen("down") are
    the bytes. up and down count what has been forwarded since plan()."""

    def __init__(self, port):
        self.to = port
        self.lock = threading.Lock()
        self.plan()
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((HOST, 0))
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def plan(self, cut_up=None, cut_down=None, split=False, reset=True, keep=False):
        with self.lock:
            self.run = {"up": 0, "down": 0, "limit": {"up": cut_up, "down": cut_down}, "split": split, "reset": reset, "cut": False,
                        "open": 0, "seen": {"up": bytearray(), "down": bytearray()} if keep else None}

    def seen(self, way):
        return bytes(self.run["seen"][way])

    @property
    def up(self):
        return self.run["up"]

    @property
    def down(self):
        return self.run["down"]

    @property
    def was_cut(self):
        return self.run["cut"]

    def settle(self, seconds=5):
        """Waits until no connection of the plan is open any more."""
        end = time.monotonic() + seconds
        while self.run["open"] and time.monotonic() < end:
            time.sleep(0.0005)

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            run = self.run
            with self.lock:
                run["open"] += 1
            threading.Thread(target=self.carry, args=(near, run), daemon=True).start()

    def carry(self, near, run):
        far = None
        try:
            if not run["cut"]:
                far = socket.create_connection((HOST, self.to), 10)
                for end in (near, far):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.pump(near, far, run)
        except OSError:
            pass
        finally:
            hard = run["cut"] and run["reset"]
            for end in (near, far):
                if end:
                    if hard:
                        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    end.close()
            with self.lock:
                run["open"] -= 1

    @staticmethod
    def pump(near, far, run):
        ways = {near: (far, "up"), far: (near, "down")}
        poll = select.poll()
        by_no = {end.fileno(): end for end in ways}
        for no in by_no:
            poll.register(no, select.POLLIN)
        if 0 in run["limit"].values():
            run["cut"] = True
            return
        while by_no:
            for no, _ in poll.poll(30000) or [(None, 0)]:
                if no is None:
                    return
                end = by_no[no]
                other, way = ways[end]
                limit = run["limit"][way]
                room = 65536 if limit is None else limit - run[way]
                data = end.recv(min(room, 65536))
                if not data:
                    poll.unregister(no)
                    del by_no[no]
                    with contextlib.suppress(OSError):
                        other.shutdown(socket.SHUT_WR)
                    continue
                if run["split"]:
                    for i in range(len(data)):
                        other.sendall(data[i:i + 1])
                        time.sleep(SPLIT_S)     # else they meet again before the reader wakes up
                else:
                    other.sendall(data)
                run[way] += len(data)
                if run["seen"]:
                    run["seen"][way] += data
                if limit is not None and run[way] >= limit:
                    run["cut"] = True
                    return

    def close(self):
        self.listener.close()
