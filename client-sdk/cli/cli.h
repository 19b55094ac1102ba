/* samling: a tablet on the command line. One run is one verb on one store; the verb table is in main.c, the verbs are in
 * verb_*.c, and everything below them knows nothing of verbs.
 *
 *   people     tables and sentences on stdout, in English or bokmål; what went wrong on stderr
 *   programs   --json: exactly one JSON document on stdout, also when the command fails:
 *              {"verb": "sheet", …, "ok": true, "exit": 0, "error": null}
 *              error is {"name": "ECLOCK", "text": "…"} or null. Ids and seqs are texts, days "YYYY-MM-DD", times of day
 *              "HH:MM", moments seconds since 1970, what is not set null. The words for values are those of word.h. The
 *              fields of each verb stand in its help. Fields may be added, never renamed. */
#ifndef CLI_H
#define CLI_H

#include <samling.h>

#include "args.h"
#include "output.h"
#include "proto/base/text.h"

/* Exit codes; `samling --help` lists them. */
enum cli_exit {
    EXIT_OK = 0,        /* done; for sync and status: nothing waits, nothing needs a person */
    EXIT_ERROR = 1,     /* disk, memory, damaged store, an answer that makes no sense */
    EXIT_USAGE = 2,     /* wrong words on the command line; nothing was done */
    EXIT_JOIN = 3,      /* not joined, or a coordinator has not approved the tablet yet */
    EXIT_ATTENTION = 4, /* nothing waits, but something needs a person: samling attention */
    EXIT_WAITING = 5,   /* saved on this tablet, not everything is sent or fetched yet */
    EXIT_NAME = 6,      /* a name or id picks nothing, or more than one; nothing was saved */
    EXIT_CLOCK = 7,     /* this clock cannot pick a session: name one */
    EXIT_BUSY = 8,      /* another program has this store open */
    EXIT_REFUSED = 9,   /* wrong data key, the tablet is revoked or wiped, or the record is shut */
    EXIT_ROWS = 10      /* import: some rows were refused; the others were taken */
};

struct verb;

struct cli {
    enum sam_lang lang;
    struct args args; /* pos without the verb's own name */
    const struct verb *verb;
    samling *s; /* open while a verb with a store runs */
    bool is_json;
    struct sam_json doc;
    const char *error_name; /* of the failure, NULL: none yet */
    char error_text[512];
};

typedef int verb_fn(struct cli *c);

/* ---- saying things */

/* cli_text(c, id): in the language of this run. */
const char *cli_text(const struct cli *c, enum sam_text_id id);
/* cli_words(c, out, size, id, ...): with its placeholders, for a cell. */
void cli_words(const struct cli *c, char *out, size_t size, enum sam_text_id id, ...);
/* cli_of(c, set, value): the words for one value. */
const char *cli_of(const struct cli *c, enum sam_text_set set, int value);
/* cli_say: a line for people on stdout. cli_note: one on stderr. Both silent with --json; texts come out terminal-safe. */
void cli_say(const struct cli *c, enum sam_text_id id, ...);
void cli_note(const struct cli *c, enum sam_text_id id, ...);
/* cli_columns(c, t, heads, count): an empty table with these headings, which also tell what may be cut. */
void cli_columns(const struct cli *c, struct table *t, const enum sam_text_id *heads, size_t count);
/* cli_table(c, t, to): print it for people and free it. */
void cli_table(const struct cli *c, struct table *t, FILE *to);

/* ---- failing: both keep the explanation, which main tells once, and return the exit code */

int cli_fail(struct cli *c, enum cli_exit code, const char *name, enum sam_text_id id, ...);
/* cli_fail_sdk(c, err): the last failed call on c->s. */
int cli_fail_sdk(struct cli *c, int err);
/* cli_usage(c, id, ...): EXIT_USAGE with a hint to the verb's help. */
int cli_usage(struct cli *c, enum sam_text_id id, ...);

/* ---- small things that several verbs need */

int64_t cli_now_s(void);
/* cli_option_number(c, id, min, max, out): the option's number; ${out} is left alone where it is not given. 0 or EXIT_USAGE. */
int cli_option_number(struct cli *c, enum arg id, uint64_t min, uint64_t max, uint64_t *out);

#endif
