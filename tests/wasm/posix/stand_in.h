/* What tests and the centre's store call of POSIX and WebAssembly has not; read before every file of the test modules. What no
 * module can do (another process) ends the test as skipped, with its reason: stand_in.c. */
#ifndef TESTS_WASM_STAND_IN_H
#define TESTS_WASM_STAND_IN_H

#include <sys/socket.h>
#include <sys/types.h>

char *mkdtemp(char *path);
int mkstemp(char *path);
int mkostemp(char *path, int flags);
pid_t getpid(void);
pid_t gettid(void);
pid_t fork(void);
int pipe(int fd[2]);
int system(const char *command);
int socket(int domain, int type, int protocol);
int bind(int fd, const struct sockaddr *at, socklen_t n);
int listen(int fd, int backlog);
int getsockname(int fd, struct sockaddr *at, socklen_t *n);

#include <fcntl.h>
#ifndef F_WRLCK /* locks between processes */
#define F_WRLCK 1
#define F_UNLCK 2
#define F_GETLK 5
#endif

#endif
