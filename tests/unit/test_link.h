/* A clinic, a group with two enrolled, a session today and two tablets: the stage on which people are linked. The real intake,
 * store and feed as centre, real SDK handles as tablets; whoever leaves the stage has it verified and rebuilt. */
#ifndef UNIT_TEST_LINK_H
#define UNIT_TEST_LINK_H

#include "proto/model/rule.h"
#include "tests/lib/check.h"
#include "tests/lib/pump.h"
#include "tests/lib/scratch.h"

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

static inline uint64_t says(struct stage *s, struct sam_op *op)
{
    CHECK(pump_author(s->p, op) == SAM_REASON_NONE);
    return op->row.key.part[0];
}

static inline uint64_t named(struct stage *s, uint8_t entity, unsigned name, const char *text, int ref, uint64_t to)
{
    struct sam_op op = {.kind = SAM_OP_CREATE};
    sam_row_init(&op.row, entity);
    sam_row_set_text(&op.row, name, text, strlen(text));
    if (ref >= 0)
        sam_row_set(&op.row, (unsigned)ref, (int64_t)to);
    return says(s, &op);
}

static inline void enrol(struct stage *s, uint64_t person)
{
    struct sam_op op = {.kind = SAM_OP_SET};
    sam_row_init(&op.row, SAM_ENROLMENT);
    op.row.key.part[0] = s->group;
    op.row.key.part[1] = person;
    sam_row_set(&op.row, SAM_ENROLMENT_status, 4);
    says(s, &op);
}

static inline void centre_down(struct stage *s)
{
    for (unsigned i = 0; i < s->p->tablets; i++)
        pump_line_cut(&s->p->tablet[i]);
    store_close(s->p->reader);
    intake_close(s->p->in);
}

static inline void centre_up(struct stage *s, bool create)
{
    CHECK(intake_open(&s->p->in, &s->p->config, create) == 0);
    CHECK(store_reader_open(&s->p->reader, s->p->path) == 0);
}

/* The store's file is put in place of ${to}. */
static inline void store_copy(struct stage *s, const char *from, const char *to)
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

static inline void sync_one(struct stage *s, unsigned tablet)
{
    CHECK(pump_sync(&s->p->tablet[tablet], PUMP_WHOLE));
}

/* As pump_open, with a journal. */
static inline void journal_begin(struct stage *s)
{
    centre_down(s);
    CHECK(unlink(s->p->path) == 0);
    snprintf(s->journal, sizeof s->journal, "%s/journal", s->p->folder);
    s->p->config.journal_path = s->journal;
    centre_up(s, true);
}

static inline struct stage *stage_open(void)
{
    char folder[48];
    struct stage *s = calloc(1, sizeof *s);
    CHECK(s && (s->p = calloc(1, sizeof *s->p)) && scratch_folder(folder, sizeof folder, "link"));
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

static inline void settle(struct stage *s)
{
    for (int round = 0; round < 2; round++)
        for (unsigned i = 0; i < s->p->tablets; i++)
            sync_one(s, i);
}

static inline void wrong(void *ctx, const char *line)
{
    (void)ctx;
    printf("wrong: %s\n", line);
}

/* Who is linked is shown as somebody else. */
static inline bool losers_hidden(struct stage *s)
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
static inline void check(struct stage *s)
{
    settle(s);
    CHECK(pump_check(s->p, wrong, NULL) == 0);
    CHECK(losers_hidden(s));
}

static inline void stage_close(struct stage *s)
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

static inline uint64_t walk_in(struct stage *s, unsigned tablet, const char *name)
{
    uint64_t id;
    CHECK(samling_walk_in(s->p->tablet[tablet].s, s->user, s->session, name, 1950, &id) == 0);
    return id;
}

static inline void mark(struct stage *s, unsigned tablet, uint64_t person, int presence)
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

static inline int link_try(struct stage *s, uint64_t loser, uint64_t winner, uint64_t base, enum sam_reason *why)
{
    struct sam_op op = {.kind = SAM_OP_SET, .base_csn = base};
    sam_row_init(&op.row, SAM_LINK);
    op.row.key.part[0] = loser;
    sam_row_set(&op.row, SAM_LINK_winner, (int64_t)winner);
    *why = pump_author(s->p, &op);
    return *why ? SAM_ERANGE : 0;
}

static inline void link_to(struct stage *s, uint64_t loser, uint64_t winner)
{
    enum sam_reason why;
    CHECK(link_try(s, loser, winner, 0, &why) == 0);
}

static inline void link_refused(struct stage *s, uint64_t loser, uint64_t winner)
{
    enum sam_reason why;
    uint64_t csn = store_csn(intake_store(s->p->in));
    CHECK(link_try(s, loser, winner, 0, &why) == SAM_ERANGE);
    CHECK(why == SAM_REASON_NOT_PERMITTED);
    CHECK(store_csn(intake_store(s->p->in)) == csn);
}

/* ---- what is seen */

/* What stands in the typed table; -1: nothing. */
static inline int64_t presence(struct stage *s, uint64_t person)
{
    struct sam_key key = {.entity = SAM_ATTENDANCE, .part = {s->session, person}};
    struct store_row row;
    CHECK(store_row_get(intake_store(s->p->in), &key, &row) == 0);
    return row.exists && row.dead <= 0 ? sam_row_num(&row.row, SAM_ATTENDANCE_presence) : -1;
}

static inline bool member(struct stage *s, uint64_t person)
{
    struct sam_key key = {.entity = SAM_PARTICIPANT, .part = {person}};
    struct store_member m;
    CHECK(store_member_get(intake_store(s->p->in), s->group, &key, &m) == 0);
    return m.exists && !m.gone;
}

static inline bool case_open(struct stage *s, uint32_t rule, uint8_t entity, uint64_t one, uint64_t other)
{
    struct sam_key key = {.entity = entity, .part = {one, other}};
    struct store_case c;
    if (entity == SAM_PARTICIPANT && one > other)
        key = (struct sam_key){.entity = entity, .part = {other, one}};
    CHECK(store_case_find(intake_store(s->p->in), &key, rule, 0, &c) == 0);
    return c.open;
}
static inline bool disputed(struct stage *s, uint64_t person)
{
    return case_open(s, SAM_RULE_UNIT, SAM_ATTENDANCE, s->session, person);
}
static inline bool pair(struct stage *s, uint64_t one, uint64_t other)
{
    return case_open(s, SAM_RULE_SAME_PERSON, SAM_PARTICIPANT, one, other);
}

/* A person's line on a tablet's sheet; presence -1: no line. How many lines there are in all. */
static inline size_t sheet(struct stage *s, unsigned tablet, uint64_t person, struct samling_line *out)
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

static inline int shown(struct stage *s, unsigned tablet, uint64_t person)
{
    struct samling_line l;
    sheet(s, tablet, person, &l);
    return l.presence;
}

/* An op of this tablet by its number from the end; what became of it. */
static inline uint32_t verdict(struct stage *s, unsigned tablet, uint64_t back)
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

/* ---- telling */

struct story {
    const char *name;
    void (*run)(void);
};

/* stories_run(s, count): one after the other, each named; STORY in the environment: only those whose name has it. */
static inline void stories_run(const struct story *story, size_t count)
{
    const char *only = getenv("STORY");
    for (size_t i = 0; i < count; i++)
        if (!only || strstr(story[i].name, only)) {
            printf("%s\n", story[i].name);
            fflush(stdout);
            story[i].run();
        }
}

#endif
