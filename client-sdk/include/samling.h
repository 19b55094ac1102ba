/* libsamling: a tablet's side of samling. One handle is one device: its store, its outbox, its copy of the scopes that it
 * may see. Everything opens, saves and reads at once, without a network; syncing is a step of its own.
 *
 * Promise: when a save has returned 0 the mark is on disk (fsync) and will reach the centre exactly once, whatever is
 * killed, cut or restored in between.
 *
 * Ownership  _new/_open make, _free/_close end; text and lists that are handed out live until the call named there.
 * Errors     0 or a negative code (samling_errname, samling_errmsg); outputs are NULL/0 on failure; nothing is printed.
 * Threads    one thread at a time per handle; different handles are independent.
 *
 * What is written down of people beside attendance, sets and consents (forms, notes, contacts, work, exertion, activities, leaders)
 * stands in samling_record.h, which comes with this one. */
#ifndef SAMLING_H
#define SAMLING_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SAMLING_API __attribute__((visibility("default")))
#define SAMLING_VERSION "0.1.0"

enum {
    SAMLING_OK = 0,
    SAMLING_ENOMEM = -2,
    SAMLING_EPROTO = -4, /* the centre said something that is not in this protocol */
    SAMLING_EAUTH = -5,  /* wrong data key, or the centre does not accept this device */
    SAMLING_ERANGE = -6, /* a value outside its range: nothing was saved */
    SAMLING_ENOTFOUND = -7,
    SAMLING_EEXIST = -8,
    SAMLING_ESTATE = -9, /* not joined yet, joined already, revoked … */
    SAMLING_EIO = -10,
    SAMLING_EFULL = -11, /* the disk is full: nothing was saved */
    SAMLING_ECORRUPT = -12,
    SAMLING_EVERSION = -13,
    SAMLING_ECLOSED = -14, /* the line was cut; a retry is armed */
    SAMLING_ETIMEOUT = -15,
    SAMLING_ETLS = -16, /* no trusted connection: wrong server, or an untrusted certificate */
    SAMLING_EUSAGE = -17,
    SAMLING_ECLOCK = -18, /* the clock cannot pick a date: name the session */
    SAMLING_EBUSY = -19   /* another process has this store open, or the centre asks to come back later */
};

typedef struct samling samling;

/* ---- a device's life */

/**
 * samling_open(path, key, out):
 * Open a device's store, making it if it is not there. ${key} (32 bytes) seals all content; the host keeps it in the
 * system's key store or under the user's PIN. The same key must be given each time.
 *   errors  SAMLING_EAUTH another key; SAMLING_EBUSY open elsewhere; SAMLING_ECORRUPT; SAMLING_EIO; SAMLING_ENOMEM
 *   owns    *${out} is the caller's until samling_close
 */
SAMLING_API int samling_open(const char *path, const uint8_t key[32], samling **out);
SAMLING_API void samling_close(samling *s);

/* samling_errmsg(s): the last failed call on s in words. Valid until the next call on s. samling_errname(e): "ERANGE". */
SAMLING_API const char *samling_errmsg(const samling *s);
SAMLING_API const char *samling_errname(int err);

/**
 * samling_invite_parse(text, out): take an invite (https://HOST:PORT/tablet/#pin=…&code=…&clinic=…, or as it was before,
 * samling://HOST:PORT/?pin=…&code=…) apart, for showing before joining.
 */
struct samling_invite {
    char host[256];
    uint16_t port;
    uint8_t pin[32];
    uint8_t code[16];
    char clinic[121];
};
SAMLING_API int samling_invite_parse(const char *text, struct samling_invite *out);

/**
 * samling_join_begin(s, invite, label): take the invite: makes the device's key and keeps both durably. The next
 * sync sends it. Calling it again with the same invite changes nothing; another one replaces it until the centre has
 * answered.
 *   errors  SAMLING_ESTATE joined already; SAMLING_EUSAGE not an invite
 * samling_join_typed(s, typed, host, port, label): the same with the code that stands beside the picture, "7K3Q-M0ZD-V9XT-2RBN", as a
 * person types it, where the host's line checks the server by itself: in a browser, whose page came from ${host}. There is no pin in it,
 * so this library's own line does not connect with it (SAMLING_ETLS).
 *   errors  as samling_join_begin; SAMLING_EUSAGE not such a code, or no host: a name or an address, IPv6 without brackets
 * samling_join_digits(s, digits): the six digits to compare with the coordinator's screen, as text.
 */
SAMLING_API int samling_join_begin(samling *s, const char *invite, const char *label);
SAMLING_API int samling_join_typed(samling *s, const char *typed, const char *host, uint16_t port, const char *label);
SAMLING_API int samling_join_digits(samling *s, char digits[7]);

/**
 * samling_unlock_code(s, n, out): the ${n}th code (1, 2, 3 …) that opens this tablet after too many wrong PINs, "7K3Q-M0ZD-V9XT", as a
 * coordinator reads it out: for an app that keeps its data key wrapped under it. `samlingd device unlock` makes the same of the number
 * that samling_status calls device_no. A copy of a tablet gets another number, and with it other codes: an app wraps anew when
 * device_no is another one, and its lock screen shows the number that it had when it wrapped.
 *   errors  SAMLING_ESTATE not joined yet: the centre could not make it
 */
SAMLING_API int samling_unlock_code(samling *s, uint64_t n, char out[15]);

/**
 * samling_app_set(s, app, model): what the centre's coordinator sees of this tablet: which program and version, and on what it runs
 * ("Android 15, SM-X210"). Each at most 120 bytes of text; NULL: not said. Said with every sync until the handle is closed; at the
 * start app is "libsamling" and its version.
 *   errors  SAMLING_ERANGE too long, or not text: nothing is changed
 */
SAMLING_API int samling_app_set(samling *s, const char *app, const char *model);

enum samling_device_state {
    SAMLING_NOT_JOINED = 0,
    SAMLING_INVITED = 1, /* the invite is kept, the centre has not answered yet */
    SAMLING_PENDING = 2, /* waits for a coordinator; marks can be saved, nothing is sent */
    SAMLING_ACTIVE = 3,
    SAMLING_DRAINING = 4,
    SAMLING_REVOKED = 5,
    SAMLING_WIPED = 6
};

struct samling_status {
    enum samling_device_state state;
    uint64_t device_no;
    char clinic[121];
    uint64_t saved;                      /* own ops ever saved */
    uint64_t waiting;                    /* work that is not yet at the centre */
    uint64_t waiting_access;             /* entries of the access log that are not: samling_access */
    uint64_t attention;                  /* verdicts that a person should look at, not yet seen */
    int64_t oldest_waiting_s;            /* age of the oldest work that waits, 0: none does */
    int64_t last_contact_s;              /* the device's clock at the last complete sync; 0: never */
    int64_t last_centre_s;               /* the newest time that the centre told */
    int64_t clock_skew_s;                /* own clock minus the centre's, at the last contact */
    int clock_suspect;                   /* 1: do not let this clock pick a date */
    int64_t retry_in_s;                  /* an armed retry fires in so many seconds; -1: none is armed */
    unsigned scopes, scopes_filled;      /* first fill: groups (and the clinic) that are there, of how many */
    uint64_t fill_rows, fill_rows_total; /* rows of the scope that is being filled */
    uint64_t audit_count, audit_head;    /* the centre's audit log as told last: for `samlingd verify --anchor` */
    int audit_broken;                    /* 1: the log became shorter or another one without a restore */
};
SAMLING_API int samling_status(samling *s, struct samling_status *out);

/* ---- reading. A list belongs to the caller; free it with samling_list_free. Text inside lives as long as the list. */

struct samling_group {
    uint64_t id;
    const char *code, *name;
    int kind;    /* 0 movement, 1 mastery, 2 course */
    int weekday; /* 1 Monday … 7, 0: no weekly plan */
    int start_min, end_min;
    unsigned participants;
};
struct samling_user {
    uint64_t id;
    const char *name;
    int role;
    int provisional;                 /* 1: a substitute without an account, made on a tablet */
    uint64_t vouched_by, shown_as;   /* the user who vouched; who that really is, as a coordinator said; 0: nobody */
    const char *voucher, *real_name; /* their names; "" where that is nobody, or not on this device */
};
struct samling_session {
    uint64_t id, group;
    int32_t day; /* days since 1970-01-01 */
    int status;  /* 0 planned, 1 held, 2 cancelled */
    int planned; /* 1: from the group's plan */
    int start_min, end_min;
    const char *room, *theme;
};
enum samling_record_state { SAMLING_NO_RECORD = 0, SAMLING_WAITING = 1, SAMLING_AT_CENTRE = 2, SAMLING_ATTENTION = 3 };
struct samling_line {
    uint64_t participant;
    const char *name;
    int birth_year;
    int enrolment; /* EnrolmentStatus; -1: not enrolled, only marked */
    int presence;  /* 0 unknown, 1 present, 2 notified absence, 3 no-show, 4 not expected */
    int evidence;  /* 0 listed, 1 all present, 2 tapped, 3 the person's own */
    int reason, minutes, arrived_min, left_min, late, left_early, by_video; /* -1: not set */
    enum samling_record_state state;
    int disputed;       /* 1: somebody says something else about the presence; a coordinator is asked */
    int other_presence; /* what one of them says; -1: nothing */
};

/* samling_groups, samling_users: sorted by name. samling_sessions: of one group, by day. */
SAMLING_API int samling_groups(samling *s, struct samling_group **out, size_t *count);
SAMLING_API int samling_users(samling *s, struct samling_user **out, size_t *count);
SAMLING_API int samling_sessions(samling *s, uint64_t group, struct samling_session **out, size_t *count);
/**
 * samling_session_near(s, group, out): the planned session of the group nearest to the trusted now.
 *   errors  SAMLING_ECLOCK the clock is more than 12 h off: let the user choose; SAMLING_ENOTFOUND none is there
 */
SAMLING_API int samling_session_near(samling *s, uint64_t group, struct samling_session **out);
/* samling_sheet: the roster of a session with what is known of each, sorted by name. */
SAMLING_API int samling_sheet(samling *s, uint64_t session, struct samling_line **out, size_t *count);
/* samling_members(s, group, day, out, count): who is on the group's roster on that day, sorted by name, whether there is a session or
 * not; nothing is said of attendance. SAMLING_ENOTFOUND the group is not on the device. */
SAMLING_API int samling_members(samling *s, uint64_t group, int32_t day, struct samling_line **out, size_t *count);

/* An exercise set, as it was performed. All that is said of one set belongs together: a later save replaces the whole set. */
struct samling_set {
    uint64_t session, participant;
    int exercise;                              /* code list, from 1 */
    int set_no;                                /* 1 to 20 */
    int reps, load_hg, duration_s, distance_m; /* load in 0.1 kg; -1 each here and below: not said */
    int side;                                  /* 0 both, 1 left, 2 right */
    int adapted, pain, stopped;                /* pain 0 to 10; stopped 1: because of pain */
};
#define SAMLING_SET_INIT                           \
    {                                              \
        0, 0, 0, 1, -1, -1, -1, -1, -1, -1, -1, -1 \
    }
struct samling_set_line {
    struct samling_set set;
    enum samling_record_state state;
    int disputed;             /* 1: somebody says something else about this set; a coordinator is asked */
    struct samling_set other; /* disputed: what one of them says */
};
/* samling_sets: of one person in one session, by exercise and number. Opens the form of that person's sets, as samling_sheet does. */
SAMLING_API int samling_sets(samling *s, uint64_t session, uint64_t participant, struct samling_set_line **out,
                             size_t *count);

/* A consent: what a person agrees to for one purpose. A withdrawal holds until a grant whose author had seen it. */
struct samling_consent {
    uint64_t participant;
    int purpose;              /* 1 quality register, 2 research, 3 SMS, 4 sharing with NAV */
    int state;                /* 0 none, 1 granted, 2 withdrawn */
    int32_t day;              /* on which it was said */
    int method, text_version; /* -1: not said */
};
struct samling_consent_line {
    struct samling_consent consent;
    enum samling_record_state state;
};
/* samling_consents: of one person, by purpose; one of which nothing was ever said is not listed. Opens the person's form. */
SAMLING_API int samling_consents(samling *s, uint64_t participant, struct samling_consent_line **out, size_t *count);

struct samling_person {
    uint64_t id;
    const char *name;
    int birth_year;  /* -1: not known */
    int provisional; /* 1: a walk-in, of whom a coordinator has yet to say who it is */
    int shut;        /* 1: the record is shut: samling_record_shut */
};
/* samling_people: everybody on this device, by name. */
SAMLING_API int samling_people(samling *s, struct samling_person **out, size_t *count);

/* One version of an intervention: what a contact, a group or a session may name. It never changes but for `active`. */
struct samling_intervention {
    uint64_t id;
    int code, version;
    const char *name;
    int individual;                                                     /* 0: for groups */
    int planned_sessions, planned_minutes, nav_needed, needs_end_score; /* -1 each here and below: not said */
    int completion_percent, consecutive_misses, return_days;
    int active; /* 0: nothing new is to name it */
};
/* samling_interventions: the whole catalogue, by code and version. */
SAMLING_API int samling_interventions(samling *s, struct samling_intervention **out, size_t *count);

/* A period of referral; the centre's. Days are SAMLING_NO_DAY where they are not said, numbers -1. */
#define SAMLING_NO_DAY INT32_MIN
struct samling_episode {
    uint64_t id, participant, org;
    int32_t referral_day, assessed_day, deadline_day, first_contact_day;
    int source;       /* 0 unknown, 1 general practitioner, 2 specialist, 3 NAV, 4 employer, 5 self, 6 other */
    int entitled;     /* 0 no, 1 yes, 2 unknown */
    int target_group; /* 0 unknown, 1 musculoskeletal, 2 common mental complaints, 3 mixed */
    int goal;         /* 0 unknown; work: 1 keep, 2 resume; education: 3 keep, 4 resume */
    int outcome;      /* 0 none yet, 1 own service, 2 inpatient, 3 outpatient follow-up, 4 municipality */
};
/* samling_episodes: of one person, by the day of referral. */
SAMLING_API int samling_episodes(samling *s, uint64_t participant, struct samling_episode **out, size_t *count);

/* A person in a group. Days are SAMLING_NO_DAY where they are not said. */
struct samling_enrolment_line {
    uint64_t group, participant;
    int status; /* 0 waiting list, 1 offered, 2 declined, 3 waits to start, 4 attends, 5 completed, 6 discontinued, 7 never came,
                   8 not relevant, 9 registered in error */
    int32_t start_day, end_day;
    int reason; /* why it ended, the clinic's code list; -1: not said */
    enum samling_record_state state;
    int disputed; /* 1: somebody says something else of it; a coordinator is asked */
};
/* samling_enrolments: of one person, by the first day. Opens the form that samling_enrolment_end takes its base from, as samling_sheet
 * and samling_members do. */
SAMLING_API int samling_enrolments(samling *s, uint64_t participant, struct samling_enrolment_line **out,
                                   size_t *count);

SAMLING_API void samling_list_free(void *list);

/* samling_today(s): the day of the trusted now in the device's time zone. */
SAMLING_API int32_t samling_today(samling *s);

/* ---- saving. Returns 0 when it is on disk. */

/**
 * samling_form_open(s, session): remember what the user sees now. Marks saved afterwards on that session carry it as
 * their base, so that the centre knows which values the author had seen. samling_sheet opens the form by itself.
 */
SAMLING_API int samling_form_open(samling *s, uint64_t session);

struct samling_mark {
    uint64_t session, participant;
    int presence, evidence;             /* as in samling_line */
    int reason;                         /* -1: none */
    int minutes, arrived_min, left_min; /* -1 each: leave as it is; if one is given, the three are set together */
    int late, left_early, by_video;     /* -1: leave as it is */
};
#define SAMLING_MARK_INIT                      \
    {                                          \
        0, 0, 1, 2, -1, -1, -1, -1, -1, -1, -1 \
    }

/**
 * samling_mark(s, user, mark): save one attendance mark as ${user}. samling_mark_all saves several in one transaction:
 * all or none.
 *   errors  SAMLING_ENOTFOUND unknown user, session or person; SAMLING_ERANGE; SAMLING_EFULL; SAMLING_EIO; SAMLING_ESTATE
 */
SAMLING_API int samling_mark(samling *s, uint64_t user, const struct samling_mark *mark);
SAMLING_API int samling_mark_all(samling *s, uint64_t user, const struct samling_mark *marks, size_t count);

/**
 * samling_walk_in(s, user, session, name, birth_year, out): somebody came who stands in no list: make a provisional person and
 * mark it present, both or nothing. A coordinator says later who it is. ${birth_year}: -1 where it is not known.
 *   errors  SAMLING_ENOTFOUND unknown user or session; SAMLING_ERANGE no name, or a year out of range; as samling_mark
 */
SAMLING_API int samling_walk_in(samling *s, uint64_t user, uint64_t session, const char *name, int birth_year,
                                uint64_t *out);

/**
 * samling_user_vouch(s, user, name, role, out): a substitute without an account works here today, and ${user} vouches for them:
 * a provisional user of the same clinic. *out may save from now on, before any sync; a coordinator says later who that is.
 *   role    as samling_user.role
 *   errors  SAMLING_ENOTFOUND unknown user; SAMLING_ESTATE also where the user is a substitute or not in use; SAMLING_ERANGE no
 *           name, or a role out of range; SAMLING_EEXIST somebody of that name is in use here (the id is in *out); as samling_mark
 */
SAMLING_API int samling_user_vouch(samling *s, uint64_t user, const char *name, int role, uint64_t *out);

/**
 * samling_session_add(s, user, group, day, start_min, out): an ad-hoc session, where none is planned.
 *   errors  SAMLING_EEXIST the plan has one on that day (its id is in *out)
 */
SAMLING_API int samling_session_add(samling *s, uint64_t user, uint64_t group, int32_t day, int start_min,
                                    uint64_t *out);
/* samling_session_status(s, user, session, status, reason): held or cancelled. */
SAMLING_API int samling_session_status(samling *s, uint64_t user, uint64_t session, int status, int reason);

/**
 * samling_set_save(s, user, set), samling_consent_save(s, user, consent): save one as ${user}. The base is what was there when
 * the form was opened: samling_sets, else samling_sheet; samling_consents.
 *   errors  as samling_mark
 */
SAMLING_API int samling_set_save(samling *s, uint64_t user, const struct samling_set *set);
/* samling_set_save_all(s, user, set, count): several, all or none. */
SAMLING_API int samling_set_save_all(samling *s, uint64_t user, const struct samling_set *set, size_t count);
SAMLING_API int samling_consent_save(samling *s, uint64_t user, const struct samling_consent *consent);

/**
 * samling_enrolment_end(s, user, group, participant, status, day, reason): somebody leaves a group, or how they left is put right.
 * Rosters of later days are without them at once; up to ${day} they stay on.
 *   status  5 completed or 6 discontinued      day  the last one      reason  the clinic's code list, 0 to 99; -1: not said
 *   errors  as samling_mark; SAMLING_ENOTFOUND also where they are not in that group; SAMLING_ERANGE also a day before the first
 */
SAMLING_API int samling_enrolment_end(samling *s, uint64_t user, uint64_t group, uint64_t participant, int status,
                                      int32_t day, int reason);

/**
 * samling_record_shut(s, user, participant): the person wants the record barred (pasientjournalloven section 17). From then on scores,
 * notes, contacts, work status, activities and episodes of that person are handed out by no tablet: reading them is SAMLING_ESTATE,
 * and so is samling_access to them, but where its purpose is SAMLING_FOR_OWN_REQUEST or _EMERGENCY: for the ten minutes after that
 * line they are handed out here. The name stays on every list, attendance is taken, exercise sets and exertion of a session are
 * shown, and everything can be saved. Whoever shuts is not overruled by anybody who had not seen it; only the centre opens it again.
 * Of a record that is shut nothing is saved.
 *   errors  as samling_mark
 */
SAMLING_API int samling_record_shut(samling *s, uint64_t user, uint64_t participant);

/* ---- who saw what of whom */

enum samling_resource {
    SAMLING_RES_SHEET = 1, /* the list of a session, or a mark on it */
    SAMLING_RES_SETS = 2,
    SAMLING_RES_SCORES = 3,
    SAMLING_RES_NOTES = 4,
    SAMLING_RES_CONTACTS = 5,
    SAMLING_RES_WORK = 6,
    SAMLING_RES_EXERTION = 7,
    SAMLING_RES_ACTIVITIES = 8,
    SAMLING_RES_CONSENTS = 9,
    SAMLING_RES_EPISODES = 10,
    SAMLING_RES_SESSIONS = 11,
    SAMLING_RES_PERSON = 12 /* name and year of birth */
};
enum samling_action { SAMLING_READ = 1, SAMLING_WRITE = 2, SAMLING_EXPORT = 3, SAMLING_PRINT = 4 };
enum samling_purpose {
    SAMLING_FOR_NOTHING_SAID = 0,
    SAMLING_FOR_TREATMENT = 1,
    SAMLING_FOR_COORDINATION = 2, /* of care, with others */
    SAMLING_FOR_ADMINISTRATION = 3,
    SAMLING_FOR_QUALITY = 4,
    SAMLING_FOR_OWN_REQUEST = 5, /* the person wants to see it */
    SAMLING_FOR_EMERGENCY = 6
};
/* What was opened: of one person (group 0), or the list of a whole group (participant 0). */
struct samling_access {
    uint64_t participant, group;
    unsigned persons; /* of a list: how many stood on it, to 500 */
    enum samling_resource what;
    enum samling_action action;
    enum samling_purpose purpose;
};
/**
 * samling_access(s, user, access): ${user} opens that: a line of the access log, which everybody who may see patients' records is owed
 * (pasientjournalloven section 22). To be called before anything of it is shown; where it fails nothing is to be shown. It is kept
 * like a save, goes to the centre with the next sync, and never comes down to a tablet. Who opens the same once more within ten
 * minutes goes on with what they were at: that is no new line, and only then nothing is written. What is saved needs no line: it
 * names its author itself.
 *   user    of a list of a group also 0: nobody has said who holds the tablet
 *   errors  SAMLING_ENOTFOUND unknown user, person or group; SAMLING_ERANGE; SAMLING_ESTATE also where the record is shut
 *           (samling_record_shut); as samling_mark
 */
SAMLING_API int samling_access(samling *s, uint64_t user, const struct samling_access *access);

enum samling_about {
    SAMLING_ABOUT_OTHER = 0,
    SAMLING_ABOUT_MARK = 1,
    SAMLING_ABOUT_SESSION = 2,
    SAMLING_ABOUT_SET = 3,
    SAMLING_ABOUT_CONSENT = 4,
    SAMLING_ABOUT_SCORE = 5,
    SAMLING_ABOUT_NOTE = 6,
    SAMLING_ABOUT_CONTACT = 7,
    SAMLING_ABOUT_WORK = 8,
    SAMLING_ABOUT_EXERTION = 9,
    SAMLING_ABOUT_ACTIVITY = 10,
    SAMLING_ABOUT_LEADER = 11,
    SAMLING_ABOUT_ENROLMENT = 12, /* a person in a group */
    SAMLING_ABOUT_PERSON = 13     /* a walk-in, or a record that was shut */
};
struct samling_notice {
    uint64_t seq;
    enum samling_about about; /* what was saved */
    int kind;                 /* proto VerdictKind: 1 merged, 3 superseded, 4 case, 5 quarantined, 7 lost */
    int reason;               /* proto Reason */
    uint64_t session, participant;
    uint64_t case_no; /* kind case: its number, for talking about it with a coordinator */
    int closed;       /* kind quarantined: a coordinator has looked at it and let it rest */
};
/* samling_notices: verdicts that a person should look at. samling_notice_seen: it may go. */
SAMLING_API int samling_notices(samling *s, struct samling_notice **out, size_t *count);
SAMLING_API int samling_notice_seen(samling *s, uint64_t seq);

/* ---- syncing, the blocking way (TCP and TLS inside) */

/**
 * samling_sync_once(s, deadline_ms, byte_budget, report):
 * Connect, send what waits, fetch what is new, disconnect. Stops cleanly at the deadline or when ${byte_budget} bytes
 * (0: no limit) have crossed the line; whatever was reached is kept and the next call goes on from there.
 *   returns  0: all sent and all fetched. SAMLING_ETIMEOUT, SAMLING_ECLOSED, SAMLING_ETLS, SAMLING_EBUSY …: a retry is
 *            armed (samling_status.retry_in_s) with back-off and jitter, persisted across restarts
 */
struct samling_report {
    uint64_t ops_sent, ops_acked, rows_received, bytes_up, bytes_down; /* application bytes: frames, before TLS */
    int64_t acked_after_ms;                                            /* from the call to the last ack */
};
SAMLING_API int samling_sync_once(samling *s, int deadline_ms, uint64_t byte_budget, struct samling_report *report);
/* samling_sync_stay(s, deadline_ms): like sync_once, then stay connected and answer the centre's pokes until the deadline. */
SAMLING_API int samling_sync_stay(samling *s, int deadline_ms, struct samling_report *report);

/* samling_push_limit_set(s, ops): at most so many ops in one push, 1 to 512 (as at the start). Fewer: less is sent twice on
 * a line that breaks often. */
SAMLING_API void samling_push_limit_set(samling *s, unsigned ops);

/* ---- syncing, fed with bytes: for event loops and browsers, which bring their own connection. */

/* samling_link_up(s): a connection stands; what is to be sent waits in samling_link_peek. */
SAMLING_API int samling_link_up(samling *s);
/* samling_link_feed(s, bytes, n): bytes came. Negative: close the connection. */
SAMLING_API int samling_link_feed(samling *s, const uint8_t *bytes, size_t n);
/* samling_link_peek(s, &bytes): how many bytes are to be sent; borrowed until the next call. samling_link_sent: n went out. */
SAMLING_API size_t samling_link_peek(samling *s, const uint8_t **bytes);
SAMLING_API void samling_link_sent(samling *s, size_t n);
/* samling_link_idle(s): 1: everything is sent and fetched. */
SAMLING_API int samling_link_idle(samling *s);
/* samling_link_down(s): the connection is gone; arms the retry if anything waits. samling_link_failed(s): none came about; the next
 * try waits longer. */
SAMLING_API void samling_link_down(samling *s);
SAMLING_API void samling_link_failed(samling *s);
/* samling_link_report(s, out): what has crossed the line since samling_link_up; also after it went down. */
SAMLING_API void samling_link_report(samling *s, struct samling_report *out);
/* samling_retry_in_ms(s): call link_up (or sync_once) after so many ms; -1: nothing to do. */
SAMLING_API int64_t samling_retry_in_ms(samling *s);

/* ---- for tests: the device's clock (seconds since 1970), NULL: the system's */
SAMLING_API void samling_clock_set(samling *s, int64_t (*now)(void *ctx), void *ctx);

#ifdef __cplusplus
}
#endif

#include "samling_record.h" /* part of this interface; whoever includes samling.h has it */

#endif
