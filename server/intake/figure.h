/* Figures that are reported: of a clinic or one of its groups over some days, frozen as they stand, and later held against what stands then.
 * A tablet that was away for weeks brings marks of sessions long reported: the figure must not have changed behind anybody's back, and whoever
 * asks must see which session moved it and who said what. So a figure is a fact of its own, not derived: it is written once with every
 * session's turnout, a rebuild leaves it alone, and the journal gives it back after a restore.
 *
 * What is counted (DOMAIN 4.4). A session counts when it is cancelled or held, or is over; one that nobody has said anything of is "unsaid".
 *   held       its status says so; or it is planned, and somebody is marked as present or as no-show
 *   cancelled  its status says so; A6 is cancelled / (held + cancelled + unsaid)
 *   expected   marks of held sessions: everybody who is marked (not as "not expected"), or enrolled that day and unknown
 *   known      of these: present, notified or no-show; the denominator of A1 and A2
 *   present    A1, no_show: A2
 *   recorded   held sessions in which nobody who was enrolled is unknown when the figure is made. A3 asks for 48 hours: a figure that is
 *              made later than that counts what came in between, too; what came after it is what a comparison shows
 *
 * Invariants
 *  1. A figure and its sessions never change. One that was wrong is withdrawn: it stays, marked, with a reason and by whom.
 *  2. It names no participant. Who is erased leaves it as it was; a comparison then says for each session of a group in which somebody
 *     was erased that this was so, and cannot say what the person's marks had been: the difference stays without its ops.
 *  3. A csn counts with its epoch. After a restore everything that comes again and had been counted is no news (figure_since.c). */
#ifndef INTAKE_FIGURE_H
#define INTAKE_FIGURE_H

#include "server/intake/intake.h"
#include "server/store/figure.h"

#define FIGURE_SESSIONS_MAX 4096u /* of one figure: eight clinics' would be a report that nobody reads */
#define FIGURE_DAYS_MAX 400       /* a year and what belongs to it */
#define FIGURE_SAID_MAX 1000u     /* ops of one comparison that are told one by one */

/* Sessions by id, and what they add up to. */
struct figure_count {
    unsigned count;
    struct store_turnout session[FIGURE_SESSIONS_MAX];
    struct store_figure_sums sums;
};
/**
 * figure_count(st, of, now_s, out):
 * As it stands now: ${of} says clinic, group and days.
 *   errors  SAM_ETOOBIG more than FIGURE_SESSIONS_MAX sessions; SAM_ERANGE the days are too many, or none
 */
int figure_count(struct store *st, const struct store_figure *of, int64_t now_s, struct figure_count *out);
/* figure_kept(st, no, out): as it stood; the sums are those of the sessions. */
int figure_kept(struct store *st, uint64_t no, struct figure_count *out);

/* figure_freeze(in, actor, f): ${f} says clinic, group, days and title, and gets the rest. Write thread, in a transaction. As figure_count. */
int figure_freeze(struct intake *in, const char *actor, struct store_figure *f);
/* figure_withdraw(in, actor, no, why): SAM_ENOTFOUND; SAM_ESTATE: it is already. */
int figure_withdraw(struct intake *in, const char *actor, uint64_t no, const char *why);

/* ---- held against what stands now */

struct figure_change {
    struct store_turnout then, now;
    bool was, is; /* false: it was not, is no longer in these groups and days; counts are 0 */
};
enum figure_said_kind {
    FIGURE_MARK,      /* an op on somebody's attendance */
    FIGURE_SESSION,   /* on the session itself */
    FIGURE_ENROLMENT, /* on who is in the group */
    FIGURE_LINK,      /* two who are shown as one, or no longer */
    FIGURE_GROUP,     /* on the group: it went over to another clinic */
    FIGURE_ERASED     /* somebody in the group was erased */
};
struct figure_said {
    enum figure_said_kind kind;
    unsigned change;         /* of which session: its place among the changes */
    uint64_t csn;            /* where its values stand */
    uint64_t device_no, seq; /* its own, also where it was taken in later */
    int64_t received_s;
    bool retaken;       /* it had been put aside; somebody took it in later */
    uint64_t case_no;   /* it opened, joined or decided that case; 0: none */
    uint64_t person[2]; /* whom it is about; of a link: both. 0: nobody */
    struct sam_op op;   /* its numbers alone: no texts */
};
struct figure_compared {
    struct figure_count then, now;
    unsigned changes, said;
    bool more;                                            /* more was said than is here */
    struct figure_change change[2 * FIGURE_SESSIONS_MAX]; /* by day, group and session */
    struct figure_said at[FIGURE_SAID_MAX];               /* by change and csn */
};
/**
 * figure_compare(st, now_s, f, out):
 * What differs, and what was said since of each session that does: ops on its marks, its status, on who was enrolled where that differs,
 * on links between people of the group. Reads the batches that spoke of them since. A reader, or the writer when
 * intake_settle has been called.
 *   errors  as figure_count, of what stands now
 */
int figure_compare(struct store *st, int64_t now_s, const struct store_figure *f, struct figure_compared *out);

#endif
