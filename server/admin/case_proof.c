/* What proves that a session was held: those of whom somebody said that they were there, and what was done in it. A page about a
 * session that stands as cancelled says it, whether the case is one of the rule (SAM_RULE_ATTENDED) or of the session's status:
 * who decides that answers both. */
#include "proto/base/err.h"
#include "proto/model/rule.h"
#include "server/admin/author.h"
#include "server/admin/verbs_case.h"

enum { PROOFS_LISTED_MAX = 1000 };

static bool proves(const struct sam_row *row)
{
    return row->key.entity == SAM_ATTENDANCE ? sam_rule_present(row) : sam_rule_trained(row);
}

/* The next one after ${key}, which becomes its; an attendance before the exercise sets. SAM_ENOTFOUND: there is no more. */
static int proof_next(struct verb_context *v, uint64_t session, struct sam_key *key, struct store_row *row)
{
    const struct sam_key *after = key->entity ? key : NULL;
    uint8_t entity = key->entity ? key->entity : SAM_ATTENDANCE;
    for (;;) {
        int err = store_hung_next(v->st, entity, session, after, key);
        if (err == SAM_ENOTFOUND && entity == SAM_ATTENDANCE) {
            entity = SAM_EXERCISE_SET;
            after = NULL;
            continue;
        }
        if (!err)
            err = store_row_get(v->st, key, row);
        if (err || (row->dead <= 0 && proves(&row->row)))
            return err;
        after = key;
    }
}

bool case_of_status(const struct store_case *c)
{
    return c->rule == SAM_RULE_UNIT && c->key.entity == SAM_SESSION &&
           c->unit == sam_entity_find(SAM_SESSION)->field[SAM_SESSION_status].unit;
}

int case_proofs_say(struct verb_context *v, uint64_t session)
{
    struct sam_key key = {0};
    struct store_row row;
    int err;
    while ((err = proof_next(v, session, &key, &row)) == 0) {
        struct value_title t;
        char value[VALUE_BYTES_MAX];
        value_of_unit(v, &row.row, 0, key.entity == SAM_ATTENDANCE, value);
        value_title(v, &key, &t);
        report_say(&v->report, "  %s: %s\n", t.person, value);
        if ((err = case_author_say(v, &key, 0)))
            return err;
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

int case_proofs_list(struct verb_context *v, uint64_t session)
{
    static const struct report_column columns[] = {{"participant", SAM_TEXT_COL_ID},
                                                   {"person", SAM_TEXT_COL_PERSON},
                                                   {"table", SAM_TEXT_COL_VERDICT},
                                                   {"value", SAM_TEXT_COL_VALUES},
                                                   CASE_SAID_COLUMNS};
    struct report *r = &v->report;
    struct sam_key key = {0};
    struct store_row row;
    unsigned count = 0;
    int err;
    report_list(r, "proofs", columns, sizeof columns / sizeof *columns);
    while (count++ < PROOFS_LISTED_MAX && (err = proof_next(v, session, &key, &row)) == 0) {
        struct value_title t;
        char value[VALUE_BYTES_MAX];
        value_of_unit(v, &row.row, 0, key.entity == SAM_ATTENDANCE, value);
        value_title(v, &key, &t);
        report_cell_num(r, (int64_t)key.part[1]);
        report_cell_str(r, t.person);
        report_cell_str(r, sam_entity_find(key.entity)->table);
        report_cell_str(r, value);
        if ((err = case_author_cells(v, &key, 0)))
            return err;
    }
    report_table_end(r);
    return err == SAM_ENOTFOUND ? 0 : err;
}

int case_proofs_since(struct verb_context *v, uint64_t session, uint64_t *csn)
{
    struct sam_key key = {0};
    struct store_row row;
    int err;
    *csn = 0;
    while ((err = proof_next(v, session, &key, &row)) == 0) {
        uint64_t said = store_row_rev(&row, 0).csn;
        *csn = said > *csn ? said : *csn;
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}
