/* Exercises by name, and sets as people type and read them. */
#ifndef CLI_EXERCISE_H
#define CLI_EXERCISE_H

#include "cli.h"

#define EXERCISE_NAME_BYTES 64
#define EXERCISE_SET_BYTES 160
#define EXERCISE_LINE_BYTES (2 * EXERCISE_SET_BYTES + 2) /* both, with a comma between */

enum { EXERCISE_OWN_FIRST = 1000, EXERCISE_MAX = 999999, EXERCISE_SETS_MAX = 20 };

/* cli_exercise_find(c, word, code): by code, by name or its beginning in either language. 0, or an exit code; several that fit
 * are told. */
int cli_exercise_find(struct cli *c, const char *word, int *code);
/* cli_exercise_name(c, code, out): "Squat"; a clinic's own: "exercise 1234". */
const char *cli_exercise_name(const struct cli *c, int code, char out[EXERCISE_NAME_BYTES]);
/* cli_exercise_rows(c, hit, to): the list, or what ${hit} says of it, as a table for people and as "exercises" of the JSON. */
void cli_exercise_rows(struct cli *c, const bool *hit, FILE *to);

/* cli_exercise_parse(text, set): "8x20", "12", "8x22,5kg", "45s", "3min", "200m", "8x30s" into reps, load_hg, duration_s and
 * distance_m of ${set}; whether they are in range is the library's to say. false: it is no set. */
bool cli_exercise_parse(const char *text, struct samling_set *set);
/* cli_exercise_done(c, set, out): "8 × 20 kg". cli_exercise_remarks: "left, pain 3"; "": none. */
const char *cli_exercise_done(const struct cli *c, const struct samling_set *set, char out[EXERCISE_SET_BYTES]);
const char *cli_exercise_remarks(const struct cli *c, const struct samling_set *set, char out[EXERCISE_SET_BYTES]);

#endif
