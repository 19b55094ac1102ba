/* activity: what a person chose for the PSFS, in their own words. */
#include "pick.h"
#include "record.h"
#include "verb.h"
#include "word.h"

#include <string.h>

enum { ORDINAL_MAX = 5 };

static void line_json(struct cli *c, const struct samling_activity_line *l)
{
    struct json *j = &c->doc;
    cli_json_object(j, NULL);
    cli_json_id(j, "id", l->activity.id);
    cli_json_int(j, "number", l->activity.ordinal);
    cli_json_text(j, "words", l->activity.words);
    cli_json_text(j, "icf", l->activity.icf && *l->activity.icf ? l->activity.icf : NULL);
    cli_json_id_or_null(j, "episode", l->activity.episode);
    cli_json_id_or_null(j, "replaces", l->activity.replaces);
    cli_json_id_or_null(j, "replaced_by", l->replaced_by);
    cli_json_text(j, "state", cli_word_record((int)l->state));
    cli_json_end(j);
}

static int activity_list(struct cli *c)
{
    static const enum sam_text_id heads[] = {SAM_TEXT_COL_ID, SAM_TEXT_COL_NUMBER, SAM_TEXT_COL_ACTIVITY,
                                             SAM_TEXT_COL_RECORD};
    struct samling_person *people = NULL;
    const struct samling_person *person = NULL;
    struct samling_activity_line *l = NULL;
    char state[RECORD_STATE_BYTES];
    size_t count = 0;
    struct table t;
    int r = cli_pick_people(c, c->args.pos[1], &people, &person);
    int err = r ? 0 : samling_activities(c->s, person->id, &l, &count);
    r = err ? cli_fail_sdk(c, err) : r;
    if (!r) {
        cli_columns(c, &t, heads, sizeof heads / sizeof *heads);
        cli_pick_person_json(c, person);
        cli_json_list(&c->doc, "activities");
        for (size_t i = 0; i < count; i++) {
            cli_table_number(&t, l[i].activity.id);
            cli_table_number(&t, (uint64_t)l[i].activity.ordinal);
            cli_table_cell(&t, l[i].activity.words);
            cli_table_cell(&t, cli_record_state(c, (int)l[i].state, l[i].replaced_by, state));
            line_json(c, &l[i]);
        }
        cli_json_end(&c->doc);
        cli_record_table(c, &t, person->name);
    }
    samling_list_free(l);
    samling_list_free(people);
    return r;
}

/* What replaces another names whomever that one was of, who may be shown as somebody else. */
static int replaced_find(struct cli *c, struct samling_activity *a)
{
    struct samling_activity_line *l = NULL;
    size_t count = 0;
    int err = a->replaces ? samling_activities(c->s, a->participant, &l, &count) : 0;
    for (size_t i = 0; i < count; i++)
        if (l[i].activity.id == a->replaces)
            a->participant = l[i].activity.participant;
    samling_list_free(l);
    return err ? cli_fail_sdk(c, err) : 0;
}

static int activity_save(struct cli *c)
{
    struct samling_person *people = NULL;
    const struct samling_person *person = NULL;
    uint64_t user = 0, ordinal = 0, id = 0;
    if (c->args.pos_count != 3)
        return cli_usage(c, SAM_TEXT_CLI_TOO_FEW, cli_text(c, c->verb->usage));
    if (!cli_args_number(c->args.pos[1], 1, ORDINAL_MAX, &ordinal))
        return cli_usage(c, SAM_TEXT_CLI_BAD_ID, c->args.pos[1]);
    struct samling_activity a = {.ordinal = (int)ordinal, .words = c->args.pos[2], .icf = c->args.value[ARG_ICF]};
    int r = cli_option_number(c, ARG_REPLACES, 1, INT64_MAX, &a.replaces);
    if (!r)
        r = cli_pick_user(c, &user);
    if (!r)
        r = cli_pick_people(c, c->args.pos[0], &people, &person);
    if (!r) {
        a.participant = person->id;
        r = replaced_find(c, &a);
    }
    int err = r ? 0 : samling_activity_save(c->s, user, &a, &id);
    if (err)
        r = cli_fail_sdk(c, err);
    if (!r) {
        cli_pick_person_json(c, person);
        cli_record_saved(c, "activity", id, person->name);
    }
    samling_list_free(people);
    return r;
}

int cli_verb_activity(struct cli *c)
{
    if (c->args.pos_count == 2 && strcmp(c->args.pos[0], "list") == 0)
        return activity_list(c);
    if (c->args.pos_count == 2 && strcmp(c->args.pos[0], "remove") == 0)
        return cli_record_remove(c, samling_activity_remove);
    return activity_save(c);
}
