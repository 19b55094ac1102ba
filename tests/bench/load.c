/* Tablets for the benchmark, on the public SDK: one thread each.
 *   load FOLDER TABLETS SESSIONS   invites come on stdin, one line each; then one word a line, each answered by a line:
 *     join    take the invites                     fill    first fill, and save SESSIONS x roster marks offline
 *     push    all at once: send everything         pull    a fresh copy of the first scopes: rows, seconds
 *     hundred save 100 marks, 9 sessions x 12, and sync them    one  the next mark    idle  nothing to do    quit
 * Figures: tab-separated name value, as bench.py reads them. */
#include <samling.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TABLETS_MAX = 64, LINE_BYTES = 2048, DEADLINE_MS = 300000, FIRST_DAY = 21000, MARKS_MAX = 512, PUSH_OPS = 100 };

struct tablet {
    pthread_t thread;
    int number, sessions;
    const char *folder;
    char invite[LINE_BYTES];
    samling *handle;
    uint64_t user, saved;
    struct samling_report report;
    double seconds;
    int err;
};

static struct tablet tablets[TABLETS_MAX];
static pthread_barrier_t start;

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
    if (!t->err)
        samling_sync_once(t->handle, DEADLINE_MS, 0, &t->report); /* pending: a coordinator approves next */
    return NULL;
}

static int session_fill(struct tablet *t, uint64_t group, int32_t day)
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
            say(t, "save", session_fill(t, groups[i % (int)group_count].id, FIRST_DAY + i / (int)group_count));
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
    double seconds = 0;
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
    }
    printf("acked\t%llu\trows\t%llu\tup\t%llu\tdown\t%llu\tsaved\t%llu\tseconds\t%.6f\tacked_s\t%.6f\tfailed\t%d\n",
           (unsigned long long)acked, (unsigned long long)rows, (unsigned long long)up, (unsigned long long)down,
           (unsigned long long)saved, seconds, (double)acked_ms * 1e-3, failed);
}

/* A tap every three seconds, as a therapist works through a sheet; the clock is only a claim, but it takes bytes. */
static int64_t tapping(void *ctx)
{
    int64_t *at = ctx;
    return *at += 3;
}

static int taps(struct tablet *t, uint64_t session, int first, int count)
{
    struct samling_line *lines;
    size_t n;
    int err = samling_sheet(t->handle, session, &lines, &n);
    for (int i = first; !err && i < first + count && i < (int)n; i++) {
        struct samling_mark mark = SAMLING_MARK_INIT;
        mark.session = session;
        mark.participant = lines[i].participant;
        mark.presence = i % 9 == 4 ? 3 : i % 7 == 6 ? 2 : 1; /* some did not come, some had said so */
        mark.late = i % 11 == 5 ? 1 : -1;
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
    if (t->err || session_count < 9) {
        say(t, "nine planned sessions", SAMLING_ENOTFOUND);
        return;
    }
    t->user = users[0].id;
    samling_clock_set(t->handle, tapping, &clock);
    for (int i = from; !t->err && i < to; i += 12)
        say(t, "mark", taps(t, sessions[i / 12].id, i % 12, to - i < 12 ? to - i : 12));
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
    tap_some(arg, 100, 101);
    return do_sync(arg);
}

int main(int argc, char **argv)
{
    char word[LINE_BYTES];
    if (argc != 4)
        return 2;
    int count = (int)strtol(argv[2], NULL, 10);
    if (count < 1 || count > TABLETS_MAX)
        return 2;
    for (int i = 0; i < count; i++) {
        tablets[i].number = i;
        tablets[i].folder = argv[1];
        tablets[i].sessions = (int)strtol(argv[3], NULL, 10);
        if (!fgets(tablets[i].invite, LINE_BYTES, stdin))
            return 2;
        tablets[i].invite[strcspn(tablets[i].invite, "\n")] = 0;
    }
    while (fgets(word, sizeof word, stdin)) {
        word[strcspn(word, "\n")] = 0;
        for (int i = 0; i < count; i++)
            tablets[i].seconds = 0;
        if (!strcmp(word, "join"))
            each(count, do_join);
        else if (!strcmp(word, "fill"))
            each(count, do_fill);
        else if (!strcmp(word, "push") || !strcmp(word, "pull") || !strcmp(word, "idle"))
            each(count, do_sync);
        else if (!strcmp(word, "hundred"))
            each(count, do_hundred);
        else if (!strcmp(word, "one"))
            each(count, do_one);
        else if (!strcmp(word, "quit"))
            break;
        else
            return 2;
        totals(count);
        fflush(stdout);
    }
    for (int i = 0; i < count; i++)
        samling_close(tablets[i].handle);
    return 0;
}
