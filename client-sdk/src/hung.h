/* Rows with an id of their own that hang on a person, or on a person in a session: made, changed, corrected by another, removed,
 * listed. What is in them is the caller's. */
#ifndef SAM_CLIENT_HUNG_H
#define SAM_CLIENT_HUNG_H

#include "client-sdk/src/list.h"
#include "client-sdk/src/rows.h"
#include "proto/base/err.h"

/* What a row is about. */
struct sam_hung {
    uint64_t session; /* 0: it hangs on the person alone */
    uint64_t participant;
    uint64_t replaces; /* the row that this one corrects, 0: none */
};

/* The fields of ${of}; a negative code refuses it. */
typedef int sam_hung_fn(struct samling *s, struct sam_row *row, const void *of);

/**
 * sam_hung_make(s, user, entity, about, fill, of, out): save a new row, whose id is then in *${out}, and 0 on failure.
 * sam_hung_set(s, user, entity, id, fill, of): save what differs of a row that is there, unit by unit; nothing where nothing does.
 * sam_hung_remove(s, user, entity, id): it was entered in error.
 *   errors  as samling_mark; SAM_ENOTFOUND also where what it replaces is not here, or is about something else
 */
int sam_hung_make(struct samling *s, uint64_t user, uint8_t entity, const struct sam_hung *about, sam_hung_fn *fill,
                  const void *of, uint64_t *out);
int sam_hung_set(struct samling *s, uint64_t user, uint8_t entity, uint64_t id, sam_hung_fn *fill, const void *of);
int sam_hung_remove(struct samling *s, uint64_t user, uint8_t entity, uint64_t id);

/* sam_hung_text(row, field, text): NULL and "": not said. sam_hung_id(row, field, id), sam_hung_num(row, field, v): 0 and -1. */
void sam_hung_text(struct sam_row *row, unsigned field, const char *text);
void sam_hung_id(struct sam_row *row, unsigned field, uint64_t id);
void sam_hung_num(struct sam_row *row, unsigned field, int v);

/* How the items of a list tell which of them corrects which: offsets of their members; replaced_by_at 0: none does. */
struct sam_hung_shape {
    size_t item_bytes, id_at, participant_at, replaces_at, replaced_by_at;
    size_t text_at[3];
    unsigned text_count;
};
/* Of a list whose items hold what was saved in ${member}, and say replaced_by; texts are the caller's to add. */
#define SAM_HUNG_SHAPE(line, member)                                                                          \
    {                                                                                                         \
        .item_bytes = sizeof(line), .id_at = offsetof(line, member.id),                                       \
        .participant_at = offsetof(line, member.participant), .replaces_at = offsetof(line, member.replaces), \
        .replaced_by_at = offsetof(line, replaced_by)                                                         \
    }
/**
 * sam_hung_list(s, entity, about, shape, add, ctx, list, out, count):
 * Everything of ${entity} that is about that, each given to ${add}, which adds to ${list} with what it takes; then who is replaced
 * by whom: of several corrections the one with the largest id. Opens the person's form.
 *   errors  SAM_ENOTFOUND the person or the session is not here; SAM_ESTATE the person's record is shut
 */
int sam_hung_list(struct samling *s, uint8_t entity, const struct sam_hung *about, const struct sam_hung_shape *shape,
                  sam_seen_fn *add, void *ctx, struct sam_list *list, void **out, size_t *count);

#endif
