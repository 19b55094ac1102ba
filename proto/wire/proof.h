/* The proofs that ride on frames (proto/README.md, "Proof of origin"): HMACs of a device and the chain over its ops. */
#ifndef SAM_WIRE_PROOF_H
#define SAM_WIRE_PROOF_H

#include "proto/base/buf.h"
#include "proto/base/limits.h"
#include "proto/base/spoken.h"

/* chain_next(chain, op) = first 8 bytes of SHA-256(chain ‖ SHA-256(op)); chains start as 0. Chains are handled as the
 * little-endian number of these 8 bytes. Returns 0 or a negative code. */
int sam_chain_next(uint64_t chain, const uint8_t op_hash[SAM_HASH_BYTES], uint64_t *next);

/**
 * sam_unlock_code(key, n, out):
 * The ${n}th code that opens a tablet locked after too many wrong PINs, as it is read out by telephone, "7K3Q-M0ZD-V9XT": the first 60
 * bits of HMAC-SHA-256(HKDF(key, "unlock"), n as 8 bytes, the high one first). Tablet and centre both make it; it is never sent.
 *   errors  SAM_ENOMEM, SAM_EIO; ${out} is then ""
 */
#define SAM_UNLOCK_LETTERS 12u
#define SAM_UNLOCK_TEXT_BYTES SAM_SPOKEN_TEXT_BYTES(SAM_UNLOCK_LETTERS)
int sam_unlock_code(const uint8_t key[SAM_KEY_BYTES], uint64_t n, char out[SAM_UNLOCK_TEXT_BYTES]);

struct sam_mac_key;
/* sam_mac_key_new(device key, label): HMAC key HKDF(key, label), label one of "hello", "push", "unlock". NULL on failure. */
struct sam_mac_key *sam_mac_key_new(const uint8_t key[SAM_KEY_BYTES], const char *label);
void sam_mac_key_free(struct sam_mac_key *k);
/* sam_mac(k, kind, body, tail, mac): HMAC over kind ‖ body ‖ tail, cut to 16 bytes. */
int sam_mac(struct sam_mac_key *k, uint8_t kind, struct sam_span body, struct sam_span tail,
            uint8_t mac[SAM_MAC_BYTES]);
/* The tail of a PUSH's MAC: device_no, first_seq, count, chain before, chain after, each as 8 little-endian bytes. */
#define SAM_PUSH_TAIL_BYTES 40u
void sam_push_tail(uint8_t tail[SAM_PUSH_TAIL_BYTES], uint64_t device_no, uint64_t first_seq, uint64_t count,
                   uint64_t chain_before, uint64_t chain_after);
/* sam_mac_split(plain, body, mac): the last 16 bytes are the MAC. SAM_EPROTO if there are not so many. */
int sam_mac_split(struct sam_span plain, struct sam_span *body, const uint8_t **mac);

#endif
