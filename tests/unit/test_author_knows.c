/* Goal: whose a value is, and whether its author had seen it, is told by names and bases alone, each by each: the own number, a parent's
 * up to the fork, a first name, the centre's, and what was lost and came again. A row of the table per way to be one or the other. */
#include "proto/model/merge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* Tablet 7, a copy of 5 from its op 20 on, which is a copy of 3 from 10 on; at its op 30, with all up to csn 100 seen; its base was 120 in
 * epoch 9. */
static const struct sam_author who = {.device_no = 7,
                                      .seq = 30,
                                      .base_epoch = 9,
                                      .base_csn = 120,
                                      .seen_csn = 100,
                                      .parent_count = 2,
                                      .parent = {{5, 20}, {3, 10}}};
enum { SEEN = 50, UNSEEN = 500 };

static const struct {
    const char *name;
    struct sam_candidate y;
    bool own, saw, later; /* sam_author_own, _saw, _later */
} table[] = {
    {"own, earlier", {.device_no = 7, .seq = 29, .csn = UNSEEN}, true, true, false},
    {"own, this very op", {.device_no = 7, .seq = 30, .csn = UNSEEN}, false, false, false},
    {"own, later", {.device_no = 7, .seq = 31, .csn = SEEN}, false, false, true},
    {"the parent's, the last one shared", {.device_no = 5, .seq = 20, .csn = UNSEEN}, true, true, false},
    {"the parent's, behind the fork", {.device_no = 5, .seq = 21, .csn = UNSEEN}, false, false, false},
    {"the parent's, behind the fork, seen", {.device_no = 5, .seq = 21, .csn = SEEN}, false, true, false},
    {"its parent's, shared", {.device_no = 3, .seq = 10, .csn = UNSEEN}, true, true, false},
    {"its parent's, behind the fork", {.device_no = 3, .seq = 11, .csn = UNSEEN}, false, false, false},
    {"another's, the last one seen", {.device_no = 8, .seq = 1, .csn = 100}, false, true, false},
    {"another's, the next one", {.device_no = 8, .seq = 1, .csn = 101}, false, false, false},
    {"the centre's, seen", {.device_no = SAM_DEVICE_NO_CONSOLE, .seq = 1, .csn = SEEN}, false, true, false},
    {"the centre's, unseen", {.device_no = SAM_DEVICE_NO_CONSOLE, .seq = 1, .csn = UNSEEN}, false, false, false},
    {"a copy's, which is this tablet's own op",
     {.device_no = 8, .seq = 1, .csn = UNSEEN, .own_seq = 29},
     true,
     true,
     false},
    {"a copy's, which is this tablet's later op",
     {.device_no = 8, .seq = 1, .csn = SEEN, .own_seq = 31},
     false,
     false,
     true},
    {"re-labelled, of this tablet's number",
     {.device_no = 8, .seq = 1, .csn = UNSEEN, .first_device_no = 7, .first_seq = 29},
     true,
     true,
     false},
    {"re-labelled, of this tablet's number, later",
     {.device_no = 8, .seq = 1, .csn = SEEN, .first_device_no = 7, .first_seq = 31},
     false,
     false,
     true},
    {"re-labelled, this very op",
     {.device_no = 8, .seq = 1, .csn = UNSEEN, .first_device_no = 7, .first_seq = 30},
     false,
     false,
     false},
    {"re-labelled, of the parent's number",
     {.device_no = 8, .seq = 1, .csn = UNSEEN, .first_device_no = 5, .first_seq = 20},
     true,
     true,
     false},
    {"re-labelled, the parent's behind the fork",
     {.device_no = 8, .seq = 1, .csn = UNSEEN, .first_device_no = 5, .first_seq = 21},
     false,
     false,
     false},
    {"re-labelled, a stranger's",
     {.device_no = 8, .seq = 1, .csn = UNSEEN, .first_device_no = 9, .first_seq = 1},
     false,
     false,
     false},
    {"lost within the base, of its epoch",
     {.device_no = 8, .seq = 1, .csn = UNSEEN, .lost_epoch = 9, .lost_csn = 120},
     false,
     true,
     false},
    {"lost behind the base",
     {.device_no = 8, .seq = 1, .csn = UNSEEN, .lost_epoch = 9, .lost_csn = 121},
     false,
     false,
     false},
    {"lost in another epoch",
     {.device_no = 8, .seq = 1, .csn = UNSEEN, .lost_epoch = 4, .lost_csn = 110},
     false,
     false,
     false},
};
enum { ROWS = sizeof table / sizeof *table };

/* The same tablet at its op 12, which is op 15 of tablet 5; and at its op 3, which is op 4 of tablet 3. All up to 15 of 5, or up to 4 of 3,
 * came before it, whatever number it came under. */
static const struct {
    const char *name;
    uint64_t seq, first_device_no, first_seq;
    struct sam_candidate y;
    bool own, later;
} shared[] = {
    {"own, earlier", 12, 5, 15, {.device_no = 7, .seq = 11, .csn = UNSEEN}, true, false},
    {"own, later", 12, 5, 15, {.device_no = 7, .seq = 13, .csn = SEEN}, false, true},
    {"the parent's, earlier", 12, 5, 15, {.device_no = 5, .seq = 14, .csn = UNSEEN}, true, false},
    {"the parent's, this very op", 12, 5, 15, {.device_no = 5, .seq = 15, .csn = UNSEEN}, false, false},
    {"the parent's, later", 12, 5, 15, {.device_no = 5, .seq = 16, .csn = SEEN}, false, true},
    {"the parent's, the last one shared", 12, 5, 15, {.device_no = 5, .seq = 20, .csn = SEEN}, false, true},
    {"the parent's, behind the fork", 12, 5, 15, {.device_no = 5, .seq = 21, .csn = UNSEEN}, false, false},
    {"its parent's", 12, 5, 15, {.device_no = 3, .seq = 10, .csn = UNSEEN}, true, false},
    {"a sibling's, re-labelled, earlier",
     12,
     5,
     15,
     {.device_no = 8, .seq = 90, .csn = UNSEEN, .first_device_no = 5, .first_seq = 14},
     true,
     false},
    {"a sibling's, re-labelled, later",
     12,
     5,
     15,
     {.device_no = 8, .seq = 1, .csn = SEEN, .first_device_no = 5, .first_seq = 16},
     false,
     true},
    {"the parent's, of its parent, earlier",
     12,
     5,
     15,
     {.device_no = 5, .seq = 14, .csn = UNSEEN, .first_device_no = 3, .first_seq = 9},
     true,
     false},
    {"a copy's, which is this tablet's earlier op",
     12,
     5,
     15,
     {.device_no = 8, .seq = 40, .csn = UNSEEN, .own_seq = 11},
     true,
     false},
    {"a copy's, which is this tablet's later op",
     12,
     5,
     15,
     {.device_no = 8, .seq = 4, .csn = SEEN, .own_seq = 13},
     false,
     true},
    {"its parent's, earlier", 3, 3, 4, {.device_no = 3, .seq = 3, .csn = UNSEEN}, true, false},
    {"its parent's, later", 3, 3, 4, {.device_no = 3, .seq = 5, .csn = SEEN}, false, true},
    {"the parent's, which came behind all of its parent's",
     3,
     3,
     4,
     {.device_no = 5, .seq = 1, .csn = SEEN},
     false,
     true},
    {"the parent's, under its parent's name, earlier",
     3,
     3,
     4,
     {.device_no = 5, .seq = 3, .csn = UNSEEN, .first_device_no = 3, .first_seq = 3},
     true,
     false},
    {"the parent's, under its parent's name, later",
     3,
     3,
     4,
     {.device_no = 5, .seq = 3, .csn = SEEN, .first_device_no = 3, .first_seq = 5},
     false,
     true},
    {"the parent's, this very op",
     3,
     3,
     4,
     {.device_no = 5, .seq = 3, .csn = SEEN, .first_device_no = 3, .first_seq = 4},
     false,
     false},
};

static void knows(const struct sam_author *author, const char *name, const struct sam_candidate *y, bool own, bool saw,
                  bool later)
{
    if (sam_author_own(author, y) != own || sam_author_saw(author, y) != saw || sam_author_later(author, y) != later)
        fail_msg("%s: own %d, saw %d, later %d", name, sam_author_own(author, y), sam_author_saw(author, y),
                 sam_author_later(author, y));
}

static void every_way_to_know(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ROWS; i++)
        knows(&who, table[i].name, &table[i].y, table[i].own, table[i].saw, table[i].later);
}

/* What is one's own was seen exactly when it came before: a base says nothing of it. */
static void an_op_that_is_shared_stands_in_its_line(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof shared / sizeof *shared; i++) {
        struct sam_author at = who;
        at.seq = shared[i].seq;
        at.first_device_no = shared[i].first_device_no;
        at.first_seq = shared[i].first_seq;
        knows(&at, shared[i].name, &shared[i].y, shared[i].own, shared[i].own, shared[i].later);
    }
}

/* Of a set, what its author had seen goes, and nothing else; the rest keeps its order. */
static void only_what_was_seen_leaves(void **state)
{
    (void)state;
    struct sam_candidates set = {0}, none = {0};
    unsigned unseen = 0;
    for (unsigned i = 0; i < ROWS && set.count < SAM_CANDIDATES_MAX; i++)
        set.at[set.count++] = table[i].y;
    unsigned all = set.count;
    assert_true(sam_merge_leave(&set, &who));
    for (unsigned i = 0; i < all; i++)
        if (!table[i].saw) {
            assert_int_equal(set.at[unseen].csn, table[i].y.csn);
            assert_int_equal(set.at[unseen].device_no, table[i].y.device_no);
            unseen++;
        }
    assert_int_equal(set.count, unseen);
    assert_true(unseen > 0 && unseen < all);
    assert_false(sam_merge_leave(&set, &who)); /* nothing is left that was seen */
    assert_int_equal(set.count, unseen);
    assert_false(sam_merge_leave(&none, &who));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_to_know),
        cmocka_unit_test(an_op_that_is_shared_stands_in_its_line),
        cmocka_unit_test(only_what_was_seen_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
