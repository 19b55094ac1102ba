/* Frames: varint length | kind | body. The length counts kind and body and is checked before anything is allocated;
 * the high bit of kind says that the body is raw-deflated (RFC 1951). */
#ifndef SAM_WIRE_FRAME_H
#define SAM_WIRE_FRAME_H

#include "proto/base/buf.h"
#include "proto/base/limits.h"

#include <stdbool.h>

enum sam_frame_kind {
    SAM_FRAME_HELLO = 1,
    SAM_FRAME_PUSH = 2,
    SAM_FRAME_WELCOME = 3,
    SAM_FRAME_ACK = 4,
    SAM_FRAME_PULL = 5,
    SAM_FRAME_SCOPES = 6,
    SAM_FRAME_CHANGES = 7,
    SAM_FRAME_SCOPE_END = 8,
    SAM_FRAME_SNAP_GET = 9,
    SAM_FRAME_SNAP_CHUNK = 10,
    SAM_FRAME_VERDICTS = 11,
    SAM_FRAME_JOIN = 12,
    SAM_FRAME_JOINED = 13,
    SAM_FRAME_PING = 14,
    SAM_FRAME_POKE = 15,
    SAM_FRAME_BYE = 16,
    SAM_FRAME_WIPE = 17,
    SAM_FRAME_ERROR = 18,
    SAM_FRAME_KIND_MAX = 18
};
#define SAM_FRAME_DEFLATED 0x80u

struct sam_frame {
    uint8_t kind; /* without the high bit; 1 to SAM_FRAME_KIND_MAX */
    bool deflated;
    struct sam_span body; /* as sent, borrowed from the input */
};

/* A thread's workshop for frames: one inflater, one deflater and the buffers that they fill, reused for every frame of
 * every conversation of that thread, so that an idle conversation holds none. About 400 KiB, at most 1 MiB. */
struct sam_zip;
struct sam_zip *sam_zip_new(void);
void sam_zip_free(struct sam_zip *z);
/* sam_zip_plain(z): from now on send bodies as they are, so that the bytes on the wire can be read. */
void sam_zip_plain(struct sam_zip *z);
/* The body that was inflated last, and room for a body that is being encoded: borrowed, for one frame at a time. */
struct sam_buf *sam_zip_scratch(struct sam_zip *z);
struct sam_buf *sam_zip_body(struct sam_zip *z);

/**
 * sam_frame_decode(in, f, used):
 * Look for one whole frame at the front of ${in}; describe it in ${f} and say in ${used} how long it is. Behind an error both
 * are zero.
 *   errors  SAM_EAGAIN not all here yet; SAM_ETOOBIG length over the limit; SAM_EPROTO empty, or an unknown kind
 */
int sam_frame_decode(struct sam_span in, struct sam_frame *f, size_t *used);
/* sam_frame_kind_name(kind): "PUSH"; "?" if unknown. */
const char *sam_frame_kind_name(unsigned kind);

/**
 * sam_frame_inflate(z, f, scratch, plain):
 * The frame's body in plain form: itself, or inflated into ${scratch} (cleared first).
 *   errors  SAM_ETOOBIG over SAM_FRAME_INFLATED_BYTES_MAX; SAM_EPROTO not a whole deflate stream; SAM_ENOMEM
 */
int sam_frame_inflate(struct sam_zip *z, const struct sam_frame *f, struct sam_buf *scratch, struct sam_span *plain);
/**
 * sam_frame_add(z, out, kind, plain):
 * Append a frame with body ${plain}, deflated where that is shorter.
 *   errors  SAM_ETOOBIG body over the limits or ${out} full; SAM_ENOMEM
 */
int sam_frame_add(struct sam_zip *z, struct sam_buf *out, uint8_t kind, struct sam_span plain);
/* Raw deflate and inflate of stored bytes, with the same limits. */
int sam_zip_inflate(struct sam_zip *z, struct sam_span packed, struct sam_buf *plain);

#endif
