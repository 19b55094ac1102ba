/* Erasing a person takes two: one asks and says why, another confirms (SECURITY: two-person rule for erase). Who they are, and when they
 * are two: server/admin/two.h. What is erased and what stays: server/intake/erase.c. */
#include "proto/base/err.h"
#include "proto/model/rule.h"
#include "server/admin/access.h"
#include "server/admin/author.h"
#include "server/admin/erase.h"
#include "server/admin/two.h"
#include "server/admin/value.h"
#include "server/store/erased.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REQUEST_DAYS = 30, DAY_S = 86400 };

/* Who is meant: by number also one of whom a walk-in is only shown as somebody else. */
static int person_read(struct verb_context *v, uint64_t *person)
{
    int err = author_participant(v, v->args.pos[0], person);
    return err ? err : people_root(v->st, *person, person);
}

int erase_known(struct verb_context *v, uint64_t person)
{
    uint64_t csn;
    char when[VALUE_TIME_BYTES];
    struct store_push p;
    int err = store_erased_person(v->st, person, &csn);
    if (err)
        return err == SAM_ENOTFOUND ? VERB_OK : err;
    err = store_push_at_csn(v->st, csn, &p);
    if (err)
        return err == SAM_ENOTFOUND ? SAM_ECORRUPT : err;
    value_day_iso((int32_t)(p.received_s / DAY_S), when);
    return verb_refuse(v, SAM_TEXT_ERASE_GONE, (unsigned long long)person, when);
}

/* By number: was that one erased before? */
static int gone_check(struct verb_context *v)
{
    uint64_t person;
    return args_number(v->args.pos[0], 1, INT64_MAX, &person) ? VERB_OK : erase_known(v, person);
}

static int request_find(struct verb_context *v, struct store_erase_request *r)
{
    uint64_t person;
    int err = gone_check(v);
    if (!err)
        err = person_read(v, &person);
    if (err)
        return err;
    err = store_erase_request_get(v->st, person, r);
    bool old = !err && r->at_s + (int64_t)REQUEST_DAYS * DAY_S < intake_now_s(v->in);
    if (err == SAM_ENOTFOUND || old)
        return verb_refuse(v, old ? SAM_TEXT_ERASE_OLD : SAM_TEXT_ERASE_NOT_ASKED, v->args.pos[0], (int)REQUEST_DAYS);
    return err;
}

/* ---- ask */

static int what_goes(struct verb_context *v, uint64_t person)
{
    struct people people;
    int err = people_of(v->st, person, &people);
    if (err)
        return err;
    struct intake_trace t = {.persons = people.count};
    memcpy(t.person, people.id, people.count * sizeof people.id[0]);
    err = intake_trace(v->st, &t);
    if (!err) {
        report_row_num(&v->report, "numbers", SAM_TEXT_ERASE_NUMBERS, people.count);
        report_row_num(&v->report, "ops", SAM_TEXT_ERASE_OPS, (int64_t)t.count);
        report_row_num(&v->report, "records", SAM_TEXT_ERASE_RECORDS, (int64_t)t.owns);
    }
    intake_trace_fini(&t);
    for (unsigned i = 0; !err && i < people.count; i++)
        access_person(v, people.id[i]);
    return err;
}

static void request_who(const struct two_who *who, struct store_erase_request *r)
{
    r->uid = who->uid;
    r->account = who->account;
    r->user_id = who->user_id;
    memcpy(r->login, who->login, sizeof r->login);
    memcpy(r->called, who->called, sizeof r->called);
}

int verb_erase(struct verb_context *v)
{
    struct store_erase_request r = {.at_s = intake_now_s(v->in)};
    struct two_who who;
    char name[SAM_NAME_BYTES_MAX + 1], home[VERB_HOME_BYTES_MAX];
    int err = access_reason_check(v, true);
    if (!err)
        err = gone_check(v);
    if (!err)
        err = person_read(v, &r.participant);
    if (err)
        return err;
    two_who(v, &who);
    if (!who.known)
        return verb_refuse(v, SAM_TEXT_ERASE_NOBODY);
    request_who(&who, &r);
    access_actor(v, r.actor, sizeof r.actor);
    snprintf(r.reason, sizeof r.reason, "%s", args_get(&v->args, "reason"));
    err = store_erase_request_put(v->st, &r);
    if (err)
        return err;
    author_name(v, SAM_PARTICIPANT, r.participant, SAM_PARTICIPANT_name, name, sizeof name);
    verb_home(v, home, sizeof home);
    report_num(&v->report, "participant", (int64_t)r.participant);
    report_tell(&v->report, SAM_TEXT_ERASE_ASKED, name, (unsigned long long)r.participant);
    err = what_goes(v, r.participant);
    report_tell(&v->report, SAM_TEXT_ERASE_NEXT, (unsigned long long)r.participant, home, (int)REQUEST_DAYS);
    return err;
}

/* ---- confirm */

static void rebuild_progress(struct verb_context *v, const struct intake_check *at)
{
    if (v->progress)
        v->progress(v->lang, at);
}

static int rebuild_told(void *ctx, const struct intake_check *at)
{
    rebuild_progress(ctx, at);
    return 0;
}

static int ruling_say(struct verb_context *v, const struct store_erase_request *r, uint64_t person)
{
    struct sam_op op;
    const struct sam_key key = {.entity = SAM_RULING, .part = {SAM_RULE_ERASE, person, person}};
    author_set(v, &op, &key);
    sam_row_set(&op.row, SAM_RULING_decision, SAM_DECISION_ERASE);
    author_text(&op, SAM_RULING_note, r->reason);
    return author_apply(v, &op);
}

/* Is whoever confirms another one than who asked? As a verb's result. */
static int second_check(struct verb_context *v, const struct store_erase_request *r)
{
    struct two_who now, first = {.known = true, .uid = r->uid, .account = r->account, .user_id = r->user_id};
    memcpy(first.login, r->login, sizeof first.login);
    memcpy(first.called, r->called, sizeof first.called);
    two_who(v, &now);
    if (!now.known)
        return verb_refuse(v, SAM_TEXT_ERASE_NOBODY);
    bool was = two_same(&first, &now); /* as it was when it was asked for, and as it is now */
    two_real(v, &first);
    return was || two_same(&first, &now) ? verb_refuse(v, SAM_TEXT_ERASE_SAME, r->actor) : VERB_OK;
}

int verb_erase_confirm(struct verb_context *v)
{
    struct store_erase_request r;
    const struct intake_found told = {.progress = rebuild_told, .ctx = v};
    struct people people = {.count = 0};
    int err = request_find(v, &r);
    if (err)
        return err;
    err = second_check(v, &r);
    if (err)
        return err;
    err = people_of(v->st, r.participant, &people);
    for (unsigned i = 0; !err && i < people.count; i++)
        err = ruling_say(v, &r, people.id[i]);
    if (!err)
        err = intake_erase_end(v->in, &told);
    report_live_end(v->progress != NULL);
    if (!err)
        err = store_erase_request_drop(v->st, r.participant);
    if (err)
        return err;
    for (unsigned i = 0; i < people.count; i++)
        access_person(v, people.id[i]);
    report_num(&v->report, "participant", (int64_t)r.participant);
    report_num(&v->report, "numbers", people.count);
    report_tell(&v->report, SAM_TEXT_ERASE_DONE, (unsigned long long)r.participant);
    report_tell(&v->report, SAM_TEXT_ERASE_STAYS);
    return VERB_OK;
}

/* ---- withdraw, list */

int verb_erase_withdraw(struct verb_context *v)
{
    struct store_erase_request r;
    int err = request_find(v, &r);
    if (!err)
        err = store_erase_request_drop(v->st, r.participant);
    if (err)
        return err;
    access_person(v, r.participant);
    report_num(&v->report, "participant", (int64_t)r.participant);
    report_tell(&v->report, SAM_TEXT_ERASE_WITHDRAWN, (unsigned long long)r.participant);
    return VERB_OK;
}

static void line_say(struct verb_context *v, uint64_t participant, int64_t at_s, bool done, const char *actor,
                     const char *reason)
{
    struct report *r = &v->report;
    char when[VALUE_TIME_BYTES];
    enum sam_text_id state = done ? SAM_TEXT_ERASE_IS_DONE : SAM_TEXT_ERASE_IS_ASKED;
    value_time(v, at_s, when);
    report_cell_num(r, (int64_t)participant);
    report_cell_word(r, done ? "erased" : "asked", sam_text(v->lang, state));
    report_cell_str(r, when);
    report_cell_str(r, actor);
    report_cell_str(r, reason);
}

static int requests_say(struct verb_context *v)
{
    struct store_erase_request r = {0};
    int err;
    while ((err = store_erase_request_next(v->st, r.participant, &r)) == 0) {
        line_say(v, r.participant, r.at_s, false, r.actor, r.reason);
        access_person(v, r.participant);
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int erased_say(struct verb_context *v)
{
    uint64_t person = 0, csn;
    int err;
    while ((err = store_erased_person_next(v->st, person, &person, &csn)) == 0) {
        const struct sam_key key = {.entity = SAM_RULING, .part = {SAM_RULE_ERASE, person, person}};
        struct store_row row;
        struct store_push p;
        char reason[STORE_ERASE_REASON_BYTES_MAX + 1] = "";
        err = store_row_get(v->st, &key, &row);
        if (!err && row.exists && sam_row_has(&row.row, SAM_RULING_note))
            snprintf(reason, sizeof reason, "%.*s", (int)row.row.val[SAM_RULING_note].text.len,
                     (const char *)row.row.val[SAM_RULING_note].text.ptr);
        if (!err)
            err = store_push_at_csn(v->st, csn, &p);
        if (err)
            return err == SAM_ENOTFOUND ? SAM_ECORRUPT : err;
        line_say(v, person, p.received_s, true, "", reason);
        access_person(v, person);
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

int verb_erase_list(struct verb_context *v)
{
    static const struct report_column columns[] = {{"participant", SAM_TEXT_COL_ID},
                                                   {"state", SAM_TEXT_COL_STATE},
                                                   {"at", SAM_TEXT_COL_WHEN},
                                                   {"asked_by", SAM_TEXT_COL_ACTOR},
                                                   {"reason", SAM_TEXT_COL_WHY}};
    report_table(&v->report, columns, sizeof columns / sizeof *columns);
    int err = requests_say(v);
    if (!err)
        err = erased_say(v);
    report_table_end(&v->report);
    if (!err && v->access_count == 0)
        access_list(v, 0, 0);
    return err;
}
