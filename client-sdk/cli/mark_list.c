#include "mark_list.h"

#include "word.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 512
#define MINUTES_MAX 600

enum { UNKNOWN = 0, PRESENT = 1 };    /* presence */
enum { ALL_PRESENT = 1, TAPPED = 2 }; /* evidence */

void cli_mark_list_fini(struct mark_list *l)
{
    free(l->mark);
    free(l->line);
    memset(l, 0, sizeof *l);
}

/* ${out}: 1, 0, or -1 where neither is given */
static int yes_or_no(struct cli *c, enum arg yes, enum arg no, int *out)
{
    *out = cli_args_has(&c->args, yes) ? 1 : cli_args_has(&c->args, no) ? 0 : -1;
    if (*out == 1 && cli_args_has(&c->args, no))
        return cli_usage(c, SAM_TEXT_CLI_BOTH, cli_args_name(yes), cli_args_name(no));
    return 0;
}

int cli_mark_list_options(struct cli *c, struct mark_list *l, uint64_t session)
{
    uint64_t minutes = MINUTES_MAX + 1;
    l->pattern = (struct samling_mark)SAMLING_MARK_INIT;
    l->pattern.session = session;
    l->pattern.evidence = TAPPED;
    int r = yes_or_no(c, ARG_LATE, ARG_NOT_LATE, &l->pattern.late);
    if (!r)
        r = yes_or_no(c, ARG_LEFT_EARLY, ARG_NOT_LEFT_EARLY, &l->pattern.left_early);
    if (!r)
        r = yes_or_no(c, ARG_VIDEO, ARG_ON_SITE, &l->pattern.by_video);
    if (!r)
        r = cli_option_number(c, ARG_MINUTES, 0, MINUTES_MAX, &minutes);
    if (minutes <= MINUTES_MAX)
        l->pattern.minutes = (int)minutes;
    return r;
}

static void push(struct mark_list *l, const struct samling_line *line, int presence, int evidence)
{
    if (l->count == l->room) {
        l->room = l->room ? l->room * 2 : 32;
        l->mark = cli_out_grow(l->mark, l->room * sizeof *l->mark);
        l->line = cli_out_grow(l->line, l->room * sizeof(const struct samling_line *));
    }
    l->mark[l->count] = l->pattern;
    l->mark[l->count].participant = line->participant;
    l->mark[l->count].presence = presence;
    l->mark[l->count].evidence = evidence;
    if (presence != PRESENT && line->late > 0)
        l->mark[l->count].late = 0; /* who was not there was not late either */
    if (presence != PRESENT && line->left_early > 0)
        l->mark[l->count].left_early = 0;
    l->line[l->count++] = line;
}

static bool is_marked_here(const struct mark_list *l, const struct samling_line *line)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->line[i] == line)
            return true;
    return false;
}

static int add(struct cli *c, struct mark_list *l, const struct pick *p, const char *person, int presence)
{
    const struct samling_line *line = NULL;
    int r = cli_pick_person(c, p, person, &line);
    if (r)
        return r;
    if (is_marked_here(l, line))
        return cli_usage(c, SAM_TEXT_CLI_NAMED_TWICE, line->name);
    if (presence != PRESENT && (l->pattern.late > 0 || l->pattern.left_early > 0))
        return cli_usage(c, SAM_TEXT_CLI_ONLY_PRESENT, cli_args_name(l->pattern.late > 0 ? ARG_LATE : ARG_LEFT_EARLY));
    push(l, line, presence, TAPPED);
    return 0;
}

/* ---- words */

/* "PERSON=STATUS": cuts it in place. A name may hold '=' as long as no status stands behind it. */
static bool split_pair(char *word, int *presence)
{
    char *equals = strrchr(word, '=');
    if (!equals || equals == word || !cli_word_to_presence(equals + 1, presence))
        return false;
    *equals = '\0';
    return true;
}

int cli_mark_list_words(struct cli *c, struct mark_list *l, const struct pick *p, char **word, int count)
{
    int r = 0;
    for (int i = 0; i < count && !r; i++) {
        int presence;
        char *person = word[i];
        if (!split_pair(person, &presence)) {
            const char *equals = strrchr(person, '=');
            bool is_last = ++i == count;
            if (is_last && !equals)
                return cli_usage(c, SAM_TEXT_CLI_NO_STATUS, person);
            if (is_last || !cli_word_to_presence(word[i], &presence))
                return cli_usage(c, SAM_TEXT_CLI_BAD_STATUS, equals ? equals + 1 : word[i]);
        }
        r = add(c, l, p, person, presence);
    }
    return r;
}

/* ---- a file */

/* the text without spaces around it, cut in place */
static char *trim(char *s)
{
    size_t n;
    while (*s == ' ' || *s == '\t')
        s++;
    for (n = strlen(s); n > 0 && strchr(" \t\r\n", s[n - 1]); n--)
        ;
    s[n] = '\0';
    return s;
}

static int take_line(struct cli *c, struct mark_list *l, const struct pick *p, char *text, int number)
{
    int presence;
    if (number == 1 && strncmp(text, "\xEF\xBB\xBF", 3) == 0)
        text += 3; /* a spreadsheet's byte order mark */
    text = trim(text);
    if (!*text || *text == '#')
        return 0;
    char *semicolon = strrchr(text, ';');
    if (!semicolon)
        return cli_usage(c, SAM_TEXT_CLI_BAD_LINE, number, text);
    *semicolon = '\0';
    char *status = trim(semicolon + 1), *person = trim(text);
    if (!cli_word_to_presence(status, &presence))
        return cli_usage(c, SAM_TEXT_CLI_BAD_LINE, number, status);
    return add(c, l, p, person, presence);
}

static int take_lines(struct cli *c, struct mark_list *l, const struct pick *p, FILE *from, const char *path)
{
    char text[LINE_BYTES];
    int r = 0;
    for (int number = 1; !r && fgets(text, sizeof text, from); number++) {
        if (!strchr(text, '\n') && strlen(text) + 1 == sizeof text)
            return cli_usage(c, SAM_TEXT_CLI_BAD_LINE, number, "…");
        r = take_line(c, l, p, text, number);
    }
    if (!r && ferror(from))
        return cli_fail(c, EXIT_ERROR, "EIO", SAM_TEXT_CLI_FILE, path, strerror(errno));
    return r;
}

int cli_mark_list_file(struct cli *c, struct mark_list *l, const struct pick *p, const char *path)
{
    if (strcmp(path, "-") == 0)
        return take_lines(c, l, p, stdin, path);
    FILE *from = fopen(path, "re");
    if (!from)
        return cli_fail(c, EXIT_ERROR, "EIO", SAM_TEXT_CLI_FILE, path, strerror(errno));
    int r = take_lines(c, l, p, from, path);
    fclose(from);
    return r;
}

/* ---- everybody else */

static bool is_expected(const struct samling_line *line)
{
    return line->enrolment >= 0; /* the roster of that day; others are on the sheet because somebody marked them */
}

/* nothing is known of the person, and nobody has said that it is unknown */
static bool is_open(const struct samling_line *line)
{
    return line->state == SAMLING_NO_RECORD || (line->presence == UNKNOWN && line->evidence < TAPPED);
}

int cli_mark_list_rest(struct cli *c, struct mark_list *l, const struct pick *p)
{
    int presence;
    if (!cli_word_to_presence(c->args.value[ARG_ALL], &presence) || presence != PRESENT)
        return cli_usage(c, SAM_TEXT_CLI_ALL_WHAT);
    for (size_t i = 0; i < p->line_count; i++)
        if (is_open(&p->lines[i]) && is_expected(&p->lines[i]) && !is_marked_here(l, &p->lines[i]))
            push(l, &p->lines[i], PRESENT, ALL_PRESENT);
    return 0;
}
