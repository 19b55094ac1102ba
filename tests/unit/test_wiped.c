/* Goal: the centre comes to know that a tablet obeyed WIPE, by the tablet's own word, wherever the line breaks; and a store that comes
 * back out of an old image is shut out as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/lib/ward.h"

static uint32_t state_of(struct ward *w, uint64_t device_no)
{
    struct store_device d;
    assert_int_equal(store_device_get(w->p.reader, device_no, &d), 0);
    return d.state;
}

static enum samling_device_state own_state(struct pump_tablet *t)
{
    struct samling_status st;
    assert_int_equal(samling_status(t->s, &st), 0);
    return st.state;
}

static void marked(struct ward *w, struct pump_tablet *t)
{
    struct samling_mark m = SAMLING_MARK_INIT;
    m.session = w->session;
    m.participant = w->person;
    assert_int_equal(samling_mark(t->s, w->user, &m), 0);
}

static int64_t lines(struct ward *w, uint64_t device_no, int state)
{
    char sql[160];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM audit WHERE kind = 4 AND text GLOB 'device=%llu state=%d *'",
             (unsigned long long)device_no, state);
    return ward_asked(w, sql);
}

static void told_once(struct ward *w)
{
    uint64_t no = w->a->device_no;
    marked(w, w->a);
    pump_device_state(&w->p, no, SAM_DEVICE_REVOKED);
    assert_int_equal(state_of(w, no), SAM_DEVICE_REVOKED);
    pump_sync(w->a, PUMP_WHOLE);
    assert_int_equal(own_state(w->a), SAMLING_WIPED);
    assert_int_equal(state_of(w, no), SAM_DEVICE_WIPED);
    assert_int_equal(lines(w, no, SAM_DEVICE_WIPED), 1);
    assert_false(sam_may_greet(w->a->s));
    assert_int_equal(ward_asked(w, "SELECT count(*) FROM verdict WHERE kind = 5"), 1); /* what waited had come first */
    ward_meet(w);
    assert_int_equal(lines(w, no, SAM_DEVICE_WIPED), 1);
}

/* What is left of it as it is erased, and what the centre knows: never WIPED while something is here. */
static void at_every_byte(struct ward *w)
{
    uint64_t no = w->a->device_no, bytes = 10;
    marked(w, w->a);
    pump_device_state(&w->p, no, SAM_DEVICE_REVOKED);
    for (; own_state(w->a) != SAMLING_WIPED || sam_may_greet(w->a->s); bytes += 1) {
        assert_in_range(bytes, 10, 5000);
        pump_sync(w->a, bytes);
        if (own_state(w->a) != SAMLING_WIPED)
            assert_int_equal(state_of(w, no), SAM_DEVICE_REVOKED);
        pump_tablet_power(w->a);
    }
    assert_int_equal(state_of(w, no), SAM_DEVICE_WIPED);
    assert_int_equal(lines(w, no, SAM_DEVICE_WIPED), 1);
}

static void an_old_image_is_shut_out(struct ward *w)
{
    uint64_t no = w->a->device_no;
    struct pump_tablet *image = pump_tablet_copy(w->a);
    pump_device_state(&w->p, no, SAM_DEVICE_REVOKED);
    pump_sync(w->a, PUMP_WHOLE);
    assert_int_equal(state_of(w, no), SAM_DEVICE_WIPED);
    marked(w, image); /* saved on what should not be there any more */
    pump_sync(image, 100);
    assert_int_equal(own_state(image), SAMLING_ACTIVE); /* it has not heard yet */
    for (int i = 0; i < 4 && own_state(image) != SAMLING_WIPED; i++)
        pump_sync(image, PUMP_WHOLE);
    assert_int_equal(own_state(image), SAMLING_WIPED);
    assert_int_equal(state_of(w, no), SAM_DEVICE_WIPED);
    assert_true(lines(w, no, SAM_DEVICE_REVOKED) >= 2); /* shut out; and again, when the image spoke */
    assert_int_equal(lines(w, no, SAM_DEVICE_WIPED), 2);
    assert_int_equal(ward_asked(w, "SELECT count(*) FROM attendance"), 0);
}

/* The journal remembers it, too. */
static void known_after_a_start(struct ward *w)
{
    char kept[96];
    uint64_t no = w->a->device_no;
    snprintf(kept, sizeof kept, "%s-kept", w->folder);
    pump_device_state(&w->p, no, SAM_DEVICE_REVOKED);
    pump_sync(w->a, PUMP_WHOLE);
    pump_keep(&w->p, kept); /* closes and opens all */
    assert_int_equal(state_of(w, no), SAM_DEVICE_WIPED);
    assert_int_equal(own_state(w->a), SAMLING_WIPED);
    pump_folder_remove(kept);
}

#define STORY(name)                       \
    static void test_##name(void **state) \
    {                                     \
        (void)state;                      \
        ward_both_orders(name);           \
    }
STORY(told_once)
STORY(at_every_byte)
STORY(an_old_image_is_shut_out)
STORY(known_after_a_start)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_told_once),
        cmocka_unit_test(test_at_every_byte),
        cmocka_unit_test(test_an_old_image_is_shut_out),
        cmocka_unit_test(test_known_after_a_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
