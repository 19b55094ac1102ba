/* A centre with a history: clinics, groups, people and a year of sessions, all invented and all out of one seed.
 *
 * Everything comes in as it does in life. What the centre says goes through intake_author and its journal; what tablets say is
 * encoded, chained, sealed and framed, and goes through intake_hello and intake_push, by devices that were invited, joined and
 * approved. No table is written directly, so what holds of a real centre holds here: it verifies, and rebuilds to itself.
 *
 *   time    The centre lives through the days one by one, on a clock that this module sets: plans are written eight weeks ahead
 *           as they were then, the window of twelve weeks moves day by day, sessions leave the tablets' scopes when their time
 *           has come, and ops bear the times at which they were received. Ops for a session of last spring are thus judged last
 *           spring, in the window of that day. Nothing is back-dated by a rule that knows of this module.
 *   dates   The history ends the evening before ${until} and goes ${days} days back from there; that day itself is ahead, with
 *           its sessions planned and nothing said. The same seed gives another history on another day: weekdays, snow and holidays
 *           follow the calendar.
 *   same    The same choices and the same ${until} give the same ops, csn by csn, but for what must never repeat: the centre's
 *           block of ids, device keys, epochs, and so hashes and proofs. Nothing is drawn from anywhere but the seed.
 *
 * Codes that a clinic gives itself, as used here: session.reason 1 weather, 2 the leader is ill, 3 holiday, 4 nobody has
 * started yet; enrolment.end_reason 1 stayed away, 2 moved or returned to work; attendance.reason 1 ill, 2 work, 3 weather;
 * consent.method 1 on paper. */
#ifndef ADMIN_DEMO_HISTORY_H
#define ADMIN_DEMO_HISTORY_H

#include "server/admin/verbs.h"

/* Bounds: a tablet holds at most SAM_SCOPES_MAX scopes, its clinic among them; the rest keeps a demo a demo. */
enum {
    DEMO_CLINICS_MAX = 40,
    DEMO_GROUPS_MAX = 200,
    DEMO_PARTICIPANTS_MAX = 4000, /* and at most 20 for each group: a sheet has 40 lines */
    DEMO_PER_GROUP_MAX = 20,
    DEMO_DAYS_MIN = 28,
    DEMO_DAYS_MAX = 1100
};

struct demo_choice {
    uint64_t seed, clinics, groups, participants, days;
    int32_t until; /* days since 1970; not after the clock's own day */
};

/**
 * demo_choose(v, now_s, choice):
 * What the verb's words ask for; without --seed and the options that go with it choice->days is 0: the small demo, without a history.
 *   returns VERB_OK, or an exit code with v->error
 */
int demo_choose(struct verb_context *v, int64_t now_s, struct demo_choice *choice);
/* demo_history_start(choice): where the clock stands when the store is made. */
int64_t demo_history_start(const struct demo_choice *choice);

/**
 * demo_history_make(v, choice, clock):
 * Fill the empty store of v->in, one transaction a day. Its clock (intake_config.now_s) reads *${clock}, in seconds since 1970,
 * which is moved along and stands at the beginning of ${until} in the end. Progress is shown where v->progress is set.
 *   returns as a verb's run; after a failure the store holds the days before
 */
int demo_history_make(struct verb_context *v, const struct demo_choice *choice, int64_t *clock);

#endif
