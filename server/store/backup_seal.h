/* Backups that only a key kept elsewhere can read: the centre has the public half and can write them, not read them.
 *
 *      file    magic (24 bytes) | key's name (16) | box (80) | stream head (24) | pieces
 *      box     a new stream key, to the public key (libsodium's crypto_box_seal: X25519, XSalsa20-Poly1305)
 *      piece   up to SEAL_PIECE_BYTES, each with its tag (crypto_secretstream: XChaCha20-Poly1305); the first also covers all
 *              before it, the last one says that it is the last
 *
 *      key     "samling-backup-secret 1 <64 hex digits>", "samling-backup-public 1 <64 hex digits>": one line in a file each
 *
 * Invariants
 *  1. What is cut, lengthened, reordered or changed anywhere is refused; nothing of it is left under its name.
 *  2. The secret key is never where the centre runs, but for a restore.
 * Anybody with the public key can make such a file: that it is this centre's is told by what is in it (restore asks). */
#ifndef STORE_BACKUP_SEAL_H
#define STORE_BACKUP_SEAL_H

#include <stdbool.h>

#define SEAL_PIECE_BYTES (64u * 1024u)
#define SEAL_NAME_BYTES 16u
#define SEAL_ENDING ".sealed"

/* backup_seal_keys(path): a new pair, ${path} (0600) and ${path}.pub. SAM_EEXIST one of them is there; SAM_EIO; SAM_EFULL. */
int backup_seal_keys(const char *path);
/* backup_seal_key_check(public_path): SAM_ENOTFOUND; SAM_EUSAGE no public key; SAM_EDENIED; SAM_EIO. */
int backup_seal_key_check(const char *public_path);
/* backup_seal_is(path): is it such a file, going by its beginning? */
bool backup_seal_is(const char *path);
/**
 * backup_seal(from, to, public_path):
 * A sealed copy of ${from}, through "${to}.tmp", synced and renamed.
 *   errors  SAM_EEXIST ${to} is there; SAM_EUNSURE as backup_take; SAM_EUSAGE no public key; SAM_ENOTFOUND, SAM_EDENIED, SAM_EFULL,
 *           SAM_EIO, SAM_ENOMEM
 */
int backup_seal(const char *from, const char *to, const char *public_path);
/**
 * backup_unseal(from, to, secret_path):
 * The reverse, into a new file of mode 0600.
 *   errors  SAM_EAUTH sealed to another key; SAM_ECORRUPT cut short or changed; SAM_EUSAGE no secret key; else as above
 */
int backup_unseal(const char *from, const char *to, const char *secret_path);

#endif
