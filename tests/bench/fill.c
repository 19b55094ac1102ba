/* A large centre for bench_console.py: clinics, groups, persons and years of attendance, said by tablets batch by batch and day by day, as the
 * centre takes them in; only the disk is not waited for.
 *   fill HOME CLINICS GROUPS PERSONS WEEKS     groups of each clinic; persons of each group, who all come each week
 * The first group of the first clinic is a large one: 40 persons. Prints its id, and figures: tab-separated name value unit. */
#include "proto/wire/crypto.h"
#include "server/admin/home.h"
#include "tests/lib/centre.h"
#include "tests/lib/check.h"

#include <string.h>
#include <time.h>

enum { DAY_S = 86400, WEEK = 7, LARGE = 40, GROUPS_MAX = 250, MOVEMENT_MIN = 600, EVENING_MIN = 1020, PEOPLE_MAX = 64 };

struct group {
    uint64_t id, person[PEOPLE_MAX];
    unsigned persons;
};

struct place {
    uint64_t org, user;
    struct centre_tablet tablet;
    struct group *group;
    uint64_t ids; /* that the tablet has minted */
};

struct fill {
    struct centre c;
    struct home home;
    struct place *place;
    unsigned places, groups, persons, weeks;
    int32_t today;
    uint64_t marks, sessions;
};

static struct sam_op op_of(const struct fill *f, uint8_t entity, enum sam_op_kind kind)
{
    struct sam_op op = {.kind = (uint8_t)kind, .claimed_s = intake_now_s(f->c.in)};
    sam_row_init(&op.row, entity);
    return op;
}

static void text(struct sam_op *op, unsigned field, const char *s)
{
    sam_row_set_text(&op->row, field, s, strlen(s));
}

static void person_make(struct fill *f, struct group *g, const char *where)
{
    char name[64];
    struct sam_op op = op_of(f, SAM_PARTICIPANT, SAM_OP_CREATE);
    snprintf(name, sizeof name, "Deltaker %s-%02u", where, g->persons + 1);
    text(&op, SAM_PARTICIPANT_name, name);
    sam_row_set(&op.row, SAM_PARTICIPANT_active, 1);
    uint64_t id = centre_says(&f->c, &op);
    op = op_of(f, SAM_ENROLMENT, SAM_OP_SET);
    op.row.key.part[0] = g->id;
    op.row.key.part[1] = id;
    sam_row_set(&op.row, SAM_ENROLMENT_status, 4);
    sam_row_set(&op.row, SAM_ENROLMENT_planned_sessions, 60);
    sam_row_set(&op.row, SAM_ENROLMENT_start_day, f->today);
    centre_says(&f->c, &op);
    g->person[g->persons++] = id;
}

/* ${n}: the how manieth of its clinic. Weekday 1 to 5; no plan ahead: the tablets make the sessions. */
static void group_make(struct fill *f, unsigned clinic, unsigned n)
{
    char name[64], code[24];
    struct group *g = &f->place[clinic].group[n];
    struct sam_op op = op_of(f, SAM_GROUP, SAM_OP_CREATE);
    int start = n % 4 == 3 ? EVENING_MIN : MOVEMENT_MIN;
    snprintf(name, sizeof name, "Gruppe %u-%u", clinic + 1, n + 1);
    snprintf(code, sizeof code, "g%u-%u", clinic + 1, n + 1);
    text(&op, SAM_GROUP_name, name);
    text(&op, SAM_GROUP_code, code);
    sam_row_set(&op.row, SAM_GROUP_org, (int64_t)f->place[clinic].org);
    sam_row_set(&op.row, SAM_GROUP_kind, n % 3);
    sam_row_set(&op.row, SAM_GROUP_weekday, 0);
    sam_row_set(&op.row, SAM_GROUP_start_min, start);
    sam_row_set(&op.row, SAM_GROUP_end_min, start + 60);
    sam_row_set(&op.row, SAM_GROUP_active, 1);
    g->id = centre_says(&f->c, &op);
    for (unsigned i = 0; i < (clinic + n == 0 ? LARGE : f->persons); i++)
        person_make(f, g, code);
}

static void place_make(struct fill *f, unsigned i)
{
    char name[64];
    struct place *p = &f->place[i];
    struct sam_op op = op_of(f, SAM_ORG_UNIT, SAM_OP_CREATE);
    snprintf(name, sizeof name, "Stor klinikk %u", i + 1);
    CHECK(intake_begin(f->c.in) == 0);
    text(&op, SAM_ORG_UNIT_name, name);
    sam_row_set(&op.row, SAM_ORG_UNIT_kind, 3);
    sam_row_set(&op.row, SAM_ORG_UNIT_active, 1);
    p->org = centre_says(&f->c, &op);
    op = op_of(f, SAM_USER, SAM_OP_CREATE);
    text(&op, SAM_USER_name, "Kari");
    sam_row_set(&op.row, SAM_USER_org, (int64_t)p->org);
    sam_row_set(&op.row, SAM_USER_active, 1);
    p->user = centre_says(&f->c, &op);
    p->group = calloc(f->groups, sizeof *p->group);
    CHECK(p->group);
    for (unsigned n = 0; n < f->groups; n++)
        group_make(f, i, n);
    centre_tablet_join(&f->c, &p->tablet, p->org);
    CHECK(intake_commit(f->c.in) == 0);
}

/* Of ten who are expected about seven come. */
static int presence_of(uint64_t person, uint64_t session)
{
    uint64_t n = (person * 0x9e3779b97f4a7c15u ^ session * 0xc2b2ae3d27d4eb4fu) >> 40;
    return n % 10 < 7 ? 1 : n % 10 < 9 ? 2 : 3;
}

static void session_say(struct fill *f, struct place *p, const struct group *g, int32_t day)
{
    struct sam_op op[1 + PEOPLE_MAX];
    uint64_t session = sam_id_make(p->tablet.device_no, ++p->ids), base = store_csn(intake_store(f->c.in));
    unsigned count = 0;
    op[count] = op_of(f, SAM_SESSION, SAM_OP_CREATE);
    op[count].row.key.part[0] = session;
    sam_row_set(&op[count].row, SAM_SESSION_group_id, (int64_t)g->id);
    sam_row_set(&op[count].row, SAM_SESSION_day, day);
    sam_row_set(&op[count].row, SAM_SESSION_status, 1);
    sam_row_set(&op[count++].row, SAM_SESSION_start_min, MOVEMENT_MIN);
    for (unsigned i = 0; i < g->persons; i++) {
        op[count] = op_of(f, SAM_ATTENDANCE, SAM_OP_SET);
        op[count].row.key.part[0] = session;
        op[count].row.key.part[1] = g->person[i];
        sam_row_set(&op[count].row, SAM_ATTENDANCE_presence, presence_of(g->person[i], session));
        sam_row_set(&op[count++].row, SAM_ATTENDANCE_evidence, 2);
    }
    for (unsigned i = 0; i < count; i++) {
        op[i].user = p->user;
        op[i].base_csn = base;
    }
    centre_push(&f->c, &p->tablet, op, count);
    f->marks += count - 1;
    f->sessions++;
}

/* One day of all clinics, each with the groups that meet on that weekday. */
static void day_say(struct fill *f, int32_t day, unsigned weekday)
{
    unsigned written;
    centre_clock(&f->c, (int64_t)day * DAY_S + DAY_S * 3 / 4);
    CHECK(intake_begin(f->c.in) == 0);
    CHECK(intake_plan(f->c.in, &written) == 0);
    for (unsigned i = 0; i < f->places; i++)
        for (unsigned n = 0; n < f->groups; n++)
            if (n % 5 == weekday)
                session_say(f, &f->place[i], &f->place[i].group[n], day);
    CHECK(intake_commit(f->c.in) == 0);
}

static void all_say(struct fill *f)
{
    int32_t first = f->today;
    for (unsigned week = 0; week < f->weeks; week++) {
        for (unsigned day = 0; day < 5; day++)
            day_say(f, first + (int32_t)(week * WEEK + day), day);
        if (week % 10 == 9)
            fprintf(stderr, "# fill: week %u of %u, %llu marks\n", week + 1, f->weeks, (unsigned long long)f->marks);
    }
}

static void home_open(struct fill *f, const char *path)
{
    struct intake_config config = {.store_path = f->home.store};
    CHECK(home_set(&f->home, path, NULL, NULL) == 0);
    CHECK(home_make(&f->home, "localhost", time(NULL)) == 0);
    CHECK(home_master_key(&f->home, config.master_key) == 0 && home_ticket_key(&f->home, config.ticket_key) == 0);
    f->today = (int32_t)(time(NULL) / DAY_S) - (int32_t)f->weeks * WEEK;
    centre_open_at(&f->c, &config, (int64_t)f->today * DAY_S);
}

int main(int argc, char **argv)
{
    static struct fill f;
    CHECK(argc == 6 && sam_crypto_start() == 0);
    f.places = (unsigned)atoi(argv[2]);
    f.groups = (unsigned)atoi(argv[3]);
    f.persons = (unsigned)atoi(argv[4]);
    f.weeks = (unsigned)atoi(argv[5]);
    CHECK(f.places && f.groups && f.groups <= GROUPS_MAX && f.persons && f.persons <= PEOPLE_MAX && f.weeks);
    f.place = calloc(f.places, sizeof *f.place);
    CHECK(f.place);
    home_open(&f, argv[1]);
    for (unsigned i = 0; i < f.places; i++)
        place_make(&f, i);
    all_say(&f);
    printf("large_group\t%llu\tid\n", (unsigned long long)f.place[0].group[0].id);
    printf("filled_groups\t%u\t1\nfilled_sessions\t%llu\t1\nfilled_marks\t%llu\t1\n", f.places * f.groups,
           (unsigned long long)f.sessions, (unsigned long long)f.marks);
    for (unsigned i = 0; i < f.places; i++) {
        centre_tablet_fini(&f.place[i].tablet);
        free(f.place[i].group);
    }
    free(f.place);
    centre_leave(&f.c);
    return 0;
}
