#include "tests/sim/check.h"

#include "client-sdk/src/outbox.h"
#include "client-sdk/src/replica.h"
#include "proto/base/err.h"
#include "tests/sim/history.h"
#include "tests/sim/join.h"
#include "tests/sim/upgrade.h"

#include <stdlib.h>
#include <string.h>

/* ---- replicas against scopes, row by row */

struct compare {
    struct world *w;
    struct tablet *t; /* NULL: only the scope's own figures */
    struct sam_held *held;
    uint64_t rows, sum;
    uint64_t here, here_sum; /* of these, what the tablet's program knows */
    struct sam_view view;
};

static void row_equal(struct compare *c, const struct sam_row *a, const struct sam_row *b)
{
    struct world *w = c->w;
    const struct sam_entity_def *def = sam_entity_find(a->key.entity);
    MUST(sam_key_equal(&a->key, &b->key));
    for (unsigned u = 0; u < def->unit_count; u++)
        MUST_SAY(sam_row_unit_equal(a, b, u), "tablet %u shows another %s %llu/%llu than the centre", c->t->index,
                 def->table, (unsigned long long)a->key.part[0], (unsigned long long)a->key.part[1]);
}

static int compare_row(void *ctx, const struct store_feed_row *r)
{
    struct compare *c = ctx;
    struct world *w = c->w;
    if (r->left || r->row.dead > 0)
        return 0;
    c->rows++;
    c->sum += sam_sum_mix(&r->row.row.key, r->row.csn);
    if (!c->t)
        return 0;
    const struct sam_key *k = &r->row.row.key;
    if (!skew_knows(c->t, k->entity)) {
        MUST_SAY(sam_replica_get(c->t->s, c->held->slot, k, &c->view) != 0, "tablet %u has a row that it cannot name",
                 c->t->index);
        w->rare.older_spared++;
        return 0;
    }
    c->here++;
    c->here_sum += sam_sum_mix(k, r->row.csn);
    MUST_SAY(sam_replica_get(c->t->s, c->held->slot, k, &c->view) == 0, "tablet %u lacks row %u/%llu/%llu", c->t->index,
             k->entity, (unsigned long long)k->part[0], (unsigned long long)k->part[1]);
    MUST_SAY(c->view.csn == r->row.csn, "tablet %u has row %u/%llu/%llu as of another csn", c->t->index, k->entity,
             (unsigned long long)k->part[0], (unsigned long long)k->part[1]);
    row_equal(c, &r->row.row, &c->view.row);
    return 0;
}

static void scope_check(struct world *w, const struct store_scope *scope, struct tablet *t)
{
    struct compare *c = calloc(1, sizeof *c);
    MUST(c != NULL);
    c->w = w;
    c->t = t;
    c->held = t ? sam_held_find(t->s, scope->id) : NULL;
    MUST(!t || (c->held && sam_held_complete(c->held)));
    for (unsigned i = 0; sam_entity_at(i); i++)
        MUST(store_feed(w->centre.reader, scope->id, sam_entity_at(i)->tag, 0, compare_row, c) == 0);
    MUST(c->rows == scope->rows);
    MUST(c->sum == scope->sum);
    MUST_SAY(!t || (c->held->rows == c->here && c->held->sum == c->here_sum),
             "a tablet holds rows that are not in the scope");
    free(c);
}

/* ---- a tablet */

static void verdicts_check(struct world *w, struct tablet *t)
{
    struct store_verdict v[SAM_VERDICTS_MAX];
    sqlite3_stmt *q;
    unsigned n;
    uint64_t no = sam_meta(t->s, device_no);
    MUST(store_verdicts_after(w->centre.reader, no, 0, INT64_MAX, v, SAM_VERDICTS_MAX, &n) == 0);
    MUST(sqlite3_prepare_v2(t->s->store.db, "SELECT kind FROM notice WHERE device_no = ? AND seq = ?", -1, &q, NULL) ==
         0);
    for (unsigned i = 0; i < n; i++) {
        if (v[i].kind == SAM_VERDICT_SAME || v[i].kind == SAM_VERDICT_HELD || v[i].kind == SAM_VERDICT_APPLIED)
            continue;
        sqlite3_bind_int64(q, 1, (int64_t)no);
        sqlite3_bind_int64(q, 2, (int64_t)v[i].seq);
        MUST_SAY(sqlite3_step(q) == SQLITE_ROW && sqlite3_column_int(q, 0) == (int)v[i].kind,
                 "tablet %u was not told what became of its op %llu", t->index, (unsigned long long)v[i].seq);
        sqlite3_reset(q);
    }
    sqlite3_finalize(q);
}

static void tablet_rest_check(struct world *w, struct tablet *t)
{
    struct store_device d;
    struct store_scope scope[SAM_SCOPES_MAX];
    unsigned n;
    MUST(store_device_get(w->centre.reader, sam_meta(t->s, device_no), &d) == 0);
    MUST_SAY(d.acked_seq == sam_meta(t->s, last_seq) && d.acked_seq == sam_meta(t->s, acked_seq),
             "tablet %u, device %llu: it saved %llu and was acked %llu, the centre has %llu", t->index,
             (unsigned long long)d.device_no, (unsigned long long)sam_meta(t->s, last_seq),
             (unsigned long long)sam_meta(t->s, acked_seq), (unsigned long long)d.acked_seq);
    MUST_SAY(sam_meta(t->s, last_chain) == d.chain, "tablet %u: another chain than the centre's", t->index);
    MUST(store_scopes_of(w->centre.reader, d.org, scope, SAM_SCOPES_MAX, &n) == 0);
    MUST_SAY(n == t->s->held.count, "tablet %u holds %u scopes of %u", t->index, t->s->held.count, n);
    for (unsigned i = 0; i < n; i++)
        scope_check(w, &scope[i], t);
    verdicts_check(w, t);
    w->rare.older_held += t->schema != 0;
}

/* One that begins anew knows of no scopes yet: it is not settled before it has heard of all. */
bool check_tablet_settled(struct tablet *t)
{
    struct samling_status st;
    struct store_device d;
    struct store_scope scope[SAM_SCOPES_MAX];
    unsigned n;
    if (t->gone)
        return true;
    if (!t->s || samling_status(t->s, &st) || st.state != SAMLING_ACTIVE || st.waiting || st.scopes != st.scopes_filled)
        return false;
    return store_device_get(t->w->centre.reader, sam_meta(t->s, device_no), &d) == 0 &&
           store_scopes_of(t->w->centre.reader, d.org, scope, SAM_SCOPES_MAX, &n) == 0 && n == st.scopes;
}

/* ---- the centre */

static void integrity_check(struct world *w, sqlite3 *db)
{
    sqlite3_stmt *q;
    MUST(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &q, NULL) == 0);
    MUST_SAY(sqlite3_step(q) == SQLITE_ROW && !strcmp((const char *)sqlite3_column_text(q, 0), "ok"),
             "a store is damaged: %s", (const char *)sqlite3_column_text(q, 0));
    sqlite3_finalize(q);
}

static void centre_check(struct world *w)
{
    sqlite3_stmt *q;
    integrity_check(w, w->centre.reader->db);
    MUST(sqlite3_prepare_v2(w->centre.reader->db, "SELECT id FROM scope", -1, &q, NULL) == 0);
    while (sqlite3_step(q) == SQLITE_ROW) {
        struct store_scope scope;
        MUST(store_scope_get(w->centre.reader, (uint64_t)sqlite3_column_int64(q, 0), &scope) == 0);
        scope_check(w, &scope, NULL);
    }
    sqlite3_finalize(q);
    MUST(sqlite3_prepare_v2(w->centre.reader->db, "SELECT count(*) FROM conflict_case WHERE open = 0", -1, &q, NULL) ==
         0);
    if (sqlite3_step(q) == SQLITE_ROW)
        w->rare.case_closed += (uint64_t)sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    MUST(sqlite3_prepare_v2(w->centre.reader->db, "SELECT count(*) FROM verdict WHERE kind = 3", -1, &q, NULL) == 0);
    if (sqlite3_step(q) == SQLITE_ROW)
        w->rare.superseded += (uint64_t)sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    MUST(sqlite3_prepare_v2(w->centre.reader->db, "SELECT count(*) FROM link_over", -1, &q, NULL) == 0);
    if (sqlite3_step(q) == SQLITE_ROW)
        w->rare.link_over += (uint64_t)sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    MUST(store_snapshot_begin(w->centre.reader) == 0); /* nothing is left open */
    store_snapshot_end(w->centre.reader);
}

static void found_wrong(void *ctx, const char *line)
{
    struct world *w = ctx;
    violation(w, __FILE__, __LINE__, "the centre about itself: %s", line);
}

/* What the centre finds when it looks through itself, and whether all that is derived comes out the same from the facts. */
static void itself_check(struct world *w)
{
    struct intake *in = w->centre.intake;
    const struct intake_found found = {.wrong = found_wrong, .ctx = w};
    struct intake_verified verified;
    struct intake_rebuilt rebuilt;
    MUST(intake_verify(in, &found, NULL, &verified) == 0 && verified.wrong == 0);
    MUST(intake_begin(in) == 0);
    int err = intake_rebuild(in, &found, &rebuilt);
    intake_rollback(in);
    MUST_SAY(!err && !rebuilt.changed, "rebuild: %s, %u tables come out otherwise", sam_err_name(err), rebuilt.changed);
}

void check_rest(struct world *w)
{
    for (unsigned i = 0; i < w->tablets; i++) {
        struct tablet *t = &w->tablet[i];
        if (t->gone)
            continue;
        tablet_rest_check(w, t);
        integrity_check(w, t->s->store.db);
    }
    centre_check(w);
    join_check(w);
    skew_check(w);
    history_check(w);
    itself_check(w);
}
