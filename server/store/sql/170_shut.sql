-- Records that are barred at the person's wish (pasientjournalloven section 17).
ALTER TABLE participant ADD COLUMN shut INTEGER;  -- 1: what stands in it is shown to nobody but for a stated reason; NULL, 0: it is not
CREATE INDEX participant_shut ON participant (id) WHERE shut = 1;
