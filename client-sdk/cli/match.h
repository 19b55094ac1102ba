/* Which of several things a word means. */
#ifndef CLI_MATCH_H
#define CLI_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A thing that can be named. */
struct subject {
    uint64_t id;
    const char *name;
    const char *code; /* NULL: has none */
    int number;       /* tells namesakes apart: a year of birth; -1: none */
};

/* cli_match(word, subjects, count, hit): the first way that fits anything wins: id, exact name or code, the same in any
 * case, beginning of a name in any case. Sets hit[i]; returns how many. */
size_t cli_match(const char *word, const struct subject *subjects, size_t count, bool *hit);

#endif
