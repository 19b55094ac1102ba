/* The verb table, help, and one run from the command line to the exit code. */
#include "place.h"
#include "verb.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#define SESSION_BITS (ARG_BIT(SESSION) | ARG_BIT(GROUP) | ARG_BIT(DATE))
#define SESSION_JSON "{id group day start end status planned room theme}"

static const struct verb verbs[] = {
    {"join", 1, 1, ARG_BIT(LABEL) | ARG_BIT(WAIT), true, cli_verb_join, SAM_TEXT_USAGE_JOIN, SAM_TEXT_SUMMARY_JOIN,
     SAM_TEXT_HELP_JOIN, "clinic host port digits state device_no"},
    {"groups", 0, 0, 0, false, cli_verb_groups, SAM_TEXT_USAGE_GROUPS, SAM_TEXT_SUMMARY_GROUPS, SAM_TEXT_HELP_GROUPS,
     "groups[]: {id code name kind weekday start end participants}"},
    {"sessions", 1, 1, 0, false, cli_verb_sessions, SAM_TEXT_USAGE_SESSIONS, SAM_TEXT_SUMMARY_SESSIONS,
     SAM_TEXT_HELP_SESSIONS, "sessions[]: " SESSION_JSON},
    {"sheet", 0, 1, SESSION_BITS, false, cli_verb_sheet, SAM_TEXT_USAGE_SHEET, SAM_TEXT_SUMMARY_SHEET,
     SAM_TEXT_HELP_SHEET,
     "group: {id code name}  session: " SESSION_JSON
     "\n  lines[]: {participant name birth_year enrolment presence evidence reason minutes arrived left late\n"
     "            left_early by_video state disputed other}  present marked count"},
    {"mark", 0, 4096,
     SESSION_BITS | ARG_BIT(ALL) | ARG_BIT(FROM) | ARG_BIT(LOG) | ARG_BIT(LATE) | ARG_BIT(LEFT_EARLY) | ARG_BIT(VIDEO) |
         ARG_BIT(NOT_LATE) | ARG_BIT(NOT_LEFT_EARLY) | ARG_BIT(ON_SITE) | ARG_BIT(MINUTES),
     false, cli_verb_mark, SAM_TEXT_USAGE_MARK, SAM_TEXT_SUMMARY_MARK, SAM_TEXT_HELP_MARK,
     "session user saved marks[]: {seq participant name presence before}"},
    {"walk-in", 1, 2, SESSION_BITS | ARG_BIT(BIRTH_YEAR), false, cli_verb_walk_in, SAM_TEXT_USAGE_WALK_IN,
     SAM_TEXT_SUMMARY_WALK_IN, SAM_TEXT_HELP_WALK_IN, "session: " SESSION_JSON "  participant name presence"},
    {"exercise", 1, 4 + 20,
     SESSION_BITS | ARG_BIT(SET) | ARG_BIT(SIDE) | ARG_BIT(PAIN) | ARG_BIT(ADAPTED) | ARG_BIT(STOPPED), false,
     cli_verb_exercise, SAM_TEXT_USAGE_EXERCISE, SAM_TEXT_SUMMARY_EXERCISE, SAM_TEXT_HELP_EXERCISE,
     "session user saved sets[]: {participant name exercise exercise_name set reps load_hg duration_s distance_m side\n"
     "  pain adapted stopped}  list: with disputed and state"},
    {"exercises", 0, 0, 0, false, cli_verb_exercises, SAM_TEXT_USAGE_EXERCISES, SAM_TEXT_SUMMARY_EXERCISES,
     SAM_TEXT_HELP_EXERCISES, "exercises[]: {code name}"},
    {"score", 2, 80,
     ARG_BIT(OCCASION) | ARG_BIT(SCALE_0) | ARG_BIT(MODE) | ARG_BIT(LANGUAGE) | ARG_BIT(HELD_BY) | ARG_BIT(REPLACES) |
         ARG_BIT(DATE),
     false, cli_verb_score, SAM_TEXT_USAGE_SCORE, SAM_TEXT_SUMMARY_SCORE, SAM_TEXT_HELP_SCORE,
     "participant name form: {id instrument number version occasion day answers items answered scale_0_means mode\n"
     "  language held_by replaces replaced_by primary score why sum count rule_version better state}  list: forms[]"},
    {"note", 2, 2, ARG_BIT(SUBJECT) | ARG_BIT(ROLE_ONLY) | ARG_BIT(DATE) | ARG_BIT(REPLACES), false, cli_verb_note,
     SAM_TEXT_USAGE_NOTE, SAM_TEXT_SUMMARY_NOTE, SAM_TEXT_HELP_NOTE,
     "participant name note visibility  list: notes[]: {id day author author_name role subject text visibility "
     "replaces\n"
     "  replaced_by state}"},
    {"contact", 1, 2,
     ARG_BIT(MINUTES) | ARG_BIT(MODE) | ARG_BIT(WITH) | ARG_BIT(SECTOR) | ARG_BIT(ROLE) | ARG_BIT(WORK) | ARG_BIT(DATE),
     false, cli_verb_contact, SAM_TEXT_USAGE_CONTACT, SAM_TEXT_SUMMARY_CONTACT, SAM_TEXT_HELP_CONTACT,
     "participant name contact  list: contacts[]: {id day minutes mode with role sector work_focus intervention\n"
     "  episode disputed state}"},
    {"work", 2, 2, ARG_BIT(EMPLOYED) | ARG_BIT(SICK_LEAVE) | ARG_BIT(WORKING) | ARG_BIT(DATE) | ARG_BIT(REPLACES),
     false, cli_verb_work, SAM_TEXT_USAGE_WORK, SAM_TEXT_SUMMARY_WORK, SAM_TEXT_HELP_WORK,
     "participant name work  list: work[]: {id day status employed sick_leave_percent working_percent replaces\n"
     "  replaced_by state}"},
    {"exertion", 1, 3, SESSION_BITS | ARG_BIT(SCALE) | ARG_BIT(MOMENT) | ARG_BIT(SELF) | ARG_BIT(REPLACES), false,
     cli_verb_exertion, SAM_TEXT_USAGE_EXERTION, SAM_TEXT_SUMMARY_EXERTION, SAM_TEXT_HELP_EXERTION,
     "session participant exertion  list: ratings[]: {id participant name moment scale value_tenths evidence primary\n"
     "  replaces replaced_by state}"},
    {"activity", 2, 3, ARG_BIT(ICF) | ARG_BIT(REPLACES), false, cli_verb_activity, SAM_TEXT_USAGE_ACTIVITY,
     SAM_TEXT_SUMMARY_ACTIVITY, SAM_TEXT_HELP_ACTIVITY,
     "participant name activity  list: activities[]: {id number words icf episode replaces replaced_by state}"},
    {"consent", 2, 3, ARG_BIT(METHOD) | ARG_BIT(TEXT_VERSION) | ARG_BIT(DATE), false, cli_verb_consent,
     SAM_TEXT_USAGE_CONSENT, SAM_TEXT_SUMMARY_CONSENT, SAM_TEXT_HELP_CONSENT,
     "participant name purpose consent  list: consents[]: {purpose consent day method text_version state}"},
    {"enrolment", 2, 4, ARG_BIT(REASON) | ARG_BIT(DATE), false, cli_verb_enrolment, SAM_TEXT_USAGE_ENROLMENT,
     SAM_TEXT_SUMMARY_ENROLMENT, SAM_TEXT_HELP_ENROLMENT,
     "participant name group status end reason\n"
     "  list: enrolments[]: {group group_name status start end reason disputed state}"},
    {"record", 2, 2, 0, false, cli_verb_record, SAM_TEXT_USAGE_RECORD, SAM_TEXT_SUMMARY_RECORD, SAM_TEXT_HELP_RECORD,
     "participant name shut"},
    {"leader", 1, 3, SESSION_BITS | ARG_BIT(ROLE), false, cli_verb_leader, SAM_TEXT_USAGE_LEADER,
     SAM_TEXT_SUMMARY_LEADER, SAM_TEXT_HELP_LEADER,
     "session: " SESSION_JSON "  user name leads  list: leaders[]: {user name role state}"},
    {"instruments", 0, 1, 0, false, cli_verb_instruments, SAM_TEXT_USAGE_INSTRUMENTS, SAM_TEXT_SUMMARY_INSTRUMENTS,
     SAM_TEXT_HELP_INSTRUMENTS,
     "instruments[]: {code number version rule_version items_min items_max answer_min answer_max answer_step\n"
     "  per_point answered_min scoring better reversal_open text_shown source}"},
    {"sync", 0, 0, ARG_BIT(DEADLINE) | ARG_BIT(BYTES) | ARG_BIT(STAY) | ARG_BIT(QUIET), false, cli_verb_sync,
     SAM_TEXT_USAGE_SYNC, SAM_TEXT_SUMMARY_SYNC, SAM_TEXT_HELP_SYNC,
     "report: {ops_sent ops_acked rows_received bytes_up bytes_down}  and the fields of status"},
    {"status", 0, 0, 0, false, cli_verb_status, SAM_TEXT_USAGE_STATUS, SAM_TEXT_SUMMARY_STATUS, SAM_TEXT_HELP_STATUS,
     "state device_no digits clinic saved waiting waiting_access attention oldest_waiting_s last_contact_s "
     "last_centre_s "
     "clock_skew_s\n"
     "  clock_suspect retry_in_s scopes scopes_filled fill_rows fill_rows_total audit_anchor audit_broken"},
    {"users", 0, 0, 0, false, cli_verb_users, SAM_TEXT_USAGE_USERS, SAM_TEXT_SUMMARY_USERS, SAM_TEXT_HELP_USERS,
     "users[]: {id name role provisional vouched_by shown_as real_name}"},
    {"user", 2, 2, ARG_BIT(ROLE), false, cli_verb_user, SAM_TEXT_USAGE_USER, SAM_TEXT_SUMMARY_USER, SAM_TEXT_HELP_USER,
     "user name role vouched_by"},
    {"attention", 0, 0, ARG_BIT(SEEN), false, cli_verb_attention, SAM_TEXT_USAGE_ATTENTION, SAM_TEXT_SUMMARY_ATTENTION,
     SAM_TEXT_HELP_ATTENTION,
     "notices[]: {seq about kind reason case session day group participant name shown other\n"
     "  closed}  seen"},
    {"import", 1, 1,
     ARG_BIT(SAVE) | ARG_BIT(WEEK) | ARG_BIT(GROUP) | ARG_BIT(PERSON) | ARG_BIT(DAY) | ARG_BIT(TIME) |
         ARG_BIT(ATTENDED) | ARG_BIT(WALK_IN),
     false, cli_verb_import, SAM_TEXT_USAGE_IMPORT, SAM_TEXT_SUMMARY_IMPORT, SAM_TEXT_HELP_IMPORT,
     "saved rows marks present there twice blank sessions sessions_made walk_ins refused_count\n"
     "  not_imported refused[]: {row reason text}"},
    {"session", 2, 3, ARG_BIT(START) | ARG_BIT(REASON), false, cli_verb_session, SAM_TEXT_USAGE_SESSION,
     SAM_TEXT_SUMMARY_SESSION, SAM_TEXT_HELP_SESSION, "session status"},
};
#define VERB_COUNT (sizeof verbs / sizeof *verbs)

static const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; i < VERB_COUNT; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

/* ---- help */

static void put_text(const struct cli *c, enum sam_text_id id)
{
    puts(cli_text(c, id));
}

static int help_program(const struct cli *c)
{
    put_text(c, SAM_TEXT_HELP_PROGRAM);
    for (size_t i = 0; i < VERB_COUNT; i++)
        printf("  %-11s %s\n", verbs[i].name, cli_text(c, verbs[i].summary));
    printf("\n%s\n", cli_text(c, SAM_TEXT_HELP_GLOBAL));
    printf("\n%s\n", cli_text(c, SAM_TEXT_HELP_EXIT));
    return EXIT_OK;
}

static int help_verb(const struct cli *c, const struct verb *v)
{
    printf("samling %s\n\n%s\n", cli_text(c, v->usage), cli_text(c, v->help));
    printf("\n%s\n  %s\n", cli_text(c, SAM_TEXT_HELP_JSON), v->json);
    printf("\n%s\n", cli_text(c, SAM_TEXT_HELP_MORE));
    return EXIT_OK;
}

/* ---- one run */

static enum sam_lang environment_language(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < 3; i++) {
        const char *v = getenv(variables[i]);
        if (v && *v)
            return sam_lang_from(v);
    }
    return SAM_LANG_EN;
}

static int check_language(struct cli *c)
{
    const char *given = c->args.value[ARG_LANG];
    c->lang = given ? sam_lang_from(given) : environment_language();
    if (given && c->lang == SAM_LANG_EN && strcmp(given, "en") != 0)
        return cli_usage(c, SAM_TEXT_CLI_BAD_LANG, given);
    return 0;
}

static int check_words(struct cli *c)
{
    static const enum sam_text_id fault_text[] = {SAM_TEXT_CLI_UNKNOWN_OPTION, SAM_TEXT_CLI_UNKNOWN_OPTION,
                                                  SAM_TEXT_CLI_NO_VALUE, SAM_TEXT_CLI_VALUE_UNWANTED,
                                                  SAM_TEXT_CLI_TWICE};
    if (c->args.fault != ARGS_FINE)
        return cli_usage(c, fault_text[c->args.fault], c->args.fault_word);
    const char *outside = cli_args_outside(&c->args, ARGS_GLOBAL | c->verb->options);
    if (outside)
        return cli_usage(c, SAM_TEXT_CLI_NOT_HERE, outside, c->verb->name);
    if (c->args.pos_count < c->verb->pos_min)
        return cli_usage(c, SAM_TEXT_CLI_TOO_FEW, cli_text(c, c->verb->usage));
    if (c->args.pos_count > c->verb->pos_max)
        return cli_usage(c, SAM_TEXT_CLI_TOO_MANY, c->args.pos[c->verb->pos_max], cli_text(c, c->verb->usage));
    return 0;
}

/* the first word is the verb; "help VERB" is "VERB --help" */
static int take_verb(struct cli *c, bool *wants_help)
{
    struct args *a = &c->args;
    *wants_help = cli_args_has(a, ARG_HELP);
    if (a->pos_count && strcmp(a->pos[0], "help") == 0) {
        *wants_help = true;
        a->pos++;
        a->pos_count--;
    }
    if (!a->pos_count)
        return *wants_help ? 0 : cli_usage(c, SAM_TEXT_CLI_NO_VERB);
    c->verb = find_verb(a->pos[0]);
    if (!c->verb)
        return cli_usage(c, SAM_TEXT_CLI_UNKNOWN_VERB, a->pos[0]);
    a->pos++;
    a->pos_count--;
    return 0;
}

/* an erased store has nothing to tell; sync and status say so themselves, with their fields */
static int check_erased(struct cli *c)
{
    struct samling_status st;
    if (c->verb->run == cli_verb_sync || c->verb->run == cli_verb_status)
        return 0;
    int err = samling_status(c->s, &st);
    if (err)
        return cli_fail_sdk(c, err);
    return st.state == SAMLING_WIPED ? cli_verb_unready(c, &st) : 0;
}

static int run_verb(struct cli *c)
{
    int r = check_words(c);
    if (r)
        return r;
    if (c->is_json)
        sam_json_text(&c->doc, "verb", c->verb->name);
    bool bare = c->verb->run == cli_verb_instruments || c->verb->run == cli_verb_exercises; /* look at no store */
    if (!bare)
        r = cli_place_open(c, c->verb->may_make);
    if (r == 0 && !bare)
        r = check_erased(c);
    if (r == 0)
        r = c->verb->run(c);
    samling_close(c->s);
    c->s = NULL;
    return r;
}

/* the end of every run: the document, or the failure in words */
static void finish(struct cli *c, int code)
{
    if (!c->is_json) {
        if (c->error_name) {
            fputs("samling: ", stderr);
            cli_out_safe(stderr, c->error_text);
            fputc('\n', stderr);
            if (code == EXIT_USAGE)
                fprintf(stderr, "samling%s%s --help\n", c->verb ? " " : "", c->verb ? c->verb->name : "");
        }
        return;
    }
    while (c->doc.depth > 1)
        sam_json_end(&c->doc);
    sam_json_bool(&c->doc, "ok", code == EXIT_OK);
    sam_json_int(&c->doc, "exit", code);
    if (c->error_name) {
        sam_json_object(&c->doc, "error");
        sam_json_text(&c->doc, "name", c->error_name);
        sam_json_text(&c->doc, "text", c->error_text);
        sam_json_end(&c->doc);
    } else {
        sam_json_null(&c->doc, "error");
    }
    puts(cli_json_whole(&c->doc));
}

int main(int argc, char **argv)
{
    struct cli c = {0};
    bool wants_help = false;
    setlocale(LC_TIME, "");
    cli_args_parse(&c.args, argc - 1, argv + 1);
    cli_json_init(&c.doc);
    sam_json_object(&c.doc, NULL);
    c.is_json = cli_args_has(&c.args, ARG_JSON);
    int r = check_language(&c);
    if (r == 0 && cli_args_has(&c.args, ARG_VERSION)) {
        puts("samling " SAMLING_VERSION);
    } else {
        if (r == 0)
            r = take_verb(&c, &wants_help);
        if (r == 0 && wants_help)
            r = c.verb ? help_verb(&c, c.verb) : help_program(&c);
        else {
            if (r == 0)
                r = run_verb(&c);
            finish(&c, r);
        }
    }
    sam_json_fini(&c.doc);
    if (fflush(stdout) != 0 && r == EXIT_OK)
        r = EXIT_ERROR;
    return r;
}
