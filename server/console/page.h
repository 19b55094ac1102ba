/* The handlers of route.def, one file for each page. */
#ifndef CONSOLE_PAGE_H
#define CONSOLE_PAGE_H

#include "server/console/ask.h"

/* page_asset.c: the shell, and what it loads */
int page_shell(struct ask *a);
int page_asset(struct ask *a);
/* page_overview.c: what anybody may know: {"version", "ready", "read_only"} */
int page_status(struct ask *a);
/* page_overview.c: {"clinics": [{"id", "name", "tablets", "last_contact_s", "waiting"}], "open_cases"} */
int page_overview(struct ask *a, struct store *st);

#endif
