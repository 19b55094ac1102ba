/* A centre and tablets in one process, without faults: the real intake, store and feed on files, real SDK handles, and lines
 * between them that move bytes when a tablet syncs. What the writer and the connections of the server do is done here in
 * small: every job is a transaction of its own and is answered behind its commit; a sync runs to its end, or to a byte that
 * is named.
 *
 * What cannot fail in a sound world (opening, committing, encoding) stops the program with a line that says where. What a
 * test wants to know is told: pump_check names each promise that does not hold. */
#ifndef TESTS_LIB_PUMP_H
#define TESTS_LIB_PUMP_H

#include "client-sdk/src/client.h"
#include "client-sdk/src/replica.h"
#include "server/intake/intake.h"
#include "server/store/store_int.h"

enum { PUMP_TABLETS_MAX = 6 };
#define PUMP_WHOLE UINT64_MAX /* bytes: a sync without a cut */

/* ok, or the end of the program. */
#define PUMP_MUST(x) ((x) ? (void)0 : pump_stop(__FILE__, __LINE__, #x))
_Noreturn void pump_stop(const char *file, int line, const char *what);

struct pump;
struct pump_line;

struct pump_tablet {
    struct pump *pump;
    samling *s;
    struct pump_line *line;
    int64_t clock_off_s;      /* own clock minus the centre's */
    uint64_t user, device_no; /* who marks on it; its number, a new one once it was found to be a copy */
    uint64_t moved;           /* bytes of the last sync, both ways */
    char path[176];
};

struct pump {
    char folder[160], path[176];
    struct intake_config config;
    struct intake *in;
    struct store *reader;
    struct sam_zip *zip;
    int64_t now_s; /* the centre's clock */
    struct pump_tablet tablet[PUMP_TABLETS_MAX];
    unsigned tablets;
};

/* pump_open(p, folder, now_s): a new centre in a folder that is made or emptied first. pump_close: nothing is left in it. */
void pump_open(struct pump *p, const char *folder, int64_t now_s);
void pump_close(struct pump *p);
/* pump_keep(p, folder): copy the files as they are at rest there. pump_back: and from there back again. */
void pump_keep(struct pump *p, const char *folder);
void pump_back(struct pump *p, const char *folder);
/* pump_folder_remove(folder): with the files in it, if it is there. */
void pump_folder_remove(const char *folder);

/* pump_author(p, op): an op of device 1 in a transaction of its own; a key part 0 of a CREATE is minted and stands in ${op}.
 *   returns 0, or the reason why it was refused */
enum sam_reason pump_author(struct pump *p, struct sam_op *op);
void pump_device_state(struct pump *p, uint64_t device_no, enum sam_device_state state);
/* pump_plan(p): planned sessions ahead; the window moves. */
void pump_plan(struct pump *p);
/* pump_invite(p, org, text): an invite as a tablet takes it. */
void pump_invite(struct pump *p, uint64_t org, char text[200]);

/* pump_tablet_add(p, org, user): joined, approved and filled. */
struct pump_tablet *pump_tablet_add(struct pump *p, uint64_t org, uint64_t user);
/* pump_tablet_power(t): the power goes and comes: what was not on disk is gone. */
void pump_tablet_power(struct pump_tablet *t);
/* pump_tablet_copy(t): another tablet whose store is a copy of what ${t}'s disk holds; neither knows. Same user and clock. */
struct pump_tablet *pump_tablet_copy(struct pump_tablet *t);
/* pump_tablet_full(t, full): its disk takes nothing more, or has room again. */
void pump_tablet_full(struct pump_tablet *t, bool full);
/* pump_tablet_app(t, schema): its replica was written by an app of that schema; this one takes over when it starts. */
void pump_tablet_app(struct pump_tablet *t, uint64_t schema);
/* pump_save(t, op, scope): an op that the public API has no call for, saved as its calls do; its base is what the tablet
 * holds. 0, or the code of samling.h. */
int pump_save(struct pump_tablet *t, struct sam_op *op, uint64_t scope);
/* pump_sync(t, bytes): a sync to its end; true. Or the line is cut behind so many bytes, both ways together; false. */
bool pump_sync(struct pump_tablet *t, uint64_t bytes);

/* pump_line_cut(t): the line is gone, if there is one. */
void pump_line_cut(struct pump_tablet *t);

/* The centre's end alone, for a tablet that is not in this process: pump_line_take: the tablet sent these bytes. _turn: what they ask for
 * is done, or a part of what was asked for is written; false: there was nothing. _peek, _sent: what goes to the tablet, and that it
 * went. _over: the centre has said its last word. _free: the connection is gone. */
struct pump_line *pump_line_new(struct pump *p);
void pump_line_take(struct pump_line *l, const uint8_t *bytes, size_t n);
bool pump_line_turn(struct pump_line *l);
size_t pump_line_peek(struct pump_line *l, const uint8_t **bytes);
void pump_line_sent(struct pump_line *l, size_t n);
bool pump_line_over(const struct pump_line *l);
void pump_line_free(struct pump_line *l);

/* pump_op(p, device_no, seq, bytes, op): an op as its device sent it, out of the batches; text is borrowed from ${bytes},
 * which the caller has begun. false: it is not there. */
bool pump_op(struct pump *p, uint64_t device_no, uint64_t seq, struct sam_buf *bytes, struct sam_op *op);

/* pump_check(p, tell, ctx): what must hold at rest: nothing waits, every tablet's rows, sums and notices are the centre's,
 * intake_verify finds nothing wrong and intake_rebuild changes nothing. Returns how many lines were told. */
unsigned pump_check(struct pump *p, void (*tell)(void *ctx, const char *line), void *ctx);

#endif
