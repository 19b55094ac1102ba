#include "client-sdk/src/list.h"

#include "client-sdk/include/samling.h"
#include "proto/base/err.h"
#include "proto/base/grow.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_BYTES_MAX (64u * 1024u * 1024u)

void sam_list_init(struct sam_list *l, size_t item_bytes)
{
    memset(l, 0, sizeof *l);
    l->item_bytes = item_bytes;
    sam_buf_init(&l->text, TEXT_BYTES_MAX);
}

void sam_list_fini(struct sam_list *l)
{
    free(l->items);
    sam_buf_fini(&l->text);
    memset(l, 0, sizeof *l);
}

void *sam_list_add(struct sam_list *l)
{
    uint8_t *items = sam_grow(l->items, &l->cap, l->count + 1, l->item_bytes);
    if (!items) {
        l->failed = true;
        return NULL;
    }
    l->items = items;
    void *item = l->items + l->count++ * l->item_bytes;
    memset(item, 0, l->item_bytes);
    return item;
}

const char *sam_list_text(struct sam_list *l, const char *text)
{
    uintptr_t at = sam_buf_len(&l->text);
    if (sam_buf_add(&l->text, text, strlen(text) + 1))
        l->failed = true;
    return (const char *)at;
}

int sam_list_finish(struct sam_list *l, int err, const size_t *text_at, unsigned text_count, void **out, size_t *count)
{
    size_t bytes = l->count * l->item_bytes, text = sam_buf_len(&l->text);
    *out = NULL;
    *count = 0;
    if (!err && l->failed)
        err = SAM_ENOMEM;
    uint8_t *block = err ? NULL : malloc(bytes + text + 1);
    if (!err && !block)
        err = SAM_ENOMEM;
    if (!err) {
        if (bytes)
            memcpy(block, l->items, bytes);
        if (text)
            memcpy(block + bytes, sam_buf_peek(&l->text).ptr, text);
        for (size_t i = 0; i < l->count; i++)
            for (unsigned k = 0; k < text_count; k++) {
                uintptr_t at;
                uint8_t *member = block + i * l->item_bytes + text_at[k];
                memcpy(&at, member, sizeof at);
                const char *p = (const char *)(block + bytes + at);
                memcpy(member, &p, sizeof p);
            }
        *out = block;
        *count = l->count;
    }
    sam_list_fini(l);
    return err;
}

void sam_list_sort(void *items, size_t count, size_t size, int (*cmp)(const void *, const void *))
{
    if (count > 1)
        qsort(items, count, size, cmp);
}

void samling_list_free(void *list)
{
    free(list);
}
