/* From what people type to the one group, session, person or user that they mean; never a guess between two. */
#ifndef CLI_PICK_H
#define CLI_PICK_H

#include "cli.h"

/* What a command works on; each step fills more. Zero it first, cli_pick_fini frees it. */
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
void cli_pick_fini(struct pick *p);
/* Each returns 0 or an exit code; candidates are told (a table on stderr, or "candidates" in JSON). */
int cli_pick_group(struct cli *c, struct pick *p, const char *word);
/* cli_pick_session_id: of any group; sets the group too. */
int cli_pick_session_id(struct cli *c, struct pick *p, const char *id);
/* cli_pick_session_on(c, p, date): of the group on that day; NULL: the one nearest to the trusted clock. */
int cli_pick_session_on(struct cli *c, struct pick *p, const char *date);
/* cli_pick_where(c, p, at): the session as commands name it: --session, else --group or the word at *${at}, and --date, else the
 * nearest. *${at} becomes the first word behind. */
int cli_pick_where(struct cli *c, struct pick *p, int *at);
/* cli_pick_sheet(c, p): the roster of the session. */
int cli_pick_sheet(struct cli *c, struct pick *p);
/* cli_pick_person(c, p, word, line): one of the roster. */
int cli_pick_person(struct cli *c, const struct pick *p, const char *word, const struct samling_line **line);
/* cli_pick_people(c, word, people, person): of everybody on the tablet; ${people} is the caller's to free. */
int cli_pick_people(struct cli *c, const char *word, struct samling_person **people,
                    const struct samling_person **person);
/* cli_pick_person_json(c, person): "participant" and "name". */
void cli_pick_person_json(struct cli *c, const struct samling_person *person);
/* cli_pick_day(c, day): --date, else today; but a clock that is not trusted picks no day. */
int cli_pick_day(struct cli *c, int32_t *day);
/* cli_pick_remarks(c, line, out, size): "late, by video", "": nothing to remark. */
void cli_pick_remarks(const struct cli *c, const struct samling_line *line, char *out, size_t size);
/* cli_pick_user(c, id): the author, from --user or $SAMLING_USER. */
int cli_pick_user(struct cli *c, uint64_t *id);
/* cli_pick_user_role: and the role of that one. cli_pick_one_user(c, word, users, user): another one; ${users} is the caller's to free. */
int cli_pick_user_role(struct cli *c, uint64_t *id, int *role);
int cli_pick_one_user(struct cli *c, const char *word, struct samling_user **users, const struct samling_user **user);
/* cli_pick_self(c, users, user): the author, and all that is known of them. */
int cli_pick_self(struct cli *c, struct samling_user **users, const struct samling_user **user);
enum { PICK_USER_BYTES = 320 }; /* two names and what is between them */
/* cli_pick_user_text(c, user, out): "Kari", "Vikar (substitute)", "Kari (as substitute Vikar)"; for programs who it really is. */
const char *cli_pick_user_text(const struct cli *c, const struct samling_user *user, char out[PICK_USER_BYTES]);

/* cli_pick_session_rows(c, key, list, count, to): sessions as a table for people, or as a JSON list. */
void cli_pick_session_rows(struct cli *c, const char *key, const struct samling_session *list, size_t count, FILE *to);
/* cli_pick_session_json(c, key, session): one of them alone. */
void cli_pick_session_json(struct cli *c, const char *key, const struct samling_session *session);

#endif
