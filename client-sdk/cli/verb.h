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

verb_fn verb_join, verb_groups, verb_sessions, verb_sheet, verb_users, verb_mark, verb_sync, verb_status,
    verb_attention, verb_session;

/* verb_state(c, st): status as JSON fields and, for people, what waits and what needs a person. Returns the exit code that
 * says the same: EXIT_JOIN, EXIT_REFUSED, EXIT_WAITING, EXIT_ATTENTION or EXIT_OK. */
int verb_state(struct cli *c, const struct samling_status *st);

#endif
