#include "tests/sim/join.h"

#include "tests/sim/console.h"
#include "tests/sim/line.h"
#include "tests/sim/tablet.h"

#include <stdlib.h>
#include <string.h>

/* A tablet out of its box. */
static struct tablet *newcomer(struct world *w)
{
    struct tablet *t = w->tablets < w->tablets_max ? tablet_new(w) : NULL;
    if (t)
        tablet_boot(t);
    return t && t->s ? t : NULL;
}

static bool code_make(struct world *w, uint64_t org)
{
    char text[INVITE_BYTES_MAX];
    if (!console_invite(w, org, text, sizeof text))
        return false;
    memcpy(w->code, text, sizeof w->code);
    return true;
}

/* One letter of the code is another. */
static void misread(struct world *w, char *text)
{
    char *c = strstr(text, "code=") + 5 + roll(w, 24);
    *c = *c == '0' ? '1' : '0';
}

static void take(struct tablet *t, const char *text)
{
    tablet_take(t, text);
    say(t->w, "tablet %u takes a code", t->index);
}

static bool late(struct world *w)
{
    struct tablet *t = newcomer(w);
    if (!t || !code_make(w, w->org[roll(w, ORGS)]))
        return false;
    take(t, w->code);
    return true;
}

/* Two people read one code off the same page. */
static bool two_at_once(struct world *w)
{
    if (w->tablets + 2 > w->tablets_max || !code_make(w, w->org[roll(w, ORGS)]))
        return false;
    for (unsigned i = 0; i < 2; i++) {
        struct tablet *t = newcomer(w);
        if (t)
            take(t, w->code);
    }
    return true;
}

/* The last code once more: it may be used by now, too old, or still be good. */
static bool code_again(struct world *w)
{
    struct tablet *t = w->code[0] ? newcomer(w) : NULL;
    if (t)
        take(t, w->code);
    return t != NULL;
}

static bool wrong_code(struct world *w)
{
    struct tablet *t = newcomer(w);
    char text[INVITE_BYTES_MAX];
    if (!t || !code_make(w, w->org[0]))
        return false;
    memcpy(text, w->code, sizeof text);
    misread(w, text);
    take(t, text);
    return true;
}

void join_break(struct tablet *t)
{
    struct world *w = t->w;
    if (!has_fault(w, FAULT_JOIN) || !w->faults_on || sam_meta(t->s, device_no) || !chance(w, 40))
        return;
    t->join_cut = true;
    if (chance(w, 50))
        line_break(w, t->line, true);
    else
        t->line->cut_answer = true;
}

bool join_some(struct world *w)
{
    if (!chance(w, 40)) /* they are few, and the world is to meet them at all its ages */
        return false;
    switch (roll(w, 4)) {
    case 0: return late(w);
    case 1: return two_at_once(w);
    case 2: return code_again(w);
    default: return wrong_code(w);
    }
}

bool join_digits(struct world *w, uint32_t digits)
{
    char shown[7];
    for (unsigned i = 0; i < w->tablets; i++)
        if (w->tablet[i].s && samling_join_digits(w->tablet[i].s, shown) == 0 && strtoul(shown, NULL, 10) == digits)
            return true;
    return false;
}

static uint64_t count_of(struct world *w, const char *sql)
{
    sqlite3_stmt *q;
    MUST(sqlite3_prepare_v2(w->centre.reader->db, sql, -1, &q, NULL) == 0);
    MUST(sqlite3_step(q) == SQLITE_ROW);
    uint64_t n = (uint64_t)sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return n;
}

/* Without its journal the centre knows devices by their tickets alone, and may give a number or take a code anew. */
void join_check(struct world *w)
{
    if (w->forgotten)
        return;
    uint64_t used = count_of(w, "SELECT count(DISTINCT used_by) FROM invite WHERE used_by"),
             codes = count_of(w, "SELECT count(*) FROM invite WHERE used_by"),
             joined = count_of(w, "SELECT count(*) FROM device WHERE parent = 0 AND device_no <> 1");
    MUST_SAY(used == codes && joined == codes, "%llu codes were used, by %llu devices, and %llu have joined",
             (unsigned long long)codes, (unsigned long long)used, (unsigned long long)joined);
}
