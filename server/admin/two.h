/* Two persons: what one asks for another confirms. Who somebody is the kernel says (a user of the machine) or the console (an account).
 *
 * They are one person where it is known that they are:
 *   two users of the machine   the same uid, or the same name given with --operator
 *   two accounts               the same account, or accounts of the same user of the tablets (a substitute is who he is shown as)
 *   a user and an account      one of the names of the one (login, --operator) is one of the names of the other (login, the user's name)
 *
 * Else they are two. A user of the machine and an account may be two: the centre's operator and a coordinator are, in most clinics, and a
 * clinic with one coordinator needs somebody. It does not hold against an operator who lies: he can make accounts, as he can become another
 * user of the machine. What holds against him is the audit log, which every tablet knows the head of, and where both stand. */
#ifndef ADMIN_TWO_H
#define ADMIN_TWO_H

#include "server/admin/verbs.h"
#include "server/store/erased.h"

struct two_who {
    bool known; /* else nobody can say who asks */
    uint32_t uid;
    uint64_t account, user_id;                                                          /* account 0: uid asks */
    char login[STORE_ERASE_NAME_BYTES_MAX + 1], called[STORE_ERASE_NAME_BYTES_MAX + 1]; /* "": none */
};

/* two_who(v, out): who asks now. two_same(a, b): are they one person, as far as is known? Pure. */
void two_who(struct verb_context *v, struct two_who *out);
bool two_same(const struct two_who *a, const struct two_who *b);
/* two_real(v, who): its user as that one is shown now: a substitute may have been linked since. */
void two_real(struct verb_context *v, struct two_who *who);

#endif
