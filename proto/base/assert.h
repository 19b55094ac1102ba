/* SAM_ASSERT states a truth that we own; it stays on in release. Data from wire, disk or app is checked with errors instead. */
#ifndef SAM_BASE_ASSERT_H
#define SAM_BASE_ASSERT_H

_Noreturn void sam_assert_fail(const char *file, int line, const char *what);

#define SAM_ASSERT(cond)                                \
    do {                                                \
        if (!(cond))                                    \
            sam_assert_fail(__FILE__, __LINE__, #cond); \
    } while (0)

#endif
