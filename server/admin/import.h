/* What a spreadsheet of persons comes to: which rows are new persons of which groups, which are there already, which are refused
 * and why. Nothing is made here; verbs_import.c does that.
 *
 *   one person   a name in a group, letters of either case. Whoever is enrolled there, in whatever state but by error, is there
 *                already, and so is who is shown as one of those; nothing of that person is changed
 *   two rows     of one name in one group are one person if they say the same of it in the columns that are imported, else the
 *                second is refused: which one is right is not guessed */
#ifndef ADMIN_IMPORT_H
#define ADMIN_IMPORT_H

#include "proto/base/csv_table.h"
#include "server/admin/verbs.h"

#define IMPORT_GROUPS_MAX 500u    /* of one sheet */
#define IMPORT_PERSONS_MAX 10000u /* made in one transaction, as participant add --count: the others at the next call */
#define IMPORT_GROUP_PERSONS 40u  /* more than a group is for: a warning */

enum import_outcome { IMPORT_NEW, IMPORT_THERE, IMPORT_TWICE, IMPORT_LATER, IMPORT_REFUSED };

/* Why a row is refused; words in import.c. */
enum import_refusal {
    IMPORT_FINE,
    IMPORT_UNREADABLE,
    IMPORT_NO_NAME,
    IMPORT_LONG_NAME,
    IMPORT_NO_GROUP,
    IMPORT_LONG_GROUP,
    IMPORT_UNKNOWN_GROUP,
    IMPORT_MANY_GROUPS,
    IMPORT_TOO_MANY_GROUPS,
    IMPORT_BIRTH_YEAR,
    IMPORT_PLANNED,
    IMPORT_OTHER_BIRTH_YEAR,
    IMPORT_DIFFERS
};

struct import_columns {
    int name, group, birth_year, planned; /* SAM_CSV_NONE: there is none */
};

struct import_group {
    const char *word;                    /* as the sheet writes it */
    char folded[SAM_NAME_BYTES_MAX + 1]; /* for comparing */
    uint64_t id;                         /* 0: to be made */
    unsigned shown; /* its own place, or that of the same group under another word: its code and its name */
    enum import_refusal refusal;
    unsigned there, fresh; /* enrolled already, new ones of this import */
};

struct import_row {
    uint32_t number;
    enum import_outcome outcome;
    enum import_refusal refusal;
    uint32_t other; /* the number of the row that it differs from, or the birth year that is known */
    unsigned group;
    uint16_t birth_year, planned; /* 0: not said */
    const char *name;
};

struct import_person;
struct import_name;

struct import {
    struct verb_context *v;
    const struct sam_csv *t;
    struct import_columns column;
    uint64_t clinic; /* groups of this one only, 0: of all */
    bool make_groups;
    struct import_row *row; /* one for each of the table */
    struct import_group group[IMPORT_GROUPS_MAX];
    unsigned group_count;
    struct import_name *name; /* the groups that are there, read once */
    size_t name_count, name_room;
    bool names_read;
    unsigned count[IMPORT_REFUSED + 1]; /* rows by outcome */
    struct import_person *person;
    size_t person_count, person_room;
    uint32_t *head; /* of chains of persons with one hash */
};

/**
 * import_plan(p): look at every row. v, t, column, clinic and make_groups are given, the rest is zeroed.
 *   owns    names and words are borrowed from the table; freed with import_fini, also after a failure
 *   errors  as the store; SAM_ENOMEM
 */
int import_plan(struct import *p);
void import_fini(struct import *p);
/* import_refusal_word(refusal): for scripts. import_refusal_text(p, row, out, size): for people. */
const char *import_refusal_word(enum import_refusal refusal);
void import_refusal_text(const struct import *p, size_t row, char *out, size_t size);

#endif
