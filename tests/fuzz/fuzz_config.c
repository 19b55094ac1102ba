/* The centre's settings: server/admin/config.
 *
 * Holds: what is accepted lies within the table's bounds; it is written as "key = value" and reads the same; line ends of Windows and comments
 * make no difference; what is refused is told with its line, and not more than CONFIG_FAULTS_MAX of it. */
#include "proto/base/err.h"
#include "server/admin/config.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>

static struct config read_first, read_again;
static struct config_faults faults, faults_again;
static struct sam_buf text;

static int read_all(struct config *c, struct sam_span in, struct config_faults *f)
{
    config_defaults(c);
    f->lang = SAM_LANG_EN;
    f->count = 0;
    int err = config_read(c, in, f);
    HOLDS(err == 0 || err == SAM_EUSAGE);
    HOLDS((err == 0) == (f->count == 0));
    return err;
}

static void values_check(const struct config *c)
{
    for (int i = 0; i < CONFIG_COUNT; i++) {
        const struct config_def *d = config_def((enum config_key)i);
        const char *word = config_text(c, (enum config_key)i);
        HOLDS(*word && strlen(word) < CONFIG_TEXT_BYTES_MAX);
        if (d->kind == CONFIG_IS_NUM)
            HOLDS(config_num(c, (enum config_key)i) >= d->min && config_num(c, (enum config_key)i) <= d->max);
    }
}

static bool same(const struct config *a, const struct config *b)
{
    for (int i = 0; i < CONFIG_COUNT; i++)
        if (a->value[i].num != b->value[i].num || strcmp(a->value[i].text, b->value[i].text) != 0)
            return false;
    return true;
}

static void written_again(const struct config *c)
{
    sam_buf_clear(&text);
    for (int i = 0; i < CONFIG_COUNT; i++) {
        char line[CONFIG_LINE_BYTES_MAX];
        int n = snprintf(line, sizeof line, "%s = %s\n", config_def((enum config_key)i)->key,
                         config_text(c, (enum config_key)i));
        HOLDS(n > 0 && sam_buf_add(&text, line, (size_t)n) == 0);
    }
    HOLDS(read_all(&read_again, sam_buf_peek(&text), &faults_again) == 0);
    HOLDS(same(c, &read_again));
}

/* Each line with a remark behind it and the line end of Windows. A line that is too long with it is left alone. */
static void remarked(struct sam_span in)
{
    static const char remark[] = "\t# \xc3\xa5\r";
    size_t line = 0;
    sam_buf_clear(&text);
    for (size_t i = 0; i <= in.len; i++) {
        bool ends = i == in.len || in.ptr[i] == '\n';
        bool fits = line + sizeof remark < CONFIG_LINE_BYTES_MAX && !(i && in.ptr[i - 1] == '\r');
        if (ends && fits)
            HOLDS(sam_buf_add(&text, remark, sizeof remark - 1) == 0);
        if (i < in.len)
            HOLDS(sam_buf_add(&text, in.ptr + i, 1) == 0);
        line = ends ? 0 : line + 1;
    }
    read_all(&read_again, sam_buf_peek(&text), &faults_again);
    HOLDS(faults_again.count == faults.count && same(&read_first, &read_again));
}

static void faults_check(struct sam_span in)
{
    unsigned lines = 1, last = 0;
    for (size_t i = 0; i < in.len; i++)
        lines += in.ptr[i] == '\n';
    for (unsigned i = 0; i < faults.count && i < CONFIG_FAULTS_MAX; i++) {
        HOLDS(faults.fault[i].line > last && faults.fault[i].line <= lines);
        HOLDS(*faults.fault[i].text && memchr(faults.fault[i].text, 0, CONFIG_FAULT_BYTES_MAX));
        last = faults.fault[i].line;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sam_span in = {data, size};
    if (!text.max)
        sam_buf_init(&text, 1u << 20);
    int err = read_all(&read_first, in, &faults);
    faults_check(in);
    values_check(&read_first);
    if (!err) {
        written_again(&read_first);
        int whole = config_agree(&read_first, &faults);
        HOLDS(whole == 0 || (whole == SAM_EUSAGE && faults.count > 0));
        faults.count = 0;
    }
    remarked(in);
    return 0;
}
