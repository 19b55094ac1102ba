/* A tablet that was locked after too many wrong PINs is opened by telephone: its holder reads out which device it is and which of
 * its codes it asks for, and somebody who may look after it reads out the code. Nothing is sent to the tablet and nothing of it
 * changes here, so all that is kept of this is a line of the audit log, the verb's. */
#include "server/intake/intake_int.h"

#include "proto/base/err.h"
#include "proto/wire/crypto.h"

int intake_unlock_code(struct intake *in, uint64_t device_no, uint64_t number, char out[SAM_UNLOCK_TEXT_BYTES])
{
    struct store_device d;
    uint8_t key[SAM_KEY_BYTES];
    out[0] = 0;
    int err = device_no == SAM_DEVICE_NO_CONSOLE ? SAM_EDENIED : store_device_get(in->st, device_no, &d);
    if (err)
        return err;
    if (d.state == SAM_DEVICE_REVOKED || d.state == SAM_DEVICE_WIPED)
        return SAM_ESTATE;
    err = device_key_open(in, &d, key);
    if (!err)
        err = sam_unlock_code(key, number, out);
    sam_wipe(key, sizeof key);
    return err;
}
