-- Cases, quarantine, audit, and the facts that make everything else computable again.

-- ---- facts

-- Ops that were not judged, or not wholly, when they came: the same op under another name, refused, or of a newer schema.
-- Rights are asked once, so the answer is a fact. For an op that takes another one in again: what became of that.
CREATE TABLE admission (
    csn    INTEGER PRIMARY KEY,
    kind   INTEGER NOT NULL,                -- VerdictKind: SAME, QUARANTINED, HELD_BACK
    reason INTEGER NOT NULL                 -- Reason
) STRICT;
INSERT INTO admission SELECT csn, kind, reason FROM verdict WHERE kind IN (2, 5, 6);

-- The window's edge, and up to which csn everything was judged under the edge before.
CREATE TABLE window_move (
    day    INTEGER PRIMARY KEY,
    at_csn INTEGER NOT NULL
) STRICT;
INSERT INTO window_move SELECT value, (SELECT coalesce(max(first_csn + count - 1), 0) FROM push) FROM meta WHERE name = 'window_day';

-- Since when a lost epoch is known here: what was judged before did not know it.
ALTER TABLE epoch ADD COLUMN known_csn INTEGER NOT NULL DEFAULT 0;

-- The epoch before it in its own history: after restores there are several that go on from one.
ALTER TABLE epoch ADD COLUMN parent INTEGER NOT NULL DEFAULT 0;
UPDATE epoch SET parent = coalesce((SELECT p.id FROM epoch p WHERE p.no < epoch.no ORDER BY p.no DESC LIMIT 1), 0);

-- One line for what was done and by whom, chained: chain = SHA-256 (chain of the line before | entry). The entry takes in
-- the text's hash in its place, so that an erased text leaves a line that can still be checked.
CREATE TABLE audit (
    no        INTEGER PRIMARY KEY,
    at_s      INTEGER NOT NULL,             -- the centre's clock
    kind      INTEGER NOT NULL,             -- enum audit_kind
    first_csn INTEGER NOT NULL,             -- ops: of this commit; else 0
    last_csn  INTEGER NOT NULL,
    actor     TEXT NOT NULL,                -- who: a user of the machine, a device, or the centre itself
    text      TEXT,                         -- what, in words for machines; NULL: erased
    text_hash BLOB NOT NULL,                -- SHA-256 of the text, also after it was erased
    facts     BLOB,                         -- ops: SHA-256 over the batches of this commit
    entry     BLOB NOT NULL,                -- SHA-256 over all before
    chain     BLOB NOT NULL
) STRICT;

-- ---- derived

ALTER TABLE candidate ADD COLUMN first_device_no INTEGER NOT NULL DEFAULT 0;  -- its name before a fork, 0: none
ALTER TABLE candidate ADD COLUMN first_seq INTEGER NOT NULL DEFAULT 0;

ALTER TABLE verdict ADD COLUMN case_no INTEGER NOT NULL DEFAULT 0;
ALTER TABLE verdict ADD COLUMN closed INTEGER NOT NULL DEFAULT 0;  -- quarantined, and a coordinator let it rest
ALTER TABLE verdict ADD COLUMN disputed INTEGER NOT NULL DEFAULT 0;  -- units in which the value is weighed in a case
ALTER TABLE verdict ADD COLUMN listed INTEGER NOT NULL DEFAULT 0;  -- units in which another one is shown; and marks
CREATE INDEX verdict_waits ON verdict (csn) WHERE kind = 5 AND closed = 0;

-- What a person should look at: open exactly while the fold over a unit's candidates is disputed, or a rule across rows holds.
CREATE TABLE conflict_case (
    no          INTEGER PRIMARY KEY,        -- in the order in which they first opened
    rule        INTEGER NOT NULL,           -- 0: several values of one unit; else enum sam_rule
    entity      INTEGER NOT NULL,
    key1 INTEGER NOT NULL, key2 INTEGER NOT NULL, key3 INTEGER NOT NULL, key4 INTEGER NOT NULL,
    unit        INTEGER NOT NULL,
    open        INTEGER NOT NULL,           -- 1: a person is asked
    scope       INTEGER NOT NULL,           -- the group in which it arose
    opened_csn  INTEGER NOT NULL,           -- of the op that opened it first
    changed_csn INTEGER NOT NULL,           -- of the last op that opened, changed or closed it
    seen_csn    INTEGER NOT NULL,           -- rules: it may stand as it was up to here …
    new_csn     INTEGER NOT NULL,           -- … and the last op that gave it a cause
    holds       INTEGER NOT NULL            -- rules: 1: the rule holds, whether it may stand or not
) STRICT;
CREATE UNIQUE INDEX conflict_case_row ON conflict_case (entity, key1, key2, key3, key4, rule, unit);
CREATE INDEX conflict_case_open ON conflict_case (no) WHERE open = 1;

-- The ops whose values took part in a case.
CREATE TABLE case_op (
    no  INTEGER NOT NULL,
    csn INTEGER NOT NULL,
    PRIMARY KEY (no, csn)
) STRICT, WITHOUT ROWID;

-- What a coordinator decided about something that is no value of a row: kind 1: op b of device a; else a case of that rule
-- about rows a and b.
CREATE TABLE ruling (
    kind     INTEGER NOT NULL,
    a        INTEGER NOT NULL,
    b        INTEGER NOT NULL,
    decision INTEGER,                       -- 0 none, 1 take it in again, 2 let it rest, 3 it may stand
    note     TEXT,
    scope INTEGER NOT NULL, csn INTEGER NOT NULL, dead INTEGER NOT NULL, revs BLOB,
    PRIMARY KEY (kind, a, b)
) STRICT, WITHOUT ROWID;

-- Where a quarantined op was taken in after all: its values stand at this csn.
CREATE TABLE retake (
    csn    INTEGER PRIMARY KEY,
    op_csn INTEGER NOT NULL
) STRICT;
CREATE INDEX retake_op ON retake (op_csn);

-- Ops whose author had seen what the centre has lost since: a lost op that comes again may have been replaced by them.
CREATE TABLE lost_seen (
    entity INTEGER NOT NULL,
    key1 INTEGER NOT NULL, key2 INTEGER NOT NULL, key3 INTEGER NOT NULL, key4 INTEGER NOT NULL,
    unit INTEGER NOT NULL,
    csn  INTEGER NOT NULL,
    PRIMARY KEY (entity, key1, key2, key3, key4, unit, csn)
) STRICT, WITHOUT ROWID;
