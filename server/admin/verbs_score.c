/* Answered forms: what each scores, which counts, how far it is from the start; and a coordinator's word about which counts. */
#include "proto/base/err.h"
#include "proto/model/rule.h"
#include "proto/model/score.h"
#include "server/admin/access.h"
#include "server/admin/author.h"
#include "server/intake/people.h"
#include "server/admin/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BASELINE = 0, CELL_BYTES = 200, CHOICES_MAX = 20 };

static const char *const words_why[] = {"valid", "malformed", "items", "range",   "direction",
                                        "few",   "reversal",  "codes", "unknown", NULL};
static const char *const words_change[] = {"compared", "no-score", "direction", NULL};

/* ---- one form and what is known of it */

struct form {
    uint64_t id;
    struct store_occasion of; /* of whoever the person is shown as */
    int32_t day;
    unsigned items, answered, version;
    struct store_score s;
    bool counts, replaced;
    const struct sam_instrument *def; /* NULL: not listed */
};

static int form_counts(struct verb_context *v, struct form *f, uint64_t participant)
{
    struct store_occasion own = f->of;
    struct sam_rule_response r = {0};
    uint64_t primary;
    int err = store_primary_get(v->st, &f->of, &primary);
    f->counts = !err && primary == f->id;
    own.participant = participant;
    if (!err || err == SAM_ENOTFOUND)
        err = store_response_next(v->st, &own, f->id - 1, &r);
    f->replaced = !err && r.id == f->id && r.replaced;
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* SAM_ENOTFOUND: it is not there, or was entered in error. */
static int form_read(struct verb_context *v, uint64_t id, struct form *f)
{
    struct sam_key key = {.entity = SAM_SCORE_RESPONSE, .part = {id}};
    struct store_row row;
    int err = store_row_get(v->st, &key, &row);
    if (err || !row.exists || row.dead > 0)
        return err ? err : SAM_ENOTFOUND;
    uint64_t participant = sam_row_person(&row.row);
    *f = (struct form){.id = id,
                       .of = {.instrument = (uint64_t)sam_row_num(&row.row, SAM_SCORE_RESPONSE_instrument),
                              .occasion = (uint64_t)sam_row_num(&row.row, SAM_SCORE_RESPONSE_occasion)},
                       .day = (int32_t)sam_row_num(&row.row, SAM_SCORE_RESPONSE_day),
                       .items = (unsigned)sam_row_num(&row.row, SAM_SCORE_RESPONSE_items),
                       .answered = (unsigned)sam_row_num(&row.row, SAM_SCORE_RESPONSE_answered),
                       .version = (unsigned)sam_row_num(&row.row, SAM_SCORE_RESPONSE_version)};
    f->def = sam_instrument_find((uint32_t)f->of.instrument, f->version);
    err = people_root(v->st, participant, &f->of.participant);
    if (!err)
        err = store_score_get(v->st, id, &f->s);
    return err ? err : form_counts(v, f, participant);
}

/* ---- cells */

/* A decimal comma in Norwegian, for people. */
static void comma(struct report *r, char *text)
{
    char *point = strchr(text, '.');
    if (point && r->lang == SAM_LANG_NB)
        *point = ',';
}

static void score_cell(struct report *r, const struct form *f)
{
    char word[SAM_RATIO_TEXT_BYTES_MAX] = "", shown[CELL_BYTES];
    if (!f->s.why && f->def)
        sam_score_text(f->def, &f->s.score, word);
    snprintf(shown, sizeof shown, "%s", word);
    comma(r, shown);
    if (f->s.why)
        value_say(shown, sizeof shown, r->lang, SAM_TEXT_SCORE_NONE,
                  sam_text_of(r->lang, SAM_TEXT_SET_SCORE_WHY, f->s.why));
    report_cell_word(r, word, shown);
}

static void counts_cell(struct report *r, const struct form *f)
{
    enum sam_text_id shown = f->counts     ? SAM_TEXT_SCORE_COUNTS
                             : f->replaced ? SAM_TEXT_SCORE_CORRECTED
                                           : SAM_TEXT_SCORE_SECOND;
    report_cell_word(r, f->counts ? "yes" : f->replaced ? "corrected" : "no", sam_text(r->lang, shown));
}

/* The form that counts at the start; SAM_ENOTFOUND: there is none, or it is this one. */
static int start_read(struct verb_context *v, const struct form *f, struct form *start)
{
    struct store_occasion of = f->of;
    uint64_t id;
    of.occasion = BASELINE;
    int err = f->counts && f->of.occasion != BASELINE ? store_primary_get(v->st, &of, &id) : SAM_ENOTFOUND;
    return err ? err : form_read(v, id, start);
}

static bool change_counts(const struct sam_change *c)
{
    return c->by_points == SAM_REACHED_YES || c->by_percent == SAM_REACHED_YES;
}

static void change_shown(struct report *r, enum sam_change_why why, const struct sam_change *c, char out[CELL_BYTES])
{
    char text[SAM_RATIO_TEXT_BYTES_MAX];
    if (why) {
        value_say(out, CELL_BYTES, r->lang,
                  why == SAM_CHANGE_DIRECTION ? SAM_TEXT_SCORE_CHANGE_DIRECTION : SAM_TEXT_SCORE_CHANGE_INVALID);
        return;
    }
    sam_ratio_text(&c->points, text);
    comma(r, text);
    if (change_counts(c))
        value_say(out, CELL_BYTES, r->lang, SAM_TEXT_SCORE_CHANGE_COUNTS, text);
    else
        snprintf(out, CELL_BYTES, "%s", text);
}

/* The change since the start; for programs also whether it counts, and why there is none. */
static int change_cells(struct verb_context *v, const struct form *f)
{
    struct report *r = &v->report;
    char word[SAM_RATIO_TEXT_BYTES_MAX] = "", shown[CELL_BYTES] = "";
    struct form start = {0};
    struct sam_change c = {0};
    enum sam_change_why why = SAM_CHANGE_INVALID;
    int err = start_read(v, f, &start);
    bool asked = !err && f->def;
    if (asked) {
        why = sam_score_change(f->def, &start.s.score, &f->s.score, &c);
        change_shown(r, why, &c, shown);
        if (!why)
            sam_ratio_text(&c.points, word);
    }
    report_cell_word(r, word, shown);
    if (r->json) {
        report_cell_num(r, asked && !why && change_counts(&c));
        report_cell_word(r, asked ? word_of(words_change, why) : "", "");
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int form_row(struct verb_context *v, const struct form *f)
{
    struct report *r = &v->report;
    char text[VALUE_TIME_BYTES];
    report_cell_num(r, (int64_t)f->id);
    value_day_iso(f->day, text);
    report_cell_text(r, text, strlen(text));
    snprintf(text, sizeof text, "%u", (unsigned)f->of.instrument);
    const char *code = f->def ? f->def->code : text;
    report_cell_text(r, code, strlen(code));
    report_cell_word(r, word_of(words_occasion, f->of.occasion),
                     sam_text_of(r->lang, SAM_TEXT_SET_OCCASION, (int)f->of.occasion));
    snprintf(text, sizeof text, "%u/%u", f->answered, f->items);
    report_cell_text(r, text, strlen(text));
    score_cell(r, f);
    counts_cell(r, f);
    int err = change_cells(v, f);
    if (!r->json)
        return err;
    report_cell_word(r, word_of(words_why, f->s.why), "");
    report_cell_num(r, f->s.score.sum);
    report_cell_num(r, f->s.score.count);
    report_cell_num(r, f->s.score.rule_version);
    report_cell_num(r, (int64_t)store_csn(v->st));
    return err;
}

/* ---- everybody who is shown as one person */

typedef int class_fn(void *ctx, const struct store_link *member);

/* The person, then the others, each with the link that says so. */
static int class_each(struct verb_context *v, uint64_t root, class_fn *each, void *ctx)
{
    struct store_link link = {.id = root};
    uint64_t as;
    int err = each(ctx, &link);
    link.id = 0;
    while (!err && (err = store_link_next(v->st, link.id, &link)) == 0) {
        err = people_root(v->st, link.id, &as);
        if (!err && as == root && link.id != root)
            err = each(ctx, &link);
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* ---- list */

struct listing {
    struct verb_context *v;
    unsigned count, choices;
    uint64_t choice[CHOICES_MAX]; /* forms that a coordinator might let count instead */
};

static int form_listed(struct listing *l, uint64_t id)
{
    struct form f = {0};
    int err = form_read(l->v, id, &f);
    if (err)
        return err == SAM_ENOTFOUND ? 0 : err;
    l->count++;
    if (!f.counts && !f.replaced && l->choices < CHOICES_MAX)
        l->choice[l->choices++] = id;
    return form_row(l->v, &f);
}

static int person_forms(void *ctx, const struct store_link *member)
{
    struct listing *l = ctx;
    struct sam_key key, *after = NULL;
    int err;
    while ((err = store_hung_next(l->v->st, SAM_SCORE_RESPONSE, member->id, after, &key)) == 0) {
        after = &key;
        if ((err = form_listed(l, key.part[0])) != 0)
            return err;
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* What to say so that another one counts, for copying. */
static void choices_say(const struct listing *l)
{
    char home[VERB_HOME_BYTES_MAX];
    struct report *r = &l->v->report;
    if (!l->choices || r->json)
        return;
    verb_home(l->v, home, sizeof home);
    report_tell(r, SAM_TEXT_SCORE_CHOOSE);
    for (unsigned i = 0; i < l->choices; i++)
        report_say(r, "  samlingd score primary %llu --seen %llu%s\n", (unsigned long long)l->choice[i],
                   (unsigned long long)store_csn(l->v->st), home);
}

int verb_score_list(struct verb_context *v)
{
    static const struct report_column columns[] = {{"id", SAM_TEXT_COL_ID},
                                                   {"day", SAM_TEXT_COL_DATE},
                                                   {"form", SAM_TEXT_COL_FORM},
                                                   {"occasion", SAM_TEXT_COL_OCCASION},
                                                   {"answered", SAM_TEXT_COL_ANSWERED},
                                                   {"score", SAM_TEXT_COL_SCORE},
                                                   {"counts", SAM_TEXT_COL_COUNTS},
                                                   {"change", SAM_TEXT_COL_CHANGE},
                                                   {"change_counts", SAM_TEXT_COL_CHANGE},
                                                   {"compared", SAM_TEXT_COL_CHANGE},
                                                   {"why", SAM_TEXT_COL_SCORE},
                                                   {"sum", SAM_TEXT_COL_SCORE},
                                                   {"count", SAM_TEXT_COL_SCORE},
                                                   {"rule_version", SAM_TEXT_COL_SCORE},
                                                   {"seen", SAM_TEXT_COL_CHANGE}};
    enum { FOR_PEOPLE = 8 };
    struct listing l = {.v = v};
    uint64_t person, root;
    char name[SAM_NAME_BYTES_MAX + 1];
    int err = author_participant(v, v->args.pos[0], &person);
    if (!err)
        err = people_root(v->st, person, &root);
    if (err)
        return err;
    access_person(v, person);
    report_table(&v->report, columns, v->report.json ? sizeof columns / sizeof *columns : FOR_PEOPLE);
    err = class_each(v, root, person_forms, &l);
    if (err)
        return err;
    if (l.count || v->report.json) {
        report_table_end(&v->report);
        choices_say(&l);
    } else {
        author_name(v, SAM_PARTICIPANT, person, SAM_PARTICIPANT_name, name, sizeof name);
        report_tell(&v->report, SAM_TEXT_SCORE_LIST_NONE, name);
    }
    return VERB_OK;
}

/* ---- which counts */

static int form_find(struct verb_context *v, struct form *f)
{
    const char *word = v->args.pos[0];
    char *end;
    uint64_t id = strtoull(word, &end, 10);
    int err = *word && !*end && id && id <= INT64_MAX ? form_read(v, id, f) : SAM_ENOTFOUND;
    if (err == SAM_ENOTFOUND)
        return verb_refuse(v, SAM_TEXT_SCORE_UNKNOWN_FORM, word);
    if (!err && f->replaced)
        return verb_refuse(v, SAM_TEXT_SCORE_PRIMARY_REPLACED, (unsigned long long)id);
    return err;
}

struct news {
    struct verb_context *v;
    struct store_occasion of;
    uint64_t seen;
    bool any;
};

/* Did a form for that occasion come, was one chosen, or did somebody become this person, since the page was read? */
static int person_news(void *ctx, const struct store_link *member)
{
    struct news *n = ctx;
    struct sam_rule_response r = {0};
    int err;
    n->of.participant = member->id;
    n->any |= member->csn > n->seen;
    while ((err = store_response_next(n->v->st, &n->of, r.id, &r)) == 0) {
        struct sam_key key = {.entity = SAM_SCORE_RESPONSE, .part = {r.id}};
        struct store_row row;
        err = store_row_get(n->v->st, &key, &row);
        if (err)
            return err;
        n->any |= row.csn > n->seen || r.ruled_csn > n->seen;
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* A choice from an old page would undo another coordinator's that was never seen. */
static int page_check(struct verb_context *v, const struct form *f, uint64_t seen)
{
    struct news n = {.v = v, .of = f->of, .seen = seen};
    char home[VERB_HOME_BYTES_MAX];
    int err = class_each(v, f->of.participant, person_news, &n);
    verb_home(v, home, sizeof home);
    return err || !n.any ? err
                         : verb_refuse(v, SAM_TEXT_SCORE_NEWS, (unsigned long long)seen,
                                       (unsigned long long)f->of.participant, home);
}

int verb_score_primary(struct verb_context *v)
{
    struct form f = {0};
    struct sam_op op = {.kind = SAM_OP_SET, .claimed_s = intake_now_s(v->in)};
    int err = author_words(v, &op.base_csn);
    if (!err)
        err = form_find(v, &f);
    if (!err)
        err = page_check(v, &f, op.base_csn);
    if (err)
        return err;
    access_person(v, f.of.participant);
    sam_row_init(&op.row, SAM_RULING);
    op.row.key.part[0] = SAM_RULE_PRIMARY;
    op.row.key.part[1] = op.row.key.part[2] = f.id;
    sam_row_set(&op.row, SAM_RULING_decision, SAM_DECISION_MAY_STAND);
    if (v->note)
        author_text(&op, SAM_RULING_note, v->note);
    err = author_apply(v, &op);
    if (err)
        return err;
    report_num(&v->report, "form", (int64_t)f.id);
    report_num(&v->report, "csn", (int64_t)store_csn(v->st));
    report_tell(&v->report, SAM_TEXT_SCORE_PRIMARY_SET, (unsigned long long)f.id);
    return VERB_OK;
}
