#include "server/admin/cli.h"

#include "proto/base/err.h"
#include "proto/base/log.h"
#include "proto/wire/crypto.h"
#include "server/admin/demo.h"
#include "server/admin/socket.h"
#include "server/store/backup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int complain(const char *text)
{
    fprintf(stderr, "samlingd: %s\n", text);
    return VERB_REFUSED;
}

static int64_t clock_s(void *ctx)
{
    (void)ctx;
    return (int64_t)time(NULL);
}

static int64_t now_s(void)
{
    return (int64_t)time(NULL);
}

#define LOCK_WAIT_MS 3000
#define LOCK_STEP_MS 20

/* Another process may be just ending, or just doing one verb. */
static int lock_wait(const struct home *home, int wait_ms)
{
    int err = home_lock(home);
    for (int ms = 0; err == SAM_EBUSY && ms < wait_ms; ms += LOCK_STEP_MS) {
        nanosleep(&(struct timespec){.tv_nsec = LOCK_STEP_MS * 1000000L}, NULL);
        err = home_lock(home);
    }
    return err;
}

/* ---- the store */

int cli_intake_open(const struct home *home, bool create, struct intake **out)
{
    struct intake_config config = {.store_path = home->store, .journal_path = home->journal, .now_s = clock_s};
    *out = NULL;
    int err = lock_wait(home, LOCK_WAIT_MS);
    if (!err && !create && !home_exists(home))
        err = SAM_ENOTFOUND;
    if (!err)
        err = home_master_key(home, config.master_key);
    if (!err)
        err = home_ticket_key(home, config.ticket_key);
    if (!err)
        err = intake_open(out, &config, create);
    sam_wipe(config.master_key, sizeof config.master_key);
    sam_wipe(config.ticket_key, sizeof config.ticket_key);
    if (err == SAM_EBUSY)
        complain("another process has the store open");
    else if (err == SAM_ENOTFOUND)
        fprintf(stderr, "samlingd: there is no centre in %s; make one with: samlingd init --home %s\n", home->dir,
                home->dir);
    else if (err)
        fprintf(stderr, "samlingd: the store of %s cannot be opened: %s\n", home->dir, sam_err_text(err));
    return err;
}

/* ---- verbs of this process alone */

static int local_init(struct verb_context *v)
{
    const char *host = args_get(&v->args, "host");
    struct intake *in;
    if (home_exists(v->home))
        return verb_refuse(v, "there is a centre in %s already", v->home->dir);
    int err = home_make(v->home, host ? host : "localhost", now_s());
    if (err)
        return verb_refuse(v, "%s: %s", v->home->dir, sam_err_text(err));
    if (cli_intake_open(v->home, true, &in))
        return verb_refuse(v, "nothing was made");
    intake_close(in);
    report_text(&v->report, "home", v->home->dir);
    report_say(&v->report, "%s is ready. Next: samlingd clinic add NAME --home %s\n", v->home->dir, v->home->dir);
    return VERB_OK;
}

static int local_demo(struct verb_context *v)
{
    const char *host = args_get(&v->args, "host");
    struct intake *in;
    if (home_exists(v->home))
        return verb_refuse(v, "there is a centre in %s already", v->home->dir);
    int err = home_make(v->home, host ? host : "localhost", now_s());
    if (err)
        return verb_refuse(v, "%s: %s", v->home->dir, sam_err_text(err));
    if (cli_intake_open(v->home, true, &in))
        return verb_refuse(v, "nothing was made");
    v->in = in;
    v->st = intake_store(in);
    err = demo_make(v);
    intake_close(in);
    return err < 0 ? verb_refuse(v, "the demo was not made: %s", sam_err_text(err)) : err;
}

static int local_restore(struct verb_context *v)
{
    char aside[HOME_PATH_BYTES_MAX + 2 * BACKUP_NAME_BYTES_MAX];
    int err = lock_wait(v->home, LOCK_WAIT_MS);
    if (err == SAM_EBUSY)
        return verb_refuse(v, "the centre is running: stop it first");
    if (!err)
        err = backup_restore(v->args.pos[0], v->home->store, now_s(), aside, sizeof aside);
    if (err)
        return verb_refuse(v, "not restored: %s", sam_err_text(err));
    report_text(&v->report, "aside", aside);
    report_say(&v->report, "restored. What was there is now %s\n", aside);
    return VERB_OK;
}

static int local_version(struct verb_context *v)
{
    report_text(&v->report, "version", SAM_VERSION);
    report_say(&v->report, "samlingd %s\n", SAM_VERSION);
    return VERB_OK;
}

static int local_help(struct verb_context *v)
{
    report_say(&v->report, "samlingd VERB [--home DIR] [--keys DIR] [--journal DIR] [--json]\n\n");
    for (unsigned i = 0; verbs_at(i); i++)
        report_say(&v->report, "  %s\n      %s\n", verbs_at(i)->usage, verbs_at(i)->help);
    return VERB_OK;
}

static const struct {
    const char *name;
    int (*run)(struct verb_context *v);
} locals[] = {
    {"init", local_init},       {"demo", local_demo}, {"restore", local_restore},
    {"version", local_version}, {"help", local_help},
};

static int print(struct sam_span text)
{
    size_t n = text.len ? fwrite(text.ptr, 1, text.len, stdout) : 0;
    return n < text.len || fflush(stdout) ? VERB_REFUSED : VERB_OK;
}

static int finish(struct verb_context *v, int code)
{
    int err = report_end(&v->report);
    if (code == VERB_OK && err)
        code = verb_refuse(v, "%s", sam_err_text(err));
    if (code)
        return v->error[0] ? (complain(v->error), code) : code;
    return print(sam_buf_peek(&v->report.out));
}

static int run_local(struct verb_context *v, int (*serve)(struct verb_context *v))
{
    for (unsigned i = 0; i < sizeof locals / sizeof *locals; i++)
        if (strcmp(v->verb->name, locals[i].name) == 0)
            return finish(v, locals[i].run(v));
    return finish(v, serve(v));
}

/* ---- verbs on the store */

static int run_direct(struct verb_context *v)
{
    struct intake *in;
    if (cli_intake_open(v->home, false, &in))
        return VERB_REFUSED;
    int code = v->verb->prepare ? v->verb->prepare(v) : VERB_OK;
    if (!code)
        code = intake_begin(in);
    if (!code) {
        code = verb_run(v, in);
        int err = code ? (intake_rollback(in), 0) : intake_commit(in);
        if (err)
            code = err;
    }
    if (code < 0)
        code = verb_refuse(v, "nothing was stored: %s", sam_err_text(code));
    intake_close(in);
    return finish(v, code);
}

/* -1: nobody serves. */
static int run_asking(const struct home *home, int argc, const char *const *argv)
{
    struct sam_buf out, error;
    int code = VERB_REFUSED;
    sam_buf_init(&out, REPORT_BYTES_MAX);
    sam_buf_init(&error, REPORT_BYTES_MAX);
    int err = admin_ask(home, argc, argv, &out, &error, &code);
    if (err == SAM_ENOTFOUND) {
        code = -1;
    } else if (err) {
        complain(err == SAM_ECLOSED ? "the centre gave no answer; whether it was done is not known"
                                    : sam_err_text(err));
    } else {
        print(sam_buf_peek(&out));
        if (sam_buf_len(&error))
            fprintf(stderr, "samlingd: %.*s\n", (int)sam_buf_len(&error), (const char *)sam_buf_peek(&error).ptr);
    }
    sam_buf_fini(&out);
    sam_buf_fini(&error);
    return code;
}

/* ---- words */

struct words {
    const char *word[SOCKET_WORDS_MAX];
    int count;
    const char *home, *keys, *journal;
    char line[64], path[2 * HOME_PATH_BYTES_MAX];
};

/* --home, --keys, --journal may stand anywhere; the other words are the verb's. */
static int words_read(struct words *w, int argc, char **argv)
{
    static const char *const name[] = {"--home", "--keys", "--journal"};
    const char **value[] = {&w->home, &w->keys, &w->journal};
    for (int i = 1; i < argc; i++) {
        bool taken = false;
        for (unsigned k = 0; k < 3 && !taken; k++) {
            size_t n = strlen(name[k]);
            if (strcmp(argv[i], name[k]) == 0 && i + 1 < argc) {
                *value[k] = argv[++i];
                taken = true;
            } else if (strncmp(argv[i], name[k], n) == 0 && argv[i][n] == '=') {
                *value[k] = argv[i] + n + 1;
                taken = true;
            }
        }
        if (!taken && w->count == (int)SOCKET_WORDS_MAX - 2)
            return SAM_ETOOBIG;
        if (!taken)
            w->word[w->count++] = argv[i];
    }
    return 0;
}

static bool is_verb(const struct words *w, const char *name)
{
    int n;
    const struct verb *v = verb_find(w->count, w->word, &n);
    return v && strcmp(v->name, name) == 0;
}

/* What depends on this terminal and this folder is settled here, before the words go elsewhere. */
static void words_complete(struct words *w)
{
    if (is_verb(w, "device invite") && isatty(STDOUT_FILENO))
        w->word[w->count++] = "--qr";
    if (is_verb(w, "backup") && w->count > 1 && w->word[1][0] != '/' && w->word[1][0] != '-') {
        char here[HOME_PATH_BYTES_MAX];
        if (getcwd(here, sizeof here)) {
            snprintf(w->path, sizeof w->path, "%s/%s", here, w->word[1]);
            w->word[1] = w->path;
        }
    }
    if (is_verb(w, "device approve") && w->count == 3 && isatty(STDIN_FILENO)) {
        fprintf(stderr, "the six digits that the tablet shows: ");
        if (fgets(w->line, sizeof w->line, stdin)) {
            w->line[strcspn(w->line, "\r\n ")] = 0;
            if (w->line[0])
                w->word[w->count++] = w->line;
        }
    }
}

int cli_run(int argc, char **argv, int (*serve)(struct verb_context *v))
{
    struct words *w = calloc(1, sizeof *w);
    struct verb_context *v = calloc(1, sizeof *v);
    struct home home;
    int code = VERB_REFUSED;
    if (!w || !v) {
        complain("out of memory");
    } else if (words_read(w, argc, argv) || home_set(&home, w->home ? w->home : HOME_DEFAULT, w->keys, w->journal)) {
        code = complain("too many words, or too long ones");
    } else {
        if (w->count == 0)
            w->word[w->count++] = "help";
        words_complete(w);
        code = verb_open(v, &home, w->count, w->word);
        if (code)
            code = finish(v, code);
        else if (v->verb->local)
            code = run_local(v, serve);
        else if ((code = run_asking(&home, w->count, w->word)) == -1)
            code = run_direct(v);
        verb_close(v);
    }
    free(v);
    free(w);
    return code;
}
