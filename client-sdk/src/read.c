/* What the app shows: rows of the visible scopes with own ops laid over them. */
#include "client-sdk/src/read.h"

#include "client-sdk/src/client.h"
#include "client-sdk/src/draft.h"
#include "client-sdk/src/host.h"
#include "client-sdk/src/list.h"
#include "client-sdk/src/outbox.h"
#include "proto/base/grow.h"

#include <stdlib.h>
#include <string.h>

enum { ENROLMENT_WAITING_START = 3, ENROLMENT_ATTENDING = 4, ENROLMENT_COMPLETED = 5, ENROLMENT_DISCONTINUED = 6 };
enum { SESSION_CANCELLED = 2 };

static void key_from(sqlite3_stmt *q, uint8_t entity, struct sam_key *key)
{
    key->entity = entity;
    for (int i = 0; i < (int)SAM_KEY_PARTS_MAX; i++)
        key->part[i] = sam_column(q, i);
}

/* Walk the rows of one entity in one slot: start, then 1 with a view, 0 at the end, or an error. */
static sqlite3_stmt *walk(struct samling *s, uint64_t slot, uint8_t entity)
{
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_ROW_OF);
    sam_bind(q, 1, slot);
    sam_bind(q, 2, entity);
    return q;
}

static int walk_next(struct samling *s, sqlite3_stmt *q, uint8_t entity, struct sam_view *v)
{
    struct sam_key key;
    int rc = sam_store_step(q);
    if (rc != 1)
        return rc;
    key_from(q, entity, &key);
    int err = sam_view_read(s, &key, sam_column(q, 4), sam_column_span(q, 6), v);
    if (err)
        sqlite3_reset(q);
    return err ? err : 1;
}

static int num_or(const struct sam_view *v, unsigned field, int absent)
{
    return sam_row_has(&v->row, field) ? (int)v->row.val[field].num : absent;
}

/* ---- groups */

static int compare_text(const char *a, const char *b, uint64_t ida, uint64_t idb)
{
    int c = strcmp(a, b);
    return c ? c : ida < idb ? -1 : ida > idb;
}

static int compare_group(const void *a, const void *b)
{
    const struct samling_group *x = a, *y = b;
    return compare_text(x->name, y->name, x->id, y->id);
}

static int enrolled(struct samling *s, const struct sam_held *h, unsigned *count)
{
    struct sam_view v;
    int rc = 0, err = 0;
    *count = 0;
    sqlite3_stmt *q = walk(s, h->slot, SAM_ENROLMENT);
    while (!err && (rc = walk_next(s, q, SAM_ENROLMENT, &v)) == 1) {
        err = sam_overlay(s, &v, NULL);
        int64_t status = sam_row_num(&v.row, SAM_ENROLMENT_status);
        *count += v.here && (status == ENROLMENT_WAITING_START || status == ENROLMENT_ATTENDING);
    }
    sqlite3_reset(q);
    return err ? err : rc;
}

static int group_add(struct samling *s, const struct sam_held *h, struct sam_list *list)
{
    struct sam_key key = {.entity = SAM_GROUP, .part = {h->id}};
    struct sam_view v;
    int err = sam_replica_get(s, h->slot, &key, &v);
    if (err)
        return err == SAM_ENOTFOUND ? 0 : err;
    struct samling_group *g = sam_list_add(list);
    if (!g)
        return SAM_ENOMEM;
    g->id = h->id;
    g->code = sam_list_text(list, sam_view_text(&v, SAM_GROUP_code));
    g->name = sam_list_text(list, sam_view_text(&v, SAM_GROUP_name));
    g->kind = num_or(&v, SAM_GROUP_kind, 0);
    g->weekday = num_or(&v, SAM_GROUP_weekday, 0);
    g->start_min = num_or(&v, SAM_GROUP_start_min, -1);
    g->end_min = num_or(&v, SAM_GROUP_end_min, -1);
    return enrolled(s, h, &g->participants);
}

int samling_groups(samling *s, struct samling_group **out, size_t *count)
{
    static const size_t text[] = {offsetof(struct samling_group, code), offsetof(struct samling_group, name)};
    struct sam_list list;
    int err = 0;
    sam_list_init(&list, sizeof(struct samling_group));
    for (unsigned i = 0; !err && i < s->held.count; i++)
        if (s->held.at[i].slot)
            err = group_add(s, &s->held.at[i], &list);
    err = sam_list_finish(&list, err, text, 2, (void **)out, count);
    if (!err)
        sam_list_sort(*out, *count, sizeof **out, compare_group);
    return sam_fail(s, err, NULL);
}

/* ---- sessions */

/* What is not in the replica may be an own row that has not come back yet: an ad-hoc session, a walk-in, a substitute. */
static int row_find(struct samling *s, uint8_t entity, uint64_t id, struct sam_view *v, uint64_t *scope)
{
    struct sam_key key = {.entity = entity, .part = {id}};
    *scope = 0;
    if (id == 0 || id > INT64_MAX)
        return SAM_ENOTFOUND;
    int err = sam_replica_find(s, &key, v, scope);
    if (err == SAM_ENOTFOUND) {
        sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_OP_SCOPE);
        sam_bind(q, 1, entity);
        sam_bind(q, 2, id);
        err = sam_store_one(q, scope);
    }
    if (!err)
        err = sam_overlay(s, v, NULL);
    return err ? err : v->here ? 0 : SAM_ENOTFOUND;
}

int sam_session_find(struct samling *s, uint64_t id, struct sam_view *v, uint64_t *scope)
{
    return row_find(s, SAM_SESSION, id, v, scope);
}

int sam_person_find(struct samling *s, uint64_t id, struct sam_view *v, uint64_t *scope)
{
    uint64_t found;
    return row_find(s, SAM_PARTICIPANT, id, v, scope ? scope : &found);
}

int sam_user_find(struct samling *s, uint64_t id, struct sam_view *v, uint64_t *scope)
{
    uint64_t found;
    return row_find(s, SAM_USER, id, v, scope ? scope : &found);
}

int sam_person_shown(struct samling *s, uint64_t id, uint64_t *as)
{
    struct sam_view v;
    int err = 0;
    *as = id;
    for (unsigned hops = 0; !err && hops < SAM_LINKED_MAX; hops++) {
        struct sam_key key = {.entity = SAM_LINK, .part = {*as}};
        err = sam_replica_find(s, &key, &v, NULL);
        uint64_t winner = err ? 0 : (uint64_t)sam_row_num(&v.row, SAM_LINK_winner);
        if (!winner)
            break;
        *as = winner;
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int session_add(struct sam_list *list, const struct sam_view *v, uint64_t group)
{
    struct samling_session *e = sam_list_add(list);
    if (!e)
        return SAM_ENOMEM;
    e->id = v->row.key.part[0];
    e->group =
        sam_row_has(&v->row, SAM_SESSION_group_id) ? (uint64_t)sam_row_num(&v->row, SAM_SESSION_group_id) : group;
    e->day = (int32_t)sam_row_num(&v->row, SAM_SESSION_day);
    e->status = num_or(v, SAM_SESSION_status, 0);
    e->planned = num_or(v, SAM_SESSION_planned, 0);
    e->start_min = num_or(v, SAM_SESSION_start_min, -1);
    e->end_min = num_or(v, SAM_SESSION_end_min, -1);
    e->room = sam_list_text(list, sam_view_text(v, SAM_SESSION_room));
    e->theme = sam_list_text(list, sam_view_text(v, SAM_SESSION_theme));
    return 0;
}

static int compare_session(const void *a, const void *b)
{
    const struct samling_session *x = a, *y = b;
    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    if (x->start_min != y->start_min)
        return x->start_min < y->start_min ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* Own sessions of the group that the replica does not have. */
static int sessions_own(struct samling *s, uint64_t group, uint64_t slot, struct sam_list *list)
{
    struct sam_view v;
    int rc, err = 0;
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_OP_SHOWN_SCOPE);
    sam_bind(q, 1, SAM_SESSION);
    sam_bind(q, 2, group);
    while (!err && (rc = sam_store_step(q)) == 1) {
        struct sam_key key = {.entity = SAM_SESSION, .part = {sam_column(q, 0)}};
        err = sam_replica_get(s, slot, &key, &v);
        if (err != SAM_ENOTFOUND)
            continue;
        err = sam_overlay(s, &v, NULL);
        if (!err && v.here)
            err = session_add(list, &v, group);
    }
    sqlite3_reset(q);
    return err ? err : rc;
}

static int sessions_list(struct samling *s, uint64_t group, struct samling_session **out, size_t *count)
{
    static const size_t text[] = {offsetof(struct samling_session, room), offsetof(struct samling_session, theme)};
    struct sam_list list;
    struct sam_view v;
    const struct sam_held *h = sam_held_find(s, group);
    int rc = 0, err = h && h->slot ? 0 : SAM_ENOTFOUND;
    *out = NULL;
    *count = 0;
    if (err)
        return err;
    sam_list_init(&list, sizeof(struct samling_session));
    sqlite3_stmt *q = walk(s, h->slot, SAM_SESSION);
    while (!err && (rc = walk_next(s, q, SAM_SESSION, &v)) == 1) {
        err = sam_overlay(s, &v, NULL);
        if (!err && v.here)
            err = session_add(&list, &v, group);
    }
    sqlite3_reset(q);
    if (!err)
        err = rc;
    if (!err)
        err = sessions_own(s, group, h->slot, &list);
    err = sam_list_finish(&list, err, text, 2, (void **)out, count);
    if (!err)
        sam_list_sort(*out, *count, sizeof **out, compare_session);
    return err;
}

int samling_sessions(samling *s, uint64_t group, struct samling_session **out, size_t *count)
{
    return sam_fail(s, sessions_list(s, group, out, count), NULL);
}

int samling_session_near(samling *s, uint64_t group, struct samling_session **out)
{
    static const size_t text[] = {offsetof(struct samling_session, room), offsetof(struct samling_session, theme)};
    struct samling_session *all, *best = NULL;
    struct sam_list list;
    size_t count, one;
    *out = NULL;
    if (sam_clock_suspect(s))
        return sam_fail(s, SAM_ECLOCK, NULL);
    int err = sessions_list(s, group, &all, &count);
    if (err)
        return sam_fail(s, err, NULL);
    int64_t now = sam_now_trusted(s), local = now + 60 * (int64_t)sam_host_utc_offset_min(now), best_away = INT64_MAX;
    for (size_t i = 0; i < count; i++) {
        int64_t start = all[i].start_min >= 0 ? all[i].start_min : 720,
                away = llabs(all[i].day * INT64_C(86400) + start * 60 - local);
        if (all[i].status == SESSION_CANCELLED || away >= best_away)
            continue;
        best = &all[i];
        best_away = away;
    }
    if (best) {
        sam_list_init(&list, sizeof *best);
        struct samling_session *copy = sam_list_add(&list);
        if (copy) {
            *copy = *best;
            copy->room = sam_list_text(&list, best->room);
            copy->theme = sam_list_text(&list, best->theme);
        }
        err = sam_list_finish(&list, 0, text, 2, (void **)out, &one);
    } else {
        err = SAM_ENOTFOUND;
    }
    free(all);
    return sam_fail(s, err, NULL);
}

/* ---- the sheet */

/* Lines are gathered by participant first: the roster, then who is only marked. */
struct sheet {
    struct sam_list list;
    const struct sam_held *h;
    uint64_t session;
    int32_t day;
};

static struct samling_line *line_known(struct sheet *sheet, uint64_t participant)
{
    struct samling_line *all = (void *)sheet->list.items;
    for (size_t i = 0; i < sheet->list.count; i++)
        if (all[i].participant == participant)
            return &all[i];
    return NULL;
}

static struct samling_line *line_of(struct sheet *sheet, uint64_t participant)
{
    struct samling_line *l = line_known(sheet, participant);
    if (l)
        return l;
    l = sam_list_add(&sheet->list);
    if (!l)
        return NULL;
    l->participant = participant;
    l->enrolment = -1;
    l->other_presence = l->reason = l->minutes = l->arrived_min = l->left_min = l->late = l->left_early = l->by_video =
        -1;
    return l;
}

/* Was this person expected on that day? */
static bool on_roster(const struct sam_view *v, int32_t day)
{
    int64_t status = sam_row_num(&v->row, SAM_ENROLMENT_status);
    if (status == ENROLMENT_WAITING_START || status == ENROLMENT_ATTENDING)
        return true;
    if (status != ENROLMENT_COMPLETED && status != ENROLMENT_DISCONTINUED)
        return false;
    return sam_row_has(&v->row, SAM_ENROLMENT_end_day) && sam_row_num(&v->row, SAM_ENROLMENT_end_day) >= day &&
           sam_row_num(&v->row, SAM_ENROLMENT_start_day) <= day;
}

static int sheet_roster(struct samling *s, struct sheet *sheet)
{
    struct sam_view v;
    int rc = 0, err = 0;
    sqlite3_stmt *q = walk(s, sheet->h->slot, SAM_ENROLMENT);
    while (!err && (rc = walk_next(s, q, SAM_ENROLMENT, &v)) == 1) {
        err = sam_overlay(s, &v, NULL);
        if (err || !v.here || !on_roster(&v, sheet->day))
            continue;
        struct samling_line *l = line_of(sheet, v.row.key.part[1]);
        if (l)
            l->enrolment = (int)sam_row_num(&v.row, SAM_ENROLMENT_status);
    }
    sqlite3_reset(q);
    return err ? err : rc;
}

static int other_presence(const struct sam_view *v)
{
    struct sam_row row;
    if (!(v->disputed & 1u) || sam_row_decode(SAM_ATTENDANCE, v->other.value, &row))
        return -1;
    return sam_row_has(&row, SAM_ATTENDANCE_presence) ? (int)sam_row_num(&row, SAM_ATTENDANCE_presence) : 0;
}

static int line_mark(struct samling *s, struct sheet *sheet, struct sam_view *v)
{
    bool waiting;
    int other = other_presence(v); /* before another row is read */
    int err = sam_overlay(s, v, &waiting);
    if (err || (!v->here && !waiting))
        return err;
    struct samling_line *l = line_of(sheet, v->row.key.part[1]);
    if (!l)
        return SAM_ENOMEM;
    l->presence = num_or(v, SAM_ATTENDANCE_presence, 0);
    l->evidence = num_or(v, SAM_ATTENDANCE_evidence, 0);
    l->reason = num_or(v, SAM_ATTENDANCE_reason, -1);
    l->minutes = num_or(v, SAM_ATTENDANCE_minutes, -1);
    l->arrived_min = num_or(v, SAM_ATTENDANCE_arrived_min, -1);
    l->left_min = num_or(v, SAM_ATTENDANCE_left_min, -1);
    l->late = num_or(v, SAM_ATTENDANCE_late, -1);
    l->left_early = num_or(v, SAM_ATTENDANCE_left_early, -1);
    l->by_video = num_or(v, SAM_ATTENDANCE_by_video, -1);
    l->state = waiting ? SAMLING_WAITING : SAMLING_AT_CENTRE;
    l->disputed = v->disputed & 1u ? 1 : 0;
    l->other_presence = l->disputed ? other : -1;
    return 0;
}

static int sheet_rows(struct samling *s, struct sheet *sheet)
{
    struct sam_view v;
    int rc = 0, err = 0;
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_ROW_OF_KEY);
    sam_bind(q, 1, sheet->h->slot);
    sam_bind(q, 2, SAM_ATTENDANCE);
    sam_bind(q, 3, sheet->session);
    while (!err && (rc = walk_next(s, q, SAM_ATTENDANCE, &v)) == 1)
        err = line_mark(s, sheet, &v);
    sqlite3_reset(q);
    return err ? err : rc;
}

/* Own marks on persons that have no row yet. Their numbers first: the overlay reads with the same statement. */
static int sheet_own(struct samling *s, struct sheet *sheet)
{
    uint64_t *who = NULL;
    size_t count = 0, room = 0;
    struct sam_view v;
    int rc, err = 0;
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_OP_SHOWN);
    sam_bind(q, 1, SAM_ATTENDANCE);
    sam_bind(q, 2, sheet->session);
    while ((rc = sam_store_step(q)) == 1) {
        uint64_t *more = sam_grow(who, &room, count + 1, sizeof *who);
        if (!more) {
            err = SAM_ENOMEM;
            break;
        }
        who = more;
        uint64_t one = sam_column(q, 1);
        size_t i = 0;
        while (i < count && who[i] != one)
            i++;
        if (i == count)
            who[count++] = one;
    }
    sqlite3_reset(q);
    if (!err)
        err = rc;
    for (size_t i = 0; !err && i < count; i++) {
        struct sam_key key = {.entity = SAM_ATTENDANCE, .part = {sheet->session, who[i]}};
        err = sam_replica_get(s, sheet->h ? sheet->h->slot : 0, &key, &v);
        if (err == SAM_ENOTFOUND)
            err = line_mark(s, sheet, &v);
    }
    free(who);
    return err;
}

/* Who is on the device no more has no line of its own. */
static int line_attention(struct samling *s, struct sheet *sheet, uint64_t person)
{
    struct sam_view v;
    uint64_t as;
    int err = sam_person_shown(s, person, &as);
    struct samling_line *l = line_known(sheet, as);
    if (!err && !l && sam_person_find(s, as, &v, NULL) == 0)
        l = line_of(sheet, as);
    if (l && l->state != SAMLING_WAITING)
        l->state = SAMLING_ATTENTION;
    return err;
}

static int sheet_attention(struct samling *s, struct sheet *sheet)
{
    int rc, err = 0;
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_NOTICE_OF);
    sam_bind(q, 1, SAM_ATTENDANCE);
    sam_bind(q, 2, sheet->session);
    while (!err && (rc = sam_store_step(q)) == 1)
        err = line_attention(s, sheet, sam_column(q, 0));
    sqlite3_reset(q);
    return err ? err : rc;
}

static int sheet_names(struct samling *s, struct sheet *sheet)
{
    struct sam_view v;
    for (size_t i = 0; i < sheet->list.count; i++) {
        struct samling_line *l = (struct samling_line *)(void *)sheet->list.items + i;
        struct sam_key key = {.entity = SAM_PARTICIPANT, .part = {l->participant}};
        int err = sam_replica_get(s, sheet->h->slot, &key, &v);
        if (err == SAM_ENOTFOUND)
            err = sam_person_find(s, l->participant, &v, NULL);
        if (err && err != SAM_ENOTFOUND)
            return err;
        l->name = sam_list_text(&sheet->list, sam_view_text(&v, SAM_PARTICIPANT_name));
        l->birth_year = (int)sam_row_num(&v.row, SAM_PARTICIPANT_birth_year);
    }
    return 0;
}

static int compare_line(const void *a, const void *b)
{
    const struct samling_line *x = a, *y = b;
    return compare_text(x->name, y->name, x->participant, y->participant);
}

/* Names come last; then the lines belong to the caller. */
static int sheet_finish(struct samling *s, struct sheet *sheet, int err, struct samling_line **out, size_t *count)
{
    static const size_t text[] = {offsetof(struct samling_line, name)};
    if (!err)
        err = sheet_names(s, sheet);
    err = sam_list_finish(&sheet->list, err, text, 1, (void **)out, count);
    if (!err)
        sam_list_sort(*out, *count, sizeof **out, compare_line);
    return sam_fail(s, err, NULL);
}

int samling_sheet(samling *s, uint64_t session, struct samling_line **out, size_t *count)
{
    struct sheet sheet = {.session = session};
    struct sam_view v;
    uint64_t scope;
    *out = NULL;
    *count = 0;
    int err = samling_form_open(s, session);
    if (err)
        return err;
    err = sam_session_find(s, session, &v, &scope);
    sheet.h = sam_held_find(s, scope);
    if (!err && (!sheet.h || !sheet.h->slot))
        err = SAM_ENOTFOUND;
    if (err)
        return sam_fail(s, err, NULL);
    sam_form_keep_roster(s, scope);
    sheet.day = (int32_t)sam_row_num(&v.row, SAM_SESSION_day);
    sam_list_init(&sheet.list, sizeof(struct samling_line));
    err = sheet_roster(s, &sheet);
    if (!err)
        err = sheet_rows(s, &sheet);
    if (!err)
        err = sheet_own(s, &sheet);
    if (!err)
        err = sheet_attention(s, &sheet);
    return sheet_finish(s, &sheet, err, out, count);
}

int samling_members(samling *s, uint64_t group, int32_t day, struct samling_line **out, size_t *count)
{
    struct sheet sheet = {.day = day, .h = sam_held_find(s, group)};
    *out = NULL;
    *count = 0;
    if (!sheet.h || !sheet.h->slot)
        return sam_fail(s, SAM_ENOTFOUND, NULL);
    sam_form_keep_roster(s, group);
    sam_list_init(&sheet.list, sizeof(struct samling_line));
    return sheet_finish(s, &sheet, sheet_roster(s, &sheet), out, count);
}
