/* session: sessions outside the plan, and whether one was held. */
#include "dates.h"
#include "pick.h"
#include "verb.h"
#include "word.h"

#include <string.h>

enum { HELD = 1, CANCELLED = 2 };

static int session_add(struct cli *c)
{
    struct pick p = {0};
    uint64_t user = 0, id = 0;
    int32_t day = 0;
    int start = -1;
    if (c->args.pos_count != 3)
        return cli_usage(c, SAM_TEXT_CLI_TOO_FEW, cli_text(c, c->verb->usage));
    if (!cli_date_parse(c->args.pos[2], &day))
        return cli_usage(c, SAM_TEXT_CLI_BAD_DATE, c->args.pos[2]);
    if (cli_args_has(&c->args, ARG_START) && !cli_time_parse(c->args.value[ARG_START], &start))
        return cli_usage(c, SAM_TEXT_CLI_BAD_TIME, c->args.value[ARG_START]);
    int r = cli_pick_user(c, &user);
    if (!r)
        r = cli_pick_group(c, &p, c->args.pos[1]);
    if (!r) {
        if (start < 0)
            start = p.group->start_min;
        int err = samling_session_add(c->s, user, p.group->id, day, start, &id);
        if (id)
            sam_json_id(&c->doc, "session", id);
        if (err == SAMLING_EEXIST)
            r = cli_fail(c, EXIT_NAME, "EEXIST", SAM_TEXT_CLI_SESSION_EXISTS, c->args.pos[2], (unsigned long long)id);
        else if (err)
            r = cli_fail_sdk(c, err);
    }
    if (!r) {
        sam_json_text(&c->doc, "status", cli_word_session_status(0));
        cli_say(c, SAM_TEXT_CLI_SESSION_ADDED, (unsigned long long)id);
    }
    cli_pick_fini(&p);
    return r;
}

static int session_set(struct cli *c, int status)
{
    uint64_t user = 0, id = 0, reason = 0;
    if (c->args.pos_count != 2)
        return cli_usage(c, SAM_TEXT_CLI_TOO_MANY, c->args.pos[2], cli_text(c, c->verb->usage));
    if (!cli_args_number(c->args.pos[1], 1, INT64_MAX, &id))
        return cli_usage(c, SAM_TEXT_CLI_BAD_ID, c->args.pos[1]);
    int r = cli_option_number(c, ARG_REASON, 0, 99, &reason);
    if (!r)
        r = cli_pick_user(c, &user);
    if (r)
        return r;
    int err = samling_session_status(c->s, user, id, status, cli_args_has(&c->args, ARG_REASON) ? (int)reason : -1);
    if (err)
        return cli_fail_sdk(c, err);
    sam_json_id(&c->doc, "session", id);
    sam_json_text(&c->doc, "status", cli_word_session_status(status));
    cli_say(c, SAM_TEXT_CLI_SESSION_SET, (unsigned long long)id, cli_of(c, SAM_TEXT_SET_SESSION, status));
    return EXIT_OK;
}

int cli_verb_session(struct cli *c)
{
    const char *what = c->args.pos[0];
    if (strcmp(what, "add") == 0)
        return session_add(c);
    if (strcmp(what, "held") == 0)
        return session_set(c, HELD);
    if (strcmp(what, "cancel") == 0)
        return session_set(c, CANCELLED);
    return cli_usage(c, SAM_TEXT_CLI_SESSION_WHAT, what);
}
