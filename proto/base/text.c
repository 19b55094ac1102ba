#include "proto/base/text.h"

static const struct {
    const char *name;
    const char *in[2]; /* by enum sam_lang */
} texts[] = {
#define SAM_TEXT(ID, en, nb) {#ID, {en, nb}},
#define SAM_TEXT_SET(SET, FIRST, LAST)
#include "proto/base/text.def"
#undef SAM_TEXT
#undef SAM_TEXT_SET
};

static const struct {
    enum sam_text_id first, last;
} sets[] = {
#define SAM_TEXT(ID, en, nb)
#define SAM_TEXT_SET(SET, FIRST, LAST) {SAM_TEXT_##FIRST, SAM_TEXT_##LAST},
#include "proto/base/text.def"
#undef SAM_TEXT
#undef SAM_TEXT_SET
};

const char *sam_text(enum sam_lang lang, enum sam_text_id id)
{
    if ((unsigned)id >= SAM_TEXT_COUNT)
        return "?";
    return texts[id].in[lang == SAM_LANG_NB];
}

const char *sam_text_of(enum sam_lang lang, enum sam_text_set set, int value)
{
    if ((unsigned)set >= SAM_TEXT_SET_COUNT || value < 0 || value > (int)sets[set].last - (int)sets[set].first)
        return "?";
    return sam_text(lang, (enum sam_text_id)((int)sets[set].first + value));
}

const char *sam_text_name(enum sam_text_id id)
{
    return (unsigned)id < SAM_TEXT_COUNT ? texts[id].name : "?";
}

void sam_text_set_bounds(enum sam_text_set set, enum sam_text_id *first, enum sam_text_id *last)
{
    *first = sets[set].first;
    *last = sets[set].last;
}

/* one letter of a locale's language, in lower case */
static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

enum sam_lang sam_lang_from(const char *locale)
{
    if (!locale || lower(locale[0]) != 'n' || !locale[1])
        return SAM_LANG_EN;
    char second = lower(locale[1]), end = locale[2];
    if (second != 'b' && second != 'n' && second != 'o')
        return SAM_LANG_EN;
    return end == '\0' || end == '_' || end == '-' || end == '.' || end == '@' ? SAM_LANG_NB : SAM_LANG_EN;
}
