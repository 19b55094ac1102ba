#include "tests/lib/pump.h"

#include "client-sdk/src/host.h"
#include "client-sdk/src/outbox.h"
#include "client-sdk/src/retry.h"
#include "proto/wire/crypto.h"
#include "server/store/feed.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { JOBS_MAX = 64, TRIES_MAX = 32, LABEL_PIN_BYTES = 32 };

_Noreturn void pump_stop(const char *file, int line, const char *what)
{
    printf("%s:%d: does not hold: %s\n", file, line, what);
    fflush(stdout);
    abort();
}

/* ---- the centre's end of a line */

struct point {
    uint64_t seq, chain;
};

enum job_kind { JOB_HELLO, JOB_JOIN, JOB_PUSH, JOB_REFUSE };
struct job {
    enum job_kind kind;
    struct sam_hello hello;
    struct sam_join join;
    struct intake_greeting greeting;
    struct intake_joined joined;
    struct intake_batch batch;
    struct intake_pushed pushed;
    struct sam_buf body;
    uint8_t mac[SAM_MAC_BYTES];
    uint32_t code;
    uint64_t expected;
};

struct pump_line {
    struct pump *pump;
    struct sam_sync *sync;
    struct sam_buf in, out;
    struct feed *feed;
    struct sam_mac_key *key;
    uint64_t device_no, org, hello_epoch;
    uint32_t state;
    bool shut; /* the last words are in out */
    struct point greeting, welcome, acked, next;
    struct job *job[JOBS_MAX];
    unsigned jobs;
};

static struct job *job_add(struct pump_line *l, enum job_kind kind, struct sam_span body, const uint8_t *mac)
{
    struct job *j = calloc(1, sizeof *j);
    PUMP_MUST(j && l->jobs < JOBS_MAX);
    j->kind = kind;
    sam_buf_init(&j->body, SAM_FRAME_INFLATED_BYTES_MAX);
    PUMP_MUST(sam_buf_add(&j->body, body.ptr, body.len) == 0);
    if (mac)
        memcpy(j->mac, mac, sizeof j->mac);
    return l->job[l->jobs++] = j;
}

static void job_free(struct job *j)
{
    intake_batch_fini(&j->batch);
    sam_buf_fini(&j->body);
    free(j);
}

static int host_hello(void *host, const struct sam_hello *h, struct sam_span body, const uint8_t *mac)
{
    job_add(host, JOB_HELLO, body, mac)->hello = *h;
    return 0;
}

static int host_join(void *host, const struct sam_join *join, struct sam_span body, const uint8_t *mac)
{
    job_add(host, JOB_JOIN, body, mac)->join = *join;
    return 0;
}

static int refuse_later(struct pump_line *l, uint32_t code, uint64_t expected)
{
    struct job *j = job_add(l, JOB_REFUSE, (struct sam_span){0}, NULL);
    j->code = code;
    j->expected = expected;
    return 0;
}

static int host_push(void *host, const struct sam_push *p, const struct sam_frame *as_sent, struct sam_span body,
                     const uint8_t *mac)
{
    struct pump_line *l = host;
    const struct point known[] = {l->next, l->acked, l->welcome, l->greeting};
    unsigned i = 0;
    if (l->state == SAM_DEVICE_PENDING)
        return refuse_later(l, SAM_ERROR_NOT_ACTIVE, 0);
    while (i < 4 && known[i].seq + 1 != p->first_seq)
        i++;
    if (i == 4)
        return refuse_later(l, SAM_ERROR_GAP, l->next.seq + 1);
    struct job *j = job_add(l, JOB_PUSH, (struct sam_span){0}, NULL);
    PUMP_MUST(
        intake_batch_read(&j->batch, l->key, l->device_no, l->hello_epoch, known[i].chain, p, as_sent, body, mac) == 0);
    l->next = (struct point){p->first_seq + j->batch.count - 1, j->batch.chain};
    return 0;
}

static void line_fail(struct pump_line *l, uint32_t code)
{
    struct sam_error e = {.code = code};
    sam_sync_fail_with(l->sync, &e);
    l->shut = true;
}

static int may_read(struct pump_line *l)
{
    if (l->state == SAM_DEVICE_ACTIVE)
        return 0;
    if (l->state == SAM_DEVICE_REVOKED || l->state == SAM_DEVICE_WIPED) {
        sam_sync_send(l->sync, SAM_FRAME_WIPE, (struct sam_span){0});
        l->shut = true;
    } else {
        line_fail(l, l->state == SAM_DEVICE_PENDING ? SAM_ERROR_NOT_ACTIVE : SAM_ERROR_DRAIN_ONLY);
    }
    return SAM_ECLOSED;
}

static int host_pull(void *host, const struct sam_pull *p)
{
    struct pump_line *l = host;
    int err = may_read(l);
    if (!err)
        l->feed = feed_pull_new(l->pump->reader, l->device_no, l->org, intake_epoch(l->pump->in).id, l->hello_epoch, p);
    return err;
}

static int host_snap_get(void *host, const struct sam_snap_get *g)
{
    struct pump_line *l = host;
    int err = may_read(l);
    if (!err)
        l->feed = feed_snap_new(l->pump->reader, l->org, g);
    return err;
}

static int host_error(void *host, const struct sam_error *e)
{
    (void)host, (void)e;
    return 0;
}

static int host_bye(void *host, const struct sam_bye *b)
{
    (void)host, (void)b;
    return 0;
}

static const struct sam_sync_ops host_ops = {.hello = host_hello,
                                             .join = host_join,
                                             .push = host_push,
                                             .pull = host_pull,
                                             .snap_get = host_snap_get,
                                             .error = host_error,
                                             .bye = host_bye};

/* ---- jobs: one transaction each, answered behind its commit */

static int job_run(struct pump *p, struct job *j)
{
    switch (j->kind) {
    case JOB_HELLO: return intake_hello(p->in, &j->hello, sam_buf_peek(&j->body), j->mac, &j->greeting);
    case JOB_JOIN: return intake_join(p->in, &j->join, sam_buf_peek(&j->body), j->mac, &j->joined);
    case JOB_PUSH: return intake_push(p->in, &j->batch, &j->pushed);
    case JOB_REFUSE: break;
    }
    return 0;
}

static void greeted(struct pump_line *l, const struct job *j)
{
    const struct intake_greeting *g = &j->greeting;
    l->key = sam_mac_key_new(g->key, "push");
    l->device_no = g->device_no;
    l->org = g->org;
    l->state = g->welcome.state;
    l->hello_epoch = j->hello.epoch;
    l->greeting = (struct point){g->seq, g->chain};
    l->welcome = l->acked = l->next = (struct point){g->welcome.acked_seq, g->welcome.acked_chain};
    PUMP_MUST(l->key && sam_sync_send_welcome(l->sync, &g->welcome) == 0);
}

static void job_answer(struct pump_line *l, struct job *j)
{
    struct sam_error refusal = {.code = j->code, .expected = j->expected};
    const struct sam_error *e = j->kind == JOB_HELLO  ? &j->greeting.error
                                : j->kind == JOB_JOIN ? &j->joined.error
                                : j->kind == JOB_PUSH ? &j->pushed.error
                                                      : &refusal;
    if (l->shut)
        return;
    if (e->code == SAM_ERROR_GAP || e->code == SAM_ERROR_NOT_ACTIVE) {
        l->next = l->acked;
        sam_sync_refuse_push(l->sync, e);
    } else if (e->code) {
        sam_sync_fail_with(l->sync, e);
        l->shut = true;
    } else if (j->kind == JOB_HELLO) {
        greeted(l, j);
    } else if (j->kind == JOB_JOIN) {
        PUMP_MUST(sam_sync_send_joined(l->sync, &j->joined.joined) == 0);
    } else {
        l->acked = (struct point){j->batch.first_seq + j->batch.count - 1, j->batch.chain};
        PUMP_MUST(sam_sync_send_ack(l->sync, &j->pushed.ack) == 0);
    }
}

static void jobs_run(struct pump_line *l)
{
    for (unsigned i = 0; i < l->jobs; i++) {
        struct job *j = l->job[i];
        PUMP_MUST(intake_begin(l->pump->in) == 0);
        PUMP_MUST(job_run(l->pump, j) == 0);
        PUMP_MUST(intake_commit(l->pump->in) == 0);
        job_answer(l, j);
        job_free(j);
    }
    l->jobs = 0;
}

/* ---- lines */

static void line_cut(struct pump_tablet *t)
{
    struct pump_line *l = t->line;
    if (!l)
        return;
    samling_link_down(t->s);
    for (unsigned i = 0; i < l->jobs; i++)
        job_free(l->job[i]);
    sam_sync_free(l->sync);
    feed_free(l->feed);
    sam_mac_key_free(l->key);
    sam_buf_fini(&l->in);
    sam_buf_fini(&l->out);
    free(l);
    t->line = NULL;
}

static void line_up(struct pump_tablet *t)
{
    if (samling_link_up(t->s))
        return;
    struct pump_line *l = t->line = calloc(1, sizeof *l);
    PUMP_MUST(l != NULL);
    l->pump = t->pump;
    sam_buf_init(&l->in, 1u << 20);
    sam_buf_init(&l->out, 4u << 20);
    l->sync = sam_sync_new(SAM_ROLE_CENTRE, &host_ops, l, t->pump->zip, &l->out);
    PUMP_MUST(l->sync != NULL);
}

/* Up to ${bytes} from the tablet to the centre. */
static uint64_t bytes_up(struct pump_tablet *t, uint64_t bytes)
{
    struct pump_line *l = t->line;
    const uint8_t *p;
    size_t n = samling_link_peek(t->s, &p);
    n = n < bytes ? n : (size_t)bytes;
    if (l->shut)
        return 0;
    if (n) {
        PUMP_MUST(sam_buf_add(&l->in, p, n) == 0);
        samling_link_sent(t->s, n);
    }
    if (sam_sync_feed(l->sync, &l->in))
        l->shut = true;
    return n;
}

static bool feed_move(struct pump_line *l)
{
    if (!l->feed || l->shut)
        return false;
    int more = feed_next(l->feed, l->sync);
    PUMP_MUST(more >= 0 || more == SAM_EDENIED);
    if (more > 0)
        return true;
    feed_free(l->feed);
    l->feed = NULL;
    if (more < 0)
        line_fail(l, SAM_ERROR_BAD_STATE);
    else
        sam_sync_served(l->sync);
    return true;
}

static uint64_t bytes_down(struct pump_tablet *t, uint64_t bytes)
{
    struct pump_line *l = t->line;
    struct sam_span out = sam_buf_peek(&l->out);
    size_t n = out.len < bytes ? out.len : (size_t)bytes;
    if (!n)
        return 0;
    int err = samling_link_feed(t->s, out.ptr, n);
    sam_buf_consume(&l->out, n);
    PUMP_MUST(!err || err == SAMLING_ECLOSED || err == SAMLING_ESTATE);
    if (err) {
        l->shut = true;
        sam_buf_clear(&l->out);
    }
    return n;
}

/* One conversation; true: the line went down by itself, not because ${bytes} were used up. */
static bool line_talk(struct pump_tablet *t, uint64_t bytes)
{
    bool moved = true;
    while (t->line && moved && t->moved < bytes) {
        uint64_t up = bytes_up(t, bytes - t->moved);
        t->moved += up;
        moved = up || t->line->jobs;
        jobs_run(t->line);
        moved = feed_move(t->line) || moved;
        uint64_t down = bytes_down(t, bytes - t->moved);
        t->moved += down;
        moved = moved || down;
        if ((t->line->shut && sam_buf_len(&t->line->out) == 0) || samling_link_idle(t->s) == 1) {
            line_cut(t);
            return true;
        }
    }
    line_cut(t);
    return t->moved < bytes;
}

bool pump_sync(struct pump_tablet *t, uint64_t bytes)
{
    t->moved = 0;
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        line_up(t);
        if (!line_talk(t, bytes))
            return false;
        if (samling_retry_in_ms(t->s) != 0) /* as samling_sync_once: again at once where the tablet asks for it */
            break;
    }
    return true;
}

/* ---- files */

static void file_copy(const char *from, const char *to)
{
    char buf[65536];
    ssize_t n;
    int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    PUMP_MUST(in >= 0 && out >= 0);
    while ((n = read(in, buf, sizeof buf)) > 0)
        PUMP_MUST(write(out, buf, (size_t)n) == n);
    PUMP_MUST(n == 0);
    close(in);
    close(out);
}

static void folder_empty(const char *folder)
{
    char path[512];
    struct dirent *e;
    mkdir(folder, 0700);
    DIR *d = opendir(folder);
    PUMP_MUST(d != NULL);
    while ((e = readdir(d))) {
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (e->d_name[0] != '.')
            unlink(path);
    }
    closedir(d);
}

void pump_folder_remove(const char *folder)
{
    if (access(folder, F_OK) == 0) {
        folder_empty(folder);
        rmdir(folder);
    }
}

/* All files of a folder into another. */
static void folder_copy(const char *from, const char *to)
{
    char a[512], b[512];
    struct dirent *e;
    folder_empty(to);
    DIR *d = opendir(from);
    PUMP_MUST(d != NULL);
    while ((e = readdir(d))) {
        struct stat st;
        snprintf(a, sizeof a, "%s/%s", from, e->d_name);
        snprintf(b, sizeof b, "%s/%s", to, e->d_name);
        if (e->d_name[0] != '.' && stat(a, &st) == 0 && S_ISREG(st.st_mode))
            file_copy(a, b);
    }
    closedir(d);
}

/* ---- the centre */

static int64_t centre_now(void *ctx)
{
    return ((struct pump *)ctx)->now_s;
}

static int64_t tablet_now(void *ctx)
{
    struct pump_tablet *t = ctx;
    return t->pump->now_s + t->clock_off_s;
}

static void centre_open(struct pump *p, bool create)
{
    PUMP_MUST(intake_open(&p->in, &p->config, create) == 0);
    PUMP_MUST(store_reader_open(&p->reader, p->path) == 0);
}

static void tablet_open(struct pump_tablet *t)
{
    static const uint8_t key[32] = "a key for tests, 32 bytes long..";
    PUMP_MUST(samling_open(t->path, key, &t->s) == 0);
    samling_clock_set(t->s, tablet_now, t);
}

void pump_open(struct pump *p, const char *folder, int64_t now_s)
{
    memset(p, 0, sizeof *p);
    p->now_s = now_s;
    snprintf(p->folder, sizeof p->folder, "%s", folder);
    snprintf(p->path, sizeof p->path, "%s/samling.db", folder);
    p->config = (struct intake_config){.store_path = p->path, .now_s = centre_now, .now_ctx = p};
    p->zip = sam_zip_new();
    PUMP_MUST(p->zip != NULL);
    folder_empty(folder);
    centre_open(p, true);
}

static void all_close(struct pump *p)
{
    for (unsigned i = 0; i < p->tablets; i++) {
        line_cut(&p->tablet[i]);
        samling_close(p->tablet[i].s);
        p->tablet[i].s = NULL;
    }
    store_close(p->reader);
    intake_close(p->in);
}

static void all_open(struct pump *p)
{
    centre_open(p, false);
    for (unsigned i = 0; i < p->tablets; i++)
        tablet_open(&p->tablet[i]);
}

void pump_close(struct pump *p)
{
    all_close(p);
    sam_zip_free(p->zip);
    p->zip = NULL;
    folder_empty(p->folder);
}

void pump_keep(struct pump *p, const char *folder)
{
    all_close(p);
    folder_copy(p->folder, folder);
    all_open(p);
}

void pump_back(struct pump *p, const char *folder)
{
    all_close(p);
    folder_copy(folder, p->folder);
    all_open(p);
}

enum sam_reason pump_author(struct pump *p, struct sam_op *op)
{
    enum sam_reason why = SAM_REASON_NONE;
    PUMP_MUST(intake_begin(p->in) == 0);
    if (op->kind == SAM_OP_CREATE && op->row.key.part[0] == 0)
        PUMP_MUST(intake_mint(p->in, &op->row.key.part[0]) == 0);
    int err = intake_author(p->in, op, &why);
    PUMP_MUST(err == 0 || (err == SAM_ERANGE && why));
    PUMP_MUST(intake_commit(p->in) == 0);
    return why;
}

void pump_device_state(struct pump *p, uint64_t device_no, enum sam_device_state state)
{
    PUMP_MUST(intake_begin(p->in) == 0);
    PUMP_MUST(intake_device_state(p->in, device_no, state) == 0);
    PUMP_MUST(intake_commit(p->in) == 0);
}

void pump_plan(struct pump *p)
{
    unsigned written;
    PUMP_MUST(intake_begin(p->in) == 0);
    PUMP_MUST(intake_plan(p->in, &written) == 0);
    PUMP_MUST(intake_commit(p->in) == 0);
}

void pump_invite(struct pump *p, uint64_t org, char text[200])
{
    struct intake_invite inv;
    PUMP_MUST(intake_begin(p->in) == 0);
    PUMP_MUST(intake_invite(p->in, org, "nettbrett", &inv) == 0);
    PUMP_MUST(intake_commit(p->in) == 0);
    int n = snprintf(text, 200, "samling://localhost:1/?pin=");
    for (int i = 0; i < LABEL_PIN_BYTES; i++)
        n += snprintf(text + n, 200 - (size_t)n, "cd");
    n += snprintf(text + n, 200 - (size_t)n, "&code=");
    for (unsigned i = 0; i < SAM_CODE_BYTES; i++)
        n += snprintf(text + n, 200 - (size_t)n, "%02x", inv.code[i]);
}

/* ---- tablets */

struct pump_tablet *pump_tablet_add(struct pump *p, uint64_t org, uint64_t user)
{
    char text[200], folder[sizeof p->folder];
    memcpy(folder, p->folder, sizeof folder);
    PUMP_MUST(p->tablets < PUMP_TABLETS_MAX);
    struct pump_tablet *t = &p->tablet[p->tablets++];
    *t = (struct pump_tablet){.pump = p, .user = user};
    snprintf(t->path, sizeof t->path, "%s/tablet%u.db", folder, p->tablets);
    tablet_open(t);
    pump_invite(p, org, text);
    PUMP_MUST(samling_join_begin(t->s, text, "nettbrett") == 0);
    pump_sync(t, PUMP_WHOLE);
    t->device_no = sam_meta(t->s, device_no);
    PUMP_MUST(t->device_no > SAM_DEVICE_NO_CONSOLE);
    pump_device_state(p, t->device_no, SAM_DEVICE_ACTIVE);
    pump_sync(t, PUMP_WHOLE);
    return t;
}

void pump_tablet_power(struct pump_tablet *t)
{
    char from[200], to[200], kept[200], kept_wal[200];
    snprintf(from, sizeof from, "%s-wal", t->path);
    snprintf(kept, sizeof kept, "%s.kept", t->path);
    snprintf(kept_wal, sizeof kept_wal, "%s.kept-wal", t->path);
    snprintf(to, sizeof to, "%s-shm", t->path);
    bool wal = access(from, F_OK) == 0;
    file_copy(t->path, kept);
    if (wal)
        file_copy(from, kept_wal);
    line_cut(t);
    samling_close(t->s);
    unlink(from);
    unlink(to);
    PUMP_MUST(rename(kept, t->path) == 0);
    PUMP_MUST(!wal || rename(kept_wal, from) == 0);
    tablet_open(t);
}

static int save(struct pump_tablet *t, struct sam_op *op, uint64_t scope)
{
    const struct sam_held *h = sam_held_find(t->s, scope);
    uint64_t epoch = 0;
    if (sam_op_validate(op, false))
        return SAM_ERANGE;
    if (h && h->slot) {
        op->base_csn = h->csn;
        epoch = h->epoch;
    }
    op->user = t->user;
    op->claimed_s = sam_now(t->s);
    op->utc_offset_min = sam_host_utc_offset_min(op->claimed_s);
    int err = sam_outbox_add(t->s, op, scope, epoch);
    if (!err && op->kind == SAM_OP_CREATE)
        err = sam_meta_put(t->s, id_counter, sam_meta(t->s, id_counter) + 1);
    return err ? err : sam_retry_saved(t->s);
}

int pump_save(struct pump_tablet *t, struct sam_op *op, uint64_t scope)
{
    if (op->kind == SAM_OP_CREATE && op->row.key.part[0] == 0)
        op->row.key.part[0] = sam_id_make(sam_meta(t->s, device_no), sam_meta(t->s, id_counter) + 1);
    int err = sam_store_commit(&t->s->store);
    if (!err)
        err = sam_store_begin(&t->s->store);
    if (!err)
        err = save(t, op, scope);
    return sam_done(t->s, err);
}

/* ---- looking */

bool pump_op(struct pump *p, uint64_t device_no, uint64_t seq, struct sam_buf *bytes, struct sam_op *op)
{
    struct store_push push;
    struct sam_span one = {0};
    if (store_push_at_seq(p->reader, device_no, seq, &push) || seq >= push.first_seq + push.count)
        return false;
    sam_buf_clear(bytes);
    if (push.deflated)
        PUMP_MUST(sam_zip_inflate(p->zip, push.raw, bytes) == 0);
    else
        PUMP_MUST(sam_buf_add(bytes, push.raw.ptr, push.raw.len) == 0);
    struct sam_walk w = {sam_buf_peek(bytes)};
    if (push.deflated)
        w.rest.len -= SAM_MAC_BYTES;
    for (uint64_t at = push.first_seq - push.skip; at <= seq; at++)
        PUMP_MUST(sam_push_next_op(&w, &one) == 1);
    return sam_op_decode(one, op) == 0;
}

struct check {
    struct pump *pump;
    void (*tell)(void *ctx, const char *line);
    void *ctx;
    unsigned told;
};

static void __attribute__((format(printf, 2, 3))) tell(struct check *c, const char *fmt, ...)
{
    char line[400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    c->told++;
    c->tell(c->ctx, line);
}

static void wrong(void *ctx, const char *line)
{
    tell(ctx, "verify or rebuild: %s", line);
}

struct compare {
    struct check *check;
    struct pump_tablet *t;
    struct sam_held *held;
    uint64_t rows, sum;
};

static int compare_row(void *ctx, const struct store_feed_row *r)
{
    struct compare *c = ctx;
    const struct sam_key *key = &r->row.row.key;
    const struct sam_entity_def *def = sam_entity_find(key->entity);
    if (r->left || r->row.dead > 0)
        return 0;
    c->rows++;
    c->sum += sam_sum_mix(key, r->row.csn);
    if (!c->t)
        return 0;
    struct sam_view *v = calloc(1, sizeof *v);
    PUMP_MUST(v != NULL);
    bool same = sam_replica_get(c->t->s, c->held->slot, key, v) == 0 && v->csn == r->row.csn;
    for (unsigned unit = 0; same && unit < def->unit_count; unit++)
        same = sam_row_unit_equal(&r->row.row, &v->row, unit);
    if (!same)
        tell(c->check, "a tablet's row of %s is not the centre's", def->table);
    free(v);
    return 0;
}

/* The scope's rows at the centre, against its figures and, with a tablet, against what that holds. */
static void scope_check(struct check *c, const struct store_scope *scope, struct pump_tablet *t)
{
    struct compare cmp = {.check = c, .t = t, .held = t ? sam_held_find(t->s, scope->id) : NULL};
    if (t && (!cmp.held || !sam_held_complete(cmp.held))) {
        tell(c, "a tablet lacks a scope");
        return;
    }
    for (unsigned i = 0; sam_entity_at(i); i++)
        PUMP_MUST(store_feed(c->pump->reader, scope->id, sam_entity_at(i)->tag, 0, compare_row, &cmp) == 0);
    if (cmp.rows != scope->rows || cmp.sum != scope->sum)
        tell(c, "a scope's rows and sum are not what they should be");
    if (t && (cmp.held->rows != cmp.rows || cmp.held->sum != cmp.sum))
        tell(c, "a tablet's rows and sum are not the centre's");
}

static void verdicts_check(struct check *c, struct pump_tablet *t)
{
    struct store_verdict v[SAM_VERDICTS_MAX];
    sqlite3_stmt *q;
    unsigned n;
    uint64_t no = sam_meta(t->s, device_no);
    PUMP_MUST(store_verdicts_after(c->pump->reader, no, 0, INT64_MAX, v, SAM_VERDICTS_MAX, &n) == 0);
    PUMP_MUST(sqlite3_prepare_v2(t->s->store.db, "SELECT kind FROM notice WHERE device_no = ? AND seq = ?", -1, &q,
                                 NULL) == 0);
    for (unsigned i = 0; i < n; i++) {
        if (v[i].kind == SAM_VERDICT_APPLIED || v[i].kind == SAM_VERDICT_SAME || v[i].kind == SAM_VERDICT_HELD)
            continue;
        sqlite3_bind_int64(q, 1, (int64_t)no);
        sqlite3_bind_int64(q, 2, (int64_t)v[i].seq);
        if (sqlite3_step(q) != SQLITE_ROW || sqlite3_column_int(q, 0) != (int)v[i].kind)
            tell(c, "device %llu was not told the verdict on its op %llu", (unsigned long long)no,
                 (unsigned long long)v[i].seq);
        sqlite3_reset(q);
    }
    sqlite3_finalize(q);
}

static void tablet_check(struct check *c, struct pump_tablet *t)
{
    struct store_device d;
    struct store_scope scope[SAM_SCOPES_MAX];
    struct samling_status st;
    unsigned n;
    PUMP_MUST(samling_status(t->s, &st) == 0);
    if (st.state == SAMLING_WIPED)
        return;
    PUMP_MUST(store_device_get(c->pump->reader, st.device_no, &d) == 0);
    if (st.waiting)
        tell(c, "device %llu: %llu still waiting", (unsigned long long)st.device_no, (unsigned long long)st.waiting);
    if (d.acked_seq != sam_meta(t->s, last_seq) || d.acked_seq != sam_meta(t->s, acked_seq) ||
        d.chain != sam_meta(t->s, last_chain))
        tell(c, "device %llu and the centre are not of one mind about what was sent", (unsigned long long)st.device_no);
    PUMP_MUST(store_scopes_of(c->pump->reader, d.org, scope, SAM_SCOPES_MAX, &n) == 0);
    if (n != t->s->held.count)
        tell(c, "device %llu holds %u scopes of %u", (unsigned long long)st.device_no, t->s->held.count, n);
    for (unsigned i = 0; i < n; i++)
        scope_check(c, &scope[i], t);
    verdicts_check(c, t);
}

static void centre_check(struct check *c)
{
    struct intake_found found = {.wrong = wrong, .ctx = c};
    struct intake_verified v;
    struct intake_rebuilt r;
    uint64_t id = 0;
    PUMP_MUST(intake_begin(c->pump->in) == 0);
    PUMP_MUST(intake_verify(c->pump->in, &found, NULL, &v) == 0);
    PUMP_MUST(intake_rebuild(c->pump->in, &found, &r) == 0);
    intake_rollback(c->pump->in);
    while (store_scope_next(c->pump->reader, id, &id) == 0) {
        struct store_scope scope;
        PUMP_MUST(store_scope_get(c->pump->reader, id, &scope) == 0);
        scope_check(c, &scope, NULL);
    }
}

unsigned pump_check(struct pump *p, void (*tell_line)(void *ctx, const char *line), void *ctx)
{
    struct check c = {.pump = p, .tell = tell_line, .ctx = ctx};
    for (unsigned i = 0; i < p->tablets; i++)
        tablet_check(&c, &p->tablet[i]);
    centre_check(&c);
    return c.told;
}
