#include "server/admin/socket.h"

#include "proto/base/err.h"
#include "proto/base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET_MODE 0660
#define WAIT_STEP_MS 100

struct admin_socket {
    struct admin_socket_config config;
    uv_pipe_t pipe;
    unsigned connections;
    bool waits; /* a connection is in the kernel's queue */
    bool closing, closed;
    _Atomic bool stopping; /* closing, for other threads */
};

struct admin_request {
    struct admin_socket *socket;
    uv_pipe_t pipe;
    uv_work_t work;
    uv_write_t write;
    struct sam_buf in, answer;
    const char *word[SOCKET_WORDS_MAX];
    struct verb_context verb;
    int code;
    bool gone; /* nobody takes the answer */
    bool busy; /* with the worker, the writer or the kernel */
    bool closing, closed;
};

/* ---- one request */

static void accept_waiting(struct admin_socket *s);

static void request_release(struct admin_request *r)
{
    struct admin_socket *s = r->socket;
    if (!r->closed || r->busy)
        return;
    verb_close(&r->verb);
    sam_buf_fini(&r->in);
    sam_buf_fini(&r->answer);
    free(r);
    s->connections--;
    if (s->closed && s->connections == 0)
        free(s);
    else
        accept_waiting(s);
}

static void request_closed_cb(uv_handle_t *handle)
{
    struct admin_request *r = handle->data;
    r->closed = true;
    request_release(r);
}

static void request_close(struct admin_request *r)
{
    if (r->closing)
        return;
    r->closing = true;
    uv_close((uv_handle_t *)&r->pipe, request_closed_cb);
}

static void request_write_cb(uv_write_t *write, int status)
{
    struct admin_request *r = write->data;
    (void)status;
    r->busy = false;
    request_close(r);
    request_release(r);
}

static void request_answer(struct admin_request *r)
{
    struct sam_span out = sam_buf_peek(&r->verb.report.out);
    const char *error = r->code ? r->verb.error : "";
    uint8_t head[SOCKET_ANSWER_HEAD_BYTES];
    if (r->code)
        out.len = 0;
    socket_put_le32(head, (uint32_t)(r->code ? r->code : r->verb.exit_code));
    socket_put_le32(head + 4, (uint32_t)out.len);
    socket_put_le32(head + 8, (uint32_t)strlen(error));
    int err = sam_buf_add(&r->answer, head, sizeof head);
    err = err ? err : sam_buf_add(&r->answer, out.ptr, out.len);
    err = err ? err : sam_buf_add(&r->answer, error, strlen(error));
    struct sam_span all = sam_buf_peek(&r->answer);
    uv_buf_t buf = uv_buf_init((char *)(uintptr_t)all.ptr, (unsigned)all.len);
    r->write.data = r;
    if (err || r->closing || uv_write(&r->write, (uv_stream_t *)&r->pipe, &buf, 1, request_write_cb)) {
        r->busy = false;
        request_close(r);
        request_release(r);
    }
}

struct verb_context *admin_request_verb(struct admin_request *r)
{
    return &r->verb;
}

int admin_request_run(struct admin_request *r, struct intake *in)
{
    r->code = verb_run(&r->verb, in);
    return r->code == VERB_OK && r->verb.undo ? VERB_REFUSED : r->code;
}

static void request_done(struct admin_request *r)
{
    sam_log(SAM_LOG_INFO, "verb", "name=\"%s\" code=%d", r->verb.verb->name, r->code);
    request_answer(r);
}

/* ---- an answer in files, from a worker thread: nothing else touches the connection meanwhile */

/* All of it, as fast as it is taken. */
static int piece_send(struct admin_request *r, const uint8_t *at, size_t left)
{
    uv_os_fd_t fd;
    int waited_ms = 0;
    if (uv_fileno((const uv_handle_t *)&r->pipe, &fd))
        return SAM_ECLOSED;
    while (left) {
        struct pollfd p = {.fd = fd, .events = POLLOUT};
        if (r->socket->stopping || waited_ms > SOCKET_PATIENCE_S * 1000)
            return SAM_ECLOSED;
        ssize_t n = send(fd, at, left, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            waited_ms += poll(&p, 1, WAIT_STEP_MS) > 0 ? 0 : WAIT_STEP_MS;
            continue;
        }
        if (n <= 0)
            return SAM_ECLOSED;
        at += n;
        left -= (size_t)n;
        waited_ms = 0;
    }
    return 0;
}

static int piece(struct admin_request *r, uint32_t head, struct sam_span bytes)
{
    uint8_t length[SOCKET_HEAD_BYTES];
    socket_put_le32(length, head);
    int err = piece_send(r, length, sizeof length);
    return err ? err : piece_send(r, bytes.ptr, bytes.len);
}

static int deliver_file(void *ctx, const char *name)
{
    size_t n = strlen(name);
    return piece(ctx, (uint32_t)n | SOCKET_NAME, (struct sam_span){(const uint8_t *)name, n});
}

static int deliver_bytes(void *ctx, struct sam_span bytes)
{
    int err = 0;
    while (bytes.len && !err) {
        size_t n = bytes.len < SOCKET_PIECE_BYTES_MAX ? bytes.len : SOCKET_PIECE_BYTES_MAX;
        err = piece(ctx, (uint32_t)n, (struct sam_span){bytes.ptr, n});
        bytes.ptr += n;
        bytes.len -= n;
    }
    return err;
}

static void deliver_cb(uv_work_t *work)
{
    struct admin_request *r = work->data;
    const struct verb_sink out = {deliver_file, deliver_bytes, r};
    uint8_t head[SOCKET_ANSWER_HEAD_BYTES] = {0};
    socket_put_le32(head + 4, SOCKET_STREAM);
    r->gone = piece_send(r, head, sizeof head) != 0;
    if (!r->gone)
        r->code = verb_deliver(&r->verb, &out);
    r->gone = r->gone || piece(r, 0, (struct sam_span){NULL, 0}) != 0;
}

static void delivered_cb(uv_work_t *work, int status)
{
    struct admin_request *r = work->data;
    if (!status && !r->gone) {
        request_done(r);
        return;
    }
    r->busy = false;
    request_close(r);
    request_release(r);
}

void admin_request_done(struct admin_request *r, int err)
{
    if (err < 0)
        r->code = verb_failed(&r->verb, err);
    r->work.data = r;
    if (r->code || !r->verb.verb->deliver || uv_queue_work(r->socket->config.loop, &r->work, deliver_cb, delivered_cb))
        request_done(r);
}

static void prepare_cb(uv_work_t *work)
{
    struct admin_request *r = work->data;
    r->code = r->verb.verb->prepare(&r->verb);
}

static void prepared_cb(uv_work_t *work, int status)
{
    struct admin_request *r = work->data;
    if (status)
        r->code = verb_refuse(&r->verb, SAM_TEXT_ADM_NOTHING_STORED, verb_error_text(r->verb.lang, SAM_EBUSY));
    if (r->code)
        request_answer(r);
    else
        r->socket->config.submit(r->socket->config.ctx, r);
}

/* Who connected, as the kernel says. */
static void request_actor(struct admin_request *r)
{
    struct ucred peer;
    socklen_t len = sizeof peer;
    uv_os_fd_t fd;
    r->verb.has_uid =
        uv_fileno((const uv_handle_t *)&r->pipe, &fd) == 0 && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0;
    if (r->verb.has_uid)
        r->verb.uid = peer.uid;
}

static void request_begin(struct admin_request *r, int argc)
{
    r->busy = true;
    uv_read_stop((uv_stream_t *)&r->pipe);
    r->code = verb_open(&r->verb, r->socket->config.home, sam_lang_from(r->word[0]), argc - 1, r->word + 1);
    request_actor(r);
    if (!r->code && r->verb.verb->local)
        r->code = verb_refuse(&r->verb, SAM_TEXT_ADM_NOT_WHILE_SERVING, r->verb.verb->name);
    r->work.data = r;
    if (r->code)
        request_answer(r);
    else if (!r->verb.verb->prepare)
        r->socket->config.submit(r->socket->config.ctx, r);
    else if (uv_queue_work(r->socket->config.loop, &r->work, prepare_cb, prepared_cb))
        request_close(r);
}

/* All words, or -1: not a request. */
static int words_split(struct admin_request *r, struct sam_span words)
{
    int n = 0;
    if (words.len == 0 || words.ptr[words.len - 1] != 0)
        return -1;
    for (size_t i = 0; i < words.len; i += strlen((const char *)words.ptr + i) + 1) {
        if (n == (int)SOCKET_WORDS_MAX)
            return -1;
        r->word[n++] = (const char *)words.ptr + i;
    }
    return n;
}

static void request_alloc_cb(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct admin_request *r = handle->data;
    size_t room = sam_buf_room(&r->in);
    size_t n = room < 4096 ? room : 4096;
    uint8_t *mem = n ? sam_buf_reserve(&r->in, n) : NULL;
    (void)suggested;
    *buf = uv_buf_init((char *)mem, mem ? (unsigned)n : 0);
}

static void request_read_cb(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct admin_request *r = stream->data;
    (void)buf;
    if (n < 0) {
        request_close(r);
        return;
    }
    sam_buf_commit(&r->in, (size_t)n);
    struct sam_span in = sam_buf_peek(&r->in);
    if (in.len < SOCKET_HEAD_BYTES)
        return;
    uint32_t len = socket_get_le32(in.ptr);
    if (len > SOCKET_REQUEST_BYTES_MAX || in.len - SOCKET_HEAD_BYTES > len) {
        request_close(r);
        return;
    }
    if (in.len - SOCKET_HEAD_BYTES < len)
        return;
    int argc = words_split(r, (struct sam_span){in.ptr + SOCKET_HEAD_BYTES, len});
    if (argc < 2)
        request_close(r);
    else
        request_begin(r, argc);
}

/* ---- the listening side */

static void accept_one(struct admin_socket *s)
{
    struct admin_request *r = calloc(1, sizeof *r);
    s->waits = !r;
    if (!r)
        return;
    r->socket = s;
    sam_buf_init(&r->in, SOCKET_HEAD_BYTES + SOCKET_REQUEST_BYTES_MAX);
    sam_buf_init(&r->answer, REPORT_BYTES_MAX + sizeof r->verb.error + SOCKET_ANSWER_HEAD_BYTES);
    uv_pipe_init(s->config.loop, &r->pipe, 0);
    r->pipe.data = r;
    s->connections++;
    if (uv_accept((uv_stream_t *)&s->pipe, (uv_stream_t *)&r->pipe) ||
        uv_read_start((uv_stream_t *)&r->pipe, request_alloc_cb, request_read_cb))
        request_close(r);
}

static void accept_waiting(struct admin_socket *s)
{
    if (s->waits && !s->closing && s->connections < SOCKET_CONNECTIONS_MAX)
        accept_one(s);
}

static void socket_connection_cb(uv_stream_t *server, int status)
{
    struct admin_socket *s = server->data;
    if (status || s->closing)
        return;
    s->waits = true;
    accept_waiting(s);
}

static void socket_closed_cb(uv_handle_t *handle)
{
    struct admin_socket *s = handle->data;
    s->closed = true;
    if (s->connections == 0)
        free(s);
}

int admin_socket_open(struct admin_socket **out, const struct admin_socket_config *config)
{
    const char *path = config->home->socket;
    *out = NULL;
    if (strlen(path) >= sizeof((struct sockaddr_un *)0)->sun_path) {
        sam_log(SAM_LOG_ERROR, "socket_name_too_long", "path=\"%s\"", path);
        return SAM_ETOOBIG;
    }
    struct admin_socket *s = calloc(1, sizeof *s);
    if (!s)
        return SAM_ENOMEM;
    s->config = *config;
    uv_pipe_init(config->loop, &s->pipe, 0);
    s->pipe.data = s;
    unlink(path); /* of a process that ended otherwise: the store's lock says that none is left */
    int uv = uv_pipe_bind(&s->pipe, path);
    if (!uv && chmod(path, SOCKET_MODE))
        uv = UV_EIO;
    if (!uv)
        uv = uv_listen((uv_stream_t *)&s->pipe, (int)SOCKET_CONNECTIONS_MAX, socket_connection_cb);
    if (uv) {
        sam_log(SAM_LOG_ERROR, "socket_failed", "path=\"%s\" why=%s", path, uv_err_name(uv));
        admin_socket_close(s);
        return SAM_EIO;
    }
    *out = s;
    return 0;
}

void admin_socket_close(struct admin_socket *s)
{
    if (!s || s->closing)
        return;
    s->closing = true;
    s->stopping = true;
    unlink(s->config.home->socket);
    uv_close((uv_handle_t *)&s->pipe, socket_closed_cb);
}
