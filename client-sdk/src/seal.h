/* Sealing what lies on the tablet: AES-256-GCM under a key derived from the host's.
 * Layout of sealed bytes: nonce (8 random bytes drawn at open, then a 4-byte counter) | ciphertext | 16-byte tag.
 * Associated data binds them to their place: a row's entity, key and csn; an op's seq; a meta value's name. */
#ifndef SAM_CLIENT_SEAL_H
#define SAM_CLIENT_SEAL_H

#include "proto/model/field.h"
#include "proto/wire/crypto.h"

#define SAM_SEALED_EXTRA (SAM_SEAL_NONCE_BYTES + SAM_SEAL_TAG_BYTES)
#define SAM_AAD_BYTES 42u

struct sam_vault {
    struct sam_seal *seal;
    uint8_t prefix[8];
    uint64_t count; /* nonces used under this prefix; a new prefix is drawn before it passes 32 bits */
};

struct sam_aad {
    uint8_t bytes[SAM_AAD_BYTES];
    size_t len;
};
struct sam_aad sam_aad_row(const struct sam_key *key, uint64_t csn);
struct sam_aad sam_aad_op(int64_t seq);
struct sam_aad sam_aad_meta(const char *name);

int sam_vault_open(struct sam_vault *v, const uint8_t key[32]);
void sam_vault_close(struct sam_vault *v);
/* sam_vault_put(v, aad, plain, out): ${out} is cleared, then holds the sealed bytes. */
int sam_vault_put(struct sam_vault *v, const struct sam_aad *aad, struct sam_span plain, struct sam_buf *out);
/* sam_vault_get(v, aad, sealed, out): ${out} is cleared, then holds the plain bytes. SAM_ECORRUPT: not what was sealed. */
int sam_vault_get(struct sam_vault *v, const struct sam_aad *aad, struct sam_span sealed, struct sam_buf *out);

#endif
