/* Inside the intake floor: the handle, its caches, and who does what.
 *
 *   intake.c   open, close, transactions, epoch, ids, journal replay
 *   hello.c    HELLO → greeting                       join.c       JOIN → device, tickets, device states
 *   batch.c    PUSH → ops (pure)                      push.c       a batch → facts written, ops judged
 *   rights.c   may this author do that?               apply.c      one op → row, verdict
 *   candidate.c  who said what stands there           case.c       what a person should look at
 *   standing.c   what became of an op, and becomes
 *   place.c    where a row stands, what hangs on it   scope.c      members, sums, lists of scopes
 *   primary.c  which of several responses counts      link.c       who is shown as whom
 *   link_row.c   own rows of those who are linked     link_show.c  what is shown of them
 *   link_again.c a link that had been lost            link_member.c where they are members
 *   person.c   two who may be one                     score.c      what a form scores
 *   attended.c cancelled, yet somebody was there
 *   author.c   what the centre itself says            retake.c     quarantined ops taken in after all
 *   plan.c     sessions ahead, the window's edge      audit.c      who did what, chained
 *   access.c   who saw what of whom                   trace.c      all that was ever said of somebody
 *   said.c     which batches speak of what, and what was said of one mark
 *   account.c  accounts of the console                account_journal.c  and what the journal keeps of them
 *   erase.c    all of somebody forgotten              turnout.c    how many came
 *   rebuild.c  everything derived, from the facts     verify.c     is all that stands here true?
 *   verify_kept.c  and all that is kept beside it     figure.c     what was reported, as it stood
 *   figure_since.c  what moved it since                figure_journal.c  and what the journal keeps of it */
#ifndef INTAKE_INTAKE_INT_H
#define INTAKE_INTAKE_INT_H

#include "proto/wire/crypto.h"
#include "server/intake/intake.h"
#include "server/store/erased.h"
#include "server/store/journal.h"
#include "server/store/turnout.h"

enum { SCOPE_SLOTS = 512, SESSION_SLOTS = 4096, MEMBER_SLOTS = 16384, USER_SLOTS = 256, TOUCHED_MAX = 512 };

/* A scope whose sum is being kept; written back at commit. */
struct scope_slot {
    struct store_scope s;
    bool used, dirty;
};

/* Which group a session belongs to. */
struct session_slot {
    uint64_t id, group, scope;
    bool cancelled, dead;
};

/* This row is a member of this scope. */
struct member_slot {
    uint64_t scope, id;
};

/* Who is shown as whom (link.c), twice: by person and by winner. */
struct links {
    bool loaded;
    unsigned count, room; /* count 0: nobody was ever linked */
    struct store_link *by_id, *by_winner;
    struct sam_candidate said; /* the link at hand */
};

enum { LINK_CLASS_MAX = SAM_LINKED_MAX };

/* All who are shown as one; the first is the root. */
struct link_class {
    unsigned count;
    uint64_t id[LINK_CLASS_MAX];
};

struct user_slot {
    uint64_t id, org;
    bool vouches; /* has an account in use */
};

/* The op that is being judged, in memory that outlives a crash of the process: an op on which the judge died twice is
 * quarantined instead of being tried for ever. */
struct judging {
    uint64_t device_no, seq, attempts, active;
    uint64_t read; /* it was taken apart without dying: so it can be again */
};

enum { TURNOUT_SESSIONS = 1024, TURNOUT_GROUPS = 256 };

/* Sessions that are to be counted anew, and groups all of whose are; open hash tables, 0: free. */
struct turnouts {
    unsigned sessions, groups;
    uint64_t session[TURNOUT_SESSIONS], group[TURNOUT_GROUPS];
};

/* What was noted last, and of which batch; said.c. */
struct noted {
    uint64_t subject, first_csn;
};

/* Where the audit log stands in this transaction. */
struct audit_state {
    bool loaded;
    uint64_t no, first_csn; /* first_csn: of the batches that have no line yet, 0: none */
    uint8_t chain[SAM_HASH_BYTES], facts[SAM_HASH_BYTES];
};

enum { ACCESS_PENDING_MAX = 64, ACCESS_ACTOR_BYTES_MAX = 128, ACCESS_WORD_BYTES_MAX = 32 };

/* What was seen on a tablet, on its way into the access log with this commit; all of one tablet. */
struct access_entry {
    struct store_access row; /* its texts stand below */
    char actor[ACCESS_ACTOR_BYTES_MAX + 1], resource[ACCESS_WORD_BYTES_MAX], purpose[ACCESS_WORD_BYTES_MAX];
};
struct access_pending {
    unsigned count;
    struct access_entry entry[ACCESS_PENDING_MAX];
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
    struct audit_state audit;
    struct links links;
    uint64_t
        now_csn; /* of the op that is being judged, or was last: rebuild must not know of what came later. 0: none yet */
    uint64_t taken_csn, taken_op_csn; /* a quarantined op that is being taken in, and where; 0: none */
    uint64_t retake_after;            /* quarantined ops up to here have been looked at */
    bool retake_due;     /* something came that a quarantined op may have waited for: a walk over them is due … */
    bool retake_again;   /* … and after it another one */
    bool rebuilding;     /* admissions are read, not made */
    bool erased_any;     /* somebody was erased once */
    bool journal_due;    /* the journal says more than what was not erased */
    bool erase_due;      /* … in this transaction: what is derived is to be derived anew */
    unsigned slot_count; /* used scope slots */
    struct scope_slot slot[SCOPE_SLOTS];
    struct session_slot session[SESSION_SLOTS];
    struct member_slot member[MEMBER_SLOTS];
    struct user_slot user[USER_SLOTS];
    unsigned touched_count;
    uint64_t touched[TOUCHED_MAX];
    struct access_pending access;
    struct turnouts turnouts;
    struct noted noted;
};

/* One author at work: the device, and for each op its place. */
struct author {
    struct sam_author who;
    uint64_t device_no, org;       /* org 0: the centre itself */
    bool centre, forked;           /* forked: others have the same past */
    uint64_t came_csn;             /* of the op at hand: its own */
    uint64_t lost_epoch, lost_csn; /* where it had been applied, when it was re-sent */
    uint32_t superseded; /* units in which an own later op was judged before; only of an op that is taken in late */
};

struct outcome {
    enum sam_verdict verdict;
    enum sam_reason reason;
    uint64_t case_no;
    uint32_t disputed, listed; /* marks: standing.c */
};

/* What one value is in its unit. */
enum standing { STANDING_SHOWN, STANDING_LISTED, STANDING_DISPUTED };

/* Marks above those of the units. */
#define MARK_SUPERSEDED (1u << 16)
#define MARK_HELD (1u << 17)
#define MARK_DELETED (1u << 18) /* an edit of what was deleted, or hangs on what was */

/* The candidates of one unit, with memory for their values. */
struct candidate_set {
    struct sam_candidates set;
    struct store_candidate stored[SAM_CANDIDATES_MAX];
    struct sam_row value[SAM_CANDIDATES_MAX];
    struct sam_buf bytes;
    size_t text_len;
    uint8_t text[2 * SAM_ROW_TEXT_BYTES_MAX]; /* of values that are shown, until the row is written */
};

/* An op on a key of somebody who is linked. */
struct linked {
    struct link_class c;
    uint64_t person;
    struct sam_key shown;     /* the root's */
    bool exists;              /* somebody of the class has such a row */
    struct store_own_row own; /* the person's own row: what is judged */
};

/* One op being judged. */
struct judgement {
    struct intake *in;
    struct author *a;
    const struct sam_op *op;
    uint64_t csn, op_csn;      /* where its values will stand; its own: another one where it is taken in later */
    struct store_row *row;     /* as it is, becomes as it will be */
    struct candidate_set *cs;  /* made when first needed */
    struct linked *linked;     /* NULL: nobody is linked here */
    uint32_t disputed, listed; /* marks so far */
    bool changed;
    struct {
        uint64_t csn, scope, org, group;
        int32_t day;
        struct store_occasion occasion; /* of a response */
        uint64_t replaces;
    } was; /* what the change takes away; csn 0: was not there */
};

/* intake.c */
void intake_caches_clear(struct intake *in);
int intake_journal(struct intake *in, uint8_t kind, uint64_t csn, struct sam_span payload);

/* scope.c */
int scope_get(struct intake *in, uint64_t id, struct store_scope **out); /* borrowed until the next call; NULL: none */
int scope_row_change(struct intake *in, uint64_t scope, const struct sam_key *key, uint64_t old_csn,
                     uint64_t new_csn);              /* csn 0: not there */
void scope_touch(struct intake *in, uint64_t scope); /* whoever reads it is told that there is news */
/* catalogue.c: an intervention into every clinic's own scope; all of them into that of a clinic that is new. */
int catalogue_spread(struct intake *in, const struct sam_key *intervention, uint64_t csn);
int catalogue_give(struct intake *in, uint64_t clinic, uint64_t csn);
/* scope_lose(…): these rows leave it, of which the sum is this. */
int scope_lose(struct intake *in, uint64_t scope, uint64_t rows, uint64_t sum);
int scope_put(struct intake *in, const struct store_scope *s);
int scopes_flush(struct intake *in);
/* member_add, member_remove: where ${key} is a participant, what hangs on the person goes along. member_follow: a row that hangs
 * on the person enters all scopes of the person. */
int member_add(struct intake *in, uint64_t scope, const struct sam_key *key, uint64_t csn);
int member_remove(struct intake *in, uint64_t scope, const struct sam_key *key, uint64_t csn);
int member_follow(struct intake *in, uint64_t person, const struct sam_key *key, uint64_t csn);
/* members_settle(in, person, csn): what hangs on the person stands where the person is, or whoever that one is shown as. */
int members_settle(struct intake *in, uint64_t person, uint64_t csn);
int members_hung_true(struct intake *in, uint64_t person, bool *is); /* do they? For verify */
int members_row_change(struct intake *in, const struct sam_key *key, uint64_t old_csn, uint64_t new_csn, uint64_t csn);
int member_is(struct intake *in, uint64_t scope, const struct sam_key *key, bool *is);
/* A session that was entered in error still says its group, but stands in no scope. group 0: no such session. */
int session_place(struct intake *in, uint64_t session, uint64_t *group, uint64_t *scope);
int session_dead(struct intake *in, uint64_t session, bool *dead);
int session_cancelled(struct intake *in, uint64_t session, bool *cancelled);
void session_forget(struct intake *in, uint64_t session);

/* rights.c */
int rights_check(struct intake *in, const struct author *a, const struct sam_op *op, enum sam_reason *why);

/* erase.c */
/* erased_is(in, op, is): does it say something of somebody who was erased? */
int erased_is(struct intake *in, const struct sam_op *op, bool *is);
/* op_hash(in, csn, bytes, hash): SHA-256 of the op's bytes, also where they are gone. */
int op_hash(struct intake *in, uint64_t csn, struct sam_span bytes, uint8_t hash[SAM_HASH_BYTES]);
/* erased_facts(in, audit_no, facts): over what a line of the audit log covers. */
int erased_facts(struct intake *in, uint64_t audit_no, uint8_t facts[SAM_HASH_BYTES]);
int erase_ruled(struct intake *in, const struct sam_row *ruling, uint64_t csn);
/* erase_journal(in): after the commit: what was erased goes out of the journal, and out of the log in front of the store. Where it cannot be
 * done now it is at the next start. SAM_EIO: the process must end. */
int erase_journal(struct intake *in);
/* erase_late(in, first_csn): the batch that begins there says something of somebody who was erased before it came. */
int erase_late(struct intake *in, uint64_t first_csn);
/* erase_replayed(in, csn, hash): the op at ${csn} came out of the journal without its bytes. */
int erase_replayed(struct intake *in, uint64_t csn, const uint8_t hash[SAM_HASH_BYTES]);

/* candidate.c */
int candidate_at(struct intake *in, uint64_t csn, struct sam_candidate *c); /* who said what stands at csn */
int candidate_op_csn(struct intake *in, uint64_t csn,
                     uint64_t *op_csn); /* the op's own csn, if it was taken in later */
int candidates_load(struct intake *in, const struct store_row *row, unsigned unit, struct candidate_set *cs);
/* candidates_stored: of a unit that has several (store_rev.many); for readers too. */
int candidates_stored(struct store *st, const struct store_row *row, unsigned unit, struct candidate_set *cs);
int candidates_keep(struct intake *in, const struct store_row *row, unsigned unit, struct candidate_set *cs, bool keep);
/* The base that the op which stands at ${csn} was sent with; 0: it cannot be told. */
int candidate_base(struct intake *in, uint64_t csn, uint64_t *op_csn, uint64_t *epoch, uint64_t *base);
/* push_op_bytes(zip, p, csn, plain, bytes): the op of batch ${p} at ${csn}; ${bytes} lie in ${p} or in ${plain}. */
int push_op_bytes(struct sam_zip *zip, const struct store_push *p, uint64_t csn, struct sam_buf *plain,
                  struct sam_span *bytes);
/* push_op_hash(in, p, csn, hash): the start of SHA-256 over them, as an origin has it. */
int push_op_hash(struct intake *in, const struct store_push *p, uint64_t csn, uint8_t hash[16]);
/* Up to where a base of that epoch counts for the op at csn. author_base: the author of the op at csn had seen that. */
uint64_t base_limit(struct intake *in, uint64_t epoch, uint64_t csn);
void author_base(struct intake *in, struct author *a, uint64_t epoch, uint64_t base_csn, uint64_t csn);
/* author_at(in, csn, a): who said what stands at ${csn}, with what he had seen. */
int author_at(struct intake *in, uint64_t csn, struct author *a);
/* author_origin(in, a, o): what the op at hand carried of its past; NULL: nothing. */
int author_origin(struct intake *in, struct author *a, const struct store_origin *o);
/* What the author knows of ${c}: the number under which he sent the same op, after a fork; and a lost epoch may have been followed
 * by others before the loss: where he had seen ${c} in one of those it is named by that one. */
int candidate_align(struct intake *in, const struct author *a, struct sam_candidate *c);
/* The author had seen what the centre has lost since: remember it for when that comes again. */
int lost_seen_note(struct intake *in, const struct author *a, const struct sam_key *key, uint32_t units, uint64_t csn);
/* The op at hand had been lost: had the author of what stands at ${csn} seen it before? */
int lost_seen_by(struct intake *in, const struct author *a, uint64_t csn, bool *seen);
/* The op at hand had been lost: did it come after one whose author had seen it then? That edit was an informed one, and is
 * now, whoever syncs first. */
int lost_replaced(struct intake *in, const struct author *a, const struct sam_key *key, unsigned unit, bool *replaced);

/* apply.c: admit asks whether the op may be, apply judges it */
int apply_admit(struct intake *in, const struct author *a, const struct sam_op *op, enum sam_reason *why);
/* apply_impossible(a, op, exists): a row made twice, or changed without being there. */
enum sam_reason apply_impossible(const struct author *a, const struct sam_op *op, bool exists);
int apply_op(struct intake *in, struct author *a, const struct sam_op *op, uint64_t csn, struct outcome *out);

/* unit_show(j, unit, set, fold): the row's unit becomes what the fold shows; its text is kept in j->cs until it is written. */
void unit_show(struct judgement *j, unsigned unit, const struct sam_candidates *set, const struct sam_fold *fold);

/* place.c */
int row_write(struct judgement *j);
/* person_enter, person_leave: becomes a member, is one no longer; who may be the same person is looked at. */
int person_enter(struct judgement *j, uint64_t group, uint64_t person);
int person_leave(struct judgement *j, uint64_t group, uint64_t person);
/* session_proved(j): the op at hand says something of what hangs on a session; that may prove that it was held. */
int session_proved(struct judgement *j);
int row_scope(struct intake *in, const struct store_row *row, uint64_t *scope);
/* row_stand(in, row, was_csn, was_scope, csn): written at ${csn}, in its scope's sum too. was_csn 0: it was not there. */
int row_stand(struct intake *in, struct store_row *row, uint64_t was_csn, uint64_t was_scope, uint64_t csn);

/* link.c */
int link_known(struct intake *in, uint64_t id, bool *known);   /* was ever linked */
int link_root(struct intake *in, uint64_t id, uint64_t *root); /* himself where he is not */
int link_class(struct intake *in, uint64_t id, struct link_class *c);
bool link_in_class(const struct link_class *c, uint64_t id);
/* Had the author seen every link between these two of one class? */
int link_path_seen(struct intake *in, const struct author *a, uint64_t one, uint64_t other, bool *seen);
/* The csn of the newest link between them. */
uint64_t link_path_since(const struct intake *in, uint64_t one, uint64_t other);
int link_check(struct intake *in, const struct author *a, const struct sam_op *op, enum sam_reason *why);
int link_changed(struct judgement *j); /* a row of table link did */
void links_forget(struct intake *in);  /* what is held in memory: it is read again when needed */

/* link_row.c */
int link_open(struct judgement *j);  /* sets j->linked and j->row where the op's key is somebody's who is linked */
int link_write(struct judgement *j); /* in place of row_write */
int link_rows_begin(struct intake *in, uint64_t person); /* linked for the first time */
/* link_row_exists(in, key, exists): has this very row been, or one that is shown with it? */
int link_row_exists(struct intake *in, const struct sam_key *key, bool *exists);

/* link_show.c */
/* link_rows_follow(j, was, again): those who were a class are linked otherwise now. ${again}: by a link that the centre had lost,
 * so that others may have seen it. */
int link_rows_follow(struct judgement *j, const struct link_class *was, bool again);
/* Is what stands in the typed tables what the own rows make of it? For verify; so is link_members_true. */
int link_row_true(struct intake *in, const struct sam_key *key, bool *is);

/* link_member.c */
/* link_member_review(j, group, person): is whoever the person is shown as to be a member of the group? */
int link_member_review(struct judgement *j, uint64_t group, uint64_t person);
int link_members_true(struct intake *in, uint64_t person, bool *is);

/* person.c: when somebody became a member, is one no longer, changed */
int person_joined(struct judgement *j, uint64_t scope, uint64_t id);
int person_left(struct judgement *j, uint64_t id);
int person_changed(struct judgement *j);

/* case.c */
/* case_unit(j, unit, before, fold): the unit's candidates ${before} became those in j->cs. */
int case_unit(struct judgement *j, unsigned unit, const struct sam_candidates *before, const struct sam_fold *fold);
int case_row_end(struct intake *in, const struct sam_key *key, uint64_t csn);
int case_unit_end(struct intake *in, const struct sam_key *key, unsigned unit, uint64_t csn);
/* case_of_rule(…): open while the rule holds, unless somebody has let it stand since. */
int case_of_rule(struct judgement *j, const struct sam_key *key, enum sam_rule rule, bool holds, uint64_t scope);
int case_same_day(struct judgement *j, uint64_t session, uint64_t group, int32_t day);
int case_ruled(struct intake *in, const struct sam_row *ruling, uint64_t seen_csn, uint64_t csn);

/* attended.c */
/* attended_changed(in, session, csn, again): whether it is cancelled, who was there, or what was ruled of it may be another since
 * the op at ${csn}. ${again}: that op says itself that somebody was there. */
int attended_changed(struct intake *in, uint64_t session, uint64_t csn, bool again);
/* attended_asks(in, session, asks): is a person to be asked whether it was held? For verify. */
int attended_asks(struct intake *in, uint64_t session, bool *asks);

/* standing.c */
enum sam_verdict standing_verdict(uint32_t disputed, uint32_t listed);
int standing_outcome(struct judgement *j, struct outcome *out);
/* standing_set(…): what the value that stands at ${csn} is in ${unit} from now on. _leave: the op at hand, whose author had seen
 * it, replaces it; ${stands}: by the same value. Where the centre decides against a value that was weighed its author is told;
 * else an informed edit is no news. */
int standing_set(struct intake *in, const struct sam_key *key, uint64_t csn, unsigned unit, enum standing standing,
                 uint64_t at_csn);
int standing_leave(struct judgement *j, const struct sam_key *key, uint64_t csn, unsigned unit, bool stands);

/* primary.c */
int primary_changed(struct judgement *j); /* a response came or went */
int primary_ruled(struct intake *in, const struct sam_row *ruling);
int primary_linked(struct intake *in,
                   const struct link_class *was); /* those who were a class are linked otherwise now */
/* primary_occasion(r, of, replaces): what response ${r} was to; ${replaces}: the one that it corrects, 0: none. */
void primary_occasion(const struct sam_row *r, struct store_occasion *of, uint64_t *replaces);

/* score.c */
int score_changed(struct judgement *j); /* a response came or went */
int scores_renew(struct intake *in);    /* at start: by the rules of this program */
int score_true(struct intake *in, uint64_t response,
               bool *is); /* is what stands there what its answers make? For verify */

/* retake.c */
void retake_note(struct intake *in, const struct sam_op *op); /* this was judged: something may fit now */
int retake_ruled(struct intake *in, const struct sam_row *ruling, uint64_t csn);
/* retake_known(in, v): an op was quarantined about which a coordinator had decided before the centre lost it. */
int retake_known(struct intake *in, struct store_verdict *v);
int retake_run(struct intake *in); /* before a commit: what fits now is taken in */

/* audit.c */
int audit_batch(struct intake *in, const struct store_push *p); /* part of this commit's line */
int audit_end(struct intake *in);                               /* before a commit: the line of its ops */
int audit_load(struct intake *in);
/* audit_facts(in, before, p, out): the next value over a commit's batches. */
int audit_facts(struct intake *in, const uint8_t before[SAM_HASH_BYTES], const struct store_push *p,
                uint8_t out[SAM_HASH_BYTES]);
int audit_line(struct intake *in, struct store_audit *a); /* kind, actor, text, facts are set; the rest is given */

/* access.c */
int access_changed(struct judgement *j); /* what was seen on a tablet came: noted for the log */
int access_flush(struct intake *in);     /* before the commit's own line */
/* access_true(in, r, csn, is): does the log say what row ${r} of table access says, which stands at ${csn}? For verify. */
int access_true(struct intake *in, const struct sam_row *r, uint64_t csn, bool *is);
/* account.c, account_journal.c: accounts of the console (server/intake/account.h) */
struct store_account;
int account_journal(struct intake *in, const struct store_account *a);
int account_replay(struct intake *in, struct sam_span payload);
int account_audit_replay(struct intake *in, const struct store_account *a);
int accounts_confirm(struct intake *in); /* said anew: the journal that said it first is not there */

/* trace.c: which batches are read again, and what is done with each of their ops */
struct trace_walk {
    /* ${bytes} are borrowed, and so is the batch: nothing may ask for another one. Of an op that was erased: none */
    int (*op)(void *ctx, const struct store_push *p, const struct intake_traced *at, struct sam_span bytes);
    void *ctx;
    struct sam_zip *zip; /* its own; so is plain */
    struct sam_buf plain;
};
/* trace_walk(st, k, csn): all batches behind ${csn}, which becomes where they end; until one returns non-zero, which is returned. */
int trace_walk(struct store *st, struct trace_walk *k, uint64_t *csn);
struct trace_batches {
    uint64_t *first_csn; /* freed by whoever gathers them */
    size_t count, room;
};
/* trace_about(st, b, subject, after): add the batches behind ${after} in which something was said of it (said.c). */
int trace_about(struct store *st, struct trace_batches *b, uint64_t subject, uint64_t after);
/* trace_walk_some(st, k, b): trace_walk over these, each once, in their order. */
int trace_walk_some(struct store *st, struct trace_walk *k, struct trace_batches *b);

/* said.c: said_subject(key): what an op on ${key} is noted by; 0: by nothing.
 * said_note(in, op, first_csn): of a batch that begins there; twice is once */
uint64_t said_subject(const struct sam_key *key);
int said_note(struct intake *in, const struct sam_op *op, uint64_t first_csn);

/* figure_journal.c: figures that were frozen (server/intake/figure.h) */
struct store_figure;
struct figure_count;
int figure_journal(struct intake *in, const struct store_figure *f,
                   const struct figure_count *sessions); /* NULL: they stand there already */
int figure_replay(struct intake *in, struct sam_span payload);
int figure_sessions_replay(struct intake *in, struct sam_span payload);
int figures_confirm(struct intake *in); /* as accounts_confirm */

/* turnout.c: how many came to each session (server/store/turnout.h) */
/* turnout_changed(in, row): it was written; what it says of a session is counted before the commit. */
int turnout_changed(struct intake *in, const struct sam_row *row);
int turnouts_flush(struct intake *in);                           /* counts what has changed */
int turnouts_all(struct intake *in);                             /* counts every session, in a table that is empty */
int turnout_true(struct intake *in, uint64_t session, bool *is); /* is what is kept what the rows say? For verify */

/* plan.c */
int window_set(struct intake *in, int32_t day);

/* push.c */
int push_chain_walk(struct intake *in, const struct store_push *p, uint64_t before, uint64_t seq, uint64_t *chain);
int push_chain_at(struct intake *in, uint64_t device_no, uint64_t seq, uint64_t *chain);
int author_of_device(struct intake *in, const struct store_device *d, struct author *out);
/* verdict_say(in, v, out): what became of the op that v names; where it was not judged, that is a fact. */
int verdict_say(struct intake *in, const struct store_verdict *of, const struct outcome *out);
int push_fork_error(struct intake *in, uint64_t device_no, uint64_t from_seq, uint64_t to_seq, struct sam_error *e);

/* author.c */
int author_replay(struct intake *in, const struct journal_record *r);
int author_blank_replay(struct intake *in, const struct journal_record *r);
/* author_unheard(in, op): an op of the centre that no journal needs: it would be said again by itself. */
int author_unheard(struct intake *in, const struct sam_op *op);

/* join.c */
int device_key_open(struct intake *in, const struct store_device *d, uint8_t key[SAM_KEY_BYTES]);
int device_journal(struct intake *in, const struct store_device *d);
int device_replay(struct intake *in, struct sam_span payload);
int device_parent_mark(struct intake *in, uint64_t parent); /* 0: it has none */
/* A revoked device erases itself when all its ops are here: a restore must know that it cannot send them again. */
int device_erase_journal(struct intake *in, const struct store_device *d);
int device_erase_replay(struct intake *in, struct sam_span payload);
/* device_lost(…): the watermark passes ops up to ${last_seq} that nobody will send. ${assumed}: as far as is known. device_found: a
 * loss from ${first_seq} to the watermark that was only assumed is taken back. */
int device_lost(struct intake *in, struct store_device *d, uint64_t last_seq, uint64_t chain, bool assumed);
int device_found(struct intake *in, struct store_device *d, uint64_t first_seq);
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
