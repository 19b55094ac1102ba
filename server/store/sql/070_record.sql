-- What is written, rated and agreed about persons, and what that belongs to. Columns after the fields as in 020_rows.sql.

-- What somebody wrote about a person; never changed.
CREATE TABLE note (
    id          INTEGER PRIMARY KEY,
    participant INTEGER,
    author      INTEGER,                    -- the user who wrote it
    role        INTEGER,                    -- the author's, when it was written
    day         INTEGER,                    -- that it is about: days since 1970-01-01
    text        TEXT,
    subject     TEXT,
    visibility  INTEGER,                    -- 0 the team, 1 those of the author's role
    replaces    INTEGER,                    -- the note that this one corrects; 0, NULL: none
    scope INTEGER NOT NULL, csn INTEGER NOT NULL, dead INTEGER NOT NULL, revs BLOB
) STRICT;
CREATE INDEX note_person ON note (participant);

-- One meeting with a person or about one.
CREATE TABLE contact (
    id           INTEGER PRIMARY KEY,
    participant  INTEGER,
    day          INTEGER,
    minutes      INTEGER,
    mode         INTEGER,                   -- 0 on site, 1 phone, 2 video
    with_whom    INTEGER,                   -- 0 the person, 1 NAV, 2 employer, 3 general practitioner, 4 somebody else
    role         INTEGER,                   -- Role
    sector       INTEGER,                   -- 0 unknown, 1 somatic, 2 mental health, 3 NAV, 4 municipality
    work_focus   INTEGER,                   -- 1: work was a theme
    intervention INTEGER,
    episode      INTEGER,
    scope INTEGER NOT NULL, csn INTEGER NOT NULL, dead INTEGER NOT NULL, revs BLOB
) STRICT;
CREATE INDEX contact_person ON contact (participant);

-- How it stands with somebody's work; never changed.
CREATE TABLE work_status (
    id          INTEGER PRIMARY KEY,
    participant INTEGER,
    day         INTEGER,
    status      INTEGER,                    -- NNRR: 0 not filled, 1 working, 2 student, 3 unemployed, 4 retired, 5 at home,
                                            -- 6 sick leave, 7 work assessment allowance, 8 disability pension
    employed    INTEGER,
    sick_leave_percent INTEGER,
    working_percent    INTEGER,
    replaces    INTEGER,
    scope INTEGER NOT NULL, csn INTEGER NOT NULL, dead INTEGER NOT NULL, revs BLOB
) STRICT;
CREATE INDEX work_status_person ON work_status (participant);

-- How hard it felt in a session; never changed. Of one that was entered in error it stays known where it stood.
CREATE TABLE exertion (
    id           INTEGER PRIMARY KEY,
    session      INTEGER,
    participant  INTEGER,
    scale        INTEGER,                   -- 0 RPE, 1 CR10
    moment       INTEGER,                   -- 0 before, 1 at the peak, 2 after
    value_tenths INTEGER,
    evidence     INTEGER,                   -- as attendance.evidence
    replaces     INTEGER,
    scope INTEGER NOT NULL, csn INTEGER NOT NULL, dead INTEGER NOT NULL, revs BLOB
) STRICT;
CREATE INDEX exertion_feed ON exertion (scope, csn) WHERE scope > 0;
CREATE INDEX exertion_session ON exertion (session);
CREATE INDEX exertion_person ON exertion (participant);

-- Activities of the PSFS, in each person's words; never changed.
CREATE TABLE psfs_activity (
    id          INTEGER PRIMARY KEY,
    participant INTEGER,
    ordinal     INTEGER,                    -- 1 … 5
    words       TEXT,
    icf         TEXT,                       -- code of ICF
    episode     INTEGER,
    replaces    INTEGER,
    scope INTEGER NOT NULL, csn INTEGER NOT NULL, dead INTEGER NOT NULL, revs BLOB
) STRICT;
CREATE INDEX psfs_activity_person ON psfs_activity (participant);

-- Versions of interventions; only active changes.
CREATE TABLE intervention (
    id                 INTEGER PRIMARY KEY,
    code               INTEGER,
    version            INTEGER,
    name               TEXT,
    individual         INTEGER,             -- 0: for groups
    planned_sessions   INTEGER,
    planned_minutes    INTEGER,
    nav_needed         INTEGER,
    completion_percent INTEGER,
    consecutive_misses INTEGER,
    return_days        INTEGER,
    needs_end_score    INTEGER,
    active             INTEGER,
    scope INTEGER NOT NULL, csn INTEGER NOT NULL, dead INTEGER NOT NULL, revs BLOB
) STRICT;

ALTER TABLE groups ADD COLUMN intervention INTEGER;   -- the version that it follows; 0, NULL: none
ALTER TABLE session ADD COLUMN intervention INTEGER;

-- Periods of referral.
CREATE TABLE episode (
    id                INTEGER PRIMARY KEY,
    participant       INTEGER,
    org               INTEGER,
    referral_day      INTEGER,
    source            INTEGER,              -- 0 unknown, 1 general practitioner, 2 specialist, 3 NAV, 4 employer, 5 self, 6 other
    assessed_day      INTEGER,
    entitled          INTEGER,              -- 0 no, 1 yes, 2 unknown
    deadline_day      INTEGER,
    first_contact_day INTEGER,
    target_group      INTEGER,              -- 0 unknown, 1 musculoskeletal, 2 common mental complaints, 3 mixed
    goal              INTEGER,              -- 0 unknown; work: 1 keep, 2 resume; education: 3 keep, 4 resume
    outcome           INTEGER,              -- 0 none yet, 1 own service, 2 inpatient, 3 outpatient follow-up, 4 municipality
    scope INTEGER NOT NULL, csn INTEGER NOT NULL, dead INTEGER NOT NULL, revs BLOB
) STRICT;
CREATE INDEX episode_person ON episode (participant);

ALTER TABLE enrolment ADD COLUMN episode INTEGER;     -- 0, NULL: none

-- Who leads.
CREATE TABLE session_leader (
    session INTEGER NOT NULL,
    user    INTEGER NOT NULL,
    role    INTEGER,                        -- Role
    scope INTEGER NOT NULL, csn INTEGER NOT NULL, dead INTEGER NOT NULL, revs BLOB,
    PRIMARY KEY (session, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX session_leader_feed ON session_leader (scope, csn) WHERE scope > 0;

CREATE TABLE group_leader (
    group_id INTEGER NOT NULL,
    user     INTEGER NOT NULL,
    role     INTEGER,
    scope INTEGER NOT NULL, csn INTEGER NOT NULL, dead INTEGER NOT NULL, revs BLOB,
    PRIMARY KEY (group_id, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_leader_feed ON group_leader (scope, csn) WHERE scope > 0;
