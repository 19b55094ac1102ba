/* A person is erased: all that was ever said of them is forgotten, and what comes of them later is not kept. It is the one thing here
 * that takes facts away, so what it leaves can be checked:
 *
 *   - an op's bytes go, its place (csn, device, seq) and its SHA-256 stay: a device's chain runs over hashes, so it still fits;
 *   - what the audit log hashed of the batch stays, since the batch does not hash to it any more;
 *   - both are covered by a line of the audit log, AUDIT_ERASED, of which the facts are
 *       a = 0; for each op by csn: a = SHA-256 (a | csn | hash); for each batch by first csn: the same
 *   - a ruling (SAM_RULE_ERASE) of device 1 says whom, so a restored store does it again, out of the journal. Of people who are linked
 *     it names one: who was linked to whom goes with the rest, so a restored store may think otherwise. There is one for each.
 *
 * What is derived is derived anew from what is left (intake_erase_end): nothing else could promise to have found every trace. Cases
 * keep their numbers. Tablets are told that the groups in which the person stood have to be filled anew.
 *
 * Who saw what of them (Access) stays, and is taken when it comes late: the access log outlives what it tells of, and says no more than
 * a number.
 *
 * An op that was said before, and comes late or again, is taken (the tablet may let go of it), quarantined as ERASED for its author
 * to know, and emptied in the same transaction. */
#include "server/intake/intake_int.h"

#include "proto/base/err.h"
#include "proto/base/log.h"
#include "proto/model/rule.h"

#include <stdio.h>
#include <string.h>

/* ---- is it about somebody who was erased? */

static int person_is(struct intake *in, uint64_t id, bool *is)
{
    uint64_t csn;
    int err = id ? store_erased_person(in->st, id, &csn) : SAM_ENOTFOUND;
    *is = !err;
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int op_is(struct intake *in, uint64_t device_no, uint64_t seq, bool *is)
{
    struct store_push p;
    struct store_erased e;
    int err = store_push_at_seq(in->st, device_no, seq, &p);
    if (!err)
        err = store_erased_op(in->st, p.first_csn + (seq - p.first_seq), &e);
    *is = !err;
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int ruling_is(struct intake *in, const struct sam_key *key, bool *is)
{
    int err;
    *is = false;
    switch (key->part[0]) {
    case SAM_RULE_QUARANTINE: return op_is(in, key->part[1], key->part[2], is);
    case SAM_RULE_PRIMARY: *is = store_erased_row(in->st, SAM_SCORE_RESPONSE, key->part[1]); return 0;
    case SAM_RULE_SAME_PERSON:
        err = person_is(in, key->part[1], is);
        return err || *is ? err : person_is(in, key->part[2], is);
    default: return 0;
    }
}

static int names_one(struct intake *in, const struct sam_row *row, bool *is)
{
    const struct sam_entity_def *def = sam_entity_find(row->key.entity);
    int err = 0;
    *is = false;
    for (unsigned i = 0; !err && !*is && i < def->key_count; i++)
        if (def->key[i].ref == SAM_PARTICIPANT)
            err = person_is(in, row->key.part[i], is);
    for (unsigned i = 0; !err && !*is && i < def->field_count; i++)
        if (def->field[i].ref == SAM_PARTICIPANT && sam_row_has(row, i))
            err = person_is(in, (uint64_t)sam_row_num(row, i), is);
    return err;
}

int erased_is(struct intake *in, const struct sam_op *op, bool *is)
{
    const struct sam_key *key = &op->row.key;
    *is = false;
    if (!in->erased_any || key->entity == SAM_ENTITY_NONE) /* of a kind unknown here: it waits as it is */
        return 0;
    if (key->entity == SAM_ACCESS)
        return 0;
    if (key->entity == SAM_RULING)
        return ruling_is(in, key, is);
    int err = names_one(in, &op->row, is);
    bool own = sam_entity_find(key->entity)->minted && key->entity != SAM_PARTICIPANT;
    if (!err && !*is && own)
        *is = store_erased_row(in->st, key->entity, key->part[0]);
    return err;
}

int op_hash(struct intake *in, uint64_t csn, struct sam_span bytes, uint8_t hash[SAM_HASH_BYTES])
{
    struct store_erased e;
    int err = bytes.len ? SAM_ENOTFOUND : store_erased_op(in->st, csn, &e);
    if (!err)
        memcpy(hash, e.hash, SAM_HASH_BYTES);
    return err == SAM_ENOTFOUND ? sam_sha256(bytes.ptr, bytes.len, hash) : err;
}

/* ---- emptying a batch */

struct emptying {
    struct intake *in;
    struct sam_buf was, now; /* the batch as it was, not deflated; as it will be */
    struct store_push p;
    uint64_t ruling_csn; /* 0: what comes late */
    uint64_t audit_no, ops, batches;
};

static void emptying_init(struct emptying *x, struct intake *in, uint64_t ruling_csn)
{
    *x = (struct emptying){.in = in, .ruling_csn = ruling_csn, .audit_no = in->audit.no + 1};
    sam_buf_init(&x->was, SAM_FRAME_INFLATED_BYTES_MAX);
    sam_buf_init(&x->now, SAM_FRAME_INFLATED_BYTES_MAX);
}

static void emptying_fini(struct emptying *x)
{
    if (x->was.mem)
        sam_wipe(x->was.mem, x->was.cap);
    sam_buf_fini(&x->was);
    sam_buf_fini(&x->now);
}

/* What its author had been told of it, or would wait for, is answered: it is no more. */
static int verdict_end(struct emptying *x, uint64_t csn)
{
    struct store_verdict v;
    int err = store_verdict_get(x->in->st, csn, &v);
    if (err || v.kind == SAM_VERDICT_SAME)
        return err == SAM_ENOTFOUND ? 0 : err;
    return store_admission_erase(x->in->st, csn, SAM_VERDICT_QUARANTINED, SAM_REASON_ERASED);
}

/* Ops before the batch's first new one are copies of what stands in an earlier batch: emptied too, and counted there. */
static int op_empty(void *ctx, uint64_t index, struct sam_span bytes)
{
    struct emptying *x = ctx;
    struct sam_op op;
    bool is = false;
    if (bytes.len == 0 || sam_op_decode(bytes, &op))
        return 0;
    int err = erased_is(x->in, &op, &is);
    if (err || !is || index < x->p.skip)
        return err ? err : is;
    struct store_erased e = {.csn = x->p.first_csn + (index - x->p.skip), .audit_no = x->audit_no};
    err = sam_sha256(bytes.ptr, bytes.len, e.hash);
    if (!err)
        err = store_erased_op_add(x->in->st, &e, x->ruling_csn);
    if (!err)
        err = verdict_end(x, e.csn);
    x->ops++;
    return err ? err : 1;
}

static int plain_copy(struct emptying *x)
{
    sam_buf_clear(&x->was);
    sam_buf_clear(&x->now);
    if (!x->p.deflated)
        return sam_buf_add(&x->was, x->p.raw.ptr, x->p.raw.len);
    int err = sam_zip_inflate(x->in->zip, x->p.raw, &x->was);
    return err;
}

/* What the audit log hashed of the batch, kept the first time that something of it goes. */
static int audited_keep(struct emptying *x)
{
    struct store_erased e;
    int err = store_erased_push(x->in->st, x->p.first_csn, &e);
    if (err != SAM_ENOTFOUND)
        return err;
    e = (struct store_erased){.csn = x->p.first_csn, .audit_no = x->audit_no};
    err = intake_push_hash(&x->p, e.hash);
    return err ? err : store_erased_push_add(x->in->st, &e);
}

/* ${first_csn}: the batch that begins there. */
static int batch_empty(struct emptying *x, uint64_t first_csn)
{
    int err = store_push_at_csn(x->in->st, first_csn, &x->p);
    if (!err)
        err = plain_copy(x);
    struct sam_span was = sam_buf_peek(&x->was);
    if (!err && x->p.deflated)
        was.len -= SAM_MAC_BYTES;
    if (!err)
        err = sam_push_blank(was, &x->now, op_empty, x);
    if (err || sam_buf_len(&x->now) == was.len)
        return err;
    err = store_push_at_csn(x->in->st, first_csn, &x->p); /* judging what it names may have moved the statement on */
    if (!err)
        err = audited_keep(x);
    if (!err)
        err = store_push_blank(x->in->st, first_csn, sam_buf_peek(&x->now));
    x->batches++;
    return err;
}

/* ---- the line that covers it */

static int fold_add(uint8_t facts[SAM_HASH_BYTES], const struct store_erased *e)
{
    uint8_t bytes[8 + SAM_HASH_BYTES];
    sam_put_le64(bytes, e->csn);
    memcpy(bytes + 8, e->hash, SAM_HASH_BYTES);
    return sam_sha256_2(facts, SAM_HASH_BYTES, bytes, sizeof bytes, facts);
}

int erased_facts(struct intake *in, uint64_t audit_no, uint8_t facts[SAM_HASH_BYTES])
{
    struct store_erased e = {0};
    int err;
    memset(facts, 0, SAM_HASH_BYTES);
    while ((err = store_erased_op_next(in->st, audit_no, e.csn, &e)) == 0)
        if ((err = fold_add(facts, &e)))
            return err;
    if (err != SAM_ENOTFOUND)
        return err;
    e = (struct store_erased){0};
    while ((err = store_erased_push_next(in->st, audit_no, e.csn, &e)) == 0)
        if ((err = fold_add(facts, &e)))
            return err;
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* ${about}: in words for machines. */
static int line_add(struct intake *in, uint64_t audit_no, const char *about, uint64_t ops, uint64_t batches)
{
    char text[192];
    struct store_audit a = {.kind = AUDIT_ERASED, .actor = "centre", .text = text, .has_facts = true};
    snprintf(text, sizeof text, "%s ops=%llu batches=%llu", about, (unsigned long long)ops,
             (unsigned long long)batches);
    int err = erased_facts(in, audit_no, a.facts);
    return err ? err : audit_line(in, &a);
}

/* ---- the ruling */

static int rows_note(struct intake *in, uint64_t person, uint64_t csn)
{
    struct intake_trace t = {.person = {person}, .persons = 1};
    int err = store_erased_person_add(in->st, person, csn);
    if (!err)
        err = intake_trace(in->st, &t);
    for (size_t i = 0; !err && i < t.owns; i++)
        if (t.own[i].entity != SAM_ACCESS)
            err = store_erased_row_add(in->st, t.own[i].entity, t.own[i].part[0]);
    intake_trace_fini(&t);
    return err;
}

static int scopes_note(struct intake *in, uint64_t person, uint64_t csn)
{
    const struct sam_key key = {.entity = SAM_PARTICIPANT, .part = {person}};
    struct store_member m = {0};
    int err = 0;
    while (!err && (err = store_member_next(in->st, &key, m.scope, &m)) == 0)
        err = store_erased_scope_add(in->st, csn, m.scope);
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int batches_walk(struct emptying *x)
{
    struct store_push p;
    uint64_t after = 0;
    int err;
    while ((err = store_push_next(x->in->st, after, &p)) == 0) {
        after = p.first_csn;
        if ((err = batch_empty(x, after)))
            return err;
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* A ruling about an op may stand before it, after a restore: another walk finds it. */
static int batches_empty(struct intake *in, uint64_t person, struct emptying *x)
{
    char about[64];
    uint64_t ops;
    int err;
    do {
        ops = x->ops;
        err = batches_walk(x);
    } while (!err && x->ops > ops);
    if (err)
        return err;
    snprintf(about, sizeof about, "participant=%llu", (unsigned long long)person);
    return line_add(in, x->audit_no, about, x->ops, x->batches);
}

/* Their authors are told at the csn of the ruling. */
static int verdicts_say(struct intake *in, uint64_t ruling_csn)
{
    struct store_verdict v;
    uint64_t csn = 0;
    int err;
    while ((err = store_erased_op_ruled(in->st, ruling_csn, csn, &csn)) == 0) {
        err = store_verdict_get(in->st, csn, &v);
        if (err == SAM_ENOTFOUND || (!err && v.reason != SAM_REASON_ERASED))
            continue;
        v.at_csn = ruling_csn;
        if (!err)
            err = store_verdict_add(in->st, &v);
        if (err)
            return err;
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* Whoever holds these fills them anew. */
static int scopes_renew(struct intake *in, uint64_t csn)
{
    uint64_t id = 0;
    int err;
    while ((err = store_erased_scope_next(in->st, csn, id, &id)) == 0) {
        struct store_scope *known, s;
        err = scope_get(in, id, &known);
        if (err || !known)
            continue;
        s = *known;
        s.since_csn = csn;
        err = scope_put(in, &s);
        if (!err)
            err = store_scopes_csn_set(in->st, s.org, csn);
        if (err)
            return err;
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int person_erase(struct intake *in, uint64_t person, uint64_t csn)
{
    struct emptying x;
    bool known;
    int err = in->audit.loaded ? 0 : audit_load(in);
    if (!err)
        err = person_is(in, person, &known);
    if (err || known)
        return err;
    in->erased_any = true;
    emptying_init(&x, in, csn);
    err = scopes_note(in, person, csn);
    if (!err)
        err = rows_note(in, person, csn);
    if (!err)
        err = store_case_numbers_keep(in->st);
    if (!err)
        err = batches_empty(in, person, &x);
    in->erase_due = true;
    sam_log(SAM_LOG_INFO, "erased", "participant=%llu ops=%llu batches=%llu err=%s", (unsigned long long)person,
            (unsigned long long)x.ops, (unsigned long long)x.batches, sam_err_name(err));
    emptying_fini(&x);
    return err;
}

int erase_ruled(struct intake *in, const struct sam_row *ruling, uint64_t csn)
{
    int err = 0;
    if (sam_row_num(ruling, SAM_RULING_decision) != SAM_DECISION_ERASE)
        return 0;
    if (!in->rebuilding) /* what follows from it is derived anew, at the end */
        return person_erase(in, ruling->key.part[1], csn);
    err = verdicts_say(in, csn);
    return err ? err : scopes_renew(in, csn);
}

/* ---- what comes late */

int erase_late(struct intake *in, uint64_t first_csn)
{
    struct emptying x;
    char about[64];
    int err = in->audit.loaded ? 0 : audit_load(in);
    if (err)
        return err;
    emptying_init(&x, in, 0);
    err = batch_empty(&x, first_csn);
    snprintf(about, sizeof about, "late_csn=%llu", (unsigned long long)first_csn);
    if (!err && x.batches)
        err = line_add(in, x.audit_no, about, x.ops, x.batches);
    emptying_fini(&x);
    return err;
}

int erase_replayed(struct intake *in, uint64_t csn, const uint8_t hash[SAM_HASH_BYTES])
{
    struct store_erased e = {.csn = csn};
    char about[64];
    int err = in->audit.loaded ? 0 : audit_load(in);
    e.audit_no = in->audit.no + 1;
    memcpy(e.hash, hash, sizeof e.hash);
    if (!err)
        err = store_erased_op_add(in->st, &e, 0);
    snprintf(about, sizeof about, "journal_csn=%llu", (unsigned long long)csn);
    return err ? err : line_add(in, e.audit_no, about, 1, 0);
}

/* ---- the end of it */

/* Rebuild tells nobody. */
static int scopes_tell(struct intake *in, uint64_t csn)
{
    uint64_t id = 0;
    int err;
    while ((err = store_erased_scope_next(in->st, csn, id, &id)) == 0)
        scope_touch(in, id);
    return err == SAM_ENOTFOUND ? 0 : err;
}

int intake_erase_end(struct intake *in, const struct intake_found *found)
{
    struct intake_rebuilt out;
    uint64_t id = 0, csn;
    int err = in->erase_due ? intake_rebuild(in, found, &out) : 0;
    if (err || !in->erase_due)
        return err;
    in->erase_due = false;
    in->journal_due = true;
    err = store_meta_num_set(in->st, "journal_blank", 1);
    while (!err && (err = store_erased_person_next(in->st, id, &id, &csn)) == 0)
        err = scopes_tell(in, csn);
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int record_empty(void *ctx, const struct journal_record *r, uint8_t hash[SAM_HASH_BYTES])
{
    struct sam_op op;
    bool is = false;
    if (r->kind != JOURNAL_OP || sam_op_decode(r->payload, &op))
        return 0;
    int err = erased_is(ctx, &op, &is);
    if (!err && is)
        err = sam_sha256(r->payload.ptr, r->payload.len, hash);
    return err ? err : is;
}

static int blanked_note(struct intake *in)
{
    int err = store_begin(in->st);
    if (err)
        return err;
    err = store_meta_num_set(in->st, "journal_blank", 0);
    if (!err)
        return store_commit(in->st);
    store_rollback(in->st);
    return err;
}

int erase_journal(struct intake *in)
{
    int err = in->journal ? journal_blank(in->journal, record_empty, in) : 0;
    in->journal_due = false;
    if (!err)
        err = blanked_note(in);
    if (!err)
        err = store_checkpoint(in->st, true);
    if (err)
        sam_log(SAM_LOG_WARN, "erase_journal", "err=%s", sam_err_name(err));
    return err == SAM_EIO ? err : 0;
}
