#include "server/admin/export.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/model/score.h"
#include "server/admin/author.h"
#include "server/admin/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the order of enum store_export. */
static const char *const names[] = {"attendance", "sessions",     "enrolments", "sets",
                                    "scores",     "participants", "consents",   NULL};

const char *export_name(unsigned table)
{
    return table < STORE_EXPORT_COUNT ? names[table] : NULL;
}

int export_find(const char *word, enum store_export *table)
{
    uint64_t n;
    int err = word_find(names, SAM_TEXT_SET_EXPORT, word, &n);
    if (!err)
        *table = (enum store_export)n;
    return err;
}

bool export_dated(enum store_export table)
{
    return table != STORE_EXPORT_PARTICIPANTS;
}

/* ---- columns */

enum look {
    LOOK_NUMBER,
    LOOK_TEXT,
    LOOK_DAY,
    LOOK_CLOCK,
    LOOK_TENTH, /* of which ten are one */
    LOOK_SWITCH,
    LOOK_WORD,
    LOOK_INSTRUMENT,
    LOOK_ANSWERS,
    LOOK_SCORE
};

struct column {
    const char *name;
    enum sam_text_id heading;
    enum look look;
    enum sam_text_set set; /* of LOOK_WORD */
};

#define COLUMN(name, heading, look)   \
    {                                 \
        name, heading, LOOK_##look, 0 \
    }
#define WORDED(name, heading, set)                   \
    {                                                \
        name, heading, LOOK_WORD, SAM_TEXT_SET_##set \
    }
static const struct column columns[] = {
    COLUMN("day", SAM_TEXT_XCOL_DAY, DAY),
    COLUMN("session", SAM_TEXT_XCOL_SESSION, NUMBER),
    COLUMN("group_code", SAM_TEXT_XCOL_GROUP_CODE, TEXT),
    COLUMN("group_name", SAM_TEXT_XCOL_GROUP_NAME, TEXT),
    COLUMN("clinic", SAM_TEXT_XCOL_CLINIC, TEXT),
    COLUMN("participant", SAM_TEXT_XCOL_PARTICIPANT, NUMBER),
    COLUMN("name", SAM_TEXT_XCOL_NAME, TEXT),
    COLUMN("birth_year", SAM_TEXT_XCOL_BIRTH_YEAR, NUMBER),
    WORDED("presence", SAM_TEXT_XCOL_PRESENCE, PRESENCE),
    WORDED("evidence", SAM_TEXT_XCOL_EVIDENCE, EVIDENCE),
    COLUMN("reason", SAM_TEXT_XCOL_REASON, NUMBER),
    COLUMN("minutes", SAM_TEXT_XCOL_MINUTES, NUMBER),
    COLUMN("arrived_min", SAM_TEXT_XCOL_ARRIVED, CLOCK),
    COLUMN("left_min", SAM_TEXT_XCOL_LEFT, CLOCK),
    COLUMN("late", SAM_TEXT_XCOL_LATE, SWITCH),
    COLUMN("left_early", SAM_TEXT_XCOL_LEFT_EARLY, SWITCH),
    COLUMN("by_video", SAM_TEXT_XCOL_BY_VIDEO, SWITCH),
    WORDED("session_status", SAM_TEXT_XCOL_SESSION_STATUS, SESSION),
    COLUMN("open_case", SAM_TEXT_XCOL_OPEN_CASE, SWITCH),
    COLUMN("planned", SAM_TEXT_XCOL_PLANNED, SWITCH),
    COLUMN("start_min", SAM_TEXT_XCOL_START, CLOCK),
    COLUMN("end_min", SAM_TEXT_XCOL_END, CLOCK),
    COLUMN("room", SAM_TEXT_XCOL_ROOM, TEXT),
    COLUMN("theme", SAM_TEXT_XCOL_THEME, TEXT),
    COLUMN("headcount", SAM_TEXT_XCOL_HEADCOUNT, NUMBER),
    COLUMN("marked", SAM_TEXT_XCOL_MARKED, NUMBER),
    COLUMN("present", SAM_TEXT_XCOL_PRESENT, NUMBER),
    WORDED("enrolment_status", SAM_TEXT_XCOL_ENROLMENT, ENROLMENT),
    COLUMN("planned_sessions", SAM_TEXT_XCOL_PLANNED_SESSIONS, NUMBER),
    COLUMN("start_day", SAM_TEXT_XCOL_START_DAY, DAY),
    COLUMN("end_day", SAM_TEXT_XCOL_END_DAY, DAY),
    COLUMN("end_reason", SAM_TEXT_XCOL_END_REASON, NUMBER),
    WORDED("exercise", SAM_TEXT_XCOL_EXERCISE, EXERCISE),
    COLUMN("set_no", SAM_TEXT_XCOL_SET_NO, NUMBER),
    COLUMN("reps", SAM_TEXT_XCOL_REPS, NUMBER),
    COLUMN("load_kg", SAM_TEXT_XCOL_LOAD, TENTH),
    COLUMN("duration_s", SAM_TEXT_XCOL_DURATION, NUMBER),
    COLUMN("distance_m", SAM_TEXT_XCOL_DISTANCE, NUMBER),
    WORDED("side", SAM_TEXT_XCOL_SIDE, SIDE),
    COLUMN("adapted", SAM_TEXT_XCOL_ADAPTED, SWITCH),
    COLUMN("pain", SAM_TEXT_XCOL_PAIN, NUMBER),
    COLUMN("stopped", SAM_TEXT_XCOL_STOPPED, SWITCH),
    COLUMN("response", SAM_TEXT_XCOL_RESPONSE, NUMBER),
    COLUMN("instrument", SAM_TEXT_XCOL_INSTRUMENT, INSTRUMENT),
    COLUMN("version", SAM_TEXT_XCOL_VERSION, NUMBER),
    WORDED("occasion", SAM_TEXT_XCOL_OCCASION, OCCASION),
    WORDED("mode", SAM_TEXT_XCOL_MODE, MODE),
    COLUMN("items", SAM_TEXT_XCOL_ITEMS, NUMBER),
    COLUMN("answered", SAM_TEXT_XCOL_ANSWERED, NUMBER),
    COLUMN("answers", SAM_TEXT_XCOL_ANSWERS, ANSWERS),
    WORDED("scale_0_means", SAM_TEXT_XCOL_SCALE_0, SCALE_0),
    COLUMN("language", SAM_TEXT_XCOL_LANGUAGE, TEXT),
    WORDED("held_by", SAM_TEXT_XCOL_HELD_BY, HELD_BY),
    COLUMN("replaces", SAM_TEXT_XCOL_REPLACES, NUMBER),
    COLUMN("counts", SAM_TEXT_XCOL_COUNTS, SWITCH),
    COLUMN("valid", SAM_TEXT_XCOL_VALID, SWITCH),
    WORDED("why", SAM_TEXT_XCOL_WHY, SCORE_WHY),
    COLUMN("score", SAM_TEXT_XCOL_SCORE, SCORE),
    COLUMN("sum", SAM_TEXT_XCOL_SUM, NUMBER),
    COLUMN("count", SAM_TEXT_XCOL_COUNT, NUMBER),
    WORDED("better", SAM_TEXT_XCOL_BETTER, BETTER),
    COLUMN("rule_version", SAM_TEXT_XCOL_RULE, NUMBER),
    WORDED("sex", SAM_TEXT_XCOL_SEX, SEX),
    COLUMN("municipality", SAM_TEXT_XCOL_MUNICIPALITY, TEXT),
    COLUMN("interpreter", SAM_TEXT_XCOL_INTERPRETER, SWITCH),
    COLUMN("address_protected", SAM_TEXT_XCOL_PROTECTED, SWITCH),
    COLUMN("active", SAM_TEXT_XCOL_ACTIVE, SWITCH),
    COLUMN("provisional", SAM_TEXT_XCOL_WALK_IN, SWITCH),
    WORDED("purpose", SAM_TEXT_XCOL_PURPOSE, PURPOSE),
    WORDED("consent", SAM_TEXT_XCOL_CONSENT, CONSENT),
    COLUMN("method", SAM_TEXT_XCOL_METHOD, NUMBER),
    COLUMN("text_version", SAM_TEXT_XCOL_TEXT_VERSION, NUMBER),
};

/* One table on its way. */
struct run {
    struct export_job *job;
    struct sam_buf piece;
    struct csv_out csv;
    const struct column *column[STORE_EXPORT_COLUMNS_MAX];
    unsigned count;
};

static const struct column *column_find(const char *name)
{
    for (unsigned i = 0; i < sizeof columns / sizeof *columns; i++)
        if (strcmp(columns[i].name, name) == 0)
            return &columns[i];
    return NULL;
}

static void columns_find(struct run *r)
{
    const char *name;
    for (; (name = store_export_column(r->job->reader, r->job->table, r->count)); r->count++) {
        SAM_ASSERT(r->count < STORE_EXPORT_COLUMNS_MAX);
        r->column[r->count] = column_find(name);
        SAM_ASSERT(r->column[r->count] != NULL);
    }
}

/* In the plain form a code has a column for itself, and its word the next one. */
static bool has_word(const struct column *c)
{
    return c->look == LOOK_WORD || c->look == LOOK_INSTRUMENT;
}

static void headings(struct run *r)
{
    char word[64];
    for (unsigned i = 0; i < r->count; i++) {
        const struct column *c = r->column[i];
        csv_out_word(&r->csv, r->job->plain ? c->name : sam_text(r->job->lang, c->heading));
        if (!r->job->plain || !has_word(c))
            continue;
        snprintf(word, sizeof word, "%s_word", c->name);
        csv_out_word(&r->csv, word);
    }
    csv_out_end_row(&r->csv);
}

/* ---- cells */

static int64_t number_of(const struct run *r, const struct store_cell *cell, const char *name)
{
    for (unsigned i = 0; i < r->count; i++)
        if (strcmp(r->column[i]->name, name) == 0)
            return cell[i].number;
    return 0;
}

/* What is shown of a score follows from its sum and count. */
static void score_out(struct run *r, const struct store_cell *cell)
{
    char text[SAM_RATIO_TEXT_BYTES_MAX] = "";
    const struct sam_score s = {.sum = (uint32_t)number_of(r, cell, "sum"),
                                .count = (uint8_t)number_of(r, cell, "count"),
                                .valid = (uint8_t)number_of(r, cell, "valid"),
                                .instrument = (uint8_t)number_of(r, cell, "instrument"),
                                .version = (uint8_t)number_of(r, cell, "version"),
                                .rule_version = (uint8_t)number_of(r, cell, "rule_version"),
                                .better = (uint8_t)number_of(r, cell, "better")};
    const struct sam_instrument *def = sam_instrument_find(s.instrument, s.version);
    if (def && s.valid)
        sam_score_text(def, &s, text);
    csv_out_decimal(&r->csv, text);
}

/* "3,4" would be read as a number with a decimal comma. */
static void answers_out(struct run *r, struct sam_span text)
{
    char spaced[SAM_TEXT_BYTES_MAX + 1];
    if (r->job->plain || text.len >= sizeof spaced) {
        csv_out_text(&r->csv, text);
        return;
    }
    for (size_t i = 0; i < text.len; i++)
        spaced[i] = text.ptr[i] == ',' ? ' ' : (char)text.ptr[i];
    csv_out_text(&r->csv, (struct sam_span){(const uint8_t *)spaced, text.len});
}

static void instrument_out(struct run *r, const struct store_cell *cell, int64_t n)
{
    const struct sam_instrument *def = sam_instrument_find((uint32_t)n, (uint32_t)number_of(r, cell, "version"));
    if (r->job->plain || !def)
        csv_out_number(&r->csv, n);
    if (r->job->plain || def)
        csv_out_word(&r->csv, def ? def->code : "");
}

/* A code without a word, a clinic's own or one of a newer version, stands for itself. */
static void word_out(struct run *r, const struct column *c, int64_t n)
{
    bool plain = r->job->plain;
    const char *word = sam_text_of(plain ? SAM_LANG_EN : r->job->lang, c->set, n < 0 || n > INT16_MAX ? -1 : (int)n);
    bool known = strcmp(word, "?") != 0;
    if (plain || !known)
        csv_out_number(&r->csv, n);
    if (!plain && c->set == SAM_TEXT_SET_SCORE_WHY && n == SAM_SCORE_VALID)
        csv_out_none(&r->csv); /* there is a score */
    else if (plain || known)
        csv_out_word(&r->csv, known ? word : "");
}

static void number_out(struct run *r, const struct column *c, int64_t n)
{
    char text[VALUE_TIME_BYTES];
    bool plain = r->job->plain;
    switch (c->look) {
    case LOOK_DAY:
        value_day_iso((int32_t)n, text);
        csv_out_word(&r->csv, text);
        break;
    case LOOK_CLOCK:
        snprintf(text, sizeof text, "%02d:%02d", (int)(n / 60), (int)(n % 60));
        if (plain)
            csv_out_number(&r->csv, n);
        else
            csv_out_word(&r->csv, text);
        break;
    case LOOK_TENTH:
        snprintf(text, sizeof text, n % 10 ? "%d.%d" : "%d", (int)(n / 10), (int)(n % 10));
        csv_out_decimal(&r->csv, text);
        break;
    case LOOK_SWITCH:
        if (plain)
            csv_out_number(&r->csv, n);
        else
            csv_out_word(&r->csv, sam_text(r->job->lang, n ? SAM_TEXT_VALUE_YES : SAM_TEXT_VALUE_NO));
        break;
    case LOOK_WORD: word_out(r, c, n); break;
    default: csv_out_number(&r->csv, n); break;
    }
}

static void none_out(struct run *r, const struct column *c)
{
    csv_out_none(&r->csv);
    if (r->job->plain && has_word(c))
        csv_out_none(&r->csv);
}

static void cell_out(struct run *r, const struct store_cell *row, unsigned i)
{
    const struct column *c = r->column[i];
    if (c->look == LOOK_SCORE)
        score_out(r, row);
    else if (row[i].kind == STORE_CELL_NONE)
        none_out(r, c);
    else if (c->look == LOOK_ANSWERS)
        answers_out(r, row[i].text);
    else if (row[i].kind == STORE_CELL_TEXT)
        csv_out_text(&r->csv, row[i].text);
    else if (c->look == LOOK_INSTRUMENT)
        instrument_out(r, row, row[i].number);
    else
        number_out(r, c, row[i].number);
}

/* ---- rows */

static int flush(struct run *r, size_t from)
{
    struct sam_span all = sam_buf_peek(&r->piece);
    if (r->csv.err || all.len < from || all.len == 0)
        return r->csv.err;
    int err = r->job->out->bytes(r->job->out->ctx, all);
    sam_buf_clear(&r->piece);
    return err;
}

static int row_out(void *ctx, const struct store_cell *cell, unsigned count)
{
    struct run *r = ctx;
    SAM_ASSERT(count == r->count);
    for (unsigned i = 0; i < count; i++)
        cell_out(r, cell, i);
    csv_out_end_row(&r->csv);
    r->job->rows++;
    return flush(r, EXPORT_PIECE_BYTES);
}

int export_run(struct export_job *j)
{
    struct run *r = calloc(1, sizeof *r);
    char file[64];
    if (!r)
        return SAM_ENOMEM;
    r->job = j;
    j->rows = 0;
    sam_buf_init(&r->piece, EXPORT_BUFFER_BYTES_MAX);
    columns_find(r);
    snprintf(file, sizeof file, "%s.csv", export_name(j->table));
    int err = j->out->file(j->out->ctx, file);
    csv_out_begin(&r->csv, &r->piece, j->plain);
    headings(r);
    if (!err)
        err = store_export_each(j->reader, j->table, j->filter, row_out, r);
    if (!err)
        err = flush(r, 0);
    sam_buf_fini(&r->piece);
    free(r);
    return err;
}
