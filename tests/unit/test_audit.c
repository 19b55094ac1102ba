/* Goal: whatever is changed in the store by other hands is found: the audit log and the batches that it covers by verify, alone
 * or against a head that was kept elsewhere; sums, verdicts and cases by verify; any derived value by rebuild. Each change is made
 * in a transaction that is rolled back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "server/store/store_int.h"
#include "tests/lib/clinic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH_OPS = 40 };

/* One clinic for all: some commits of every kind, open and closed cases, ops that wait, rest and were taken in. */
static struct clinic *stage;
static struct intake_anchor anchor;

static void said(struct clinic *k)
{
    struct sam_op ops[BATCH_OPS], session = clinic_ad_hoc(k, &k->a, k->group, CLINIC_DAY - 1);
    uint64_t id = session.row.key.part[0], base = clinic_csn(k);
    clinic_push(k, &k->b, clinic_mark(k, id, 0, SAID_PRESENT, base)); /* taken in with the session */
    clinic_push(k, &k->a, session);
    for (unsigned i = 0; i < BATCH_OPS; i++) /* long enough to be sent deflated */
        ops[i] = clinic_mark(k, i % 2 ? id : k->session, i / 2 % CLINIC_PERSONS, SAID_PRESENT, base);
    clinic_push_many(k, &k->a, ops, BATCH_OPS);
    clinic_push(k, &k->b, clinic_mark(k, k->session, 0, SAID_NO_SHOW, base)); /* an open case */
    clinic_push(k, &k->b, clinic_mark(k, k->session, 1, SAID_NO_SHOW, base)); /* and one that is closed again */
    clinic_push(k, &k->d, clinic_mark(k, k->session, 1, SAID_NO_SHOW, clinic_csn(k)));
    clinic_push(k, &k->b, clinic_mark(k, k->session, 2, 9, base));     /* waits for a person */
    clinic_push(k, &k->b, clinic_mark(k, k->far_session, 2, 1, base)); /* rests */
    clinic_rule(k, SAM_RULE_QUARANTINE, k->b.device_no, k->b.seq, SAM_DECISION_LET_REST, clinic_csn(k));
    clinic_push(k, &k->b, clinic_status(k, id, 2, clinic_csn(k))); /* cancelled but attended */
}

static int setup(void **state)
{
    struct intake_verified v;
    stage = calloc(1, sizeof *stage);
    *state = stage;
    clinic_open(stage);
    said(stage);
    centre_restart(&stage->centre);
    struct intake *in = stage->centre.in;
    assert_int_equal(intake_begin(in), 0);
    assert_int_equal(intake_audit(in, AUDIT_VERB, "root", "backup to=/srv/backup"), 0);
    assert_int_equal(intake_device_state(in, stage->far.device_no, SAM_DEVICE_DRAINING), 0);
    assert_int_equal(intake_commit(in), 0);
    assert_int_equal(intake_begin(in), 0);
    assert_int_equal(intake_audit(in, AUDIT_VERB, "root", "export"), 0); /* the last line is not about ops */
    assert_int_equal(intake_commit(in), 0);
    assert_int_equal(intake_audit_head(in, &anchor.count, &anchor.head), 0);
    assert_int_equal(intake_begin(in), 0);
    assert_int_equal(intake_verify(in, NULL, &anchor, &v), 0);
    assert_int_equal(v.wrong, 0);
    assert_int_equal(v.lines, anchor.count);
    assert_int_equal(v.head, anchor.head);
    assert_true(v.batches > 20 && v.ops > 60 && v.cases >= 3);
    intake_rollback(in);
    return 0;
}

static int teardown(void **state)
{
    clinic_close(*state);
    free(*state);
    return 0;
}

/* ---- other hands */

static sqlite3 *db(void)
{
    return clinic_store(stage)->db;
}

static void begin(void)
{
    assert_int_equal(intake_begin(stage->centre.in), 0);
}

static void end(void)
{
    intake_rollback(stage->centre.in);
}

/* A test that failed leaves no change behind. */
static int undo(void **state)
{
    (void)state;
    end();
    return 0;
}

/* Runs a statement that must change something. */
static void __attribute__((format(printf, 1, 2))) sql(const char *fmt, ...)
{
    char text[512], *why = NULL;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (sqlite3_exec(db(), text, NULL, NULL, &why) || sqlite3_changes(db()) == 0)
        fail_msg("%s: %s", text, why ? why : "changed nothing");
}

static int64_t number(const char *query)
{
    sqlite3_stmt *q;
    assert_int_equal(sqlite3_prepare_v2(db(), query, -1, &q, NULL), 0);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return n;
}

/* One byte of a blob becomes another one; at: of 4 quarters. false: there is no blob. */
static bool blob_flip(const char *table, const char *key, int64_t at, const char *column, unsigned quarter)
{
    char text[160];
    uint8_t bytes[1 << 16];
    sqlite3_stmt *q;
    snprintf(text, sizeof text, "SELECT %s FROM %s WHERE %s = %lld", column, table, key, (long long)at);
    assert_int_equal(sqlite3_prepare_v2(db(), text, -1, &q, NULL), 0);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    int n = sqlite3_column_bytes(q, 0);
    assert_true(n <= (int)sizeof bytes);
    if (n)
        memcpy(bytes, sqlite3_column_blob(q, 0), (size_t)n);
    sqlite3_finalize(q);
    if (n == 0)
        return false;
    bytes[(size_t)(n - 1) * quarter / 4] ^= 1;
    snprintf(text, sizeof text, "UPDATE %s SET %s = ? WHERE %s = %lld", table, column, key, (long long)at);
    assert_int_equal(sqlite3_prepare_v2(db(), text, -1, &q, NULL), 0);
    sqlite3_bind_blob(q, 1, bytes, n, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(q), SQLITE_DONE);
    sqlite3_finalize(q);
    return true;
}

/* ---- and what is found */

static uint64_t wrongs(const struct intake_anchor *kept)
{
    struct intake_verified v;
    assert_int_equal(intake_verify(stage->centre.in, NULL, kept, &v), 0);
    return v.wrong;
}

/* The change is found without help, and all is well when it is taken back. */
static void found(const char *what, int64_t at)
{
    if (!wrongs(NULL))
        fail_msg("not found: %s at %lld", what, (long long)at);
    end();
}

static unsigned rebuilt(void)
{
    struct intake_rebuilt out;
    assert_int_equal(intake_rebuild(stage->centre.in, NULL, &out), 0);
    return out.changed;
}

static void only_rebuild_finds(const char *what)
{
    begin();
    sql("%s", what);
    assert_int_equal(wrongs(NULL), 0);
    assert_true(rebuilt() > 0);
    assert_int_equal(rebuilt(), 0);
    end();
}

/* ---- the audit log */

static void every_edited_line_is_found(void **state)
{
    (void)state;
    static const char *const changes[] = {"at_s = at_s + 1",
                                          "at_s = -at_s",
                                          "kind = kind % 6 + 1",
                                          "first_csn = first_csn + 1",
                                          "last_csn = last_csn + 1",
                                          "actor = actor || 'x'",
                                          "text = text || 'x'",
                                          "no = no + 1000",
                                          "text = 'x', actor = actor || text"};
    static const char *const blobs[] = {"facts", "text_hash", "entry", "chain"};
    for (int64_t no = 1; no <= (int64_t)anchor.count; no++) {
        for (unsigned i = 0; i < sizeof changes / sizeof *changes; i++) {
            begin();
            sql("UPDATE audit SET %s WHERE no = %lld", changes[i], (long long)no);
            found(changes[i], no);
        }
        for (unsigned i = 0; i < sizeof blobs / sizeof *blobs; i++) {
            begin();
            if (blob_flip("audit", "no", no, blobs[i], (unsigned)no % 5))
                found(blobs[i], no);
            else
                end();
        }
    }
}

static void every_deleted_line_is_found(void **state)
{
    (void)state;
    for (int64_t no = 1; no <= (int64_t)anchor.count; no++) {
        begin();
        sql("DELETE FROM audit WHERE no = %lld", (long long)no);
        assert_true(wrongs(&anchor) > 0);
        end();
        begin();
        sql("DELETE FROM audit WHERE no = %lld", (long long)no);
        if (no < (int64_t)anchor.count) { /* and the gap closed behind it */
            sql("UPDATE audit SET no = -no WHERE no > %lld", (long long)no);
            sql("UPDATE audit SET no = -no - 1 WHERE no < 0");
        }
        assert_true(wrongs(&anchor) > 0);
        end();
    }
}

static void swapped_lines_are_found(void **state)
{
    (void)state;
    for (int64_t a = 1; a <= (int64_t)anchor.count; a++)
        for (int64_t b = a + 1; b <= (int64_t)anchor.count; b += a % 7 + 1) {
            begin();
            sql("UPDATE audit SET no = -1 WHERE no = %lld", (long long)a);
            sql("UPDATE audit SET no = %lld WHERE no = %lld", (long long)a, (long long)b);
            sql("UPDATE audit SET no = %lld WHERE no = -1", (long long)b);
            found("swap", a);
        }
}

static void a_cut_or_lengthened_log_is_found(void **state)
{
    (void)state;
    for (int64_t no = 0; no < (int64_t)anchor.count; no++) {
        begin();
        sql("DELETE FROM audit WHERE no > %lld", (long long)no);
        assert_true(wrongs(&anchor) > 0);
        end();
    }
    begin();
    sql("CREATE TEMP TABLE more AS SELECT * FROM audit ORDER BY no DESC LIMIT 1; UPDATE more SET no = no + 1; "
        "INSERT INTO audit SELECT * FROM more");
    found("a line once more", 0);
    const struct intake_anchor wrong_head = {anchor.count, anchor.head ^ 1}, ahead = {anchor.count + 1, anchor.head};
    begin();
    assert_int_equal(wrongs(&wrong_head), 1);
    assert_int_equal(wrongs(&ahead), 1);
}

/* Somebody who knows how it is made makes the whole log anew behind a changed line: only the head kept elsewhere tells. */
static void a_log_made_anew_is_known_by_its_head(void **state)
{
    (void)state;
    struct store *st = clinic_store(stage);
    struct store_audit a;
    uint8_t chain[SAM_HASH_BYTES] = {0};
    begin();
    sql("UPDATE audit SET actor = 'nobody' WHERE kind = 3 AND text = 'export'");
    for (uint64_t no = 0; store_audit_next(st, no, &a) == 0; no = a.no) {
        sqlite3_stmt *q;
        uint8_t entry[SAM_HASH_BYTES];
        assert_int_equal(intake_audit_entry(&a, entry), 0);
        assert_int_equal(sam_sha256_2(chain, sizeof chain, entry, sizeof entry, chain), 0);
        assert_int_equal(sqlite3_prepare_v2(db(), "UPDATE audit SET entry = ?, chain = ? WHERE no = ?", -1, &q, NULL),
                         0);
        bind_blob(q, 1, entry, sizeof entry);
        bind_blob(q, 2, chain, sizeof chain);
        bind_u64(q, 3, a.no);
        assert_int_equal(sqlite3_step(q), SQLITE_DONE);
        sqlite3_finalize(q);
    }
    assert_int_equal(wrongs(NULL), 0);
    assert_int_equal(wrongs(&anchor), 1);
    end();
}

static void an_erased_text_still_verifies(void **state)
{
    (void)state;
    begin();
    sql("UPDATE audit SET text = NULL WHERE kind IN (3, 4)");
    assert_int_equal(wrongs(&anchor), 0);
    end();
}

/* Erasing what was said does not let anybody change who said it, and when. */
static void an_erased_line_keeps_its_author(void **state)
{
    (void)state;
    begin();
    sql("UPDATE audit SET text = NULL, actor = 'nobody' WHERE text = 'export'");
    found("text = NULL, actor", 0);
    begin();
    sql("UPDATE audit SET text = NULL, at_s = at_s + 3600 WHERE text = 'export'");
    found("text = NULL, at_s", 0);
    begin();
    sql("UPDATE audit SET text = NULL, kind = 4 WHERE text = 'export'");
    found("text = NULL, kind", 0);
}

/* ---- batches */

static int64_t batch_after(int64_t first_csn)
{
    char query[96];
    snprintf(query, sizeof query, "SELECT coalesce(min(first_csn), 0) FROM push WHERE first_csn > %lld",
             (long long)first_csn);
    return number(query);
}

static void every_changed_batch_is_found(void **state)
{
    (void)state;
    static const char *const changes[] = {"mac = randomblob(16)",
                                          "first_seq = first_seq + 100000",
                                          "count = count + 1",
                                          "skip = skip + 1",
                                          "epoch = epoch + 1",
                                          "chain = chain + 1",
                                          "received_s = received_s - 60",
                                          "deflated = 1 - deflated",
                                          "device_no = 999",
                                          "raw = zeroblob(8)"};
    assert_true(number("SELECT count(*) FROM push WHERE deflated = 1") > 0);
    for (int64_t at = 0; (at = batch_after(at)) != 0;) {
        for (unsigned i = 0; i < sizeof changes / sizeof *changes; i++) {
            begin();
            sql("UPDATE push SET %s WHERE first_csn = %lld", changes[i], (long long)at);
            found(changes[i], at);
        }
        for (unsigned quarter = 0; quarter <= 4; quarter++) {
            begin();
            assert_true(blob_flip("push", "first_csn", at, "raw", quarter));
            found("raw", at);
        }
        begin();
        sql("DELETE FROM push WHERE first_csn = %lld", (long long)at);
        found("deleted batch", at);
    }
}

/* ---- what is derived */

static void sums_and_verdicts_and_cases_are_checked(void **state)
{
    (void)state;
    static const char *const changes[] = {
        ("UPDATE attendance SET csn = csn + 1 WHERE (session, participant) = (SELECT session, participant FROM "
         "attendance WHERE scope > 0 LIMIT 1)"),
        "UPDATE attendance SET scope = (SELECT max(id) FROM scope) WHERE scope > 0",
        "UPDATE attendance SET scope = 0 WHERE scope > 0",
        "UPDATE attendance SET dead = csn WHERE scope > 0",
        "UPDATE session SET csn = csn - 1 WHERE scope > 0",
        "UPDATE session SET dead = 1 WHERE scope > 0",
        "UPDATE enrolment SET scope = 0",
        "UPDATE groups SET csn = csn + 1",
        "UPDATE participant SET csn = csn + 1",
        "UPDATE user SET csn = csn + 1",
        "UPDATE org_unit SET csn = csn + 1",
        "DELETE FROM attendance WHERE presence = 1",
        "DELETE FROM participant",
        "DELETE FROM member",
        "UPDATE member SET gone = 1 WHERE entity = 12",
        "UPDATE scope SET sum = sum + 1 WHERE rows > 1",
        "UPDATE scope SET rows = rows + 1 WHERE rows > 1",
        "INSERT INTO verdict SELECT 99999, 99999, device_no, 99999, 1, 0, 0, 0, 0, 1 FROM device LIMIT 1",
        "INSERT INTO verdict SELECT 99999, 99999, 888, 1, 1, 0, 0, 0, 0, 1",
        "UPDATE verdict SET seq = seq + 1000",
        "UPDATE device SET acked_seq = acked_seq + 1 WHERE acked_seq > 0",
        ("INSERT INTO hole (device_no, first_seq, last_seq, at_s, chain) SELECT device_no, 1, 1, 0, 0 FROM device "
         "WHERE "
         "acked_seq > 0"),
        ("CREATE TEMP TABLE more AS SELECT * FROM candidate LIMIT 1; UPDATE more SET unit = 4; INSERT INTO candidate "
         "SELECT * FROM more"),
        ("CREATE TEMP TABLE more AS SELECT * FROM candidate LIMIT 1; UPDATE more SET key2 = 1; INSERT INTO candidate "
         "SELECT * FROM more"),
        "DELETE FROM candidate",
        "UPDATE conflict_case SET open = 1 - open WHERE rule = 0 AND open = 1",
        "UPDATE conflict_case SET open = 1 - open WHERE rule = 0 AND open = 0",
        "UPDATE conflict_case SET open = 0 WHERE rule = 2",
        "UPDATE attendance SET presence = 3 WHERE presence = 1",
        "UPDATE attendance SET presence = 2 WHERE presence = 3",
        "UPDATE turnout SET present = present + 1",
        "DELETE FROM turnout",
        "DELETE FROM conflict_case WHERE rule = 0 AND open = 1"};
    for (unsigned i = 0; i < sizeof changes / sizeof *changes; i++) {
        begin();
        sql("%s", changes[i]);
        found(changes[i], i);
    }
}

static void any_derived_value_is_found_by_rebuild(void **state)
{
    (void)state;
    only_rebuild_finds("UPDATE attendance SET evidence = evidence + 1");
    only_rebuild_finds("UPDATE attendance SET minutes = 17");
    only_rebuild_finds("UPDATE participant SET name = 'Deltaker 777' WHERE name = 'Deltaker 001'");
    only_rebuild_finds("UPDATE session SET room = 'Sal Z'");
    only_rebuild_finds("UPDATE ruling SET decision = 1");
    only_rebuild_finds("UPDATE verdict SET at_csn = at_csn + 1");
    only_rebuild_finds("UPDATE verdict SET reason = 7 WHERE kind = 5");
    only_rebuild_finds("UPDATE verdict SET closed = 1 - closed WHERE kind = 5");
    only_rebuild_finds("DELETE FROM conflict_case WHERE rule = 2");
    only_rebuild_finds("UPDATE conflict_case SET opened_csn = opened_csn - 1");
    only_rebuild_finds("DELETE FROM case_op");
    only_rebuild_finds("DELETE FROM retake");
    only_rebuild_finds("UPDATE member SET entered_csn = entered_csn + 1");
    only_rebuild_finds("UPDATE scope SET since_csn = since_csn + 1");
    only_rebuild_finds("UPDATE scope_list SET csn = csn + 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_edited_line_is_found, undo),
        cmocka_unit_test_teardown(every_deleted_line_is_found, undo),
        cmocka_unit_test_teardown(swapped_lines_are_found, undo),
        cmocka_unit_test_teardown(a_cut_or_lengthened_log_is_found, undo),
        cmocka_unit_test_teardown(a_log_made_anew_is_known_by_its_head, undo),
        cmocka_unit_test_teardown(an_erased_text_still_verifies, undo),
        cmocka_unit_test_teardown(an_erased_line_keeps_its_author, undo),
        cmocka_unit_test_teardown(every_changed_batch_is_found, undo),
        cmocka_unit_test_teardown(sums_and_verdicts_and_cases_are_checked, undo),
        cmocka_unit_test_teardown(any_derived_value_is_found_by_rebuild, undo),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
