/* Somebody goes over from one group to another. The enrolment here ends, the one there begins, in one transaction; what hangs on the
 * person comes along by itself, because it stands where the person does. Moving back undoes it. */
#include "proto/base/err.h"
#include "proto/model/completion.h"
#include "proto/model/rule.h"
#include "server/admin/access.h"
#include "server/admin/author.h"
#include "server/admin/value.h"

#include <stdio.h>
#include <string.h>

struct moving {
    struct verb_context *v;
    uint64_t person, from, to; /* person: as whom they are shown */
    int32_t day;               /* the first one there */
    struct store_row was;      /* the enrolment that ends; has no text */
    char name[SAM_NAME_BYTES_MAX + 1], there[SAM_NAME_BYTES_MAX + 1], here[SAM_NAME_BYTES_MAX + 1];
};

/* ---- may it be */

static int enrolment_find(struct moving *m)
{
    struct verb_context *v = m->v;
    struct sam_key key = {.entity = SAM_ENROLMENT, .part = {m->to, m->person}};
    struct store_row there;
    int err = store_row_get(v->st, &key, &there);
    if (err)
        return err;
    if (there.exists && there.dead <= 0 &&
        sam_completion_goes_on((unsigned)sam_row_num(&there.row, SAM_ENROLMENT_status)))
        return verb_refuse(v, SAM_TEXT_MOVE_THERE, m->name, m->there);
    key.part[0] = m->from;
    err = store_row_get(v->st, &key, &m->was);
    if (err)
        return err;
    if (!m->was.exists || m->was.dead > 0 ||
        !sam_completion_goes_on((unsigned)sam_row_num(&m->was.row, SAM_ENROLMENT_status)))
        return verb_refuse(v, SAM_TEXT_MOVE_NOT_HERE, m->name, m->here);
    return VERB_OK;
}

/* Somebody who was there on the day, or after, has not left the day before: nothing that was attended falls out of the count. */
static int attended_after(struct moving *m)
{
    struct store *st = m->v->st;
    int32_t day = m->day;
    uint64_t session = 0;
    struct store_row row;
    char when[VALUE_TIME_BYTES];
    int err;
    while ((err = store_session_next(st, m->from, &day, &session, INT32_MAX)) == 0) {
        struct sam_key key = {.entity = SAM_ATTENDANCE, .part = {session, m->person}};
        err = store_row_get(st, &key, &row);
        if (err)
            return err;
        value_day_iso(day, when);
        if (row.exists && row.dead <= 0 && sam_rule_present(&row.row))
            return verb_refuse(m->v, SAM_TEXT_MOVE_ATTENDED, m->name, m->here, when);
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int words_read(struct moving *m)
{
    struct verb_context *v = m->v;
    const char *from = args_get(&v->args, "from"), *to = args_get(&v->args, "to");
    m->day = author_today(v);
    if (!from || !to || args_date(&v->args, "date", &m->day))
        return verb_usage(v);
    int err = author_participant(v, v->args.pos[0], &m->person);
    if (!err)
        err = people_root(v->st, m->person, &m->person);
    if (!err)
        err = author_group(v, from, &m->from);
    if (!err)
        err = author_group(v, to, &m->to);
    if (err)
        return err;
    author_name(v, SAM_PARTICIPANT, m->person, SAM_PARTICIPANT_name, m->name, sizeof m->name);
    author_name(v, SAM_GROUP, m->from, SAM_GROUP_name, m->here, sizeof m->here);
    author_name(v, SAM_GROUP, m->to, SAM_GROUP_name, m->there, sizeof m->there);
    if (m->from == m->to)
        return verb_refuse(v, SAM_TEXT_MOVE_THERE, m->name, m->there);
    err = enrolment_find(m);
    return err ? err : attended_after(m);
}

/* ---- what follows */

static int hung_count(struct moving *m, uint8_t entity, uint64_t person, unsigned *count)
{
    struct sam_key key, *after = NULL;
    struct store_row row;
    int err;
    while ((err = store_hung_next(m->v->st, entity, person, after, &key)) == 0) {
        after = &key;
        err = store_row_get(m->v->st, &key, &row);
        if (err)
            return err;
        *count += row.exists && row.dead <= 0;
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int follows(struct moving *m)
{
    static const struct {
        uint8_t entity;
        const char *name;
        enum sam_text_id shown;
    } what[] = {{SAM_SCORE_RESPONSE, "forms", SAM_TEXT_FOLLOWS_FORMS},
                {SAM_NOTE, "notes", SAM_TEXT_FOLLOWS_NOTES},
                {SAM_CONTACT, "contacts", SAM_TEXT_FOLLOWS_CONTACTS},
                {SAM_WORK_STATUS, "work_status", SAM_TEXT_FOLLOWS_WORK},
                {SAM_PSFS_ACTIVITY, "activities", SAM_TEXT_FOLLOWS_ACTIVITIES},
                {SAM_CONSENT, "consents", SAM_TEXT_FOLLOWS_CONSENTS},
                {SAM_EPISODE, "episodes", SAM_TEXT_FOLLOWS_EPISODES}};
    struct people people;
    char list[VALUE_BYTES_MAX] = "", one[VALUE_TIME_BYTES];
    int err = people_of(m->v->st, m->person, &people);
    for (unsigned i = 0; !err && i < sizeof what / sizeof *what; i++) {
        unsigned count = 0;
        for (unsigned k = 0; !err && k < people.count; k++)
            err = hung_count(m, what[i].entity, people.id[k], &count);
        report_num(&m->v->report, what[i].name, count);
        value_say(one, sizeof one, m->v->lang, what[i].shown, (int)count);
        if (count)
            value_join(list, sizeof list, ", ", one);
    }
    if (!err && list[0])
        report_tell(&m->v->report, SAM_TEXT_MOVE_FOLLOWS, list);
    return err;
}

/* ---- the move */

static int move(struct moving *m)
{
    const struct sam_row *was = &m->was.row;
    struct author_enrolment in = {.group = m->to,
                                  .participant = m->person,
                                  .planned = (uint64_t)sam_row_num(was, SAM_ENROLMENT_planned_sessions),
                                  .episode = (uint64_t)sam_row_num(was, SAM_ENROLMENT_episode),
                                  .has_status = true,
                                  .status = (uint64_t)sam_row_num(was, SAM_ENROLMENT_status)};
    enum { DISCONTINUED = 6 };
    struct author_enrolment out = {.group = m->from,
                                   .participant = m->person,
                                   .has_status = true,
                                   .status = DISCONTINUED,
                                   .has_end = true,
                                   .end = m->day - 1,
                                   .end_reason = SAM_END_MOVED};
    struct store_row there;
    struct sam_key key = {.entity = SAM_ENROLMENT, .part = {m->to, m->person}};
    int err = store_row_get(m->v->st, &key, &there);
    if (err)
        return err;
    /* whoever was there before goes on where they were */
    in.has_start = !there.exists || there.dead > 0 ||
                   !sam_completion_counts((unsigned)sam_row_num(&there.row, SAM_ENROLMENT_status));
    in.start = m->day;
    err = author_enrol(m->v, &in);
    return err ? err : author_enrol(m->v, &out);
}

int verb_participant_move(struct verb_context *v)
{
    struct moving m = {.v = v};
    bool preview = args_has(&v->args, "preview");
    char when[VALUE_TIME_BYTES];
    int err = words_read(&m);
    if (!err)
        err = follows(&m);
    if (!err && !preview)
        err = move(&m);
    if (err)
        return err;
    access_person(v, m.person);
    value_day_iso(m.day, when);
    report_num(&v->report, "participant", (int64_t)m.person);
    report_num(&v->report, "moved", !preview);
    report_text(&v->report, "first_day", when);
    if (!preview)
        report_num(&v->report, "csn", (int64_t)store_csn(v->st));
    report_tell(&v->report, preview ? SAM_TEXT_MOVE_PREVIEW : SAM_TEXT_MOVE_DONE, m.name, m.here, m.there, when);
    if (!sam_row_num(&m.was.row, SAM_ENROLMENT_episode))
        report_tell(&v->report, SAM_TEXT_MOVE_NO_EPISODE);
    return VERB_OK;
}
