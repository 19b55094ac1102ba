#include "word.h"

#include "utf8.h"

#include <stddef.h>

struct words {
    int count;
    const char *const *word;
};

static const char *const presence_words[] = {"unknown", "present", "notified", "no-show", "not-expected"};
static const char *const session_words[] = {"planned", "held", "cancelled"};
static const char *const record_words[] = {"none", "waiting", "at-centre", "attention"};
static const char *const device_words[] = {"not-joined", "invited", "pending", "active",
                                           "draining",   "revoked", "wiped"};
static const char *const kind_words[] = {"movement", "mastery", "course"};
static const char *const role_words[] = {
    "physiotherapist", "psychologist",           "therapist",     "physical-medicine", "nav-adviser",
    "nurse",           "occupational-therapist", "social-worker", "coordinator",       "other"};
static const char *const enrolment_words[] = {
    "waiting-list", "offered",      "declined",   "waiting-start", "attending",
    "completed",    "discontinued", "never-came", "not-relevant",  "registered-in-error"};
static const char *const verdict_words[] = {"applied", "merged",      "same",      "superseded",
                                            "case",    "quarantined", "held-back", "lost"};
static const char *const reason_words[] = {"none",         "out-of-range",   "out-of-scope", "unknown-reference",
                                           "newer-schema", "device-revoked", "malformed",    "not-permitted",
                                           "crashed",      "equivocation",   "unknown-user"};
static const char *const about_words[] = {"other",   "mark", "session",  "set",      "consent", "score",     "note",
                                          "contact", "work", "exertion", "activity", "leader",  "enrolment", "person"};
static const char *const evidence_words[] = {"listed", "all-present", "tapped", "self"};
static const char *const occasion_words[] = {"baseline", "midway", "end", "3m", "6m", "12m"};
static const char *const side_words[] = {"both", "left", "right"};
static const char *const scale_0_words[] = {"unstated", "worst", "best"};
static const char *const mode_words[] = {"self", "interview", "proxy"};
static const char *const held_by_words[] = {"not-said", "person", "author", "other"};
static const char *const better_words[] = {"none", "load", "higher", "lower", "stated"};
static const char *const scoring_words[] = {"none", "single", "sum", "mean", "percent"};
static const char *const score_why_words[] = {"valid", "malformed", "items", "range",  "direction",
                                              "few",   "reversal",  "codes", "unknown"};
static const char *const contact_mode_words[] = {"on-site", "phone", "video"};
static const char *const with_whom_words[] = {"person", "nav", "employer", "gp", "other"};
static const char *const sector_words[] = {"unknown", "somatic", "mental-health", "nav", "municipality"};
static const char *const work_words[] = {"not-filled",        "working", "student",    "unemployed",
                                         "retired",           "at-home", "sick-leave", "work-assessment-allowance",
                                         "disability-pension"};
static const char *const scale_words[] = {"rpe", "cr10"};
static const char *const moment_words[] = {"before", "peak", "after"};
static const char *const yes_no_words[] = {"no", "yes"};
static const char *const why_words[] = {"not-said", "treatment",   "coordination", "administration",
                                        "quality",  "own-request", "emergency"};
static const char *const purpose_words[] = {"none", "register", "research", "sms", "nav"};
static const char *const consent_words[] = {"none", "granted", "withdrawn"};

#define WORDS(list) ((struct words){(int)(sizeof(list) / sizeof *(list)), list})

static const char *nth(struct words w, int value)
{
    return value >= 0 && value < w.count ? w.word[value] : "other";
}

const char *cli_word_presence(int presence)
{
    return nth(WORDS(presence_words), presence);
}
const char *cli_word_session_status(int status)
{
    return nth(WORDS(session_words), status);
}
const char *cli_word_record(int state)
{
    return nth(WORDS(record_words), state);
}
const char *cli_word_device(int state)
{
    return nth(WORDS(device_words), state);
}
const char *cli_word_kind(int kind)
{
    return nth(WORDS(kind_words), kind);
}
const char *cli_word_role(int role)
{
    return nth(WORDS(role_words), role);
}
const char *cli_word_enrolment(int status)
{
    return nth(WORDS(enrolment_words), status);
}
const char *cli_word_verdict(int kind)
{
    return nth(WORDS(verdict_words), kind);
}
const char *cli_word_reason(int reason)
{
    return nth(WORDS(reason_words), reason);
}
const char *cli_word_about(int about)
{
    return nth(WORDS(about_words), about);
}
const char *cli_word_evidence(int evidence)
{
    return nth(WORDS(evidence_words), evidence);
}
const char *cli_word_occasion(int occasion)
{
    return nth(WORDS(occasion_words), occasion);
}
const char *cli_word_scale_0(int means)
{
    return nth(WORDS(scale_0_words), means);
}
const char *cli_word_mode(int mode)
{
    return nth(WORDS(mode_words), mode);
}
const char *cli_word_held_by(int held_by)
{
    return nth(WORDS(held_by_words), held_by);
}
const char *cli_word_better(int better)
{
    return nth(WORDS(better_words), better);
}
const char *cli_word_scoring(int scoring)
{
    return nth(WORDS(scoring_words), scoring);
}
const char *cli_word_score_why(int why)
{
    return nth(WORDS(score_why_words), why);
}

const char *cli_word_side(int side)
{
    return nth(WORDS(side_words), side);
}
const char *cli_word_contact_mode(int mode)
{
    return nth(WORDS(contact_mode_words), mode);
}
const char *cli_word_with_whom(int with_whom)
{
    return nth(WORDS(with_whom_words), with_whom);
}
const char *cli_word_sector(int sector)
{
    return nth(WORDS(sector_words), sector);
}
const char *cli_word_work(int status)
{
    return nth(WORDS(work_words), status);
}
const char *cli_word_scale(int scale)
{
    return nth(WORDS(scale_words), scale);
}
const char *cli_word_moment(int moment)
{
    return nth(WORDS(moment_words), moment);
}
const char *cli_word_yes_no(int yes)
{
    return nth(WORDS(yes_no_words), yes);
}
const char *cli_word_why(int why)
{
    return nth(WORDS(why_words), why);
}
const char *cli_word_purpose(int purpose)
{
    return nth(WORDS(purpose_words), purpose);
}
const char *cli_word_consent(int state)
{
    return nth(WORDS(consent_words), state);
}

static const struct typed {
    enum cli_typed what;
    const char *word;
    int value;
} typed_words[] = {
    {TYPED_OCCASION, "baseline", 0},  {TYPED_OCCASION, "start", 0},   {TYPED_OCCASION, "midway", 1},
    {TYPED_OCCASION, "underveis", 1}, {TYPED_OCCASION, "end", 2},     {TYPED_OCCASION, "slutt", 2},
    {TYPED_OCCASION, "3m", 3},        {TYPED_OCCASION, "6m", 4},      {TYPED_OCCASION, "12m", 5},
    {TYPED_SCALE_0, "worst", 1},      {TYPED_SCALE_0, "dårligst", 1}, {TYPED_SCALE_0, "darligst", 1},
    {TYPED_SCALE_0, "best", 2},       {TYPED_MODE, "self", 0},        {TYPED_MODE, "selv", 0},
    {TYPED_MODE, "interview", 1},     {TYPED_MODE, "intervju", 1},    {TYPED_MODE, "proxy", 2},
    {TYPED_MODE, "stedfortreder", 2}, {TYPED_HELD_BY, "person", 1},   {TYPED_HELD_BY, "deltaker", 1},
    {TYPED_HELD_BY, "author", 2},     {TYPED_HELD_BY, "fører", 2},    {TYPED_HELD_BY, "forer", 2},
    {TYPED_HELD_BY, "other", 3},      {TYPED_HELD_BY, "annen", 3},    {TYPED_SIDE, "both", 0},
    {TYPED_SIDE, "begge", 0},         {TYPED_SIDE, "left", 1},        {TYPED_SIDE, "venstre", 1},
    {TYPED_SIDE, "right", 2},         {TYPED_SIDE, "høyre", 2},       {TYPED_SIDE, "hoyre", 2},
};

bool cli_word_to(enum cli_typed what, const char *text, int *value)
{
    for (size_t i = 0; i < sizeof typed_words / sizeof *typed_words; i++)
        if (typed_words[i].what == what && cli_utf8_same(text, typed_words[i].word)) {
            *value = typed_words[i].value;
            return true;
        }
    return false;
}

const char *cli_words_typed(enum cli_typed what)
{
    static const char *const words[] = {"baseline midway end 3m 6m 12m", "worst best", "self interview proxy",
                                        "person author other", "left right both"};
    return words[what];
}

bool cli_word_to_presence(const char *text, int *presence)
{
    static const struct {
        const char *word;
        int presence;
    } typed[] = {
        {"present", 1},      {"møtt", 1},           {"mott", 1},           {"tilstede", 1},  {"til stede", 1},
        {"notified", 2},     {"avmeldt", 2},        {"no-show", 3},        {"no show", 3},   {"absent", 3},
        {"ikke-møtt", 3},    {"ikke møtt", 3},      {"ikke-mott", 3},      {"ikke mott", 3}, {"not-expected", 4},
        {"not expected", 4}, {"ikke-forventet", 4}, {"ikke forventet", 4}, {"unknown", 0},   {"ukjent", 0},
    };
    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++)
        if (cli_utf8_same(text, typed[i].word)) {
            *presence = typed[i].presence;
            return true;
        }
    *presence = 0;
    return false;
}
