/* The centre's store: one SQLite file. This floor alone sees sqlite3.h.
 *
 * One connection writes and checkpoints (the write thread's); readers are query_only and are opened on the thread that
 * uses them. Facts (push, origin, verdict, hole, device, invite, epoch) are written once; typed tables and what stands
 * beside them (member, scope, candidate) are derived from them.
 *
 * A failed fsync ends the process (SAM_EIO from store_commit: exit and recover from the log); a full disk gives
 * SAM_EFULL and the store is read-only until room is made. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "proto/base/buf.h"
#include "proto/base/limits.h"
#include "proto/model/rule.h"
#include "proto/model/score.h"
#include "proto/wire/codec.h"

#include <stdbool.h>
#include <stdint.h>

struct store;

/**
 * store_open(out, path, create): the writer. EXTRA, then WAL, then FULL; schema made or migrated.
 *   errors  SAM_ENOTFOUND no such file and not ${create}; SAM_EBUSY another process writes; SAM_EVERSION made by a newer
 *           version; SAM_ECORRUPT; SAM_EIO; SAM_ENOMEM
 *   thread  the one that opened it; store_reader_open gives others their own
 */
int store_open(struct store **out, const char *path, bool create);
int store_reader_open(struct store **out, const char *path);
void store_close(struct store *st);
const char *store_errmsg(const struct store *st);
const char *store_path(const struct store *st);

int store_begin(struct store *st);
/* store_commit(st): 0: durable. SAM_EFULL: rolled back. SAM_EIO: unknown, the process must end. */
int store_commit(struct store *st);
void store_rollback(struct store *st);
/* Readers: one snapshot for several reads. */
int store_snapshot_begin(struct store *st);
void store_snapshot_end(struct store *st);
/* store_checkpoint(st, truncate): move the log into the file; writer only, outside a transaction. */
int store_checkpoint(struct store *st, bool truncate);
/* store_checkpoint_some(st, cut_bytes, log): the same for as much as no reader still needs, without waiting for any; cuts a log whose file
 * is larger than ${cut_bytes} when nobody reads. */
#define STORE_LOG_FULL_BYTES \
    (256u * 1024u * 1024u) /* of a log that a reader holds back: nothing more is to be taken in */
struct store_log {
    uint64_t bytes; /* of the log from its beginning */
    uint64_t held;  /* of them not in the file yet: somebody reads what was there before them */
};
int store_checkpoint_some(struct store *st, uint64_t cut_bytes, struct store_log *log);

/* ---- numbers */

/* store_failed(st): the first error, since it was asked last, of a call that gives a number and cannot give an error (those
 * below, store_meta_num, store_scopes_csn). Whoever is about to commit or to send what such numbers say asks. */
int store_failed(struct store *st);
/* store_csn(st): the last csn given. In the writer: including the open transaction. */
uint64_t store_csn(struct store *st);
/* store_csn_take(st, n): the first of ${n} new csns. Writer, in a transaction. */
uint64_t store_csn_take(struct store *st, uint64_t n);

struct store_epoch {
    uint64_t id, first_csn;
};
/* The current epoch. */
int store_epoch_last(struct store *st, struct store_epoch *out);
/* ${parent}: the epoch before it in its own history. */
int store_epoch_add(struct store *st, uint64_t id, uint64_t first_csn, uint64_t parent);
/* store_epoch_lost(st, id, first_csn, limit): an epoch of a lost future; what it named counts up to ${limit}. */
int store_epoch_lost(struct store *st, uint64_t id, uint64_t first_csn, uint64_t parent, uint64_t limit);
/* An epoch of a lost future may become known late, from a journal that was put back; what was judged before did not know it.
 * So these two answer as it was known when csn ${as_of} was given; STORE_NOW: as it is known. */
#define STORE_NOW ((uint64_t)INT64_MAX)
/* store_epoch_shared(st, id, other, csn, as_of): is csn ${csn} the same one in the histories of both epochs? */
bool store_epoch_shared(struct store *st, uint64_t id, uint64_t other, uint64_t csn, uint64_t as_of);
/* store_epoch_limit(st, id, as_of): the last csn of epoch ${id} that is also ours; 0: unknown epoch. */
uint64_t store_epoch_limit(struct store *st, uint64_t id, uint64_t as_of);
/* store_epoch_at(st, csn, id): the epoch in which ${csn} was given. */
int store_epoch_at(struct store *st, uint64_t csn, uint64_t *id);

/* meta: small named values. store_meta_num gives ${other} where the name is not there. */
int64_t store_meta_num(struct store *st, const char *name, int64_t other);
int store_meta_num_set(struct store *st, const char *name, int64_t value);

/* store_mint_block(st, block): remember that ids of this block were given; SAM_EEXIST: it was taken before. */
int store_mint_block(struct store *st, uint64_t block);

/* ---- devices and invites */

struct store_device {
    uint64_t device_no, org, parent, fork_seq;
    uint8_t key[SAM_KEY_BYTES + 28]; /* sealed under the master key: 12 nonce, 32 key, 16 tag */
    uint8_t key_hash[SAM_HASH_BYTES];
    char label[SAM_NAME_BYTES_MAX + 1];
    uint32_t state; /* enum sam_device_state */
    uint32_t digits;
    bool forked; /* has children */
    int64_t joined_s, last_seen_s, skew_s;
    uint64_t acked_seq, acked_csn, chain, hello_counter, safe_seq;
    uint64_t waiting, oldest_age_s, schema;
    char app[SAM_NAME_BYTES_MAX + 1], model[SAM_NAME_BYTES_MAX + 1]; /* as it says itself; "": it has not */
};
int store_device_get(struct store *st, uint64_t device_no, struct store_device *out);
/* store_device_by_key(st, hash): joined before with this key? */
int store_device_by_key(struct store *st, const uint8_t key_hash[SAM_HASH_BYTES], struct store_device *out);
int store_device_put(struct store *st, const struct store_device *d);
/* store_device_each(st, after, out): the next one by number; SAM_ENOTFOUND at the end. */
int store_device_each(struct store *st, uint64_t after, struct store_device *out);
int store_device_no_next(struct store *st, uint64_t *out);

struct store_invite {
    uint64_t id, org, used_by;
    uint8_t code_hash[SAM_HASH_BYTES];
    char label[SAM_NAME_BYTES_MAX + 1];
    int64_t made_s, expires_s;
};
int store_invite_by_code(struct store *st, const uint8_t code_hash[SAM_HASH_BYTES], struct store_invite *out);
int store_invite_put(struct store *st, struct store_invite *inv); /* id 0: a new one */
/* The next number that was forked from ${parent}; SAM_ENOTFOUND at the end. */
int store_device_child(struct store *st, uint64_t parent, uint64_t after, uint64_t *out);
/* store_device_kin(st, device_no, after, out): the next of all whose stores were one with its once, itself among them. */
int store_device_kin(struct store *st, uint64_t device_no, uint64_t after, uint64_t *out);
/* ${chain}: the device's chain hash after the hole. */
int store_hole_add(struct store *st, uint64_t device_no, uint64_t first_seq, uint64_t last_seq, int64_t at_s,
                   uint64_t chain, bool assumed);
/* store_hole_assumed(st, device_no, last_seq, first_seq): a loss that ends there and was only assumed; SAM_ENOTFOUND. */
int store_hole_assumed(struct store *st, uint64_t device_no, uint64_t last_seq, uint64_t *first_seq);
int store_hole_drop(struct store *st, uint64_t device_no, uint64_t first_seq);
int store_hole_chain(struct store *st, uint64_t device_no, uint64_t last_seq, uint64_t *chain); /* SAM_ENOTFOUND */

/* ---- pushes: raw bytes, one row per batch */

struct store_push {
    uint64_t first_csn, device_no, first_seq, count, skip, epoch, chain;
    int64_t received_s;
    bool deflated;
    uint8_t mac[SAM_MAC_BYTES];
    struct sam_span raw; /* as sent, without MAC when not deflated */
};
int store_push_add(struct store *st, const struct store_push *p);
/* store_push_at_csn(st, csn): the batch that holds ${csn}. raw is borrowed until the next call that uses push. */
int store_push_at_csn(struct store *st, uint64_t csn, struct store_push *out);
/* store_push_at_seq(st, device_no, seq): the batch that holds that op. */
int store_push_at_seq(struct store *st, uint64_t device_no, uint64_t seq, struct store_push *out);

/* store_push_next(st, after, out): the batch after the one that begins at ${after}; SAM_ENOTFOUND. */
int store_push_next(struct store *st, uint64_t after, struct store_push *out);

/* store_push_about_add(st, subject, first_csn): the batch that begins there says something of it (sql/160_push_about.sql). Twice is once. */
int store_push_about_add(struct store *st, uint64_t subject, uint64_t first_csn);
/* store_push_about(st, subject, after, each, ctx): the batches of which that was said that begin behind ${after}, in their order; until
 * ${each} returns non-zero, which is returned. */
int store_push_about(struct store *st, uint64_t subject, uint64_t after, int (*each)(void *ctx, uint64_t first_csn),
                     void *ctx);

/* store_push_ranges(st, device_no, after_seq, out, max): which csns the ops after ${after_seq} got. Returns the count. */
int store_push_ranges(struct store *st, uint64_t device_no, uint64_t after_seq, struct sam_range *out, unsigned max);

struct store_origin {
    uint64_t csn, device_no, seq, epoch, lost_csn;
    uint8_t hash[16];
};
int store_origin_add(struct store *st, const struct store_origin *o);
int store_origin_at_csn(struct store *st, uint64_t csn, struct store_origin *out);
/* store_origin_find(st, device_no, seq, hash): was an op with this first identity taken? */
int store_origin_find(struct store *st, uint64_t device_no, uint64_t seq, const uint8_t hash[16],
                      struct store_origin *out);
/* store_origin_of_device(st, device_no, seq, by, out): the op with this first identity as device ${by} sent it: out->seq is its
 * number there. SAM_ENOTFOUND: it did not. */
int store_origin_of_device(struct store *st, uint64_t device_no, uint64_t seq, uint64_t by, struct store_origin *out);

struct store_verdict {
    uint64_t csn, at_csn, device_no, seq, case_no;
    uint32_t kind, reason;
    bool closed;               /* quarantined, and a coordinator let it rest */
    uint32_t disputed, listed; /* what the op is in each of its units: server/intake/standing.c */
};
/* store_verdict_add(st, v): says it, or says it anew. */
int store_verdict_add(struct store *st, const struct store_verdict *v);
int store_verdict_get(struct store *st, uint64_t csn, struct store_verdict *out); /* SAM_ENOTFOUND: applied, or no op */
/* store_verdict_waits(st, after, out): the next quarantined op that nobody has closed; SAM_ENOTFOUND at the end. */
int store_verdict_waits(struct store *st, uint64_t after, struct store_verdict *out);

/* Ops that were not judged, or not wholly, when they came. */
int store_admission_add(struct store *st, uint64_t csn, uint32_t kind, uint32_t reason);
int store_admission_get(struct store *st, uint64_t csn, uint32_t *kind, uint32_t *reason); /* SAM_ENOTFOUND: judged */

/* store_retake_add(st, csn, op_csn): the quarantined op at ${op_csn} was taken in at ${csn}. */
int store_retake_add(struct store *st, uint64_t csn, uint64_t op_csn);
int store_retake_get(struct store *st, uint64_t csn, uint64_t *op_csn); /* SAM_ENOTFOUND */

/* Ops on this unit whose author had seen what was lost. */
int store_lost_seen_add(struct store *st, const struct sam_key *key, unsigned unit, uint64_t csn);
int store_lost_seen_next(struct store *st, const struct sam_key *key, unsigned unit, uint64_t after, uint64_t *csn);

/* ---- cases */

struct store_case {
    uint64_t no;   /* 0: not there yet; store_case_put gives the next */
    uint32_t rule; /* 0: several values of one unit; else enum sam_rule */
    struct sam_key key;
    uint32_t unit;
    bool open;
    uint64_t scope, opened_csn, changed_csn;
    uint64_t seen_csn,
        new_csn; /* rules: it may stand as it was up to seen_csn (of SAM_RULE_ATTENDED: 0, for who answered
                                 * what is found each time); its newest cause is at new_csn */
    bool holds;  /* rules: whether it may stand or not */
};
/* store_case_find(st, key, rule, unit, out): 0 also where there is none (no = 0, the rest as asked). */
int store_case_find(struct store *st, const struct sam_key *key, uint32_t rule, uint32_t unit, struct store_case *out);
int store_case_get(struct store *st, uint64_t no, struct store_case *out);                /* SAM_ENOTFOUND */
int store_case_next(struct store *st, uint64_t after, bool open, struct store_case *out); /* SAM_ENOTFOUND */
/* store_case_of_row(st, key, after, out): cases about this row, of every unit and rule. */
int store_case_of_row(struct store *st, const struct sam_key *key, uint64_t after, struct store_case *out);
int store_case_put(struct store *st, struct store_case *c);
/* The ops whose values took part. */
int store_case_op_add(struct store *st, uint64_t no, uint64_t csn);
int store_case_op_next(struct store *st, uint64_t no, uint64_t after, uint64_t *csn);
/* ---- audit */

struct store_audit {
    uint64_t no, first_csn, last_csn;
    int64_t at_s;
    uint32_t kind;
    const char *actor, *text; /* borrowed until the next call on audit; text NULL: erased */
    bool has_facts;
    uint8_t text_hash[SAM_HASH_BYTES], facts[SAM_HASH_BYTES], entry[SAM_HASH_BYTES], chain[SAM_HASH_BYTES];
};
int store_audit_add(struct store *st, const struct store_audit *a);
int store_audit_last(struct store *st, struct store_audit *out);                 /* SAM_ENOTFOUND: empty */
int store_audit_next(struct store *st, uint64_t after, struct store_audit *out); /* SAM_ENOTFOUND at the end */
/* What is looked for in the log. */
struct store_audit_search {
    uint64_t before, after; /* lines with after < no < before */
    uint32_t kind;          /* 0: all */
    int64_t from_s, to_s;   /* the second not included */
    const char *who, *text; /* parts of them, great and small letters of a-z alike; "": whatever it is */
};
/* store_audit_search(st, s, each, ctx): newest first, without hashes, until ${each} returns non-zero, which is returned. Reads every line
 * between before and after. */
int store_audit_search(struct store *st, const struct store_audit_search *s,
                       int (*each)(void *ctx, const struct store_audit *a), void *ctx);
#define STORE_SENDERS_MAX 4u
/* store_push_senders(st, first_csn, last_csn, device_no, count): who sent the batches that begin there; at most STORE_SENDERS_MAX. */
int store_push_senders(struct store *st, uint64_t first_csn, uint64_t last_csn, uint64_t device_no[STORE_SENDERS_MAX],
                       unsigned *count);
/* store_audit_device(st, device_no, after, out): the next line that says what a device is. */
int store_audit_device(struct store *st, uint64_t device_no, uint64_t after, struct store_audit *out);
/* store_verdict_counts(st, device_no, counts): how many of each kind; APPLIED follows from the watermark. */
int store_verdict_counts(struct store *st, uint64_t device_no, uint64_t counts[SAM_VERDICT_COUNT], uint64_t *lost);

/* ---- access: who saw what of whom (server/intake/access.c) */

enum store_action { STORE_READ = 1, STORE_WRITE = 2, STORE_EXPORT = 3, STORE_PRINT = 4 };

struct store_access {
    uint64_t audit_no, part; /* part from 1 */
    int64_t at_s;
    uint64_t user_id; /* 0: an operator of the machine, who has no role; on a tablet: nobody said who it was */
    uint32_t role;
    uint64_t device_no, participant; /* participant 0: a list of ${count} rows, of ${group} or of all */
    uint64_t group, count;
    uint32_t action; /* enum store_action */
    bool offline;
    uint64_t csn;                           /* where the tablet's word stands; 0: seen at the centre */
    int64_t claimed_s;                      /* when, by the tablet's clock */
    const char *actor, *resource, *purpose; /* borrowed until the next call on access */
};
int store_access_add(struct store *st, const struct store_access *a);
/* store_access_next(st, audit_no, part, out): the next one behind that place; SAM_ENOTFOUND at the end. */
int store_access_next(struct store *st, uint64_t audit_no, uint64_t part, struct store_access *out);
/* store_access_person(st, participant, each, ctx): the places of the rows about this one; store_access_lists: of lists of this group, or
 * (0) of several; both in order, until ${each} returns non-zero, which is returned. ${each} may not ask for more of them. */
int store_access_person(struct store *st, uint64_t participant,
                        int (*each)(void *ctx, uint64_t audit_no, uint64_t part), void *ctx);
int store_access_lists(struct store *st, uint64_t group, int (*each)(void *ctx, uint64_t audit_no, uint64_t part),
                       void *ctx);
/* store_access_group(st, after, group): the next group of which somebody saw a list; SAM_ENOTFOUND. */
int store_access_group(struct store *st, uint64_t after, uint64_t *group);
/* store_access_of(st, csn, out): the row of a tablet's word; SAM_ENOTFOUND. store_access_entries(st, count): how many there are. */
int store_access_of(struct store *st, uint64_t csn, struct store_access *out);
int store_access_entries(struct store *st, uint64_t *count);
/* store_access_strays(st, count): rows without a line of the audit log. */
int store_access_strays(struct store *st, uint64_t *count);

/* ---- rows */

#define STORE_REVS_BYTES_MAX (SAM_UNITS_MAX * 10u)

struct store_row {
    struct sam_row row; /* text borrowed until the next call on the same entity */
    uint64_t scope;     /* 0: outside the window, or in several (members) */
    uint64_t csn;
    int64_t dead; /* csn of the tombstone; 0 alive; negative: lives again after that tombstone */
    bool exists;
    uint8_t own;       /* STORE_OWN: what the row is of itself, its person being linked */
    uint32_t revs_len; /* 0: all units share csn */
    uint8_t revs[STORE_REVS_BYTES_MAX];
};
/* One unit's revision. */
struct store_rev {
    uint64_t csn; /* 0: the unit was never set */
    bool many;    /* several live candidates: they stand in table candidate */
};
/* store_row_get(st, key, out): 0, also where there is none (exists = false). */
int store_row_get(struct store *st, const struct sam_key *key, struct store_row *out);
int store_row_put(struct store *st, const struct store_row *r);
struct store_rev store_row_rev(const struct store_row *r, unsigned unit);
/* store_row_rev_set(r, unit, rev, new_csn): give ${unit} a revision; the row's own csn becomes new_csn. */
void store_row_rev_set(struct store_row *r, unsigned unit, struct store_rev rev, uint64_t new_csn);
/* Units of which the revision is newer than ${csn}. */
uint32_t store_row_units_after(const struct store_row *r, uint64_t csn);

struct store_candidate {
    uint64_t device_no, seq, csn, base_csn, lost_epoch, lost_csn, first_device_no, first_seq;
    uint8_t value[SAM_ROW_TEXT_BYTES_MAX + 256]; /* the unit's fields as an entity message */
    uint32_t value_len;
};
int store_candidates_get(struct store *st, const struct sam_key *key, unsigned unit, struct store_candidate *out,
                         unsigned max, unsigned *count);
int store_candidate_add(struct store *st, const struct sam_key *key, unsigned unit, const struct store_candidate *c);
int store_candidates_clear(struct store *st, const struct sam_key *key, unsigned unit);

/* ---- scores: which of several responses counts (proto/model/rule.h) */

struct store_occasion {
    uint64_t participant, instrument, occasion;
};
/* store_response_next(st, of, after, out): the next living response by id; SAM_ENOTFOUND at the end. */
int store_response_next(struct store *st, const struct store_occasion *of, uint64_t after,
                        struct sam_rule_response *out);
/* store_primary_set(st, of, response): 0: there is none. store_primary_get: SAM_ENOTFOUND. */
int store_primary_set(struct store *st, const struct store_occasion *of, uint64_t response);
int store_primary_get(struct store *st, const struct store_occasion *of, uint64_t *response);

/* ---- scores: what the answers of a living response make (proto/model/score.h) */

struct store_score {
    struct sam_score score;
    uint8_t why; /* enum sam_score_why */
};
int store_score_put(struct store *st, uint64_t response, const struct store_score *s);
int store_score_drop(struct store *st, uint64_t response);
/* store_score_get(st, response, out): SAM_ENOTFOUND where there is none. */
int store_score_get(struct store *st, uint64_t response, struct store_score *out);
int store_score_count(struct store *st, uint64_t *count);
/* store_score_rule_next(st, rule): the next instrument, version and rule version by which there are scores, after those in
 * ${rule}; store_score_of_rule(st, rule, after, response): the next response that was scored by it. SAM_ENOTFOUND at the end. */
int store_score_rule_next(struct store *st, struct sam_score *rule);
int store_score_of_rule(struct store *st, const struct sam_score *rule, uint64_t after, uint64_t *response);

/* ---- scopes */

struct store_scope {
    uint64_t id, org, since_csn; /* since when it stands in this org's list */
    bool listed;
    uint64_t rows, sum;
};
int store_scope_get(struct store *st, uint64_t id, struct store_scope *out);
int store_scope_put(struct store *st, const struct store_scope *s);
/* store_scopes_of(st, org, out, max, count): listed scopes of an org, by id. */
int store_scopes_of(struct store *st, uint64_t org, struct store_scope *out, unsigned max, unsigned *count);
/* When the list of an org last changed. */
uint64_t store_scopes_csn(struct store *st, uint64_t org);
int store_scopes_csn_set(struct store *st, uint64_t org, uint64_t csn);

struct store_member {
    uint64_t scope, csn, entered_csn;
    struct sam_key key; /* of two parts at most */
    bool gone, exists;
};
int store_member_get(struct store *st, uint64_t scope, const struct sam_key *key, struct store_member *out);
int store_member_put(struct store *st, const struct store_member *m);
/* The next scope of a row behind ${after}, gone ones too; SAM_ENOTFOUND at the end. */
int store_member_next(struct store *st, const struct sam_key *key, uint64_t after, struct store_member *out);

/* store_window_add(st, day): the window's edge is ${day} for all that is judged from now on. */
int store_window_add(struct store *st, int32_t day);
int store_window_next(struct store *st, int64_t after_day, int32_t *day, uint64_t *at_csn); /* SAM_ENOTFOUND */

/* Sessions: what planning, the window and rules across rows ask. */
/* store_session_same_day(st, group, day, after, session): the next session of a group on a day, dead ones too; SAM_ENOTFOUND. */
int store_session_same_day(struct store *st, uint64_t group, int32_t day, uint64_t after, uint64_t *session);
/* store_hung_next(st, entity, on, after, out): the next row, dead ones too, of an entity with scope SESSION or PERSON that hangs
 * on the session or the participant ${on}; ${after} NULL: the first. SAM_ENOTFOUND at the end. */
int store_hung_next(struct store *st, uint8_t entity, uint64_t on, const struct sam_key *after, struct sam_key *out);
/* store_person_marked(st, group, person, marked): does a living row of the person hang on a living session of the group? */
int store_person_marked(struct store *st, uint64_t group, uint64_t person, bool *marked);
/* store_session_present(st, session, count): people of whom somebody said that they were there. _trained: exercise sets in
 * which something was done. */
int store_session_present(struct store *st, uint64_t session, uint64_t *count);
int store_session_trained(struct store *st, uint64_t session, uint64_t *count);
/* store_session_next(st, group, day, session, last_day): the living session of a group behind place (${day}, ${session}), which
 * moves there; SAM_ENOTFOUND: none up to ${last_day}. */
int store_session_next(struct store *st, uint64_t group, int32_t *day, uint64_t *session, int32_t last_day);
/* store_session_marked(st, session, count): people of whom something is said. store_group_people: who attend now. */
int store_session_marked(struct store *st, uint64_t session, uint64_t *count);
int store_group_people(struct store *st, uint64_t group, uint64_t *count);
int store_session_on(struct store *st, uint64_t group, int32_t day, uint64_t *session); /* SAM_ENOTFOUND */
/* store_session_before(st, day, …): the oldest session before ${day} that still stands in a scope; SAM_ENOTFOUND. */
int store_session_before(struct store *st, int32_t day, uint64_t *session, uint64_t *scope, int32_t *on);
/* store_session_expire(st, session): take it and what hangs on it out of its scope; gives what the scope's sum loses.
 * store_session_empty: only what hangs on it. */
int store_session_empty(struct store *st, uint64_t session, uint64_t *rows, uint64_t *sum);
int store_session_expire(struct store *st, uint64_t session, uint64_t *rows, uint64_t *sum);
/* store_group_each(st, after, key): the next group's key. */
int store_key_each(struct store *st, uint8_t entity, const struct sam_key *after, struct sam_key *out);

/* ---- people who are linked: server/intake/link.c */

enum { STORE_OWN = 32 }; /* added to a unit: where the candidates of an own row stand */

struct store_link {
    uint64_t id, winner, csn; /* winner 0: was linked once */
};
int store_link_next(struct store *st, uint64_t after, struct store_link *out); /* SAM_ENOTFOUND */
int store_link_set(struct store *st, const struct store_link *l);
/* A link that table link holds and that does not count; SAM_ENOTFOUND at the end. */
int store_link_idle_next(struct store *st, uint64_t after, uint64_t *loser, uint64_t *winner);

/* An own row, with memory for its text. */
struct store_own_row {
    struct store_row r;
    uint8_t body[SAM_OP_BYTES_MAX];
};
/* store_own_get(st, key, out): as store_row_get, of the row's own; its candidates are named by r.own. */
int store_own_get(struct store *st, const struct sam_key *key, struct store_own_row *out);
int store_own_put(struct store *st, const struct store_row *r, uint64_t person);
int store_own_next(struct store *st, uint64_t person, const struct sam_key *after,
                   struct sam_key *out); /* SAM_ENOTFOUND */
/* store_person_rows(st, entity, person, each, ctx): the keys of a person's rows, dead ones too. ${each} may not ask for more. */
int store_person_rows(struct store *st, uint8_t entity, uint64_t person,
                      int (*each)(void *ctx, const struct sam_key *key), void *ctx);

/* store_own_scope_next(st, person, after, scope): the next group of which the person is a member by the own rows; SAM_ENOTFOUND. */
int store_own_scope_next(struct store *st, uint64_t person, uint64_t after, uint64_t *scope);

/* A value was replaced, or buried, by what was said of another. */
struct store_link_over {
    uint64_t csn, unit;  /* the value */
    uint64_t by_csn, by; /* what did, and of whom that was said */
    uint64_t since;      /* csn of the newest link between the two */
};
int store_link_over_add(struct store *st, const struct store_link_over *o);
int store_link_over_next(struct store *st,
                         struct store_link_over *o); /* behind by_csn, of this csn and unit; SAM_ENOTFOUND */

/* ---- two who may be one person */

/* store_person_mate(st, scope, provisional, after, out): the next member of a scope; SAM_ENOTFOUND. */
int store_person_mate(struct store *st, uint64_t scope, bool provisional, uint64_t after, uint64_t *out);
int store_person_scope(struct store *st, uint64_t one, uint64_t other,
                       uint64_t *scope); /* the first they share; 0: none */
/* store_person_case(st, person, after, no, one, other): the next case about this person and another; SAM_ENOTFOUND. */
int store_person_case(struct store *st, uint64_t person, uint64_t after, uint64_t *no, uint64_t *one, uint64_t *other);

/* ---- feeds, for readers: rows of one scope and entity by csn */

struct store_feed_row {
    struct store_row row;
    uint64_t feed_csn;    /* place in the feed: the row's csn, or the member's */
    uint64_t entered_csn; /* the row must be sent whole to who was complete before this */
    bool left;
};
/* store_feed_row_here(r): it stands in the scope and counts there: neither removed nor gone elsewhere. */
static inline bool store_feed_row_here(const struct store_feed_row *r)
{
    return !r->left && r->row.dead <= 0;
}
/* store_feed(st, scope, entity, after, each, ctx): rows with feed_csn > ${after} in order, until ${each} returns non-zero,
 * which is returned (negative: an error). 0: no more rows. */
int store_feed(struct store *st, uint64_t scope, uint8_t entity, uint64_t after,
               int (*each)(void *ctx, const struct store_feed_row *row), void *ctx);
/* A place in the feed. Rows of one entity that entered a scope with one op share their csn; then the key goes on. */
struct store_place {
    uint64_t csn, id, sub; /* sub: second key part, 0 where there is none */
};
static inline struct store_place store_place_behind(uint64_t csn)
{
    return (struct store_place){csn, INT64_MAX, INT64_MAX};
}
/* store_feed_from(…): as store_feed, behind a place. */
int store_feed_from(struct store *st, uint64_t scope, uint8_t entity, const struct store_place *after,
                    int (*each)(void *ctx, const struct store_feed_row *row), void *ctx);
/* store_verdicts_after(st, device_no, at_csn, out, count): verdicts of a device by at_csn, at most SAM_VERDICTS_MAX. */
int store_verdicts_after(struct store *st, uint64_t device_no, uint64_t at_csn, uint64_t csn, struct store_verdict *out,
                         unsigned max, unsigned *count);

/* ---- everything derived: forgotten as a whole, compared as a whole */

/* store_derived_name(i): the i-th derived table; NULL after the last. */
const char *store_derived_name(unsigned i);
int store_derived_clear(struct store *st);
/* store_derived_digest(st, i, rows, digest): a hash over all columns of all rows, in the order of the key. */
int store_derived_digest(struct store *st, unsigned i, uint64_t *rows, uint8_t digest[SAM_HASH_BYTES]);
/* store_integrity(st, wrong, ctx): SQLite's own check of the file; each fault is told. SAM_EREAD, SAM_ENOMEM: it did not come to its end. */
int store_integrity(struct store *st, void (*wrong)(void *ctx, const char *line), void *ctx);
/* store_verdict_strays(st, count): verdicts about ops that are not here. */
int store_verdict_strays(struct store *st, uint64_t *count);
/* store_pushed(st, device_no, count): ops of a device that are here. */
int store_pushed(struct store *st, uint64_t device_no, uint64_t *count);
/* store_candidate_unit_next(…): the next unit of a row that has candidates of its own; SAM_ENOTFOUND at the end. */
int store_candidate_unit_next(struct store *st, const struct sam_key *after, unsigned after_unit, struct sam_key *key,
                              unsigned *unit);
int store_scope_next(struct store *st, uint64_t after, uint64_t *scope); /* SAM_ENOTFOUND at the end */

/* ---- tables for people outside, one row after the other; for readers, inside a snapshot */

enum store_export {
    STORE_EXPORT_ATTENDANCE,
    STORE_EXPORT_SESSIONS,
    STORE_EXPORT_ENROLMENTS,
    STORE_EXPORT_SETS,
    STORE_EXPORT_SCORES,
    STORE_EXPORT_PARTICIPANTS,
    STORE_EXPORT_CONSENTS,
    STORE_EXPORT_COUNT
};
enum { STORE_EXPORT_COLUMNS_MAX = 28 };

struct store_cell {
    enum { STORE_CELL_NONE, STORE_CELL_NUMBER, STORE_CELL_TEXT } kind;
    int64_t number;
    struct sam_span text; /* borrowed until the next row */
};
/* Living rows; people who are linked as the one that they are shown as. */
struct store_export_filter {
    uint64_t group;      /* 0: all */
    int32_t first, last; /* days; where dated */
    bool dated;          /* else also rows that say no day */
};
/* store_export_column(st, table, i): its name; NULL after the last. */
const char *store_export_column(struct store *st, enum store_export table, unsigned i);
int store_export_rows(struct store *st, enum store_export table, const struct store_export_filter *f, uint64_t *count);
/* store_export_each(…): rows in order, until ${each} returns non-zero, which is returned. */
int store_export_each(struct store *st, enum store_export table, const struct store_export_filter *f,
                      int (*each)(void *ctx, const struct store_cell *cell, unsigned count), void *ctx);

/* ---- figures */
struct store_figures {
    uint64_t csn, ops, pushes, devices, cases, quarantined, attendance, participants, wal_bytes, file_bytes;
    uint64_t substitutes; /* without an account, of whom nobody has said who they are */
};
int store_figures(struct store *st, struct store_figures *out);

#endif
