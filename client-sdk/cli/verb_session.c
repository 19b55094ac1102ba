/* session and attention: sessions outside the plan, and what a person should look at. */
#include "dates.h"
#include "pick.h"
#include "verb.h"
#include "word.h"

#include <string.h>

enum { HELD = 1, CANCELLED = 2 };

/* ---- session add | held | cancel */

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
            cli_json_id(&c->doc, "session", id);
        if (err == SAMLING_EEXIST)
            r = cli_fail(c, EXIT_NAME, "EEXIST", SAM_TEXT_CLI_SESSION_EXISTS, c->args.pos[2], (unsigned long long)id);
        else if (err)
            r = cli_fail_sdk(c, err);
    }
    if (!r) {
        cli_json_text(&c->doc, "status", cli_word_session_status(0));
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
    cli_json_id(&c->doc, "session", id);
    cli_json_text(&c->doc, "status", cli_word_session_status(status));
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

/* ---- attention */

/* the session and the person that a notice is about, where the tablet still has them */
struct about {
    struct pick p;
    uint64_t session;
    const struct samling_line *line;
};

static void about_find(struct cli *c, struct about *a, const struct samling_notice *n)
{
    char id[24];
    if (a->session != n->session) {
        cli_pick_fini(&a->p);
        a->session = n->session;
        snprintf(id, sizeof id, "%llu", (unsigned long long)n->session);
        struct json doc = c->doc; /* a session that has left the tablet is no failure here */
        cli_json_init(&c->doc);
        if (n->session && cli_pick_session_id(c, &a->p, id) == 0)
            cli_pick_sheet(c, &a->p);
        cli_json_fini(&c->doc);
        c->doc = doc;
        c->error_name = NULL;
    }
    a->line = NULL;
    for (size_t i = 0; i < a->p.line_count; i++)
        if (a->p.lines[i].participant == n->participant)
            a->line = &a->p.lines[i];
}

static void notice_row(struct cli *c, struct table *t, const struct about *a, const struct samling_notice *n)
{
    const struct samling_session *s = a->p.session;
    char day[DATE_TEXT_BYTES] = "";
    if (s)
        cli_date_text(s->day, day);
    cli_table_number(t, n->seq);
    cli_table_cell(t, s ? a->p.group->name : "");
    cli_table_cell(t, day);
    cli_table_cell(t, a->line ? a->line->name : "");
    cli_table_cell(t, cli_of(c, SAM_TEXT_SET_VERDICT, n->kind));
    cli_table_cell(t, n->reason ? cli_of(c, SAM_TEXT_SET_REASON, n->reason) : "");
    cli_json_object(&c->doc, NULL);
    cli_json_id(&c->doc, "seq", n->seq);
    cli_json_text(&c->doc, "kind", cli_word_verdict(n->kind));
    cli_json_text(&c->doc, "reason", n->reason ? cli_word_reason(n->reason) : NULL);
    cli_json_id(&c->doc, "session", n->session);
    cli_json_text(&c->doc, "day", s ? day : NULL);
    cli_json_text(&c->doc, "group", s ? a->p.group->name : NULL);
    cli_json_id(&c->doc, "participant", n->participant);
    cli_json_text(&c->doc, "name", a->line ? a->line->name : NULL);
    cli_json_end(&c->doc);
}

static void tell_notices(struct cli *c, const struct samling_notice *list, size_t count)
{
    static const enum sam_text_id heads[] = {SAM_TEXT_COL_SEQ,  SAM_TEXT_COL_GROUP,   SAM_TEXT_COL_DATE,
                                             SAM_TEXT_COL_NAME, SAM_TEXT_COL_VERDICT, SAM_TEXT_COL_REASON};
    struct about a = {0};
    struct table t;
    cli_columns(c, &t, heads, sizeof heads / sizeof *heads);
    cli_json_list(&c->doc, "notices");
    for (size_t i = 0; i < count; i++) {
        about_find(c, &a, &list[i]);
        notice_row(c, &t, &a, &list[i]);
    }
    cli_json_end(&c->doc);
    cli_pick_fini(&a.p);
    if (count == 0) {
        cli_say(c, SAM_TEXT_CLI_NO_NOTICES);
        cli_table_fini(&t);
        return;
    }
    cli_table(c, &t, stdout);
    cli_say(c, SAM_TEXT_CLI_NOTICE_HINT);
}

/* one seq, or "all" */
static int mark_seen(struct cli *c, const char *what, const struct samling_notice *list, size_t count)
{
    uint64_t seq = 0;
    int seen = 0;
    bool all = strcmp(what, "all") == 0;
    if (!all && !cli_args_number(what, 1, UINT64_MAX, &seq))
        return cli_usage(c, SAM_TEXT_CLI_BAD_ID, what);
    for (size_t i = 0; i < count; i++) {
        if (!all && list[i].seq != seq)
            continue;
        int err = samling_notice_seen(c->s, list[i].seq);
        if (err)
            return cli_fail_sdk(c, err);
        seen++;
    }
    cli_json_int(&c->doc, "seen", seen);
    if (!seen && !all)
        return cli_fail(c, EXIT_NAME, "ENOTFOUND", SAM_TEXT_CLI_NO_NOTICE, what);
    cli_say(c, SAM_TEXT_CLI_SEEN, seen);
    return EXIT_OK;
}

int cli_verb_attention(struct cli *c)
{
    struct samling_notice *list = NULL;
    size_t count = 0;
    int r = EXIT_OK;
    int err = samling_notices(c->s, &list, &count);
    if (err)
        return cli_fail_sdk(c, err);
    if (cli_args_has(&c->args, ARG_SEEN)) {
        r = mark_seen(c, c->args.value[ARG_SEEN], list, count);
    } else {
        tell_notices(c, list, count);
        r = count ? EXIT_ATTENTION : EXIT_OK;
    }
    samling_list_free(list);
    return r;
}
