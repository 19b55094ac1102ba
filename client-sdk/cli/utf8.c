#include "utf8.h"

/* how many bytes a character has, told by its first; 0: none begins so */
static size_t length_of(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first <= 0xDF)
        return 2;
    if (first >= 0xE0 && first <= 0xEF)
        return 3;
    return first >= 0xF0 && first <= 0xF4 ? 4 : 0;
}

static bool is_scalar(uint32_t cp, size_t len)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    return cp >= least[len] && cp <= 0x10FFFF && (cp < 0xD800 || cp > 0xDFFF);
}

size_t cli_utf8_next(const char *s, uint32_t *cp)
{
    const unsigned char *p = (const unsigned char *)s;
    size_t len = length_of(p[0]);
    *cp = UTF8_BAD;
    if (!p[0])
        return 0;
    if (len <= 1) {
        if (len)
            *cp = p[0];
        return 1;
    }
    uint32_t v = p[0] & (0xFFu >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 1;
        v = v << 6 | (p[i] & 0x3Fu);
    }
    if (!is_scalar(v, len))
        return 1;
    *cp = v;
    return len;
}

struct range {
    uint32_t first, last;
};

static bool within(const struct range *r, size_t n, uint32_t cp)
{
    for (size_t i = 0; i < n; i++)
        if (cp >= r[i].first && cp <= r[i].last)
            return true;
    return false;
}

bool cli_utf8_is_control(uint32_t cp)
{
    /* C0, DEL, C1, and the marks that turn the direction of writing */
    static const struct range r[] = {{0, 0x1F}, {0x7F, 0x9F}, {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2066, 0x2069}};
    return within(r, sizeof r / sizeof *r, cp);
}

int cli_utf8_columns(uint32_t cp)
{
    static const struct range none[] = {{0x300, 0x36F},   {0x483, 0x489},   {0x591, 0x5BD},   {0x610, 0x61A},
                                        {0x64B, 0x65F},   {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200D},
                                        {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}};
    static const struct range wide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},  {0x3041, 0x33FF}, {0x3400, 0x4DBF},
                                        {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},  {0xAC00, 0xD7A3}, {0xF900, 0xFAFF},
                                        {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},  {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F},
                                        {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
    if (within(none, sizeof none / sizeof *none, cp))
        return 0;
    return within(wide, sizeof wide / sizeof *wide, cp) ? 2 : 1;
}

size_t cli_utf8_width(const char *s)
{
    size_t width = 0, n;
    uint32_t cp;
    for (; (n = cli_utf8_next(s, &cp)) > 0; s += n)
        width += (size_t)cli_utf8_columns(cp);
    return width;
}

/* lower case, for the scripts that names in the clinics are written in */
static uint32_t fold(uint32_t cp)
{
    if ((cp >= 'A' && cp <= 'Z') || (cp >= 0xC0 && cp <= 0xDE && cp != 0xD7) || (cp >= 0x391 && cp <= 0x3A9) ||
        (cp >= 0x410 && cp <= 0x42F))
        return cp + 0x20;
    if (cp >= 0x400 && cp <= 0x40F)
        return cp + 0x50;
    if (cp == 0x178)
        return 0xFF;
    bool even_upper = (cp >= 0x100 && cp <= 0x137 && cp != 0x130 && cp != 0x131) || (cp >= 0x14A && cp <= 0x177);
    bool odd_upper = (cp >= 0x139 && cp <= 0x148) || (cp >= 0x179 && cp <= 0x17E);
    if ((even_upper && cp % 2 == 0) || (odd_upper && cp % 2 == 1))
        return cp + 1;
    return cp;
}

bool cli_utf8_starts(const char *s, const char *prefix)
{
    uint32_t a, b;
    size_t n, m;
    for (; (m = cli_utf8_next(prefix, &b)) > 0; s += n, prefix += m) {
        n = cli_utf8_next(s, &a);
        if (!n || fold(a) != fold(b))
            return false;
    }
    return true;
}

bool cli_utf8_same(const char *a, const char *b)
{
    return cli_utf8_starts(a, b) && cli_utf8_starts(b, a);
}
