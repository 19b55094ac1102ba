/* Headings and words as people write them, compared without regard to case. */
#include "proto/base/csv_table.h"

#include "proto/base/fold.h"

#include <string.h>

#define WORD_BYTES 160u

static struct sam_span span(const char *text)
{
    return (struct sam_span){(const uint8_t *)text, strlen(text)};
}

void sam_csv_fold(const char *text, char *out, size_t size)
{
    sam_fold_text(span(text), out, size);
}

bool sam_csv_same(const char *a, const char *b)
{
    return sam_fold_same(span(a), span(b));
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
