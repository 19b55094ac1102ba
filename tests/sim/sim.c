/* The simulator's program.
 *   sim --seed N                 world N, aloud, twice: both must leave the same trace
 *   sim --seconds N              worlds on all processors for so long; totals
 *   sim --seeds N                so many worlds, the pinned ones first; lines for tests/run.sh
 * and with these: --from N the first seed, --jobs N processes, --events N of each world before rest, --first: enough when one
 * world failed, --every-rare: every rare state must have been met, --pairs: how often each two classes of faults struck together, -v -v with --seed: every event, -v -v -v: of both runs.
 * Exit: 0 all promises held; 1 one was broken; 2 wrong use. */
#include "proto/base/log.h"
#include "proto/wire/crypto.h"
#include "tests/lib/scratch.h"
#include "tests/sim/fault.h"
#include "tests/sim/world.h"

#include <dirent.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { JOBS_MAX = 64, FAILED_MAX = 10, TWICE_EVERY = 50, EVENTS = 2000 };

struct totals {
    uint64_t worlds, events, saves, acks, classes, twice;
    uint64_t faults[FAULT_COUNT], fault_worlds[FAULT_COUNT];
    uint64_t met[FAULT_COUNT][FAULT_COUNT]; /* worlds in which both struck */
    struct rare rare;
    struct disk_counts disk;
};

struct worker {
    pid_t pid;
    uint64_t seed; /* at work on it; 0: none */
    struct totals totals;
};

struct shared {
    uint64_t next, last; /* seeds still to do */
    uint64_t end_s;      /* no new world after that; 0: no limit */
    unsigned pinned_next;
    struct worker worker[JOBS_MAX];
};

struct options {
    uint64_t seed, seconds, seeds, from, events;
    unsigned jobs;
    int verbose;
    bool every_rare, first, pairs;
};

static struct shared *shared;

static uint64_t seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec;
}

/* ---- one world */

/* The sums of structs that hold nothing but counters. */
static void counters_add(void *to, const void *from, size_t bytes)
{
    uint64_t *a = to;
    const uint64_t *b = from;
    for (size_t i = 0; i < bytes / sizeof *a; i++)
        a[i] += b[i];
}

static void count(struct totals *t, const struct world *w)
{
    t->worlds++;
    t->events += w->events;
    t->saves += w->saves;
    t->acks += w->acks;
    for (unsigned f = 0; f < FAULT_COUNT; f++) {
        t->faults[f] += w->fault_hits[f];
        t->fault_worlds[f] += has_fault(w, (enum fault)f);
        t->classes += has_fault(w, (enum fault)f);
        for (unsigned g = 0; g <= f; g++)
            t->met[f][g] += w->fault_hits[f] && w->fault_hits[g];
    }
    counters_add(&t->rare, &w->rare, sizeof t->rare);
    counters_add(&t->disk, disk_counts(), sizeof t->disk);
    t->rare.torn += disk_counts()->torn;
    t->rare.reordered += disk_counts()->reordered;
}

static uint64_t world_once(const char *root, const struct options *o, uint64_t seed, struct totals *totals)
{
    struct world *w = world_new(root, seed, o->verbose);
    world_run(w, o->events);
    uint64_t trace = w->trace;
    if (totals)
        count(totals, w);
    world_free(w);
    return trace;
}

static void world_twice(const char *root, const struct options *o, uint64_t seed, struct totals *totals)
{
    uint64_t first = world_once(root, o, seed, totals);
    struct options silent = *o;
    silent.verbose = o->verbose > 2 ? o->verbose : 0;
    uint64_t second = world_once(root, &silent, seed, NULL);
    if (first == second)
        return;
    printf("VIOLATION in world %llu: two runs differ: %016llx, %016llx\n  repeat it: make sim SEED=%llu\n",
           (unsigned long long)seed, (unsigned long long)first, (unsigned long long)second, (unsigned long long)seed);
    fflush(stdout);
    _exit(3);
}

/* ---- real files: only empty ones and a map */

static bool root_make(char root[64])
{
    if (!scratch_folder(root, 64, "sim"))
        return false;
    strcat(root, "/");
    return true;
}

static void tree_remove(const char *path)
{
    struct dirent *e;
    DIR *dir = opendir(path);
    while (dir && (e = readdir(dir))) {
        char below[512];
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
            continue;
        snprintf(below, sizeof below, "%s/%s", path, e->d_name);
        if (unlink(below))
            tree_remove(below);
    }
    if (dir)
        closedir(dir);
    rmdir(path);
}

/* ---- many worlds */

static bool seed_next(uint64_t *seed)
{
    if (fault_pinned(shared->pinned_next) &&
        (*seed = fault_pinned(__atomic_fetch_add(&shared->pinned_next, 1, __ATOMIC_RELAXED))))
        return true;
    if (shared->end_s && seconds_now() >= shared->end_s)
        return false;
    *seed = __atomic_fetch_add(&shared->next, 1, __ATOMIC_RELAXED);
    return *seed <= shared->last;
}

static _Noreturn void worker_run(const char *root, const struct options *o, struct worker *me)
{
    char own[64];
    uint64_t seed;
    snprintf(own, sizeof own, "%.50s%u/", root, (unsigned)(me - shared->worker));
    mkdir(own, 0700);
    while (seed_next(&seed)) {
        me->seed = seed;
        if (seed % TWICE_EVERY == 1) {
            world_twice(own, o, seed, &me->totals);
            me->totals.twice++;
        } else {
            world_once(own, o, seed, &me->totals);
        }
        me->seed = 0;
    }
    exit(0); /* through all that looks for leaks at the end */
}

static void worker_start(const char *root, const struct options *o, struct worker *me)
{
    fflush(stdout);
    me->seed = 0;
    pid_t pid = fork();
    if (pid == 0)
        worker_run(root, o, me);
    me->pid = pid; /* the memory is shared: only the parent writes it */
}

/* Waits for all; one that broke a promise is told, and another takes its place. Returns how many worlds did. */
static unsigned workers_wait(const char *root, const struct options *o)
{
    unsigned failed = 0, running = o->jobs;
    int status;
    for (pid_t pid; running && (pid = wait(&status)) > 0;) {
        struct worker *me = shared->worker;
        while (me->pid != pid)
            me++;
        running--;
        if (status == 0)
            continue;
        failed++;
        if (!WIFEXITED(status)) /* an assertion of the product, or worse: it could not say so itself */
            printf("VIOLATION in world %llu: the process died of signal %d\n  repeat it: make sim SEED=%llu\n",
                   (unsigned long long)me->seed, WTERMSIG(status), (unsigned long long)me->seed);
        printf("not ok sim world %llu\n", (unsigned long long)me->seed);
        if (o->first)
            shared->end_s = 1;
        else if (failed < FAILED_MAX) {
            worker_start(root, o, me);
            running++;
        }
    }
    return failed;
}

static unsigned pinned_count(void)
{
    unsigned count = 0;
    while (fault_pinned(count))
        count++;
    return count;
}

/* How often two classes struck in one world, and which never did. */
static void pairs_print(const struct totals *t, bool all)
{
    unsigned pairs = 0, met = 0;
    for (unsigned f = 0; f < FAULT_COUNT; f++)
        for (unsigned g = 0; g < f; g++) {
            pairs++;
            met += t->met[f][g] != 0;
            if (all || (!t->met[f][g] && t->worlds > 1000))
                printf("pair %s + %s in %llu worlds\n", fault_name((enum fault)f), fault_name((enum fault)g),
                       (unsigned long long)t->met[f][g]);
        }
    printf("pairs: %u of %u classes of faults struck together in one world\n", met, pairs);
}

static void totals_print(const struct totals *t, uint64_t seconds)
{
    printf("%llu worlds in %llu s, %llu events, %llu ops saved, %llu acked, %llu worlds run twice\n",
           (unsigned long long)t->worlds, (unsigned long long)seconds, (unsigned long long)t->events,
           (unsigned long long)t->saves, (unsigned long long)t->acks, (unsigned long long)t->twice);
    printf("per world: %llu events, %.1f classes of faults\n",
           (unsigned long long)(t->worlds ? t->events / t->worlds : 0),
           t->worlds ? (double)t->classes / (double)t->worlds : 0.0);
    printf("disks: %llu power losses, %llu kills, %llu writes lost, %llu torn, %llu out of order, %llu names lost, "
           "%llu errors, "
           "%llu times full\n",
           (unsigned long long)t->disk.power_losses, (unsigned long long)t->disk.kills,
           (unsigned long long)t->disk.dropped, (unsigned long long)t->disk.torn, (unsigned long long)t->disk.reordered,
           (unsigned long long)t->disk.names_lost, (unsigned long long)t->disk.faults,
           (unsigned long long)t->disk.full);
    for (unsigned f = 0; f < FAULT_COUNT; f++)
        printf("fault %-14s in %llu worlds, %llu times\n", fault_name((enum fault)f),
               (unsigned long long)t->fault_worlds[f], (unsigned long long)t->faults[f]);
#define X(name, text) printf("rare %-20s %10llu  %s\n", #name, (unsigned long long)t->rare.name, text);
    RARE_MAP(X)
#undef X
}

static unsigned rare_missing(const struct totals *t)
{
    unsigned missing = 0;
#define X(name, text)                                 \
    if (!t->rare.name) {                              \
        printf("not ok sim: never met: %s\n", #name); \
        missing++;                                    \
    }
    RARE_MAP(X)
#undef X
    return missing;
}

static int many(const char *root, const struct options *o)
{
    uint64_t began_s = seconds_now();
    struct totals *t = calloc(1, sizeof *t);
    shared->next = o->from;
    shared->last = o->seeds ? o->from + o->seeds - 1 : UINT64_MAX - 1;
    shared->end_s = o->seconds ? began_s + o->seconds : 0;
    for (unsigned i = 0; i < o->jobs; i++)
        worker_start(root, o, &shared->worker[i]);
    unsigned failed = workers_wait(root, o);
    for (unsigned i = 0; i < o->jobs; i++)
        counters_add(t, &shared->worker[i].totals, sizeof *t);
    totals_print(t, seconds_now() - began_s);
    pairs_print(t, o->pairs);
    failed += o->every_rare ? rare_missing(t) : 0;
    if (!failed && shared->pinned_next)
        printf("ok sim: %u worlds that once found something\n", pinned_count());
    if (!failed && t->twice)
        printf("ok sim: %llu worlds run twice left the same trace\n", (unsigned long long)t->twice);
    printf("%s sim: %llu worlds from seed %llu, %u violations and stalls\n", failed ? "not ok" : "ok",
           (unsigned long long)t->worlds, (unsigned long long)o->from, failed);
    free(t);
    return failed != 0;
}

/* What the library does once in a process draws random numbers too: before the first world, so that none differs from others. */
static bool library_start(void)
{
    static const uint8_t key[32];
    samling *s;
    return sam_crypto_start() == 0 && samling_open("/nonexistent/device.db", key, &s) != 0;
}

static void log_line(void *ctx, enum sam_log_level level, const char *line, size_t len)
{
    (void)ctx;
    if (level >= SAM_LOG_WARN)
        printf("           %.*s", (int)len, line);
}

static int one(const char *root, const struct options *o)
{
    struct totals *t = calloc(1, sizeof *t);
    sam_log_to(log_line, NULL);
    world_twice(root, o, o->seed, t);
    printf("ok sim world %llu: %llu events, %llu ops saved, twice with the same trace\n", (unsigned long long)o->seed,
           (unsigned long long)t->events, (unsigned long long)t->saves);
    free(t);
    return 0;
}

/* ---- */

static int usage(void)
{
    fprintf(stderr,
            "sim --seed N [-v] | --seconds N | --seeds N  [--from N] [--jobs N] [--events N] [--every-rare] [--pairs] "
            "[--first]\n");
    return 2;
}

static bool options_read(struct options *o, int argc, char **argv)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t jobs = cpus > 0 ? (uint64_t)cpus : 1;
    const struct {
        const char *name;
        uint64_t *to;
    } numbers[] = {{"--seed", &o->seed}, {"--seconds", &o->seconds}, {"--seeds", &o->seeds},
                   {"--from", &o->from}, {"--events", &o->events},   {"--jobs", &jobs}};
    *o = (struct options){.from = 1, .events = EVENTS, .verbose = 0};
    for (int i = 1; i < argc; i++) {
        unsigned n = 0;
        while (n < 6 && strcmp(argv[i], numbers[n].name) != 0)
            n++;
        if (n < 6 && i + 1 < argc)
            *numbers[n].to = strtoull(argv[++i], NULL, 10);
        else if (!strcmp(argv[i], "-v"))
            o->verbose++;
        else if (!strcmp(argv[i], "--every-rare"))
            o->every_rare = true;
        else if (!strcmp(argv[i], "--pairs"))
            o->pairs = true;
        else if (!strcmp(argv[i], "--first"))
            o->first = true;
        else
            return false;
    }
    o->jobs = jobs < 1 ? 1 : jobs > JOBS_MAX ? JOBS_MAX : (unsigned)jobs;
    o->verbose += o->seed != 0;
    return o->seed || o->seconds || o->seeds;
}

int main(int argc, char **argv)
{
    struct options o;
    char root[64];
    if (!options_read(&o, argc, argv))
        return usage();
    setvbuf(stdout, NULL, _IOLBF, 0);
    mallopt(M_MMAP_THRESHOLD,
            256 << 20); /* worlds come and go: their memory need not go back to the system each time */
    mallopt(M_TRIM_THRESHOLD, 512 << 20);
    mallopt(M_TOP_PAD, 16 << 20);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED || !root_make(root) || !library_start())
        return 1;
    pid_t child = fork(); /* a broken promise ends the process where it stands: somebody must tidy up */
    if (child == 0) {
        int code = o.seed ? one(root, &o) : many(root, &o);
        fflush(stdout);
        _exit(code);
    }
    int status = -1;
    waitpid(child, &status, 0);
    tree_remove(root);
    return WIFEXITED(status) ? WEXITSTATUS(status) != 0 : 1;
}
