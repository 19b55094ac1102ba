/* What is there, in the words in which a story expects it. */
#include "tests/scenario/found.h"

#include "tests/scenario/clinical.h"

#include "client-sdk/src/outbox.h"
#include "client-sdk/src/read.h"
#include "proto/model/rule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const verdict_words[SAM_VERDICT_COUNT] = {"applied", "merged",      "same", "superseded",
                                                      "case",    "quarantined", "held", "lost"};
const char *const state_words[FOUND_STATES] = {"no record", "waiting", "at the centre", "attention"};
static const char *const reason_words[] = {"",          "range",         "scope",   "reference",    "schema", "revoked",
                                           "malformed", "not-permitted", "crashed", "equivocation", "user"};
static const char *const rule_words[] = {"unit", "quarantine", "attended", "same-day", "primary", "same-person"};

#define WORD(words, i) ((i) < sizeof(words) / sizeof(words)[0] ? (words)[i] : "?")

void got_row(struct play *y, const struct sam_key *key, struct sam_buf *out)
{
    struct store_row row;
    PUMP_MUST(store_row_get(y->p->reader, key, &row) == 0);
    if (!row.exists)
        say(out, "nothing");
    else if (row.dead > 0)
        say(out, "removed");
    else
        say_fields(y, &row.row, out);
}

/* ---- lines */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void lines_add(struct lines *l, struct sam_buf *text)
{
    PUMP_MUST(l->count < sizeof l->at / sizeof l->at[0]);
    l->at[l->count++] = strdup(said(text));
    sam_buf_clear(text);
}

void lines_say(struct lines *l, const char *between, struct sam_buf *out)
{
    qsort(l->at, l->count, sizeof l->at[0], by_text);
    for (unsigned i = 0; i < l->count; i++) {
        if (i)
            say(out, "%s", between);
        PUMP_MUST(sam_buf_add(out, l->at[i], strlen(l->at[i])) == 0);
        free(l->at[i]);
    }
    l->count = 0;
}

static const char *device_name(struct play *y, uint64_t device_no, char no[48])
{
    for (unsigned i = 0; i < y->p->tablets; i++)
        if (y->p->tablet[i].device_no == device_no)
            return name_of(y, STORY_NAME_DEVICE, i, no);
    snprintf(no, 48, device_no == SAM_DEVICE_NO_CONSOLE ? "console" : "device %llu", (unsigned long long)device_no);
    return no;
}

static void only_unit(const struct sam_row *from, unsigned unit, struct sam_row *out)
{
    sam_row_init(out, from->key.entity);
    sam_row_merge(out, from, 1u << unit);
}

void got_values(struct play *y, const struct sam_key *key, unsigned unit, struct lines *l)
{
    static struct store_candidate c[SAM_CANDIDATES_MAX];
    struct store_row row;
    struct sam_row value, one;
    struct sam_buf text;
    unsigned n;
    char no[48];
    sam_buf_init(&text, 4096);
    PUMP_MUST(store_candidates_get(y->p->reader, key, unit, c, SAM_CANDIDATES_MAX, &n) == 0);
    PUMP_MUST(store_row_get(y->p->reader, key, &row) == 0);
    struct store_rev rev = store_row_rev(&row, unit);
    for (unsigned i = 0; i < n; i++) {
        PUMP_MUST(sam_row_decode(key->entity, (struct sam_span){c[i].value, c[i].value_len}, &value) == 0);
        only_unit(&value, unit, &one);
        say_fields(y, &one, &text);
        say(&text, " by %s", device_name(y, c[i].device_no, no));
        lines_add(l, &text);
    }
    if (!n && row.exists && row.dead <= 0 && rev.csn) {
        struct store_push p;
        PUMP_MUST(store_push_at_csn(y->p->reader, rev.csn, &p) == 0);
        only_unit(&row.row, unit, &one);
        say_fields(y, &one, &text);
        say(&text, " by %s", device_name(y, p.device_no, no));
        lines_add(l, &text);
    }
    sam_buf_fini(&text);
}

/* ---- cases and verdicts */

void case_say(struct play *y, const struct store_case *c, struct sam_buf *out)
{
    const struct sam_entity_def *def = sam_entity_find(c->key.entity);
    char a[48], b[48];
    if (c->rule == SAM_RULE_UNIT) {
        say_key(y, &c->key, out);
        for (unsigned i = 0; i < def->field_count; i++)
            if (def->field[i].unit == c->unit) {
                say(out, " %s", def->field[i].column);
                break;
            }
    } else if (c->key.part[1] == 0 || c->key.part[0] == c->key.part[1]) {
        say(out, "%s %s", WORD(rule_words, c->rule), name_of(y, c->key.entity, c->key.part[0], a));
    } else {
        say(out, "%s %s %s", WORD(rule_words, c->rule), name_of(y, c->key.entity, c->key.part[0], a),
            name_of(y, c->key.entity, c->key.part[1], b));
    }
}

void got_cases(struct play *y, bool open, struct lines *l)
{
    struct store_case c = {0};
    struct sam_buf text;
    sam_buf_init(&text, 4096);
    while (store_case_next(y->p->reader, c.no, open, &c) == 0)
        if (c.open == open) {
            case_say(y, &c, &text);
            lines_add(l, &text);
        }
    sam_buf_fini(&text);
}

void got_verdicts(struct play *y, const struct pump_tablet *t, struct sam_buf *out)
{
    struct store_device d;
    struct store_push p;
    struct store_verdict v;
    PUMP_MUST(store_device_get(y->p->reader, t->device_no, &d) == 0);
    for (uint64_t seq = 1; seq <= d.acked_seq; seq++) {
        if (seq > 1)
            say(out, " ");
        if (store_push_at_seq(y->p->reader, t->device_no, seq, &p) || seq >= p.first_seq + p.count)
            say(out, "lost");
        else if (store_verdict_get(y->p->reader, p.first_csn + (seq - p.first_seq), &v))
            say(out, "applied");
        else
            say(out, "%s%s%s", WORD(verdict_words, v.kind), v.reason ? "/" : "", WORD(reason_words, v.reason));
    }
}

/* ---- what a tablet shows */

static void line_say(struct play *y, const struct samling_line *l, struct sam_buf *out)
{
    struct sam_row r;
    const int values[] = {l->presence, l->evidence, l->reason,     l->minutes, l->arrived_min,
                          l->left_min, l->late,     l->left_early, l->by_video};
    sam_row_init(&r, SAM_ATTENDANCE);
    for (unsigned i = 0; i < sizeof values / sizeof values[0]; i++)
        if (values[i] > 0 || (values[i] == 0 && i >= 2))
            sam_row_set(&r, i, values[i]);
    say_fields(y, &r, out);
    say(out, ", %s", WORD(state_words, (unsigned)l->state));
    if (!l->disputed)
        return;
    sam_row_init(&r, SAM_ATTENDANCE);
    sam_row_set(&r, SAM_ATTENDANCE_presence, l->other_presence);
    say(out, ", others say ");
    say_fields(y, &r, out);
}

void got_screen(struct play *y, struct pump_tablet *t, uint64_t session, uint64_t person, struct sam_buf *out)
{
    struct samling_line *l = NULL;
    size_t n = 0;
    bool found = false;
    int err = samling_sheet(t->s, session, &l, &n);
    for (size_t i = 0; !err && i < n; i++)
        if (l[i].participant == person) {
            line_say(y, &l[i], out);
            found = true;
        }
    if (err || !found)
        say(out, "nothing");
    samling_list_free(l);
}

void got_copy(struct play *y, struct pump_tablet *t, const struct sam_key *key, struct sam_buf *out)
{
    struct sam_view *v = calloc(1, sizeof *v);
    PUMP_MUST(v != NULL);
    int err = sam_replica_find(t->s, key, v, NULL);
    PUMP_MUST(err == 0 || err == SAM_ENOTFOUND);
    if (err == 0)
        PUMP_MUST(sam_overlay(t->s, v, NULL) == 0);
    if (err || !v->here)
        say(out, "nothing");
    else
        say_fields(y, &v->row, out);
    free(v);
}

/* ---- the end state */

static const char *scope_name(struct play *y, uint64_t scope, char no[48])
{
    const char *name = name_of(y, SAM_GROUP, scope, no);
    return strcmp(name, "unnamed") != 0 ? name : name_of(y, SAM_ORG_UNIT, scope, no);
}

static void rows_end(struct play *y, uint8_t entity, struct sam_buf *text, struct lines *l)
{
    const struct sam_entity_def *def = sam_entity_find(entity);
    struct sam_key key = {.entity = entity};
    char no[48];
    while (store_key_each(y->p->reader, entity, &key, &key) == 0) {
        struct store_row row;
        PUMP_MUST(store_row_get(y->p->reader, &key, &row) == 0);
        say_key(y, &key, text);
        say(text, " in %s: ", scope_name(y, row.scope, no));
        if (row.dead > 0)
            say(text, "removed, ");
        say_fields(y, &row.row, text);
        lines_add(l, text);
        for (unsigned unit = 0; unit < def->unit_count; unit++) {
            struct lines values = {0};
            got_values(y, &key, unit, &values);
            say_key(y, &key, text);
            say(text, " unit %u: ", unit);
            lines_say(&values, " | ", text);
            lines_add(l, text);
        }
    }
}

static void scopes_end(struct play *y, struct sam_buf *out)
{
    struct store_scope scope;
    uint64_t id = 0;
    char no[48];
    while (store_scope_next(y->p->reader, id, &id) == 0) {
        PUMP_MUST(store_scope_get(y->p->reader, id, &scope) == 0);
        say(out, "%s: %llu rows%s\n", scope_name(y, id, no), (unsigned long long)scope.rows,
            scope.listed ? "" : ", in no list");
    }
}

void end_say(struct play *y, struct sam_buf *out)
{
    struct lines *l = calloc(1, sizeof *l), cases = {0};
    struct sam_buf text;
    char no[48];
    PUMP_MUST(l != NULL);
    sam_buf_init(&text, 1u << 16);
    for (unsigned i = 0; sam_entity_at(i); i++) {
        rows_end(y, sam_entity_at(i)->tag, &text, l);
        lines_say(l, "\n", out);
        say(out, "\n");
    }
    scopes_end(y, out);
    got_cases(y, true, &cases);
    lines_say(&cases, "\n", out);
    for (unsigned i = 0; i < y->p->tablets; i++) {
        say(out, "\n%s: ", name_of(y, STORY_NAME_DEVICE, i, no));
        got_verdicts(y, &y->p->tablet[i], out);
        for (unsigned n = 0; n < y->names; n++)
            if (y->name[n].entity != STORY_NAME_DEVICE) {
                struct sam_key key = {.entity = y->name[n].entity, .part = {y->name[n].id}};
                say(out, "\n%s: copy of %s: ", name_of(y, STORY_NAME_DEVICE, i, no), y->name[n].word);
                got_copy(y, &y->p->tablet[i], &key, out);
                if (key.entity == SAM_SCORE_RESPONSE) {
                    say(out, "; ");
                    got_shown(y, &y->p->tablet[i], &key, out);
                }
            }
        for (unsigned s = 0; s < y->names; s++)
            for (unsigned p = 0; y->name[s].entity == SAM_SESSION && p < y->names; p++)
                if (y->name[p].entity == SAM_PARTICIPANT) {
                    say(out, "\n%s: screen %s %s: ", name_of(y, STORY_NAME_DEVICE, i, no), y->name[s].word,
                        y->name[p].word);
                    got_screen(y, &y->p->tablet[i], y->name[s].id, y->name[p].id, out);
                }
    }
    say(out, "\n");
    free(l);
    sam_buf_fini(&text);
}
