#!/usr/bin/env python3
"""Writes what the fuzzer begins with: a few inputs of each target that are right, and ones that are wrong on purpose, as own-NN under
tests/fuzz/corpus/NAME, and the dictionaries tests/fuzz/NAME.dict. What the fuzzer found itself stands beside them under other names.

    tests/fuzz/seeds.py        after the protocol or the verbs have changed; then make fuzz-minimise

Everything is made of tests/golden (messages, and one sync byte by byte), of server/admin's tables, and of what stands below."""

import hashlib
import pathlib
import re
import struct
import subprocess
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CORPUS = ROOT / "tests" / "fuzz" / "corpus"
MESSAGES = ["Hello", "Welcome", "Push", "Ack", "Pull", "Scopes", "Changes", "ScopeEnd", "SnapGet", "SnapChunk", "Verdicts", "Join",
            "Joined", "Ping", "Bye", "Error", "Op", "Row"]
KINDS = {name: kind for kind, name in enumerate(
    "HELLO PUSH WELCOME ACK PULL SCOPES CHANGES SCOPE_END SNAP_GET SNAP_CHUNK VERDICTS JOIN JOINED PING POKE BYE WIPE ERROR".split(), 1)}
KIND_OF = {"ScopeEnd": "SCOPE_END", "SnapGet": "SNAP_GET", "SnapChunk": "SNAP_CHUNK"}


def varint(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def frame(kind, body, deflated=False):
    if deflated:
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        body = packer.compress(body) + packer.flush()
    return varint(len(body) + 1) + bytes([kind | 128 * deflated]) + body


def golden():
    """name -> bodies, the shortest first"""
    out = {name: [] for name in MESSAGES}
    for line in (ROOT / "tests" / "golden" / "messages.hex").read_text().splitlines():
        parts = line.split("\t")
        if parts[0] in out:
            out[parts[0]].append(bytes.fromhex(parts[1]))
    return out


def transcript():
    """One sync: the frames of the tablet and those of the centre."""
    frames = {">": [], "<": []}
    for line in (ROOT / "tests" / "golden" / "transcript.hex").read_text().splitlines():
        if line[:2] in ("> ", "< "):
            side = line[0]
            frames[side].append(b"")
        elif re.match(r"[0-9a-f]{2}( [0-9a-f]{2})* ", line + " ") and frames[">"]:
            frames[side][-1] += bytes.fromhex(re.match(r"((?:[0-9a-f]{2} ?)+)", line).group(1))
    return frames


def put(target, inputs):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("own-*"):
        old.unlink()
    for i, data in enumerate(inputs):
        (folder / f"own-{i:02}").write_bytes(data)


def words(target, tokens):
    """A dictionary as libFuzzer reads it."""
    lines = ['"' + "".join(chr(c) if 32 <= c < 127 and c not in (34, 92) else f"\\x{c:02x}" for c in t) + '"' for t in tokens]
    (ROOT / "tests" / "fuzz" / f"{target}.dict").write_text("\n".join(lines) + "\n")


# ---- the wire

MAC = bytes(16)


def message_seeds():
    out = []
    for i, name in enumerate(MESSAGES):
        bodies = golden()[name]
        count = 8 if name in ("Op", "Row") else 1
        picked = bodies[1:2] + (bodies[20::len(bodies) // count] if count > 1 else [])
        out += [bytes([i]) + body for body in picked[:count] if len(body) < 900]
    return out + [bytes([18, 8]) + golden()["Op"][30]]


def frame_seeds(bodies):
    text = b"deltaker 017 " * 60
    bomb = frame(2, bytes(300_000), True)
    return [
        b"\x00" + frame(14, b"\x08\x01") + frame(15, b"") + frame(16, b"\x08\x05"),
        b"\x55" + frame(2, text, True) + frame(7, text[:90]) + frame(18, b"x"),
        b"\x10" + bomb,
        b"\x77" + frame(1, bodies["Hello"][1]) + frame(2, bodies["Push"][1])[:-3],
        b"\x00" + frame(2, text, True)[:-4],
        b"\x00\x81\x80\x04\x02", b"\x00\x82\x80\x04\x02", b"\x00\x00", b"\x00\x02\x13",
    ]


def session_seeds(bodies, frames):
    sealed = {name: frame(KINDS[KIND_OF.get(name, name.upper())], bodies[name][1] + MAC) for name in ("Push", "Hello", "Join")}
    open_ = {name: frame(KINDS[KIND_OF.get(name, name.upper())], bodies[name][1])
             for name in MESSAGES if name not in ("Op", "Row", "Push", "Hello", "Join")}
    hello = frame(1, b"\x08\x01\x18\x07" + MAC)
    join = frame(12, b"\x08\x01\x10\x05" + b"\x1a\x10" + bytes(16) + b"\x22\x20" + bytes(range(32)) + b"\x2a\x03abc" + MAC)
    push = frame(2, b"\x08\x01\x22\x02\x08\x01" + MAC)
    wide = frame(2, b"\x08\x05" + b"\x22\x04\x08\x01\x18\x78" * 80 + MAC, True)
    tablet = b"".join(frames[">"])
    centre = [
        b"\x01" + tablet, b"\x40" + tablet, b"\x01" + join + hello + push * 5, b"\x00" + hello + push * 5,
        b"\x03" + hello + push * 4 + open_["Pull"] + open_["SnapGet"] * 3 + frame(14, b"\x08\x01") + open_["Bye"],
        b"\x05" + hello + wide * 3 + open_["Pull"] * 9, b"\x10" + hello + push + open_["Error"],
        b"\x01" + sealed["Hello"] + sealed["Push"], b"\x01" + sealed["Join"], b"\x01" + hello + frame(3, b""),
        b"\x01" + push, b"\x01" + hello + frame(2, bytes(300_000), True), b"\x01" + frame(1, b"\x08\x02" + MAC),
    ]
    welcome = frame(3, b"\x38\x03")
    served = b"".join(open_[n] for n in ("Verdicts", "Scopes", "Changes", "SnapChunk", "ScopeEnd"))
    rows = frame(7, b"\x08\x03" + b"".join(b"\x3a" + varint(len(r)) + r for r in golden()["Row"][20:200:15] if len(r) < 128), True)
    own = [
        b"\x02" + b"".join(frames["<"]), b"\x0e" + welcome + open_["Ack"] * 4 + served, b"\x24" + welcome + served + rows,
        b"\x01" + open_["Joined"] + welcome, b"\x02" + welcome + frame(18, b"\x08\x04\x10\x02") + open_["Ack"] * 3 + open_["Error"],
        b"\x08" + open_["Welcome"] + open_["SnapChunk"] + frame(15, b"") + frame(17, b"") + open_["Bye"],
        b"\x00" + welcome + open_["Ack"], b"\x00" + frame(14, b""), b"\x06" + welcome + rows * 3 + frame(14, b"\x08\x02\x10\x01"),
    ]
    put("session_centre", centre)
    put("session_tablet", own)


# ---- the centre's other doors

def csv_seeds():
    rows = "Navn;Fødselsår;Gruppe\r\nKari Nordmann;1961;M1\r\n\"Ola \"\"Ole\"\" Hansen\";1970;\"M2;x\"\r\n"
    return [
        rows.encode(), b"\xef\xbb\xbf" + rows.encode(), rows.encode("cp1252"), rows.replace(";", ",").encode(), rows.replace(";", "\t").encode(),
        b"name,date\n\"a\nb\",2026-03-31\n\"open,1\nc,2025-02-29\n", b"a;b\n1;2;3\n;\n\n\n\"x\"y;1\n1;2\n", b"\xff\xfea\x00", b"a,b\r1,2\r\n3,4",
        b"name|x;Name\nA\xc3\xa5;\xc3\n\x01;b\n", b"a" * 1030 + b";b\n1;" + b"x" * 1030 + b"\n", b";" * 70 + b"\n", b"\n\n \n", b"",
        b"Full  name;DATO\n " + "Ææ Øø Åå Šđ".encode() + b" ; 2024-02-29 \n",
    ]


def config_lines():
    table = (ROOT / "server" / "admin" / "config.def").read_text()
    found = []
    for row in re.findall(r"CONFIG_(NUM|ADDRESS|CHOICE)\(([^)]*)\)", table):
        parts = [p.strip().strip('"') for p in row[1].split(",")]
        found.append((parts[1], parts[-1]))
    return found


def config_seeds():
    lines = config_lines()
    numbers = re.findall(r'CONFIG_NUM\(\w+, "([^"]+)", \w+, (\d+), (\d+),', (ROOT / "server" / "admin" / "config.def").read_text())
    edges = ["".join(f"{k}={f(int(a), int(b))}\n" for k, a, b in numbers).encode()[:1000] for f in (min, max, lambda a, b: b + 1, lambda a, b: max(a - 1, 0))]
    all_of = "".join(f"{k} = {v}\n" for k, v in lines)
    return edges + [
        all_of[:1000].encode(), all_of[-900:].encode(), b"# nothing\n\n  \t# more\r\n", b"port=7311 # why\r\nport = 7312\n", b"port\n= 5\nporp = 1\n",
        b"port = 0x10\nport =\nlisten = 256.1.1.1\nlisten = ::1\n", b"listen = 0.0.0.0\nlog-level = all\nlog-time = yes\n",
        b"port = 99999999999999999999\n\x00\n\x7f = 1\n", b"#" + b"x" * 210 + b"\nport = 1", b"a=b\n" * 30, b"ping-seconds = 600\nidle-seconds = 5\n",
    ]


def http_seeds():
    host = b"Host: a.no:7311\r\n"
    token = b"Cookie: a=b; __Host-sid=" + b"0f" * 32 + b"\r\nX-Samling-Token: " + b"a1" * 32 + b"\r\n"
    sync = (b"GET /sync HTTP/1.1\r\n" + host + b"Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: https://a.no:7311\r\nSec-WebSocket-Protocol: x, samling.1\r\n\r\n")
    requests = [
        b"GET / HTTP/1.1\r\n" + host + b"\r\nHEAD /web/app.js HTTP/1.1\r\n" + host + b"Accept-Encoding: br, gzip;q=0.5\r\n\r\n",
        b"GET https://A.no:7311/api/cases?group=5&q=%41+b HTTP/1.1\r\n" + host + b"Connection: close\r\n\r\n", sync,
        b"POST /api/login HTTP/1.1\r\n" + host + b"Content-Type: application/json\r\nContent-Length: 31\r\n\r\n" + b'{"name":"a","password":"b c d"}',
        b"POST /api/logout HTTP/1.1\r\n" + host + token + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0a\r\n0123456789\r\n0\r\n\r\nGET /",
        b"POST /x HTTP/1.1\r\n" + host + b"Expect: 100-continue\r\nContent-Length: 0003\r\n\r\nabcPUT / HTTP/1.1\r\n" + host + b"\r\n",
        b"OPTIONS * HTTP/1.1\r\n" + host + b"\r\n", b"BREW /pot HTTP/1.1\r\n\r\n", b"GET / HTTP/2.0\r\n", b"GET / HTTP/1.1\r\n" + host + host + b"\r\n",
        b"POST / HTTP/1.1\r\n" + host + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"GET / HTTP/1.1\r\n" + host + b"X: a\r\n b\r\n\r\n",
        b"GET /api/case/17 HTTP/1.1\r\n" + host + b"X:\t \r\n" * 11 + b"\r\n", b"POST / HTTP/1.1\r\n" + host + b"Content-Length: 301\r\n\r\n",
        b"GET /tablet/index.html?" + b"a" * 190 + b" HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: [::1]\r\n" + b"B: " + b"x" * 600 + b"\r\n\r\n",
    ]
    return [bytes([37 * i % 256]) + r for i, r in enumerate(requests)]


def masked(opcode, payload, fin=True, mask=b"\x37\xfa\x21\x3d"):
    n = len(payload)
    length = bytes([n | 128]) if n < 126 else bytes([126 | 128]) + struct.pack(">H", n) if n < 65536 else bytes([127 | 128]) + struct.pack(">Q", n)
    return bytes([128 * fin | opcode]) + length + mask + bytes(c ^ mask[i % 4] for i, c in enumerate(payload))


def websocket_seeds():
    long_text = b"x" * 130
    streams = [
        masked(2, b"hello") + masked(2, b""), masked(2, b"a", False) + masked(9, b"ping") + masked(0, b"b", False) + masked(0, b"c"),
        masked(2, long_text) + masked(8, b"\x03\xe8"), masked(8, b""), masked(8, b"\x03"), masked(8, b"\x03\xed"), masked(1, b"text"), masked(0, b"x"),
        masked(2, b"a", False) + masked(2, b"b"), masked(9, b"p" * 125) + masked(10, b"") * 3 + masked(2, b"end"), b"\x82\x05hello",
        b"\xc2\x80\x00\x00\x00\x00", b"\x82\xfe\x00\x05\x00\x00\x00\x00hello", b"\x82\xff" + struct.pack(">Q", 1 << 40) + bytes(4),
        masked(2, b"", False) + masked(0, b"", False) * 260, b"\x89\x80",
    ]
    return [bytes([53 * i % 256]) + s for i, s in enumerate(streams)]


def login_seeds():
    cookie = b"__Host-sid=" + b"0123456789abcdef" * 4
    return [
        b'\x00{"name": "kari", "password": "korrekt hest batteri"}', b'\x00{"password":"\\u00e5\\ud83d\\ude00\\n\\"\\\\","name":"k\xc3\xa5"}',
        b'\x00{"name":"a","name":"b","password":"c"}', b'\x00{"name":"kari","password":"' + "æ".encode() * 130 + b'"} ', b'\x00{"name":"\\u0000","password":""}',
        b'\x00{"name":"admin","password":"sommer2024!"}', b'\x00{"name":"k","password":"qwertyuiop123"}', b'\x01{"word": "123456"}', b'\x01 { "word" : "\\ud800" } ',
        b"\x02a=b; " + cookie + b"; c", b"\x02" + cookie + b";" + cookie, b"\x03n=-7&id=42&q=%C3%A5+b&x", b"\x03id=0&n=&q=%00", b"\x04a%41%C3%A5%", b"\x04" + b"%20" * 100,
        b"\x05abcd-efgh-ijkl-mnop", b"\x05 123 456", b"\x05" + b"0123456789abcdef" * 4,
    ]


def invite_seeds():
    pin, code = b"0123456789abcdef" * 4, b"0123456789abcdef" * 2
    tail = b"pin=" + pin + b"&code=" + code
    return [
        b"https://a.no:7311/tablet/#" + tail + b"&clinic=Porsgrunn%20M%C3%B8lle+1", b"samling://10.0.0.1:7311/?" + tail, b"https://[::1]:7311/tablet/#" + tail + b"&x=y",
        b"https://klinikk.example/tablet/#clinic=&" + tail, b"https://[fe80::1]/tablet/#" + tail, b"samling://a.no/?" + tail, b"https://a:99999/tablet/#" + tail,
        b"https://a.no:1/tablet/#pin=" + pin, b"https://a.no:0/tablet/#" + tail, b"samling://:1/?" + tail, b"7K3Q-M0ZD-V9XT-2RBN", b"7k3q m0zd v9xt", b"OILo-1111-2222-3333", b"U000-0000-0000",
        b"https://" + b"e" * 254 + b"/tablet/#" + tail, b"https://" + b"e" * 254 + b":65535/tablet/#" + tail,
        b"https://[[\xc6]]/tablet/#" + tail, b"https://[[.]]/tablet/#" + tail,
    ]


def verbs():
    table = (ROOT / "server" / "admin" / "verb.def").read_text()
    return re.findall(r'\.name = "([^"]+)",\s*\.accepts = "([^"]*)"', table)


def admin_seeds():
    def request(*said, more=b""):
        body = b"".join(w.encode() + b"\0" for w in said)
        return bytes([len(said) * 40 % 256]) + struct.pack("<I", len(body) + len(more)) + body + more
    return [
        request("nb", "clinic", "list", "--json"), request("en", "group", "add", "--clinic=5", "--code", "M1", "--name", "Mandag"), request("nb", "help"),
        request("en", "case", "decide", "17", "--operator=kari", "--reason", "so"), request("nb", "nothing", "like it"), request("nb"), request("en", "device", "revoke", "--", "--5"),
        request("en", "session", "list", "--from=2026-01-01", "--limit=5"), request("en", "status")[:9], b"\x00\xff\xff\xff\xff", b"\x00\x00\x00\x00\x00",
        request("nb", "status", more=b"x"), request("nb", *["x"] * 200), request("nb", "participant", "import", "name;birth\nA;1950\n"),
    ]


def journal_record(number, kind, payload, epoch=7, csn=5):
    body = struct.pack("<IQBQQ", 4 + 8 + 1 + 8 + 8 - 4 + len(payload) + 8, number, kind, epoch, csn) + payload
    return body + hashlib.sha256(body).digest()[:8]


def journal_seeds():
    """Files as they are (the first byte odd), and records that the target writes: see fuzz_journal.c."""
    raw, blank, blank_short, op = 1, 7, b"\x01" * 9, bytes(golden()["Op"][30])
    three = [journal_record(1, 1, bytes(8)), journal_record(2, 2, op), journal_record(3, blank, b"\x01" * 8 + b"\x02" * 32)]
    whole = b"".join(three)
    written = bytes([1, 8]) + bytes(8) + bytes([2, len(op)]) + op + bytes([2, len(op)]) + op + bytes([3, 77]) + b"d" * 77 + bytes([5, 3]) + b"abc"
    return [
        bytes([raw]) + whole, bytes([raw]) + whole[:-3], bytes([raw]) + three[0] + b"\xff\xff\xff\xff" + whole, bytes([raw]) + three[0] + three[2],
        bytes([raw]) + journal_record(1, blank, blank_short), bytes([raw]) + journal_record(1, blank, b""), bytes([raw]) + whole + bytes(40),
        bytes([raw | 16]) + whole + b"\x00\x00\x30", bytes([0]) + written, bytes([2]) + written * 5, bytes([4]) + written * 2, bytes([8]) + written + b"\x00\x00\x60",
        bytes([16]) + written + b"\x00\x00\x40", bytes([2 | 8]) + written * 3 + b"\x00\x12\x60", bytes([raw]), b"\x02" + bytes([255, 255]) + b"x" * 255 * 3,
    ]


def metrics_seeds():
    ask = b"GET /metrics HTTP/1.1\r\nHost: localhost:9311\r\n\r\n"
    return [
        b"\x00" + ask, b"\x50" + ask[:23] + b"\r\n", b"\x31GET /metrics HTTP/1.0\r\n\r\n", b"\x00GET /metricsx HTTP/1.1\r\n\r\n", b"\x07GET / HTTP/1.1\r\n\r\n",
        b"\x00POST /metrics HTTP/1.1\r\n\r\n", b"\x00GET  /metrics HTTP/1.1\r\n\r\n", b"\x00GET /metrics HTTP/1.2\r\n\r\n", b"\x00GET /metrics HTTP/2.0\r\n\r\n",
        b"\x00GET /metrics HTTP/1.1\n\n", b"\x11" + ask + b"GET /", b"\x00" + ask[:30] + b"\0" + ask[30:], b"\x09" + b"x" * 4096 + ask, b"\x00\r\n\r\n",
        b"\x00" + b"GET /metrics HTTP/1.1\r\n" + b"x" * (4096 - 27) + b"\r\n\r\n", b"\x00\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ]


def sealed_seeds():
    """KEY, RAW, EDITED, MADE: see fuzz_sealed.c."""
    hexes, magic, full = b"0123456789abcdef" * 4, b"samling backup sealed 1\n", b"\xff\xff"
    return [
        b"\x00samling-backup-secret 1 " + hexes + b"\n", b"\x00samling-backup-public 1 " + hexes + b"\r\n", b"\x00samling-backup-public 1 " + hexes,
        b"\x00samling-backup-public 1 " + hexes + b" x", b"\x00samling-backup-secret 1 " + hexes[:-1], b"\x00samling-backup-public 1 " + hexes[:-2], b"\x00samling-backup-public 2 " + hexes, b"\x00",
        b"\x01" + magic + bytes(120), b"\x01" + magic + bytes(200), b"\x01SQLite format 3\0" + bytes(200),
        b"\x02\x00\x07", b"\x02\x00\x00", b"\x02\x0c\x80", b"\x02\x09\xc0\x05\x00\x30\x01", b"\x02\x00\x09\x00\x01\x00\x00", b"\x02\x0c\x81\x02\x00\x00\x00",
        b"\x02\x0c\x82\x03\x00\x00\x00", b"\x02\x0c\x82\x04\x00\x01\x00", b"\x02\x00\x10\x01\x00\x00\x05",
        b"\x03\x00\x10\x03", b"\x03" + full + b"\x00\x00\x00\x03", b"\x03" + full + b"\x03", b"\x03\x00\x10\x00\x00\x10\x03", b"\x03\x00\x10\x03\x00\x10\x03",
        b"\x03" + full + b"\x02\x01\x00\x03", b"\x03" + full + b"\x01" + full + b"\x00\x00\x05\x03", b"\x03" + full + b"\x00", b"\x03",
    ]


def restart_seeds():
    """Each record of the clinic's journal, ones that are changed or cut, and ones of bytes alone: see fuzz_restart.c."""
    raw, op = 224, bytes(golden()["Op"][30])
    every = [bytes([i, 0]) for i in range(48)]
    changed = [bytes([i, 2, 0, 0, 0, 8, 0, 255]) for i in range(20, 40)]
    return [
        b"".join(every[:24]), b"".join(every[24:]), b"".join(changed[:10]), b"".join(changed[10:]), *[bytes([i, 64]) for i in range(30, 40)],
        *[bytes([raw + kind, 8]) + bytes([3] + [0] * 7) for kind in (1, 5, 11)], *[bytes([raw + kind, 0]) for kind in range(12)],
        bytes([raw + 2, len(op)]) + op, bytes([raw + 7, 32]) + bytes(32), bytes([raw + 6, 24]) + bytes([2] + [0] * 7 + [90] + [0] * 15),
    ]


def tablet_seeds(frames):
    """Frames that the target keeps, alone and one behind the other, and frames of another tablet: see fuzz_tablet.c."""
    every = [bytes([i, 0]) for i in range(24)]
    own = 223
    return [
        b"\x00" + b"".join(every), b"\x02" + b"".join(every), *[b"\x00" + one for one in every], *[b"\x00" + every[0] + one for one in every[1:]],
        b"\x00" + every[0] + bytes([2, 2, 4, 0, 1, 9, 0, 200]), b"\x00" + every[0] + bytes([own + 4, 2, 8, 1]), b"\x00" + every[0] + bytes([own + 17, 0]),
        b"\x00" + every[0] + bytes([own + 18, 4, 8, 4, 16, 2]), b"\x00" + bytes([own + 16, 2, 8, 5]), b"\x01" + b"".join(frames["<"]), b"\x00", b"\x01\x82\x80\x04\x02",
    ]


def sized(op):
    return bytes([len(op)]) + op


def intake_seeds():
    """Ids as fuzz_intake.c says: 3 a group, 6 a user, 8 today's session, 11 a participant, 40 a new id of the tablet's."""
    def op(row, body, kind=0, user=6):
        head = b"\x08" + bytes([user]) + b"\x10\x80\x84\xa4\x92\x0d\x18\x78" + (bytes([0x28, kind]) if kind else b"")
        return sized(head + varint(row << 3 | 2) + bytes([len(body)]) + body)
    mark = op(8, b"\x08\x08\x10\x0b\x18\x01\x20\x02")
    absent = op(8, b"\x08\x08\x10\x0b\x18\x02\x20\x02\x28\x03")
    ad_hoc = op(9, b"\x08\x28\x10\x03\x18\xc2\xc5\x02", 1)
    walk_in = op(12, b"\x08\x29\x12\x04Kari\x18\xa7\x0f\x50\x01", 1)
    stand_in = op(13, b"\x08\x2a\x12\x03Ola\x18\x00\x20\x01\x30\x01\x38\x06", 1)
    note = op(19, b"\x08\x2b\x10\x0b\x18\x06\x20\x00\x28\xc2\xc5\x02\x32\x04tekst\x40\x00"[:-1] + b"\x00", 1)
    score = op(18, b"\x08\x2c\x10\x0b\x18\x01\x20\x01\x28\x00\x30\xc2\xc5\x02\x38\x00\x40\x03\x48\x02\x52\x053,-,0", 1)
    exercise = op(16, b"\x08\x08\x10\x0b\x18\x01\x20\x01\x28\x0a\x30\x64")
    consent = op(17, b"\x08\x0b\x10\x01\x18\x01\x20\xc2\xc5\x02\x28\x01\x30\x01")
    exertion = op(23, b"\x08\x2d\x10\x08\x18\x0b\x20\x00\x28\x02\x30\x78\x38\x02", 1)
    access = op(29, b"\x08\x2e\x10\x0b\x20\x02\x28\x01\x30\x01", 1)
    gone = op(8, b"\x08\x08\x10\x0b", 2)
    shut = op(12, b"\x08\x0b\x58\x01")
    alone = [mark, absent, ad_hoc, walk_in, stand_in, note, score, exercise, consent, exertion, access, gone, shut]
    status = op(9, b"\x08\x08\x28\x01")
    return ([b"\x00\x00" + one for one in alone] +
            [b"\x00\x04" + mark + absent + gone + mark, b"\x01\x02" + absent + status + mark, b"\x02\x00" + mark + ad_hoc, b"\x00\x08" + mark + walk_in,
             b"\x00\x01" + sized(b"") + sized(b"\xff\xff") + mark + sized(b"\xf2\x07\x01x"), b"\x01\x04" + b"".join(alone[:6])])


def cert_seeds():
    """Certificates as OpenSSL makes them, once: with names, of an authority, and as DER. Kept while they are there."""
    kept = sorted((CORPUS / "cert").glob("own-*")) if (CORPUS / "cert").is_dir() else []
    if kept:
        return [p.read_bytes() for p in kept]
    base = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "/dev/null", "-days", "400"]
    names = ["-subj", "/O=Klinikk \u00e5/CN=a.no", "-utf8", "-addext", "subjectAltName=DNS:a.no,DNS:*.b.no,IP:127.0.0.1,IP:::1,URI:https://c"]
    server = ["-addext", "basicConstraints=critical,CA:FALSE", "-addext", "extendedKeyUsage=serverAuth"]

    def made(*more):
        return subprocess.run([*base, *more], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    pem = made("-subj", "/CN=b.no", *server)
    return [made(*names, *server, "-outform", "DER"), made("-subj", "/CN=ca", "-outform", "DER"), pem, pem + made("-subj", "/CN=ca"), pem[:200], b"", b"\x30\x03\x02\x01\x00"]


def main():
    bodies, frames = golden(), transcript()
    put("message", message_seeds())
    put("frame", frame_seeds(bodies))
    session_seeds(bodies, frames)
    put("csv", csv_seeds())
    put("config", config_seeds())
    put("http", http_seeds())
    put("websocket", websocket_seeds())
    put("login", login_seeds())
    put("invite", invite_seeds())
    put("admin", admin_seeds())
    put("intake", intake_seeds())
    put("cert", cert_seeds())
    put("journal", journal_seeds())
    put("metrics", metrics_seeds())
    put("sealed", sealed_seeds())
    put("restart", restart_seeds())
    put("tablet", tablet_seeds(frames))
    words("config", [k.encode() for k, _ in config_lines()] + [b" = ", b"#", b"127.0.0.1", b"::1", b"auto", b"yes", b"no", b"\r\n"])
    words("http", [b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b" HTTP/1.1\r\n", b"Host: a.no\r\n", b"Content-Length: ", b"Transfer-Encoding: chunked\r\n",
                   b"\r\n\r\n", b"0\r\n\r\n", b"Expect: 100-continue\r\n", b"Connection: close\r\n", b"Upgrade: websocket\r\n", b"Connection: Upgrade\r\n",
                   b"Sec-WebSocket-Version: 13\r\n", b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", b"Origin: https://a.no\r\n",
                   b"Sec-WebSocket-Protocol: samling.1\r\n", b"Accept-Encoding: gzip;q=0\r\n", b"https://a.no/", b"/api/case/", b"/web/", b"/tablet/", b"/sync"])
    words("csv", [b"\"\"", b"\";\"", b"\r\n", b"\xef\xbb\xbf", b"\xff\xfe", b"navn", b"name", b"full name", b"dato", b"2026-03-31", b"\xc3\xa5", b"\xc2\xa0"])
    words("login", [b'{"name": "', b'", "password": "', b'"}', b'{"word": "', b"\\u00e5", b"\\ud83d\\ude00", b"\\u0000", b"__Host-sid=", b"passord", b"sommer", b"qwerty",
                    b"n=", b"id=", b"q=", b"%C3%A5", b"0123456789abcdef"])
    words("metrics", [b"GET /metrics HTTP/1.1\r\n", b" HTTP/1.0\r\n", b"\r\n\r\n", b"POST ", b"HEAD "])
    words("invite", [b"https://", b"samling://", b"/tablet/#", b"/?", b"pin=", b"code=", b"clinic=", b"&", b"[::1]", b":7311", b"%20", b"0123456789abcdef" * 4,
                     b"0123456789abcdef" * 2, b"7K3Q-M0ZD-V9XT-2RBN"])
    options = sorted({o for _, accepts in verbs() for o in accepts.split()})
    words("admin", [n.replace(" ", "\0").encode() + b"\0" for n, _ in verbs()] + [b"--" + o.encode() for o in options] + [b"nb\0", b"en\0", b"--\0", b"2026-03-31", b"17:30"])


if __name__ == "__main__":
    main()
