/* Goal: whatever a centre and a line do to a conversation, saved ops arrive once, rows converge, and nothing waits for ever. */
#include "tests/unit/test_sdk_centre.h"

#include "client-sdk/src/client.h"
#include "client-sdk/src/outbox.h"

struct fixture {
    char path[300];
    struct centre *c;
    struct samling *s;
};

static int setup(void **state)
{
    static int n;
    struct fixture *f = calloc(1, sizeof *f);
    char what[16];
    snprintf(what, sizeof what, "talk%d", n++);
    store_name(f->path, sizeof f->path, what);
    store_remove(f->path);
    f->c = centre_new();
    centre_group(f->c, GROUP_SCOPE, 12);
    f->s = device_joined(f->path, f->c);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    samling_close(f->s);
    centre_free(f->c);
    store_remove(f->path);
    free(f);
    return 0;
}

static void reopen(struct fixture *f)
{
    struct samling *s;
    samling_close(f->s);
    f->s = NULL;
    assert_int_equal(samling_open(f->path, store_key, &s), 0);
    f->s = s;
}

static uint64_t waiting(struct samling *s)
{
    struct samling_status st;
    assert_int_equal(samling_status(s, &st), 0);
    if (st.waiting)
        assert_true(st.retry_in_s >= 0);
    return st.waiting;
}

/* The device's rows of every scope that the centre lists are the centre's. */
static void same_rows(struct fixture *f)
{
    assert_int_equal(f->s->held.count, f->c->scope_count);
    for (unsigned i = 0; i < f->c->scope_count; i++) {
        struct sam_held *h = sam_held_find(f->s, f->c->scope[i]);
        uint64_t rows = 0, sum = centre_scope_sum(f->c, f->c->scope[i], &rows), seen = 0;
        assert_non_null(h);
        assert_true(sam_held_complete(h));
        assert_int_equal(h->rows, rows);
        assert_true(h->sum == sum);
        for (unsigned k = 0; k < f->c->row_count; k++) {
            struct centre_row *r = &f->c->row[k];
            struct sam_view v;
            if (r->scope != h->id || r->gone)
                continue;
            assert_int_equal(sam_replica_get(f->s, h->slot, &r->key, &v), 0);
            assert_true(v.csn == r->csn);
            for (unsigned u = 0; u < sam_entity_find(r->key.entity)->unit_count; u++)
                assert_true(sam_row_unit_equal(&v.row, &r->row, u));
            seen++;
        }
        assert_int_equal(seen, h->rows);
    }
}

static void join_and_fill(void **state)
{
    struct fixture *f = *state;
    struct samling_status st;
    samling_status(f->s, &st);
    assert_int_equal(st.state, SAMLING_ACTIVE);
    assert_int_equal(st.device_no, 5);
    assert_string_equal(st.clinic, "Porsgrunn");
    assert_int_equal(st.scopes, 1);
    assert_int_equal(st.scopes_filled, 1);
    assert_true(st.last_contact_s > 0);
    assert_int_equal(f->c->joins, 1);
    assert_int_equal(f->c->hellos, 1); /* all in one connection */
    same_rows(f);
    /* nothing to do */
    unsigned pulls = f->c->pulls;
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(f->c->pulls, pulls + 1);
    assert_int_equal(f->c->snap_gets, 1);
    assert_true(f->s->talk.report.bytes_up <= 110);
    assert_true(f->s->talk.report.bytes_up + f->s->talk.report.bytes_down <= 150);
}

static void marks_arrive(void **state)
{
    struct fixture *f = *state;
    mark(f->s, SESSION, PERSON, 1);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(f->c->op_count, 1);
    assert_int_equal(waiting(f->s), 0);
    assert_int_equal(f->c->pulls, 2); /* PULL went right behind the PUSH: one round trip */
    same_rows(f);
    struct samling_line l = sheet_line(f->s, SESSION, PERSON);
    assert_int_equal(l.presence, 1);
    assert_int_equal(l.state, SAMLING_AT_CENTRE);
    /* a change from elsewhere: only the units that are newer come, the rest stays */
    struct sam_row r;
    sam_row_init(&r, SAM_ATTENDANCE);
    r.key.part[0] = SESSION;
    r.key.part[1] = PERSON;
    sam_row_set(&r, SAM_ATTENDANCE_minutes, 55);
    centre_row_new(f->c, GROUP_SCOPE, &r);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    same_rows(f);
    l = sheet_line(f->s, SESSION, PERSON);
    assert_int_equal(l.presence, 1);
    assert_int_equal(l.minutes, 55);
}

/* Own marks stay on screen whatever comes in, until a complete run has covered them. */
static void own_writes_stay(void **state)
{
    struct fixture *f = *state;
    centre_mark(f->c, SESSION, PERSON, 3);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(sheet_line(f->s, SESSION, PERSON).presence, 3);
    mark(f->s, SESSION, PERSON, 1);
    for (size_t cut = 0; cut < 400; cut++) { /* the line breaks after every byte of the answer */
        if (converse(f->s, f->c, cut) == 1)
            break;
        struct samling_line l = sheet_line(f->s, SESSION, PERSON);
        assert_int_equal(l.presence, 1);
        assert_int_equal(l.state, waiting(f->s) ? SAMLING_WAITING : SAMLING_AT_CENTRE);
        if (cut % 3 == 0)
            reopen(f);
    }
    assert_int_equal(f->c->op_count, 1);
    assert_int_equal(sheet_line(f->s, SESSION, PERSON).presence, 1);
    same_rows(f);
    /* the centre decides otherwise: then that is shown */
    centre_mark(f->c, SESSION, PERSON, 2);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(sheet_line(f->s, SESSION, PERSON).presence, 2);
}

/* The line breaks after every byte on the way up: same end state. */
static void cuts_on_the_way_up(void **state)
{
    struct fixture *f = *state;
    for (size_t cut = 1; cut < 260; cut++) {
        mark(f->s, SESSION + cut % 2, PERSON + cut % 12, 1 + (int)cut % 4);
        f->c->up_max = cut;
        converse(f->s, f->c, SIZE_MAX);
        f->c->up_max = 0;
        if (cut % 7)
            continue;
        assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
        assert_int_equal(f->c->op_count, cut);
        assert_int_equal(waiting(f->s), 0);
        same_rows(f);
    }
}

static void many_ops(void **state)
{
    struct fixture *f = *state;
    struct samling_mark m[12];
    for (int k = 0; k < 200; k++) {
        for (uint64_t i = 0; i < 12; i++)
            m[i] = mark_of(SESSION + (uint64_t)k % 2, PERSON + i, 1 + k % 4);
        assert_int_equal(samling_mark_all(f->s, USER, m, 12), 0);
    }
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(f->c->op_count, 2400);
    assert_int_equal(f->s->talk.report.ops_acked, 2400);
    assert_int_equal(waiting(f->s), 0);
    assert_true(f->c->pushes >= 5);
    same_rows(f);
    /* acks that were lost */
    for (int k = 0; k < 40; k++) {
        mark(f->s, SESSION, PERSON, 1 + k % 4);
        converse(f->s, f->c, (size_t)k);
    }
    converse_all(f->s, f->c, 3);
    assert_int_equal(f->c->op_count, 2440);
    same_rows(f);
}

static void cuts_in_a_fill(void **state)
{
    struct fixture *f = *state;
    centre_group(f->c, OTHER_SCOPE, 300);
    f->c->chunk_rows = 7;
    int connections = 0;
    size_t down = 300;
    for (; connections < 400; connections++) {
        if (converse(f->s, f->c, down) == 1)
            break;
        if (connections % 5 == 0)
            reopen(f);
        if (connections == 20) { /* what changes meanwhile comes behind the chunks */
            struct sam_row r;
            sam_row_init(&r, SAM_ENROLMENT);
            r.key.part[0] = OTHER_SCOPE;
            r.key.part[1] = PERSON + 1;
            sam_row_set(&r, SAM_ENROLMENT_status, 5);
            centre_row_new(f->c, OTHER_SCOPE, &r);
        }
        assert_int_equal(sheet_line(f->s, SESSION, PERSON).enrolment, 4); /* the other group stays readable */
        down = 300 + (size_t)connections * 2;
    }
    assert_true(connections > 20 && connections < 400);
    assert_true(f->c->chunks > 20);
    same_rows(f);
}

static void cuts_in_a_run(void **state)
{
    struct fixture *f = *state;
    for (uint64_t i = 0; i < 12; i++)
        centre_mark(f->c, SESSION_2, PERSON + i, 1);
    int connections = 0;
    for (size_t down = 40; connections < 100; connections++, down += 6) {
        if (converse(f->s, f->c, down) == 1)
            break;
        int presence = sheet_line(f->s, SESSION_2, PERSON + 3).presence;
        assert_int_equal(presence, 0); /* nothing of an unfinished run is seen */
        if (connections % 4 == 1)
            reopen(f);
        if (connections == 6)
            centre_mark(f->c, SESSION_2, PERSON, 2);
    }
    assert_true(connections > 6 && connections < 100);
    assert_true(f->c->pull.run > 0); /* it was resumed */
    assert_int_equal(sheet_line(f->s, SESSION_2, PERSON).presence, 2);
    same_rows(f);
}

static void wrong_sum(void **state)
{
    struct fixture *f = *state;
    unsigned fills = f->c->snap_gets;
    centre_mark(f->c, SESSION, PERSON, 1);
    f->c->bad_sums = 1; /* the run's sum alone: each scope's is right */
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(f->c->snap_gets, fills);
    assert_true(f->c->pull.verify);
    f->c->bad_sums = 2; /* and the scope's: filled again */
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(f->c->snap_gets, fills + 1);
    same_rows(f);
    /* a row that was lost on the tablet is noticed and comes back */
    assert_int_equal(sqlite3_exec(f->s->store.db, "DELETE FROM row WHERE entity = 8; UPDATE scope SET rows = rows - 1",
                                  NULL, NULL, NULL),
                     0);
    reopen(f);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(f->c->snap_gets, fills + 2);
    same_rows(f);
    /* a fill whose sum stays wrong ends the conversation after two tries, and the old rows stay */
    f->c->bad_sums = 6;
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(sheet_line(f->s, SESSION, PERSON).presence, 1);
    assert_true(samling_retry_in_ms(f->s) >= 0);
    f->c->bad_sums = 0;
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    same_rows(f);
}

/* A store that an older version filled is filled again after the upgrade; until then the old rows are on screen, and what
 * had not been sent is sent. */
static void upgraded(void **state)
{
    struct fixture *f = *state;
    unsigned fills = f->c->snap_gets;
    mark(f->s, SESSION, PERSON, 1);
    assert_int_equal(sam_meta_put(f->s, schema, SAM_SCHEMA_VERSION + 1), 0);
    reopen(f);
    assert_int_equal(sam_meta(f->s, schema), SAM_SCHEMA_VERSION);
    assert_int_equal(sheet_line(f->s, SESSION, PERSON).presence, 1);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(f->c->snap_gets, fills + 1);
    assert_int_equal(waiting(f->s), 0);
    same_rows(f);
}

static void scopes_come_and_go(void **state)
{
    struct fixture *f = *state;
    struct samling_group *g;
    size_t n;
    centre_group(f->c, OTHER_SCOPE, 5);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    same_rows(f);
    assert_int_equal(samling_groups(f->s, &g, &n), 0);
    assert_int_equal(n, 2);
    samling_list_free(g);
    mark(f->s, SESSION, PERSON, 1);
    f->c->scope_count = 1; /* the new one stays, the first one goes: */
    f->c->scope[0] = OTHER_SCOPE;
    f->c->since[0] = f->c->since[1];
    f->c->scopes_csn = ++f->c->csn;
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    same_rows(f);
    assert_int_equal(f->c->op_count, 1);
    struct samling_line *l;
    assert_int_equal(samling_sheet(f->s, SESSION, &l, &n), SAMLING_ENOTFOUND);
    /* given again: it is filled again, though the device held it before */
    f->c->scope[1] = GROUP_SCOPE;
    f->c->since[1] = f->c->scopes_csn = ++f->c->csn;
    f->c->scope_count = 2;
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    same_rows(f);
    assert_int_equal(sheet_line(f->s, SESSION, PERSON).presence, 1);
}

static void window_moves(void **state)
{
    struct fixture *f = *state;
    centre_mark(f->c, SESSION, PERSON, 1);
    centre_mark(f->c, SESSION_2, PERSON, 1);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    f->c->window_day = 19680;
    for (unsigned i = 0; i < f->c->row_count; i++)
        if (f->c->row[i].key.part[0] == SESSION && f->c->row[i].key.entity <= SAM_SESSION) {
            f->c->row[i] = f->c->row[--f->c->row_count];
            i--;
        }
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_false(f->c->pull.verify);
    same_rows(f);
}

/* The centre went back to a backup: ops it misses are sent again with their past, scopes beyond are filled beside. */
static void restored(void **state)
{
    struct fixture *f = *state;
    for (uint64_t i = 0; i < 6; i++)
        mark(f->s, SESSION, PERSON + i, 1);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    uint64_t epoch = f->c->epoch, lost_csn = f->c->op[3].csn;
    centre_mark(f->c, SESSION_2, PERSON, 3); /* something else that will be lost */
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    mark(f->s, SESSION, PERSON + 6, 2);
    /* back to the moment after three ops */
    f->c->op_count = 3;
    f->c->csn = f->c->cut_csn = f->c->op[2].csn;
    for (unsigned i = 0; i < f->c->row_count; i++)
        if (f->c->row[i].csn > f->c->csn)
            f->c->row[i--] = f->c->row[--f->c->row_count];
    f->c->epoch = 0xe2;
    assert_int_equal(converse(f->s, f->c, 80), 0);
    for (uint64_t i = 0; i < 7; i++) { /* all marks are still on screen */
        struct samling_line l = sheet_line(f->s, SESSION, PERSON + i);
        assert_int_equal(l.presence, i == 6 ? 2 : 1);
    }
    reopen(f);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    f->c->cut_csn = 0;
    assert_int_equal(f->c->op_count, 7);
    assert_true(f->c->op[3].origin.epoch == epoch);
    assert_int_equal(f->c->op[3].origin.csn, lost_csn);
    assert_int_equal(f->c->op[6].origin.csn, 0);
    assert_int_equal(waiting(f->s), 0);
    same_rows(f);
    assert_int_equal(sheet_line(f->s, SESSION_2, PERSON).presence, 0);
}

/* A copy of the store goes its own way; then the first one comes back with other ops under the same numbers. */
static void forked(void **state)
{
    struct fixture *f = *state;
    uint64_t ad_hoc;
    struct sam_op op;
    mark(f->s, SESSION, PERSON, 1);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    uint64_t shared_chain = f->c->op[0].chain;
    /* here: an ad-hoc session with a mark on it */
    assert_int_equal(samling_session_add(f->s, USER, GROUP_SCOPE, 19700, 600, &ad_hoc), 0);
    mark(f->s, ad_hoc, PERSON + 1, 1);
    mark(f->s, SESSION, PERSON + 2, 2);
    /* there: the centre has got two other ops from the copy */
    f->c->op[1] = f->c->op[0];
    f->c->op[1].chain = 77;
    f->c->op[2] = f->c->op[0];
    f->c->op[2].chain = 78;
    f->c->op_count = 3;
    f->c->csn += 2;
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 0); /* ERROR(FORK) */
    assert_true(f->s->talk.again);
    assert_int_equal(samling_retry_in_ms(f->s), 0);
    reopen(f);
    assert_int_equal(sam_meta(f->s, fork_seq), 1);
    f->c->op_count = 0; /* what the new number has sent */
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(f->c->join.parent, 5);
    assert_int_equal(f->c->join.fork_seq, 1);
    assert_int_equal(f->c->device_no, 6);
    assert_int_equal(f->c->op_count, 4); /* the shared one too, which nobody else may have after a loss */
    assert_int_equal(waiting(f->s), 0);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(f->c->op[i].origin.device_no, 5);
        assert_int_equal(f->c->op[i].origin.seq, 1 + i);
    }
    assert_int_equal(sam_op_decode((struct sam_span){f->c->op[1].bytes, f->c->op[1].len}, &op), 0);
    assert_int_equal(op.kind, SAM_OP_CREATE);
    uint64_t anew = op.row.key.part[0];
    assert_int_equal(anew, sam_id_anew(5, f->c->op[1].origin.hash)); /* as any other copy with that op makes it */
    assert_true(anew != ad_hoc);
    assert_int_equal(sam_op_decode((struct sam_span){f->c->op[2].bytes, f->c->op[2].len}, &op), 0);
    assert_int_equal(op.row.key.part[0], anew);
    same_rows(f);
    assert_int_equal(sheet_line(f->s, anew, PERSON + 1).presence, 1);
    assert_int_equal(sheet_line(f->s, SESSION, PERSON).presence, 1);
    assert_int_equal(sheet_line(f->s, SESSION, PERSON + 2).presence, 2);
    /* life goes on, under the new number, also with ids */
    assert_int_equal(samling_session_add(f->s, USER, GROUP_SCOPE, 19701, 600, &ad_hoc), 0);
    assert_int_equal(ad_hoc, sam_id_make(6, 1));
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(f->c->op_count, 5);
    assert_int_equal(f->c->op[4].origin.device_no, 0);
    (void)shared_chain;
}

static void old_image(void **state)
{
    struct fixture *f = *state;
    mark(f->s, SESSION, PERSON, 1);
    samling_close(f->s);
    f->s = NULL;
    char copy[320], command[2][4096];
    snprintf(copy, sizeof copy, "%s.old", f->path);
    FILE *in = fopen(f->path, "rb"), *out = fopen(copy, "wb");
    for (size_t n; (n = fread(command[0], 1, sizeof command[0], in)) > 0;)
        fwrite(command[0], 1, n, out);
    fclose(in);
    fclose(out);
    assert_int_equal(samling_open(f->path, store_key, &f->s), 0);
    mark(f->s, SESSION, PERSON + 1, 1);
    mark(f->s, SESSION, PERSON + 2, 1);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(f->c->op_count, 3);
    samling_close(f->s);
    f->s = NULL;
    /* the tablet is put back to the image, and goes on saving */
    store_remove(f->path);
    assert_int_equal(rename(copy, f->path), 0);
    assert_int_equal(samling_open(f->path, store_key, &f->s), 0);
    mark(f->s, SESSION, PERSON + 4, 2);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 0); /* its counter is behind */
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 0);
    assert_int_equal(sam_meta(f->s, fork_seq), 1);
    f->c->op_count = 0;
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(f->c->op_count, 2);
    assert_int_equal(f->c->op[1].origin.seq, 2);
    same_rows(f);
    assert_int_equal(sheet_line(f->s, SESSION, PERSON + 4).presence, 2);
    assert_int_equal(sheet_line(f->s, SESSION, PERSON + 1).presence, 1);
}

static void stale_counter(void **state)
{
    struct fixture *f = *state;
    f->c->hello_counter = 500;
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 0);
    assert_int_equal(samling_retry_in_ms(f->s), 0);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(f->c->hello.counter, 501);
}

static void ticket(void **state)
{
    struct fixture *f = *state;
    f->c->hello_error = SAM_ERROR_TICKET;
    f->c->state = SAM_DEVICE_PENDING;
    mark(f->s, SESSION, PERSON, 1);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 0);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(f->c->hello.ticket_len, 3);
    struct samling_status st;
    samling_status(f->s, &st);
    assert_int_equal(st.state, SAMLING_PENDING);
    assert_true(st.retry_in_s >= 0);
    unsigned pushes = f->c->pushes;
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(f->c->pushes, pushes); /* pending: the outbox waits */
    assert_int_equal(f->c->hello.ticket_len, 0);
    f->c->state = SAM_DEVICE_ACTIVE;
    f->c->op_count = 0;
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(waiting(f->s), 0);
}

static void refusals(void **state)
{
    struct fixture *f = *state;
    static const int codes[] = {SAM_ERROR_BUSY, SAM_ERROR_QUOTA, SAM_ERROR_READ_ONLY, SAM_ERROR_NOT_ACTIVE};
    for (size_t i = 0; i < 4; i++) {
        mark(f->s, SESSION, PERSON, 1);
        f->c->refuse = codes[i];
        converse(f->s, f->c, SIZE_MAX);
        assert_int_equal(waiting(f->s), 1);
        assert_true(samling_retry_in_ms(f->s) >= 500);
        assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
        assert_int_equal(waiting(f->s), 0);
    }
    static const uint32_t ends[] = {SAM_ERROR_BAD_MAC,    SAM_ERROR_VERSION,   SAM_ERROR_DEVICE_UNKNOWN,
                                    SAM_ERROR_DRAIN_ONLY, SAM_ERROR_BAD_FRAME, 99};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        mark(f->s, SESSION, PERSON, 2);
        f->c->hello_error = ends[i];
        assert_int_equal(converse(f->s, f->c, SIZE_MAX), 0);
        assert_true(waiting(f->s) > 0);
    }
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(waiting(f->s), 0);
    same_rows(f);
}

static void verdicts(void **state)
{
    struct fixture *f = *state;
    struct samling_notice *n;
    struct samling_status st;
    size_t count;
    mark(f->s, SESSION, PERSON, 1);
    mark(f->s, SESSION, PERSON + 1, 1);
    mark(f->s, SESSION, PERSON + 2, 1);
    f->c->verdicts = (struct sam_verdicts){.csn = f->c->csn + 3,
                                           .count = 3,
                                           .at = {{2, 9, SAM_VERDICT_CASE, 0},
                                                  {3, 0, SAM_VERDICT_QUARANTINED, SAM_REASON_SCOPE},
                                                  {77, 0, SAM_VERDICT_CASE, 0}}};
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(samling_notices(f->s, &n, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(n[0].participant, PERSON + 1);
    assert_int_equal(n[0].kind, 4);
    assert_int_equal(n[1].reason, SAM_REASON_SCOPE);
    samling_list_free(n);
    assert_int_equal(sheet_line(f->s, SESSION, PERSON + 1).state, SAMLING_ATTENTION);
    assert_int_equal(samling_notice_seen(f->s, 2), 0);
    assert_int_equal(samling_notice_seen(f->s, 20), SAMLING_ENOTFOUND);
    samling_status(f->s, &st);
    assert_int_equal(st.attention, 1);
    f->c->verdicts = (struct sam_verdicts){.csn = f->c->csn + 9, .count = 1, .at = {{3, 0, SAM_VERDICT_APPLIED, 0}}};
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    samling_status(f->s, &st);
    assert_int_equal(st.attention, 0);
}

static void wiped(void **state)
{
    struct fixture *f = *state;
    struct samling_status st;
    struct samling_group *g;
    size_t n;
    mark(f->s, SESSION, PERSON, 1);
    f->c->state = SAM_DEVICE_REVOKED;
    f->c->wipe = true; /* even where the order comes early, what waits is sent first */
    converse(f->s, f->c, SIZE_MAX);
    assert_int_equal(f->c->op_count, 1);
    samling_status(f->s, &st);
    assert_int_equal(st.state, SAMLING_WIPED);
    assert_int_equal(st.retry_in_s, 0); /* to say so; nothing else is left */
    assert_int_equal(samling_groups(f->s, &g, &n), 0);
    assert_int_equal(n, 0);
    samling_list_free(g);
    struct samling_mark m = mark_of(SESSION, PERSON, 1);
    assert_int_equal(samling_mark(f->s, USER, &m), SAMLING_ESTATE);
    reopen(f); /* killed before it could: it is told at the next start */
    uint8_t key[32];
    assert_int_equal(sam_meta_secret(f->s, "key", key, sizeof key), 0);
    assert_false(f->c->hello.erased);
    unsigned pushes = f->c->pushes, pulls = f->c->pulls;
    converse(f->s, f->c, SIZE_MAX);
    assert_true(f->c->hello.erased);
    assert_string_equal(f->c->hello.app, "libsamling " SAMLING_VERSION);
    assert_int_equal(f->c->hello.last_seq, 1);
    assert_int_equal(f->c->hello.oldest_seq, 2);
    assert_int_equal(f->c->pushes, pushes);
    assert_int_equal(f->c->pulls, pulls);
    assert_int_equal(sam_meta_secret(f->s, "key", key, sizeof key), SAM_ENOTFOUND);
    samling_status(f->s, &st);
    assert_int_equal(st.state, SAMLING_WIPED);
    assert_int_equal(st.device_no, 0);
    assert_int_equal(st.retry_in_s, -1);
    assert_int_equal(samling_link_up(f->s), SAMLING_ESTATE);
}

static void trimmed(void **state)
{
    struct fixture *f = *state;
    uint64_t chain;
    for (uint64_t i = 0; i < 5; i++)
        mark(f->s, SESSION, PERSON + i, 1);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    f->c->safe_seq = 3;
    f->c->now_s += 80 * 86400;
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(sam_meta(f->s, oldest_seq), 0); /* safe, but not old enough */
    f->c->now_s += 20 * 86400;
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(sam_meta(f->s, oldest_seq), 4); /* old enough, but only three are safe */
    assert_int_equal(sam_outbox_chain(f->s, 3, &chain), 0);
    assert_true(chain == f->c->op[2].chain);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    mark(f->s, SESSION, PERSON, 2);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(f->c->op_count, 6);
}

/* Bases: what was on the page when the form was opened, not what came in behind it. */
static void base_of_form(void **state)
{
    struct fixture *f = *state;
    struct sam_op op;
    assert_int_equal(samling_form_open(f->s, SESSION), 0);
    uint64_t seen = sam_held_find(f->s, GROUP_SCOPE)->csn;
    centre_mark(f->c, SESSION, PERSON, 3);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    mark(f->s, SESSION, PERSON, 1);
    mark(f->s, SESSION_2, PERSON, 1);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(sam_op_decode((struct sam_span){f->c->op[0].bytes, f->c->op[0].len}, &op), 0);
    assert_int_equal(op.base_csn, seen);
    assert_int_equal(sam_op_decode((struct sam_span){f->c->op[1].bytes, f->c->op[1].len}, &op), 0);
    assert_true(op.base_csn > seen);
}

/* Nothing that a centre can send makes the tablet fall over, or lose what it saved. */
static void nonsense(void **state)
{
    struct fixture *f = *state;
    uint32_t seed = 12345;
    uint8_t junk[600];
    mark(f->s, SESSION, PERSON, 1);
    for (int round = 0; round < 3000; round++) {
        const uint8_t *p;
        struct sam_buf frame;
        assert_int_equal(samling_link_up(f->s), 0);
        samling_link_peek(f->s, &p);
        sam_buf_init(&frame, 4096);
        if (round % 2) { /* behind an honest WELCOME */
            struct sam_welcome w = {
                .epoch = 0xe1, .acked_seq = 0, .state = SAM_DEVICE_ACTIVE, .server_time_s = 1700000000};
            struct sam_buf body;
            sam_buf_init(&body, 4096);
            sam_welcome_encode(&body, &w);
            sam_frame_add(f->c->zip, &frame, SAM_FRAME_WELCOME, sam_buf_peek(&body));
            sam_buf_fini(&body);
        }
        uint8_t kind = (uint8_t)(1 + round / 2 % SAM_FRAME_KIND_MAX);
        size_t n = 1 + (size_t)round % sizeof junk;
        if (kind == SAM_FRAME_WIPE) /* has no body that could be nonsense */
            kind = SAM_FRAME_VERDICTS;
        for (size_t i = 0; i < n; i++) {
            seed = seed * 1664525u + 1013904223u;
            junk[i] = (uint8_t)(seed >> 24);
        }
        sam_frame_add(f->c->zip, &frame, kind, (struct sam_span){junk, n});
        samling_link_feed(f->s, sam_buf_peek(&frame).ptr, sam_buf_len(&frame));
        sam_buf_fini(&frame);
        samling_link_down(f->s);
        struct samling_status st;
        samling_status(f->s, &st);
        if (st.state != SAMLING_ACTIVE || sam_meta(f->s, fork_parent))
            fail_msg("round %d: state %d", round, st.state);
        assert_int_equal(st.saved, 1);
    }
    converse_all(f->s, f->c, 4);
    assert_int_equal(f->c->op_count, 1);
    same_rows(f);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(join_and_fill),      T(marks_arrive),   T(own_writes_stay), T(cuts_on_the_way_up),
        T(many_ops),           T(cuts_in_a_fill), T(cuts_in_a_run),   T(wrong_sum),
        T(scopes_come_and_go), T(window_moves),   T(restored),        T(forked),
        T(old_image),          T(stale_counter),  T(ticket),          T(refusals),
        T(verdicts),           T(wiped),          T(trimmed),         T(base_of_form),
        T(nonsense),           T(upgraded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
