-- Facts: written once, never changed. Everything else can be computed from them again.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,                 -- what it is
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

-- One row at every start that writes. A csn named with its epoch counts only up to that epoch's last csn in this table.
CREATE TABLE epoch (
    no        INTEGER PRIMARY KEY,
    id        INTEGER NOT NULL UNIQUE,      -- random
    first_csn INTEGER NOT NULL,             -- first csn given in it
    limit_csn INTEGER                       -- set for an epoch of a lost future: what it named counts up to here
) STRICT;

-- Blocks of 65 536 ids that were opened for minting.
CREATE TABLE mint (block INTEGER PRIMARY KEY) STRICT;

-- One row per batch. Each op takes exactly one csn, so an op's csn follows from its seq.
CREATE TABLE push (
    first_csn  INTEGER PRIMARY KEY,         -- csn of the first new op
    device_no  INTEGER NOT NULL,            -- who sent it; 1: the centre itself
    first_seq  INTEGER NOT NULL,            -- seq of the first new op
    count      INTEGER NOT NULL,            -- new ops
    skip       INTEGER NOT NULL,            -- ops at the front of raw that were here before
    epoch      INTEGER NOT NULL,            -- epoch of the ops' bases
    chain      INTEGER NOT NULL,            -- chain hash after the last op
    received_s INTEGER NOT NULL,            -- the centre's clock
    deflated   INTEGER NOT NULL,            -- 1: raw is raw-deflated
    mac        BLOB NOT NULL,               -- the device's proof
    raw        BLOB NOT NULL                -- Push, as it came
) STRICT;
CREATE UNIQUE INDEX push_seq ON push (device_no, first_seq);

-- Ops that carried an earlier place or name: sent again after the centre had lost them, or re-labelled after a fork.
CREATE TABLE origin (
    csn       INTEGER PRIMARY KEY,          -- the op
    device_no INTEGER NOT NULL,             -- first identity, 0: none
    seq       INTEGER NOT NULL,
    hash      BLOB NOT NULL,                -- first 16 bytes of SHA-256 of its first bytes
    epoch     INTEGER NOT NULL,             -- where it had been applied, 0: nowhere
    lost_csn  INTEGER NOT NULL
) STRICT;
CREATE INDEX origin_name ON origin (device_no, seq) WHERE device_no > 0;

-- Only verdicts that are not "applied".
CREATE TABLE verdict (
    csn       INTEGER PRIMARY KEY,          -- the op
    at_csn    INTEGER NOT NULL,             -- when it was said: place in the device's own feed
    device_no INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    kind      INTEGER NOT NULL,             -- VerdictKind of proto/samling.proto
    reason    INTEGER NOT NULL              -- Reason
) STRICT;
CREATE INDEX verdict_feed ON verdict (device_no, at_csn, csn);

-- Ops that a device can no longer send; the watermark passed them.
CREATE TABLE hole (
    device_no INTEGER NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq  INTEGER NOT NULL,
    at_s      INTEGER NOT NULL,
    chain     INTEGER NOT NULL,             -- the device's chain hash after the hole
    PRIMARY KEY (device_no, first_seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE device (
    device_no     INTEGER PRIMARY KEY,
    org           INTEGER NOT NULL,         -- the clinic whose scopes it may see
    parent        INTEGER NOT NULL,         -- forked from this number, 0: none
    fork_seq      INTEGER NOT NULL,         -- last op shared with the parent
    key           BLOB NOT NULL,            -- nonce, key and tag, sealed under the master key
    key_hash      BLOB NOT NULL,            -- SHA-256 of the key
    label         TEXT NOT NULL,
    state         INTEGER NOT NULL,         -- DeviceState
    digits        INTEGER NOT NULL,         -- to compare at approval
    forked        INTEGER NOT NULL,         -- 1: some other number was forked from it
    joined_s      INTEGER NOT NULL,
    last_seen_s   INTEGER NOT NULL,
    skew_s        INTEGER NOT NULL,         -- its clock minus ours
    acked_seq     INTEGER NOT NULL,         -- watermark
    acked_csn     INTEGER NOT NULL,         -- csn of that op
    chain         INTEGER NOT NULL,         -- chain hash there
    hello_counter INTEGER NOT NULL,
    safe_seq      INTEGER NOT NULL,         -- held by the oldest backup that may be restored
    waiting       INTEGER NOT NULL,         -- ops waiting on it, as it last said
    oldest_age_s  INTEGER NOT NULL,
    schema        INTEGER NOT NULL
) STRICT;
CREATE INDEX device_key ON device (key_hash);

CREATE TABLE invite (
    id        INTEGER PRIMARY KEY,
    code_hash BLOB NOT NULL UNIQUE,         -- SHA-256 of the code
    org       INTEGER NOT NULL,
    label     TEXT NOT NULL,
    made_s    INTEGER NOT NULL,
    expires_s INTEGER NOT NULL,
    used_by   INTEGER NOT NULL              -- device_no, 0: open
) STRICT;
