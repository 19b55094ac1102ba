/* attention: what a person should look at, in plain words, until it is seen. */
#include "dates.h"
#include "pick.h"
#include "verb.h"
#include "word.h"

#include <stdarg.h>
#include <string.h>

#define TEXT_BYTES 512

enum { MERGED = 1, SUPERSEDED = 3, CASE = 4, QUARANTINED = 5, LOST = 7 }; /* samling_notice.kind */

/* the session and the person that a notice is about, where the tablet still has them */
struct about {
    struct pick p;
    uint64_t session;
    const struct samling_line *line;
};

static void about_find(struct cli *c, struct about *a, const struct samling_notice *n)
{
    char id[24];
    if (a->session != n->session) {
        cli_pick_fini(&a->p);
        a->session = n->session;
        snprintf(id, sizeof id, "%llu", (unsigned long long)n->session);
        struct sam_json doc = c->doc; /* a session that has left the tablet is no failure here */
        cli_json_init(&c->doc);
        if (n->session && cli_pick_session_id(c, &a->p, id) == 0)
            cli_pick_sheet(c, &a->p);
        sam_json_fini(&c->doc);
        c->doc = doc;
        c->error_name = NULL;
    }
    a->line = NULL;
    for (size_t i = 0; n->participant && i < a->p.line_count; i++)
        if (a->p.lines[i].participant == n->participant)
            a->line = &a->p.lines[i];
}

/* ---- in words */

static void word(char out[TEXT_BYTES], const struct cli *c, enum sam_text_id id, ...)
{
    va_list ap;
    va_start(ap, id);
    vsnprintf(out, TEXT_BYTES, cli_text(c, id), ap);
    va_end(ap);
}

static void about_words(const struct cli *c, const struct about *a, const struct samling_notice *n,
                        char out[TEXT_BYTES])
{
    char day[DATE_TEXT_BYTES];
    if (n->about >= SAMLING_ABOUT_CONSENT) {
        snprintf(out, TEXT_BYTES, "%s", cli_of(c, SAM_TEXT_SET_ABOUT, (int)n->about - SAMLING_ABOUT_CONSENT));
        return;
    }
    if (!a->p.session) {
        word(out, c, SAM_TEXT_CLI_ABOUT_GONE);
        return;
    }
    cli_date_words(c->lang, a->p.session->day, samling_today(c->s), day);
    if (n->about == SAMLING_ABOUT_SESSION)
        word(out, c, SAM_TEXT_CLI_ABOUT_SESSION, a->p.group->name, day);
    else
        word(out, c, n->about == SAMLING_ABOUT_SET ? SAM_TEXT_CLI_ABOUT_SET : SAM_TEXT_CLI_ABOUT_MARK,
             a->line ? a->line->name : cli_text(c, SAM_TEXT_CLI_ABOUT_SOMEBODY), a->p.group->name, day);
}

/* What stands there now, "Present, 45 min" or "Held"; "": nothing can be said. */
static const char *shown(const struct cli *c, const struct about *a, const struct samling_notice *n,
                         char out[TEXT_BYTES])
{
    char remarks[200];
    out[0] = '\0';
    if (n->about == SAMLING_ABOUT_SESSION && a->p.session)
        word(out, c, SAM_TEXT_CLI_STATE, cli_of(c, SAM_TEXT_SET_SESSION, a->p.session->status));
    if (n->about != SAMLING_ABOUT_MARK || !a->line || a->line->state == SAMLING_NO_RECORD)
        return out;
    struct samling_line line = *a->line;
    line.disputed = 0; /* that is being told */
    cli_pick_remarks(c, &line, remarks, sizeof remarks);
    snprintf(out, TEXT_BYTES, "%s%s%s", cli_of(c, SAM_TEXT_SET_PRESENCE, line.presence), *remarks ? ", " : "", remarks);
    return out;
}

/* What became of it, and what is to be done. */
static void fate_words(const struct cli *c, const struct about *a, const struct samling_notice *n, char out[TEXT_BYTES])
{
    char now[TEXT_BYTES];
    const char *why = cli_of(c, SAM_TEXT_SET_REASON, n->reason);
    switch (n->kind) {
    case MERGED:
        if (*shown(c, a, n, now))
            word(out, c, SAM_TEXT_CLI_NOTICE_MERGED_SHOWN, now);
        else
            word(out, c, SAM_TEXT_CLI_NOTICE_MERGED);
        break;
    case SUPERSEDED: word(out, c, SAM_TEXT_CLI_NOTICE_REPLACED); break;
    case CASE: word(out, c, SAM_TEXT_CLI_NOTICE_CASE_WHAT); break;
    case QUARANTINED: word(out, c, n->closed ? SAM_TEXT_CLI_NOTICE_RESTS : SAM_TEXT_CLI_NOTICE_ASIDE, why); break;
    case LOST: word(out, c, SAM_TEXT_CLI_NOTICE_LOST); break;
    default: word(out, c, SAM_TEXT_CLI_STATE, cli_of(c, SAM_TEXT_SET_VERDICT, n->kind)); break;
    }
}

/* What is shown as long as a case is open; "": nothing can be said. */
static void meanwhile_words(const struct cli *c, const struct about *a, const struct samling_notice *n,
                            char out[TEXT_BYTES])
{
    char now[TEXT_BYTES];
    out[0] = '\0';
    if (n->kind != CASE || !*shown(c, a, n, now))
        return;
    if (n->about == SAMLING_ABOUT_MARK && a->line->disputed && a->line->other_presence >= 0)
        word(out, c, SAM_TEXT_CLI_NOTICE_SHOWN_OTHER, now, cli_of(c, SAM_TEXT_SET_PRESENCE, a->line->other_presence));
    else
        word(out, c, SAM_TEXT_CLI_NOTICE_SHOWN, now);
}

static void capital(char *text)
{
    if (text[0] >= 'a' && text[0] <= 'z')
        text[0] = (char)(text[0] - 'a' + 'A');
}

static void indented(const char *text)
{
    fputs("      ", stdout);
    cli_out_safe(stdout, text);
    fputc('\n', stdout);
}

static void notice_people(const struct cli *c, const struct about *a, const struct samling_notice *n)
{
    char about[TEXT_BYTES], head[TEXT_BYTES], fate[TEXT_BYTES];
    if (c->is_json)
        return;
    about_words(c, a, n, about);
    fate_words(c, a, n, fate);
    if (n->kind == CASE && n->case_no)
        word(head, c, SAM_TEXT_CLI_NOTICE_CASE, (unsigned long long)n->case_no, about);
    else
        word(head, c, SAM_TEXT_CLI_STATE, about);
    capital(head);
    printf("%4llu  ", (unsigned long long)n->seq);
    cli_out_safe(stdout, head);
    fputc('\n', stdout);
    indented(fate);
    meanwhile_words(c, a, n, fate);
    if (*fate)
        indented(fate);
}

static void notice_json(struct cli *c, const struct about *a, const struct samling_notice *n)
{
    const struct samling_session *s = a->p.session;
    bool marked = n->about == SAMLING_ABOUT_MARK && a->line;
    char day[DATE_TEXT_BYTES] = "";
    if (s)
        cli_date_text(s->day, day);
    sam_json_object(&c->doc, NULL);
    sam_json_id(&c->doc, "seq", n->seq);
    sam_json_text(&c->doc, "about", cli_word_about((int)n->about));
    sam_json_text(&c->doc, "kind", cli_word_verdict(n->kind));
    sam_json_text(&c->doc, "reason", n->reason ? cli_word_reason(n->reason) : NULL);
    if (n->case_no)
        sam_json_id(&c->doc, "case", n->case_no);
    else
        sam_json_null(&c->doc, "case");
    sam_json_id(&c->doc, "session", n->session);
    sam_json_text(&c->doc, "day", s ? day : NULL);
    sam_json_text(&c->doc, "group", s ? a->p.group->name : NULL);
    sam_json_id(&c->doc, "participant", n->participant);
    sam_json_text(&c->doc, "name", a->line ? a->line->name : NULL);
    sam_json_text(&c->doc, "shown",
                  marked && a->line->state != SAMLING_NO_RECORD ? cli_word_presence(a->line->presence) : NULL);
    sam_json_text(&c->doc, "other",
                  marked && a->line->disputed && a->line->other_presence >= 0
                      ? cli_word_presence(a->line->other_presence)
                      : NULL);
    sam_json_bool(&c->doc, "closed", n->closed != 0);
    sam_json_end(&c->doc);
}

static void tell_notices(struct cli *c, const struct samling_notice *list, size_t count)
{
    struct about a = {0};
    sam_json_list(&c->doc, "notices");
    for (size_t i = 0; i < count; i++) {
        about_find(c, &a, &list[i]);
        notice_people(c, &a, &list[i]);
        notice_json(c, &a, &list[i]);
    }
    sam_json_end(&c->doc);
    cli_pick_fini(&a.p);
    cli_say(c, count ? SAM_TEXT_CLI_NOTICE_HINT : SAM_TEXT_CLI_NO_NOTICES);
}

/* ---- seen */

/* one seq, or "all" */
static int mark_seen(struct cli *c, const char *what, const struct samling_notice *list, size_t count)
{
    uint64_t seq = 0;
    int seen = 0;
    bool all = strcmp(what, "all") == 0;
    if (!all && !cli_args_number(what, 1, UINT64_MAX, &seq))
        return cli_usage(c, SAM_TEXT_CLI_BAD_ID, what);
    for (size_t i = 0; i < count; i++) {
        if (!all && list[i].seq != seq)
            continue;
        int err = samling_notice_seen(c->s, list[i].seq);
        if (err)
            return cli_fail_sdk(c, err);
        seen++;
    }
    sam_json_int(&c->doc, "seen", seen);
    if (!seen && !all)
        return cli_fail(c, EXIT_NAME, "ENOTFOUND", SAM_TEXT_CLI_NO_NOTICE, what);
    cli_say(c, SAM_TEXT_CLI_SEEN, seen);
    return EXIT_OK;
}

int cli_verb_attention(struct cli *c)
{
    struct samling_notice *list = NULL;
    size_t count = 0;
    int r = EXIT_OK;
    int err = samling_notices(c->s, &list, &count);
    if (err)
        return cli_fail_sdk(c, err);
    if (cli_args_has(&c->args, ARG_SEEN)) {
        r = mark_seen(c, c->args.value[ARG_SEEN], list, count);
    } else {
        tell_notices(c, list, count);
        r = count ? EXIT_ATTENTION : EXIT_OK;
    }
    samling_list_free(list);
    return r;
}
