/* Requests at the admin socket: server/admin/socket.c with a line that is made of memory, and the words as every verb takes them (args.c).
 *
 * Holds: how the bytes are cut makes no difference; a request is refused, answered or handed to the writer exactly once; no more is held than was
 * announced; a verb has as many words as it takes, and only options that it takes; a value that is taken lies within its bounds. */
#include <uv.h>

static int line_read_stop(uv_stream_t *s);
static void line_close(uv_handle_t *h, uv_close_cb cb);
static int line_write(uv_write_t *w, uv_stream_t *s, const uv_buf_t *bufs, unsigned n, uv_write_cb cb);
static int line_work(uv_loop_t *loop, uv_work_t *w, uv_work_cb work, uv_after_work_cb after);
static int line_fileno(const uv_handle_t *h, uv_os_fd_t *fd);
#define uv_read_stop line_read_stop
#define uv_close line_close
#define uv_write line_write
#define uv_queue_work line_work
#define uv_fileno line_fileno
#include "server/admin/socket.c"

#include "tests/fuzz/fuzz.h"

#define SAID_MAX 4096u

struct said {
    unsigned answered, submitted, worked, closed;
    unsigned words;
    const struct verb *verb;
    size_t len;
    uint8_t bytes[SAID_MAX];
};
static struct said whole, cut, *now;

static int line_read_stop(uv_stream_t *s)
{
    (void)s;
    return 0;
}
/* As the loop does it: not before whoever asked has returned. */
static struct {
    uv_handle_t *handle;
    uv_close_cb close_cb;
    uv_write_t *write;
    uv_write_cb write_cb;
} put_off;

static void line_close(uv_handle_t *h, uv_close_cb cb)
{
    now->closed++;
    put_off.handle = h;
    put_off.close_cb = cb;
}
static void loop_turns(void)
{
    if (put_off.write)
        put_off.write_cb(put_off.write, 0);
    put_off.write = NULL;
    if (put_off.handle)
        put_off.close_cb(put_off.handle);
    put_off.handle = NULL;
}
static int line_write(uv_write_t *w, uv_stream_t *s, const uv_buf_t *bufs, unsigned n, uv_write_cb cb)
{
    (void)s;
    HOLDS(n == 1 && bufs->len >= SOCKET_ANSWER_HEAD_BYTES);
    now->len = bufs->len < SAID_MAX ? bufs->len : SAID_MAX;
    memcpy(now->bytes, bufs->base, now->len);
    now->answered++;
    put_off.write = w;
    put_off.write_cb = cb;
    return 0;
}
static int line_fileno(const uv_handle_t *h, uv_os_fd_t *fd)
{
    (void)h;
    (void)fd;
    return -1;
}

/* ---- a verb that was opened */

static bool taken(const char *accepts, const char *name)
{
    size_t n = strcspn(name, "= ");
    for (const char *at = accepts; at && *at; at += strcspn(at, " ") + (at[strcspn(at, " ")] == ' '))
        if (strncmp(at, name, n) == 0 && (at[n] == 0 || at[n] == ' ' || at[n] == '='))
            return true;
    return false;
}

static void values_check(struct args *a)
{
    uint64_t n = 0, min = 0;
    int32_t day = 0;
    HOLDS(args_uint(a, "limit", 1, 50, &n) == 0 ? n <= 50 : *a->error);
    HOLDS(args_date(a, "from", &day) == 0 ? day >= -25567 : *a->error);
    HOLDS(args_clock(a, "at", &min) == 0 ? min < 24 * 60 : *a->error);
}

static void verb_check(struct verb_context *v)
{
    HOLDS(v->verb && v->args.pos_count <= ARGS_POSITIONS_MAX && v->args.opt_count <= ARGS_OPTIONS_MAX);
    HOLDS(v->args.pos_count >= v->verb->words_min && v->args.pos_count <= v->verb->words_max);
    for (unsigned i = 0; i < v->args.opt_count; i++) {
        const char *name = v->args.opt[i].name;
        HOLDS(taken(v->verb->accepts, name) || taken("json operator= reason=", name));
        HOLDS(v->args.opt[i].value);
    }
    values_check(&v->args);
    now->verb = v->verb;
    now->words = v->args.pos_count + 1000 * v->args.opt_count;
}

static void submit(void *ctx, struct admin_request *r)
{
    (void)ctx;
    now->submitted++;
    verb_check(&r->verb);
}

static int line_work(uv_loop_t *loop, uv_work_t *w, uv_work_cb work, uv_after_work_cb after)
{
    struct admin_request *r = w->data;
    (void)loop;
    (void)work;
    (void)after;
    now->worked++;
    verb_check(&r->verb);
    return 0;
}

/* ---- a connection */

static struct home home;
static struct admin_socket listening = {.config = {.home = &home, .submit = submit}};

static struct admin_request *request_new(void)
{
    struct admin_request *r = calloc(1, sizeof *r);
    if (!r)
        abort();
    r->socket = &listening;
    sam_buf_init(&r->in, SOCKET_HEAD_BYTES + SOCKET_REQUEST_BYTES_MAX);
    sam_buf_init(&r->answer, REPORT_BYTES_MAX + sizeof r->verb.error + SOCKET_ANSWER_HEAD_BYTES);
    r->pipe.data = r;
    listening.connections++;
    return r;
}

static bool settled(void)
{
    return now->closed || now->answered || now->submitted || now->worked;
}

static void connection(struct sam_span in, uint32_t how, struct said *s)
{
    struct admin_request *r = request_new();
    memset(s, 0, offsetof(struct said, bytes));
    now = s;
    while (in.len && !settled()) {
        uv_buf_t room;
        struct sam_span piece = fuzz_piece(&in, &how);
        while (piece.len && !settled()) {
            request_alloc_cb((uv_handle_t *)&r->pipe, 65536, &room);
            HOLDS(room.base && room.len);
            size_t n = piece.len < room.len ? piece.len : room.len;
            memcpy(room.base, piece.ptr, n);
            piece = (struct sam_span){piece.ptr + n, piece.len - n};
            request_read_cb((uv_stream_t *)&r->pipe, (ssize_t)n, &room);
        }
    }
    if (s->submitted || s->worked)
        r->busy = false;
    if (!s->closed && !s->answered)
        request_read_cb((uv_stream_t *)&r->pipe, UV_EOF, NULL);
    loop_turns();
    HOLDS(listening.connections == 0 && s->closed == 1);
    HOLDS(s->answered + s->submitted + s->worked <= 1);
}

/* More than was announced: what came along with it ends the connection, what comes after it is not read. */
static bool too_much(struct sam_span in)
{
    return in.len > SOCKET_HEAD_BYTES && in.len - SOCKET_HEAD_BYTES > socket_get_le32(in.ptr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sam_span in = {data, size};
    uint32_t how = 1u + fuzz_byte(&in);
    connection(in, 0, &whole);
    connection(in, how, &cut);
    if (too_much(in)) {
        HOLDS(whole.closed && !whole.answered && !whole.submitted && !whole.worked);
        return 0;
    }
    HOLDS(whole.answered == cut.answered && whole.submitted == cut.submitted && whole.worked == cut.worked);
    HOLDS(whole.verb == cut.verb && whole.words == cut.words && whole.len == cut.len);
    HOLDS(memcmp(whole.bytes, cut.bytes, whole.len) == 0);
    return 0;
}
