/* The life of a conversation, the table of states, and how input is read against it. */
#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/sync/sync_int.h"

#include <stdlib.h>
#include <string.h>

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

static const struct rule rules[SAM_FRAME_KIND_MAX + 1] = {
    [SAM_FRAME_HELLO] = {CENTRE, IN(IDLE), sam_sync_take_hello},
    [SAM_FRAME_JOIN] = {CENTRE, IN(IDLE), sam_sync_take_join},
    [SAM_FRAME_PUSH] = {CENTRE, IN(OPEN), sam_sync_take_push},
    [SAM_FRAME_PULL] = {CENTRE, IN(OPEN), sam_sync_take_job},
    [SAM_FRAME_SNAP_GET] = {CENTRE, IN(OPEN), sam_sync_take_job},
    [SAM_FRAME_WELCOME] = {DEVICE, IN(GREETING), sam_sync_take_welcome},
    [SAM_FRAME_JOINED] = {DEVICE, IN(JOINING), sam_sync_take_joined},
    [SAM_FRAME_ACK] = {DEVICE, IN(OPEN), sam_sync_take_ack},
    [SAM_FRAME_VERDICTS] = {DEVICE, IN(OPEN), sam_sync_take_verdicts},
    [SAM_FRAME_SCOPES] = {DEVICE, IN(OPEN), sam_sync_take_scopes},
    [SAM_FRAME_CHANGES] = {DEVICE, IN(OPEN), sam_sync_take_changes},
    [SAM_FRAME_SCOPE_END] = {DEVICE, IN(OPEN), sam_sync_take_scope_end},
    [SAM_FRAME_SNAP_CHUNK] = {DEVICE, IN(OPEN), sam_sync_take_snap_chunk},
    [SAM_FRAME_POKE] = {DEVICE, IN(OPEN), sam_sync_take_poke},
    [SAM_FRAME_WIPE] = {DEVICE, IN(OPEN), sam_sync_take_wipe},
    [SAM_FRAME_PING] = {CENTRE | DEVICE, IN(OPEN), sam_sync_take_ping},
    [SAM_FRAME_BYE] = {CENTRE | DEVICE, ALIVE, sam_sync_take_bye},
    [SAM_FRAME_ERROR] = {CENTRE | DEVICE, ALIVE, sam_sync_take_error},
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

enum sam_sync_state sam_sync_state(const struct sam_sync *s)
{
    return s->state;
}
unsigned sam_sync_pushes_unacked(const struct sam_sync *s)
{
    return s->unacked;
}

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
        int err = job.kind == SAM_FRAME_PULL ? s->ops->pull(s->host, &job.as.pull)
                                             : s->ops->snap_get(s->host, &job.as.snap_get);
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
        return sam_sync_fail(s, err == SAM_ETOOBIG ? SAM_ERROR_TOO_BIG : SAM_ERROR_BAD_FRAME,
                             "body cannot be inflated");
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
