#include "access.h"

#include "pick.h"
#include "record.h"
#include "word.h"

#include <stdlib.h>

enum { PERSONS_MAX = 500 };

static const struct record_words why_words = {cli_word_why, 7, SAM_TEXT_SET_WHY};

/* The record of one person: the library says that it may not be opened, or that nothing may be saved here at all. */
static bool shut(struct cli *c, uint64_t participant)
{
    struct samling_person *people = NULL;
    size_t count = 0;
    bool is = false;
    int err = participant ? samling_people(c->s, &people, &count) : 0;
    for (size_t i = 0; !err && i < count; i++)
        is = is || (people[i].id == participant && people[i].shut);
    samling_list_free(people);
    return is;
}

static int log_it(struct cli *c, uint64_t user, struct samling_access *a)
{
    int why = SAMLING_FOR_TREATMENT;
    int r = cli_record_word(c, ARG_WHY, &why_words, &why);
    if (r)
        return r;
    a->purpose = (enum samling_purpose)why;
    a->action = SAMLING_READ;
    int err = samling_access(c->s, user, a);
    if (err == SAMLING_ESTATE && shut(c, a->participant))
        return cli_fail(c, EXIT_REFUSED, samling_errname(err), SAM_TEXT_CLI_SHUT_REFUSED);
    return err ? cli_fail_sdk(c, err) : 0;
}

int cli_access_person(struct cli *c, uint64_t participant, enum samling_resource what)
{
    struct samling_access a = {.participant = participant, .what = what};
    uint64_t user = 0;
    int r = cli_pick_user(c, &user);
    return r ? r : log_it(c, user, &a);
}

int cli_access_list(struct cli *c, uint64_t group, size_t persons, enum samling_resource what)
{
    struct samling_access a = {
        .group = group, .persons = persons < PERSONS_MAX ? (unsigned)persons : PERSONS_MAX, .what = what};
    const char *word = cli_args_has(&c->args, ARG_USER) ? c->args.value[ARG_USER] : getenv("SAMLING_USER");
    uint64_t user = 0;
    int r = word && *word ? cli_pick_user(c, &user) : 0;
    return r ? r : log_it(c, user, &a);
}
