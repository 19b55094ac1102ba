#include "server/admin/verbs.h"

#include "proto/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct verb verbs[] = {
    {"init", "host=", "init [--host NAME]", "make the folder, its keys and an empty store", 0, 0, true, false, NULL, NULL},
    {"serve",
     "host= bind= port= qr no-qr max-connections= handshakes= handshakes-per-address= handshake-seconds= idle-seconds= "
     "ping-seconds=",
     "serve [--bind ADDRESS] [--port N] [--host NAME] [--qr] [--max-connections N] [--handshakes N] [--handshakes-per-address N]",
     "run the centre until SIGTERM or SIGINT", 0, 0, true, false, NULL, NULL},
    {"clinic add", "code= kind= parent=", "clinic add NAME [--code CODE] [--kind polyclinic|satellite|…] [--parent CLINIC]",
     "make a clinic", 1, 1, false, false, NULL, verb_clinic_add},
    {"clinic list", "", "clinic list", "all clinics", 0, 0, false, false, NULL, verb_clinic_list},
    {"group add", "clinic= code= name= kind= weekday= start= end= first= last= capacity= days=",
     "group add --clinic CLINIC --name NAME [--code CODE] [--kind movement|mastery|course] [--weekday 1-7] [--start HH:MM] "
     "[--end HH:MM] [--first DATE] [--last DATE] [--capacity N] [--days DATE,DATE]",
     "make a group and plan its sessions", 0, 0, false, false, NULL, verb_group_add},
    {"group list", "clinic=", "group list [--clinic CLINIC]", "all groups", 0, 0, false, false, NULL, verb_group_list},
    {"participant add", "group= count= prefix= birth-year= planned=",
     "participant add NAME… --group GROUP [--birth-year Y] [--planned N] | --count N [--prefix WORD] --group GROUP",
     "make persons and enrol them", 0, ARGS_POSITIONS_MAX, false, false, NULL, verb_participant_add},
    {"participant enrol", "group= planned=", "participant enrol PARTICIPANT… --group GROUP", "enrol persons in a further group", 1,
     ARGS_POSITIONS_MAX, false, false, NULL, verb_participant_enrol},
    {"participant list", "group=", "participant list [--group GROUP]", "persons, or those of one group", 0, 0, false, false, NULL,
     verb_participant_list},
    {"user add", "clinic= name= role=", "user add --clinic CLINIC --name NAME [--role physiotherapist|coordinator|…]",
     "make a user of a clinic's tablets", 0, 0, false, false, NULL, verb_user_add},
    {"user list", "clinic=", "user list [--clinic CLINIC]", "all users", 0, 0, false, false, NULL, verb_user_list},
    {"device invite", "label= qr host= port=", "device invite CLINIC [--label TEXT] [--qr] [--host NAME] [--port N]",
     "a one-time invite for a tablet, good for ten minutes", 1, 1, false, false, NULL, verb_device_invite},
    {"device approve", "yes", "device approve NUMBER [DIGITS]", "let a tablet in that shows these six digits", 1, 2, false, true, NULL,
     verb_device_approve},
    {"device revoke", "", "device revoke NUMBER", "take nothing more from a tablet, send it nothing more, have it erase itself", 1,
     1, false, true, NULL, verb_device_revoke},
    {"device drain", "", "device drain NUMBER", "take what a tablet still has, send it nothing more", 1, 1, false, true, NULL,
     verb_device_drain},
    {"device confirm", "", "device confirm", "after a restore: the list of devices is right, serve them again", 0, 0, false, true,
     NULL, verb_device_confirm},
    {"device list", "", "device list", "tablets, what they have sent and what became of it", 0, 0, false, false, NULL,
     verb_device_list},
    {"backup", "", "backup [FILE]", "a verified copy of the store", 0, 1, false, false, verb_backup_prepare, verb_backup},
    {"restore", "", "restore FILE", "go back to a backup; the centre must not be running", 1, 1, true, false, NULL, NULL},
    {"status", "", "status", "figures of the store and the running centre", 0, 0, false, false, NULL, verb_status},
    {"demo", "host=", "demo [--host NAME]", "make a centre with clinics, groups and artificial persons", 0, 0, true, false, NULL,
     NULL},
    {"version", "", "version", "which version this is", 0, 0, true, false, NULL, NULL},
    {"help", "", "help [VERB]", "this list", 0, 2, true, false, NULL, NULL},
};

const struct verb *verbs_at(unsigned i) { return i < sizeof verbs / sizeof *verbs ? &verbs[i] : NULL; }

const struct verb *verb_find(int argc, const char *const *argv, int *words)
{
    char two[64];
    *words = 0;
    if (argc < 1)
        return NULL;
    snprintf(two, sizeof two, "%s %s", argv[0], argc > 1 ? argv[1] : "");
    for (const struct verb *v = verbs; v < verbs + sizeof verbs / sizeof *verbs; v++) {
        bool spaced = strchr(v->name, ' ') != NULL;
        if (strcmp(v->name, spaced ? two : argv[0]) == 0) {
            *words = spaced ? 2 : 1;
            return v;
        }
    }
    return NULL;
}

int verb_refuse(struct verb_context *v, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(v->error, sizeof v->error, fmt, ap);
    va_end(ap);
    return VERB_REFUSED;
}

int verb_usage(struct verb_context *v)
{
    verb_refuse(v, "%s%susage: samlingd %s", v->args.error, v->args.error[0] ? "\n" : "", v->verb->usage);
    return VERB_USAGE;
}

int verb_open(struct verb_context *v, const struct home *home, int argc, const char *const *argv)
{
    int words;
    memset(v, 0, sizeof *v);
    v->home = home;
    report_init(&v->report, false);
    v->verb = verb_find(argc, argv, &words);
    if (!v->verb) {
        verb_refuse(v, "no such verb: %.40s %.40s (try: samlingd help)", argc > 0 ? argv[0] : "", argc > 1 ? argv[1] : "");
        return VERB_USAGE;
    }
    if (args_parse(&v->args, argc - words, argv + words, v->verb->accepts))
        return verb_usage(v);
    v->report.json = args_has(&v->args, "json");
    if (v->args.pos_count < v->verb->words_min || v->args.pos_count > v->verb->words_max)
        return verb_usage(v);
    return VERB_OK;
}

int verb_run(struct verb_context *v, struct intake *in)
{
    v->in = in;
    v->st = intake_store(in);
    int code = v->verb->run(v);
    int err = report_end(&v->report);
    if (code == VERB_OK && err)
        return verb_refuse(v, "the answer is too long");
    return code;
}

void verb_close(struct verb_context *v)
{
    report_fini(&v->report);
    sam_buf_init(&v->report.out, 0);
    sam_buf_init(&v->report.cells, 0);
}
