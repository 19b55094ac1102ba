/* A centre as a module, for a tablet that is another one: the pump's (tests/lib/pump.h), with one clinic, one group and a session
 * today. What must not fail ends the module. */
#include "proto/wire/crypto.h"
#include "tests/lib/pump.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALL(name) __attribute__((export_name(#name))) name

enum { DAY = 20833, PEOPLE_MAX = 400, ANSWER_BYTES = 16384 };

static struct pump pump;
static struct ids {
    uint64_t now_s, day, org, group, session, user, people, person[PEOPLE_MAX];
} ids;

static uint64_t say(struct sam_op *op)
{
    op->kind = SAM_OP_CREATE;
    PUMP_MUST(pump_author(&pump, op) == 0);
    return op->row.key.part[0];
}

static void text_set(struct sam_row *r, unsigned field, const char *text)
{
    sam_row_set_text(r, field, text, strlen(text));
}

void CALL(far_person)(void);
void CALL(far_person)(void)
{
    struct sam_op op = {0}, in = {.kind = SAM_OP_SET};
    char name[32];
    PUMP_MUST(ids.people < PEOPLE_MAX);
    snprintf(name, sizeof name, "Deltaker %d", (int)ids.people + 1);
    sam_row_init(&op.row, SAM_PARTICIPANT);
    text_set(&op.row, SAM_PARTICIPANT_name, name);
    uint64_t id = ids.person[ids.people++] = say(&op);
    sam_row_init(&in.row, SAM_ENROLMENT);
    in.row.key.part[0] = ids.group;
    in.row.key.part[1] = id;
    sam_row_set(&in.row, SAM_ENROLMENT_status, 4);
    PUMP_MUST(pump_author(&pump, &in) == 0);
}

static uint64_t clinic_new(void)
{
    struct sam_op op = {0};
    sam_row_init(&op.row, SAM_ORG_UNIT);
    text_set(&op.row, SAM_ORG_UNIT_name, "Nord");
    return say(&op);
}

static uint64_t user_new(void)
{
    struct sam_op op = {0};
    sam_row_init(&op.row, SAM_USER);
    text_set(&op.row, SAM_USER_name, "Fysioterapeut 1");
    sam_row_set(&op.row, SAM_USER_org, (int64_t)ids.org);
    return say(&op);
}

static uint64_t group_new(void)
{
    struct sam_op op = {0};
    sam_row_init(&op.row, SAM_GROUP);
    text_set(&op.row, SAM_GROUP_name, "Tirsdag");
    sam_row_set(&op.row, SAM_GROUP_org, (int64_t)ids.org);
    return say(&op);
}

static uint64_t session_new(void)
{
    struct sam_op op = {0};
    sam_row_init(&op.row, SAM_SESSION);
    sam_row_set(&op.row, SAM_SESSION_group_id, (int64_t)ids.group);
    sam_row_set(&op.row, SAM_SESSION_day, DAY);
    return say(&op);
}

/* What there is, as 64-bit numbers: struct ids. */
const void *CALL(far_start)(int people);
const void *CALL(far_start)(int people)
{
    PUMP_MUST(sam_crypto_start() == 0);
    ids = (struct ids){.now_s = DAY * 86400 + 36000, .day = DAY};
    pump_open(&pump, "/centre", (int64_t)ids.now_s);
    ids.org = clinic_new();
    ids.group = group_new();
    ids.session = session_new();
    ids.user = user_new();
    for (int i = 0; i < people; i++)
        far_person();
    return &ids;
}

const char *CALL(far_invite)(void);
const char *CALL(far_invite)(void)
{
    static char text[200];
    pump_invite(&pump, ids.org, text);
    return text;
}

void CALL(far_approve)(uint64_t device_no);
void CALL(far_approve)(uint64_t device_no)
{
    pump_device_state(&pump, device_no, SAM_DEVICE_ACTIVE);
}

/* ---- lines */

struct pump_line *CALL(far_line)(void);
struct pump_line *CALL(far_line)(void)
{
    return pump_line_new(&pump);
}

/* What the tablet sent is taken and answered; how many bytes go back, and in *${to} where they lie until the next call. */
int CALL(far_answer)(struct pump_line *l, const uint8_t *bytes, int n, const uint8_t **to);
int CALL(far_answer)(struct pump_line *l, const uint8_t *bytes, int n, const uint8_t **to)
{
    pump_line_take(l, bytes, (size_t)n);
    while (pump_line_peek(l, to) < ANSWER_BYTES && pump_line_turn(l))
        ;
    return (int)pump_line_peek(l, to);
}

/* So many of them went; 1: that was the last word. */
int CALL(far_went)(struct pump_line *l, int n);
int CALL(far_went)(struct pump_line *l, int n)
{
    pump_line_sent(l, (size_t)n);
    return pump_line_over(l);
}

void CALL(far_gone)(struct pump_line *l);
void CALL(far_gone)(struct pump_line *l)
{
    pump_line_free(l);
}

/* ---- looking */

static void told(void *ctx, const char *line)
{
    (void)ctx;
    printf("%s\n", line);
}

/* How much is wrong with the centre's store: each device's chain whole, each batch once, every row what the ops make of it. */
int CALL(far_wrong)(void);
int CALL(far_wrong)(void)
{
    int wrong = (int)pump_check(&pump, told, NULL);
    fflush(stdout);
    return wrong;
}

/* A tablet's file, of which a copy lies there: 1: SQLite finds nothing wrong with it. */
int CALL(far_sound)(const char *path);
int CALL(far_sound)(const char *path)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *q = NULL;
    int sound = 0;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &q, NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW) {
        sound = !strcmp((const char *)sqlite3_column_text(q, 0), "ok");
        if (!sound)
            printf("%s\n", sqlite3_column_text(q, 0));
    } else {
        printf("%s: %s\n", path, sqlite3_errmsg(db));
    }
    sqlite3_finalize(q);
    sqlite3_close(db);
    fflush(stdout);
    return sound;
}
