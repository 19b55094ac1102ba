/* Participants: looking for somebody by name, and one with what may be seen of that one. Names are typed into the body of a question, never
 * into an address, which logs and histories keep. */
#include "proto/base/err.h"
#include "proto/base/fold.h"
#include "server/console/fields.h"
#include "server/console/gate.h"
#include "server/console/page.h"
#include "server/console/place.h"
#include "server/store/person_list.h"

#include <string.h>

enum { HITS_MAX = 40, LETTERS_MIN = 2, DAYS_SHOWN = 12 };

/* What is being collected. */
struct listing {
    struct ask *a;
    struct store *st;
    struct sam_json json;
    char wanted[SAM_NAME_BYTES_MAX + 1]; /* folded; empty: everybody */
    uint64_t person;
    struct place_known known; /* of the search */
    unsigned count;
    bool more;
    bool shut; /* the record of whoever was read last */
};

static bool may(const struct listing *l, enum right right, uint64_t org)
{
    return right_may_person(l->st, &l->a->who, gate_today(l->a), right, org, l->person);
}

/* ---- by name */

/* Is each of the words that are looked for somewhere in the name? */
static bool name_has(const char *name, const char *wanted)
{
    char folded[SAM_NAME_BYTES_MAX + 1], word[SAM_NAME_BYTES_MAX + 1];
    sam_fold_text((struct sam_span){(const uint8_t *)name, strlen(name)}, folded, sizeof folded);
    while (*wanted) {
        size_t n = strcspn(wanted, " ");
        memcpy(word, wanted, n);
        word[n] = 0;
        if (!strstr(folded, word))
            return false;
        wanted += n + (wanted[n] == ' ');
    }
    return true;
}

static int place_each(void *ctx, const struct store_person_enrolment *e)
{
    struct listing *l = ctx;
    struct sam_json *j = &l->json;
    if (!may(l, RIGHT_PERSON_SEE, e->org))
        return 0;
    sam_json_object(j, NULL);
    sam_json_id(j, "id", e->group);
    sam_json_text(j, "name", e->group_name);
    sam_json_text(j, "clinic_name", e->clinic);
    sam_json_int(j, "status", e->status);
    sam_json_end(j);
    return 0;
}

static int last_each(void *ctx, const struct store_person_day *d)
{
    struct listing *l = ctx;
    if (!may(l, RIGHT_ATTENDANCE_SEE, d->org))
        return 0;
    sam_json_int(&l->json, "last_day", d->day);
    sam_json_text(&l->json, "last_group", d->group_name);
    return 1;
}

/* Where a walk-in came last: in no list is where to look for that. */
static int last_add(struct listing *l, const struct store_person *p)
{
    int err = p->provisional && !l->shut ? store_person_days(l->st, p->participant, last_each, l) : 0;
    if (err == 0) {
        sam_json_null(&l->json, "last_day");
        sam_json_null(&l->json, "last_group");
    }
    return err == 1 ? 0 : err;
}

static int person_head(struct listing *l, const struct store_person *p)
{
    char shown[SAM_NAME_BYTES_MAX + 1];
    uint64_t root;
    struct sam_json *j = &l->json;
    int err = store_person_root(l->st, p->participant, &root, shown);
    err = err ? err : store_person_shut(l->st, root, &l->shut);
    sam_json_id(j, "id", p->participant);
    sam_json_text(j, "name", p->name);
    sam_json_int(j, "birth_year", p->birth_year);
    sam_json_bool(j, "provisional", p->provisional);
    sam_json_bool(j, "shut", l->shut);
    sam_json_id_or_null(j, "shown_as", root == p->participant ? 0 : root);
    sam_json_text(j, "shown_name", root == p->participant ? NULL : shown);
    return err;
}

static int hit_each(void *ctx, const struct store_person *p)
{
    struct listing *l = ctx;
    struct sam_json *j = &l->json;
    if (!name_has(p->name, l->wanted) || place_person_known(l->a, l->st, RIGHT_PERSON_SEE, p->participant, &l->known))
        return 0;
    l->more = l->count == HITS_MAX;
    if (l->more)
        return 1;
    l->count++;
    l->person = p->participant;
    sam_json_object(j, NULL);
    int err = person_head(l, p);
    sam_json_list(j, "groups");
    err = err ? err : store_person_enrolments(l->st, p->participant, place_each, l);
    sam_json_end(j);
    err = err ? err : last_add(l, p);
    sam_json_end(j);
    return err;
}

static int question_read(struct listing *l, bool *walkins)
{
    char name[SAM_NAME_BYTES_MAX + 1], yes[2];
    struct field fields[] = {{"name", name, sizeof name, false}, {"walkins", yes, sizeof yes, false}};
    int err = fields_read(sam_buf_peek(&l->a->body), fields, 2);
    if (err)
        return err;
    *walkins = yes[0] == '1';
    sam_fold_text((struct sam_span){(const uint8_t *)name, strlen(name)}, l->wanted, sizeof l->wanted);
    unsigned letters = 0;
    for (const char *at = l->wanted; *at; at++)
        letters += ((uint8_t)*at & 0xc0) != 0x80;
    return letters < LETTERS_MIN && !(*walkins && !letters) ? SAM_EUSAGE : 0;
}

int page_participants(struct ask *a, struct store *st)
{
    struct listing l = {.a = a, .st = st};
    struct sam_json *j = &l.json;
    bool walkins = false;
    sam_json_init(j, REPLY_BYTES_MAX);
    int err = question_read(&l, &walkins);
    sam_json_object(j, NULL);
    sam_json_list(j, "people");
    err = err ? err : store_persons(st, walkins, 0, hit_each, &l);
    err = err == 1 ? 0 : err; /* there are more than are shown */
    sam_json_end(j);
    sam_json_bool(j, "more", l.more);
    ask_saw_list(a, "participant", 0, l.count);
    int made = reply_json(&a->reply, j);
    return err ? err : made;
}

/* ---- one */

static int enrolment_each(void *ctx, const struct store_person_enrolment *e)
{
    struct listing *l = ctx;
    struct sam_json *j = &l->json;
    if (!may(l, RIGHT_PERSON_SEE, e->org))
        return 0;
    sam_json_object(j, NULL);
    sam_json_id(j, "group", e->group);
    sam_json_text(j, "group_name", e->group_name);
    sam_json_text(j, "clinic_name", e->clinic);
    sam_json_int(j, "status", e->status);
    sam_json_int(j, "planned", e->planned);
    sam_json_int_if(j, "start_day", e->has_start, e->start_day);
    sam_json_int_if(j, "end_day", e->has_end, e->end_day);
    sam_json_bool(j, "episode", e->episode != 0);
    sam_json_bool(j, "change", may(l, RIGHT_PERSON_CHANGE, e->org));
    sam_json_bool(j, "attendance", may(l, RIGHT_ATTENDANCE_SEE, e->org));
    sam_json_end(j);
    return 0;
}

static int day_each(void *ctx, const struct store_person_day *d)
{
    struct listing *l = ctx;
    struct sam_json *j = &l->json;
    if (!may(l, RIGHT_ATTENDANCE_SEE, d->org))
        return 0;
    if (l->count++ == DAYS_SHOWN)
        return 1;
    sam_json_object(j, NULL);
    sam_json_id(j, "session", d->session);
    sam_json_int(j, "day", d->day);
    sam_json_id(j, "group", d->group);
    sam_json_text(j, "group_name", d->group_name);
    sam_json_text(j, "clinic_name", d->clinic);
    sam_json_int(j, "presence", d->presence);
    sam_json_end(j);
    return 0;
}

static int episode_each(void *ctx, const struct store_person_episode *e)
{
    static const char *const names[STORE_EPISODE_DAYS] = {"referred", "assessed", "deadline", "first_contact"};
    struct listing *l = ctx;
    struct sam_json *j = &l->json;
    if (!may(l, RIGHT_PERSON_CHANGE, e->org)) /* what a referral says is for those who write it */
        return 0;
    sam_json_object(j, NULL);
    sam_json_id(j, "id", e->episode);
    sam_json_text(j, "clinic_name", e->clinic);
    for (unsigned i = 0; i < STORE_EPISODE_DAYS; i++)
        sam_json_int_if(j, names[i], e->has >> i & 1u, e->day[i]);
    sam_json_int(j, "source", e->source);
    sam_json_int(j, "entitled", e->entitled);
    sam_json_int(j, "target", e->target);
    sam_json_int(j, "goal", e->goal);
    sam_json_int(j, "outcome", e->outcome);
    sam_json_end(j);
    return 0;
}

static int linked_each(void *ctx, uint64_t id, const char *name)
{
    struct listing *l = ctx;
    if (place_person(l->a, l->st, RIGHT_PERSON_SEE, id))
        return 0;
    ask_saw(l->a, "participant", id);
    sam_json_object(&l->json, NULL);
    sam_json_id(&l->json, "id", id);
    sam_json_text(&l->json, "name", name);
    sam_json_end(&l->json);
    return 0;
}

/* What was written down: of a record that is shut none of it. In which groups somebody is, and who that is, stays. */
static int one_record(struct listing *l)
{
    struct sam_json *j = &l->json;
    sam_json_list(j, "days");
    int err = l->shut ? 0 : store_person_days(l->st, l->person, day_each, l);
    err = err == 1 ? 0 : err;
    sam_json_end(j);
    sam_json_list(j, "episodes");
    err = err || l->shut ? err : store_person_episodes(l->st, l->person, episode_each, l);
    sam_json_end(j);
    return err;
}

static int one_parts(struct listing *l)
{
    struct sam_json *j = &l->json;
    sam_json_list(j, "enrolments");
    int err = store_person_enrolments(l->st, l->person, enrolment_each, l);
    sam_json_end(j);
    err = err ? err : one_record(l);
    sam_json_list(j, "linked");
    err = err ? err : store_person_linked(l->st, l->person, linked_each, l);
    sam_json_end(j);
    return err;
}

static int one_each(void *ctx, const struct store_person *p)
{
    struct listing *l = ctx;
    if (p->participant != l->person)
        return SAM_ENOTFOUND;
    ask_saw(l->a, "participant", p->participant);
    int err = person_head(l, p);
    err = err ? err : one_parts(l);
    sam_json_bool(&l->json, "change", place_person(l->a, l->st, RIGHT_PERSON_CHANGE, l->person) == 0);
    return err ? err : 1;
}

int page_participant(struct ask *a, struct store *st)
{
    struct listing l = {.a = a, .st = st, .person = a->id[0]};
    struct sam_json *j = &l.json;
    sam_json_init(j, REPLY_BYTES_MAX);
    int err = place_person(a, st, RIGHT_PERSON_SEE, a->id[0]);
    sam_json_object(j, NULL);
    sam_json_int(j, "today", gate_today(a));
    sam_json_id(j, "seen", store_csn(st));
    err = err ? err : store_persons(st, false, a->id[0] - 1, one_each, &l);
    err = err == 1 ? 0 : err ? err : SAM_ENOTFOUND;
    int made = reply_json(&a->reply, j);
    return err ? err : made;
}
