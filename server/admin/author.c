#include "server/admin/author.h"

#include "proto/base/err.h"
#include "proto/model/completion.h"
#include "proto/model/op.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { NOTE_BYTES_MAX = 200 };

#define WORD_SHOWN_BYTES 100u

/* ---- words */

const char *const words_org_kind[] = {"rhf", "hf", "polyclinic", "satellite", "municipality", "healthy-life-centre",
                                      "nav", NULL};
const char *const words_group_kind[] = {"movement", "mastery", "course", NULL};
const char *const words_role[] = {"physiotherapist",
                                  "psychologist",
                                  "therapist",
                                  "physical-medicine",
                                  "nav-adviser",
                                  "nurse",
                                  "occupational-therapist",
                                  "social-worker",
                                  "coordinator",
                                  "other",
                                  NULL};
const char *const words_device_state[] = {"none", "invited", "pending", "active", "draining", "revoked", "wiped", NULL};
const char *const words_enrolment[] = {
    "waiting-list", "offered",    "declined",     "waiting-start",       "attending", "completed",
    "discontinued", "never-came", "not-relevant", "registered-in-error", NULL};
const char *const words_weekday[] = {"-", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", NULL};

const char *const words_occasion[] = {"baseline", "midway", "end", "3m", "6m", "12m", NULL};

const char *word_of(const char *const *words, uint64_t value)
{
    for (uint64_t i = 0; words[i]; i++)
        if (i == value)
            return words[i];
    return "?";
}

int word_find(const char *const *words, enum sam_text_set set, const char *word, uint64_t *value)
{
    for (uint64_t i = 0; words[i]; i++)
        if (strcasecmp(words[i], word) == 0 || strcasecmp(sam_text_of(SAM_LANG_EN, set, (int)i), word) == 0 ||
            strcasecmp(sam_text_of(SAM_LANG_NB, set, (int)i), word) == 0) {
            *value = i;
            return 0;
        }
    return SAM_EUSAGE;
}

/* ---- ops */

int author_begin(struct verb_context *v, struct sam_op *op, uint8_t entity, uint64_t *id)
{
    int err = intake_mint(v->in, id);
    if (err)
        return err;
    memset(op, 0, sizeof *op);
    op->kind = SAM_OP_CREATE;
    op->claimed_s = intake_now_s(v->in);
    sam_row_init(&op->row, entity);
    op->row.key.part[0] = *id;
    return 0;
}

void author_text(struct sam_op *op, unsigned field, const char *text)
{
    sam_row_set_text(&op->row, field, text, strlen(text));
}

int author_apply(struct verb_context *v, const struct sam_op *op)
{
    enum sam_reason reason = SAM_REASON_NONE;
    struct sam_op said = *op;
    said.user = said.user ? said.user : v->user;
    int err = intake_author(v->in, &said, &reason);
    if (err == SAM_ERANGE)
        return verb_refuse(v, SAM_TEXT_ADM_NOT_STORED, sam_text_of(v->lang, SAM_TEXT_SET_REASON, (int)reason));
    return err ? err : VERB_OK;
}

int author_person(struct verb_context *v, const char *name, uint64_t birth_year, uint64_t *id)
{
    struct sam_op op;
    int err = author_begin(v, &op, SAM_PARTICIPANT, id);
    if (err)
        return err;
    author_text(&op, SAM_PARTICIPANT_name, name);
    if (birth_year)
        sam_row_set(&op.row, SAM_PARTICIPANT_birth_year, (int64_t)birth_year);
    sam_row_set(&op.row, SAM_PARTICIPANT_active, 1);
    return author_apply(v, &op);
}

void author_set(struct verb_context *v, struct sam_op *op, const struct sam_key *key)
{
    memset(op, 0, sizeof *op);
    op->kind = SAM_OP_SET;
    op->claimed_s = intake_now_s(v->in);
    sam_row_init(&op->row, key->entity);
    op->row.key = *key;
}

int author_row(struct verb_context *v, uint8_t entity, uint64_t id, struct store_row *row)
{
    struct sam_key key = {.entity = entity, .part = {id}};
    int err = store_row_get(v->st, &key, row);
    return err ? err : row->exists && row->dead <= 0 ? 0 : SAM_ENOTFOUND;
}

int32_t author_today(const struct verb_context *v)
{
    int64_t now_s = verb_now_s(v);
    return (int32_t)(now_s >= 0 ? now_s / 86400 : -((86399 - now_s) / 86400));
}

/* In, out or back in: status, first and last day. ${was}: what stands there, NULL: nothing. */
static void enrolment_when(struct verb_context *v, const struct author_enrolment *e, const struct sam_row *was,
                           struct sam_op *op)
{
    enum { ATTENDING = 4, END_UNIT = 3 };
    unsigned had = was ? (unsigned)sam_row_num(was, SAM_ENROLMENT_status) : 0;
    bool stays = was && (e->keep || sam_completion_goes_on(had)) && !e->has_status;
    unsigned status = e->has_status ? (unsigned)e->status : stays ? had : ATTENDING;
    bool ends = sam_completion_counts(status) && !sam_completion_goes_on(status);
    bool known = was && sam_row_has(was, SAM_ENROLMENT_start_day) && (sam_completion_counts(had) || ends);
    bool ended = was && sam_row_has(was, SAM_ENROLMENT_end_day);
    if (!was || status != had)
        sam_row_set(&op->row, SAM_ENROLMENT_status, status);
    if (e->has_start || (!known && sam_completion_counts(status)))
        sam_row_set(&op->row, SAM_ENROLMENT_start_day, e->has_start ? e->start : author_today(v));
    if (e->has_end || (ends && !ended)) {
        sam_row_set(&op->row, SAM_ENROLMENT_end_day, e->has_end ? e->end : author_today(v));
        if (e->end_reason)
            sam_row_set(&op->row, SAM_ENROLMENT_end_reason, (int64_t)e->end_reason);
    } else if (ended && sam_completion_goes_on(status) && !stays) {
        op->clear |= 1u << END_UNIT;
    }
}

int author_enrol(struct verb_context *v, const struct author_enrolment *e)
{
    struct sam_op op;
    struct store_row was;
    struct sam_key key = {.entity = SAM_ENROLMENT, .part = {e->group, e->participant}};
    int err = store_row_get(v->st, &key, &was);
    if (err)
        return err;
    author_set(v, &op, &key);
    op.base_csn = e->seen_csn;
    enrolment_when(v, e, was.exists && was.dead <= 0 ? &was.row : NULL, &op);
    if (e->planned)
        sam_row_set(&op.row, SAM_ENROLMENT_planned_sessions, (int64_t)e->planned);
    if (e->episode)
        sam_row_set(&op.row, SAM_ENROLMENT_episode, (int64_t)e->episode);
    return sam_op_units(&op) ? author_apply(v, &op) : VERB_OK;
}

int author_plan(struct verb_context *v)
{
    unsigned written;
    return intake_plan(v->in, &written);
}

/* ---- finding */

static int each_behind(struct verb_context *v, struct sam_key *key, uint64_t first,
                       int (*each)(void *ctx, const struct store_row *row), void *ctx)
{
    int err = 0;
    while (!err && (err = store_key_each(v->st, key->entity, key, key)) == 0) {
        struct store_row row;
        if (first && key->part[0] != first)
            return 0;
        err = store_row_get(v->st, key, &row);
        if (!err && row.exists && row.dead <= 0)
            err = each(ctx, &row);
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

int author_each(struct verb_context *v, uint8_t entity, int (*each)(void *ctx, const struct store_row *row), void *ctx)
{
    struct sam_key key = {.entity = entity};
    return each_behind(v, &key, 0, each, ctx);
}

int author_each_of(struct verb_context *v, uint8_t entity, uint64_t first,
                   int (*each)(void *ctx, const struct store_row *row), void *ctx)
{
    struct sam_key key = {.entity = entity, .part = {first}};
    return each_behind(v, &key, first, each, ctx);
}

void author_name(struct verb_context *v, uint8_t entity, uint64_t id, unsigned field, char *out, size_t size)
{
    struct store_row row;
    struct sam_key key = {.entity = entity, .part = {id}};
    out[0] = 0;
    if (store_row_get(v->st, &key, &row) || !row.exists || !sam_row_has(&row.row, field))
        return;
    struct sam_span text = row.row.val[field].text;
    size_t n = text.len < size - 1 ? text.len : size - 1;
    memcpy(out, text.ptr, n);
    out[n] = 0;
}

void author_cell(struct report *r, const struct store_row *row, unsigned field)
{
    struct sam_span text = {(const uint8_t *)"", 0};
    if (sam_row_has(&row->row, field))
        text = row->row.val[field].text;
    report_cell_text(r, (const char *)text.ptr, text.len);
}

struct search {
    const char *word;
    size_t len;
    int code_field, name_field;
    uint64_t found;
    unsigned best, count; /* 2 by code, 1 by name */
};

static bool text_is(const struct store_row *row, int field, const struct search *s)
{
    if (field < 0 || !sam_row_has(&row->row, (unsigned)field))
        return false;
    struct sam_span text = row->row.val[field].text;
    return text.len == s->len && memcmp(text.ptr, s->word, s->len) == 0;
}

static int search_each(void *ctx, const struct store_row *row)
{
    struct search *s = ctx;
    unsigned how = 0;
    if (text_is(row, s->code_field, s))
        how = 2;
    else if (text_is(row, s->name_field, s))
        how = 1;
    if (how == 0 || how < s->best)
        return 0;
    s->count = how > s->best ? 1 : s->count + 1;
    s->best = how;
    s->found = row->row.key.part[0];
    return 0;
}

/* What can be looked for, and what is said where nothing or too much is found. */
struct kind {
    uint8_t entity;
    int code_field, name_field;
    enum sam_text_id none, many;
};

static int find(struct verb_context *v, const struct kind *k, const char *word, uint64_t *id)
{
    struct search s = {.word = word, .len = strlen(word), .code_field = k->code_field, .name_field = k->name_field};
    char shown[WORD_SHOWN_BYTES + 1];
    snprintf(shown, sizeof shown, "%s", word);
    struct store_row row;
    uint64_t number;
    int err = args_number(word, 1, INT64_MAX, &number) ? SAM_ENOTFOUND : author_row(v, k->entity, number, &row);
    if (!err)
        *id = number; /* an id goes before every code and name */
    if (err != SAM_ENOTFOUND)
        return err;
    err = author_each(v, k->entity, search_each, &s);
    if (err)
        return err;
    if (s.count == 0)
        return verb_refuse(v, k->none, shown);
    if (s.count > 1)
        return verb_refuse(v, k->many, (int)s.count, shown);
    *id = s.found;
    return VERB_OK;
}

int author_clinic(struct verb_context *v, const char *word, uint64_t *id)
{
    static const struct kind kind = {SAM_ORG_UNIT, SAM_ORG_UNIT_code, SAM_ORG_UNIT_name, SAM_TEXT_ADM_NO_CLINIC,
                                     SAM_TEXT_ADM_MANY_CLINICS};
    return find(v, &kind, word, id);
}

int author_group(struct verb_context *v, const char *word, uint64_t *id)
{
    static const struct kind kind = {SAM_GROUP, SAM_GROUP_code, SAM_GROUP_name, SAM_TEXT_ADM_NO_GROUP,
                                     SAM_TEXT_ADM_MANY_GROUPS};
    return find(v, &kind, word, id);
}

int author_participant(struct verb_context *v, const char *word, uint64_t *id)
{
    static const struct kind kind = {SAM_PARTICIPANT, -1, SAM_PARTICIPANT_name, SAM_TEXT_ADM_NO_PARTICIPANT,
                                     SAM_TEXT_ADM_MANY_PARTICIPANTS};
    return find(v, &kind, word, id);
}

int author_user(struct verb_context *v, const char *word, uint64_t *id)
{
    static const struct kind kind = {SAM_USER, -1, SAM_USER_name, SAM_TEXT_ADM_NO_USER, SAM_TEXT_ADM_MANY_USERS};
    return find(v, &kind, word, id);
}

int author_words(struct verb_context *v, uint64_t *seen)
{
    uint64_t present = *seen = store_csn(v->st);
    v->note = args_get(&v->args, "note");
    if (v->note && strlen(v->note) > NOTE_BYTES_MAX)
        return verb_refuse(v, SAM_TEXT_ADM_TEXT_LONG, "note", NOTE_BYTES_MAX);
    if (v->note && !sam_text_ok((struct sam_span){(const uint8_t *)v->note, strlen(v->note)}))
        return verb_usage(v);
    if (args_uint(&v->args, "seen", 1, INT64_MAX, seen))
        return verb_usage(v);
    return *seen > present ? verb_refuse(v, SAM_TEXT_CASE_SEEN_AHEAD, (unsigned long long)present) : VERB_OK;
}
