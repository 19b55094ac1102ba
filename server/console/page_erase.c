/* Erasing a person: one asks, another confirms (server/admin/two.h says when they are two). The list names those alone whom the session may
 * have erased. */
#include "proto/base/err.h"
#include "server/console/gate.h"
#include "server/console/page.h"
#include "server/console/place.h"
#include "server/console/saying.h"
#include "server/store/erased.h"

#include <stdio.h>

enum { REQUESTS_SHOWN = 200, DAYS = 30, DAY_S = 86400 }; /* as the verb: then it has to be asked anew */

static void name_add(struct sam_json *j, const struct ask *a, struct store *st, uint64_t person)
{
    char name[SAM_NAME_BYTES_MAX + 1] = "";
    struct store_row row;
    const struct sam_key key = {.entity = SAM_PARTICIPANT, .part = {person}};
    if (place_person(a, st, RIGHT_PERSON_SEE, person) == 0 && store_row_get(st, &key, &row) == 0 && row.exists &&
        sam_row_has(&row.row, SAM_PARTICIPANT_name))
        snprintf(name, sizeof name, "%.*s", (int)row.row.val[SAM_PARTICIPANT_name].text.len,
                 (const char *)row.row.val[SAM_PARTICIPANT_name].text.ptr);
    sam_json_text(j, "name", name);
}

static void request_add(struct sam_json *j, struct ask *a, struct store *st, const struct store_erase_request *r)
{
    sam_json_object(j, NULL);
    sam_json_id(j, "participant", r->participant);
    name_add(j, a, st, r->participant);
    sam_json_int(j, "at_s", r->at_s);
    sam_json_text(j, "actor", r->actor);
    sam_json_text(j, "reason", r->reason);
    sam_json_bool(j, "mine", r->account && r->account == a->who.account);
    sam_json_bool(j, "old", r->at_s + (int64_t)DAYS * DAY_S < a->now_s);
    sam_json_end(j);
    ask_saw(a, "erase", r->participant);
}

int page_erasures(struct ask *a, struct store *st)
{
    struct store_erase_request r = {0};
    struct sam_json j;
    unsigned count = 0;
    int err = 0;
    sam_json_init(&j, REPLY_BYTES_MAX);
    sam_json_object(&j, NULL);
    sam_json_int(&j, "now_s", a->now_s);
    sam_json_int(&j, "days", DAYS);
    sam_json_list(&j, "requests");
    while (!err && count < REQUESTS_SHOWN && (err = store_erase_request_next(st, r.participant, &r)) == 0) {
        err = place_person_whole(a, st, RIGHT_ERASE, r.participant);
        if (!err) {
            request_add(&j, a, st, &r);
            count++;
        }
        err = err == SAM_ENOTFOUND ? 0 : err;
    }
    sam_json_end(&j);
    int made = reply_json(&a->reply, &j);
    return err && err != SAM_ENOTFOUND ? err : made;
}

static int begin(struct saying *s, const struct ask *a, struct intake *in, const char *verb)
{
    saying_init(s, verb);
    saying_id(s, a->id[0]);
    return place_person_whole(a, intake_store(in), RIGHT_ERASE, a->id[0]);
}

int page_erase(struct ask *a, struct intake *in)
{
    static const struct saying_field fields[] = {{"reason", SAYING_TEXT}};
    struct saying s;
    int err = begin(&s, a, in, "erase");
    err = err ? err : saying_body(&s, a, fields, 1);
    return err ? err : ask_say(a, in, &s);
}

int page_erase_confirm(struct ask *a, struct intake *in)
{
    struct saying s;
    int err = begin(&s, a, in, "erase confirm");
    return err ? err : ask_say(a, in, &s);
}

int page_erase_withdraw(struct ask *a, struct intake *in)
{
    struct saying s;
    int err = begin(&s, a, in, "erase withdraw");
    return err ? err : ask_say(a, in, &s);
}
