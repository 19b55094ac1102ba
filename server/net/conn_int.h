/* What the parts of a connection share: conn.c moves bytes, conn_host.c answers frames, conn_push.c those that bring ops. */
#ifndef NET_CONN_INT_H
#define NET_CONN_INT_H

#include "server/net/conn.h"
#include "server/net/websocket.h"
#include "server/store/feed.h"

#include <netinet/in.h>

#define CONN_RECORD_BYTES (20u * 1024u) /* more than one TLS record: reading stops while there is less room */
#define CONN_PLAIN_IN_BYTES \
    (SAM_BEFORE_WELCOME_BYTES_MAX + SAM_FRAME_BODY_BYTES_MAX + SAM_FRAME_HEAD_BYTES_MAX + CONN_RECORD_BYTES)
#define CONN_OUT_HIGH_BYTES (64u * 1024u) /* above this no page of a feed is made and no frame is read */
#define CONN_PLAIN_OUT_BYTES (CONN_OUT_HIGH_BYTES + 96u * 1024u)
#define CONN_CIPHER_OUT_BYTES (128u * 1024u)
#define CONN_KERNEL_OUT_BYTES \
    (256 * 1024)             /* left to itself the kernel would hold 4 MiB for a peer that does not read */
#define CONN_SHUT_MS 5000u   /* for sending the last words */
#define CONN_LINGER_MS 2000u /* for the peer to close too */
#define CONN_WEB_RATE_BYTES_PER_S 500u
#define CONN_HELD_MS 20000u /* waiting to begin; a tablet's own patience ends after 30 s */
#define CONN_RETRY_PENDING_S 15u
#define CONN_RETRY_FULL_S 60u
#define CONN_RETRY_BUSY_S 10u

/* A place in a device's chain of ops. */
struct conn_point {
    uint64_t seq, chain;
};

struct push_job;
/* A PUSH that has not been answered: with the writer, done, or refused at the door. */
struct conn_slot {
    struct push_job *job; /* NULL: refused */
    bool ready;
    uint32_t refusal, retry_after_s;
    uint64_t expected;
};

/* What a WebSocket has beside the rest: the conversation's bytes without their messages. */
struct conn_socket {
    struct websocket *ws;
    struct sam_buf heard, said;
};

struct conn {
    TAILQ_ENTRY(conn) all, early;
    struct listener *l;
    uint64_t id;
    char address[INET6_ADDRSTRLEN];
    struct limit_address from;
    /* transport */
    uv_tcp_t tcp;
    uv_write_t write;
    struct sam_tls *tls;        /* made when the first bytes come */
    struct sam_sync *sync;      /* made when TLS is open */
    void *web;                  /* or this one, as the listener's struct listener_web has them */
    struct conn_socket *socket; /* or both that were: sync on a WebSocket; then web is NULL again */
    uv_shutdown_t shutdown;
    struct sam_buf plain_in, plain_out, cipher_out, flight;
    bool held, unproven; /* in one of the listener's lists of those; then in neither */
    bool good;           /* from an address from which somebody has proved who he is */
    bool reading, writing, turning, again, stalled;
    bool shut;     /* close when all is sent */
    bool lingers;  /* all is sent, and the peer is about to close */
    bool closing;  /* the handle is being closed */
    bool closed;   /* it has been closed */
    unsigned jobs; /* with the writer */
    uint64_t born_ms, read_ms, ping_ms, progress_ms, shut_ms;
    size_t queue_seen;
    uint64_t pings;
    /* who it is, after WELCOME */
    uint64_t device_no, org, hello_epoch, schema;
    uint32_t state; /* enum sam_device_state */
    bool drain_only;
    struct sam_mac_key *push_key;
    /* its pushes */
    struct conn_point greeting, welcome, acked, next;
    struct conn_slot slot[SAM_PUSH_UNACKED_MAX];
    unsigned slot_first, slot_count;
    /* what it is being told */
    struct feed *feed;
    bool pulled, poked;
};

/* conn_host_new(c): the conversation of a connection whose TLS is open. SAM_ENOMEM. */
int conn_host_new(struct conn *c);
/* conn_host_free(c): conversation, feed, keys. Jobs that are with the writer stay. */
void conn_host_free(struct conn *c);
/* conn_host_feed(c): make one page of the answer to a PULL. 1: made; 0: nothing to make; negative: close. */
int conn_host_feed(struct conn *c);
/* conn_push(…): a PUSH has come, as sam_sync_ops.push. conn_push_free(c): those that were not answered. */
int conn_push(void *host, const struct sam_push *p, const struct sam_frame *as_sent, struct sam_span body,
              const uint8_t *mac);
void conn_push_free(struct conn *c);
/* conn_job_submit(c, job): to the writer. conn_job_back(c): it came back; false: the connection is on its way out. */
void conn_job_submit(struct conn *c, struct writer_job *job);
bool conn_job_back(struct conn *c);
/* conn_fail(c, code, retry_after_s, text), conn_fail_with(c, e): ERROR, and the end. */
void conn_fail(struct conn *c, uint32_t code, uint32_t retry_after_s, const char *text);
void conn_fail_with(struct conn *c, const struct sam_error *e);
/* conn_fail_storage(c, err): the storage could not do it. */
void conn_fail_storage(struct conn *c, int err);
/* conn_early_leave(c): it is no longer one of those who have not proved who they are. */
void conn_early_leave(struct conn *c);
/* conn_release(c): free what has been closed, when no job is left. */
void conn_release(struct conn *c);
/* conn_shut(c): close when all is sent. */
void conn_shut(struct conn *c);
/* conn_out_waiting(c): bytes that have not gone to the kernel. */
size_t conn_out_waiting(const struct conn *c);
/* conn_web_new(c): it speaks http/1.1 from here on. false: there are too many, or no memory. */
bool conn_web_new(struct conn *c);
void conn_web_free(struct conn *c);
/* Its stages of the turn, its tick, and its end when all is said. */
bool conn_web_feed(struct conn *c);
bool conn_web_out(struct conn *c);
void conn_web_tick(struct conn *c, uint64_t now_ms);
void conn_web_linger(struct conn *c);
/* conn_socket_new(c): http/1.1 became a WebSocket: its conversation begins. SAM_ENOMEM. */
int conn_socket_new(struct conn *c);
void conn_socket_free(struct conn *c);
/* Its stages of the turn: messages to what is heard; what is said to messages, and a Close behind the last words. */
bool conn_socket_read(struct conn *c);
bool conn_socket_write(struct conn *c);

#endif
