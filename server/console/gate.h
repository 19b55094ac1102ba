/* The gate between requests and the login: whose a request is (its cookie), whether a page of ours sent it (its token), and the
 * threads on which passwords are judged.
 *
 *      Cookie: __Host-sid=<64 hex> --login_look--> ask.who --> may? --> handler
 *      X-Samling-Token: <64 hex>   what every request with a session but GET and HEAD has to bring along (CSRF)
 *      X-Samling-Quiet: 1          the page asked by itself: it keeps nobody in
 *
 * Invariants
 *  1. ask.session is set only while the session is open; one that waits for its second step or its password may nothing.
 *  2. Public files are served without a look at the cookie: an answer that anybody may keep sets none.
 *  3. Everything on the loop's thread but what the read thread gets as a copy, ask.who, which holds no id. */
#ifndef CONSOLE_GATE_H
#define CONSOLE_GATE_H

#include "server/console/account.h"
#include "server/console/ask.h"

#define GATE_DAY_S 86400

struct gate_config {
    struct login_config login; /* pool and cost are the gate's own */
    const char *issuer;        /* what an authenticator app calls the centre: at most ACCOUNT_ISSUER_BYTES_MAX */
    void (*notify)(void *ctx); /* login.ctx; any thread: call gate_take on the loop's */
    /* the address of a.b.c.d or of IPv6 as struct login_from has it */
    void (*address)(const char *text, uint8_t out[16]);
};

struct gate;

/* gate_open(out, config): SAM_ENOMEM; SAM_EIO no thread, no random bytes; SAM_ETOOBIG. Takes a hash's time. */
int gate_open(struct gate **out, const struct gate_config *config);
/* gate_take(g): passwords have been judged. gate_review(g): each second, and after accounts were changed. */
void gate_take(struct gate *g);
void gate_review(struct gate *g);
/* gate_stop(g): end its threads; who waits is answered. Before the write thread ends. gate_close(g): after it has. */
void gate_stop(struct gate *g);
void gate_close(struct gate *g);

/* gate_may(g, r, right, a): as struct console_host's may. Who has that right nowhere is refused here; where somebody has it is asked by
 * the handler, in the snapshot in which it reads (place.h). */
bool gate_may(struct gate *g, const struct http_request *r, enum right right, struct ask *a);

/* ---- for handlers */

struct login *gate_login(struct gate *g);
struct account_desk *gate_desk(struct gate *g);
/* gate_from(a, out): where it came from; borrowed from ${a}. SAM_ECLOSED: there is no gate, so nobody can come in. */
int gate_from(const struct ask *a, struct login_from *out);
/* gate_cookie(r, id): the answer sets it; NULL: takes it away. */
void gate_cookie(struct reply *r, const uint8_t id[LOGIN_ID_BYTES]);
/* gate_today(a): days since 1970. */
int32_t gate_today(const struct ask *a);

#endif
