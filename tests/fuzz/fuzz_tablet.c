/* Whatever a centre, or somebody in its place, says to a tablet with a mark that is not yet sent: client-sdk behind samling_link_feed, on a store of
 * its own, which every input finds as it was. These are the calls that a page makes over the border of the module, too. fuzz_session_tablet has the
 * conversation alone, and is a hundred times as fast.
 *
 *      input   how u8 | RAW: the bytes of the line. Else { which u8 | edits u8 | … }…
 *      which   below OWN: one of the frames that a centre said at first and in a second conversation, with edits % 16 changes { at u16 | byte u8 }, and
 *              edits >> 6 bytes cut off its end. Else a frame of the kind that is so far above OWN, with edits bytes, which follow
 *
 * Holds: the line is taken or refused, and the store can be read and opened again after it, and is the same then; frames that acknowledge nothing and
 * end nothing leave the mark waiting (P1: what was called saved is there). */
#include "tests/lib/scratch.h"
#include "tests/unit/test_sdk_centre.h"

#include "client-sdk/src/client.h"
#include "proto/wire/frame.h"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <sys/stat.h>

enum { RAW = 1, CUT = 2, OWN = 224, MODELS_MAX = 40, MODEL_BYTES_MAX = 8192, IMAGE_MAX = 1 << 21 };

static char path[300];
static uint8_t image[IMAGE_MAX];
static size_t image_bytes;
static struct model {
    uint8_t kind;
    size_t len;
    uint8_t bytes[MODEL_BYTES_MAX];
} model[MODELS_MAX];
static unsigned models;
static struct sam_zip *zip;
static struct sam_buf line;

/* ---- the store */

static void stores_remove(void)
{
    store_remove(path);
    sam_zip_free(zip);
    sam_buf_fini(&line);
}

static void image_keep(void)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, image, sizeof image);
    HOLDS(n > 0 && (size_t)n < sizeof image);
    close(fd);
    image_bytes = (size_t)n;
}

static struct samling *opened(void)
{
    struct samling *s;
    HOLDS(samling_open(path, store_key, &s) == 0);
    return s;
}

static struct samling *opened_as_it_was(void)
{
    store_remove(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    HOLDS(fd >= 0 && write(fd, image, image_bytes) == (ssize_t)image_bytes);
    close(fd);
    return opened();
}

/* ---- what a centre says */

static void frames_keep(struct sam_span said)
{
    struct sam_frame f;
    size_t used;
    for (; said.len && sam_frame_decode(said, &f, &used) == 0;
         said = (struct sam_span){said.ptr + used, said.len - used}) {
        if (models == MODELS_MAX || f.body.len > MODEL_BYTES_MAX)
            continue;
        model[models].kind = f.kind;
        model[models].len = f.body.len;
        if (f.body.len)
            memcpy(model[models].bytes, f.body.ptr, f.body.len);
        models++;
    }
}

/* As converse (test_sdk_centre.h), with all that is said kept. */
static void conversation_keep(struct samling *s, struct centre *c)
{
    const uint8_t *p;
    size_t n;
    sam_sync_free(c->sync);
    sam_buf_clear(&c->in);
    sam_buf_clear(&c->out);
    c->sync = sam_sync_new(SAM_ROLE_CENTRE, &centre_ops, c, c->zip, &c->out);
    HOLDS(samling_link_up(s) == 0);
    do {
        while ((n = samling_link_peek(s, &p)) > 0) {
            HOLDS(sam_buf_add(&c->in, p, n) == 0);
            samling_link_sent(s, n);
        }
        sam_sync_feed(c->sync, &c->in);
        struct sam_span out = sam_buf_peek(&c->out);
        frames_keep(out);
        HOLDS(samling_link_feed(s, out.ptr, out.len) == 0);
        sam_buf_clear(&c->out);
    } while (samling_link_peek(s, &p) > 0);
    samling_link_down(s);
}

/* A tablet that has joined and has its group, and a mark that waits. What the centre would say next is kept, and the store put back. */
static void start(void)
{
    snprintf(path, sizeof path, "%s/samling-fuzz-%d.db", scratch_place(), (int)getpid());
    store_remove(path);
    atexit(stores_remove);
    zip = sam_zip_new();
    sam_buf_init(&line, 1u << 21);
    struct centre *c = centre_new();
    sam_zip_plain(c->zip);
    centre_group(c, GROUP_SCOPE, 3);
    struct samling *s = device_joined(path, c);
    mark(s, SESSION, PERSON, 1);
    samling_close(s);
    image_keep();
    centre_group(c, OTHER_SCOPE, 2);
    centre_mark(c, SESSION, PERSON, 3);
    centre_mark(c, SESSION, PERSON + 1, 2);
    s = opened();
    conversation_keep(s, c);
    centre_mark(c, SESSION, PERSON + 2, 2);
    conversation_keep(s, c);
    samling_close(s);
    centre_free(c);
    HOLDS(zip && models > 5 && model[0].kind == SAM_FRAME_WELCOME); /* in which the mark is not there yet */
}

/* ---- a line */

/* Does a frame of this kind let go of what waits, or end the tablet's number? */
static bool releases(uint8_t kind)
{
    return kind == SAM_FRAME_WELCOME || kind == SAM_FRAME_ACK || kind == SAM_FRAME_JOINED || kind == SAM_FRAME_WIPE ||
           kind == SAM_FRAME_ERROR;
}

/* One frame behind the others; true: it may let go, as all do of their kind but the first WELCOME, as it was. */
static bool frame_put(struct sam_span *in)
{
    uint8_t which = fuzz_byte(in), edits = fuzz_byte(in), body[MODEL_BYTES_MAX];
    uint8_t kind = (uint8_t)(which < OWN ? 0 : 1 + (which - OWN) % SAM_FRAME_KIND_MAX);
    size_t len;
    if (which >= OWN) {
        len = edits < in->len ? edits : in->len;
        memcpy(body, in->ptr, len);
        *in = (struct sam_span){in->ptr + len, in->len - len};
    } else {
        const struct model *m = &model[which % models];
        kind = m->kind;
        len = m->len;
        memcpy(body, m->bytes, len);
        for (unsigned i = edits % 16; i && len && in->len >= 3; i--) {
            size_t at = (size_t)fuzz_byte(in) | (size_t)fuzz_byte(in) << 8;
            body[at % len] = fuzz_byte(in);
        }
        len -= edits >> 6 < len ? edits >> 6 : 0;
    }
    if (sam_buf_room(&line) < sizeof body + 64)
        return false;
    HOLDS(sam_frame_add(zip, &line, kind, (struct sam_span){body, len}) == 0);
    return releases(kind) && !(which < OWN && edits == 0 && which % models == 0);
}

static void sent_away(struct samling *s)
{
    const uint8_t *p;
    size_t n;
    while ((n = samling_link_peek(s, &p)) > 0)
        samling_link_sent(s, n);
}

static int spoken(struct samling *s, struct sam_span all, uint32_t cut)
{
    int err = samling_link_up(s);
    HOLDS(err == 0);
    sent_away(s);
    while (!err && all.len) {
        struct sam_span piece = fuzz_piece(&all, &cut);
        uint8_t *exact = fuzz_exact(piece);
        err = samling_link_feed(s, exact, piece.len);
        free(exact);
        HOLDS(err <= 0);
        sent_away(s);
    }
    samling_link_idle(s);
    samling_link_down(s);
    return err;
}

/* What an app reads. */
static struct samling_status read_all(struct samling *s)
{
    struct samling_status st;
    struct samling_line *l;
    size_t n;
    HOLDS(samling_status(s, &st) == 0);
    int err = samling_sheet(s, SESSION, &l, &n);
    if (!err)
        samling_list_free(l);
    return st;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sam_span in = {data, size};
    uint8_t how = fuzz_byte(&in);
    bool released = how & RAW;
    if (!image_bytes)
        start();
    sam_buf_clear(&line);
    if (how & RAW)
        HOLDS(sam_buf_add(&line, in.ptr, in.len < IMAGE_MAX / 2 ? in.len : IMAGE_MAX / 2) == 0);
    while (!(how & RAW) && in.len)
        released |= frame_put(&in);
    struct samling *s = opened_as_it_was();
    spoken(s, sam_buf_peek(&line), how & CUT ? 1u + how : 0);
    struct samling_status before = read_all(s);
    HOLDS(released || (before.waiting == 1 && before.saved >= 1));
    samling_close(s);
    s = opened();
    struct samling_status after = read_all(s);
    HOLDS(after.waiting == before.waiting && after.attention == before.attention && after.scopes == before.scopes);
    samling_close(s);
    return 0;
}
