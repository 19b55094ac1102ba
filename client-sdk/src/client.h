/* What a handle consists of. Each part belongs to the room that it is named for; nothing lives outside a handle. */
#ifndef SAM_CLIENT_CLIENT_H
#define SAM_CLIENT_CLIENT_H

#include "client-sdk/include/samling.h"
#include "client-sdk/src/meta.h"
#include "client-sdk/src/scope.h"
#include "client-sdk/src/seal.h"
#include "client-sdk/src/store.h"
#include "client-sdk/src/talk.h"
#include "proto/base/err.h"

/* What the user saw when a form was opened: of a session (person 0), of one person in it, or of a person (session 0). */
struct sam_form {
    uint64_t session, person, group, epoch, csn; /* of a session, of a person, of both, or of a group's roster */
};
#define SAM_FORMS_MAX 128u /* open at once; the oldest gives way, and its marks take their base at save */

struct samling {
    struct sam_store store;
    struct sam_vault vault;
    struct sam_meta meta;
    struct sam_scopes_held held;
    struct sam_talk talk;
    struct sam_form form[SAM_FORMS_MAX];
    unsigned form_next;
    int64_t (*now)(void *ctx);
    void *now_ctx;
    uint64_t boot;
    uint64_t retry_due_ms; /* monotonic; counts while retry_on */
    unsigned push_ops_max;
    uint64_t sync_began_ms;             /* monotonic: when the present call to sync began */
    struct sam_buf sealed, plain, work; /* scratch: sealed bytes, unsealed bytes, bytes being encoded */
    char errmsg[240];
    char app[SAM_NAME_BYTES_MAX + 1],
        model[SAM_NAME_BYTES_MAX + 1]; /* what HELLO says of this program, and where it runs */
};

/* sam_fail(s, err, text): note why, give ${err} back as a public code. NULL: the code's own sentence. */
int sam_fail(struct samling *s, int err, const char *text);
/* sam_begin(s): the beginning of a public call that writes: its own transaction. What a conversation has under way is committed
 * first; where that fails it is gone, and the conversation ends. */
int sam_begin(struct samling *s);
/* sam_done(s, err): the end of a public call: commit, or take back and say why. */
int sam_done(struct samling *s, int err);
/* sam_undo(s): roll back, load again what is held in memory. */
void sam_undo(struct samling *s);
/* sam_public(err): the code as the public header knows it. */
int sam_public(int err);

int64_t sam_now(struct samling *s);
/* Trusted now: max(own clock, newest centre time). */
int64_t sam_now_trusted(struct samling *s);
bool sam_clock_suspect(struct samling *s);

/* sam_erase(s): the centre's order: everything goes but what it takes to tell the centre that it was obeyed. sam_erased_told: and
 * now that as well. sam_may_greet(s): it has something to say to a centre. */
int sam_erase(struct samling *s);
int sam_erased_told(struct samling *s);
bool sam_may_greet(const struct samling *s);
enum sam_wipe { SAM_WIPE_ASKED = 1, SAM_WIPE_TO_TELL = 2 };

#endif
