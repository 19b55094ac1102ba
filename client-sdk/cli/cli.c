#include "cli.h"

#include <stdarg.h>
#include <string.h>
#include <time.h>

const char *cli_text(const struct cli *c, enum sam_text_id id)
{
    return sam_text(c->lang, id);
}

void cli_words(const struct cli *c, char *out, size_t size, enum sam_text_id id, ...)
{
    va_list ap;
    va_start(ap, id);
    vsnprintf(out, size, sam_text(c->lang, id), ap);
    va_end(ap);
}

const char *cli_of(const struct cli *c, enum sam_text_set set, int value)
{
    return sam_text_of(c->lang, set, value);
}

static void line(const struct cli *c, FILE *to, enum sam_text_id id, va_list ap)
{
    char text[1024];
    if (c->is_json)
        return;
    vsnprintf(text, sizeof text, sam_text(c->lang, id), ap);
    cli_out_safe(to, text);
    fputc('\n', to);
}

void cli_say(const struct cli *c, enum sam_text_id id, ...)
{
    va_list ap;
    va_start(ap, id);
    line(c, stdout, id, ap);
    va_end(ap);
}

void cli_note(const struct cli *c, enum sam_text_id id, ...)
{
    va_list ap;
    va_start(ap, id);
    line(c, stderr, id, ap);
    va_end(ap);
}

static enum column column_kind(enum sam_text_id head)
{
    switch (head) {
    case SAM_TEXT_COL_ID:
    case SAM_TEXT_COL_CODE:
    case SAM_TEXT_COL_FORM:
    case SAM_TEXT_COL_SCORE:
    case SAM_TEXT_COL_DATE:
    case SAM_TEXT_COL_TIME:
    case SAM_TEXT_COL_BORN: return COLUMN_WHOLE;
    case SAM_TEXT_COL_SEQ:
    case SAM_TEXT_COL_SET_NO:
    case SAM_TEXT_COL_MINUTES:
    case SAM_TEXT_COL_NUMBER:
    case SAM_TEXT_COL_VALUE:
    case SAM_TEXT_COL_ITEMS:
    case SAM_TEXT_COL_ANSWERED:
    case SAM_TEXT_COL_PERSONS: return COLUMN_NUMBER;
    default: return COLUMN_TEXT;
    }
}

void cli_columns(const struct cli *c, struct table *t, const enum sam_text_id *heads, size_t count)
{
    cli_table_init(t);
    for (size_t i = 0; i < count; i++)
        cli_table_column(t, cli_text(c, heads[i]), column_kind(heads[i]));
}

void cli_table(const struct cli *c, struct table *t, FILE *to)
{
    if (!c->is_json && (t->cells || to == stdout)) /* no candidates: no table of them */
        cli_table_print(t, to, cli_out_columns(to));
    cli_table_fini(t);
}

static void explain(struct cli *c, const char *name, enum sam_text_id id, va_list ap)
{
    vsnprintf(c->error_text, sizeof c->error_text, sam_text(c->lang, id), ap);
    c->error_name = name;
}

int cli_fail(struct cli *c, enum cli_exit code, const char *name, enum sam_text_id id, ...)
{
    va_list ap;
    va_start(ap, id);
    explain(c, name, id, ap);
    va_end(ap);
    return code;
}

int cli_usage(struct cli *c, enum sam_text_id id, ...)
{
    va_list ap;
    va_start(ap, id);
    explain(c, "EUSAGE", id, ap);
    va_end(ap);
    return EXIT_USAGE;
}

/* what a code of the SDK means here */
static const struct meaning {
    int err;
    enum cli_exit code;
    enum sam_text_id text;
} meanings[] = {
    {SAMLING_ENOMEM, EXIT_ERROR, SAM_TEXT_ERR_ENOMEM},       {SAMLING_EPROTO, EXIT_ERROR, SAM_TEXT_ERR_EPROTO},
    {SAMLING_EAUTH, EXIT_REFUSED, SAM_TEXT_ERR_EAUTH},       {SAMLING_ERANGE, EXIT_USAGE, SAM_TEXT_ERR_ERANGE},
    {SAMLING_ENOTFOUND, EXIT_NAME, SAM_TEXT_ERR_ENOTFOUND},  {SAMLING_EEXIST, EXIT_NAME, SAM_TEXT_ERR_EEXIST},
    {SAMLING_ESTATE, EXIT_JOIN, SAM_TEXT_ERR_ESTATE},        {SAMLING_EIO, EXIT_ERROR, SAM_TEXT_ERR_EIO},
    {SAMLING_EFULL, EXIT_ERROR, SAM_TEXT_ERR_EFULL},         {SAMLING_ECORRUPT, EXIT_ERROR, SAM_TEXT_ERR_ECORRUPT},
    {SAMLING_EVERSION, EXIT_ERROR, SAM_TEXT_ERR_EVERSION},   {SAMLING_ECLOSED, EXIT_WAITING, SAM_TEXT_ERR_ECLOSED},
    {SAMLING_ETIMEOUT, EXIT_WAITING, SAM_TEXT_ERR_ETIMEOUT}, {SAMLING_ETLS, EXIT_WAITING, SAM_TEXT_ERR_ETLS},
    {SAMLING_EUSAGE, EXIT_USAGE, SAM_TEXT_ERR_EUSAGE},       {SAMLING_ECLOCK, EXIT_CLOCK, SAM_TEXT_ERR_ECLOCK},
    {SAMLING_EBUSY, EXIT_BUSY, SAM_TEXT_ERR_EBUSY},
};

int cli_fail_sdk(struct cli *c, int err)
{
    struct meaning m = {err, EXIT_ERROR, SAM_TEXT_ERR_OTHER};
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (meanings[i].err == err)
            m = meanings[i];
    if (err == SAMLING_EBUSY && !c->s)
        m.text = SAM_TEXT_ERR_STORE_BUSY;
    const char *detail = c->s ? samling_errmsg(c->s) : NULL;
    const char *text = sam_text(c->lang, m.text);
    c->error_name = samling_errname(err);
    if (detail && *detail && strcmp(detail, text) != 0)
        snprintf(c->error_text, sizeof c->error_text, "%s (%s)", text, detail);
    else
        snprintf(c->error_text, sizeof c->error_text, "%s", text);
    return m.code;
}

int64_t cli_now_s(void)
{
    return (int64_t)time(NULL);
}

int cli_option_number(struct cli *c, enum arg id, uint64_t min, uint64_t max, uint64_t *out)
{
    uint64_t v;
    if (!cli_args_has(&c->args, id))
        return 0;
    if (!cli_args_number(c->args.value[id], min, max, &v))
        return cli_usage(c, SAM_TEXT_CLI_BAD_NUMBER, cli_args_name(id), (unsigned long long)min,
                         (unsigned long long)max);
    *out = v;
    return 0;
}
