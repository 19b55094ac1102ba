/* walk-in: somebody came who is on no list. */
#include "pick.h"
#include "verb.h"

enum { YEAR_FIRST = 1900, YEAR_LAST = 2100 };

/* The session; ${name}: the word behind those that say which. */
static int walk_in_pick(struct cli *c, struct pick *p, const char **name)
{
    int used = 0, r = cli_pick_where(c, p, &used);
    if (r)
        return r;
    if (c->args.pos_count <= used)
        return cli_usage(c, SAM_TEXT_CLI_TOO_FEW, cli_text(c, c->verb->usage));
    *name = c->args.pos[used];
    return c->args.pos_count == used + 1
               ? 0
               : cli_usage(c, SAM_TEXT_CLI_TOO_MANY, c->args.pos[used + 1], cli_text(c, c->verb->usage));
}

static int walk_in_save(struct cli *c, const struct pick *p, uint64_t user, const char *name, int year)
{
    uint64_t id = 0;
    int err = samling_walk_in(c->s, user, p->session->id, name, year, &id);
    if (err)
        return cli_fail_sdk(c, err);
    cli_pick_session_json(c, "session", p->session);
    sam_json_id(&c->doc, "participant", id);
    sam_json_text(&c->doc, "name", name);
    sam_json_text(&c->doc, "presence", "present");
    cli_say(c, SAM_TEXT_CLI_WALKED_IN, name, (unsigned long long)id);
    return EXIT_OK;
}

int cli_verb_walk_in(struct cli *c)
{
    struct pick p = {0};
    uint64_t user = 0, year = 0;
    const char *name = NULL;
    bool has_year = cli_args_has(&c->args, ARG_BIRTH_YEAR);
    int r = cli_option_number(c, ARG_BIRTH_YEAR, YEAR_FIRST, YEAR_LAST, &year);
    if (!r)
        r = cli_pick_user(c, &user);
    if (!r)
        r = walk_in_pick(c, &p, &name);
    if (!r)
        r = walk_in_save(c, &p, user, name, has_year ? (int)year : -1);
    cli_pick_fini(&p);
    return r;
}
