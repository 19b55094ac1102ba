/* Goal: every edge of the field table is where field.def puts it: what is in range is taken, and what is just outside it is not. */
#include "tests/unit/test_model.h"

static char xs[4096];

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

/* A tablet shuts a record, and does not open it: test_shut. */
static bool shuts(const struct sam_entity_def *def, unsigned field)
{
    return def->tag == SAM_PARTICIPANT && field == SAM_PARTICIPANT_shut;
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
            expect(def, f->column, &op, shuts(def, i) ? SAM_REASON_NOT_PERMITTED : good, SAM_REASON_NONE);
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
            bool centre_only = def->field[first].writer == SAM_WRITER_CENTRE || shuts(def, first);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranges),    cmocka_unit_test(test_keys),  cmocka_unit_test(test_answers),
        cmocka_unit_test(test_responses), cmocka_unit_test(test_facts), cmocka_unit_test(test_exertion),
        cmocka_unit_test(test_notes),     cmocka_unit_test(test_kinds), cmocka_unit_test(test_clear_needs_the_right),
        cmocka_unit_test(test_offsets),   cmocka_unit_test(test_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
