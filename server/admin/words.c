#include "server/admin/words.h"

#include "proto/base/csv_table.h"
#include "proto/base/err.h"
#include "server/admin/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORDS_ADDED = 4 }; /* --qr or digits, --operator, --reason, --json */

enum sam_lang words_language(const char *given)
{
    const char *const name[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    if (given)
        return sam_lang_from(given);
    for (unsigned i = 0; i < sizeof name / sizeof *name; i++) {
        const char *value = getenv(name[i]);
        if (value && *value)
            return sam_lang_from(value);
    }
    return SAM_LANG_EN;
}

/* What may stand anywhere. */
struct globals {
    const char *home, *keys, *journal, *lang, *operator_name, *reason;
    bool help, version, json;
};

/* An option with a value at ${argv}: how many words it took, 0: it is none of these. */
static int take_valued(struct globals *g, int left, char **argv)
{
    static const char *const name[] = {"--home", "--keys", "--journal", "--lang", "--operator", "--reason"};
    const char **value[] = {&g->home, &g->keys, &g->journal, &g->lang, &g->operator_name, &g->reason};
    for (unsigned i = 0; i < sizeof name / sizeof *name; i++) {
        size_t n = strlen(name[i]);
        if (strcmp(argv[0], name[i]) == 0 && left > 1) {
            *value[i] = argv[1];
            return 2;
        }
        if (strncmp(argv[0], name[i], n) == 0 && argv[0][n] == '=') {
            *value[i] = argv[0] + n + 1;
            return 1;
        }
    }
    return 0;
}

static bool take_switch(struct globals *g, const char *word)
{
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        g->help = true;
    else if (strcmp(word, "--version") == 0)
        g->version = true;
    else
        return false;
    return true;
}

/* VERB_OK, or VERB_REFUSED: too many words. */
static int sort(struct words *w, struct globals *g, int argc, char **argv)
{
    bool only_words = false;
    for (int i = 1, took; i < argc; i += took) {
        took = only_words ? 0 : take_valued(g, argc - i, argv + i);
        if (took)
            continue;
        took = 1;
        if (!only_words && take_switch(g, argv[i]))
            continue;
        if (w->count == 0 && strcmp(argv[i], "--json") == 0) {
            g->json = true;
            continue;
        }
        only_words |= strcmp(argv[i], "--") == 0;
        if (w->count == (int)SOCKET_WORDS_MAX - WORDS_ADDED)
            return VERB_REFUSED;
        w->word[w->count++] = argv[i];
    }
    return VERB_OK;
}

/* "VERB … --help" is "help VERB". */
static void ask_for_help(struct words *w)
{
    int verb = 0;
    if (w->count && strcmp(w->word[0], "help") == 0)
        return;
    if (!verb_find(w->count, w->word, &verb))
        verb = w->count && w->word[0][0] != '-';
    memmove(w->word + 1, w->word, (size_t)verb * sizeof *w->word);
    w->word[0] = "help";
    w->count = verb + 1;
}

/* ---- what this terminal and this folder say */

static bool is_verb(const struct words *w, const char *name)
{
    int n;
    const struct verb *v = verb_find(w->count, w->word, &n);
    return v && strcmp(v->name, name) == 0;
}

/* A word that is a path from here becomes a whole one in ${mem}: whoever does the verb may stand in another folder. */
static void path_whole(const char **word, char mem[2 * HOME_PATH_BYTES_MAX])
{
    char here[HOME_PATH_BYTES_MAX];
    if ((*word)[0] == '/' || (*word)[0] == '-' || !getcwd(here, sizeof here))
        return;
    snprintf(mem, 2 * HOME_PATH_BYTES_MAX, "%s/%s", here, *word);
    *word = mem;
}

/* backup [FILE] [--encrypt FILE]; cert use FILE [--key FILE]. Words from ${first} on. */
static void paths_complete(struct words *w, int first)
{
    for (int i = first; i < w->count; i++)
        if (strcmp(w->word[i - 1], "--encrypt") == 0 || strcmp(w->word[i - 1], "--key") == 0)
            path_whole(&w->word[i], w->key_path);
        else if (w->word[i][0] != '-')
            path_whole(&w->word[i], w->path);
}

static void digits_ask(struct words *w)
{
    fprintf(stderr, "%s ", sam_text(w->lang, SAM_TEXT_ADM_ASK_DIGITS));
    if (!fgets(w->line, sizeof w->line, stdin))
        return;
    w->line[strcspn(w->line, "\r\n")] = 0;
    if (w->line[0])
        w->word[w->count++] = w->line;
}

/* The place of the verb's one word that is no option, -1: it has none. */
static int lone_word(const struct words *w)
{
    int n, at = -1;
    const struct verb *verb = verb_find(w->count, w->word, &n);
    struct args *a = calloc(1, sizeof *a);
    if (a && args_parse(a, w->lang, w->count - n, w->word + n, verb->accepts) == 0 && a->pos_count == 1)
        for (int i = n; i < w->count; i++)
            if (w->word[i] == a->pos[0])
                at = i;
    free(a);
    return at;
}

/* A file is read here, with the rights of whoever asks, and not by the process that serves: its content goes on instead of its
 * name. A word ends at a NUL, so one in the file goes as another control character; the reader refuses its row either way. */
static int file_attach(struct words *w)
{
    uint8_t *bytes;
    size_t n;
    int at = lone_word(w);
    if (at < 0)
        return VERB_OK; /* how it is used is said by verb_open */
    int err = sam_csv_load(w->word[at], &bytes, &n);
    if (err == SAM_EIO)
        return cli_complain(w->lang, SAM_TEXT_ADM_IMPORT_OPEN, w->word[at], strerror(errno));
    if (!err && !(w->file = malloc(n + 1)))
        err = SAM_ENOMEM;
    for (size_t i = 0; !err && i < n; i++)
        w->file[i] = bytes[i] ? (char)bytes[i] : '\x01';
    free(bytes);
    if (err == SAM_ETOOBIG)
        return cli_complain(w->lang, SAM_TEXT_ADM_IMPORT_FILE, sam_text_of(w->lang, SAM_TEXT_SET_CSV, SAM_CSV_BYTES));
    if (err)
        return cli_complain(w->lang, SAM_TEXT_CENTRE_ENOMEM);
    w->file[n] = 0;
    w->word[at] = w->file;
    return VERB_OK;
}

void words_fini(struct words *w)
{
    free(w->file);
    w->file = NULL;
}

static int complete(struct words *w)
{
    if (is_verb(w, "device invite") && isatty(STDOUT_FILENO))
        w->word[w->count++] = "--qr";
    if (is_verb(w, "backup"))
        paths_complete(w, 1);
    if (is_verb(w, "cert use"))
        paths_complete(w, 2);
    if (is_verb(w, "device approve") && w->count == 3 && isatty(STDIN_FILENO))
        digits_ask(w);
    return is_verb(w, "participant import") || is_verb(w, "attendance type") ? file_attach(w) : VERB_OK;
}

/* What may stand before the verb belongs behind it. */
static void behind_verb(struct words *w, const char *word)
{
    int verb;
    if (!verb_find(w->count, w->word, &verb))
        return;
    memmove(w->word + verb + 1, w->word + verb, (size_t)(w->count - verb) * sizeof *w->word);
    w->word[verb] = word;
    w->count++;
}

/* Who asks, where the kernel only says root: sudo tells whose terminal it is. */
static void operator_tell(struct words *w, const struct globals *g)
{
    const char *name = g->operator_name ? g->operator_name : geteuid() == 0 ? getenv("SUDO_USER") : NULL;
    if (!name || (!g->operator_name && !*name))
        return;
    snprintf(w->operator_name, sizeof w->operator_name, "--operator=%s", name);
    behind_verb(w, w->operator_name);
}

int words_read(struct words *w, int argc, char **argv)
{
    struct globals g = {0};
    int code = sort(w, &g, argc, argv);
    w->lang = words_language(g.lang);
    if (code)
        return cli_complain(w->lang, SAM_TEXT_ADM_WORDS);
    if (g.lang && strcmp(g.lang, "nb") != 0 && strcmp(g.lang, "en") != 0) {
        cli_complain(words_language(NULL), SAM_TEXT_ADM_LANG, g.lang);
        return VERB_USAGE;
    }
    w->home = g.home;
    w->keys = g.keys;
    w->journal = g.journal;
    if (g.help || (w->count == 0 && !g.version))
        ask_for_help(w);
    else if (g.version && w->count == 0)
        w->word[w->count++] = "version";
    code = complete(w);
    operator_tell(w, &g);
    if (g.reason) {
        snprintf(w->reason, sizeof w->reason, "--reason=%s", g.reason); /* cut far beyond what is allowed */
        behind_verb(w, w->reason);
    }
    if (g.json)
        behind_verb(w, "--json");
    return code;
}
