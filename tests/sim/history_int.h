/* Within history.c and its kin: what is known of every op, and of what the centre committed. */
#ifndef SIM_HISTORY_INT_H
#define SIM_HISTORY_INT_H

#include "server/store/store_int.h"
#include "tests/sim/history.h"

/* Claimed times: the last CLAIM_BITS bits are a number that is given once. */
enum {
    CLAIM_BITS = 14,
    CLAIMS = 1 << CLAIM_BITS,
    EPOCHS_MAX = 4096,
    REVOKED_MAX = 128,
    ROWS_MAX = 256,
    HOLES_MAX = 64
};

struct entry {
    struct sam_key key;
    struct oracle_row row;
    uint8_t kind;
    uint32_t present, clear;
    int64_t value[ORACLE_TAGS];
    unsigned actor;
    struct oracle_mark seen;
    struct oracle_place place;            /* where it stood last */
    int64_t claim_s;                      /* of the centre's own ops */
    uint64_t csn;                         /* where it stood last */
    bool unheard;                         /* the centre's own attempt, in no journal: it makes it again */
    bool console, saved, came, misplaced; /* misplaced: its journal names a place that it never had */
};

/* Ops that the centre recorded as lost: told to the oracle. */
struct holes {
    unsigned count;
    uint64_t at[HOLES_MAX][3]; /* device_no, first_seq, last_seq */
};

struct epoch {
    uint64_t id, first_csn;
    uint64_t limit;  /* what it named counts up to here */
    unsigned parent; /* the one before it in its history */
};

/* Which op stood where when a backup was taken, and how far epochs counted. */
struct then {
    uint64_t *at, *effect;
    uint64_t csn, *limit;
    unsigned epochs, epoch_last;
    struct holes holes;
};

struct history {
    struct oracle *o;
    bool starting; /* what comes now was committed without an answer */
    struct then then[KEPT_MAX];
    struct holes holes;
    unsigned console;
    struct entry *op; /* by gid */
    size_t ops, room;
    uint64_t claim_gid[CLAIMS];
    unsigned claims;
    uint64_t *at;     /* gid by csn */
    uint64_t *effect; /* gid of a quarantined op that takes effect at this csn, 0: none */
    size_t at_room;
    uint64_t csn; /* told up to here */
    uint64_t csn_max;
    struct epoch epoch[EPOCHS_MAX];
    unsigned epoch_last; /* the present one */
    unsigned epochs;
    uint64_t revoked[REVOKED_MAX];
    unsigned revokeds;
    struct sam_buf plain;
    struct sam_zip *zip;
    struct {
        struct sam_key key[ROWS_MAX];
        unsigned count;
    } rows[SAM_ENTITY_TAG_MAX + 1];
};

/* history_agreed(w): what the oracle was told fits what it holds; else the world ends here. */
void history_agreed(struct world *w);
/* history_row(key): as the oracle names it. history_fields(row, value): its values by tag; returns which are there. */
struct oracle_row history_row(const struct sam_key *key);
uint32_t history_fields(const struct sam_row *row, int64_t value[ORACLE_TAGS]);
/* history_op_new(w, actor, row, kind, clear, seen): its gid; the oracle knows of it. */
uint64_t history_op_new(struct world *w, unsigned actor, const struct sam_row *row, uint8_t kind, uint32_t clear,
                        struct oracle_mark seen);
/* history_is_here(h, gid): it stands in the present history. history_is_own(p, op): the centre's, known by key and time. */
bool history_is_here(const struct history *h, uint64_t gid);
bool history_is_own(const struct store_push *p, const struct sam_op *op);
bool history_epoch_known(const struct history *h, uint64_t id);

#endif
