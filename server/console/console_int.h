/* What console.c (a connection) and console_ask.c (a request) share. */
#ifndef CONSOLE_CONSOLE_INT_H
#define CONSOLE_CONSOLE_INT_H

#include "server/console/console.h"

#include <sys/queue.h>

struct peer {
    TAILQ_ENTRY(peer) all;
    struct console *console;
    void *line;
    const char *address;
    struct http *http;
    struct ask *ask;          /* being answered */
    bool at_work;             /* its handler is on another thread */
    struct sam_buf head;      /* of the answer, or events */
    struct sam_span rest;     /* of the answer's body that has not gone out; borrowed from ask */
    bool answering;           /* the answer of ask is on its way out */
    bool stream, over;        /* over: nothing is read any more */
    bool socket;              /* it is a WebSocket when the head has gone out */
    uint64_t session;         /* of its last request, 0: nobody's */
    uint64_t since_ms, taken; /* since when, and how much of, something is being taken; since_ms 0: nothing is */
    uint64_t said_ms;         /* when it was last told something */
};
TAILQ_HEAD(peer_list, peer);

struct console {
    struct console_config config;
    struct assets *assets;
    struct app *app;
    struct peer_list peers;
    unsigned streams, asks;
};

/* peer_ask(p, now_ms): the head of a request is here: look for its route and right, or refuse it. */
void peer_ask(struct peer *p, uint64_t now_ms);
/* peer_run(p): the request is whole. */
void peer_run(struct peer *p);
/* peer_refuse(p, status): the answer to what is no request of ours; the connection ends. */
void peer_refuse(struct peer *p, unsigned status);
void ask_free(struct ask *a);

#endif
