/* groups, sessions, sheet, users: reading what is on the tablet. */
#include "access.h"
#include "dates.h"
#include "pick.h"
#include "verb.h"
#include "word.h"

#include <string.h>

static void group_json(struct sam_json *j, const struct samling_group *g)
{
    char time[DATE_TEXT_BYTES];
    sam_json_object(j, NULL);
    sam_json_id(j, "id", g->id);
    sam_json_text(j, "code", g->code);
    sam_json_text(j, "name", g->name);
    sam_json_text(j, "kind", cli_word_kind(g->kind));
    sam_json_int_or_null(j, "weekday", g->weekday > 0 ? g->weekday : -1);
    sam_json_text(j, "start", *cli_time_text(g->start_min, time) ? time : NULL);
    sam_json_text(j, "end", *cli_time_text(g->end_min, time) ? time : NULL);
    sam_json_int(j, "participants", g->participants);
    sam_json_end(j);
}

static void group_row(const struct cli *c, struct table *t, const struct samling_group *g)
{
    char time[DATE_TEXT_BYTES];
    cli_table_cell(t, g->code);
    cli_table_cell(t, g->name);
    cli_table_cell(t, cli_of(c, SAM_TEXT_SET_KIND, g->kind));
    cli_table_cell(t, g->weekday > 0 ? cli_of(c, SAM_TEXT_SET_WEEKDAY, g->weekday - 1) : "");
    cli_table_cell(t, g->weekday > 0 ? cli_time_text(g->start_min, time) : "");
    cli_table_number(t, g->participants);
}

int cli_verb_list_empty(struct cli *c, enum sam_text_id nothing)
{
    struct samling_status st;
    int err = samling_status(c->s, &st);
    if (err)
        return cli_fail_sdk(c, err);
    if (st.state < SAMLING_ACTIVE)
        return cli_verb_unready(c, &st);
    cli_note(c, nothing);
    return EXIT_OK;
}

int cli_verb_groups(struct cli *c)
{
    static const enum sam_text_id heads[] = {SAM_TEXT_COL_CODE, SAM_TEXT_COL_NAME, SAM_TEXT_COL_KIND,
                                             SAM_TEXT_COL_DAY,  SAM_TEXT_COL_TIME, SAM_TEXT_COL_PERSONS};
    struct samling_group *g = NULL;
    size_t n = 0;
    struct table t;
    int err = samling_groups(c->s, &g, &n);
    if (err)
        return cli_fail_sdk(c, err);
    cli_columns(c, &t, heads, 6);
    sam_json_list(&c->doc, "groups");
    for (size_t i = 0; i < n; i++) {
        group_row(c, &t, &g[i]);
        group_json(&c->doc, &g[i]);
    }
    sam_json_end(&c->doc);
    samling_list_free(g);
    if (n > 0)
        cli_table(c, &t, stdout);
    cli_table_fini(&t);
    return n > 0 ? EXIT_OK : cli_verb_list_empty(c, SAM_TEXT_CLI_NO_GROUPS_YET);
}

int cli_verb_sessions(struct cli *c)
{
    struct pick p = {0};
    int r = cli_pick_group(c, &p, c->args.pos[0]);
    if (!r)
        cli_pick_session_rows(c, "sessions", p.sessions, p.session_count, stdout);
    cli_pick_fini(&p);
    return r;
}

/* ---- the sheet */

static void line_row(const struct cli *c, struct table *t, const struct samling_line *l)
{
    char born[16] = "", more[200];
    if (l->birth_year > 0)
        snprintf(born, sizeof born, "%d", l->birth_year);
    cli_pick_remarks(c, l, more, sizeof more);
    cli_table_cell(t, l->name);
    cli_table_cell(t, born);
    cli_table_cell(t, l->state == SAMLING_NO_RECORD ? "\xC2\xB7" : cli_of(c, SAM_TEXT_SET_PRESENCE, l->presence));
    cli_table_cell(t, more);
    cli_table_cell(t, l->state == SAMLING_NO_RECORD ? "" : cli_of(c, SAM_TEXT_SET_RECORD, (int)l->state));
}

static void line_json(struct sam_json *j, const struct samling_line *l)
{
    char time[DATE_TEXT_BYTES];
    sam_json_object(j, NULL);
    sam_json_id(j, "participant", l->participant);
    sam_json_text(j, "name", l->name);
    sam_json_int_or_null(j, "birth_year", l->birth_year > 0 ? l->birth_year : -1);
    sam_json_text(j, "enrolment", l->enrolment < 0 ? NULL : cli_word_enrolment(l->enrolment));
    sam_json_text(j, "presence", cli_word_presence(l->presence));
    sam_json_text(j, "evidence", l->state == SAMLING_NO_RECORD ? NULL : cli_word_evidence(l->evidence));
    sam_json_int_or_null(j, "reason", l->reason);
    sam_json_int_or_null(j, "minutes", l->minutes);
    sam_json_text(j, "arrived", *cli_time_text(l->arrived_min, time) ? time : NULL);
    sam_json_text(j, "left", *cli_time_text(l->left_min, time) ? time : NULL);
    sam_json_bool(j, "late", l->late > 0);
    sam_json_bool(j, "left_early", l->left_early > 0);
    sam_json_bool(j, "by_video", l->by_video > 0);
    sam_json_text(j, "state", cli_word_record((int)l->state));
    sam_json_bool(j, "disputed", l->disputed != 0);
    sam_json_text(j, "other", l->disputed && l->other_presence >= 0 ? cli_word_presence(l->other_presence) : NULL);
    sam_json_end(j);
}

static void sheet_head(struct cli *c, const struct pick *p)
{
    const struct samling_session *s = p->session;
    char day[DATE_TEXT_BYTES], start[DATE_TEXT_BYTES];
    sam_json_object(&c->doc, "group");
    sam_json_id(&c->doc, "id", p->group->id);
    sam_json_text(&c->doc, "code", p->group->code);
    sam_json_text(&c->doc, "name", p->group->name);
    sam_json_end(&c->doc);
    cli_say(c, SAM_TEXT_CLI_SHEET_HEAD, p->group->name, cli_of(c, SAM_TEXT_SET_WEEKDAY, cli_date_weekday(s->day) - 1),
            cli_date_text(s->day, day), cli_time_text(s->start_min, start), cli_of(c, SAM_TEXT_SET_SESSION, s->status),
            (unsigned long long)s->id);
}

static void sheet_rows(struct cli *c, const struct pick *p)
{
    static const enum sam_text_id heads[] = {SAM_TEXT_COL_NAME, SAM_TEXT_COL_BORN, SAM_TEXT_COL_PRESENCE,
                                             SAM_TEXT_COL_REMARKS, SAM_TEXT_COL_RECORD};
    struct table t;
    int marked = 0, present = 0;
    cli_columns(c, &t, heads, 5);
    sam_json_list(&c->doc, "lines");
    for (size_t i = 0; i < p->line_count; i++) {
        line_row(c, &t, &p->lines[i]);
        line_json(&c->doc, &p->lines[i]);
        marked += p->lines[i].presence != 0;
        present += p->lines[i].presence == 1;
    }
    sam_json_end(&c->doc);
    sam_json_int(&c->doc, "present", present);
    sam_json_int(&c->doc, "marked", marked);
    sam_json_int(&c->doc, "count", (int64_t)p->line_count);
    cli_table(c, &t, stdout);
    cli_say(c, SAM_TEXT_CLI_SHEET_SUM, present, marked, (int)p->line_count);
}

/* a session by --session, or of a group by --date or the clock */
static int sheet_pick(struct cli *c, struct pick *p)
{
    const char *group = c->args.pos_count ? c->args.pos[0] : c->args.value[ARG_GROUP];
    if (cli_args_has(&c->args, ARG_SESSION))
        return cli_pick_session_id(c, p, c->args.value[ARG_SESSION]);
    if (!group)
        return cli_usage(c, SAM_TEXT_CLI_WHICH_SESSION);
    int r = cli_pick_group(c, p, group);
    return r ? r : cli_pick_session_on(c, p, c->args.value[ARG_DATE]);
}

int cli_verb_sheet(struct cli *c)
{
    struct pick p = {0};
    int r = sheet_pick(c, &p);
    if (!r)
        r = cli_pick_sheet(c, &p);
    if (!r)
        r = cli_access_list(c, p.group->id, p.line_count, SAMLING_RES_SHEET);
    if (!r) {
        sheet_head(c, &p);
        cli_pick_session_json(c, "session", p.session);
        sheet_rows(c, &p);
    }
    cli_pick_fini(&p);
    return r;
}
