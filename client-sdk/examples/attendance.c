/* A tablet in one page: join, fetch, show a sheet, mark one person present, send it.
 *
 *   attendance STORE [INVITE]
 *
 * STORE is the device's file; it is made where it is not there. INVITE (samling://…) is needed the first time only. After
 * joining, a coordinator approves the device on the centre; run the program again then.
 *
 * Everything here is samling.h alone. Link with -lsamling. */
#include <samling.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A real app keeps this key in the system's key store, or wraps it with the user's PIN. It is what protects a stolen
 * tablet, so it must never be a constant as here. */
static const uint8_t key[32] = "a tutorial's key, never a real o";

/* Every call gives 0 or a negative code; samling_errmsg says in words what went wrong. */
static int failed(const samling *s, const char *what, int err)
{
    fprintf(stderr, "%s: %s (%s)\n", what, samling_errmsg(s), samling_errname(err));
    return 1;
}

/* Sync for at most 20 s. Nothing is lost when this fails: what was saved stays saved, and samling_status tells when to try
 * again. That is why an app calls it in the background and never lets a user wait for it. */
static int sync_now(samling *s)
{
    struct samling_report r;
    int err = samling_sync_once(s, 20000, 0, &r);
    if (!err)
        printf("synced: %" PRIu64 " sent, %" PRIu64 " rows received, %" PRIu64 " bytes up, %" PRIu64 " down\n",
               r.ops_acked, r.rows_received, r.bytes_up, r.bytes_down);
    return err;
}

static int join(samling *s, const char *invite)
{
    char digits[7];
    int err = samling_join_begin(s, invite, "tutorial");
    if (err)
        return err;
    /* The coordinator sees the same six digits, and approves only if they are equal. */
    err = samling_join_digits(s, digits);
    if (!err)
        printf("compare on both screens: %s\n", digits);
    return err;
}

static void show_sheet(const struct samling_line *line, size_t count)
{
    static const char *const presence[] = {"-", "present", "absent, told", "no-show", "not expected"};
    static const char *const state[] = {"", "waiting", "at the centre", "look at this"};
    for (size_t i = 0; i < count; i++)
        printf("  %-24s %-14s %s\n", line[i].name, presence[line[i].presence], state[line[i].state]);
}

/* Mark the first person of the list as present. */
static int mark_first(samling *s, uint64_t user, uint64_t session)
{
    struct samling_line *line;
    size_t count;
    /* Reading the sheet also opens the form: the mark below is sent with what the user had seen here. */
    int err = samling_sheet(s, session, &line, &count);
    if (err)
        return err;
    show_sheet(line, count);
    if (count) {
        struct samling_mark mark = SAMLING_MARK_INIT; /* present, tapped; nothing else is touched */
        mark.session = session;
        mark.participant = line[0].participant;
        err = samling_mark(s, user, &mark);
        if (!err) /* on disk now: the power may fail */
            printf("saved: %s is present\n", line[0].name);
    }
    samling_list_free(line);
    return err;
}

/* The session nearest to now. A tablet with a wrong clock must not pick one by itself: then ask the user; here: the first. */
static int choose_session(samling *s, uint64_t group, uint64_t *id)
{
    struct samling_session *session = NULL;
    size_t count = 1;
    int err = samling_session_near(s, group, &session);
    if (err == SAMLING_ECLOCK)
        err = samling_sessions(s, group, &session, &count);
    if (!err && count == 0)
        err = SAMLING_ENOTFOUND;
    if (!err)
        *id = session[0].id;
    samling_list_free(session);
    return err;
}

static int take_attendance(samling *s)
{
    struct samling_group *group = NULL;
    struct samling_user *user = NULL;
    size_t groups, users;
    uint64_t session;
    int err = samling_groups(s, &group, &groups);
    if (!err)
        err = samling_users(s, &user, &users);
    for (size_t i = 0; !err && i < groups; i++)
        printf("%s  %s, %u participants\n", group[i].code, group[i].name, group[i].participants);
    if (!err && groups && users) {
        err = choose_session(s, group[0].id, &session);
        if (!err)
            err = mark_first(s, user[0].id, session);
    }
    samling_list_free(group);
    samling_list_free(user);
    return err;
}

int main(int argc, char **argv)
{
    samling *s;
    struct samling_status status;
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: attendance STORE [INVITE]\n");
        return 2;
    }
    int err = samling_open(argv[1], key, &s);
    if (err) {
        fprintf(stderr, "%s: %s\n", argv[1], samling_errname(err));
        return 1;
    }
    if (argc == 3 && (err = join(s, argv[2]))) {
        int rc = failed(s, "join", err);
        samling_close(s);
        return rc;
    }
    err = sync_now(s);
    samling_status(s, &status);
    if (status.state == SAMLING_PENDING) {
        printf("joined %s as device %" PRIu64 "; a coordinator has to approve it now\n", status.clinic,
               status.device_no);
        samling_close(s);
        return 0;
    }
    /* Without a network the rest works all the same, on what was fetched last. */
    if (err)
        failed(s, "sync", err);
    int rc = 0;
    if ((err = take_attendance(s)))
        rc = failed(s, "attendance", err);
    else if ((err = sync_now(s)))
        rc = failed(s, "sync", err);
    samling_status(s, &status);
    printf("%" PRIu64 " saved, %" PRIu64 " waiting\n", status.saved, status.waiting);
    samling_close(s);
    return rc;
}
