/* Two who may be one person, on the page of their case: who they are, where they were marked and by whom, and what to do. */
#include "proto/base/err.h"
#include "server/admin/author.h"
#include "server/admin/verbs_case.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MARKS_SHOWN_MAX = 12 };

int case_person_read(struct verb_context *v, uint64_t id, struct case_person *p)
{
    struct sam_key key = {.entity = SAM_PARTICIPANT, .part = {id}};
    struct store_row row;
    int err = store_row_get(v->st, &key, &row);
    *p = (struct case_person){.id = id};
    if (err)
        return err;
    p->alive = row.exists && row.dead <= 0;
    p->walk_in = sam_row_num(&row.row, SAM_PARTICIPANT_provisional) != 0;
    p->birth_year = (int)sam_row_num(&row.row, SAM_PARTICIPANT_birth_year);
    author_name(v, SAM_PARTICIPANT, id, SAM_PARTICIPANT_name, p->name, sizeof p->name);
    return 0;
}

static const char *standing_text(const struct verb_context *v, const struct case_person *p)
{
    return sam_text(v->lang, !p->alive    ? SAM_TEXT_VALUE_DELETED
                             : p->walk_in ? SAM_TEXT_CASE_WALK_IN
                                          : SAM_TEXT_CASE_ON_LIST);
}

int case_person_brief(struct verb_context *v, const struct store_case *c, char out[VALUE_BYTES_MAX])
{
    int err = 0;
    out[0] = 0;
    for (unsigned i = 0; !err && i < 2; i++) {
        struct case_person p;
        err = case_person_read(v, c->key.part[i], &p);
        value_join(out, VALUE_BYTES_MAX, " / ", standing_text(v, &p));
    }
    return err;
}

void case_person_text(struct verb_context *v, uint64_t id, char out[VALUE_BYTES_MAX])
{
    struct case_person p;
    out[0] = 0;
    if (case_person_read(v, id, &p))
        return;
    if (p.birth_year)
        value_say(out, VALUE_BYTES_MAX, v->lang, SAM_TEXT_CASE_PERSON_BORN, (unsigned long long)id, p.name,
                  p.birth_year, standing_text(v, &p));
    else
        value_say(out, VALUE_BYTES_MAX, v->lang, SAM_TEXT_CASE_PERSON, (unsigned long long)id, p.name,
                  standing_text(v, &p));
}

/* ---- where somebody was marked */

struct marks {
    struct sam_key key[MARKS_SHOWN_MAX];
    unsigned count; /* of all */
};

/* The newest stand last: ids of sessions grow. */
static int mark_add(void *ctx, const struct sam_key *key)
{
    struct marks *m = ctx;
    unsigned at = m->count < MARKS_SHOWN_MAX ? m->count : MARKS_SHOWN_MAX - 1;
    if (m->count >= MARKS_SHOWN_MAX)
        memmove(&m->key[0], &m->key[1], (MARKS_SHOWN_MAX - 1) * sizeof m->key[0]);
    m->key[at] = *key;
    m->count++;
    return 0;
}

static int mark_say(struct verb_context *v, const struct sam_key *key)
{
    struct store_row row;
    struct value_title t;
    char value[VALUE_BYTES_MAX], day[VALUE_TIME_BYTES] = "";
    int err = store_row_get(v->st, key, &row);
    if (err || row.dead > 0)
        return err;
    value_of_unit(v, &row.row, 0, true, value);
    value_title(v, key, &t);
    if (t.has_day)
        value_day(v, t.day, day);
    report_say(&v->report, "     %s, %s: %s\n", t.group, day, value);
    return case_author_say(v, key, 0);
}

static int person_say(struct verb_context *v, uint64_t id)
{
    struct marks m = {.count = 0};
    char text[VALUE_BYTES_MAX];
    case_person_text(v, id, text);
    report_say(&v->report, "  %s\n", text);
    int err = store_person_rows(v->st, SAM_ATTENDANCE, id, mark_add, &m);
    for (unsigned i = 0; !err && i < m.count && i < MARKS_SHOWN_MAX; i++)
        err = mark_say(v, &m.key[i]);
    return err;
}

/* Whom somebody is shown as; 0: as oneself. */
static int shown_as(struct verb_context *v, uint64_t id, uint64_t *winner)
{
    struct sam_key key = {.entity = SAM_LINK, .part = {id}};
    struct store_row row;
    int err = store_row_get(v->st, &key, &row);
    *winner = !err && row.exists && row.dead <= 0 ? (uint64_t)sam_row_num(&row.row, SAM_LINK_winner) : 0;
    return err;
}

static int person_cells(struct verb_context *v, uint64_t id)
{
    struct report *r = &v->report;
    struct case_person p;
    struct marks m = {.count = 0};
    uint64_t winner = 0;
    int err = case_person_read(v, id, &p);
    if (!err)
        err = store_person_rows(v->st, SAM_ATTENDANCE, id, mark_add, &m);
    if (!err)
        err = shown_as(v, id, &winner);
    report_cell_num(r, (int64_t)id);
    report_cell_text(r, p.name, strlen(p.name));
    report_cell_num(r, p.birth_year);
    report_cell_num(r, p.walk_in);
    report_cell_num(r, m.count);
    report_cell_num(r, (int64_t)winner);
    report_cell_str(r, standing_text(v, &p));
    return err;
}

/* The clinic whose case it is; a page shows what is of that clinic, for nobody asked whether more may be seen. 0: all is shown. */
static uint64_t clinic_shown(struct verb_context *v, const struct store_case *c)
{
    struct store_scope scope = {0};
    return v->report.page && c->scope && store_scope_get(v->st, c->scope, &scope) == 0 ? scope.org : 0;
}

/* Where both were marked, the newest last. */
static int marks_cells(struct verb_context *v, uint64_t id, uint64_t clinic)
{
    struct report *r = &v->report;
    struct marks m = {.count = 0};
    int err = store_person_rows(v->st, SAM_ATTENDANCE, id, mark_add, &m);
    for (unsigned i = 0; !err && i < m.count && i < MARKS_SHOWN_MAX; i++) {
        struct store_row row;
        struct value_title t;
        char value[VALUE_BYTES_MAX], day[VALUE_TIME_BYTES] = "";
        err = store_row_get(v->st, &m.key[i], &row);
        if (err || row.dead > 0)
            continue;
        value_of_unit(v, &row.row, 0, true, value);
        value_title(v, &m.key[i], &t);
        if (clinic && value_clinic_of(v, t.group_id) != clinic)
            continue;
        if (t.has_day)
            value_day_iso(t.day, day);
        report_cell_num(r, (int64_t)id);
        report_cell_str(r, t.group);
        report_cell_str(r, day);
        report_cell_str(r, value);
        err = case_author_cells(v, &m.key[i], 0);
    }
    return err;
}

static int marks_list(struct verb_context *v, const struct store_case *c)
{
    static const struct report_column columns[] = {{"participant", SAM_TEXT_COL_ID},
                                                   {"group", SAM_TEXT_COL_GROUP},
                                                   {"day", SAM_TEXT_COL_DATE},
                                                   {"value", SAM_TEXT_COL_VALUES},
                                                   CASE_SAID_COLUMNS};
    int err = 0;
    report_list(&v->report, "marks", columns, sizeof columns / sizeof *columns);
    for (unsigned i = 0; !err && i < 2; i++)
        err = marks_cells(v, c->key.part[i], clinic_shown(v, c));
    if (!err)
        report_table_end(&v->report);
    return err;
}

static void link_command(struct verb_context *v, uint64_t loser, uint64_t winner, uint64_t seen, const char *home)
{
    struct report *r = &v->report;
    report_tell(r, SAM_TEXT_CASE_ONE_PERSON, (unsigned long long)winner);
    report_say(r, "  samlingd participant link %" PRIu64 " %" PRIu64 " --seen %" PRIu64 "%s\n", loser, winner, seen,
               home);
}

/* A walk-in is shown as who stands on the list, never the other way round; of two walk-ins either may be. */
static int commands(struct verb_context *v, const struct store_case *c, uint64_t seen, const char *home)
{
    struct case_person p[2];
    int err = case_person_read(v, c->key.part[0], &p[0]);
    if (!err)
        err = case_person_read(v, c->key.part[1], &p[1]);
    if (err)
        return err;
    report_say(&v->report, "\n%s\n", sam_text(v->lang, SAM_TEXT_CASE_DECIDE));
    for (unsigned i = 0; i < 2; i++)
        if (p[!i].walk_in)
            link_command(v, p[!i].id, p[i].id, seen, home);
    report_say(&v->report, "%s\n  samlingd case decide %" PRIu64 " --stand --seen %" PRIu64 "%s\n",
               sam_text(v->lang, SAM_TEXT_CASE_TWO_PERSONS), c->no, seen, home);
    return 0;
}

int case_person_page(struct verb_context *v, const struct store_case *c, uint64_t seen, const char *home)
{
    static const struct report_column columns[] = {{"participant", SAM_TEXT_COL_ID},  {"name", SAM_TEXT_COL_NAME},
                                                   {"birth_year", SAM_TEXT_COL_BORN}, {"walk_in", SAM_TEXT_COL_STATUS},
                                                   {"marks", SAM_TEXT_COL_PRESENCE},  {"shown_as", SAM_TEXT_COL_ID},
                                                   {"standing", SAM_TEXT_COL_STATUS}};
    struct report *r = &v->report;
    int err = 0;
    report_say(r, "\n%s\n", sam_text(v->lang, SAM_TEXT_CASE_PEOPLE));
    report_list(r, "people", columns, sizeof columns / sizeof *columns);
    for (unsigned i = 0; !err && i < 2; i++)
        err = r->json ? person_cells(v, c->key.part[i]) : person_say(v, c->key.part[i]);
    if (err)
        return err;
    report_table_end(r);
    if (r->json)
        return marks_list(v, c);
    return c->open ? commands(v, c, seen, home) : 0;
}
