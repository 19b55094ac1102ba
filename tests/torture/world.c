/* See world.h. The linker leads the harness's pump_stop and the centre's transactions through here (--wrap). */
#include "tests/torture/world.h"

#include "proto/base/err.h"
#include "proto/model/rule.h"
#include "server/store/store_int.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint8_t store_key[32] = "a key for tests, 32 bytes long..";

static struct world *at_work; /* whose step runs */
static jmp_buf step_out;
static unsigned long hits_before; /* this transaction */
static bool begun;

/* ---- what is noted while the centre works */

static int centre_said(int err)
{
    if (at_work && err == SAM_EIO)
        at_work->seen->ended = true;
    return err;
}

int __real_intake_begin(struct intake *in);
int __wrap_intake_begin(struct intake *in);
int __wrap_intake_begin(struct intake *in)
{
    int err = centre_said(__real_intake_begin(in));
    hits_before = fail_hits();
    begun = !err;
    return err;
}

int __real_intake_commit(struct intake *in);
int __wrap_intake_commit(struct intake *in);
int __wrap_intake_commit(struct intake *in)
{
    begun = false;
    fail_enter();
    int err = __real_intake_commit(in);
    fail_leave();
    return centre_said(err);
}

int __real_intake_hello(struct intake *in, const struct sam_hello *h, struct sam_span body, const uint8_t *mac,
                        struct intake_greeting *out);
int __wrap_intake_hello(struct intake *in, const struct sam_hello *h, struct sam_span body, const uint8_t *mac,
                        struct intake_greeting *out);
int __wrap_intake_hello(struct intake *in, const struct sam_hello *h, struct sam_span body, const uint8_t *mac,
                        struct intake_greeting *out)
{
    return centre_said(__real_intake_hello(in, h, body, mac, out));
}

int __real_intake_join(struct intake *in, const struct sam_join *j, struct sam_span body, const uint8_t *mac,
                       struct intake_joined *out);
int __wrap_intake_join(struct intake *in, const struct sam_join *j, struct sam_span body, const uint8_t *mac,
                       struct intake_joined *out);
int __wrap_intake_join(struct intake *in, const struct sam_join *j, struct sam_span body, const uint8_t *mac,
                       struct intake_joined *out)
{
    return centre_said(__real_intake_join(in, j, body, mac, out));
}

int __real_intake_push(struct intake *in, struct intake_batch *b, struct intake_pushed *out);
int __wrap_intake_push(struct intake *in, struct intake_batch *b, struct intake_pushed *out);
static uint64_t pushing;
int __wrap_intake_push(struct intake *in, struct intake_batch *b, struct intake_pushed *out)
{
    pushing = b->device_no;
    return centre_said(__real_intake_push(in, b, out));
}

int __real_sam_sync_send_ack(struct sam_sync *s, const struct sam_ack *a);
int __wrap_sam_sync_send_ack(struct sam_sync *s, const struct sam_ack *a);
int __wrap_sam_sync_send_ack(struct sam_sync *s, const struct sam_ack *a)
{
    int err = __real_sam_sync_send_ack(s, a);
    if (!err && at_work && pushing >= 2 && pushing - 2 < WORLD_TABLETS + 3) {
        at_work->seen->acked[pushing - 2] = a->seq;
        at_work->seen->acks_after_failure += fail_hits() > hits_before;
    }
    return err;
}

_Noreturn void __real_pump_stop(const char *file, int line, const char *what);
_Noreturn void __wrap_pump_stop(const char *file, int line, const char *what);
_Noreturn void __wrap_pump_stop(const char *file, int line, const char *what)
{
    if (!at_work)
        __real_pump_stop(file, line, what);
    longjmp(step_out, 1);
}

int world_error(struct world *w, int err)
{
    if (err)
        w->seen->errors++;
    if ((err == SAM_ECORRUPT || err == SAM_EAUTH || err == SAM_ENOTFOUND || err == SAM_EVERSION) && !w->seen->wrong[0])
        snprintf(w->seen->wrong, sizeof w->seen->wrong, "what only failed is called %s", sam_err_name(err));
    return err;
}

void world_told(struct world *w)
{
    w->seen->count = fail_count();
    w->seen->hits = fail_hits();
    snprintf(w->seen->name, sizeof w->seen->name, "%s", fail_name());
    fail_disarm();
}

int world_try(struct world *w, void (*step)(struct world *w, void *ctx), void *ctx)
{
    at_work = w;
    int left = setjmp(step_out);
    if (!left)
        step(w, ctx);
    at_work = NULL;
    if (!left)
        return 0;
    w->seen->jumped = true;
    if (w->seen->ended) { /* here samlingd is no more: nothing is rolled back, nothing is closed */
        world_told(w);
        _exit(0);
    }
    if (begun) /* as the writer does after every error */
        intake_rollback(w->p.in);
    begun = false;
    for (unsigned i = 0; i < w->p.tablets; i++)
        if (w->p.tablet[i].line) { /* the centre's half is left as it is: nobody knows where it stood */
            w->p.tablet[i].line = NULL;
            samling_link_down(w->p.tablet[i].s);
        }
    return world_error(w, SAM_EIO);
}

/* ---- making one */

static uint64_t named(struct world *w, uint8_t entity, unsigned name, const char *text, int ref, uint64_t to)
{
    struct sam_op op = {.kind = SAM_OP_CREATE};
    sam_row_init(&op.row, entity);
    sam_row_set_text(&op.row, name, text, strlen(text));
    if (entity == SAM_GROUP)
        sam_row_set_text(&op.row, SAM_GROUP_code, text, strlen(text));
    if (ref >= 0)
        sam_row_set(&op.row, (unsigned)ref, (int64_t)to);
    PUMP_MUST(pump_author(&w->p, &op) == SAM_REASON_NONE);
    return op.row.key.part[0];
}

static void enrol(struct world *w, uint64_t person)
{
    struct sam_op op = {.kind = SAM_OP_SET};
    sam_row_init(&op.row, SAM_ENROLMENT);
    op.row.key.part[0] = w->group;
    op.row.key.part[1] = person;
    op.base_csn = store_csn(w->p.reader);
    sam_row_set(&op.row, SAM_ENROLMENT_status, 4);
    PUMP_MUST(pump_author(&w->p, &op) == SAM_REASON_NONE);
}

/* Somebody who was erased: what the audit log covers is then held against what is kept of his ops, and that he was is remembered. */
static void erased_make(struct world *w)
{
    uint64_t person = named(w, SAM_PARTICIPANT, SAM_PARTICIPANT_name, "Deltaker 090", -1, 0);
    struct sam_op op = {.kind = SAM_OP_SET};
    sam_row_init(&op.row, SAM_RULING);
    op.row.key.part[0] = SAM_RULE_ERASE;
    op.row.key.part[1] = op.row.key.part[2] = person;
    op.base_csn = store_csn(w->p.reader);
    sam_row_set(&op.row, SAM_RULING_decision, SAM_DECISION_ERASE);
    PUMP_MUST(pump_author(&w->p, &op) == SAM_REASON_NONE);
}

static void session_make(struct world *w)
{
    struct sam_op op = {.kind = SAM_OP_CREATE};
    sam_row_init(&op.row, SAM_SESSION);
    sam_row_set(&op.row, SAM_SESSION_group_id, (int64_t)w->group);
    sam_row_set(&op.row, SAM_SESSION_day, WORLD_NOW_S / 86400);
    sam_row_set(&op.row, SAM_SESSION_planned, 1);
    PUMP_MUST(pump_author(&w->p, &op) == SAM_REASON_NONE);
    w->session = op.row.key.part[0];
}

/* The harness makes a centre without a journal; this one has one from its first op on. */
static void journal_begin(struct world *w)
{
    struct pump *p = &w->p;
    char path[200];
    store_close(p->reader);
    intake_close(p->in);
    unlink(p->path);
    snprintf(path, sizeof path, "%s-wal", p->path);
    unlink(path);
    p->config.journal_path = p->folder;
    PUMP_MUST(intake_open(&p->in, &p->config, true) == 0);
    PUMP_MUST(store_reader_open(&p->reader, p->path) == 0);
}

static void outbox_fill(struct world *w)
{
    for (unsigned i = 0; i < WORLD_OUTBOX; i++) {
        struct samling_mark m = SAMLING_MARK_INIT;
        m.session = w->session;
        m.participant = w->person[i];
        m.presence = 1 + (int)i % 3;
        PUMP_MUST(samling_mark(w->p.tablet[0].s, w->user, &m) == 0);
    }
}

void world_make(struct world *w, const char *folder)
{
    char name[32];
    struct witness *seen = w->seen;
    memset(w, 0, sizeof *w);
    w->seen = seen;
    pump_open(&w->p, folder, WORLD_NOW_S);
    journal_begin(w);
    w->org = named(w, SAM_ORG_UNIT, SAM_ORG_UNIT_name, "Mo i Rana", -1, 0);
    w->user = named(w, SAM_USER, SAM_USER_name, "Fysioterapeut 1", SAM_USER_org, w->org);
    w->group = named(w, SAM_GROUP, SAM_GROUP_name, "G1", SAM_GROUP_org, w->org);
    for (unsigned i = 0; i < WORLD_PERSONS; i++) {
        snprintf(name, sizeof name, "Deltaker %03u", i + 1);
        w->person[i] = named(w, SAM_PARTICIPANT, SAM_PARTICIPANT_name, name, -1, 0);
        enrol(w, w->person[i]);
    }
    erased_make(w);
    session_make(w);
    for (unsigned i = 0; i < WORLD_TABLETS; i++)
        pump_tablet_add(&w->p, w->org, w->user);
    pump_sync(&w->p.tablet[0], PUMP_WHOLE);
    outbox_fill(w);
    pump_invite(&w->p, w->org, w->invite);
    for (unsigned i = 0; i < WORLD_TABLETS; i++)
        w->base_seq[i] = sam_meta(w->p.tablet[i].s, last_seq);
    world_close(w);
}

static void file_copy(const char *from, const char *to)
{
    static char bytes[1 << 16];
    ssize_t n;
    int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    PUMP_MUST(in >= 0 && out >= 0);
    while ((n = read(in, bytes, sizeof bytes)) > 0)
        PUMP_MUST(write(out, bytes, (size_t)n) == n);
    PUMP_MUST(n == 0);
    close(in);
    close(out);
}

void world_copy(struct world *w, const char *folder)
{
    char from[512], to[512];
    struct dirent *e;
    pump_folder_remove(folder);
    PUMP_MUST(mkdir(folder, 0700) == 0);
    DIR *d = opendir(w->p.folder);
    PUMP_MUST(d != NULL);
    while ((e = readdir(d))) {
        if (e->d_name[0] == '.')
            continue;
        snprintf(from, sizeof from, "%s/%s", w->p.folder, e->d_name);
        snprintf(to, sizeof to, "%s/%s", folder, e->d_name);
        file_copy(from, to);
    }
    closedir(d);
    snprintf(w->p.folder, sizeof w->p.folder, "%s", folder);
    snprintf(w->p.path, sizeof w->p.path, "%s/samling.db", folder);
    for (unsigned i = 0; i < WORLD_TABLETS + 1; i++) {
        struct pump_tablet *t = &w->p.tablet[i];
        t->pump = &w->p;
        snprintf(t->path, sizeof t->path, "%s/tablet%u.db", folder, i + 1);
    }
    w->p.config.store_path = w->p.path;
    w->p.config.journal_path = w->p.folder;
    w->p.config.now_ctx = &w->p;
}

/* ---- opening and closing */

static void cache_thin(const struct world *w, sqlite3 *db)
{
    if (!w->thin)
        return;
    fail_pause();
    PUMP_MUST(sqlite3_exec(db, "PRAGMA cache_size=1", NULL, NULL, NULL) == 0);
    fail_go_on();
}

int world_centre_open(struct world *w)
{
    if (!w->p.in) {
        int err = intake_open(&w->p.in, &w->p.config, false);
        if (err)
            return world_error(w, err);
        cache_thin(w, intake_store(w->p.in)->db);
    }
    if (w->p.reader)
        return 0;
    int err = store_reader_open(&w->p.reader, w->p.path);
    if (!err)
        cache_thin(w, w->p.reader->db);
    return world_error(w, err);
}

static int64_t tablet_now(void *ctx)
{
    return ((struct pump_tablet *)ctx)->pump->now_s;
}

int world_tablet_open(struct world *w, unsigned i)
{
    struct pump_tablet *t = &w->p.tablet[i];
    if (t->s)
        return 0;
    int err = samling_open(t->path, store_key, &t->s);
    if (!err)
        samling_clock_set(t->s, tablet_now, t);
    if (!err)
        cache_thin(w, t->s->store.db);
    if (!err && i >= w->p.tablets)
        w->p.tablets = i + 1;
    return world_error(w, err);
}

void world_close(struct world *w)
{
    for (unsigned i = 0; i < w->p.tablets; i++) {
        struct pump_tablet *t = &w->p.tablet[i];
        if (!t->s)
            continue;
        pump_line_cut(t);
        samling_close(t->s);
        t->s = NULL;
    }
    store_close(w->p.reader);
    w->p.reader = NULL;
    if (w->p.in)
        intake_close(w->p.in);
    w->p.in = NULL;
}

int world_saved(struct world *w, unsigned i, int err, unsigned ops)
{
    if (!err)
        w->seen->saved[i] += ops;
    else if (err == SAMLING_EIO && !w->seen->maybe[i])
        w->seen->maybe[i] = ops;
    return world_error(w, err);
}

int world_approve(struct world *w, unsigned i)
{
    struct intake *in = w->p.in;
    int err = intake_begin(in);
    if (err)
        return world_error(w, err);
    err = intake_device_state(in, sam_meta(w->p.tablet[i].s, device_no), SAM_DEVICE_ACTIVE);
    if (err)
        intake_rollback(in);
    else
        err = intake_commit(in);
    w->seen->ended |= err == SAM_EIO;
    return world_error(w, err);
}

void world_reopen_broken(struct world *w)
{
    for (unsigned i = 0; i < w->p.tablets; i++) {
        struct pump_tablet *t = &w->p.tablet[i];
        if (!t->s || !t->s->store.broken)
            continue;
        samling_close(t->s);
        t->s = NULL;
    }
}

static void sync_step(struct world *w, void *ctx)
{
    pump_sync(&w->p.tablet[*(unsigned *)ctx], PUMP_WHOLE);
}

int world_sync(struct world *w, unsigned i)
{
    struct samling_status st;
    int err = world_try(w, sync_step, &i);
    if (err || samling_status(w->p.tablet[i].s, &st))
        return SAM_EIO;
    return st.waiting || st.scopes_filled < st.scopes ? world_error(w, SAM_EAGAIN) : 0;
}

/* ---- afterwards */

static unsigned wrong_count;
static struct witness *wrong_seen;

static void wrong(void *ctx, const char *line)
{
    (void)ctx;
    if (!wrong_count++)
        snprintf(wrong_seen->wrong, sizeof wrong_seen->wrong, "%s", line);
}

static void __attribute__((format(printf, 1, 2))) say(const char *fmt, ...)
{
    char line[200];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    wrong(NULL, line);
}

/* As it lies there, before anything else is done. */
static void tablet_check(struct world *w, unsigned i)
{
    struct pump_tablet *t = &w->p.tablet[i];
    uint64_t has = sam_meta(t->s, last_seq) - w->base_seq[i], said = w->seen->saved[i], maybe = w->seen->maybe[i];
    if (has < said)
        say("tablet %u: %llu of %llu saved ops are there", i, (unsigned long long)has, (unsigned long long)said);
    else if (has > said && has != said + maybe)
        say("tablet %u: %llu ops are there, %llu were called saved", i, (unsigned long long)has,
            (unsigned long long)said);
}

static void centre_check(struct world *w)
{
    for (uint64_t no = 2; no < 2 + WORLD_TABLETS + 3; no++) {
        struct store_device d;
        if (w->seen->acked[no - 2] && (store_device_get(w->p.reader, no, &d) || d.acked_seq < w->seen->acked[no - 2]))
            say("device %llu: seq %llu was acked and is not there", (unsigned long long)no,
                (unsigned long long)w->seen->acked[no - 2]);
    }
    for (unsigned i = 0; i < w->seen->makes; i++) {
        struct sam_key key = {.entity = SAM_PARTICIPANT, .part = {w->seen->made[i]}};
        struct store_row row;
        if (store_row_get(w->p.reader, &key, &row) || !row.exists)
            say("a person that the centre made is not there");
    }
}

/* Whatever became of its joining: it is carried through, with the same code. */
static void third_finish(struct world *w)
{
    struct pump_tablet *t = &w->p.tablet[WORLD_TABLETS];
    struct samling_status st;
    PUMP_MUST(samling_status(t->s, &st) == 0);
    if (st.state == SAMLING_NOT_JOINED &&
        (samling_join_begin(t->s, w->invite, "nettbrett") || samling_status(t->s, &st))) {
        say("the new tablet cannot take its invitation any more");
        return;
    }
    pump_sync(t, PUMP_WHOLE);
    t->device_no = sam_meta(t->s, device_no);
    if (t->device_no <= SAM_DEVICE_NO_CONSOLE) {
        say("the new tablet is not let in with its code");
        return;
    }
    pump_device_state(&w->p, t->device_no, SAM_DEVICE_ACTIVE);
    pump_sync(t, PUMP_WHOLE);
}

unsigned world_check(struct world *w)
{
    wrong_count = 0;
    wrong_seen = w->seen;
    int err = world_centre_open(w);
    if (err) {
        say("the centre does not open again: %s", sam_err_name(err));
        return wrong_count;
    }
    centre_check(w);
    for (unsigned i = 0; i < (w->third ? WORLD_TABLETS + 1 : WORLD_TABLETS); i++) {
        if ((err = world_tablet_open(w, i)) != 0) {
            say("tablet %u does not open again: %s", i, sam_err_name(err));
            return wrong_count;
        }
        if (i < WORLD_TABLETS)
            tablet_check(w, i);
    }
    for (int twice = 0; twice < 2; twice++)
        for (unsigned i = 0; i < WORLD_TABLETS; i++)
            pump_sync(&w->p.tablet[i], PUMP_WHOLE);
    if (w->third)
        third_finish(w);
    pump_check(&w->p, wrong, NULL);
    world_close(w);
    return wrong_count;
}
