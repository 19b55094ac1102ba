/* Goal: a reader that stays keeps the write-ahead log from being cut, and nobody waits for it: what it still needs is told; when it has
 * gone the log is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/store/store.h"
#include "tests/lib/centre.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

enum { NOW_S = 1800000000, COMMITS = 50, SOON_MS = 1000 };

static uint64_t log_bytes(const struct centre *c)
{
    char path[160];
    struct stat s;
    snprintf(path, sizeof path, "%s-wal", c->path);
    return stat(path, &s) ? 0 : (uint64_t)s.st_size;
}

static void commits(struct store *st, int64_t value)
{
    for (int64_t i = 0; i < COMMITS; i++) {
        assert_int_equal(store_begin(st), 0);
        assert_int_equal(store_meta_num_set(st, "test", value + i), 0);
        assert_int_equal(store_commit(st), 0);
    }
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void nobody_waits_for_a_reader(void **state)
{
    struct centre c;
    struct store *reader;
    struct store_log held, after;
    (void)state;
    centre_open(&c, NOW_S);
    struct store *st = intake_store(c.in);
    commits(st, 0);
    assert_int_equal(store_reader_open(&reader, c.path), 0);
    assert_int_equal(store_snapshot_begin(reader), 0);
    assert_int_equal(store_meta_num(reader, "test", -1), COMMITS - 1);
    commits(st, 1000);
    int64_t since_ms = now_ms();
    assert_int_equal(store_checkpoint_some(st, 0, &held), 0);
    assert_true(now_ms() - since_ms < SOON_MS);
    assert_true(held.held >= (uint64_t)COMMITS * 4096 && held.held < held.bytes);
    assert_true(log_bytes(&c) >= held.bytes);
    assert_int_equal(store_meta_num(reader, "test", -1), COMMITS - 1); /* it still reads what it did */
    store_snapshot_end(reader);
    assert_int_equal(store_checkpoint_some(st, 1u << 30, &after), 0);
    assert_true(after.held == 0 && log_bytes(&c) > 0); /* not large enough to be cut */
    assert_int_equal(store_checkpoint_some(st, 0, &after), 0);
    assert_true(after.held == 0 && log_bytes(&c) == 0);
    commits(st, 2000);
    assert_int_equal(store_meta_num(reader, "test", -1), 2000 + COMMITS - 1);
    store_close(reader);
    centre_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nobody_waits_for_a_reader)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
