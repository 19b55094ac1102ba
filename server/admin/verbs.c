#include "server/admin/verbs.h"

#include "proto/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct verb verbs[] = {
    {.name = "init",
     .accepts = "host=",
     .usage = "init [--host NAME]",
     .help = "make the folder, its keys and an empty store",
     .local = true},
    {.name = "serve",
     .accepts = "host= bind= port= qr no-qr max-connections= handshakes= handshakes-per-address= handshake-seconds= "
                "idle-seconds= ping-seconds=",
     .usage = "serve [--bind ADDRESS] [--port N] [--host NAME] [--qr] [--max-connections N] [--handshakes N] "
              "[--handshakes-per-address N]",
     .help = "run the centre until SIGTERM or SIGINT",
     .local = true},
    {.name = "clinic add",
     .accepts = "code= kind= parent=",
     .usage = "clinic add NAME [--code CODE] [--kind polyclinic|satellite|…] [--parent CLINIC]",
     .help = "make a clinic",
     .words_min = 1,
     .words_max = 1,
     .run = verb_clinic_add},
    {.name = "clinic list", .accepts = "", .usage = "clinic list", .help = "all clinics", .run = verb_clinic_list},
    {.name = "group add",
     .accepts = "clinic= code= name= kind= weekday= start= end= first= last= capacity= days=",
     .usage = "group add --clinic CLINIC --name NAME [--code CODE] [--kind movement|mastery|course] [--weekday 1-7] "
              "[--start HH:MM] [--end HH:MM] [--first DATE] [--last DATE] [--capacity N] [--days DATE,DATE]",
     .help = "make a group and plan its sessions",
     .run = verb_group_add},
    {.name = "group list",
     .accepts = "clinic=",
     .usage = "group list [--clinic CLINIC]",
     .help = "all groups",
     .run = verb_group_list},
    {.name = "participant add",
     .accepts = "group= count= prefix= birth-year= planned=",
     .usage =
         "participant add NAME… --group GROUP [--birth-year Y] [--planned N] | --count N [--prefix WORD] --group GROUP",
     .help = "make persons and enrol them",
     .words_max = ARGS_POSITIONS_MAX,
     .run = verb_participant_add},
    {.name = "participant enrol",
     .accepts = "group= planned=",
     .usage = "participant enrol PARTICIPANT… --group GROUP",
     .help = "enrol persons in a further group",
     .words_min = 1,
     .words_max = ARGS_POSITIONS_MAX,
     .run = verb_participant_enrol},
    {.name = "participant list",
     .accepts = "group=",
     .usage = "participant list [--group GROUP]",
     .help = "persons, or those of one group",
     .run = verb_participant_list},
    {.name = "user add",
     .accepts = "clinic= name= role=",
     .usage = "user add --clinic CLINIC --name NAME [--role physiotherapist|coordinator|…]",
     .help = "make a user of a clinic's tablets",
     .run = verb_user_add},
    {.name = "user list",
     .accepts = "clinic=",
     .usage = "user list [--clinic CLINIC]",
     .help = "all users",
     .run = verb_user_list},
    {.name = "device invite",
     .accepts = "label= qr host= port=",
     .usage = "device invite CLINIC [--label TEXT] [--qr] [--host NAME] [--port N]",
     .help = "a one-time invite for a tablet, good for ten minutes",
     .words_min = 1,
     .words_max = 1,
     .run = verb_device_invite},
    {.name = "device approve",
     .accepts = "yes",
     .usage = "device approve NUMBER [DIGITS]",
     .help = "let a tablet in that shows these six digits",
     .words_min = 1,
     .words_max = 2,
     .devices = true,
     .run = verb_device_approve},
    {.name = "device revoke",
     .accepts = "",
     .usage = "device revoke NUMBER",
     .help = "take nothing more from a tablet, send it nothing more, have it erase itself",
     .words_min = 1,
     .words_max = 1,
     .devices = true,
     .run = verb_device_revoke},
    {.name = "device drain",
     .accepts = "",
     .usage = "device drain NUMBER",
     .help = "take what a tablet still has, send it nothing more",
     .words_min = 1,
     .words_max = 1,
     .devices = true,
     .run = verb_device_drain},
    {.name = "device confirm",
     .accepts = "",
     .usage = "device confirm",
     .help = "after a restore: the list of devices is right, serve them again",
     .devices = true,
     .run = verb_device_confirm},
    {.name = "device list",
     .accepts = "",
     .usage = "device list",
     .help = "tablets, what they have sent and what became of it",
     .run = verb_device_list},
    {.name = "backup",
     .accepts = "",
     .usage = "backup [FILE]",
     .help = "a verified copy of the store",
     .words_max = 1,
     .prepare = verb_backup_prepare,
     .run = verb_backup},
    {.name = "restore",
     .accepts = "",
     .usage = "restore FILE",
     .help = "go back to a backup; the centre must not be running",
     .words_min = 1,
     .words_max = 1,
     .local = true},
    {.name = "status",
     .accepts = "",
     .usage = "status",
     .help = "figures of the store and the running centre",
     .run = verb_status},
    {.name = "demo",
     .accepts = "host=",
     .usage = "demo [--host NAME]",
     .help = "make a centre with clinics, groups and artificial persons",
     .local = true},
    {.name = "version", .accepts = "", .usage = "version", .help = "which version this is", .local = true},
    {.name = "help", .accepts = "", .usage = "help [VERB]", .help = "this list", .words_max = 2, .local = true},
};

const struct verb *verbs_at(unsigned i)
{
    return i < sizeof verbs / sizeof *verbs ? &verbs[i] : NULL;
}

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
        verb_refuse(v, "no such verb: %.40s %.40s (try: samlingd help)", argc > 0 ? argv[0] : "",
                    argc > 1 ? argv[1] : "");
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
