#include "server/admin/metrics.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "server/store/backup.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#define VALUES_MAX 8u   /* of one label */
#define NONE UINT64_MAX /* not known, or endless: +Inf */
#define LINE_BYTES_MAX 512u

/* ---- the table */

static const char *const versions[] = {SAM_VERSION, NULL};
/* in the order of the wire's enums */
static const char *const verdict_kinds[] = {"applied",     "merged",    "same", "superseded", "case",
                                            "quarantined", "held_back", "lost", NULL};
static const char *const device_states[] = {"none",     "invited", "pending", "active",
                                            "draining", "revoked", "wiped",   NULL};

enum metric {
#define METRIC(ID, ...) METRIC_##ID,
#define METRIC_OF(ID, ...) METRIC_##ID,
#include "server/admin/metrics.def"
#undef METRIC
#undef METRIC_OF
    METRIC_COUNT
};

enum unit { PLAIN = 1, KIB = 1024 };

static const struct {
    const char *name, *type, *figure, *label, *help;
    const char *const *values;
    enum unit unit;
} defs[METRIC_COUNT] = {
#define METRIC(ID, name, type, unit, figure, help) {name, #type, figure, "", help, NULL, unit},
#define METRIC_OF(ID, name, type, label, values, help) {name, #type, "", label, help, values, PLAIN},
#include "server/admin/metrics.def"
#undef METRIC
#undef METRIC_OF
};

struct metrics {
    uint64_t value[METRIC_COUNT][VALUES_MAX];
};

static void set(struct metrics *m, enum metric id, uint64_t value)
{
    m->value[id][0] = value;
}

/* ---- gathering */

static int store_gather(struct metrics *m, struct store *st)
{
    struct store_figures f;
    int err = store_figures(st, &f);
    if (err)
        return err;
    set(m, METRIC_PUSHES, f.pushes);
    set(m, METRIC_OPS, f.ops);
    set(m, METRIC_CSN, f.csn);
    set(m, METRIC_CASES, f.cases);
    set(m, METRIC_QUARANTINED, f.quarantined);
    set(m, METRIC_FILE_BYTES, f.file_bytes);
    set(m, METRIC_WAL_BYTES, f.wal_bytes);
    set(m, METRIC_DRAIN_ONLY, store_meta_num(st, "drain_only", 0) != 0);
    return store_failed(st);
}

static int device_gather(struct metrics *m, struct store *st, const struct store_device *d, int64_t now_s)
{
    uint64_t count[SAM_VERDICT_COUNT] = {0}, lost = 0, others = 0;
    SAM_ASSERT(SAM_VERDICT_COUNT <= VALUES_MAX);
    int err = store_verdict_counts(st, d->device_no, count, &lost);
    if (d->state < VALUES_MAX)
        m->value[METRIC_DEVICES][d->state]++;
    for (unsigned i = SAM_VERDICT_APPLIED + 1; i < SAM_VERDICT_LOST; i++) {
        others += count[i];
        m->value[METRIC_VERDICTS][i] += count[i];
    }
    m->value[METRIC_VERDICTS][SAM_VERDICT_LOST] += lost;
    m->value[METRIC_VERDICTS][SAM_VERDICT_APPLIED] += d->acked_seq - others - lost;
    if (d->state != SAM_DEVICE_ACTIVE && d->state != SAM_DEVICE_DRAINING)
        return err;
    uint64_t age_s = now_s > d->last_seen_s ? (uint64_t)(now_s - d->last_seen_s) : 0;
    m->value[METRIC_WAITING][0] += d->waiting;
    if (age_s > m->value[METRIC_CONTACT][0])
        set(m, METRIC_CONTACT, age_s);
    return err;
}

static int devices_gather(struct metrics *m, struct store *st, int64_t now_s)
{
    struct store_device d;
    uint64_t no = SAM_DEVICE_NO_CONSOLE;
    int err;
    while ((err = store_device_each(st, no, &d)) == 0) {
        no = d.device_no;
        err = device_gather(m, st, &d, now_s);
        sam_wipe(&d, sizeof d);
        if (err)
            return err;
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

static void disk_gather(struct metrics *m, const struct home *home, int64_t now_s)
{
    struct statvfs f;
    int64_t backup_s = backup_newest_s(home->backup);
    if (statvfs(home->data, &f) == 0) {
        set(m, METRIC_DISK_FREE, (uint64_t)f.f_bavail * f.f_frsize);
        set(m, METRIC_DISK_SIZE, (uint64_t)f.f_blocks * f.f_frsize);
    }
    set(m, METRIC_BACKUP_AGE, backup_s < 0 ? NONE : now_s > backup_s ? (uint64_t)(now_s - backup_s) : 0);
}

static void live_gather(struct metrics *m, const struct metrics_live *live)
{
    set(m, METRIC_SERVING, live->count > 0);
    for (int id = 0; id < (int)METRIC_COUNT; id++)
        for (unsigned i = 0; i < live->count; i++)
            if (strcmp(defs[id].figure, live->figure[i].name) == 0)
                set(m, (enum metric)id, live->figure[i].value * defs[id].unit);
}

/* ---- writing */

static int say(struct sam_buf *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int say(struct sam_buf *out, const char *fmt, ...)
{
    char line[LINE_BYTES_MAX];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    SAM_ASSERT(n >= 0 && (size_t)n < sizeof line); /* names, helps and labels are ours, values are numbers */
    return sam_buf_add(out, line, (size_t)n);
}

static int head_write(struct sam_buf *out, const char *name, const char *type, const char *help)
{
    return say(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static int metric_write(struct sam_buf *out, const struct metrics *m, enum metric id)
{
    int err = head_write(out, defs[id].name, defs[id].type, defs[id].help);
    if (!err && !defs[id].values && m->value[id][0] == NONE)
        return say(out, "%s +Inf\n", defs[id].name);
    if (!err && !defs[id].values)
        return say(out, "%s %llu\n", defs[id].name, (unsigned long long)m->value[id][0]);
    for (unsigned i = 0; !err && defs[id].values[i]; i++)
        err = say(out, "%s{%s=\"%s\"} %llu\n", defs[id].name, defs[id].label, defs[id].values[i],
                  (unsigned long long)m->value[id][i]);
    return err;
}

#define SECOND_US 1000000u

static int histogram_write(struct sam_buf *out, const struct verb_histogram *h)
{
    static const char name[] = "samling_commit_seconds";
    unsigned long long count = 0;
    int err = head_write(out, name, "histogram", "How long commits took, since the start");
    for (unsigned i = 0; !err && i < h->buckets; i++) {
        count += h->bucket[i];
        if (i + 1 == h->buckets)
            err = say(out, "%s_bucket{le=\"+Inf\"} %llu\n", name, count);
        else
            err = say(out, "%s_bucket{le=\"%llu.%06llu\"} %llu\n", name, (unsigned long long)h->bound_us[i] / SECOND_US,
                      (unsigned long long)h->bound_us[i] % SECOND_US, count);
    }
    err = err ? err
              : say(out, "%s_sum %llu.%06llu\n", name, (unsigned long long)h->sum_us / SECOND_US,
                    (unsigned long long)h->sum_us % SECOND_US);
    return err ? err : say(out, "%s_count %llu\n", name, count);
}

int metrics_write(struct store *st, const struct home *home, int64_t now_s, const struct metrics_live *live,
                  struct sam_buf *out)
{
    struct metrics m = {0};
    set(&m, METRIC_BUILD, 1);
    int err = store_gather(&m, st);
    if (!err)
        err = devices_gather(&m, st, now_s);
    disk_gather(&m, home, now_s);
    live_gather(&m, live);
    for (int id = 0; !err && id < (int)METRIC_COUNT; id++)
        err = metric_write(out, &m, (enum metric)id);
    return err || !live->commits ? err : histogram_write(out, live->commits);
}

int verb_metrics(struct verb_context *v)
{
    struct sam_buf text;
    const struct metrics_live live = {v->live, v->live_count, v->commits};
    sam_buf_init(&text, METRICS_BYTES_MAX);
    int err = metrics_write(v->st, v->home, intake_now_s(v->in), &live, &text);
    err = err ? err : sam_buf_add(&text, "", 1);
    if (!err) {
        const char *all = (const char *)sam_buf_peek(&text).ptr;
        report_text(&v->report, "text", all);
        report_lines(&v->report, all);
    }
    sam_buf_fini(&text);
    return err ? err : VERB_OK;
}
