/* What must hold in a world at rest (test_world.c): scopes' figures, replicas row by row, verdicts, and every saved op once. */
#ifndef TESTS_UNIT_WORLD_CHECK_H
#define TESTS_UNIT_WORLD_CHECK_H

#include "tests/unit/world_link.h"

static inline void row_equal(struct world *w, const struct sam_row *a, const struct sam_row *b)
{
    const struct sam_entity_def *def = sam_entity_find(a->key.entity);
    MUST(sam_key_equal(&a->key, &b->key));
    for (unsigned u = 0; u < def->unit_count; u++)
        MUST(sam_row_unit_equal(a, b, u));
}

struct compare {
    struct world *w;
    struct samling *s;
    struct sam_held *held;
    uint64_t rows, sum;
};

static inline int compare_row(void *ctx, const struct store_feed_row *r)
{
    struct compare *c = ctx;
    struct world *w = c->w;
    struct sam_view *v = calloc(1, sizeof *v);
    MUST(v != NULL);
    if (!r->left && r->row.dead <= 0) {
        c->rows++;
        c->sum += sam_sum_mix(&r->row.row.key, r->row.csn);
        if (c->held) {
            MUST(sam_replica_get(c->s, c->held->slot, &r->row.row.key, v) == 0);
            MUST(v->csn == r->row.csn);
            row_equal(w, &r->row.row, &v->row);
        }
    }
    free(v);
    return 0;
}

/* The scope's rows at the centre, against its figures and, with a tablet, against what that holds. */
static inline void scope_check(struct world *w, const struct store_scope *scope, struct tablet *t)
{
    struct compare c = {.w = w, .s = t ? t->s : NULL, .held = t ? sam_held_find(t->s, scope->id) : NULL};
    MUST(!t || (c.held && sam_held_complete(c.held)));
    for (unsigned i = 0; sam_entity_at(i); i++)
        MUST(store_feed(w->reader, scope->id, sam_entity_at(i)->tag, 0, compare_row, &c) == 0);
    MUST(c.rows == scope->rows);
    MUST(c.sum == scope->sum);
    MUST(!t || (c.held->rows == c.rows && c.held->sum == c.sum));
}

static inline void verdicts_check(struct world *w, struct tablet *t)
{
    struct store_verdict v[SAM_VERDICTS_MAX];
    sqlite3_stmt *q;
    unsigned n;
    uint64_t no = sam_meta(t->s, device_no);
    MUST(store_verdicts_after(w->reader, no, 0, INT64_MAX, v, SAM_VERDICTS_MAX, &n) == 0);
    MUST(sqlite3_prepare_v2(t->s->store.db, "SELECT kind FROM notice WHERE device_no = ? AND seq = ?", -1, &q, NULL) ==
         0);
    for (unsigned i = 0; i < n; i++) {
        if (v[i].kind == SAM_VERDICT_APPLIED || v[i].kind == SAM_VERDICT_SAME || v[i].kind == SAM_VERDICT_HELD)
            continue;
        sqlite3_bind_int64(q, 1, (int64_t)no);
        sqlite3_bind_int64(q, 2, (int64_t)v[i].seq);
        int step = sqlite3_step(q);
        if (step != SQLITE_ROW || sqlite3_column_int(q, 0) != (int)v[i].kind)
            printf("device %llu seq %llu csn %llu at %llu kind %u reason %u, notice %d\n", (unsigned long long)no,
                   (unsigned long long)v[i].seq, (unsigned long long)v[i].csn, (unsigned long long)v[i].at_csn,
                   v[i].kind, v[i].reason, step == SQLITE_ROW ? sqlite3_column_int(q, 0) : -1);
        MUST(step == SQLITE_ROW && sqlite3_column_int(q, 0) == (int)v[i].kind);
        sqlite3_reset(q);
    }
    sqlite3_finalize(q);
}

static inline void tablet_check(struct world *w, struct tablet *t)
{
    struct store_device d;
    struct store_scope scope[SAM_SCOPES_MAX];
    unsigned n;
    if (sam_meta(t->s, state) == SAMLING_WIPED)
        return;
    MUST(store_device_get(w->reader, sam_meta(t->s, device_no), &d) == 0);
    MUST(d.acked_seq == sam_meta(t->s, last_seq) && d.acked_seq == sam_meta(t->s, acked_seq));
    MUST(sam_meta(t->s, last_chain) == d.chain);
    MUST(store_scopes_of(w->reader, d.org, scope, SAM_SCOPES_MAX, &n) == 0);
    MUST(n == t->s->held.count);
    for (unsigned i = 0; i < n; i++)
        scope_check(w, &scope[i], t);
    verdicts_check(w, t);
}

static inline int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* The claimed times of all ops at the centre that are not there under another name. */
static inline int64_t *claims(struct world *w, size_t *count)
{
    uint64_t csn = 1, last = store_csn(w->reader);
    int64_t *all = calloc(last + 1, sizeof *all);
    sqlite3_stmt *q;
    struct store_push p;
    struct sam_buf plain;
    *count = 0;
    sam_buf_init(&plain, SAM_FRAME_INFLATED_BYTES_MAX);
    MUST(sqlite3_prepare_v2(w->reader->db, "SELECT kind FROM verdict WHERE csn = ?", -1, &q, NULL) == 0);
    for (; csn <= last; csn += p.count) {
        struct sam_span op = {0}, body;
        struct sam_op got;
        MUST(store_push_at_csn(w->reader, csn, &p) == 0 && p.first_csn == csn && p.count > 0); /* no gap */
        body = p.raw;
        if (p.deflated) {
            MUST(sam_zip_inflate(w->zip, p.raw, &plain) == 0);
            body = (struct sam_span){sam_buf_peek(&plain).ptr, sam_buf_len(&plain) - SAM_MAC_BYTES};
        }
        struct sam_walk walk = {body};
        for (uint64_t i = 0; i < p.skip + p.count && p.device_no != SAM_DEVICE_NO_CONSOLE; i++) {
            MUST(sam_push_next_op(&walk, &op) == 1);
            sqlite3_bind_int64(q, 1, (int64_t)(csn + i - p.skip));
            bool same = i >= p.skip && sqlite3_step(q) == SQLITE_ROW && sqlite3_column_int(q, 0) == SAM_VERDICT_SAME;
            sqlite3_reset(q);
            if (i >= p.skip && !same && sam_op_decode(op, &got) == 0)
                all[(*count)++] = got.claimed_s;
        }
    }
    sqlite3_finalize(q);
    sam_buf_fini(&plain);
    qsort(all, *count, sizeof *all, by_value);
    return all;
}

static inline void saves_check(struct world *w)
{
    size_t n, at = 0;
    int64_t *all = claims(w, &n);
    for (unsigned i = 0; i < w->saves; i++) {
        unsigned found = 0;
        while (at < n && all[at] <= w->save[i][0])
            at++;
        for (; at < n && all[at] <= w->save[i][1]; at++)
            found++;
        if (found != w->save[i][2])
            printf("save %u, claimed %lld, is there %u times\n", i, (long long)w->save[i][1], found);
        MUST(found == w->save[i][2]);
    }
    free(all);
}

static inline void tell_wrong(void *ctx, const char *line)
{
    (void)ctx;
    printf("wrong: %s\n", line);
}

/* What is derived is what the facts make of it. */
static inline void facts_check(struct world *w)
{
    struct intake_found found = {.wrong = tell_wrong};
    struct intake_verified v;
    struct intake_rebuilt r;
    MUST(intake_begin(w->in) == 0);
    MUST(intake_verify(w->in, &found, NULL, &v) == 0);
    MUST(v.wrong == 0);
    MUST(intake_rebuild(w->in, &found, &r) == 0);
    MUST(r.changed == 0);
    intake_rollback(w->in);
}

static inline void centre_check(struct world *w)
{
    facts_check(w);
    sqlite3_stmt *q;
    MUST(sqlite3_prepare_v2(w->reader->db, "PRAGMA integrity_check", -1, &q, NULL) == 0);
    MUST(sqlite3_step(q) == SQLITE_ROW && !strcmp((const char *)sqlite3_column_text(q, 0), "ok"));
    sqlite3_finalize(q);
    MUST(sqlite3_prepare_v2(w->reader->db, "SELECT id FROM scope", -1, &q, NULL) == 0);
    while (sqlite3_step(q) == SQLITE_ROW) {
        struct store_scope scope;
        MUST(store_scope_get(w->reader, (uint64_t)sqlite3_column_int64(q, 0), &scope) == 0);
        scope_check(w, &scope, NULL);
    }
    sqlite3_finalize(q);
    MUST(sqlite3_prepare_v2(
             w->reader->db,
             "SELECT (SELECT count(*) FROM attendance a, link_person p WHERE p.id = a.participant AND p.winner > 0 "
             "AND a.dead <= 0) + (SELECT count(*) FROM enrolment e, link_person p WHERE p.id = e.participant AND "
             "p.winner > 0 AND e.dead <= 0) + (SELECT count(*) FROM member m, link_person p WHERE m.entity = 12 "
             "AND p.id = m.id AND p.winner > 0 AND m.gone = 0)",
             -1, &q, NULL) == 0);
    MUST(sqlite3_step(q) == SQLITE_ROW && sqlite3_column_int(q, 0) == 0); /* who is linked is shown as somebody else */
    sqlite3_finalize(q);
    MUST(store_snapshot_begin(w->reader) == 0); /* nothing is left open */
    store_snapshot_end(w->reader);
}

#endif
