/* users: who can save here. user: a substitute without an account works here, and somebody vouches for them. */
#include "pick.h"
#include "record.h"
#include "verb.h"
#include "word.h"

#include <string.h>

/* ---- users */

static void substitute_text(const struct cli *c, const struct samling_user *u, char *out, size_t size)
{
    out[0] = 0;
    if (*u->real_name)
        cli_words(c, out, size, SAM_TEXT_USER_IS, u->real_name);
    else if (u->provisional)
        cli_words(c, out, size, SAM_TEXT_USER_VOUCHED, u->voucher);
}

static void user_json(struct sam_json *j, const struct samling_user *u)
{
    sam_json_object(j, NULL);
    sam_json_id(j, "id", u->id);
    sam_json_text(j, "name", u->name);
    sam_json_text(j, "role", cli_word_role(u->role));
    sam_json_bool(j, "provisional", u->provisional);
    sam_json_id_or_null(j, "vouched_by", u->vouched_by);
    sam_json_id_or_null(j, "shown_as", u->shown_as);
    sam_json_text(j, "real_name", *u->real_name ? u->real_name : NULL);
    sam_json_end(j);
}

int cli_verb_users(struct cli *c)
{
    static const enum sam_text_id heads[] = {SAM_TEXT_COL_ID, SAM_TEXT_COL_NAME, SAM_TEXT_COL_ROLE,
                                             SAM_TEXT_COL_SUBSTITUTE};
    struct samling_user *u = NULL;
    size_t n = 0, substitutes = 0;
    struct table t;
    char text[PICK_USER_BYTES];
    int err = samling_users(c->s, &u, &n);
    if (err)
        return cli_fail_sdk(c, err);
    for (size_t i = 0; i < n; i++)
        substitutes += u[i].provisional != 0;
    cli_columns(c, &t, heads, substitutes ? 4 : 3);
    sam_json_list(&c->doc, "users");
    for (size_t i = 0; i < n; i++) {
        cli_table_number(&t, u[i].id);
        cli_table_cell(&t, u[i].name);
        cli_table_cell(&t, cli_of(c, SAM_TEXT_SET_ROLE, u[i].role));
        substitute_text(c, &u[i], text, sizeof text);
        if (substitutes)
            cli_table_cell(&t, text);
        user_json(&c->doc, &u[i]);
    }
    sam_json_end(&c->doc);
    samling_list_free(u);
    if (n > 0)
        cli_table(c, &t, stdout);
    cli_table_fini(&t);
    return n > 0 ? EXIT_OK : cli_verb_list_empty(c, SAM_TEXT_CLI_NO_USERS_YET);
}

/* ---- user vouch */

static int vouch_save(struct cli *c, const struct samling_user *voucher, const char *name, int role)
{
    uint64_t id = 0;
    int err = samling_user_vouch(c->s, voucher->id, name, role, &id);
    if (err == SAMLING_EEXIST)
        return cli_fail(c, EXIT_NAME, "EEXIST", SAM_TEXT_CLI_VOUCH_THERE, name, (unsigned long long)id);
    if (err)
        return cli_fail_sdk(c, err);
    sam_json_id(&c->doc, "user", id);
    sam_json_text(&c->doc, "name", name);
    sam_json_text(&c->doc, "role", cli_word_role(role));
    sam_json_id(&c->doc, "vouched_by", voucher->id);
    cli_say(c, SAM_TEXT_CLI_VOUCHED, name, (unsigned long long)id, (unsigned long long)id);
    return EXIT_OK;
}

int cli_verb_user(struct cli *c)
{
    struct samling_user *users = NULL;
    const struct samling_user *voucher = NULL;
    int role = 0;
    if (strcmp(c->args.pos[0], "vouch") != 0)
        return cli_usage(c, SAM_TEXT_CLI_TOO_FEW, cli_text(c, c->verb->usage));
    int r = cli_record_word(c, ARG_ROLE, &record_role, &role);
    if (!r)
        r = cli_pick_self(c, &users, &voucher);
    if (!r && voucher->provisional)
        r = cli_fail(c, EXIT_NAME, "ESTATE", SAM_TEXT_CLI_VOUCH_SUBSTITUTE);
    if (!r)
        r = vouch_save(c, voucher, c->args.pos[1], role);
    samling_list_free(users);
    return r;
}
