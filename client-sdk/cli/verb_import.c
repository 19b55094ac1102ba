/* import: attendance out of a spreadsheet, without a network. A preview unless --save is said.
 *
 * Saved slot by slot (a group, a day, a time): the session where none is there, then its marks, in batches of one transaction
 * each. Whatever stops it between two of them, what was told as saved is saved, and importing the same file again saves the
 * rest: it leaves out what is there. */
#include "dates.h"
#include "import.h"
#include "pick.h"
#include "verb.h"
#include "word.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BATCH_MARKS 256 /* one transaction: a second at most on a slow disk */
#define REFUSED_TOLD_MAX 10000u
#define REASON_BYTES 400
#define HEADINGS_BYTES 400
#define HEADING_TOLD_BYTES 72u

enum { PRESENT = 1 };
enum { LISTED = 0 }; /* evidence: import.h */

/* ---- the file and its columns */

struct wanted {
    enum arg option;
    const char *usual; /* headings that are known without being told */
    bool must;
    size_t at; /* in struct import */
};
static const struct wanted wanted[] = {
    {ARG_GROUP, "group|group name|class|gruppe|gruppenavn|kurs", true, offsetof(struct import, group)},
    {ARG_PERSON, "person|participant|patient|name|navn|deltaker|deltager|pasient", true,
     offsetof(struct import, person)},
    {ARG_DAY, "day|date|weekday|day of week|dag|dato|ukedag", true, offsetof(struct import, day)},
    {ARG_TIME, "time|start|start time|tid|klokkeslett|kl", false, offsetof(struct import, time)},
    {ARG_ATTENDED, "attended|attendance|presence|present|møtt|oppmøte|tilstede|til stede", true,
     offsetof(struct import, attended)},
};
#define WANTED (sizeof wanted / sizeof *wanted)

static int *column_of(struct import *p, const struct wanted *w)
{
    return (int *)(void *)((char *)p + w->at);
}

static bool is_imported(struct import *p, unsigned column)
{
    for (size_t i = 0; i < WANTED; i++)
        if (*column_of(p, &wanted[i]) == (int)column)
            return true;
    return false;
}

/* "a, b, c": headings, all of them or those that are not imported. */
static void headings(struct import *p, bool all, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < p->t.columns; i++) {
        if (!all && is_imported(p, i))
            continue;
        if (used + HEADING_TOLD_BYTES > size) {
            snprintf(out + used, size - used, ", …");
            return;
        }
        used += (size_t)snprintf(out + used, size - used, "%s%.60s", used ? ", " : "", sam_csv_heading(&p->t, i));
    }
}

static int columns_find(struct cli *c, struct import *p)
{
    char all[HEADINGS_BYTES];
    for (size_t i = 0; i < WANTED; i++) {
        const struct wanted *w = &wanted[i];
        const char *given = c->args.value[w->option];
        int column = sam_csv_column(&p->t, given ? given : w->usual);
        *column_of(p, w) = column;
        if (column >= 0 || (column == SAM_CSV_NONE && !given && !w->must))
            continue;
        headings(p, true, all, sizeof all);
        return cli_usage(c, column == SAM_CSV_TWICE ? SAM_TEXT_ADM_IMPORT_COLUMN_TWICE : SAM_TEXT_ADM_IMPORT_COLUMN,
                         cli_args_name(w->option), all);
    }
    return 0;
}

static int file_read(struct cli *c, struct import *p)
{
    const char *path = c->args.pos[0];
    enum sam_csv_fault fault = SAM_CSV_FINE;
    uint8_t *bytes;
    size_t n;
    errno = 0;
    int err = sam_csv_load(path, &bytes, &n);
    if (err == SAMLING_EIO || err == SAMLING_ENOMEM)
        return cli_fail(c, EXIT_ERROR, "EIO", SAM_TEXT_CLI_FILE, path, strerror(err == SAMLING_EIO ? errno : ENOMEM));
    if (err)
        fault = SAM_CSV_BYTES; /* the one other reason */
    else
        err = sam_csv_read(&p->t, bytes, n, &fault);
    free(bytes);
    if (fault)
        return cli_fail(c, EXIT_USAGE, "EFILE", SAM_TEXT_CLI_FILE, path, cli_of(c, SAM_TEXT_SET_CSV, (int)fault));
    return err ? cli_fail(c, EXIT_ERROR, samling_errname(err), SAM_TEXT_CLI_FILE, path, cli_text(c, SAM_TEXT_ERR_OTHER))
               : 0;
}

static int options_read(struct cli *c, struct import *p)
{
    const char *week = c->args.value[ARG_WEEK];
    p->has_week = week != NULL;
    p->walk_in = cli_args_has(&c->args, ARG_WALK_IN);
    p->today = samling_today(c->s);
    if (week && !cli_week_parse(week, &p->monday))
        return cli_usage(c, SAM_TEXT_CLI_IMPORT_WEEK, week);
    return 0;
}

/* ---- saving */

static volatile sig_atomic_t is_stopped;
static void stop_cb(int number)
{
    (void)number;
    is_stopped = 1;
}

struct walked {
    uint64_t id;
    const struct samling_group *group;
    const char *name;
};

struct saving {
    struct import *p;
    uint64_t user;
    struct samling_mark *mark; /* room for one batch */
    struct walked *walked;     /* walk-ins that this run has made: one person in several sessions of a group */
    size_t walked_count;
    unsigned saved, sessions; /* marks on disk, sessions made */
};

/* One line that the next one replaces, where somebody looks. */
static void live(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    fputc('\r', stderr);
    vfprintf(stderr, format, ap);
    fputs("\x1b[K", stderr);
    va_end(ap);
}

static void progress(const struct saving *v)
{
    const struct import *p = v->p;
    if (!p->c->is_json && isatty(STDERR_FILENO))
        live(cli_text(p->c, SAM_TEXT_CLI_IMPORT_PROGRESS), (int)v->saved,
             (int)(p->count[IMPORT_MARK] + p->count[IMPORT_WALK_IN]));
}

/* Between two transactions. */
static int pause_here(const struct saving *v)
{
    progress(v);
    if (!is_stopped)
        return 0;
    return cli_fail(v->p->c, EXIT_ERROR, "EINTR", SAM_TEXT_CLI_IMPORT_STOPPED, (int)v->saved);
}

static int save_batch(struct saving *v, size_t count)
{
    int err = count ? samling_mark_all(v->p->c->s, v->user, v->mark, count) : 0;
    if (err)
        return cli_fail_sdk(v->p->c, err);
    v->saved += (unsigned)count;
    return pause_here(v);
}

static const struct walked *walked_find(const struct saving *v, const struct samling_group *group, const char *name)
{
    for (size_t i = 0; i < v->walked_count; i++)
        if (v->walked[i].group == group && sam_csv_same(v->walked[i].name, name))
            return &v->walked[i];
    return NULL;
}

/* The first time a person is made with the mark; then it has an id, and is marked like others. */
static int save_walk_in(struct saving *v, const struct import_slot *s, const struct import_row *row)
{
    struct samling_mark m = SAMLING_MARK_INIT;
    const struct walked *known = walked_find(v, s->group, row->person);
    int err;
    m.session = s->session;
    m.participant = row->participant ? row->participant : known ? known->id : 0;
    m.evidence = LISTED;
    if (m.participant) {
        err = samling_mark(v->p->c->s, v->user, &m);
    } else {
        err = samling_walk_in(v->p->c->s, v->user, s->session, row->person, -1, &m.participant);
        v->walked[v->walked_count++] = (struct walked){m.participant, s->group, row->person};
    }
    if (err)
        return cli_fail_sdk(v->p->c, err);
    v->saved++;
    return pause_here(v);
}

static int save_session(struct saving *v, struct import_slot *s)
{
    if (s->session || !s->marks)
        return 0;
    int err = samling_session_add(v->p->c->s, v->user, s->group->id, s->day, s->start, &s->session);
    if (err)
        return cli_fail_sdk(v->p->c, err);
    v->sessions++;
    return pause_here(v);
}

static int save_slot(struct saving *v, struct import_slot *s)
{
    size_t count = 0;
    int r = save_session(v, s);
    for (size_t i = 0; i < s->rows && !r; i++) {
        const struct import_row *row = &v->p->row[s->row[i]];
        if (row->outcome == IMPORT_WALK_IN)
            r = save_walk_in(v, s, row);
        if (row->outcome != IMPORT_MARK)
            continue;
        struct samling_mark m = SAMLING_MARK_INIT;
        m.session = s->session;
        m.participant = row->participant;
        m.presence = row->presence;
        m.evidence = LISTED;
        v->mark[count++] = m;
        if (count == BATCH_MARKS) {
            r = save_batch(v, count);
            count = 0;
        }
    }
    return r ? r : save_batch(v, count);
}

static int save_all(struct saving *v)
{
    struct sigaction on = {.sa_handler = stop_cb}, before;
    int r = 0;
    sigaction(SIGINT, &on, &before);
    v->mark = cli_out_grow(NULL, BATCH_MARKS * sizeof *v->mark);
    v->walked = cli_out_grow(NULL, (v->p->count[IMPORT_WALK_IN] + 1) * sizeof *v->walked);
    for (size_t i = 0; i < v->p->slots && !r; i++)
        r = save_slot(v, &v->p->slot[i]);
    if (!v->p->c->is_json && isatty(STDERR_FILENO))
        fputs("\r\x1b[K", stderr);
    free(v->mark);
    free(v->walked);
    sigaction(SIGINT, &before, NULL);
    return r;
}

/* ---- saying */

static void tell_refused(struct import *p)
{
    struct cli *c = p->c;
    char text[REASON_BYTES];
    unsigned told = 0;
    sam_json_list(&c->doc, "refused");
    for (size_t i = 0; i < p->t.rows && told < REFUSED_TOLD_MAX; i++) {
        if (p->row[i].outcome != IMPORT_REFUSED)
            continue;
        import_refusal_text(p, i, text, sizeof text);
        cli_note(c, SAM_TEXT_ADM_IMPORT_REFUSED, (int)p->t.row[i].number, text);
        sam_json_object(&c->doc, NULL);
        sam_json_int(&c->doc, "row", p->t.row[i].number);
        sam_json_text(&c->doc, "reason", import_refusal_word(p->row[i].refusal));
        sam_json_text(&c->doc, "text", text);
        sam_json_end(&c->doc);
        told++;
    }
    sam_json_end(&c->doc);
    if (told < p->count[IMPORT_REFUSED])
        cli_note(c, SAM_TEXT_ADM_IMPORT_MORE, (int)(p->count[IMPORT_REFUSED] - told));
}

/* Sessions that get marks; ${made}: those of them that are not there. */
static unsigned sessions_of(const struct import *p, unsigned *made)
{
    unsigned count = 0;
    *made = 0;
    for (size_t i = 0; i < p->slots; i++) {
        count += p->slot[i].marks > 0;
        *made += p->slot[i].marks > 0 && !p->slot[i].session;
    }
    return count;
}

static int present_of(const struct import *p)
{
    int count = 0;
    for (size_t i = 0; i < p->t.rows; i++)
        count +=
            (p->row[i].outcome == IMPORT_MARK || p->row[i].outcome == IMPORT_WALK_IN) && p->row[i].presence == PRESENT;
    return count;
}

/* Before anything is saved: what the file comes to. */
static void tell_plan(struct import *p)
{
    struct cli *c = p->c;
    char ignored[HEADINGS_BYTES];
    unsigned made, sessions = sessions_of(p, &made);
    int marks = (int)(p->count[IMPORT_MARK] + p->count[IMPORT_WALK_IN]), present = present_of(p);
    headings(p, false, ignored, sizeof ignored);
    if (*ignored)
        cli_say(c, SAM_TEXT_ADM_IMPORT_IGNORED, ignored);
    tell_refused(p);
    sam_json_int(&c->doc, "refused_count", p->count[IMPORT_REFUSED]);
    sam_json_int(&c->doc, "rows", (int64_t)p->t.rows);
    sam_json_int(&c->doc, "marks", marks);
    sam_json_int(&c->doc, "present", present);
    sam_json_int(&c->doc, "walk_ins", p->count[IMPORT_WALK_IN]);
    sam_json_int(&c->doc, "there", p->count[IMPORT_THERE]);
    sam_json_int(&c->doc, "twice", p->count[IMPORT_TWICE]);
    sam_json_int(&c->doc, "blank", p->count[IMPORT_BLANK]);
    sam_json_int(&c->doc, "sessions", sessions);
    sam_json_int(&c->doc, "sessions_made", made);
    sam_json_text(&c->doc, "not_imported", ignored);
    cli_say(c, SAM_TEXT_CLI_IMPORT_ROWS, (int)p->t.rows, (int)p->count[IMPORT_THERE], (int)p->count[IMPORT_TWICE],
            (int)p->count[IMPORT_BLANK], (int)p->count[IMPORT_REFUSED]);
    cli_say(c, SAM_TEXT_CLI_IMPORT_MARKS, marks, present, (int)sessions, (int)made, (int)p->count[IMPORT_WALK_IN]);
}

static int carry_out(struct cli *c, struct import *p)
{
    struct saving v = {.p = p};
    int r = cli_args_has(&c->args, ARG_SAVE) ? cli_pick_user(c, &v.user) : 0;
    if (!r)
        r = import_plan(p);
    if (r)
        return r;
    tell_plan(p);
    if (cli_args_has(&c->args, ARG_SAVE))
        r = save_all(&v);
    sam_json_int(&c->doc, "saved", v.saved);
    if (r)
        return r;
    if (cli_args_has(&c->args, ARG_SAVE))
        cli_say(c, SAM_TEXT_CLI_IMPORT_SAVED, (int)v.saved);
    else
        cli_say(c, SAM_TEXT_CLI_IMPORT_PREVIEW);
    return p->count[IMPORT_REFUSED]
               ? cli_fail(c, EXIT_ROWS, "EROWS", SAM_TEXT_CLI_IMPORT_REFUSED, (int)p->count[IMPORT_REFUSED])
               : EXIT_OK;
}

int cli_verb_import(struct cli *c)
{
    struct import *p = cli_out_grow(NULL, sizeof *p);
    memset(p, 0, sizeof *p);
    p->c = c;
    int r = options_read(c, p);
    if (!r)
        r = file_read(c, p);
    if (!r)
        r = columns_find(c, p);
    if (!r)
        r = carry_out(c, p);
    import_fini(p);
    free(p);
    return r;
}
