/* The tablet's doors: what is saved, shown and synced on it fails in every place, and is done after all (fault.h).
 *
 * What must hold when something that is asked of a tablet has failed: it says so; no op was added, in memory or in the store; no
 * transaction is open. A conversation that fails ends; the next one goes on where what was kept ends, and the story's own checks say
 * whether anything was lost or came twice. */
#include "tests/swept/fault.h"

#include "client-sdk/include/samling_record.h"
#include "tests/lib/pump.h"

static unsigned long talks_failed;
static bool whole_sync; /* in a conversation that may be begun again */

static uint64_t last_seq_stored(samling *s)
{
    sqlite3_stmt *q;
    uint64_t seq = 0;
    FAULT_MUST(sqlite3_prepare_v2(s->store.db, "SELECT coalesce(max(seq), 0) FROM op", -1, &q, NULL) == SQLITE_OK);
    if (sqlite3_step(q) == SQLITE_ROW)
        seq = (uint64_t)sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return seq;
}

struct stand {
    uint64_t last_seq, stored_seq;
};

static struct stand stand_of(samling *s)
{
    return (struct stand){sam_meta(s, last_seq), last_seq_stored(s)};
}

/* What is held in memory could not be read again: nothing may be written until the store is opened anew, which is done here in small. */
static void reopen(samling *s)
{
    FAULT_MUST(sam_store_begin(&s->store) == SAM_EIO);
    s->store.broken = false;
    FAULT_MUST(sam_meta_load(s) == 0 && sam_held_load(s) == 0);
}

static void failed(samling *s, int err, const struct stand *before)
{
    struct fault_attempt a;
    fault_none(&a);
    FAULT_MUST(err < 0);
    if (s->store.broken)
        reopen(s);
    struct stand now = stand_of(s);
    if (!s->talk.wiped) /* emptied by the centre's order, or since that was told: that stands */
        FAULT_MUST(now.last_seq == before->last_seq && now.stored_seq == before->stored_seq);
    fault_end(&a);
}

/* A call that is asked again until nothing in it fails any more. */
#define DOOR(name, parameters, arguments)      \
    int __real_##name parameters;              \
    int __wrap_##name parameters;              \
    int __wrap_##name parameters               \
    {                                          \
        struct fault_attempt a;                \
        if (fault_inside())                    \
            return __real_##name arguments;    \
        for (;;) {                             \
            struct stand before = stand_of(s); \
            fault_begin(&a);                   \
            int err = __real_##name arguments; \
            if (!fault_end(&a))                \
                return err;                    \
            failed(s, err, &before);           \
            if (err >= 0)                      \
                return err;                    \
        }                                      \
    }

DOOR(samling_mark, (samling * s, uint64_t user, const struct samling_mark *mark), (s, user, mark))
DOOR(samling_mark_all, (samling * s, uint64_t user, const struct samling_mark *marks, size_t count),
     (s, user, marks, count))
DOOR(samling_walk_in, (samling * s, uint64_t user, uint64_t session, const char *name, int birth_year, uint64_t *out),
     (s, user, session, name, birth_year, out))
DOOR(samling_session_add, (samling * s, uint64_t user, uint64_t group, int32_t day, int start_min, uint64_t *out),
     (s, user, group, day, start_min, out))
DOOR(samling_session_status, (samling * s, uint64_t user, uint64_t session, int status, int reason),
     (s, user, session, status, reason))
DOOR(samling_set_save, (samling * s, uint64_t user, const struct samling_set *set), (s, user, set))
DOOR(samling_consent_save, (samling * s, uint64_t user, const struct samling_consent *consent), (s, user, consent))
DOOR(samling_score_save, (samling * s, uint64_t user, const struct samling_score *score, uint64_t *out),
     (s, user, score, out))
DOOR(samling_score_remove, (samling * s, uint64_t user, uint64_t id), (s, user, id))
DOOR(samling_note_save, (samling * s, uint64_t user, const struct samling_note *note, uint64_t *out),
     (s, user, note, out))
DOOR(samling_contact_save, (samling * s, uint64_t user, const struct samling_contact *contact, uint64_t *out),
     (s, user, contact, out))
DOOR(samling_record_shut, (samling * s, uint64_t user, uint64_t participant), (s, user, participant))
DOOR(samling_access, (samling * s, uint64_t user, const struct samling_access *access), (s, user, access))
DOOR(samling_sheet, (samling * s, uint64_t session, struct samling_line **out, size_t *count), (s, session, out, count))
DOOR(samling_status, (samling * s, struct samling_status *out), (s, out))
DOOR(samling_consents, (samling * s, uint64_t participant, struct samling_consent_line **out, size_t *count),
     (s, participant, out, count))
DOOR(samling_scores, (samling * s, uint64_t participant, struct samling_score_line **out, size_t *count),
     (s, participant, out, count))
DOOR(samling_link_up, (samling * s), (s))

int __real_pump_save(struct pump_tablet *t, struct sam_op *op, uint64_t scope);
int __wrap_pump_save(struct pump_tablet *t, struct sam_op *op, uint64_t scope);
int __wrap_pump_save(struct pump_tablet *t, struct sam_op *op, uint64_t scope)
{
    struct fault_attempt a;
    for (;;) {
        struct stand before = stand_of(t->s);
        struct sam_op mine = *op;
        fault_begin(&a);
        int err = __real_pump_save(t, &mine, scope);
        if (!fault_end(&a)) {
            *op = mine;
            return err;
        }
        failed(t->s, err, &before);
        if (err >= 0)
            return err;
    }
}

/* ---- what a conversation's frames do, where a test calls it by itself: within the test's transaction, which is put back to where it was */

struct kept {
    struct sam_meta meta;
    struct sam_scopes_held held;
    struct sam_talk talk;
};

static void keep(samling *s, struct kept *k)
{
    *k = (struct kept){s->meta, s->held, s->talk};
    if (s->store.in_tx)
        FAULT_MUST(sqlite3_exec(s->store.db, "SAVEPOINT door", NULL, NULL, NULL) == SQLITE_OK);
}

static void put_back(samling *s, const struct kept *k, int err)
{
    FAULT_MUST(err < 0);
    for (int i = 0; i < SAM_Q_COUNT; i++)
        sqlite3_reset(s->store.stmt[i]);
    if (s->store.in_tx)
        FAULT_MUST(sqlite3_exec(s->store.db, "ROLLBACK TO door; RELEASE door", NULL, NULL, NULL) == SQLITE_OK);
    s->meta = k->meta;
    s->held = k->held;
    s->talk = k->talk;
}

static void done(samling *s)
{
    if (s->store.in_tx)
        FAULT_MUST(sqlite3_exec(s->store.db, "RELEASE door", NULL, NULL, NULL) == SQLITE_OK);
}

#define INNER_DOOR(name, parameters, arguments) \
    int __real_##name parameters;               \
    int __wrap_##name parameters;               \
    int __wrap_##name parameters                \
    {                                           \
        static struct kept kept;                \
        struct fault_attempt a;                 \
        if (whole_sync || fault_inside())       \
            return __real_##name arguments;     \
        for (;;) {                              \
            keep(s, &kept);                     \
            fault_begin(&a);                    \
            fault_within = true;                \
            int err = __real_##name arguments;  \
            fault_within = false;               \
            if (!fault_end(&a)) {               \
                done(s);                        \
                return err;                     \
            }                                   \
            put_back(s, &kept, err);            \
        }                                       \
    }

INNER_DOOR(sam_run_scopes, (samling * s, const struct sam_scopes *m), (s, m))
INNER_DOOR(sam_run_welcome, (samling * s, uint64_t epoch), (s, epoch))
INNER_DOOR(sam_run_changes, (samling * s, const struct sam_changes *c), (s, c))
INNER_DOOR(sam_run_end, (samling * s, const struct sam_scope_end *e, uint64_t epoch, bool *equal), (s, e, epoch, equal))
INNER_DOOR(sam_run_verify, (samling * s, struct sam_held *h, const struct sam_scope_end *e), (s, h, e))
INNER_DOOR(sam_outbox_push,
           (samling * s, struct sam_mac_key *key, uint64_t first_seq, size_t bytes_max, uint64_t hello_epoch,
            struct sam_buf *body, unsigned *count),
           (s, key, first_seq, bytes_max, hello_epoch, body, count))
INNER_DOOR(sam_outbox_acked, (samling * s, uint64_t seq, uint64_t csn, uint64_t epoch), (s, seq, csn, epoch))
INNER_DOOR(sam_outbox_range, (samling * s, uint64_t first, uint64_t count, uint64_t csn, uint64_t epoch),
           (s, first, count, csn, epoch))
INNER_DOOR(sam_outbox_back, (samling * s, uint64_t seq), (s, seq))
INNER_DOOR(sam_outbox_trim, (samling * s), (s))

/* ---- a conversation: what failed in it ends it, and pump_sync begins another one */

int __real_samling_link_feed(samling *s, const uint8_t *bytes, size_t n);
int __wrap_samling_link_feed(samling *s, const uint8_t *bytes, size_t n);
size_t __real_samling_link_peek(samling *s, const uint8_t **bytes);
size_t __wrap_samling_link_peek(samling *s, const uint8_t **bytes);
void __real_samling_link_down(samling *s);
void __wrap_samling_link_down(samling *s);
bool __real_pump_sync(struct pump_tablet *t, uint64_t bytes);
bool __wrap_pump_sync(struct pump_tablet *t, uint64_t bytes);

int __wrap_samling_link_feed(samling *s, const uint8_t *bytes, size_t n)
{
    struct fault_attempt a;
    struct stand before = stand_of(s);
    if (!whole_sync || fault_inside())
        return __real_samling_link_feed(s, bytes, n);
    fault_begin(&a);
    int err = __real_samling_link_feed(s, bytes, n);
    if (!fault_end(&a))
        return err;
    failed(s, err, &before);
    if (err >= 0)
        return err;
    talks_failed++;
    return SAMLING_ECLOSED;
}

size_t __wrap_samling_link_peek(samling *s, const uint8_t **bytes)
{
    struct fault_attempt a;
    if (!whole_sync)
        return __real_samling_link_peek(s, bytes);
    fault_begin(&a);
    size_t n = __real_samling_link_peek(s, bytes);
    talks_failed += fault_end(&a);
    return n;
}

void __wrap_samling_link_down(samling *s)
{
    struct fault_attempt a;
    if (!whole_sync) {
        __real_samling_link_down(s);
        return;
    }
    fault_begin(&a);
    __real_samling_link_down(s);
    talks_failed += fault_end(&a);
}

bool __wrap_pump_sync(struct pump_tablet *t, uint64_t bytes)
{
    bool was = whole_sync, whole;
    unsigned long before;
    do {
        before = talks_failed;
        whole_sync = bytes == PUMP_WHOLE;
        whole = __real_pump_sync(t, bytes);
    } while (talks_failed != before);
    whole_sync = was;
    return whole;
}
