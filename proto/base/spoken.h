/* Bytes as people read them out and type them: Crockford's base 32, in capitals and groups of four, "7K3Q-M0ZD-V9XT". Five bits a
 * letter, the high ones first. There is no I, L, O and U: what looks like 1 and 0 is read as these. */
#ifndef SAM_BASE_SPOKEN_H
#define SAM_BASE_SPOKEN_H

#include <stddef.h>
#include <stdint.h>

/* Letters go in fours. What their text needs, with the lines between and the 0; and how many bytes they say. */
#define SAM_SPOKEN_TEXT_BYTES(letters) ((letters) + (letters) / 4u)
#define SAM_SPOKEN_BYTES(letters) (((letters)*5u + 7u) / 8u)

/* sam_spoken_write(p, letters, out): as many letters of ${p} into SAM_SPOKEN_TEXT_BYTES(letters). */
void sam_spoken_write(const uint8_t *p, unsigned letters, char *out);
/* sam_spoken_read(text, letters, out): exactly so many letters into SAM_SPOKEN_BYTES(letters), small or capital, whatever lines and
 * spaces stand between. SAM_EUSAGE: more, fewer, or a letter that is none; ${out} is then all zero. */
int sam_spoken_read(const char *text, unsigned letters, uint8_t *out);

#endif
