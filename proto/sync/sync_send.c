/* Frames that go: what may be said in which state, and what it changes. */
#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/sync/sync_int.h"
#include "proto/wire/proof.h"

#include <stdlib.h>
#include <string.h>

/* An ERROR that answers a PUSH leaves the conversation open; every other one ends it. */
bool sam_sync_error_refuses(uint32_t code)
{
    return code == SAM_ERROR_GAP || code == SAM_ERROR_NOT_ACTIVE || code == SAM_ERROR_BUSY || code == SAM_ERROR_QUOTA ||
           code == SAM_ERROR_READ_ONLY;
}

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
    SAM_ASSERT(sam_sync_error_refuses(e->code));
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
