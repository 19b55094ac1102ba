#include "record.h"

#include "access.h"
#include "pick.h"
#include "utf8.h"
#include "verb.h"
#include "word.h"

#include <string.h>

const struct record_words record_role = {cli_word_role, 10, SAM_TEXT_SET_ROLE};
const struct record_words record_contact_mode = {cli_word_contact_mode, 3, SAM_TEXT_SET_CONTACT_MODE};
const struct record_words record_with_whom = {cli_word_with_whom, 5, SAM_TEXT_SET_CONTACT_WITH};
const struct record_words record_sector = {cli_word_sector, 5, SAM_TEXT_SET_SECTOR};
const struct record_words record_work = {cli_word_work, 9, SAM_TEXT_SET_WORK};
const struct record_words record_scale = {cli_word_scale, 2, SAM_TEXT_SET_EXERTION_SCALE};
const struct record_words record_moment = {cli_word_moment, 3, SAM_TEXT_SET_EXERTION_MOMENT};
const struct record_words record_yes_no = {cli_word_yes_no, 2, SAM_TEXT_SET_YES_NO};

/* "with NAV" may be typed without what it begins with for the ear. */
static bool same_or_short(const char *text, const char *whole)
{
    static const char *const small[] = {"with the ", "with ", "med ", "at the ", "p\xC3\xA5 det ", "i "};
    bool same = cli_utf8_same(text, whole);
    for (size_t i = 0; i < sizeof small / sizeof *small && !same; i++)
        same = strncmp(whole, small[i], strlen(small[i])) == 0 && cli_utf8_same(text, whole + strlen(small[i]));
    return same;
}

static bool means(const struct record_words *w, int value, const char *text)
{
    return cli_utf8_same(text, w->word(value)) || same_or_short(text, sam_text_of(SAM_LANG_EN, w->set, value)) ||
           same_or_short(text, sam_text_of(SAM_LANG_NB, w->set, value));
}

int cli_record_typed(struct cli *c, const char *text, const char *what, const struct record_words *words, int *out)
{
    char all[256] = "";
    for (int i = 0; i < words->count; i++) {
        if (means(words, i, text)) {
            *out = i;
            return 0;
        }
        size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "%s%s", used ? " " : "", words->word(i));
    }
    return cli_usage(c, SAM_TEXT_CLI_BAD_WORD, text, what, all);
}

int cli_record_word(struct cli *c, enum arg id, const struct record_words *words, int *out)
{
    if (!cli_args_has(&c->args, id))
        return 0;
    return cli_record_typed(c, c->args.value[id], cli_args_name(id), words, out);
}

const char *cli_record_name(const struct record_words *words, int value)
{
    return value >= 0 && value < words->count ? words->word(value) : NULL;
}

const char *cli_record_text(const struct cli *c, const struct record_words *words, int value)
{
    return value >= 0 ? cli_of(c, words->set, value) : "";
}

int cli_record_int(struct cli *c, enum arg id, int max, int *out)
{
    uint64_t v = 0;
    int r = cli_option_number(c, id, 0, (uint64_t)max, &v);
    if (!r && cli_args_has(&c->args, id))
        *out = (int)v;
    return r;
}

void cli_record_saved(struct cli *c, const char *key, uint64_t id, const char *person)
{
    sam_json_id(&c->doc, key, id);
    cli_say(c, SAM_TEXT_CLI_RECORD_SAVED, person, (unsigned long long)id);
}

void cli_record_table(struct cli *c, struct table *t, const char *of)
{
    if (t->cells) {
        cli_table(c, t, stdout);
        return;
    }
    cli_say(c, SAM_TEXT_CLI_RECORD_NOTHING, of);
    cli_table_fini(t);
}

int cli_record_list(struct cli *c, const struct record_kind *kind)
{
    struct samling_person *people = NULL;
    const struct samling_person *person = NULL;
    void *lines = NULL;
    size_t count = 0;
    struct table t;
    int r = cli_pick_people(c, c->args.pos[1], &people, &person);
    if (!r)
        r = cli_access_person(c, person->id, kind->what);
    int err = r ? 0 : kind->load(c->s, person->id, &lines, &count);
    r = err ? cli_fail_sdk(c, err) : r;
    if (!r) {
        cli_columns(c, &t, kind->heads, kind->head_count);
        cli_pick_person_json(c, person);
        sam_json_list(&c->doc, kind->key);
        for (size_t i = 0; i < count; i++)
            kind->tell(c, &t, (const char *)lines + i * kind->item_bytes);
        sam_json_end(&c->doc);
        cli_record_table(c, &t, person->name);
    }
    samling_list_free(lines);
    samling_list_free(people);
    return r;
}

static uint64_t number_at(const char *line, size_t at)
{
    uint64_t v;
    memcpy(&v, line + at, sizeof v);
    return v;
}

int cli_record_corrected(struct cli *c, const struct record_kind *kind, uint64_t replaces, uint64_t *participant)
{
    void *lines = NULL;
    size_t count = 0;
    int err = replaces ? kind->load(c->s, *participant, &lines, &count) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *line = (const char *)lines + i * kind->item_bytes;
        if (number_at(line, kind->id_at) == replaces)
            *participant = number_at(line, kind->participant_at);
    }
    samling_list_free(lines);
    return err ? cli_fail_sdk(c, err) : 0;
}

int cli_record_remove(struct cli *c, int (*remove)(samling *s, uint64_t user, uint64_t id))
{
    uint64_t id, user;
    if (c->args.pos_count != 2)
        return cli_usage(c, SAM_TEXT_CLI_TOO_FEW, cli_text(c, c->verb->usage));
    if (!cli_args_number(c->args.pos[1], 1, INT64_MAX, &id))
        return cli_usage(c, SAM_TEXT_CLI_BAD_ID, c->args.pos[1]);
    int r = cli_pick_user(c, &user);
    int err = r ? 0 : remove(c->s, user, id);
    if (err)
        return cli_fail_sdk(c, err);
    if (!r) {
        sam_json_id(&c->doc, "removed", id);
        cli_say(c, SAM_TEXT_CLI_RECORD_REMOVED, (unsigned long long)id);
    }
    return r;
}

const char *cli_record_state(const struct cli *c, int state, uint64_t replaced_by, char out[RECORD_STATE_BYTES])
{
    if (replaced_by)
        cli_words(c, out, RECORD_STATE_BYTES, SAM_TEXT_SCORE_REPLACED, (unsigned long long)replaced_by);
    else
        snprintf(out, RECORD_STATE_BYTES, "%s", cli_of(c, SAM_TEXT_SET_RECORD, state));
    return out;
}
