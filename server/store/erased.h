/* People who were erased: what stays of them, so that chains can be checked and nothing of them comes back. What the tables mean:
 * server/store/sql/100_erased.sql; who writes them: server/intake/erase.c. */
#ifndef STORE_ERASED_H
#define STORE_ERASED_H

#include "server/store/store.h"

#define STORE_ERASE_REASON_BYTES_MAX 200u
#define STORE_ERASE_ACTOR_BYTES_MAX 128u
#define STORE_ERASE_NAME_BYTES_MAX SAM_NAME_BYTES_MAX

/* Asked by one person. */
struct store_erase_request {
    uint64_t participant;
    int64_t at_s;
    uint32_t uid;
    uint64_t account, user_id; /* of the console; account 0: uid asked */
    char login[STORE_ERASE_NAME_BYTES_MAX + 1],
        called[STORE_ERASE_NAME_BYTES_MAX + 1]; /* by what names that one is known */
    char actor[STORE_ERASE_ACTOR_BYTES_MAX + 1], reason[STORE_ERASE_REASON_BYTES_MAX + 1];
};
int store_erase_request_put(struct store *st, const struct store_erase_request *r);
int store_erase_request_get(struct store *st, uint64_t participant,
                            struct store_erase_request *out); /* SAM_ENOTFOUND */
/* store_erase_request_next(st, after, out): the next one by participant; SAM_ENOTFOUND at the end. */
int store_erase_request_next(struct store *st, uint64_t after, struct store_erase_request *out);
int store_erase_request_drop(struct store *st, uint64_t participant);

int store_erased_person_add(struct store *st, uint64_t participant, uint64_t csn);
/* store_erased_person(st, participant, csn): SAM_ENOTFOUND: nobody erased that one. _next: the next one by number. */
int store_erased_person(struct store *st, uint64_t participant, uint64_t *csn);
int store_erased_person_next(struct store *st, uint64_t after, uint64_t *participant, uint64_t *csn);
int store_erased_row_add(struct store *st, uint8_t entity, uint64_t id);
bool store_erased_row(struct store *st, uint8_t entity, uint64_t id); /* as store_csn: store_failed tells */
int store_erased_scope_add(struct store *st, uint64_t csn, uint64_t scope);
int store_erased_scope_next(struct store *st, uint64_t csn, uint64_t after, uint64_t *scope); /* SAM_ENOTFOUND */

/* An op or a batch that lost bytes. */
struct store_erased {
    uint64_t csn, audit_no; /* of a batch: its first csn */
    uint8_t hash[SAM_HASH_BYTES];
};
/* ${ruling_csn}: by which it was erased; 0: it came late. */
int store_erased_op_add(struct store *st, const struct store_erased *e, uint64_t ruling_csn);
/* store_erased_op_ruled(st, ruling_csn, after, csn): the next one that it erased; SAM_ENOTFOUND. */
int store_erased_op_ruled(struct store *st, uint64_t ruling_csn, uint64_t after, uint64_t *csn);
int store_erased_op(struct store *st, uint64_t csn, struct store_erased *out); /* SAM_ENOTFOUND */
int store_erased_op_next(struct store *st, uint64_t audit_no, uint64_t after, struct store_erased *out);
int store_erased_push_add(struct store *st, const struct store_erased *e);
int store_erased_push(struct store *st, uint64_t first_csn, struct store_erased *out); /* SAM_ENOTFOUND */
int store_erased_push_next(struct store *st, uint64_t audit_no, uint64_t after, struct store_erased *out);
/* store_erased_strays(st, kind, count): such ops and batches without a line of that kind in the audit log. */
int store_erased_strays(struct store *st, uint32_t kind, uint64_t *count);

/* store_push_blank(st, first_csn, raw): the batch's bytes are these now, not deflated. */
int store_push_blank(struct store *st, uint64_t first_csn, struct sam_span raw);
/* store_admission_erase(st, csn, kind, reason): this is what is known of the op now, whatever was before. */
int store_admission_erase(struct store *st, uint64_t csn, uint32_t kind, uint32_t reason);
/* store_case_numbers_keep(st): from now on every case keeps the number that it has. */
int store_case_numbers_keep(struct store *st);

#endif
