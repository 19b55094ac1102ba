/* Goal: jobs come back once, in order and only after their commit; a bad one takes nobody with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "server/net/writer.h"
#include "tests/lib/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { JOBS = 200 };

struct world {
    char folder[64], path[96];
    struct intake *in;
    uv_loop_t loop;
    struct writer *w;
    uint64_t org;
    unsigned done, expected;
    bool fatal;
    struct touch touch;
    unsigned touches;
};

struct job {
    struct writer_job job;
    struct world *w;
    unsigned number;
    int result; /* what run answers */
    uint64_t csn_before, id;
    int err;
};

static int64_t clock_s(void *ctx)
{
    (void)ctx;
    return (int64_t)time(NULL);
}

static void touched(void *ctx, const struct touches *touches)
{
    struct world *w = ctx;
    assert_false(touches->all);
    assert_true(touches->count > 0);
    w->touch = touches->touch[touches->count - 1];
    w->touches += touches->count;
}

static void fatal(void *ctx, int err)
{
    struct world *w = ctx;
    (void)err;
    w->fatal = true;
}

static int org_make(struct intake *in, const char *name, uint64_t *id)
{
    enum sam_reason why;
    struct sam_op op = {.kind = SAM_OP_CREATE};
    int err = intake_mint(in, id);
    sam_row_init(&op.row, SAM_ORG_UNIT);
    op.row.key.part[0] = *id;
    sam_row_set_text(&op.row, SAM_ORG_UNIT_name, name, strlen(name));
    return err ? err : intake_author(in, &op, &why);
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    struct intake_config config = {.now_s = clock_s};
    uint64_t known[8];
    *state = w;
    assert_true(scratch_folder(w->folder, sizeof w->folder, "writer"));
    snprintf(w->path, sizeof w->path, "%s/s.db", w->folder);
    config.store_path = w->path;
    assert_int_equal(intake_open(&w->in, &config, true), 0);
    assert_int_equal(intake_begin(w->in), 0);
    assert_int_equal(org_make(w->in, "Porsgrunn", &w->org), 0);
    assert_int_equal(intake_commit(w->in), 0);
    intake_scopes_touched(w->in, known, 8); /* no news of the writer's */
    assert_int_equal(uv_loop_init(&w->loop), 0);
    struct writer_config wc = {.intake = w->in, .loop = &w->loop, .touched = touched, .fatal = fatal, .ctx = w};
    assert_int_equal(writer_start(&w->w, &wc), 0);
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    char command[2][128];
    writer_stop(w->w);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&w->loop), 0);
    intake_close(w->in);
    assert_false(w->fatal);
    for (unsigned i = 0; i < 2; i++)
        snprintf(command[i], sizeof command[i], "%s%s", w->path, i ? ".judging" : "");
    unlink(command[0]);
    unlink(command[1]);
    rmdir(w->folder);
    free(w);
    return 0;
}

static int run(struct writer_job *job, struct intake *in)
{
    struct job *j = (struct job *)job;
    char name[32];
    j->csn_before = store_csn(intake_store(in));
    snprintf(name, sizeof name, "Clinic %u", j->number);
    int err = org_make(in, name, &j->id);
    return err ? err : j->result;
}

static void done(struct writer_job *job, int err)
{
    struct job *j = (struct job *)job;
    assert_int_equal(j->number, j->w->expected++);
    j->err = err;
    j->w->done++;
}

static struct job *jobs_make(struct world *w, unsigned count)
{
    struct job *j = calloc(count, sizeof *j);
    for (unsigned i = 0; i < count; i++) {
        j[i].job.run = run;
        j[i].job.done = done;
        j[i].job.ops = 1;
        j[i].job.device_no = 2 + i % 3;
        j[i].w = w;
        j[i].number = i;
    }
    return j;
}

static void jobs_do(struct world *w, struct job *j, unsigned count)
{
    w->done = w->expected = 0;
    for (unsigned i = 0; i < count; i++)
        writer_submit(w->w, &j[i].job);
    while (w->done < count)
        uv_run(&w->loop, UV_RUN_ONCE);
}

static bool stored(struct world *w, uint64_t id)
{
    struct store *reader;
    struct store_row row;
    struct sam_key key = {.entity = SAM_ORG_UNIT, .part = {id}};
    assert_int_equal(store_reader_open(&reader, w->path), 0);
    assert_int_equal(store_row_get(reader, &key, &row), 0);
    bool exists = row.exists;
    store_close(reader);
    return exists;
}

static void in_order_and_together(void **state)
{
    struct world *w = *state;
    struct writer_counters c;
    struct job *j = jobs_make(w, JOBS);
    jobs_do(w, j, JOBS);
    for (unsigned i = 0; i < JOBS; i++) {
        assert_int_equal(j[i].err, 0);
        if (i)
            assert_true(j[i].csn_before > j[i - 1].csn_before);
    }
    assert_true(stored(w, j[JOBS - 1].id));
    writer_counters(w->w, &c);
    assert_int_equal(c.ops, JOBS);
    assert_true(c.commits < JOBS / 2);
    uint64_t timed = 0;
    for (unsigned i = 0; i < WRITER_BUCKETS; i++)
        timed += c.bucket[i];
    assert_int_equal(timed, c.commits);
    for (unsigned i = 1; i + 1 < WRITER_BUCKETS; i++)
        assert_true(writer_bounds_us[i] > writer_bounds_us[i - 1]);
    free(j);
}

static void a_failure_stays_alone(void **state)
{
    struct world *w = *state;
    struct job *j = jobs_make(w, 20);
    j[7].result = SAM_ENOMEM;
    jobs_do(w, j, 20);
    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(j[i].err, i == 7 ? SAM_ENOMEM : 0);
        assert_int_equal(stored(w, j[i].id), i != 7);
    }
    free(j);
}

static void a_refusal_keeps_nothing(void **state)
{
    struct world *w = *state;
    struct job *j = jobs_make(w, 9);
    for (unsigned i = 0; i < 9; i++)
        j[i].job.alone = i % 2;
    j[5].result = 1;
    jobs_do(w, j, 9);
    for (unsigned i = 0; i < 9; i++) {
        assert_int_equal(j[i].err, i == 5 ? 1 : 0);
        assert_int_equal(stored(w, j[i].id), i != 5);
    }
    free(j);
}

static void a_full_queue_says_so(void **state)
{
    struct world *w = *state;
    struct job *j = jobs_make(w, 1);
    assert_false(writer_full(w->w));
    j[0].job.bytes = WRITER_BYTES_MAX;
    jobs_do(w, j, 1);
    assert_false(writer_full(w->w)); /* it has left again */
    free(j);
}

/* A group's row touches its clinic's scope: that clinic is named, with its one author. */
static int group_run(struct writer_job *job, struct intake *in)
{
    struct job *j = (struct job *)job;
    enum sam_reason why;
    struct sam_op op = {.kind = SAM_OP_CREATE};
    int err = intake_mint(in, &j->id);
    sam_row_init(&op.row, SAM_GROUP);
    op.row.key.part[0] = j->id;
    sam_row_set(&op.row, SAM_GROUP_org, (int64_t)j->w->org);
    sam_row_set_text(&op.row, SAM_GROUP_code, "G", 1);
    sam_row_set_text(&op.row, SAM_GROUP_name, "Gruppe", 6);
    return err ? err : intake_author(in, &op, &why);
}

static void news_names_clinic_and_author(void **state)
{
    struct world *w = *state;
    struct job *j = jobs_make(w, 1);
    j[0].job.run = group_run;
    j[0].job.device_no = 17;
    jobs_do(w, j, 1);
    while (!w->touches)
        uv_run(&w->loop, UV_RUN_ONCE);
    assert_int_equal(w->touch.org, w->org);
    assert_int_equal(w->touch.author, 17);
    free(j);
}

/* A job that does not come back for a while: seen from the loop's side meanwhile. */
enum { HANG_MS = 900 };

static int hang(struct writer_job *job, struct intake *in)
{
    (void)job;
    (void)in;
    nanosleep(&(struct timespec){.tv_nsec = HANG_MS * 1000000L}, NULL);
    return 0;
}

static uint64_t stuck_most_ms(struct world *w, struct job *j)
{
    uint64_t most = 0;
    w->done = w->expected = 0;
    writer_submit(w->w, &j->job);
    while (w->done == 0) {
        uint64_t ms = writer_stuck_ms(w->w);
        most = ms > most ? ms : most;
        uv_run(&w->loop, UV_RUN_NOWAIT);
    }
    return most;
}

static void hanging_is_seen_but_not_long_work(void **state)
{
    struct world *w = *state;
    struct job *j = jobs_make(w, 1);
    j[0].job.run = hang;
    assert_int_equal(writer_stuck_ms(w->w), 0);
    uint64_t most = stuck_most_ms(w, j);
    assert_true(most >= HANG_MS / 2 && most < 20 * HANG_MS);
    nanosleep(&(struct timespec){.tv_nsec = HANG_MS * 1000000L}, NULL);
    assert_int_equal(writer_stuck_ms(w->w), 0); /* it has nothing to do */
    j[0].job.alone = true;
    assert_true(stuck_most_ms(w, j) < HANG_MS / 2);
    free(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(in_order_and_together, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failure_stays_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(a_refusal_keeps_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_queue_says_so, setup, teardown),
        cmocka_unit_test_setup_teardown(news_names_clinic_and_author, setup, teardown),
        cmocka_unit_test_setup_teardown(hanging_is_seen_but_not_long_work, setup, teardown),
    };
    if (sam_crypto_start())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
