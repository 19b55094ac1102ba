#include "tests/sim/centre.h"

#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "tests/sim/console.h"
#include "tests/sim/history.h"
#include "tests/sim/leak.h"
#include "tests/sim/line.h"

#include <stdlib.h>
#include <string.h>

#define COMMIT_MS_MAX 6
#define POKE_MS 20
#define HANDSHAKE_MS 10000u
#define IDLE_MS 120000u
#define PING_MS 30000u
#define SHUT_MS 5000u
#define OUT_HIGH_BYTES CONN_OUT_HIGH_BYTES
#define SCOPES_TOUCHED_MAX 512u

static struct world *world_of(const struct conn *c)
{
    return c->l->config.writer->w;
}

/* The clock of the loop is the world's. */
uint64_t uv_now(const uv_loop_t *loop)
{
    return (uint64_t)((struct world *)loop->data)->now_ms;
}

static int64_t now_s(void *ctx)
{
    return ((struct world *)ctx)->now_ms / 1000;
}

/* ---- connections, as conn.c and listener.c */

void conn_early_leave(struct conn *c)
{
    c->unproven = false;
}

void conn_shut(struct conn *c)
{
    if (c->shut)
        return;
    c->shut = true;
    c->shut_ms = uv_now(c->l->config.loop);
}

void conn_release(struct conn *c)
{
    (void)c; /* conns_reap */
}

void conn_close(struct conn *c, const char *why)
{
    struct line *line = c->tcp.data;
    (void)why;
    if (c->closing)
        return;
    c->closing = true;
    if (line->conn == c)
        line_leave_centre(world_of(c), line, false);
}

void conn_bye(struct conn *c, uint32_t retry_after_s, const char *why)
{
    if (c->closing || c->shut)
        return;
    sam_sync_send_bye(c->sync, retry_after_s, why);
    conn_shut(c);
    conn_turn(c);
}

void listener_proved(struct listener *l, struct conn *c)
{
    unsigned same = 0;
    struct conn *oldest = NULL, *other;
    TAILQ_FOREACH(other, &l->conns, all)
    if (other != c && !other->closing && !other->shut && other->device_no == c->device_no) {
        same++;
        oldest = oldest ? oldest : other;
    }
    if (same >= CONN_PER_DEVICE_MAX)
        conn_bye(oldest, 0, "a newer connection of this device");
}

static size_t out_waiting(const struct conn *c)
{
    const struct line *line = c->tcp.data;
    return sam_buf_len(&c->plain_out) + sam_buf_len(&line->down.bytes);
}

static bool converse(struct conn *c)
{
    if (c->shut || out_waiting(c) > OUT_HIGH_BYTES)
        return false;
    struct line *line = c->tcp.data;
    size_t before = sam_buf_len(&c->plain_in);
    bool pulled = c->pulled;
    c->pulled = false;
    int err = sam_sync_feed(c->sync, &c->plain_in);
    line->pull = line->pull || c->pulled;
    c->pulled = c->pulled || pulled;
    if (err && !c->closing)
        conn_shut(c);
    return sam_buf_len(&c->plain_in) != before;
}

static bool tell(struct conn *c)
{
    if (!c->feed || c->shut || out_waiting(c) > OUT_HIGH_BYTES)
        return false;
    int made = conn_host_feed(c);
    struct line *line = c->tcp.data;
    if (made < 0)
        conn_shut(c);
    else if (!c->feed && line->pull) {
        line->pull = false;
        line->told_ms = world_of(c)->now_ms;
    }
    return made != 0;
}

static bool emit(struct conn *c)
{
    struct world *w = world_of(c);
    struct line *line = c->tcp.data;
    struct sam_span out = sam_buf_peek(&c->plain_out);
    if (out.len == 0 || line->conn != c)
        return false;
    leak_check(w, c, out);
    line_add(w, line, &line->down, out.ptr, out.len);
    sam_buf_consume(&c->plain_out, out.len);
    c->progress_ms = (uint64_t)w->now_ms;
    return true;
}

void conn_turn(struct conn *c)
{
    static bool (*const stage[])(struct conn *) = {converse, tell, emit};
    if (c->turning || c->closing) {
        c->again = true;
        return;
    }
    c->turning = true;
    do {
        c->again = false;
        for (unsigned i = 0; i < 3 && !c->closing; i++)
            c->again |= stage[i](c);
    } while (c->again && !c->closing);
    c->turning = false;
    if (!c->closing && c->shut && sam_buf_len(&c->plain_out) == 0)
        conn_close(c, "said");
}

bool centre_accept(struct world *w, struct line *l)
{
    struct centre *centre = &w->centre;
    if (!centre->intake)
        return false;
    struct conn *c = calloc(1, sizeof *c);
    MUST(c != NULL);
    c->l = &centre->listener;
    c->id = ++centre->listener.conn_id;
    c->born_ms = c->read_ms = c->progress_ms = (uint64_t)w->now_ms;
    c->unproven = true;
    c->tcp.data = l;
    sam_buf_init(&c->plain_in, 1u << 20);
    sam_buf_init(&c->plain_out, CONN_PLAIN_OUT_BYTES);
    MUST(conn_host_new(c) == 0);
    TAILQ_INSERT_TAIL(&centre->listener.conns, c, all);
    l->conn = c;
    return true;
}

void centre_heard(struct world *w, struct line *l, const uint8_t *p, size_t n)
{
    struct conn *c = l->conn;
    if (!c || c->closing)
        return;
    c->read_ms = (uint64_t)w->now_ms;
    MUST(sam_buf_add(&c->plain_in, p, n) == 0);
    conn_turn(c);
}

void centre_heard_end(struct world *w, struct line *l)
{
    (void)w;
    if (l->conn)
        conn_close(l->conn, "EOF");
}

void conns_reap(struct world *w)
{
    struct conn *c, *next;
    for (c = TAILQ_FIRST(&w->centre.listener.conns); c; c = next) {
        next = TAILQ_NEXT(c, all);
        if (c->closing && !c->closed) {
            c->closed = true;
            conn_host_free(c);
        }
        if (!c->closed || c->jobs)
            continue;
        TAILQ_REMOVE(&w->centre.listener.conns, c, all);
        sam_buf_fini(&c->plain_in);
        sam_buf_fini(&c->plain_out);
        free(c);
    }
}

/* ---- what takes too long */

static uint64_t conn_due(const struct conn *c)
{
    uint64_t heard = c->read_ms > c->progress_ms ? c->read_ms : c->progress_ms;
    if (c->closing)
        return UINT64_MAX;
    if (c->shut)
        return c->shut_ms + SHUT_MS;
    if (c->unproven)
        return c->jobs ? UINT64_MAX : c->born_ms + HANDSHAKE_MS;
    uint64_t ping = (heard > c->ping_ms ? heard : c->ping_ms) + PING_MS;
    return ping < heard + IDLE_MS ? ping : heard + IDLE_MS;
}

static void ping(struct conn *c, uint64_t now_ms)
{
    uint8_t mem[16];
    struct sam_buf body = {.mem = mem, .cap = sizeof mem, .max = sizeof mem};
    struct sam_ping p = {.number = ++c->pings};
    c->ping_ms = now_ms;
    if (sam_ping_encode(&body, &p) == 0 && sam_sync_send(c->sync, SAM_FRAME_PING, sam_buf_peek(&body)) == 0)
        conn_turn(c);
}

static void conn_late(struct conn *c, uint64_t now_ms)
{
    uint64_t heard = c->read_ms > c->progress_ms ? c->read_ms : c->progress_ms;
    if (c->shut || c->unproven)
        conn_close(c, "took too long");
    else if (now_ms >= heard + IDLE_MS)
        conn_bye(c, 0, "nothing was heard");
    else
        ping(c, now_ms);
}

/* ---- jobs, as writer.c */

void writer_submit(struct writer *q, struct writer_job *job)
{
    job->next = NULL;
    job->err = 0;
    if (q->last)
        q->last->next = job;
    else
        q->first = job;
    q->last = job;
    if (!q->jobs++ || q->w->centre.commit_ms == INT64_MAX)
        q->w->centre.commit_ms = q->w->now_ms + (int64_t)roll(q->w, COMMIT_MS_MAX);
}

static void touch_add(struct centre *c, uint64_t org, uint64_t author)
{
    unsigned i = 0;
    while (i < c->touch_count && c->touch[i].org != org)
        i++;
    if (i == WRITER_TOUCHES_MAX) {
        c->touch_all = true;
        return;
    }
    if (i == c->touch_count)
        c->touch[c->touch_count++] = (struct writer_touch){org, author};
    else if (c->touch[i].author != author)
        c->touch[i].author = 0;
}

struct scope_touch {
    uint64_t scope, author;
};
struct touched {
    unsigned count;
    struct scope_touch at[SCOPES_TOUCHED_MAX];
};

static void scopes_note(struct world *w, struct touched *t, uint64_t author)
{
    uint64_t scope[SCOPES_TOUCHED_MAX];
    unsigned n = intake_scopes_touched(w->centre.intake, scope, SCOPES_TOUCHED_MAX);
    for (unsigned i = 0; i < n && t->count < SCOPES_TOUCHED_MAX; i++)
        t->at[t->count++] = (struct scope_touch){scope[i], author};
}

static void scopes_publish(struct world *w, const struct touched *t)
{
    struct centre *c = &w->centre;
    for (unsigned i = 0; i < t->count; i++) {
        struct store_scope scope;
        if (store_scope_get(intake_store(c->intake), t->at[i].scope, &scope) == 0)
            touch_add(c, scope.org, t->at[i].author);
    }
    if (c->touch_count && c->poke_ms == INT64_MAX)
        c->poke_ms = w->now_ms + POKE_MS;
}

/* What a commit brought: told to the oracle, and to those who are connected. */
static void published(struct world *w, const struct touched *t)
{
    uint64_t told = history_csn(w);
    history_read(w);
    scopes_publish(w, t);
    if (t->count || history_csn(w) != told)
        w->changed_ms = w->now_ms;
}

static int group_run(struct world *w, struct writer_job *first, const struct writer_job *end, struct touched *t)
{
    struct intake *in = w->centre.intake;
    int err = intake_begin(in);
    if (err)
        return err;
    for (struct writer_job *j = first; j != end && !err; j = j->next) {
        err = j->run(j, in);
        scopes_note(w, t, j->device_no);
    }
    if (err) {
        intake_rollback(in);
        t->count = 0;
        return err;
    }
    w->centre.in_commit = true;
    err = intake_commit(in);
    w->centre.in_commit = disk_is_off(w->centre_folder) || err == SAM_EIO;
    return err;
}

/* The process ends where the disk failed it. true: it has. */
static bool ended(struct world *w, int err)
{
    if (err == SAM_EIO && !disk_is_off(w->centre_folder)) {
        say(w, "the centre's disk failed: the process ends");
        disk_kill(w->centre_folder);
    }
    if (!disk_is_off(w->centre_folder))
        return false;
    w->centre.dying = true;
    return true;
}

static bool one_run(struct world *w, struct writer_job *j)
{
    struct touched t = {0};
    struct writer_job *end = j->next;
    int err = group_run(w, j, end, &t);
    if (ended(w, err)) {
        j->err = SAM_EIO;
        return false;
    }
    j->err = err;
    if (!err)
        published(w, &t);
    return true;
}

static void checkpoint(struct world *w)
{
    if (!chance(w, 3))
        return;
    int err = store_checkpoint(intake_store(w->centre.intake), chance(w, 30));
    if (err == SAM_EIO)
        ended(w, err);
}

/* Jobs up to one that wants to be alone; it is the last of its group. */
static const struct writer_job *group_end(struct writer_job *first)
{
    struct writer_job *j = first;
    unsigned ops = 0;
    while (j && ops < WRITER_GROUP_OPS_MAX && (j == first || !j->alone)) {
        ops += j->ops;
        bool alone = j->alone;
        j = j->next;
        if (alone)
            break;
    }
    return j;
}

static void group_commit(struct world *w, struct writer_job *first, const struct writer_job *end)
{
    struct touched t = {0};
    int err = group_run(w, first, end, &t);
    if (ended(w, err))
        return;
    bool singly = err < 0 && err != SAM_EFULL && first->next != end;
    if (!err)
        published(w, &t);
    for (struct writer_job *j = first; j != end; j = j->next) {
        if (!singly)
            j->err = err;
        else if (!one_run(w, j))
            return;
    }
}

/* Every job is given back: with its result, or, where the process ended, as never answered. */
static void jobs_end(struct writer_job *first, const struct writer_job *end, bool died)
{
    for (struct writer_job *j = first, *next; j != end; j = next) {
        next = j->next;
        if (died)
            j->done(j, SAM_EIO);
        else
            j->done(j, j->err);
    }
}

static void writer_act(struct world *w)
{
    struct writer *q = &w->centre.writer;
    struct writer_job *first = q->first;
    const struct writer_job *end = group_end(first);
    group_commit(w, first, end);
    if (w->centre.dying)
        return;
    q->first = (struct writer_job *)(uintptr_t)end;
    if (!end)
        q->last = NULL;
    q->jobs = 0;
    for (const struct writer_job *j = end; j; j = j->next)
        q->jobs++;
    w->centre.commit_ms = end ? w->now_ms : INT64_MAX;
    jobs_end(first, end, false);
    checkpoint(w);
}

void centre_flush(struct world *w)
{
    while (w->centre.intake && !w->centre.dying && w->centre.writer.first)
        writer_act(w);
}

/* ---- news */

static void poke_all(struct world *w)
{
    struct centre *centre = &w->centre;
    struct conn *c;
    TAILQ_FOREACH(c, &centre->listener.conns, all)
    conn_poke(c, centre->touch, centre->touch_count, centre->touch_all);
    centre->touch_count = 0;
    centre->touch_all = false;
    centre->poke_ms = INT64_MAX;
}

void centre_recheck(struct world *w)
{
    struct conn *c;
    TAILQ_FOREACH(c, &w->centre.listener.conns, all)
    conn_recheck(c);
    history_devices(w);
}

/* Planned sessions, once a day. */
static void plan(struct world *w)
{
    struct touched t = {0};
    struct intake *in = w->centre.intake;
    unsigned written;
    w->centre.day_planned = w->now_ms / 86400000;
    int err = intake_begin(in);
    if (!err) {
        err = intake_plan(in, &written);
        scopes_note(w, &t, 0);
        if (err)
            intake_rollback(in);
        else {
            w->centre.in_commit = true;
            err = intake_commit(in);
            w->centre.in_commit = false;
        }
    }
    if (ended(w, err) || err)
        return;
    published(w, &t);
}

/* ---- life */

static const char *const may_see_sql[SAM_ENTITY_TAG_MAX + 1] = {
    [SAM_ORG_UNIT] = "SELECT ?1 = ?3",
    [SAM_GROUP] = "SELECT org = ?3 FROM groups WHERE id = ?1",
    [SAM_USER] = "SELECT org = ?3 FROM user WHERE id = ?1",
    [SAM_SESSION] =
        "SELECT g.org = ?3 FROM session s JOIN groups g ON g.id = coalesce(s.group_id, s.scope) WHERE s.id = ?1",
    [SAM_ATTENDANCE] =
        "SELECT g.org = ?3 FROM session s JOIN groups g ON g.id = coalesce(s.group_id, s.scope) WHERE s.id = ?1",
    [SAM_ENROLMENT] = "SELECT org = ?3 FROM groups WHERE id = ?1",
    [SAM_PARTICIPANT] =
        ("SELECT EXISTS (SELECT 1 FROM groups g JOIN enrolment e ON e.group_id = g.id AND e.participant = ?1 "
         "WHERE g.org = ?3 AND e.dead <= 0) OR EXISTS (SELECT 1 FROM groups g JOIN session s ON coalesce(s.group_id, "
         "s.scope) = g.id JOIN attendance a ON a.session = s.id AND a.participant = ?1 WHERE g.org = ?3)")};

static void reader_prepare(struct world *w)
{
    struct centre *c = &w->centre;
    MUST(sqlite3_prepare_v2(c->reader->db,
                            "SELECT kind, reason FROM admission WHERE csn = ?1 AND kind IN (2, 5, 6) UNION ALL "
                            "SELECT kind, reason FROM verdict WHERE csn = ?1",
                            -1, &c->verdict_at, NULL) == 0);
    sqlite3_prepare_v2(
        c->reader->db,
        "SELECT 1 FROM conflict_case WHERE entity = ? AND key1 = ? AND key2 = ? AND key3 = ? AND key4 = ? AND rule = 0 "
        "AND unit = ? AND open = 1",
        -1, &c->case_open, NULL);
    MUST(sqlite3_prepare_v2(c->reader->db,
                            "SELECT device_no, first_seq, last_seq FROM hole ORDER BY device_no, first_seq", -1,
                            &c->holes, NULL) == 0);
    for (unsigned i = 0; i <= SAM_ENTITY_TAG_MAX; i++)
        if (may_see_sql[i])
            MUST(sqlite3_prepare_v2(c->reader->db, may_see_sql[i], -1, &c->may_see[i], NULL) == 0);
}

static void reader_close(struct world *w)
{
    struct centre *c = &w->centre;
    sqlite3_finalize(c->verdict_at);
    sqlite3_finalize(c->holes);
    sqlite3_finalize(c->case_open);
    for (unsigned i = 0; i <= SAM_ENTITY_TAG_MAX; i++) {
        sqlite3_finalize(c->may_see[i]);
        c->may_see[i] = NULL;
    }
    c->verdict_at = NULL;
    store_close(c->reader);
    c->reader = NULL;
}

static void listener_fill(struct world *w)
{
    struct centre *c = &w->centre;
    c->loop.data = w;
    c->writer = (struct writer){.w = w};
    c->listener.config = (struct listener_config){
        .loop = &c->loop, .writer = &c->writer, .reader = c->reader, .epoch = intake_epoch(c->intake)};
    TAILQ_INIT(&c->listener.conns);
    quota_init(&c->listener.quota, 0);
    c->listener.limit = limit_new(&(struct limit_config){0});
    c->listener.zip = sam_zip_new();
    MUST(c->listener.limit && c->listener.zip);
}

bool centre_open(struct world *w, bool create)
{
    struct centre *c = &w->centre;
    struct intake_config config = {
        .store_path = w->store_path, .journal_path = w->journal_path, .now_s = now_s, .now_ctx = w};
    int err = intake_open(&c->intake, &config, create);
    if (!err)
        err = store_reader_open(&c->reader, w->store_path);
    if (err) {
        say(w, "the centre does not start: %s", sam_err_name(err));
        MUST_SAY(disk_is_off(w->centre_folder) || disk_counts()->faults + disk_counts()->full > w->disk_faults_seen,
                 "the centre does not start: %s", sam_err_name(err));
        w->disk_faults_seen = disk_counts()->faults + disk_counts()->full;
        intake_close(c->intake);
        c->intake = NULL;
        if (!disk_is_off(w->centre_folder))
            disk_kill(w->centre_folder);
        c->boot_ms = w->now_ms + 1000 + (int64_t)roll(w, 20000);
        return false;
    }
    disk_look(true);
    reader_prepare(w);
    disk_look(false);
    listener_fill(w);
    c->commit_ms = c->poke_ms = INT64_MAX;
    c->touch_count = 0;
    c->touch_all = c->dying = false;
    c->day_planned = -1;
    c->boot_ms = INT64_MAX;
    uint64_t told = history_csn(w);
    history_serve(w);
    w->changed_ms = w->now_ms;
    if (c->in_commit && history_csn(w) > told)
        w->rare.commit_unknown++;
    else if (c->in_commit)
        w->rare.commit_gone++;
    c->in_commit = false;
    return true;
}

/* Everything that the process held is freed. */
static void process_end(struct world *w, bool lost)
{
    struct centre *c = &w->centre;
    struct writer_job *first = c->writer.first;
    struct conn *conn;
    TAILQ_FOREACH(conn, &c->listener.conns, all)
    {
        struct line *line = conn->tcp.data;
        conn->closing = true;
        if (line->conn == conn)
            line_leave_centre(w, line, lost);
    }
    c->writer.first = c->writer.last = NULL;
    jobs_end(first, NULL, true);
    conns_reap(w);
    MUST(TAILQ_EMPTY(&c->listener.conns));
    reader_close(w);
    intake_close(c->intake);
    c->intake = NULL;
    quota_fini(&c->listener.quota);
    limit_free(c->listener.limit);
    sam_zip_free(c->listener.zip);
    memset(&c->listener, 0, sizeof c->listener);
    c->commit_ms = c->poke_ms = INT64_MAX;
    c->dying = false;
}

void centre_close(struct world *w)
{
    centre_flush(w);
    if (w->centre.dying)
        centre_died(w);
    else if (w->centre.intake)
        process_end(w, false);
}

void centre_died(struct world *w)
{
    if (w->centre.intake)
        process_end(w, chance(w, 50));
    w->centre.boot_ms = w->now_ms + 500 + (int64_t)roll(w, 30000);
}

int64_t centre_due(const struct world *w)
{
    const struct centre *c = &w->centre;
    const struct conn *conn;
    if (!c->intake)
        return c->boot_ms;
    int64_t due = c->commit_ms < c->poke_ms ? c->commit_ms : c->poke_ms;
    int64_t tomorrow = c->day_planned < 0 ? w->now_ms : (c->day_planned + 1) * 86400000;
    if (tomorrow < due)
        due = tomorrow;
    TAILQ_FOREACH(conn, &c->listener.conns, all)
    {
        uint64_t late = conn_due(conn);
        if (late < (uint64_t)due)
            due = (int64_t)late;
    }
    return due;
}

void centre_act(struct world *w)
{
    struct centre *c = &w->centre;
    if (!c->intake) {
        disk_boot(w->centre_folder);
        trace_add(w, "boot", centre_open(w, false), 0);
    } else if (c->commit_ms <= w->now_ms) {
        trace_add(w, "commit", c->writer.jobs, 0);
        writer_act(w);
    } else if (c->poke_ms <= w->now_ms) {
        poke_all(w);
    } else if (c->day_planned != w->now_ms / 86400000) {
        plan(w);
    } else {
        struct conn *conn;
        TAILQ_FOREACH(conn, &c->listener.conns, all)
        if (conn_due(conn) <= (uint64_t)w->now_ms)
            conn_late(conn, (uint64_t)w->now_ms);
    }
    if (c->dying || (c->intake && disk_is_off(w->centre_folder)))
        centre_died(w);
}
