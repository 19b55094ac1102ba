/* What is changed about groups: each a verb of the command line, said where the account may say it. */
#include "proto/base/err.h"
#include "server/console/fields.h"
#include "server/console/page.h"
#include "server/console/place.h"
#include "server/console/saying.h"
#include "server/store/group_list.h"

#include <string.h>

enum { SESSIONS_AT_ONCE = 36 }; /* that one answer takes back */

static const struct saying_field plan[] = {
    {"name", SAYING_TEXT},    {"code", SAYING_TEXT}, {"kind", SAYING_TEXT},        {"weekday", SAYING_NUM},
    {"start", SAYING_TEXT},   {"end", SAYING_TEXT},  {"first", SAYING_TEXT},       {"last", SAYING_TEXT},
    {"capacity", SAYING_NUM}, {"days", SAYING_TEXT}, {"intervention", SAYING_TEXT}};

int page_group_add(struct ask *a, struct intake *in)
{
    struct saying s;
    int err = place_may(a, intake_store(in), RIGHT_GROUP_CHANGE, a->id[0]);
    saying_init(&s, "group add");
    saying_num(&s, "clinic", a->id[0]);
    err = err ? err : saying_body(&s, a, plan, sizeof plan / sizeof *plan);
    return err ? err : ask_say(a, in, &s);
}

int page_group_set(struct ask *a, struct intake *in)
{
    static const struct saying_field fields[] = {
        {"name", SAYING_TEXT},     {"code", SAYING_TEXT},         {"kind", SAYING_TEXT},  {"weekday", SAYING_NUM},
        {"start", SAYING_TEXT},    {"end", SAYING_TEXT},          {"first", SAYING_TEXT}, {"last", SAYING_TEXT},
        {"capacity", SAYING_NUM},  {"intervention", SAYING_TEXT}, {"active", SAYING_NUM}, {"seen", SAYING_NUM},
        {"preview", SAYING_SWITCH}};
    struct saying s;
    int err = place_group(a, intake_store(in), RIGHT_GROUP_CHANGE, a->id[0]);
    saying_init(&s, "group set");
    saying_id(&s, a->id[0]);
    err = err ? err : saying_body(&s, a, fields, sizeof fields / sizeof *fields);
    return err ? err : ask_say(a, in, &s);
}

/* Somebody whom the group's clinic knows; whoever leads it already can be taken away whoever that is. */
static int leader_may(const struct ask *a, struct store *st)
{
    struct store_row row;
    struct sam_key group = {.entity = SAM_GROUP, .part = {a->id[0]}},
                   leads = {.entity = SAM_GROUP_LEADER, .part = {a->id[0], a->id[1]}};
    int err = place_group(a, st, RIGHT_GROUP_CHANGE, a->id[0]);
    err = err ? err : store_row_get(st, &leads, &row);
    if (err || (row.exists && row.dead <= 0))
        return err;
    err = store_row_get(st, &group, &row);
    return err ? err : store_clinic_has(st, (uint64_t)sam_row_num(&row.row, SAM_GROUP_org), a->id[1]);
}

static int leader(struct ask *a, struct intake *in, const char *what, const struct saying_field *fields, unsigned count)
{
    struct saying s;
    int err = leader_may(a, intake_store(in));
    saying_init(&s, "group leader");
    saying_word(&s, what);
    saying_id(&s, a->id[0]);
    saying_id(&s, a->id[1]);
    if (!err && count)
        err = saying_body(&s, a, fields, count);
    return err ? err : ask_say(a, in, &s);
}

int page_group_leader_add(struct ask *a, struct intake *in)
{
    static const struct saying_field fields[] = {{"role", SAYING_TEXT}};
    return leader(a, in, "add", fields, 1);
}

int page_group_leader_remove(struct ask *a, struct intake *in)
{
    return leader(a, in, "remove", NULL, 0);
}

/* ---- sessions that do not take place */

int page_session_cancel(struct ask *a, struct intake *in)
{
    static const struct saying_field fields[] = {{"reason", SAYING_NUM}};
    struct saying s;
    int err = place_session(a, intake_store(in), RIGHT_GROUP_CHANGE, a->id[0]);
    saying_init(&s, "session cancel");
    saying_id(&s, a->id[0]);
    err = err ? err : saying_body(&s, a, fields, 1);
    return err ? err : ask_say(a, in, &s);
}

/* "17 18 19": each of them is asked for. */
static int sessions_read(struct ask *a, struct store *st, const char *text, struct saying *s)
{
    unsigned count = 0;
    int err = 0;
    for (const char *at = text; !err && *at; count++) {
        uint64_t id = 0;
        for (; *at >= '0' && *at <= '9' && id <= (INT64_MAX - 9) / 10; at++)
            id = id * 10 + (uint64_t)(*at - '0');
        if (!id || (*at && *at != ' ') || count == SESSIONS_AT_ONCE)
            return SAM_EUSAGE;
        at += *at == ' ';
        err = place_session(a, st, RIGHT_GROUP_CHANGE, id);
        saying_id(s, id);
    }
    return err ? err : count ? 0 : SAM_EUSAGE;
}

int page_session_restore(struct ask *a, struct intake *in)
{
    char text[1024];
    struct field fields[] = {{"sessions", text, sizeof text, false}};
    struct saying s;
    saying_init(&s, "session restore");
    int err = fields_read(sam_buf_peek(&a->body), fields, 1);
    err = err ? err : sessions_read(a, intake_store(in), text, &s);
    return err ? err : ask_say(a, in, &s);
}

int page_day_cancel(struct ask *a, struct intake *in)
{
    static const struct saying_field fields[] = {{"reason", SAYING_NUM}, {"save", SAYING_SWITCH}};
    struct saying s;
    int err = place_may(a, intake_store(in), RIGHT_GROUP_CHANGE, a->id[0]);
    saying_init(&s, "day cancel");
    saying_id(&s, a->id[0]);
    err = err ? err : saying_day(&s, a->id[1]);
    err = err ? err : saying_body(&s, a, fields, sizeof fields / sizeof *fields);
    return err ? err : ask_say(a, in, &s);
}
