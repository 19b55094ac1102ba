/* Fields of rows as options of a verb, and as cells of a table. */
#include "proto/base/err.h"
#include "server/admin/author.h"
#include "server/admin/value.h"

#include <stdio.h>
#include <string.h>

void value_cell(struct verb_context *v, const struct sam_row *row, unsigned field)
{
    struct report *r = &v->report;
    const struct sam_field_def *f = &sam_entity_find(row->key.entity)->field[field];
    char day[VALUE_TIME_BYTES];
    enum sam_text_set set;
    const char *const *words = value_words(row->key.entity, field, &set);
    int64_t n = sam_row_num(row, field);
    if (!sam_row_has(row, field)) {
        report_cell_word(r, "", "-");
    } else if (f->type == SAM_TYPE_TEXT) {
        report_cell_text(r, (const char *)row->val[field].text.ptr, row->val[field].text.len);
    } else if (f->type == SAM_TYPE_SINT) {
        value_day_iso((int32_t)n, day);
        report_cell_text(r, day, strlen(day));
    } else if (words) {
        report_cell_word(r, word_of(words, (uint64_t)n), sam_text_of(r->lang, set, (int)n));
    } else if (f->max == 1 && !r->json) {
        report_cell_word(r, "", sam_text(r->lang, n ? SAM_TEXT_VALUE_YES : SAM_TEXT_VALUE_NO));
    } else {
        report_cell_num(r, n);
    }
}

/* Why a word is no value of that field: what may stand there instead. */
static int refuse(struct verb_context *v, const struct sam_row *row, const struct value_option *o)
{
    const struct sam_field_def *f = &sam_entity_find(row->key.entity)->field[o->field];
    char known[VALUE_BYTES_MAX] = "";
    enum sam_text_set set;
    const char *const *words = value_words(row->key.entity, o->field, &set);
    for (unsigned i = 0; words && words[i]; i++)
        value_join(known, sizeof known, ", ", words[i]);
    if (f->max == 1) {
        value_join(known, sizeof known, "", sam_text(v->lang, SAM_TEXT_VALUE_YES));
        value_join(known, sizeof known, ", ", sam_text(v->lang, SAM_TEXT_VALUE_NO));
    }
    if (known[0])
        return verb_refuse(v, SAM_TEXT_ADM_GIVEN_WORD, o->name, known);
    if (f->type == SAM_TYPE_SINT)
        return verb_refuse(v, SAM_TEXT_ADM_DATE, o->name);
    if (f->type == SAM_TYPE_TEXT)
        return verb_refuse(v, SAM_TEXT_ADM_GIVEN_TEXT, o->name, (int)f->min, (int)f->max);
    return verb_refuse(v, SAM_TEXT_ADM_NUMBER, o->name, (unsigned long long)f->min, (unsigned long long)f->max);
}

int value_given(struct verb_context *v, const struct value_option *option, unsigned count, struct sam_row *row)
{
    const struct sam_entity_def *def = sam_entity_find(row->key.entity);
    for (unsigned i = 0; i < count; i++) {
        const char *word = args_get(&v->args, option[i].name);
        if (word && !*word && def->field[option[i].field].max == 1)
            word = "1"; /* a switch says yes */
        if (word && value_parse(def, option[i].field, word, row))
            return refuse(v, row, &option[i]);
    }
    return VERB_OK;
}

void value_whole(struct sam_row *row, const struct sam_row *was)
{
    const struct sam_entity_def *def = sam_entity_find(row->key.entity);
    uint32_t fields = sam_unit_fields(def, sam_row_units(row));
    for (unsigned i = 0; i < def->field_count; i++)
        if (fields >> i & 1u && def->field[i].type != SAM_TYPE_TEXT && sam_row_has(was, i) && !sam_row_has(row, i))
            sam_row_set(row, i, sam_row_num(was, i));
}
