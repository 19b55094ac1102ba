/* Tablets: inviting, approving, taking away. */
#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "server/admin/author.h"
#include "server/admin/invite.h"
#include "server/admin/verbs_device.h"

#include <stdio.h>
#include <string.h>

#define WORD_SHOWN_BYTES 40u
#define UNLOCK_NUMBER_MAX 999999u /* a tablet counts from 1, one for each time that it was locked */

static int invite_say(struct verb_context *v, const struct intake_invite *inv, const char *clinic)
{
    char text[INVITE_TEXT_BYTES_MAX], host[HOME_HOST_BYTES_MAX], code[SAM_SPOKEN_TEXT_BYTES(SAM_CODE_LETTERS)];
    uint8_t pin[32];
    uint16_t port;
    int err = invite_place(v, host, &port);
    if (err)
        return err;
    err = home_pin(v->home, pin);
    if (!err)
        err = invite_text(text, host, port, pin, inv, clinic);
    if (err)
        return verb_refuse(v, SAM_TEXT_ADM_NO_INVITE, verb_error_text(v->lang, err));
    invite_code(code, inv);
    report_text(&v->report, "invite", text);
    report_text(&v->report, "code", code);
    report_num(&v->report, "expires_s", inv->expires_s);
    if ((err = invite_svg(&v->report, text)))
        return err;
    report_say(&v->report, "%s\n", text);
    err = args_has(&v->args, "qr") ? invite_qr(&v->report, text) : VERB_OK;
    if (!err && args_has(&v->args, "qr"))
        invite_beside(&v->report, text, code);
    sam_wipe(code, sizeof code);
    return err;
}

int verb_device_invite(struct verb_context *v)
{
    struct intake_invite inv;
    uint64_t org;
    char clinic[SAM_NAME_BYTES_MAX + 1];
    const char *label = args_get(&v->args, "label");
    int err = author_clinic(v, v->args.pos[0], &org);
    if (err)
        return err;
    if (label && strlen(label) > SAM_NAME_BYTES_MAX)
        return verb_refuse(v, SAM_TEXT_ADM_TEXT_LONG, "label", (int)SAM_NAME_BYTES_MAX);
    author_name(v, SAM_ORG_UNIT, org, SAM_ORG_UNIT_name, clinic, sizeof clinic);
    memset(&inv, 0, sizeof inv);
    err = intake_invite(v->in, org, label ? label : "", &inv);
    if (!err)
        err = invite_say(v, &inv, clinic);
    sam_wipe(&inv, sizeof inv);
    return err;
}

/* ---- states */

const char *device_state_text(const struct verb_context *v, uint32_t state)
{
    return sam_text_of(v->lang, SAM_TEXT_SET_DEVICE_STATE, (int)state);
}

int device_read(struct verb_context *v, struct store_device *d)
{
    uint64_t no;
    memset(d, 0, sizeof *d);
    if (args_number(v->args.pos[0], 2, SAM_DEVICE_NO_MAX, &no)) {
        char shown[WORD_SHOWN_BYTES];
        snprintf(shown, sizeof shown, "%s", v->args.pos[0]);
        return verb_refuse(v, SAM_TEXT_ADM_DEVICE_WORD, shown);
    }
    int err = store_device_get(v->st, no, d);
    if (err == SAM_ENOTFOUND)
        return verb_refuse(v, SAM_TEXT_ADM_NO_DEVICE, (unsigned long long)no);
    sam_wipe(d->key, sizeof d->key);
    return err;
}

static int device_set(struct verb_context *v, uint64_t no, enum sam_device_state state)
{
    int err = intake_device_state(v->in, no, state);
    if (err == SAM_ESTATE || err == SAM_EDENIED)
        return verb_refuse(v, SAM_TEXT_ADM_DEVICE_STATE, (unsigned long long)no, device_state_text(v, state));
    if (err)
        return err;
    report_num(&v->report, "device_no", (int64_t)no);
    report_text(&v->report, "state", word_of(words_device_state, state));
    report_tell(&v->report, SAM_TEXT_ADM_DEVICE, (unsigned long long)no, device_state_text(v, state));
    return VERB_OK;
}

/* "203095", "203 095" or 203 095: what stands behind the number, without spaces. */
static int digits_read(const struct args *a, uint64_t *digits)
{
    char six[7];
    size_t n = 0;
    for (unsigned i = 1; i < a->pos_count; i++)
        for (const char *at = a->pos[i]; *at; at++) {
            if (*at == ' ')
                continue;
            if (n == sizeof six - 1)
                return SAM_EUSAGE;
            six[n++] = *at;
        }
    six[n] = 0;
    return n == sizeof six - 1 ? args_number(six, 0, 999999, digits) : SAM_EUSAGE;
}

static int digits_check(struct verb_context *v, const struct store_device *d)
{
    uint64_t digits;
    char shown[16], home[VERB_HOME_BYTES_MAX];
    verb_home(v, home, sizeof home);
    if (args_has(&v->args, "yes"))
        return VERB_OK;
    snprintf(shown, sizeof shown, "%06u", d->digits);
    if (v->args.pos_count < 2)
        return verb_refuse(v, SAM_TEXT_ADM_DEVICE_SHOWS, (unsigned long long)d->device_no, shown,
                           (unsigned long long)d->device_no, shown, home);
    if (digits_read(&v->args, &digits))
        return verb_refuse(v, SAM_TEXT_ADM_SIX_DIGITS);
    if (digits != d->digits)
        return verb_refuse(v, SAM_TEXT_ADM_OTHER_DIGITS, (unsigned long long)d->device_no,
                           (unsigned long long)d->device_no, home);
    return VERB_OK;
}

int verb_device_approve(struct verb_context *v)
{
    struct store_device d;
    int err = device_read(v, &d);
    if (err)
        return err;
    if (d.state == SAM_DEVICE_ACTIVE)
        return verb_refuse(v, SAM_TEXT_ADM_ACTIVE_ALREADY, (unsigned long long)d.device_no);
    if (d.state == SAM_DEVICE_PENDING)
        err = digits_check(v, &d);
    else if (d.state != SAM_DEVICE_DRAINING)
        err = verb_refuse(v, SAM_TEXT_ADM_INVITE_ANEW, (unsigned long long)d.device_no, device_state_text(v, d.state));
    return err ? err : device_set(v, d.device_no, SAM_DEVICE_ACTIVE);
}

int verb_device_revoke(struct verb_context *v)
{
    struct store_device d;
    int err = device_read(v, &d);
    return err ? err : device_set(v, d.device_no, SAM_DEVICE_REVOKED);
}

int verb_device_drain(struct verb_context *v)
{
    struct store_device d;
    int err = device_read(v, &d);
    return err ? err : device_set(v, d.device_no, SAM_DEVICE_DRAINING);
}

int verb_device_unlock(struct verb_context *v)
{
    struct store_device d;
    uint64_t number = 0;
    char code[SAM_UNLOCK_TEXT_BYTES], home[VERB_HOME_BYTES_MAX];
    int err = device_read(v, &d);
    if (err)
        return err;
    if (args_uint(&v->args, "number", 1, UNLOCK_NUMBER_MAX, &number))
        return verb_usage(v);
    verb_home(v, home, sizeof home);
    if (number == 0)
        return verb_refuse(v, SAM_TEXT_ADM_UNLOCK_WHICH, (unsigned long long)d.device_no, home);
    err = intake_unlock_code(v->in, d.device_no, number, code);
    if (err == SAM_ESTATE || err == SAM_EDENIED)
        return verb_refuse(v, SAM_TEXT_ADM_UNLOCK_STATE, (unsigned long long)d.device_no,
                           device_state_text(v, d.state));
    if (err)
        return err;
    report_num(&v->report, "device_no", (int64_t)d.device_no);
    report_num(&v->report, "number", (int64_t)number);
    report_text(&v->report, "code", code);
    report_tell(&v->report, SAM_TEXT_ADM_UNLOCK, (unsigned long long)d.device_no, (unsigned long long)number, code);
    sam_wipe(code, sizeof code);
    return VERB_OK;
}

int verb_device_confirm(struct verb_context *v)
{
    if (!intake_drain_only(v->in))
        return verb_refuse(v, SAM_TEXT_ADM_NOTHING_WAITS);
    int err = intake_confirm_devices(v->in);
    if (err)
        return err;
    report_text(&v->report, "devices", "confirmed");
    report_tell(&v->report, SAM_TEXT_ADM_CONFIRMED);
    return VERB_OK;
}
