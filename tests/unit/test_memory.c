/* Goal: what a centre that serves for months does over and over gives back the memory that it took. It asks glibc's allocator. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/gate.h"
#include "tests/lib/reader.h"

#include <malloc.h>

enum { TIMES = 8 };

/* A fill and a run from the first csn on. */
static void answer_both(struct gate *w, struct store *reader)
{
    const struct sam_snap_get get = {.scope = w->group};
    const struct sam_pull pull = {.csn = 1};
    struct feed_device device = {w->b.device_no, w->clinic, intake_epoch(w->centre.in).id, SAM_SCHEMA_VERSION};
    struct reader r = {0};
    reader_serve(w->centre.zip, feed_snap_new(reader, &device, &get), &r);
    reader_serve(w->centre.zip, feed_pull_new(reader, &device, device.hello_epoch, &pull), &r);
    assert_true(r.chunks > 0 && r.changes > 0);
}

static void a_feed_gives_back_what_it_took(void **state)
{
    struct gate *w = *state;
    struct store *reader;
    size_t taken[TIMES];
    assert_int_equal(store_reader_open(&reader, w->centre.path), 0);
    for (int i = 0; i < TIMES; i++) {
        answer_both(w, reader);
        taken[i] = mallinfo2().uordblks;
    }
    assert_int_equal(taken[TIMES - 1], taken[TIMES / 2]); /* the first ones fill SQLite's caches */
    store_close(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_feed_gives_back_what_it_took, gate_setup, gate_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
