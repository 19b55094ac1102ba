/* Figures that were frozen: what somebody reported of a clinic or a group over some days, with each session's turnout as it stood. Facts: what
 * the columns mean stands in server/store/sql/150_figure.sql, what the sums mean in server/intake/figure.h, who writes them there too. */
#ifndef STORE_FIGURE_H
#define STORE_FIGURE_H

#include "server/store/turnout.h"

#define STORE_FIGURE_TEXT_BYTES_MAX 200u /* a title, a reason */
#define STORE_FIGURE_BY_BYTES_MAX 128u   /* as an actor of the audit log */

struct store_figure_sums {
    uint64_t held, cancelled, unsaid, recorded; /* sessions */
    uint64_t expected, known, present, no_show; /* marks */
};

struct store_figure {
    uint64_t no, org, group; /* group 0: all of the clinic's */
    int32_t first_day, last_day;
    int64_t made_s, withdrawn_s; /* withdrawn_s 0: it counts */
    uint64_t epoch, csn;
    struct store_figure_sums sums;
    char title[STORE_FIGURE_TEXT_BYTES_MAX + 1], made_by[STORE_FIGURE_BY_BYTES_MAX + 1];
    char withdrawn_by[STORE_FIGURE_BY_BYTES_MAX + 1], withdrawn_why[STORE_FIGURE_TEXT_BYTES_MAX + 1];
};

/* Every number of it, once, in the order in which the store and the journal keep them; unpack leaves the texts alone. */
enum { STORE_FIGURE_NUMBERS = 17 };
void store_figure_pack(const struct store_figure *f, uint64_t n[STORE_FIGURE_NUMBERS]);
void store_figure_unpack(const uint64_t n[STORE_FIGURE_NUMBERS], struct store_figure *f);
/* store_figure_put(st, f): a new one, or one that was withdrawn. */
int store_figure_put(struct store *st, const struct store_figure *f);
int store_figure_get(struct store *st, uint64_t no, struct store_figure *out); /* SAM_ENOTFOUND */
/* store_figure_before(st, no, out): the newest one below that number (STORE_NOW: of all). SAM_ENOTFOUND at the end. */
int store_figure_before(struct store *st, uint64_t no, struct store_figure *out);
int store_figure_session_put(struct store *st, uint64_t no, const struct store_turnout *t);
/* By session, until ${each} returns non-zero, which is returned. */
int store_figure_session_each(struct store *st, uint64_t no, int (*each)(void *ctx, const struct store_turnout *t),
                              void *ctx);
/* store_figure_now(st, org, group, first_day, last_day, each, ctx): the turnouts as they are kept now, of living groups of the clinic (of
 * one of them, where ${group} is one), by session. */
int store_figure_now(struct store *st, uint64_t org, uint64_t group, int32_t first_day, int32_t last_day,
                     int (*each)(void *ctx, const struct store_turnout *t), void *ctx);

#endif
