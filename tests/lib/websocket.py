"""A WebSocket client of RFC 6455, as little as the tests of /sync need: the greeting in one's own words, frames as they should be and
as they should not, and a line for tests/stranger that speaks through one.

    Socket(port)                    greeted; .send(opcode, payload, …), .frame(), .code() of the Close that comes
    greeting(port, changes)         (status, headers) of a greeting in which headers were changed or, with None, left out
    Link(host, port, pin)           as tests/stranger's, over /sync
"""
import base64
import hashlib
import os
import socket
import ssl
import struct
import sys
import time

import rig

sys.path.insert(0, os.path.join(rig.ROOT, "tests", "stranger"))
import client  # noqa: E402

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
MORE, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
CUT = 1 << 14           # how much of what is sent goes into one message


class Ended(Exception):
    """The other side ended the connection."""


def accept_of(key):
    return base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()


def headers_of(port, host=rig.HOST, **changes):
    """Of a good greeting; a change of None leaves one out. "_" stands for "-"."""
    headers = {"Host": f"{host}:{port}", "Upgrade": "websocket", "Connection": "keep-alive, Upgrade", "Origin": f"https://{host}:{port}",
               "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
               "Sec-WebSocket-Protocol": "samling.1"}
    for name, value in changes.items():
        headers[name.replace("_", "-")] = value
    return {name: value for name, value in headers.items() if value is not None}


def request(headers, line="GET /sync HTTP/1.1"):
    return "".join([line, "\r\n", *(f"{name}: {value}\r\n" for name, value in headers.items()), "\r\n"]).encode()


def masked(payload, mask):
    key = (mask * (len(payload) // 4 + 1))[:len(payload)]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(len(payload), "big")


def frame(opcode, payload=b"", fin=True, rsv=0, mask=True, length=None):
    """One frame; ${length}: what its head says, where that is not true."""
    length = len(payload) if length is None else length
    head = bytes([(128 if fin else 0) | rsv << 4 | opcode])
    bit = 128 if mask else 0
    head += bytes([bit | length]) if length < 126 else struct.pack(">BH", bit | 126, length) if length < 65536 else struct.pack(">BQ", bit | 127, length)
    if not mask:
        return head + payload
    key = os.urandom(4)
    return head + key + masked(payload, key)


def tls(port, host=rig.HOST, source=None, timeout_s=10, room=0):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    plain = socket.socket()
    if room:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
    plain.settimeout(timeout_s)
    plain.bind((source or "", 0))
    plain.connect((host, port))
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        return context.wrap_socket(plain, server_hostname=host)
    except (OSError, ValueError):
        plain.close()
        raise


class Bytes:
    """What comes over a TLS line, in the pieces that are asked for."""

    def __init__(self, end):
        self.end = end
        self.held = bytearray()

    def more(self, deadline):
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("nothing came")
        self.end.settimeout(left_s)
        try:
            part = self.end.recv(65536)
        except (ConnectionError, ssl.SSLError) as error:
            if isinstance(error, (TimeoutError, ssl.SSLWantReadError)):
                raise TimeoutError("nothing came") from error
            raise Ended(str(error)) from error
        if not part:
            raise Ended("end of stream")
        self.held += part

    def take(self, n, deadline):
        while len(self.held) < n:
            self.more(deadline)
        got = bytes(self.held[:n])
        del self.held[:n]
        return got

    def head(self, deadline):
        """(status, headers in lower case) of an answer; what is behind it stays."""
        while b"\r\n\r\n" not in self.held:
            self.more(deadline)
        at = self.held.index(b"\r\n\r\n")
        lines = self.take(at + 4, deadline)[:-4].decode().split("\r\n")
        return int(lines[0].split()[1]), {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}


def greeting(port, line="GET /sync HTTP/1.1", **changes):
    end = tls(port)
    try:
        end.sendall(request(headers_of(port, **changes), line))
        return Bytes(end).head(time.monotonic() + 10)
    finally:
        end.close()


class Socket:
    """One WebSocket, greeted. ${behind}: bytes that follow the greeting without waiting; ${room}: what our system keeps of what comes."""

    def __init__(self, port, host=rig.HOST, source=None, timeout_s=10, behind=b"", room=0):
        self.timeout_s = timeout_s
        self.end = tls(port, host, source, timeout_s, room)
        self.bytes = Bytes(self.end)
        headers = headers_of(port, host)
        self.end.sendall(request(headers) + behind)
        try:
            self.status, self.headers = self.bytes.head(time.monotonic() + timeout_s)
        except (Ended, TimeoutError):
            self.end.close()
            raise
        rig.need(self.status == 101, f"status {self.status}")
        rig.need(self.headers["sec-websocket-accept"] == accept_of(headers["Sec-WebSocket-Key"]), self.headers)
        rig.need(self.headers["sec-websocket-protocol"] == "samling.1" and self.headers["upgrade"] == "websocket", self.headers)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def raw(self, data):
        self.end.settimeout(self.timeout_s)
        self.end.sendall(data)

    def send(self, opcode, payload=b"", **how):
        self.raw(frame(opcode, payload, **how))

    def frame(self, deadline=None):
        """(opcode, payload): the centre sends whole messages, not masked, nothing reserved."""
        deadline = deadline or time.monotonic() + self.timeout_s
        first, second = self.bytes.take(2, deadline)
        rig.need(first & 0xf0 == 0x80 and second < 128, f"frame head {first:02x} {second:02x}")
        length = second
        if second == 126:
            length = struct.unpack(">H", self.bytes.take(2, deadline))[0]
        elif second == 127:
            length = struct.unpack(">Q", self.bytes.take(8, deadline))[0]
        rig.need(length <= 65536, f"a message of {length} bytes")
        return first & 15, self.bytes.take(length, deadline)

    def code(self):
        """The code of the Close that comes; then the line ends. None: it ends without one; 0: a Close without a code."""
        deadline = time.monotonic() + self.timeout_s
        try:
            while True:
                opcode, payload = self.frame(deadline)
                if opcode == CLOSE:
                    break
        except Ended:
            return None
        try:
            self.bytes.more(deadline)
            raise rig.Failed("something follows the Close")
        except Ended:
            return struct.unpack(">H", payload[:2])[0] if payload else 0

    def close(self):
        try:
            self.end.close()
        except OSError:
            pass


class Link(client.Link):
    """The stranger's line over /sync. ${cut}: how many bytes of what is sent go into one message; 0: each frame is one. ${slow_s}: a
    pause before each message that is read."""

    def __init__(self, host, port, pin=None, timeout_s=10, source=None, cut=0, room=0, slow_s=0):  # pylint: disable=super-init-not-called
        self.timeout_s = timeout_s
        self.cut = cut
        self.slow_s = slow_s
        self.data = bytearray()
        self.log = []
        self.sent_bytes = self.received_bytes = self.messages = self.pongs = 0
        self.socket = Socket(port, host, source, timeout_s, room=room)
        key = client.spki_of(self.socket.end.getpeercert(True))
        if pin and hashlib.sha256(key).digest() != pin:
            self.close()
            raise client.Broken("the server's key is not the pinned one")

    def raw(self, data):
        self.sent_bytes += len(data)
        step = self.cut or max(len(data), 1)
        for at in range(0, len(data), step):
            self.socket.send(BINARY, data[at:at + step])

    def read_more(self, deadline):
        time.sleep(self.slow_s)
        try:
            opcode, payload = self.socket.frame(deadline)
        except Ended as error:
            raise client.Closed(str(error)) from error
        if opcode == CLOSE:
            raise client.Closed(f"Close {payload[:2].hex()}")
        if opcode == PONG:
            self.pongs += 1
            return
        rig.need(opcode == BINARY, f"opcode {opcode}")
        self.messages += 1
        self.received_bytes += len(payload)
        self.data += payload


class Device(client.Device):
    """A tablet in a browser: the stranger's, whose lines are WebSockets."""
    cut = 0

    def connect(self, **options):
        self.close()
        self.link = Link(self.host, self.port, self.pin, source=self.source, cut=self.cut, **options)
        return self.link
