#include "server/console/recovery.h"

#include "proto/base/err.h"
#include "proto/wire/crypto.h"

#include <string.h>

static const char letter[] = "abcdefghijklmnopqrstuvwxyz234567";

void recovery_text(const uint8_t code[RECOVERY_BYTES], char out[RECOVERY_TEXT_BYTES])
{
    unsigned bits = 0, have = 0;
    for (unsigned i = 0, byte = 0; i < RECOVERY_LETTERS; i++) {
        if (have < 5) {
            bits = bits << 8 | code[byte++];
            have += 8;
        }
        have -= 5;
        *out++ = letter[bits >> have & 31];
        if (i % 4 == 3 && i + 1 < RECOVERY_LETTERS)
            *out++ = '-';
    }
    *out = 0;
}

int recovery_hash(const uint8_t code[RECOVERY_BYTES], uint8_t hash[SAM_HASH_BYTES])
{
    return sam_sha256(code, RECOVERY_BYTES, hash);
}

int recovery_read(const char *word, uint8_t hash[SAM_HASH_BYTES])
{
    uint8_t code[RECOVERY_BYTES];
    unsigned bits = 0, have = 0, letters = 0, byte = 0;
    for (; *word; word++) {
        char c = *word >= 'A' && *word <= 'Z' ? (char)(*word - 'A' + 'a') : *word;
        const char *at = strchr(letter, c);
        if (c == ' ' || c == '-')
            continue;
        if (!at || ++letters > RECOVERY_LETTERS)
            return SAM_EPROTO;
        bits = bits << 5 | (unsigned)(at - letter);
        have += 5;
        if (have >= 8) {
            have -= 8;
            code[byte++] = (uint8_t)(bits >> have);
        }
    }
    int err = letters == RECOVERY_LETTERS ? recovery_hash(code, hash) : SAM_EPROTO;
    sam_wipe(code, sizeof code);
    return err;
}
