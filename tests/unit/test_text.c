/* Goal: every text stands in both languages with the same placeholders, is not empty, and is used somewhere. */
#include "client-sdk/include/samling.h"
#include "proto/base/csv_table.h"
#include "proto/base/text.h"
#include "proto/model/field.h"
#include "proto/model/completion.h"
#include "proto/model/rule.h"
#include "proto/model/score.h"
#include "proto/wire/cert_read.h"
#include "server/admin/config.h"
#include "server/console/reply.h"
#include "server/intake/account.h"
#include "server/intake/figure.h"
#include "server/store/store.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* the placeholders of a text, one after the other; false: one that is not allowed */
static bool placeholders(const char *text, char *out, size_t size)
{
    static const char *const allowed[] = {"%s", "%d", "%llu"};
    size_t used = 0;
    out[0] = '\0';
    while ((text = strchr(text, '%')) != NULL) {
        if (text[1] == '%') {
            text += 2;
            continue;
        }
        size_t i = 0, n = sizeof allowed / sizeof *allowed;
        while (i < n && strncmp(text, allowed[i], strlen(allowed[i])) != 0)
            i++;
        if (i == n)
            return false;
        used += (size_t)snprintf(out + used, size - used, "%s", allowed[i]);
        text += strlen(allowed[i]);
    }
    return true;
}

static void both_languages_have_the_same_placeholders(void **state)
{
    (void)state;
    for (int i = 0; i < SAM_TEXT_COUNT; i++) {
        char en[64], nb[64];
        enum sam_text_id id = (enum sam_text_id)i;
        bool fine = placeholders(sam_text(SAM_LANG_EN, id), en, sizeof en) &&
                    placeholders(sam_text(SAM_LANG_NB, id), nb, sizeof nb);
        if (!fine || strcmp(en, nb) != 0)
            fail_msg("%s: \"%s\" and \"%s\"", sam_text_name(id), sam_text(SAM_LANG_EN, id), sam_text(SAM_LANG_NB, id));
    }
}

static void a_wrong_placeholder_is_seen(void **state)
{
    char out[64];
    (void)state;
    assert_true(placeholders("100 %% of %s in %d of %llu", out, sizeof out));
    assert_string_equal(out, "%s%d%llu");
    assert_false(placeholders("%x", out, sizeof out));
    assert_false(placeholders("50 % of it", out, sizeof out));
    assert_false(placeholders("%ld", out, sizeof out));
}

static void no_text_is_empty_or_ends_in_a_space(void **state)
{
    (void)state;
    for (int i = 0; i < SAM_TEXT_COUNT; i++)
        for (int lang = SAM_LANG_EN; lang <= SAM_LANG_NB; lang++) {
            const char *text = sam_text((enum sam_lang)lang, (enum sam_text_id)i);
            size_t n = strlen(text);
            if (n == 0 || strchr(" \n", text[n - 1]) || text[0] == ' ')
                fail_msg("%s: \"%s\"", sam_text_name((enum sam_text_id)i), text);
        }
}

static void languages_differ_where_they_should(void **state)
{
    (void)state;
    assert_string_equal(sam_text(SAM_LANG_EN, SAM_TEXT_RECORD_AT_CENTRE), "Safe at the centre");
    assert_string_equal(sam_text(SAM_LANG_NB, SAM_TEXT_RECORD_AT_CENTRE), "Trygt hos sentralen");
}

/* How many fields the table has. */
enum {
    FIELD_COUNT = 0
#define SAM_ENTITY(...)
#define SAM_KEY(...)
#define SAM_FIELD(...) +1
#include "proto/model/field.def"
#undef SAM_ENTITY
#undef SAM_KEY
#undef SAM_FIELD
};

static void sets_follow_the_wire(void **state)
{
    (void)state;
    assert_string_equal(sam_text_of(SAM_LANG_NB, SAM_TEXT_SET_PRESENCE, 3), "Ikke møtt");
    assert_string_equal(sam_text_of(SAM_LANG_EN, SAM_TEXT_SET_SESSION, 2), "Cancelled");
    assert_string_equal(sam_text_of(SAM_LANG_EN, SAM_TEXT_SET_DEVICE, 6), "Wiped");
    assert_string_equal(sam_text_of(SAM_LANG_EN, SAM_TEXT_SET_ROLE, 8), "Coordinator");
    assert_string_equal(sam_text_of(SAM_LANG_NB, SAM_TEXT_SET_ENROLMENT, 4), "Deltar");
    assert_string_equal(sam_text_of(SAM_LANG_EN, SAM_TEXT_SET_PRESENCE, 5), "?");
    assert_string_equal(sam_text_of(SAM_LANG_EN, SAM_TEXT_SET_PRESENCE, -1), "?");
    static const struct {
        enum sam_text_set set;
        int count;
    } sizes[] = {
        {SAM_TEXT_SET_PRESENCE, 5},
        {SAM_TEXT_SET_RECORD, 4},
        {SAM_TEXT_SET_SESSION, 3},
        {SAM_TEXT_SET_KIND, 3},
        {SAM_TEXT_SET_WEEKDAY, 7},
        {SAM_TEXT_SET_ENROLMENT, 10},
        {SAM_TEXT_SET_ROLE, 10},
        {SAM_TEXT_SET_DEVICE, 7},
        {SAM_TEXT_SET_VERDICT, 8},
        {SAM_TEXT_SET_REASON, 12},
        {SAM_TEXT_SET_ORG, 7},
        {SAM_TEXT_SET_DEVICE_STATE, 7},
        {SAM_TEXT_SET_MONTH, 12},
        {SAM_TEXT_SET_EVIDENCE, 4},
        {SAM_TEXT_SET_RULE, SAM_RULE_COUNT},
        {SAM_TEXT_SET_FIELD, FIELD_COUNT},
        {SAM_TEXT_SET_SIDE, 3},
        {SAM_TEXT_SET_VISIBILITY, 2},
        {SAM_TEXT_SET_HTTP, REPLY_STATUS_COUNT},
        {SAM_TEXT_SET_WEB, SAM_TEXT_WEB_VERSION - SAM_TEXT_WEB_LOADING + 1}, /* by name: e2e 82-console-login */
        {SAM_TEXT_SET_CONTACT_MODE, 3},
        {SAM_TEXT_SET_CONTACT_WITH, 5},
        {SAM_TEXT_SET_SECTOR, 5},
        {SAM_TEXT_SET_WORK, 9},
        {SAM_TEXT_SET_EXERTION_SCALE, 2},
        {SAM_TEXT_SET_EXERTION_MOMENT, 3},
        {SAM_TEXT_SET_SOURCE, 7},
        {SAM_TEXT_SET_ENTITLED, 3},
        {SAM_TEXT_SET_TARGET, 4},
        {SAM_TEXT_SET_GOAL, 5},
        {SAM_TEXT_SET_OUTCOME, 5},
        {SAM_TEXT_SET_COMPLETION, SAM_COMPLETION_UNSAID + 1},
        {SAM_TEXT_SET_COMPLETION_WHY, SAM_COMPLETION_WHY_NO_RULE + 1},
        {SAM_TEXT_SET_ABOUT, SAMLING_ABOUT_PERSON - SAMLING_ABOUT_CONSENT + 1},
        {SAM_TEXT_SET_CONSENT, 3},
        {SAM_TEXT_SET_PURPOSE, 5},
        {SAM_TEXT_SET_OCCASION, 6},
        {SAM_TEXT_SET_EXERCISE, 32},
        {SAM_TEXT_SET_YES_NO, 2},
        {SAM_TEXT_SET_SCORING, SAM_SCORING_PERCENT + 1},
        {SAM_TEXT_SET_BETTER, SAM_BETTER_STATED + 1},
        {SAM_TEXT_SET_SCORE_WHY, SAM_SCORE_UNKNOWN + 1},
        {SAM_TEXT_SET_CONFIG, CONFIG_COUNT},
        {SAM_TEXT_SET_CONFIG_HEAD, 8},
        {SAM_TEXT_SET_CONFIG_UNIT, CONFIG_UNIT_BYTES_PER_SECOND + 1},
        {SAM_TEXT_SET_CERT_FAULT, SAM_CERT_PURPOSE + 1},
        {SAM_TEXT_SET_SEX, 3},
        {SAM_TEXT_SET_MODE, 3},
        {SAM_TEXT_SET_HELD_BY, 4},
        {SAM_TEXT_SET_SCALE_0, SAM_SCALE_0_BEST + 1},
        {SAM_TEXT_SET_EXPORT, STORE_EXPORT_COUNT},
        {SAM_TEXT_SET_ACCESS, STORE_PRINT},
        {SAM_TEXT_SET_RESOURCE, 26},
        {SAM_TEXT_SET_WHY, SAMLING_FOR_EMERGENCY + 1},
        {SAM_TEXT_SET_ACCOUNT_STATE, STORE_ACCOUNT_DISABLED + 2},
        {SAM_TEXT_SET_ACCOUNT_ROLE, ACCOUNT_ROLES},
        {SAM_TEXT_SET_FROZEN_SUM, 8},
        {SAM_TEXT_SET_FROZEN_SAID, FIGURE_ERASED + 1},
        {SAM_TEXT_SET_CSV, SAM_CSV_LETTERS + 1},
        {SAM_TEXT_SET_TAB_FORM_NAME, 12},
        {SAM_TEXT_SET_TAB_FORM_ASK, 7},
        {SAM_TEXT_SET_TAB_FORM_LOW, 6},
        {SAM_TEXT_SET_TAB_FORM_HIGH, 6}};
    assert_int_equal(sizeof sizes / sizeof *sizes, SAM_TEXT_SET_COUNT);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        enum sam_text_id first, last;
        sam_text_set_bounds(sizes[i].set, &first, &last);
        assert_int_equal((int)last - (int)first + 1, sizes[i].count);
    }
}

/* the set FIELD has every field of the table, by name and in its order */
static void every_field_has_a_name(void **state)
{
    enum sam_text_id first, last;
    const struct sam_entity_def *def;
    (void)state;
    sam_text_set_bounds(SAM_TEXT_SET_FIELD, &first, &last);
    int id = (int)first;
    for (unsigned e = 0; (def = sam_entity_at(e)) != NULL; e++)
        for (unsigned i = 0; i < def->field_count; i++, id++) {
            char want[80];
            snprintf(want, sizeof want, "FIELD_%s_%s", def->name, def->field[i].column);
            for (char *p = want; *p; p++)
                *p = (char)(*p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p);
            assert_string_equal(sam_text_name((enum sam_text_id)id), want);
        }
    assert_int_equal(id, (int)last + 1);
}

static void the_locale_picks_the_language(void **state)
{
    static const char *const nb[] = {"nb", "nb_NO.UTF-8", "nn_NO", "no", "NB", "no-NO", "nb.UTF-8"};
    static const char *const en[] = {"", "C", "en_GB.UTF-8", "sv_SE", "n", "nl_NL", "nob", "ne_NP", "POSIX"};
    (void)state;
    for (size_t i = 0; i < sizeof nb / sizeof *nb; i++)
        assert_int_equal(sam_lang_from(nb[i]), SAM_LANG_NB);
    for (size_t i = 0; i < sizeof en / sizeof *en; i++)
        assert_int_equal(sam_lang_from(en[i]), SAM_LANG_EN);
    assert_int_equal(sam_lang_from(NULL), SAM_LANG_EN);
}

/* ---- used somewhere */

static bool used[SAM_TEXT_COUNT];

static bool is_word(char c)
{
    return c == '_' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static void note_name(const char *name, size_t n)
{
    for (int i = 0; i < SAM_TEXT_COUNT; i++)
        if (strlen(sam_text_name((enum sam_text_id)i)) == n && memcmp(sam_text_name((enum sam_text_id)i), name, n) == 0)
            used[i] = true;
}

static bool ends_in(const char *path, const char *ending)
{
    size_t n = strlen(path), m = strlen(ending);
    return n > m && strcmp(path + n - m, ending) == 0;
}

/* Tables (.def) name texts as well as code does. */
static bool is_source(const char *path)
{
    return ends_in(path, ".c") || ends_in(path, ".h") || ends_in(path, ".def");
}

/* The tablet app names them in quotes: t('TAB_BACK'). */
static bool is_script(const char *path)
{
    return ends_in(path, ".ts") || ends_in(path, ".tsx");
}

static void note_all(const char *text, const char *before)
{
    for (const char *p = text; (p = strstr(p, before)) != NULL;) {
        const char *end = p += strlen(before);
        while (is_word(*end))
            end++;
        note_name(p, (size_t)(end - p));
        p = end;
    }
}

static int note_uses(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)ftw;
    if (kind != FTW_F || (!is_source(path) && !is_script(path)))
        return 0;
    char *text = calloc(1, (size_t)st->st_size + 1);
    FILE *f = fopen(path, "re");
    size_t got = text && f ? fread(text, 1, (size_t)st->st_size, f) : 0;
    if (f)
        fclose(f);
    if (!text || got != (size_t)st->st_size) {
        free(text);
        return -1;
    }
    note_all(text, is_script(path) ? "'" : "SAM_TEXT_");
    free(text);
    return 0;
}

static void every_text_is_used(void **state)
{
    (void)state;
    if (access("client-sdk/cli", R_OK) != 0)
        skip(); /* not run from the repository's root */
    assert_int_equal(nftw("client-sdk/cli", note_uses, 8, FTW_PHYS), 0);
    assert_int_equal(nftw("client-sdk/tablet", note_uses, 8, FTW_PHYS), 0);
    nftw("server", note_uses, 8, FTW_PHYS);
    for (int s = 0; s < SAM_TEXT_SET_COUNT; s++) {
        enum sam_text_id first, last;
        sam_text_set_bounds((enum sam_text_set)s, &first, &last);
        for (int i = (int)first; i <= (int)last; i++)
            used[i] = true;
    }
    for (int i = 0; i < SAM_TEXT_COUNT; i++)
        if (!used[i])
            fail_msg("nobody says SAM_TEXT_%s", sam_text_name((enum sam_text_id)i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_languages_have_the_same_placeholders),
        cmocka_unit_test(a_wrong_placeholder_is_seen),
        cmocka_unit_test(no_text_is_empty_or_ends_in_a_space),
        cmocka_unit_test(languages_differ_where_they_should),
        cmocka_unit_test(sets_follow_the_wire),
        cmocka_unit_test(every_field_has_a_name),
        cmocka_unit_test(the_locale_picks_the_language),
        cmocka_unit_test(every_text_is_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
