/* The conversation's doors: what is to be said fails in every place, and is said after all (fault.h).
 *
 * What must hold when a sending function has failed: it says so, and what was put out are whole frames (a caller that closes now leaves
 * the other end with nothing that it could misread). The same of a frame that is taken: an error, and nothing was answered in half. Then
 * conversation and buffer are put back as they were, and it is done once more. */
#include "tests/swept/fault.h"

#include "proto/sync/sync_int.h"

struct before {
    struct sam_sync sync;
    size_t out_len;
};

static struct before keep(const struct sam_sync *s)
{
    return (struct before){*s, sam_buf_len(s->out)};
}

static void put_back(const struct before *b, struct sam_sync *s, int err)
{
    struct sam_span rest = sam_buf_peek(s->out);
    FAULT_MUST(err < 0);
    rest = (struct sam_span){rest.ptr + b->out_len, rest.len - b->out_len};
    while (rest.len) {
        struct sam_frame frame;
        size_t used;
        FAULT_MUST(sam_frame_decode(rest, &frame, &used) == 0);
        rest = (struct sam_span){rest.ptr + used, rest.len - used};
    }
    *s = b->sync;
    s->out->end = s->out->start + b->out_len;
}

#define DOOR(name, parameters, arguments)      \
    int __real_##name parameters;              \
    int __wrap_##name parameters;              \
    int __wrap_##name parameters               \
    {                                          \
        struct fault_attempt a;                \
        if (fault_inside())                    \
            return __real_##name arguments;    \
        for (;;) {                             \
            struct before before = keep(s);    \
            fault_begin(&a);                   \
            int err = __real_##name arguments; \
            if (!fault_end(&a))                \
                return err;                    \
            put_back(&before, s, err);         \
        }                                      \
    }

DOOR(sam_sync_send_hello, (struct sam_sync * s, const struct sam_hello *h, struct sam_mac_key *key), (s, h, key))
DOOR(sam_sync_send_join, (struct sam_sync * s, const struct sam_join *j, struct sam_mac_key *key), (s, j, key))
DOOR(sam_sync_send_push, (struct sam_sync * s, struct sam_span body), (s, body))
DOOR(sam_sync_send_pull, (struct sam_sync * s, const struct sam_pull *p), (s, p))
DOOR(sam_sync_send_snap_get, (struct sam_sync * s, const struct sam_snap_get *g), (s, g))
DOOR(sam_sync_send_welcome, (struct sam_sync * s, const struct sam_welcome *w), (s, w))
DOOR(sam_sync_send_joined, (struct sam_sync * s, const struct sam_joined *j), (s, j))
DOOR(sam_sync_send_ack, (struct sam_sync * s, const struct sam_ack *a_), (s, a_))
DOOR(sam_sync_refuse_push, (struct sam_sync * s, const struct sam_error *e), (s, e))
DOOR(sam_sync_fail_with, (struct sam_sync * s, const struct sam_error *e), (s, e))
DOOR(sam_sync_fail, (struct sam_sync * s, uint32_t code, const char *text), (s, code, text))
DOOR(sam_sync_send_bye, (struct sam_sync * s, uint32_t retry_after_s, const char *text), (s, retry_after_s, text))
DOOR(sam_sync_take_ping, (struct sam_sync * s, const struct sam_frame *f, struct sam_span plain), (s, f, plain))
