/* Backups: whole copies of the store in one file each, verified before they count, and going back to one.
 *
 * A copy is taken from a snapshot of a connection of its own, so the write thread goes on meanwhile. Which backups may
 * still be restored is what lies in the folder: there is no list that could say otherwise. */
#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H

#include "server/store/store.h"

#define BACKUP_KEEP 7u
#define BACKUP_NAME_BYTES_MAX 64u

/* backup_name(now_s, name): "samling-20260322T101500Z.db". */
void backup_name(int64_t now_s, char name[BACKUP_NAME_BYTES_MAX]);
/**
 * backup_take(store_path, to):
 * Copy the store as it is now to ${to} through "${to}.tmp": copied, checked, synced, renamed.
 *   thread  any; opens connections of its own and never writes to the store
 *   errors  SAM_EEXIST ${to} is there; SAM_EUNSURE it stands, but its folder could neither be synced nor it be taken away;
 *           SAM_ECORRUPT the copy does not pass; SAM_EREAD; SAM_EFULL; SAM_EIO; SAM_ENOMEM
 */
int backup_take(const char *store_path, const char *to);
/* backup_take_sealed(store_path, folder, to, public_path): the same, sealed (backup_seal.h). The plain copy, which is checked
 * first, stands in ${folder} meanwhile and goes away again; one that a killed process left there goes away too. Errors as both. */
int backup_take_sealed(const char *store_path, const char *folder, const char *to, const char *public_path);
/* backup_verify(path): a whole store that passes the check. SAM_ENOTFOUND, SAM_ECORRUPT, SAM_EREAD, SAM_EIO. */
int backup_verify(const char *path);
/* backup_newest_s(folder): when the newest backup there was made, in seconds since 1970; -1: there is none. */
int64_t backup_newest_s(const char *folder);
/**
 * backup_settle(st, folder, kept):
 * Remove all but the newest BACKUP_KEEP backups of ${folder}, and of the sealed ones there, then note for each device up to
 * which of its ops all of them hold: so far its tablet need not keep them. What a sealed one holds is not known: while one is
 * there tablets keep all. Writer, inside a transaction.
 */
int backup_settle(struct store *st, const char *folder, unsigned *kept);
/**
 * backup_restore(from, store_path, now_s, aside):
 * Put a verified copy of ${from} in the place of the store; what stood there is moved aside, its new name in ${aside}.
 * Nobody has the store open.
 */
int backup_restore(const char *from, const char *store_path, int64_t now_s, char *aside, size_t aside_size);

#endif
