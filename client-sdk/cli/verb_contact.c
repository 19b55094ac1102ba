/* contact: a meeting with one person, or about one. */
#include "dates.h"
#include "pick.h"
#include "record.h"
#include "verb.h"
#include "word.h"

#include <stddef.h>
#include <string.h>

enum { MINUTES_MAX = 480 };

/* ---- list */

static void line_json(struct cli *c, const struct samling_contact_line *l)
{
    const struct samling_contact *k = &l->contact;
    char day[DATE_TEXT_BYTES];
    struct sam_json *j = &c->doc;
    sam_json_object(j, NULL);
    sam_json_id(j, "id", k->id);
    sam_json_text(j, "day", cli_date_text(k->day, day));
    sam_json_int_or_null(j, "minutes", k->minutes);
    sam_json_text(j, "mode", cli_record_name(&record_contact_mode, k->mode));
    sam_json_text(j, "with", cli_record_name(&record_with_whom, k->with_whom));
    sam_json_text(j, "role", cli_record_name(&record_role, k->role));
    sam_json_text(j, "sector", cli_record_name(&record_sector, k->sector));
    sam_json_bool(j, "work_focus", k->work_focus > 0);
    sam_json_id_or_null(j, "intervention", k->intervention);
    sam_json_id_or_null(j, "episode", k->episode);
    sam_json_bool(j, "disputed", l->disputed != 0);
    sam_json_text(j, "state", cli_word_record((int)l->state));
    sam_json_end(j);
}

static void line_row(const struct cli *c, struct table *t, const struct samling_contact_line *l)
{
    const struct samling_contact *k = &l->contact;
    char text[DATE_TEXT_BYTES + 16];
    cli_table_number(t, k->id);
    cli_table_cell(t, cli_date_text(k->day, text));
    snprintf(text, sizeof text, "%d", k->minutes);
    cli_table_cell(t, k->minutes >= 0 ? text : "");
    cli_table_cell(t, cli_record_text(c, &record_contact_mode, k->mode));
    cli_table_cell(t, cli_record_text(c, &record_with_whom, k->with_whom));
    cli_table_cell(t, cli_record_text(c, &record_role, k->role));
    cli_table_cell(t, cli_record_text(c, &record_sector, k->sector));
    cli_table_cell(t, l->disputed         ? cli_text(c, SAM_TEXT_CLI_DISPUTED)
                      : k->work_focus > 0 ? cli_text(c, SAM_TEXT_CONTACT_THEME)
                                          : "");
    cli_table_cell(t, cli_of(c, SAM_TEXT_SET_RECORD, (int)l->state));
}

static void contact_tell(struct cli *c, struct table *t, const void *line)
{
    line_row(c, t, line);
    line_json(c, line);
}

static int contact_load(samling *s, uint64_t participant, void **out, size_t *count)
{
    struct samling_contact_line *l = NULL;
    int err = samling_contacts(s, participant, &l, count);
    *out = l;
    return err;
}

static const enum sam_text_id heads[] = {SAM_TEXT_COL_ID,     SAM_TEXT_COL_DATE,   SAM_TEXT_COL_MINUTES,
                                         SAM_TEXT_COL_HOW,    SAM_TEXT_COL_WITH,   SAM_TEXT_COL_ROLE,
                                         SAM_TEXT_COL_SECTOR, SAM_TEXT_COL_REMARK, SAM_TEXT_COL_RECORD};
static const struct record_kind contact_kind = {.key = "contacts",
                                                .what = SAMLING_RES_CONTACTS,
                                                .heads = heads,
                                                .head_count = sizeof heads / sizeof *heads,
                                                .item_bytes = sizeof(struct samling_contact_line),
                                                .id_at = offsetof(struct samling_contact_line, contact.id),
                                                .participant_at =
                                                    offsetof(struct samling_contact_line, contact.participant),
                                                .load = contact_load,
                                                .tell = contact_tell};

/* ---- save */

static int options_read(struct cli *c, struct samling_contact *k)
{
    int r = cli_record_int(c, ARG_MINUTES, MINUTES_MAX, &k->minutes);
    if (!r)
        r = cli_record_word(c, ARG_MODE, &record_contact_mode, &k->mode);
    if (!r)
        r = cli_record_word(c, ARG_WITH, &record_with_whom, &k->with_whom);
    if (!r)
        r = cli_record_word(c, ARG_SECTOR, &record_sector, &k->sector);
    if (!r)
        r = cli_record_word(c, ARG_ROLE, &record_role, &k->role);
    if (cli_args_has(&c->args, ARG_WORK))
        k->work_focus = 1;
    return r;
}

/* As it stands on this tablet: what no option says stays as it is. */
static int contact_find(struct cli *c, const struct samling_person *person, const char *word, struct samling_contact *k)
{
    struct samling_contact_line *l = NULL;
    size_t count = 0;
    uint64_t id;
    if (!cli_args_number(word, 1, INT64_MAX, &id))
        return cli_usage(c, SAM_TEXT_CLI_BAD_ID, word);
    int err = samling_contacts(c->s, person->id, &l, &count);
    for (size_t i = 0; i < count; i++)
        if (l[i].contact.id == id)
            *k = l[i].contact;
    samling_list_free(l);
    if (err)
        return cli_fail_sdk(c, err);
    return k->id
               ? 0
               : cli_fail(c, EXIT_NAME, "ENOTFOUND", SAM_TEXT_CLI_CONTACT_NO_ID, person->name, (unsigned long long)id);
}

static int contact_new(struct cli *c, const struct samling_person *person, int role, struct samling_contact *k)
{
    k->participant = person->id;
    k->with_whom = 0;
    k->role = role;
    return cli_pick_day(c, &k->day);
}

static int contact_save(struct cli *c)
{
    struct samling_person *people = NULL;
    const struct samling_person *person = NULL;
    struct samling_contact k = SAMLING_CONTACT_INIT;
    uint64_t user = 0, id = 0;
    int role = -1;
    int r = cli_pick_user_role(c, &user, &role);
    if (!r)
        r = cli_pick_people(c, c->args.pos[0], &people, &person);
    if (!r)
        r = c->args.pos_count > 1 ? contact_find(c, person, c->args.pos[1], &k) : contact_new(c, person, role, &k);
    if (!r && c->args.pos_count > 1 && cli_args_has(&c->args, ARG_DATE))
        r = cli_pick_day(c, &k.day);
    if (!r)
        r = options_read(c, &k);
    int err = r ? 0 : samling_contact_save(c->s, user, &k, &id);
    if (err)
        r = cli_fail_sdk(c, err);
    if (!r) {
        cli_pick_person_json(c, person);
        cli_record_saved(c, "contact", k.id ? k.id : id, person->name);
    }
    samling_list_free(people);
    return r;
}

int cli_verb_contact(struct cli *c)
{
    if (c->args.pos_count == 2 && strcmp(c->args.pos[0], "list") == 0)
        return cli_record_list(c, &contact_kind);
    if (c->args.pos_count == 2 && strcmp(c->args.pos[0], "remove") == 0)
        return cli_record_remove(c, samling_contact_remove);
    return contact_save(c);
}
