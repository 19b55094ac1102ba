/* Goal: a cell of CSV means the same to whoever reads it as to whoever wrote it, a spreadsheet runs none of them, every column of
 * every table that is exported has a heading, and a file is there whole or not at all. */
#include "proto/base/csv_table.h"
#include "proto/base/err.h"
#include "server/admin/csv_out.h"
#include "server/admin/export.h"
#include "server/admin/outlet.h"
#include "tests/lib/scratch.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct sam_span span(const char *s)
{
    return (struct sam_span){(const uint8_t *)s, strlen(s)};
}

/* ${make} writes, and ${text} where it is given one; what came of it, without the mark at the front. */
static void need(bool plain, void (*make)(struct csv_out *o, const char *text), const char *text, const char *want)
{
    struct sam_buf b;
    struct csv_out o;
    sam_buf_init(&b, 4096);
    csv_out_begin(&o, &b, plain);
    sam_buf_clear(&b);
    make(&o, text);
    assert_int_equal(o.err, 0);
    assert_int_equal(sam_buf_add(&b, "", 1), 0);
    assert_string_equal((const char *)sam_buf_peek(&b).ptr, want);
    sam_buf_fini(&b);
}

static void a_cell(struct csv_out *o, const char *text)
{
    csv_out_text(o, span(text));
}

struct said {
    const char *text, *people, *plain;
};

static void need_texts(const struct said *said, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        need(false, a_cell, said[i].text, said[i].people);
        need(true, a_cell, said[i].text, said[i].plain);
    }
}

static void what_somebody_wrote(void **state)
{
    static const struct said said[] = {
        {"", "\"\"", ""},
        {"Ola", "\"Ola\"", "Ola"},
        {"Ola; Kari", "\"Ola; Kari\"", "Ola; Kari"},
        {"Ola, Kari", "\"Ola, Kari\"", "\"Ola, Kari\""},
        {"Ola \"O\"", "\"Ola \"\"O\"\"\"", "\"Ola \"\"O\"\"\""},
        {"\"", "\"\"\"\"", "\"\"\"\""},
        {"two\nlines", "\"two\nlines\"", "\"two\nlines\""},
        {"two\r\nlines", "\"two\r\nlines\"", "\"two\r\nlines\""},
        {" around ", "\" around \"", "\" around \""},
        {"\xc3\x85se", "\"\xc3\x85se\"", "\xc3\x85se"},
    };
    (void)state;
    need_texts(said, sizeof said / sizeof *said);
}

static void nothing_is_run(void **state)
{
    static const struct said said[] = {
        {"=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\"", "=cmd|' /C calc'!A0"},
        {"+47 900 00 000", "\"'+47 900 00 000\"", "+47 900 00 000"},
        {"-1", "\"'-1\"", "-1"},
        {"@x", "\"'@x\"", "@x"},
        {"\t=1", "\"'\t=1\"", "\t=1"},
        {"\r=1", "\"'\r=1\"", "\"\r=1\""},
        {"\n=1", "\"'\n=1\"", "\"\n=1\""},
        {"=\"", "\"'=\"\"\"", "\"=\"\"\""},
        {"\xef\xbc\x9d"
         "1",
         "\"'\xef\xbc\x9d"
         "1\"",
         "\xef\xbc\x9d"
         "1"},
        {"\xef\xbc\xa0"
         "x",
         "\"'\xef\xbc\xa0"
         "x\"",
         "\xef\xbc\xa0"
         "x"},
        {"1=1", "\"1=1\"", "1=1"},
        {"\xef\xbc", "\"\xef\xbc\"", "\xef\xbc"},
    };
    (void)state;
    need_texts(said, sizeof said / sizeof *said);
}

static void mixed(struct csv_out *o, const char *text)
{
    (void)text;
    csv_out_word(o, "yes");
    csv_out_none(o);
    csv_out_number(o, -3);
    csv_out_decimal(o, "12.5");
    csv_out_decimal(o, "12");
    csv_out_decimal(o, "");
    csv_out_word(o, "a;b,c");
    csv_out_end_row(o);
}

static void nothing(struct csv_out *o, const char *text)
{
    (void)text;
    csv_out_none(o);
    csv_out_end_row(o);
}

static void a_row(void **state)
{
    (void)state;
    need(false, mixed, NULL, "yes;;-3;12,5;12;;\"a;b,c\"\r\n");
    need(true, mixed, NULL, "yes,,-3,12.5,12,,\"a;b,c\"\r\n");
    need(true, nothing, NULL, "\r\n");
}

/* The reader of imports is another program's eyes: it finds the cells that were written. */
static void read_back(void **state)
{
    static const char *const cells[] = {"Navn", "Kari; \"O\"", "Lise, Ola", "\xc3\xa5", "x"};
    enum { CELLS = sizeof cells / sizeof *cells };
    struct sam_buf b;
    struct csv_out o;
    struct sam_csv t;
    enum sam_csv_fault fault;
    (void)state;
    sam_buf_init(&b, 4096);
    csv_out_begin(&o, &b, false);
    for (unsigned row = 0; row < 2; row++) {
        for (unsigned i = 0; i < CELLS; i++)
            csv_out_text(&o, span(cells[(i + row) % CELLS]));
        csv_out_end_row(&o);
    }
    assert_int_equal(o.err, 0);
    assert_int_equal(sam_csv_read(&t, sam_buf_peek(&b).ptr, sam_buf_len(&b), &fault), 0);
    assert_int_equal(t.columns, CELLS);
    assert_int_equal(t.rows, 1);
    for (unsigned i = 0; i < CELLS; i++) {
        assert_string_equal(sam_csv_heading(&t, i), cells[i]);
        assert_string_equal(sam_csv_cell(&t, 0, (int)i), cells[(i + 1) % CELLS]);
    }
    sam_csv_fini(&t);
    sam_buf_fini(&b);
}

static void too_much_is_an_error(void **state)
{
    struct sam_buf b;
    struct csv_out o;
    (void)state;
    sam_buf_init(&b, 16);
    csv_out_begin(&o, &b, true);
    csv_out_text(&o, span("longer than what there is room for"));
    assert_int_equal(o.err, SAM_ETOOBIG);
    csv_out_end_row(&o);
    assert_int_equal(o.err, SAM_ETOOBIG);
    sam_buf_fini(&b);
}

/* ---- tables */

struct taken {
    struct sam_buf bytes;
    unsigned files, fail_at;
};

static int take_file(void *ctx, const char *name)
{
    struct taken *t = ctx;
    assert_non_null(strstr(name, ".csv"));
    return ++t->files == t->fail_at ? SAM_ECLOSED : 0;
}

static int take_bytes(void *ctx, struct sam_span bytes)
{
    return sam_buf_add(&((struct taken *)ctx)->bytes, bytes.ptr, bytes.len);
}

static unsigned count_of(struct sam_span s, char c)
{
    unsigned n = 0;
    for (size_t i = 0; i < s.len; i++)
        n += s.ptr[i] == (uint8_t)c;
    return n;
}

static void every_column_has_a_heading(void **state)
{
    const char *folder = *state;
    char path[512];
    struct store *st;
    snprintf(path, sizeof path, "%s/t.db", folder);
    assert_int_equal(store_open(&st, path, true), 0);
    for (unsigned table = 0; export_name(table); table++) {
        enum store_export found;
        assert_int_equal(export_find(export_name(table), &found), 0);
        assert_int_equal(found, table);
        for (int form = 0; form < 4; form++) {
            struct taken t = {.files = 0};
            const struct store_export_filter all = {.group = 0};
            const struct verb_sink out = {take_file, take_bytes, &t};
            struct export_job job = {.reader = st,
                                     .table = (enum store_export)table,
                                     .filter = &all,
                                     .plain = form & 1,
                                     .lang = form & 2 ? SAM_LANG_NB : SAM_LANG_EN,
                                     .out = &out};
            uint64_t rows;
            sam_buf_init(&t.bytes, 4096);
            assert_int_equal(export_run(&job), 0); /* asserts that each column is known */
            assert_int_equal(store_export_rows(st, (enum store_export)table, &all, &rows), 0);
            assert_int_equal(rows, 0);
            struct sam_span text = sam_buf_peek(&t.bytes);
            assert_int_equal(count_of(text, '\n'), 1);
            assert_true(count_of(text, form & 1 ? ',' : ';') >= 8);
            assert_int_equal(count_of(text, '?'), 0);
            sam_buf_clear(&t.bytes);
            t.fail_at = t.files + 1;
            assert_int_equal(export_run(&job), SAM_ECLOSED);
            assert_int_equal(sam_buf_len(&t.bytes), 0);
            sam_buf_fini(&t.bytes);
        }
    }
    store_close(st);
}

/* ---- files */

static bool there(const char *folder, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, F_OK) == 0;
}

static unsigned parts(const char *folder)
{
    unsigned n = 0;
    DIR *d = opendir(folder);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));)
        n += strstr(e->d_name, ".part") != NULL;
    closedir(d);
    return n;
}

static void write_at(const char *folder, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("mine", f);
    fclose(f);
}

static void a_file_is_whole_or_not_there(void **state)
{
    const char *folder = *state;
    char path[512];
    struct outlet o;
    struct stat s;
    snprintf(path, sizeof path, "%s/out.csv", folder);
    assert_int_equal(outlet_open(&o, path, 1, false), 0);
    assert_int_equal(outlet_file(&o, "table.csv"), 0);
    assert_int_equal(outlet_bytes(&o, span("half")), 0);
    assert_true(parts(folder) == 1 && !there(folder, "out.csv"));
    assert_int_equal(outlet_close(&o, false), 0);
    assert_false(parts(folder) || there(folder, "out.csv"));

    assert_int_equal(outlet_open(&o, path, 1, false), 0);
    assert_int_equal(outlet_file(&o, "table.csv"), 0);
    assert_int_equal(outlet_bytes(&o, span("whole")), 0);
    assert_int_equal(outlet_close(&o, true), 0);
    assert_int_equal(stat(path, &s), 0);
    assert_int_equal(s.st_mode & 0777, 0600);
    assert_int_equal(s.st_size, 5);
    assert_int_equal(parts(folder), 0);
    assert_int_equal(outlet_open(&o, path, 1, false), SAM_EEXIST);
    unlink(path);
}

static void a_name_that_was_taken_meanwhile_stays(void **state)
{
    const char *folder = *state;
    char path[512];
    struct outlet o;
    struct stat s;
    snprintf(path, sizeof path, "%s/out.csv", folder);
    assert_int_equal(outlet_open(&o, path, 1, false), 0);
    assert_int_equal(outlet_file(&o, "table.csv"), 0);
    assert_int_equal(outlet_bytes(&o, span("ours, longer")), 0);
    write_at(folder, "out.csv");
    assert_int_equal(outlet_close(&o, true), SAM_EEXIST);
    assert_int_equal(stat(path, &s), 0);
    assert_int_equal(s.st_size, 4);
    assert_int_equal(parts(folder), 0);
    assert_int_equal(outlet_open(&o, path, 1, true), 0);
    assert_int_equal(outlet_file(&o, "table.csv"), 0);
    assert_int_equal(outlet_bytes(&o, span("ours, longer")), 0);
    assert_int_equal(outlet_close(&o, true), 0);
    assert_int_equal(stat(path, &s), 0);
    assert_int_equal(s.st_size, 12);
    unlink(path);
}

/* The other side is asked what the files are called; it may not choose where they are. */
static void names_stay_in_the_folder(void **state)
{
    static const char *const bad[] = {"", ".", "..", "../x.csv", "/tmp/x.csv", "a/b.csv", ".hidden"};
    const char *folder = *state;
    struct outlet o;
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(outlet_open(&o, folder, 2, false), 0);
        assert_int_equal(outlet_file(&o, bad[i]), SAM_EUSAGE);
        assert_int_equal(outlet_close(&o, false), 0);
    }
    assert_int_equal(outlet_open(&o, NULL, 2, false), SAM_EUSAGE);
    assert_int_equal(outlet_open(&o, "/dev/null", 1, true), SAM_EEXIST);
    assert_int_equal(outlet_open(&o, folder, 2, false), 0);
    for (unsigned i = 0; i < OUTLET_FILES_MAX; i++) {
        char name[16];
        snprintf(name, sizeof name, "t%u.csv", i);
        assert_int_equal(outlet_file(&o, name), 0);
    }
    assert_int_equal(outlet_file(&o, "one-more.csv"), SAM_EUSAGE);
    assert_int_equal(outlet_close(&o, false), 0);
    assert_false(there(folder, "t0.csv") || parts(folder));
}

static int folder_make(void **state)
{
    static char folder[64];
    *state = folder;
    return scratch_folder(folder, sizeof folder, "csv") ? 0 : -1;
}

static int folder_remove(void **state)
{
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", (const char *)*state);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_somebody_wrote),
        cmocka_unit_test(nothing_is_run),
        cmocka_unit_test(a_row),
        cmocka_unit_test(read_back),
        cmocka_unit_test(too_much_is_an_error),
        cmocka_unit_test_setup_teardown(every_column_has_a_heading, folder_make, folder_remove),
        cmocka_unit_test_setup_teardown(a_file_is_whole_or_not_there, folder_make, folder_remove),
        cmocka_unit_test_setup_teardown(a_name_that_was_taken_meanwhile_stays, folder_make, folder_remove),
        cmocka_unit_test_setup_teardown(names_stay_in_the_folder, folder_make, folder_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
