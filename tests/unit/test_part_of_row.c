/* Goal: of a row that changed, a tablet is sent only the units that are newer; what others say of the rest stays on its screen until
 * somebody has decided, and goes then. */
#include "tests/unit/test_link.h"

/* A coordinator writes down the minutes, and nothing else. */
static void minutes(struct stage *s, uint64_t person, int minutes)
{
    struct sam_op op = {.kind = SAM_OP_SET};
    sam_row_init(&op.row, SAM_ATTENDANCE);
    op.row.key.part[0] = s->session;
    op.row.key.part[1] = person;
    sam_row_set(&op.row, SAM_ATTENDANCE_minutes, minutes);
    says(s, &op);
}

static bool both_shown(struct stage *s, unsigned tablet)
{
    struct samling_line l = {0};
    CHECK(sheet(s, tablet, s->kari, &l) == 2);
    return l.presence == PRESENT && l.disputed && l.other_presence == NO_SHOW;
}

/* Two disagree about who was there, and a coordinator writes down the minutes: the sheet still shows both. */
static void the_other_value_stays(void)
{
    struct stage *s = stage_open();
    struct samling_line l = {0};
    mark(s, A, s->kari, PRESENT);
    mark(s, B, s->kari, NO_SHOW);
    settle(s);
    CHECK(both_shown(s, A) && both_shown(s, B));
    minutes(s, s->kari, 45);
    sync_one(s, A);
    sync_one(s, B);
    CHECK(both_shown(s, A) && both_shown(s, B));
    CHECK(sheet(s, B, s->kari, &l) == 2 && l.minutes == 45);
    mark(s, B, s->kari, NOTIFIED); /* who has seen both decides */
    sync_one(s, B);
    sync_one(s, A);
    for (unsigned tablet = A; tablet <= B; tablet++)
        CHECK(sheet(s, tablet, s->kari, &l) == 2 && l.presence == NOTIFIED && !l.disputed && l.other_presence == -1);
    check(s);
    stage_close(s);
}

/* The day under which a tablet keeps the session; it drops those of before its window by it. */
static int64_t kept_day(struct stage *s, unsigned tablet)
{
    sqlite3_stmt *q;
    CHECK(sqlite3_prepare_v2(s->p->tablet[tablet].s->store.db, "SELECT day FROM row WHERE entity = ?1 AND k1 = ?2", -1,
                             &q, NULL) == 0);
    CHECK(sqlite3_bind_int(q, 1, SAM_SESSION) == 0 && sqlite3_bind_int64(q, 2, (int64_t)s->session) == 0);
    CHECK(sqlite3_step(q) == SQLITE_ROW);
    int64_t day = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return day;
}

/* Of a session that was moved to another room comes the room alone: it stays on its day. */
static void the_day_stays(void)
{
    struct stage *s = stage_open();
    struct sam_op op = {.kind = SAM_OP_SET};
    settle(s);
    CHECK(kept_day(s, A) == NOW_S / 86400);
    sam_row_init(&op.row, SAM_SESSION);
    op.row.key.part[0] = s->session;
    sam_row_set_text(&op.row, SAM_SESSION_room, "Sal 2", 5);
    says(s, &op);
    sync_one(s, A);
    CHECK(kept_day(s, A) == NOW_S / 86400);
    stage_close(s);
}

int main(void)
{
    static const struct story story[] = {{"the other value stays", the_other_value_stays},
                                         {"the day stays", the_day_stays}};
    stories_run(story, sizeof story / sizeof *story);
    return 0;
}
