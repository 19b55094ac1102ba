/* A world of the simulator: one centre, some tablets and a coordinator in one process, on one virtual clock, with a virtual
 * network and the virtual disk of disk.h. What runs is the product's own object code: store, intake and the answers of a
 * connection (server/store, server/intake, server/net/conn_host.c, conn_push.c) and whole tablets (client-sdk/src). The world
 * takes the place of sockets, threads, timers and people.
 *
 *   person ─► tablet ─► line.up ─► conn ─► jobs ─► one commit ─► answers ─► line.down ─► tablet
 *                                    └─ what every commit brought is told to the oracle (history.h)
 *
 * Everything happens as events: each actor knows when it is due, the earliest one acts, and time jumps there. All chance
 * comes from the seed. A seed is one world: the same one every time, whatever ran before it in the process. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "client-sdk/src/client.h"
#include "server/net/conn_int.h"
#include "server/store/store_int.h"
#include "tests/sim/disk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TABLETS_MAX = 12,
    LINES_MAX = 40,
    FORMS_MAX = 3,
    FORM_ROWS_MAX = 12,
    DRAFTS_MAX = 4,
    PENDINGS_MAX = 24,
    OWN_MARKS_MAX = 16,
    KEPT_MAX = 4,
    DEVICES_MAX = 64,
    ORGS = 2,
    USERS_MAX = 8,
    ROOT_BYTES_MAX = 64,
    PATH_MAX_BYTES = 112,
    INVITE_BYTES_MAX = 256,
    GUESTS_MAX = 400,
    DERIVED_MAX = 64,
    COORDINATORS = 2,
    PAGE_CASES = 8
};

/* Classes of faults, and of what else may happen. Each world has its own: for each a coin is thrown (fault_choose). */
enum fault {
    FAULT_CUT,     /* lines are cut, in the midst of a frame too */
    FAULT_OVERLAP, /* an old line still delivers while a new one of the same device is up: doubled and out of order */
    FAULT_STALL,   /* a line stands still for minutes */
    FAULT_ONE_WAY, /* bytes arrive in one direction only */
    FAULT_REPLAY,  /* what a device once sent arrives once more on a line of its own */
    FAULT_CENTRE_KILL,  /* the centre's process is killed, at an I/O call too */
    FAULT_CENTRE_POWER, /* its power fails */
    FAULT_TABLET_KILL,
    FAULT_TABLET_POWER,
    FAULT_EIO,  /* a read, write or open fails */
    FAULT_SYNC, /* an fsync fails */
    FAULT_FULL, /* the disk is full for a while */
    FAULT_CLOCK,
    FAULT_CLONE,     /* a tablet's store is copied to another tablet */
    FAULT_OLD_IMAGE, /* a tablet's store goes back to an older image of itself */
    FAULT_RESTORE,   /* the centre's store goes back to a backup, with its journal or without */
    FAULT_REVOKE,
    FAULT_SILENCE, /* weeks in which nobody works: the window moves, old ops are trimmed */
    FAULT_SCOPE,   /* groups, users and persons move between clinics */
    FAULTS_BEFORE, /* the worlds of fault_pinned() draw among those above, as they did when they were pinned */
    FAULT_JOIN =
        FAULTS_BEFORE, /* devices join late, with wrong and used codes, by twos with one code, broken off at a byte */
    FAULT_LINK,        /* walk-ins, and coordinators who link people and part them */
    FAULT_UPGRADE,     /* stores that an earlier program wrote are opened by the present one */
    FAULT_SKEW,        /* tablets go on under an earlier program */
    FAULT_DECIDE,      /* two coordinators decide cases, each from a page of his own age */
    FAULT_SHUT,        /* records are shut, on tablets and by coordinators, and opened again */
    FAULT_COUNT
};

/* States that are rare, and must be met by and by. */
#define RARE_MAP(X)                                                                      \
    X(restored, "the centre went back to a backup")                                      \
    X(journal_lost, "… without its journal: drain-only")                                 \
    X(csn_reused, "a csn was given a second time, to another op")                        \
    X(sent_again, "a restored centre got an op again under its old name")                \
    X(fork_relabelled, "an op came under a new name after a fork")                       \
    X(same, "an op came that was there under another name")                              \
    X(lost_range, "the centre recorded that it will never get some ops")                 \
    X(found_range, "… and got them after all, from a tablet that had not erased itself") \
    X(superseded, "an own later op had been judged before")                              \
    X(merged, "a value was listed beside the shown one")                                 \
    X(case_verdict, "an op opened or joined a dispute")                                  \
    X(case_closed, "a case was opened and closed again")                                 \
    X(tombstone_unseen, "an edit met a tombstone that its author had not seen")          \
    X(revived, "a row lives again after a tombstone that the author had seen")           \
    X(quarantined, "an op was put into quarantine")                                      \
    X(retaken, "a quarantined op was taken in after all")                                \
    X(quarantined_revoked, "… for its device had been revoked")                          \
    X(wiped, "a tablet obeyed WIPE")                                                     \
    X(stale, "a HELLO counter had been used before")                                     \
    X(ticket, "a device that the centre had forgotten showed its ticket")                \
    X(forked, "a device was told that its store is a copy or an old image")              \
    X(drain_only, "rows were kept back until a coordinator had confirmed the devices")   \
    X(gap, "a PUSH began behind the watermark")                                          \
    X(second_replica, "a scope was filled beside its old rows")                          \
    X(run_resumed, "a run that broke off went on at its row")                            \
    X(snap_resumed, "a fill that broke off went on at its chunk")                        \
    X(scope_left, "a scope left a tablet")                                               \
    X(poked, "a tablet was told that there is news")                                     \
    X(read_only, "the centre's disk was full, and it said so")                           \
    X(save_full, "a tablet's disk was full: nothing was saved")                          \
    X(save_unknown, "a save ended without an answer")                                    \
    X(commit_unknown, "the centre died in the midst of a commit that turned out whole")  \
    X(commit_gone, "the centre died in the midst of a commit that was lost")             \
    X(torn, "a write was torn at 512 bytes")                                             \
    X(reordered, "an earlier write was lost while a later one was kept")                 \
    X(ruled, "a coordinator decided about a quarantined op")                             \
    X(answered, "… and that a session was cancelled although somebody was there")        \
    X(trimmed, "a tablet let go of ops that every backup holds")                         \
    X(clock_wild, "a tablet's clock was 50 years off")                                   \
    X(joined_late, "a tablet joined a world that had a history")                         \
    X(code_refused, "a code was wrong, used or too old: the tablet did not get in")      \
    X(join_broken, "a join broke off at some byte and came about after all")             \
    X(walked_in, "somebody came who stood on no list")                                   \
    X(linked, "a coordinator linked two people")                                         \
    X(parted, "… and took it back")                                                      \
    X(link_refused, "a link would have closed a circle, or named nobody")                \
    X(link_shown, "values of several who are linked stood in one row at rest")           \
    X(link_over, "somebody who knew of a link replaced what had been said of the other") \
    X(upgraded, "the centre opened a store of an earlier schema")                        \
    X(upgrade_broken, "… and was stopped in the midst of it")                            \
    X(tablet_upgraded, "a tablet opened a store of an earlier schema")                   \
    X(tablet_upgrade_broken, "… and was stopped in the midst of it")                     \
    X(older, "a tablet goes on under an earlier program")                                \
    X(older_held, "… and held all that this one knows, when all was at rest")            \
    X(older_spared, "… and was not sent rows that it could not name")                    \
    X(upgraded_rows, "… and fetched its rows whole when it was upgraded")                \
    X(newer_op, "a centre of an earlier program put aside what it could not know")       \
    X(newer_taken, "… and took it in when it was upgraded")                              \
    X(decided, "a coordinator decided a case from a page")                               \
    X(decided_unseen, "… and a value of it he had not seen")                             \
    X(shut, "a record was shut, or opened again, by a coordinator")                      \
    X(shut_tablet, "a record was shut on a tablet")                                      \
    X(join_unproved, "a device waited whose digits no tablet showed: not let in")

struct rare {
#define X(name, text) uint64_t name;
    RARE_MAP(X)
#undef X
};

struct world;

/* One direction of a line: bytes under way. */
struct wire {
    struct sam_buf bytes;
    int64_t due_ms;     /* when the next ones arrive */
    int64_t blocked_ms; /* nothing arrives before */
    bool ended;         /* behind the bytes comes the end of the line */
    bool told;          /* … and it has come */
};

struct line {
    bool used;
    struct tablet *tablet; /* NULL: the tablet has let go of it */
    struct conn *conn;     /* NULL: the centre has */
    struct wire up, down;
    struct sam_buf said; /* all that went up, for FAULT_REPLAY */
    bool replay;
    bool cut_answer; /* it breaks at some byte of the centre's next words */
    bool pull;       /* an answer to a PULL is under way */
    int64_t told_ms; /* when the last one was made */
    unsigned chunk_bytes_max;
    int64_t latency_ms, patience_ms;
};

/* How far the replica was complete, for a row that was looked at. */
struct seen {
    struct sam_key key;
    uint64_t epoch, csn;
};

/* What a person looks at: rows of one session as they were when the form was opened. */
struct form {
    uint64_t session, scope;
    int64_t save_ms;
    unsigned rows;
    struct seen row[FORM_ROWS_MAX];
};

/* An op as its author means it. */
struct draft {
    uint8_t kind;
    struct sam_row row;
    struct seen seen;
    unsigned claim_first, claim_end; /* of the times that the clock told meanwhile */
    bool found;                      /* in doubt: it stands in the outbox */
};

struct own_mark {
    uint64_t session, participant, device_no, seq;
    int presence;
};

struct tablet {
    struct world *w;
    unsigned index;
    char folder[PATH_MAX_BYTES], path[PATH_MAX_BYTES];
    samling *s; /* NULL: off */
    struct line *line;
    int64_t boot_ms, person_ms, poll_ms, clock_offset_s, contact_ms, full_until_ms;
    int64_t wait_ms; /* no connection before */
    bool actor_made;
    struct own_mark own[OWN_MARKS_MAX];
    unsigned own_next;
    bool saving;            /* its clock says what history_claim gives */
    bool stays;             /* keeps its line up when all is done */
    bool gone;              /* wiped, or thrown away */
    bool upgrading;         /* its store is of an earlier schema */
    unsigned schema;        /* of its program; 0: the present one */
    bool joining, join_cut; /* it has taken a code; and was cut off while it showed it */
    unsigned push_ops_max;
    struct form form[FORMS_MAX];
    uint64_t saved_seq, saved_device_no; /* what was last said to be saved */
    unsigned actor;                      /* the oracle's */
    struct draft pending[PENDINGS_MAX];  /* saves of which nobody knows whether they are there */
    unsigned pendings;
    unsigned claim_first;
    uint64_t *gid; /* by seq of the present number */
    uint64_t gids, gid_room, gid_device_no, acked_told;
    uint64_t run_epoch, run_csn; /* to see that cursors do not go back */
    unsigned scopes, second_replicas;
    unsigned busy_tries; /* connections begun without time passing */
    int64_t busy_ms;
};

struct writer {
    struct world *w;
    struct writer_job *first, *last;
    unsigned jobs;
};

/* What may be put back: copies of the centre's folder, or of a tablet's. */
struct kept {
    bool used;
    unsigned number, ops; /* the oracle's: of the backup, of the actor's ops */
    uint64_t csn;
    uint64_t held[DEVICES_MAX]; /* of each device's ops, by number; of a backup */
};

struct centre {
    struct intake *intake; /* NULL: off */
    struct store *reader;
    sqlite3_stmt *verdict_at, *case_open, *holes, *may_see[SAM_ENTITY_TAG_MAX + 1];
    uv_loop_t loop; /* nothing but a name for the clock */
    struct listener listener;
    struct writer writer;
    int64_t boot_ms, commit_ms, poke_ms, day_planned;
    struct touch_scopes scopes;
    struct touches touches;
    uint64_t wal_bytes;
    bool in_commit;                             /* a fault in here leaves the outcome unknown */
    bool dying;                                 /* the process is about to end */
    unsigned schema;                            /* of its program; 0: the present one */
    bool upgrading;                             /* its store is of an earlier schema */
    uint64_t derived[DERIVED_MAX], derived_csn; /* what was derived before that, table by table */
    bool confirm;                               /* a coordinator is to confirm the devices */
    int64_t full_until_ms;
};

/* The open cases that a coordinator has before him, as they were when he read them. */
struct page {
    uint64_t epoch, csn;
    unsigned cases;
    struct page_case {
        unsigned rule, unit;
        struct sam_key key;
    } at[PAGE_CASES];
};

struct world {
    uint64_t seed, rng;
    char root[ROOT_BYTES_MAX];
    char centre_folder[PATH_MAX_BYTES], store_path[PATH_MAX_BYTES], journal_path[PATH_MAX_BYTES],
        journal_folder[PATH_MAX_BYTES];
    int64_t now_ms, console_ms, fault_ms, fault_every_ms;
    int64_t changed_ms; /* when the centre's rows last changed */
    bool faults_on, people_on, polls_on;
    uint32_t faults;  /* a bit for each class that this world has */
    unsigned classes; /* it may have the first so many */
    uint64_t fault_hits[FAULT_COUNT];
    struct centre centre;
    struct tablet tablet[TABLETS_MAX];
    unsigned tablets, tablets_max;
    struct line line[LINES_MAX];
    struct sam_buf replayable;
    struct kept backup[KEPT_MAX], old[TABLETS_MAX];
    char code[INVITE_BYTES_MAX]; /* the invite that was made last */
    uint64_t org[ORGS], user[USERS_MAX];
    unsigned users;
    struct page page[COORDINATORS];
    struct sam_key shut; /* whose record was shut last */
    struct history *history;
    struct rare rare;
    struct sam_zip *zip;
    struct store_row *row; /* for reading one */
    uint64_t disk_faults_seen;
    uint64_t events, trace, saves, acks, restores;
    int verbose; /* 1: tells the story, 2: every event */
    bool revoked;
    char guest[GUESTS_MAX][16]; /* names of walk-ins */
    unsigned guests;
    bool aged;       /* few faults and many events */
    bool may_forget; /* a restore of this world may find the journal gone */
    bool forgotten;  /* the centre lost its journal: what its lost epochs named, it cannot tell any more */
};

/* ---- chance and time */
uint64_t draw(uint64_t *state);
uint64_t roll(struct world *w, uint64_t below);
bool chance(struct world *w, unsigned percent);
/* some time between a quarter of ${mean_ms} and four times as much */
int64_t some_ms(struct world *w, int64_t mean_ms);
bool has_fault(const struct world *w, enum fault f);

/* trace_add(w, what, a, b): whatever two runs of a seed must have in common. */
void trace_add(struct world *w, const char *what, uint64_t a, uint64_t b);
void say(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* violation(…): a promise was broken; ends the run of this seed. */
_Noreturn void violation(struct world *w, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
#define MUST(x)                                         \
    do {                                                \
        if (!(x))                                       \
            violation(w, __FILE__, __LINE__, "%s", #x); \
    } while (0)
#define MUST_SAY(x, ...)                                   \
    do {                                                   \
        if (!(x))                                          \
            violation(w, __FILE__, __LINE__, __VA_ARGS__); \
    } while (0)

/* ---- a world's life. ${root}: a real, empty folder whose name ends in '/'. */
struct world *world_new(const char *root, uint64_t seed, int verbose);
/* world_run(w, events): that many events with faults, then rest, and every check. */
void world_run(struct world *w, uint64_t events);
void world_free(struct world *w);

#endif
