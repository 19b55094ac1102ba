#include "server/console/route.h"

#include "server/console/page.h"

#include <string.h>

const struct route route_table[] = {
#define ROUTE(verb, pattern, right, where, handler, body) \
    {HTTP_VERB_##verb, pattern, RIGHT_##right, {.where = handler}, BODY_##body},
#include "server/console/route.def"
#undef ROUTE
};
const unsigned route_count = sizeof route_table / sizeof *route_table;

static bool id_read(struct sam_span s, uint64_t *out)
{
    uint64_t v = 0;
    if (s.len == 0 || s.len > 19 || s.ptr[0] == '0')
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        v = v * 10 + (uint64_t)(s.ptr[i] - '0'); /* 19 digits fit */
    }
    *out = v;
    return v <= INT64_MAX;
}

static bool is_name(struct sam_span s, bool capitals)
{
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (capitals && c >= 'A' && c <= 'Z');
        if (!(letter || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'))
            return false;
    }
    return s.len > 0 && s.len <= ROUTE_NAME_BYTES_MAX;
}

/* One part of a path, which does not hold "/", against one of a pattern. */
static bool part_fits(struct sam_span want, struct sam_span part, struct route_match *m)
{
    if (http_is(want, "{id}"))
        return m->id_count < ROUTE_IDS_MAX && id_read(part, &m->id[m->id_count]) && ++m->id_count;
    if (http_is(want, "{name}") || http_is(want, "{file}")) {
        m->name = part;
        return is_name(part, http_is(want, "{file}"));
    }
    return want.len == part.len && (want.len == 0 || memcmp(want.ptr, part.ptr, want.len) == 0);
}

/* Without its first part and the "/" behind it. */
static struct sam_span part_cut(struct sam_span *rest)
{
    const uint8_t *end = rest->len ? memchr(rest->ptr, '/', rest->len) : NULL;
    struct sam_span part = {rest->ptr, end ? (size_t)(end - rest->ptr) : rest->len};
    size_t n = part.len + (end ? 1 : 0);
    *rest = (struct sam_span){rest->ptr + n, rest->len - n};
    return part;
}

static unsigned slashes(struct sam_span s)
{
    unsigned n = 0;
    for (size_t i = 0; i < s.len; i++)
        n += s.ptr[i] == '/';
    return n;
}

static bool fits(const char *pattern, struct sam_span path, struct route_match *m)
{
    struct sam_span want = {(const uint8_t *)pattern, strlen(pattern)};
    m->id_count = 0;
    m->name = (struct sam_span){0};
    if (slashes(want) != slashes(path))
        return false;
    for (unsigned left = slashes(want) + 1; left; left--)
        if (!part_fits(part_cut(&want), part_cut(&path), m))
            return false;
    return true;
}

void route_find(const struct route *table, unsigned count, enum http_verb verb, struct sam_span path,
                struct route_match *out)
{
    enum http_verb looked = verb == HTTP_VERB_HEAD ? HTTP_VERB_GET : verb;
    memset(out, 0, sizeof *out);
    for (unsigned i = 0; i < count; i++) {
        struct route_match m;
        if (!path.len || !fits(table[i].pattern, path, &m))
            continue;
        out->allow |= 1u << table[i].verb | (table[i].verb == HTTP_VERB_GET ? 1u << HTTP_VERB_HEAD : 0);
        if (table[i].verb != looked)
            continue;
        out->route = &table[i];
        memcpy(out->id, m.id, sizeof out->id);
        out->id_count = m.id_count;
        out->name = m.name;
    }
}
