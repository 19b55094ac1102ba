/* Rows as they lie in the store: reading, and the arithmetic of a slot's checksum. */
#ifndef SAM_CLIENT_REPLICA_H
#define SAM_CLIENT_REPLICA_H

#include "client-sdk/src/store.h"
#include "proto/wire/codec.h"

struct samling;

/* A row with its own copy of its texts, so that several can be looked at together. */
struct sam_view {
    struct sam_row row;
    uint64_t csn;           /* 0: only own ops */
    bool here;              /* false: nothing there, or removed */
    uint32_t disputed;      /* units of which others say something else */
    struct sam_other other; /* what one of them says of the first such unit; borrowed until another row is read */
    char text[SAM_ROW_TEXT_BYTES_MAX]; /* each field has its place, as long as the longest that it may hold */
};

/* sam_view_read(s, key, q, csn_at, body_at, v): a row that ${q} stands on. */
int sam_view_read(struct samling *s, const struct sam_key *key, uint64_t csn, struct sam_span sealed,
                  struct sam_view *v);
/* sam_view_lay(v, op): lay an own op over it. */
void sam_view_lay(struct sam_view *v, const struct sam_op *op);
/* sam_view_text(v, field): its text, "" where absent. */
const char *sam_view_text(const struct sam_view *v, unsigned field);

/* sam_replica_get(s, slot, key, v): SAM_ENOTFOUND where it is not there; ${v} is then empty, with the key. */
int sam_replica_get(struct samling *s, uint64_t slot, const struct sam_key *key, struct sam_view *v);
/* sam_replica_find(s, key, v, scope): in any visible scope, the newest copy; ${scope} may be NULL. */
int sam_replica_find(struct samling *s, const struct sam_key *key, struct sam_view *v, uint64_t *scope);

/* sam_row_bytes(in): the entity's own message inside a Row. */
struct sam_span sam_row_bytes(struct sam_span in);
/* sam_row_sound(r): its key and csn can be stored. */
bool sam_row_sound(const struct sam_row_state *r);
void sam_bind_key(sqlite3_stmt *q, int at, const struct sam_key *key);

/* sam_replica_add(s, slot, r, body): a new row; a second one of the same key is SAM_EEXIST. _put: new or instead of the
 * old one; rows and sum follow. _drop: it leaves, if it is there. */
int sam_replica_add(struct samling *s, uint64_t slot, const struct sam_row_state *r, struct sam_span body);
int sam_replica_put(struct samling *s, uint64_t slot, const struct sam_row_state *r, struct sam_span body,
                    uint64_t *rows, uint64_t *sum);
int sam_replica_drop(struct samling *s, uint64_t slot, const struct sam_key *key, uint64_t *rows, uint64_t *sum);
/* sam_replica_marks_drop(…): what hangs on a session leaves with it. */
int sam_replica_marks_drop(struct samling *s, uint64_t slot, uint64_t session, uint64_t *rows, uint64_t *sum);
/* sam_replica_prune(s, slot, day, rows, sum): sessions before ${day} leave, with what hangs on them. */
int sam_replica_prune(struct samling *s, uint64_t slot, int64_t day, uint64_t *rows, uint64_t *sum);

#endif
