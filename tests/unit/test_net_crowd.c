/* Goal: when every place for proving who one is is taken by people who say nothing, the one who has been at it longest gives way to one who
 * waits, not before its time, and nobody else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/porch.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PLACES = 2, TOO_EARLY_MS = 3500, IN_TIME_MS = 5000 };

static void limits(struct listener_config *lc)
{
    lc->handshakes_max = PLACES;
    lc->handshake_ms = 60000;
}

static bool ends(int fd, long wait_ms)
{
    struct timeval wait = {wait_ms / 1000, wait_ms % 1000 * 1000};
    uint8_t mem[512];
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    ssize_t n;
    while ((n = recv(fd, mem, sizeof mem, 0)) > 0)
        continue;
    return n == 0 || (n < 0 && errno == ECONNRESET);
}

static int crowded(struct porch *w)
{
    int silent[PLACES], bad = 0;
    for (unsigned i = 0; i < PLACES; i++) {
        silent[i] = porch_dial(w);
        usleep(100000);
    }
    int late = porch_dial(w); /* it would be answered at once, if it were read */
    bad += send(late, "GET / HTTP/1.0\r\n\r\n", 18, MSG_NOSIGNAL) != 18;
    bad += ends(late, TOO_EARLY_MS) ? 10 : 0;
    bad += ends(late, IN_TIME_MS) ? 0 : 100;
    bad += ends(silent[0], 1000) ? 0 : 1000;
    bad += ends(silent[1], 300) ? 10000 : 0; /* one place was enough */
    for (unsigned i = 0; i < PLACES; i++)
        close(silent[i]);
    close(late);
    return bad;
}

static void who_says_nothing_gives_way(void **state)
{
    static struct porch w;
    (void)state;
    porch_open(&w, limits, NULL);
    assert_int_equal(porch_play(&w, crowded), 0);
    porch_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(who_says_nothing_gives_way)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
