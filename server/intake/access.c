/* Who saw what of whom. One call is one line of the audit log (AUDIT_ACCESS) and a row of table access_log for each person, or one
 * for a list. The line's facts cover the rows, so the audit log's chain does:
 *
 *   facts  a = 0; for each row in order: a = SHA-256 (a | SHA-256 (numbers | actor 0 | resource 0 | purpose 0))
 *
 * Numbers are 64 bits, little-endian, in the order of the table's columns: audit_no to offline; of what was seen on a tablet csn and
 * claimed_s, too. What tablets saw comes as ops (Access): rows of a line for each tablet of a commit. It is a fact like the batch it
 * came in: rebuild makes the table access anew, and leaves the log alone. */
#include "server/intake/intake_int.h"

#include "proto/base/err.h"

#include <stdio.h>
#include <string.h>

enum {
    NUMBERS_CENTRE = 11,
    NUMBERS = 13,
    ROW_BYTES_MAX = NUMBERS * 8 + ACCESS_ACTOR_BYTES_MAX + 64 + INTAKE_PURPOSE_BYTES_MAX + 3
};

static int text_add(uint8_t *bytes, size_t *used, const char *text)
{
    size_t n = strlen(text) + 1;
    if (n > ROW_BYTES_MAX - *used)
        return SAM_ETOOBIG;
    memcpy(bytes + *used, text, n);
    *used += n;
    return 0;
}

int intake_access_facts(const uint8_t before[SAM_HASH_BYTES], const struct store_access *a, uint8_t out[SAM_HASH_BYTES])
{
    uint8_t bytes[ROW_BYTES_MAX], hash[SAM_HASH_BYTES];
    const uint64_t number[NUMBERS] = {
        a->audit_no, a->part,  (uint64_t)a->at_s, a->user_id, a->role, a->device_no,          a->participant,
        a->group,    a->count, a->action,         a->offline, a->csn,  (uint64_t)a->claimed_s};
    unsigned numbers = a->csn || a->claimed_s ? NUMBERS : NUMBERS_CENTRE;
    size_t used = (size_t)numbers * 8;
    for (unsigned i = 0; i < numbers; i++)
        sam_put_le64(bytes + (size_t)i * 8, number[i]);
    int err = text_add(bytes, &used, a->actor);
    err = err ? err : text_add(bytes, &used, a->resource);
    err = err ? err : text_add(bytes, &used, a->purpose);
    err = err ? err : sam_sha256(bytes, used, hash);
    return err ? err : sam_sha256_2(before, SAM_HASH_BYTES, hash, sizeof hash, out);
}

/* The line and its rows, each with an actor of its own. */
static int rows_add(struct intake *in, struct store_audit *line, struct store_access *rows, unsigned count)
{
    uint64_t no, head;
    int err = intake_audit_head(in, &no, &head);
    for (unsigned i = 0; !err && i < count; i++) {
        struct store_access *a = &rows[i];
        a->audit_no = no + 1;
        a->part = i + 1;
        a->at_s = intake_now_s(in);
        err = intake_access_facts(line->facts, a, line->facts);
        if (!err)
            err = store_access_add(in->st, a);
    }
    return err ? err : audit_line(in, line);
}

int intake_access(struct intake *in, const char *actor, const char *text, struct store_access *rows, unsigned count)
{
    struct store_audit line = {.kind = AUDIT_ACCESS, .actor = actor, .text = text, .has_facts = true};
    for (unsigned i = 0; i < count; i++)
        rows[i].actor = actor;
    return rows_add(in, &line, rows, count);
}

/* ---- what tablets saw */

/* Resource and AccessPurpose of proto/samling.proto as the log says them; numbers of a newer tablet as they are. */
static const char *const resource_word[] = {"?",       "sheet",   "set",        "score",    "note",
                                            "contact", "work",    "exertion",   "activity", "consent",
                                            "episode", "session", "participant"};
static const char *const purpose_word[] = {"",        "treatment",   "coordination", "administration",
                                           "quality", "own request", "emergency"};
#define WORDS(list) (sizeof(list) / sizeof *(list))

static void word_set(char out[ACCESS_WORD_BYTES_MAX], const char *const *list, size_t count, int64_t value)
{
    if (value >= 0 && (uint64_t)value < count)
        snprintf(out, ACCESS_WORD_BYTES_MAX, "%s", list[value]);
    else
        snprintf(out, ACCESS_WORD_BYTES_MAX, "%lld", (long long)value);
}

/* What an older program had no word for stands as its number for good. */
static bool word_fits(const char *const *list, size_t count, int64_t value, const char *text)
{
    char word[ACCESS_WORD_BYTES_MAX], number[ACCESS_WORD_BYTES_MAX];
    word_set(word, list, count, value);
    word_set(number, list, 0, value);
    return strcmp(word, text) == 0 || strcmp(number, text) == 0;
}

/* The row in words, without its place in the log. */
static int entry_say(struct intake *in, const struct sam_row *r, uint64_t user, int64_t claimed_s,
                     struct access_entry *out)
{
    struct sam_key key = {.entity = SAM_USER, .part = {user}};
    struct store_row who;
    int err = user ? store_row_get(in->st, &key, &who) : 0;
    if (err)
        return err;
    bool known = user && who.exists;
    struct sam_span name = known ? who.row.val[SAM_USER_name].text : (struct sam_span){0};
    size_t len = known && sam_row_has(&who.row, SAM_USER_name) ? name.len : 0;
    len = len < sizeof out->actor ? len : sizeof out->actor - 1;
    if (len)
        memcpy(out->actor, name.ptr, len);
    out->actor[len] = 0;
    word_set(out->resource, resource_word, WORDS(resource_word), sam_row_num(r, SAM_ACCESS_resource));
    word_set(out->purpose, purpose_word, WORDS(purpose_word), sam_row_num(r, SAM_ACCESS_purpose));
    out->row = (struct store_access){.user_id = user,
                                     .role = known ? (uint32_t)sam_row_num(&who.row, SAM_USER_role) : 0,
                                     .participant = (uint64_t)sam_row_num(r, SAM_ACCESS_participant),
                                     .group = (uint64_t)sam_row_num(r, SAM_ACCESS_group_id),
                                     .count = (uint64_t)sam_row_num(r, SAM_ACCESS_persons),
                                     .action = (uint32_t)sam_row_num(r, SAM_ACCESS_action),
                                     .offline = sam_row_num(r, SAM_ACCESS_offline) != 0,
                                     .claimed_s = claimed_s};
    return 0;
}

int access_flush(struct intake *in)
{
    struct access_pending *p = &in->access;
    struct store_access rows[ACCESS_PENDING_MAX];
    char actor[32], text[48];
    if (!p->count)
        return 0;
    uint64_t device_no = p->entry[0].row.device_no;
    snprintf(actor, sizeof actor, "device %llu", (unsigned long long)device_no);
    snprintf(text, sizeof text, "seen on a tablet: %u", p->count);
    for (unsigned i = 0; i < p->count; i++) {
        rows[i] = p->entry[i].row;
        rows[i].actor = p->entry[i].actor;
        rows[i].resource = p->entry[i].resource;
        rows[i].purpose = p->entry[i].purpose;
    }
    struct store_audit line = {.kind = AUDIT_ACCESS, .actor = actor, .text = text, .has_facts = true};
    int err = rows_add(in, &line, rows, p->count);
    p->count = 0;
    return err;
}

int access_changed(struct judgement *j)
{
    struct intake *in = j->in;
    struct access_pending *p = &in->access;
    int err = 0;
    if (in->rebuilding)
        return 0;
    if (p->count == ACCESS_PENDING_MAX || (p->count && p->entry[0].row.device_no != j->a->device_no))
        err = access_flush(in);
    if (!err)
        err = entry_say(in, &j->op->row, j->op->user, j->op->claimed_s, &p->entry[p->count]);
    if (err)
        return err;
    p->entry[p->count].row.device_no = j->a->device_no;
    p->entry[p->count].row.csn = j->csn;
    p->count++;
    return 0;
}

int access_true(struct intake *in, const struct sam_row *r, uint64_t csn, bool *is)
{
    struct store_access a;
    struct access_entry want;
    int err = store_access_of(in->st, csn, &a);
    *is = false;
    if (err)
        return err == SAM_ENOTFOUND ? 0 : err;
    err = entry_say(in, r, a.user_id, a.claimed_s, &want);
    *is = !err && want.row.participant == a.participant && want.row.group == a.group && want.row.count == a.count &&
          want.row.action == a.action && want.row.offline == a.offline &&
          word_fits(resource_word, WORDS(resource_word), sam_row_num(r, SAM_ACCESS_resource), a.resource) &&
          word_fits(purpose_word, WORDS(purpose_word), sam_row_num(r, SAM_ACCESS_purpose), a.purpose);
    return err;
}
