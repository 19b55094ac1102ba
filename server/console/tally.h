/* Wrong tries by somebody or from somewhere, within a window of time: how many there were, and when there may be another.
 *
 * Invariants
 *  1. At most TALLY_KEYS_MAX keys are remembered; when all are in use the one that was longest quiet is forgotten.
 *  2. No clock of its own: every call says what time it is.
 *  3. A key stands here as its SHA-256: names that were typed, perhaps a password in the wrong field, are not kept. */
#ifndef CONSOLE_TALLY_H
#define CONSOLE_TALLY_H

#include "proto/base/limits.h"

#include <stddef.h>
#include <stdint.h>

#define TALLY_KEYS_MAX 1024u
#define TALLY_TRIES_MAX 20u

struct tally_key {
    uint8_t hash[SAM_HASH_BYTES];
};

struct tally;

/* tally_new(tries, window_ms): so many tries within so long; at most TALLY_TRIES_MAX. NULL: no memory. */
struct tally *tally_new(unsigned tries, uint64_t window_ms);
void tally_free(struct tally *t);
/* tally_key(out, p, n): SAM_EIO. */
int tally_key(struct tally_key *out, const void *p, size_t n);
/* tally_wait_ms(t, key, now_ms): until another try may be made; 0: now. */
uint64_t tally_wait_ms(struct tally *t, const struct tally_key *key, uint64_t now_ms);
/* tally_add(t, key, now_ms): one try. Returns how many there are within the window, this one counted. */
unsigned tally_add(struct tally *t, const struct tally_key *key, uint64_t now_ms);
/* tally_take_back(t, key): the last one was right, or could not be judged. tally_clear: none of them count any more. */
void tally_take_back(struct tally *t, const struct tally_key *key);
void tally_clear(struct tally *t, const struct tally_key *key);

#endif
