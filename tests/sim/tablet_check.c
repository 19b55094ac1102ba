/* What a tablet holds, looked at from outside: its outbox when it starts, and what must hold after every step. */
#include "tests/sim/tablet_int.h"

#include <stdlib.h>

void tablet_gid_add(struct tablet *t, uint64_t gid)
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
void tablet_mark_note(struct tablet *t, const struct sam_row *r, uint64_t seq)
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
        tablet_mark_note(t, &op->row, t->gids + 1);
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
void tablet_outbox_read(struct tablet *t)
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
        tablet_gid_add(t, 0);
    while (sqlite3_step(q) == SQLITE_ROW) {
        MUST((uint64_t)sqlite3_column_int64(q, 0) == t->gids + 1);
        MUST(sam_outbox_op(t->s, sqlite3_column_int64(q, 0), sam_column_span(q, 1), &op, &t->s->plain) == 0);
        tablet_gid_add(t, op_known(t, &op));
    }
    sqlite3_finalize(q);
    disk_look(false);
    MUST_SAY(t->gids == sam_meta(t->s, last_seq), "tablet %u holds %llu ops, and says that it saved %llu", t->index,
             (unsigned long long)t->gids, (unsigned long long)sam_meta(t->s, last_seq));
    bool erased = sam_meta(t->s, state) == SAMLING_WIPED; /* and killed before it could say so */
    if (erased)
        oracle_gone(history_oracle(w->history), t->actor); /* it holds nothing, whatever the centre knows of it */
    for (uint64_t i = 0; !erased && i < before.gids; i++)
        MUST_SAY(!before.gid[i] || i + 1 < oldest || gid_held(t, before.gid[i]),
                 "tablet %u: op %llu was saved and is gone", t->index, (unsigned long long)before.gid[i]);
    free(before.gid);
    pendings_check(t);
    t->gid_device_no = sam_meta(t->s, device_no);
    t->acked_told = sam_meta(t->s, acked_seq);
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

/* How its join ended. */
static void join_count(struct tablet *t)
{
    struct rare *r = &t->w->rare;
    if (sam_meta(t->s, state) == SAMLING_INVITED)
        return;
    t->joining = false;
    r->code_refused += sam_meta(t->s, state) == SAMLING_NOT_JOINED;
    if (!sam_meta(t->s, device_no))
        return;
    r->join_broken += t->join_cut;
    r->joined_late += history_csn(t->w) > 200;
    t->join_cut = false;
}

void tablet_check(struct tablet *t)
{
    struct world *w = t->w;
    if (!t->s || disk_is_off(t->folder))
        return;
    if (sam_meta(t->s, state) == SAMLING_WIPED) {
        if (!sam_may_greet(t->s)) /* it has said so */
            wiped(t);
        return;
    }
    for (uint64_t seq = sam_meta(t->s, oldest_seq); seq > 1 && seq - 1 <= t->gids && t->gid[seq - 2]; seq--)
        t->gid[seq - 2] = 0;  /* trimmed */
    if (!t->s->store.in_tx) { /* what is not committed may still be taken back */
        if (sam_meta(t->s, device_no) != t->gid_device_no)
            tablet_outbox_read(t);
        if (t->joining)
            join_count(t);
        acks_tell(t);
        cursor_check(t);
        scopes_count(t);
    }
    MUST_SAY(t->line || !sam_outbox_waiting(t->s) || samling_retry_in_ms(t->s) >= 0 ||
                 sam_meta(t->s, state) == SAMLING_NOT_JOINED,
             "tablet %u: %llu ops wait and no retry is armed", t->index, (unsigned long long)sam_outbox_waiting(t->s));
}
