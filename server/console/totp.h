/* The second step of a login: a code of six digits that changes every 30 seconds (RFC 6238 with HMAC-SHA-1, as every
 * authenticator app has it), and what an app is told of it. Pure: no clock, no memory of what was used. */
#ifndef CONSOLE_TOTP_H
#define CONSOLE_TOTP_H

#include "proto/base/buf.h"

#define TOTP_SECRET_BYTES 20u /* RFC 4226, section 4: 160 bits advised */
#define TOTP_STEP_S 30
#define TOTP_DIGITS 6u
#define TOTP_URI_BYTES_MAX 512u
#define TOTP_BASE32_BYTES (TOTP_SECRET_BYTES * 8u / 5u + 1u)

/* totp_step(now_s): which 30 seconds since 1970; 0 before that. */
uint64_t totp_step(int64_t now_s);
/* totp_code(secret, step, code): the number, below 10^TOTP_DIGITS. SAM_EIO. */
int totp_code(const uint8_t secret[TOTP_SECRET_BYTES], uint64_t step, uint32_t *code);
/**
 * totp_check(secret, word, now_s, used, step):
 * Is ${word} the code of now, or of the step before or after it, and later than step ${used}, the last that was taken? Spaces
 * in it are nothing.
 *   sets    ${step}: which it was; the caller keeps it, so that a code is taken once
 *   errors  SAM_EAUTH it is not, whichever of these; SAM_EIO
 *   time    the same for each wrong code
 */
int totp_check(const uint8_t secret[TOTP_SECRET_BYTES], const char *word, int64_t now_s, uint64_t used, uint64_t *step);
/* totp_base32(secret, out): as people type it into an app where no camera is, with a closing 0. */
void totp_base32(const uint8_t secret[TOTP_SECRET_BYTES], char out[TOTP_BASE32_BYTES]);
/* totp_uri(out, issuer, name, secret): otpauth://totp/ISSUER:NAME?secret=…; SAM_ETOOBIG. Wipe it: it holds the secret. */
int totp_uri(char out[TOTP_URI_BYTES_MAX], const char *issuer, const char *name,
             const uint8_t secret[TOTP_SECRET_BYTES]);

#endif
