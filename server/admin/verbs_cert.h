/* The centre's certificate, for status too. */
#ifndef ADMIN_VERBS_CERT_H
#define ADMIN_VERBS_CERT_H

#include "server/admin/verbs.h"

#define CERT_DATE_BYTES 12u

/* cert_ends_s(v, at_s): when the certificate in use ends. As home_cert. */
int cert_ends_s(const struct verb_context *v, int64_t *at_s);
/* cert_date(s, out): "2046-03-31". */
void cert_date(int64_t s, char out[CERT_DATE_BYTES]);

#endif
