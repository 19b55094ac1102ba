/* Tables that leave the centre. What is exported is read from one snapshot, counted, written into the access log, and only then
 * sent. */
#include "proto/base/err.h"
#include "server/admin/access.h"
#include "server/admin/author.h"
#include "server/admin/export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct export
{
    struct store *reader;
    struct store_export_filter filter;
    unsigned count;
    enum store_export table[STORE_EXPORT_COUNT];
    uint64_t rows[STORE_EXPORT_COUNT];
};

static void reader_close(struct export *x)
{
    if (x->reader)
        store_snapshot_end(x->reader);
    store_close(x->reader);
    x->reader = NULL;
}

static void export_free(void *mem)
{
    struct export *x = mem;
    reader_close(x);
    free(x);
}

static int tables_read(struct verb_context *v, struct export *x)
{
    for (unsigned i = 0; i < v->args.pos_count; i++) {
        enum store_export table;
        char shown[41];
        snprintf(shown, sizeof shown, "%s", v->args.pos[i]);
        bool known = export_find(v->args.pos[i], &table) == 0;
        for (unsigned k = 0; known && k < x->count; k++)
            known = x->table[k] != table;
        if (!known) {
            verb_refuse(v, SAM_TEXT_EXPORT_NO_TABLE, shown);
            return VERB_USAGE;
        }
        if (x->filter.dated && !export_dated(table)) {
            verb_refuse(v, SAM_TEXT_EXPORT_NO_DAYS, sam_text_of(v->lang, SAM_TEXT_SET_EXPORT, (int)table));
            return VERB_USAGE;
        }
        x->table[x->count++] = table;
    }
    return VERB_OK;
}

static int filter_read(struct verb_context *v, struct export *x)
{
    const char *group = args_get(&v->args, "group");
    x->filter = (struct store_export_filter){.first = INT32_MIN, .last = INT32_MAX};
    x->filter.dated = args_has(&v->args, "from") || args_has(&v->args, "until");
    if (args_date(&v->args, "from", &x->filter.first) || args_date(&v->args, "until", &x->filter.last) ||
        x->filter.first > x->filter.last)
        return verb_usage(v);
    return group ? author_group(v, group, &x->filter.group) : VERB_OK;
}

int verb_export_prepare(struct verb_context *v)
{
    struct export *x = calloc(1, sizeof *x);
    if (!x)
        return SAM_ENOMEM;
    v->mem = x;
    v->mem_free = export_free;
    int code = access_reason_check(v, true);
    int err = code ? 0 : store_reader_open(&x->reader, v->home->store);
    if (!code && !err)
        err = store_snapshot_begin(x->reader);
    v->st = x->reader;
    if (!code && !err)
        code = filter_read(v, x);
    if (!code && !err)
        code = tables_read(v, x);
    for (unsigned i = 0; !code && !err && i < x->count; i++)
        err = store_export_rows(x->reader, x->table[i], &x->filter, &x->rows[i]);
    return err ? verb_refuse(v, SAM_TEXT_OUTLET_BROKEN, verb_error_text(v->lang, err)) : code;
}

int verb_export(struct verb_context *v)
{
    const struct export *x = v->mem;
    for (unsigned i = 0; i < x->count; i++) {
        access_list(v, x->filter.group, x->rows[i]);
        v->access[i].resource = export_name(x->table[i]);
    }
    return VERB_OK;
}

static void told(struct verb_context *v, enum store_export table, uint64_t rows)
{
    struct report *r = &v->report;
    report_cell_text(r, export_name(table), strlen(export_name(table)));
    report_cell_num(r, (int64_t)rows);
    report_tell(r, SAM_TEXT_EXPORT_ROWS, sam_text_of(v->lang, SAM_TEXT_SET_EXPORT, (int)table),
                (unsigned long long)rows);
}

int verb_export_deliver(struct verb_context *v, const struct verb_sink *out)
{
    static const struct report_column columns[] = {{"table", SAM_TEXT_COL_NAME}, {"rows", SAM_TEXT_COL_NAME}};
    struct export *x = v->mem;
    int err = 0;
    report_list(&v->report, "tables", columns, 2);
    for (unsigned i = 0; !err && i < x->count; i++) {
        struct export_job job = {.reader = x->reader,
                                 .table = x->table[i],
                                 .filter = &x->filter,
                                 .plain = args_has(&v->args, "plain"),
                                 .lang = v->lang,
                                 .out = out};
        err = export_run(&job);
        told(v, x->table[i], job.rows);
    }
    report_table_end(&v->report);
    reader_close(x);
    return err;
}
