/* Within tablet.c and its kin. */
#ifndef SIM_TABLET_INT_H
#define SIM_TABLET_INT_H

#include "tests/sim/tablet.h"

#include "client-sdk/src/outbox.h"
#include "client-sdk/src/replica.h"
#include "proto/base/err.h"
#include "tests/sim/history.h"

#define DAY_S 86400

/* tablet_is_dead(t, err): whether this end of a call is the end of its process, and if it is, see to it. */
bool tablet_is_dead(struct tablet *t, int err);
/* tablet_pump(t): bytes of the conversation go on the line. */
void tablet_pump(struct tablet *t);

/* tablet_outbox_read(t): which ops are there? What was saved must be. tablet_gid_add(t, gid): one more behind the last. */
void tablet_outbox_read(struct tablet *t);
void tablet_gid_add(struct tablet *t, uint64_t gid);
/* tablet_mark_note(t, row, seq): what it says of a mark from now on: the last that was saved, or turned out to be. */
void tablet_mark_note(struct tablet *t, const struct sam_row *r, uint64_t seq);

/* ---- the person. tablet_form_due: the form that is saved next; NULL: none is open. */
struct form *tablet_form_due(struct tablet *t);
void tablet_form_save(struct tablet *t, struct form *f);
/* tablet_person_act(t): a person takes up the tablet: looks at a sheet, or adds a session. */
void tablet_person_act(struct tablet *t);

#endif
