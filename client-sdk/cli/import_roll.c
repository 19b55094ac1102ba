#include "import_roll.h"

#include <stdlib.h>
#include <string.h>

enum { UNKNOWN = 0 };
enum { TAPPED = 2 }; /* evidence */

struct known *import_roll_add(struct roll *r, uint64_t id, const char *name)
{
    if (r->count == r->room) {
        r->room = r->room ? 2 * r->room : 64;
        r->at = cli_out_grow(r->at, r->room * sizeof *r->at);
    }
    struct known *k = &r->at[r->count++];
    *k = (struct known){.id = id, .presence = -1};
    sam_csv_fold(name, k->folded, sizeof k->folded);
    return k;
}

static bool is_open(const struct samling_line *line)
{
    return line->state == SAMLING_NO_RECORD || (line->presence == UNKNOWN && line->evidence < TAPPED);
}

int import_roll_open(struct import *p, const struct import_slot *s, struct roll *r)
{
    struct samling_line *lines = NULL;
    size_t count = 0;
    int err = s->session ? samling_sheet(p->c->s, s->session, &lines, &count)
                         : samling_members(p->c->s, s->group->id, s->day, &lines, &count);
    if (err)
        return cli_fail_sdk(p->c, err);
    for (size_t i = 0; i < count; i++) {
        struct known *k = import_roll_add(r, lines[i].participant, lines[i].name);
        if (!is_open(&lines[i]))
            k->presence = lines[i].presence;
    }
    samling_list_free(lines);
    return 0;
}

static bool has(const struct roll *r, uint64_t id)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->at[i].id == id)
            return true;
    return false;
}

static int session_guests(struct import *p, uint64_t session, struct roll *r)
{
    struct samling_line *lines = NULL;
    size_t count = 0;
    int err = samling_sheet(p->c->s, session, &lines, &count);
    for (size_t i = 0; i < count && !err; i++)
        if (lines[i].state != SAMLING_NO_RECORD && !has(r, lines[i].participant))
            import_roll_add(r, lines[i].participant, lines[i].name);
    samling_list_free(lines);
    return err ? cli_fail_sdk(p->c, err) : 0;
}

int import_roll_guests(struct import *p, const struct samling_group *g, struct roll *r)
{
    struct samling_session *all = NULL;
    size_t count = 0;
    int err = samling_sessions(p->c->s, g->id, &all, &count), code = err ? cli_fail_sdk(p->c, err) : 0;
    for (size_t i = 0; i < count && !code; i++)
        if (all[i].day <= p->today)
            code = session_guests(p, all[i].id, r);
    samling_list_free(all);
    return code;
}

void import_roll_close(struct roll *r)
{
    free(r->at);
    *r = (struct roll){0};
}

unsigned import_roll_find(const struct roll *r, const char *person, struct known **out)
{
    char folded[IMPORT_NAME_BYTES_MAX + 1];
    unsigned hits = 0;
    uint64_t id;
    *out = NULL;
    if (strlen(person) > IMPORT_NAME_BYTES_MAX)
        return 0; /* nobody is called so */
    sam_csv_fold(person, folded, sizeof folded);
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->at[i].folded, folded) == 0) {
            *out = &r->at[i];
            hits++;
        }
    if (hits || !cli_args_number(person, 1, UINT64_MAX, &id))
        return hits;
    for (size_t i = 0; i < r->count && !*out; i++)
        if (r->at[i].id == id)
            *out = &r->at[i];
    return *out != NULL;
}
