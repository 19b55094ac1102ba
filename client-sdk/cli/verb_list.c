/* groups, sessions, sheet, users: reading what is on the tablet. */
#include "dates.h"
#include "pick.h"
#include "verb.h"
#include "word.h"

#include <string.h>

/* a table with these headings; those whose bit is set in ${right} hold numbers */
static void open_table(const struct cli *c, struct table *t, const enum sam_text_id *heads, size_t n, unsigned right)
{
    table_init(t);
    for (size_t i = 0; i < n; i++)
        table_column(t, cli_text(c, heads[i]), right >> i & 1);
}

static void group_json(struct json *j, const struct samling_group *g)
{
    char time[DATE_TEXT_BYTES];
    json_object(j, NULL);
    json_id(j, "id", g->id);
    json_text(j, "code", g->code);
    json_text(j, "name", g->name);
    json_text(j, "kind", word_kind(g->kind));
    json_int_or_null(j, "weekday", g->weekday > 0 ? g->weekday : -1);
    json_text(j, "start", *time_text(g->start_min, time) ? time : NULL);
    json_text(j, "end", *time_text(g->end_min, time) ? time : NULL);
    json_int(j, "participants", g->participants);
    json_end(j);
}

static void group_row(const struct cli *c, struct table *t, const struct samling_group *g)
{
    char time[DATE_TEXT_BYTES];
    table_cell(t, g->code);
    table_cell(t, g->name);
    table_cell(t, cli_of(c, SAM_TEXT_SET_KIND, g->kind));
    table_cell(t, g->weekday > 0 ? cli_of(c, SAM_TEXT_SET_WEEKDAY, g->weekday - 1) : "");
    table_cell(t, g->weekday > 0 ? time_text(g->start_min, time) : "");
    table_number(t, g->participants);
}

/* An empty list is an answer on a tablet that is in use; on any other it is told why. */
static int told_empty(struct cli *c, enum sam_text_id nothing)
{
    struct samling_status st;
    int err = samling_status(c->s, &st);
    if (err)
        return cli_fail_sdk(c, err);
    if (st.state < SAMLING_ACTIVE)
        return cli_fail(c, EXIT_JOIN, "ESTATE", SAM_TEXT_CLI_STATE, cli_of(c, SAM_TEXT_SET_DEVICE, (int)st.state));
    cli_note(c, nothing);
    return EXIT_OK;
}

int verb_groups(struct cli *c)
{
    static const enum sam_text_id heads[] = {SAM_TEXT_COL_CODE, SAM_TEXT_COL_NAME, SAM_TEXT_COL_KIND,
                                             SAM_TEXT_COL_DAY,  SAM_TEXT_COL_TIME, SAM_TEXT_COL_PERSONS};
    struct samling_group *g = NULL;
    size_t n = 0;
    struct table t;
    int err = samling_groups(c->s, &g, &n);
    if (err)
        return cli_fail_sdk(c, err);
    open_table(c, &t, heads, 6, 1u << 5);
    json_list(&c->doc, "groups");
    for (size_t i = 0; i < n; i++) {
        group_row(c, &t, &g[i]);
        group_json(&c->doc, &g[i]);
    }
    json_end(&c->doc);
    samling_list_free(g);
    if (n > 0)
        cli_table(c, &t, stdout);
    table_fini(&t);
    return n > 0 ? EXIT_OK : told_empty(c, SAM_TEXT_CLI_NO_GROUPS_YET);
}

int verb_users(struct cli *c)
{
    static const enum sam_text_id heads[] = {SAM_TEXT_COL_ID, SAM_TEXT_COL_NAME, SAM_TEXT_COL_ROLE};
    struct samling_user *u = NULL;
    size_t n = 0;
    struct table t;
    int err = samling_users(c->s, &u, &n);
    if (err)
        return cli_fail_sdk(c, err);
    open_table(c, &t, heads, 3, 0);
    json_list(&c->doc, "users");
    for (size_t i = 0; i < n; i++) {
        table_number(&t, u[i].id);
        table_cell(&t, u[i].name);
        table_cell(&t, cli_of(c, SAM_TEXT_SET_ROLE, u[i].role));
        json_object(&c->doc, NULL);
        json_id(&c->doc, "id", u[i].id);
        json_text(&c->doc, "name", u[i].name);
        json_text(&c->doc, "role", word_role(u[i].role));
        json_end(&c->doc);
    }
    json_end(&c->doc);
    samling_list_free(u);
    if (n > 0)
        cli_table(c, &t, stdout);
    table_fini(&t);
    return n > 0 ? EXIT_OK : told_empty(c, SAM_TEXT_CLI_NO_USERS_YET);
}

int verb_sessions(struct cli *c)
{
    struct pick p = {0};
    int r = pick_group(c, &p, c->args.pos[0]);
    if (!r)
        pick_session_rows(c, "sessions", p.sessions, p.session_count, stdout);
    pick_fini(&p);
    return r;
}

/* ---- the sheet */

/* adds one remark behind those that are there */
static void remark(char *out, size_t size, const char *text)
{
    size_t used = strlen(out);
    snprintf(out + used, size - used, "%s%s", used ? ", " : "", text);
}

static void remarks(const struct cli *c, const struct samling_line *l, char *out, size_t size)
{
    char minutes[16];
    out[0] = '\0';
    if (l->late > 0)
        remark(out, size, cli_text(c, SAM_TEXT_CLI_LATE));
    if (l->left_early > 0)
        remark(out, size, cli_text(c, SAM_TEXT_CLI_LEFT_EARLY));
    if (l->by_video > 0)
        remark(out, size, cli_text(c, SAM_TEXT_CLI_BY_VIDEO));
    if (l->minutes >= 0) {
        snprintf(minutes, sizeof minutes, "%d min", l->minutes);
        remark(out, size, minutes);
    }
    if (l->enrolment < 0)
        remark(out, size, cli_text(c, SAM_TEXT_CLI_NOT_ENROLLED));
}

static void line_row(const struct cli *c, struct table *t, const struct samling_line *l)
{
    char born[16] = "", more[200];
    if (l->birth_year > 0)
        snprintf(born, sizeof born, "%d", l->birth_year);
    remarks(c, l, more, sizeof more);
    table_cell(t, l->name);
    table_cell(t, born);
    table_cell(t, l->state == SAMLING_NO_RECORD ? "\xC2\xB7" : cli_of(c, SAM_TEXT_SET_PRESENCE, l->presence));
    table_cell(t, more);
    table_cell(t, l->state == SAMLING_NO_RECORD ? "" : cli_of(c, SAM_TEXT_SET_RECORD, (int)l->state));
}

static void line_json(struct json *j, const struct samling_line *l)
{
    char time[DATE_TEXT_BYTES];
    json_object(j, NULL);
    json_id(j, "participant", l->participant);
    json_text(j, "name", l->name);
    json_int_or_null(j, "birth_year", l->birth_year > 0 ? l->birth_year : -1);
    json_text(j, "enrolment", l->enrolment < 0 ? NULL : word_enrolment(l->enrolment));
    json_text(j, "presence", word_presence(l->presence));
    json_text(j, "evidence", l->state == SAMLING_NO_RECORD ? NULL : word_evidence(l->evidence));
    json_int_or_null(j, "reason", l->reason);
    json_int_or_null(j, "minutes", l->minutes);
    json_text(j, "arrived", *time_text(l->arrived_min, time) ? time : NULL);
    json_text(j, "left", *time_text(l->left_min, time) ? time : NULL);
    json_bool(j, "late", l->late > 0);
    json_bool(j, "left_early", l->left_early > 0);
    json_bool(j, "by_video", l->by_video > 0);
    json_text(j, "state", word_record((int)l->state));
    json_end(j);
}

static void sheet_head(struct cli *c, const struct pick *p)
{
    const struct samling_session *s = p->session;
    char day[DATE_TEXT_BYTES], start[DATE_TEXT_BYTES];
    json_object(&c->doc, "group");
    json_id(&c->doc, "id", p->group->id);
    json_text(&c->doc, "code", p->group->code);
    json_text(&c->doc, "name", p->group->name);
    json_end(&c->doc);
    cli_say(c, SAM_TEXT_CLI_SHEET_HEAD, p->group->name, cli_of(c, SAM_TEXT_SET_WEEKDAY, date_weekday(s->day) - 1),
            date_text(s->day, day), time_text(s->start_min, start), cli_of(c, SAM_TEXT_SET_SESSION, s->status),
            (unsigned long long)s->id);
}

static void sheet_rows(struct cli *c, const struct pick *p)
{
    static const enum sam_text_id heads[] = {SAM_TEXT_COL_NAME, SAM_TEXT_COL_BORN, SAM_TEXT_COL_PRESENCE,
                                             SAM_TEXT_COL_REMARKS, SAM_TEXT_COL_RECORD};
    struct table t;
    int marked = 0, present = 0;
    open_table(c, &t, heads, 5, 0);
    json_list(&c->doc, "lines");
    for (size_t i = 0; i < p->line_count; i++) {
        line_row(c, &t, &p->lines[i]);
        line_json(&c->doc, &p->lines[i]);
        marked += p->lines[i].presence != 0;
        present += p->lines[i].presence == 1;
    }
    json_end(&c->doc);
    json_int(&c->doc, "present", present);
    json_int(&c->doc, "marked", marked);
    json_int(&c->doc, "count", (int64_t)p->line_count);
    cli_table(c, &t, stdout);
    cli_say(c, SAM_TEXT_CLI_SHEET_SUM, present, marked, (int)p->line_count);
}

/* a session by --session, or of a group by --date or the clock */
static int sheet_pick(struct cli *c, struct pick *p)
{
    const char *group = c->args.pos_count ? c->args.pos[0] : c->args.value[ARG_GROUP];
    if (args_has(&c->args, ARG_SESSION))
        return pick_session_id(c, p, c->args.value[ARG_SESSION]);
    if (!group)
        return cli_usage(c, SAM_TEXT_CLI_WHICH_SESSION);
    int r = pick_group(c, p, group);
    return r ? r : pick_session_on(c, p, c->args.value[ARG_DATE]);
}

int verb_sheet(struct cli *c)
{
    struct pick p = {0};
    int r = sheet_pick(c, &p);
    if (!r)
        r = pick_sheet(c, &p);
    if (!r) {
        sheet_head(c, &p);
        pick_session_json(c, "session", p.session);
        sheet_rows(c, &p);
    }
    pick_fini(&p);
    return r;
}
