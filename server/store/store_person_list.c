#include "server/store/person_list.h"

#include "proto/base/err.h"
#include "server/store/store_int.h"

/* Of whom a list is, and who gets its rows. */
struct list {
    int (*person)(void *ctx, const struct store_person *p);
    int (*linked)(void *ctx, uint64_t id, const char *name);
    int (*enrolment)(void *ctx, const struct store_person_enrolment *e);
    int (*day)(void *ctx, const struct store_person_day *d);
    int (*episode)(void *ctx, const struct store_person_episode *e);
    void *ctx;
};

static int each_line(struct store *st, enum store_stmt name, uint64_t id, int (*row)(void *ctx, sqlite3_stmt *q),
                     struct list *l)
{
    sqlite3_stmt *q = store_q(st, name);
    bind_u64(q, 1, id);
    sqlite3_bind_int(q, 2, STORE_PERSON_LINES_MAX);
    return store_rows(st, q, row, l);
}

static int person_row(void *ctx, sqlite3_stmt *q)
{
    struct list *l = ctx;
    struct store_person p = {.participant = col_u64(q, 0),
                             .name = col_str(q, 1),
                             .birth_year = sqlite3_column_int(q, 2),
                             .provisional = sqlite3_column_int(q, 3) != 0};
    return l->person(l->ctx, &p);
}

int store_persons(struct store *st, bool walkins, uint64_t after, int (*each)(void *ctx, const struct store_person *p),
                  void *ctx)
{
    struct list l = {.person = each, .ctx = ctx};
    sqlite3_stmt *q = store_q(st, walkins ? STMT_WALKIN_SCAN : STMT_PERSON_SCAN);
    bind_u64(q, 1, after);
    return store_rows(st, q, person_row, &l);
}

int store_person_root(struct store *st, uint64_t id, uint64_t *root, char name[SAM_NAME_BYTES_MAX + 1])
{
    sqlite3_stmt *q = store_q(st, STMT_PERSON_ROOT);
    bind_u64(q, 1, id);
    int rc = store_step(st, q);
    *root = rc == 1 ? col_u64(q, 0) : id;
    name[0] = 0;
    if (rc == 1)
        col_text(q, 1, name, SAM_NAME_BYTES_MAX + 1);
    sqlite3_reset(q);
    return rc < 0 ? rc : 0;
}

int store_person_shut(struct store *st, uint64_t root, bool *is)
{
    sqlite3_stmt *q = store_q(st, STMT_PERSON_SHUT);
    bind_u64(q, 1, root);
    int rc = store_step(st, q);
    *is = rc == 1;
    sqlite3_reset(q);
    return rc < 0 ? rc : 0;
}

static int linked_row(void *ctx, sqlite3_stmt *q)
{
    struct list *l = ctx;
    return l->linked(l->ctx, col_u64(q, 0), col_str(q, 1));
}

int store_person_linked(struct store *st, uint64_t id, int (*each)(void *ctx, uint64_t id, const char *name), void *ctx)
{
    struct list l = {.linked = each, .ctx = ctx};
    return each_line(st, STMT_PERSON_LINKED, id, linked_row, &l);
}

static int enrolment_row(void *ctx, sqlite3_stmt *q)
{
    struct list *l = ctx;
    struct store_person_enrolment e = {.group = col_u64(q, 0),
                                       .org = col_u64(q, 1),
                                       .group_name = col_str(q, 2),
                                       .clinic = col_str(q, 3),
                                       .status = sqlite3_column_int(q, 4),
                                       .planned = sqlite3_column_int(q, 5),
                                       .has_start = col_said(q, 6),
                                       .start_day = sqlite3_column_int(q, 6),
                                       .has_end = col_said(q, 7),
                                       .end_day = sqlite3_column_int(q, 7),
                                       .end_reason = sqlite3_column_int(q, 8),
                                       .episode = col_u64(q, 9)};
    return l->enrolment(l->ctx, &e);
}

int store_person_enrolments(struct store *st, uint64_t id,
                            int (*each)(void *ctx, const struct store_person_enrolment *e), void *ctx)
{
    struct list l = {.enrolment = each, .ctx = ctx};
    return each_line(st, STMT_PERSON_ENROLMENTS, id, enrolment_row, &l);
}

static int day_row(void *ctx, sqlite3_stmt *q)
{
    struct list *l = ctx;
    struct store_person_day d = {.session = col_u64(q, 0),
                                 .day = sqlite3_column_int(q, 1),
                                 .group = col_u64(q, 2),
                                 .org = col_u64(q, 3),
                                 .group_name = col_str(q, 4),
                                 .clinic = col_str(q, 5),
                                 .presence = sqlite3_column_int(q, 6)};
    return l->day(l->ctx, &d);
}

int store_person_days(struct store *st, uint64_t id, int (*each)(void *ctx, const struct store_person_day *d),
                      void *ctx)
{
    struct list l = {.day = each, .ctx = ctx};
    return each_line(st, STMT_PERSON_DAYS, id, day_row, &l);
}

static int episode_row(void *ctx, sqlite3_stmt *q)
{
    struct list *l = ctx;
    static const int at[STORE_EPISODE_DAYS] = {
        [STORE_REFERRED] = 3, [STORE_ASSESSED] = 5, [STORE_DEADLINE] = 7, [STORE_FIRST_CONTACT] = 8};
    struct store_person_episode e = {.episode = col_u64(q, 0),
                                     .org = col_u64(q, 1),
                                     .clinic = col_str(q, 2),
                                     .source = sqlite3_column_int(q, 4),
                                     .entitled = sqlite3_column_int(q, 6),
                                     .target = sqlite3_column_int(q, 9),
                                     .goal = sqlite3_column_int(q, 10),
                                     .outcome = sqlite3_column_int(q, 11)};
    for (unsigned i = 0; i < STORE_EPISODE_DAYS; i++) {
        e.has |= (unsigned)col_said(q, at[i]) << i;
        e.day[i] = sqlite3_column_int(q, at[i]);
    }
    return l->episode(l->ctx, &e);
}

int store_person_episodes(struct store *st, uint64_t id, int (*each)(void *ctx, const struct store_person_episode *e),
                          void *ctx)
{
    struct list l = {.episode = each, .ctx = ctx};
    return each_line(st, STMT_PERSON_EPISODES, id, episode_row, &l);
}
