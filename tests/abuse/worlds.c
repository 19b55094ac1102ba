/* Two worlds (PROOF.md, I11): the same seed, the same history, the same clocks and chance, but in the second one the values that
 * clinic B says are others: names, presence, minutes, notes, what its two tablets disagree about. Never how many ops it says. A tablet and a
 * coordinator of clinic A must get the same bytes in both: every frame, but for the audit log's head in WELCOME, and every page that a
 * coordinator may ask for, of A's ids and of B's.
 *
 *   worlds --pairs N [--from SEED]      N pairs; a line for tests/run.sh
 *   worlds --seed SEED                  one pair, aloud: where the first difference is
 *   worlds ... --case-numbers           case numbers are no excuse. They are given over all clinics, so how many cases B has shows in the numbers
 *                                       of A's; pairs in which these differ are counted, and not compared otherwise
 *   worlds --pairs N --leak             a control: A's overview is given a count over all clinics beside it, and it must be found
 *
 * Reads: how many pairs, frames, bytes and pages were compared, and in how many pairs what B itself is shown differed, as it must. */
#include "proto/base/err.h"
#include "proto/base/log.h"
#include "server/console/console_int.h"
#include "server/console/page.h"
#include "tests/lib/pump.h"
#include "tests/lib/scratch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    STEPS = 24,
    PEOPLE = 4,
    DAY = 20833,
    NOW_S = DAY * 86400 + 36000,
    TEXT_BYTES = 100,
    PAGE_NAME_BYTES = 160,
    TALKS_MAX = 64
};
enum { SIDES = 2 }; /* A, B */

/* ---- chance */

static uint64_t entropy;

static uint64_t draw(uint64_t *state)
{
    uint64_t x = *state += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

/* Takes the place of the system's: what keys, codes and tickets are made of. */
ssize_t getrandom(void *buf, size_t n, unsigned flags);
ssize_t getrandom(void *buf, size_t n, unsigned flags)
{
    (void)flags;
    for (size_t i = 0; i < n; i += 8) {
        uint64_t v = draw(&entropy);
        memcpy((uint8_t *)buf + i, &v, n - i < 8 ? n - i : 8);
    }
    return (ssize_t)n;
}

/* ---- what is compared */

struct told {
    uint8_t *mem;
    size_t len, room;
    uint64_t frames, pages;
};

static void told_add(struct told *t, const void *p, size_t n)
{
    if (t->len + n > t->room) {
        t->room = (t->len + n) * 2;
        t->mem = realloc(t->mem, t->room);
        PUMP_MUST(t->mem != NULL);
    }
    memcpy(t->mem + t->len, p, n);
    t->len += n;
}

struct side {
    uint64_t org, group, user, person[PEOPLE], session;
    struct pump_tablet *tablet[2];
    struct told told; /* what the first tablet and a coordinator were told */
};

struct world {
    struct pump p;
    char folder[96];
    bool other, leak;        /* is it the second one; the control */
    char case_numbers[256];  /* of A */
    uint64_t history, words; /* chance of what happens, and of what B says */
    struct side side[SIDES];
};

static unsigned pick(struct world *w, unsigned below)
{
    return (unsigned)(draw(&w->history) % below);
}

/* What a value is: on A's side the history's, on B's of this world. */
static unsigned value(struct world *w, const struct side *s, unsigned below)
{
    unsigned of_history = pick(w, below);
    return s == &w->side[1] ? (unsigned)(draw(&w->words) % below) : of_history;
}

static size_t word(struct world *w, const struct side *s, char out[TEXT_BYTES])
{
    size_t n = 1 + value(w, s, TEXT_BYTES - 2);
    uint64_t state = value(w, s, 1u << 30);
    for (size_t i = 0; i < n; i++)
        out[i] = (char)('a' + draw(&state) % 26);
    out[n] = 0;
    return n;
}

/* ---- a world begins */

static uint64_t made(struct world *w, struct sam_op *op)
{
    op->base_csn = op->kind == SAM_OP_CREATE ? 0 : store_csn(w->p.reader);
    PUMP_MUST(pump_author(&w->p, op) == SAM_REASON_NONE);
    return op->row.key.part[0];
}

static uint64_t named(struct world *w, const struct side *s, uint8_t entity, unsigned name, int ref)
{
    char text[TEXT_BYTES];
    struct sam_op op = {.kind = SAM_OP_CREATE};
    sam_row_init(&op.row, entity);
    size_t n = word(w, s, text);
    sam_row_set_text(&op.row, name, text, n);
    if (entity == SAM_GROUP) {
        sam_row_set_text(&op.row, SAM_GROUP_code, text, n < 32 ? n : 32);
        sam_row_set(&op.row, SAM_GROUP_weekday, 2);
        sam_row_set(&op.row, SAM_GROUP_start_min, 600);
    }
    if (ref >= 0)
        sam_row_set(&op.row, (unsigned)ref, (int64_t)s->org);
    return made(w, &op);
}

static void enrol(struct world *w, const struct side *s, unsigned person)
{
    struct sam_op op = {.kind = SAM_OP_SET};
    sam_row_init(&op.row, SAM_ENROLMENT);
    op.row.key.part[0] = s->group;
    op.row.key.part[1] = s->person[person];
    sam_row_set(&op.row, SAM_ENROLMENT_status, 4);
    made(w, &op);
}

static void side_open(struct world *w, struct side *s)
{
    s->org = named(w, s, SAM_ORG_UNIT, SAM_ORG_UNIT_name, -1);
    s->user = named(w, s, SAM_USER, SAM_USER_name, SAM_USER_org);
    s->group = named(w, s, SAM_GROUP, SAM_GROUP_name, SAM_GROUP_org);
    for (unsigned i = 0; i < PEOPLE; i++) {
        s->person[i] = named(w, s, SAM_PARTICIPANT, SAM_PARTICIPANT_name, -1);
        enrol(w, s, i);
    }
    struct sam_op op = {.kind = SAM_OP_CREATE};
    sam_row_init(&op.row, SAM_SESSION);
    sam_row_set(&op.row, SAM_SESSION_group_id, (int64_t)s->group);
    sam_row_set(&op.row, SAM_SESSION_day, DAY);
    sam_row_set(&op.row, SAM_SESSION_planned, 1);
    s->session = made(w, &op);
}

static void world_open(struct world *w, uint64_t seed, bool other)
{
    memset(w, 0, sizeof *w);
    entropy = seed;
    w->other = other;
    w->history = seed * 2 + 1;
    w->words = other ? seed * 3 + 7 : seed * 5 + 11;
    snprintf(w->folder, sizeof w->folder, "%s/samling-worlds-%ld", scratch_place(), (long)getpid());
    pump_open(&w->p, w->folder, NOW_S);
    for (unsigned i = 0; i < SIDES; i++)
        side_open(w, &w->side[i]);
    for (unsigned i = 0; i < SIDES; i++)
        for (unsigned k = 0; k < 2; k++)
            w->side[i].tablet[k] = pump_tablet_add(&w->p, w->side[i].org, w->side[i].user);
}

static void case_numbers_read(struct world *w)
{
    sqlite3_stmt *q;
    const char *sql =
        "SELECT group_concat(no, ' ') FROM (SELECT no FROM conflict_case WHERE scope IN (?1, ?2) ORDER BY no)";
    PUMP_MUST(sqlite3_prepare_v2(w->p.reader->db, sql, -1, &q, NULL) == SQLITE_OK);
    sqlite3_bind_int64(q, 1, (int64_t)w->side[0].group);
    sqlite3_bind_int64(q, 2, (int64_t)w->side[0].org);
    if (sqlite3_step(q) == SQLITE_ROW && sqlite3_column_text(q, 0))
        snprintf(w->case_numbers, sizeof w->case_numbers, "%s", (const char *)sqlite3_column_text(q, 0));
    sqlite3_finalize(q);
}

static void world_close(struct world *w)
{
    case_numbers_read(w);
    pump_close(&w->p);
    pump_folder_remove(w->folder);
}

/* ---- a tablet is told */

/* WELCOME without the head of the audit log, which is over all that is said anywhere; every other frame as it is. */
static void frame_told(struct told *t, const struct sam_frame *f, struct sam_span whole)
{
    t->frames++;
    if (f->kind != SAM_FRAME_WELCOME) {
        told_add(t, whole.ptr, whole.len);
        return;
    }
    static struct sam_zip *zip;
    struct sam_welcome welcome;
    struct sam_buf scratch;
    struct sam_span plain;
    zip = zip ? zip : sam_zip_new();
    sam_buf_init(&scratch, SAM_FRAME_INFLATED_BYTES_MAX);
    PUMP_MUST(zip && sam_frame_inflate(zip, f, &scratch, &plain) == 0 && sam_welcome_decode(plain, &welcome) == 0);
    welcome.audit_head = 0;
    sam_buf_clear(&scratch);
    struct sam_buf again;
    sam_buf_init(&again, SAM_FRAME_INFLATED_BYTES_MAX);
    PUMP_MUST(sam_welcome_encode(&again, &welcome) == 0);
    told_add(t, sam_buf_peek(&again).ptr, sam_buf_len(&again));
    sam_buf_fini(&again);
    sam_buf_fini(&scratch);
}

static void frames_told(struct told *t, const uint8_t *bytes, size_t n)
{
    while (n) {
        struct sam_frame f;
        size_t used;
        PUMP_MUST(sam_frame_decode((struct sam_span){bytes, n}, &f, &used) == 0); /* whole ones: nothing is cut here */
        frame_told(t, &f, (struct sam_span){bytes, used});
        bytes += used;
        n -= used;
    }
}

/* One conversation; all that the centre says in it is kept. */
static void talk(struct world *w, struct pump_tablet *tablet, struct told *t)
{
    if (samling_link_up(tablet->s))
        return;
    struct pump_line *l = pump_line_new(&w->p);
    for (bool moved = true; moved && !pump_line_over(l) && samling_link_idle(tablet->s) != 1;) {
        const uint8_t *bytes;
        size_t n = samling_link_peek(tablet->s, &bytes);
        pump_line_take(l, bytes, n);
        samling_link_sent(tablet->s, n);
        moved = n > 0;
        moved |= pump_line_turn(l);
        n = pump_line_peek(l, &bytes);
        frames_told(t, bytes, n);
        moved |= n > 0;
        if (n && samling_link_feed(tablet->s, bytes, n))
            moved = false;
        pump_line_sent(l, n);
    }
    samling_link_down(tablet->s);
    pump_line_free(l);
}

static void meet(struct world *w, struct side *s, unsigned which)
{
    if (which == 0)
        talk(w, s->tablet[0], &s->told);
    else
        PUMP_MUST(pump_sync(s->tablet[which], PUMP_WHOLE));
}

/* ---- what happens */

static void mark(struct world *w, struct side *s, unsigned which)
{
    struct sam_op op = {.kind = SAM_OP_SET};
    sam_row_init(&op.row, SAM_ATTENDANCE);
    op.row.key.part[0] = s->session;
    op.row.key.part[1] = s->person[pick(w, PEOPLE)];
    sam_row_set(&op.row, SAM_ATTENDANCE_presence, 1 + value(w, s, 3));
    sam_row_set(&op.row, SAM_ATTENDANCE_minutes, value(w, s, 120));
    PUMP_MUST(pump_save(s->tablet[which], &op, s->group) == 0);
}

static void note(struct world *w, struct side *s, unsigned which)
{
    char text[TEXT_BYTES];
    struct sam_op op = {.kind = SAM_OP_CREATE};
    sam_row_init(&op.row, SAM_NOTE);
    sam_row_set(&op.row, SAM_NOTE_participant, (int64_t)s->person[pick(w, PEOPLE)]);
    sam_row_set(&op.row, SAM_NOTE_author, (int64_t)s->user);
    sam_row_set(&op.row, SAM_NOTE_role, 0);
    sam_row_set(&op.row, SAM_NOTE_day, DAY - value(w, s, 30));
    sam_row_set(&op.row, SAM_NOTE_visibility, value(w, s, 2));
    size_t n = word(w, s, text);
    sam_row_set_text(&op.row, SAM_NOTE_text, text, n);
    PUMP_MUST(pump_save(s->tablet[which], &op, s->group) == 0);
}

static void session_says(struct world *w, struct side *s, unsigned which)
{
    char text[TEXT_BYTES];
    struct sam_op op = {.kind = SAM_OP_SET};
    sam_row_init(&op.row, SAM_SESSION);
    op.row.key.part[0] = s->session;
    size_t n = word(w, s, text);
    sam_row_set_text(&op.row, SAM_SESSION_theme, text, n);
    sam_row_set(&op.row, SAM_SESSION_status, value(w, s, 3));
    PUMP_MUST(pump_save(s->tablet[which], &op, s->group) == 0);
}

/* The centre renames somebody, or puts a person's record in order. */
static void centre_says_name(struct world *w, struct side *s)
{
    char text[TEXT_BYTES];
    struct sam_op op = {.kind = SAM_OP_SET};
    sam_row_init(&op.row, SAM_PARTICIPANT);
    op.row.key.part[0] = s->person[pick(w, PEOPLE)];
    size_t n = word(w, s, text);
    sam_row_set_text(&op.row, SAM_PARTICIPANT_name, text, n);
    sam_row_set(&op.row, SAM_PARTICIPANT_birth_year, 1930 + value(w, s, 70));
    made(w, &op);
}

static void step(struct world *w)
{
    struct side *s = &w->side[pick(w, SIDES)];
    unsigned which = pick(w, 2), what = pick(w, 10);
    if (what < 4)
        mark(w, s, which);
    else if (what < 5)
        note(w, s, which);
    else if (what < 6)
        session_says(w, s, which);
    else if (what < 7)
        centre_says_name(w, s);
    else
        meet(w, s, which);
    w->p.now_s += pick(w, 600);
}

/* ---- a coordinator is told */

static void page_told(struct world *w, struct side *s, const struct route *route, const uint64_t id[2],
                      const char *query)
{
    struct ask a = {.route = route, .now_s = w->p.now_s, .lang = SAM_LANG_EN, .session = 1, .address = "127.0.0.1"};
    static struct console without_verbs; /* what a verb would show is not found */
    a.console = &without_verbs;
    a.who = (struct login_session){
        .no = 1, .state = LOGIN_OPEN, .account = 1, .user_id = s->user, .name = "ola", .role_count = 1};
    a.who.role[0] = (struct store_account_role){.role = ACCOUNT_COORDINATOR, .org = s->org};
    memcpy(a.id, id, sizeof a.id);
    a.id_count = 2;
    snprintf(a.query, sizeof a.query, "%s", query);
    reply_init(&a.reply);
    if (!right_somewhere(&a.who, DAY, route->right))
        return;
    store_snapshot_begin(w->p.reader);
    int err = route->handler.read(&a, w->p.reader);
    if (w->leak && strcmp(route->pattern, "/api/overview") == 0) {
        struct store_figures f;
        PUMP_MUST(store_figures(w->p.reader, &f) == 0);
        told_add(&s->told, &f.cases, sizeof f.cases);
    }
    store_snapshot_end(w->p.reader);
    char head[PAGE_NAME_BYTES];
    int n = snprintf(head, sizeof head, "\n%s %" PRIu64 " %" PRIu64 " %s: %d %u ", route->pattern, id[0], id[1], query,
                     err, a.reply.status);
    told_add(&s->told, head, (size_t)n);
    told_add(&s->told, sam_buf_peek(&a.reply.body).ptr, sam_buf_len(&a.reply.body));
    s->told.pages++;
    reply_fini(&a.reply);
    free(a.access);
}

/* Pages that a store and a session are enough for; those that ask the gate or a verb beside them are not asked here. */
static bool asked(const struct route *r)
{
    return r->verb == HTTP_VERB_GET && r->handler.read && !strstr(r->pattern, "/account") &&
           !strstr(r->pattern, "completion");
}

static void route_told(struct world *w, struct side *s, const struct route *route)
{
    for (unsigned i = 0; i < SIDES; i++) {
        const struct side *of = &w->side[i];
        const uint64_t ids[][2] = {{of->org, 0},
                                   {of->group, of->person[0]},
                                   {of->session, of->person[1]},
                                   {of->person[2], 0},
                                   {of->tablet[1]->device_no, 0}};
        const char *const words[] = {"clinic", "group", "after", "no", "leader"};
        bool takes_id = strchr(route->pattern, '{') != NULL;
        for (unsigned k = 0; k < (takes_id ? sizeof ids / sizeof *ids : 1); k++)
            page_told(w, s, route, ids[k], "");
        for (unsigned k = 0; !takes_id && k < sizeof words / sizeof *words; k++) {
            char query[64];
            snprintf(query, sizeof query, "%s=%" PRIu64, words[k], k == 0 ? of->org : of->group);
            page_told(w, s, route, ids[0], query);
        }
    }
}

static void pages_told(struct world *w, struct side *s)
{
    for (unsigned i = 0; i < route_count; i++)
        if (asked(&route_table[i]))
            route_told(w, s, &route_table[i]);
}

/* ---- one pair */

static void world_play(struct world *w, uint64_t seed, bool other, bool leak)
{
    world_open(w, seed, other);
    w->leak = leak;
    for (unsigned i = 0; i < STEPS; i++)
        step(w);
    for (unsigned i = 0; i < SIDES * 2; i++)
        meet(w, &w->side[i % SIDES], 1 - i / SIDES); /* B's others first; then what they said comes to be told */
    for (unsigned i = 0; i < SIDES; i++)
        pages_told(w, &w->side[i]);
    world_close(w);
}

static size_t differs_at(const struct told *a, const struct told *b)
{
    size_t n = a->len < b->len ? a->len : b->len, i = 0;
    while (i < n && a->mem[i] == b->mem[i])
        i++;
    return i;
}

static void differ_say(const struct told *a, const struct told *b)
{
    size_t at = differs_at(a, b), from = at > 200 ? at - 200 : 0;
    for (int k = 0; k < 2; k++) {
        const struct told *t = k ? b : a;
        printf("# world %d, byte %zu of %zu: ", k + 1, at, t->len);
        for (size_t i = from; i < t->len && i < at + 100; i++)
            printf(t->mem[i] >= 32 && t->mem[i] < 127 ? "%c" : "\\x%02x", t->mem[i]);
        printf("\n");
    }
}

struct counts {
    uint64_t pairs, frames, bytes, pages, different, excused, cases;
};

struct options {
    bool leak, case_numbers;
};

/* true: A was told the same. */
static bool pair(uint64_t seed, const struct options *o, bool aloud, struct counts *counts)
{
    static struct world w[2];
    for (int k = 0; k < 2; k++)
        world_play(&w[k], seed, k, o->leak);
    const struct told *a = &w[0].side[0].told, *b = &w[1].side[0].told;
    bool same = a->len == b->len && memcmp(a->mem, b->mem, a->len) == 0;
    const struct told *c = &w[0].side[1].told, *d = &w[1].side[1].told;
    bool excused = !o->case_numbers && strcmp(w[0].case_numbers, w[1].case_numbers) != 0;
    counts->pairs++;
    counts->excused += excused;
    counts->cases += w[0].case_numbers[0] != 0;
    counts->frames += a->frames;
    counts->pages += a->pages;
    counts->bytes += a->len;
    counts->different += c->len != d->len || memcmp(c->mem, d->mem, c->len) != 0;
    if (!same && !excused && aloud)
        differ_say(a, b);
    for (int k = 0; k < 2; k++)
        for (unsigned i = 0; i < SIDES; i++)
            free(w[k].side[i].told.mem);
    return same || excused;
}

static int pairs_run(uint64_t from, uint64_t pairs, const struct options *o)
{
    struct counts counts = {0};
    uint64_t bad = 0;
    for (uint64_t i = 0; i < pairs && bad < 5; i++)
        if (!pair(from + i, o, bad == 0, &counts)) {
            bad++;
            printf("not ok two worlds: seed %" PRIu64
                   ": clinic A is told what clinic B said; again with: worlds --seed %" PRIu64 "%s\n",
                   from + i, from + i,
                   o->leak           ? " --leak"
                   : o->case_numbers ? " --case-numbers"
                                     : "");
        }
    printf("# %" PRIu64 " pairs from seed %" PRIu64 ": %" PRIu64 " frames and %" PRIu64 " pages, %" PRIu64
           " bytes; A had cases in %" PRIu64 ", their numbers differed in %" PRIu64 "; B was told otherwise in %" PRIu64
           "\n",
           counts.pairs, from, counts.frames, counts.pages, counts.bytes, counts.cases, counts.excused,
           counts.different);
    if (bad == 0 && counts.different < counts.pairs)
        printf("not ok two worlds: the second is like the first in %" PRIu64 " pairs\n",
               counts.pairs - counts.different);
    else if (bad == 0)
        printf("ok two worlds: clinic A is told the same bytes, whatever clinic B says\n");
    return bad || counts.different < counts.pairs;
}

/* What the centre logs is not compared: it never leaves it. */
static void quiet(void *ctx, enum sam_log_level level, const char *line, size_t len)
{
    (void)ctx, (void)level, (void)line, (void)len;
}

int main(int argc, char **argv)
{
    uint64_t pairs = 100, from = 1;
    struct options o = {0};
    sam_log_to(quiet, NULL);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--leak") == 0)
            o.leak = true;
        else if (strcmp(argv[i], "--case-numbers") == 0)
            o.case_numbers = true;
        else if (i + 1 < argc && strcmp(argv[i], "--pairs") == 0)
            pairs = strtoull(argv[++i], NULL, 10);
        else if (i + 1 < argc && strcmp(argv[i], "--from") == 0)
            from = strtoull(argv[++i], NULL, 10);
        else if (i + 1 < argc && strcmp(argv[i], "--seed") == 0)
            from = strtoull(argv[++i], NULL, 10), pairs = 1;
        else
            return fprintf(stderr, "worlds: see the head of tests/abuse/worlds.c\n"), 2;
    }
    return pairs_run(from, pairs, &o);
}
