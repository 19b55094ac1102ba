#include "server/admin/notify.h"

#include "proto/base/err.h"
#include "proto/base/log.h"
#include "server/admin/args.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define WATCHDOG_US_MAX 86400000000u
#define US_PER_MS 1000u
#define SHARE 3u /* pings in one of the manager's spans */

struct notify {
    struct notify_config config;
    struct sockaddr_un to;
    socklen_t to_len;
    int fd;
    uint64_t watchdog_ms; /* 0: nobody watches */
    bool stuck;           /* was said in the log */
    uv_timer_t timer;
};

static void tell(const struct notify *n, const char *text)
{
    ssize_t sent =
        sendto(n->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT, (const struct sockaddr *)&n->to, n->to_len);
    if (sent < 0)
        sam_log(SAM_LOG_WARN, "notify_failed", "what=%s why=\"%s\"", text, strerror(errno));
}

/* A path, or "@" and a name without one. */
static int address_read(struct notify *n, const char *name)
{
    size_t len = strlen(name);
    if ((name[0] != '/' && name[0] != '@') || len < 2 || len >= sizeof n->to.sun_path)
        return SAM_EUSAGE;
    n->to.sun_family = AF_UNIX;
    memcpy(n->to.sun_path, name, len);
    if (name[0] == '@')
        n->to.sun_path[0] = 0;
    n->to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (name[0] == '/'));
    return 0;
}

/* How long the manager waits for a sign of life; 0: it does not, or it waits for another process. */
static uint64_t watchdog_read(void)
{
    const char *span = getenv("WATCHDOG_USEC"), *whose = getenv("WATCHDOG_PID");
    uint64_t us = 0, pid = 0;
    if (!span || args_number(span, 1, WATCHDOG_US_MAX, &us))
        return 0;
    if (whose && (args_number(whose, 1, INT32_MAX, &pid) || pid != (uint64_t)getpid()))
        return 0;
    return us / US_PER_MS;
}

int notify_open(struct notify **out, const struct notify_config *config)
{
    const char *name = getenv("NOTIFY_SOCKET");
    *out = NULL;
    if (!name || !*name)
        return 0;
    struct notify *n = calloc(1, sizeof *n);
    if (!n)
        return SAM_ENOMEM;
    n->config = *config;
    int err = address_read(n, name);
    n->fd = err ? -1 : socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (n->fd < 0) {
        sam_log(SAM_LOG_ERROR, "notify_failed", "socket=\"%s\"", name);
        free(n);
        return err ? err : SAM_EIO;
    }
    n->watchdog_ms = watchdog_read();
    uv_timer_init(config->loop, &n->timer);
    n->timer.data = n;
    *out = n;
    return 0;
}

static void notify_timer_cb(uv_timer_t *timer)
{
    struct notify *n = timer->data;
    bool alive = n->config.alive(n->config.ctx, n->watchdog_ms);
    if (alive)
        tell(n, "WATCHDOG=1");
    if (alive == n->stuck)
        sam_log(SAM_LOG_ERROR, alive ? "gets_on_again" : "stuck", "watchdog_ms=%llu",
                (unsigned long long)n->watchdog_ms);
    n->stuck = !alive;
}

void notify_ready(struct notify *n)
{
    if (!n)
        return;
    tell(n, "READY=1");
    uint64_t every_ms = n->watchdog_ms / SHARE;
    if (n->watchdog_ms)
        uv_timer_start(&n->timer, notify_timer_cb, 0, every_ms ? every_ms : 1);
}

static void notify_close_cb(uv_handle_t *handle)
{
    struct notify *n = handle->data;
    close(n->fd);
    free(n);
}

void notify_close(struct notify *n)
{
    if (!n)
        return;
    tell(n, "STOPPING=1");
    uv_close((uv_handle_t *)&n->timer, notify_close_cb);
}
