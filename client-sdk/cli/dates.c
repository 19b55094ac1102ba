#include "dates.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

/* Days from civil date and back, in the proleptic Gregorian calendar: years begin in March, so that the leap day is the
 * last of a year; 400 years are 146097 days. */
static int32_t day_of(int y, int m, int d)
{
    y -= m <= 2;
    int era = (y >= 0 ? y : y - 399) / 400;
    int yoe = y - era * 400;
    int doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    int doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

static void civil_of(int32_t day, int *y, int *m, int *d)
{
    int z = day + 719468;
    int era = (z >= 0 ? z : z - 146096) / 146097;
    int doe = z - era * 146097;
    int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int mp = (5 * doy + 2) / 153;
    *d = doy - (153 * mp + 2) / 5 + 1;
    *m = mp + (mp < 10 ? 3 : -9);
    *y = yoe + era * 400 + (*m <= 2);
}

/* a number of ${min} to ${max} digits at *p, which moves behind it; -1: none is there */
static int digits(const char **p, int min, int max)
{
    int v = 0, n = 0;
    for (; n < max && **p >= '0' && **p <= '9'; n++, (*p)++)
        v = v * 10 + (**p - '0');
    return n >= min ? v : -1;
}

static bool take(const char **p, const char *one_of)
{
    for (; *one_of; one_of++)
        if (**p == *one_of) {
            (*p)++;
            return true;
        }
    return false;
}

static bool parse_iso(const char *p, int *y, int *m, int *d)
{
    return (*y = digits(&p, 4, 4)) >= 0 && take(&p, "-") && (*m = digits(&p, 2, 2)) >= 0 && take(&p, "-") &&
           (*d = digits(&p, 2, 2)) >= 0 && !*p;
}

static bool parse_norwegian(const char *p, int *y, int *m, int *d)
{
    return (*d = digits(&p, 1, 2)) >= 0 && take(&p, ".") && (*m = digits(&p, 1, 2)) >= 0 && take(&p, ".") &&
           (*y = digits(&p, 4, 4)) >= 0 && !*p;
}

bool cli_date_parse(const char *text, int32_t *day)
{
    int y, m, d, back_y, back_m, back_d;
    *day = 0;
    if (!parse_iso(text, &y, &m, &d) && !parse_norwegian(text, &y, &m, &d))
        return false;
    if (m < 1 || m > 12 || d < 1 || d > 31)
        return false;
    int32_t found = day_of(y, m, d);
    civil_of(found, &back_y, &back_m, &back_d);
    if (back_m != m || back_d != d || found < DATE_DAY_MIN || found > DATE_DAY_MAX)
        return false; /* 30 February would come back as 2 March */
    *day = found;
    return true;
}

/* a text of the catalogue with its placeholders */
static void put(char out[DATE_TEXT_BYTES], enum sam_lang lang, enum sam_text_id id, ...)
{
    va_list ap;
    va_start(ap, id);
    vsnprintf(out, DATE_TEXT_BYTES, sam_text(lang, id), ap);
    va_end(ap);
}

const char *cli_date_words(enum sam_lang lang, int32_t day, int32_t today, char out[DATE_TEXT_BYTES])
{
    int y, m, d, this_y, this_m, this_d;
    civil_of(today, &this_y, &this_m, &this_d);
    civil_of(day, &y, &m, &d);
    const char *month = sam_text_of(lang, SAM_TEXT_SET_MONTH, m - 1);
    if (y == this_y)
        put(out, lang, SAM_TEXT_DATE_WORDS, d, month);
    else
        put(out, lang, SAM_TEXT_DATE_WORDS_YEAR, d, month, y);
    return out;
}

const char *cli_date_text(int32_t day, char out[DATE_TEXT_BYTES])
{
    int y, m, d;
    if (day < DATE_DAY_MIN)
        day = DATE_DAY_MIN;
    if (day > DATE_DAY_MAX)
        day = DATE_DAY_MAX;
    civil_of(day, &y, &m, &d);
    snprintf(out, DATE_TEXT_BYTES, "%04d-%02d-%02d", y, m, d);
    return out;
}

int cli_date_weekday(int32_t day)
{
    int from_thursday = (int)(day % 7); /* 1970-01-01 was a Thursday */
    return (from_thursday + 7 + 3) % 7 + 1;
}

/* The first Monday of a year's weeks: its first week is the one that 4 January is in. */
static int32_t first_monday(int year)
{
    int32_t fourth = day_of(year, 1, 4);
    return fourth - (cli_date_weekday(fourth) - 1);
}

bool cli_week_parse(const char *text, int32_t *monday)
{
    const char *p = text;
    int y, w;
    *monday = 0;
    if ((y = digits(&p, 4, 4)) < 1900 || y > 2169 || !take(&p, "-") || !take(&p, "Ww") || (w = digits(&p, 1, 2)) < 1 ||
        *p)
        return false;
    int32_t found = first_monday(y) + 7 * (w - 1);
    if (found >= first_monday(y + 1))
        return false; /* not every year has a week 53 */
    *monday = found;
    return true;
}

bool cli_time_parse(const char *text, int *minute)
{
    const char *p = text;
    int h, m;
    *minute = 0;
    if ((h = digits(&p, 1, 2)) < 0 || !take(&p, ":.") || (m = digits(&p, 2, 2)) < 0 || *p || h > 23 || m > 59)
        return false;
    *minute = h * 60 + m;
    return true;
}

const char *cli_time_text(int minute, char out[DATE_TEXT_BYTES])
{
    out[0] = '\0';
    if (minute >= 0 && minute < 24 * 60)
        snprintf(out, DATE_TEXT_BYTES, "%02d:%02d", minute / 60, minute % 60);
    return out;
}

const char *cli_moment_text(int64_t at_s, int64_t now_s, char out[DATE_TEXT_BYTES])
{
    time_t at = (time_t)at_s, now = (time_t)now_s;
    struct tm a, n;
    out[0] = '\0';
    if (!localtime_r(&at, &a) || !localtime_r(&now, &n))
        return out;
    bool today = a.tm_year == n.tm_year && a.tm_yday == n.tm_yday;
    strftime(out, DATE_TEXT_BYTES, today ? "%H:%M" : "%Y-%m-%d %H:%M", &a);
    return out;
}
