-- How many came to each session, kept in the transaction of whatever changes it: what a list of groups adds up.
CREATE TABLE turnout (
    session      INTEGER PRIMARY KEY,       -- living ones alone
    group_id     INTEGER NOT NULL,
    day          INTEGER NOT NULL,          -- days since 1970-01-01
    end_min      INTEGER NOT NULL,          -- minutes since midnight; 1440 where the session says none
    status       INTEGER NOT NULL,          -- as in session
    headcount    INTEGER,                   -- as somebody counted; NULL: nobody did
    enrolled     INTEGER NOT NULL,          -- people enrolled in the group that day
    unknown      INTEGER NOT NULL,          -- of these: nobody has said whether they came
    present      INTEGER NOT NULL,          -- of all who are marked, enrolled or not, as it is shown
    notified     INTEGER NOT NULL,
    no_show      INTEGER NOT NULL,
    not_expected INTEGER NOT NULL
) STRICT;
CREATE INDEX turnout_group ON turnout (group_id, day);
