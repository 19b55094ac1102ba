-- Who saw what on a tablet: what the tablets sent, and its place in the access log.
CREATE TABLE access (
    id          INTEGER PRIMARY KEY,
    participant INTEGER,                    -- of whom; NULL: a list
    group_id    INTEGER,                    -- lists: of this group
    resource    INTEGER,                    -- Resource of proto/samling.proto
    action      INTEGER,                    -- as in access_log
    purpose     INTEGER,                    -- AccessPurpose
    offline     INTEGER,
    persons     INTEGER,                    -- lists: how many stood on it
    scope INTEGER NOT NULL, csn INTEGER NOT NULL, dead INTEGER NOT NULL, revs BLOB
) STRICT;

ALTER TABLE access_log ADD COLUMN csn INTEGER NOT NULL DEFAULT 0;      -- where the tablet's word stands; 0: seen at the centre
ALTER TABLE access_log ADD COLUMN claimed_s INTEGER NOT NULL DEFAULT 0; -- when it was by the tablet's clock; at_s: when it came here
CREATE UNIQUE INDEX access_log_csn ON access_log (csn) WHERE csn > 0;
