#include "proto/base/log.h"

#include <stdarg.h>
#include <stdio.h>

static void (*log_sink)(void *ctx, enum sam_log_level level, const char *line, size_t len);
static void *log_ctx;

void sam_log_to(void (*sink)(void *ctx, enum sam_log_level level, const char *line, size_t len), void *ctx)
{
    log_sink = sink;
    log_ctx = ctx;
}

const char *sam_log_level_name(enum sam_log_level level)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    return (unsigned)level < sizeof names / sizeof *names ? names[level] : "?";
}

/* Bytes that were really written by a snprintf into ${room} bytes. */
static size_t written(int n, size_t room)
{
    if (n < 0)
        return 0;
    return (size_t)n < room ? (size_t)n : room - 1;
}

void sam_log(enum sam_log_level level, const char *ev, const char *fmt, ...)
{
    char line[SAM_LOG_LINE_BYTES_MAX];
    size_t room = sizeof line - 1; /* the newline has its place */
    if (!log_sink)
        return;
    size_t len = written(snprintf(line, room, "%s ev=%s ", sam_log_level_name(level), ev), room);
    va_list ap;
    va_start(ap, fmt);
    len += written(vsnprintf(line + len, room - len, fmt, ap), room - len);
    va_end(ap);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
    line[len++] = '\n';
    log_sink(log_ctx, level, line, len);
}
