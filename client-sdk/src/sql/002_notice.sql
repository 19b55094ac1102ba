-- Which case a notice is about, whether a coordinator let a quarantined op rest, and whether the centre, which was restored,
-- has not said it again yet.
ALTER TABLE notice ADD COLUMN case_no INTEGER NOT NULL DEFAULT 0;
ALTER TABLE notice ADD COLUMN closed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE notice ADD COLUMN stale INTEGER NOT NULL DEFAULT 0;
