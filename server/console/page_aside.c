/* What was put aside: shown, tried again, left to rest, taken out again. */
#include "proto/base/err.h"
#include "server/console/fields.h"
#include "server/console/page.h"
#include "server/console/place.h"
#include "server/console/saying.h"
#include "server/intake/intake.h"

/* Where its tablet is; also of what was taken in meanwhile, so that the verb says so. */
static int place(const struct ask *a, struct store *st, uint64_t csn, uint64_t *device_no)
{
    struct store_verdict at;
    int err = store_verdict_get(st, csn, &at);
    if (err)
        return err;
    *device_no = at.device_no;
    return place_device(a, st, RIGHT_QUARANTINE, at.device_no);
}

int page_aside(struct ask *a, struct intake *in)
{
    struct saying s;
    uint64_t device_no;
    int err = place(a, intake_store(in), a->id[0], &device_no);
    saying_init(&s, "quarantine show");
    saying_id(&s, a->id[0]);
    return err ? err : ask_say(a, in, &s);
}

/* One, or all of its tablet. */
static int rule(struct ask *a, struct intake *in, const char *verb, bool noted)
{
    char all[2] = "", note[SAYING_FIELD_BYTES_MAX] = "";
    struct field fields[] = {{"all", all, sizeof all, false}, {"note", note, sizeof note, false}};
    struct saying s;
    uint64_t device_no;
    int err = place(a, intake_store(in), a->id[0], &device_no);
    err = err ? err : fields_read(sam_buf_peek(&a->body), fields, noted ? 2 : 1);
    if (err)
        return err;
    if (all[0] && all[0] != '1')
        return SAM_EUSAGE;
    saying_init(&s, verb);
    if (all[0])
        saying_num(&s, "device", device_no);
    else
        saying_id(&s, a->id[0]);
    saying_text(&s, "note", note);
    return ask_say(a, in, &s);
}

int page_aside_retry(struct ask *a, struct intake *in)
{
    return rule(a, in, "quarantine retry", false);
}

int page_aside_close(struct ask *a, struct intake *in)
{
    return rule(a, in, "quarantine close", true);
}

int page_aside_reopen(struct ask *a, struct intake *in)
{
    struct saying s;
    uint64_t device_no;
    int err = place(a, intake_store(in), a->id[0], &device_no);
    saying_init(&s, "quarantine reopen");
    saying_id(&s, a->id[0]);
    return err ? err : ask_say(a, in, &s);
}
