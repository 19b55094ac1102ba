-- Who saw what of whom: facts. Each row belongs to a line of the audit log, whose column facts holds the hash over all rows of that
-- line (server/intake/access.c); so the audit log's chain, of which every tablet is told the head, covers them.
CREATE TABLE access_log (
    audit_no    INTEGER NOT NULL,           -- the line of the audit log
    part        INTEGER NOT NULL,           -- 1, 2 …: a line about several people has several
    at_s        INTEGER NOT NULL,           -- the centre's clock
    user_id     INTEGER NOT NULL,           -- row of table user; 0: an operator of the centre's machine
    actor       TEXT NOT NULL,              -- who that was, as in the audit log
    role        INTEGER,                    -- Role of proto/samling.proto; NULL: operator
    device_no   INTEGER NOT NULL,           -- where it was seen; 1: at the centre
    participant INTEGER NOT NULL,           -- of whom; 0: a list
    group_id    INTEGER NOT NULL,           -- lists: of this group; 0: of all
    count       INTEGER NOT NULL,           -- lists: rows
    resource    TEXT NOT NULL,              -- what: attendance, score, case …
    action      INTEGER NOT NULL,           -- 1 read, 2 write, 3 export, 4 print
    purpose     TEXT NOT NULL,              -- why, as it was said; empty: nothing was
    offline     INTEGER NOT NULL,           -- 1: seen without contact with the centre
    PRIMARY KEY (audit_no, part)
) STRICT, WITHOUT ROWID;
CREATE INDEX access_log_person ON access_log (participant, audit_no) WHERE participant > 0;
