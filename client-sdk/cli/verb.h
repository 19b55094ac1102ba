/* The verbs: what main.c's table points at. Each returns an exit code. */
#ifndef CLI_VERB_H
#define CLI_VERB_H

#include "cli.h"

struct verb {
    const char *name;
    int pos_min, pos_max; /* words after the verb */
    uint64_t options;     /* beside ARGS_GLOBAL */
    bool may_make;        /* makes the store on first use */
    verb_fn *run;
    enum sam_text_id usage, summary, help;
    const char *json; /* its fields, the same in every language */
};

verb_fn cli_verb_join, cli_verb_groups, cli_verb_sessions, cli_verb_sheet, cli_verb_users, cli_verb_mark, cli_verb_sync,
    cli_verb_status, cli_verb_attention, cli_verb_session, cli_verb_walk_in, cli_verb_import, cli_verb_score,
    cli_verb_instruments, cli_verb_exercise, cli_verb_exercises, cli_verb_note, cli_verb_contact, cli_verb_work,
    cli_verb_exertion, cli_verb_activity, cli_verb_consent, cli_verb_leader, cli_verb_user, cli_verb_enrolment,
    cli_verb_record;

/* cli_verb_state(c, st): status as JSON fields and, for people, what waits and what needs a person. Returns the exit code that
 * says the same: EXIT_JOIN, EXIT_REFUSED, EXIT_WAITING, EXIT_ATTENTION or EXIT_OK. */
int cli_verb_state(struct cli *c, const struct samling_status *st);
/* cli_verb_unready(c, st): a tablet that is not in use, yet or any more: tells why. */
int cli_verb_unready(struct cli *c, const struct samling_status *st);
/* cli_verb_list_empty(c, nothing): an empty list is an answer on a tablet that is in use; on any other it is told why. */
int cli_verb_list_empty(struct cli *c, enum sam_text_id nothing);
/* cli_verb_invite_dead(err, st): a sync ended with ${err}, and the tablet stands as ${st}, because the centre refused the
 * invite. */
bool cli_verb_invite_dead(int err, const struct samling_status *st);

#endif
