/* Names and words as people write them, compared without regard to case and spaces: the one place that knows which letters are
 * the same.
 *
 *   letters  a great letter is its small one: A to Z, U+00C0 to U+017E with U+0178 (Norwegian, Sámi, the rest of Latin with marks),
 *            U+0391 to U+03A9 (Greek), U+0400 to U+042F (Cyrillic). A mark stays: é is not e. İ and ı are nobody's: in Turkish
 *            they are two letters
 *   spaces   blank, tab, line end, U+00A0: a run of them is one, and at both ends there is none
 *   bytes    UTF-8; what is longer than two bytes, or is no letter, is itself. A folded text is never longer than it was */
#ifndef SAM_BASE_FOLD_H
#define SAM_BASE_FOLD_H

#include "proto/base/buf.h"

#include <stdbool.h>

/* sam_fold_same(a, b): are they one name? */
bool sam_fold_same(struct sam_span a, struct sam_span b);
/* sam_fold_text(text, out, size): as one text that ends with NUL; cut between two letters where it does not fit. size > 0. */
void sam_fold_text(struct sam_span text, char *out, size_t size);

#endif
