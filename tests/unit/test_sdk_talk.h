/* A tablet and a centre in memory, for the tests of their conversation. */
#ifndef UNIT_TEST_SDK_TALK_H
#define UNIT_TEST_SDK_TALK_H

#include "tests/unit/test_sdk_centre.h"

#include "client-sdk/src/client.h"
#include "client-sdk/src/outbox.h"

struct fixture {
    char path[300];
    struct centre *c;
    struct samling *s;
};

static inline int setup(void **state)
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

static inline int teardown(void **state)
{
    struct fixture *f = *state;
    samling_close(f->s);
    centre_free(f->c);
    store_remove(f->path);
    free(f);
    return 0;
}

static inline void reopen(struct fixture *f)
{
    struct samling *s;
    samling_close(f->s);
    f->s = NULL;
    assert_int_equal(samling_open(f->path, store_key, &s), 0);
    f->s = s;
}

static inline uint64_t waiting(struct samling *s)
{
    struct samling_status st;
    assert_int_equal(samling_status(s, &st), 0);
    if (st.waiting)
        assert_true(st.retry_in_s >= 0);
    return st.waiting;
}

/* The device's rows of every scope that the centre lists are the centre's. */
static inline void same_rows(struct fixture *f)
{
    assert_int_equal(f->s->held.count, f->c->scope_count);
    for (unsigned i = 0; i < f->c->scope_count; i++) {
        struct sam_held *h = sam_held_find(f->s, f->c->scope[i]);
        uint64_t rows = 0, sum = centre_scope_sum(f->c, f->c->scope[i], &rows), seen = 0;
        assert_non_null(h);
        assert_true(sam_held_complete(h));
        assert_true(h->since_csn == f->c->since[i]);
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

#endif
