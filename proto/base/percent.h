/* Text inside a URI (RFC 3986): letters, digits and "-._~" as they are, every other byte as %XX. */
#ifndef SAM_BASE_PERCENT_H
#define SAM_BASE_PERCENT_H

#include <stddef.h>

/* sam_percent(out, size, text): ${text} with a closing 0. SAM_ETOOBIG: it does not fit; out is then empty. size > 0. */
int sam_percent(char *out, size_t size, const char *text);
/* sam_percent_read(out, size, text): what such a text means. SAM_EPROTO: a % without two digits behind it, or a byte 0; SAM_ETOOBIG.
 * out is then empty. size > 0. */
int sam_percent_read(char *out, size_t size, const char *text);

#endif
