/* Telling a story: its lines in order, and that once for every order in which those who were apart can meet again. */
#include "tests/scenario/story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ACTORS_MAX = PUMP_TABLETS_MAX + 1, DAY_FIRST = 20731 /* 2026-10-05 */ };

static bool console_later(struct play *y, const char *act)
{
    if (y->laters == STORY_LATER_MAX)
        return play_break(y, "too many lines of the console");
    y->later[y->laters].act = act;
    y->later[y->laters].line = y->at;
    y->later[y->laters++].base_csn = store_csn(intake_store(y->p->in));
    return true;
}

static bool laters_play(struct play *y)
{
    unsigned at = y->at;
    bool ok = true;
    for (unsigned i = 0; ok && i < y->laters; i++) {
        y->at = y->later[i].line;
        ok = act_console(y, y->later[i].act, y->later[i].base_csn, false);
    }
    y->at = at;
    y->laters = 0;
    return ok;
}

/* ---- who was apart meets again, in every order */

static unsigned factorial(unsigned n)
{
    return n < 2 ? 1 : n * factorial(n - 1);
}

/* The ${k}-th order of 0 … n-1. */
static void permutation(unsigned k, unsigned n, unsigned *out)
{
    unsigned left[ACTORS_MAX];
    for (unsigned i = 0; i < n; i++)
        left[i] = i;
    for (unsigned i = 0; i < n; i++) {
        unsigned f = factorial(n - 1 - i), at = k / f % (n - i);
        out[i] = left[at];
        memmove(&left[at], &left[at + 1], (n - i - at - 1) * sizeof left[0]);
    }
}

static bool sync_any_order(struct play *y)
{
    unsigned n = y->p->tablets + (y->laters > 0), turn[ACTORS_MAX];
    bool ok = true;
    if (factorial(n) > y->orders)
        y->orders = factorial(n);
    permutation(y->order % factorial(n), n, turn);
    for (unsigned i = 0; ok && i < 2 * n; i++) {
        unsigned who = turn[i % n];
        if (who < y->p->tablets)
            pump_sync(&y->p->tablet[who], PUMP_WHOLE);
        else
            ok = laters_play(y);
    }
    return ok;
}

/* ---- the end */

static void told(void *ctx, const char *line)
{
    play_fail(ctx, "%s", line);
}

static void same_end(struct play *y)
{
    struct sam_buf out;
    sam_buf_init(&out, 1u << 20);
    end_say(y, &out);
    const char *now = said(&out), *first = *y->end_first;
    if (!first) {
        *y->end_first = strdup(now);
    } else if (strcmp(now, first) != 0) {
        size_t at = 0;
        while (now[at] && now[at] == first[at])
            at++;
        while (at && now[at - 1] != '\n')
            at--;
        play_fail(y, "another order ends otherwise\n    expected %.*s\n    got      %.*s",
                  (int)strcspn(first + at, "\n"), first + at, (int)strcspn(now + at, "\n"), now + at);
    }
    sam_buf_fini(&out);
}

static void play_end(struct play *y)
{
    if (!y->broken && !(y->quick && y->failures))
        pump_check(y->p, told, y);
    if (!y->broken && !(y->quick && y->failures))
        same_end(y);
}

static void play_from(struct play *y, unsigned line);

/* The line breaks behind the 1st, 2nd … byte, and the tablet's power goes; what follows is told each time, in one order after
 * the other. */
static bool cut_everywhere(struct play *y, struct pump_tablet *t)
{
    char kept[160];
    bool whole = false;
    unsigned at = y->at, expects = y->expects;
    snprintf(kept, sizeof kept, "%s/kept", y->folder);
    pump_keep(y->p, kept);
    int64_t now_s = y->p->now_s;
    for (y->cut = 1; !whole && !y->failures; y->cut++) {
        y->expects = expects;
        y->p->now_s = now_s;
        y->order = y->orders ? (unsigned)y->cut % y->orders : 0;
        whole = pump_sync(t, y->cut);
        pump_tablet_power(t);
        play_from(y, at + 1);
        play_end(y);
        y->at = at;
        if (!whole)
            pump_back(y->p, kept);
    }
    y->cuts = y->cut - 1;
    y->cut = 0;
    y->at = y->st->lines;
    return !y->failures;
}

static bool act_sync(struct play *y, const struct words *w)
{
    struct pump_tablet *t = w->count > 1 ? tablet_find(y, w->word[1]) : NULL;
    if (words_are(w, "sync any order twice"))
        return sync_any_order(y);
    if (!t)
        return play_break(y, "sync whom?");
    if (words_are(w, "sync * cut at every byte"))
        return cut_everywhere(y, t);
    if (!words_are(w, "sync *"))
        return play_break(y, "unknown word \"%s\"", w->word[2]);
    pump_sync(t, PUMP_WHOLE);
    return true;
}

static bool act_wait(struct play *y, const struct words *w)
{
    uint64_t n;
    if (!words_are(w, "wait * days") || !read_number(w->word[1], &n))
        return play_break(y, "wait how many days?");
    y->p->now_s += (int64_t)n * STORY_DAY_S;
    return true;
}

static bool line_play(struct play *y, const char *text)
{
    struct words w;
    if (!words_split(text, &w) || !w.count)
        return play_break(y, "too long a line");
    struct pump_tablet *t = w.count == 1 && w.rest ? tablet_find(y, w.word[0]) : NULL;
    if (!strcmp(w.word[0], "expect"))
        return expect(y, text);
    if (t)
        return act_tablet(y, t, w.rest);
    if (w.rest && words_are(&w, "console"))
        return act_console(y, w.rest, 0, false);
    if (w.rest && words_are(&w, "console refused"))
        return act_console(y, w.rest, 0, true);
    if (w.rest && words_are(&w, "console meanwhile"))
        return console_later(y, strstr(text, ": ") + 2);
    if (w.rest && words_are(&w, "* full") && tablet_find(y, w.word[0]))
        return act_full(y, tablet_find(y, w.word[0]), w.rest);
    if (words_are(&w, "copy * as *"))
        return act_copy(y, w.word[1], w.word[3]);
    if (words_are(&w, "find session * of * on *"))
        return act_find(y, &w);
    if (w.rest && words_are(&w, "* refused") && tablet_find(y, w.word[0]))
        return act_refused(y, tablet_find(y, w.word[0]), w.rest);
    if (!strcmp(w.word[0], "sync"))
        return act_sync(y, &w);
    if (!strcmp(w.word[0], "wait"))
        return act_wait(y, &w);
    return act_setup(y, &w);
}

static void play_from(struct play *y, unsigned line)
{
    for (y->at = line; y->at < y->st->lines && !(y->quick && y->failures); y->at++)
        if (!line_play(y, y->st->line[y->at].text))
            break;
}

static bool has_cut(const struct story *st)
{
    for (unsigned i = 0; i < st->lines; i++)
        if (strstr(st->line[i].text, "cut at every byte"))
            return true;
    return false;
}

static void play_once(struct play *y)
{
    char centre[160];
    struct pump *p = calloc(1, sizeof *p);
    PUMP_MUST(p != NULL);
    snprintf(centre, sizeof centre, "%s/centre", y->folder);
    pump_open(p, centre, (int64_t)DAY_FIRST * STORY_DAY_S + STORY_MORNING_S);
    y->p = p;
    play_from(y, 0);
    if (!has_cut(y->st))
        play_end(y);
    if (!y->broken && !y->expects)
        play_fail(y, "the file expects nothing");
    pump_close(p);
    free(p);
}

unsigned story_play(const struct story *st, const char *folder, bool quick, char out[STORY_REPORT_BYTES])
{
    unsigned orders = 1, failures = 0;
    char *first = NULL;
    out[0] = '\0';
    for (unsigned k = 0; k < orders && !failures; k++) {
        struct play *y = calloc(1, sizeof *y);
        PUMP_MUST(y != NULL);
        y->st = st;
        y->folder = folder;
        y->order = k;
        y->quick = quick;
        y->end_first = &first;
        play_once(y);
        orders = y->orders > orders && !y->cuts ? y->orders : orders;
        failures = y->failures;
        memcpy(out, y->report, sizeof y->report);
        if (y->cuts && !failures)
            snprintf(out, sizeof y->report, "cut behind each of %llu bytes", (unsigned long long)y->cuts);
        free(y);
    }
    free(first);
    return failures;
}

void story_folder_remove(const char *folder)
{
    char sub[160];
    snprintf(sub, sizeof sub, "%s/centre", folder);
    pump_folder_remove(sub);
    snprintf(sub, sizeof sub, "%s/kept", folder);
    pump_folder_remove(sub);
    rmdir(folder);
}
