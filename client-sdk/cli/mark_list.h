/* The marks of one command, gathered before anything is saved: a fault anywhere saves nothing. */
#ifndef CLI_MARK_LIST_H
#define CLI_MARK_LIST_H

#include "pick.h"

struct mark_list {
    struct samling_mark *mark;
    const struct samling_line **line; /* the roster's line of each mark, as it was before */
    size_t count, room;
    struct samling_mark pattern; /* session, evidence TAPPED and what the options say of every mark */
};

void cli_mark_list_fini(struct mark_list *l);
/* Each returns 0 or an exit code. cli_mark_list_words: PERSON STATUS and PERSON=STATUS, mixed. cli_mark_list_file: lines
 * "name;status", "-" is stdin. cli_mark_list_rest: everybody on the roster who is not marked yet, as present. */
int cli_mark_list_options(struct cli *c, struct mark_list *l, uint64_t session);
int cli_mark_list_words(struct cli *c, struct mark_list *l, const struct pick *p, char **word, int count);
int cli_mark_list_file(struct cli *c, struct mark_list *l, const struct pick *p, const char *path);
int cli_mark_list_rest(struct cli *c, struct mark_list *l, const struct pick *p);

#endif
