/* samling.conf: the settings of a serving centre, in plain text.
 *
 *      key = value     one a line, each key at most once; spaces around both do not matter
 *      # comment       a line, or the rest of one behind a space
 *
 * What the command line says goes before the file, the file before the defaults of config.def.
 *
 * Invariants
 *  1. Every value in a struct config lies within the bounds of config.def.
 *  2. A file with one fault is not used at all: nothing is served with half of what somebody wanted. */
#ifndef ADMIN_CONFIG_H
#define ADMIN_CONFIG_H

#include "proto/base/buf.h"
#include "server/admin/args.h"

#define CONFIG_FILE_NAME "samling.conf"
#define CONFIG_FILE_BYTES_MAX (64u * 1024u) /* the commented file takes 8 KiB */
#define CONFIG_LINE_BYTES_MAX 200u
#define CONFIG_TEXT_BYTES_MAX 64u /* an address takes 45 */
#define CONFIG_FAULTS_MAX 20u     /* that are told; further ones are counted */
#define CONFIG_FAULT_BYTES_MAX 256u

enum config_key {
#define CONFIG_HEAD(ID)
#define CONFIG_NUM(ID, ...) CONFIG_##ID,
#define CONFIG_ADDRESS(ID, ...) CONFIG_##ID,
#define CONFIG_CHOICE(ID, ...) CONFIG_##ID,
#include "server/admin/config.def"
#undef CONFIG_HEAD
#undef CONFIG_NUM
#undef CONFIG_ADDRESS
#undef CONFIG_CHOICE
    CONFIG_COUNT
};

enum config_kind { CONFIG_IS_NUM, CONFIG_IS_ADDRESS, CONFIG_IS_CHOICE };
enum config_unit {
    CONFIG_UNIT_NONE,
    CONFIG_UNIT_CONNECTIONS,
    CONFIG_UNIT_PER_SECOND,
    CONFIG_UNIT_PER_MINUTE,
    CONFIG_UNIT_SECONDS,
    CONFIG_UNIT_OPS,
    CONFIG_UNIT_MIB,
    CONFIG_UNIT_PERCENT,
    CONFIG_UNIT_KIB,
    CONFIG_UNIT_BYTES_PER_SECOND
};
/* What `log-level` and `log-time` choose; the levels are those of enum sam_log_level. */
enum config_log_time { CONFIG_LOG_TIME_AUTO, CONFIG_LOG_TIME_YES, CONFIG_LOG_TIME_NO };

struct config_def {
    const char *key;
    enum config_kind kind;
    enum config_unit unit;
    uint64_t min, max;  /* numbers */
    bool loopback;      /* addresses: of this machine only */
    const char *words;  /* choices */
    const char *normal; /* the default, as it is written */
};

struct config {
    struct {
        uint64_t num; /* numbers and choices */
        char text[CONFIG_TEXT_BYTES_MAX];
        unsigned line; /* of the file; 0: not from a file */
    } value[CONFIG_COUNT];
};

struct config_faults {
    enum sam_lang lang;
    unsigned count; /* may be more than are told */
    struct {
        unsigned line; /* 0: not of one line */
        char text[CONFIG_FAULT_BYTES_MAX];
    } fault[CONFIG_FAULTS_MAX];
};

/* The options of serve, as args_parse takes them. */
extern const char config_options[];

/* config_def(key): its row of the table. */
const struct config_def *config_def(enum config_key key);
void config_defaults(struct config *c);
uint64_t config_num(const struct config *c, enum config_key key);
const char *config_text(const struct config *c, enum config_key key);
/**
 * config_read(c, text, f):
 * A whole file over what ${c} holds; every fault goes into ${f}, with its line, in f->lang.
 *   errors  SAM_EUSAGE there is a fault; ${c} is then not to be used
 */
int config_read(struct config *c, struct sam_span text, struct config_faults *f);
/* config_options_read(c, a): the options of the command line over it. SAM_EUSAGE with a sentence in a->error. */
int config_options_read(struct config *c, struct args *a);
/* config_agree(c, f): do the values fit each other? SAM_EUSAGE with faults in ${f}. */
int config_agree(const struct config *c, struct config_faults *f);
/* config_page(lang, out): the whole commented file, every key with its default, commented out. As sam_buf_add. */
int config_page(enum sam_lang lang, struct sam_buf *out);

#endif
