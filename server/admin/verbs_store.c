/* The store as a whole: backups and figures. */
#include "proto/base/err.h"
#include "server/admin/verbs.h"
#include "server/store/backup.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Where this backup goes: into the folder under its time, or where the person says. */
static void backup_path(struct verb_context *v, char *path, size_t size)
{
    char name[BACKUP_NAME_BYTES_MAX];
    if (v->args.pos_count) {
        snprintf(path, size, "%s", v->args.pos[0]);
        return;
    }
    backup_name((int64_t)v->number, name);
    snprintf(path, size, "%s/%s", v->home->backup, name);
}

int verb_backup_prepare(struct verb_context *v)
{
    char path[HOME_PATH_BYTES_MAX + BACKUP_NAME_BYTES_MAX];
    v->number = (uint64_t)time(NULL);
    if (v->args.pos_count && (v->args.pos[0][0] != '/' || strlen(v->args.pos[0]) >= HOME_PATH_BYTES_MAX))
        return verb_refuse(v, "backup FILE: a whole path, beginning with /, is needed");
    backup_path(v, path, sizeof path);
    int err = backup_take(v->home->store, path);
    if (err)
        return verb_refuse(v, "no backup was made: %s", sam_err_text(err));
    return VERB_OK;
}

int verb_backup(struct verb_context *v)
{
    char path[HOME_PATH_BYTES_MAX + BACKUP_NAME_BYTES_MAX];
    unsigned kept;
    int err = backup_settle(v->st, v->home->backup, &kept);
    if (err)
        return err;
    backup_path(v, path, sizeof path);
    report_text(&v->report, "file", path);
    report_num(&v->report, "kept", kept);
    report_say(&v->report, "backup: %s\n", path);
    return VERB_OK;
}

int verb_status(struct verb_context *v)
{
    struct store_figures f;
    struct report *r = &v->report;
    memset(&f, 0, sizeof f);
    int err = store_figures(v->st, &f);
    if (err)
        return err;
    report_text(r, "version", SAM_VERSION);
    report_num(r, "serving", v->live_count > 0);
    report_say(r, "samling %s, %s\n", SAM_VERSION, v->live_count ? "serving" : "not serving");
    if (intake_drain_only(v->in))
        report_say(r, "drain-only: restored without its journal; see `device list`, then `device confirm`\n");
    report_num(r, "drain_only", intake_drain_only(v->in));
    report_row_num(r, "csn", "changes", (int64_t)f.csn);
    report_row_num(r, "ops", "ops taken", (int64_t)f.ops);
    report_row_num(r, "pushes", "pushes taken", (int64_t)f.pushes);
    report_row_num(r, "devices", "devices", (int64_t)f.devices);
    report_row_num(r, "participants", "participants", (int64_t)f.participants);
    report_row_num(r, "attendance", "attendance marks", (int64_t)f.attendance);
    report_row_num(r, "cases", "open cases", (int64_t)f.cases);
    report_row_num(r, "quarantined", "quarantined ops", (int64_t)f.quarantined);
    report_row_num(r, "file_bytes", "store bytes", (int64_t)f.file_bytes);
    report_row_num(r, "wal_bytes", "log bytes", (int64_t)f.wal_bytes);
    for (unsigned i = 0; i < v->live_count; i++)
        report_row_num(r, v->live[i].name, v->live[i].shown, (int64_t)v->live[i].value);
    return VERB_OK;
}
