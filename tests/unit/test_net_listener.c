/* Goal: whoever connects gets an answer or an end, within his share and his time, and the loop closes clean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "proto/sync/sync.h"
#include "tests/lib/porch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SHARE 3
#define JOINS 4

static void limits(struct listener_config *lc)
{
    lc->handshakes_per_address_max = SHARE;
    lc->joins_per_minute = JOINS;
    lc->handshake_ms = 500;
}

static int setup(void **state)
{
    struct porch *w = *state = malloc(sizeof *w);
    assert_non_null(w);
    porch_open(w, limits, NULL);
    assert_int_not_equal(w->port, 0);
    return 0;
}

static int teardown(void **state)
{
    porch_close(*state);
    free(*state);
    return 0;
}

/* ---- clients, in a thread of their own, while the loop runs here. Each reports a number: 0 is what was hoped for. */

static void play(struct porch *w, int (*act)(struct porch *w))
{
    assert_int_equal(porch_play(w, act), 0);
}

/* true: the other side ended it within ${wait_ms}. */
static bool ends(int fd, long wait_ms)
{
    struct timeval wait = {wait_ms / 1000, wait_ms % 1000 * 1000};
    uint8_t mem[512];
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    ssize_t n;
    while ((n = recv(fd, mem, sizeof mem, 0)) > 0)
        continue;
    return n == 0 || errno == ECONNRESET;
}

static int rubbish(struct porch *w)
{
    int fd = porch_dial(w);
    if (send(fd, "GET / HTTP/1.0\r\n\r\n", 18, MSG_NOSIGNAL) != 18 || !ends(fd, 400))
        return 1;
    close(fd);
    return 0;
}

/* Whoever is above the share of the address hears nothing, until one of the first has gone; then it is its turn. */
static int too_many(struct porch *w)
{
    int fd[SHARE + 2], bad = 0;
    for (unsigned i = 0; i < SHARE + 2; i++)
        fd[i] = porch_dial(w);
    for (unsigned i = 0; i < SHARE + 2; i++)
        bad += send(fd[i], "GET / HTTP/1.0\r\n\r\n", i < SHARE ? 3 : 18, MSG_NOSIGNAL) < 3;
    for (unsigned i = 0; i < SHARE + 2; i++)
        bad += ends(fd[i], 30);
    for (unsigned i = 0; i < SHARE; i++)
        close(fd[i]);
    for (unsigned i = SHARE; i < SHARE + 2; i++) {
        bad += !ends(fd[i], 400);
        close(fd[i]);
    }
    return bad;
}

static int too_slow(struct porch *w)
{
    int fd = porch_dial(w);
    int bad = ends(fd, 300) ? 1 : ends(fd, 4000) ? 0 : 2;
    close(fd);
    return bad;
}

/* ---- a client that speaks TLS */

struct line {
    struct porch_line line;
    struct sam_buf plain; /* to be said */
};

static int line_open(struct line *t, struct porch *w, const char *alpn)
{
    sam_buf_init(&t->plain, 1 << 17);
    return porch_line_open(&t->line, w, alpn);
}

static void line_close(struct line *t)
{
    porch_line_close(&t->line);
    sam_buf_fini(&t->plain);
}

static int line_say(struct line *t)
{
    int err = porch_line_say(&t->line, sam_buf_peek(&t->plain));
    sam_buf_clear(&t->plain);
    return err;
}

/* The code of the ERROR that comes, or a negative code. */
static int line_error(struct line *t)
{
    for (;;) {
        struct sam_frame f;
        size_t used;
        int err = sam_frame_decode(sam_buf_peek(&t->line.in), &f, &used);
        if (err == SAM_EAGAIN) {
            err = porch_line_wait(&t->line);
            if (err && sam_buf_len(&t->line.in) == 0)
                return err;
            continue;
        }
        if (err)
            return err;
        struct sam_error e;
        err = f.kind == SAM_FRAME_ERROR ? sam_error_decode(f.body, &e) : SAM_EPROTO;
        sam_buf_consume(&t->line.in, used);
        return err ? err : (int)e.code;
    }
}

/* Tries an invite that nobody made: the code of the ERROR, or a negative number. */
static int try_invite(struct porch *w)
{
    struct line t;
    struct sam_sync_ops none = {0};
    struct sam_join j = {
        .protocol = 1, .schema = 1, .code_len = SAM_CODE_BYTES, .key_len = SAM_KEY_BYTES, .label = "x"};
    int bad = line_open(&t, w, SAM_TLS_ALPN_SYNC) ? -1 : 0;
    struct sam_zip *zip = sam_zip_new();
    struct sam_sync *s = sam_sync_new(SAM_ROLE_DEVICE, &none, NULL, zip, &t.plain);
    if (!bad)
        bad = sam_sync_send_join(s, &j, NULL) || line_say(&t) ? -2 : 0;
    if (!bad)
        bad = line_error(&t);
    if (bad > 0 && !ends(t.line.fd, 1000))
        bad = -4;
    sam_sync_free(s);
    sam_zip_free(zip);
    line_close(&t);
    return bad;
}

static int unknown_code(struct porch *w)
{
    return try_invite(w) == SAM_ERROR_CODE_REFUSED ? 0 : 1;
}

static int guessed_codes(struct porch *w)
{
    for (int i = 1; i <= JOINS; i++)
        if (try_invite(w) != SAM_ERROR_CODE_REFUSED)
            return i;
    return try_invite(w) == SAM_ERROR_BUSY ? 0 : JOINS + 1;
}

static int bad_frames(struct porch *w)
{
    static const struct {
        uint8_t bytes[8];
        unsigned len;
        int code;
    } cases[] = {
        {{0xff, 0xff, 0xff, 0xff, 0x0f}, 5, SAM_ERROR_TOO_BIG}, /* 4 GiB */
        {{0x01, 0x7f}, 2, SAM_ERROR_BAD_FRAME},                 /* an unknown kind */
        {{0x00}, 1, SAM_ERROR_BAD_FRAME},                       /* empty */
        {{0x01, 0x02}, 2, SAM_ERROR_BAD_STATE},                 /* PUSH before HELLO */
        {{0x01, 0x03}, 2, SAM_ERROR_BAD_FRAME},                 /* WELCOME from a device */
        {{0x03, 0x81, 0xff, 0xff}, 4, SAM_ERROR_BAD_FRAME},     /* not deflate */
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct line t;
        int bad = line_open(&t, w, SAM_TLS_ALPN_SYNC) ? 1 : 0;
        if (!bad && sam_buf_add(&t.plain, cases[i].bytes, cases[i].len) == 0 && line_say(&t) == 0)
            bad = line_error(&t) == cases[i].code ? 0 : 2;
        if (!bad)
            bad = ends(t.line.fd, 1000) ? 0 : 3;
        line_close(&t);
        if (bad)
            return (int)i * 10 + bad;
    }
    return 0;
}

static int other_protocol(struct porch *w)
{
    struct line t;
    int bad = line_open(&t, w, SAM_TLS_ALPN_HTTP) ? 1 : 0;
    if (!bad)
        bad = ends(t.line.fd, 1000) ? 0 : 2;
    line_close(&t);
    return bad;
}

static void rubbish_ends(void **state)
{
    play(*state, rubbish);
}
static void one_address_has_its_share(void **state)
{
    play(*state, too_many);
}
static void a_silent_peer_ends(void **state)
{
    play(*state, too_slow);
}
static void an_unknown_code_is_refused(void **state)
{
    play(*state, unknown_code);
}
static void guessing_codes_is_slowed(void **state)
{
    play(*state, guessed_codes);
}
static void bad_frames_are_named(void **state)
{
    play(*state, bad_frames);
}
static void another_protocol_is_let_go(void **state)
{
    play(*state, other_protocol);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rubbish_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(one_address_has_its_share, setup, teardown),
        cmocka_unit_test_setup_teardown(a_silent_peer_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(an_unknown_code_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(guessing_codes_is_slowed, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_frames_are_named, setup, teardown),
        cmocka_unit_test_setup_teardown(another_protocol_is_let_go, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
