/* libsamling: records of people beside attendance, sets and consents: forms and their scores, notes, contacts, work, exertion, own
 * activities, and who led. Part of samling.h, whose promise, ownership, errors and threads hold here. What is read is a list as
 * there; what was saved is on disk. */
#ifndef SAMLING_RECORD_H
#define SAMLING_RECORD_H

#include "samling.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- reading */

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

/* ---- saving */

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

#ifdef __cplusplus
}
#endif

#endif
