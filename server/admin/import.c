#include "server/admin/import.h"

#include "proto/base/err.h"
#include "proto/base/grow.h"
#include "server/admin/author.h"
#include "server/intake/people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADS 65536u
#define NOBODY UINT32_MAX
#define SHOWN_BYTES 60

enum { REGISTERED_IN_ERROR = 9 }; /* enrolment */

struct import_person {
    uint32_t next, row; /* row: its number in the sheet, 0: from the store */
    unsigned group;
    uint16_t birth_year, planned;
    char name[SAM_NAME_BYTES_MAX + 1]; /* folded */
};

/* ---- persons by group and name */

static uint32_t hash_of(unsigned group, const char *name)
{
    uint32_t h = 2166136261u ^ group;
    for (; *name; name++)
        h = (h ^ (uint8_t)*name) * 16777619u;
    return (h ^ h >> 16) % HEADS;
}

static struct import_person *person_find(const struct import *p, unsigned group, const char *name)
{
    for (uint32_t i = p->head[hash_of(group, name)]; i != NOBODY; i = p->person[i].next)
        if (p->person[i].group == group && strcmp(p->person[i].name, name) == 0)
            return &p->person[i];
    return NULL;
}

static int person_keep(struct import *p, const struct import_person *one)
{
    struct import_person *more = sam_grow(p->person, &p->person_room, p->person_count + 1, sizeof *more);
    if (!more)
        return SAM_ENOMEM;
    p->person = more;
    uint32_t *head = &p->head[hash_of(one->group, one->name)];
    p->person[p->person_count] = *one;
    p->person[p->person_count].next = *head;
    *head = (uint32_t)p->person_count++;
    return 0;
}

/* Somebody who is enrolled in the group already. */
static int person_there(struct import *p, unsigned group, uint64_t id)
{
    struct import_person one = {.group = group};
    struct store_row row;
    struct sam_key key = {.entity = SAM_PARTICIPANT, .part = {id}};
    char name[SAM_NAME_BYTES_MAX + 1];
    int err = store_row_get(p->v->st, &key, &row);
    if (err || !row.exists || row.dead > 0)
        return err;
    one.birth_year = (uint16_t)sam_row_num(&row.row, SAM_PARTICIPANT_birth_year);
    author_name(p->v, SAM_PARTICIPANT, id, SAM_PARTICIPANT_name, name, sizeof name);
    sam_csv_fold(name, one.name, sizeof one.name);
    p->group[group].there++;
    return person_keep(p, &one);
}

/* Is the person enrolled in the group, in whatever state but by error? */
static int is_enrolled(struct import *p, unsigned group, uint64_t id, bool *is)
{
    struct sam_key key = {.entity = SAM_ENROLMENT, .part = {p->group[group].id, id}};
    struct store_row row;
    int err = store_row_get(p->v->st, &key, &row);
    *is = !err && row.exists && row.dead <= 0 && sam_row_num(&row.row, SAM_ENROLMENT_status) != REGISTERED_IN_ERROR;
    return err;
}

/* Who is shown as somebody enrolled there is there too: a sheet may have either name. */
static int linked_there(struct import *p, unsigned group)
{
    struct store_link link = {0};
    int err;
    while ((err = store_link_next(p->v->st, link.id, &link)) == 0) {
        uint64_t root;
        bool is = false;
        err = people_root(p->v->st, link.id, &root);
        if (!err && root != link.id)
            err = is_enrolled(p, group, root, &is);
        if (!err && is)
            err = person_there(p, group, link.id);
        if (err)
            return err;
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int persons_there(struct import *p, unsigned group)
{
    struct sam_key here = {.entity = SAM_ENROLMENT, .part = {p->group[group].id}}, key;
    int err = 0;
    while (!err && (err = store_key_each(p->v->st, SAM_ENROLMENT, &here, &key)) == 0 &&
           key.part[0] == p->group[group].id) {
        bool is;
        err = is_enrolled(p, group, key.part[1], &is);
        if (!err && is)
            err = person_there(p, group, key.part[1]);
        here = key;
    }
    err = err == SAM_ENOTFOUND ? 0 : err;
    unsigned count = p->group[group].there; /* one person, however many names */
    if (!err)
        err = linked_there(p, group);
    p->group[group].there = count;
    return err;
}

/* ---- groups */

/* A group that is there. A centre has tens of thousands of them and a sheet names hundreds, so they are walked through once. */
struct import_name {
    uint64_t id;
    char code[SAM_NAME_BYTES_MAX + 1], name[SAM_NAME_BYTES_MAX + 1];
};

struct group_search {
    const char *word;
    uint64_t number, found;
    unsigned best, count; /* 3 by id, 2 as it is written, 1 but for case */
};

static void text_take(const struct store_row *row, unsigned field, char out[SAM_NAME_BYTES_MAX + 1])
{
    if (!sam_row_has(&row->row, field))
        return;
    struct sam_span span = row->row.val[field].text;
    size_t n = span.len < SAM_NAME_BYTES_MAX ? span.len : SAM_NAME_BYTES_MAX;
    memcpy(out, span.ptr, n);
    out[n] = 0;
}

static int name_keep(void *ctx, const struct store_row *row)
{
    struct import *p = ctx;
    struct import_name one = {.id = row->row.key.part[0]};
    if (p->clinic && (uint64_t)sam_row_num(&row->row, SAM_GROUP_org) != p->clinic)
        return 0;
    struct import_name *more = sam_grow(p->name, &p->name_room, p->name_count + 1, sizeof *more);
    if (!more)
        return SAM_ENOMEM;
    p->name = more;
    text_take(row, SAM_GROUP_code, one.code);
    text_take(row, SAM_GROUP_name, one.name);
    p->name[p->name_count++] = one;
    return 0;
}

static void name_compare(struct group_search *s, const struct import_name *one)
{
    unsigned how = 0;
    if (s->number && one->id == s->number)
        how = 3;
    else if (strcmp(one->code, s->word) == 0 || strcmp(one->name, s->word) == 0)
        how = 2;
    else if ((one->code[0] && sam_csv_same(one->code, s->word)) || (one->name[0] && sam_csv_same(one->name, s->word)))
        how = 1;
    if (how == 0 || how < s->best)
        return;
    s->count = how > s->best ? 1 : s->count + 1;
    s->best = how;
    s->found = one->id;
}

static int group_look_up(struct import *p, struct import_group *g)
{
    struct group_search s = {.word = g->word};
    int err = p->names_read ? 0 : author_each(p->v, SAM_GROUP, name_keep, p);
    if (err)
        return err;
    p->names_read = true;
    if (args_number(g->word, 1, INT64_MAX, &s.number))
        s.number = 0;
    for (size_t i = 0; i < p->name_count; i++)
        name_compare(&s, &p->name[i]);
    g->id = s.count == 1 ? s.found : 0;
    if (s.count > 1)
        g->refusal = IMPORT_MANY_GROUPS;
    else if (s.count == 0 && !p->make_groups)
        g->refusal = IMPORT_UNKNOWN_GROUP;
    return 0;
}

/* Under which word was this group met first? */
static unsigned group_known(const struct import *p, uint64_t id)
{
    unsigned i = 0;
    while (i < p->group_count && !(id && p->group[i].id == id))
        i++;
    return i;
}

static unsigned group_word(const struct import *p, const char *folded)
{
    unsigned i = 0;
    while (i < p->group_count && strcmp(p->group[i].folded, folded) != 0)
        i++;
    return i;
}

/* ${at}: IMPORT_GROUPS_MAX: there are too many already. */
static int group_of(struct import *p, const char *word, unsigned *at)
{
    struct import_group g = {.word = word};
    sam_csv_fold(word, g.folded, sizeof g.folded);
    *at = group_word(p, g.folded);
    if (*at == IMPORT_GROUPS_MAX)
        return 0;
    if (*at == p->group_count) {
        int err = group_look_up(p, &g);
        if (err)
            return err;
        g.shown = group_known(p, g.id);
        p->group[p->group_count++] = g;
        if (g.id && g.shown == *at && (err = persons_there(p, *at)) != 0)
            return err;
    }
    *at = p->group[*at].shown;
    return 0;
}

/* ---- rows */

static enum import_refusal number_read(const char *text, uint64_t min, uint64_t max, enum import_refusal wrong,
                                       uint16_t *out)
{
    uint64_t v;
    *out = 0;
    if (!*text)
        return IMPORT_FINE;
    if (args_number(text, min, max, &v))
        return wrong;
    *out = (uint16_t)v;
    return IMPORT_FINE;
}

/* What a row says, without looking at others. */
static enum import_refusal row_read(const struct import *p, size_t i, struct import_row *row)
{
    if (p->t->row[i].fault)
        return IMPORT_UNREADABLE;
    row->name = sam_csv_cell(p->t, i, p->column.name);
    const char *group = sam_csv_cell(p->t, i, p->column.group);
    if (!*row->name)
        return IMPORT_NO_NAME;
    if (strlen(row->name) > SAM_NAME_BYTES_MAX)
        return IMPORT_LONG_NAME;
    if (!*group)
        return IMPORT_NO_GROUP;
    if (strlen(group) > SAM_NAME_BYTES_MAX)
        return IMPORT_LONG_GROUP;
    enum import_refusal why =
        number_read(sam_csv_cell(p->t, i, p->column.birth_year), 1900, 2100, IMPORT_BIRTH_YEAR, &row->birth_year);
    return why ? why : number_read(sam_csv_cell(p->t, i, p->column.planned), 1, 60, IMPORT_PLANNED, &row->planned);
}

static enum import_outcome refuse(struct import_row *row, enum import_refusal why, uint32_t other)
{
    row->refusal = why;
    row->other = other;
    return IMPORT_REFUSED;
}

/* The row and somebody of that name in that group. */
static enum import_outcome compare(struct import_row *row, const struct import_person *known)
{
    if (known->row == 0 && row->birth_year && known->birth_year && row->birth_year != known->birth_year)
        return refuse(row, IMPORT_OTHER_BIRTH_YEAR, known->birth_year);
    if (known->row == 0)
        return IMPORT_THERE;
    if (known->birth_year != row->birth_year || known->planned != row->planned)
        return refuse(row, IMPORT_DIFFERS, known->row);
    return IMPORT_TWICE;
}

static int row_judge(struct import *p, struct import_row *row)
{
    struct import_person one = {
        .row = row->number, .group = row->group, .birth_year = row->birth_year, .planned = row->planned};
    struct import_group *g = &p->group[row->group];
    sam_csv_fold(row->name, one.name, sizeof one.name);
    const struct import_person *known = person_find(p, row->group, one.name);
    row->outcome = known ? compare(row, known) : p->count[IMPORT_NEW] < IMPORT_PERSONS_MAX ? IMPORT_NEW : IMPORT_LATER;
    g->fresh += row->outcome == IMPORT_NEW;
    return known ? 0 : person_keep(p, &one);
}

static int row_plan(struct import *p, size_t i)
{
    struct import_row *row = &p->row[i];
    row->number = p->t->row[i].number;
    enum import_refusal why = row_read(p, i, row);
    int err = why ? 0 : group_of(p, sam_csv_cell(p->t, i, p->column.group), &row->group);
    if (!why && !err)
        why = row->group == IMPORT_GROUPS_MAX ? IMPORT_TOO_MANY_GROUPS : p->group[row->group].refusal;
    if (why)
        row->outcome = refuse(row, why, 0);
    else if (!err)
        err = row_judge(p, row);
    p->count[row->outcome]++;
    return err;
}

int import_plan(struct import *p)
{
    int err = 0;
    p->row = calloc(p->t->rows + 1, sizeof *p->row);
    p->head = malloc(HEADS * sizeof *p->head);
    if (!p->row || !p->head)
        return SAM_ENOMEM;
    for (unsigned i = 0; i < HEADS; i++)
        p->head[i] = NOBODY;
    for (size_t i = 0; i < p->t->rows && !err; i++)
        err = row_plan(p, i);
    return err;
}

void import_fini(struct import *p)
{
    free(p->row);
    free(p->head);
    free(p->person);
    free(p->name);
    p->name = NULL;
    p->row = NULL;
    p->head = NULL;
    p->person = NULL;
}

/* ---- why */

static const struct {
    const char *word;
    enum sam_text_id text;
} refusals[] = {
    [IMPORT_FINE] = {"fine", SAM_TEXT_CSV_FINE},
    [IMPORT_UNREADABLE] = {"unreadable", SAM_TEXT_CSV_FINE},
    [IMPORT_NO_NAME] = {"no-name", SAM_TEXT_IMPORT_NO_NAME},
    [IMPORT_LONG_NAME] = {"long-name", SAM_TEXT_IMPORT_LONG_NAME},
    [IMPORT_NO_GROUP] = {"no-group", SAM_TEXT_IMPORT_NO_GROUP},
    [IMPORT_LONG_GROUP] = {"long-group", SAM_TEXT_IMPORT_LONG_GROUP},
    [IMPORT_UNKNOWN_GROUP] = {"unknown-group", SAM_TEXT_IMPORT_UNKNOWN_GROUP},
    [IMPORT_MANY_GROUPS] = {"ambiguous-group", SAM_TEXT_IMPORT_MANY_GROUPS},
    [IMPORT_TOO_MANY_GROUPS] = {"too-many-groups", SAM_TEXT_IMPORT_TOO_MANY_GROUPS},
    [IMPORT_BIRTH_YEAR] = {"birth-year", SAM_TEXT_IMPORT_BIRTH_YEAR},
    [IMPORT_PLANNED] = {"planned", SAM_TEXT_IMPORT_PLANNED},
    [IMPORT_OTHER_BIRTH_YEAR] = {"other-birth-year", SAM_TEXT_IMPORT_OTHER_BIRTH_YEAR},
    [IMPORT_DIFFERS] = {"differs", SAM_TEXT_IMPORT_DIFFERS},
};

const char *import_refusal_word(enum import_refusal refusal)
{
    return refusals[refusal].word;
}

void import_refusal_text(const struct import *p, size_t row, char *out, size_t size)
{
    const struct import_row *r = &p->row[row];
    enum sam_lang lang = p->v->lang;
    enum sam_text_id text = refusals[r->refusal].text;
    if (r->refusal == IMPORT_UNKNOWN_GROUP && p->v->report.page) /* there, no option has to be written */
        text = SAM_TEXT_IMPORT_NO_SUCH_GROUP;
    switch (r->refusal) {
    case IMPORT_UNREADABLE:
        snprintf(out, size, "%s", sam_text_of(lang, SAM_TEXT_SET_CSV, (int)p->t->row[row].fault));
        break;
    case IMPORT_UNKNOWN_GROUP:
    case IMPORT_MANY_GROUPS: report_print(out, size, lang, text, p->group[r->group].word); break;
    case IMPORT_OTHER_BIRTH_YEAR:
    case IMPORT_DIFFERS: report_print(out, size, lang, text, (int)r->other); break;
    case IMPORT_TOO_MANY_GROUPS: report_print(out, size, lang, text, (int)IMPORT_GROUPS_MAX); break;
    default: report_print(out, size, lang, text);
    }
}
