/* Participants out of a spreadsheet: the file is the body of the question, and goes through the verb of the command line. */
#include "proto/base/err.h"
#include "server/console/page.h"
#include "server/console/place.h"
#include "server/console/saying.h"

int page_import(struct ask *a, struct intake *in)
{
    static const char *const columns[] = {"name", "group", "birth-year", "planned"};
    int64_t save = 0, make = 0, look = 0;
    char heading[ASK_QUERY_BYTES_MAX + 1];
    struct saying s;
    int err = place_may(a, intake_store(in), RIGHT_IMPORT, a->id[0]);
    err = err ? err : ask_query_num(a, "save", 0, 1, &save);
    err = err ? err : ask_query_num(a, "make", 0, 1, &make);
    err = err ? err : ask_query_num(a, "look", 0, 1, &look);
    saying_init(&s, "participant import");
    saying_word(&s, "-"); /* the file is the body of the question */
    saying_num(&s, "clinic", a->id[0]);
    for (unsigned i = 0; !err && i < sizeof columns / sizeof *columns; i++) {
        err = ask_query_text(a, columns[i], heading, sizeof heading);
        saying_text(&s, columns[i], heading);
    }
    if (save)
        saying_word(&s, "--save");
    if (make)
        saying_word(&s, "--make-groups");
    if (look)
        saying_word(&s, "--columns");
    return err ? err : ask_say(a, in, &s);
}
