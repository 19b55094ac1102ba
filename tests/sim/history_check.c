/* At rest: rows, candidates, cases and sums at the centre against the oracle. */
#include "tests/sim/history_int.h"

#include "proto/model/rule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct oracle_row *key_of(const struct oracle_row *row, struct sam_key *key)
{
    *key = (struct sam_key){.entity = (uint8_t)row->entity};
    for (unsigned i = 0; i < SAM_KEY_PARTS_MAX; i++)
        key->part[i] = row->key[i];
    return row;
}

/* The live values that the centre keeps for a unit, as sets of candidates, or as the one op of its csn. */
static unsigned live_gids(struct world *w, const struct store_row *r, unsigned unit, uint64_t gid[SAM_CANDIDATES_MAX])
{
    static struct store_candidate c[SAM_CANDIDATES_MAX];
    struct store_rev rev = store_row_rev(r, unit);
    unsigned count;
    if (!rev.csn)
        return 0;
    gid[0] = history_gid_at(w, rev.csn);
    if (!rev.many)
        return 1;
    MUST(store_candidates_get(w->centre.reader, &r->row.key, unit, c, SAM_CANDIDATES_MAX, &count) == 0);
    MUST(count > 0 || has_fault(w, FAULT_LINK)); /* else they parted, and nothing is left of it */
    for (unsigned i = 0; i < count; i++)
        gid[i] = history_gid_at(w, c[i].csn);
    return count;
}

static bool case_is_open(struct world *w, const struct sam_key *key, unsigned unit)
{
    sqlite3_stmt *q = w->centre.case_open;
    sqlite3_bind_int64(q, 1, key->entity);
    for (int i = 0; i < (int)SAM_KEY_PARTS_MAX; i++)
        sqlite3_bind_int64(q, 2 + i, (int64_t)key->part[i]);
    sqlite3_bind_int64(q, 6, unit);
    bool is = sqlite3_step(q) == SQLITE_ROW;
    sqlite3_reset(q);
    return is;
}

/* For the story of a world that failed: every op on the row, whom it had seen, and what the centre keeps. */
static void op_tell(struct history *h, size_t gid)
{
    const struct entry *e = &h->op[gid];
    const struct oracle_place *p = &e->place;
    printf("  op %zu actor %u kind %u clear %x seen %llx:%llu csn %llu%s device %llu seq %llu base %llu origin "
           "%llx:%llu values",
           gid, e->actor, e->kind, e->clear, (unsigned long long)e->seen.epoch, (unsigned long long)e->seen.csn,
           (unsigned long long)e->csn, history_is_here(h, gid) ? "" : " (gone)", (unsigned long long)p->device_no,
           (unsigned long long)p->seq, (unsigned long long)p->base_csn, (unsigned long long)p->origin.epoch,
           (unsigned long long)p->origin.csn);
    for (unsigned tag = 0; tag < ORACLE_TAGS; tag++)
        if (e->present >> tag & 1u)
            printf(" %u=%lld", tag, (long long)e->value[tag]);
    printf(" saw");
    for (size_t other = 1; other < h->ops; other++)
        if (sam_key_equal(&h->op[other].key, &e->key) && other != gid && oracle_had_seen(h->o, gid, other))
            printf(" %zu", other);
    printf("\n");
}

static void row_tell(struct world *w, const struct oracle_row *row, const struct store_row *r)
{
    struct history *h = w->history;
    for (size_t gid = 1; gid < h->ops; gid++)
        if (h->op[gid].row.entity == row->entity && memcmp(h->op[gid].row.key, row->key, sizeof row->key) == 0)
            op_tell(h, gid);
    printf("  centre: exists %d dead %lld csn %llu scope %llu", r->exists, (long long)r->dead,
           (unsigned long long)r->csn, (unsigned long long)r->scope);
    for (unsigned u = 0; u < sam_entity_find((uint32_t)row->entity)->unit_count; u++) {
        uint64_t gid[SAM_CANDIDATES_MAX];
        printf(" unit %u:", u);
        for (unsigned n = live_gids(w, r, u, gid), i = 0; i < n; i++)
            printf(" %llu", (unsigned long long)gid[i]);
    }
    printf("\n");
    for (unsigned i = 0; i < h->epochs; i++)
        printf("  epoch %llx from %llu\n", (unsigned long long)h->epoch[i].id,
               (unsigned long long)h->epoch[i].first_csn);
}

static void row_check(struct world *w, const struct oracle_row *row)
{
    struct oracle *o = w->history->o;
    struct store_row *r = w->row;
    struct oracle_row_is is = {0};
    struct sam_key key;
    key_of(row, &key);
    const struct sam_entity_def *def = sam_entity_find(key.entity);
    MUST(store_row_get(w->centre.reader, &key, r) == 0);
    is.state = !r->exists ? ORACLE_ABSENT : r->dead > 0 ? ORACLE_DEAD : r->dead < 0 ? ORACLE_AGAIN : ORACLE_ALIVE;
    w->rare.revived += r->exists && r->dead < 0;
    if (is.state == ORACLE_ALIVE || is.state == ORACLE_AGAIN)
        is.present = history_fields(&r->row, is.value);
    for (unsigned u = 0; r->exists && r->dead <= 0 && u < def->unit_count; u++) {
        uint64_t gid[SAM_CANDIDATES_MAX];
        unsigned n = live_gids(w, r, u, gid);
        is.disputed |= case_is_open(w, &key, u) ? 1u << u : 0;
        if (key.entity <= SAM_ENROLMENT)
            oracle_check_live(o, row, u, gid, n);
        for (unsigned i = 0; i < n; i++)
            w->rare.link_shown += gid[i] && !sam_key_equal(&w->history->op[gid[i]].key, &key);
    }
    oracle_check_row(o, row, &is);
    if (w->verbose && oracle_wrong_count(o))
        row_tell(w, row, r);
}

static void sums_check(struct world *w)
{
    struct oracle *o = w->history->o;
    struct store_device d = {0};
    while (store_device_each(w->centre.reader, d.device_no, &d) == 0) {
        uint64_t n[SAM_VERDICT_COUNT], lost;
        MUST(store_verdict_counts(w->centre.reader, d.device_no, n, &lost) == 0);
        n[SAM_VERDICT_APPLIED] = d.acked_seq - lost;
        for (unsigned v = SAM_VERDICT_APPLIED + 1; v < SAM_VERDICT_COUNT; v++)
            n[SAM_VERDICT_APPLIED] -= n[v];
        struct oracle_sum sum = {.sent = d.acked_seq,
                                 .applied = n[SAM_VERDICT_APPLIED],
                                 .same = n[SAM_VERDICT_SAME],
                                 .superseded = n[SAM_VERDICT_SUPERSEDED],
                                 .listed = n[SAM_VERDICT_MERGED],
                                 .in_case = n[SAM_VERDICT_CASE],
                                 .quarantined = n[SAM_VERDICT_QUARANTINED],
                                 .held = n[SAM_VERDICT_HELD],
                                 .lost = lost};
        oracle_check_sum(o, d.device_no, &sum);
    }
}

/* Exactly the cases that the oracle says are open. */
static void cases_check(struct world *w)
{
    enum { CASES_MAX = 2048 };
    static const enum oracle_case_kind kinds[SAM_RULE_COUNT] = {
        [SAM_RULE_ATTENDED] = ORACLE_CANCELLED, [SAM_RULE_SAME_DAY] = ORACLE_TWO};
    struct oracle_case *open = calloc(CASES_MAX, sizeof *open);
    size_t n = 0;
    sqlite3_stmt *q;
    MUST(open != NULL);
    MUST(sqlite3_prepare_v2(w->centre.reader->db,
                            "SELECT rule, entity, key1, key2, key3, key4, unit FROM conflict_case WHERE open = 1", -1,
                            &q, NULL) == 0);
    while (sqlite3_step(q) == SQLITE_ROW && n < CASES_MAX) {
        struct oracle_case *c = &open[n++];
        int rule = sqlite3_column_int(q, 0);
        MUST_SAY(rule >= 0 && rule <= SAM_RULE_SAME_DAY, "a case of rule %d is open",
                 rule); /* nobody has another's name */
        c->kind = kinds[rule];
        c->row.entity = (uint32_t)sqlite3_column_int(q, 1);
        for (int i = 0; i < ORACLE_KEYS; i++)
            c->row.key[i] = (uint64_t)sqlite3_column_int64(q, 2 + i);
        c->unit = c->kind == ORACLE_DISPUTE ? (unsigned)sqlite3_column_int(q, 6) : 0;
        if (c->kind == ORACLE_TWO) {
            c->other = (struct oracle_row){.entity = ORACLE_SESSION, .key = {c->row.key[1]}};
            c->row.key[1] = 0;
        } else if (c->kind == ORACLE_CANCELLED) {
            c->row.key[1] = 0;
        }
    }
    sqlite3_finalize(q);
    oracle_check_cases(w->history->o, open, n);
    free(open);
    history_agreed(w);
}

void history_check(struct world *w)
{
    struct oracle *o = w->history->o;
    const struct oracle_row *row;
    for (size_t i = 0; !w->forgotten && (row = oracle_row_at(o, i)); i++) {
        row_check(w, row);
        history_agreed(w);
    }
    sums_check(w);
    history_agreed(w);
    if (!w->forgotten)
        cases_check(w);
    oracle_check_rest(o);
    history_agreed(w);
    store_snapshot_end(w->centre.reader);
}
