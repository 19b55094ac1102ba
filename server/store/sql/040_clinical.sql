-- What is done in sessions, what persons agree to, and the forms that they answer. Columns after the fields as in 020_rows.sql.

CREATE TABLE exercise_set (
    session     INTEGER NOT NULL,
    participant INTEGER NOT NULL,
    exercise    INTEGER NOT NULL,           -- code list
    set_no      INTEGER NOT NULL,           -- 1 … 20
    reps        INTEGER,
    load_hg     INTEGER,                    -- 0.1 kg
    duration_s  INTEGER,
    distance_m  INTEGER,
    side        INTEGER,                    -- 0 both, 1 left, 2 right
    adapted     INTEGER,
    pain        INTEGER,                    -- 0 … 10
    stopped     INTEGER,                    -- 1: because of pain
    scope INTEGER NOT NULL, csn INTEGER NOT NULL, dead INTEGER NOT NULL, revs BLOB,
    PRIMARY KEY (session, participant, exercise, set_no)
) STRICT, WITHOUT ROWID;
CREATE INDEX exercise_set_feed ON exercise_set (scope, csn) WHERE scope > 0;

-- The state that follows from all that was said; what was said stands in the ops.
CREATE TABLE consent (
    participant  INTEGER NOT NULL,
    purpose      INTEGER NOT NULL,          -- 1 quality register, 2 research, 3 SMS, 4 sharing with NAV
    state        INTEGER,                   -- 0 none, 1 granted, 2 withdrawn
    day          INTEGER,                   -- days since 1970-01-01
    method       INTEGER,                   -- code list
    text_version INTEGER,
    scope INTEGER NOT NULL, csn INTEGER NOT NULL, dead INTEGER NOT NULL, revs BLOB,
    PRIMARY KEY (participant, purpose)
) STRICT, WITHOUT ROWID;

-- Forms as they were answered; never changed. One that was entered in error is dead and empty.
CREATE TABLE score_response (
    id          INTEGER PRIMARY KEY,
    participant INTEGER,
    instrument  INTEGER,                    -- code list
    version     INTEGER,
    occasion    INTEGER,                    -- 0 baseline, 1 midway, 2 end, 3 … 5: after 3, 6, 12 months
    day         INTEGER,
    mode        INTEGER,                    -- 0 self-filled, 1 interview, 2 proxy
    items       INTEGER,                    -- that the form has
    answered    INTEGER,                    -- of them
    answers     TEXT,                       -- item by item: whole numbers, - where skipped, commas between
    replaces    INTEGER,                    -- the response that this one corrects; 0, NULL: none
    scope INTEGER NOT NULL, csn INTEGER NOT NULL, dead INTEGER NOT NULL, revs BLOB
) STRICT;
CREATE INDEX score_response_person ON score_response (participant);
CREATE INDEX score_response_occasion ON score_response (participant, instrument, occasion);
CREATE INDEX score_response_replaces ON score_response (replaces) WHERE replaces > 0;

-- Of several responses of one person to one instrument on one occasion, the one that counts: proto/model/rule.h.
CREATE TABLE score_primary (
    participant INTEGER NOT NULL,
    instrument  INTEGER NOT NULL,
    occasion    INTEGER NOT NULL,
    response    INTEGER NOT NULL,
    PRIMARY KEY (participant, instrument, occasion)
) STRICT, WITHOUT ROWID;

-- Rows that stand in several scopes: participants (in groups), users (in clinics), and what hangs on a participant.
DROP TABLE member;
CREATE TABLE member (
    scope       INTEGER NOT NULL,
    entity      INTEGER NOT NULL,
    id          INTEGER NOT NULL,           -- first part of the row's key
    sub         INTEGER NOT NULL,           -- second part, 0: it has none
    csn         INTEGER NOT NULL,           -- place in the scope's feed: moves with every change of the row
    entered_csn INTEGER NOT NULL,           -- whole row for whoever was complete before this
    gone        INTEGER NOT NULL,           -- 1: left the scope
    PRIMARY KEY (scope, entity, id, sub)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_feed ON member (scope, entity, csn);  -- then id, sub: rows that entered with one op share a csn
CREATE INDEX member_row ON member (entity, id, sub);
