/* Which address is what: the table route.def. A row is a method, a pattern, the right that is needed, where the handler runs,
 * and the body it takes.
 *
 *      /api/case/{id}      a number of 1 to 2^63 - 1 without zeros before it
 *      /web/{name}         1 to 60 of a-z 0-9 . _ -
 *      /tablet/{file}      the same with A-Z
 *
 * An address of no row is 404, one of a row with another method 405; HEAD is GET without the body. */
#ifndef CONSOLE_ROUTE_H
#define CONSOLE_ROUTE_H

#include "server/console/http.h"
#include "server/console/right.h"

#define ROUTE_IDS_MAX 2u
#define ROUTE_NAME_BYTES_MAX 60u

enum route_body {
    BODY_NONE,
    BODY_JSON,  /* Content-Type: application/json */
    BODY_IMPORT /* Content-Type: text/csv */
};

struct ask;
struct intake;
struct store;

/* Exactly one of the six. Each handler fills in the ask's reply and returns 0, or a code of err.h that becomes its status. */
struct route_handler {
    int (*now)(struct ask *a); /* on the loop's thread: must not wait for anything */
    int (*later)(
        struct ask *a); /* on the loop too: begins something, and console_answered comes later, unless it fails */
    int (*read)(struct ask *a, struct store *st);   /* on the read thread, in one snapshot */
    int (*write)(struct ask *a, struct intake *in); /* on the write thread; the answer leaves after the commit */
    bool events;                                    /* the connection becomes a stream of news */
    bool socket;                                    /* it becomes a WebSocket, and is the console's no more */
};

struct route {
    enum http_verb verb;
    const char *pattern;
    enum right right;
    struct route_handler handler;
    enum route_body body;
};

struct route_match {
    const struct route *route; /* NULL: none */
    unsigned allow;            /* methods of the address, a bit for each; 0: no such address */
    uint64_t id[ROUTE_IDS_MAX];
    unsigned id_count;
    struct sam_span name; /* borrowed from the path */
};

extern const struct route route_table[];
extern const unsigned route_count;

/* route_find(table, count, verb, path, out): */
void route_find(const struct route *table, unsigned count, enum http_verb verb, struct sam_span path,
                struct route_match *out);

#endif
