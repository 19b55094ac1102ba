/* Cases: what a person has to decide. */
#include "proto/base/err.h"
#include "proto/model/rule.h"
#include "server/console/fields.h"
#include "server/console/page.h"
#include "server/console/place.h"
#include "server/console/saying.h"
#include "server/intake/intake.h"

#include <errno.h>
#include <stdlib.h>

enum { ID_BYTES = 21 };

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
        {"seen", SAYING_NUM},     {"note", SAYING_TEXT},   {"take", SAYING_NUM},      {"set", SAYING_LINES},
        {"stand", SAYING_SWITCH}, {"held", SAYING_SWITCH}, {"cancelled", SAYING_NUM}, {"remove", SAYING_NUM}};
    struct saying s;
    int err = place_case(a, intake_store(in), RIGHT_CASE_DECIDE, a->id[0]);
    saying_init(&s, "case decide");
    saying_id(&s, a->id[0]);
    err = err ? err : saying_body(&s, a, fields, sizeof fields / sizeof *fields);
    return err ? err : ask_say(a, in, &s);
}

/* The cases of one session are decided together, so that none of them is left for another day. */
int page_case_present(struct ask *a, struct intake *in)
{
    static const struct saying_field fields[] = {{"seen", SAYING_NUM}, {"note", SAYING_TEXT}};
    struct saying s;
    struct store_case c;
    int err = place_case(a, intake_store(in), RIGHT_CASE_DECIDE, a->id[0]);
    err = err ? err : store_case_get(intake_store(in), a->id[0], &c);
    if (err)
        return err;
    if (c.key.entity != SAM_ATTENDANCE)
        return SAM_EUSAGE;
    saying_init(&s, "case present");
    saying_id(&s, c.key.part[0]);
    err = saying_body(&s, a, fields, sizeof fields / sizeof *fields);
    return err ? err : ask_say(a, in, &s);
}

/* ---- two who may be one person */

static bool id_read(const char *text, uint64_t *id)
{
    char *end;
    errno = 0;
    *id = strtoull(text, &end, 10);
    return text[0] >= '1' && text[0] <= '9' && !*end && !errno && *id <= INT64_MAX;
}

/* The two of the body must be those of the case: by this address nobody else is linked. ${winner} NULL: one of them. */
static int pair_check(const struct ask *a, struct store *st, const char *loser, const char *winner)
{
    struct store_case c;
    uint64_t one, other;
    int err = store_case_get(st, a->id[0], &c);
    if (err)
        return err;
    if (c.rule != SAM_RULE_SAME_PERSON || !id_read(loser, &one) || (winner && !id_read(winner, &other)))
        return SAM_EUSAGE;
    bool first = one == c.key.part[0], second = one == c.key.part[1];
    bool fits = winner ? (first && other == c.key.part[1]) || (second && other == c.key.part[0]) : first || second;
    return fits ? 0 : SAM_EUSAGE;
}

static int pair_say(struct ask *a, struct intake *in, bool link)
{
    char loser[ID_BYTES] = "", winner[ID_BYTES] = "", seen[ID_BYTES] = "", note[SAYING_FIELD_BYTES_MAX] = "";
    struct field fields[] = {{"loser", loser, sizeof loser, false},
                             {"seen", seen, sizeof seen, false},
                             {"note", note, sizeof note, false},
                             {"winner", winner, sizeof winner, false}};
    struct saying s;
    uint64_t at;
    int err = place_case(a, intake_store(in), RIGHT_CASE_DECIDE, a->id[0]);
    err = err ? err : place_case(a, intake_store(in), RIGHT_PERSON_CHANGE, a->id[0]);
    err = err ? err : fields_read(sam_buf_peek(&a->body), fields, link ? 4 : 3);
    err = err ? err : pair_check(a, intake_store(in), loser, link ? winner : NULL);
    if (err)
        return err;
    if (!id_read(seen, &at))
        return SAM_EUSAGE;
    saying_init(&s, link ? "participant link" : "participant unlink");
    saying_id(&s, strtoull(loser, NULL, 10));
    if (link)
        saying_id(&s, strtoull(winner, NULL, 10));
    saying_num(&s, "seen", at);
    saying_text(&s, "note", note);
    return ask_say(a, in, &s);
}

int page_case_link(struct ask *a, struct intake *in)
{
    return pair_say(a, in, true);
}

int page_case_unlink(struct ask *a, struct intake *in)
{
    return pair_say(a, in, false);
}
