/* One request on its way to its answer. It owns all that it holds, so that the connection may go while another thread has it. */
#ifndef CONSOLE_ASK_H
#define CONSOLE_ASK_H

#include "proto/base/text.h"
#include "server/console/app.h"
#include "server/console/asset.h"
#include "server/console/reply.h"
#include "server/console/route.h"

#define ASK_QUERY_BYTES_MAX 512u
#define ASK_ETAG_BYTES_MAX 64u
#define ASK_ADDRESS_BYTES_MAX 46u /* of an IPv6 address, with the 0 behind it */
#define ASK_ACCESS_MAX 512u       /* people in the access log by one answer, one by one: as many as by one verb */
#define ASK_REFUSED 10000         /* of a handler: nothing is kept, and the reply says why */

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
    enum sam_lang lang; /* Accept-Language */
    int64_t now_s;
    uint64_t session;            /* that it belongs to, as the host's may() says; 0: nobody's */
    struct login_session who;    /* the same as it was then, also one that is not open; without its ids */
    uint8_t sid[LOGIN_ID_BYTES]; /* the session's id, on the loop's thread alone */
    bool token_ok;               /* it brought the session's token along */
    struct gate *gate;           /* outlives it; NULL: there is none */
    const char *backup;          /* the folder of backups; NULL: unknown */
    bool read_only;              /* the centre takes nothing in: its disk is nearly full */
    const struct assets *assets; /* outlives it, and */
    struct app *app;             /* so does this, the loop's thread's alone */
    bool gzip;                   /* who asks takes that */
    struct reply reply;
    struct store_access *access; /* whom the answer shows: ask_saw, ask_saw_list */
    size_t access_room;
    unsigned access_count;
    /* the console's own */
    bool devices; /* the host's: it may have changed what a connected device is */
    bool noted;   /* what it shows stands in the access log */
    int note_err; /* why it does not */
    struct console *console;
    struct peer *peer; /* NULL: nobody waits for it any more */
    bool json, head, last;
};

/* ask_query(a, name, out, size): the value of "name=" in the query, as it came; false: it is not there, or too long. */
bool ask_query(const struct ask *a, const char *name, char *out, size_t size);
/* ask_query_num(a, name, min, max, out): a number in it. SAM_EUSAGE: it is none, or not between these; where it is absent ${out}
 * stays as it is. ask_query_id: the same of an id, which is written in digits. */
int ask_query_num(const struct ask *a, const char *name, int64_t min, int64_t max, int64_t *out);
int ask_query_id(const struct ask *a, const char *name, uint64_t *out);
/* ask_query_text(a, name, out, size): a text in it, out of %XX; empty where it is absent. SAM_EUSAGE: too long, or no text of letters. */
int ask_query_text(const struct ask *a, const char *name, char *out, size_t size);

/* For handlers that read: the answer names this person, or is a list of so many people of a group (0: of several). It leaves when that
 * stands in the access log (console.h). ${resource}: a word of access_resource_text (server/admin/access.c); static. More
 * than ASK_ACCESS_MAX people are a list. Verbs note for themselves what they show. */
void ask_saw(struct ask *a, const char *resource, uint64_t participant);
void ask_saw_list(struct ask *a, const char *resource, uint64_t group, uint64_t count);

/**
 * ask_verb(a, in, argc, argv):
 * For handlers that write: one verb of the command line in the session's name, in the ask's transaction. Its JSON document is the reply, told in
 * a->lang. The caller has asked for the right, and takes words from outside only behind "--name=" or as digits (saying.h).
 *   returns 0; ASK_REFUSED: 409, or 400 where the words do not fit, with the verb's sentence; negative: the storage failed
 */
int ask_verb(struct ask *a, struct intake *in, int argc, const char *const *argv);
/* ask_look(a, st, argc, argv): the same for handlers that read, of a verb that only looks. Whom it shows is noted as by ask_saw. */
int ask_look(struct ask *a, struct store *st, int argc, const char *const *argv);

#endif
