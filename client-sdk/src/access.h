/* What the access log was told here of late. */
#ifndef SAM_CLIENT_ACCESS_H
#define SAM_CLIENT_ACCESS_H

#include "client-sdk/include/samling.h"

#include <stdbool.h>

/* sam_access_told(s, participant, what, fits, is): did somebody open that of this person in this sitting, for a purpose that fits? */
int sam_access_told(struct samling *s, uint64_t participant, enum samling_resource what,
                    bool (*fits)(enum samling_purpose purpose), bool *is);

#endif
