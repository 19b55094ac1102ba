#include "server/admin/verbs_config.h"

#include "proto/base/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MODE 0600

static void usual_path(const struct home *home, char *out, size_t size)
{
    snprintf(out, size, "%s/%s", home->dir, CONFIG_FILE_NAME);
}

/* The file's text over ${c}. SAM_ENOTFOUND; SAM_EUSAGE faults in ${f}; other errors: it cannot be read. */
static int file_read(const char *path, struct config *c, struct config_faults *f)
{
    struct sam_buf text;
    sam_buf_init(&text, CONFIG_FILE_BYTES_MAX);
    int err = home_read(path, &text);
    if (!err)
        err = config_read(c, sam_buf_peek(&text), f);
    sam_buf_fini(&text);
    return err;
}

/* "FILE line 3: there is no key …" */
static void fault_text(const struct config_faults *f, unsigned i, const char *path, char *out, size_t size)
{
    if (f->fault[i].line)
        report_print(out, size, f->lang, SAM_TEXT_CONF_AT, path, (int)f->fault[i].line, f->fault[i].text);
    else
        report_print(out, size, f->lang, SAM_TEXT_CONF_IN, path, f->fault[i].text);
}

/* All that are told, a line each, as far as ${out} reaches. */
static void faults_text(const struct config_faults *f, const char *path, char *out, size_t size)
{
    unsigned told = f->count < CONFIG_FAULTS_MAX ? f->count : CONFIG_FAULTS_MAX;
    size_t used = 0;
    out[0] = 0;
    for (unsigned i = 0; i < told; i++) {
        char line[CONFIG_FAULT_BYTES_MAX + HOME_PATH_BYTES_MAX + 32];
        fault_text(f, i, path, line, sizeof line);
        int n = snprintf(out + used, size - used, "\n  %s", line);
        if (n < 0 || (size_t)n >= size - used)
            return;
        used += (size_t)n;
    }
    if (f->count > told) {
        char more[64];
        report_print(more, sizeof more, f->lang, SAM_TEXT_CONF_MORE, (int)(f->count - told));
        snprintf(out + used, size - used, "\n  %s", more);
    }
}

/* ---- for serve */

static int faulty(struct verb_context *v, const struct config_faults *f, const char *path)
{
    char all[sizeof v->error];
    faults_text(f, path, all, sizeof all);
    verb_refuse(v, SAM_TEXT_CONF_FAULTY, path, all);
    return VERB_USAGE;
}

int config_load(struct verb_context *v, struct config *c)
{
    char usual[HOME_PATH_BYTES_MAX + sizeof CONFIG_FILE_NAME];
    const char *path = args_get(&v->args, "config");
    struct config_faults f = {.lang = v->lang};
    usual_path(v->home, usual, sizeof usual);
    config_defaults(c);
    int err = file_read(path ? path : usual, c, &f);
    if (err == SAM_ENOTFOUND && !path)
        err = 0;
    if (err == SAM_EUSAGE)
        return faulty(v, &f, path ? path : usual);
    if (err) {
        verb_refuse(v, SAM_TEXT_CONF_UNREAD, path ? path : usual, verb_error_text(v->lang, err));
        return VERB_USAGE;
    }
    if (config_options_read(c, &v->args))
        return verb_usage(v);
    return config_agree(c, &f) ? faulty(v, &f, path ? path : usual) : VERB_OK;
}

int config_make(const struct home *home, enum sam_lang lang)
{
    char path[HOME_PATH_BYTES_MAX + sizeof CONFIG_FILE_NAME];
    struct sam_buf text;
    usual_path(home, path, sizeof path);
    if (access(path, F_OK) == 0)
        return 0;
    sam_buf_init(&text, CONFIG_FILE_BYTES_MAX);
    int err = config_page(lang, &text);
    if (!err)
        err = home_write(path, sam_buf_peek(&text), FILE_MODE);
    sam_buf_fini(&text);
    return err;
}

/* ---- samlingd config */

static void page_json(struct report *r)
{
    static const struct report_column columns[] = {{"key", SAM_TEXT_COL_NAME},    {"default", SAM_TEXT_COL_NAME},
                                                   {"unit", SAM_TEXT_COL_NAME},   {"least", SAM_TEXT_COL_NAME},
                                                   {"most", SAM_TEXT_COL_NAME},   {"words", SAM_TEXT_COL_NAME},
                                                   {"meaning", SAM_TEXT_COL_NAME}};
    report_table(r, columns, sizeof columns / sizeof *columns);
    for (int i = 0; i < (int)CONFIG_COUNT; i++) {
        const struct config_def *d = config_def((enum config_key)i);
        const char *unit = sam_text_of(SAM_LANG_EN, SAM_TEXT_SET_CONFIG_UNIT, (int)d->unit);
        const char *meaning = sam_text_of(r->lang, SAM_TEXT_SET_CONFIG, i);
        report_cell_text(r, d->key, strlen(d->key));
        report_cell_text(r, d->normal, strlen(d->normal));
        report_cell_text(r, unit, strlen(unit));
        report_cell_num(r, (int64_t)d->min);
        report_cell_num(r, (int64_t)d->max);
        report_cell_text(r, d->words, strlen(d->words));
        report_cell_text(r, meaning, strlen(meaning));
    }
    report_table_end(r);
}

int verb_config(struct verb_context *v)
{
    struct sam_buf text;
    if (v->report.json) {
        page_json(&v->report);
        return VERB_OK;
    }
    sam_buf_init(&text, CONFIG_FILE_BYTES_MAX);
    int err = config_page(v->lang, &text);
    err = err ? err : sam_buf_add(&text, "", 1);
    if (!err)
        report_lines(&v->report, (const char *)sam_buf_peek(&text).ptr);
    sam_buf_fini(&text);
    return err ? verb_refuse(v, SAM_TEXT_CENTRE_ENOMEM) : VERB_OK;
}

/* ---- samlingd config check */

static unsigned changed_count(const struct config *c)
{
    unsigned n = 0;
    for (int i = 0; i < (int)CONFIG_COUNT; i++)
        n += strcmp(config_text(c, (enum config_key)i), config_def((enum config_key)i)->normal) != 0;
    return n;
}

static void faults_say(struct report *r, const struct config_faults *f, const char *path)
{
    static const struct report_column columns[] = {{"line", SAM_TEXT_COL_NAME}, {"text", SAM_TEXT_COL_NAME}};
    unsigned told = f->count < CONFIG_FAULTS_MAX ? f->count : CONFIG_FAULTS_MAX;
    report_list(r, "wrong", columns, 2);
    for (unsigned i = 0; i < told; i++) {
        char line[CONFIG_FAULT_BYTES_MAX + HOME_PATH_BYTES_MAX + 32];
        fault_text(f, i, path, line, sizeof line);
        report_say(r, "%s\n", line);
        report_cell_num(r, f->fault[i].line);
        report_cell_text(r, f->fault[i].text, strlen(f->fault[i].text));
    }
    report_table_end(r);
    if (f->count > told)
        report_tell(r, SAM_TEXT_CONF_MORE, (int)(f->count - told));
}

int verb_config_check(struct verb_context *v)
{
    char usual[HOME_PATH_BYTES_MAX + sizeof CONFIG_FILE_NAME];
    const char *path = v->args.pos_count ? v->args.pos[0] : usual;
    struct config c;
    struct config_faults f = {.lang = v->lang};
    usual_path(v->home, usual, sizeof usual);
    config_defaults(&c);
    int err = file_read(path, &c, &f);
    bool none = err == SAM_ENOTFOUND && path == usual;
    if (err && err != SAM_EUSAGE && !none)
        return verb_refuse(v, SAM_TEXT_CONF_UNREAD, path, verb_error_text(v->lang, err));
    if (!err)
        config_agree(&c, &f);
    report_text(&v->report, "file", path);
    report_num(&v->report, "count", f.count);
    faults_say(&v->report, &f, path);
    v->exit_code = f.count ? VERB_USAGE : VERB_OK;
    if (none)
        report_tell(&v->report, SAM_TEXT_CONF_NONE, path);
    else if (!f.count)
        report_tell(&v->report, SAM_TEXT_CONF_GOOD, path, (int)changed_count(&c));
    return VERB_OK;
}
