/* What the unit tests ask of cmocka, without setjmp, which WebAssembly of this kind has not: an assertion that fails says where
 * and ends the module (tests/wasm/cmocka.c); the runner starts another one behind that test. */
#ifndef TESTS_WASM_CMOCKA_H
#define TESTS_WASM_CMOCKA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef void (*CMUnitTestFunction)(void **state);
typedef int (*CMFixtureFunction)(void **state);

struct CMUnitTest {
    const char *name;
    CMUnitTestFunction test_func;
    CMFixtureFunction setup_func, teardown_func;
    void *initial_state;
};

#define cmocka_unit_test(f)     \
    {                           \
#f, f, NULL, NULL, NULL \
    }
#define cmocka_unit_test_setup_teardown(f, up, down) \
    {                                                \
#f, f, up, down, NULL                        \
    }
#define cmocka_unit_test_setup(f, up) \
    {                                 \
#f, f, up, NULL, NULL         \
    }
#define cmocka_unit_test_teardown(f, down) \
    {                                      \
#f, f, NULL, down, NULL            \
    }
#define cmocka_run_group_tests(tests, up, down) stand_run(#tests, tests, sizeof(tests) / sizeof((tests)[0]), up, down)
#define cmocka_run_group_tests_name(name, tests, up, down) \
    stand_run(name, tests, sizeof(tests) / sizeof((tests)[0]), up, down)

/* stand_run(…): the tests from number $CMOCKA_FROM of this program on, counted over all its groups. */
int stand_run(const char *group, const struct CMUnitTest *tests, size_t count, CMFixtureFunction up,
              CMFixtureFunction down);
_Noreturn void stand_fail(const char *file, int line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
_Noreturn void stand_skip(void);
void stand_equal(uintmax_t a, uintmax_t b, bool want, const char *what, const char *file, int line);
void stand_range(uintmax_t v, uintmax_t min, uintmax_t max, const char *what, const char *file, int line);
void stand_text(const char *a, const char *b, bool want, const char *file, int line);
void stand_bytes(const void *a, const void *b, size_t n, bool want, const char *file, int line);
void print_message(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void print_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#define STAND_WHERE __FILE__, __LINE__
#define assert_true(c) ((c) ? (void)0 : stand_fail(STAND_WHERE, "%s", #c))
#define assert_false(c) ((c) ? stand_fail(STAND_WHERE, "%s", #c) : (void)0)
#define assert_null(p) ((p) ? stand_fail(STAND_WHERE, "%s is not NULL", #p) : (void)0)
#define assert_non_null(p) ((p) ? (void)0 : stand_fail(STAND_WHERE, "%s is NULL", #p))
#define assert_int_equal(a, b) stand_equal((uintmax_t)(a), (uintmax_t)(b), true, #a " == " #b, STAND_WHERE)
#define assert_int_not_equal(a, b) stand_equal((uintmax_t)(a), (uintmax_t)(b), false, #a " != " #b, STAND_WHERE)
#define assert_ptr_equal(a, b) stand_equal((uintptr_t)(a), (uintptr_t)(b), true, #a " == " #b, STAND_WHERE)
#define assert_ptr_not_equal(a, b) stand_equal((uintptr_t)(a), (uintptr_t)(b), false, #a " != " #b, STAND_WHERE)
#define assert_in_range(v, min, max) \
    stand_range((uintmax_t)(v), (uintmax_t)(min), (uintmax_t)(max), #v " in " #min " … " #max, STAND_WHERE)
#define assert_string_equal(a, b) stand_text(a, b, true, STAND_WHERE)
#define assert_string_not_equal(a, b) stand_text(a, b, false, STAND_WHERE)
#define assert_memory_equal(a, b, n) stand_bytes(a, b, n, true, STAND_WHERE)
#define assert_memory_not_equal(a, b, n) stand_bytes(a, b, n, false, STAND_WHERE)
#define fail() stand_fail(STAND_WHERE, "failed")
#define fail_msg(...) stand_fail(STAND_WHERE, __VA_ARGS__)
#define skip() stand_skip()

#endif
