/* Inside verify: one run of it, and what it tells. */
#ifndef INTAKE_VERIFY_INT_H
#define INTAKE_VERIFY_INT_H

#include "server/intake/intake_int.h"

struct verify {
    struct intake *in;
    const struct intake_found *found;
    struct intake_verified *out;
    struct intake_check at;
};

/* verify_wrong(v, fmt, ...): one line about what does not fit. verify_step(v): one thing more was looked at; SAM_ECLOSED: no further. */
void verify_wrong(struct verify *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int verify_step(struct verify *v);

/* verify_kept.c: what is kept beside the rows so that it need not be asked again each time */
int verify_links(struct verify *v);
int verify_scores(struct verify *v);
int verify_turnouts(struct verify *v);
int verify_accesses(struct verify *v);

#endif
