/* Rows of the store as a table for people outside: which columns, what heads them, and how each value is written. The columns are
 * those of the statement (server/store/store_export.c), known by their names. */
#ifndef ADMIN_EXPORT_H
#define ADMIN_EXPORT_H

#include "server/admin/csv_out.h"
#include "server/admin/verbs.h"

#define EXPORT_PIECE_BYTES (32u * 1024u)
#define EXPORT_BUFFER_BYTES_MAX (256u * 1024u) /* a piece, and the row that filled it */

/* export_name(table): "attendance"; NULL after the last one. export_find(word, table): in either language; SAM_EUSAGE. */
const char *export_name(unsigned table);
int export_find(const char *word, enum store_export *table);
/* export_dated(table): can its rows be chosen by day? */
bool export_dated(enum store_export table);

struct export_job {
    struct store *reader; /* inside a snapshot */
    enum store_export table;
    const struct store_export_filter *filter;
    bool plain;
    enum sam_lang lang;
    const struct verb_sink *out;
    uint64_t rows; /* how many went out */
};
/* export_run(j): one table, headings first, piece by piece. Errors: the sink's, the store's. */
int export_run(struct export_job *j);

#endif
