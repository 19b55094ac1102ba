/* consent: what a person agrees to, for one purpose. A withdrawal asks for nothing that a grant does not. */
#include "dates.h"
#include "pick.h"
#include "record.h"
#include "verb.h"
#include "word.h"

#include <stddef.h>
#include <string.h>

enum { METHOD_MAX = 9, TEXT_VERSION_MAX = 999 };

static const struct record_words purpose_words = {cli_word_purpose, 5, SAM_TEXT_SET_PURPOSE};
static const struct record_words state_words = {cli_word_consent, 3, SAM_TEXT_SET_CONSENT};

/* ---- list */

static void line_json(struct cli *c, const struct samling_consent_line *l)
{
    char day[DATE_TEXT_BYTES];
    struct sam_json *j = &c->doc;
    sam_json_object(j, NULL);
    sam_json_text(j, "purpose", cli_record_name(&purpose_words, l->consent.purpose));
    sam_json_text(j, "consent", cli_record_name(&state_words, l->consent.state));
    sam_json_text(j, "day", cli_date_text(l->consent.day, day));
    sam_json_int_or_null(j, "method", l->consent.method);
    sam_json_int_or_null(j, "text_version", l->consent.text_version);
    sam_json_text(j, "state", cli_word_record((int)l->state));
    sam_json_end(j);
}

static void number_cell(struct table *t, int number)
{
    if (number >= 0)
        cli_table_number(t, (uint64_t)number);
    else
        cli_table_cell(t, "");
}

static void consent_tell(struct cli *c, struct table *t, const void *line)
{
    const struct samling_consent_line *l = line;
    char day[DATE_TEXT_BYTES], state[RECORD_STATE_BYTES];
    cli_table_cell(t, cli_record_text(c, &purpose_words, l->consent.purpose));
    cli_table_cell(t, cli_record_text(c, &state_words, l->consent.state));
    cli_table_cell(t, cli_date_text(l->consent.day, day));
    number_cell(t, l->consent.method);
    number_cell(t, l->consent.text_version);
    cli_table_cell(t, cli_record_state(c, (int)l->state, 0, state));
    line_json(c, l);
}

static int consent_load(samling *s, uint64_t participant, void **out, size_t *count)
{
    struct samling_consent_line *l = NULL;
    int err = samling_consents(s, participant, &l, count);
    *out = l;
    return err;
}

static const enum sam_text_id heads[] = {SAM_TEXT_COL_CONSENT_PURPOSE, SAM_TEXT_COL_CONSENT, SAM_TEXT_COL_DATE,
                                         SAM_TEXT_COL_METHOD,          SAM_TEXT_COL_TEXT,    SAM_TEXT_COL_RECORD};
/* Consents have no number of their own, and are not corrected by one another. */
static const struct record_kind consent_kind = {.key = "consents",
                                                .what = SAMLING_RES_CONSENTS,
                                                .heads = heads,
                                                .head_count = sizeof heads / sizeof *heads,
                                                .item_bytes = sizeof(struct samling_consent_line),
                                                .load = consent_load,
                                                .tell = consent_tell};

/* ---- save */

static int consent_read(struct cli *c, struct samling_consent *x)
{
    int r = cli_record_typed(c, c->args.pos[1], "PURPOSE", &purpose_words, &x->purpose);
    if (!r)
        r = cli_record_typed(c, c->args.pos[2], "CONSENT", &state_words, &x->state);
    if (!r && (!x->purpose || !x->state))
        r = cli_usage(c, SAM_TEXT_CLI_BAD_CONSENT, c->args.pos[x->purpose ? 2 : 1]);
    if (!r)
        r = cli_record_int(c, ARG_METHOD, METHOD_MAX, &x->method);
    if (!r)
        r = cli_record_int(c, ARG_TEXT_VERSION, TEXT_VERSION_MAX, &x->text_version);
    return r ? r : cli_pick_day(c, &x->day);
}

static void consent_told(struct cli *c, const struct samling_consent *x, const struct samling_person *person)
{
    cli_pick_person_json(c, person);
    sam_json_text(&c->doc, "purpose", cli_record_name(&purpose_words, x->purpose));
    sam_json_text(&c->doc, "consent", cli_record_name(&state_words, x->state));
    cli_say(c, SAM_TEXT_CLI_CONSENT_SAVED, person->name, cli_record_text(c, &purpose_words, x->purpose),
            cli_record_text(c, &state_words, x->state));
}

static int consent_save(struct cli *c)
{
    struct samling_person *people = NULL;
    const struct samling_person *person = NULL;
    struct samling_consent x = {.method = -1, .text_version = -1};
    uint64_t user = 0;
    if (c->args.pos_count != 3)
        return cli_usage(c, SAM_TEXT_CLI_TOO_FEW, cli_text(c, c->verb->usage));
    int r = cli_pick_user(c, &user);
    if (!r)
        r = consent_read(c, &x);
    if (!r)
        r = cli_pick_people(c, c->args.pos[0], &people, &person);
    if (!r) {
        x.participant = person->id;
        int err = samling_consent_save(c->s, user, &x);
        r = err ? cli_fail_sdk(c, err) : 0;
    }
    if (!r)
        consent_told(c, &x, person);
    samling_list_free(people);
    return r;
}

int cli_verb_consent(struct cli *c)
{
    return strcmp(c->args.pos[0], "list") == 0 && c->args.pos_count == 2 ? cli_record_list(c, &consent_kind)
                                                                         : consent_save(c);
}
