/* A text as a QR code: for a browser as a picture, for a terminal as letters. */
#ifndef QR_QR_H
#define QR_QR_H

#include "proto/base/buf.h"

#define QR_SVG_BYTES_MAX (256u * 1024u) /* of what qr_svg draws, at most */

/* qr_svg(out, text): one whole SVG document, appended. qr_letters(out, text): two modules in one letter, white on black by the terminal's own
 * signs. Wipe ${out} where the text is a secret.
 *   errors  SAM_ETOOBIG ${out} is full; SAM_ENOMEM, also for a text that no code can hold */
int qr_svg(struct sam_buf *out, const char *text);
int qr_letters(struct sam_buf *out, const char *text);

#endif
