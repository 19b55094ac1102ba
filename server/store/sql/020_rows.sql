-- Derived: typed tables, one per entity, and what stands beside them. Columns after the fields are the same everywhere:
--   scope  the group (or clinic) it is shown in; 0: outside the window, or in several (then see member)
--   csn    of the last op that changed it: place in the change feed
--   dead   csn of the tombstone; 0: alive; negative: lives again after the tombstone of that csn
--   revs   units that do not share csn: unit, several candidates?, csn (10 bytes each); NULL: all share it

CREATE TABLE attendance (
    session     INTEGER NOT NULL,
    participant INTEGER NOT NULL,
    presence    INTEGER,                    -- 0 unknown, 1 present, 2 notified absence, 3 no-show, 4 not expected
    evidence    INTEGER,                    -- 0 listed, 1 all present, 2 tapped, 3 the person's own
    reason      INTEGER,                    -- of absence, clinic's code list
    minutes     INTEGER,
    arrived_min INTEGER,                    -- minutes since midnight
    left_min    INTEGER,
    late        INTEGER,
    left_early  INTEGER,
    by_video    INTEGER,
    scope INTEGER NOT NULL, csn INTEGER NOT NULL, dead INTEGER NOT NULL, revs BLOB,
    PRIMARY KEY (session, participant)
) STRICT, WITHOUT ROWID;
CREATE INDEX attendance_feed ON attendance (scope, csn) WHERE scope > 0;

CREATE TABLE session (
    id        INTEGER PRIMARY KEY,
    group_id  INTEGER,
    day       INTEGER,                      -- days since 1970-01-01
    planned   INTEGER,                      -- 1: from the group's plan, 0: ad hoc
    status    INTEGER,                      -- 0 planned, 1 held, 2 cancelled
    reason    INTEGER,
    start_min INTEGER,
    end_min   INTEGER,
    room      TEXT,
    theme     TEXT,
    by_video  INTEGER,
    headcount INTEGER,
    moved_to  INTEGER,
    scope INTEGER NOT NULL, csn INTEGER NOT NULL, dead INTEGER NOT NULL, revs BLOB
) STRICT;
CREATE INDEX session_feed ON session (scope, csn) WHERE scope > 0;
CREATE INDEX session_day ON session (group_id, day);
CREATE INDEX session_window ON session (day) WHERE scope > 0;

CREATE TABLE enrolment (
    group_id    INTEGER NOT NULL,
    participant INTEGER NOT NULL,
    status      INTEGER,                    -- EnrolmentStatus
    planned_sessions INTEGER,
    start_day   INTEGER,
    end_day     INTEGER,
    end_reason  INTEGER,
    scope INTEGER NOT NULL, csn INTEGER NOT NULL, dead INTEGER NOT NULL, revs BLOB,
    PRIMARY KEY (group_id, participant)
) STRICT, WITHOUT ROWID;
CREATE INDEX enrolment_feed ON enrolment (scope, csn) WHERE scope > 0;

CREATE TABLE groups (
    id        INTEGER PRIMARY KEY,
    org       INTEGER,                      -- the clinic
    code      TEXT,
    name      TEXT,
    kind      INTEGER,                      -- 0 movement, 1 mastery, 2 course
    weekday   INTEGER,                      -- 1 Monday … 7 Sunday, 0: no weekly plan
    start_min INTEGER,
    end_min   INTEGER,
    first_day INTEGER,
    last_day  INTEGER,
    capacity  INTEGER,
    active    INTEGER,
    scope INTEGER NOT NULL, csn INTEGER NOT NULL, dead INTEGER NOT NULL, revs BLOB
) STRICT;
CREATE INDEX groups_feed ON groups (scope, csn) WHERE scope > 0;
CREATE INDEX groups_code ON groups (code);

CREATE TABLE participant (
    id           INTEGER PRIMARY KEY,
    name         TEXT,
    birth_year   INTEGER,
    sex          INTEGER,                   -- 0 unknown, 1 female, 2 male
    municipality TEXT,                      -- four digits
    language     TEXT,
    interpreter  INTEGER,
    address_protected INTEGER,
    active       INTEGER,
    scope INTEGER NOT NULL, csn INTEGER NOT NULL, dead INTEGER NOT NULL, revs BLOB
) STRICT;
CREATE INDEX participant_name ON participant (name);

CREATE TABLE user (
    id     INTEGER PRIMARY KEY,
    name   TEXT,
    role   INTEGER,                         -- Role
    org    INTEGER,
    active INTEGER,
    scope INTEGER NOT NULL, csn INTEGER NOT NULL, dead INTEGER NOT NULL, revs BLOB
) STRICT;

CREATE TABLE org_unit (
    id     INTEGER PRIMARY KEY,
    name   TEXT,
    kind   INTEGER,                         -- OrgKind
    parent INTEGER,
    code   TEXT,
    active INTEGER,
    scope INTEGER NOT NULL, csn INTEGER NOT NULL, dead INTEGER NOT NULL, revs BLOB
) STRICT;
CREATE INDEX org_unit_feed ON org_unit (scope, csn) WHERE scope > 0;

-- Rows that stand in several scopes: participants (in groups), users (in clinics).
CREATE TABLE member (
    scope       INTEGER NOT NULL,
    entity      INTEGER NOT NULL,
    id          INTEGER NOT NULL,
    csn         INTEGER NOT NULL,           -- place in the scope's feed: moves with every change of the row
    entered_csn INTEGER NOT NULL,           -- whole row for whoever was complete before this
    gone        INTEGER NOT NULL,           -- 1: left the scope
    PRIMARY KEY (scope, entity, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_feed ON member (scope, entity, csn);
CREATE INDEX member_row ON member (entity, id);

-- Scopes: groups, and clinics for what concerns the clinic itself. rows and sum are those of SCOPE_END.
CREATE TABLE scope (
    id        INTEGER PRIMARY KEY,
    org       INTEGER NOT NULL,             -- in whose list it stands
    listed    INTEGER NOT NULL,             -- 0: no longer
    since_csn INTEGER NOT NULL,             -- in this list since
    rows      INTEGER NOT NULL,
    sum       INTEGER NOT NULL              -- 64 bits, unsigned in a signed column
) STRICT;
CREATE INDEX scope_org ON scope (org) WHERE listed = 1;

-- When the list of a clinic last changed.
CREATE TABLE scope_list (
    org INTEGER PRIMARY KEY,
    csn INTEGER NOT NULL
) STRICT;

-- Live candidates of a unit, only where there are several (all of them then, the shown one too).
CREATE TABLE candidate (
    entity INTEGER NOT NULL,
    key1 INTEGER NOT NULL, key2 INTEGER NOT NULL, key3 INTEGER NOT NULL, key4 INTEGER NOT NULL,
    unit       INTEGER NOT NULL,
    csn        INTEGER NOT NULL,
    device_no  INTEGER NOT NULL,
    seq        INTEGER NOT NULL,
    base_csn   INTEGER NOT NULL,            -- effective: cut at the fork of histories
    lost_epoch INTEGER NOT NULL,
    lost_csn   INTEGER NOT NULL,
    value      BLOB NOT NULL,               -- the unit's fields as a message of the entity
    PRIMARY KEY (entity, key1, key2, key3, key4, unit, csn)
) STRICT, WITHOUT ROWID;
