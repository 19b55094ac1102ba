/* exertion: how hard it felt at one moment of a session, on Borg's scales. */
#include "access.h"
#include "exercise.h"
#include "pick.h"
#include "record.h"
#include "verb.h"
#include "word.h"

#include <string.h>

enum { RPE = 0, CR10 = 1, PEAK = 1, TAPPED = 2, SELF = 3, TENTHS_MAX = 200 };

/* "13", "3,5", "3.5" as tenths. */
static bool rating_read(const char *text, int scale, int *tenths)
{
    const char *p = text;
    int v = 0;
    if (*p < '0' || *p > '9')
        return false;
    for (; *p >= '0' && *p <= '9' && v <= TENTHS_MAX; p++)
        v = 10 * v + (*p - '0');
    v *= 10;
    if (scale == CR10 && (*p == ',' || *p == '.') && p[1] >= '0' && p[1] <= '9') {
        v += p[1] - '0';
        p += 2;
    }
    *tenths = v;
    return !*p && (scale == RPE ? v >= 60 && v <= 200 : v <= 150);
}

static const char *rating_text(const struct cli *c, const struct samling_exertion *x, char out[16])
{
    if (x->value_tenths % 10)
        snprintf(out, 16, "%d%c%d", x->value_tenths / 10, c->lang == SAM_LANG_NB ? ',' : '.', x->value_tenths % 10);
    else
        snprintf(out, 16, "%d", x->value_tenths / 10);
    return out;
}

/* ---- list */

static void line_tell(struct cli *c, struct table *t, const struct samling_exertion_line *l, const char *person)
{
    const struct samling_exertion *x = &l->exertion;
    char text[RECORD_STATE_BYTES];
    struct sam_json *j = &c->doc;
    cli_table_number(t, x->id);
    cli_table_cell(t, person);
    cli_table_cell(t, cli_record_text(c, &record_moment, x->moment));
    cli_table_cell(t, cli_record_text(c, &record_scale, x->scale));
    cli_table_cell(t, rating_text(c, x, text));
    cli_table_cell(t, cli_record_text(c, &record_yes_no, l->primary != 0));
    cli_table_cell(t, cli_record_state(c, (int)l->state, l->replaced_by, text));
    sam_json_object(j, NULL);
    sam_json_id(j, "id", x->id);
    sam_json_id(j, "participant", x->participant);
    sam_json_text(j, "name", person);
    sam_json_text(j, "moment", cli_record_name(&record_moment, x->moment));
    sam_json_text(j, "scale", cli_record_name(&record_scale, x->scale));
    sam_json_int(j, "value_tenths", x->value_tenths);
    sam_json_text(j, "evidence", x->evidence >= 0 ? cli_word_evidence(x->evidence) : NULL);
    sam_json_bool(j, "primary", l->primary != 0);
    sam_json_id_or_null(j, "replaces", x->replaces);
    sam_json_id_or_null(j, "replaced_by", l->replaced_by);
    sam_json_text(j, "state", cli_word_record((int)l->state));
    sam_json_end(j);
}

static int person_list(struct cli *c, struct table *t, const struct pick *p, const struct samling_line *line)
{
    struct samling_exertion_line *l = NULL;
    size_t count = 0;
    int err = samling_exertions(c->s, p->session->id, line->participant, &l, &count);
    for (size_t i = 0; i < count; i++)
        line_tell(c, t, &l[i], line->name);
    samling_list_free(l);
    return err ? cli_fail_sdk(c, err) : 0;
}

static int exertion_list(struct cli *c)
{
    static const enum sam_text_id heads[] = {SAM_TEXT_COL_ID,    SAM_TEXT_COL_NAME,  SAM_TEXT_COL_MOMENT,
                                             SAM_TEXT_COL_SCALE, SAM_TEXT_COL_VALUE, SAM_TEXT_COL_COUNTS,
                                             SAM_TEXT_COL_RECORD};
    const struct samling_line *only = NULL;
    struct pick p = {0};
    struct table t;
    int at = 1;
    int r = cli_pick_where(c, &p, &at);
    if (!r)
        r = cli_pick_sheet(c, &p);
    if (!r && c->args.pos_count > at)
        r = cli_pick_person(c, &p, c->args.pos[at++], &only);
    if (!r && c->args.pos_count > at)
        r = cli_usage(c, SAM_TEXT_CLI_TOO_MANY, c->args.pos[at], cli_text(c, c->verb->usage));
    if (!r)
        r = only ? cli_access_person(c, only->participant, SAMLING_RES_EXERTION)
                 : cli_access_list(c, p.group->id, p.line_count, SAMLING_RES_EXERTION);
    if (!r) {
        cli_columns(c, &t, heads, sizeof heads / sizeof *heads);
        cli_pick_session_json(c, "session", p.session);
        sam_json_list(&c->doc, "ratings");
        for (size_t i = 0; i < p.line_count && !r; i++)
            if (!only || only == &p.lines[i])
                r = person_list(c, &t, &p, &p.lines[i]);
        sam_json_end(&c->doc);
        cli_record_table(c, &t, only ? only->name : p.group->name);
    }
    cli_pick_fini(&p);
    return r;
}

/* ---- save */

static int exertion_read(struct cli *c, const char *value, struct samling_exertion *x)
{
    int r = cli_record_word(c, ARG_SCALE, &record_scale, &x->scale);
    if (!r)
        r = cli_record_word(c, ARG_MOMENT, &record_moment, &x->moment);
    if (!r)
        r = cli_option_number(c, ARG_REPLACES, 1, INT64_MAX, &x->replaces);
    if (!r && !rating_read(value, x->scale, &x->value_tenths))
        r = cli_usage(c, SAM_TEXT_CLI_BAD_EXERTION, value);
    if (cli_args_has(&c->args, ARG_SELF))
        x->evidence = SELF;
    return r;
}

static int exertion_save(struct cli *c)
{
    struct samling_exertion x = {.scale = RPE, .moment = PEAK, .evidence = TAPPED};
    const struct samling_line *person = NULL;
    struct pick p = {0};
    uint64_t user = 0, id = 0;
    int at = 0;
    int r = cli_pick_user(c, &user);
    if (!r)
        r = cli_pick_where(c, &p, &at);
    if (!r && c->args.pos_count != at + 2)
        r = cli_usage(c, SAM_TEXT_CLI_TOO_FEW, cli_text(c, c->verb->usage));
    if (!r)
        r = exertion_read(c, c->args.pos[at + 1], &x);
    if (!r)
        r = cli_pick_sheet(c, &p);
    if (!r)
        r = cli_pick_person(c, &p, c->args.pos[at], &person);
    if (!r) {
        x.session = p.session->id;
        x.participant = person->participant;
    }
    int err = r ? 0 : samling_exertion_save(c->s, user, &x, &id);
    if (err)
        r = cli_fail_sdk(c, err);
    if (!r) {
        sam_json_id(&c->doc, "session", x.session);
        sam_json_id(&c->doc, "participant", x.participant);
        cli_record_saved(c, "exertion", id, person->name);
    }
    cli_pick_fini(&p);
    return r;
}

int cli_verb_exertion(struct cli *c)
{
    if (strcmp(c->args.pos[0], "list") == 0)
        return exertion_list(c);
    return strcmp(c->args.pos[0], "remove") == 0 ? cli_record_remove(c, samling_exertion_remove) : exertion_save(c);
}
