-- Erasing is asked and confirmed in the console too: who asked, beside a user of the machine, and by what names that one is known.
ALTER TABLE erase_request ADD COLUMN account INTEGER NOT NULL DEFAULT 0;  -- of the console; 0: uid asked
ALTER TABLE erase_request ADD COLUMN user_id INTEGER NOT NULL DEFAULT 0;  -- row of table user who that account is; 0: none
ALTER TABLE erase_request ADD COLUMN login TEXT NOT NULL DEFAULT '';      -- the name that the account or the user of the machine logs in with
ALTER TABLE erase_request ADD COLUMN called TEXT NOT NULL DEFAULT '';     -- --operator, or the user's name

-- Lists that were seen, by group: who may have seen somebody on one is found without reading the whole log.
CREATE INDEX access_log_list ON access_log (group_id, audit_no) WHERE participant = 0;
