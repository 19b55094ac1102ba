/* Cells and rows of CSV as they are written, in two forms.
 *
 *   for people    UTF-8 with byte order mark, ; between cells, CRLF; text from outside always in double quotes, and with an apostrophe
 *                 before it where a spreadsheet would run it: it begins with = + - @, a tab or a line end, or with the wide form
 *                 of one of these signs
 *   plain         RFC 4180: comma, CRLF, no mark; double quotes where a cell needs them; nothing is changed */
#ifndef ADMIN_CSV_OUT_H
#define ADMIN_CSV_OUT_H

#include "proto/base/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct csv_out {
    struct sam_buf *to;
    bool plain, begun; /* begun: the row has a cell */
    int err;           /* the first one: nothing is written any more */
};

/* csv_out_begin(o, to, plain): a file into ${to}. */
void csv_out_begin(struct csv_out *o, struct sam_buf *to, bool plain);
void csv_out_none(struct csv_out *o);
void csv_out_number(struct csv_out *o, int64_t n);
/* csv_out_word(o, s): what this program itself says. csv_out_text(o, s): what somebody wrote. */
void csv_out_word(struct csv_out *o, const char *s);
void csv_out_text(struct csv_out *o, struct sam_span s);
/* csv_out_decimal(o, s): "12.5", with a comma for people. */
void csv_out_decimal(struct csv_out *o, const char *s);
void csv_out_end_row(struct csv_out *o);

#endif
