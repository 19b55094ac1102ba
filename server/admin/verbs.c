#include "server/admin/verbs.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/base/host_name.h"
#include "proto/model/op.h"
#include "proto/wire/cert.h"
#include "server/admin/access.h"
#include "server/admin/config.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_SHOWN_BYTES 100u

static const struct verb verbs[] = {
#include "server/admin/verb.def"
};

const struct verb *verbs_at(unsigned i)
{
    return i < sizeof verbs / sizeof *verbs ? &verbs[i] : NULL;
}

const struct verb *verb_find(int argc, const char *const *argv, int *words)
{
    char two[64];
    *words = 0;
    if (argc < 1)
        return NULL;
    snprintf(two, sizeof two, "%s %s", argv[0], argc > 1 ? argv[1] : "");
    for (const struct verb *v = verbs; v < verbs + sizeof verbs / sizeof *verbs; v++) {
        bool spaced = strchr(v->name, ' ') != NULL;
        if (strcmp(v->name, spaced ? two : argv[0]) == 0) {
            *words = spaced ? 2 : 1;
            return v;
        }
    }
    return NULL;
}

int verb_refuse(struct verb_context *v, enum sam_text_id id, ...)
{
    va_list ap;
    va_start(ap, id);
    vsnprintf(v->error, sizeof v->error, sam_text(v->lang, id), ap);
    va_end(ap);
    return VERB_REFUSED;
}

int verb_failed(struct verb_context *v, int err)
{
    const char *why = verb_error_text(v->lang, err);
    if (!v->made)
        return verb_refuse(v, SAM_TEXT_ADM_NOTHING_STORED, why);
    verb_refuse(v, SAM_TEXT_ADM_MADE_ALL_THE_SAME, v->made, why);
    return VERB_UNKNOWN;
}

int verb_host(struct verb_context *v, const char **host)
{
    *host = args_get(&v->args, "host");
    bool good = !*host || sam_is_host_name(*host, strlen(*host));
    return good ? VERB_OK : verb_refuse(v, SAM_TEXT_ADM_HOST, *host);
}

int verb_usage(struct verb_context *v)
{
    char sentence[ARGS_ERROR_BYTES_MAX];
    snprintf(sentence, sizeof sentence, "%s", v->args.error);
    verb_refuse(v, SAM_TEXT_ADM_USAGE, sam_text(v->lang, v->verb->usage));
    size_t n = strlen(sentence), rest = strlen(v->error);
    if (n && n + rest + 2 <= sizeof v->error) {
        memmove(v->error + n + 1, v->error, rest + 1);
        memcpy(v->error, sentence, n);
        v->error[n] = '\n';
    }
    return VERB_USAGE;
}

/* " --home DIR", in quotes where a shell would not leave it whole. */
static void path_option(char *out, size_t size, const char *option, const char *path, bool whole)
{
    char real[PATH_MAX];
    size_t used = strlen(out);
    if (whole && path[0] != '/' && realpath(path, real))
        path = real; /* whoever asks may stand in another folder than who serves */
    const char *quote = strpbrk(path, " \t\n\"\\$&;|<>()*?[]#~`!{}") ? "'" : "";
    snprintf(out + used, size - used, " --%s %s%s%s", option, quote, path, quote);
}

void verb_home(const struct verb_context *v, char *out, size_t size)
{
    struct home usual;
    bool whole = v->live_count > 0;
    out[0] = 0;
    if (home_set(&usual, v->home->dir, NULL, NULL))
        return;
    if (strcmp(v->home->dir, HOME_DEFAULT) != 0)
        path_option(out, size, "home", v->home->dir, whole);
    if (strcmp(v->home->keys, usual.keys) != 0)
        path_option(out, size, "keys", v->home->keys, whole);
    if (strcmp(v->home->journal, usual.journal) != 0)
        path_option(out, size, "journal", v->home->journal, whole);
}

const char *verb_error_text(enum sam_lang lang, int err)
{
    static const struct {
        int err;
        enum sam_text_id id;
    } known[] = {
        {SAM_ENOMEM, SAM_TEXT_CENTRE_ENOMEM},       {SAM_ETOOBIG, SAM_TEXT_CENTRE_ETOOBIG},
        {SAM_ENOTFOUND, SAM_TEXT_CENTRE_ENOTFOUND}, {SAM_EEXIST, SAM_TEXT_CENTRE_EEXIST},
        {SAM_ESTATE, SAM_TEXT_CENTRE_ESTATE},       {SAM_EIO, SAM_TEXT_CENTRE_EIO},
        {SAM_EFULL, SAM_TEXT_CENTRE_EFULL},         {SAM_ECORRUPT, SAM_TEXT_CENTRE_ECORRUPT},
        {SAM_EVERSION, SAM_TEXT_CENTRE_EVERSION},   {SAM_EUSAGE, SAM_TEXT_CENTRE_EUSAGE},
        {SAM_EBUSY, SAM_TEXT_CENTRE_EBUSY},         {SAM_EDENIED, SAM_TEXT_CENTRE_EDENIED},
        {SAM_EREAD, SAM_TEXT_CENTRE_EREAD},         {SAM_EUNSURE, SAM_TEXT_CENTRE_EUNSURE},
    };
    for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].err == err)
            return sam_text(lang, known[i].id);
    return sam_text(lang, SAM_TEXT_CENTRE_OTHER);
}

int verb_unknown(struct verb_context *v, int argc, const char *const *argv)
{
    char words[WORDS_SHOWN_BYTES];
    snprintf(words, sizeof words, "%.40s%s%.40s", argc > 0 ? argv[0] : "", argc > 1 ? " " : "",
             argc > 1 ? argv[1] : "");
    verb_refuse(v, SAM_TEXT_ADM_NO_SUCH_VERB, words);
    return VERB_USAGE;
}

/* It stands in lines of the log beside other words: one word for itself, or several, but no signs that steer. */
static bool operator_ok(const struct args *a)
{
    const char *operator_name = args_get(a, "operator");
    struct sam_span text = {(const uint8_t *)operator_name, operator_name ? strlen(operator_name) : 0};
    return !operator_name || (text.len && text.len <= VERB_OPERATOR_BYTES_MAX && sam_text_ok(text));
}

int verb_open(struct verb_context *v, const struct home *home, enum sam_lang lang, int argc, const char *const *argv)
{
    int words;
    memset(v, 0, sizeof *v);
    v->home = home;
    v->lang = lang;
    report_init(&v->report, lang, false);
    v->verb = verb_find(argc, argv, &words);
    if (!v->verb)
        return verb_unknown(v, argc, argv);
    if (args_parse(&v->args, lang, argc - words, argv + words, v->verb->accepts))
        return verb_usage(v);
    v->report.json = args_has(&v->args, "json");
    if (!operator_ok(&v->args)) {
        verb_refuse(v, SAM_TEXT_ACCESS_OPERATOR, (int)VERB_OPERATOR_BYTES_MAX);
        return VERB_USAGE;
    }
    int code = access_reason_check(v, false);
    if (code)
        return code;
    if (v->args.pos_count < v->verb->words_min || v->args.pos_count > v->verb->words_max)
        return verb_usage(v);
    return VERB_OK;
}

static int run(struct verb_context *v)
{
    int code = v->verb->run(v);
    int err = v->verb->deliver ? 0 : report_end(&v->report);
    return code == VERB_OK && err ? verb_refuse(v, SAM_TEXT_ADM_TOO_LONG) : code;
}

int verb_run(struct verb_context *v, struct intake *in)
{
    v->in = in;
    v->st = intake_store(in);
    int code = run(v);
    return code == VERB_OK && v->verb->audited ? access_audit(v) : code;
}

int64_t verb_now_s(const struct verb_context *v)
{
    return v->in ? intake_now_s(v->in) : v->look_s;
}

int verb_look(struct verb_context *v, struct store *st, int64_t now_s)
{
    SAM_ASSERT(v->verb->looks && !v->verb->deliver);
    v->in = NULL;
    v->st = st;
    v->look_s = now_s;
    int code = run(v), err = store_failed(st);
    return err ? err : code;
}

int verb_deliver(struct verb_context *v, const struct verb_sink *out)
{
    int code = v->verb->deliver(v, out);
    int err = report_end(&v->report);
    if (code == VERB_OK && err)
        code = verb_refuse(v, SAM_TEXT_ADM_TOO_LONG);
    return code < 0 ? verb_refuse(v, SAM_TEXT_OUTLET_BROKEN, verb_error_text(v->lang, code)) : code;
}

void verb_close(struct verb_context *v)
{
    if (v->mem_free)
        v->mem_free(v->mem);
    v->mem_free = NULL;
    report_fini(&v->report);
    sam_buf_init(&v->report.out, 0);
    sam_buf_init(&v->report.cells, 0);
}
