#include "server/net/websocket.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"

#include <stdlib.h>
#include <string.h>
#include <wslay/wslay.h>

#define HEAD_BYTES_MAX 10u /* of a frame that is not masked */
#define CONTROL_BYTES_MAX 125u
#define CODE_BYTES 2u

struct websocket {
    wslay_frame_context_ptr frame;
    struct sam_buf *in, *out; /* of the call that is under way */
    /* the frame that is being read */
    uint64_t left; /* of its payload */
    uint8_t opcode;
    uint8_t control[CONTROL_BYTES_MAX]; /* a ping's or Close's payload */
    size_t control_len;
    /* the message */
    bool inside; /* its last fragment has not begun */
    uint64_t message_bytes;
    unsigned fragments;
    /* the end */
    bool closed;
    unsigned code;
    const char *why;
};

/* ---- the library's hands */

static ssize_t websocket_recv_cb(uint8_t *mem, size_t n, int flags, void *ctx)
{
    struct websocket *w = ctx;
    struct sam_span in = sam_buf_peek(w->in);
    size_t take = in.len < n ? in.len : n;
    (void)flags;
    if (take == 0)
        return -1; /* nothing now */
    memcpy(mem, in.ptr, take);
    sam_buf_consume(w->in, take);
    return (ssize_t)take;
}

/* Room was made sure of: what is taken in part, the library does not go on with by itself. */
static ssize_t websocket_send_cb(const uint8_t *p, size_t n, int flags, void *ctx)
{
    const struct websocket *w = ctx;
    (void)flags;
    return sam_buf_add(w->out, p, n) ? -1 : (ssize_t)n;
}

static const struct wslay_frame_callbacks hands = {websocket_send_cb, websocket_recv_cb, NULL};

struct websocket *websocket_new(void)
{
    struct websocket *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->why = "";
    if (wslay_frame_context_init(&w->frame, &hands, w)) {
        free(w);
        return NULL;
    }
    return w;
}

void websocket_free(struct websocket *w)
{
    if (!w)
        return;
    wslay_frame_context_free(w->frame);
    free(w);
}

/* ---- sending */

/* false: no memory, or no room, and then the line is of no use any more. */
static bool frame_send(struct websocket *w, uint8_t opcode, const uint8_t *p, size_t n, struct sam_buf *out)
{
    struct wslay_frame_iocb f = {.fin = 1, .opcode = opcode, .payload_length = n, .data = p, .data_length = n};
    w->out = out;
    if (n == 0)
        return wslay_frame_send(w->frame, &f) == 0;
    while (f.data_length) {
        ssize_t sent = wslay_frame_send(w->frame, &f);
        if (sent <= 0)
            return false;
        f.data += sent;
        f.data_length -= (size_t)sent;
    }
    return true;
}

bool websocket_write(struct websocket *w, struct sam_buf *said, struct sam_buf *out)
{
    struct sam_span what = sam_buf_peek(said);
    size_t room = sam_buf_room(out),
           n = what.len < WEBSOCKET_MESSAGE_BYTES_MAX ? what.len : WEBSOCKET_MESSAGE_BYTES_MAX;
    if (w->closed || n == 0 || room < WEBSOCKET_CHUNK_BYTES)
        return false;
    n = n < room - HEAD_BYTES_MAX ? n : room - HEAD_BYTES_MAX;
    if (!sam_buf_reserve(out, n + HEAD_BYTES_MAX) || !frame_send(w, WSLAY_BINARY_FRAME, what.ptr, n, out))
        return false;
    sam_buf_consume(said, n);
    return true;
}

bool websocket_close(struct websocket *w, enum websocket_code code, struct sam_buf *out)
{
    const uint8_t bytes[CODE_BYTES] = {(uint8_t)(code >> 8), (uint8_t)code};
    if (w->closed || sam_buf_room(out) < HEAD_BYTES_MAX + CODE_BYTES)
        return false;
    w->closed = true;
    w->code = code;
    return frame_send(w, WSLAY_CONNECTION_CLOSE, bytes, code == WEBSOCKET_NO_CODE ? 0 : sizeof bytes, out);
}

/* ---- reading */

static int broken(struct websocket *w, enum websocket_code code, const char *why, struct sam_buf *out)
{
    w->why = why;
    websocket_close(w, code, out);
    return SAM_EPROTO;
}

/* Codes that a peer may name (RFC 6455, 7.4). */
static bool is_code(unsigned code)
{
    return (code >= 1000 && code <= 1011 && code != 1004 && code != 1005 && code != 1006) ||
           (code >= 3000 && code <= 4999);
}

static int goodbye(struct websocket *w, struct sam_buf *out)
{
    unsigned code = w->control_len < CODE_BYTES ? WEBSOCKET_NO_CODE : (unsigned)w->control[0] << 8 | w->control[1];
    if (w->control_len == 1 || (w->control_len && !is_code(code)))
        return broken(w, WEBSOCKET_PROTOCOL, "a Close with no right code", out);
    websocket_close(w, (enum websocket_code)code, out);
    return SAM_ECLOSED;
}

/* The payload of a ping, pong or Close is here. */
static int control_end(struct websocket *w, struct sam_buf *out)
{
    if (w->opcode == WSLAY_CONNECTION_CLOSE)
        return goodbye(w, out);
    if (w->opcode == WSLAY_PING && !frame_send(w, WSLAY_PONG, w->control, w->control_len, out))
        return broken(w, WEBSOCKET_GOING_AWAY, "no memory", out);
    return 1;
}

static int fragment_begin(struct websocket *w, const struct wslay_frame_iocb *f, struct sam_buf *out)
{
    bool goes_on = f->opcode == WSLAY_CONTINUATION_FRAME;
    if (goes_on != w->inside)
        return broken(w, WEBSOCKET_PROTOCOL, goes_on ? "nothing goes on here" : "a message inside a message", out);
    if (!goes_on)
        w->message_bytes = w->fragments = 0;
    w->inside = !f->fin;
    w->fragments++;
    if (f->payload_length > WEBSOCKET_MESSAGE_BYTES_MAX - w->message_bytes)
        return broken(w, WEBSOCKET_TOO_BIG, "a message of too many bytes", out);
    if (w->fragments > WEBSOCKET_FRAGMENTS_MAX)
        return broken(w, WEBSOCKET_TOO_BIG, "a message of too many fragments", out);
    w->message_bytes += f->payload_length;
    return 1;
}

static int frame_begin(struct websocket *w, const struct wslay_frame_iocb *f, struct sam_buf *out)
{
    if (f->rsv)
        return broken(w, WEBSOCKET_PROTOCOL, "reserved bits", out);
    if (!f->mask)
        return broken(w, WEBSOCKET_PROTOCOL, "not masked", out);
    w->opcode = f->opcode;
    w->left = f->payload_length;
    w->control_len = 0;
    switch (f->opcode) {
    case WSLAY_CONTINUATION_FRAME:
    case WSLAY_BINARY_FRAME: return fragment_begin(w, f, out);
    case WSLAY_CONNECTION_CLOSE:
    case WSLAY_PING:
    case WSLAY_PONG: return 1; /* the library holds them to 125 bytes in one piece */
    case WSLAY_TEXT_FRAME: return broken(w, WEBSOCKET_NOT_BINARY, "text", out);
    default: return broken(w, WEBSOCKET_PROTOCOL, "a kind of frame that is none", out);
    }
}

/* One piece of a frame, as the library has unmasked it; a frame of nothing is one piece. */
static int piece(struct websocket *w, const struct wslay_frame_iocb *f, struct sam_buf *heard, struct sam_buf *out)
{
    int got = w->left ? 1 : frame_begin(w, f, out);
    if (got < 0)
        return got;
    SAM_ASSERT(f->data_length <= w->left);
    w->left -= f->data_length;
    if (!wslay_is_ctrl_frame(w->opcode))
        return sam_buf_add(heard, f->data, f->data_length) ? broken(w, WEBSOCKET_GOING_AWAY, "no memory", out) : 1;
    SAM_ASSERT(w->control_len + f->data_length <= sizeof w->control);
    if (f->data_length)
        memcpy(w->control + w->control_len, f->data, f->data_length);
    w->control_len += f->data_length;
    return w->left ? 1 : control_end(w, out);
}

int websocket_read(struct websocket *w, struct sam_buf *in, struct sam_buf *heard, struct sam_buf *out)
{
    int moved = 0;
    w->in = in;
    while (!w->closed && sam_buf_room(heard) >= WEBSOCKET_CHUNK_BYTES && sam_buf_room(out) >= WEBSOCKET_CHUNK_BYTES) {
        struct wslay_frame_iocb f = {0};
        ssize_t n = wslay_frame_recv(w->frame, &f);
        if (n == WSLAY_ERR_WANT_READ)
            break;
        if (n < 0)
            return broken(w, WEBSOCKET_PROTOCOL, "not a frame", out);
        moved = piece(w, &f, heard, out);
        if (moved < 0)
            return moved;
    }
    return moved;
}

/* ---- small answers */

bool websocket_closed(const struct websocket *w)
{
    return w->closed;
}
unsigned websocket_code(const struct websocket *w)
{
    return w->code;
}
const char *websocket_why(const struct websocket *w)
{
    return w->why;
}
