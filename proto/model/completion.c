#include "proto/model/completion.h"

#include "proto/base/assert.h"

enum { SESSION_PLANNED = 0, SESSION_CANCELLED = 2 };
enum { UNKNOWN = 0, PRESENT = 1, NOTIFIED = 2, NO_SHOW = 3 };
enum { WAITING_START = 3, ATTENDING = 4, COMPLETED = 5, DISCONTINUED = 6, NEVER_CAME = 7 };

/* ---- one session */

static enum sam_completion_seen said(const struct sam_row *attendance)
{
    if (!attendance)
        return SAM_SEEN_UNKNOWN;
    switch (sam_row_num(attendance, SAM_ATTENDANCE_presence)) {
    case UNKNOWN: return SAM_SEEN_UNKNOWN;
    case PRESENT: return SAM_SEEN_ATTENDED;
    case NOTIFIED:
    case NO_SHOW: return SAM_SEEN_MISSED;
    default: return SAM_SEEN_APART;
    }
}

enum sam_completion_seen sam_completion_seen(const struct sam_completion_held *h, const struct sam_row *attendance,
                                             bool disputed)
{
    enum sam_completion_seen seen = disputed ? SAM_SEEN_UNKNOWN : said(attendance);
    if (h->status == SESSION_CANCELLED)
        return h->proved ? SAM_SEEN_UNKNOWN : SAM_SEEN_APART;
    if (h->status == SESSION_PLANNED && !h->proved && !h->past && seen == SAM_SEEN_UNKNOWN)
        return disputed ? seen : SAM_SEEN_APART;
    return seen;
}

void sam_completion_parts(struct sam_completion_day *d, unsigned count, unsigned parts)
{
    unsigned place = 0;
    const struct sam_completion_day *before = NULL;
    for (unsigned i = 0; i < count; i++) {
        d[i].part = 0;
        if (d[i].moved)
            continue;
        if (before)
            SAM_ASSERT(before->day <= d[i].day);
        place += !before || before->day != d[i].day;
        d[i].part = parts ? (place - 1) % parts + 1 : place;
        before = &d[i];
    }
}

/* ---- the course */

enum reached { NOT_REACHED, MAYBE_REACHED, REACHED };

static void count(const struct sam_completion_course *c, struct sam_completion_verdict *v)
{
    for (unsigned i = 0; i < c->count; i++) {
        enum sam_completion_seen seen = c->session[i].seen;
        if (i)
            SAM_ASSERT(c->session[i - 1].day <= c->session[i].day);
        if (seen == SAM_SEEN_APART)
            continue;
        v->held++;
        v->attended += seen == SAM_SEEN_ATTENDED;
        v->missed += seen == SAM_SEEN_MISSED;
        v->unknown += seen == SAM_SEEN_UNKNOWN;
        v->in_row = seen == SAM_SEEN_MISSED ? v->in_row + 1 : 0;
        if (v->in_row > v->longest)
            v->longest = v->in_row;
    }
}

static bool by_parts(const struct sam_completion_rule *r)
{
    return r->percent == 100 && r->planned > 0;
}

static enum reached part_reached(const struct sam_completion_course *c, unsigned part)
{
    enum reached best = NOT_REACHED;
    for (unsigned i = 0; i < c->count && best != REACHED; i++)
        if (c->session[i].part == part && c->session[i].seen == SAM_SEEN_ATTENDED)
            best = REACHED;
        else if (c->session[i].part == part && c->session[i].seen == SAM_SEEN_UNKNOWN)
            best = MAYBE_REACHED;
    return best;
}

static enum reached parts_reached(const struct sam_completion_course *c)
{
    enum reached least = REACHED;
    for (unsigned part = 1; part <= c->rule.planned && least != NOT_REACHED; part++) {
        enum reached r = part_reached(c, part);
        least = r < least ? r : least;
    }
    return least;
}

/* Whatever the unknown ones turn out to be, missed, attended or not held, the share lies between all missed and all attended. */
static enum reached share_reached(const struct sam_completion_course *c, const struct sam_completion_verdict *v)
{
    uint64_t needed = (uint64_t)c->rule.percent * v->held;
    if (v->held > 0 && (uint64_t)v->attended * 100 >= needed)
        return REACHED;
    return ((uint64_t)v->attended + v->unknown) * 100 >= needed ? MAYBE_REACHED : NOT_REACHED;
}

/* From the miss ${at} on, back within the days? ${doubt}: an unknown session may have been the return. */
static bool stayed_away(const struct sam_completion_course *c, unsigned at, bool doubt)
{
    int64_t until = (int64_t)c->session[at].day + c->rule.return_days;
    if (c->today <= until)
        return false;
    for (unsigned i = at + 1; i < c->count && c->session[i].day <= until; i++)
        if (c->session[i].seen == SAM_SEEN_ATTENDED || (doubt && c->session[i].seen == SAM_SEEN_UNKNOWN))
            return false;
    return true;
}

/* Did a row of misses break it off? ${generous}: what is unknown counts as a miss, so that it is asked whether that may be. */
static bool broken_off(const struct sam_completion_course *c, bool generous)
{
    unsigned row = 0;
    for (unsigned i = 0; i < c->count && c->rule.misses; i++) {
        enum sam_completion_seen seen = c->session[i].seen;
        if (seen == SAM_SEEN_APART)
            continue;
        bool miss = seen == SAM_SEEN_MISSED || (generous && seen == SAM_SEEN_UNKNOWN);
        row = miss ? row + 1 : 0;
        bool asked = generous ? row >= c->rule.misses : row == c->rule.misses;
        if (asked && stayed_away(c, i, !generous))
            return true;
    }
    return false;
}

static void tell(struct sam_completion_verdict *v, enum sam_completion what, enum sam_completion_why why)
{
    v->what = what;
    v->why = why;
}

static void judge_ended(struct sam_completion_verdict *v, enum reached reached)
{
    if (v->held == 0)
        tell(v, SAM_COMPLETION_UNSAID, SAM_COMPLETION_WHY_NONE_HELD);
    else if (reached == NOT_REACHED)
        tell(v, SAM_COMPLETION_INTERRUPTED, SAM_COMPLETION_WHY_ENDED);
    else
        tell(v, SAM_COMPLETION_UNSAID, reached == REACHED ? SAM_COMPLETION_WHY_END_SCORE : SAM_COMPLETION_WHY_UNKNOWN);
}

void sam_completion_judge(const struct sam_completion_course *c, struct sam_completion_verdict *out)
{
    const struct sam_completion_rule *r = &c->rule;
    *out = (struct sam_completion_verdict){0};
    count(c, out);
    enum reached reached = by_parts(r) ? parts_reached(c) : share_reached(c, out);
    /* a share is final when nothing more comes; both days of two are final at once */
    bool whole = by_parts(r) || c->ended || (r->planned && out->attended + out->missed >= r->planned);
    bool score = c->end_score || !r->needs_end_score;
    if (reached == REACHED && whole && score)
        tell(out, SAM_COMPLETION_COMPLETED, SAM_COMPLETION_WHY_NONE);
    else if (broken_off(c, false))
        tell(out, SAM_COMPLETION_INTERRUPTED, SAM_COMPLETION_WHY_MISSES);
    else if (c->ended)
        judge_ended(out, reached);
    else if (broken_off(c, true) || (whole && out->held && reached == MAYBE_REACHED))
        tell(out, SAM_COMPLETION_UNSAID, SAM_COMPLETION_WHY_UNKNOWN);
    else if (whole && reached == REACHED)
        tell(out, SAM_COMPLETION_UNDER_WAY, SAM_COMPLETION_WHY_END_SCORE);
}

/* ---- what enrolments say */

bool sam_completion_goes_on(unsigned status)
{
    return status == WAITING_START || status == ATTENDING;
}

bool sam_completion_counts(unsigned status)
{
    return sam_completion_goes_on(status) || status == COMPLETED || status == DISCONTINUED || status == NEVER_CAME;
}

bool sam_completion_enrolled(unsigned status, int32_t start, int32_t end, int32_t day)
{
    bool until = end == INT32_MAX ? sam_completion_goes_on(status) : day <= end;
    return sam_completion_counts(status) && day >= start && until;
}

bool sam_completion_status_fits(enum sam_completion what, unsigned attended, unsigned status)
{
    switch (what) {
    case SAM_COMPLETION_UNDER_WAY: return sam_completion_goes_on(status);
    case SAM_COMPLETION_COMPLETED: return status == COMPLETED;
    case SAM_COMPLETION_INTERRUPTED: return status == DISCONTINUED || (status == NEVER_CAME && attended == 0);
    default: return true;
    }
}
