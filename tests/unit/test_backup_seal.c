/* Goal: a sealed backup is read with its key and with no other, and one that was cut, lengthened or changed anywhere is refused. */
#include "proto/base/err.h"
#include "server/store/backup_seal.h"
#include "tests/lib/scratch.h"

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

enum { HEAD_BYTES = 24 + 16 + 80 + 24, TAG_BYTES = 17 };

static char folder[64], plain[96], sealed[96], opened[96], key[96], pub[96], other[96], other_pub[96], tmp[96];

static void write_file(const char *path, const uint8_t *p, size_t n)
{
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    assert_int_equal(fwrite(p, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static uint8_t *read_file(const char *path, size_t *n)
{
    struct stat s;
    assert_int_equal(stat(path, &s), 0);
    uint8_t *p = malloc((size_t)s.st_size + 1);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    assert_non_null(p);
    *n = fread(p, 1, (size_t)s.st_size, f);
    assert_int_equal(*n, s.st_size);
    fclose(f);
    return p;
}

static int setup(void **state)
{
    (void)state;
    if (!scratch_folder(folder, sizeof folder, "seal"))
        return -1;
    snprintf(plain, sizeof plain, "%s/plain", folder);
    snprintf(sealed, sizeof sealed, "%s/sealed", folder);
    snprintf(opened, sizeof opened, "%s/opened", folder);
    snprintf(tmp, sizeof tmp, "%s/opened.tmp", folder);
    snprintf(key, sizeof key, "%s/key", folder);
    snprintf(pub, sizeof pub, "%s/key.pub", folder);
    snprintf(other, sizeof other, "%s/other", folder);
    snprintf(other_pub, sizeof other_pub, "%s/other.pub", folder);
    return backup_seal_keys(key) || backup_seal_keys(other);
}

static int teardown(void **state)
{
    const char *const all[] = {plain, sealed, opened, key, pub, other, other_pub};
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        unlink(all[i]);
    return rmdir(folder); /* nothing else was left */
}

static void seal(size_t n)
{
    uint8_t *p = malloc(n + 1);
    assert_non_null(p);
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(i * 7 + i / 251);
    write_file(plain, p, n);
    free(p);
    unlink(sealed);
    assert_int_equal(backup_seal(plain, sealed, pub), 0);
}

/* Nothing is left of a file that was refused. */
static void refused(int err)
{
    unlink(opened);
    assert_int_equal(backup_unseal(sealed, opened, key), err);
    assert_int_not_equal(access(opened, F_OK), 0);
    assert_int_not_equal(access(tmp, F_OK), 0);
}

static void what_was_sealed_is_read(void **state)
{
    static const size_t sizes[] = {0,
                                   1,
                                   SEAL_PIECE_BYTES - 1,
                                   SEAL_PIECE_BYTES,
                                   SEAL_PIECE_BYTES + 1,
                                   2 * SEAL_PIECE_BYTES,
                                   5 * SEAL_PIECE_BYTES + 77};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t n, m;
        struct stat s;
        seal(sizes[i]);
        assert_false(backup_seal_is(plain));
        assert_true(backup_seal_is(sealed));
        unlink(opened);
        assert_int_equal(backup_unseal(sealed, opened, key), 0);
        assert_int_equal(stat(opened, &s), 0);
        assert_int_equal(s.st_mode & 0777, 0600);
        uint8_t *a = read_file(plain, &n), *b = read_file(opened, &m);
        assert_int_equal(n, m);
        assert_memory_equal(a, b, n);
        free(a);
        free(b);
        assert_int_equal(backup_unseal(sealed, opened, key), SAM_EEXIST);
        assert_int_equal(backup_seal(plain, sealed, pub), SAM_EEXIST);
    }
}

static void two_of_the_same_differ(void **state)
{
    size_t n, m;
    (void)state;
    seal(1000);
    uint8_t *a = read_file(sealed, &n);
    seal(1000);
    uint8_t *b = read_file(sealed, &m);
    assert_int_equal(n, m);
    assert_memory_not_equal(a + 40, b + 40, 80);
    assert_memory_not_equal(a + HEAD_BYTES, b + HEAD_BYTES, n - HEAD_BYTES);
    free(a);
    free(b);
}

static void another_key_is_told(void **state)
{
    (void)state;
    seal(1000);
    unlink(opened);
    assert_int_equal(backup_unseal(sealed, opened, other), SAM_EAUTH);
    assert_int_equal(backup_unseal(sealed, opened, pub), SAM_EUSAGE); /* the public half */
    assert_int_equal(backup_unseal(sealed, opened, folder), SAM_EIO);
    assert_int_equal(backup_unseal(sealed, opened, "/nowhere"), SAM_ENOTFOUND);
    assert_int_not_equal(access(opened, F_OK), 0);
}

static void every_cut_is_refused(void **state)
{
    size_t n;
    (void)state;
    seal(SEAL_PIECE_BYTES + 300);
    uint8_t *p = read_file(sealed, &n);
    for (size_t i = 0; i<n; i += i> HEAD_BYTES + 100 && i + 400 < n ? 4099 : 1) {
        write_file(sealed, p, i);
        refused(SAM_ECORRUPT);
    }
    write_file(sealed, p, HEAD_BYTES + SEAL_PIECE_BYTES + TAG_BYTES); /* between two pieces */
    refused(SAM_ECORRUPT);
    free(p);
}

static void every_change_is_refused(void **state)
{
    size_t n;
    (void)state;
    seal(600);
    uint8_t *p = read_file(sealed, &n);
    for (size_t i = 0; i < n; i++)
        for (int bit = 0; bit < 8; bit += 7) {
            p[i] ^= (uint8_t)(1u << bit);
            write_file(sealed, p, n);
            refused(i >= 24 && i < 40 ? SAM_EAUTH : SAM_ECORRUPT); /* the name of the key */
            p[i] ^= (uint8_t)(1u << bit);
        }
    write_file(sealed, p, n);
    unlink(opened);
    assert_int_equal(backup_unseal(sealed, opened, key), 0);
    free(p);
}

static void what_is_added_or_moved_is_refused(void **state)
{
    const size_t piece = SEAL_PIECE_BYTES + TAG_BYTES;
    size_t n, m;
    (void)state;
    seal(2 * SEAL_PIECE_BYTES + 10);
    uint8_t *p = read_file(sealed, &n), *q = malloc(n + piece);
    assert_non_null(q);
    memcpy(q, p, n); /* one byte more */
    q[n] = 0;
    write_file(sealed, q, n + 1);
    refused(SAM_ECORRUPT);
    memcpy(q, p, HEAD_BYTES); /* two pieces in the other order */
    memcpy(q + HEAD_BYTES, p + HEAD_BYTES + piece, piece);
    memcpy(q + HEAD_BYTES + piece, p + HEAD_BYTES, piece);
    memcpy(q + HEAD_BYTES + 2 * piece, p + HEAD_BYTES + 2 * piece, n - HEAD_BYTES - 2 * piece);
    write_file(sealed, q, n);
    refused(SAM_ECORRUPT);
    seal(2 * SEAL_PIECE_BYTES + 10); /* another file's head */
    uint8_t *r = read_file(sealed, &m);
    memcpy(q, r, HEAD_BYTES);
    memcpy(q + HEAD_BYTES, p + HEAD_BYTES, n - HEAD_BYTES);
    write_file(sealed, q, n);
    refused(SAM_ECORRUPT);
    free(p);
    free(q);
    free(r);
}

static void a_key_file_is_one_line(void **state)
{
    static const char *const wrong[] = {
        "",
        "samling-backup-public 1 \n",
        "samling-backup-public 1 00\n",
        "samling-backup-public 2 0000000000000000000000000000000000000000000000000000000000000001\n",
        "samling-backup-secret 1 0000000000000000000000000000000000000000000000000000000000000001\n",
        "samling-backup-public 1 000000000000000000000000000000000000000000000000000000000000000g\n",
        "samling-backup-public 1 000000000000000000000000000000000000000000000000000000000000000100\n"};
    struct stat s;
    (void)state;
    assert_int_equal(stat(key, &s), 0);
    assert_int_equal(s.st_mode & 0777, 0600);
    assert_int_equal(backup_seal_key_check(pub), 0);
    assert_int_equal(backup_seal_keys(key), SAM_EEXIST);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        write_file(plain, (const uint8_t *)wrong[i], strlen(wrong[i]));
        assert_int_equal(backup_seal_key_check(plain), SAM_EUSAGE);
    }
    unlink(pub);
    assert_int_equal(backup_seal_keys(key), SAM_EEXIST); /* the secret one alone is not replaced either */
    assert_int_not_equal(access(pub, F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_sealed_is_read), cmocka_unit_test(two_of_the_same_differ),
        cmocka_unit_test(another_key_is_told),     cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(every_change_is_refused), cmocka_unit_test(what_is_added_or_moved_is_refused),
        cmocka_unit_test(a_key_file_is_one_line),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
