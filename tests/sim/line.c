#include "tests/sim/line.h"

#include "tests/sim/centre.h"
#include "tests/sim/tablet.h"

#include <string.h>

#define WIRE_BYTES_MAX (96u * 1024u)
#define SAID_BYTES_MAX (256u * 1024u)

struct line *line_new(struct world *w, struct tablet *t)
{
    struct line *l = w->line;
    while (l < w->line + LINES_MAX && l->used)
        l++;
    if (l == w->line + LINES_MAX)
        return NULL;
    memset(l, 0, sizeof *l);
    l->used = true;
    l->tablet = t;
    l->latency_ms = 5 + (int64_t)roll(w, 300);
    l->chunk_bytes_max = chance(w, 20) ? 1 + (unsigned)roll(w, 60) : 1 + (unsigned)roll(w, 9000);
    sam_buf_init(&l->up.bytes, 1u << 20);
    sam_buf_init(&l->down.bytes, 1u << 20);
    sam_buf_init(&l->said, SAID_BYTES_MAX);
    if (has_fault(w, FAULT_ONE_WAY) && w->faults_on && chance(w, 4)) {
        (chance(w, 50) ? &l->up : &l->down)->blocked_ms = w->now_ms + some_ms(w, 60000);
        w->fault_hits[FAULT_ONE_WAY]++;
    }
    return l;
}

size_t wire_room(const struct wire *wire)
{
    size_t n = sam_buf_len(&wire->bytes);
    return wire->ended || n >= WIRE_BYTES_MAX ? 0 : WIRE_BYTES_MAX - n;
}

static void wire_arm(struct world *w, struct line *l, struct wire *wire)
{
    wire->due_ms = w->now_ms + l->latency_ms;
    if (wire->due_ms < wire->blocked_ms)
        wire->due_ms = wire->blocked_ms;
}

void line_add(struct world *w, struct line *l, struct wire *wire, const void *p, size_t n)
{
    if (wire->ended || n == 0)
        return;
    if (sam_buf_len(&wire->bytes) == 0)
        wire_arm(w, l, wire);
    MUST(sam_buf_add(&wire->bytes, p, n) == 0);
    if (wire == &l->up && sam_buf_room(&l->said) >= n)
        sam_buf_add(&l->said, p, n);
    if (wire == &l->down && l->cut_answer) {
        l->cut_answer = false;
        line_break(w, l, false);
    }
}

static int64_t wire_due(const struct wire *wire)
{
    return sam_buf_len(&wire->bytes) || (wire->ended && !wire->told) ? wire->due_ms : INT64_MAX;
}

int64_t line_due(const struct line *l)
{
    int64_t up = wire_due(&l->up), down = wire_due(&l->down);
    return up < down ? up : down;
}

/* The next bytes of a wire; false: there are none, and the end of the line has been reached. */
static bool wire_next(struct world *w, struct line *l, struct wire *wire, struct sam_span *out)
{
    *out = sam_buf_peek(&wire->bytes);
    if (out->len == 0) {
        wire->told = true;
        return false;
    }
    uint64_t n = 1 + roll(w, l->chunk_bytes_max);
    if (n < out->len)
        out->len = n;
    return true;
}

static void wire_took(struct world *w, struct line *l, struct wire *wire, size_t n)
{
    sam_buf_consume(&wire->bytes, n < sam_buf_len(&wire->bytes) ? n : sam_buf_len(&wire->bytes));
    wire->due_ms = w->now_ms + 1 + (int64_t)roll(w, 40);
    if (has_fault(w, FAULT_STALL) && w->faults_on && roll(w, 400) == 0) {
        wire->due_ms += some_ms(w, 40000);
        w->fault_hits[FAULT_STALL]++;
    }
    if (wire->due_ms < wire->blocked_ms)
        wire->due_ms = wire->blocked_ms;
    (void)l;
}

void line_act(struct world *w, struct line *l)
{
    bool up = wire_due(&l->up) <= wire_due(&l->down);
    struct wire *wire = up ? &l->up : &l->down;
    struct sam_span bytes;
    uint8_t copy[9100];
    if (!wire_next(w, l, wire, &bytes)) {
        if (up)
            centre_heard_end(w, l);
        else
            tablet_heard_end(w, l);
        return;
    }
    memcpy(copy, bytes.ptr, bytes.len);
    wire_took(w, l, wire, bytes.len);
    trace_add(w, up ? "up" : "down", bytes.len, up ? l->conn != NULL : l->tablet != NULL);
    if (up)
        centre_heard(w, l, copy, bytes.len);
    else
        tablet_heard(w, l, copy, bytes.len);
}

static void wire_end(struct world *w, struct line *l, struct wire *wire, bool lost)
{
    if (wire->ended)
        return;
    if (lost)
        sam_buf_clear(&wire->bytes);
    wire->ended = true;
    if (sam_buf_len(&wire->bytes) == 0)
        wire_arm(w, l, wire);
}

void line_leave_tablet(struct world *w, struct line *l, bool lost)
{
    l->tablet = NULL;
    wire_end(w, l, &l->up, lost);
    sam_buf_clear(&l->down.bytes);
    l->down.ended = l->down.told = true;
}

void line_leave_centre(struct world *w, struct line *l, bool lost)
{
    l->conn = NULL;
    wire_end(w, l, &l->down, lost);
    sam_buf_clear(&l->up.bytes);
    l->up.ended = l->up.told = true;
}

void line_cut(struct world *w, struct line *l)
{
    wire_end(w, l, &l->up, true);
    wire_end(w, l, &l->down, true);
    l->up.due_ms = w->now_ms + (int64_t)roll(w, 3000);
    l->down.due_ms = w->now_ms + (int64_t)roll(w, 3000);
}

void line_break(struct world *w, struct line *l, bool up)
{
    struct wire *last = up ? &l->up : &l->down;
    struct sam_span under_way = sam_buf_peek(&last->bytes);
    uint8_t copy[9100];
    size_t n = under_way.len ? roll(w, under_way.len < sizeof copy ? under_way.len : sizeof copy) : 0;
    memcpy(copy, under_way.ptr, n);
    line_cut(w, l);
    sam_buf_clear(&last->bytes); /* one that had ended already kept them */
    if (n) {
        MUST(sam_buf_add(&last->bytes, copy, n) == 0);
        last->due_ms = w->now_ms + 1;
    }
}

void lines_sweep(struct world *w)
{
    for (struct line *l = w->line; l < w->line + LINES_MAX; l++) {
        if (!l->used || l->tablet || l->conn || !l->up.told)
            continue;
        if (sam_buf_len(&l->said) && chance(w, 20)) {
            struct sam_span said = sam_buf_peek(&l->said);
            sam_buf_clear(&w->replayable);
            sam_buf_add(&w->replayable, said.ptr, said.len);
        }
        sam_buf_fini(&l->up.bytes);
        sam_buf_fini(&l->down.bytes);
        sam_buf_fini(&l->said);
        memset(l, 0, sizeof *l);
    }
}
