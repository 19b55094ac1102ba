/* A verb's words: positional ones and options, each value checked before it is used. */
#ifndef ADMIN_ARGS_H
#define ADMIN_ARGS_H

#include "proto/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARGS_POSITIONS_MAX 512u
#define ARGS_OPTIONS_MAX 32u
#define ARGS_ERROR_BYTES_MAX 256u

struct args {
    enum sam_lang lang; /* of the sentences in error */
    const char *pos[ARGS_POSITIONS_MAX];
    unsigned pos_count;
    struct {
        const char *name, *value; /* name without dashes; value "" for a switch */
    } opt[ARGS_OPTIONS_MAX];
    unsigned opt_count;
    char error[ARGS_ERROR_BYTES_MAX];
};

/**
 * args_parse(a, lang, argc, argv, accepts):
 * Sort ${argv} into ${a}, which borrows it.
 *   accepts option names in a row: "clinic= name= json": with "=" they take a value (--name X or --name=X);
 *           static memory. --json, --operator and --reason are taken everywhere
 *   errors  SAM_EUSAGE with a sentence in a->error
 */
int args_parse(struct args *a, enum sam_lang lang, int argc, const char *const *argv, const char *accepts);
/* args_get(a, name): the option's value, "" for a switch, NULL where it was not given. */
const char *args_get(const struct args *a, const char *name);
bool args_has(const struct args *a, const char *name);

/* Values. SAM_EUSAGE with a sentence in a->error; where the option is absent ${out} stays as it is. */
int args_uint(struct args *a, const char *name, uint64_t min, uint64_t max, uint64_t *out);
int args_date(struct args *a, const char *name, int32_t *day);   /* 2026-03-31, as days since 1970 */
int args_clock(struct args *a, const char *name, uint64_t *min); /* 17:30, as minutes since midnight */
int args_number(const char *text, uint64_t min, uint64_t max, uint64_t *out);
int args_day(const char *text, size_t len, int32_t *day);

#endif
