#include "proto/sync/sync.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/wire/proof.h"

#include <stdlib.h>
#include <string.h>

enum { JOBS_MAX = 8 };

struct job {
    uint8_t kind; /* SAM_FRAME_PULL or SAM_FRAME_SNAP_GET */
    union {
        struct sam_pull pull;
        struct sam_snap_get snap_get;
    } as;
};

struct sam_sync {
    enum sam_sync_role role;
    enum sam_sync_state state;
    const struct sam_sync_ops *ops;
    void *host;
    struct sam_zip *zip;
    struct sam_buf *out;
    struct sam_buf *scratch;         /* the inflated body of the frame at hand: the zip's */
    struct sam_buf *body;            /* the body being encoded: the zip's */
    size_t greeting_bytes;           /* sent by the device since HELLO, before WELCOME */
    unsigned unacked;                /* pushes */
    bool feeding;                    /* in sam_sync_feed */
    bool serving;                    /* a job is with the host */
    struct job *job;                 /* queue of jobs, first one first; allocated at the first */
    unsigned job_count;
};

/* ---- the table: who may receive what in which state */

#define IN(state) (1u << SAM_SYNC_##state)
#define CENTRE (1u << SAM_ROLE_CENTRE)
#define DEVICE (1u << SAM_ROLE_DEVICE)
#define ALIVE (IN(IDLE) | IN(GREETING) | IN(JOINING) | IN(OPEN))

struct rule {
    uint8_t roles;
    uint8_t states;
    int (*take)(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);
};

static int take_hello(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);
static int take_join(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);
static int take_push(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);
static int take_job(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);
static int take_welcome(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);
static int take_joined(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);
static int take_ack(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);
static int take_verdicts(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);
static int take_scopes(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);
static int take_changes(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);
static int take_scope_end(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);
static int take_snap_chunk(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);
static int take_ping(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);
static int take_poke(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);
static int take_bye(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);
static int take_wipe(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);
static int take_error(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);

static const struct rule rules[SAM_FRAME_KIND_MAX + 1] = {
    [SAM_FRAME_HELLO] = {CENTRE, IN(IDLE), take_hello},
    [SAM_FRAME_JOIN] = {CENTRE, IN(IDLE), take_join},
    [SAM_FRAME_PUSH] = {CENTRE, IN(OPEN), take_push},
    [SAM_FRAME_PULL] = {CENTRE, IN(OPEN), take_job},
    [SAM_FRAME_SNAP_GET] = {CENTRE, IN(OPEN), take_job},
    [SAM_FRAME_WELCOME] = {DEVICE, IN(GREETING), take_welcome},
    [SAM_FRAME_JOINED] = {DEVICE, IN(JOINING), take_joined},
    [SAM_FRAME_ACK] = {DEVICE, IN(OPEN), take_ack},
    [SAM_FRAME_VERDICTS] = {DEVICE, IN(OPEN), take_verdicts},
    [SAM_FRAME_SCOPES] = {DEVICE, IN(OPEN), take_scopes},
    [SAM_FRAME_CHANGES] = {DEVICE, IN(OPEN), take_changes},
    [SAM_FRAME_SCOPE_END] = {DEVICE, IN(OPEN), take_scope_end},
    [SAM_FRAME_SNAP_CHUNK] = {DEVICE, IN(OPEN), take_snap_chunk},
    [SAM_FRAME_POKE] = {DEVICE, IN(OPEN), take_poke},
    [SAM_FRAME_WIPE] = {DEVICE, IN(OPEN), take_wipe},
    [SAM_FRAME_PING] = {CENTRE | DEVICE, IN(OPEN), take_ping},
    [SAM_FRAME_BYE] = {CENTRE | DEVICE, ALIVE, take_bye},
    [SAM_FRAME_ERROR] = {CENTRE | DEVICE, ALIVE, take_error},
};

struct sam_sync *sam_sync_new(enum sam_sync_role role, const struct sam_sync_ops *ops, void *host, struct sam_zip *zip,
                              struct sam_buf *out)
{
    struct sam_sync *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->role = role;
    s->ops = ops;
    s->host = host;
    s->zip = zip;
    s->out = out;
    s->scratch = sam_zip_scratch(zip);
    s->body = sam_zip_body(zip);
    return s;
}

void sam_sync_free(struct sam_sync *s)
{
    if (!s)
        return;
    free(s->job);
    free(s);
}

enum sam_sync_state sam_sync_state(const struct sam_sync *s) { return s->state; }
unsigned sam_sync_pushes_unacked(const struct sam_sync *s) { return s->unacked; }

/* ---- reading */

static bool waits_for_host(const struct sam_sync *s)
{
    return s->role == SAM_ROLE_CENTRE && (s->state == SAM_SYNC_GREETING || s->state == SAM_SYNC_JOINING);
}

static int job_start(struct sam_sync *s)
{
    while (s->job_count && !s->serving && s->unacked == 0 && s->state == SAM_SYNC_OPEN) {
        struct job job = s->job[0];
        if (--s->job_count) {
            memmove(s->job, s->job + 1, s->job_count * sizeof *s->job);
        } else {
            free(s->job);
            s->job = NULL;
        }
        s->serving = true;
        int err = job.kind == SAM_FRAME_PULL ? s->ops->pull(s->host, &job.as.pull) : s->ops->snap_get(s->host, &job.as.snap_get);
        if (err)
            return err;
    }
    return 0;
}

static int frame_take(struct sam_sync *s, const struct sam_frame *f)
{
    const struct rule *rule = &rules[f->kind];
    struct sam_span plain;
    if (!(rule->roles >> s->role & 1u))
        return sam_sync_fail(s, SAM_ERROR_BAD_FRAME, "this end does not take such a frame");
    if (!(rule->states >> s->state & 1u))
        return sam_sync_fail(s, SAM_ERROR_BAD_STATE, "frame not expected now");
    int err = sam_frame_inflate(s->zip, f, s->scratch, &plain);
    if (err)
        return sam_sync_fail(s, err == SAM_ETOOBIG ? SAM_ERROR_TOO_BIG : SAM_ERROR_BAD_FRAME, "body cannot be inflated");
    err = rule->take(s, f, plain);
    if (err && s->state != SAM_SYNC_CLOSED)
        sam_sync_fail(s, err == SAM_ETOOBIG ? SAM_ERROR_TOO_BIG : SAM_ERROR_BAD_FRAME, sam_frame_kind_name(f->kind));
    return err;
}

static int frames_take(struct sam_sync *s, struct sam_buf *in)
{
    for (;;) {
        if (s->state == SAM_SYNC_CLOSED)
            return SAM_ECLOSED;
        int err = job_start(s);
        if (err) {
            sam_sync_fail(s, SAM_ERROR_BAD_FRAME, "the request cannot be answered");
            return err;
        }
        if (waits_for_host(s) && sam_buf_len(in) <= SAM_BEFORE_WELCOME_BYTES_MAX)
            return 0;
        if (waits_for_host(s))
            return sam_sync_fail(s, SAM_ERROR_TOO_BIG, "too much before the answer to HELLO");
        struct sam_frame f;
        size_t used;
        err = sam_frame_decode(sam_buf_peek(in), &f, &used);
        if (err == SAM_EAGAIN)
            return 0;
        if (err) {
            sam_sync_fail(s, err == SAM_ETOOBIG ? SAM_ERROR_TOO_BIG : SAM_ERROR_BAD_FRAME, "not a frame");
            return err;
        }
        err = frame_take(s, &f);
        sam_buf_consume(in, used);
        if (err)
            return err;
    }
}

int sam_sync_feed(struct sam_sync *s, struct sam_buf *in)
{
    SAM_ASSERT(!s->feeding);
    s->feeding = true;
    int err = frames_take(s, in);
    s->feeding = false;
    return err;
}

static int take_hello(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain)
{
    struct sam_span body;
    const uint8_t *mac;
    struct sam_hello h;
    (void)f;
    int err = sam_mac_split(plain, &body, &mac);
    if (!err)
        err = sam_hello_decode(body, &h);
    if (err)
        return err;
    if (h.protocol != SAM_PROTOCOL_VERSION)
        return sam_sync_fail(s, SAM_ERROR_VERSION, "protocol version is not supported");
    s->state = SAM_SYNC_GREETING;
    return s->ops->hello(s->host, &h, body, mac);
}

static int take_join(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain)
{
    struct sam_span body;
    const uint8_t *mac;
    struct sam_join j;
    (void)f;
    int err = sam_mac_split(plain, &body, &mac);
    if (!err)
        err = sam_join_decode(body, &j);
    if (err)
        return err;
    if (j.protocol != SAM_PROTOCOL_VERSION)
        return sam_sync_fail(s, SAM_ERROR_VERSION, "protocol version is not supported");
    if (j.key_len != SAM_KEY_BYTES || (!j.parent && j.code_len != SAM_CODE_BYTES))
        return SAM_EPROTO;
    s->state = SAM_SYNC_JOINING;
    return s->ops->join(s->host, &j, body, mac);
}

static int take_push(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain)
{
    struct sam_span body;
    const uint8_t *mac;
    struct sam_push p;
    int err = sam_mac_split(plain, &body, &mac);
    if (!err)
        err = sam_push_decode(body, &p);
    if (err)
        return err;
    if (p.op_count == 0 || p.first_seq == 0 || p.first_seq > INT64_MAX - SAM_PUSH_OPS_MAX)
        return SAM_EPROTO;
    if (s->unacked == SAM_PUSH_UNACKED_MAX)
        return sam_sync_fail(s, SAM_ERROR_BAD_STATE, "too many pushes without an answer");
    s->unacked++;
    return s->ops->push(s->host, &p, f, body, mac);
}

static int take_job(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain)
{
    if (s->job_count == JOBS_MAX)
        return sam_sync_fail(s, SAM_ERROR_BUSY, "too many requests at once");
    if (!s->job && !(s->job = calloc(JOBS_MAX, sizeof *s->job)))
        return SAM_ENOMEM;
    struct job *job = &s->job[s->job_count];
    job->kind = f->kind;
    int err = f->kind == SAM_FRAME_PULL ? sam_pull_decode(plain, &job->as.pull) : sam_snap_get_decode(plain, &job->as.snap_get);
    if (!err)
        s->job_count++;
    return err;
}

static int take_welcome(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain)
{
    struct sam_welcome w;
    (void)f;
    int err = sam_welcome_decode(plain, &w);
    if (err)
        return err;
    s->state = SAM_SYNC_OPEN;
    return s->ops->welcome(s->host, &w);
}

static int take_joined(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain)
{
    struct sam_joined j;
    (void)f;
    int err = sam_joined_decode(plain, &j);
    if (err)
        return err;
    s->state = SAM_SYNC_IDLE;
    return s->ops->joined(s->host, &j);
}

static int take_ack(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain)
{
    struct sam_ack a;
    (void)f;
    int err = sam_ack_decode(plain, &a);
    if (err)
        return err;
    if (s->unacked == 0)
        return SAM_EPROTO;
    s->unacked--;
    return s->ops->ack(s->host, &a);
}

static int take_verdicts(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain)
{
    struct sam_verdicts v;
    (void)f;
    int err = sam_verdicts_decode(plain, &v);
    return err ? err : s->ops->verdicts(s->host, &v);
}

static int take_scopes(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain)
{
    struct sam_scopes m;
    (void)f;
    int err = sam_scopes_decode(plain, &m);
    return err ? err : s->ops->scopes(s->host, &m);
}

static int take_changes(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain)
{
    struct sam_changes c;
    (void)f;
    int err = sam_changes_decode(plain, &c);
    return err ? err : s->ops->changes(s->host, &c);
}

static int take_scope_end(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain)
{
    struct sam_scope_end e;
    (void)f;
    int err = sam_scope_end_decode(plain, &e);
    return err ? err : s->ops->scope_end(s->host, &e);
}

static int take_snap_chunk(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain)
{
    struct sam_snap_chunk c;
    (void)f;
    int err = sam_snap_chunk_decode(plain, &c);
    return err ? err : s->ops->snap_chunk(s->host, &c);
}

static int take_ping(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain)
{
    struct sam_ping p;
    (void)f;
    int err = sam_ping_decode(plain, &p);
    if (err || p.reply)
        return err;
    p.reply = true;
    sam_buf_clear(s->body);
    err = sam_ping_encode(s->body, &p);
    return err ? err : sam_sync_send(s, SAM_FRAME_PING, sam_buf_peek(s->body));
}

static int take_poke(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain)
{
    (void)f;
    (void)plain;
    return s->ops->poke(s->host);
}

static int take_wipe(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain)
{
    (void)f;
    (void)plain;
    return s->ops->wipe(s->host);
}

static int take_bye(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain)
{
    struct sam_bye b;
    (void)f;
    int err = sam_bye_decode(plain, &b);
    if (err)
        return err;
    s->state = SAM_SYNC_CLOSED;
    err = s->ops->bye(s->host, &b);
    return err ? err : SAM_ECLOSED;
}

/* An ERROR that answers a PUSH leaves the conversation open; every other one ends it. */
static bool error_is_refusal(uint32_t code)
{
    return code == SAM_ERROR_GAP || code == SAM_ERROR_NOT_ACTIVE || code == SAM_ERROR_BUSY || code == SAM_ERROR_QUOTA ||
           code == SAM_ERROR_READ_ONLY;
}

static int take_error(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain)
{
    struct sam_error *e = calloc(1, sizeof *e);
    (void)f;
    if (!e)
        return SAM_ENOMEM;
    int err = sam_error_decode(plain, e);
    bool open = !err && s->role == SAM_ROLE_DEVICE && s->state == SAM_SYNC_OPEN && s->unacked && error_is_refusal(e->code);
    if (open)
        s->unacked--;
    else
        s->state = SAM_SYNC_CLOSED;
    if (!err)
        err = s->ops->error(s->host, e);
    free(e);
    return err || open ? err : SAM_ECLOSED;
}

/* ---- sending */

int sam_sync_send(struct sam_sync *s, uint8_t kind, struct sam_span body)
{
    if (s->state == SAM_SYNC_CLOSED)
        return SAM_ESTATE;
    return sam_frame_add(s->zip, s->out, kind, body);
}

/* A body and its MAC in s->body become a frame. */
static int send_sealed(struct sam_sync *s, uint8_t kind, struct sam_mac_key *key)
{
    uint8_t mac[SAM_MAC_BYTES] = {0};
    int err = key ? sam_mac(key, kind, sam_buf_peek(s->body), (struct sam_span){0}, mac) : 0;
    if (!err)
        err = sam_buf_add(s->body, mac, sizeof mac);
    return err ? err : sam_sync_send(s, kind, sam_buf_peek(s->body));
}

int sam_sync_send_hello(struct sam_sync *s, const struct sam_hello *h, struct sam_mac_key *key)
{
    if (s->state != SAM_SYNC_IDLE || s->role != SAM_ROLE_DEVICE)
        return SAM_ESTATE;
    sam_buf_clear(s->body);
    int err = sam_hello_encode(s->body, h);
    if (!err)
        err = send_sealed(s, SAM_FRAME_HELLO, key);
    if (err)
        return err;
    s->state = SAM_SYNC_GREETING;
    s->greeting_bytes = sam_buf_len(s->body) + SAM_FRAME_HEAD_BYTES_MAX;
    return 0;
}

int sam_sync_send_join(struct sam_sync *s, const struct sam_join *j, struct sam_mac_key *parent_key)
{
    if (s->state != SAM_SYNC_IDLE || s->role != SAM_ROLE_DEVICE)
        return SAM_ESTATE;
    sam_buf_clear(s->body);
    int err = sam_join_encode(s->body, j);
    if (!err)
        err = send_sealed(s, SAM_FRAME_JOIN, parent_key);
    if (!err)
        s->state = SAM_SYNC_JOINING;
    return err;
}

static bool fits_greeting(const struct sam_sync *s, size_t body_bytes)
{
    return s->greeting_bytes + body_bytes + SAM_FRAME_HEAD_BYTES_MAX <= SAM_BEFORE_WELCOME_BYTES_MAX;
}

bool sam_sync_may_push(const struct sam_sync *s, size_t body_bytes)
{
    if (s->unacked == SAM_PUSH_UNACKED_MAX)
        return false;
    if (s->state == SAM_SYNC_GREETING)
        return fits_greeting(s, body_bytes);
    return s->state == SAM_SYNC_OPEN;
}

int sam_sync_send_push(struct sam_sync *s, struct sam_span body)
{
    if (s->role != SAM_ROLE_DEVICE || (s->state != SAM_SYNC_GREETING && s->state != SAM_SYNC_OPEN))
        return SAM_ESTATE;
    if (!sam_sync_may_push(s, body.len))
        return SAM_EBUSY;
    int err = sam_sync_send(s, SAM_FRAME_PUSH, body);
    if (err)
        return err;
    s->unacked++;
    s->greeting_bytes += body.len + SAM_FRAME_HEAD_BYTES_MAX;
    return 0;
}

static int send_request(struct sam_sync *s, uint8_t kind)
{
    if (s->role != SAM_ROLE_DEVICE || (s->state != SAM_SYNC_GREETING && s->state != SAM_SYNC_OPEN))
        return SAM_ESTATE;
    if (s->state == SAM_SYNC_GREETING) {
        if (!fits_greeting(s, sam_buf_len(s->body)))
            return SAM_EBUSY;
        s->greeting_bytes += sam_buf_len(s->body) + SAM_FRAME_HEAD_BYTES_MAX;
    }
    return sam_sync_send(s, kind, sam_buf_peek(s->body));
}

int sam_sync_send_pull(struct sam_sync *s, const struct sam_pull *p)
{
    sam_buf_clear(s->body);
    int err = sam_pull_encode(s->body, p);
    return err ? err : send_request(s, SAM_FRAME_PULL);
}

int sam_sync_send_snap_get(struct sam_sync *s, const struct sam_snap_get *g)
{
    sam_buf_clear(s->body);
    int err = sam_snap_get_encode(s->body, g);
    return err ? err : send_request(s, SAM_FRAME_SNAP_GET);
}

int sam_sync_send_welcome(struct sam_sync *s, const struct sam_welcome *w)
{
    if (s->role != SAM_ROLE_CENTRE || s->state != SAM_SYNC_GREETING)
        return SAM_ESTATE;
    sam_buf_clear(s->body);
    int err = sam_welcome_encode(s->body, w);
    if (!err)
        err = sam_sync_send(s, SAM_FRAME_WELCOME, sam_buf_peek(s->body));
    if (!err)
        s->state = SAM_SYNC_OPEN;
    return err;
}

int sam_sync_send_joined(struct sam_sync *s, const struct sam_joined *j)
{
    if (s->role != SAM_ROLE_CENTRE || s->state != SAM_SYNC_JOINING)
        return SAM_ESTATE;
    sam_buf_clear(s->body);
    int err = sam_joined_encode(s->body, j);
    if (!err)
        err = sam_sync_send(s, SAM_FRAME_JOINED, sam_buf_peek(s->body));
    if (!err)
        s->state = SAM_SYNC_IDLE;
    return err;
}

int sam_sync_send_ack(struct sam_sync *s, const struct sam_ack *a)
{
    if (s->role != SAM_ROLE_CENTRE || s->state != SAM_SYNC_OPEN)
        return SAM_ESTATE;
    SAM_ASSERT(s->unacked > 0);
    s->unacked--;
    sam_buf_clear(s->body);
    int err = sam_ack_encode(s->body, a);
    return err ? err : sam_sync_send(s, SAM_FRAME_ACK, sam_buf_peek(s->body));
}

static int send_error(struct sam_sync *s, const struct sam_error *e)
{
    sam_buf_clear(s->body);
    int err = sam_error_encode(s->body, e);
    return err ? err : sam_sync_send(s, SAM_FRAME_ERROR, sam_buf_peek(s->body));
}

int sam_sync_refuse_push(struct sam_sync *s, const struct sam_error *e)
{
    if (s->role != SAM_ROLE_CENTRE || s->state != SAM_SYNC_OPEN)
        return SAM_ESTATE;
    SAM_ASSERT(s->unacked > 0);
    SAM_ASSERT(error_is_refusal(e->code));
    s->unacked--;
    return send_error(s, e);
}

void sam_sync_served(struct sam_sync *s)
{
    s->serving = false;
}

int sam_sync_fail_with(struct sam_sync *s, const struct sam_error *e)
{
    if (s->state == SAM_SYNC_CLOSED)
        return SAM_ECLOSED;
    int err = send_error(s, e);
    s->state = SAM_SYNC_CLOSED;
    return err ? err : SAM_EPROTO;
}

int sam_sync_fail(struct sam_sync *s, uint32_t code, const char *text)
{
    struct sam_error *e = calloc(1, sizeof *e);
    if (!e) {
        s->state = SAM_SYNC_CLOSED;
        return SAM_ENOMEM;
    }
    e->code = code;
    size_t n = strnlen(text, sizeof e->text - 1);
    memcpy(e->text, text, n);
    int err = sam_sync_fail_with(s, e);
    free(e);
    return err;
}

int sam_sync_send_bye(struct sam_sync *s, uint32_t retry_after_s, const char *text)
{
    struct sam_bye b = {.retry_after_s = retry_after_s};
    size_t n = strnlen(text, sizeof b.text - 1);
    memcpy(b.text, text, n);
    sam_buf_clear(s->body);
    int err = sam_bye_encode(s->body, &b);
    if (!err)
        err = sam_sync_send(s, SAM_FRAME_BYE, sam_buf_peek(s->body));
    s->state = SAM_SYNC_CLOSED;
    return err;
}

int sam_push_seal(struct sam_mac_key *key, uint64_t device_no, const struct sam_push *push, unsigned count,
                  uint64_t chain_before, struct sam_buf *body)
{
    uint8_t tail[SAM_PUSH_TAIL_BYTES], mac[SAM_MAC_BYTES];
    int err = sam_push_encode(body, push);
    if (err)
        return err;
    sam_push_tail(tail, device_no, push->first_seq, count, chain_before, push->chain);
    err = sam_mac(key, SAM_FRAME_PUSH, sam_buf_peek(body), (struct sam_span){tail, sizeof tail}, mac);
    return err ? err : sam_buf_add(body, mac, sizeof mac);
}
