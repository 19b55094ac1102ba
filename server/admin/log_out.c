#include "server/admin/log_out.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PREFIX_BYTES_MAX 48u

static struct {
    enum sam_log_level least;
    bool journal, with_time;
} out;

/* JOURNAL_STREAM is "device:inode" of the stream that the journal reads; a redirected one is another. */
static bool is_journal(int fd)
{
    char name[64];
    struct stat s;
    const char *stream = getenv("JOURNAL_STREAM");
    if (!stream || fstat(fd, &s))
        return false;
    snprintf(name, sizeof name, "%llu:%llu", (unsigned long long)s.st_dev, (unsigned long long)s.st_ino);
    return strcmp(name, stream) == 0;
}

static size_t prefix(char *to, enum sam_log_level level)
{
    static const char priority[] = {'7', '6', '4', '3'}; /* as syslog(3) has them */
    size_t n = 0;
    if (out.journal)
        n += (size_t)snprintf(to, PREFIX_BYTES_MAX, "<%c>", priority[level]);
    if (out.with_time) {
        struct timespec now;
        struct tm tm;
        clock_gettime(CLOCK_REALTIME, &now);
        gmtime_r(&now.tv_sec, &tm);
        n += strftime(to + n, PREFIX_BYTES_MAX - n, "time=%Y-%m-%dT%H:%M:%S", &tm);
        n += (size_t)snprintf(to + n, PREFIX_BYTES_MAX - n, ".%03ldZ ", now.tv_nsec / 1000000);
    }
    return n;
}

static void sink(void *ctx, enum sam_log_level level, const char *line, size_t len)
{
    char all[SAM_LOG_LINE_BYTES_MAX + PREFIX_BYTES_MAX];
    (void)ctx;
    if (level < out.least || len > SAM_LOG_LINE_BYTES_MAX)
        return;
    size_t n = prefix(all, level);
    memcpy(all + n, line, len);
    if (write(STDERR_FILENO, all, n + len) < 0) /* in one piece, so that lines of two threads do not mix */
        return;                                 /* nobody listens */
}

void log_out_set(enum sam_log_level level, enum config_log_time time)
{
    out.least = level;
    out.journal = is_journal(STDERR_FILENO);
    out.with_time = time == CONFIG_LOG_TIME_YES || (time == CONFIG_LOG_TIME_AUTO && !out.journal);
}

void log_out_start(void)
{
    log_out_set(SAM_LOG_WARN, CONFIG_LOG_TIME_AUTO);
    sam_log_to(sink, NULL);
}
