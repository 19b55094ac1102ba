#include "client-sdk/src/meta.h"

#include "client-sdk/src/client.h"
#include "proto/base/err.h"

#include <string.h>

static const char *const names[SAM_META_COUNT] = {
#define X(name, text) #name,
    SAM_META_MAP(X)
#undef X
};

int sam_meta_set(struct samling *s, enum sam_meta_id id, uint64_t v)
{
    if (s->meta.num[id] == v)
        return 0;
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_META_SET);
    sqlite3_bind_text(q, 1, names[id], -1, SQLITE_STATIC);
    sam_bind(q, 2, v);
    int err = sam_store_run(q);
    if (!err)
        s->meta.num[id] = v;
    return err;
}

int sam_meta_load(struct samling *s)
{
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_META_ALL);
    int rc;
    memset(&s->meta, 0, sizeof s->meta);
    while ((rc = sam_store_step(q)) == 1) {
        const char *name = (const char *)sqlite3_column_text(q, 0);
        if (sqlite3_column_type(q, 1) != SQLITE_INTEGER || !name)
            continue;
        for (int i = 0; i < SAM_META_COUNT; i++)
            if (!strcmp(names[i], name))
                s->meta.num[i] = sam_column(q, 1);
    }
    return rc;
}

static int value_get(struct samling *s, const char *name, struct sam_span *out, sqlite3_stmt **q)
{
    *q = sam_store_use(&s->store, SAM_Q_META_GET);
    sqlite3_bind_text(*q, 1, name, -1, SQLITE_STATIC);
    int rc = sam_store_step(*q);
    if (rc != 1)
        return rc ? rc : SAM_ENOTFOUND;
    *out = sam_column_span(*q, 0);
    return 0;
}

static int value_set(struct samling *s, const char *name, const void *p, size_t n)
{
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_META_SET);
    sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_blob(q, 2, n ? p : "", (int)n, SQLITE_STATIC);
    return sam_store_run(q);
}

int sam_meta_text_set(struct samling *s, const char *name, const char *text)
{
    return value_set(s, name, text, strlen(text));
}

int sam_meta_blob(struct samling *s, const char *name, uint8_t *out, size_t max, size_t *n)
{
    struct sam_span v;
    sqlite3_stmt *q;
    *n = 0;
    int err = value_get(s, name, &v, &q);
    if (!err && v.len > max)
        err = SAM_ECORRUPT;
    if (!err && v.len)
        memcpy(out, v.ptr, v.len);
    if (!err)
        *n = v.len;
    sqlite3_reset(q);
    return err;
}

int sam_meta_text(struct samling *s, const char *name, char *out, size_t size)
{
    size_t n;
    int err = sam_meta_blob(s, name, (uint8_t *)out, size - 1, &n);
    out[n] = 0;
    return err;
}

int sam_meta_secret_set(struct samling *s, const char *name, const void *p, size_t n)
{
    struct sam_aad aad = sam_aad_meta(name);
    int err = sam_vault_put(&s->vault, &aad, (struct sam_span){p, n}, &s->sealed);
    return err ? err : value_set(s, name, sam_buf_peek(&s->sealed).ptr, sam_buf_len(&s->sealed));
}

int sam_meta_secret(struct samling *s, const char *name, void *out, size_t n)
{
    struct sam_aad aad = sam_aad_meta(name);
    struct sam_span v;
    sqlite3_stmt *q;
    memset(out, 0, n);
    int err = value_get(s, name, &v, &q);
    if (!err)
        err = sam_vault_get(&s->vault, &aad, v, &s->plain);
    if (!err && sam_buf_len(&s->plain) != n)
        err = SAM_ECORRUPT;
    if (!err)
        memcpy(out, sam_buf_peek(&s->plain).ptr, n);
    sqlite3_reset(q);
    return err;
}

int sam_meta_drop(struct samling *s, const char *name)
{
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_META_DROP);
    sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC);
    return sam_store_run(q);
}
