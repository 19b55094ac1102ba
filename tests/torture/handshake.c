/* Goal: no handshake is completed at an endpoint of which an allocation has failed during it (CVE-2025-27810: a Finished message computed
 * from memory that nobody had written), and what an endpoint says is decrypted is what the other one encrypted.
 *
 * Two pumps talk through byte queues. At one of them, the client or the server, the 1st, 2nd, 3rd … allocation of mbedTLS and of ours
 * fails, once and then for ever, until the handshake runs without meeting the failure. Then the same for the making of a config, and for
 * records that come after the handshake. After each run all memory has been given back.
 *
 *   handshake [--every K]                    of each K places one */
#include "tests/torture/fail.h"

#include "proto/base/buf.h"
#include "proto/base/err.h"
#include "proto/wire/cert.h"
#include "proto/wire/crypto.h"
#include "proto/wire/tls.h"

#include <mbedtls/x509_crt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DAY = 86400, CLEAN_RUNS = 3, PLACES_MAX = 200000, WRONG_MAX = 8, DATA_BYTES = 20000 };
enum { CLIENT, SERVER, ENDS };
static const char *const end_name[] = {"client", "server"};

static struct sam_cert_pair ca, certificate;
static uint8_t pin[SAM_CERT_PIN_BYTES];
static unsigned long every = 1;

struct end {
    struct sam_tls *tls;
    struct sam_buf plain, cipher;
};

struct pair {
    struct sam_tls_config *config[ENDS];
    struct end end[ENDS];
    int fails; /* the end at which allocations fail */
    const char *wrong;
};

struct sum {
    unsigned long places, runs, hits, refused, excused, wrong;
};

static int config_make(struct pair *p, int which, bool by_ca)
{
    size_t ca_len = strlen(ca.cert_pem);
    if (which == SERVER)
        return sam_tls_config_server_new(&p->config[which], certificate.cert_pem, strlen(certificate.cert_pem),
                                         certificate.key_pem, strlen(certificate.key_pem));
    return by_ca ? sam_tls_config_client_new(&p->config[which], NULL, 0, ca.cert_pem, ca_len, SAM_TLS_ALPN_SYNC)
                 : sam_tls_config_client_new(&p->config[which], pin, 1, NULL, 0, SAM_TLS_ALPN_SYNC);
}

/* Where a client knows its server by a pin alone, the library's own look at the chain decides nothing (proto/wire/tls_config.c), and a
 * failure in there is not one of the handshake: it is counted apart. Our check of the pin is made again afterwards, outside. */
static bool by_pin;
static unsigned long excused;

int __real_mbedtls_x509_crt_verify_restartable(mbedtls_x509_crt *crt, mbedtls_x509_crt *trust, mbedtls_x509_crl *crl,
                                               const mbedtls_x509_crt_profile *profile, const char *name,
                                               uint32_t *flags,
                                               int (*verify)(void *, mbedtls_x509_crt *, int, uint32_t *), void *ctx,
                                               mbedtls_x509_crt_restart_ctx *again);
int __wrap_mbedtls_x509_crt_verify_restartable(mbedtls_x509_crt *crt, mbedtls_x509_crt *trust, mbedtls_x509_crl *crl,
                                               const mbedtls_x509_crt_profile *profile, const char *name,
                                               uint32_t *flags,
                                               int (*verify)(void *, mbedtls_x509_crt *, int, uint32_t *), void *ctx,
                                               mbedtls_x509_crt_restart_ctx *again);
int __wrap_mbedtls_x509_crt_verify_restartable(mbedtls_x509_crt *crt, mbedtls_x509_crt *trust, mbedtls_x509_crl *crl,
                                               const mbedtls_x509_crt_profile *profile, const char *name,
                                               uint32_t *flags,
                                               int (*verify)(void *, mbedtls_x509_crt *, int, uint32_t *), void *ctx,
                                               mbedtls_x509_crt_restart_ctx *again)
{
    unsigned long before = fail_hits();
    int ret = __real_mbedtls_x509_crt_verify_restartable(crt, trust, crl, profile, name, flags, verify, ctx, again);
    if (by_pin)
        excused += fail_hits() - before;
    return ret;
}

/* ---- one end works: only then may its allocations fail */

static void works(struct pair *p, int which)
{
    if (which == p->fails)
        fail_go_on();
}

/* The promise itself: seen behind every call. */
static void rests(struct pair *p, int which)
{
    if (which != p->fails)
        return;
    fail_pause();
    struct sam_tls *t = p->end[which].tls;
    if (t && fail_hits() > excused && sam_tls_state(t) == SAM_TLS_OPEN)
        p->wrong = "the handshake was completed after an allocation had failed";
}

static int end_open(struct pair *p, int which)
{
    struct end *e = &p->end[which];
    works(p, which);
    int err = sam_tls_new(&e->tls, p->config[which], which == CLIENT ? "localhost" : NULL);
    if (!err && which == CLIENT)
        err = sam_tls_pump(e->tls, &e->plain, &e->cipher);
    rests(p, which);
    return err;
}

/* What stands in ${from}'s queue goes to the other end. */
static int carry(struct pair *p, int from)
{
    struct end *a = &p->end[from], *b = &p->end[!from];
    int err = 0;
    while (!err && sam_buf_len(&a->cipher)) {
        struct sam_span s = sam_buf_peek(&a->cipher);
        size_t n = s.len < 16384 ? s.len : 16384;
        works(p, !from);
        err = sam_tls_feed(b->tls, s.ptr, n);
        if (!err)
            err = sam_tls_pump(b->tls, &b->plain, &b->cipher);
        rests(p, !from);
        sam_buf_consume(&a->cipher, n);
    }
    return err;
}

static void pair_open(struct pair *p, int fails, bool by_ca)
{
    memset(p, 0, sizeof *p);
    p->fails = fails;
    for (int i = 0; i < ENDS; i++) {
        sam_buf_init(&p->end[i].plain, 1u << 17);
        sam_buf_init(&p->end[i].cipher, 1u << 17);
        if (config_make(p, i, by_ca))
            p->wrong = "no config";
    }
}

static void pair_close(struct pair *p)
{
    for (int i = 0; i < ENDS; i++) {
        sam_tls_free(p->end[i].tls);
        sam_tls_config_free(p->config[i]);
        sam_buf_fini(&p->end[i].plain);
        sam_buf_fini(&p->end[i].cipher);
    }
}

static int handshake(struct pair *p)
{
    int err = end_open(p, CLIENT);
    if (!err)
        err = end_open(p, SERVER);
    while (!err && (sam_buf_len(&p->end[CLIENT].cipher) || sam_buf_len(&p->end[SERVER].cipher))) {
        err = carry(p, CLIENT);
        if (!err)
            err = carry(p, SERVER);
    }
    return err;
}

static bool both_open(const struct pair *p)
{
    return p->end[CLIENT].tls && p->end[SERVER].tls && sam_tls_state(p->end[CLIENT].tls) == SAM_TLS_OPEN &&
           sam_tls_state(p->end[SERVER].tls) == SAM_TLS_OPEN;
}

/* ---- what is played: 0 all went well, 1 an end said no; p->wrong: neither may be */

static int play_handshake(struct pair *p, const struct fail *f)
{
    fail_arm(f);
    fail_pause();
    int err = handshake(p);
    if (!err && !p->wrong && !both_open(p))
        p->wrong = "neither open nor an error";
    return err ? 1 : 0;
}

static int play_config(struct pair *p, const struct fail *f)
{
    int which = p->fails;
    sam_tls_config_free(p->config[which]);
    fail_arm(f);
    int err = config_make(p, which, true);
    fail_pause();
    if (err ? p->config[which] != NULL : fail_hits() > 0)
        p->wrong = err ? "an error, and a config" : "a config was made although an allocation had failed";
    return err ? 1 : 0;
}

/* Bytes go both ways; what arrives is a beginning of what was sent. */
static int play_records(struct pair *p, const struct fail *f)
{
    static uint8_t text[DATA_BYTES];
    p->fails = ENDS;
    if (handshake(p) || !both_open(p))
        p->wrong = "no handshake without a failure";
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)(i * 2654435761u >> 13);
    int err = 0;
    fail_arm(f);
    for (int from = 0; from < ENDS && !err && !p->wrong; from++) {
        struct end *a = &p->end[from], *b = &p->end[!from];
        err = sam_tls_write(a->tls, text, sizeof text, &a->cipher);
        if (!err)
            err = carry(p, from);
        struct sam_span got = sam_buf_peek(&b->plain);
        if (got.len > sizeof text || memcmp(got.ptr, text, got.len) != 0)
            p->wrong = "other bytes arrived than were sent";
        else if (!err && got.len != sizeof text)
            p->wrong = "bytes are missing, and nobody said so";
    }
    fail_pause();
    return err ? 1 : 0;
}

static const struct {
    const char *name;
    int (*play)(struct pair *p, const struct fail *f);
    bool by_ca;
    int ends; /* those at which allocations are made to fail: client, both */
} plays[] = {{"handshake by pin", play_handshake, false, ENDS},
             {"handshake by authority", play_handshake, true, ENDS},
             {"config", play_config, true, ENDS},
             {"records", play_records, false, 1}};

/* ---- every place */

static void run(unsigned what, int which, const struct fail *f, struct sum *sum)
{
    struct pair p;
    long live = fail_live();
    fail_disarm();
    by_pin = !plays[what].by_ca;
    excused = 0;
    pair_open(&p, which, plays[what].by_ca);
    sum->refused += plays[what].play(&p, f) != 0;
    sum->runs++;
    sum->hits += fail_hits() > 0;
    sum->excused += excused > 0;
    if (!f->at)
        sum->places = fail_count();
    fail_disarm();
    pair_close(&p);
    if (!p.wrong && fail_live() != live)
        p.wrong = "not all memory was given back";
    if (p.wrong && sum->wrong++ < WRONG_MAX)
        printf("not ok torture TLS %s, %s: allocation %lu, %s: %s\n", plays[what].name, end_name[which], f->at,
               f->ever ? "for ever" : "once", p.wrong);
}

/* Numbers are drawn, so that places differ from run to run: it is clean when several runs were. */
static bool sweep(unsigned what, int which)
{
    struct sum sum = {0};
    struct fail f = {.kind = FAIL_MEMORY};
    run(what, which, &f, &sum);
    bool sound = sum.refused == 0 && !sum.wrong;
    unsigned long step = sum.places / 6 + 1 < every ? sum.places / 6 + 1 : every;
    for (int ever = 0; ever < 2 && sound; ever++) {
        f.ever = ever;
        f.at = 1 + step / 2;
        for (unsigned clean = 0; clean < CLEAN_RUNS && f.at < PLACES_MAX; f.at += step) {
            unsigned long hits = sum.hits;
            run(what, which, &f, &sum);
            clean = sum.hits == hits ? clean + 1 : 0;
        }
    }
    if (sum.wrong || !sound)
        printf("not ok torture TLS %s, %s: %lu of %lu runs\n", plays[what].name, end_name[which], sum.wrong, sum.runs);
    else
        printf("ok torture TLS %s, %s: %lu allocations, once and for ever%s: %lu runs, %lu with a failure, %lu said "
               "no, %lu in "
               "the chain check that a pin stands in for; no open end after any other\n",
               plays[what].name, end_name[which], sum.places, step > 1 ? " (a sample)" : "", sum.runs, sum.hits,
               sum.refused, sum.excused);
    fflush(stdout);
    return !sum.wrong && sound;
}

static int certificates_make(void)
{
    static const char *const names[] = {"localhost"};
    int64_t from = (int64_t)time(NULL) - DAY, to = from + 365 * DAY;
    int err = sam_crypto_start();
    if (!err)
        err = sam_cert_make_ca(from, to, &ca);
    if (!err)
        err = sam_cert_make_server(&ca, names, 1, from, to, &certificate);
    return err ? err : sam_cert_pin(certificate.cert_pem, strlen(certificate.cert_pem), pin);
}

int main(int argc, char **argv)
{
    bool ok = true;
    if (argc == 3 && strcmp(argv[1], "--every") == 0)
        every = strtoul(argv[2], NULL, 10);
    if (!every || certificates_make())
        return 1;
    for (unsigned what = 0; what < sizeof plays / sizeof *plays; what++)
        for (int which = 0; which < plays[what].ends; which++)
            ok &= sweep(what, which);
    return ok ? 0 : 1;
}
