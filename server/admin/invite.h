/* An invite as text and as a QR code: samling://HOST:PORT/?pin=<64 hex>&code=<32 hex>&clinic=<name>. */
#ifndef ADMIN_INVITE_H
#define ADMIN_INVITE_H

#include "server/admin/report.h"
#include "server/intake/intake.h"

#define INVITE_TEXT_BYTES_MAX 1024u

/* invite_text(out, host, port, pin, invite, clinic): SAM_ETOOBIG. */
int invite_text(char out[INVITE_TEXT_BYTES_MAX], const char *host, uint16_t port, const uint8_t pin[32],
                const struct intake_invite *invite, const char *clinic);
/* invite_qr(r, text): the QR code for a terminal, two modules in one character. SAM_ETOOBIG, SAM_ENOMEM. */
int invite_qr(struct report *r, const char *text);

#endif
