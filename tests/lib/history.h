/* Goal: every small history of ops on one row, and every order in which it may reach the centre.
 *
 * A history is which device saved which op, and what of the others' ops lay within its base. That much the end state may
 * depend on (P5, P6); the order of arrival it may not. A base is one csn, so an order of arrival is one of the history's
 * when for each op some prefix of what had arrived before it holds just what its author had seen.
 *
 * Ops are numbered by device, then by seq. Pure; nothing is allocated. */
#ifndef TESTS_LIB_HISTORY_H
#define TESTS_LIB_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

enum { HISTORY_OPS_MAX = 8 };

struct history {
    unsigned count;
    bool exact;  /* bases count as numbers (class minor): own ops within them are part of the history too */
    bool shared; /* device 0 is the console: several people, who have seen of each other what their pages showed */
    bool fresh;  /* with shared: no page of the console is older than the console's last op */
    uint8_t device[HISTORY_OPS_MAX]; /* ascending */
    uint8_t base[HISTORY_OPS_MAX];   /* mask of ops within the base, as far as they count */
};

struct history_order {
    uint8_t at[HISTORY_OPS_MAX];   /* op by place of arrival */
    uint8_t base[HISTORY_OPS_MAX]; /* by op: how many of the row's ops had arrived when its form was opened */
};

/* history_saw(h, x, y): had the author of op ${x} seen op ${y}? */
bool history_saw(const struct history *h, unsigned x, unsigned y);

/* history_orders(h, seed, each, ctx): calls ${each} for every order of arrival with every choice of bases; stops when it
 * returns false. ${seed} other than 0: the same in an order drawn from it. Returns how many were given. */
unsigned history_orders(const struct history *h, uint64_t seed,
                        bool (*each)(void *ctx, const struct history *h, const struct history_order *order), void *ctx);

/* history_each(count, devices, like, each, ctx): every history of ${count} ops that has an order, on devices 0 to at most
 * ${devices} - 1, each of them used up to the last one used; exact, shared and fresh as in ${like}. Returns how many. */
unsigned history_each(unsigned count, unsigned devices, const struct history *like,
                      void (*each)(void *ctx, const struct history *h), void *ctx);

/* history_random(h, count, devices, seed): fills in ${h}, exact, shared and fresh given, from a random order of arrival. */
void history_random(struct history *h, unsigned count, unsigned devices, uint64_t *seed);
/* history_draw(seed, below): the next number of a sequence, 0 to ${below} - 1. */
unsigned history_draw(uint64_t *seed, unsigned below);

/* history_text(h, out, size): "A1(-) A2(B1) B1(A1)": each op with those within its base. */
void history_text(const struct history *h, char *out, unsigned size);

#endif
