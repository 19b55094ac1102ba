/* A body of proto/samling.proto, read by the codec and written again: the same meaning in one form. */
#ifndef FUZZ_CANON_H
#define FUZZ_CANON_H

#include "proto/base/buf.h"

#include <stdbool.h>

/* canon_name(i): "Hello", …: the messages that a frame, a PUSH or a CHANGES carries; NULL behind the last. */
const char *canon_name(unsigned i);
/* canon_count(): how many they are. */
unsigned canon_count(void);
/**
 * canon(i, in, out):
 * Decode ${in} as message ${i} and append its encoding to ${out}: heads first, then lists in their order. An op or a row without a
 * kind that is known is only its head.
 *   errors  those of the decoder; SAM_ETOOBIG from the encoder where what was read has no room
 */
int canon(unsigned i, struct sam_span in, struct sam_buf *out);
/* canon_same(i, a, b): both decode as message ${i}, an op or a row, to the same numbers and values, but for what is not known. */
bool canon_same(unsigned i, struct sam_span a, struct sam_span b);
/* canon_reason(in, newer): what sam_op_validate says of these bytes as an op of a tablet; -1: they are none. ${newer}: there is something in
 * it that this version does not know, and does not write. */
int canon_reason(struct sam_span in, bool *newer);

#endif
