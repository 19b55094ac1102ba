/* Whom a row of a spreadsheet can mean: who is on the list of a session, and who was a guest of its group before. */
#ifndef CLI_IMPORT_ROLL_H
#define CLI_IMPORT_ROLL_H

#include "import.h"

struct known {
    uint64_t id; /* 0: a guest of this import, who has none yet */
    char folded[IMPORT_NAME_BYTES_MAX + 1];
    int presence; /* marked on the tablet; -1: nothing is */
    uint32_t row; /* of the sheet, which has said something of this person; 0: none yet */
    int says;
};

struct roll {
    struct known *at;
    size_t count, room;
    bool is_read; /* for import.c */
};

/* import_roll_open(p, s, r): who is on the list of the slot's session, or would be. An exit code; import_roll_close also after a
 * failure. */
int import_roll_open(struct import *p, const struct import_slot *s, struct roll *r);
/* import_roll_guests(p, g, r): who was marked in a session of the group that this tablet holds, once each. */
int import_roll_guests(struct import *p, const struct samling_group *g, struct roll *r);
void import_roll_close(struct roll *r);
struct known *import_roll_add(struct roll *r, uint64_t id, const char *name);
/* import_roll_find: how many it could be; a name goes before a number. ${out}: one of them. */
unsigned import_roll_find(const struct roll *r, const char *person, struct known **out);

#endif
