/* Goal: every edge of the field table is where field.def puts it, checksums are the published ones, and judging values does
 * not depend on the order in which they come. */
#include "proto/base/err.h"
#include "proto/model/merge.h"
#include "proto/model/rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { ENTITY_LAST = SAM_ACCESS };

/* ---- the field table */

static void test_table(void **state)
{
    (void)state;
    const struct sam_entity_def *def;
    unsigned count = 0;
    for (unsigned e = 0; (def = sam_entity_at(e)); e++, count++) {
        assert_ptr_equal(sam_entity_find(def->tag), def);
        assert_ptr_equal(sam_entity_named(def->table), def);
        assert_true(def->key_count >= 1 && (!def->minted || def->key_count == 1));
        uint32_t units = 0;
        for (unsigned i = 0; i < def->field_count; i++) {
            const struct sam_field_def *f = &def->field[i];
            assert_true(f->min <= f->max);
            assert_true(f->tag > def->key_count);
            assert_true(i == 0 || f->tag > def->field[i - 1].tag);
            assert_int_equal(f->class, def->unit_class[f->unit]); /* a unit has one class */
            units |= 1u << f->unit;
        }
        assert_int_equal(units, (1u << def->unit_count) - 1); /* no unit without a field */
        for (unsigned u = 0; u < def->unit_count; u++) {      /* nor one that two writers share */
            uint32_t mask = sam_unit_fields(def, 1u << u);
            const struct sam_field_def *first = &def->field[__builtin_ctz(mask)];
            for (unsigned i = 0; i < def->field_count; i++)
                if (mask >> i & 1u)
                    assert_int_equal(def->field[i].writer, first->writer);
            if (def->unit_class[u] == SAM_CLASS_UNION)
                assert_int_equal(mask & (mask - 1), 0);
        }
    }
    assert_int_equal(count, ENTITY_LAST - 8 + 1);
    for (uint32_t tag = 0; tag < 100; tag++)
        assert_int_equal(sam_entity_find(tag) != NULL, tag >= 8 && tag <= ENTITY_LAST);
    assert_null(sam_entity_find(UINT32_MAX));
    assert_null(sam_entity_named("nothing"));
}

/* ---- validation */

static struct sam_op op_of(const struct sam_entity_def *def, uint8_t kind)
{
    struct sam_op op = {.user = 1, .kind = kind};
    sam_row_init(&op.row, def->tag);
    for (unsigned i = 0; i < def->key_count; i++)
        op.row.key.part[i] = def->key[i].max < 100 + i ? def->key[i].max : 100 + i;
    return op;
}

static char xs[4096];

/* A form of one answered item, as only a whole one is taken. */
static struct sam_op response(void)
{
    struct sam_op op = op_of(sam_entity_find(SAM_SCORE_RESPONSE), SAM_OP_CREATE);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_participant, 7);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_instrument, 1);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_version, 1);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_occasion, 0);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_day, 0);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_items, 1);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_answered, 1);
    sam_row_set_text(&op.row, SAM_SCORE_RESPONSE_answers, "7", 1);
    return op;
}

/* Rows that say a thing once: made whole, never set. */
static bool is_fact(const struct sam_entity_def *def)
{
    for (unsigned u = 0; u < def->unit_count; u++)
        if (def->unit_class[u] != SAM_CLASS_FACT)
            return false;
    return true;
}

/* A row as it is made, with every field at its smallest. */
static struct sam_op made(const struct sam_entity_def *def)
{
    if (def->tag == SAM_SCORE_RESPONSE)
        return response();
    struct sam_op op = op_of(def, SAM_OP_CREATE);
    for (unsigned i = 0; i < def->field_count; i++)
        if (def->field[i].type == SAM_TYPE_TEXT)
            sam_row_set_text(&op.row, i, xs, (size_t)def->field[i].min);
        else
            sam_row_set(&op.row, i, def->field[i].min);
    if (def->tag == SAM_EXERTION)
        sam_row_set(&op.row, SAM_EXERTION_value_tenths, 60);
    if (def->tag == SAM_NOTE)
        op.user = (uint64_t)def->field[SAM_NOTE_author].min;
    if (def->tag == SAM_ACCESS) /* of one person, or of a group's list */
        op.row.present &= ~(1u << SAM_ACCESS_group_id);
    return op;
}

static struct sam_op op_with(const struct sam_entity_def *def, unsigned field, int64_t value)
{
    struct sam_op op = op_of(def, SAM_OP_SET);
    if (def->field[field].type == SAM_TYPE_TEXT)
        sam_row_set_text(&op.row, field, xs, (size_t)value);
    else
        sam_row_set(&op.row, field, value);
    return op;
}

static void expect(const struct sam_entity_def *def, const char *what, const struct sam_op *op, enum sam_reason tablet,
                   enum sam_reason centre)
{
    enum sam_reason by_tablet = sam_op_validate(op, false), by_centre = sam_op_validate(op, true);
    if (by_tablet != tablet || by_centre != centre)
        fail_msg("%s %s: tablet %d (not %d), centre %d (not %d)", def->name, what, (int)by_tablet, (int)tablet,
                 (int)by_centre, (int)centre);
}

static void test_ranges(void **state)
{
    (void)state;
    const struct sam_entity_def *def;
    memset(xs, 'x', sizeof xs);
    for (unsigned e = 0; (def = sam_entity_at(e)); e++)
        for (unsigned i = 0; i < def->field_count; i++) {
            const struct sam_field_def *f = &def->field[i];
            if (f->class == SAM_CLASS_FACT) /* test_facts */
                continue;
            bool centre_only = f->writer == SAM_WRITER_CENTRE;
            enum sam_reason good = centre_only ? SAM_REASON_NOT_PERMITTED : SAM_REASON_NONE;
            enum sam_reason bad = centre_only ? SAM_REASON_NOT_PERMITTED : SAM_REASON_RANGE;
            bool text = f->type == SAM_TYPE_TEXT;
            struct sam_op op = op_with(def, i, f->min);
            expect(def, f->column, &op, good, SAM_REASON_NONE);
            op = op_with(def, i, f->max);
            expect(def, f->column, &op, good, SAM_REASON_NONE);
            op = op_with(def, i, f->max < INT64_MAX ? f->max + 1 : INT64_MIN);
            expect(def, f->column, &op, bad, SAM_REASON_RANGE);
            if (!text || f->min > 0) {
                op = op_with(def, i, f->min - 1);
                expect(def, f->column, &op, bad, SAM_REASON_RANGE);
            }
            if (!text) {
                op = op_with(def, i, INT64_MIN); /* an id of 2^63 or more looks so */
                expect(def, f->column, &op, bad, SAM_REASON_RANGE);
                op = op_with(def, i, -1);
                expect(def, f->column, &op, f->min < 0 ? good : bad, f->min < 0 ? SAM_REASON_NONE : SAM_REASON_RANGE);
            }
        }
}

static void test_keys(void **state)
{
    (void)state;
    static const struct {
        uint64_t part;
        enum sam_reason want;
    } keys[] = {{0, SAM_REASON_RANGE},
                {1, SAM_REASON_NONE},
                {INT64_MAX, SAM_REASON_NONE},
                {(uint64_t)INT64_MAX + 1, SAM_REASON_RANGE},
                {UINT64_MAX, SAM_REASON_RANGE}};
    const struct sam_entity_def *def;
    for (unsigned e = 0; (def = sam_entity_at(e)); e++)
        for (unsigned part = 0; part < def->key_count; part++)
            for (size_t k = 0; k < COUNT(keys); k++) {
                bool lasts = def->tag == SAM_ACCESS; /* nobody takes it away */
                struct sam_op op = lasts ? made(def) : op_of(def, SAM_OP_TOMBSTONE);
                bool beyond = keys[k].part > def->key[part].max;
                op.row.key.part[part] = keys[k].part;
                assert_int_equal(sam_op_validate(&op, true), beyond ? SAM_REASON_RANGE : keys[k].want);
            }
    struct sam_op op = op_of(sam_entity_find(SAM_EXERCISE_SET), SAM_OP_TOMBSTONE);
    op.row.key.part[3] = 20;
    assert_int_equal(sam_op_validate(&op, false), SAM_REASON_NONE);
    op.row.key.part[3] = 21;
    assert_int_equal(sam_op_validate(&op, false), SAM_REASON_RANGE);
    op = op_of(sam_entity_find(SAM_CONSENT), SAM_OP_TOMBSTONE);
    op.row.key.part[1] = 4;
    assert_int_equal(sam_op_validate(&op, false), SAM_REASON_NONE);
    op.row.key.part[1] = 5;
    assert_int_equal(sam_op_validate(&op, false), SAM_REASON_RANGE);
}

static void test_answers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
        unsigned items, answered;
    } answers[] = {{"7", true, 1, 1},     {"-", true, 1, 0},    {"7,-,0", true, 3, 2}, {"10,9999,-,-", true, 4, 2},
                   {"", false, 0, 0},     {",", false, 0, 0},   {"7,", false, 0, 0},   {",7", false, 0, 0},
                   {"7,,7", false, 0, 0}, {"7 ", false, 0, 0},  {"-7", false, 0, 0},   {"--", false, 0, 0},
                   {"7-", false, 0, 0},   {"07", false, 0, 0},  {"00", false, 0, 0},   {"10000", false, 0, 0},
                   {"7.5", false, 0, 0},  {"7;8", false, 0, 0}, {"x", false, 0, 0},    {"7,x", false, 0, 0},
                   {"7,8x", false, 0, 0}, {"+7", false, 0, 0}};
    for (size_t i = 0; i < COUNT(answers); i++) {
        unsigned items, answered;
        struct sam_span s = {(const uint8_t *)answers[i].text, strlen(answers[i].text)};
        if (sam_answers_count(s, &items, &answered) != answers[i].good)
            fail_msg("\"%s\"", answers[i].text);
        if (answers[i].good) {
            assert_int_equal(items, answers[i].items);
            assert_int_equal(answered, answers[i].answered);
        }
    }
    unsigned items, answered;
    assert_true(
        sam_answers_count((struct sam_span){(const uint8_t *)"12,34", 2}, &items, &answered)); /* not a byte further */
    assert_int_equal(items, 1);
}

/* A form comes whole and once; every field in its range, and the two counts as the answers say. */
static void test_responses(void **state)
{
    (void)state;
    const struct sam_entity_def *def = sam_entity_find(SAM_SCORE_RESPONSE);
    struct sam_op op = response();
    expect(def, "a form", &op, SAM_REASON_NONE, SAM_REASON_NONE);
    op.kind = SAM_OP_SET;
    expect(def, "set", &op, SAM_REASON_NOT_PERMITTED, SAM_REASON_NOT_PERMITTED);
    for (unsigned i = 0; i < def->field_count; i++) {
        const struct sam_field_def *f = &def->field[i];
        bool may_lack = i == SAM_SCORE_RESPONSE_mode || i >= SAM_SCORE_RESPONSE_replaces;
        enum sam_reason lacks = may_lack ? SAM_REASON_NONE : SAM_REASON_RANGE;
        op = response();
        op.row.present &= ~(1u << i);
        expect(def, f->column, &op, lacks, lacks);
        if (f->type == SAM_TYPE_TEXT)
            continue;
        op = response();
        sam_row_set(&op.row, i, f->min - 1);
        expect(def, f->column, &op, SAM_REASON_RANGE, SAM_REASON_RANGE);
        op = response();
        sam_row_set(&op.row, i, f->max < INT64_MAX ? f->max + 1 : INT64_MIN);
        expect(def, f->column, &op, SAM_REASON_RANGE, SAM_REASON_RANGE);
    }
    op = response();
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_items, 2);
    expect(def, "an item more", &op, SAM_REASON_RANGE, SAM_REASON_RANGE);
    op = response();
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_answered, 0);
    expect(def, "an answer less", &op, SAM_REASON_RANGE, SAM_REASON_RANGE);
    op = response();
    sam_row_set_text(&op.row, SAM_SCORE_RESPONSE_answers, "syv", 3);
    expect(def, "words", &op, SAM_REASON_MALFORMED, SAM_REASON_MALFORMED);
    op = response();
    memset(xs, '1', sizeof xs);
    sam_row_set_text(&op.row, SAM_SCORE_RESPONSE_answers, xs, 201);
    expect(def, "too long", &op, SAM_REASON_RANGE, SAM_REASON_RANGE);
}

/* What a row must say when it is made, of those that hang on a person, and of the catalogue. */
static uint32_t needed(uint8_t entity)
{
#define F(NAME, field) (1u << SAM_##NAME##_##field)
    switch (entity) {
    case SAM_NOTE: return F(NOTE, participant) | F(NOTE, author) | F(NOTE, role) | F(NOTE, day) | F(NOTE, text);
    case SAM_CONTACT: return F(CONTACT, participant) | F(CONTACT, day);
    case SAM_WORK_STATUS: return F(WORK_STATUS, participant) | F(WORK_STATUS, day) | F(WORK_STATUS, status);
    case SAM_EXERTION:
        return F(EXERTION, session) | F(EXERTION, participant) | F(EXERTION, scale) | F(EXERTION, moment) |
               F(EXERTION, value_tenths);
    case SAM_PSFS_ACTIVITY: return F(PSFS_ACTIVITY, participant) | F(PSFS_ACTIVITY, ordinal) | F(PSFS_ACTIVITY, words);
    case SAM_INTERVENTION: return F(INTERVENTION, code) | F(INTERVENTION, version) | F(INTERVENTION, name);
    case SAM_ACCESS: return F(ACCESS, participant) | F(ACCESS, resource) | F(ACCESS, action);
    case SAM_EPISODE: return F(EPISODE, participant) | F(EPISODE, org) | F(EPISODE, referral_day);
    default: return 0;
    }
#undef F
}

/* Said once and whole: every field in its range, what is needed there, and what was said once is never set. */
static void test_facts(void **state)
{
    (void)state;
    const struct sam_entity_def *def;
    memset(xs, 'x', sizeof xs);
    for (unsigned e = 0; (def = sam_entity_at(e)); e++) {
        uint32_t must = needed(def->tag);
        enum sam_reason no = def->create == SAM_WRITER_TABLET ? SAM_REASON_RANGE : SAM_REASON_NOT_PERMITTED;
        for (unsigned i = 0; must && i < def->field_count; i++) {
            const struct sam_field_def *f = &def->field[i];
            bool text = f->type == SAM_TYPE_TEXT;
            enum sam_reason good = no == SAM_REASON_RANGE ? SAM_REASON_NONE : no;
            struct sam_op op = made(def);
            op.row.present &= ~(1u << i);
            expect(def, f->column, &op, must >> i & 1u ? no : good,
                   must >> i & 1u ? SAM_REASON_RANGE : SAM_REASON_NONE);
            op = made(def);
            if (text)
                sam_row_set_text(&op.row, i, xs, (size_t)f->max + 1);
            else
                sam_row_set(&op.row, i, f->max < INT64_MAX ? f->max + 1 : INT64_MIN);
            expect(def, f->column, &op, no, SAM_REASON_RANGE);
            if (f->class != SAM_CLASS_FACT)
                continue;
            op = op_with(def, i, f->max < 4096 ? f->max : 4096);
            expect(def, f->column, &op, no == SAM_REASON_RANGE ? SAM_REASON_NOT_PERMITTED : no,
                   SAM_REASON_NOT_PERMITTED);
            op.row.present = 0;
            op.clear = 1u << f->unit;
            expect(def, f->column, &op, SAM_REASON_NOT_PERMITTED, SAM_REASON_NOT_PERMITTED);
        }
    }
}

static void test_exertion(void **state)
{
    (void)state;
    static const struct {
        int scale, tenths;
        bool good;
    } at[] = {{0, 60, true},  {0, 200, true}, {0, 130, true}, {0, 50, false}, {0, 210, false},
              {0, 65, false}, {0, 0, false},  {1, 0, true},   {1, 5, true},   {1, 100, true},
              {1, 113, true}, {1, 150, true}, {1, 151, false}};
    const struct sam_entity_def *def = sam_entity_find(SAM_EXERTION);
    for (size_t i = 0; i < COUNT(at); i++) {
        struct sam_op op = made(def);
        enum sam_reason why = at[i].good ? SAM_REASON_NONE : SAM_REASON_RANGE;
        sam_row_set(&op.row, SAM_EXERTION_scale, at[i].scale);
        sam_row_set(&op.row, SAM_EXERTION_value_tenths, at[i].tenths);
        expect(def, "value_tenths", &op, why, why);
    }
}

/* A note may have lines; what stands on one line may not. Nobody writes in another's name but the centre, whose users are no
 * users of a clinic. */
static void test_notes(void **state)
{
    (void)state;
    const struct sam_entity_def *def = sam_entity_find(SAM_NOTE);
    struct sam_op op = made(def);
    sam_row_set_text(&op.row, SAM_NOTE_text, "a\n\nb", 4);
    expect(def, "lines", &op, SAM_REASON_NONE, SAM_REASON_NONE);
    sam_row_set_text(&op.row, SAM_NOTE_text, "a\rb", 3);
    expect(def, "a carriage return", &op, SAM_REASON_MALFORMED, SAM_REASON_MALFORMED);
    op = made(def);
    sam_row_set_text(&op.row, SAM_NOTE_subject, "a\nb", 3);
    expect(def, "a subject of two lines", &op, SAM_REASON_MALFORMED, SAM_REASON_MALFORMED);
    op = made(def);
    op.user++;
    expect(def, "another's name", &op, SAM_REASON_NOT_PERMITTED, SAM_REASON_NONE);
}

static void test_kinds(void **state)
{
    (void)state;
    const struct sam_entity_def *def;
    for (unsigned e = 0; (def = sam_entity_at(e)); e++) {
        bool tablet_makes = def->create == SAM_WRITER_TABLET;
        enum sam_reason may = tablet_makes ? SAM_REASON_NONE : SAM_REASON_NOT_PERMITTED;
        enum sam_reason set = is_fact(def) ? SAM_REASON_NOT_PERMITTED : SAM_REASON_NONE;
        struct sam_op op = op_of(def, SAM_OP_SET);
        expect(def, "set nothing", &op, SAM_REASON_MALFORMED, SAM_REASON_MALFORMED);
        op.row.newer = true; /* it set something that this version does not know */
        expect(def, "set something newer", &op, set, set);
        op = made(def);
        if (!def->minted) /* else a key that is natural would be refused for a field that only the centre writes */
            op.row.present = 0;
        expect(def, "create", &op, def->minted ? may : SAM_REASON_MALFORMED,
               def->minted ? SAM_REASON_NONE : SAM_REASON_MALFORMED);
        op = op_of(def, SAM_OP_TOMBSTONE);
        enum sam_reason lasts = def->tag == SAM_ACCESS ? SAM_REASON_NOT_PERMITTED : SAM_REASON_NONE;
        expect(def, "tombstone", &op, lasts ? lasts : may, lasts);
        op.clear = 1;
        expect(def, "tombstone that clears", &op, SAM_REASON_MALFORMED, SAM_REASON_MALFORMED);
        op = op_with(def, 0, def->field[0].min);
        op.kind = SAM_OP_TOMBSTONE;
        expect(def, "tombstone with a field", &op, SAM_REASON_MALFORMED, SAM_REASON_MALFORMED);
        op.kind = 3;
        expect(def, "kind 3", &op, SAM_REASON_MALFORMED, SAM_REASON_MALFORMED);
        op = op_of(def, SAM_OP_SET);
        op.clear = 1u << def->unit_count;
        expect(def, "clear a unit that is not there", &op, SAM_REASON_MALFORMED, SAM_REASON_MALFORMED);
        op.clear = UINT32_MAX;
        expect(def, "clear all 32", &op, SAM_REASON_MALFORMED, SAM_REASON_MALFORMED);
    }
    struct sam_op op = op_of(sam_entity_at(0), SAM_OP_SET);
    op.row.key.entity = SAM_ENTITY_NONE;
    assert_int_equal(sam_op_validate(&op, true), SAM_REASON_MALFORMED);
    op.row.key.entity = ENTITY_LAST + 1;
    assert_int_equal(sam_op_validate(&op, true), SAM_REASON_MALFORMED);
}

/* Clearing a unit writes it: what a tablet may not set it may not clear either. */
static void test_clear_needs_the_right(void **state)
{
    (void)state;
    const struct sam_entity_def *def;
    for (unsigned e = 0; (def = sam_entity_at(e)); e++)
        for (unsigned u = 0; u < def->unit_count; u++) {
            if (def->unit_class[u] == SAM_CLASS_FACT)
                continue;
            struct sam_op op = op_of(def, SAM_OP_SET);
            op.clear = 1u << u;
            unsigned first = (unsigned)__builtin_ctz(sam_unit_fields(def, op.clear));
            bool centre_only = def->field[first].writer == SAM_WRITER_CENTRE;
            expect(def, def->field[first].column, &op, centre_only ? SAM_REASON_NOT_PERMITTED : SAM_REASON_NONE,
                   SAM_REASON_NONE);
        }
}

static void test_offsets(void **state)
{
    (void)state;
    static const struct {
        int32_t offset;
        bool good;
    } offsets[] = {{0, true},     {60, true},   {-840, true},       {840, true},
                   {-841, false}, {841, false}, {INT32_MIN, false}, {INT32_MAX, false}};
    for (size_t i = 0; i < COUNT(offsets); i++) {
        struct sam_op op = op_with(sam_entity_find(SAM_ATTENDANCE), SAM_ATTENDANCE_presence, 1);
        op.utc_offset_min = offsets[i].offset;
        assert_int_equal(sam_op_validate(&op, false), offsets[i].good ? SAM_REASON_NONE : SAM_REASON_RANGE);
    }
    static const int64_t clocks[] = {0, -1, INT64_MIN, INT64_MAX, 4291747199}; /* clocks decide nothing */
    for (size_t i = 0; i < COUNT(clocks); i++) {
        struct sam_op op = op_with(sam_entity_find(SAM_ATTENDANCE), SAM_ATTENDANCE_presence, 1);
        op.claimed_s = clocks[i];
        assert_int_equal(sam_op_validate(&op, false), SAM_REASON_NONE);
    }
}

static void test_text(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
    } texts[] = {
        {"", true},
        {"sal 2", true},
        {"æøå ÆØÅ", true},
        {"\xf0\x9f\x8f\x83", true},
        {"\xc2\x80", true},
        {"\xdf\xbf", true},
        {"\xe0\xa0\x80", true},
        {"\xed\x9f\xbf", true},
        {"\xee\x80\x80", true},
        {"\xf4\x8f\xbf\xbf", true},
        {"\xf0\x90\x80\x80", true},
        {"\x80", false},
        {"a\xbf", false},
        {"\xc3", false},
        {"\xc3(", false},
        {"\xc0\xaf", false},
        {"\xc1\xbf", false},
        {"\xe0\x80\xaf", false},
        {"\xe0\x9f\xbf", false},
        {"\xed\xa0\x80", false},
        {"\xed\xbf\xbf", false},
        {"\xf0\x80\x80\xaf", false},
        {"\xf0\x8f\xbf\xbf", false},
        {"\xf4\x90\x80\x80", false},
        {"\xf5\x80\x80\x80", false},
        {"\xff", false},
        {"\xe2\x82", false},
        {"\xf0\x9f\x8f", false},
        {"a\nb", false},
        {"\t", false},
        {"\x7f", false},
        {"\x1b[0m", false},
        {"\xe2\x28\xa1", false},
        {"\xf0\x9f(\x83", false},
    };
    const struct sam_entity_def *def = sam_entity_find(SAM_SESSION);
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct sam_op op = op_of(def, SAM_OP_SET);
        size_t n = strlen(texts[i].text);
        uint8_t *exact = malloc(n ? n : 1); /* a sanitiser sees a byte read beyond */
        assert_non_null(exact);
        memcpy(exact, texts[i].text, n);
        sam_row_set_text(&op.row, SAM_SESSION_theme, exact, n);
        if (sam_op_validate(&op, false) != (texts[i].good ? SAM_REASON_NONE : SAM_REASON_MALFORMED))
            fail_msg("text %zu", i);
        free(exact);
    }
    struct sam_op op = op_of(def, SAM_OP_SET);
    sam_row_set_text(&op.row, SAM_SESSION_theme, "a\0b", 3);
    assert_int_equal(sam_op_validate(&op, false), SAM_REASON_MALFORMED);
}

/* ---- rows */

static void test_row_merge(void **state)
{
    (void)state;
    const struct sam_entity_def *def = sam_entity_find(SAM_ATTENDANCE);
    struct sam_row a, b, c;
    sam_row_init(&a, SAM_ATTENDANCE);
    sam_row_set(&a, SAM_ATTENDANCE_presence, 1);
    sam_row_set(&a, SAM_ATTENDANCE_reason, 9);
    sam_row_set(&a, SAM_ATTENDANCE_minutes, 60);
    assert_int_equal(sam_row_units(&a), 3);
    sam_row_init(&b, SAM_ATTENDANCE);
    sam_row_set(&b, SAM_ATTENDANCE_presence, 2);
    sam_row_set(&b, SAM_ATTENDANCE_minutes, 30);
    c = a;
    sam_row_merge(&c, &b, 1); /* unit 0 only: its absent fields become empty, other units stay */
    assert_int_equal(sam_row_num(&c, SAM_ATTENDANCE_presence), 2);
    assert_false(sam_row_has(&c, SAM_ATTENDANCE_reason));
    assert_int_equal(sam_row_num(&c, SAM_ATTENDANCE_minutes), 60);
    assert_true(sam_row_unit_equal(&c, &b, 0));
    assert_true(sam_row_unit_equal(&c, &a, 1));
    assert_false(sam_row_unit_equal(&c, &a, 0));
    assert_false(sam_row_unit_equal(&c, &b, 1));
    sam_row_merge(&c, &b, 0);
    assert_int_equal(sam_row_num(&c, SAM_ATTENDANCE_minutes), 60);
    assert_int_equal(sam_unit_fields(def, 1), 7);
    assert_int_equal(sam_unit_fields(def, 2), 7u << 3);
    assert_int_equal(sam_unit_fields(def, 0xff), (1u << def->field_count) - 1);

    sam_row_init(&a, SAM_SESSION);
    sam_row_init(&b, SAM_SESSION);
    sam_row_set_text(&a, SAM_SESSION_room, "sal", 3);
    assert_false(sam_row_unit_equal(&a, &b, 3)); /* absent is not empty */
    sam_row_set_text(&b, SAM_SESSION_room, "", 0);
    assert_false(sam_row_unit_equal(&a, &b, 3));
    sam_row_set_text(&b, SAM_SESSION_room, "salong", 3);
    assert_true(sam_row_unit_equal(&a, &b, 3));
}

static void test_key_order(void **state)
{
    (void)state;
    static const struct sam_key keys[] = {{8, {1, 1}}, {8, {1, 2}},      {8, {2, 0}}, {8, {UINT64_MAX, 0}},
                                          {9, {1}},    {9, {INT64_MAX}}, {10, {0}}};
    for (size_t i = 0; i < COUNT(keys); i++)
        for (size_t k = 0; k < COUNT(keys); k++) {
            int order = sam_key_compare(&keys[i], &keys[k]);
            assert_int_equal(order, i < k ? -1 : i > k);
            assert_int_equal(sam_key_equal(&keys[i], &keys[k]), i == k);
        }
    assert_true(sam_id_device_no(sam_id_make(SAM_DEVICE_NO_MAX, 5)) == SAM_DEVICE_NO_MAX);
    assert_true(sam_id_make(SAM_DEVICE_NO_MAX, (1ull << 40) - 1) <= INT64_MAX);
}

/* Values computed with another implementation (tests/stranger/client.py). */
static void test_sum_mix(void **state)
{
    (void)state;
    static const struct {
        struct sam_key key;
        uint64_t csn, want;
    } vectors[] = {
        {{8, {1, 2}}, 3, 0x22010a9f95b06ad1u},
        {{9, {7696581394433u}}, 1, 0x69cc79c9f2259ea8u},
        {{10, {5, 6}}, 1099511627776u, 0xa37e84bb46e1a9e8u},
        {{11, {1}}, 0, 0x49d2e4ec3c65e864u},
        {{12, {INT64_MAX}}, INT64_MAX, 0xfc5eb1b011b8df89u},
        {{13, {2}}, 9, 0x9f814775b6c16c18u},
        {{14, {3}}, 10, 0x0670d46c067614a1u},
    };
    for (size_t i = 0; i < COUNT(vectors); i++)
        assert_true(sam_sum_mix(&vectors[i].key, vectors[i].csn) == vectors[i].want);
}

/* ---- judging */

static struct sam_row attendance(int presence, int evidence, int reason)
{
    struct sam_row r;
    memset(&r, 0, sizeof r);
    sam_row_init(&r, SAM_ATTENDANCE);
    sam_row_set(&r, SAM_ATTENDANCE_presence, presence);
    sam_row_set(&r, SAM_ATTENDANCE_evidence, evidence);
    if (reason)
        sam_row_set(&r, SAM_ATTENDANCE_reason, reason);
    return r;
}

static struct sam_row with_num(uint8_t entity, unsigned field, int64_t num)
{
    struct sam_row r;
    memset(&r, 0, sizeof r);
    sam_row_init(&r, entity);
    if (num >= 0)
        sam_row_set(&r, field, num);
    return r;
}

static struct sam_candidate said(uint64_t device_no, uint64_t seq, uint64_t csn, uint64_t base,
                                 const struct sam_row *value)
{
    return (struct sam_candidate){.device_no = device_no, .seq = seq, .csn = csn, .base_csn = base, .value = value};
}

static struct sam_author author_of(const struct sam_candidate *x)
{
    return (struct sam_author){
        .device_no = x->device_no, .seq = x->seq, .base_epoch = 1, .base_csn = x->base_csn, .seen_csn = x->base_csn};
}

static struct sam_fold judge(const struct sam_entity_def *def, unsigned unit, struct sam_candidates *set,
                             const struct sam_candidate *x)
{
    struct sam_author who = author_of(x);
    struct sam_fold fold;
    assert_int_equal(sam_merge(def, unit, set, &who, x, &fold), 0);
    return fold;
}

/* Two values from two tablets that had not seen each other, judged in this order: what is said and shown. */
struct pair {
    const char *name;
    const struct sam_row *first, *second; /* of device 2 and of device 3 */
    enum sam_verdict verdict;             /* on the second */
    int shown;                            /* 0 first, 1 second */
    bool disputed;
};

static void pairs_check(uint8_t entity, unsigned unit, const struct pair *pairs, size_t count)
{
    const struct sam_entity_def *def = sam_entity_find(entity);
    for (size_t i = 0; i < count; i++) {
        struct sam_candidates set = {0};
        struct sam_candidate x = said(2, 1, 10, 0, pairs[i].first), y = said(3, 1, 11, 0, pairs[i].second);
        assert_int_equal(judge(def, unit, &set, &x).verdict, SAM_VERDICT_APPLIED);
        struct sam_fold fold = judge(def, unit, &set, &y);
        uint64_t device_no = set.at[fold.shown].device_no;
        if (fold.verdict != pairs[i].verdict || device_no != (pairs[i].shown ? 3u : 2u) ||
            fold.disputed != pairs[i].disputed)
            fail_msg("%s: verdict %d, shown of device %d, disputed %d", pairs[i].name, (int)fold.verdict,
                     (int)device_no, fold.disputed);
        assert_int_equal(set.count, 2);
    }
}

static void test_ranked(void **state)
{
    (void)state;
    struct sam_row listed = attendance(1, 0, 0), tapped = attendance(1, 2, 0), self = attendance(1, 3, 0),
                   absent = attendance(2, 2, 4), absent_listed = attendance(2, 0, 0), absent_self = attendance(2, 3, 0),
                   other = attendance(2, 2, 5), no_show = attendance(3, 2, 0);
    const struct pair pairs[] = {
        {"tap over list", &listed, &absent, SAM_VERDICT_APPLIED, 1, false},
        {"list under tap", &absent, &listed, SAM_VERDICT_MERGED, 0, false},
        {"both present, list and tap", &listed, &tapped, SAM_VERDICT_APPLIED, 1, false},
        {"both present, tap and list", &tapped, &listed, SAM_VERDICT_APPLIED, 0, false},
        {"present and absent", &tapped, &absent, SAM_VERDICT_CASE, 0, true},
        {"absent and present", &absent, &tapped, SAM_VERDICT_CASE, 1, true},
        {"own word and tap weigh the same", &self, &absent, SAM_VERDICT_CASE, 0, true},
        {"tap and own word weigh the same", &absent_self, &tapped, SAM_VERDICT_CASE, 1, true},
        {"two reasons of one absence", &absent, &other, SAM_VERDICT_APPLIED, 0, false},
        {"absent and no show", &no_show, &absent, SAM_VERDICT_CASE, 0, true},
        {"two lists", &absent_listed, &listed, SAM_VERDICT_CASE, 1, true},
    };
    pairs_check(SAM_ATTENDANCE, 0, pairs, COUNT(pairs));
    /* demographics: the centre's word over a tablet's */
    const struct sam_entity_def *def = sam_entity_find(SAM_PARTICIPANT);
    struct sam_row a = with_num(SAM_PARTICIPANT, SAM_PARTICIPANT_birth_year, 1950),
                   b = with_num(SAM_PARTICIPANT, SAM_PARTICIPANT_birth_year, 1960);
    for (int turn = 0; turn < 2; turn++) {
        struct sam_candidates set = {0};
        struct sam_candidate tablet = said(5, 1, 10, 0, &a), centre = said(SAM_DEVICE_NO_CONSOLE, 1, 11, 0, &b);
        judge(def, 1, &set, turn ? &tablet : &centre);
        struct sam_fold fold = judge(def, 1, &set, turn ? &centre : &tablet);
        assert_int_equal(set.at[fold.shown].device_no, SAM_DEVICE_NO_CONSOLE);
        assert_false(fold.disputed);
        assert_int_equal(fold.verdict, turn ? SAM_VERDICT_APPLIED : SAM_VERDICT_MERGED);
    }
}

static struct sam_row consent(int state, int64_t day, int method)
{
    struct sam_row r = with_num(SAM_CONSENT, SAM_CONSENT_state, state);
    sam_row_set(&r, SAM_CONSENT_day, day);
    sam_row_set(&r, SAM_CONSENT_method, method);
    return r;
}

/* A withdrawal holds against every grant that had not seen it, whoever said it and on whatever day. */
static void test_consent(void **state)
{
    (void)state;
    const struct sam_entity_def *def = sam_entity_find(SAM_CONSENT);
    struct sam_row none = consent(0, 100, 1), granted = consent(1, 100, 1), granted_later = consent(1, 300, 2),
                   withdrawn = consent(2, 200, 1), withdrawn_early = consent(2, 1, 3);
    const struct pair pairs[] = {
        {"grant, withdrawal", &granted, &withdrawn, SAM_VERDICT_APPLIED, 1, false},
        {"withdrawal, grant", &withdrawn, &granted, SAM_VERDICT_MERGED, 0, false},
        {"an early withdrawal, a later grant", &withdrawn_early, &granted_later, SAM_VERDICT_MERGED, 0, false},
        {"a later grant, an early withdrawal", &granted_later, &withdrawn_early, SAM_VERDICT_APPLIED, 1, false},
        {"two grants", &granted, &granted_later, SAM_VERDICT_APPLIED, 0, false},
        {"two withdrawals", &withdrawn, &withdrawn_early, SAM_VERDICT_APPLIED, 0, false},
        {"grant and nothing", &granted, &none, SAM_VERDICT_MERGED, 0, false},
        {"nothing and grant", &none, &granted, SAM_VERDICT_APPLIED, 1, false},
    };
    pairs_check(SAM_CONSENT, 0, pairs, COUNT(pairs));
    /* the centre's word weighs no more than a tablet's */
    struct sam_candidates set = {0};
    struct sam_candidate tablet = said(5, 1, 10, 0, &withdrawn),
                         centre = said(SAM_DEVICE_NO_CONSOLE, 1, 11, 0, &granted);
    judge(def, 0, &set, &tablet);
    assert_int_equal(judge(def, 0, &set, &centre).verdict, SAM_VERDICT_MERGED);
    /* whoever had seen the withdrawal, and only that, takes it away */
    struct sam_candidate revives = said(6, 1, 12, 10, &granted_later);
    struct sam_fold fold = judge(def, 0, &set, &revives);
    assert_int_equal(fold.verdict, SAM_VERDICT_APPLIED);
    assert_false(fold.disputed);
    assert_int_equal(sam_row_num(set.at[fold.shown].value, SAM_CONSENT_state), 1);
    assert_int_equal(set.count, 2); /* the centre's grant, and the new one */
}

/* Two sets under one number: one of them whole, never the repetitions of one with the load of the other. */
static void test_set_is_one_unit(void **state)
{
    (void)state;
    const struct sam_entity_def *def = sam_entity_find(SAM_EXERCISE_SET);
    assert_int_equal(def->unit_count, 1);
    struct sam_row eight = with_num(SAM_EXERCISE_SET, SAM_EXERCISE_SET_reps, 8),
                   ten = with_num(SAM_EXERCISE_SET, SAM_EXERCISE_SET_reps, 10), shown = eight, same;
    sam_row_set(&eight, SAM_EXERCISE_SET_load_hg, 200);
    sam_row_set(&eight, SAM_EXERCISE_SET_pain, 3);
    sam_row_set(&ten, SAM_EXERCISE_SET_load_hg, 250);
    same = eight;
    const struct pair pairs[] = {{"two sets", &eight, &ten, SAM_VERDICT_CASE, 0, true},
                                 {"two sets, the other first", &ten, &eight, SAM_VERDICT_CASE, 0, true},
                                 {"the same set", &eight, &same, SAM_VERDICT_APPLIED, 0, false}};
    pairs_check(SAM_EXERCISE_SET, 0, pairs, COUNT(pairs));
    shown = eight;
    sam_row_merge(&shown, &ten, 1);
    assert_true(sam_row_unit_equal(&shown, &ten, 0));
    assert_false(sam_row_has(&shown, SAM_EXERCISE_SET_pain)); /* what the other did not say is not carried over */
}

static void test_trained(void **state)
{
    (void)state;
    struct sam_row r = with_num(SAM_EXERCISE_SET, 0, -1);
    assert_false(sam_rule_trained(&r));
    static const unsigned done[] = {SAM_EXERCISE_SET_reps, SAM_EXERCISE_SET_duration_s, SAM_EXERCISE_SET_distance_m},
                          not_done[] = {SAM_EXERCISE_SET_load_hg, SAM_EXERCISE_SET_pain, SAM_EXERCISE_SET_stopped};
    for (size_t i = 0; i < 3; i++) {
        r = with_num(SAM_EXERCISE_SET, done[i], 0);
        assert_false(sam_rule_trained(&r));
        sam_row_set(&r, done[i], 1);
        assert_true(sam_rule_trained(&r));
        r = with_num(SAM_EXERCISE_SET, not_done[i], 1);
        assert_false(sam_rule_trained(&r));
    }
}

/* The best of all is the same in whatever order they are looked at. */
static void test_primary(void **state)
{
    (void)state;
    const struct sam_rule_response all[] = {{.id = 40, .complete = true, .replaced = true},
                                            {.id = 41, .complete = false},
                                            {.id = 44, .complete = true},
                                            {.id = 43, .complete = true},
                                            {.id = 39, .replaced = true, .ruled_csn = 9}};
    for (unsigned order = 0; order < 120; order++) {
        unsigned at[5] = {0, 1, 2, 3, 4}, left = order;
        for (unsigned i = 5; i > 1; i--) { /* the order-th permutation */
            unsigned k = left % i, kept = at[i - 1];
            left /= i;
            at[i - 1] = at[k];
            at[k] = kept;
        }
        struct sam_rule_response best = {0};
        for (unsigned i = 0; i < 5; i++)
            if (sam_rule_primary(&best, &all[at[i]]))
                best = all[at[i]];
        assert_int_equal(best.id, 43);
        best = (struct sam_rule_response){0};
        for (unsigned i = 0; i < 5; i++) {
            struct sam_rule_response r = all[at[i]];
            r.ruled_csn = r.id == 41 ? 8 : r.id == 44 ? 7 : r.ruled_csn; /* chosen one after the other */
            if (sam_rule_primary(&best, &r))
                best = r;
        }
        assert_int_equal(best.id, 41);
    }
    struct sam_rule_response none = {0};
    assert_false(sam_rule_primary(&none, &all[0]));
    struct sam_rule_response was = {.id = 4, .participant = 7}, by = {.id = 5, .participant = 7, .replaces = 4};
    assert_true(sam_rule_replaces(&by, &was));
    assert_false(sam_rule_replaces(&was, &by));
    by.participant = 8;
    assert_false(sam_rule_replaces(&by, &was)); /* nobody corrects another person's form */
    struct sam_op op = response();
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_replaces, 3);
    sam_rule_response(&op.row, &by);
    assert_true(by.complete && by.id == op.row.key.part[0] && by.participant == 7 && by.replaces == 3 && !by.ruled_csn);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_items, 2);
    sam_rule_response(&op.row, &by);
    assert_false(by.complete);
}

static void test_register_and_minor(void **state)
{
    (void)state;
    struct sam_row m30 = with_num(SAM_ATTENDANCE, SAM_ATTENDANCE_minutes, 30),
                   m45 = with_num(SAM_ATTENDANCE, SAM_ATTENDANCE_minutes, 45), none = with_num(SAM_ATTENDANCE, 0, -1),
                   same = m30;
    const struct pair reg[] = {
        {"two minutes", &m30, &m45, SAM_VERDICT_CASE, 0, true},
        {"the same minutes", &m30, &same, SAM_VERDICT_APPLIED, 0, false},
        {"minutes and none", &m45, &none, SAM_VERDICT_CASE, 0, true},
    };
    pairs_check(SAM_ATTENDANCE, 1, reg, COUNT(reg));
    struct sam_row video = with_num(SAM_ATTENDANCE, SAM_ATTENDANCE_by_video, 1),
                   no_video = with_num(SAM_ATTENDANCE, SAM_ATTENDANCE_by_video, 0);
    const struct pair minor[] = {
        {"larger device", &video, &no_video, SAM_VERDICT_APPLIED, 1, false},
        {"equal", &video, &video, SAM_VERDICT_APPLIED, 1, false},
    };
    pairs_check(SAM_ATTENDANCE, 4, minor, COUNT(minor));
    const struct sam_entity_def *def = sam_entity_find(SAM_ATTENDANCE);
    struct sam_candidates set = {0}; /* the newer base wins over the larger device */
    struct sam_candidate old = said(9, 1, 10, 3, &video), newer = said(2, 1, 11, 4, &no_video),
                         late = said(8, 1, 12, 2, &video);
    judge(def, 4, &set, &old);
    struct sam_fold fold = judge(def, 4, &set, &newer);
    assert_int_equal(set.at[fold.shown].device_no, 2);
    fold = judge(def, 4, &set, &late);
    assert_int_equal(fold.verdict, SAM_VERDICT_MERGED);
    assert_int_equal(set.at[fold.shown].device_no, 2);
    assert_int_equal(set.count, 3);
}

static void test_union(void **state)
{
    (void)state;
    const struct sam_entity_def *def = sam_entity_find(SAM_ATTENDANCE);
    struct sam_row yes = with_num(SAM_ATTENDANCE, SAM_ATTENDANCE_late, 1),
                   no = with_num(SAM_ATTENDANCE, SAM_ATTENDANCE_late, 0);
    struct sam_candidates set = {0};
    struct sam_candidate a = said(2, 1, 10, 0, &no), b = said(3, 1, 11, 0, &yes), c = said(4, 1, 12, 0, &no),
                         d = said(3, 2, 13, 12, &no);
    assert_int_equal(judge(def, 2, &set, &a).union_or, 0);
    struct sam_fold fold = judge(def, 2, &set, &b);
    assert_int_equal(fold.union_or, 1);
    assert_int_equal(fold.verdict, SAM_VERDICT_APPLIED);
    fold = judge(def, 2, &set, &c);
    assert_int_equal(fold.union_or, 1);
    assert_int_equal(fold.verdict, SAM_VERDICT_APPLIED);
    assert_false(fold.disputed);
    assert_int_equal(judge(def, 2, &set, &d).union_or, 0); /* who had seen them all takes it back */
    assert_int_equal(set.count, 1);
}

static void test_ordered(void **state)
{
    (void)state;
    struct sam_row r[10];
    for (int i = 0; i < 10; i++)
        r[i] = with_num(SAM_ENROLMENT, SAM_ENROLMENT_status, i);
    const struct pair pairs[] = {
        {"later active", &r[1], &r[4], SAM_VERDICT_APPLIED, 1, false},
        {"earlier active", &r[4], &r[0], SAM_VERDICT_MERGED, 0, false},
        {"terminal over active", &r[4], &r[5], SAM_VERDICT_APPLIED, 1, false},
        {"declined over attending", &r[2], &r[4], SAM_VERDICT_MERGED, 0, false},
        {"two terminal", &r[5], &r[6], SAM_VERDICT_CASE, 0, true},
        {"one terminal twice", &r[6], &r[6], SAM_VERDICT_APPLIED, 0, false},
        {"in error over terminal", &r[5], &r[9], SAM_VERDICT_APPLIED, 1, false},
        {"terminal under in error", &r[9], &r[8], SAM_VERDICT_MERGED, 0, false},
    };
    pairs_check(SAM_ENROLMENT, 0, pairs, COUNT(pairs));
}

static void test_who_saw_what(void **state)
{
    (void)state;
    struct sam_author who = {
        .device_no = 5, .seq = 7, .base_epoch = 3, .base_csn = 100, .seen_csn = 60, .parent_count = 1};
    who.parent[0].device_no = 4;
    who.parent[0].fork_seq = 20;
    const struct {
        const char *name;
        struct sam_candidate y;
        bool saw, later;
    } cases[] = {
        {"own earlier", said(5, 6, 999, 0, NULL), true, false},
        {"own later", said(5, 8, 1, 0, NULL), false, true},
        {"parent's, shared", said(4, 20, 999, 0, NULL), true, false},
        {"parent's, after the fork", said(4, 21, 999, 0, NULL), false, false},
        {"parent's, after the fork, but seen", said(4, 21, 60, 0, NULL), true, false},
        {"a sibling's, sent under an own number too",
         {.device_no = 6, .seq = 26, .csn = 999, .own_seq = 6},
         true,
         false},
        {"… and later than this op", {.device_no = 6, .seq = 1, .csn = 1, .own_seq = 8}, false, true},
        {"in the base", said(6, 1, 60, 0, NULL), true, false},
        {"beyond the cut", said(6, 1, 61, 0, NULL), false, false},
        {"lost, seen before", {.device_no = 6, .seq = 1, .csn = 90, .lost_epoch = 3, .lost_csn = 100}, true, false},
        {"lost, later than the base",
         {.device_no = 6, .seq = 1, .csn = 90, .lost_epoch = 3, .lost_csn = 101},
         false,
         false},
        {"lost in another epoch",
         {.device_no = 6, .seq = 1, .csn = 90, .lost_epoch = 2, .lost_csn = 100},
         false,
         false},
        {"never lost", {.device_no = 6, .seq = 1, .csn = 90, .lost_epoch = 3, .lost_csn = 0}, false, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (sam_author_saw(&who, &cases[i].y) != cases[i].saw || sam_author_later(&who, &cases[i].y) != cases[i].later)
            fail_msg("%s", cases[i].name);
}

/* The set is bounded; at the bound it does not change, and one who has seen it all empties it. */
static void test_set_is_full(void **state)
{
    (void)state;
    const struct sam_entity_def *def = sam_entity_find(SAM_ATTENDANCE);
    struct sam_row m = with_num(SAM_ATTENDANCE, SAM_ATTENDANCE_minutes, 30);
    struct sam_candidates set = {0}, before;
    struct sam_fold fold;
    for (unsigned i = 0; i < SAM_CANDIDATES_MAX; i++) {
        struct sam_candidate x = said(10 + i, 1, 10 + i, 0, &m);
        judge(def, 1, &set, &x);
    }
    before = set;
    struct sam_candidate x = said(100, 1, 100, 0, &m);
    struct sam_author who = author_of(&x);
    assert_int_equal(sam_merge(def, 1, &set, &who, &x, &fold), SAM_EFULL);
    assert_memory_equal(&set, &before, sizeof set);
    x.base_csn = 100;
    fold = judge(def, 1, &set, &x);
    assert_int_equal(set.count, 1);
    assert_int_equal(fold.verdict, SAM_VERDICT_APPLIED);
}

/* ---- order. Up to four ops of up to three devices; op i may have seen, by its base, the ops before some j <= i. */

#define OPS_MAX 4

struct trial {
    const struct sam_entity_def *def;
    unsigned unit, count;
    struct sam_candidate op[OPS_MAX];
    unsigned saw[OPS_MAX]; /* op i had seen ops 0 … saw[i]-1 of others */
};

static bool trial_saw(const struct trial *t, unsigned i, unsigned k)
{
    return k < t->saw[i] || (t->op[k].device_no == t->op[i].device_no && t->op[k].seq < t->op[i].seq);
}

/* What must be left whatever the order: the values that nobody who had seen them has replaced. */
static uint32_t trial_left(const struct trial *t)
{
    uint32_t left = 0;
    for (unsigned k = 0; k < t->count; k++) {
        bool replaced = false;
        for (unsigned i = 0; i < t->count; i++)
            replaced = replaced || (i != k && trial_saw(t, i, k));
        left |= replaced ? 0 : 1u << k;
    }
    return left;
}

/* An op comes after those it had seen; own ops come in any order where ${late} says so. */
static bool order_possible(const struct trial *t, const unsigned *order, bool late)
{
    for (unsigned a = 0; a < t->count; a++)
        for (unsigned b = a + 1; b < t->count; b++) {
            unsigned i = order[a], k = order[b];
            if (k < t->saw[i] || (!late && trial_saw(t, i, k)))
                return false;
        }
    return true;
}

static unsigned index_of(const struct trial *t, const struct sam_candidate *y)
{
    for (unsigned k = 0; k < t->count; k++)
        if (t->op[k].device_no == y->device_no && t->op[k].seq == y->seq)
            return k;
    fail_msg("a value that nobody said");
    return 0;
}

struct end_state {
    uint32_t left;
    unsigned shown;
    bool disputed;
    uint64_t union_or;
};

static struct end_state trial_run(const struct trial *t, const unsigned *order)
{
    struct sam_candidates set = {0};
    struct sam_fold fold;
    for (unsigned a = 0; a < t->count; a++)
        judge(t->def, t->unit, &set, &t->op[order[a]]);
    sam_fold(t->def, t->unit, &set, &fold);
    struct end_state end = {0, index_of(t, &set.at[fold.shown]), fold.disputed, fold.union_or};
    for (unsigned i = 0; i < set.count; i++)
        end.left |= 1u << index_of(t, &set.at[i]);
    if (t->def->unit_class[t->unit] == SAM_CLASS_UNION)
        end.shown = 0; /* the value is union_or */
    return end;
}

static unsigned long orders_tried;

static void trial_check(const struct trial *t, bool late)
{
    unsigned order[OPS_MAX] = {0, 1, 2, 3};
    struct end_state first = trial_run(t, order);
    assert_int_equal(first.left, trial_left(t));
    unsigned total = t->count == 4 ? 24 : t->count == 3 ? 6 : t->count == 2 ? 2 : 1;
    for (unsigned p = 1; p < total; p++) {
        unsigned pool[OPS_MAX] = {0, 1, 2, 3}, rest = p, left = t->count;
        for (unsigned a = 0; a < t->count; a++, left--) { /* the p-th permutation */
            unsigned pick = rest % left;
            rest /= left;
            order[a] = pool[pick];
            memmove(pool + pick, pool + pick + 1, (OPS_MAX - 1 - pick) * sizeof pool[0]);
        }
        if (!order_possible(t, order, late))
            continue;
        struct end_state end = trial_run(t, order);
        orders_tried++;
        if (end.left != first.left || end.shown != first.shown || end.disputed != first.disputed ||
            end.union_or != first.union_or)
            fail_msg("%s unit %u, %u ops: order %u %u %u %u leaves %x shows %u, in order %x shows %u", t->def->name,
                     t->unit, t->count, order[0], order[1], order[2], order[3], end.left, end.shown, first.left,
                     first.shown);
    }
}

/* All sets of ${count} ops whose devices, bases and values are given by the digits of a number. */
static void trials(const struct sam_entity_def *def, unsigned unit, const struct sam_row *values, unsigned value_count,
                   unsigned count, bool late)
{
    struct trial t = {.def = def, .unit = unit, .count = count};
    unsigned long total = 1;
    for (unsigned i = 0; i < count; i++)
        total *= 3ul * (i + 1) * value_count;
    unsigned long step = total > 60000 ? total / 60000 | 1 : 1; /* an odd stride through the larger spaces */
    for (unsigned long n = 0; n < total; n += step) {
        unsigned long digits = n;
        uint64_t seq[5] = {0};
        for (unsigned i = 0; i < count; i++) {
            unsigned device_no = 2 + (unsigned)(digits % 3);
            digits /= 3;
            t.saw[i] = (unsigned)(digits % (i + 1));
            digits /= i + 1;
            t.op[i] = said(device_no, ++seq[device_no], 10 * (i + 1), 10 * t.saw[i], &values[digits % value_count]);
            digits /= value_count;
        }
        trial_check(&t, late);
    }
}

static void each_class(bool late)
{
    struct sam_row marks[4] = {attendance(1, 2, 0), attendance(2, 2, 1), attendance(1, 0, 0), attendance(0, 2, 0)};
    struct sam_row minutes[3] = {with_num(8, SAM_ATTENDANCE_minutes, 30), with_num(8, SAM_ATTENDANCE_minutes, 45),
                                 with_num(8, 0, -1)};
    struct sam_row flags[3] = {with_num(8, SAM_ATTENDANCE_late, 1), with_num(8, SAM_ATTENDANCE_late, 0),
                               with_num(8, 0, -1)};
    struct sam_row video[2] = {with_num(8, SAM_ATTENDANCE_by_video, 1), with_num(8, SAM_ATTENDANCE_by_video, 0)};
    struct sam_row status[4] = {with_num(10, SAM_ENROLMENT_status, 4), with_num(10, SAM_ENROLMENT_status, 5),
                                with_num(10, SAM_ENROLMENT_status, 6), with_num(10, SAM_ENROLMENT_status, 9)};
    struct sam_row born[2] = {with_num(12, SAM_PARTICIPANT_birth_year, 1950),
                              with_num(12, SAM_PARTICIPANT_birth_year, 1951)};
    const struct sam_entity_def *att = sam_entity_find(SAM_ATTENDANCE);
    orders_tried = 0;
    for (unsigned count = 1; count <= OPS_MAX; count++) {
        trials(att, 0, marks, 4, count, late);
        trials(att, 1, minutes, 3, count, late);
        trials(att, 2, flags, 3, count, late);
        trials(att, 4, video, 2, count, late);
        trials(sam_entity_find(SAM_ENROLMENT), 0, status, 4, count, late);
        trials(sam_entity_find(SAM_PARTICIPANT), 1, born, 2, count, late);
    }
    assert_true(orders_tried > 100000);
}

static void test_order_free(void **state)
{
    (void)state;
    each_class(false);
}

/* An op that is judged after a later one of its own device (it had waited in quarantine) changes nothing more than it
 * would have in its place. */
static void test_order_free_when_late(void **state)
{
    (void)state;
    each_class(true);
}

static void test_superseded(void **state)
{
    (void)state;
    const struct sam_entity_def *def = sam_entity_find(SAM_ATTENDANCE);
    struct sam_row m30 = with_num(8, SAM_ATTENDANCE_minutes, 30), m45 = with_num(8, SAM_ATTENDANCE_minutes, 45);
    struct sam_candidates set = {0};
    struct sam_candidate later = said(2, 5, 10, 0, &m45), earlier = said(2, 4, 11, 0, &m30);
    judge(def, 1, &set, &later);
    struct sam_fold fold = judge(def, 1, &set, &earlier);
    assert_int_equal(fold.verdict, SAM_VERDICT_SUPERSEDED);
    assert_int_equal(set.count, 1);
    assert_int_equal(set.at[fold.shown].seq, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_responses),
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_exertion),
        cmocka_unit_test(test_notes),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_clear_needs_the_right),
        cmocka_unit_test(test_offsets),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_row_merge),
        cmocka_unit_test(test_key_order),
        cmocka_unit_test(test_sum_mix),
        cmocka_unit_test(test_ranked),
        cmocka_unit_test(test_consent),
        cmocka_unit_test(test_set_is_one_unit),
        cmocka_unit_test(test_trained),
        cmocka_unit_test(test_primary),
        cmocka_unit_test(test_register_and_minor),
        cmocka_unit_test(test_union),
        cmocka_unit_test(test_ordered),
        cmocka_unit_test(test_who_saw_what),
        cmocka_unit_test(test_set_is_full),
        cmocka_unit_test(test_order_free),
        cmocka_unit_test(test_order_free_when_late),
        cmocka_unit_test(test_superseded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
