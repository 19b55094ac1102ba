#include "tests/sim/tablet.h"

#include "client-sdk/src/host.h"
#include "client-sdk/src/outbox.h"
#include "client-sdk/src/replica.h"
#include "proto/base/err.h"
#include "tests/sim/centre.h"
#include "tests/sim/console.h"
#include "tests/sim/history.h"
#include "tests/sim/line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PATIENCE_MS 30000
#define DAY_S 86400

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
    if (w->tablets == TABLETS_MAX)
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

static void gid_add(struct tablet *t, uint64_t gid)
{
    struct world *w = t->w;
    if (t->gids == t->gid_room) {
        t->gid_room = t->gid_room ? 2 * t->gid_room : 256;
        t->gid = realloc(t->gid, t->gid_room * sizeof *t->gid);
        MUST(t->gid != NULL);
    }
    t->gid[t->gids++] = gid;
}

static bool gid_held(const struct tablet *t, uint64_t gid)
{
    for (uint64_t i = 0; i < t->gids; i++)
        if (t->gid[i] == gid)
            return true;
    return false;
}

/* What it says of a mark from now on: the last that was saved, or turned out to be. */
static void own_mark_note(struct tablet *t, const struct sam_row *r, uint64_t seq)
{
    uint64_t session = r->key.part[0], participant = r->key.part[1];
    struct own_mark *at = &t->own[t->own_next];
    if (r->key.entity != SAM_ATTENDANCE)
        return;
    for (unsigned i = 0; i < OWN_MARKS_MAX; i++)
        if (t->own[i].session == session && t->own[i].participant == participant)
            at = &t->own[i];
    if (at == &t->own[t->own_next])
        t->own_next = (t->own_next + 1) % OWN_MARKS_MAX;
    *at = (struct own_mark){session, participant, sam_meta(t->s, device_no), seq,
                            (int)sam_row_num(r, SAM_ATTENDANCE_presence)};
}

/* An op that stands in the outbox. One that is not known yet comes from a save whose end was not seen. */
static uint64_t op_known(struct tablet *t, const struct sam_op *op)
{
    struct world *w = t->w;
    uint64_t gid = history_gid(w, op->claimed_s);
    unsigned claim = history_claim_number(op->claimed_s);
    for (unsigned i = 0; !gid && i < t->pendings; i++) {
        struct draft *d = &t->pending[i];
        if (d->found || claim < d->claim_first || claim >= d->claim_end)
            continue;
        d->found = true;
        gid = history_draft(w, t->actor, d, op->claimed_s, false);
        own_mark_note(t, &op->row, t->gids + 1);
    }
    MUST_SAY(gid, "tablet %u holds an op that was never made, or whose author was told that it was not saved",
             t->index);
    return gid;
}

/* P2 on the tablet: the ops of one save are there, or none is. */
static void pendings_check(struct tablet *t)
{
    struct world *w = t->w;
    for (unsigned i = 1; i < t->pendings; i++) {
        const struct draft *a = &t->pending[i - 1], *b = &t->pending[i];
        MUST_SAY(a->claim_first != b->claim_first || a->found == b->found, "tablet %u: a save is there in part",
                 t->index);
    }
    t->pendings = 0;
}

/* Look into the outbox: which ops are there? What was saved must be. */
static void outbox_read(struct tablet *t)
{
    struct world *w = t->w;
    struct tablet before = *t;
    sqlite3_stmt *q;
    struct sam_op op;
    t->gid = NULL;
    t->gids = t->gid_room = 0;
    disk_look(true);
    MUST(sqlite3_prepare_v2(t->s->store.db, "SELECT seq, sealed FROM op ORDER BY seq", -1, &q, NULL) == 0);
    uint64_t oldest = sam_meta(t->s, oldest_seq) ? sam_meta(t->s, oldest_seq) : 1;
    w->rare.trimmed += oldest > 1;
    for (uint64_t seq = 1; seq < oldest; seq++)
        gid_add(t, 0);
    while (sqlite3_step(q) == SQLITE_ROW) {
        MUST((uint64_t)sqlite3_column_int64(q, 0) == t->gids + 1);
        MUST(sam_outbox_op(t->s, sqlite3_column_int64(q, 0), sam_column_span(q, 1), &op, &t->s->plain) == 0);
        gid_add(t, op_known(t, &op));
    }
    sqlite3_finalize(q);
    disk_look(false);
    MUST_SAY(t->gids == sam_meta(t->s, last_seq), "tablet %u holds %llu ops, and says that it saved %llu", t->index,
             (unsigned long long)t->gids, (unsigned long long)sam_meta(t->s, last_seq));
    bool erased = sam_meta(t->s, state) == SAMLING_WIPED; /* and killed before it could say so */
    for (uint64_t i = 0; !erased && i < before.gids; i++)
        MUST_SAY(!before.gid[i] || i + 1 < oldest || gid_held(t, before.gid[i]),
                 "tablet %u: op %llu was saved and is gone", t->index, (unsigned long long)before.gid[i]);
    free(before.gid);
    pendings_check(t);
    t->gid_device_no = sam_meta(t->s, device_no);
    t->acked_told = sam_meta(t->s, acked_seq);
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

static bool dead(struct tablet *t, int err)
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
    int err = samling_open(t->path, key, &t->s);
    if (err) {
        say(w, "tablet %u does not start: %s", t->index, samling_errname(err));
        MUST_SAY(w->faults_on || disk_is_off(t->folder), "tablet %u does not start: %s", t->index,
                 samling_errname(err));
        if (!disk_is_off(t->folder))
            disk_kill(t->folder);
        t->boot_ms = w->now_ms + 1000 + (int64_t)roll(w, 20000);
        return;
    }
    samling_clock_set(t->s, clock_of, t);
    samling_push_limit_set(t->s, t->push_ops_max);
    memset(t->own, 0, sizeof t->own);
    outbox_read(t);
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
    char text[256];
    struct world *w = t->w;
    if (!t->s || !console_invite(w, w->org[t->index % ORGS], text, sizeof text))
        return;
    dead(t, samling_join_begin(t->s, text, "nettbrett"));
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
    dead(t, 0);
}

/* Bytes of the conversation go on the line. */
static void pump(struct tablet *t)
{
    const uint8_t *p;
    struct line *l = t->line;
    size_t n, room;
    while (l && (n = samling_link_peek(t->s, &p)) > 0 && (room = wire_room(&l->up)) > 0) {
        n = n < room ? n : room;
        line_add(t->w, l, &l->up, p, n);
        samling_link_sent(t->s, n);
    }
    if (dead(t, 0) || !l)
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
    int err = samling_link_up(t->s);
    trace_add(w, "connect", t->index, (uint64_t)-err);
    if (dead(t, err))
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
        dead(t, 0);
        return;
    }
    t->line = l;
    w->rare.snap_resumed += fill_begun(t);
    w->rare.run_resumed += sam_meta(t->s, place_run) != 0;
    l->patience_ms = w->now_ms + (t->stays ? 600000 + (int64_t)roll(w, 3600000) : PATIENCE_MS);
    pump(t);
}

void tablet_heard(struct world *w, struct line *l, const uint8_t *p, size_t n)
{
    struct tablet *t = l->tablet;
    (void)w;
    if (!t)
        return;
    int err = samling_link_feed(t->s, p, n);
    if (dead(t, err == SAMLING_EIO ? err : 0))
        return;
    MUST_SAY(!err || err == SAMLING_ECLOSED || err == SAMLING_ESTATE || err == SAMLING_EFULL,
             "tablet %u understands the centre as %s: %s", t->index, samling_errname(err), samling_errmsg(t->s));
    pump(t);
    if (err && t->line)
        tablet_hang_up(t, false);
}

void tablet_heard_end(struct world *w, struct line *l)
{
    (void)w;
    if (l->tablet)
        tablet_hang_up(l->tablet, false);
}

/* ---- the person */

/* Whoever is complete up to a csn has every row as it was then: where the centre's row has not changed since, they are equal. */
static void row_now_check(struct tablet *t, const struct sam_key *key, const struct sam_held *h, uint64_t csn)
{
    struct world *w = t->w;
    struct store_row *r = w->row;
    if (w->rare.restored || !w->centre.intake)
        return;
    int err = store_row_get(w->centre.reader, key, r);
    store_snapshot_end(w->centre.reader);
    if (err || !r->exists || r->csn > h->csn || r->scope != h->id)
        return;
    MUST_SAY(csn == (r->dead > 0 ? 0 : r->csn),
             "tablet %u is complete up to csn %llu, and has row %u/%llu/%llu as of %llu, not %llu", t->index,
             (unsigned long long)h->csn, key->entity, (unsigned long long)key->part[0],
             (unsigned long long)key->part[1], (unsigned long long)csn, (unsigned long long)r->csn);
}

static struct seen seen_now(struct tablet *t, const struct sam_key *key, uint64_t scope)
{
    struct seen seen = {.key = *key};
    const struct sam_held *h = sam_held_find(t->s, scope);
    uint64_t csn;
    if (!h || !h->slot)
        return seen;
    seen.epoch = h->epoch;
    seen.csn = h->csn;
    sqlite3_stmt *q = sam_store_use(&t->s->store, SAM_Q_ROW_CSN);
    sam_bind(q, 1, h->slot);
    sam_bind_key(q, 2, key);
    disk_look(true);
    if (sam_store_one(q, &csn))
        csn = 0;
    row_now_check(t, key, h, csn);
    disk_look(false);
    return seen;
}

static struct form *form_of(struct tablet *t, uint64_t session)
{
    struct form *f = t->form;
    for (unsigned i = 0; i < FORMS_MAX; i++) {
        if (t->form[i].session == session)
            return &t->form[i];
        if (t->form[i].session == 0 || (f->session && t->form[i].save_ms < f->save_ms))
            f = &t->form[i];
    }
    return f;
}

/* P8: an own mark is on the sheet until the centre's answer to it has come down. */
static void own_marks_check(struct tablet *t, uint64_t session, const struct samling_line *line, size_t count)
{
    struct world *w = t->w;
    for (unsigned i = 0; i < OWN_MARKS_MAX; i++) {
        const struct own_mark *m = &t->own[i];
        if (m->session != session || m->device_no != sam_meta(t->s, device_no) || m->seq <= sam_meta(t->s, acked_seq))
            continue;
        for (size_t k = 0; k < count; k++)
            MUST_SAY(
                line[k].participant != m->participant || line[k].presence == m->presence,
                "tablet %u does not show a mark that it has not sent yet: %llu/%llu presence %d, shown %d, seq %llu",
                t->index, (unsigned long long)session, (unsigned long long)m->participant, m->presence,
                line[k].presence, (unsigned long long)m->seq);
    }
}

static void form_open(struct tablet *t, uint64_t session, uint64_t group)
{
    struct world *w = t->w;
    struct samling_line *line;
    size_t count;
    int err = samling_sheet(t->s, session, &line, &count);
    if (dead(t, err) || err)
        return;
    own_marks_check(t, session, line, count);
    struct form *f = form_of(t, session);
    *f = (struct form){.session = session, .save_ms = w->now_ms + some_ms(w, 90000)};
    f->row[f->rows++] = seen_now(t, &(struct sam_key){SAM_SESSION, {session}}, group);
    size_t first = count > FORM_ROWS_MAX - 1 ? roll(w, count - FORM_ROWS_MAX + 2) : 0;
    for (size_t i = first; i < count && f->rows < FORM_ROWS_MAX; i++)
        f->row[f->rows++] = seen_now(t, &(struct sam_key){SAM_ATTENDANCE, {session, line[i].participant}}, group);
    samling_list_free(line);
    trace_add(w, "form", t->index, f->rows);
}

static uint64_t some_user(struct tablet *t)
{
    struct samling_user *u;
    size_t n;
    uint64_t id = 0;
    int err = samling_users(t->s, &u, &n);
    if (dead(t, err) || err)
        return 0;
    if (n)
        id = u[roll(t->w, n)].id;
    samling_list_free(u);
    return id;
}

/* Hands over to the oracle what was said to be saved. */
static void saved(struct tablet *t, const struct draft *d, unsigned count)
{
    struct world *w = t->w;
    uint64_t last = sam_meta(t->s, last_seq);
    struct sam_op op;
    MUST(last == t->gids + count);
    t->pendings = 0;
    disk_look(true);
    for (unsigned i = 0; i < count; i++) {
        sqlite3_stmt *q = sam_store_use(&t->s->store, SAM_Q_OP_FROM);
        sam_bind(q, 1, last - count + 1 + i);
        sam_bind(q, 2, 1);
        MUST(sam_store_step(q) == 1);
        MUST(sam_outbox_op(t->s, (int64_t)(last - count + 1 + i), sam_column_span(q, 1), &op, &t->s->plain) == 0);
        sqlite3_reset(q);
        gid_add(t, history_draft(w, t->actor, &d[i], op.claimed_s, true));
        own_mark_note(t, &op.row, t->gids);
        w->saves++;
    }
    disk_look(false);
}

/* The end of a save: it is there, it is not, or nobody knows. */
static void save_end(struct tablet *t, int err, const struct draft *d, unsigned count)
{
    struct world *w = t->w;
    t->saving = false;
    trace_add(w, "save", t->index, (uint64_t)-err);
    if (!err) {
        saved(t, d, count);
        return;
    }
    w->rare.save_full += err == SAMLING_EFULL;
    if (err != SAMLING_EIO && err != SAMLING_EFULL && !disk_is_off(t->folder))
        return;
    for (unsigned i = 0; i < count && t->pendings < PENDINGS_MAX; i++) {
        t->pending[t->pendings] = d[i];
        t->pending[t->pendings].claim_first = t->claim_first;
        t->pending[t->pendings++].claim_end = history_claims(w);
    }
    if (err == SAMLING_EFULL && !disk_is_off(t->folder))
        return; /* until something else is saved, a restart may find it in the log */
    w->rare.save_unknown++;
    tablet_died(t);
}

static void save_begin(struct tablet *t)
{
    t->saving = true;
    t->claim_first = history_claims(t->w);
}

static void draft_set(struct draft *d, unsigned field, int v)
{
    if (v != -1)
        sam_row_set(&d->row, field, v);
}

static void mark_some(struct tablet *t, struct world *w, const struct form *f, struct samling_mark *m, struct draft *d)
{
    const struct seen *row = &f->row[1 + roll(w, f->rows - 1)];
    *m = (struct samling_mark)SAMLING_MARK_INIT;
    m->session = f->session;
    m->participant = row->key.part[1];
    m->presence = (int)roll(w, 5);
    m->evidence = chance(w, 60) ? 2 : (int)roll(w, 4);
    m->by_video = chance(w, 30) ? (int)roll(w, 2) : -1;
    m->late = chance(w, 30) ? (int)roll(w, 2) : -1;
    m->minutes = chance(w, 25) ? (int)roll(w, 90) : -1;
    m->arrived_min = m->minutes >= 0 && chance(w, 30) ? 540 + (int)roll(w, 60) : -1;
    *d = (struct draft){.kind = SAM_OP_SET, .seen = *row};
    sam_row_init(&d->row, SAM_ATTENDANCE);
    d->row.key = row->key;
    draft_set(d, SAM_ATTENDANCE_presence, m->presence);
    draft_set(d, SAM_ATTENDANCE_evidence, m->evidence);
    draft_set(d, SAM_ATTENDANCE_minutes, m->minutes);
    draft_set(d, SAM_ATTENDANCE_arrived_min, m->arrived_min);
    draft_set(d, SAM_ATTENDANCE_late, m->late);
    draft_set(d, SAM_ATTENDANCE_by_video, m->by_video);
    (void)t;
}

static void marks_save(struct tablet *t, const struct form *f, uint64_t user)
{
    struct world *w = t->w;
    struct samling_mark m[DRAFTS_MAX];
    struct draft d[DRAFTS_MAX];
    unsigned count = 1 + (chance(w, 30) ? (unsigned)roll(w, DRAFTS_MAX) : 0);
    for (unsigned i = 0; i < count; i++)
        mark_some(t, w, f, &m[i], &d[i]);
    save_begin(t);
    save_end(t, samling_mark_all(t->s, user, m, count), d, count);
}

static void status_save(struct tablet *t, const struct form *f, uint64_t user)
{
    struct world *w = t->w;
    struct draft d = {.kind = SAM_OP_SET, .seen = f->row[0]};
    int status = (int)roll(w, 3);
    sam_row_init(&d.row, SAM_SESSION);
    d.row.key = f->row[0].key;
    sam_row_set(&d.row, SAM_SESSION_status, status);
    save_begin(t);
    save_end(t, samling_session_status(t->s, user, f->session, status, -1), &d, 1);
}

static void form_save(struct tablet *t, struct form *f)
{
    struct world *w = t->w;
    uint64_t user = some_user(t);
    if (user && f->rows > 1 && chance(w, 90))
        marks_save(t, f, user);
    else if (user)
        status_save(t, f, user);
    if (t->s && chance(w, 70))
        f->session = 0;
    else
        f->save_ms = w->now_ms + some_ms(w, 30000);
}

static void session_add(struct tablet *t, uint64_t group)
{
    struct world *w = t->w;
    uint64_t user = some_user(t), id;
    struct draft d = {.kind = SAM_OP_CREATE};
    int start_min = chance(w, 50) ? 540 : -1;
    int32_t day = (int32_t)(w->now_ms / 1000 / DAY_S - 90 + (int64_t)roll(w, 100));
    if (!user)
        return;
    sam_row_init(&d.row, SAM_SESSION);
    sam_row_set(&d.row, SAM_SESSION_group_id, (int64_t)group);
    sam_row_set(&d.row, SAM_SESSION_day, day);
    sam_row_set(&d.row, SAM_SESSION_planned, 0);
    sam_row_set(&d.row, SAM_SESSION_status, 0);
    draft_set(&d, SAM_SESSION_start_min, start_min);
    d.row.key.part[0] = sam_id_make(sam_meta(t->s, device_no), sam_meta(t->s, id_counter) + 1);
    d.seen = seen_now(t, &d.row.key, group);
    save_begin(t);
    save_end(t, samling_session_add(t->s, user, group, day, start_min, &id), &d, 1);
}

/* A person takes up the tablet: looks at a sheet, or adds a session. People care for today's sessions most. */
static void person_act(struct tablet *t)
{
    struct world *w = t->w;
    struct samling_group *g;
    struct samling_session *ss;
    size_t groups, sessions;
    uint64_t group = 0, session = 0;
    t->person_ms = w->now_ms + some_ms(w, 40000);
    int err = samling_groups(t->s, &g, &groups);
    if (dead(t, err) || err)
        return;
    if (groups)
        group = g[roll(w, groups)].id;
    samling_list_free(g);
    if (!group)
        return;
    if (chance(w, 6)) {
        session_add(t, group);
        return;
    }
    err = samling_sessions(t->s, group, &ss, &sessions);
    if (dead(t, err) || err)
        return;
    if (sessions)
        session = ss[roll(w, sessions < 4 || chance(w, 10) ? sessions : 4)].id;
    samling_list_free(ss);
    if (session)
        form_open(t, session, group);
}

/* ---- events */

static struct form *form_due(struct tablet *t)
{
    struct form *due = NULL;
    for (unsigned i = 0; i < FORMS_MAX; i++)
        if (t->form[i].session && (!due || t->form[i].save_ms < due->save_ms))
            due = &t->form[i];
    return due;
}

static int64_t connect_due(struct tablet *t)
{
    const struct world *w = t->w;
    if (t->line)
        return t->line->patience_ms;
    int64_t in_ms = samling_retry_in_ms(t->s), due = in_ms < 0 ? INT64_MAX : w->now_ms + in_ms;
    uint64_t state = sam_meta(t->s, state);
    bool may = state != SAMLING_NOT_JOINED && state != SAMLING_WIPED;
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
    const struct form *f = w->people_on ? form_due(t) : NULL;
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
    } else if (w->people_on && (f = form_due(t)) && f->save_ms <= w->now_ms) {
        form_save(t, f);
        if (t->s && t->line)
            pump(t);
    } else if (t->person_ms <= w->now_ms) {
        person_act(t);
    }
}

/* ---- what must hold after every step */

static void acks_tell(struct tablet *t)
{
    struct world *w = t->w;
    struct oracle *o = history_oracle(w->history);
    uint64_t acked = sam_meta(t->s, acked_seq);
    for (uint64_t seq = t->acked_told + 1; t->gid && seq <= acked && seq <= t->gids; seq++)
        if (t->gid[seq - 1]) {
            oracle_acked(o, t->gid[seq - 1]);
            w->acks++;
        }
    if (acked != t->acked_told)
        MUST_SAY(oracle_wrong_count(o) == 0, "tablet %u was acked: %s", t->index, oracle_wrong(o));
    t->acked_told = acked;
}

/* P7: within an epoch cursors do not go back. */
static void cursor_check(struct tablet *t)
{
    struct world *w = t->w;
    uint64_t epoch = sam_meta(t->s, run_epoch), csn = sam_meta(t->s, run_csn);
    MUST_SAY(epoch != t->run_epoch || csn >= t->run_csn, "tablet %u: the cursor went back from %llu to %llu", t->index,
             (unsigned long long)t->run_csn, (unsigned long long)csn);
    t->run_epoch = epoch;
    t->run_csn = csn;
}

static void wiped(struct tablet *t)
{
    struct world *w = t->w;
    w->rare.wiped++;
    tablet_close(t);
    oracle_gone(history_oracle(w->history), t->actor);
    t->gone = true;
    trace_add(w, "wiped", t->index, 0);
}

/* What the scopes of this tablet went through. */
static void scopes_count(struct tablet *t)
{
    struct world *w = t->w;
    unsigned second = 0;
    for (unsigned i = 0; i < t->s->held.count; i++) {
        const struct sam_held *h = &t->s->held.at[i];
        second += h->slot && h->fill_slot;
    }
    w->rare.second_replica += second > t->second_replicas;
    w->rare.scope_left += t->s->held.count < t->scopes;
    t->second_replicas = second;
    t->scopes = t->s->held.count;
}

void tablet_check(struct tablet *t)
{
    struct world *w = t->w;
    if (!t->s || disk_is_off(t->folder))
        return;
    if (sam_meta(t->s, state) == SAMLING_WIPED) {
        wiped(t);
        return;
    }
    for (uint64_t seq = sam_meta(t->s, oldest_seq); seq > 1 && seq - 1 <= t->gids && t->gid[seq - 2]; seq--)
        t->gid[seq - 2] = 0;  /* trimmed */
    if (!t->s->store.in_tx) { /* what is not committed may still be taken back */
        if (sam_meta(t->s, device_no) != t->gid_device_no)
            outbox_read(t);
        acks_tell(t);
        cursor_check(t);
        scopes_count(t);
    }
    MUST_SAY(t->line || !sam_outbox_waiting(t->s) || samling_retry_in_ms(t->s) >= 0 ||
                 sam_meta(t->s, state) == SAMLING_NOT_JOINED,
             "tablet %u: %llu ops wait and no retry is armed", t->index, (unsigned long long)sam_outbox_waiting(t->s));
}
