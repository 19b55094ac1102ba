/* Goal: one failed allocation or one failed call for a file, at any place, never costs anything that was said to be there.
 *
 * Each story is played with the 1st, 2nd, 3rd … allocation (or call for a file) failing, once and from then on for ever, until it runs
 * without meeting the failure; each time in a process of its own on a copy of the world. Where only one call failed it is then played
 * again in the same process, which must go well unless the process had to end. A second process opens what lies there, carries it to its
 * end and looks: what was called saved, acked or done is there, once; nothing that was said not to be saved is; the store verifies, and
 * rebuilds to the same.
 *
 *   sweep [--kind memory|EIO|ENOSPC] [--thin] [--commit] [--every K] [--at N [--once|--ever]] [--first] [STORY …]
 *
 * --thin: SQLite keeps hardly a page, so that every look goes to the file. --commit: only
 * what fails within intake_commit. --first: one that goes wrong is enough. --every K: of each K places one, drawn from --seed; else all of them. --at N: this place alone, told aloud. */
#include "tests/lib/scratch.h"
#include "tests/torture/world.h"

#include "proto/base/err.h"
#include "proto/base/log.h"
#include "proto/wire/crypto.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WRONG_SHOWN_MAX = 12, RUN_SECONDS_MAX = 30 };

static struct {
    const char *kind;
    struct fail fail;
    unsigned long every, at, seed;
    int modes; /* 1 once, 2 ever, 3 both */
    bool first, thin;
    const char *program;
} want = {.kind = "memory", .every = 1, .seed = 1, .modes = 3};

struct sum {
    unsigned long places, runs, hits, refused, ended, saved, acked, late_acks, wrong, leaks;
};

static char folder[64];
static struct world base;

static int tell_nobody(void)
{
    return want.at ? 0 : 1;
}

/* ---- one run */

static void play(struct world *w, const struct story *story, const struct fail *f)
{
    struct witness *seen = w->seen;
    long live = fail_live();
    w->p.zip = sam_zip_new();
    w->thin = want.thin;
    fail_arm(f);
    int err = story->play(w);
    seen->complete = !err;
    if (err && !f->ever && fail_hits() && !seen->ended) {
        world_reopen_broken(w);
        err = story->play(w);
        if (err && !seen->ended)
            snprintf(seen->wrong, sizeof seen->wrong, "it does not go on after one failure: %s", sam_err_name(err));
    }
    world_told(w);
    if (seen->ended)
        _exit(0); /* as the process ends: nothing is closed */
    world_close(w);
    sam_zip_free(w->p.zip);
    seen->leaked = seen->jumped ? 0 : fail_live() - live;
    _exit(0);
}

/* How a child ended: NULL well, else in words. */
static const char *ended_well(pid_t child, char *text, size_t size)
{
    int status;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return NULL;
    if (WIFSIGNALED(status))
        snprintf(text, size, "died of signal %d", WTERMSIG(status));
    else
        snprintf(text, size, "exit %d", WEXITSTATUS(status));
    return text;
}

static pid_t child_begin(void)
{
    fflush(stdout);
    pid_t child = fork();
    if (child < 0) {
        perror("fork");
        exit(1);
    }
    if (child == 0) {
        alarm(RUN_SECONDS_MAX);
        if (tell_nobody() && !freopen("/dev/null", "w", stderr))
            _exit(1);
    }
    return child;
}

/* What is wrong with it, or NULL. */
static const char *run(const struct story *story, const struct fail *f, char *text, size_t size)
{
    struct world w = base;
    struct witness *seen = w.seen;
    char at[128], how[64];
    memset(seen, 0, sizeof *seen);
    snprintf(at, sizeof at, "%s/run", folder);
    world_copy(&w, at);
    pid_t child = child_begin();
    if (child == 0)
        play(&w, story, f);
    const char *bad = ended_well(child, how, sizeof how);
    if (!seen->wrong[0] && seen->ended && f->kind == FAIL_MEMORY)
        snprintf(seen->wrong, sizeof seen->wrong, "the centre ended, and only memory was short");
    if (bad || seen->wrong[0]) {
        snprintf(text, size, "%s %s", bad ? bad : "", seen->wrong);
        return text;
    }
    w.third = strcmp(story->name, "join") == 0;
    child = child_begin();
    if (child == 0)
        _exit(world_check(&w) ? 3 : 0);
    bad = ended_well(child, how, sizeof how);
    if (bad)
        snprintf(text, size, "afterwards: %s: %s", bad, seen->wrong);
    else if (seen->leaked > 0)
        snprintf(text, size, "%ld blocks were not given back", seen->leaked);
    else
        return NULL;
    return text;
}

static void count(struct sum *sum, const struct witness *seen)
{
    sum->runs++;
    sum->hits += seen->hits > 0;
    sum->refused += seen->errors > 0;
    sum->ended += seen->ended;
    sum->late_acks += seen->acks_after_failure;
    for (unsigned i = 0; i <= WORLD_TABLETS; i++)
        sum->saved += seen->saved[i];
    for (unsigned i = 0; i < WORLD_TABLETS + 3; i++)
        sum->acked += seen->acked[i] > 0;
}

static const char *options_said(void)
{
    static const char *const said[] = {"", " --thin", " --commit", " --thin --commit"};
    return said[want.thin + 2 * want.fail.inside];
}

static void failed(const struct story *story, const struct fail *f, const struct witness *seen, const char *why,
                   struct sum *sum)
{
    if (sum->wrong++ < WRONG_SHOWN_MAX)
        printf("not ok torture %s %s: %s at %lu, %s: %s\n    repeat: %s --kind %s%s --at %lu %s %s\n", want.kind,
               story->name, seen->name[0] ? seen->name : "?", f->at, f->ever ? "for ever" : "once", why, want.program,
               want.kind, options_said(), f->at, f->ever ? "--ever" : "--once", story->name);
}

/* ---- one story, every place */

static unsigned long drawn(unsigned long below)
{
    want.seed = want.seed * 6364136223846793005u + 1442695040888963407u;
    return (want.seed >> 33) % below;
}

static void sweep(const struct story *story, bool ever, struct sum *sum)
{
    char text[400];
    struct fail f = want.fail;
    f.ever = ever;
    unsigned long from = want.at ? want.at : 1, least = sum->places / 6 + 1,
                  step = want.every < least ? want.every : least;
    for (;; from += step) {
        f.at = want.at ? want.at : from + drawn(step);
        const char *bad = run(story, &f, text, sizeof text);
        if (bad)
            failed(story, &f, base.seen, bad, sum);
        count(sum, base.seen);
        if (want.at || (!bad && base.seen->hits == 0))
            break;
        if (sum->wrong >= (want.first ? 1 : 200))
            break;
    }
}

/* How many places there are: nothing fails, and the story must come to its end. */
static bool places(const struct story *story, struct sum *sum)
{
    char text[400];
    struct fail none = want.fail;
    const char *bad = run(story, &none, text, sizeof text);
    sum->places = base.seen->count;
    if (!bad && base.seen->complete && base.seen->leaked <= 0)
        return true;
    printf("not ok torture %s %s: without any failure: %s\n", want.kind, story->name,
           bad ? bad : "it does not come to its end");
    return false;
}

static bool one(const struct story *story)
{
    struct sum sum = {0};
    if (!places(story, &sum))
        return false;
    for (int ever = 0; ever < 2; ever++)
        if (want.modes >> ever & 1)
            sweep(story, ever, &sum);
    if (sum.wrong)
        printf("not ok torture %s %s: %lu of %lu runs\n", want.kind, story->name, sum.wrong, sum.runs);
    else
        printf("ok torture %s%s %s: %lu places, once and for ever%s: %lu runs, %lu with a failure, %lu said no, %lu "
               "ended; 0 "
               "lost, 0 doubled of %lu saved and %lu acked; %lu acks beside a failure\n",
               want.kind, options_said(), story->name, sum.places, want.every > 1 ? " (a sample)" : "", sum.runs,
               sum.hits, sum.refused, sum.ended, sum.saved, sum.acked, sum.late_acks);
    fflush(stdout);
    return !sum.wrong;
}

/* ---- the program */

static bool kind_set(const char *name)
{
    want.kind = name;
    want.fail.kind = strcmp(name, "memory") == 0 ? FAIL_MEMORY : FAIL_FILES;
    want.fail.error = strcmp(name, "EIO") == 0 ? EIO : strcmp(name, "ENOSPC") == 0 ? ENOSPC : 0;
    return want.fail.kind == FAIL_MEMORY || want.fail.error;
}

static int options(int argc, char **argv)
{
    int i = 1;
    want.program = argv[0];
    for (; i < argc && argv[i][0] == '-'; i++) {
        const char *word = argv[i], *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(word, "--once") == 0)
            want.modes = 1;
        else if (strcmp(word, "--ever") == 0)
            want.modes = 2;
        else if (strcmp(word, "--first") == 0)
            want.first = true;
        else if (strcmp(word, "--commit") == 0)
            want.fail.inside = true;
        else if (strcmp(word, "--thin") == 0)
            want.thin = true;
        else if (strcmp(word, "--kind") == 0 && kind_set(value))
            i++;
        else if (strcmp(word, "--every") == 0 && (want.every = strtoul(value, NULL, 10)) > 0)
            i++;
        else if (strcmp(word, "--seed") == 0 && (want.seed = strtoul(value, NULL, 10)) > 0)
            i++;
        else if (strcmp(word, "--at") == 0 && (want.at = strtoul(value, NULL, 10)) > 0)
            i++;
        else
            return -1;
    }
    return i;
}

static bool wanted(const char *name, int argc, char **argv, int from)
{
    for (int i = from; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return from == argc;
}

int main(int argc, char **argv)
{
    char at[80];
    kind_set("memory");
    int from = options(argc, argv);
    if (from < 0) {
        fprintf(stderr, "sweep [--kind memory|EIO|ENOSPC] [--thin] [--commit] [--every K] [--seed S] [--at N "
                        "[--once|--ever]] [--first] [STORY ...]\n");
        return 2;
    }
    if (want.every > 1)
        printf("# seed %lu: %s --kind %s%s --every %lu --seed %lu\n", want.seed, want.program, want.kind,
               options_said(), want.every, want.seed);
    if (want.at)
        fail_aloud();
    if (sam_crypto_start() || !scratch_folder(folder, sizeof folder, "torture"))
        return 1;
    base.seen = mmap(NULL, sizeof *base.seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    snprintf(at, sizeof at, "%s/base", folder);
    world_make(&base, at);
    bool ok = base.seen != MAP_FAILED;
    for (unsigned i = 0; i < story_count; i++)
        if (wanted(stories[i].name, argc, argv, from))
            ok &= one(&stories[i]);
    pump_folder_remove(at);
    snprintf(at, sizeof at, "%s/run", folder);
    pump_folder_remove(at);
    rmdir(folder);
    return ok ? 0 : 1;
}
