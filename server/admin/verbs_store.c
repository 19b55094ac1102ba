/* The store as a whole: backups, and keys for sealing them. */
#include "proto/base/err.h"
#include "server/admin/verbs.h"
#include "server/store/backup.h"
#include "server/store/backup_seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SAME_SECOND_MAX 8 /* backups that may be asked for in one second */
#define PATH_BYTES (HOME_PATH_BYTES_MAX + BACKUP_NAME_BYTES_MAX + sizeof SEAL_ENDING)

/* Where this backup goes: into the folder under its time, or where the person says. */
static void backup_path(struct verb_context *v, char *path, size_t size)
{
    char name[BACKUP_NAME_BYTES_MAX];
    if (v->args.pos_count) {
        snprintf(path, size, "%s", v->args.pos[0]);
        return;
    }
    backup_name((int64_t)v->number, name);
    snprintf(path, size, "%s/%s%s", v->home->backup, name, args_has(&v->args, "encrypt") ? SEAL_ENDING : "");
}

static int take(const struct verb_context *v, const char *path)
{
    const char *key = args_get(&v->args, "encrypt");
    return key ? backup_take_sealed(v->home->store, v->home->backup, path, key) : backup_take(v->home->store, path);
}

static bool is_whole(const char *path)
{
    return path[0] == '/' && strlen(path) < HOME_PATH_BYTES_MAX;
}

/* The public key, where the copy is to be sealed. */
static int key_check(struct verb_context *v)
{
    const char *key = args_get(&v->args, "encrypt");
    if (!key)
        return VERB_OK;
    int err = is_whole(key) ? backup_seal_key_check(key) : SAM_ENOTFOUND;
    if (err == SAM_EUSAGE)
        return verb_refuse(v, SAM_TEXT_ADM_NOT_PUBLIC, key);
    return err ? verb_refuse(v, SAM_TEXT_CONF_UNREAD, key, verb_error_text(v->lang, err)) : VERB_OK;
}

int verb_backup_prepare(struct verb_context *v)
{
    char path[PATH_BYTES];
    v->number = (uint64_t)time(NULL);
    if (v->args.pos_count && !is_whole(v->args.pos[0]))
        return verb_refuse(v, SAM_TEXT_ADM_WHOLE_PATH);
    int code = key_check(v);
    if (code)
        return code;
    v->mem = malloc(sizeof path);
    v->mem_free = free;
    if (!v->mem)
        return verb_refuse(v, SAM_TEXT_ADM_NO_BACKUP, verb_error_text(v->lang, SAM_ENOMEM));
    backup_path(v, path, sizeof path);
    int err = take(v, path);
    for (int more = 0; err == SAM_EEXIST && !v->args.pos_count && more < SAME_SECOND_MAX; more++) {
        v->number++; /* one was made in this very second */
        backup_path(v, path, sizeof path);
        err = take(v, path);
    }
    if (err && err != SAM_EUNSURE)
        return verb_refuse(v, SAM_TEXT_ADM_NO_BACKUP, verb_error_text(v->lang, err));
    v->made = memcpy(v->mem, path, sizeof path);
    return err ? verb_failed(v, err) : VERB_OK;
}

int verb_backup(struct verb_context *v)
{
    char path[PATH_BYTES];
    unsigned kept;
    int err = backup_settle(v->st, v->home->backup, &kept);
    if (err)
        return err;
    backup_path(v, path, sizeof path);
    report_text(&v->report, "file", path);
    report_num(&v->report, "kept", kept);
    report_num(&v->report, "sealed", args_has(&v->args, "encrypt"));
    report_tell(&v->report, args_has(&v->args, "encrypt") ? SAM_TEXT_ADM_BACKUP_SEALED : SAM_TEXT_ADM_BACKUP, path);
    return VERB_OK;
}

int verb_backup_key(struct verb_context *v)
{
    char public_path[HOME_PATH_BYTES_MAX + 8];
    const char *path = v->args.pos[0];
    if (strlen(path) >= HOME_PATH_BYTES_MAX)
        return verb_refuse(v, SAM_TEXT_ADM_WORDS);
    int err = backup_seal_keys(path);
    if (err)
        return verb_refuse(v, SAM_TEXT_ADM_NO_KEY, verb_error_text(v->lang, err));
    snprintf(public_path, sizeof public_path, "%s.pub", path);
    report_text(&v->report, "secret", path);
    report_text(&v->report, "public", public_path);
    report_tell(&v->report, SAM_TEXT_ADM_KEY_MADE, path, public_path, public_path);
    return VERB_OK;
}
