/* Frames that came: each is decoded, checked and handed to the host. */
#include "proto/base/err.h"
#include "proto/sync/sync_int.h"
#include "proto/wire/proof.h"

#include <stdlib.h>

int sam_sync_take_hello(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain)
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

int sam_sync_take_join(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain)
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

int sam_sync_take_push(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain)
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

int sam_sync_take_job(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain)
{
    if (s->job_count == SAM_SYNC_JOBS_MAX)
        return sam_sync_fail(s, SAM_ERROR_BUSY, "too many requests at once");
    if (!s->job && !(s->job = calloc(SAM_SYNC_JOBS_MAX, sizeof *s->job)))
        return SAM_ENOMEM;
    struct job *job = &s->job[s->job_count];
    job->kind = f->kind;
    int err = f->kind == SAM_FRAME_PULL ? sam_pull_decode(plain, &job->as.pull)
                                        : sam_snap_get_decode(plain, &job->as.snap_get);
    if (!err)
        s->job_count++;
    return err;
}

int sam_sync_take_welcome(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain)
{
    struct sam_welcome w;
    (void)f;
    int err = sam_welcome_decode(plain, &w);
    if (err)
        return err;
    s->state = SAM_SYNC_OPEN;
    return s->ops->welcome(s->host, &w);
}

int sam_sync_take_joined(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain)
{
    struct sam_joined j;
    (void)f;
    int err = sam_joined_decode(plain, &j);
    if (err)
        return err;
    s->state = SAM_SYNC_IDLE;
    return s->ops->joined(s->host, &j);
}

int sam_sync_take_ack(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain)
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

int sam_sync_take_verdicts(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain)
{
    struct sam_verdicts v;
    (void)f;
    int err = sam_verdicts_decode(plain, &v);
    return err ? err : s->ops->verdicts(s->host, &v);
}

int sam_sync_take_scopes(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain)
{
    struct sam_scopes m;
    (void)f;
    int err = sam_scopes_decode(plain, &m);
    return err ? err : s->ops->scopes(s->host, &m);
}

int sam_sync_take_changes(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain)
{
    struct sam_changes c;
    (void)f;
    int err = sam_changes_decode(plain, &c);
    return err ? err : s->ops->changes(s->host, &c);
}

int sam_sync_take_scope_end(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain)
{
    struct sam_scope_end e;
    (void)f;
    int err = sam_scope_end_decode(plain, &e);
    return err ? err : s->ops->scope_end(s->host, &e);
}

int sam_sync_take_snap_chunk(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain)
{
    struct sam_snap_chunk c;
    (void)f;
    int err = sam_snap_chunk_decode(plain, &c);
    return err ? err : s->ops->snap_chunk(s->host, &c);
}

int sam_sync_take_ping(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain)
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

int sam_sync_take_poke(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain)
{
    (void)f;
    (void)plain;
    return s->ops->poke(s->host);
}

int sam_sync_take_wipe(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain)
{
    (void)f;
    (void)plain;
    return s->ops->wipe(s->host);
}

int sam_sync_take_bye(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain)
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

int sam_sync_take_error(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain)
{
    struct sam_error *e = calloc(1, sizeof *e);
    (void)f;
    if (!e)
        return SAM_ENOMEM;
    int err = sam_error_decode(plain, e);
    bool open = !err && s->role == SAM_ROLE_DEVICE && s->state == SAM_SYNC_OPEN && s->unacked &&
                sam_sync_error_refuses(e->code);
    if (open)
        s->unacked--;
    else
        s->state = SAM_SYNC_CLOSED;
    if (!err)
        err = s->ops->error(s->host, e);
    free(e);
    return err || open ? err : SAM_ECLOSED;
}
