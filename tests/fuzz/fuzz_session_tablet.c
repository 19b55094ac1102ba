/* What a centre, or somebody in its place, may say to a tablet, in any order: proto/sync in the tablet's role, and what the rows of CHANGES and
 * SNAP_CHUNK are read as.
 *
 * Holds: a frame reaches the host only in the state that the table allows; an ACK only while a push waits for one; lists are as long as their
 * heads say, and rows are read or refused; how the bytes are cut makes no difference; when it is over it stays so. */
#include "proto/base/err.h"
#include "proto/sync/sync.h"
#include "proto/wire/crypto.h"
#include "tests/fuzz/frames_mutate.h"
#include "tests/fuzz/fuzz.h"

#define OUT_MAX (64u * 1024u)

enum { JOINS = 1, PUSHES = 2, PULLS = 4, ASKS = 8, CUT = 0xf0 };

struct end {
    struct sam_sync *s;
    struct sam_buf in, out;
    unsigned calls, unacked;
    uint64_t said;
};
static struct end whole, cut;
static struct sam_zip *zip;
static struct sam_mac_key *hello_key, *push_key;
static struct sam_buf push_body;

static void told(struct end *e, uint64_t a, uint64_t b)
{
    e->said = (e->said ^ a) * 1099511628211u;
    e->said = (e->said ^ b) * 1099511628211u;
}

static int called(struct end *e, uint8_t kind, enum sam_sync_state state)
{
    HOLDS(sam_sync_state(e->s) == state);
    told(e, kind, ++e->calls);
    return 0;
}

static int on_welcome(void *host, const struct sam_welcome *w)
{
    HOLDS(w->range_count <= SAM_WELCOME_RANGES_MAX);
    told(host, w->epoch, w->acked_seq);
    return called(host, SAM_FRAME_WELCOME, SAM_SYNC_OPEN);
}

static int on_joined(void *host, const struct sam_joined *j)
{
    HOLDS(j->ticket_len <= SAM_TICKET_BYTES_MAX && memchr(j->clinic, 0, sizeof j->clinic));
    return called(host, SAM_FRAME_JOINED, SAM_SYNC_IDLE);
}

static int on_ack(void *host, const struct sam_ack *a)
{
    struct end *e = host;
    HOLDS(e->unacked-- > 0 && sam_sync_pushes_unacked(e->s) == e->unacked);
    told(e, a->seq, a->csn);
    return called(e, SAM_FRAME_ACK, SAM_SYNC_OPEN);
}

static int on_verdicts(void *host, const struct sam_verdicts *v)
{
    HOLDS(v->count <= SAM_VERDICTS_MAX);
    told(host, v->csn, v->count);
    return called(host, SAM_FRAME_VERDICTS, SAM_SYNC_OPEN);
}

static int on_scopes(void *host, const struct sam_scopes *s)
{
    HOLDS(s->scope_count <= SAM_SCOPES_MAX);
    return called(host, SAM_FRAME_SCOPES, SAM_SYNC_OPEN);
}

/* As the tablet takes rows in: each on its own. */
static void row_read(struct end *e, struct sam_span bytes)
{
    struct sam_row_state r;
    int err = sam_row_state_decode(bytes, &r);
    HOLDS(err == 0 || err == SAM_EPROTO);
    if (err)
        return;
    HOLDS(r.gone <= SAM_LEFT);
    const struct sam_entity_def *def = sam_entity_find(r.row.key.entity);
    for (unsigned i = 0; def && i < def->field_count; i++)
        if (sam_row_has(&r.row, i) && def->field[i].type == SAM_TYPE_TEXT)
            HOLDS(r.row.val[i].text.len <= bytes.len);
    told(e, r.csn, r.row.present);
}

static int on_changes(void *host, const struct sam_changes *c)
{
    struct sam_walk w = {c->body};
    struct sam_span row;
    unsigned n = 0;
    while (sam_changes_next_row(&w, &row) == 1) {
        row_read(host, row);
        n++;
    }
    HOLDS(n == c->row_count);
    return called(host, SAM_FRAME_CHANGES, SAM_SYNC_OPEN);
}

static int on_snap_chunk(void *host, const struct sam_snap_chunk *c)
{
    struct sam_walk w = {c->body};
    struct sam_span row;
    unsigned n = 0;
    while (sam_snap_next_row(&w, &row) == 1) {
        row_read(host, row);
        n++;
    }
    HOLDS(n == c->row_count && n <= SAM_CHUNK_ROWS_MAX && c->after_count <= SAM_KEY_PARTS_MAX);
    return called(host, SAM_FRAME_SNAP_CHUNK, SAM_SYNC_OPEN);
}

static int on_scope_end(void *host, const struct sam_scope_end *e)
{
    told(host, e->scope, e->sum);
    return called(host, SAM_FRAME_SCOPE_END, SAM_SYNC_OPEN);
}
static int on_poke(void *host)
{
    return called(host, SAM_FRAME_POKE, SAM_SYNC_OPEN);
}
static int on_wipe(void *host)
{
    return called(host, SAM_FRAME_WIPE, SAM_SYNC_OPEN);
}

static int on_error(void *host, const struct sam_error *m)
{
    struct end *e = host;
    bool open = sam_sync_state(e->s) == SAM_SYNC_OPEN;
    HOLDS(m->chain_count <= SAM_FORK_CHAINS_MAX && memchr(m->text, 0, sizeof m->text));
    if (open)
        HOLDS(e->unacked-- > 0);
    told(e, m->code, m->expected);
    return called(e, SAM_FRAME_ERROR, open ? SAM_SYNC_OPEN : SAM_SYNC_CLOSED);
}
static int on_bye(void *host, const struct sam_bye *b)
{
    HOLDS(memchr(b->text, 0, sizeof b->text));
    return called(host, SAM_FRAME_BYE, SAM_SYNC_CLOSED);
}
static const struct sam_sync_ops ops = {.welcome = on_welcome,
                                        .joined = on_joined,
                                        .ack = on_ack,
                                        .verdicts = on_verdicts,
                                        .scopes = on_scopes,
                                        .changes = on_changes,
                                        .scope_end = on_scope_end,
                                        .snap_chunk = on_snap_chunk,
                                        .poke = on_poke,
                                        .wipe = on_wipe,
                                        .error = on_error,
                                        .bye = on_bye};

/* What the tablet says first, before it has heard anything. */
static void begin(struct end *e, uint8_t how)
{
    struct sam_join join = {.protocol = SAM_PROTOCOL_VERSION, .code_len = SAM_CODE_BYTES, .key_len = SAM_KEY_BYTES};
    struct sam_hello hello = {.protocol = SAM_PROTOCOL_VERSION, .device_no = 7, .counter = 1};
    if (how & JOINS) {
        HOLDS(sam_sync_send_join(e->s, &join, NULL) == 0);
        return;
    }
    HOLDS(sam_sync_send_hello(e->s, &hello, hello_key) == 0);
    for (unsigned i = 0; how & PUSHES && i < SAM_PUSH_UNACKED_MAX; i++)
        HOLDS(sam_sync_send_push(e->s, sam_buf_peek(&push_body)) == 0 && ++e->unacked);
    if (how & PUSHES)
        HOLDS(sam_sync_send_push(e->s, sam_buf_peek(&push_body)) == SAM_EBUSY);
    if (how & PULLS)
        HOLDS(sam_sync_send_pull(e->s, &(struct sam_pull){.csn = 5}) == 0);
    if (how & ASKS)
        HOLDS(sam_sync_send_snap_get(e->s, &(struct sam_snap_get){.scope = 3}) == 0);
}

static void end_clear(struct end *e)
{
    if (!e->out.max) {
        sam_buf_init(&e->out, OUT_MAX);
        sam_buf_init(&e->in, 1u << 20);
    }
    sam_buf_clear(&e->out);
    sam_buf_clear(&e->in);
    struct sam_buf in = e->in, out = e->out;
    *e = (struct end){.in = in, .out = out, .said = 14695981039346656037u};
    e->s = sam_sync_new(SAM_ROLE_DEVICE, &ops, e, zip, &e->out);
    if (!e->s)
        abort();
}

static int conversation(struct sam_span in, uint8_t how, uint32_t pieces, struct end *e)
{
    int err = 0;
    end_clear(e);
    begin(e, how);
    while (in.len && !err) {
        struct sam_span piece = fuzz_piece(&in, &pieces);
        HOLDS(sam_buf_add(&e->in, piece.ptr, piece.len) == 0);
        err = sam_sync_feed(e->s, &e->in);
        HOLDS(err || sam_sync_pushes_unacked(e->s) == e->unacked);
    }
    HOLDS((err < 0) == (sam_sync_state(e->s) == SAM_SYNC_CLOSED));
    if (err) {
        unsigned calls = e->calls;
        HOLDS(sam_buf_add(&e->in, "\x01\x0f", 2) == 0 && sam_sync_feed(e->s, &e->in) == SAM_ECLOSED);
        HOLDS(e->calls == calls && !sam_sync_may_push(e->s, 1));
    }
    sam_sync_free(e->s);
    return err;
}

static void start(void)
{
    static const uint8_t key[SAM_KEY_BYTES] = {1, 2, 3};
    if (sam_crypto_start() || !(zip = sam_zip_new()) || !(hello_key = sam_mac_key_new(key, "hello")) ||
        !(push_key = sam_mac_key_new(key, "push")))
        abort();
    sam_buf_init(&push_body, 1024);
    if (sam_push_add_op(&push_body, (struct sam_span){key, 3}) ||
        sam_push_seal(push_key, 7, &(struct sam_push){.first_seq = 1, .chain = 9}, 1, 8, &push_body))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sam_span in = {data, size};
    uint8_t how = fuzz_byte(&in);
    if (!zip)
        start();
    int err = conversation(in, how, 0, &whole), other = conversation(in, how, 1u + (how & CUT), &cut);
    HOLDS(err == other && whole.said == cut.said && whole.calls == cut.calls);
    HOLDS(fuzz_same(sam_buf_peek(&whole.out), sam_buf_peek(&cut.out)));
    return 0;
}
