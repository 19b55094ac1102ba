-- A tablet's store. Ids and days stand in columns; names, texts and values only in sealed bodies.
-- Outbox (op), replica (scope, row, stage) and feed (notice) are separate: a reset of one never touches another.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY, -- see meta.h
    value                   -- an integer, a text, or sealed bytes
) WITHOUT ROWID;

-- The outbox and what was sent: acked and safe are two numbers of meta, so both are ranges of this table.
CREATE TABLE op (
    seq          INTEGER PRIMARY KEY, -- own numbering, without gaps
    entity       INTEGER NOT NULL,    -- row that the op is about
    k1           INTEGER NOT NULL,
    k2           INTEGER NOT NULL,
    k3           INTEGER NOT NULL,
    k4           INTEGER NOT NULL,
    scope        INTEGER NOT NULL,    -- group that the row belongs to
    sealed       BLOB    NOT NULL,    -- the op's bytes, sealed with seq
    chain        INTEGER NOT NULL,    -- chain hash after this op
    base_epoch   INTEGER NOT NULL,    -- epoch of the op's base_csn; 0: it has no base
    saved_at     INTEGER NOT NULL,    -- own clock, seconds since 1970
    csn          INTEGER NOT NULL DEFAULT 0, -- where the centre applied it; 0: waiting, or not told
    epoch        INTEGER NOT NULL DEFAULT 0, -- epoch of csn
    acked_at     INTEGER NOT NULL DEFAULT 0, -- the centre's clock at the ack
    lost_epoch   INTEGER NOT NULL DEFAULT 0, -- where it had been applied before the centre lost it
    lost_csn     INTEGER NOT NULL DEFAULT 0,
    first_device INTEGER NOT NULL DEFAULT 0, -- first identity of a re-labelled op
    first_seq    INTEGER NOT NULL DEFAULT 0,
    first_hash   BLOB,
    shown        INTEGER NOT NULL DEFAULT 1  -- 1: reads lay it over the row; 0: a complete run has covered it
);
CREATE INDEX op_shown ON op (entity, k1, k2) WHERE shown = 1;

-- The scopes this device may see. Rows belong to a slot: a scope that is filled again gets a new one, and the swap is one number.
CREATE TABLE scope (
    id          INTEGER PRIMARY KEY,
    since_csn   INTEGER NOT NULL, -- granted at
    slot        INTEGER NOT NULL, -- rows that are visible; 0: none yet
    csn         INTEGER NOT NULL, -- complete up to here
    epoch       INTEGER NOT NULL, -- epoch of csn
    rows        INTEGER NOT NULL,
    sum         INTEGER NOT NULL, -- checksum of these rows
    window_day  INTEGER NOT NULL, -- sessions before this day were dropped
    fill_slot   INTEGER NOT NULL, -- rows of a fill under way; 0: the scope is complete
    fill_epoch  INTEGER NOT NULL,
    fill_start  INTEGER NOT NULL, -- csn at which the fill began
    fill_entity INTEGER NOT NULL, -- place behind the last chunk kept …
    fill_after  BLOB,             -- … its key, 8 bytes a part
    filled      INTEGER NOT NULL, -- 1: all chunks are here
    fill_rows   INTEGER NOT NULL,
    fill_sum    INTEGER NOT NULL,
    fill_total  INTEGER NOT NULL  -- the centre's estimate
);

-- The replica. A row that stands in several scopes is kept once for each.
CREATE TABLE row (
    slot   INTEGER NOT NULL,
    entity INTEGER NOT NULL,
    k1     INTEGER NOT NULL,
    k2     INTEGER NOT NULL,
    k3     INTEGER NOT NULL,
    k4     INTEGER NOT NULL,
    csn    INTEGER NOT NULL,
    day    INTEGER,          -- of a session
    body   BLOB NOT NULL,    -- the row's message, sealed with entity, key and csn
    PRIMARY KEY (slot, entity, k1, k2, k3, k4)
) WITHOUT ROWID;

-- Whole rows of an unfinished run; its SCOPE_END moves them all into row.
CREATE TABLE stage (
    slot   INTEGER NOT NULL,
    entity INTEGER NOT NULL,
    k1     INTEGER NOT NULL,
    k2     INTEGER NOT NULL,
    k3     INTEGER NOT NULL,
    k4     INTEGER NOT NULL,
    csn    INTEGER NOT NULL,
    day    INTEGER,
    gone   INTEGER NOT NULL, -- 1: the row leaves
    body   BLOB,
    PRIMARY KEY (slot, entity, k1, k2, k3, k4)
) WITHOUT ROWID;

-- What the centre said about own ops, other than "applied".
CREATE TABLE notice (
    device_no INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    kind      INTEGER NOT NULL,
    reason    INTEGER NOT NULL,
    entity    INTEGER NOT NULL,
    k1        INTEGER NOT NULL,
    k2        INTEGER NOT NULL,
    seen      INTEGER NOT NULL,
    PRIMARY KEY (device_no, seq)
) WITHOUT ROWID;
