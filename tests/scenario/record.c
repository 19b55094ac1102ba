#include "tests/scenario/record.h"

#include "tests/scenario/found.h"

#include <string.h>

enum { RECORD_TEXT_BYTES = 256 };

/* A text of the row with a zero behind it. */
static const char *text_of(const struct sam_row *r, unsigned field, char out[RECORD_TEXT_BYTES])
{
    struct sam_span s = sam_row_has(r, field) ? r->val[field].text : (struct sam_span){0};
    PUMP_MUST(s.len < RECORD_TEXT_BYTES);
    if (s.len)
        memcpy(out, s.ptr, s.len);
    out[s.len] = 0;
    return out;
}

static void num_set(struct sam_row *r, unsigned field, int v)
{
    if (v != -1)
        sam_row_set(r, field, v);
}

static void id_set(struct sam_row *r, unsigned field, uint64_t id)
{
    if (id)
        sam_row_set(r, field, (int64_t)id);
}

static void text_set(struct sam_row *r, unsigned field, const char *text)
{
    if (text[0])
        sam_row_set_text(r, field, text, strlen(text));
}

static uint64_t id_get(const struct sam_row *r, unsigned field)
{
    return (uint64_t)sam_row_num(r, field);
}

/* What a line tells beside the row itself. */
static void known_say(struct play *y, const struct sam_row *r, enum samling_record_state state, uint64_t replaced_by,
                      struct sam_buf *out)
{
    char no[48];
    say_fields(y, r, out);
    say(out, ", %s", state_words[state]);
    if (replaced_by)
        say(out, ", replaced by %s", name_of(y, r->key.entity, replaced_by, no));
}

/* ---- notes */

static int note_save(struct pump_tablet *t, const struct sam_row *r, uint64_t *id)
{
    char text[RECORD_TEXT_BYTES], subject[RECORD_TEXT_BYTES];
    const struct samling_note note = {.participant = sam_row_person(r),
                                      .day = (int32_t)sam_row_num(r, SAM_NOTE_day),
                                      .text = text_of(r, SAM_NOTE_text, text),
                                      .subject = text_of(r, SAM_NOTE_subject, subject),
                                      .visibility = (int)sam_row_num(r, SAM_NOTE_visibility),
                                      .replaces = id_get(r, SAM_NOTE_replaces)};
    return samling_note_save(t->s, t->user, &note, id);
}

static bool note_shown(struct play *y, struct pump_tablet *t, uint64_t person, uint64_t id, struct sam_buf *out)
{
    struct samling_note_line *l = NULL;
    size_t n = 0, i = 0;
    bool found = !samling_notes(t->s, t->user, person, &l, &n);
    while (found && i < n && l[i].note.id != id)
        i++;
    found = found && i < n;
    if (found) {
        struct sam_row r;
        sam_row_init(&r, SAM_NOTE);
        sam_row_set(&r, SAM_NOTE_participant, (int64_t)l[i].note.participant);
        sam_row_set(&r, SAM_NOTE_author, (int64_t)l[i].author);
        num_set(&r, SAM_NOTE_role, l[i].role);
        sam_row_set(&r, SAM_NOTE_day, l[i].note.day);
        text_set(&r, SAM_NOTE_text, l[i].note.text);
        text_set(&r, SAM_NOTE_subject, l[i].note.subject);
        sam_row_set(&r, SAM_NOTE_visibility, l[i].note.visibility);
        id_set(&r, SAM_NOTE_replaces, l[i].note.replaces);
        known_say(y, &r, l[i].state, l[i].replaced_by, out);
        say(out, ", number %u of %u", (unsigned)i + 1, (unsigned)n);
    }
    samling_list_free(l);
    return found;
}

/* ---- by kind */

typedef bool shown_fn(struct play *y, struct pump_tablet *t, uint64_t person, uint64_t id, struct sam_buf *out);

static const struct record {
    uint8_t entity;
    int (*save)(struct pump_tablet *t, const struct sam_row *r, uint64_t *id);
    int (*remove)(samling *s, uint64_t user, uint64_t id);
    shown_fn *shown;
} records[] = {{SAM_NOTE, note_save, samling_note_remove, note_shown}};

static const struct record *record_of(uint8_t entity)
{
    for (size_t i = 0; i < sizeof records / sizeof *records; i++)
        if (records[i].entity == entity)
            return &records[i];
    return NULL;
}

bool record_has(uint8_t entity)
{
    return record_of(entity);
}

int record_save(struct pump_tablet *t, struct sam_op *op, bool look)
{
    const struct record *k = record_of(op->row.key.entity);
    (void)look;
    if (op->kind == SAM_OP_TOMBSTONE)
        return k->remove(t->s, t->user, op->row.key.part[0]);
    return k->save(t, &op->row, &op->row.key.part[0]);
}

bool record_shown(struct play *y, struct pump_tablet *t, const struct sam_key *key, struct sam_buf *out)
{
    bool found = false;
    for (unsigned p = 0; p < y->names && !found; p++)
        if (y->name[p].entity == SAM_PARTICIPANT)
            found = record_of(key->entity)->shown(y, t, y->name[p].id, key->part[0], out);
    return found;
}
