/* What is changed about participants: each a verb of the command line, said where the account may say it. */
#include "proto/base/err.h"
#include "server/console/page.h"
#include "server/console/place.h"
#include "server/console/saying.h"
#include "server/store/person_list.h"

int page_participant_add(struct ask *a, struct intake *in)
{
    static const struct saying_field fields[] = {
        {"name", SAYING_TEXT}, {"birth-year", SAYING_NUM}, {"planned", SAYING_NUM}, {"start", SAYING_TEXT}};
    struct saying s;
    int err = place_group(a, intake_store(in), RIGHT_PERSON_CHANGE, a->id[0]);
    saying_init(&s, "participant add");
    saying_num(&s, "group", a->id[0]);
    err = err ? err : saying_body(&s, a, fields, sizeof fields / sizeof *fields);
    return err ? err : ask_say(a, in, &s);
}

/* In the group, of somebody whom the account may change there or elsewhere. */
static int person_of_group(struct ask *a, struct store *st)
{
    int err = place_group(a, st, RIGHT_PERSON_CHANGE, a->id[0]);
    return err ? err : place_person(a, st, RIGHT_PERSON_CHANGE, a->id[1]);
}

int page_participant_enrol(struct ask *a, struct intake *in)
{
    static const struct saying_field fields[] = {{"status", SAYING_TEXT},
                                                 {"planned", SAYING_NUM},
                                                 {"start", SAYING_TEXT},
                                                 {"end", SAYING_TEXT},
                                                 {"seen", SAYING_NUM}};
    struct saying s;
    int err = person_of_group(a, intake_store(in));
    saying_init(&s, "participant enrol");
    saying_id(&s, a->id[1]);
    saying_num(&s, "group", a->id[0]);
    saying_word(&s, "--keep"); /* nobody comes back because another field was changed */
    err = err ? err : saying_body(&s, a, fields, sizeof fields / sizeof *fields);
    return err ? err : ask_say(a, in, &s);
}

/* Out of this group into the one of ?to=: both are asked for. */
int page_participant_move(struct ask *a, struct intake *in)
{
    static const struct saying_field fields[] = {{"date", SAYING_TEXT}, {"preview", SAYING_SWITCH}};
    struct saying s;
    uint64_t to = 0;
    int err = ask_query_id(a, "to", &to);
    err = err ? err : person_of_group(a, intake_store(in));
    err = err ? err : place_group(a, intake_store(in), RIGHT_PERSON_CHANGE, to);
    saying_init(&s, "participant move");
    saying_id(&s, a->id[1]);
    saying_num(&s, "from", a->id[0]);
    saying_num(&s, "to", to);
    err = err ? err : saying_body(&s, a, fields, sizeof fields / sizeof *fields);
    return err ? err : ask_say(a, in, &s);
}

static const struct saying_field noting[] = {{"note", SAYING_TEXT}, {"seen", SAYING_NUM}};

int page_participant_link(struct ask *a, struct intake *in)
{
    struct saying s;
    int err = place_person(a, intake_store(in), RIGHT_PERSON_CHANGE, a->id[0]);
    err = err ? err : place_person(a, intake_store(in), RIGHT_PERSON_CHANGE, a->id[1]);
    saying_init(&s, "participant link");
    saying_id(&s, a->id[0]);
    saying_id(&s, a->id[1]);
    err = err ? err : saying_body(&s, a, noting, sizeof noting / sizeof *noting);
    return err ? err : ask_say(a, in, &s);
}

int page_participant_unlink(struct ask *a, struct intake *in)
{
    struct saying s;
    int err = place_person(a, intake_store(in), RIGHT_PERSON_CHANGE, a->id[0]);
    saying_init(&s, "participant unlink");
    saying_id(&s, a->id[0]);
    err = err ? err : saying_body(&s, a, noting, sizeof noting / sizeof *noting);
    return err ? err : ask_say(a, in, &s);
}

/* A record is the one person's, under whatever name that one was asked for: who may not change both changes neither. */
static int record_say(struct ask *a, struct intake *in, const char *verb)
{
    char shown[SAM_NAME_BYTES_MAX + 1];
    struct store *st = intake_store(in);
    struct saying s;
    uint64_t root = 0;
    int err = place_person(a, st, RIGHT_PERSON_CHANGE, a->id[0]);
    err = err ? err : store_person_root(st, a->id[0], &root, shown);
    err = err ? err : place_person(a, st, RIGHT_PERSON_CHANGE, root);
    saying_init(&s, verb);
    saying_id(&s, a->id[0]);
    err = err ? err : saying_body(&s, a, noting, sizeof noting / sizeof *noting);
    return err ? err : ask_say(a, in, &s);
}

int page_participant_shut(struct ask *a, struct intake *in)
{
    return record_say(a, in, "participant shut");
}

int page_participant_open(struct ask *a, struct intake *in)
{
    return record_say(a, in, "participant open");
}

/* How somebody's course in a group stands. */
int page_completion(struct ask *a, struct store *st)
{
    struct saying s;
    int err = place_group(a, st, RIGHT_ATTENDANCE_SEE, a->id[0]);
    err = err ? err : place_person(a, st, RIGHT_ATTENDANCE_SEE, a->id[1]);
    saying_init(&s, "completion");
    saying_id(&s, a->id[1]);
    saying_num(&s, "group", a->id[0]);
    return err ? err : ask_say_look(a, st, &s);
}
