#include "tests/sim/fault.h"

#include "tests/sim/centre.h"
#include "tests/sim/console.h"
#include "tests/sim/history.h"
#include "tests/sim/join.h"
#include "tests/sim/line.h"
#include "tests/sim/oracle.h"
#include "tests/sim/tablet.h"
#include "tests/sim/upgrade.h"

#include <stdio.h>
#include <string.h>

#define YEARS_50_S (INT64_C(50) * 31556952)
#define IO_CALLS_MAX 120
#define POWER_MORE 2 /* a power loss is what most is promised about */
#define RESTORES_MAX \
    2 /* of one centre: behind a third, a value seen only in a lost branch may be asked about once more */

static const char *const names[FAULT_COUNT] = {
    [FAULT_CUT] = "cut",
    [FAULT_OVERLAP] = "overlap",
    [FAULT_STALL] = "stall",
    [FAULT_ONE_WAY] = "one-way",
    [FAULT_REPLAY] = "replay",
    [FAULT_CENTRE_KILL] = "centre-kill",
    [FAULT_CENTRE_POWER] = "centre-power",
    [FAULT_TABLET_KILL] = "tablet-kill",
    [FAULT_TABLET_POWER] = "tablet-power",
    [FAULT_EIO] = "eio",
    [FAULT_SYNC] = "fsync",
    [FAULT_FULL] = "full",
    [FAULT_CLOCK] = "clock",
    [FAULT_CLONE] = "clone",
    [FAULT_OLD_IMAGE] = "old-image",
    [FAULT_RESTORE] = "restore",
    [FAULT_REVOKE] = "revoke",
    [FAULT_SILENCE] = "silence",
    [FAULT_SCOPE] = "scope",
    [FAULT_JOIN] = "join",
    [FAULT_LINK] = "link",
    [FAULT_UPGRADE] = "upgrade",
    [FAULT_SKEW] = "skew",
    [FAULT_DECIDE] = "decide",
    [FAULT_SHUT] = "shut",
};

/* Seeds that once found something, under the classes of FAULTS_BEFORE. */
static const uint64_t pinned[] = {
    6070,       6214,       6249,       6771,       6844,      3014,     3254,     3359,
    3380,       4071,       4241,       4370,       600355,    702039,   2000653,  2002722,
    5015113,    7003384,    7015297,    9003516,    20004598,  70001606, 70013652, /* these chose as they did then */
    1000001557, 1000008550, 1000028170, 1000028186, 1000048596};
enum { PINNED_BEFORE = 23 };

uint64_t fault_pinned(unsigned i)
{
    return i < sizeof pinned / sizeof *pinned ? pinned[i] : 0;
}

const char *fault_name(enum fault f)
{
    return names[f];
}

/* Worlds that were pinned when there were fewer faults to choose from. */
static bool is_from_before(uint64_t seed)
{
    unsigned i = 0;
    while (i < PINNED_BEFORE && pinned[i] != seed)
        i++;
    return i < PINNED_BEFORE;
}

static void choose_as_before(struct world *w)
{
    unsigned count = 3 + (unsigned)roll(w, FAULTS_BEFORE - 3);
    if (chance(w, 5))
        count = FAULTS_BEFORE;
    for (unsigned have = 0; have < count;) {
        uint32_t bit = 1u << roll(w, FAULTS_BEFORE);
        have += !(w->faults & bit);
        w->faults |= bit;
    }
}

/* Few faults: the world grows old and large; all of them: they meet each other. */
static void choose_swarm(struct world *w)
{
    static const unsigned percent[] = {10, 30, 50, 50, 70, 90};
    unsigned heads = chance(w, 5) ? 100 : percent[roll(w, sizeof percent / sizeof *percent)];
    for (unsigned f = 0; f < FAULT_COUNT; f++)
        w->faults |= (uint32_t)chance(w, heads) << f;
    w->aged = heads == 10;
}

void fault_choose(struct world *w)
{
    bool before = is_from_before(w->seed);
    w->classes = before ? FAULTS_BEFORE : FAULT_COUNT;
    w->tablets_max = before ? 9 : TABLETS_MAX;
    if (before)
        choose_as_before(w);
    else
        choose_swarm(w);
    w->may_forget = has_fault(w, FAULT_RESTORE) && chance(w, 25);
    w->fault_every_ms = before ? 4000 + (int64_t)roll(w, 60000) : 3000 + (int64_t)roll(w, 45000);
}

static struct tablet *some_tablet(struct world *w)
{
    return &w->tablet[roll(w, w->tablets)];
}

static const char *some_machine(struct world *w)
{
    return chance(w, 50) ? w->centre_folder : some_tablet(w)->folder;
}

/* ---- processes and power */

static bool machine_stop(struct world *w, const char *folder, bool power)
{
    if (disk_is_off(folder))
        return false;
    if (chance(w, 60)) { /* in the midst of something */
        disk_fault_arm(folder, power ? DISK_POWER : DISK_KILL, 1 + roll(w, IO_CALLS_MAX), false);
        return false;
    }
    if (power)
        disk_power_loss(folder);
    else
        disk_kill(folder);
    return true;
}

static bool centre_stop(struct world *w, bool power)
{
    if (!w->centre.intake)
        return false;
    if (machine_stop(w, w->centre_folder, power))
        centre_died(w);
    return true;
}

static bool tablet_stop(struct world *w, bool power)
{
    struct tablet *t = some_tablet(w);
    if (!t->s)
        return false;
    if (machine_stop(w, t->folder, power))
        tablet_died(t);
    return true;
}

/* ---- lines */

static bool cut(struct world *w)
{
    struct tablet *t = some_tablet(w);
    if (!t->line)
        return false;
    line_cut(w, t->line);
    return true;
}

static bool overlap(struct world *w)
{
    struct tablet *t = some_tablet(w);
    struct line *l = t->line;
    if (!l || !sam_buf_len(&l->up.bytes))
        return false;
    tablet_hang_up(t, false);
    l->up.due_ms += some_ms(w, 20000);
    return true;
}

static bool replay(struct world *w)
{
    struct sam_span said = sam_buf_peek(&w->replayable);
    struct line *l = said.len ? line_new(w, NULL) : NULL;
    if (!l || !centre_accept(w, l))
        return false;
    l->replay = true;
    size_t n = said.len < wire_room(&l->up) ? said.len : wire_room(&l->up);
    line_add(w, l, &l->up, said.ptr, chance(w, 50) ? n : 1 + roll(w, n));
    line_leave_tablet(w, l, false);
    return true;
}

/* ---- disks */

static bool eio(struct world *w)
{
    static const enum disk_fault kinds[] = {DISK_READ, DISK_WRITE, DISK_OPEN, DISK_ANY};
    disk_fault_arm(some_machine(w), kinds[roll(w, has_fault(w, FAULT_SYNC) ? 4 : 3)], 1 + roll(w, IO_CALLS_MAX), false);
    return true;
}

static bool sync_fails(struct world *w)
{
    disk_fault_arm(some_machine(w), DISK_SYNC, 1 + roll(w, 12), false);
    return true;
}

static bool full(struct world *w)
{
    if (chance(w, 40)) {
        disk_space(w->centre_folder, disk_bytes(w->centre_folder) + roll(w, 40000));
        w->centre.full_until_ms = w->now_ms + some_ms(w, 120000);
    } else {
        struct tablet *t = some_tablet(w);
        disk_space(t->folder, disk_bytes(t->folder) + roll(w, 20000));
        t->full_until_ms = w->now_ms + some_ms(w, 60000);
    }
    return true;
}

int64_t fault_heal_due(const struct world *w)
{
    int64_t due = w->centre.full_until_ms ? w->centre.full_until_ms : INT64_MAX;
    for (unsigned i = 0; i < w->tablets; i++)
        if (w->tablet[i].full_until_ms && w->tablet[i].full_until_ms < due)
            due = w->tablet[i].full_until_ms;
    return due;
}

void fault_heal(struct world *w)
{
    if (w->centre.full_until_ms && w->centre.full_until_ms <= w->now_ms) {
        disk_space(w->centre_folder, UINT64_MAX);
        w->centre.full_until_ms = 0;
    }
    for (unsigned i = 0; i < w->tablets; i++) {
        struct tablet *t = &w->tablet[i];
        if (t->full_until_ms && t->full_until_ms <= w->now_ms) {
            disk_space(t->folder, UINT64_MAX);
            t->full_until_ms = 0;
        }
    }
}

/* ---- clocks, copies, images */

static bool clock_jump(struct world *w)
{
    struct tablet *t = some_tablet(w);
    static const int64_t jumps[] = {-YEARS_50_S, YEARS_50_S, -86400, 86400, -3600, 1, 0};
    t->clock_offset_s = jumps[roll(w, sizeof jumps / sizeof jumps[0])];
    w->rare.clock_wild += t->clock_offset_s == YEARS_50_S || t->clock_offset_s == -YEARS_50_S;
    return true;
}

static bool copy_tablet(struct world *w)
{
    struct tablet *from = some_tablet(w);
    if (!from->s || !from->gids || w->tablets == w->tablets_max)
        return false;
    tablet_close(from);
    from->boot_ms = w->now_ms + 1000;
    if (disk_is_off(from->folder) || from->pendings)
        return true;
    struct tablet *t = tablet_new(w);
    disk_copy_tree(from->folder, t->folder);
    tablet_forked(t, from->actor, oracle_actor_ops(history_oracle(w->history), from->actor));
    t->actor_made = true;
    t->schema = from->schema;
    tablet_boot(from);
    if (disk_is_off(t->folder))
        disk_boot(t->folder);
    tablet_boot(t);
    return true;
}

static bool old_image(struct world *w)
{
    struct tablet *t = some_tablet(w);
    struct kept *k = &w->old[t->index];
    struct oracle *o = history_oracle(w->history);
    char image[PATH_MAX_BYTES];
    snprintf(image, sizeof image, "%simage%u/", w->root, t->index);
    if (!t->s || !t->gids)
        return false;
    tablet_close(t);
    t->boot_ms = w->now_ms + 1000;
    if (disk_is_off(t->folder) || t->pendings)
        return true;
    if (!k->used) {
        disk_copy_tree(t->folder, image);
        *k = (struct kept){.used = true, .ops = oracle_actor_ops(o, t->actor), .number = t->actor};
    } else {
        unsigned was = t->actor;
        disk_copy_tree(image, t->folder);
        tablet_forked(t, k->number, k->ops);
        oracle_gone(o, was);
        k->used = false;
    }
    tablet_boot(t);
    return true;
}

/* ---- the centre goes back */

static void backup_folder(const struct world *w, unsigned i, char out[PATH_MAX_BYTES])
{
    snprintf(out, PATH_MAX_BYTES, "%sbackup%u/", w->root, i);
}

static void file_back(const char *from, const char *to)
{
    if (!disk_copy(from, to))
        disk_remove(to);
}

static void store_back(struct world *w, const char *folder)
{
    static const char *const ending[] = {"", "-wal"};
    char from[PATH_MAX_BYTES + 32], to[PATH_MAX_BYTES + 32];
    for (unsigned i = 0; i < 2; i++) {
        snprintf(from, sizeof from, "%ssamling.db%s", folder, ending[i]);
        snprintf(to, sizeof to, "%s%s", w->store_path, ending[i]);
        file_back(from, to);
    }
}

static void backup(struct world *w)
{
    unsigned i = (unsigned)roll(w, KEPT_MAX);
    char folder[PATH_MAX_BYTES];
    backup_folder(w, i, folder);
    centre_flush(w);
    if (w->centre.dying)
        return;
    disk_copy_tree(w->centre_folder, folder);
    disk_look(true);
    struct store_device d = {0};
    w->backup[i] = (struct kept){.used = true, .number = history_backup(w, i), .csn = history_csn(w)};
    while (store_device_each(w->centre.reader, d.device_no, &d) == 0)
        if (d.device_no < DEVICES_MAX)
            w->backup[i].held[d.device_no] = d.acked_seq;
    disk_look(false);
    console_settle(w);
}

/* The store from a backup; the journal stays, or is gone. */
static void restore(struct world *w, unsigned i)
{
    char folder[PATH_MAX_BYTES];
    bool with_journal = w->revoked || !w->may_forget || chance(w, 50);
    backup_folder(w, i, folder);
    centre_close(w);
    w->centre.boot_ms = w->now_ms + 1000;
    if (disk_is_off(w->centre_folder))
        return;
    for (struct tablet *t = w->tablet; t < w->tablet + w->tablets; t++) /* while that goes on no line stands */
        tablet_hang_up(t, true);
    for (struct tablet *t = w->tablet; t < w->tablet + w->tablets; t++)
        tablet_check(t);
    store_back(w, folder);
    if (!with_journal) {
        disk_remove(w->journal_folder);
        for (unsigned k = 0; k < KEPT_MAX; k++)
            w->backup[k].used = false; /* they belong to the journal that is gone */
        w->rare.journal_lost++;
        w->forgotten = true;
    }
    for (unsigned k = 0; k < KEPT_MAX; k++) /* those of the lost future are not used any more */
        w->backup[k].used = w->backup[k].used && w->backup[k].csn <= w->backup[i].csn;
    history_restore(w, i, w->backup[i].number, with_journal);
    w->rare.restored++;
    say(w, "the centre goes back to csn %llu%s", (unsigned long long)w->backup[i].csn,
        with_journal ? "" : ", its journal is gone");
    w->centre.boot_ms = w->now_ms + some_ms(w, 10000);
}

static bool go_back(struct world *w)
{
    unsigned i = (unsigned)roll(w, KEPT_MAX);
    if (!w->centre.intake)
        return false;
    if (w->backup[i].used && w->rare.restored < RESTORES_MAX && chance(w, 30))
        restore(w, i);
    else
        backup(w);
    return true;
}

static bool silence(struct world *w)
{
    if (!chance(w, 20))
        return false;
    w->now_ms += (1 + (int64_t)roll(w, 100)) * 86400000;
    return true;
}

static bool revoke_some(struct world *w)
{
    struct tablet *t = some_tablet(w);
    if (!t->s || !sam_meta(t->s, device_no) || !chance(w, 15))
        return false;
    w->revoked = true;
    console_revoke(w, sam_meta(t->s, device_no));
    return true;
}

/* ---- */

void fault_act(struct world *w)
{
    static const enum fault more[POWER_MORE] = {FAULT_CENTRE_POWER, FAULT_TABLET_POWER};
    uint64_t n = roll(w, w->classes + (w->classes == FAULT_COUNT ? POWER_MORE : 0));
    enum fault f = n < w->classes ? (enum fault)n : more[n - w->classes];
    bool hit = false;
    w->fault_ms = w->now_ms + some_ms(w, w->fault_every_ms);
    if (!has_fault(w, f))
        return;
    switch (f) {
    case FAULT_CUT: hit = cut(w); break;
    case FAULT_OVERLAP: hit = overlap(w); break;
    case FAULT_REPLAY: hit = replay(w); break;
    case FAULT_CENTRE_KILL: hit = centre_stop(w, false); break;
    case FAULT_CENTRE_POWER: hit = centre_stop(w, true); break;
    case FAULT_TABLET_KILL: hit = tablet_stop(w, false); break;
    case FAULT_TABLET_POWER: hit = tablet_stop(w, true); break;
    case FAULT_EIO: hit = eio(w); break;
    case FAULT_SYNC: hit = sync_fails(w); break;
    case FAULT_FULL: hit = full(w); break;
    case FAULT_CLOCK: hit = clock_jump(w); break;
    case FAULT_CLONE: hit = chance(w, 20) && copy_tablet(w); break;
    case FAULT_OLD_IMAGE: hit = chance(w, 30) && old_image(w); break;
    case FAULT_RESTORE: hit = go_back(w); break;
    case FAULT_SILENCE: hit = silence(w); break;
    case FAULT_REVOKE: hit = revoke_some(w); break;
    case FAULT_JOIN: hit = join_some(w); break;
    case FAULT_UPGRADE: hit = upgrade_store(w); break;
    case FAULT_SKEW: hit = skew(w); break;
    default: break; /* lines and the coordinator see to the others */
    }
    w->fault_hits[f] += hit;
    trace_add(w, fault_name(f), hit, 0);
    if (hit)
        say(w, "fault: %s", fault_name(f));
}

void fault_stop(struct world *w)
{
    w->faults_on = false;
    skew_end(w);
    w->centre.full_until_ms = w->centre.full_until_ms ? w->now_ms : 0;
    for (unsigned f = 0; f < DISK_FAULT_COUNT; f++)
        disk_fault_arm(w->centre_folder, (enum disk_fault)f, 0, false);
    for (unsigned i = 0; i < w->tablets; i++) {
        w->tablet[i].full_until_ms = w->tablet[i].full_until_ms ? w->now_ms : 0;
        for (unsigned f = 0; f < DISK_FAULT_COUNT; f++)
            disk_fault_arm(w->tablet[i].folder, (enum disk_fault)f, 0, false);
    }
    fault_heal(w);
}
