/* Goal: bytes in memory of exactly their size, so that a sanitiser sees every byte that is read beyond them. */
#ifndef TESTS_LIB_EXACT_H
#define TESTS_LIB_EXACT_H

#include "proto/base/buf.h"

/* exact(p, n): a copy; freed with exact_free. */
struct sam_span exact(const uint8_t *p, size_t n);
void exact_free(struct sam_span s);

#endif
