/* The settings of one centre: its file, read, checked and made. */
#ifndef ADMIN_VERBS_CONFIG_H
#define ADMIN_VERBS_CONFIG_H

#include "server/admin/config.h"
#include "server/admin/verbs.h"

/**
 * config_load(v, c):
 * Defaults, then the file (--config, else samling.conf in the home if it is there), then the options.
 *   returns an exit code; VERB_USAGE: there are faults, and v->error tells all of them
 */
int config_load(struct verb_context *v, struct config *c);
/* config_make(home, lang): the commented file, where there is none. As home_write. */
int config_make(const struct home *home, enum sam_lang lang);
int verb_config(struct verb_context *v);
int verb_config_check(struct verb_context *v);

#endif
