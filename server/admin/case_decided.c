/* What was decided of a case before, as the audit log has it: by whom, when, how and why. For programs alone. */
#include "proto/base/err.h"
#include "proto/model/rule.h"
#include "server/admin/verbs_case.h"
#include "server/store/queue.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DECISIONS_MAX = 20, OPS_LOOKED_MAX = 512 };

/* Does that line say something of this case? Its words are those of access.c: the verb, its numbers, its options. */
static bool is_about(const struct store_case *c, const char *text)
{
    char words[4][80];
    uint64_t one = c->key.part[0], other = c->key.part[1];
    snprintf(words[0], sizeof words[0], "case decide %" PRIu64 " ", c->no);
    snprintf(words[1], sizeof words[1], "case present %" PRIu64 " ", c->key.entity == SAM_ATTENDANCE ? one : 0);
    snprintf(words[2], sizeof words[2], "participant link %" PRIu64 " %" PRIu64 " ", one, other);
    snprintf(words[3], sizeof words[3], "participant link %" PRIu64 " %" PRIu64 " ", other, one);
    unsigned count = c->rule == SAM_RULE_SAME_PERSON ? 4 : 2;
    for (unsigned i = 0; i < count; i++)
        if (strncmp(text, words[i], strlen(words[i])) == 0)
            return true;
    return false;
}

static const char *how_of(const char *text)
{
    static const char *const ways[] = {"take", "set", "stand", "held", "cancelled", "remove"};
    char option[16];
    if (strncmp(text, "participant", 11) == 0)
        return "link";
    if (strncmp(text, "case present", 12) == 0)
        return "present";
    for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++) {
        const char *at, *note = strstr(text, " \"");
        snprintf(option, sizeof option, " --%s", ways[i]);
        if ((at = strstr(text, option)) && (!note || at < note))
            return ways[i];
    }
    return "?";
}

/* What stands between the quotes at its end. */
static void note_of(const char *text, char out[VALUE_BYTES_MAX])
{
    const char *from = strstr(text, " \""), *end = strrchr(text, '"');
    out[0] = 0;
    if (from && end > from + 1)
        snprintf(out, VALUE_BYTES_MAX, "%.*s", (int)(end - from - 2), from + 2);
}

static bool same_key(const struct sam_key *a, const struct sam_key *b)
{
    return a->entity == b->entity && memcmp(a->part, b->part, sizeof a->part) == 0;
}

/* The value that was decided: of the op of that commit which is about the case's row. */
static int value_of(struct verb_context *v, const struct store_case *c, const struct store_decision *d,
                    char out[VALUE_BYTES_MAX])
{
    int err = 0;
    out[0] = 0;
    if (c->rule != SAM_RULE_UNIT)
        return 0;
    for (uint64_t csn = d->first_csn; !err && csn && csn <= d->last_csn && csn - d->first_csn < OPS_LOOKED_MAX; csn++) {
        struct intake_op op;
        err = intake_op_at(v->in, csn, &op);
        if (!err && op.readable && same_key(&op.op.row.key, &c->key))
            value_of_unit(v, &op.op.row, c->unit, false, out);
        intake_op_fini(&op);
    }
    return err;
}

static int cells(struct verb_context *v, const struct store_case *c, const struct store_decision *d)
{
    char value[VALUE_BYTES_MAX], note[VALUE_BYTES_MAX];
    note_of(d->text, note);
    report_cell_num(&v->report, d->at_s);
    report_cell_str(&v->report, d->actor);
    report_cell_str(&v->report, how_of(d->text));
    report_cell_str(&v->report, note);
    int err = value_of(v, c, d, value);
    report_cell_str(&v->report, value);
    return err;
}

int case_decisions_list(struct verb_context *v, const struct store_case *c)
{
    static const struct report_column columns[] = {{"at_s", SAM_TEXT_COL_WHEN},
                                                   {"actor", SAM_TEXT_COL_ACTOR},
                                                   {"how", SAM_TEXT_COL_VERDICT},
                                                   {"note", SAM_TEXT_COL_VALUES},
                                                   {"value", SAM_TEXT_COL_VALUES}};
    struct store_row row = {.row = {.key = c->key}};
    struct store_decision d = {.audit_no = 0};
    unsigned count = 0;
    int err = store_row_get(v->st, &c->key, &row);
    uint64_t person = c->rule == SAM_RULE_SAME_PERSON ? c->key.part[0] : sam_row_person(&row.row);
    report_list(&v->report, "decisions", columns, sizeof columns / sizeof *columns);
    while (!err && count < DECISIONS_MAX && (err = store_decision_next(v->st, person, d.audit_no, &d)) == 0) {
        if (!is_about(c, d.text))
            continue;
        err = cells(v, c, &d);
        count++;
    }
    report_table_end(&v->report);
    return err == SAM_ENOTFOUND ? 0 : err;
}
