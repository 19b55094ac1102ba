/* Tablets for the benchmark, on the public SDK: one thread each.
 *   load FOLDER TABLETS SESSIONS [SEED [DAY]]   invites come on stdin, one line each; then one word a line, each answered by a line:
 *     join    take the invites                     fill    first fill, and save SESSIONS x roster marks offline, from DAY on
 *     push    all at once: send everything         pull    a fresh copy of the first scopes: rows, seconds
 *     hundred save 100 marks, 9 sessions x 12, and sync them    one  the next mark    idle  nothing to do    quit
 *     session save the next planned session's twelve marks at once and sync them: durable_s from the tap to the ack
 * With SEED marks differ as people do (came, minutes, by video, late), the same for the same seed: peers/tablet.js draws the same ones.
 * Figures: tab-separated name value, as bench.py reads them. */
#include <samling.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    TABLETS_MAX = 64,
    LINE_BYTES = 2048,
    DEADLINE_MS = 300000,
    FIRST_DAY = 21000,
    MARKS_MAX = 512,
    PUSH_OPS = 100,
    PLANNED = 9,
    GYM = 12
};

struct tablet {
    pthread_t thread;
    int number, sessions, tapped, held; /* taps and whole sessions after the first hundred */
    const char *folder;
    char invite[LINE_BYTES];
    samling *handle;
    uint64_t user, saved;
    struct samling_report report;
    double seconds, saving_s;
    int err;
};

static struct tablet tablets[TABLETS_MAX];
static pthread_barrier_t start;
static uint32_t seed; /* 0: all marks are alike */
static int32_t first_day = FIRST_DAY;

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void say(struct tablet *t, const char *what, int err)
{
    if (err)
        fprintf(stderr, "load: tablet %d: %s: %s (%s)\n", t->number, what, samling_errname(err),
                t->handle ? samling_errmsg(t->handle) : "");
    if (err && !t->err)
        t->err = err;
}

static void tablet_open(struct tablet *t)
{
    static const uint8_t key[32] = {42};
    char path[LINE_BYTES];
    snprintf(path, sizeof path, "%s/tablet-%d", t->folder, t->number);
    say(t, "open", samling_open(path, key, &t->handle));
    if (t->handle)
        samling_push_limit_set(t->handle, PUSH_OPS);
}

static void *do_join(void *arg)
{
    struct tablet *t = arg;
    tablet_open(t);
    if (!t->err)
        say(t, "join", samling_join_begin(t->handle, t->invite, "benk"));
    if (t->err)
        return NULL;
    int err = samling_sync_once(t->handle, DEADLINE_MS, 0, &t->report);
    say(t, "join", err == SAMLING_ESTATE ? 0 : err); /* pending: a coordinator approves next */
    return NULL;
}

/* As peers/tablet.js draws it: the ${person}th of the ${session}th session of a tablet. */
static uint32_t drawn(int tablet, int session, int person)
{
    uint32_t x = seed * 0x9e3779b1u ^ (uint32_t)tablet * 0x85ebca6bu ^ (uint32_t)session * 0xc2b2ae35u ^
                 (uint32_t)person * 0x27d4eb2fu;
    x = (x ^ x >> 15) * 0x2c1b3c6du;
    x = (x ^ x >> 12) * 0x297a2d39u;
    return x ^ x >> 15;
}

/* Of ten seven came, one of eight of them by video, one of eleven late. */
static void mark_draw(struct samling_mark *mark, uint32_t x)
{
    mark->presence = x % 10 < 7 ? 1 : x % 10 < 9 ? 2 : 3;
    if (mark->presence != 1)
        return;
    mark->minutes = 30 + (int)(x >> 8) % 31;
    mark->by_video = (x >> 16) % 8 == 0;
    mark->late = (x >> 20) % 11 == 0;
}

/* The same for the ${number}th tap. */
static void drawn_tap(struct samling_mark *mark, int tablet, int number)
{
    enum { OF_TAPS = 90 };
    mark->late = -1;
    mark_draw(mark, drawn(tablet, number, OF_TAPS));
}

static int session_fill(struct tablet *t, uint64_t group, int number, int32_t day)
{
    struct samling_mark marks[MARKS_MAX];
    struct samling_line *lines;
    uint64_t session;
    size_t count;
    int err = samling_session_add(t->handle, t->user, group, day, 600, &session);
    if (err)
        return err;
    err = samling_sheet(t->handle, session, &lines, &count);
    if (err)
        return err;
    if (count > MARKS_MAX)
        count = MARKS_MAX;
    for (size_t i = 0; i < count; i++) {
        marks[i] = (struct samling_mark)SAMLING_MARK_INIT;
        marks[i].session = session;
        marks[i].participant = lines[i].participant;
        if (seed)
            mark_draw(&marks[i], drawn(t->number, number, (int)i));
    }
    samling_list_free(lines);
    err = samling_mark_all(t->handle, t->user, marks, count);
    t->saved += err ? 0 : count + 1;
    return err;
}

static void *do_fill(void *arg)
{
    struct tablet *t = arg;
    struct samling_user *users;
    struct samling_group *groups;
    size_t user_count, group_count;
    say(t, "fill", samling_sync_once(t->handle, DEADLINE_MS, 0, &t->report));
    if (t->err)
        return NULL;
    say(t, "users", samling_users(t->handle, &users, &user_count));
    say(t, "groups", samling_groups(t->handle, &groups, &group_count));
    if (!t->err && user_count && group_count) {
        t->user = users[0].id;
        for (int i = 0; !t->err && i < t->sessions; i++)
            say(t, "save", session_fill(t, groups[i % (int)group_count].id, i, first_day + i / (int)group_count));
    } else if (!t->err) {
        say(t, "an empty clinic", SAMLING_ENOTFOUND);
    }
    samling_list_free(users);
    samling_list_free(groups);
    return NULL;
}

static void *do_sync(void *arg)
{
    struct tablet *t = arg;
    pthread_barrier_wait(&start);
    double from = now_s();
    say(t, "sync", samling_sync_once(t->handle, DEADLINE_MS, 0, &t->report));
    t->seconds = now_s() - from;
    return NULL;
}

static void each(int count, void *(*work)(void *))
{
    pthread_barrier_init(&start, NULL, (unsigned)count);
    for (int i = 0; i < count; i++)
        pthread_create(&tablets[i].thread, NULL, work, &tablets[i]);
    for (int i = 0; i < count; i++)
        pthread_join(tablets[i].thread, NULL);
    pthread_barrier_destroy(&start);
}

static void totals(int count)
{
    uint64_t acked = 0, rows = 0, up = 0, down = 0, saved = 0;
    int64_t acked_ms = 0;
    double seconds = 0, durable_s = 0;
    int failed = 0;
    for (int i = 0; i < count; i++) {
        struct tablet *t = &tablets[i];
        acked += t->report.ops_acked;
        rows += t->report.rows_received;
        up += t->report.bytes_up;
        down += t->report.bytes_down;
        saved += t->saved;
        failed += t->err != 0;
        if (t->seconds > seconds)
            seconds = t->seconds;
        if (t->report.acked_after_ms > acked_ms)
            acked_ms = t->report.acked_after_ms;
        if (t->saving_s + (double)t->report.acked_after_ms * 1e-3 > durable_s)
            durable_s = t->saving_s + (double)t->report.acked_after_ms * 1e-3;
    }
    printf("acked\t%llu\trows\t%llu\tup\t%llu\tdown\t%llu\tsaved\t%llu\tseconds\t%.6f\tacked_s\t%.6f\tdurable_s\t%."
           "6f\tfailed\t%d\n",
           (unsigned long long)acked, (unsigned long long)rows, (unsigned long long)up, (unsigned long long)down,
           (unsigned long long)saved, seconds, (double)acked_ms * 1e-3, durable_s, failed);
}

/* A tap every three seconds, as a therapist works through a sheet; the clock is only a claim, but it takes bytes. */
static int64_t tapping(void *ctx)
{
    int64_t *at = ctx;
    return *at += 3;
}

/* ${number}: the first of them, of all that are tapped. */
static int taps(struct tablet *t, uint64_t session, int number, int count)
{
    struct samling_line *lines;
    size_t n;
    int first = number % GYM, err = samling_sheet(t->handle, session, &lines, &n);
    for (int i = first; !err && i < first + count && i < (int)n; i++) {
        struct samling_mark mark = SAMLING_MARK_INIT;
        mark.session = session;
        mark.participant = lines[i].participant;
        mark.presence = i % 9 == 4 ? 3 : i % 7 == 6 ? 2 : 1; /* some did not come, some had said so */
        mark.late = i % 11 == 5 ? 1 : -1;
        if (seed)
            drawn_tap(&mark, t->number, number + i - first);
        err = samling_mark(t->handle, t->user, &mark);
        t->saved += err == 0;
    }
    if (!err)
        samling_list_free(lines);
    return err;
}

/* The first nine sessions of the plan, twelve people each; a hundred taps, or the one after them. */
static void tap_some(struct tablet *t, int from, int to)
{
    struct samling_group *groups;
    struct samling_session *sessions;
    struct samling_user *users;
    size_t count, session_count, user_count;
    int64_t clock = (int64_t)time(NULL);
    say(t, "users", samling_users(t->handle, &users, &user_count));
    say(t, "groups", samling_groups(t->handle, &groups, &count));
    say(t, "sessions", samling_sessions(t->handle, groups[0].id, &sessions, &session_count));
    if (t->err || session_count < PLANNED) {
        say(t, "nine planned sessions", SAMLING_ENOTFOUND);
        return;
    }
    t->user = users[0].id;
    samling_clock_set(t->handle, tapping, &clock);
    for (int i = from; !t->err && i < to; i += GYM)
        say(t, "mark", taps(t, sessions[i / GYM].id, i, to - i < GYM ? to - i : GYM));
    samling_clock_set(t->handle, NULL, NULL);
    samling_list_free(users);
    samling_list_free(groups);
    samling_list_free(sessions);
}

static void *do_hundred(void *arg)
{
    tap_some(arg, 0, 100);
    return do_sync(arg);
}

static void *do_one(void *arg)
{
    struct tablet *t = arg;
    int at = (100 + t->tapped++) % (PLANNED * GYM);
    tap_some(t, at, at + 1);
    return do_sync(arg);
}

/* Twelve people on one sheet, saved with one tap on "save". */
static void *do_session(void *arg)
{
    struct tablet *t = arg;
    struct samling_mark marks[MARKS_MAX];
    struct samling_group *groups;
    struct samling_session *sessions;
    struct samling_user *users;
    struct samling_line *lines;
    size_t count, session_count, user_count, n;
    say(t, "users", samling_users(t->handle, &users, &user_count));
    say(t, "groups", samling_groups(t->handle, &groups, &count));
    say(t, "sessions", samling_sessions(t->handle, groups[0].id, &sessions, &session_count));
    if (t->err || !session_count)
        return NULL;
    uint64_t session = sessions[(size_t)t->held % session_count].id;
    say(t, "sheet", samling_sheet(t->handle, session, &lines, &n));
    for (size_t i = 0; !t->err && i < n && i < MARKS_MAX; i++) {
        marks[i] = (struct samling_mark)SAMLING_MARK_INIT;
        marks[i].session = session;
        marks[i].participant = lines[i].participant;
        mark_draw(&marks[i], drawn(t->number, t->held, (int)i));
    }
    t->held++;
    double from = now_s();
    say(t, "save", samling_mark_all(t->handle, users[0].id, marks, n));
    t->saving_s = now_s() - from;
    samling_list_free(lines);
    samling_list_free(users);
    samling_list_free(groups);
    samling_list_free(sessions);
    return do_sync(arg);
}

static const struct {
    const char *word;
    void *(*work)(void *);
} words[] = {{"join", do_join}, {"fill", do_fill},       {"push", do_sync}, {"pull", do_sync},
             {"idle", do_sync}, {"hundred", do_hundred}, {"one", do_one},   {"session", do_session}};

/* What all tablets do; false: no such word. */
static bool heard(const char *word, int count)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(word, words[i].word) != 0)
            continue;
        for (int n = 0; n < count; n++)
            tablets[n].seconds = tablets[n].saving_s = 0;
        each(count, words[i].work);
        totals(count);
        fflush(stdout);
        return true;
    }
    return false;
}

static bool invited(int argc, char **argv, int count)
{
    seed = argc > 4 ? (uint32_t)strtoul(argv[4], NULL, 10) : 0;
    first_day = argc > 5 ? (int32_t)strtol(argv[5], NULL, 10) : FIRST_DAY;
    for (int i = 0; i < count; i++) {
        tablets[i].number = i;
        tablets[i].folder = argv[1];
        tablets[i].sessions = (int)strtol(argv[3], NULL, 10);
        if (!fgets(tablets[i].invite, LINE_BYTES, stdin))
            return false;
        tablets[i].invite[strcspn(tablets[i].invite, "\n")] = 0;
    }
    return true;
}

int main(int argc, char **argv)
{
    char word[LINE_BYTES];
    int count = argc >= 4 && argc <= 6 ? (int)strtol(argv[2], NULL, 10) : 0;
    if (count < 1 || count > TABLETS_MAX || !invited(argc, argv, count))
        return 2;
    while (fgets(word, sizeof word, stdin)) {
        word[strcspn(word, "\n")] = 0;
        if (strcmp(word, "quit") == 0)
            break;
        if (!heard(word, count))
            return 2;
    }
    for (int i = 0; i < count; i++)
        samling_close(tablets[i].handle);
    return 0;
}
