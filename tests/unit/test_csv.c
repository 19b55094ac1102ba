/* Goal: a spreadsheet is read as it is meant or refused by the row, with the number that a spreadsheet shows; nothing that a file
 * may hold brings the reader down. */
#include "proto/base/csv_table.h"
#include "proto/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MUTATIONS 6000u

static enum sam_csv_fault refused(const char *bytes, size_t n)
{
    struct sam_csv t;
    enum sam_csv_fault fault;
    int err = sam_csv_read(&t, (const uint8_t *)bytes, n, &fault);
    sam_csv_fini(&t);
    assert_int_equal(err, fault ? SAM_EPROTO : 0);
    return fault;
}

/* The table as one text: "1:a|b 2!7" is row 1 with two cells and row 2 with fault 7; the headings are row H. */
static void shown(const struct sam_csv *t, char *out, size_t size)
{
    size_t used = (size_t)snprintf(out, size, "H:");
    for (unsigned i = 0; i < t->columns; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i ? "|" : "", sam_csv_heading(t, i));
    for (size_t r = 0; r < t->rows; r++) {
        used += (size_t)snprintf(out + used, size - used, " %u", t->row[r].number);
        if (t->row[r].fault)
            used += (size_t)snprintf(out + used, size - used, "!%d", (int)t->row[r].fault);
        for (int i = 0; !t->row[r].fault && i < (int)t->columns; i++)
            used += (size_t)snprintf(out + used, size - used, "%c%s", i ? '|' : ':', sam_csv_cell(t, r, i));
    }
}

static void reads(const char *bytes, size_t n, const char *as)
{
    struct sam_csv t;
    enum sam_csv_fault fault;
    char got[1000];
    assert_int_equal(sam_csv_read(&t, (const uint8_t *)bytes, n, &fault), 0);
    shown(&t, got, sizeof got);
    assert_string_equal(got, as);
    sam_csv_fini(&t);
}
#define READS(text, as) reads(text, sizeof(text) - 1, as)

static void separators_are_found(void **state)
{
    (void)state;
    READS("a;b\n1;2\n", "H:a|b 2:1|2");
    READS("a,b\r\n1,2\r\n", "H:a|b 2:1|2");
    READS("a\tb\r1\t2\r", "H:a|b 2:1|2");
    READS("\"a,x\";b;c\n1;2;\"3,4\"", "H:a,x|b|c 2:1|2|3,4");
    READS("only\none\n", "H:only 2:one");
}

static void encodings_are_found(void **state)
{
    (void)state;
    READS("\xEF\xBB\xBFn;\xC3\xA5r\n\xC3\x98;1\n", "H:n|år 2:Ø|1");
    READS("n;\xE5r\n\xD8 \x96 \x80;1\n", "H:n|år 2:Ø – €|1");
    READS("n;a\n\xE6\x81;1\n", "H:n|a 2:æ\xEF\xBF\xBD|1");
    READS("\xEF\xBB\xBFn;a\n\xD8;1\nx;2\n", "H:n|a 2!11 3:x|2");
    assert_int_equal(refused("\xFF\xFEn\0;\0", 6), SAM_CSV_UTF16);
}

/* One broken byte in a long file that is UTF-8 costs its row; it does not turn every å of the others into two signs. */
static void one_broken_byte_is_no_other_encoding(void **state)
{
    (void)state;
    READS("n;\xC3\xA5r\n\xC3\x98;1\nx\xE5;2\n\xC3\x86;3\n", "H:n|år 2:Ø|1 3!11 4:Æ|3");
    READS("n;\xC3\xA5r\n\xC3\x98;1\n\xC3\x86;\xC3", "H:n|år 2:Ø|1 3!11"); /* cut off */
    READS("n;\xE5r\n\xD8\xE6\xC3\xB8;1\n", "H:n|år 2:ØæÃ¸|1");
}

static void rows_have_the_numbers_of_a_spreadsheet(void **state)
{
    (void)state;
    READS("\n\na;b\n1;2\n\n3;4\n;\n5;6", "H:a|b 4:1|2 6:3|4 8:5|6");
    READS("a;b\r\n\"1\r\nmore\";2\r\n\r\n3;4\r\n", "H:a|b 2:1 more|2 4:3|4");
    READS("a;b\n\"say \"\"no\"\"\";2\n \"x\" ; y \n", "H:a|b 2:say \"no\"|2 3:x|y");
}

static void a_row_that_cannot_be_read_costs_itself_alone(void **state)
{
    (void)state;
    READS("a;b\n1\n1;2;3\n4;5\n", "H:a|b 2!8 3!8 4:4|5");
    READS("a;b\n1;\"open\n3;4\n5;\"6\"\n", "H:a|b 2!7 3:3|4 4:5|6");
    READS("a;b\n1;x\"y\n3;4\n5;\"6\"z\n7;8", "H:a|b 2!7 3:3|4 4!7 5:7|8");
    READS("a;b\n1;\"2\n", "H:a|b 2!7");
    READS("a;b\n1\0;2\n3;4\n", "H:a|b 2!10 3:3|4");
    READS("\xEF\xBB\xBF"
          "a;b\n\xC2\x9B;2\n3;4\n",
          "H:a|b 2!10 3:3|4");
    READS("a;b\n\x1B[31m;2\n3;4\n", "H:a|b 2!10 3:3|4");
}

static void what_is_too_much_is_refused(void **state)
{
    size_t n = SAM_CSV_BYTES_MAX + 1;
    char *big = malloc(n);
    (void)state;
    assert_non_null(big);
    memset(big, 'x', n);
    assert_int_equal(refused(big, n), SAM_CSV_BYTES);
    memset(big, ';', SAM_CSV_COLUMNS_MAX + 1);
    memset(big, 'a', 1);
    assert_int_equal(refused(big, SAM_CSV_COLUMNS_MAX), SAM_CSV_FINE); /* so many columns */
    assert_int_equal(refused(big, SAM_CSV_COLUMNS_MAX + 1), SAM_CSV_COLUMNS);
    for (size_t i = 0; i < 2 * SAM_CSV_ROWS_MAX + 4; i++)
        big[i] = i % 2 ? '\n' : 'a';
    assert_int_equal(refused(big, 2 * (SAM_CSV_ROWS_MAX + 1)), SAM_CSV_FINE);
    assert_int_equal(refused(big, 2 * (SAM_CSV_ROWS_MAX + 2)), SAM_CSV_ROWS);
    assert_int_equal(refused("", 0), SAM_CSV_EMPTY);
    assert_int_equal(refused("\n \r\n;;;\n", 8), SAM_CSV_EMPTY);
    assert_int_equal(refused("a;\"b\n", 5), SAM_CSV_HEADINGS);
    free(big);
}

static void a_cell_has_its_limit(void **state)
{
    char text[SAM_CSV_CELL_BYTES_MAX + 16] = "a;b\n";
    struct sam_csv t;
    enum sam_csv_fault fault;
    (void)state;
    for (unsigned over = 0; over < 2; over++) {
        size_t n = SAM_CSV_CELL_BYTES_MAX + over;
        memset(text + 4, 'x', n);
        text[4 + n] = ';';
        text[5 + n] = '1';
        text[6 + n] = '\n';
        assert_int_equal(sam_csv_read(&t, (uint8_t *)text, n + 7, &fault), 0);
        assert_int_equal(t.rows, 1);
        assert_int_equal(t.row[0].fault, over ? SAM_CSV_LONG : SAM_CSV_FINE);
        sam_csv_fini(&t);
    }
}

/* 8 MB of nothing but quotes that never end: each row is given up, and not by reading all of the rest each time. */
static void quotes_that_never_end_do_not_take_for_ever(void **state)
{
    size_t n = SAM_CSV_BYTES_MAX;
    char *big = malloc(n);
    struct sam_csv t;
    enum sam_csv_fault fault;
    (void)state;
    assert_non_null(big);
    memset(big, 'x', n);
    for (size_t i = 100; i + 100 < n; i += 100) {
        big[i] = '\n';
        big[i + 1] = '"'; /* closes the one before, with a letter behind it: a fault */
    }
    assert_int_equal(sam_csv_read(&t, (uint8_t *)big, n, &fault), 0);
    assert_true(t.rows > 80000);
    for (size_t i = 0; i < t.rows; i++) {
        assert_int_equal(t.row[i].fault, SAM_CSV_QUOTES);
        assert_int_equal(t.row[i].number, i + 2); /* none of them went unsaid */
    }
    sam_csv_fini(&t);
    free(big);
}

/* Quotes that open and are never closed, far apart: each costs its own row, and every row is told by its number. */
static void no_row_is_swallowed(void **state)
{
    enum { LINE = 1003 };
    size_t n = SAM_CSV_BYTES_MAX, used = 4;
    char *big = malloc(n);
    struct sam_csv t;
    enum sam_csv_fault fault;
    (void)state;
    assert_non_null(big);
    snprintf(big, n, "a;b\n");
    for (unsigned row = 0; used + LINE < n; row++, used += LINE) {
        memset(big + used, 'x', LINE);
        big[used + LINE - 3] = ';';
        big[used + LINE - 1] = '\n';
        if (row % 70 == 0) /* 70 000 bytes apart: more than a row may have */
            big[used] = '"';
    }
    assert_int_equal(sam_csv_read(&t, (uint8_t *)big, used, &fault), 0);
    assert_int_equal(t.rows, (used - 4) / LINE);
    for (size_t i = 0; i < t.rows; i++) {
        assert_int_equal(t.row[i].number, i + 2);
        assert_int_equal(t.row[i].fault, i % 70 ? SAM_CSV_FINE : SAM_CSV_QUOTES);
    }
    sam_csv_fini(&t);
    free(big);
}

static void headings_are_found_by_name(void **state)
{
    static const char text[] = "Birth_Year;F\xC3\x98"
                               "DSELS\xC3\x85R ;Navn;navn \n1;2;3;4\n";
    struct sam_csv t;
    enum sam_csv_fault fault;
    (void)state;
    assert_int_equal(sam_csv_read(&t, (const uint8_t *)text, sizeof text - 1, &fault), 0);
    assert_int_equal(sam_csv_column(&t, "born|birth year"), 0);
    assert_int_equal(sam_csv_column(&t, "fødselsår"), 1);
    assert_int_equal(sam_csv_column(&t, "name|navn"), SAM_CSV_TWICE);
    assert_int_equal(sam_csv_column(&t, "name"), SAM_CSV_NONE);
    assert_string_equal(sam_csv_cell(&t, 0, SAM_CSV_NONE), "");
    sam_csv_fini(&t);
    assert_true(sam_csv_same(" Kari  \xC3\x85s\xC2\xA0Ny", "kari \xC3\xA5s ny"));
    assert_true(sam_csv_same("ŠÁRA ŦAŽ Č", "šára ŧaž č"));
    assert_false(sam_csv_same("Č", "Ć"));
    assert_false(sam_csv_same("Anne-Marie", "Anne Marie"));
    assert_true(sam_csv_one_of("JA", "yes|ja|1"));
    assert_false(sam_csv_one_of("", "yes||ja"));
}

/* ---- files that somebody broke */

static uint32_t next(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

static size_t mutate(uint64_t *seed, char *text, size_t n, size_t room)
{
    static const char odd[] = "\"\"\n\r;,\t\0\xFF\xC3\xE2\xF0 \x1A";
    for (unsigned k = next(seed) % 8 + 1; k > 0; k--) {
        size_t at = n ? next(seed) % n : 0, len = n - at ? next(seed) % (n - at) % 40 + 1 : 0;
        switch (n ? next(seed) % 4 : 1) {
        case 0: text[at] = odd[next(seed) % (sizeof odd - 1)]; break;
        case 1:
            if (n < room) {
                memmove(text + at + 1, text + at, n - at);
                text[at] = odd[next(seed) % (sizeof odd - 1)];
                n++;
            }
            break;
        case 2:
            memmove(text + at, text + at + len, n - at - len);
            n -= len;
            break;
        default:
            if (n + len <= room) {
                memmove(text + at + len, text + at, n - at);
                n += len;
            }
        }
    }
    return n;
}

static void whole(const struct sam_csv *t)
{
    uint32_t before = 0;
    for (size_t r = 0; r < t->rows; r++) {
        assert_true(t->row[r].number > before);
        before = t->row[r].number;
        for (int i = 0; !t->row[r].fault && i < (int)t->columns; i++) {
            const char *cell = sam_csv_cell(t, r, i);
            assert_true(strlen(cell) <= SAM_CSV_CELL_BYTES_MAX);
            assert_true(cell + strlen(cell) < t->text + t->text_len);
        }
    }
}

static void broken_files_bring_nothing_down(void **state)
{
    static const char *const good[] = {"navn;gruppe;f\xC3\xB8"
                                       "dt\n\"Kari;\nNy\";Yoga;1971\nPer;Aqua;\n",
                                       "name,group\r\n\"a \"\"b\"\"\",c\r\n\r\nd,e\r\n",
                                       "\xEF\xBB\xBF"
                                       "a\tb\tc\n1\t2\t3\n\xC3\xA5\t\t\n",
                                       "n;\xE5r\n\xD8;1\n\x80;2\n"};
    (void)state;
    for (uint64_t seed = 1; seed <= MUTATIONS; seed++) {
        uint64_t chance = seed * 2654435761u;
        char text[400];
        struct sam_csv t;
        enum sam_csv_fault fault;
        size_t n = strlen(good[seed % 4]);
        memcpy(text, good[seed % 4], n);
        n = mutate(&chance, text, n, sizeof text);
        uint8_t *exact = malloc(n ? n : 1); /* so that a byte beyond it is seen */
        assert_non_null(exact);
        memcpy(exact, text, n);
        int err = sam_csv_read(&t, exact, n, &fault);
        if (err != (fault ? SAM_EPROTO : 0))
            fail_msg("seed %llu: %d, fault %d", (unsigned long long)seed, err, (int)fault);
        if (!err)
            whole(&t);
        sam_csv_fini(&t);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(separators_are_found),
        cmocka_unit_test(encodings_are_found),
        cmocka_unit_test(one_broken_byte_is_no_other_encoding),
        cmocka_unit_test(rows_have_the_numbers_of_a_spreadsheet),
        cmocka_unit_test(a_row_that_cannot_be_read_costs_itself_alone),
        cmocka_unit_test(what_is_too_much_is_refused),
        cmocka_unit_test(a_cell_has_its_limit),
        cmocka_unit_test(quotes_that_never_end_do_not_take_for_ever),
        cmocka_unit_test(no_row_is_swallowed),
        cmocka_unit_test(headings_are_found_by_name),
        cmocka_unit_test(broken_files_bring_nothing_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
