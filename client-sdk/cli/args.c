#include "args.h"

#include <string.h>

static const struct {
    const char *name;
    bool takes_value;
} options[] = {
#define X(ID, name, value) {name, value},
    ARG_MAP(X)
#undef X
};

/* which option "--name" or "--name=value" is; ARG_COUNT: none */
static enum arg find(const char *name, size_t len)
{
    for (int i = 0; i < ARG_COUNT; i++)
        if (strlen(options[i].name) == len && memcmp(options[i].name, name, len) == 0)
            return (enum arg)i;
    return ARG_COUNT;
}

static void fault(struct args *a, enum args_fault what, const char *word)
{
    if (a->fault != ARGS_FINE)
        return;
    a->fault = what;
    a->fault_word = word;
}

/* takes one option; returns how many words of argv it used */
static int take_option(struct args *a, const char *word, const char *next)
{
    const char *name = word + 2, *equals = strchr(name, '=');
    enum arg id = find(name, equals ? (size_t)(equals - name) : strlen(name));
    if (strcmp(word, "-h") == 0)
        id = ARG_HELP;
    if (id == ARG_COUNT) {
        fault(a, ARGS_UNKNOWN, word);
        return 1;
    }
    if (a->value[id] && options[id].takes_value)
        fault(a, ARGS_TWICE, word);
    if (!options[id].takes_value) {
        if (equals)
            fault(a, ARGS_VALUE_UNWANTED, word);
        a->value[id] = "";
        return 1;
    }
    if (!equals && !next) {
        fault(a, ARGS_NO_VALUE, word);
        return 1;
    }
    a->value[id] = equals ? equals + 1 : next;
    return equals ? 1 : 2;
}

void cli_args_parse(struct args *a, int argc, char **argv)
{
    memset(a, 0, sizeof *a);
    a->pos = argv;
    bool options_ended = false;
    for (int i = 0; i < argc;) {
        char *word = argv[i];
        if (!options_ended && strcmp(word, "--") == 0) {
            options_ended = true;
            i++;
        } else if (!options_ended && (strncmp(word, "--", 2) == 0 || strcmp(word, "-h") == 0)) {
            i += take_option(a, word, i + 1 < argc ? argv[i + 1] : NULL);
        } else {
            a->pos[a->pos_count++] = word; /* never overtakes i */
            i++;
        }
    }
}

const char *cli_args_outside(const struct args *a, uint64_t allowed)
{
    for (int i = 0; i < ARG_COUNT; i++)
        if (a->value[i] && !(allowed >> i & 1))
            return options[i].name;
    return NULL;
}

bool cli_args_has(const struct args *a, enum arg id)
{
    return a->value[id] != NULL;
}

bool cli_args_number(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;
    *out = 0;
    if (!*text)
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return false;
        uint64_t digit = (uint64_t)(*text - '0');
        if (v > (UINT64_MAX - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    if (v < min || v > max)
        return false;
    *out = v;
    return true;
}

const char *cli_args_name(enum arg id)
{
    return options[id].name;
}
