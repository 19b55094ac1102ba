/* One request on its way to its answer. It owns all that it holds, so that the connection may go while another thread has it. */
#ifndef CONSOLE_ASK_H
#define CONSOLE_ASK_H

#include "server/console/asset.h"
#include "server/console/reply.h"
#include "server/console/route.h"

#define ASK_QUERY_BYTES_MAX 512u
#define ASK_ETAG_BYTES_MAX 64u
#define ASK_ADDRESS_BYTES_MAX 46u /* of an IPv6 address, with the 0 behind it */

struct console;
struct gate;
struct peer;

struct ask {
    const struct route *route;
    uint64_t id[ROUTE_IDS_MAX];
    unsigned id_count;
    char name[ROUTE_NAME_BYTES_MAX + 1];
    char query[ASK_QUERY_BYTES_MAX + 1];  /* as it came; one that is longer is no address of ours */
    char if_none[ASK_ETAG_BYTES_MAX + 1]; /* If-None-Match; empty: none */
    char address[ASK_ADDRESS_BYTES_MAX];  /* where it came from */
    struct sam_buf body;
    int64_t now_s;
    uint64_t session;            /* that it belongs to, as the host's may() says; 0: nobody's */
    struct login_session who;    /* the same as it was then, also one that is not open; without its ids */
    uint8_t sid[LOGIN_ID_BYTES]; /* the session's id, on the loop's thread alone */
    bool token_ok;               /* it brought the session's token along */
    struct gate *gate;           /* outlives it; NULL: there is none */
    const char *backup;          /* the folder of backups; NULL: unknown */
    bool read_only;              /* the centre takes nothing in: its disk is nearly full */
    const struct assets *assets; /* outlives it */
    struct reply reply;
    /* the console's own */
    struct console *console;
    struct peer *peer; /* NULL: nobody waits for it any more */
    bool json, head, last;
};

/* ask_query(a, name, out, size): the value of "name=" in the query, as it came; false: it is not there, or too long. */
bool ask_query(const struct ask *a, const char *name, char *out, size_t size);

#endif
