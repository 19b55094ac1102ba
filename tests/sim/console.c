#include "tests/sim/console_int.h"

#include "proto/base/err.h"
#include "proto/model/rule.h"
#include "tests/sim/centre.h"
#include "tests/sim/history.h"
#include "tests/sim/join.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum verb {
    VERB_PERSON,
    VERB_ENROL,
    VERB_BIRTH_YEAR,
    VERB_DELETE,
    VERB_MARK,
    VERB_ROOM,
    VERB_STATUS,
    VERB_PLAN,
    VERB_USER,
    VERB_GROUP,
    VERB_RULE,
    VERB_LET_STAND,
    VERB_GROUP_MOVE,
    VERB_GROUP_LIST,
    VERB_USER_MOVE,
    VERB_LINK,
    VERB_PART,
    VERB_LEADER,
    VERB_DECIDE,
    VERB_SHUT,
    VERB_ORDINARY,
    VERB_APPROVE = VERB_ORDINARY,
    VERB_CONFIRM,
    VERB_SETTLE,
    VERB_REVOKE
};

struct verb_job {
    struct writer_job job;
    struct world *w;
    enum verb verb;
    uint64_t seed, device_no;
    struct page page; /* from which it is decided */
};

int console_author(struct world *w, struct sam_op *op)
{
    struct intake *in = w->centre.intake;
    enum sam_reason why;
    int err = op->row.key.part[0] ? 0 : intake_mint(in, &op->row.key.part[0]);
    if (err)
        return err;
    if (!op->base_csn)
        op->base_csn = store_csn(intake_store(in));
    history_console(w, op, intake_epoch(in).id);
    err = intake_author(in, op, &why);
    w->rare.link_refused += err == SAM_ERANGE && op->row.key.entity == SAM_LINK;
    return err == SAM_ERANGE ? 0 : err;
}

static int named(struct world *w, uint8_t entity, unsigned name, int ref, uint64_t to, uint64_t *id)
{
    struct sam_op op = {.kind = SAM_OP_CREATE};
    char text[32];
    snprintf(text, sizeof text, "Navn %03u", (unsigned)roll(w, 1000));
    sam_row_init(&op.row, entity);
    sam_row_set_text(&op.row, name, text, strlen(text));
    if (entity == SAM_GROUP) {
        sam_row_set(&op.row, SAM_GROUP_weekday, 1 + (int64_t)roll(w, 7));
        sam_row_set(&op.row, SAM_GROUP_start_min, 600);
    }
    if (ref >= 0)
        sam_row_set(&op.row, (unsigned)ref, (int64_t)to);
    int err = console_author(w, &op);
    *id = op.row.key.part[0];
    return err;
}

struct sam_op console_set_of(const struct sam_key *key)
{
    struct sam_op op = {.kind = SAM_OP_SET};
    sam_row_init(&op.row, key->entity);
    op.row.key = *key;
    return op;
}

/* The page was read some time ago. */
uint64_t console_page_base(struct world *w)
{
    uint64_t csn = store_csn(intake_store(w->centre.intake)), back = chance(w, 50) ? 0 : roll(w, 30);
    return csn > back ? csn - back : csn;
}

static int person(struct world *w)
{
    struct sam_key group;
    uint64_t id;
    if (!history_some_row(w, SAM_GROUP, &group))
        return 0;
    int err = named(w, SAM_PARTICIPANT, SAM_PARTICIPANT_name, -1, 0, &id);
    struct sam_op op = console_set_of(&(struct sam_key){SAM_ENROLMENT, {group.part[0], id}});
    sam_row_set(&op.row, SAM_ENROLMENT_status, 4);
    return err ? err : console_author(w, &op);
}

static int enrol(struct world *w)
{
    struct sam_key group, one;
    if (!history_some_row(w, SAM_GROUP, &group) || !history_some_row(w, SAM_PARTICIPANT, &one))
        return 0;
    struct sam_op op = console_set_of(&(struct sam_key){SAM_ENROLMENT, {group.part[0], one.part[0]}});
    op.base_csn = console_page_base(w);
    sam_row_set(&op.row, SAM_ENROLMENT_status, (int64_t)roll(w, 10));
    return console_author(w, &op);
}

static int birth_year(struct world *w)
{
    struct sam_key one;
    if (!history_some_row(w, SAM_PARTICIPANT, &one))
        return 0;
    struct sam_op op = console_set_of(&one);
    op.base_csn = console_page_base(w);
    sam_row_set(&op.row, SAM_PARTICIPANT_birth_year, 1930 + (int64_t)roll(w, 60));
    if (chance(w, 30))
        op.clear = 1u << 2;
    return console_author(w, &op);
}

/* Sessions and persons go only where scopes may change: what hangs on them is then rightly refused. */
static int delete (struct world *w)
{
    static const uint8_t mortal[] = {SAM_ATTENDANCE, SAM_ATTENDANCE, SAM_ENROLMENT, SAM_SESSION, SAM_PARTICIPANT};
    struct sam_key key;
    uint8_t entity = mortal[roll(w, has_fault(w, FAULT_SCOPE) ? 5 : 2)];
    if ((entity == SAM_PARTICIPANT && chance(w, 80)) || !history_some_row(w, entity, &key))
        return 0;
    struct sam_op op = console_set_of(&key);
    op.kind = SAM_OP_TOMBSTONE;
    op.base_csn = console_page_base(w);
    return console_author(w, &op);
}

static int mark(struct world *w)
{
    struct sam_key key;
    if (!history_some_row(w, SAM_ATTENDANCE, &key))
        return 0;
    struct sam_op op = console_set_of(&key);
    op.base_csn = console_page_base(w);
    sam_row_set(&op.row, SAM_ATTENDANCE_presence, (int64_t)roll(w, 5));
    sam_row_set(&op.row, SAM_ATTENDANCE_evidence, 2);
    if (chance(w, 50))
        sam_row_set(&op.row, SAM_ATTENDANCE_by_video, (int64_t)roll(w, 2));
    return console_author(w, &op);
}

static int session_edit(struct world *w, bool status)
{
    struct sam_key key;
    if (!history_some_row(w, SAM_SESSION, &key))
        return 0;
    struct sam_op op = console_set_of(&key);
    op.base_csn = console_page_base(w);
    if (status)
        sam_row_set(&op.row, SAM_SESSION_status, (int64_t)roll(w, 3));
    else
        sam_row_set_text(&op.row, SAM_SESSION_room, chance(w, 50) ? "Sal 1" : "Sal 2", 5);
    return console_author(w, &op);
}

static int group_edit(struct world *w, unsigned field, int64_t value)
{
    struct sam_key key;
    if (!history_some_row(w, SAM_GROUP, &key))
        return 0;
    struct sam_op op = console_set_of(&key);
    sam_row_set(&op.row, field, value);
    return console_author(w, &op);
}

static int user_move(struct world *w)
{
    struct sam_key key;
    if (!history_some_row(w, SAM_USER, &key))
        return 0;
    struct sam_op op = console_set_of(&key);
    sam_row_set(&op.row, SAM_USER_org, (int64_t)w->org[roll(w, ORGS)]);
    return console_author(w, &op);
}

/* The page of two people says that they are one, and who of them is to be shown. */
static int link_people(struct world *w)
{
    struct sam_key loser, winner;
    if (!history_some_row(w, SAM_PARTICIPANT, &loser) || !history_some_row(w, SAM_PARTICIPANT, &winner))
        return 0;
    struct sam_op op = console_set_of(&(struct sam_key){SAM_LINK, {loser.part[0]}});
    op.base_csn = console_page_base(w);
    sam_row_set(&op.row, SAM_LINK_winner, (int64_t)winner.part[0]);
    w->rare.linked++;
    return console_author(w, &op);
}

static int part_people(struct world *w)
{
    struct sam_key link;
    if (!history_some_row(w, SAM_LINK, &link))
        return 0;
    struct sam_op op = console_set_of(&link);
    op.base_csn = console_page_base(w);
    sam_row_set(&op.row, SAM_LINK_winner, 0);
    w->rare.parted++;
    return console_author(w, &op);
}

static int shut(struct world *w)
{
    struct sam_key one;
    if (!history_some_row(w, SAM_PARTICIPANT, &one))
        return 0;
    if (chance(w, 75) && w->shut.part[0]) /* people who ask for it change their minds */
        one = w->shut;
    w->shut = one;
    struct sam_op op = console_set_of(&one);
    op.base_csn = chance(w, 50) ? console_page_base(w) : 1 + roll(w, history_csn(w)); /* a page that was left open */
    sam_row_set(&op.row, SAM_PARTICIPANT_shut, (int64_t)roll(w, 2));
    w->rare.shut++;
    return console_author(w, &op);
}

/* Who leads a session: rows that no earlier program knows. */
static int leader(struct world *w)
{
    struct sam_key session, user;
    if (!history_some_row(w, SAM_SESSION, &session) || !history_some_row(w, SAM_USER, &user))
        return 0;
    struct sam_op op = console_set_of(&(struct sam_key){SAM_SESSION_LEADER, {session.part[0], user.part[0]}});
    op.base_csn = console_page_base(w);
    if (chance(w, 20))
        op.kind = SAM_OP_TOMBSTONE;
    else
        sam_row_set(&op.row, SAM_SESSION_LEADER_role, (int64_t)roll(w, 10));
    return console_author(w, &op);
}

/* What every backup holds a tablet need not keep. */
static int settle(struct world *w)
{
    struct store *st = intake_store(w->centre.intake);
    struct store_device d = {0};
    int err;
    while ((err = store_device_each(st, d.device_no, &d)) == 0) {
        uint64_t safe = d.acked_seq;
        for (unsigned i = 0; i < KEPT_MAX; i++) {
            uint64_t held = d.device_no < DEVICES_MAX ? w->backup[i].held[d.device_no] : 0;
            safe = w->backup[i].used && held < safe ? held : safe;
        }
        d.safe_seq = safe;
        if ((err = store_device_put(st, &d)))
            return err;
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* She compares the digits. A device that was forgotten and came with its ticket shows none any more: she knows its label. */
static bool may_approve(struct world *w, const struct store_device *d)
{
    if (d->state != SAM_DEVICE_PENDING)
        return false;
    if (!has_fault(w, FAULT_JOIN) || w->rare.restored || d->parent || join_digits(w, d->digits))
        return true;
    w->rare.join_unproved++;
    return false;
}

static int approve(struct world *w)
{
    struct store_device d = {0};
    int err;
    while ((err = store_device_each(intake_store(w->centre.intake), d.device_no, &d)) == 0)
        if (may_approve(w, &d) && (err = intake_device_state(w->centre.intake, d.device_no, SAM_DEVICE_ACTIVE)))
            return err;
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int device_revoke(struct world *w, uint64_t device_no)
{
    struct store_device d;
    int err = store_device_get(intake_store(w->centre.intake), device_no, &d);
    if (err)
        return err == SAM_ENOTFOUND ? 0 : err;
    return intake_device_state(w->centre.intake, device_no, SAM_DEVICE_REVOKED);
}

static int verb_do(struct world *w, const struct verb_job *v)
{
    uint64_t id;
    unsigned written;
    switch (v->verb) {
    case VERB_PERSON: return person(w);
    case VERB_ENROL: return enrol(w);
    case VERB_BIRTH_YEAR: return birth_year(w);
    case VERB_DELETE: return delete (w);
    case VERB_MARK: return mark(w);
    case VERB_ROOM: return session_edit(w, false);
    case VERB_STATUS: return session_edit(w, true);
    case VERB_PLAN: return intake_plan(w->centre.intake, &written);
    case VERB_USER: return named(w, SAM_USER, SAM_USER_name, SAM_USER_org, w->org[roll(w, ORGS)], &id);
    case VERB_GROUP: return named(w, SAM_GROUP, SAM_GROUP_name, SAM_GROUP_org, w->org[roll(w, ORGS)], &id);
    case VERB_RULE: return case_rule(w);
    case VERB_LET_STAND: return case_let_stand(w);
    case VERB_DECIDE: return case_decide(w, &v->page);
    case VERB_GROUP_MOVE: return group_edit(w, SAM_GROUP_org, (int64_t)w->org[roll(w, ORGS)]);
    case VERB_GROUP_LIST: return group_edit(w, SAM_GROUP_active, chance(w, 70));
    case VERB_USER_MOVE: return user_move(w);
    case VERB_LINK: return link_people(w);
    case VERB_PART: return part_people(w);
    case VERB_SHUT: return shut(w);
    case VERB_LEADER: return leader(w);
    case VERB_APPROVE: return approve(w);
    case VERB_CONFIRM: return intake_confirm_devices(w->centre.intake);
    case VERB_SETTLE: return settle(w);
    case VERB_REVOKE: return device_revoke(w, v->device_no);
    }
    return 0;
}

static int verb_run(struct writer_job *job, struct intake *in)
{
    const struct verb_job *v = (const struct verb_job *)job;
    struct world *w = v->w;
    uint64_t kept = w->rng;
    (void)in;
    w->rng = v->seed;
    int err = verb_do(w, v);
    w->rng = kept;
    return err;
}

static void verb_done(struct writer_job *job, int err)
{
    struct verb_job *v = (struct verb_job *)job;
    if (!err && v->verb >= VERB_APPROVE)
        centre_recheck(v->w);
    free(v);
}

static void verb_add(struct world *w, enum verb verb, uint64_t device_no)
{
    if (!w->centre.intake)
        return;
    struct verb_job *v = calloc(1, sizeof *v);
    MUST(v != NULL);
    v->job = (struct writer_job){.run = verb_run, .done = verb_done, .bytes = sizeof *v, .alone = true};
    v->w = w;
    v->verb = verb;
    v->seed = roll(w, UINT64_MAX);
    v->device_no = device_no;
    trace_add(w, "verb", verb, device_no);
    writer_submit(&w->centre.writer, &v->job);
}

static void decide(struct world *w)
{
    struct page *page = &w->page[roll(w, COORDINATORS)];
    if (!w->centre.intake)
        return;
    if (!page->cases || page->epoch != intake_epoch(w->centre.intake).id || chance(w, 30)) {
        case_page_read(w, page);
        return;
    }
    verb_add(w, VERB_DECIDE, 0);
    struct verb_job *v = (struct verb_job *)w->centre.writer.last;
    v->page = *page;
    w->fault_hits[FAULT_DECIDE]++;
}

void console_approve(struct world *w)
{
    verb_add(w, VERB_APPROVE, 0);
}
void console_confirm(struct world *w)
{
    verb_add(w, VERB_CONFIRM, 0);
}
void console_settle(struct world *w)
{
    verb_add(w, VERB_SETTLE, 0);
}
void console_revoke(struct world *w, uint64_t device_no)
{
    verb_add(w, VERB_REVOKE, device_no);
}

void console_act(struct world *w)
{
    uint64_t kind = roll(w, 100);
    w->fault_hits[FAULT_SCOPE] += kind >= 12 && kind < 20 && has_fault(w, FAULT_SCOPE);
    if (has_fault(w, FAULT_LINK) && chance(w, 15)) {
        verb_add(w, chance(w, 65) ? VERB_LINK : VERB_PART, 0);
        w->fault_hits[FAULT_LINK]++;
    } else if (has_fault(w, FAULT_SHUT) && chance(w, 10)) {
        verb_add(w, VERB_SHUT, 0);
        w->fault_hits[FAULT_SHUT]++;
    } else if (has_fault(w, FAULT_DECIDE) && chance(w, 25))
        decide(w);
    else if (has_fault(w, FAULT_SKEW) && chance(w, 12))
        verb_add(w, VERB_LEADER, 0);
    else if (kind < 8)
        console_approve(w);
    else if (kind < 12)
        console_confirm(w);
    else if (kind < 15 && has_fault(w, FAULT_SCOPE))
        verb_add(w, VERB_GROUP_MOVE, 0);
    else if (kind < 18 && has_fault(w, FAULT_SCOPE))
        verb_add(w, VERB_GROUP_LIST, 0);
    else if (kind < 20 && has_fault(w, FAULT_SCOPE))
        verb_add(w, VERB_USER_MOVE, 0);
    else if (kind < 22)
        verb_add(w, VERB_GROUP, 0);
    else if (kind < 26)
        verb_add(w, VERB_RULE, 0);
    else if (kind < 31)
        verb_add(w, VERB_LET_STAND, 0);
    else if (kind < 60)
        verb_add(w, VERB_MARK, 0);
    else
        verb_add(w, (enum verb)roll(w, VERB_GROUP), 0);
}

bool console_invite(struct world *w, uint64_t org, char *text, size_t size)
{
    struct intake_invite invite;
    struct intake *in = w->centre.intake;
    if (!in || w->centre.dying)
        return false;
    int err = intake_begin(in);
    if (!err)
        err = intake_invite(in, org, "nettbrett", &invite);
    if (err)
        intake_rollback(in);
    else
        err = intake_commit(in);
    if (err)
        return false;
    int n = snprintf(text, size, "samling://localhost:1/?pin=");
    for (int i = 0; i < 32; i++)
        n += snprintf(text + n, size - (size_t)n, "cd");
    n += snprintf(text + n, size - (size_t)n, "&code=");
    for (int i = 0; i < 16; i++)
        n += snprintf(text + n, size - (size_t)n, "%02x", invite.code[i]);
    return true;
}

void console_start(struct world *w)
{
    struct intake *in = w->centre.intake;
    uint64_t id;
    MUST(intake_begin(in) == 0);
    for (int i = 0; i < ORGS; i++) {
        MUST(named(w, SAM_ORG_UNIT, SAM_ORG_UNIT_name, -1, 0, &w->org[i]) == 0);
        MUST(named(w, SAM_USER, SAM_USER_name, SAM_USER_org, w->org[i], &id) == 0);
        MUST(named(w, SAM_GROUP, SAM_GROUP_name, SAM_GROUP_org, w->org[i], &id) == 0);
    }
    MUST(intake_commit(in) == 0);
    history_read(w);
    MUST(intake_begin(in) == 0);
    for (int i = 0; i < 7; i++)
        MUST(person(w) == 0);
    unsigned written;
    MUST(intake_plan(in, &written) == 0);
    MUST(intake_commit(in) == 0);
    history_read(w);
}
