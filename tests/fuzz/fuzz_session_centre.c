/* What a tablet may say to the centre, in any order: proto/sync in the centre's role, with a host that answers at once or later.
 *
 * Holds: a frame reaches the host only in the state that the table allows; never more than four pushes, and no PULL before them; how the bytes
 * are cut makes no difference to a host that answers at once; when it is over it stays so, and what was sent are whole frames. */
#include "proto/base/err.h"
#include "proto/sync/sync.h"
#include "tests/fuzz/frames_mutate.h"
#include "tests/fuzz/fuzz.h"

#define OUT_MAX (64u * 1024u)

enum { AT_ONCE = 1, REFUSES = 2, FAILS = 4, CUT = 0xf0 };

struct end {
    struct sam_sync *s;
    struct sam_buf in, out;
    uint8_t how;
    unsigned calls, pushes; /* pushes: with the host */
    bool greets, joins, asked;
    uint64_t said; /* a hash of all that the host was told */
};
static struct end whole, cut;
static struct sam_zip *zip;

static void told(struct end *e, uint64_t a, uint64_t b)
{
    e->said = (e->said ^ a) * 1099511628211u;
    e->said = (e->said ^ b) * 1099511628211u;
}

static int called(struct end *e, uint8_t kind, enum sam_sync_state state)
{
    HOLDS(sam_sync_state(e->s) == state);
    told(e, kind, ++e->calls);
    return (e->how & FAILS) && e->calls == 7 ? SAM_EIO : 0;
}

static int on_hello(void *host, const struct sam_hello *h, struct sam_span body, const uint8_t *mac)
{
    struct end *e = host;
    HOLDS(mac == body.ptr + body.len && h->protocol == SAM_PROTOCOL_VERSION);
    HOLDS(h->ticket_len <= SAM_TICKET_BYTES_MAX && memchr(h->app, 0, sizeof h->app));
    told(e, h->device_no, h->last_seq);
    int err = called(e, SAM_FRAME_HELLO, SAM_SYNC_GREETING);
    e->greets = true;
    if (!err && e->how & AT_ONCE) {
        HOLDS(sam_sync_send_welcome(e->s, &(struct sam_welcome){.epoch = 1, .state = SAM_DEVICE_ACTIVE}) == 0);
        e->greets = false;
    }
    return err;
}

static int on_join(void *host, const struct sam_join *j, struct sam_span body, const uint8_t *mac)
{
    struct end *e = host;
    HOLDS(mac == body.ptr + body.len && j->key_len == SAM_KEY_BYTES);
    HOLDS(j->parent || j->code_len == SAM_CODE_BYTES);
    told(e, j->parent, j->key[0]);
    int err = called(e, SAM_FRAME_JOIN, SAM_SYNC_JOINING);
    e->joins = true;
    if (!err && e->how & AT_ONCE) {
        HOLDS(sam_sync_send_joined(e->s, &(struct sam_joined){.device_no = 7, .state = SAM_DEVICE_PENDING}) == 0);
        e->joins = false;
    }
    return err;
}

static int answer_push(struct end *e)
{
    int err = e->how & REFUSES && e->calls % 2
                  ? sam_sync_refuse_push(e->s, &(struct sam_error){.code = SAM_ERROR_GAP, .expected = 1})
                  : sam_sync_send_ack(e->s, &(struct sam_ack){.seq = e->calls, .csn = 1});
    HOLDS(err == 0 || err == SAM_ETOOBIG);
    e->pushes--;
    return err;
}

static int on_push(void *host, const struct sam_push *p, const struct sam_frame *as_sent, struct sam_span body,
                   const uint8_t *mac)
{
    struct end *e = host;
    struct sam_walk w = {p->body};
    struct sam_span op;
    unsigned ops = 0;
    HOLDS(as_sent->kind == SAM_FRAME_PUSH && mac == body.ptr + body.len && p->first_seq);
    while (sam_push_next_op(&w, &op) == 1)
        ops++;
    HOLDS(ops == p->op_count && ops >= 1 && ops <= SAM_PUSH_OPS_MAX);
    HOLDS(++e->pushes <= SAM_PUSH_UNACKED_MAX && sam_sync_pushes_unacked(e->s) == e->pushes);
    told(e, p->first_seq, ops);
    int err = called(e, SAM_FRAME_PUSH, SAM_SYNC_OPEN);
    return err || !(e->how & AT_ONCE) ? err : answer_push(e);
}

static int asked(struct end *e, uint8_t kind, uint64_t scope)
{
    HOLDS(!e->asked && e->pushes == 0 && sam_sync_pushes_unacked(e->s) == 0);
    told(e, scope, kind);
    int err = called(e, kind, SAM_SYNC_OPEN);
    e->asked = !(e->how & AT_ONCE);
    if (!e->asked)
        sam_sync_served(e->s);
    return err;
}

static int on_pull(void *host, const struct sam_pull *p)
{
    HOLDS(p->filling_count <= SAM_SCOPES_MAX);
    return asked(host, SAM_FRAME_PULL, p->csn);
}
static int on_snap_get(void *host, const struct sam_snap_get *g)
{
    HOLDS(g->after_count <= SAM_KEY_PARTS_MAX);
    return asked(host, SAM_FRAME_SNAP_GET, g->scope);
}
static int on_error(void *host, const struct sam_error *m)
{
    HOLDS(m->chain_count <= SAM_FORK_CHAINS_MAX && memchr(m->text, 0, sizeof m->text));
    return called(host, SAM_FRAME_ERROR, SAM_SYNC_CLOSED);
}
static int on_bye(void *host, const struct sam_bye *b)
{
    HOLDS(memchr(b->text, 0, sizeof b->text));
    return called(host, SAM_FRAME_BYE, SAM_SYNC_CLOSED);
}
static const struct sam_sync_ops ops = {.hello = on_hello,
                                        .join = on_join,
                                        .push = on_push,
                                        .pull = on_pull,
                                        .snap_get = on_snap_get,
                                        .error = on_error,
                                        .bye = on_bye};

/* The host does what it put off. Whether there was anything. */
static bool late(struct end *e)
{
    bool any = e->greets || e->joins || e->pushes || e->asked;
    if (sam_sync_state(e->s) == SAM_SYNC_CLOSED)
        return false;
    if (e->greets)
        HOLDS(sam_sync_send_welcome(e->s, &(struct sam_welcome){.epoch = 1}) == 0);
    if (e->joins)
        HOLDS(sam_sync_send_joined(e->s, &(struct sam_joined){.device_no = 7}) == 0);
    if (e->pushes)
        answer_push(e);
    else if (e->asked)
        sam_sync_served(e->s);
    e->asked = e->pushes && e->asked;
    e->greets = e->joins = false;
    return any;
}

/* Everything that was sent: whole frames, each with a body that its reader takes. */
static void sent_check(struct end *e)
{
    struct sam_span out = sam_buf_peek(&e->out), plain;
    struct sam_frame f;
    size_t used;
    while (out.len) {
        HOLDS(sam_frame_decode(out, &f, &used) == 0);
        HOLDS(sam_frame_inflate(zip, &f, sam_zip_scratch(zip), &plain) == 0);
        HOLDS(f.kind == SAM_FRAME_WELCOME || f.kind == SAM_FRAME_JOINED || f.kind == SAM_FRAME_ACK ||
              f.kind == SAM_FRAME_ERROR || f.kind == SAM_FRAME_PING);
        out = (struct sam_span){out.ptr + used, out.len - used};
    }
}

static void end_clear(struct end *e, uint8_t how)
{
    if (!e->out.max) {
        sam_buf_init(&e->out, OUT_MAX);
        sam_buf_init(&e->in, 1u << 20);
    }
    sam_buf_clear(&e->out);
    sam_buf_clear(&e->in);
    struct sam_buf in = e->in, out = e->out;
    *e = (struct end){.in = in, .out = out, .how = how, .said = 14695981039346656037u};
    e->s = sam_sync_new(SAM_ROLE_CENTRE, &ops, e, zip, &e->out);
    if (!e->s)
        abort();
}

static int conversation(struct sam_span in, uint8_t how, uint32_t pieces, struct end *e)
{
    int err = 0;
    end_clear(e, how);
    while (in.len && !err) {
        struct sam_span piece = fuzz_piece(&in, &pieces);
        HOLDS(sam_buf_add(&e->in, piece.ptr, piece.len) == 0);
        do
            err = sam_sync_feed(e->s, &e->in);
        while (!err && late(e));
        HOLDS(sam_sync_pushes_unacked(e->s) <= SAM_PUSH_UNACKED_MAX);
    }
    HOLDS((err < 0) == (sam_sync_state(e->s) == SAM_SYNC_CLOSED));
    if (err) {
        size_t sent = sam_buf_len(&e->out);
        unsigned calls = e->calls;
        HOLDS(sam_buf_add(&e->in, "\x02\x10\x00", 3) == 0 && sam_sync_feed(e->s, &e->in) == SAM_ECLOSED);
        HOLDS(sam_sync_send(e->s, SAM_FRAME_PING, (struct sam_span){0}) == SAM_ESTATE);
        HOLDS(e->calls == calls && sam_buf_len(&e->out) == sent);
    }
    sent_check(e);
    sam_sync_free(e->s);
    return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sam_span in = {data, size};
    uint8_t how = fuzz_byte(&in);
    if (!zip && !(zip = sam_zip_new()))
        abort();
    int err = conversation(in, how, 0, &whole), other = conversation(in, how, 1u + (how & CUT), &cut);
    if (how & AT_ONCE) {
        HOLDS(err == other && whole.said == cut.said && whole.calls == cut.calls);
        HOLDS(fuzz_same(sam_buf_peek(&whole.out), sam_buf_peek(&cut.out)));
    }
    return 0;
}
