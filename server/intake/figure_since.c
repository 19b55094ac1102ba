/* A figure held against what stands now. Sessions that differ are found by their turnouts; only where there are any is it asked what was
 * said since, in the batches that speak of them (said.c).
 *
 * What counts as "since": everything behind the figure's csn. Where the centre was put back to a backup, that csn's epoch may be of a
 * future that was lost: then behind the fork; and what comes again with its earlier place (table origin) up to the figure's csn had
 * been counted, so it is no news. */
#include "server/intake/figure.h"
#include "server/intake/intake_int.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/model/rule.h"

#include <stdlib.h>
#include <string.h>

struct at {
    uint64_t session;
    unsigned change;
};

struct since {
    struct store *st;
    struct sam_zip *zip;
    const struct store_figure *f;
    struct figure_compared *out;
    unsigned retakes;
    struct at at[2 * FIGURE_SESSIONS_MAX]; /* by session */
    uint64_t retake[FIGURE_SAID_MAX];      /* csns at which something that had been put aside was taken in */
};

/* ---- what differs */

static bool same(const struct store_turnout *a, const struct store_turnout *b)
{
    return a->group == b->group && a->day == b->day && a->status == b->status && a->enrolled == b->enrolled &&
           a->unknown == b->unknown && a->present == b->present && a->notified == b->notified &&
           a->no_show == b->no_show && a->not_expected == b->not_expected;
}

static void change_add(struct figure_compared *c, const struct store_turnout *then, const struct store_turnout *now)
{
    if (then && now && same(then, now))
        return;
    struct figure_change *to = &c->change[c->changes++];
    *to = (struct figure_change){.was = then != NULL, .is = now != NULL};
    if (then)
        to->then = *then;
    if (now)
        to->now = *now;
}

static const struct store_turnout *known_as(const struct figure_change *c)
{
    return c->is ? &c->now : &c->then;
}

static int change_order(const void *left, const void *right)
{
    const struct store_turnout *a = known_as(left), *b = known_as(right);
    if (a->day != b->day)
        return a->day < b->day ? -1 : 1;
    if (a->group != b->group)
        return a->group < b->group ? -1 : 1;
    return a->session < b->session ? -1 : a->session > b->session;
}

/* Both by session. */
static void changes_find(struct figure_compared *c)
{
    unsigned i = 0, k = 0;
    while (i < c->then.count || k < c->now.count) {
        uint64_t then = i < c->then.count ? c->then.session[i].session : UINT64_MAX;
        uint64_t now = k < c->now.count ? c->now.session[k].session : UINT64_MAX;
        change_add(c, then <= now ? &c->then.session[i] : NULL, now <= then ? &c->now.session[k] : NULL);
        i += then <= now;
        k += now <= then;
    }
    qsort(c->change, c->changes, sizeof *c->change, change_order);
}

/* ---- of which session something was said */

static int at_order(const void *left, const void *right)
{
    const struct at *a = left, *b = right;
    return a->session < b->session ? -1 : a->session > b->session;
}

static void index_make(struct since *s)
{
    for (unsigned i = 0; i < s->out->changes; i++)
        s->at[i] = (struct at){known_as(&s->out->change[i])->session, i};
    qsort(s->at, s->out->changes, sizeof *s->at, at_order);
}

static const struct at *index_find(const struct since *s, uint64_t session)
{
    const struct at key = {.session = session};
    return bsearch(&key, s->at, s->out->changes, sizeof *s->at, at_order);
}

static bool in_group(const struct figure_change *c, uint64_t group)
{
    return (c->was && c->then.group == group) || (c->is && c->now.group == group);
}

/* Would another enrolment show in this one? */
static bool list_moved(const struct figure_change *c)
{
    return !c->was || !c->is || c->then.enrolled != c->now.enrolled || c->then.unknown != c->now.unknown;
}

/* ---- one thing that was said */

/* The case that this op opened, joined or decided. */
static int case_of(struct store *st, const struct sam_key *key, uint64_t csn, uint64_t *no)
{
    struct store_verdict v;
    struct store_case c = {.no = 0};
    int err = store_verdict_get(st, csn, &v);
    *no = err ? 0 : v.case_no;
    if (err == SAM_ENOTFOUND)
        err = 0;
    while (!err && !*no && (err = store_case_of_row(st, key, c.no, &c)) == 0) {
        uint64_t op = csn - 1;
        bool took_part = store_case_op_next(st, c.no, csn - 1, &op) == 0 && op == csn;
        if (took_part || c.opened_csn == csn || c.changed_csn == csn)
            *no = c.no;
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

static void numbers_only(struct sam_op *op)
{
    const struct sam_entity_def *def = sam_entity_find(op->row.key.entity);
    for (unsigned i = 0; def && i < def->field_count; i++)
        if (def->field[i].type == SAM_TYPE_TEXT)
            op->row.present &= ~(1u << i);
}

static int say(struct since *s, const struct figure_said *said, unsigned change)
{
    struct figure_compared *c = s->out;
    if (c->said == FIGURE_SAID_MAX) {
        c->more = true;
        return 0;
    }
    struct figure_said *to = &c->at[c->said++];
    *to = *said;
    to->change = change;
    numbers_only(&to->op);
    return case_of(s->st, &said->op.row.key, said->csn, &to->case_no);
}

static int mark_said(struct since *s, struct figure_said *said)
{
    const struct sam_row *row = &said->op.row;
    const struct sam_entity_def *def = sam_entity_find(SAM_ATTENDANCE);
    const struct at *at = index_find(s, row->key.part[0]);
    bool cleared = said->op.clear >> def->field[SAM_ATTENDANCE_presence].unit & 1u;
    bool moves = said->op.kind == SAM_OP_TOMBSTONE || cleared || sam_row_has(row, SAM_ATTENDANCE_presence);
    said->kind = FIGURE_MARK;
    said->person[0] = row->key.part[1];
    return at && moves ? say(s, said, at->change) : 0;
}

static int session_said(struct since *s, struct figure_said *said)
{
    const struct sam_row *row = &said->op.row;
    const struct at *at = index_find(s, row->key.part[0]);
    bool moves = said->op.kind != SAM_OP_SET || sam_row_has(row, SAM_SESSION_status) ||
                 sam_row_has(row, SAM_SESSION_day) || sam_row_has(row, SAM_SESSION_group_id);
    said->kind = FIGURE_SESSION;
    return at && moves ? say(s, said, at->change) : 0;
}

static int enrolment_said(struct since *s, struct figure_said *said)
{
    const struct sam_row *row = &said->op.row;
    bool moves = said->op.kind == SAM_OP_TOMBSTONE || said->op.clear || sam_row_has(row, SAM_ENROLMENT_status) ||
                 sam_row_has(row, SAM_ENROLMENT_start_day) || sam_row_has(row, SAM_ENROLMENT_end_day);
    int err = 0;
    said->kind = FIGURE_ENROLMENT;
    said->person[0] = row->key.part[1];
    for (unsigned i = 0; !err && moves && i < s->out->changes; i++)
        if (in_group(&s->out->change[i], row->key.part[0]) && list_moved(&s->out->change[i]))
            err = say(s, said, i);
    return err;
}

static int group_said(struct since *s, struct figure_said *said)
{
    const struct sam_row *row = &said->op.row;
    bool moves = said->op.kind == SAM_OP_TOMBSTONE || (said->op.kind == SAM_OP_SET && sam_row_has(row, SAM_GROUP_org));
    int err = 0;
    said->kind = FIGURE_GROUP;
    for (unsigned i = 0; !err && moves && i < s->out->changes; i++) {
        const struct figure_change *c = &s->out->change[i];
        if (c->was != c->is && in_group(c, row->key.part[0]))
            err = say(s, said, i);
    }
    return err;
}

/* Did anybody ever say this of that very person? */
static int row_was(struct store *st, const struct sam_key *key, bool *was)
{
    struct store_row row;
    struct store_own_row *own = *was ? NULL : malloc(sizeof *own);
    if (*was)
        return 0;
    int err = own ? store_row_get(st, key, &row) : SAM_ENOMEM;
    *was = !err && row.exists;
    if (!err && !*was) {
        err = store_own_get(st, key, own);
        *was = !err && own->r.exists;
    }
    free(own);
    return err;
}

static int person_in(struct since *s, const struct figure_change *c, uint64_t person, bool *is)
{
    const struct store_turnout *t = known_as(c);
    const struct sam_key mark = {.entity = SAM_ATTENDANCE, .part = {t->session, person}};
    const struct sam_key list = {.entity = SAM_ENROLMENT, .part = {t->group, person}};
    int err = row_was(s->st, &mark, is);
    return err ? err : row_was(s->st, &list, is);
}

static int link_said(struct since *s, struct figure_said *said)
{
    const struct sam_row *row = &said->op.row;
    int err = 0;
    said->kind = FIGURE_LINK;
    said->person[0] = row->key.part[0];
    said->person[1] = sam_row_has(row, SAM_LINK_winner) ? (uint64_t)sam_row_num(row, SAM_LINK_winner) : 0;
    for (unsigned i = 0; !err && i < s->out->changes; i++) {
        bool is = false;
        for (unsigned k = 0; !err && k < 2 && said->person[k]; k++)
            err = person_in(s, &s->out->change[i], said->person[k], &is);
        if (!err && is)
            err = say(s, said, i);
    }
    return err;
}

static int erased_said(struct since *s, struct figure_said *said)
{
    int err = 0;
    said->kind = FIGURE_ERASED;
    for (unsigned i = 0; !err && i < s->out->changes; i++) {
        uint64_t group = known_as(&s->out->change[i])->group, scope;
        err = store_erased_scope_next(s->st, said->csn, group - 1, &scope);
        if (!err && scope == group)
            err = say(s, said, i);
        if (err == SAM_ENOTFOUND)
            err = 0;
    }
    return err;
}

/* Somebody decided about an op that had been put aside: which one is looked for when the walk is over. */
static int ruling_said(struct since *s, struct figure_said *said)
{
    uint64_t kind = said->op.row.key.part[0], op_csn;
    if (kind == SAM_RULE_ERASE)
        return erased_said(s, said);
    if (kind != SAM_RULE_QUARANTINE)
        return 0;
    int err = store_retake_get(s->st, said->csn, &op_csn);
    if (err)
        return err == SAM_ENOTFOUND ? 0 : err;
    s->out->more = s->out->more || s->retakes == FIGURE_SAID_MAX;
    if (s->retakes < FIGURE_SAID_MAX)
        s->retake[s->retakes++] = said->csn;
    return 0;
}

static int one_said(struct since *s, struct figure_said *said)
{
    switch (said->op.row.key.entity) {
    case SAM_ATTENDANCE: return mark_said(s, said);
    case SAM_SESSION: return session_said(s, said);
    case SAM_ENROLMENT: return enrolment_said(s, said);
    case SAM_GROUP: return group_said(s, said);
    case SAM_LINK: return link_said(s, said);
    case SAM_RULING: return ruling_said(s, said);
    default: return 0;
    }
}

/* ---- the walk */

/* It had been counted, was lost since, and came again. */
static int counted_before(struct since *s, uint64_t csn, bool *before)
{
    struct store_origin o;
    int err = store_origin_at_csn(s->st, csn, &o);
    *before = !err && o.epoch && o.lost_csn && o.lost_csn <= s->f->csn &&
              (o.epoch == s->f->epoch || store_epoch_shared(s->st, o.epoch, s->f->epoch, o.lost_csn, STORE_NOW));
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* An op that was put aside when it came, or is the same as another one, moved nothing; where it was taken in later, that did. */
static int taken(struct store *st, uint64_t csn, bool *is)
{
    uint32_t kind = SAM_VERDICT_APPLIED, reason;
    int err = store_admission_get(st, csn, &kind, &reason);
    *is = err == SAM_ENOTFOUND || (kind != SAM_VERDICT_QUARANTINED && kind != SAM_VERDICT_SAME);
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int since_op(void *ctx, const struct store_push *p, const struct intake_traced *at, struct sam_span bytes)
{
    struct since *s = ctx;
    struct figure_said said = {.csn = at->csn, .device_no = at->device_no, .seq = at->seq, .received_s = p->received_s};
    bool before = false, is = false;
    if (!bytes.len || sam_op_decode(bytes, &said.op))
        return 0; /* of somebody who was erased, or of a kind unknown here */
    int err = counted_before(s, at->csn, &before);
    if (!err && !before)
        err = taken(s->st, at->csn, &is);
    return err || !is ? err : one_said(s, &said);
}

static int retake_say(struct since *s, uint64_t csn)
{
    struct intake_op op;
    uint64_t op_csn;
    int err = store_retake_get(s->st, csn, &op_csn);
    if (err)
        return err;
    err = intake_op_look(s->st, s->zip, op_csn, &op);
    if (!err && op.readable) {
        struct figure_said said = {.csn = csn,
                                   .device_no = op.device_no,
                                   .seq = op.seq,
                                   .received_s = op.received_s,
                                   .retaken = true,
                                   .op = op.op};
        err = one_said(s, &said);
    }
    intake_op_fini(&op);
    return err;
}

static int retakes_say(struct since *s)
{
    int err = 0;
    for (unsigned i = 0; !err && i < s->retakes; i++)
        err = retake_say(s, s->retake[i]);
    return err;
}

static int said_order(const void *left, const void *right)
{
    const struct figure_said *a = left, *b = right;
    if (a->change != b->change)
        return a->change < b->change ? -1 : 1;
    return a->csn < b->csn ? -1 : a->csn > b->csn;
}

/* The sessions, their groups, and links and rulings of anybody. */
static int batches_find(struct since *s, uint64_t csn, struct trace_batches *b)
{
    const struct sam_key any[] = {{.entity = SAM_LINK}, {.entity = SAM_RULING}};
    int err = 0;
    for (unsigned i = 0; !err && i < sizeof any / sizeof *any; i++)
        err = trace_about(s->st, b, said_subject(&any[i]), csn);
    for (unsigned i = 0; !err && i < s->out->changes; i++) {
        const struct figure_change *c = &s->out->change[i];
        err = trace_about(s->st, b, known_as(c)->session, csn);
        if (!err && c->was)
            err = trace_about(s->st, b, c->then.group, csn);
        if (!err && c->is && !(c->was && c->then.group == c->now.group))
            err = trace_about(s->st, b, c->now.group, csn);
    }
    return err;
}

static int said_find(struct since *s)
{
    struct trace_walk k = {.op = since_op, .ctx = s};
    struct trace_batches b = {0};
    uint64_t csn = store_epoch_limit(s->st, s->f->epoch, STORE_NOW);
    csn = csn < s->f->csn ? csn : s->f->csn;
    index_make(s);
    int err = batches_find(s, csn, &b);
    if (!err)
        err = trace_walk_some(s->st, &k, &b);
    free(b.first_csn);
    if (!err)
        err = retakes_say(s);
    qsort(s->out->at, s->out->said, sizeof *s->out->at, said_order);
    return err;
}

int figure_compare(struct store *st, int64_t now_s, const struct store_figure *f, struct figure_compared *out)
{
    struct since *s = calloc(1, sizeof *s);
    int err = s ? 0 : SAM_ENOMEM;
    out->changes = out->said = 0;
    out->more = false;
    if (!err)
        err = figure_kept(st, f->no, &out->then);
    if (!err)
        err = figure_count(st, f, now_s, &out->now);
    if (!err) {
        s->st = st;
        s->f = f;
        s->out = out;
        changes_find(out);
    }
    if (!err && out->changes)
        err = (s->zip = sam_zip_new()) ? said_find(s) : SAM_ENOMEM;
    if (s)
        sam_zip_free(s->zip);
    free(s);
    return err;
}
