/* What the journal keeps of a figure: a record of its head, again where it is withdrawn, and its sessions in as many as it takes.
 * Numbers are 64 bits, little-endian.
 *
 *   JOURNAL_FIGURE           no org group first_day last_day made_s withdrawn_s epoch csn, 8 sums, title 0… by 0… withdrawn_by 0… why 0…
 *   JOURNAL_FIGURE_SESSIONS  no, and for each session the 12 numbers of struct store_turnout */
#include "server/intake/figure.h"
#include "server/intake/intake_int.h"

#include "proto/base/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXT_BYTES = STORE_FIGURE_TEXT_BYTES_MAX + 1,
    BY_BYTES = STORE_FIGURE_BY_BYTES_MAX + 1,
    TITLE_AT = STORE_FIGURE_NUMBERS * 8,
    BY_AT = TITLE_AT + TEXT_BYTES,
    WITHDRAWN_BY_AT = BY_AT + BY_BYTES,
    WHY_AT = WITHDRAWN_BY_AT + BY_BYTES,
    RECORD_BYTES = WHY_AT + TEXT_BYTES,
    SESSION_NUMBERS = 12,
    SESSION_BYTES = SESSION_NUMBERS * 8,
    SESSIONS_PER_RECORD = 600, /* 57 608 bytes: a record holds 64 KiB */
    AUDIT_BYTES = 160
};

static int head_journal(struct intake *in, const struct store_figure *f)
{
    uint8_t p[RECORD_BYTES] = {0};
    uint64_t n[STORE_FIGURE_NUMBERS];
    store_figure_pack(f, n);
    for (unsigned i = 0; i < STORE_FIGURE_NUMBERS; i++)
        sam_put_le64(p + (size_t)8 * i, n[i]);
    memcpy(p + TITLE_AT, f->title, TEXT_BYTES);
    memcpy(p + BY_AT, f->made_by, BY_BYTES);
    memcpy(p + WITHDRAWN_BY_AT, f->withdrawn_by, BY_BYTES);
    memcpy(p + WHY_AT, f->withdrawn_why, TEXT_BYTES);
    return intake_journal(in, JOURNAL_FIGURE, f->csn, (struct sam_span){p, sizeof p});
}

static void session_write(uint8_t *p, const struct store_turnout *t)
{
    const uint64_t n[SESSION_NUMBERS] = {t->session,
                                         t->group,
                                         (uint64_t)(int64_t)t->day,
                                         (uint64_t)(int64_t)t->end_min,
                                         t->status,
                                         (uint64_t)(int64_t)t->headcount,
                                         t->enrolled,
                                         t->unknown,
                                         t->present,
                                         t->notified,
                                         t->no_show,
                                         t->not_expected};
    for (unsigned i = 0; i < SESSION_NUMBERS; i++)
        sam_put_le64(p + (size_t)8 * i, n[i]);
}

static int sessions_journal(struct intake *in, uint64_t no, const struct figure_count *c)
{
    uint8_t *p = malloc(8 + (size_t)SESSIONS_PER_RECORD * SESSION_BYTES);
    int err = p ? 0 : SAM_ENOMEM;
    for (unsigned at = 0; !err && at < c->count; at += SESSIONS_PER_RECORD) {
        unsigned count = c->count - at < SESSIONS_PER_RECORD ? c->count - at : SESSIONS_PER_RECORD;
        sam_put_le64(p, no);
        for (unsigned i = 0; i < count; i++)
            session_write(p + 8 + (size_t)i * SESSION_BYTES, &c->session[at + i]);
        err = intake_journal(in, JOURNAL_FIGURE_SESSIONS, 0, (struct sam_span){p, 8 + (size_t)count * SESSION_BYTES});
    }
    free(p);
    return err;
}

int figure_journal(struct intake *in, const struct store_figure *f, const struct figure_count *sessions)
{
    int err = head_journal(in, f);
    return err || !sessions ? err : sessions_journal(in, f->no, sessions);
}

/* ---- and back */

static void text_read(char *to, const uint8_t *p, size_t size)
{
    memcpy(to, p, size);
    to[size - 1] = 0;
}

int figure_replay(struct intake *in, struct sam_span payload)
{
    struct store_figure f = {.no = 0};
    char text[AUDIT_BYTES];
    uint64_t n[STORE_FIGURE_NUMBERS];
    if (payload.len != RECORD_BYTES)
        return SAM_ECORRUPT;
    for (unsigned i = 0; i < STORE_FIGURE_NUMBERS; i++)
        n[i] = sam_get_le64(payload.ptr + (size_t)8 * i);
    store_figure_unpack(n, &f);
    text_read(f.title, payload.ptr + TITLE_AT, TEXT_BYTES);
    text_read(f.made_by, payload.ptr + BY_AT, BY_BYTES);
    text_read(f.withdrawn_by, payload.ptr + WITHDRAWN_BY_AT, BY_BYTES);
    text_read(f.withdrawn_why, payload.ptr + WHY_AT, TEXT_BYTES);
    snprintf(text, sizeof text, "figure=%llu csn=%llu withdrawn=%d", (unsigned long long)f.no,
             (unsigned long long)f.csn, f.withdrawn_s != 0);
    int err = f.no ? store_figure_put(in->st, &f) : SAM_ECORRUPT;
    return err ? err : intake_audit(in, AUDIT_VERB, "journal", text);
}

int figure_sessions_replay(struct intake *in, struct sam_span payload)
{
    if (payload.len < 8 || (payload.len - 8) % SESSION_BYTES || payload.len > 8 + SESSIONS_PER_RECORD * SESSION_BYTES)
        return SAM_ECORRUPT;
    int err = 0;
    for (size_t at = 8; !err && at < payload.len; at += SESSION_BYTES) {
        uint64_t n[SESSION_NUMBERS];
        for (unsigned i = 0; i < SESSION_NUMBERS; i++)
            n[i] = sam_get_le64(payload.ptr + at + (size_t)8 * i);
        struct store_turnout t = {.session = n[0],
                                  .group = n[1],
                                  .day = (int32_t)(int64_t)n[2],
                                  .end_min = (int32_t)(int64_t)n[3],
                                  .status = (uint32_t)n[4],
                                  .headcount = (int32_t)(int64_t)n[5],
                                  .enrolled = (uint32_t)n[6],
                                  .unknown = (uint32_t)n[7],
                                  .present = (uint32_t)n[8],
                                  .notified = (uint32_t)n[9],
                                  .no_show = (uint32_t)n[10],
                                  .not_expected = (uint32_t)n[11]};
        err = store_figure_session_put(in->st, sam_get_le64(payload.ptr), &t);
    }
    return err;
}

int figures_confirm(struct intake *in)
{
    struct figure_count *c = malloc(sizeof *c);
    struct store_figure f = {.no = STORE_NOW};
    int err = c ? 0 : SAM_ENOMEM;
    while (!err && (err = store_figure_before(in->st, f.no, &f)) == 0) {
        err = figure_kept(in->st, f.no, c);
        if (!err)
            err = figure_journal(in, &f, c);
    }
    free(c);
    return err == SAM_ENOTFOUND ? 0 : err;
}
