#include "server/desk.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "server/admin/verbs.h"

#include <stdlib.h>

enum { CONFLICT = 409, NOT_UNDERSTOOD = 400 };

/* {"said": "…"}: in the language of who asks. */
static int refusal(struct ask *a, const struct verb_context *v, unsigned status)
{
    struct sam_json j;
    sam_json_init(&j, REPLY_BYTES_MAX);
    sam_json_object(&j, NULL);
    sam_json_text(&j, "said", v->error);
    int err = reply_json(&a->reply, &j);
    a->reply.status = status;
    return err ? err : ASK_REFUSED;
}

static int document(struct ask *a, struct verb_context *v)
{
    static const char nothing[] = "{}";
    struct reply *r = &a->reply;
    r->type = "application/json";
    r->status = 200;
    sam_buf_fini(&r->body);
    sam_buf_init(&r->body, REPLY_BYTES_MAX);
    struct sam_span said = sam_buf_peek(&v->report.out);
    return said.len ? sam_buf_add(&r->body, said.ptr, said.len) : sam_buf_add(&r->body, nothing, sizeof nothing - 1);
}

/* The file that came as the body of the question; an empty one is a file, too. */
static struct sam_span file_of(const struct ask *a)
{
    struct sam_span file = {NULL, 0};
    if (a->route->body != BODY_IMPORT)
        return file;
    file = sam_buf_peek(&a->body);
    return file.ptr ? file : (struct sam_span){(const uint8_t *)"", 0};
}

static int write(struct verb_context *v, struct ask *a, struct intake *in)
{
    v->input = file_of(a);
    a->devices = v->verb->devices;
    SAM_ASSERT(v->verb->run && !v->verb->deliver);
    int code = v->verb->prepare ? v->verb->prepare(v) : VERB_OK;
    return code == VERB_OK ? verb_run(v, in) : code;
}

static int look(struct verb_context *v, struct ask *a, struct store *st)
{
    int code = verb_look(v, st, a->now_s);
    SAM_ASSERT(code != VERB_OK || !v->verb->access || v->access_count > 0);
    for (unsigned i = 0; i < v->access_count; i++) {
        const struct store_access *s = &v->access[i];
        if (s->participant)
            ask_saw(a, s->resource, s->participant);
        else
            ask_saw_list(a, s->resource, s->group, s->count);
    }
    return code;
}

/* In a transaction; or, where ${in} is NULL, of the reader ${st}. */
static int carry_out(const struct home *home, struct ask *a, struct intake *in, struct store *st, int argc,
                     const char *const *argv)
{
    struct verb_context *v = malloc(sizeof *v); /* too much for the stack of a thread */
    if (!v)
        return SAM_ENOMEM;
    int code = verb_open(v, home, a->lang, argc, argv);
    v->report.json = v->report.page = true;
    v->account = a->who.account;
    v->user = a->who.user_id;
    if (code == VERB_OK)
        code = in ? write(v, a, in) : look(v, a, st);
    if (code == VERB_OK)
        code = document(a, v);
    else if (code > 0)
        code = refusal(a, v, code == VERB_USAGE ? NOT_UNDERSTOOD : CONFLICT);
    if (code == 0 && v->undo)
        code = ASK_REFUSED; /* a trial: its answer goes out, nothing of it is kept */
    verb_close(v);
    free(v);
    return code;
}

int desk_verb(const struct home *home, struct ask *a, struct intake *in, int argc, const char *const *argv)
{
    return carry_out(home, a, in, NULL, argc, argv);
}

int desk_look(const struct home *home, struct ask *a, struct store *st, int argc, const char *const *argv)
{
    return carry_out(home, a, NULL, st, argc, argv);
}
