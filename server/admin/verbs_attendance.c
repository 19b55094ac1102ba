/* What the centre says of somebody's attendance: an ordinary op, whose base is the page that was read. So what came meanwhile is not
 * overwritten unseen: both stand, and a person decides. */
#include "proto/base/err.h"
#include "proto/model/rule.h"
#include "server/admin/access.h"
#include "server/admin/author.h"
#include "server/admin/session.h"
#include "server/admin/value.h"

#include <stdio.h>
#include <string.h>

enum { UNKNOWN = 0, PRESENT = 1, TAPPED = 2, WORD_SHOWN = 40, UNIT_PRESENCE = 0 };

struct setting {
    struct verb_context *v;
    struct session session;
    uint64_t person, seen;
    struct store_row was;
    struct sam_op op;
    char name[SAM_NAME_BYTES_MAX + 1];
};

static int session_word_read(struct setting *s)
{
    const char *word = s->v->args.pos[0];
    char shown[WORD_SHOWN + 1];
    uint64_t id;
    snprintf(shown, sizeof shown, "%s", word);
    int err = args_number(word, 1, INT64_MAX, &id) ? SAM_ENOTFOUND : session_get(s->v, id, &s->session);
    return err == SAM_ENOTFOUND ? verb_refuse(s->v, SAM_TEXT_SESSION_NO_SUCH, shown) : err;
}

/* Nobody comes into a group by being marked here: whoever is to be marked is in it already. */
static int person_read(struct setting *s)
{
    struct sam_key key = {.entity = SAM_PARTICIPANT}, mark = {.entity = SAM_ATTENDANCE};
    struct store_member m;
    uint64_t said;
    int err = author_participant(s->v, s->v->args.pos[1], &said);
    if (!err)
        err = people_root(s->v->st, said, &s->person);
    if (err)
        return err;
    key.part[0] = s->person;
    err = store_member_get(s->v->st, s->session.group, &key, &m);
    if (err)
        return err;
    author_name(s->v, SAM_PARTICIPANT, s->person, SAM_PARTICIPANT_name, s->name, sizeof s->name);
    if (!m.exists || m.gone)
        return verb_refuse(s->v, SAM_TEXT_ATTENDANCE_NOT_IN, (unsigned long long)s->person, s->session.group_name);
    mark.part[0] = s->session.id;
    mark.part[1] = s->person;
    return store_row_get(s->v->st, &mark, &s->was);
}

/* Somebody who was not there was not late either. */
static void leave_out(struct setting *s)
{
    static const unsigned field[] = {SAM_ATTENDANCE_late, SAM_ATTENDANCE_left_early, SAM_ATTENDANCE_by_video};
    for (size_t i = 0; i < sizeof field / sizeof *field; i++)
        if (s->was.exists && s->was.dead <= 0 && sam_row_num(&s->was.row, field[i]) &&
            !sam_row_has(&s->op.row, field[i]))
            sam_row_set(&s->op.row, field[i], 0);
}

static int values_read(struct setting *s)
{
    static const struct value_option options[] = {
        {"presence", SAM_ATTENDANCE_presence},     {"evidence", SAM_ATTENDANCE_evidence},
        {"code", SAM_ATTENDANCE_reason},           {"late", SAM_ATTENDANCE_late},
        {"left-early", SAM_ATTENDANCE_left_early}, {"by-video", SAM_ATTENDANCE_by_video}};
    struct sam_row *row = &s->op.row;
    struct sam_key key = {.entity = SAM_ATTENDANCE, .part = {s->session.id, s->person}};
    author_set(s->v, &s->op, &key);
    s->op.base_csn = s->seen;
    int err = value_given(s->v, options, sizeof options / sizeof *options, row);
    if (err)
        return err;
    if (!sam_row_has(row, SAM_ATTENDANCE_presence)) {
        verb_refuse(s->v, SAM_TEXT_ATTENDANCE_PRESENCE);
        return VERB_USAGE;
    }
    if (!sam_row_has(row, SAM_ATTENDANCE_evidence))
        sam_row_set(row, SAM_ATTENDANCE_evidence, TAPPED);
    if (sam_row_num(row, SAM_ATTENDANCE_presence) != PRESENT)
        leave_out(s);
    return VERB_OK;
}

static int may_be(struct setting *s)
{
    if (s->session.status == SESSION_CANCELLED)
        return verb_refuse(s->v, SAM_TEXT_ATTENDANCE_CANCELLED, (unsigned long long)s->session.id);
    bool present = sam_row_num(&s->op.row, SAM_ATTENDANCE_presence) == PRESENT;
    if (present && s->session.day > author_today(s->v))
        return verb_refuse(s->v, SAM_TEXT_ATTENDANCE_AHEAD, (unsigned long long)s->session.id);
    return VERB_OK;
}

/* What is shown now may be something else: what others said, who had not seen this either. */
static int set_say(struct setting *s)
{
    struct report *r = &s->v->report;
    struct store_row now;
    struct store_case c = {0};
    char value[VALUE_BYTES_MAX], day[VALUE_TIME_BYTES];
    int err = store_row_get(s->v->st, &s->op.row.key, &now);
    if (!err)
        err = store_case_find(s->v->st, &s->op.row.key, SAM_RULE_UNIT, UNIT_PRESENCE, &c);
    if (err)
        return err;
    value_of_field(s->v, &now.row, SAM_ATTENDANCE_presence, value);
    value_day(s->v, s->session.day, day);
    report_num(r, "session", (int64_t)s->session.id);
    report_num(r, "participant", (int64_t)s->person);
    report_text(r, "presence", value);
    report_num(r, "case", c.open ? (int64_t)c.no : 0);
    report_num(r, "csn", (int64_t)store_csn(s->v->st));
    report_tell(r, SAM_TEXT_ATTENDANCE_IS, s->name, s->session.group_name, day, value);
    if (c.open)
        report_tell(r, SAM_TEXT_ATTENDANCE_CASE, (unsigned long long)c.no);
    return VERB_OK;
}

int verb_attendance_set(struct verb_context *v)
{
    struct setting s = {.v = v};
    int err = access_reason_check(v, false);
    if (!err)
        err = author_words(v, &s.seen);
    if (!err)
        err = session_word_read(&s);
    if (!err)
        err = person_read(&s);
    if (!err)
        err = values_read(&s);
    if (!err)
        err = may_be(&s);
    if (!err)
        err = author_apply(v, &s.op);
    if (err)
        return err;
    access_person(v, s.person);
    return set_say(&s);
}
