#include "server/admin/verbs.h"

#include "proto/base/err.h"
#include "proto/model/op.h"
#include "proto/wire/cert.h"
#include "server/admin/access.h"
#include "server/admin/config.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_SHOWN_BYTES 100u

static const struct verb verbs[] = {
    {.name = "init",
     .accepts = "host=",
     .usage = SAM_TEXT_ADM_USAGE_INIT,
     .summary = SAM_TEXT_ADM_SUMMARY_INIT,
     .help = SAM_TEXT_ADM_HELP_INIT,
     .local = true},
    {.name = "serve",
     .accepts = config_options,
     .usage = SAM_TEXT_ADM_USAGE_SERVE,
     .summary = SAM_TEXT_ADM_SUMMARY_SERVE,
     .help = SAM_TEXT_ADM_HELP_SERVE,
     .local = true},
    {.name = "config check",
     .accepts = "",
     .usage = SAM_TEXT_ADM_USAGE_CONFIG_CHECK,
     .summary = SAM_TEXT_ADM_SUMMARY_CONFIG_CHECK,
     .help = SAM_TEXT_ADM_HELP_CONFIG_CHECK,
     .words_max = 1,
     .local = true},
    {.name = "config",
     .accepts = "",
     .usage = SAM_TEXT_ADM_USAGE_CONFIG,
     .summary = SAM_TEXT_ADM_SUMMARY_CONFIG,
     .help = SAM_TEXT_ADM_HELP_CONFIG,
     .local = true},
    {.name = "clinic add",
     .accepts = "code= kind= parent=",
     .usage = SAM_TEXT_ADM_USAGE_CLINIC_ADD,
     .summary = SAM_TEXT_ADM_SUMMARY_CLINIC_ADD,
     .help = SAM_TEXT_ADM_HELP_CLINIC_ADD,
     .words_min = 1,
     .words_max = 1,
     .audited = true,
     .run = verb_clinic_add},
    {.name = "clinic list",
     .accepts = "",
     .usage = SAM_TEXT_ADM_USAGE_CLINIC_LIST,
     .summary = SAM_TEXT_ADM_SUMMARY_CLINIC_LIST,
     .help = SAM_TEXT_ADM_HELP_CLINIC_LIST,
     .run = verb_clinic_list},
    {.name = "group add",
     .accepts = "clinic= code= name= kind= weekday= start= end= first= last= capacity= days= intervention=",
     .usage = SAM_TEXT_ADM_USAGE_GROUP_ADD,
     .summary = SAM_TEXT_ADM_SUMMARY_GROUP_ADD,
     .help = SAM_TEXT_ADM_HELP_GROUP_ADD,
     .audited = true,
     .run = verb_group_add},
    {.name = "group set",
     .accepts = "intervention=",
     .usage = SAM_TEXT_ADM_USAGE_GROUP_SET,
     .summary = SAM_TEXT_ADM_SUMMARY_GROUP_SET,
     .help = SAM_TEXT_ADM_HELP_GROUP_SET,
     .words_min = 1,
     .words_max = 1,
     .audited = true,
     .run = verb_group_set},
    {.name = "group list",
     .accepts = "clinic=",
     .usage = SAM_TEXT_ADM_USAGE_GROUP_LIST,
     .summary = SAM_TEXT_ADM_SUMMARY_GROUP_LIST,
     .help = SAM_TEXT_ADM_HELP_GROUP_LIST,
     .run = verb_group_list},
    {.name = "group leader",
     .accepts = "role=",
     .usage = SAM_TEXT_ADM_USAGE_GROUP_LEADER,
     .summary = SAM_TEXT_ADM_SUMMARY_GROUP_LEADER,
     .help = SAM_TEXT_ADM_HELP_GROUP_LEADER,
     .words_min = 2,
     .words_max = 3,
     .audited = true,
     .run = verb_group_leader},
    {.name = "session leader",
     .accepts = "role= date=",
     .usage = SAM_TEXT_ADM_USAGE_SESSION_LEADER,
     .summary = SAM_TEXT_ADM_SUMMARY_SESSION_LEADER,
     .help = SAM_TEXT_ADM_HELP_SESSION_LEADER,
     .words_min = 2,
     .words_max = 3,
     .audited = true,
     .run = verb_session_leader},
    {.name = "intervention add",
     .accepts = "code= name= individual sessions= minutes= nav completion= misses= return= end-score=",
     .usage = SAM_TEXT_ADM_USAGE_INTERVENTION_ADD,
     .summary = SAM_TEXT_ADM_SUMMARY_INTERVENTION_ADD,
     .help = SAM_TEXT_ADM_HELP_INTERVENTION_ADD,
     .audited = true,
     .run = verb_intervention_add},
    {.name = "intervention list",
     .accepts = "",
     .usage = SAM_TEXT_ADM_USAGE_INTERVENTION_LIST,
     .summary = SAM_TEXT_ADM_SUMMARY_INTERVENTION_LIST,
     .help = SAM_TEXT_ADM_HELP_INTERVENTION_LIST,
     .run = verb_intervention_list},
    {.name = "intervention retire",
     .accepts = "",
     .usage = SAM_TEXT_ADM_USAGE_INTERVENTION_RETIRE,
     .summary = SAM_TEXT_ADM_SUMMARY_INTERVENTION_RETIRE,
     .help = SAM_TEXT_ADM_HELP_INTERVENTION_RETIRE,
     .words_min = 1,
     .words_max = 1,
     .audited = true,
     .run = verb_intervention_retire},
    {.name = "participant add",
     .accepts = "group= count= prefix= birth-year= planned= start=",
     .usage = SAM_TEXT_ADM_USAGE_PARTICIPANT_ADD,
     .summary = SAM_TEXT_ADM_SUMMARY_PARTICIPANT_ADD,
     .help = SAM_TEXT_ADM_HELP_PARTICIPANT_ADD,
     .words_max = ARGS_POSITIONS_MAX,
     .audited = true,
     .access = STORE_WRITE,
     .resource = "participant",
     .run = verb_participant_add},
    {.name = "participant enrol",
     .accepts = "group= planned= episode= status= start= end=",
     .usage = SAM_TEXT_ADM_USAGE_PARTICIPANT_ENROL,
     .summary = SAM_TEXT_ADM_SUMMARY_PARTICIPANT_ENROL,
     .help = SAM_TEXT_ADM_HELP_PARTICIPANT_ENROL,
     .words_min = 1,
     .words_max = ARGS_POSITIONS_MAX,
     .audited = true,
     .access = STORE_WRITE,
     .resource = "enrolment",
     .run = verb_participant_enrol},
    {.name = "participant move",
     .accepts = "from= to= date= preview",
     .usage = SAM_TEXT_ADM_USAGE_PARTICIPANT_MOVE,
     .summary = SAM_TEXT_ADM_SUMMARY_PARTICIPANT_MOVE,
     .help = SAM_TEXT_ADM_HELP_PARTICIPANT_MOVE,
     .words_min = 1,
     .words_max = 1,
     .audited = true,
     .access = STORE_WRITE,
     .resource = "enrolment",
     .run = verb_participant_move},
    {.name = "participant link",
     .accepts = "note= seen=",
     .usage = SAM_TEXT_ADM_USAGE_PARTICIPANT_LINK,
     .summary = SAM_TEXT_ADM_SUMMARY_PARTICIPANT_LINK,
     .help = SAM_TEXT_ADM_HELP_PARTICIPANT_LINK,
     .words_min = 2,
     .words_max = 2,
     .audited = true,
     .access = STORE_WRITE,
     .resource = "link",
     .run = verb_participant_link},
    {.name = "participant unlink",
     .accepts = "note= seen=",
     .usage = SAM_TEXT_ADM_USAGE_PARTICIPANT_UNLINK,
     .summary = SAM_TEXT_ADM_SUMMARY_PARTICIPANT_UNLINK,
     .help = SAM_TEXT_ADM_HELP_PARTICIPANT_UNLINK,
     .words_min = 1,
     .words_max = 1,
     .audited = true,
     .access = STORE_WRITE,
     .resource = "link",
     .run = verb_participant_unlink},
    {.name = "participant list",
     .accepts = "group=",
     .usage = SAM_TEXT_ADM_USAGE_PARTICIPANT_LIST,
     .summary = SAM_TEXT_ADM_SUMMARY_PARTICIPANT_LIST,
     .help = SAM_TEXT_ADM_HELP_PARTICIPANT_LIST,
     .audited = true,
     .access = STORE_READ,
     .resource = "participant",
     .run = verb_participant_list},
    {.name = "participant import",
     .accepts = "name= group= birth-year= planned= clinic= make-groups save",
     .usage = SAM_TEXT_ADM_USAGE_PARTICIPANT_IMPORT,
     .summary = SAM_TEXT_ADM_SUMMARY_PARTICIPANT_IMPORT,
     .help = SAM_TEXT_ADM_HELP_PARTICIPANT_IMPORT,
     .words_min = 1,
     .words_max = 1,
     .prepare = verb_participant_import_prepare,
     .audited = true,
     .access = STORE_WRITE,
     .resource = "participant",
     .run = verb_participant_import},
    {.name = "episode add",
     .accepts = "clinic= referred= source= target= goal=",
     .usage = SAM_TEXT_ADM_USAGE_EPISODE_ADD,
     .summary = SAM_TEXT_ADM_SUMMARY_EPISODE_ADD,
     .help = SAM_TEXT_ADM_HELP_EPISODE_ADD,
     .words_min = 1,
     .words_max = 1,
     .audited = true,
     .access = STORE_WRITE,
     .resource = "episode",
     .run = verb_episode_add},
    {.name = "episode assess",
     .accepts = "date= right= deadline=",
     .usage = SAM_TEXT_ADM_USAGE_EPISODE_ASSESS,
     .summary = SAM_TEXT_ADM_SUMMARY_EPISODE_ASSESS,
     .help = SAM_TEXT_ADM_HELP_EPISODE_ASSESS,
     .words_min = 1,
     .words_max = 1,
     .audited = true,
     .access = STORE_WRITE,
     .resource = "episode",
     .run = verb_episode_assess},
    {.name = "episode set",
     .accepts = "first-contact= goal= outcome= target= source= referred=",
     .usage = SAM_TEXT_ADM_USAGE_EPISODE_SET,
     .summary = SAM_TEXT_ADM_SUMMARY_EPISODE_SET,
     .help = SAM_TEXT_ADM_HELP_EPISODE_SET,
     .words_min = 1,
     .words_max = 1,
     .audited = true,
     .access = STORE_WRITE,
     .resource = "episode",
     .run = verb_episode_set},
    {.name = "episode list",
     .accepts = "clinic=",
     .usage = SAM_TEXT_ADM_USAGE_EPISODE_LIST,
     .summary = SAM_TEXT_ADM_SUMMARY_EPISODE_LIST,
     .help = SAM_TEXT_ADM_HELP_EPISODE_LIST,
     .words_max = 1,
     .audited = true,
     .access = STORE_READ,
     .resource = "episode",
     .run = verb_episode_list},
    {.name = "completion",
     .accepts = "",
     .usage = SAM_TEXT_ADM_USAGE_COMPLETION,
     .summary = SAM_TEXT_ADM_SUMMARY_COMPLETION,
     .help = SAM_TEXT_ADM_HELP_COMPLETION,
     .words_min = 1,
     .words_max = 1,
     .audited = true,
     .access = STORE_READ,
     .resource = "completion",
     .run = verb_completion},
    {.name = "user add",
     .accepts = "clinic= name= role=",
     .usage = SAM_TEXT_ADM_USAGE_USER_ADD,
     .summary = SAM_TEXT_ADM_SUMMARY_USER_ADD,
     .help = SAM_TEXT_ADM_HELP_USER_ADD,
     .audited = true,
     .run = verb_user_add},
    {.name = "user list",
     .accepts = "clinic=",
     .usage = SAM_TEXT_ADM_USAGE_USER_LIST,
     .summary = SAM_TEXT_ADM_SUMMARY_USER_LIST,
     .help = SAM_TEXT_ADM_HELP_USER_LIST,
     .audited = true,
     .run = verb_user_list},
    {.name = "user link",
     .accepts = "",
     .usage = SAM_TEXT_ADM_USAGE_USER_LINK,
     .summary = SAM_TEXT_ADM_SUMMARY_USER_LINK,
     .help = SAM_TEXT_ADM_HELP_USER_LINK,
     .words_min = 2,
     .words_max = 2,
     .audited = true,
     .run = verb_user_link},
    {.name = "user unlink",
     .accepts = "",
     .usage = SAM_TEXT_ADM_USAGE_USER_UNLINK,
     .summary = SAM_TEXT_ADM_SUMMARY_USER_UNLINK,
     .help = SAM_TEXT_ADM_HELP_USER_UNLINK,
     .words_min = 1,
     .words_max = 1,
     .audited = true,
     .run = verb_user_unlink},
    {.name = "device invite",
     .accepts = "label= qr host= port=",
     .usage = SAM_TEXT_ADM_USAGE_DEVICE_INVITE,
     .summary = SAM_TEXT_ADM_SUMMARY_DEVICE_INVITE,
     .help = SAM_TEXT_ADM_HELP_DEVICE_INVITE,
     .words_min = 1,
     .words_max = 1,
     .audited = true,
     .run = verb_device_invite},
    {.name = "device approve",
     .accepts = "yes",
     .usage = SAM_TEXT_ADM_USAGE_DEVICE_APPROVE,
     .summary = SAM_TEXT_ADM_SUMMARY_DEVICE_APPROVE,
     .help = SAM_TEXT_ADM_HELP_DEVICE_APPROVE,
     .words_min = 1,
     .words_max = 7, /* the digits may stand apart */
     .devices = true,
     .audited = true,
     .run = verb_device_approve},
    {.name = "device revoke",
     .accepts = "",
     .usage = SAM_TEXT_ADM_USAGE_DEVICE_REVOKE,
     .summary = SAM_TEXT_ADM_SUMMARY_DEVICE_REVOKE,
     .help = SAM_TEXT_ADM_HELP_DEVICE_REVOKE,
     .words_min = 1,
     .words_max = 1,
     .devices = true,
     .audited = true,
     .run = verb_device_revoke},
    {.name = "device drain",
     .accepts = "",
     .usage = SAM_TEXT_ADM_USAGE_DEVICE_DRAIN,
     .summary = SAM_TEXT_ADM_SUMMARY_DEVICE_DRAIN,
     .help = SAM_TEXT_ADM_HELP_DEVICE_DRAIN,
     .words_min = 1,
     .words_max = 1,
     .devices = true,
     .audited = true,
     .run = verb_device_drain},
    {.name = "device confirm",
     .accepts = "",
     .usage = SAM_TEXT_ADM_USAGE_DEVICE_CONFIRM,
     .summary = SAM_TEXT_ADM_SUMMARY_DEVICE_CONFIRM,
     .help = SAM_TEXT_ADM_HELP_DEVICE_CONFIRM,
     .devices = true,
     .audited = true,
     .run = verb_device_confirm},
    {.name = "device list",
     .accepts = "",
     .usage = SAM_TEXT_ADM_USAGE_DEVICE_LIST,
     .summary = SAM_TEXT_ADM_SUMMARY_DEVICE_LIST,
     .help = SAM_TEXT_ADM_HELP_DEVICE_LIST,
     .run = verb_device_list},
    {.name = "device show",
     .accepts = "",
     .usage = SAM_TEXT_ADM_USAGE_DEVICE_SHOW,
     .summary = SAM_TEXT_ADM_SUMMARY_DEVICE_SHOW,
     .help = SAM_TEXT_ADM_HELP_DEVICE_SHOW,
     .words_min = 1,
     .words_max = 1,
     .audited = true,
     .run = verb_device_show},
    {.name = "device lost",
     .accepts = "days=",
     .usage = SAM_TEXT_ADM_USAGE_DEVICE_LOST,
     .summary = SAM_TEXT_ADM_SUMMARY_DEVICE_LOST,
     .help = SAM_TEXT_ADM_HELP_DEVICE_LOST,
     .audited = true,
     .run = verb_device_lost},
    {.name = "session list",
     .accepts = "clinic= group= from= to= unrecorded",
     .usage = SAM_TEXT_ADM_USAGE_SESSION_LIST,
     .summary = SAM_TEXT_ADM_SUMMARY_SESSION_LIST,
     .help = SAM_TEXT_ADM_HELP_SESSION_LIST,
     .run = verb_session_list},
    {.name = "session cancel",
     .accepts = "reason=",
     .usage = SAM_TEXT_ADM_USAGE_SESSION_CANCEL,
     .summary = SAM_TEXT_ADM_SUMMARY_SESSION_CANCEL,
     .help = SAM_TEXT_ADM_HELP_SESSION_CANCEL,
     .words_min = 1,
     .words_max = 1,
     .audited = true,
     .run = verb_session_cancel},
    {.name = "day cancel",
     .accepts = "reason= save",
     .usage = SAM_TEXT_ADM_USAGE_DAY_CANCEL,
     .summary = SAM_TEXT_ADM_SUMMARY_DAY_CANCEL,
     .help = SAM_TEXT_ADM_HELP_DAY_CANCEL,
     .words_min = 2,
     .words_max = 2,
     .audited = true,
     .run = verb_day_cancel},
    {.name = "case list",
     .accepts = "clinic= all",
     .usage = SAM_TEXT_ADM_USAGE_CASE_LIST,
     .summary = SAM_TEXT_ADM_SUMMARY_CASE_LIST,
     .help = SAM_TEXT_ADM_HELP_CASE_LIST,
     .audited = true,
     .access = STORE_READ,
     .resource = "case",
     .run = verb_case_list},
    {.name = "case show",
     .accepts = "",
     .usage = SAM_TEXT_ADM_USAGE_CASE_SHOW,
     .summary = SAM_TEXT_ADM_SUMMARY_CASE_SHOW,
     .help = SAM_TEXT_ADM_HELP_CASE_SHOW,
     .words_min = 1,
     .words_max = 1,
     .audited = true,
     .access = STORE_READ,
     .resource = "case",
     .run = verb_case_show},
    {.name = "case decide",
     .accepts = "take= set= stand held cancelled= remove= note= seen=",
     .usage = SAM_TEXT_ADM_USAGE_CASE_DECIDE,
     .summary = SAM_TEXT_ADM_SUMMARY_CASE_DECIDE,
     .help = SAM_TEXT_ADM_HELP_CASE_DECIDE,
     .words_min = 1,
     .words_max = 1,
     .audited = true,
     .access = STORE_WRITE,
     .resource = "case",
     .run = verb_case_decide},
    {.name = "score list",
     .accepts = "",
     .usage = SAM_TEXT_ADM_USAGE_SCORE_LIST,
     .summary = SAM_TEXT_ADM_SUMMARY_SCORE_LIST,
     .help = SAM_TEXT_ADM_HELP_SCORE_LIST,
     .words_min = 1,
     .words_max = 1,
     .audited = true,
     .access = STORE_READ,
     .resource = "score",
     .run = verb_score_list},
    {.name = "score primary",
     .accepts = "note= seen=",
     .usage = SAM_TEXT_ADM_USAGE_SCORE_PRIMARY,
     .summary = SAM_TEXT_ADM_SUMMARY_SCORE_PRIMARY,
     .help = SAM_TEXT_ADM_HELP_SCORE_PRIMARY,
     .words_min = 1,
     .words_max = 1,
     .audited = true,
     .access = STORE_WRITE,
     .resource = "score",
     .run = verb_score_primary},
    {.name = "quarantine list",
     .accepts = "clinic= all",
     .usage = SAM_TEXT_ADM_USAGE_QUARANTINE_LIST,
     .summary = SAM_TEXT_ADM_SUMMARY_QUARANTINE_LIST,
     .help = SAM_TEXT_ADM_HELP_QUARANTINE_LIST,
     .audited = true,
     .access = STORE_READ,
     .resource = "quarantine",
     .run = verb_quarantine_list},
    {.name = "quarantine show",
     .accepts = "",
     .usage = SAM_TEXT_ADM_USAGE_QUARANTINE_SHOW,
     .summary = SAM_TEXT_ADM_SUMMARY_QUARANTINE_SHOW,
     .help = SAM_TEXT_ADM_HELP_QUARANTINE_SHOW,
     .words_min = 1,
     .words_max = 1,
     .audited = true,
     .access = STORE_READ,
     .resource = "quarantine",
     .run = verb_quarantine_show},
    {.name = "quarantine retry",
     .accepts = "device=",
     .usage = SAM_TEXT_ADM_USAGE_QUARANTINE_RETRY,
     .summary = SAM_TEXT_ADM_SUMMARY_QUARANTINE_RETRY,
     .help = SAM_TEXT_ADM_HELP_QUARANTINE_RETRY,
     .words_max = ARGS_POSITIONS_MAX,
     .audited = true,
     .access = STORE_WRITE,
     .resource = "quarantine",
     .run = verb_quarantine_retry},
    {.name = "quarantine close",
     .accepts = "device= note=",
     .usage = SAM_TEXT_ADM_USAGE_QUARANTINE_CLOSE,
     .summary = SAM_TEXT_ADM_SUMMARY_QUARANTINE_CLOSE,
     .help = SAM_TEXT_ADM_HELP_QUARANTINE_CLOSE,
     .words_max = ARGS_POSITIONS_MAX,
     .audited = true,
     .access = STORE_WRITE,
     .resource = "quarantine",
     .run = verb_quarantine_close},
    {.name = "quarantine reopen",
     .accepts = "",
     .usage = SAM_TEXT_ADM_USAGE_QUARANTINE_REOPEN,
     .summary = SAM_TEXT_ADM_SUMMARY_QUARANTINE_REOPEN,
     .help = SAM_TEXT_ADM_HELP_QUARANTINE_REOPEN,
     .words_min = 1,
     .words_max = ARGS_POSITIONS_MAX,
     .audited = true,
     .access = STORE_WRITE,
     .resource = "quarantine",
     .run = verb_quarantine_reopen},
    {.name = "audit list",
     .accepts = "last= after=",
     .usage = SAM_TEXT_ADM_USAGE_AUDIT_LIST,
     .summary = SAM_TEXT_ADM_SUMMARY_AUDIT_LIST,
     .help = SAM_TEXT_ADM_HELP_AUDIT_LIST,
     .audited = true,
     .run = verb_audit_list},
    {.name = "access list",
     .accepts = "participant= user= since= last=",
     .usage = SAM_TEXT_ADM_USAGE_ACCESS_LIST,
     .summary = SAM_TEXT_ADM_SUMMARY_ACCESS_LIST,
     .help = SAM_TEXT_ADM_HELP_ACCESS_LIST,
     .audited = true,
     .access = STORE_READ,
     .resource = "access",
     .run = verb_access_list},
    {.name = "export",
     .accepts = "from= until= group= plain to= force",
     .files = true,
     .usage = SAM_TEXT_ADM_USAGE_EXPORT,
     .summary = SAM_TEXT_ADM_SUMMARY_EXPORT,
     .help = SAM_TEXT_ADM_HELP_EXPORT,
     .words_min = 1,
     .words_max = 7,
     .prepare = verb_export_prepare,
     .audited = true,
     .access = STORE_EXPORT,
     .resource = "export",
     .run = verb_export,
     .deliver = verb_export_deliver},
    {.name = "innsyn",
     .accepts = "to= force",
     .files = true,
     .usage = SAM_TEXT_ADM_USAGE_INNSYN,
     .summary = SAM_TEXT_ADM_SUMMARY_INNSYN,
     .help = SAM_TEXT_ADM_HELP_INNSYN,
     .words_min = 1,
     .words_max = 1,
     .prepare = verb_innsyn_prepare,
     .audited = true,
     .access = STORE_EXPORT,
     .resource = "everything",
     .run = verb_innsyn},
    {.name = "verify",
     .accepts = "anchor= rebuild",
     .usage = SAM_TEXT_ADM_USAGE_VERIFY,
     .summary = SAM_TEXT_ADM_SUMMARY_VERIFY,
     .help = SAM_TEXT_ADM_HELP_VERIFY,
     .run = verb_verify},
    {.name = "rebuild",
     .accepts = "",
     .usage = SAM_TEXT_ADM_USAGE_REBUILD,
     .summary = SAM_TEXT_ADM_SUMMARY_REBUILD,
     .help = SAM_TEXT_ADM_HELP_REBUILD,
     .audited = true,
     .run = verb_rebuild},
    {.name = "backup key",
     .accepts = "",
     .usage = SAM_TEXT_ADM_USAGE_BACKUP_KEY,
     .summary = SAM_TEXT_ADM_SUMMARY_BACKUP_KEY,
     .help = SAM_TEXT_ADM_HELP_BACKUP_KEY,
     .words_min = 1,
     .words_max = 1,
     .local = true},
    {.name = "backup",
     .accepts = "encrypt=",
     .usage = SAM_TEXT_ADM_USAGE_BACKUP,
     .summary = SAM_TEXT_ADM_SUMMARY_BACKUP,
     .help = SAM_TEXT_ADM_HELP_BACKUP,
     .words_max = 1,
     .prepare = verb_backup_prepare,
     .audited = true,
     .run = verb_backup},
    {.name = "restore",
     .accepts = "other-centre key=",
     .usage = SAM_TEXT_ADM_USAGE_RESTORE,
     .summary = SAM_TEXT_ADM_SUMMARY_RESTORE,
     .help = SAM_TEXT_ADM_HELP_RESTORE,
     .words_min = 1,
     .words_max = 1,
     .local = true},
    {.name = "status",
     .accepts = "",
     .usage = SAM_TEXT_ADM_USAGE_STATUS,
     .summary = SAM_TEXT_ADM_SUMMARY_STATUS,
     .help = SAM_TEXT_ADM_HELP_STATUS,
     .run = verb_status},
    {.name = "cert show",
     .accepts = "",
     .usage = SAM_TEXT_ADM_USAGE_CERT_SHOW,
     .summary = SAM_TEXT_ADM_SUMMARY_CERT_SHOW,
     .help = SAM_TEXT_ADM_HELP_CERT_SHOW,
     .local = true},
    {.name = "cert request",
     .accepts = "",
     .usage = SAM_TEXT_ADM_USAGE_CERT_REQUEST,
     .summary = SAM_TEXT_ADM_SUMMARY_CERT_REQUEST,
     .help = SAM_TEXT_ADM_HELP_CERT_REQUEST,
     .words_max = SAM_CERT_NAMES_MAX,
     .local = true},
    {.name = "cert use",
     .accepts = "key= new-key",
     .usage = SAM_TEXT_ADM_USAGE_CERT_USE,
     .summary = SAM_TEXT_ADM_SUMMARY_CERT_USE,
     .help = SAM_TEXT_ADM_HELP_CERT_USE,
     .words_min = 1,
     .words_max = 1,
     .audited = true,
     .run = verb_cert_use},
    {.name = "cert self",
     .accepts = "",
     .usage = SAM_TEXT_ADM_USAGE_CERT_SELF,
     .summary = SAM_TEXT_ADM_SUMMARY_CERT_SELF,
     .help = SAM_TEXT_ADM_HELP_CERT_SELF,
     .audited = true,
     .run = verb_cert_self},
    {.name = "cert export",
     .accepts = "",
     .usage = SAM_TEXT_ADM_USAGE_CERT_EXPORT,
     .summary = SAM_TEXT_ADM_SUMMARY_CERT_EXPORT,
     .help = SAM_TEXT_ADM_HELP_CERT_EXPORT,
     .words_min = 1,
     .words_max = 1,
     .local = true},
    {.name = "metrics",
     .accepts = "",
     .usage = SAM_TEXT_ADM_USAGE_METRICS,
     .summary = SAM_TEXT_ADM_SUMMARY_METRICS,
     .help = SAM_TEXT_ADM_HELP_METRICS,
     .run = verb_metrics},
    {.name = "demo",
     .accepts = "host= seed= clinics= groups= participants= days= until=",
     .usage = SAM_TEXT_ADM_USAGE_DEMO,
     .summary = SAM_TEXT_ADM_SUMMARY_DEMO,
     .help = SAM_TEXT_ADM_HELP_DEMO,
     .local = true},
    {.name = "version",
     .accepts = "",
     .usage = SAM_TEXT_ADM_USAGE_VERSION,
     .summary = SAM_TEXT_ADM_SUMMARY_VERSION,
     .help = SAM_TEXT_ADM_HELP_VERSION,
     .local = true},
    {.name = "help",
     .accepts = "",
     .usage = SAM_TEXT_ADM_USAGE_HELP,
     .summary = SAM_TEXT_ADM_SUMMARY_HELP,
     .help = SAM_TEXT_ADM_HELP_HELP,
     .words_max = 2,
     .local = true},
};

const struct verb *verbs_at(unsigned i)
{
    return i < sizeof verbs / sizeof *verbs ? &verbs[i] : NULL;
}

const struct verb *verb_find(int argc, const char *const *argv, int *words)
{
    char two[64];
    *words = 0;
    if (argc < 1)
        return NULL;
    snprintf(two, sizeof two, "%s %s", argv[0], argc > 1 ? argv[1] : "");
    for (const struct verb *v = verbs; v < verbs + sizeof verbs / sizeof *verbs; v++) {
        bool spaced = strchr(v->name, ' ') != NULL;
        if (strcmp(v->name, spaced ? two : argv[0]) == 0) {
            *words = spaced ? 2 : 1;
            return v;
        }
    }
    return NULL;
}

int verb_refuse(struct verb_context *v, enum sam_text_id id, ...)
{
    va_list ap;
    va_start(ap, id);
    vsnprintf(v->error, sizeof v->error, sam_text(v->lang, id), ap);
    va_end(ap);
    return VERB_REFUSED;
}

int verb_usage(struct verb_context *v)
{
    char sentence[ARGS_ERROR_BYTES_MAX];
    snprintf(sentence, sizeof sentence, "%s", v->args.error);
    verb_refuse(v, SAM_TEXT_ADM_USAGE, sam_text(v->lang, v->verb->usage));
    size_t n = strlen(sentence), rest = strlen(v->error);
    if (n && n + rest + 2 <= sizeof v->error) {
        memmove(v->error + n + 1, v->error, rest + 1);
        memcpy(v->error, sentence, n);
        v->error[n] = '\n';
    }
    return VERB_USAGE;
}

/* " --home DIR", in quotes where a shell would not leave it whole. */
static void path_option(char *out, size_t size, const char *option, const char *path, bool whole)
{
    char real[PATH_MAX];
    size_t used = strlen(out);
    if (whole && path[0] != '/' && realpath(path, real))
        path = real; /* whoever asks may stand in another folder than who serves */
    const char *quote = strpbrk(path, " \t\n\"\\$&;|<>()*?[]#~`!{}") ? "'" : "";
    snprintf(out + used, size - used, " --%s %s%s%s", option, quote, path, quote);
}

void verb_home(const struct verb_context *v, char *out, size_t size)
{
    struct home usual;
    bool whole = v->live_count > 0;
    out[0] = 0;
    if (home_set(&usual, v->home->dir, NULL, NULL))
        return;
    if (strcmp(v->home->dir, HOME_DEFAULT) != 0)
        path_option(out, size, "home", v->home->dir, whole);
    if (strcmp(v->home->keys, usual.keys) != 0)
        path_option(out, size, "keys", v->home->keys, whole);
    if (strcmp(v->home->journal, usual.journal) != 0)
        path_option(out, size, "journal", v->home->journal, whole);
}

const char *verb_error_text(enum sam_lang lang, int err)
{
    static const struct {
        int err;
        enum sam_text_id id;
    } known[] = {
        {SAM_ENOMEM, SAM_TEXT_CENTRE_ENOMEM},       {SAM_ETOOBIG, SAM_TEXT_CENTRE_ETOOBIG},
        {SAM_ENOTFOUND, SAM_TEXT_CENTRE_ENOTFOUND}, {SAM_EEXIST, SAM_TEXT_CENTRE_EEXIST},
        {SAM_ESTATE, SAM_TEXT_CENTRE_ESTATE},       {SAM_EIO, SAM_TEXT_CENTRE_EIO},
        {SAM_EFULL, SAM_TEXT_CENTRE_EFULL},         {SAM_ECORRUPT, SAM_TEXT_CENTRE_ECORRUPT},
        {SAM_EVERSION, SAM_TEXT_CENTRE_EVERSION},   {SAM_EUSAGE, SAM_TEXT_CENTRE_EUSAGE},
        {SAM_EBUSY, SAM_TEXT_CENTRE_EBUSY},         {SAM_EDENIED, SAM_TEXT_CENTRE_EDENIED},
    };
    for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].err == err)
            return sam_text(lang, known[i].id);
    return sam_text(lang, SAM_TEXT_CENTRE_OTHER);
}

int verb_unknown(struct verb_context *v, int argc, const char *const *argv)
{
    char words[WORDS_SHOWN_BYTES];
    snprintf(words, sizeof words, "%.40s%s%.40s", argc > 0 ? argv[0] : "", argc > 1 ? " " : "",
             argc > 1 ? argv[1] : "");
    verb_refuse(v, SAM_TEXT_ADM_NO_SUCH_VERB, words);
    return VERB_USAGE;
}

/* It stands in lines of the log beside other words: one word for itself, or several, but no signs that steer. */
static bool operator_ok(const struct args *a)
{
    const char *operator_name = args_get(a, "operator");
    struct sam_span text = {(const uint8_t *)operator_name, operator_name ? strlen(operator_name) : 0};
    return !operator_name || (text.len && text.len <= VERB_OPERATOR_BYTES_MAX && sam_text_ok(text));
}

int verb_open(struct verb_context *v, const struct home *home, enum sam_lang lang, int argc, const char *const *argv)
{
    int words;
    memset(v, 0, sizeof *v);
    v->home = home;
    v->lang = lang;
    report_init(&v->report, lang, false);
    v->verb = verb_find(argc, argv, &words);
    if (!v->verb)
        return verb_unknown(v, argc, argv);
    if (args_parse(&v->args, lang, argc - words, argv + words, v->verb->accepts))
        return verb_usage(v);
    v->report.json = args_has(&v->args, "json");
    if (!operator_ok(&v->args)) {
        verb_refuse(v, SAM_TEXT_ACCESS_OPERATOR, (int)VERB_OPERATOR_BYTES_MAX);
        return VERB_USAGE;
    }
    int code = access_reason_check(v, false);
    if (code)
        return code;
    if (v->args.pos_count < v->verb->words_min || v->args.pos_count > v->verb->words_max)
        return verb_usage(v);
    return VERB_OK;
}

int verb_run(struct verb_context *v, struct intake *in)
{
    v->in = in;
    v->st = intake_store(in);
    int code = v->verb->run(v);
    int err = v->verb->deliver ? 0 : report_end(&v->report);
    if (code == VERB_OK && err)
        return verb_refuse(v, SAM_TEXT_ADM_TOO_LONG);
    return code == VERB_OK && v->verb->audited ? access_audit(v) : code;
}

int verb_deliver(struct verb_context *v, const struct verb_sink *out)
{
    int code = v->verb->deliver(v, out);
    int err = report_end(&v->report);
    if (code == VERB_OK && err)
        code = verb_refuse(v, SAM_TEXT_ADM_TOO_LONG);
    return code < 0 ? verb_refuse(v, SAM_TEXT_OUTLET_BROKEN, verb_error_text(v->lang, code)) : code;
}

void verb_close(struct verb_context *v)
{
    if (v->mem_free)
        v->mem_free(v->mem);
    v->mem_free = NULL;
    report_fini(&v->report);
    sam_buf_init(&v->report.out, 0);
    sam_buf_init(&v->report.cells, 0);
}
