/* Where the coordinator begins: which clinics there are, and what waits. */
#include "proto/base/err.h"
#include "server/console/console.h"
#include "server/console/gate.h"
#include "server/console/page.h"
#include "server/store/backup.h"
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

/* What is being collected, and for whom. */
struct overview {
    struct ask *a;
    struct store *st;
    struct sam_json json;
    unsigned clinics;
    uint64_t cases, quarantined;
};

static void time_add(struct sam_json *j, const char *key, int64_t at_s)
{
    if (at_s > 0)
        sam_json_int(j, key, at_s);
    else
        sam_json_null(j, key);
}

static int device_each(void *ctx, const struct store_clinic_device *d)
{
    struct sam_json *j = ctx;
    sam_json_object(j, NULL);
    sam_json_int(j, "no", (int64_t)d->device_no);
    sam_json_text(j, "label", d->label);
    sam_json_int(j, "state", (int64_t)d->state);
    time_add(j, "last_contact_s", d->last_seen_s);
    sam_json_int(j, "waiting", (int64_t)d->waiting);
    sam_json_end(j);
    return 0;
}

static int group_each(void *ctx, const struct store_clinic_group *g)
{
    struct sam_json *j = ctx;
    sam_json_object(j, NULL);
    sam_json_id(j, "id", g->group);
    sam_json_text(j, "name", g->name);
    sam_json_int_or_null(j, "start_min", g->start_min);
    sam_json_int_or_null(j, "end_min", g->end_min);
    sam_json_int(j, "status", g->status);
    sam_json_int(j, "marked", (int64_t)g->marked);
    sam_json_int(j, "persons", (int64_t)g->persons);
    sam_json_end(j);
    return 0;
}

static int clinic_parts(struct overview *o, uint64_t org)
{
    struct sam_json *j = &o->json;
    sam_json_list(j, "devices");
    int err = store_clinic_devices(o->st, org, device_each, j);
    sam_json_end(j);
    sam_json_list(j, "groups");
    err = err ? err : store_clinic_groups(o->st, org, gate_today(o->a), group_each, j);
    sam_json_end(j);
    return err;
}

static bool may_see(const struct overview *o, uint64_t org)
{
    return right_may(o->st, &o->a->who, gate_today(o->a), RIGHT_OVERVIEW, org) == RIGHT_YES;
}

static int clinic_each(void *ctx, const struct store_clinic *clinic)
{
    struct overview *o = ctx;
    struct sam_json *j = &o->json;
    if (!may_see(o, clinic->org))
        return 0;
    o->clinics++;
    o->cases += clinic->cases;
    o->quarantined += clinic->quarantined;
    sam_json_object(j, NULL);
    sam_json_id(j, "id", clinic->org);
    sam_json_text(j, "name", clinic->name);
    sam_json_int(j, "tablets", (int64_t)clinic->devices);
    time_add(j, "last_contact_s", clinic->last_seen_s);
    sam_json_int(j, "waiting", (int64_t)clinic->waiting);
    sam_json_int(j, "open_cases", (int64_t)clinic->cases);
    sam_json_int(j, "quarantined", (int64_t)clinic->quarantined);
    int err = clinic_parts(o, clinic->org);
    sam_json_end(j);
    return err;
}

int page_overview(struct ask *a, struct store *st)
{
    struct overview o = {.a = a, .st = st};
    struct sam_json *j = &o.json;
    bool whole = may_see(&o, 0);
    sam_json_init(j, REPLY_BYTES_MAX);
    sam_json_object(j, NULL);
    sam_json_int(j, "now_s", a->now_s);
    sam_json_bool(j, "whole", whole);
    sam_json_bool(j, "read_only", a->read_only);
    sam_json_list(j, "clinics");
    int err = store_clinics(st, clinic_each, &o);
    sam_json_end(j);
    if (!err && whole)
        err = store_cases_open(st, &o.cases, &o.quarantined);
    sam_json_int(j, "open_cases", (int64_t)o.cases);
    sam_json_int(j, "quarantined", (int64_t)o.quarantined);
    time_add(j, "backup_s", a->backup ? backup_newest_s(a->backup) : -1);
    if (!err && !whole && !o.clinics)
        err = SAM_EDENIED;
    int made = reply_json(&a->reply, j);
    return err ? err : made;
}
