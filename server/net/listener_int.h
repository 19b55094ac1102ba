/* What listener and conn share. */
#ifndef NET_LISTENER_INT_H
#define NET_LISTENER_INT_H

#include "proto/sync/sync.h"
#include "server/net/limit.h"
#include "server/net/listener.h"
#include "server/net/quota.h"

#include <sys/queue.h>

#define LISTENER_READ_BYTES (64u * 1024u)
#define LISTENER_BACKLOG 511
#define LISTENER_HELD_MAX 512u            /* connections that wait to begin; each holds a descriptor and 2 KiB */
#define LISTENER_HELD_PER_ADDRESS_MAX 64u /* a clinic of 40 tablets after a power cut */
#define LISTENER_BEGIN_PER_S 150u         /* handshakes of all addresses: 2 ms each, so a third of the loop's time */
#define LISTENER_BEGIN_BURST 64u
#define LISTENER_GIVE_WAY_MS 5000u /* after that time who has not proved who he is makes room for one who waits */
#define CONN_PER_DEVICE_MAX 2u     /* unless the settings say otherwise */
#define DISK_LOOK_TICKS 5u         /* how often the disk's room is looked at */

struct conn;
TAILQ_HEAD(conn_list, conn);

struct listener {
    struct listener_config config;
    uv_tcp_t tcp;
    uv_timer_t tick, poke, admit;
    unsigned handles; /* own handles that are open */
    struct conn_list conns, held, unproven;
    unsigned conn_count, held_count, unproven_count, stalled_count;
    struct limit *limit;
    struct quota quota;
    uint64_t conn_id;
    bool accept_waits, closing;
    bool crowded;   /* some are held because of all others, not of their own address: nobody overtakes them */
    bool left;      /* one that was proving who it is has been closed */
    bool read_only; /* the disk is below its floors */
    unsigned ticks;
    uint16_t port;
    struct sam_zip *zip;                   /* shared by all conversations of the loop's thread */
    uint8_t read_mem[LISTENER_READ_BYTES]; /* likewise */
    struct touches touches;
    struct listener_counters counters;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

/* Connections report to their listener. */
void listener_proved(struct listener *l, struct conn *c);
void listener_conn_gone(struct listener *l);
/* listener_read_only(l): the disk is below its floors, or the log is full: no push is taken in. */
bool listener_read_only(const struct listener *l);
/* listener_admit(l): one that was proving who it is has left their list: let in who is held. */
void listener_admit(struct listener *l);

#endif
