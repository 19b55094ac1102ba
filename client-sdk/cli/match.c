#include "match.h"

#include "args.h"
#include "utf8.h"

#include <string.h>

enum level { BY_ID, BY_NAME, BY_SAME, BY_START, LEVELS };

static bool fits(enum level level, const char *word, const struct subject *s)
{
    uint64_t id;
    switch (level) {
    case BY_ID: return cli_args_number(word, 1, UINT64_MAX, &id) && id == s->id;
    case BY_NAME: return strcmp(word, s->name) == 0 || (s->code && strcmp(word, s->code) == 0);
    case BY_SAME: return cli_utf8_same(word, s->name) || (s->code && cli_utf8_same(word, s->code));
    default: return cli_utf8_starts(s->name, word) || (s->code && cli_utf8_starts(s->code, word));
    }
}

size_t cli_match(const char *word, const struct subject *subjects, size_t count, bool *hit)
{
    size_t hits = 0;
    for (int level = BY_ID; level < LEVELS && !hits && *word; level++)
        for (size_t i = 0; i < count; i++) {
            hit[i] = fits((enum level)level, word, &subjects[i]);
            hits += hit[i];
        }
    return hits;
}
