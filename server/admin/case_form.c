/* What a page needs beside what case show says to people: which values may be said of a unit. */
#include "proto/base/err.h"
#include "server/admin/author.h"
#include "server/admin/verbs_case.h"

#include <stdio.h>
#include <string.h>

/* Fields that a person says: how sure a mark is follows from that somebody decides. */
static uint32_t fields_said(const struct store_case *c)
{
    const struct sam_entity_def *def = sam_entity_find(c->key.entity);
    uint32_t fields = sam_unit_fields(def, 1u << c->unit);
    if (c->key.entity == SAM_ATTENDANCE)
        fields &= ~(1u << SAM_ATTENDANCE_evidence);
    for (unsigned i = 0; i < def->field_count; i++)
        if (fields >> i & 1u && def->field[i].ref)
            return 0; /* nobody types the number of another row */
    return fields;
}

/* What stands there, as --set takes it back. */
static void now_cell(struct verb_context *v, const struct sam_row *now, unsigned field)
{
    const char *look = value_look(sam_entity_find(now->key.entity), field);
    char text[VALUE_BYTES_MAX] = "";
    if (!sam_row_has(now, field))
        text[0] = 0;
    else if (strcmp(look, "date") == 0)
        value_day_iso((int32_t)sam_row_num(now, field), text);
    else if (strcmp(look, "clock") == 0 || strcmp(look, "text") == 0)
        value_of_field(v, now, field, text);
    else
        snprintf(text, sizeof text, "%lld", (long long)sam_row_num(now, field));
    report_cell_str(&v->report, text);
}

static void fields_list(struct verb_context *v, const struct store_case *c, const struct sam_row *now)
{
    static const struct report_column columns[] = {{"field", SAM_TEXT_COL_NAME}, {"shown", SAM_TEXT_COL_NAME},
                                                   {"kind", SAM_TEXT_COL_STATE}, {"min", SAM_TEXT_COL_SEQ},
                                                   {"max", SAM_TEXT_COL_SEQ},    {"now", SAM_TEXT_COL_VALUES}};
    const struct sam_entity_def *def = sam_entity_find(c->key.entity);
    struct report *r = &v->report;
    uint32_t fields = fields_said(c);
    report_list(r, "fields", columns, sizeof columns / sizeof *columns);
    for (unsigned i = 0; fields >> i; i++) {
        if (!(fields >> i & 1u))
            continue;
        report_cell_str(r, def->field[i].column);
        report_cell_str(r, value_field(value_lang(v), def, i));
        report_cell_str(r, value_look(def, i));
        report_cell_num(r, def->field[i].min);
        report_cell_num(r, def->field[i].max);
        now_cell(v, now, i);
    }
    report_table_end(r);
}

static void choices_list(struct verb_context *v, const struct store_case *c)
{
    static const struct report_column columns[] = {
        {"field", SAM_TEXT_COL_NAME}, {"value", SAM_TEXT_COL_SEQ}, {"shown", SAM_TEXT_COL_NAME}};
    const struct sam_entity_def *def = sam_entity_find(c->key.entity);
    struct report *r = &v->report;
    uint32_t fields = fields_said(c);
    report_list(r, "choices", columns, sizeof columns / sizeof *columns);
    for (unsigned i = 0; fields >> i; i++) {
        enum sam_text_set set;
        const char *const *words = fields >> i & 1u ? value_words(def->tag, i, &set) : NULL;
        for (unsigned k = 0; words && words[k]; k++) {
            report_cell_str(r, def->field[i].column);
            report_cell_num(r, k);
            report_cell_str(r, sam_text_of(value_lang(v), set, (int)k));
        }
    }
    report_table_end(r);
}

int case_form(struct verb_context *v, const struct store_case *c, const struct sam_row *now)
{
    unsigned same = 0;
    bool presence = c->key.entity == SAM_ATTENDANCE && c->unit == 0;
    int err = presence ? case_present_count(v, c->key.part[0], &same) : 0;
    report_num(&v->report, "same_session", same);
    fields_list(v, c, now);
    choices_list(v, c);
    return err;
}
