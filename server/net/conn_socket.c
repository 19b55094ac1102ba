/* A connection whose http/1.1 became the WebSocket /sync: the same conversation as on TCP, with one more pump between it and TLS.
 *
 *      tls --> plain_in --websocket_read--> heard --> sync        tls <-- plain_out <--websocket_write-- said <-- sync
 *
 * Until its HELLO is answered it counts as one of its address's unproven http connections, and has the time of a handshake; from
 * then on its device answers for it. */
#include "proto/base/err.h"
#include "proto/base/log.h"
#include "server/net/conn_int.h"

#include <stdlib.h>

#define CONN_HEARD_BYTES \
    (SAM_BEFORE_WELCOME_BYTES_MAX + SAM_FRAME_BODY_BYTES_MAX + SAM_FRAME_HEAD_BYTES_MAX + WEBSOCKET_CHUNK_BYTES)

int conn_socket_new(struct conn *c)
{
    struct conn_socket *s = calloc(1, sizeof *s);
    if (!s)
        return SAM_ENOMEM;
    sam_buf_init(&s->heard, CONN_HEARD_BYTES);
    sam_buf_init(&s->said, CONN_PLAIN_OUT_BYTES);
    c->socket = s;
    s->ws = websocket_new();
    c->born_ms = uv_now(c->l->config.loop); /* HELLO has its own time */
    sam_log(SAM_LOG_INFO, "websocket", "conn=%llu address=%s", (unsigned long long)c->id, c->address);
    return s->ws ? conn_host_new(c) : SAM_ENOMEM;
}

void conn_socket_free(struct conn *c)
{
    struct conn_socket *s = c->socket;
    if (!s)
        return;
    websocket_free(s->ws);
    sam_buf_fini(&s->heard);
    sam_buf_fini(&s->said);
    free(s);
    c->socket = NULL;
}

bool conn_socket_read(struct conn *c)
{
    struct conn_socket *s = c->socket;
    int got = websocket_read(s->ws, &c->plain_in, &s->heard, &c->plain_out);
    if (got == SAM_EPROTO)
        sam_log(SAM_LOG_INFO, "websocket_refused", "conn=%llu address=%s device=%llu code=%u why=\"%s\" count=%llu",
                (unsigned long long)c->id, c->address, (unsigned long long)c->device_no, websocket_code(s->ws),
                websocket_why(s->ws), (unsigned long long)++c->l->counters.websockets_refused);
    if (got < 0) { /* nothing may follow a Close */
        sam_buf_clear(&s->said);
        conn_shut(c);
    }
    return got != 0;
}

bool conn_socket_write(struct conn *c)
{
    struct conn_socket *s = c->socket;
    if (websocket_write(s->ws, &s->said, &c->plain_out))
        return true;
    return c->shut && sam_buf_len(&s->said) == 0 && websocket_close(s->ws, WEBSOCKET_NORMAL, &c->plain_out);
}
