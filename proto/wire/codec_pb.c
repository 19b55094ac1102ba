#include "proto/base/err.h"
#include "proto/wire/codec_int.h"

#include <pb_decode.h>
#include <pb_encode.h>
#include <string.h>

int sam_pb_field_next(struct sam_span *rest, uint32_t *tag, uint32_t *type, struct sam_span *bytes)
{
    uint64_t key, len;
    if (rest->len == 0)
        return 0;
    int n = sam_varint_get(rest->ptr, rest->len, &key);
    if (n <= 0 || n > SAM_VARINT_32_BYTES_MAX || key >> 3 == 0 || key > UINT32_MAX)
        return SAM_EPROTO;
    *tag = (uint32_t)(key >> 3);
    *type = (uint32_t)(key & 7u);
    const uint8_t *p = rest->ptr + n;
    size_t left = rest->len - (size_t)n, take;
    *bytes = (struct sam_span){p, 0};
    switch (*type) {
    case 0:
        n = sam_varint_get(p, left, &len);
        if (n <= 0)
            return SAM_EPROTO;
        take = (size_t)n;
        break;
    case 1: take = 8; break;
    case 5: take = 4; break;
    case 2:
        n = sam_varint_get(p, left, &len);
        if (n <= 0 || n > SAM_VARINT_32_BYTES_MAX || len > left - (size_t)n)
            return SAM_EPROTO;
        *bytes = (struct sam_span){p + n, (size_t)len};
        take = (size_t)n + (size_t)len;
        break;
    default: return SAM_EPROTO;
    }
    if (take > left)
        return SAM_EPROTO;
    *rest = (struct sam_span){p + take, left - take};
    return 1;
}

int sam_pb_put(struct sam_buf *b, const pb_msgdesc_t *fields, const void *msg)
{
    size_t size;
    if (!pb_get_encoded_size(&size, fields, msg))
        return SAM_EPROTO;
    if (size > sam_buf_room(b))
        return SAM_ETOOBIG;
    uint8_t *to = sam_buf_reserve(b, size);
    if (!to)
        return SAM_ENOMEM;
    pb_ostream_t out = pb_ostream_from_buffer(to, size);
    if (!pb_encode(&out, fields, msg))
        return SAM_EPROTO;
    sam_buf_commit(b, size);
    return 0;
}

int sam_pb_get_sized(struct sam_span in, const pb_msgdesc_t *fields, void *msg, size_t size)
{
    struct sam_span rest = in, bytes;
    uint32_t tag, type;
    int rc;
    while ((rc = sam_pb_field_next(&rest, &tag, &type, &bytes)) == 1)
        ;
    pb_istream_t s = pb_istream_from_buffer(in.len ? in.ptr : (const uint8_t *)"", in.len);
    if (rc == 0 && pb_decode(&s, fields, msg))
        return 0;
    memset(msg, 0, size);
    return SAM_EPROTO;
}
