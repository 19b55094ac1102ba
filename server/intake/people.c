#include "server/intake/people.h"

#include "proto/base/err.h"

int people_root(struct store *st, uint64_t id, uint64_t *root)
{
    struct store_link link;
    int err = 0;
    *root = id;
    for (unsigned i = 0; !err && i < SAM_LINKED_MAX; i++) {
        err = store_link_next(st, *root - 1, &link);
        if (err || link.id != *root || !link.winner)
            break;
        *root = link.winner;
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

int people_of(struct store *st, uint64_t id, struct people *out)
{
    struct store_link link = {0};
    uint64_t root;
    *out = (struct people){.count = 1};
    int err = people_root(st, id, &out->id[0]);
    while (!err && (err = store_link_next(st, link.id, &link)) == 0) {
        err = people_root(st, link.id, &root);
        if (!err && root == out->id[0] && link.id != root && out->count < SAM_LINKED_MAX)
            out->id[out->count++] = link.id;
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

bool people_has(const struct people *p, uint64_t id)
{
    for (unsigned i = 0; i < p->count; i++)
        if (p->id[i] == id)
            return true;
    return false;
}
