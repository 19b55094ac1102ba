/* The audit log of the whole centre: looked through from its end, and its chain checked, both some lines at a time. That all that is stored
 * agrees with it is more work, and the command line's: samlingd verify. */
#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "server/console/fields.h"
#include "server/console/gate.h"
#include "server/console/page.h"
#include "server/console/place.h"
#include "server/intake/intake.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_SHOWN = 50, LINES_LOOKED = 20000, LINES_CHECKED = 5000, WRONG_SHOWN = 20, FULL = 1, ANCHOR_BYTES = 48 };
enum { NUMBER_BYTES = 24, WORD_BYTES = 120 };

/* What a tablet is told, and verify --anchor takes. */
static int head_add(struct sam_json *j, struct store *st, uint64_t *count)
{
    struct store_audit last;
    char anchor[ANCHOR_BYTES] = "";
    int err = store_audit_last(st, &last);
    *count = err ? 0 : last.no;
    if (!err)
        snprintf(anchor, sizeof anchor, "%" PRIu64 ":%016" PRIx64, last.no, sam_get_le64(last.chain));
    sam_json_int(j, "count", (int64_t)*count);
    sam_json_text(j, "head", anchor);
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* ---- looking */

struct looking {
    struct store *st;
    struct sam_json *j;
    unsigned count;
    uint64_t last; /* the line that was shown last */
};

static int devices_add(struct looking *l, const struct store_audit *a)
{
    uint64_t no[STORE_SENDERS_MAX];
    unsigned count = 0;
    int err = a->kind == AUDIT_OPS ? store_push_senders(l->st, a->first_csn, a->last_csn, no, &count) : 0;
    sam_json_list(l->j, "devices");
    for (unsigned i = 0; i < count; i++)
        sam_json_int(l->j, NULL, (int64_t)no[i]);
    sam_json_end(l->j);
    return err;
}

static int line_each(void *ctx, const struct store_audit *a)
{
    struct looking *l = ctx;
    if (l->count == LINES_SHOWN)
        return FULL;
    l->count++;
    l->last = a->no;
    sam_json_object(l->j, NULL);
    sam_json_int(l->j, "no", (int64_t)a->no);
    sam_json_int(l->j, "at_s", a->at_s);
    sam_json_int(l->j, "kind", (int64_t)a->kind);
    sam_json_text(l->j, "actor", a->actor);
    sam_json_text(l->j, "text", a->text);
    int err = devices_add(l, a);
    sam_json_end(l->j);
    return err;
}

struct asked {
    char before[NUMBER_BYTES], kind[NUMBER_BYTES], from[NUMBER_BYTES], to[NUMBER_BYTES], who[WORD_BYTES + 1],
        text[WORD_BYTES + 1];
};

/* Digits, or nothing: then ${out} stays. */
static int number_read(const char *text, int64_t max, int64_t *out)
{
    if (!text[0])
        return 0;
    errno = 0;
    long long n = strtoll(text, NULL, 10);
    if (errno || text[strspn(text, "0123456789")] || n > max)
        return SAM_EPROTO;
    *out = n;
    return 0;
}

static int asked_read(const struct ask *a, struct asked *q, struct store_audit_search *s)
{
    int64_t before = INT64_MAX, kind = 0;
    struct field fields[] = {{"before", q->before, sizeof q->before, false}, {"kind", q->kind, sizeof q->kind, false},
                             {"from_s", q->from, sizeof q->from, false},     {"to_s", q->to, sizeof q->to, false},
                             {"who", q->who, sizeof q->who, false},          {"text", q->text, sizeof q->text, false}};
    *s = (struct store_audit_search){.to_s = INT64_MAX, .who = q->who, .text = q->text};
    int err = fields_read(sam_buf_peek(&a->body), fields, sizeof fields / sizeof *fields);
    err = err ? err : number_read(q->before, INT64_MAX, &before);
    err = err ? err : number_read(q->kind, AUDIT_ACCOUNT, &kind);
    err = err ? err : number_read(q->from, INT64_MAX, &s->from_s);
    err = err ? err : number_read(q->to, INT64_MAX, &s->to_s);
    s->before = (uint64_t)before;
    s->kind = (uint32_t)kind;
    return err;
}

int page_log(struct ask *a, struct store *st)
{
    struct sam_json j;
    struct asked q;
    struct store_audit_search s;
    struct looking l = {.st = st, .j = &j};
    uint64_t count;
    int err = place_may(a, st, RIGHT_AUDIT_LOG, 0);
    err = err ? err : asked_read(a, &q, &s);
    if (err)
        return err;
    sam_json_init(&j, REPLY_BYTES_MAX);
    sam_json_object(&j, NULL);
    sam_json_int(&j, "now_s", a->now_s);
    err = head_add(&j, st, &count);
    if (s.before > count)
        s.before = count + 1;
    s.after = s.before > LINES_LOOKED ? s.before - 1 - LINES_LOOKED : 0;
    sam_json_list(&j, "lines");
    err = err ? err : store_audit_search(st, &s, line_each, &l);
    sam_json_end(&j);
    sam_json_int(&j, "before", (int64_t)(err == FULL ? l.last : s.after ? s.after + 1 : 0));
    int made = reply_json(&a->reply, &j);
    return err < 0 ? err : made;
}

/* ---- the chain */

struct chain {
    uint64_t no; /* of the line before; its chain */
    uint8_t hash[SAM_HASH_BYTES];
    uint64_t wrong[WRONG_SHOWN];
    unsigned wrong_count;
};

static int chain_begin(struct store *st, uint64_t after, struct chain *c)
{
    struct store_audit a;
    *c = (struct chain){.no = after};
    int err = after ? store_audit_next(st, after - 1, &a) : 0;
    if (!err && after)
        memcpy(c->hash, a.chain, sizeof c->hash);
    return err || !after || a.no == after ? err : SAM_ENOTFOUND;
}

static int text_fits(const struct store_audit *a, bool *fits)
{
    uint8_t hash[SAM_HASH_BYTES];
    *fits = true;
    if (!a->text)
        return 0; /* erased: its hash is what is left */
    int err = sam_sha256(a->text, strlen(a->text), hash);
    *fits = memcmp(hash, a->text_hash, sizeof hash) == 0;
    return err;
}

static int line_check(struct chain *c, const struct store_audit *a)
{
    uint8_t entry[SAM_HASH_BYTES], chain[SAM_HASH_BYTES];
    bool fits = false;
    int err = intake_audit_entry(a, entry);
    if (err == SAM_ETOOBIG)
        memset(entry, 0, sizeof entry); /* none of ours */
    else if (err)
        return err;
    err = sam_sha256_2(c->hash, sizeof c->hash, entry, sizeof entry, chain);
    err = err ? err : text_fits(a, &fits);
    fits &=
        a->no == c->no + 1 && memcmp(entry, a->entry, sizeof entry) == 0 && memcmp(chain, a->chain, sizeof chain) == 0;
    if (!fits && c->wrong_count < WRONG_SHOWN)
        c->wrong[c->wrong_count++] = a->no;
    c->no = a->no;
    memcpy(c->hash, a->chain, sizeof c->hash);
    return err;
}

int page_log_check(struct ask *a, struct store *st)
{
    struct sam_json j;
    struct chain c;
    struct store_audit line;
    int64_t after = 0;
    uint64_t count, lines = 0;
    int err = place_may(a, st, RIGHT_AUDIT_LOG, 0);
    err = err ? err : ask_query_num(a, "after", 0, INT64_MAX - 1, &after);
    err = err ? err : chain_begin(st, (uint64_t)after, &c);
    if (err)
        return err;
    while (lines < LINES_CHECKED && (err = store_audit_next(st, c.no, &line)) == 0 &&
           (err = line_check(&c, &line)) == 0)
        lines++;
    sam_json_init(&j, REPLY_BYTES_MAX);
    sam_json_object(&j, NULL);
    sam_json_int(&j, "upto", (int64_t)c.no);
    sam_json_int(&j, "lines", (int64_t)lines);
    sam_json_list(&j, "wrong");
    for (unsigned i = 0; i < c.wrong_count; i++)
        sam_json_int(&j, NULL, (int64_t)c.wrong[i]);
    sam_json_end(&j);
    sam_json_bool(&j, "more", !err);
    err = err == SAM_ENOTFOUND ? 0 : err;
    err = err ? err : head_add(&j, st, &count);
    int made = reply_json(&a->reply, &j);
    return err ? err : made;
}
