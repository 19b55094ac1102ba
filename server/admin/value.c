#include "server/admin/value.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/model/op.h"
#include "server/admin/author.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { MINUTE_OF_DAY_MAX = 1439 };

/* ---- what kind of value a field holds, as people see it */

enum look { LOOK_NUMBER, LOOK_TEXT, LOOK_DATE, LOOK_CLOCK, LOOK_MINUTES, LOOK_LOAD, LOOK_SWITCH, LOOK_REF, LOOK_WORD };

/* Fields whose numbers have words: the set, and the words that a command takes. */
static const struct worded {
    uint8_t entity, field;
    enum sam_text_set set;
    const char *const *words;
} worded[] = {
    {SAM_ATTENDANCE, SAM_ATTENDANCE_presence, SAM_TEXT_SET_PRESENCE,
     (const char *const[]){"unknown", "present", "notified", "no-show", "not-expected", NULL}},
    {SAM_ATTENDANCE, SAM_ATTENDANCE_evidence, SAM_TEXT_SET_EVIDENCE,
     (const char *const[]){"listed", "all-present", "tapped", "self", NULL}},
    {SAM_SESSION, SAM_SESSION_status, SAM_TEXT_SET_SESSION,
     (const char *const[]){"planned", "held", "cancelled", NULL}},
    {SAM_ENROLMENT, SAM_ENROLMENT_status, SAM_TEXT_SET_ENROLMENT, words_enrolment},
    {SAM_EXERCISE_SET, SAM_EXERCISE_SET_side, SAM_TEXT_SET_SIDE, (const char *const[]){"both", "left", "right", NULL}},
    {SAM_CONSENT, SAM_CONSENT_state, SAM_TEXT_SET_CONSENT, (const char *const[]){"none", "granted", "withdrawn", NULL}},
    {SAM_SCORE_RESPONSE, SAM_SCORE_RESPONSE_occasion, SAM_TEXT_SET_OCCASION, words_occasion},
    {SAM_SCORE_RESPONSE, SAM_SCORE_RESPONSE_mode, SAM_TEXT_SET_MODE,
     (const char *const[]){"self", "interview", "proxy", NULL}},
    {SAM_SCORE_RESPONSE, SAM_SCORE_RESPONSE_scale_0_means, SAM_TEXT_SET_SCALE_0,
     (const char *const[]){"unstated", "worst", "best", NULL}},
    {SAM_SCORE_RESPONSE, SAM_SCORE_RESPONSE_held_by, SAM_TEXT_SET_HELD_BY,
     (const char *const[]){"unstated", "person", "author", "other", NULL}},
    {SAM_PARTICIPANT, SAM_PARTICIPANT_sex, SAM_TEXT_SET_SEX, (const char *const[]){"unknown", "female", "male", NULL}},
    {SAM_NOTE, SAM_NOTE_role, SAM_TEXT_SET_ROLE, words_role},
    {SAM_NOTE, SAM_NOTE_visibility, SAM_TEXT_SET_VISIBILITY, (const char *const[]){"team", "role", NULL}},
    {SAM_CONTACT, SAM_CONTACT_mode, SAM_TEXT_SET_CONTACT_MODE,
     (const char *const[]){"on-site", "phone", "video", NULL}},
    {SAM_CONTACT, SAM_CONTACT_with_whom, SAM_TEXT_SET_CONTACT_WITH,
     (const char *const[]){"person", "nav", "employer", "gp", "other", NULL}},
    {SAM_CONTACT, SAM_CONTACT_role, SAM_TEXT_SET_ROLE, words_role},
    {SAM_CONTACT, SAM_CONTACT_sector, SAM_TEXT_SET_SECTOR,
     (const char *const[]){"unknown", "somatic", "mental", "nav", "municipality", NULL}},
    {SAM_WORK_STATUS, SAM_WORK_STATUS_status, SAM_TEXT_SET_WORK,
     (const char *const[]){"not-filled", "working", "student", "unemployed", "retired", "at-home", "sick-leave",
                           "assessment", "disabled", NULL}},
    {SAM_EXERTION, SAM_EXERTION_scale, SAM_TEXT_SET_EXERTION_SCALE, (const char *const[]){"rpe", "cr10", NULL}},
    {SAM_EXERTION, SAM_EXERTION_moment, SAM_TEXT_SET_EXERTION_MOMENT,
     (const char *const[]){"before", "peak", "after", NULL}},
    {SAM_EXERTION, SAM_EXERTION_evidence, SAM_TEXT_SET_EVIDENCE,
     (const char *const[]){"listed", "all-present", "tapped", "self", NULL}},
    {SAM_EPISODE, SAM_EPISODE_source, SAM_TEXT_SET_SOURCE,
     (const char *const[]){"unknown", "gp", "specialist", "nav", "employer", "self", "other", NULL}},
    {SAM_EPISODE, SAM_EPISODE_entitled, SAM_TEXT_SET_ENTITLED, (const char *const[]){"no", "yes", "unknown", NULL}},
    {SAM_EPISODE, SAM_EPISODE_target_group, SAM_TEXT_SET_TARGET,
     (const char *const[]){"unknown", "musculoskeletal", "mental", "mixed", NULL}},
    {SAM_EPISODE, SAM_EPISODE_goal, SAM_TEXT_SET_GOAL,
     (const char *const[]){"unknown", "keep-work", "resume-work", "keep-education", "resume-education", NULL}},
    {SAM_EPISODE, SAM_EPISODE_outcome, SAM_TEXT_SET_OUTCOME,
     (const char *const[]){"none", "own", "inpatient", "outpatient", "municipality", NULL}},
    {SAM_SESSION_LEADER, SAM_SESSION_LEADER_role, SAM_TEXT_SET_ROLE, words_role},
    {SAM_GROUP_LEADER, SAM_GROUP_LEADER_role, SAM_TEXT_SET_ROLE, words_role},
    {SAM_ACCESS, SAM_ACCESS_purpose, SAM_TEXT_SET_WHY,
     (const char *const[]){"not-said", "treatment", "coordination", "administration", "quality", "own-request",
                           "emergency", NULL}},
    {SAM_GROUP, SAM_GROUP_kind, SAM_TEXT_SET_KIND, words_group_kind},
    {SAM_USER, SAM_USER_role, SAM_TEXT_SET_ROLE, words_role},
    {SAM_ORG_UNIT, SAM_ORG_UNIT_kind, SAM_TEXT_SET_ORG, words_org_kind},
};

static const struct worded *worded_find(uint8_t entity, unsigned field)
{
    for (unsigned i = 0; i < sizeof worded / sizeof *worded; i++)
        if (worded[i].entity == entity && worded[i].field == field)
            return &worded[i];
    return NULL;
}

const char *const *value_words(uint8_t entity, unsigned field, enum sam_text_set *set)
{
    const struct worded *w = worded_find(entity, field);
    if (w)
        *set = w->set;
    return w ? w->words : NULL;
}

static enum look look_of(const struct sam_entity_def *def, unsigned field)
{
    const struct sam_field_def *f = &def->field[field];
    if (worded_find(def->tag, field))
        return LOOK_WORD;
    if (f->type == SAM_TYPE_TEXT)
        return LOOK_TEXT;
    if (f->type == SAM_TYPE_SINT)
        return LOOK_DATE;
    if (f->ref)
        return LOOK_REF;
    if (f->max == MINUTE_OF_DAY_MAX)
        return LOOK_CLOCK;
    if (def->tag == SAM_ATTENDANCE && field == SAM_ATTENDANCE_minutes)
        return LOOK_MINUTES;
    if (def->tag == SAM_EXERCISE_SET && field == SAM_EXERCISE_SET_load_hg)
        return LOOK_LOAD;
    return f->max == 1 ? LOOK_SWITCH : LOOK_NUMBER;
}

const char *value_look(const struct sam_entity_def *def, unsigned field)
{
    static const char *const words[] = {"number", "text", "date", "clock", "minutes", "load", "switch", "ref", "word"};
    return words[look_of(def, field)];
}

/* Programs get the words that commands take, in no language. */
/* For programs; a page shows its JSON to people. */
static bool value_bare(const struct verb_context *v)
{
    return v->report.json && !v->report.page;
}

enum sam_lang value_lang(const struct verb_context *v)
{
    return value_bare(v) ? SAM_LANG_EN : v->lang;
}

/* ---- names of fields */

const char *value_field(enum sam_lang lang, const struct sam_entity_def *def, unsigned field)
{
    /* the catalogue has all fields in the order of the table, in which they stand one after the other */
    SAM_ASSERT(field < def->field_count);
    return sam_text_of(lang, SAM_TEXT_SET_FIELD, (int)(def->field + field - sam_entity_at(0)->field));
}

const char *value_unit(enum sam_lang lang, const struct sam_entity_def *def, unsigned unit)
{
    return value_field(lang, def, (unsigned)__builtin_ctz(sam_unit_fields(def, 1u << unit)));
}

/* ---- values */

/* Whoever a substitute is, as a coordinator said, and what the tablet called them. */
static void user_name(struct verb_context *v, uint64_t id, char *out, size_t size)
{
    struct store_row row;
    struct sam_key key = {.entity = SAM_USER, .part = {id}};
    char name[SAM_NAME_BYTES_MAX + 1], real[SAM_NAME_BYTES_MAX + 1] = "";
    bool there = id && !store_row_get(v->st, &key, &row) && row.exists;
    bool substitute = there && sam_row_num(&row.row, SAM_USER_provisional);
    uint64_t shown_as = substitute ? (uint64_t)sam_row_num(&row.row, SAM_USER_shown_as) : 0;
    author_name(v, SAM_USER, id, SAM_USER_name, name, sizeof name);
    if (shown_as)
        author_name(v, SAM_USER, shown_as, SAM_USER_name, real, sizeof real);
    if (real[0])
        value_say(out, size, value_lang(v), SAM_TEXT_USER_AS_SUBSTITUTE, real, name);
    else if (substitute && name[0])
        value_say(out, size, value_lang(v), SAM_TEXT_USER_SUBSTITUTE, name);
    else
        snprintf(out, size, "%s", name);
}

static void name_of(struct verb_context *v, uint8_t entity, uint64_t id, char *out, size_t size)
{
    static const struct {
        uint8_t entity, field;
    } named[] = {{SAM_GROUP, SAM_GROUP_name},
                 {SAM_PARTICIPANT, SAM_PARTICIPANT_name},
                 {SAM_ORG_UNIT, SAM_ORG_UNIT_name},
                 {SAM_INTERVENTION, SAM_INTERVENTION_name}};
    out[0] = 0;
    for (unsigned i = 0; i < sizeof named / sizeof *named; i++)
        if (named[i].entity == entity)
            author_name(v, entity, id, named[i].field, out, size);
    if (entity == SAM_USER)
        user_name(v, id, out, size);
    if (!out[0])
        snprintf(out, size, "%llu", (unsigned long long)id);
}

void value_say(char *out, size_t size, enum sam_lang lang, enum sam_text_id id, ...)
{
    va_list ap;
    va_start(ap, id);
    vsnprintf(out, size, sam_text(lang, id), ap);
    va_end(ap);
}

/* What was refused may hold anything: nothing of it may steer a terminal. */
static void text_copy(char out[VALUE_BYTES_MAX], struct sam_span text)
{
    size_t n = text.len < VALUE_BYTES_MAX - 1 ? text.len : VALUE_BYTES_MAX - 1;
    bool fine = sam_text_lines_ok(text);
    while (fine && n && n < text.len && (text.ptr[n] & 0xc0) == 0x80)
        n--; /* whole letters only */
    for (size_t i = 0; i < n; i++)
        out[i] = text.ptr[i] == '\n'                                   ? ' '
                 : fine || (text.ptr[i] >= 0x20 && text.ptr[i] < 0x7f) ? (char)text.ptr[i]
                                                                       : '?';
    out[n] = 0;
}

void value_of_field(struct verb_context *v, const struct sam_row *row, unsigned field, char out[VALUE_BYTES_MAX])
{
    const struct sam_entity_def *def = sam_entity_find(row->key.entity);
    int64_t n = sam_row_num(row, field);
    char day[VALUE_TIME_BYTES];
    if (!sam_row_has(row, field)) {
        value_say(out, VALUE_BYTES_MAX, value_lang(v), SAM_TEXT_VALUE_NONE);
        return;
    }
    switch (look_of(def, field)) {
    case LOOK_TEXT: text_copy(out, row->val[field].text); break;
    case LOOK_DATE:
        if (value_bare(v))
            value_day_iso((int32_t)n, day);
        else
            value_day(v, (int32_t)n, day);
        snprintf(out, VALUE_BYTES_MAX, "%s", day);
        break;
    case LOOK_CLOCK: snprintf(out, VALUE_BYTES_MAX, "%02d:%02d", (int)n / 60, (int)n % 60); break;
    case LOOK_MINUTES: value_say(out, VALUE_BYTES_MAX, value_lang(v), SAM_TEXT_VALUE_MINUTES, (int)n); break;
    case LOOK_LOAD:
        if (n % 10)
            value_say(out, VALUE_BYTES_MAX, value_lang(v), SAM_TEXT_VALUE_KG_TENTH, (int)(n / 10), (int)(n % 10));
        else
            value_say(out, VALUE_BYTES_MAX, value_lang(v), SAM_TEXT_VALUE_KG, (int)(n / 10));
        break;
    case LOOK_SWITCH: value_say(out, VALUE_BYTES_MAX, value_lang(v), n ? SAM_TEXT_VALUE_YES : SAM_TEXT_VALUE_NO); break;
    case LOOK_REF: name_of(v, def->field[field].ref, (uint64_t)n, out, VALUE_BYTES_MAX); break;
    case LOOK_WORD: {
        const struct worded *w = worded_find(def->tag, field);
        if (value_bare(v))
            snprintf(out, VALUE_BYTES_MAX, "%s", word_of(w->words, (uint64_t)n));
        else
            snprintf(out, VALUE_BYTES_MAX, "%s", sam_text_of(v->lang, w->set, n > INT32_MAX ? -1 : (int)n));
        break;
    }
    case LOOK_NUMBER: snprintf(out, VALUE_BYTES_MAX, "%lld", (long long)n); break;
    }
}

void value_of_unit(struct verb_context *v, const struct sam_row *row, unsigned unit, bool brief,
                   char out[VALUE_BYTES_MAX])
{
    const struct sam_entity_def *def = sam_entity_find(row->key.entity);
    uint32_t mask = sam_unit_fields(def, 1u << unit);
    unsigned first = (unsigned)__builtin_ctz(mask);
    out[0] = 0;
    for (unsigned i = first; mask >> i; i++) {
        char one[VALUE_BYTES_MAX];
        if (!(mask >> i & 1u) || !sam_row_has(row, i))
            continue;
        value_of_field(v, row, i, one);
        /* for itself, without the field's name */
        bool speaks = (i == first && def->tag != SAM_EXERCISE_SET) || worded_find(def->tag, i);
        value_join(out, VALUE_BYTES_MAX, ", ", speaks ? one : value_field(value_lang(v), def, i));
        if (!speaks)
            value_join(out, VALUE_BYTES_MAX, " ", one);
        if (brief && def->tag != SAM_EXERCISE_SET) /* a set is told whole, or it is another one */
            break;
    }
    if (!out[0])
        value_say(out, VALUE_BYTES_MAX, value_lang(v), SAM_TEXT_VALUE_NONE);
}

static int switch_parse(const char *word, uint64_t *n)
{
    static const char *const yes[] = {"1", "yes", "ja", NULL}, *const no[] = {"0", "no", "nei", NULL};
    for (unsigned i = 0; i < 3; i++) {
        bool is_yes = strcasecmp(word, yes[i]) == 0;
        if (is_yes || strcasecmp(word, no[i]) == 0) {
            *n = is_yes;
            return 0;
        }
    }
    return SAM_EUSAGE;
}

/* "ikke-møtt" is what the catalogue calls "Ikke møtt". */
static int word_parse(const struct worded *w, const char *word, uint64_t *n)
{
    char spaced[64];
    snprintf(spaced, sizeof spaced, "%s", word);
    for (char *p = spaced; (p = strchr(p, '-')) != NULL;)
        *p = ' ';
    if (word_find(w->words, w->set, word, n) == 0 || word_find(w->words, w->set, spaced, n) == 0)
        return 0;
    return args_number(word, 0, UINT32_MAX, n);
}

/* "10:45" */
static int clock_parse(const char *word, uint64_t *n)
{
    const char *colon = strchr(word, ':');
    char hour[3] = "";
    uint64_t h, m;
    size_t len = colon ? (size_t)(colon - word) : 0;
    if (len == 0 || len >= sizeof hour || strlen(colon + 1) != 2)
        return SAM_EUSAGE;
    memcpy(hour, word, len);
    if (args_number(hour, 0, 23, &h) || args_number(colon + 1, 0, 59, &m))
        return SAM_EUSAGE;
    *n = h * 60 + m;
    return 0;
}

int value_parse(const struct sam_entity_def *def, unsigned field, const char *word, struct sam_row *row)
{
    const struct sam_field_def *f = &def->field[field];
    uint64_t n = 0;
    int32_t day = 0;
    int err = 0;
    switch (look_of(def, field)) {
    case LOOK_TEXT:
        sam_row_set_text(row, field, word, strlen(word));
        return (int64_t)strlen(word) < f->min || (int64_t)strlen(word) > f->max ? SAM_EUSAGE : 0;
    case LOOK_DATE:
        err = args_day(word, strlen(word), &day);
        sam_row_set(row, field, day);
        return err;
    case LOOK_CLOCK: err = clock_parse(word, &n); break;
    case LOOK_SWITCH: err = switch_parse(word, &n); break;
    case LOOK_WORD: err = word_parse(worded_find(def->tag, field), word, &n); break;
    default: err = args_number(word, 0, INT64_MAX, &n); break;
    }
    sam_row_set(row, field, (int64_t)n);
    return err || (int64_t)n < f->min || (int64_t)n > f->max ? SAM_EUSAGE : 0;
}

/* ---- what a row is about */

static void title_group(struct verb_context *v, uint64_t group, struct value_title *t)
{
    t->group_id = group;
    name_of(v, SAM_GROUP, group, t->group, sizeof t->group);
    author_name(v, SAM_GROUP, group, SAM_GROUP_code, t->code, sizeof t->code);
}

static void title_session(struct verb_context *v, uint64_t session, struct value_title *t)
{
    struct store_row row;
    struct sam_key key = {.entity = SAM_SESSION, .part = {session}};
    if (store_row_get(v->st, &key, &row) || !row.exists || !sam_row_has(&row.row, SAM_SESSION_day))
        return;
    t->has_day = true;
    t->day = (int32_t)sam_row_num(&row.row, SAM_SESSION_day);
    title_group(v, (uint64_t)sam_row_num(&row.row, SAM_SESSION_group_id), t);
}

/* Rows with an id of their own say in a field whose they are, and in which session. */
static void title_row(struct verb_context *v, const struct sam_key *key, struct value_title *t)
{
    struct store_row row;
    if (store_row_get(v->st, key, &row) || !row.exists)
        return;
    uint64_t person = sam_row_person(&row.row), session = sam_row_session(&row.row);
    if (session)
        title_session(v, session, t);
    if (person)
        name_of(v, SAM_PARTICIPANT, person, t->person, sizeof t->person);
}

/* Rows that are told by their number. */
static const struct {
    uint8_t entity;
    enum sam_text_id text;
} numbered[] = {{SAM_SCORE_RESPONSE, SAM_TEXT_TITLE_FORM}, {SAM_NOTE, SAM_TEXT_TITLE_NOTE},
                {SAM_CONTACT, SAM_TEXT_TITLE_CONTACT},     {SAM_WORK_STATUS, SAM_TEXT_TITLE_WORK},
                {SAM_EXERTION, SAM_TEXT_TITLE_EXERTION},   {SAM_PSFS_ACTIVITY, SAM_TEXT_TITLE_ACTIVITY},
                {SAM_EPISODE, SAM_TEXT_TITLE_EPISODE},     {SAM_ACCESS, SAM_TEXT_TITLE_ACCESS}};

/* What a row is beside somebody's: an exercise set, a consent, a form. */
static void title_thing(struct verb_context *v, const struct sam_key *key, char out[VALUE_BYTES_MAX])
{
    out[0] = 0;
    enum sam_text_id none, last;
    sam_text_set_bounds(SAM_TEXT_SET_EXERCISE, &none, &last);
    if (key->entity == SAM_EXERCISE_SET && key->part[2] <= (uint64_t)(last - none)) /* one that has a name */
        value_say(out, VALUE_BYTES_MAX, value_lang(v), SAM_TEXT_TITLE_SET_NAMED,
                  sam_text_of(value_lang(v), SAM_TEXT_SET_EXERCISE, (int)key->part[2]),
                  (unsigned long long)key->part[3]);
    else if (key->entity == SAM_EXERCISE_SET)
        value_say(out, VALUE_BYTES_MAX, value_lang(v), SAM_TEXT_TITLE_SET, (unsigned long long)key->part[2],
                  (unsigned long long)key->part[3]);
    else if (key->entity == SAM_SESSION_LEADER || key->entity == SAM_GROUP_LEADER) {
        char name[VALUE_BYTES_MAX / 2 + 64];
        name_of(v, SAM_USER, key->part[1], name, sizeof name);
        value_say(out, VALUE_BYTES_MAX, value_lang(v), SAM_TEXT_TITLE_LEADS, name);
    } else if (key->entity == SAM_CONSENT)
        snprintf(out, VALUE_BYTES_MAX, "%s",
                 sam_text_of(value_lang(v), SAM_TEXT_SET_PURPOSE, key->part[1] > INT16_MAX ? -1 : (int)key->part[1]));
    for (size_t i = 0; i < sizeof numbered / sizeof *numbered; i++)
        if (numbered[i].entity == key->entity)
            value_say(out, VALUE_BYTES_MAX, value_lang(v), numbered[i].text, (unsigned long long)key->part[0]);
}

/* The names, one after the other, as far as they are known. */
static void title_join(struct verb_context *v, const struct sam_key *key, struct value_title *t, const char *day)
{
    char thing[VALUE_BYTES_MAX];
    title_thing(v, key, thing);
    const char *const parts[] = {t->person, thing, t->group, day};
    t->whole[0] = 0;
    for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i][0])
            value_join(t->whole, sizeof t->whole, ", ", parts[i]);
}

void value_title(struct verb_context *v, const struct sam_key *key, struct value_title *out)
{
    char day[VALUE_TIME_BYTES] = "", name[VALUE_BYTES_MAX / 2 + 64];
    *out = (struct value_title){0};
    switch (key->entity) {
    case SAM_ATTENDANCE:
    case SAM_EXERCISE_SET:
        title_session(v, key->part[0], out);
        name_of(v, SAM_PARTICIPANT, key->part[1], out->person, sizeof out->person);
        break;
    case SAM_SESSION: title_session(v, key->part[0], out); break;
    case SAM_ENROLMENT:
        title_group(v, key->part[0], out);
        name_of(v, SAM_PARTICIPANT, key->part[1], out->person, sizeof out->person);
        break;
    case SAM_GROUP: title_group(v, key->part[0], out); break;
    case SAM_SESSION_LEADER: title_session(v, key->part[0], out); break;
    case SAM_GROUP_LEADER: title_group(v, key->part[0], out); break;
    case SAM_EXERTION:
    case SAM_NOTE:
    case SAM_CONTACT:
    case SAM_WORK_STATUS:
    case SAM_PSFS_ACTIVITY:
    case SAM_EPISODE:
    case SAM_SCORE_RESPONSE: title_row(v, key, out); break;
    case SAM_CONSENT:
    case SAM_LINK:
    case SAM_PARTICIPANT: name_of(v, SAM_PARTICIPANT, key->part[0], out->person, sizeof out->person); break;
    default: break;
    }
    if (out->has_day && value_bare(v))
        value_day_iso(out->day, day);
    else if (out->has_day)
        value_day(v, out->day, day);
    name_of(v, key->entity, key->part[0], name, sizeof name);
    if (key->entity == SAM_SESSION)
        value_say(out->whole, sizeof out->whole, value_lang(v), SAM_TEXT_TITLE_SESSION, out->group, day);
    else if (key->entity == SAM_GROUP)
        value_say(out->whole, sizeof out->whole, value_lang(v), SAM_TEXT_TITLE_GROUP, name);
    else if (key->entity == SAM_USER)
        value_say(out->whole, sizeof out->whole, value_lang(v), SAM_TEXT_TITLE_USER, name);
    else if (key->entity == SAM_INTERVENTION)
        value_say(out->whole, sizeof out->whole, value_lang(v), SAM_TEXT_TITLE_INTERVENTION, name);
    else if (key->entity == SAM_ORG_UNIT)
        value_say(out->whole, sizeof out->whole, value_lang(v), SAM_TEXT_TITLE_CLINIC, name);
    else
        title_join(v, key, out, day);
}

/* ---- who */

void value_device(struct verb_context *v, uint64_t device_no, char out[VALUE_BYTES_MAX])
{
    struct store_device d;
    char clinic[SAM_NAME_BYTES_MAX + 1], tablet[64];
    if (device_no == SAM_DEVICE_NO_CONSOLE) {
        value_say(out, VALUE_BYTES_MAX, value_lang(v), SAM_TEXT_VALUE_BY_CENTRE);
        return;
    }
    value_say(tablet, sizeof tablet, value_lang(v), SAM_TEXT_VALUE_BY_TABLET, (unsigned long long)device_no);
    if (store_device_get(v->st, device_no, &d)) {
        snprintf(out, VALUE_BYTES_MAX, "%s", tablet);
        return;
    }
    name_of(v, SAM_ORG_UNIT, d.org, clinic, sizeof clinic);
    snprintf(out, VALUE_BYTES_MAX, "%s%s%s%s, %s", tablet, d.label[0] ? " (" : "", d.label, d.label[0] ? ")" : "",
             clinic);
}

void value_user(struct verb_context *v, const struct intake_op *op, char out[VALUE_BYTES_MAX])
{
    out[0] = 0;
    if (op->readable && op->op.user)
        user_name(v, op->op.user, out, VALUE_BYTES_MAX);
    if (!out[0] && op->device_no != SAM_DEVICE_NO_CONSOLE)
        value_say(out, VALUE_BYTES_MAX, value_lang(v), SAM_TEXT_VALUE_NO_USER);
}

void value_author(struct verb_context *v, const struct intake_op *op, char out[VALUE_BYTES_MAX])
{
    char device[VALUE_BYTES_MAX];
    value_user(v, op, out);
    value_device(v, op->device_no, device);
    value_join(out, VALUE_BYTES_MAX, ", ", device);
}

uint64_t value_clinic_of(struct verb_context *v, uint64_t group)
{
    struct store_row row;
    struct sam_key key = {.entity = SAM_GROUP, .part = {group}};
    if (!group || store_row_get(v->st, &key, &row) || !row.exists)
        return 0;
    return (uint64_t)sam_row_num(&row.row, SAM_GROUP_org);
}

/* ---- texts */

static void add(char *out, size_t size, const char *text)
{
    size_t used = strlen(out), n = strlen(text), room = size - used - 1;
    while (n > room || (n < strlen(text) && n && ((unsigned char)text[n] & 0xc0) == 0x80))
        n--; /* whole letters only */
    memcpy(out + used, text, n);
    out[used + n] = 0;
}

void value_join(char *out, size_t size, const char *between, const char *text)
{
    if (out[0])
        add(out, size, between);
    add(out, size, text);
}

void value_upper(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text);
    if (out[0] >= 'a' && out[0] <= 'z')
        out[0] = (char)(out[0] - 'a' + 'A');
}

void value_cut(char *out, size_t size, const char *text, unsigned letters)
{
    size_t used = 0, whole = 0;
    unsigned n = 0;
    for (const char *p = text; *p; p++) {
        n += ((unsigned char)*p & 0xc0) != 0x80;
        if (n <= letters)
            whole = (size_t)(p - text) + 1;
        if (n < letters)
            used = (size_t)(p - text) + 1;
    }
    if (n <= letters)
        snprintf(out, size, "%.*s", (int)whole, text);
    else
        snprintf(out, size, "%.*s\xe2\x80\xa6", (int)used, text);
}
