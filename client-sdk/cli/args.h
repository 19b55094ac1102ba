/* The words of a command line: options anywhere (--name VALUE, --name=VALUE, "--" ends them), the rest by place. */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include <stdbool.h>
#include <stdint.h>

/* id, name, takes a value */
#define ARG_MAP(X)                         \
    X(STORE, "store", 1)                   \
    X(KEY_FILE, "key-file", 1)             \
    X(USER, "user", 1)                     \
    X(LANG, "lang", 1)                     \
    X(JSON, "json", 0)                     \
    X(HELP, "help", 0)                     \
    X(VERSION, "version", 0)               \
    X(LABEL, "label", 1)                   \
    X(WAIT, "wait", 1)                     \
    X(SESSION, "session", 1)               \
    X(GROUP, "group", 1)                   \
    X(DATE, "date", 1)                     \
    X(ALL, "all", 1)                       \
    X(FROM, "from", 1)                     \
    X(LOG, "log", 1)                       \
    X(LATE, "late", 0)                     \
    X(LEFT_EARLY, "left-early", 0)         \
    X(VIDEO, "video", 0)                   \
    X(NOT_LATE, "not-late", 0)             \
    X(NOT_LEFT_EARLY, "not-left-early", 0) \
    X(ON_SITE, "on-site", 0)               \
    X(MINUTES, "minutes", 1)               \
    X(DEADLINE, "deadline", 1)             \
    X(BYTES, "bytes", 1)                   \
    X(STAY, "stay", 1)                     \
    X(QUIET, "quiet", 0)                   \
    X(SEEN, "seen", 1)                     \
    X(START, "start", 1)                   \
    X(REASON, "reason", 1)                 \
    X(BIRTH_YEAR, "birth-year", 1)         \
    X(SAVE, "save", 0)                     \
    X(WEEK, "week", 1)                     \
    X(PERSON, "person", 1)                 \
    X(DAY, "day", 1)                       \
    X(TIME, "time", 1)                     \
    X(ATTENDED, "attended", 1)             \
    X(WALK_IN, "walk-in", 0)               \
    X(OCCASION, "occasion", 1)             \
    X(SCALE_0, "scale-0", 1)               \
    X(MODE, "mode", 1)                     \
    X(LANGUAGE, "language", 1)             \
    X(HELD_BY, "held-by", 1)               \
    X(REPLACES, "replaces", 1)             \
    X(SET, "set", 1)                       \
    X(SIDE, "side", 1)                     \
    X(PAIN, "pain", 1)                     \
    X(ADAPTED, "adapted", 0)               \
    X(STOPPED, "stopped", 0)               \
    X(SUBJECT, "subject", 1)               \
    X(ROLE_ONLY, "role-only", 0)           \
    X(WITH, "with", 1)                     \
    X(SECTOR, "sector", 1)                 \
    X(ROLE, "role", 1)                     \
    X(WORK, "work", 0)                     \
    X(EMPLOYED, "employed", 1)             \
    X(SICK_LEAVE, "sick-leave", 1)         \
    X(WORKING, "working", 1)               \
    X(SCALE, "scale", 1)                   \
    X(MOMENT, "moment", 1)                 \
    X(SELF, "self", 0)                     \
    X(ICF, "icf", 1)                       \
    X(WHY, "why", 1)                       \
    X(METHOD, "method", 1)                 \
    X(TEXT_VERSION, "text-version", 1)

enum arg {
#define X(ID, name, value) ARG_##ID,
    ARG_MAP(X)
#undef X
        ARG_COUNT
};

_Static_assert(ARG_COUNT <= 64, "a verb's options are a mask of 64 bits");
#define ARG_BIT(ID) (UINT64_C(1) << ARG_##ID)
#define ARGS_GLOBAL                                                                                       \
    (ARG_BIT(STORE) | ARG_BIT(KEY_FILE) | ARG_BIT(USER) | ARG_BIT(LANG) | ARG_BIT(JSON) | ARG_BIT(HELP) | \
     ARG_BIT(VERSION) | ARG_BIT(WHY))

enum args_fault { ARGS_FINE, ARGS_UNKNOWN, ARGS_NO_VALUE, ARGS_VALUE_UNWANTED, ARGS_TWICE };

struct args {
    const char *value[ARG_COUNT]; /* NULL: not given; "" for an option without value */
    char **pos;                   /* the words that are not options, a part of argv */
    int pos_count;
    enum args_fault fault; /* the first fault, and the word that it is in */
    const char *fault_word;
};

/* cli_args_parse(a, argc, argv): sort ${argv} (without the program's name) in place. It goes on after a fault, so that --lang
 * and --json are known when the fault is told. */
void cli_args_parse(struct args *a, int argc, char **argv);
/* cli_args_outside(a, allowed): the name of an option that was given but is not in the mask; NULL: none. */
const char *cli_args_outside(const struct args *a, uint64_t allowed);
bool cli_args_has(const struct args *a, enum arg id);
/* cli_args_number(text, min, max, out): a whole number and nothing else. */
bool cli_args_number(const char *text, uint64_t min, uint64_t max, uint64_t *out);
const char *cli_args_name(enum arg id);

#endif
