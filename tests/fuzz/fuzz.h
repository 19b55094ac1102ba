/* What the fuzz targets share. A target is one file, fuzz_NAME.c, with LLVMFuzzerTestOneInput; it is linked twice:
 *
 *      build/fuzz/NAME          clang, libFuzzer, ASan, UBSan: searches for inputs            make fuzz
 *      build/asan/fuzz/NAME     gcc, ASan, UBSan, replay.c: runs the files that are kept      make fuzz-replay
 *
 * An input is read from its front: a few bytes that choose (how the rest is cut, which message it is), then what the parser gets.
 * What a target says of the product beyond "no crash" stands in HOLDS. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include "proto/base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* HOLDS(what): else the program aborts, and the input is kept. */
#define HOLDS(what) ((what) ? (void)0 : fuzz_broken(#what, __FILE__, __LINE__))
_Noreturn void fuzz_broken(const char *what, const char *file, int line);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* fuzz_byte(in): the next byte that chooses; 0 where there is none left. */
uint8_t fuzz_byte(struct sam_span *in);
/* fuzz_piece(in, cut): up to where ${in} is cut next, at least one byte of it, and all where ${cut} is 0. ${cut} goes on: the same one gives
 * the same pieces. */
struct sam_span fuzz_piece(struct sam_span *in, uint32_t *cut);
/* fuzz_exact(s): a copy in memory of its very size, so that a byte too many is noticed; freed with free. Never NULL. */
uint8_t *fuzz_exact(struct sam_span s);
/* fuzz_text(s): the same as a text, up to its first byte 0. */
char *fuzz_text(struct sam_span s);
bool fuzz_same(struct sam_span a, struct sam_span b);

#endif
