/* Help: the list of verbs, those of one noun, or one verb. */
#include "server/admin/verbs.h"

#include <string.h>

static void help_one(struct report *r, const struct verb *verb)
{
    report_tell(r, SAM_TEXT_ADM_USAGE, sam_text(r->lang, verb->usage));
    report_say(r, "%s\n\n%s\n\n", sam_text(r->lang, verb->summary), sam_text(r->lang, verb->help));
    report_tell(r, SAM_TEXT_ADM_HELP_MORE);
}

/* All verbs, or those of one noun. Returns how many. */
static unsigned help_list(struct report *r, const char *noun)
{
    unsigned count = 0;
    const struct verb *verb;
    for (unsigned i = 0; (verb = verbs_at(i)); i++) {
        size_t n = noun ? strlen(noun) : 0;
        if (noun && (strncmp(verb->name, noun, n) != 0 || verb->name[n] != ' '))
            continue;
        report_say(r, "  %-18s  %s\n", verb->name, sam_text(r->lang, verb->summary));
        count++;
    }
    return count;
}

static void help_json(struct report *r)
{
    static const struct report_column columns[] = {{"verb", SAM_TEXT_COL_NAME}, {"usage", SAM_TEXT_COL_NAME}};
    report_table(r, columns, 2);
    const struct verb *verb;
    for (unsigned i = 0; (verb = verbs_at(i)); i++) {
        const char *usage = sam_text(SAM_LANG_EN, verb->usage);
        report_cell_text(r, verb->name, strlen(verb->name));
        report_cell_text(r, usage, strlen(usage));
    }
    report_table_end(r);
}

int verb_help(struct verb_context *v)
{
    int words, count = (int)v->args.pos_count;
    struct report *r = &v->report;
    if (r->json) {
        help_json(r);
        return VERB_OK;
    }
    const struct verb *verb = verb_find(count, v->args.pos, &words);
    if (verb) {
        help_one(r, verb);
        return VERB_OK;
    }
    if (count)
        return help_list(r, v->args.pos[0]) ? VERB_OK : verb_unknown(v, count, v->args.pos);
    report_tell(r, SAM_TEXT_ADM_HELP_HEAD);
    help_list(r, NULL);
    report_say(r, "\n");
    report_tell(r, SAM_TEXT_ADM_HELP_GLOBAL);
    return VERB_OK;
}
