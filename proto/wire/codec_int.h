/* Inside the codec: generated messages to and from bytes. */
#ifndef SAM_WIRE_CODEC_INT_H
#define SAM_WIRE_CODEC_INT_H

#include "proto/wire/codec.h"

#include <pb.h>

#include "samling.pb.h"

/* sam_pb_put(b, fields, msg): append the message. SAM_ETOOBIG, SAM_ENOMEM; SAM_EPROTO cannot be encoded. */
int sam_pb_put(struct sam_buf *b, const pb_msgdesc_t *fields, const void *msg);
/* sam_pb_get(in, fields, msg): the whole span as a message. A message that does not decode is left all zero: the library
 * leaves counts above their maximum behind. It also takes a tag that breaks off for the end, so the fields are walked
 * first. SAM_EPROTO. */
#define sam_pb_get(in, fields, msg) sam_pb_get_sized(in, fields, msg, sizeof *(msg))
int sam_pb_get_sized(struct sam_span in, const pb_msgdesc_t *fields, void *msg, size_t size);
/* sam_pb_field_next(rest, tag, type, bytes): the next field of any kind: its tag, its wire type and, for type 2, its bytes.
 * 1; 0 at the end; SAM_EPROTO. */
int sam_pb_field_next(struct sam_span *rest, uint32_t *tag, uint32_t *type, struct sam_span *bytes);

#endif
