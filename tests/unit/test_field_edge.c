/* Goal: what is said once, when a row is made, and never after, is what was decided so: written by hand, apart from the table that the
 * program reads. Whoever makes a fact of a field, or lets a fact be changed, has to say it here too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/model/op.h"

#include <stdio.h>
#include <string.h>

static const char said_once[] =
    " user.vouched_by"
    " score_response.participant score_response.instrument score_response.version score_response.occasion "
    "score_response.day"
    " score_response.mode score_response.items score_response.answered score_response.answers score_response.replaces"
    " score_response.scale_0_means score_response.language score_response.held_by"
    " note.participant note.author note.role note.day note.text note.subject note.visibility note.replaces"
    " contact.participant"
    " work_status.participant work_status.day work_status.status work_status.employed work_status.sick_leave_percent"
    " work_status.working_percent work_status.replaces"
    " exertion.session exertion.participant exertion.scale exertion.moment exertion.value_tenths exertion.evidence"
    " exertion.replaces"
    " psfs_activity.participant psfs_activity.ordinal psfs_activity.words psfs_activity.icf psfs_activity.episode"
    " psfs_activity.replaces"
    " intervention.code intervention.version intervention.name intervention.individual intervention.planned_sessions"
    " intervention.planned_minutes intervention.nav_needed intervention.completion_percent "
    "intervention.consecutive_misses"
    " intervention.return_days intervention.needs_end_score"
    " episode.participant"
    " access.participant access.group_id access.resource access.action access.purpose access.offline access.persons ";

static bool decided(const struct sam_entity_def *def, unsigned field)
{
    char word[80];
    snprintf(word, sizeof word, " %s.%s ", def->table, def->field[field].column);
    return strstr(said_once, word) != NULL;
}

static void facts_are_what_was_decided(void **state)
{
    (void)state;
    const struct sam_entity_def *def;
    unsigned facts = 0, words = 0;
    for (unsigned e = 0; (def = sam_entity_at(e)); e++)
        for (unsigned i = 0; i < def->field_count; i++) {
            bool fact = def->unit_class[def->field[i].unit] == SAM_CLASS_FACT;
            if (fact != decided(def, i))
                fail_msg("%s.%s: %s", def->table, def->field[i].column, fact ? "a fact" : "no fact");
            facts += fact;
        }
    for (const char *at = said_once; at[1]; at++) /* a misspelt word would expect nothing */
        words += at[0] == ' ';
    assert_int_equal(words, facts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_are_what_was_decided),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
