/* Lists that are handed out: one block of memory with the items first and their texts behind. */
#ifndef SAM_CLIENT_LIST_H
#define SAM_CLIENT_LIST_H

#include "proto/base/buf.h"

#include <stdbool.h>

struct sam_list {
    size_t item_bytes, count, cap;
    uint8_t *items;
    struct sam_buf text;
    bool failed; /* no memory: sam_list_finish says so */
};

void sam_list_init(struct sam_list *l, size_t item_bytes);
void sam_list_fini(struct sam_list *l);
/* sam_list_add(l): one more item, zeroed. NULL: no memory. Valid until the next. */
void *sam_list_add(struct sam_list *l);
/* sam_list_text(l, text): keep a copy; the pointer is a place-holder that sam_list_finish replaces. */
const char *sam_list_text(struct sam_list *l, const char *text);
/**
 * sam_list_finish(l, err, text_at, text_count, out, count):
 * Make one block of it, or hand on ${err}; ${l} is empty afterwards.
 *   text_at  offsets of the items' text members
 */
int sam_list_finish(struct sam_list *l, int err, const size_t *text_at, unsigned text_count, void **out, size_t *count);
/* sam_list_sort(items, count, size, cmp): sorts a finished list. */
void sam_list_sort(void *items, size_t count, size_t size, int (*cmp)(const void *, const void *));

#endif
