/* One connection: TCP, TLS, the conversation, the answers to its PULLs, and its jobs at the writer.
 *
 *      tcp --feed--> tls --pump--> plain_in --> sync --> host calls --> writer --> results
 *      tcp <--write-- cipher_out <-- tls <-- plain_out <-- sync <-- feed pages, WELCOME, ACK
 *
 * With ALPN http/1.1 the listener's struct listener_web stands where sync and the feed do (conn_web.c), until it says that the line is
 * a WebSocket: then sync and the feed take its place, and between them and TLS stands one more pump (conn_socket.c):
 *
 *      tls --pump--> plain_in --unwrap--> heard --> sync      tls <-- plain_out <--wrap-- said <-- sync
 *
 * Invariants
 *  1. Each stage stops when the next one is full, back to the kernel's socket buffer; nothing grows without a bound.
 *  2. Pushes are answered in the order in which they came.
 *  3. Who acknowledges nothing for stall_ms is closed; who takes a byte now and then is not, so that 700 kB of app come down a line of
 *     20 kbit/s in their five minutes. What http answers must be taken at is 500 B/s, beside 30 s (console.h).
 *  4. A connection is freed when its handle is closed and no job of its is with the writer. */
#ifndef NET_CONN_H
#define NET_CONN_H

#include "server/net/listener_int.h"

/* conn_accept(l): take the waiting connection and hold it: nothing is read from it. NULL: none, or no memory. */
struct conn *conn_accept(struct listener *l);
/* conn_begin(c): a connection that was held may begin its handshake. */
void conn_begin(struct conn *c);
/* conn_turn(c): move everything on as far as it goes. May close ${c}, never frees it. */
void conn_turn(struct conn *c);
/* conn_tick(c, now_ms): act on what has taken too long. */
void conn_tick(struct conn *c, uint64_t now_ms);
/* conn_poke(c, touch, count, all): send POKE if news concerns this device and it has pulled since the last one. */
void conn_poke(struct conn *c, const struct touches *touches);
/* conn_recheck(c): close it if its device is no longer what it was. */
void conn_recheck(struct conn *c);
/* conn_gives_way(c, now_ms): it has been proving who it is for so long that another may take its place, and nothing of its is with the
 * writer. */
bool conn_gives_way(const struct conn *c, uint64_t now_ms);
/* conn_bye(c, retry_after_s, why): farewell, then close when that has been sent. */
void conn_bye(struct conn *c, uint32_t retry_after_s, const char *why);
/* conn_close(c, why): close now. */
void conn_close(struct conn *c, const char *why);
bool conn_stalled(const struct conn *c);
/* conn_good(c): it comes from where somebody has proved who he is. */
bool conn_good(const struct conn *c);
/* conn_alive(c): it is not being closed. */
bool conn_alive(const struct conn *c);
uint64_t conn_device_no(const struct conn *c);
struct conn *conn_next(struct conn *c);
/* The next one of those who are held, or of those who have not proved who they are. */
struct conn *conn_next_early(struct conn *c);
const struct limit_address *conn_from(const struct conn *c);

#endif
