-- Which case a notice is about, whether a coordinator let a quarantined op rest, and whether the centre, which was restored,
-- has not said it again yet.
ALTER TABLE notice ADD COLUMN case_no INTEGER NOT NULL DEFAULT 0;
ALTER TABLE notice ADD COLUMN closed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE notice ADD COLUMN stale INTEGER NOT NULL DEFAULT 0;

-- The op had no effect, or not a whole one, at the csn that its ack named: after a loss that place must not be told.
ALTER TABLE op ADD COLUMN unplaced INTEGER NOT NULL DEFAULT 0;

-- How often the store was opened. Each opening leaves a commit of its own.
CREATE TABLE start (count INTEGER NOT NULL);
INSERT INTO start VALUES (0);
