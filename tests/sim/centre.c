#include "tests/sim/centre_int.h"

#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "tests/sim/console.h"
#include "tests/sim/history.h"
#include "tests/sim/line.h"
#include "tests/sim/upgrade.h"

#include <string.h>

static int64_t now_s(void *ctx)
{
    return ((struct world *)ctx)->now_ms / 1000;
}

/* ---- news */

static void poke_all(struct world *w)
{
    struct centre *centre = &w->centre;
    struct conn *c;
    TAILQ_FOREACH(c, &centre->listener.conns, all)
    conn_poke(c, &centre->touches);
    touches_clear(&centre->touches);
    centre->poke_ms = INT64_MAX;
}

void centre_recheck(struct world *w)
{
    struct conn *c;
    TAILQ_FOREACH(c, &w->centre.listener.conns, all)
    conn_recheck(c);
    history_devices(w);
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
    [SAM_SESSION_LEADER] =
        "SELECT g.org = ?3 FROM session s JOIN groups g ON g.id = coalesce(s.group_id, s.scope) WHERE s.id = ?1",
    [SAM_ENROLMENT] = "SELECT org = ?3 FROM groups WHERE id = ?1",
    [SAM_PARTICIPANT] =
        ("SELECT EXISTS (SELECT 1 FROM groups g JOIN enrolment e ON e.group_id = g.id AND e.participant = ?1 "
         "WHERE g.org = ?3 AND e.dead <= 0) OR EXISTS (SELECT 1 FROM groups g JOIN session s ON coalesce(s.group_id, "
         "s.scope) = g.id JOIN attendance a ON a.session = s.id AND a.participant = ?1 WHERE g.org = ?3)"),
    [SAM_LINK] = ("WITH RECURSIVE up(id) AS (SELECT ?1 UNION SELECT winner FROM link_person JOIN up USING (id) WHERE "
                  "winner) SELECT "
                  "EXISTS (SELECT 1 FROM up, groups g JOIN enrolment e ON e.group_id = g.id AND e.participant = up.id "
                  "WHERE g.org = ?3 AND e.dead <= 0) OR EXISTS (SELECT 1 FROM up, groups g JOIN session s ON "
                  "coalesce(s.group_id, "
                  "s.scope) = g.id JOIN attendance a ON a.session = s.id AND a.participant = up.id WHERE g.org = ?3)")};

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
    if (c->upgrading)
        upgrade_trouble(w, w->centre_folder);
    int err = intake_open(&c->intake, &config, create);
    if (!err)
        err = store_reader_open(&c->reader, w->store_path);
    if (err) {
        say(w, "the centre does not start: %s", sam_err_name(err));
        w->rare.upgrade_broken += c->upgrading;
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
    touches_clear(&c->touches);
    c->scopes.count = 0;
    c->scopes.all = false;
    c->dying = false;
    c->day_planned = -1;
    c->boot_ms = INT64_MAX;
    uint64_t told = history_csn(w);
    if (c->upgrading) {
        c->upgrading = false;
        w->rare.upgraded++;
        upgrade_over(w, w->centre_folder);
        upgrade_same(w);
    }
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
    centre_jobs_end(first, NULL, true);
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
        uint64_t late = centre_conn_due(conn);
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
        centre_commit(w);
    } else if (c->poke_ms <= w->now_ms) {
        poke_all(w);
    } else if (c->day_planned != w->now_ms / 86400000) {
        centre_plan(w);
    } else {
        struct conn *conn;
        TAILQ_FOREACH(conn, &c->listener.conns, all)
        if (centre_conn_due(conn) <= (uint64_t)w->now_ms)
            centre_conn_late(conn, (uint64_t)w->now_ms);
    }
    if (c->dying || (c->intake && disk_is_off(w->centre_folder)))
        centre_died(w);
}
