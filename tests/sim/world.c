#include "tests/sim/world.h"

#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "tests/sim/centre.h"
#include "tests/sim/check.h"
#include "tests/sim/console.h"
#include "tests/sim/fault.h"
#include "tests/sim/history.h"
#include "tests/sim/line.h"
#include "tests/sim/tablet.h"
#include "tests/sim/upgrade.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define START_MS INT64_C(1800000000000)
#define REST_MS_MAX (INT64_C(24) * 3600000) /* faults over: by then everything must be at rest */
#define REST_EVENTS_MAX 400000u

/* ---- chance */

/* In place of the system's: keys, ids and epochs are the seed's too. */
static uint64_t entropy;
ssize_t getrandom(void *buf, size_t n, unsigned flags)
{
    (void)flags;
    for (size_t i = 0; i < n; i += 8) {
        uint64_t v = draw(&entropy);
        memcpy((uint8_t *)buf + i, &v, n - i < 8 ? n - i : 8);
    }
    return (ssize_t)n;
}

uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}
uint64_t roll(struct world *w, uint64_t below)
{
    return draw(&w->rng) % below;
}
bool chance(struct world *w, unsigned percent)
{
    return roll(w, 100) < percent;
}
int64_t some_ms(struct world *w, int64_t mean_ms)
{
    static const int quarters[] = {1, 1, 2, 2, 3, 4, 4, 5, 8, 16};
    int64_t most = mean_ms * quarters[roll(w, 10)] / 4;
    return most / 2 + (int64_t)roll(w, (uint64_t)(most / 2 + 1));
}
bool has_fault(const struct world *w, enum fault f)
{
    return w->faults >> f & 1u;
}

/* ---- what is told */

void trace_add(struct world *w, const char *what, uint64_t a, uint64_t b)
{
    uint64_t h = w->trace ^ (uint64_t)w->now_ms * 0x9e3779b97f4a7c15u;
    for (const char *p = what; *p; p++)
        h = (h ^ (uint8_t)*p) * 0x100000001b3u;
    h = (h ^ a) * 0xbf58476d1ce4e5b9u;
    h = (h ^ b ^ h >> 29) * 0x94d049bb133111ebu;
    w->trace = h ^ h >> 32;
    if (w->verbose > 1)
        printf("%10.3f %s %llu %llu\n", (double)(w->now_ms - START_MS) / 1000, what, (unsigned long long)a,
               (unsigned long long)b);
}

void say(struct world *w, const char *format, ...)
{
    va_list args;
    if (!w->verbose)
        return;
    printf("%10.3f ", (double)(w->now_ms - START_MS) / 1000);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

_Noreturn void violation(struct world *w, const char *file, int line, const char *format, ...)
{
    va_list args;
    const char *name = strrchr(file, '/');
    printf("VIOLATION in world %llu after %llu events (%s:%d): ", (unsigned long long)w->seed,
           (unsigned long long)w->events, name ? name + 1 : file, line);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n  repeat it: make sim SEED=%llu\n", (unsigned long long)w->seed);
    if (getenv("DUMP"))
        disk_export(w->root, getenv("DUMP"));
    fflush(stdout);
    _exit(3);
}

/* ---- the next event */

enum actor { ACTOR_NONE, ACTOR_CENTRE, ACTOR_LINE, ACTOR_TABLET, ACTOR_CONSOLE, ACTOR_FAULT, ACTOR_HEAL };

struct next {
    int64_t due_ms;
    enum actor actor;
    void *who;
};

static void sooner(struct next *n, int64_t due_ms, enum actor actor, void *who)
{
    if (due_ms < n->due_ms)
        *n = (struct next){due_ms, actor, who};
}

static struct next next_event(struct world *w)
{
    struct next n = {INT64_MAX, ACTOR_NONE, NULL};
    sooner(&n, centre_due(w), ACTOR_CENTRE, NULL);
    for (struct line *l = w->line; l < w->line + LINES_MAX; l++)
        if (l->used)
            sooner(&n, line_due(l), ACTOR_LINE, l);
    for (unsigned i = 0; i < w->tablets; i++)
        sooner(&n, tablet_due(&w->tablet[i]), ACTOR_TABLET, &w->tablet[i]);
    sooner(&n, w->console_ms, ACTOR_CONSOLE, NULL);
    if (w->faults_on)
        sooner(&n, w->fault_ms, ACTOR_FAULT, NULL);
    sooner(&n, fault_heal_due(w), ACTOR_HEAL, NULL);
    return n;
}

/* The coordinator at work; when people rest she still lets in who waits. */
static void console_turn(struct world *w)
{
    w->console_ms = w->now_ms + some_ms(w, 45000);
    if (w->people_on) {
        console_act(w);
        return;
    }
    console_approve(w);
    console_confirm(w);
    for (unsigned i = 0; i < w->tablets; i++)
        if (w->tablet[i].s && sam_meta(w->tablet[i].s, state) == SAMLING_NOT_JOINED) /* its invite had grown too old */
            tablet_invite(&w->tablet[i]);
}

static void after(struct world *w)
{
    if (w->centre.intake && disk_is_off(w->centre_folder))
        centre_died(w);
    for (unsigned i = 0; i < w->tablets; i++) {
        struct tablet *t = &w->tablet[i];
        if (t->s && disk_is_off(t->folder))
            tablet_died(t);
        tablet_check(t);
    }
    conns_reap(w);
    lines_sweep(w);
}

static void step(struct world *w)
{
    struct next n = next_event(w);
    MUST_SAY(n.actor != ACTOR_NONE, "nothing is due any more");
    if (n.due_ms > w->now_ms)
        w->now_ms = n.due_ms;
    disk_time_set((uint64_t)w->now_ms);
    w->events++;
    switch (n.actor) {
    case ACTOR_CENTRE: centre_act(w); break;
    case ACTOR_LINE: line_act(w, n.who); break;
    case ACTOR_TABLET: tablet_act(n.who); break;
    case ACTOR_CONSOLE: console_turn(w); break;
    case ACTOR_FAULT: fault_act(w); break;
    case ACTOR_HEAL: fault_heal(w); break;
    case ACTOR_NONE: break;
    }
    after(w);
}

/* ---- rest */

/* P9: with only its own retries every tablet gets rid of what waits. */
static bool all_sent(struct world *w)
{
    for (unsigned i = 0; i < w->tablets; i++) {
        struct tablet *t = &w->tablet[i];
        if (!t->gone &&
            (!t->s || sam_meta(t->s, last_seq) != sam_meta(t->s, acked_seq) || sam_meta(t->s, state) != SAMLING_ACTIVE))
            return false;
    }
    return w->centre.intake != NULL;
}

static bool all_settled(struct world *w)
{
    if (!w->centre.intake || w->centre.writer.first)
        return false;
    for (unsigned i = 0; i < w->tablets; i++) {
        struct tablet *t = &w->tablet[i];
        if (!check_tablet_settled(t) ||
            (!t->gone && (t->contact_ms <= w->changed_ms || (t->line && !samling_link_idle(t->s)))))
            return false;
    }
    return true;
}

static void stalled(struct world *w, const char *what)
{
    for (unsigned i = 0; i < w->tablets; i++) {
        struct samling_status st;
        struct tablet *t = &w->tablet[i];
        if (t->s && samling_status(t->s, &st) == 0)
            printf("tablet %u: device %llu state %d waiting %llu scopes %u of %u retry %lld: %s\n", i,
                   (unsigned long long)st.device_no, st.state, (unsigned long long)st.waiting, st.scopes_filled,
                   st.scopes, (long long)st.retry_in_s, t->s->talk.why);
    }
    violation(w, __FILE__, __LINE__, "STALL: faults have been over for long, and %s", what);
}

static void run_until(struct world *w, bool (*done)(struct world *w), const char *what)
{
    int64_t end_ms = w->now_ms + REST_MS_MAX;
    uint64_t end_events = w->events + REST_EVENTS_MAX;
    while (!done(w)) {
        if (w->now_ms > end_ms || w->events > end_events)
            stalled(w, what);
        step(w);
    }
}

static void rest(struct world *w)
{
    fault_stop(w);
    w->people_on = w->polls_on = false;
    say(w, "rest after %llu events", (unsigned long long)w->events);
    run_until(w, all_sent, "something still waits on a tablet");
    w->polls_on = true;
    /* A POKE names the clinic that has a group now; whoever lost it asks by itself. And that another has gone on from the same
     * store a tablet learns with its next HELLO. */
    for (unsigned i = 0; i < w->tablets; i++) {
        w->tablet[i].stays = false;
        tablet_hang_up(&w->tablet[i], false);
        w->tablet[i].contact_ms = 0;
    }
    run_until(w, all_settled, "a tablet is not up to date");
    say(w, "everything is at rest");
    check_rest(w);
}

/* ---- a world */

static void paths(struct world *w, const char *root)
{
    static const char *const leftovers[] = {"samling.db.judging", "samling.db", "journal/journal.log"};
    char path[PATH_MAX_BYTES + 32];
    snprintf(w->root, sizeof w->root, "%s", root);
    snprintf(w->centre_folder, sizeof w->centre_folder, "%scentre/", root);
    snprintf(w->store_path, sizeof w->store_path, "%scentre/samling.db", root);
    snprintf(w->journal_path, sizeof w->journal_path, "%scentre/journal", root);
    snprintf(w->journal_folder, sizeof w->journal_folder, "%scentre/journal/", root);
    mkdir(w->centre_folder, 0700);
    for (unsigned i = 0; i < sizeof leftovers / sizeof leftovers[0]; i++) {
        snprintf(path, sizeof path, "%scentre/%s", root, leftovers[i]);
        unlink(path);
    }
}

struct world *world_new(const char *root, uint64_t seed, int verbose)
{
    struct world *w = calloc(1, sizeof *w);
    if (!w)
        abort();
    w->seed = w->rng = seed;
    entropy = seed ^ 0x5eed;
    w->verbose = verbose;
    w->now_ms = START_MS + (int64_t)roll(w, 86400000);
    paths(w, root);
    disk_init(seed);
    disk_safe_overwrite();
    disk_time_set((uint64_t)w->now_ms);
    w->zip = sam_zip_new();
    w->row = calloc(1, sizeof *w->row);
    sam_buf_init(&w->replayable, 256u * 1024u);
    w->history = history_new(w);
    fault_choose(w);
    skew_start(w);
    MUST(centre_open(w, true));
    console_start(w);
    unsigned tablets = 3 + (unsigned)roll(w, 4);
    for (unsigned i = 0; i < tablets; i++) {
        struct tablet *t = tablet_new(w);
        tablet_boot(t);
        tablet_invite(t);
    }
    w->faults_on = w->people_on = w->polls_on = true;
    w->console_ms = w->now_ms + 2000;
    w->fault_ms = w->now_ms + some_ms(w, 20000);
    for (unsigned f = 0; f < FAULT_COUNT; f++)
        if (has_fault(w, (enum fault)f))
            say(w, "may happen: %s", fault_name((enum fault)f));
    return w;
}

void world_run(struct world *w, uint64_t events)
{
    events *= w->aged ? 2 : 1;
    while (w->events < events)
        step(w);
    rest(w);
    trace_add(w, "disk", disk_trace(), w->saves);
}

void world_free(struct world *w)
{
    for (unsigned i = 0; i < w->tablets; i++) {
        tablet_close(&w->tablet[i]);
        free(w->tablet[i].gid);
    }
    centre_close(w);
    for (struct line *l = w->line; l < w->line + LINES_MAX; l++) {
        sam_buf_fini(&l->up.bytes);
        sam_buf_fini(&l->down.bytes);
        sam_buf_fini(&l->said);
    }
    history_free(w->history);
    sam_buf_fini(&w->replayable);
    sam_zip_free(w->zip);
    free(w->row);
    disk_fini();
    free(w);
}
