/* What a person should look at, and what judging must remember beside the rows. */
#include "server/store/store_int.h"

#include "proto/base/err.h"

void store_case_column(sqlite3_stmt *q, struct store_case *out)
{
    *out = (struct store_case){.no = col_u64(q, 0),
                               .rule = (uint32_t)col_u64(q, 1),
                               .key = {.entity = (uint8_t)col_u64(q, 2)},
                               .unit = (uint32_t)col_u64(q, 7),
                               .open = sqlite3_column_int(q, 8) != 0,
                               .scope = col_u64(q, 9),
                               .opened_csn = col_u64(q, 10),
                               .changed_csn = col_u64(q, 11),
                               .seen_csn = col_u64(q, 12),
                               .new_csn = col_u64(q, 13),
                               .holds = sqlite3_column_int(q, 14) != 0};
    for (int i = 0; i < (int)SAM_KEY_PARTS_MAX; i++)
        out->key.part[i] = col_u64(q, 3 + i);
}

static int case_out(struct store *st, sqlite3_stmt *q, struct store_case *out)
{
    int rc = store_step(st, q);
    *out = (struct store_case){0};
    if (rc == 1)
        store_case_column(q, out);
    sqlite3_reset(q);
    return rc < 0 ? rc : rc == 0 ? SAM_ENOTFOUND : 0;
}

int store_case_find(struct store *st, const struct sam_key *key, uint32_t rule, uint32_t unit, struct store_case *out)
{
    sqlite3_stmt *q = store_q(st, STMT_CASE_FIND);
    bind_key(q, 1, key);
    bind_u64(q, 6, rule);
    bind_u64(q, 7, unit);
    int err = case_out(st, q, out);
    if (err == SAM_ENOTFOUND)
        *out = (struct store_case){.rule = rule, .key = *key, .unit = unit};
    return err == SAM_ENOTFOUND ? 0 : err;
}

int store_case_get(struct store *st, uint64_t no, struct store_case *out)
{
    sqlite3_stmt *q = store_q(st, STMT_CASE_GET);
    bind_u64(q, 1, no);
    return case_out(st, q, out);
}

int store_case_next(struct store *st, uint64_t after, bool open, struct store_case *out)
{
    sqlite3_stmt *q = store_q(st, STMT_CASE_NEXT);
    bind_u64(q, 1, after);
    sqlite3_bind_int(q, 2, open);
    return case_out(st, q, out);
}

int store_case_of_row(struct store *st, const struct sam_key *key, uint64_t after, struct store_case *out)
{
    sqlite3_stmt *q = store_q(st, STMT_CASE_OF_ROW);
    bind_key(q, 1, key);
    bind_u64(q, 6, after);
    return case_out(st, q, out);
}

/* One that had a number when somebody was erased has it still. */
static int case_number(struct store *st, struct store_case *c)
{
    uint64_t last = 0;
    sqlite3_stmt *q = store_q(st, STMT_CASE_NUMBER);
    bind_key(q, 1, &c->key);
    bind_u64(q, 6, c->rule);
    bind_u64(q, 7, c->unit);
    int err = store_numbers(st, q, &c->no, NULL, NULL);
    if (err != SAM_ENOTFOUND)
        return err;
    err = store_numbers(st, store_q(st, STMT_CASE_MAX), &last, NULL, NULL);
    c->no = last + 1;
    return err;
}

int store_case_put(struct store *st, struct store_case *c)
{
    int err = c->no ? 0 : case_number(st, c);
    if (err)
        return err;
    sqlite3_stmt *q = store_q(st, STMT_CASE_PUT);
    bind_u64(q, 1, c->no);
    bind_u64(q, 2, c->rule);
    bind_key(q, 3, &c->key);
    bind_u64(q, 8, c->unit);
    sqlite3_bind_int(q, 9, c->open);
    bind_u64(q, 10, c->scope);
    bind_u64(q, 11, c->opened_csn);
    bind_u64(q, 12, c->changed_csn);
    bind_u64(q, 13, c->seen_csn);
    bind_u64(q, 14, c->new_csn);
    sqlite3_bind_int(q, 15, c->holds);
    return store_run(st, q);
}

int store_case_op_add(struct store *st, uint64_t no, uint64_t csn)
{
    sqlite3_stmt *q = store_q(st, STMT_CASE_OP_ADD);
    bind_u64(q, 1, no);
    bind_u64(q, 2, csn);
    return store_run(st, q);
}

int store_case_op_next(struct store *st, uint64_t no, uint64_t after, uint64_t *csn)
{
    sqlite3_stmt *q = store_q(st, STMT_CASE_OP_NEXT);
    bind_u64(q, 1, no);
    bind_u64(q, 2, after);
    return store_numbers(st, q, csn, NULL, NULL);
}

/* ---- beside the rows */

int store_retake_add(struct store *st, uint64_t csn, uint64_t op_csn)
{
    sqlite3_stmt *q = store_q(st, STMT_RETAKE_ADD);
    bind_u64(q, 1, csn);
    bind_u64(q, 2, op_csn);
    return store_run(st, q);
}

int store_retake_get(struct store *st, uint64_t csn, uint64_t *op_csn)
{
    sqlite3_stmt *q = store_q(st, STMT_RETAKE_GET);
    bind_u64(q, 1, csn);
    return store_numbers(st, q, op_csn, NULL, NULL);
}

int store_lost_seen_add(struct store *st, const struct sam_key *key, unsigned unit, uint64_t csn)
{
    sqlite3_stmt *q = store_q(st, STMT_LOST_SEEN_ADD);
    bind_key(q, 1, key);
    bind_u64(q, 6, unit);
    bind_u64(q, 7, csn);
    return store_run(st, q);
}

int store_lost_seen_next(struct store *st, const struct sam_key *key, unsigned unit, uint64_t after, uint64_t *csn)
{
    sqlite3_stmt *q = store_q(st, STMT_LOST_SEEN_NEXT);
    bind_key(q, 1, key);
    bind_u64(q, 6, unit);
    bind_u64(q, 7, after);
    return store_numbers(st, q, csn, NULL, NULL);
}

int store_window_add(struct store *st, int32_t day)
{
    sqlite3_stmt *q = store_q(st, STMT_WINDOW_ADD);
    sqlite3_bind_int(q, 1, day);
    bind_u64(q, 2, store_csn(st));
    return store_run(st, q);
}

int store_window_next(struct store *st, int64_t after_day, int32_t *day, uint64_t *at_csn)
{
    sqlite3_stmt *q = store_q(st, STMT_WINDOW_NEXT);
    sqlite3_bind_int64(q, 1, after_day);
    int rc = store_step(st, q);
    *day = rc == 1 ? sqlite3_column_int(q, 0) : 0;
    *at_csn = rc == 1 ? col_u64(q, 1) : 0;
    sqlite3_reset(q);
    return rc < 0 ? rc : rc == 0 ? SAM_ENOTFOUND : 0;
}

int store_session_same_day(struct store *st, uint64_t group, int32_t day, uint64_t after, uint64_t *session)
{
    sqlite3_stmt *q = store_q(st, STMT_SESSION_SAME_DAY);
    bind_u64(q, 1, group);
    sqlite3_bind_int(q, 2, day);
    bind_u64(q, 3, after);
    return store_numbers(st, q, session, NULL, NULL);
}

int store_person_marked(struct store *st, uint64_t group, uint64_t person, bool *marked)
{
    sqlite3_stmt *q = store_q(st, STMT_PERSON_MARKED);
    uint64_t n;
    bind_u64(q, 1, group);
    bind_u64(q, 2, person);
    int err = store_numbers(st, q, &n, NULL, NULL);
    *marked = n != 0;
    return err;
}

int store_session_present(struct store *st, uint64_t session, uint64_t *count)
{
    sqlite3_stmt *q = store_q(st, STMT_SESSION_PRESENT);
    bind_u64(q, 1, session);
    return store_numbers(st, q, count, NULL, NULL);
}

int store_session_trained(struct store *st, uint64_t session, uint64_t *count)
{
    sqlite3_stmt *q = store_q(st, STMT_SESSION_TRAINED);
    bind_u64(q, 1, session);
    return store_numbers(st, q, count, NULL, NULL);
}

/* ---- scores */

static sqlite3_stmt *occasion_q(struct store *st, enum store_stmt name, const struct store_occasion *of)
{
    sqlite3_stmt *q = store_q(st, name);
    bind_u64(q, 1, of->participant);
    bind_u64(q, 2, of->instrument);
    bind_u64(q, 3, of->occasion);
    return q;
}

int store_response_next(struct store *st, const struct store_occasion *of, uint64_t after,
                        struct sam_rule_response *out)
{
    sqlite3_stmt *q = occasion_q(st, STMT_RESPONSE_NEXT, of);
    bind_u64(q, 4, after);
    int rc = store_step(st, q);
    *out = (struct sam_rule_response){0};
    if (rc == 1)
        *out = (struct sam_rule_response){.id = col_u64(q, 0),
                                          .complete = col_u64(q, 1) == col_u64(q, 2),
                                          .replaced = sqlite3_column_int(q, 3) != 0,
                                          .ruled_csn = col_u64(q, 4),
                                          .correction = sqlite3_column_int(q, 5) != 0};
    sqlite3_reset(q);
    return rc < 0 ? rc : rc == 0 ? SAM_ENOTFOUND : 0;
}

int store_primary_get(struct store *st, const struct store_occasion *of, uint64_t *response)
{
    return store_numbers(st, occasion_q(st, STMT_PRIMARY_GET, of), response, NULL, NULL);
}

int store_primary_set(struct store *st, const struct store_occasion *of, uint64_t response)
{
    sqlite3_stmt *q = occasion_q(st, response ? STMT_PRIMARY_PUT : STMT_PRIMARY_DROP, of);
    if (response)
        bind_u64(q, 4, response);
    return store_run(st, q);
}
