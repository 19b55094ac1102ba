-- What a device says it is.
ALTER TABLE device ADD COLUMN app TEXT NOT NULL DEFAULT '';   -- which program, and its version; '': it has not said
ALTER TABLE device ADD COLUMN model TEXT NOT NULL DEFAULT ''; -- on what it runs
