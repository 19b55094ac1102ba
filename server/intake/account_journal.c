/* What the journal keeps of an account: all of it, as it is after the change. Numbers are 64 bits, little-endian.
 *
 *   id user stamp step state invite_expires_s locked_until_s made_s login_s  roles codes has_secret invited
 *   name 0…  password 0…  sealed secret  invite hash  16 x (role org from_day to_day)  10 x (hash used_s) */
#include "server/intake/account.h"
#include "server/intake/intake_int.h"

#include "proto/base/err.h"

#include <string.h>

enum {
    NUMBERS = 13,
    ROLE_BYTES = 4 * 8,
    CODE_BYTES = SAM_HASH_BYTES + 8,
    NAME_BYTES = STORE_ACCOUNT_NAME_BYTES_MAX + 1,
    PASSWORD_BYTES = STORE_PASSWORD_BYTES_MAX + 1,
    NAME_AT = NUMBERS * 8,
    PASSWORD_AT = NAME_AT + NAME_BYTES,
    SECRET_AT = PASSWORD_AT + PASSWORD_BYTES,
    INVITE_AT = SECRET_AT + STORE_ACCOUNT_SECRET_BYTES,
    ROLES_AT = INVITE_AT + SAM_HASH_BYTES,
    CODES_AT = ROLES_AT + STORE_ACCOUNT_ROLES_MAX * ROLE_BYTES,
    RECORD_BYTES = CODES_AT + STORE_ACCOUNT_CODES_MAX * CODE_BYTES
};

static void roles_write(const struct store_account *a, uint8_t *p)
{
    for (unsigned i = 0; i < a->role_count; i++, p += ROLE_BYTES) {
        sam_put_le64(p, a->role[i].role);
        sam_put_le64(p + 8, a->role[i].org);
        sam_put_le64(p + 16, (uint64_t)(int64_t)a->role[i].from_day);
        sam_put_le64(p + 24, (uint64_t)(int64_t)a->role[i].to_day);
    }
}

int account_journal(struct intake *in, const struct store_account *a)
{
    uint8_t p[RECORD_BYTES] = {0};
    const uint64_t number[NUMBERS] = {a->id,
                                      a->user_id,
                                      a->stamp,
                                      a->step,
                                      a->state,
                                      (uint64_t)a->invite_expires_s,
                                      (uint64_t)a->locked_until_s,
                                      (uint64_t)a->made_s,
                                      (uint64_t)a->login_s,
                                      a->role_count,
                                      a->code_count,
                                      a->has_secret,
                                      a->invited};
    for (unsigned i = 0; i < NUMBERS; i++)
        sam_put_le64(p + (size_t)8 * i, number[i]);
    memcpy(p + NAME_AT, a->name, NAME_BYTES);
    memcpy(p + PASSWORD_AT, a->password, PASSWORD_BYTES);
    memcpy(p + SECRET_AT, a->secret, STORE_ACCOUNT_SECRET_BYTES);
    memcpy(p + INVITE_AT, a->invite, SAM_HASH_BYTES);
    roles_write(a, p + ROLES_AT);
    for (unsigned i = 0; i < a->code_count; i++) {
        memcpy(p + CODES_AT + (size_t)i * CODE_BYTES, a->code[i].hash, SAM_HASH_BYTES);
        sam_put_le64(p + CODES_AT + (size_t)i * CODE_BYTES + SAM_HASH_BYTES, (uint64_t)a->code[i].used_s);
    }
    int err = intake_journal(in, JOURNAL_ACCOUNT, 0, (struct sam_span){p, sizeof p});
    sam_wipe(p, sizeof p);
    return err;
}

static int64_t later(int64_t one, int64_t other)
{
    return one > other ? one : other;
}

static void numbers_read(const uint8_t *p, struct store_account *a)
{
    a->id = sam_get_le64(p);
    a->user_id = sam_get_le64(p + 8);
    a->stamp = sam_get_le64(p + 16);
    a->step = sam_get_le64(p + 24);
    a->state = (uint32_t)sam_get_le64(p + 32);
    a->invite_expires_s = (int64_t)sam_get_le64(p + 40);
    a->locked_until_s = (int64_t)sam_get_le64(p + 48);
    a->made_s = (int64_t)sam_get_le64(p + 56);
    a->login_s = (int64_t)sam_get_le64(p + 64);
    a->role_count = (unsigned)sam_get_le64(p + 72);
    a->code_count = (unsigned)sam_get_le64(p + 80);
    a->has_secret = sam_get_le64(p + 88) != 0;
    a->invited = sam_get_le64(p + 96) != 0;
}

static void texts_read(const uint8_t *p, struct store_account *a)
{
    memcpy(a->name, p + NAME_AT, NAME_BYTES);
    a->name[NAME_BYTES - 1] = 0;
    memcpy(a->password, p + PASSWORD_AT, PASSWORD_BYTES);
    a->password[PASSWORD_BYTES - 1] = 0;
    memcpy(a->secret, p + SECRET_AT, STORE_ACCOUNT_SECRET_BYTES);
    memcpy(a->invite, p + INVITE_AT, SAM_HASH_BYTES);
}

static void lists_read(const uint8_t *p, struct store_account *a)
{
    for (unsigned i = 0; i < a->role_count; i++) {
        const uint8_t *at = p + ROLES_AT + (size_t)i * ROLE_BYTES;
        a->role[i] =
            (struct store_account_role){sam_get_le64(at), sam_get_le64(at + 8), (int32_t)(int64_t)sam_get_le64(at + 16),
                                        (int32_t)(int64_t)sam_get_le64(at + 24)};
    }
    for (unsigned i = 0; i < a->code_count; i++) {
        const uint8_t *at = p + CODES_AT + (size_t)i * CODE_BYTES;
        memcpy(a->code[i].hash, at, SAM_HASH_BYTES);
        a->code[i].used_s = (int64_t)sam_get_le64(at + SAM_HASH_BYTES);
    }
}

int account_replay(struct intake *in, struct sam_span payload)
{
    struct store_account a, there;
    memset(&a, 0, sizeof a);
    if (payload.len != RECORD_BYTES)
        return SAM_ECORRUPT;
    numbers_read(payload.ptr, &a);
    if (!a.id || a.role_count > STORE_ACCOUNT_ROLES_MAX || a.code_count > STORE_ACCOUNT_CODES_MAX)
        return SAM_ECORRUPT;
    texts_read(payload.ptr, &a);
    lists_read(payload.ptr, &a);
    int err = store_account_get(in->st, a.id, &there);
    if (!err) { /* logins are not in the journal: what was used stays used */
        a.step = there.step > a.step ? there.step : a.step;
        a.login_s = later(a.login_s, there.login_s);
    }
    if (!err || err == SAM_ENOTFOUND)
        err = store_account_put(in->st, &a);
    if (!err)
        err = account_audit_replay(in, &a);
    sam_wipe(&there, sizeof there);
    sam_wipe(&a, sizeof a);
    return err;
}

int accounts_confirm(struct intake *in)
{
    struct store_account a = {0};
    int err = 0;
    while (!err && (err = store_account_next(in->st, a.id, &a)) == 0)
        err = account_journal(in, &a);
    sam_wipe(&a, sizeof a);
    return err == SAM_ENOTFOUND ? 0 : err;
}
