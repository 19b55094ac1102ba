#include "proto/base/json.h"

#include "proto/base/err.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define UNREADABLE "\xef\xbf\xbd" /* U+FFFD */

/* ---- letters */

static bool follows(const char *s, size_t len, size_t count)
{
    for (size_t i = 1; i <= count; i++)
        if (i >= len || ((unsigned char)s[i] & 0xc0) != 0x80)
            return false;
    return true;
}

size_t sam_utf8_letter(const char *s, size_t len)
{
    unsigned char c = (unsigned char)s[0], d = len > 1 ? (unsigned char)s[1] : 0;
    if (c < 0x80)
        return 1;
    if (c >= 0xc2 && c <= 0xdf)
        return follows(s, len, 1) ? 2 : 0;
    if (c >= 0xe0 && c <= 0xef)
        return follows(s, len, 2) && !(c == 0xe0 && d < 0xa0) && !(c == 0xed && d > 0x9f) ? 3 : 0;
    if (c >= 0xf0 && c <= 0xf4)
        return follows(s, len, 3) && !(c == 0xf0 && d < 0x90) && !(c == 0xf4 && d > 0x8f) ? 4 : 0;
    return 0;
}

/* Letters of up to three bytes; 0: a longer one, of which none steers anything. */
static unsigned code_point(const char *s, size_t n)
{
    unsigned a = (unsigned char)s[0], b = n > 1 ? s[1] & 0x3fu : 0, c = n > 2 ? s[2] & 0x3fu : 0;
    return n == 1 ? a : n == 2 ? (a & 0x1f) << 6 | b : n == 3 ? (a & 0x0f) << 12 | b << 6 | c : 0;
}

/* C0, DEL, C1, and the marks that turn the direction of writing */
static bool is_control(unsigned cp)
{
    return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x200e || cp == 0x200f || (cp >= 0x2028 && cp <= 0x202e) ||
           (cp >= 0x2066 && cp <= 0x2069);
}

/* One letter inside quotes; ${n} 0: a byte that is none. */
static int letter_quote(struct sam_buf *out, const char *s, size_t n)
{
    static const char plain[] = "\"\\\b\f\n\r\t", named[] = "\"\\bfnrt";
    const char *at = n == 1 && *s ? strchr(plain, *s) : NULL;
    char escape[8];
    if (n == 0)
        return sam_buf_add(out, UNREADABLE, sizeof UNREADABLE - 1);
    if (at) {
        escape[0] = '\\';
        escape[1] = named[at - plain];
        return sam_buf_add(out, escape, 2);
    }
    if (n > 3 || !is_control(code_point(s, n)))
        return sam_buf_add(out, s, n);
    snprintf(escape, sizeof escape, "\\u%04x", code_point(s, n) & 0xffffu);
    return sam_buf_add(out, escape, 6);
}

int sam_json_quote(struct sam_buf *out, const char *s, size_t len)
{
    int err = sam_buf_add(out, "\"", 1);
    for (size_t i = 0, n; !err && i < len; i += n ? n : 1) {
        n = sam_utf8_letter(s + i, len - i);
        err = letter_quote(out, s + i, n);
    }
    return err ? err : sam_buf_add(out, "\"", 1);
}

/* ---- the document */

void sam_json_init(struct sam_json *j, size_t bytes_max)
{
    memset(j, 0, sizeof *j);
    sam_buf_init(&j->out, bytes_max);
}

void sam_json_fini(struct sam_json *j)
{
    sam_buf_fini(&j->out);
}

static void add(struct sam_json *j, const char *s)
{
    if (!j->err)
        j->err = sam_buf_add(&j->out, s, strlen(s));
}

static void quote(struct sam_json *j, const char *s)
{
    if (!j->err)
        j->err = sam_json_quote(&j->out, s, strlen(s));
}

/* What stands before any value: a comma, and the key. */
static void begin(struct sam_json *j, const char *key)
{
    if (j->comma)
        add(j, ",");
    j->comma = true;
    if (key) {
        quote(j, key);
        add(j, ":");
    }
}

static void open_with(struct sam_json *j, const char *key, const char *opening, char closing)
{
    if (j->depth == SAM_JSON_DEPTH_MAX) {
        j->err = j->err ? j->err : SAM_EUSAGE;
        return;
    }
    begin(j, key);
    add(j, opening);
    j->closing[j->depth++] = closing;
    j->comma = false;
}

void sam_json_object(struct sam_json *j, const char *key)
{
    open_with(j, key, "{", '}');
}

void sam_json_list(struct sam_json *j, const char *key)
{
    open_with(j, key, "[", ']');
}

void sam_json_end(struct sam_json *j)
{
    if (!j->depth)
        return;
    const char end[2] = {j->closing[--j->depth], 0};
    add(j, end);
    j->comma = true;
}

void sam_json_text(struct sam_json *j, const char *key, const char *text)
{
    if (!text) {
        sam_json_null(j, key);
        return;
    }
    begin(j, key);
    quote(j, text);
}

void sam_json_id(struct sam_json *j, const char *key, uint64_t id)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, id);
    sam_json_text(j, key, text);
}

void sam_json_int(struct sam_json *j, const char *key, int64_t v)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, v);
    begin(j, key);
    add(j, text);
}

void sam_json_bool(struct sam_json *j, const char *key, bool v)
{
    begin(j, key);
    add(j, v ? "true" : "false");
}

void sam_json_null(struct sam_json *j, const char *key)
{
    begin(j, key);
    add(j, "null");
}

void sam_json_id_or_null(struct sam_json *j, const char *key, uint64_t id)
{
    if (id)
        sam_json_id(j, key, id);
    else
        sam_json_null(j, key);
}

void sam_json_int_if(struct sam_json *j, const char *key, bool has, int64_t v)
{
    if (has)
        sam_json_int(j, key, v);
    else
        sam_json_null(j, key);
}

void sam_json_int_or_null(struct sam_json *j, const char *key, int64_t v)
{
    if (v < 0)
        sam_json_null(j, key);
    else
        sam_json_int(j, key, v);
}

int sam_json_end_all(struct sam_json *j)
{
    while (j->depth)
        sam_json_end(j);
    return j->err;
}
