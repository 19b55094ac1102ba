/* Goal: every message of the codec under the name that proto/samling.proto gives it, for tests that go through all of them. */
#ifndef TESTS_LIB_MESSAGE_H
#define TESTS_LIB_MESSAGE_H

#include "proto/wire/codec.h"

union message_any {
    struct sam_hello hello;
    struct sam_welcome welcome;
    struct sam_push push;
    struct sam_ack ack;
    struct sam_pull pull;
    struct sam_scopes scopes;
    struct sam_changes changes;
    struct sam_scope_end scope_end;
    struct sam_snap_get snap_get;
    struct sam_snap_chunk snap_chunk;
    struct sam_verdicts verdicts;
    struct sam_join join;
    struct sam_joined joined;
    struct sam_ping ping;
    struct sam_bye bye;
    struct sam_error error;
    struct sam_op op;
    struct sam_row_state row;
};

struct message {
    const char *name;
    int (*decode)(struct sam_span in, union message_any *m);
    int (*encode)(struct sam_buf *b, const union message_any *m);
};

/* message_named(name): one that is not known ends the program. */
const struct message *message_named(const char *name);

#endif
