/* What is there, in the words in which a story expects it. Each got_* adds to ${out}, or to lines that are put in order. */
#ifndef TESTS_SCENARIO_FOUND_H
#define TESTS_SCENARIO_FOUND_H

#include "tests/scenario/story.h"

enum { FOUND_STATES = 4 };
extern const char *const verdict_words[SAM_VERDICT_COUNT]; /* by enum sam_verdict */
extern const char *const state_words[FOUND_STATES];        /* by enum samling_record_state */

/* Lines in order, so that it does not matter in which they were found. */
struct lines {
    char *at[STORY_NAMES_MAX * 4];
    unsigned count;
};
/* lines_add(l, text): a copy; ${text} is empty then. lines_say(l, between, out): all of them, sorted; none is left. */
void lines_add(struct lines *l, struct sam_buf *text);
void lines_say(struct lines *l, const char *between, struct sam_buf *out);

/* "nothing", "removed", or the fields. */
void got_row(struct play *y, const struct sam_key *key, struct sam_buf *out);
/* A line for each live candidate of a unit: "present, tapped by A". */
void got_values(struct play *y, const struct sam_key *key, unsigned unit, struct lines *l);
/* A line for each case that is open, or that is closed. */
void got_cases(struct play *y, bool open, struct lines *l);
void case_say(struct play *y, const struct store_case *c, struct sam_buf *out);
/* A word for each op of a tablet that is at the centre. */
void got_verdicts(struct play *y, const struct pump_tablet *t, struct sam_buf *out);
/* What a tablet's sheet shows of a person, and what it holds of a row. */
void got_screen(struct play *y, struct pump_tablet *t, uint64_t session, uint64_t person, struct sam_buf *out);
void got_copy(struct play *y, struct pump_tablet *t, const struct sam_key *key, struct sam_buf *out);

#endif
