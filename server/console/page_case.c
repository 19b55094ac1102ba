/* Cases: what a person has to decide. */
#include "proto/base/err.h"
#include "server/console/page.h"
#include "server/console/place.h"
#include "server/console/saying.h"

int page_case(struct ask *a, struct intake *in)
{
    struct saying s;
    int err = place_case(a, intake_store(in), RIGHT_CASE_SEE, a->id[0]);
    saying_init(&s, "case show");
    saying_id(&s, a->id[0]);
    return err ? err : ask_say(a, in, &s);
}

int page_case_decide(struct ask *a, struct intake *in)
{
    static const struct saying_field fields[] = {
        {"seen", SAYING_NUM},     {"note", SAYING_TEXT},   {"take", SAYING_NUM},      {"set", SAYING_TEXT},
        {"stand", SAYING_SWITCH}, {"held", SAYING_SWITCH}, {"cancelled", SAYING_NUM}, {"remove", SAYING_NUM}};
    struct saying s;
    int err = place_case(a, intake_store(in), RIGHT_CASE_DECIDE, a->id[0]);
    saying_init(&s, "case decide");
    saying_id(&s, a->id[0]);
    err = err ? err : saying_body(&s, a, fields, sizeof fields / sizeof *fields);
    return err ? err : ask_say(a, in, &s);
}
