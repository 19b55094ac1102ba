/* A crowd of TLS clients in one process: opens connections by the thousand, from many addresses of loopback, and holds them or lets them
 * go at once. What the server makes of them is measured by whoever started it.
 *
 *   crowd hold PORT PIN ALPN COUNT ADDRESSES NET WINDOW     open COUNT, at most WINDOW in the making, and hold them. On stdin, if there is any:
 *                                                           a line in hex for each, said when it is open: a HELLO. PINGs are answered.
 *   crowd flood PORT PIN ALPN SECONDS ADDRESSES NET WINDOW  WINDOW in the making all the time; each is closed when it is open
 *   crowd half PORT PIN ALPN SECONDS ADDRESSES NET WINDOW   the same, closed when the server has said its part, which costs it its signature
 *
 * ALPN "-": none. Addresses: 127.NET.x.y. Every second, and at the end, a line on stdout:
 *   open N  shaken N  refused N  ended N  frames N          open now; handshakes done; ended before that; ended after it; frames that came
 * hold goes on until its stdin ends (after the HELLOs: an empty line, and then whatever) or SIGTERM comes. */
#include "proto/base/buf.h"
#include "proto/wire/crypto.h"
#include "proto/wire/tls.h"
#include "tests/lib/check.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <uv.h>

enum { SAY_BYTES_MAX = 1024, LINE_BYTES_MAX = 2 * SAY_BYTES_MAX + 8, PER_NET = 250, PING = 14, READ_BYTES = 65536 };

struct one {
    uv_tcp_t tcp;
    uv_connect_t connect;
    struct sam_tls *tls;
    struct sam_buf in, out;
    unsigned number;
    bool open, closing;
};

static struct {
    uv_loop_t loop;
    uv_timer_t second, end;
    uv_signal_t term;
    struct sam_tls_config *tls;
    struct sockaddr_in to;
    bool hold, half, over;
    unsigned count, addresses, net, window, seconds;
    unsigned made, making, alive;
    uint64_t open, shaken, refused, ended, frames;
    uint8_t *say; /* SAY_BYTES_MAX each, its length before it */
    unsigned say_count;
    uint8_t read_mem[READ_BYTES];
} crowd;

static void more(void);

static void tell(void)
{
    printf("open %llu shaken %llu refused %llu ended %llu frames %llu\n", (unsigned long long)crowd.open,
           (unsigned long long)crowd.shaken, (unsigned long long)crowd.refused, (unsigned long long)crowd.ended,
           (unsigned long long)crowd.frames);
    fflush(stdout);
}

/* ---- one of them */

static void one_closed_cb(uv_handle_t *handle)
{
    struct one *o = handle->data;
    sam_tls_free(o->tls);
    sam_buf_fini(&o->in);
    sam_buf_fini(&o->out);
    free(o);
    crowd.alive--;
    more();
}

static void one_close(struct one *o)
{
    if (o->closing)
        return;
    o->closing = true;
    if (o->open) {
        crowd.open--;
        crowd.ended++;
    } else {
        crowd.making--;
        crowd.refused += !crowd.half;
    }
    uv_close((uv_handle_t *)&o->tcp, one_closed_cb);
}

static void flush(struct one *o)
{
    struct sam_span out = sam_buf_peek(&o->out);
    uv_buf_t buf = uv_buf_init((char *)(uintptr_t)out.ptr, (unsigned)out.len);
    if (out.len == 0)
        return;
    int n = uv_try_write((uv_stream_t *)&o->tcp, &buf, 1);
    if (n > 0)
        sam_buf_consume(&o->out, (size_t)n);
    else if (n != UV_EAGAIN)
        one_close(o);
}

static void say(struct one *o, const uint8_t *p, size_t n)
{
    if (sam_tls_write(o->tls, p, n, &o->out))
        one_close(o);
    else
        flush(o);
}

static void opened(struct one *o)
{
    o->open = true;
    crowd.open++;
    crowd.shaken++;
    crowd.making--;
    if (!crowd.hold) {
        one_close(o);
        return;
    }
    const uint8_t *words = crowd.say + (size_t)o->number * SAY_BYTES_MAX;
    if (o->number < crowd.say_count)
        say(o, words + 2, (size_t)words[0] << 8 | words[1]);
    more();
}

/* A PING that asks is answered: the same number, and the field that says that it is an answer. */
static void heard(struct one *o)
{
    for (;;) {
        struct sam_span in = sam_buf_peek(&o->in);
        size_t at = 0, len = 0;
        unsigned shift = 0;
        do {
            if (at >= in.len || at > 3)
                return;
            len |= (size_t)(in.ptr[at] & 127) << shift;
            shift += 7;
        } while (in.ptr[at++] & 128);
        if (in.len < at + len)
            return;
        crowd.frames++;
        if (len >= 1 && len < 32 && in.ptr[at] == PING) {
            uint8_t answer[40] = {(uint8_t)(len + 2)};
            memcpy(answer + 1, in.ptr + at, len);
            memcpy(answer + 1 + len, (const uint8_t[]){2 << 3, 1}, 2);
            say(o, answer, len + 3);
        }
        sam_buf_consume(&o->in, at + len);
    }
}

static void turn(struct one *o)
{
    int err = sam_tls_pump(o->tls, &o->in, &o->out);
    flush(o);
    if (err)
        one_close(o);
    if (!o->closing && !o->open && sam_tls_state(o->tls) == SAM_TLS_OPEN)
        opened(o);
    if (!o->closing && o->open)
        heard(o);
}

static void alloc_cb(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    (void)handle, (void)suggested;
    *buf = uv_buf_init((char *)crowd.read_mem, sizeof crowd.read_mem);
}

static void read_cb(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct one *o = stream->data;
    if (n == 0 || o->closing)
        return;
    if (n > 0 && crowd.half) { /* its certificate and its signature are here: that is enough */
        crowd.shaken++;
        one_close(o);
    } else if (n < 0 || sam_tls_feed(o->tls, (const uint8_t *)buf->base, (size_t)n)) {
        one_close(o);
    } else {
        turn(o);
    }
}

static void connect_cb(uv_connect_t *connect, int status)
{
    struct one *o = connect->data;
    if (o->closing)
        return;
    if (status || uv_read_start((uv_stream_t *)&o->tcp, alloc_cb, read_cb)) {
        one_close(o);
        return;
    }
    uv_tcp_nodelay(&o->tcp, 1);
    turn(o);
}

static void one_begin(void)
{
    struct one *o = calloc(1, sizeof *o);
    struct sockaddr_in from = {.sin_family = AF_INET};
    CHECK(o && sam_tls_new(&o->tls, crowd.tls, NULL) == 0);
    o->number = crowd.made++;
    unsigned a = o->number % crowd.addresses;
    from.sin_addr.s_addr = htonl(127u << 24 | crowd.net << 16 | a / PER_NET << 8 | (1 + a % PER_NET));
    sam_buf_init(&o->in, 128u << 10);
    sam_buf_init(&o->out, 128u << 10);
    uv_tcp_init_ex(&crowd.loop, &o->tcp, AF_INET);
    o->tcp.data = o->connect.data = o;
    crowd.making++;
    crowd.alive++;
    uv_os_fd_t fd;
    int on = 1; /* a port of its own for each pair of addresses, chosen when it connects */
    if (uv_fileno((uv_handle_t *)&o->tcp, &fd) == 0)
        setsockopt(fd, IPPROTO_IP, 24 /* IP_BIND_ADDRESS_NO_PORT */, &on, sizeof on);
    if (!crowd.hold && uv_fileno((uv_handle_t *)&o->tcp, &fd) == 0)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0},
                   sizeof(struct linger)); /* no port waits afterwards */
    if (uv_tcp_bind(&o->tcp, (struct sockaddr *)&from, 0) ||
        uv_tcp_connect(&o->connect, &o->tcp, (struct sockaddr *)&crowd.to, connect_cb))
        one_close(o);
}

/* ---- all of them */

static void more(void)
{
    static bool within;
    if (within)
        return;
    within = true;
    while (!crowd.over && crowd.making < crowd.window && crowd.alive < crowd.window + crowd.count &&
           (!crowd.hold || crowd.made < crowd.count))
        one_begin();
    within = false;
}

static void second_cb(uv_timer_t *timer)
{
    (void)timer;
    tell();
    more();
}

static void end_cb(uv_timer_t *timer)
{
    (void)timer;
    crowd.over = true;
    tell();
    exit(0);
}

static void term_cb(uv_signal_t *signal, int number)
{
    (void)signal, (void)number;
    end_cb(NULL);
}

static unsigned from_hex(const char *text, uint8_t *out, size_t max)
{
    size_t n = 0;
    unsigned byte;
    while (n < max && sscanf(text + 2 * n, "%2x", &byte) == 1)
        out[n++] = (uint8_t)byte;
    return (unsigned)n;
}

/* What each is to say, in the order in which they begin; an empty line ends it. */
static void words_read(void)
{
    char line[LINE_BYTES_MAX];
    crowd.say = calloc(crowd.count ? crowd.count : 1, SAY_BYTES_MAX);
    CHECK(crowd.say);
    while (crowd.say_count < crowd.count && fgets(line, sizeof line, stdin) && line[0] != '\n') {
        uint8_t *to = crowd.say + (size_t)crowd.say_count++ * SAY_BYTES_MAX;
        unsigned n = from_hex(line, to + 2, SAY_BYTES_MAX - 2);
        to[0] = (uint8_t)(n >> 8);
        to[1] = (uint8_t)n;
    }
}

static void options(char **argv)
{
    uint8_t pin[SAM_CERT_PIN_BYTES];
    crowd.hold = strcmp(argv[1], "hold") == 0;
    crowd.half = strcmp(argv[1], "half") == 0;
    CHECK(uv_ip4_addr("127.0.0.1", atoi(argv[2]), &crowd.to) == 0);
    CHECK(from_hex(argv[3], pin, sizeof pin) == sizeof pin);
    CHECK(sam_tls_config_client_new(&crowd.tls, pin, 1, NULL, 0, argv[4][0] == '-' ? NULL : argv[4]) == 0);
    crowd.count = crowd.seconds = (unsigned)atoi(argv[5]);
    crowd.addresses = (unsigned)atoi(argv[6]);
    crowd.net = (unsigned)atoi(argv[7]);
    crowd.window = (unsigned)atoi(argv[8]);
    CHECK(crowd.addresses && crowd.window && crowd.count);
}

int main(int argc, char **argv)
{
    if (argc != 9) {
        fprintf(stderr, "crowd: see the head of tests/abuse/crowd.c\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    CHECK(sam_crypto_start() == 0);
    CHECK(uv_loop_init(&crowd.loop) == 0);
    options(argv);
    if (crowd.hold)
        words_read();
    uv_timer_init(&crowd.loop, &crowd.second);
    uv_timer_init(&crowd.loop, &crowd.end);
    uv_signal_init(&crowd.loop, &crowd.term);
    uv_signal_start(&crowd.term, term_cb, SIGTERM);
    uv_timer_start(&crowd.second, second_cb, 1000, 1000);
    if (!crowd.hold)
        uv_timer_start(&crowd.end, end_cb, crowd.seconds * 1000ull, 0);
    more();
    uv_run(&crowd.loop, UV_RUN_DEFAULT);
    return 0;
}
