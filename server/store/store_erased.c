#include "server/store/erased.h"

#include "server/store/store_int.h"

#include "proto/base/err.h"

/* ---- asked */

int store_erase_request_put(struct store *st, const struct store_erase_request *r)
{
    sqlite3_stmt *q = store_q(st, STMT_ERASE_REQUEST_PUT);
    bind_u64(q, 1, r->participant);
    sqlite3_bind_int64(q, 2, r->at_s);
    bind_u64(q, 3, r->uid);
    bind_u64(q, 4, r->account);
    bind_u64(q, 5, r->user_id);
    bind_text(q, 6, r->login);
    bind_text(q, 7, r->called);
    bind_text(q, 8, r->actor);
    bind_text(q, 9, r->reason);
    return store_run(st, q);
}

static int request_out(struct store *st, sqlite3_stmt *q, struct store_erase_request *out)
{
    *out = (struct store_erase_request){0};
    int rc = store_step(st, q);
    if (rc == 1) {
        out->participant = col_u64(q, 0);
        out->at_s = sqlite3_column_int64(q, 1);
        out->uid = (uint32_t)col_u64(q, 2);
        out->account = col_u64(q, 3);
        out->user_id = col_u64(q, 4);
        col_text(q, 5, out->login, sizeof out->login);
        col_text(q, 6, out->called, sizeof out->called);
        col_text(q, 7, out->actor, sizeof out->actor);
        col_text(q, 8, out->reason, sizeof out->reason);
    }
    sqlite3_reset(q);
    return rc < 0 ? rc : rc == 0 ? SAM_ENOTFOUND : 0;
}

int store_erase_request_get(struct store *st, uint64_t participant, struct store_erase_request *out)
{
    sqlite3_stmt *q = store_q(st, STMT_ERASE_REQUEST_GET);
    bind_u64(q, 1, participant);
    return request_out(st, q, out);
}

int store_erase_request_next(struct store *st, uint64_t after, struct store_erase_request *out)
{
    sqlite3_stmt *q = store_q(st, STMT_ERASE_REQUEST_NEXT);
    bind_u64(q, 1, after);
    return request_out(st, q, out);
}

int store_erase_request_drop(struct store *st, uint64_t participant)
{
    sqlite3_stmt *q = store_q(st, STMT_ERASE_REQUEST_DROP);
    bind_u64(q, 1, participant);
    return store_run(st, q);
}

/* ---- who, and what of theirs */

static int pair_add(struct store *st, enum store_stmt name, uint64_t a, uint64_t b)
{
    sqlite3_stmt *q = store_q(st, name);
    bind_u64(q, 1, a);
    bind_u64(q, 2, b);
    return store_run(st, q);
}

int store_erased_person_add(struct store *st, uint64_t participant, uint64_t csn)
{
    return pair_add(st, STMT_ERASED_PERSON_ADD, participant, csn);
}

int store_erased_person(struct store *st, uint64_t participant, uint64_t *csn)
{
    sqlite3_stmt *q = store_q(st, STMT_ERASED_PERSON);
    bind_u64(q, 1, participant);
    return store_numbers(st, q, csn, NULL, NULL);
}

int store_erased_person_next(struct store *st, uint64_t after, uint64_t *participant, uint64_t *csn)
{
    sqlite3_stmt *q = store_q(st, STMT_ERASED_PERSON_NEXT);
    bind_u64(q, 1, after);
    return store_numbers(st, q, participant, csn, NULL);
}

int store_erased_row_add(struct store *st, uint8_t entity, uint64_t id)
{
    return pair_add(st, STMT_ERASED_ROW_ADD, entity, id);
}

bool store_erased_row(struct store *st, uint8_t entity, uint64_t id)
{
    sqlite3_stmt *q = store_q(st, STMT_ERASED_ROW);
    bind_u64(q, 1, entity);
    bind_u64(q, 2, id);
    int rc = store_step(st, q);
    sqlite3_reset(q);
    store_fail(st, rc);
    return rc == 1;
}

int store_erased_scope_add(struct store *st, uint64_t csn, uint64_t scope)
{
    return pair_add(st, STMT_ERASED_SCOPE_ADD, csn, scope);
}

int store_erased_scope_next(struct store *st, uint64_t csn, uint64_t after, uint64_t *scope)
{
    sqlite3_stmt *q = store_q(st, STMT_ERASED_SCOPE_NEXT);
    bind_u64(q, 1, csn);
    bind_u64(q, 2, after);
    return store_numbers(st, q, scope, NULL, NULL);
}

/* ---- ops and batches that lost bytes */

static sqlite3_stmt *erased_bind(struct store *st, enum store_stmt name, const struct store_erased *e)
{
    sqlite3_stmt *q = store_q(st, name);
    bind_u64(q, 1, e->csn);
    bind_u64(q, 2, e->audit_no);
    bind_blob(q, 3, e->hash, sizeof e->hash);
    return q;
}

static int erased_out(struct store *st, sqlite3_stmt *q, struct store_erased *out)
{
    *out = (struct store_erased){0};
    int rc = store_step(st, q);
    bool whole = rc == 1 && col_bytes(q, 2, out->hash, sizeof out->hash);
    if (rc == 1) {
        out->csn = col_u64(q, 0);
        out->audit_no = col_u64(q, 1);
    }
    sqlite3_reset(q);
    return rc < 0 ? rc : rc == 0 ? SAM_ENOTFOUND : whole ? 0 : SAM_ECORRUPT;
}

static int erased_at(struct store *st, enum store_stmt name, uint64_t csn, struct store_erased *out)
{
    sqlite3_stmt *q = store_q(st, name);
    bind_u64(q, 1, csn);
    return erased_out(st, q, out);
}

static int erased_next(struct store *st, enum store_stmt name, uint64_t audit_no, uint64_t after,
                       struct store_erased *out)
{
    sqlite3_stmt *q = store_q(st, name);
    bind_u64(q, 1, audit_no);
    bind_u64(q, 2, after);
    return erased_out(st, q, out);
}

int store_erased_op_add(struct store *st, const struct store_erased *e, uint64_t ruling_csn)
{
    sqlite3_stmt *q = erased_bind(st, STMT_ERASED_OP_ADD, e);
    bind_u64(q, 4, ruling_csn);
    return store_run(st, q);
}
int store_erased_op_ruled(struct store *st, uint64_t ruling_csn, uint64_t after, uint64_t *csn)
{
    sqlite3_stmt *q = store_q(st, STMT_ERASED_OP_RULED);
    bind_u64(q, 1, ruling_csn);
    bind_u64(q, 2, after);
    return store_numbers(st, q, csn, NULL, NULL);
}
int store_erased_op(struct store *st, uint64_t csn, struct store_erased *out)
{
    return erased_at(st, STMT_ERASED_OP, csn, out);
}
int store_erased_op_next(struct store *st, uint64_t audit_no, uint64_t after, struct store_erased *out)
{
    return erased_next(st, STMT_ERASED_OP_NEXT, audit_no, after, out);
}
int store_erased_push_add(struct store *st, const struct store_erased *e)
{
    return store_run(st, erased_bind(st, STMT_ERASED_PUSH_ADD, e));
}
int store_erased_push(struct store *st, uint64_t first_csn, struct store_erased *out)
{
    return erased_at(st, STMT_ERASED_PUSH, first_csn, out);
}
int store_erased_push_next(struct store *st, uint64_t audit_no, uint64_t after, struct store_erased *out)
{
    return erased_next(st, STMT_ERASED_PUSH_NEXT, audit_no, after, out);
}

int store_erased_strays(struct store *st, uint32_t kind, uint64_t *count)
{
    sqlite3_stmt *q = store_q(st, STMT_ERASED_STRAYS);
    bind_u64(q, 1, kind);
    return store_numbers(st, q, count, NULL, NULL);
}

/* ---- what changes beside */

int store_push_blank(struct store *st, uint64_t first_csn, struct sam_span raw)
{
    sqlite3_stmt *q = store_q(st, STMT_PUSH_BLANK);
    bind_u64(q, 1, first_csn);
    bind_blob(q, 2, raw.ptr, raw.len);
    return store_run(st, q);
}

int store_admission_erase(struct store *st, uint64_t csn, uint32_t kind, uint32_t reason)
{
    sqlite3_stmt *q = store_q(st, STMT_ADMISSION_ERASE);
    bind_u64(q, 1, csn);
    bind_u64(q, 2, kind);
    bind_u64(q, 3, reason);
    return store_run(st, q);
}

int store_case_numbers_keep(struct store *st)
{
    return store_run(st, store_q(st, STMT_CASE_NUMBERS_KEEP));
}
