/* A connection that speaks http/1.1: its bytes go to whoever the listener was given for that, and come from there. */
#include "proto/base/err.h"
#include "proto/base/log.h"
#include "server/net/conn_int.h"

/* Those that are asked by nobody who has proved who he is, of one address; and all of them. */
static bool web_full(const struct conn *c)
{
    const struct listener *l = c->l;
    unsigned all = 0, same = 0;
    for (struct conn *other = TAILQ_FIRST(&l->conns); other; other = TAILQ_NEXT(other, all)) {
        bool early = other->socket && other->device_no == 0; /* a WebSocket that has not proved anything either */
        if ((!other->web && !early) || other->closing)
            continue;
        all++;
        same += (early || !l->config.web->proved(other->web)) && limit_address_same(&c->from, &other->from);
    }
    return all >= l->config.web_max || same >= l->config.web_per_address_max;
}

bool conn_web_new(struct conn *c)
{
    const struct listener_web *web = c->l->config.web;
    if (web_full(c)) {
        c->l->counters.refused++;
        sam_log(SAM_LOG_WARN, "web_full", "conn=%llu address=%s", (unsigned long long)c->id, c->address);
        return false;
    }
    c->web = web->open(web->ctx, c, c->address, uv_now(c->l->config.loop));
    if (!c->web)
        return false;
    conn_early_leave(c);
    listener_admit(c->l);
    return true;
}

void conn_web_free(struct conn *c)
{
    if (c->web)
        c->l->config.web->free(c->web);
    c->web = NULL;
}

bool conn_web_feed(struct conn *c)
{
    return c->l->config.web->feed(c->web, &c->plain_in, uv_now(c->l->config.loop));
}

bool conn_web_out(struct conn *c)
{
    int out = c->l->config.web->out(c->web, &c->plain_out, uv_now(c->l->config.loop));
    if (out < 0) {
        conn_shut(c);
    } else if (out == LISTENER_WEB_SOCKET) {
        conn_web_free(c);
        if (conn_socket_new(c))
            conn_close(c, "no memory");
    }
    return out != 0;
}

/* At the rate at which a peer must take bytes anyway, all that waits has gone by then. */
static uint64_t last_words_ms(const struct conn *c)
{
    return CONN_SHUT_MS + (uint64_t)conn_out_waiting(c) * 1000u / CONN_WEB_RATE_BYTES_PER_S;
}

void conn_web_tick(struct conn *c, uint64_t now_ms)
{
    if (c->lingers ? now_ms - c->shut_ms > CONN_LINGER_MS : c->shut && now_ms - c->shut_ms > last_words_ms(c))
        conn_close(c, "last words took too long");
    else if (!c->shut && c->l->config.web->tick(c->web, now_ms, c->queue_seen ? now_ms : c->progress_ms))
        conn_close(c, "too slow");
    else if (!c->shut)
        conn_turn(c);
}

/* All is said. What the peer still sends is read away until it closes too, or its system would take the answer back. */
void conn_web_linger(struct conn *c)
{
    if (c->lingers)
        return;
    c->lingers = true;
    c->shut_ms = uv_now(c->l->config.loop);
    c->shutdown.data = c;
    if (uv_shutdown(&c->shutdown, (uv_stream_t *)&c->tcp, NULL))
        conn_close(c, "said");
}

void listener_web_wake(struct conn *c)
{
    conn_turn(c);
}
