/* The feed of verdicts on own ops: kept until a person has seen them. */
#ifndef SAM_CLIENT_NOTICE_H
#define SAM_CLIENT_NOTICE_H

#include "proto/wire/codec.h"

struct samling;

/* sam_notice_told(s): what became of own ops up to this csn has been told. */
uint64_t sam_notice_told(struct samling *s);
/* sam_notice_run_end(s): the own feed was read to its end: what was not said again is true no more. */
int sam_notice_run_end(struct samling *s);
int sam_notice_take(struct samling *s, const struct sam_verdicts *v);
int sam_notice_count(struct samling *s, uint64_t *count);

#endif
