#include "server/intake/intake_int.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/base/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Raised when rules or derived tables change, so that older stores are computed anew. */
enum { DERIVED_VERSION = 40 };
enum { MINT_BLOCK_IDS = 65536, MINT_TRIES = 16, DEVICES_LOST_MAX = 4096, DEVICE_JUMP_MAX = 65536 };

struct store *intake_store(struct intake *in)
{
    return in->st;
}
struct store_epoch intake_epoch(const struct intake *in)
{
    return in->epoch;
}
bool intake_drain_only(const struct intake *in)
{
    return in->drain_only;
}

int64_t intake_now_s(const struct intake *in)
{
    return in->config.now_s(in->config.now_ctx);
}

void intake_caches_clear(struct intake *in)
{
    memset(in->slot, 0, sizeof in->slot);
    memset(in->session, 0, sizeof in->session);
    memset(in->member, 0, sizeof in->member);
    memset(in->user, 0, sizeof in->user);
    memset(&in->turnouts, 0, sizeof in->turnouts);
    in->noted = (struct noted){0};
    in->slot_count = 0;
    links_forget(in);
}

/* What of the store is held in memory beside the caches. */
static void kept_load(struct intake *in)
{
    in->window_day = (int32_t)store_meta_num(in->st, "window_day", SAM_WINDOW_DAY_FIRST);
    in->drain_only = store_meta_num(in->st, "drain_only", 0) != 0;
    uint64_t id, csn;
    in->erased_any = store_erased_person_next(in->st, 0, &id, &csn) != SAM_ENOTFOUND; /* or it is not known */
    in->erase_due = false;
    in->journal_due = store_meta_num(in->st, "journal_blank", 0) != 0;
}

/* ---- the journal */

/* Up to where the store holds what the journal says, and which journal it was. */
static int journal_place(struct intake *in, uint64_t number, uint64_t hash)
{
    int err = store_meta_num_set(in->st, "journal_number", (int64_t)number);
    return err ? err : store_meta_num_set(in->st, "journal_hash", (int64_t)hash);
}

int intake_journal(struct intake *in, uint8_t kind, uint64_t csn, struct sam_span payload)
{
    if (!in->journal)
        return 0;
    struct journal_record r = {.kind = kind, .epoch = in->epoch.id, .csn = csn, .payload = payload};
    int err = journal_add(in->journal, &r);
    return err ? err : journal_place(in, r.number, r.hash);
}

struct replay {
    struct intake *in;
    uint64_t common_csn; /* last csn before anything was replayed: the fork of the two histories */
    uint64_t count;
};

/* A lost epoch shares with us what the epoch before it in its own history shared, up to where it began. The journal runs on
 * through several histories, so which one that was stands in the record. */
static int epoch_lost(struct replay *p, const struct journal_record *r)
{
    uint64_t limit = r->csn ? r->csn - 1 : 0, before = p->common_csn;
    uint64_t parent = r->payload.len == 8 ? sam_get_le64(r->payload.ptr) : 0;
    if (parent)
        before = store_epoch_limit(p->in->st, parent, STORE_NOW);
    if (before > p->common_csn)
        before = p->common_csn;
    return store_epoch_lost(p->in->st, r->epoch, r->csn, parent, limit < before ? limit : before);
}

/* First the epochs of the lost future, then one of its own for what is replayed, so that the one before ends at the fork; only
 * then what was said: its authors had seen things of the lost epochs. */
static int replay_epoch(void *ctx, const struct journal_record *r)
{
    int err = r->kind == JOURNAL_EPOCH ? epoch_lost(ctx, r) : 0;
    return err == SAM_EEXIST ? 0 : err;
}

static int replay_one(void *ctx, const struct journal_record *r)
{
    struct replay *p = ctx;
    struct intake *in = p->in;
    int err = 0;
    p->count++;
    switch (r->kind) {
    case JOURNAL_EPOCH: break;
    case JOURNAL_OP: err = author_replay(in, r); break;
    case JOURNAL_BLANK: err = author_blank_replay(in, r); break;
    case JOURNAL_DEVICE: err = device_replay(in, r->payload); break;
    case JOURNAL_INVITE: err = invite_replay(in, r->payload); break;
    case JOURNAL_ERASE: err = device_erase_replay(in, r->payload); break;
    case JOURNAL_ACCOUNT: err = account_replay(in, r->payload); break;
    case JOURNAL_FIGURE: err = figure_replay(in, r->payload); break;
    case JOURNAL_FIGURE_SESSIONS: err = figure_sessions_replay(in, r->payload); break;
    case JOURNAL_MINT:
        err = r->payload.len == 8 ? store_mint_block(in->st, sam_get_le64(r->payload.ptr)) : SAM_ECORRUPT;
        break;
    default: break; /* a newer kind: kept in the journal */
    }
    if (err == SAM_EEXIST)
        err = 0;
    return err ? err : journal_place(in, r->number, r->hash);
}

static int epoch_draw(struct intake *in, uint64_t first_csn)
{
    struct store_epoch before;
    uint8_t parent[8];
    char text[64];
    uint64_t id = 0;
    int err = store_epoch_last(in->st, &before);
    if (err == SAM_ENOTFOUND)
        err = 0;
    sam_put_le64(parent, before.id);
    while (!err && id == 0)
        err = sam_random((uint8_t *)&id, sizeof id);
    in->epoch = (struct store_epoch){id, first_csn};
    if (!err)
        err = intake_journal(in, JOURNAL_EPOCH, first_csn, (struct sam_span){parent, sizeof parent});
    if (!err)
        err = store_epoch_add(in->st, id, first_csn, before.id);
    snprintf(text, sizeof text, "epoch=%016llx first_csn=%llu", (unsigned long long)id, (unsigned long long)first_csn);
    return err ? err : intake_audit(in, AUDIT_START, "centre", text);
}

/* The store holds all that the journal says. What was added since its last sync has told its place already. */
static int journal_end_place(struct intake *in, uint64_t last)
{
    uint64_t hash = 0;
    int err = in->journal ? journal_hash_at(in->journal, last, &hash) : SAM_ENOTFOUND;
    return err && err != SAM_ENOTFOUND ? err : journal_place(in, last, hash);
}

/* Is this the journal that the store has known? One of another history may have grown to the same number. */
static int journal_known(struct intake *in, uint64_t have, bool *known)
{
    uint64_t kept = (uint64_t)store_meta_num(in->st, "journal_hash", 0), hash = 0;
    int err = in->journal && have && kept ? journal_hash_at(in->journal, have, &hash) : 0;
    *known = err == SAM_ENOTFOUND || !in->journal || !have || !kept || (!err && hash == kept);
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* A journal that is ahead of the store: the store lost a future. One that is behind, or gone: nobody can say what was
 * decided since the backup, so a coordinator must confirm the devices first. */
static int journal_catch_up(struct intake *in)
{
    uint64_t have = (uint64_t)store_meta_num(in->st, "journal_number", 0);
    uint64_t last = in->journal ? journal_last(in->journal) : have;
    bool known;
    int err = journal_known(in, have, &known);
    if (err)
        return err;
    in->drain_only = store_meta_num(in->st, "drain_only", 0) != 0;
    if (last < have || !known) {
        sam_log(SAM_LOG_WARN, "journal_behind", "store=%llu journal=%llu", (unsigned long long)have,
                (unsigned long long)last);
        in->drain_only = true;
        uint64_t next, jump;
        err = store_device_no_next(in->st, &next);
        if (!err)
            err = sam_random((uint8_t *)&jump, sizeof jump);
        if (!err) /* beyond all numbers that may have been given since */
            err =
                store_meta_num_set(in->st, "device_floor", (int64_t)(next + DEVICES_LOST_MAX + jump % DEVICE_JUMP_MAX));
        if (!err)
            err = journal_end_place(in, last);
        return err ? err : store_meta_num_set(in->st, "drain_only", 1);
    }
    if (last == have)
        return 0;
    struct replay p = {.in = in, .common_csn = store_csn(in->st)};
    err = journal_each(in->journal, have, replay_epoch, &p);
    if (!err)
        err = epoch_draw(in, p.common_csn + 1);
    if (!err)
        err = journal_each(in->journal, have, replay_one, &p);
    if (!err)
        err = journal_end_place(in, journal_last(in->journal));
    sam_log(SAM_LOG_WARN, "journal_replay", "records=%llu from=%llu err=%s", (unsigned long long)p.count,
            (unsigned long long)have + 1, sam_err_name(err));
    return err;
}

/* ---- ids */

static int mint_block_open(struct intake *in)
{
    for (int i = 0; i < MINT_TRIES; i++) {
        uint32_t block;
        uint8_t bytes[8];
        int err = sam_random((uint8_t *)&block, sizeof block);
        if (err)
            return err;
        block &= 0xffffff;
        if (block == 0 || (err = store_mint_block(in->st, block)) == SAM_EEXIST)
            continue;
        if (err)
            return err;
        sam_put_le64(bytes, block);
        in->mint_next = (uint64_t)block * MINT_BLOCK_IDS;
        in->mint_end = in->mint_next + MINT_BLOCK_IDS;
        return intake_journal(in, JOURNAL_MINT, 0, (struct sam_span){bytes, sizeof bytes});
    }
    return SAM_EFULL;
}

int intake_mint(struct intake *in, uint64_t *id)
{
    *id = 0;
    int err = in->mint_next == in->mint_end ? mint_block_open(in) : 0;
    if (!err)
        *id = sam_id_make(SAM_DEVICE_NO_CONSOLE, in->mint_next++);
    return err;
}

/* ---- opening */

static int console_device(struct intake *in)
{
    struct store_device d;
    int err = store_device_get(in->st, SAM_DEVICE_NO_CONSOLE, &d);
    if (err != SAM_ENOTFOUND)
        return err;
    d = (struct store_device){.device_no = SAM_DEVICE_NO_CONSOLE,
                              .state = SAM_DEVICE_ACTIVE,
                              .joined_s = intake_now_s(in),
                              .label = "sentralen"};
    return store_device_put(in->st, &d);
}

static int judging_map(struct intake *in)
{
    char path[1200];
    snprintf(path, sizeof path, "%s.judging", in->config.store_path);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, sizeof *in->judging)) {
        if (fd >= 0)
            close(fd);
        return SAM_EIO;
    }
    void *p = mmap(NULL, sizeof *in->judging, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    in->judging = p == MAP_FAILED ? NULL : p;
    return in->judging ? 0 : SAM_EIO;
}

/* Millions of ops take minutes, in which nobody is answered: whoever waits is told how far it is. */
static int renewal_told(void *ctx, const struct intake_check *at)
{
    enum { TOLD_OPS = 1 << 18 };
    (void)ctx;
    if (at->done % TOLD_OPS == 0)
        sam_log(SAM_LOG_INFO, "upgrade", "done=%llu of=%llu", (unsigned long long)at->done,
                (unsigned long long)at->total);
    return 0;
}

/* A store made by an earlier version: what it derived is derived anew by the rules of this one. */
static int derived_renew(struct intake *in)
{
    const struct intake_found found = {.progress = renewal_told};
    struct intake_rebuilt out;
    int64_t version = store_meta_num(in->st, "derived", 0);
    if (version == DERIVED_VERSION)
        return 0;
    if (version)
        sam_log(SAM_LOG_INFO, "upgrade", "derived=%lld to=%d ops=%llu", (long long)version, DERIVED_VERSION,
                (unsigned long long)store_csn(in->st));
    int err = intake_rebuild(in, &found, &out);
    return err ? err : store_meta_num_set(in->st, "derived", DERIVED_VERSION);
}

static int open_store(struct intake *in, bool create)
{
    int err = store_open(&in->st, in->config.store_path, create);
    if (!err && in->config.journal_path)
        err = journal_open(&in->journal, in->config.journal_path);
    if (!err)
        err = intake_begin(in);
    if (err)
        return err;
    kept_load(in);
    in->retake_due = true;
    err = console_device(in);
    if (!err)
        err = derived_renew(in);
    if (!err)
        err = scores_renew(in);
    if (!err)
        err = journal_catch_up(in);
    if (!err)
        err = epoch_draw(in, store_csn(in->st) + 1);
    if (!err)
        return intake_commit(in);
    intake_rollback(in);
    return err;
}

int intake_open(struct intake **out, const struct intake_config *config, bool create)
{
    *out = NULL;
    struct intake *in = calloc(1, sizeof *in);
    if (!in)
        return SAM_ENOMEM;
    SAM_ASSERT(config->now_s);
    in->config = *config;
    in->zip = sam_zip_new();
    int err = in->zip ? sam_seal_new(&in->master, config->master_key) : SAM_ENOMEM;
    if (!err)
        err = sam_seal_new(&in->ticket, config->ticket_key);
    if (!err)
        err = open_store(in, create);
    if (!err)
        err = judging_map(in);
    if (err)
        intake_close(in);
    else
        *out = in;
    return err;
}

void intake_close(struct intake *in)
{
    if (!in)
        return;
    if (in->judging)
        munmap(in->judging, sizeof *in->judging);
    journal_close(in->journal);
    store_close(in->st);
    sam_zip_free(in->zip);
    links_forget(in);
    sam_seal_free(in->master);
    sam_seal_free(in->ticket);
    sam_wipe(&in->config, sizeof in->config);
    free(in);
}

int intake_confirm_devices(struct intake *in)
{
    struct store_device d = {0};
    int err = 0;
    /* what was confirmed is said anew: the journal that said it first is not there, or knows less */
    while (!err && (err = store_device_each(in->st, d.device_no, &d)) == 0)
        err = d.device_no == SAM_DEVICE_NO_CONSOLE ? 0 : device_journal(in, &d);
    sam_wipe(d.key, sizeof d.key);
    if (err == SAM_ENOTFOUND)
        err = accounts_confirm(in);
    if (!err)
        err = figures_confirm(in);
    if (!err)
        err = store_meta_num_set(in->st, "drain_only", 0);
    if (!err)
        in->drain_only = false;
    return err;
}

/* ---- transactions */

int intake_settle(struct intake *in)
{
    return turnouts_flush(in);
}

int intake_begin(struct intake *in)
{
    return store_begin(in->st);
}

void intake_rollback(struct intake *in)
{
    if (in->journal)
        journal_drop(in->journal);
    store_rollback(in->st);
    intake_caches_clear(in);
    in->audit = (struct audit_state){0};
    in->retake_due = true; /* what had been noted may be gone with the transaction */
    in->retake_after = 0;
    in->mint_next = in->mint_end = 0;
    in->touched_count = 0;
    in->access.count = 0;
    kept_load(in);
}

/* The journal first: what stands there without standing in the store is replayed at the next start. What the store refused
 * is taken out of it again, or a restore would bring back what its author was told had failed. */
int intake_commit(struct intake *in)
{
    int err = in->retake_due ? retake_run(in) : 0;
    if (!err)
        err = intake_erase_end(in, NULL);
    int failed = store_failed(in->st); /* something was judged by a number that could not be read */
    err = err ? err : failed;
    if (!err)
        err = scopes_flush(in);
    if (!err)
        err = turnouts_flush(in);
    if (!err)
        err = audit_end(in);
    if (!err && in->journal)
        err = journal_sync(in->journal);
    if (!err) {
        err = store_commit(in->st);
        if (err && err != SAM_EIO && in->journal && journal_undo(in->journal))
            err = SAM_EIO;
    }
    if (err)
        intake_rollback(in);
    if (!err && in->journal_due)
        err = erase_journal(in);
    return err;
}

unsigned intake_scopes_touched(struct intake *in, uint64_t *out, unsigned max)
{
    unsigned n = in->touched_count < max ? in->touched_count : max;
    memcpy(out, in->touched, n * sizeof *out);
    in->touched_count = 0;
    return n;
}
