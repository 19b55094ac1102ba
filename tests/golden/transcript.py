#!/usr/bin/python3
"""One whole sync in bytes, with fixed key, clock and random, and a word on every field.

transcript.hex is replayed through both roles by tests/unit/test_transcript.c; transcript.md holds the same for the
specification. Without arguments both files are compared with what is made here; --write makes them.
"""
import hashlib
import os
import struct
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "stranger"))
import client  # noqa: E402
from client import pb  # noqa: E402
from google.protobuf.descriptor import FieldDescriptor as F  # noqa: E402

HEX = os.path.join(ROOT, "tests", "golden", "transcript.hex")
MARKDOWN = os.path.join(ROOT, "tests", "golden", "transcript.md")

KEY = bytes(range(32))
EPOCH = 0x1122334455667788
DEVICE = 2
CENTRE = 1 << 40
GROUP, SESSION, USER, ANNA, BO = (CENTRE + n for n in (5, 9, 3, 17, 18))
CLOCK = 1764000000
WINDOW_DAY = 20332
# what the scope holds after the run: entity, key, csn
SCOPE = [(11, (GROUP,), 12), (9, (SESSION,), 13), (12, (ANNA,), 20), (12, (BO,), 21), (10, (GROUP, ANNA), 22), (10, (GROUP, BO), 23),
         (13, (USER,), 30), (8, (SESSION, ANNA), 41), (8, (SESSION, BO), 42)]


def marks():
    anna = pb.Attendance(session=SESSION, participant=ANNA, presence=pb.PRESENT, evidence=pb.TAPPED)
    bo = pb.Attendance(session=SESSION, participant=BO, presence=pb.NOTIFIED_ABSENCE, evidence=pb.TAPPED, reason=3)
    return anna, bo


def frames():
    """(direction, kind, bytes of the message, MAC or nothing, the frame) in the order of the sync."""
    ops = [pb.Op(user=USER, claimed_s=CLOCK - 60, utc_offset_min=60, base_csn=40, attendance=row).SerializeToString() for row in marks()]
    chain = client.chain_step(client.chain_step(bytes(8), ops[0]), ops[1])
    hello = pb.Hello(protocol=1, schema=4, device_no=DEVICE, counter=7, clock_s=CLOCK, boot=0x0123456789abcdef, mono_s=300,
                     last_seq=2, oldest_seq=1, oldest_age_s=60, epoch=EPOCH)
    push = pb.Push(op=ops).SerializeToString() + pb.Push(first_seq=1, chain=client.as_fixed(chain)).SerializeToString()
    pull = pb.Pull(csn=40, verdict_csn=40)
    welcome = pb.Welcome(epoch=EPOCH, server_time_s=CLOCK + 2, state=pb.ACTIVE)
    ack = pb.Ack(seq=2, csn=42)
    rows = [pb.Row(csn=41 + i, attendance=row).SerializeToString() for i, row in enumerate(marks())]
    changes = pb.Changes(scope=GROUP, entity=8, at_csn=42, low=40, run=42, row=rows)
    total = sum(client.row_mix(*row) for row in SCOPE) & client.U64
    end = pb.ScopeEnd(csn=42, rows=len(SCOPE), sum=total, window_day=WINDOW_DAY)
    tail = struct.pack("<QQQ", DEVICE, 1, 2) + bytes(8) + chain
    hello, pull, welcome, ack, changes, end = (m.SerializeToString() for m in (hello, pull, welcome, ack, changes, end))
    proofs = {client.HELLO: client.mac(KEY, b"hello", client.HELLO, hello), client.PUSH: client.mac(KEY, b"push", client.PUSH, push, tail)}
    order = [(">", client.HELLO, hello), (">", client.PUSH, push), (">", client.PULL, pull), ("<", client.WELCOME, welcome),
             ("<", client.ACK, ack), ("<", client.CHANGES, changes), ("<", client.SCOPE_END, end)]
    for direction, kind, body in order:
        proof = proofs.get(kind, b"")
        yield direction, kind, body, proof, client.frame(kind, body + proof, packed=False)


# ---- annotation

def varint_at(data, at):
    number = shift = 0
    while True:
        number |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return number, at


def spoken(field, number):
    if field.type in (F.TYPE_SINT32, F.TYPE_SINT64):
        return str(number >> 1 ^ -(number & 1))
    if field.type == F.TYPE_ENUM:
        return f"{number} {field.enum_type.values_by_number[number].name}"
    if field.type == F.TYPE_UINT64 and number >> 40:
        return f"{number >> 40} << 40 | {number & (1 << 40) - 1}"
    return str(number)


def fields_of(kind, data, depth=0):
    """(bytes, words) for each field of an encoded message; messages inside are opened."""
    lines, at = [], 0
    inner = {"Push.op": pb.Op, "Changes.row": pb.Row}
    while at < len(data):
        start = at
        tag, at = varint_at(data, at)
        field = kind.DESCRIPTOR.fields_by_number[tag >> 3]
        indent = "  " * depth
        if tag & 7 == 0:
            number, at = varint_at(data, at)
            lines.append((data[start:at], f"{indent}{field.name} = {spoken(field, number)}"))
        elif tag & 7 == 1:
            at += 8
            lines.append((data[start:at], f"{indent}{field.name} = {int.from_bytes(data[at - 8:at], 'little'):016x}h"))
        else:
            length, at = varint_at(data, at)
            name = f"{kind.DESCRIPTOR.name}.{field.name}"
            message = inner.get(name) or getattr(pb, field.message_type.name)
            lines.append((data[start:at], f"{indent}{field.name}: {message.DESCRIPTOR.name} of {length} bytes"))
            lines += fields_of(message, data[at:at + length], depth + 1)
            at += length
    return lines


def listing():
    lines = []
    for direction, kind, body, proof, packed in frames():
        head = len(packed) - len(body) - len(proof)
        lines.append(f"{direction} {client.KIND_NAMES[kind]}")
        parts = [(packed[:head], f"{len(packed) - head + 1} bytes follow; kind {kind}")] + fields_of(client.MESSAGES[kind], body)
        if proof:
            parts.append((proof, "MAC"))
        for data, words in parts:
            lines.append(f"{data.hex(' '):<47}  {words}")
        lines.append("")
    return "\n".join(lines)


INTRO = """## 12. One sync, byte by byte
The device has number 2 and the key 00 01 02 … 1f, and holds one scope, group 1 << 40 | 5, complete at csn 40. It has marked two people and sends its first three frames without waiting (`>`); the centre answers (`<`). Nothing is deflated here, so that the fields can be read; in the PUSH the ops stand before its head, as field order is free. `tests/unit/test_transcript.c` replays these bytes through both roles.

"""


def markdown():
    ops = pb.Push.FromString(next(body for _, kind, body, _, _ in frames() if kind == client.PUSH)).op
    steps = [bytes(8)]
    for op in ops:
        steps.append(client.chain_step(steps[-1], op))
    keys = {label: client.hkdf(KEY, label) for label in (b"hello", b"push")}
    tail = struct.pack("<QQQ", DEVICE, 1, 2) + steps[0] + steps[2]
    text = INTRO + "```\n" + listing().rstrip("\n") + "\n```\n\nOn the way to the MACs, the chain and the sum:\n\n```\n"
    for label, key in keys.items():
        text += f'HKDF "{label.decode()}"'.ljust(16) + f" {key.hex()}\n"
    for i, op in enumerate(ops, 1):
        text += f"SHA-256(op {i})".ljust(16) + f" {hashlib.sha256(op).hexdigest()}\n"
        text += f"chain({i})".ljust(16) + f" {steps[i].hex()}\n"
    text += "tail of PUSH".ljust(16) + f" {tail.hex(' ', 8)}\n\n"
    text += "rows of the scope after the run: entity, key, csn, mix\n"
    for entity, key, csn in SCOPE:
        name = client.ENTITIES[entity].replace("_row", "")
        ids = " ".join(f"1<<40|{part & 0xff}" for part in key)
        text += f"{entity:2} {name:<12} {ids:<16} {csn:3}  {client.row_mix(entity, key, csn):016x}h\n"
    return text + "```\n"


def made():
    return {HEX: listing() + "\n", MARKDOWN: markdown()}


def check():
    """How many of the two files are not what is made here."""
    bad = 0
    for path, text in made().items():
        with open(path, encoding="utf-8") as file:
            same = file.read() == text
        bad += not same
        print(f"{'ok' if same else 'not ok'} {os.path.basename(path)}")
    return bad


def main():
    if sys.argv[1:] == ["--write"]:
        for path, text in made().items():
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
    return check()


if __name__ == "__main__":
    sys.exit(main())
