/* The centre's certificate: what it is, a request to the site's own authority, the site's certificate in the place of the one that
 * init made, and back. Tablets know the centre by its key; a certificate for the same key changes nothing for them. */
#include "proto/base/err.h"
#include "proto/wire/cert_read.h"
#include "proto/wire/crypto.h"
#include "proto/wire/tls.h"
#include "server/admin/verbs_cert.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define REQUEST_BYTES_MAX 8192u
#define HEX_BYTES 96u /* 32 bytes as "AB:CD:…" and its end */

void cert_date(int64_t s, char out[CERT_DATE_BYTES])
{
    time_t t = (time_t)s;
    struct tm tm;
    out[0] = 0;
    if (gmtime_r(&t, &tm))
        strftime(out, CERT_DATE_BYTES, "%Y-%m-%d", &tm);
}

/* As browsers and openssl show it. */
static void hex_text(const uint8_t hash[32], char out[HEX_BYTES])
{
    for (unsigned i = 0; i < 32; i++)
        snprintf(out + (size_t)3 * i, HEX_BYTES - (size_t)3 * i, "%02X%s", hash[i], i < 31 ? ":" : "");
}

static void wipe(struct sam_buf *b)
{
    if (b->mem)
        sam_wipe(b->mem, b->cap);
    sam_buf_fini(b);
}

/* ---- cert show */

static void names_text(const struct sam_cert_info *info, char *out, size_t size)
{
    size_t used = 0;
    out[0] = 0;
    for (unsigned i = 0; i < info->names && used < size; i++) {
        int n = snprintf(out + used, size - used, "%s%s", i ? ", " : "", info->name[i]);
        used += n > 0 ? (size_t)n : 0;
    }
}

static void info_say(struct report *r, const struct sam_cert_info *info, bool own)
{
    char from[CERT_DATE_BYTES], to[CERT_DATE_BYTES], print[HEX_BYTES], pin[HEX_BYTES], words[SAM_CERT_WORDS_BYTES_MAX],
        names[2048];
    cert_date(info->not_before_s, from);
    cert_date(info->not_after_s, to);
    hex_text(info->fingerprint, print);
    hex_text(info->pin, pin);
    sam_cert_words(info->pin, words);
    names_text(info, names, sizeof names);
    report_text(r, "subject", info->subject);
    report_text(r, "issuer", info->issuer);
    report_text(r, "names", names);
    report_text(r, "key", info->kind);
    report_num(r, "not_before_s", info->not_before_s);
    report_num(r, "not_after_s", info->not_after_s);
    report_text(r, "fingerprint", print);
    report_text(r, "key_fingerprint", pin);
    report_text(r, "words", words);
    report_num(r, "chain", info->chain);
    report_num(r, "own", own);
    report_tell(r, own ? SAM_TEXT_CERT_OWN : SAM_TEXT_CERT_SITE);
    report_tell(r, SAM_TEXT_CERT_SHOW, info->subject, info->issuer, names, from, to, info->kind, (int)info->chain,
                print, pin, words);
}

static int info_now(const struct verb_context *v, struct sam_cert_info *info)
{
    struct sam_buf cert;
    sam_buf_init(&cert, SAM_CERT_FILE_BYTES_MAX);
    int err = home_cert(v->home, &cert);
    err = err ? err : sam_cert_read(sam_buf_peek(&cert).ptr, sam_buf_len(&cert), info);
    sam_buf_fini(&cert);
    return err;
}

static int unread(struct verb_context *v, const char *what, int err)
{
    return verb_refuse(v, SAM_TEXT_CONF_UNREAD, what, verb_error_text(v->lang, err));
}

int cert_ends_s(const struct verb_context *v, int64_t *at_s)
{
    struct sam_cert_info info;
    int err = info_now(v, &info);
    *at_s = err ? 0 : info.not_after_s;
    return err;
}

int verb_cert_show(struct verb_context *v)
{
    struct sam_cert_info info;
    int err = info_now(v, &info);
    if (err)
        return unread(v, v->home->keys, err);
    info_say(&v->report, &info, home_tls_own(v->home));
    return VERB_OK;
}

/* ---- cert request */

static int request_make(struct verb_context *v, const struct sam_buf *key, char *out)
{
    char host[HOME_HOST_BYTES_MAX];
    const char *usual[] = {host};
    bool given = v->args.pos_count > 0;
    int err = home_host(v->home, host);
    return err ? err
               : sam_cert_request(sam_buf_peek(key).ptr, sam_buf_len(key), given ? v->args.pos : usual,
                                  given ? v->args.pos_count : 1, out, REQUEST_BYTES_MAX);
}

int verb_cert_request(struct verb_context *v)
{
    char out[REQUEST_BYTES_MAX];
    struct sam_buf cert, key;
    sam_buf_init(&cert, SAM_CERT_FILE_BYTES_MAX);
    sam_buf_init(&key, SAM_CERT_FILE_BYTES_MAX);
    int err = home_tls(v->home, &cert, &key);
    err = err ? err : request_make(v, &key, out);
    sam_buf_fini(&cert);
    wipe(&key);
    if (err)
        return verb_refuse(v, SAM_TEXT_CERT_NO_REQUEST, verb_error_text(v->lang, err));
    report_text(&v->report, "request", out);
    report_lines(&v->report, out);
    return VERB_OK;
}

/* ---- cert use */

struct pair {
    struct sam_buf cert, key, other; /* other: the certificate that is in use */
    bool new_key;                    /* a key was given */
};

static int pair_read(struct verb_context *v, struct pair *p)
{
    const char *key = args_get(&v->args, "key");
    int err = home_read(v->args.pos[0], &p->cert);
    err = err ? err : sam_buf_add(&p->cert, "", 1);
    if (err)
        return unread(v, v->args.pos[0], err);
    p->new_key = key != NULL;
    if (key) {
        err = home_read(key, &p->key);
        err = err ? err : sam_buf_add(&p->key, "", 1);
    } else {
        err = home_tls(v->home, &p->other, &p->key);
    }
    return err ? unread(v, key ? key : v->home->keys, err) : VERB_OK;
}

/* Does any tablet know the centre by the key that is in use? */
static int tablets_known(struct verb_context *v, bool *any)
{
    struct store_device d;
    uint64_t no = SAM_DEVICE_NO_CONSOLE;
    int err;
    *any = false;
    while ((err = store_device_each(v->st, no, &d)) == 0) {
        no = d.device_no;
        *any |= d.state == SAM_DEVICE_PENDING || d.state == SAM_DEVICE_ACTIVE || d.state == SAM_DEVICE_DRAINING;
        sam_wipe(&d, sizeof d);
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* Other keys lock every tablet out: only whoever says that this is known may do that. */
static int key_change_check(struct verb_context *v, const uint8_t pin[SAM_CERT_PIN_BYTES])
{
    uint8_t now[SAM_CERT_PIN_BYTES];
    bool any;
    int err = tablets_known(v, &any);
    if (err)
        return err;
    bool same = home_pin(v->home, now) == 0 && memcmp(now, pin, sizeof now) == 0;
    if (!same && any && !args_has(&v->args, "new-key"))
        return verb_refuse(v, SAM_TEXT_CERT_NEW_KEY);
    return VERB_OK;
}

static int pair_check(struct verb_context *v, const struct pair *p, struct sam_cert_info *info)
{
    char host[HOME_HOST_BYTES_MAX];
    struct sam_span cert = sam_buf_peek(&p->cert), key = sam_buf_peek(&p->key);
    struct sam_tls_config *tls = NULL;
    int err = home_host(v->home, host);
    if (err)
        return err;
    enum sam_cert_fault fault = sam_cert_check(cert.ptr, cert.len, key.ptr, key.len, host, (int64_t)time(NULL));
    if (fault)
        return verb_refuse(v, SAM_TEXT_CERT_NOT_USED, v->args.pos[0],
                           sam_text_of(v->lang, SAM_TEXT_SET_CERT_FAULT, (int)fault), host);
    err = sam_cert_read(cert.ptr, cert.len, info);
    err = err ? err : sam_tls_config_server_new(&tls, cert.ptr, cert.len, key.ptr, key.len);
    sam_tls_config_free(tls);
    return err ? verb_refuse(v, SAM_TEXT_CERT_NOT_USED, v->args.pos[0], verb_error_text(v->lang, err), host)
               : key_change_check(v, info->pin);
}

static int pair_use(struct verb_context *v, const struct pair *p)
{
    struct sam_cert_info info = {.names = 0};
    struct sam_span cert = sam_buf_peek(&p->cert), key = sam_buf_peek(&p->key);
    int code = pair_check(v, p, &info);
    if (code)
        return code;
    cert.len--; /* the closing 0 is not of the files */
    key.len--;
    int err = home_tls_set(v->home, cert, p->new_key ? &key : NULL);
    if (err)
        return verb_refuse(v, SAM_TEXT_ADM_FOLDER, v->home->keys, verb_error_text(v->lang, err));
    info_say(&v->report, &info, false);
    report_tell(&v->report, SAM_TEXT_CERT_NEXT);
    return VERB_OK;
}

int verb_cert_use(struct verb_context *v)
{
    struct pair p = {.new_key = false};
    sam_buf_init(&p.cert, SAM_CERT_FILE_BYTES_MAX);
    sam_buf_init(&p.key, SAM_CERT_FILE_BYTES_MAX);
    sam_buf_init(&p.other, SAM_CERT_FILE_BYTES_MAX);
    int code = pair_read(v, &p);
    code = code ? code : pair_use(v, &p);
    sam_buf_fini(&p.cert);
    sam_buf_fini(&p.other);
    wipe(&p.key);
    return code;
}

/* ---- cert self */

int verb_cert_self(struct verb_context *v)
{
    struct sam_cert_info info;
    int err = home_tls_own_set(v->home);
    if (err == SAM_EEXIST)
        return verb_refuse(v, SAM_TEXT_CERT_IS_OWN);
    err = err ? err : info_now(v, &info);
    if (err)
        return verb_refuse(v, SAM_TEXT_ADM_FOLDER, v->home->keys, verb_error_text(v->lang, err));
    info_say(&v->report, &info, true);
    report_tell(&v->report, SAM_TEXT_CERT_NEXT);
    return VERB_OK;
}

/* ---- cert export: the own authority for browsers, with the steps */

int verb_cert_export(struct verb_context *v)
{
    struct sam_buf cert;
    struct sam_cert_info info;
    char print[HEX_BYTES], host[HOME_HOST_BYTES_MAX];
    sam_buf_init(&cert, SAM_CERT_FILE_BYTES_MAX);
    int err = home_ca(v->home, &cert);
    err = err ? err : sam_cert_read(sam_buf_peek(&cert).ptr, sam_buf_len(&cert), &info);
    err = err ? err : home_host(v->home, host);
    if (!err && home_write(v->args.pos[0], (struct sam_span){sam_buf_peek(&cert).ptr, sam_buf_len(&cert) - 1}, 0644))
        err = SAM_EIO;
    sam_buf_fini(&cert);
    if (err)
        return verb_refuse(v, SAM_TEXT_CERT_NOT_WRITTEN, v->args.pos[0], verb_error_text(v->lang, err));
    hex_text(info.fingerprint, print);
    report_text(&v->report, "file", v->args.pos[0]);
    report_text(&v->report, "fingerprint", print);
    report_tell(&v->report, SAM_TEXT_CERT_GUIDE, v->args.pos[0], print, host);
    return VERB_OK;
}
