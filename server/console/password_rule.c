/* Which passwords may be chosen. A list of those that are tried first would be long and soon old; these rules stand for it. */
#include "server/console/password.h"

#include "proto/base/fold.h"
#include "proto/model/op.h"
#include "proto/wire/crypto.h"

#include <string.h>

enum { DIFFERENT_MIN = 4, PIECE_MAX = 8, BESIDE_WORD_MIN = 8, BESIDE_NAME_MIN = 8 };

/* Letters: what is not the second or a later byte of one. */
static size_t letters(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static unsigned different(const char *text)
{
    bool seen[256] = {false};
    unsigned n = 0;
    for (; *text; text++) {
        n += !seen[(unsigned char)*text];
        seen[(unsigned char)*text] = true;
    }
    return n;
}

/* The whole of it: each byte one more, or one less, than the one before, where 9 and 0 meet too. */
static bool is_row(const char *text, int step)
{
    for (; text[1]; text++) {
        int want = text[0] + step;
        if (text[0] == '9' && step == 1)
            want = '0';
        if (text[0] == '0' && step == -1)
            want = '9';
        if (text[1] != want)
            return false;
    }
    return true;
}

/* A walk along the keyboard's rows, there or back, with the digits of the row above or without. */
static bool is_keys(const char *text)
{
    static const char keys[] =
        "qwertyuiopasdfghjklzxcvbnm poiuytrewqlkjhgfdsamnbvcxz 1q2w3e4r5t6y7u8i9o0p 1qaz2wsx3edc4rfv5tgb "
        "qazwsxedcrfvtgb";
    char bare[PASSWORD_BYTES_MAX + 1];
    size_t n = strcspn(text, "0123456789");
    if (strstr(keys, text))
        return true;
    if (n < 4 || text[n + strspn(text + n, "0123456789!")])
        return false;
    memcpy(bare, text, n);
    bare[n] = 0;
    bool keyed = strstr(keys, bare) && letters(text) < DIFFERENT_MIN + BESIDE_WORD_MIN + 2;
    sam_wipe(bare, sizeof bare);
    return keyed;
}

/* A piece of at most PIECE_MAX bytes, again and again. */
static bool is_piece(const char *text)
{
    size_t len = strlen(text);
    for (size_t piece = 1; piece <= PIECE_MAX && piece * 2 <= len; piece++)
        if (memcmp(text, text + piece, len - piece) == 0)
            return true;
    return false;
}

/* A word that stands near, and fewer than BESIDE_WORD_MIN signs beside it that are not letters. */
static bool is_word(const char *text)
{
    static const char *const words[] = {"password", "passord", "passor",  "sommer",  "vinter",  "høst",    "vår",
                                        "summer",   "winter",  "autumn",  "spring",  "samling", "welcome", "velkommen",
                                        "admin",    "fysio",   "klinikk", "sykehus", "helse",   "letmein", "norge"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *at = strstr(text, words[i]), *sign = text;
        size_t n = strlen(words[i]), beside = 0;
        if (!at)
            continue;
        for (; *sign; sign += sign == at ? n : 1)
            if (sign != at) {
                if (!strchr("0123456789!?.-_#@*+ ", *sign))
                    break;
                beside++;
            }
        if (!*sign && beside < BESIDE_WORD_MIN)
            return true;
    }
    return false;
}

static bool is_name(const char *text, const char *name)
{
    char folded[STORE_ACCOUNT_NAME_BYTES_MAX + 1];
    sam_fold_text((struct sam_span){(const uint8_t *)name, strlen(name)}, folded, sizeof folded);
    return folded[0] && strstr(text, folded) && strlen(text) < strlen(folded) + BESIDE_NAME_MIN;
}

static enum password_fault judge(const char *name, const char *folded)
{
    if (is_name(folded, name))
        return PASSWORD_NAME;
    if (different(folded) < DIFFERENT_MIN || is_row(folded, 1) || is_row(folded, -1) || is_keys(folded) ||
        is_piece(folded) || is_word(folded))
        return PASSWORD_COMMON;
    return PASSWORD_FINE;
}

enum password_fault password_fault(const char *name, const char *password)
{
    char folded[PASSWORD_BYTES_MAX + 1];
    struct sam_span text = {(const uint8_t *)password, strlen(password)};
    if (text.len > PASSWORD_BYTES_MAX)
        return PASSWORD_LONG;
    if (!sam_text_ok(text))
        return PASSWORD_SIGNS;
    if (letters(password) < PASSWORD_LETTERS_MIN)
        return PASSWORD_SHORT;
    sam_fold_text(text, folded, sizeof folded);
    enum password_fault fault = judge(name, folded);
    sam_wipe(folded, sizeof folded);
    return fault;
}
