"""A TCP proxy that counts, for all peers alike: bytes each way, answers that had to be waited for, and requests where they are plain HTTP."""
import contextlib
import re
import socket
import threading

HANDSHAKE, DATA = 22, 23
REQUEST = re.compile(rb"(?:GET|POST|PUT|HEAD|DELETE) /[^\r\n]* HTTP/1\.1\r\n")


class Wire:
    """Forwards a port. up, down: bytes since zero(); turns: how often what is said changes from up to down, over all connections together,
    which is what a long line makes one wait for; a TLS handshake is not counted among them. requests: of plain HTTP."""

    def __init__(self, target, tls=True):
        self.target, self.tls, self.lock = target, tls, threading.Lock()
        self.zero()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def zero(self):
        with self.lock:
            self.up = self.down = self.turns = self.requests = self.connections = 0
            self.last = "down"

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.target))
            for end in (near, far):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.connections += 1
            for way, source, sink in (("up", near, far), ("down", far, near)):
                threading.Thread(target=self.pump, args=(way, source, sink), daemon=True).start()

    def count(self, way, data, said):
        with self.lock:
            if way == "up":
                self.up += len(data)
                self.requests += 0 if self.tls else len(REQUEST.findall(data))
            else:
                self.down += len(data)
            if said and way != self.last:
                self.turns += way == "down"
                self.last = way

    def pump(self, way, source, sink):
        held = b""
        while True:
            try:
                data = source.recv(65536)
            except OSError:
                data = b""
            if not data:
                break
            held, said = records(held + data) if self.tls else (b"", True)
            self.count(way, data, said)
            try:
                sink.sendall(data)
            except OSError:
                break
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.listener.close()


def records(held):
    """(what is left of ${held}, whether application data ended in it)"""
    said = False
    while len(held) >= 5 and len(held) >= 5 + int.from_bytes(held[3:5], "big"):
        said = said or held[0] == DATA
        held = held[5 + int.from_bytes(held[3:5], "big"):]
    return held, said
