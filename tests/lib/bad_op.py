"""What a peer may push that is no good: batches, and ops that are well wrapped and bad inside. Rows of the table, as in bad_link.py."""
import os
import struct
import time

from bad_link import ended, outcome  # noqa: E402
import client  # noqa: E402
from client import ACK, HELLO, PULL, PUSH, U64, Refused, frame, pb, varint  # noqa: E402


# ---- pushes

def mark_op(world, device, person=0, **changes):
    fields = dict(session=world.session, participant=world.people[6 + person], presence=1, evidence=pb.TAPPED)
    fields.update(changes)
    return device.op_bytes(pb.Attendance(**fields), world.user)


def push_bad(make):
    """A PUSH made by `make(world, device)`, of which nothing is taken."""
    def act(world):
        device = world.greeted()
        device.link.raw(make(world, device))
        return ended(device.link)
    return act


def one_push(world, device, first_seq=1, **changes):
    changes.setdefault("chain_before", bytes(8))
    return frame(PUSH, device.push_body(first_seq, [mark_op(world, device)], **changes))


def push_wrong_mac(world, device):
    body = device.push_body(1, [mark_op(world, device)])
    return frame(PUSH, body[:-1] + bytes([body[-1] ^ 1]))


def push_foreign_key(world, device):
    device.key = os.urandom(32)
    return one_push(world, device)


def push_tampered(world, device):
    """An op changed on the way; the MAC stays."""
    body = bytearray(device.push_body(1, [mark_op(world, device)]))
    body[-30] ^= 4
    return frame(PUSH, bytes(body))


def push_many(count):
    def make(world, device):
        return frame(PUSH, device.push_body(1, [mark_op(world, device)] * count), packed=True)
    return make


def push_origin(*origins):
    def make(world, device):
        op = mark_op(world, device)
        tail = b"".join(b"\x2a" + varint(len(o)) + o for o in origins)
        body = pb.Push(first_seq=1, chain=client.as_fixed(client.chain_step(bytes(8), op)), op=[op]).SerializeToString() + tail
        proof_tail = struct.pack("<QQQ", device.device_no, 1, 1) + bytes(8) + client.chain_step(bytes(8), op)
        return frame(PUSH, body + client.mac(device.key, b"push", PUSH, body, proof_tail))
    return make


def push_five(world):
    """Five at once in one record; the first four may be answered."""
    device = world.greeted()
    data = b""
    for i in range(5):
        device.write_bytes(mark_op(world, device, i))
        data += frame(PUSH, device.push_body(i + 1, [device.ops[i]]))
    device.link.raw(data)
    got = outcome(device.link)
    while got == "ACK":
        got = outcome(device.link)
    time.sleep(0.2)     # what was read before the fifth is taken all the same
    world.taken += world.centre.status()["ops"] - world.ops_before
    return got


def push_gap(world):
    """Refused with the seq that is due, and the connection goes on."""
    device = world.greeted()
    device.write_bytes(mark_op(world, device, 1))
    device.link.send(PUSH, device.push_body(7, [mark_op(world, device)], chain_before=bytes(8)))
    try:
        device.link.expect(ACK)
    except Refused as refused:
        device.push()
        world.taken += 1
        return f"ERROR {pb.ErrorCode.Name(refused.code)}({refused.error.expected}), then ACK"
    return "ACK"


def push_replayed(world):
    """The bytes of a PUSH that is here already change nothing."""
    device = world.greeted()
    device.write_bytes(mark_op(world, device, 2))
    data = frame(PUSH, device.push_body(1, device.ops))
    device.link.raw(data)
    if outcome(device.link) != "ACK":
        return "the first was refused"
    world.taken += 1
    device.link.raw(data)
    again = outcome(device.link)
    device.close()
    device.connect()
    world.kept.append(device.link.socket)
    device.hello()      # says acked_seq 0: the same PUSH fits once more
    device.link.raw(data)
    return f"{again}, later {outcome(device.link)}"


def push_other_history(world):
    """The same seq with other bytes: this store is a copy."""
    device = world.greeted()
    device.write_bytes(mark_op(world, device, 3))
    device.push()
    world.taken += 1
    device.close()
    device.ops, device.chains, device.acked_seq = [], [bytes(8)], 0
    device.write_bytes(mark_op(world, device, 4))
    link = device.connect()
    world.kept.append(link.socket)
    link.send(HELLO, device.hello_body())
    got = outcome(link)
    if got == "WELCOME":
        link.send(PUSH, device.push_body(1, device.ops))
        got = ended(link)
    return got


def pending_does(kind, make):
    def act(world):
        device = world.tablet(approve=False)
        device.connect()
        world.kept.append(device.link.socket)
        device.hello()
        device.link.send(kind, make(world, device))
        return outcome(device.link)
    return act


def revoked_pushes(world):
    """Taken into quarantine, acknowledged, and the tablet is told to erase itself."""
    device = world.tablet()
    world.centre("device", "revoke", str(device.device_no))
    device.write_bytes(mark_op(world, device, 5))
    device.connect()
    world.kept.append(device.link.socket)
    device.hello()
    device.push()
    world.taken += 1
    world.quarantined += 1
    device.link.send(PULL, device.pull_message())
    return f"ACK, then {outcome(device.link)}"


# ---- what stands in ops

def field_bytes(tag, kind, value):
    if kind == "TEXT":
        data = value if isinstance(value, bytes) else b"x" * value
        return varint(tag << 3 | 2) + varint(len(data)) + data
    number = (value << 1 ^ value >> 63) & U64 if kind == "SINT" else value & U64
    return varint(tag << 3) + varint(number)


def raw_op(world, entity, key, fields=b"", user=None, **head):
    values = dict(user=world.user if user is None else user, claimed_s=int(time.time()), utc_offset_min=60, base_csn=world.writer.csn)
    values.update(head)
    row = b"".join(varint(i + 1 << 3) + varint(part) for i, part in enumerate(key)) + fields
    return pb.Op(**values).SerializeToString() + varint(entity << 3 | 2) + varint(len(row)) + row


def op_with(make):
    """An op from `make(world)` by the tablet whose pushes are in order; its verdict."""
    def act(world):
        device = world.writer
        seq = device.write_bytes(make(world))
        device.sync()
        world.taken += 1
        verdict = device.verdicts.get(seq)
        if verdict is None:
            return "APPLIED"
        world.quarantined += verdict.kind == pb.QUARANTINED
        return f"{pb.VerdictKind.Name(verdict.kind)} {pb.Reason.Name(verdict.reason)}"
    return act


PRESENCE = field_bytes(3, "UINT", 1) + field_bytes(4, "UINT", 2)


def key_of(world, entity):
    return {8: (world.session, world.people[6]), 9: (world.session,), 10: (world.group, world.people[6]), 11: (world.group,),
            12: (world.people[6],), 13: (world.user,), 14: (world.clinic,), 15: (1, 2, 3),
            16: (world.session, world.people[6], 1, 1), 17: (world.people[6], 1), 18: (world.writer.mint(),),
            19: (world.people[6],), 27: (world.session, world.user),
            28: (world.group, world.user)}.get(entity) or (world.writer.mint(),)


def attendance_of(session=None, person=None, **options):
    def make(world):
        pick = lambda value, usual: value(world) if callable(value) else usual if value is None else value  # noqa: E731
        key = (pick(session, world.session), pick(person, world.people[6]))
        return raw_op(world, 8, key, PRESENCE, **{name: pick(value, None) for name, value in options.items()})
    return op_with(make)


def form(world):
    """A whole form of one answered item: it is made at once or not at all."""
    return pb.ScoreResponse(participant=world.people[6], instrument=1, version=1, occasion=0, day=20000, items=1, answered=1,
                            answers="7").SerializeToString()


def whole(world, entity):
    """A whole row of what a tablet makes at once or not at all; empty for all else."""
    about = {"participant": world.people[6]}
    made = {20: lambda: pb.Note(author=world.user, role=0, day=20000, text="x", visibility=0, **about),
            21: lambda: pb.Contact(day=20000, **about),
            22: lambda: pb.WorkStatus(day=20000, status=1, **about),
            23: lambda: pb.Exertion(session=world.session, scale=0, moment=1, value_tenths=130, **about),
            24: lambda: pb.PsfsActivity(ordinal=1, words="x", **about),
            29: lambda: pb.Access(resource=3, action=1, **about)}
    if entity == 18:
        return form(world)
    return made[entity]().SerializeToString() if entity in made else b""


def set_field(entity, tag, kind, value):
    def make(world):
        row = whole(world, entity)
        made = bool(row)
        fields = row + field_bytes(tag, kind, value)
        return raw_op(world, entity, key_of(world, entity), fields, kind=pb.CREATE if made else pb.SET)
    return op_with(make)


def key_parts(entity, **parts):
    """A good field under a key of which some parts are others: {place: value}."""
    def make(world):
        key = list(key_of(world, entity))
        for place, value in parts.items():
            key[int(place[1:])] = value
        return raw_op(world, entity, key, field_bytes(client.FIELDS[entity][0][1], "UINT", 1))
    return op_with(make)


def clinical_rows():
    """Sets, consents and forms: keys beyond their range, and what a form may not be."""
    yield "a set with the number 21", key_parts(16, k3=21), "QUARANTINED OUT_OF_RANGE"
    yield "a set of exercise 0", key_parts(16, k2=0), "QUARANTINED OUT_OF_RANGE"
    yield "a consent to purpose 5", key_parts(17, k1=5), "QUARANTINED OUT_OF_RANGE"
    yield "a consent of nobody", key_parts(17, k0=77), "QUARANTINED UNKNOWN_REFERENCE"
    yield "a form that is set", key_parts(18), "QUARANTINED NOT_PERMITTED"
    for label, changes, due in (("more items than answers", {"items": 2}, "OUT_OF_RANGE"), ("answers in words", {"answers": "syv"}, "MALFORMED"),
                                ("no answers", {"answers": None}, "OUT_OF_RANGE"), ("a person who is not there", {"participant": 77}, "UNKNOWN_REFERENCE"),
                                ("a form to correct that is not there", {"replaces": 77}, "UNKNOWN_REFERENCE")):
        def make(world, changes=changes):
            row = pb.ScoreResponse.FromString(form(world))
            for name, value in changes.items():
                row.ClearField(name) if value is None else setattr(row, name, value)
            return raw_op(world, 18, key_of(world, 18), row.SerializeToString(), kind=pb.CREATE)
        yield f"a form with {label}", op_with(make), f"QUARANTINED {due}"


def walk_in_rows():
    """Of a person a tablet may say that somebody came who is on no list, and nothing else."""
    for label, values, due in (("that is not provisional", {"name": "Kari", "provisional": 0}, "NOT_PERMITTED"),
                               ("that does not say so", {"name": "Kari"}, "NOT_PERMITTED"),
                               ("with a sex", {"name": "Kari", "provisional": 1, "sex": 1}, "NOT_PERMITTED"),
                               ("born in 1700", {"name": "Kari", "provisional": 1, "birth_year": 1700}, "OUT_OF_RANGE")):
        def make(world, values=values):
            row = pb.Participant(id=world.writer.mint(), **values)
            return world.writer.op_bytes(row, world.user, kind=pb.CREATE)
        yield f"a walk-in {label}", op_with(make), f"QUARANTINED {due}"


def range_rows():
    """The first value below and above each range that a tablet may write; the centre's own fields at a good value."""
    for entity, fields in client.FIELDS.items():
        for name, tag, _, kind, low, high, writer, _ in fields:
            label = f"{client.ENTITIES[entity]}.{name}"
            if writer == "CENTRE":
                yield f"tablet writes {label}", set_field(entity, tag, kind, low), "QUARANTINED NOT_PERMITTED"
                continue
            yield f"{label} above its range", set_field(entity, tag, kind, high + 1), "QUARANTINED OUT_OF_RANGE"
            if kind != "TEXT":
                yield f"{label} below its range", set_field(entity, tag, kind, low - 1), "QUARANTINED OUT_OF_RANGE"


def session_created(world, **changes):
    fields = dict(id=world.writer.mint(), group=world.group, day=20000, planned=0)
    fields.update(changes)
    row = pb.Session(**{name: value for name, value in fields.items() if value is not None})
    return world.writer.op_bytes(row, world.user, kind=pb.CREATE)
