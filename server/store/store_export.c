/* Rows for people outside: the statements EXPORT_… of stmt.def, stepped one by one. None of them sorts: the order is that of the
 * tables' keys and indexes, so that a row goes out as it is found. */
#include "server/store/store_int.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"

static const enum store_stmt statements[STORE_EXPORT_COUNT] = {
    [STORE_EXPORT_ATTENDANCE] = STMT_EXPORT_ATTENDANCE, [STORE_EXPORT_SESSIONS] = STMT_EXPORT_SESSIONS,
    [STORE_EXPORT_ENROLMENTS] = STMT_EXPORT_ENROLMENTS, [STORE_EXPORT_SETS] = STMT_EXPORT_SETS,
    [STORE_EXPORT_SCORES] = STMT_EXPORT_SCORES,         [STORE_EXPORT_PARTICIPANTS] = STMT_EXPORT_PARTICIPANTS,
    [STORE_EXPORT_CONSENTS] = STMT_EXPORT_CONSENTS,
};

const char *store_export_column(struct store *st, enum store_export table, unsigned i)
{
    SAM_ASSERT((unsigned)table < STORE_EXPORT_COUNT);
    sqlite3_stmt *q = store_q(st, statements[table]);
    return q ? sqlite3_column_name(q, (int)i) : NULL;
}

static void filter_bind(sqlite3_stmt *q, const struct store_export_filter *f)
{
    bind_u64(q, 1, f->group);
    sqlite3_bind_int64(q, 2, f->dated ? f->first : INT32_MIN);
    sqlite3_bind_int64(q, 3, f->dated ? f->last : INT32_MAX);
    sqlite3_bind_int64(q, 4, !f->dated);
}

int store_export_rows(struct store *st, enum store_export table, const struct store_export_filter *f, uint64_t *count)
{
    sqlite3_stmt *q = NULL;
    sqlite3_stmt *of = store_q(st, statements[table]);
    char *sql = of ? sqlite3_mprintf("SELECT count(*) FROM (%s)", sqlite3_sql(of)) : NULL;
    int err = !of ? st->unprepared : sql ? store_err(st, sqlite3_prepare_v2(st->db, sql, -1, &q, NULL)) : SAM_ENOMEM;
    *count = 0;
    if (!err) {
        filter_bind(q, f);
        int rc = sqlite3_step(q);
        *count = rc == SQLITE_ROW ? col_u64(q, 0) : 0;
        err = rc == SQLITE_ROW ? 0 : store_err(st, rc);
    }
    sqlite3_finalize(q);
    sqlite3_free(sql);
    return err;
}

static void cell_read(sqlite3_stmt *q, int i, struct store_cell *out)
{
    *out = (struct store_cell){.kind = STORE_CELL_NONE};
    switch (sqlite3_column_type(q, i)) {
    case SQLITE_INTEGER:
        out->kind = STORE_CELL_NUMBER;
        out->number = sqlite3_column_int64(q, i);
        break;
    case SQLITE_TEXT:
        out->kind = STORE_CELL_TEXT;
        out->text.ptr = sqlite3_column_text(q, i);
        out->text.len = (size_t)sqlite3_column_bytes(q, i);
        break;
    default: break;
    }
}

int store_export_each(struct store *st, enum store_export table, const struct store_export_filter *f,
                      int (*each)(void *ctx, const struct store_cell *cell, unsigned count), void *ctx)
{
    struct store_cell cell[STORE_EXPORT_COLUMNS_MAX];
    sqlite3_stmt *q = store_q(st, statements[table]);
    unsigned count = (unsigned)sqlite3_column_count(q);
    int rc, err = 0;
    SAM_ASSERT(count <= STORE_EXPORT_COLUMNS_MAX);
    filter_bind(q, f);
    while (!err && (rc = store_step(st, q)) != 0) {
        if (rc < 0)
            return rc;
        for (unsigned i = 0; i < count; i++)
            cell_read(q, (int)i, &cell[i]);
        err = each(ctx, cell, count);
    }
    sqlite3_reset(q);
    return err;
}
