/* Inside the intake floor: the handle, its caches, and who does what.
 *
 *   intake.c   open, close, transactions, epoch, ids, journal replay      scope.c   members, sums, lists of scopes
 *   hello.c    HELLO → greeting                                           rights.c  may this author do that?
 *   join.c     JOIN → device, tickets, device states                      apply.c   one op → row, candidates, verdict
 *   batch.c    PUSH → ops (pure)                                          author.c  what the centre itself says
 *   push.c     a batch → ops applied, facts written                       plan.c    sessions ahead, the window's edge */
#ifndef INTAKE_INTAKE_INT_H
#define INTAKE_INTAKE_INT_H

#include "proto/wire/crypto.h"
#include "server/intake/intake.h"
#include "server/store/journal.h"

enum { SCOPE_SLOTS = 512, SESSION_SLOTS = 4096, MEMBER_SLOTS = 16384, USER_SLOTS = 256, TOUCHED_MAX = 512 };

/* A scope whose sum is being kept; written back at commit. */
struct scope_slot {
    struct store_scope s;
    bool used, dirty;
};

/* Which group a session belongs to. */
struct session_slot {
    uint64_t id, group, scope;
};

/* This row is a member of this scope. */
struct member_slot {
    uint64_t scope, id;
};

struct user_slot {
    uint64_t id, org;
};

/* The op that is being judged, in memory that outlives a crash of the process: an op on which the judge died twice is
 * quarantined instead of being tried for ever. */
struct judging {
    uint64_t device_no, seq, attempts, active;
};

struct intake {
    struct store *st;
    struct journal *journal;
    struct intake_config config;
    struct store_epoch epoch;
    struct sam_seal *master, *ticket;
    uint64_t mint_next, mint_end;
    bool drain_only;
    int32_t window_day;
    struct judging *judging;
    struct sam_zip *zip;
    unsigned slot_count; /* used scope slots */
    struct scope_slot slot[SCOPE_SLOTS];
    struct session_slot session[SESSION_SLOTS];
    struct member_slot member[MEMBER_SLOTS];
    struct user_slot user[USER_SLOTS];
    unsigned touched_count;
    uint64_t touched[TOUCHED_MAX];
};

/* One author at work: the device, and for each op its place. */
struct author {
    struct sam_author who;
    uint64_t device_no, org; /* org 0: the centre itself */
    bool centre;
    uint64_t lost_epoch, lost_csn; /* of the op at hand, where it was re-sent */
};

struct outcome {
    enum sam_verdict verdict;
    enum sam_reason reason;
};

/* intake.c */
int intake_journal(struct intake *in, uint8_t kind, uint64_t csn, struct sam_span payload);

/* scope.c */
int scope_get(struct intake *in, uint64_t id, struct store_scope **out); /* borrowed until the next call; NULL: none */
int scope_row_change(struct intake *in, uint64_t scope, const struct sam_key *key, uint64_t old_csn,
                     uint64_t new_csn); /* csn 0: not there */
int scope_put(struct intake *in, const struct store_scope *s);
int scopes_flush(struct intake *in);
int member_add(struct intake *in, uint64_t scope, uint8_t entity, uint64_t id, uint64_t csn);
int member_remove(struct intake *in, uint64_t scope, uint8_t entity, uint64_t id, uint64_t csn);
int members_row_change(struct intake *in, const struct sam_key *key, uint64_t old_csn, uint64_t new_csn);
int member_is(struct intake *in, uint64_t scope, uint8_t entity, uint64_t id, bool *is);
int session_place(struct intake *in, uint64_t session, uint64_t *group, uint64_t *scope); /* group 0: no such session */
void session_forget(struct intake *in, uint64_t session);

/* rights.c */
int rights_check(struct intake *in, const struct author *a, const struct sam_op *op, enum sam_reason *why);

/* apply.c */
int apply_op(struct intake *in, struct author *a, const struct sam_op *op, uint64_t csn, struct outcome *out);

/* push.c */
int push_chain_at(struct intake *in, uint64_t device_no, uint64_t seq, uint64_t *chain);
int author_of_device(struct intake *in, const struct store_device *d, struct author *out);
int push_fork_error(struct intake *in, uint64_t device_no, uint64_t from_seq, uint64_t to_seq, struct sam_error *e);

/* author.c */
int author_replay(struct intake *in, const struct journal_record *r);

/* join.c */
int device_key_open(struct intake *in, const struct store_device *d, uint8_t key[SAM_KEY_BYTES]);
int device_journal(struct intake *in, const struct store_device *d);
int device_replay(struct intake *in, struct sam_span payload);
int device_parent_mark(struct intake *in, uint64_t parent); /* 0: it has none */
int invite_replay(struct intake *in, struct sam_span payload);
int ticket_open(struct intake *in, const uint8_t *ticket, size_t len, struct store_device *out);

static inline void error_set(struct sam_error *e, uint32_t code, uint64_t expected, uint32_t retry_after_s,
                             const char *text)
{
    size_t n = 0;
    e->code = code;
    e->expected = expected;
    e->retry_after_s = retry_after_s;
    e->chain_count = 0;
    while (n < sizeof e->text - 1 && text[n]) {
        e->text[n] = text[n];
        n++;
    }
    e->text[n] = 0;
}

#endif
