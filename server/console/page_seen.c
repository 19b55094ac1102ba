/* Who has seen a person. For auditors, who see no more of that person than the number, and for whoever answers the person's own question. */
#include "proto/base/err.h"
#include "server/console/gate.h"
#include "server/console/page.h"
#include "server/console/place.h"
#include "server/console/saying.h"

enum { LINES_SHOWN = 1000 };

static int may_see(const struct ask *a, struct store *st)
{
    int32_t today = gate_today(a);
    if (!right_somewhere(&a->who, today, RIGHT_ACCESS_LOG) && !right_somewhere(&a->who, today, RIGHT_INNSYN))
        return SAM_EDENIED;
    int err = place_person(a, st, RIGHT_ACCESS_LOG, a->id[0]);
    return err == SAM_ENOTFOUND ? place_person(a, st, RIGHT_INNSYN, a->id[0]) : err;
}

int page_seen(struct ask *a, struct intake *in)
{
    struct saying s;
    int err = may_see(a, intake_store(in));
    saying_init(&s, "access list");
    saying_num(&s, "participant", a->id[0]);
    saying_num(&s, "last", LINES_SHOWN);
    return err ? err : ask_say(a, in, &s);
}
