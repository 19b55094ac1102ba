/* A mixed history: see mixed.h. */
#include "tests/lib/mixed.h"

#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "tests/lib/check.h"

#include <string.h>

enum { TABLET_COPY = MIXED_TABLETS - 1, TABLET_FAR = 3, DAY_S = 86400, BATCH_OPS_MAX = 20 };

static void page_turn(struct mixed *m)
{
    m->page[m->page_count++ % MIXED_PAGES] =
        (struct mixed_page){intake_epoch(m->clinic.centre.in).id, clinic_csn(&m->clinic)};
}

/* ---- tablets */

static void said_bytes(const struct mixed_said *s, struct sam_buf *to)
{
    if (s->kind == MIXED_KNOWN)
        CHECK(sam_op_encode(to, &s->op) == 0);
    else if (s->kind == MIXED_NEWER)
        clinic_bytes_newer(&s->op, to);
    else
        clinic_bytes_unknown(&s->op, to);
}

static void take(struct mixed *m, struct mixed_tablet *x, struct mixed_said *s)
{
    struct sam_buf bytes;
    sam_buf_init(&bytes, SAM_OP_BYTES_MAX);
    said_bytes(s, &bytes);
    struct sam_span span = sam_buf_peek(&bytes);
    struct sam_origin origin = s->first;
    origin.epoch = s->epoch;
    origin.csn = s->csn;
    struct centre_batch batch = {.op = &span,
                                 .count = 1,
                                 .epoch = s->base_epoch,
                                 .origin = &origin,
                                 .origin_count = s->csn || s->first.device_no};
    s->chain_before = x->t->chain;
    s->csn = centre_push_batch(&m->clinic.centre, x->t, &batch);
    s->epoch = intake_epoch(m->clinic.centre.in).id;
    sam_buf_fini(&bytes);
}

/* The tablet's chain before each of these ops. */
static void chains_note(struct mixed_tablet *x, unsigned from, const struct sam_span *op, unsigned count)
{
    uint64_t chain = x->t->chain;
    uint8_t hash[SAM_HASH_BYTES];
    for (unsigned i = 0; i < count; i++) {
        x->said[from + i].chain_before = chain;
        CHECK(sam_sha256(op[i].ptr, op[i].len, hash) == 0);
        CHECK(sam_chain_next(chain, hash, &chain) == 0);
    }
}

static struct mixed_said *say(struct mixed *m, struct mixed_tablet *x, const struct mixed_page *page)
{
    struct mixed_said *s = &x->said[x->count++];
    *s = (struct mixed_said){.op = mixed_word(m, x->t), .base_epoch = page->epoch};
    s->op.base_csn = page->csn;
    if (!m->plain && !mixed_dice(m, 30))
        s->kind = mixed_dice(m, 4) ? MIXED_NEWER : MIXED_UNKNOWN;
    return s;
}

/* One batch of several new ops, behind some that are here already: its ack was lost. */
static void batch_take(struct mixed *m, struct mixed_tablet *x, unsigned again, unsigned fresh)
{
    struct sam_span op[BATCH_OPS_MAX];
    struct sam_buf bytes[BATCH_OPS_MAX];
    struct mixed_page page = mixed_page_of(m);
    unsigned from = x->count - again, count = again + fresh;
    if (again) {
        x->t->seq -= again;
        x->t->chain = x->said[from].chain_before;
    }
    for (unsigned i = 0; i < count; i++) {
        struct mixed_said *s = i < again ? &x->said[from + i] : say(m, x, &page);
        sam_buf_init(&bytes[i], SAM_OP_BYTES_MAX);
        said_bytes(s, &bytes[i]);
        op[i] = sam_buf_peek(&bytes[i]);
    }
    struct centre_batch batch = {.op = op, .count = count, .epoch = page.epoch};
    chains_note(x, from, op, count);
    uint64_t last = centre_push_batch(&m->clinic.centre, x->t, &batch);
    for (unsigned i = 0; i < count; i++) {
        struct mixed_said *s = &x->said[from + i];
        if (i >= again) {
            s->csn = last - (count - 1 - i);
            s->epoch = intake_epoch(m->clinic.centre.in).id;
        }
        sam_buf_fini(&bytes[i]);
    }
}

static void tablet_says(struct mixed *m)
{
    struct mixed_tablet *x = &m->tablet[mixed_dice(m, m->copied ? MIXED_TABLETS : TABLET_COPY)];
    if (x->count + BATCH_OPS_MAX > MIXED_OPS_MAX)
        return;
    if (!mixed_dice(m, 6)) {
        unsigned again = mixed_dice(m, 3) && x->count == x->t->seq && x->count > 4 ? mixed_dice(m, 4) : 0;
        batch_take(m, x, again, mixed_dice(m, 12) + 1);
        return;
    }
    for (unsigned n = mixed_dice(m, 5) + 1; n; n--) {
        struct mixed_page page = mixed_page_of(m);
        take(m, x, say(m, x, &page));
    }
}

/* A copy of tablet a that parted before its last op: it brings that under its own name, and goes on. */
static void copy_make(struct mixed *m)
{
    struct mixed_tablet *a = &m->tablet[0], *x = &m->tablet[TABLET_COPY];
    struct sam_buf bytes;
    uint8_t hash[SAM_HASH_BYTES];
    if (m->copied || a->t->seq < 2 || a->count < 2)
        return;
    centre_tablet_fork(&m->clinic.centre, &m->copy, a->t, a->t->seq - 1);
    m->copied = true;
    x->t = &m->copy;
    x->said[0] = a->said[a->count - 1];
    x->said[0].csn = x->said[0].epoch = 0;
    x->count = 1;
    sam_buf_init(&bytes, SAM_OP_BYTES_MAX);
    said_bytes(&x->said[0], &bytes);
    CHECK(sam_sha256(sam_buf_peek(&bytes).ptr, sam_buf_len(&bytes), hash) == 0);
    sam_buf_fini(&bytes);
    x->said[0].first = (struct sam_origin){.device_no = a->t->device_no, .seq = a->t->seq};
    memcpy(x->said[0].first.hash, hash, sizeof x->said[0].first.hash);
    take(m, x, &x->said[0]);
}

/* ---- the centre's own words */

static void says(struct mixed *m, struct sam_op op)
{
    enum sam_reason why;
    int err = intake_author(m->clinic.centre.in, &op, &why);
    CHECK(err == 0 || err == SAM_ERANGE);
    m->refused += err != 0;
}

void mixed_ops_in(struct mixed *m, unsigned count)
{
    for (; count; count--)
        if (mixed_dice(m, 4))
            tablet_says(m);
        else
            says(m, mixed_centre_word(m));
}

void mixed_ops(struct mixed *m, unsigned count)
{
    struct intake *in = m->clinic.centre.in;
    for (unsigned done = 0; done < count;) {
        page_turn(m);
        CHECK(intake_begin(in) == 0);
        unsigned n = mixed_dice(m, 6) + 1;
        mixed_ops_in(m, n);
        done += n;
        CHECK(intake_commit(in) == 0);
    }
}

/* ---- what befalls them */

static void days_pass(struct mixed *m)
{
    unsigned written;
    m->now_s += (int64_t)(1 + mixed_dice(m, 40)) * DAY_S;
    centre_clock(&m->clinic.centre, m->now_s);
    CHECK(intake_plan(m->clinic.centre.in, &written) == 0);
}

void mixed_shuffle(struct mixed *m)
{
    struct intake *in = m->clinic.centre.in;
    unsigned what = mixed_dice(m, 5);
    if (what == 0) {
        centre_restart(&m->clinic.centre);
        return;
    }
    CHECK(intake_begin(in) == 0);
    switch (what) {
    case 1: CHECK(intake_device_state(in, m->clinic.d.device_no, SAM_DEVICE_REVOKED) == 0); break;
    case 2: CHECK(intake_device_state(in, m->clinic.d.device_no, SAM_DEVICE_ACTIVE) == 0); break;
    case 3: days_pass(m); break;
    default: copy_make(m); break;
    }
    CHECK(intake_commit(in) == 0);
}

/* The tablet learns how far the centre has it, and sends the rest again: in order, under its names. */
static void tablet_sends_again(struct mixed *m, struct mixed_tablet *x)
{
    struct store_device d;
    CHECK(store_device_get(clinic_store(&m->clinic), x->t->device_no, &d) == 0);
    x->t->seq = d.acked_seq;
    x->t->chain = d.chain;
    for (uint64_t i = d.acked_seq; i < x->count;) {
        CHECK(intake_begin(m->clinic.centre.in) == 0);
        for (unsigned n = mixed_dice(m, 16) + 1; n && i < x->count; n--, i++)
            take(m, x, &x->said[i]);
        CHECK(intake_commit(m->clinic.centre.in) == 0);
    }
}

void mixed_restore(struct mixed *m)
{
    centre_restore(&m->clinic.centre);
    m->restores++;
    bool sent[MIXED_TABLETS] = {false};
    unsigned left = m->copied ? MIXED_TABLETS : TABLET_COPY;
    while (left) { /* in any order */
        unsigned i = mixed_dice(m, MIXED_TABLETS);
        if (sent[i] || (i == TABLET_COPY && !m->copied))
            continue;
        tablet_sends_again(m, &m->tablet[i]);
        sent[i] = true;
        left--;
    }
}

/* ---- open and close */

void mixed_open(struct mixed *m, uint64_t seed)
{
    memset(m, 0, sizeof *m);
    m->random = seed * 0x9e3779b97f4a7c15u | 1u;
    m->now_s = CLINIC_NOW_S;
    clinic_open(&m->clinic);
    m->tablet[0].t = &m->clinic.a;
    m->tablet[1].t = &m->clinic.b;
    m->tablet[2].t = &m->clinic.d;
    m->tablet[TABLET_FAR].t = &m->clinic.far;
    m->session[m->session_count++] = m->clinic.session;
    m->session[m->session_count++] = m->clinic.far_session;
    centre_backup(&m->clinic.centre);
}

void mixed_close(struct mixed *m)
{
    clinic_close(&m->clinic);
    centre_tablet_fini(&m->copy);
}
