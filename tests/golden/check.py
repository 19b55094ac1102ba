#!/usr/bin/python3
"""Pinned bytes of every message, and Google's protobuf as the judge of them.

messages.hex has one message a line: name, hex, text format. Here each line is decoded, compared with its text, and encoded
again to the same bytes; tests/unit/test_codec.c does the same with the C codec. With --write the file is made anew.
"""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "stranger"))
import client  # noqa: E402
from client import pb  # noqa: E402
from google.protobuf import text_format  # noqa: E402
from google.protobuf.descriptor import FieldDescriptor as F  # noqa: E402

GOLDEN = os.path.join(ROOT, "tests", "golden", "messages.hex")
FRAMES = ("Hello", "Welcome", "Push", "Ack", "Pull", "Scopes", "Changes", "ScopeEnd", "SnapGet", "SnapChunk", "Verdicts", "Join",
          "Joined", "Ping", "Bye", "Error")
BYTES = {"Hello.ticket": bytes(range(256)), "Join.code": bytes(range(16)), "Join.key": bytes(range(32, 64)),
         "Joined.ticket": bytes(range(200)), "Origin.hash": bytes(range(16)), "Push.op": b"op\x00", "Changes.row": b"row",
         "SnapChunk.row": bytes(130)}
UNSIGNED = {F.TYPE_UINT32: (1 << 32) - 1, F.TYPE_UINT64: (1 << 64) - 1, F.TYPE_FIXED64: (1 << 64) - 1}
SIGNED = {F.TYPE_SINT32: 31, F.TYPE_SINT64: 63}


def numbered(message, extreme=None):
    """Every field set: numbers to 1000 + tag (+ place in a list), or to the type's `extreme` ("min", "max")."""
    for field in message.DESCRIPTOR.fields:
        count = 2 if field.label == F.LABEL_REPEATED else 1
        for i in range(count):
            value = value_of(field, i, extreme)
            if field.type == F.TYPE_MESSAGE:
                numbered(getattr(message, field.name).add(), extreme)
            elif count == 2:
                getattr(message, field.name).append(value)
            else:
                setattr(message, field.name, value)
    return message


def value_of(field, i, extreme):
    if field.type == F.TYPE_BYTES:
        if extreme == "min" and field.label != F.LABEL_REPEATED:
            return b""
        return BYTES[f"{field.containing_type.name}.{field.name}"]
    if field.type == F.TYPE_STRING:
        return {None: f"tekst {field.number} æøå", "min": "", "max": "x" * 120}[extreme]
    if field.type == F.TYPE_BOOL:
        return True
    if field.type == F.TYPE_ENUM:
        return max(value.number for value in field.enum_type.values)
    if extreme is None:
        return 1000 + field.number + 100 * i
    if field.type in SIGNED:
        return -(1 << SIGNED[field.type]) if extreme == "min" else (1 << SIGNED[field.type]) - 1
    return UNSIGNED.get(field.type, 0) if extreme == "max" else 0


def frames():
    for name in FRAMES:
        kind = getattr(pb, name)
        yield kind()
        yield numbered(kind())
        yield numbered(kind(), "min")
        yield numbered(kind(), "max")


def holders(entity):
    """An Op and a Row with heads, and the entity message inside each, its key set."""
    op = pb.Op(user=(7 << 40) + 1, claimed_s=1764000000, utc_offset_min=60, base_csn=300, kind=pb.CREATE, clear=2)
    row = pb.Row(csn=1 << 40, units=5, gone=pb.LEFT)
    for holder in (op, row):
        inner = getattr(holder, client.ENTITIES[entity])
        inner.SetInParent()
        for i, part in enumerate(client.KEY_FIELDS[entity]):
            setattr(inner, part, (i + 2) << 40 | 77)
        yield holder, inner


def limit_values(kind, low, high):
    if kind != "TEXT":
        return sorted({low, high, (low + high) // 2})
    return ["x" * low, "ø" * (high // 2) + "x" * (high % 2)]


def rows():
    for entity, fields in client.FIELDS.items():
        yield from (holder for holder, _ in holders(entity))
        for name, _, _, kind, low, high, _, _ in fields:
            for value in limit_values(kind, low, high):
                for holder, inner in holders(entity):
                    setattr(inner, name, value)
                    yield holder
        for holder, inner in holders(entity):
            for name, _, _, kind, low, high, _, _ in fields:
                setattr(inner, name, limit_values(kind, low, high)[-1])
            yield holder
    yield pb.Op()
    for claimed_s, offset in ((0, 0), (-1, -1), (4291747199, 840), (-(1 << 63), -840), ((1 << 63) - 1, -(1 << 31)), (1, (1 << 31) - 1)):
        yield pb.Op(claimed_s=claimed_s, utc_offset_min=offset, base_csn=(1 << 64) - 1, kind=pb.TOMBSTONE, clear=(1 << 32) - 1,
                    user=(1 << 64) - 1, attendance=pb.Attendance(session=1, participant=(1 << 64) - 1))


def line(message):
    text = text_format.MessageToString(message, as_one_line=True, as_utf8=True)
    return f"{message.DESCRIPTOR.name}\t{message.SerializeToString(deterministic=True).hex()}\t{text.strip()}\n"


def write():
    messages = [m for m in [*frames(), *rows()] if m.DESCRIPTOR.name != "Op" or m.WhichOneof("row")]
    with open(GOLDEN, "w", encoding="utf-8") as file:
        file.writelines(line(message) for message in messages)


def check():
    seen = {}
    bad = 0
    with open(GOLDEN, encoding="utf-8") as file:
        lines = file.read().splitlines()
    for number, text in enumerate(lines, 1):
        name, packed, words = text.split("\t")
        kind = getattr(pb, name)
        message = kind.FromString(bytes.fromhex(packed))
        same = message.SerializeToString(deterministic=True).hex() == packed and message == text_format.Parse(words, kind())
        same = same and not list(message.UnknownFields())
        if not same:
            bad += 1
            print(f"not ok messages.hex line {number}: {name}")
        for part in re.findall(r"(\w+)(?::| \{)", words):
            seen.setdefault(name, set()).add(part)
    for name in FRAMES:
        left = {field.name for field in getattr(pb, name).DESCRIPTOR.fields} - seen.get(name, set())
        if left:
            bad += 1
            print(f"not ok {name}: no line has {sorted(left)}")
    print(f"ok messages.hex: {len(lines)} messages decode and encode to the same bytes" if not bad else f"{bad} wrong")
    return bad


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        write()
    sys.exit(check() != 0)
