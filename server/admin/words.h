/* The words of the command line, sorted: what holds for every verb, and the words that are the verb's own. */
#ifndef ADMIN_WORDS_H
#define ADMIN_WORDS_H

#include "server/admin/socket.h"

struct words {
    enum sam_lang lang;
    const char *home, *keys, *journal;
    const char *word[SOCKET_WORDS_MAX];
    int count;
    char operator_name[96], reason[1024];
    char line[64], path[2 * HOME_PATH_BYTES_MAX], key_path[2 * HOME_PATH_BYTES_MAX];
    char *file; /* what a word named, and stands for now */
};

/* words_language(given): ${given} of --lang, else that of LC_ALL, LC_MESSAGES, LANG. */
enum sam_lang words_language(const char *given);
/**
 * words_read(w, argc, argv):
 * Sort them; then settle what depends on this terminal and this folder, before the words go to another process.
 *   owns    ${argv} outlives ${w}, which the caller has zeroed
 *   returns an exit code; if not VERB_OK it has said why on standard error
 */
int words_read(struct words *w, int argc, char **argv);
void words_fini(struct words *w);

#endif
