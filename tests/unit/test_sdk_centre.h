/* A centre in memory for one device at a time: the centre role of proto/sync over a plain list of rows and ops. It checks
 * what it is sent (MACs, chain, order) and answers as the wire specification says; knobs make it lose, lie and refuse. */
#ifndef SDK_CENTRE_H
#define SDK_CENTRE_H

#include "client-sdk/include/samling.h"
#include "proto/base/err.h"
#include "proto/sync/sync.h"
#include "proto/wire/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { ROWS_MAX = 60000, OPS_MAX = 4096, GROUP_SCOPE = 100, OTHER_SCOPE = 200 };

struct centre_row {
    uint64_t scope;
    struct sam_key key;
    uint64_t csn, entered;
    bool gone;
    uint64_t unit_csn[SAM_UNITS_MAX];
    struct sam_row row;
};

struct centre_op {
    uint64_t csn, chain;
    struct sam_origin origin;
    uint8_t bytes[200];
    size_t len;
};

struct centre {
    struct sam_sync *sync;
    struct sam_zip *zip;
    struct sam_buf in, out, body, item;
    uint64_t epoch, csn;
    uint8_t code[SAM_CODE_BYTES], key[SAM_KEY_BYTES];
    bool joined;
    uint64_t device_no, hello_counter, device_chain;
    uint32_t state;
    struct centre_op *op;
    uint64_t op_count; /* = watermark */
    struct centre_row *row;
    unsigned row_count;
    uint64_t scope[8], since[8], scopes_csn;
    unsigned scope_count;
    int32_t window_day;
    int64_t now_s;
    uint64_t safe_seq;
    /* knobs */
    unsigned chunk_rows;
    uint64_t cut_csn; /* > 0: a PULL beyond it is answered with SCOPES(cut) */
    int bad_sums;     /* so many SCOPE_ENDs are wrong */
    int refuse;       /* ERROR code for the next PUSH */
    uint32_t hello_error;
    uint64_t next_device_no;
    struct sam_verdicts verdicts;
    bool wipe;
    bool newer;    /* before each row of CHANGES stands one of an entity that no tablet knows yet */
    size_t up_max; /* so many bytes of a connection reach the centre, then the line is cut; 0: no limit */
    /* what was seen */
    struct sam_hello hello;
    struct sam_pull pull;
    struct sam_join join;
    unsigned joins, hellos, pulls, snap_gets, pushes, chunks, gaps;
};

static inline void centre_row_set(struct centre *c, uint64_t scope, const struct sam_row *row, uint32_t units)
{
    struct centre_row *r = NULL;
    const struct sam_entity_def *def = sam_entity_find(row->key.entity);
    for (unsigned i = 0; i < c->row_count && !r && c->row_count < 5000; i++)
        if (c->row[i].scope == scope && sam_key_equal(&c->row[i].key, &row->key))
            r = &c->row[i];
    c->csn++;
    if (!r) {
        assert_true(c->row_count < ROWS_MAX);
        r = &c->row[c->row_count++];
        memset(r, 0, sizeof *r);
        r->scope = scope;
        r->key = row->key;
        r->entered = c->csn;
        sam_row_init(&r->row, row->key.entity);
        r->row.key = row->key;
    }
    if (r->gone)
        r->entered = c->csn;
    r->gone = false;
    r->csn = c->csn;
    sam_row_merge(&r->row, row, units);
    for (unsigned u = 0; u < def->unit_count; u++)
        if (units >> u & 1u)
            r->unit_csn[u] = c->csn;
}

static inline void centre_row_new(struct centre *c, uint64_t scope, const struct sam_row *row)
{
    centre_row_set(c, scope, row, sam_row_units(row));
}

static inline uint64_t centre_scope_sum(const struct centre *c, uint64_t scope, uint64_t *rows)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < c->row_count; i++)
        if (c->row[i].scope == scope && !c->row[i].gone) {
            sum += sam_sum_mix(&c->row[i].key, c->row[i].csn);
            ++*rows;
        }
    return sum;
}

/* ---- the centre's host */

static inline void centre_fail(struct centre *c, uint32_t code, uint64_t expected)
{
    struct sam_error *e = calloc(1, sizeof *e);
    e->code = code;
    e->expected = expected;
    if (code == SAM_ERROR_FORK)
        for (uint64_t s = expected; s <= c->op_count && e->chain_count < SAM_FORK_CHAINS_MAX; s++)
            e->chain[e->chain_count++] = c->op[s - 1].chain;
    sam_sync_fail_with(c->sync, e);
    free(e);
}

static inline uint64_t centre_chain(const struct centre *c, uint64_t seq)
{
    return seq ? c->op[seq - 1].chain : 0;
}

static inline int centre_hello(void *host, const struct sam_hello *h, struct sam_span body, const uint8_t *mac)
{
    struct centre *c = host;
    uint8_t want[SAM_MAC_BYTES];
    struct sam_mac_key *k = sam_mac_key_new(c->key, "hello");
    assert_int_equal(sam_mac(k, SAM_FRAME_HELLO, body, (struct sam_span){0}, want), 0);
    sam_mac_key_free(k);
    assert_memory_equal(mac, want, sizeof want);
    c->hellos++;
    c->hello = *h;
    if (c->hello_error) {
        uint32_t code = c->hello_error;
        c->hello_error = 0;
        centre_fail(c, code, code == SAM_ERROR_FORK ? 1 : 0);
        return SAM_EPROTO;
    }
    if (h->device_no != c->device_no) {
        centre_fail(c, SAM_ERROR_DEVICE_UNKNOWN, 0);
        return SAM_EPROTO;
    }
    if (h->counter <= c->hello_counter) {
        centre_fail(c, SAM_ERROR_STALE, c->hello_counter + 1);
        return SAM_EPROTO;
    }
    c->hello_counter = h->counter;
    uint64_t at = h->acked_seq;
    if (h->last_seq < c->op_count || (at <= c->op_count && centre_chain(c, at) != h->acked_chain)) {
        centre_fail(c, SAM_ERROR_FORK, 1);
        return SAM_EPROTO;
    }
    struct sam_welcome w = {.epoch = c->epoch,
                            .acked_seq = c->op_count,
                            .acked_chain = centre_chain(c, c->op_count),
                            .server_time_s = c->now_s,
                            .state = c->state,
                            .safe_seq = c->safe_seq};
    for (uint64_t s = at + 1; s <= c->op_count; s++) {
        struct sam_range *r = w.range_count ? &w.range[w.range_count - 1] : NULL;
        if (r && c->op[s - 1].csn == r->first_csn + r->count)
            r->count++;
        else if (w.range_count < SAM_WELCOME_RANGES_MAX)
            w.range[w.range_count++] = (struct sam_range){s, c->op[s - 1].csn, 1};
    }
    assert_int_equal(sam_sync_send_welcome(c->sync, &w), 0);
    if (c->wipe)
        sam_sync_send(c->sync, SAM_FRAME_WIPE, (struct sam_span){0});
    return 0;
}

static inline int centre_join(void *host, const struct sam_join *j, struct sam_span body, const uint8_t *mac)
{
    struct centre *c = host;
    c->joins++;
    c->join = *j;
    if (j->parent) {
        uint8_t want[SAM_MAC_BYTES];
        struct sam_mac_key *k = sam_mac_key_new(c->key, "hello");
        assert_int_equal(sam_mac(k, SAM_FRAME_JOIN, body, (struct sam_span){0}, want), 0);
        sam_mac_key_free(k);
        assert_memory_equal(mac, want, sizeof want);
        assert_true(j->parent == c->device_no);
        c->hello_counter = 0;
    } else if (memcmp(j->code, c->code, sizeof c->code) || (c->joined && memcmp(c->key, j->key, sizeof c->key))) {
        centre_fail(c, SAM_ERROR_CODE_REFUSED, 0);
        return SAM_EPROTO;
    }
    memcpy(c->key, j->key, sizeof c->key);
    if (!c->joined || j->parent)
        c->device_no = c->next_device_no++;
    c->joined = true;
    struct sam_joined a = {.device_no = c->device_no,
                           .state = c->state,
                           .org = 7,
                           .server_time_s = c->now_s,
                           .ticket_len = 3,
                           .ticket = {1, 2, 3},
                           .clinic = "Porsgrunn"};
    return sam_sync_send_joined(c->sync, &a);
}

static inline void centre_apply(struct centre *c, const struct centre_op *o)
{
    struct sam_op op;
    assert_int_equal(sam_op_decode((struct sam_span){o->bytes, o->len}, &op), 0);
    assert_int_equal(sam_op_validate(&op, false), SAM_REASON_NONE);
    c->csn--; /* the op's csn is the row's */
    centre_row_set(c, GROUP_SCOPE, &op.row, sam_op_units(&op));
}

static inline int centre_push(void *host, const struct sam_push *p, const struct sam_frame *as_sent,
                              struct sam_span body, const uint8_t *mac)
{
    struct centre *c = host;
    uint8_t tail[SAM_PUSH_TAIL_BYTES], want[SAM_MAC_BYTES], hash[SAM_HASH_BYTES];
    struct sam_walk w = {body}, wo = {body};
    struct sam_origin origin = {0};
    struct sam_span op;
    (void)as_sent;
    c->pushes++;
    if (c->refuse || p->first_seq > c->op_count + 1) {
        struct sam_error e = {.code = c->refuse ? (uint32_t)c->refuse : SAM_ERROR_GAP, .expected = c->op_count + 1};
        c->gaps += !c->refuse;
        c->refuse = 0;
        return sam_sync_refuse_push(c->sync, &e);
    }
    sam_push_tail(tail, c->device_no, p->first_seq, p->op_count, centre_chain(c, p->first_seq - 1), p->chain);
    struct sam_mac_key *k = sam_mac_key_new(c->key, "push");
    assert_int_equal(sam_mac(k, SAM_FRAME_PUSH, body, (struct sam_span){tail, sizeof tail}, want), 0);
    sam_mac_key_free(k);
    assert_memory_equal(mac, want, sizeof want);
    uint64_t chain = centre_chain(c, p->first_seq - 1);
    bool more = sam_push_next_origin(&wo, &origin) == 1;
    for (uint64_t s = p->first_seq; sam_push_next_op(&w, &op) == 1; s++) {
        assert_int_equal(sam_sha256(op.ptr, op.len, hash), 0);
        assert_int_equal(sam_chain_next(chain, hash, &chain), 0);
        bool has = more && origin.index == s - p->first_seq;
        if (s <= c->op_count) {
            if (c->op[s - 1].chain != chain) {
                centre_fail(c, SAM_ERROR_FORK, 1);
                return SAM_EPROTO;
            }
        } else {
            struct centre_op *o = &c->op[c->op_count++];
            assert_true(op.len <= sizeof o->bytes && c->op_count < OPS_MAX);
            *o = (struct centre_op){.csn = ++c->csn, .chain = chain, .len = op.len};
            memcpy(o->bytes, op.ptr, op.len);
            if (has)
                o->origin = origin;
            centre_apply(c, o);
        }
        if (has)
            more = sam_push_next_origin(&wo, &origin) == 1;
    }
    assert_true(chain == p->chain);
    struct sam_ack a = {.seq = p->first_seq + p->op_count - 1};
    a.csn = c->op[a.seq - 1].csn;
    return sam_sync_send_ack(c->sync, &a);
}

/* Only units newer than ${low}; whole where the row entered after it. */
static inline void centre_state(const struct centre_row *r, uint64_t low, struct sam_row_state *st)
{
    uint32_t newer = 0;
    *st = (struct sam_row_state){.csn = r->csn, .gone = r->gone ? SAM_DELETED : SAM_HERE, .row = r->row};
    for (unsigned u = 0; u < SAM_UNITS_MAX; u++)
        if (r->unit_csn[u] > low)
            newer |= 1u << u;
    if (r->gone || low == 0 || r->entered > low)
        return;
    st->units = newer;
    st->row.present &= sam_unit_fields(sam_entity_find(r->key.entity), newer);
}

static inline void centre_frame(struct centre *c, uint8_t kind)
{
    assert_int_equal(sam_sync_send(c->sync, kind, sam_buf_peek(&c->body)), 0);
    sam_buf_clear(&c->body);
}

static inline void centre_changes(struct centre *c, uint64_t scope, uint64_t low, uint64_t from, bool fill)
{
    static const uint8_t of_newer_schema[] = {0x08, 0x07, 0xfa, 0x3f,
                                              0x02, 0x08, 0x01}; /* csn 7, entity 1023: {1: 1} */
    for (unsigned i = 0; i < c->row_count; i++) { /* a frame for each row: as many places to break at as there can be */
        struct sam_row_state st;
        if (c->row[i].scope != scope || c->row[i].csn <= from)
            continue;
        centre_state(&c->row[i], low, &st);
        sam_buf_clear(&c->item);
        assert_int_equal(sam_row_state_encode(&c->item, &st), 0);
        if (c->newer)
            sam_changes_add_row(&c->body, (struct sam_span){of_newer_schema, sizeof of_newer_schema});
        sam_changes_add_row(&c->body, sam_buf_peek(&c->item));
        struct sam_changes head = {
            .scope = scope, .entity = st.row.key.entity, .at_csn = st.csn, .low = low, .run = c->csn, .fill = fill};
        sam_changes_encode(&c->body, &head);
        centre_frame(c, SAM_FRAME_CHANGES);
    }
}

static inline void centre_end(struct centre *c, uint64_t scope, uint64_t rows, uint64_t sum)
{
    struct sam_scope_end e = {
        .scope = scope, .csn = c->csn, .rows = rows, .sum = sum + (c->bad_sums > 0), .window_day = c->window_day};
    if (c->bad_sums > 0)
        c->bad_sums--;
    sam_scope_end_encode(&c->body, &e);
    centre_frame(c, SAM_FRAME_SCOPE_END);
}

static inline bool centre_filling(const struct centre *c, const struct sam_pull *p, unsigned i)
{
    if (p->csn == 0 || c->since[i] > p->csn)
        return true;
    for (unsigned k = 0; k < p->filling_count; k++)
        if (p->filling[k] == c->scope[i])
            return true;
    return false;
}

static inline int centre_pull(void *host, const struct sam_pull *p)
{
    struct centre *c = host;
    uint64_t rows = 0, sum = 0;
    c->pulls++;
    c->pull = *p;
    struct sam_scopes list = {
        .scope_count = c->scope_count, .cut = c->cut_csn && p->csn > c->cut_csn, .cut_csn = c->cut_csn};
    for (unsigned i = 0; i < c->scope_count; i++)
        list.scope[i] = (struct sam_scope){c->scope[i], c->since[i]};
    if (list.cut || p->csn == 0 || c->scopes_csn > p->csn) {
        sam_scopes_encode(&c->body, &list);
        centre_frame(c, SAM_FRAME_SCOPES);
    }
    sam_sync_served(c->sync);
    if (list.cut)
        return 0;
    if (c->verdicts.count && c->verdicts.csn > p->verdict_csn) {
        sam_verdicts_encode(&c->body, &c->verdicts);
        centre_frame(c, SAM_FRAME_VERDICTS);
    }
    for (unsigned i = 0; i < c->scope_count; i++)
        if (!centre_filling(c, p, i)) {
            uint64_t one = 0, part;
            centre_changes(c, c->scope[i], p->csn, p->csn, false);
            part = centre_scope_sum(c, c->scope[i], &one);
            if (p->verify)
                centre_end(c, c->scope[i], one, part);
            rows += one;
            sum += part;
        }
    centre_end(c, 0, rows, sum);
    return 0;
}

static inline int centre_snap_get(void *host, const struct sam_snap_get *g)
{
    struct centre *c = host;
    uint64_t start = g->start_csn ? g->start_csn : c->csn, total = 0, rows = 0;
    unsigned at = g->after_count ? (unsigned)g->after[0] : 0, n = 0;
    c->snap_gets++;
    centre_scope_sum(c, g->scope, &total);
    while (!g->filled) {
        struct sam_buf all;
        uint8_t hash[SAM_HASH_BYTES];
        sam_buf_init(&all, SAM_FRAME_INFLATED_BYTES_MAX);
        for (n = 0; at < c->row_count && n < c->chunk_rows; at++) {
            struct sam_row_state st;
            if (c->row[at].scope != g->scope || c->row[at].gone || c->row[at].csn > start)
                continue;
            centre_state(&c->row[at], 0, &st);
            sam_buf_clear(&c->item);
            assert_int_equal(sam_row_state_encode(&c->item, &st), 0);
            sam_snap_add_row(&c->body, sam_buf_peek(&c->item));
            sam_buf_add(&all, sam_buf_peek(&c->item).ptr, sam_buf_len(&c->item));
            n++;
        }
        assert_int_equal(sam_sha256(sam_buf_peek(&all).ptr, sam_buf_len(&all), hash), 0);
        sam_buf_fini(&all);
        struct sam_snap_chunk head = {.scope = g->scope,
                                      .start_csn = start,
                                      .total_rows = total,
                                      .hash = sam_get_le64(hash),
                                      .entity = SAM_ATTENDANCE,
                                      .after_count = 1,
                                      .after = {at},
                                      .last = at == c->row_count};
        sam_snap_chunk_encode(&c->body, &head);
        centre_frame(c, SAM_FRAME_SNAP_CHUNK);
        c->chunks++;
        if (head.last)
            break;
    }
    centre_changes(c, g->scope, start, start, true);
    uint64_t sum = centre_scope_sum(c, g->scope, &rows);
    centre_end(c, g->scope, rows, sum);
    sam_sync_served(c->sync);
    return 0;
}

static inline int centre_bye(void *host, const struct sam_bye *b)
{
    (void)host;
    (void)b;
    return 0;
}
static inline int centre_error(void *host, const struct sam_error *e)
{
    (void)host;
    print_message("the device said ERROR %u %s\n", e->code, e->text);
    return 0;
}

static const struct sam_sync_ops centre_ops = {.hello = centre_hello,
                                               .join = centre_join,
                                               .push = centre_push,
                                               .pull = centre_pull,
                                               .snap_get = centre_snap_get,
                                               .bye = centre_bye,
                                               .error = centre_error};

/* ---- life */

static inline struct centre *centre_new(void)
{
    struct centre *c = calloc(1, sizeof *c);
    c->zip = sam_zip_new();
    c->op = calloc(OPS_MAX, sizeof *c->op);
    c->row = calloc(ROWS_MAX, sizeof *c->row);
    sam_buf_init(&c->in, 1u << 20);
    sam_buf_init(&c->out, 64u << 20);
    sam_buf_init(&c->body, SAM_FRAME_INFLATED_BYTES_MAX);
    sam_buf_init(&c->item, 4096);
    c->epoch = 0xe1;
    c->csn = 10;
    c->state = SAM_DEVICE_ACTIVE;
    c->next_device_no = 5;
    c->now_s = 1700000000;
    c->window_day = -25567;
    c->chunk_rows = 1000;
    memset(c->code, 0xab, sizeof c->code);
    return c;
}

static inline void centre_free(struct centre *c)
{
    sam_sync_free(c->sync);
    sam_zip_free(c->zip);
    sam_buf_fini(&c->in);
    sam_buf_fini(&c->out);
    sam_buf_fini(&c->body);
    sam_buf_fini(&c->item);
    free(c->op);
    free(c->row);
    free(c);
}

static inline void centre_scope_add(struct centre *c, uint64_t id)
{
    c->scope[c->scope_count] = id;
    c->since[c->scope_count++] = c->scopes_csn = ++c->csn;
}

enum { USER = 31, SESSION = 41, SESSION_2 = 42, PERSON = 51 };

/* One group with a user, two sessions and ${people} enrolled persons. */
static inline void centre_group(struct centre *c, uint64_t scope, unsigned people)
{
    static char names[4000][24];
    struct sam_row r;
    centre_scope_add(c, scope);
    sam_row_init(&r, SAM_GROUP);
    r.key.part[0] = scope;
    sam_row_set_text(&r, SAM_GROUP_code, "SSK-1", 5);
    sam_row_set_text(&r, SAM_GROUP_name, "Ryggskole", 9);
    sam_row_set(&r, SAM_GROUP_kind, 0);
    centre_row_new(c, scope, &r);
    sam_row_init(&r, SAM_USER);
    r.key.part[0] = USER;
    sam_row_set_text(&r, SAM_USER_name, "Kari", 4);
    sam_row_set(&r, SAM_USER_active, 1);
    centre_row_new(c, scope, &r);
    for (unsigned i = 0; i < 2; i++) {
        sam_row_init(&r, SAM_SESSION);
        r.key.part[0] = SESSION + i + (scope == GROUP_SCOPE ? 0 : 1000);
        sam_row_set(&r, SAM_SESSION_group_id, (int64_t)scope);
        sam_row_set(&r, SAM_SESSION_day, 19675 + (int)i * 7);
        sam_row_set(&r, SAM_SESSION_planned, 1);
        sam_row_set(&r, SAM_SESSION_start_min, 600);
        centre_row_new(c, scope, &r);
    }
    for (unsigned i = 0; i < people; i++) {
        snprintf(names[i], sizeof names[i], "Deltaker %03u", i + 1);
        sam_row_init(&r, SAM_PARTICIPANT);
        r.key.part[0] = PERSON + i;
        sam_row_set_text(&r, SAM_PARTICIPANT_name, names[i], strlen(names[i]));
        sam_row_set(&r, SAM_PARTICIPANT_birth_year, 1960);
        centre_row_new(c, scope, &r);
        sam_row_init(&r, SAM_ENROLMENT);
        r.key.part[0] = scope;
        r.key.part[1] = PERSON + i;
        sam_row_set(&r, SAM_ENROLMENT_status, 4);
        sam_row_set(&r, SAM_ENROLMENT_start_day, 19000);
        centre_row_new(c, scope, &r);
    }
}

static inline void centre_mark(struct centre *c, uint64_t session, uint64_t person, int presence)
{
    struct sam_row r;
    sam_row_init(&r, SAM_ATTENDANCE);
    r.key.part[0] = session;
    r.key.part[1] = person;
    sam_row_set(&r, SAM_ATTENDANCE_presence, presence);
    sam_row_set(&r, SAM_ATTENDANCE_evidence, 2);
    centre_row_new(c, GROUP_SCOPE, &r);
}

/* One connection. ${down_max}: so many bytes reach the device, then the line is cut. Returns samling_link_idle at the end. */
static inline int converse(struct samling *s, struct centre *c, size_t down_max)
{
    const uint8_t *p;
    size_t n;
    sam_sync_free(c->sync);
    sam_buf_clear(&c->in);
    sam_buf_clear(&c->out);
    c->sync = sam_sync_new(SAM_ROLE_CENTRE, &centre_ops, c, c->zip, &c->out);
    assert_int_equal(samling_link_up(s), 0);
    int bad = 0, idle = 0;
    size_t up_max = c->up_max ? c->up_max : SIZE_MAX;
    for (bool moved = true; moved && !bad;) {
        moved = false;
        while ((n = samling_link_peek(s, &p)) > 0) {
            size_t take = n > 60000 ? 60000 : n;
            sam_buf_add(&c->in, p, take < up_max ? take : up_max);
            up_max -= take < up_max ? take : up_max;
            samling_link_sent(s, take);
            sam_sync_feed(c->sync, &c->in);
            moved = true;
        }
        sam_sync_feed(c->sync, &c->in);
        struct sam_span out = sam_buf_peek(&c->out);
        if (out.len > down_max)
            out.len = down_max;
        if (out.len) {
            size_t take = out.len > 65536 ? 65536 : out.len;
            bad = samling_link_feed(s, out.ptr, take);
            sam_buf_consume(&c->out, take);
            down_max -= take;
            moved = true;
        }
        idle = samling_link_idle(s);
    }
    samling_link_down(s);
    return idle;
}

/* Connections until the device has nothing left to do. Returns how many it took, at most ${most}. */
static inline int converse_all(struct samling *s, struct centre *c, int most)
{
    for (int i = 1; i <= most; i++)
        if (converse(s, c, SIZE_MAX) == 1)
            return i;
    fail_msg("not idle after %d connections: %s", most, samling_errmsg(s));
    return 0;
}

static const uint8_t store_key[32] = "a key for tests, 32 bytes long..";

static inline void store_name(char *path, size_t size, const char *what)
{
    const char *dir = getenv("TMPDIR");
    snprintf(path, size, "%s/sdk-%s-%d.db", dir ? dir : "/tmp", what, (int)getpid());
}

static inline void store_remove(const char *path)
{
    char other[400];
    unlink(path);
    snprintf(other, sizeof other, "%s-wal", path);
    unlink(other);
    snprintf(other, sizeof other, "%s-journal", path);
    unlink(other);
}

static inline struct samling *device_joined(const char *path, struct centre *c)
{
    struct samling *s;
    char invite[200] = "samling://localhost:1/?pin=", digits[7];
    for (int i = 0; i < 32; i++)
        snprintf(invite + strlen(invite), 3, "cd");
    snprintf(invite + strlen(invite), 7, "&code=");
    for (int i = 0; i < 16; i++)
        snprintf(invite + strlen(invite), 3, "ab");
    assert_int_equal(samling_open(path, store_key, &s), 0);
    assert_int_equal(samling_join_begin(s, invite, "tablet"), 0);
    assert_int_equal(samling_join_digits(s, digits), 0);
    assert_int_equal(strlen(digits), 6);
    assert_int_equal(converse(s, c, SIZE_MAX), 1);
    return s;
}

static inline struct samling_mark mark_of(uint64_t session, uint64_t person, int presence)
{
    struct samling_mark m = SAMLING_MARK_INIT;
    m.session = session;
    m.participant = person;
    m.presence = presence;
    return m;
}

static inline void mark(struct samling *s, uint64_t session, uint64_t person, int presence)
{
    struct samling_mark m = mark_of(session, person, presence);
    int err = samling_mark(s, USER, &m);
    if (err)
        fail_msg("mark: %s", samling_errmsg(s));
}

/* What the sheet says about one person. */
static inline struct samling_line sheet_line(struct samling *s, uint64_t session, uint64_t person)
{
    struct samling_line *l, found = {.presence = -9};
    size_t n;
    int err = samling_sheet(s, session, &l, &n);
    if (err)
        fail_msg("sheet: %s", samling_errmsg(s));
    for (size_t i = 0; i < n; i++)
        if (l[i].participant == person)
            found = l[i];
    found.name = NULL;
    samling_list_free(l);
    return found;
}

#endif
