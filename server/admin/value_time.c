/* Days, moments and ages in words. */
#include "server/admin/value.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static bool this_year(const struct verb_context *v, const struct tm *tm)
{
    time_t now = (time_t)verb_now_s(v);
    struct tm n;
    return gmtime_r(&now, &n) && n.tm_year == tm->tm_year;
}

static const char *month(const struct verb_context *v, const struct tm *tm)
{
    return sam_text_of(value_lang(v), SAM_TEXT_SET_MONTH, tm->tm_mon);
}

static void date_words(const struct verb_context *v, const struct tm *tm, char out[VALUE_TIME_BYTES])
{
    if (this_year(v, tm))
        value_say(out, VALUE_TIME_BYTES, value_lang(v), SAM_TEXT_DATE_WORDS, tm->tm_mday, month(v, tm));
    else
        value_say(out, VALUE_TIME_BYTES, value_lang(v), SAM_TEXT_DATE_WORDS_YEAR, tm->tm_mday, month(v, tm),
                  tm->tm_year + 1900);
}

void value_day(const struct verb_context *v, int32_t day, char out[VALUE_TIME_BYTES])
{
    time_t t = (time_t)day * 86400;
    struct tm tm;
    char date[VALUE_TIME_BYTES];
    out[0] = 0;
    if (!gmtime_r(&t, &tm))
        return;
    date_words(v, &tm, date);
    snprintf(out, VALUE_TIME_BYTES, "%s %.32s", sam_text_of(value_lang(v), SAM_TEXT_SET_WEEKDAY, (tm.tm_wday + 6) % 7),
             date);
}

void value_day_brief(const struct verb_context *v, int32_t day, char out[VALUE_TIME_BYTES])
{
    time_t t = (time_t)day * 86400;
    struct tm tm;
    char name[4], year[8] = "";
    out[0] = 0;
    if (!gmtime_r(&t, &tm))
        return;
    snprintf(name, sizeof name, "%.3s",
             month(v, &tm)); /* the months' first three letters are ASCII in both languages */
    if (!this_year(v, &tm))
        snprintf(year, sizeof year, " %02d", tm.tm_year % 100);
    value_say(out, VALUE_TIME_BYTES, value_lang(v), SAM_TEXT_DATE_WORDS, tm.tm_mday, name);
    value_join(out, VALUE_TIME_BYTES, "", year);
}

static void moment(const struct verb_context *v, const struct tm *tm, char out[VALUE_TIME_BYTES])
{
    char date[VALUE_TIME_BYTES];
    date_words(v, tm, date);
    snprintf(out, VALUE_TIME_BYTES, "%.36s %02d:%02d", date, tm->tm_hour, tm->tm_min);
}

void value_time(const struct verb_context *v, int64_t at_s, char out[VALUE_TIME_BYTES])
{
    time_t t = (time_t)at_s;
    struct tm tm;
    out[0] = 0;
    if (localtime_r(&t, &tm))
        moment(v, &tm, out);
}

void value_time_there(const struct verb_context *v, int64_t at_s, int32_t utc_offset_min, char out[VALUE_TIME_BYTES])
{
    const int64_t far_s = (int64_t)1 << 40; /* a tablet's clock may say anything */
    time_t t = at_s > far_s || at_s < -far_s ? (time_t)0 : (time_t)(at_s + 60 * (int64_t)utc_offset_min);
    struct tm tm;
    out[0] = 0;
    if (gmtime_r(&t, &tm))
        moment(v, &tm, out);
}

static void age(enum sam_lang lang, int64_t age_s, bool brief, char out[VALUE_TIME_BYTES])
{
    enum { HOUR_S = 3600, DAY_S = 86400 };
    int64_t unit_s = age_s < 2 * HOUR_S ? 60 : age_s < 2 * DAY_S ? HOUR_S : DAY_S;
    enum sam_text_id id = unit_s == 60       ? SAM_TEXT_STATE_AGE_MINUTES
                          : unit_s == HOUR_S ? (brief ? SAM_TEXT_AGE_HOURS : SAM_TEXT_STATE_AGE_HOURS)
                                             : (brief ? SAM_TEXT_AGE_DAYS : SAM_TEXT_STATE_AGE_DAYS);
    value_say(out, VALUE_TIME_BYTES, lang, id, (int)(age_s < 0 ? 0 : age_s / unit_s));
}

void value_age(enum sam_lang lang, int64_t age_s, char out[VALUE_TIME_BYTES])
{
    age(lang, age_s, false, out);
}

void value_age_brief(enum sam_lang lang, int64_t age_s, char out[VALUE_TIME_BYTES])
{
    age(lang, age_s, true, out);
}

void value_day_iso(int32_t day, char out[VALUE_TIME_BYTES])
{
    time_t t = (time_t)day * 86400;
    struct tm tm;
    out[0] = 0;
    if (gmtime_r(&t, &tm))
        strftime(out, VALUE_TIME_BYTES, "%Y-%m-%d", &tm);
}
