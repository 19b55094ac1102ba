-- Walk-ins and links between participants. What stands here beside the link itself is derived: while people are linked the typed
-- tables show one person, and what each one's rows are of themselves is kept beside, for the day on which they part and ever after.

ALTER TABLE participant ADD COLUMN provisional INTEGER;  -- 1: a walk-in that a tablet made
CREATE INDEX participant_provisional ON participant (id) WHERE provisional = 1;

CREATE TABLE link (
    participant INTEGER PRIMARY KEY,        -- who is shown as somebody else
    winner INTEGER,                         -- as whom; 0: not any more
    note   TEXT,
    scope INTEGER NOT NULL, csn INTEGER NOT NULL, dead INTEGER NOT NULL, revs BLOB
) STRICT;

-- Everybody who was ever linked, and the links that count: what table link says, without what would close a circle.
CREATE TABLE link_person (
    id     INTEGER PRIMARY KEY,
    winner INTEGER NOT NULL,                -- 0: shown as himself
    csn    INTEGER NOT NULL                 -- since when
) STRICT;

-- Own rows of these people: judged among what was said of this very key. Their candidates stand in table candidate,
-- with 32 added to the unit.
CREATE TABLE link_row (
    entity INTEGER NOT NULL,
    key1 INTEGER NOT NULL, key2 INTEGER NOT NULL, key3 INTEGER NOT NULL, key4 INTEGER NOT NULL,
    id   INTEGER NOT NULL,                  -- the person
    csn  INTEGER NOT NULL,
    dead INTEGER NOT NULL,
    body BLOB NOT NULL,                     -- the fields as a message of the entity
    revs BLOB NOT NULL,
    PRIMARY KEY (entity, key1, key2, key3, key4)
) STRICT, WITHOUT ROWID;
CREATE INDEX link_row_person ON link_row (id);

-- A value that somebody who knew of the link replaced, or buried, by what he said of another of the linked keys. It counts while
-- both are linked as they were then.
CREATE TABLE link_over (
    csn    INTEGER NOT NULL,                -- where the value stands
    unit   INTEGER NOT NULL,
    by_csn INTEGER NOT NULL,
    by_id  INTEGER NOT NULL,                -- of whom that was said
    since  INTEGER NOT NULL,                -- csn of the newest link between the two
    PRIMARY KEY (csn, unit, by_csn)
) STRICT, WITHOUT ROWID;

-- Cases about two who may be one person (rule 5) are found by either.
CREATE INDEX conflict_case_person ON conflict_case (no) WHERE rule = 5;
