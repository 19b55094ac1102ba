/* What a spreadsheet of attendance comes to: row by row a mark in a session, or why not. Nothing is saved here; verb_import.c does
 * that.
 *
 *   slot      a group, a day and what is said of the time: one session, which is there or is to be made
 *   evidence  "from the list": nobody was asked one by one, somebody wrote a list. There is no value for an import, and this is
 *             the weakest true one: any tap on a tablet outweighs it. A walk-in alone counts as tapped, as the library makes it:
 *             somebody wrote that one down because it came
 *   no        what is marked on the tablet already is never changed by a list: an equal mark is left out, another one is refused */
#ifndef CLI_IMPORT_H
#define CLI_IMPORT_H

#include "cli.h"
#include "proto/base/csv_table.h"

#define IMPORT_NAME_BYTES_MAX 120
#define IMPORT_BACK_DAYS 84 /* the tablet holds sessions of 12 weeks: what lies before them it would not see again */

#define IMPORT_SESSIONS_MAX 5000u /* of one sheet: sixty a day for as long as the tablet looks back */

enum import_when { WHEN_ANY = -1, WHEN_AM = -2, WHEN_PM = -3 }; /* else a minute of the day */

enum import_outcome {
    IMPORT_MARK,
    IMPORT_WALK_IN,
    IMPORT_THERE,
    IMPORT_TWICE,
    IMPORT_BLANK,
    IMPORT_REFUSED,
    IMPORT_OUTCOMES
};

/* Why a row is refused; words in import.c. */
enum import_refusal {
    IMPORT_FINE,
    IMPORT_UNREADABLE,
    IMPORT_NO_GROUP,
    IMPORT_UNKNOWN_GROUP,
    IMPORT_MANY_GROUPS,
    IMPORT_NO_PERSON,
    IMPORT_BAD_DAY,
    IMPORT_NO_WEEK,
    IMPORT_FUTURE,
    IMPORT_PAST,
    IMPORT_BAD_TIME,
    IMPORT_BAD_ATTENDED,
    IMPORT_TOO_MANY_SESSIONS,
    IMPORT_VAGUE_TIME,
    IMPORT_MANY_SESSIONS,
    IMPORT_OTHER_TIME,
    IMPORT_CANCELLED,
    IMPORT_NOT_IN_GROUP,
    IMPORT_MANY_PERSONS,
    IMPORT_ABSENT_STRANGER,
    IMPORT_LONG_NAME,
    IMPORT_DIFFERS,
    IMPORT_MARKED
};

struct import_row {
    enum import_outcome outcome;
    enum import_refusal refusal;
    uint32_t other; /* the number of the row that it differs from, or the presence that is marked */
    size_t slot;
    uint64_t participant; /* of a walk-in: 0 where the person is to be made */
    int presence;
    const char *person; /* as the sheet writes it */
};

struct import_slot {
    const struct samling_group *group;
    int32_t day;
    int when;
    uint64_t session; /* 0: to be made */
    int start;        /* of one to be made; -1: not said */
    bool untimed;     /* the session is there and says no time */
    enum import_refusal refusal;
    unsigned marks;          /* of this import */
    size_t *row, rows, room; /* places in the table */
};

struct roll;

struct import {
    struct cli *c;
    struct sam_csv t;
    int group, person, day, time, attended; /* columns; SAM_CSV_NONE: there is none */
    bool has_week, walk_in;
    int32_t monday, today;
    struct samling_group *groups;
    size_t group_count;
    struct import_row *row; /* one for each of the table */
    struct import_slot *slot;
    size_t slots, slot_room;
    struct roll *guests; /* of each of the groups, once they are asked for */
    unsigned count[IMPORT_OUTCOMES];
};

/* import_plan(p): look at every row. c, t, the columns and options are given, the rest is zeroed; import_fini frees all of it. 0, or
 * an exit code. */
int import_plan(struct import *p);
void import_fini(struct import *p);
/* import_refusal_word: for scripts. import_refusal_text(p, row, out, size): for people. */
const char *import_refusal_word(enum import_refusal refusal);
void import_refusal_text(const struct import *p, size_t row, char *out, size_t size);

#endif
