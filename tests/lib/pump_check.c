/* Looking at a world at rest: an op as it came, and what must hold between the centre and its tablets. */
#include "tests/lib/pump.h"

#include "proto/wire/crypto.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool pump_op(struct pump *p, uint64_t device_no, uint64_t seq, struct sam_buf *bytes, struct sam_op *op)
{
    struct store_push push;
    struct sam_span one = {0};
    if (store_push_at_seq(p->reader, device_no, seq, &push) || seq >= push.first_seq + push.count)
        return false;
    sam_buf_clear(bytes);
    if (push.deflated)
        PUMP_MUST(sam_zip_inflate(p->zip, push.raw, bytes) == 0);
    else
        PUMP_MUST(sam_buf_add(bytes, push.raw.ptr, push.raw.len) == 0);
    struct sam_walk w = {sam_buf_peek(bytes)};
    if (push.deflated)
        w.rest.len -= SAM_MAC_BYTES;
    for (uint64_t at = push.first_seq - push.skip; at <= seq; at++)
        PUMP_MUST(sam_push_next_op(&w, &one) == 1);
    return sam_op_decode(one, op) == 0;
}

struct check {
    struct pump *pump;
    void (*tell)(void *ctx, const char *line);
    void *ctx;
    unsigned told;
};

static void __attribute__((format(printf, 2, 3))) tell(struct check *c, const char *fmt, ...)
{
    char line[400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    c->told++;
    c->tell(c->ctx, line);
}

static void wrong(void *ctx, const char *line)
{
    tell(ctx, "verify or rebuild: %s", line);
}

struct compare {
    struct check *check;
    struct pump_tablet *t;
    struct sam_held *held;
    uint64_t rows, sum;
};

static int compare_row(void *ctx, const struct store_feed_row *r)
{
    struct compare *c = ctx;
    const struct sam_key *key = &r->row.row.key;
    const struct sam_entity_def *def = sam_entity_find(key->entity);
    if (r->left || r->row.dead > 0)
        return 0;
    c->rows++;
    c->sum += sam_sum_mix(key, r->row.csn);
    if (!c->t)
        return 0;
    struct sam_view *v = calloc(1, sizeof *v);
    PUMP_MUST(v != NULL);
    bool same = sam_replica_get(c->t->s, c->held->slot, key, v) == 0 && v->csn == r->row.csn;
    for (unsigned unit = 0; same && unit < def->unit_count; unit++)
        same = sam_row_unit_equal(&r->row.row, &v->row, unit);
    if (!same)
        tell(c->check, "a tablet's row of %s is not the centre's", def->table);
    free(v);
    return 0;
}

/* The scope's rows at the centre, against its figures and, with a tablet, against what that holds. */
static void scope_check(struct check *c, const struct store_scope *scope, struct pump_tablet *t)
{
    struct compare cmp = {.check = c, .t = t, .held = t ? sam_held_find(t->s, scope->id) : NULL};
    if (t && (!cmp.held || !sam_held_complete(cmp.held))) {
        tell(c, "a tablet lacks a scope");
        return;
    }
    for (unsigned i = 0; sam_entity_at(i); i++)
        PUMP_MUST(store_feed(c->pump->reader, scope->id, sam_entity_at(i)->tag, 0, compare_row, &cmp) == 0);
    if (cmp.rows != scope->rows || cmp.sum != scope->sum)
        tell(c, "a scope's rows and sum are not what they should be");
    if (t && (cmp.held->rows != cmp.rows || cmp.held->sum != cmp.sum))
        tell(c, "a tablet's rows and sum are not the centre's");
}

/* Is own op ${seq} about something that was opened? */
static bool is_opening(struct pump_tablet *t, uint64_t seq)
{
    sqlite3_stmt *q = sam_store_use(&t->s->store, SAM_Q_OP_KEY);
    uint64_t entity = 0;
    sam_bind(q, 1, seq);
    int err = sam_store_one(q, &entity);
    return !err && entity == SAM_ACCESS;
}

static void verdicts_check(struct check *c, struct pump_tablet *t)
{
    struct store_verdict v[SAM_VERDICTS_MAX];
    sqlite3_stmt *q;
    unsigned n;
    uint64_t no = sam_meta(t->s, device_no);
    PUMP_MUST(store_verdicts_after(c->pump->reader, no, 0, INT64_MAX, v, SAM_VERDICTS_MAX, &n) == 0);
    PUMP_MUST(sqlite3_prepare_v2(t->s->store.db, "SELECT kind FROM notice WHERE device_no = ? AND seq = ?", -1, &q,
                                 NULL) == 0);
    for (unsigned i = 0; i < n; i++) {
        if (v[i].kind == SAM_VERDICT_APPLIED || v[i].kind == SAM_VERDICT_SAME || v[i].kind == SAM_VERDICT_HELD)
            continue;
        if (is_opening(t, v[i].seq)) /* no matter for whoever holds the tablet */
            continue;
        sqlite3_bind_int64(q, 1, (int64_t)no);
        sqlite3_bind_int64(q, 2, (int64_t)v[i].seq);
        if (sqlite3_step(q) != SQLITE_ROW || sqlite3_column_int(q, 0) != (int)v[i].kind)
            tell(c, "device %llu was not told the verdict on its op %llu", (unsigned long long)no,
                 (unsigned long long)v[i].seq);
        sqlite3_reset(q);
    }
    sqlite3_finalize(q);
}

static void tablet_check(struct check *c, struct pump_tablet *t)
{
    struct store_device d;
    struct store_scope scope[SAM_SCOPES_MAX];
    struct samling_status st;
    unsigned n;
    PUMP_MUST(samling_status(t->s, &st) == 0);
    if (st.state == SAMLING_WIPED)
        return;
    PUMP_MUST(store_device_get(c->pump->reader, st.device_no, &d) == 0);
    if (st.waiting)
        tell(c, "device %llu: %llu still waiting", (unsigned long long)st.device_no, (unsigned long long)st.waiting);
    if (d.acked_seq != sam_meta(t->s, last_seq) || d.acked_seq != sam_meta(t->s, acked_seq) ||
        d.chain != sam_meta(t->s, last_chain))
        tell(c, "device %llu and the centre are not of one mind about what was sent", (unsigned long long)st.device_no);
    PUMP_MUST(store_scopes_of(c->pump->reader, d.org, scope, SAM_SCOPES_MAX, &n) == 0);
    if (n != t->s->held.count)
        tell(c, "device %llu holds %u scopes of %u", (unsigned long long)st.device_no, t->s->held.count, n);
    for (unsigned i = 0; i < n; i++)
        scope_check(c, &scope[i], t);
    verdicts_check(c, t);
}

static void centre_check(struct check *c)
{
    struct intake_found found = {.wrong = wrong, .ctx = c};
    struct intake_verified v;
    struct intake_rebuilt r;
    uint64_t id = 0;
    PUMP_MUST(intake_begin(c->pump->in) == 0);
    PUMP_MUST(intake_verify(c->pump->in, &found, NULL, &v) == 0);
    PUMP_MUST(intake_rebuild(c->pump->in, &found, &r) == 0);
    intake_rollback(c->pump->in);
    while (store_scope_next(c->pump->reader, id, &id) == 0) {
        struct store_scope scope;
        PUMP_MUST(store_scope_get(c->pump->reader, id, &scope) == 0);
        scope_check(c, &scope, NULL);
    }
}

unsigned pump_check(struct pump *p, void (*tell_line)(void *ctx, const char *line), void *ctx)
{
    struct check c = {.pump = p, .tell = tell_line, .ctx = ctx};
    for (unsigned i = 0; i < p->tablets; i++)
        tablet_check(&c, &p->tablet[i]);
    centre_check(&c);
    return c.told;
}
