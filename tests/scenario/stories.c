/* Goal: every story ends as it says, whoever syncs first. Each file given is a test; a file in a folder "bad" is one that must
 * fail, with the report that its first line names: "# fails: line 5: unknown word".
 *
 *   stories FILE…          one: make scenario T=02-present-and-no-show */
#include "tests/lib/scratch.h"
#include "tests/scenario/story.h"

#include "proto/wire/crypto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* Chance is the same in every run, for how well bytes can be deflated depends on it, and what is printed says how many were said. Where
 * the program is a module its host does the same: tests/wasm/stories.js. */
#ifndef __wasm__
ssize_t getrandom(void *to, size_t n, unsigned flags)
{
    static uint32_t state = 1;
    (void)flags;
    for (size_t i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        ((uint8_t *)to)[i] = (uint8_t)(state >> 24);
    }
    return (ssize_t)n;
}
#endif

static bool must_fail(const char *path)
{
    return strstr(path, "/bad/") != NULL;
}

/* What a bad file's first line says of its failure. */
static bool failure_wanted(const char *path, char out[240])
{
    static const char head[] = "# fails: ";
    FILE *f = fopen(path, "r");
    bool ok = f && fgets(out, 240, f) && !strncmp(out, head, sizeof head - 1);
    if (f)
        fclose(f);
    if (ok) {
        out[strcspn(out, "\n")] = '\0';
        memmove(out, out + sizeof head - 1, strlen(out + sizeof head - 1) + 1);
    }
    return ok;
}

static bool play(const char *path, const char *folder)
{
    static char report[STORY_REPORT_BYTES];
    struct story st;
    char why[160], wanted[240];
    if (!story_read(&st, path, why)) {
        printf("not ok %s\n%s\n", path, why);
        return false;
    }
    unsigned failures = story_play(&st, folder, false, report);
    bool ok = !failures;
    if (must_fail(path))
        ok = failures && failure_wanted(path, wanted) && strstr(report, wanted);
    printf("%s %s%s%s%s\n", ok ? "ok" : "not ok", must_fail(path) ? "bad " : "", st.name,
           failures || !*report ? "" : ": ", failures ? "" : report);
    if (!ok)
        printf("%s\n%s", path, failures ? report : "it did not fail\n");
    fflush(stdout);
    story_fini(&st);
    return ok;
}

int main(int argc, char **argv)
{
    char folder[64];
    bool ok = true;
    if (!scratch_folder(folder, sizeof folder, "story") || sam_crypto_start())
        return 1;
    for (int i = 1; i < argc; i++)
        ok = play(argv[i], folder) && ok;
    story_folder_remove(folder);
    return ok && argc > 1 ? 0 : 1;
}
