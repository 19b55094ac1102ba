#include "server/net/checkpoint.h"

#include "proto/base/err.h"
#include "proto/base/log.h"

#include <stdio.h>
#include <sys/stat.h>

#define DUE_BYTES (4u * 1024u * 1024u)
#define CUT_BYTES (64u * 1024u * 1024u)
#define COMMIT_BYTES (24u * 1024u) /* pages that a small commit rewrites: a guess for when to checkpoint */
#define OP_BYTES 128u

void checkpoint_init(struct checkpoint *c, struct store *st)
{
    char path[4096];
    struct stat s;
    snprintf(path, sizeof path, "%s-wal", store_path(st));
    *c = (struct checkpoint){.store = st, .grown_bytes = stat(path, &s) ? 0 : (uint64_t)s.st_size};
}

void checkpoint_grew(struct checkpoint *c, size_t bytes, unsigned ops)
{
    c->grown_bytes += bytes + COMMIT_BYTES + (uint64_t)ops * OP_BYTES;
}

bool checkpoint_due(const struct checkpoint *c)
{
    return c->grown_bytes >= DUE_BYTES;
}

/* The log cannot begin anew while somebody reads what was there before it: said once when it is large, and once when it is over. */
static void held_note(struct checkpoint *c, const struct store_log *log)
{
    bool held = log->held && log->bytes > CUT_BYTES, full = log->held && log->bytes > STORE_LOG_FULL_BYTES;
    if (held && !c->held_bytes)
        sam_log(SAM_LOG_WARN, "wal_held_back", "bytes=%llu held_bytes=%llu full_bytes=%u",
                (unsigned long long)log->bytes, (unsigned long long)log->held, STORE_LOG_FULL_BYTES);
    if (full && !c->full)
        sam_log(SAM_LOG_ERROR, "wal_full", "bytes=%llu", (unsigned long long)log->bytes);
    if (!held && c->held_bytes)
        sam_log(SAM_LOG_WARN, "wal_freed", "bytes=%llu", (unsigned long long)log->bytes);
    c->held_bytes = held ? log->bytes : 0;
    c->full = full;
}

int checkpoint_run(struct checkpoint *c)
{
    struct store_log log;
    int err = store_checkpoint_some(c->store, CUT_BYTES, &log);
    if (err == SAM_EIO)
        sam_log(SAM_LOG_ERROR, "checkpoint_failed", "err=%s", sam_err_name(err));
    c->grown_bytes = 0;
    held_note(c, &log);
    return err;
}
