/* What is computed from the facts: forgotten as a whole, and compared as a whole. */
#include "server/store/store_int.h"
#include "server/store/unread.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/wire/crypto.h"

#include <string.h>

/* Beside the typed tables. columns: how many of the first ones are the key. */
static const struct {
    const char *name;
    int columns;
} beside[] = {{"member", 4},    {"scope", 1},         {"scope_list", 1}, {"candidate", 7},
              {"verdict", 1},   {"conflict_case", 1}, {"case_op", 2},    {"retake", 1},
              {"lost_seen", 7}, {"score_primary", 3}, {"score", 1},      {"link_person", 1},
              {"link_row", 5},  {"link_over", 3},     {"turnout", 1},    {"push_about", 2}};

enum { BESIDE = sizeof beside / sizeof *beside, ROW_BYTES_MAX = 64 * 1024 };

static unsigned entities(void)
{
    unsigned n = 0;
    while (sam_entity_at(n))
        n++;
    return n;
}

const char *store_derived_name(unsigned i)
{
    unsigned typed = entities();
    if (i < typed)
        return sam_entity_at(i)->table;
    return i - typed < BESIDE ? beside[i - typed].name : NULL;
}

static int derived_keys(unsigned i)
{
    unsigned typed = entities();
    return i < typed ? sam_entity_at(i)->key_count : beside[i - typed].columns;
}

int store_derived_clear(struct store *st)
{
    const char *name;
    int err = store_gone(st);
    for (unsigned i = 0; !err && (name = store_derived_name(i)); i++) {
        char *sql = sqlite3_mprintf("DELETE FROM %s", name);
        err = sql ? store_err(st, sqlite3_exec(st->db, sql, NULL, NULL, NULL)) : SAM_ENOMEM;
        sqlite3_free(sql);
    }
    return err;
}

/* Type and value of every column. */
static int row_bytes(sqlite3_stmt *q, struct sam_buf *out)
{
    int err = 0;
    sam_buf_clear(out);
    for (int c = 0; !err && c < sqlite3_column_count(q); c++) {
        uint8_t head[9] = {(uint8_t)sqlite3_column_type(q, c)};
        bool number = head[0] == SQLITE_INTEGER;
        size_t len = number || head[0] == SQLITE_NULL ? 0 : (size_t)sqlite3_column_bytes(q, c);
        sam_put_le64(head + 1, number ? col_u64(q, c) : len);
        err = sam_buf_add(out, head, sizeof head);
        if (!err && len)
            err = sam_buf_add(out, sqlite3_column_blob(q, c), len);
    }
    return err;
}

static int table_open(struct store *st, unsigned i, sqlite3_stmt **out)
{
    sqlite3_str *s = sqlite3_str_new(st->db);
    sqlite3_str_appendf(s, "SELECT * FROM %s ORDER BY 1", store_derived_name(i));
    for (int k = 2; k <= derived_keys(i); k++)
        sqlite3_str_appendf(s, ", %d", k);
    char *sql = sqlite3_str_finish(s);
    *out = NULL;
    int err = sql ? store_err(st, sqlite3_prepare_v2(st->db, sql, -1, out, NULL)) : SAM_ENOMEM;
    sqlite3_free(sql);
    return err;
}

int store_derived_digest(struct store *st, unsigned i, uint64_t *rows, uint8_t digest[SAM_HASH_BYTES])
{
    struct sam_buf row;
    sqlite3_stmt *q;
    SAM_ASSERT(store_derived_name(i));
    int err = table_open(st, i, &q), rc = SQLITE_DONE;
    *rows = 0;
    memset(digest, 0, SAM_HASH_BYTES);
    sam_buf_init(&row, ROW_BYTES_MAX);
    while (!err && (rc = sqlite3_step(q)) == SQLITE_ROW) {
        err = row_bytes(q, &row);
        struct sam_span bytes = sam_buf_peek(&row);
        if (!err)
            err = sam_sha256_2(digest, SAM_HASH_BYTES, bytes.ptr, bytes.len, digest);
        ++*rows;
    }
    if (!err)
        err = store_err(st, rc);
    sam_buf_fini(&row);
    sqlite3_finalize(q);
    return err;
}

int store_integrity(struct store *st, void (*wrong)(void *ctx, const char *line), void *ctx)
{
    sqlite3_stmt *q = NULL;
    int rc = 0, err = store_err(st, sqlite3_prepare_v2(st->db, "PRAGMA integrity_check(20)", -1, &q, NULL));
    bool ended = false;
    while (!err && (rc = sqlite3_step(q)) == SQLITE_ROW) {
        const char *line = col_str(q, 0);
        ended = true;
        if (!line)
            err = SAM_ENOMEM;
        else if (strcmp(line, "ok") != 0 && (unread_lines(line) || unread_any(st->db)))
            err = SAM_EREAD;
        else if (strcmp(line, "ok") != 0)
            wrong(ctx, line);
    }
    if (!err && rc != SQLITE_DONE)
        err = store_err(st, rc);
    if (!err && !ended)
        err = SAM_EREAD;
    sqlite3_finalize(q);
    return err;
}

int store_verdict_strays(struct store *st, uint64_t *count)
{
    sqlite3_stmt *q = store_q(st, STMT_VERDICT_STRAYS);
    int rc = store_step(st, q);
    *count = rc == 1 ? col_u64(q, 0) : 0;
    sqlite3_reset(q);
    return rc < 0 ? rc : 0;
}

int store_candidate_unit_next(struct store *st, const struct sam_key *after, unsigned after_unit, struct sam_key *key,
                              unsigned *unit)
{
    sqlite3_stmt *q = store_q(st, STMT_CANDIDATE_UNIT);
    bind_key(q, 1, after);
    bind_u64(q, 6, after_unit);
    int rc = store_step(st, q);
    *key = (struct sam_key){0};
    *unit = 0;
    if (rc == 1) {
        key->entity = (uint8_t)col_u64(q, 0);
        for (int i = 0; i < (int)SAM_KEY_PARTS_MAX; i++)
            key->part[i] = col_u64(q, 1 + i);
        *unit = (unsigned)col_u64(q, 5);
    }
    sqlite3_reset(q);
    return rc < 0 ? rc : rc == 0 ? SAM_ENOTFOUND : 0;
}

int store_scope_next(struct store *st, uint64_t after, uint64_t *scope)
{
    sqlite3_stmt *q = store_q(st, STMT_SCOPE_NEXT);
    bind_u64(q, 1, after);
    int rc = store_step(st, q);
    *scope = rc == 1 ? col_u64(q, 0) : 0;
    sqlite3_reset(q);
    return rc < 0 ? rc : rc == 0 ? SAM_ENOTFOUND : 0;
}

int store_pushed(struct store *st, uint64_t device_no, uint64_t *count)
{
    sqlite3_stmt *q = store_q(st, STMT_PUSHED_SUM);
    bind_u64(q, 1, device_no);
    int rc = store_step(st, q);
    *count = rc == 1 ? col_u64(q, 0) : 0;
    sqlite3_reset(q);
    return rc < 0 ? rc : 0;
}
