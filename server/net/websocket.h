/* One WebSocket (RFC 6455), the centre's end, as a pump: no sockets, no TLS, no clock. It carries a stream of bytes in binary
 * messages whose boundaries mean nothing, so nothing is ever gathered into messages.
 *
 *      in --websocket_read--> heard      what the browser's frames carry; pings are answered in ${out} on the way
 *      out <--websocket_write-- said     one binary message for what there is
 *
 *      OPEN --websocket_close--> CLOSED              our Close is in ${out}; what the peer still sends is nobody's
 *      OPEN --the peer's Close, answered--> CLOSED
 *      OPEN --a rule is broken--> CLOSED             Close with the code that says which
 *
 * Invariants
 *  1. Memory: the library's 4 KiB and this struct. A frame's length is looked at before one of its bytes is taken.
 *  2. Nothing is read where its bytes, or the answer to a ping, would find no room.
 *  3. How the bytes are cut into calls makes no difference to what comes out.
 *  4. After CLOSED nothing more is put into ${out}. */
#ifndef NET_WEBSOCKET_H
#define NET_WEBSOCKET_H

#include "proto/base/buf.h"

#include <stdbool.h>

#define WEBSOCKET_MESSAGE_BYTES_MAX (64u * 1024u) /* of one message, in all its fragments; both ways */
#define WEBSOCKET_FRAGMENTS_MAX 256u              /* of one message: one that is cut smaller is not meant well */
#define WEBSOCKET_CHUNK_BYTES 4096u               /* of room in ${heard} and in ${out}: else nothing is read */

enum websocket_code {
    WEBSOCKET_NORMAL = 1000,
    WEBSOCKET_GOING_AWAY = 1001,
    WEBSOCKET_PROTOCOL = 1002,
    WEBSOCKET_NOT_BINARY = 1003,
    WEBSOCKET_NO_CODE = 1005, /* never sent: a Close without one */
    WEBSOCKET_TOO_BIG = 1009
};

struct websocket;

struct websocket *websocket_new(void); /* NULL: no memory */
void websocket_free(struct websocket *w);

/**
 * websocket_read(w, in, heard, out):
 * Take frames out of ${in} as far as there is room.
 *   returns 1 something moved; 0 nothing now
 *           SAM_ECLOSED the peer has said goodbye, and has its answer in ${out}
 *           SAM_EPROTO  it broke a rule: the Close is in ${out}, websocket_why says which
 */
int websocket_read(struct websocket *w, struct sam_buf *in, struct sam_buf *heard, struct sam_buf *out);
/* websocket_write(w, said, out): as much of ${said} as one message and the room in ${out} hold. Whether anything moved. */
bool websocket_write(struct websocket *w, struct sam_buf *said, struct sam_buf *out);
/* websocket_close(w, code, out): say goodbye; false: it has been said, or there is no room for it yet. */
bool websocket_close(struct websocket *w, enum websocket_code code, struct sam_buf *out);
bool websocket_closed(const struct websocket *w);
/* The code of our Close, 0: none was sent; and what was wrong, "" where nothing was. */
unsigned websocket_code(const struct websocket *w);
const char *websocket_why(const struct websocket *w);

#endif
