#include "server/net/touch.h"

void touch_note(struct touch_scopes *s, struct intake *in, uint64_t author)
{
    uint64_t scope[TOUCH_SCOPES_MAX];
    unsigned n = intake_scopes_touched(in, scope, TOUCH_SCOPES_MAX);
    if (n == TOUCH_SCOPES_MAX)
        s->all = true;
    for (unsigned i = 0; i < n; i++) {
        unsigned at = 0;
        while (at < s->count && s->scope[at].scope != scope[i])
            at++;
        if (at == TOUCH_SCOPES_MAX) {
            s->all = true;
        } else if (at == s->count) {
            s->scope[at].scope = scope[i];
            s->scope[at].author = author;
            s->count++;
        } else if (s->scope[at].author != author) {
            s->scope[at].author = 0;
        }
    }
}

static void scopes_clear(struct touch_scopes *s)
{
    s->count = 0;
    s->all = false;
}

void touch_forget(struct touch_scopes *s, struct intake *in)
{
    uint64_t scope[TOUCH_SCOPES_MAX];
    while (intake_scopes_touched(in, scope, TOUCH_SCOPES_MAX) == TOUCH_SCOPES_MAX)
        continue;
    scopes_clear(s);
}

static void touch_add(struct touches *t, struct touch one)
{
    for (unsigned i = 0; i < t->count; i++)
        if (t->touch[i].org == one.org) {
            if (t->touch[i].author != one.author)
                t->touch[i].author = 0;
            return;
        }
    if (t->count == TOUCHES_MAX)
        t->all = true;
    else
        t->touch[t->count++] = one;
}

void touch_resolve(struct touch_scopes *s, struct store *st, struct touches *out)
{
    out->count = 0;
    out->all = s->all;
    for (unsigned i = 0; i < s->count; i++) {
        struct store_scope scope;
        if (!store_scope_get(st, s->scope[i].scope, &scope))
            touch_add(out, (struct touch){scope.org, s->scope[i].author});
    }
    scopes_clear(s);
}

void touches_clear(struct touches *t)
{
    t->count = 0;
    t->all = false;
}

bool touches_join(struct touches *to, const struct touches *more)
{
    for (unsigned i = 0; i < more->count; i++)
        touch_add(to, more->touch[i]);
    to->all |= more->all;
    return to->all || to->count;
}

bool touches_concern(const struct touches *t, uint64_t org, uint64_t device_no)
{
    for (unsigned i = 0; i < t->count; i++)
        if (t->touch[i].org == org)
            return t->touch[i].author != device_no;
    return t->all;
}
