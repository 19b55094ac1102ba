/* Is all that stands here true? Each part walks one kind of thing and tells what does not fit, in lines for machines. What only
 * judging again can tell (are the rows what the ops make of them?) is rebuild's. */
#include "server/intake/verify_int.h"

#include "proto/base/err.h"
#include "proto/model/rule.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROGRESS_EVERY = 4096 };

void verify_wrong(struct verify *v, const char *fmt, ...)
{
    char line[256];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    v->out->wrong++;
    if (v->found && v->found->wrong)
        v->found->wrong(v->found->ctx, line);
}

static void begin(struct verify *v, const char *what, uint64_t total)
{
    v->at = (struct intake_check){.what = what, .total = total};
}

int verify_step(struct verify *v)
{
    if (++v->at.done % PROGRESS_EVERY || !v->found || !v->found->progress)
        return 0;
    return v->found->progress(v->found->ctx, &v->at) ? SAM_ECLOSED : 0;
}

/* ---- the file */

static void integrity_wrong(void *ctx, const char *line)
{
    verify_wrong(ctx, "ev=integrity why=\"%s\"", line);
}

/* ---- the audit log and what it covers */

struct line {
    uint64_t no, first_csn, last_csn;
    uint8_t chain[SAM_HASH_BYTES];
};

/* The batches of one commit are those that its line saw. */
static int facts_check(struct verify *v, const struct store_audit *a)
{
    struct store_push p;
    uint8_t facts[SAM_HASH_BYTES] = {0};
    uint64_t after = a->first_csn - 1, no = a->no, last = a->last_csn;
    uint8_t want[SAM_HASH_BYTES];
    int err = 0;
    memcpy(want, a->facts, sizeof want);
    while (after < last && (err = store_push_next(v->in->st, after, &p)) == 0 && p.first_csn <= last) {
        after = p.first_csn;
        if ((err = audit_facts(v->in, facts, &p, facts)))
            return err;
    }
    if (err && err != SAM_ENOTFOUND)
        return err;
    if (memcmp(facts, want, sizeof facts) != 0)
        verify_wrong(v, "ev=audit_facts line=%llu first_csn=%llu last_csn=%llu", (unsigned long long)no,
                     (unsigned long long)(a->first_csn), (unsigned long long)last);
    return 0;
}

/* The rows of the access log are those that their line saw. */
static int access_check(struct verify *v, uint64_t no, const uint8_t want[SAM_HASH_BYTES])
{
    struct store_access a;
    uint8_t facts[SAM_HASH_BYTES] = {0};
    uint64_t part = 0;
    int err;
    while ((err = store_access_next(v->in->st, no, part, &a)) == 0 && a.audit_no == no) {
        part = a.part;
        if ((err = intake_access_facts(facts, &a, facts)))
            break;
    }
    bool broken = err == SAM_ETOOBIG;
    if (err && err != SAM_ENOTFOUND && !broken)
        return err;
    if (broken || memcmp(facts, want, sizeof facts) != 0)
        verify_wrong(v, "ev=access_facts line=%llu", (unsigned long long)no);
    return 0;
}

static int access_strays(struct verify *v)
{
    uint64_t count;
    int err = store_access_strays(v->in->st, &count);
    if (!err && count)
        verify_wrong(v, "ev=access_strays rows=%llu", (unsigned long long)count);
    return err;
}

/* So are the ops and batches from which something was erased. */
static int erased_check(struct verify *v, uint64_t no, const uint8_t want[SAM_HASH_BYTES])
{
    uint8_t facts[SAM_HASH_BYTES];
    int err = erased_facts(v->in, no, facts);
    if (!err && memcmp(facts, want, sizeof facts) != 0)
        verify_wrong(v, "ev=erased_facts line=%llu", (unsigned long long)no);
    return err;
}

static int erased_strays(struct verify *v)
{
    uint64_t count;
    int err = store_erased_strays(v->in->st, AUDIT_ERASED, &count);
    if (!err && count)
        verify_wrong(v, "ev=erased_strays count=%llu", (unsigned long long)count);
    return err;
}

static int line_check(struct verify *v, const struct store_audit *a, struct line *before)
{
    uint8_t entry[SAM_HASH_BYTES], chain[SAM_HASH_BYTES];
    int err = 0;
    if (a->no != before->no + 1)
        verify_wrong(v, "ev=audit_gap after=%llu next=%llu", (unsigned long long)before->no, (unsigned long long)a->no);
    if (a->text) {
        uint8_t text[SAM_HASH_BYTES];
        err = sam_sha256(a->text, strlen(a->text), text);
        if (!err && memcmp(text, a->text_hash, sizeof text) != 0)
            verify_wrong(v, "ev=audit_text line=%llu", (unsigned long long)a->no);
    }
    if (!err)
        err = intake_audit_entry(a, entry);
    if (err == SAM_ETOOBIG || (!err && memcmp(entry, a->entry, sizeof entry) != 0))
        verify_wrong(v, "ev=audit_entry line=%llu", (unsigned long long)a->no);
    err = err == SAM_ETOOBIG ? 0 : err;
    if (!err)
        err = sam_sha256_2(before->chain, sizeof before->chain, a->entry, sizeof a->entry, chain);
    if (!err && memcmp(chain, a->chain, sizeof chain) != 0)
        verify_wrong(v, "ev=audit_chain line=%llu", (unsigned long long)a->no);
    if (!err && a->kind == AUDIT_OPS && before->last_csn && a->first_csn != before->last_csn + 1)
        verify_wrong(v, "ev=audit_uncovered first_csn=%llu last_csn=%llu", (unsigned long long)before->last_csn + 1,
                     (unsigned long long)a->first_csn - 1);
    before->no = a->no;
    before->first_csn = a->first_csn;
    before->last_csn = a->kind == AUDIT_OPS ? a->last_csn : before->last_csn;
    memcpy(before->chain, a->chain, sizeof before->chain);
    if (!err && a->kind == AUDIT_ACCESS)
        return access_check(v, a->no, a->facts);
    if (!err && a->kind == AUDIT_ERASED)
        return erased_check(v, a->no, a->facts);
    return err || a->kind != AUDIT_OPS ? err : facts_check(v, a);
}

static int audit_check(struct verify *v, const struct intake_anchor *anchor)
{
    struct store_audit a;
    struct line before = {0};
    bool met = false;
    int err;
    while ((err = store_audit_next(v->in->st, before.no, &a)) == 0) {
        err = line_check(v, &a, &before);
        v->out->lines++;
        if (anchor && anchor->count == before.no) {
            met = true;
            if (sam_get_le64(before.chain) != anchor->head)
                verify_wrong(v, "ev=audit_anchor line=%llu want=%016llx is=%016llx", (unsigned long long)before.no,
                             (unsigned long long)anchor->head, (unsigned long long)sam_get_le64(before.chain));
        }
        if (err || (err = verify_step(v)))
            return err;
    }
    if (err != SAM_ENOTFOUND)
        return err;
    if (anchor && !met)
        verify_wrong(v, "ev=audit_cut lines=%llu kept_elsewhere=%llu", (unsigned long long)v->out->lines,
                     (unsigned long long)anchor->count);
    if (before.last_csn && before.last_csn != store_csn(v->in->st))
        verify_wrong(v, "ev=audit_uncovered first_csn=%llu last_csn=%llu", (unsigned long long)before.last_csn + 1,
                     (unsigned long long)store_csn(v->in->st));
    v->out->head = v->out->lines ? sam_get_le64(before.chain) : 0;
    err = access_strays(v);
    return err ? err : erased_strays(v);
}

/* ---- batches */

/* What was stored cannot be read any more. */
static bool unreadable(int err)
{
    return err == SAM_ECORRUPT || err == SAM_EPROTO || err == SAM_ETOOBIG;
}

/* The chain from before the batch's first op to its last, over the bytes that lie here. */
static int chain_check(struct verify *v, uint64_t first_csn)
{
    struct store_push p;
    uint64_t chain = 0, last;
    int err = store_push_at_csn(v->in->st, first_csn, &p);
    uint64_t want = p.chain, before = p.first_seq - 1, device_no = p.device_no;
    last = p.first_seq + p.count - 1;
    if (!err)
        err = push_chain_at(v->in, device_no, before, &chain);
    if (err == SAM_ENOTFOUND) {
        verify_wrong(v, "ev=chain_before device=%llu seq=%llu", (unsigned long long)device_no,
                     (unsigned long long)before);
        return 0;
    }
    if (!err)
        err = store_push_at_csn(v->in->st, first_csn, &p);
    if (!err)
        err = push_chain_walk(v->in, &p, chain, last, &chain);
    if (unreadable(err) || (!err && chain != want)) {
        verify_wrong(v, "ev=chain device=%llu first_csn=%llu", (unsigned long long)device_no,
                     (unsigned long long)first_csn);
        err = 0;
    }
    return err;
}

static int batches_check(struct verify *v)
{
    struct store_push p;
    uint64_t after = 0, next = 0;
    int err;
    while ((err = store_push_next(v->in->st, after, &p)) == 0) {
        if (next && p.first_csn != next)
            verify_wrong(v, "ev=csn_gap want=%llu is=%llu", (unsigned long long)next, (unsigned long long)p.first_csn);
        after = p.first_csn;
        next = p.first_csn + p.count;
        v->out->batches++;
        v->out->ops += p.count;
        err = chain_check(v, after);
        if (err || (err = verify_step(v)))
            return err;
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* ---- devices: sent = applied + same + superseded + listed + case + quarantined + held + lost */

static int device_check(struct verify *v, const struct store_device *d)
{
    uint64_t counts[SAM_VERDICT_COUNT], lost, pushed, others = 0;
    int err = store_verdict_counts(v->in->st, d->device_no, counts, &lost);
    if (!err)
        err = store_pushed(v->in->st, d->device_no, &pushed);
    if (err)
        return err;
    for (unsigned k = SAM_VERDICT_APPLIED + 1; k < SAM_VERDICT_LOST; k++)
        others += counts[k];
    if (pushed + lost != d->acked_seq || others > pushed)
        verify_wrong(v, "ev=sum device=%llu sent=%llu here=%llu lost=%llu not_applied=%llu",
                     (unsigned long long)d->device_no, (unsigned long long)d->acked_seq, (unsigned long long)pushed,
                     (unsigned long long)lost, (unsigned long long)others);
    return 0;
}

static int devices_check(struct verify *v)
{
    struct store_device d;
    uint64_t no = 0, strays;
    int err;
    while ((err = store_device_each(v->in->st, no, &d)) == 0) {
        no = d.device_no;
        v->out->devices++;
        sam_wipe(d.key, sizeof d.key);
        if ((err = device_check(v, &d)))
            return err;
    }
    err = err == SAM_ENOTFOUND ? store_verdict_strays(v->in->st, &strays) : err;
    if (!err && strays)
        verify_wrong(v, "ev=verdicts_without_op count=%llu", (unsigned long long)strays);
    return err;
}

/* ---- scopes */

struct scope_sum {
    struct verify *v;
    uint64_t rows, sum;
};

static int scope_row(void *ctx, const struct store_feed_row *r)
{
    struct scope_sum *s = ctx;
    if (store_feed_row_here(r)) {
        s->rows++;
        s->sum += sam_sum_mix(&r->row.row.key, r->row.csn);
    }
    return verify_step(s->v);
}

static int scopes_check(struct verify *v)
{
    struct store_scope scope;
    uint64_t id = 0;
    int err;
    while ((err = store_scope_next(v->in->st, id, &id)) == 0) {
        struct scope_sum s = {.v = v};
        const struct sam_entity_def *def;
        for (unsigned i = 0; !err && (def = sam_entity_at(i)); i++)
            err = store_feed(v->in->st, id, def->tag, 0, scope_row, &s);
        if (!err)
            err = store_scope_get(v->in->st, id, &scope);
        if (err)
            return err;
        v->out->scopes++;
        v->out->rows += s.rows;
        if (s.rows != scope.rows || s.sum != scope.sum)
            verify_wrong(v, "ev=scope_sum scope=%llu rows=%llu kept_rows=%llu sum=%016llx kept_sum=%016llx",
                         (unsigned long long)id, (unsigned long long)s.rows, (unsigned long long)scope.rows,
                         (unsigned long long)s.sum, (unsigned long long)scope.sum);
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* ---- candidates and cases */

static int unit_check(struct verify *v, const struct sam_key *key, unsigned unit, struct candidate_set *cs)
{
    struct store_row row;
    struct sam_fold fold = {0};
    struct store_case c;
    bool dead = false;
    const struct sam_entity_def *def = sam_entity_find(key->entity);
    int err = store_row_get(v->in->st, key, &row);
    if (!err && !store_row_rev(&row, unit).many)
        verify_wrong(v, "ev=candidates_unknown table=%s key1=%llu unit=%u", def->table,
                     (unsigned long long)key->part[0], unit);
    if (!err)
        err = candidates_load(v->in, &row, unit, cs);
    if (!err && def->scope == SAM_SCOPE_SESSION)
        err = session_dead(v->in, sam_row_session(&row.row), &dead);
    if (!err && cs->set.count)
        sam_fold(def, unit, &cs->set, &fold);
    if (!err)
        err = store_case_find(v->in->st, key, 0, unit, &c);
    if (!err && c.open != (fold.disputed && !dead))
        verify_wrong(v, "ev=case_state no=%llu open=%d disputed=%d", (unsigned long long)c.no, c.open, fold.disputed);
    return err;
}

static int attended_check(struct verify *v, const struct store_case *c)
{
    bool asks;
    int err = attended_asks(v->in, c->key.part[0], &asks);
    if (unreadable(err) || (!err && c->open != asks)) {
        verify_wrong(v, "ev=case_state no=%llu open=%d asks=%d", (unsigned long long)c->no, c->open, asks);
        err = 0;
    }
    return err;
}

static int cases_check(struct verify *v)
{
    struct sam_key key = {0};
    struct store_case c = {0};
    unsigned unit = 0;
    struct candidate_set *cs = calloc(1, sizeof *cs);
    int err = cs ? 0 : SAM_ENOMEM;
    while (!err && (err = store_candidate_unit_next(v->in->st, &key, unit, &key, &unit)) == 0)
        if (unit < SAM_UNITS_MAX && (err = unit_check(v, &key, unit, cs)) == 0)
            err = verify_step(v);
    if (err == SAM_ENOTFOUND)
        err = 0;
    while (!err && (err = store_case_next(v->in->st, c.no, false, &c)) == 0) {
        v->out->cases++;
        if (c.open && c.rule == 0)
            err = unit_check(v, &c.key, c.unit, cs);
        else if (c.rule == SAM_RULE_ATTENDED)
            err = attended_check(v, &c);
    }
    free(cs);
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int parts_check(struct verify *v, const struct intake_anchor *anchor)
{
    struct intake *in = v->in;
    int err = scopes_flush(in);
    if (!err)
        err = turnouts_flush(in);
    begin(v, "file", 0);
    if (!err)
        err = store_integrity(in->st, integrity_wrong, v);
    begin(v, "audit", in->audit.no);
    if (!err)
        err = audit_check(v, anchor);
    begin(v, "batches", store_csn(in->st));
    if (!err)
        err = batches_check(v);
    begin(v, "devices", 0);
    if (!err)
        err = devices_check(v);
    begin(v, "rows", 0);
    if (!err)
        err = scopes_check(v);
    begin(v, "cases", 0);
    if (!err)
        err = cases_check(v);
    begin(v, "links", 0);
    if (!err)
        err = verify_links(v);
    begin(v, "scores", 0);
    if (!err)
        err = verify_scores(v);
    begin(v, "turnout", 0);
    if (!err)
        err = verify_turnouts(v);
    begin(v, "access", 0);
    return err ? err : verify_accesses(v);
}

int intake_verify(struct intake *in, const struct intake_found *found, const struct intake_anchor *anchor,
                  struct intake_verified *out)
{
    struct verify v = {.in = in, .found = found, .out = out};
    *out = (struct intake_verified){0};
    int err = parts_check(&v, anchor);
    int failed = store_failed(in->st); /* something was held against a number that could not be read */
    return failed ? failed : err;
}
