/* What a person or a script can ask of the centre: one table of verbs. A verb is a function that runs in one transaction of
 * the store: on the write thread while the centre serves (asked through the admin socket), else on the opened store. */
#ifndef ADMIN_VERBS_H
#define ADMIN_VERBS_H

#include "server/admin/args.h"
#include "server/admin/home.h"
#include "server/admin/report.h"
#include "server/intake/intake.h"

enum {
    VERB_OK = 0,
    VERB_REFUSED = 1,
    VERB_USAGE = 2,
    VERB_UNKNOWN = 70
}; /* exit codes; the last: done or not, nobody knows */

#define VERB_ACCESS_MAX ARGS_POSITIONS_MAX /* people in the access log by one call, one by one */
#define VERB_OPERATOR_BYTES_MAX 40u

struct verb_context;
struct verb_sink;

struct verb {
    const char *name;    /* one or two words */
    const char *accepts; /* options, as args_parse takes them; --json is added */
    enum sam_text_id usage, summary, help;
    unsigned words_min, words_max;
    bool local;   /* by the calling process alone: init, serve, restore … */
    bool looks;   /* changes nothing: also asked of a reader (verb_look) */
    bool devices; /* may change what a connected device is */
    bool
        audited; /* changes something or shows what is about persons: one line of the audit log says that it was asked */
    uint8_t access; /* enum store_action: of people; the access log says of whom (server/admin/access.h). 0: of none */
    bool files;     /* --to and --force: the answer goes into files of whoever asks */
    const char *resource; /* what of them, for the access log */
    /* any thread, before the transaction: long work that needs no right to write. NULL: none. Result as run. */
    int (*prepare)(struct verb_context *v);
    /* VERB_OK: keep it; VERB_REFUSED, VERB_USAGE: nothing is kept, v->error says why; negative: the storage failed */
    int (*run)(struct verb_context *v);
    /* any thread, after the commit: an answer in files, piece by piece. NULL: the report is all. Result as run; what went out is out. */
    int (*deliver)(struct verb_context *v, const struct verb_sink *out);
};

/* Where files of an answer go, on whichever side they are written. Negative: nobody takes them any more. */
struct verb_sink {
    int (*file)(void *ctx, const char *name); /* what follows belongs into this one */
    int (*bytes)(void *ctx, struct sam_span bytes);
    void *ctx;
};

/* Figures that only a serving process has. */
struct verb_live {
    const char *name;
    enum sam_text_id shown;
    uint64_t value;
};

#define VERB_BUCKETS_MAX 16u

/* How long commits of a serving process took. */
struct verb_histogram {
    unsigned buckets;         /* the last one has no bound */
    const uint64_t *bound_us; /* buckets - 1 of them, rising */
    uint64_t bucket[VERB_BUCKETS_MAX];
    uint64_t sum_us;
};

struct verb_context {
    const struct verb *verb;
    const struct home *home;
    enum sam_lang lang; /* of whoever asks */
    struct intake *in;  /* NULL: it is asked of a reader */
    struct store *st;
    int64_t look_s; /* a look's: when it is; see verb_now_s */
    struct args args;
    struct report report;
    char error[1024];
    bool has_uid; /* who asks: a user of this machine, as the kernel says */
    unsigned uid;
    uint64_t account, user; /* or an account of the console, and the user of the tablets who it is; 0: none */
    struct sam_span input;  /* a file that came along with the words; ptr NULL: none, its content is a word. Borrowed */
    const char *note;       /* run's: why, for the audit log */
    struct store_access access[VERB_ACCESS_MAX]; /* run's, for the access log */
    unsigned access_count;
    int exit_code; /* run's: of a verb that was carried out; its report is printed whatever this is */
    bool undo;     /* run's: what was done was a trial, nothing of it is kept */
    void (*progress)(enum sam_lang lang, const struct intake_check *at); /* NULL: nobody looks */
    const struct verb_live *live;
    unsigned live_count;
    const struct verb_histogram *commits; /* NULL where live_count is 0 */
    uint64_t number;                      /* prepare's to run */
    const char *made;                     /* prepare's: a file that stands whatever becomes of the rest. In mem */
    void *mem;                            /* prepare's to run, freed with mem_free by verb_close */
    void (*mem_free)(void *mem);
};

#define VERB_HOME_BYTES_MAX (3 * HOME_PATH_BYTES_MAX + 64u)

/* verbs_at(i): the table; NULL after its end. */
const struct verb *verbs_at(unsigned i);
/* verb_find(argc, argv, words): the verb that these words name, and how many words that took; NULL: none. */
const struct verb *verb_find(int argc, const char *const *argv, int *words);
/**
 * verb_open(v, home, lang, argc, argv):
 * Find the verb and parse its words; ${argv} outlives ${v}.
 *   returns an exit code; if not VERB_OK v->error says why. Freed with verb_close either way.
 */
int verb_open(struct verb_context *v, const struct home *home, enum sam_lang lang, int argc, const char *const *argv);
/* verb_run(v, in): inside a transaction, with its line in the audit log. VERB_OK: commit, unless v->undo. */
int verb_run(struct verb_context *v, struct intake *in);
/* verb_now_s(v): the transaction's clock, or that of the look. */
int64_t verb_now_s(const struct verb_context *v);
/* verb_look(v, st, now_s): a verb that looks, inside a reader's snapshot. Nothing is written: the caller brings v->access into the access log
 * before anybody sees the report. */
int verb_look(struct verb_context *v, struct store *st, int64_t now_s);
/* verb_deliver(v, out): after the commit, for a verb that has it. VERB_OK or VERB_REFUSED with v->error. */
int verb_deliver(struct verb_context *v, const struct verb_sink *out);
void verb_close(struct verb_context *v);
/* verb_refuse(v, id, ...): set the error and return VERB_REFUSED. */
int verb_refuse(struct verb_context *v, enum sam_text_id id, ...);
/* verb_failed(v, err): the transaction came to nothing, for ${err} < 0: says so, and returns VERB_REFUSED; or VERB_UNKNOWN where a file was
 * made before it and stands. */
int verb_failed(struct verb_context *v, int err);
int verb_usage(struct verb_context *v);
/* verb_host(v, host): what --host says; NULL: nothing. Refuses what cannot be asked for. Returns VERB_OK or VERB_REFUSED. */
int verb_host(struct verb_context *v, const char **host);
/* verb_home(v, out, size): how a command for copying names this centre: "", or " --home DIR" and what else it needs. */
void verb_home(const struct verb_context *v, char *out, size_t size);
/* verb_unknown(v, argc, argv): there is no such verb. Returns VERB_USAGE. */
int verb_unknown(struct verb_context *v, int argc, const char *const *argv);
/* verb_help(v): the list of verbs, or help for the one that v's words name. */
int verb_help(struct verb_context *v);
/* verb_error_text(lang, err): what a negative code means, for people. */
const char *verb_error_text(enum sam_lang lang, int err);

/* The verbs, by noun. */
int verb_clinic_add(struct verb_context *v);
int verb_clinic_list(struct verb_context *v);
int verb_group_add(struct verb_context *v);
int verb_group_set(struct verb_context *v);
int verb_group_list(struct verb_context *v);
int verb_group_leader(struct verb_context *v);
int verb_session_leader(struct verb_context *v);
int verb_attendance_set(struct verb_context *v);
int verb_figure_freeze(struct verb_context *v);
int verb_figure_list(struct verb_context *v);
int verb_figure_show(struct verb_context *v);
int verb_figure_compare(struct verb_context *v);
int verb_figure_withdraw(struct verb_context *v);
int verb_intervention_add(struct verb_context *v);
int verb_intervention_list(struct verb_context *v);
int verb_intervention_retire(struct verb_context *v);
int verb_episode_add(struct verb_context *v);
int verb_episode_assess(struct verb_context *v);
int verb_episode_set(struct verb_context *v);
int verb_episode_list(struct verb_context *v);
int verb_completion(struct verb_context *v);
int verb_participant_add(struct verb_context *v);
int verb_participant_list(struct verb_context *v);
int verb_participant_import(struct verb_context *v);
int verb_participant_enrol(struct verb_context *v);
int verb_participant_move(struct verb_context *v);
int verb_erase(struct verb_context *v);
int verb_erase_confirm(struct verb_context *v);
int verb_erase_withdraw(struct verb_context *v);
int verb_erase_list(struct verb_context *v);
int verb_participant_link(struct verb_context *v);
int verb_participant_shut(struct verb_context *v);
int verb_participant_open(struct verb_context *v);
int verb_participant_unlink(struct verb_context *v);
int verb_user_add(struct verb_context *v);
int verb_user_list(struct verb_context *v);
int verb_user_link(struct verb_context *v);
int verb_user_unlink(struct verb_context *v);
int verb_account_invite(struct verb_context *v);
int verb_account_reset(struct verb_context *v);
int verb_account_list(struct verb_context *v);
int verb_account_show(struct verb_context *v);
int verb_account_disable(struct verb_context *v);
int verb_account_enable(struct verb_context *v);
int verb_account_unlock(struct verb_context *v);
int verb_account_role(struct verb_context *v);
int verb_device_invite(struct verb_context *v);
int verb_device_approve(struct verb_context *v);
int verb_device_revoke(struct verb_context *v);
int verb_device_drain(struct verb_context *v);
int verb_device_unlock(struct verb_context *v);
int verb_device_confirm(struct verb_context *v);
int verb_device_list(struct verb_context *v);
int verb_device_lost(struct verb_context *v);
int verb_device_show(struct verb_context *v);
int verb_session_list(struct verb_context *v);
int verb_session_cancel(struct verb_context *v);
int verb_session_restore(struct verb_context *v);
int verb_day_cancel(struct verb_context *v);
/* verb_csv_prepare(v): the spreadsheet that is v->input, or the first word, as struct sam_csv in v->mem (verbs_import.c). */
int verb_csv_prepare(struct verb_context *v);
int verb_attendance_type(struct verb_context *v);
int verb_backup_prepare(struct verb_context *v);
int verb_backup(struct verb_context *v);
int verb_backup_key(struct verb_context *v);
int verb_cert_show(struct verb_context *v);
int verb_cert_request(struct verb_context *v);
int verb_cert_use(struct verb_context *v);
int verb_cert_self(struct verb_context *v);
int verb_cert_export(struct verb_context *v);
int verb_status(struct verb_context *v);
int verb_metrics(struct verb_context *v);
int verb_case_list(struct verb_context *v);
int verb_case_show(struct verb_context *v);
int verb_case_decide(struct verb_context *v);
int verb_case_present(struct verb_context *v);
int verb_quarantine_list(struct verb_context *v);
int verb_quarantine_show(struct verb_context *v);
int verb_quarantine_retry(struct verb_context *v);
int verb_quarantine_close(struct verb_context *v);
int verb_quarantine_reopen(struct verb_context *v);
int verb_score_list(struct verb_context *v);
int verb_score_primary(struct verb_context *v);
int verb_verify(struct verb_context *v);
int verb_rebuild(struct verb_context *v);
int verb_access_list(struct verb_context *v);
int verb_export_prepare(struct verb_context *v);
int verb_export(struct verb_context *v);
int verb_export_deliver(struct verb_context *v, const struct verb_sink *out);
int verb_innsyn_prepare(struct verb_context *v);
int verb_innsyn(struct verb_context *v);
int verb_audit_list(struct verb_context *v);

#endif
