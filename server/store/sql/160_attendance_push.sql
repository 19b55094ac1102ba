-- Which batches say something about a mark in a session, whatever became of it: what was ever said of one mark is found without reading
-- every batch. Derived, by intake as it takes a batch in (server/intake/said.c).
CREATE TABLE attendance_push (
    session   INTEGER NOT NULL,
    first_csn INTEGER NOT NULL,             -- of the batch
    PRIMARY KEY (session, first_csn)
) STRICT, WITHOUT ROWID;
