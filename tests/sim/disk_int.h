/* Inside the simulator's disk: disk.c keeps machines, names and what cp and rm see, disk_vfs.c is what SQLite calls.
 *
 *   handle --> node (image, shared memory) <-- versions of a name, the first one durable, the last one in force
 *
 *   invariants   a node lives while a handle or a version of a name points to it
 *                a live handle belongs to a machine that is on; a dead one holds no lock and shares memory with no live one */
#ifndef SIM_DISK_INT_H
#define SIM_DISK_INT_H

#include "tests/sim/disk.h"
#include "tests/sim/image.h"

#include <sqlite3.h>

enum { DISK_SHM_REGIONS_MAX = 1024, DISK_PATH_BYTES_MAX = 1300 };

struct disk_machine {
    struct disk_machine *next;
    char *prefix;
    bool off;
    uint64_t space_bytes;
    uint64_t calls[DISK_FAULT_COUNT];
    uint64_t armed_at[DISK_FAULT_COUNT]; /* number of the call, 0: not armed */
    bool forever[DISK_FAULT_COUNT];
};

struct disk_shm {
    unsigned refs;
    int count;
    void *regions[DISK_SHM_REGIONS_MAX];
};

struct disk_node {
    unsigned refs;
    struct image image;
    struct disk_shm *shm; /* of the live handles */
    bool padded;          /* its writer expects a sector that is partly overwritten to be garbage */
};

struct disk_name {
    struct disk_name *next;
    char *path;
    struct disk_node **versions; /* NULL: no file of that name */
    size_t count;
};

struct disk_handle {
    sqlite3_file base;
    struct disk_handle *next;
    struct disk_node *node;
    char *path;
    struct disk_shm *shm;
    uint16_t shm_shared, shm_exclusive; /* slots that this handle has locked */
    int lock, flags;
    bool dead, folder_unsynced;
};

struct disk {
    uint64_t random, now_ms, trace;
    int sector_bytes;
    struct disk_machine *machines;
    struct disk_name *names;
    struct disk_handle *handles;
    struct disk_counts counts;
    bool looking, safe_overwrite;
};

extern struct disk disk;
extern sqlite3_vfs disk_vfs;

/* disk_must(p): p, which an allocation gave; without memory there is no test. */
void *disk_must(void *p);
/* disk_note(what, path, a, b, rc): a call goes into the trace. */
void disk_note(const char *what, const char *path, uint64_t a, uint64_t b, int rc);

/* disk_machine_of(path): of the longest prefix that fits; there is one for every path. */
struct disk_machine *disk_machine_of(const char *path);
uint64_t disk_machine_bytes(const struct disk_machine *m);
/* disk_strike(m, what, changes): which fault strikes a call that is counted as ${what}, DISK_FAULT_COUNT: none. ${changes}: the
 * power may fail in it. */
enum disk_fault disk_strike(struct disk_machine *m, enum disk_fault what, bool changes);
/* disk_machine_end(m, how): an armed DISK_POWER or DISK_KILL goes off; whatever the call was, it fails. */
void disk_machine_end(struct disk_machine *m, enum disk_fault how);

struct disk_node *disk_node_new(void);
struct disk_node *disk_node_ref(struct disk_node *n);
void disk_node_unref(struct disk_node *n);
/* disk_node_of(path): the file of that name, NULL: none. */
struct disk_node *disk_node_of(const char *path);
struct disk_node *disk_name_now(const struct disk_name *m);
/* disk_name_set(path, n): point a name to another file, or to none; unsynced. */
void disk_name_set(const char *path, struct disk_node *n);
/* disk_folder_sync(path): what the names in the folder of ${path} are now is durable. */
void disk_folder_sync(const char *path);
/* disk_is_below(path, prefix): the same, or below a prefix that ends in '/'. */
bool disk_is_below(const char *path, const char *prefix);

#endif
