-- What the console lists: cases that are closed, the newest first, and what was put aside and may rest.
CREATE INDEX conflict_case_closed ON conflict_case (changed_csn, no) WHERE open = 0;
CREATE INDEX verdict_rests ON verdict (csn) WHERE kind = 5 AND closed = 1;

-- What was decided of cases, and who was linked, by whom it is about.
CREATE INDEX access_log_decided ON access_log (participant, audit_no) WHERE action = 2 AND resource IN ('case', 'link');
