#include "server/net/quota.h"

#include "proto/base/grow.h"

#include <stdlib.h>
#include <string.h>

struct quota_line {
    uint64_t device_no, ops, seq, since_ms; /* seq: the last op that was ever taken in, as far as is known here */
};

void quota_init(struct quota *q, uint64_t ops_max)
{
    memset(q, 0, sizeof *q);
    q->ops_max = ops_max;
}

void quota_fini(struct quota *q)
{
    free(q->line);
    memset(q, 0, sizeof *q);
}

/* Where the device stands, or belongs. */
static size_t place(const struct quota *q, uint64_t device_no)
{
    size_t low = 0, high = q->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (q->line[mid].device_no < device_no)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static struct quota_line *find(const struct quota *q, uint64_t device_no)
{
    size_t at = place(q, device_no);
    return at < q->count && q->line[at].device_no == device_no ? &q->line[at] : NULL;
}

static struct quota_line *add(struct quota *q, uint64_t device_no, uint64_t now_ms)
{
    struct quota_line *line = sam_grow(q->line, &q->room, q->count + 1, sizeof *line);
    if (!line)
        return NULL;
    q->line = line;
    size_t at = place(q, device_no);
    memmove(q->line + at + 1, q->line + at, (q->count - at) * sizeof *q->line);
    q->line[at] = (struct quota_line){.device_no = device_no, .since_ms = now_ms};
    q->count++;
    return &q->line[at];
}

static struct quota_line *line_of(struct quota *q, uint64_t device_no, uint64_t now_ms)
{
    struct quota_line *line = find(q, device_no);
    return line ? line : add(q, device_no, now_ms);
}

uint32_t quota_take(struct quota *q, uint64_t device_no, uint64_t ops, uint64_t now_ms)
{
    struct quota_line *line = q->ops_max ? line_of(q, device_no, now_ms) : NULL;
    if (!line)
        return 0;
    if (line->ops == 0 || now_ms - line->since_ms >= QUOTA_DAY_MS) {
        line->since_ms = now_ms;
        line->ops = 0;
    }
    if (line->ops >= q->ops_max)
        return (uint32_t)((line->since_ms + QUOTA_DAY_MS - now_ms + 999) / 1000);
    line->ops += ops;
    return 0;
}

void quota_settle(struct quota *q, uint64_t device_no, uint64_t ops, uint64_t seq)
{
    struct quota_line *line = q->ops_max ? find(q, device_no) : NULL;
    if (!line)
        return;
    uint64_t fresh = seq > line->seq ? seq - line->seq : 0;
    uint64_t back = fresh < ops ? ops - fresh : 0;
    line->ops -= back < line->ops ? back : line->ops;
    if (seq > line->seq)
        line->seq = seq;
}

void quota_known(struct quota *q, uint64_t device_no, uint64_t seq, uint64_t now_ms)
{
    struct quota_line *line = q->ops_max ? line_of(q, device_no, now_ms) : NULL;
    if (line && seq > line->seq)
        line->seq = seq;
}
