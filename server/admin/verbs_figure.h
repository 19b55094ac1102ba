/* Figures that were frozen (server/intake/figure.h), as verbs tell them: what those that show one share. */
#ifndef ADMIN_VERBS_FIGURE_H
#define ADMIN_VERBS_FIGURE_H

#include "server/admin/value.h"
#include "server/intake/figure.h"

enum { FIGURE_SUMS = 8 };
/* figure_sum(s, i): one of them, in the order of the catalogue's set FROZEN_SUM; words_figure_sum: its name for programs. */
uint64_t figure_sum(const struct store_figure_sums *s, unsigned i);
extern const char *const words_figure_sum[];
extern const char *const words_figure_status[]; /* of a session: planned, held, cancelled */
/* figure_read(v, f): the figure that the verb's first word names. VERB_OK, or VERB_REFUSED. */
int figure_read(struct verb_context *v, struct store_figure *f);
/* figure_place(v, f, out): "Porsgrunn" or "Porsgrunn, Monday group". figure_period(v, f, out): "October 2026", "tertial 2 of 2026". */
void figure_place(struct verb_context *v, const struct store_figure *f, char out[VALUE_BYTES_MAX]);
void figure_period(const struct verb_context *v, const struct store_figure *f, char out[VALUE_BYTES_MAX]);
/* figure_head_say(v, f): what it is, by whom and when; fields of the JSON object, and lines for people. */
void figure_head_say(struct verb_context *v, const struct store_figure *f);

#endif
