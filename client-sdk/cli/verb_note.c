/* note: what somebody writes about a person. */
#include "access.h"
#include "dates.h"
#include "pick.h"
#include "record.h"
#include "verb.h"
#include "word.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_BYTES_MAX = 2000, SUBJECT_BYTES_MAX = 120 };

/* ---- list */

/* Who wrote it, as people of this tablet know that one. */
static const char *author_name(const struct cli *c, const struct samling_user *users, size_t count, uint64_t id,
                               char out[PICK_USER_BYTES])
{
    for (size_t i = 0; i < count; i++)
        if (users[i].id == id)
            return cli_pick_user_text(c, &users[i], out);
    cli_words(c, out, PICK_USER_BYTES, SAM_TEXT_NOTE_OTHER_AUTHOR, (unsigned long long)id);
    return out;
}

static void line_json(struct cli *c, const char *key, const struct samling_note_line *l, const char *author)
{
    char day[DATE_TEXT_BYTES];
    struct sam_json *j = &c->doc;
    sam_json_object(j, key);
    sam_json_id(j, "id", l->note.id);
    sam_json_text(j, "day", cli_date_text(l->note.day, day));
    sam_json_id(j, "author", l->author);
    sam_json_text(j, "author_name", author);
    sam_json_text(j, "role", cli_word_role(l->role));
    sam_json_text(j, "subject", l->note.subject && *l->note.subject ? l->note.subject : NULL);
    sam_json_text(j, "text", l->note.text);
    sam_json_text(j, "visibility", l->note.visibility ? "role" : "team");
    sam_json_id_or_null(j, "replaces", l->note.replaces);
    sam_json_id_or_null(j, "replaced_by", l->replaced_by);
    sam_json_text(j, "state", cli_word_record((int)l->state));
    sam_json_end(j);
}

/* A text as it was written, each line a little to the right. */
static void text_print(const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        char *line = cli_out_grow(NULL, n + 1);
        memcpy(line, text, n);
        line[n] = 0;
        fputs("    ", stdout);
        cli_out_safe(stdout, line);
        putchar('\n');
        free(line);
        text += n + (text[n] == '\n');
    }
}

static void line_print(const struct cli *c, const struct samling_note_line *l, const char *author)
{
    char day[DATE_TEXT_BYTES], by[64];
    if (c->is_json)
        return;
    cli_say(c, SAM_TEXT_NOTE_HEAD, cli_date_text(l->note.day, day), author, cli_of(c, SAM_TEXT_SET_ROLE, l->role));
    if (l->note.subject && *l->note.subject)
        text_print(l->note.subject);
    text_print(l->note.text);
    cli_words(c, by, sizeof by, SAM_TEXT_SCORE_REPLACED, (unsigned long long)l->replaced_by);
    cli_say(c, SAM_TEXT_NOTE_NUMBER, (unsigned long long)l->note.id,
            l->replaced_by ? by : cli_of(c, SAM_TEXT_SET_RECORD, (int)l->state));
}

static int note_list(struct cli *c)
{
    struct samling_person *people = NULL;
    const struct samling_person *person = NULL;
    struct samling_note_line *l = NULL;
    struct samling_user *users = NULL;
    size_t count = 0, user_count = 0;
    uint64_t user = 0;
    char unknown[PICK_USER_BYTES];
    int r = cli_pick_user(c, &user);
    if (!r)
        r = cli_pick_people(c, c->args.pos[1], &people, &person);
    if (!r)
        r = cli_access_person(c, person->id, SAMLING_RES_NOTES);
    int err = r ? 0 : samling_notes(c->s, user, person->id, &l, &count);
    if (!r && !err)
        err = samling_users(c->s, &users, &user_count);
    r = err ? cli_fail_sdk(c, err) : r;
    if (!r) {
        cli_pick_person_json(c, person);
        sam_json_list(&c->doc, "notes");
        for (size_t i = 0; i < count; i++) {
            const char *author = author_name(c, users, user_count, l[i].author, unknown);
            line_print(c, &l[i], author);
            line_json(c, NULL, &l[i], author);
        }
        sam_json_end(&c->doc);
        if (!count)
            cli_say(c, SAM_TEXT_CLI_NOTE_NOTHING, person->name);
    }
    samling_list_free(users);
    samling_list_free(l);
    samling_list_free(people);
    return r;
}

/* ---- save */

/* The text itself, or standard input without the line's end behind it. */
static int text_read(struct cli *c, const char *word, char out[TEXT_BYTES_MAX + 2])
{
    bool from_stdin = strcmp(word, "-") == 0;
    size_t n = from_stdin ? fread(out, 1, TEXT_BYTES_MAX + 2, stdin) : strlen(word);
    if (from_stdin && ferror(stdin))
        return cli_fail(c, EXIT_ERROR, "EIO", SAM_TEXT_CLI_NOTE_STDIN, strerror(errno));
    if (from_stdin && n && out[n - 1] == '\n')
        n--;
    else if (!from_stdin && n <= TEXT_BYTES_MAX)
        memcpy(out, word, n);
    if (n > TEXT_BYTES_MAX)
        return cli_usage(c, SAM_TEXT_CLI_NOTE_LONG, TEXT_BYTES_MAX, SUBJECT_BYTES_MAX);
    out[n] = 0;
    return 0;
}

/* A correction names whomever the note was written about, who may be shown as somebody else. */
static int corrected_find(struct cli *c, uint64_t user, struct samling_note *note)
{
    struct samling_note_line *l = NULL;
    size_t count = 0;
    int err = note->replaces ? samling_notes(c->s, user, note->participant, &l, &count) : 0;
    for (size_t i = 0; i < count; i++)
        if (l[i].note.id == note->replaces)
            note->participant = l[i].note.participant;
    samling_list_free(l);
    return err ? cli_fail_sdk(c, err) : 0;
}

static int note_save(struct cli *c, const struct samling_person *person, struct samling_note *note)
{
    uint64_t user = 0, id = 0;
    int r = cli_pick_user(c, &user);
    if (!r)
        r = corrected_find(c, user, note);
    int err = r ? 0 : samling_note_save(c->s, user, note, &id);
    if (r || err)
        return err ? cli_fail_sdk(c, err) : r;
    cli_pick_person_json(c, person);
    sam_json_id(&c->doc, "note", id);
    sam_json_text(&c->doc, "visibility", note->visibility ? "role" : "team");
    cli_say(c, SAM_TEXT_CLI_NOTE_SAVED, person->name, cli_of(c, SAM_TEXT_SET_VISIBILITY, note->visibility),
            (unsigned long long)id);
    return EXIT_OK;
}

static int note_add(struct cli *c)
{
    char text[TEXT_BYTES_MAX + 2];
    struct samling_person *people = NULL;
    const struct samling_person *person = NULL;
    struct samling_note note = {
        .text = text, .subject = c->args.value[ARG_SUBJECT], .visibility = cli_args_has(&c->args, ARG_ROLE_ONLY)};
    int r = text_read(c, c->args.pos[1], text);
    if (!r && note.subject && strlen(note.subject) > SUBJECT_BYTES_MAX)
        r = cli_usage(c, SAM_TEXT_CLI_NOTE_LONG, TEXT_BYTES_MAX, SUBJECT_BYTES_MAX);
    if (!r)
        r = cli_option_number(c, ARG_REPLACES, 1, INT64_MAX, &note.replaces);
    if (!r)
        r = cli_pick_day(c, &note.day);
    if (!r)
        r = cli_pick_people(c, c->args.pos[0], &people, &person);
    if (!r) {
        note.participant = person->id;
        r = note_save(c, person, &note);
    }
    samling_list_free(people);
    return r;
}

int cli_verb_note(struct cli *c)
{
    const char *what = c->args.pos[0];
    if (strcmp(what, "list") == 0)
        return note_list(c);
    return strcmp(what, "remove") == 0 ? cli_record_remove(c, samling_note_remove) : note_add(c);
}
