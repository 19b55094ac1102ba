-- People whom two persons decided to erase: facts. What was said of them is gone from table push, its hash stays, so every chain
-- can still be checked (server/intake/erase.c). Numbers stay, for what is told of them later must not be kept either.

-- Asked by one person, not confirmed yet by another.
CREATE TABLE erase_request (
    participant INTEGER PRIMARY KEY,
    at_s        INTEGER NOT NULL,           -- the centre's clock
    uid         INTEGER NOT NULL,           -- user of the machine who asked
    actor       TEXT NOT NULL,              -- the same in words, as in the audit log
    reason      TEXT NOT NULL
) STRICT;

CREATE TABLE erased_person (
    participant INTEGER PRIMARY KEY,
    csn         INTEGER NOT NULL            -- of the ruling
) STRICT;

-- Their rows with an id of their own: forms, notes, contacts …
CREATE TABLE erased_row (
    entity INTEGER NOT NULL,
    id     INTEGER NOT NULL,
    PRIMARY KEY (entity, id)
) STRICT, WITHOUT ROWID;

-- Where they stood: these are filled anew on every tablet that holds them.
CREATE TABLE erased_scope (
    csn   INTEGER NOT NULL,                 -- of the ruling
    scope INTEGER NOT NULL,
    PRIMARY KEY (csn, scope)
) STRICT, WITHOUT ROWID;

-- Ops of which the bytes are gone: the batch holds an empty op in their place.
CREATE TABLE erased_op (
    csn      INTEGER PRIMARY KEY,
    audit_no INTEGER NOT NULL,              -- the line of the audit log that covers it
    hash     BLOB NOT NULL,                 -- SHA-256 of the bytes
    ruling_csn INTEGER NOT NULL             -- by which; 0: it came late
) STRICT;
CREATE INDEX erased_op_line ON erased_op (audit_no, csn);
CREATE INDEX erased_op_ruling ON erased_op (ruling_csn, csn);

-- Batches that held such ops: what the audit log hashed of them when they came.
CREATE TABLE erased_push (
    first_csn INTEGER PRIMARY KEY,
    audit_no  INTEGER NOT NULL,
    hash      BLOB NOT NULL
) STRICT;
CREATE INDEX erased_push_line ON erased_push (audit_no, first_csn);

-- The numbers of all cases when somebody was erased: the others keep theirs, and none is given twice.
CREATE TABLE case_number (
    entity INTEGER NOT NULL,
    key1 INTEGER NOT NULL, key2 INTEGER NOT NULL, key3 INTEGER NOT NULL, key4 INTEGER NOT NULL,
    rule   INTEGER NOT NULL,
    unit   INTEGER NOT NULL,
    no     INTEGER NOT NULL,
    PRIMARY KEY (entity, key1, key2, key3, key4, rule, unit)
) STRICT, WITHOUT ROWID;
CREATE INDEX case_number_no ON case_number (no);
