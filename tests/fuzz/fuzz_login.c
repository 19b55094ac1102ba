/* What stands between the world and an account: the forms that a page sends (fields.c), the cookie (gate.c), words of an address (ask_query), codes
 * and passwords as people type them (recovery.c, totp.c, password_rule.c). The first byte chooses.
 *
 * Holds: a form that is taken has exactly its fields, as texts of UTF-8 within their sizes, and reads the same when it is written anew; of one that
 * is refused nothing is left behind; a cookie is one that can be written; a word that is taken is written and read the same. */
#include "server/console/gate.c" /* for cookie_read, which nobody else calls */

#include "proto/base/json.h"
#include "proto/base/percent.h"
#include "proto/model/op.h"
#include "server/console/fields.h"
#include "server/console/recovery.h"
#include "server/console/totp.h"
#include "tests/fuzz/fuzz.h"

enum { NAME_SIZE = 257, WORD_SIZE = 64, PASSWORD_SIZE = 4 * PASSWORD_BYTES_MAX + 1, FORM_MAX = 64 * 1024 };

static bool is_utf8(const char *text)
{
    size_t left = strlen(text), n;
    for (; left; text += n, left -= n)
        if ((n = sam_utf8_letter(text, left)) == 0)
            return false;
    return true;
}

static void written_again(const struct field *f, unsigned count)
{
    static char out[2][PASSWORD_SIZE];
    struct field again[2];
    struct sam_json j;
    sam_json_init(&j, FORM_MAX);
    sam_json_object(&j, NULL);
    for (unsigned i = count; i-- > 0;) {
        sam_json_text(&j, f[i].name, f[i].out);
        again[i] = (struct field){f[i].name, out[i], f[i].size, false};
    }
    HOLDS(sam_json_end_all(&j) == 0);
    HOLDS(fields_read(sam_buf_peek(&j.out), again, count) == 0);
    for (unsigned i = 0; i < count; i++)
        HOLDS(strcmp(f[i].out, again[i].out) == 0);
    sam_json_fini(&j);
}

/* Quotes that are no part of a text: four of each field, two around its name and two around its value. */
static size_t quotes(struct sam_span in)
{
    size_t n = 0;
    for (size_t i = 0; i < in.len; i++) {
        n += in.ptr[i] == '"';
        i += in.ptr[i] == '\\';
    }
    return n;
}

static void form(struct sam_span in, struct field *f, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        memset(f[i].out, 'x', f[i].size);
    int err = fields_read(in, f, count);
    HOLDS(err == 0 || err == SAM_EPROTO);
    for (unsigned i = 0; i < count; i++)
        for (size_t k = 0; err && k < f[i].size; k++)
            HOLDS(f[i].out[k] == 0);
    if (err)
        return;
    HOLDS(quotes(in) == (size_t)4 * count);
    for (unsigned i = 0; i < count; i++)
        HOLDS(strlen(f[i].out) < f[i].size && is_utf8(f[i].out));
    written_again(f, count);
}

static void login_form(struct sam_span in)
{
    static char name[NAME_SIZE], password[PASSWORD_SIZE];
    struct field f[] = {{"name", name, sizeof name, false}, {"password", password, sizeof password, false}};
    form(in, f, 2);
    if (f[0].seen && f[1].seen && *password) {
        enum password_fault why = password_fault(name, password);
        HOLDS(why == password_fault(name, password));
        HOLDS(why != 0 || (strlen(password) >= PASSWORD_LETTERS_MIN && strlen(password) <= PASSWORD_BYTES_MAX));
    }
}

static void second_form(struct sam_span in)
{
    static char word[WORD_SIZE];
    struct field f[] = {{"word", word, sizeof word, false}};
    form(in, f, 1);
}

static void cookie(struct sam_span in)
{
    uint8_t id[LOGIN_ID_BYTES];
    char text[LOGIN_TEXT_BYTES], line[256];
    if (!cookie_read(in, id))
        return;
    login_text(id, text);
    int n = snprintf(line, sizeof line, "a=b; %s%s; c", cookie_name, text);
    uint8_t again[LOGIN_ID_BYTES];
    HOLDS(cookie_read((struct sam_span){(const uint8_t *)line, (size_t)n}, again));
    HOLDS(memcmp(id, again, sizeof id) == 0);
    n = snprintf(line, sizeof line, "%s%s;%s%s", cookie_name, text, cookie_name, text);
    HOLDS(!cookie_read((struct sam_span){(const uint8_t *)line, (size_t)n}, again));
}

static void query(struct sam_span in)
{
    static struct ask a;
    char *text = fuzz_text(in), word[80], size_short[9];
    int64_t n = -5;
    uint64_t id = 0;
    size_t len = strlen(text) < ASK_QUERY_BYTES_MAX ? strlen(text) : ASK_QUERY_BYTES_MAX;
    memcpy(a.query, text, len);
    a.query[len] = 0;
    HOLDS(ask_query_num(&a, "n", -20, 20, &n) == 0 ? n >= -20 && n <= 20 : n == -5);
    HOLDS(ask_query_id(&a, "id", &id) == 0 ? id <= INT64_MAX : id == 0);
    if (ask_query_text(&a, "q", word, sizeof word) == 0)
        HOLDS(sam_text_ok((struct sam_span){(const uint8_t *)word, strlen(word)}) && is_utf8(word));
    if (ask_query(&a, "q", size_short, sizeof size_short))
        HOLDS(strlen(size_short) < sizeof size_short && strstr(a.query, size_short));
    free(text);
}

static void percent(struct sam_span in)
{
    char *text = fuzz_text(in), plain[300], again[1000], back[300];
    int err = sam_percent_read(plain, sizeof plain, text);
    HOLDS(err == 0 || err == SAM_EPROTO || err == SAM_ETOOBIG);
    HOLDS(err == 0 || plain[0] == 0);
    if (!err) {
        HOLDS(strlen(plain) <= strlen(text));
        HOLDS(sam_percent(again, sizeof again, plain) == 0 && sam_percent_read(back, sizeof back, again) == 0);
        HOLDS(strcmp(plain, back) == 0);
    }
    free(text);
}

/* Codes as somebody types them. */
static void typed(struct sam_span in)
{
    static const uint8_t secret[TOTP_SECRET_BYTES] = {1, 2, 3};
    uint8_t hash[SAM_HASH_BYTES], id[LOGIN_ID_BYTES];
    char *text = fuzz_text(in), back[LOGIN_TEXT_BYTES];
    uint64_t step = 0;
    unsigned letters = 0;
    for (const char *p = text; *p; p++)
        letters += *p != ' ' && *p != '-';
    int err = recovery_read(text, hash);
    HOLDS(err == 0 || err == SAM_EPROTO);
    HOLDS(err || letters == 16);
    if (login_text_read(text, id) == 0) {
        login_text(id, back);
        HOLDS(strlen(text) == strlen(back));
    }
    if (letters <= TOTP_DIGITS + 1) /* each costs three hashes */
        HOLDS(totp_check(secret, text, 1700000000, 0, &step) != 0 || (letters == TOTP_DIGITS && step > 0));
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const what[])(struct sam_span) = {login_form, second_form, cookie, query, percent, typed};
    struct sam_span in = {data, size};
    what[fuzz_byte(&in) % COUNT(what)](in);
    return 0;
}
