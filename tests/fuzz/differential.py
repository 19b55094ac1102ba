#!/usr/bin/env python3
"""The codec beside Google's protobuf: every message of tests/golden and of the fuzz corpus, and N changed ones out of them, are read by both.

    tests/fuzz/differential.py [--inputs N] [--seed N]
    tests/fuzz/differential.py --repeat Hello 0801…        one body in hexadecimal, and what both say

Accepted by ours must be accepted by Google's, and mean the same: what ours writes again is read by Google's as what Google's read at first, but for
fields that this version does not know. An op is accepted where sam_op_validate accepts it too. Refused by ours but not by Google's only for a reason
that stands in REASONS, which is looked for in the bytes; each is counted. So is what stands in LENIENT, the other way round. Prints one line:

    ok differential: N inputs, A accepted by both, B refused by both, C refused by bounds only (reason: how many, …)

and for each input on which they differ "not ok", the bytes, and the command that repeats it."""

import argparse
import collections
import os
import pathlib
import random
import re
import struct
import subprocess
import sys
import warnings

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("SAM_BUILD", ROOT / "build"))
sys.path.insert(0, str(BUILD / "gen" / "python"))
sys.dont_write_bytecode = True

from google.protobuf.descriptor import FieldDescriptor as F  # noqa: E402
from google.protobuf.message import DecodeError  # noqa: E402
import samling_pb2  # noqa: E402

NAMES = ["Hello", "Welcome", "Push", "Ack", "Pull", "Scopes", "Changes", "ScopeEnd", "SnapGet", "SnapChunk", "Verdicts", "Join", "Joined",
         "Ping", "Bye", "Error", "Op", "Row"]
ROWS = ("Op", "Row")
PIPE_BYTES = 1 << 22
SHOWN_MAX = 10
OP_BYTES_MAX, PUSH_OPS_MAX, CHUNK_ROWS_MAX = 8192, 512, 1024  # limits.h

# Why ours refuses what Google's takes. The first three are what protobuf lets a reader do with bytes that no writer makes.
REASONS = {
    "group": "a group, or the end of one: protobuf's oldest wire type, in no message of ours",
    "wire type": "a known field with another wire type, which Google's takes for an unknown field",
    "number": "a number that does not fit its field, which Google's cuts",
    "length": "a text, bytes or a list over its maximum in samling.options or limits.h",
    "two rows": "an op or a row with two rows in it: Google's keeps the last, or puts them together",
    "kind": "an op's kind or a row's gone that this version does not know",
    "hash": "an origin with a device and no whole hash",
    "varint": "a key or a length written longer than it needs, over its width",
}
# What ours takes and Google's does not, on purpose: a text that is no UTF-8, or has a byte 0 in it, where it is only shown to people. Who keeps it
# cleans it (named_note of intake/hello.c, label_set of intake/join.c). In rows: the centre sends what sam_op_validate let pass.
LENIENT = {"Hello": ("app", "model"), "Join": ("label",), "Joined": ("clinic",), "Bye": ("text",), "Error": ("text",), "Row": None}
BITS = {F.TYPE_UINT32: 32, F.TYPE_SINT32: 32, F.TYPE_ENUM: 32, F.TYPE_BOOL: 32}
WIRE = {F.TYPE_FIXED64: 1, F.TYPE_STRING: 2, F.TYPE_BYTES: 2, F.TYPE_MESSAGE: 2}


def maxima():
    """Message.field -> (max_size, max_count) of samling.options"""
    out = {}
    for line in (ROOT / "proto" / "samling.options").read_text().splitlines():
        found = re.match(r"samling\.(\w+\.\w+)\s+(max_size|max_count):(\d+)", line)
        if found:
            out[found.group(1)] = (found.group(2), int(found.group(3)))
    return out


MAXIMA = maxima()


class Damaged(Exception):
    pass


def varint(data, at):
    value, shift = 0, 0
    while True:
        if at >= len(data) or shift > 63:
            raise Damaged
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            if value >> 64:
                raise Damaged
            return value, at


def fields(data):
    """(tag, wire type, value or bytes) of each field; raises Damaged where ours must stop too"""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        tag, kind = key >> 3, key & 7
        if tag == 0 or key >> 32:
            raise Damaged
        if kind == 0:
            value, at = varint(data, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
            value, at = data[at:at + size], at + size
        elif kind == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        else:
            value = b""
        if at > len(data):
            raise Damaged
        yield tag, kind, value
        if kind in (3, 4):
            return


def packed(data, field):
    """How many numbers a packed list holds."""
    if field.type == F.TYPE_FIXED64:
        return len(data) // 8
    count, at = 0, 0
    while at < len(data):
        _, at = varint(data, at)
        count += 1
    return count


def reasons(data, what, name):
    """Those of REASONS that are in these bytes, read as the message ${what}."""
    found, counts, rows = set(), collections.Counter(), 0
    try:
        for tag, kind, value in fields(data):
            field = what.fields_by_number.get(tag)
            if kind in (3, 4):
                found.add("group")
                break
            if field is None:
                continue
            rows += field.containing_oneof is not None and field.containing_oneof.name == "row"
            found |= of_field(field, kind, value, counts, what)
    except Damaged:
        found.add("varint")
    if rows > 1:
        found.add("two rows")
    if name == "Op" and len(data) > OP_BYTES_MAX:
        found.add("length")
    return found


def of_field(field, kind, value, counts, what):
    found = set()
    want = WIRE.get(field.type, 0)
    is_list = field.label == F.LABEL_REPEATED
    if kind != want and not (is_list and kind == 2):
        return {"wire type"}
    size_of, most = MAXIMA.get(f"{what.name}.{field.name}", ("", 0))
    if is_list:
        counts[field.name] += packed(value, field) if kind == 2 and want != 2 else 1
        limit = {"Push.op": PUSH_OPS_MAX, "Push.origin": PUSH_OPS_MAX, "SnapChunk.row": CHUNK_ROWS_MAX}.get(f"{what.name}.{field.name}")
        limit = limit or (most if size_of == "max_count" else None)
        if limit and counts[field.name] > limit:
            found.add("length")
        if is_list and want == 2 and field.type == F.TYPE_MESSAGE and kind == 2 and field.name != "other":
            found |= reasons(value, field.message_type, field.message_type.name)
    elif field.type == F.TYPE_MESSAGE:
        found |= reasons(value, field.message_type, field.message_type.name)
    elif field.type in (F.TYPE_STRING, F.TYPE_BYTES):
        if size_of == "max_size" and len(value) > most - (field.type == F.TYPE_STRING):
            found.add("length")
    elif field.type in BITS and kind == 0 and value >> BITS[field.type]:
        found.add("number")
    if (what.name, field.name) in (("Op", "kind"), ("Row", "gone")) and kind == 0 and value > 2:
        found.add("kind")
    if (what.name, field.name) == ("Origin", "hash") and len(value) != 16:
        found.add("hash")
    if (what.name, field.name) == ("Origin", "device_no"):
        found.add("hash")  # it may stand before or behind it; the hash may be missing
    return found


# ---- both

def ask_ours(inputs):
    """[(verdict, reason, encoding)] for [(message, bytes)]"""
    said = b"".join(struct.pack("<IB", len(body), which) + body for which, body in inputs)
    run = subprocess.run([str(BUILD / "asan" / "fuzz" / "codec_pipe")], input=said, stdout=subprocess.PIPE, check=True)
    out, at = [], 0
    for _ in inputs:
        verdict, reason, size = struct.unpack_from("<cBI", run.stdout, at)
        out.append((verdict, reason, run.stdout[at + 6:at + 6 + size]))
        at += 6 + size
    return out


def parsed(name, body):
    """None: refused. Bytes behind the end of a group, which Google's does not look at, are refused too."""
    message = getattr(samling_pb2, name)()
    try:
        return message if message.ParseFromString(body) == len(body) else None
    except DecodeError:
        return None


class Quiet:
    """Google's library writes on stderr what it refuses."""

    def __enter__(self):
        self.kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 2)
        os.close(nothing)

    def __exit__(self, *_):
        os.dup2(self.kept, 2)
        os.close(self.kept)


def cleaned(body, what, name):
    """The same with every lenient text as letters; None where nothing had to be changed."""
    out, changed_any = b"", False
    for tag, kind, value in fields(body):
        field = what.fields_by_number.get(tag)
        if kind == 2 and field is not None and field.type == F.TYPE_MESSAGE and name == "Row":
            inner = cleaned(value, field.message_type, name)
            changed_any |= inner is not None
            value = value if inner is None else inner
        elif kind == 2 and field is not None and field.type == F.TYPE_STRING and (LENIENT[name] is None or field.name in LENIENT[name]):
            text = (value if name == "Row" else value.split(b"\0")[0]).decode("ascii", "replace").encode("ascii", "replace")
            changed_any |= text != value
            value = text
        out += encoded(tag, kind, value)
    return out if changed_any else None


def encoded(tag, kind, value):
    def number(n):
        out = b""
        while n > 127:
            out, n = out + bytes([n & 127 | 128]), n >> 7
        return out + bytes([n])
    return number(tag << 3 | kind) + (number(value) if kind == 0 else number(len(value)) + value if kind == 2 else value)


def known(message, name):
    """Without what this version does not write: unknown fields, what others say of a row, which stays in its bytes, and a hash of nothing."""
    message.DiscardUnknownFields()
    for origin in message.origin if name == "Push" else ():
        if not origin.device_no:
            origin.ClearField("hash")  # of no first identity
    if name in ROWS:
        row = message.WhichOneof("row")
        if row and "other" in getattr(message, row).DESCRIPTOR.fields_by_name:
            getattr(message, row).ClearField("other")
    return message


def judge(which, body, ours):
    """("both", "none", "bounds", reasons) or ("differ", why)"""
    name = NAMES[which]
    verdict, reason, encoding = ours
    google = parsed(name, body)
    if verdict == b"R":
        if google is None:
            return "none", ""
        why = reasons(body, getattr(samling_pb2, name).DESCRIPTOR, name)
        return ("bounds", sorted(why)[0]) if why else ("differ", "ours refuses it, and no reason is in it")
    if name in LENIENT:
        what = getattr(samling_pb2, name).DESCRIPTOR
        plain, plain_again = cleaned(body, what, name), cleaned(encoding, what, name)
        if plain is not None:
            google, encoding = parsed(name, plain), plain_again or encoding
    if google is None and name == "Op" and reason:
        return "none", ""
    if google is None:
        return "differ", "ours takes it, Google's does not"
    if name in ROWS and not known(google, name).WhichOneof("row"):
        return ("both", "") if not encoding else ("differ", "ours has a row, Google's has none")
    again = parsed(name, encoding)
    if again is None:
        return "differ", "Google's does not take what ours writes"
    if known(again, name) == known(google, name):
        return ("lenient", "text") if name in LENIENT and plain is not None else ("both", "")
    if name in ROWS and (reason not in (0, 255) or name == "Row") and "number" in reasons(body, getattr(samling_pb2, name).DESCRIPTOR, name):
        return "bounds", "number"  # it is kept as it is, to be refused as out of range
    return "differ", f"ours means {str(again)!r}, Google's {str(google)!r}"


# ---- inputs

def golden():
    for line in (ROOT / "tests" / "golden" / "messages.hex").read_text().splitlines():
        parts = line.split("\t")
        if parts[0] in NAMES:
            yield NAMES.index(parts[0]), bytes.fromhex(parts[1])


def corpus():
    for folder in (ROOT / "tests" / "fuzz" / "corpus" / "message", BUILD / "fuzz" / "corpus" / "message"):
        for path in sorted(folder.glob("*")) if folder.is_dir() else []:
            data = path.read_bytes()
            if data and data[0] % (len(NAMES) + 1) < len(NAMES):
                yield data[0] % (len(NAMES) + 1), data[1:]


def changed(chance, base):
    """One of ${base}, a little other."""
    which, body = chance.choice(base)
    body = bytearray(body)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        at, how = chance.randrange(len(body) + 1), chance.randrange(9)
        if how == 0 and body:
            body[at % len(body)] ^= 1 << chance.randrange(8)
        elif how == 1 and body:
            body[at % len(body)] = chance.choice((0, 1, 127, 128, 255, chance.randrange(256)))
        elif how == 2:
            body[at:at] = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 5)))
        elif how == 3:
            del body[at:at + chance.randrange(1, 4)]
        elif how == 4:
            del body[at:]
        elif how == 5:
            body += chance.choice(base)[1]
        elif how == 6:  # a field that is right, anywhere between two
            tag = chance.randrange(1, 33)
            body += chance.choice((bytes([tag % 16 << 3]) + bytes([255] * chance.randrange(10) + [chance.randrange(128)]),
                                   bytes([tag % 16 << 3 | 2, 3]) + b"a\xc3\xa5", bytes([tag % 16 << 3 | 1]) + bytes(8)))
        elif how == 7:
            body[at:at] = body[at // 2:at]
        else:
            which = chance.randrange(len(NAMES))
    return which, bytes(body)


def repeat(name, text):
    body = bytes.fromhex(text)
    which = NAMES.index(name)
    ours = ask_ours([(which, body)])[0]
    print(f"ours: {ours[0].decode()} reason {ours[1]} {ours[2].hex()}\nGoogle's: {parsed(name, body)!r}")
    print(*judge(which, body, ours))


def compare(inputs, counts, shown):
    answers = ask_ours(inputs)
    with Quiet():
        judged = [judge(which, body, ours) for (which, body), ours in zip(inputs, answers)]
    for (which, body), (kind, why) in zip(inputs, judged):
        counts[kind] += 1
        if kind == "bounds":
            counts["because " + why] += 1
        elif kind == "differ" and shown < SHOWN_MAX:
            shown += 1
            print(f"not ok differential {NAMES[which]}: {why}; repeat: tests/fuzz/differential.py --repeat {NAMES[which]} {body.hex()}")
    return shown


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    p.add_argument("--inputs", type=int, default=100_000)
    p.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "little"))
    p.add_argument("--repeat", nargs=2, metavar=("NAME", "HEX"))
    args = p.parse_args()
    if args.repeat:
        return repeat(*args.repeat)
    chance, counts, shown = random.Random(args.seed), collections.Counter(), 0
    base = list(golden()) + list(corpus())
    warnings.simplefilter("ignore")
    shown = compare(base, counts, shown)
    left = max(0, args.inputs - len(base))
    while left:
        some = [changed(chance, base) for _ in range(min(left, 20_000))]
        left -= len(some)
        shown = compare(some, counts, shown)
    because = ", ".join(f"{k[8:]}: {n}" for k, n in sorted(counts.items()) if k.startswith("because "))
    total = sum(counts[k] for k in ("both", "lenient", "none", "bounds", "differ"))
    told = f"{total} inputs, {counts['both']} accepted by both and {counts['lenient']} but for a text, {counts['none']} refused by both, {counts['bounds']} refused by bounds only ({because})"
    if counts["differ"]:
        print(f"not ok differential: {told}, {counts['differ']} differ; seed {args.seed}")
        return 1
    print(f"ok differential: {told}; seed {args.seed}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
