#include "tests/lib/pump.h"

#include "client-sdk/src/host.h"
#include "client-sdk/src/outbox.h"
#include "client-sdk/src/retry.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIN_BYTES = 32 };

_Noreturn void pump_stop(const char *file, int line, const char *what)
{
    printf("%s:%d: does not hold: %s\n", file, line, what);
    fflush(stdout);
    abort();
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
        pump_line_cut(&p->tablet[i]);
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
    for (int i = 0; i < PIN_BYTES; i++)
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
    pump_line_cut(t);
    samling_close(t->s);
    unlink(from);
    unlink(to);
    PUMP_MUST(rename(kept, t->path) == 0);
    PUMP_MUST(!wal || rename(kept_wal, from) == 0);
    tablet_open(t);
}

struct pump_tablet *pump_tablet_copy(struct pump_tablet *t)
{
    struct pump *p = t->pump;
    char folder[sizeof p->folder];
    memcpy(folder, p->folder, sizeof folder);
    PUMP_MUST(p->tablets < PUMP_TABLETS_MAX);
    struct pump_tablet *copy = &p->tablet[p->tablets++];
    *copy = (struct pump_tablet){.pump = p, .user = t->user, .clock_off_s = t->clock_off_s, .device_no = t->device_no};
    snprintf(copy->path, sizeof copy->path, "%s/tablet%u.db", folder, p->tablets);
    pump_line_cut(t);
    samling_close(t->s); /* all of it stands in the one file now */
    file_copy(t->path, copy->path);
    tablet_open(t);
    tablet_open(copy);
    return copy;
}

void pump_tablet_full(struct pump_tablet *t, bool full)
{
    sqlite3_stmt *q;
    char sql[64];
    PUMP_MUST(sam_store_commit(&t->s->store) == 0);
    PUMP_MUST(sqlite3_prepare_v2(t->s->store.db, "PRAGMA page_count", -1, &q, NULL) == SQLITE_OK);
    PUMP_MUST(sqlite3_step(q) == SQLITE_ROW);
    long long pages = full ? sqlite3_column_int64(q, 0) : INT32_MAX;
    sqlite3_finalize(q);
    snprintf(sql, sizeof sql, "PRAGMA max_page_count = %lld", pages);
    PUMP_MUST(sqlite3_exec(t->s->store.db, sql, NULL, NULL, NULL) == SQLITE_OK);
}

void pump_tablet_app(struct pump_tablet *t, uint64_t schema)
{
    PUMP_MUST(sam_store_commit(&t->s->store) == 0);
    PUMP_MUST(sam_store_begin(&t->s->store) == 0);
    PUMP_MUST(sam_meta_put(t->s, schema, schema) == 0);
    PUMP_MUST(sam_store_commit(&t->s->store) == 0);
    pump_tablet_power(t);
}

static int save(struct pump_tablet *t, struct sam_op *op, uint64_t scope)
{
    const struct sam_held *h = sam_held_find(t->s, scope);
    uint64_t epoch = 0;
    op->user = t->user;
    if (sam_op_validate(op, false))
        return SAM_ERANGE;
    if (h && h->slot) {
        op->base_csn = h->csn;
        epoch = h->epoch;
    }
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
