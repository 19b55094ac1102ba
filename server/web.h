/* Where the console meets the sockets and the threads: it hands a listener the console's connections, runs the console's asks on
 * the read thread and the write thread, and tells it of commits. */
#ifndef SERVER_WEB_H
#define SERVER_WEB_H

#include "server/console/console.h"
#include "server/net/listener.h"

#include <uv.h>

#define WEB_NEWS_MS 250u /* at most one event in this time */

struct web;

struct web_config {
    uv_loop_t *loop;
    struct writer *writer;
    struct store *reader; /* the read thread's alone, until web_stop */
    struct console_limits limits;
    /* as struct console_host; NULL: accounts, sessions and rights as the store has them, and then: */
    bool (*may)(void *ctx, const struct http_request *r, enum right right, struct ask *a);
    struct store *accounts;     /* the loop's thread alone, outside of every snapshot; until web_close */
    const char *issuer;         /* what an authenticator app calls the centre; until web_open returns */
    const char *backup;         /* the folder of backups; NULL: unknown */
    const struct app_file *app; /* as struct console_config's */
    bool (*read_only)(void *ctx);
    int (*verb)(void *ctx, struct ask *a, struct intake *in, int argc,
                const char *const *argv); /* as struct console_host's */
    int (*look)(void *ctx, struct ask *a, struct store *st, int argc,
                const char *const *argv); /* as ask_look; NULL: none */
    void (*devices_changed)(void *ctx);   /* a verb may have changed what a connected device is */
    void *ctx;
    const struct route *routes; /* NULL: route_table */
    unsigned route_count;
};

/* web_open(out, config): SAM_ENOMEM; SAM_EIO no thread; as console_open. */
int web_open(struct web **out, const struct web_config *config);
/* web_peers(w): for struct listener_config; valid until web_close. */
const struct listener_web *web_peers(struct web *w);
/* web_touched(w): something was committed. */
void web_touched(struct web *w);
/* web_accounts_changed(w): an account may be another one: look at the sessions now. */
void web_accounts_changed(struct web *w);
/* web_stop(w): after the listener is closed, before the writer is stopped: end its threads. web_close(w): after the writer is stopped and the loop has run. */
void web_stop(struct web *w);
void web_close(struct web *w);

#endif
