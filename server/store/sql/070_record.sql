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
