#include "tests/lib/ward.h"

#include "tests/lib/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t named(struct ward *w, uint8_t entity, unsigned name, const char *text, int ref, uint64_t to)
{
    struct sam_op op = {.kind = SAM_OP_CREATE};
    sam_row_init(&op.row, entity);
    sam_row_set_text(&op.row, name, text, strlen(text));
    if (entity == SAM_GROUP)
        sam_row_set_text(&op.row, SAM_GROUP_code, text, strlen(text));
    if (ref >= 0)
        sam_row_set(&op.row, (unsigned)ref, (int64_t)to);
    PUMP_MUST(pump_author(&w->p, &op) == SAM_REASON_NONE);
    return op.row.key.part[0];
}

struct sam_op ward_op(uint8_t entity, enum sam_op_kind kind, uint64_t k1, uint64_t k2)
{
    struct sam_op op = {.kind = (uint8_t)kind};
    sam_row_init(&op.row, entity);
    op.row.key.part[0] = k1;
    op.row.key.part[1] = k2;
    return op;
}

void ward_enrol(struct ward *w, uint64_t group, uint64_t person, bool in)
{
    struct sam_op op = ward_op(SAM_ENROLMENT, in ? SAM_OP_SET : SAM_OP_TOMBSTONE, group, person);
    op.base_csn = store_csn(w->p.reader);
    if (in)
        sam_row_set(&op.row, SAM_ENROLMENT_status, 4);
    PUMP_MUST(pump_author(&w->p, &op) == SAM_REASON_NONE);
}

static uint64_t session_on(struct ward *w, uint64_t group, int64_t day)
{
    struct sam_op op = ward_op(SAM_SESSION, SAM_OP_CREATE, 0, 0);
    sam_row_set(&op.row, SAM_SESSION_group_id, (int64_t)group);
    sam_row_set(&op.row, SAM_SESSION_day, day);
    sam_row_set(&op.row, SAM_SESSION_planned, 1);
    PUMP_MUST(pump_author(&w->p, &op) == SAM_REASON_NONE);
    return op.row.key.part[0];
}

static void ward_open(struct ward *w, bool turned)
{
    memset(w, 0, sizeof *w);
    snprintf(w->folder, sizeof w->folder, "%s/samling-ward-%ld", scratch_place(), (long)getpid());
    pump_open(&w->p, w->folder, (int64_t)WARD_DAY * 86400 + 36000);
    w->org = named(w, SAM_ORG_UNIT, SAM_ORG_UNIT_name, "Sandnessjøen", -1, 0);
    w->far_org = named(w, SAM_ORG_UNIT, SAM_ORG_UNIT_name, "Brønnøysund", -1, 0);
    w->user = named(w, SAM_USER, SAM_USER_name, "Fysioterapeut 1", SAM_USER_org, w->org);
    w->far_user = named(w, SAM_USER, SAM_USER_name, "Fysioterapeut 2", SAM_USER_org, w->far_org);
    w->group = named(w, SAM_GROUP, SAM_GROUP_name, "G1", SAM_GROUP_org, w->org);
    w->far_group = named(w, SAM_GROUP, SAM_GROUP_name, "G2", SAM_GROUP_org, w->far_org);
    w->person = named(w, SAM_PARTICIPANT, SAM_PARTICIPANT_name, "Deltaker 001", -1, 0);
    w->other = named(w, SAM_PARTICIPANT, SAM_PARTICIPANT_name, "Deltaker 002", -1, 0);
    w->far_person = named(w, SAM_PARTICIPANT, SAM_PARTICIPANT_name, "Deltaker 003", -1, 0);
    ward_enrol(w, w->group, w->person, true);
    ward_enrol(w, w->group, w->other, true);
    ward_enrol(w, w->far_group, w->far_person, true);
    w->session = session_on(w, w->group, WARD_DAY);
    w->a = pump_tablet_add(&w->p, w->org, w->user);
    w->b = pump_tablet_add(&w->p, w->org, w->user);
    w->far = pump_tablet_add(&w->p, w->far_org, w->far_user);
    w->first = turned ? w->b : w->a;
    w->second = turned ? w->a : w->b;
}

void ward_wrong(void *ctx, const char *line)
{
    (void)ctx;
    fprintf(stderr, "%s\n", line);
}

/* First one, then the other, and all once more: what one sends the others still have to read. */
void ward_meet(struct ward *w)
{
    for (int twice = 0; twice < 2; twice++) {
        PUMP_MUST(pump_sync(w->first, PUMP_WHOLE));
        PUMP_MUST(pump_sync(w->second, PUMP_WHOLE));
        PUMP_MUST(pump_sync(w->far, PUMP_WHOLE));
    }
    PUMP_MUST(pump_check(&w->p, ward_wrong, NULL) == 0);
}

static void ward_close(struct ward *w)
{
    ward_meet(w);
    pump_close(&w->p);
    pump_folder_remove(w->folder);
}

/* A story that must end alike in both orders; what it leaves at the centre is compared by itself. */
void ward_both_orders(void (*story)(struct ward *w))
{
    struct ward *w = malloc(sizeof *w);
    PUMP_MUST(w != NULL);
    for (int turned = 0; turned < 2; turned++) {
        ward_open(w, turned);
        story(w);
        ward_close(w);
    }
    free(w);
}

/* ---- what the centre has */

int64_t ward_asked(struct ward *w, const char *sql)
{
    sqlite3_stmt *q;
    store_entities_reset(w->p.reader); /* what was looked at before holds its snapshot */
    PUMP_MUST(sqlite3_prepare_v2(w->p.reader->db, sql, -1, &q, NULL) == SQLITE_OK);
    int64_t n = sqlite3_step(q) == SQLITE_ROW ? sqlite3_column_int64(q, 0) : -1;
    sqlite3_finalize(q);
    return n;
}

bool ward_row(struct ward *w, const struct sam_key *key, struct sam_row *out)
{
    struct store_row row;
    store_entities_reset(w->p.reader);
    PUMP_MUST(store_row_get(w->p.reader, key, &row) == 0);
    *out = row.row;
    return row.exists && row.dead <= 0;
}

unsigned ward_cases_open(struct ward *w)
{
    return (unsigned)ward_asked(w, "SELECT count(*) FROM conflict_case WHERE open = 1");
}

void ward_consent_save(struct ward *w, struct pump_tablet *t, int purpose, int state, int32_t day)
{
    struct samling_consent c = {
        .participant = w->person, .purpose = purpose, .state = state, .day = day, .method = 1, .text_version = -1};
    PUMP_MUST(samling_consent_save(t->s, t->user, &c) == 0);
}

/* What the tablet shows of one purpose; -1: nothing. The page is opened by it. */
int ward_consent_of(struct ward *w, struct pump_tablet *t, int purpose)
{
    struct samling_consent_line *l;
    size_t count;
    int state = -1;
    if (samling_consents(t->s, w->person, &l, &count))
        return -2; /* the person is not here */
    for (size_t i = 0; i < count; i++) {
        PUMP_MUST(l[i].consent.participant == w->person);
        if (l[i].consent.purpose == purpose)
            state = l[i].consent.state;
    }
    samling_list_free(l);
    return state;
}

uint64_t ward_score_save(struct ward *w, struct pump_tablet *t, int occasion, const char *answers, uint64_t replaces)
{
    struct samling_score score = {.participant = w->person,
                                  .instrument = WARD_PSFS,
                                  .version = 1,
                                  .occasion = occasion,
                                  .day = WARD_DAY,
                                  .mode = 0,
                                  .answers = answers,
                                  .replaces = replaces,
                                  .scale_0_means = 1};
    uint64_t id;
    PUMP_MUST(samling_score_save(t->s, t->user, &score, &id) == 0);
    return id;
}

/* How many there are on the tablet, and which is primary for the occasion; 0: none. */
size_t ward_scores_of(struct ward *w, struct pump_tablet *t, int occasion, uint64_t *primary)
{
    struct samling_score_line *l;
    size_t count = 0;
    *primary = 0;
    PUMP_MUST(samling_scores(t->s, w->person, &l, &count) == 0);
    for (size_t i = 0; i < count; i++)
        if (l[i].primary && l[i].score.occasion == occasion) {
            PUMP_MUST(*primary == 0); /* exactly one */
            *primary = l[i].score.id;
        }
    samling_list_free(l);
    return count;
}
