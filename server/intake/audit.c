/* Who did what: one line for each thing that a person or a device did, in the transaction that did it, chained so that an
 * edited, deleted, swapped or cut-off line is noticed against a head that was kept elsewhere (every tablet is told count and
 * head in WELCOME).
 *
 *   facts  of a line about ops: a = 0; for each batch of the commit in order: a = SHA-256 (a | SHA-256 (numbers, MAC | raw))
 *   entry  SHA-256 (no | at_s | kind | first_csn | last_csn | facts or 32 zero bytes | SHA-256 (text) | actor)
 *   chain  SHA-256 (chain of the line before, of the first 32 zero bytes | entry)
 *
 * Numbers are 64 bits, little-endian. Of a batch from which something was erased SHA-256 (numbers, MAC | raw) is kept as it was
 * (table erased_push). A text can be erased and everything else still be checked, for its hash stays. */
#include "server/intake/intake_int.h"

#include "proto/base/err.h"

#include <stdio.h>
#include <string.h>

enum { ACTOR_BYTES_MAX = 128, TEXT_BYTES_MAX = 1024, ENTRY_BYTES_MAX = 5 * 8 + 2 * 32 + ACTOR_BYTES_MAX };

int audit_load(struct intake *in)
{
    struct store_audit last;
    int err = store_audit_last(in->st, &last);
    in->audit = (struct audit_state){.loaded = !err || err == SAM_ENOTFOUND, .no = last.no};
    if (!err)
        memcpy(in->audit.chain, last.chain, sizeof in->audit.chain);
    return err == SAM_ENOTFOUND ? 0 : err;
}

int intake_audit_entry(const struct store_audit *a, uint8_t out[SAM_HASH_BYTES])
{
    uint8_t bytes[ENTRY_BYTES_MAX], *p = bytes;
    size_t actor = strlen(a->actor);
    const uint64_t number[] = {a->no, (uint64_t)a->at_s, a->kind, a->first_csn, a->last_csn};
    if (actor > ACTOR_BYTES_MAX)
        return SAM_ETOOBIG;
    for (unsigned i = 0; i < sizeof number / sizeof *number; i++, p += 8)
        sam_put_le64(p, number[i]);
    memset(p, 0, SAM_HASH_BYTES);
    if (a->has_facts)
        memcpy(p, a->facts, SAM_HASH_BYTES);
    p += SAM_HASH_BYTES;
    memcpy(p, a->text_hash, SAM_HASH_BYTES);
    p += SAM_HASH_BYTES;
    memcpy(p, a->actor, actor);
    return sam_sha256(bytes, (size_t)(p - bytes) + actor, out);
}

int audit_line(struct intake *in, struct store_audit *a)
{
    int err = in->audit.loaded ? 0 : audit_load(in);
    a->no = in->audit.no + 1;
    a->at_s = intake_now_s(in);
    if (!err)
        err = sam_sha256(a->text, strlen(a->text), a->text_hash);
    if (!err)
        err = intake_audit_entry(a, a->entry);
    if (!err)
        err = sam_sha256_2(in->audit.chain, sizeof in->audit.chain, a->entry, sizeof a->entry, a->chain);
    if (!err)
        err = store_audit_add(in->st, a);
    if (err)
        return err;
    in->audit.no = a->no;
    memcpy(in->audit.chain, a->chain, sizeof in->audit.chain);
    return 0;
}

int intake_audit(struct intake *in, enum audit_kind kind, const char *actor, const char *text)
{
    char who[ACTOR_BYTES_MAX + 1], what[TEXT_BYTES_MAX + 1];
    snprintf(who, sizeof who, "%s", actor);
    snprintf(what, sizeof what, "%s", text);
    return audit_line(in, &(struct store_audit){.kind = kind, .actor = who, .text = what});
}

int intake_push_hash(const struct store_push *p, uint8_t out[SAM_HASH_BYTES])
{
    uint8_t head[9 * 8 + SAM_MAC_BYTES];
    const uint64_t number[] = {p->first_csn, p->device_no, p->first_seq, p->count,
                               p->skip,      p->epoch,     p->chain,     (uint64_t)p->received_s,
                               p->deflated};
    for (unsigned i = 0; i < sizeof number / sizeof *number; i++)
        sam_put_le64(head + i * 8, number[i]);
    memcpy(head + sizeof number, p->mac, SAM_MAC_BYTES);
    return sam_sha256_2(head, sizeof head, p->raw.ptr, p->raw.len, out);
}

/* Of a batch that lost bytes since (erase.c) what it was then is kept. */
int audit_facts(struct intake *in, const uint8_t before[SAM_HASH_BYTES], const struct store_push *p,
                uint8_t out[SAM_HASH_BYTES])
{
    struct store_erased e;
    int err = in->erased_any ? store_erased_push(in->st, p->first_csn, &e) : SAM_ENOTFOUND;
    if (err == SAM_ENOTFOUND)
        err = intake_push_hash(p, e.hash);
    return err ? err : sam_sha256_2(before, SAM_HASH_BYTES, e.hash, sizeof e.hash, out);
}

int audit_batch(struct intake *in, const struct store_push *p)
{
    uint8_t facts[SAM_HASH_BYTES];
    int err = in->audit.loaded ? 0 : audit_load(in);
    if (!err)
        err = audit_facts(in, in->audit.facts, p, facts);
    if (err)
        return err;
    memcpy(in->audit.facts, facts, sizeof facts);
    if (!in->audit.first_csn)
        in->audit.first_csn = p->first_csn;
    return 0;
}

int audit_end(struct intake *in)
{
    int err = access_flush(in);
    if (err || !in->audit.first_csn)
        return err;
    struct store_audit a = {.kind = AUDIT_OPS,
                            .first_csn = in->audit.first_csn,
                            .last_csn = store_csn(in->st),
                            .actor = "",
                            .text = "",
                            .has_facts = true};
    memcpy(a.facts, in->audit.facts, sizeof a.facts);
    in->audit.first_csn = 0;
    memset(in->audit.facts, 0, sizeof in->audit.facts);
    return audit_line(in, &a);
}

int intake_audit_head(struct intake *in, uint64_t *count, uint64_t *head)
{
    int err = in->audit.loaded ? 0 : audit_load(in);
    *count = in->audit.no;
    *head = in->audit.no ? sam_get_le64(in->audit.chain) : 0;
    return err;
}
