/* Goal: a serving centre without its process: a listener with the real threads behind real TLS on a port of loopback, with a console where a
 * test wants one; and clients that speak to it from a thread of their own. What fails in the centre ends the program (check.h); what a client
 * finds wrong is a number. */
#ifndef TESTS_LIB_PORCH_H
#define TESTS_LIB_PORCH_H

#include "proto/wire/cert.h"
#include "server/net/listener.h"
#include "server/web.h"

#include <uv.h>

struct porch {
    char folder[64], path[96];
    uint8_t pin[SAM_CERT_PIN_BYTES];
    struct intake *in;
    struct store *reader, *web_reader;
    uv_loop_t loop;
    struct writer *writer;
    struct listener *listener;
    struct web *web; /* NULL: no console */
    struct sam_tls_config *tls;
    uv_async_t over;
    uint16_t port;
    int result;
};

/* porch_open(p, limits, web): ${limits} changes what a listener has by itself; ${web}: its may(), routes and route_count; NULL: none. */
void porch_open(struct porch *p, void (*limits)(struct listener_config *), const struct web_config *web);
void porch_close(struct porch *p);

/* porch_play(p, act): ${act} in a thread of its own, while the loop runs here. Its result: 0 is what was hoped for. */
int porch_play(struct porch *p, int (*act)(struct porch *p));

/* porch_dial(p): a socket that gives up after some seconds; -1. */
int porch_dial(const struct porch *p);

struct porch_line {
    int fd;
    struct sam_tls *tls;
    struct sam_tls_config *config;
    struct sam_buf in, out;
};
/* porch_line_open(l, p, alpn): the handshake is over; 0 too where the other side says farewell at once. Closed also after a failure. */
int porch_line_open(struct porch_line *l, const struct porch *p, const char *alpn);
void porch_line_close(struct porch_line *l);
/* porch_line_wait(l): whatever comes next. porch_line_say(l, bytes). SAM_ECLOSED; as sam_tls_pump. */
int porch_line_wait(struct porch_line *l);
int porch_line_say(struct porch_line *l, struct sam_span bytes);

#endif
