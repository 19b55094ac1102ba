/* Who is to be told after a commit. While jobs run, the scopes that they changed are noted with who did it; after the commit scopes become
 * clinics, and the loop tells its connections of those. Nothing here locks: scopes are the write thread's own, and whoever shares touches
 * between threads guards them. */
#ifndef NET_TOUCH_H
#define NET_TOUCH_H

#include "server/intake/intake.h"

#include <stdbool.h>
#include <stdint.h>

#define TOUCHES_MAX 256u      /* clinics named after one commit; more: all of them */
#define TOUCH_SCOPES_MAX 512u /* scopes noted in one group; more: all clinics */

/* Rows of this clinic changed; author: the one device that did it, 0: several, or the centre. */
struct touch {
    uint64_t org, author;
};

struct touches {
    struct touch touch[TOUCHES_MAX];
    unsigned count;
    bool all;
};

struct touch_scopes {
    struct {
        uint64_t scope, author;
    } scope[TOUCH_SCOPES_MAX];
    unsigned count;
    bool all;
};

/* touch_note(s, in, author): after a job of ${author}'s: what ${in} has changed since it was asked last. */
void touch_note(struct touch_scopes *s, struct intake *in, uint64_t author);
/* touch_forget(s, in): nothing of it was committed. */
void touch_forget(struct touch_scopes *s, struct intake *in);
/* touch_resolve(s, st, out): after a commit: the clinics of the noted scopes, in ${out}, which is begun anew; ${s} is empty then. */
void touch_resolve(struct touch_scopes *s, struct store *st, struct touches *out);
/* touches_join(to, more): false: there is nobody to tell. */
bool touches_join(struct touches *to, const struct touches *more);
void touches_clear(struct touches *t);
/* touches_concern(t, org, device_no): is there news for a device of this clinic, which others or several have written? */
bool touches_concern(const struct touches *t, uint64_t org, uint64_t device_no);

#endif
