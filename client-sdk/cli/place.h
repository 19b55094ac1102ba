/* Where a tablet's things lie: the store's folder, and apart from it the key that seals the store.
 *
 *   invariant  the key is on disk (file, name and folders fsynced) before a store is made with it
 *   for tests  $SAMLING_TEST_CLOCK stands for the tablet's own clock
 *   invariant  a missing key beside an existing store is an error: a new key could never read it */
#ifndef CLI_PLACE_H
#define CLI_PLACE_H

#include "cli.h"

/* cli_place_open(c, may_make): open the store of this run, making folder and key on first use if ${may_make}. 0 or an exit code. */
int cli_place_open(struct cli *c, bool may_make);

#endif
