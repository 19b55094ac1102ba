/* activity: what a person chose for the PSFS, in their own words. */
#include "pick.h"
#include "record.h"
#include "verb.h"
#include "word.h"

#include <stddef.h>
#include <string.h>

enum { ORDINAL_MAX = 5 };

static void line_json(struct cli *c, const struct samling_activity_line *l)
{
    struct sam_json *j = &c->doc;
    sam_json_object(j, NULL);
    sam_json_id(j, "id", l->activity.id);
    sam_json_int(j, "number", l->activity.ordinal);
    sam_json_text(j, "words", l->activity.words);
    sam_json_text(j, "icf", l->activity.icf && *l->activity.icf ? l->activity.icf : NULL);
    sam_json_id_or_null(j, "episode", l->activity.episode);
    sam_json_id_or_null(j, "replaces", l->activity.replaces);
    sam_json_id_or_null(j, "replaced_by", l->replaced_by);
    sam_json_text(j, "state", cli_word_record((int)l->state));
    sam_json_end(j);
}

static void activity_tell(struct cli *c, struct table *t, const void *line)
{
    const struct samling_activity_line *l = line;
    char state[RECORD_STATE_BYTES];
    cli_table_number(t, l->activity.id);
    cli_table_number(t, (uint64_t)l->activity.ordinal);
    cli_table_cell(t, l->activity.words);
    cli_table_cell(t, cli_record_state(c, (int)l->state, l->replaced_by, state));
    line_json(c, l);
}

static int activity_load(samling *s, uint64_t participant, void **out, size_t *count)
{
    struct samling_activity_line *l = NULL;
    int err = samling_activities(s, participant, &l, count);
    *out = l;
    return err;
}

static const enum sam_text_id heads[] = {SAM_TEXT_COL_ID, SAM_TEXT_COL_NUMBER, SAM_TEXT_COL_ACTIVITY,
                                         SAM_TEXT_COL_RECORD};
static const struct record_kind activity_kind = {.key = "activities",
                                                 .what = SAMLING_RES_ACTIVITIES,
                                                 .heads = heads,
                                                 .head_count = sizeof heads / sizeof *heads,
                                                 .item_bytes = sizeof(struct samling_activity_line),
                                                 .id_at = offsetof(struct samling_activity_line, activity.id),
                                                 .participant_at =
                                                     offsetof(struct samling_activity_line, activity.participant),
                                                 .load = activity_load,
                                                 .tell = activity_tell};

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
        r = cli_record_corrected(c, &activity_kind, a.replaces, &a.participant);
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
        return cli_record_list(c, &activity_kind);
    if (c->args.pos_count == 2 && strcmp(c->args.pos[0], "remove") == 0)
        return cli_record_remove(c, samling_activity_remove);
    return activity_save(c);
}
