#!/usr/bin/python3
"""Goal: whatever a peer sends, the server answers as specified, and a tablet beside it notices nothing.

Each row of the table is a name, what is done, and the one outcome that is right. After each row (while its connection is
still there) an honest tablet saves a mark and syncs. At the end the server's op count has moved by the honest ops and by
those the table says were taken, nothing else, and its memory has grown by less than RSS_GROWTH_KIB_MAX.
"""
import os
import ssl
import sys
import time
import zlib

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TESTS, "lib"), os.path.join(TESTS, "stranger")]
import client  # noqa: E402
from bad_link import (  # noqa: E402
    World, asks_greeted, byte_by_byte, half_frame, hello_again, hello_behind, hello_with, join_expired,
    join_label_not_utf8, join_race, join_same_key, join_used, join_with, many_half_open, many_idle_tls, never_reads,
    says, says_greeted, says_then_eof, tcp_says, tcp_waits, ten_pulls, tls_with)
from bad_op import (  # noqa: E402
    PRESENCE, attendance_of, clinical_rows, field_bytes, key_of, mark_op, one_push, op_with, pending_does, push_bad,
    push_five, push_foreign_key, push_gap, push_many, push_origin, push_other_history, push_replayed, push_tampered,
    push_wrong_mac, range_rows, raw_op, revoked_pushes, session_created, walk_in_rows)
from centre import Centre, SAMLINGD  # noqa: E402
from client import HELLO, JOIN, PING, PULL, PUSH, SNAP_GET, U64, frame, pb, varint  # noqa: E402

RSS_GROWTH_KIB_MAX = 16 * 1024


# ---- the table

def bomb(kind, mebibytes=60):
    return varint(len(BOMBS[mebibytes]) + 1) + bytes([kind | 128]) + BOMBS[mebibytes]


def packed_zeros(mebibytes):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(bytes(mebibytes << 20)) + packer.flush()


BOMBS = {1: packed_zeros(1), 60: packed_zeros(60)}
SENT_BY_CENTRE = [kind for kind in range(1, 19) if kind not in (HELLO, PUSH, PULL, SNAP_GET, JOIN, PING, client.BYE, client.ERROR)]
CLIENT_HELLO_HEAD = bytes.fromhex("1603010200010001fc0303")


def table():
    # TCP and TLS
    yield "HTTP in clear text", tcp_says(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), "closed"
    yield "noise", tcp_says(bytes(range(256)) * 64), "closed"
    yield "zeros", tcp_says(bytes(5000)), "closed"
    yield "nothing, then the end", tcp_says(b"", close_sending=True), "closed"
    yield "half a ClientHello, then the end", tcp_says(CLIENT_HELLO_HEAD, close_sending=True), "closed"
    yield "half a ClientHello, then silence", tcp_waits(CLIENT_HELLO_HEAD), "waits"
    yield "TLS record of 64 KiB", tcp_says(b"\x16\x03\x01\xff\xff" + bytes(65535)), "closed"
    yield "TLS alert first", tcp_says(b"\x15\x03\x03\x00\x02\x02\x28", close_sending=True), "closed"
    yield "TLS application data first", tcp_says(b"\x17\x03\x03\x00\x10" + bytes(16)), "closed"
    yield "SSLv2 hello", tcp_says(b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" + bytes(37)), "closed"
    yield "a frame without TLS", tcp_says(frame(PING, bytes(40)) * 3), "closed"
    yield "TLS without ALPN", tls_with(alpn=()), "closed"
    yield "TLS with ALPN h2", tls_with(alpn=("h2",)), "closed"
    yield "TLS with ALPN http/1.1, frames inside", tls_with(frame(PING, bytes(40)), alpn=("http/1.1",)), "closed"
    yield "TLS with ALPN samling/1, HTTP inside", tls_with(alpn=("samling/1",)), "closed"
    yield "TLS with ALPN samling/2", tls_with(alpn=("samling/2",)), "closed"
    yield "TLS 1.1", tls_with(tls_version=ssl.TLSVersion.TLSv1_1), "closed"
    yield "30 half-open connections", many_half_open, "waits"
    yield "12 idle TLS connections", many_idle_tls, "waits"

    # frames before HELLO
    yield "length 0", says(b"\x00"), "ERROR BAD_FRAME"
    yield "length 65 538", says(varint(65538) + b"\x01"), "ERROR TOO_BIG"
    yield "length 4 GiB - 1", says(varint((1 << 32) - 1) + b"\x01"), "ERROR TOO_BIG"
    yield "length 4 GiB", says(varint(1 << 32) + b"\x01"), "ERROR TOO_BIG"
    yield "length 2^64 - 1", says(varint(U64) + b"\x01"), "ERROR TOO_BIG"
    yield "length of eleven bytes", says(b"\xff" * 10 + b"\x01"), "ERROR TOO_BIG"
    yield "kind 0", says(b"\x02\x00\x00"), "ERROR BAD_FRAME"
    yield "kind 19", says(b"\x02\x13\x00"), "ERROR BAD_FRAME"
    yield "kind 127", says(b"\x02\x7f\x00"), "ERROR BAD_FRAME"
    yield "kind 0, deflated", says(b"\x02\x80\x00"), "ERROR BAD_FRAME"
    yield "HTTP inside TLS", says(b"GET /sync HTTP/1.1\r\n\r\n"), "ERROR BAD_FRAME"
    yield "half a frame, then the end", says_then_eof(varint(100) + b"\x01" + bytes(50)), "closed"
    for kind in SENT_BY_CENTRE:
        yield f"{client.KIND_NAMES[kind]} from a device", says(frame(kind)), "ERROR BAD_FRAME"
    for kind in (PUSH, PULL, SNAP_GET, PING):
        yield f"{client.KIND_NAMES[kind]} before HELLO", says(frame(kind, bytes(40))), "ERROR BAD_STATE"
    yield "BYE first", says(frame(client.BYE)), "closed"
    yield "ERROR first", says(frame(client.ERROR, pb.Error(code=pb.FORK).SerializeToString())), "closed"
    yield "ERROR with 513 chain hashes", says(frame(client.ERROR, pb.Error(chain=range(513)).SerializeToString(), packed=False)), "closed"
    yield "ERROR with 513 chain hashes, one by one", says(frame(client.ERROR, b"\x2912345678" * 513, packed=False)), "closed"
    yield "deflate bomb as HELLO", says(bomb(HELLO)), "ERROR TOO_BIG"
    yield "deflate bomb as JOIN", says(bomb(JOIN, 1)), "ERROR TOO_BIG"
    yield "deflate bomb as PUSH", says_greeted(lambda _: bomb(PUSH)), "ERROR TOO_BIG"
    yield "deflate bomb as PULL", says_greeted(lambda _: bomb(PULL)), "ERROR TOO_BIG"
    yield "truncated deflate", says(b"\x14\x81" + BOMBS[1][:19]), "ERROR BAD_FRAME"
    yield "not deflate", says(b"\x14\x81" + b"\xff" * 19), "ERROR BAD_FRAME"

    # HELLO
    yield "HELLO, malformed", says(frame(HELLO, b"\xff" * 60)), "ERROR BAD_FRAME"
    yield "HELLO, empty", says(frame(HELLO)), "ERROR BAD_FRAME"
    yield "HELLO, cut MAC", hello_with(garble=lambda body, proof: body + proof[:15]), "ERROR BAD_FRAME"
    yield "HELLO, wrong MAC", hello_with(garble=lambda body, proof: body + proof[:15] + bytes([proof[15] ^ 1])), "ERROR BAD_MAC"
    yield "HELLO, zero MAC", hello_with(garble=lambda body, _: body + bytes(16)), "ERROR BAD_MAC"
    yield "HELLO, another key", hello_with(sealed_by=bytes(32)), "ERROR BAD_MAC"
    yield "HELLO, tampered", hello_with(garble=lambda body, proof: body + b"\x68\x05" + proof), "ERROR BAD_MAC"
    yield "HELLO, protocol 2", hello_with(protocol=2), "ERROR VERSION"
    yield "HELLO, protocol 0", hello_with(protocol=0), "ERROR VERSION"
    yield "HELLO of an unknown device", hello_with(device_no=4000000), "ERROR TICKET"
    yield "HELLO with a garbled ticket", hello_with(device_no=4000000, ticket=bytes(92)), "ERROR DEVICE_UNKNOWN"
    yield "HELLO as device 0", hello_with(device_no=0), "ERROR DEVICE_UNKNOWN"
    yield "HELLO as the centre itself", hello_with(device_no=1), "ERROR DEVICE_UNKNOWN"
    yield "HELLO as device 2^63", hello_with(device_no=1 << 63), "ERROR DEVICE_UNKNOWN"
    yield "HELLO as device 2^64 - 1", hello_with(device_no=U64), "ERROR DEVICE_UNKNOWN"
    yield "HELLO, counter 0", hello_with(counter=0), "ERROR STALE"
    yield "HELLO, counter 2^64 - 1", hello_with(counter=U64), "ERROR BAD_FRAME"
    yield "HELLO, last_seq 2^63", hello_with(last_seq=1 << 63), "ERROR BAD_FRAME"
    yield "HELLO, acked_seq beyond last_seq", hello_with(acked_seq=5), "ERROR BAD_FRAME"
    yield "HELLO, oldest_seq beyond last_seq", hello_with(oldest_seq=9), "ERROR BAD_FRAME"
    yield "HELLO, chain of another history", hello_with(acked_chain=77), "ERROR FORK"
    yield "HELLO of 5 KiB", hello_with(garble=lambda body, proof: body + b"\xfa\x01\x88\x27" + os.urandom(5000) + proof), "ERROR TOO_BIG"
    yield "HELLO, ticket of 300 bytes", hello_with(garble=lambda body, proof: body + b"\x7a\xac\x02" + bytes(300) + proof), "ERROR BAD_FRAME"
    yield "HELLO replayed", hello_again, "ERROR STALE"
    yield "HELLO, counter of yesterday", hello_behind, "ERROR STALE"
    yield "HELLO twice", says_greeted(lambda device: frame(HELLO, device.hello_body())), "ERROR BAD_STATE"
    yield "JOIN after HELLO", says_greeted(lambda device: frame(JOIN, device.join_body(bytes(16)))), "ERROR BAD_STATE"

    # JOIN
    yield "JOIN, malformed", says(frame(JOIN, b"\xff" * 60)), "ERROR BAD_FRAME"
    yield "JOIN, garbage code", join_with(code=bytes(16)), "ERROR CODE_REFUSED"
    yield "JOIN, code of 15 bytes", join_with(code=bytes(15)), "ERROR BAD_FRAME"
    yield "JOIN, code of 17 bytes", join_with(code=bytes(17)), "ERROR BAD_FRAME"
    yield "JOIN, no code", join_with(code=b""), "ERROR BAD_FRAME"
    yield "JOIN, key of 31 bytes", join_with(key=bytes(31)), "ERROR BAD_FRAME"
    yield "JOIN, no key", join_with(key=b""), "ERROR BAD_FRAME"
    yield "JOIN, label of 121 bytes", join_with(label="x" * 121), "ERROR BAD_FRAME"
    yield "JOIN, label that is not UTF-8", join_label_not_utf8, "the list is readable"
    yield "JOIN, protocol 9", join_with(protocol=9), "ERROR VERSION"
    yield "JOIN, used code", join_used, "CODE_REFUSED"
    yield "JOIN, expired code", join_expired, "CODE_REFUSED"
    yield "JOIN, two devices on one code at once", join_race, "ERROR CODE_REFUSED and JOINED"
    yield "JOIN, the same key again", join_same_key, "the same number"
    yield "JOIN, unknown parent", join_with(parent=4000000, code=b""), "ERROR DEVICE_UNKNOWN"
    yield "JOIN, the centre as parent", join_with(parent=1, code=b""), "ERROR DEVICE_UNKNOWN"
    yield "JOIN, parent without its proof", join_with(parent=lambda world: world.honest.device_no, code=b""), "ERROR BAD_MAC"
    yield "JOIN, parent with another's proof", join_with(parent=lambda world: world.honest.device_no, code=b"", mac_key=bytes(32)), \
        "ERROR BAD_MAC"
    yield "JOIN of 5 KiB", says(frame(JOIN, os.urandom(5) * 1000, packed=False)), "ERROR BAD_FRAME"

    # PUSH
    yield "PUSH, malformed", says_greeted(frame(PUSH, b"\xff" * 60)), "ERROR BAD_FRAME"
    yield "PUSH, wrong MAC", push_bad(push_wrong_mac), "ERROR BAD_MAC"
    yield "PUSH, another key", push_bad(push_foreign_key), "ERROR BAD_MAC"
    yield "PUSH, an op tampered with", push_bad(push_tampered), "ERROR BAD_MAC"
    yield "PUSH, wrong chain", push_bad(lambda w, d: one_push(w, d, chain=5)), "ERROR BAD_MAC"
    yield "PUSH, wrong chain before", push_bad(lambda w, d: one_push(w, d, chain_before=b"12345678")), "ERROR BAD_MAC"
    yield "PUSH, first_seq 0", push_bad(lambda w, d: one_push(w, d, first_seq=0)), "ERROR BAD_FRAME"
    yield "PUSH, first_seq 2^63", push_bad(lambda w, d: one_push(w, d, first_seq=1 << 63)), "ERROR BAD_FRAME"
    yield "PUSH, 0 ops", push_bad(push_many(0)), "ERROR BAD_FRAME"
    yield "PUSH, 513 ops", push_bad(push_many(513)), "ERROR TOO_BIG"
    yield "PUSH beyond a gap", push_gap, "ERROR GAP(1), then ACK"
    yield "PUSH, five un-answered", push_five, "ERROR BAD_STATE"
    yield "PUSH replayed", push_replayed, "ACK, later ACK"
    yield "PUSH of another history", push_other_history, "ERROR FORK"
    yield "PUSH, origin beyond its ops", push_bad(push_origin(b"\x08\x05\x28\x01")), "ERROR BAD_FRAME"
    yield "PUSH, two origins for one op", push_bad(push_origin(b"\x30\x01", b"\x30\x01")), "ERROR BAD_FRAME"
    yield "PUSH, malformed origin", push_bad(push_origin(b"\xff\xff")), "ERROR BAD_FRAME"
    yield "PUSH, first identity without a hash", push_bad(push_origin(b"\x10\x07\x18\x01")), "ERROR BAD_FRAME"
    yield "PUSH while pending", pending_does(PUSH, lambda w, d: d.push_body(1, [mark_op(w, d)])), "ERROR NOT_ACTIVE"
    yield "PULL while pending", pending_does(PULL, lambda w, d: d.pull_message().SerializeToString()), "ERROR NOT_ACTIVE"
    yield "PUSH of a revoked device", revoked_pushes, "ACK, then WIPE"

    # PULL, SNAP_GET
    yield "PULL, malformed", says_greeted(frame(PULL, b"\xff" * 60)), "ERROR BAD_FRAME"
    yield "PULL, csn of the future", asks_greeted(PULL, pb.Pull(csn=1 << 40), True), "SCOPES"
    yield "PULL, csn 2^64 - 1", asks_greeted(PULL, pb.Pull(csn=U64, verdict_csn=U64), True), "SCOPES"
    yield "PULL, unknown epoch", asks_greeted(PULL, pb.Pull(epoch=99, csn=3), True), "SCOPES"
    yield "PULL, nonsense place", asks_greeted(PULL, pb.Pull(low=U64, run=U64, scope=U64, entity=4000000000, at_csn=U64), True), "SCOPES"
    yield "PULL, filling a foreign scope", asks_greeted(PULL, lambda w: pb.Pull(filling=[w.foreign_group]), True), "SCOPES"
    yield "PULL, 257 scopes being filled", asks_greeted(PULL, pb.Pull(filling=range(257)).SerializeToString()), "ERROR BAD_FRAME"
    yield "PULL, 257 scopes being filled, one by one", says_greeted(frame(PULL, b"\x4912345678" * 257)), "ERROR BAD_FRAME"
    yield "PULL, twelve at once", ten_pulls, "ERROR BUSY"
    yield "SNAP_GET of a foreign group", asks_greeted(SNAP_GET, lambda w: pb.SnapGet(scope=w.foreign_group)), "ERROR BAD_STATE"
    yield "SNAP_GET of a foreign clinic", asks_greeted(SNAP_GET, lambda w: pb.SnapGet(scope=w.foreign_clinic)), "ERROR BAD_STATE"
    yield "SNAP_GET of a foreign group, filled", asks_greeted(SNAP_GET, lambda w: pb.SnapGet(scope=w.foreign_group, start_csn=1, filled=True)), \
        "ERROR BAD_STATE"
    yield "SNAP_GET of scope 0", asks_greeted(SNAP_GET, pb.SnapGet()), "ERROR BAD_STATE"
    yield "SNAP_GET of scope 2^64 - 1", asks_greeted(SNAP_GET, pb.SnapGet(scope=U64)), "ERROR BAD_STATE"
    yield "SNAP_GET behind a place that is not there", \
        asks_greeted(SNAP_GET, lambda w: pb.SnapGet(scope=w.group, entity=4000000000, after=[U64], start_csn=1), True), "SNAP_CHUNK"
    yield "SNAP_GET with five key parts", asks_greeted(SNAP_GET, pb.SnapGet(after=range(5)).SerializeToString()), "ERROR BAD_FRAME"

    # ops: shape
    yield "op: noise", op_with(lambda w: os.urandom(3) + b"\xff" * 40), "QUARANTINED MALFORMED"
    yield "op: empty", op_with(lambda w: b""), "QUARANTINED MALFORMED"
    yield "op: no row", op_with(lambda w: pb.Op(user=w.user).SerializeToString()), "QUARANTINED MALFORMED"
    yield "op: cut", op_with(lambda w: raw_op(w, 8, key_of(w, 8), PRESENCE)[:-1]), "QUARANTINED MALFORMED"
    yield "op: over 8 KiB", op_with(lambda w: raw_op(w, 9, key_of(w, 9), field_bytes(9, "TEXT", 9000))), "QUARANTINED MALFORMED"
    yield "op: two rows", op_with(lambda w: raw_op(w, 8, key_of(w, 8), PRESENCE) + b"\x42\x00"), "QUARANTINED MALFORMED"
    yield "op: kind 3", op_with(lambda w: raw_op(w, 8, key_of(w, 8), PRESENCE) + b"\x28\x03"), "QUARANTINED MALFORMED"
    yield "op: a text where a number is due", op_with(lambda w: raw_op(w, 8, key_of(w, 8), b"\x1a\x01x")), "QUARANTINED MALFORMED"
    yield "op: sets nothing", op_with(lambda w: raw_op(w, 8, key_of(w, 8))), "QUARANTINED MALFORMED"
    yield "op: clears a unit that is not there", op_with(lambda w: raw_op(w, 8, key_of(w, 8), clear=1 << 9)), "QUARANTINED MALFORMED"
    yield "op: creates attendance", op_with(lambda w: raw_op(w, 8, key_of(w, 8), PRESENCE, kind=pb.CREATE)), "QUARANTINED MALFORMED"
    yield "op: room that is not UTF-8", op_with(lambda w: raw_op(w, 9, key_of(w, 9), field_bytes(9, "TEXT", b"\xff\xfe"))), \
        "QUARANTINED MALFORMED"
    yield "op: room with an escape sequence", op_with(lambda w: raw_op(w, 9, key_of(w, 9), field_bytes(9, "TEXT", b"\x1b[31m"))), \
        "QUARANTINED MALFORMED"
    yield "op: unknown field", op_with(lambda w: raw_op(w, 8, key_of(w, 8), PRESENCE + b"\xf8\x03\x01")), "HELD_BACK NEWER_SCHEMA"
    yield "op: clock offset of 15 hours", attendance_of(utc_offset_min=900), "QUARANTINED OUT_OF_RANGE"
    yield "op: clock of the year 300 billion", attendance_of(claimed_s=(1 << 63) - 1), "APPLIED"
    yield "op: base_csn 2^64 - 1", attendance_of(base_csn=U64), "APPLIED"

    # ops: ids and rights
    yield "op: session 0", attendance_of(session=0), "QUARANTINED OUT_OF_RANGE"
    yield "op: session 2^63", attendance_of(session=1 << 63), "QUARANTINED OUT_OF_RANGE"
    yield "op: participant 2^64 - 1", attendance_of(person=U64), "QUARANTINED OUT_OF_RANGE"
    yield "op: unknown session", attendance_of(session=12345), "QUARANTINED UNKNOWN_REFERENCE"
    yield "op: unknown participant", attendance_of(person=12345), "QUARANTINED UNKNOWN_REFERENCE"
    yield "op: a foreign clinic's session", attendance_of(session=lambda w: w.foreign_session), "QUARANTINED UNKNOWN_REFERENCE"
    yield "op: a foreign clinic's participant", attendance_of(person=lambda w: w.foreign_person), "QUARANTINED UNKNOWN_REFERENCE"
    yield "op: user 0", attendance_of(user=0), "QUARANTINED UNKNOWN_USER"
    yield "op: unknown user", attendance_of(user=12345), "QUARANTINED UNKNOWN_USER"
    yield "op: a foreign clinic's user", attendance_of(user=lambda w: w.foreign_user), "QUARANTINED UNKNOWN_USER"
    yield "op: session for a foreign group", op_with(lambda w: session_created(w, group=w.foreign_group)), "QUARANTINED UNKNOWN_REFERENCE"
    yield "op: session of a group that is not there", op_with(lambda w: session_created(w, group=12345)), "QUARANTINED UNKNOWN_REFERENCE"
    yield "op: session with another's id", op_with(lambda w: session_created(w, id=w.honest.device_no << 40 | 99)), \
        "QUARANTINED NOT_PERMITTED"
    yield "op: session without a day", op_with(lambda w: session_created(w, day=None)), "QUARANTINED OUT_OF_RANGE"
    yield "op: session that claims to be planned", op_with(lambda w: session_created(w, planned=1)), "QUARANTINED OUT_OF_RANGE"
    yield "op: session of an unknown session moved to", op_with(lambda w: raw_op(w, 9, key_of(w, 9), field_bytes(13, "UINT", 12345))), \
        "QUARANTINED UNKNOWN_REFERENCE"
    yield "op: moves a planned session", op_with(lambda w: raw_op(w, 9, key_of(w, 9), field_bytes(3, "SINT", 20000))), \
        "QUARANTINED NOT_PERMITTED"
    yield "op: removes a planned session", op_with(lambda w: raw_op(w, 9, key_of(w, 9), kind=pb.TOMBSTONE)), "QUARANTINED NOT_PERMITTED"
    yield "op: removes an enrolment", op_with(lambda w: raw_op(w, 10, key_of(w, 10), kind=pb.TOMBSTONE)), "QUARANTINED NOT_PERMITTED"
    yield "op: enrols somebody", op_with(lambda w: raw_op(w, 10, (w.group, w.foreign_person), field_bytes(3, "UINT", 4))), \
        "QUARANTINED UNKNOWN_REFERENCE"
    yield "op: status in a foreign group", op_with(lambda w: raw_op(w, 10, (w.foreign_group, w.foreign_person), field_bytes(3, "UINT", 4))), \
        "QUARANTINED UNKNOWN_REFERENCE"
    yield "op: clears what only the centre sets", op_with(lambda w: raw_op(w, 10, key_of(w, 10), clear=2)), "QUARANTINED NOT_PERMITTED"
    yield "op: makes a user", op_with(lambda w: raw_op(w, 13, (w.writer.mint(),), field_bytes(2, "TEXT", b"Eve"), kind=pb.CREATE)), \
        "QUARANTINED NOT_PERMITTED"
    yield "op: opens a record that is shut", op_with(lambda w: raw_op(w, 12, key_of(w, 12), field_bytes(11, "UINT", 0))), \
        "QUARANTINED NOT_PERMITTED"
    yield "op: shuts a record and says the name", \
        op_with(lambda w: raw_op(w, 12, key_of(w, 12), field_bytes(2, "TEXT", b"Eve") + field_bytes(11, "UINT", 1))), \
        "QUARANTINED NOT_PERMITTED"
    yield "op: opens a record by clearing", op_with(lambda w: raw_op(w, 12, key_of(w, 12), clear=1 << 9)), "QUARANTINED NOT_PERMITTED"
    yield "op: shuts a foreign clinic's record", op_with(lambda w: raw_op(w, 12, (w.foreign_person,), field_bytes(11, "UINT", 1))), \
        "QUARANTINED UNKNOWN_REFERENCE"
    yield "op: shuts the record of nobody", op_with(lambda w: raw_op(w, 12, (12345,), field_bytes(11, "UINT", 1))), \
        "QUARANTINED UNKNOWN_REFERENCE"
    yield from range_rows()
    yield from clinical_rows()
    yield from walk_in_rows()

    # slow and greedy
    yield "HELLO byte by byte", byte_by_byte, "WELCOME"
    yield "half a HELLO, then silence", half_frame, "waits"
    yield "PINGs without end, nothing read", never_reads, "waits"


def main():
    rows = list(table())
    wanted = sys.argv[1:]
    bad = 0
    with Centre() as centre:
        world = World(centre)
        world.honest_sync()
        before, rss_before = centre.status(), centre.rss_kib()
        world.honest_ops = 0
        for name, act, want in rows:
            if wanted and not any(word in name for word in wanted):
                continue
            world.ops_before = None
            if act is push_five:
                world.ops_before = centre.status()["ops"]
            try:
                got = act(world)
            except Exception as error:      # a row that fails is reported like one that is answered wrongly
                got = f"{type(error).__name__}: {error}"
            beside = world.honest_sync()
            world.let_go()
            if got == want and not beside:
                print(f"ok {name}: {got}")
            else:
                bad += 1
                print(f"not ok {name}: {got}, due {want}" + (f"; the honest tablet: {beside}" if beside else ""))
            sys.stdout.flush()
            if centre.server.poll() is not None:
                print(f"not ok the server ended with {centre.server.returncode}: {centre.log()}")
                return 1
        bad += figures(world, before, rss_before, len(rows))
        code = centre.stop()
        bad += code != 0
        print(f"{'ok' if code == 0 else 'not ok'} the server ends when asked: {code}")
    return bad != 0


def figures(world, before, rss_before, count):
    time.sleep(0.5)
    after, rss = world.centre.status(), world.centre.rss_kib()
    moved, due = after["ops"] - before["ops"], world.honest_ops + world.taken
    quarantined = after["quarantined"] - before["quarantined"]
    print(f"inputs {count}, ops before {before['ops']} after {after['ops']}: honest {world.honest_ops}, of the table {world.taken}, "
          f"quarantined {quarantined}; RSS before {rss_before} KiB after {rss} KiB")
    checks = {"the op count moved by the ops that were taken": (moved == due, f"{moved}, due {due}"),
              "quarantined ops": (quarantined == world.quarantined, f"{quarantined}, due {world.quarantined}"),
              "memory": (rss - rss_before < RSS_GROWTH_KIB_MAX, f"{rss - rss_before} KiB more, bound {RSS_GROWTH_KIB_MAX}"),
              "at least 60 bad inputs": (count >= 60, str(count))}
    if "asan" in SAMLINGD:      # it keeps freed memory for a while
        del checks["memory"]
        print("skip memory a sanitised server keeps what it has freed")
    for name, (good, words) in checks.items():
        print(f"{'ok' if good else 'not ok'} {name}: {words}")
    return sum(not good for good, _ in checks.values())


if __name__ == "__main__":
    sys.exit(main())
