/* What a tablet of the clinic is told in one run: see clinic.h. */
#include "tests/lib/clinic.h"

#include "tests/lib/check.h"
#include "tests/lib/reader.h"

#include <string.h>

/* A varint; its bytes are gone from ${s}. */
static uint64_t varint(struct sam_span *s)
{
    uint64_t v = 0;
    int n = sam_varint_get(s->ptr, s->len, &v);
    CHECK(n > 0);
    s->ptr += n;
    s->len -= (size_t)n;
    return v;
}

/* The entity message of a Row: the one field that is bytes. */
static struct sam_span entity_message(struct sam_span row)
{
    for (;;) {
        bool bytes = (varint(&row) & 7u) == 2u;
        uint64_t n = varint(&row);
        CHECK(!bytes || n <= row.len);
        if (bytes)
            return (struct sam_span){row.ptr, (size_t)n};
    }
}

static void others_read(struct clinic_pulled *p, struct sam_span row, uint8_t entity)
{
    struct sam_walk w = {entity_message(row)};
    struct sam_other o;
    int rc;
    while ((rc = sam_other_next(&w, &o)) == 1) {
        CHECK(p->other_count < CLINIC_OTHERS_MAX);
        struct clinic_other *to = &p->other[p->other_count++];
        *to = (struct clinic_other){.unit = o.unit, .device_no = o.device_no};
        CHECK(sam_row_decode(entity, o.value, &to->value) == 0);
    }
    CHECK(rc == 0);
}

static int on_changes(void *host, const struct sam_changes *c)
{
    struct clinic_pulled *p = host;
    struct sam_walk w = {c->body};
    struct sam_span row;
    struct sam_row_state state;
    while (sam_changes_next_row(&w, &row) == 1) {
        CHECK(sam_row_state_decode(row, &state) == 0);
        p->rows++;
        if (!state.gone)
            others_read(p, row, state.row.key.entity);
    }
    return 0;
}

static int on_verdicts(void *host, const struct sam_verdicts *v)
{
    struct clinic_pulled *p = host;
    CHECK(p->verdict_count + v->count <= CLINIC_VERDICTS_MAX);
    memcpy(p->verdict + p->verdict_count, v->at, v->count * sizeof v->at[0]);
    p->verdict_count += v->count;
    return 0;
}

static int on_scopes(void *host, const struct sam_scopes *s)
{
    (void)host;
    CHECK(!s->cut);
    return 0;
}

static int on_end(void *host, const struct sam_scope_end *e)
{
    ((struct clinic_pulled *)host)->end = *e;
    return 0;
}

static int on_welcome(void *host, const struct sam_welcome *w)
{
    (void)host, (void)w;
    return 0;
}

void clinic_pull(struct clinic *k, const struct centre_tablet *t, uint64_t csn, struct clinic_pulled *out)
{
    static const struct sam_sync_ops device_ops = {.welcome = on_welcome,
                                                   .scopes = on_scopes,
                                                   .changes = on_changes,
                                                   .scope_end = on_end,
                                                   .verdicts = on_verdicts};
    uint64_t epoch = intake_epoch(k->centre.in).id;
    struct sam_pull pull = {.csn = csn};
    struct store *reader;
    *out = (struct clinic_pulled){0};
    CHECK(store_reader_open(&reader, k->centre.path) == 0);
    struct feed_device device = {t->device_no, t == &k->far ? k->far_org : k->org, epoch, SAM_SCHEMA_VERSION};
    reader_told(k->centre.zip, feed_pull_new(reader, &device, epoch, &pull), &device_ops, out);
    store_close(reader);
}

const struct sam_verdict_row *clinic_told(const struct clinic_pulled *p, uint64_t seq)
{
    for (unsigned i = 0; i < p->verdict_count; i++)
        if (p->verdict[i].seq == seq)
            return &p->verdict[i];
    return NULL;
}
