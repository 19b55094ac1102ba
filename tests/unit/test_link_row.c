/* Goal: what is said of one who is linked counts for both, unlinking gives each back what was said of him, and a restore
 * gives the link back. After every
 * story the store verifies, and rebuild makes the same of its facts. */
#include "tests/unit/test_link.h"

static void an_offline_tablet_marks_the_loser(void)
{
    struct stage *s = stage_open();
    struct samling_line l;
    uint64_t pa = walk_in(s, A, "Kari Ås");
    settle(s);
    link_to(s, pa, s->kari);
    CHECK(presence(s, s->kari) == PRESENT);
    sync_one(s, A);
    CHECK(sheet(s, A, pa, &l) == 2 && l.presence == -1);
    CHECK(sheet(s, B, pa, &l) == 3); /* b does not know yet */
    mark(s, B, pa, NO_SHOW);         /* and corrects what it saw of the walk-in */
    sync_one(s, B);
    CHECK(presence(s, s->kari) == NO_SHOW && !disputed(s, s->kari) && presence(s, pa) == -1);
    check(s);
    CHECK(sheet(s, B, pa, &l) == 2 && shown(s, B, s->kari) == NO_SHOW && shown(s, A, s->kari) == NO_SHOW);
    link_to(s, pa, 0);
    CHECK(presence(s, pa) == NO_SHOW && presence(s, s->kari) == -1);
    check(s);
    link_to(s, pa, s->kari);
    CHECK(presence(s, s->kari) == NO_SHOW);
    stage_close(s);
}

/* A case opens on the winner's row through the loser's; its authors learn it; who sees both values closes it. */
static void an_informed_edit_closes_the_case(void)
{
    struct stage *s = stage_open();
    struct samling_line l;
    uint64_t pb = walk_in(s, B, "Kari Ås");
    mark(s, A, s->kari, NO_SHOW);
    settle(s);
    link_to(s, pb, s->kari);
    CHECK(disputed(s, s->kari) && presence(s, s->kari) == PRESENT);
    settle(s);
    CHECK(sheet(s, A, s->kari, &l) == 2 && l.disputed && l.other_presence == NO_SHOW);
    CHECK(sheet(s, B, s->kari, &l) == 2 && l.disputed);
    CHECK(verdict(s, B, 0) == SAM_VERDICT_CASE);
    mark(s, A, s->kari, NOTIFIED); /* the sheet was read */
    sync_one(s, A);
    CHECK(presence(s, s->kari) == NOTIFIED && !disputed(s, s->kari));
    CHECK(verdict(s, B, 0) == SAM_VERDICT_APPLIED && verdict(s, A, 0) == SAM_VERDICT_APPLIED);
    check(s);
    CHECK(sheet(s, B, s->kari, &l) == 2 && l.presence == NOTIFIED && !l.disputed);
    link_to(s, pb, 0); /* the loser's own value is back, and the edit stays where it was made */
    CHECK(presence(s, pb) == PRESENT && presence(s, s->kari) == NOTIFIED);
    check(s);
    CHECK(shown(s, A, pb) == PRESENT);
    link_to(s, pb, s->kari); /* of this link nobody knew who said anything: they are asked again */
    CHECK(presence(s, s->kari) == PRESENT && disputed(s, s->kari));
    mark(s, B, pb, NO_SHOW); /* b corrects itself, and does not know it either */
    sync_one(s, B);
    CHECK(presence(s, s->kari) == NOTIFIED && disputed(s, s->kari));
    check(s);
    stage_close(s);
}

/* Who deletes the row that is shown deletes all that is said there; who does not know of it yet says it of the dead. */
static void a_deleted_row_of_two(void)
{
    struct stage *s = stage_open();
    uint64_t pb = walk_in(s, B, "Kari Ås");
    settle(s);
    link_to(s, pb, s->kari);
    struct sam_op op = {.kind = SAM_OP_TOMBSTONE};
    sam_row_init(&op.row, SAM_ATTENDANCE);
    op.row.key.part[0] = s->session;
    op.row.key.part[1] = s->kari; /* has no row of its own */
    says(s, &op);
    CHECK(presence(s, s->kari) == -1 && presence(s, pb) == -1);
    mark(s, B, pb, NO_SHOW); /* not seen: listed */
    sync_one(s, B);
    CHECK(presence(s, s->kari) == -1 && verdict(s, B, 0) == SAM_VERDICT_MERGED);
    check(s);
    mark(s, A, s->kari, NOTIFIED); /* seen: a new life */
    sync_one(s, A);
    CHECK(presence(s, s->kari) == NOTIFIED && !disputed(s, s->kari));
    check(s);
    link_to(s, pb, 0);
    CHECK(presence(s, s->kari) == NOTIFIED && presence(s, pb) == NO_SHOW);
    stage_close(s);
}

/* Marks in a session that is cancelled, and one that never was. */
static void linked_in_sessions_that_are_not(void)
{
    struct stage *s = stage_open();
    uint64_t pb = walk_in(s, B, "Kari Ås");
    settle(s);
    struct sam_op op = {.kind = SAM_OP_SET};
    sam_row_init(&op.row, SAM_SESSION);
    op.row.key.part[0] = s->session;
    op.base_csn = 1; /* from a page that showed nobody */
    sam_row_set(&op.row, SAM_SESSION_status, 2);
    says(s, &op);
    CHECK(case_open(s, SAM_RULE_ATTENDED, SAM_SESSION, s->session, s->session));
    link_to(s, pb, s->kari);
    CHECK(case_open(s, SAM_RULE_ATTENDED, SAM_SESSION, s->session, s->session));
    settle(s);
    mark(s, A, s->kari, NO_SHOW);
    sync_one(s, A);
    CHECK(!case_open(s, SAM_RULE_ATTENDED, SAM_SESSION, s->session, s->session));
    link_to(s, pb, 0);
    CHECK(case_open(s, SAM_RULE_ATTENDED, SAM_SESSION, s->session, s->session));
    link_to(s, pb, s->kari);
    check(s);
    op.kind = SAM_OP_TOMBSTONE;
    op.base_csn = 0;
    op.row.present = 0;
    says(s, &op);
    check(s);
    link_to(s, pb, 0);
    CHECK(!disputed(s, s->kari) && !disputed(s, pb));
    stage_close(s);
}

/* An enrolment of the loser's counts for the winner, who is a member through it; parting takes that back. */
static void members_follow_the_link(void)
{
    struct stage *s = stage_open();
    uint64_t late = named(s, SAM_PARTICIPANT, SAM_PARTICIPANT_name, "Ola Å", -1, 0);
    uint64_t pa = walk_in(s, A, "Ola Å");
    settle(s);
    enrol(s, pa);
    link_to(s, pa, late);
    CHECK(member(s, late));
    CHECK(!member(s, pa));
    check(s);
    struct samling_line l;
    CHECK(sheet(s, B, late, &l) == 3 && l.enrolment == 4 && l.presence == PRESENT);
    struct sam_op op = {.kind = SAM_OP_TOMBSTONE};
    sam_row_init(&op.row, SAM_ENROLMENT);
    op.row.key.part[0] = s->group;
    op.row.key.part[1] = pa;
    says(s, &op); /* still a member: he was marked once, as for anybody */
    CHECK(member(s, late));
    check(s);
    enrol(s, late);
    link_to(s, pa, 0);
    CHECK(member(s, late));
    CHECK(member(s, pa)); /* by the mark */
    stage_close(s);
}

/* Last night's backup is put back: the journal gives back the links, the tablet its walk-in; the link waits for that. */
static void a_restore_gives_the_link_back(void)
{
    struct stage *s = stage_open();
    struct samling_line l;
    char kept[300];
    uint64_t pa = walk_in(s, A, "Kari Ås");
    settle(s);
    snprintf(kept, sizeof kept, "%s.kept", s->p->path);
    centre_down(s);
    store_copy(s, s->p->path, kept);
    centre_up(s, false);
    settle(s);
    uint64_t pb = walk_in(s, B, "Kari Ås"); /* the backup does not have this one */
    mark(s, B, pb, NO_SHOW);
    settle(s);
    link_to(s, pa, s->kari);
    link_to(s, pb, s->kari);
    CHECK(disputed(s, s->kari));
    settle(s);
    mark(s, A, s->kari, NOTIFIED); /* had seen both, and the links */
    settle(s);
    CHECK(presence(s, s->kari) == NOTIFIED && !disputed(s, s->kari));
    check(s);
    centre_down(s);
    store_copy(s, kept, s->p->path);
    centre_up(s, false);
    CHECK(!intake_drain_only(s->p->in));
    CHECK(presence(s, pa) == -1 && presence(s, s->kari) == PRESENT);
    sync_one(s, A); /* first the informed edit, then what it was informed of */
    sync_one(s, B);
    check(s);
    CHECK(presence(s, pb) == -1 && presence(s, s->kari) == NOTIFIED && !disputed(s, s->kari));
    CHECK(sheet(s, B, s->kari, &l) == 2 && l.presence == NOTIFIED);
    link_to(s, pb, 0);
    CHECK(presence(s, pb) == NO_SHOW);
    stage_close(s);
}

static unsigned wrongs(struct stage *s, const char *sql)
{
    struct intake_verified v;
    CHECK(intake_begin(s->p->in) == 0);
    CHECK(sqlite3_exec(intake_store(s->p->in)->db, sql, NULL, NULL, NULL) == 0);
    CHECK(intake_verify(s->p->in, NULL, NULL, &v) == 0);
    intake_rollback(s->p->in);
    return (unsigned)v.wrong;
}

static uint64_t contact(struct stage *s, uint64_t person)
{
    struct sam_op op = {.kind = SAM_OP_CREATE};
    sam_row_init(&op.row, SAM_CONTACT);
    sam_row_set(&op.row, SAM_CONTACT_participant, (int64_t)person);
    sam_row_set(&op.row, SAM_CONTACT_day, NOW_S / 86400);
    return says(s, &op);
}

/* How much is wrong when row ${id} of what hangs on somebody stands where he is not. */
static unsigned wrongs_astray(struct stage *s, uint64_t id)
{
    char sql[160];
    snprintf(sql, sizeof sql, "UPDATE member SET gone = 1 WHERE entity = %d AND id = %llu", SAM_CONTACT,
             (unsigned long long)id);
    return wrongs(s, sql);
}

/* What the tables show of linked people, and is not what was said. */
static void verify_sees_what_is_not_so(void)
{
    struct stage *s = stage_open();
    uint64_t pa = walk_in(s, A, "Kari Ås");
    mark(s, B, s->kari, NOTIFIED);
    settle(s);
    const uint64_t hung[] = {contact(s, pa), contact(s, pa), contact(s, pa)};
    link_to(s, pa, s->kari);
    CHECK(wrongs(s, "") == 0);
    CHECK(wrongs_astray(s, hung[0]) > 0);
    for (unsigned i = 1; i < 3; i++) /* each is looked at, not the first alone */
        CHECK(wrongs_astray(s, hung[i]) == wrongs_astray(s, hung[0]));
    CHECK(wrongs(s, "UPDATE attendance SET dead = 0 WHERE dead > 0") > 0); /* the loser's */
    CHECK(wrongs(s, "DELETE FROM candidate WHERE unit = 0") > 0);
    CHECK(wrongs(s, "UPDATE link_row SET dead = csn") > 0);
    CHECK(wrongs(s, "UPDATE member SET gone = 0 WHERE entity = 12") > 0);
    CHECK(wrongs(s, "UPDATE member SET gone = 1 WHERE entity = 19") > 0);
    stage_close(s);
}

/* A commit that fails takes the link with it, in memory too. */
static void a_link_rolled_back(void)
{
    struct stage *s = stage_open();
    enum sam_reason why;
    uint64_t pa = walk_in(s, A, "Kari Ås");
    settle(s);
    struct sam_op op = {.kind = SAM_OP_SET};
    sam_row_init(&op.row, SAM_LINK);
    op.row.key.part[0] = pa;
    sam_row_set(&op.row, SAM_LINK_winner, (int64_t)s->kari);
    CHECK(intake_begin(s->p->in) == 0 && intake_author(s->p->in, &op, &why) == 0);
    intake_rollback(s->p->in);
    CHECK(presence(s, pa) == PRESENT && presence(s, s->kari) == -1);
    mark(s, A, pa, NO_SHOW);
    settle(s);
    CHECK(presence(s, pa) == NO_SHOW);
    link_to(s, pa, s->kari);
    centre_down(s);
    centre_up(s, false); /* and a start reads it again */
    mark(s, B, pa, NOTIFIED);
    settle(s);
    CHECK(presence(s, s->kari) == NOTIFIED);
    stage_close(s);
}

int main(void)
{
    static const struct story story[] = {{"an offline tablet marks the loser", an_offline_tablet_marks_the_loser},
                                         {"an informed edit closes the case", an_informed_edit_closes_the_case},
                                         {"a deleted row of two", a_deleted_row_of_two},
                                         {"linked in sessions that are not", linked_in_sessions_that_are_not},
                                         {"members follow the link", members_follow_the_link},
                                         {"a restore gives the link back", a_restore_gives_the_link_back},
                                         {"verify sees what is not so", verify_sees_what_is_not_so},
                                         {"a link rolled back", a_link_rolled_back}};
    stories_run(story, sizeof story / sizeof *story);
    return 0;
}
