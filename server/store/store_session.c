/* Sessions by day, and how much is said of them, for people who look. */
#include "server/store/store_int.h"

#include "proto/base/err.h"

static int count_out(struct store *st, enum store_stmt name, uint64_t of, uint64_t *count)
{
    sqlite3_stmt *q = store_q(st, name);
    bind_u64(q, 1, of);
    int rc = store_step(st, q);
    *count = rc == 1 ? col_u64(q, 0) : 0;
    sqlite3_reset(q);
    return rc < 0 ? rc : 0;
}

int store_session_next(struct store *st, uint64_t group, int32_t *day, uint64_t *session, int32_t last_day)
{
    sqlite3_stmt *q = store_q(st, STMT_SESSION_NEXT);
    bind_u64(q, 1, group);
    sqlite3_bind_int(q, 2, *day);
    bind_u64(q, 3, *session);
    sqlite3_bind_int(q, 4, last_day);
    int rc = store_step(st, q);
    if (rc == 1) {
        *session = col_u64(q, 0);
        *day = sqlite3_column_int(q, 1);
    }
    sqlite3_reset(q);
    return rc < 0 ? rc : rc == 0 ? SAM_ENOTFOUND : 0;
}

int store_session_marked(struct store *st, uint64_t session, uint64_t *count)
{
    return count_out(st, STMT_SESSION_MARKED, session, count);
}

int store_group_people(struct store *st, uint64_t group, uint64_t *count)
{
    return count_out(st, STMT_GROUP_PEOPLE, group, count);
}
