/* Table score: what the answers of each living form make. */
#include "server/store/store_int.h"

#include "proto/base/err.h"

int store_score_put(struct store *st, uint64_t response, const struct store_score *s)
{
    sqlite3_stmt *q = store_q(st, STMT_SCORE_PUT);
    const uint32_t column[] = {s->score.instrument, s->score.version, s->score.rule_version, s->score.valid, s->why,
                               s->score.sum,        s->score.count,   s->score.better};
    bind_u64(q, 1, response);
    for (int i = 0; i < (int)(sizeof column / sizeof *column); i++)
        bind_u64(q, 2 + i, column[i]);
    return store_run(st, q);
}

int store_score_drop(struct store *st, uint64_t response)
{
    sqlite3_stmt *q = store_q(st, STMT_SCORE_DROP);
    bind_u64(q, 1, response);
    return store_run(st, q);
}

int store_score_get(struct store *st, uint64_t response, struct store_score *out)
{
    sqlite3_stmt *q = store_q(st, STMT_SCORE_GET);
    bind_u64(q, 1, response);
    int rc = store_step(st, q);
    *out = (struct store_score){0};
    if (rc == 1) {
        out->score = (struct sam_score){.instrument = (uint8_t)col_u64(q, 0),
                                        .version = (uint8_t)col_u64(q, 1),
                                        .rule_version = (uint8_t)col_u64(q, 2),
                                        .valid = (uint8_t)col_u64(q, 3),
                                        .sum = (uint32_t)col_u64(q, 5),
                                        .count = (uint8_t)col_u64(q, 6),
                                        .better = (uint8_t)col_u64(q, 7)};
        out->why = (uint8_t)col_u64(q, 4);
    }
    sqlite3_reset(q);
    return rc < 0 ? rc : rc == 0 ? SAM_ENOTFOUND : 0;
}

int store_score_count(struct store *st, uint64_t *count)
{
    return store_numbers(st, store_q(st, STMT_SCORE_COUNT), count, NULL, NULL);
}

/* ---- by rule: those of another rule than the program's are to be made anew */

static sqlite3_stmt *rule_q(struct store *st, enum store_stmt name, const struct sam_score *rule)
{
    sqlite3_stmt *q = store_q(st, name);
    bind_u64(q, 1, rule->instrument);
    bind_u64(q, 2, rule->version);
    bind_u64(q, 3, rule->rule_version);
    return q;
}

int store_score_rule_next(struct store *st, struct sam_score *rule)
{
    sqlite3_stmt *q = rule_q(st, STMT_SCORE_RULE_NEXT, rule);
    int rc = store_step(st, q);
    *rule = (struct sam_score){0};
    if (rc == 1)
        *rule = (struct sam_score){.instrument = (uint8_t)col_u64(q, 0),
                                   .version = (uint8_t)col_u64(q, 1),
                                   .rule_version = (uint8_t)col_u64(q, 2)};
    sqlite3_reset(q);
    return rc < 0 ? rc : rc == 0 ? SAM_ENOTFOUND : 0;
}

int store_score_of_rule(struct store *st, const struct sam_score *rule, uint64_t after, uint64_t *response)
{
    sqlite3_stmt *q = rule_q(st, STMT_SCORE_OF_RULE, rule);
    bind_u64(q, 4, after);
    return store_numbers(st, q, response, NULL, NULL);
}
