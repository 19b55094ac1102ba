-- What a form says beside its answers, and what they score.

ALTER TABLE score_response ADD COLUMN scale_0_means INTEGER; -- 1 the worst, 2 the best; NULL: not stated
ALTER TABLE score_response ADD COLUMN language TEXT;         -- of the form, as BCP 47 has it
ALTER TABLE score_response ADD COLUMN held_by INTEGER;       -- who held the tablet: 1 the person, 2 the author, 3 somebody else

-- The score of each living form, derived from its answers by proto/model/instrument.def as this program has it. A form that has
-- none stands here too, with the reason. What is shown (a mean, a percentage) follows from sum and count: proto/model/score.h.
CREATE TABLE score (
    response     INTEGER PRIMARY KEY,
    instrument   INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    rule_version INTEGER NOT NULL,          -- by which it was made; 0: the instrument is not listed
    valid        INTEGER NOT NULL,          -- 1: there is a score; else sum and count are 0
    why          INTEGER NOT NULL,          -- 0 valid, else enum sam_score_why
    sum          INTEGER NOT NULL,          -- of the answers, reversed items turned
    count        INTEGER NOT NULL,          -- of the answers given
    better       INTEGER NOT NULL           -- 1 load, 2 higher, 3 lower; 0: unknown, or codes
) STRICT;
CREATE INDEX score_rule ON score (instrument, version, rule_version);
