/* Frames of a browser's WebSocket: server/net/websocket.
 *
 * Holds: how the bytes are cut makes no difference to what is heard and answered; what is heard is what a reader of its own (below, a page of RFC
 * 6455) reads, up to where a rule is broken; after the end nothing more is answered; nothing grows beyond its room. */
#include "proto/base/err.h"
#include "server/net/websocket.h"
#include "tests/fuzz/fuzz.h"

#define ROOM_BYTES (32u * 1024u)

struct end {
    struct sam_buf heard, out;
    int rc;
    unsigned code;
};
static struct end whole, cut;
static struct sam_buf expected;

static void end_clear(struct end *e)
{
    if (!e->heard.max) {
        sam_buf_init(&e->heard, 1u << 20);
        sam_buf_init(&e->out, 1u << 20);
    }
    sam_buf_clear(&e->heard);
    sam_buf_clear(&e->out);
    e->rc = 0;
}

static void connection(struct sam_span bytes, uint32_t how, struct end *e)
{
    struct websocket *w = websocket_new();
    struct sam_buf in, heard;
    end_clear(e);
    sam_buf_init(&in, bytes.len + 1);
    sam_buf_init(&heard, ROOM_BYTES);
    if (!w)
        abort();
    while (bytes.len && e->rc >= 0) {
        struct sam_span piece = fuzz_piece(&bytes, &how);
        HOLDS(sam_buf_add(&in, piece.ptr, piece.len) == 0);
        while ((e->rc = websocket_read(w, &in, &heard, &e->out)) == 1) {
            struct sam_span got = sam_buf_peek(&heard);
            HOLDS(sam_buf_add(&e->heard, got.ptr, got.len) == 0);
            sam_buf_consume(&heard, got.len);
        }
    }
    struct sam_span rest = sam_buf_peek(&heard);
    HOLDS(sam_buf_add(&e->heard, rest.ptr, rest.len) == 0);
    HOLDS(e->rc == 0 || e->rc == SAM_EPROTO || e->rc == SAM_ECLOSED);
    HOLDS((e->rc != 0) == websocket_closed(w) && (e->rc == SAM_EPROTO) == (*websocket_why(w) != 0));
    e->code = websocket_code(w);
    size_t said = sam_buf_len(&e->out);
    HOLDS(e->rc == 0 || !websocket_close(w, WEBSOCKET_NORMAL, &e->out));
    HOLDS(e->rc == 0 || !websocket_write(w, &heard, &e->out));
    HOLDS(sam_buf_len(&e->out) == said);
    sam_buf_fini(&in);
    sam_buf_fini(&heard);
    websocket_free(w);
}

/* ---- the same, read plainly */

struct head {
    bool fin, masked;
    unsigned rsv, opcode;
    uint64_t length;
    size_t bytes; /* of the head, mask included */
    const uint8_t *mask;
};

/* false: it is not all here. */
static bool head_read(struct sam_span in, struct head *h)
{
    if (in.len < 2)
        return false;
    *h = (struct head){in.ptr[0] >> 7, in.ptr[1] >> 7, in.ptr[0] >> 4 & 7u, in.ptr[0] & 15u, in.ptr[1] & 127u, 2, NULL};
    unsigned more = h->length == 126 ? 2 : h->length == 127 ? 8 : 0;
    if (in.len < 2 + more + (h->masked ? 4u : 0u))
        return false;
    if (more)
        h->length = 0;
    for (unsigned i = 0; i < more; i++)
        h->length = h->length << 8 | in.ptr[2 + i];
    h->bytes = 2 + more + (h->masked ? 4u : 0u);
    h->mask = in.ptr + h->bytes - 4;
    return true;
}

/* Data frames up to the first that breaks a rule of RFC 6455 or a limit, or to Close; a frame that is only here in part counts as far as it is
 * here. Rules: masked, no reserved bits, known kinds, control frames short and whole, lengths in their shortest form. */
static bool head_right(const struct head *h, bool inside)
{
    bool control = h->opcode >= 8;
    size_t least = h->bytes - 4 == 2 ? 0 : h->bytes - 4 == 4 ? 126 : 65536;
    if (!h->masked || h->rsv || h->length < least || h->length >> 63)
        return false;
    if (control)
        return h->opcode <= 10 && h->fin && h->length <= 125;
    return h->opcode == (inside ? 0u : 2u);
}

static void plainly(struct sam_span in)
{
    struct head h;
    bool inside = false;
    uint64_t message = 0;
    unsigned fragments = 0;
    sam_buf_clear(&expected);
    while (head_read(in, &h) && head_right(&h, inside) && h.opcode != 8) {
        size_t here = in.len - h.bytes < h.length ? in.len - h.bytes : (size_t)h.length;
        if (h.opcode < 8) {
            message = inside ? message + h.length : h.length;
            fragments = inside ? fragments + 1 : 1;
            inside = !h.fin;
            if (message > WEBSOCKET_MESSAGE_BYTES_MAX || fragments > WEBSOCKET_FRAGMENTS_MAX)
                return;
        }
        for (size_t i = 0; i < here && h.opcode < 8; i++) {
            uint8_t c = in.ptr[h.bytes + i] ^ h.mask[i % 4];
            HOLDS(sam_buf_add(&expected, &c, 1) == 0);
        }
        if (here < h.length)
            return;
        in = (struct sam_span){in.ptr + h.bytes + here, in.len - h.bytes - here};
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sam_span in = {data, size};
    uint32_t how = 1u + fuzz_byte(&in);
    if (!expected.max)
        sam_buf_init(&expected, 1u << 20);
    connection(in, 0, &whole);
    connection(in, how, &cut);
    HOLDS(whole.rc == cut.rc && whole.code == cut.code);
    HOLDS(fuzz_same(sam_buf_peek(&whole.heard), sam_buf_peek(&cut.heard)));
    HOLDS(fuzz_same(sam_buf_peek(&whole.out), sam_buf_peek(&cut.out)));
    plainly(in);
    HOLDS(fuzz_same(sam_buf_peek(&whole.heard), sam_buf_peek(&expected)));
    return 0;
}
