/* Goal: the stories notice when a field is judged by the wrong class. For each unit and each class that would judge it
 * otherwise, a child process changes that one entry of the field table and plays the stories: one at least must fail.
 *
 *   flips FILE…                              all fields; one line for each and each wrong class
 *   flips --flip attendance.presence:register FILE…   only that, with the stories' reports */
#include "tests/lib/scratch.h"
#include "tests/scenario/story.h"

#include "proto/wire/crypto.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STORIES_MAX = 128, FLIP_S_MAX = 60 };

static const char *const class_words[] = {"fact", "ranked", "register", "minor", "union", "ordered"};

struct stories {
    struct story at[STORIES_MAX];
    unsigned count;
    char folder[64];
};

static bool stories_read(struct stories *all, int argc, char **argv)
{
    char why[160];
    for (int i = 0; i < argc; i++) {
        if (strstr(argv[i], "/bad/"))
            continue;
        PUMP_MUST(all->count < STORIES_MAX);
        if (!story_read(&all->at[all->count++], argv[i], why)) {
            printf("not ok %s: %s\n", argv[i], why);
            return false;
        }
    }
    return true;
}

/* ---- which stories first: those that speak of the columns, then of the table */

static bool speaks_of(const struct story *st, const char *table, const char *column)
{
    for (unsigned i = 0; i < st->lines; i++)
        if (strstr(st->line[i].text, table) && (!column || strstr(st->line[i].text, column)))
            return true;
    return false;
}

static unsigned nearness(const struct story *st, const struct sam_entity_def *def, unsigned unit)
{
    unsigned near = speaks_of(st, def->table, NULL);
    if (speaks_of(st, "cut at every byte", NULL)) /* long to play */
        return 0;
    for (unsigned i = 0; i < def->field_count; i++)
        if (def->field[i].unit == unit && speaks_of(st, def->table, def->field[i].column))
            near = 2;
    return near;
}

/* ---- one flip, in a child */

struct found {
    unsigned story; /* being played; then the one that failed */
    bool caught, stopped;
};

static void flip_play(const struct stories *all, const struct sam_entity_def *def, unsigned unit, unsigned class,
                      bool loud, struct found *found)
{
    static char report[STORY_REPORT_BYTES];
    ((struct sam_entity_def *)(uintptr_t)def)->unit_class[unit] = (uint8_t) class;
    for (unsigned near = 3; near-- > 0;)
        for (unsigned i = 0; i < all->count; i++) {
            if (nearness(&all->at[i], def, unit) != near)
                continue;
            found->story = i;
            found->caught = story_play(&all->at[i], all->folder, true, report) > 0;
            if (loud && found->caught)
                printf("%s: %s", all->at[i].name, report);
            if (found->caught && !loud)
                return;
        }
}

static bool flip_caught(const struct stories *all, const struct sam_entity_def *def, unsigned unit, unsigned class,
                        struct found *found)
{
    int status;
    *found = (struct found){0};
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
            _exit(2);
        alarm(FLIP_S_MAX);
        flip_play(all, def, unit, class, false, found);
        _exit(found->caught);
    }
    PUMP_MUST(child > 0 && waitpid(child, &status, 0) == child);
    /* a check inside the product: caught too; but not where the time was over before any story failed */
    found->stopped = !WIFEXITED(status) && WTERMSIG(status) != SIGALRM;
    return found->caught || found->stopped;
}

/* ---- which classes would judge a unit otherwise */

static bool only_centre(const struct sam_entity_def *def, unsigned unit)
{
    for (unsigned i = 0; i < def->field_count; i++)
        if (def->field[i].unit == unit && def->field[i].writer == SAM_WRITER_TABLET)
            return false;
    return true;
}

static bool one_number(const struct sam_entity_def *def, unsigned unit)
{
    uint32_t mask = sam_unit_fields(def, 1u << unit);
    return mask && !(mask & (mask - 1)) && def->field[__builtin_ctz(mask)].type != SAM_TYPE_TEXT;
}

/* A session's group, day and plan are said once, when it is made (fields-session.txt): there is never a second value. */
static bool said_once(const struct sam_entity_def *def, unsigned unit)
{
    return def->tag == SAM_SESSION && def->field[SAM_SESSION_day].unit == unit;
}

static bool judges_otherwise(const struct sam_entity_def *def, unsigned unit, unsigned class)
{
    unsigned is = def->unit_class[unit];
    if (said_once(def, unit))
        return false;
    switch (class) {
    case SAM_CLASS_RANKED: /* where only the centre writes, all stand alike */
        return is != class && !(is == SAM_CLASS_REGISTER && only_centre(def, unit));
    case SAM_CLASS_REGISTER: return is != class && !(is == SAM_CLASS_RANKED && only_centre(def, unit));
    case SAM_CLASS_MINOR: return is != class;
    case SAM_CLASS_UNION: return is != class && one_number(def, unit);
    default:
        return false; /* a fact is folded like a register; the order of ORDERED is that of the enrolment's status */
    }
}

static bool flip_tell(const struct stories *all, const struct sam_entity_def *def, unsigned unit, unsigned class,
                      struct found *found)
{
    bool caught = flip_caught(all, def, unit, class, found);
    for (unsigned i = 0; i < def->field_count; i++) {
        if (def->field[i].unit != unit)
            continue;
        printf("%s flip %s.%s -> %s: %s%s%s\n", caught ? "ok" : "not ok", def->table, def->field[i].column,
               class_words[class], caught ? "caught by " : "nothing catches it",
               caught ? all->at[found->story].name : "", found->stopped ? ", which it stops" : "");
    }
    return caught;
}

/* Without a flip they must pass, or a flip proves nothing. */
static bool all_pass(const struct stories *all)
{
    static char report[STORY_REPORT_BYTES];
    bool ok = true;
    for (unsigned i = 0; i < all->count; i++)
        if (!speaks_of(&all->at[i], "cut at every byte", NULL) && story_play(&all->at[i], all->folder, true, report)) {
            printf("not ok %s fails without a flip: %s", all->at[i].name, report);
            ok = false;
        }
    return ok;
}

static bool flip_all(const struct stories *all, struct found *found)
{
    bool ok = true;
    for (unsigned e = 0; sam_entity_at(e); e++) {
        const struct sam_entity_def *def = sam_entity_at(e);
        for (unsigned unit = 0; unit < def->unit_count; unit++)
            for (unsigned class = SAM_CLASS_FACT; class <= SAM_CLASS_ORDERED; class ++)
                if (judges_otherwise(def, unit, class))
                    ok = flip_tell(all, def, unit, class, found) && ok;
    }
    return ok;
}

/* "attendance.presence:register" */
static int flip_one(const struct stories *all, const char *text, struct found *found)
{
    const char *dot = strchr(text, '.'), *colon = strchr(text, ':');
    char table[48];
    if (!dot || !colon || dot > colon)
        return 2;
    snprintf(table, sizeof table, "%.*s", (int)(dot - text), text);
    const struct sam_entity_def *def = sam_entity_named(table);
    int field = def ? field_find(def, dot + 1, (size_t)(colon - dot - 1)) : -1;
    for (unsigned class = 0; field >= 0 && class <= SAM_CLASS_ORDERED; class ++)
        if (!strcmp(class_words[class], colon + 1)) {
            flip_play(all, def, def->field[field].unit, class, true, found);
            return 0;
        }
    printf("no such field or class: %s\n", text);
    return 2;
}

int main(int argc, char **argv)
{
    static struct stories all;
    int first = argc > 2 && !strcmp(argv[1], "--flip") ? 3 : 1;
    struct found *found = mmap(NULL, sizeof *found, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (found == MAP_FAILED || !scratch_folder(all.folder, sizeof all.folder, "flips") || sam_crypto_start() ||
        !stories_read(&all, argc - first, argv + first))
        return 1;
    int status = first == 3 ? flip_one(&all, argv[2], found) : !(all_pass(&all) && flip_all(&all, found));
    story_folder_remove(all.folder);
    for (unsigned i = 0; i < all.count; i++)
        story_fini(&all.at[i]);
    return status;
}
