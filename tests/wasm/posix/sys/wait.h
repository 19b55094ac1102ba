#ifndef TESTS_WASM_WAIT_H
#define TESTS_WASM_WAIT_H
#include <sys/types.h>
pid_t waitpid(pid_t pid, int *status, int options);
#endif
