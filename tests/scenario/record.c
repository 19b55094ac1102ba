#include "tests/scenario/record.h"

#include "tests/scenario/found.h"

#include <string.h>

enum { RECORD_TEXT_BYTES = 256 };

/* A text of the row with a zero behind it. */
static const char *text_of(const struct sam_row *r, unsigned field, char out[RECORD_TEXT_BYTES])
{
    struct sam_span s = sam_row_has(r, field) ? r->val[field].text : (struct sam_span){0};
    PUMP_MUST(s.len < RECORD_TEXT_BYTES);
    if (s.len)
        memcpy(out, s.ptr, s.len);
    out[s.len] = 0;
    return out;
}

static void num_set(struct sam_row *r, unsigned field, int v)
{
    if (v != -1)
        sam_row_set(r, field, v);
}

static void id_set(struct sam_row *r, unsigned field, uint64_t id)
{
    if (id)
        sam_row_set(r, field, (int64_t)id);
}

static void text_set(struct sam_row *r, unsigned field, const char *text)
{
    if (text[0])
        sam_row_set_text(r, field, text, strlen(text));
}

static uint64_t id_get(const struct sam_row *r, unsigned field)
{
    return (uint64_t)sam_row_num(r, field);
}

/* What a line tells beside the row itself. */
static void known_say(struct play *y, const struct sam_row *r, enum samling_record_state state, uint64_t replaced_by,
                      struct sam_buf *out)
{
    char no[48];
    say_fields(y, r, out);
    say(out, ", %s", state_words[state]);
    if (replaced_by)
        say(out, ", replaced by %s", name_of(y, r->key.entity, replaced_by, no));
}

/* ---- notes */

static int note_save(struct pump_tablet *t, const struct sam_row *r, uint64_t *id)
{
    char text[RECORD_TEXT_BYTES], subject[RECORD_TEXT_BYTES];
    const struct samling_note note = {.participant = sam_row_person(r),
                                      .day = (int32_t)sam_row_num(r, SAM_NOTE_day),
                                      .text = text_of(r, SAM_NOTE_text, text),
                                      .subject = text_of(r, SAM_NOTE_subject, subject),
                                      .visibility = (int)sam_row_num(r, SAM_NOTE_visibility),
                                      .replaces = id_get(r, SAM_NOTE_replaces)};
    return samling_note_save(t->s, t->user, &note, id);
}

static bool note_shown(struct play *y, struct pump_tablet *t, uint64_t person, uint64_t id, struct sam_buf *out)
{
    struct samling_note_line *l = NULL;
    size_t n = 0, i = 0;
    bool found = !samling_notes(t->s, t->user, person, &l, &n);
    while (found && i < n && l[i].note.id != id)
        i++;
    found = found && i < n;
    if (found) {
        struct sam_row r;
        sam_row_init(&r, SAM_NOTE);
        sam_row_set(&r, SAM_NOTE_participant, (int64_t)l[i].note.participant);
        sam_row_set(&r, SAM_NOTE_author, (int64_t)l[i].author);
        num_set(&r, SAM_NOTE_role, l[i].role);
        sam_row_set(&r, SAM_NOTE_day, l[i].note.day);
        text_set(&r, SAM_NOTE_text, l[i].note.text);
        text_set(&r, SAM_NOTE_subject, l[i].note.subject);
        sam_row_set(&r, SAM_NOTE_visibility, l[i].note.visibility);
        id_set(&r, SAM_NOTE_replaces, l[i].note.replaces);
        known_say(y, &r, l[i].state, l[i].replaced_by, out);
        say(out, ", number %u of %u", (unsigned)i + 1, (unsigned)n);
    }
    samling_list_free(l);
    return found;
}

/* ---- contacts */

/* The contact of that id as the tablet shows it, whosever it is. */
static void contact_find(struct pump_tablet *t, uint64_t id, struct samling_contact *out)
{
    struct samling_person *p = NULL;
    size_t people = 0;
    PUMP_MUST(!id || !samling_people(t->s, &p, &people));
    for (size_t i = 0; i < people; i++) {
        struct samling_contact_line *l = NULL;
        size_t n = 0;
        PUMP_MUST(!samling_contacts(t->s, p[i].id, &l, &n));
        for (size_t k = 0; k < n; k++)
            if (l[k].contact.id == id)
                *out = l[k].contact;
        samling_list_free(l);
    }
    samling_list_free(p);
}

/* As an app does: what is not said stays as it was shown. */
static int contact_save(struct pump_tablet *t, const struct sam_row *r, uint64_t *id)
{
    struct samling_contact c = SAMLING_CONTACT_INIT;
    contact_find(t, *id, &c);
    c.id = *id;
    c.participant = *id ? c.participant : sam_row_person(r);
    c.day = sam_row_has(r, SAM_CONTACT_day) ? (int32_t)sam_row_num(r, SAM_CONTACT_day) : c.day;
    const struct {
        unsigned field;
        int *to;
    } said[] = {{SAM_CONTACT_minutes, &c.minutes},     {SAM_CONTACT_mode, &c.mode},
                {SAM_CONTACT_with_whom, &c.with_whom}, {SAM_CONTACT_role, &c.role},
                {SAM_CONTACT_sector, &c.sector},       {SAM_CONTACT_work_focus, &c.work_focus}};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (sam_row_has(r, said[i].field))
            *said[i].to = sam_row_int(r, said[i].field);
    if (sam_row_has(r, SAM_CONTACT_intervention))
        c.intervention = id_get(r, SAM_CONTACT_intervention);
    if (sam_row_has(r, SAM_CONTACT_episode))
        c.episode = id_get(r, SAM_CONTACT_episode);
    return samling_contact_save(t->s, t->user, &c, id);
}

static bool contact_shown(struct play *y, struct pump_tablet *t, uint64_t person, uint64_t id, struct sam_buf *out)
{
    struct samling_contact_line *l = NULL;
    size_t n = 0, i = 0;
    bool found = !samling_contacts(t->s, person, &l, &n);
    while (found && i < n && l[i].contact.id != id)
        i++;
    found = found && i < n;
    if (found) {
        const struct samling_contact *c = &l[i].contact;
        struct sam_row r;
        sam_row_init(&r, SAM_CONTACT);
        sam_row_set(&r, SAM_CONTACT_participant, (int64_t)c->participant);
        sam_row_set(&r, SAM_CONTACT_day, c->day);
        num_set(&r, SAM_CONTACT_minutes, c->minutes);
        num_set(&r, SAM_CONTACT_mode, c->mode);
        num_set(&r, SAM_CONTACT_with_whom, c->with_whom);
        num_set(&r, SAM_CONTACT_role, c->role);
        num_set(&r, SAM_CONTACT_sector, c->sector);
        num_set(&r, SAM_CONTACT_work_focus, c->work_focus);
        id_set(&r, SAM_CONTACT_intervention, c->intervention);
        id_set(&r, SAM_CONTACT_episode, c->episode);
        known_say(y, &r, l[i].state, 0, out);
        say(out, "%s", l[i].disputed ? ", disputed" : "");
    }
    samling_list_free(l);
    return found;
}

/* ---- work status */

static int work_save(struct pump_tablet *t, const struct sam_row *r, uint64_t *id)
{
    const struct samling_work work = {.participant = sam_row_person(r),
                                      .day = (int32_t)sam_row_num(r, SAM_WORK_STATUS_day),
                                      .status = (int)sam_row_num(r, SAM_WORK_STATUS_status),
                                      .employed = sam_row_int(r, SAM_WORK_STATUS_employed),
                                      .sick_leave_percent = sam_row_int(r, SAM_WORK_STATUS_sick_leave_percent),
                                      .working_percent = sam_row_int(r, SAM_WORK_STATUS_working_percent),
                                      .replaces = id_get(r, SAM_WORK_STATUS_replaces)};
    return samling_work_save(t->s, t->user, &work, id);
}

static bool work_shown(struct play *y, struct pump_tablet *t, uint64_t person, uint64_t id, struct sam_buf *out)
{
    struct samling_work_line *l = NULL;
    size_t n = 0, i = 0;
    bool found = !samling_works(t->s, person, &l, &n);
    while (found && i < n && l[i].work.id != id)
        i++;
    found = found && i < n;
    if (found) {
        struct sam_row r;
        sam_row_init(&r, SAM_WORK_STATUS);
        sam_row_set(&r, SAM_WORK_STATUS_participant, (int64_t)l[i].work.participant);
        sam_row_set(&r, SAM_WORK_STATUS_day, l[i].work.day);
        sam_row_set(&r, SAM_WORK_STATUS_status, l[i].work.status);
        num_set(&r, SAM_WORK_STATUS_employed, l[i].work.employed);
        num_set(&r, SAM_WORK_STATUS_sick_leave_percent, l[i].work.sick_leave_percent);
        num_set(&r, SAM_WORK_STATUS_working_percent, l[i].work.working_percent);
        id_set(&r, SAM_WORK_STATUS_replaces, l[i].work.replaces);
        known_say(y, &r, l[i].state, l[i].replaced_by, out);
    }
    samling_list_free(l);
    return found;
}

/* ---- exertion */

static int exertion_save(struct pump_tablet *t, const struct sam_row *r, uint64_t *id)
{
    const struct samling_exertion e = {.session = sam_row_session(r),
                                       .participant = sam_row_person(r),
                                       .scale = (int)sam_row_num(r, SAM_EXERTION_scale),
                                       .moment = (int)sam_row_num(r, SAM_EXERTION_moment),
                                       .value_tenths = (int)sam_row_num(r, SAM_EXERTION_value_tenths),
                                       .evidence = sam_row_int(r, SAM_EXERTION_evidence),
                                       .replaces = id_get(r, SAM_EXERTION_replaces)};
    return samling_exertion_save(t->s, t->user, &e, id);
}

static void exertion_say(struct play *y, const struct samling_exertion_line *l, struct sam_buf *out)
{
    struct sam_row r;
    sam_row_init(&r, SAM_EXERTION);
    sam_row_set(&r, SAM_EXERTION_session, (int64_t)l->exertion.session);
    sam_row_set(&r, SAM_EXERTION_participant, (int64_t)l->exertion.participant);
    sam_row_set(&r, SAM_EXERTION_scale, l->exertion.scale);
    sam_row_set(&r, SAM_EXERTION_moment, l->exertion.moment);
    sam_row_set(&r, SAM_EXERTION_value_tenths, l->exertion.value_tenths);
    num_set(&r, SAM_EXERTION_evidence, l->exertion.evidence);
    id_set(&r, SAM_EXERTION_replaces, l->exertion.replaces);
    known_say(y, &r, l->state, l->replaced_by, out);
    if (!l->replaced_by)
        say(out, "%s", l->primary ? ", primary" : ", second");
}

/* In any session that the story names. */
static bool exertion_shown(struct play *y, struct pump_tablet *t, uint64_t person, uint64_t id, struct sam_buf *out)
{
    bool found = false;
    for (unsigned k = 0; k < y->names && !found; k++) {
        struct samling_exertion_line *l = NULL;
        size_t n = 0;
        if (y->name[k].entity != SAM_SESSION || samling_exertions(t->s, y->name[k].id, person, &l, &n))
            continue;
        for (size_t i = 0; i < n && !found; i++)
            if (l[i].exertion.id == id) {
                exertion_say(y, &l[i], out);
                found = true;
            }
        samling_list_free(l);
    }
    return found;
}

/* ---- activities */

static int activity_save(struct pump_tablet *t, const struct sam_row *r, uint64_t *id)
{
    char words[RECORD_TEXT_BYTES], icf[RECORD_TEXT_BYTES];
    const struct samling_activity a = {.participant = sam_row_person(r),
                                       .ordinal = (int)sam_row_num(r, SAM_PSFS_ACTIVITY_ordinal),
                                       .words = text_of(r, SAM_PSFS_ACTIVITY_words, words),
                                       .icf = text_of(r, SAM_PSFS_ACTIVITY_icf, icf),
                                       .episode = id_get(r, SAM_PSFS_ACTIVITY_episode),
                                       .replaces = id_get(r, SAM_PSFS_ACTIVITY_replaces)};
    return samling_activity_save(t->s, t->user, &a, id);
}

static bool activity_shown(struct play *y, struct pump_tablet *t, uint64_t person, uint64_t id, struct sam_buf *out)
{
    struct samling_activity_line *l = NULL;
    size_t n = 0, i = 0;
    bool found = !samling_activities(t->s, person, &l, &n);
    while (found && i < n && l[i].activity.id != id)
        i++;
    found = found && i < n;
    if (found) {
        struct sam_row r;
        sam_row_init(&r, SAM_PSFS_ACTIVITY);
        sam_row_set(&r, SAM_PSFS_ACTIVITY_participant, (int64_t)l[i].activity.participant);
        sam_row_set(&r, SAM_PSFS_ACTIVITY_ordinal, l[i].activity.ordinal);
        text_set(&r, SAM_PSFS_ACTIVITY_words, l[i].activity.words);
        text_set(&r, SAM_PSFS_ACTIVITY_icf, l[i].activity.icf);
        id_set(&r, SAM_PSFS_ACTIVITY_episode, l[i].activity.episode);
        id_set(&r, SAM_PSFS_ACTIVITY_replaces, l[i].activity.replaces);
        known_say(y, &r, l[i].state, l[i].replaced_by, out);
    }
    samling_list_free(l);
    return found;
}

/* ---- leaders */

static void leaders_say(struct play *y, struct samling_leader *l, size_t n, uint8_t entity, struct sam_buf *out)
{
    char no[48];
    for (size_t i = 0; i < n; i++) {
        struct sam_row r;
        sam_row_init(&r, entity);
        num_set(&r, SAM_SESSION_LEADER_role, l[i].role);
        say(out, "%s%s: ", i ? " | " : "", name_of(y, SAM_USER, l[i].user, no));
        say_fields(y, &r, out);
        say(out, ", %s", state_words[l[i].state]);
    }
    if (!n)
        say(out, "nobody");
}

void got_leaders(struct play *y, struct pump_tablet *t, const struct story_name *of, struct sam_buf *out)
{
    struct samling_leader *l = NULL;
    size_t n = 0;
    bool group = of->entity == SAM_GROUP;
    int err = group ? samling_group_leaders(t->s, of->id, &l, &n) : samling_session_leaders(t->s, of->id, &l, &n);
    if (err)
        say(out, "%s", samling_errname(err));
    else
        leaders_say(y, l, n, group ? SAM_GROUP_LEADER : SAM_SESSION_LEADER, out);
    samling_list_free(l);
}

/* ---- what the centre alone says */

static void day_set(struct sam_row *r, unsigned field, int32_t day)
{
    if (day != SAMLING_NO_DAY)
        sam_row_set(r, field, day);
}

static bool episode_shown(struct play *y, struct pump_tablet *t, uint64_t person, uint64_t id, struct sam_buf *out)
{
    struct samling_episode *e = NULL;
    size_t n = 0, i = 0;
    bool found = !samling_episodes(t->s, person, &e, &n);
    while (found && i < n && e[i].id != id)
        i++;
    found = found && i < n;
    if (found) {
        struct sam_row r;
        sam_row_init(&r, SAM_EPISODE);
        id_set(&r, SAM_EPISODE_participant, e[i].participant);
        id_set(&r, SAM_EPISODE_org, e[i].org);
        day_set(&r, SAM_EPISODE_referral_day, e[i].referral_day);
        num_set(&r, SAM_EPISODE_source, e[i].source);
        day_set(&r, SAM_EPISODE_assessed_day, e[i].assessed_day);
        num_set(&r, SAM_EPISODE_entitled, e[i].entitled);
        day_set(&r, SAM_EPISODE_deadline_day, e[i].deadline_day);
        day_set(&r, SAM_EPISODE_first_contact_day, e[i].first_contact_day);
        num_set(&r, SAM_EPISODE_target_group, e[i].target_group);
        num_set(&r, SAM_EPISODE_goal, e[i].goal);
        num_set(&r, SAM_EPISODE_outcome, e[i].outcome);
        known_say(y, &r, SAMLING_AT_CENTRE, 0, out);
    }
    samling_list_free(e);
    return found;
}

static bool intervention_shown(struct play *y, struct pump_tablet *t, uint64_t person, uint64_t id, struct sam_buf *out)
{
    struct samling_intervention *v = NULL;
    size_t n = 0, i = 0;
    (void)person;
    bool found = !samling_interventions(t->s, &v, &n);
    while (found && i < n && v[i].id != id)
        i++;
    found = found && i < n;
    if (found) {
        struct sam_row r;
        sam_row_init(&r, SAM_INTERVENTION);
        sam_row_set(&r, SAM_INTERVENTION_code, v[i].code);
        sam_row_set(&r, SAM_INTERVENTION_version, v[i].version);
        text_set(&r, SAM_INTERVENTION_name, v[i].name);
        num_set(&r, SAM_INTERVENTION_individual, v[i].individual);
        num_set(&r, SAM_INTERVENTION_planned_sessions, v[i].planned_sessions);
        num_set(&r, SAM_INTERVENTION_planned_minutes, v[i].planned_minutes);
        num_set(&r, SAM_INTERVENTION_nav_needed, v[i].nav_needed);
        num_set(&r, SAM_INTERVENTION_completion_percent, v[i].completion_percent);
        num_set(&r, SAM_INTERVENTION_consecutive_misses, v[i].consecutive_misses);
        num_set(&r, SAM_INTERVENTION_return_days, v[i].return_days);
        num_set(&r, SAM_INTERVENTION_needs_end_score, v[i].needs_end_score);
        num_set(&r, SAM_INTERVENTION_active, v[i].active);
        known_say(y, &r, SAMLING_AT_CENTRE, 0, out);
    }
    samling_list_free(v);
    return found;
}

/* ---- openings: no tablet shows them */

static int access_save(struct pump_tablet *t, const struct sam_row *r, uint64_t *id)
{
    const struct samling_access a = {.participant = id_get(r, SAM_ACCESS_participant),
                                     .group = id_get(r, SAM_ACCESS_group_id),
                                     .persons = (unsigned)sam_row_num(r, SAM_ACCESS_persons),
                                     .what = (enum samling_resource)sam_row_num(r, SAM_ACCESS_resource),
                                     .action = (enum samling_action)sam_row_num(r, SAM_ACCESS_action),
                                     .purpose = (enum samling_purpose)sam_row_num(r, SAM_ACCESS_purpose)};
    int err = samling_access(t->s, t->user, &a);
    *id = err ? 0 : sam_id_make(t->device_no, sam_meta(t->s, id_counter));
    return err;
}

static bool access_shown(struct play *y, struct pump_tablet *t, uint64_t person, uint64_t id, struct sam_buf *out)
{
    (void)y, (void)t, (void)person, (void)id, (void)out;
    return false;
}

/* ---- by kind */

typedef bool shown_fn(struct play *y, struct pump_tablet *t, uint64_t person, uint64_t id, struct sam_buf *out);

static const struct record {
    uint8_t entity;
    int (*save)(struct pump_tablet *t, const struct sam_row *r, uint64_t *id);
    int (*remove)(samling *s, uint64_t user, uint64_t id);
    shown_fn *shown;
} records[] = {{SAM_NOTE, note_save, samling_note_remove, note_shown},
               {SAM_CONTACT, contact_save, samling_contact_remove, contact_shown},
               {SAM_WORK_STATUS, work_save, samling_work_remove, work_shown},
               {SAM_EXERTION, exertion_save, samling_exertion_remove, exertion_shown},
               {SAM_PSFS_ACTIVITY, activity_save, samling_activity_remove, activity_shown},
               {SAM_ACCESS, access_save, NULL, access_shown},
               {SAM_EPISODE, NULL, NULL, episode_shown},
               {SAM_INTERVENTION, NULL, NULL, intervention_shown}};

static const struct record *record_of(uint8_t entity)
{
    for (size_t i = 0; i < sizeof records / sizeof *records; i++)
        if (records[i].entity == entity)
            return &records[i];
    return NULL;
}

bool record_has(const struct sam_op *op)
{
    const struct record *k = record_of(op->row.key.entity);
    return op->row.key.entity == SAM_SESSION_LEADER || (k && k->save);
}

static int leader_save(struct pump_tablet *t, const struct sam_op *op, bool look)
{
    const uint64_t *part = op->row.key.part;
    int err = look ? samling_form_open(t->s, part[0]) : 0;
    if (err || op->kind == SAM_OP_TOMBSTONE)
        return err ? err : samling_leader_remove(t->s, t->user, part[0], part[1]);
    return samling_leader_save(t->s, t->user, part[0], part[1], sam_row_int(&op->row, SAM_SESSION_LEADER_role));
}

int record_save(struct pump_tablet *t, struct sam_op *op, bool look)
{
    const struct record *k = record_of(op->row.key.entity);
    if (!k)
        return leader_save(t, op, look);
    if (op->kind == SAM_OP_TOMBSTONE)
        return k->remove(t->s, t->user, op->row.key.part[0]);
    return k->save(t, &op->row, &op->row.key.part[0]);
}

bool record_shown(struct play *y, struct pump_tablet *t, const struct sam_key *key, struct sam_buf *out)
{
    bool found = false;
    for (unsigned p = 0; record_of(key->entity) && p < y->names && !found; p++)
        if (y->name[p].entity == SAM_PARTICIPANT)
            found = record_of(key->entity)->shown(y, t, y->name[p].id, key->part[0], out);
    return found;
}
