/* Goal: walk-ins reach the centre once and are offered as a pair; linked people are shown as one, whatever the order in which
 * tablets and coordinator act. After every
 * story the store verifies, and rebuild makes the same of its facts. */
#include "tests/unit/test_link.h"

/* ---- stories */

static void a_walk_in_is_there_at_once(void)
{
    struct stage *s = stage_open();
    struct samling_line l;
    uint64_t id, none;
    CHECK(samling_walk_in(s->p->tablet[A].s, s->user, s->session, "", -1, &none) == SAMLING_ERANGE && none == 0);
    CHECK(samling_walk_in(s->p->tablet[A].s, s->user, s->session, NULL, -1, &none) == SAMLING_ERANGE);
    CHECK(samling_walk_in(s->p->tablet[A].s, s->user, s->session, "Ola", 1700, &none) == SAMLING_ERANGE);
    CHECK(samling_walk_in(s->p->tablet[A].s, s->user, 77, "Ola", -1, &none) == SAMLING_ENOTFOUND);
    CHECK(sheet(s, A, 0, &l) == 2);
    id = walk_in(s, A, "Ola Å");
    CHECK(sheet(s, A, id, &l) == 3 && l.presence == PRESENT && l.birth_year == 1950 && l.state == SAMLING_WAITING);
    mark(s, A, id, NOTIFIED); /* before it was ever sent */
    CHECK(shown(s, A, id) == NOTIFIED && shown(s, B, id) == -1);
    samling_push_limit_set(s->p->tablet[A].s, 1); /* each op by itself */
    settle(s);
    CHECK(sheet(s, A, id, &l) == 3 && l.presence == NOTIFIED && l.state == SAMLING_AT_CENTRE);
    CHECK(sheet(s, B, id, &l) == 3 && l.presence == NOTIFIED && l.birth_year == 1950);
    CHECK(presence(s, id) == NOTIFIED);
    mark(s, B, id, PRESENT); /* a member like anybody now */
    settle(s);
    CHECK(presence(s, id) == PRESENT && shown(s, A, id) == PRESENT);
    stage_close(s);
}

/* What a tablet may say of a person is a walk-in and nothing else. */
static void a_tablet_makes_nobody_else(void)
{
    struct sam_op op = {.kind = SAM_OP_CREATE, .user = 1};
    sam_row_init(&op.row, SAM_PARTICIPANT);
    op.row.key.part[0] = sam_id_make(5, 1);
    sam_row_set_text(&op.row, SAM_PARTICIPANT_name, "Ola", 3);
    CHECK(sam_op_validate(&op, false) == SAM_REASON_NOT_PERMITTED);
    sam_row_set(&op.row, SAM_PARTICIPANT_provisional, 0);
    CHECK(sam_op_validate(&op, false) == SAM_REASON_NOT_PERMITTED);
    sam_row_set(&op.row, SAM_PARTICIPANT_provisional, 1);
    CHECK(sam_op_validate(&op, false) == SAM_REASON_NONE);
    op.kind = SAM_OP_SET;
    CHECK(sam_op_validate(&op, false) == SAM_REASON_NOT_PERMITTED);
    op.kind = SAM_OP_CREATE;
    sam_row_set(&op.row, SAM_PARTICIPANT_sex, 1);
    CHECK(sam_op_validate(&op, false) == SAM_REASON_NOT_PERMITTED);
    op.row.present = 0;
    op.kind = SAM_OP_TOMBSTONE;
    CHECK(sam_op_validate(&op, false) == SAM_REASON_NOT_PERMITTED && sam_op_validate(&op, true) == SAM_REASON_NONE);
}

static bool same(const char *a, const char *b)
{
    struct sam_row x, y;
    sam_row_init(&x, SAM_PARTICIPANT);
    sam_row_init(&y, SAM_PARTICIPANT);
    x.key.part[0] = 1;
    y.key.part[0] = 2;
    sam_row_set(&y, SAM_PARTICIPANT_provisional, 1);
    sam_row_set_text(&x, SAM_PARTICIPANT_name, a, strlen(a));
    sam_row_set_text(&y, SAM_PARTICIPANT_name, b, strlen(b));
    return sam_rule_same_person(&x, &y) && sam_rule_same_person(&y, &x);
}

static void names_are_compared_as_people_write_them(void)
{
    CHECK(same("Kari Ås", "kari ås") && !same("KARI ÅS", "Kari Å"));
    CHECK(same("KARI ÅS", "  Kari   Ås ") && same("Sæbø", "SÆBØ") && same("Øyvind\xc2\xa0Å", "øyvind å"));
    CHECK(!same("Kari Ås", "Kari As") && !same("Kari", "Kari Ås") && !same("KariÅs", "Kari Ås") && !same("", "a"));
    CHECK(same("ČEARRET", "čearret") && same("Máhtte Ŋ", "máhtte ŋ") && same("ŠÁRA ŦAŽ", "šára ŧaž") && same("Đ", "đ"));
    CHECK(!same("Č", "Ć") && !same("č", "c") && !same("ŋ", "Ō") && !same("ň", "ŉ") && !same("ş", "Š"));
    CHECK(same("李", "李") && !same("李", "季"));
    CHECK(!same("\xc3\x97", "\xc3\xb7")); /* the signs of multiplication and division are no letters */
}

/* DOMAIN section 2.4, story 4, in many orders. ${absent}: b's therapist then said that she did not come after all. */
static void story_4(unsigned order, bool absent)
{
    struct stage *s = stage_open();
    struct samling_line l;
    uint64_t pa = walk_in(s, A, "kari ås"), pb = walk_in(s, B, "KARI  ÅS");
    if (absent)
        mark(s, B, pb, NO_SHOW);
    switch (order) {
    case 0: sync_one(s, A), sync_one(s, B), link_to(s, pa, s->kari), link_to(s, pb, s->kari); break;
    case 1: sync_one(s, B), sync_one(s, A), link_to(s, pb, s->kari), link_to(s, pa, s->kari); break;
    case 2: sync_one(s, A), link_to(s, pa, s->kari), sync_one(s, B), link_to(s, pb, s->kari); break;
    case 3: sync_one(s, B), link_to(s, pb, s->kari), sync_one(s, A), link_to(s, pa, s->kari); break;
    case 4: sync_one(s, A), sync_one(s, B), link_to(s, pa, pb), link_to(s, pb, s->kari); break;
    case 5: sync_one(s, A), sync_one(s, B), link_to(s, pb, s->kari), sync_one(s, B), link_to(s, pa, s->kari); break;
    default: sync_one(s, B), sync_one(s, A), settle(s), link_to(s, pa, s->kari), settle(s), link_to(s, pb, s->kari);
    }
    CHECK(presence(s, pa) == -1 && presence(s, pb) == -1 && presence(s, s->kari) == PRESENT);
    CHECK(disputed(s, s->kari) == absent && !disputed(s, pa) && !disputed(s, pb));
    CHECK(!pair(s, pa, pb) && !pair(s, pa, s->kari) && !pair(s, pb, s->kari));
    check(s);
    for (unsigned t = 0; t < 2; t++) {
        CHECK(sheet(s, t, s->kari, &l) == 2 && l.presence == PRESENT);
        CHECK(l.disputed == absent && l.other_presence == (absent ? NO_SHOW : -1));
    }
    CHECK(verdict(s, A, 0) == (absent ? SAM_VERDICT_CASE : SAM_VERDICT_APPLIED));
    CHECK(verdict(s, B, 0) == (absent ? SAM_VERDICT_CASE : SAM_VERDICT_APPLIED));
    link_to(s, pb, 0);       /* it was somebody else after all */
    bool chain = order == 4; /* a's hangs on b's */
    CHECK(presence(s, s->kari) == (chain ? -1 : PRESENT) && !disputed(s, s->kari) && pair(s, pb, s->kari));
    CHECK(presence(s, pb) == (absent && !chain ? NO_SHOW : PRESENT) && disputed(s, pb) == (chain && absent));
    check(s);
    CHECK(sheet(s, A, pb, &l) == 3 && l.presence == (absent && !chain ? NO_SHOW : PRESENT));
    link_to(s, pa, 0);
    CHECK(presence(s, s->kari) == -1 && presence(s, pa) == PRESENT && presence(s, pb) == (absent ? NO_SHOW : PRESENT));
    CHECK(!disputed(s, s->kari) && !disputed(s, pa) && !disputed(s, pb));
    CHECK(verdict(s, A, 0) == SAM_VERDICT_APPLIED && verdict(s, B, 0) == SAM_VERDICT_APPLIED);
    check(s);
    CHECK(shown(s, B, s->kari) == 0 && shown(s, B, pa) == PRESENT);
    stage_close(s);
}

static void story_4_in_every_order(void)
{
    for (unsigned order = 0; order < 7; order++)
        for (unsigned absent = 0; absent < 2; absent++)
            story_4(order, absent);
}

static void a_pair_is_shown_once_and_may_stand(void)
{
    struct stage *s = stage_open();
    uint64_t pa = walk_in(s, A, "Per Øy"), pb = walk_in(s, B, "per  øy ");
    sync_one(s, A);
    CHECK(pair(s, pa, s->per) && !pair(s, pa, s->kari));
    sync_one(s, B);
    CHECK(pair(s, pa, pb) && pair(s, pb, s->per));
    struct sam_op op = {.kind = SAM_OP_SET};
    sam_row_init(&op.row, SAM_RULING);
    op.row.key.part[0] = SAM_RULE_SAME_PERSON;
    op.row.key.part[1] = pa < pb ? pa : pb;
    op.row.key.part[2] = pa < pb ? pb : pa;
    sam_row_set(&op.row, SAM_RULING_decision, SAM_DECISION_MAY_STAND);
    says(s, &op);
    CHECK(!pair(s, pa, pb) && pair(s, pb, s->per));
    sam_row_set(&op.row, SAM_RULING_decision, SAM_DECISION_NONE); /* taken back */
    says(s, &op);
    CHECK(pair(s, pa, pb));
    op = (struct sam_op){.kind = SAM_OP_SET}; /* another name */
    sam_row_init(&op.row, SAM_PARTICIPANT);
    op.row.key.part[0] = pa;
    sam_row_set_text(&op.row, SAM_PARTICIPANT_name, "Pål Øy", 8);
    says(s, &op);
    CHECK(!pair(s, pa, pb) && !pair(s, pa, s->per) && pair(s, pb, s->per));
    sam_row_set_text(&op.row, SAM_PARTICIPANT_name, "PER ØY", 7);
    says(s, &op);
    CHECK(pair(s, pa, pb) && pair(s, pa, s->per));
    op = (struct sam_op){.kind = SAM_OP_SET}; /* confirmed: a person of its own, and so is b's */
    sam_row_init(&op.row, SAM_PARTICIPANT);
    op.row.key.part[0] = pb;
    sam_row_set(&op.row, SAM_PARTICIPANT_provisional, 0);
    says(s, &op);
    CHECK(pair(s, pa, pb) && !pair(s, pb, s->per));
    op = (struct sam_op){.kind = SAM_OP_TOMBSTONE};
    sam_row_init(&op.row, SAM_PARTICIPANT);
    op.row.key.part[0] = pa;
    says(s, &op);
    CHECK(!pair(s, pa, pb) && !pair(s, pa, s->per));
    uint64_t late = named(s, SAM_PARTICIPANT, SAM_PARTICIPANT_name, "Nils Nes", -1, 0), pc = walk_in(s, A, "nils nes");
    settle(s);
    CHECK(!pair(s, pc, late)); /* not in one group */
    enrol(s, late);
    CHECK(pair(s, pc, late)); /* whoever comes second */
    stage_close(s);
}

static void a_chain_and_no_circle(void)
{
    struct stage *s = stage_open();
    uint64_t a = walk_in(s, A, "Ola"), b = walk_in(s, B, "Ola");
    mark(s, A, a, NO_SHOW);
    mark(s, A, s->kari, NOTIFIED);
    settle(s);
    link_refused(s, a, a);
    link_refused(s, a, sam_id_make(9, 9));
    link_refused(s, sam_id_make(9, 9), a);
    link_to(s, a, b);
    link_refused(s, b, a);
    CHECK(presence(s, a) == -1 && presence(s, b) == PRESENT && disputed(s, b));
    link_to(s, b, s->kari);
    link_refused(s, s->kari, a);
    link_refused(s, s->kari, b);
    CHECK(presence(s, b) == -1 && presence(s, s->kari) == PRESENT && disputed(s, s->kari) && !disputed(s, b));
    check(s);
    CHECK(shown(s, A, a) == -1 && shown(s, B, b) == -1 && shown(s, B, s->kari) == PRESENT);
    link_to(s, b, 0); /* a stays with b */
    CHECK(presence(s, s->kari) == NOTIFIED && !disputed(s, s->kari) && presence(s, b) == PRESENT && disputed(s, b));
    link_to(s, a, s->per); /* to somebody else in one step */
    CHECK(presence(s, b) == PRESENT && !disputed(s, b) && presence(s, s->per) == NO_SHOW);
    check(s);
    link_to(s, a, 0);
    CHECK(presence(s, a) == NO_SHOW && presence(s, s->per) == -1);
    check(s);
    CHECK(shown(s, B, a) == NO_SHOW && shown(s, A, s->per) == 0);
    stage_close(s);
}

/* Two coordinators from old pages, who together close a circle: what would close it does not count until it can. */
static void links_from_old_pages(void)
{
    struct stage *s = stage_open();
    enum sam_reason why;
    uint64_t a = walk_in(s, A, "Ola"), b = walk_in(s, B, "Nils");
    settle(s);
    uint64_t page = store_csn(intake_store(s->p->in));
    link_to(s, a, s->kari);
    uint64_t first = store_csn(intake_store(s->p->in));
    CHECK(link_try(s, a, b, page, &why) == 0); /* had not seen the first: both stand, the first is shown */
    CHECK(presence(s, s->kari) == PRESENT && presence(s, b) == PRESENT && presence(s, a) == -1);
    CHECK(case_open(s, SAM_RULE_UNIT, SAM_LINK, a, 0));
    link_to(s, b, a); /* fits what counts: b → a → kari */
    CHECK(presence(s, b) == -1);
    CHECK(link_try(s, a, 0, first, &why) == 0); /* had seen the first only: now a → b would be shown, a circle */
    CHECK(presence(s, s->kari) == -1 && presence(s, a) == PRESENT && presence(s, b) == -1);
    check(s);
    link_to(s, b, 0); /* the circle is open: a → b counts */
    CHECK(presence(s, a) == -1 && presence(s, b) == PRESENT);
    check(s);
    link_to(s, a, 0);
    CHECK(presence(s, a) == PRESENT && presence(s, b) == PRESENT);
    stage_close(s);
}

static bool is_member(struct stage *s, uint64_t person)
{
    static const char sql[] = "SELECT count(*) FROM member WHERE scope = ? AND entity = 12 AND id = ? AND gone = 0";
    sqlite3_stmt *q;
    store_snapshot_end(s->p->reader);
    CHECK(sqlite3_prepare_v2(s->p->reader->db, sql, -1, &q, NULL) == 0);
    sqlite3_bind_int64(q, 1, (int64_t)s->group);
    sqlite3_bind_int64(q, 2, (int64_t)person);
    CHECK(sqlite3_step(q) == SQLITE_ROW);
    bool is = sqlite3_column_int(q, 0) != 0;
    sqlite3_finalize(q);
    return is;
}

/* Somebody who knows that two are one takes them out of the group: neither is sent to it any more. Parted, each is what he was. */
static void taken_out_of_a_group_as_one(void)
{
    struct stage *s = stage_open();
    link_to(s, s->per, s->kari);
    check(s);
    CHECK(is_member(s, s->kari) && !is_member(s, s->per));
    struct sam_op op = {.kind = SAM_OP_TOMBSTONE};
    sam_row_init(&op.row, SAM_ENROLMENT);
    op.row.key.part[0] = s->group;
    op.row.key.part[1] = s->per;
    says(s, &op);
    CHECK(!is_member(s, s->kari) && !is_member(s, s->per));
    check(s);
    link_to(s, s->per, 0);
    CHECK(is_member(s, s->kari) && !is_member(s, s->per));
    check(s);
    stage_close(s);
}

int main(void)
{
    static const struct story story[] = {
        {"a walk-in is there at once", a_walk_in_is_there_at_once},
        {"a tablet makes nobody else", a_tablet_makes_nobody_else},
        {"names are compared as people write them", names_are_compared_as_people_write_them},
        {"story 4 in every order", story_4_in_every_order},
        {"a pair is shown once and may stand", a_pair_is_shown_once_and_may_stand},
        {"a chain and no circle", a_chain_and_no_circle},
        {"links from old pages", links_from_old_pages},
        {"taken out of a group as one", taken_out_of_a_group_as_one}};
    stories_run(story, sizeof story / sizeof *story);
    return 0;
}
