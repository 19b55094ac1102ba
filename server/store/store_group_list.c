#include "server/store/group_list.h"

#include "proto/base/err.h"
#include "server/store/store_int.h"

/* ---- units */

struct units {
    int (*each)(void *ctx, uint64_t org, const char *name, uint64_t groups);
    void *ctx;
};

static int unit_row(void *ctx, sqlite3_stmt *q)
{
    struct units *u = ctx;
    return u->each(u->ctx, col_u64(q, 0), col_str(q, 1), col_u64(q, 2));
}

int store_units(struct store *st, int (*each)(void *ctx, uint64_t org, const char *name, uint64_t groups), void *ctx)
{
    struct units u = {each, ctx};
    return store_rows(st, store_q(st, STMT_UNITS), unit_row, &u);
}

/* ---- groups */

struct groups {
    int (*each)(void *ctx, const struct store_group *g);
    void *ctx;
};

static int group_row(void *ctx, sqlite3_stmt *q)
{
    struct groups *l = ctx;
    struct store_group g = {.group = col_u64(q, 0),
                            .org = col_u64(q, 1),
                            .csn = col_u64(q, 2),
                            .code = col_str(q, 3),
                            .name = col_str(q, 4),
                            .clinic = col_str(q, 5),
                            .kind = sqlite3_column_int(q, 6),
                            .weekday = sqlite3_column_int(q, 7),
                            .start_min = sqlite3_column_int(q, 8),
                            .end_min = sqlite3_column_int(q, 9),
                            .capacity = sqlite3_column_int(q, 10),
                            .has_first = col_said(q, 11),
                            .first_day = sqlite3_column_int(q, 11),
                            .has_last = col_said(q, 12),
                            .last_day = sqlite3_column_int(q, 12),
                            .active = sqlite3_column_int(q, 13) != 0,
                            .next_day = sqlite3_column_int(q, 14),
                            .attending = col_u64(q, 15),
                            .leaders = col_str(q, 16),
                            .intervention = col_u64(q, 17),
                            .course = col_u64(q, 18),
                            .version = col_u64(q, 19),
                            .course_name = col_str(q, 20)};
    return l->each(l->ctx, &g);
}

int store_group_list(struct store *st, uint64_t org, uint64_t group, int32_t today,
                     int (*each)(void *ctx, const struct store_group *g), void *ctx)
{
    struct groups l = {each, ctx};
    sqlite3_stmt *q = store_q(st, STMT_GROUP_LIST);
    bind_u64(q, 1, org);
    bind_u64(q, 2, group);
    sqlite3_bind_int(q, 3, today);
    sqlite3_bind_int(q, 4, STORE_GROUPS_MAX);
    return store_rows(st, q, group_row, &l);
}

/* ---- enrolments and sessions */

struct enrolled {
    int (*each)(void *ctx, const struct store_enrolled *e);
    void *ctx;
};

static int enrolled_row(void *ctx, sqlite3_stmt *q)
{
    struct enrolled *l = ctx;
    struct store_enrolled e = {.participant = col_u64(q, 0),
                               .name = col_str(q, 1),
                               .birth_year = sqlite3_column_int(q, 2),
                               .status = sqlite3_column_int(q, 3),
                               .planned = sqlite3_column_int(q, 4),
                               .has_start = col_said(q, 5),
                               .start_day = sqlite3_column_int(q, 5),
                               .has_end = col_said(q, 6),
                               .end_day = sqlite3_column_int(q, 6),
                               .provisional = sqlite3_column_int(q, 7) != 0};
    return l->each(l->ctx, &e);
}

int store_group_enrolled(struct store *st, uint64_t group, int (*each)(void *ctx, const struct store_enrolled *e),
                         void *ctx)
{
    struct enrolled l = {each, ctx};
    sqlite3_stmt *q = store_q(st, STMT_GROUP_ENROLLED);
    bind_u64(q, 1, group);
    sqlite3_bind_int(q, 2, STORE_ENROLMENTS_MAX);
    return store_rows(st, q, enrolled_row, &l);
}

struct sessions {
    int (*each)(void *ctx, const struct store_session_line *s);
    void *ctx;
};

static int session_row(void *ctx, sqlite3_stmt *q)
{
    struct sessions *l = ctx;
    struct store_session_line s = {.session = col_u64(q, 0),
                                   .day = sqlite3_column_int(q, 1),
                                   .start_min = sqlite3_column_int(q, 2),
                                   .end_min = sqlite3_column_int(q, 3),
                                   .status = sqlite3_column_int(q, 4),
                                   .reason = sqlite3_column_int(q, 5),
                                   .planned = sqlite3_column_int(q, 6) != 0,
                                   .marked = col_u64(q, 7),
                                   .present = col_u64(q, 8)};
    return l->each(l->ctx, &s);
}

int store_group_sessions(struct store *st, uint64_t group, int32_t first_day, int32_t last_day,
                         int (*each)(void *ctx, const struct store_session_line *s), void *ctx)
{
    struct sessions l = {each, ctx};
    sqlite3_stmt *q = store_q(st, STMT_GROUP_SESSIONS);
    bind_u64(q, 1, group);
    sqlite3_bind_int(q, 2, first_day);
    sqlite3_bind_int(q, 3, last_day);
    sqlite3_bind_int(q, 4, STORE_SESSIONS_MAX);
    return store_rows(st, q, session_row, &l);
}

/* ---- who leads */

struct staff {
    int (*each)(void *ctx, const struct store_staff *s);
    void *ctx;
};

static int staff_row(void *ctx, sqlite3_stmt *q)
{
    struct staff *l = ctx;
    struct store_staff s = {.user = col_u64(q, 0), .name = col_str(q, 1), .role = sqlite3_column_int(q, 2)};
    return l->each(l->ctx, &s);
}

static int staff_of(struct store *st, enum store_stmt name, uint64_t of,
                    int (*each)(void *ctx, const struct store_staff *s), void *ctx)
{
    struct staff l = {each, ctx};
    sqlite3_stmt *q = store_q(st, name);
    bind_u64(q, 1, of);
    sqlite3_bind_int(q, 2, STORE_STAFF_MAX);
    return store_rows(st, q, staff_row, &l);
}

int store_group_led_by(struct store *st, uint64_t group, int (*each)(void *ctx, const struct store_staff *s), void *ctx)
{
    return staff_of(st, STMT_GROUP_STAFF, group, each, ctx);
}

int store_clinic_staff(struct store *st, uint64_t org, int (*each)(void *ctx, const struct store_staff *s), void *ctx)
{
    return staff_of(st, STMT_CLINIC_STAFF, org, each, ctx);
}

int store_clinic_has(struct store *st, uint64_t org, uint64_t user)
{
    uint64_t yes = 0;
    sqlite3_stmt *q = store_q(st, STMT_CLINIC_HAS);
    bind_u64(q, 1, org);
    bind_u64(q, 2, user);
    return store_numbers(st, q, &yes, NULL, NULL);
}

/* ---- the catalogue */

struct versions {
    int (*each)(void *ctx, uint64_t id, uint64_t code, uint64_t version, const char *name);
    void *ctx;
};

static int version_row(void *ctx, sqlite3_stmt *q)
{
    struct versions *l = ctx;
    return l->each(l->ctx, col_u64(q, 0), col_u64(q, 1), col_u64(q, 2), col_str(q, 3));
}

int store_catalogue(struct store *st,
                    int (*each)(void *ctx, uint64_t id, uint64_t code, uint64_t version, const char *name), void *ctx)
{
    struct versions l = {each, ctx};
    sqlite3_stmt *q = store_q(st, STMT_CATALOGUE);
    sqlite3_bind_int(q, 1, STORE_CATALOGUE_MAX);
    return store_rows(st, q, version_row, &l);
}

/* ---- sheets */

struct people {
    int (*each)(void *ctx, const struct store_week_person *p);
    void *ctx;
};

static int person_row(void *ctx, sqlite3_stmt *q)
{
    struct people *l = ctx;
    struct store_week_person p = {
        .participant = col_u64(q, 0), .name = col_str(q, 1), .birth_year = sqlite3_column_int(q, 2)};
    return l->each(l->ctx, &p);
}

int store_week_people(struct store *st, uint64_t group, int32_t first_day, int32_t last_day,
                      int (*each)(void *ctx, const struct store_week_person *p), void *ctx)
{
    struct people l = {each, ctx};
    sqlite3_stmt *q = store_q(st, STMT_WEEK_PEOPLE);
    bind_u64(q, 1, group);
    sqlite3_bind_int(q, 2, first_day);
    sqlite3_bind_int(q, 3, last_day);
    sqlite3_bind_int(q, 4, STORE_ENROLMENTS_MAX);
    return store_rows(st, q, person_row, &l);
}

int store_week_mark(struct store *st, uint64_t session, uint64_t participant, int *presence)
{
    uint64_t n = 0;
    sqlite3_stmt *q = store_q(st, STMT_WEEK_MARK);
    bind_u64(q, 1, session);
    bind_u64(q, 2, participant);
    int err = store_numbers(st, q, &n, NULL, NULL);
    *presence = (int)n;
    return err;
}
