#include "tests/lib/message.h"

#include "tests/lib/check.h"

#include <string.h>

#define WRAP(name, type)                                                    \
    static int name##_decode(struct sam_span in, union message_any *m)      \
    {                                                                       \
        return sam_##type##_decode(in, &m->name);                           \
    }                                                                       \
    static int name##_encode(struct sam_buf *b, const union message_any *m) \
    {                                                                       \
        return sam_##type##_encode(b, &m->name);                            \
    }
WRAP(hello, hello)
WRAP(welcome, welcome)
WRAP(push, push)
WRAP(ack, ack)
WRAP(pull, pull)
WRAP(scopes, scopes)
WRAP(changes, changes)
WRAP(scope_end, scope_end)
WRAP(snap_get, snap_get)
WRAP(snap_chunk, snap_chunk)
WRAP(verdicts, verdicts)
WRAP(join, join)
WRAP(joined, joined)
WRAP(ping, ping)
WRAP(bye, bye)
WRAP(error, error)
WRAP(op, op)
WRAP(row, row_state)

static const struct message messages[] = {
#define MESSAGE(Name, name)                 \
    {                                       \
#Name, name##_decode, name##_encode \
    }
    MESSAGE(Hello, hello),
    MESSAGE(Welcome, welcome),
    MESSAGE(Push, push),
    MESSAGE(Ack, ack),
    MESSAGE(Pull, pull),
    MESSAGE(Scopes, scopes),
    MESSAGE(Changes, changes),
    MESSAGE(ScopeEnd, scope_end),
    MESSAGE(SnapGet, snap_get),
    MESSAGE(SnapChunk, snap_chunk),
    MESSAGE(Verdicts, verdicts),
    MESSAGE(Join, join),
    MESSAGE(Joined, joined),
    MESSAGE(Ping, ping),
    MESSAGE(Bye, bye),
    MESSAGE(Error, error),
    {"Op", op_decode, op_encode},
    {"Row", row_decode, row_encode},
};

const struct message *message_named(const char *name)
{
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
        if (!strcmp(messages[i].name, name))
            return &messages[i];
    fprintf(stderr, "no message is called %s\n", name);
    abort();
}
