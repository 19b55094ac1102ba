/* Nothing here jumps: see cmocka.h beside this. */
#ifndef TESTS_WASM_SETJMP_H
#define TESTS_WASM_SETJMP_H
#endif
