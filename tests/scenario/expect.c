/* What a story says must be there, and what is there.
 *
 *   expect row TABLE KEY: fields | nothing | removed      the centre's row, every column of it
 *   expect values TABLE KEY COLUMN: fields by A | fields by console     all live candidates of that column's unit
 *   expect cases N                                        open ones, in all
 *   expect case TABLE KEY COLUMN | closed case …          several values of one unit
 *   expect case attended SESSION | same-day SESSION SESSION
 *   expect verdicts A: applied x11 case quarantined/revoked     one for each op of that tablet, in order
 *   expect sum A: sent 12 = applied 11 + case 1
 *   expect kept A N: TABLE KEY: fields                    the N-th op of that tablet, out of the batches
 *   expect author A N: user-A                             in whose name the N-th op of that tablet was said
 *   expect screen A SESSION PERSON: fields, state         what its sheet shows; state: no record, waiting, at the centre,
 *                                                         attention; where disputed, then "others say no-show"
 *   expect screen A SESSION: nothing | a sheet
 *   expect shown A TABLE KEY: fields, state | nothing      the same of an exercise set, a consent, or a form; of the latter also
 *                                                         "primary", "second" (another one counts) or "replaced by R2"
 *   expect primary PERSON INSTRUMENT OCCASION: R1         the form that counts at the centre
 *   expect score R1: 6.67, sum 20, count 3, rule 1, higher | none, direction | nothing    of a form, at the centre
 *   expect score A R1: …                                  the same on a tablet
 *                                                         also of notes and their like: "replaced by N2", and what the call adds
 *   expect leaders A SESSION | GROUP: user-A: role 0, state | user-B: …     by name; "nobody"
 *   expect copy A TABLE KEY: fields | nothing             its replica, with own ops laid over it
 *   expect waiting A N | clock A suspect | clock A trusted | device A wiped */
#include "tests/scenario/clinical.h"
#include "tests/scenario/found.h"
#include "tests/scenario/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const device_words[] = {"new", "invited", "pending", "active", "draining", "revoked", "wiped"};

/* Two things in words; the same or not. */
static bool compare(struct play *y, const char *what, struct sam_buf *want, struct sam_buf *got)
{
    const char *a = said(want), *b = said(got);
    if (strcmp(a, b) != 0)
        play_fail(y, "%s\n    expected %s\n    got      %s", what, a, b);
    return true;
}

struct texts {
    struct sam_buf want, got;
};

static void texts_init(struct texts *t)
{
    sam_buf_init(&t->want, 1u << 16);
    sam_buf_init(&t->got, 1u << 16);
}

static bool texts_compare(struct play *y, const char *what, struct texts *t)
{
    if (!y->broken)
        compare(y, what, &t->want, &t->got);
    sam_buf_fini(&t->want);
    sam_buf_fini(&t->got);
    return !y->broken;
}

/* "removed", "nothing", or fields. */
static void want_row(struct play *y, const struct sam_key *key, const char *rest, struct sam_buf *out)
{
    struct sam_row row;
    sam_row_init(&row, key->entity);
    if (!rest)
        play_break(y, "what is expected of it?");
    else if (!strcmp(rest, "removed") || !strcmp(rest, "nothing"))
        say(out, "%s", rest);
    else if (read_fields(y, rest, &row))
        say_fields(y, &row, out);
}

static bool expect_row(struct play *y, const struct words *w)
{
    struct sam_key key = {0};
    struct texts t;
    if (!read_key(y, w, 2, w->count - 2, &key))
        return false;
    texts_init(&t);
    want_row(y, &key, w->rest, &t.want);
    got_row(y, &key, &t.got);
    return texts_compare(y, "row", &t);
}

/* ---- candidates */

/* "present by A | no-show by B" */
static bool want_values(struct play *y, const struct sam_key *key, const char *rest, struct lines *l)
{
    struct sam_buf text;
    bool ok = true;
    sam_buf_init(&text, 4096);
    while (ok && rest && *rest) {
        char one[240];
        struct sam_row row;
        size_t len = strcspn(rest, "|");
        snprintf(one, sizeof one, "%.*s", (int)len, rest);
        char *by = NULL;
        for (char *p = one; (p = strstr(p, " by ")); p++)
            by = p;
        if (!by) {
            ok = play_break(y, "by whom is \"%s\"?", one);
            break;
        }
        sam_row_init(&row, key->entity);
        *by = '\0';
        ok = !strcmp(one, "nothing") || read_fields(y, one, &row);
        say_fields(y, &row, &text);
        char *end = by + 4 + strcspn(by + 4, " ");
        *end = '\0';
        say(&text, " by %s", by + 4);
        lines_add(l, &text);
        rest += len;
        rest += strspn(rest, "| ");
    }
    sam_buf_fini(&text);
    return ok;
}

/* The unit of a key's last word, a column. */
static bool read_unit(struct play *y, const struct words *w, unsigned first, struct sam_key *key, unsigned *unit)
{
    *unit = 0;
    if (w->count < first + 2 || !read_key(y, w, first, w->count - first - 1, key))
        return y->broken ? false : play_break(y, "which column?");
    const struct sam_entity_def *def = sam_entity_find(key->entity);
    const char *column = w->word[w->count - 1];
    int field = field_find(def, column, strlen(column));
    if (field < 0)
        return play_break(y, "unknown column \"%s\" of %s", column, def->table);
    *unit = def->field[field].unit;
    return true;
}

static bool expect_values(struct play *y, const struct words *w)
{
    struct lines want = {0}, got = {0};
    struct sam_key key = {0};
    struct texts t;
    unsigned unit;
    if (!read_unit(y, w, 2, &key, &unit))
        return false;
    texts_init(&t);
    want_values(y, &key, w->rest, &want);
    got_values(y, &key, unit, &got);
    lines_say(&want, " | ", &t.want);
    lines_say(&got, " | ", &t.got);
    return texts_compare(y, "values", &t);
}

/* ---- cases */

static bool expect_case(struct play *y, const struct words *w, bool open)
{
    struct lines got = {0};
    struct sam_buf want, all;
    unsigned unit, first = open ? 2 : 3;
    struct sam_key key = {0};
    sam_buf_init(&want, 4096);
    sam_buf_init(&all, 1u << 16);
    bool found = false, rule = w->count > first && !sam_entity_named(w->word[first]);
    if (rule) {
        for (unsigned i = first; i < w->count; i++)
            say(&want, "%s%s", i > first ? " " : "", w->word[i]);
    } else if (read_unit(y, w, first, &key, &unit)) {
        case_say(y, &(struct store_case){.key = key, .unit = unit}, &want);
    }
    got_cases(y, open, &got);
    const char *text = said(&want);
    for (unsigned i = 0; i < got.count; i++)
        found = found || !strcmp(got.at[i], text);
    lines_say(&got, "; ", &all);
    if (!y->broken && !found)
        play_fail(y, "case\n    expected %s\n    got      %s", text, said(&all));
    sam_buf_fini(&want);
    sam_buf_fini(&all);
    return !y->broken;
}

static bool expect_cases(struct play *y, const struct words *w)
{
    struct lines got = {0};
    struct sam_buf all;
    uint64_t n;
    if (!read_number(w->word[2], &n))
        return play_break(y, "how many cases?");
    sam_buf_init(&all, 1u << 16);
    got_cases(y, true, &got);
    unsigned count = got.count;
    lines_say(&got, "; ", &all);
    if (count != n)
        play_fail(y, "open cases\n    expected %llu\n    got      %u: %s", (unsigned long long)n, count, said(&all));
    sam_buf_fini(&all);
    return true;
}

/* ---- verdicts and sums */

static bool want_verdicts(struct play *y, const char *rest, struct sam_buf *out)
{
    struct words w;
    const char *sep = "";
    if (!rest || !words_split(rest, &w))
        return play_break(y, "which verdicts?");
    for (unsigned i = 0; i < w.count; i++) {
        uint64_t times = 1;
        if (i + 1 < w.count && w.word[i + 1][0] == 'x' && !read_number(w.word[i + 1] + 1, &times))
            return play_break(y, "how often is %s?", w.word[i + 1]);
        for (uint64_t k = 0; k < times; k++, sep = " ")
            say(out, "%s%s", sep, w.word[i]);
        i += i + 1 < w.count && w.word[i + 1][0] == 'x';
    }
    return true;
}

static bool expect_verdicts(struct play *y, const struct words *w, struct pump_tablet *t)
{
    struct texts x;
    texts_init(&x);
    want_verdicts(y, w->rest, &x.want);
    got_verdicts(y, t, &x.got);
    return texts_compare(y, "verdicts", &x);
}

static void sum_say(struct sam_buf *out, uint64_t sent, const uint64_t counts[SAM_VERDICT_COUNT])
{
    const char *sep = "";
    say(out, "sent %llu = ", (unsigned long long)sent);
    for (unsigned k = 0; k < SAM_VERDICT_COUNT; k++)
        if (counts[k]) {
            say(out, "%s%s %llu", sep, verdict_words[k], (unsigned long long)counts[k]);
            sep = " + ";
        }
    if (!*sep)
        say(out, "0");
}

/* "sent 12 = applied 11 + case 1" in any order of the parts. */
static bool want_sum(struct play *y, const char *rest, struct sam_buf *out)
{
    struct words w;
    uint64_t sent, sum = 0, counts[SAM_VERDICT_COUNT] = {0};
    if (!rest || !words_split(rest, &w) || w.count < 4 || strcmp(w.word[0], "sent") != 0 ||
        strcmp(w.word[2], "=") != 0 || !read_number(w.word[1], &sent))
        return play_break(y, "sent how many = what?");
    for (unsigned i = 3; i + 1 < w.count; i += 3) {
        unsigned k = 0;
        while (k < SAM_VERDICT_COUNT && strcmp(verdict_words[k], w.word[i]) != 0)
            k++;
        if (k == SAM_VERDICT_COUNT || !read_number(w.word[i + 1], &counts[k]))
            return play_break(y, "unknown part \"%s\" of a sum", w.word[i]);
        sum += counts[k];
    }
    if (sum != sent)
        return play_break(y, "this sum is not %llu", (unsigned long long)sent);
    sum_say(out, sent, counts);
    return true;
}

static bool expect_sum(struct play *y, const struct words *w, struct pump_tablet *t)
{
    struct texts x;
    struct store_device d;
    uint64_t counts[SAM_VERDICT_COUNT], lost, pushed, others = 0;
    texts_init(&x);
    want_sum(y, w->rest, &x.want);
    PUMP_MUST(store_device_get(y->p->reader, t->device_no, &d) == 0);
    PUMP_MUST(store_pushed(y->p->reader, t->device_no, &pushed) == 0);
    PUMP_MUST(store_verdict_counts(y->p->reader, t->device_no, counts, &lost) == 0);
    for (unsigned k = 1; k < SAM_VERDICT_LOST; k++)
        others += counts[k];
    counts[SAM_VERDICT_APPLIED] = pushed - others;
    counts[SAM_VERDICT_LOST] = lost;
    sum_say(&x.got, d.acked_seq, counts);
    return texts_compare(y, "sum", &x);
}

static bool expect_kept(struct play *y, const struct words *w, struct pump_tablet *t)
{
    struct words what;
    struct sam_buf bytes;
    struct sam_op op;
    struct sam_key key = {0};
    struct texts x;
    uint64_t seq;
    if (!w->rest || !words_split(w->rest, &what) || !read_number(w->word[3], &seq))
        return play_break(y, "which op, and what is kept of it?");
    if (!read_key(y, &what, 0, what.count, &key))
        return false;
    texts_init(&x);
    say_key(y, &key, &x.want);
    say(&x.want, ": ");
    want_row(y, &key, what.rest, &x.want);
    sam_buf_init(&bytes, SAM_FRAME_INFLATED_BYTES_MAX);
    if (pump_op(y->p, t->device_no, seq, &bytes, &op)) {
        say_key(y, &op.row.key, &x.got);
        say(&x.got, ": ");
        say_fields(y, &op.row, &x.got);
    } else {
        say(&x.got, "nothing");
    }
    sam_buf_fini(&bytes);
    return texts_compare(y, "kept", &x);
}

static bool expect_author(struct play *y, const struct words *w, struct pump_tablet *t)
{
    struct sam_buf bytes;
    struct sam_op op;
    struct texts x;
    char no[48];
    uint64_t seq;
    if (!w->rest || !read_number(w->word[3], &seq))
        return play_break(y, "of which op, and who?");
    texts_init(&x);
    say(&x.want, "%s", w->rest);
    sam_buf_init(&bytes, SAM_FRAME_INFLATED_BYTES_MAX);
    if (pump_op(y->p, t->device_no, seq, &bytes, &op))
        say(&x.got, "%s", name_of(y, SAM_USER, op.user, no));
    else
        say(&x.got, "nothing");
    sam_buf_fini(&bytes);
    return texts_compare(y, "author", &x);
}

/* ---- what a tablet shows */

/* "present, tapped, at the centre": fields, the state, and perhaps what others say. */
static bool want_screen(struct play *y, uint8_t entity, const char *rest, struct sam_buf *out)
{
    struct sam_row row;
    char fields[400];
    const char *state = NULL;
    if (rest && (!strcmp(rest, "nothing") || !strcmp(rest, "a sheet"))) {
        say(out, "%s", rest);
        return true;
    }
    for (size_t i = 0; rest && !state && i < FOUND_STATES; i++) {
        char word[48];
        snprintf(word, sizeof word, ", %s", state_words[i]);
        state = strstr(rest, word);
    }
    if (!state)
        return play_break(y, "fields and a state");
    snprintf(fields, sizeof fields, "%.*s", (int)(state - rest), rest);
    sam_row_init(&row, entity);
    if (strcmp(fields, "nothing") != 0 && !read_fields(y, fields, &row))
        return false;
    say_fields(y, &row, out);
    say(out, "%s", state);
    return true;
}

static bool expect_screen(struct play *y, const struct words *w, struct pump_tablet *t)
{
    const struct story_name *session = w->count > 3 ? name_find(y, w->word[3]) : NULL,
                            *person = w->count > 4 ? name_find(y, w->word[4]) : NULL;
    struct texts x;
    if (!session || session->entity != SAM_SESSION || (w->count > 4 && !person))
        return play_break(y, "a screen shows a session and a person");
    texts_init(&x);
    want_screen(y, SAM_ATTENDANCE, w->rest, &x.want);
    if (w->count == 4) {
        struct samling_line *l = NULL;
        size_t n = 0;
        say(&x.got, samling_sheet(t->s, session->id, &l, &n) ? "nothing" : "a sheet");
        samling_list_free(l);
    } else {
        got_screen(y, t, session->id, person->id, &x.got);
    }
    return texts_compare(y, "screen", &x);
}

static bool expect_shown(struct play *y, const struct words *w, struct pump_tablet *t)
{
    struct sam_key key;
    struct texts x;
    if (!read_key(y, w, 3, w->count - 3, &key))
        return false;
    texts_init(&x);
    want_screen(y, key.entity, w->rest, &x.want);
    got_shown(y, t, &key, &x.got);
    return texts_compare(y, "shown", &x);
}

static bool expect_primary(struct play *y, const struct words *w)
{
    const struct story_name *person = name_find(y, w->word[2]);
    struct texts x;
    uint64_t instrument, occasion;
    if (!person || !w->rest || !read_number(w->word[3], &instrument) || !read_number(w->word[4], &occasion))
        return play_break(y, "whose, of which instrument and occasion?");
    texts_init(&x);
    say(&x.want, "%s", w->rest);
    got_primary(y, person->id, instrument, occasion, &x.got);
    return texts_compare(y, "primary", &x);
}

static bool expect_score(struct play *y, const struct words *w, struct pump_tablet *t)
{
    const struct story_name *form = name_find(y, w->word[w->count - 1]);
    struct texts x;
    if (!form || form->entity != SAM_SCORE_RESPONSE || !w->rest)
        return play_break(y, "of which form, and what?");
    struct sam_key key = {.entity = SAM_SCORE_RESPONSE, .part = {form->id}};
    texts_init(&x);
    say(&x.want, "%s", w->rest);
    if (t)
        got_score_shown(y, t, &key, &x.got);
    else
        got_score(y, form->id, &x.got);
    return texts_compare(y, "score", &x);
}

static bool expect_leaders(struct play *y, const struct words *w, struct pump_tablet *t)
{
    const struct story_name *of = w->count == 4 ? name_find(y, w->word[3]) : NULL;
    struct texts x;
    if (!of || !w->rest)
        return play_break(y, "of which session or group, and who?");
    texts_init(&x);
    say(&x.want, "%s", w->rest);
    got_leaders(y, t, of, &x.got);
    return texts_compare(y, "leaders", &x);
}

static bool expect_copy(struct play *y, const struct words *w, struct pump_tablet *t)
{
    struct sam_key key = {0};
    struct texts x;
    if (!read_key(y, w, 3, w->count - 3, &key))
        return false;
    texts_init(&x);
    want_row(y, &key, w->rest, &x.want);
    got_copy(y, t, &key, &x.got);
    return texts_compare(y, "copy", &x);
}

static bool expect_status(struct play *y, const struct words *w, struct pump_tablet *t)
{
    struct samling_status st;
    char got[48] = "?";
    PUMP_MUST(samling_status(t->s, &st) == 0);
    if (!strcmp(w->word[1], "waiting"))
        snprintf(got, sizeof got, "%llu", (unsigned long long)st.waiting);
    else if (!strcmp(w->word[1], "clock"))
        snprintf(got, sizeof got, "%s", st.clock_suspect ? "suspect" : "trusted");
    else
        snprintf(got, sizeof got, "%s", device_words[st.state]);
    if (strcmp(got, w->word[3]) != 0)
        play_fail(y, "%s\n    expected %s\n    got      %s", w->word[1], w->word[3], got);
    return true;
}

bool expect(struct play *y, const char *text)
{
    struct words w;
    if (!words_split(text, &w) || w.count < 3)
        return play_break(y, "expect what?");
    y->expects++;
    const char *what = w.word[1];
    struct pump_tablet *t = tablet_find(y, w.word[2]);
    if (!strcmp(what, "row"))
        return expect_row(y, &w);
    if (!strcmp(what, "values"))
        return expect_values(y, &w);
    if (!strcmp(what, "case"))
        return expect_case(y, &w, true);
    if (!strcmp(what, "closed") && !strcmp(w.word[2], "case"))
        return expect_case(y, &w, false);
    if (!strcmp(what, "cases") && w.count == 3)
        return expect_cases(y, &w);
    if (t && !strcmp(what, "verdicts"))
        return expect_verdicts(y, &w, t);
    if (t && !strcmp(what, "sum"))
        return expect_sum(y, &w, t);
    if (t && !strcmp(what, "kept") && w.count == 4)
        return expect_kept(y, &w, t);
    if (t && w.count == 4 && !strcmp(what, "author"))
        return expect_author(y, &w, t);
    if (t && !strcmp(what, "screen"))
        return expect_screen(y, &w, t);
    if (t && !strcmp(what, "shown"))
        return expect_shown(y, &w, t);
    if (!strcmp(what, "primary") && w.count == 5)
        return expect_primary(y, &w);
    if (!strcmp(what, "score") && w.count == 3u + (t != NULL))
        return expect_score(y, &w, t);
    if (t && !strcmp(what, "leaders"))
        return expect_leaders(y, &w, t);
    if (t && !strcmp(what, "copy"))
        return expect_copy(y, &w, t);
    if (t && w.count == 4 && (!strcmp(what, "waiting") || !strcmp(what, "clock") || !strcmp(what, "device")))
        return expect_status(y, &w, t);
    return play_break(y, "unknown word \"%s\" of what is expected", t ? what : w.word[2]);
}
