/* Days and times of day as people write them. A day is days since 1970-01-01, a time of day minutes since midnight. */
#ifndef CLI_DATES_H
#define CLI_DATES_H

#include <stdbool.h>
#include <stdint.h>

#define DATE_DAY_MIN (-25567) /* 1900-01-01 */
#define DATE_DAY_MAX 73049    /* 2170-01-01 */
#define DATE_TEXT_BYTES 24

/* date_parse(text, day): "2026-11-23" or "23.11.2026". False: not a date, or not one of a session. */
bool date_parse(const char *text, int32_t *day);
/* date_text(day, out): "2026-11-23". Returns ${out}. */
const char *date_text(int32_t day, char out[DATE_TEXT_BYTES]);
/* date_weekday(day): 1 Monday … 7 Sunday. */
int date_weekday(int32_t day);
/* time_parse(text, minute): "08:30", "8.30", "8:30". */
bool time_parse(const char *text, int *minute);
/* time_text(minute, out): "08:30", "" where none is set (negative). */
const char *time_text(int minute, char out[DATE_TEXT_BYTES]);
/* moment_text(at_s, now_s, out): local clock time, with the date before it when it is not today's. */
const char *moment_text(int64_t at_s, int64_t now_s, char out[DATE_TEXT_BYTES]);

#endif
