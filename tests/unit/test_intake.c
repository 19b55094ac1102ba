/* Goal: what comes in becomes facts and rows once, in order, with the right verdict, and goes out again as a run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "server/intake/intake.h"
#include "server/store/feed.h"
#include "server/store/store_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct tablet {
    uint64_t device_no, seq, chain, counter, counted;
    uint8_t key[32];
};

struct world {
    char folder[64], path[96], journal[96];
    struct intake_config config;
    struct intake *in;
    struct sam_zip *zip;
    uint64_t clinic, group, user, person[3], session;
    struct tablet a, b;
};

static int64_t now_s = 1800000000;
static int64_t now(void *ctx)
{
    (void)ctx;
    return now_s;
}

static uint64_t author(struct world *w, struct sam_op *op)
{
    enum sam_reason why;
    if (op->row.key.part[0] == 0)
        assert_int_equal(intake_mint(w->in, &op->row.key.part[0]), 0);
    assert_int_equal(intake_author(w->in, op, &why), 0);
    return op->row.key.part[0];
}

static uint64_t named(struct world *w, uint8_t entity, unsigned name, const char *text, int ref, uint64_t to)
{
    struct sam_op op = {.kind = SAM_OP_CREATE};
    sam_row_init(&op.row, entity);
    sam_row_set_text(&op.row, name, text, strlen(text));
    if (entity == SAM_GROUP)
        sam_row_set_text(&op.row, SAM_GROUP_code, "G1", 2);
    if (ref >= 0)
        sam_row_set(&op.row, (unsigned)ref, (int64_t)to);
    return author(w, &op);
}

static void tablet_join(struct world *w, struct tablet *t)
{
    struct intake_invite invite;
    struct intake_joined joined;
    struct sam_join j = {.protocol = 1, .schema = 1, .code_len = 16, .key_len = 32, .label = "nettbrett"};
    uint8_t mac[16] = {0};
    assert_int_equal(intake_begin(w->in), 0);
    assert_int_equal(intake_invite(w->in, w->clinic, "", &invite), 0);
    assert_int_equal(sam_random(t->key, 32), 0);
    memcpy(j.code, invite.code, 16);
    memcpy(j.key, t->key, 32);
    assert_int_equal(intake_join(w->in, &j, (struct sam_span){0}, mac, &joined), 0);
    assert_int_equal(joined.error.code, 0);
    t->device_no = joined.joined.device_no;
    j.key[0] ^= 1; /* the same code, another key */
    assert_int_equal(intake_join(w->in, &j, (struct sam_span){0}, mac, &joined), 0);
    assert_int_equal(joined.error.code, SAM_ERROR_CODE_REFUSED);
    assert_int_equal(intake_device_state(w->in, t->device_no, SAM_DEVICE_ACTIVE), 0);
    assert_int_equal(intake_commit(w->in), 0);
}

static void open_world(struct world *w, bool create)
{
    assert_int_equal(intake_open(&w->in, &w->config, create), 0);
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    *state = w;
    assert_int_equal(sam_crypto_start(), 0);
    snprintf(w->folder, sizeof w->folder, "/tmp/samling-intake-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    snprintf(w->path, sizeof w->path, "%s/samling.db", w->folder);
    snprintf(w->journal, sizeof w->journal, "%s/journal", w->folder);
    w->config = (struct intake_config){.store_path = w->path, .journal_path = w->journal, .now_s = now};
    w->zip = sam_zip_new();
    now_s = 1800000000;
    open_world(w, true);
    assert_int_equal(intake_begin(w->in), 0);
    w->clinic = named(w, SAM_ORG_UNIT, SAM_ORG_UNIT_name, "Sandnessjøen", -1, 0);
    w->user = named(w, SAM_USER, SAM_USER_name, "Fysioterapeut 1", SAM_USER_org, w->clinic);
    w->group = named(w, SAM_GROUP, SAM_GROUP_name, "Bevegelse", SAM_GROUP_org, w->clinic);
    for (int i = 0; i < 3; i++) {
        char name[32];
        snprintf(name, sizeof name, "Deltaker %03d", i + 1);
        w->person[i] = named(w, SAM_PARTICIPANT, SAM_PARTICIPANT_name, name, -1, 0);
        struct sam_op op = {0};
        sam_row_init(&op.row, SAM_ENROLMENT);
        op.row.key.part[0] = w->group;
        op.row.key.part[1] = w->person[i];
        sam_row_set(&op.row, SAM_ENROLMENT_status, 4);
        author(w, &op);
    }
    struct sam_op op = {.kind = SAM_OP_CREATE};
    sam_row_init(&op.row, SAM_SESSION);
    sam_row_set(&op.row, SAM_SESSION_group_id, (int64_t)w->group);
    sam_row_set(&op.row, SAM_SESSION_day, now_s / 86400);
    w->session = author(w, &op);
    assert_int_equal(intake_commit(w->in), 0);
    tablet_join(w, &w->a);
    tablet_join(w, &w->b);
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    char cmd[128];
    intake_close(w->in);
    sam_zip_free(w->zip);
    snprintf(cmd, sizeof cmd, "rm -rf %s", w->folder);
    free(w);
    return system(cmd);
}

static struct sam_op mark(struct world *w, int person, int presence, uint64_t base)
{
    struct sam_op op = {.user = w->user, .claimed_s = now_s, .base_csn = base};
    sam_row_init(&op.row, SAM_ATTENDANCE);
    op.row.key.part[0] = w->session;
    op.row.key.part[1] = w->person[person];
    sam_row_set(&op.row, SAM_ATTENDANCE_presence, presence);
    sam_row_set(&op.row, SAM_ATTENDANCE_evidence, 2);
    return op;
}

/* Push ${count} ops as ${t}; the answer. Its seq and chain move on when it is acked. */
static struct intake_pushed push(struct world *w, struct tablet *t, const struct sam_op *ops, unsigned count,
                                 uint64_t epoch)
{
    struct sam_buf body, out, in_bytes, scratch;
    struct intake_batch *b = calloc(1, sizeof *b);
    struct intake_pushed answer;
    struct sam_push head = {.first_seq = t->seq + 1, .epoch = epoch, .chain = t->chain}, got;
    struct sam_frame f;
    struct sam_span plain, inner;
    const uint8_t *mac;
    size_t used;
    uint8_t hash[32];
    sam_buf_init(&body, 1 << 18);
    sam_buf_init(&out, 1 << 18);
    sam_buf_init(&in_bytes, 1 << 18);
    sam_buf_init(&scratch, 1 << 18);
    for (unsigned i = 0; i < count; i++) {
        sam_buf_clear(&in_bytes);
        assert_int_equal(sam_op_encode(&in_bytes, &ops[i]), 0);
        assert_int_equal(sam_sha256(sam_buf_peek(&in_bytes).ptr, sam_buf_len(&in_bytes), hash), 0);
        assert_int_equal(sam_chain_next(head.chain, hash, &head.chain), 0);
        assert_int_equal(sam_push_add_op(&body, sam_buf_peek(&in_bytes)), 0);
    }
    struct sam_mac_key *key = sam_mac_key_new(t->key, "push");
    assert_int_equal(sam_push_seal(key, t->device_no, &head, count, t->chain, &body), 0);
    assert_int_equal(sam_frame_add(w->zip, &out, SAM_FRAME_PUSH, sam_buf_peek(&body)), 0);
    assert_int_equal(sam_frame_decode(sam_buf_peek(&out), &f, &used), 0);
    assert_int_equal(sam_frame_inflate(w->zip, &f, &scratch, &plain), 0);
    assert_int_equal(sam_mac_split(plain, &inner, &mac), 0);
    assert_int_equal(sam_push_decode(inner, &got), 0);
    assert_int_equal(intake_batch_read(b, key, t->device_no, epoch, t->chain, &got, &f, inner, mac), 0);
    assert_int_equal(intake_begin(w->in), 0);
    assert_int_equal(intake_push(w->in, b, &answer), 0);
    assert_int_equal(intake_commit(w->in), 0);
    if (answer.error.code == 0) {
        t->seq = answer.ack.seq;
        t->chain = head.chain;
    }
    intake_batch_fini(b);
    free(b);
    sam_mac_key_free(key);
    sam_buf_fini(&body);
    sam_buf_fini(&out);
    sam_buf_fini(&in_bytes);
    sam_buf_fini(&scratch);
    return answer;
}

static int64_t presence(struct world *w, int person)
{
    struct sam_key key = {.entity = SAM_ATTENDANCE, .part = {w->session, w->person[person]}};
    struct store_row row;
    assert_int_equal(store_row_get(intake_store(w->in), &key, &row), 0);
    return row.exists && row.dead <= 0 ? sam_row_num(&row.row, SAM_ATTENDANCE_presence) : -1;
}

static uint64_t verdicts(struct world *w, const struct tablet *t, enum sam_verdict kind)
{
    uint64_t counts[SAM_VERDICT_COUNT], lost;
    assert_int_equal(store_verdict_counts(intake_store(w->in), t->device_no, counts, &lost), 0);
    return counts[kind];
}

static void mark_reaches_centre_once(void **state)
{
    struct world *w = *state;
    struct tablet before = w->a;
    struct sam_op ops[2] = {mark(w, 0, 1, 0), mark(w, 1, 3, 0)};
    uint64_t epoch = intake_epoch(w->in).id;
    struct intake_pushed first = push(w, &w->a, ops, 2, epoch);
    assert_int_equal(first.error.code, 0);
    assert_int_equal(first.ack.seq, 2);
    assert_int_equal(presence(w, 0), 1);
    assert_int_equal(presence(w, 1), 3);
    uint64_t csn = store_csn(intake_store(w->in));
    struct tablet again = before; /* the same batch once more: the ack was lost */
    struct intake_pushed second = push(w, &again, ops, 2, epoch);
    assert_int_equal(second.error.code, 0);
    assert_int_equal(second.ack.seq, 2);
    assert_int_equal(second.ack.csn, first.ack.csn);
    assert_int_equal(store_csn(intake_store(w->in)), csn);
    again = before; /* overlapping: two old, one new */
    struct sam_op three[3] = {ops[0], ops[1], mark(w, 2, 1, 0)};
    struct intake_pushed third = push(w, &again, three, 3, epoch);
    assert_int_equal(third.ack.seq, 3);
    assert_int_equal(store_csn(intake_store(w->in)), csn + 1);
    again = before; /* the first batch once more, further back than the watermark: the answer speaks of it alone */
    struct intake_pushed back = push(w, &again, ops, 2, epoch);
    assert_int_equal(back.ack.seq, 2);
    assert_int_equal(back.ack.csn, first.ack.csn);
    again = before; /* other bytes under the same seq */
    ops[0].claimed_s++;
    assert_int_equal(push(w, &again, ops, 2, epoch).error.code, SAM_ERROR_FORK);
    again.seq = 7; /* a gap */
    struct intake_pushed gap = push(w, &again, ops, 1, epoch);
    assert_int_equal(gap.error.code, SAM_ERROR_GAP);
    assert_int_equal(gap.error.expected, 4);
}

static void bad_ops_are_quarantined_and_acked(void **state)
{
    struct world *w = *state;
    uint64_t epoch = intake_epoch(w->in).id;
    struct sam_op op[5] = {mark(w, 0, 9, 0), mark(w, 0, 1, 0), mark(w, 0, 1, 0), mark(w, 1, 1, 0), mark(w, 2, 1, 0)};
    op[1].row.key.part[1] = 77;                /* nobody */
    op[2].user = 99;                           /* no user */
    sam_row_init(&op[3].row, SAM_PARTICIPANT); /* not a tablet's to say */
    op[3].row.key.part[0] = w->person[0];
    sam_row_set(&op[3].row, SAM_PARTICIPANT_birth_year, 1980);
    struct intake_pushed p = push(w, &w->a, op, 5, epoch);
    assert_int_equal(p.error.code, 0);
    assert_int_equal(p.ack.seq, 5);
    assert_int_equal(verdicts(w, &w->a, SAM_VERDICT_QUARANTINED), 4);
    assert_int_equal(presence(w, 0), -1);
    assert_int_equal(presence(w, 2), 1);
}

static void unseen_values_stay_candidates(void **state)
{
    struct world *w = *state;
    uint64_t epoch = intake_epoch(w->in).id;
    struct sam_op no = mark(w, 0, 3, 0), yes = mark(w, 0, 1, 0);
    push(w, &w->a, &no, 1, epoch);
    push(w, &w->b, &yes, 1, epoch);
    assert_int_equal(presence(w, 0), 1); /* present before absent */
    assert_int_equal(verdicts(w, &w->b, SAM_VERDICT_CASE), 1);
    struct sam_op informed = mark(w, 0, 2, store_csn(intake_store(w->in)));
    push(w, &w->a, &informed, 1, epoch);
    assert_int_equal(presence(w, 0), 2);
    struct store_candidate c[4];
    unsigned count;
    assert_int_equal(store_candidates_get(intake_store(w->in), &informed.row.key, 0, c, 4, &count), 0);
    assert_int_equal(count, 0);
}

static void a_batch_may_correct_itself(void **state)
{
    struct world *w = *state;
    struct sam_op ops[3] = {mark(w, 0, 1, 0), mark(w, 0, 3, 0), mark(w, 0, 2, 0)};
    struct intake_pushed p = push(w, &w->a, ops, 3, intake_epoch(w->in).id);
    assert_int_equal(p.error.code, 0);
    assert_int_equal(p.ack.seq, 3);
    assert_int_equal(presence(w, 0), 2);
    assert_int_equal(verdicts(w, &w->a, SAM_VERDICT_CASE), 0);
}

/* ---- reading through a feed, with a device-side conversation that only counts */

struct reader {
    unsigned rows, changes, ends, chunks, scopes;
    struct sam_scope_end end;
    uint64_t sum;
};

static int on_scopes(void *host, const struct sam_scopes *s)
{
    ((struct reader *)host)->scopes = s->scope_count;
    return 0;
}
static int on_changes(void *host, const struct sam_changes *c)
{
    struct reader *r = host;
    r->rows += c->row_count;
    r->changes++;
    return 0;
}
static int on_chunk(void *host, const struct sam_snap_chunk *c)
{
    struct reader *r = host;
    struct sam_walk walk = {c->body};
    struct sam_span row;
    struct sam_row_state state;
    r->chunks++;
    while (sam_snap_next_row(&walk, &row) == 1) {
        assert_int_equal(sam_row_state_decode(row, &state), 0);
        r->sum += sam_sum_mix(&state.row.key, state.csn);
        r->rows++;
    }
    return 0;
}
static int on_end(void *host, const struct sam_scope_end *e)
{
    ((struct reader *)host)->ends++;
    ((struct reader *)host)->end = *e;
    return 0;
}
static int on_verdicts(void *host, const struct sam_verdicts *v)
{
    (void)host;
    (void)v;
    return 0;
}
static int on_hello(void *host, const struct sam_hello *h, struct sam_span body, const uint8_t *mac)
{
    (void)host, (void)h, (void)body, (void)mac;
    return 0;
}
static int on_welcome(void *host, const struct sam_welcome *welcome)
{
    (void)host, (void)welcome;
    return 0;
}

static void serve(struct world *w, struct feed *f, struct reader *r)
{
    static const struct sam_sync_ops centre_ops = {.hello = on_hello};
    static const struct sam_sync_ops device_ops = {.welcome = on_welcome,
                                                   .scopes = on_scopes,
                                                   .changes = on_changes,
                                                   .scope_end = on_end,
                                                   .snap_chunk = on_chunk,
                                                   .verdicts = on_verdicts};
    struct sam_buf up, down;
    struct sam_hello hello = {.protocol = 1};
    struct sam_welcome welcome = {0};
    sam_buf_init(&up, 1 << 20);
    sam_buf_init(&down, 1 << 20);
    struct sam_sync *centre = sam_sync_new(SAM_ROLE_CENTRE, &centre_ops, NULL, w->zip, &down);
    struct sam_sync *device = sam_sync_new(SAM_ROLE_DEVICE, &device_ops, r, w->zip, &up);
    assert_int_equal(sam_sync_send_hello(device, &hello, NULL), 0);
    assert_int_equal(sam_sync_feed(centre, &up), 0);
    assert_int_equal(sam_sync_send_welcome(centre, &welcome), 0);
    int rc;
    while ((rc = feed_next(f, centre)) == 1)
        ;
    assert_int_equal(rc, 0);
    assert_int_equal(sam_sync_feed(device, &down), 0);
    sam_sync_free(centre);
    sam_sync_free(device);
    sam_buf_fini(&up);
    sam_buf_fini(&down);
    feed_free(f);
}

static void a_fill_gives_every_row_and_the_sum(void **state)
{
    struct world *w = *state;
    struct store *reader;
    uint64_t epoch = intake_epoch(w->in).id;
    struct sam_op op[3] = {mark(w, 0, 1, 0), mark(w, 1, 1, 0), mark(w, 2, 1, 0)};
    push(w, &w->a, op, 3, epoch);
    assert_int_equal(store_reader_open(&reader, w->path), 0);
    struct reader r = {0};
    struct sam_snap_get get = {.scope = w->group};
    serve(w, feed_snap_new(reader, w->clinic, &get), &r);
    assert_int_equal(r.rows, 3 + 3 + 3 + 1 + 1); /* marks, people, enrolments, session, group */
    assert_int_equal(r.ends, 1);
    assert_int_equal(r.end.rows, r.rows);
    assert_true(r.end.sum == r.sum);
    struct reader clinic = {0};
    get.scope = w->clinic;
    serve(w, feed_snap_new(reader, w->clinic, &get), &clinic);
    assert_int_equal(clinic.rows, 2); /* the clinic and its user */
    assert_true(clinic.end.sum == clinic.sum);
    struct reader foreign = {0};
    get.scope = w->group;
    struct feed *f = feed_snap_new(reader, 12345, &get);
    assert_int_equal(feed_next(f, NULL), SAM_EDENIED);
    feed_free(f);
    (void)foreign;
    store_close(reader);
}

/* 1024 rows of one entity fill a chunk to its last row; what follows must not start behind it. */
static void a_full_chunk_skips_nothing(void **state)
{
    enum { PEOPLE = 1024, HALF = 512 };
    struct world *w = *state;
    struct store *reader;
    static uint64_t person[PEOPLE];
    static struct sam_op ops[HALF];
    uint64_t epoch = intake_epoch(w->in).id;
    assert_int_equal(intake_begin(w->in), 0);
    for (int i = 0; i < PEOPLE; i++) {
        struct sam_op op = {0};
        person[i] = named(w, SAM_PARTICIPANT, SAM_PARTICIPANT_name, "Deltaker", -1, 0);
        sam_row_init(&op.row, SAM_ENROLMENT);
        op.row.key.part[0] = w->group;
        op.row.key.part[1] = person[i];
        sam_row_set(&op.row, SAM_ENROLMENT_status, 4);
        author(w, &op);
    }
    assert_int_equal(intake_commit(w->in), 0);
    for (int half = 0; half < 2; half++) {
        for (int i = 0; i < HALF; i++) {
            ops[i] = mark(w, 0, 1, 0);
            ops[i].row.key.part[1] = person[half * HALF + i];
        }
        assert_int_equal(push(w, &w->a, ops, HALF, epoch).error.code, 0);
    }
    assert_int_equal(store_reader_open(&reader, w->path), 0);
    struct reader r = {0};
    struct sam_snap_get get = {.scope = w->group};
    serve(w, feed_snap_new(reader, w->clinic, &get), &r);
    assert_int_equal(r.rows, 3 * PEOPLE + 3 + 3 + 2);
    assert_int_equal(r.end.rows, r.rows);
    assert_true(r.end.sum == r.sum);
    store_close(reader);
}

static void a_run_gives_what_changed(void **state)
{
    struct world *w = *state;
    struct store *reader;
    uint64_t epoch = intake_epoch(w->in).id, csn = store_csn(intake_store(w->in));
    struct sam_op op = mark(w, 0, 1, 0);
    push(w, &w->a, &op, 1, epoch);
    assert_int_equal(store_reader_open(&reader, w->path), 0);
    struct reader r = {0};
    struct sam_pull pull = {.csn = csn};
    serve(w, feed_pull_new(reader, w->b.device_no, w->clinic, epoch, epoch, &pull), &r);
    assert_int_equal(r.rows, 1);
    assert_int_equal(r.changes, 1);
    assert_int_equal(r.scopes, 0);
    assert_int_equal(r.end.scope, 0);
    assert_int_equal(r.end.csn, csn + 1);
    struct reader idle = {0};
    pull.csn = csn + 1;
    serve(w, feed_pull_new(reader, w->b.device_no, w->clinic, epoch, epoch, &pull), &idle);
    assert_int_equal(idle.changes, 0);
    assert_int_equal(idle.end.rows, r.end.rows);
    struct reader cut = {0};
    pull.csn = csn + 100; /* beyond what this centre has */
    serve(w, feed_pull_new(reader, w->b.device_no, w->clinic, epoch, epoch, &pull), &cut);
    assert_int_equal(cut.ends, 0);
    store_close(reader);
}

static void backup_take(struct world *w)
{
    char cmd[512];
    assert_int_equal(store_checkpoint(intake_store(w->in), true), 0);
    snprintf(cmd, sizeof cmd, "cp %s %s.bak", w->path, w->path);
    assert_int_equal(system(cmd), 0);
}

static void backup_restore(struct world *w)
{
    char cmd[512];
    intake_close(w->in);
    snprintf(cmd, sizeof cmd, "rm -f %s-wal %s-shm; mv %s.bak %s", w->path, w->path, w->path, w->path);
    assert_int_equal(system(cmd), 0);
    open_world(w, false);
}

static void the_journal_gives_back_what_a_backup_misses(void **state)
{
    struct world *w = *state;
    char cmd[512];
    struct sam_key key = {.entity = SAM_PARTICIPANT};
    struct store_row row;
    struct store_device d;
    uint64_t old_epoch = intake_epoch(w->in).id;
    backup_take(w);
    assert_int_equal(intake_begin(w->in), 0);
    uint64_t late = named(w, SAM_PARTICIPANT, SAM_PARTICIPANT_name, "Deltaker 900", -1, 0);
    assert_int_equal(intake_device_state(w->in, w->b.device_no, SAM_DEVICE_REVOKED), 0);
    assert_int_equal(intake_commit(w->in), 0);
    backup_restore(w);
    key.part[0] = late;
    assert_int_equal(store_row_get(intake_store(w->in), &key, &row), 0);
    assert_true(row.exists);
    assert_int_equal(store_device_get(intake_store(w->in), w->b.device_no, &d), 0);
    assert_int_equal(d.state, SAM_DEVICE_REVOKED);
    assert_true(intake_epoch(w->in).id != old_epoch);
    assert_false(intake_drain_only(w->in));
    /* and without the journal: nobody can say what was decided */
    intake_close(w->in);
    snprintf(cmd, sizeof cmd, "rm -rf %s", w->journal);
    assert_int_equal(system(cmd), 0);
    open_world(w, false);
    assert_true(intake_drain_only(w->in));
}

/* The store has heard what the journal has not, and the journal has grown beyond: it is another one's. */
static void a_journal_of_another_history_is_not_replayed(void **state)
{
    struct world *w = *state;
    char cmd[512];
    struct sam_key key = {.entity = SAM_PARTICIPANT};
    struct store_row row;
    intake_close(w->in);
    snprintf(cmd, sizeof cmd, "cp -a %s %s.other", w->folder, w->folder);
    assert_int_equal(system(cmd), 0);
    open_world(w, false);
    assert_int_equal(intake_begin(w->in), 0);
    named(w, SAM_PARTICIPANT, SAM_PARTICIPANT_name, "Deltaker 900", -1, 0);
    assert_int_equal(intake_commit(w->in), 0);
    assert_int_equal(store_checkpoint(intake_store(w->in), true), 0);
    intake_close(w->in);
    snprintf(cmd, sizeof cmd,
             "cd %s && mv samling.db kept && rm samling.db* && rm -r journal && mv %s.other/* . && rmdir %s.other",
             w->folder, w->folder, w->folder);
    assert_int_equal(system(cmd), 0);
    open_world(w, false);
    assert_false(intake_drain_only(w->in));
    for (int i = 0; i < 5; i++) {
        assert_int_equal(intake_begin(w->in), 0);
        key.part[0] = named(w, SAM_PARTICIPANT, SAM_PARTICIPANT_name, "Deltaker 901", -1, 0);
        assert_int_equal(intake_commit(w->in), 0);
    }
    intake_close(w->in);
    snprintf(cmd, sizeof cmd, "cd %s && rm -f samling.db* && mv kept samling.db", w->folder);
    assert_int_equal(system(cmd), 0);
    open_world(w, false);
    assert_true(intake_drain_only(w->in));
    assert_int_equal(store_row_get(intake_store(w->in), &key, &row), 0);
    assert_false(row.exists);
}

static void a_revoked_device_is_quarantined(void **state)
{
    struct world *w = *state;
    struct sam_op op = mark(w, 0, 1, 0);
    assert_int_equal(intake_begin(w->in), 0);
    assert_int_equal(intake_device_state(w->in, w->a.device_no, SAM_DEVICE_REVOKED), 0);
    assert_int_equal(intake_commit(w->in), 0);
    struct intake_pushed p = push(w, &w->a, &op, 1, intake_epoch(w->in).id);
    assert_int_equal(p.ack.seq, 1);
    assert_int_equal(verdicts(w, &w->a, SAM_VERDICT_QUARANTINED), 1);
    assert_int_equal(presence(w, 0), -1);
}

/* A fork was shut out; letting its parent in again leaves it out. */
static void who_was_shut_out_stays_out(void **state)
{
    struct world *w = *state;
    struct store_device up, fork;
    assert_int_equal(intake_begin(w->in), 0);
    assert_int_equal(store_device_get(intake_store(w->in), w->a.device_no, &up), 0);
    fork = up;
    fork.device_no = 99;
    fork.parent = up.device_no;
    fork.state = SAM_DEVICE_REVOKED;
    up.state = SAM_DEVICE_PENDING;
    up.forked = true;
    assert_int_equal(store_device_put(intake_store(w->in), &fork), 0);
    assert_int_equal(store_device_put(intake_store(w->in), &up), 0);
    assert_int_equal(intake_device_state(w->in, up.device_no, SAM_DEVICE_ACTIVE), 0);
    assert_int_equal(store_device_get(intake_store(w->in), 99, &fork), 0);
    assert_int_equal(fork.state, SAM_DEVICE_REVOKED);
    assert_int_equal(store_device_get(intake_store(w->in), up.device_no, &up), 0);
    assert_int_equal(up.state, SAM_DEVICE_ACTIVE);
    assert_int_equal(intake_device_state(w->in, 99, SAM_DEVICE_ACTIVE), 0);
    assert_int_equal(intake_device_state(w->in, up.device_no, SAM_DEVICE_REVOKED), 0);
    assert_int_equal(store_device_get(intake_store(w->in), 99, &fork), 0);
    assert_int_equal(fork.state, SAM_DEVICE_REVOKED);
    intake_rollback(w->in);
}

static void the_plan_writes_eight_weeks_once(void **state)
{
    struct world *w = *state;
    struct sam_op op = {0};
    unsigned written;
    assert_int_equal(intake_begin(w->in), 0);
    sam_row_init(&op.row, SAM_GROUP);
    op.row.key.part[0] = w->group;
    sam_row_set(&op.row, SAM_GROUP_weekday, 2);
    sam_row_set(&op.row, SAM_GROUP_start_min, 600);
    author(w, &op);
    assert_int_equal(intake_plan(w->in, &written), 0);
    assert_in_range(written, 8, 9);
    assert_int_equal(intake_plan(w->in, &written), 0);
    assert_int_equal(written, 0);
    assert_int_equal(intake_commit(w->in), 0);
    now_s += (int64_t)100 * 86400; /* the window moves: old sessions leave, and the sum still fits */
    assert_int_equal(intake_begin(w->in), 0);
    assert_int_equal(intake_plan(w->in, &written), 0);
    intake_rollback(w->in); /* not yet */
    assert_int_equal(intake_begin(w->in), 0);
    assert_int_equal(intake_plan(w->in, &written), 0);
    assert_int_equal(intake_commit(w->in), 0);
    struct store *reader;
    assert_int_equal(store_reader_open(&reader, w->path), 0);
    struct reader r = {0};
    struct sam_snap_get get = {.scope = w->group};
    struct sam_key key = {.entity = SAM_SESSION, .part = {w->session}};
    struct store_row row;
    serve(w, feed_snap_new(reader, w->clinic, &get), &r);
    assert_int_equal(r.end.rows, r.rows);
    assert_true(r.end.sum == r.sum);
    assert_int_equal(store_row_get(reader, &key, &row), 0);
    assert_int_equal(row.scope, 0);
    store_close(reader);
}

/* A store that refuses a commit takes nothing in, and a later start brings nothing of it back. */
static int refuse_commit(void *ctx)
{
    (void)ctx;
    return 1;
}

static void a_refused_commit_leaves_nothing(void **state)
{
    struct world *w = *state;
    struct sam_key key = {.entity = SAM_PARTICIPANT};
    struct store_row row;
    uint64_t csn = store_csn(intake_store(w->in));
    assert_int_equal(intake_begin(w->in), 0);
    key.part[0] = named(w, SAM_PARTICIPANT, SAM_PARTICIPANT_name, "Deltaker 901", -1, 0);
    sqlite3_commit_hook(intake_store(w->in)->db, refuse_commit, NULL);
    assert_true(intake_commit(w->in) < 0);
    sqlite3_commit_hook(intake_store(w->in)->db, NULL, NULL);
    assert_int_equal(store_csn(intake_store(w->in)), csn);
    intake_close(w->in);
    open_world(w, false);
    assert_int_equal(store_row_get(intake_store(w->in), &key, &row), 0);
    assert_false(row.exists);
    assert_int_equal(store_csn(intake_store(w->in)), csn);
}

static void serve_pull(struct world *w, struct store *reader, uint64_t csn, struct reader *r)
{
    uint64_t epoch = intake_epoch(w->in).id;
    struct sam_pull pull = {.csn = csn};
    serve(w, feed_pull_new(reader, w->b.device_no, w->clinic, epoch, epoch, &pull), r);
}

static void a_run_tells_of_a_deleted_session(void **state)
{
    struct world *w = *state;
    struct store *reader;
    struct reader r = {0};
    struct sam_op op = {.kind = SAM_OP_TOMBSTONE};
    uint64_t csn = store_csn(intake_store(w->in));
    assert_int_equal(intake_begin(w->in), 0);
    sam_row_init(&op.row, SAM_SESSION);
    op.row.key.part[0] = w->session;
    author(w, &op);
    assert_int_equal(intake_commit(w->in), 0);
    assert_int_equal(store_reader_open(&reader, w->path), 0);
    serve_pull(w, reader, csn, &r);
    assert_int_equal(r.rows, 1);
    store_close(reader);
}

/* The list of scopes changes between the first and the last frame of an answer. */
static void a_run_tells_of_a_list_that_changed_meanwhile(void **state)
{
    struct world *w = *state;
    struct store *reader;
    struct reader r = {0};
    uint64_t epoch = intake_epoch(w->in).id;
    struct sam_pull pull = {.csn = store_csn(intake_store(w->in))};
    assert_int_equal(store_reader_open(&reader, w->path), 0);
    struct feed *f = feed_pull_new(reader, w->b.device_no, w->clinic, epoch, epoch, &pull);
    assert_int_equal(intake_begin(w->in), 0);
    named(w, SAM_GROUP, SAM_GROUP_name, "Ny gruppe", SAM_GROUP_org, w->clinic);
    assert_int_equal(intake_commit(w->in), 0);
    serve(w, f, &r);
    assert_int_equal(r.scopes, 3); /* the clinic and two groups */
    assert_int_equal(r.end.csn, pull.csn + 1);
    store_close(reader);
}

/* The larger base wins among values of no weight, whoever comes first. */
static void a_minor_value_goes_by_its_base(void **state)
{
    struct world *w = *state;
    struct sam_key key = {.entity = SAM_SESSION, .part = {w->session}};
    struct store_row row;
    struct sam_op op = {.user = w->user, .base_csn = store_csn(intake_store(w->in))};
    sam_row_init(&op.row, SAM_SESSION);
    op.row.key = key;
    sam_row_set_text(&op.row, SAM_SESSION_room, "Sal A", 5);
    push(w, &w->a, &op, 1, intake_epoch(w->in).id);
    op.base_csn--;
    sam_row_set_text(&op.row, SAM_SESSION_room, "Sal B", 5);
    push(w, &w->b, &op, 1, intake_epoch(w->in).id);
    assert_int_equal(store_row_get(intake_store(w->in), &key, &row), 0);
    assert_memory_equal(row.row.val[SAM_SESSION_room].text.ptr, "Sal A", 5);
    assert_int_equal(verdicts(w, &w->b, SAM_VERDICT_MERGED), 1);
}

/* A greeting of ${t}, whose oldest op is ${oldest} and whose chain before it is ${chain}. */
static struct intake_greeting hello(struct world *w, struct tablet *t, uint64_t last, uint64_t oldest, uint64_t chain)
{
    struct sam_hello h = {.protocol = 1,
                          .schema = 1,
                          .device_no = t->device_no,
                          .counter = ++t->counter,
                          .last_seq = last,
                          .oldest_seq = oldest,
                          .acked_seq = t->seq,
                          .acked_chain = t->chain,
                          .oldest_chain = chain};
    struct intake_greeting g;
    struct sam_buf body;
    uint8_t mac[SAM_MAC_BYTES];
    sam_buf_init(&body, 4096);
    struct sam_mac_key *key = sam_mac_key_new(t->key, "hello");
    assert_int_equal(sam_hello_encode(&body, &h), 0);
    assert_int_equal(sam_mac(key, SAM_FRAME_HELLO, sam_buf_peek(&body), (struct sam_span){0}, mac), 0);
    assert_int_equal(intake_begin(w->in), 0);
    assert_int_equal(intake_hello(w->in, &h, sam_buf_peek(&body), mac, &g), 0);
    assert_int_equal(intake_commit(w->in), 0);
    mac[0] ^= 1; /* the same with a wrong proof, and the same again, are refused */
    struct intake_greeting refused;
    assert_int_equal(intake_begin(w->in), 0);
    assert_int_equal(intake_hello(w->in, &h, sam_buf_peek(&body), mac, &refused), 0);
    assert_int_equal(refused.error.code, SAM_ERROR_BAD_MAC);
    mac[0] ^= 1;
    assert_int_equal(intake_hello(w->in, &h, sam_buf_peek(&body), mac, &refused), 0);
    assert_int_equal(refused.error.code, SAM_ERROR_STALE);
    assert_int_equal(refused.error.expected, t->counter + 1);
    assert_int_equal(intake_commit(w->in), 0);
    sam_mac_key_free(key);
    sam_buf_fini(&body);
    return g;
}

/* Ops that a device can no longer send do not hold up those that it can. */
static void a_hole_is_recorded_and_passed(void **state)
{
    struct world *w = *state;
    uint64_t counts[SAM_VERDICT_COUNT], lost, epoch = intake_epoch(w->in).id;
    struct sam_op op = mark(w, 0, 1, 0);
    struct intake_greeting g = hello(w, &w->a, 6, 6, 0x1122334455667788u);
    assert_int_equal(g.error.code, 0);
    assert_int_equal(g.welcome.acked_seq, 5);
    assert_true(g.welcome.acked_chain == 0x1122334455667788u);
    assert_int_equal(store_verdict_counts(intake_store(w->in), w->a.device_no, counts, &lost), 0);
    assert_int_equal(lost, 5);
    w->a.seq = 5;
    w->a.chain = 0x1122334455667788u;
    assert_int_equal(push(w, &w->a, &op, 1, epoch).ack.seq, 6);
    assert_int_equal(presence(w, 0), 1);
    assert_int_equal(hello(w, &w->a, 6, 7, 0).error.code, 0); /* the chain goes on behind the hole */
}

/* A device was told to erase itself, and did not: what a restore took for lost comes after all. */
static void a_loss_that_was_assumed_is_taken_back(void **state)
{
    struct world *w = *state;
    uint64_t counts[SAM_VERDICT_COUNT], lost;
    struct sam_op ops[3] = {mark(w, 0, 1, 0), mark(w, 1, 1, 0), mark(w, 2, 1, 0)};
    assert_int_equal(push(w, &w->a, ops, 1, intake_epoch(w->in).id).ack.seq, 1);
    struct tablet then = w->a;
    backup_take(w);
    assert_int_equal(push(w, &w->a, ops + 1, 2, intake_epoch(w->in).id).ack.seq, 3);
    assert_int_equal(intake_begin(w->in), 0);
    assert_int_equal(intake_device_state(w->in, w->a.device_no, SAM_DEVICE_REVOKED), 0);
    assert_int_equal(intake_commit(w->in), 0);
    assert_int_equal(hello(w, &w->a, 3, 1, 0).welcome.state, SAM_DEVICE_REVOKED);
    backup_restore(w);
    assert_int_equal(store_verdict_counts(intake_store(w->in), w->a.device_no, counts, &lost), 0);
    assert_int_equal(lost, 2);
    struct intake_greeting g = hello(w, &w->a, 3, 1, 0);
    assert_int_equal(g.error.code, 0);
    assert_int_equal(g.welcome.acked_seq, 1);
    assert_true(g.welcome.acked_chain == then.chain);
    then.counter = w->a.counter;
    w->a = then;
    assert_int_equal(push(w, &w->a, ops + 1, 2, intake_epoch(w->in).id).ack.seq, 3);
    assert_int_equal(store_verdict_counts(intake_store(w->in), w->a.device_no, counts, &lost), 0);
    assert_int_equal(lost, 0);
    assert_int_equal(counts[SAM_VERDICT_QUARANTINED], 2);
    assert_int_equal(presence(w, 0), 1);
    assert_int_equal(presence(w, 1), -1);
}

/* … and one that has erased itself comes with nothing of it: the loss stands. */
static void a_loss_that_came_true_stands(void **state)
{
    struct world *w = *state;
    uint64_t counts[SAM_VERDICT_COUNT], lost;
    struct sam_op ops[2] = {mark(w, 0, 1, 0), mark(w, 1, 1, 0)};
    backup_take(w);
    assert_int_equal(push(w, &w->a, ops, 2, intake_epoch(w->in).id).ack.seq, 2);
    assert_int_equal(intake_begin(w->in), 0);
    assert_int_equal(intake_device_state(w->in, w->a.device_no, SAM_DEVICE_REVOKED), 0);
    assert_int_equal(intake_commit(w->in), 0);
    hello(w, &w->a, 2, 1, 0);
    backup_restore(w);
    assert_int_equal(hello(w, &w->a, 2, 3, w->a.chain).welcome.acked_seq, 2);
    assert_int_equal(store_verdict_counts(intake_store(w->in), w->a.device_no, counts, &lost), 0);
    assert_int_equal(lost, 2);
}

/* An op on which the process ended twice while judging it is put aside; its batch goes on. */
static void a_judge_that_crashed_twice_goes_on(void **state)
{
    struct world *w = *state;
    char path[128];
    struct sam_op ops[2] = {mark(w, 0, 1, 0), mark(w, 1, 1, 0)};
    const uint64_t crashed[4] = {w->a.device_no, 1, 2, 1}; /* op 1 was being judged, for the second time */
    intake_close(w->in);
    snprintf(path, sizeof path, "%s.judging", w->path);
    FILE *f = fopen(path, "r+");
    assert_non_null(f);
    assert_int_equal(fwrite(crashed, sizeof crashed, 1, f), 1);
    assert_int_equal(fclose(f), 0);
    open_world(w, false);
    assert_int_equal(push(w, &w->a, ops, 2, intake_epoch(w->in).id).ack.seq, 2);
    assert_int_equal(verdicts(w, &w->a, SAM_VERDICT_QUARANTINED), 1);
    assert_int_equal(presence(w, 0), -1);
    assert_int_equal(presence(w, 1), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(mark_reaches_centre_once, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_ops_are_quarantined_and_acked, setup, teardown),
        cmocka_unit_test_setup_teardown(unseen_values_stay_candidates, setup, teardown),
        cmocka_unit_test_setup_teardown(a_batch_may_correct_itself, setup, teardown),
        cmocka_unit_test_setup_teardown(a_fill_gives_every_row_and_the_sum, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_chunk_skips_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_run_gives_what_changed, setup, teardown),
        cmocka_unit_test_setup_teardown(the_journal_gives_back_what_a_backup_misses, setup, teardown),
        cmocka_unit_test_setup_teardown(a_journal_of_another_history_is_not_replayed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_revoked_device_is_quarantined, setup, teardown),
        cmocka_unit_test_setup_teardown(a_hole_is_recorded_and_passed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_loss_that_was_assumed_is_taken_back, setup, teardown),
        cmocka_unit_test_setup_teardown(a_loss_that_came_true_stands, setup, teardown),
        cmocka_unit_test_setup_teardown(a_judge_that_crashed_twice_goes_on, setup, teardown),
        cmocka_unit_test_setup_teardown(who_was_shut_out_stays_out, setup, teardown),
        cmocka_unit_test_setup_teardown(the_plan_writes_eight_weeks_once, setup, teardown),
        cmocka_unit_test_setup_teardown(a_refused_commit_leaves_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_run_tells_of_a_deleted_session, setup, teardown),
        cmocka_unit_test_setup_teardown(a_run_tells_of_a_list_that_changed_meanwhile, setup, teardown),
        cmocka_unit_test_setup_teardown(a_minor_value_goes_by_its_base, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
