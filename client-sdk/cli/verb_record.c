/* record: shutting one at the person's wish. */
#include "pick.h"
#include "verb.h"

#include <string.h>

int cli_verb_record(struct cli *c)
{
    struct samling_person *people = NULL;
    const struct samling_person *person = NULL;
    uint64_t user = 0;
    if (strcmp(c->args.pos[0], "shut") != 0)
        return cli_usage(c, SAM_TEXT_CLI_TOO_FEW, cli_text(c, c->verb->usage));
    int r = cli_pick_user(c, &user);
    if (!r)
        r = cli_pick_people(c, c->args.pos[1], &people, &person);
    int err = r ? 0 : samling_record_shut(c->s, user, person->id);
    r = err ? cli_fail_sdk(c, err) : r;
    if (!r) {
        cli_pick_person_json(c, person);
        sam_json_bool(&c->doc, "shut", true);
        cli_say(c, person->shut ? SAM_TEXT_CLI_SHUT_ALREADY : SAM_TEXT_CLI_SHUT, person->name);
    }
    samling_list_free(people);
    return r;
}
