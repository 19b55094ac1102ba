/* From what people type to the one group, session, person or user that they mean; never a guess between two. */
#ifndef CLI_PICK_H
#define CLI_PICK_H

#include "cli.h"

/* What a command works on; each step fills more. Zero it first, pick_fini frees it. */
struct pick {
    struct samling_group *groups;
    size_t group_count;
    const struct samling_group *group;
    struct samling_session *sessions; /* of the group */
    size_t session_count;
    const struct samling_session *session;
    struct samling_line *lines; /* of the session */
    size_t line_count;
};
void pick_fini(struct pick *p);
/* Each returns 0 or an exit code; candidates are told (a table on stderr, or "candidates" in JSON). */
int pick_group(struct cli *c, struct pick *p, const char *word);
/* pick_session_id: of any group; sets the group too. */
int pick_session_id(struct cli *c, struct pick *p, const char *id);
/* pick_session_on(c, p, date): of the group on that day; NULL: the one nearest to the trusted clock. */
int pick_session_on(struct cli *c, struct pick *p, const char *date);
/* pick_sheet(c, p): the roster of the session. */
int pick_sheet(struct cli *c, struct pick *p);
/* pick_person(c, p, word, line): one of the roster. */
int pick_person(struct cli *c, const struct pick *p, const char *word, const struct samling_line **line);
/* pick_user(c, id): the author, from --user or $SAMLING_USER. */
int pick_user(struct cli *c, uint64_t *id);

/* pick_session_rows(c, key, list, count, to): sessions as a table for people, or as a JSON list. */
void pick_session_rows(struct cli *c, const char *key, const struct samling_session *list, size_t count, FILE *to);
/* pick_session_json(c, key, session): one of them alone. */
void pick_session_json(struct cli *c, const char *key, const struct samling_session *session);

#endif
