/* Goal: who took something back, and who said it anew having seen that, keep their order through a restore that lost both, whoever of
 * them comes first afterwards. */
#include "tests/unit/test_link.h"

/* Somebody leads the session, in this role; -1: nobody does. */
static int64_t leads(struct stage *s)
{
    struct sam_key key = {.entity = SAM_SESSION_LEADER, .part = {s->session, s->user}};
    struct store_row row;
    CHECK(store_row_get(intake_store(s->p->in), &key, &row) == 0);
    return row.exists && row.dead <= 0 ? sam_row_num(&row.row, SAM_SESSION_LEADER_role) : -1;
}

static void restored(struct stage *s, const char *kept)
{
    centre_down(s);
    store_copy(s, kept, s->p->path);
    centre_up(s, false);
    CHECK(!intake_drain_only(s->p->in));
}

/* A takes the leader away, B sees that and says it again in another role; the centre loses both. */
static void said_anew_outlives_what_it_had_seen(unsigned first, unsigned second)
{
    struct stage *s = stage_open();
    char kept[300];
    CHECK(samling_leader_save(s->p->tablet[A].s, s->user, s->session, s->user, 1) == 0);
    settle(s);
    CHECK(leads(s) == 1);
    snprintf(kept, sizeof kept, "%s.kept", s->p->path);
    centre_down(s);
    store_copy(s, s->p->path, kept);
    centre_up(s, false);
    settle(s);
    CHECK(samling_leader_remove(s->p->tablet[A].s, s->user, s->session, s->user) == 0);
    settle(s);
    CHECK(leads(s) == -1);
    CHECK(samling_leader_save(s->p->tablet[B].s, s->user, s->session, s->user, 2) == 0);
    settle(s);
    CHECK(leads(s) == 2);
    restored(s, kept);
    CHECK(leads(s) == 1);
    sync_one(s, first);
    sync_one(s, second);
    settle(s);
    CHECK(leads(s) == 2);
    check(s);
    stage_close(s);
}

static void what_was_seen_comes_first(void)
{
    said_anew_outlives_what_it_had_seen(A, B);
}

static void what_had_seen_it_comes_first(void)
{
    said_anew_outlives_what_it_had_seen(B, A);
}

int main(void)
{
    static const struct story story[] = {{"what was seen comes first", what_was_seen_comes_first},
                                         {"what had seen it comes first", what_had_seen_it_comes_first}};
    stories_run(story, sizeof story / sizeof *story);
    return 0;
}
