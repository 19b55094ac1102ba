#include "tests/sim/disk_int.h"

#include "proto/base/assert.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct disk disk;

void *disk_must(void *p)
{
    SAM_ASSERT(p);
    return p;
}

void disk_note(const char *what, const char *path, uint64_t a, uint64_t b, int rc)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    const char *texts[2] = {what, slash ? slash + 1 : ""};
    uint64_t numbers[3] = {a, b, (uint64_t)rc}, h = disk.trace;
    for (int i = 0; i < 2; i++)
        for (const char *p = texts[i]; *p; p++)
            h = (h ^ (uint8_t)*p) * 0x100000001b3u;
    for (int i = 0; i < 3; i++)
        h = (h ^ numbers[i]) * 0x9e3779b97f4a7c15u, h ^= h >> 29;
    disk.trace = h;
}

/* ---- machines */

struct disk_machine *disk_machine_of(const char *path)
{
    struct disk_machine *best = NULL;
    size_t best_len = 0;
    for (struct disk_machine *m = disk.machines; m; m = m->next) {
        size_t len = strlen(m->prefix);
        if (!strncmp(m->prefix, path, len) && (!best || len > best_len)) {
            best = m;
            best_len = len;
        }
    }
    return disk_must(best); /* the one with the empty prefix has every path */
}

static struct disk_machine *machine_get(const char *prefix)
{
    for (struct disk_machine *m = disk.machines; m; m = m->next)
        if (!strcmp(m->prefix, prefix))
            return m;
    SAM_ASSERT(!*prefix || prefix[strlen(prefix) - 1] == '/');
    struct disk_machine *m = disk_must(calloc(1, sizeof *m));
    m->prefix = disk_must(strdup(prefix));
    m->space_bytes = UINT64_MAX;
    m->next = disk.machines;
    disk.machines = m;
    return m;
}

static bool armed_now(struct disk_machine *m, enum disk_fault what)
{
    uint64_t at = m->armed_at[what], call = ++m->calls[what];
    bool hit = at && (call == at || (call > at && m->forever[what]));
    disk.counts.faults += hit;
    return hit;
}

enum disk_fault disk_strike(struct disk_machine *m, enum disk_fault what, bool changes)
{
    if (disk.looking)
        return DISK_FAULT_COUNT;
    bool any = armed_now(m, DISK_ANY), own = what != DISK_ANY && armed_now(m, what);
    bool power = changes && armed_now(m, DISK_POWER), kill = changes && armed_now(m, DISK_KILL);
    return power ? DISK_POWER : kill ? DISK_KILL : any || own ? what : DISK_FAULT_COUNT;
}

void disk_look(bool on)
{
    disk.looking = on;
}

uint64_t disk_machine_bytes(const struct disk_machine *m)
{
    uint64_t sum = 0;
    for (const struct disk_name *name = disk.names; name; name = name->next)
        if (disk_name_now(name) && disk_machine_of(name->path) == m)
            sum += disk_name_now(name)->image.seen.len;
    return sum;
}

/* ---- nodes and names */

void disk_node_unref(struct disk_node *n)
{
    if (!n || --n->refs)
        return;
    SAM_ASSERT(!n->shm);
    image_fini(&n->image);
    free(n);
}

struct disk_node *disk_node_ref(struct disk_node *n)
{
    if (n)
        n->refs++;
    return n;
}

struct disk_node *disk_node_new(void)
{
    return disk_must(calloc(1, sizeof(struct disk_node)));
}

static struct disk_name *name_find(const char *path)
{
    struct disk_name *m = disk.names;
    while (m && strcmp(m->path, path) != 0)
        m = m->next;
    return m;
}

struct disk_node *disk_name_now(const struct disk_name *m)
{
    return m->versions[m->count - 1];
}

struct disk_node *disk_node_of(const char *path)
{
    const struct disk_name *m = name_find(path);
    return m ? disk_name_now(m) : NULL;
}

static void name_push(struct disk_name *m, struct disk_node *n)
{
    m->versions = disk_must(realloc(m->versions, (m->count + 1) * sizeof(struct disk_node *)));
    m->versions[m->count++] = disk_node_ref(n);
}

void disk_name_set(const char *path, struct disk_node *n)
{
    struct disk_name *m = name_find(path);
    if (!m) {
        m = disk_must(calloc(1, sizeof *m));
        m->path = disk_must(strdup(path));
        m->next = disk.names;
        disk.names = m;
        name_push(m, NULL);
    }
    name_push(m, n);
}

/* One version of a name stays, the others were never there. */
static void name_settle(struct disk_name *m, size_t version)
{
    struct disk_node *stays = disk_node_ref(m->versions[version]);
    for (size_t i = 0; i < m->count; i++)
        disk_node_unref(m->versions[i]);
    m->versions[0] = stays;
    m->count = 1;
}

static void names_sweep(void)
{
    for (struct disk_name **at = &disk.names; *at;) {
        struct disk_name *m = *at;
        if (m->count > 1 || m->versions[0]) {
            at = &m->next;
            continue;
        }
        *at = m->next;
        free(m->versions);
        free(m->path);
        free(m);
    }
}

static bool same_folder(const char *a, const char *b)
{
    const char *end = strrchr(a, '/'), *other = strrchr(b, '/');
    return end && other && end - a == other - b && !memcmp(a, b, (size_t)(end - a));
}

void disk_folder_sync(const char *path)
{
    for (struct disk_name *m = disk.names; m; m = m->next)
        if (same_folder(m->path, path))
            name_settle(m, m->count - 1);
    names_sweep();
    disk.counts.folder_syncs++;
}

/* ---- the end of a process, and of the power */

/* SQLite reads the shared memory until it closes the handle, so a dead one keeps its own. */
static void handles_kill(const struct disk_machine *m)
{
    for (struct disk_handle *h = disk.handles; h; h = h->next) {
        if (h->dead || !h->path || disk_machine_of(h->path) != m)
            continue;
        h->dead = true;
        h->lock = SQLITE_LOCK_NONE;
        h->shm_shared = h->shm_exclusive = 0;
        if (h->shm)
            h->node->shm = NULL;
    }
}

static void machine_kill(struct disk_machine *m)
{
    handles_kill(m);
    m->off = true;
    disk.counts.kills++;
}

static void name_power_loss(struct disk_name *m)
{
    size_t version = image_random(&disk.random) % m->count;
    disk.counts.names_lost += m->versions[version] != disk_name_now(m);
    name_settle(m, version);
    struct disk_node *n = m->versions[0];
    if (n) {
        bool spoils = n->padded && !disk.safe_overwrite;
        struct image_luck luck = {&disk.random, &disk.counts, spoils ? (size_t)disk.sector_bytes : 0};
        image_power_loss(&n->image, &luck);
    }
}

static void machine_power_loss(struct disk_machine *m)
{
    handles_kill(m);
    m->off = true;
    disk.counts.power_losses++;
    for (struct disk_name *name = disk.names; name; name = name->next)
        if (disk_machine_of(name->path) == m)
            name_power_loss(name);
    names_sweep();
}

void disk_machine_end(struct disk_machine *m, enum disk_fault how)
{
    if (how == DISK_POWER)
        machine_power_loss(m);
    else
        machine_kill(m);
}

/* ---- life */

void disk_init(uint64_t seed)
{
    SAM_ASSERT(!disk.machines);
    memset(&disk, 0, sizeof disk);
    disk.random = seed;
    disk.trace = 0xcbf29ce484222325u;
    disk.now_ms = 1000;
    machine_get("");
    disk.sector_bytes = image_random(&disk.random) & 1 ? 512 : 4096;
    int rc = sqlite3_vfs_register(&disk_vfs, 1);
    SAM_ASSERT(rc == SQLITE_OK);
    sqlite3_randomness(0, NULL); /* SQLite's own generator draws its seed from this disk */
}

void disk_safe_overwrite(void)
{
    disk.safe_overwrite = true;
}

void disk_fini(void)
{
    SAM_ASSERT(!disk.handles);
    disk_remove("/");
    while (disk.machines) {
        struct disk_machine *m = disk.machines;
        disk.machines = m->next;
        free(m->prefix);
        free(m);
    }
    sqlite3_vfs_unregister(&disk_vfs);
    sqlite3_randomness(0, NULL);
}

void disk_kill(const char *prefix)
{
    struct disk_machine *m = machine_get(prefix);
    machine_kill(m);
    disk_note("kill", NULL, 0, 0, 0);
}

void disk_power_loss(const char *prefix)
{
    struct disk_machine *m = machine_get(prefix);
    machine_power_loss(m);
    disk_note("power_loss", NULL, 0, 0, 0);
}

bool disk_is_off(const char *prefix)
{
    return machine_get(prefix)->off;
}

void disk_boot(const char *prefix)
{
    struct disk_machine *m = machine_get(prefix);
    m->off = false;
    memset(m->armed_at, 0, sizeof m->armed_at);
}

void disk_fault_arm(const char *prefix, enum disk_fault what, uint64_t after, bool forever)
{
    struct disk_machine *m = machine_get(prefix);
    SAM_ASSERT(what < DISK_FAULT_COUNT);
    m->armed_at[what] = after ? m->calls[what] + after : 0;
    m->forever[what] = forever;
}

void disk_space(const char *prefix, uint64_t bytes_max)
{
    machine_get(prefix)->space_bytes = bytes_max;
}

uint64_t disk_bytes(const char *prefix)
{
    return disk_machine_bytes(machine_get(prefix));
}

uint64_t disk_calls(const char *prefix, enum disk_fault what)
{
    SAM_ASSERT(what < DISK_FAULT_COUNT);
    return machine_get(prefix)->calls[what];
}

/* ---- as cp and rm see it */

static bool is_open(const struct disk_node *n)
{
    for (const struct disk_handle *h = disk.handles; h; h = h->next)
        if (h->node == n)
            return true;
    return false;
}

bool disk_is_below(const char *path, const char *prefix)
{
    size_t len = strlen(prefix);
    return !strncmp(path, prefix, len) && (!path[len] || (len && prefix[len - 1] == '/'));
}

bool disk_exists(const char *path)
{
    return disk_node_of(path);
}

static void copy_to(const struct disk_node *from, const char *path)
{
    struct disk_node *n = disk_node_new();
    image_copy(&n->image, &from->image);
    n->padded = from->padded;
    disk_name_set(path, n);
    struct disk_name *m = name_find(path);
    SAM_ASSERT(!is_open(m->versions[m->count - 2]));
    name_settle(m, m->count - 1);
}

bool disk_copy(const char *from, const char *to)
{
    const struct disk_node *n = disk_node_of(from);
    if (n)
        copy_to(n, to);
    return n;
}

void disk_copy_tree(const char *from, const char *to)
{
    char path[DISK_PATH_BYTES_MAX];
    SAM_ASSERT(!disk_is_below(to, from) && !disk_is_below(from, to));
    disk_remove(to);
    for (const struct disk_name *m = disk.names; m; m = m->next) {
        if (!disk_name_now(m) || !disk_is_below(m->path, from))
            continue;
        snprintf(path, sizeof path, "%s%s", to, m->path + strlen(from));
        copy_to(disk_name_now(m), path);
    }
}

void disk_remove(const char *prefix)
{
    for (struct disk_name *m = disk.names; m; m = m->next) {
        if (!disk_is_below(m->path, prefix))
            continue;
        SAM_ASSERT(!is_open(disk_name_now(m)));
        name_push(m, NULL);
        name_settle(m, m->count - 1);
    }
    names_sweep();
}

bool disk_flip_bit(const char *path)
{
    struct disk_node *n = disk_node_of(path);
    if (!n || !n->image.seen.len)
        return false;
    image_flip(&n->image, image_random(&disk.random) % (n->image.seen.len * 8));
    return true;
}

static bool export_one(const struct image_bytes *b, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    size_t done = 0;
    ssize_t n = fd < 0 ? -1 : 0;
    for (; n >= 0 && done<b->len; done += n> 0 ? (size_t)n : 0)
        n = write(fd, b->ptr + done, b->len - done);
    if (fd >= 0 && close(fd))
        n = -1;
    return n >= 0;
}

bool disk_export(const char *prefix, const char *folder)
{
    char path[DISK_PATH_BYTES_MAX * 2];
    for (const struct disk_name *m = disk.names; m; m = m->next) {
        if (!disk_name_now(m) || !disk_is_below(m->path, prefix))
            continue;
        int head = snprintf(path, sizeof path, "%s/", folder);
        snprintf(path + head, sizeof path - (size_t)head, "%s", m->path + strlen(prefix));
        for (char *p = path + head; *p; p++) /* one flat folder */
            *p = *p == '/' ? '+' : *p;
        if (!export_one(&disk_name_now(m)->image.seen, path))
            return false;
    }
    return true;
}

/* ---- time and trace */

void disk_time_set(uint64_t now_ms)
{
    disk.now_ms = now_ms;
}

uint64_t disk_time_ms(void)
{
    return disk.now_ms;
}

size_t disk_sector_bytes(void)
{
    return (size_t)disk.sector_bytes;
}

const struct disk_counts *disk_counts(void)
{
    return &disk.counts;
}

uint64_t disk_trace(void)
{
    return disk.trace;
}
