/* Goal: what a tablet has saved is there after any reopening, under its key alone, in one chain, and on screen. */
#include "tests/unit/test_sdk_centre.h"

#include "client-sdk/src/client.h"
#include "client-sdk/src/outbox.h"
#include "client-sdk/src/retry.h"
#include "proto/wire/proof.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

struct fixture {
    char path[300];
    struct centre *c;
    struct samling *s;
};

static int setup(void **state)
{
    static int n;
    struct fixture *f = calloc(1, sizeof *f);
    char what[16];
    snprintf(what, sizeof what, "store%d", n++);
    store_name(f->path, sizeof f->path, what);
    store_remove(f->path);
    f->c = centre_new();
    centre_group(f->c, GROUP_SCOPE, 12);
    f->s = device_joined(f->path, f->c);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    samling_close(f->s);
    centre_free(f->c);
    store_remove(f->path);
    free(f);
    return 0;
}

static void reopen(struct fixture *f)
{
    struct samling *s;
    samling_close(f->s);
    f->s = NULL;
    assert_int_equal(samling_open(f->path, store_key, &s), 0);
    f->s = s;
}

static void wrong_key(void **state)
{
    struct fixture *f = *state;
    struct samling *other;
    uint8_t key[32] = {1};
    assert_int_equal(samling_open(f->path, store_key, &other), SAMLING_EBUSY);
    assert_null(other);
    samling_close(f->s);
    f->s = NULL;
    assert_int_equal(samling_open(f->path, key, &other), SAMLING_EAUTH);
    assert_int_equal(samling_open("/nowhere/at/all", store_key, &other), SAMLING_EIO);
    FILE *junk = fopen("/dev/null", "r");
    fclose(junk);
    assert_int_equal(samling_open(f->path, store_key, &f->s), 0);
}

/* What another process would meet: whose lock is on the store; 0: nobody's. A lock of the asking process does not count. */
static pid_t lock_holder(const char *path)
{
    const off_t sqlite_locks = 0x40000000;
    int status, pipe_fd[2];
    pid_t holder = 0;
    assert_int_equal(pipe(pipe_fd), 0);
    pid_t child = fork();
    if (child == 0) {
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = sqlite_locks, .l_len = 512};
        int fd = open(path, O_RDWR);
        if (fd < 0 || fcntl(fd, F_GETLK, &lock))
            _exit(1);
        pid_t answer = lock.l_type == F_UNLCK ? 0 : lock.l_pid;
        _exit(write(pipe_fd[1], &answer, sizeof answer) != (ssize_t)sizeof answer);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(read(pipe_fd[0], &holder, sizeof holder), sizeof holder);
    close(pipe_fd[0]);
    close(pipe_fd[1]);
    return holder;
}

/* POSIX drops all of a process's locks on a file as soon as it closes any descriptor of it. */
static void opening_twice_drops_no_lock(void **state)
{
    struct fixture *f = *state;
    struct samling *other;
    assert_int_equal(lock_holder(f->path), getpid());
    assert_int_equal(samling_open(f->path, store_key, &other), SAMLING_EBUSY);
    assert_int_equal(lock_holder(f->path), getpid());
    samling_close(f->s);
    f->s = NULL;
    assert_int_equal(lock_holder(f->path), 0);
    assert_int_equal(samling_open(f->path, store_key, &f->s), 0);
}

static void not_a_store(void **state)
{
    (void)state;
    struct samling *s;
    char path[300];
    store_name(path, sizeof path, "junk");
    FILE *f = fopen(path, "w");
    for (int i = 0; i < 5000; i++)
        fputc('x', f);
    fclose(f);
    assert_int_equal(samling_open(path, store_key, &s), SAMLING_ECORRUPT);
    assert_null(s);
    store_remove(path);
}

static void reads(void **state)
{
    struct fixture *f = *state;
    struct samling_group *g;
    struct samling_user *u;
    struct samling_session *e;
    struct samling_line *l;
    size_t n;
    assert_int_equal(samling_groups(f->s, &g, &n), 0);
    assert_int_equal(n, 1);
    assert_string_equal(g[0].name, "Ryggskole");
    assert_string_equal(g[0].code, "SSK-1");
    assert_int_equal(g[0].participants, 12);
    samling_list_free(g);
    assert_int_equal(samling_users(f->s, &u, &n), 0);
    assert_int_equal(n, 1);
    assert_string_equal(u[0].name, "Kari");
    samling_list_free(u);
    assert_int_equal(samling_sessions(f->s, GROUP_SCOPE, &e, &n), 0);
    assert_int_equal(n, 2);
    assert_int_equal(e[0].id, SESSION);
    assert_int_equal(e[1].day, 19682);
    samling_list_free(e);
    assert_int_equal(samling_sheet(f->s, SESSION, &l, &n), 0);
    assert_int_equal(n, 12);
    assert_string_equal(l[0].name, "Deltaker 001");
    assert_int_equal(l[0].enrolment, 4);
    assert_int_equal(l[0].state, SAMLING_NO_RECORD);
    assert_int_equal(l[0].minutes, -1);
    samling_list_free(l);
    assert_int_equal(samling_sheet(f->s, 999, &l, &n), SAMLING_ENOTFOUND);
    assert_null(l);
    assert_int_equal(samling_sessions(f->s, 999, &e, &n), SAMLING_ENOTFOUND);
}

static void saved_is_there(void **state)
{
    struct fixture *f = *state;
    struct samling_status st;
    for (int i = 0; i < 12; i++)
        mark(f->s, SESSION, PERSON + (uint64_t)i, 1 + i % 3);
    reopen(f);
    assert_int_equal(samling_status(f->s, &st), 0);
    assert_int_equal(st.saved, 12);
    assert_int_equal(st.waiting, 12);
    assert_true(st.retry_in_s >= 0);
    for (int i = 0; i < 12; i++) {
        struct samling_line l = sheet_line(f->s, SESSION, PERSON + (uint64_t)i);
        assert_int_equal(l.presence, 1 + i % 3);
        assert_int_equal(l.state, SAMLING_WAITING);
    }
}

static void batches_are_whole(void **state)
{
    struct fixture *f = *state;
    struct samling_status st;
    struct samling_mark m[3] = {mark_of(SESSION, PERSON, 1), mark_of(SESSION, PERSON + 1, 1),
                                mark_of(SESSION, PERSON + 2, 9)};
    assert_int_equal(samling_mark_all(f->s, USER, m, 3), SAMLING_ERANGE);
    m[2].presence = 2;
    m[2].participant = 9999;
    assert_int_equal(samling_mark_all(f->s, USER, m, 3), SAMLING_ENOTFOUND);
    assert_int_equal(samling_mark_all(f->s, 77, m, 2), SAMLING_ENOTFOUND);
    samling_status(f->s, &st);
    assert_int_equal(st.saved, 0);
    assert_int_equal(sheet_line(f->s, SESSION, PERSON).state, SAMLING_NO_RECORD);
    assert_int_equal(samling_mark_all(f->s, USER, m, 2), 0);
    samling_status(f->s, &st);
    assert_int_equal(st.saved, 2);
}

static void chain_is_whole(void **state)
{
    struct fixture *f = *state;
    struct sam_buf body;
    struct sam_push p;
    struct sam_walk w;
    struct sam_span op;
    unsigned count;
    uint64_t chain = 0;
    uint8_t hash[SAM_HASH_BYTES];
    struct sam_mac_key *k = sam_mac_key_new(f->c->key, "push");
    for (int i = 0; i < 9; i++)
        mark(f->s, SESSION, PERSON + (uint64_t)i, 1);
    reopen(f);
    sam_buf_init(&body, SAM_FRAME_INFLATED_BYTES_MAX);
    assert_int_equal(sam_outbox_push(f->s, k, 1, 48u << 10, 0, &body, &count), 0);
    assert_int_equal(count, 9);
    struct sam_span plain = sam_buf_peek(&body);
    plain.len -= SAM_MAC_BYTES;
    assert_int_equal(sam_push_decode(plain, &p), 0);
    w = (struct sam_walk){p.body};
    while (sam_push_next_op(&w, &op) == 1) {
        assert_int_equal(sam_sha256(op.ptr, op.len, hash), 0);
        assert_int_equal(sam_chain_next(chain, hash, &chain), 0);
    }
    assert_true(chain == p.chain);
    assert_true(chain == sam_meta(f->s, last_chain));
    /* a small budget takes fewer, and none is not an error */
    assert_int_equal(sam_outbox_push(f->s, k, 1, 150, 0, &body, &count), 0);
    assert_true(count > 0 && count < 9);
    assert_int_equal(sam_outbox_push(f->s, k, 1, 20, 0, &body, &count), 0);
    assert_int_equal(count, 0);
    assert_int_equal(sam_outbox_push(f->s, k, 10, 48u << 10, 0, &body, &count), 0);
    assert_int_equal(count, 0);
    /* to the byte: an op, 4 in front of it and 64 for what stands around all of them */
    assert_int_equal(sam_outbox_push(f->s, k, 1, 48u << 10, 0, &body, &count), 0);
    plain = sam_buf_peek(&body);
    plain.len -= SAM_MAC_BYTES;
    assert_int_equal(sam_push_decode(plain, &p), 0);
    w = (struct sam_walk){p.body};
    assert_int_equal(sam_push_next_op(&w, &op), 1);
    size_t room = op.len + 4 + 64;
    assert_int_equal(sam_outbox_push(f->s, k, 1, room - 1, 0, &body, &count), 0);
    assert_int_equal(count, 0);
    assert_int_equal(sam_outbox_push(f->s, k, 1, room, 0, &body, &count), 0);
    assert_int_equal(count, 1);
    assert_true(sam_buf_len(&body) <= room);
    sam_buf_fini(&body);
    sam_mac_key_free(k);
}

static void units_stay_together(void **state)
{
    struct fixture *f = *state;
    struct samling_mark m = mark_of(SESSION, PERSON, 1);
    m.reason = 3;
    m.minutes = 45;
    m.arrived_min = 605;
    m.late = 1;
    assert_int_equal(samling_mark(f->s, USER, &m), 0);
    struct samling_line l = sheet_line(f->s, SESSION, PERSON);
    assert_int_equal(l.reason, 3);
    assert_int_equal(l.minutes, 45);
    assert_int_equal(l.arrived_min, 605);
    assert_int_equal(l.left_min, -1);
    assert_int_equal(l.late, 1);
    m = mark_of(SESSION, PERSON, 2); /* presence sets its unit anew, the rest stays */
    m.left_min = 700;                /* and so does one of the three times */
    assert_int_equal(samling_mark(f->s, USER, &m), 0);
    l = sheet_line(f->s, SESSION, PERSON);
    assert_int_equal(l.presence, 2);
    assert_int_equal(l.reason, -1);
    assert_int_equal(l.minutes, -1);
    assert_int_equal(l.left_min, 700);
    assert_int_equal(l.late, 1);
}

static void own_sessions(void **state)
{
    struct fixture *f = *state;
    struct samling_session *e;
    uint64_t id, other;
    size_t n;
    assert_int_equal(samling_session_add(f->s, USER, GROUP_SCOPE, 19675, 600, &id), SAMLING_EEXIST);
    assert_int_equal(id, SESSION);
    assert_int_equal(samling_session_add(f->s, USER, GROUP_SCOPE, 19676, 600, &id), 0);
    assert_int_equal(id >> 40, 5);
    assert_int_equal(samling_session_add(f->s, USER, GROUP_SCOPE, 19677, -1, &other), 0);
    assert_int_not_equal(id, other);
    assert_int_equal(samling_session_add(f->s, USER, 12345, 19677, -1, &other), SAMLING_ENOTFOUND);
    mark(f->s, id, PERSON, 1);
    assert_int_equal(samling_session_status(f->s, USER, id, 1, -1), 0);
    assert_int_equal(samling_session_status(f->s, USER, SESSION, 2, 4), 0);
    assert_int_equal(samling_session_status(f->s, USER, SESSION, 7, -1), SAMLING_ERANGE);
    reopen(f);
    assert_int_equal(samling_sessions(f->s, GROUP_SCOPE, &e, &n), 0);
    assert_int_equal(n, 4);
    assert_int_equal(e[0].status, 2);
    assert_int_equal(e[1].id, id);
    assert_int_equal(e[1].status, 1);
    assert_int_equal(e[1].planned, 0);
    samling_list_free(e);
    assert_int_equal(sheet_line(f->s, id, PERSON).presence, 1);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(sheet_line(f->s, id, PERSON).presence, 1);
    assert_int_equal(sheet_line(f->s, id, PERSON).state, SAMLING_AT_CENTRE);
}

static int64_t clock_at(void *ctx)
{
    return *(int64_t *)ctx;
}

static void clocks_decide_nothing(void **state)
{
    struct fixture *f = *state;
    struct samling_session *e;
    struct samling_status st;
    static const int64_t clocks[] = {0, 4291747200, -1, INT64_MAX, INT64_MIN, 1700000000};
    int64_t now = 0;
    samling_clock_set(f->s, clock_at, &now);
    for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
        now = clocks[i];
        mark(f->s, SESSION, PERSON + i, 1);
        samling_status(f->s, &st);
        samling_today(f->s);
        assert_int_equal(st.waiting, 1);
        assert_true(st.oldest_waiting_s >= 0);
        assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
        samling_status(f->s, &st);
        assert_int_equal(st.waiting, 0);
        assert_int_equal(st.clock_suspect, i < 5);
        int err = samling_session_near(f->s, GROUP_SCOPE, &e);
        assert_int_equal(err, i < 5 ? SAMLING_ECLOCK : 0);
        if (!err)
            assert_int_equal(e[0].id, SESSION);
        samling_list_free(e);
        assert_int_equal(sheet_line(f->s, SESSION, PERSON + i).state, SAMLING_AT_CENTRE);
    }
    now = 1700000000 + 61 * 86400; /* a clock that jumped since */
    samling_status(f->s, &st);
    assert_int_equal(st.clock_suspect, 1);
    reopen(f);
}

static void sealed_is_sealed(void **state)
{
    struct fixture *f = *state;
    char other[400];
    mark(f->s, SESSION, PERSON, 1);
    samling_close(f->s);
    f->s = NULL;
    const char *names[2] = {f->path, other};
    snprintf(other, sizeof other, "%s-wal", f->path);
    for (int i = 0; i < 2; i++) {
        FILE *in = fopen(names[i], "rb");
        if (!in)
            continue;
        char *all = calloc(1, 1 << 20);
        size_t n = fread(all, 1, 1 << 20, in);
        fclose(in);
        assert_null(memmem(all, n, "Deltaker", 8));
        assert_null(memmem(all, n, "Ryggskole", 9));
        assert_null(memmem(all, n, "Kari", 4));
        assert_null(memmem(all, n, f->c->key, 32));
        free(all);
    }
    assert_int_equal(samling_open(f->path, store_key, &f->s), 0);
}

static void bodies_stay_in_place(void **state)
{
    struct fixture *f = *state;
    struct samling_line *l;
    size_t n;
    /* the bodies of two rows are swapped behind the library's back */
    assert_int_equal(sqlite3_exec(f->s->store.db,
                                  "UPDATE row SET body = (SELECT body FROM row WHERE entity = 12 AND k1 = 52) "
                                  "WHERE entity = 12 AND k1 = 51",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(samling_sheet(f->s, SESSION, &l, &n), SAMLING_ECORRUPT);
    assert_null(l);
}

/* A full disk: a clear error, nothing half saved, and all goes on when there is room again. */
static void full_disk(void **state)
{
    struct fixture *f = *state;
    struct samling_status st;
    uint64_t saved = 0;
    int err = 0;
    assert_int_equal(sqlite3_exec(f->s->store.db, "PRAGMA max_page_count = 30", NULL, NULL, NULL), SQLITE_OK);
    for (int i = 0; i < 2000 && !err; i++) {
        struct samling_mark m = mark_of(SESSION, PERSON + (uint64_t)i % 12, 1 + i % 4);
        err = samling_mark(f->s, USER, &m);
        saved += !err;
    }
    assert_int_equal(err, SAMLING_EFULL);
    assert_true(saved > 0);
    samling_status(f->s, &st);
    assert_int_equal(st.saved, saved);
    converse(f->s, f->c, SIZE_MAX); /* what is sent arrives, though the acks may find no room */
    assert_true(f->c->op_count > 0);
    centre_group(f->c, OTHER_SCOPE, 400);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 0); /* what comes finds none */
    assert_true(samling_retry_in_ms(f->s) > 0);
    assert_int_equal(sqlite3_exec(f->s->store.db, "PRAGMA max_page_count = 100000", NULL, NULL, NULL), SQLITE_OK);
    mark(f->s, SESSION, PERSON, 1);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(f->c->op_count, saved + 1);
    samling_status(f->s, &st);
    assert_int_equal(st.scopes_filled, 2);
    assert_int_equal(st.waiting, 0);
}

static void retry_is_armed(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(samling_retry_in_ms(f->s), -1);
    mark(f->s, SESSION, PERSON, 1);
    assert_true(samling_retry_in_ms(f->s) == 0);
    int64_t most = 0;
    for (int i = 0; i < 14; i++) {
        sam_retry_failed(f->s, 0);
        int64_t ms = samling_retry_in_ms(f->s);
        assert_true(ms >= 900 && ms <= 900 * 1000);
        most = ms > most ? ms : most;
    }
    assert_true(most > 400 * 1000);
    reopen(f);
    assert_true(samling_retry_in_ms(f->s) > 300 * 1000);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(samling_retry_in_ms(f->s), -1);
}

/* The code alone joins where the line checks the server itself; the library's own line does not go anywhere with it. */
static void typed(void **state)
{
    struct fixture *f = *state;
    struct samling *s;
    struct samling_report report;
    char digits[2][7], path[sizeof f->path + 8];
    snprintf(path, sizeof path, "%s.typed", f->path);
    assert_int_equal(samling_open(path, store_key, &s), 0);
    static const char *const bad[] = {"", "7K3Q-M0ZD-V9XT", "7K3Q-M0ZD-V9XT-2RBU", "7K3Q-M0ZD-V9XT-2RBN-1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(samling_join_typed(s, bad[i], "localhost", 7311, ""), SAMLING_EUSAGE);
    assert_int_equal(samling_join_typed(s, NULL, "localhost", 7311, ""), SAMLING_EUSAGE);
    assert_int_equal(samling_join_typed(s, "7K3Q-M0ZD-V9XT-2RBN", "", 7311, ""), SAMLING_EUSAGE);
    assert_int_equal(samling_join_typed(s, "7K3Q-M0ZD-V9XT-2RBN", NULL, 7311, ""), SAMLING_EUSAGE);
    assert_int_equal(samling_join_typed(s, "7K3Q-M0ZD-V9XT-2RBN", "localhost", 0, ""), SAMLING_EUSAGE);
    assert_int_equal(samling_join_digits(s, digits[0]), SAMLING_ESTATE);
    assert_int_equal(samling_join_typed(s, "7K3Q-M0ZD-V9XT-2RBN", "localhost", 1, "tablet"), 0);
    assert_int_equal(samling_join_digits(s, digits[0]), 0);
    assert_int_equal(samling_join_typed(s, " 7k3qmozd v9xt2rbn", "localhost", 1, "tablet"), 0);
    assert_int_equal(samling_join_digits(s, digits[1]), 0);
    assert_string_equal(digits[0], digits[1]); /* the same code: the same key */
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 4), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    assert_int_equal(samling_join_typed(s, "7K3Q-M0ZD-V9XT-2RBN", "127.0.0.1", ntohs(at.sin_port), "tablet"), 0);
    assert_int_equal(samling_sync_once(s, 5000, 0, &report), SAMLING_ETLS);
    close(fd);
    samling_close(s);
    unlink(path);
}

static void unlocked_by_telephone(void **state)
{
    struct fixture *f = *state;
    struct samling *fresh;
    uint8_t key[SAM_KEY_BYTES];
    char code[15], want[15], path[sizeof f->path + 8];
    assert_int_equal(sam_meta_secret(f->s, "key", key, sizeof key), 0);
    for (uint64_t n = 1; n < 4; n++) {
        assert_int_equal(sam_unlock_code(key, n, want), 0);
        assert_int_equal(samling_unlock_code(f->s, n, code), 0);
        assert_string_equal(code, want);
    }
    assert_int_equal(samling_unlock_code(f->s, 0, code), SAMLING_EUSAGE);
    assert_string_equal(code, "");
    snprintf(path, sizeof path, "%s.fresh", f->path);
    assert_int_equal(samling_open(path, store_key, &fresh), 0);
    assert_int_equal(samling_unlock_code(fresh, 1, code), SAMLING_ESTATE);
    assert_int_equal(samling_join_typed(fresh, "7K3Q-M0ZD-V9XT-2RBN", "localhost", 1, ""), 0);
    assert_int_equal(samling_unlock_code(fresh, 1, code), SAMLING_ESTATE); /* the centre does not know the key yet */
    samling_close(fresh);
    unlink(path);
}

static void invites(void **state)
{
    (void)state;
    struct samling_invite v;
    char good[400];
    const char *pin = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF",
               *code = "000102030405060708090a0b0c0d0e0f";
    snprintf(good, sizeof good, "samling://[::1]:4711/?pin=%s&code=%s&clinic=Sandnessj%%C3%%B8en+2&more=1", pin, code);
    assert_int_equal(samling_invite_parse(good, &v), 0);
    assert_string_equal(v.host, "::1");
    assert_int_equal(v.port, 4711);
    assert_int_equal(v.pin[1], 0x11);
    assert_int_equal(v.code[15], 15);
    assert_string_equal(v.clinic, "Sandnessj\xc3\xb8"
                                  "en 2");
    static const struct {
        const char *start, *host;
        uint16_t port;
    } web[] = {{"https://centre.example:7311/tablet/#", "centre.example", 7311},
               {"https://centre.example/tablet/#", "centre.example", 443},
               {"https://[2001:db8::1]:7311/tablet/#", "2001:db8::1", 7311},
               {"https://[2001:db8::1]/tablet/#", "2001:db8::1", 443}};
    for (size_t i = 0; i < sizeof web / sizeof web[0]; i++) {
        char text[400];
        snprintf(text, sizeof text, "%spin=%s&code=%s&clinic=Bod%%C3%%B8", web[i].start, pin, code);
        assert_int_equal(samling_invite_parse(text, &v), 0);
        assert_string_equal(v.host, web[i].host);
        assert_int_equal(v.port, web[i].port);
        assert_int_equal(v.pin[31], 0xff);
        assert_int_equal(v.code[15], 15);
        assert_string_equal(v.clinic, "Bod\xc3\xb8");
        for (size_t n = 0; n < strlen(text); n++) {
            char *part = strndup(text, n);
            samling_invite_parse(part, &v);
            free(part);
        }
        snprintf(text, sizeof text, "%scode=%s", web[i].start, code); /* without a pin it is none */
        assert_int_equal(samling_invite_parse(text, &v), SAMLING_EUSAGE);
    }
    static const char *const nowhere[] = {
        "https://[[.]]/tablet/#",  "https://[a.no]/tablet/#",   "https://[]/tablet/#",
        "https://a@b.no/tablet/#", "https://a b/tablet/#",      "https://::1:7311/tablet/#",
        "samling://[[::1]]:1/?",   "samling://bod\xc3\xb8:1/?", "samling://a:b:1/?"};
    for (size_t i = 0; i < sizeof nowhere / sizeof nowhere[0]; i++) {
        char text[400];
        snprintf(text, sizeof text, "%spin=%s&code=%s", nowhere[i], pin, code);
        assert_int_equal(samling_invite_parse(text, &v), SAMLING_EUSAGE);
    }
    static const char *const bad[] = {"",
                                      "https://",
                                      "https://host/",
                                      "https://host/tablet/",
                                      "https://host/tablet/#",
                                      "https://host/tablet/?pin=00",
                                      "https:///tablet/#pin=00",
                                      "https://host:/tablet/#pin=00",
                                      "http://host/tablet/#pin=00",
                                      "samling://host",
                                      "http://x",
                                      "samling://",
                                      "samling://host/?pin=00",
                                      "samling://host:0/?",
                                      "samling://host:70000/?pin=&code=",
                                      "samling://:1/?a",
                                      "samling://host:1/",
                                      "samling://host:1/?&&&==",
                                      "samling://host:-1/?pin=1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(samling_invite_parse(bad[i], &v), SAMLING_EUSAGE);
    for (size_t n = 0; n < strlen(good); n++) { /* every beginning of a good one is read without a fault */
        char *part = strndup(good, n);
        samling_invite_parse(part, &v);
        free(part);
    }
    assert_int_equal(samling_invite_parse(NULL, &v), SAMLING_EUSAGE);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(wrong_key),
        cmocka_unit_test_setup_teardown(opening_twice_drops_no_lock, setup, teardown),
        cmocka_unit_test(not_a_store),
        T(reads),
        T(saved_is_there),
        T(batches_are_whole),
        T(chain_is_whole),
        T(units_stay_together),
        T(own_sessions),
        T(clocks_decide_nothing),
        T(sealed_is_sealed),
        T(bodies_stay_in_place),
        T(full_disk),
        T(retry_is_armed),
        cmocka_unit_test(invites),
        T(typed),
        T(unlocked_by_telephone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
