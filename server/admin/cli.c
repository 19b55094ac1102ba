#include "server/admin/cli.h"

#include "proto/base/err.h"
#include "proto/base/log.h"
#include "proto/wire/crypto.h"
#include "server/admin/demo.h"
#include "server/admin/demo_history.h"
#include "server/admin/socket.h"
#include "server/admin/verbs_config.h"
#include "server/admin/words.h"
#include "server/store/backup.h"
#include "server/store/backup_seal.h"
#include "server/store/journal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ERROR_BYTES_MAX 4096u

int cli_complain(enum sam_lang lang, enum sam_text_id id, ...)
{
    char text[ERROR_BYTES_MAX];
    va_list ap;
    va_start(ap, id);
    vsnprintf(text, sizeof text, sam_text(lang, id), ap);
    va_end(ap);
    fprintf(stderr, "samlingd: %s\n", text);
    return VERB_REFUSED;
}

/* ---- small helpers */

/* ${ctx}: the time that a demo has reached; NULL: now. */
static int64_t clock_s(void *ctx)
{
    return ctx ? *(const int64_t *)ctx : (int64_t)time(NULL);
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

void cli_progress(enum sam_lang lang, const struct intake_check *at)
{
    if (at->total)
        report_live(lang, SAM_TEXT_CHECK_PROGRESS, at->what, (unsigned long long)at->done,
                    (unsigned long long)at->total);
    else
        report_live(lang, SAM_TEXT_CHECK_PROGRESS_OPEN, at->what, (unsigned long long)at->done);
}

/* ---- the store */

#define CENTRE_ID "centre_id" /* in meta: which centre this is. Backups carry it; 0 or absent: none was drawn yet. */

static int centre_id_draw(struct intake *in)
{
    int64_t id = store_meta_num(intake_store(in), CENTRE_ID, 0);
    if (id)
        return 0;
    int err = 0;
    while (!err && id == 0) {
        err = sam_random((uint8_t *)&id, sizeof id);
        id &= INT64_MAX;
    }
    if (!err)
        err = intake_begin(in);
    if (err)
        return err;
    err = store_meta_num_set(intake_store(in), CENTRE_ID, id);
    if (!err)
        return intake_commit(in);
    intake_rollback(in);
    return err;
}

static void complain_busy(const struct home *home, enum sam_lang lang)
{
    unsigned port = home_port(home);
    if (!admin_serves(home))
        cli_complain(lang, SAM_TEXT_ADM_STORE_BUSY);
    else if (port)
        cli_complain(lang, SAM_TEXT_ADM_SERVES_ALREADY_PORT, (int)port);
    else
        cli_complain(lang, SAM_TEXT_ADM_SERVES_ALREADY);
}

static int open_at(const struct home *home, enum sam_lang lang, bool create, int64_t *clock, struct intake **out)
{
    struct intake_config config = {
        .store_path = home->store, .journal_path = home->journal, .now_s = clock_s, .now_ctx = clock};
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
    if (!err && (err = centre_id_draw(*out)) != 0) {
        intake_close(*out);
        *out = NULL;
    }
    sam_wipe(config.master_key, sizeof config.master_key);
    sam_wipe(config.ticket_key, sizeof config.ticket_key);
    if (err == SAM_EBUSY)
        complain_busy(home, lang);
    else if (err == SAM_ENOTFOUND)
        cli_complain(lang, SAM_TEXT_ADM_NO_CENTRE, home->dir, home->dir);
    else if (err)
        cli_complain(lang, SAM_TEXT_ADM_STORE_CLOSED, home->dir, verb_error_text(lang, err));
    return err;
}

int cli_intake_open(const struct home *home, enum sam_lang lang, bool create, struct intake **out)
{
    return open_at(home, lang, create, NULL, out);
}

/* ---- verbs of this process alone */

/* A store that was begun here and could not be finished: init may be said again. The keys, and a journal, stay. */
static void store_forget(const struct home *h)
{
    static const char *const ending[] = {"", "-wal", "-shm", "-journal", ".judging"};
    char path[HOME_PATH_BYTES_MAX + 16];
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++) {
        snprintf(path, sizeof path, "%s%s", h->store, ending[i]);
        unlink(path);
    }
}

/* A folder, its keys and an empty store; opened, on ${clock} or, where that is NULL, on the machine's. */
static int centre_make(struct verb_context *v, int64_t *clock, struct intake **in)
{
    const char *host;
    *in = NULL;
    int code = verb_host(v, &host);
    if (code)
        return code;
    if (home_exists(v->home))
        return verb_refuse(v, SAM_TEXT_ADM_CENTRE_EXISTS, v->home->dir);
    int err = home_make(v->home, host ? host : "localhost", now_s());
    if (!err)
        err = config_make(v->home, v->lang);
    if (err)
        return verb_refuse(v, SAM_TEXT_ADM_FOLDER, v->home->dir, verb_error_text(v->lang, err));
    if (!open_at(v->home, v->lang, true, clock, in))
        return VERB_OK;
    store_forget(v->home);
    return verb_refuse(v, SAM_TEXT_ADM_NOTHING_MADE);
}

static int local_init(struct verb_context *v)
{
    struct intake *in;
    int code = centre_make(v, NULL, &in);
    if (code != VERB_OK)
        return code;
    intake_close(in);
    report_text(&v->report, "home", v->home->dir);
    report_tell(&v->report, SAM_TEXT_ADM_INIT, v->home->dir, v->home->dir);
    return VERB_OK;
}

static int local_demo(struct verb_context *v)
{
    struct demo_choice choice;
    int64_t clock = now_s();
    struct intake *in;
    int code = demo_choose(v, clock, &choice);
    bool history = choice.days > 0;
    if (history)
        clock = demo_history_start(&choice);
    if (code == VERB_OK)
        code = centre_make(v, history ? &clock : NULL, &in);
    if (code != VERB_OK)
        return code;
    v->in = in;
    v->st = intake_store(in);
    v->progress = isatty(STDERR_FILENO) ? cli_progress : NULL;
    int err = history ? demo_history_make(v, &choice, &clock) : demo_make(v);
    intake_close(in);
    return err < 0 ? verb_refuse(v, SAM_TEXT_ADM_NO_DEMO, verb_error_text(v->lang, err)) : err;
}

/* What a restore needs to know of the store here and of the backup. */
struct origins {
    int64_t here, backup;   /* centre ids; here 0: there is no store to compare with, or nothing in it yet */
    int64_t backup_journal; /* the last record of the journal that the backup holds */
};

static int origins_read(const struct verb_context *v, const char *from, struct origins *o)
{
    struct store *st;
    int err = store_reader_open(&st, from);
    if (err) {
        int why = backup_verify(from);
        return why ? why : err;
    }
    o->backup = store_meta_num(st, CENTRE_ID, 0);
    o->backup_journal = store_meta_num(st, "journal_number", 0);
    err = store_failed(st); /* a number that could not be read is not another centre's */
    store_close(st);
    o->here = 0;
    if (err || !home_exists(v->home))
        return err;
    err = store_reader_open(&st, v->home->store);
    if (err)
        return err == SAM_ENOMEM ? err : 0; /* lost or damaged: that is what a restore is for */
    if (store_csn(st) > 0)
        o->here = store_meta_num(st, CENTRE_ID, 0);
    store_close(st);
    return 0;
}

/* Another centre's decisions are not to be replayed on this one: its journal is kept under another name. */
static int journal_aside(const char *log, char *aside, size_t size)
{
    char name[BACKUP_NAME_BYTES_MAX];
    backup_name(now_s(), name);
    snprintf(aside, size, "%s.before-%s", log, name);
    for (unsigned i = 2; access(aside, F_OK) == 0; i++) /* twice in one second */
        snprintf(aside, size, "%s.before-%s.%u", log, name, i);
    if (rename(log, aside) == 0)
        return 0;
    aside[0] = 0;
    return errno == ENOENT ? 0 : SAM_EIO;
}

/* Is it there, and does it reach as far as the backup? */
static bool journal_reaches(const struct home *home, const char *log, int64_t number)
{
    struct journal *j;
    if (access(log, F_OK) || journal_open(&j, home->journal))
        return false;
    bool reaches = (int64_t)journal_last(j) >= number;
    journal_close(j);
    return reaches;
}

static void restored_say(struct verb_context *v, const char *aside, bool journal)
{
    struct report *r = &v->report;
    char home[VERB_HOME_BYTES_MAX];
    verb_home(v, home, sizeof home);
    report_text(r, "aside", aside);
    report_num(r, "journal", journal);
    if (access(aside, F_OK) == 0)
        report_tell(r, SAM_TEXT_ADM_RESTORED_ASIDE, aside);
    if (journal)
        report_tell(r, SAM_TEXT_ADM_RESTORED_JOURNAL);
    else
        report_tell(r, SAM_TEXT_ADM_RESTORED_NO_JOURNAL, home, home);
    report_tell(r, SAM_TEXT_ADM_RESTORED_NEXT, home);
}

static int restore_from(struct verb_context *v, const char *from)
{
    char aside[HOME_PATH_BYTES_MAX + 2 * BACKUP_NAME_BYTES_MAX], log[HOME_PATH_BYTES_MAX + 16];
    char log_aside[HOME_PATH_BYTES_MAX + 2 * BACKUP_NAME_BYTES_MAX] = "";
    struct origins o = {0};
    int err = origins_read(v, from, &o);
    bool other = !err && o.here && o.backup != o.here;
    if (other && !args_has(&v->args, "other-centre"))
        return verb_refuse(v, SAM_TEXT_ADM_OTHER_CENTRE, v->args.pos[0], v->home->dir);
    snprintf(log, sizeof log, "%s/journal.log", v->home->journal);
    if (other)
        err = journal_aside(log, log_aside, sizeof log_aside);
    if (!err)
        err = backup_restore(from, v->home->store, now_s(), aside, sizeof aside);
    if (err && log_aside[0] && rename(log_aside, log))
        cli_complain(v->lang, SAM_TEXT_ADM_RESTORED_JOURNAL_ASIDE, log_aside);
    if (err)
        return verb_refuse(v, SAM_TEXT_ADM_NOT_RESTORED, verb_error_text(v->lang, err));
    report_tell(&v->report, SAM_TEXT_ADM_RESTORED);
    if (log_aside[0]) {
        report_text(&v->report, "journal_aside", log_aside);
        report_tell(&v->report, SAM_TEXT_ADM_RESTORED_JOURNAL_ASIDE, log_aside);
    }
    restored_say(v, aside, journal_reaches(v->home, log, o.backup_journal));
    return VERB_OK;
}

/* What is wrong with a sealed backup, or with the key for it. */
static int not_opened(struct verb_context *v, int err)
{
    const char *file = v->args.pos[0], *key = args_get(&v->args, "key");
    switch (err) {
    case SAM_EAUTH: return verb_refuse(v, SAM_TEXT_ADM_OTHER_KEY, file, key);
    case SAM_ECORRUPT: return verb_refuse(v, SAM_TEXT_ADM_SEALED_DAMAGED, file);
    case SAM_EUSAGE: return verb_refuse(v, SAM_TEXT_ADM_NOT_SECRET, key);
    default: return verb_refuse(v, SAM_TEXT_ADM_NOT_RESTORED, verb_error_text(v->lang, err));
    }
}

/* A sealed backup as a plain one in ${plain}, which the caller removes; "": it is plain already. Returns an exit code. */
static int opened(struct verb_context *v, char *plain, size_t size)
{
    const char *key = args_get(&v->args, "key");
    plain[0] = 0;
    if (!backup_seal_is(v->args.pos[0]))
        return VERB_OK;
    if (!key)
        return verb_refuse(v, SAM_TEXT_ADM_SEALED, v->args.pos[0]);
    snprintf(plain, size, "%s/opened.db", v->home->data);
    unlink(plain); /* of a restore that was killed */
    int err = backup_unseal(v->args.pos[0], plain, key);
    return err ? not_opened(v, err) : VERB_OK;
}

static int local_restore(struct verb_context *v)
{
    char plain[HOME_PATH_BYTES_MAX + 16] = "";
    int err = lock_wait(v->home, LOCK_WAIT_MS);
    if (err == SAM_EBUSY)
        return verb_refuse(v, SAM_TEXT_ADM_STOP_FIRST);
    if (err == SAM_ENOTFOUND)
        return verb_refuse(v, SAM_TEXT_ADM_NO_CENTRE, v->home->dir, v->home->dir);
    int code =
        err ? verb_refuse(v, SAM_TEXT_ADM_NOT_RESTORED, verb_error_text(v->lang, err)) : opened(v, plain, sizeof plain);
    if (code)
        return code;
    code = restore_from(v, plain[0] ? plain : v->args.pos[0]);
    if (plain[0])
        unlink(plain);
    return code;
}

static int local_version(struct verb_context *v)
{
    report_text(&v->report, "version", SAM_VERSION);
    report_tell(&v->report, SAM_TEXT_ADM_VERSION, SAM_VERSION);
    return VERB_OK;
}

static const struct {
    const char *name;
    int (*run)(struct verb_context *v);
} locals[] = {
    {"init", local_init},
    {"demo", local_demo},
    {"restore", local_restore},
    {"version", local_version},
    {"help", verb_help},
    {"config", verb_config},
    {"backup key", verb_backup_key},
    {"cert show", verb_cert_show},
    {"cert request", verb_cert_request},
    {"cert export", verb_cert_export},
    {"config check", verb_config_check},
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
        code = verb_refuse(v, SAM_TEXT_ADM_TOO_LONG);
    if (code && v->error[0])
        fprintf(stderr, "samlingd: %s\n", v->error);
    if (code)
        return code;
    code = print(sam_buf_peek(&v->report.out));
    return code ? code : v->exit_code;
}

static int run_local(struct verb_context *v, int (*serve)(struct verb_context *v))
{
    for (unsigned i = 0; i < sizeof locals / sizeof *locals; i++)
        if (strcmp(v->verb->name, locals[i].name) == 0)
            return finish(v, locals[i].run(v));
    return finish(v, serve(v));
}

/* ---- one call */

static int run(struct words *w, struct verb_context *v, int (*serve)(struct verb_context *v))
{
    struct home home;
    if (home_set(&home, w->home ? w->home : HOME_DEFAULT, w->keys, w->journal))
        return cli_complain(w->lang, SAM_TEXT_ADM_WORDS);
    int code = verb_open(v, &home, w->lang, w->count, w->word);
    if (code)
        return finish(v, code);
    if (v->verb->local)
        return run_local(v, serve);
    return cli_verb(w, v);
}

int cli_run(int argc, char **argv, int (*serve)(struct verb_context *v))
{
    struct words *w = calloc(1, sizeof *w);
    struct verb_context *v = calloc(1, sizeof *v);
    int code = VERB_REFUSED;
    if (!w || !v) {
        cli_complain(words_language(NULL), SAM_TEXT_CENTRE_ENOMEM);
    } else if ((code = words_read(w, argc, argv)) == VERB_OK) {
        code = run(w, v, serve);
        verb_close(v);
    }
    if (w)
        words_fini(w);
    free(v);
    free(w);
    return code;
}
