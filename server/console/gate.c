#include "server/console/gate.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/wire/crypto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct gate {
    struct gate_config config;
    struct password_pool *pool;
    struct login *login;
    struct account_desk *desk;
};

int gate_open(struct gate **out, const struct gate_config *config)
{
    struct gate *g = calloc(1, sizeof *g);
    *out = NULL;
    if (!g)
        return SAM_ENOMEM;
    g->config = *config;
    struct login_config *login = &g->config.login;
    login->cost = password_cost_usual;
    int err = password_pool_start(
        &g->pool, &(struct password_pool_config){.cost = login->cost, .notify = config->notify, .ctx = login->ctx});
    login->pool = g->pool;
    err = err ? err : login_new(&g->login, login);
    err = err ? err : account_desk_new(&g->desk, g->login, login, config->issuer);
    if (err) {
        gate_stop(g);
        gate_close(g);
        return err;
    }
    *out = g;
    return 0;
}

void gate_take(struct gate *g)
{
    if (g->pool)
        password_take(g->pool);
}

void gate_review(struct gate *g)
{
    login_review(g->login);
}

void gate_stop(struct gate *g)
{
    if (!g)
        return;
    password_pool_stop(g->pool);
    g->pool = NULL;
}

void gate_close(struct gate *g)
{
    if (!g)
        return;
    SAM_ASSERT(!g->pool);
    account_desk_free(g->desk);
    login_free(g->login);
    free(g);
}

/* ---- whose it is */

static const char cookie_name[] = "__Host-sid=";

/* A text of LOGIN_TEXT_BYTES - 1 letters as 32 bytes. */
static bool id_read(struct sam_span s, uint8_t id[LOGIN_ID_BYTES])
{
    char text[LOGIN_TEXT_BYTES] = "";
    if (s.len != LOGIN_TEXT_BYTES - 1)
        return false;
    memcpy(text, s.ptr, s.len);
    bool is = login_text_read(text, id) == 0;
    sam_wipe(text, sizeof text);
    return is;
}

/* "a=1; __Host-sid=…; b=2"; two of them are none. */
static bool cookie_read(struct sam_span list, uint8_t id[LOGIN_ID_BYTES])
{
    size_t n = sizeof cookie_name - 1;
    unsigned count = 0;
    bool is = false;
    while (list.len) {
        const uint8_t *end = memchr(list.ptr, ';', list.len);
        size_t len = end ? (size_t)(end - list.ptr) : list.len;
        if (len > n && memcmp(list.ptr, cookie_name, n) == 0) {
            count++;
            is = id_read((struct sam_span){list.ptr + n, len - n}, id);
        }
        len += end ? 1 : 0;
        while (len < list.len && list.ptr[len] == ' ')
            len++;
        list = (struct sam_span){list.ptr + len, list.len - len};
    }
    return is && count == 1;
}

static void look(struct gate *g, const struct http_request *r, struct ask *a)
{
    uint8_t token[LOGIN_ID_BYTES];
    struct login_look seen;
    bool quiet = http_is(http_header(r, "x-samling-quiet"), "1") || a->route->handler.events;
    if (!cookie_read(http_header(r, "cookie"), a->sid))
        return;
    login_look(g->login, a->sid, !quiet, &seen);
    if (!seen.session)
        return;
    a->token_ok = id_read(http_header(r, "x-samling-token"), token) && login_token_ok(g->login, seen.session, token);
    a->who = *seen.session;
    sam_wipe(&a->who.own, sizeof a->who.own);
    a->session = a->who.state == LOGIN_OPEN ? a->who.no : 0;
    if (seen.renewed) {
        memcpy(a->sid, seen.id, sizeof a->sid);
        gate_cookie(&a->reply, seen.id);
    }
    sam_wipe(&seen, sizeof seen);
}

bool gate_may(struct gate *g, const struct http_request *r, enum right right, struct ask *a)
{
    bool changes = r->verb != HTTP_VERB_GET && r->verb != HTTP_VERB_HEAD;
    if (a->json)
        look(g, r, a);
    if (right == RIGHT_NONE)
        return true;
    return a->session && (!changes || a->token_ok) && right_somewhere(&a->who, gate_today(a), right);
}

/* ---- for handlers */

struct login *gate_login(struct gate *g)
{
    return g->login;
}

struct account_desk *gate_desk(struct gate *g)
{
    return g->desk;
}

int gate_from(const struct ask *a, struct login_from *out)
{
    *out = (struct login_from){.shown = a->address};
    if (!a->gate)
        return SAM_ECLOSED;
    a->gate->config.address(a->address, out->address);
    return 0;
}

void gate_cookie(struct reply *r, const uint8_t id[LOGIN_ID_BYTES])
{
    static const char how[] = "Path=/; Secure; HttpOnly; SameSite=Strict";
    char text[LOGIN_TEXT_BYTES] = "";
    if (id)
        login_text(id, text);
    int n = snprintf(r->cookie, sizeof r->cookie, "%s%s; %s%s", cookie_name, text, id ? "" : "Max-Age=0; ", how);
    SAM_ASSERT(n > 0 && (size_t)n < sizeof r->cookie);
    sam_wipe(text, sizeof text);
}

int32_t gate_today(const struct ask *a)
{
    return a->now_s > 0 ? (int32_t)(a->now_s / GATE_DAY_S) : 0;
}
