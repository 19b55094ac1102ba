#include "pick.h"

#include "dates.h"
#include "match.h"
#include "word.h"

#include <stdlib.h>
#include <string.h>

enum { CANCELLED = 2 }; /* session status */

/* the ones that ${hit} names, or all */
static void tell_candidates(struct cli *c, const struct subject *subjects, size_t count, const bool *hit)
{
    static const enum sam_text_id heads[] = {SAM_TEXT_COL_ID, SAM_TEXT_COL_CODE, SAM_TEXT_COL_NAME, SAM_TEXT_COL_BORN};
    struct table t;
    cli_columns(c, &t, heads, 4);
    sam_json_list(&c->doc, "candidates");
    for (size_t i = 0; i < count; i++) {
        char born[16] = "";
        if (hit && !hit[i])
            continue;
        if (subjects[i].number > 0)
            snprintf(born, sizeof born, "%d", subjects[i].number);
        cli_table_number(&t, subjects[i].id);
        cli_table_cell(&t, subjects[i].code);
        cli_table_cell(&t, subjects[i].name);
        cli_table_cell(&t, born);
        sam_json_object(&c->doc, NULL);
        sam_json_id(&c->doc, "id", subjects[i].id);
        sam_json_text(&c->doc, "name", subjects[i].name);
        sam_json_end(&c->doc);
    }
    sam_json_end(&c->doc);
    cli_table(c, &t, stderr);
}

/* ${at}: which of the subjects; 0 or an exit code with the candidates told */
static int one_of(struct cli *c, const char *word, const struct subject *s, size_t count, enum sam_text_id none,
                  size_t *at)
{
    bool *hit = cli_out_grow(NULL, count * sizeof *hit);
    size_t hits = cli_match(word, s, count, hit);
    int r = 0;
    if (hits == 1) {
        for (*at = 0; !hit[*at];)
            ++*at;
    } else if (hits > 1) {
        tell_candidates(c, s, count, hit);
        r = cli_fail(c, EXIT_NAME, "EAMBIGUOUS", SAM_TEXT_CLI_AMBIGUOUS, word, (int)hits);
    } else {
        tell_candidates(c, s, count, NULL);
        r = cli_fail(c, EXIT_NAME, "ENOTFOUND", none, word);
    }
    free(hit);
    return r;
}

void cli_pick_fini(struct pick *p)
{
    samling_list_free(p->lines);
    samling_list_free(p->sessions);
    samling_list_free(p->groups);
    memset(p, 0, sizeof *p);
}

/* ---- groups and sessions */

static int load_groups(struct cli *c, struct pick *p)
{
    int err = samling_groups(c->s, &p->groups, &p->group_count);
    return err ? cli_fail_sdk(c, err) : 0;
}

static int load_sessions(struct cli *c, struct pick *p)
{
    samling_list_free(p->sessions);
    p->sessions = NULL;
    int err = samling_sessions(c->s, p->group->id, &p->sessions, &p->session_count);
    return err ? cli_fail_sdk(c, err) : 0;
}

int cli_pick_group(struct cli *c, struct pick *p, const char *word)
{
    size_t at = 0;
    int r = load_groups(c, p);
    if (r)
        return r;
    struct subject *s = cli_out_grow(NULL, p->group_count * sizeof *s);
    for (size_t i = 0; i < p->group_count; i++)
        s[i] = (struct subject){p->groups[i].id, p->groups[i].name, p->groups[i].code, -1};
    r = one_of(c, word, s, p->group_count, SAM_TEXT_CLI_NO_GROUP, &at);
    free(s);
    if (r)
        return r;
    p->group = &p->groups[at];
    return load_sessions(c, p);
}

static const struct samling_session *session_by_id(const struct pick *p, uint64_t id)
{
    for (size_t i = 0; i < p->session_count; i++)
        if (p->sessions[i].id == id)
            return &p->sessions[i];
    return NULL;
}

int cli_pick_session_id(struct cli *c, struct pick *p, const char *text)
{
    uint64_t id;
    if (!cli_args_number(text, 1, INT64_MAX, &id))
        return cli_usage(c, SAM_TEXT_CLI_BAD_ID, text);
    int r = load_groups(c, p);
    for (size_t i = 0; !r && !p->session && i < p->group_count; i++) {
        p->group = &p->groups[i];
        r = load_sessions(c, p);
        if (!r)
            p->session = session_by_id(p, id);
    }
    if (r || p->session)
        return r;
    return cli_fail(c, EXIT_NAME, "ENOTFOUND", SAM_TEXT_CLI_NO_SESSION, text);
}

static int days_away(int32_t day, int32_t today)
{
    return day > today ? day - today : today - day;
}

/* a planned session that is cancelled and nearer than the one that was picked, NULL: none is */
static const struct samling_session *nearer_cancelled(const struct pick *p, int32_t today)
{
    const struct samling_session *best = p->session, *s = p->sessions;
    for (size_t i = 0; i < p->session_count; i++, s++)
        if (s->planned && s->status == CANCELLED && (!best || days_away(s->day, today) < days_away(best->day, today)))
            best = s;
    return best == p->session ? NULL : best;
}

static int pick_nearest(struct cli *c, struct pick *p)
{
    char day[DATE_TEXT_BYTES];
    struct samling_session *near = NULL;
    int err = samling_session_near(c->s, p->group->id, &near);
    if (!err && near)
        p->session = session_by_id(p, near->id);
    samling_list_free(near);
    const struct samling_session *cancelled =
        err && err != SAMLING_ENOTFOUND ? NULL : nearer_cancelled(p, samling_today(c->s));
    if (p->session && !cancelled)
        return 0;
    p->session = NULL;
    cli_pick_session_rows(c, "candidates", p->sessions, p->session_count, stderr);
    if (err == SAMLING_ECLOCK)
        return cli_fail(c, EXIT_CLOCK, "ECLOCK", SAM_TEXT_CLI_CLOCK);
    if (cancelled)
        return cli_fail(c, EXIT_NAME, "ENOTFOUND", SAM_TEXT_CLI_NEAR_CANCELLED, p->group->name,
                        cli_date_text(cancelled->day, day));
    if (err == SAMLING_ENOTFOUND || !err)
        return cli_fail(c, EXIT_NAME, "ENOTFOUND", SAM_TEXT_CLI_NO_SESSION_NEAR, p->group->name);
    return cli_fail_sdk(c, err);
}

int cli_pick_session_on(struct cli *c, struct pick *p, const char *date)
{
    int32_t day;
    size_t first = 0, hits = 0;
    if (!date)
        return pick_nearest(c, p);
    if (!cli_date_parse(date, &day))
        return cli_usage(c, SAM_TEXT_CLI_BAD_DATE, date);
    for (size_t i = p->session_count; i-- > 0;) /* sorted by day, so a day's sessions stand together */
        if (p->sessions[i].day == day) {
            first = i;
            hits++;
        }
    if (hits == 1) {
        p->session = &p->sessions[first];
        return 0;
    }
    cli_pick_session_rows(c, "candidates", hits ? p->sessions + first : p->sessions, hits ? hits : p->session_count,
                          stderr);
    if (hits)
        return cli_fail(c, EXIT_NAME, "EAMBIGUOUS", SAM_TEXT_CLI_AMBIGUOUS, date, (int)hits);
    return cli_fail(c, EXIT_NAME, "ENOTFOUND", SAM_TEXT_CLI_NO_SESSION_ON, p->group->name, date);
}

int cli_pick_where(struct cli *c, struct pick *p, int *at)
{
    const char *group = c->args.value[ARG_GROUP];
    if (cli_args_has(&c->args, ARG_SESSION))
        return cli_pick_session_id(c, p, c->args.value[ARG_SESSION]);
    if (!group && c->args.pos_count > *at)
        group = c->args.pos[(*at)++];
    if (!group)
        return cli_usage(c, SAM_TEXT_CLI_WHICH_SESSION);
    int r = cli_pick_group(c, p, group);
    return r ? r : cli_pick_session_on(c, p, c->args.value[ARG_DATE]);
}

int cli_pick_sheet(struct cli *c, struct pick *p)
{
    int err = samling_sheet(c->s, p->session->id, &p->lines, &p->line_count);
    return err ? cli_fail_sdk(c, err) : 0;
}

static void session_row(struct cli *c, struct table *t, const struct samling_session *s)
{
    char day[DATE_TEXT_BYTES], start[DATE_TEXT_BYTES], end[DATE_TEXT_BYTES], time[2 * DATE_TEXT_BYTES + 4];
    cli_time_text(s->start_min, start);
    cli_time_text(s->end_min, end);
    snprintf(time, sizeof time, "%s%s%s", start, *end ? "\xE2\x80\x93" : "", end);
    cli_table_number(t, s->id);
    cli_table_cell(t, cli_date_text(s->day, day));
    cli_table_cell(t, cli_of(c, SAM_TEXT_SET_WEEKDAY, cli_date_weekday(s->day) - 1));
    cli_table_cell(t, time);
    cli_table_cell(t, cli_of(c, SAM_TEXT_SET_SESSION, s->status));
    cli_table_cell(t, cli_text(c, s->planned ? SAM_TEXT_CLI_FROM_PLAN : SAM_TEXT_CLI_AD_HOC));
    cli_table_cell(t, s->room);
    cli_table_cell(t, s->theme);
}

void cli_pick_session_json(struct cli *c, const char *key, const struct samling_session *s)
{
    char day[DATE_TEXT_BYTES], time[DATE_TEXT_BYTES];
    sam_json_object(&c->doc, key);
    sam_json_id(&c->doc, "id", s->id);
    sam_json_id(&c->doc, "group", s->group);
    sam_json_text(&c->doc, "day", cli_date_text(s->day, day));
    sam_json_text(&c->doc, "start", *cli_time_text(s->start_min, time) ? time : NULL);
    sam_json_text(&c->doc, "end", *cli_time_text(s->end_min, time) ? time : NULL);
    sam_json_text(&c->doc, "status", cli_word_session_status(s->status));
    sam_json_bool(&c->doc, "planned", s->planned != 0);
    sam_json_text(&c->doc, "room", s->room && *s->room ? s->room : NULL);
    sam_json_text(&c->doc, "theme", s->theme && *s->theme ? s->theme : NULL);
    sam_json_end(&c->doc);
}

void cli_pick_session_rows(struct cli *c, const char *key, const struct samling_session *list, size_t count, FILE *to)
{
    static const enum sam_text_id heads[] = {SAM_TEXT_COL_ID,   SAM_TEXT_COL_DATE,   SAM_TEXT_COL_DAY,
                                             SAM_TEXT_COL_TIME, SAM_TEXT_COL_STATUS, SAM_TEXT_COL_PLAN,
                                             SAM_TEXT_COL_ROOM, SAM_TEXT_COL_THEME};
    struct table t;
    cli_columns(c, &t, heads, sizeof heads / sizeof *heads);
    sam_json_list(&c->doc, key);
    for (size_t i = 0; i < count; i++) {
        session_row(c, &t, &list[i]);
        cli_pick_session_json(c, NULL, &list[i]);
    }
    sam_json_end(&c->doc);
    cli_table(c, &t, to);
}

/* ---- persons and users */

/* adds one remark behind those that are there */
static void remark(char *out, size_t size, const char *text)
{
    size_t used = strlen(out);
    snprintf(out + used, size - used, "%s%s", used ? ", " : "", text);
}

void cli_pick_remarks(const struct cli *c, const struct samling_line *l, char *out, size_t size)
{
    char minutes[16];
    out[0] = '\0';
    if (l->disputed)
        remark(out, size, cli_text(c, SAM_TEXT_CLI_DISPUTED));
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

int cli_pick_person(struct cli *c, const struct pick *p, const char *word, const struct samling_line **line)
{
    size_t at = 0;
    struct subject *s = cli_out_grow(NULL, p->line_count * sizeof *s);
    for (size_t i = 0; i < p->line_count; i++)
        s[i] = (struct subject){p->lines[i].participant, p->lines[i].name, NULL, p->lines[i].birth_year};
    int r = one_of(c, word, s, p->line_count, SAM_TEXT_CLI_NO_PERSON, &at);
    free(s);
    *line = r ? NULL : &p->lines[at];
    return r;
}

int cli_pick_people(struct cli *c, const char *word, struct samling_person **people,
                    const struct samling_person **person)
{
    size_t count = 0, at = 0;
    *person = NULL;
    int err = samling_people(c->s, people, &count);
    if (err)
        return cli_fail_sdk(c, err);
    struct subject *s = cli_out_grow(NULL, count * sizeof *s);
    for (size_t i = 0; i < count; i++)
        s[i] = (struct subject){(*people)[i].id, (*people)[i].name, NULL, (*people)[i].birth_year};
    int r = one_of(c, word, s, count, SAM_TEXT_CLI_NO_ONE, &at);
    free(s);
    *person = r ? NULL : &(*people)[at];
    return r;
}

void cli_pick_person_json(struct cli *c, const struct samling_person *person)
{
    sam_json_id(&c->doc, "participant", person->id);
    sam_json_text(&c->doc, "name", person->name);
}

int cli_pick_day(struct cli *c, int32_t *day)
{
    struct samling_status st;
    const char *date = c->args.value[ARG_DATE];
    if (date)
        return cli_date_parse(date, day) ? 0 : cli_usage(c, SAM_TEXT_CLI_BAD_DATE, date);
    int err = samling_status(c->s, &st);
    if (err)
        return cli_fail_sdk(c, err);
    if (st.clock_suspect)
        return cli_fail(c, EXIT_CLOCK, "ECLOCK", SAM_TEXT_CLI_SCORE_CLOCK);
    *day = samling_today(c->s);
    return 0;
}

int cli_pick_one_user(struct cli *c, const char *word, struct samling_user **users, const struct samling_user **user)
{
    size_t count = 0, at = 0;
    *user = NULL;
    int err = samling_users(c->s, users, &count);
    if (err)
        return cli_fail_sdk(c, err);
    struct subject *s = cli_out_grow(NULL, count * sizeof *s);
    for (size_t i = 0; i < count; i++)
        s[i] = (struct subject){(*users)[i].id, (*users)[i].name, NULL, -1};
    int r = one_of(c, word, s, count, SAM_TEXT_CLI_NO_USER, &at);
    free(s);
    *user = r ? NULL : &(*users)[at];
    return r;
}

int cli_pick_self(struct cli *c, struct samling_user **users, const struct samling_user **user)
{
    const char *word = cli_args_has(&c->args, ARG_USER) ? c->args.value[ARG_USER] : getenv("SAMLING_USER");
    return word && *word ? cli_pick_one_user(c, word, users, user) : cli_usage(c, SAM_TEXT_CLI_WHO);
}

const char *cli_pick_user_text(const struct cli *c, const struct samling_user *user, char out[PICK_USER_BYTES])
{
    if (c->is_json)
        return *user->real_name ? user->real_name : user->name;
    if (*user->real_name)
        cli_words(c, out, PICK_USER_BYTES, SAM_TEXT_USER_AS_SUBSTITUTE, user->real_name, user->name);
    else if (user->provisional)
        cli_words(c, out, PICK_USER_BYTES, SAM_TEXT_USER_SUBSTITUTE, user->name);
    return *user->real_name || user->provisional ? out : user->name;
}

int cli_pick_user_role(struct cli *c, uint64_t *id, int *role)
{
    struct samling_user *users = NULL;
    const struct samling_user *user = NULL;
    int r = cli_pick_self(c, &users, &user);
    *id = user ? user->id : 0;
    *role = user ? user->role : -1;
    samling_list_free(users);
    return r;
}

int cli_pick_user(struct cli *c, uint64_t *id)
{
    int role;
    return cli_pick_user_role(c, id, &role);
}
