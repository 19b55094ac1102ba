/* exercise, exercises: what was done in a session, set by set. */
#include "access.h"
#include "dates.h"
#include "exercise.h"
#include "pick.h"
#include "verb.h"
#include "word.h"

#include <string.h>

enum { PAIN_MAX = 10 };

/* What one command says: the sets of one exercise of one person, and those that were there. */
struct exercise {
    struct pick pick;
    const struct samling_line *person;
    int code;
    struct samling_set set[EXERCISE_SETS_MAX];
    size_t count;
    struct samling_set_line *before;
    size_t before_count;
};

static void exercise_fini(struct exercise *x)
{
    samling_list_free(x->before);
    cli_pick_fini(&x->pick);
}

static int session_and_sheet(struct cli *c, struct pick *p, int *at)
{
    int r = cli_pick_where(c, p, at);
    return r ? r : cli_pick_sheet(c, p);
}

static int sets_of(struct cli *c, struct exercise *x, uint64_t participant)
{
    samling_list_free(x->before);
    x->before = NULL;
    int err = samling_sets(c->s, x->pick.session->id, participant, &x->before, &x->before_count);
    return err ? cli_fail_sdk(c, err) : 0;
}

static const struct samling_set_line *set_before(const struct exercise *x, int set_no)
{
    for (size_t i = 0; i < x->before_count; i++)
        if (x->before[i].set.exercise == x->code && x->before[i].set.set_no == set_no)
            return &x->before[i];
    return NULL;
}

/* ---- telling */

static void set_json(struct cli *c, const struct samling_set *s, const char *name)
{
    char exercise[EXERCISE_NAME_BYTES];
    sam_json_object(&c->doc, NULL);
    sam_json_id(&c->doc, "participant", s->participant);
    sam_json_text(&c->doc, "name", name);
    sam_json_int(&c->doc, "exercise", s->exercise);
    sam_json_text(&c->doc, "exercise_name", cli_exercise_name(c, s->exercise, exercise));
    sam_json_int(&c->doc, "set", s->set_no);
    sam_json_int_or_null(&c->doc, "reps", s->reps);
    sam_json_int_or_null(&c->doc, "load_hg", s->load_hg);
    sam_json_int_or_null(&c->doc, "duration_s", s->duration_s);
    sam_json_int_or_null(&c->doc, "distance_m", s->distance_m);
    sam_json_text(&c->doc, "side", s->side >= 0 ? cli_word_side(s->side) : NULL);
    sam_json_int_or_null(&c->doc, "pain", s->pain);
    sam_json_bool(&c->doc, "adapted", s->adapted > 0);
    sam_json_bool(&c->doc, "stopped", s->stopped > 0);
}

static const char *done_and_remarks(const struct cli *c, const struct samling_set *s, char out[EXERCISE_LINE_BYTES])
{
    char done[EXERCISE_SET_BYTES], remarks[EXERCISE_SET_BYTES];
    cli_exercise_done(c, s, done);
    cli_exercise_remarks(c, s, remarks);
    snprintf(out, EXERCISE_LINE_BYTES, "%s%s%s", done, *remarks ? ", " : "", remarks);
    return out;
}

static void set_tell(struct cli *c, const struct exercise *x, const struct samling_set *s)
{
    char now[EXERCISE_LINE_BYTES], was[EXERCISE_LINE_BYTES], name[EXERCISE_NAME_BYTES];
    const struct samling_set_line *before = set_before(x, s->set_no);
    cli_exercise_name(c, s->exercise, name);
    done_and_remarks(c, s, now);
    if (before)
        cli_say(c, SAM_TEXT_CLI_EXERCISE_BEFORE, x->person->name, name, s->set_no, now,
                done_and_remarks(c, &before->set, was));
    else
        cli_say(c, SAM_TEXT_CLI_EXERCISE_SAVED, x->person->name, name, s->set_no, now);
    set_json(c, s, x->person->name);
    sam_json_end(&c->doc);
}

static void tell(struct cli *c, const struct exercise *x, uint64_t user)
{
    char day[DATE_TEXT_BYTES];
    sam_json_id(&c->doc, "session", x->pick.session->id);
    sam_json_id(&c->doc, "user", user);
    sam_json_int(&c->doc, "saved", (int64_t)x->count);
    sam_json_list(&c->doc, "sets");
    for (size_t i = 0; i < x->count; i++)
        set_tell(c, x, &x->set[i]);
    sam_json_end(&c->doc);
    cli_say(c, SAM_TEXT_CLI_EXERCISE_SUM, (int)x->count, x->pick.group->name, cli_date_text(x->pick.session->day, day));
}

/* ---- saving */

/* what the options say of every set */
static int pattern_read(struct cli *c, struct samling_set *pattern)
{
    uint64_t pain = 0;
    const char *side = c->args.value[ARG_SIDE];
    *pattern = (struct samling_set)SAMLING_SET_INIT;
    if (side && !cli_word_to(TYPED_SIDE, side, &pattern->side))
        return cli_usage(c, SAM_TEXT_CLI_BAD_WORD, side, cli_args_name(ARG_SIDE), cli_words_typed(TYPED_SIDE));
    int r = cli_option_number(c, ARG_PAIN, 0, PAIN_MAX, &pain);
    if (cli_args_has(&c->args, ARG_PAIN))
        pattern->pain = (int)pain;
    if (cli_args_has(&c->args, ARG_ADAPTED))
        pattern->adapted = 1;
    if (cli_args_has(&c->args, ARG_STOPPED))
        pattern->stopped = 1;
    return r;
}

static int sets_read(struct cli *c, struct exercise *x, int at)
{
    struct samling_set pattern;
    int count = c->args.pos_count - at;
    if (count > EXERCISE_SETS_MAX)
        return cli_usage(c, SAM_TEXT_CLI_SETS_FULL, EXERCISE_SETS_MAX);
    int r = pattern_read(c, &pattern);
    for (int i = 0; i < count && !r; i++) {
        x->set[i] = pattern;
        if (!cli_exercise_parse(c->args.pos[at + i], &x->set[i]))
            r = cli_usage(c, SAM_TEXT_CLI_BAD_SET, c->args.pos[at + i]);
    }
    x->count = (size_t)count;
    return r;
}

/* behind those that are there, or from --set on */
static int sets_number(struct cli *c, struct exercise *x)
{
    uint64_t first = 1;
    for (size_t i = 0; i < x->before_count; i++)
        if (x->before[i].set.exercise == x->code && (uint64_t)x->before[i].set.set_no >= first)
            first = (uint64_t)x->before[i].set.set_no + 1;
    int r = cli_option_number(c, ARG_SET, 1, EXERCISE_SETS_MAX, &first);
    if (!r && first + x->count - 1 > EXERCISE_SETS_MAX)
        r = cli_usage(c, SAM_TEXT_CLI_SETS_FULL, EXERCISE_SETS_MAX);
    for (size_t i = 0; i < x->count && !r; i++) {
        x->set[i].session = x->pick.session->id;
        x->set[i].participant = x->person->participant;
        x->set[i].exercise = x->code;
        x->set[i].set_no = (int)(first + i);
    }
    return r;
}

static int exercise_read(struct cli *c, struct exercise *x)
{
    int at = 0;
    int r = session_and_sheet(c, &x->pick, &at);
    if (!r && c->args.pos_count < at + 3)
        r = cli_usage(c, SAM_TEXT_CLI_TOO_FEW, cli_text(c, c->verb->usage));
    if (!r)
        r = cli_pick_person(c, &x->pick, c->args.pos[at], &x->person);
    if (!r)
        r = cli_exercise_find(c, c->args.pos[at + 1], &x->code);
    if (!r)
        r = sets_read(c, x, at + 2);
    if (!r)
        r = sets_of(c, x, x->person->participant);
    return r ? r : sets_number(c, x);
}

static int exercise_add(struct cli *c)
{
    struct exercise x = {0};
    uint64_t user = 0;
    int r = cli_pick_user(c, &user);
    if (!r)
        r = exercise_read(c, &x);
    int err = r ? 0 : samling_set_save_all(c->s, user, x.set, x.count);
    if (err)
        r = cli_fail_sdk(c, err);
    else if (!r)
        tell(c, &x, user);
    exercise_fini(&x);
    return r;
}

/* ---- list */

static void set_row(struct cli *c, struct table *t, const struct samling_set_line *l, const char *person)
{
    char name[EXERCISE_NAME_BYTES], done[EXERCISE_SET_BYTES], remarks[EXERCISE_SET_BYTES];
    cli_table_cell(t, person);
    cli_table_cell(t, cli_exercise_name(c, l->set.exercise, name));
    cli_table_number(t, (uint64_t)l->set.set_no);
    cli_table_cell(t, cli_exercise_done(c, &l->set, done));
    cli_exercise_remarks(c, &l->set, remarks);
    if (l->disputed)
        snprintf(remarks + strlen(remarks), sizeof remarks - strlen(remarks), "%s%s", *remarks ? ", " : "",
                 cli_text(c, SAM_TEXT_CLI_DISPUTED));
    cli_table_cell(t, remarks);
    cli_table_cell(t, cli_of(c, SAM_TEXT_SET_RECORD, (int)l->state));
    set_json(c, &l->set, person);
    sam_json_bool(&c->doc, "disputed", l->disputed != 0);
    sam_json_text(&c->doc, "state", cli_word_record((int)l->state));
    sam_json_end(&c->doc);
}

static int list_rows(struct cli *c, struct exercise *x, struct table *t, const struct samling_line *only)
{
    int r = 0;
    for (size_t i = 0; i < x->pick.line_count && !r; i++) {
        const struct samling_line *l = &x->pick.lines[i];
        if (only && only != l)
            continue;
        r = sets_of(c, x, l->participant);
        for (size_t k = 0; k < x->before_count && !r; k++)
            set_row(c, t, &x->before[k], l->name);
    }
    return r;
}

static int exercise_list(struct cli *c)
{
    static const enum sam_text_id heads[] = {SAM_TEXT_COL_NAME, SAM_TEXT_COL_EXERCISE, SAM_TEXT_COL_SET_NO,
                                             SAM_TEXT_COL_DONE, SAM_TEXT_COL_REMARK,   SAM_TEXT_COL_RECORD};
    struct exercise x = {0};
    struct table t;
    char day[DATE_TEXT_BYTES];
    int at = 1;
    cli_columns(c, &t, heads, sizeof heads / sizeof *heads);
    int r = session_and_sheet(c, &x.pick, &at);
    if (!r && c->args.pos_count > at)
        r = cli_pick_person(c, &x.pick, c->args.pos[at++], &x.person);
    if (!r && c->args.pos_count > at)
        r = cli_usage(c, SAM_TEXT_CLI_TOO_MANY, c->args.pos[at], cli_text(c, c->verb->usage));
    if (!r)
        r = x.person ? cli_access_person(c, x.person->participant, SAMLING_RES_SETS)
                     : cli_access_list(c, x.pick.group->id, x.pick.line_count, SAMLING_RES_SETS);
    if (!r) {
        cli_pick_session_json(c, "session", x.pick.session);
        sam_json_list(&c->doc, "sets");
        r = list_rows(c, &x, &t, x.person);
        sam_json_end(&c->doc);
    }
    if (!r && !t.cells)
        cli_say(c, SAM_TEXT_CLI_EXERCISE_NOTHING, x.person ? x.person->name : x.pick.group->name,
                cli_date_text(x.pick.session->day, day));
    if (!r && t.cells)
        cli_table(c, &t, stdout);
    else
        cli_table_fini(&t);
    exercise_fini(&x);
    return r;
}

int cli_verb_exercise(struct cli *c)
{
    return strcmp(c->args.pos[0], "list") == 0 ? exercise_list(c) : exercise_add(c);
}

int cli_verb_exercises(struct cli *c)
{
    cli_exercise_rows(c, NULL, stdout);
    return EXIT_OK;
}
