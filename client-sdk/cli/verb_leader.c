/* leader: who leads a session. */
#include "dates.h"
#include "pick.h"
#include "record.h"
#include "verb.h"
#include "word.h"

#include <string.h>

static int leader_list(struct cli *c)
{
    static const enum sam_text_id heads[] = {SAM_TEXT_COL_ID, SAM_TEXT_COL_NAME, SAM_TEXT_COL_ROLE,
                                             SAM_TEXT_COL_RECORD};
    struct samling_leader *l = NULL;
    struct pick p = {0};
    struct table t;
    char day[DATE_TEXT_BYTES];
    size_t count = 0;
    int at = 1;
    int r = cli_pick_where(c, &p, &at);
    int err = r ? 0 : samling_session_leaders(c->s, p.session->id, &l, &count);
    r = err ? cli_fail_sdk(c, err) : r;
    if (!r) {
        cli_columns(c, &t, heads, sizeof heads / sizeof *heads);
        cli_pick_session_json(c, "session", p.session);
        sam_json_list(&c->doc, "leaders");
        for (size_t i = 0; i < count; i++) {
            cli_table_number(&t, l[i].user);
            cli_table_cell(&t, *l[i].name ? l[i].name : cli_text(c, SAM_TEXT_LEADER_UNKNOWN));
            cli_table_cell(&t, cli_record_text(c, &record_role, l[i].role));
            cli_table_cell(&t, cli_of(c, SAM_TEXT_SET_RECORD, (int)l[i].state));
            sam_json_object(&c->doc, NULL);
            sam_json_id(&c->doc, "user", l[i].user);
            sam_json_text(&c->doc, "name", *l[i].name ? l[i].name : NULL);
            sam_json_text(&c->doc, "role", cli_record_name(&record_role, l[i].role));
            sam_json_text(&c->doc, "state", cli_word_record((int)l[i].state));
            sam_json_end(&c->doc);
        }
        sam_json_end(&c->doc);
        if (count)
            cli_table(c, &t, stdout);
        else {
            cli_say(c, SAM_TEXT_CLI_LEADER_NOTHING, p.group->name, cli_date_text(p.session->day, day));
            cli_table_fini(&t);
        }
    }
    samling_list_free(l);
    cli_pick_fini(&p);
    return r;
}

static int leader_change(struct cli *c, bool leads)
{
    struct pick p = {0};
    struct samling_user *users = NULL;
    const struct samling_user *leader = NULL;
    char day[DATE_TEXT_BYTES];
    uint64_t user = 0;
    int role = -1, at = 1;
    int r = cli_pick_user(c, &user);
    if (!r)
        r = cli_pick_where(c, &p, &at);
    if (!r && c->args.pos_count != at + 1)
        r = cli_usage(c, SAM_TEXT_CLI_TOO_FEW, cli_text(c, c->verb->usage));
    if (!r)
        r = cli_pick_one_user(c, c->args.pos[at], &users, &leader);
    if (!r)
        role = leader->role;
    if (!r)
        r = cli_record_word(c, ARG_ROLE, &record_role, &role);
    int err = r       ? 0
              : leads ? samling_leader_save(c->s, user, p.session->id, leader->id, role)
                      : samling_leader_remove(c->s, user, p.session->id, leader->id);
    r = err ? cli_fail_sdk(c, err) : r;
    if (!r) {
        cli_pick_session_json(c, "session", p.session);
        sam_json_id(&c->doc, "user", leader->id);
        sam_json_text(&c->doc, "name", leader->name);
        sam_json_bool(&c->doc, "leads", leads);
        cli_say(c, leads ? SAM_TEXT_CLI_LEADER_SAVED : SAM_TEXT_CLI_LEADER_REMOVED, leader->name, p.group->name,
                cli_date_text(p.session->day, day));
    }
    samling_list_free(users);
    cli_pick_fini(&p);
    return r;
}

int cli_verb_leader(struct cli *c)
{
    const char *what = c->args.pos[0];
    if (strcmp(what, "list") == 0)
        return leader_list(c);
    if (strcmp(what, "add") == 0 || strcmp(what, "remove") == 0)
        return leader_change(c, what[0] == 'a');
    return cli_usage(c, SAM_TEXT_CLI_TOO_FEW, cli_text(c, c->verb->usage));
}
