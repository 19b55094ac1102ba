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
const char *cli_word_about(int about);           /* other mark session set consent score */
const char *cli_word_evidence(int evidence);     /* listed all-present tapped self */

/* cli_word_to_presence(text, presence): a typed word, English or Norwegian, any case. */
bool cli_word_to_presence(const char *text, int *presence);

#endif
