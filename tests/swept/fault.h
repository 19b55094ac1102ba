/* Goal: every call of the product that may fail has failed, in every place from which it is made.
 *
 * A program of tests/unit or tests/scenario is linked once more, with the calls that may fail and the doors of the product wrapped
 * (the linker's --wrap, section "coverage" of the Makefile), and is then its own sweep: build/swept/. At each door (intake_push,
 * intake_commit, feed_next, samling_mark, ...) the call is made again and again. Each time the first call inside that may fail, and has
 * not failed yet where it stands, fails: once, by itself. Where it stands is the whole stack between the door and it. What must hold
 * is checked behind the door (sweep_*.c): an error, nothing kept, nothing half done. Then the same is asked for again, until nothing
 * new fails and it is done as if nothing had been. So the program's own story goes on, and all that it checks is checked of a store
 * that has been through every failure.
 *
 * What may fail: a step of an SQLite statement (memory is short; or the disk is full, and SQLite has rolled back by itself), an
 * allocation, room in a buffer, a hash, a MAC, sealing, unsealing, and chance. Not ROLLBACK, and not the end of a snapshot: SQLite
 * says that these do not. */
#ifndef SWEPT_FAULT_H
#define SWEPT_FAULT_H

#include <stdbool.h>
#include <stdint.h>

/* A door's attempt: what was under way outside of it. */
struct fault_attempt {
    bool open, armed, fired;
    int base;
};

/* fault_inside(): within an attempt, or where nothing may fail: a door inside another one is none. */
bool fault_inside(void);

/* fault_begin(a): from now on one call fails: the first that has not failed yet where it stands. fault_end(a): what was under way
 * before goes on; true: one has failed. */
void fault_begin(struct fault_attempt *a);
bool fault_end(const struct fault_attempt *a);
/* fault_memory(): the last one that failed was an allocation of ours. */
bool fault_memory(void);
/* fault_none(a): nothing fails until fault_end(a). */
void fault_none(struct fault_attempt *a);

/* What may fail without an error (a frame that cannot be deflated goes as it is) fails only while this is set. */
extern bool fault_soft;

/* A failing step takes no transaction back while this is set: the door is within one that it cannot begin again. */
extern bool fault_within;

/* fault_must(what, text): what must hold behind a failed call; else the program ends, and says which call it was. */
void fault_must(bool holds, const char *text, const char *file, int line);
#define FAULT_MUST(what) fault_must((what), #what, __FILE__, __LINE__)

#endif
