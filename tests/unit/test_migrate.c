/* Goal: a store of every earlier schema opens with this program and has lost nothing; and a migration that is killed, or whose
 * disk is full, at any write leaves a whole store of some schema, which opens next time. */
#include "proto/base/err.h"
#include "server/store/store.h"
#include "store_sql.h"
#include "tests/lib/scratch.h"
#include "tests/lib/stage.h"

#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { ROWS = 3, NAMES_MAX = 64, WRITES_MAX = 2000, NEWEST = 3 };
#ifdef __SANITIZE_ADDRESS__
enum { STEP = 17 }; /* a process each time: with sanitisers a sample */
#else
enum { STEP = 1 };
#endif

static char folder[64], store[96];

/* ---- a disk on which the nth write, sync or cut goes wrong: SQLite's own, with a count before it */

enum wrong { WRONG_NOTHING, WRONG_KILL, WRONG_FULL };

static struct {
    enum wrong wrong;
    unsigned at, count;
} disk;

/* Files with locks and files without have methods of their own. */
static struct methods {
    sqlite3_io_methods own; /* first: a file points here */
    const sqlite3_io_methods *real;
} methods[4];
static sqlite3_vfs *real_vfs, own_vfs;

static const sqlite3_io_methods *real_of(const sqlite3_file *f)
{
    return ((const struct methods *)(const void *)f->pMethods)->real;
}

static bool goes_wrong(void)
{
    if (++disk.count < disk.at || disk.wrong == WRONG_NOTHING)
        return false;
    if (disk.wrong == WRONG_KILL)
        raise(SIGKILL);
    return true;
}

static int own_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    return goes_wrong() ? SQLITE_FULL : real_of(f)->xWrite(f, p, n, at);
}

static int own_sync(sqlite3_file *f, int flags)
{
    return goes_wrong() && disk.wrong == WRONG_KILL ? SQLITE_IOERR : real_of(f)->xSync(f, flags);
}

static int own_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    return goes_wrong() && disk.wrong == WRONG_KILL ? SQLITE_IOERR : real_of(f)->xTruncate(f, size);
}

static int own_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
    (void)vfs;
    int rc = real_vfs->xOpen(real_vfs, name, f, flags, out);
    if (rc != SQLITE_OK || !f->pMethods)
        return rc;
    struct methods *m = methods;
    while (m->real && m->real != f->pMethods)
        if (++m == methods + sizeof methods / sizeof *methods)
            return SQLITE_ERROR;
    m->real = f->pMethods;
    m->own = *m->real;
    m->own.xWrite = own_write;
    m->own.xSync = own_sync;
    m->own.xTruncate = own_truncate;
    f->pMethods = &m->own;
    return rc;
}

static void disk_install(enum wrong wrong, unsigned at)
{
    disk.wrong = wrong;
    disk.at = at;
    disk.count = 0;
    if (real_vfs)
        return;
    real_vfs = sqlite3_vfs_find(NULL);
    own_vfs = *real_vfs;
    own_vfs.zName = "counting";
    own_vfs.pNext = NULL;
    own_vfs.xOpen = own_open;
    sqlite3_vfs_register(&own_vfs, 1);
}

/* ---- SQL */

static sqlite3 *db_open(void)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open_v2(store, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL), SQLITE_OK);
    return db;
}

static void run(sqlite3 *db, const char *sql)
{
    char *why = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &why))
        fail_msg("%.200s: %s", sql, why);
}

/* All of a query's answer in one text, which is the caller's. */
static char *answer(sqlite3 *db, const char *sql)
{
    sqlite3_str *s = sqlite3_str_new(NULL);
    sqlite3_stmt *q;
    if (sqlite3_prepare_v2(db, sql, -1, &q, NULL))
        fail_msg("%.300s: %s", sql, sqlite3_errmsg(db));
    while (sqlite3_step(q) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(q); i++)
            sqlite3_str_appendf(s, "%s|", sqlite3_column_text(q, i));
        sqlite3_str_appendall(s, "\n");
    }
    sqlite3_finalize(q);
    sqlite3_str_appendall(s, " "); /* never NULL */
    return sqlite3_str_finish(s);
}

static int number_of(size_t i)
{
    return (int)strtol(store_sql_files[i].name, NULL, 10);
}

static int version_of(sqlite3 *db)
{
    char *text = answer(db, "PRAGMA user_version");
    int v = (int)strtol(text, NULL, 10);
    sqlite3_free(text);
    return v;
}

static void files_remove(void)
{
    static const char *const ending[] = {"", "-wal", "-shm", "-journal", ".judging"};
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s%s", store, ending[i]);
        unlink(path);
    }
}

/* A store as the program made it that knew the first ${k} files only. */
static void store_old(size_t k)
{
    char bump[96];
    files_remove();
    sqlite3 *db = db_open();
    run(db, "PRAGMA synchronous=OFF; PRAGMA journal_mode=WAL; BEGIN");
    for (size_t i = 0; i < k; i++)
        run(db, store_sql_files[i].text);
    snprintf(bump, sizeof bump, "PRAGMA user_version=%d; COMMIT", k ? number_of(k - 1) : 0);
    run(db, bump);
    sqlite3_close(db);
}

/* A closed store's bytes, to be put there again as often as it is needed: they cost less than making it. */
struct image {
    char *bytes;
    size_t size;
};

static void image_take(struct image *im)
{
    FILE *f = fopen(store, "rb");
    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    im->size = (size_t)ftell(f);
    rewind(f);
    im->bytes = malloc(im->size);
    assert_non_null(im->bytes);
    assert_int_equal(fread(im->bytes, 1, im->size, f), im->size);
    fclose(f);
}

static void image_put(const struct image *im)
{
    files_remove();
    FILE *f = fopen(store, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(im->bytes, 1, im->size, f), im->size);
    assert_int_equal(fclose(f), 0);
}

/* ---- rows in every table, made from what the table says of itself */

struct table {
    char name[64];
    char columns[1024]; /* quoted, in a row */
    char *before;       /* its rows */
};

static void value_add(sqlite3_str *sql, const char *type, int row, int column)
{
    if (strcmp(type, "TEXT") == 0)
        sqlite3_str_appendf(sql, "'r%dc%d'", row, column);
    else if (strcmp(type, "BLOB") == 0)
        sqlite3_str_appendf(sql, "x'0a%02x%02x'", row, column);
    else
        sqlite3_str_appendf(sql, "%d", 100 * row + column);
}

static void table_fill(sqlite3 *db, struct table *t)
{
    for (int row = 1; row <= ROWS; row++) {
        char *query = sqlite3_mprintf("SELECT name, type, cid FROM pragma_table_info(%Q)", t->name);
        sqlite3_str *sql = sqlite3_str_new(NULL);
        sqlite3_stmt *q;
        sqlite3_str_appendf(sql, "INSERT INTO \"%w\" VALUES (", t->name);
        assert_int_equal(sqlite3_prepare_v2(db, query, -1, &q, NULL), SQLITE_OK);
        t->columns[0] = 0;
        for (int column = 0; sqlite3_step(q) == SQLITE_ROW; column++) {
            size_t used = strlen(t->columns);
            snprintf(t->columns + used, sizeof t->columns - used, "%squote(\"%s\")", column ? "," : "",
                     (const char *)sqlite3_column_text(q, 0));
            sqlite3_str_appendall(sql, column ? "," : "");
            value_add(sql, (const char *)sqlite3_column_text(q, 1), row, column);
        }
        sqlite3_finalize(q);
        sqlite3_free(query);
        sqlite3_str_appendall(sql, ")");
        char *text = sqlite3_str_finish(sql);
        run(db, text);
        sqlite3_free(text);
    }
}

static char *table_rows(sqlite3 *db, const struct table *t)
{
    char *sql = sqlite3_mprintf("SELECT %s FROM \"%w\" ORDER BY 1", t->columns, t->name);
    char *rows = answer(db, sql);
    sqlite3_free(sql);
    return rows;
}

static unsigned tables_fill(struct table t[NAMES_MAX])
{
    unsigned n = 0;
    sqlite3_stmt *q;
    sqlite3 *db = db_open();
    run(db, "PRAGMA foreign_keys=OFF; PRAGMA synchronous=OFF");
    assert_int_equal(
        sqlite3_prepare_v2(db,
                           "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
                           " ORDER BY name",
                           -1, &q, NULL),
        SQLITE_OK);
    while (sqlite3_step(q) == SQLITE_ROW && n < NAMES_MAX)
        snprintf(t[n++].name, sizeof t[0].name, "%s", (const char *)sqlite3_column_text(q, 0));
    sqlite3_finalize(q);
    for (unsigned i = 0; i < n; i++) {
        table_fill(db, &t[i]);
        t[i].before = table_rows(db, &t[i]);
    }
    sqlite3_close(db);
    return n;
}

/* Every row of before is there, with every value that it had. A table may have been given up, if it is derived. */
static void tables_compare(const struct table t[NAMES_MAX], unsigned n)
{
    static const char *const given_up[] = {"member"}; /* who is in which scope: computed anew by rebuild */
    sqlite3 *db = db_open();
    for (unsigned i = 0; i < n; i++) {
        char *there = sqlite3_mprintf("SELECT count(*) FROM sqlite_schema WHERE name = %Q", t[i].name);
        char *count = answer(db, there);
        bool gone = count[0] == '0', may = false;
        for (size_t g = 0; g < sizeof given_up / sizeof *given_up; g++)
            may |= strcmp(t[i].name, given_up[g]) == 0;
        sqlite3_free(there);
        sqlite3_free(count);
        if (may)
            continue;
        if (gone)
            fail_msg("table %s is lost", t[i].name);
        char *after = table_rows(db, &t[i]);
        if (strcmp(after, t[i].before) != 0)
            fail_msg("table %s was\n%sand is\n%s", t[i].name, t[i].before, after);
        sqlite3_free(after);
    }
    sqlite3_close(db);
}

static void tables_free(struct table t[NAMES_MAX], unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        sqlite3_free(t[i].before);
    memset(t, 0, n * sizeof *t);
}

static const char schema_query[] = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name";

/* The schema of version ${v}, as a new store of it has it. [0] is none. */
static char *schema_of[32];
static int schema_version[32];

static void schemas_make(void)
{
    assert_true(store_sql_files_count < 32);
    for (size_t k = 0; k <= store_sql_files_count; k++) {
        store_old(k);
        sqlite3 *db = db_open();
        schema_of[k] = answer(db, schema_query);
        schema_version[k] = version_of(db);
        sqlite3_close(db);
    }
}

/* The store is whole, and of one of the versions from the ${k}th on; which one. */
static size_t store_whole(size_t k)
{
    sqlite3 *db = db_open();
    char *whole = answer(db, "PRAGMA integrity_check"), *schema = answer(db, schema_query);
    int v = version_of(db);
    size_t at = k;
    while (at <= store_sql_files_count && schema_version[at] != v)
        at++;
    if (strncmp(whole, "ok|", 3) != 0)
        fail_msg("the store is damaged: %s", whole);
    if (at > store_sql_files_count)
        fail_msg("version %d is none", v);
    if (strcmp(schema, schema_of[at]) != 0)
        fail_msg("it says version %d and has the schema\n%s", v, schema);
    sqlite3_free(whole);
    sqlite3_free(schema);
    sqlite3_close(db);
    return at;
}

/* ---- tests */

static int setup(void **state)
{
    (void)state;
    disk_install(WRONG_NOTHING, 0);
    if (!scratch_folder(folder, sizeof folder, "migrate"))
        return -1;
    snprintf(store, sizeof store, "%s/s.db", folder);
    schemas_make();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (size_t k = 0; k <= store_sql_files_count; k++)
        sqlite3_free(schema_of[k]);
    files_remove();
    return rmdir(folder);
}

static void every_earlier_schema_opens(void **state)
{
    static struct table t[NAMES_MAX];
    (void)state;
    for (size_t k = 1; k <= store_sql_files_count; k++) {
        struct store *st;
        store_old(k);
        unsigned n = tables_fill(t);
        assert_true(n >= 5);
        if (k < store_sql_files_count)
            assert_int_equal(store_reader_open(&st, store), SAM_EVERSION); /* a reader changes nothing */
        assert_int_equal(store_whole(k), k);
        assert_int_equal(store_open(&st, store, false), 0);
        store_close(st);
        assert_int_equal(store_whole(k), store_sql_files_count);
        tables_compare(t, n);
        assert_int_equal(store_open(&st, store, false), 0); /* and once more there is nothing to do */
        store_close(st);
        tables_compare(t, n);
        tables_free(t, n);
    }
}

static void a_newer_schema_is_left_alone(void **state)
{
    struct store *st;
    char *before, *after;
    (void)state;
    store_old(store_sql_files_count);
    sqlite3 *db = db_open();
    run(db, "CREATE TABLE later (x ANY) STRICT; PRAGMA user_version=100000");
    before = answer(db, schema_query);
    sqlite3_close(db);
    assert_int_equal(store_open(&st, store, false), SAM_EVERSION);
    assert_null(st);
    assert_int_equal(store_reader_open(&st, store), SAM_EVERSION);
    db = db_open();
    after = answer(db, schema_query);
    assert_string_equal(before, after);
    assert_int_equal(version_of(db), 100000);
    sqlite3_free(before);
    sqlite3_free(after);
    sqlite3_close(db);
}

/* How a store of today becomes one of the schema before. */
static const struct {
    const char *file, *sql;
} undo[] = {
#define STORE_UNDO(file, sql) {file, sql},
#include "tests/lib/store_undo.def"
#undef STORE_UNDO
};

/* Back to where only the first ${k} files are known; false: that cannot be said. */
static bool store_back_to(sqlite3 *db, size_t k)
{
    char bump[96];
    run(db, "BEGIN"); /* all of it; else closing takes it back */
    for (size_t i = store_sql_files_count; i > k; i--) {
        size_t at = 0, count = sizeof undo / sizeof *undo;
        while (at < count && strcmp(undo[at].file, store_sql_files[i - 1].name) != 0)
            at++;
        if (at == count)
            return false;
        run(db, undo[at].sql);
    }
    snprintf(bump, sizeof bump, "PRAGMA user_version=%d; COMMIT; PRAGMA wal_checkpoint(TRUNCATE)", number_of(k - 1));
    run(db, bump);
    return true;
}

static void centre_goes_on(struct centre *c, const char *before)
{
    struct intake_verified verified;
    struct intake_found found = {0};
    centre_restart(c);
    sqlite3 *db = db_open();
    char *after = answer(db, "SELECT count(*), sum(first_csn), max(chain) FROM push");
    assert_int_equal(version_of(db), number_of(store_sql_files_count - 1));
    assert_string_equal(before, after);
    sqlite3_free(after);
    sqlite3_close(db);
    assert_int_equal(intake_begin(c->in), 0);
    assert_int_equal(intake_verify(c->in, &found, NULL, &verified), 0);
    assert_int_equal(verified.wrong, 0);
    assert_true(verified.ops > 100);
    intake_rollback(c->in);
}

/* A centre that lived under an earlier schema verifies and has what it had. */
static void a_centre_of_an_earlier_schema_goes_on(void **state)
{
    static struct stage s;
    (void)state;
    stage_open(&s);
    snprintf(store, sizeof store, "%s", s.centre.path);
    size_t k = store_sql_files_count;
    for (bool known = true; known && --k > 0;) {
        intake_close(s.centre.in);
        s.centre.in = NULL;
        sqlite3 *db = db_open();
        char *before = answer(db, "SELECT count(*), sum(first_csn), max(chain) FROM push");
        known = store_back_to(db, k);
        sqlite3_close(db);
        centre_goes_on(&s.centre, before);
        sqlite3_free(before);
    }
    assert_true(k + 1 < store_sql_files_count); /* one at least; a new schema: say above how to undo it */
    stage_close(&s);
    snprintf(store, sizeof store, "%s/s.db", folder);
}

/* In a process of its own: opens the store; exit code 0 it went well, 1 refused with SAM_EFULL, 2 otherwise; -9 killed. */
static int open_apart(enum wrong wrong, unsigned at)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        struct store *st;
        disk_install(wrong, at);
        int err = store_open(&st, store, true);
        store_close(st);
        _exit(err == 0 ? 0 : err == SAM_EFULL ? 1 : 2);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* Each write of the newest schemas, every eighth of older ones: those were killed at each when they were new. SAM_WHOLE=1: each of all. */
static unsigned step_from(size_t k)
{
    return getenv("SAM_WHOLE") || k + NEWEST >= store_sql_files_count ? STEP : STEP * 8;
}

/* From the schema of the first ${k} files on, each write goes wrong once. Returns how many there are. */
static unsigned each_write(size_t k, enum wrong wrong, int code)
{
    static struct table t[NAMES_MAX];
    struct image filled;
    unsigned at = 1, between = 0, step = step_from(k);
    store_old(k);
    unsigned n = tables_fill(t);
    image_take(&filled);
    for (; at < WRITES_MAX; at += step) {
        struct store *st;
        image_put(&filled);
        int got = open_apart(wrong, at);
        size_t now = store_whole(k);
        if (got == 0)
            assert_int_equal(now, store_sql_files_count);
        else if (got != code)
            fail_msg("schema %zu, write %u: %d instead of %d", k, at, got, code);
        between += now > k && now < store_sql_files_count;
        if (store_open(&st, store, true)) /* the next start */
            fail_msg("schema %zu, write %u: it does not open any more", k, at);
        store_close(st);
        assert_int_equal(store_whole(k), store_sql_files_count);
        tables_compare(t, n);
        if (got == 0)
            break;
    }
    tables_free(t, n);
    free(filled.bytes);
    assert_in_range(at, 2, WRITES_MAX - 1);
    if (step == 1 && store_sql_files_count > k + 1)
        assert_true(between > 0); /* some ended between two files */
    return (at - 1) / step;
}

static void killed_at_any_write_it_is_old_or_new(void **state)
{
    unsigned writes = 0;
    (void)state;
    for (size_t k = 0; k < store_sql_files_count; k++)
        writes += each_write(k, WRONG_KILL, -SIGKILL);
    print_message("killed at %u places\n", writes);
}

static void with_a_full_disk_it_is_refused_and_goes_on_later(void **state)
{
    unsigned writes = 0;
    (void)state;
    for (size_t k = 1; k < store_sql_files_count; k++)
        writes += each_write(k, WRONG_FULL, 1);
    print_message("full at %u places\n", writes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_earlier_schema_opens),
        cmocka_unit_test(a_newer_schema_is_left_alone),
        cmocka_unit_test(a_centre_of_an_earlier_schema_goes_on),
        cmocka_unit_test(killed_at_any_write_it_is_old_or_new),
        cmocka_unit_test(with_a_full_disk_it_is_refused_and_goes_on_later),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
