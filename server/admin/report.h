/* What a verb says: sentences and tables for people in their language, one JSON document for scripts in no language. A verb calls both; each goes where it
 * belongs. Errors of memory are kept and given by report_end. */
#ifndef ADMIN_REPORT_H
#define ADMIN_REPORT_H

#include "proto/base/buf.h"
#include "proto/base/text.h"

#include <stdbool.h>

#define REPORT_BYTES_MAX (8u * 1024u * 1024u)
#define REPORT_COLUMNS_MAX 20u

struct report {
    bool json;
    bool page; /* JSON for a page: values as people of ${lang} call them, ids that no browser can count as texts */
    enum sam_lang lang;
    struct sam_buf out;
    struct sam_buf cells; /* of the open table: each a kind byte, text and 0 */
    const char *column[REPORT_COLUMNS_MAX], *shown[REPORT_COLUMNS_MAX];
    unsigned columns, cell_count;
    const char *list; /* the table stands inside the object, under this name */
    bool object;
    int err;
};

void report_init(struct report *r, enum sam_lang lang, bool json);
void report_fini(struct report *r);
/* report_tell(r, id, ...): a text of the catalogue and the end of the line, for people. */
void report_tell(struct report *r, enum sam_text_id id, ...);
/* report_say(r, fmt, ...): what is the same in every language; it ends its line itself. */
void report_say(struct report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* report_print(out, size, lang, id, ...): a text of the catalogue into ${out}, cut where it is too long. */
void report_print(char *out, size_t size, enum sam_lang lang, enum sam_text_id id, ...);
/* report_lines(r, text): whole lines, as they are, for people. */
void report_lines(struct report *r, const char *text);
/* report_num(r, name, v), report_text(r, name, s): a field of the JSON object. */
void report_num(struct report *r, const char *name, int64_t v);
void report_text(struct report *r, const char *name, const char *s);
/* report_row_num(r, name, shown, v): a field, and a line "shown  value" for people. */
void report_row_num(struct report *r, const char *name, enum sam_text_id shown, int64_t v);
/* report_row_text(r, name, shown, s): the same of a text; ${name} NULL: no field. */
void report_row_text(struct report *r, const char *name, enum sam_text_id shown, const char *s);
struct report_column {
    const char *name; /* in JSON */
    enum sam_text_id shown;
};
/* report_table(r, columns, count): a table; then ${count} cells for each row; then report_table_end. */
void report_table(struct report *r, const struct report_column *columns, unsigned count);
/* report_list(r, name, columns, count): a table inside the JSON object; people do not see it. */
void report_list(struct report *r, const char *name, const struct report_column *columns, unsigned count);
void report_cell_num(struct report *r, int64_t v);
void report_cell_text(struct report *r, const char *s, size_t len);
void report_cell_str(struct report *r, const char *s);
/* report_cell_word(r, word, shown): ${word} in JSON, ${shown} for people. */
void report_cell_word(struct report *r, const char *word, const char *shown);
void report_table_end(struct report *r);
/* report_live(lang, id, ...): one line on standard error that the next one replaces; report_live_end(any): none any more. */
void report_live(enum sam_lang lang, enum sam_text_id id, ...);
void report_live_end(bool any);
/* report_end(r): close the object. 0, SAM_ETOOBIG or SAM_ENOMEM. */
int report_end(struct report *r);

#endif
