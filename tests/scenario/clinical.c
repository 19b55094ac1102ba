#include "tests/scenario/clinical.h"

#include "proto/model/score.h"
#include "tests/scenario/found.h"
#include "tests/scenario/record.h"

#include <stdio.h>
#include <string.h>

/* Somebody leaves a group: the one thing about enrolments that the public header has a call for. */
static bool leaves(const struct sam_op *op)
{
    enum { COMPLETED = 5, DISCONTINUED = 6 };
    int status = sam_row_int(&op->row, SAM_ENROLMENT_status);
    return op->kind == SAM_OP_SET && (status == COMPLETED || status == DISCONTINUED) &&
           sam_row_has(&op->row, SAM_ENROLMENT_end_day);
}

static bool shuts(const struct sam_op *op)
{
    return op->kind == SAM_OP_SET && op->row.present == 1u << SAM_PARTICIPANT_shut &&
           sam_row_num(&op->row, SAM_PARTICIPANT_shut);
}

bool clinical_has(const struct sam_op *op)
{
    switch (op->row.key.entity) {
    case SAM_EXERCISE_SET:
    case SAM_CONSENT: return op->kind == SAM_OP_SET && op->row.present;
    case SAM_SCORE_RESPONSE: return op->kind != SAM_OP_SET;
    case SAM_ENROLMENT: return leaves(op);
    case SAM_PARTICIPANT: return shuts(op);
    default: return record_has(op);
    }
}

static int look_at(struct pump_tablet *t, const struct sam_key *key)
{
    struct samling_set_line *sets = NULL;
    struct samling_consent_line *consents = NULL;
    struct samling_enrolment_line *enrolments = NULL;
    size_t n;
    int err = 0;
    if (key->entity == SAM_EXERCISE_SET)
        err = samling_sets(t->s, key->part[0], key->part[1], &sets, &n);
    if (key->entity == SAM_CONSENT)
        err = samling_consents(t->s, key->part[0], &consents, &n);
    if (key->entity == SAM_ENROLMENT)
        err = samling_enrolments(t->s, key->part[1], &enrolments, &n);
    samling_list_free(enrolments);
    samling_list_free(sets);
    samling_list_free(consents);
    return err;
}

static int set_save(struct pump_tablet *t, const struct sam_row *r)
{
    struct samling_set set = {.session = r->key.part[0],
                              .participant = r->key.part[1],
                              .exercise = (int)r->key.part[2],
                              .set_no = (int)r->key.part[3],
                              .reps = sam_row_int(r, SAM_EXERCISE_SET_reps),
                              .load_hg = sam_row_int(r, SAM_EXERCISE_SET_load_hg),
                              .duration_s = sam_row_int(r, SAM_EXERCISE_SET_duration_s),
                              .distance_m = sam_row_int(r, SAM_EXERCISE_SET_distance_m),
                              .side = sam_row_int(r, SAM_EXERCISE_SET_side),
                              .adapted = sam_row_int(r, SAM_EXERCISE_SET_adapted),
                              .pain = sam_row_int(r, SAM_EXERCISE_SET_pain),
                              .stopped = sam_row_int(r, SAM_EXERCISE_SET_stopped)};
    return samling_set_save(t->s, t->user, &set);
}

static int consent_save(struct pump_tablet *t, const struct sam_row *r)
{
    struct samling_consent c = {.participant = r->key.part[0],
                                .purpose = (int)r->key.part[1],
                                .state = (int)sam_row_num(r, SAM_CONSENT_state),
                                .day = (int32_t)sam_row_num(r, SAM_CONSENT_day),
                                .method = sam_row_int(r, SAM_CONSENT_method),
                                .text_version = sam_row_int(r, SAM_CONSENT_text_version)};
    return samling_consent_save(t->s, t->user, &c);
}

static int enrolment_end(struct pump_tablet *t, const struct sam_row *r)
{
    return samling_enrolment_end(t->s, t->user, r->key.part[0], r->key.part[1], sam_row_int(r, SAM_ENROLMENT_status),
                                 (int32_t)sam_row_num(r, SAM_ENROLMENT_end_day),
                                 sam_row_int(r, SAM_ENROLMENT_end_reason));
}

static int score_save(struct pump_tablet *t, struct sam_op *op)
{
    const struct sam_row *r = &op->row;
    struct sam_span answers = r->val[SAM_SCORE_RESPONSE_answers].text;
    char text[SAM_TEXT_BYTES_MAX + 1] = "";
    if (sam_row_has(r, SAM_SCORE_RESPONSE_answers) && answers.len < sizeof text)
        memcpy(text, answers.ptr, answers.len);
    char language[SAM_TEXT_BYTES_MAX + 1] = "";
    struct sam_span said = r->val[SAM_SCORE_RESPONSE_language].text;
    if (sam_row_has(r, SAM_SCORE_RESPONSE_language) && said.len < sizeof language)
        memcpy(language, said.ptr, said.len);
    struct samling_score score = {.participant = (uint64_t)sam_row_num(r, SAM_SCORE_RESPONSE_participant),
                                  .instrument = (int)sam_row_num(r, SAM_SCORE_RESPONSE_instrument),
                                  .version = (int)sam_row_num(r, SAM_SCORE_RESPONSE_version),
                                  .occasion = (int)sam_row_num(r, SAM_SCORE_RESPONSE_occasion),
                                  .day = (int32_t)sam_row_num(r, SAM_SCORE_RESPONSE_day),
                                  .mode = sam_row_int(r, SAM_SCORE_RESPONSE_mode),
                                  .answers = text,
                                  .replaces = (uint64_t)sam_row_num(r, SAM_SCORE_RESPONSE_replaces),
                                  .scale_0_means = (int)sam_row_num(r, SAM_SCORE_RESPONSE_scale_0_means),
                                  .held_by = (int)sam_row_num(r, SAM_SCORE_RESPONSE_held_by),
                                  .language = language};
    return samling_score_save(t->s, t->user, &score, &op->row.key.part[0]);
}

int clinical_save(struct pump_tablet *t, struct sam_op *op, bool look)
{
    int err = look ? look_at(t, &op->row.key) : 0;
    if (err)
        return err;
    switch (op->row.key.entity) {
    case SAM_EXERCISE_SET: return set_save(t, &op->row);
    case SAM_CONSENT: return consent_save(t, &op->row);
    case SAM_ENROLMENT: return enrolment_end(t, &op->row);
    case SAM_PARTICIPANT: return samling_record_shut(t->s, t->user, op->row.key.part[0]);
    case SAM_SCORE_RESPONSE:
        return op->kind == SAM_OP_TOMBSTONE ? samling_score_remove(t->s, t->user, op->row.key.part[0])
                                            : score_save(t, op);
    default: return record_save(t, op, look);
    }
}

/* ---- shown */

static void set_row(const struct samling_set *set, struct sam_row *r)
{
    const int values[] = {set->reps, set->load_hg, set->duration_s, set->distance_m,
                          set->side, set->adapted, set->pain,       set->stopped};
    sam_row_init(r, SAM_EXERCISE_SET);
    for (unsigned i = 0; i < sizeof values / sizeof values[0]; i++)
        if (values[i] >= 0)
            sam_row_set(r, i, values[i]);
}

static bool set_shown(struct play *y, struct pump_tablet *t, const struct sam_key *key, struct sam_buf *out)
{
    struct samling_set_line *l = NULL;
    struct sam_row r;
    size_t n = 0, i = 0;
    int err = samling_sets(t->s, key->part[0], key->part[1], &l, &n);
    while (!err && i < n && ((uint64_t)l[i].set.exercise != key->part[2] || (uint64_t)l[i].set.set_no != key->part[3]))
        i++;
    bool found = !err && i < n;
    if (found) {
        set_row(&l[i].set, &r);
        say_fields(y, &r, out);
        say(out, ", %s", state_words[l[i].state]);
    }
    if (found && l[i].disputed) {
        set_row(&l[i].other, &r);
        say(out, ", others say ");
        say_fields(y, &r, out);
    }
    samling_list_free(l);
    return found;
}

static bool consent_shown(struct play *y, struct pump_tablet *t, const struct sam_key *key, struct sam_buf *out)
{
    struct samling_consent_line *l = NULL;
    struct sam_row r;
    size_t n = 0, i = 0;
    int err = samling_consents(t->s, key->part[0], &l, &n);
    while (!err && i < n && (uint64_t)l[i].consent.purpose != key->part[1])
        i++;
    bool found = !err && i < n;
    if (found) {
        const struct samling_consent *c = &l[i].consent;
        sam_row_init(&r, SAM_CONSENT);
        sam_row_set(&r, SAM_CONSENT_state, c->state);
        sam_row_set(&r, SAM_CONSENT_day, c->day);
        if (c->method >= 0)
            sam_row_set(&r, SAM_CONSENT_method, c->method);
        if (c->text_version >= 0)
            sam_row_set(&r, SAM_CONSENT_text_version, c->text_version);
        say_fields(y, &r, out);
        say(out, ", %s", state_words[l[i].state]);
    }
    samling_list_free(l);
    return found;
}

static bool enrolment_shown(struct play *y, struct pump_tablet *t, const struct sam_key *key, struct sam_buf *out)
{
    struct samling_enrolment_line *l = NULL;
    struct sam_row r;
    size_t n = 0, i = 0;
    int err = samling_enrolments(t->s, key->part[1], &l, &n);
    while (!err && i < n && l[i].group != key->part[0])
        i++;
    bool found = !err && i < n;
    if (found) {
        sam_row_init(&r, SAM_ENROLMENT);
        sam_row_set(&r, SAM_ENROLMENT_status, l[i].status);
        if (l[i].start_day != SAMLING_NO_DAY)
            sam_row_set(&r, SAM_ENROLMENT_start_day, l[i].start_day);
        if (l[i].end_day != SAMLING_NO_DAY)
            sam_row_set(&r, SAM_ENROLMENT_end_day, l[i].end_day);
        if (l[i].reason >= 0)
            sam_row_set(&r, SAM_ENROLMENT_end_reason, l[i].reason);
        say_fields(y, &r, out);
        say(out, ", %s%s", state_words[l[i].state], l[i].disputed ? ", disputed" : "");
    }
    samling_list_free(l);
    return found;
}

static void score_say(struct play *y, const struct samling_score_line *l, struct sam_buf *out)
{
    struct sam_row r;
    char no[48];
    sam_row_init(&r, SAM_SCORE_RESPONSE);
    sam_row_set(&r, SAM_SCORE_RESPONSE_participant, (int64_t)l->score.participant);
    sam_row_set(&r, SAM_SCORE_RESPONSE_instrument, l->score.instrument);
    sam_row_set(&r, SAM_SCORE_RESPONSE_version, l->score.version);
    sam_row_set(&r, SAM_SCORE_RESPONSE_occasion, l->score.occasion);
    sam_row_set(&r, SAM_SCORE_RESPONSE_day, l->score.day);
    if (l->score.mode >= 0)
        sam_row_set(&r, SAM_SCORE_RESPONSE_mode, l->score.mode);
    sam_row_set(&r, SAM_SCORE_RESPONSE_items, l->items);
    sam_row_set(&r, SAM_SCORE_RESPONSE_answered, l->answered);
    sam_row_set_text(&r, SAM_SCORE_RESPONSE_answers, l->score.answers, strlen(l->score.answers));
    if (l->score.replaces)
        sam_row_set(&r, SAM_SCORE_RESPONSE_replaces, (int64_t)l->score.replaces);
    if (l->score.scale_0_means)
        sam_row_set(&r, SAM_SCORE_RESPONSE_scale_0_means, l->score.scale_0_means);
    if (l->score.language[0])
        sam_row_set_text(&r, SAM_SCORE_RESPONSE_language, l->score.language, strlen(l->score.language));
    if (l->score.held_by)
        sam_row_set(&r, SAM_SCORE_RESPONSE_held_by, l->score.held_by);
    say_fields(y, &r, out);
    say(out, ", %s, ", state_words[l->state]);
    if (l->replaced_by)
        say(out, "replaced by %s", name_of(y, SAM_SCORE_RESPONSE, l->replaced_by, no));
    else
        say(out, "%s", l->primary ? "primary" : "second");
}

/* In the same words of the centre and of a tablet. */
static void result_say(const struct store_score *s, const char *text, struct sam_buf *out)
{
    static const char *const better[] = {"none", "load", "higher", "lower"};
    static const char *const why[] = {"valid", "malformed", "items", "range",  "direction",
                                      "few",   "reversal",  "codes", "unknown"};
    if (s->why)
        say(out, "none, %s", why[s->why]);
    else
        say(out, "%s, sum %u, count %u, rule %u, %s", text, (unsigned)s->score.sum, s->score.count,
            s->score.rule_version, better[s->score.better]);
}

static void line_result_say(struct play *y, const struct samling_score_line *l, struct sam_buf *out)
{
    struct store_score s = {.score = {.sum = (uint32_t)l->sum,
                                      .count = (uint8_t)l->count,
                                      .rule_version = (uint8_t)l->rule_version,
                                      .better = (uint8_t)l->better},
                            .why = (uint8_t)l->why};
    (void)y;
    result_say(&s, l->text, out);
}

typedef void line_say(struct play *y, const struct samling_score_line *l, struct sam_buf *out);

/* Among the forms of any person on the tablet that the story names. */
static bool score_shown(struct play *y, struct pump_tablet *t, const struct sam_key *key, line_say *say_line,
                        struct sam_buf *out)
{
    bool found = false;
    for (unsigned p = 0; p < y->names && !found; p++) {
        struct samling_score_line *l = NULL;
        size_t n = 0;
        if (y->name[p].entity != SAM_PARTICIPANT || samling_scores(t->s, y->name[p].id, &l, &n))
            continue;
        for (size_t i = 0; i < n && !found; i++)
            if (l[i].score.id == key->part[0]) {
                say_line(y, &l[i], out);
                found = true;
            }
        samling_list_free(l);
    }
    return found;
}

void got_shown(struct play *y, struct pump_tablet *t, const struct sam_key *key, struct sam_buf *out)
{
    bool found = key->entity == SAM_EXERCISE_SET     ? set_shown(y, t, key, out)
                 : key->entity == SAM_CONSENT        ? consent_shown(y, t, key, out)
                 : key->entity == SAM_ENROLMENT      ? enrolment_shown(y, t, key, out)
                 : key->entity == SAM_SCORE_RESPONSE ? score_shown(y, t, key, score_say, out)
                                                     : record_shown(y, t, key, out);
    if (!found)
        say(out, "nothing");
}

void got_score_shown(struct play *y, struct pump_tablet *t, const struct sam_key *key, struct sam_buf *out)
{
    if (!score_shown(y, t, key, line_result_say, out))
        say(out, "nothing");
}

void got_score(struct play *y, uint64_t response, struct sam_buf *out)
{
    char text[SAM_RATIO_TEXT_BYTES_MAX] = "";
    struct store_score s;
    int err = store_score_get(y->p->reader, response, &s);
    const struct sam_instrument *def = sam_instrument_find(s.score.instrument, s.score.version);
    if (err) {
        say(out, "nothing");
        return;
    }
    if (def)
        sam_score_text(def, &s.score, text);
    result_say(&s, text, out);
}

void got_primary(struct play *y, uint64_t person, uint64_t instrument, uint64_t occasion, struct sam_buf *out)
{
    sqlite3_stmt *q;
    char no[48];
    PUMP_MUST(sqlite3_prepare_v2(y->p->reader->db,
                                 "SELECT response FROM score_primary WHERE participant = ? AND instrument = ? AND "
                                 "occasion = ?",
                                 -1, &q, NULL) == 0);
    sqlite3_bind_int64(q, 1, (int64_t)person);
    sqlite3_bind_int64(q, 2, (int64_t)instrument);
    sqlite3_bind_int64(q, 3, (int64_t)occasion);
    if (sqlite3_step(q) == SQLITE_ROW)
        say(out, "%s", name_of(y, SAM_SCORE_RESPONSE, (uint64_t)sqlite3_column_int64(q, 0), no));
    else
        say(out, "nothing");
    sqlite3_finalize(q);
}
