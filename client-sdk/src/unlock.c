/* The codes by which a tablet is opened by telephone. */
#include "client-sdk/src/client.h"
#include "proto/wire/crypto.h"
#include "proto/wire/proof.h"

int samling_unlock_code(samling *s, uint64_t n, char out[15])
{
    uint8_t key[SAM_KEY_BYTES];
    out[0] = 0;
    if (n == 0)
        return sam_fail(s, SAM_EUSAGE, "codes are counted from 1");
    int err = sam_meta(s, device_no) ? sam_meta_secret(s, "key", key, sizeof key) : SAM_ENOTFOUND;
    if (!err)
        err = sam_unlock_code(key, n, out);
    sam_wipe(key, sizeof key);
    return sam_fail(s, err == SAM_ENOTFOUND ? SAM_ESTATE : err,
                    err == SAM_ENOTFOUND ? "this device has not joined" : NULL);
}
_Static_assert(SAM_UNLOCK_TEXT_BYTES == 15, "as the public header has it");
