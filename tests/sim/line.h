/* The virtual network. A line is a reliable stream in each direction, as TCP under TLS is: bytes arrive in order, or the line
 * ends. What may go wrong is delay, silence, an end in the midst of a frame, an end that only one side learns of, and an old
 * line that still delivers when a new one stands. */
#ifndef SIM_LINE_H
#define SIM_LINE_H

#include "tests/sim/world.h"

/* line_new(w, t): a line from a tablet (NULL: from nobody, for a replay) to the centre; NULL: no room. */
struct line *line_new(struct world *w, struct tablet *t);
/* line_add(w, wire, p, n): bytes are put on the way. */
void line_add(struct world *w, struct line *l, struct wire *wire, const void *p, size_t n);
size_t wire_room(const struct wire *wire);
/* line_due(w, l): when something arrives next; INT64_MAX: nothing is under way. line_act: it does. */
int64_t line_due(const struct line *l);
void line_act(struct world *w, struct line *l);
/* line_cut(w, l): both ends learn of it by and by; bytes under way are lost. */
void line_cut(struct world *w, struct line *l);
/* line_break(w, l, up): what is under way there arrives up to some byte of it, then the end of the line; the other direction is lost. */
void line_break(struct world *w, struct line *l, bool up);
/* An end lets go. What is under way from it still arrives, unless ${lost}. */
void line_leave_tablet(struct world *w, struct line *l, bool lost);
void line_leave_centre(struct world *w, struct line *l, bool lost);
/* lines_sweep(w): lines that both ends have left are free again. */
void lines_sweep(struct world *w);

#endif
