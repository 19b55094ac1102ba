/* enrolment: which groups a person is in, and leaving one. */
#include "access.h"
#include "dates.h"
#include "pick.h"
#include "record.h"
#include "verb.h"
#include "word.h"

#include <stddef.h>
#include <string.h>

enum { REASON_MAX = 99, STATUS_COUNT = 10, COMPLETED = 5, DISCONTINUED = 6 };

static const struct record_words status_words = {cli_word_enrolment, STATUS_COUNT, SAM_TEXT_SET_ENROLMENT};

/* ---- list */

static const char *day_text(int32_t day, char out[DATE_TEXT_BYTES])
{
    return day == SAMLING_NO_DAY ? "" : cli_date_text(day, out);
}

static void day_json(struct cli *c, const char *key, int32_t day)
{
    char text[DATE_TEXT_BYTES];
    sam_json_text(&c->doc, key, day == SAMLING_NO_DAY ? NULL : cli_date_text(day, text));
}

static void line_json(struct cli *c, const struct samling_enrolment_line *l, const char *group)
{
    struct sam_json *j = &c->doc;
    sam_json_object(j, NULL);
    sam_json_id(j, "group", l->group);
    sam_json_text(j, "group_name", group);
    sam_json_text(j, "status", cli_record_name(&status_words, l->status));
    day_json(c, "start", l->start_day);
    day_json(c, "end", l->end_day);
    sam_json_int_or_null(j, "reason", l->reason);
    sam_json_bool(j, "disputed", l->disputed != 0);
    sam_json_text(j, "state", cli_word_record((int)l->state));
    sam_json_end(j);
}

static const char *group_name(const struct pick *p, uint64_t group)
{
    for (size_t i = 0; i < p->group_count; i++)
        if (p->groups[i].id == group)
            return p->groups[i].name;
    return NULL;
}

static void line_tell(struct cli *c, struct table *t, const struct pick *p, const struct samling_enrolment_line *l)
{
    const char *group = group_name(p, l->group);
    char start[DATE_TEXT_BYTES], end[DATE_TEXT_BYTES], state[RECORD_STATE_BYTES];
    cli_table_cell(t, group ? group : "");
    cli_table_cell(t, cli_record_text(c, &status_words, l->status));
    cli_table_cell(t, day_text(l->start_day, start));
    cli_table_cell(t, day_text(l->end_day, end));
    if (l->reason >= 0)
        cli_table_number(t, (uint64_t)l->reason);
    else
        cli_table_cell(t, "");
    cli_table_cell(t, cli_record_state(c, (int)l->state, 0, state));
    line_json(c, l, group);
}

static void lines_tell(struct cli *c, const struct pick *p, const struct samling_person *person,
                       const struct samling_enrolment_line *l, size_t count)
{
    static const enum sam_text_id heads[] = {SAM_TEXT_COL_GROUP,  SAM_TEXT_COL_STATUS,    SAM_TEXT_COL_FROM_DAY,
                                             SAM_TEXT_COL_TO_DAY, SAM_TEXT_COL_REASON_NO, SAM_TEXT_COL_RECORD};
    struct table t;
    cli_columns(c, &t, heads, sizeof heads / sizeof *heads);
    cli_pick_person_json(c, person);
    sam_json_list(&c->doc, "enrolments");
    for (size_t i = 0; i < count; i++)
        line_tell(c, &t, p, &l[i]);
    sam_json_end(&c->doc);
    cli_record_table(c, &t, person->name);
}

static int enrolment_list(struct cli *c)
{
    struct samling_person *people = NULL;
    const struct samling_person *person = NULL;
    struct samling_enrolment_line *l = NULL;
    struct pick p = {0};
    size_t count = 0;
    int r = cli_pick_people(c, c->args.pos[1], &people, &person);
    if (!r)
        r = cli_access_person(c, person->id, SAMLING_RES_PERSON);
    int err = r ? 0 : samling_groups(c->s, &p.groups, &p.group_count);
    err = r || err ? err : samling_enrolments(c->s, person->id, &l, &count);
    r = err ? cli_fail_sdk(c, err) : r;
    if (!r)
        lines_tell(c, &p, person, l, count);
    samling_list_free(l);
    samling_list_free(people);
    cli_pick_fini(&p);
    return r;
}

/* ---- end */

struct leaving {
    uint64_t user;
    int status, reason;
    int32_t day;
};

static int leaving_read(struct cli *c, struct leaving *x)
{
    int r = cli_pick_user(c, &x->user);
    if (!r)
        r = cli_record_typed(c, c->args.pos[3], "STATUS", &status_words, &x->status);
    if (!r && x->status != COMPLETED && x->status != DISCONTINUED)
        r = cli_usage(c, SAM_TEXT_CLI_BAD_LEAVING, c->args.pos[3]);
    if (!r)
        r = cli_record_int(c, ARG_REASON, REASON_MAX, &x->reason);
    return r ? r : cli_pick_day(c, &x->day);
}

static void leaving_told(struct cli *c, const struct leaving *x, const struct samling_person *person,
                         const struct samling_group *group)
{
    char day[DATE_TEXT_BYTES];
    cli_pick_person_json(c, person);
    sam_json_id(&c->doc, "group", group->id);
    sam_json_text(&c->doc, "status", cli_record_name(&status_words, x->status));
    sam_json_text(&c->doc, "end", cli_date_text(x->day, day));
    sam_json_int_or_null(&c->doc, "reason", x->reason);
    cli_say(c, SAM_TEXT_CLI_LEFT, person->name, group->name, cli_record_text(c, &status_words, x->status), day);
}

static int enrolment_end(struct cli *c)
{
    struct samling_person *people = NULL;
    const struct samling_person *person = NULL;
    struct leaving x = {.reason = -1};
    struct pick p = {0};
    int r = leaving_read(c, &x);
    if (!r)
        r = cli_pick_people(c, c->args.pos[1], &people, &person);
    if (!r)
        r = cli_pick_group(c, &p, c->args.pos[2]);
    int err = r ? 0 : samling_enrolment_end(c->s, x.user, p.group->id, person->id, x.status, x.day, x.reason);
    r = err ? cli_fail_sdk(c, err) : r;
    if (!r)
        leaving_told(c, &x, person, p.group);
    samling_list_free(people);
    cli_pick_fini(&p);
    return r;
}

int cli_verb_enrolment(struct cli *c)
{
    const char *what = c->args.pos[0];
    if (strcmp(what, "list") == 0 && c->args.pos_count == 2)
        return enrolment_list(c);
    if (strcmp(what, "end") == 0 && c->args.pos_count == 4)
        return enrolment_end(c);
    return cli_usage(c, SAM_TEXT_CLI_TOO_FEW, cli_text(c, c->verb->usage));
}
