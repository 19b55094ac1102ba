/* A clinic with two tablets and its centre on files: the real intake, store, journal, feed and SDK (tests/lib/pump.h), and a witness in
 * memory that outlives the process: what was called saved, acked or done, noted just when the call that says so returned.
 *
 * A world is made once, at rest, in a folder; each run of a sweep has a copy. While it runs, whatever the harness of pump.h calls
 * impossible is what the server does with an error: the transaction is rolled back, the connection ends. Where a commit says SAM_EIO the
 * process ends there, as samlingd does. */
#ifndef TORTURE_WORLD_H
#define TORTURE_WORLD_H

#include "tests/lib/pump.h"
#include "tests/torture/fail.h"

enum { WORLD_PERSONS = 6, WORLD_TABLETS = 2, WORLD_OUTBOX = 5, WORLD_NOW_S = 20833 * 86400 + 36000 };

/* What must be found afterwards. Shared memory. */
struct witness {
    uint64_t saved[WORLD_TABLETS + 1]; /* ops that a tablet said are saved */
    uint64_t maybe[WORLD_TABLETS + 1]; /* ops of a save that failed with SAMLING_EIO: saved or not, all of them */
    uint64_t acked[WORLD_TABLETS + 3]; /* by device number - 2: the last seq of which an ack left the centre */
    uint64_t made[4];                  /* ids of rows that the centre said are made */
    unsigned makes;
    unsigned acks_after_failure; /* acks of a push in whose transaction something had failed */
    unsigned errors;             /* calls that said no */
    bool ended;                  /* the centre's process ended: a commit or an open said SAM_EIO */
    bool complete;               /* the story came to its end */
    bool jumped;                 /* a harness function was left in the middle: its own memory is not freed */
    unsigned long count, hits;
    long leaked;
    char name[16];
    char wrong[200];
};

struct world {
    struct pump p;
    uint64_t org, group, user, person[WORLD_PERSONS], session;
    struct witness *seen;
    bool third; /* a new tablet joins in this story */
    bool
        thin; /* SQLite keeps hardly a page: all is read anew from the file, and can fail where else it would be at hand */
    char invite[200];
    uint64_t base_seq[WORLD_TABLETS + 1]; /* ops of the tablets when the world was made */
};

/* world_make(w, folder): the world at rest, its files closed; tablet 0 has WORLD_OUTBOX ops that wait. */
void world_make(struct world *w, const char *folder);
/* world_copy(w, folder): from now on ${w} is the copy in that folder. */
void world_copy(struct world *w, const char *folder);

/* ---- while things fail: 0 or the error, which is counted in the witness */

int world_centre_open(struct world *w);
int world_tablet_open(struct world *w, unsigned i);
/* world_close(w): whatever is open. */
void world_close(struct world *w);
/* world_saved(w, i, err, ops): what a save of tablet ${i} said; returns ${err}. */
int world_saved(struct world *w, unsigned i, int err, unsigned ops);
/* world_told(w): the run is over; what was counted stands in the witness, and nothing fails any more. */
void world_told(struct world *w);
/* world_try(w, step, ctx): a step made of the harness's words; where it is left in the middle, the transaction is rolled back and all
 * lines are cut: SAM_EIO. Where the centre's disk has failed the process ends. */
int world_try(struct world *w, void (*step)(struct world *w, void *ctx), void *ctx);
/* world_sync(w, i): a sync of tablet ${i}, to its end or as far as it comes. */
int world_sync(struct world *w, unsigned i);
/* world_approve(w, i): tablet ${i} may read and write, as a verb of the centre says it. */
int world_approve(struct world *w, unsigned i);
/* world_reopen_broken(w): a tablet whose disk did not take a commit says no to everything until its store is opened anew. */
void world_reopen_broken(struct world *w);
int world_error(struct world *w, int err);

/* ---- afterwards, nothing fails any more */

/* world_check(w): opened anew, finished, everything that the witness names is there, once, and all is sound. Returns how many things
 * are wrong; the first stands in w->seen->wrong. */
unsigned world_check(struct world *w);

/* ---- stories */

struct story {
    const char *name;
    int (*play)(struct world *w);
};
extern const struct story stories[];
extern const unsigned story_count;

#endif
