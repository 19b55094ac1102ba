/* The centre's doors: what is taken in fails in every place, and is taken in after all (fault.h).
 *
 * What must hold when intake_begin, _push, _author or _commit has failed: it says so, and of memory that it was memory, no commit happened, and behind a rollback the
 * store stands at the csn at which it stood before. Nothing that is held in memory may tell otherwise: the transaction is begun
 * anew, what had been said in it is said again, and the story's own checks (intake_verify, and a rebuild that changes nothing) see a
 * store and caches that have been through all of it.
 *
 * A transaction in which something else is written as well (a tablet joins, a plan is made) cannot be said again by this file, and is
 * let through from there on. */
#include "tests/swept/fault.h"

#include "proto/base/err.h"
#include "server/intake/intake_int.h"
#include "server/store/store_int.h"

#include <stdlib.h>

enum { SAID_MAX = 64, REBUILT_OPS_MAX = 60 }; /* a longer history takes long, and fails in the same places */

/* What was said in the open transaction, so that it can be said again. */
struct said {
    struct intake_batch *batch; /* NULL: an op of the centre */
    bool kept;                  /* the batch is ours: its owner is done with it */
    struct sam_op op;           /* its text is the caller's */
    int result;
};

static struct {
    struct intake *in; /* NULL: none is open, or it cannot be said again */
    int changes;       /* as SQLite counts them, behind the last thing said */
    uint64_t csn;      /* before it began */
    unsigned count;
    struct said said[SAID_MAX];
} tx;

int __real_intake_begin(struct intake *in);
int __wrap_intake_begin(struct intake *in);
int __real_intake_push(struct intake *in, struct intake_batch *b, struct intake_pushed *out);
int __wrap_intake_push(struct intake *in, struct intake_batch *b, struct intake_pushed *out);
int __real_intake_author(struct intake *in, const struct sam_op *op, enum sam_reason *why);
int __wrap_intake_author(struct intake *in, const struct sam_op *op, enum sam_reason *why);
int __real_intake_commit(struct intake *in);
int __wrap_intake_commit(struct intake *in);
void __real_intake_rollback(struct intake *in);
void __wrap_intake_rollback(struct intake *in);
void __real_intake_batch_fini(struct intake_batch *b);
void __wrap_intake_batch_fini(struct intake_batch *b);

static int changes(struct intake *in)
{
    return sqlite3_total_changes(in->st->db);
}

static int commit_count(void *ctx)
{
    ++*(unsigned *)ctx;
    return 0;
}

static void tx_forget(void)
{
    for (unsigned i = 0; i < tx.count; i++)
        if (tx.said[i].kept) {
            __real_intake_batch_fini(tx.said[i].batch);
            free(tx.said[i].batch);
        }
    tx.count = 0;
    tx.in = NULL;
}

/* Is all that was written since it began in our list? */
static bool tx_whole(struct intake *in)
{
    if (tx.in && (tx.in != in || tx.changes != changes(in) || tx.count == SAID_MAX))
        tx.in = NULL;
    return tx.in != NULL;
}

static void tx_said(const struct said *one)
{
    if (!tx.in)
        return;
    tx.said[tx.count++] = *one;
    tx.changes = changes(tx.in);
}

/* ---- again */

static void tx_begin(struct intake *in)
{
    FAULT_MUST(__real_intake_begin(in) == 0);
    tx.changes = changes(in);
}

static void tx_say_again(struct intake *in)
{
    struct intake_pushed pushed;
    enum sam_reason why;
    tx_begin(in);
    for (unsigned i = 0; i < tx.count; i++) {
        const struct said *s = &tx.said[i];
        int err = s->batch ? __real_intake_push(in, s->batch, &pushed) : __real_intake_author(in, &s->op, &why);
        FAULT_MUST(err == s->result);
    }
    tx.changes = changes(in);
}

/* It has failed; what it had begun is taken back. ${commits}: since then. Ids go on where they were, for stories that compare two
 * plays by the order of their ids: no block of them was begun in this transaction, or it could not be said again. */
static void tx_undone(struct intake *in, unsigned commits)
{
    uint64_t mint_next = in->mint_next, mint_end = in->mint_end;
    __real_intake_rollback(in);
    in->mint_next = mint_next;
    in->mint_end = mint_end;
    FAULT_MUST(commits == 0);
    FAULT_MUST(sqlite3_get_autocommit(in->st->db));
    FAULT_MUST(store_csn(in->st) == tx.csn);
    FAULT_MUST(in->st->failed == 0);
}

static bool tells(const struct intake *in, int err)
{
    return (err < 0 && err != SAM_ERANGE) || in->st->failed; /* ERANGE refuses: that is an answer */
}

/* ---- doors */

int __wrap_intake_begin(struct intake *in)
{
    struct fault_attempt a;
    int err;
    tx_forget();
    for (;;) {
        fault_begin(&a);
        err = __real_intake_begin(in);
        if (!fault_end(&a))
            break;
        FAULT_MUST(err < 0 && sqlite3_get_autocommit(in->st->db));
    }
    tx.in = err ? NULL : in;
    tx.csn = store_csn(in->st);
    tx.changes = changes(in);
    return err;
}

/* One thing is said: with its failures where all that went before can be said again, else without. */
static int said(struct intake *in, struct said *one, struct intake_pushed *pushed, enum sam_reason *why)
{
    struct fault_attempt a;
    unsigned commits = 0;
    bool whole = tx_whole(in), fired;
    do {
        if (whole)
            fault_begin(&a);
        else
            fault_none(&a);
        if (whole)
            sqlite3_commit_hook(in->st->db, commit_count, &commits);
        one->result = one->batch ? __real_intake_push(in, one->batch, pushed) : __real_intake_author(in, &one->op, why);
        if (whole)
            sqlite3_commit_hook(in->st->db, NULL, NULL);
        fired = fault_end(&a);
        if (fired) {
            FAULT_MUST(tells(in, one->result));
            FAULT_MUST(!fault_memory() || one->result == SAM_ENOMEM);
            if (!tells(in, one->result))
                break;
            fault_none(&a);
            tx_undone(in, commits);
            tx_say_again(in);
            fault_end(&a);
        }
    } while (fired);
    tx_said(one);
    return one->result;
}

int __wrap_intake_push(struct intake *in, struct intake_batch *b, struct intake_pushed *out)
{
    struct said one = {.batch = b};
    return said(in, &one, out, NULL);
}

int __wrap_intake_author(struct intake *in, const struct sam_op *op, enum sam_reason *why)
{
    struct said one = {.op = *op};
    return said(in, &one, NULL, why);
}

int __wrap_intake_commit(struct intake *in)
{
    struct fault_attempt a;
    unsigned commits = 0;
    bool whole = tx_whole(in);
    int err;
    for (;;) {
        if (whole)
            fault_begin(&a);
        else
            fault_none(&a);
        sqlite3_commit_hook(in->st->db, commit_count, &commits);
        err = __real_intake_commit(in);
        sqlite3_commit_hook(in->st->db, NULL, NULL);
        bool fired = fault_end(&a);
        FAULT_MUST(!fired || err < 0 ||
                   in->journal_due); /* a journal that could not be emptied is, at the next commit */
        FAULT_MUST(!fired || !fault_memory() || err == SAM_ENOMEM || in->journal_due);
        if (!fired || commits)
            break;
        fault_none(&a);
        tx_undone(in, commits);
        tx_say_again(in);
        fault_end(&a);
    }
    tx_forget();
    return commits ? 0 : err;
}

void __wrap_intake_rollback(struct intake *in)
{
    struct fault_attempt a;
    fault_none(&a);
    __real_intake_rollback(in);
    fault_end(&a);
    tx_forget();
}

/* The owner is done with a batch; until its commit we may need it again. */
void __wrap_intake_batch_fini(struct intake_batch *b)
{
    for (unsigned i = 0; tx.in && i < tx.count; i++) {
        struct said *s = &tx.said[i];
        if (s->batch != b || s->kept)
            continue;
        s->batch = malloc(sizeof *b);
        FAULT_MUST(s->batch != NULL);
        *s->batch = *b;
        s->kept = true;
        *b = (struct intake_batch){0};
        return;
    }
    __real_intake_batch_fini(b);
}

/* ---- all that stands here, looked at and made again */

static void nothing_told(void *ctx, const char *line)
{
    (void)ctx, (void)line; /* of an attempt that failed */
}

static const struct intake_found silent = {.wrong = nothing_told};

int __real_intake_verify(struct intake *in, const struct intake_found *found, const struct intake_anchor *anchor,
                         struct intake_verified *out);
int __wrap_intake_verify(struct intake *in, const struct intake_found *found, const struct intake_anchor *anchor,
                         struct intake_verified *out);
int __real_intake_rebuild(struct intake *in, const struct intake_found *found, struct intake_rebuilt *out);
int __wrap_intake_rebuild(struct intake *in, const struct intake_found *found, struct intake_rebuilt *out);

/* What could not be looked at is not called sound. */
int __wrap_intake_verify(struct intake *in, const struct intake_found *found, const struct intake_anchor *anchor,
                         struct intake_verified *out)
{
    struct fault_attempt a;
    bool fired = !fault_inside();
    int err;
    while (fired) {
        fault_begin(&a);
        fault_within = true;
        err = __real_intake_verify(in, &silent, anchor, out);
        fault_within = false;
        fired = fault_end(&a);
        if (fired)
            FAULT_MUST(tells(in, err));
        if (fired)
            store_failed(in->st);
    }
    return __real_intake_verify(in, found, anchor, out);
}

int __wrap_intake_rebuild(struct intake *in, const struct intake_found *found, struct intake_rebuilt *out)
{
    struct fault_attempt a;
    unsigned commits;
    bool fired = !fault_inside() && tx_whole(in) && tx.csn < REBUILT_OPS_MAX;
    while (fired) {
        commits = 0;
        sqlite3_commit_hook(in->st->db, commit_count, &commits);
        fault_begin(&a);
        int err = __real_intake_rebuild(in, &silent, out);
        fired = fault_end(&a);
        sqlite3_commit_hook(in->st->db, NULL, NULL);
        if (fired)
            FAULT_MUST(tells(in, err));
        fault_none(&a);
        tx_undone(in, commits);
        tx_say_again(in);
        fault_end(&a);
    }
    return __real_intake_rebuild(in, found, out);
}
