#include "exercise.h"

#include "match.h"

#include <stdlib.h>
#include <string.h>

/* ---- names: the texts of one set, code by code */

static size_t named_count(void)
{
    enum sam_text_id first, last;
    sam_text_set_bounds(SAM_TEXT_SET_EXERCISE, &first, &last);
    return (size_t)(last - first); /* code 0 is none */
}

const char *cli_exercise_name(const struct cli *c, int code, char out[EXERCISE_NAME_BYTES])
{
    if (code > 0 && (size_t)code <= named_count())
        snprintf(out, EXERCISE_NAME_BYTES, "%s", cli_of(c, SAM_TEXT_SET_EXERCISE, code));
    else
        cli_words(c, out, EXERCISE_NAME_BYTES, SAM_TEXT_EXERCISE_OWN, code);
    return out;
}

void cli_exercise_rows(struct cli *c, const bool *hit, FILE *to)
{
    static const enum sam_text_id heads[] = {SAM_TEXT_COL_CODE, SAM_TEXT_COL_EXERCISE};
    struct table t;
    cli_columns(c, &t, heads, 2);
    sam_json_list(&c->doc, "exercises");
    for (size_t i = 0; i < named_count(); i++) {
        if (hit && !hit[i])
            continue;
        cli_table_number(&t, i + 1);
        cli_table_cell(&t, cli_of(c, SAM_TEXT_SET_EXERCISE, (int)i + 1));
        sam_json_object(&c->doc, NULL);
        sam_json_int(&c->doc, "code", (int64_t)i + 1);
        sam_json_text(&c->doc, "name", cli_of(c, SAM_TEXT_SET_EXERCISE, (int)i + 1));
        sam_json_end(&c->doc);
    }
    sam_json_end(&c->doc);
    cli_table(c, &t, to);
}

int cli_exercise_find(struct cli *c, const char *word, int *code)
{
    enum sam_lang other = c->lang == SAM_LANG_NB ? SAM_LANG_EN : SAM_LANG_NB;
    size_t count = named_count(), hits;
    uint64_t own;
    int r = 0;
    *code = 0;
    if (cli_args_number(word, EXERCISE_OWN_FIRST, EXERCISE_MAX, &own)) {
        *code = (int)own;
        return 0;
    }
    struct subject *all = cli_out_grow(NULL, count * sizeof *all);
    bool *hit = cli_out_grow(NULL, count * sizeof *hit);
    for (size_t i = 0; i < count; i++)
        all[i] = (struct subject){i + 1, cli_of(c, SAM_TEXT_SET_EXERCISE, (int)i + 1),
                                  sam_text_of(other, SAM_TEXT_SET_EXERCISE, (int)i + 1), -1};
    hits = cli_match(word, all, count, hit);
    for (size_t i = 0; i < count && hits == 1; i++)
        *code = hit[i] ? (int)i + 1 : *code;
    if (hits > 1) {
        cli_exercise_rows(c, hit, stderr);
        r = cli_fail(c, EXIT_NAME, "EAMBIGUOUS", SAM_TEXT_CLI_AMBIGUOUS, word, (int)hits);
    } else if (!hits) {
        r = cli_fail(c, EXIT_NAME, "ENOTFOUND", SAM_TEXT_CLI_NO_EXERCISE, word);
    }
    free(hit);
    free(all);
    return r;
}

/* ---- sets as they are typed */

enum { NUMBER_MAX = 1000000 };

/* "22,5" as tenths; ${tenths}: whether it had any. Moves *${s} behind it. */
static bool number_take(const char **s, int *tenth, bool *has_tenth)
{
    const char *p = *s;
    int v = 0;
    *has_tenth = false;
    if (*p < '0' || *p > '9')
        return false;
    for (; *p >= '0' && *p <= '9'; p++)
        if ((v = 10 * v + (*p - '0')) > NUMBER_MAX)
            return false;
    *tenth = 10 * v;
    if ((*p == ',' || *p == '.') && p[1] >= '0' && p[1] <= '9') {
        *has_tenth = true;
        *tenth += p[1] - '0';
        p += 2;
    }
    *s = p;
    return true;
}

static bool starts(const char **s, const char *unit)
{
    size_t n = strlen(unit);
    if (strncmp(*s, unit, n) != 0)
        return false;
    *s += n;
    return true;
}

static bool put(int *field, int value)
{
    bool is_new = *field < 0;
    *field = value;
    return is_new; /* the same thing said twice is no set */
}

/* One part between the x: the first bare number is how often, a later one kilograms. */
static bool part_take(const char **s, struct samling_set *set, bool is_first)
{
    int tenth;
    bool has_tenth;
    if (!number_take(s, &tenth, &has_tenth))
        return false;
    while (**s == ' ')
        ++*s;
    if (starts(s, "kg"))
        return put(&set->load_hg, tenth);
    if (starts(s, "min"))
        return put(&set->duration_s, tenth * 6);
    if (has_tenth && is_first)
        return false;
    if (starts(s, "s"))
        return !has_tenth && put(&set->duration_s, tenth / 10);
    if (starts(s, "m"))
        return !has_tenth && put(&set->distance_m, tenth / 10);
    return is_first ? put(&set->reps, tenth / 10) : put(&set->load_hg, tenth);
}

bool cli_exercise_parse(const char *text, struct samling_set *set)
{
    set->reps = set->load_hg = set->duration_s = set->distance_m = -1;
    for (bool is_first = true;; is_first = false) {
        while (*text == ' ')
            text++;
        if (!part_take(&text, set, is_first))
            return false;
        while (*text == ' ')
            text++;
        if (!*text)
            return true;
        if (!starts(&text, "x") && !starts(&text, "X") && !starts(&text, "*") && !starts(&text, "\xC3\x97"))
            return false;
    }
}

/* ---- sets as they are read */

static void join(char *out, const char *between, const char *text)
{
    size_t used = strlen(out);
    snprintf(out + used, EXERCISE_SET_BYTES - used, "%s%s", used ? between : "", text);
}

const char *cli_exercise_done(const struct cli *c, const struct samling_set *set, char out[EXERCISE_SET_BYTES])
{
    char one[64];
    bool alone = set->load_hg < 0 && set->duration_s < 0 && set->distance_m < 0;
    out[0] = 0;
    if (set->reps >= 0) {
        cli_words(c, one, sizeof one, SAM_TEXT_EXERCISE_REPS, set->reps);
        if (!alone)
            snprintf(one, sizeof one, "%d", set->reps);
        join(out, "", one);
    }
    if (set->load_hg >= 0) {
        if (set->load_hg % 10)
            cli_words(c, one, sizeof one, SAM_TEXT_VALUE_KG_TENTH, set->load_hg / 10, set->load_hg % 10);
        else
            cli_words(c, one, sizeof one, SAM_TEXT_VALUE_KG, set->load_hg / 10);
        join(out, " \xC3\x97 ", one);
    }
    if (set->duration_s >= 0) {
        bool whole = set->duration_s && set->duration_s % 60 == 0;
        snprintf(one, sizeof one, whole ? "%d min" : "%d s", whole ? set->duration_s / 60 : set->duration_s);
        join(out, " \xC3\x97 ", one);
    }
    if (set->distance_m >= 0) {
        snprintf(one, sizeof one, "%d m", set->distance_m);
        join(out, " \xC3\x97 ", one);
    }
    if (!out[0])
        snprintf(out, EXERCISE_SET_BYTES, "%s", cli_text(c, SAM_TEXT_EXERCISE_EMPTY));
    return out;
}

const char *cli_exercise_remarks(const struct cli *c, const struct samling_set *set, char out[EXERCISE_SET_BYTES])
{
    char pain[64];
    out[0] = 0;
    if (set->side >= 0)
        join(out, ", ", cli_of(c, SAM_TEXT_SET_SIDE, set->side));
    if (set->adapted > 0)
        join(out, ", ", cli_text(c, SAM_TEXT_EXERCISE_ADAPTED));
    if (set->pain >= 0) {
        cli_words(c, pain, sizeof pain, SAM_TEXT_EXERCISE_PAIN, set->pain);
        join(out, ", ", pain);
    }
    if (set->stopped > 0)
        join(out, ", ", cli_text(c, SAM_TEXT_EXERCISE_STOPPED));
    return out;
}
