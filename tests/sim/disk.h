/* The simulator's disk: a SQLite VFS in memory, registered as the default one, so that the unchanged stores of server/ and
 * client-sdk/ open their files in it by path.
 *
 *   file      what the process sees (the system's cache) | what would be there after a power loss | unsynced writes between
 *   name      points to a file; a new, deleted or replaced name is unsynced until its folder is
 *   machine   all files whose path begins with a prefix that ends in '/', as "/tmp/x/centre/": one process, one power supply
 *
 *   life of a machine   on -> (disk_kill | disk_power_loss | an armed DISK_POWER or DISK_KILL goes off) -> off -> disk_boot -> on
 *   While it is off every call on it fails with SQLITE_IOERR and changes nothing: close what was open, then boot it.
 *   Handles opened before stay dead for ever, also after the boot.
 *
 * What a power loss may do, and does at random: of the writes and truncations since a file's last sync it keeps none, all, the
 * first ones, any subset, or any subset of their 512-byte sectors; bytes between the old end of a file and a write that was
 * kept are zeros or garbage; a sector (disk_sector_bytes) that was being written may be garbage as a whole, what lay in it before
 * too, in databases and their logs, whose writers are told so (disk_safe_overwrite: never); a name is any of those that it was since its folder was last
 * synced.
 * What it never does: touch a sector that nobody was writing, or anything that a sync has returned 0 for. As in SQLite's unix
 * VFS a sync of a file syncs its folder only the first time after an open with SQLITE_OPEN_CREATE as a log or journal; a
 * delete does when it is asked to. A sync of a file by itself does not keep its name.
 *
 * A file that is opened as a database without SQLITE_OPEN_CREATE and is not here, but exists in the real file system, is taken
 * as made just now and empty: the client makes its file with open(2) first, for its mode. So the paths must lie in a real
 * folder (a temporary one); the journal's folder and the centre's PATH.judging are real too and hold nothing durable.
 *
 * Where this is not enough: stat(2) sees an empty file or none, so what goes by a file's size outside SQLite does nothing here
 * (the write thread's choice to truncate the log); backups and restores work on real files, use disk_copy for them. The unix
 * VFS repeats a short read, so here a read is whole, ends at the end of the file, or fails.
 *
 * Everything random, the time included, comes from the seed and the calls: the same calls give the same disk_trace.
 * One disk in a process, one thread. */
#ifndef SIM_DISK_H
#define SIM_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum disk_fault {
    DISK_READ,  /* EIO on a read */
    DISK_WRITE, /* EIO on a write or truncation; a part of it may have been written */
    DISK_SYNC,  /* EIO on a sync; unsynced writes are marked clean: still seen; some are durable, no later sync makes
                 * the others so */
    DISK_OPEN,  /* EIO on opening, deleting or looking for a file */
    DISK_ANY,   /* EIO on any call, locks and shared memory too */
    DISK_POWER, /* the power fails in the midst of a write, truncation, sync or delete */
    DISK_KILL,  /* the process is killed in the midst of the same; whole 4096-byte pages of a write may be there */
    DISK_FAULT_COUNT
};

struct disk_counts {
    uint64_t opens, reads, writes, truncates, syncs, folder_syncs, deletes; /* calls */
    uint64_t power_losses, kills;
    uint64_t dropped, torn; /* writes that were lost wholly, kept in part */
    uint64_t reordered;     /* writes that were lost while a later one of the same file was kept */
    uint64_t garbage;       /* sectors left as garbage */
    uint64_t names_lost;    /* names that are not what they last were */
    uint64_t faults, full;  /* calls that failed because a fault was armed, for want of space */
};

/* disk_init(seed): an empty disk, registered as SQLite's default VFS. Only the seed decides on sector size and all that
 * follows. disk_fini(): every file must be closed; frees all and makes the former VFS the default again. */
void disk_init(uint64_t seed);
void disk_fini(void);
/* disk_safe_overwrite(): from now on a sector that was being written keeps what no write touched, and SQLite is told so, as its
 * unix VFS tells it by default. */
void disk_safe_overwrite(void);

/* ---- machines. A prefix is known from its first use in a call below; the longest one that fits a path is its machine. */

/* The process ends: open files are dead, their locks and shared memory gone, what was written stays. */
void disk_kill(const char *prefix);
/* Power loss: as above, and unsynced writes and names come out at random. */
void disk_power_loss(const char *prefix);
bool disk_is_off(const char *prefix);
/* disk_boot(prefix): on again; armed faults of the machine are taken away, a limit of space stays. Harmless when it is on. */
void disk_boot(const char *prefix);

/* ---- faults */

/* disk_fault_arm(prefix, what, after, forever): the call number ${after} from now (1: the next one) of the kind fails, and with
 * ${forever} all later ones too. One armed fault of each kind per machine; 0 as ${after} takes it away. */
void disk_fault_arm(const char *prefix, enum disk_fault what, uint64_t after, bool forever);
/* disk_look(on): what is called from now on is the test's own reading: no fault strikes it, and it is not counted. */
void disk_look(bool on);
/* disk_space(prefix, bytes_max): the machine's files together may not grow beyond; UINT64_MAX: no limit. */
void disk_space(const char *prefix, uint64_t bytes_max);
/* disk_bytes(prefix): size of the machine's files together. */
uint64_t disk_bytes(const char *prefix);
/* disk_calls(prefix, what): calls so far that ${what} would have counted. */
uint64_t disk_calls(const char *prefix, enum disk_fault what);

/* ---- files, as cp, rm and ls see them; what these do is durable at once */

bool disk_exists(const char *path);
/* disk_copy(from, to): one file; false: ${from} is not there. */
bool disk_copy(const char *from, const char *to);
/* disk_copy_tree(from, to): every file below one prefix to the same name below the other: a clone or an image of a machine,
 * or its way back. What was below ${to} is removed first; no file below ${to} may be open. */
void disk_copy_tree(const char *from, const char *to);
/* disk_remove(prefix): a file, or all files below a prefix that ends in '/'. None may be open. */
void disk_remove(const char *prefix);
/* disk_flip_bit(path): flip one bit at random, in cache and on disk; false: not there or empty. */
bool disk_flip_bit(const char *path);
/* disk_export(prefix, folder): write the files below the prefix, as the process sees them, into a real folder that exists, so
 * that sqlite3 can look at them; a '/' in what is left of the name becomes a '+'. false: errno says why. */
bool disk_export(const char *prefix, const char *folder);

/* ---- time and trace */

/* Milliseconds since 1970 as SQLite sees them; a sleep of SQLite moves them. */
void disk_time_set(uint64_t now_ms);
uint64_t disk_time_ms(void);
const struct disk_counts *disk_counts(void);
/* disk_sector_bytes(): what SQLite is told, 512 or 4096 by the seed. */
size_t disk_sector_bytes(void);
/* disk_trace(): a hash over every call so far: kind, file name, place, bytes, result. */
uint64_t disk_trace(void);

#endif
