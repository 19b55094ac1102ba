/* participant import: persons and their groups out of a spreadsheet. A preview unless --save is said; then all of it in one
 * transaction, each person two ops as in participant add. */
#include "proto/base/err.h"
#include "server/admin/author.h"
#include "server/admin/access.h"
#include "server/admin/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_TOLD_BYTES 400u
#define HEADING_TOLD_BYTES 72u
#define REFUSED_TOLD_MAX 10000u /* more rows than anybody reads, and fewer than fill an answer */
#define REASON_BYTES 400u
#define OPS_OF_A_PERSON 2u
#define GROUP_CODE_BYTES_MAX 32u

/* ---- reading the file */

static void table_free(void *mem)
{
    sam_csv_fini(mem);
    free(mem);
}

int verb_csv_prepare(struct verb_context *v)
{
    const char *word = v->args.pos[0];
    struct sam_span file = v->input.ptr ? v->input : (struct sam_span){(const uint8_t *)word, strlen(word)};
    enum sam_csv_fault fault;
    struct sam_csv *t = calloc(1, sizeof *t);
    if (!t)
        return verb_refuse(v, SAM_TEXT_ADM_IMPORT_FILE, verb_error_text(v->lang, SAM_ENOMEM));
    v->mem = t;
    v->mem_free = table_free;
    int err = sam_csv_read(t, file.ptr, file.len, &fault);
    if (err == SAM_EPROTO)
        return verb_refuse(v, SAM_TEXT_ADM_IMPORT_FILE, sam_text_of(v->lang, SAM_TEXT_SET_CSV, (int)fault));
    return err ? verb_refuse(v, SAM_TEXT_ADM_IMPORT_FILE, verb_error_text(v->lang, err)) : VERB_OK;
}

/* ---- columns */

struct wanted {
    const char *option, *usual; /* headings that are known without being told */
    bool must;
};
enum { NAME, GROUP, BIRTH_YEAR, PLANNED, WANTED };
static const struct wanted wanted[WANTED] = {
    [NAME] = {"name", "name|full name|person|participant|patient|navn|fullt navn|deltaker|deltager|pasient", true},
    [GROUP] = {"group", "group|group name|class|gruppe|gruppenavn|kurs", true},
    [BIRTH_YEAR] = {"birth-year", "birth year|year of birth|born|fødselsår|født|årgang", false},
    [PLANNED] = {"planned", "planned|planned sessions|planlagt|planlagte samlinger", false},
};

/* "a, b, c": headings, all of them or those that ${skip} does not name. */
static void headings(const struct sam_csv *t, const int *skip, char *out, size_t size)
{
    size_t used = 0;
    out[0] = 0;
    for (unsigned i = 0; i < t->columns; i++) {
        bool left_out = false;
        for (unsigned k = 0; skip && k < WANTED; k++)
            left_out |= skip[k] == (int)i;
        if (left_out)
            continue;
        if (used + HEADING_TOLD_BYTES > size) {
            snprintf(out + used, size - used, ", …");
            return;
        }
        used += (size_t)snprintf(out + used, size - used, "%s%.60s", used ? ", " : "", sam_csv_heading(t, i));
    }
}

static int column_find(struct verb_context *v, const struct sam_csv *t, const struct wanted *w, int *column)
{
    char all[COLUMNS_TOLD_BYTES];
    const char *given = args_get(&v->args, w->option);
    *column = sam_csv_column(t, given ? given : w->usual);
    if (*column >= 0 || (*column == SAM_CSV_NONE && !given && !w->must))
        return VERB_OK;
    headings(t, NULL, all, sizeof all);
    if (*column == SAM_CSV_TWICE)
        return verb_refuse(v, SAM_TEXT_ADM_IMPORT_COLUMN_TWICE, w->option, all);
    return verb_refuse(v, SAM_TEXT_ADM_IMPORT_COLUMN, w->option, all);
}

static int columns_find(struct verb_context *v, const struct sam_csv *t, int *column)
{
    int err = VERB_OK;
    for (unsigned i = 0; i < WANTED && !err; i++)
        err = column_find(v, t, &wanted[i], &column[i]);
    return err;
}

/* ---- making */

/* A group that the sheet names: no weekly plan yet, which the sheet does not tell. */
static int group_make(struct import *p, struct import_group *g)
{
    struct sam_op op;
    char code[GROUP_CODE_BYTES_MAX + 1];
    size_t n = strlen(g->word);
    if (n > GROUP_CODE_BYTES_MAX) /* cut between two letters */
        for (n = GROUP_CODE_BYTES_MAX; ((uint8_t)g->word[n] & 0xC0) == 0x80;)
            n--;
    snprintf(code, sizeof code, "%.*s", (int)n, g->word);
    int err = author_begin(p->v, &op, SAM_GROUP, &g->id);
    if (err)
        return err;
    sam_row_set(&op.row, SAM_GROUP_org, (int64_t)p->clinic);
    author_text(&op, SAM_GROUP_code, code);
    author_text(&op, SAM_GROUP_name, g->word);
    sam_row_set(&op.row, SAM_GROUP_kind, 0);
    sam_row_set(&op.row, SAM_GROUP_weekday, 0);
    sam_row_set(&op.row, SAM_GROUP_start_min, 10 * 60); /* as group add, where nothing is said */
    sam_row_set(&op.row, SAM_GROUP_end_min, 11 * 60);
    sam_row_set(&op.row, SAM_GROUP_capacity, IMPORT_GROUP_PERSONS);
    sam_row_set(&op.row, SAM_GROUP_active, 1);
    return author_apply(p->v, &op);
}

static int person_make(struct import *p, const struct import_row *row)
{
    uint64_t id;
    int err = author_person(p->v, row->name, row->birth_year, &id);
    struct author_enrolment e = {.group = p->group[row->group].id, .participant = id, .planned = row->planned};
    return err ? err : author_enrol(p->v, &e);
}

static int make_all(struct import *p)
{
    int err = VERB_OK;
    for (unsigned i = 0; i < p->group_count && !err; i++)
        if (!p->group[i].id && p->group[i].fresh)
            err = group_make(p, &p->group[i]);
    for (size_t i = 0; i < p->t->rows && !err; i++)
        if (p->row[i].outcome == IMPORT_NEW)
            err = person_make(p, &p->row[i]);
    return err;
}

/* ---- saying */

static unsigned groups_to_make(const struct import *p)
{
    unsigned count = 0;
    for (unsigned i = 0; i < p->group_count; i++)
        count += !p->group[i].id && p->group[i].fresh;
    return count;
}

static void tell_groups(struct import *p)
{
    static const struct report_column columns[] = {{"group", SAM_TEXT_COL_GROUP},
                                                   {"there", SAM_TEXT_COL_PERSONS},
                                                   {"new", SAM_TEXT_COL_PERSONS},
                                                   {"make", SAM_TEXT_COL_GROUP}};
    struct report *r = &p->v->report;
    report_list(r, "groups", columns, 4);
    for (unsigned i = 0; i < p->group_count; i++) {
        const struct import_group *g = &p->group[i];
        if (g->refusal || g->shown != i)
            continue;
        report_cell_text(r, g->word, strlen(g->word));
        report_cell_num(r, g->there);
        report_cell_num(r, g->fresh);
        report_cell_num(r, !g->id && g->fresh);
        report_tell(r, SAM_TEXT_ADM_IMPORT_GROUP, g->word, (int)g->there, (int)g->fresh);
    }
    report_table_end(r);
}

static void tell_warnings(struct import *p)
{
    static const struct report_column columns[] = {{"group", SAM_TEXT_COL_GROUP}, {"persons", SAM_TEXT_COL_PERSONS}};
    struct report *r = &p->v->report;
    report_list(r, "warnings", columns, 2);
    for (unsigned i = 0; i < p->group_count; i++) {
        const struct import_group *g = &p->group[i];
        if (g->refusal || !g->fresh || g->there + g->fresh <= IMPORT_GROUP_PERSONS)
            continue;
        report_cell_text(r, g->word, strlen(g->word));
        report_cell_num(r, g->there + g->fresh);
        report_tell(r, SAM_TEXT_ADM_IMPORT_WARN_GROUP, g->word, (int)(g->there + g->fresh), (int)IMPORT_GROUP_PERSONS);
    }
    report_table_end(r);
}

static void tell_refused(struct import *p)
{
    static const struct report_column columns[] = {
        {"row", SAM_TEXT_COL_SEQ}, {"reason", SAM_TEXT_COL_VERDICT}, {"text", SAM_TEXT_COL_VERDICT}};
    struct report *r = &p->v->report;
    char text[REASON_BYTES];
    unsigned told = 0;
    report_list(r, "refused", columns, 3);
    for (size_t i = 0; i < p->t->rows && told < REFUSED_TOLD_MAX; i++) {
        const struct import_row *row = &p->row[i];
        if (row->outcome != IMPORT_REFUSED)
            continue;
        const char *word = import_refusal_word(row->refusal);
        import_refusal_text(p, i, text, sizeof text);
        report_cell_num(r, row->number);
        report_cell_text(r, word, strlen(word));
        report_cell_text(r, text, strlen(text));
        report_tell(r, SAM_TEXT_ADM_IMPORT_REFUSED, (int)row->number, text);
        told++;
    }
    report_table_end(r);
    if (told < p->count[IMPORT_REFUSED])
        report_tell(r, SAM_TEXT_ADM_IMPORT_MORE, (int)(p->count[IMPORT_REFUSED] - told));
}

/* ${groups}: how many are made. */
static void tell(struct import *p, const int *column, bool save, unsigned groups)
{
    struct report *r = &p->v->report;
    char ignored[COLUMNS_TOLD_BYTES];
    unsigned ops = groups + OPS_OF_A_PERSON * p->count[IMPORT_NEW];
    headings(p->t, column, ignored, sizeof ignored);
    report_num(r, "saved", save);
    report_num(r, "rows", (int64_t)p->t->rows);
    report_num(r, "persons", p->count[IMPORT_NEW]);
    report_num(r, "groups_made", groups);
    report_num(r, "there", p->count[IMPORT_THERE]);
    report_num(r, "twice", p->count[IMPORT_TWICE]);
    report_num(r, "later", p->count[IMPORT_LATER]);
    report_num(r, "refused_count", p->count[IMPORT_REFUSED]);
    report_num(r, "ops", ops);
    report_text(r, "not_imported", ignored);
    if (ignored[0])
        report_tell(r, SAM_TEXT_ADM_IMPORT_IGNORED, ignored);
    tell_refused(p);
    tell_warnings(p);
    tell_groups(p);
    report_tell(r, SAM_TEXT_ADM_IMPORT_ROWS, (int)p->t->rows, (int)p->count[IMPORT_THERE], (int)p->count[IMPORT_TWICE],
                (int)p->count[IMPORT_REFUSED]);
    report_tell(r, save ? SAM_TEXT_ADM_IMPORT_SAVED : SAM_TEXT_ADM_IMPORT_PREVIEW, (int)p->count[IMPORT_NEW],
                (int)groups, (int)ops);
    if (p->count[IMPORT_LATER])
        report_tell(r, SAM_TEXT_ADM_IMPORT_LATER, (int)p->count[IMPORT_LATER]);
}

/* What the file has, and what each column would be taken as. */
static int columns_told(struct verb_context *v, const struct sam_csv *t)
{
    static const struct report_column columns[] = {{"heading", SAM_TEXT_COL_NAME}, {"taken_as", SAM_TEXT_COL_VERDICT}};
    struct report *r = &v->report;
    report_num(r, "rows", (int64_t)t->rows);
    if (v->report.json)
        report_list(r, "columns", columns, 2);
    else
        report_table(r, columns, 2);
    for (unsigned i = 0; i < t->columns; i++) {
        const char *as = "", *heading = sam_csv_heading(t, i);
        for (unsigned k = 0; k < WANTED; k++)
            as = sam_csv_column(t, wanted[k].usual) == (int)i ? wanted[k].option : as;
        report_cell_str(r, heading);
        report_cell_str(r, as);
    }
    report_table_end(r);
    access_list(v, 0, 0);
    v->access[0].action = STORE_READ;
    return VERB_OK;
}

static int import_run(struct verb_context *v, struct import *p, const int *column)
{
    bool save = args_has(&v->args, "save");
    p->column = (struct import_columns){column[NAME], column[GROUP], column[BIRTH_YEAR], column[PLANNED]};
    int err = import_plan(p);
    unsigned groups = groups_to_make(p);
    if (!err && save)
        err = make_all(p);
    if (err)
        return err;
    access_list(v, 0, p->count[IMPORT_NEW] + p->count[IMPORT_THERE]);
    if (!save) /* it says who is there already */
        v->access[0].action = STORE_READ;
    tell(p, column, save, groups);
    v->exit_code = p->count[IMPORT_REFUSED] ? VERB_REFUSED : VERB_OK;
    return VERB_OK;
}

int verb_participant_import(struct verb_context *v)
{
    const char *clinic = args_get(&v->args, "clinic");
    int column[WANTED];
    bool make_groups = args_has(&v->args, "make-groups");
    if (make_groups && !clinic)
        return verb_refuse(v, SAM_TEXT_ADM_IMPORT_CLINIC);
    if (args_has(&v->args, "columns"))
        return columns_told(v, v->mem);
    struct import *p = calloc(1, sizeof *p);
    if (!p)
        return SAM_ENOMEM;
    p->v = v;
    p->t = v->mem;
    p->make_groups = make_groups;
    int err = clinic ? author_clinic(v, clinic, &p->clinic) : VERB_OK;
    if (!err)
        err = columns_find(v, p->t, column);
    if (!err)
        err = import_run(v, p, column);
    import_fini(p);
    free(p);
    return err;
}
