/* UTF-8 as people see it: columns on a terminal, and names compared without regard to case. */
#ifndef CLI_UTF8_H
#define CLI_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_BAD 0xFFFDu

/* cli_utf8_next(s, cp): bytes of the first character of ${s}, 0 at the end. A wrong byte counts as one UTF8_BAD. */
size_t cli_utf8_next(const char *s, uint32_t *cp);
/* cli_utf8_columns(cp): 0 combining, 1, 2 wide. Control characters are shown as UTF8_BAD: 1. */
int cli_utf8_columns(uint32_t cp);
/* cli_utf8_is_control(cp): would do something to a terminal instead of showing a sign. */
bool cli_utf8_is_control(uint32_t cp);
/* cli_utf8_width(s): columns of a whole text. */
size_t cli_utf8_width(const char *s);
/* cli_utf8_same, cli_utf8_starts: equal, begins with; letters of either case are the same (Latin, Sámi, Greek, Cyrillic). */
bool cli_utf8_same(const char *a, const char *b);
bool cli_utf8_starts(const char *s, const char *prefix);

#endif
