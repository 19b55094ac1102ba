/* The queue: cases and what was put aside, of the clinics where the session may see them. */
#include "proto/base/err.h"
#include "proto/model/rule.h"
#include "server/console/about.h"
#include "server/console/gate.h"
#include "server/console/page.h"
#include "server/console/place.h"
#include "server/intake/intake.h"
#include "server/store/queue.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ROWS_MAX = 50, CLINICS_KEPT = 64, END = 1 };

/* What is being collected, for whom. */
struct queue {
    struct ask *a;
    struct store *st;
    struct sam_json json;
    struct sam_zip *zip; /* of what was put aside */
    struct store_queue from;
    enum right right;
    unsigned rows;
    bool more;
    struct {
        uint64_t org;
        bool may;
    } kept[CLINICS_KEPT];
    unsigned kept_count;
    uint64_t open, aside, changed_csn;
};

/* ---- may it be seen? */

static bool may(const struct queue *q, enum right right, uint64_t org)
{
    return right_may(q->st, &q->a->who, gate_today(q->a), right, org) == RIGHT_YES;
}

/* The same of the list's own right, asked once for each clinic. */
static bool may_list(struct queue *q, uint64_t org)
{
    for (unsigned i = 0; i < q->kept_count; i++)
        if (q->kept[i].org == org)
            return q->kept[i].may;
    bool yes = may(q, q->right, org);
    if (q->kept_count < CLINICS_KEPT) {
        q->kept[q->kept_count].org = org;
        q->kept[q->kept_count++].may = yes;
    }
    return yes;
}

static int from_read(struct queue *q)
{
    char state[8] = "open";
    if (strstr(q->a->query, "state=") && !ask_query(q->a, "state", state, sizeof state))
        return SAM_EUSAGE;
    q->from.open = strcmp(state, "open") == 0;
    if (!q->from.open && strcmp(state, "closed") != 0)
        return SAM_EUSAGE;
    int err = ask_query_id(q->a, "after", &q->from.after);
    if (!err)
        err = ask_query_id(q->a, "clinic", &q->from.org);
    return err || !q->from.org || may_list(q, q->from.org) ? err : SAM_ENOTFOUND;
}

/* ---- what is left */

static int clinic_count(void *ctx, const struct store_queue_clinic *c)
{
    struct queue *q = ctx;
    if (may(q, RIGHT_CASE_SEE, c->org)) {
        q->open += c->cases;
        q->changed_csn = c->changed_csn > q->changed_csn ? c->changed_csn : q->changed_csn;
    }
    if (may(q, RIGHT_QUARANTINE, c->org))
        q->aside += c->aside;
    return 0;
}

static int clinic_each(void *ctx, const struct store_queue_clinic *c)
{
    struct queue *q = ctx;
    clinic_count(q, c);
    if (!c->org || !may_list(q, c->org))
        return 0;
    sam_json_object(&q->json, NULL);
    sam_json_id(&q->json, "id", c->org);
    sam_json_text(&q->json, "name", c->name);
    sam_json_int(&q->json, "open", (int64_t)(q->right == RIGHT_QUARANTINE ? c->aside : c->cases));
    sam_json_end(&q->json);
    return 0;
}

/* Another stamp: something in the queue is another. */
static void counts_json(struct queue *q)
{
    char stamp[80];
    snprintf(stamp, sizeof stamp, "%" PRIu64 "-%" PRIu64 "-%" PRIu64, q->open, q->changed_csn, q->aside);
    sam_json_int(&q->json, "open", (int64_t)q->open);
    sam_json_int(&q->json, "aside", (int64_t)q->aside);
    sam_json_text(&q->json, "stamp", stamp);
}

static int head(struct queue *q)
{
    sam_json_init(&q->json, REPLY_BYTES_MAX);
    sam_json_object(&q->json, NULL);
    sam_json_int(&q->json, "now_s", q->a->now_s);
    sam_json_list(&q->json, "clinics");
    int err = store_queue_clinics(q->st, clinic_each, q);
    sam_json_end(&q->json);
    counts_json(q);
    return err;
}

static int finish(struct queue *q, const char *resource, int err)
{
    sam_json_end(&q->json);
    sam_json_bool(&q->json, "more", q->more);
    int made = reply_json(&q->a->reply, &q->json);
    err = err == END ? 0 : err;
    if (!err && q->rows)
        ask_saw_list(q->a, resource, 0, q->rows);
    return err ? err : made;
}

/* Is there room for one more row of this clinic? END: no; SAM_ENOTFOUND: it is not shown. */
static int row_fits(struct queue *q, uint64_t org)
{
    if (!may_list(q, org))
        return SAM_ENOTFOUND;
    q->more = q->rows == ROWS_MAX;
    return q->more ? END : 0;
}

static void place_json(struct queue *q, uint64_t org, const char *clinic)
{
    sam_json_id_or_null(&q->json, "clinic", org);
    sam_json_text(&q->json, "clinic_name", clinic[0] ? clinic : NULL);
}

/* When the change at ${csn} came; null: that is not known. */
static void time_json(struct queue *q, const char *key, uint64_t csn)
{
    struct store_push p;
    if (store_push_at_csn(q->st, csn, &p) == 0)
        sam_json_int(&q->json, key, p.received_s);
    else
        sam_json_null(&q->json, key);
}

/* ---- cases */

/* The values between which somebody must choose, or the one that is left; each once. */
static int values_json(struct queue *q, const struct store_case *c)
{
    const struct sam_entity_def *def = sam_entity_find(c->key.entity);
    uint32_t fields = sam_unit_fields(def, 1u << c->unit);
    struct intake_unit u;
    sam_json_list(&q->json, "values");
    int err = intake_unit_look(q->st, &c->key, c->unit, &u);
    for (unsigned i = 0; !err && i < u.set->count; i++) {
        bool first = u.fold.disputed ? u.fold.top >> i & 1u : i == u.fold.shown;
        for (unsigned k = 0; k < i && first; k++)
            first = !sam_row_unit_equal(u.set->at[k].value, u.set->at[i].value, c->unit);
        if (first)
            about_values(&q->json, NULL, u.set->at[i].value, fields);
    }
    intake_unit_close(&u);
    sam_json_end(&q->json);
    return err;
}

/* What the unit is called: its first field, of set FIELD; of a rule across rows nothing. */
static void unit_json(struct queue *q, const struct store_case *c)
{
    const struct sam_entity_def *def = sam_entity_find(c->key.entity);
    bool set = c->key.entity == SAM_EXERCISE_SET;
    if (c->rule == SAM_RULE_UNIT)
        sam_json_int(&q->json, "field", about_field(def, (unsigned)__builtin_ctz(sam_unit_fields(def, 1u << c->unit))));
    else
        sam_json_null(&q->json, "field");
    sam_json_int_or_null(&q->json, "exercise", set ? (int64_t)c->key.part[2] : -1);
    sam_json_int_or_null(&q->json, "set", set ? (int64_t)c->key.part[3] : -1);
}

/* How many stand as present in a session that is cancelled. */
static int present_json(struct queue *q, const struct store_case *c)
{
    uint64_t present = 0;
    int err = store_session_present(q->st, c->key.part[0], &present);
    sam_json_int(&q->json, "present", (int64_t)present);
    return err;
}

static int case_about(struct queue *q, const struct store_queue_case *c, struct about *about)
{
    struct store_row row;
    int err = store_row_get(q->st, &c->c.key, &row);
    row.row.key = c->c.key;
    if (!err)
        err = about_read(q->st, &row.row, about);
    if (!err && c->group[0]) /* people stand in several groups: where it arose */
        snprintf(about->group_name, sizeof about->group_name, "%s", c->group);
    return err;
}

static int case_each(void *ctx, const struct store_queue_case *c)
{
    struct queue *q = ctx;
    struct about about;
    int err = row_fits(q, c->org);
    if (err)
        return err == SAM_ENOTFOUND ? 0 : err;
    err = case_about(q, c, &about);
    q->rows++;
    sam_json_object(&q->json, NULL);
    sam_json_int(&q->json, "no", (int64_t)c->c.no);
    sam_json_int(&q->json, "rule", c->c.rule);
    place_json(q, c->org, c->clinic);
    about_json(&q->json, &about);
    unit_json(q, &c->c);
    if (!err && c->c.rule == SAM_RULE_UNIT)
        err = values_json(q, &c->c);
    else if (!err && c->c.rule == SAM_RULE_ATTENDED)
        err = present_json(q, &c->c);
    time_json(q, "opened_s", c->c.opened_csn);
    time_json(q, "changed_s", c->c.changed_csn);
    sam_json_end(&q->json);
    return err;
}

int page_cases(struct ask *a, struct store *st)
{
    struct queue q = {.a = a, .st = st, .right = RIGHT_CASE_SEE};
    int err = from_read(&q);
    if (err)
        return err;
    err = head(&q);
    sam_json_list(&q.json, "cases");
    err = err ? err : store_queue_cases(st, &q.from, case_each, &q);
    return finish(&q, "case", err);
}

int page_cases_news(struct ask *a, struct store *st)
{
    struct queue q = {.a = a, .st = st, .right = RIGHT_CASE_SEE};
    uint64_t no = 0;
    int err = ask_query_id(a, "no", &no);
    if (!err && no)
        err = place_case(a, st, RIGHT_CASE_SEE, no);
    if (!err)
        err = store_queue_clinics(st, clinic_count, &q);
    if (err)
        return err;
    sam_json_init(&q.json, REPLY_BYTES_MAX);
    sam_json_object(&q.json, NULL);
    counts_json(&q);
    if (no)
        sam_json_bool(&q.json, "decide", place_case(a, st, RIGHT_CASE_DECIDE, no) == 0);
    return reply_json(&a->reply, &q.json);
}

/* ---- what was put aside: whose it is, not what it says */

static int aside_about(struct queue *q, uint64_t csn, struct about *about, bool *readable)
{
    struct intake_op op;
    *about = (struct about){.has_day = false};
    int err = intake_op_look(q->st, q->zip, csn, &op);
    *readable = !err && op.readable;
    if (*readable)
        err = about_read(q->st, &op.op.row, about);
    intake_op_fini(&op);
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int aside_each(void *ctx, const struct store_queue_aside *v)
{
    struct queue *q = ctx;
    struct about about;
    bool readable;
    int err = row_fits(q, v->org);
    if (err)
        return err == SAM_ENOTFOUND ? 0 : err;
    err = aside_about(q, v->v.csn, &about, &readable);
    q->rows++;
    sam_json_object(&q->json, NULL);
    sam_json_int(&q->json, "no", (int64_t)v->v.csn);
    sam_json_int(&q->json, "reason", v->v.reason);
    sam_json_bool(&q->json, "readable", readable);
    sam_json_int(&q->json, "device_no", (int64_t)v->v.device_no);
    sam_json_text(&q->json, "device", v->label);
    place_json(q, v->org, v->clinic);
    about_json(&q->json, &about);
    time_json(q, "received_s", v->v.csn);
    sam_json_end(&q->json);
    return err;
}

int page_asides(struct ask *a, struct store *st)
{
    struct queue q = {.a = a, .st = st, .right = RIGHT_QUARANTINE};
    int err = from_read(&q);
    if (err)
        return err;
    err = head(&q);
    q.zip = sam_zip_new();
    err = err || q.zip ? err : SAM_ENOMEM;
    sam_json_list(&q.json, "asides");
    err = err ? err : store_queue_aside(st, &q.from, aside_each, &q);
    err = finish(&q, "quarantine", err);
    sam_zip_free(q.zip);
    return err;
}
