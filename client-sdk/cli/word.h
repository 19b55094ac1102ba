/* Words for the values of the protocol: the ones of JSON, the same in every language, and those that are typed. */
#ifndef CLI_WORD_H
#define CLI_WORD_H

#include <stdbool.h>

const char *word_presence(int presence);     /* unknown present notified no-show not-expected */
const char *word_session_status(int status); /* planned held cancelled */
const char *word_record(int state);          /* none waiting at-centre attention */
const char *word_device(int state);          /* not-joined invited pending active draining revoked wiped */
const char *word_kind(int kind);             /* movement mastery course */
const char *word_role(int role);             /* physiotherapist psychologist … */
const char *word_enrolment(int status);      /* waiting-list offered declined waiting-start attending … */
const char *word_verdict(int kind);          /* applied merged same superseded case quarantined held-back lost */
const char *word_reason(int reason);         /* none out-of-range out-of-scope … */
const char *word_evidence(int evidence);     /* listed all-present tapped self */

/* word_to_presence(text, presence): a typed word, English or Norwegian, any case. */
bool word_to_presence(const char *text, int *presence);

#endif
