"""A tablet written from proto/README.md and proto/samling.proto alone: the second implementation of the device's side.

Nothing here is shared with the C code but the schema and the field table that the specification names. It is a library for
the end-to-end tests: what it sends is either exactly what a good device sends, or bytes that a test hands it.

    Invite.parse(text)              https://HOST:PORT/tablet/#pin=…&code=…&clinic=…, or samling://HOST:PORT/?pin=…
    spoken(code)                    its code as a person types it
    Link(host, port, pin)           one TLS connection: send(kind, body), raw(bytes), receive() -> (kind, message)
    Device(host, port, pin)         what a tablet keeps: key, number, counter, ops, chain, scopes, rows
        .join(code)  .hello()  .push()  .pull()  .fill(scope)  .sync()
        .write(row, user=…)         one op into the outbox
        .rows[(entity, key)]        the message; .row_csn, .members, .verdicts beside it
"""
import hashlib
import hmac
import os
import re
import socket
import ssl
import struct
import sys
import time
import urllib.parse
import zlib

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("SAM_BUILD", "build"))
sys.path.insert(0, os.path.join(BUILD, "gen", "python"))
import samling_pb2 as pb  # noqa: E402

HELLO, PUSH, WELCOME, ACK, PULL, SCOPES, CHANGES, SCOPE_END, SNAP_GET, SNAP_CHUNK, VERDICTS, JOIN, JOINED, PING, POKE, BYE, \
    WIPE, ERROR = range(1, 19)
KIND_NAMES = ("", "HELLO", "PUSH", "WELCOME", "ACK", "PULL", "SCOPES", "CHANGES", "SCOPE_END", "SNAP_GET", "SNAP_CHUNK",
              "VERDICTS", "JOIN", "JOINED", "PING", "POKE", "BYE", "WIPE", "ERROR")
MESSAGES = {HELLO: pb.Hello, PUSH: pb.Push, WELCOME: pb.Welcome, ACK: pb.Ack, PULL: pb.Pull, SCOPES: pb.Scopes,
            CHANGES: pb.Changes, SCOPE_END: pb.ScopeEnd, SNAP_GET: pb.SnapGet, SNAP_CHUNK: pb.SnapChunk,
            VERDICTS: pb.Verdicts, JOIN: pb.Join, JOINED: pb.Joined, PING: pb.Ping, POKE: pb.Poke, BYE: pb.Bye,
            WIPE: pb.Wipe, ERROR: pb.Error}
WITH_MAC = (HELLO, PUSH, JOIN)
MAC_BYTES = 16
FRAME_BYTES_MAX = 65537
INFLATED_BYTES_MAX = 262144
PUSH_BYTES_MAX = 65536
PUSH_OPS_MAX = 512
PUSHES_UNANSWERED_MAX = 4
PROTOCOL = 1
SCHEMA = 3
U64 = (1 << 64) - 1
PUSH_ERRORS = (pb.GAP, pb.NOT_ACTIVE, pb.BUSY, pb.QUOTA, pb.READ_ONLY)


class Closed(Exception):
    """The other side ended the connection."""


class Refused(Exception):
    """The centre answered with ERROR."""

    def __init__(self, error):
        super().__init__(f"{pb.ErrorCode.Name(error.code)} {error.text}".strip())
        self.error = error
        self.code = error.code


class Broken(Exception):
    """What came cannot be right."""


# ---- bytes ----------------------------------------------------------------------------------------------------------

def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def deflate(body):
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packer.compress(body) + packer.flush()


def inflate(body):
    unpacker = zlib.decompressobj(-15)
    out = unpacker.decompress(body, INFLATED_BYTES_MAX + 1)
    if not unpacker.eof or unpacker.unused_data or len(out) > INFLATED_BYTES_MAX:
        raise Broken("deflated body")
    return out


def frame(kind, body=b"", packed=None):
    """One frame; packed None: deflated where that is worth it."""
    if packed is None:
        packed = False
        if len(body) >= 96:
            small = deflate(body)
            if len(small) < len(body):
                body, packed = small, True
    elif packed:
        body = deflate(body)
    return varint(len(body) + 1) + bytes([kind | (128 if packed else 0)]) + body


def unframe(data):
    """(kind, body, bytes used) of the frame at the front of data, or None while it is not all here."""
    length = 0
    for i in range(3):
        if i >= len(data):
            return None
        length |= (data[i] & 127) << 7 * i
        if data[i] < 128:
            break
    else:
        raise Broken("length of four bytes")
    if not 1 <= length <= FRAME_BYTES_MAX:
        raise Broken(f"frame of {length} bytes")
    end = i + 1 + length
    if len(data) < end:
        return None
    kind, body = data[i + 1], bytes(data[i + 2:end])
    return (kind & 127, inflate(body), end) if kind & 128 else (kind, body, end)


# ---- proofs ---------------------------------------------------------------------------------------------------------

def hkdf(key, label):
    """HKDF-SHA-256 with an empty salt, 32 bytes: one block of the expansion."""
    inner = hmac.digest(bytes(32), key, "sha256")
    return hmac.digest(inner, label + b"\x01", "sha256")


def mac(key, label, kind, body, tail=b""):
    return hmac.digest(hkdf(key, label), bytes([kind]) + body + tail, "sha256")[:MAC_BYTES]


def chain_step(chain, op):
    return hashlib.sha256(chain + hashlib.sha256(op).digest()).digest()[:8]


def as_fixed(chain):
    return int.from_bytes(chain, "little")


def of_fixed(number):
    return number.to_bytes(8, "little")


def digits(key, code):
    return f"{int.from_bytes(hashlib.sha256(key + code).digest()[:8], 'big') % 1000000:06d}"


def unlock_code(key, n):
    """The nth code that opens a locked tablet."""
    return spoken(hmac.digest(hkdf(key, b"unlock"), n.to_bytes(8, "big"), "sha256"), 12)


def splitmix64(x):
    x = (x + 0x9e3779b97f4a7c15) & U64
    x = ((x ^ x >> 30) * 0xbf58476d1ce4e5b9) & U64
    x = ((x ^ x >> 27) * 0x94d049bb133111eb) & U64
    return x ^ x >> 31


def row_mix(entity, key, csn):
    state = splitmix64(entity)
    for part in key:
        state = splitmix64(state ^ part)
    return splitmix64(state ^ csn)


# ---- rows -----------------------------------------------------------------------------------------------------------

# A row's kinds are the members of Row's oneof; its key is the fields that are neither optional nor repeated.
ENTITIES = {field.number: field.name for field in pb.Row.DESCRIPTOR.oneofs_by_name["row"].fields}
KEY_FIELDS = {field.number: tuple(part.name for part in sorted(field.message_type.fields, key=lambda part: part.number)
                                  if part.containing_oneof is None and part.label != part.LABEL_REPEATED)
              for field in pb.Row.DESCRIPTOR.oneofs_by_name["row"].fields}
ENTITY_OF = {pb.Row.DESCRIPTOR.fields_by_name[name].message_type.full_name: tag for tag, name in ENTITIES.items()}


def field_table():
    """{entity tag: [(field name, tag, unit, type, min, max, writer, refers)]} and {entity tag: the schema it came with}, of
    proto/model/field.def."""
    with open(os.path.join(ROOT, "proto", "model", "field.def"), encoding="utf-8") as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
    tags, table, since = {}, {}, {}
    for kind, args in re.findall(r"^SAM_(ENTITY|KEY|FIELD)\((.*)\)$", text, flags=re.M):
        args = [word.strip() for word in args.split(",")]
        if kind == "ENTITY":
            tags[args[0]] = int(args[1])
            table[int(args[1])] = []
            since[int(args[1])] = int(args[6])
        elif kind == "FIELD":
            low, high = (((1 << 63) - 1) if word == "INT64_MAX" else int(word) for word in args[4:6])
            descriptor = pb.Row.DESCRIPTOR.fields_by_name[ENTITIES[tags[args[0]]]].message_type
            name = descriptor.fields_by_number[int(args[2])].name
            table[tags[args[0]]].append((name, int(args[2]), int(args[7]), args[3], low, high, args[8], args[9]))
    return table, since


FIELDS, SINCE = field_table()


def row_parts(row):
    """(entity, key, message) of a Row, an Op, or a bare entity message."""
    if row.DESCRIPTOR.full_name in ENTITY_OF:
        entity, message = ENTITY_OF[row.DESCRIPTOR.full_name], row
    else:
        name = row.WhichOneof("row")
        if name is None:
            raise Broken("row without an entity")
        message = getattr(row, name)
        entity = ENTITY_OF[message.DESCRIPTOR.full_name]
    return entity, tuple(getattr(message, part) for part in KEY_FIELDS[entity]), message


# ---- one connection -------------------------------------------------------------------------------------------------

def der_next(data, at):
    """(tag, start of the content, end) of the DER element at `at`."""
    tag, length, at = data[at], data[at + 1], at + 2
    if length & 128:
        count = length & 127
        length, at = int.from_bytes(data[at:at + count], "big"), at + count
    return tag, at, at + length


def spki_of(certificate):
    """The SubjectPublicKeyInfo of a DER certificate: after version, serial, algorithm, issuer, validity and subject."""
    _, at, _ = der_next(certificate, 0)     # Certificate
    _, at, _ = der_next(certificate, at)    # TBSCertificate
    tag, _, end = der_next(certificate, at)
    if tag == 0xa0:                         # [0] version, absent in version 1
        at = end
    for _ in range(5):
        _, _, at = der_next(certificate, at)
    _, _, end = der_next(certificate, at)
    return certificate[at:end]


def spoken(data, letters=16):
    """The first bits of ${data} in Crockford's base 32, in groups of four."""
    number = int.from_bytes(data, "big") >> 8 * len(data) - 5 * letters
    text = "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[number >> 5 * i & 31] for i in reversed(range(letters)))
    return "-".join(text[i:i + 4] for i in range(0, letters, 4))


class Invite:
    @classmethod
    def parse(cls, text):
        url = urllib.parse.urlsplit(text)
        query = {name: values[0] for name, values in urllib.parse.parse_qs(url.fragment or url.query).items()}
        self = cls()
        self.host, self.port = url.hostname, url.port
        self.pin, self.code = bytes.fromhex(query["pin"]), bytes.fromhex(query["code"])
        self.clinic = query.get("clinic", "")
        return self


class Link:
    """One connection. Everything that arrives is kept in `log` as (kind, message)."""

    def __init__(self, host, port, pin=None, alpn=("samling/1",), timeout_s=10, tls_version=None, source=None):
        self.timeout_s = timeout_s
        self.data = bytearray()
        self.log = []
        self.sent_bytes = 0
        self.received_bytes = 0
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE     # the pin below is the check
        if tls_version:
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = tls_version
        if alpn:
            context.set_alpn_protocols(list(alpn))
        plain = socket.create_connection((host, port), timeout_s, (source, 0) if source else None)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.socket = context.wrap_socket(plain, server_hostname=host)
        except (OSError, ValueError):
            plain.close()
            raise
        if pin and hashlib.sha256(spki_of(self.socket.getpeercert(True))).digest() != pin:
            self.close()
            raise Broken("the server's key is not the pinned one")

    def raw(self, data):
        self.sent_bytes += len(data)
        self.socket.settimeout(self.timeout_s)
        self.socket.sendall(data)

    def send(self, kind, message=b"", packed=None):
        body = message if isinstance(message, bytes) else message.SerializeToString()
        self.raw(frame(kind, body, packed))

    def receive(self, timeout_s=None):
        """The next frame that is not PING or POKE."""
        deadline = time.monotonic() + (self.timeout_s if timeout_s is None else timeout_s)
        while True:
            found = unframe(self.data)
            if found:
                kind, body, used = found
                del self.data[:used]
                if kind not in MESSAGES:
                    raise Broken(f"kind {kind}")
                message = MESSAGES[kind].FromString(body)
                self.log.append((kind, message))
                if kind == PING and not message.reply:
                    self.send(PING, pb.Ping(number=message.number, reply=True))
                if kind in (PING, POKE):
                    continue
                return kind, message
            self.read_more(deadline)

    def read_more(self, deadline):
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("nothing came")
        self.socket.settimeout(left_s)
        try:
            more = self.socket.recv(65536)
        except (ConnectionError, ssl.SSLError, ssl.SSLEOFError) as error:
            if isinstance(error, (TimeoutError, ssl.SSLWantReadError)):
                raise TimeoutError("nothing came") from error
            raise Closed(str(error)) from error
        if not more:
            raise Closed("end of stream")
        self.received_bytes += len(more)
        self.data += more

    def expect(self, *kinds):
        """The next frame, which must be of one of these kinds; ERROR and BYE become exceptions."""
        kind, message = self.receive()
        if kind in kinds:
            return message if len(kinds) == 1 else (kind, message)
        if kind == ERROR:
            raise Refused(message)
        if kind in (BYE, WIPE):
            raise Closed(KIND_NAMES[kind])
        raise Broken(f"{KIND_NAMES[kind]} where {[KIND_NAMES[k] for k in kinds]} was due")

    def close(self):
        try:
            self.socket.close()
        except OSError:
            pass


# ---- one tablet -----------------------------------------------------------------------------------------------------

class Device:
    def __init__(self, host, port, pin=None, key=None, label="stranger", source=None, schema=SCHEMA):
        self.host, self.port, self.pin, self.label, self.source = host, port, pin, label, source
        self.schema = schema        # an older one: what came later is not known here
        self.key = key or os.urandom(32)
        self.device_no = 0
        self.state = pb.NO_STATE
        self.ticket = b""
        self.org = 0
        self.counter = 0
        self.boot = int.from_bytes(os.urandom(8), "little")
        self.minted = 0
        self.ops = []               # bytes of ops 1, 2, …
        self.chains = [bytes(8)]    # chain(0), chain(1), …
        self.acked_seq = 0
        self.applied = {}           # seq -> (epoch, csn)
        self.link = None
        self.server_time_s = 0
        self.forget()

    @classmethod
    def invited(cls, text, label="stranger", source=None, schema=SCHEMA):
        invite = Invite.parse(text)
        self = cls(invite.host, invite.port, invite.pin, label=label, source=source, schema=schema)
        self.join(invite.code)
        return self

    def forget(self):
        """Everything that came from the centre."""
        self.epoch = 0
        self.csn = 0
        self.verdict_csn = 0
        self.scopes = {}            # scope -> csn at which it is complete, or None while it is to be filled
        self.rows = {}              # (entity, key) -> message
        self.row_csn = {}           # (entity, key) -> csn
        self.members = {}           # (scope, entity, key) -> csn
        self.verdicts = {}          # seq -> Verdict
        self.repairs = 0
        self.unknown = 0            # rows that came, of entities that this schema does not know

    # -- connection and greeting

    def connect(self, **options):
        self.close()
        self.link = Link(self.host, self.port, self.pin, source=self.source, **options)
        return self.link

    def close(self):
        if self.link:
            self.link.close()
            self.link = None

    def join_body(self, code=b"", **fields):
        body = pb.Join(protocol=PROTOCOL, schema=self.schema, code=code, key=self.key, label=self.label, **fields).SerializeToString()
        return body + bytes(MAC_BYTES)

    def join(self, code):
        self.digits = digits(self.key, code)
        link = self.connect()
        link.send(JOIN, self.join_body(code))
        self.joined(link.expect(JOINED))
        self.close()
        return self.state

    def joined(self, answer):
        self.device_no, self.state, self.ticket, self.org = answer.device_no, answer.state, answer.ticket, answer.org
        self.server_time_s = answer.server_time_s

    def clock_s(self):
        return max(int(time.time()), self.server_time_s)

    def hello_message(self, **changes):
        """Counts up; changes are fields that a test wants otherwise."""
        self.counter += 1
        fields = dict(protocol=PROTOCOL, schema=self.schema, device_no=self.device_no, counter=self.counter,
                      clock_s=int(time.time()), boot=self.boot, mono_s=int(time.monotonic()), last_seq=len(self.ops),
                      oldest_seq=1, acked_seq=self.acked_seq, acked_chain=as_fixed(self.chains[self.acked_seq]),
                      oldest_chain=0, epoch=self.epoch)
        fields.update(changes)
        return pb.Hello(**fields)

    def hello_body(self, **changes):
        body = self.hello_message(**changes).SerializeToString()
        return body + mac(self.key, b"hello", HELLO, body)

    def hello(self, link=None):
        """Greets on the open connection, or on a new one; returns WELCOME. STALE and TICKET are answered as they ask."""
        changes = {}
        for _ in range(3):
            link = self.link or self.connect()
            link.send(HELLO, self.hello_body(**changes))
            try:
                welcome = link.expect(WELCOME)
            except Refused as refused:
                self.close()
                if refused.code == pb.STALE:
                    self.counter = refused.error.expected - 1
                elif refused.code == pb.TICKET and self.ticket:
                    changes = {"ticket": self.ticket}
                else:
                    raise
                continue
            self.welcomed(welcome)
            return welcome
        raise Broken("three greetings refused")

    def welcomed(self, welcome):
        self.state = welcome.state
        self.server_time_s = max(self.server_time_s, welcome.server_time_s)
        if welcome.acked_seq > len(self.ops) or as_fixed(self.chains[welcome.acked_seq]) != welcome.acked_chain:
            raise Broken("this store is a copy or an old image")
        for part in welcome.range:
            for i in range(part.count):
                self.applied[part.first_seq + i] = (welcome.epoch, part.first_csn + i)
        self.acked_seq = welcome.acked_seq
        self.welcome_epoch = welcome.epoch

    # -- ops

    def mint(self):
        self.minted += 1
        return self.device_no << 40 | self.minted

    def op_bytes(self, row, user, kind=pb.SET, clear=0, base_csn=None, claimed_s=None):
        entity, key, message = row_parts(row)
        if base_csn is None:
            base_csn = max(self.row_csn.get((entity, key), 0), self.csn)
        op = pb.Op(user=user, claimed_s=self.clock_s() if claimed_s is None else claimed_s, utc_offset_min=60,
                   base_csn=base_csn, kind=kind, clear=clear)
        getattr(op, ENTITIES[entity]).CopyFrom(message)
        return op.SerializeToString()

    def write(self, row, user, **options):
        return self.write_bytes(self.op_bytes(row, user, **options))

    def write_bytes(self, op):
        """Any bytes become the next op; its seq is returned."""
        self.ops.append(op)
        self.chains.append(chain_step(self.chains[-1], op))
        return len(self.ops)

    def push_body(self, first_seq, ops, chain_before=None, **changes):
        before = self.chains[first_seq - 1] if chain_before is None else chain_before
        after = before
        for op in ops:
            after = chain_step(after, op)
        push = pb.Push(first_seq=first_seq, chain=as_fixed(after), op=ops)
        for i, seq in enumerate(range(first_seq, first_seq + len(ops))):
            if seq in self.applied and self.applied[seq][0] != self.welcome_epoch:
                push.origin.add(index=i, epoch=self.applied[seq][0], csn=self.applied[seq][1])
        for name, value in changes.items():
            setattr(push, name, value)
        body = push.SerializeToString()
        tail = struct.pack("<QQQ", self.device_no, push.first_seq, len(push.op)) + before + of_fixed(push.chain)
        return body + mac(self.key, b"push", PUSH, body, tail)

    def push(self, ops_max=PUSH_OPS_MAX, bytes_max=PUSH_BYTES_MAX - 1024):
        """Sends everything that waits, four PUSHes ahead of their ACKs, until all of it is acknowledged."""
        unanswered, seq = 0, self.acked_seq + 1
        while seq <= len(self.ops) or unanswered:
            if seq <= len(self.ops) and unanswered < PUSHES_UNANSWERED_MAX:
                batch, size = [], 0
                while seq <= len(self.ops) and len(batch) < ops_max and size + len(self.ops[seq - 1]) + 4 <= bytes_max:
                    batch.append(self.ops[seq - 1])
                    size += len(batch[-1]) + 4
                    seq += 1
                if not batch:
                    raise Broken("an op too big to send")
                self.link.send(PUSH, self.push_body(seq - len(batch), batch))
                unanswered += 1
                continue
            self.acked(self.link.expect(ACK))
            unanswered -= 1

    def acked(self, ack):
        for seq in range(self.acked_seq + 1, ack.seq + 1):
            self.applied[seq] = (self.welcome_epoch, ack.csn - (ack.seq - seq))
        self.acked_seq = max(self.acked_seq, ack.seq)

    # -- rows from the centre

    def rows_of(self, message):
        """The rows of a frame. To an older schema a newer row is a message with an unknown field: no entity, no key, nothing to count."""
        rows = [pb.Row.FromString(row) for row in message.row]
        known = [row for row in rows if SINCE[row_parts(row)[0]] <= self.schema]
        self.unknown += len(rows) - len(known)
        return known

    def upgrade(self):
        """The program is replaced by one of this schema: what the older one left out is fetched with a whole fill of each scope."""
        self.schema = SCHEMA
        for scope in self.scopes:
            self.scopes[scope] = None

    def keep(self, scope, row):
        entity, key, message = row_parts(row)
        place = (entity, key)
        if row.gone:
            self.members.pop((scope, *place), None)
            if row.gone == pb.DELETED or not any(member[1:] == place for member in self.members):
                self.rows.pop(place, None)
                self.row_csn.pop(place, None)
            return
        self.members[(scope, *place)] = row.csn
        if row.csn < self.row_csn.get(place, 0):
            return
        self.row_csn[place] = row.csn
        if not row.units or place not in self.rows:
            self.rows[place] = type(message)()
            self.rows[place].CopyFrom(message)
            return
        mine = self.rows[place]
        for name, _, unit, *_ in FIELDS[entity]:
            if row.units >> unit & 1:
                mine.ClearField(name)
                if message.HasField(name):
                    setattr(mine, name, getattr(message, name))

    def drop_scope(self, scope):
        self.scopes.pop(scope, None)
        for member in [member for member in self.members if member[0] == scope]:
            del self.members[member]
        self.sweep()

    def sweep(self):
        """Rows that stand in no scope any more leave."""
        held = {member[1:] for member in self.members}
        for place in [place for place in self.rows if place not in held]:
            del self.rows[place]
            self.row_csn.pop(place, None)

    def drop_before(self, window_day):
        old = {key[0] for (entity, key), row in self.rows.items() if entity == 9 and row.HasField("day") and row.day < window_day}
        if old:
            for member in [m for m in self.members if self.session_of(*m[1:]) in old]:
                del self.members[member]
            self.sweep()

    def session_of(self, entity, key):
        """The session that a row is or hangs on: in its key, or of a rating of exertion in a field. None: on none."""
        if entity == 23:
            return self.rows[entity, key].session if (entity, key) in self.rows else None
        return key[0] if entity in (8, 9, 16, 27) else None

    def sums(self, scope=None):
        """(rows, sum) of one scope, or of all complete ones."""
        count = total = 0
        for (member_scope, entity, key), csn in self.members.items():
            if member_scope == scope or (scope is None and self.scopes.get(member_scope) is not None):
                count += 1
                total += row_mix(entity, key, csn)
        return count, total & U64

    def filling(self):
        return [scope for scope, csn in self.scopes.items() if csn is None]

    def scopes_listed(self, message):
        listed = {scope.id: scope.since_csn for scope in message.scope}
        for scope in [scope for scope in self.scopes if scope not in listed]:
            self.drop_scope(scope)
        for scope, since_csn in listed.items():
            held = self.scopes.get(scope)
            if message.cut:
                complete = held is not None and held <= message.cut_csn
            else:
                complete = held is not None and since_csn <= self.csn
            if not complete:
                self.scopes[scope] = None

    def verdicts_read(self, message):
        for verdict in message.verdict:
            self.verdicts[verdict.seq] = verdict
        self.verdict_csn = message.csn

    def pull_message(self, **changes):
        fields = dict(epoch=self.epoch, csn=self.csn, verdict_csn=self.verdict_csn, filling=self.filling())
        fields.update(changes)
        return pb.Pull(**fields)

    def run(self):
        """One PULL and its run to the end. True when the scopes' sum agrees with the centre's."""
        self.link.send(PULL, self.pull_message())
        aside = []
        while True:
            kind, message = self.link.expect(SCOPES, VERDICTS, CHANGES, SCOPE_END)
            if kind == SCOPES:
                self.scopes_listed(message)
                if message.cut:
                    self.csn = min(self.csn, message.cut_csn)
                    self.epoch = self.welcome_epoch
                    return self.run()
            elif kind == VERDICTS:
                self.verdicts_read(message)
            elif kind == CHANGES:
                aside += [(message.scope, row) for row in self.rows_of(message)]
            elif message.scope == 0:
                break
        for scope, row in aside:
            if self.scopes.get(scope) is not None:
                self.keep(scope, row)
        self.drop_before(message.window_day)
        self.csn, self.epoch = message.csn, self.welcome_epoch
        for scope in self.scopes:
            if self.scopes[scope] is not None:
                self.scopes[scope] = message.csn
        return self.sums() == (message.rows, message.sum)

    def fill(self, scope):
        """Fills one scope from the start."""
        self.drop_scope(scope)
        self.scopes[scope] = None
        self.link.send(SNAP_GET, pb.SnapGet(scope=scope))
        self.fill_rest(scope)

    def fill_rest(self, scope):
        aside = []
        while True:
            kind, message = self.link.expect(SNAP_CHUNK, CHANGES, SCOPE_END)
            if kind == SCOPE_END:
                break
            if kind == SNAP_CHUNK and of_fixed(message.hash) != hashlib.sha256(b"".join(message.row)).digest()[:8]:
                raise Broken("hash of a chunk")
            if message.scope != scope:
                raise Broken("rows of another scope in a fill")
            aside += self.rows_of(message)
        if message.scope != scope:
            raise Broken("end of another scope's fill")
        for row in aside:
            self.keep(scope, row)
        self.drop_before(message.window_day)
        self.scopes[scope] = message.csn
        if self.sums(scope) != (message.rows, message.sum):
            raise Broken(f"sum of scope {scope:x} after its fill: {self.sums(scope)}, centre {(message.rows, message.sum)}")

    def verify(self):
        """{scope: agrees} by the centre's word on each scope; a SCOPE_END of all together comes last."""
        self.link.send(PULL, self.pull_message(verify=True))
        found = {}
        while True:
            kind, message = self.link.expect(SCOPES, VERDICTS, CHANGES, SCOPE_END)
            if kind == VERDICTS:
                self.verdicts_read(message)
            elif kind == SCOPE_END and message.scope == 0:
                return found
            elif kind == SCOPE_END:
                found[message.scope] = self.sums(message.scope) == (message.rows, message.sum)

    def pull(self):
        """Runs and fills until everything listed is complete and agrees."""
        for _ in range(4):
            agrees = self.run()
            if not agrees:
                self.repairs += 1
                for scope, good in self.verify().items():
                    if not good:
                        self.scopes[scope] = None
            waiting = self.filling()
            for scope in waiting:
                self.fill(scope)
            if agrees and not waiting:
                return
        raise Broken("the rows do not come to agree with the centre's")

    def sync(self):
        """A whole conversation on a connection of its own."""
        self.close()
        welcome = self.hello()
        if welcome.state in (pb.ACTIVE, pb.DRAINING, pb.REVOKED):
            self.push()
        if welcome.state == pb.ACTIVE:
            self.pull()
        self.close()
        return welcome

    # -- what tests ask for

    def of(self, entity):
        return {key: row for (tag, key), row in self.rows.items() if tag == entity}
