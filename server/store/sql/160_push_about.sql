-- Which batches say something about what: what was ever said of one mark, or of one session since a day, is found without reading every
-- batch. Derived, by intake as it takes a batch in (server/intake/said.c).
CREATE TABLE push_about (
    subject   INTEGER NOT NULL,             -- a session, its marks too; a group, its enrolments too; else the entity's tag
    first_csn INTEGER NOT NULL,             -- of the batch
    PRIMARY KEY (subject, first_csn)
) STRICT, WITHOUT ROWID;
