/* Notes: what somebody wrote about a person, and who may see it. */
#include "client-sdk/src/draft.h"
#include "client-sdk/src/hung.h"
#include "client-sdk/src/read.h"

enum { VISIBLE_TO_ROLE = 1 };

/* The user's role now; SAM_ENOTFOUND: not here. */
static int role_of(struct samling *s, uint64_t user, int *role)
{
    struct sam_view v;
    int err = sam_user_find(s, user, &v, NULL);
    *role = err ? -1 : (int)sam_row_num(&v.row, SAM_USER_role);
    return err;
}

/* ---- reading */

struct notes {
    struct sam_list list;
    uint64_t user;
    int role;
};

static bool may_see(const struct notes *notes, const struct sam_row *r)
{
    return sam_row_num(r, SAM_NOTE_visibility) != VISIBLE_TO_ROLE || sam_row_num(r, SAM_NOTE_role) == notes->role ||
           (uint64_t)sam_row_num(r, SAM_NOTE_author) == notes->user;
}

static int note_add(void *ctx, const struct sam_seen *seen)
{
    struct notes *notes = ctx;
    const struct sam_row *r = &seen->view.row;
    struct samling_note_line *l = may_see(notes, r) ? sam_list_add(&notes->list) : NULL;
    if (!l)
        return may_see(notes, r) ? SAM_ENOMEM : 0;
    l->note = (struct samling_note){.id = r->key.part[0],
                                    .participant = sam_row_person(r),
                                    .day = (int32_t)sam_row_num(r, SAM_NOTE_day),
                                    .visibility = (int)sam_row_num(r, SAM_NOTE_visibility),
                                    .replaces = (uint64_t)sam_row_num(r, SAM_NOTE_replaces)};
    l->note.text = sam_list_text(&notes->list, sam_view_text(&seen->view, SAM_NOTE_text));
    l->note.subject = sam_list_text(&notes->list, sam_view_text(&seen->view, SAM_NOTE_subject));
    l->author = (uint64_t)sam_row_num(r, SAM_NOTE_author);
    l->role = sam_row_int(r, SAM_NOTE_role);
    l->order = seen->view.csn;
    l->state = seen->state;
    return 0;
}

static int compare_order(const void *a, const void *b)
{
    const struct samling_note_line *x = a, *y = b;
    uint64_t mine = x->order - 1, other = y->order - 1; /* 0, which waits, is last */
    if (mine != other)
        return mine < other ? -1 : 1;
    return (x->note.id > y->note.id) - (x->note.id < y->note.id);
}

int samling_notes(samling *s, uint64_t user, uint64_t participant, struct samling_note_line **out, size_t *count)
{
    struct sam_hung_shape shape = SAM_HUNG_SHAPE(struct samling_note_line, note);
    const struct sam_hung about = {.participant = participant};
    struct notes notes = {.user = user};
    shape.text_at[0] = offsetof(struct samling_note_line, note.text);
    shape.text_at[1] = offsetof(struct samling_note_line, note.subject);
    shape.text_count = 2;
    *out = NULL;
    *count = 0;
    int err = role_of(s, user, &notes.role);
    if (err)
        return sam_fail(s, err, "the user is not on this device");
    err = sam_hung_list(s, SAM_NOTE, &about, &shape, note_add, &notes, &notes.list, (void **)out, count);
    if (!err)
        sam_list_sort(*out, *count, sizeof **out, compare_order);
    return err;
}

/* ---- saving */

struct written {
    const struct samling_note *note;
    uint64_t author;
};

static int note_fields(struct samling *s, struct sam_row *row, const void *of)
{
    const struct written *w = of;
    int role;
    int err = role_of(s, w->author, &role);
    if (err)
        return err;
    sam_row_set(row, SAM_NOTE_participant, (int64_t)w->note->participant);
    sam_row_set(row, SAM_NOTE_author, (int64_t)w->author);
    sam_row_set(row, SAM_NOTE_role, role);
    sam_row_set(row, SAM_NOTE_day, w->note->day);
    sam_hung_text(row, SAM_NOTE_text, w->note->text);
    sam_hung_text(row, SAM_NOTE_subject, w->note->subject);
    sam_row_set(row, SAM_NOTE_visibility, w->note->visibility);
    sam_hung_id(row, SAM_NOTE_replaces, w->note->replaces);
    return 0;
}

int samling_note_save(samling *s, uint64_t user, const struct samling_note *note, uint64_t *out)
{
    const struct sam_hung about = {.participant = note->participant, .replaces = note->replaces};
    const struct written written = {note, user};
    return sam_hung_make(s, user, SAM_NOTE, &about, note_fields, &written, out);
}

int samling_note_remove(samling *s, uint64_t user, uint64_t id)
{
    return sam_hung_remove(s, user, SAM_NOTE, id);
}
