/* A request: who are you, may you, then work. */
#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/base/grow.h"
#include "proto/base/log.h"
#include "proto/base/percent.h"
#include "proto/model/op.h"
#include "proto/wire/crypto.h"
#include "server/console/console_int.h"
#include "server/console/upgrade.h"
#include "server/intake/account.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool ask_query(const struct ask *a, const char *name, char *out, size_t size)
{
    size_t want = strlen(name);
    for (const char *at = a->query; *at;) {
        size_t n = strcspn(at, "&");
        if (n > want && at[want] == '=' && memcmp(at, name, want) == 0) {
            if (n - want - 1 >= size)
                return false;
            memcpy(out, at + want + 1, n - want - 1);
            out[n - want - 1] = 0;
            return true;
        }
        at += n + (at[n] == '&');
    }
    return false;
}

int ask_query_num(const struct ask *a, const char *name, int64_t min, int64_t max, int64_t *out)
{
    char text[24], *end;
    if (!ask_query(a, name, text, sizeof text))
        return 0;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    if (errno || end == text || *end || !(text[0] == '-' || (text[0] >= '0' && text[0] <= '9')) || n < min || n > max)
        return SAM_EUSAGE;
    *out = n;
    return 0;
}

int ask_query_id(const struct ask *a, const char *name, uint64_t *out)
{
    int64_t n = (int64_t)*out;
    int err = ask_query_num(a, name, 1, INT64_MAX, &n);
    *out = (uint64_t)n;
    return err;
}

int ask_query_text(const struct ask *a, const char *name, char *out, size_t size)
{
    char raw[ASK_QUERY_BYTES_MAX + 1];
    out[0] = 0;
    if (!ask_query(a, name, raw, sizeof raw))
        return 0;
    int err = sam_percent_read(out, size, raw);
    return err || !sam_text_ok((struct sam_span){(const uint8_t *)out, strlen(out)}) ? SAM_EUSAGE : 0;
}

/* ---- whom it shows */

static void saw(struct ask *a, const char *resource, uint64_t participant, uint64_t group, uint64_t count)
{
    struct store_access *mem = sam_grow(a->access, &a->access_room, a->access_count + 1u, sizeof *mem);
    if (!mem) {
        a->note_err = SAM_ENOMEM; /* then nobody is shown */
        return;
    }
    a->access = mem;
    mem[a->access_count++] = (struct store_access){.participant = participant,
                                                   .group = group,
                                                   .count = count,
                                                   .resource = resource,
                                                   .action = STORE_READ,
                                                   .purpose = ""};
}

void ask_saw(struct ask *a, const char *resource, uint64_t participant)
{
    if (a->access_count == 1 && !a->access[0].participant) {
        a->access[0].count++; /* it became a list */
        return;
    }
    for (unsigned i = 0; i < a->access_count; i++)
        if (a->access[i].participant == participant && strcmp(a->access[i].resource, resource) == 0)
            return;
    if (a->access_count < ASK_ACCESS_MAX) {
        saw(a, resource, participant, 0, 0);
        return;
    }
    a->access_count = 0;
    saw(a, resource, 0, 0, ASK_ACCESS_MAX + 1);
}

void ask_saw_list(struct ask *a, const char *resource, uint64_t group, uint64_t count)
{
    SAM_ASSERT(a->access_count < ASK_ACCESS_MAX);
    saw(a, resource, 0, group, count);
}

/* "console /api/case/{id} 17": what was asked, without names. */
static void note_text(const struct ask *a, char *out, size_t size)
{
    int n = snprintf(out, size, "console %s", a->route->pattern);
    for (unsigned i = 0; i < a->id_count && n > 0 && (size_t)n < size; i++)
        n += snprintf(out + n, size - (size_t)n, " %llu", (unsigned long long)a->id[i]);
}

/* An account that was shut meanwhile is shown nothing; that fails the ask, not the other work of the same commit. */
static int note(struct ask *a, struct intake *in)
{
    char text[160];
    note_text(a, text, sizeof text);
    int err = account_access(in, a->who.account, text, a->access, a->access_count);
    bool own = err == SAM_ENOTFOUND || err == SAM_EDENIED || err == SAM_ETOOBIG;
    a->note_err = err == SAM_ENOTFOUND ? SAM_EAUTH : own ? err : 0;
    a->noted = true;
    return own ? 0 : err;
}

int ask_verb(struct ask *a, struct intake *in, int argc, const char *const *argv)
{
    const struct console_host *host = &a->console->config.host;
    return host->verb ? host->verb(host->ctx, a, in, argc, argv) : SAM_ENOTFOUND;
}

int ask_look(struct ask *a, struct store *st, int argc, const char *const *argv)
{
    const struct console_host *host = &a->console->config.host;
    return host->look ? host->look(host->ctx, a, st, argc, argv) : SAM_ENOTFOUND;
}

static void text_keep(char *out, size_t size, struct sam_span s)
{
    size_t n = s.len < size ? s.len : 0; /* what is too long is as good as none */
    if (n)
        memcpy(out, s.ptr, n);
    out[n] = 0;
}

static struct ask *ask_new(struct peer *p)
{
    struct console *c = p->console;
    const struct http_request *r = http_request(p->http);
    struct ask *a = calloc(1, sizeof *a);
    if (!a)
        return NULL;
    reply_init(&a->reply);
    sam_buf_init(&a->body, 0);
    a->console = c;
    a->peer = p;
    a->assets = c->assets;
    a->app = c->app;
    a->gzip = http_takes_gzip(r);
    a->gate = c->config.gate;
    a->backup = c->config.backup;
    a->read_only = c->config.host.read_only(c->config.host.ctx);
    a->now_s = c->config.host.now_s(c->config.host.ctx);
    a->json = r->path.len >= 5 && memcmp(r->path.ptr, "/api/", 5) == 0;
    a->head = r->verb == HTTP_VERB_HEAD;
    a->last = r->last;
    text_keep(a->address, sizeof a->address, (struct sam_span){(const uint8_t *)p->address, strlen(p->address)});
    text_keep(a->query, sizeof a->query, r->query);
    struct sam_span lang = http_header(r, "accept-language");
    a->lang =
        lang.len >= 2 && (memcmp(lang.ptr, "nb", 2) == 0 || memcmp(lang.ptr, "no", 2) == 0) ? SAM_LANG_NB : SAM_LANG_EN;
    text_keep(a->if_none, sizeof a->if_none, http_header(r, "if-none-match"));
    c->asks++;
    return a;
}

void ask_free(struct ask *a)
{
    if (!a)
        return;
    a->console->asks--;
    if (a->body.mem) /* it may hold a password, the answer a secret */
        sam_wipe(a->body.mem, a->body.cap);
    sam_buf_fini(&a->body);
    if (a->reply.body.mem)
        sam_wipe(a->reply.body.mem, a->reply.body.cap);
    reply_fini(&a->reply);
    free(a->access);
    sam_wipe(a, sizeof *a);
    free(a);
}

/* ---- the answer is there */

static void peer_answer(struct peer *p)
{
    struct ask *a = p->ask;
    struct console *c = p->console;
    struct reply *r = &a->reply;
    a->last |= r->stream;
    if (reply_head(r, a->now_s, a->last, &p->head)) {
        p->over = true;
        return;
    }
    bool body = !a->head && r->type && r->status != 304 && r->status != 204;
    p->rest = body ? reply_body(r) : (struct sam_span){0};
    p->answering = true;
    p->socket = r->status == 101;
    p->stream = r->stream && !a->head;
    p->over |= a->last && !p->stream;
    if (p->stream) {
        static const char hello[] = "retry: 5000\n\n";
        c->streams++;
        sam_buf_add(&p->head, hello, sizeof hello - 1);
    }
}

static void peer_error(struct peer *p, unsigned status)
{
    struct ask *a = p->ask;
    reply_error(&a->reply, status, a->json);
    if (status == 503)
        a->reply.retry_after_s = CONSOLE_RETRY_S;
    peer_answer(p);
}

/* An answer before the body has come: the bytes of that are not waited for, so nothing may follow them. */
static void peer_stop(struct peer *p, unsigned status, uint64_t now_ms)
{
    if (http_request(p->http)->has_body)
        p->ask->last = true;
    else
        http_take_body(p->http, 0, now_ms);
    peer_error(p, status);
}

void peer_refuse(struct peer *p, unsigned status)
{
    sam_log(SAM_LOG_INFO, "http_refused", "address=%s status=%u", p->address, status);
    if (!p->ask)
        p->ask = ask_new(p);
    if (!p->ask) {
        p->over = true;
        return;
    }
    p->ask->last = true;
    p->ask->head = false;
    peer_error(p, status);
}

/* ---- may it be asked? */

/* Something that changes something is only taken from our own pages: a browser says so, and nobody else has a session. */
static bool is_ours(const struct http_request *r)
{
    struct sam_span site = http_header(r, "sec-fetch-site");
    if (r->verb == HTTP_VERB_GET || r->verb == HTTP_VERB_HEAD)
        return true;
    return site.len ? http_is(site, "same-origin") : http_of_own_origin(r);
}

/* "application/json", also with "; charset=utf-8" behind it. */
static bool type_fits(const struct http_request *r, enum route_body body)
{
    struct sam_span type = http_header(r, "content-type");
    const uint8_t *end = type.len ? memchr(type.ptr, ';', type.len) : NULL;
    if (!r->has_body || body == BODY_NONE)
        return true;
    if (end)
        type.len = (size_t)(end - type.ptr);
    while (type.len && type.ptr[type.len - 1] == ' ')
        type.len--;
    return http_is(type, body == BODY_JSON ? "application/json" : "text/csv");
}

static size_t body_max(const struct console *c, const struct route *route)
{
    size_t most = route->body == BODY_NONE     ? 0
                  : route->body == BODY_IMPORT ? (size_t)c->config.limits.import_bytes
                                               : (size_t)c->config.limits.body_bytes;
    return route->right == RIGHT_NONE && most > CONSOLE_BODY_EARLY_BYTES ? CONSOLE_BODY_EARLY_BYTES : most;
}

static unsigned ask_admit(struct peer *p, struct ask *a)
{
    const struct console_host *host = &p->console->config.host;
    const struct http_request *r = http_request(p->http);
    struct route_match m;
    route_find(p->console->config.routes, p->console->config.route_count, r->verb, r->path, &m);
    if (!m.route) {
        a->reply.allow = m.allow;
        return m.allow || r->verb == HTTP_OTHER ? 405 : 404;
    }
    a->route = m.route;
    memcpy(a->id, m.id, sizeof a->id);
    a->id_count = m.id_count;
    text_keep(a->name, sizeof a->name, m.name);
    if (r->query.len > ASK_QUERY_BYTES_MAX)
        return 414;
    bool may = host->may(host->ctx, r, m.route->right, a);
    p->session = a->session;
    if (!may)
        return a->session ? 403 : 401;
    if (!is_ours(r))
        return 403;
    return type_fits(r, m.route->body) ? 0 : 415;
}

void peer_ask(struct peer *p, uint64_t now_ms)
{
    const struct http_request *r = http_request(p->http);
    SAM_ASSERT(!p->ask);
    p->ask = ask_new(p);
    if (!p->ask) {
        p->over = true;
        return;
    }
    unsigned status = ask_admit(p, p->ask);
    if (status) {
        peer_stop(p, status, now_ms);
        return;
    }
    http_take_body(p->http, body_max(p->console, p->ask->route), now_ms);
    if (r->waits && r->has_body && !http_status(p->http)) {
        static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
        sam_buf_add(&p->head, go_on, sizeof go_on - 1);
    }
}

/* ---- work */

static int peer_stream(struct peer *p)
{
    struct reply *r = &p->ask->reply;
    const struct peer *other;
    unsigned own = 0;
    TAILQ_FOREACH(other, &p->console->peers, all)
    own += other->stream && other->session == p->session;
    if (p->console->streams >= p->console->config.limits.events || own >= CONSOLE_STREAMS_OWN_MAX)
        return SAM_EBUSY;
    r->type = "text/event-stream";
    r->stream = true;
    return 0;
}

/* The line becomes a WebSocket when the answer has gone out; until then nothing behind the request is read. */
static void peer_upgrade(struct peer *p)
{
    struct reply *r = &p->ask->reply;
    unsigned status = upgrade_check(http_request(p->http), r->accept);
    if (status == 101) {
        r->status = status;
        p->ask->last = false;
        peer_answer(p);
        return;
    }
    sam_log(SAM_LOG_INFO, "websocket_not_begun", "address=%s status=%u", p->address, status);
    peer_error(p, status);
}

void peer_run(struct peer *p)
{
    const struct console_host *host = &p->console->config.host;
    struct ask *a = p->ask;
    const struct route_handler *h = &a->route->handler;
    int err;
    if (h->socket) {
        peer_upgrade(p);
        return;
    }
    http_body_take(p->http, &a->body);
    if (!h->now && !h->events) {
        p->at_work = true; /* it may be answered before the call returns */
        err = h->later ? h->later(a) : h->read ? host->read(host->ctx, a) : host->write(host->ctx, a);
        if (err == 0)
            return;
        p->at_work = false;
        if (!p->ask) { /* its session has ended meanwhile, and with it this line */
            ask_free(a);
            return;
        }
    } else {
        err = h->events ? peer_stream(p) : h->now(a);
    }
    if (err)
        peer_error(p, reply_status_of(err));
    else
        peer_answer(p);
}

int ask_read(struct ask *a, struct store *st)
{
    return a->route->handler.read(a, st);
}

int ask_write(struct ask *a, struct intake *in)
{
    return a->route->handler.write ? a->route->handler.write(a, in) : note(a, in);
}

bool ask_alone(const struct ask *a)
{
    return a->route->handler.write != NULL;
}

/* What was read names people: the access log has to say so first. Is that under way? */
static bool noting(struct ask *a, int *err)
{
    const struct console_host *host = &a->console->config.host;
    if (*err || !a->route->handler.read || (a->access_count == 0 && !a->note_err))
        return false;
    if (a->noted || a->note_err) {
        *err = a->note_err;
        return false;
    }
    *err = host->write(host->ctx, a);
    return *err == 0;
}

void console_answered(struct ask *a, int err)
{
    struct peer *p = a->peer;
    if (!p) {
        ask_free(a);
        return;
    }
    if (noting(a, &err))
        return;
    p->at_work = false;
    if (err && err != ASK_REFUSED) {
        sam_log(SAM_LOG_WARN, "page_failed", "path=%s err=%s", a->route->pattern, sam_err_name(err));
        peer_error(p, reply_status_of(err));
    } else {
        peer_answer(p);
    }
    p->console->config.wake(p->line);
}
