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
/* page_case.c: one case in full, as `samlingd case show --json` says it, in the language of who asks */
int page_case(struct ask *a, struct intake *in);
/* page_case.c: POST {"seen", "note", "take", "set", "stand", "held", "cancelled", "remove"}, of which those that are meant are not
 * empty: as `samlingd case decide --json` */
int page_case_decide(struct ask *a, struct intake *in);
/* page_attendance_groups.c, page_attendance.c. Both of the days ?from= to ?to= (since 1970; without them twelve weeks back and two ahead), at most 400 of them: 400.
 * ?clinic= &type= &leader= &evening=1 &after=: {"now_s", "today", "from", "to", "clinics": [{"id", "name"}], "leaders": [{"id", "name"}],
 * "groups": [{"id", "name", "clinic_id", "clinic", "kind", "weekday", "start_min", "end_min", "active", "leaders": [name], "sessions",
 * "cancelled", "present", "known", "unrecorded"}], "next"}
 * share = present / known; what is cancelled is in no other figure. No figures where only some people may be seen; clinics and leaders,
 * to choose from, on the first page alone. next: ?after= of the next page, null: there is none. */
int page_attendance_groups(struct ask *a, struct store *st);
/* ?group=: {"now_s", "today", "from", "to", "csn", "all", "may_change", "group": {…, "leaders"}, "sessions": [{"id", "day", "start_min",
 * "end_min", "status", "reason", "planned", "by_video", "case", "enrolled", "unknown", "present", "known", "headcount", "unrecorded"}],
 * "people": [{"id", "name", "walk_in", "enrolled", "status", "planned", "cells": [[session, presence, evidence, flags, reason, minutes,
 * case]]}]}
 * session: its place in sessions; evidence -1: nobody has said anything of somebody who was enrolled, and nothing follows; flags: 1 late, 2 left
 * early, 4 by video, 8 disputed; -1: not said; case 0: none. 413: more than 160 sessions or 400 people. */
int page_attendance(struct ask *a, struct store *st);
/* page_attendance_mark.c: ?group=: as `samlingd completion GROUP --json`; only for who sees all of the group */
int page_attendance_completion(struct ask *a, struct intake *in);
/* Everything that was ever said of one person in one session, in the order in which it came: {"said": [{"csn", "who", "device_no", "device",
 * "claimed_s", "offset_min", "received_s", "removed", "presence", "evidence", "reason", "minutes", "late", "left_early", "by_video",
 * "verdict", "why", "stands", "case"}]}
 * null: not said in it; verdict: enum sam_verdict; why: enum sam_reason; stands: its presence is one of those that nobody who had seen it has
 * replaced. */
int page_attendance_mark(struct ask *a, struct store *st);
/* POST {"seen", "presence", "evidence", "code", "late", "left-early", "by-video", "reason"}, of which those that are meant are not empty:
 * as `samlingd attendance set --json` */
int page_attendance_set(struct ask *a, struct intake *in);
/* page_figure.c: figures that were frozen, the newest first, of clinics of which the session sees all attendance: {"now_s", "today",
 * "clinics": [{"id", "name"}], "groups": [{"id", "name", "clinic_id"}], "figures": [{"no", "clinic", "group", "first", "last", "title",
 * "made_s", "made_by", "held", "cancelled", "present", "known", "withdrawn", "may_change"}], "next"}
 * clinics and groups: of which it may freeze some, on the first page alone; group "": the whole clinic; next: ?after= of the next page. */
int page_figures(struct ask *a, struct store *st);
/* one of them held against what stands now, as `samlingd figure compare --json` */
int page_figure(struct ask *a, struct intake *in);
/* POST {"reason"}: as `samlingd figure withdraw --json` */
int page_figure_withdraw(struct ask *a, struct intake *in);
/* POST {"month", "tertial", "title"}, one of the first two empty: as `samlingd figure freeze --json`, of this clinic or group */
int page_figure_clinic(struct ask *a, struct intake *in);
int page_figure_group(struct ask *a, struct intake *in);

#endif
