/* A mixed history: what people say in it. See mixed.h. */
#include "tests/lib/mixed.h"

#include "tests/lib/check.h"

#include <string.h>

enum { DAY_S = 86400 };

unsigned mixed_dice(struct mixed *m, unsigned sides)
{
    m->random ^= m->random << 13;
    m->random ^= m->random >> 7;
    m->random ^= m->random << 17;
    return (unsigned)(m->random >> 33) % sides;
}

/* Nothing, the present, or a page of some time ago; of the last ones oftener. */
struct mixed_page mixed_page_of(struct mixed *m)
{
    unsigned kept = m->page_count < MIXED_PAGES ? m->page_count : MIXED_PAGES;
    struct mixed_page now = {intake_epoch(m->clinic.centre.in).id, clinic_csn(&m->clinic)};
    unsigned how = mixed_dice(m, 5);
    if (how == 0 || !kept)
        now.csn = 1;
    if (how < 2 || !kept)
        return now;
    unsigned back = mixed_dice(m, how == 2 ? kept : kept < 6 ? kept : 6) + 1;
    struct mixed_page then = m->page[(m->page_count - back) % MIXED_PAGES];
    return then.epoch == now.epoch || !m->plain ? then : now;
}

static uint64_t base_of(struct mixed *m)
{
    return mixed_page_of(m).csn;
}

/* ---- what people say */

static uint64_t a_person(struct mixed *m)
{
    if (m->guest_count && !mixed_dice(m, 3))
        return m->guest[mixed_dice(m, m->guest_count)];
    return m->clinic.person[mixed_dice(m, CLINIC_PERSONS)];
}

static struct sam_key a_mark_key(struct mixed *m)
{
    struct clinic *k = &m->clinic;
    uint64_t person = mixed_dice(m, 15) ? a_person(m) : k->far_person;
    return (struct sam_key){.entity = SAM_ATTENDANCE, .part = {m->session[mixed_dice(m, m->session_count)], person}};
}

static struct sam_op a_mark(struct mixed *m)
{
    struct sam_op op = clinic_op(&m->clinic, SAM_ATTENDANCE, SAM_OP_SET, base_of(m));
    op.row.key = a_mark_key(m);
    unsigned what = mixed_dice(m, 16);
    if (what == 0 && (!m->plain || clinic_row(&m->clinic, &op.row.key).exists)) {
        op.kind = SAM_OP_TOMBSTONE;
        return op;
    }
    if (what & 1) {
        sam_row_set(&op.row, SAM_ATTENDANCE_presence, mixed_dice(m, 40) ? mixed_dice(m, 5) : 9);
        sam_row_set(&op.row, SAM_ATTENDANCE_evidence, mixed_dice(m, 4));
    }
    if (what & 2)
        sam_row_set(&op.row, SAM_ATTENDANCE_minutes, 30 + mixed_dice(m, 3));
    if (what & 4)
        sam_row_set(&op.row, SAM_ATTENDANCE_late, mixed_dice(m, 2));
    if (what & 8)
        sam_row_set(&op.row, SAM_ATTENDANCE_by_video, mixed_dice(m, 2));
    if (!op.row.present || !mixed_dice(m, 12))
        op.clear = 1u << 3;
    return op;
}

static struct sam_op a_session_edit(struct mixed *m)
{
    static const char *const room[] = {"Sal A", "Sal B", "Ute"};
    struct sam_op op =
        clinic_op(&m->clinic, SAM_SESSION, mixed_dice(m, 12) ? SAM_OP_SET : SAM_OP_TOMBSTONE, base_of(m));
    op.row.key.part[0] = m->session[mixed_dice(m, m->session_count)];
    if (op.kind == SAM_OP_TOMBSTONE)
        return op;
    if (mixed_dice(m, 2))
        sam_row_set(&op.row, SAM_SESSION_status, mixed_dice(m, 3));
    if (mixed_dice(m, 2)) {
        const char *name = room[mixed_dice(m, 3)];
        sam_row_set_text(&op.row, SAM_SESSION_room, name, strlen(name));
        sam_row_set_text(&op.row, SAM_SESSION_theme, name, strlen(name));
    }
    if (!op.row.present)
        sam_row_set(&op.row, SAM_SESSION_headcount, mixed_dice(m, 3));
    return op;
}

static struct sam_op an_enrolment_edit(struct mixed *m)
{
    struct sam_op op = clinic_op(&m->clinic, SAM_ENROLMENT, SAM_OP_SET, base_of(m));
    op.row.key.part[0] = m->plain || mixed_dice(m, 6) ? m->clinic.group : m->clinic.other_group;
    op.row.key.part[1] = a_person(m);
    sam_row_set(&op.row, SAM_ENROLMENT_status, mixed_dice(m, 10));
    if (mixed_dice(m, 2))
        sam_row_set(&op.row, SAM_ENROLMENT_end_reason, mixed_dice(m, 3));
    return op;
}

static struct sam_op a_set(struct mixed *m)
{
    struct sam_op op =
        clinic_op(&m->clinic, SAM_EXERCISE_SET, mixed_dice(m, 10) ? SAM_OP_SET : SAM_OP_TOMBSTONE, base_of(m));
    struct sam_key mark = a_mark_key(m);
    op.row.key.part[0] = mark.part[0];
    op.row.key.part[1] = mark.part[1];
    op.row.key.part[2] = 7;
    op.row.key.part[3] = 1 + mixed_dice(m, 2);
    if (op.kind == SAM_OP_TOMBSTONE)
        return op;
    sam_row_set(&op.row, SAM_EXERCISE_SET_reps, 8 + mixed_dice(m, 2));
    sam_row_set(&op.row, SAM_EXERCISE_SET_load_hg, 200);
    return op;
}

static struct sam_op a_consent(struct mixed *m)
{
    struct sam_op op = clinic_op(&m->clinic, SAM_CONSENT, SAM_OP_SET, base_of(m));
    op.row.key.part[0] = a_person(m);
    op.row.key.part[1] = 1 + mixed_dice(m, 2);
    sam_row_set(&op.row, SAM_CONSENT_state, 1 + mixed_dice(m, 2));
    sam_row_set(&op.row, SAM_CONSENT_day, CLINIC_DAY);
    return op;
}

/* A form as it was answered, or an earlier one that was entered in error. */
static struct sam_op a_form(struct mixed *m, const struct centre_tablet *t)
{
    bool again = m->form_count && !mixed_dice(m, 4);
    struct sam_op op = clinic_op(&m->clinic, SAM_SCORE_RESPONSE, again ? SAM_OP_TOMBSTONE : SAM_OP_CREATE, base_of(m));
    if (again) {
        op.row.key.part[0] = m->form[mixed_dice(m, m->form_count < MIXED_FORMS ? m->form_count : MIXED_FORMS)];
        return op;
    }
    op.row.key.part[0] = sam_id_make(t->device_no, ++m->clinic.ids);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_participant, (int64_t)a_person(m));
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_instrument, 3);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_version, 1);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_occasion, mixed_dice(m, 3));
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_day, CLINIC_DAY);
    if (sam_row_num(&op.row,
                    SAM_SCORE_RESPONSE_occasion)) /* of the first occasion there is none: kept without a score */
        sam_row_set(&op.row, SAM_SCORE_RESPONSE_scale_0_means, sam_row_num(&op.row, SAM_SCORE_RESPONSE_occasion));
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_items, 3);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_answered, 3);
    sam_row_set_text(&op.row, SAM_SCORE_RESPONSE_answers, "1,2,3", 5);
    if (m->form_count && mixed_dice(m, 2))
        sam_row_set(&op.row, SAM_SCORE_RESPONSE_replaces, (int64_t)m->form[(m->form_count - 1) % MIXED_FORMS]);
    m->form[m->form_count++ % MIXED_FORMS] = op.row.key.part[0];
    return op;
}

static struct sam_op a_clinical_word(struct mixed *m, const struct centre_tablet *t)
{
    unsigned what = mixed_dice(m, 4);
    return what < 2 ? a_set(m) : what == 2 ? a_consent(m) : a_form(m, t);
}

/* One of the sessions that this tablet has kept back. */
static bool a_late_session(struct mixed *m, const struct centre_tablet *t, struct sam_op *op)
{
    for (unsigned i = 0; i < m->late_count; i++)
        if (sam_id_device_no(m->late[i].row.key.part[0]) == t->device_no) {
            *op = m->late[i];
            m->late[i] = m->late[--m->late_count];
            return true;
        }
    return false;
}

/* A session that is marked from now on; it may come later than its marks, or never. */
static bool a_session(struct mixed *m, const struct centre_tablet *t, struct sam_op *op)
{
    if (m->session_count == MIXED_SESSIONS || (m->late_count && mixed_dice(m, 2)))
        return a_late_session(m, t, op);
    uint64_t group = t == &m->clinic.far ? m->clinic.far_group
                     : mixed_dice(m, 3)  ? m->clinic.group
                                         : m->clinic.other_group;
    *op = clinic_ad_hoc(&m->clinic, t, group, (int)(m->now_s / DAY_S) - (int)mixed_dice(m, 3));
    m->session[m->session_count++] = op->row.key.part[0];
    if (m->plain || mixed_dice(m, 3))
        return true;
    m->late[m->late_count++] = *op;
    return false;
}

/* Somebody who is on no list, with the name of somebody who is, or was made to be. */
static struct sam_op a_walk_in(struct mixed *m, const struct centre_tablet *t)
{
    static const char *const name[] = {"Deltaker 500", "deltaker  500", "Gjest"};
    struct sam_op op = clinic_op(&m->clinic, SAM_PARTICIPANT, SAM_OP_CREATE, base_of(m));
    const char *said = name[mixed_dice(m, 3)];
    op.row.key.part[0] = sam_id_make(t->device_no, ++m->clinic.ids);
    sam_row_set_text(&op.row, SAM_PARTICIPANT_name, said, strlen(said));
    sam_row_set(&op.row, SAM_PARTICIPANT_provisional, 1);
    m->guest[m->guest_count++] = op.row.key.part[0];
    return op;
}

struct sam_op mixed_word(struct mixed *m, const struct centre_tablet *t)
{
    struct sam_op op;
    unsigned what = mixed_dice(m, 12);
    if (!m->plain && m->guest_count < MIXED_GUESTS && !mixed_dice(m, 12))
        return a_walk_in(m, t);
    if (what < 2 && a_session(m, t, &op))
        return op;
    if (!m->plain && !mixed_dice(m, 4))
        op = a_clinical_word(m, t);
    else
        op = what < 4 ? a_session_edit(m) : what < 5 ? an_enrolment_edit(m) : a_mark(m);
    if (t == &m->clinic.far && mixed_dice(m, 8))
        op.user = m->clinic.far_user;
    return op;
}

/* ---- the centre's own words */

static struct sam_op a_decision(struct mixed *m)
{
    struct clinic *k = &m->clinic;
    struct store_case c = {.no = mixed_dice(m, 8)};
    uint64_t base = base_of(m);
    if (mixed_dice(m, 2) && store_case_next(clinic_store(k), c.no, true, &c) == 0 && c.rule)
        return clinic_ruling(k, c.rule, c.key.part[0], c.key.part[1], mixed_dice(m, 3) ? SAM_DECISION_MAY_STAND : 0,
                             base);
    struct store_verdict v = {0};
    if (store_verdict_waits(clinic_store(k), mixed_dice(m, 64), &v))
        v = (struct store_verdict){.device_no = k->a.device_no,
                                   .seq = mixed_dice(m, 20) + 1}; /* of what is no question */
    return clinic_ruling(k, SAM_RULE_QUARANTINE, v.device_no, v.seq, (int)mixed_dice(m, 3), base);
}

static struct sam_op a_register_edit(struct mixed *m)
{
    struct clinic *k = &m->clinic;
    struct sam_op op = clinic_op(k, SAM_PARTICIPANT, SAM_OP_SET, base_of(m));
    unsigned what = mixed_dice(m, 4);
    op.row.key.part[0] = a_person(m);
    if (what == 0)
        sam_row_set_text(&op.row, SAM_PARTICIPANT_name, "Deltaker 500", 12);
    if (what < 2)
        sam_row_set(&op.row, SAM_PARTICIPANT_birth_year, 1950 + mixed_dice(m, 3));
    if (what < 2)
        return op;
    op = clinic_op(k, what == 2 ? SAM_GROUP : SAM_USER, SAM_OP_SET, base_of(m));
    op.row.key.part[0] = what == 2 ? k->other_group : k->far_user;
    sam_row_set(&op.row, what == 2 ? (unsigned)SAM_GROUP_org : (unsigned)SAM_USER_org,
                (int64_t)(mixed_dice(m, 4) == 0 && what == 2 ? k->far_org
                          : what == 2                        ? k->org
                                                             : k->far_org));
    return op;
}

/* Two are one, or are not any more; often from an old page. */
static struct sam_op a_link(struct mixed *m)
{
    struct sam_op op = clinic_op(&m->clinic, SAM_LINK, SAM_OP_SET, base_of(m));
    op.row.key.part[0] = a_person(m);
    sam_row_set(&op.row, SAM_LINK_winner, mixed_dice(m, 4) ? (int64_t)a_person(m) : 0);
    return op;
}

struct sam_op mixed_centre_word(struct mixed *m)
{
    switch (mixed_dice(m, m->plain ? 4 : 8)) {
    case 0: return a_mark(m);
    case 1: return a_session_edit(m);
    case 2: return a_register_edit(m);
    case 3: return an_enrolment_edit(m);
    case 4:
    case 5: return a_link(m);
    default: return a_decision(m);
    }
}
