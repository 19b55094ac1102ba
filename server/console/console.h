/* The coordinator's console: HTTP inside TLS. It knows no sockets, threads or clocks: whoever has them hands it decrypted bytes,
 * takes bytes from it, and lends it the threads on which the store is read and written.
 *
 *      bytes --console_feed--> http --route--> ask --now | read thread | write thread--> reply --console_out--> bytes
 *
 * Invariants
 *  1. Answers leave in the order of their requests: the next request is taken when the answer before it has gone out.
 *  2. One connection holds at most: a head and a body (http.h), one answer of REPLY_BYTES_MAX and its head; a body of more than
 *     CONSOLE_BODY_EARLY_BYTES only where the route's right was there before its first byte came.
 *  3. Nothing here waits. Whoever does not send, or does not take what he asked for, in time is closed.
 *  4. An ask comes back exactly once from the host's read or write, on the loop's thread.
 *  5. An answer that shows persons leaves when the access log says so: what was read goes to the write thread before it goes out. */
#ifndef CONSOLE_CONSOLE_H
#define CONSOLE_CONSOLE_H

#include "server/console/ask.h"

#define CONSOLE_BODY_EARLY_BYTES (16u * 1024u) /* of somebody who has not proved who he is */
#define CONSOLE_KEEP_MS 15000u                 /* a stream of news says that it is alive */
#define CONSOLE_TAKE_MS 30000u                 /* for taking an answer, beside the time at http.rate_bytes_per_s */
#define CONSOLE_STREAMS_OWN_MAX 8u             /* of news, of one session: windows that one person has open */
#define CONSOLE_RETRY_S 2u
#define CONSOLE_SOCKET 2

struct console_limits {
    struct http_limits http;
    uint64_t body_bytes, import_bytes;
    uint32_t events; /* streams of news at once */
};

struct console_host {
    void *ctx;
    int64_t (*now_s)(void *ctx);
    bool (*read_only)(void *ctx); /* is the disk nearly full? */
    /* May who sends this request do what needs ${right}? Fills in a->session. On the loop's thread; must not wait. */
    bool (*may)(void *ctx, const struct http_request *r, enum right right, struct ask *a);
    /* Run the ask's handler on the read thread, or on the write thread in a transaction, then call console_answered on the
     * loop's thread, later. SAM_EBUSY: not now, and nothing was done. */
    int (*read)(void *ctx, struct ask *a);
    int (*write)(void *ctx, struct ask *a);
    /* As ask_verb, and as ask_look. NULL: there are no verbs. */
    int (*verb)(void *ctx, struct ask *a, struct intake *in, int argc, const char *const *argv);
    int (*look)(void *ctx, struct ask *a, struct store *st, int argc, const char *const *argv);
};

struct console_config {
    struct console_limits limits;
    struct console_host host;
    struct gate *gate;          /* for handlers: ask.gate */
    const char *backup;         /* for handlers: ask.backup */
    const struct app_file *app; /* the tablet app, which outlives it; NULL: there is none */
    const struct route *routes; /* route_table, or a test's */
    unsigned route_count;
    void (*wake)(void *line); /* there is something for console_out of the peer on this line */
};

/* For the host's threads: run the handler of an ask. As the handler. ask_write also notes what a reading one has shown; ask_alone(a): it
 * needs a transaction of its own, which a handler may refuse to keep. */
int ask_read(struct ask *a, struct store *st);
int ask_write(struct ask *a, struct intake *in);
bool ask_alone(const struct ask *a);
/* console_answered(a, err): its handler has run, or could not; ASK_REFUSED too. ${a} is the console's again. */
void console_answered(struct ask *a, int err);

void console_limits_defaults(struct console_limits *l);
/* console_open(out, config): SAM_ENOMEM, or as assets_new and app_new. */
int console_open(struct console **out, const struct console_config *config);
/* console_close(c): after the last peer is freed and the last ask is answered. */
void console_close(struct console *c);
/* console_changed(c): something was committed: every stream of news gets one event, unless it has not taken the one before. */
void console_changed(struct console *c);

/* console_end(c, session): it is over: what its connections have not sent yet is dropped, and they are closed. The answer of a handler
 * that runs just now still goes out. */
void console_end(struct console *c, uint64_t session);

/* One connection. The functions fit struct listener_web; ${address} outlives the peer. */
struct peer *console_new(struct console *c, void *line, const char *address, uint64_t now_ms);
/* console_feed(p, in): take bytes while there is nothing to answer. Whether any were taken. */
bool console_feed(struct peer *p, struct sam_buf *in, uint64_t now_ms);
/* console_out(p, out): put what is to be sent behind what is in ${out}. 1: something; 0: nothing now; SAM_ECLOSED: nothing more,
 * close when all is sent; CONSOLE_SOCKET: all is in ${out}, and what comes behind the request is a WebSocket's, not this one's. */
int console_out(struct peer *p, struct sam_buf *out, uint64_t now_ms);
/* console_tick(p, now_ms, taken_ms): about once a second; ${taken_ms}: see http_late. 0, or SAM_ETIMEOUT: close now. */
int console_tick(struct peer *p, uint64_t now_ms, uint64_t taken_ms);
/* console_proved(p): its last request came from somebody with a session. */
bool console_proved(const struct peer *p);
void console_free(struct peer *p);

/* console_try(p, n): bytes as one connection would bring them, for programs that look for faults; nothing is answered by threads. */
void console_try(const uint8_t *p, size_t n);

#endif
