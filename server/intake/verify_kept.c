/* Is what is kept beside the rows what the rows say? */
#include "server/intake/verify_int.h"

#include "proto/base/err.h"

/* ---- people who are linked */

int verify_links(struct verify *v)
{
    struct store_link link = {0};
    int err;
    while ((err = store_link_next(v->in->st, link.id, &link)) == 0) {
        struct sam_key key = {0};
        bool is;
        err = link_members_true(v->in, link.id, &is);
        if (!err && is)
            err = members_hung_true(v->in, link.id, &is);
        if (!err && !is)
            verify_wrong(v, "ev=link_members participant=%llu", (unsigned long long)link.id);
        while (!err && (err = store_own_next(v->in->st, link.id, &key, &key)) == 0) {
            err = link_row_true(v->in, &key, &is);
            if (!err && !is)
                verify_wrong(v, "ev=link_row table=%s key1=%llu key2=%llu", sam_entity_find(key.entity)->table,
                             (unsigned long long)key.part[0], (unsigned long long)key.part[1]);
            err = err ? err : verify_step(v);
        }
        if (err && err != SAM_ENOTFOUND)
            return err;
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* ---- scores */

int verify_scores(struct verify *v)
{
    struct sam_key key = {0};
    uint64_t count = 0, kept;
    int err = 0;
    while ((err = store_key_each(v->in->st, SAM_SCORE_RESPONSE, &key, &key)) == 0) {
        bool is;
        err = score_true(v->in, key.part[0], &is);
        if (!err && !is)
            verify_wrong(v, "ev=score response=%llu", (unsigned long long)key.part[0]);
        if (err || (err = verify_step(v)))
            return err;
        count++;
    }
    err = err == SAM_ENOTFOUND ? store_score_count(v->in->st, &kept) : err;
    if (!err && kept != count)
        verify_wrong(v, "ev=scores kept=%llu forms=%llu", (unsigned long long)kept, (unsigned long long)count);
    return err;
}

/* ---- how many came */

int verify_turnouts(struct verify *v)
{
    struct sam_key key = {0};
    uint64_t count = 0, kept;
    int err;
    while ((err = store_key_each(v->in->st, SAM_SESSION, &key, &key)) == 0) {
        struct store_turnout t;
        bool is;
        err = turnout_true(v->in, key.part[0], &is);
        if (!err && !is)
            verify_wrong(v, "ev=turnout session=%llu", (unsigned long long)key.part[0]);
        if (err || (err = verify_step(v)))
            return err;
        err = store_turnout_get(v->in->st, key.part[0], &t);
        if (err && err != SAM_ENOTFOUND)
            return err;
        count += !err;
    }
    err = err == SAM_ENOTFOUND ? store_turnout_rows(v->in->st, &kept) : err;
    if (!err && kept != count)
        verify_wrong(v, "ev=turnouts kept=%llu sessions=%llu", (unsigned long long)kept, (unsigned long long)count);
    return err;
}

/* ---- what was seen on tablets */

int verify_accesses(struct verify *v)
{
    struct sam_key key = {0};
    struct store_row row;
    uint64_t count = 0, kept;
    int err;
    while ((err = store_key_each(v->in->st, SAM_ACCESS, &key, &key)) == 0) {
        bool is;
        err = store_row_get(v->in->st, &key, &row);
        if (!err)
            err = access_true(v->in, &row.row, row.csn, &is);
        if (!err && !is)
            verify_wrong(v, "ev=access_entry id=%llu", (unsigned long long)key.part[0]);
        if (err || (err = verify_step(v)))
            return err;
        count++;
    }
    err = err == SAM_ENOTFOUND ? store_access_entries(v->in->st, &kept) : err;
    if (!err && kept != count)
        verify_wrong(v, "ev=access_entries kept=%llu rows=%llu", (unsigned long long)kept, (unsigned long long)count);
    return err;
}
