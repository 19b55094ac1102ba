/* A verb on the store: asked of the process that serves, else done here; and where its answer goes. */
#include "server/admin/cli.h"

#include "proto/base/err.h"
#include "server/admin/outlet.h"
#include "server/admin/socket.h"
#include "server/admin/words.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- where the answer goes */

/* What an answer in files goes through on its way to where it is kept. */
struct files {
    struct outlet o;
    enum sam_lang lang;
    bool look, shown; /* somebody looks; was shown something */
    time_t last;
};

static int files_name(void *ctx, const char *name)
{
    return outlet_file(&((struct files *)ctx)->o, name);
}

static int files_bytes(void *ctx, struct sam_span bytes)
{
    struct files *f = ctx;
    int err = outlet_bytes(&f->o, bytes);
    time_t now = f->look ? time(NULL) : 0;
    if (now > f->last) {
        report_live(f->lang, SAM_TEXT_OUTLET_PROGRESS, (unsigned long long)(f->o.bytes / 1024));
        f->shown = true;
        f->last = now;
    }
    return err;
}

static struct verb_sink files_sink(struct files *f)
{
    return (struct verb_sink){files_name, files_bytes, f};
}

static int files_complain(const struct files *f)
{
    return cli_complain(f->lang, f->o.why, f->o.to ? f->o.to : "", strerror(f->o.system_error));
}

/* VERB_OK, or it has said why not. */
static int files_open(struct files *f, const struct verb_context *v)
{
    const char *to = v->verb->files ? args_get(&v->args, "to") : NULL; /* of other verbs it is a group, or a day */
    memset(f, 0, sizeof *f);
    f->lang = v->lang;
    f->last = time(NULL);
    f->look = isatty(STDERR_FILENO) && (to || !isatty(STDOUT_FILENO));
    if (!outlet_open(&f->o, to, v->verb->deliver ? v->args.pos_count : 1, args_has(&v->args, "force")))
        return VERB_OK;
    files_complain(f);
    return f->o.why == SAM_TEXT_OUTLET_FOLDER ? VERB_USAGE : VERB_REFUSED;
}

static void files_told(const struct files *f)
{
    for (unsigned i = 0; i < f->o.count; i++)
        printf("%s\n", f->o.name[i]);
    fflush(stdout);
}

/* The whole answer is here: files get their names, and the report goes where it belongs. */
static int files_close(struct files *f, const struct verb_context *v, int code, struct sam_span report)
{
    bool answer = !v->verb->deliver && f->o.to; /* the report itself is to be kept */
    report_live_end(f->shown);
    int err = 0;
    if (code == VERB_OK && answer)
        err = outlet_file(&f->o, v->verb->name);
    if (code == VERB_OK && answer && !err)
        err = outlet_bytes(&f->o, report);
    bool keep = code == VERB_OK && !err;
    int closed = outlet_close(&f->o, keep);
    if (err || (keep && closed))
        return files_complain(f);
    if (f->o.to && !v->report.json)
        files_told(f);
    if (answer)
        return code;
    FILE *to = v->verb->deliver && !f->o.to ? stderr : stdout;
    size_t n = report.len ? fwrite(report.ptr, 1, report.len, to) : 0;
    return (n < report.len || fflush(to)) && code == VERB_OK ? VERB_REFUSED : code;
}

/* ---- by this process, or by the one that serves */

/* In a transaction of its own. Where the disk fails in the commit, the journal may hold what the store does not, and then the next
 * start takes it in: nobody may be told that nothing was stored, and do it again. */
static int transact(struct verb_context *v, struct intake *in)
{
    int code = intake_begin(in);
    if (code)
        return code;
    code = verb_run(v, in);
    if (code || v->undo) {
        intake_rollback(in);
        return code;
    }
    int err = intake_commit(in);
    if (err != SAM_EIO)
        return err;
    verb_refuse(v, SAM_TEXT_ADM_STORED_UNKNOWN);
    return VERB_UNKNOWN;
}

static int run_direct(struct verb_context *v, struct files *f)
{
    struct intake *in;
    if (cli_intake_open(v->home, v->lang, false, &in))
        return VERB_REFUSED;
    v->has_uid = true;
    v->uid = getuid();
    v->progress = isatty(STDERR_FILENO) ? cli_progress : NULL;
    int code = v->verb->prepare ? v->verb->prepare(v) : VERB_OK;
    if (!code)
        code = transact(v, in);
    if (code < 0)
        code = verb_failed(v, code);
    const struct verb_sink sink = files_sink(f);
    if (!code && v->verb->deliver)
        code = verb_deliver(v, &sink);
    intake_close(in);
    int err = report_end(&v->report);
    if (code == VERB_OK && err)
        code = verb_refuse(v, SAM_TEXT_ADM_TOO_LONG);
    if (code && v->error[0])
        fprintf(stderr, "samlingd: %s\n", v->error);
    int done = files_close(f, v, code, code ? (struct sam_span){NULL, 0} : sam_buf_peek(&v->report.out));
    return done ? done : v->exit_code;
}

/* -1: nobody serves. */
static int run_asking(const struct words *w, const struct verb_context *v, struct files *f)
{
    struct sam_buf out, error;
    int code = VERB_REFUSED;
    const struct verb_sink sink = files_sink(f);
    sam_buf_init(&out, REPORT_BYTES_MAX);
    sam_buf_init(&error, REPORT_BYTES_MAX);
    int err = admin_ask(v->home, w->lang, w->count, w->word, &sink, &out, &error, &code);
    if (err == SAM_ENOTFOUND) {
        code = -1;
    } else if (err && f->o.why) {
        outlet_close(&f->o, false);
        files_complain(f);
    } else if (err == SAM_ECLOSED) {
        outlet_close(&f->o, false);
        cli_complain(w->lang, SAM_TEXT_ADM_NO_ANSWER);
        code = VERB_UNKNOWN;
    } else if (err) {
        outlet_close(&f->o, false);
        cli_complain(w->lang, SAM_TEXT_ADM_NOT_ASKED, verb_error_text(w->lang, err));
    } else {
        code = files_close(f, v, code, sam_buf_peek(&out));
        if (sam_buf_len(&error))
            fprintf(stderr, "samlingd: %.*s\n", (int)sam_buf_len(&error), (const char *)sam_buf_peek(&error).ptr);
    }
    sam_buf_fini(&out);
    sam_buf_fini(&error);
    return code;
}

int cli_verb(struct words *w, struct verb_context *v)
{
    struct files f;
    int code = files_open(&f, v);
    if (code)
        return code;
    code = run_asking(w, v, &f);
    return code == -1 ? run_direct(v, &f) : code;
}
