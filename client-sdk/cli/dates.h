/* Days and times of day as people write them. A day is days since 1970-01-01, a time of day minutes since midnight. */
#ifndef CLI_DATES_H
#define CLI_DATES_H

#include "proto/base/text.h"

#include <stdbool.h>
#include <stdint.h>

#define DATE_DAY_MIN (-25567) /* 1900-01-01 */
#define DATE_DAY_MAX 73049    /* 2170-01-01 */
#define DATE_TEXT_BYTES 24

/* cli_date_parse(text, day): "2026-11-23" or "23.11.2026". False: not a date, or not one of a session. */
bool cli_date_parse(const char *text, int32_t *day);
/* cli_date_text(day, out): "2026-11-23". Returns ${out}. */
const char *cli_date_text(int32_t day, char out[DATE_TEXT_BYTES]);
/* cli_date_words(lang, day, today, out): "23 November", with the year where it is not today's. Returns ${out}. */
const char *cli_date_words(enum sam_lang lang, int32_t day, int32_t today, char out[DATE_TEXT_BYTES]);
/* cli_date_weekday(day): 1 Monday … 7 Sunday. */
int cli_date_weekday(int32_t day);
/* cli_week_parse(text, monday): the Monday of ISO week "2026-W41". */
bool cli_week_parse(const char *text, int32_t *monday);
/* cli_time_parse(text, minute): "08:30", "8.30", "8:30". */
bool cli_time_parse(const char *text, int *minute);
/* cli_time_text(minute, out): "08:30", "" where none is set (negative). */
const char *cli_time_text(int minute, char out[DATE_TEXT_BYTES]);
/* cli_moment_text(at_s, now_s, out): local clock time, with the date before it when it is not today's. */
const char *cli_moment_text(int64_t at_s, int64_t now_s, char out[DATE_TEXT_BYTES]);

#endif
