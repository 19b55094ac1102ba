/* The other side of the admin socket: whoever asks, blocking. */
#include "server/admin/socket.h"

#include "proto/base/err.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SIGN_OF_LIFE_S 3

static int send_all(int fd, struct sam_span bytes)
{
    while (bytes.len) {
        ssize_t n = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return SAM_ECLOSED;
        bytes.ptr += n;
        bytes.len -= (size_t)n;
    }
    return 0;
}

/* The answer may take long: whoever asked is told so every second, where somebody looks. */
static void await(int fd, enum sam_lang lang)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int seconds = 0;
    if (!isatty(STDERR_FILENO))
        return;
    while (poll(&p, 1, 1000) == 0)
        if (++seconds >= SIGN_OF_LIFE_S)
            report_live(lang, SAM_TEXT_CHECK_SECONDS, seconds);
    report_live_end(seconds >= SIGN_OF_LIFE_S);
}

static int receive(int fd, struct sam_buf *out, size_t len)
{
    while (len) {
        uint8_t mem[4096];
        ssize_t n = recv(fd, mem, len < sizeof mem ? len : sizeof mem, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return SAM_ECLOSED;
        int err = sam_buf_add(out, mem, (size_t)n);
        if (err)
            return err;
        len -= (size_t)n;
    }
    return 0;
}

static int connect_to(const struct home *home)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    size_t len = strlen(home->socket);
    if (len >= sizeof addr.sun_path)
        return -1;
    memcpy(addr.sun_path, home->socket, len + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&addr, sizeof addr)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

bool admin_serves(const struct home *home)
{
    int fd = connect_to(home);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static int request_encode(struct sam_buf *b, enum sam_lang lang, int argc, const char *const *argv)
{
    uint8_t head[SOCKET_HEAD_BYTES];
    const char *name = lang == SAM_LANG_NB ? "nb" : "en";
    size_t len = strlen(name) + 1;
    for (int i = 0; i < argc; i++)
        len += strlen(argv[i]) + 1;
    if (len > SOCKET_REQUEST_BYTES_MAX)
        return SAM_ETOOBIG;
    socket_put_le32(head, (uint32_t)len);
    int err = sam_buf_add(b, head, sizeof head);
    err = err ? err : sam_buf_add(b, name, strlen(name) + 1);
    for (int i = 0; i < argc && !err; i++)
        err = sam_buf_add(b, argv[i], strlen(argv[i]) + 1);
    return err;
}

/* Pieces until the last one, each where it belongs. */
static int stream_take(int fd, struct sam_buf *b, const struct verb_sink *files)
{
    for (;;) {
        sam_buf_clear(b);
        int err = receive(fd, b, SOCKET_HEAD_BYTES);
        uint32_t head = err ? 0 : socket_get_le32(sam_buf_peek(b).ptr), n = head & ~SOCKET_NAME;
        if (err || head == 0)
            return err;
        sam_buf_clear(b);
        if (n > SOCKET_PIECE_BYTES_MAX)
            return SAM_EPROTO;
        err = receive(fd, b, n);
        if (!err && head & SOCKET_NAME)
            err = sam_buf_add(b, "", 1);
        if (!err)
            err = head & SOCKET_NAME ? files->file(files->ctx, (const char *)sam_buf_peek(b).ptr)
                                     : files->bytes(files->ctx, sam_buf_peek(b));
        if (err)
            return err;
    }
}

static int head_take(int fd, struct sam_buf *b, uint32_t head[3])
{
    sam_buf_clear(b);
    int err = receive(fd, b, SOCKET_ANSWER_HEAD_BYTES);
    for (unsigned i = 0; i < 3 && !err; i++)
        head[i] = socket_get_le32(sam_buf_peek(b).ptr + (size_t)i * 4);
    return err;
}

int admin_ask(const struct home *home, enum sam_lang lang, int argc, const char *const *argv,
              const struct verb_sink *files, struct sam_buf *out, struct sam_buf *err_text, int *code)
{
    struct sam_buf b;
    uint32_t length[3];
    int fd = connect_to(home);
    if (fd < 0)
        return SAM_ENOTFOUND;
    sam_buf_init(&b, SOCKET_HEAD_BYTES + SOCKET_REQUEST_BYTES_MAX);
    int err = request_encode(&b, lang, argc, argv);
    if (!err)
        err = send_all(fd, sam_buf_peek(&b));
    if (!err)
        await(fd, lang);
    if (!err)
        err = head_take(fd, &b, length);
    if (!err && length[1] == SOCKET_STREAM) {
        err = stream_take(fd, &b, files);
        if (!err)
            err = head_take(fd, &b, length);
    }
    if (!err && (length[1] > REPORT_BYTES_MAX || length[2] > REPORT_BYTES_MAX))
        err = SAM_EPROTO;
    if (!err)
        err = receive(fd, out, length[1]);
    if (!err)
        err = receive(fd, err_text, length[2]);
    if (!err)
        *code = (int)length[0];
    sam_buf_fini(&b);
    close(fd);
    return err;
}
