/* Words for the values of the protocol: the ones of JSON, the same in every language, and those that are typed. */
#ifndef CLI_WORD_H
#define CLI_WORD_H

#include <stdbool.h>

const char *cli_word_presence(int presence);     /* unknown present notified no-show not-expected */
const char *cli_word_session_status(int status); /* planned held cancelled */
const char *cli_word_record(int state);          /* none waiting at-centre attention */
const char *cli_word_device(int state);          /* not-joined invited pending active draining revoked wiped */
const char *cli_word_kind(int kind);             /* movement mastery course */
const char *cli_word_role(int role);             /* physiotherapist psychologist … */
const char *cli_word_enrolment(int status);      /* waiting-list offered declined waiting-start attending … */
const char *cli_word_verdict(int kind);          /* applied merged same superseded case quarantined held-back lost */
const char *cli_word_reason(int reason);         /* none out-of-range out-of-scope … */
const char *cli_word_about(int about);           /* other mark session set consent score note … */
const char *cli_word_evidence(int evidence);     /* listed all-present tapped self */
const char *cli_word_occasion(int occasion);     /* baseline midway end 3m 6m 12m */
const char *cli_word_scale_0(int means);         /* unstated worst best */
const char *cli_word_mode(int mode);             /* self interview proxy */
const char *cli_word_held_by(int held_by);       /* not-said person author other */
const char *cli_word_better(int better);         /* none load higher lower stated */
const char *cli_word_scoring(int scoring);       /* none single sum mean percent */
const char *cli_word_score_why(int why);         /* valid malformed items range direction few reversal codes unknown */
const char *cli_word_side(int side);             /* both left right */
const char *cli_word_contact_mode(int mode);     /* on-site phone video */
const char *cli_word_with_whom(int with_whom);   /* person nav employer gp other */
const char *cli_word_sector(int sector);         /* unknown somatic mental-health nav municipality */
const char *cli_word_work(
    int status); /* not-filled working student unemployed retired at-home sick-leave work-assessment-allowance disability-pension */
const char *cli_word_scale(int scale);   /* rpe cr10 */
const char *cli_word_moment(int moment); /* before peak after */
const char *cli_word_yes_no(int yes);    /* no yes */
const char *cli_word_why(int why); /* not-said treatment coordination administration quality own-request emergency */
const char *cli_word_purpose(int purpose); /* none register research sms nav */
const char *cli_word_consent(int state);   /* none granted withdrawn */

/* cli_word_to(what, text, value): a typed word of one of these, English or Norwegian, any case. cli_words_typed(what): the
 * English ones, for telling. */
enum cli_typed { TYPED_OCCASION, TYPED_SCALE_0, TYPED_MODE, TYPED_HELD_BY, TYPED_SIDE };
bool cli_word_to(enum cli_typed what, const char *text, int *value);
const char *cli_words_typed(enum cli_typed what);

/* cli_word_to_presence(text, presence): a typed word, English or Norwegian, any case. */
bool cli_word_to_presence(const char *text, int *presence);

#endif
