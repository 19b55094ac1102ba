/* The admin socket of a serving centre: verbs asked by another process on this machine that may open <home>/admin.sock.
 *
 *      request   length (4 bytes, little-endian) | language ("nb" or "en") and words, each ended by a 0 byte
 *      answer    exit code | length of output | length of error (4 bytes each) | output | error
 *      in files  before such an answer: 0 | SOCKET_STREAM | 0, then pieces: length | bytes, or length + SOCKET_NAME | name of the
 *                file that begins; a piece of length 0 ends them
 *
 * One request per connection. The verb itself runs where the host puts it (the write thread); this file only carries. */
#ifndef ADMIN_SOCKET_H
#define ADMIN_SOCKET_H

#include "proto/base/csv_table.h"
#include "server/admin/verbs.h"

#include <uv.h>

/* Words, one of which may be the content of a file (server/admin/words.c). Memory is taken as the bytes come. */
#define SOCKET_REQUEST_BYTES_MAX (64u * 1024u + SAM_CSV_BYTES_MAX)
#define SOCKET_WORDS_MAX (ARGS_POSITIONS_MAX + 64u)
#define SOCKET_CONNECTIONS_MAX 16u
#define SOCKET_STREAM UINT32_MAX
#define SOCKET_NAME (UINT32_C(1) << 31)
#define SOCKET_PIECE_BYTES_MAX (64u * 1024u)
#define SOCKET_PATIENCE_S 60 /* with whoever asked and does not take more */

#define SOCKET_HEAD_BYTES 4u
#define SOCKET_ANSWER_HEAD_BYTES 12u

static inline void socket_put_le32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

static inline uint32_t socket_get_le32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

struct admin_socket;
struct admin_request;

struct admin_socket_config {
    uv_loop_t *loop;
    const struct home *home;
    /* loop's thread: have admin_request_run called inside a transaction, then admin_request_done on the loop's thread. */
    void (*submit)(void *ctx, struct admin_request *r);
    void *ctx;
};

/* admin_socket_open(out, config): listen. SAM_ETOOBIG the path does not fit a socket's name; SAM_EIO. */
int admin_socket_open(struct admin_socket **out, const struct admin_socket_config *config);
void admin_socket_close(struct admin_socket *s);
struct verb_context *admin_request_verb(struct admin_request *r);
/* admin_request_run(r, in): 0: commit; positive: refused, roll back; negative: the storage failed. */
int admin_request_run(struct admin_request *r, struct intake *in);
/* admin_request_done(r, err): answer; ${err} is the transaction's. */
void admin_request_done(struct admin_request *r, int err);

/* admin_serves(home): does a process answer at the socket? */
bool admin_serves(const struct home *home);
/**
 * admin_ask(home, lang, argc, argv, files, out, err_text, code):
 * The other side, blocking: ask the serving process; it answers in ${lang}. ${files}: where an answer in files goes, as it comes.
 *   errors  those of ${files}; SAM_ENOTFOUND nobody serves; SAM_ETOOBIG; SAM_ECLOSED no answer came: whether it was done is not known
 */
int admin_ask(const struct home *home, enum sam_lang lang, int argc, const char *const *argv,
              const struct verb_sink *files, struct sam_buf *out, struct sam_buf *err_text, int *code);

#endif
