/* attendance type: what stands on a sheet of paper, typed in. A mark that is there already is never written over: it is told instead, and who
 * types decides on the page of that session. What is typed rests on a list (evidence listed): a tablet's own mark goes before it. */
#include "proto/base/csv_table.h"
#include "proto/base/err.h"
#include "server/admin/access.h"
#include "server/admin/author.h"
#include "server/admin/session.h"

#include <stdio.h>
#include <string.h>

enum { ROWS_MAX = 2000, LISTED = 0, SAID_FIRST = 1, SAID_LAST = 3, IN_ERROR = 9 };

struct typing {
    struct verb_context *v;
    const struct sam_csv *t;
    uint64_t group;
    int session, participant, presence; /* columns */
    unsigned saved, same, kept, refused;
};

/* One row: what it says. */
struct mark {
    uint64_t session, participant;
    int64_t presence, known; /* known: what stands there, 0: nothing */
};

/* Somebody of the group: enrolled in it, or written down in that session already. */
static int person_find(struct typing *k, const char *word, struct mark *m)
{
    struct sam_key key = {.entity = SAM_ENROLMENT, .part = {k->group}};
    struct store_row row;
    if (args_number(word, 1, INT64_MAX, &m->participant))
        return SAM_ENOTFOUND;
    int err = people_root(k->v->st, m->participant, &m->participant);
    key.part[1] = m->participant;
    err = err ? err : store_row_get(k->v->st, &key, &row);
    bool enrolled = !err && row.exists && row.dead <= 0 && sam_row_num(&row.row, SAM_ENROLMENT_status) != IN_ERROR;
    key = (struct sam_key){.entity = SAM_ATTENDANCE, .part = {m->session, m->participant}};
    err = err ? err : store_row_get(k->v->st, &key, &row);
    bool known = !err && row.exists && row.dead <= 0;
    m->known = known ? sam_row_num(&row.row, SAM_ATTENDANCE_presence) : 0;
    return err ? err : enrolled || known ? 0 : SAM_ENOTFOUND;
}

/* Why the row is refused; SAM_TEXT_COUNT: it is not. */
static int row_read(struct typing *k, size_t i, struct mark *m, enum sam_text_id *why)
{
    struct session s;
    struct sam_row said;
    *why = SAM_TEXT_TYPED_ROW;
    if (k->t->row[i].fault)
        return 0;
    *why = SAM_TEXT_TYPED_SESSION;
    int err = args_number(sam_csv_cell(k->t, i, k->session), 1, INT64_MAX, &m->session)
                  ? SAM_ENOTFOUND
                  : session_get(k->v, m->session, &s);
    if (err || s.group != k->group)
        return err == SAM_ENOTFOUND ? 0 : err;
    *why = s.status == SESSION_CANCELLED ? SAM_TEXT_TYPED_CANCELLED : SAM_TEXT_TYPED_AHEAD;
    if (s.status == SESSION_CANCELLED || s.day > author_today(k->v))
        return 0;
    *why = SAM_TEXT_TYPED_WORD;
    sam_row_init(&said, SAM_ATTENDANCE);
    const char *word = sam_csv_cell(k->t, i, k->presence);
    if (value_parse(sam_entity_find(SAM_ATTENDANCE), SAM_ATTENDANCE_presence, word, &said))
        return 0;
    m->presence = sam_row_num(&said, SAM_ATTENDANCE_presence);
    if (m->presence < SAID_FIRST || m->presence > SAID_LAST)
        return 0;
    *why = SAM_TEXT_TYPED_PERSON;
    err = person_find(k, sam_csv_cell(k->t, i, k->participant), m);
    *why = err ? *why : SAM_TEXT_COUNT;
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int mark_say(struct typing *k, const struct mark *m)
{
    struct sam_op op;
    author_set(k->v, &op, &(struct sam_key){.entity = SAM_ATTENDANCE, .part = {m->session, m->participant}});
    sam_row_set(&op.row, SAM_ATTENDANCE_presence, m->presence);
    sam_row_set(&op.row, SAM_ATTENDANCE_evidence, LISTED);
    return author_apply(k->v, &op);
}

/* ---- telling */

static void kept_told(struct typing *k, const struct mark *m)
{
    struct report *r = &k->v->report;
    char name[SAM_NAME_BYTES_MAX + 1];
    author_name(k->v, SAM_PARTICIPANT, m->participant, SAM_PARTICIPANT_name, name, sizeof name);
    report_cell_num(r, (int64_t)m->session);
    report_cell_num(r, (int64_t)m->participant);
    report_cell_str(r, name);
    report_cell_num(r, m->known);
    report_tell(r, SAM_TEXT_TYPED_KEPT, name, sam_text_of(r->lang, SAM_TEXT_SET_PRESENCE, (int)m->known));
    k->kept++;
}

/* Every row once, for what ${each} makes of it. */
static int rows_walk(struct typing *k,
                     int (*each)(struct typing *k, uint32_t row, const struct mark *m, enum sam_text_id why))
{
    int err = 0;
    for (size_t i = 0; !err && i < k->t->rows; i++) {
        struct mark m = {0};
        enum sam_text_id why;
        err = row_read(k, i, &m, &why);
        err = err ? err : each(k, k->t->row[i].number, &m, why);
    }
    return err;
}

static int refused_each(struct typing *k, uint32_t row, const struct mark *m, enum sam_text_id why)
{
    struct report *r = &k->v->report;
    (void)m;
    if (why == SAM_TEXT_COUNT)
        return 0;
    report_cell_num(r, row);
    report_cell_str(r, sam_text(r->lang, why));
    report_tell(r, SAM_TEXT_ADM_IMPORT_REFUSED, (int)row, sam_text(r->lang, why));
    k->refused++;
    return 0;
}

static int save_each(struct typing *k, uint32_t row, const struct mark *m, enum sam_text_id why)
{
    (void)row;
    if (why != SAM_TEXT_COUNT)
        return 0;
    access_person(k->v, m->participant);
    bool known = m->known >= SAID_FIRST && m->known <= SAID_LAST;
    if (known && m->known == m->presence) {
        k->same++;
        return 0;
    }
    if (known) {
        kept_told(k, m);
        return 0;
    }
    k->saved++;
    return mark_say(k, m);
}

/* Rows are judged before any is saved: one that is there twice with two words is kept as the first one says. */
static int rows_type(struct typing *k)
{
    static const struct report_column refused[] = {{"row", SAM_TEXT_COL_SEQ}, {"text", SAM_TEXT_COL_VERDICT}};
    static const struct report_column kept[] = {{"session", SAM_TEXT_COL_ID},
                                                {"participant", SAM_TEXT_COL_ID},
                                                {"name", SAM_TEXT_COL_NAME},
                                                {"presence", SAM_TEXT_COL_VERDICT}};
    struct report *r = &k->v->report;
    report_list(r, "refused", refused, 2);
    int err = rows_walk(k, refused_each);
    report_table_end(r);
    report_list(r, "kept", kept, 4);
    err = err ? err : rows_walk(k, save_each);
    report_table_end(r);
    return err;
}

static int columns_find(struct typing *k)
{
    k->session = sam_csv_column(k->t, "session|samling");
    k->participant = sam_csv_column(k->t, "participant|deltaker");
    k->presence = sam_csv_column(k->t, "presence|oppmøte");
    if (k->session < 0 || k->participant < 0 || k->presence < 0)
        return verb_refuse(k->v, SAM_TEXT_TYPED_COLUMNS);
    return k->t->rows > ROWS_MAX ? verb_refuse(k->v, SAM_TEXT_TYPED_MANY, (int)ROWS_MAX) : VERB_OK;
}

int verb_attendance_type(struct verb_context *v)
{
    struct typing k = {.v = v, .t = v->mem};
    const char *group = args_get(&v->args, "group");
    struct report *r = &v->report;
    int err = group ? author_group(v, group, &k.group) : verb_usage(v);
    err = err ? err : columns_find(&k);
    err = err ? err : rows_type(&k);
    if (err)
        return err;
    if (!v->access_count)
        access_list(v, k.group, 0);
    report_num(r, "saved", k.saved);
    report_num(r, "same", k.same);
    report_num(r, "kept_count", k.kept);
    report_num(r, "refused_count", k.refused);
    report_tell(r, SAM_TEXT_TYPED_SAVED, (int)k.saved, (int)k.same, (int)k.kept, (int)k.refused);
    v->exit_code = k.refused || k.kept ? VERB_REFUSED : VERB_OK;
    return VERB_OK;
}
