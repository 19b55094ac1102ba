-- Figures that somebody reported, as they stood on that day: facts, which the journal has too. They name no participant, so what is
-- erased of a person leaves them as they are. Never changed; one that was wrong is withdrawn, and stays.

CREATE TABLE figure (
    no          INTEGER PRIMARY KEY,        -- 1, 2 …
    org         INTEGER NOT NULL,           -- the clinic
    group_id    INTEGER NOT NULL,           -- one group of it; 0: all
    first_day   INTEGER NOT NULL,           -- days since 1970-01-01
    last_day    INTEGER NOT NULL,
    title       TEXT NOT NULL,              -- what for; may be empty
    made_s      INTEGER NOT NULL,           -- the centre's clock
    made_by     TEXT NOT NULL,              -- who, as in the audit log
    epoch       INTEGER NOT NULL,           -- everything up to this csn of this epoch is counted
    csn         INTEGER NOT NULL,
    held        INTEGER NOT NULL,           -- the sums: what they mean stands in server/intake/figure.h
    cancelled   INTEGER NOT NULL,
    unsaid      INTEGER NOT NULL,
    recorded    INTEGER NOT NULL,
    expected    INTEGER NOT NULL,
    known       INTEGER NOT NULL,
    present     INTEGER NOT NULL,
    no_show     INTEGER NOT NULL,
    withdrawn_s INTEGER NOT NULL,           -- 0: it counts
    withdrawn_by TEXT NOT NULL,
    withdrawn_why TEXT NOT NULL
) STRICT;

-- Its sessions, each with its turnout (table turnout) as it was.
CREATE TABLE figure_session (
    no           INTEGER NOT NULL,
    session      INTEGER NOT NULL,
    group_id     INTEGER NOT NULL,
    day          INTEGER NOT NULL,
    end_min      INTEGER NOT NULL,
    status       INTEGER NOT NULL,
    headcount    INTEGER NOT NULL,          -- -1: nobody counted
    enrolled     INTEGER NOT NULL,
    unknown      INTEGER NOT NULL,
    present      INTEGER NOT NULL,
    notified     INTEGER NOT NULL,
    no_show      INTEGER NOT NULL,
    not_expected INTEGER NOT NULL,
    PRIMARY KEY (no, session)
) STRICT, WITHOUT ROWID;
