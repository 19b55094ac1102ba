/* Goal: the unit tests run as they are. One line per test, in cmocka's words, which the runner compares with cmocka's own. */
#include <cmocka.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static unsigned number; /* of the test under way, over all groups */
static const char *running;

static _Noreturn void test_end(const char *how, int code)
{
    printf("[  %s ] %s\n", how, running ? running : "outside a test");
    fflush(NULL);
    _Exit(code);
}

_Noreturn void stand_fail(const char *file, int line, const char *fmt, ...)
{
    va_list ap;
    printf("%s:%d: not so: ", file, line);
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    putchar('\n');
    test_end("FAILED ", 1);
}

_Noreturn void stand_skip(void)
{
    test_end("SKIPPED", 77);
}

void stand_equal(uintmax_t a, uintmax_t b, bool want, const char *what, const char *file, int line)
{
    if ((a == b) != want)
        stand_fail(file, line, "%s: %#jx, %#jx", what, a, b);
}

void stand_range(uintmax_t v, uintmax_t min, uintmax_t max, const char *what, const char *file, int line)
{
    if (v < min || v > max)
        stand_fail(file, line, "%s: %#jx", what, v);
}

void stand_text(const char *a, const char *b, bool want, const char *file, int line)
{
    if ((strcmp(a, b) == 0) != want)
        stand_fail(file, line, "\"%s\" %s \"%s\"", a, want ? "==" : "!=", b);
}

void stand_bytes(const void *a, const void *b, size_t n, bool want, const char *file, int line)
{
    if ((memcmp(a, b, n) == 0) != want)
        stand_fail(file, line, "%zu bytes are %s", n, want ? "not the same" : "the same");
}

void print_message(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
}

void print_error(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
}

static void test_run(const struct CMUnitTest *t, void *group_state)
{
    void *state = t->initial_state ? t->initial_state : group_state;
    running = t->name;
    printf("[ RUN      ] %s\n", t->name);
    fflush(stdout);
    if (t->setup_func && t->setup_func(&state))
        stand_fail(__FILE__, __LINE__, "setup");
    t->test_func(&state);
    if (t->teardown_func && t->teardown_func(&state))
        stand_fail(__FILE__, __LINE__, "teardown");
    printf("[       OK ] %s\n", t->name);
    fflush(stdout);
    running = NULL;
}

int stand_run(const char *group, const struct CMUnitTest *tests, size_t count, CMFixtureFunction up,
              CMFixtureFunction down)
{
    const char *from = getenv("CMOCKA_FROM");
    unsigned first = from ? (unsigned)strtoul(from, NULL, 10) : 0;
    void *state = NULL;
    (void)group;
    if (number + count <= first) {
        number += (unsigned)count;
        return 0;
    }
    if (up && up(&state))
        stand_fail(__FILE__, __LINE__, "setup of the group");
    for (size_t i = 0; i < count; i++)
        if (number++ >= first)
            test_run(&tests[i], state);
    if (down && down(&state))
        stand_fail(__FILE__, __LINE__, "teardown of the group");
    return 0;
}
