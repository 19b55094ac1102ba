#include "client-sdk/src/host.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

int64_t sam_host_clock(void *ctx)
{
    (void)ctx;
    return (int64_t)time(NULL);
}

uint64_t sam_host_mono_ms(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

uint64_t sam_host_boot(void)
{
    char id[36];
    uint64_t v = 0;
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t n = read(fd, id, sizeof id);
    close(fd);
    for (ssize_t i = 0, digits = 0; i < n && digits < 16; i++) {
        unsigned d = id[i] >= '0' && id[i] <= '9'   ? (unsigned)(id[i] - '0')
                     : id[i] >= 'a' && id[i] <= 'f' ? (unsigned)(id[i] - 'a' + 10)
                                                    : 16;
        if (d == 16)
            continue;
        v = v << 4 | d;
        digits++;
    }
    return v;
}

int32_t sam_host_utc_offset_min(int64_t at_s)
{
    time_t t = (time_t)at_s;
    struct tm tm = {0};
    if (!localtime_r(&t, &tm))
        return 0;
    long minutes = tm.tm_gmtoff / 60;
    return minutes < -14 * 60 || minutes > 14 * 60 ? 0 : (int32_t)minutes;
}
