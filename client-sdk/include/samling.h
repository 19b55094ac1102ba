/* libsamling: a tablet's side of samling. One handle is one device: its store, its outbox, its copy of the scopes that it
 * may see. Everything opens, saves and reads at once, without a network; syncing is a step of its own.
 *
 * Promise: when a save has returned 0 the mark is on disk (fsync) and will reach the centre exactly once, whatever is
 * killed, cut or restored in between.
 *
 * Ownership  _new/_open make, _free/_close end; text and lists that are handed out live until the call named there.
 * Errors     0 or a negative code (samling_errname, samling_errmsg); outputs are NULL/0 on failure; nothing is printed.
 * Threads    one thread at a time per handle; different handles are independent. */
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
 * samling_invite_parse(text, out): take an invite (samling://HOST:PORT/?pin=…&code=…) apart, for showing before joining.
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
 * samling_join_digits(s, digits): the six digits to compare with the coordinator's screen, as text.
 */
SAMLING_API int samling_join_begin(samling *s, const char *invite, const char *label);
SAMLING_API int samling_join_digits(samling *s, char digits[7]);

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
};
/* samling_people: everybody on this device, by name. */
SAMLING_API int samling_people(samling *s, struct samling_person **out, size_t *count);

/* An instrument that this library knows: what a form of it may hold, and how it is scored. Item texts are no part of it: most
 * need a licence. Numbers from 80 on are the clinic's own and stand in no list: their forms are kept as they are, without a score. */
enum samling_scoring {
    SAMLING_SCORING_NONE = 0, /* codes: there is no score */
    SAMLING_SCORING_SINGLE = 1,
    SAMLING_SCORING_SUM = 2,
    SAMLING_SCORING_MEAN = 3,   /* of the answers given */
    SAMLING_SCORING_PERCENT = 4 /* of the highest possible sum of the answers given */
};
enum samling_better {
    SAMLING_BETTER_NONE = 0, /* codes, or not known */
    SAMLING_BETTER_LOAD = 1, /* a load that was felt: neither end is better */
    SAMLING_BETTER_HIGHER = 2,
    SAMLING_BETTER_LOWER = 3,
    SAMLING_BETTER_STATED = 4 /* forms go both ways: each says what 0 means */
};
struct samling_instrument {
    int number, version, rule_version;
    const char *code; /* "psfs" */
    int items_min, items_max;
    int answer_min, answer_max, answer_step; /* whole numbers, as answers are given … */
    int per_point;                           /* … of which so many make one point: 10 where they are tenths */
    int answered_min;                        /* with fewer answers there is no score */
    enum samling_scoring scoring;
    enum samling_better better;
    int reversal_open;  /* 1: which items are reversed is not settled, so there is no score yet */
    int text_shown;     /* 1: the instrument's own wording may be shown; 0: numbers and own plain labels only */
    const char *source; /* where each rule stands, the licence, and what is open; lines end with \n */
};
/* samling_instrument_at(i, out): the i-th; SAMLING_ENOTFOUND after the last. Its texts live as long as the program. */
SAMLING_API int samling_instrument_at(unsigned i, struct samling_instrument *out);

/* Why a form has no score. Up to _DIRECTION the form itself is wrong, and is not saved. */
enum samling_score_why {
    SAMLING_SCORE_VALID = 0,
    SAMLING_SCORE_MALFORMED = 1, /* these are no answers */
    SAMLING_SCORE_ITEMS = 2,     /* the instrument has another number of items */
    SAMLING_SCORE_RANGE = 3,     /* an answer is outside the range of an item, or between its steps */
    SAMLING_SCORE_DIRECTION = 4, /* what 0 means is not stated where it must be, or stated where it is fixed */
    SAMLING_SCORE_FEW = 5,       /* too few answers */
    SAMLING_SCORE_REVERSAL = 6,  /* which items are reversed is not settled */
    SAMLING_SCORE_CODES = 7,     /* a list of codes: nothing to score */
    SAMLING_SCORE_UNKNOWN = 8    /* the instrument, or this edition of it, is in no list: kept as it is */
};

/* A form as it was answered. It is never changed: a correction is a form of its own that replaces it. */
struct samling_score {
    uint64_t id; /* samling_score_save gives it */
    uint64_t participant;
    int instrument, version; /* code list, and which edition of the form; 1 to 99 */
    int occasion;            /* 0 baseline, 1 midway, 2 end, 3 to 5: after 3, 6, 12 months */
    int32_t day;
    int mode;             /* 0 self-filled, 1 interview, 2 proxy; -1: not said */
    const char *answers;  /* item by item: whole numbers, or - for a skipped one, with commas between: "7,-,4" */
    uint64_t replaces;    /* the form that this one corrects, 0: none */
    int scale_0_means;    /* where forms of the instrument go both ways: 1 the worst, 2 the best; 0 for all others */
    int held_by;          /* who held the tablet: 1 the person, 2 who logs, 3 somebody else; 0: not said */
    const char *language; /* of the form, as BCP 47 has it: "nb"; NULL or "": not said */
};
#define SAMLING_SCORE_TEXT_BYTES_MAX 24
struct samling_score_line {
    struct samling_score score;
    int items, answered;
    int primary; /* 1: of several to the same instrument and occasion this one counts; a coordinator may have chosen another */
    uint64_t replaced_by; /* 0: it stands */
    enum samling_record_state state;
    enum samling_score_why why;              /* 0: there is a score; else there is none, and sum and count are 0 */
    int sum, count;                          /* of the answers, reversed items turned; how many were given */
    int rule_version;                        /* by which it was made: scores of two rules are never compared */
    enum samling_better better;              /* of this form: never _STATED */
    char text[SAMLING_SCORE_TEXT_BYTES_MAX]; /* as it is shown, with a decimal point: "6.67"; "" where there is none */
};
/* samling_scores: of one person, by id. Scores are made from the answers by the same rules as at the centre. */
SAMLING_API int samling_scores(samling *s, uint64_t participant, struct samling_score_line **out, size_t *count);

/* What somebody wrote about a person. It is never changed: a correction is a note of its own that replaces it. */
struct samling_note {
    uint64_t id; /* samling_note_save gives it */
    uint64_t participant;
    int32_t day;         /* that it is about */
    const char *text;    /* 1 to 2000 bytes, lines with \n between */
    const char *subject; /* to 120 bytes; NULL or "": none */
    int visibility;      /* 0 the team, 1 those of the author's role */
    uint64_t replaces;   /* the note that this one corrects, 0: none */
};
struct samling_note_line {
    struct samling_note note;
    uint64_t author;      /* the user who wrote it; may be of another clinic, and not on this device */
    int role;             /* the author's, when it was written */
    uint64_t replaced_by; /* 0: it stands */
    uint64_t order;       /* the centre's: what is larger came there later; 0: it is not there yet */
    enum samling_record_state state;
};
/* samling_notes(s, user, participant, out, count): of one person what ${user} may see, in the order in which the centre took them,
 * and those that wait behind. SAMLING_ENOTFOUND: the user or the person is not here. */
SAMLING_API int samling_notes(samling *s, uint64_t user, uint64_t participant, struct samling_note_line **out,
                              size_t *count);

/* A meeting with one person or about one. */
struct samling_contact {
    uint64_t id; /* 0: a new one */
    uint64_t participant;
    int32_t day;
    int minutes;                    /* 0 to 480; -1 each here and below: not said */
    int mode;                       /* 0 on site, 1 phone, 2 video */
    int with_whom;                  /* 0 the person, 1 NAV, 2 employer, 3 general practitioner, 4 somebody else */
    int role;                       /* in which it was held, as samling_user.role */
    int sector;                     /* 0 unknown, 1 somatic, 2 mental health, 3 NAV, 4 municipality */
    int work_focus;                 /* 1: work was a theme */
    uint64_t intervention, episode; /* 0 each: none */
};
#define SAMLING_CONTACT_INIT                  \
    {                                         \
        0, 0, 0, -1, -1, -1, -1, -1, -1, 0, 0 \
    }
struct samling_contact_line {
    struct samling_contact contact;
    int disputed; /* 1: somebody says something else; a coordinator is asked */
    enum samling_record_state state;
};
/* samling_contacts: of one person, by day. Opens the person's form. */
SAMLING_API int samling_contacts(samling *s, uint64_t participant, struct samling_contact_line **out, size_t *count);

/* How it stands with somebody's work on a day. Never changed: a correction replaces it. */
struct samling_work {
    uint64_t id; /* samling_work_save gives it */
    uint64_t participant;
    int32_t day;
    int status; /* 0 not filled, 1 working, 2 student, 3 unemployed, 4 retired, 5 at home, 6 sick leave, 7 work assessment
                   allowance, 8 disability pension */
    int employed;                            /* 0 or 1; -1 here and below: not said */
    int sick_leave_percent, working_percent; /* 0 to 100 */
    uint64_t replaces;                       /* the one that this corrects, 0: none */
};
struct samling_work_line {
    struct samling_work work;
    uint64_t replaced_by; /* 0: it stands */
    enum samling_record_state state;
};
/* samling_works: of one person, by day. */
SAMLING_API int samling_works(samling *s, uint64_t participant, struct samling_work_line **out, size_t *count);

/* How hard it felt at one moment of a session. Never changed: a correction replaces it. Several of one moment are never averaged. */
struct samling_exertion {
    uint64_t id; /* samling_exertion_save gives it */
    uint64_t session, participant;
    int scale;         /* 0 RPE, 1 CR10 */
    int moment;        /* 0 before, 1 at the peak, 2 after */
    int value_tenths;  /* RPE 60 to 200 in whole tens, CR10 0 to 150 */
    int evidence;      /* who entered it: 3 the person, else as samling_line.evidence; -1: not said */
    uint64_t replaces; /* the rating that this one corrects, 0: none */
};
struct samling_exertion_line {
    struct samling_exertion exertion;
    int primary;          /* 1: of several of one moment and scale this one counts: the person's own first */
    uint64_t replaced_by; /* 0: it stands */
    enum samling_record_state state;
};
/* samling_exertions: of one person in one session, by moment, scale and id. Opens the form, as samling_sets does. */
SAMLING_API int samling_exertions(samling *s, uint64_t session, uint64_t participant,
                                  struct samling_exertion_line **out, size_t *count);

/* An activity that a person chose for the PSFS: frozen, other words are another activity that replaces it. */
struct samling_activity {
    uint64_t id; /* samling_activity_save gives it */
    uint64_t participant;
    int ordinal;       /* 1 to 5: which item of the form asks about it */
    const char *words; /* the person's own, 1 to 200 bytes */
    const char *icf;   /* its code in ICF, to 16 bytes; NULL or "": none */
    uint64_t episode;  /* 0: none */
    uint64_t replaces; /* the activity in whose place it is asked, 0: none */
};
struct samling_activity_line {
    struct samling_activity activity;
    uint64_t replaced_by; /* 0: it stands */
    enum samling_record_state state;
};
/* samling_activities: of one person, by ordinal and id. Two that stand under one ordinal were chosen on two tablets. */
SAMLING_API int samling_activities(samling *s, uint64_t participant, struct samling_activity_line **out, size_t *count);

struct samling_leader {
    uint64_t user;
    const char *name; /* "": a user who is not on this device */
    int role;         /* in which they lead, as samling_user.role; -1: not said */
    enum samling_record_state state;
};
/* samling_session_leaders, samling_group_leaders: by name. */
SAMLING_API int samling_session_leaders(samling *s, uint64_t session, struct samling_leader **out, size_t *count);
SAMLING_API int samling_group_leaders(samling *s, uint64_t group, struct samling_leader **out, size_t *count);

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
 * samling_score_save(s, user, score, out): save a form, whose id is then in *${out}. How many items it has and how many are
 * answered follows from the answers. Missing answers are saved, and may leave it without a score; of an instrument that is in no
 * list the answers are taken as they are.
 *   errors  as samling_mark; SAMLING_ERANGE also where samling_score_check refuses it, and samling_errmsg says why;
 *           SAMLING_ENOTFOUND also where what it replaces is not here, or another person's
 * samling_score_check(score): does the form fit its instrument? _VALID, or one of _MALFORMED to _DIRECTION. Nothing else of it
 * is looked at, and no handle is needed.
 * samling_score_remove(s, user, id): it was entered in error.
 */
SAMLING_API int samling_score_save(samling *s, uint64_t user, const struct samling_score *score, uint64_t *out);
SAMLING_API enum samling_score_why samling_score_check(const struct samling_score *score);
SAMLING_API int samling_score_remove(samling *s, uint64_t user, uint64_t id);

/**
 * samling_note_save(s, user, note, out): save a note by ${user}, whose id is then in *${out}.
 *   errors  as samling_mark; SAMLING_ENOTFOUND also where what it replaces is not here, or about somebody else
 * samling_note_remove(s, user, id): it was entered in error.
 */
SAMLING_API int samling_note_save(samling *s, uint64_t user, const struct samling_note *note, uint64_t *out);
SAMLING_API int samling_note_remove(samling *s, uint64_t user, uint64_t id);

/**
 * samling_contact_save(s, user, contact, out): save one as ${user}: a new one, whose id is then in *${out}, or where contact->id
 * says which what is changed of it. What is not said is emptied; what is as it was is left alone, so that it does not contradict
 * what somebody else changes meanwhile.
 *   errors  as samling_mark; SAMLING_ERANGE also where it is about another person than it was
 * samling_contact_remove(s, user, id): it was entered in error.
 */
SAMLING_API int samling_contact_save(samling *s, uint64_t user, const struct samling_contact *contact, uint64_t *out);
SAMLING_API int samling_contact_remove(samling *s, uint64_t user, uint64_t id);

/**
 * samling_work_save, samling_exertion_save, samling_activity_save(s, user, what, out): save one as ${user}; its id is then in
 * *${out}. _remove(s, user, id): it was entered in error.
 *   errors  as samling_mark; SAMLING_ENOTFOUND also where what it replaces is not here, or is about somebody or something else
 */
SAMLING_API int samling_work_save(samling *s, uint64_t user, const struct samling_work *work, uint64_t *out);
SAMLING_API int samling_work_remove(samling *s, uint64_t user, uint64_t id);
SAMLING_API int samling_exertion_save(samling *s, uint64_t user, const struct samling_exertion *exertion,
                                      uint64_t *out);
SAMLING_API int samling_exertion_remove(samling *s, uint64_t user, uint64_t id);
SAMLING_API int samling_activity_save(samling *s, uint64_t user, const struct samling_activity *activity,
                                      uint64_t *out);
SAMLING_API int samling_activity_remove(samling *s, uint64_t user, uint64_t id);

/* samling_leader_save(s, user, session, leader, role): ${leader} leads the session, in that role (-1: not said), beside whoever
 * leads it already. samling_leader_remove: not any more. Errors as samling_mark. */
SAMLING_API int samling_leader_save(samling *s, uint64_t user, uint64_t session, uint64_t leader, int role);
SAMLING_API int samling_leader_remove(samling *s, uint64_t user, uint64_t session, uint64_t leader);

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
 *   errors  SAMLING_ENOTFOUND unknown user, person or group; SAMLING_ERANGE; as samling_mark
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
    SAMLING_ABOUT_LEADER = 11
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
/* samling_link_down(s): the connection is gone; arms the retry if anything waits. */
SAMLING_API void samling_link_down(samling *s);
/* samling_retry_in_ms(s): call link_up (or sync_once) after so many ms; -1: nothing to do. */
SAMLING_API int64_t samling_retry_in_ms(samling *s);

/* ---- for tests: the device's clock (seconds since 1970), NULL: the system's */
SAMLING_API void samling_clock_set(samling *s, int64_t (*now)(void *ctx), void *ctx);

#ifdef __cplusplus
}
#endif
#endif
