/* mark: save attendance, all of one command in one transaction.
 *
 * --log FILE is a witness outside the store: a line "seq session participant presence" is in FILE, fsynced, only after the
 * save has returned 0. So whatever FILE names has been saved, whenever the program was killed. */
#include "dates.h"
#include "mark_list.h"
#include "verb.h"
#include "word.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOG_LINE_BYTES 96

enum { SESSION_CANCELLED = 2 };

/* ---- the witness */

static int log_open(struct cli *c, int *fd)
{
    const char *path = c->args.value[ARG_LOG];
    *fd = -1;
    if (!path)
        return 0;
    *fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    return *fd >= 0 ? 0 : cli_fail(c, EXIT_ERROR, "EIO", SAM_TEXT_CLI_FILE, path, strerror(errno));
}

static size_t log_lines(const struct mark_list *l, uint64_t first_seq, char *out)
{
    size_t used = 0;
    for (size_t i = 0; i < l->count; i++) {
        const struct samling_mark *m = &l->mark[i];
        used += (size_t)snprintf(out + used, LOG_LINE_BYTES, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %d\n", first_seq + i,
                                 m->session, m->participant, m->presence);
    }
    return used;
}

static int log_append(struct cli *c, int fd, const struct mark_list *l, uint64_t first_seq)
{
    if (fd < 0 || !l->count)
        return 0;
    char *text = cli_out_grow(NULL, l->count * LOG_LINE_BYTES);
    size_t n = log_lines(l, first_seq, text);
    bool whole =
        write(fd, text, n) == (ssize_t)n && fsync(fd) == 0; /* one write: a line is never half of two commands */
    free(text);
    return whole ? 0 : cli_fail(c, EXIT_ERROR, "EIO", SAM_TEXT_CLI_LOG, c->args.value[ARG_LOG], strerror(errno));
}

/* ---- gathering and saving */

static int gather(struct cli *c, const struct pick *p, int used, struct mark_list *l)
{
    int r = cli_mark_list_options(c, l, p->session->id);
    if (!r)
        r = cli_mark_list_words(c, l, p, c->args.pos + used, c->args.pos_count - used);
    if (!r && cli_args_has(&c->args, ARG_FROM))
        r = cli_mark_list_file(c, l, p, c->args.value[ARG_FROM]);
    if (!r && cli_args_has(&c->args, ARG_ALL))
        r = cli_mark_list_rest(c, l, p);
    if (!r && !l->count && !cli_args_has(&c->args, ARG_FROM) && !cli_args_has(&c->args, ARG_ALL))
        r = cli_usage(c, SAM_TEXT_CLI_NOBODY);
    return r;
}

/* ${first_seq}: the seq of the first mark; the others follow it */
static int save(struct cli *c, uint64_t user, const struct mark_list *l, uint64_t *first_seq)
{
    struct samling_status after;
    *first_seq = 0;
    if (!l->count)
        return 0;
    int err = samling_mark_all(c->s, user, l->mark, l->count);
    if (err)
        return cli_fail_sdk(c, err);
    if (samling_status(c->s, &after) == 0 && after.saved >= l->count)
        *first_seq = after.saved - l->count + 1;
    return 0;
}

static void tell_mark(struct cli *c, const struct samling_mark *m, const struct samling_line *before, uint64_t seq)
{
    char now[256], more[200];
    struct samling_line after = *before;
    after.late = m->late >= 0 ? m->late : before->late;
    after.left_early = m->left_early >= 0 ? m->left_early : before->left_early;
    after.by_video = m->by_video >= 0 ? m->by_video : before->by_video;
    after.minutes = m->minutes >= 0 ? m->minutes : before->minutes;
    cli_pick_remarks(c, &after, more, sizeof more);
    snprintf(now, sizeof now, "%s%s%s", cli_of(c, SAM_TEXT_SET_PRESENCE, m->presence), *more ? ", " : "", more);
    bool is_change = before->state != SAMLING_NO_RECORD && before->presence != m->presence;
    if (is_change)
        cli_say(c, SAM_TEXT_CLI_MARKED_BEFORE, before->name, now, cli_of(c, SAM_TEXT_SET_PRESENCE, before->presence));
    else
        cli_say(c, SAM_TEXT_CLI_MARKED, before->name, now);
    sam_json_object(&c->doc, NULL);
    sam_json_id(&c->doc, "seq", seq);
    sam_json_id(&c->doc, "participant", m->participant);
    sam_json_text(&c->doc, "name", before->name);
    sam_json_text(&c->doc, "presence", cli_word_presence(m->presence));
    sam_json_text(&c->doc, "before", before->state == SAMLING_NO_RECORD ? NULL : cli_word_presence(before->presence));
    sam_json_end(&c->doc);
}

/* a session that nobody named, and that is perhaps not the one that was meant */
static void warn_session(struct cli *c, const struct samling_session *s)
{
    char day[DATE_TEXT_BYTES];
    int ahead = s->day - samling_today(c->s);
    if (s->status == SESSION_CANCELLED)
        cli_note(c, SAM_TEXT_CLI_MARKED_CANCELLED, (unsigned long long)s->id, cli_date_text(s->day, day));
    if (ahead > 1)
        cli_note(c, SAM_TEXT_CLI_MARKED_AHEAD, (unsigned long long)s->id, cli_date_text(s->day, day), ahead);
}

static void tell(struct cli *c, const struct pick *p, uint64_t user, const struct mark_list *l, uint64_t first_seq)
{
    char day[DATE_TEXT_BYTES];
    sam_json_id(&c->doc, "session", p->session->id);
    sam_json_id(&c->doc, "user", user);
    sam_json_int(&c->doc, "saved", (int64_t)l->count);
    sam_json_list(&c->doc, "marks");
    for (size_t i = 0; i < l->count; i++)
        tell_mark(c, &l->mark[i], l->line[i], first_seq + i);
    sam_json_end(&c->doc);
    if (l->count && !cli_args_has(&c->args, ARG_SESSION))
        warn_session(c, p->session);
    cli_say(c, SAM_TEXT_CLI_MARKED_SUM, (int)l->count, p->group->name, cli_date_text(p->session->day, day));
}

int cli_verb_mark(struct cli *c)
{
    struct pick p = {0};
    struct mark_list l = {0};
    uint64_t user = 0, first_seq = 0;
    int used = 0, fd = -1;
    int r = cli_pick_user(c, &user);
    if (!r)
        r = cli_pick_where(c, &p, &used);
    if (!r)
        r = cli_pick_sheet(c, &p);
    if (!r)
        r = gather(c, &p, used, &l);
    if (!r)
        r = log_open(c, &fd);
    if (!r)
        r = save(c, user, &l, &first_seq);
    if (!r) {
        r = log_append(c, fd, &l, first_seq);
        tell(c, &p, user, &l, first_seq);
    }
    if (fd >= 0)
        close(fd);
    cli_mark_list_fini(&l);
    cli_pick_fini(&p);
    return r;
}
