/* Users: those with an account, and substitutes for whom one of them vouched on a tablet, until a coordinator says who that is. */
#include "proto/base/err.h"
#include "server/admin/author.h"
#include "server/admin/value.h"

#include <string.h>

int verb_user_add(struct verb_context *v)
{
    struct sam_op op;
    uint64_t id, org, role = 0;
    const char *clinic = args_get(&v->args, "clinic"), *name = args_get(&v->args, "name"),
               *role_word = args_get(&v->args, "role");
    if (!clinic || !name)
        return verb_usage(v);
    if (role_word && word_find(words_role, SAM_TEXT_SET_ROLE, role_word, &role))
        return verb_refuse(v, SAM_TEXT_ADM_ROLE);
    int err = author_clinic(v, clinic, &org);
    if (!err)
        err = author_begin(v, &op, SAM_USER, &id);
    if (err)
        return err;
    author_text(&op, SAM_USER_name, name);
    sam_row_set(&op.row, SAM_USER_role, (int64_t)role);
    sam_row_set(&op.row, SAM_USER_org, (int64_t)org);
    sam_row_set(&op.row, SAM_USER_active, 1);
    err = author_apply(v, &op);
    if (err)
        return err;
    report_num(&v->report, "id", (int64_t)id);
    report_tell(&v->report, SAM_TEXT_ADM_USER, (unsigned long long)id, name);
    return VERB_OK;
}

/* ---- the list */

struct user_list {
    struct verb_context *v;
    uint64_t within; /* a clinic, 0: all */
};

enum { COLUMNS_FOR_PEOPLE = 5 };

static void substitute_cells(struct verb_context *v, const struct sam_row *row)
{
    struct report *r = &v->report;
    uint64_t voucher = (uint64_t)sam_row_num(row, SAM_USER_vouched_by),
             shown_as = (uint64_t)sam_row_num(row, SAM_USER_shown_as);
    bool provisional = sam_row_num(row, SAM_USER_provisional);
    char name[SAM_NAME_BYTES_MAX + 1], text[VALUE_BYTES_MAX] = "";
    author_name(v, SAM_USER, shown_as ? shown_as : voucher, SAM_USER_name, name, sizeof name);
    if (provisional)
        value_say(text, sizeof text, v->lang, shown_as ? SAM_TEXT_USER_IS : SAM_TEXT_USER_VOUCHED, name);
    report_cell_word(r, !provisional ? "no" : shown_as ? "linked" : "open", text);
    if (!r->json)
        return;
    report_cell_num(r, (int64_t)voucher);
    report_cell_num(r, (int64_t)shown_as);
}

static int user_row(void *ctx, const struct store_row *row)
{
    struct user_list *l = ctx;
    struct report *r = &l->v->report;
    struct sam_row numbers = row->row; /* names are read meanwhile */
    uint64_t org = (uint64_t)sam_row_num(&numbers, SAM_USER_org), role = (uint64_t)sam_row_num(&numbers, SAM_USER_role);
    char clinic[SAM_NAME_BYTES_MAX + 1];
    if (l->within && org != l->within)
        return 0;
    report_cell_num(r, (int64_t)numbers.key.part[0]);
    author_cell(r, row, SAM_USER_name);
    author_name(l->v, SAM_ORG_UNIT, org, SAM_ORG_UNIT_name, clinic, sizeof clinic);
    report_cell_word(r, word_of(words_role, role), sam_text_of(r->lang, SAM_TEXT_SET_ROLE, (int)role));
    report_cell_text(r, clinic, strlen(clinic));
    substitute_cells(l->v, &numbers);
    return 0;
}

int verb_user_list(struct verb_context *v)
{
    static const struct report_column columns[] = {{"id", SAM_TEXT_COL_ID},
                                                   {"name", SAM_TEXT_COL_NAME},
                                                   {"role", SAM_TEXT_COL_ROLE},
                                                   {"clinic", SAM_TEXT_COL_CLINIC},
                                                   {"substitute", SAM_TEXT_COL_SUBSTITUTE},
                                                   {"vouched_by", SAM_TEXT_COL_ID},
                                                   {"shown_as", SAM_TEXT_COL_ID}};
    struct user_list l = {.v = v};
    const char *clinic = args_get(&v->args, "clinic");
    int err = clinic ? author_clinic(v, clinic, &l.within) : 0;
    if (err)
        return err;
    report_table(&v->report, columns, v->report.json ? sizeof columns / sizeof *columns : COLUMNS_FOR_PEOPLE);
    err = author_each(v, SAM_USER, user_row, &l);
    if (!err)
        report_table_end(&v->report);
    return err;
}

/* ---- who a substitute is */

struct substitute {
    uint64_t id, shown_as; /* 0: not said */
};

static int substitute_read(struct verb_context *v, const char *word, struct substitute *s)
{
    struct sam_key key = {.entity = SAM_USER};
    struct store_row row;
    int err = author_user(v, word, &s->id);
    key.part[0] = s->id;
    if (!err)
        err = store_row_get(v->st, &key, &row);
    if (err)
        return err;
    s->shown_as = (uint64_t)sam_row_num(&row.row, SAM_USER_shown_as);
    return sam_row_num(&row.row, SAM_USER_provisional)
               ? VERB_OK
               : verb_refuse(v, SAM_TEXT_USER_NO_SUBSTITUTE, (unsigned long long)s->id);
}

static int substitute_say(struct verb_context *v, const struct substitute *s, uint64_t shown_as, enum sam_text_id told)
{
    struct sam_op op = {.kind = SAM_OP_SET, .claimed_s = intake_now_s(v->in), .base_csn = store_csn(v->st)};
    char name[SAM_NAME_BYTES_MAX + 1], real[SAM_NAME_BYTES_MAX + 1];
    sam_row_init(&op.row, SAM_USER);
    op.row.key.part[0] = s->id;
    sam_row_set(&op.row, SAM_USER_shown_as, (int64_t)shown_as);
    int err = author_apply(v, &op);
    if (err)
        return err;
    author_name(v, SAM_USER, s->id, SAM_USER_name, name, sizeof name);
    author_name(v, SAM_USER, shown_as ? shown_as : s->shown_as, SAM_USER_name, real, sizeof real);
    report_num(&v->report, "user", (int64_t)s->id);
    report_num(&v->report, "shown_as", (int64_t)shown_as);
    report_tell(&v->report, told, (unsigned long long)s->id, name, real);
    return VERB_OK;
}

int verb_user_link(struct verb_context *v)
{
    struct substitute s = {0};
    struct store_row row;
    struct sam_key key = {.entity = SAM_USER};
    int err = substitute_read(v, v->args.pos[0], &s);
    if (!err)
        err = author_user(v, v->args.pos[1], &key.part[0]);
    if (!err)
        err = store_row_get(v->st, &key, &row);
    if (err)
        return err;
    if (sam_row_num(&row.row, SAM_USER_provisional))
        return verb_refuse(v, SAM_TEXT_USER_NO_ACCOUNT, (unsigned long long)key.part[0]);
    if (s.shown_as == key.part[0])
        return verb_refuse(v, SAM_TEXT_USER_ALREADY, (unsigned long long)s.id, (unsigned long long)s.shown_as);
    return substitute_say(v, &s, key.part[0], SAM_TEXT_USER_LINKED);
}

int verb_user_unlink(struct verb_context *v)
{
    struct substitute s = {0};
    int err = substitute_read(v, v->args.pos[0], &s);
    if (!err && !s.shown_as)
        err = verb_refuse(v, SAM_TEXT_USER_NOBODY, (unsigned long long)s.id);
    return err ? err : substitute_say(v, &s, 0, SAM_TEXT_USER_PARTED);
}
