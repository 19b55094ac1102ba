/* What a verb says: sentences and tables for people, one JSON document for scripts. A verb calls both; each goes where it
 * belongs. Errors of memory are kept and given by report_end. */
#ifndef ADMIN_REPORT_H
#define ADMIN_REPORT_H

#include "proto/base/buf.h"

#include <stdbool.h>

#define REPORT_BYTES_MAX (8u * 1024u * 1024u)
#define REPORT_COLUMNS_MAX 20u

struct report {
    bool json;
    struct sam_buf out;
    struct sam_buf cells; /* of the open table: each a kind byte, text and 0 */
    const char *column[REPORT_COLUMNS_MAX];
    const char *shown[REPORT_COLUMNS_MAX];
    unsigned columns, cell_count;
    bool object;
    int err;
};

void report_init(struct report *r, bool json);
void report_fini(struct report *r);
/* report_say(r, fmt, ...): a sentence for people; it ends its line itself. */
void report_say(struct report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* report_num(r, name, v), report_text(r, name, s): a field of the JSON object. */
void report_num(struct report *r, const char *name, int64_t v);
void report_text(struct report *r, const char *name, const char *s);
/* report_row_num(r, name, shown, v): the same, and a line "shown  value" for people. */
void report_row_num(struct report *r, const char *name, const char *shown, int64_t v);
/* report_table(r, names, shown, count): a table; then ${count} cells for each row; then report_table_end. */
void report_table(struct report *r, const char *const *names, const char *const *shown, unsigned count);
void report_cell_num(struct report *r, int64_t v);
void report_cell_text(struct report *r, const char *s, size_t len);
void report_table_end(struct report *r);
/* report_end(r): close the object. 0, SAM_ETOOBIG or SAM_ENOMEM. */
int report_end(struct report *r);

#endif
