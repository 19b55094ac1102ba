/* Intake: what comes from outside becomes facts and rows. Batch → rights → merge → store in one transaction of the caller.
 * Runs on the write thread only, except intake_batch_read, which is pure.
 *
 * One commit takes in several things: intake_begin, any number of intake_hello/_join/_push/verb calls, intake_commit, and
 * only then the answers leave (P1). What an answer says is decided before the commit and sent after it. */
#ifndef INTAKE_INTAKE_H
#define INTAKE_INTAKE_H

#include "proto/model/merge.h"
#include "proto/sync/sync.h"
#include "server/store/store.h"

struct intake;

struct intake_config {
    const char *store_path;
    const char *journal_path;          /* folder; NULL: no journal */
    uint8_t master_key[SAM_KEY_BYTES]; /* wraps device keys; lives outside the store */
    uint8_t ticket_key[SAM_KEY_BYTES]; /* seals tickets; lives outside the store */
    int64_t (*now_s)(void *ctx);       /* seconds since 1970 */
    void *now_ctx;
    /* by number and version, NULL where it is not listed; itself NULL: sam_instrument_find */
    const struct sam_instrument *(*instrument)(uint32_t number, uint32_t version);
};

/**
 * intake_open(out, config, create): opens the store for writing, replays what the journal has beyond it, and draws a new
 * epoch. intake_close: in reverse.
 *   errors  as store_open; SAM_ECORRUPT a damaged journal
 */
int intake_open(struct intake **out, const struct intake_config *config, bool create);
void intake_close(struct intake *in);
struct store *intake_store(struct intake *in);
struct store_epoch intake_epoch(const struct intake *in);
int64_t intake_now_s(const struct intake *in);
/* Drain-only: restored without its journal; takes ops, sends no rows, until intake_confirm_devices. */
bool intake_drain_only(const struct intake *in);
int intake_confirm_devices(struct intake *in);

int intake_begin(struct intake *in);
int intake_commit(struct intake *in); /* as store_commit */
void intake_rollback(struct intake *in);
/* intake_settle(in): inside a transaction: what was counted of what it changed stands in the store for the verbs that read it. */
int intake_settle(struct intake *in);

/* intake_scopes_touched(in, out, max): scopes whose rows changed since the last call; for POKE. Returns the count. */
unsigned intake_scopes_touched(struct intake *in, uint64_t *out, unsigned max);

/* ---- HELLO */
struct intake_greeting {
    struct sam_error error; /* code 0: welcome */
    struct sam_welcome welcome;
    uint64_t device_no, org;
    uint8_t key[SAM_KEY_BYTES]; /* the device's; wipe after making the push key */
    uint64_t seq, chain;        /* Hello.acked_seq and the chain there, checked: where its first PUSH may start */
};
int intake_hello(struct intake *in, const struct sam_hello *h, struct sam_span body, const uint8_t mac[SAM_MAC_BYTES],
                 struct intake_greeting *out);

/* ---- JOIN. Of a code that is used, wrong or too old the error says CODE_REFUSED and nothing more. */
struct intake_joined {
    struct sam_error error;
    struct sam_joined joined;
};
int intake_join(struct intake *in, const struct sam_join *j, struct sam_span body, const uint8_t mac[SAM_MAC_BYTES],
                struct intake_joined *out);

/* ---- PUSH */
struct intake_batch {
    uint64_t device_no, first_seq, epoch, chain_before, chain;
    unsigned count, origin_count;
    struct sam_buf plain; /* the body, owned */
    struct sam_buf raw;   /* as sent, owned; empty: plain is as sent */
    uint8_t mac[SAM_MAC_BYTES];
    struct sam_span op[SAM_PUSH_OPS_MAX];
    uint64_t op_chain[SAM_PUSH_OPS_MAX]; /* chain after each */
    struct sam_origin *origin;           /* origin_count of them, owned */
};
/**
 * intake_batch_read(b, key, device_no, hello_epoch, chain_before, p, as_sent, body, mac):
 * Check a PUSH's MAC and chain and take it apart. Pure; any thread. ${b} is zeroed by the caller and freed with
 * intake_batch_fini, also after a failure.
 *   errors  SAM_EAUTH the MAC is wrong; SAM_EPROTO; SAM_ENOMEM
 */
int intake_batch_read(struct intake_batch *b, struct sam_mac_key *key, uint64_t device_no, uint64_t hello_epoch,
                      uint64_t chain_before, const struct sam_push *p, const struct sam_frame *as_sent,
                      struct sam_span body, const uint8_t *mac);
void intake_batch_fini(struct intake_batch *b);

struct intake_pushed {
    struct sam_error
        error; /* 0: ack. GAP, NOT_ACTIVE, READ_ONLY, BUSY leave the connection open; FORK and others end it */
    struct sam_ack ack;
};
/* intake_push(in, b, out): judge a batch. Returns negative only when the storage failed (roll back, answer nothing). */
int intake_push(struct intake *in, struct intake_batch *b, struct intake_pushed *out);

/* ---- what the centre itself says: ops of device 1, invites, device states. Journaled before the transaction commits. */

/* intake_mint(in, id): an id that no other store ever gives. */
int intake_mint(struct intake *in, uint64_t *id);
/**
 * intake_author(in, op, reason): apply an op of device 1; its base is the present.
 *   returns 0; SAM_ERANGE with the reason when the op is refused: no row is changed. What only judging can tell (a row that
 *           is made twice, or changed without being there) is kept as a quarantined op; all else leaves no trace.
 *           Negative: storage failed
 */
int intake_author(struct intake *in, const struct sam_op *op, enum sam_reason *reason);

struct intake_invite {
    uint64_t id, org;
    uint8_t code[SAM_CODE_BYTES];
    int64_t expires_s;
};
int intake_invite(struct intake *in, uint64_t org, const char *label, struct intake_invite *out);
/* intake_device_state(in, device_no, state): approve, drain, revoke … of this number and all numbers forked from it. */
int intake_device_state(struct intake *in, uint64_t device_no, enum sam_device_state state);

/* intake_unlock_code(in, device_no, number, out): what is read out to a locked tablet. SAM_ENOTFOUND; SAM_ESTATE it is shut out. */
int intake_unlock_code(struct intake *in, uint64_t device_no, uint64_t number, char out[SAM_UNLOCK_TEXT_BYTES]);

/* intake_plan(in, written): write planned sessions 8 weeks ahead and move the window; call daily and after changes. */
int intake_plan(struct intake *in, unsigned *written);

/* ---- audit: who did what, chained (server/intake/audit.c) */

enum audit_kind {
    AUDIT_START = 1,  /* a start of the centre; text: its epoch */
    AUDIT_OPS = 2,    /* batches first_csn … last_csn, of devices and of the centre itself; they name their authors */
    AUDIT_VERB = 3,   /* somebody asked the centre something; text: the verb and its numbers */
    AUDIT_DEVICE = 4, /* a device joined, or its state changed */
    AUDIT_LOST = 5,   /* ops that a device can no longer send */
    AUDIT_REBUILD = 6,
    AUDIT_FOUND = 7, /* … and could, after all */
    AUDIT_ERASED =
        9, /* what was said of a person was forgotten: by a ruling, or since it came after one (server/intake/erase.c) */
    AUDIT_ACCESS = 8, /* as AUDIT_VERB, of what was seen or changed of people: rows of the access log stand beside it */
    AUDIT_ACCOUNT = 10 /* an account of the console, or somebody logging in or out */
};

/* intake_audit(in, kind, actor, text): one line, in the open transaction. Longer texts are cut (128, 1024 bytes). */
int intake_audit(struct intake *in, enum audit_kind kind, const char *actor, const char *text);
/* intake_audit_entry(a, out): a line's own hash, over the hash of its text. intake_push_hash: a batch's. */
int intake_audit_entry(const struct store_audit *a, uint8_t out[SAM_HASH_BYTES]);
int intake_push_hash(const struct store_push *p, uint8_t out[SAM_HASH_BYTES]);
#define INTAKE_PURPOSE_BYTES_MAX 200u
/**
 * intake_access(in, actor, text, rows, count):
 * One line and its ${count} rows of the access log, in the open transaction: before anything of it is shown (server/intake/access.c).
 *   sets    audit_no, part, at_s and actor of ${rows}
 *   errors  SAM_ETOOBIG a text that is longer than its bound; as the store
 */
int intake_access(struct intake *in, const char *actor, const char *text, struct store_access *rows, unsigned count);
int intake_access_facts(const uint8_t before[SAM_HASH_BYTES], const struct store_access *a,
                        uint8_t out[SAM_HASH_BYTES]);
/* intake_audit_head(in, count, head): how many lines, and the first 8 bytes of the last one's chain hash. */
int intake_audit_head(struct intake *in, uint64_t *count, uint64_t *head);

/* ---- everything derived, computed anew from the facts, and whether all that stands here is true */

struct intake_check {
    uint64_t done, total; /* progress: ops, rows or lines so far, of about so many; total 0: cannot be said */
    const char *what;     /* what is being done: "audit", "rows" … */
};
struct intake_found {
    /* what is wrong, one line in words for machines (logfmt): "ev=sum scope=17 …" */
    void (*wrong)(void *ctx, const char *line);
    /* called now and then; non-zero ends the work with SAM_ECLOSED. NULL: none */
    int (*progress)(void *ctx, const struct intake_check *at);
    void *ctx;
};
struct intake_rebuilt {
    uint64_t ops, rows;
    unsigned tables, changed; /* tables of which the content is not what it was */
};
/**
 * intake_rebuild(in, found, out): forget every derived table and judge all ops again, in the open transaction.
 * Each table that ends otherwise than it was is told to ${found}. The caller commits, or rolls back where it only asked.
 *   errors  SAM_ECORRUPT the facts contradict themselves; as the store
 */
int intake_rebuild(struct intake *in, const struct intake_found *found, struct intake_rebuilt *out);

/* ---- erasing a person (server/intake/erase.c) */

/**
 * intake_erase_end(in, found): after a ruling that erases was taken in (intake_author), in the same transaction: what is derived is
 * derived anew from what is left. Takes as long as intake_rebuild. Nothing to do: nothing is done.
 *   errors  as intake_rebuild
 */
int intake_erase_end(struct intake *in, const struct intake_found *found);

struct intake_verified {
    uint64_t lines, batches, ops, devices, scopes, rows, cases;
    uint64_t wrong; /* how many lines were told */
    uint64_t head;  /* of the audit log */
};
/* A head of the audit log that was kept elsewhere: after ${count} lines it was ${head}. */
struct intake_anchor {
    uint64_t count, head;
};
/**
 * intake_verify(in, found, anchor, out): the file's own integrity, the audit log's chain and the batches that it covers, each
 * device's chain, gapless csns, sent = the sum of verdicts (P4), every scope's rows and checksum, candidates and open cases, and what
 * is shown of people who are linked.
 * ${anchor}: NULL where none was kept. Changes nothing.
 *   returns 0 also where something is wrong: that is told and counted; negative: it could not be read to its end, and then what
 *           was told may be told because of that. SAM_ECORRUPT: what stands there cannot be understood
 */
int intake_verify(struct intake *in, const struct intake_found *found, const struct intake_anchor *anchor,
                  struct intake_verified *out);

/* ---- what was said, read again for people (server/intake/history.c) */

struct intake_op {
    uint64_t csn, device_no, seq; /* its own, also where its values were taken in later */
    int64_t received_s;
    bool readable;             /* op holds it; else only its bytes are there */
    struct sam_op op;          /* text borrowed from raw */
    struct sam_buf raw, plain; /* raw: the op's bytes */
};
/**
 * intake_op_at(in, csn, out): the op whose values stand at ${csn}.
 *   owns    freed with intake_op_fini, also after a failure
 *   errors  SAM_ENOTFOUND no op has that csn; as the store
 */
int intake_op_at(struct intake *in, uint64_t csn, struct intake_op *out);
/* intake_op_look(st, zip, csn, out): the op that came as ${csn}; on any thread, with that thread's ${st} and ${zip}. */
int intake_op_look(struct store *st, struct sam_zip *zip, uint64_t csn, struct intake_op *out);
void intake_op_fini(struct intake_op *op);

/* All that was ever said of some people, whatever became of it: ops that name one of them or a row of theirs, and rulings about these. */
struct intake_trace {
    uint64_t person[SAM_LINKED_MAX];
    unsigned persons;
    uint64_t upto_csn; /* ops up to here have been looked at */
    struct intake_traced {
        uint64_t csn, device_no, seq;
    } * op; /* in order */
    size_t count, room;
    struct sam_key *own; /* their rows with an id of their own: forms, notes, … */
    size_t owns, own_room;
};
/**
 * intake_trace(st, t):
 * Look at all ops after t->upto_csn. What cannot be read is left out: nobody can say whom it names.
 *   owns    freed with intake_trace_fini
 *   thread  that of ${st}, a reader or the writer
 */
int intake_trace(struct store *st, struct intake_trace *t);
void intake_trace_fini(struct intake_trace *t);

struct people;
/* One op on one mark. */
struct intake_said {
    uint64_t csn, device_no, seq;
    int64_t received_s;
    const struct sam_op *op; /* borrowed, until each returns */
};
/**
 * intake_said_each(st, session, people, each, ctx):
 * All that was ever said of these people's (server/intake/people.h) attendance in this session, in the order in which it came, whatever
 * became of it; until ${each} returns non-zero, which is returned. It reads the batches that were noted by that session, and no other.
 *   thread  that of ${st}, a reader or the writer
 */
int intake_said_each(struct store *st, uint64_t session, const struct people *people,
                     int (*each)(void *ctx, const struct intake_said *said), void *ctx);

/* The values of one unit that nobody who had seen them has replaced, and what the fold makes of them. */
struct intake_unit {
    const struct sam_candidates *set; /* count 0: the row, or a value in it, is not there */
    struct sam_fold fold;             /* of a set that is not empty */
    void *memory;
};
/**
 * intake_unit_open(in, key, unit, out):
 *   owns    set lives until intake_unit_close, which is called also after a failure
 */
int intake_unit_open(struct intake *in, const struct sam_key *key, unsigned unit, struct intake_unit *out);
/* intake_unit_look: for readers; of a value that stands alone it is not said who said it. */
int intake_unit_look(struct store *st, const struct sam_key *key, unsigned unit, struct intake_unit *out);
void intake_unit_close(struct intake_unit *u);

#endif
