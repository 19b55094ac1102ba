/* Goal: the centre keeps one score of each living form, made by the list of instruments that the program has: whatever the form
 * says it is kept, with a score or with the reason; a program that scores it otherwise makes it anew when it starts; and what
 * stands there untrue is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "server/store/store_int.h"
#include "tests/lib/clinic.h"

#include <stdlib.h>
#include <string.h>

enum { PAIN = 1, PSFS = 3, CODES = 7, HSCL_10 = 9, RTW_SE = 11, OWN = 80 };
enum { UNSTATED = 0, WORST = 1, BEST = 2 };

static struct sam_op form(struct clinic *k, int instrument, const char *answers, int scale_0)
{
    struct sam_op op = clinic_op(k, SAM_SCORE_RESPONSE, SAM_OP_CREATE, clinic_csn(k));
    unsigned items, answered;
    struct sam_span text = {(const uint8_t *)answers, strlen(answers)};
    assert_true(sam_answers_count(text, &items, &answered));
    op.user = k->user;
    op.row.key.part[0] = sam_id_make(k->a.device_no, ++k->ids);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_participant, (int64_t)k->person[0]);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_instrument, instrument);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_version, 1);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_occasion, 0);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_day, CLINIC_DAY);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_items, items);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_answered, answered);
    sam_row_set_text(&op.row, SAM_SCORE_RESPONSE_answers, text.ptr, text.len);
    if (scale_0)
        sam_row_set(&op.row, SAM_SCORE_RESPONSE_scale_0_means, scale_0);
    return op;
}

static uint64_t answer(struct clinic *k, int instrument, const char *answers, int scale_0)
{
    struct sam_op op = form(k, instrument, answers, scale_0);
    uint64_t csn = clinic_push(k, &k->a, op);
    assert_int_equal(clinic_verdict(k, csn).kind, SAM_VERDICT_APPLIED);
    return op.row.key.part[0];
}

static void score_is(struct clinic *k, uint64_t id, enum sam_score_why why, uint32_t sum, unsigned count, unsigned rule)
{
    struct store_score s;
    assert_int_equal(store_score_get(clinic_store(k), id, &s), 0);
    assert_int_equal(s.why, why);
    assert_int_equal(s.score.valid, why == SAM_SCORE_VALID);
    assert_int_equal(s.score.sum, sum);
    assert_int_equal(s.score.count, count);
    assert_int_equal(s.score.rule_version, rule);
}

static void whatever_it_says_it_is_kept(void **state)
{
    (void)state;
    struct clinic k;
    struct store_score s;
    clinic_open(&k);
    uint64_t higher = answer(&k, PSFS, "7,9,4", WORST), lower = answer(&k, PSFS, "7,-,4", BEST);
    score_is(&k, higher, SAM_SCORE_VALID, 20, 3, 1);
    score_is(&k, lower, SAM_SCORE_VALID, 11, 2, 1);
    assert_int_equal(store_score_get(clinic_store(&k), higher, &s), 0);
    assert_int_equal(s.score.better, SAM_BETTER_HIGHER);
    assert_int_equal(store_score_get(clinic_store(&k), lower, &s), 0);
    assert_int_equal(s.score.better, SAM_BETTER_LOWER);
    score_is(&k, answer(&k, PSFS, "7,9,4", UNSTATED), SAM_SCORE_DIRECTION, 0, 0, 1); /* of an older tablet */
    score_is(&k, answer(&k, PSFS, "7,9", WORST), SAM_SCORE_ITEMS, 0, 0, 1);
    score_is(&k, answer(&k, PAIN, "11", UNSTATED), SAM_SCORE_RANGE, 0, 0, 1);
    score_is(&k, answer(&k, PAIN, "7", BEST), SAM_SCORE_DIRECTION, 0, 0, 1);
    score_is(&k, answer(&k, PAIN, "-", UNSTATED), SAM_SCORE_FEW, 0, 0, 1);
    score_is(&k, answer(&k, CODES, "6", UNSTATED), SAM_SCORE_CODES, 0, 0, 1);
    score_is(&k, answer(&k, RTW_SE, "1,1,1,1,1,1,1,1,1,1,1", UNSTATED), SAM_SCORE_REVERSAL, 0, 0, 1);
    score_is(&k, answer(&k, OWN, "1,2,3,9999", UNSTATED), SAM_SCORE_UNKNOWN, 0, 0, 0);
    assert_int_equal(clinic_quarantined(&k, k.a.device_no), 0);
    clinic_push(&k, &k.a,
                clinic_tombstone(&k, (struct sam_key){.entity = SAM_SCORE_RESPONSE, .part = {higher}}, clinic_csn(&k)));
    assert_int_equal(store_score_get(clinic_store(&k), higher, &s), SAM_ENOTFOUND);
    clinic_close(&k);
}

/* What breaks the field's own range is no form at all. */
static void outside_the_fields_it_is_put_aside(void **state)
{
    (void)state;
    struct clinic k;
    struct store_score s;
    clinic_open(&k);
    struct sam_op op = form(&k, PSFS, "7,9,4", 3);
    uint64_t csn = clinic_push(&k, &k.a, op);
    assert_int_equal(clinic_verdict(&k, csn).kind, SAM_VERDICT_QUARANTINED);
    assert_int_equal(clinic_verdict(&k, csn).reason, SAM_REASON_RANGE);
    assert_int_equal(store_score_get(clinic_store(&k), op.row.key.part[0], &s), SAM_ENOTFOUND);
    clinic_close(&k);
}

/* A later version's tablet says more than is known here: scored by what is known, and held back for the rest. */
static void of_a_later_version(void **state)
{
    (void)state;
    struct clinic k;
    struct sam_buf bytes;
    clinic_open(&k);
    struct sam_op op = form(&k, PSFS, "7,9,4", WORST);
    sam_buf_init(&bytes, SAM_OP_BYTES_MAX);
    clinic_bytes_newer(&op, &bytes);
    struct sam_span span = sam_buf_peek(&bytes);
    struct centre_batch batch = {.op = &span, .count = 1, .epoch = intake_epoch(k.centre.in).id};
    assert_int_equal(intake_begin(k.centre.in), 0);
    uint64_t csn = centre_push_batch(&k.centre, &k.a, &batch);
    assert_int_equal(intake_commit(k.centre.in), 0);
    sam_buf_fini(&bytes);
    assert_int_equal(clinic_verdict(&k, csn).kind, SAM_VERDICT_HELD);
    assert_int_equal(clinic_verdict(&k, csn).reason, SAM_REASON_SCHEMA);
    score_is(&k, op.row.key.part[0], SAM_SCORE_VALID, 20, 3, 1);
    clinic_close(&k);
}

/* ---- a program with other rules: PSFS wants all activities rated; the clinic's own instrument is listed */

static const struct sam_instrument *raised(uint32_t number, uint32_t version)
{
    static struct sam_instrument psfs, own;
    const struct sam_instrument *def = sam_instrument_find(number, version);
    if (number == PSFS && def) {
        psfs = *def;
        psfs.rule_version = (uint8_t)(def->rule_version + 1);
        psfs.answered_min = 3;
        return &psfs;
    }
    if (number == OWN) {
        own = *sam_instrument_find(HSCL_10, 1);
        own.number = OWN;
        own.items.min = own.items.max = own.answered_min = 4;
        return &own;
    }
    return def;
}

static void restart_with(struct clinic *k, const struct sam_instrument *(*instrument)(uint32_t, uint32_t))
{
    k->centre.config.instrument = instrument;
    centre_restart(&k->centre);
    clinic_check(k); /* verify finds nothing, and rebuild changes nothing */
}

static void a_raised_rule_scores_anew(void **state)
{
    (void)state;
    struct clinic k;
    clinic_open(&k);
    uint64_t whole = answer(&k, PSFS, "7,9,4", WORST), partial = answer(&k, PSFS, "7,-,4", BEST);
    uint64_t pain = answer(&k, PAIN, "3", UNSTATED), own = answer(&k, OWN, "1,2,3,4", UNSTATED);
    assert_true(sam_instrument_ok(raised(PSFS, 1)) && sam_instrument_ok(raised(OWN, 1)));
    uint64_t csn = clinic_csn(&k);
    restart_with(&k, raised);
    score_is(&k, whole, SAM_SCORE_VALID, 20, 3, 2);
    score_is(&k, partial, SAM_SCORE_FEW, 0, 0, 2);
    score_is(&k, pain, SAM_SCORE_VALID, 3, 1, 1);
    score_is(&k, own, SAM_SCORE_VALID, 10, 4, 1);
    score_is(&k, answer(&k, PSFS, "1,1,-", WORST), SAM_SCORE_FEW, 0, 0, 2); /* and what comes from now on */
    assert_int_equal(clinic_csn(&k), csn + 1); /* it is nobody's news: no op, no csn but the new form's */
    restart_with(&k, NULL);                    /* the former program again */
    score_is(&k, whole, SAM_SCORE_VALID, 20, 3, 1);
    score_is(&k, partial, SAM_SCORE_VALID, 11, 2, 1);
    score_is(&k, own, SAM_SCORE_UNKNOWN, 0, 0, 0);
    clinic_close(&k);
}

/* ---- what stands there untrue */

static uint64_t wrong_after(struct clinic *k, const char *sql)
{
    struct intake_verified v;
    assert_int_equal(intake_begin(k->centre.in), 0);
    assert_int_equal(sqlite3_exec(clinic_store(k)->db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(intake_verify(k->centre.in, NULL, NULL, &v), 0);
    intake_rollback(k->centre.in);
    return v.wrong;
}

static void verify_asks_for_each_score(void **state)
{
    (void)state;
    struct clinic k;
    clinic_open(&k);
    answer(&k, PSFS, "7,9,4", WORST);
    assert_int_equal(wrong_after(&k, "SELECT 1"), 0);
    assert_int_equal(wrong_after(&k, "UPDATE score SET sum = sum + 1"), 1);
    assert_int_equal(wrong_after(&k, "UPDATE score SET better = 3"), 1);
    assert_int_equal(wrong_after(&k, "UPDATE score SET rule_version = 9"), 1);
    assert_int_equal(wrong_after(&k, "DELETE FROM score"), 2); /* it is missing, and their number is wrong */
    assert_int_equal(wrong_after(&k, "INSERT INTO score SELECT response + 1, instrument, version, rule_version, valid,"
                                     " why, sum, count, better FROM score"),
                     1);
    clinic_close(&k);
}

/* What a later version's tablet says of a list, in a field that is not known here: lists are the centre's. */
static void of_a_list_by_a_later_version(void **state)
{
    (void)state;
    struct clinic k;
    struct sam_buf bytes;
    clinic_open(&k);
    struct sam_op op = clinic_op(&k, SAM_GROUP, SAM_OP_SET, clinic_csn(&k));
    op.row.key.part[0] = k.group;
    sam_buf_init(&bytes, SAM_OP_BYTES_MAX);
    clinic_bytes_newer(&op, &bytes);
    struct sam_span span = sam_buf_peek(&bytes);
    struct centre_batch batch = {.op = &span, .count = 1, .epoch = intake_epoch(k.centre.in).id};
    assert_int_equal(intake_begin(k.centre.in), 0);
    uint64_t csn = centre_push_batch(&k.centre, &k.a, &batch);
    assert_int_equal(intake_commit(k.centre.in), 0);
    sam_buf_fini(&bytes);
    assert_int_equal(clinic_verdict(&k, csn).kind, SAM_VERDICT_QUARANTINED);
    assert_int_equal(clinic_verdict(&k, csn).reason, SAM_REASON_NOT_PERMITTED);
    clinic_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_it_says_it_is_kept),  cmocka_unit_test(outside_the_fields_it_is_put_aside),
        cmocka_unit_test(of_a_list_by_a_later_version), cmocka_unit_test(of_a_later_version),
        cmocka_unit_test(a_raised_rule_scores_anew),    cmocka_unit_test(verify_asks_for_each_score),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
