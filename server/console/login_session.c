/* Who is in. */
#include "server/console/login_int.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/base/log.h"
#include "proto/wire/crypto.h"

#include <string.h>

int login_proof(const struct store_account *a, uint8_t out[SAM_HASH_BYTES])
{
    return sam_sha256_2(a->password, strlen(a->password), a->secret, sizeof a->secret, out);
}

static uint64_t now_ms(struct login *l)
{
    return l->config.now_ms(l->config.ctx);
}

/* ---- ids */

static int id_draw(struct login *l, struct login_session *s, uint8_t id[LOGIN_ID_BYTES])
{
    int err = l->config.random(l->config.ctx, id, LOGIN_ID_BYTES);
    return err ? err : sam_sha256(id, LOGIN_ID_BYTES, s->own.hash);
}

/* The id before goes on until somebody has shown the new one, and a moment longer: the answer that sets it may be lost. */
static bool before_holds(const struct login_session *s, uint64_t now)
{
    return s->own.on_its_way || now < s->own.before_until_ms;
}

static void arrived(struct login_session *s, uint64_t now)
{
    sam_wipe(s->own.next, sizeof s->own.next);
    s->own.on_its_way = false;
    s->own.before_until_ms = now + LOGIN_GRACE_MS;
}

/* Each is looked at, so that the time says nothing of which it was. */
struct login_session *session_find(struct login *l, const uint8_t id[LOGIN_ID_BYTES])
{
    uint8_t hash[SAM_HASH_BYTES];
    struct login_session *found = NULL;
    uint64_t now = now_ms(l);
    if (sam_sha256(id, LOGIN_ID_BYTES, hash))
        return NULL;
    for (struct login_session *s = l->session; s < l->session + LOGIN_SESSIONS_MAX; s++) {
        bool is = sam_equal_ct(s->own.hash, hash, sizeof hash);
        bool was = sam_equal_ct(s->own.before, hash, sizeof hash) && before_holds(s, now);
        if (s->state != LOGIN_NONE && (is || was))
            found = s;
    }
    if (found && found->own.on_its_way && sam_equal_ct(found->own.hash, hash, sizeof hash))
        arrived(found, now);
    return found;
}

struct login_session *session_at(struct login *l, uint64_t no)
{
    for (struct login_session *s = l->session; no && s < l->session + LOGIN_SESSIONS_MAX; s++)
        if (s->state != LOGIN_NONE && s->no == no)
            return s;
    return NULL;
}

/* ---- coming and going */

void session_end(struct login *l, struct login_session *s)
{
    uint64_t no = s->no;
    sam_wipe(s, sizeof *s);
    l->config.ended(l->config.ctx, no);
}

static bool quieter(const struct login_session *s, const struct login_session *than)
{
    return !than || (s->state == LOGIN_HALF) > (than->state == LOGIN_HALF) ||
           ((s->state == LOGIN_HALF) == (than->state == LOGIN_HALF) && s->seen_ms < than->seen_ms);
}

/* A free place; else that of the account's, or of all, that was longest quiet, half open ones first. */
static struct login_session *place(struct login *l, uint64_t account)
{
    struct login_session *quiet = NULL, *own = NULL, *free_one = NULL;
    unsigned mine = 0;
    for (struct login_session *s = l->session; s < l->session + LOGIN_SESSIONS_MAX; s++) {
        if (s->state == LOGIN_NONE) {
            free_one = s;
            continue;
        }
        if (quieter(s, quiet))
            quiet = s;
        if (s->account == account && ++mine && quieter(s, own))
            own = s;
    }
    struct login_session *out = mine >= LOGIN_SESSIONS_PER_ACCOUNT_MAX ? own : free_one ? free_one : quiet;
    SAM_ASSERT(out);
    if (out->state != LOGIN_NONE)
        session_end(l, out);
    return out;
}

static void account_copy(struct login_session *s, const struct store_account *a)
{
    s->account = a->id;
    s->user_id = a->user_id;
    s->stamp = a->stamp;
    memcpy(s->name, a->name, sizeof s->name);
    s->role_count = a->role_count;
    memcpy(s->role, a->role, sizeof s->role);
}

int session_make(struct login *l, const struct store_account *a, uint8_t id[LOGIN_ID_BYTES])
{
    struct login_session *s = place(l, a->id);
    int err = id_draw(l, s, id);
    if (!err)
        err = login_proof(a, s->own.proof);
    if (err) {
        sam_wipe(s, sizeof *s);
        return err;
    }
    account_copy(s, a);
    s->no = ++l->session_last;
    s->state = LOGIN_HALF;
    s->opened_ms = s->seen_ms = now_ms(l);
    return 0;
}

int session_open(struct login *l, struct login_session *s, uint8_t id[LOGIN_ID_BYTES])
{
    int err = id_draw(l, s, id);
    if (err)
        return err;
    memset(s->own.before, 0, sizeof s->own.before);
    sam_wipe(s->own.next, sizeof s->own.next);
    s->own.on_its_way = false;
    s->own.before_until_ms = 0;
    if (s->state == LOGIN_HALF)
        s->opened_ms = now_ms(l);
    s->state = LOGIN_OPEN;
    s->seen_ms = s->proved_ms = now_ms(l);
    return 0;
}

/* ---- what the account says of it now */

enum verdict { HOLDS, RIGHTS_CHANGED, OVER };

static enum verdict account_verdict(struct login *l, struct login_session *s)
{
    struct store_account a;
    uint8_t proof[SAM_HASH_BYTES];
    enum verdict v = OVER;
    int err = store_account_get(l->config.reader, s->account, &a);
    if (!err && a.state == STORE_ACCOUNT_ACTIVE && login_proof(&a, proof) == 0 &&
        sam_equal_ct(proof, s->own.proof, sizeof proof)) {
        v = a.stamp == s->stamp ? HOLDS : RIGHTS_CHANGED;
        account_copy(s, &a);
    }
    sam_wipe(&a, sizeof a);
    return v;
}

static const char *time_over(const struct login_session *s, uint64_t now)
{
    if (s->state == LOGIN_HALF && now - s->opened_ms >= LOGIN_HALF_MS)
        return "second step not taken in time";
    return now - s->opened_ms >= LOGIN_LIFE_MS ? "session's time was over" : NULL;
}

/* false: it has ended. */
static bool look(struct login *l, struct login_session *s, enum verdict *v)
{
    const char *why = time_over(s, now_ms(l));
    *v = why ? OVER : account_verdict(l, s);
    if (*v == OVER) {
        login_note(l, s->account, why ? why : "session ended: the account is not what it was");
        session_end(l, s);
        return false;
    }
    if (s->state == LOGIN_OPEN && now_ms(l) - s->seen_ms >= LOGIN_IDLE_MS)
        s->state = LOGIN_IDLE;
    return true;
}

/* Under another id from now on. While that one is on its way it is told again to whoever comes with the one before. */
static int renew(struct login *l, struct login_session *s)
{
    uint8_t before[SAM_HASH_BYTES];
    memcpy(before, s->own.on_its_way ? s->own.before : s->own.hash, sizeof before);
    int err = id_draw(l, s, s->own.next);
    if (err)
        return err;
    memcpy(s->own.before, before, sizeof before);
    s->own.on_its_way = true;
    s->own.renew_due = false;
    return 0;
}

void login_look(struct login *l, const uint8_t id[LOGIN_ID_BYTES], bool used, struct login_look *out)
{
    enum verdict v;
    struct login_session *s = session_find(l, id);
    *out = (struct login_look){0};
    if (!s || !look(l, s, &v))
        return;
    if ((v == RIGHTS_CHANGED || s->own.renew_due) && renew(l, s)) {
        session_end(l, s);
        return;
    }
    out->renewed = s->own.on_its_way;
    if (out->renewed)
        memcpy(out->id, s->own.next, sizeof out->id);
    if (used && s->state == LOGIN_OPEN)
        s->seen_ms = now_ms(l);
    out->session = s;
}

void login_review(struct login *l)
{
    enum verdict v;
    for (struct login_session *s = l->session; s < l->session + LOGIN_SESSIONS_MAX; s++)
        if (s->state != LOGIN_NONE && look(l, s, &v) && v == RIGHTS_CHANGED)
            s->own.renew_due = true;
}

void login_kept(struct login *l, uint64_t session)
{
    struct store_account a;
    struct login_session *s = session_at(l, session);
    if (s && store_account_get(l->config.reader, s->account, &a) == 0) {
        if (login_proof(&a, s->own.proof))
            session_end(l, s);
        sam_wipe(&a, sizeof a);
    }
    login_review(l);
}

void login_logout(struct login *l, const uint8_t id[LOGIN_ID_BYTES])
{
    struct login_session *s = session_find(l, id);
    if (!s)
        return;
    if (s->state != LOGIN_HALF)
        login_note(l, s->account, "logged out");
    session_end(l, s);
}

unsigned login_count(const struct login *l)
{
    unsigned n = 0;
    for (unsigned i = 0; i < LOGIN_SESSIONS_MAX; i++)
        n += l->session[i].state != LOGIN_NONE;
    return n;
}

/* ---- tokens and texts */

static int token_of(struct login *l, const uint8_t hash[SAM_HASH_BYTES], uint8_t out[SAM_HASH_BYTES])
{
    struct sam_hmac h;
    int err = sam_hmac_init(&h, l->key, sizeof l->key);
    err = err ? err : sam_hmac_start(&h);
    err = err ? err : sam_hmac_update(&h, hash, SAM_HASH_BYTES);
    err = err ? err : sam_hmac_finish(&h, out);
    if (err)
        memset(out, 0, SAM_HASH_BYTES);
    sam_hmac_fini(&h);
    return err;
}

int login_token(struct login *l, const struct login_session *s, uint8_t out[SAM_HASH_BYTES])
{
    return token_of(l, s->own.hash, out);
}

bool login_token_ok(struct login *l, const struct login_session *s, const uint8_t token[SAM_HASH_BYTES])
{
    uint8_t want[SAM_HASH_BYTES], before[SAM_HASH_BYTES];
    if (token_of(l, s->own.hash, want) || token_of(l, s->own.before, before))
        return false;
    bool was = sam_equal_ct(before, token, sizeof before) && before_holds(s, now_ms(l));
    return sam_equal_ct(want, token, sizeof want) || was;
}

void login_text(const uint8_t id[LOGIN_ID_BYTES], char out[LOGIN_TEXT_BYTES])
{
    static const char digit[] = "0123456789abcdef";
    for (unsigned i = 0; i < LOGIN_ID_BYTES; i++) {
        out[2 * i] = digit[id[i] >> 4];
        out[2 * i + 1] = digit[id[i] & 15];
    }
    out[2 * LOGIN_ID_BYTES] = 0;
}

static int half_byte(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int login_text_read(const char *text, uint8_t id[LOGIN_ID_BYTES])
{
    bool bad = strnlen(text, LOGIN_TEXT_BYTES) != LOGIN_TEXT_BYTES - 1;
    for (unsigned i = 0; !bad && i < LOGIN_ID_BYTES; i++) {
        int high = half_byte(text[2 * i]), low = half_byte(text[2 * i + 1]);
        bad = high < 0 || low < 0;
        id[i] = (uint8_t)(bad ? 0 : high << 4 | low);
    }
    if (bad)
        memset(id, 0, LOGIN_ID_BYTES);
    return bad ? SAM_EPROTO : 0;
}
