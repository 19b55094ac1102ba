/* score, instruments: answered forms and what they score, by the rules of the centre. */
#include "access.h"
#include "dates.h"
#include "pick.h"
#include "record.h"
#include "verb.h"
#include "word.h"

#include <string.h>

enum { OWN_FIRST = 80, NUMBER_MAX = 99, ANSWERS_BYTES = 256, ANSWER_DIGITS_MAX = 4 };

/* ---- forms */

/* By code, the newest edition of it; or by number. A clinic's own stands in no list: its number, and version 1. */
static bool form_find(const char *word, struct samling_instrument *out)
{
    struct samling_instrument one;
    uint64_t number = 0;
    bool found = false, is_number = cli_args_number(word, 1, NUMBER_MAX, &number);
    *out = (struct samling_instrument){0};
    for (unsigned i = 0; samling_instrument_at(i, &one) == 0; i++)
        if ((is_number ? (uint64_t)one.number == number : strcmp(one.code, word) == 0) && one.version > out->version) {
            *out = one;
            found = true;
        }
    if (!found && number >= OWN_FIRST)
        *out = (struct samling_instrument){.number = (int)number, .version = 1};
    return out->number != 0;
}

/* What people call it: its code, else its number. */
static const char *form_name(int number, int version, char out[16])
{
    struct samling_instrument one;
    snprintf(out, 16, "%d", number);
    for (unsigned i = 0; samling_instrument_at(i, &one) == 0; i++)
        if (one.number == number && one.version == version)
            return one.code;
    return out;
}

/* With a decimal comma in Norwegian. */
static const char *score_words(const struct cli *c, const struct samling_score_line *l, char out[200])
{
    if (l->why) {
        cli_words(c, out, 200, SAM_TEXT_SCORE_NONE, cli_of(c, SAM_TEXT_SET_SCORE_WHY, (int)l->why));
        return out;
    }
    snprintf(out, 200, "%s", l->text);
    char *point = strchr(out, '.');
    if (point && c->lang == SAM_LANG_NB)
        *point = ',';
    return out;
}

static void line_json(struct sam_json *j, const char *key, const struct samling_score_line *l)
{
    const struct samling_score *s = &l->score;
    char name[16], day[DATE_TEXT_BYTES];
    sam_json_object(j, key);
    sam_json_id(j, "id", s->id);
    sam_json_text(j, "instrument", form_name(s->instrument, s->version, name));
    sam_json_int(j, "number", s->instrument);
    sam_json_int(j, "version", s->version);
    sam_json_text(j, "occasion", cli_word_occasion(s->occasion));
    sam_json_text(j, "day", cli_date_text(s->day, day));
    sam_json_text(j, "answers", s->answers);
    sam_json_int(j, "items", l->items);
    sam_json_int(j, "answered", l->answered);
    sam_json_text(j, "scale_0_means", s->scale_0_means ? cli_word_scale_0(s->scale_0_means) : NULL);
    sam_json_text(j, "mode", s->mode >= 0 ? cli_word_mode(s->mode) : NULL);
    sam_json_text(j, "language", s->language && *s->language ? s->language : NULL);
    sam_json_text(j, "held_by", s->held_by ? cli_word_held_by(s->held_by) : NULL);
    sam_json_id_or_null(j, "replaces", s->replaces);
    sam_json_id_or_null(j, "replaced_by", l->replaced_by);
    sam_json_bool(j, "primary", l->primary != 0);
    sam_json_text(j, "score", l->why ? NULL : l->text);
    sam_json_text(j, "why", cli_word_score_why((int)l->why));
    sam_json_int(j, "sum", l->sum);
    sam_json_int(j, "count", l->count);
    sam_json_int(j, "rule_version", l->rule_version);
    sam_json_text(j, "better", cli_word_better((int)l->better));
    sam_json_text(j, "state", cli_word_record((int)l->state));
    sam_json_end(j);
}

static void line_row(const struct cli *c, struct table *t, const struct samling_score_line *l)
{
    char text[200], day[DATE_TEXT_BYTES], name[16], counts[64];
    cli_table_number(t, l->score.id);
    cli_table_cell(t, cli_date_text(l->score.day, day));
    cli_table_cell(t, form_name(l->score.instrument, l->score.version, name));
    cli_table_cell(t, cli_of(c, SAM_TEXT_SET_OCCASION, l->score.occasion));
    snprintf(text, sizeof text, "%d/%d", l->answered, l->items);
    cli_table_cell(t, text);
    cli_table_cell(t, score_words(c, l, text));
    cli_table_cell(t, l->why ? "" : cli_of(c, SAM_TEXT_SET_BETTER, (int)l->better));
    cli_words(c, counts, sizeof counts, SAM_TEXT_SCORE_REPLACED, (unsigned long long)l->replaced_by);
    cli_table_cell(t,
                   l->replaced_by ? counts : cli_text(c, l->primary ? SAM_TEXT_SCORE_COUNTS : SAM_TEXT_SCORE_SECOND));
    cli_table_cell(t, cli_of(c, SAM_TEXT_SET_RECORD, (int)l->state));
}

/* ---- list */

static int score_list(struct cli *c)
{
    static const enum sam_text_id heads[] = {SAM_TEXT_COL_ID,       SAM_TEXT_COL_DATE,     SAM_TEXT_COL_FORM,
                                             SAM_TEXT_COL_OCCASION, SAM_TEXT_COL_ANSWERED, SAM_TEXT_COL_SCORE,
                                             SAM_TEXT_COL_BETTER,   SAM_TEXT_COL_COUNTS,   SAM_TEXT_COL_RECORD};
    struct samling_person *people = NULL;
    const struct samling_person *person = NULL;
    struct samling_score_line *l = NULL;
    size_t count = 0;
    struct table t;
    int r = cli_pick_people(c, c->args.pos[1], &people, &person);
    if (!r)
        r = cli_access_person(c, person->id, SAMLING_RES_SCORES);
    int err = r ? 0 : samling_scores(c->s, person->id, &l, &count);
    r = err ? cli_fail_sdk(c, err) : r;
    if (!r) {
        cli_columns(c, &t, heads, sizeof heads / sizeof *heads);
        cli_pick_person_json(c, person);
        sam_json_list(&c->doc, "forms");
        for (size_t i = 0; i < count; i++) {
            line_row(c, &t, &l[i]);
            line_json(&c->doc, NULL, &l[i]);
        }
        sam_json_end(&c->doc);
        if (count)
            cli_table(c, &t, stdout);
        else
            cli_say(c, SAM_TEXT_CLI_SCORE_NOTHING, person->name);
        cli_table_fini(&t);
    }
    samling_list_free(l);
    samling_list_free(people);
    return r;
}

/* ---- save */

/* One of the words of an option; ${out} is left alone where it is not given. */
static int option_word(struct cli *c, enum arg id, enum cli_typed what, int *out)
{
    if (!cli_args_has(&c->args, id) || cli_word_to(what, c->args.value[id], out))
        return 0;
    return cli_usage(c, SAM_TEXT_CLI_BAD_WORD, c->args.value[id], cli_args_name(id), cli_words_typed(what));
}

static int options_read(struct cli *c, struct samling_score *score)
{
    int r = cli_args_has(&c->args, ARG_OCCASION) ? 0 : cli_usage(c, SAM_TEXT_CLI_OCCASION);
    if (!r)
        r = option_word(c, ARG_OCCASION, TYPED_OCCASION, &score->occasion);
    if (!r)
        r = option_word(c, ARG_SCALE_0, TYPED_SCALE_0, &score->scale_0_means);
    if (!r)
        r = option_word(c, ARG_MODE, TYPED_MODE, &score->mode);
    if (!r)
        r = option_word(c, ARG_HELD_BY, TYPED_HELD_BY, &score->held_by);
    if (!r)
        r = cli_option_number(c, ARG_REPLACES, 1, INT64_MAX, &score->replaces);
    score->language = c->args.value[ARG_LANGUAGE];
    return r ? r : cli_pick_day(c, &score->day);
}

/* The words behind the form's, each one answer or several with commas. Too long a row is cut, and then is no form. */
static void answers_join(const struct args *a, char out[ANSWERS_BYTES])
{
    size_t used = 0;
    for (int i = 2; i < a->pos_count && used < ANSWERS_BYTES - 1; i++)
        used += (size_t)snprintf(out + used, ANSWERS_BYTES - used, "%s%s", i > 2 ? "," : "", a->pos[i]);
}

/* Of a scale that is told in parts of a point one answer, "11.5", in its units, 115; ${per_point} is a power of ten. false: it is
 * no such number. */
static bool answer_units(const char *word, size_t len, int per_point, int *out)
{
    size_t whole = strspn(word, "0123456789");
    int unit = per_point;
    *out = 0;
    if (whole == 0 || whole > ANSWER_DIGITS_MAX || (whole < len && (word[whole] != '.' || whole + 1 == len)))
        return false;
    for (size_t i = 0; i < whole; i++)
        *out = *out * 10 + (word[i] - '0');
    *out *= per_point;
    for (size_t i = whole + 1; i < len; i++) {
        if (word[i] < '0' || word[i] > '9' || unit % 10 != 0)
            return false;
        unit /= 10;
        *out += (word[i] - '0') * unit;
    }
    return true;
}

/* All answers in units. What is no number is left as it is, and then is no form. */
static void answers_units(const char *answers, int per_point, char out[ANSWERS_BYTES])
{
    size_t used = 0;
    for (const char *at = answers; used < ANSWERS_BYTES - 1;) {
        size_t len = strcspn(at, ",");
        int units;
        if (answer_units(at, len, per_point, &units))
            used += (size_t)snprintf(out + used, ANSWERS_BYTES - used, "%d", units);
        else
            used +=
                (size_t)snprintf(out + used, ANSWERS_BYTES - used, "%.*s", (int)len, len == 1 && *at == '-' ? at : "?");
        at += len;
        if (!*at++)
            break;
        if (used < ANSWERS_BYTES - 1)
            used += (size_t)snprintf(out + used, ANSWERS_BYTES - used, ",");
    }
}

/* What was saved, as it is read back. */
static int score_told(struct cli *c, const struct samling_person *person, uint64_t id)
{
    struct samling_score_line *l = NULL;
    size_t count = 0;
    char text[200], name[16];
    int err = samling_scores(c->s, person->id, &l, &count);
    bool shut = err == SAMLING_ESTATE && person->shut; /* it is saved, and not read back */
    if (err && !shut)
        return cli_fail_sdk(c, err);
    cli_pick_person_json(c, person);
    if (shut)
        cli_record_saved(c, "id", id, person->name);
    for (size_t i = 0; i < count; i++)
        if (l[i].score.id == id) {
            line_json(&c->doc, "form", &l[i]);
            cli_say(c, SAM_TEXT_CLI_SCORE_SAVED, person->name,
                    form_name(l[i].score.instrument, l[i].score.version, name),
                    cli_of(c, SAM_TEXT_SET_OCCASION, l[i].score.occasion), score_words(c, &l[i], text),
                    (unsigned long long)id);
        }
    samling_list_free(l);
    return EXIT_OK;
}

/* A correction names whomever the form was filled in for, who may be shown as somebody else. */
static int corrected_find(struct cli *c, struct samling_score *score)
{
    struct samling_score_line *l = NULL;
    size_t count = 0;
    int err = score->replaces ? samling_scores(c->s, score->participant, &l, &count) : 0;
    for (size_t i = 0; i < count; i++)
        if (l[i].score.id == score->replaces)
            score->participant = l[i].score.participant;
    samling_list_free(l);
    return err ? cli_fail_sdk(c, err) : 0;
}

static int score_save(struct cli *c, const struct samling_person *person, struct samling_score *score)
{
    uint64_t user = 0, id = 0;
    int r = cli_pick_user(c, &user);
    if (!r)
        r = corrected_find(c, score);
    if (r)
        return r;
    enum samling_score_why why = samling_score_check(score);
    if (why)
        return cli_fail(c, EXIT_USAGE, "ERANGE", SAM_TEXT_CLI_SCORE_REFUSED,
                        cli_of(c, SAM_TEXT_SET_SCORE_WHY, (int)why));
    int err = samling_score_save(c->s, user, score, &id);
    return err ? cli_fail_sdk(c, err) : score_told(c, person, id);
}

static int score_add(struct cli *c)
{
    struct samling_person *people = NULL;
    const struct samling_person *person = NULL;
    struct samling_instrument form;
    struct samling_score score = {.mode = -1};
    char typed[ANSWERS_BYTES] = "", units[ANSWERS_BYTES] = "";
    if (c->args.pos_count < 3)
        return cli_usage(c, SAM_TEXT_CLI_TOO_FEW, cli_text(c, c->verb->usage));
    if (!form_find(c->args.pos[1], &form))
        return cli_usage(c, SAM_TEXT_CLI_NO_INSTRUMENT, c->args.pos[1]);
    int r = options_read(c, &score);
    if (!r)
        r = cli_pick_people(c, c->args.pos[0], &people, &person);
    if (!r) {
        answers_join(&c->args, typed);
        if (form.per_point > 1)
            answers_units(typed, form.per_point, units);
        score.participant = person->id;
        score.instrument = form.number;
        score.version = form.version;
        score.answers = form.per_point > 1 ? units : typed;
        r = score_save(c, person, &score);
    }
    samling_list_free(people);
    return r;
}

int cli_verb_score(struct cli *c)
{
    bool two = c->args.pos_count == 2;
    if (two && strcmp(c->args.pos[0], "list") == 0)
        return score_list(c);
    if (two && strcmp(c->args.pos[0], "remove") == 0)
        return cli_record_remove(c, samling_score_remove);
    return score_add(c);
}

/* ---- instruments */

static void instrument_row(const struct cli *c, struct table *t, const struct samling_instrument *d)
{
    char text[64];
    cli_table_cell(t, d->code);
    snprintf(text, sizeof text, d->items_min == d->items_max ? "%d" : "%d\xE2\x80\x93%d", d->items_min, d->items_max);
    cli_table_cell(t, text);
    snprintf(text, sizeof text, "%d\xE2\x80\x93%d", d->answer_min / d->per_point, d->answer_max / d->per_point);
    if (d->per_point > 1) /* 0–15 (0.1): in tenths */
        snprintf(text + strlen(text), sizeof text - strlen(text), " (0%c%0*d)", c->lang == SAM_LANG_NB ? ',' : '.',
                 d->per_point >= 100 ? 2 : 1, 1);
    cli_table_cell(t, text);
    cli_table_cell(t, d->reversal_open ? cli_text(c, SAM_TEXT_SCORE_REVERSAL_OPEN)
                                       : cli_of(c, SAM_TEXT_SET_SCORING, (int)d->scoring));
    cli_table_cell(t, cli_of(c, SAM_TEXT_SET_BETTER, (int)d->better));
    cli_table_cell(t, cli_text(c, d->text_shown ? SAM_TEXT_SCORE_WORDING_OWN : SAM_TEXT_SCORE_WORDING_LICENCE));
}

static void instrument_json(struct sam_json *j, const struct samling_instrument *d)
{
    sam_json_object(j, NULL);
    sam_json_text(j, "code", d->code);
    sam_json_int(j, "number", d->number);
    sam_json_int(j, "version", d->version);
    sam_json_int(j, "rule_version", d->rule_version);
    sam_json_int(j, "items_min", d->items_min);
    sam_json_int(j, "items_max", d->items_max);
    sam_json_int(j, "answer_min", d->answer_min);
    sam_json_int(j, "answer_max", d->answer_max);
    sam_json_int(j, "answer_step", d->answer_step);
    sam_json_int(j, "per_point", d->per_point);
    sam_json_int(j, "answered_min", d->answered_min);
    sam_json_text(j, "scoring", cli_word_scoring((int)d->scoring));
    sam_json_text(j, "better", cli_word_better((int)d->better));
    sam_json_bool(j, "reversal_open", d->reversal_open != 0);
    sam_json_bool(j, "text_shown", d->text_shown != 0);
    sam_json_text(j, "source", d->source);
    sam_json_end(j);
}

int cli_verb_instruments(struct cli *c)
{
    static const enum sam_text_id heads[] = {SAM_TEXT_COL_FORM, SAM_TEXT_COL_ITEMS,  SAM_TEXT_COL_RANGE,
                                             SAM_TEXT_COL_RULE, SAM_TEXT_COL_BETTER, SAM_TEXT_COL_WORDING};
    const char *only = c->args.pos_count ? c->args.pos[0] : NULL;
    struct samling_instrument d;
    struct table t;
    const char *source = NULL;
    cli_columns(c, &t, heads, sizeof heads / sizeof *heads);
    sam_json_list(&c->doc, "instruments");
    for (unsigned i = 0; samling_instrument_at(i, &d) == 0; i++)
        if (!only || strcmp(only, d.code) == 0) {
            instrument_row(c, &t, &d);
            instrument_json(&c->doc, &d);
            source = d.source;
        }
    sam_json_end(&c->doc);
    if (!source) {
        cli_table_fini(&t);
        return cli_fail(c, EXIT_NAME, "ENOTFOUND", SAM_TEXT_CLI_NO_INSTRUMENT, only);
    }
    cli_table(c, &t, stdout);
    if (only && !c->is_json)
        fputs(source, stdout);
    return EXIT_OK;
}
