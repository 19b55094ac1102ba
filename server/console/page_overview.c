/* Where the coordinator begins: which clinics there are, and what waits. */
#include "proto/base/err.h"
#include "server/console/console.h"
#include "server/console/page.h"
#include "server/store/overview.h"

int page_status(struct ask *a)
{
    struct sam_json j;
    sam_json_init(&j, REPLY_BYTES_MAX);
    sam_json_object(&j, NULL);
    sam_json_text(&j, "version", SAM_VERSION);
    sam_json_bool(&j, "ready", true);
    sam_json_bool(&j, "read_only", a->read_only);
    return reply_json(&a->reply, &j);
}

static int clinic_each(void *ctx, const struct store_clinic *clinic)
{
    struct sam_json *j = ctx;
    sam_json_object(j, NULL);
    sam_json_id(j, "id", clinic->org);
    sam_json_text(j, "name", clinic->name);
    sam_json_int(j, "tablets", (int64_t)clinic->devices);
    if (clinic->last_seen_s > 0)
        sam_json_int(j, "last_contact_s", clinic->last_seen_s);
    else
        sam_json_null(j, "last_contact_s");
    sam_json_int(j, "waiting", (int64_t)clinic->waiting);
    sam_json_end(j);
    return 0;
}

int page_overview(struct ask *a, struct store *st)
{
    struct sam_json j;
    uint64_t cases = 0;
    sam_json_init(&j, REPLY_BYTES_MAX);
    sam_json_object(&j, NULL);
    sam_json_list(&j, "clinics");
    int err = store_clinics(st, clinic_each, &j);
    sam_json_end(&j);
    if (!err)
        err = store_cases_open(st, &cases);
    sam_json_int(&j, "open_cases", (int64_t)cases);
    int whole = reply_json(&a->reply, &j);
    return err ? err : whole;
}
