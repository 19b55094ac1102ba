/* A feed and the device that it is told to: see reader.h. */
#include "tests/lib/reader.h"

#include "tests/lib/check.h"

enum { ANSWER_BYTES_MAX = 1 << 20 };

/* ---- what is held */

static void held_drop(struct reader_held *h, unsigned i)
{
    h->row[i] = h->row[--h->count];
}

/* A session that is deleted takes along what hangs on it; here there is one. */
static void held_take(struct reader_held *h, uint64_t scope, const struct sam_row_state *s)
{
    uint8_t entity = s->row.key.entity;
    bool session = entity == SAM_SESSION && s->gone == SAM_DELETED;
    CHECK(entity != SAM_ENTITY_NONE);
    h->newest = entity > h->newest ? entity : h->newest;
    for (unsigned i = h->count; i-- > 0;) {
        bool hangs = session && sam_entity_find(h->row[i].key.entity)->scope == SAM_SCOPE_SESSION;
        if (h->row[i].scope == scope && (hangs || sam_key_equal(&h->row[i].key, &s->row.key)))
            held_drop(h, i);
    }
    if (s->gone)
        return;
    CHECK(h->count < READER_HELD_MAX);
    h->row[h->count].scope = scope;
    h->row[h->count].csn = s->csn;
    h->row[h->count++].key = s->row.key;
}

/* Is it what the centre says of one scope, or (0) of all? */
static bool held_agrees(const struct reader_held *h, const struct sam_scope_end *e)
{
    uint64_t rows = 0, sum = 0;
    for (unsigned i = 0; i < h->count; i++) {
        if (e->scope && h->row[i].scope != e->scope)
            continue;
        rows++;
        sum += sam_sum_mix(&h->row[i].key, h->row[i].csn);
    }
    return e->rows == rows && e->sum == sum;
}

/* ---- the device's end */

static int on_scopes(void *host, const struct sam_scopes *s)
{
    ((struct reader *)host)->scopes = s->scope_count;
    return 0;
}

static int on_changes(void *host, const struct sam_changes *c)
{
    struct reader *r = host;
    struct sam_walk walk = {c->body};
    struct sam_span row;
    struct sam_row_state state;
    CHECK(c->row_count > 0); /* where nothing changed nothing is said */
    r->rows += c->row_count;
    r->changes++;
    while (r->held && sam_changes_next_row(&walk, &row) == 1) {
        CHECK(sam_row_state_decode(row, &state) == 0);
        held_take(r->held, c->scope, &state);
    }
    return 0;
}

static int on_chunk(void *host, const struct sam_snap_chunk *c)
{
    struct reader *r = host;
    struct sam_walk walk = {c->body};
    struct sam_span row;
    struct sam_row_state state;
    r->chunks++;
    while (sam_snap_next_row(&walk, &row) == 1) {
        CHECK(sam_row_state_decode(row, &state) == 0);
        r->sum += sam_sum_mix(&state.row.key, state.csn);
        r->rows++;
        if (r->held)
            held_take(r->held, c->scope, &state);
    }
    r->rows_total = c->total_rows;
    return 0;
}

static int on_end(void *host, const struct sam_scope_end *e)
{
    struct reader *r = host;
    r->ends++;
    r->end = *e;
    r->differ += r->held && !held_agrees(r->held, e);
    return 0;
}

static int on_verdicts(void *host, const struct sam_verdicts *v)
{
    (void)host, (void)v;
    return 0;
}

static int on_welcome(void *host, const struct sam_welcome *welcome)
{
    (void)host, (void)welcome;
    return 0;
}

void reader_serve(struct sam_zip *zip, struct feed *f, struct reader *r)
{
    static const struct sam_sync_ops device_ops = {.welcome = on_welcome,
                                                   .scopes = on_scopes,
                                                   .changes = on_changes,
                                                   .scope_end = on_end,
                                                   .snap_chunk = on_chunk,
                                                   .verdicts = on_verdicts};
    reader_told(zip, f, &device_ops, r);
}

/* ---- both ends */

static int on_hello(void *host, const struct sam_hello *h, struct sam_span body, const uint8_t *mac)
{
    (void)host, (void)h, (void)body, (void)mac;
    return 0;
}

static void answer(struct sam_sync *centre, struct feed *f)
{
    int rc;
    CHECK(f);
    while ((rc = feed_next(f, centre)) == 1)
        ;
    CHECK(rc == 0);
    feed_free(f);
}

void reader_told(struct sam_zip *zip, struct feed *f, const struct sam_sync_ops *device_ops, void *device_host)
{
    static const struct sam_sync_ops centre_ops = {.hello = on_hello};
    struct sam_hello hello = {.protocol = SAM_PROTOCOL_VERSION};
    struct sam_welcome welcome = {0};
    struct sam_buf up, down;
    sam_buf_init(&up, ANSWER_BYTES_MAX);
    sam_buf_init(&down, ANSWER_BYTES_MAX);
    struct sam_sync *centre = sam_sync_new(SAM_ROLE_CENTRE, &centre_ops, NULL, zip, &down);
    struct sam_sync *device = sam_sync_new(SAM_ROLE_DEVICE, device_ops, device_host, zip, &up);
    CHECK(centre && device);
    CHECK(sam_sync_send_hello(device, &hello, NULL) == 0);
    CHECK(sam_sync_feed(centre, &up) == 0);
    CHECK(sam_sync_send_welcome(centre, &welcome) == 0);
    answer(centre, f);
    CHECK(sam_sync_feed(device, &down) == 0);
    sam_sync_free(centre);
    sam_sync_free(device);
    sam_buf_fini(&up);
    sam_buf_fini(&down);
}
