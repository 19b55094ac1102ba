/* The handlers of route.def, one file for each page. */
#ifndef CONSOLE_PAGE_H
#define CONSOLE_PAGE_H

#include "server/console/account.h"
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
/* page_case.c: one case in full, as `samlingd case show --json` says it, in the language of who asks */
int page_case(struct ask *a, struct intake *in);
/* page_case.c: POST {"seen", "note", "take", "set", "stand", "held", "cancelled", "remove"}, of which those that are meant are not
 * empty: as `samlingd case decide --json` */
int page_case_decide(struct ask *a, struct intake *in);
/* page_tablet.c: GET ?after=NO: {"now_s", "clinics": [{"id", "name"}] where tablets may be invited, "tablets": [{"no", "clinic", "label",
 * "app", "model", "state", "digits" (null, or while it is pending), "joined_s", "last_contact_s", "skew_s", "waiting", "oldest_age_s",
 * "quarantined", "copy_of", "copied"}] by number, of the clinics where the session has RIGHT_TABLET, "more"} */
int page_tablets(struct ask *a, struct store *st);
/* As `samlingd device show` and `device lost --device` say it in JSON. */
int page_tablet(struct ask *a, struct intake *in);
int page_tablet_lost(struct ask *a, struct intake *in);
/* POST {"digits"} (empty for one that is let in again), {"reason"}, {"reason"}: as the verbs; {"label"} at a clinic: {"invite", "qr",
 * "expires_s"} */
int page_tablet_approve(struct ask *a, struct intake *in);
int page_tablet_revoke(struct ask *a, struct intake *in);
int page_tablet_drain(struct ask *a, struct intake *in);
int page_clinic_invite(struct ask *a, struct intake *in);
/* page_log.c: POST {"before", "who", "kind", "text", "from_s", "to_s"}, each empty where it is not meant: {"now_s", "count", "head", "lines": [{"no",
 * "at_s", "kind", "actor", "text", "devices"}] newest first, "before": where to go on, 0: the log's beginning}. kind: enum audit_kind; text
 * null: erased; devices: who sent the batches of a line about ops. No more than 50 lines, out of 20 000 that were looked at */
int page_log(struct ask *a, struct store *st);
/* page_log.c: GET ?after=NO: {"upto", "lines", "wrong": [NO], "more", "head"}: is the chain whole in the lines after that one? */
int page_log_check(struct ask *a, struct store *st);
/* page_seen.c: who has seen this person: {"count", "lines": [{"no", "at_s", "who", "action", "what", "list", "why", "device_no", "offline",
 * "claimed_s"}]}, the last 1000 of them, in words; nobody is named but who looked */
int page_seen(struct ask *a, struct intake *in);
/* page_erase.c: {"now_s", "days", "requests": [{"participant", "name", "at_s", "actor", "reason", "mine", "old"}]} of persons whom the session may
 * have erased; POST {"reason"}, nothing, nothing: as the verbs erase, erase confirm, erase withdraw */
int page_erasures(struct ask *a, struct store *st);
int page_erase(struct ask *a, struct intake *in);
int page_erase_confirm(struct ask *a, struct intake *in);
int page_erase_withdraw(struct ask *a, struct intake *in);

#endif
