/* The words of a verb, put together by a page: what comes from outside is a number, or stands behind "--name=", so that nothing that
 * somebody types becomes another option. Pure. */
#ifndef CONSOLE_SAYING_H
#define CONSOLE_SAYING_H

#include "server/console/ask.h"

#define SAYING_WORDS_MAX 40u
#define SAYING_BYTES_MAX 16384u

struct saying {
    const char *word[SAYING_WORDS_MAX];
    int count;
    char mem[SAYING_BYTES_MAX];
    size_t used;
    bool full; /* there was no room: ask_say refuses it */
};

/* saying_init(s, verb): "case decide", its one or two words; static. */
void saying_init(struct saying *s, const char *verb);
void saying_id(struct saying *s, uint64_t id);
/* saying_digits(s, text): digits as somebody typed them, without the spaces between: "203 095". SAM_EPROTO: something else. */
int saying_digits(struct saying *s, const char *text);
/* saying_word(s, word): one of ours, static: "--preview", "add". */
void saying_word(struct saying *s, const char *word);
/* saying_text(s, name, text): --name=text; an empty text says nothing. saying_num: --name=17. */
void saying_text(struct saying *s, const char *name, const char *text);
void saying_num(struct saying *s, const char *name, uint64_t value);
/* saying_day(s, day): a day as the verbs take it, 2026-03-31; ${day} since 1970, from an address. SAM_EUSAGE: beyond what is kept. */
int saying_day(struct saying *s, uint64_t day);
/* What a page sends along, as options of the same name. An empty text is an option that is not given; a switch is given by "1"; of lines
 * each is an option of that name. */
enum saying_kind { SAYING_TEXT, SAYING_NUM, SAYING_SWITCH, SAYING_LINES };
struct saying_field {
    const char *name;
    enum saying_kind kind;
};
#define SAYING_FIELDS_MAX 24u
#define SAYING_FIELD_BYTES_MAX 4096u
/* saying_body(s, a, fields, count): the ask's body, which has each of these fields once and no others. SAM_EPROTO. */
int saying_body(struct saying *s, const struct ask *a, const struct saying_field *fields, unsigned count);
/* ask_say(a, in, s), ask_say_look(a, st, s): ask_verb and ask_look with these words. */
int ask_say(struct ask *a, struct intake *in, const struct saying *s);
int ask_say_look(struct ask *a, struct store *st, const struct saying *s);

#endif
