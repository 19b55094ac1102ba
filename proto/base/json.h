/* One JSON document, written from front to back into a bounded buffer. Wrong UTF-8 becomes U+FFFD; ids are texts, since they pass
 * 2^53. The first error is kept: whoever takes the document asks once.
 *
 *      sam_json_init(&j, max); sam_json_object(&j, NULL); sam_json_int(&j, "count", 3); err = sam_json_end_all(&j);  {"count":3} */
#ifndef SAM_BASE_JSON_H
#define SAM_BASE_JSON_H

#include "proto/base/buf.h"

#include <stdbool.h>

#define SAM_JSON_DEPTH_MAX 8u

struct sam_json {
    struct sam_buf out;
    char closing[SAM_JSON_DEPTH_MAX]; /* what ends each open object or list */
    unsigned depth;
    bool comma; /* the next value stands behind another one */
    int err;
};

void sam_json_init(struct sam_json *j, size_t bytes_max);
void sam_json_fini(struct sam_json *j);
/* Key NULL: the document itself, or inside a list. */
void sam_json_object(struct sam_json *j, const char *key);
void sam_json_list(struct sam_json *j, const char *key);
void sam_json_end(struct sam_json *j);
/* sam_json_text(j, key, text): NULL is null. */
void sam_json_text(struct sam_json *j, const char *key, const char *text);
void sam_json_id(struct sam_json *j, const char *key, uint64_t id);
void sam_json_int(struct sam_json *j, const char *key, int64_t v);
void sam_json_bool(struct sam_json *j, const char *key, bool v);
void sam_json_null(struct sam_json *j, const char *key);
/* sam_json_id_or_null(j, key, id): 0 means "none"; sam_json_int_or_null(j, key, v): a negative ${v} means "not set". */
void sam_json_id_or_null(struct sam_json *j, const char *key, uint64_t id);
void sam_json_int_or_null(struct sam_json *j, const char *key, int64_t v);
/* sam_json_int_if(j, key, has, v): null where there is none. */
void sam_json_int_if(struct sam_json *j, const char *key, bool has, int64_t v);
/* sam_json_end_all(j): close what is open. 0, SAM_ETOOBIG, SAM_ENOMEM, SAM_EUSAGE (too deep). */
int sam_json_end_all(struct sam_json *j);

/* sam_json_quote(out, s, len): ${s} in quotes. As sam_buf_add; part of it may have been added. */
int sam_json_quote(struct sam_buf *out, const char *s, size_t len);
/* sam_utf8_letter(s, len): bytes of the UTF-8 letter at ${s}, of which ${len} > 0 are there; 0: it is none. */
size_t sam_utf8_letter(const char *s, size_t len);

#endif
