#include "server/console/fields.h"

#include "proto/base/err.h"
#include "proto/base/json.h"
#include "proto/wire/crypto.h"

#include <string.h>

enum { NAME_BYTES_MAX = 32 };

/* Where a reader is. bad: nothing behind it means anything. */
struct place {
    const uint8_t *at, *end;
    bool bad;
};

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Behind spaces: is this sign there? Then it is taken. */
static bool takes(struct place *p, char sign)
{
    while (p->at < p->end && is_space(*p->at))
        p->at++;
    if (p->bad || p->at == p->end || *p->at != (uint8_t)sign)
        return false;
    p->at++;
    return true;
}

static void must(struct place *p, char sign)
{
    if (!takes(p, sign))
        p->bad = true;
}

static uint32_t hex_four(struct place *p)
{
    static const char digits[] = "0123456789abcdef";
    uint32_t v = 0;
    if (p->end - p->at < 4) {
        p->bad = true;
        return 0;
    }
    for (unsigned i = 0; i < 4; i++) {
        uint8_t c = *p->at++;
        const char *digit = c ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;
        p->bad |= !digit;
        v = v << 4 | (digit ? (uint32_t)(digit - digits) : 0);
    }
    return v;
}

/* Behind "\u": a letter, perhaps of two halves. */
static uint32_t letter_numbered(struct place *p)
{
    uint32_t v = hex_four(p);
    if (v >= 0xdc00 && v <= 0xdfff)
        p->bad = true;
    if (p->bad || v < 0xd800 || v > 0xdbff)
        return v;
    if (p->end - p->at < 2 || p->at[0] != '\\' || p->at[1] != 'u') {
        p->bad = true;
        return 0;
    }
    p->at += 2;
    uint32_t low = hex_four(p);
    if (low < 0xdc00 || low > 0xdfff)
        p->bad = true;
    return 0x10000 + ((v - 0xd800) << 10) + (low & 0x3ff);
}

static size_t letter_bytes(uint32_t v, uint8_t out[4])
{
    static const uint8_t mark[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t n = v < 0x80 ? 1 : v < 0x800 ? 2 : v < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, v >>= 6)
        out[i] = (uint8_t)(0x80 | (v & 0x3f));
    out[0] = (uint8_t)(n == 1 ? v : mark[n] | v);
    return n;
}

static uint32_t escape(struct place *p)
{
    static const char sign[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    uint8_t c = p->at < p->end ? *p->at++ : 0;
    const char *known = c ? strchr(sign, c) : NULL;
    if (c == 'u')
        return letter_numbered(p);
    p->bad |= !known;
    return known ? (uint32_t)meant[known - sign] : 0;
}

/* The next letter of a text as it stands or is meant; 0: its end, or bad. */
static size_t letter(struct place *p, uint8_t out[4])
{
    if (p->at == p->end || *p->at < 0x20) {
        p->bad = true;
        return 0;
    }
    if (*p->at == '\\') {
        p->at++;
        uint32_t v = escape(p);
        p->bad |= v == 0;
        return p->bad ? 0 : letter_bytes(v, out);
    }
    if (*p->at == '"')
        return 0;
    size_t n = sam_utf8_letter((const char *)p->at, (size_t)(p->end - p->at));
    p->bad |= n == 0;
    memcpy(out, p->at, n);
    p->at += n;
    return n;
}

static void text(struct place *p, char *out, size_t size)
{
    uint8_t one[4];
    size_t used = 0, n;
    must(p, '"');
    while (!p->bad && (n = letter(p, one))) {
        if (used + n >= size) {
            p->bad = true;
            break;
        }
        memcpy(out + used, one, n);
        used += n;
    }
    must(p, '"');
    out[used] = 0;
    sam_wipe(one, sizeof one);
}

static void member(struct place *p, struct field *fields, unsigned count)
{
    char name[NAME_BYTES_MAX];
    struct field *f = NULL;
    text(p, name, sizeof name);
    must(p, ':');
    for (unsigned i = 0; i < count; i++)
        if (strcmp(fields[i].name, name) == 0)
            f = &fields[i];
    if (p->bad || !f || f->seen) {
        p->bad = true;
        return;
    }
    f->seen = true;
    text(p, f->out, f->size);
}

int fields_read(struct sam_span body, struct field *fields, unsigned count)
{
    struct place p = {body.ptr, body.ptr + body.len, body.len == 0};
    unsigned seen = 0;
    for (unsigned i = 0; i < count; i++)
        fields[i].seen = false;
    must(&p, '{');
    do
        member(&p, fields, count);
    while (takes(&p, ','));
    must(&p, '}');
    while (p.at < p.end && is_space(*p.at))
        p.at++;
    for (unsigned i = 0; i < count; i++)
        seen += fields[i].seen;
    if (!p.bad && p.at == p.end && seen == count)
        return 0;
    for (unsigned i = 0; i < count; i++)
        sam_wipe(fields[i].out, fields[i].size);
    return SAM_EPROTO;
}
