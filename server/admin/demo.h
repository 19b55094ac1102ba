/* A centre to try samling with: clinics as they exist, everything else invented. */
#ifndef ADMIN_DEMO_H
#define ADMIN_DEMO_H

#include "server/admin/verbs.h"

enum { DEMO_PLACES = 16 };

/* A group as both demos have it. */
struct demo_group_row {
    uint64_t clinic;
    const char *code, *name;
    unsigned kind, weekday; /* words_group_kind; 1 Monday … 7 Sunday, 0: its days are said one by one */
    int start_min, end_min;
    int32_t first_day;
};

/* demo_say_clinic(v, code, name, kind, id), demo_say_user, demo_say_group, demo_say_session: a row of the centre with a new id, in
 * the open transaction. demo_say_session: a planned one, of a group whose days are said one by one. As author_apply. */
int demo_say_clinic(struct verb_context *v, const char *code, const char *name, unsigned kind, uint64_t *id);
int demo_say_user(struct verb_context *v, uint64_t clinic, const char *name, unsigned role, uint64_t *id);
int demo_say_group(struct verb_context *v, const struct demo_group_row *g, uint64_t *id);
int demo_say_session(struct verb_context *v, uint64_t group, int32_t day, int start_min, int end_min);

/* demo_make(v): into the empty store of v->in, in transactions of its own. As a verb's run. */
int demo_make(struct verb_context *v);

#endif
