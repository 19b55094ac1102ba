/* Figures that are reported: frozen as they stand, listed, shown, withdrawn. Held against what stands now: verbs_figure_compare.c. */
#include "server/admin/verbs_figure.h"

#include "proto/base/err.h"
#include "server/admin/access.h"
#include "server/admin/author.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WORD_SHOWN = 40,
    MONTHS = 12,
    YEAR_MAX = 2168,
    TERTIAL_MONTHS = 4,
    PLACE_LETTERS = 28,
    TITLE_LETTERS = 20,
    NOTE_BYTES = 64
};

const char *const words_figure_sum[] = {"held",     "cancelled", "unsaid",  "recorded",
                                        "expected", "known",     "present", "no-show"};
const char *const words_figure_status[] = {"planned", "held", "cancelled", NULL};

uint64_t figure_sum(const struct store_figure_sums *s, unsigned i)
{
    const uint64_t all[FIGURE_SUMS] = {s->held,     s->cancelled, s->unsaid,  s->recorded,
                                       s->expected, s->known,     s->present, s->no_show};
    return all[i];
}

/* ---- days: a month, or a tertial of four */

static int32_t first_of(unsigned year, unsigned month)
{
    char text[VALUE_TIME_BYTES];
    int32_t day = INT32_MIN;
    int n = snprintf(text, sizeof text, "%04u-%02u-01", year, month);
    return args_day(text, (size_t)n, &day) ? INT32_MIN : day;
}

/* "2026-10": year and a number from 1 to ${max} of one or two digits. */
static bool year_read(const char *word, unsigned max, unsigned *year, unsigned *number)
{
    char digits[8];
    uint64_t y, n;
    size_t len = strlen(word);
    if (len < 6 || len > 7 || word[4] != '-')
        return false;
    snprintf(digits, sizeof digits, "%.4s", word);
    if (args_number(digits, 1971, YEAR_MAX, &y) || args_number(word + 5, 1, max, &n))
        return false;
    *year = (unsigned)y;
    *number = (unsigned)n;
    return true;
}

static void days_of(unsigned year, unsigned month, unsigned months, struct store_figure *f)
{
    unsigned after = month + months;
    f->first_day = first_of(year, month);
    f->last_day = first_of(after > MONTHS ? year + 1 : year, after > MONTHS ? after - MONTHS : after) - 1;
}

static int days_read(struct verb_context *v, struct store_figure *f)
{
    const char *month = args_get(&v->args, "month"), *tertial = args_get(&v->args, "tertial");
    unsigned year = 0, number = 0;
    bool good = !month != !tertial;
    if (good && month && (good = year_read(month, MONTHS, &year, &number)))
        days_of(year, number, 1, f);
    if (good && tertial && (good = year_read(tertial, MONTHS / TERTIAL_MONTHS, &year, &number)))
        days_of(year, (number - 1) * TERTIAL_MONTHS + 1, TERTIAL_MONTHS, f);
    if (!good) {
        verb_refuse(v, SAM_TEXT_FROZEN_WHEN);
        return VERB_USAGE;
    }
    return f->first_day > author_today(v) ? verb_refuse(v, SAM_TEXT_FROZEN_AHEAD) : VERB_OK;
}

void figure_period(const struct verb_context *v, const struct store_figure *f, char out[VALUE_BYTES_MAX])
{
    char first[VALUE_TIME_BYTES], last[VALUE_TIME_BYTES];
    unsigned year = 0, month = 0;
    struct store_figure whole;
    value_day_iso(f->first_day, first);
    value_day_iso(f->last_day, last);
    first[7] = 0; /* 2026-10 */
    bool good = year_read(first, MONTHS, &year, &month);
    first[7] = '-';
    days_of(year, month, 1, &whole);
    if (good && f->first_day == whole.first_day && f->last_day == whole.last_day) {
        snprintf(out, VALUE_BYTES_MAX, "%s %u", sam_text_of(v->lang, SAM_TEXT_SET_MONTH, (int)month - 1), year);
        return;
    }
    days_of(year, month, TERTIAL_MONTHS, &whole);
    if (good && f->first_day == whole.first_day && f->last_day == whole.last_day && month % TERTIAL_MONTHS == 1)
        value_say(out, VALUE_BYTES_MAX, v->lang, SAM_TEXT_FROZEN_TERTIAL, (int)(month / TERTIAL_MONTHS) + 1, (int)year);
    else
        snprintf(out, VALUE_BYTES_MAX, "%s – %s", first, last);
}

/* ---- clinic or group */

static int where_read(struct verb_context *v, struct store_figure *f)
{
    const char *clinic = args_get(&v->args, "clinic"), *group = args_get(&v->args, "group");
    if (!clinic == !group) {
        verb_refuse(v, SAM_TEXT_FROZEN_WHERE);
        return VERB_USAGE;
    }
    if (clinic)
        return author_clinic(v, clinic, &f->org);
    int err = author_group(v, group, &f->group);
    f->org = err ? 0 : value_clinic_of(v, f->group);
    if (err || f->org)
        return err;
    char shown[WORD_SHOWN + 1];
    snprintf(shown, sizeof shown, "%s", group);
    return verb_refuse(v, SAM_TEXT_FROZEN_NO_GROUP_CLINIC, shown);
}

void figure_place(struct verb_context *v, const struct store_figure *f, char out[VALUE_BYTES_MAX])
{
    char clinic[SAM_NAME_BYTES_MAX + 1], group[SAM_NAME_BYTES_MAX + 1];
    author_name(v, SAM_ORG_UNIT, f->org, SAM_ORG_UNIT_name, clinic, sizeof clinic);
    author_name(v, SAM_GROUP, f->group, SAM_GROUP_name, group, sizeof group);
    if (f->group)
        value_say(out, VALUE_BYTES_MAX, v->lang, SAM_TEXT_FROZEN_PLACE, clinic, group);
    else
        snprintf(out, VALUE_BYTES_MAX, "%s", clinic);
}

/* ---- freezing */

/* What the audit log says of it. */
static void note_set(struct verb_context *v, uint64_t no)
{
    char *note = malloc(NOTE_BYTES);
    if (!note)
        return;
    snprintf(note, NOTE_BYTES, "figure=%llu", (unsigned long long)no);
    v->mem = note;
    v->mem_free = free;
    v->note = note;
}

static int title_read(struct verb_context *v, struct store_figure *f)
{
    const char *title = args_get(&v->args, "title");
    struct sam_span text = {(const uint8_t *)title, title ? strlen(title) : 0};
    if (text.len > STORE_FIGURE_TEXT_BYTES_MAX)
        return verb_refuse(v, SAM_TEXT_ADM_TEXT_LONG, "title", (int)STORE_FIGURE_TEXT_BYTES_MAX);
    if (!sam_text_ok(text)) {
        verb_refuse(v, SAM_TEXT_ACCESS_REASON_SIGNS);
        return VERB_USAGE;
    }
    snprintf(f->title, sizeof f->title, "%s", title ? title : "");
    return VERB_OK;
}

int verb_figure_freeze(struct verb_context *v)
{
    struct store_figure f = {.no = 0};
    char actor[ACCESS_ACTOR_BYTES], place[VALUE_BYTES_MAX], period[VALUE_BYTES_MAX];
    int err = where_read(v, &f);
    if (!err)
        err = days_read(v, &f);
    if (!err)
        err = title_read(v, &f);
    if (err)
        return err;
    access_actor(v, actor, sizeof actor);
    err = figure_freeze(v->in, actor, &f);
    if (err == SAM_ETOOBIG)
        return verb_refuse(v, SAM_TEXT_FROZEN_MANY, (int)FIGURE_SESSIONS_MAX);
    if (err)
        return err;
    note_set(v, f.no);
    figure_place(v, &f, place);
    figure_period(v, &f, period);
    report_num(&v->report, "no", (int64_t)f.no);
    report_num(&v->report, "csn", (int64_t)f.csn);
    for (unsigned i = 0; i < FIGURE_SUMS; i++)
        report_num(&v->report, words_figure_sum[i], (int64_t)figure_sum(&f.sums, i));
    report_tell(&v->report, SAM_TEXT_FROZEN_IS, (unsigned long long)f.no, place, period, (unsigned long long)f.no);
    return VERB_OK;
}

/* ---- looking */

int figure_read(struct verb_context *v, struct store_figure *f)
{
    char shown[WORD_SHOWN + 1];
    uint64_t no;
    *f = (struct store_figure){.no = 0};
    snprintf(shown, sizeof shown, "%s", v->args.pos[0]);
    int err = args_number(v->args.pos[0], 1, INT64_MAX, &no) ? SAM_ENOTFOUND : store_figure_get(v->st, no, f);
    return err == SAM_ENOTFOUND ? verb_refuse(v, SAM_TEXT_FROZEN_NO_SUCH, shown) : err;
}

static void head_json(struct verb_context *v, const struct store_figure *f)
{
    struct report *r = &v->report;
    char name[SAM_NAME_BYTES_MAX + 1], day[VALUE_TIME_BYTES];
    report_num(r, "no", (int64_t)f->no);
    report_num(r, "clinic_id", (int64_t)f->org);
    author_name(v, SAM_ORG_UNIT, f->org, SAM_ORG_UNIT_name, name, sizeof name);
    report_text(r, "clinic", name);
    report_num(r, "group_id", (int64_t)f->group);
    author_name(v, SAM_GROUP, f->group, SAM_GROUP_name, name, sizeof name);
    report_text(r, "group", name);
    value_day_iso(f->first_day, day);
    report_text(r, "first", day);
    value_day_iso(f->last_day, day);
    report_text(r, "last", day);
    report_text(r, "title", f->title);
    report_num(r, "made_s", f->made_s);
    report_text(r, "made_by", f->made_by);
    report_num(r, "csn", (int64_t)f->csn);
    report_num(r, "withdrawn_s", f->withdrawn_s);
    report_text(r, "withdrawn_by", f->withdrawn_by);
    report_text(r, "withdrawn_why", f->withdrawn_why);
}

void figure_head_say(struct verb_context *v, const struct store_figure *f)
{
    char place[VALUE_BYTES_MAX], period[VALUE_BYTES_MAX], at[VALUE_TIME_BYTES];
    head_json(v, f);
    figure_place(v, f, place);
    figure_period(v, f, period);
    report_tell(&v->report, SAM_TEXT_FROZEN_HEAD, (unsigned long long)f->no, place, period);
    if (f->title[0])
        report_say(&v->report, "%s\n", f->title);
    value_time(v, f->made_s, at);
    report_tell(&v->report, SAM_TEXT_FROZEN_MADE, at, f->made_by);
    value_time(v, f->withdrawn_s, at);
    if (f->withdrawn_s)
        report_tell(&v->report, SAM_TEXT_FROZEN_WITHDRAWN, at, f->withdrawn_by, f->withdrawn_why);
}

static void list_row(struct verb_context *v, const struct store_figure *f)
{
    struct report *r = &v->report;
    char place[VALUE_BYTES_MAX], period[VALUE_BYTES_MAX], at[VALUE_TIME_BYTES], cut[VALUE_BYTES_MAX];
    figure_place(v, f, place);
    figure_period(v, f, period);
    value_time(v, f->made_s, at);
    report_cell_num(r, (int64_t)f->no);
    value_cut(cut, sizeof cut, place, r->json ? VALUE_BYTES_MAX : PLACE_LETTERS);
    report_cell_str(r, cut);
    report_cell_str(r, period);
    if (r->json)
        report_cell_num(r, f->made_s);
    else
        report_cell_str(r, at);
    report_cell_num(r, (int64_t)f->sums.held);
    report_cell_num(r, (int64_t)f->sums.present);
    report_cell_word(r, f->withdrawn_s ? "withdrawn" : "",
                     f->withdrawn_s ? sam_text(v->lang, SAM_TEXT_FROZEN_WITHDRAWN_MARK) : "");
    value_cut(cut, sizeof cut, f->title, r->json ? VALUE_BYTES_MAX : TITLE_LETTERS);
    report_cell_str(r, cut);
}

int verb_figure_list(struct verb_context *v)
{
    static const struct report_column columns[] = {
        {"no", SAM_TEXT_COL_NO},         {"place", SAM_TEXT_COL_CLINIC},    {"period", SAM_TEXT_COL_PERIOD},
        {"made_s", SAM_TEXT_COL_FROZEN}, {"held", SAM_TEXT_COL_SHOWN_HELD}, {"present", SAM_TEXT_COL_SHOWN_PRESENT},
        {"state", SAM_TEXT_COL_STATE},   {"title", SAM_TEXT_COL_TITLE}};
    struct store_figure f = {.no = STORE_NOW};
    int err;
    report_table(&v->report, columns, sizeof columns / sizeof *columns);
    while ((err = store_figure_before(v->st, f.no, &f)) == 0)
        list_row(v, &f);
    if (err != SAM_ENOTFOUND)
        return err;
    report_table_end(&v->report);
    return VERB_OK;
}

static int session_row(void *ctx, const struct store_turnout *t)
{
    struct verb_context *v = ctx;
    struct report *r = &v->report;
    char day[VALUE_TIME_BYTES], group[SAM_NAME_BYTES_MAX + 1];
    author_name(v, SAM_GROUP, t->group, SAM_GROUP_name, group, sizeof group);
    if (r->json)
        value_day_iso(t->day, day);
    else
        value_day(v, t->day, day);
    report_cell_num(r, (int64_t)t->session);
    report_cell_num(r, (int64_t)t->group);
    report_cell_str(r, group);
    report_cell_str(r, day);
    report_cell_str(r, word_of(words_figure_status, t->status));
    report_cell_num(r, t->enrolled);
    report_cell_num(r, t->unknown);
    report_cell_num(r, t->present);
    report_cell_num(r, t->notified);
    report_cell_num(r, t->no_show);
    report_cell_num(r, t->not_expected);
    report_say(r, "  %s, %s: %s %u, %s %u\n", group, day, sam_text(v->lang, SAM_TEXT_FROZEN_PRESENT), t->present,
               sam_text(v->lang, SAM_TEXT_FROZEN_NO_SHOW), t->no_show);
    return 0;
}

int verb_figure_show(struct verb_context *v)
{
    static const struct report_column columns[] = {
        {"session", SAM_TEXT_COL_SEQ}, {"group_id", SAM_TEXT_COL_SEQ},    {"group", SAM_TEXT_COL_SEQ},
        {"day", SAM_TEXT_COL_SEQ},     {"status", SAM_TEXT_COL_SEQ},      {"enrolled", SAM_TEXT_COL_SEQ},
        {"unknown", SAM_TEXT_COL_SEQ}, {"present", SAM_TEXT_COL_SEQ},     {"notified", SAM_TEXT_COL_SEQ},
        {"no_show", SAM_TEXT_COL_SEQ}, {"not_expected", SAM_TEXT_COL_SEQ}};
    struct store_figure f;
    int err = figure_read(v, &f);
    if (err)
        return err;
    figure_head_say(v, &f);
    for (unsigned i = 0; i < FIGURE_SUMS; i++)
        report_row_num(&v->report, words_figure_sum[i], (enum sam_text_id)(SAM_TEXT_FROZEN_HELD + (int)i),
                       (int64_t)figure_sum(&f.sums, i));
    report_list(&v->report, "sessions", columns, sizeof columns / sizeof *columns);
    err = store_figure_session_each(v->st, f.no, session_row, v);
    report_table_end(&v->report);
    return err;
}

int verb_figure_withdraw(struct verb_context *v)
{
    struct store_figure f;
    char actor[ACCESS_ACTOR_BYTES];
    int err = access_reason_check(v, true);
    if (!err)
        err = figure_read(v, &f);
    if (err)
        return err;
    access_actor(v, actor, sizeof actor);
    err = figure_withdraw(v->in, actor, f.no, args_get(&v->args, "reason"));
    if (err == SAM_ESTATE)
        return verb_refuse(v, SAM_TEXT_FROZEN_GONE_ALREADY, (unsigned long long)f.no);
    if (err)
        return err;
    report_num(&v->report, "no", (int64_t)f.no);
    report_text(&v->report, "state", "withdrawn");
    report_tell(&v->report, SAM_TEXT_FROZEN_IS_WITHDRAWN, (unsigned long long)f.no);
    return VERB_OK;
}
