/* How a device becomes one: invite, join, ticket, and the states it goes through afterwards. All of it is journaled. */
#include "server/intake/intake_int.h"

#include "proto/base/err.h"
#include "proto/base/log.h"

#include <stdio.h>
#include <string.h>

enum {
    NONCE_BYTES = SAM_SEAL_NONCE_BYTES,
    LABEL_BYTES = SAM_NAME_BYTES_MAX + 1,
    TICKET_PLAIN_BYTES = 8 * 5 + SAM_KEY_BYTES + LABEL_BYTES,
    TICKET_BYTES = NONCE_BYTES + TICKET_PLAIN_BYTES + SAM_SEAL_TAG_BYTES,
    CONFIRM_MODULUS = 1000000
};
static const char ticket_aad[] = "samling ticket";
static const char key_aad[] = "samling device key";

/* ---- keys under the master key */

static int key_seal(struct intake *in, const uint8_t key[SAM_KEY_BYTES], struct store_device *d)
{
    int err = sam_random(d->key, NONCE_BYTES);
    if (!err)
        err = sam_seal_make(in->master, d->key, key_aad, sizeof key_aad, key, SAM_KEY_BYTES, d->key + NONCE_BYTES);
    return err ? err : sam_sha256(key, SAM_KEY_BYTES, d->key_hash);
}

int device_key_open(struct intake *in, const struct store_device *d, uint8_t key[SAM_KEY_BYTES])
{
    return sam_seal_open(in->master, d->key, key_aad, sizeof key_aad, d->key + NONCE_BYTES,
                         SAM_KEY_BYTES + SAM_SEAL_TAG_BYTES, key);
}

/* ---- tickets: number, clinic, parent, fork seq, digits, key and label, sealed with a key outside the store */

static int ticket_make(struct intake *in, const struct store_device *d, const uint8_t key[SAM_KEY_BYTES],
                       struct sam_joined *out)
{
    uint8_t plain[TICKET_PLAIN_BYTES];
    sam_put_le64(plain, d->device_no);
    sam_put_le64(plain + 8, d->org);
    sam_put_le64(plain + 16, d->parent);
    sam_put_le64(plain + 24, d->fork_seq);
    sam_put_le64(plain + 32, d->digits);
    memcpy(plain + 40, key, SAM_KEY_BYTES);
    memcpy(plain + 40 + SAM_KEY_BYTES, d->label, LABEL_BYTES);
    int err = sam_random(out->ticket, NONCE_BYTES);
    if (!err)
        err = sam_seal_make(in->ticket, out->ticket, ticket_aad, sizeof ticket_aad, plain, sizeof plain,
                            out->ticket + NONCE_BYTES);
    out->ticket_len = err ? 0 : TICKET_BYTES;
    sam_wipe(plain, sizeof plain);
    return err;
}

int ticket_open(struct intake *in, const uint8_t *ticket, size_t len, struct store_device *out)
{
    uint8_t plain[TICKET_PLAIN_BYTES];
    *out = (struct store_device){0};
    if (len != TICKET_BYTES)
        return SAM_EAUTH;
    int err = sam_seal_open(in->ticket, ticket, ticket_aad, sizeof ticket_aad, ticket + NONCE_BYTES, len - NONCE_BYTES,
                            plain);
    if (!err) {
        out->device_no = sam_get_le64(plain);
        out->org = sam_get_le64(plain + 8);
        out->parent = sam_get_le64(plain + 16);
        out->fork_seq = sam_get_le64(plain + 24);
        out->state = SAM_DEVICE_PENDING;
        out->digits = (uint32_t)sam_get_le64(plain + 32);
        memcpy(out->label, plain + 40 + SAM_KEY_BYTES, LABEL_BYTES);
        out->label[LABEL_BYTES - 1] = 0;
        err = key_seal(in, plain + 40, out);
    }
    sam_wipe(plain, sizeof plain);
    return err;
}

/* ---- what the journal keeps of a device and of an invite */

enum { DEVICE_HEAD_BYTES = 8 * 7, DEVICE_KEY_BYTES = sizeof(((struct store_device *)0)->key) };

static int device_audit(struct intake *in, const struct store_device *d, const char *actor)
{
    char text[160];
    snprintf(text, sizeof text, "device=%llu state=%u org=%llu parent=%llu fork_seq=%llu",
             (unsigned long long)d->device_no, d->state, (unsigned long long)d->org, (unsigned long long)d->parent,
             (unsigned long long)d->fork_seq);
    return intake_audit(in, AUDIT_DEVICE, actor, text);
}

int device_journal(struct intake *in, const struct store_device *d)
{
    uint8_t p[DEVICE_HEAD_BYTES + DEVICE_KEY_BYTES + SAM_HASH_BYTES + sizeof d->label];
    const uint64_t head[7] = {d->device_no, d->org, d->parent, d->fork_seq, d->state, d->digits, (uint64_t)d->joined_s};
    for (int i = 0; i < 7; i++)
        sam_put_le64(p + 8 * i, head[i]);
    memcpy(p + DEVICE_HEAD_BYTES, d->key, DEVICE_KEY_BYTES);
    memcpy(p + DEVICE_HEAD_BYTES + DEVICE_KEY_BYTES, d->key_hash, SAM_HASH_BYTES);
    memcpy(p + DEVICE_HEAD_BYTES + DEVICE_KEY_BYTES + SAM_HASH_BYTES, d->label, sizeof d->label);
    int err = intake_journal(in, JOURNAL_DEVICE, 0, (struct sam_span){p, sizeof p});
    return err ? err : device_audit(in, d, "centre");
}

int device_parent_mark(struct intake *in, uint64_t parent)
{
    struct store_device up;
    int err = parent ? store_device_get(in->st, parent, &up) : SAM_ENOTFOUND;
    if (err || up.forked)
        return err == SAM_ENOTFOUND ? 0 : err;
    up.forked = true;
    return store_device_put(in->st, &up);
}

int device_replay(struct intake *in, struct sam_span payload)
{
    struct store_device d;
    if (payload.len != DEVICE_HEAD_BYTES + DEVICE_KEY_BYTES + SAM_HASH_BYTES + sizeof d.label)
        return SAM_ECORRUPT;
    const uint8_t *p = payload.ptr;
    int err = store_device_get(in->st, sam_get_le64(p), &d);
    if (err && err != SAM_ENOTFOUND)
        return err;
    d.device_no = sam_get_le64(p);
    d.org = sam_get_le64(p + 8);
    d.parent = sam_get_le64(p + 16);
    d.fork_seq = sam_get_le64(p + 24);
    d.state = (uint32_t)sam_get_le64(p + 32);
    d.digits = (uint32_t)sam_get_le64(p + 40);
    d.joined_s = (int64_t)sam_get_le64(p + 48);
    memcpy(d.key, p + DEVICE_HEAD_BYTES, DEVICE_KEY_BYTES);
    memcpy(d.key_hash, p + DEVICE_HEAD_BYTES + DEVICE_KEY_BYTES, SAM_HASH_BYTES);
    memcpy(d.label, p + DEVICE_HEAD_BYTES + DEVICE_KEY_BYTES + SAM_HASH_BYTES, sizeof d.label);
    d.label[sizeof d.label - 1] = 0;
    err = store_device_put(in->st, &d);
    if (!err)
        err = device_audit(in, &d, "journal");
    return err ? err : device_parent_mark(in, d.parent);
}

int device_lost(struct intake *in, struct store_device *d, uint64_t last_seq, uint64_t chain, bool assumed)
{
    char text[96];
    uint64_t first_seq = d->acked_seq + 1;
    sam_log(SAM_LOG_WARN, "lost", "device=%llu first=%llu last=%llu", (unsigned long long)d->device_no,
            (unsigned long long)first_seq, (unsigned long long)last_seq);
    snprintf(text, sizeof text, "device=%llu first_seq=%llu last_seq=%llu", (unsigned long long)d->device_no,
             (unsigned long long)first_seq, (unsigned long long)last_seq);
    int err = store_hole_add(in->st, d->device_no, first_seq, last_seq, intake_now_s(in), chain, assumed);
    d->acked_seq = last_seq;
    d->chain = chain;
    return err ? err : intake_audit(in, AUDIT_LOST, "centre", text);
}

int device_found(struct intake *in, struct store_device *d, uint64_t first_seq)
{
    char text[96];
    snprintf(text, sizeof text, "device=%llu first_seq=%llu last_seq=%llu", (unsigned long long)d->device_no,
             (unsigned long long)first_seq, (unsigned long long)d->acked_seq);
    sam_log(SAM_LOG_WARN, "found", "%s", text);
    int err = store_hole_drop(in->st, d->device_no, first_seq);
    d->acked_seq = first_seq - 1;
    if (!err)
        err = push_chain_at(in, d->device_no, d->acked_seq, &d->chain);
    return err ? err : intake_audit(in, AUDIT_FOUND, "centre", text);
}

int device_erase_journal(struct intake *in, const struct store_device *d)
{
    uint8_t p[24];
    sam_put_le64(p, d->device_no);
    sam_put_le64(p + 8, d->acked_seq);
    sam_put_le64(p + 16, d->chain);
    return intake_journal(in, JOURNAL_ERASE, 0, (struct sam_span){p, sizeof p});
}

int device_erase_replay(struct intake *in, struct sam_span payload)
{
    struct store_device d;
    if (payload.len != 24)
        return SAM_ECORRUPT;
    int err = store_device_get(in->st, sam_get_le64(payload.ptr), &d);
    uint64_t last_seq = sam_get_le64(payload.ptr + 8);
    if (err || d.acked_seq >= last_seq)
        return err == SAM_ENOTFOUND ? 0 : err;
    err = device_lost(in, &d, last_seq, sam_get_le64(payload.ptr + 16), true);
    return err ? err : store_device_put(in->st, &d);
}

static int invite_journal(struct intake *in, const struct store_invite *inv)
{
    uint8_t p[8 * 5 + SAM_HASH_BYTES + sizeof inv->label];
    const uint64_t head[5] = {inv->id, inv->org, inv->used_by, (uint64_t)inv->made_s, (uint64_t)inv->expires_s};
    for (int i = 0; i < 5; i++)
        sam_put_le64(p + 8 * i, head[i]);
    memcpy(p + 40, inv->code_hash, SAM_HASH_BYTES);
    memcpy(p + 40 + SAM_HASH_BYTES, inv->label, sizeof inv->label);
    return intake_journal(in, JOURNAL_INVITE, 0, (struct sam_span){p, sizeof p});
}

int invite_replay(struct intake *in, struct sam_span payload)
{
    struct store_invite inv = {0};
    if (payload.len != 40 + SAM_HASH_BYTES + sizeof inv.label)
        return SAM_ECORRUPT;
    const uint8_t *p = payload.ptr;
    inv.id = sam_get_le64(p);
    inv.org = sam_get_le64(p + 8);
    inv.used_by = sam_get_le64(p + 16);
    inv.made_s = (int64_t)sam_get_le64(p + 24);
    inv.expires_s = (int64_t)sam_get_le64(p + 32);
    memcpy(inv.code_hash, p + 40, SAM_HASH_BYTES);
    memcpy(inv.label, p + 40 + SAM_HASH_BYTES, sizeof inv.label);
    inv.label[sizeof inv.label - 1] = 0;
    return store_invite_put(in->st, &inv);
}

/* ---- invite */

static void label_set(char to[SAM_NAME_BYTES_MAX + 1], const char *from)
{
    size_t n = from ? strnlen(from, SAM_NAME_BYTES_MAX) : 0;
    if (n)
        memcpy(to, from, n);
    memset(to + n, 0, SAM_NAME_BYTES_MAX + 1 - n);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)to[i] < 0x20 || to[i] == 0x7f)
            to[i] = '?';
    for (size_t i = 0; i < n && !sam_text_ok((struct sam_span){(const uint8_t *)to, n}); i++)
        if ((unsigned char)to[i] >= 0x80) /* not UTF-8: plain letters stay readable */
            to[i] = '?';
}

int intake_invite(struct intake *in, uint64_t org, const char *label, struct intake_invite *out)
{
    struct store_scope *scope;
    struct store_invite inv = {.org = org};
    *out = (struct intake_invite){.org = org};
    int err = scope_get(in, org, &scope);
    if (err || !scope || scope->org != org)
        return err ? err : SAM_ENOTFOUND;
    err = sam_random(out->code, SAM_CODE_DRAWN_BYTES);
    if (!err)
        err = sam_sha256(out->code, sizeof out->code, inv.code_hash);
    label_set(inv.label, label);
    inv.made_s = intake_now_s(in);
    inv.expires_s = inv.made_s + SAM_INVITE_LIFE_S;
    if (!err)
        err = store_invite_put(in->st, &inv);
    out->id = inv.id;
    out->expires_s = inv.expires_s;
    return err ? err : invite_journal(in, &inv);
}

/* ---- join */

static int answer(struct intake *in, const struct store_device *d, const uint8_t key[SAM_KEY_BYTES],
                  struct intake_joined *out)
{
    struct sam_key org = {.entity = SAM_ORG_UNIT, .part = {d->org}};
    struct store_row row;
    out->joined = (struct sam_joined){
        .device_no = d->device_no, .org = d->org, .state = d->state, .server_time_s = intake_now_s(in)};
    int err = store_row_get(in->st, &org, &row);
    if (!err && row.exists && sam_row_has(&row.row, SAM_ORG_UNIT_name)) {
        struct sam_span name = row.row.val[SAM_ORG_UNIT_name].text;
        size_t n = name.len < SAM_NAME_BYTES_MAX ? name.len : SAM_NAME_BYTES_MAX;
        memcpy(out->joined.clinic, name.ptr, n);
    }
    return err ? err : ticket_make(in, d, key, &out->joined);
}

static int refuse(struct intake_joined *out, uint32_t code, const char *text)
{
    error_set(&out->error, code, 0, 0, text);
    return 0;
}

static int device_make(struct intake *in, const struct sam_join *j, struct store_device *d)
{
    int err = store_device_no_next(in->st, &d->device_no);
    if (!err)
        err = key_seal(in, j->key, d);
    label_set(d->label, j->label);
    d->joined_s = intake_now_s(in);
    d->schema = j->schema;
    if (!err)
        err = store_device_put(in->st, d);
    return err ? err : device_journal(in, d);
}

static int digits(const struct sam_join *j, uint32_t *out)
{
    uint8_t hash[SAM_HASH_BYTES];
    uint64_t n = 0;
    int err = sam_sha256_2(j->key, SAM_KEY_BYTES, j->code, SAM_CODE_BYTES, hash);
    for (int i = 0; i < 8; i++)
        n = n << 8 | hash[i];
    *out = (uint32_t)(n % CONFIRM_MODULUS);
    return err;
}

static int join_by_code(struct intake *in, const struct sam_join *j, struct intake_joined *out)
{
    uint8_t hash[SAM_HASH_BYTES];
    struct store_invite inv;
    struct store_device d = {.state = SAM_DEVICE_PENDING};
    int err = sam_sha256(j->code, SAM_CODE_BYTES, hash);
    if (!err)
        err = store_invite_by_code(in->st, hash, &inv);
    if (err)
        return err == SAM_ENOTFOUND ? refuse(out, SAM_ERROR_CODE_REFUSED, "this invite is used, expired or wrong")
                                    : err;
    if (inv.used_by) {
        sam_log(SAM_LOG_WARN, "code_used_twice", "invite=%llu device=%llu", (unsigned long long)inv.id,
                (unsigned long long)inv.used_by);
        return refuse(out, SAM_ERROR_CODE_REFUSED, "this invite is used, expired or wrong");
    }
    if (intake_now_s(in) > inv.expires_s)
        return refuse(out, SAM_ERROR_CODE_REFUSED, "this invite is used, expired or wrong");
    d.org = inv.org;
    err = digits(j, &d.digits);
    if (!err)
        err = device_make(in, j, &d);
    if (!err && d.label[0] == 0 && inv.label[0]) {
        memcpy(d.label, inv.label, sizeof d.label);
        err = store_device_put(in->st, &d);
        if (!err)
            err = device_journal(in, &d);
    }
    inv.used_by = d.device_no;
    if (!err)
        err = store_invite_put(in->st, &inv);
    if (!err)
        err = invite_journal(in, &inv);
    return err ? err : answer(in, &d, j->key, out);
}

static int join_by_fork(struct intake *in, const struct sam_join *j, struct sam_span body, const uint8_t *mac,
                        struct intake_joined *out)
{
    struct store_device up, d = {0};
    uint8_t key[SAM_KEY_BYTES], want[SAM_MAC_BYTES];
    int err = store_device_get(in->st, j->parent, &up);
    if (err || j->parent == SAM_DEVICE_NO_CONSOLE)
        return err && err != SAM_ENOTFOUND ? err : refuse(out, SAM_ERROR_DEVICE_UNKNOWN, "unknown device");
    err = device_key_open(in, &up, key);
    struct sam_mac_key *mac_key = err ? NULL : sam_mac_key_new(key, "hello");
    if (!err)
        err = mac_key ? sam_mac(mac_key, SAM_FRAME_JOIN, body, (struct sam_span){0}, want) : SAM_ENOMEM;
    sam_mac_key_free(mac_key);
    sam_wipe(key, sizeof key);
    if (err)
        return err;
    if (!sam_equal_ct(want, mac, sizeof want) || j->fork_seq > up.acked_seq)
        return refuse(out, SAM_ERROR_BAD_MAC, "the proof does not fit");
    d.org = up.org;
    d.parent = up.device_no;
    d.fork_seq = j->fork_seq;
    d.state = up.state == SAM_DEVICE_WIPED ? SAM_DEVICE_REVOKED : up.state; /* this one is here */
    err = device_make(in, j, &d);
    if (!err)
        err = device_parent_mark(in, up.device_no);
    return err ? err : answer(in, &d, j->key, out);
}

int intake_join(struct intake *in, const struct sam_join *j, struct sam_span body, const uint8_t mac[SAM_MAC_BYTES],
                struct intake_joined *out)
{
    struct store_device known;
    uint8_t hash[SAM_HASH_BYTES];
    memset(out, 0, sizeof *out);
    int err = sam_sha256(j->key, SAM_KEY_BYTES, hash);
    if (!err)
        err = store_device_by_key(in->st, hash, &known);
    if (err == 0) /* the same device again: its answer was lost */
        return answer(in, &known, j->key, out);
    if (err != SAM_ENOTFOUND)
        return err;
    return j->parent ? join_by_fork(in, j, body, mac, out) : join_by_code(in, j, out);
}

/* ---- states */

/* What was forked from it follows; but a number that was shut out is let in by its own name only. */
static int child_state(struct intake *in, uint64_t child, enum sam_device_state state)
{
    struct store_device d;
    int err = store_device_get(in->st, child, &d);
    bool out = !err && (d.state == SAM_DEVICE_REVOKED || d.state == SAM_DEVICE_WIPED);
    sam_wipe(d.key, sizeof d.key);
    return err || (out && state != SAM_DEVICE_REVOKED) ? err : intake_device_state(in, child, state);
}

int intake_device_state(struct intake *in, uint64_t device_no, enum sam_device_state state)
{
    struct store_device d;
    int err = device_no == SAM_DEVICE_NO_CONSOLE ? SAM_EDENIED : store_device_get(in->st, device_no, &d);
    if (err)
        return err;
    d.state = state;
    err = store_device_put(in->st, &d);
    if (!err)
        err = device_journal(in, &d);
    uint64_t child = 0;
    while (!err && (err = store_device_child(in->st, device_no, child, &child)) == 0)
        err = child_state(in, child, state);
    return err == SAM_ENOTFOUND ? 0 : err;
}
