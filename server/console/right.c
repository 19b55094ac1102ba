#include "server/console/right.h"

#include <string.h>

enum { CONSENT_SHARE_NAV = 4, CONSENT_GIVEN = 1, OF_ROLE = ACCOUNT_ROLES };

#define NO RIGHT_NO
#define YES RIGHT_YES
#define CONSENT RIGHT_CONSENT
static const uint8_t table[RIGHT_COUNT][OF_ROLE] = {
#define RIGHT(name, admin, coordinator, physiotherapist, nav, auditor) \
    [RIGHT_##name] = {[ACCOUNT_ADMIN] = (admin),                       \
                      [ACCOUNT_COORDINATOR] = (coordinator),           \
                      [ACCOUNT_PHYSIOTHERAPIST] = (physiotherapist),   \
                      [ACCOUNT_NAV_ADVISER] = (nav),                   \
                      [ACCOUNT_AUDITOR] = (auditor)},
#include "server/console/right.def"
#undef RIGHT
};
#undef NO
#undef YES
#undef CONSENT

const char *right_name(enum right r)
{
    static const char *const name[RIGHT_COUNT] = {
        [RIGHT_NONE] = "NONE",
        [RIGHT_SESSION] = "SESSION",
#define RIGHT(name, admin, coordinator, physiotherapist, nav, auditor) [RIGHT_##name] = #name,
#include "server/console/right.def"
#undef RIGHT
    };
    return (unsigned)r < RIGHT_COUNT ? name[r] : "?";
}

/* The unit and all above it, the lowest first. 0: there is no such unit, or they go round in a circle. */
static unsigned units_above(struct store *st, uint64_t org, uint64_t unit[RIGHT_DEPTH_MAX])
{
    unsigned n = 0;
    while (org) {
        struct sam_key key = {.entity = SAM_ORG_UNIT, .part = {org}};
        struct store_row row;
        if (n == RIGHT_DEPTH_MAX || store_row_get(st, &key, &row) || !row.exists || row.dead > 0)
            return 0;
        unit[n++] = org;
        org = sam_row_has(&row.row, SAM_ORG_UNIT_parent) ? (uint64_t)sam_row_num(&row.row, SAM_ORG_UNIT_parent) : 0;
    }
    return n;
}

static bool covers(const struct store_account_role *r, const uint64_t *unit, unsigned units)
{
    bool is = r->org == 0;
    for (unsigned i = 0; i < units; i++)
        is = is || r->org == unit[i];
    return is;
}

static bool holds(const struct store_account_role *r, int32_t today)
{
    return r->role > 0 && r->role < OF_ROLE && r->from_day <= today && (r->to_day == 0 || today <= r->to_day);
}

bool right_somewhere(const struct login_session *s, int32_t today, enum right right)
{
    bool is = right == RIGHT_NONE || right == RIGHT_SESSION;
    if (right == RIGHT_NONE)
        return true;
    if (!s || s->state != LOGIN_OPEN || (unsigned)right >= RIGHT_COUNT)
        return false;
    for (unsigned i = 0; i < s->role_count; i++)
        is = is || (holds(&s->role[i], today) && table[right][s->role[i].role] != RIGHT_NO);
    return is;
}

enum right_answer right_may(struct store *st, const struct login_session *s, int32_t today, enum right right,
                            uint64_t org)
{
    uint64_t unit[RIGHT_DEPTH_MAX];
    enum right_answer best = RIGHT_NO;
    if (right == RIGHT_NONE)
        return RIGHT_YES;
    if (!s || s->state != LOGIN_OPEN || (unsigned)right >= RIGHT_COUNT)
        return RIGHT_NO;
    if (right == RIGHT_SESSION)
        return RIGHT_YES;
    unsigned units = units_above(st, org, unit);
    if (org && !units)
        return RIGHT_NO;
    for (unsigned i = 0; i < s->role_count; i++) {
        const struct store_account_role *r = &s->role[i];
        enum right_answer a = holds(r, today) && covers(r, unit, units) ? table[right][r->role] : RIGHT_NO;
        best = a > best ? a : best;
    }
    return best;
}

static bool consented(struct store *st, uint64_t participant)
{
    struct sam_key key = {.entity = SAM_CONSENT, .part = {participant, CONSENT_SHARE_NAV}};
    struct store_row row;
    return store_row_get(st, &key, &row) == 0 && row.exists && row.dead <= 0 &&
           sam_row_has(&row.row, SAM_CONSENT_state) && sam_row_num(&row.row, SAM_CONSENT_state) == CONSENT_GIVEN;
}

bool right_may_person(struct store *st, const struct login_session *s, int32_t today, enum right right, uint64_t org,
                      uint64_t participant)
{
    enum right_answer a = right_may(st, s, today, right, org);
    return a == RIGHT_YES || (a == RIGHT_CONSENT && consented(st, participant));
}
