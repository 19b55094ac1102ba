/* Who saw what of whom: the access log as it is read. */
#include "proto/base/err.h"
#include "server/admin/access.h"
#include "server/admin/access_find.h"
#include "server/admin/author.h"
#include "server/intake/people.h"
#include "server/admin/value.h"

#include <stdio.h>
#include <string.h>

enum { LINES_LAST = 100, LINES_MAX = 100000, DAY_S = 86400 };

struct asked {
    const char *user; /* part of who it was; NULL: anybody */
    int64_t since_s;  /* 0: ever */
    bool person;      /* of these people only */
    struct people people;
};

static bool wanted(const struct asked *q, const struct store_access *a)
{
    if (a->at_s < q->since_s || (q->user && !strstr(a->actor, q->user)))
        return false;
    return !q->person || a->participant ||
           (a->count && strcmp(a->resource, "sessions") != 0); /* that list holds nobody */
}

/* "Deltaker 003", "list of Monday group, 12 rows" */
static void whom_text(struct verb_context *v, const struct store_access *a, char out[VALUE_BYTES_MAX])
{
    char name[SAM_NAME_BYTES_MAX + 1] = "";
    if (a->participant) {
        author_name(v, SAM_PARTICIPANT, a->participant, SAM_PARTICIPANT_name, name, sizeof name);
        snprintf(out, VALUE_BYTES_MAX, "%llu %s", (unsigned long long)a->participant, name);
        return;
    }
    if (a->group)
        author_name(v, SAM_GROUP, a->group, SAM_GROUP_name, name, sizeof name);
    value_say(out, VALUE_BYTES_MAX, v->lang, a->group ? SAM_TEXT_ACCESS_LIST_GROUP : SAM_TEXT_ACCESS_LIST_ALL,
              (unsigned long long)a->count, name);
}

static void cell(struct report *r, const char *text)
{
    report_cell_text(r, text, strlen(text));
}

/* "tablet 2, 2026-11-22 10:03, without contact"; "": at the centre */
static void tablet_text(struct verb_context *v, const struct store_access *a, char out[VALUE_BYTES_MAX])
{
    char when[VALUE_TIME_BYTES];
    value_time(v, a->claimed_s, when);
    out[0] = 0;
    if (a->csn)
        value_say(out, VALUE_BYTES_MAX, v->lang, a->offline ? SAM_TEXT_ACCESS_TABLET_OFFLINE : SAM_TEXT_ACCESS_TABLET,
                  (unsigned long long)a->device_no, when);
}

static void line_people(struct verb_context *v, const struct store_access *a)
{
    struct report *r = &v->report;
    char when[VALUE_TIME_BYTES], whom[VALUE_BYTES_MAX], actor[VALUE_BYTES_MAX], resource[VALUE_BYTES_MAX],
        purpose[VALUE_BYTES_MAX], tablet[VALUE_BYTES_MAX];
    bool nobody = a->csn && !a->user_id;
    const char *who = nobody ? sam_text(v->lang, SAM_TEXT_ACCESS_NOBODY) : a->actor;
    snprintf(actor, sizeof actor, "%s", who); /* borrowed: a name is looked up below */
    snprintf(resource, sizeof resource, "%s", access_resource_text(v->lang, a->resource));
    snprintf(purpose, sizeof purpose, "%s", a->csn ? access_purpose_text(v->lang, a->purpose) : a->purpose);
    tablet_text(v, a, tablet);
    value_time(v, a->at_s, when);
    whom_text(v, a, whom);
    report_cell_num(r, (int64_t)a->audit_no);
    cell(r, when);
    cell(r, actor);
    cell(r, access_action_text(v->lang, a->action));
    cell(r, resource);
    cell(r, whom);
    cell(r, purpose);
    cell(r, tablet);
}

static void line_json(struct verb_context *v, const struct store_access *a)
{
    struct report *r = &v->report;
    report_cell_num(r, (int64_t)a->audit_no);
    report_cell_num(r, a->at_s);
    report_cell_num(r, (int64_t)a->user_id);
    cell(r, a->actor);
    report_cell_num(r, (int64_t)a->device_no);
    cell(r, access_action_text(SAM_LANG_EN, a->action));
    cell(r, a->resource);
    report_cell_num(r, (int64_t)a->participant);
    report_cell_num(r, (int64_t)a->group);
    report_cell_num(r, (int64_t)a->count);
    cell(r, a->purpose);
    report_cell_num(r, a->offline);
    report_cell_num(r, a->claimed_s);
    report_cell_num(r, (int64_t)a->csn);
}

/* For a page about one person, who is named nowhere in it: words, and of a list the group's name. */
static void line_page(struct verb_context *v, const struct store_access *a)
{
    struct report *r = &v->report;
    char list[VALUE_BYTES_MAX] = "", actor[VALUE_BYTES_MAX], resource[VALUE_BYTES_MAX], purpose[VALUE_BYTES_MAX];
    snprintf(actor, sizeof actor, "%s",
             a->csn && !a->user_id ? "" : a->actor); /* borrowed: a name is looked up below */
    snprintf(resource, sizeof resource, "%s", access_resource_text(v->lang, a->resource));
    snprintf(purpose, sizeof purpose, "%s", a->csn ? access_purpose_text(v->lang, a->purpose) : a->purpose);
    if (!a->participant)
        whom_text(v, a, list);
    report_cell_num(r, (int64_t)a->audit_no);
    report_cell_num(r, a->at_s);
    cell(r, actor);
    cell(r, access_action_text(v->lang, a->action));
    cell(r, resource);
    cell(r, list);
    cell(r, purpose);
    report_cell_num(r, a->csn ? (int64_t)a->device_no : 0);
    report_cell_num(r, a->offline);
    report_cell_num(r, a->claimed_s);
}

static void line_say(struct verb_context *v, const struct store_access *a)
{
    if (v->report.page)
        line_page(v, a);
    else if (v->report.json)
        line_json(v, a);
    else
        line_people(v, a);
}

void access_table(struct verb_context *v, const char *name)
{
    static const struct report_column people[] = {
        {"no", SAM_TEXT_COL_SEQ},          {"when", SAM_TEXT_COL_WHEN},       {"who", SAM_TEXT_COL_ACTOR},
        {"action", SAM_TEXT_COL_DID},      {"resource", SAM_TEXT_COL_WHAT},   {"whom", SAM_TEXT_COL_PERSON},
        {"purpose", SAM_TEXT_COL_PURPOSE}, {"tablet", SAM_TEXT_COL_ON_TABLET}};
    static const struct report_column json[] = {{"no", SAM_TEXT_COL_SEQ},          {"at_s", SAM_TEXT_COL_WHEN},
                                                {"user_id", SAM_TEXT_COL_ACTOR},   {"actor", SAM_TEXT_COL_ACTOR},
                                                {"device_no", SAM_TEXT_COL_ACTOR}, {"action", SAM_TEXT_COL_DID},
                                                {"resource", SAM_TEXT_COL_WHAT},   {"participant", SAM_TEXT_COL_PERSON},
                                                {"group", SAM_TEXT_COL_GROUP},     {"count", SAM_TEXT_COL_SEQ},
                                                {"purpose", SAM_TEXT_COL_PURPOSE}, {"offline", SAM_TEXT_COL_STATE},
                                                {"claimed_s", SAM_TEXT_COL_WHEN},  {"csn", SAM_TEXT_COL_SEQ}};
    static const struct report_column page[] = {{"no", SAM_TEXT_COL_SEQ},        {"at_s", SAM_TEXT_COL_WHEN},
                                                {"who", SAM_TEXT_COL_ACTOR},     {"action", SAM_TEXT_COL_DID},
                                                {"what", SAM_TEXT_COL_WHAT},     {"list", SAM_TEXT_COL_PERSON},
                                                {"why", SAM_TEXT_COL_PURPOSE},   {"device_no", SAM_TEXT_COL_ON_TABLET},
                                                {"offline", SAM_TEXT_COL_STATE}, {"claimed_s", SAM_TEXT_COL_WHEN}};
    if (v->report.page)
        report_list(&v->report, name ? name : "lines", page, sizeof page / sizeof *page);
    else if (v->report.json && name)
        report_list(&v->report, name, json, sizeof json / sizeof *json);
    else if (v->report.json)
        report_table(&v->report, json, sizeof json / sizeof *json);
    else
        report_table(&v->report, people, sizeof people / sizeof *people);
}

enum { NAMED, LISTED, KINDS };

struct reading {
    struct verb_context *v;
    const struct asked *q;
    bool show;
    uint64_t
        last; /* of what is asked about a person so many of each kind: lists of others push out no line about oneself */
    uint64_t all[KINDS], count[KINDS]; /* lines that name somebody, and lists */
};

static void line(struct reading *r, const struct store_access *a)
{
    if (!wanted(r->q, a))
        return;
    unsigned kind = r->q->person && !a->participant ? LISTED : NAMED;
    if (r->show && r->count[kind] + r->last >= r->all[kind])
        line_say(r->v, a);
    r->count[kind]++;
}

static int each_found(struct reading *r)
{
    struct access_places found;
    struct store_access a;
    int err = access_find(r->v, &r->q->people, &found);
    for (size_t i = 0; !err && i < found.count; i++) {
        err = store_access_next(r->v->st, found.place[i].audit_no, found.place[i].part - 1, &a);
        if (!err)
            line(r, &a);
    }
    access_places_fini(&found);
    return err == SAM_ENOTFOUND ? SAM_ECORRUPT : err;
}

static int each_line(struct reading *r)
{
    struct store_access a = {0};
    int err;
    while ((err = store_access_next(r->v->st, a.audit_no, a.part, &a)) == 0)
        line(r, &a);
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* Rows that are wanted: how many of each kind there are, and then, where they are to be shown, the last of each. */
static int each(struct reading *r)
{
    memset(r->count, 0, sizeof r->count);
    int err = r->q->person ? each_found(r) : each_line(r);
    memcpy(r->all, r->count, sizeof r->all);
    return err;
}

int access_lines(struct verb_context *v, const struct people *people, uint64_t *count)
{
    const struct asked q = {.person = true, .people = *people};
    struct reading r = {.v = v, .q = &q, .show = true, .last = UINT64_MAX / 2};
    int err = each(&r);
    *count = r.count[NAMED] + r.count[LISTED];
    return err;
}

int verb_access_list(struct verb_context *v)
{
    struct asked q = {.user = args_get(&v->args, "user")};
    const char *word = args_get(&v->args, "participant");
    uint64_t last = LINES_LAST, count, shown, person = 0;
    int32_t since = 0;
    if (args_date(&v->args, "since", &since) || args_uint(&v->args, "last", 1, LINES_MAX, &last))
        return verb_usage(v);
    if (args_has(&v->args, "since"))
        q.since_s = (int64_t)since * DAY_S;
    q.person = word != NULL;
    int err = word ? author_participant(v, word, &person) : 0;
    if (!err && word)
        err = people_of(v->st, person, &q.people);
    struct reading r = {.v = v, .q = &q, .last = last};
    if (!err)
        err = each(&r);
    if (err)
        return err;
    count = r.all[NAMED] + r.all[LISTED];
    shown = (r.all[NAMED] < last ? r.all[NAMED] : last) + (r.all[LISTED] < last ? r.all[LISTED] : last);
    if (v->report.page)
        report_num(&v->report, "count", (int64_t)count);
    access_table(v, NULL);
    r.show = true;
    err = each(&r);
    if (err)
        return err;
    report_table_end(&v->report);
    if (count > shown)
        report_tell(&v->report, SAM_TEXT_ACCESS_MORE, (unsigned long long)(count - shown));
    if (word)
        access_person(v, person);
    else
        access_list(v, 0, shown);
    return VERB_OK;
}
