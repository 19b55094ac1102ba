/* Within feed.c and its kin: one answer, and how far it has come. */
#ifndef STORE_FEED_INT_H
#define STORE_FEED_INT_H

#include "server/store/feed.h"
#include "server/store/feed_row.h"

enum stage { STAGE_CUT, STAGE_SCOPES, STAGE_VERDICTS, STAGE_CHUNKS, STAGE_WALK, STAGE_DONE };

struct feed {
    struct store *st;
    enum stage stage;
    struct feed_device device;
    uint64_t cut_csn;
    uint64_t complete_csn; /* C: fields newer than this are sent; 0: whole rows */
    bool fill, verify, list;
    unsigned scope_count;
    struct store_scope scope[SAM_SCOPES_MAX]; /* the scopes of this walk, by id */
    uint64_t list_csn;                        /* since when the list is as the device was told */
    uint64_t verdict_at, verdict_csn;
    bool verdicts_whole;  /* all of them are told anew */
    uint64_t verdict_run; /* csn up to which verdicts have been told */
    /* place */
    uint64_t low, run;
    unsigned at_scope, at_entity; /* indexes */
    uint64_t at_csn;              /* all rows up to here have been sent: what a frame names */
    struct store_place at;        /* and perhaps some of those that share the next csn */
    bool resumed;                 /* places before (mark_scope, mark_entity) were read up to run */
    unsigned mark_scope, mark_entity;
    uint64_t mark_csn;
    uint64_t start_csn; /* of a fill */
    struct sam_scopes *scopes_frame;
    /* the frame being made */
    struct sam_buf body;
    struct feed_row row;
    unsigned rows;
    struct store_place last;
    bool tied; /* more rows share the last one's csn */
};

/* feed_frame_send(f, s, kind, body): what could not be read must not be told as a number. */
int feed_frame_send(struct feed *f, struct sam_sync *s, uint8_t kind, struct sam_span body);

/* ---- what a device is told beside rows (feed_list.c). feed_scopes_load(f, pull): the list, and of it the scopes that are complete
 * at the device. feed_scopes_send(f, s): as it was loaded. feed_list_refresh(f, s): 1: it changed meanwhile, and was told. */
int feed_scopes_load(struct feed *f, const struct sam_pull *pull);
int feed_scopes_send(struct feed *f, struct sam_sync *s);
int feed_list_refresh(struct feed *f, struct sam_sync *s);
int feed_verdicts_next(struct feed *f, struct sam_sync *s);

/* ---- rows (feed_walk.c). feed_place_csn(f): from which csn on the present place (scope, entity) is read. feed_place_set(f, csn): all
 * up to there has been. _chunks_next, _walk_next(f, s): one frame, or the end of the stage. feed_scope_get(f, id, out): as
 * store_scope_get, rows and sum without those that the device does not know. */
uint64_t feed_place_csn(const struct feed *f);
void feed_place_set(struct feed *f, uint64_t csn);
int feed_chunks_next(struct feed *f, struct sam_sync *s);
int feed_walk_next(struct feed *f, struct sam_sync *s);
int feed_scope_get(struct feed *f, uint64_t id, struct store_scope *out);

#endif
