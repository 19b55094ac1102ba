/* Recovery codes: for whoever has no phone at hand. Ten, each used once in place of the six digits; 80 bits, written as
 * four groups of four of a-z and 2-7: "k4vw-2xqa-jn6s-mb3c". */
#ifndef CONSOLE_RECOVERY_H
#define CONSOLE_RECOVERY_H

#include "server/store/store_account.h"

#define RECOVERY_BYTES 10u
#define RECOVERY_LETTERS 16u
#define RECOVERY_TEXT_BYTES (RECOVERY_LETTERS + 4u)

/* recovery_text(code, out). recovery_hash(code, hash): what is stored of it; SAM_EIO. */
void recovery_text(const uint8_t code[RECOVERY_BYTES], char out[RECOVERY_TEXT_BYTES]);
int recovery_hash(const uint8_t code[RECOVERY_BYTES], uint8_t hash[SAM_HASH_BYTES]);
/* recovery_read(word, hash): the hash of a code as somebody typed it; great letters, spaces and dashes do not matter.
 * SAM_EPROTO: it does not look like one. */
int recovery_read(const char *word, uint8_t hash[SAM_HASH_BYTES]);

#endif
