/* What the oracle is told, and how the world knows an op again: by the time that its author's clock claimed, which no two ops
 * share, or by its key where the centre made the row. The same op keeps its gid whatever name, csn or id it comes under.
 *
 *   tablet saves ─► history_draft ─► oracle_save         centre commits ─► history_read ─► oracle_admit, _refuse, _repeat
 *
 * Checked on the way: what arrives says what its author meant; an op that nobody made does not arrive. */
#ifndef SIM_HISTORY_H
#define SIM_HISTORY_H

#include "tests/sim/oracle.h"
#include "tests/sim/world.h"

struct history;

struct history *history_new(struct world *w);
void history_free(struct history *h);
struct oracle *history_oracle(struct history *h);

/* history_claim(w, about_s): a time near ${about_s} that nobody has claimed yet. history_claims(w): how many were given. */
int64_t history_claim(struct world *w, int64_t about_s);
unsigned history_claims(const struct world *w);
unsigned history_claim_number(int64_t claim_s);
/* history_draft(w, actor, d, claim, saved): an op was made; its gid. ${saved}: its author was told that it is durable. */
uint64_t history_draft(struct world *w, unsigned actor, const struct draft *d, int64_t claim_s, bool saved);
/* history_console(w, op, epoch): the coordinator makes an op; fills in the time that it claims. */
void history_console(struct world *w, struct sam_op *op, uint64_t epoch);
/* history_gid(w, claim): 0: none. */
uint64_t history_gid(const struct world *w, int64_t claim_s);
/* history_gid_at(w, csn): which op has that csn in the present history; 0: none. */
uint64_t history_gid_at(const struct world *w, uint64_t csn);
uint64_t history_csn(const struct world *w);
/* history_some_row(w, entity, out): one of the rows that ever came to the centre; false: none did. */
bool history_some_row(struct world *w, uint8_t entity, struct sam_key *out);

/* The centre started under a new epoch; a commit is durable: all that is new in the store goes to the oracle. */
void history_serve(struct world *w);
void history_read(struct world *w);
/* history_devices(w): which devices are revoked now. */
void history_devices(struct world *w);
/* history_backup(w, slot), history_restore(w, slot, number, with_journal): as the oracle's; without its journal the centre may forget
 * what it said itself. */
unsigned history_backup(struct world *w, unsigned slot);
void history_restore(struct world *w, unsigned slot, unsigned number, bool with_journal);

/* At rest: rows, candidates, sums and saved ops at the centre against the oracle. */
void history_check(struct world *w);

#endif
