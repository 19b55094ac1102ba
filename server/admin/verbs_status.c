/* How the centre stands: what is well, what needs a hand, then figures.
 *
 * Each check is one function that says one line, under "well" or under "needs a hand", and its figures in JSON. The lines of
 * the two lists are kept apart until both are whole. */
#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "server/admin/value.h"
#include "server/admin/verbs_cert.h"
#include "server/admin/verbs_device.h"
#include "server/store/backup.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#define DAY_S 86400
#define BACKUP_OLD_S (2 * DAY_S)
#define SILENT_S DAY_S
#define CERT_SOON_S (30 * DAY_S)
#define NAMES_MAX 8u /* tablets named in one line */
#define MIB (1024u * 1024u)
#define DISK_LOW_BYTES (1024ull * MIB) /* below this and a tenth of the disk: time to act, long before it is full */

struct standing {
    struct verb_context *v;
    struct store_figures figures;
    int64_t now_s;
    struct report well, hand; /* lists of lines */
    unsigned needs;
    unsigned tablets, pending, silent, lost;
    char home[VERB_HOME_BYTES_MAX]; /* for commands to be copied */
    char pending_names[512], silent_names[512], lost_names[512];
};

static void line(struct report *to, enum sam_text_id id, va_list ap)
{
    char text[2 * VERB_HOME_BYTES_MAX + 512];
    vsnprintf(text, sizeof text, sam_text(to->lang, id), ap);
    report_say(to, "  - %s\n", text);
}

static void well(struct standing *s, enum sam_text_id id, ...)
{
    va_list ap;
    va_start(ap, id);
    line(&s->well, id, ap);
    va_end(ap);
}

static void hand(struct standing *s, enum sam_text_id id, ...)
{
    va_list ap;
    va_start(ap, id);
    line(&s->hand, id, ap);
    va_end(ap);
    s->needs++;
}

/* ---- the checks */

static void check_serving(struct standing *s)
{
    bool drain_only = intake_drain_only(s->v->in);
    report_num(&s->v->report, "drain_only", drain_only);
    if (!s->v->live_count)
        hand(s, SAM_TEXT_STATE_NOT_SERVING, s->home);
    else if (!drain_only)
        well(s, SAM_TEXT_STATE_IS_SERVING);
    if (drain_only)
        hand(s, SAM_TEXT_STATE_DRAIN_ONLY, s->home, s->home);
}

static void check_backup(struct standing *s)
{
    char age[VALUE_TIME_BYTES];
    int64_t newest_s = backup_newest_s(s->v->home->backup), age_s = newest_s < 0 ? -1 : s->now_s - newest_s;
    if (newest_s >= 0 && age_s < 0)
        age_s = 0;
    report_num(&s->v->report, "backup_age_s", age_s);
    value_age(s->v->lang, age_s, age);
    if (age_s < 0)
        hand(s, SAM_TEXT_STATE_BACKUP_NONE, s->home);
    else if (age_s >= BACKUP_OLD_S)
        hand(s, SAM_TEXT_STATE_BACKUP_OLD, (int)(age_s / DAY_S), s->home);
    else
        well(s, SAM_TEXT_STATE_BACKUP_GOOD, age);
}

/* "2 (Gym 1), 5 (Gym 2)" */
static void name_add(char *names, size_t size, unsigned *count, const struct store_device *d)
{
    size_t used = strlen(names);
    if ((*count)++ >= NAMES_MAX)
        return;
    snprintf(names + used, size - used, "%s%llu%s%.32s%s", used ? ", " : "", (unsigned long long)d->device_no,
             d->label[0] ? " (" : "", d->label, d->label[0] ? ")" : "");
}

static int devices_read(struct standing *s)
{
    struct store_device d;
    uint64_t no = SAM_DEVICE_NO_CONSOLE;
    int err;
    while ((err = store_device_each(s->v->st, no, &d)) == 0) {
        no = d.device_no;
        s->tablets++;
        bool known = d.state == SAM_DEVICE_ACTIVE || d.state == SAM_DEVICE_DRAINING;
        if (d.state == SAM_DEVICE_PENDING)
            name_add(s->pending_names, sizeof s->pending_names, &s->pending, &d);
        else if (known && d.waiting && s->now_s - d.last_seen_s > SILENT_S)
            name_add(s->silent_names, sizeof s->silent_names, &s->silent, &d);
        if (device_in_use(&d) && s->now_s - device_contact_s(&d) >= (int64_t)DEVICE_LOST_DAYS * DAY_S)
            name_add(s->lost_names, sizeof s->lost_names, &s->lost, &d);
        sam_wipe(&d, sizeof d);
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* The names, and how many there are where not all of them are named. */
static const char *names_all(const char *names, unsigned count, char out[640])
{
    if (count > NAMES_MAX)
        snprintf(out, 640, "%s … (%u)", names, count);
    else
        snprintf(out, 640, "%s", names);
    return out;
}

static int check_devices(struct standing *s)
{
    char all[640];
    int err = devices_read(s);
    if (err)
        return err;
    s->figures.devices = s->tablets; /* the centre itself is no tablet */
    report_num(&s->v->report, "devices_pending", s->pending);
    report_num(&s->v->report, "devices_silent", s->silent);
    report_num(&s->v->report, "devices_lost", s->lost);
    if (s->silent)
        hand(s, SAM_TEXT_STATE_SILENT, names_all(s->silent_names, s->silent, all));
    else if (s->tablets)
        well(s, SAM_TEXT_STATE_HEARD);
    if (s->pending)
        hand(s, SAM_TEXT_STATE_PENDING, names_all(s->pending_names, s->pending, all));
    if (s->lost)
        hand(s, SAM_TEXT_STATE_LOST, DEVICE_LOST_DAYS, names_all(s->lost_names, s->lost, all), s->home);
    return 0;
}

static void check_taken(struct standing *s)
{
    if (s->figures.quarantined)
        hand(s, SAM_TEXT_STATE_QUARANTINED, (unsigned long long)s->figures.quarantined, s->home);
    else
        well(s, SAM_TEXT_STATE_ALL_TAKEN);
    if (s->figures.cases)
        hand(s, SAM_TEXT_STATE_CASES, (unsigned long long)s->figures.cases, s->home);
    else
        well(s, SAM_TEXT_STATE_NO_CASES);
    report_num(&s->v->report, "substitutes", (int64_t)s->figures.substitutes);
    if (s->figures.substitutes)
        hand(s, SAM_TEXT_STATE_SUBSTITUTES, (unsigned long long)s->figures.substitutes, s->home);
}

/* A figure of the serving process; 0: nobody serves. */
static uint64_t live(const struct verb_context *v, const char *name)
{
    for (unsigned i = 0; i < v->live_count; i++)
        if (strcmp(v->live[i].name, name) == 0)
            return v->live[i].value;
    return 0;
}

/* A log that is held back, and whether that is why nothing is taken in. */
static bool check_log(struct standing *s)
{
    uint64_t held_kb = live(s->v, "wal_held_kb");
    bool full = held_kb * 1024 > STORE_LOG_FULL_BYTES;
    if (held_kb)
        hand(s, full ? SAM_TEXT_STATE_WAL_FULL : SAM_TEXT_STATE_WAL_HELD, (unsigned long long)(held_kb / 1024));
    return full;
}

static void check_disk(struct standing *s)
{
    struct statvfs f;
    bool log_full = check_log(s);
    if (statvfs(s->v->home->data, &f))
        return;
    uint64_t free_bytes = (uint64_t)f.f_bavail * f.f_frsize, all_bytes = (uint64_t)f.f_blocks * f.f_frsize;
    report_num(&s->v->report, "disk_free_bytes", (int64_t)free_bytes);
    if (live(s->v, "read_only") && !log_full)
        hand(s, SAM_TEXT_STATE_READ_ONLY, (unsigned long long)(free_bytes / MIB));
    else if (free_bytes < DISK_LOW_BYTES && free_bytes < all_bytes / 10)
        hand(s, SAM_TEXT_STATE_DISK_LOW, (unsigned long long)(free_bytes / MIB));
    else
        well(s, SAM_TEXT_STATE_DISK_GOOD, (unsigned long long)(free_bytes / MIB));
}

static void check_certificate(struct standing *s)
{
    char date[CERT_DATE_BYTES];
    int64_t ends_s;
    if (cert_ends_s(s->v, &ends_s))
        return;
    report_num(&s->v->report, "certificate_ends_s", ends_s);
    cert_date(ends_s, date);
    if (ends_s - s->now_s < CERT_SOON_S)
        hand(s, SAM_TEXT_STATE_CERT_SOON, date, s->home);
}

/* ---- the whole */

static void list_say(struct report *r, enum sam_text_id heading, const struct report *lines)
{
    struct sam_span text = sam_buf_peek(&lines->out);
    if (r->json)
        return;
    report_say(r, "\n");
    report_tell(r, heading);
    if (!text.len)
        report_say(r, "  - %s\n", sam_text(r->lang, SAM_TEXT_STATE_NOTHING));
    for (size_t at = 0; at < text.len;) {
        const uint8_t *end = memchr(text.ptr + at, '\n', text.len - at);
        size_t n = end ? (size_t)(end - text.ptr) - at : text.len - at;
        report_say(r, "%.*s\n", (int)n, (const char *)text.ptr + at);
        at += n + 1;
    }
}

static void heading_say(struct verb_context *v)
{
    unsigned port = home_port(v->home);
    report_text(&v->report, "version", SAM_VERSION);
    report_num(&v->report, "serving", v->live_count > 0);
    if (v->live_count)
        report_tell(&v->report, SAM_TEXT_STATE_SERVING, SAM_VERSION, (int)port);
    else
        report_tell(&v->report, SAM_TEXT_STATE_RESTING, SAM_VERSION);
}

static void figures_say(struct verb_context *v, const struct store_figures *f)
{
    struct report *r = &v->report;
    report_say(r, "\n");
    report_tell(r, SAM_TEXT_STATE_FIGURES);
    report_row_num(r, "csn", SAM_TEXT_FIGURE_CSN, (int64_t)f->csn);
    report_row_num(r, "ops", SAM_TEXT_FIGURE_OPS, (int64_t)f->ops);
    report_row_num(r, "pushes", SAM_TEXT_FIGURE_PUSHES, (int64_t)f->pushes);
    report_row_num(r, "devices", SAM_TEXT_FIGURE_DEVICES, (int64_t)f->devices);
    report_row_num(r, "participants", SAM_TEXT_FIGURE_PARTICIPANTS, (int64_t)f->participants);
    report_row_num(r, "attendance", SAM_TEXT_FIGURE_ATTENDANCE, (int64_t)f->attendance);
    report_row_num(r, "cases", SAM_TEXT_FIGURE_CASES, (int64_t)f->cases);
    report_row_num(r, "quarantined", SAM_TEXT_FIGURE_QUARANTINED, (int64_t)f->quarantined);
    report_row_num(r, "file_bytes", SAM_TEXT_FIGURE_FILE, (int64_t)f->file_bytes);
    report_row_num(r, "wal_bytes", SAM_TEXT_FIGURE_WAL, (int64_t)f->wal_bytes);
    for (unsigned i = 0; i < v->live_count; i++)
        report_row_num(r, v->live[i].name, v->live[i].shown, (int64_t)v->live[i].value);
}

static int checks_run(struct standing *s)
{
    check_serving(s);
    check_backup(s);
    int err = check_devices(s);
    if (err)
        return err;
    check_taken(s);
    check_disk(s);
    check_certificate(s);
    report_num(&s->v->report, "needs", s->needs);
    list_say(&s->v->report, SAM_TEXT_STATE_WELL, &s->well);
    list_say(&s->v->report, SAM_TEXT_STATE_HAND, &s->hand);
    figures_say(s->v, &s->figures);
    return 0;
}

int verb_status(struct verb_context *v)
{
    struct standing s = {.v = v, .now_s = intake_now_s(v->in)};
    int err = store_figures(v->st, &s.figures);
    if (err)
        return err;
    verb_home(v, s.home, sizeof s.home);
    report_init(&s.well, v->lang, false);
    report_init(&s.hand, v->lang, false);
    heading_say(v);
    err = checks_run(&s);
    report_fini(&s.well);
    report_fini(&s.hand);
    return err ? err : VERB_OK;
}
