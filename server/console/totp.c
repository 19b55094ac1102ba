#include "server/console/totp.h"

#include "proto/base/err.h"
#include "proto/base/percent.h"
#include "proto/wire/crypto.h"

#include <stdio.h>
#include <string.h>

enum { MODULUS = 1000000 };

uint64_t totp_step(int64_t now_s)
{
    return now_s > 0 ? (uint64_t)now_s / TOTP_STEP_S : 0;
}

/* RFC 4226, section 5.3: four bytes from where the last half byte says. */
int totp_code(const uint8_t secret[TOTP_SECRET_BYTES], uint64_t step, uint32_t *code)
{
    uint8_t count[8], mac[SAM_SHA1_BYTES];
    for (int i = 0; i < 8; i++)
        count[i] = (uint8_t)(step >> (56 - 8 * i));
    int err = sam_hmac_sha1(secret, TOTP_SECRET_BYTES, count, sizeof count, mac);
    const uint8_t *at = mac + (mac[SAM_SHA1_BYTES - 1] & 15);
    uint32_t cut = (uint32_t)(at[0] & 0x7f) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    *code = err ? 0 : cut % MODULUS;
    sam_wipe(mac, sizeof mac);
    return err;
}

/* Six digits with spaces anywhere; nothing else. */
static int digits_read(const char *word, uint32_t *out)
{
    unsigned n = 0;
    *out = 0;
    for (; *word && n <= TOTP_DIGITS; word++) {
        if (*word == ' ')
            continue;
        if (*word < '0' || *word > '9')
            return SAM_EAUTH;
        if (++n <= TOTP_DIGITS)
            *out = *out * 10 + (uint32_t)(*word - '0');
    }
    return n == TOTP_DIGITS ? 0 : SAM_EAUTH;
}

int totp_check(const uint8_t secret[TOTP_SECRET_BYTES], const char *word, int64_t now_s, uint64_t used, uint64_t *step)
{
    uint32_t said, want;
    uint64_t now = totp_step(now_s), found = 0;
    *step = 0;
    int err = digits_read(word, &said);
    for (int off = -1; !err && off <= 1; off++) {
        uint64_t at = now + (uint64_t)(int64_t)off;
        err = totp_code(secret, at, &want);
        if (sam_equal_ct(&said, &want, sizeof want) && at > used && now)
            found = at;
    }
    if (!err && !found)
        err = SAM_EAUTH;
    *step = err ? 0 : found;
    return err;
}

void totp_base32(const uint8_t secret[TOTP_SECRET_BYTES], char out[TOTP_BASE32_BYTES])
{
    static const char letter[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    for (unsigned i = 0; i < TOTP_BASE32_BYTES - 1; i++) {
        unsigned bit = i * 5, byte = bit / 8, two = (unsigned)secret[byte] << 8;
        two |= byte + 1 < TOTP_SECRET_BYTES ? secret[byte + 1] : 0;
        out[i] = letter[two >> (11 - bit % 8) & 31];
    }
    out[TOTP_BASE32_BYTES - 1] = 0;
}

int totp_uri(char out[TOTP_URI_BYTES_MAX], const char *issuer, const char *name,
             const uint8_t secret[TOTP_SECRET_BYTES])
{
    char from[TOTP_URI_BYTES_MAX / 4], who[TOTP_URI_BYTES_MAX / 4], key[TOTP_BASE32_BYTES];
    out[0] = 0;
    int err = sam_percent(from, sizeof from, issuer);
    err = err ? err : sam_percent(who, sizeof who, name);
    if (err)
        return err;
    totp_base32(secret, key);
    int n =
        snprintf(out, TOTP_URI_BYTES_MAX, "otpauth://totp/%s:%s?secret=%s&issuer=%s&algorithm=SHA1&digits=%u&period=%d",
                 from, who, key, from, TOTP_DIGITS, TOTP_STEP_S);
    sam_wipe(key, sizeof key);
    return n < 0 || (size_t)n >= TOTP_URI_BYTES_MAX ? SAM_ETOOBIG : 0;
}
