/* Goal: the stores of the centre and of a tablet outlive a power cut at each call and a failed sync on the simulator's disk. */
#include "tests/lib/scratch.h"
#include "tests/unit/test_sim_disk.h"

#ifdef __SANITIZE_ADDRESS__
enum {
    STEP = 5
}; /* each call goes wrong without the sanitisers; with them a sample. Prime to the 7 and the 12 of kept_try */
#else
enum { STEP = 1 };
#endif

/* ---- the stores of the centre and of a tablet are made anew on a machine that loses power at each of its calls */

static void a_centre_is_made_at_any_call(void **state)
{
    (void)state;
    int err = SAM_EIO;
    unsigned n = 0;
    while (err) { /* until it is made before call n comes */
        struct store *st;
        disk_init(n += STEP);
        disk_fault_arm(M, DISK_POWER, n, false);
        err = store_open(&st, DB, true);
        disk_fault_arm(M, DISK_POWER, 0, false);
        store_close(st);
        if (!disk_is_off(M))
            disk_power_loss(M);
        disk_boot(M);
        assert_int_equal(store_open(&st, DB, err != 0), 0);
        store_close(st);
        disk_fini();
    }
    assert_true(n > 20);
}

static void a_tablet_is_made_at_any_call(void **state)
{
    (void)state;
    char folder[SCRATCH_BYTES], path[64], prefix[64];
    assert_true(scratch_folder(folder, sizeof folder, "disk"));
    snprintf(path, sizeof path, "%s/samling.db", folder);
    snprintf(prefix, sizeof prefix, "%s/", folder);
    int err = SAM_EIO;
    unsigned n = 0;
    while (err) {
        struct sam_store st;
        disk_init(n += STEP);
        disk_fault_arm(prefix, DISK_POWER, n, false);
        err = sam_store_open(&st, path);
        sam_store_close(&st);
        if (!disk_is_off(prefix))
            disk_power_loss(prefix);
        disk_boot(prefix);
        assert_int_equal(sam_store_open(&st, path), 0);
        sam_store_close(&st);
        disk_fini();
    }
    assert_true(n > 20);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

/* ---- a failed sync ends the process; the next one finds what is only in the cache, and must not build on it */

struct kept { /* a number in one of the product's stores */
    char folder[64], path[80];
    struct store *centre;
    struct sam_store tablet;
    bool is_tablet;
};

static int kept_open(struct kept *k, bool create)
{
    return k->is_tablet ? sam_store_open(&k->tablet, k->path) : store_open(&k->centre, k->path, create);
}

static void kept_close(struct kept *k)
{
    if (k->is_tablet)
        sam_store_close(&k->tablet);
    else
        store_close(k->centre);
}

static int tablet_put(struct sam_store *st, int64_t n)
{
    char text[80];
    snprintf(text, sizeof text, "INSERT OR REPLACE INTO meta VALUES('kept',%lld)", (long long)n);
    return sqlite3_exec(st->db, text, NULL, NULL, NULL);
}

static int64_t tablet_get(struct sam_store *st)
{
    sqlite3_stmt *q = NULL;
    int64_t n = 0;
    assert_int_equal(sqlite3_prepare_v2(st->db, "SELECT value FROM meta WHERE name='kept'", -1, &q, NULL), SQLITE_OK);
    if (sqlite3_step(q) == SQLITE_ROW)
        n = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return n;
}

static int centre_put(struct store *st, int64_t n)
{
    int err = store_begin(st);
    if (!err)
        err = store_meta_num_set(st, "kept", n);
    if (!err)
        err = store_commit(st);
    if (err)
        store_rollback(st);
    return err;
}

static int64_t kept_get(struct kept *k)
{
    return k->is_tablet ? tablet_get(&k->tablet) : store_meta_num(k->centre, "kept", 0);
}

/* Count on until ${last} or an error; the last number that was promised. */
static int64_t kept_count(struct kept *k, int64_t last)
{
    int64_t n = kept_get(k);
    while (n < last && !(k->is_tablet ? tablet_put(&k->tablet, n + 1) : centre_put(k->centre, n + 1)))
        n++;
    return n;
}

static void kept_end(struct kept *k, bool power)
{
    if (!disk_is_off(k->folder) && power)
        disk_power_loss(k->folder);
    else if (!disk_is_off(k->folder))
        disk_kill(k->folder);
    kept_close(k);
    disk_boot(k->folder);
}

static void kept_try(struct kept *k, unsigned seed)
{
    disk_init(seed);
    assert_int_equal(kept_open(k, true), 0);
    disk_fault_arm(k->folder, DISK_SYNC, 1 + seed % 7, false);
    int64_t promised = kept_count(k, 60);
    assert_true(promised < 60);
    kept_end(k, false);
    if (seed % 2) /* every other one loses power while it starts, or soon after */
        disk_fault_arm(k->folder, DISK_POWER, 1 + seed / 2 % 12, false);
    if (!kept_open(k, false)) {
        assert_true(kept_get(k) >= promised);
        int64_t found_now = kept_get(k), n = kept_count(k, found_now + 3);
        promised = n > found_now ? n : promised;
    }
    kept_end(k, true);
    assert_int_equal(kept_open(k, false), 0);
    assert_true(kept_get(k) >= promised);
    kept_close(k);
    disk_fini();
}

static void a_failed_sync_takes_nothing_with_it(void **state)
{
    (void)state;
    struct kept k = {0};
    assert_true(scratch_folder(k.folder, sizeof k.folder, "disk"));
    k.folder[strlen(k.folder)] = '/';
    snprintf(k.path, sizeof k.path, "%sstore.db", k.folder);
    for (unsigned seed = 1; seed <= 80; seed += STEP) {
        k.is_tablet = seed & 2;
        kept_try(&k, seed);
    }
    assert_int_equal(unlink(k.path), 0); /* the tablet makes it for its mode */
    assert_int_equal(rmdir(k.folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_centre_is_made_at_any_call),
        cmocka_unit_test(a_tablet_is_made_at_any_call),
        cmocka_unit_test(a_failed_sync_takes_nothing_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
