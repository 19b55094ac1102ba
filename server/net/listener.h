/* The one TLS port: accepts connections, keeps them within their limits, watches their times, and tells them news.
 *
 * Invariants
 *  1. At most connections_max connections; at most handshakes_max of them, and at most handshakes_per_address_max of one
 *     address, are proving who they are. They begin at the rate that limit.h allows their address.
 *     All addresses together begin at most LISTENER_BEGIN_PER_S, so that those who are in do not wait for a flood. When there is no
 *     place left, who has been at it for LISTENER_GIVE_WAY_MS gives way to one who waits.
 *  2. Who comes too early is held: accepted, not read from, let in by its turn, those first who come from an address from which
 *     somebody has proved who he is. Only above LISTENER_HELD_MAX of them, or LISTENER_HELD_PER_ADDRESS_MAX of its address, it is
 *     closed at once; not before one from an unknown address makes room for one from a known one. Above connections_max the next one waits in the
 *     kernel.
 *     Above connections_per_address of its address it is closed at once too, in whatever state the others are.
 *  3. Three timers for all: no peer can make more timers.
 *  4. While the store's disk has less room than both floors say, or a reader has made the log too long (writer.h), no push is taken in (READ_ONLY, come again).
 *  5. Those who speak http/1.1 are at most web_max, and of one address at most web_per_address_max that have not shown who they
 *     are; they leave the tablets' handshakes alone as soon as TLS is open. A WebSocket is one of them until its HELLO is answered,
 *     for handshake_ms at most; then it is its device's connection, as on TCP. */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include "proto/wire/tls.h"
#include "server/net/writer.h"

struct listener;
struct conn;

#define LISTENER_WEB_SOCKET 2

/* Who speaks http/1.1 on the same port. All are called on the loop's thread, none may wait. ${peer}: what open gave. */
struct listener_web {
    void *ctx;
    /* ${address}: whose it is, for the log and for limits; outlives the peer. NULL: it is closed */
    void *(*open)(void *ctx, struct conn *line, const char *address, uint64_t now_ms);
    bool (*feed)(void *peer, struct sam_buf *in, uint64_t now_ms); /* take bytes; whether any were taken */
    /* 1 bytes, 0 none now, LISTENER_WEB_SOCKET: all is out and what follows is the WebSocket /sync; negative: the end */
    int (*out)(void *peer, struct sam_buf *out, uint64_t now_ms);
    /* each second; ${taken_ms}: when the peer had all that was said to it, now if it does not yet; negative: close at once */
    int (*tick)(void *peer, uint64_t now_ms, uint64_t taken_ms);
    bool (*proved)(const void *peer); /* it has shown who it is */
    void (*free)(void *peer);
};

struct listener_config {
    uv_loop_t *loop;
    struct writer *writer;
    struct store *reader; /* the loop thread's own */
    const struct sam_tls_config *tls;
    const char *host; /* address to listen on */
    uint16_t port;    /* 0: any free one */
    struct store_epoch epoch;
    unsigned connections_max, handshakes_max, handshakes_per_address_max;
    unsigned connections_per_address_max; /* 0: no limit */
    unsigned connections_per_device_max;
    unsigned handshake_rate, handshake_burst, joins_per_minute; /* as in limit.h */
    uint64_t ops_per_day;                                       /* of one device; 0: no limit */
    unsigned handshake_ms, idle_ms, ping_ms, stall_ms;
    const struct listener_web *web; /* outlives it; NULL: nobody, such connections are closed */
    unsigned web_max,
        web_per_address_max; /* such connections; of one address as long as they have not proved anything */
    const char *disk_path;   /* a place on the store's disk; NULL: its room is not looked at */
    uint64_t disk_floor_bytes;
    unsigned disk_floor_percent;
};

struct listener_counters {
    uint64_t accepted, refused, connections, held, unproven;
    uint64_t gave_way;             /* that had been proving who they are for long, when others waited */
    uint64_t acks, pushes_refused; /* pushes that were answered: taken in, or "not now" */
    uint64_t websockets_refused;   /* that broke a rule of theirs */
    bool read_only;                /* the disk is below its floors, or the log is full */
};

/* listener_defaults(c): the limits of an ordinary clinic's centre. */
void listener_defaults(struct listener_config *c);
/**
 * listener_open(out, config):
 *   owns    ${out} until listener_close; what ${config} names stays the caller's and outlives it
 *   errors  SAM_EUSAGE not an address; SAM_EBUSY the port is taken; SAM_EDENIED; SAM_EIO; SAM_ENOMEM
 */
int listener_open(struct listener **out, const struct listener_config *config);
uint16_t listener_port(const struct listener *l);
void listener_counters(const struct listener *l, struct listener_counters *out);
/* listener_touched(l, touch, count, all): rows changed; connected devices that may read them get a POKE soon. */
void listener_touched(struct listener *l, const struct touches *touches);
/* listener_drained(l): the writer has room again. */
void listener_drained(struct listener *l);
/* listener_devices_changed(l): compare each connected device with its row; who is no longer what it was is closed. */
void listener_devices_changed(struct listener *l);
/* listener_web_wake(line): its peer has something to say, or is over. May be called from within feed. */
void listener_web_wake(struct conn *line);
/* listener_close(l, closed, ctx): say BYE to all, close; ${closed} when the last one is gone and ${l} is freed. */
void listener_close(struct listener *l, void (*closed)(void *ctx), void *ctx);

#endif
