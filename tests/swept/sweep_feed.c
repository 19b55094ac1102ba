/* The feed's doors: what is read for a tablet fails in every place, and is read after all (fault.h).
 *
 * What must hold when feed_pull_new or _snap_new has failed: there is no feed. When feed_next has failed: it says so, and what was put
 * out are whole frames. And always: the reader's snapshot is
 * over, so that it does not keep its moment for ever. Then the same is asked of the feed as it was before. */
#include "tests/swept/fault.h"

#include "proto/sync/sync_int.h"
#include "server/store/feed_int.h"
#include "server/store/store_int.h"

struct feed *__real_feed_pull_new(struct store *st, const struct feed_device *device, uint64_t epoch,
                                  const struct sam_pull *pull);
struct feed *__wrap_feed_pull_new(struct store *st, const struct feed_device *device, uint64_t epoch,
                                  const struct sam_pull *pull);
struct feed *__real_feed_snap_new(struct store *st, const struct feed_device *device, const struct sam_snap_get *get);
struct feed *__wrap_feed_snap_new(struct store *st, const struct feed_device *device, const struct sam_snap_get *get);
int __real_feed_next(struct feed *f, struct sam_sync *s);
int __wrap_feed_next(struct feed *f, struct sam_sync *s);

static void new_failed(struct store *st, const struct feed *f)
{
    FAULT_MUST(f == NULL);
    FAULT_MUST(sqlite3_get_autocommit(st->db));
    store_failed(st); /* who asks next begins anew */
}

struct feed *__wrap_feed_pull_new(struct store *st, const struct feed_device *device, uint64_t epoch,
                                  const struct sam_pull *pull)
{
    struct fault_attempt a;
    if (fault_inside())
        return __real_feed_pull_new(st, device, epoch, pull);
    for (;;) {
        fault_begin(&a);
        struct feed *f = __real_feed_pull_new(st, device, epoch, pull);
        if (!fault_end(&a))
            return f;
        new_failed(st, f);
    }
}

struct feed *__wrap_feed_snap_new(struct store *st, const struct feed_device *device, const struct sam_snap_get *get)
{
    struct fault_attempt a;
    if (fault_inside())
        return __real_feed_snap_new(st, device, get);
    for (;;) {
        fault_begin(&a);
        struct feed *f = __real_feed_snap_new(st, device, get);
        if (!fault_end(&a))
            return f;
        new_failed(st, f);
    }
}

/* A feed and the conversation as they were: all but what their buffers own. */
struct before {
    struct feed feed;
    struct sam_scopes list;
    struct sam_sync sync;
    size_t out_len;
};

static void keep(struct before *b, const struct feed *f, const struct sam_sync *s)
{
    b->feed = *f;
    if (f->scopes_frame)
        b->list = *f->scopes_frame;
    b->sync = *s;
    b->out_len = sam_buf_len(s->out);
}

static void put_back(const struct before *b, struct feed *f, struct sam_sync *s)
{
    struct sam_buf body = f->body;
    struct feed_row row = f->row;
    *f = b->feed;
    f->body = body;
    f->row = row;
    sam_buf_clear(&f->body);
    if (f->scopes_frame)
        *f->scopes_frame = b->list;
    *s = b->sync;
    s->out->end = s->out->start + b->out_len;
}

static void frames_check(const struct sam_buf *out, size_t from)
{
    struct sam_span rest = sam_buf_peek(out);
    rest = (struct sam_span){rest.ptr + from, rest.len - from};
    while (rest.len) {
        struct sam_frame frame;
        size_t used;
        FAULT_MUST(sam_frame_decode(rest, &frame, &used) == 0);
        rest = (struct sam_span){rest.ptr + used, rest.len - used};
    }
}

int __wrap_feed_next(struct feed *f, struct sam_sync *s)
{
    static struct before before; /* large */
    struct fault_attempt a;
    if (!s || fault_inside()) /* a feed that is denied says nothing */
        return __real_feed_next(f, s);
    for (;;) {
        keep(&before, f, s);
        fault_begin(&a);
        int rc = __real_feed_next(f, s);
        if (!fault_end(&a))
            return rc;
        FAULT_MUST(rc < 0);
        FAULT_MUST(sqlite3_get_autocommit(f->st->db));
        frames_check(s->out, before.out_len);
        put_back(&before, f, s);
    }
}
