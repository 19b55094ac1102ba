/* Sessions: listing them, and cancelling one, or all that a clinic has planned for a day. What took place is not cancelled: that two
 * disagree about it is a case, and a case is decided as one. */
#include "proto/base/err.h"
#include "server/admin/author.h"
#include "server/admin/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REASON_MAX = 99, LIST_DAYS = 14, DAY_SESSIONS_MAX = 512, GROUP_LETTERS = 18, WORD_SHOWN = 40, NOTE_BYTES = 80 };

/* ---- the list */

struct listing {
    struct verb_context *v;
    bool unrecorded;
};

static int row_people(struct verb_context *v, const struct session *s)
{
    struct report *r = &v->report;
    char day[VALUE_TIME_BYTES], start[8], group[VALUE_BYTES_MAX];
    value_day_brief(v, s->day, day);
    session_time(s, start);
    value_cut(group, sizeof group, s->group_name, GROUP_LETTERS);
    report_cell_num(r, (int64_t)s->id);
    report_cell_str(r, day);
    report_cell_str(r, start);
    report_cell_str(r, group);
    report_cell_str(r, sam_text_of(v->lang, SAM_TEXT_SET_SESSION, (int)s->status));
    report_cell_num(r, (int64_t)s->marked);
    return 0;
}

static int row_json(struct verb_context *v, const struct session *s)
{
    struct report *r = &v->report;
    char day[VALUE_TIME_BYTES];
    value_day_iso(s->day, day);
    report_cell_num(r, (int64_t)s->id);
    report_cell_str(r, day);
    report_cell_num(r, s->start_min);
    report_cell_num(r, (int64_t)s->group);
    report_cell_str(r, s->group_name);
    report_cell_str(r, session_word(s));
    report_cell_num(r, s->reason);
    report_cell_num(r, s->planned);
    report_cell_num(r, (int64_t)s->people);
    report_cell_num(r, (int64_t)s->marked);
    report_cell_num(r, (int64_t)s->present);
    return 0;
}

static int list_each(void *ctx, const struct session *s)
{
    struct listing *l = ctx;
    if (l->unrecorded && (!session_unrecorded(s) || s->day > intake_now_s(l->v->in) / 86400))
        return 0;
    return l->v->report.json ? row_json(l->v, s) : row_people(l->v, s);
}

static int span_read(struct verb_context *v, struct session_span *span)
{
    const char *clinic = args_get(&v->args, "clinic"), *group = args_get(&v->args, "group");
    span->first_day = (int32_t)(intake_now_s(v->in) / 86400);
    if (args_date(&v->args, "from", &span->first_day))
        return verb_usage(v);
    span->last_day = span->first_day + LIST_DAYS - 1;
    if (args_date(&v->args, "to", &span->last_day))
        return verb_usage(v);
    if (span->last_day < span->first_day || span->last_day - span->first_day >= SESSION_DAYS_MAX)
        return verb_refuse(v, SAM_TEXT_SESSION_SPAN, SESSION_DAYS_MAX);
    int err = clinic ? author_clinic(v, clinic, &span->clinic) : VERB_OK;
    return !err && group ? author_group(v, group, &span->group) : err;
}

int verb_session_list(struct verb_context *v)
{
    static const struct report_column people[] = {{"id", SAM_TEXT_COL_ID},        {"day", SAM_TEXT_COL_DATE},
                                                  {"start", SAM_TEXT_COL_START},  {"group", SAM_TEXT_COL_GROUP},
                                                  {"status", SAM_TEXT_COL_STATE}, {"marked", SAM_TEXT_COL_MARKED}};
    static const struct report_column json[] = {
        {"id", SAM_TEXT_COL_ID},          {"day", SAM_TEXT_COL_DATE},      {"start_min", SAM_TEXT_COL_START},
        {"group_id", SAM_TEXT_COL_GROUP}, {"group", SAM_TEXT_COL_GROUP},   {"status", SAM_TEXT_COL_STATE},
        {"reason", SAM_TEXT_COL_STATE},   {"planned", SAM_TEXT_COL_STATE}, {"people", SAM_TEXT_COL_PERSONS},
        {"marked", SAM_TEXT_COL_MARKED},  {"present", SAM_TEXT_COL_MARKED}};
    struct listing l = {v, args_has(&v->args, "unrecorded")};
    struct session_span span = {0};
    int err = span_read(v, &span);
    if (err)
        return err;
    if (v->report.json)
        report_table(&v->report, json, sizeof json / sizeof *json);
    else
        report_table(&v->report, people, sizeof people / sizeof *people);
    err = session_each(v, &span, list_each, &l);
    if (!err)
        report_table_end(&v->report);
    return err;
}

/* ---- cancelling */

static int reason_read(struct verb_context *v, uint64_t *reason)
{
    if (args_uint(&v->args, "reason", 0, REASON_MAX, reason))
        return verb_usage(v);
    if (args_has(&v->args, "reason"))
        return VERB_OK;
    verb_refuse(v, SAM_TEXT_SESSION_REASON);
    return VERB_USAGE;
}

int verb_session_cancel(struct verb_context *v)
{
    struct session s;
    char shown[WORD_SHOWN + 1], day[VALUE_TIME_BYTES];
    uint64_t id, reason = 0;
    int err = reason_read(v, &reason);
    if (err)
        return err;
    snprintf(shown, sizeof shown, "%s", v->args.pos[0]);
    err = args_number(v->args.pos[0], 1, INT64_MAX, &id) ? SAM_ENOTFOUND : session_get(v, id, &s);
    if (err)
        return err == SAM_ENOTFOUND ? verb_refuse(v, SAM_TEXT_SESSION_NO_SUCH, shown) : err;
    if (s.status == SESSION_CANCELLED)
        return verb_refuse(v, SAM_TEXT_SESSION_ALREADY, (unsigned long long)id);
    if (s.held)
        return verb_refuse(v, SAM_TEXT_SESSION_TOOK_PLACE, (unsigned long long)id, (unsigned long long)s.present);
    err = session_cancel(v, &s, (uint32_t)reason);
    if (err)
        return err;
    value_day(v, s.day, day);
    report_num(&v->report, "session", (int64_t)id);
    report_text(&v->report, "status", "cancelled");
    report_num(&v->report, "reason", (int64_t)reason);
    report_tell(&v->report, SAM_TEXT_SESSION_IS_CANCELLED, (unsigned long long)id, s.group_name, day, (int)reason);
    return VERB_OK;
}

/* ---- after all */

static int restore(struct verb_context *v, const char *word)
{
    struct session s;
    char shown[WORD_SHOWN + 1], day[VALUE_TIME_BYTES];
    uint64_t id;
    snprintf(shown, sizeof shown, "%s", word);
    int err = args_number(word, 1, INT64_MAX, &id) ? SAM_ENOTFOUND : session_get(v, id, &s);
    if (err)
        return err == SAM_ENOTFOUND ? verb_refuse(v, SAM_TEXT_SESSION_NO_SUCH, shown) : err;
    if (s.status != SESSION_CANCELLED)
        return verb_refuse(v, SAM_TEXT_SESSION_STANDS, (unsigned long long)id);
    err = session_restore(v, &s);
    value_day(v, s.day, day);
    if (!err)
        report_tell(&v->report, SAM_TEXT_SESSION_IS_RESTORED, (unsigned long long)id, s.group_name, day);
    return err;
}

int verb_session_restore(struct verb_context *v)
{
    int err = VERB_OK;
    for (unsigned i = 0; i < v->args.pos_count && !err; i++)
        err = restore(v, v->args.pos[i]);
    if (!err)
        report_num(&v->report, "restored", v->args.pos_count);
    return err;
}

/* ---- a whole day */

struct day {
    struct verb_context *v;
    bool save;
    uint64_t reason;
    unsigned count, cancelled, people;
    char note[NOTE_BYTES]; /* for the audit log */
    struct session at[DAY_SESSIONS_MAX];
};

static int day_each(void *ctx, const struct session *s)
{
    struct day *d = ctx;
    if (d->count == DAY_SESSIONS_MAX)
        return SAM_ETOOBIG;
    d->at[d->count++] = *s;
    return 0;
}

/* Why a session stays as it is, for programs and for people; NULL: it is cancelled. */
static const char *left_why(const struct session *s, enum sam_text_id *text)
{
    const struct {
        bool so;
        const char *word;
        enum sam_text_id text;
    } why[] = {{s->status == SESSION_CANCELLED, "cancelled", SAM_TEXT_DAY_LEFT_CANCELLED},
               {s->held, "held", SAM_TEXT_DAY_LEFT_HELD},
               {!s->planned, "not-planned", SAM_TEXT_DAY_LEFT_EXTRA}};
    for (size_t i = 0; i < sizeof why / sizeof *why; i++)
        if (why[i].so) {
            *text = why[i].text;
            return why[i].word;
        }
    return NULL;
}

static void day_line(struct day *d, const struct session *s, const char *left, enum sam_text_id text)
{
    struct report *r = &d->v->report;
    char start[8];
    session_time(s, start);
    report_cell_num(r, (int64_t)s->id);
    report_cell_num(r, (int64_t)s->group);
    report_cell_str(r, s->group_name);
    report_cell_num(r, s->start_min);
    report_cell_num(r, (int64_t)s->people);
    report_cell_str(r, left ? left : "");
    report_say(r, "  %5s  %s", start, s->group_name);
    if (left)
        report_say(r, ": %s\n", sam_text(d->v->lang, text));
    else
        report_say(r, "\n");
}

static int day_cancel(struct day *d)
{
    static const struct report_column columns[] = {{"session", SAM_TEXT_COL_ID},     {"group_id", SAM_TEXT_COL_GROUP},
                                                   {"group", SAM_TEXT_COL_GROUP},    {"start_min", SAM_TEXT_COL_START},
                                                   {"people", SAM_TEXT_COL_PERSONS}, {"left", SAM_TEXT_COL_STATE}};
    report_list(&d->v->report, "sessions", columns, sizeof columns / sizeof *columns);
    for (unsigned i = 0; i < d->count; i++) {
        enum sam_text_id text = SAM_TEXT_DAY_LEFT_HELD;
        const char *left = left_why(&d->at[i], &text);
        int err = !left && d->save ? session_cancel(d->v, &d->at[i], (uint32_t)d->reason) : VERB_OK;
        if (err)
            return err;
        d->cancelled += !left;
        d->people += left ? 0 : (unsigned)d->at[i].people;
        day_line(d, &d->at[i], left, text);
    }
    report_table_end(&d->v->report);
    return VERB_OK;
}

static int day_run(struct day *d)
{
    struct verb_context *v = d->v;
    struct report *r = &v->report;
    struct session_span span = {0};
    char clinic[SAM_NAME_BYTES_MAX + 1], words[VALUE_TIME_BYTES], iso[VALUE_TIME_BYTES];
    int err = author_clinic(v, v->args.pos[0], &span.clinic);
    if (err)
        return err;
    if (args_day(v->args.pos[1], strlen(v->args.pos[1]), &span.first_day))
        return verb_usage(v);
    span.last_day = span.first_day;
    author_name(v, SAM_ORG_UNIT, span.clinic, SAM_ORG_UNIT_name, clinic, sizeof clinic);
    value_day(v, span.first_day, words);
    value_day_iso(span.first_day, iso);
    err = session_each(v, &span, day_each, d);
    if (err)
        return err;
    if (!d->count)
        return verb_refuse(v, SAM_TEXT_DAY_NONE, clinic, words);
    report_num(r, "saved", d->save);
    report_num(r, "clinic", (int64_t)span.clinic);
    report_text(r, "day", iso);
    report_num(r, "reason", (int64_t)d->reason);
    report_say(r, "%s, %s\n", clinic, words);
    err = day_cancel(d);
    if (err)
        return err;
    report_num(r, "cancelled", d->cancelled);
    report_tell(r, d->save ? SAM_TEXT_DAY_SAVED : SAM_TEXT_DAY_PREVIEW, (int)d->cancelled, (int)d->count,
                (int)d->people);
    snprintf(d->note, sizeof d->note, "clinic=%llu day=%s sessions=%u", (unsigned long long)span.clinic, iso,
             d->cancelled);
    v->note = d->note;
    return VERB_OK;
}

int verb_day_cancel(struct verb_context *v)
{
    uint64_t reason = 0;
    int err = reason_read(v, &reason);
    if (err)
        return err;
    struct day *d = calloc(1, sizeof *d);
    if (!d)
        return SAM_ENOMEM;
    v->mem = d; /* the note in it is read when the verb has run */
    v->mem_free = free;
    d->v = v;
    d->save = args_has(&v->args, "save");
    d->reason = reason;
    return day_run(d);
}
