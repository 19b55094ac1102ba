#include "tests/sim/tablet_int.h"

#include "client-sdk/src/host.h"
#include "tests/sim/centre.h"
#include "tests/sim/console.h"
#include "tests/sim/join.h"
#include "tests/sim/line.h"
#include "tests/sim/upgrade.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PATIENCE_MS 30000

/* ---- what the library takes from its host (client-sdk/src/host.h) */

static struct world *hosting; /* the library asks without saying for whom */

int64_t sam_host_clock(void *ctx)
{
    (void)ctx;
    return hosting->now_ms / 1000;
}
uint64_t sam_host_mono_ms(void)
{
    return (uint64_t)hosting->now_ms;
}
uint64_t sam_host_boot(void)
{
    return 7;
}
int32_t sam_host_utc_offset_min(int64_t at_s)
{
    (void)at_s;
    return 60;
}

static int64_t clock_of(void *ctx)
{
    struct tablet *t = ctx;
    int64_t shows = t->w->now_ms / 1000 + t->clock_offset_s;
    return t->saving ? history_claim(t->w, shows) : shows;
}

/* ---- life */

struct tablet *tablet_new(struct world *w)
{
    if (w->tablets == w->tablets_max)
        return NULL;
    struct tablet *t = &w->tablet[w->tablets];
    *t = (struct tablet){.w = w, .index = w->tablets++};
    snprintf(t->folder, sizeof t->folder, "%stablet%u/", w->root, t->index);
    snprintf(t->path, sizeof t->path, "%stablet%u/device.db", w->root, t->index);
    mkdir(t->folder, 0700);
    t->boot_ms = INT64_MAX;
    t->person_ms = w->now_ms + some_ms(w, 60000);
    t->poll_ms = w->now_ms + some_ms(w, 600000);
    t->stays = chance(w, 30);
    t->push_ops_max = chance(w, 60) ? 1 + (unsigned)roll(w, 6) : SAM_PUSH_OPS_MAX;
    hosting = w;
    return t;
}

void tablet_forked(struct tablet *t, unsigned parent_actor, unsigned ops)
{
    t->actor = oracle_fork(history_oracle(t->w->history), parent_actor, ops);
    free(t->gid);
    t->gid = NULL;
    t->gids = t->gid_room = 0;
    t->pendings = 0;
    memset(t->own, 0, sizeof t->own);
}

/* The disk failed it, or the power did: the process is no more. */
void tablet_died(struct tablet *t)
{
    struct world *w = t->w;
    if (!disk_is_off(t->folder))
        disk_kill(t->folder);
    if (t->line)
        line_leave_tablet(w, t->line, chance(w, 50));
    t->line = NULL;
    samling_close(t->s);
    t->s = NULL;
    memset(t->form, 0, sizeof t->form);
    t->boot_ms = w->now_ms + 500 + (int64_t)roll(w, 60000);
    trace_add(w, "died", t->index, 0);
}

bool tablet_is_dead(struct tablet *t, int err)
{
    if (!t->s)
        return true;
    if (err != SAMLING_EIO && err != SAMLING_ECORRUPT && !disk_is_off(t->folder))
        return false;
    struct world *w = t->w;
    MUST_SAY(err != SAMLING_ECORRUPT || disk_is_off(t->folder) || disk_counts()->faults > w->disk_faults_seen,
             "tablet %u: the store is damaged", t->index);
    tablet_died(t);
    return true;
}

void tablet_boot(struct tablet *t)
{
    static const uint8_t key[32] = "a key for tests, 32 bytes long..";
    struct world *w = t->w;
    bool fresh = !t->actor_made;
    t->boot_ms = INT64_MAX;
    if (disk_is_off(t->folder))
        disk_boot(t->folder);
    if (fresh) {
        t->actor = oracle_tablet(history_oracle(w->history));
        t->actor_made = true;
    }
    if (t->upgrading)
        upgrade_trouble(w, t->folder);
    int err = samling_open(t->path, key, &t->s);
    if (err) {
        w->rare.tablet_upgrade_broken += t->upgrading;
        say(w, "tablet %u does not start: %s", t->index, samling_errname(err));
        MUST_SAY(w->faults_on || disk_is_off(t->folder), "tablet %u does not start: %s", t->index,
                 samling_errname(err));
        if (!disk_is_off(t->folder))
            disk_kill(t->folder);
        t->boot_ms = w->now_ms + 1000 + (int64_t)roll(w, 20000);
        return;
    }
    if (t->upgrading) {
        t->upgrading = false;
        w->rare.tablet_upgraded++;
        upgrade_over(w, t->folder);
    }
    samling_clock_set(t->s, clock_of, t);
    samling_push_limit_set(t->s, t->push_ops_max);
    memset(t->own, 0, sizeof t->own);
    tablet_outbox_read(t);
    t->run_epoch = sam_meta(t->s, run_epoch);
    t->run_csn = sam_meta(t->s, run_csn);
}

void tablet_close(struct tablet *t)
{
    if (!t->s)
        return;
    tablet_hang_up(t, false);
    samling_close(t->s);
    t->s = NULL;
    memset(t->form, 0, sizeof t->form);
}

void tablet_invite(struct tablet *t)
{
    char text[INVITE_BYTES_MAX];
    struct world *w = t->w;
    if (t->s && console_invite(w, w->org[t->index % ORGS], text, sizeof text))
        tablet_take(t, text);
}

void tablet_take(struct tablet *t, const char *text)
{
    int err = samling_join_begin(t->s, text, "nettbrett");
    t->joining = err == 0;
    tablet_is_dead(t, err);
}

/* ---- the line */

void tablet_hang_up(struct tablet *t, bool lost)
{
    struct line *l = t->line;
    if (!l)
        return;
    t->line = NULL;
    samling_link_down(t->s);
    line_leave_tablet(t->w, l, lost);
    tablet_is_dead(t, 0);
}

/* Bytes of the conversation go on the line. */
void tablet_pump(struct tablet *t)
{
    const uint8_t *p;
    struct line *l = t->line;
    size_t n, room;
    while (l && (n = samling_link_peek(t->s, &p)) > 0 && (room = wire_room(&l->up)) > 0) {
        n = n < room ? n : room;
        line_add(t->w, l, &l->up, p, n);
        samling_link_sent(t->s, n);
    }
    if (tablet_is_dead(t, 0) || !l)
        return;
    bool idle = samling_link_idle(t->s) == 1;
    if (idle)
        t->contact_ms = l->told_ms;
    if (idle && (!t->stays || sam_meta(t->s, state) != SAMLING_ACTIVE))
        tablet_hang_up(t, false);
}

static bool fill_begun(const struct tablet *t)
{
    for (unsigned i = 0; i < t->s->held.count; i++)
        if (t->s->held.at[i].fill_slot && t->s->held.at[i].fill_after_count)
            return true;
    return false;
}

static void line_up(struct tablet *t)
{
    struct world *w = t->w;
    skew_speaks(t);
    int err = samling_link_up(t->s);
    trace_add(w, "connect", t->index, (uint64_t)-err);
    if (tablet_is_dead(t, err))
        return;
    if (err) {
        MUST_SAY(err == SAMLING_EFULL, "tablet %u cannot begin a conversation: %s", t->index, samling_errname(err));
        t->poll_ms = t->full_until_ms > w->now_ms ? t->full_until_ms : w->now_ms + 1000;
        t->wait_ms = t->poll_ms;
        return;
    }
    struct line *l = line_new(w, t);
    if (!l || !centre_accept(w, l)) {
        if (l)
            line_leave_centre(w, l, true);
        t->line = l;
        if (l)
            tablet_hang_up(t, true);
        else
            samling_link_down(t->s);
        tablet_is_dead(t, 0);
        return;
    }
    t->line = l;
    w->rare.snap_resumed += fill_begun(t);
    w->rare.run_resumed += sam_meta(t->s, place_run) != 0;
    l->patience_ms = w->now_ms + (t->stays ? 600000 + (int64_t)roll(w, 3600000) : PATIENCE_MS);
    tablet_pump(t);
    if (t->line)
        join_break(t);
}

void tablet_heard(struct world *w, struct line *l, const uint8_t *p, size_t n)
{
    struct tablet *t = l->tablet;
    (void)w;
    if (!t)
        return;
    skew_speaks(t);
    int err = samling_link_feed(t->s, p, n);
    if (tablet_is_dead(t, err == SAMLING_EIO ? err : 0))
        return;
    MUST_SAY(!err || err == SAMLING_ECLOSED || err == SAMLING_ESTATE || err == SAMLING_EFULL,
             "tablet %u understands the centre as %s: %s", t->index, samling_errname(err), samling_errmsg(t->s));
    tablet_pump(t);
    if (err && t->line)
        tablet_hang_up(t, false);
    if (t->line && has_fault(w, FAULT_JOIN) && w->faults_on && fill_begun(t) && chance(w, 30))
        line_break(w, t->line, false); /* between its chunks, or in one */
}

void tablet_heard_end(struct world *w, struct line *l)
{
    (void)w;
    if (l->tablet)
        tablet_hang_up(l->tablet, false);
}

/* ---- events */

static int64_t connect_due(struct tablet *t)
{
    const struct world *w = t->w;
    if (t->line)
        return t->line->patience_ms;
    int64_t in_ms = samling_retry_in_ms(t->s), due = in_ms < 0 ? INT64_MAX : w->now_ms + in_ms;
    bool may = sam_may_greet(t->s);
    if (w->polls_on && may && t->poll_ms < due)
        due = t->poll_ms;
    return due < t->wait_ms ? t->wait_ms : due;
}

int64_t tablet_due(struct tablet *t)
{
    const struct world *w = t->w;
    if (t->gone)
        return INT64_MAX;
    if (!t->s)
        return t->boot_ms;
    int64_t due = connect_due(t);
    const struct form *f = w->people_on ? tablet_form_due(t) : NULL;
    if (f && f->save_ms < due)
        due = f->save_ms;
    if (w->people_on && t->person_ms < due)
        due = t->person_ms;
    return due;
}

void tablet_act(struct tablet *t)
{
    struct world *w = t->w;
    struct form *f;
    if (!t->s) {
        tablet_boot(t);
        return;
    }
    if (connect_due(t) <= w->now_ms) {
        if (t->line) {
            tablet_hang_up(t, false);
            return;
        }
        t->poll_ms = w->now_ms + some_ms(w, 600000);
        line_up(t);
    } else if (w->people_on && (f = tablet_form_due(t)) && f->save_ms <= w->now_ms) {
        tablet_form_save(t, f);
        if (t->s && t->line)
            tablet_pump(t);
    } else if (t->person_ms <= w->now_ms) {
        tablet_person_act(t);
    }
}
