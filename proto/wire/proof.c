#include "proto/wire/proof.h"

#include "proto/base/err.h"
#include "proto/wire/crypto.h"

#include <stdlib.h>
#include <string.h>

struct sam_mac_key {
    struct sam_hmac hmac;
};

int sam_chain_next(uint64_t chain, const uint8_t op_hash[SAM_HASH_BYTES], uint64_t *next)
{
    uint8_t in[SAM_CHAIN_BYTES + SAM_HASH_BYTES], out[SAM_HASH_BYTES];
    sam_put_le64(in, chain);
    memcpy(in + SAM_CHAIN_BYTES, op_hash, SAM_HASH_BYTES);
    int err = sam_sha256(in, sizeof in, out);
    *next = err ? 0 : sam_get_le64(out);
    return err;
}

struct sam_mac_key *sam_mac_key_new(const uint8_t key[SAM_KEY_BYTES], const char *label)
{
    uint8_t derived[SAM_KEY_BYTES];
    struct sam_mac_key *k = calloc(1, sizeof *k);
    int err = k ? sam_hkdf(key, label, derived) : SAM_ENOMEM;
    if (!err)
        err = sam_hmac_init(&k->hmac, derived, sizeof derived);
    sam_wipe(derived, sizeof derived);
    if (err) {
        sam_mac_key_free(k);
        return NULL;
    }
    return k;
}

void sam_mac_key_free(struct sam_mac_key *k)
{
    if (!k)
        return;
    sam_hmac_fini(&k->hmac);
    free(k);
}

int sam_mac(struct sam_mac_key *k, uint8_t kind, struct sam_span body, struct sam_span tail, uint8_t mac[SAM_MAC_BYTES])
{
    uint8_t full[SAM_HASH_BYTES] = {0};
    int err = sam_hmac_start(&k->hmac);
    if (!err)
        err = sam_hmac_update(&k->hmac, &kind, 1);
    if (!err && body.len)
        err = sam_hmac_update(&k->hmac, body.ptr, body.len);
    if (!err && tail.len)
        err = sam_hmac_update(&k->hmac, tail.ptr, tail.len);
    if (!err)
        err = sam_hmac_finish(&k->hmac, full);
    memcpy(mac, full, SAM_MAC_BYTES);
    return err;
}

int sam_unlock_code(const uint8_t key[SAM_KEY_BYTES], uint64_t n, char out[SAM_UNLOCK_TEXT_BYTES])
{
    uint8_t number[8], full[SAM_HASH_BYTES];
    struct sam_mac_key *k = sam_mac_key_new(key, "unlock");
    out[0] = 0;
    if (!k)
        return SAM_ENOMEM;
    for (int i = 0; i < 8; i++)
        number[i] = (uint8_t)(n >> (56 - 8 * i));
    int err = sam_hmac_start(&k->hmac);
    if (!err)
        err = sam_hmac_update(&k->hmac, number, sizeof number);
    if (!err)
        err = sam_hmac_finish(&k->hmac, full);
    sam_mac_key_free(k);
    if (!err)
        sam_spoken_write(full, SAM_UNLOCK_LETTERS, out);
    sam_wipe(full, sizeof full);
    return err;
}

void sam_push_tail(uint8_t tail[SAM_PUSH_TAIL_BYTES], uint64_t device_no, uint64_t first_seq, uint64_t count,
                   uint64_t chain_before, uint64_t chain_after)
{
    sam_put_le64(tail, device_no);
    sam_put_le64(tail + 8, first_seq);
    sam_put_le64(tail + 16, count);
    sam_put_le64(tail + 24, chain_before);
    sam_put_le64(tail + 32, chain_after);
}

int sam_mac_split(struct sam_span plain, struct sam_span *body, const uint8_t **mac)
{
    *body = (struct sam_span){0};
    *mac = NULL;
    if (plain.len < SAM_MAC_BYTES)
        return SAM_EPROTO;
    *body = (struct sam_span){plain.ptr, plain.len - SAM_MAC_BYTES};
    *mac = plain.ptr + body->len;
    return 0;
}
