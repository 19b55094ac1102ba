/* What an address may do before anybody behind it has proved who it is: a rate of handshakes, and wrong invites a minute.
 * A whole health trust may share one address, so a handshake that ends in a proof is given back, and whoever comes too
 * early is to wait, not to go away. And what all of them may do together: a handshake costs 2 ms, and those who are in must not wait
 * for a flood from a thousand addresses.
 *
 * Invariants
 *  1. At most LIMIT_ADDRESSES_MAX addresses are remembered; one that has rested is as good as unknown, and when all are
 *     busy the one that was longest quiet is forgotten: one from which nobody has proved who he is, as long as there is one.
 *  2. IPv6 hosts own whole networks: addresses of one /64 are one address.
 *  3. No clock of its own: every call says what time it is. */
#ifndef NET_LIMIT_H
#define NET_LIMIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define LIMIT_ADDRESSES_MAX 1024u /* half a MiB; who comes from more is held by the totals of the listener */
#define LIMIT_JOINS_MAX 60u       /* wrong invites a minute that can be counted */
#define LIMIT_MINUTE_MS 60000u

struct limit_address {
    uint8_t bytes[16]; /* IPv4 as ::ffff:a.b.c.d; the second half of IPv6 is 0 */
};

struct limit_config {
    unsigned handshake_rate;   /* per second and address; 0: no limit */
    unsigned handshake_burst;  /* as many at once */
    unsigned joins_per_minute; /* at most LIMIT_JOINS_MAX; 0: no limit */
    unsigned all_rate;         /* per second, of all addresses together; 0: no limit. With handshake_rate only */
    unsigned all_burst;
};

struct limit;

struct limit *limit_new(const struct limit_config *config); /* NULL: no memory */
void limit_free(struct limit *l);
/* limit_address(out, from): the key of a socket's address. */
void limit_address(struct limit_address *out, const struct sockaddr_storage *from);
bool limit_address_same(const struct limit_address *a, const struct limit_address *b);
/* limit_handshake(l, a, now_ms): true: it may begin. false: later; ask again. */
bool limit_handshake(struct limit *l, const struct limit_address *a, uint64_t now_ms);
/* limit_any(l, now_ms): false: nobody may begin now, whatever the address. */
bool limit_any(struct limit *l, uint64_t now_ms);
/* limit_proved(l, a, now_ms): that handshake ended in a proof and does not count. */
void limit_proved(struct limit *l, const struct limit_address *a, uint64_t now_ms);
/* limit_good(l, a): somebody has proved who he is from there, as far as is remembered. */
bool limit_good(const struct limit *l, const struct limit_address *a);
/* limit_join(l, a, now_ms): an invite is about to be tried. 0: go on; else seconds until it may be tried again. */
uint32_t limit_join(struct limit *l, const struct limit_address *a, uint64_t now_ms);
/* limit_joined(l, a): the last one that was tried was right, or could not be judged, and does not count. */
void limit_joined(struct limit *l, const struct limit_address *a);
/* limit_count(l): how many addresses are remembered. */
unsigned limit_count(const struct limit *l);

#endif
