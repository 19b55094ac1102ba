/* Records of the journal, said again to a centre that was put back to a backup: what server/intake does with each of them when it starts
 * (intake.c, join.c, author.c, account_journal.c, figure_journal.c), on the store of a small clinic (tests/lib/clinic). fuzz_journal has the file in
 * which they lie. Each input is one transaction, which is rolled back.
 *
 *      input   { which u8 | how u8 | … }…
 *      which   below RAW: one of the records that the clinic's own journal has, with how % 16 changes { at u16 | byte u8 }, and how >> 6 bytes cut off
 *              its end. Else a record of kind which % 16, of how bytes that follow
 *
 * Holds: a record is taken, or refused with an error that a start tells of; an op and a blanked op take one csn, and nothing else does; where the
 * store stands in the journal is the last record that was taken; what was taken of a device, an invite, an account, a figure is all of it: said again
 * by the store it is the same record, and taken twice it is there once. */
#include "server/intake/intake.c"
#include "server/store/journal.c"

#include "server/intake/account.h"
#include "server/intake/figure.h"
#include "tests/fuzz/fuzz.h"
#include "tests/lib/clinic.h"

enum { RAW = 224, MODELS_MAX = 48, MODELS_OF_KIND = 20, RECORDS_AT_ONCE = 24, MODEL_BYTES_MAX = 4096 };

static struct clinic clinic;
static struct intake *in;
static struct model {
    uint8_t kind;
    size_t len;
    uint8_t bytes[MODEL_BYTES_MAX];
} model[MODELS_MAX];
static unsigned models;

/* ---- records to begin with */

static int model_keep(void *ctx, const struct journal_record *r)
{
    unsigned of_kind = 0;
    (void)ctx;
    for (unsigned i = 0; i < models; i++)
        of_kind += model[i].kind == r->kind;
    if (of_kind == MODELS_OF_KIND || models == MODELS_MAX || r->payload.len > MODEL_BYTES_MAX)
        return 0;
    model[models].kind = r->kind;
    model[models].len = r->payload.len;
    memcpy(model[models++].bytes, r->payload.ptr, r->payload.len);
    return 0;
}

static struct store_account account_full(void)
{
    struct store_account a = {.id = 5, .user_id = clinic.user, .stamp = 3, .step = 9, .state = STORE_ACCOUNT_ACTIVE};
    memcpy(a.name, "kari", 5);
    memcpy(a.password, "$argon2id$v=19$m=65536,t=3,p=1$", 32);
    a.role_count = a.code_count = 2;
    a.has_secret = a.invited = true;
    a.role[0] = (struct store_account_role){.role = 1, .org = clinic.org, .from_day = CLINIC_DAY};
    a.role[1] = (struct store_account_role){.role = 2, .from_day = CLINIC_DAY, .to_day = CLINIC_DAY + 9};
    memset(a.secret, 7, sizeof a.secret);
    memset(a.invite, 8, sizeof a.invite);
    memset(a.code[1].hash, 9, SAM_HASH_BYTES);
    return a;
}

/* Records that this clinic's journal has none of. */
static void models_said(void)
{
    static struct figure_count two = {.count = 2};
    static const uint8_t blank[SAM_HASH_BYTES] = {1};
    struct store_account a = account_full();
    struct store_figure f = {
        .no = 4, .org = clinic.org, .first_day = 1, .last_day = 9, .made_s = CLINIC_NOW_S, .title = "mars"};
    struct store_device d;
    HOLDS(store_device_get(in->st, clinic.a.device_no, &d) == 0);
    d.acked_seq += 3;
    two.session[0] = (struct store_turnout){.session = clinic.session, .group = clinic.group, .present = 2};
    two.session[1] = (struct store_turnout){.session = clinic.session + 1, .group = clinic.group, .day = 3};
    HOLDS(account_journal(in, &a) == 0 && device_erase_journal(in, &d) == 0 && figure_journal(in, &f, &two) == 0);
    HOLDS(intake_journal(in, JOURNAL_BLANK, 3, (struct sam_span){blank, sizeof blank}) == 0);
    struct sam_span all = sam_buf_peek(&in->journal->pending);
    for (size_t at = 0, size; at < all.len; at += size) {
        size = 4 + (size_t)get_le32(all.ptr + at);
        struct sam_span payload = {all.ptr + at + HEAD_BYTES, size - HEAD_BYTES - HASH_BYTES};
        model_keep(NULL, &(struct journal_record){.kind = all.ptr[at + 12] & 0x7f, .payload = payload});
    }
}

static void close_clinic(void)
{
    clinic_close(&clinic);
}

static void start(void)
{
    clinic_open(&clinic);
    in = clinic.centre.in;
    HOLDS(journal_each(in->journal, 0, model_keep, NULL) == 0);
    HOLDS(intake_begin(in) == 0);
    models_said();
    intake_rollback(in);
    atexit(close_clinic);
}

/* ---- what was taken is all of it */

/* What was added to the journal last, in memory. */
static struct journal_record record_last(size_t since)
{
    struct sam_span all = sam_buf_peek(&in->journal->pending);
    HOLDS(all.len > since + HEAD_BYTES + HASH_BYTES && since + 4 + get_le32(all.ptr + since) == all.len);
    return (struct journal_record){
        .kind = all.ptr[since + 12],
        .payload = {all.ptr + since + HEAD_BYTES, all.len - since - HEAD_BYTES - HASH_BYTES}};
}

/* A text as the store keeps it: up to its first byte 0. */
static void text_end(uint8_t *p, size_t size)
{
    size_t n = strnlen((const char *)p, size - 1);
    memset(p + n, 0, size - n);
}

static void same_again(size_t since, struct sam_span payload, const uint8_t *as)
{
    struct journal_record r = record_last(since);
    HOLDS(r.payload.len == payload.len && memcmp(r.payload.ptr, as, payload.len) == 0);
}

static void device_again(struct sam_span payload)
{
    struct store_device d;
    uint8_t as[MODEL_BYTES_MAX];
    size_t since = sam_buf_len(&in->journal->pending);
    int err = device_replay(in, payload);
    HOLDS(err == 0 || err == SAM_EEXIST);
    if (err)
        return;
    HOLDS(store_device_get(in->st, sam_get_le64(payload.ptr), &d) == 0);
    memcpy(as, payload.ptr, payload.len);
    text_end(as + payload.len - sizeof d.label, sizeof d.label);
    sam_put_le64(as + 32, (uint32_t)sam_get_le64(as + 32)); /* a state and the digits have 32 bits */
    sam_put_le64(as + 40, (uint32_t)sam_get_le64(as + 40));
    HOLDS(device_journal(in, &d) == 0);
    same_again(since, payload, as);
}

/* One that nobody has changed comes back as it was, but for the numbers in ${grow}: of these a later one stays. */
static void same_as_model(struct sam_span payload, const uint8_t *said, const size_t grow[2])
{
    uint8_t as[MODEL_BYTES_MAX];
    memcpy(as, said, payload.len);
    for (unsigned i = 0; grow && i < 2; i++)
        memcpy(as + grow[i], payload.ptr + grow[i], 8);
    for (unsigned i = 0; i < models; i++)
        if (fuzz_same(payload, (struct sam_span){model[i].bytes, model[i].len}))
            HOLDS(memcmp(payload.ptr, as, payload.len) == 0);
}

static void account_again(struct sam_span payload)
{
    static const size_t steps[2] = {8 * 3, 8 * 8}; /* what was used stays used: step, login_s */
    struct store_account a;
    uint8_t as[MODEL_BYTES_MAX];
    size_t since = sam_buf_len(&in->journal->pending);
    int err = account_replay(in, payload);
    HOLDS(err == 0 || err == SAM_EEXIST);
    if (err)
        return;
    HOLDS(store_account_get(in->st, sam_get_le64(payload.ptr), &a) == 0 && account_journal(in, &a) == 0);
    struct journal_record r = record_last(since);
    memcpy(as, r.payload.ptr, r.payload.len);
    HOLDS(r.payload.len == payload.len && memcmp(as, payload.ptr, 8 * 3) == 0); /* whose it is, and how old */
    same_as_model(payload, as, steps);
    HOLDS(account_replay(in, (struct sam_span){as, payload.len}) == 0 && store_account_get(in->st, a.id, &a) == 0);
    since = sam_buf_len(&in->journal->pending);
    HOLDS(account_journal(in, &a) == 0);
    same_again(since, payload, as);
}

static void figure_again(struct sam_span payload)
{
    struct store_figure f;
    uint8_t as[MODEL_BYTES_MAX];
    size_t since = sam_buf_len(&in->journal->pending);
    int err = figure_replay(in, payload);
    HOLDS(err == 0 || err == SAM_EEXIST);
    if (err)
        return;
    HOLDS(store_figure_get(in->st, sam_get_le64(payload.ptr), &f) == 0 && figure_journal(in, &f, NULL) == 0);
    struct journal_record r = record_last(since);
    memcpy(as, r.payload.ptr, r.payload.len);
    HOLDS(r.payload.len == payload.len && memcmp(as, payload.ptr, 8 * 3) == 0);
    same_as_model(payload, as, NULL);
    HOLDS(figure_replay(in, (struct sam_span){as, payload.len}) == 0 && store_figure_get(in->st, f.no, &f) == 0);
    since = sam_buf_len(&in->journal->pending);
    HOLDS(figure_journal(in, &f, NULL) == 0);
    same_again(since, payload, as);
}

static void invite_again(struct sam_span payload)
{
    struct store_invite inv;
    int err = invite_replay(in, payload);
    HOLDS(err == 0 || err == SAM_EEXIST);
    if (err)
        return;
    HOLDS(store_invite_by_code(in->st, payload.ptr + 40, &inv) == 0);
    HOLDS(inv.org == sam_get_le64(payload.ptr + 8) && inv.used_by == sam_get_le64(payload.ptr + 16));
    HOLDS((uint64_t)inv.expires_s == sam_get_le64(payload.ptr + 32));
}

/* ---- a start */

static struct journal_record record_of(struct sam_span *from, uint64_t number, uint8_t *mem)
{
    uint8_t which = fuzz_byte(from), how = fuzz_byte(from);
    struct journal_record r = {.number = number, .epoch = 1 + number / 8, .csn = number * 3};
    size_t len;
    if (which >= RAW) {
        len = how < from->len ? how : from->len;
        memcpy(mem, from->ptr, len);
        *from = (struct sam_span){from->ptr + len, from->len - len};
        r.kind = which % 16;
    } else {
        const struct model *m = &model[which % models];
        len = m->len;
        r.kind = m->kind;
        memcpy(mem, m->bytes, len);
        for (unsigned i = how % 16; i && len && from->len >= 3; i--) {
            size_t at = (size_t)fuzz_byte(from) | (size_t)fuzz_byte(from) << 8;
            mem[at % len] = fuzz_byte(from);
        }
        len -= how >> 6 < len ? how >> 6 : 0;
    }
    r.payload = (struct sam_span){mem, len};
    return r;
}

/* As journal_catch_up does it; an error ends the start. */
static int record_said(struct replay *p, const struct journal_record *r)
{
    static void (*const again[])(struct sam_span) = {[JOURNAL_DEVICE] = device_again,
                                                     [JOURNAL_ACCOUNT] = account_again,
                                                     [JOURNAL_FIGURE] = figure_again,
                                                     [JOURNAL_INVITE] = invite_again};
    uint64_t before = store_csn(in->st), takes = r->kind == JOURNAL_OP || r->kind == JOURNAL_BLANK;
    int err = replay_epoch(p, r);
    HOLDS(err == 0 || r->kind == JOURNAL_EPOCH);
    if (!err)
        err = replay_one(p, r);
    HOLDS(err == 0 || err == SAM_ECORRUPT || err == SAM_EPROTO || err == SAM_ERANGE);
    if (err)
        return err;
    HOLDS(store_csn(in->st) == before + takes && store_failed(in->st) == 0);
    HOLDS((uint64_t)store_meta_num(in->st, "journal_number", 0) == r->number);
    if (r->kind < COUNT(again) && again[r->kind])
        again[r->kind](r->payload);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t mem[MODEL_BYTES_MAX];
    struct sam_span from = {data, size};
    if (!in)
        start();
    HOLDS(intake_begin(in) == 0);
    struct replay p = {.in = in, .common_csn = store_csn(in->st)};
    uint64_t number = 1000;
    int err = epoch_draw(in, p.common_csn + 1);
    while (!err && from.len && number < 1000 + RECORDS_AT_ONCE) {
        struct journal_record r = record_of(&from, ++number, mem);
        r.payload.ptr = fuzz_exact(r.payload);
        err = record_said(&p, &r);
        free((void *)(uintptr_t)r.payload.ptr);
    }
    if (!err)
        HOLDS(intake_settle(in) == 0);
    intake_rollback(in);
    return 0;
}
