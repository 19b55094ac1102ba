/* What a verb shows of people goes into the access log first (samling_access): verbs that open one person's record, or a group's list.
 * Who it is: --user, else $SAMLING_USER. Nobody opens one person's record without saying so; a group's list may be shown to whoever
 * stands there, and the log says that nobody was named. Why: --why, else treatment, which is what the tablet is for. */
#ifndef CLI_ACCESS_H
#define CLI_ACCESS_H

#include "cli.h"

/* cli_access_person(c, participant, what): before anything of it is shown. 0 or an exit code: then nothing is. */
int cli_access_person(struct cli *c, uint64_t participant, enum samling_resource what);
/* cli_access_list(c, group, persons, what): the same of a list of so many. */
int cli_access_list(struct cli *c, uint64_t group, size_t persons, enum samling_resource what);

#endif
