/* Tablets that have not been heard from: what they had, who had them, and what nobody has recorded since. */
#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "server/admin/author.h"
#include "server/admin/session.h"
#include "server/admin/verbs_device.h"

#include <stdio.h>
#include <string.h>

enum { DAY_S = 86400, DAYS_MAX = 3650, SESSIONS_SHOWN = 40 };

struct lost {
    struct verb_context *v;
    int64_t now_s;
    uint64_t days, only; /* only: this tablet, whenever it was heard from; 0: all that are silent */
    unsigned count;      /* tablets */
    const struct store_device *d;
    unsigned sessions; /* of ${d}, nobody has recorded */
    bool cells;        /* sessions are rows of an open table */
};

static bool is_lost(const struct lost *l, const struct store_device *d)
{
    if (l->only)
        return d->device_no == l->only;
    return device_in_use(d) && l->now_s - device_contact_s(d) >= (int64_t)l->days * DAY_S;
}

/* ---- sessions since then */

static int session_found(void *ctx, const struct session *s)
{
    struct lost *l = ctx;
    struct report *r = &l->v->report;
    char day[VALUE_TIME_BYTES], start[8];
    if (!session_unrecorded(s))
        return 0;
    l->sessions++;
    if (l->cells) {
        value_day_iso(s->day, day);
        report_cell_num(r, (int64_t)l->d->device_no);
        report_cell_num(r, (int64_t)s->id);
        report_cell_num(r, (int64_t)s->group);
        report_cell_str(r, s->group_name);
        report_cell_str(r, day);
        report_cell_num(r, (int64_t)s->people);
    } else if (l->sessions <= SESSIONS_SHOWN) {
        value_day(l->v, s->day, day);
        session_time(s, start);
        report_say(r, "    ");
        report_tell(r, SAM_TEXT_LOST_SESSION, day, start, s->group_name, (int)s->people);
    }
    return 0;
}

static int sessions_find(struct lost *l, const struct store_device *d)
{
    struct session_span span = {.clinic = d->org,
                                .first_day = (int32_t)(device_contact_s(d) / DAY_S),
                                .last_day = (int32_t)(l->now_s / DAY_S) - 1};
    l->d = d;
    l->sessions = 0;
    return session_each(l->v, &span, session_found, l);
}

/* ---- one tablet */

/* Who wrote on it last, as far as it has been sent. */
static int last_user(struct lost *l, const struct store_device *d, char out[VALUE_BYTES_MAX])
{
    struct intake_op op;
    out[0] = 0;
    if (!d->acked_seq || !d->acked_csn)
        return 0;
    int err = intake_op_at(l->v->in, d->acked_csn, &op);
    if (!err && op.device_no == d->device_no)
        value_user(l->v, &op, out);
    intake_op_fini(&op);
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* Under another number it, or a copy of it, was heard from later; 0: no. */
static int goes_on(struct lost *l, const struct store_device *d, uint64_t *as)
{
    struct store_device one;
    int64_t newest_s = device_contact_s(d);
    uint64_t no = 0;
    int err;
    *as = 0;
    while ((err = store_device_kin(l->v->st, d->device_no, no, &no)) == 0) {
        err = store_device_get(l->v->st, no, &one);
        if (err)
            return err;
        if (no != d->device_no && device_in_use(&one) && one.last_seen_s > newest_s) {
            newest_s = one.last_seen_s;
            *as = no;
        }
        sam_wipe(&one, sizeof one);
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int tablet_cells(struct lost *l, const struct store_device *d)
{
    struct report *r = &l->v->report;
    char clinic[SAM_NAME_BYTES_MAX + 1], user[VALUE_BYTES_MAX];
    uint64_t as;
    int err = last_user(l, d, user);
    if (!err)
        err = goes_on(l, d, &as);
    if (err)
        return err;
    device_clinic(l->v, d, clinic);
    report_cell_num(r, (int64_t)d->device_no);
    report_cell_str(r, d->label);
    report_cell_str(r, clinic);
    report_cell_str(r, word_of(words_device_state, d->state));
    report_cell_num(r, device_contact_s(d));
    report_cell_num(r, (int64_t)d->waiting);
    report_cell_num(r, (int64_t)d->oldest_age_s);
    report_cell_str(r, user);
    report_cell_num(r, (int64_t)as);
    return 0;
}

static void tablet_lines(struct lost *l, const struct store_device *d, const char *user, uint64_t as)
{
    struct verb_context *v = l->v;
    struct report *r = &v->report;
    char name[VALUE_BYTES_MAX], head[VALUE_BYTES_MAX], when[VALUE_TIME_BYTES], age[VALUE_TIME_BYTES];
    value_device(v, d->device_no, name);
    value_upper(head, sizeof head, name);
    report_say(r, "%s%s: %s\n", l->count > 1 ? "\n" : "", head, device_state_text(v, d->state));
    value_time(v, device_contact_s(d), when);
    value_age(v->lang, l->now_s - device_contact_s(d), age);
    report_say(r, "  ");
    report_tell(r, SAM_TEXT_LOST_CONTACT, when, age);
    value_age(v->lang, (int64_t)d->oldest_age_s, age);
    report_say(r, "  ");
    if (d->waiting)
        report_tell(r, SAM_TEXT_LOST_WAITING, (unsigned long long)d->waiting, age);
    else
        report_tell(r, SAM_TEXT_LOST_EMPTY);
    if (user[0]) {
        report_say(r, "  ");
        report_tell(r, SAM_TEXT_LOST_USER, user);
    }
    if (as) {
        report_say(r, "  ");
        report_tell(r, SAM_TEXT_LOST_GOES_ON, (unsigned long long)as);
    }
}

static int tablet_people(struct lost *l, const struct store_device *d)
{
    char user[VALUE_BYTES_MAX];
    uint64_t as;
    int err = last_user(l, d, user);
    if (!err)
        err = goes_on(l, d, &as);
    if (err)
        return err;
    tablet_lines(l, d, user, as);
    report_say(&l->v->report, "  %s\n", sam_text(l->v->lang, SAM_TEXT_LOST_SESSIONS));
    err = sessions_find(l, d);
    report_say(&l->v->report, "%s", l->sessions ? "" : "    -\n");
    if (!err && l->sessions > SESSIONS_SHOWN) {
        char since[VALUE_TIME_BYTES], home[VERB_HOME_BYTES_MAX];
        value_day_iso((int32_t)(device_contact_s(d) / DAY_S), since);
        verb_home(l->v, home, sizeof home);
        report_say(&l->v->report, "    ");
        report_tell(&l->v->report, SAM_TEXT_LOST_MORE, (int)l->sessions - SESSIONS_SHOWN, (unsigned long long)d->org,
                    since, home);
    }
    return err;
}

/* ---- all of them */

static int each_lost(struct lost *l, int (*each)(struct lost *l, const struct store_device *d))
{
    struct store_device d = {0};
    int err;
    l->count = 0;
    while ((err = device_next(l->v, &d)) == 0) {
        if (!is_lost(l, &d))
            continue;
        l->count++;
        if ((err = each(l, &d)))
            return err;
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int all_json(struct lost *l)
{
    static const struct report_column tablets[] = {
        {"device_no", SAM_TEXT_COL_SEQ},        {"label", SAM_TEXT_COL_LABEL},
        {"clinic", SAM_TEXT_COL_CLINIC},        {"state", SAM_TEXT_COL_STATE},
        {"last_contact_s", SAM_TEXT_COL_HEARD}, {"waiting", SAM_TEXT_COL_WAITING},
        {"oldest_age_s", SAM_TEXT_COL_WAITING}, {"last_user", SAM_TEXT_COL_ACTOR},
        {"goes_on_as", SAM_TEXT_COL_SEQ}};
    static const struct report_column sessions[] = {{"device_no", SAM_TEXT_COL_SEQ},  {"session", SAM_TEXT_COL_ID},
                                                    {"group_id", SAM_TEXT_COL_GROUP}, {"group", SAM_TEXT_COL_GROUP},
                                                    {"day", SAM_TEXT_COL_DATE},       {"people", SAM_TEXT_COL_PERSONS}};
    struct report *r = &l->v->report;
    report_num(r, "days", (int64_t)l->days);
    report_list(r, "devices", tablets, sizeof tablets / sizeof *tablets);
    int err = each_lost(l, tablet_cells);
    if (err)
        return err;
    report_table_end(r);
    report_list(r, "unrecorded", sessions, sizeof sessions / sizeof *sessions);
    l->cells = true;
    err = each_lost(l, sessions_find);
    if (!err)
        report_table_end(r);
    return err;
}

int verb_device_lost(struct verb_context *v)
{
    struct lost l = {.v = v, .now_s = intake_now_s(v->in), .days = DEVICE_LOST_DAYS};
    if (args_uint(&v->args, "days", 1, DAYS_MAX, &l.days) ||
        args_uint(&v->args, "device", 2, SAM_DEVICE_NO_MAX, &l.only))
        return verb_usage(v);
    struct store_device one;
    int err = l.only ? store_device_get(v->st, l.only, &one) : 0;
    sam_wipe(&one, sizeof one);
    if (err == SAM_ENOTFOUND)
        return verb_refuse(v, SAM_TEXT_ADM_NO_DEVICE, (unsigned long long)l.only);
    if (err)
        return err;
    err = v->report.json ? all_json(&l) : each_lost(&l, tablet_people);
    if (err)
        return err;
    if (!l.count)
        report_tell(&v->report, SAM_TEXT_LOST_NONE, (int)l.days);
    v->exit_code = l.count ? VERB_REFUSED : VERB_OK;
    return VERB_OK;
}
