/* Scenario files: one story each, told line by line in words that a physiotherapist can read, with what must come of it.
 *
 *   # what the story is about
 *   today 2026-10-05                            the centre's date (at 08:00); clocks of tablets go with it
 *   clinic Nord                                 made by the console, as all that follows
 *   group Tirsdag at Nord
 *   people Person-1..12 in Tirsdag              a line with a..b is told once for each number
 *   session tuesday of Tirsdag on 2026-10-06
 *   tablets A B at Nord                         joined, approved and filled; on each a user of that name marks
 *   A: mark tuesday Person-1: present, minutes 40
 *   A: add session extra of Tirsdag on 2026-10-08 at 10:00
 *   A: walk-in tuesday guest: name Kari Ny      somebody who is on no list came; may be named guest from here on
 *   A: vouch new: name Kari, role 5             a substitute without an account; may be named new from here on; A: vouch refused …
 *   A: user new                                 who holds the tablet from here on
 *   A: session tuesday: cancelled, reason 3
 *   A: open tuesday                             the form stays as it is seen now, until it is opened again
 *   A: clock +3 days | A: power off and on
 *   A: mark everybody of tuesday: present       the whole sheet, in one save
 *   A full: mark everybody of tuesday: present  its disk is full: refused, as a whole; then there is room again
 *   A: app of schema 1                          its replica is what an app of that schema left; today's takes over
 *   copy A as B                                 another tablet with all that A's disk holds; neither knows
 *   find session there of Tirsdag on 2026-10-08 names the one that the centre has: for ids that a copy minted anew
 *   A: set TABLE KEY: fields | create TABLE NAME: fields | clear TABLE KEY: columns | remove TABLE KEY
 *   A refused: set … | create …                 what the tablet does not save: out of range, or not its to say
 *   console: set TABLE KEY: fields (or create, clear, remove) | move Person-1 from G1 to G2 | revoke A | plan
 *   console meanwhile: …                        from a page that is read now; takes its turn in the next sync any order
 *   console refused: …                          must be refused
 *   wait 14 days
 *   sync A | sync A cut at every byte | sync any order twice
 *   expect …                                    see expect.c
 *
 * Each file is played once for every order in which the tablets (and the console, if it has something to say) can take their
 * turn; what stands at the centre and on the tablets at the end must be the same for all. In "cut at every byte" the line
 * breaks and the tablet's power goes behind the 1st, the 2nd … byte of that sync, and the rest is played each time, in one order
 * after the other.
 * A file that expects nothing fails; so does a word that is not known.
 *
 * Values are numbers, words (present, cancelled …), names of rows, dates, clock times or texts without ", ". A word that only
 * one column can have stands alone. Of a row that is expected every column is meant: what is not named is empty. */
#ifndef TESTS_SCENARIO_STORY_H
#define TESTS_SCENARIO_STORY_H

#include "tests/lib/pump.h"

enum {
    STORY_NAMES_MAX = 160,
    STORY_WORDS_MAX = 24,
    STORY_LATER_MAX = 64,
    STORY_OPENED_MAX = 16,
    STORY_REPORT_BYTES = 6000,
    STORY_DAY_S = 86400,
    STORY_MORNING_S = 8 * 3600, /* a day's story begins at this time */
    STORY_NAME_DEVICE = 255     /* a name's entity: a tablet */
};

struct story_line {
    unsigned no;
    char *text; /* owned */
};

struct story {
    char name[96]; /* the file's, without folder and ending */
    struct story_line *line;
    unsigned lines;
};

/* story_read(st, path, why): a file's lines. false: ${why} says why not. story_fini: also after a failure. */
bool story_read(struct story *st, const char *path, char why[160]);
void story_fini(struct story *st);

struct story_name {
    char word[48];
    uint8_t entity;
    uint64_t id; /* of a tablet: its place in the pump */
};

/* One telling of a story: in one order. */
struct play {
    const struct story *st;
    struct pump *p;
    const char *folder;     /* for its files, with sub-folders centre and kept */
    unsigned order, orders; /* this one; how many there are (known when a sync any order was reached) */
    bool quick;             /* stop at the first thing that is not as expected */
    unsigned at;            /* line being told */
    uint64_t cut, cuts;     /* bytes of the cut under way, 0: none; how many there were */
    unsigned expects, failures;
    bool broken; /* a line that cannot be told: the rest is not tried */
    char report[STORY_REPORT_BYTES];
    char *end, **end_first; /* the end state in words; that of the first telling, to which others are compared */
    struct story_name name[STORY_NAMES_MAX];
    unsigned names;
    struct {
        const char *act;
        unsigned line;
        uint64_t base_csn;
    } later[STORY_LATER_MAX];
    unsigned laters;
    struct {
        unsigned tablet;
        uint64_t session;
    } opened[STORY_OPENED_MAX];
    unsigned openeds;
};

/* story_play(st, folder, quick, report): tell it in every order. Returns how much was not as expected; ${report} says what,
 * or where all is, where the line was cut. */
unsigned story_play(const struct story *st, const char *folder, bool quick, char report[STORY_REPORT_BYTES]);

/* story_folder_remove(folder): what plays left there, and the folder. */
void story_folder_remove(const char *folder);

/* ---- inside */

/* play_fail(y, fmt): not as expected. play_break: this line cannot be told; always false. */
void play_fail(struct play *y, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool play_break(struct play *y, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A line in words: those before the first ": ", and what stands behind it. */
struct words {
    char buf[256];
    const char *word[STORY_WORDS_MAX];
    unsigned count;
    const char *rest; /* NULL: no colon */
};
/* words_split(text, w): false: too long. words_are(w, pattern): as many words, and equal where the pattern has no "*". */
bool words_split(const char *text, struct words *w);
bool words_are(const struct words *w, const char *pattern);

bool name_add(struct play *y, const char *word, uint8_t entity, uint64_t id);
const struct story_name *name_find(const struct play *y, const char *word);
/* name_of(y, entity, id, out): its name; "unnamed"; of what is no row (entity 0) the number. */
const char *name_of(const struct play *y, uint8_t entity, uint64_t id, char out[48]);
struct pump_tablet *tablet_find(struct play *y, const char *word);

/* read_key(y, w, first, count, key): TABLE KEY… from these words. read_fields(y, text, row): "present, minutes 40".
 * read_day(word, day): 2026-10-06. On failure the play is broken. */
bool read_key(struct play *y, const struct words *w, unsigned first, unsigned count, struct sam_key *key);
bool read_fields(struct play *y, const char *text, struct sam_row *row);
bool read_day(const char *word, int64_t *day);
bool read_number(const char *word, uint64_t *out);
int field_find(const struct sam_entity_def *def, const char *column, size_t len);
/* Into words again, as a file says it. */
void say_key(const struct play *y, const struct sam_key *key, struct sam_buf *out);
void say_fields(const struct play *y, const struct sam_row *row, struct sam_buf *out);
void say(struct sam_buf *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
const char *said(struct sam_buf *out); /* as a text, until the next say */

/* act(y, who, text): what a tablet does. act_console(y, text, base_csn): 0: it sees what is there. */
bool act_tablet(struct play *y, struct pump_tablet *t, const char *text);
bool act_refused(struct play *y, struct pump_tablet *t, const char *text);
bool act_full(struct play *y, struct pump_tablet *t, const char *text);
/* act_store(y, t, w): what happens to a tablet as a thing; false and not broken: this line is none of it. */
bool act_store(struct play *y, struct pump_tablet *t, const struct words *w);
bool act_copy(struct play *y, const char *from, const char *as);
bool act_find(struct play *y, const struct words *w);
bool act_console(struct play *y, const char *text, uint64_t base_csn, bool refused);
bool act_setup(struct play *y, const struct words *w); /* today, clinic, group, people, session, tablets */
bool expect(struct play *y, const char *text);
/* end_say(y, out): what stands at the centre and on the tablets, without numbers that depend on the order. */
void end_say(struct play *y, struct sam_buf *out);

#endif
