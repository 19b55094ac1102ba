#include "client-sdk/src/seal.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"

#include <string.h>

struct sam_aad sam_aad_row(const struct sam_key *key, uint64_t csn)
{
    struct sam_aad a = {.len = SAM_AAD_BYTES};
    a.bytes[0] = 'r';
    a.bytes[1] = key->entity;
    for (size_t i = 0; i < SAM_KEY_PARTS_MAX; i++)
        sam_put_le64(a.bytes + 2 + 8 * i, key->part[i]);
    sam_put_le64(a.bytes + 34, csn);
    return a;
}

struct sam_aad sam_aad_op(int64_t seq)
{
    struct sam_aad a = {.len = 9};
    a.bytes[0] = 'o';
    sam_put_le64(a.bytes + 1, (uint64_t)seq);
    return a;
}

struct sam_aad sam_aad_meta(const char *name)
{
    struct sam_aad a = {.len = 1 + strlen(name)};
    SAM_ASSERT(a.len <= SAM_AAD_BYTES);
    a.bytes[0] = 'm';
    memcpy(a.bytes + 1, name, a.len - 1);
    return a;
}

int sam_vault_open(struct sam_vault *v, const uint8_t key[32])
{
    uint8_t derived[32];
    memset(v, 0, sizeof *v);
    int err = sam_hkdf(key, "samling device store", derived);
    if (!err)
        err = sam_seal_new(&v->seal, derived);
    sam_wipe(derived, sizeof derived);
    return err ? err : sam_random(v->prefix, sizeof v->prefix);
}

void sam_vault_close(struct sam_vault *v)
{
    sam_seal_free(v->seal);
    sam_wipe(v, sizeof *v);
}

static int nonce_next(struct sam_vault *v, uint8_t nonce[SAM_SEAL_NONCE_BYTES])
{
    if (v->count > UINT32_MAX) {
        int err = sam_random(v->prefix, sizeof v->prefix);
        if (err)
            return err;
        v->count = 0;
    }
    uint32_t n = (uint32_t)v->count++;
    memcpy(nonce, v->prefix, sizeof v->prefix);
    for (unsigned i = 0; i < 4; i++)
        nonce[8 + i] = (uint8_t)(n >> (8 * i));
    return 0;
}

int sam_vault_put(struct sam_vault *v, const struct sam_aad *aad, struct sam_span plain, struct sam_buf *out)
{
    sam_buf_clear(out);
    uint8_t *p = sam_buf_reserve(out, plain.len + SAM_SEALED_EXTRA);
    if (!p)
        return SAM_ENOMEM;
    int err = nonce_next(v, p);
    if (!err)
        err = sam_seal_make(v->seal, p, aad->bytes, aad->len, plain.len ? plain.ptr : p, plain.len,
                            p + SAM_SEAL_NONCE_BYTES);
    if (!err)
        sam_buf_commit(out, plain.len + SAM_SEALED_EXTRA);
    return err;
}

int sam_vault_get(struct sam_vault *v, const struct sam_aad *aad, struct sam_span sealed, struct sam_buf *out)
{
    sam_buf_clear(out);
    if (sealed.len < SAM_SEALED_EXTRA)
        return SAM_ECORRUPT;
    uint8_t *p = sam_buf_reserve(out, sealed.len);
    if (!p)
        return SAM_ENOMEM;
    int err = sam_seal_open(v->seal, sealed.ptr, aad->bytes, aad->len, sealed.ptr + SAM_SEAL_NONCE_BYTES,
                            sealed.len - SAM_SEAL_NONCE_BYTES, p);
    if (err)
        return err == SAM_EAUTH ? SAM_ECORRUPT : err;
    sam_buf_commit(out, sealed.len - SAM_SEALED_EXTRA);
    return 0;
}
