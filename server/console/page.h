/* The handlers of route.def, one file for each page. */
#ifndef CONSOLE_PAGE_H
#define CONSOLE_PAGE_H

#include "server/console/ask.h"

/* page_asset.c: the shell, and what it loads */
int page_shell(struct ask *a);
int page_asset(struct ask *a);
/* page_login.c: GET session; POST {"name", "password"}, {"word"}, {"password"}, and nothing */
int page_session(struct ask *a);
int page_login(struct ask *a);
int page_login_second(struct ask *a);
int page_login_unlock(struct ask *a);
int page_logout(struct ask *a);
/* page_invitation.c: POST {"code"}: {"name"}; {"code", "password"}: {"name", "uri", "secret", "qr"}; {"code", "word"}:
 * {"name", "codes": [10]} */
int page_invitation(struct ask *a);
int page_invitation_begin(struct ask *a);
int page_invitation_finish(struct ask *a);
/* page_overview.c: what anybody may know: {"version", "ready", "read_only"} */
int page_status(struct ask *a);
/* page_overview.c: of the clinics where the session has RIGHT_OVERVIEW; 403 where that is none and not the whole centre:
 * {"now_s", "whole", "read_only", "open_cases", "quarantined", "backup_s", "clinics": [{"id", "name", "tablets", "last_contact_s", "waiting",
 * "open_cases", "quarantined", "devices": [{"no", "label", "state", "last_contact_s", "waiting"}],
 * "groups": [{"id", "name", "start_min", "end_min", "status", "marked", "persons"}]}]}
 * Figures alone: nobody is named. state: enum sam_device_state; status: 0 planned, 1 held, 2 cancelled; open_cases and quarantined
 * of the centre hold what belongs to no clinic too, if whole; backup_s null: none. */
int page_overview(struct ask *a, struct store *st);
/* page_cases.c: ?state=open (the oldest first) or closed (the last decided first), &clinic=ID, &after=NO of the last row that is there
 * already; of the clinics where the session has RIGHT_CASE_SEE:
 * {"now_s", "clinics": [{"id", "name", "open"}], "open", "aside", "stamp", "cases": [{"no", "rule", "clinic", "clinic_name", "group",
 * "person", "day", "field", "exercise", "set", "values": [[{"text", "column", "value"}]], "present", "opened_s", "changed_s"}], "more"}
 * rule: enum sam_rule; field: of set FIELD, null for a rule across rows; values: of a unit, present: of SAM_RULE_ATTENDED; day: since
 * 1970; open, aside: how many wait in all; stamp: another one when something in the queue is another. Values: about.h. */
int page_cases(struct ask *a, struct store *st);
/* page_cases.c: {"open", "aside", "stamp"}, which name nobody; with ?no=17 "decide" too: may the session decide that case? */
int page_cases_news(struct ask *a, struct store *st);
/* page_cases.c: ?state=open (waits) or closed (may rest), &clinic=ID, &after=NO; of the clinics where the session has
 * RIGHT_QUARANTINE: as page_cases, with "asides": [{"no", "reason", "readable", "device_no", "device", "clinic", "clinic_name",
 * "group", "person", "day", "received_s"}] */
int page_asides(struct ask *a, struct store *st);
/* page_case.c: one case in full, as `samlingd case show --json` says it, in the language of who asks */
int page_case(struct ask *a, struct intake *in);
/* page_case.c: POST {"seen", "note", "take", "set", "stand", "held", "cancelled", "remove"}, of which those that are meant are not
 * empty: as `samlingd case decide --json` */
int page_case_decide(struct ask *a, struct intake *in);
/* page_case.c: POST {"seen", "note"}: every open case about presence of the case's session, as `samlingd case present --json` */
int page_case_present(struct ask *a, struct intake *in);
/* page_case.c: of two who may be one person, POST {"loser", "winner", "seen", "note"}, which are the two of the case, and back
 * again {"loser", "seen", "note"}: as `samlingd participant link --json` and unlink; right PERSON_CHANGE too */
int page_case_link(struct ask *a, struct intake *in);
int page_case_unlink(struct ask *a, struct intake *in);
/* page_aside.c: one change that was put aside, as `samlingd quarantine show --json` says it, without its bytes */
int page_aside(struct ask *a, struct intake *in);
/* page_aside.c: POST {"all"}, {"note", "all"} and nothing; all "1": not this one, but all of its tablet that wait; as `samlingd quarantine
 * retry --json`, close, reopen */
int page_aside_retry(struct ask *a, struct intake *in);
int page_aside_close(struct ask *a, struct intake *in);
int page_aside_reopen(struct ask *a, struct intake *in);

#endif
