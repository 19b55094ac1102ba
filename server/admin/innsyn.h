/* Everything that is stored about one person, in words for that person and in JSON: what verb innsyn says, part by part. */
#ifndef ADMIN_INNSYN_H
#define ADMIN_INNSYN_H

#include "server/intake/people.h"
#include "server/admin/value.h"
#include "server/admin/verbs.h"

struct innsyn {
    struct verb_context *v;
    struct people people; /* the person, under all numbers */
    struct intake_trace trace;
};

/* The rows that count now: each value with who said it and when, and those beside it that do not count (innsyn_row.c). */
int innsyn_rows(struct innsyn *x);
int innsyn_cases(struct innsyn *x);
/* All that was ever said, and what became of it (innsyn_past.c). */
int innsyn_past(struct innsyn *x);
/* A heading, for people. */
void innsyn_head(struct innsyn *x, enum sam_text_id id);
void innsyn_none(struct innsyn *x); /* "Nothing." */
/* innsyn_value(x, row, field, out): as value_of_field, but a text whole, however long. */
#define INNSYN_VALUE_BYTES (SAM_OP_BYTES_MAX + VALUE_BYTES_MAX)
void innsyn_value(struct innsyn *x, const struct sam_row *row, unsigned field, char out[INNSYN_VALUE_BYTES]);
/* innsyn_said(x, op, out): "registered by Kari, tablet 2, 6 October 17:58; came here …". */
#define INNSYN_SAID_BYTES 768u
void innsyn_said(struct innsyn *x, const struct intake_op *op, char out[INNSYN_SAID_BYTES]);
/* Who and when as cells: device_no, seq, csn, who, claimed_s, received_s. */
void innsyn_said_cells(struct innsyn *x, const struct intake_op *op);

#endif
