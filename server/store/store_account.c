/* Accounts of the console: a row, and beside it its roles and recovery codes. */
#include "server/store/store_account.h"
#include "server/store/store_int.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"

#include <string.h>

static bool blob_or_none(sqlite3_stmt *q, int i, void *to, size_t n, bool *has)
{
    *has = sqlite3_column_bytes(q, i) > 0;
    return !*has || col_bytes(q, i, to, n);
}

static int roles_read(struct store *st, struct store_account *a)
{
    sqlite3_stmt *q = store_q(st, STMT_ACCOUNT_ROLES);
    int rc;
    bind_u64(q, 1, a->id);
    while ((rc = store_step(st, q)) == 1 && a->role_count < STORE_ACCOUNT_ROLES_MAX)
        a->role[a->role_count++] =
            (struct store_account_role){col_u64(q, 0), col_u64(q, 1), (int32_t)col_u64(q, 2), (int32_t)col_u64(q, 3)};
    sqlite3_reset(q);
    return rc == 1 ? SAM_ECORRUPT : rc;
}

static int codes_read(struct store *st, struct store_account *a)
{
    sqlite3_stmt *q = store_q(st, STMT_ACCOUNT_CODES);
    int rc;
    bind_u64(q, 1, a->id);
    while ((rc = store_step(st, q)) == 1 && a->code_count < STORE_ACCOUNT_CODES_MAX) {
        if (!col_bytes(q, 0, a->code[a->code_count].hash, SAM_HASH_BYTES))
            break;
        a->code[a->code_count++].used_s = sqlite3_column_int64(q, 1);
    }
    sqlite3_reset(q);
    return rc == 1 ? SAM_ECORRUPT : rc;
}

static int account_out(struct store *st, sqlite3_stmt *q, struct store_account *a)
{
    memset(a, 0, sizeof *a);
    int rc = store_step(st, q);
    if (rc != 1)
        return rc < 0 ? rc : SAM_ENOTFOUND;
    a->id = col_u64(q, 0);
    a->user_id = col_u64(q, 1);
    col_text(q, 2, a->name, sizeof a->name);
    a->state = (uint32_t)col_u64(q, 3);
    a->stamp = col_u64(q, 4);
    col_text(q, 5, a->password, sizeof a->password);
    bool whole = blob_or_none(q, 6, a->secret, sizeof a->secret, &a->has_secret);
    a->step = col_u64(q, 7);
    whole = blob_or_none(q, 8, a->invite, sizeof a->invite, &a->invited) && whole;
    a->invite_expires_s = sqlite3_column_int64(q, 9);
    a->locked_until_s = sqlite3_column_int64(q, 10);
    a->made_s = sqlite3_column_int64(q, 11);
    a->login_s = sqlite3_column_int64(q, 12);
    sqlite3_reset(q);
    int err = whole ? roles_read(st, a) : SAM_ECORRUPT;
    return err ? err : codes_read(st, a);
}

int store_account_get(struct store *st, uint64_t id, struct store_account *out)
{
    sqlite3_stmt *q = store_q(st, STMT_ACCOUNT_GET);
    bind_u64(q, 1, id);
    return account_out(st, q, out);
}

int store_account_by_name(struct store *st, const char *name, struct store_account *out)
{
    sqlite3_stmt *q = store_q(st, STMT_ACCOUNT_BY_NAME);
    bind_text(q, 1, name);
    return account_out(st, q, out);
}

int store_account_by_invite(struct store *st, const uint8_t hash[SAM_HASH_BYTES], struct store_account *out)
{
    sqlite3_stmt *q = store_q(st, STMT_ACCOUNT_BY_INVITE);
    bind_blob(q, 1, hash, SAM_HASH_BYTES);
    return account_out(st, q, out);
}

int store_account_next(struct store *st, uint64_t after, struct store_account *out)
{
    sqlite3_stmt *q = store_q(st, STMT_ACCOUNT_NEXT);
    bind_u64(q, 1, after);
    return account_out(st, q, out);
}

static int row_put(struct store *st, const struct store_account *a)
{
    sqlite3_stmt *q = store_q(st, STMT_ACCOUNT_PUT);
    bind_u64(q, 1, a->id);
    bind_u64(q, 2, a->user_id);
    bind_text(q, 3, a->name);
    bind_u64(q, 4, a->state);
    bind_u64(q, 5, a->stamp);
    bind_text(q, 6, a->password);
    bind_blob(q, 7, a->secret, a->has_secret ? sizeof a->secret : 0);
    bind_u64(q, 8, a->step);
    bind_blob(q, 9, a->invite, a->invited ? sizeof a->invite : 0);
    sqlite3_bind_int64(q, 10, a->invite_expires_s);
    sqlite3_bind_int64(q, 11, a->locked_until_s);
    sqlite3_bind_int64(q, 12, a->made_s);
    sqlite3_bind_int64(q, 13, a->login_s);
    return store_run(st, q);
}

static int clear(struct store *st, enum store_stmt name, uint64_t id)
{
    sqlite3_stmt *q = store_q(st, name);
    bind_u64(q, 1, id);
    return store_run(st, q);
}

static int role_put(struct store *st, const struct store_account *a, unsigned i)
{
    sqlite3_stmt *q = store_q(st, STMT_ACCOUNT_ROLE_ADD);
    bind_u64(q, 1, a->id);
    bind_u64(q, 2, i + 1);
    bind_u64(q, 3, a->role[i].role);
    bind_u64(q, 4, a->role[i].org);
    sqlite3_bind_int64(q, 5, a->role[i].from_day);
    sqlite3_bind_int64(q, 6, a->role[i].to_day);
    return store_run(st, q);
}

static int code_put(struct store *st, const struct store_account *a, unsigned i)
{
    sqlite3_stmt *q = store_q(st, STMT_ACCOUNT_CODE_ADD);
    bind_u64(q, 1, a->id);
    bind_u64(q, 2, i + 1);
    bind_blob(q, 3, a->code[i].hash, SAM_HASH_BYTES);
    sqlite3_bind_int64(q, 4, a->code[i].used_s);
    return store_run(st, q);
}

int store_account_put(struct store *st, const struct store_account *a)
{
    SAM_ASSERT(a->id && a->role_count <= STORE_ACCOUNT_ROLES_MAX && a->code_count <= STORE_ACCOUNT_CODES_MAX);
    int err = row_put(st, a);
    err = err ? err : clear(st, STMT_ACCOUNT_ROLES_CLEAR, a->id);
    err = err ? err : clear(st, STMT_ACCOUNT_CODES_CLEAR, a->id);
    for (unsigned i = 0; !err && i < a->role_count; i++)
        err = role_put(st, a, i);
    for (unsigned i = 0; !err && i < a->code_count; i++)
        err = code_put(st, a, i);
    return err;
}
