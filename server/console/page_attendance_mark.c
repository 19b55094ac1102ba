/* One person in one session: why it stands there as it does, and saying it otherwise; and who of a group has completed. */
#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "server/console/gate.h"
#include "server/console/page.h"
#include "server/console/place.h"
#include "server/console/saying.h"
#include "server/intake/people.h"
#include "server/store/attendance.h"

#include <string.h>

enum { UNIT_PRESENCE = 0, SAID_MAX = 500 };

/* ---- everything that was said of it */

struct mark {
    struct ask *a;
    struct store *st;
    struct sam_json json;
    uint64_t open_case; /* the case that there is or was about it, for whoever may see cases; 0: none */
    unsigned count;
    struct people people;
    unsigned living;
    uint64_t stands[SAM_CANDIDATES_MAX]; /* csns */
};

/* Which values of the presence stand: one, as the row says, or several beside each other. */
static int living_read(struct mark *m)
{
    struct sam_key key = {.entity = SAM_ATTENDANCE, .part = {m->a->id[0], m->people.id[0]}};
    struct store_candidate c[SAM_CANDIDATES_MAX];
    struct store_row row;
    int err = store_row_get(m->st, &key, &row);
    if (err || !row.exists || row.dead > 0)
        return err;
    struct store_rev rev = store_row_rev(&row, UNIT_PRESENCE);
    m->living = rev.csn && !rev.many;
    m->stands[0] = rev.csn;
    if (!rev.many)
        return 0;
    err = store_candidates_get(m->st, &key, UNIT_PRESENCE, c, SAM_CANDIDATES_MAX, &m->living);
    for (unsigned i = 0; !err && i < m->living; i++)
        m->stands[i] = c[i].csn;
    return err;
}

static bool stands(const struct mark *m, uint64_t csn)
{
    for (unsigned i = 0; i < m->living; i++)
        if (m->stands[i] == csn)
            return true;
    return false;
}

static int user_name(struct mark *m, uint64_t user)
{
    struct sam_key key = {.entity = SAM_USER, .part = {user}};
    struct store_row row;
    char name[SAM_NAME_BYTES_MAX + 1] = "";
    int err = user ? store_row_get(m->st, &key, &row) : 0;
    if (!err && user && row.exists && sam_row_has(&row.row, SAM_USER_name)) {
        struct sam_span text = row.row.val[SAM_USER_name].text;
        size_t len = text.len < SAM_NAME_BYTES_MAX ? text.len : SAM_NAME_BYTES_MAX;
        memcpy(name, text.ptr, len);
        name[len] = 0;
    }
    sam_json_text(&m->json, "who", name);
    return err;
}

static int device_name(struct mark *m, uint64_t device_no)
{
    struct store_device d;
    int err = store_device_get(m->st, device_no, &d);
    sam_json_int(&m->json, "device_no", (int64_t)device_no);
    sam_json_text(&m->json, "device", err ? "" : d.label);
    sam_wipe(d.key, sizeof d.key);
    return err == SAM_ENOTFOUND ? 0 : err;
}

static void values_add(struct sam_json *j, const struct sam_row *row)
{
    static const struct {
        const char *name;
        unsigned field;
    } value[] = {{"presence", SAM_ATTENDANCE_presence}, {"evidence", SAM_ATTENDANCE_evidence},
                 {"reason", SAM_ATTENDANCE_reason},     {"minutes", SAM_ATTENDANCE_minutes},
                 {"late", SAM_ATTENDANCE_late},         {"left_early", SAM_ATTENDANCE_left_early},
                 {"by_video", SAM_ATTENDANCE_by_video}};
    for (size_t i = 0; i < sizeof value / sizeof *value; i++)
        sam_json_int_or_null(j, value[i].name,
                             sam_row_has(row, value[i].field) ? sam_row_num(row, value[i].field) : -1);
}

/* What became of it, and whether its value took part in the case. */
static int verdict_add(struct mark *m, uint64_t csn)
{
    struct store_verdict v = {.kind = SAM_VERDICT_APPLIED};
    uint64_t took_part = 0;
    int err = store_verdict_get(m->st, csn, &v);
    err = err == SAM_ENOTFOUND ? 0 : err;
    if (!err && m->open_case)
        err = store_case_op_next(m->st, m->open_case, csn - 1, &took_part);
    sam_json_int(&m->json, "verdict", v.kind);
    sam_json_int(&m->json, "why", v.reason);
    sam_json_int(&m->json, "case", took_part == csn ? (int64_t)m->open_case : 0);
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int said_each(void *ctx, const struct intake_said *said)
{
    struct mark *m = ctx;
    struct sam_json *j = &m->json;
    const struct sam_op *op = said->op;
    if (m->count++ == SAID_MAX)
        return SAM_ETOOBIG;
    sam_json_object(j, NULL);
    sam_json_int(j, "csn", (int64_t)said->csn);
    sam_json_int(j, "claimed_s", op->claimed_s);
    sam_json_int(j, "offset_min", op->utc_offset_min);
    sam_json_int(j, "received_s", said->received_s);
    sam_json_bool(j, "removed", op->kind == SAM_OP_TOMBSTONE);
    sam_json_bool(j, "stands", stands(m, said->csn));
    values_add(j, &op->row);
    int err = user_name(m, op->user);
    if (!err)
        err = device_name(m, said->device_no);
    if (!err)
        err = verdict_add(m, said->csn);
    sam_json_end(j);
    return err;
}

static int case_read(struct mark *m)
{
    struct sam_key key = {.entity = SAM_ATTENDANCE, .part = {m->a->id[0], m->people.id[0]}};
    struct store_case c = {0};
    int err = store_case_find(m->st, &key, SAM_RULE_UNIT, UNIT_PRESENCE, &c);
    m->open_case = err ? 0 : c.no;
    return err;
}

/* Whoever sees only some of a group's people sees neither who wrote what, nor what was said of the others. */
static int place_whole(const struct ask *a, struct store *st, uint64_t group)
{
    struct store_group_names names;
    struct store_group_line g;
    int err = place_group(a, st, RIGHT_ATTENDANCE_SEE, group);
    if (!err)
        err = store_group_line(st, group, &names, &g);
    if (err)
        return err;
    return right_may(st, &a->who, gate_today(a), RIGHT_ATTENDANCE_SEE, g.org) == RIGHT_YES ? 0 : SAM_ENOTFOUND;
}

/* The session's group, and whoever the person is shown as, who has to be in it. */
static int mark_place(struct mark *m)
{
    struct store_row row;
    struct store_member member;
    struct sam_key session = {.entity = SAM_SESSION, .part = {m->a->id[0]}}, person = {.entity = SAM_PARTICIPANT};
    int err = place_session(m->a, m->st, RIGHT_ATTENDANCE_SEE, m->a->id[0]);
    if (!err)
        err = store_row_get(m->st, &session, &row);
    if (err)
        return err;
    uint64_t group = (uint64_t)sam_row_num(&row.row, SAM_SESSION_group_id);
    bool cases = place_group(m->a, m->st, RIGHT_CASE_SEE, group) == 0;
    err = place_whole(m->a, m->st, group);
    if (!err)
        err = people_of(m->st, m->a->id[1], &m->people);
    person.part[0] = m->people.id[0];
    if (!err)
        err = store_member_get(m->st, group, &person, &member);
    if (!err && (!member.exists || member.gone))
        err = SAM_ENOTFOUND;
    return err || !cases ? err : case_read(m);
}

static int mark_answer(struct mark *m)
{
    int err = mark_place(m);
    if (!err)
        err = living_read(m);
    if (err)
        return err;
    sam_json_object(&m->json, NULL);
    sam_json_list(&m->json, "said");
    err = intake_said_each(m->st, m->a->id[0], &m->people, said_each, m);
    sam_json_end(&m->json);
    ask_saw(m->a, "attendance", m->people.id[0]);
    return err;
}

int page_attendance_mark(struct ask *a, struct store *st)
{
    struct mark m = {.a = a, .st = st};
    sam_json_init(&m.json, REPLY_BYTES_MAX);
    return reply_made(&a->reply, &m.json, mark_answer(&m));
}

/* ---- saying it otherwise */

int page_attendance_set(struct ask *a, struct intake *in)
{
    static const struct saying_field fields[] = {
        {"seen", SAYING_NUM},  {"presence", SAYING_TEXT},   {"evidence", SAYING_TEXT}, {"code", SAYING_NUM},
        {"late", SAYING_TEXT}, {"left-early", SAYING_TEXT}, {"by-video", SAYING_TEXT}, {"reason", SAYING_TEXT}};
    struct saying s;
    int err = place_session(a, intake_store(in), RIGHT_ATTENDANCE_CHANGE, a->id[0]);
    saying_init(&s, "attendance set");
    saying_id(&s, a->id[0]);
    saying_id(&s, a->id[1]);
    err = err ? err : saying_body(&s, a, fields, sizeof fields / sizeof *fields);
    return err ? err : ask_say(a, in, &s);
}

/* ---- who has completed */

int page_attendance_completion(struct ask *a, struct store *st)
{
    struct saying s;
    uint64_t group = 0;
    int err = ask_query_id(a, "group", &group);
    if (!err)
        err = group ? place_whole(a, st, group) : SAM_EUSAGE;
    saying_init(&s, "completion");
    saying_id(&s, group);
    return err ? err : ask_say_look(a, st, &s);
}
