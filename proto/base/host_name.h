/* The name of a machine as it stands in an invite, in settings and in a certificate. */
#ifndef SAM_BASE_HOST_NAME_H
#define SAM_BASE_HOST_NAME_H

#include <stdbool.h>
#include <stddef.h>

#define SAM_HOST_NAME_BYTES_MAX 253u /* RFC 1035, as text */

/* sam_is_host_name(p, n): those ${n} bytes can be asked for: a DNS name or an IPv4 address (letters, digits, "-._"), or an IPv6 address
 * (digits, a to f, ":" and "."; no brackets, no zone). A name in other letters is written as DNS has it, xn--…. */
bool sam_is_host_name(const char *p, size_t n);

#endif
