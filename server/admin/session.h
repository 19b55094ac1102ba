/* Sessions of a clinic's groups in a span of days, for verbs that list or cancel them. */
#ifndef ADMIN_SESSION_H
#define ADMIN_SESSION_H

#include "server/admin/value.h"

/* One session and what is said of it. */
struct session {
    uint64_t id, group, org;
    uint64_t people;          /* who attend the group now */
    uint64_t marked, present; /* people of whom something is said; of whom somebody said that they were there */
    int32_t day;
    int start_min; /* -1: not said */
    uint32_t status, reason;
    bool planned, held; /* held: it stands so, or somebody was there or trained */
    char group_name[SAM_NAME_BYTES_MAX + 1];
};

enum { SESSION_PLANNED = 0, SESSION_HELD = 1, SESSION_CANCELLED = 2 };
#define SESSION_DAYS_MAX 400 /* that one question may span */

struct session_span {
    uint64_t clinic, group; /* 0: all */
    int32_t first_day, last_day;
};

/* session_each(v, span, each, ctx): living sessions, group by group, by day, until ${each} returns non-zero, which is returned. */
int session_each(struct verb_context *v, const struct session_span *span,
                 int (*each)(void *ctx, const struct session *s), void *ctx);
/* session_get(v, id, s): as a verb's result; SAM_ENOTFOUND: there is none, or no longer. */
int session_get(struct verb_context *v, uint64_t id, struct session *s);
/* session_cancel(v, s, reason): it stands as cancelled with that reason code; as a verb's result. */
int session_cancel(struct verb_context *v, const struct session *s, uint32_t reason);
/* session_restore(v, s): it is planned again, and the reason is gone; as a verb's result. */
int session_restore(struct verb_context *v, const struct session *s);
/* session_unrecorded(s): it is not cancelled, and nothing is said of anybody in it. */
bool session_unrecorded(const struct session *s);
/* session_time(s, out): "10:00", "-" where it has none. session_word(s): its status, for programs. */
void session_time(const struct session *s, char out[8]);
const char *session_word(const struct session *s);

#endif
