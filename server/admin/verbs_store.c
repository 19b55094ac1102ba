/* The store as a whole: backups. */
#include "proto/base/err.h"
#include "server/admin/verbs.h"
#include "server/store/backup.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define SAME_SECOND_MAX 8 /* backups that may be asked for in one second */

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
        return verb_refuse(v, SAM_TEXT_ADM_WHOLE_PATH);
    backup_path(v, path, sizeof path);
    int err = backup_take(v->home->store, path);
    for (int more = 0; err == SAM_EEXIST && !v->args.pos_count && more < SAME_SECOND_MAX; more++) {
        v->number++; /* one was made in this very second */
        backup_path(v, path, sizeof path);
        err = backup_take(v->home->store, path);
    }
    if (err)
        return verb_refuse(v, SAM_TEXT_ADM_NO_BACKUP, verb_error_text(v->lang, err));
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
    report_tell(&v->report, SAM_TEXT_ADM_BACKUP, path);
    return VERB_OK;
}
