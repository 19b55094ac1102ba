/* The numbers and texts of a device that stand alone. Numbers are held in memory; a change is written at once, in the open
 * transaction if there is one. After a rollback they are loaded again. */
#ifndef SAM_CLIENT_META_H
#define SAM_CLIENT_META_H

#include "proto/base/buf.h"

#include <stdint.h>

struct samling;

/* name, meaning */
#define SAM_META_MAP(X)                                                                              \
    X(schema, "schema version that the replica was filled with")                                     \
    X(device_no, "0: not joined")                                                                    \
    X(state, "enum samling_device_state")                                                            \
    X(org, "the clinic's id")                                                                        \
    X(port, "of the centre")                                                                         \
    X(hello_counter, "last one used")                                                                \
    X(last_seq, "last own op")                                                                       \
    X(last_chain, "chain hash there")                                                                \
    X(acked_seq, "everything up to here is at the centre")                                           \
    X(safe_seq, "everything up to here is in the oldest backup that may be restored")                \
    X(oldest_seq, "oldest op still here; 0: 1")                                                      \
    X(oldest_chain, "chain hash before it")                                                          \
    X(id_counter, "last id minted")                                                                  \
    X(run_epoch, "last complete run of all complete scopes: epoch …")                                \
    X(run_csn, "… and csn")                                                                          \
    X(verdict_csn, "own feed is complete up to here")                                                \
    X(place_run, "unfinished run: the csn at which it began; 0: none")                               \
    X(place_low, "… its lower bound")                                                                \
    X(place_scope, "… and the place reached")                                                        \
    X(place_entity, "")                                                                              \
    X(place_csn, "")                                                                                 \
    X(place_epoch, "")                                                                               \
    X(slot, "last slot given")                                                                       \
    X(centre_s, "newest time the centre told")                                                       \
    X(skew_s, "own clock minus the centre's at the last contact")                                    \
    X(contact_s, "own clock at the last complete sync")                                              \
    X(contact, "1: skew_s means something")                                                          \
    X(retry_due_s, "own clock when the armed retry fires")                                           \
    X(retry_on, "1: a retry is armed")                                                               \
    X(retry_count, "failures in a row")                                                              \
    X(wipe, "1: the centre asked to erase everything once nothing waits; 2: done, it is to be told") \
    X(fork_parent, "joining anew as a fork of this number; 0: no")                                   \
    X(fork_seq, "last op shared with it")                                                            \
    X(audit_count, "the centre's audit log, as told last")                                           \
    X(audit_head, "")                                                                                \
    X(audit_epoch, "")                                                                               \
    X(audit_broken, "1: within one epoch the log became shorter or another one")

enum sam_meta_id {
#define X(name, text) SAM_META_##name,
    SAM_META_MAP(X)
#undef X
        SAM_META_COUNT
};

struct sam_meta {
    uint64_t num[SAM_META_COUNT];
};

/* meta(s, name): the number. sam_meta_set writes it where it changed. */
#define sam_meta(s, name) ((s)->meta.num[SAM_META_##name])
#define sam_meta_put(s, name, v) sam_meta_set(s, SAM_META_##name, v)
int sam_meta_set(struct samling *s, enum sam_meta_id id, uint64_t v);
int sam_meta_load(struct samling *s);

/* Texts and secrets. A secret is sealed under its name. SAM_ENOTFOUND where there is none. */
int sam_meta_text_set(struct samling *s, const char *name, const char *text);
int sam_meta_text(struct samling *s, const char *name, char *out, size_t size);
int sam_meta_secret_set(struct samling *s, const char *name, const void *p, size_t n);
/* sam_meta_secret: exactly ${n} bytes, or SAM_ECORRUPT. */
int sam_meta_secret(struct samling *s, const char *name, void *out, size_t n);
/* sam_meta_blob: at most ${max} bytes. */
int sam_meta_blob(struct samling *s, const char *name, uint8_t *out, size_t max, size_t *n);
int sam_meta_drop(struct samling *s, const char *name);

#endif
