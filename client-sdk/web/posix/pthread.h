/* What of POSIX threads the engine calls. There is one thread: a worker of its own. */
#ifndef SAM_WEB_PTHREAD_H
#define SAM_WEB_PTHREAD_H

typedef int pthread_once_t;
#define PTHREAD_ONCE_INIT 0

int pthread_once(pthread_once_t *once, void (*start)(void));

#endif
