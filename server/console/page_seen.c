/* Who has seen a person. For auditors, who see no more of that person than the number, and for whoever answers the person's own question: an address for each, with
 * its right. */
#include "server/console/page.h"
#include "server/console/place.h"
#include "server/console/saying.h"

enum { LINES_SHOWN = 1000 };

int page_seen(struct ask *a, struct store *st)
{
    struct saying s;
    int err = place_person_whole(a, st, a->route->right, a->id[0]);
    saying_init(&s, "access list");
    saying_num(&s, "participant", a->id[0]);
    saying_num(&s, "last", LINES_SHOWN);
    return err ? err : ask_say_look(a, st, &s);
}
