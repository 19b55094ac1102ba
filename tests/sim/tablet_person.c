/* The person at a tablet: opens forms, thinks while syncs run, saves. */
#include "tests/sim/tablet_int.h"

#include "client-sdk/src/read.h"
#include "tests/sim/upgrade.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    if (tablet_is_dead(t, err) || err)
        return;
    own_marks_check(t, session, line, count);
    struct form *f = form_of(t, session);
    *f = (struct form){.session = session, .scope = group, .save_ms = w->now_ms + some_ms(w, 90000)};
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
    if (tablet_is_dead(t, err) || err)
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
        tablet_gid_add(t, history_draft(w, t->actor, &d[i], op.claimed_s, true));
        tablet_mark_note(t, &op.row, t->gids);
        w->saves++;
    }
    disk_look(false);
}

/* The end of a save: it is there, it is not, or nobody knows. */
static void save_end(struct tablet *t, int err, const struct draft *d, unsigned count)
{
    struct world *w = t->w;
    t->saving = false;
    skew_saves(false);
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
    skew_saves(true);
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

/* Somebody came who stands on no list: a name that nobody else has, and that he is here. */
static void walk_in_save(struct tablet *t, const struct form *f, uint64_t user)
{
    struct world *w = t->w;
    struct draft d[2] = {{.kind = SAM_OP_CREATE}, {.kind = SAM_OP_SET}};
    uint64_t id = sam_id_make(sam_meta(t->s, device_no), sam_meta(t->s, id_counter) + 1), out;
    char *name = w->guest[w->guests++]; /* the draft points to it */
    int n = snprintf(name, sizeof w->guest[0], "Gjest %u", w->guests);
    int birth_year = chance(w, 50) ? 1940 + (int)roll(w, 50) : -1;
    sam_row_init(&d[0].row, SAM_PARTICIPANT);
    d[0].row.key.part[0] = id;
    sam_row_set_text(&d[0].row, SAM_PARTICIPANT_name, name, (size_t)n);
    draft_set(&d[0], SAM_PARTICIPANT_birth_year, birth_year);
    sam_row_set(&d[0].row, SAM_PARTICIPANT_provisional, 1);
    d[0].seen = seen_now(t, &d[0].row.key, f->scope);
    sam_row_init(&d[1].row, SAM_ATTENDANCE);
    d[1].row.key.part[0] = f->session;
    d[1].row.key.part[1] = id;
    sam_row_set(&d[1].row, SAM_ATTENDANCE_presence, 1);
    sam_row_set(&d[1].row, SAM_ATTENDANCE_evidence, 2);
    d[1].seen = seen_now(t, &d[1].row.key, f->scope);
    save_begin(t);
    int err = samling_walk_in(t->s, user, f->session, name, birth_year, &out);
    w->rare.walked_in += err == 0;
    save_end(t, err, d, 2);
}

static uint64_t some_leader(struct tablet *t, uint64_t session)
{
    struct samling_leader *l;
    size_t n;
    int err = samling_session_leaders(t->s, session, &l, &n);
    if (tablet_is_dead(t, err) || err)
        return 0;
    uint64_t user = n ? l[roll(t->w, n)].user : 0;
    samling_list_free(l);
    return user;
}

/* Who leads the session, in which role; or somebody does not. */
static void leader_save(struct tablet *t, const struct form *f, uint64_t user)
{
    struct world *w = t->w;
    bool removes = chance(w, 25);
    uint64_t leader = removes ? some_leader(t, f->session) : some_user(t);
    int role = (int)roll(w, 10);
    if (!t->s || !leader)
        return;
    struct draft d = {.kind = removes ? SAM_OP_TOMBSTONE : SAM_OP_SET, .seen = f->row[0]};
    sam_row_init(&d.row, SAM_SESSION_LEADER);
    d.row.key.part[0] = f->session;
    d.row.key.part[1] = leader;
    if (!removes)
        sam_row_set(&d.row, SAM_SESSION_LEADER_role, role);
    save_begin(t);
    save_end(t,
             removes ? samling_leader_remove(t->s, user, f->session, leader)
                     : samling_leader_save(t->s, user, f->session, leader, role),
             &d, 1);
}

/* Somebody on the sheet wants the record shut. Where it is shut already nothing is saved. */
static void shut_save(struct tablet *t, const struct form *f, uint64_t user)
{
    struct world *w = t->w;
    struct draft d = {.kind = SAM_OP_SET};
    struct sam_view v;
    uint64_t as, scope, participant = f->row[1 + roll(w, f->rows - 1)].key.part[1];
    disk_look(true);
    int err = sam_person_shown(t->s, participant, &as);
    err = err ? err : sam_person_find(t->s, as, &v, &scope);
    disk_look(false);
    if (err || sam_row_num(&v.row, SAM_PARTICIPANT_shut))
        return;
    sam_row_init(&d.row, SAM_PARTICIPANT);
    d.row.key.part[0] = as;
    sam_row_set(&d.row, SAM_PARTICIPANT_shut, 1);
    d.seen = seen_now(t, &d.row.key, scope);
    save_begin(t);
    err = samling_record_shut(t->s, user, participant);
    w->rare.shut_tablet += err == 0;
    save_end(t, err, &d, 1);
}

void tablet_form_save(struct tablet *t, struct form *f)
{
    struct world *w = t->w;
    uint64_t user = some_user(t);
    if (user && has_fault(w, FAULT_LINK) && w->guests < GUESTS_MAX && chance(w, 12))
        walk_in_save(t, f, user);
    else if (user && f->rows > 1 && has_fault(w, FAULT_SHUT) && chance(w, 4))
        shut_save(t, f, user);
    else if (user && has_fault(w, FAULT_SKEW) && !t->schema && chance(w, 10))
        leader_save(t, f, user);
    else if (user && f->rows > 1 && chance(w, 90))
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
void tablet_person_act(struct tablet *t)
{
    struct world *w = t->w;
    struct samling_group *g;
    struct samling_session *ss;
    size_t groups, sessions;
    uint64_t group = 0, session = 0;
    t->person_ms = w->now_ms + some_ms(w, 40000);
    int err = samling_groups(t->s, &g, &groups);
    if (tablet_is_dead(t, err) || err)
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
    if (tablet_is_dead(t, err) || err)
        return;
    if (sessions)
        session = ss[roll(w, sessions < 4 || chance(w, 10) ? sessions : 4)].id;
    samling_list_free(ss);
    if (session)
        form_open(t, session, group);
}

struct form *tablet_form_due(struct tablet *t)
{
    struct form *due = NULL;
    for (unsigned i = 0; i < FORMS_MAX; i++)
        if (t->form[i].session && (!due || t->form[i].save_ms < due->save_ms))
            due = &t->form[i];
    return due;
}
