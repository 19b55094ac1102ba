/* Goal: walk-ins reach the centre once and are offered as a pair; linked people are shown as one, whatever the order in which
 * tablets and coordinator act; parting gives each back what was said of him. The real intake, store and feed as centre, real
 * SDK handles as tablets. After every story the store verifies, and rebuild makes the same of its facts. */
#include "proto/model/rule.h"
#include "tests/lib/check.h"
#include "tests/lib/pump.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NOW_S = 1800000000, PRESENT = 1, NOTIFIED = 2, NO_SHOW = 3, CANCELLED = 2, A = 0, B = 1 };

/* ---- the stage: a clinic, a group with two enrolled, a session today, two tablets */

struct stage {
    struct pump *p;
    uint64_t clinic, group, session, user, kari, per;
    char journal[200];
};

static uint64_t says(struct stage *s, struct sam_op *op)
{
    CHECK(pump_author(s->p, op) == SAM_REASON_NONE);
    return op->row.key.part[0];
}

static uint64_t named(struct stage *s, uint8_t entity, unsigned name, const char *text, int ref, uint64_t to)
{
    struct sam_op op = {.kind = SAM_OP_CREATE};
    sam_row_init(&op.row, entity);
    sam_row_set_text(&op.row, name, text, strlen(text));
    if (ref >= 0)
        sam_row_set(&op.row, (unsigned)ref, (int64_t)to);
    return says(s, &op);
}

static void enrol(struct stage *s, uint64_t person)
{
    struct sam_op op = {.kind = SAM_OP_SET};
    sam_row_init(&op.row, SAM_ENROLMENT);
    op.row.key.part[0] = s->group;
    op.row.key.part[1] = person;
    sam_row_set(&op.row, SAM_ENROLMENT_status, 4);
    says(s, &op);
}

static void centre_down(struct stage *s)
{
    for (unsigned i = 0; i < s->p->tablets; i++)
        pump_line_cut(&s->p->tablet[i]);
    store_close(s->p->reader);
    intake_close(s->p->in);
}

static void centre_up(struct stage *s, bool create)
{
    CHECK(intake_open(&s->p->in, &s->p->config, create) == 0);
    CHECK(store_reader_open(&s->p->reader, s->p->path) == 0);
}

/* The store's file is put in place of ${to}. */
static void store_copy(struct stage *s, const char *from, const char *to)
{
    char path[300], buf[65536];
    size_t n;
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    CHECK(in && out);
    while ((n = fread(buf, 1, sizeof buf, in)) > 0)
        CHECK(fwrite(buf, 1, n, out) == n);
    CHECK(fclose(in) == 0 && fclose(out) == 0);
    for (unsigned i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s%s", s->p->path, i ? "-wal" : "-shm");
        unlink(path);
    }
}

static void sync_one(struct stage *s, unsigned tablet)
{
    CHECK(pump_sync(&s->p->tablet[tablet], PUMP_WHOLE));
}

/* As pump_open, with a journal. */
static void journal_begin(struct stage *s)
{
    centre_down(s);
    CHECK(unlink(s->p->path) == 0);
    snprintf(s->journal, sizeof s->journal, "%s/journal", s->p->folder);
    s->p->config.journal_path = s->journal;
    centre_up(s, true);
}

static struct stage *stage_open(void)
{
    char folder[48];
    struct stage *s = calloc(1, sizeof *s);
    snprintf(folder, sizeof folder, "%s/samling-link-XXXXXX", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
    CHECK(s && (s->p = calloc(1, sizeof *s->p)) && mkdtemp(folder));
    pump_open(s->p, folder, NOW_S);
    journal_begin(s);
    s->clinic = named(s, SAM_ORG_UNIT, SAM_ORG_UNIT_name, "Sandnessjøen", -1, 0);
    s->user = named(s, SAM_USER, SAM_USER_name, "Fysioterapeut 1", SAM_USER_org, s->clinic);
    s->group = named(s, SAM_GROUP, SAM_GROUP_name, "Bevegelse", SAM_GROUP_org, s->clinic);
    s->kari = named(s, SAM_PARTICIPANT, SAM_PARTICIPANT_name, "Kari Ås", -1, 0);
    s->per = named(s, SAM_PARTICIPANT, SAM_PARTICIPANT_name, "Per Øy", -1, 0);
    enrol(s, s->kari);
    enrol(s, s->per);
    struct sam_op op = {.kind = SAM_OP_CREATE};
    sam_row_init(&op.row, SAM_SESSION);
    sam_row_set(&op.row, SAM_SESSION_group_id, (int64_t)s->group);
    sam_row_set(&op.row, SAM_SESSION_day, NOW_S / 86400);
    s->session = says(s, &op);
    pump_tablet_add(s->p, s->clinic, s->user);
    pump_tablet_add(s->p, s->clinic, s->user);
    return s;
}

static void settle(struct stage *s)
{
    for (int round = 0; round < 2; round++)
        for (unsigned i = 0; i < s->p->tablets; i++)
            sync_one(s, i);
}

static void wrong(void *ctx, const char *line)
{
    (void)ctx;
    printf("wrong: %s\n", line);
}

/* Who is linked is shown as somebody else. */
static bool losers_hidden(struct stage *s)
{
    static const char sql[] =
        "SELECT (SELECT count(*) FROM attendance a, link_person p WHERE p.id = a.participant AND p.winner > 0 AND "
        "a.dead <= 0) + (SELECT count(*) FROM enrolment e, link_person p WHERE p.id = e.participant AND p.winner > 0 "
        "AND e.dead <= 0) + (SELECT count(*) FROM member m, link_person p WHERE m.entity = 12 AND p.id = m.id AND "
        "p.winner > 0 AND m.gone = 0)";
    sqlite3_stmt *q;
    CHECK(sqlite3_prepare_v2(s->p->reader->db, sql, -1, &q, NULL) == 0 && sqlite3_step(q) == SQLITE_ROW);
    bool none = sqlite3_column_int(q, 0) == 0;
    sqlite3_finalize(q);
    return none;
}

/* Everything holds, on tablets too. */
static void check(struct stage *s)
{
    settle(s);
    CHECK(pump_check(s->p, wrong, NULL) == 0);
    CHECK(losers_hidden(s));
}

static void stage_close(struct stage *s)
{
    char folder[sizeof s->p->folder];
    memcpy(folder, s->p->folder, sizeof folder);
    check(s);
    pump_close(s->p);
    pump_folder_remove(s->journal);
    pump_folder_remove(folder);
    free(s->p);
    free(s);
}

/* ---- what people do */

static uint64_t walk_in(struct stage *s, unsigned tablet, const char *name)
{
    uint64_t id;
    CHECK(samling_walk_in(s->p->tablet[tablet].s, s->user, s->session, name, 1950, &id) == 0);
    return id;
}

static void mark(struct stage *s, unsigned tablet, uint64_t person, int presence)
{
    struct samling_mark m = SAMLING_MARK_INIT;
    m.session = s->session;
    m.participant = person;
    m.presence = presence;
    int err = samling_mark(s->p->tablet[tablet].s, s->user, &m);
    if (err)
        printf("mark: %s\n", samling_errmsg(s->p->tablet[tablet].s));
    CHECK(err == 0);
}

static int link_try(struct stage *s, uint64_t loser, uint64_t winner, uint64_t base, enum sam_reason *why)
{
    struct sam_op op = {.kind = SAM_OP_SET, .base_csn = base};
    sam_row_init(&op.row, SAM_LINK);
    op.row.key.part[0] = loser;
    sam_row_set(&op.row, SAM_LINK_winner, (int64_t)winner);
    *why = pump_author(s->p, &op);
    return *why ? SAM_ERANGE : 0;
}

static void link_to(struct stage *s, uint64_t loser, uint64_t winner)
{
    enum sam_reason why;
    CHECK(link_try(s, loser, winner, 0, &why) == 0);
}

static void link_refused(struct stage *s, uint64_t loser, uint64_t winner)
{
    enum sam_reason why;
    uint64_t csn = store_csn(intake_store(s->p->in));
    CHECK(link_try(s, loser, winner, 0, &why) == SAM_ERANGE);
    CHECK(why == SAM_REASON_NOT_PERMITTED);
    CHECK(store_csn(intake_store(s->p->in)) == csn);
}

/* ---- what is seen */

/* What stands in the typed table; -1: nothing. */
static int64_t presence(struct stage *s, uint64_t person)
{
    struct sam_key key = {.entity = SAM_ATTENDANCE, .part = {s->session, person}};
    struct store_row row;
    CHECK(store_row_get(intake_store(s->p->in), &key, &row) == 0);
    return row.exists && row.dead <= 0 ? sam_row_num(&row.row, SAM_ATTENDANCE_presence) : -1;
}

static bool member(struct stage *s, uint64_t person)
{
    struct sam_key key = {.entity = SAM_PARTICIPANT, .part = {person}};
    struct store_member m;
    CHECK(store_member_get(intake_store(s->p->in), s->group, &key, &m) == 0);
    return m.exists && !m.gone;
}

static bool case_open(struct stage *s, uint32_t rule, uint8_t entity, uint64_t one, uint64_t other)
{
    struct sam_key key = {.entity = entity, .part = {one, other}};
    struct store_case c;
    if (entity == SAM_PARTICIPANT && one > other)
        key = (struct sam_key){.entity = entity, .part = {other, one}};
    CHECK(store_case_find(intake_store(s->p->in), &key, rule, 0, &c) == 0);
    return c.open;
}
static bool disputed(struct stage *s, uint64_t person)
{
    return case_open(s, SAM_RULE_UNIT, SAM_ATTENDANCE, s->session, person);
}
static bool pair(struct stage *s, uint64_t one, uint64_t other)
{
    return case_open(s, SAM_RULE_SAME_PERSON, SAM_PARTICIPANT, one, other);
}

/* A person's line on a tablet's sheet; presence -1: no line. How many lines there are in all. */
static size_t sheet(struct stage *s, unsigned tablet, uint64_t person, struct samling_line *out)
{
    struct samling_line *l;
    size_t n;
    *out = (struct samling_line){.presence = -1};
    CHECK(samling_sheet(s->p->tablet[tablet].s, s->session, &l, &n) == 0);
    for (size_t i = 0; i < n; i++) {
        CHECK(l[i].name[0] != 0); /* nobody stands there without a name */
        if (l[i].participant == person)
            *out = l[i];
    }
    samling_list_free(l);
    return n;
}

static int shown(struct stage *s, unsigned tablet, uint64_t person)
{
    struct samling_line l;
    sheet(s, tablet, person, &l);
    return l.presence;
}

/* An op of this tablet by its number from the end; what became of it. */
static uint32_t verdict(struct stage *s, unsigned tablet, uint64_t back)
{
    struct store_verdict v;
    struct store_push p;
    samling *t = s->p->tablet[tablet].s;
    uint64_t seq = sam_meta(t, last_seq) - back;
    CHECK(store_push_at_seq(intake_store(s->p->in), sam_meta(t, device_no), seq, &p) == 0);
    int err = store_verdict_get(intake_store(s->p->in), p.first_csn + (seq - p.first_seq), &v);
    CHECK(err == 0 || err == SAM_ENOTFOUND);
    return err ? SAM_VERDICT_APPLIED : v.kind;
}

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

/* What the tables show of linked people, and is not what was said. */
static void verify_sees_what_is_not_so(void)
{
    struct stage *s = stage_open();
    uint64_t pa = walk_in(s, A, "Kari Ås");
    mark(s, B, s->kari, NOTIFIED);
    settle(s);
    link_to(s, pa, s->kari);
    CHECK(wrongs(s, "") == 0);
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
    static const struct {
        const char *name;
        void (*run)(void);
    } story[] = {{"a walk-in is there at once", a_walk_in_is_there_at_once},
                 {"a tablet makes nobody else", a_tablet_makes_nobody_else},
                 {"names are compared as people write them", names_are_compared_as_people_write_them},
                 {"story 4 in every order", story_4_in_every_order},
                 {"a pair is shown once and may stand", a_pair_is_shown_once_and_may_stand},
                 {"a chain and no circle", a_chain_and_no_circle},
                 {"links from old pages", links_from_old_pages},
                 {"an offline tablet marks the loser", an_offline_tablet_marks_the_loser},
                 {"an informed edit closes the case", an_informed_edit_closes_the_case},
                 {"a deleted row of two", a_deleted_row_of_two},
                 {"linked in sessions that are not", linked_in_sessions_that_are_not},
                 {"members follow the link", members_follow_the_link},
                 {"a restore gives the link back", a_restore_gives_the_link_back},
                 {"verify sees what is not so", verify_sees_what_is_not_so},
                 {"a link rolled back", a_link_rolled_back}};
    const char *only = getenv("STORY");
    for (size_t i = 0; i < sizeof story / sizeof *story; i++)
        if (!only || strstr(story[i].name, only)) {
            printf("%s\n", story[i].name);
            fflush(stdout);
            story[i].run();
        }
    return 0;
}
