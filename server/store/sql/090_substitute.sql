-- Substitutes without an account: users whom a tablet made, and who they really are.

ALTER TABLE user ADD COLUMN provisional INTEGER;  -- 1: a tablet made it; a coordinator has yet to say who that is
ALTER TABLE user ADD COLUMN vouched_by INTEGER;   -- the user who vouched, on the tablet
ALTER TABLE user ADD COLUMN shown_as INTEGER;     -- the user who that really is; 0, NULL: not said
CREATE INDEX user_provisional ON user (id) WHERE provisional = 1;
