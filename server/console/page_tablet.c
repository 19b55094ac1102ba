/* Tablets: which there are, one in full, and letting them in and out. Lists need the right at each tablet's clinic, what is done at
 * that tablet's. Nobody but the users of the tablets is named: an admin sees all of it. */
#include "proto/base/err.h"
#include "server/console/fields.h"
#include "server/console/page.h"
#include "server/console/place.h"
#include "server/console/saying.h"
#include "server/store/overview.h"
#include "server/store/tablet.h"

#include <stdio.h>
#include <string.h>

enum { TABLETS_MAX = 200, FULL = 1, DIGITS = 6 };
#define DIGITS_BYTES 32u /* as somebody types them */

struct tablets {
    const struct ask *a;
    struct store *st;
    struct sam_json *j;
    unsigned count;
    uint64_t org;      /* whose right was asked last */
    bool any, allowed; /* whether one was; and that answer */
};

static bool may_see(struct tablets *t, uint64_t org)
{
    if (!t->any || t->org != org)
        t->allowed = place_may(t->a, t->st, RIGHT_TABLET, org) == 0;
    t->any = true;
    t->org = org;
    return t->allowed;
}

static void time_add(struct sam_json *j, const char *key, int64_t at_s)
{
    if (at_s > 0)
        sam_json_int(j, key, at_s);
    else
        sam_json_null(j, key);
}

static void digits_add(struct sam_json *j, const struct store_tablet *d)
{
    char text[DIGITS + 5];
    snprintf(text, sizeof text, "%06u", d->digits);
    sam_json_text(j, "digits", d->state == SAM_DEVICE_PENDING ? text : NULL);
}

static int tablet_each(void *ctx, const struct store_tablet *d)
{
    struct tablets *t = ctx;
    struct sam_json *j = t->j;
    if (!may_see(t, d->org))
        return 0;
    if (t->count == TABLETS_MAX)
        return FULL;
    t->count++;
    sam_json_object(j, NULL);
    sam_json_int(j, "no", (int64_t)d->device_no);
    sam_json_id(j, "clinic", d->org);
    sam_json_text(j, "label", d->label);
    sam_json_text(j, "app", d->app);
    sam_json_text(j, "model", d->model);
    sam_json_int(j, "state", (int64_t)d->state);
    digits_add(j, d);
    time_add(j, "joined_s", d->joined_s);
    time_add(j, "last_contact_s", d->last_seen_s);
    sam_json_int(j, "skew_s", d->skew_s);
    sam_json_int(j, "waiting", (int64_t)d->waiting);
    sam_json_int(j, "oldest_age_s", (int64_t)d->oldest_age_s);
    sam_json_int(j, "quarantined", (int64_t)d->quarantined);
    sam_json_int(j, "copy_of", (int64_t)d->parent);
    sam_json_bool(j, "copied", d->forked);
    sam_json_end(j);
    return 0;
}

static int clinic_each(void *ctx, const struct store_clinic *clinic)
{
    struct tablets *t = ctx;
    if (!may_see(t, clinic->org))
        return 0;
    sam_json_object(t->j, NULL);
    sam_json_id(t->j, "id", clinic->org);
    sam_json_text(t->j, "name", clinic->name);
    sam_json_end(t->j);
    return 0;
}

int page_tablets(struct ask *a, struct store *st)
{
    struct sam_json j;
    struct tablets t = {.a = a, .st = st, .j = &j};
    int64_t after = 0;
    int err = ask_query_num(a, "after", 0, INT64_MAX, &after);
    if (err)
        return err;
    sam_json_init(&j, REPLY_BYTES_MAX);
    sam_json_object(&j, NULL);
    sam_json_int(&j, "now_s", a->now_s);
    sam_json_list(&j, "clinics");
    err = store_clinics(st, clinic_each, &t);
    sam_json_end(&j);
    sam_json_list(&j, "tablets");
    err = err ? err : store_tablets(st, (uint64_t)after, tablet_each, &t);
    sam_json_end(&j);
    sam_json_bool(&j, "more", err == FULL);
    int made = reply_json(&a->reply, &j);
    return err < 0 ? err : made;
}

/* ---- one of them */

/* May this tablet be looked after? Then the verb's words begin. */
static int begin(struct saying *s, const struct ask *a, struct intake *in, const char *verb)
{
    saying_init(s, verb);
    saying_id(s, a->id[0]);
    return place_device(a, intake_store(in), RIGHT_TABLET, a->id[0]);
}

int page_tablet(struct ask *a, struct intake *in)
{
    struct saying s;
    int err = begin(&s, a, in, "device show");
    return err ? err : ask_say(a, in, &s);
}

int page_tablet_lost(struct ask *a, struct intake *in)
{
    struct saying s;
    int err = place_device(a, intake_store(in), RIGHT_TABLET, a->id[0]);
    saying_init(&s, "device lost");
    saying_num(&s, "device", a->id[0]);
    return err ? err : ask_say(a, in, &s);
}

/* The digits are those that its holder's screen shows: with others the verb refuses. One that is let in again has none. */
int page_tablet_approve(struct ask *a, struct intake *in)
{
    char digits[DIGITS_BYTES];
    struct field field = {"digits", digits, sizeof digits, false};
    struct saying s;
    int err = begin(&s, a, in, "device approve");
    err = err ? err : fields_read(sam_buf_peek(&a->body), &field, 1);
    if (!err && digits[0])
        err = saying_digits(&s, digits);
    return err ? err : ask_say(a, in, &s);
}

static int with_reason(struct ask *a, struct intake *in, const char *verb)
{
    static const struct saying_field fields[] = {{"reason", SAYING_TEXT}};
    struct saying s;
    int err = begin(&s, a, in, verb);
    err = err ? err : saying_body(&s, a, fields, 1);
    return err ? err : ask_say(a, in, &s);
}

int page_tablet_revoke(struct ask *a, struct intake *in)
{
    return with_reason(a, in, "device revoke");
}

int page_tablet_drain(struct ask *a, struct intake *in)
{
    return with_reason(a, in, "device drain");
}

int page_tablet_unlock(struct ask *a, struct intake *in)
{
    static const struct saying_field fields[] = {{"number", SAYING_NUM}};
    struct saying s;
    int err = begin(&s, a, in, "device unlock");
    err = err ? err : saying_body(&s, a, fields, 1);
    return err ? err : ask_say(a, in, &s);
}

int page_clinic_invite(struct ask *a, struct intake *in)
{
    static const struct saying_field fields[] = {{"label", SAYING_TEXT}};
    struct saying s;
    int err = place_may(a, intake_store(in), RIGHT_TABLET, a->id[0]);
    saying_init(&s, "device invite");
    saying_id(&s, a->id[0]);
    err = err ? err : saying_body(&s, a, fields, 1);
    return err ? err : ask_say(a, in, &s);
}
