#include "server/admin/access.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/model/op.h"
#include "proto/wire/crypto.h"
#include "server/intake/account.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>

enum { CENTRE = 1, NUMBER_DIGITS_MAX = 19, AUDIT_TEXT_BYTES = 1000 };

static const char *reason(const struct verb_context *v)
{
    const char *said = args_get(&v->args, "reason");
    return said ? said : "";
}

static struct store_access *note(struct verb_context *v)
{
    SAM_ASSERT(v->verb->access);
    struct store_access *a = &v->access[v->access_count++];
    *a = (struct store_access){
        .device_no = CENTRE, .resource = v->verb->resource, .action = v->verb->access, .purpose = reason(v)};
    return a;
}

void access_person(struct verb_context *v, uint64_t participant)
{
    if (v->access_count == 1 && !v->access[0].participant) {
        v->access[0].count++; /* it became a list */
        return;
    }
    for (unsigned i = 0; i < v->access_count; i++)
        if (v->access[i].participant == participant)
            return;
    if (v->access_count < VERB_ACCESS_MAX) {
        note(v)->participant = participant;
        return;
    }
    v->access_count = 0;
    note(v)->count = VERB_ACCESS_MAX + 1;
}

void access_list(struct verb_context *v, uint64_t group, uint64_t count)
{
    SAM_ASSERT(v->access_count < VERB_ACCESS_MAX);
    struct store_access *a = note(v);
    a->group = group;
    a->count = count;
}

/* The participant whom a row names, by key or by field; 0: none. */
static uint64_t person_of(const struct sam_row *row)
{
    const struct sam_entity_def *def = sam_entity_find(row->key.entity);
    for (unsigned i = 0; def && i < def->key_count; i++)
        if (def->key[i].ref == SAM_PARTICIPANT)
            return row->key.part[i];
    for (unsigned i = 0; def && i < def->field_count; i++)
        if (def->field[i].ref == SAM_PARTICIPANT && sam_row_has(row, i))
            return (uint64_t)sam_row_num(row, i);
    return 0;
}

void access_row(struct verb_context *v, const struct sam_row *row)
{
    uint64_t person = person_of(row);
    struct store_row there;
    if (!person && store_row_get(v->st, &row->key, &there) == 0 && there.exists)
        person = person_of(&there.row);
    else
        there = (struct store_row){.exists = false};
    if (person)
        access_person(v, person);
    else if (row->key.entity == SAM_SESSION && there.exists)
        access_list(v, (uint64_t)sam_row_num(&there.row, SAM_SESSION_group_id), 1);
    else
        access_list(v, 0, 1);
}

const char *access_action_text(enum sam_lang lang, uint32_t action)
{
    return sam_text_of(lang, SAM_TEXT_SET_ACCESS, (int)action - STORE_READ);
}

const char *access_resource_text(enum sam_lang lang, const char *resource)
{
    static const char *const words[] = {
        "participant", "enrolment",  "link",       "case",       "score",  "quarantine", "access",
        "everything",  "attendance", "sessions",   "enrolments", "sets",   "scores",     "participants",
        "consents",    "episode",    "completion", "sheet",      "set",    "note",       "contact",
        "work",        "exertion",   "activity",   "consent",    "session"};
    for (int i = 0; i < (int)(sizeof words / sizeof *words); i++)
        if (strcmp(words[i], resource) == 0)
            return sam_text_of(lang, SAM_TEXT_SET_RESOURCE, i);
    return resource;
}

const char *access_purpose_text(enum sam_lang lang, const char *purpose)
{
    static const char *const words[] = {"treatment", "coordination", "administration",
                                        "quality",   "own request",  "emergency"};
    for (int i = 0; i < (int)(sizeof words / sizeof *words); i++)
        if (strcmp(words[i], purpose) == 0)
            return sam_text_of(lang, SAM_TEXT_SET_WHY, i + 1);
    return purpose;
}

int access_reason_check(struct verb_context *v, bool needed)
{
    const char *said = reason(v);
    struct sam_span text = {(const uint8_t *)said, strlen(said)};
    if (needed && !text.len) {
        verb_refuse(v, SAM_TEXT_ACCESS_REASON_NEEDED);
        return VERB_USAGE;
    }
    if (text.len > INTAKE_PURPOSE_BYTES_MAX)
        return verb_refuse(v, SAM_TEXT_ADM_TEXT_LONG, "reason", (int)INTAKE_PURPOSE_BYTES_MAX);
    if (!sam_text_ok(text)) {
        verb_refuse(v, SAM_TEXT_ACCESS_REASON_SIGNS);
        return VERB_USAGE;
    }
    return VERB_OK;
}

/* ---- who asked what: the verb and its numbers, never names or other text that was typed */

static void account_say(const struct verb_context *v, char *out, size_t size)
{
    struct store_account a;
    char name[ACCOUNT_ACTOR_BYTES_MAX + 1] = "?";
    if (store_account_get(v->st, v->account, &a) == 0)
        account_actor(&a, name);
    snprintf(out, size, "%s", name);
    sam_wipe(&a, sizeof a);
}

void access_actor(const struct verb_context *v, char *out, size_t size)
{
    if (v->account) {
        account_say(v, out, size);
        return;
    }
    struct passwd user, *found = NULL;
    char mem[4096];
    const char *operator_name = args_get(&v->args, "operator");
    int n;
    if (!v->has_uid)
        n = snprintf(out, size, "?");
    else if (getpwuid_r(v->uid, &user, mem, sizeof mem, &found) == 0 && found)
        n = snprintf(out, size, "%.48s uid=%u", user.pw_name, v->uid);
    else
        n = snprintf(out, size, "uid=%u", v->uid);
    if (operator_name && n > 0 && (size_t)n < size)
        snprintf(out + n, size - (size_t)n, " as %s", operator_name);
}

static bool is_number(const char *word)
{
    return word[0] && strspn(word, "0123456789") == strlen(word) && strlen(word) <= NUMBER_DIGITS_MAX;
}

static bool option_is(const char *at, const char *name)
{
    size_t n = strcspn(at, "= ");
    return strlen(name) == n && memcmp(at, name, n) == 0;
}

static void audit_text(const struct verb_context *v, char *out, size_t size)
{
    const struct args *a = &v->args;
    size_t used = (size_t)snprintf(out, size, "%s", v->verb->name);
    for (unsigned i = 0; i < a->pos_count && used < size; i++)
        if (is_number(a->pos[i]))
            used += (size_t)snprintf(out + used, size - used, " %s", a->pos[i]);
    for (unsigned i = 0; i < a->opt_count && used < size; i++) {
        int name = (int)strcspn(a->opt[i].name, "= ");
        if (option_is(a->opt[i].name, "json") || option_is(a->opt[i].name, "operator") ||
            option_is(a->opt[i].name, "reason"))
            continue; /* the same to whoever reads it, or said elsewhere */
        bool number = is_number(a->opt[i].value);
        used += (size_t)snprintf(out + used, size - used, " --%.*s%s%s", name, a->opt[i].name, number ? " " : "",
                                 number ? a->opt[i].value : "");
    }
    if (v->note && used < size)
        snprintf(out + used, size - used, " \"%s\"", v->note);
}

static int access_write(struct verb_context *v, const char *actor, const char *text)
{
    SAM_ASSERT(v->access_count > 0); /* a verb that shows people says whom */
    return v->account ? account_access(v->in, v->account, text, v->access, v->access_count)
                      : intake_access(v->in, actor, text, v->access, v->access_count);
}

int access_audit(struct verb_context *v)
{
    char actor[ACCESS_ACTOR_BYTES], text[AUDIT_TEXT_BYTES];
    if (!v->verb->access && !v->note)
        v->note = args_get(&v->args, "reason");
    access_actor(v, actor, sizeof actor);
    audit_text(v, text, sizeof text);
    if (v->verb->access)
        return access_write(v, actor, text);
    return intake_audit(v->in, AUDIT_VERB, actor, text);
}
