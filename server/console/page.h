/* The handlers of route.def, one file for each page. */
#ifndef CONSOLE_PAGE_H
#define CONSOLE_PAGE_H

#include "server/console/account.h"
#include "server/console/ask.h"

/* page_asset.c: the shell, and what it loads */
int page_shell(struct ask *a);
int page_asset(struct ask *a);
/* page_app.c: the tablet app's page, its files, and the way to it from /tablet */
int page_app(struct ask *a);
int page_app_file(struct ask *a);
int page_app_above(struct ask *a);
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
/* page_account_reply(a, answer): what the account desk answered, as those say it; what it refuses in both languages. */
int page_account_reply(struct ask *a, const struct account_answer *answer);
/* page_account.c: GET {"name", "login_s", "codes", "roles": [{"role", "org", "unit", "to_day"}]}, org null: the whole centre; to_day null: no
 * end; codes: recovery codes that are left. POST {"password"}, and nothing: {"name", "token", "codes": [10] of the second}; both want the
 * password shown within ACCOUNT_PROVED_MS (POST /api/login/unlock), else 409. */
int page_account(struct ask *a, struct store *st);
int page_account_password(struct ask *a);
int page_account_codes(struct ask *a);
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
int page_attendance_completion(struct ask *a, struct store *st);
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
int page_figure(struct ask *a, struct store *st);
/* POST {"reason"}: as `samlingd figure withdraw --json` */
int page_figure_withdraw(struct ask *a, struct intake *in);
/* POST {"month", "tertial", "title"}, one of the first two empty: as `samlingd figure freeze --json`, of this clinic or group */
int page_figure_clinic(struct ask *a, struct intake *in);
int page_figure_group(struct ask *a, struct intake *in);

/* page_group.c: {"today", "clinics": [{"id", "name", "count", "change", "import", "sheets", "groups": [GROUP]}], "more", "catalogue": [{"code",
 * "version", "name"}]} of units where the session has RIGHT_PERSON_SEE; ?clinic=: of that one alone. count: its groups in use; more: there
 * are too many for one answer, and some clinics' groups are left out. GROUP: {"id", "name", "code", "kind", "weekday", "start_min",
 * "end_min", "capacity", "first_day", "last_day", "next_day", "active", "attending", "leaders", "course", "version", "course_name"};
 * days since 1970 or null; attending null: not for who sees some of them only; course 0: none */
int page_groups(struct ask *a, struct store *st);
/* page_group.c: GROUP and {"today", "seen", "clinic", "clinic_name", "change", "change_people", "sheets", "people": [{"id", "name", "birth_year",
 * "status", "planned", "start_day", "end_day", "provisional"}], "sessions": [{"id", "day", "start_min", "status", "reason", "planned",
 * "marked", "present"}] of 3 weeks back and 10 ahead, "leaders", "staff": [{"id", "name", "role"}], "catalogue"}; seen: what the page shows,
 * for POST …/plan */
int page_group(struct ask *a, struct store *st);
/* page_group_change.c: POST what `samlingd group add`, `group set`, `group leader`, `session cancel`, `session restore` {"sessions": "17 18"} and
 * `day cancel` (of a clinic, on a day since 1970) take, all of it as texts, empty where it is not meant; as they say with --json */
int page_group_add(struct ask *a, struct intake *in);
int page_group_set(struct ask *a, struct intake *in);
int page_group_leader_add(struct ask *a, struct intake *in);
int page_group_leader_remove(struct ask *a, struct intake *in);
int page_session_cancel(struct ask *a, struct intake *in);
int page_session_restore(struct ask *a, struct intake *in);
int page_day_cancel(struct ask *a, struct intake *in);
/* page_person.c: POST {"name", "walkins"}: at least two letters, or walkins "1" (whom nobody has linked yet) and no name: {"people": [{"id",
 * "name", "birth_year", "provisional", "shown_as", "shown_name", "groups": [{"id", "name", "clinic_name", "status"}],
 * "last_day", "last_group"}], "more"}; last_…: of walk-ins, else null */
int page_participants(struct ask *a, struct store *st);
/* page_person.c: one of them, as above without groups, and {"today", "seen", "change", "enrolments": [{"group", "group_name", "clinic_name",
 * "status", "planned", "start_day", "end_day", "episode", "change", "attendance"}], "days": [{"session", "day", "group", "group_name",
 * "clinic_name", "presence"}], "episodes": [{"id", "clinic_name", "referred", "assessed", "deadline", "first_contact", "source",
 * "entitled", "target", "goal", "outcome"}], "linked": [{"id", "name"}]} */
int page_participant(struct ask *a, struct store *st);
/* page_person_change.c: as the verbs of `samlingd participant` and `completion` say with --json */
int page_participant_add(struct ask *a, struct intake *in);
int page_participant_enrol(struct ask *a, struct intake *in);
int page_participant_move(struct ask *a, struct intake *in);
int page_participant_link(struct ask *a, struct intake *in);
int page_participant_unlink(struct ask *a, struct intake *in);
int page_participant_shut(struct ask *a, struct intake *in);
int page_participant_open(struct ask *a, struct intake *in);
int page_completion(struct ask *a, struct store *st);
/* page_import.c: as `samlingd participant import` says; ?save=1&make=1&look=1&name=&group=&birth-year=&planned=, of which look is --columns, make
 * is --make-groups, and the others are headings */
int page_import(struct ask *a, struct intake *in);
/* page_sheet.c: the week of ?day= (today's): {"today", "first_day", "groups": [{"id", "name", "clinic_name", "leaders", "change", "sessions": [{"id",
 * "day", "start_min", "status"}], "people": [{"id", "name", "birth_year", "marks": [a presence for each session, 0: none]}]}]} of a clinic
 * or of one group; POST rows "session;participant;present" as `samlingd attendance type` takes them */
int page_sheets(struct ask *a, struct store *st);
int page_sheet(struct ask *a, struct store *st);
int page_sheet_type(struct ask *a, struct intake *in);
/* page_tablet.c: GET ?after=NO: {"now_s", "clinics": [{"id", "name"}] where tablets may be invited, "tablets": [{"no", "clinic", "label",
 * "app", "model", "state", "digits" (null, or while it is pending), "joined_s", "last_contact_s", "skew_s", "waiting", "oldest_age_s",
 * "quarantined", "copy_of", "copied"}] by number, of the clinics where the session has RIGHT_TABLET, "more"} */
int page_tablets(struct ask *a, struct store *st);
/* As `samlingd device show` and `device lost --device` say it in JSON. */
int page_tablet(struct ask *a, struct intake *in);
int page_tablet_lost(struct ask *a, struct intake *in);
/* POST {"digits"} (empty for one that is let in again), {"reason"}, {"reason"}: as the verbs; {"number"}: {"device_no", "number", "code"};
 * {"label"} at a clinic: {"invite", "code", "qr", "expires_s"} */
int page_tablet_approve(struct ask *a, struct intake *in);
int page_tablet_revoke(struct ask *a, struct intake *in);
int page_tablet_drain(struct ask *a, struct intake *in);
int page_tablet_unlock(struct ask *a, struct intake *in);
int page_clinic_invite(struct ask *a, struct intake *in);
/* page_log.c: POST {"before", "who", "kind", "text", "from_s", "to_s"}, each empty where it is not meant: {"now_s", "count", "head", "lines": [{"no",
 * "at_s", "kind", "actor", "text", "devices"}] newest first, "before": where to go on, 0: the log's beginning}. kind: enum audit_kind; text
 * null: erased; devices: who sent the batches of a line about ops. No more than 50 lines, out of 20 000 that were looked at */
int page_log(struct ask *a, struct store *st);
/* page_log.c: GET ?after=NO: {"upto", "lines", "wrong": [NO], "more", "head"}: is the chain whole in the lines after that one? */
int page_log_check(struct ask *a, struct store *st);
/* page_seen.c: who has seen this person: {"count", "lines": [{"no", "at_s", "who", "action", "what", "list", "why", "device_no", "offline",
 * "claimed_s"}]}, the last 1000 of them, in words; nobody is named but who looked */
int page_seen(struct ask *a, struct store *st);
/* page_erase.c: {"now_s", "days", "requests": [{"participant", "name", "at_s", "actor", "reason", "mine", "old"}]} of persons whom the session may
 * have erased; POST {"reason"}, nothing, nothing: as the verbs erase, erase confirm, erase withdraw */
int page_erasures(struct ask *a, struct store *st);
int page_erase(struct ask *a, struct intake *in);
int page_erase_confirm(struct ask *a, struct intake *in);
int page_erase_withdraw(struct ask *a, struct intake *in);

#endif
