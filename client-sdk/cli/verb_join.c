/* join: take an invite, show what is to be compared, send it, and wait if asked. */
#include "verb.h"
#include "word.h"

#include <string.h>
#include <time.h>

#define SYNC_DEADLINE_MS 15000
#define POLL_S 2
#define WAIT_S_MAX (24 * 3600)

static void tell_invite(struct cli *c, const struct samling_invite *invite, const char *digits)
{
    const char *clinic = *invite->clinic ? invite->clinic : invite->host;
    cli_say(c, SAM_TEXT_CLI_JOIN_CLINIC, clinic, invite->host, (int)invite->port);
    cli_say(c, SAM_TEXT_CLI_JOIN_DIGITS, digits);
    sam_json_text(&c->doc, "clinic", *invite->clinic ? invite->clinic : NULL);
    sam_json_text(&c->doc, "host", invite->host);
    sam_json_int(&c->doc, "port", invite->port);
    sam_json_text(&c->doc, "digits", digits);
}

/* keeps the invite; the digits are shown before anything is sent */
static int take_invite(struct cli *c, const char *text)
{
    struct samling_invite invite;
    char digits[7];
    memset(&invite, 0, sizeof invite);
    if (samling_invite_parse(text, &invite) != 0)
        return cli_usage(c, SAM_TEXT_CLI_NOT_INVITE);
    int err = samling_join_begin(c->s, text, c->args.value[ARG_LABEL]); /* none: the centre takes the invite's */
    if (err == SAMLING_ESTATE)
        return cli_fail(c, EXIT_ERROR, "ESTATE", SAM_TEXT_CLI_JOINED_ALREADY);
    if (!err)
        err = samling_join_digits(c->s, digits);
    if (err)
        return cli_fail_sdk(c, err);
    tell_invite(c, &invite, digits);
    return 0;
}

static void pause_s(int seconds)
{
    struct timespec t = {seconds, 0};
    nanosleep(&t, NULL);
}

/* one try; ${st} is how things stand afterwards */
static int try_once(struct cli *c, struct samling_status *st, int *sync_err)
{
    struct samling_report report;
    *sync_err = samling_sync_once(c->s, SYNC_DEADLINE_MS, 0, &report);
    if (*sync_err)
        cli_fail_sdk(c, *sync_err);
    int err = samling_status(c->s, st);
    return err ? cli_fail_sdk(c, err) : 0;
}

static bool is_settled(const struct samling_status *st)
{
    return st->state >= SAMLING_ACTIVE || st->state == SAMLING_NOT_JOINED;
}

static int poll_until_settled(struct cli *c, struct samling_status *st, int *sync_err)
{
    uint64_t wait_s = 0;
    int r = cli_option_number(c, ARG_WAIT, 0, WAIT_S_MAX, &wait_s);
    if (r)
        return r;
    int64_t end = cli_now_s() + (int64_t)wait_s;
    bool told = false;
    r = try_once(c, st, sync_err);
    while (!r && !is_settled(st) && cli_now_s() < end) {
        if (st->state == SAMLING_PENDING && !told)
            cli_note(c, SAM_TEXT_CLI_JOIN_WAITING);
        told = told || st->state == SAMLING_PENDING;
        pause_s(POLL_S);
        r = try_once(c, st, sync_err);
    }
    return r;
}

/* the answer, and what is to be done next */
static int tell_state(struct cli *c, const struct samling_status *st, int sync_err)
{
    sam_json_text(&c->doc, "state", cli_word_device((int)st->state));
    sam_json_id(&c->doc, "device_no", st->device_no);
    if (cli_verb_invite_dead(sync_err, st))
        return cli_fail(c, EXIT_JOIN, "EAUTH", SAM_TEXT_CLI_INVITE_DEAD);
    if (st->state == SAMLING_INVITED || st->state == SAMLING_NOT_JOINED) {
        cli_say(c, SAM_TEXT_CLI_JOIN_KEPT);
        return sync_err && c->error_name ? EXIT_JOIN : cli_fail(c, EXIT_JOIN, "EAGAIN", SAM_TEXT_DEVICE_INVITED);
    }
    c->error_name = NULL;
    if (st->state == SAMLING_PENDING) {
        cli_say(c, SAM_TEXT_CLI_JOIN_PENDING, (unsigned long long)st->device_no);
        return cli_args_has(&c->args, ARG_WAIT) ? EXIT_JOIN : EXIT_OK;
    }
    if (st->state != SAMLING_ACTIVE)
        return cli_verb_unready(c, st);
    cli_say(c, SAM_TEXT_CLI_JOIN_ACTIVE);
    return EXIT_OK;
}

int cli_verb_join(struct cli *c)
{
    struct samling_status st;
    int sync_err = 0;
    memset(&st, 0, sizeof st);
    int r = take_invite(c, c->args.pos[0]);
    if (!r) {
        if (!c->is_json)
            fflush(stdout); /* the digits are wanted now */
        r = poll_until_settled(c, &st, &sync_err);
    }
    return r ? r : tell_state(c, &st, sync_err);
}
