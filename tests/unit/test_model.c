/* Goal: every row of the field table is as field.def has it, rows merge by units, and checksums are the published ones. */
#include "tests/unit/test_model.h"

/* ---- the field table */

static void test_table(void **state)
{
    (void)state;
    const struct sam_entity_def *def;
    unsigned count = 0;
    for (unsigned e = 0; (def = sam_entity_at(e)); e++, count++) {
        assert_ptr_equal(sam_entity_find(def->tag), def);
        assert_ptr_equal(sam_entity_named(def->table), def);
        assert_true(def->key_count >= 1 && (!def->minted || def->key_count == 1));
        uint32_t units = 0;
        for (unsigned i = 0; i < def->field_count; i++) {
            const struct sam_field_def *f = &def->field[i];
            assert_true(f->min <= f->max);
            assert_true(f->tag > def->key_count);
            assert_true(i == 0 || f->tag > def->field[i - 1].tag);
            assert_int_equal(f->class, def->unit_class[f->unit]); /* a unit has one class */
            units |= 1u << f->unit;
        }
        assert_int_equal(units, (1u << def->unit_count) - 1); /* no unit without a field */
        for (unsigned u = 0; u < def->unit_count; u++) {      /* nor one that two writers share */
            uint32_t mask = sam_unit_fields(def, 1u << u);
            const struct sam_field_def *first = &def->field[__builtin_ctz(mask)];
            for (unsigned i = 0; i < def->field_count; i++)
                if (mask >> i & 1u)
                    assert_int_equal(def->field[i].writer, first->writer);
            if (def->unit_class[u] == SAM_CLASS_UNION)
                assert_int_equal(mask & (mask - 1), 0);
        }
    }
    assert_int_equal(count, ENTITY_LAST - 8 + 1);
    for (uint32_t tag = 0; tag < 100; tag++)
        assert_int_equal(sam_entity_find(tag) != NULL, tag >= 8 && tag <= ENTITY_LAST);
    assert_null(sam_entity_find(UINT32_MAX));
    assert_null(sam_entity_named("nothing"));
}

/* ---- rows */

static void test_row_merge(void **state)
{
    (void)state;
    const struct sam_entity_def *def = sam_entity_find(SAM_ATTENDANCE);
    struct sam_row a, b, c;
    sam_row_init(&a, SAM_ATTENDANCE);
    sam_row_set(&a, SAM_ATTENDANCE_presence, 1);
    sam_row_set(&a, SAM_ATTENDANCE_reason, 9);
    sam_row_set(&a, SAM_ATTENDANCE_minutes, 60);
    assert_int_equal(sam_row_units(&a), 3);
    sam_row_init(&b, SAM_ATTENDANCE);
    sam_row_set(&b, SAM_ATTENDANCE_presence, 2);
    sam_row_set(&b, SAM_ATTENDANCE_minutes, 30);
    c = a;
    sam_row_merge(&c, &b, 1); /* unit 0 only: its absent fields become empty, other units stay */
    assert_int_equal(sam_row_num(&c, SAM_ATTENDANCE_presence), 2);
    assert_false(sam_row_has(&c, SAM_ATTENDANCE_reason));
    assert_int_equal(sam_row_num(&c, SAM_ATTENDANCE_minutes), 60);
    assert_true(sam_row_unit_equal(&c, &b, 0));
    assert_true(sam_row_unit_equal(&c, &a, 1));
    assert_false(sam_row_unit_equal(&c, &a, 0));
    assert_false(sam_row_unit_equal(&c, &b, 1));
    sam_row_merge(&c, &b, 0);
    assert_int_equal(sam_row_num(&c, SAM_ATTENDANCE_minutes), 60);
    assert_int_equal(sam_unit_fields(def, 1), 7);
    assert_int_equal(sam_unit_fields(def, 2), 7u << 3);
    assert_int_equal(sam_unit_fields(def, 0xff), (1u << def->field_count) - 1);

    sam_row_init(&a, SAM_SESSION);
    sam_row_init(&b, SAM_SESSION);
    sam_row_set_text(&a, SAM_SESSION_room, "sal", 3);
    assert_false(sam_row_unit_equal(&a, &b, 3)); /* absent is not empty */
    sam_row_set_text(&b, SAM_SESSION_room, "", 0);
    assert_false(sam_row_unit_equal(&a, &b, 3));
    sam_row_set_text(&b, SAM_SESSION_room, "salong", 3);
    assert_true(sam_row_unit_equal(&a, &b, 3));
}

static void test_key_order(void **state)
{
    (void)state;
    static const struct sam_key keys[] = {{8, {1, 1}}, {8, {1, 2}},      {8, {2, 0}}, {8, {UINT64_MAX, 0}},
                                          {9, {1}},    {9, {INT64_MAX}}, {10, {0}}};
    for (size_t i = 0; i < COUNT(keys); i++)
        for (size_t k = 0; k < COUNT(keys); k++) {
            int order = sam_key_compare(&keys[i], &keys[k]);
            assert_int_equal(order, i < k ? -1 : i > k);
            assert_int_equal(sam_key_equal(&keys[i], &keys[k]), i == k);
        }
    assert_true(sam_id_device_no(sam_id_make(SAM_DEVICE_NO_MAX, 5)) == SAM_DEVICE_NO_MAX);
    assert_true(sam_id_make(SAM_DEVICE_NO_MAX, (1ull << 40) - 1) <= INT64_MAX);
}

/* Values computed with another implementation (tests/stranger/client.py). */
static void test_sum_mix(void **state)
{
    (void)state;
    static const struct {
        struct sam_key key;
        uint64_t csn, want;
    } vectors[] = {
        {{8, {1, 2}}, 3, 0x22010a9f95b06ad1u},
        {{9, {7696581394433u}}, 1, 0x69cc79c9f2259ea8u},
        {{10, {5, 6}}, 1099511627776u, 0xa37e84bb46e1a9e8u},
        {{11, {1}}, 0, 0x49d2e4ec3c65e864u},
        {{12, {INT64_MAX}}, INT64_MAX, 0xfc5eb1b011b8df89u},
        {{13, {2}}, 9, 0x9f814775b6c16c18u},
        {{14, {3}}, 10, 0x0670d46c067614a1u},
    };
    for (size_t i = 0; i < COUNT(vectors); i++)
        assert_true(sam_sum_mix(&vectors[i].key, vectors[i].csn) == vectors[i].want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_row_merge),
        cmocka_unit_test(test_key_order),
        cmocka_unit_test(test_sum_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
