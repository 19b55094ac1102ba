/* What is done in a story: setting up, and the acts of the console and of tablets. */
#include "tests/scenario/clinical.h"

#include "client-sdk/src/read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- setting up */

static bool author(struct play *y, struct sam_op *op, bool refused)
{
    enum sam_reason why = pump_author(y->p, op);
    if (why && !refused)
        return play_break(y, "the centre refuses it: reason %d", (int)why);
    if (!why && refused)
        play_fail(y, "the centre was expected to refuse it");
    return true;
}

static bool create(struct play *y, const char *name, struct sam_op *op)
{
    op->kind = SAM_OP_CREATE;
    return author(y, op, false) && name_add(y, name, op->row.key.entity, op->row.key.part[0]);
}

/* The id of a name that must be of ${entity}. */
static bool named(struct play *y, const char *word, uint8_t entity, uint64_t *id)
{
    const struct story_name *n = name_find(y, word);
    bool fits = n && n->entity == entity;
    *id = fits ? n->id : 0;
    return fits || play_break(y, "%s is no %s", word, sam_entity_find(entity)->table);
}

static bool setup_clinic(struct play *y, const char *name)
{
    struct sam_op op = {0};
    sam_row_init(&op.row, SAM_ORG_UNIT);
    sam_row_set_text(&op.row, SAM_ORG_UNIT_name, name, strlen(name));
    return create(y, name, &op);
}

static bool setup_group(struct play *y, const char *name, const char *clinic)
{
    struct sam_op op = {0};
    uint64_t org;
    sam_row_init(&op.row, SAM_GROUP);
    sam_row_set_text(&op.row, SAM_GROUP_name, name, strlen(name));
    if (!named(y, clinic, SAM_ORG_UNIT, &org))
        return false;
    sam_row_set(&op.row, SAM_GROUP_org, (int64_t)org);
    return create(y, name, &op);
}

static bool enrol(struct play *y, uint64_t group, uint64_t person, int64_t status)
{
    struct sam_op op = {.kind = SAM_OP_SET};
    sam_row_init(&op.row, SAM_ENROLMENT);
    op.row.key.part[0] = group;
    op.row.key.part[1] = person;
    sam_row_set(&op.row, SAM_ENROLMENT_status, status);
    return author(y, &op, false);
}

enum { ATTENDING = 4, COMPLETED = 5 };

static bool setup_people(struct play *y, const struct words *w)
{
    uint64_t group;
    if (!named(y, w->word[w->count - 1], SAM_GROUP, &group))
        return false;
    for (unsigned i = 1; i + 2 < w->count; i++) {
        const struct story_name *known = name_find(y, w->word[i]);
        struct sam_op op = {0};
        sam_row_init(&op.row, SAM_PARTICIPANT);
        sam_row_set_text(&op.row, SAM_PARTICIPANT_name, w->word[i], strlen(w->word[i]));
        if (!known && !create(y, w->word[i], &op))
            return false;
        if (!enrol(y, group, known ? known->id : op.row.key.part[0], ATTENDING))
            return false;
    }
    return true;
}

static bool setup_session(struct play *y, const char *name, const char *group, const char *date)
{
    struct sam_op op = {0};
    uint64_t group_id;
    int64_t day;
    sam_row_init(&op.row, SAM_SESSION);
    if (!named(y, group, SAM_GROUP, &group_id))
        return false;
    if (!read_day(date, &day))
        return play_break(y, "%s is no date", date);
    sam_row_set(&op.row, SAM_SESSION_group_id, (int64_t)group_id);
    sam_row_set(&op.row, SAM_SESSION_day, day);
    sam_row_set(&op.row, SAM_SESSION_planned, 1);
    sam_row_set(&op.row, SAM_SESSION_status, 0);
    return create(y, name, &op);
}

static bool setup_tablets(struct play *y, const struct words *w)
{
    uint64_t org, user[STORY_WORDS_MAX];
    unsigned first = y->p->tablets, last = w->count - 2;
    if (!named(y, w->word[w->count - 1], SAM_ORG_UNIT, &org))
        return false;
    if (y->p->tablets + last > PUMP_TABLETS_MAX + 1u)
        return play_break(y, "too many tablets");
    for (unsigned i = 1; i < last; i++) {
        struct sam_op op = {.kind = SAM_OP_CREATE};
        sam_row_init(&op.row, SAM_USER);
        sam_row_set_text(&op.row, SAM_USER_name, w->word[i], strlen(w->word[i]));
        sam_row_set(&op.row, SAM_USER_org, (int64_t)org);
        char name[48];
        snprintf(name, sizeof name, "user-%s", w->word[i]);
        if (!create(y, name, &op))
            return false;
        user[i] = op.row.key.part[0];
    }
    for (unsigned i = 1; i < last; i++) {
        struct pump_tablet *t = pump_tablet_add(y->p, org, user[i]);
        if (!name_add(y, w->word[i], STORY_NAME_DEVICE, (uint64_t)(t - y->p->tablet)))
            return false;
    }
    for (; first < y->p->tablets; first++)
        pump_sync(&y->p->tablet[first], PUMP_WHOLE);
    return true;
}

bool act_setup(struct play *y, const struct words *w)
{
    int64_t day;
    if (words_are(w, "today *")) {
        if (!read_day(w->word[1], &day))
            return play_break(y, "%s is no date", w->word[1]);
        y->p->now_s = day * STORY_DAY_S + STORY_MORNING_S;
        return true;
    }
    if (words_are(w, "clinic *"))
        return setup_clinic(y, w->word[1]);
    if (words_are(w, "group * at *"))
        return setup_group(y, w->word[1], w->word[3]);
    if (w->count >= 4 && !strcmp(w->word[0], "people") && !strcmp(w->word[w->count - 2], "in"))
        return setup_people(y, w);
    if (words_are(w, "session * of * on *"))
        return setup_session(y, w->word[1], w->word[3], w->word[5]);
    if (w->count >= 4 && !strcmp(w->word[0], "tablets") && !strcmp(w->word[w->count - 2], "at"))
        return setup_tablets(y, w);
    return play_break(y, "unknown word \"%s\"", w->count ? w->word[0] : "");
}

/* ---- ops in any table: set, create, clear, remove */

static bool is_op(const struct words *w)
{
    static const char *const verbs[] = {"set", "create", "clear", "remove"};
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (w->count && !strcmp(w->word[0], verbs[i]))
            return true;
    return false;
}

static bool read_columns(struct play *y, const char *text, struct sam_op *op)
{
    const struct sam_entity_def *def = sam_entity_find(op->row.key.entity);
    while (text && *text) {
        size_t len = strcspn(text, ", ");
        int field = field_find(def, text, len);
        if (field < 0)
            return play_break(y, "unknown column \"%.*s\" of %s", (int)len, text, def->table);
        op->clear |= 1u << def->field[field].unit;
        text += len;
        text += strspn(text, ", ");
    }
    return true;
}

/* ${name}: of a row that is created with an id of its own; NULL: its key is given. */
static bool read_op(struct play *y, const struct words *w, struct sam_op *op, const char **name)
{
    const struct sam_entity_def *def = w->count > 1 ? sam_entity_named(w->word[1]) : NULL;
    bool creates = !strcmp(w->word[0], "create");
    memset(op, 0, sizeof *op);
    *name = creates && def && def->minted && w->count == 3 ? w->word[2] : NULL;
    sam_row_init(&op->row, def ? def->tag : 0);
    if (!*name && !read_key(y, w, 1, w->count - 1, &op->row.key))
        return false;
    op->kind = creates ? SAM_OP_CREATE : !strcmp(w->word[0], "remove") ? SAM_OP_TOMBSTONE : SAM_OP_SET;
    if (!strcmp(w->word[0], "clear"))
        return read_columns(y, w->rest, op);
    return read_fields(y, w->rest, &op->row);
}

/* ---- the console */

static bool console_move(struct play *y, const struct words *w)
{
    uint64_t person, from, to;
    return named(y, w->word[1], SAM_PARTICIPANT, &person) && named(y, w->word[3], SAM_GROUP, &from) &&
           named(y, w->word[5], SAM_GROUP, &to) && enrol(y, from, person, COMPLETED) && enrol(y, to, person, ATTENDING);
}

bool act_console(struct play *y, const char *text, uint64_t base_csn, bool refused)
{
    struct words w;
    struct sam_op op;
    const char *name;
    if (!words_split(text, &w))
        return play_break(y, "too long a line");
    if (is_op(&w)) {
        if (!read_op(y, &w, &op, &name))
            return false;
        op.base_csn = base_csn;
        return author(y, &op, refused) && (!name || name_add(y, name, op.row.key.entity, op.row.key.part[0]));
    }
    if (words_are(&w, "move * from * to *"))
        return console_move(y, &w);
    if (words_are(&w, "revoke *") && tablet_find(y, w.word[1])) {
        pump_device_state(y->p, tablet_find(y, w.word[1])->device_no, SAM_DEVICE_REVOKED);
        return true;
    }
    if (words_are(&w, "plan")) {
        pump_plan(y->p);
        return true;
    }
    return play_break(y, "unknown word \"%s\" of the console", w.count ? w.word[0] : "");
}

/* ---- a tablet */

static bool saved(struct play *y, struct pump_tablet *t, int err)
{
    return err == 0 || play_break(y, "the tablet does not save it: %s, %s", samling_errname(err), samling_errmsg(t->s));
}

static bool is_open(const struct play *y, const struct pump_tablet *t, uint64_t session)
{
    for (unsigned i = 0; i < y->openeds; i++)
        if (&y->p->tablet[y->opened[i].tablet] == t && y->opened[i].session == session)
            return true;
    return false;
}

static bool form_open(struct play *y, struct pump_tablet *t, const char *word)
{
    uint64_t session;
    if (!named(y, word, SAM_SESSION, &session))
        return false;
    if (y->openeds == STORY_OPENED_MAX)
        return play_break(y, "too many forms");
    if (!is_open(y, t, session)) {
        y->opened[y->openeds].tablet = (unsigned)(t - y->p->tablet);
        y->opened[y->openeds++].session = session;
    }
    return saved(y, t, samling_form_open(t->s, session));
}

/* Whoever did not leave a form open looks before writing. */
static bool form_look(struct play *y, struct pump_tablet *t, uint64_t session)
{
    return is_open(y, t, session) || saved(y, t, samling_form_open(t->s, session));
}

static int num_or(const struct sam_row *r, unsigned field, int absent)
{
    return sam_row_has(r, field) ? (int)r->val[field].num : absent;
}

static bool tablet_mark(struct play *y, struct pump_tablet *t, const struct words *w)
{
    struct samling_mark m = SAMLING_MARK_INIT;
    struct sam_row r;
    sam_row_init(&r, SAM_ATTENDANCE);
    if (!named(y, w->word[1], SAM_SESSION, &m.session) || !named(y, w->word[2], SAM_PARTICIPANT, &m.participant) ||
        !read_fields(y, w->rest, &r) || !form_look(y, t, m.session))
        return false;
    m.presence = num_or(&r, SAM_ATTENDANCE_presence, m.presence);
    m.evidence = num_or(&r, SAM_ATTENDANCE_evidence, m.evidence);
    m.reason = num_or(&r, SAM_ATTENDANCE_reason, -1);
    m.minutes = num_or(&r, SAM_ATTENDANCE_minutes, -1);
    m.arrived_min = num_or(&r, SAM_ATTENDANCE_arrived_min, -1);
    m.left_min = num_or(&r, SAM_ATTENDANCE_left_min, -1);
    m.late = num_or(&r, SAM_ATTENDANCE_late, -1);
    m.left_early = num_or(&r, SAM_ATTENDANCE_left_early, -1);
    m.by_video = num_or(&r, SAM_ATTENDANCE_by_video, -1);
    return saved(y, t, samling_mark(t->s, t->user, &m));
}

/* "walk-in tuesday guest: name Kari Ny, birth_year 1971": made and marked present in one. */
static bool tablet_walk_in(struct play *y, struct pump_tablet *t, const struct words *w)
{
    struct sam_row r;
    uint64_t session, id;
    char name[SAM_TEXT_BYTES_MAX + 1];
    sam_row_init(&r, SAM_PARTICIPANT);
    if (!named(y, w->word[1], SAM_SESSION, &session) || !read_fields(y, w->rest, &r) || !form_look(y, t, session))
        return false;
    struct sam_span said =
        sam_row_has(&r, SAM_PARTICIPANT_name) ? r.val[SAM_PARTICIPANT_name].text : (struct sam_span){0};
    snprintf(name, sizeof name, "%.*s", (int)said.len, said.len ? (const char *)said.ptr : "");
    return saved(y, t,
                 samling_walk_in(t->s, t->user, session, name, num_or(&r, SAM_PARTICIPANT_birth_year, -1), &id)) &&
           name_add(y, w->word[2], SAM_PARTICIPANT, id);
}

/* "vouch new: name Kari Vikar, role 5": for a substitute without an account; may be named new from here on. With "refused" behind
 * "vouch" the tablet must not save it. */
static bool tablet_vouch(struct play *y, struct pump_tablet *t, const struct words *w)
{
    struct sam_row r;
    uint64_t id;
    char name[SAM_TEXT_BYTES_MAX + 1];
    bool refused = w->count == 3;
    sam_row_init(&r, SAM_USER);
    if (!read_fields(y, w->rest, &r))
        return false;
    struct sam_span said = sam_row_has(&r, SAM_USER_name) ? r.val[SAM_USER_name].text : (struct sam_span){0};
    snprintf(name, sizeof name, "%.*s", (int)said.len, said.len ? (const char *)said.ptr : "");
    int err = samling_user_vouch(t->s, t->user, name, num_or(&r, SAM_USER_role, 0), &id);
    if (refused && !err)
        play_fail(y, "the tablet was expected to refuse it");
    return refused || (saved(y, t, err) && name_add(y, w->word[1], SAM_USER, id));
}

/* "user new": who holds the tablet from here on. */
static bool tablet_user(struct play *y, struct pump_tablet *t, const struct words *w)
{
    return named(y, w->word[1], SAM_USER, &t->user);
}

/* "add session extra of Tirsdag on 2026-10-08", and perhaps "at 10:00". */
static bool tablet_session_add(struct play *y, struct pump_tablet *t, const struct words *w)
{
    uint64_t group, id;
    int64_t day;
    int hour = 0, start_min = -1;
    if (!named(y, w->word[4], SAM_GROUP, &group))
        return false;
    if (!read_day(w->word[6], &day))
        return play_break(y, "%s is no date", w->word[6]);
    if (w->count == 9) {
        char *end;
        hour = (int)strtol(w->word[8], &end, 10);
        start_min = hour * 60 + (*end == ':' ? (int)strtol(end + 1, NULL, 10) : 0);
    }
    return saved(y, t, samling_session_add(t->s, t->user, group, (int32_t)day, start_min, &id)) &&
           name_add(y, w->word[2], SAM_SESSION, id);
}

static bool tablet_session_status(struct play *y, struct pump_tablet *t, const struct words *w)
{
    struct sam_row r;
    uint64_t session;
    sam_row_init(&r, SAM_SESSION);
    return named(y, w->word[1], SAM_SESSION, &session) && read_fields(y, w->rest, &r) && form_look(y, t, session) &&
           saved(y, t,
                 samling_session_status(t->s, t->user, session, num_or(&r, SAM_SESSION_status, 0),
                                        num_or(&r, SAM_SESSION_reason, -1)));
}

/* The scope in which the tablet holds a row, or will. */
static uint64_t scope_of(struct pump_tablet *t, const struct sam_op *op)
{
    const struct sam_entity_def *def = sam_entity_find(op->row.key.entity);
    int group = field_find(def, "group_id", strlen("group_id"));
    struct sam_view v;
    uint64_t scope = 0;
    if (def->scope == SAM_SCOPE_SESSION)
        return sam_session_find(t->s, op->row.key.part[0], &v, &scope) ? 0 : scope;
    if (def->tag == SAM_SESSION && op->kind != SAM_OP_CREATE)
        return sam_session_find(t->s, op->row.key.part[0], &v, &scope) ? 0 : scope;
    if (def->scope == SAM_SCOPE_SELF || (def->scope == SAM_SCOPE_FIELD && group < 0))
        return op->row.key.part[0];
    if (group >= 0 && sam_row_has(&op->row, (unsigned)group))
        return (uint64_t)sam_row_num(&op->row, (unsigned)group);
    return sam_replica_find(t->s, &op->row.key, &v, &scope) ? 0 : scope;
}

static bool tablet_op(struct play *y, struct pump_tablet *t, const struct words *w)
{
    struct sam_op op;
    const char *name;
    if (!read_op(y, w, &op, &name))
        return false;
    int err = clinical_has(&op) ? clinical_save(t, &op, !is_open(y, t, op.row.key.part[0]))
                                : pump_save(t, &op, scope_of(t, &op));
    return saved(y, t, err) && (!name || name_add(y, name, op.row.key.entity, op.row.key.part[0]));
}

bool act_refused(struct play *y, struct pump_tablet *t, const char *text)
{
    struct words w;
    struct sam_op op;
    const char *name;
    if (!words_split(text, &w) || !is_op(&w) || !read_op(y, &w, &op, &name))
        return play_break(y, "what may be refused is an op");
    int err = clinical_has(&op) ? clinical_save(t, &op, false) : pump_save(t, &op, scope_of(t, &op));
    if (err != SAMLING_ERANGE)
        play_fail(y, "refused: %s\n    expected ERANGE\n    got      %s", text, err ? samling_errname(err) : "saved");
    return true;
}

static bool tablet_clock(struct play *y, struct pump_tablet *t, const struct words *w)
{
    uint64_t n;
    if (strchr("+-", w->word[1][0]) == NULL || !read_number(w->word[1] + 1, &n))
        return play_break(y, "%s is no difference", w->word[1]);
    t->clock_off_s += (w->word[1][0] == '-' ? -1 : 1) * (int64_t)n * STORY_DAY_S;
    return true;
}

bool act_tablet(struct play *y, struct pump_tablet *t, const char *text)
{
    struct words w;
    if (!words_split(text, &w))
        return play_break(y, "too long a line");
    if (words_are(&w, "mark * *"))
        return tablet_mark(y, t, &w);
    if (words_are(&w, "walk-in * *"))
        return tablet_walk_in(y, t, &w);
    if (words_are(&w, "vouch *") || words_are(&w, "vouch refused *"))
        return tablet_vouch(y, t, &w);
    if (words_are(&w, "user *"))
        return tablet_user(y, t, &w);
    if (words_are(&w, "session *"))
        return tablet_session_status(y, t, &w);
    if (words_are(&w, "add session * of * on *") || words_are(&w, "add session * of * on * at *"))
        return tablet_session_add(y, t, &w);
    if (words_are(&w, "open *"))
        return form_open(y, t, w.word[1]);
    if (words_are(&w, "clock * days"))
        return tablet_clock(y, t, &w);
    if (act_store(y, t, &w) || y->broken)
        return !y->broken;
    return is_op(&w) ? tablet_op(y, t, &w) : play_break(y, "unknown word \"%s\" of a tablet", w.count ? w.word[0] : "");
}
