/* Frame bodies: our plain structs to and from the generated ones. Ops and rows, which the field table describes, are in
 * codec_row.c, messages that hold lists in codec_list.c. */
#include "proto/base/err.h"
#include "proto/wire/codec_int.h"

#include <string.h>

static void text_in(char *to, size_t size, const char *from)
{
    size_t n = strnlen(from, size - 1);
    memcpy(to, from, n);
    to[n] = 0;
}

int sam_hello_encode(struct sam_buf *b, const struct sam_hello *h)
{
    samling_Hello m = {
        h->protocol,   h->schema,    h->device_no,   h->counter,      h->clock_s,      h->boot,  h->mono_s, h->last_seq,
        h->oldest_seq, h->acked_seq, h->acked_chain, h->oldest_chain, h->oldest_age_s, h->epoch, {0, {0}},  h->erased,
        {0},           {0}};
    if (h->ticket_len > sizeof m.ticket.bytes)
        return SAM_ETOOBIG;
    m.ticket.size = (pb_size_t)h->ticket_len;
    memcpy(m.ticket.bytes, h->ticket, h->ticket_len);
    text_in(m.app, sizeof m.app, h->app);
    text_in(m.model, sizeof m.model, h->model);
    return sam_pb_put(b, samling_Hello_fields, &m);
}

int sam_hello_decode(struct sam_span in, struct sam_hello *h)
{
    samling_Hello m = samling_Hello_init_zero;
    int err = sam_pb_get(in, samling_Hello_fields, &m);
    *h = (struct sam_hello){m.protocol,
                            m.schema,
                            m.device_no,
                            m.counter,
                            m.clock_s,
                            m.boot,
                            m.mono_s,
                            m.last_seq,
                            m.oldest_seq,
                            m.acked_seq,
                            m.acked_chain,
                            m.oldest_chain,
                            m.oldest_age_s,
                            m.epoch,
                            {0},
                            m.ticket.size,
                            m.erased,
                            {0},
                            {0}};
    memcpy(h->ticket, m.ticket.bytes, m.ticket.size);
    text_in(h->app, sizeof h->app, m.app);
    text_in(h->model, sizeof h->model, m.model);
    return err;
}

int sam_welcome_encode(struct sam_buf *b, const struct sam_welcome *w)
{
    samling_Welcome m = {.epoch = w->epoch,
                         .acked_seq = w->acked_seq,
                         .acked_chain = w->acked_chain,
                         .tier = (samling_Tier)w->tier,
                         .server_time_s = w->server_time_s,
                         .state = (samling_DeviceState)w->state,
                         .safe_seq = w->safe_seq,
                         .audit_count = w->audit_count,
                         .audit_head = w->audit_head};
    m.range_count = (pb_size_t)w->range_count;
    for (unsigned i = 0; i < w->range_count; i++)
        m.range[i] = (samling_Range){w->range[i].first_seq, w->range[i].first_csn, w->range[i].count};
    return sam_pb_put(b, samling_Welcome_fields, &m);
}

int sam_welcome_decode(struct sam_span in, struct sam_welcome *w)
{
    samling_Welcome m = samling_Welcome_init_zero;
    int err = sam_pb_get(in, samling_Welcome_fields, &m);
    *w = (struct sam_welcome){.epoch = m.epoch,
                              .acked_seq = m.acked_seq,
                              .acked_chain = m.acked_chain,
                              .tier = (uint32_t)m.tier,
                              .server_time_s = m.server_time_s,
                              .state = (uint32_t)m.state,
                              .safe_seq = m.safe_seq,
                              .audit_count = m.audit_count,
                              .audit_head = m.audit_head};
    w->range_count = m.range_count;
    for (unsigned i = 0; i < m.range_count; i++)
        w->range[i] = (struct sam_range){m.range[i].first_seq, m.range[i].first_csn, m.range[i].count};
    return err;
}

int sam_ack_encode(struct sam_buf *b, const struct sam_ack *a)
{
    samling_Ack m = {a->seq, a->csn, a->centre_seq};
    return sam_pb_put(b, samling_Ack_fields, &m);
}

int sam_ack_decode(struct sam_span in, struct sam_ack *a)
{
    samling_Ack m = samling_Ack_init_zero;
    int err = sam_pb_get(in, samling_Ack_fields, &m);
    *a = (struct sam_ack){m.seq, m.csn, m.centre_seq};
    return err;
}

int sam_pull_encode(struct sam_buf *b, const struct sam_pull *p)
{
    samling_Pull m = {.epoch = p->epoch,
                      .csn = p->csn,
                      .verdict_csn = p->verdict_csn,
                      .low = p->low,
                      .run = p->run,
                      .scope = p->scope,
                      .entity = p->entity,
                      .at_csn = p->at_csn,
                      .verify = p->verify};
    m.filling_count = (pb_size_t)p->filling_count;
    memcpy(m.filling, p->filling, p->filling_count * sizeof p->filling[0]);
    return sam_pb_put(b, samling_Pull_fields, &m);
}

int sam_pull_decode(struct sam_span in, struct sam_pull *p)
{
    samling_Pull m = samling_Pull_init_zero;
    int err = sam_pb_get(in, samling_Pull_fields, &m);
    *p = (struct sam_pull){.epoch = m.epoch,
                           .csn = m.csn,
                           .verdict_csn = m.verdict_csn,
                           .low = m.low,
                           .run = m.run,
                           .scope = m.scope,
                           .at_csn = m.at_csn,
                           .entity = m.entity,
                           .verify = m.verify,
                           .filling_count = m.filling_count};
    memcpy(p->filling, m.filling, m.filling_count * sizeof p->filling[0]);
    return err;
}

int sam_scopes_encode(struct sam_buf *b, const struct sam_scopes *s)
{
    samling_Scopes m = {.cut = s->cut, .cut_csn = s->cut_csn};
    m.scope_count = (pb_size_t)s->scope_count;
    for (unsigned i = 0; i < s->scope_count; i++)
        m.scope[i] = (samling_Scope){s->scope[i].id, s->scope[i].since_csn};
    return sam_pb_put(b, samling_Scopes_fields, &m);
}

int sam_scopes_decode(struct sam_span in, struct sam_scopes *s)
{
    samling_Scopes m = samling_Scopes_init_zero;
    int err = sam_pb_get(in, samling_Scopes_fields, &m);
    s->cut = m.cut;
    s->cut_csn = m.cut_csn;
    s->scope_count = m.scope_count;
    for (unsigned i = 0; i < m.scope_count; i++)
        s->scope[i] = (struct sam_scope){m.scope[i].id, m.scope[i].since_csn};
    return err;
}

int sam_scope_end_encode(struct sam_buf *b, const struct sam_scope_end *e)
{
    samling_ScopeEnd m = {e->scope, e->csn, e->rows, e->sum, e->window_day};
    return sam_pb_put(b, samling_ScopeEnd_fields, &m);
}

int sam_scope_end_decode(struct sam_span in, struct sam_scope_end *e)
{
    samling_ScopeEnd m = samling_ScopeEnd_init_zero;
    int err = sam_pb_get(in, samling_ScopeEnd_fields, &m);
    *e = (struct sam_scope_end){m.scope, m.csn, m.rows, m.sum, m.window_day};
    return err;
}

int sam_snap_get_encode(struct sam_buf *b, const struct sam_snap_get *g)
{
    samling_SnapGet m = {.scope = g->scope, .entity = g->entity, .start_csn = g->start_csn, .filled = g->filled};
    m.after_count = (pb_size_t)g->after_count;
    memcpy(m.after, g->after, sizeof g->after);
    return sam_pb_put(b, samling_SnapGet_fields, &m);
}

int sam_snap_get_decode(struct sam_span in, struct sam_snap_get *g)
{
    samling_SnapGet m = samling_SnapGet_init_zero;
    int err = sam_pb_get(in, samling_SnapGet_fields, &m);
    *g = (struct sam_snap_get){.scope = m.scope,
                               .start_csn = m.start_csn,
                               .entity = m.entity,
                               .after_count = m.after_count,
                               .filled = m.filled};
    memcpy(g->after, m.after, sizeof g->after);
    return err;
}

int sam_verdicts_encode(struct sam_buf *b, const struct sam_verdicts *v)
{
    samling_Verdicts m = {.csn = v->csn, .whole = v->whole};
    m.verdict_count = (pb_size_t)v->count;
    for (unsigned i = 0; i < v->count; i++)
        m.verdict[i] = (samling_Verdict){v->at[i].seq, (samling_VerdictKind)v->at[i].kind,
                                         (samling_Reason)v->at[i].reason, v->at[i].case_id, v->at[i].closed};
    return sam_pb_put(b, samling_Verdicts_fields, &m);
}

int sam_verdicts_decode(struct sam_span in, struct sam_verdicts *v)
{
    samling_Verdicts m = samling_Verdicts_init_zero;
    int err = sam_pb_get(in, samling_Verdicts_fields, &m);
    v->csn = m.csn;
    v->whole = m.whole;
    v->count = m.verdict_count;
    for (unsigned i = 0; i < m.verdict_count; i++)
        v->at[i] = (struct sam_verdict_row){m.verdict[i].seq, m.verdict[i].case_id, (uint32_t)m.verdict[i].kind,
                                            (uint32_t)m.verdict[i].reason, m.verdict[i].closed};
    return err;
}

int sam_join_encode(struct sam_buf *b, const struct sam_join *j)
{
    samling_Join m = {.protocol = j->protocol, .schema = j->schema, .parent = j->parent, .fork_seq = j->fork_seq};
    m.code.size = (pb_size_t)j->code_len;
    memcpy(m.code.bytes, j->code, sizeof j->code);
    m.key.size = (pb_size_t)j->key_len;
    memcpy(m.key.bytes, j->key, sizeof j->key);
    text_in(m.label, sizeof m.label, j->label);
    return sam_pb_put(b, samling_Join_fields, &m);
}

int sam_join_decode(struct sam_span in, struct sam_join *j)
{
    samling_Join m = samling_Join_init_zero;
    int err = sam_pb_get(in, samling_Join_fields, &m);
    *j = (struct sam_join){.protocol = m.protocol,
                           .schema = m.schema,
                           .parent = m.parent,
                           .fork_seq = m.fork_seq,
                           .code_len = m.code.size,
                           .key_len = m.key.size};
    memcpy(j->code, m.code.bytes, sizeof j->code);
    memcpy(j->key, m.key.bytes, sizeof j->key);
    text_in(j->label, sizeof j->label, m.label);
    return err;
}

int sam_joined_encode(struct sam_buf *b, const struct sam_joined *j)
{
    samling_Joined m = {.device_no = j->device_no,
                        .state = (samling_DeviceState)j->state,
                        .org = j->org,
                        .server_time_s = j->server_time_s};
    if (j->ticket_len > sizeof m.ticket.bytes)
        return SAM_ETOOBIG;
    m.ticket.size = (pb_size_t)j->ticket_len;
    memcpy(m.ticket.bytes, j->ticket, j->ticket_len);
    text_in(m.clinic, sizeof m.clinic, j->clinic);
    return sam_pb_put(b, samling_Joined_fields, &m);
}

int sam_joined_decode(struct sam_span in, struct sam_joined *j)
{
    samling_Joined m = samling_Joined_init_zero;
    int err = sam_pb_get(in, samling_Joined_fields, &m);
    *j = (struct sam_joined){.device_no = m.device_no,
                             .org = m.org,
                             .state = (uint32_t)m.state,
                             .server_time_s = m.server_time_s,
                             .ticket_len = m.ticket.size};
    memcpy(j->ticket, m.ticket.bytes, m.ticket.size);
    text_in(j->clinic, sizeof j->clinic, m.clinic);
    return err;
}

int sam_ping_encode(struct sam_buf *b, const struct sam_ping *p)
{
    samling_Ping m = {p->number, p->reply};
    return sam_pb_put(b, samling_Ping_fields, &m);
}

int sam_ping_decode(struct sam_span in, struct sam_ping *p)
{
    samling_Ping m = samling_Ping_init_zero;
    int err = sam_pb_get(in, samling_Ping_fields, &m);
    *p = (struct sam_ping){m.number, m.reply};
    return err;
}

int sam_bye_encode(struct sam_buf *b, const struct sam_bye *e)
{
    samling_Bye m = {.retry_after_s = e->retry_after_s};
    text_in(m.text, sizeof m.text, e->text);
    return sam_pb_put(b, samling_Bye_fields, &m);
}

int sam_bye_decode(struct sam_span in, struct sam_bye *e)
{
    samling_Bye m = samling_Bye_init_zero;
    int err = sam_pb_get(in, samling_Bye_fields, &m);
    *e = (struct sam_bye){.retry_after_s = m.retry_after_s};
    text_in(e->text, sizeof e->text, m.text);
    return err;
}

int sam_error_encode(struct sam_buf *b, const struct sam_error *e)
{
    samling_Error m = {.code = (samling_ErrorCode)e->code, .expected = e->expected, .retry_after_s = e->retry_after_s};
    text_in(m.text, sizeof m.text, e->text);
    m.chain_count = (pb_size_t)e->chain_count;
    memcpy(m.chain, e->chain, e->chain_count * sizeof e->chain[0]);
    return sam_pb_put(b, samling_Error_fields, &m);
}

int sam_error_decode(struct sam_span in, struct sam_error *e)
{
    samling_Error m = samling_Error_init_zero;
    int err = sam_pb_get(in, samling_Error_fields, &m);
    e->code = (uint32_t)m.code;
    e->expected = m.expected;
    e->retry_after_s = m.retry_after_s;
    text_in(e->text, sizeof e->text, m.text);
    e->chain_count = m.chain_count;
    memcpy(e->chain, m.chain, m.chain_count * sizeof e->chain[0]);
    return err;
}
