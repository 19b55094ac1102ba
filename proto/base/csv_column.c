/* Headings and words as people write them, compared without regard to case. */
#include "proto/base/csv_table.h"

#include <string.h>

#define WORD_BYTES 160u

/* A small letter for a great one, of the scripts whose letters take two bytes: Latin with marks as sam_rule_same_person has them,
 * Greek, Cyrillic. */
static uint32_t small_two(uint32_t cp)
{
    if ((cp >= 0xC0 && cp <= 0xDE && cp != 0xD7) || (cp >= 0x391 && cp <= 0x3A9) || (cp >= 0x410 && cp <= 0x42F))
        return cp + 0x20;
    if (cp >= 0x400 && cp <= 0x40F)
        return cp + 0x50;
    bool even_great = (cp >= 0x100 && cp <= 0x137 && cp != 0x130 && cp != 0x131) || (cp >= 0x14A && cp <= 0x177);
    bool odd_great = (cp >= 0x139 && cp <= 0x148) || (cp >= 0x179 && cp <= 0x17E);
    return (even_great && cp % 2 == 0) || (odd_great && cp % 2 == 1) ? cp + 1 : cp;
}

static bool is_space(const uint8_t *s)
{
    return s[0] == ' ' || s[0] == '\t' || s[0] == '\n' || s[0] == '\r' || (s[0] == 0xC2 && s[1] == 0xA0);
}

/* One sign from *in to ${out}, as a small letter; how many bytes it has. */
static size_t fold_one(const uint8_t **in, uint8_t out[2])
{
    const uint8_t *s = *in;
    if (s[0] >= 0xC2 && s[0] < 0xE0 && (s[1] & 0xC0) == 0x80) {
        uint32_t cp = small_two((s[0] & 0x1Fu) << 6 | (s[1] & 0x3Fu));
        out[0] = (uint8_t)(0xC0 | cp >> 6);
        out[1] = (uint8_t)(0x80 | (cp & 0x3F));
        *in += 2;
        return 2;
    }
    out[0] = s[0] >= 'A' && s[0] <= 'Z' ? (uint8_t)(s[0] + 32) : s[0];
    *in += 1;
    return 1;
}

void sam_csv_fold(const char *text, char *out, size_t size)
{
    const uint8_t *s = (const uint8_t *)text;
    size_t used = 0;
    bool space = false;
    while (*s) {
        uint8_t two[2];
        if (is_space(s)) {
            space = used > 0;
            s += *s == 0xC2 ? 2 : 1;
            continue;
        }
        size_t n = fold_one(&s, two);
        if (used + space + n + 1 > size)
            break;
        if (space)
            out[used++] = ' ';
        memcpy(out + used, two, n);
        used += n;
        space = false;
    }
    if (size)
        out[used] = '\0';
}

bool sam_csv_same(const char *a, const char *b)
{
    char x[SAM_CSV_CELL_BYTES_MAX + 1], y[SAM_CSV_CELL_BYTES_MAX + 1];
    sam_csv_fold(a, x, sizeof x);
    sam_csv_fold(b, y, sizeof y);
    return strcmp(x, y) == 0;
}

/* "Birth_year (4 digits)" and "birth year (4 digits)" are one: only letters and digits count. */
static void letters_only(const char *text, char *out, size_t size)
{
    size_t kept = 0;
    sam_csv_fold(text, out, size);
    for (size_t i = 0; out[i]; i++)
        if ((out[i] >= 'a' && out[i] <= 'z') || (out[i] >= '0' && out[i] <= '9') || (uint8_t)out[i] >= 0x80)
            out[kept++] = out[i];
    out[kept] = '\0';
}

/* Is ${text} one of the words between the bars of ${words}? */
static bool among(const char *text, const char *words, void (*plain)(const char *, char *, size_t))
{
    char given[WORD_BYTES], word[WORD_BYTES], one[WORD_BYTES];
    plain(text, given, sizeof given);
    for (const char *at = words; *at;) {
        size_t n = strcspn(at, "|"), len = n < sizeof one ? n : sizeof one - 1;
        memcpy(one, at, len);
        one[len] = '\0';
        plain(one, word, sizeof word);
        if (*given && strcmp(given, word) == 0)
            return true;
        at += n + (at[n] == '|');
    }
    return false;
}

bool sam_csv_one_of(const char *text, const char *words)
{
    return among(text, words, sam_csv_fold);
}

int sam_csv_column(const struct sam_csv *t, const char *names)
{
    int found = SAM_CSV_NONE;
    for (unsigned i = 0; i < t->columns; i++) {
        if (!among(sam_csv_heading(t, i), names, letters_only))
            continue;
        if (found >= 0)
            return SAM_CSV_TWICE;
        found = (int)i;
    }
    return found;
}
