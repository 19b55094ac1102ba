/* Runs files through a fuzz target, without a fuzzer: build/asan/fuzz/NAME FILE|FOLDER...
 *
 * Each file is given as it is, in memory of its very size, and once more many times behind itself: what takes more than linear time
 * shows there, since a whole run may take GROWN_MS of the processor for so many bytes. Prints "ok fuzz NAME: N files" as its last
 * line; a file on which it breaks is named before the target aborts. */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#define FILE_BYTES_MAX (1u << 20)
#define GROWN_BYTES (128u * 1024u)
#define GROWN_MS 4000 /* linear, with the sanitisers, on a busy machine: below 200 */

static unsigned files;
static int broken;

static long cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void run_exact(struct sam_span s)
{
    uint8_t *p = fuzz_exact(s);
    LLVMFuzzerTestOneInput(p, s.len);
    free(p);
}

/* The same bytes behind each other, up to GROWN_BYTES. */
static void run_grown(const char *path, struct sam_span s)
{
    struct sam_buf b;
    sam_buf_init(&b, GROWN_BYTES + FILE_BYTES_MAX);
    while (s.len && sam_buf_len(&b) < GROWN_BYTES)
        if (sam_buf_add(&b, s.ptr, s.len))
            abort();
    long before = cpu_ms();
    run_exact(sam_buf_peek(&b));
    long took = cpu_ms() - before;
    sam_buf_fini(&b);
    if (took <= GROWN_MS)
        return;
    broken = 1;
    printf("not ok fuzz %s: %ld ms for %u bytes of it\n", path, took, GROWN_BYTES);
}

static void run_file(const char *path)
{
    uint8_t *mem = malloc(FILE_BYTES_MAX);
    FILE *f = fopen(path, "rb");
    if (!mem || !f) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(1);
    }
    struct sam_span s = {mem, fread(mem, 1, FILE_BYTES_MAX, f)};
    fclose(f);
    fprintf(stderr, "%s\n", path);
    run_exact(s);
    run_grown(path, s);
    files++;
    free(mem);
}

static void run_folder(const char *path)
{
    struct dirent **list;
    int n = scandir(path, &list, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char one[4096];
        if (list[i]->d_name[0] != '.' && snprintf(one, sizeof one, "%s/%s", path, list[i]->d_name) < (int)sizeof one)
            run_file(one);
        free(list[i]);
    }
    if (n >= 0)
        free(list);
}

int main(int argc, char **argv)
{
    const char *name = strrchr(argv[0], '/');
    struct stat st;
    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    for (int i = 1; i < argc; i++) {
        if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
            run_folder(argv[i]);
        else
            run_file(argv[i]);
    }
    if (files == 0)
        printf("not ok fuzz %s: no file is there\n", name ? name + 1 : argv[0]);
    else if (!broken)
        printf("ok fuzz %s: %u files\n", name ? name + 1 : argv[0], files);
    return broken || files == 0;
}
