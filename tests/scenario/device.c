/* What happens to a tablet as a thing: its power, its disk, its app, a copy of it; and what a copy minted anew. */
#include "tests/scenario/story.h"

#include <stdlib.h>
#include <string.h>

enum { SHEET_MAX = 64 };

/* Everybody on the sheet, in one save; the code of samling.h. false: the play is broken. */
static bool sheet_mark(struct play *y, struct pump_tablet *t, const struct words *w, int *err)
{
    struct samling_mark mark[SHEET_MAX];
    struct samling_line *line;
    size_t count;
    struct sam_row r;
    const struct story_name *session = name_find(y, w->word[3]);
    sam_row_init(&r, SAM_ATTENDANCE);
    if (!session || session->entity != SAM_SESSION)
        return play_break(y, "%s is no session", w->word[3]);
    if (!read_fields(y, w->rest, &r))
        return false;
    *err = samling_sheet(t->s, session->id, &line, &count);
    if (*err)
        return true;
    for (size_t i = 0; i < count && i < SHEET_MAX; i++) {
        mark[i] = (struct samling_mark)SAMLING_MARK_INIT;
        mark[i].session = session->id;
        mark[i].participant = line[i].participant;
        mark[i].presence = (int)sam_row_num(&r, SAM_ATTENDANCE_presence);
    }
    samling_list_free(line);
    *err = samling_mark_all(t->s, t->user, mark, count < SHEET_MAX ? count : SHEET_MAX);
    return true;
}

bool act_store(struct play *y, struct pump_tablet *t, const struct words *w)
{
    uint64_t schema;
    int err = 0;
    if (words_are(w, "power off and on")) {
        pump_tablet_power(t);
        return true;
    }
    if (words_are(w, "mark everybody of *"))
        return sheet_mark(y, t, w, &err) &&
               (!err || play_break(y, "the tablet does not save it: %s", samling_errname(err)));
    if (words_are(w, "app of schema *")) {
        if (!read_number(w->word[3], &schema) || schema == SAM_SCHEMA_VERSION)
            return play_break(y, "%s is no other schema", w->word[3]);
        pump_tablet_app(t, schema);
        return true;
    }
    return false;
}

bool act_full(struct play *y, struct pump_tablet *t, const char *text)
{
    struct words w;
    int err = 0;
    if (!words_split(text, &w) || !words_are(&w, "mark everybody of *"))
        return play_break(y, "what is saved on a full disk is a whole sheet");
    pump_tablet_full(t, true);
    bool told = sheet_mark(y, t, &w, &err);
    pump_tablet_full(t, false);
    if (told && err != SAMLING_EFULL)
        play_fail(y, "full: %s\n    expected EFULL\n    got      %s", text, err ? samling_errname(err) : "saved");
    return told;
}

bool act_copy(struct play *y, const char *from, const char *as)
{
    struct pump_tablet *t = tablet_find(y, from);
    if (!t)
        return play_break(y, "%s is no tablet", from);
    if (y->p->tablets == PUMP_TABLETS_MAX)
        return play_break(y, "too many tablets");
    return name_add(y, as, STORY_NAME_DEVICE, (uint64_t)(pump_tablet_copy(t) - y->p->tablet));
}

bool act_find(struct play *y, const struct words *w)
{
    const struct story_name *group = name_find(y, w->word[4]);
    uint64_t session, second;
    int64_t day;
    if (!group || group->entity != SAM_GROUP || !read_day(w->word[6], &day))
        return play_break(y, "find which session?");
    if (store_session_same_day(y->p->reader, group->id, (int32_t)day, 0, &session))
        return play_break(y, "the centre has no session of %s on %s", w->word[4], w->word[6]);
    if (store_session_same_day(y->p->reader, group->id, (int32_t)day, session, &second) == 0)
        return play_break(y, "the centre has two sessions of %s on %s", w->word[4], w->word[6]);
    return name_add(y, w->word[2], SAM_SESSION, session);
}
