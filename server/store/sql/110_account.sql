-- Accounts of the console: who may log in, with what, and what for. Facts, which the journal has too. They are no rows that sync: no
-- tablet is ever told of them.

CREATE TABLE account (
    id               INTEGER PRIMARY KEY,       -- minted
    user_id          INTEGER NOT NULL,          -- row of table user; 0: none (an admin, an auditor)
    name             TEXT NOT NULL UNIQUE,      -- to log in with; small letters
    state            INTEGER NOT NULL,          -- 1 invited, 2 active, 3 disabled
    stamp            INTEGER NOT NULL,          -- rises when state, password, second step or roles change
    password         TEXT NOT NULL,             -- Argon2id with its parameters and salt; empty: none
    secret           BLOB NOT NULL,             -- of the second step, sealed under the master key; empty: none
    step             INTEGER NOT NULL,          -- the last step of which a code was taken
    invite           BLOB NOT NULL,             -- SHA-256 of the one-time code; empty: not invited
    invite_expires_s INTEGER NOT NULL,
    locked_until_s   INTEGER NOT NULL,          -- after too many wrong tries; 0: not
    made_s           INTEGER NOT NULL,
    login_s          INTEGER NOT NULL           -- the last one; 0: none
) STRICT;
CREATE INDEX account_invite ON account (invite) WHERE length(invite) > 0;

CREATE TABLE account_role (
    account  INTEGER NOT NULL,
    no       INTEGER NOT NULL,                  -- 1, 2 …
    role     INTEGER NOT NULL,                  -- 1 admin, 2 coordinator, 3 physiotherapist, 4 NAV adviser, 5 auditor
    org      INTEGER NOT NULL,                  -- at this unit and all below it; 0: the whole centre
    from_day INTEGER NOT NULL,                  -- days since 1970: the first
    to_day   INTEGER NOT NULL,                  -- the last; 0: no end
    PRIMARY KEY (account, no)
) STRICT, WITHOUT ROWID;

CREATE TABLE account_code (
    account INTEGER NOT NULL,
    no      INTEGER NOT NULL,                   -- 1 … 10
    hash    BLOB NOT NULL,                      -- SHA-256 of a recovery code
    used_s  INTEGER NOT NULL,                   -- 0: not yet
    PRIMARY KEY (account, no)
) STRICT, WITHOUT ROWID;
