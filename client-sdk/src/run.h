/* A run: CHANGES kept aside until SCOPE_END makes them visible at once, for all complete scopes together. Whole rows lie in
 * `stage`: what came as some units was laid over what the device had, so that the end is a plain move.
 *
 * Invariants
 *  1. Rows, checksums and the cursor move in one transaction (P7).
 *  2. The place of an unfinished run is stored in the transaction that stored its rows. */
#ifndef SAM_CLIENT_RUN_H
#define SAM_CLIENT_RUN_H

#include "proto/wire/codec.h"

struct samling;
struct sam_held;

/* sam_run_scopes(s, m): the list of scopes, or the notice that the cursor lies beyond the fork of histories. */
int sam_run_scopes(struct samling *s, const struct sam_scopes *m);
/* sam_run_changes(s, c, report): rows of complete scopes (c->fill false). SAM_EPROTO: not a scope that is complete here. */
int sam_run_changes(struct samling *s, const struct sam_changes *c);
/* sam_run_end(s, e, epoch, compare, equal): the run is complete; ${equal}: own rows and sum are the centre's. */
int sam_run_end(struct samling *s, const struct sam_scope_end *e, uint64_t epoch, bool *equal);
/* sam_run_verify(s, h, e): one scope's sum; where it differs, the scope is to be filled again. */
int sam_run_verify(struct samling *s, struct sam_held *h, const struct sam_scope_end *e);
/* sam_run_forget(s): drop an unfinished run with what it kept aside. */
int sam_run_forget(struct samling *s);
/* sam_run_welcome(s, epoch): another epoch than the one that an unfinished run, a fill or a fresh scope belongs to. */
int sam_run_welcome(struct samling *s, uint64_t epoch);

#endif
