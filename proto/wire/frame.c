#include "proto/wire/frame.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct sam_zip {
    z_stream deflater, inflater;
    struct sam_buf scratch, body;
    bool plain; /* do not deflate */
    uint8_t packed[SAM_FRAME_BODY_BYTES_MAX];
};

struct sam_zip *sam_zip_new(void)
{
    struct sam_zip *z = calloc(1, sizeof *z);
    if (!z)
        return NULL;
    sam_buf_init(&z->scratch, SAM_FRAME_INFLATED_BYTES_MAX);
    sam_buf_init(&z->body, SAM_FRAME_INFLATED_BYTES_MAX);
    bool down = deflateInit2(&z->deflater, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK;
    bool up = down && inflateInit2(&z->inflater, -15) == Z_OK;
    if (up)
        return z;
    if (down)
        deflateEnd(&z->deflater);
    free(z);
    return NULL;
}

void sam_zip_free(struct sam_zip *z)
{
    if (!z)
        return;
    deflateEnd(&z->deflater);
    inflateEnd(&z->inflater);
    sam_buf_fini(&z->scratch);
    sam_buf_fini(&z->body);
    free(z);
}

void sam_zip_plain(struct sam_zip *z)
{
    z->plain = true;
}
struct sam_buf *sam_zip_scratch(struct sam_zip *z)
{
    return &z->scratch;
}
struct sam_buf *sam_zip_body(struct sam_zip *z)
{
    return &z->body;
}

int sam_frame_decode(struct sam_span in, struct sam_frame *f, size_t *used)
{
    uint64_t len;
    *f = (struct sam_frame){0};
    *used = 0;
    int head = sam_varint_get(in.ptr, in.len < 3 ? in.len : 3, &len);
    if (head < 0 || (head == 0 && in.len >= 3))
        return SAM_ETOOBIG;
    if (head == 0)
        return SAM_EAGAIN;
    if (len == 0)
        return SAM_EPROTO;
    if (len > SAM_FRAME_BODY_BYTES_MAX + 1)
        return SAM_ETOOBIG;
    if (in.len > (size_t)head) {
        uint8_t kind = in.ptr[head] & (uint8_t)~SAM_FRAME_DEFLATED;
        if (kind == 0 || kind > SAM_FRAME_KIND_MAX)
            return SAM_EPROTO;
    }
    if (in.len - (size_t)head < len)
        return SAM_EAGAIN;
    f->kind = in.ptr[head] & (uint8_t)~SAM_FRAME_DEFLATED;
    f->deflated = in.ptr[head] & SAM_FRAME_DEFLATED;
    f->body = (struct sam_span){in.ptr + head + 1, (size_t)len - 1};
    *used = (size_t)head + (size_t)len;
    return 0;
}

const char *sam_frame_kind_name(unsigned kind)
{
    static const char *const name[] = {"?",       "HELLO",     "PUSH",     "WELCOME",    "ACK",      "PULL", "SCOPES",
                                       "CHANGES", "SCOPE_END", "SNAP_GET", "SNAP_CHUNK", "VERDICTS", "JOIN", "JOINED",
                                       "PING",    "POKE",      "BYE",      "WIPE",       "ERROR"};
    return kind <= SAM_FRAME_KIND_MAX ? name[kind] : "?";
}

/* Inflates in steps, so that a small frame that claims to be large costs what it holds and not the limit. */
int sam_zip_inflate(struct sam_zip *z, struct sam_span packed, struct sam_buf *plain)
{
    sam_buf_clear(plain);
    if (inflateReset(&z->inflater) != Z_OK)
        return SAM_ENOMEM;
    z->inflater.next_in = (Bytef *)(uintptr_t)packed.ptr;
    z->inflater.avail_in = (uInt)packed.len;
    for (;;) {
        size_t step = packed.len * 4 < 4096 ? 4096 : packed.len * 4;
        size_t room = SAM_FRAME_INFLATED_BYTES_MAX - sam_buf_len(plain);
        if (room == 0)
            return SAM_ETOOBIG;
        if (step > room)
            step = room;
        uint8_t *to = sam_buf_reserve(plain, step);
        if (!to)
            return sam_buf_room(plain) < step ? SAM_ETOOBIG : SAM_ENOMEM;
        z->inflater.next_out = to;
        z->inflater.avail_out = (uInt)step;
        int rc = inflate(&z->inflater, Z_NO_FLUSH);
        sam_buf_commit(plain, step - z->inflater.avail_out);
        if (rc == Z_STREAM_END)
            return z->inflater.avail_in ? SAM_EPROTO : 0;
        if (rc != Z_OK && rc != Z_BUF_ERROR)
            return rc == Z_MEM_ERROR ? SAM_ENOMEM : SAM_EPROTO;
        if (z->inflater.avail_out)
            return SAM_EPROTO; /* the stream ends too early */
    }
}

int sam_frame_inflate(struct sam_zip *z, const struct sam_frame *f, struct sam_buf *scratch, struct sam_span *plain)
{
    *plain = f->body;
    if (!f->deflated)
        return 0;
    int err = sam_zip_inflate(z, f->body, scratch);
    *plain = err ? (struct sam_span){0} : sam_buf_peek(scratch);
    return err;
}

/* Deflate ${plain} into ${to}, which has room for ${room} bytes; 0 if it does not get shorter than that. */
static size_t deflate_into(struct sam_zip *z, struct sam_span plain, uint8_t *to, size_t room)
{
    if (deflateReset(&z->deflater) != Z_OK)
        return 0;
    z->deflater.next_in = (Bytef *)(uintptr_t)plain.ptr;
    z->deflater.avail_in = (uInt)plain.len;
    z->deflater.next_out = to;
    z->deflater.avail_out = (uInt)room;
    return deflate(&z->deflater, Z_FINISH) == Z_STREAM_END ? room - z->deflater.avail_out : 0;
}

int sam_frame_add(struct sam_zip *z, struct sam_buf *out, uint8_t kind, struct sam_span plain)
{
    SAM_ASSERT(kind > 0 && kind <= SAM_FRAME_KIND_MAX);
    if (plain.len > SAM_FRAME_INFLATED_BYTES_MAX)
        return SAM_ETOOBIG;
    size_t n = 0;
    if (z && !z->plain && plain.len >= SAM_FRAME_DEFLATE_BYTES_MIN)
        n = deflate_into(z, plain, z->packed, plain.len > sizeof z->packed ? sizeof z->packed : plain.len - 1);
    struct sam_span body = n ? (struct sam_span){z->packed, n} : plain;
    size_t size = sam_varint_size(body.len + 1) + 1 + body.len;
    if (body.len > SAM_FRAME_BODY_BYTES_MAX || sam_buf_room(out) < size)
        return SAM_ETOOBIG;
    uint8_t *to = sam_buf_reserve(out, size);
    if (!to)
        return SAM_ENOMEM;
    size_t head = sam_varint_put(to, body.len + 1);
    to[head++] = n ? kind | SAM_FRAME_DEFLATED : kind;
    if (body.len)
        memcpy(to + head, body.ptr, body.len);
    sam_buf_commit(out, size);
    return 0;
}
