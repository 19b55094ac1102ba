/* work: how it stands with somebody's work on a day. */
#include "dates.h"
#include "pick.h"
#include "record.h"
#include "verb.h"
#include "word.h"

#include <stddef.h>
#include <string.h>

enum { PERCENT_MAX = 100 };

/* ---- list */

static void line_json(struct cli *c, const struct samling_work_line *l)
{
    char day[DATE_TEXT_BYTES];
    struct sam_json *j = &c->doc;
    sam_json_object(j, NULL);
    sam_json_id(j, "id", l->work.id);
    sam_json_text(j, "day", cli_date_text(l->work.day, day));
    sam_json_text(j, "status", cli_record_name(&record_work, l->work.status));
    sam_json_text(j, "employed", cli_record_name(&record_yes_no, l->work.employed));
    sam_json_int_or_null(j, "sick_leave_percent", l->work.sick_leave_percent);
    sam_json_int_or_null(j, "working_percent", l->work.working_percent);
    sam_json_id_or_null(j, "replaces", l->work.replaces);
    sam_json_id_or_null(j, "replaced_by", l->replaced_by);
    sam_json_text(j, "state", cli_word_record((int)l->state));
    sam_json_end(j);
}

static void percent_cell(const struct cli *c, struct table *t, int percent)
{
    char text[16];
    cli_words(c, text, sizeof text, SAM_TEXT_RECORD_PERCENT, percent);
    cli_table_cell(t, percent >= 0 ? text : "");
}

static void line_row(const struct cli *c, struct table *t, const struct samling_work_line *l)
{
    char day[DATE_TEXT_BYTES], state[RECORD_STATE_BYTES];
    cli_table_number(t, l->work.id);
    cli_table_cell(t, cli_date_text(l->work.day, day));
    cli_table_cell(t, cli_record_text(c, &record_work, l->work.status));
    cli_table_cell(t, cli_record_text(c, &record_yes_no, l->work.employed));
    percent_cell(c, t, l->work.sick_leave_percent);
    percent_cell(c, t, l->work.working_percent);
    cli_table_cell(t, cli_record_state(c, (int)l->state, l->replaced_by, state));
}

static void work_tell(struct cli *c, struct table *t, const void *line)
{
    line_row(c, t, line);
    line_json(c, line);
}

static int work_load(samling *s, uint64_t participant, void **out, size_t *count)
{
    struct samling_work_line *l = NULL;
    int err = samling_works(s, participant, &l, count);
    *out = l;
    return err;
}

static const enum sam_text_id heads[] = {SAM_TEXT_COL_ID,       SAM_TEXT_COL_DATE,       SAM_TEXT_COL_WORK,
                                         SAM_TEXT_COL_EMPLOYED, SAM_TEXT_COL_SICK_LEAVE, SAM_TEXT_COL_WORKING,
                                         SAM_TEXT_COL_RECORD};
static const struct record_kind work_kind = {.key = "work",
                                             .what = SAMLING_RES_WORK,
                                             .heads = heads,
                                             .head_count = sizeof heads / sizeof *heads,
                                             .item_bytes = sizeof(struct samling_work_line),
                                             .id_at = offsetof(struct samling_work_line, work.id),
                                             .participant_at = offsetof(struct samling_work_line, work.participant),
                                             .load = work_load,
                                             .tell = work_tell};

/* ---- save */

static int work_read(struct cli *c, struct samling_work *w)
{
    int r = cli_record_typed(c, c->args.pos[1], "STATUS", &record_work, &w->status);
    if (!r)
        r = cli_record_word(c, ARG_EMPLOYED, &record_yes_no, &w->employed);
    if (!r)
        r = cli_record_int(c, ARG_SICK_LEAVE, PERCENT_MAX, &w->sick_leave_percent);
    if (!r)
        r = cli_record_int(c, ARG_WORKING, PERCENT_MAX, &w->working_percent);
    if (!r)
        r = cli_option_number(c, ARG_REPLACES, 1, INT64_MAX, &w->replaces);
    return r ? r : cli_pick_day(c, &w->day);
}

static int work_save(struct cli *c)
{
    struct samling_person *people = NULL;
    const struct samling_person *person = NULL;
    struct samling_work w = {.employed = -1, .sick_leave_percent = -1, .working_percent = -1};
    uint64_t user = 0, id = 0;
    int r = cli_pick_user(c, &user);
    if (!r)
        r = work_read(c, &w);
    if (!r)
        r = cli_pick_people(c, c->args.pos[0], &people, &person);
    if (!r) {
        w.participant = person->id;
        r = cli_record_corrected(c, &work_kind, w.replaces, &w.participant);
    }
    int err = r ? 0 : samling_work_save(c->s, user, &w, &id);
    if (err)
        r = cli_fail_sdk(c, err);
    if (!r) {
        cli_pick_person_json(c, person);
        cli_record_saved(c, "work", id, person->name);
    }
    samling_list_free(people);
    return r;
}

int cli_verb_work(struct cli *c)
{
    if (strcmp(c->args.pos[0], "list") == 0)
        return cli_record_list(c, &work_kind);
    return strcmp(c->args.pos[0], "remove") == 0 ? cli_record_remove(c, samling_work_remove) : work_save(c);
}
