/* Goal: the journal of the centre keeps on the simulator's disk what it answered, and nothing that did not fit. */
#include "tests/lib/scratch.h"
#include "tests/unit/test_sim_disk.h"

/* ---- the journal of the centre, in a folder that is real while its files are not */

struct ledger {
    char folder[64], path[96];
    uint64_t random, acked, added; /* numbers of records: journal_sync returned 0 for it, given to journal_add */
    unsigned ends, cuts, fulls;
    struct journal *j;
};

static void ledger_init(struct ledger *l, uint64_t seed)
{
    *l = (struct ledger){.random = seed};
    assert_true(scratch_folder(l->folder, sizeof l->folder, "disk"));
    snprintf(l->path, sizeof l->path, "%s/journal", l->folder);
    size_t n = strlen(l->folder);
    l->folder[n] = '/'; /* as the prefix of a machine */
    disk_init(seed);
}

static void ledger_fini(struct ledger *l)
{
    char command[120];
    journal_close(l->j);
    disk_fini();
    snprintf(command, sizeof command, "rm -r %s", l->folder);
    assert_int_equal(system(command), 0);
}

static size_t payload_of(uint64_t number, uint8_t *out)
{
    size_t len = number * 131 % 700;
    memset(out, (int)(number & 0xff), len);
    return len;
}

static int record_check(void *ctx, const struct journal_record *r)
{
    uint8_t payload[700];
    uint64_t *next = ctx;
    size_t len = payload_of(r->number, payload);
    bool same = r->number == *next && r->payload.len == len && !memcmp(r->payload.ptr, payload, len);
    ++*next;
    return same ? 0 : SAM_ECORRUPT;
}

/* Every record that was answered for is there, whole, and none that was not given; of the last batch all or none. */
static void ledger_open(struct ledger *l)
{
    uint64_t next = 1;
    assert_int_equal(journal_open(&l->j, l->path), 0);
    assert_int_equal(journal_each(l->j, 0, record_check, &next), 0);
    assert_int_equal(next, journal_last(l->j) + 1);
    if (journal_last(l->j) != l->acked)
        assert_int_equal(journal_last(l->j), l->added);
    l->acked = l->added = journal_last(l->j);
}

/* A batch of one or several records. */
static int ledger_add(struct ledger *l, unsigned records)
{
    uint8_t payload[700];
    for (l->added = l->acked; records--; l->added++) {
        struct journal_record r = {.kind = JOURNAL_OP, .payload = {payload, payload_of(l->added + 1, payload)}};
        assert_int_equal(journal_add(l->j, &r), 0);
    }
    int err = journal_sync(l->j);
    if (err)
        journal_drop(l->j);
    else
        l->acked = l->added;
    return err;
}

static void ledger_end(struct ledger *l, bool power)
{
    if (!disk_is_off(l->folder) && power)
        disk_power_loss(l->folder);
    else if (!disk_is_off(l->folder))
        disk_kill(l->folder);
    journal_close(l->j);
    l->j = NULL;
    disk_boot(l->folder);
    l->ends++;
}

static unsigned cuts_count(const char *folder)
{
    unsigned count = 0;
    for (const struct disk_name *m = disk.names; m; m = m->next)
        count += disk_is_below(m->path, folder) && strstr(m->path, "journal.cut-") && disk_name_now(m);
    return count;
}

static void the_journal_keeps_what_it_answered(void **state)
{
    (void)state;
    uint64_t acked = 0;
    unsigned cuts = 0;
    for (uint64_t seed = 70; seed < 80; seed++) {
        struct ledger l;
        ledger_init(&l, seed);
        while (l.ends < 40) {
            bool power = image_random(&l.random) % 4;
            ledger_open(&l);
            disk_fault_arm(l.folder, power ? DISK_POWER : DISK_KILL, 1 + image_random(&l.random) % 24, false);
            while (!ledger_add(&l, 1 + (unsigned)(image_random(&l.random) % 4)))
                ;
            ledger_end(&l, power);
        }
        ledger_open(&l);
        acked += l.acked;
        cuts += cuts_count(l.folder);
        assert_true(disk_counts()->torn && disk_counts()->dropped);
        ledger_fini(&l);
    }
    assert_true(acked > 1000);
    assert_true(cuts > 10);
}

/* A process is killed between write and sync, the next one counts the record: then it survives a power loss too. */
static void the_journal_syncs_what_it_found(void **state)
{
    (void)state;
    for (uint64_t seed = 100; seed < 110; seed++) {
        struct ledger l;
        ledger_init(&l, seed);
        ledger_open(&l);
        disk_fault_arm(l.folder, DISK_KILL, 2, false); /* 1: the write, 2: the sync */
        assert_int_equal(ledger_add(&l, 1), SAM_EIO);
        ledger_end(&l, false);
        ledger_open(&l);
        assert_int_equal(l.acked, 1);
        ledger_end(&l, true);
        ledger_open(&l);
        ledger_fini(&l);
    }
}

static int record_count(void *ctx, const struct journal_record *r)
{
    (void)r;
    ++*(unsigned *)ctx;
    return 0;
}

/* What a full disk refused does not come back behind what is written in its place. */
static void the_journal_forgets_what_did_not_fit(void **state)
{
    (void)state;
    struct ledger l;
    ledger_init(&l, 71);
    ledger_open(&l);
    for (unsigned room = 0; room < 3000; room += 37) {
        uint64_t before = l.acked;
        disk_space(l.folder, disk_bytes(l.folder) + room);
        l.fulls += ledger_add(&l, 6) == SAM_EFULL;
        disk_space(l.folder, UINT64_MAX);
        if (l.acked == before) {
            unsigned count = 0;
            assert_int_equal(ledger_add(&l, 1), 0);
            l.added = l.acked;
            ledger_end(&l, false);
            ledger_open(&l);
            assert_int_equal(journal_each(l.j, 0, record_count, &count), 0);
            assert_int_equal(count, before + 1);
        }
    }
    assert_true(l.fulls > 10);
    ledger_fini(&l);
}

static int hash_keep(void *ctx, const struct journal_record *r)
{
    *(uint64_t *)ctx = r->hash;
    return r->number == 3; /* stops there */
}

static void a_record_is_known_by_its_hash(void **state)
{
    (void)state;
    struct ledger l;
    uint64_t third = 0, hash;
    ledger_init(&l, 72);
    ledger_open(&l);
    assert_int_equal(ledger_add(&l, 5), 0);
    assert_int_equal(journal_each(l.j, 0, hash_keep, &third), 1);
    assert_int_equal(journal_hash_at(l.j, 3, &hash), 0);
    assert_true(hash && hash == third);
    assert_int_equal(journal_hash_at(l.j, 5, &hash), 0);
    assert_true(hash != third);
    assert_int_equal(journal_hash_at(l.j, 6, &hash), SAM_ENOTFOUND);
    assert_int_equal(journal_hash_at(l.j, 0, &hash), SAM_ENOTFOUND);
    ledger_fini(&l);
}

static int hash_last(void *ctx, const struct journal_record *r)
{
    *(uint64_t *)ctx = r->hash;
    return 0;
}

/* A centre of a country has half a million records: its start asks for the file in stretches, and for the last hash not once more. */
static void a_long_journal_opens_in_few_reads(void **state)
{
    enum { BATCHES = 60, BATCH = 50, READS_MAX = 80 };
    (void)state;
    struct ledger l;
    uint64_t last = 0, hash;
    ledger_init(&l, 73);
    ledger_open(&l);
    for (unsigned i = 0; i < BATCHES; i++)
        assert_int_equal(ledger_add(&l, BATCH), 0);
    journal_close(l.j);
    disk_fault_arm(l.folder, DISK_READ, READS_MAX, false); /* the read after so many fails */
    assert_int_equal(journal_open(&l.j, l.path), 0);
    assert_int_equal(journal_last(l.j), BATCHES * BATCH);
    assert_int_equal(journal_hash_at(l.j, BATCHES * BATCH, &hash), 0);
    disk_fault_arm(l.folder, DISK_READ, 1000000, false);
    assert_int_equal(journal_each(l.j, 0, hash_last, &last), 0);
    assert_true(hash && hash == last);
    ledger_fini(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_journal_keeps_what_it_answered),   cmocka_unit_test(the_journal_syncs_what_it_found),
        cmocka_unit_test(the_journal_forgets_what_did_not_fit), cmocka_unit_test(a_record_is_known_by_its_hash),
        cmocka_unit_test(a_long_journal_opens_in_few_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
