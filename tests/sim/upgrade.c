#include "tests/sim/upgrade.h"

#include "store_sql.h"
#include "tests/sim/centre.h"
#include "tests/sim/history.h"
#include "tests/sim/tablet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the centre's store */

static const struct {
    const char *file, *sql;
} undo[] = {
#define STORE_UNDO(file, sql) {file, sql},
#include "tests/lib/store_undo.def"
#undef STORE_UNDO
};
enum { STEPS = sizeof undo / sizeof *undo - 1 }; /* behind the last a fact would be lost */

static int number_of(size_t file)
{
    return (int)strtol(store_sql_files[file].name, NULL, 10);
}

static void run(struct world *w, sqlite3 *db, const char *sql)
{
    int err = sqlite3_exec(db, sql, NULL, NULL, NULL);
    MUST_SAY(err == SQLITE_OK, "a store cannot be taken back: %s: %s", sqlite3_errmsg(db), sql);
}

static sqlite3 *store_at(struct world *w, const char *path)
{
    sqlite3 *db;
    MUST(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
    run(w, db, "PRAGMA foreign_keys=OFF");
    return db;
}

static uint64_t text_hash(const char *text, int64_t seed)
{
    uint64_t h = 0xcbf29ce484222325u ^ (uint64_t)seed;
    for (; text && *text; text++)
        h = (h ^ (uint8_t)*text) * 0x100000001b3u;
    return h ^ h >> 29;
}

/* All rows of a table in whatever order. */
static uint64_t table_digest(struct world *w, sqlite3 *db, const char *name)
{
    char sql[96];
    sqlite3_stmt *q;
    uint64_t sum = 0;
    snprintf(sql, sizeof sql, "SELECT * FROM %s", name);
    MUST(sqlite3_prepare_v2(db, sql, -1, &q, NULL) == 0);
    while (sqlite3_step(q) == SQLITE_ROW) {
        uint64_t row = 0;
        for (int i = 0; i < sqlite3_column_count(q); i++) {
            int bytes = sqlite3_column_bytes(q, i);
            row = row * 31 +
                  text_hash(sqlite3_column_type(q, i) == SQLITE_BLOB ? NULL : (const char *)sqlite3_column_text(q, i),
                            i * 1000 + bytes);
        }
        sum += row ^ row >> 31;
    }
    sqlite3_finalize(q);
    return sum;
}

static void digests(struct world *w, sqlite3 *db, uint64_t out[DERIVED_MAX])
{
    const char *name;
    for (unsigned i = 0; (name = store_derived_name(i)); i++) {
        MUST(i < DERIVED_MAX);
        out[i] = table_digest(w, db, name);
    }
}

static void store_back(struct world *w, sqlite3 *db)
{
    char pragma[64];
    size_t first = store_sql_files_count - 1 - roll(w, STEPS);
    run(w, db, "BEGIN");
    for (size_t i = store_sql_files_count; i-- > first;) {
        size_t at = 0;
        while (at < STEPS && strcmp(undo[at].file, store_sql_files[i].name) != 0)
            at++;
        MUST_SAY(at < STEPS, "nobody says how %s is taken back (tests/lib/store_undo.def)", store_sql_files[i].name);
        run(w, db, undo[at].sql);
    }
    snprintf(pragma, sizeof pragma, "PRAGMA user_version=%d; COMMIT", number_of(first - 1));
    run(w, db, pragma);
    say(w, "the centre's store is of schema %d", number_of(first - 1));
}

static bool centre_back(struct world *w)
{
    struct centre *c = &w->centre;
    if (!c->intake || c->full_until_ms)
        return false;
    centre_close(w);
    c->boot_ms = w->now_ms + 1000;
    if (disk_is_off(w->centre_folder))
        return false;
    disk_look(true);
    sqlite3 *db = store_at(w, w->store_path);
    digests(w, db, c->derived);
    c->derived_csn = history_csn(w);
    store_back(w, db);
    sqlite3_close(db);
    disk_look(false);
    c->upgrading = true;
    return true;
}

void upgrade_same(struct world *w)
{
    struct centre *c = &w->centre;
    uint64_t now[DERIVED_MAX];
    if (store_csn(c->reader) != c->derived_csn) /* the journal had more */
        return;
    disk_look(true);
    digests(w, c->reader->db, now);
    disk_look(false);
    for (unsigned i = 0; store_derived_name(i); i++)
        MUST_SAY(now[i] == c->derived[i], "after an upgrade table %s is not what it was", store_derived_name(i));
}

/* ---- a tablet's store */

static const char tablet_undo[] =
    "BEGIN; ALTER TABLE notice DROP COLUMN case_no; ALTER TABLE notice DROP COLUMN closed; "
    "ALTER TABLE notice DROP COLUMN stale; ALTER TABLE op DROP COLUMN unplaced; DROP TABLE start; "
    "PRAGMA user_version=1; COMMIT";

/* The program of that schema knew no loss: a store that went through one is not of its making. */
static bool may_go_back(struct world *w, sqlite3 *db)
{
    sqlite3_stmt *q;
    MUST(
        sqlite3_prepare_v2(db,
                           "SELECT (SELECT count(*) FROM op WHERE unplaced OR lost_csn) + (SELECT count(*) FROM notice "
                           "WHERE stale OR closed)",
                           -1, &q, NULL) == 0);
    MUST(sqlite3_step(q) == SQLITE_ROW);
    bool may = sqlite3_column_int(q, 0) == 0;
    sqlite3_finalize(q);
    return may;
}

static bool tablet_back(struct tablet *t)
{
    struct world *w = t->w;
    if (!t->s || t->full_until_ms || !t->gids)
        return false;
    tablet_close(t);
    t->boot_ms = w->now_ms + 1000;
    if (disk_is_off(t->folder))
        return false;
    disk_look(true);
    sqlite3 *db = store_at(w, t->path);
    if (may_go_back(w, db)) {
        run(w, db, tablet_undo);
        t->upgrading = true;
    }
    sqlite3_close(db);
    disk_look(false);
    return t->upgrading;
}

/* ---- both */

bool upgrade_store(struct world *w)
{
    if (!chance(w, 25))
        return false;
    return chance(w, 60) ? centre_back(w) : tablet_back(&w->tablet[roll(w, w->tablets)]);
}

void upgrade_trouble(struct world *w, const char *folder)
{
    static const enum disk_fault kinds[] = {DISK_POWER, DISK_POWER, DISK_KILL, DISK_WRITE, DISK_SYNC};
    if (w->faults_on && chance(w, 60))
        disk_fault_arm(folder, kinds[roll(w, sizeof kinds / sizeof *kinds)], 1 + roll(w, chance(w, 60) ? 60 : 1500),
                       false);
}

void upgrade_over(struct world *w, const char *folder)
{
    (void)w;
    for (unsigned f = 0; f < DISK_FAULT_COUNT; f++)
        disk_fault_arm(folder, (enum disk_fault)f, 0, false);
}
