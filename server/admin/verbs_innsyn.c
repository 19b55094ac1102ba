/* What a person asks of the centre: what is stored about me, and who saw it? The walk over all that was ever said is made before
 * the transaction, and what came since is added inside it. */
#include "proto/base/err.h"
#include "server/admin/access.h"
#include "server/admin/author.h"
#include "server/admin/erase.h"
#include "server/admin/innsyn.h"
#include "server/admin/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void innsyn_free(void *mem)
{
    struct innsyn *x = mem;
    intake_trace_fini(&x->trace);
    free(x);
}

/* Who is meant, and who else is shown as that person. */
static int person_read(struct verb_context *v, struct innsyn *x)
{
    struct sam_key key = {.entity = SAM_PARTICIPANT};
    struct store_row row = {.exists = false};
    const char *word = v->args.pos[0];
    int err = args_number(word, 1, INT64_MAX, &key.part[0]) ? 0 : store_row_get(v->st, &key, &row);
    if (!err && !row.exists && key.part[0])
        err = erase_known(v, key.part[0]);
    if (!err && !row.exists) /* by number also one that was removed: all that was said is still here */
        err = author_participant(v, word, &key.part[0]);
    return err ? err : people_of(v->st, key.part[0], &x->people);
}

int verb_innsyn_prepare(struct verb_context *v)
{
    struct store *reader = NULL;
    struct innsyn *x = calloc(1, sizeof *x);
    if (!x)
        return SAM_ENOMEM;
    v->mem = x;
    v->mem_free = innsyn_free;
    x->v = v;
    int code = access_reason_check(v, true);
    if (code)
        return code;
    int err = store_reader_open(&reader, v->home->store);
    v->st = reader;
    if (!err)
        code = person_read(v, x);
    memcpy(x->trace.person, x->people.id, sizeof x->trace.person);
    x->trace.persons = x->people.count;
    if (!err && code == VERB_OK)
        err = intake_trace(reader, &x->trace);
    store_close(reader);
    v->st = NULL;
    if (err)
        return verb_refuse(v, SAM_TEXT_OUTLET_BROKEN, verb_error_text(v->lang, err));
    return code < 0 ? verb_refuse(v, SAM_TEXT_OUTLET_BROKEN, verb_error_text(v->lang, code)) : code;
}

/* Somebody may have been linked since the walk: then it begins anew. */
static int trace_renew(struct innsyn *x)
{
    struct people now;
    int err = people_of(x->v->st, x->people.id[0], &now);
    if (!err && (now.count != x->people.count || memcmp(now.id, x->people.id, now.count * sizeof *now.id) != 0)) {
        intake_trace_fini(&x->trace);
        x->people = now;
        memcpy(x->trace.person, now.id, sizeof x->trace.person);
        x->trace.persons = now.count;
    }
    return err ? err : intake_trace(x->v->st, &x->trace);
}

void innsyn_head(struct innsyn *x, enum sam_text_id id)
{
    report_say(&x->v->report, "\n== %s ==\n", sam_text(x->v->lang, id));
}

void innsyn_none(struct innsyn *x)
{
    report_tell(&x->v->report, SAM_TEXT_INNSYN_NONE);
}

static void head(struct innsyn *x)
{
    struct verb_context *v = x->v;
    struct report *r = &v->report;
    char name[SAM_NAME_BYTES_MAX + 1], now[VALUE_TIME_BYTES];
    author_name(v, SAM_PARTICIPANT, x->people.id[0], SAM_PARTICIPANT_name, name, sizeof name);
    value_time(v, intake_now_s(v->in), now);
    report_num(r, "participant", (int64_t)x->people.id[0]);
    report_text(r, "name", name);
    report_num(r, "made_s", intake_now_s(v->in));
    report_text(r, "reason", args_get(&v->args, "reason"));
    report_tell(r, SAM_TEXT_INNSYN_HEAD, name);
    report_tell(r, SAM_TEXT_INNSYN_NUMBER, (unsigned long long)x->people.id[0]);
    for (unsigned i = 1; i < x->people.count; i++)
        report_tell(r, SAM_TEXT_INNSYN_LINKED, (unsigned long long)x->people.id[i]);
    report_tell(r, SAM_TEXT_INNSYN_MADE, now, args_get(&v->args, "reason"));
}

static int access_say(struct innsyn *x)
{
    struct verb_context *v = x->v;
    uint64_t count = 0;
    innsyn_head(x, SAM_TEXT_INNSYN_ACCESS);
    report_tell(&v->report, SAM_TEXT_INNSYN_ACCESS_WHY);
    report_tell(&v->report, SAM_TEXT_INNSYN_TABLETS);
    access_table(v, "access");
    int err = access_lines(v, &x->people, &count);
    if (!err)
        report_table_end(&v->report);
    return err;
}

int verb_innsyn(struct verb_context *v)
{
    struct innsyn *x = v->mem;
    int err = trace_renew(x);
    if (err)
        return err;
    head(x);
    err = innsyn_rows(x);
    if (!err)
        err = innsyn_cases(x);
    if (!err)
        err = innsyn_past(x);
    if (!err)
        err = access_say(x);
    for (unsigned i = 0; i < x->people.count; i++)
        access_person(v, x->people.id[i]);
    return err;
}
