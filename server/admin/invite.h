/* An invite as text and as a QR code: a tablet's, https://HOST:PORT/tablet/#pin=<64 hex>&code=<32 hex>&clinic=<name>, with which its
 * camera opens the app, and an account's, https://HOST:PORT/invitation#<32 hex>. What follows # is not sent with the request, so
 * that no log on the way has it. */
#ifndef ADMIN_INVITE_H
#define ADMIN_INVITE_H

#include "proto/base/spoken.h"
#include "server/admin/verbs.h"

#define INVITE_TEXT_BYTES_MAX 1024u

/* invite_text(out, host, port, pin, invite, clinic): SAM_ETOOBIG. */
int invite_text(char out[INVITE_TEXT_BYTES_MAX], const char *host, uint16_t port, const uint8_t pin[32],
                const struct intake_invite *invite, const char *clinic);
/* invite_code(out, invite): its code as it is typed into the app. */
void invite_code(char out[SAM_SPOKEN_TEXT_BYTES(SAM_CODE_LETTERS)], const struct intake_invite *invite);
/* invite_beside(r, text, code): what stands beside the QR, for tablets without a camera. */
void invite_beside(struct report *r, const char *text, const char *code);
/* invite_account_text(out, host, port, code, n): SAM_ETOOBIG. */
int invite_account_text(char out[INVITE_TEXT_BYTES_MAX], const char *host, uint16_t port, const uint8_t *code,
                        size_t n);
/* invite_place(v, host, port): where the centre is reached: --host and --port, or what it says itself. As a verb's result. */
int invite_place(struct verb_context *v, char host[HOME_HOST_BYTES_MAX], uint16_t *port);
/* invite_qr(r, text): the QR code for a terminal. invite_svg(r, text): for a page, a field "qr" of its JSON; else nothing. As qr_svg. */
int invite_qr(struct report *r, const char *text);
int invite_svg(struct report *r, const char *text);

#endif
