/* Goal: an address may try so often and no oftener, a clinic behind one address is only delayed, a device has its share of a
 * day, and none of this needs more than a fixed memory. The clock is virtual. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/net/limit.h"
#include "server/net/quota.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static const struct limit_config usual = {.handshake_rate = 5, .handshake_burst = 20, .joins_per_minute = 10};

static struct limit_address four(uint32_t host)
{
    struct sockaddr_storage s = {.ss_family = AF_INET};
    struct limit_address a;
    ((struct sockaddr_in *)&s)->sin_addr.s_addr = htonl(host);
    limit_address(&a, &s);
    return a;
}

static struct limit_address six(const char *text)
{
    struct sockaddr_storage s = {.ss_family = AF_INET6};
    struct limit_address a;
    assert_int_equal(inet_pton(AF_INET6, text, &((struct sockaddr_in6 *)&s)->sin6_addr), 1);
    limit_address(&a, &s);
    return a;
}

/* How many of ${tries} may begin at ${now_ms}. */
static unsigned begun(struct limit *l, struct limit_address a, uint64_t now_ms, unsigned tries)
{
    unsigned n = 0;
    for (unsigned i = 0; i < tries; i++)
        n += limit_handshake(l, &a, now_ms);
    return n;
}

static void handshakes_have_a_burst_and_a_rate(void **state)
{
    struct limit *l = limit_new(&usual);
    (void)state;
    assert_int_equal(begun(l, four(1), 1000, 30), 20);
    assert_int_equal(begun(l, four(2), 1000, 30), 20); /* another address has its own */
    assert_int_equal(begun(l, four(1), 1199, 3), 0);
    assert_int_equal(begun(l, four(1), 1200, 3), 1);
    assert_int_equal(begun(l, four(1), 2200, 30), 5);
    assert_int_equal(begun(l, four(1), 500, 3), 0); /* a clock that goes back gives nothing */
    assert_int_equal(begun(l, four(1), UINT64_MAX / 2, 100), 20);
    limit_free(l);
}

static void a_clinic_after_a_power_cut_is_delayed(void **state)
{
    enum { TABLETS = 40, STEP_MS = 50 };
    struct limit *l = limit_new(&usual);
    struct limit_address clinic = four(7);
    unsigned in = 0;
    uint64_t now_ms = 0;
    (void)state;
    for (; in < TABLETS; now_ms += STEP_MS) /* the worst case: none of them can prove who it is */
        in += begun(l, clinic, now_ms, TABLETS - in);
    assert_in_range(now_ms, 3900, 4200);
    limit_free(l);
    l = limit_new(&usual);
    for (in = 0; in < 10 * TABLETS; in++) { /* those who prove it do not count, however many share the address */
        assert_true(limit_handshake(l, &clinic, 0));
        limit_proved(l, &clinic, 0);
    }
    limit_free(l);
}

static void wrong_invites_are_counted_by_the_minute(void **state)
{
    struct limit *l = limit_new(&usual);
    struct limit_address a = four(1), b = four(2);
    (void)state;
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(limit_join(l, &a, 1000 + i * 100), 0);
    assert_int_equal(limit_join(l, &a, 2000), 59);
    assert_int_equal(limit_join(l, &b, 2000), 0);
    assert_int_equal(limit_join(l, &a, 60999), 1);
    assert_int_equal(limit_join(l, &a, 61000), 0); /* the first is a minute old, the second is not */
    assert_int_equal(limit_join(l, &a, 61000), 1);
    limit_free(l);
}

static void right_invites_do_not_count(void **state)
{
    struct limit *l = limit_new(&usual);
    struct limit_address a = four(1);
    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(limit_join(l, &a, 5), 0);
        limit_joined(l, &a);
    }
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(limit_join(l, &a, 5), 0);
    assert_int_not_equal(limit_join(l, &a, 5), 0);
    limit_free(l);
}

static void nothing_is_limited_where_nothing_is_set(void **state)
{
    const struct limit_config none = {0};
    struct limit *l = limit_new(&none);
    struct limit_address a = four(1);
    (void)state;
    assert_int_equal(begun(l, a, 0, 1000), 1000);
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(limit_join(l, &a, 0), 0);
    assert_int_equal(limit_count(l), 0);
    limit_proved(l, &a, 0);
    limit_joined(l, &a);
    limit_free(l);
    limit_free(NULL);
}

static void networks_are_one_address(void **state)
{
    struct limit_address a = six("2001:db8:1:2::1"), b = six("2001:db8:1:2:ffff::9"), c = six("2001:db8:1:3::1");
    struct limit_address mapped = six("::ffff:10.0.0.1"), plain = four(0x0a000001), other = six("::ffff:10.0.0.2");
    (void)state;
    assert_true(limit_address_same(&a, &b));
    assert_false(limit_address_same(&a, &c));
    assert_true(limit_address_same(&mapped, &plain));
    assert_false(limit_address_same(&mapped, &other));
}

static void the_table_has_an_end(void **state)
{
    struct limit *l = limit_new(&usual);
    (void)state;
    for (uint32_t host = 0; host < 3 * LIMIT_ADDRESSES_MAX; host++) {
        assert_int_equal(begun(l, four(host), host, 1), 1);
        assert_in_range(limit_count(l), 1, LIMIT_ADDRESSES_MAX);
        if (host % 100 == 0) /* who goes on trying is not forgotten because others come */
            begun(l, four(0xffffffff), host, 100);
    }
    assert_int_equal(limit_count(l), LIMIT_ADDRESSES_MAX);
    assert_int_equal(begun(l, four(0xffffffff), 3 * LIMIT_ADDRESSES_MAX, 100), 0);
    limit_free(l);
}

/* ---- a device's share of a day */

/* A flood from more addresses than are remembered: all together have a rate, and who was known to be good still is. */
static void all_addresses_together_have_a_rate(void **state)
{
    struct limit_config c = usual;
    c.all_rate = 100;
    c.all_burst = 50;
    struct limit *l = limit_new(&c);
    struct limit_address clinic = four(1);
    unsigned in = 0;
    (void)state;
    assert_true(limit_handshake(l, &clinic, 0));
    assert_false(limit_good(l, &clinic));
    limit_proved(l, &clinic, 0);
    assert_true(limit_good(l, &clinic));
    for (uint32_t i = 0; i < 1000; i++)
        in += begun(l, four(1000 + i), 0, 1);
    assert_int_equal(in, 50);
    assert_false(limit_any(l, 9));
    assert_true(limit_any(l, 10));
    for (uint32_t i = 0; i < 10000; i++)
        in += begun(l, four(5000 + i), 10 + i, 1);
    assert_in_range(in, 50 + 999, 50 + 1001);
    assert_int_equal(limit_count(l), LIMIT_ADDRESSES_MAX);
    assert_true(limit_good(l, &clinic));
    assert_true(limit_handshake(l, &clinic, 20000));
    limit_free(l);
}

static void a_device_has_its_share(void **state)
{
    struct quota q;
    (void)state;
    quota_init(&q, 1000);
    quota_known(&q, 2, 0, 0);
    assert_int_equal(quota_take(&q, 2, 512, 1000), 0);
    quota_settle(&q, 2, 512, 512);
    assert_int_equal(quota_take(&q, 2, 512, 2000), 0); /* below it: whole */
    quota_settle(&q, 2, 512, 1024);
    assert_int_equal(quota_take(&q, 2, 1, 3000), 86400 - 2);
    assert_int_equal(quota_take(&q, 3, 1, 3000), 0);
    assert_int_equal(quota_take(&q, 2, 1, 1000 + QUOTA_DAY_MS - 1), 1);
    assert_int_equal(quota_take(&q, 2, 1, 1000 + QUOTA_DAY_MS), 0);
    quota_fini(&q);
}

static void what_is_sent_again_counts_once(void **state)
{
    struct quota q;
    (void)state;
    quota_init(&q, 100);
    quota_known(&q, 2, 5000, 0); /* an old device: WELCOME says how far it is */
    for (unsigned i = 0; i < 50; i++) {
        assert_int_equal(quota_take(&q, 2, 10, i), 0);
        quota_settle(&q, 2, 10, 5010);
    }
    for (unsigned i = 0; i < 50; i++) { /* nor does what was not taken in */
        assert_int_equal(quota_take(&q, 2, 10, i), 0);
        quota_settle(&q, 2, 10, 0);
    }
    assert_int_equal(quota_take(&q, 2, 90, 60), 0);
    quota_settle(&q, 2, 90, 5100);
    assert_int_not_equal(quota_take(&q, 2, 1, 61), 0);
    quota_fini(&q);
}

static void four_batches_under_way_count_at_once(void **state)
{
    struct quota q;
    (void)state;
    quota_init(&q, 100);
    assert_int_equal(quota_take(&q, 2, 60, 0), 0);
    assert_int_equal(quota_take(&q, 2, 60, 0), 0);
    assert_int_not_equal(quota_take(&q, 2, 60, 0), 0);
    quota_settle(&q, 2, 60, 0);
    assert_int_equal(quota_take(&q, 2, 60, 0), 0);
    quota_fini(&q);
}

static void many_devices_each_have_a_line(void **state)
{
    struct quota q;
    (void)state;
    quota_init(&q, 10);
    for (uint64_t no = 1; no <= 2000; no++)
        assert_int_equal(quota_take(&q, no * 7919 % 2003, 10, 0), 0);
    for (uint64_t no = 1; no <= 2000; no++)
        assert_int_not_equal(quota_take(&q, no * 7919 % 2003, 1, 0), 0);
    assert_int_equal(q.count, 2000);
    quota_fini(&q);
    quota_init(&q, 0);
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(quota_take(&q, 2, 1000000, 0), 0);
    quota_settle(&q, 2, 1, 1);
    assert_int_equal(q.count, 0);
    quota_fini(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handshakes_have_a_burst_and_a_rate),
        cmocka_unit_test(a_clinic_after_a_power_cut_is_delayed),
        cmocka_unit_test(wrong_invites_are_counted_by_the_minute),
        cmocka_unit_test(right_invites_do_not_count),
        cmocka_unit_test(nothing_is_limited_where_nothing_is_set),
        cmocka_unit_test(networks_are_one_address),
        cmocka_unit_test(the_table_has_an_end),
        cmocka_unit_test(all_addresses_together_have_a_rate),
        cmocka_unit_test(a_device_has_its_share),
        cmocka_unit_test(what_is_sent_again_counts_once),
        cmocka_unit_test(four_batches_under_way_count_at_once),
        cmocka_unit_test(many_devices_each_have_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
