#include "server/admin/course.h"

#include "proto/base/err.h"
#include "proto/model/rule.h"
#include "server/admin/author.h"

#include <stdlib.h>
#include <string.h>

/* ---- a person's enrolments */

struct keys {
    uint64_t group[COURSE_STAYS_MAX];
    unsigned count;
    bool full;
};

static int key_each(void *ctx, const struct sam_key *key)
{
    struct keys *k = ctx;
    k->full = k->full || k->count == COURSE_STAYS_MAX;
    if (!k->full)
        k->group[k->count++] = key->part[0];
    return 0;
}

/* Does nothing more come in this group? Its last day is over, or it has no weekday and its last session is over. */
static int group_over(struct verb_context *v, const struct sam_row *group, bool *over)
{
    int32_t today = author_today(v), day = today;
    uint64_t id = group->key.part[0], session = 0;
    *over = sam_row_has(group, SAM_GROUP_last_day) && sam_row_num(group, SAM_GROUP_last_day) < today;
    if (*over || sam_row_num(group, SAM_GROUP_weekday))
        return 0;
    int err = store_session_next(v->st, id, &day, &session, INT32_MAX);
    *over = err == SAM_ENOTFOUND;
    return *over ? 0 : err;
}

static int stay_read(struct verb_context *v, uint64_t group, uint64_t person, struct course_stay *s)
{
    struct store_row row;
    struct catalogue_version version;
    bool over;
    struct sam_key key = {.entity = SAM_ENROLMENT, .part = {group, person}};
    int err = store_row_get(v->st, &key, &row);
    if (err)
        return err;
    const struct sam_row *r = &row.row;
    *s = (struct course_stay){.group = group, .status = (unsigned)sam_row_num(r, SAM_ENROLMENT_status)};
    if (!row.exists || row.dead > 0 || !sam_completion_counts(s->status))
        return SAM_ENOTFOUND;
    s->episode = (uint64_t)sam_row_num(r, SAM_ENROLMENT_episode);
    s->has_start = sam_row_has(r, SAM_ENROLMENT_start_day);
    s->start = s->has_start ? (int32_t)sam_row_num(r, SAM_ENROLMENT_start_day) : INT32_MIN;
    s->has_end = sam_row_has(r, SAM_ENROLMENT_end_day);
    s->end = s->has_end ? (int32_t)sam_row_num(r, SAM_ENROLMENT_end_day) : INT32_MAX;
    err = author_row(v, SAM_GROUP, group, &row);
    if (err)
        return err;
    s->intervention = (uint64_t)sam_row_num(&row.row, SAM_GROUP_intervention);
    err = group_over(v, &row.row, &over);
    s->over = over || !sam_completion_goes_on(s->status) || (s->has_end && s->end < author_today(v));
    if (err || !s->intervention)
        return err;
    err = catalogue_read(v, s->intervention, &version);
    s->code = err ? 0 : version.code;
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* Who still is in one is there last. */
static int by_start(const void *a, const void *b)
{
    const struct course_stay *x = a, *y = b;
    bool xs = sam_completion_goes_on(x->status), ys = sam_completion_goes_on(y->status);
    if (xs != ys)
        return xs ? 1 : -1;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    if (x->end != y->end)
        return x->end < y->end ? -1 : 1;
    return x->group < y->group ? -1 : x->group > y->group;
}

int course_person(struct verb_context *v, uint64_t person, struct course_person *out)
{
    struct keys keys = {.count = 0};
    out->count = 0;
    int err = people_of(v->st, person, &out->people);
    if (!err)
        err = store_person_rows(v->st, SAM_ENROLMENT, out->people.id[0], key_each, &keys);
    if (!err && keys.full)
        return verb_refuse(v, SAM_TEXT_COMPLETION_MANY);
    for (unsigned i = 0; !err && i < keys.count; i++) {
        err = stay_read(v, keys.group[i], out->people.id[0], &out->stay[out->count]);
        out->count += !err;
        err = err == SAM_ENOTFOUND ? 0 : err;
    }
    qsort(out->stay, out->count, sizeof *out->stay, by_start);
    return err;
}

/* ---- sessions */

struct gathering {
    struct verb_context *v;
    struct course *c;
    struct sam_completion_day day[COURSE_SESSIONS_MAX]; /* of the group in turn */
    uint64_t id[COURSE_SESSIONS_MAX];
    struct sam_completion_session session[COURSE_SESSIONS_MAX]; /* of the course */
    unsigned days, count;
    int32_t version_day; /* of the session that told the version */
};

static int days_read(struct gathering *g, uint64_t group)
{
    int32_t day = INT32_MIN;
    uint64_t session = 0;
    struct store_row row;
    int err;
    g->days = 0;
    while ((err = store_session_next(g->v->st, group, &day, &session, INT32_MAX)) == 0) {
        if (g->days == COURSE_SESSIONS_MAX)
            return verb_refuse(g->v, SAM_TEXT_COMPLETION_MANY);
        err = author_row(g->v, SAM_SESSION, session, &row);
        if (err)
            return err;
        bool moved = sam_rule_cancelled(&row.row) && sam_row_num(&row.row, SAM_SESSION_moved_to);
        g->id[g->days] = session;
        g->day[g->days++] = (struct sam_completion_day){.day = day, .moved = moved};
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* Does the session belong to this intervention? One that carries no version follows its group's. The latest that does carry one says
 * which version's numbers count. */
static int session_ours(struct gathering *g, uint64_t code, const struct sam_row *session, bool *ours)
{
    struct catalogue_version version;
    uint64_t id = (uint64_t)sam_row_num(session, SAM_SESSION_intervention);
    int32_t day = (int32_t)sam_row_num(session, SAM_SESSION_day);
    *ours = true;
    int err = id ? catalogue_read(g->v, id, &version) : SAM_ENOTFOUND;
    if (err)
        return err == SAM_ENOTFOUND ? 0 : err;
    *ours = version.code == code;
    if (*ours && day >= g->version_day && day <= author_today(g->v)) {
        g->version_day = day;
        g->c->version = version;
    }
    return 0;
}

/* Is somebody to say whether a session that stands as cancelled was held? */
static int held_asked(struct store *st, uint64_t id, bool *asked)
{
    struct store_case c = {0}, status = {0};
    struct sam_key key = {.entity = SAM_SESSION, .part = {id}}, both = {.entity = SAM_SESSION, .part = {id, id}};
    int err = store_case_find(st, &both, SAM_RULE_ATTENDED, 0, &c);
    if (!err)
        err = store_case_find(st, &key, SAM_RULE_UNIT, sam_entity_find(SAM_SESSION)->field[SAM_SESSION_status].unit,
                              &status);
    *asked = c.open || status.open;
    return err;
}

/* Somebody was there or trained; of a session that stands as cancelled, while nobody has decided. */
static int held_read(struct gathering *g, const struct sam_row *session, struct sam_completion_held *h)
{
    struct store *st = g->v->st;
    uint64_t id = session->key.part[0], present = 0, trained = 0;
    bool counts = true;
    *h = (struct sam_completion_held){.status = (unsigned)sam_row_num(session, SAM_SESSION_status),
                                      .past = sam_row_num(session, SAM_SESSION_day) < author_today(g->v)};
    int err = sam_rule_cancelled(session) ? held_asked(st, id, &counts) : 0;
    if (!err)
        err = store_session_present(st, id, &present);
    if (!err)
        err = store_session_trained(st, id, &trained);
    h->proved = counts && (present || trained);
    return err;
}

static int session_seen(struct gathering *g, const struct course_stay *s, const struct sam_row *session,
                        enum sam_completion_seen *seen)
{
    struct sam_completion_held held;
    struct store_row row;
    struct store_case c = {0};
    struct sam_key key = {.entity = SAM_ATTENDANCE, .part = {session->key.part[0], g->c->person}};
    int err = held_read(g, session, &held);
    if (!err)
        err = store_case_find(g->v->st, &key, SAM_RULE_UNIT, 0, &c);
    if (!err)
        err = store_row_get(g->v->st, &key, &row);
    if (err)
        return err;
    bool there = row.exists && row.dead <= 0;
    *seen = sam_completion_seen(&held, there ? &row.row : NULL, c.no && c.open);
    /* nobody said which day was the last: what nobody said of them after they left was not expected */
    if (!there && !s->has_end && !sam_completion_goes_on(s->status))
        *seen = SAM_SEEN_APART;
    return 0;
}

static int session_take(struct gathering *g, const struct course_stay *s, unsigned i)
{
    struct store_row row;
    bool ours = false;
    enum sam_completion_seen seen;
    int err = author_row(g->v, SAM_SESSION, g->id[i], &row);
    if (!err)
        err = session_ours(g, s->code, &row.row, &ours);
    if (err || !ours)
        return err;
    err = session_seen(g, s, &row.row, &seen);
    if (err || seen == SAM_SEEN_APART)
        return err;
    if (g->count == COURSE_SESSIONS_MAX)
        return verb_refuse(g->v, SAM_TEXT_COMPLETION_MANY);
    g->session[g->count++] =
        (struct sam_completion_session){.day = g->day[i].day, .part = g->day[i].part, .seen = seen};
    return 0;
}

static int stay_gather(struct gathering *g, const struct course_stay *s)
{
    int err = days_read(g, s->group);
    if (err)
        return err;
    sam_completion_parts(g->day, g->days, g->c->version.rule.planned);
    for (unsigned i = 0; !err && i < g->days; i++)
        if (g->day[i].day >= s->start && g->day[i].day <= s->end)
            err = session_take(g, s, i);
    return err;
}

static int by_day(const void *a, const void *b)
{
    const struct sam_completion_session *x = a, *y = b;
    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    return x->part < y->part ? -1 : x->part > y->part;
}

/* ---- the end score */

struct answered {
    uint64_t id, replaces;
    bool counts; /* of the course's end, and no empty form */
};

struct answers {
    struct answered at[COURSE_FORMS_MAX];
    unsigned count;
    int32_t from, until; /* days, both included */
};

static int answers_read(struct verb_context *v, uint64_t person, struct answers *a)
{
    enum { OCCASION_END = 2 };
    struct sam_key key, *after = NULL;
    struct store_row row;
    struct store_score score;
    int err;
    while ((err = store_hung_next(v->st, SAM_SCORE_RESPONSE, person, after, &key)) == 0) {
        after = &key;
        err = author_row(v, SAM_SCORE_RESPONSE, key.part[0], &row);
        if (err == SAM_ENOTFOUND)
            continue;
        if (!err)
            err = store_score_get(v->st, key.part[0], &score);
        if (err)
            return err;
        if (a->count == COURSE_FORMS_MAX)
            return verb_refuse(v, SAM_TEXT_COMPLETION_MANY);
        int64_t day = sam_row_num(&row.row, SAM_SCORE_RESPONSE_day);
        bool valid = score.why == SAM_SCORE_VALID || score.why == SAM_SCORE_UNKNOWN || score.why == SAM_SCORE_CODES;
        a->at[a->count++] =
            (struct answered){.id = key.part[0],
                              .replaces = (uint64_t)sam_row_num(&row.row, SAM_SCORE_RESPONSE_replaces),
                              .counts = valid && sam_row_num(&row.row, SAM_SCORE_RESPONSE_occasion) == OCCASION_END &&
                                        day >= a->from && day <= a->until};
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

static bool replaced(const struct answers *a, uint64_t id)
{
    for (unsigned i = 0; i < a->count; i++)
        if (a->at[i].replaces == id && a->at[i].id != id)
            return true;
    return false;
}

/* A form of the occasion "end", from the first day of the course until the person's next course begins. */
static int end_score(struct verb_context *v, const struct course_person *p, struct course *c)
{
    struct answers *a = calloc(1, sizeof *a);
    const struct course_stay *last = &c->stay[c->stay_count - 1];
    int err = 0;
    if (!a)
        return SAM_ENOMEM;
    a->from = last->start;
    for (unsigned i = 0; i < c->stay_count; i++)
        a->from = c->stay[i].start < a->from ? c->stay[i].start : a->from;
    a->until = INT32_MAX;
    for (unsigned i = 0; i < p->count; i++) {
        const struct course_stay *next = &p->stay[i];
        bool other = next->episode != last->episode || next->code != last->code || !next->episode || !next->code;
        if (other && next->group != last->group && next->start > last->start && last->over && next->start <= a->until)
            a->until = next->start - 1;
    }
    for (unsigned i = 0; !err && i < p->people.count; i++)
        err = answers_read(v, p->people.id[i], a);
    for (unsigned i = 0; i < a->count; i++)
        c->end_score = c->end_score || (a->at[i].counts && !replaced(a, a->at[i].id));
    free(a);
    return err;
}

/* ---- the course */

static void stays_pick(const struct course_person *p, unsigned at, struct course *c)
{
    const struct course_stay *s = &p->stay[at];
    for (unsigned i = 0; i < p->count; i++)
        if (i == at || (s->episode && s->code && p->stay[i].episode == s->episode && p->stay[i].code == s->code))
            c->stay[c->stay_count++] = p->stay[i];
}

static int sessions_gather(struct gathering *g)
{
    int err = 0;
    for (unsigned i = 0; !err && i < g->c->stay_count; i++)
        err = stay_gather(g, &g->c->stay[i]);
    if (!err)
        qsort(g->session, g->count, sizeof *g->session, by_day);
    return err;
}

static void judge(struct gathering *g)
{
    struct course *c = g->c;
    struct sam_completion_course course = {.rule = c->version.rule,
                                           .session = g->session,
                                           .count = g->count,
                                           .today = author_today(g->v),
                                           .ended = true,
                                           .end_score = c->end_score};
    for (unsigned i = 0; i < c->stay_count; i++)
        course.ended = course.ended && c->stay[i].over;
    sam_completion_judge(&course, &c->verdict);
    if (!c->version.id) {
        c->verdict.what = SAM_COMPLETION_UNSAID;
        c->verdict.why = SAM_COMPLETION_WHY_NO_RULE;
    }
    c->differs = !sam_completion_status_fits(c->verdict.what, c->verdict.attended, c->stay[c->stay_count - 1].status);
}

int course_of(struct verb_context *v, const struct course_person *p, unsigned i, struct course *out)
{
    struct gathering *g = calloc(1, sizeof *g);
    if (!g)
        return SAM_ENOMEM;
    *out = (struct course){.person = p->people.id[0]};
    stays_pick(p, i, out);
    g->v = v;
    g->c = out;
    g->version_day = INT32_MIN;
    uint64_t last = out->stay[out->stay_count - 1].intervention;
    int err = last ? catalogue_read(v, last, &out->version) : 0;
    if (err == SAM_ENOTFOUND)
        err = 0;
    if (!err)
        err = sessions_gather(g);
    if (!err)
        err = end_score(v, p, out);
    if (!err)
        judge(g);
    free(g);
    return err;
}
